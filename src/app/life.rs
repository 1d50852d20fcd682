//! The one place where a proposal or a submission changes its state.
//!
//! In go what was read, an action and an actor; out comes what it is now, or why it stays. Each change asks the
//! domain's `next_state`, is one compare-and-set and goes on record in the same transaction; what hangs on it (legs,
//! submissions, a leg's `ETag`, the money ledger) follows here and nowhere else.
//! Deliberately absent: who the actor is; verbs find that out.

use super::{Reader, Refused, Writer, fresh_version, system};
use crate::{
    domain::{
        ids::RepId,
        principal::{Principal, Role},
        proposal::{self, Leg, Proposal, ProposalAction, ProposalActor, ProposalRefusal, ProposalState},
        submission::{self, Submission, SubmissionAction, SubmissionActor, SubmissionRefusal, SubmissionState},
    },
    store::{audit::Change, money, proposals, roster, submissions},
};
use std::collections::BTreeSet;

impl From<ProposalRefusal> for Refused {
    fn from(refusal: ProposalRefusal) -> Self {
        match refusal {
            ProposalRefusal::NotYours => Self::NotAllowed("this decision is not yours"),
            ProposalRefusal::OwnBenefit => Self::NotAllowed("nobody decides over what they gain from"),
            ProposalRefusal::AlreadyDecided => Self::conflict("already_decided", "this was decided before"),
            ProposalRefusal::AlreadyEnded => Self::conflict("already_ended", "this has ended"),
            ProposalRefusal::TooEarly => Self::conflict("too_early", "it is not that far yet"),
        }
    }
}

impl From<SubmissionRefusal> for Refused {
    fn from(refusal: SubmissionRefusal) -> Self {
        match refusal {
            SubmissionRefusal::NotYours => Self::NotAllowed("this submission is not yours"),
            SubmissionRefusal::AlreadyEnded => Self::conflict("already_ended", "this submission has ended"),
            SubmissionRefusal::WrongState => Self::conflict("wrong_state", "this submission is not in that state"),
        }
    }
}

/// Carries out `action` on a proposal; `edit` changes what else the action changes.
pub(super) fn advance(
    writer: &mut Writer<'_>,
    who: &Principal,
    before: &Proposal,
    action: ProposalAction,
    actor: ProposalActor,
    edit: impl FnOnce(&mut Proposal),
) -> Result<Proposal, Refused> {
    let mut after = before.clone();
    after.state = proposal::next_state(before.state, action, actor)?;
    if after.state == ProposalState::Accepted && before.state == ProposalState::Proposed {
        after.agreed_at = Some(writer.now());
    }
    // An end after approval is no colleague's answer any more, so there is nothing to keep until the next batch.
    let ends_in_the_open = after.state.is_not_concluded() && before.state == ProposalState::Approved;
    if ends_in_the_open {
        after.revealed_at = Some(writer.now());
    }
    edit(&mut after);
    write(writer, before, &mut after)?;
    if ends_in_the_open {
        release(writer, &after)?;
    }
    match after.state {
        // One that could not go back is on trial once more, and is booked already.
        ProposalState::OnTrial if before.trial_ends_on.is_none() => {
            let day = after.effective_on.unwrap_or_else(|| writer.now().date_naive());
            money::book(writer, &after, day)?;
        }
        ProposalState::Undone => money::reverse(writer, after.id)?,
        _ => {}
    }
    writer.record(Change {
        actor: who.clone(),
        action: action.as_str(),
        subject_kind: "proposal",
        subject_id: before.id.to_string(),
        from_state: Some(before.state.as_str()),
        to_state: Some(after.state.as_str()),
    });
    Ok(after)
}

