//! Handover checklists.
//!
//! In go steps; out come steps. A step changes by compare-and-set on state and version.
//! Deliberately absent: where the handover as a whole stands, which is the proposal's state.

use super::{Reader, StoreError, Writer, connection::on_either, exactly_one, roster::count, schema::handover_steps};
use crate::domain::{
    handover::{Step, StepState},
    ids::ProposalId,
};
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = handover_steps)]
struct Row {
    proposal_id: String,
    leg: i32,
    kind: String,
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
            leg: step.leg as i32,
            kind: step.kind.as_str().to_owned(),
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
            leg: count(row.leg)?,
            kind: row.kind.parse()?,
            state: row.state.parse()?,
            done_by: row.done_by.map(|id| id.parse()).transpose()?,
            done_at: row.done_at.map(|at| at.and_utc()),
            note: row.note,
            version: row.version.parse()?,
        })
    }
}

/// Adds a checklist.
pub fn insert(writer: &mut Writer<'_>, steps: &[Step]) -> Result<(), StoreError> {
    let rows: Vec<Row> = steps.iter().map(Row::from).collect();
    on_either!(&mut *writer.connection, inner => {
        diesel::insert_into(handover_steps::table).values(&rows).execute(inner)?;
    });
    Ok(())
}

/// The checklist of a proposal, by leg and kind.
pub fn of(reader: &mut Reader<'_>, proposal: ProposalId) -> Result<Vec<Step>, StoreError> {
    let rows: Vec<Row> = handover_steps::table
        .filter(handover_steps::proposal_id.eq(String::from(proposal)))
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    let mut steps = rows.into_iter().map(Step::try_from).collect::<Result<Vec<_>, _>>()?;
    steps.sort_by_key(|step| (step.leg, step.kind));
    Ok(steps)
}

/// Writes what `after` says in place of `before`, if the step is still as `before` was read; else the race is lost.
pub fn change(writer: &mut Writer<'_>, before: &Step, after: &Step) -> Result<(), StoreError> {
    let target = handover_steps::table.filter(
        handover_steps::proposal_id
            .eq(String::from(before.proposal))
            .and(handover_steps::leg.eq(before.leg as i32))
            .and(handover_steps::kind.eq(before.kind.as_str()))
            .and(handover_steps::state.eq(StepState::Open.as_str()))
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
