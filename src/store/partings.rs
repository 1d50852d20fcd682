//! Partings: one live at most for each account, held by a unique index.
//!
//! In go domain values; out come domain values. A parting changes by compare-and-set on state and version.
//! Deliberately absent: who may sign off, and what must hold before.

use super::{
    Reader, StoreError, Writer,
    connection::on_either,
    exactly_one, from_json,
    schema::{decisions, forbidden_pairs, history, legs, partings},
    to_json,
    whose::{Listed, Of},
};
use crate::domain::{
    ids::{AccountId, PartingId, RepId},
    parting::{Parting, PartingState},
};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use std::collections::BTreeSet;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = partings, treat_none_as_null = true)]
struct Row {
    id: String,
    account_id: String,
    submission_id: String,
    rep_id: String,
    state: String,
    requested_at: NaiveDateTime,
    hard: String,
    settled_by: Option<String>,
    settled_at: Option<NaiveDateTime>,
    alternatives: String,
    letter: Option<String>,
    review_on: Option<NaiveDate>,
    version: String,
}

impl From<&Parting> for Row {
    fn from(parting: &Parting) -> Self {
        Self {
            id: parting.id.into(),
            account_id: parting.account.as_str().to_owned(),
            submission_id: parting.submission.into(),
            rep_id: parting.rep.as_str().to_owned(),
            state: parting.state.as_str().to_owned(),
            requested_at: parting.requested_at.naive_utc(),
            hard: to_json(&parting.hard),
            settled_by: parting.settled_by.clone().map(String::from),
            settled_at: parting.settled_at.map(|at| at.naive_utc()),
            alternatives: to_json(&parting.alternatives),
            letter: parting.letter.clone(),
            review_on: parting.review_on,
            version: parting.version.into(),
        }
    }
}

impl TryFrom<Row> for Parting {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.parse()?,
            account: row.account_id.parse()?,
            submission: row.submission_id.parse()?,
            rep: row.rep_id.parse()?,
            state: row.state.parse()?,
            requested_at: row.requested_at.and_utc(),
            hard: from_json(&row.hard)?,
            settled_by: row.settled_by.map(|id| id.parse()).transpose()?,
            settled_at: row.settled_at.map(|at| at.and_utc()),
            alternatives: from_json(&row.alternatives)?,
            letter: row.letter,
            review_on: row.review_on,
            version: row.version.parse()?,
        })
    }
}

fn live_states() -> Vec<&'static str> {
    PartingState::ALL.iter().filter(|state| state.is_live()).map(|state| state.as_str()).collect()
}

/// Adds a parting; a second live one of the same account is [`StoreError::Twice`].
pub fn insert(writer: &mut Writer<'_>, parting: &Parting) -> Result<(), StoreError> {
    diesel::insert_into(partings::table)
        .values((Row::from(parting), partings::is_review_told.eq(false)))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// One parting.
pub fn one(reader: &mut Reader<'_>, id: PartingId) -> Result<Option<Parting>, StoreError> {
    let row = partings::table
        .find(String::from(id))
        .select(Row::as_select())
        .get_result(&mut *reader.connection)
        .optional()?;
    row.map(Parting::try_from).transpose()
}

/// The live parting of an account.
pub fn live_of(reader: &mut Reader<'_>, account: &AccountId) -> Result<Option<Parting>, StoreError> {
    let row = partings::table
        .filter(partings::account_id.eq(account.as_str()).and(partings::state.eq_any(live_states())))
        .select(Row::as_select())
        .first(&mut *reader.connection)
        .optional()?;
    row.map(Parting::try_from).transpose()
}

/// The accounts that the company has parted with: few among many.
pub fn parted(reader: &mut Reader<'_>) -> Result<BTreeSet<AccountId>, StoreError> {
    let ids: Vec<String> = partings::table
        .filter(partings::state.eq(PartingState::Parted.as_str()))
        .select(partings::account_id)
        .load(&mut *reader.connection)?;
    ids.into_iter().map(|id| Ok(id.parse()?)).collect()
}

/// Partings that some reps asked for, after `after`, by id, at most `limit`.
pub fn list(
    reader: &mut Reader<'_>,
    of: Of<'_>,
    after: Option<PartingId>,
    limit: i64,
) -> Result<Vec<Parting>, StoreError> {
    let in_order = || partings::table.order(partings::id).limit(limit);
    let by_rep = Listed { table: "partings", rep: "rep_id", key: "id", and: "" };
    let after = after.map(String::from);
    let rows: Vec<Row> = match by_rep.page(of, after.as_deref(), limit) {
        Some(page) => {
            on_either!(&mut *reader.connection, inner => in_order().filter(page).select(Row::as_select()).load(inner)?)
        }
        None => in_order()
            .filter(partings::id.gt(after.unwrap_or_default()))
            .select(Row::as_select())
            .load(&mut *reader.connection)?,
    };
    rows.into_iter().map(Parting::try_from).collect()
}

/// Writes what `after` says in place of `before`, if the parting is still as `before` was read; else the race is lost.
pub fn change(writer: &mut Writer<'_>, before: &Parting, after: &Parting) -> Result<(), StoreError> {
    let target = partings::table.filter(
        partings::id
            .eq(String::from(before.id))
            .and(partings::state.eq(before.state.as_str()))
            .and(partings::version.eq(String::from(before.version))),
    );
    exactly_one(diesel::update(target).set(Row::from(after)).execute(&mut *writer.connection)?)
}

/// Partings whose review date has come and has not been told yet, by id, at most `limit`.
pub fn to_review(reader: &mut Reader<'_>, today: NaiveDate, limit: i64) -> Result<Vec<Parting>, StoreError> {
    let rows: Vec<Row> = partings::table
        .filter(partings::state.eq(PartingState::Parted.as_str()).and(partings::review_on.le(today)))
        .filter(diesel::dsl::not(partings::is_review_told))
        .order(partings::id)
        .limit(limit)
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(Parting::try_from).collect()
}

/// Notes that the review date has been told, if it has not been; else the race is lost.
pub fn tell_review(writer: &mut Writer<'_>, parting: &Parting) -> Result<(), StoreError> {
    let target = partings::table
        .filter(partings::id.eq(String::from(parting.id)).and(partings::state.eq(PartingState::Parted.as_str())))
        .filter(diesel::dsl::not(partings::is_review_told));
    exactly_one(diesel::update(target).set(partings::is_review_told.eq(true)).execute(&mut *writer.connection)?)
}

/// Who has had an account, declined it or is forbidden it, by whatever record there is.
pub fn out_of_the_question(reader: &mut Reader<'_>, account: &AccountId) -> Result<BTreeSet<RepId>, StoreError> {
    let had: Vec<String> = history::table
        .filter(history::account_id.eq(account.as_str()))
        .select(history::rep_id)
        .load(&mut *reader.connection)?;
    let declined: Vec<String> = legs::table
        .inner_join(decisions::table.on(decisions::proposal_id.eq(legs::proposal_id)))
        .filter(legs::account_id.eq(account.as_str()).and(decisions::action.eq("decline")))
        .filter(decisions::for_rep_id.eq(legs::to_rep_id))
        .select(legs::to_rep_id)
        .load(&mut *reader.connection)?;
    let forbidden: Vec<String> = forbidden_pairs::table
        .filter(forbidden_pairs::account_id.eq(account.as_str()))
        .select(forbidden_pairs::rep_id)
        .load(&mut *reader.connection)?;
    had.into_iter().chain(declined).chain(forbidden).map(|id| Ok(id.parse()?)).collect()
}
