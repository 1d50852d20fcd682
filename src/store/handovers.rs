//! Handover checklists.
//!
//! In go steps; out come steps. A step changes by compare-and-set on state and version.
//! Deliberately absent: where the handover as a whole stands, which is the proposal's state.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer,
    connection::on_either,
    exactly_one,
    roster::count,
    schema::{handover_steps, legs, proposals},
};
use crate::domain::{
    handover::{Phase, Step, StepKind, StepRule, StepState},
    ids::{AccountId, ProposalId},
    proposal::ProposalState,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = handover_steps)]
struct Row {
    proposal_id: String,
    phase: String,
    leg: i32,
    kind: String,
    position: i32,
    doer: String,
    may_skip: bool,
    needs_note: bool,
    state: String,
    done_by: Option<String>,
    done_at: Option<NaiveDateTime>,
    note: String,
    version: String,
}

impl From<&Step> for Row {
    fn from(step: &Step) -> Self {
        Self {
            proposal_id: step.proposal.into(),
            phase: step.phase.as_str().to_owned(),
            leg: step.leg as i32,
            kind: step.rule.step.as_str().to_owned(),
            position: step.position as i32,
            doer: step.rule.by.as_str().to_owned(),
            may_skip: step.rule.may_skip,
            needs_note: step.rule.needs_note,
            state: step.state.as_str().to_owned(),
            done_by: step.done_by.clone().map(String::from),
            done_at: step.done_at.map(|at| at.naive_utc()),
            note: step.note.clone(),
            version: step.version.into(),
        }
    }
}

impl TryFrom<Row> for Step {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            proposal: row.proposal_id.parse()?,
            phase: row.phase.parse()?,
            leg: count(row.leg)?,
            position: count(row.position)?,
            rule: StepRule {
                step: row.kind.parse()?,
                by: row.doer.parse()?,
                may_skip: row.may_skip,
                needs_note: row.needs_note,
            },
            state: row.state.parse()?,
            done_by: row.done_by.map(|id| id.parse()).transpose()?,
            done_at: row.done_at.map(|at| at.and_utc()),
            note: row.note,
            version: row.version.parse()?,
        })
    }
}

/// Adds a checklist, in place of one of the same phase that was given up.
pub fn insert(writer: &mut Writer<'_>, proposal: ProposalId, phase: Phase, steps: &[Step]) -> Result<(), StoreError> {
    let rows: Vec<Row> = steps.iter().map(Row::from).collect();
    let given_up = handover_steps::table
        .filter(handover_steps::proposal_id.eq(String::from(proposal)).and(handover_steps::phase.eq(phase.as_str())));
    diesel::delete(given_up).execute(&mut *writer.connection)?;
    on_either!(&mut *writer.connection, inner => {
        diesel::insert_into(handover_steps::table).values(&rows).execute(inner)?;
    });
    Ok(())
}

/// The checklists of a proposal, by phase, leg and place in the list.
pub fn of(reader: &mut Reader<'_>, proposal: ProposalId) -> Result<Vec<Step>, StoreError> {
    Ok(of_all(reader, &[proposal])?.remove(&proposal).unwrap_or_default())
}

/// The checklists of some proposals, each by phase, leg and place in the list; one without is absent.
pub fn of_all(
    reader: &mut Reader<'_>,
    proposals: &[ProposalId],
) -> Result<BTreeMap<ProposalId, Vec<Step>>, StoreError> {
    let mut found: BTreeMap<ProposalId, Vec<Step>> = BTreeMap::new();
    for batch in proposals.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<Row> = handover_steps::table
            .filter(handover_steps::proposal_id.eq_any(batch.iter().map(|id| String::from(*id))))
            .select(Row::as_select())
            .load(&mut *reader.connection)?;
        for row in rows {
            let step = Step::try_from(row)?;
            found.entry(step.proposal).or_default().push(step);
        }
    }
    for steps in found.values_mut() {
        steps.sort_by_key(|step| (step.phase, step.leg, step.position, step.rule.step));
    }
    Ok(found)
}

/// What givers of an account wrote down about what works with it, in handovers that moved it, the latest first, with when;
/// at most `limit`. Nothing its receivers wrote.
pub fn what_worked(
    reader: &mut Reader<'_>,
    account: &AccountId,
    limit: i64,
) -> Result<Vec<(DateTime<Utc>, String)>, StoreError> {
    let of_step = handover_steps::proposal_id.eq(legs::proposal_id).and(handover_steps::leg.eq(legs::position));
    let rows: Vec<(Option<NaiveDateTime>, String)> = legs::table
        .inner_join(proposals::table)
        .inner_join(handover_steps::table.on(of_step))
        .filter(legs::account_id.eq(account.as_str()).and(proposals::trial_ends_on.is_not_null()))
        .filter(
            handover_steps::kind.eq(StepKind::Notes.as_str()).and(handover_steps::state.eq(StepState::Done.as_str())),
        )
        .filter(handover_steps::done_by.eq(legs::from_rep_id.nullable()).and(handover_steps::note.ne("")))
        .order((handover_steps::done_at.desc(), handover_steps::proposal_id))
        .limit(limit)
        .select((handover_steps::done_at, handover_steps::note))
        .load(&mut *reader.connection)?;
    Ok(rows.into_iter().filter_map(|(at, note)| Some((at?.and_utc(), note))).collect())
}

/// Writes what `after` says in place of `before`, if the step is still as `before` was read; else the race is lost.
pub fn change(writer: &mut Writer<'_>, before: &Step, after: &Step) -> Result<(), StoreError> {
    let target = handover_steps::table.filter(
        handover_steps::proposal_id
            .eq(String::from(before.proposal))
            .and(handover_steps::phase.eq(before.phase.as_str()))
            .and(handover_steps::leg.eq(before.leg as i32))
            .and(handover_steps::kind.eq(before.rule.step.as_str()))
            .and(handover_steps::state.eq(before.state.as_str()))
            .and(handover_steps::version.eq(String::from(before.version))),
    );
    exactly_one(
        diesel::update(target)
            .set((
                handover_steps::state.eq(after.state.as_str()),
                handover_steps::done_by.eq(after.done_by.clone().map(String::from)),
                handover_steps::done_at.eq(after.done_at.map(|at| at.naive_utc())),
                handover_steps::note.eq(&after.note),
                handover_steps::version.eq(String::from(after.version)),
            ))
            .execute(&mut *writer.connection)?,
    )
}

/// Approved proposals that have nothing left to do but wait, and whose day is `today` or before, by id, at most `limit`.
pub fn ready(reader: &mut Reader<'_>, today: NaiveDate, limit: i64) -> Result<Vec<ProposalId>, StoreError> {
    let unsettled = handover_steps::table
        .filter(
            handover_steps::phase.eq(Phase::Handover.as_str()).and(handover_steps::state.eq(StepState::Open.as_str())),
        )
        .select(handover_steps::proposal_id);
    let ids: Vec<String> = proposals::table
        .filter(proposals::state.eq(ProposalState::Approved.as_str()))
        .filter(proposals::effective_on.le(today))
        .filter(proposals::id.ne_all(unsettled))
        .order(proposals::id)
        .limit(limit)
        .select(proposals::id)
        .load(&mut *reader.connection)?;
    ids.into_iter().map(|id| Ok(id.parse()?)).collect()
}