/// Shows its parties that a proposal was not concluded, and puts their accounts back into the pool.
pub(super) fn reveal(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<(), Refused> {
    let now = writer.now();
    let revealed = touch(writer, proposal, |proposal| proposal.revealed_at = Some(now))?;
    release(writer, &revealed)?;
    writer.record(Change {
        actor: system(),
        action: "reveal",
        subject_kind: "proposal",
        subject_id: proposal.id.to_string(),
        from_state: Some(proposal.state.as_str()),
        to_state: Some(proposal.state.as_str()),
    });
    Ok(())
}

/// Puts the accounts of a proposal that came to nothing back into the pool.
pub(super) fn release(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<(), Refused> {
    for leg in &proposal.legs {
        let held = submissions::one(writer, leg.submission)?;
        if let Some(held) = held.filter(|held| held.state == SubmissionState::Reserved) {
            // A forced move may hold the account by now.
            if proposals::live_with(writer, std::slice::from_ref(&leg.account))?.is_empty() {
                advance_submission(writer, &system(), &held, SubmissionAction::Release, SubmissionActor::System)?;
            }
        }
    }
    Ok(())
}

/// Changes what is not the state: a sealed answer, a handover's progress. The caller puts it on record.
pub(super) fn touch(
    writer: &mut Writer<'_>,
    before: &Proposal,
    edit: impl FnOnce(&mut Proposal),
) -> Result<Proposal, Refused> {
    let mut after = before.clone();
    edit(&mut after);
    write(writer, before, &mut after)?;
    Ok(after)
}

/// Gives a new version to the proposal, and to each leg whose giver now sees something else; then writes.
fn write(writer: &mut Writer<'_>, before: &Proposal, after: &mut Proposal) -> Result<(), Refused> {
    after.version = fresh_version();
    for position in 0..after.legs.len() {
        if seen(before, &before.legs[position]) != seen(after, &after.legs[position]) {
            after.legs[position].version = fresh_version();
        }
    }
    Ok(proposals::change(writer, before, after)?)
}

/// All of a proposal that its parties may ever see change. What is not in here cannot show in an `ETag`.
fn seen(proposal: &Proposal, leg: &Leg) -> impl PartialEq + use<> {
    (proposal.public_status(leg), leg.answer, proposal.expires_at, proposal.effective_on, proposal.trial_ends_on)
}

/// Carries out `action` on a submission.
pub(super) fn advance_submission(
    writer: &mut Writer<'_>,
    who: &Principal,
    before: &Submission,
    action: SubmissionAction,
    actor: SubmissionActor,
) -> Result<Submission, Refused> {
    let mut after = before.clone();
    after.state = submission::next_state(before.state, action, actor)?;
    after.version = fresh_version();
    submissions::change_state(writer, before, after.state, after.version)?;
    writer.record(Change {
        actor: who.clone(),
        action: action.as_str(),
        subject_kind: "submission",
        subject_id: before.id.to_string(),
        from_state: Some(before.state.as_str()),
        to_state: Some(after.state.as_str()),
    });
    Ok(after)
}

/// Whether every account still belongs to whom the proposal says, by the same ownership.
pub(super) fn is_current(reader: &mut Reader<'_>, proposal: &Proposal) -> Result<bool, Refused> {
    let accounts: Vec<_> = proposal.legs.iter().map(|leg| leg.account.clone()).collect();
    let today = roster::ownerships(reader, &accounts)?;
    Ok(proposal
        .legs
        .iter()
        .all(|leg| today.get(&leg.account).is_some_and(|(owner, count)| *owner == leg.from && *count == leg.ownership)))
}

/// Who asks, in relation to a proposal.
pub(super) fn relation(
    reader: &mut Reader<'_>,
    who: &Principal,
    proposal: &Proposal,
) -> Result<ProposalActor, Refused> {
    let is_party = proposal.leg_of(&who.id).is_some();
    Ok(match who.role {
        Role::Rep if is_party => ProposalActor::Party,
        Role::Rep => ProposalActor::Stranger,
        Role::Manager if !involved(reader, proposal)?.contains(&who.id) => ProposalActor::Stranger,
        Role::Manager if is_party => ProposalActor::Beneficiary,
        Role::Manager => ProposalActor::Manager,
        Role::Admin => ProposalActor::Admin,
        Role::Service => ProposalActor::Service,
    })
}

/// The managers whose approval a proposal needs: each giver's own, or that manager's manager where they are a party.
///
/// Empty where nobody is left who gains nothing: then it cannot be approved and lapses.
pub(super) fn approvers(reader: &mut Reader<'_>, proposal: &Proposal) -> Result<BTreeSet<RepId>, Refused> {
    let mut needed = BTreeSet::new();
    for leg in &proposal.legs {
        let mut manager = roster::manager_of(reader, &leg.from)?;
        if let Some(beneficiary) = manager.as_ref().filter(|manager| proposal.leg_of(manager).is_some()) {
            manager = roster::manager_of(reader, beneficiary)?.filter(|above| proposal.leg_of(above).is_none());
        }
        match manager {
            Some(manager) => needed.insert(manager),
            None => return Ok(BTreeSet::new()),
        };
    }
    Ok(needed)
}

/// The managers of the givers, and those who approve in place of one who is a party.
fn involved(reader: &mut Reader<'_>, proposal: &Proposal) -> Result<BTreeSet<RepId>, Refused> {
    let mut managers = approvers(reader, proposal)?;
    for leg in &proposal.legs {
        managers.extend(roster::manager_of(reader, &leg.from)?);
    }
    Ok(managers)
}
