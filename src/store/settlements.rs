//! How people would settle a handover that needs attention.
//!
//! In goes what one of them says; out comes what all have said. One row a person; saying something else replaces it. The
//! caller holds the proposal by its compare-and-set. Deliberately absent: how many have to agree.

use super::{ROWS_A_STATEMENT, Reader, StoreError, Writer, schema::settlements};
use crate::domain::{
    ids::{ProposalId, RepId},
    principal::{Principal, Role},
    proposal::ProposalState,
};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::BTreeMap;

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
    Ok(of_all(reader, &[proposal])?.remove(&proposal).unwrap_or_default())
}

/// What has been said about some proposals, about each by person; one of which nobody said anything is absent.
pub fn of_all(
    reader: &mut Reader<'_>,
    proposals: &[ProposalId],
) -> Result<BTreeMap<ProposalId, Vec<Settlement>>, StoreError> {
    let mut found: BTreeMap<ProposalId, Vec<Settlement>> = BTreeMap::new();
    for batch in proposals.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<(String, String, String, String, String)> = settlements::table
            .filter(settlements::proposal_id.eq_any(batch.iter().map(|id| String::from(*id))))
            .order(settlements::person_id)
            .select((
                settlements::proposal_id,
                settlements::person_id,
                settlements::role,
                settlements::outcome,
                settlements::note,
            ))
            .load(&mut *reader.connection)?;
        for (proposal, person, role, outcome, note) in rows {
            let said = Settlement { person: person.parse()?, role: role.parse()?, outcome: outcome.parse()?, note };
            found.entry(proposal.parse()?).or_default().push(said);
        }
    }
    Ok(found)
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
