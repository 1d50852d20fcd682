//! How people would settle a handover that needs attention.
//!
//! In goes what one of them says; out comes what all have said. One row a person; saying something else replaces it. The
//! caller holds the proposal by its compare-and-set. Deliberately absent: how many have to agree.

use super::{Reader, StoreError, Writer, schema::settlements};
use crate::domain::{
    ids::{ProposalId, RepId},
    principal::{Principal, Role},
    proposal::ProposalState,
};
use chrono::NaiveDateTime;
use diesel::prelude::*;

/// What one person said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settlement {
    /// Who.
    pub person: RepId,
    /// In what capacity.
    pub role: Role,
    /// The state it should go to.
    pub outcome: ProposalState,
    /// Why.
    pub note: String,
}

/// What has been said about a proposal, by person.
pub fn of(reader: &mut Reader<'_>, proposal: ProposalId) -> Result<Vec<Settlement>, StoreError> {
    let rows: Vec<(String, String, String, String)> = settlements::table
        .filter(settlements::proposal_id.eq(String::from(proposal)))
        .order(settlements::person_id)
        .select((settlements::person_id, settlements::role, settlements::outcome, settlements::note))
        .load(&mut *reader.connection)?;
    rows.into_iter()
        .map(|(person, role, outcome, note)| {
            Ok(Settlement { person: person.parse()?, role: role.parse()?, outcome: outcome.parse()?, note })
        })
        .collect()
}

/// Keeps what a person says, in place of what they said before.
pub fn say(
    writer: &mut Writer<'_>,
    proposal: ProposalId,
    who: &Principal,
    outcome: ProposalState,
    note: &str,
) -> Result<(), StoreError> {
    let own = settlements::table
        .filter(settlements::proposal_id.eq(String::from(proposal)).and(settlements::person_id.eq(who.id.as_str())));
    diesel::delete(own).execute(&mut *writer.connection)?;
    let at: NaiveDateTime = writer.now().naive_utc();
    diesel::insert_into(settlements::table)
        .values((
            settlements::proposal_id.eq(String::from(proposal)),
            settlements::person_id.eq(who.id.as_str()),
            settlements::role.eq(who.role.as_str()),
            settlements::outcome.eq(outcome.as_str()),
            settlements::note.eq(note),
            settlements::at.eq(at),
        ))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// Forgets what was said, because it is settled. The audit log keeps who said so.
pub fn clear(writer: &mut Writer<'_>, proposal: ProposalId) -> Result<(), StoreError> {
    let all = settlements::table.filter(settlements::proposal_id.eq(String::from(proposal)));
    diesel::delete(all).execute(&mut *writer.connection)?;
    Ok(())
}
