//! Overrides, and the freezes and bans they leave behind.
//!
//! In go domain values; out come domain values. Deliberately absent: who may override what.

use super::{
    Reader, StoreError, Writer, exactly_one, from_json,
    schema::{forbidden_pairs, frozen_accounts, override_reviews, overrides},
    to_json,
};
use crate::domain::{
    ids::{AccountId, OverrideId, ProposalId, RepId, Version},
    overrides::{Override, OverrideState},
};
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = overrides)]
struct Row {
    id: String,
    kind: String,
    proposal_id: Option<String>,
    accounts: String,
    rep_id: Option<String>,
    reason: String,
    note: String,
    author_id: String,
    second_id: Option<String>,
    state: String,
    created_at: NaiveDateTime,
    version: String,
}

impl From<&Override> for Row {
    fn from(order: &Override) -> Self {
        Self {
            id: order.id.into(),
            kind: order.kind.as_str().to_owned(),
            proposal_id: order.proposal.map(String::from),
            accounts: to_json(&order.accounts),
            rep_id: order.rep.clone().map(String::from),
            reason: order.reason.as_str().to_owned(),
            note: order.note.clone(),
            author_id: order.author.as_str().to_owned(),
            second_id: order.second.clone().map(String::from),
            state: order.state.as_str().to_owned(),
            created_at: order.created_at.naive_utc(),
            version: order.version.into(),
        }
    }
}

impl TryFrom<Row> for Override {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.parse()?,
            kind: row.kind.parse()?,
            proposal: row.proposal_id.map(|id| id.parse()).transpose()?,
            accounts: from_json(&row.accounts)?,
            rep: row.rep_id.map(|id| id.parse()).transpose()?,
            reason: row.reason.parse()?,
            note: row.note,
            author: row.author_id.parse()?,
            second: row.second_id.map(|id| id.parse()).transpose()?,
            state: row.state.parse()?,
            created_at: row.created_at.and_utc(),
            version: row.version.parse()?,
        })
    }
}

/// Adds an override.
pub fn insert(writer: &mut Writer<'_>, order: &Override) -> Result<(), StoreError> {
    diesel::insert_into(overrides::table).values(Row::from(order)).execute(&mut *writer.connection)?;
    Ok(())
}

/// One override.
pub fn one(reader: &mut Reader<'_>, id: OverrideId) -> Result<Option<Override>, StoreError> {
    let row = overrides::table
        .find(String::from(id))
        .select(Row::as_select())
        .get_result(&mut *reader.connection)
        .optional()?;
    row.map(Override::try_from).transpose()
}

/// Overrides after `after`, by id, at most `limit`; where `reviewed` is given, those with a review or those without one.
pub fn list(
    reader: &mut Reader<'_>,
    reviewed: Option<bool>,
    after: Option<OverrideId>,
    limit: i64,
) -> Result<Vec<Override>, StoreError> {
    let mut query = overrides::table.select(Row::as_select()).order(overrides::id).limit(limit).into_boxed();
    let with_review = || override_reviews::table.select(override_reviews::override_id);
    match reviewed {
        Some(true) => query = query.filter(overrides::id.eq_any(with_review())),
        Some(false) => query = query.filter(overrides::id.ne_all(with_review())),
        None => {}
    }
    if let Some(after) = after {
        query = query.filter(overrides::id.gt(String::from(after)));
    }
    query.load(&mut *reader.connection)?.into_iter().map(Override::try_from).collect()
}

/// Notes which proposal a forced move became.
pub fn made(writer: &mut Writer<'_>, id: OverrideId, proposal: ProposalId) -> Result<(), StoreError> {
    exactly_one(
        diesel::update(overrides::table.find(String::from(id)))
            .set(overrides::proposal_id.eq(Some(String::from(proposal))))
            .execute(&mut *writer.connection)?,
    )
}

/// Gives an override a new version, if it is still as it was read; else the race is lost.
pub fn touch(writer: &mut Writer<'_>, order: &Override, version: Version) -> Result<(), StoreError> {
    let target = overrides::table
        .filter(overrides::id.eq(String::from(order.id)).and(overrides::version.eq(String::from(order.version))));
    exactly_one(
        diesel::update(target).set(overrides::version.eq(String::from(version))).execute(&mut *writer.connection)?,
    )
}

/// Settles an override that awaits its second manager, if it is still as it was read; else the race is lost.
pub fn settle(
    writer: &mut Writer<'_>,
    order: &Override,
    to: OverrideState,
    second: &RepId,
    proposal: Option<ProposalId>,
    version: Version,
) -> Result<(), StoreError> {
    let target = overrides::table.filter(
        overrides::id
            .eq(String::from(order.id))
            .and(overrides::state.eq(order.state.as_str()))
            .and(overrides::version.eq(String::from(order.version))),
    );
    exactly_one(
        diesel::update(target)
            .set((
                overrides::state.eq(to.as_str()),
                overrides::second_id.eq(Some(second.as_str())),
                overrides::proposal_id.eq(proposal.map(String::from)),
                overrides::version.eq(String::from(version)),
            ))
            .execute(&mut *writer.connection)?,
    )
}

/// Keeps an account where it is; [`StoreError::Twice`] where it is kept already.
pub fn freeze(writer: &mut Writer<'_>, account: &AccountId, by: OverrideId) -> Result<(), StoreError> {
    diesel::insert_into(frozen_accounts::table)
        .values((frozen_accounts::account_id.eq(account.as_str()), frozen_accounts::override_id.eq(String::from(by))))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// Lets a frozen account move again; says whether it was frozen.
pub fn release(writer: &mut Writer<'_>, account: &AccountId) -> Result<bool, StoreError> {
    let gone =
        diesel::delete(frozen_accounts::table.find(account.as_str().to_owned())).execute(&mut *writer.connection)?;
    Ok(gone == 1)
}

/// Forbids that an account goes to a rep; [`StoreError::Twice`] where it is forbidden already.
pub fn forbid(writer: &mut Writer<'_>, rep: &RepId, account: &AccountId, by: OverrideId) -> Result<(), StoreError> {
    diesel::insert_into(forbidden_pairs::table)
        .values((
            forbidden_pairs::rep_id.eq(rep.as_str()),
            forbidden_pairs::account_id.eq(account.as_str()),
            forbidden_pairs::override_id.eq(String::from(by)),
        ))
        .execute(&mut *writer.connection)?;
    Ok(())
}
