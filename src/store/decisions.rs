//! The decisions taken on proposals: accept, decline, approve, veto.
//!
//! In go decisions; out come who has approved what. One answer of a rep and one approval of a manager count at most, held by a
//! unique index. Deliberately absent: who may decide, and what follows.

use super::{ROWS_A_STATEMENT, Reader, StoreError, Writer, exactly_one, schema::decisions};
use crate::domain::ids::{ProposalId, RepId};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// One decision on a proposal.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = decisions)]
pub struct Decision {
    /// Its id: a UUID.
    pub id: String,
    /// The proposal.
    pub proposal_id: String,
    /// accept, decline, approve or veto.
    pub action: String,
    /// Whose decision it is.
    pub for_rep_id: String,
    /// Who took it.
    pub actor_id: String,
    /// Why, where a reason is asked for.
    pub reason: Option<String>,
    /// When, in UTC.
    pub at: NaiveDateTime,
    /// When it was taken back, where it was.
    pub taken_back_at: Option<NaiveDateTime>,
}

/// Adds a decision; a second answer of a rep or approval of a manager is [`StoreError::Twice`].
pub fn decide(writer: &mut Writer<'_>, decision: &Decision) -> Result<(), StoreError> {
    diesel::insert_into(decisions::table).values(decision).execute(&mut *writer.connection)?;
    Ok(())
}

/// Marks a rep's accept as taken back; where there is none that counts, the race is lost.
pub fn take_back(writer: &mut Writer<'_>, id: ProposalId, rep: &RepId) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    let target = decisions::table.filter(
        decisions::proposal_id
            .eq(String::from(id))
            .and(decisions::for_rep_id.eq(rep.as_str()))
            .and(decisions::action.eq("accept"))
            .and(decisions::taken_back_at.is_null()),
    );
    exactly_one(diesel::update(target).set(decisions::taken_back_at.eq(Some(now))).execute(&mut *writer.connection)?)
}

/// The managers who have approved a proposal, by id.
pub fn approvals(reader: &mut Reader<'_>, id: ProposalId) -> Result<Vec<RepId>, StoreError> {
    Ok(approvals_of(reader, &[id])?.remove(&id).unwrap_or_default())
}

/// The managers who have approved each of some proposals, by id; one that nobody has approved is absent.
pub fn approvals_of(
    reader: &mut Reader<'_>,
    of: &[ProposalId],
) -> Result<BTreeMap<ProposalId, Vec<RepId>>, StoreError> {
    let mut found: BTreeMap<ProposalId, Vec<RepId>> = BTreeMap::new();
    for batch in of.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<(String, String)> = decisions::table
            .filter(decisions::proposal_id.eq_any(batch.iter().map(|id| String::from(*id))))
            .filter(decisions::action.eq("approve"))
            .order(decisions::for_rep_id)
            .select((decisions::proposal_id, decisions::for_rep_id))
            .load(&mut *reader.connection)?;
        for (proposal, manager) in rows {
            found.entry(proposal.parse()?).or_default().push(manager.parse()?);
        }
    }
    Ok(found)
}
