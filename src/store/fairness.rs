//! What fairness reports count: legs with what became of them, and the submissions of some days.
//!
//! In goes a run or some days; out come rows, one a leg or submission. Cost: linear in them.
//! Deliberately absent: sums, and who may see them.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, from_json,
    runs::{RunMode, RunState},
    schema::{legs, proposals, reps, runs, submissions},
};
use crate::domain::{
    ids::{RepId, RunId, SubmissionId, TeamId},
    money::Entry,
    proposal::{ProposalState, Side},
    units::Minutes,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// One leg of a proposal, with what became of it.
#[derive(Debug, Clone)]
pub struct LegOutcome {
    /// The statement that put its account in the pool.
    pub submission: SubmissionId,
    /// Who gives the account.
    pub from: RepId,
    /// Who gets it.
    pub to: RepId,
    /// What the giver gains by the whole move.
    pub gain: Minutes,
    /// What changes hands with the account.
    pub money: Vec<Entry>,
    /// Where the proposal stands.
    pub state: ProposalState,
    /// Whether all its reps accepted.
    pub agreed: bool,
    /// Whether its accounts changed hands, even if they went back later.
    pub moved: bool,
}

type Row = (String, String, String, String, String, String, Option<NaiveDateTime>, Option<NaiveDate>);

fn read(row: Row) -> Result<LegOutcome, StoreError> {
    let (submission, from, to, side, money, state, agreed_at, trial_ends_on) = row;
    Ok(LegOutcome {
        submission: submission.parse()?,
        from: from.parse()?,
        to: to.parse()?,
        gain: from_json::<Side>(&side)?.gain,
        money: from_json(&money)?,
        state: state.parse()?,
        agreed: agreed_at.is_some(),
        moved: trial_ends_on.is_some(),
    })
}

/// The columns of a [`Row`], once, for each of the queries below.
macro_rules! outcome {
    () => {
        (
            legs::submission_id,
            legs::from_rep_id,
            legs::to_rep_id,
            legs::side,
            legs::money,
            proposals::state,
            proposals::agreed_at,
            proposals::trial_ends_on,
        )
    };
}

/// The legs that a run proposed, by proposal and position.
pub fn proposed_by(reader: &mut Reader<'_>, run: RunId) -> Result<Vec<LegOutcome>, StoreError> {
    let rows: Vec<Row> = legs::table
        .inner_join(proposals::table)
        .filter(proposals::run_id.eq(String::from(run)))
        .order((legs::proposal_id, legs::position))
        .select(outcome!())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(read).collect()
}

/// The legs of proposals that take effect from `from` to `until`, those on their way included.
pub fn effective_within(
    reader: &mut Reader<'_>,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<LegOutcome>, StoreError> {
    let rows: Vec<Row> = legs::table
        .inner_join(proposals::table)
        .filter(proposals::effective_on.between(from, until))
        .order((legs::proposal_id, legs::position))
        .select(outcome!())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(read).collect()
}

/// The submissions made from `from` to before `until`, with who made them.
pub fn submitted_within(
    reader: &mut Reader<'_>,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<Vec<(SubmissionId, RepId)>, StoreError> {
    let rows: Vec<(String, String)> = submissions::table
        .filter(submissions::created_at.ge(from.naive_utc()).and(submissions::created_at.lt(until.naive_utc())))
        .order(submissions::id)
        .select((submissions::id, submissions::rep_id))
        .load(&mut *reader.connection)?;
    rows.into_iter().map(|(id, rep)| Ok((id.parse()?, rep.parse()?))).collect()
}

/// Every leg that some submissions ever had.
pub fn legs_of(reader: &mut Reader<'_>, of: &[SubmissionId]) -> Result<Vec<LegOutcome>, StoreError> {
    let mut found = Vec::new();
    for batch in of.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<Row> = legs::table
            .inner_join(proposals::table)
            .filter(legs::submission_id.eq_any(batch.iter().map(|&id| String::from(id))))
            .order((legs::proposal_id, legs::position))
            .select(outcome!())
            .load(&mut *reader.connection)?;
        found.extend(rows.into_iter().map(read).collect::<Result<Vec<_>, _>>()?);
    }
    Ok(found)
}

/// The team that each rep is in now.
pub fn teams_of_reps(reader: &mut Reader<'_>) -> Result<BTreeMap<RepId, TeamId>, StoreError> {
    let rows: Vec<(String, String)> = reps::table.select((reps::id, reps::team_id)).load(&mut *reader.connection)?;
    rows.into_iter().map(|(rep, team)| Ok((rep.parse()?, team.parse()?))).collect()
}

/// The reports of the published live runs of a scope with a business date from `from` to `until`, as JSON.
pub fn run_reports(
    reader: &mut Reader<'_>,
    scope: &str,
    from: NaiveDate,
    until: NaiveDate,
) -> Result<Vec<String>, StoreError> {
    let rows: Vec<Option<String>> = runs::table
        .filter(runs::scope.eq(scope).and(runs::business_date.between(from, until)))
        .filter(runs::mode.eq(RunMode::Live.as_str()).and(runs::state.eq(RunState::Published.as_str())))
        .order(runs::business_date)
        .select(runs::report)
        .load(&mut *reader.connection)?;
    Ok(rows.into_iter().flatten().collect())
}
