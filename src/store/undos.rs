//! Undos: what parties of a trial have asked, and how far the way back has come.
//!
//! In go domain values; out come domain values. An undo changes by compare-and-set on its version; who asks holds the
//! proposal's row, so that two who ask at once see each other. Deliberately absent: who may see or decide what.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer, exactly_one,
    schema::{undo_requests, undos},
};
use crate::domain::{
    ids::{ProposalId, Version},
    undo::{Undo, UndoRequest, UndoState},
};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = undos, treat_none_as_null = true)]
struct Row {
    proposal_id: String,
    state: String,
    decided_by: Option<String>,
    effective_on: Option<NaiveDate>,
    version: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = undo_requests)]
struct RequestRow {
    proposal_id: String,
    rep_id: String,
    reason: String,
    note: String,
    asked_at: NaiveDateTime,
}

impl From<&Undo> for Row {
    fn from(undo: &Undo) -> Self {
        Self {
            proposal_id: undo.proposal.into(),
            state: undo.state.as_str().to_owned(),
            decided_by: undo.decided_by.clone().map(String::from),
            effective_on: undo.effective_on,
            version: undo.version.into(),
        }
    }
}

/// The undo of a proposal; one that nobody has asked for where there is none.
pub fn of(reader: &mut Reader<'_>, proposal: ProposalId) -> Result<Undo, StoreError> {
    Ok(of_all(reader, &[proposal])?.remove(&proposal).unwrap_or_else(|| not_asked(proposal)))
}

/// The undo that nobody has asked for.
pub fn not_asked(proposal: ProposalId) -> Undo {
    Undo {
        proposal,
        state: UndoState::NotAsked,
        decided_by: None,
        effective_on: None,
        requests: Vec::new(),
        version: Version(uuid::Uuid::nil()),
    }
}

/// The undos of some proposals; one that nobody has asked for may be absent.
pub fn of_all(reader: &mut Reader<'_>, proposals: &[ProposalId]) -> Result<BTreeMap<ProposalId, Undo>, StoreError> {
    let mut found: BTreeMap<ProposalId, Undo> = BTreeMap::new();
    for batch in proposals.chunks(ROWS_A_STATEMENT) {
        let ids: Vec<String> = batch.iter().map(|id| String::from(*id)).collect();
        let requests: Vec<RequestRow> = undo_requests::table
            .filter(undo_requests::proposal_id.eq_any(&ids))
            .order(undo_requests::rep_id)
            .select(RequestRow::as_select())
            .load(&mut *reader.connection)?;
        for row in requests {
            let proposal = row.proposal_id.parse()?;
            let request = UndoRequest {
                rep: row.rep_id.parse()?,
                reason: row.reason.parse()?,
                note: row.note,
                asked_at: row.asked_at.and_utc(),
            };
            found.entry(proposal).or_insert_with(|| not_asked(proposal)).requests.push(request);
        }
        let rows: Vec<Row> = undos::table
            .filter(undos::proposal_id.eq_any(&ids))
            .select(Row::as_select())
            .load(&mut *reader.connection)?;
        for row in rows {
            let proposal = row.proposal_id.parse()?;
            let undo = found.entry(proposal).or_insert_with(|| not_asked(proposal));
            undo.state = row.state.parse()?;
            undo.decided_by = row.decided_by.map(|id| id.parse()).transpose()?;
            undo.effective_on = row.effective_on;
            undo.version = row.version.parse()?;
        }
    }
    Ok(found)
}

/// Adds what a party asks.
pub fn ask(writer: &mut Writer<'_>, proposal: ProposalId, request: &UndoRequest) -> Result<(), StoreError> {
    diesel::insert_into(undo_requests::table)
        .values(RequestRow {
            proposal_id: proposal.into(),
            rep_id: request.rep.as_str().to_owned(),
            reason: request.reason.as_str().to_owned(),
            note: request.note.clone(),
            asked_at: request.asked_at.naive_utc(),
        })
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// Writes what `after` says in place of `before`, if the undo is still as `before` was read; else the race is lost.
pub fn change(writer: &mut Writer<'_>, before: &Undo, after: &Undo) -> Result<(), StoreError> {
    if before.state == UndoState::NotAsked {
        return match diesel::insert_into(undos::table).values(Row::from(after)).execute(&mut *writer.connection) {
            Ok(_) => Ok(()),
            Err(error) => Err(match StoreError::from(error) {
                StoreError::Twice(_) => StoreError::Raced,
                other => other,
            }),
        };
    }
    let target = undos::table.filter(
        undos::proposal_id
            .eq(String::from(before.proposal))
            .and(undos::state.eq(before.state.as_str()))
            .and(undos::version.eq(String::from(before.version))),
    );
    exactly_one(diesel::update(target).set(Row::from(after)).execute(&mut *writer.connection)?)
}

/// Those of some proposals whose undo is in a state and, where a day is given, takes effect by then; by id, at most
/// `limit`.
pub fn in_state(
    reader: &mut Reader<'_>,
    state: UndoState,
    effective_by: Option<NaiveDate>,
    limit: i64,
) -> Result<Vec<ProposalId>, StoreError> {
    let mut query = undos::table
        .filter(undos::state.eq(state.as_str()))
        .order(undos::proposal_id)
        .limit(limit)
        .select(undos::proposal_id)
        .into_boxed();
    if let Some(day) = effective_by {
        query = query.filter(undos::effective_on.le(day));
    }
    let ids: Vec<String> = query.load(&mut *reader.connection)?;
    ids.into_iter().map(|id| Ok(id.parse()?)).collect()
}
