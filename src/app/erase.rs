//! Erasure: who somebody was is forgotten, and everything else holds.
//!
//! In go an administrator and a person who was deactivated, whom the CRM has let go, who owns no account, manages no team and
//! is in nothing that is under way; out comes how much of the evidence of runs went with them. What they rated and answered
//! stays, under a pseudonym that nobody is told, because others' reports rest on it; what they wrote, where they live and
//! their name are gone. The audit chain holds, and so does every id of theirs in it: it never held one.
//! Deliberately absent: taking it back, and telling the pseudonym, which would be who they were.

use super::{
    Refused, Writer,
    enrol::{NOT_FOR_YOU, actor},
};
use crate::{
    domain::{
        ids::{RepId, Version},
        person::{self, PersonAction},
        principal::{Principal, Role},
    },
    store::{Of, StoreError, audit::Change, erasure, people, roster},
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What was erased with a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erasure {
    /// When.
    pub erased_at: DateTime<Utc>,
    /// How many runs lost the market and the plan they can be verified with.
    pub runs_without_evidence: usize,
}

/// Forgets who somebody was.
pub fn erase(writer: &mut Writer<'_>, who: &Principal, id: &RepId, if_match: Version) -> Result<Erasure, Refused> {
    if who.role != Role::Admin {
        return Err(NOT_FOR_YOU);
    }
    let person = people::one(writer, id)?.ok_or(Refused::NotFound("person"))?;
    if person.version != if_match {
        return Err(Refused::Stale);
    }
    person::next_state(person.state, PersonAction::Erase, actor(who, id))?;
    has_let_go(writer, id)?;
    let pseudonym = format!("erased-{}", &Uuid::new_v4().simple().to_string()[..16]);
    let pseudonym: RepId = pseudonym.parse().map_err(StoreError::from)?;
    let runs_without_evidence = erasure::erase(writer, id, &pseudonym)?;
    writer.record(Change {
        actor: who.clone(),
        action: PersonAction::Erase.as_str(),
        subject_kind: "person",
        subject_id: pseudonym.into(),
        from_state: None,
        to_state: None,
    });
    Ok(Erasure { erased_at: writer.now(), runs_without_evidence })
}

/// Refuses to forget somebody on whom something still hangs.
fn has_let_go(writer: &mut Writer<'_>, id: &RepId) -> Result<(), Refused> {
    let now = writer.now();
    if roster::rep_in_the_crm(writer, id)?.is_some_and(|rep| rep.works_at(now)) {
        return Err(Refused::conflict("still_here", "the CRM has not let them go"));
    }
    if !roster::teams_of(writer, id)?.is_empty() {
        return Err(Refused::conflict("still_manages", "they manage a team"));
    }
    if !roster::accounts_of(writer, Of::Rep(id), None, 1)?.is_empty() {
        return Err(Refused::conflict("still_owns", "accounts are in their book still"));
    }
    let (submissions, proposals) = people::dependents(writer, id)?;
    if !submissions.is_empty() || !proposals.is_empty() {
        return Err(Refused::conflict("still_under_way", "they are in something that is under way"));
    }
    Ok(())
}
