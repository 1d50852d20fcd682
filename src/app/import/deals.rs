//! The columns of deals under way.
//!
//! In goes a row's fields; out comes a staged deal. A deal that is won or lost stays as a closed one; it then counts for
//! nothing. Deliberately absent: what becomes of its commission, which is the policy's where the row does not say.

use super::{
    cells,
    columns::{Column, Row, optional, placeholder, put, put_some, required},
};
use crate::{
    domain::{Wrong, ids::AccountId, money::OpenDeal, units::Cents},
    store::{
        StoreError, Writer,
        staging::{self, Shape, StagedDeal},
    },
};
use chrono::{DateTime, NaiveDate, Utc};

/// A deal being read.
#[derive(Clone)]
pub(super) struct DealRow {
    deal: OpenDeal,
    account: AccountId,
    closed: bool,
}

impl Row for DealRow {
    type Staged = StagedDeal;
    const SHAPE: &'static Shape = &staging::DEALS;
    const COLUMNS: &'static [Column<Self>] = &[
        required("id", "the deal's id in the CRM", "D-204", |r, text| put(&mut r.deal.id, cells::id(text))),
        required("account", "the id of the account it is with", "A-1001", |r, text| {
            put(&mut r.account, cells::id(text))
        }),
        optional("amount", "0", "business it would bring, to the cent", "48000.00", |r, text| {
            put(&mut r.deal.amount_cents, cells::money(text))
        }),
        optional(
            "commission",
            "the policy's part of it",
            "commission it would bring, to the cent",
            "4800.00",
            |r, text| put_some(&mut r.deal.commission_cents, cells::money(text)),
        ),
        optional("closes_on", "unknown", "the day it is expected to close", "2026-12-15", |r, text| {
            put_some(&mut r.deal.closes_on, day(text))
        }),
        optional(
            "treatment",
            "the policy's",
            "whose its commission is when the account changes hands: exempt (the giver's), shared or transferred",
            "shared",
            |r, text| put_some(&mut r.deal.treatment, cells::word(text)),
        ),
        optional(
            "closed",
            "false",
            "whether it is won or lost, so that nothing is open any more",
            "false",
            |r, text| put(&mut r.closed, cells::flag(text)),
        ),
    ];

    fn blank() -> Self {
        let deal = OpenDeal {
            id: placeholder(),
            amount_cents: Cents::ZERO,
            commission_cents: None,
            closes_on: None,
            treatment: None,
        };
        Self { deal, account: placeholder(), closed: false }
    }

    fn finish(self, line: u64, _: DateTime<Utc>) -> Result<StagedDeal, (&'static str, Wrong)> {
        let Self { deal, account, closed } = self;
        Ok(StagedDeal { line, deal, account, closed })
    }

    fn stage(writer: &mut Writer<'_>, rows: &[StagedDeal]) -> Result<(), StoreError> {
        staging::add_deals(writer, rows)
    }
}

/// A day, with or without an hour after it, as some CRMs write when a deal closes.
fn day(text: &str) -> Result<NaiveDate, Wrong> {
    let day = text.split([' ', 'T']).next().unwrap_or(text);
    cells::day(day).map_err(|wrong| Wrong::new(text, wrong.expected))
}
