//! What reps' declines ask of later runs: one row at most for a rep and a proposal.
//!
//! In goes an [`Ask`] with its last day; out come, for a business date, the restraints that still hold, by rep.
//! Deliberately absent: the reason given, and any way to read them but for the snapshot of a run.

use super::{
    Reader, StoreError, Writer,
    schema::{reps, restraints},
};
use crate::domain::{
    decline::{Ask, Restraint},
    ids::{ProposalId, RepId, TeamId},
    units::Minutes,
};
use chrono::NaiveDate;
use diesel::{prelude::*, sql_types::Bool};
use std::collections::BTreeMap;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = restraints)]
struct Row {
    proposal_id: String,
    rep_id: String,
    asks: String,
    account_id: Option<String>,
    minutes: Option<i64>,
    until: NaiveDate,
}

/// Keeps what a rep's decline of a proposal asks for, up to and including the business date `until`.
pub fn insert(
    writer: &mut Writer<'_>,
    proposal: ProposalId,
    rep: &RepId,
    ask: &Ask,
    until: NaiveDate,
) -> Result<(), StoreError> {
    let (asks, account, minutes) = match ask {
        Ask::Account(account) => ("account", Some(account.as_str().to_owned()), None),
        Ask::Nearer(minutes) => ("nearer", None, Some(minutes.0)),
        Ask::MoreGain(minutes) => ("more_gain", None, Some(minutes.0)),
        Ask::Rest => ("rest", None, None),
    };
    let row = Row {
        proposal_id: proposal.into(),
        rep_id: rep.as_str().to_owned(),
        asks: asks.to_owned(),
        account_id: account,
        minutes,
        until,
    };
    diesel::insert_into(restraints::table).values(row).execute(&mut *writer.connection)?;
    Ok(())
}

impl TryFrom<Row> for Ask {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        match (row.asks.as_str(), row.account_id, row.minutes) {
            ("account", Some(account), None) => Ok(Self::Account(account.parse()?)),
            ("nearer", None, Some(minutes)) => Ok(Self::Nearer(Minutes(minutes))),
            ("more_gain", None, Some(minutes)) => Ok(Self::MoreGain(Minutes(minutes))),
            ("rest", None, None) => Ok(Self::Rest),
            (asks, ..) => Err(StoreError::Corrupt(format!("a restraint that asks for {asks}"))),
        }
    }
}

/// What still holds on `date`, by rep; only of the reps of a team where one is given.
pub fn holding_on(
    reader: &mut Reader<'_>,
    date: NaiveDate,
    team: Option<&TeamId>,
) -> Result<BTreeMap<RepId, Restraint>, StoreError> {
    let everybody = team.is_none();
    let members = reps::table.filter(reps::team_id.eq(team.map_or("", TeamId::as_str))).select(reps::id);
    let rows: Vec<Row> = restraints::table
        .filter(restraints::until.ge(date))
        .filter(everybody.into_sql::<Bool>().or(restraints::rep_id.eq_any(members)))
        .order((restraints::rep_id, restraints::proposal_id))
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    let mut by_rep: BTreeMap<RepId, Restraint> = BTreeMap::new();
    for row in rows {
        by_rep.entry(row.rep_id.parse()?).or_default().take_in(row.try_into()?);
    }
    Ok(by_rep)
}
