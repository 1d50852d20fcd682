//! The columns of ratings and history of pairs.
//!
//! In goes a row's fields; out comes a staged stretch of history.
//! Deliberately absent: whether its rep and its account exist.

use super::{
    cells,
    columns::{Column, Row, optional, placeholder, put, put_some, required},
};
use crate::{
    domain::{Wrong, roster::HistoryEntry},
    store::{
        StoreError, Writer,
        staging::{self, Shape, StagedHistory},
    },
};
use chrono::{DateTime, NaiveDate, Utc};

/// A stretch of history being read.
#[derive(Clone)]
pub(super) struct HistoryRow(HistoryEntry);

impl Row for HistoryRow {
    type Staged = StagedHistory;
    const SHAPE: &'static Shape = &staging::HISTORY;
    const COLUMNS: &'static [Column<Self>] = &[
        required("id", "the id of this stretch in the CRM", "H-5001", |r, text| put(&mut r.0.id, cells::id(text))),
        required("rep", "the rep's id", "R-17", |r, text| put(&mut r.0.rep, cells::id(text))),
        required("account", "the account's id", "A-1001", |r, text| put(&mut r.0.account, cells::id(text))),
        required("started_on", "the first day together", "2024-03-01", |r, text| {
            put(&mut r.0.started_on, cells::day(text))
        }),
        optional("ended_on", "lasts", "the last day together", "2025-02-28", |r, text| {
            put_some(&mut r.0.ended_on, cells::day(text))
        }),
        optional("stars", "nobody said", "how they got on, 1.0 to 5.0", "2.5", |r, text| {
            put_some(&mut r.0.stars, cells::stars(text))
        }),
        optional("visits_planned", "0", "visits that were planned", "12", |r, text| {
            put(&mut r.0.visits_planned, cells::visits(text))
        }),
        optional("visits_kept", "0", "visits that took place", "9", |r, text| {
            put(&mut r.0.visits_kept, cells::visits(text))
        }),
    ];

    fn blank() -> Self {
        Self(HistoryEntry {
            id: placeholder(),
            rep: placeholder(),
            account: placeholder(),
            started_on: NaiveDate::MIN,
            ended_on: None,
            stars: None,
            visits_planned: 0,
            visits_kept: 0,
        })
    }

    fn finish(self, line: u64, _: DateTime<Utc>) -> Result<StagedHistory, (&'static str, Wrong)> {
        if let Some(ended_on) = self.0.ended_on
            && ended_on < self.0.started_on
        {
            let expected = format!("{}, the first day, or later", self.0.started_on);
            return Err(("ended_on", Wrong::new(ended_on.to_string(), expected)));
        }
        Ok(StagedHistory { line, entry: self.0 })
    }

    fn stage(writer: &mut Writer<'_>, rows: &[StagedHistory]) -> Result<(), StoreError> {
        staging::add_history(writer, rows)
    }
}
