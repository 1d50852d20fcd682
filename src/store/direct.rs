//! Direct swaps: of one rep's questions to one colleague one at most is open, as the asker sees it.
//!
//! In go domain values; out come domain values. A direct swap changes by compare-and-set on its state and on the version
//! of the one who changes it. Deliberately absent: who may see what.

use super::{
    Reader, StoreError, Writer, exactly_one,
    roster::count,
    schema::{direct_swaps, reps},
};
use crate::domain::{
    direct::{DirectSwap, DirectSwapState, SentStatus, sent_status},
    ids::{DirectSwapId, RepId, TeamId},
};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = direct_swaps, treat_none_as_null = true)]
struct Row {
    id: String,
    asker_id: String,
    submission_id: String,
    colleague_id: String,
    state: String,
    month: NaiveDate,
    turn: i32,
    asked_at: NaiveDateTime,
    answer_by: NaiveDateTime,
    revealed_at: Option<NaiveDateTime>,
    proposal_id: Option<String>,
    asker_version: String,
    colleague_version: String,
    withdrawn_at: Option<NaiveDateTime>,
}

impl From<&DirectSwap> for Row {
    fn from(swap: &DirectSwap) -> Self {
        Self {
            id: swap.id.into(),
            asker_id: swap.asker.as_str().to_owned(),
            submission_id: swap.submission.into(),
            colleague_id: swap.colleague.as_str().to_owned(),
            state: swap.state.as_str().to_owned(),
            month: swap.month,
            turn: swap.turn as i32,
            asked_at: swap.asked_at.naive_utc(),
            answer_by: swap.answer_by.naive_utc(),
            revealed_at: swap.revealed_at.map(|at| at.naive_utc()),
            proposal_id: swap.proposal.map(String::from),
            asker_version: swap.asker_version.into(),
            colleague_version: swap.colleague_version.into(),
            withdrawn_at: swap.withdrawn_at.map(|at| at.naive_utc()),
        }
    }
}

impl TryFrom<Row> for DirectSwap {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.parse()?,
            asker: row.asker_id.parse()?,
            submission: row.submission_id.parse()?,
            colleague: row.colleague_id.parse()?,
            state: row.state.parse()?,
            month: row.month,
            turn: count(row.turn)?,
            asked_at: row.asked_at.and_utc(),
            answer_by: row.answer_by.and_utc(),
            revealed_at: row.revealed_at.map(|at| at.and_utc()),
            proposal: row.proposal_id.map(|id| id.parse()).transpose()?,
            asker_version: row.asker_version.parse()?,
            colleague_version: row.colleague_version.parse()?,
            withdrawn_at: row.withdrawn_at.map(|at| at.and_utc()),
        })
    }
}

/// Adds a question; one to the same colleague that the asker believes open, and one with the same turn of the month, are
/// [`StoreError::Twice`].
pub fn insert(writer: &mut Writer<'_>, swap: &DirectSwap) -> Result<(), StoreError> {
    diesel::insert_into(direct_swaps::table).values(Row::from(swap)).execute(&mut *writer.connection)?;
    Ok(())
}

/// One question.
pub fn one(reader: &mut Reader<'_>, id: DirectSwapId) -> Result<Option<DirectSwap>, StoreError> {
    let row = direct_swaps::table
        .find(String::from(id))
        .select(Row::as_select())
        .get_result(&mut *reader.connection)
        .optional()?;
    row.map(DirectSwap::try_from).transpose()
}

/// How many questions a rep has asked in the month that begins on `month`.
pub fn asked_in(reader: &mut Reader<'_>, rep: &RepId, month: NaiveDate) -> Result<u32, StoreError> {
    let asked: i64 = direct_swaps::table
        .filter(direct_swaps::asker_id.eq(rep.as_str()).and(direct_swaps::month.eq(month)))
        .count()
        .get_result(&mut *reader.connection)?;
    Ok(u32::try_from(asked).unwrap_or(u32::MAX))
}

/// The questions that a rep has asked or was asked, after `after`, by id, at most `limit`.
pub fn list(
    reader: &mut Reader<'_>,
    rep: &RepId,
    after: Option<DirectSwapId>,
    limit: i64,
) -> Result<Vec<DirectSwap>, StoreError> {
    let mut query = direct_swaps::table
        .filter(direct_swaps::asker_id.eq(rep.as_str()).or(direct_swaps::colleague_id.eq(rep.as_str())))
        .select(Row::as_select())
        .order(direct_swaps::id)
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(direct_swaps::id.gt(String::from(after)));
    }
    query.load(&mut *reader.connection)?.into_iter().map(DirectSwap::try_from).collect()
}

/// The questions that a batch has something to do about, by id: those looked at, and those whose time to answer is over
/// and whose end the asker does not know yet. Only those of or to a rep of `team` where one is given.
pub fn due(reader: &mut Reader<'_>, team: Option<&TeamId>) -> Result<Vec<DirectSwap>, StoreError> {
    let now = reader.now().naive_utc();
    let looked = direct_swaps::state.eq(DirectSwapState::Looked.as_str());
    let mut query = direct_swaps::table
        .filter(direct_swaps::revealed_at.is_null().and(looked.or(direct_swaps::answer_by.le(now))))
        .select(Row::as_select())
        .order(direct_swaps::id)
        .into_boxed();
    if let Some(team) = team {
        let members = || reps::table.filter(reps::team_id.eq(team.as_str().to_owned())).select(reps::id);
        query = query.filter(direct_swaps::asker_id.eq_any(members()).or(direct_swaps::colleague_id.eq_any(members())));
    }
    query.load(&mut *reader.connection)?.into_iter().map(DirectSwap::try_from).collect()
}

/// How many questions of each month look alike to their askers. Cost: linear in the questions.
pub fn counts(reader: &mut Reader<'_>) -> Result<BTreeMap<(NaiveDate, SentStatus), u32>, StoreError> {
    let rows: Vec<(NaiveDate, String, bool, bool)> = direct_swaps::table
        .select((
            direct_swaps::month,
            direct_swaps::state,
            direct_swaps::withdrawn_at.is_not_null(),
            direct_swaps::revealed_at.is_not_null(),
        ))
        .load(&mut *reader.connection)?;
    let mut counts = BTreeMap::new();
    for (month, state, withdrawn, revealed) in rows {
        *counts.entry((month, sent_status(state.parse()?, withdrawn, revealed))).or_default() += 1;
    }
    Ok(counts)
}

/// Writes what `after` says in place of `before`, if the question is still as `before` was read; else the race is lost.
pub fn change(writer: &mut Writer<'_>, before: &DirectSwap, after: &DirectSwap) -> Result<(), StoreError> {
    let target = direct_swaps::table.filter(
        direct_swaps::id
            .eq(String::from(before.id))
            .and(direct_swaps::state.eq(before.state.as_str()))
            .and(direct_swaps::asker_version.eq(String::from(before.asker_version)))
            .and(direct_swaps::colleague_version.eq(String::from(before.colleague_version))),
    );
    exactly_one(diesel::update(target).set(Row::from(after)).execute(&mut *writer.connection)?)
}
