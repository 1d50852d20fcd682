//! The columns of submissions.
//!
//! In goes a row's fields; out comes a staged submission with the id and the version it gets if it is new.
//! Deliberately absent: whether the account is the rep's, and free.

use super::{
    cells,
    columns::{Column, Row, optional, placeholder, put, put_some, required},
};
use crate::{
    domain::{
        Wrong,
        ids::{AccountId, RepId, SubmissionId, Version},
        submission::Reason,
        units::Stars,
    },
    store::{
        StoreError, Writer,
        staging::{self, Shape, StagedSubmission},
    },
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use uuid::Uuid;

/// A submission being read.
#[derive(Clone)]
pub(super) struct SubmissionRow {
    account: AccountId,
    rep: Option<RepId>,
    stars: Stars,
    reasons: BTreeSet<Reason>,
    note: String,
    reasons_shared: bool,
}

impl Row for SubmissionRow {
    type Staged = StagedSubmission;
    const SHAPE: &'static Shape = &staging::SUBMISSIONS;
    const COLUMNS: &'static [Column<Self>] = &[
        required("account", "the account's id", "A-1001", |r, text| put(&mut r.account, cells::id(text))),
        required("stars", "how the two get on, 1.0 to 5.0", "1.5", |r, text| put(&mut r.stars, cells::stars(text))),
        required(
            "reasons",
            "why it is a struggle, at least one of chemistry, postponed_visits, unanswered_calls, no_progress, \
             long_journey, language, unknown_industry, unreasonable_demands, abuse, unethical_acts, other",
            "chemistry;postponed_visits",
            |r, text| put(&mut r.reasons, cells::reasons(text)),
        ),
        optional("rep", "the owner", "the id of the rep who says so, who must own the account", "R-17", |r, text| {
            put_some(&mut r.rep, cells::id(text))
        }),
        optional(
            "note",
            "none",
            "the rep's own note, which nobody else sees",
            "We talk past each other.",
            |r, text| put(&mut r.note, cells::note(text)),
        ),
        optional("share_reasons", "true", "whether the rep's manager may see the reasons", "true", |r, text| {
            put(&mut r.reasons_shared, cells::flag(text))
        }),
    ];

    fn blank() -> Self {
        Self {
            account: placeholder(),
            rep: None,
            stars: Stars::WORST,
            reasons: BTreeSet::new(),
            note: String::new(),
            reasons_shared: true,
        }
    }

    fn finish(self, line: u64, now: DateTime<Utc>) -> Result<StagedSubmission, (&'static str, Wrong)> {
        let Self { account, rep, stars, reasons, note, reasons_shared } = self;
        Ok(StagedSubmission {
            line,
            id: SubmissionId(Uuid::new_v4()),
            version: Version(Uuid::new_v4()),
            account,
            rep,
            stars,
            reasons,
            reasons_shared,
            note,
            created_at: now,
        })
    }

    fn stage(writer: &mut Writer<'_>, rows: &[StagedSubmission]) -> Result<(), StoreError> {
        staging::add_submissions(writer, rows)
    }
}
