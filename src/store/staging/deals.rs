//! Deals on their way in.
//!
//! In go deals with their lines; out come counts of what was created and changed.
//! Deliberately absent: what is wrong about a row.

use super::{Applied, apply::upsert, rows::add, shape::DEALS, staged::StagedDeal};
use crate::store::{StoreError, Writer, connection::AnyConnection};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::BTreeSet;

/// The temporary table as diesel sees it.
mod tables {
    #![allow(missing_docs)]
    diesel::table! {
        staged_open_deals (line) {
            line -> BigInt,
            id -> Text,
            account_id -> Text,
            amount_cents -> BigInt,
            commission_cents -> Nullable<BigInt>,
            closes_on -> Nullable<Date>,
            treatment -> Nullable<Text>,
            closed -> Bool,
        }
    }
}
use tables::staged_open_deals;

#[derive(Insertable)]
#[diesel(table_name = staged_open_deals, treat_none_as_default_value = false)]
struct DealRow<'a> {
    line: i64,
    id: &'a str,
    account_id: &'a str,
    amount_cents: i64,
    commission_cents: Option<i64>,
    closes_on: Option<NaiveDate>,
    treatment: Option<&'static str>,
    closed: bool,
}

/// Adds deals to the temporary table.
pub fn add_deals(writer: &mut Writer<'_>, rows: &[StagedDeal]) -> Result<(), StoreError> {
    let rows: Vec<DealRow<'_>> = rows
        .iter()
        .map(|StagedDeal { line, deal, account, closed }| DealRow {
            line: i64::try_from(*line).unwrap_or(i64::MAX),
            id: deal.id.as_str(),
            account_id: account.as_str(),
            amount_cents: deal.amount_cents.0,
            commission_cents: deal.commission_cents.map(|cents| cents.0),
            closes_on: deal.closes_on,
            treatment: deal.treatment.map(|treatment| treatment.as_str()),
            closed: *closed,
        })
        .collect();
    add!(writer, staged_open_deals, &rows)
}

/// Brings the deals staged into the real table.
pub fn apply_deals(writer: &mut Writer<'_>, fields: &BTreeSet<&str>) -> Result<Applied, StoreError> {
    upsert(writer, &DEALS, fields, "", ("", ""))
}
