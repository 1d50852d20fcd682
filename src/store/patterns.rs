//! How many accounts reps hold and submit, and the figures that have been told of groups of them.
//!
//! In go a moment and a team; out come counts by rep. Cost: two grouped counts over indexes. Deliberately absent: which
//! figures may be told, which is the domain's.

use super::{
    Reader, StoreError, Writer, from_json,
    runs::RunMode,
    schema::{accounts, reps, runs, submissions, told_groups},
    to_json,
};
use crate::domain::{
    ids::{RepId, TeamId},
    pattern::{Band, Tally},
    roster::AccountStatus,
};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use std::collections::{BTreeMap, BTreeSet};

/// A rep's team and tally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The team.
    pub team: TeamId,
    /// What they hold now, and of how many accounts they made submissions in the time asked about.
    pub tally: Tally,
}

/// Every active rep's tally of submissions made from `since` until before `until`, by rep.
pub fn tallies(
    reader: &mut Reader<'_>,
    since: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<BTreeMap<RepId, Counted>, StoreError> {
    let connection = &mut *reader.connection;
    let held: Vec<(String, i64)> = accounts::table
        .filter(accounts::status.eq(AccountStatus::Active.as_str()))
        .group_by(accounts::owner_id)
        .select((accounts::owner_id, count_star()))
        .load(connection)?;
    let submitted: Vec<(String, String)> = submissions::table
        .filter(submissions::created_at.ge(since.naive_utc()).and(submissions::created_at.lt(until.naive_utc())))
        .select((submissions::rep_id, submissions::account_id))
        .distinct()
        .load(connection)?;
    let active: Vec<(String, String)> = reps::table
        .filter(reps::active.and(reps::barred.eq(false)))
        .select((reps::id, reps::team_id))
        .load(connection)?;
    let held: BTreeMap<String, i64> = held.into_iter().collect();
    let mut submissions_of: BTreeMap<String, u32> = BTreeMap::new();
    for (rep, _) in submitted {
        *submissions_of.entry(rep).or_default() += 1;
    }
    active
        .into_iter()
        .map(|(rep, team)| {
            let accounts = held.get(&rep).copied().unwrap_or(0);
            let accounts = u32::try_from(accounts).map_err(|_| StoreError::Corrupt(format!("{accounts} accounts")))?;
            let tally = Tally::new(accounts, submissions_of.get(&rep).copied().unwrap_or(0));
            Ok((rep.parse()?, Counted { team: team.parse()?, tally }))
        })
        .collect()
}

/// When the last batch that concerned some scopes began.
pub fn last_batch(reader: &mut Reader<'_>, scopes: &[&str]) -> Result<Option<DateTime<Utc>>, StoreError> {
    let at: Option<NaiveDateTime> = runs::table
        .filter(runs::scope.eq_any(scopes).and(runs::mode.eq(RunMode::Live.as_str())))
        .order(runs::started_at.desc())
        .select(runs::started_at)
        .first(&mut *reader.connection)
        .optional()?;
    Ok(at.map(|at| at.and_utc()))
}

/// A figure that a manager has been told of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The manager.
    pub manager: RepId,
    /// The group.
    pub members: BTreeSet<RepId>,
    /// When.
    pub at: DateTime<Utc>,
    /// Submitted accounts in percent of those held, as told.
    pub share_percent: u32,
    /// How that stands against all others, where there are enough.
    pub band: Option<Band>,
}

/// Every figure told since `since`, the newest first.
pub fn told_since(reader: &mut Reader<'_>, since: DateTime<Utc>) -> Result<Vec<Told>, StoreError> {
    type Row = (String, String, NaiveDateTime, i32, Option<String>);
    let rows: Vec<Row> = told_groups::table
        .filter(told_groups::told_at.ge(since.naive_utc()))
        .order((told_groups::told_at.desc(), told_groups::manager_id, told_groups::members))
        .load(&mut *reader.connection)?;
    rows.into_iter()
        .map(|(manager, members, at, share, band)| {
            Ok(Told {
                manager: manager.parse()?,
                members: from_json(&members)?,
                at: at.and_utc(),
                share_percent: super::roster::count(share)?,
                band: band.map(|band| band.parse()).transpose()?,
            })
        })
        .collect()
}

/// Keeps a figure; one about the same group for the same manager takes the place of the one before.
pub fn tell(writer: &mut Writer<'_>, told: &Told) -> Result<(), StoreError> {
    let key = (told.manager.as_str().to_owned(), to_json(&told.members));
    diesel::delete(told_groups::table.find(key.clone())).execute(&mut *writer.connection)?;
    diesel::insert_into(told_groups::table)
        .values((
            told_groups::manager_id.eq(key.0),
            told_groups::members.eq(key.1),
            told_groups::told_at.eq(told.at.naive_utc()),
            told_groups::share_percent.eq(told.share_percent as i32),
            told_groups::band.eq(told.band.map(|band| band.as_str())),
        ))
        .execute(&mut *writer.connection)?;
    Ok(())
}
