//! The one place where a proposal or a submission changes its state.
//!
//! In go what was read, an action and an actor; out comes what it is now, or why it stays. Each change asks the
//! domain's `next_state`, is one compare-and-set and goes on record in the same transaction; what hangs on it (legs,
//! submissions, a leg's `ETag`, the money ledger) follows here and nowhere else.
//! Deliberately absent: who the actor is; verbs find that out.

use super::{Reader, Refused, Writer, approval::Hierarchy, fresh_version, parting, system};
use crate::{
    domain::{
        invalidation::Cause,
        principal::{Principal, Role},
        proposal::{self, Leg, Proposal, ProposalAction, ProposalActor, ProposalRefusal, ProposalState},
        submission::{self, Submission, SubmissionAction, SubmissionActor, SubmissionRefusal, SubmissionState},
    },
    store::{audit::Change, money, proposals, roster, submissions},
};
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
    match (before.state, after.state) {
        (ProposalState::Proposed, ProposalState::Accepted) => after.agreed_at = Some(writer.now()),
        (ProposalState::Accepted, ProposalState::Proposed) => after.agreed_at = None,
        _ => {}
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
        action: action.deed(),
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

/// Tells its parties that all have accepted.
pub(super) fn show(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<Proposal, Refused> {
    let now = writer.now();
    let shown = touch(writer, proposal, |proposal| proposal.shown_at = Some(now))?;
    writer.record(Change {
        actor: system(),
        action: "show",
        subject_kind: "proposal",
        subject_id: proposal.id.to_string(),
        from_state: Some(proposal.state.as_str()),
        to_state: Some(proposal.state.as_str()),
    });
    Ok(shown)
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
    let Proposal { effective_on, trial_ends_on, .. } = proposal;
    (proposal.public_status(leg), leg.answer, leg.answer_by, leg.firm_at, *effective_on, *trial_ends_on)
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
    // What was asked of a manager ends with the statement it came from, and with another way it takes.
    if !matches!(action, SubmissionAction::Part | SubmissionAction::Reserve | SubmissionAction::Release) {
        parting::let_go(writer, &after)?;
    }
    Ok(after)
}

/// Gives a submission a new version for what changed about it but its state. The caller puts it on record.
pub(super) fn touch_submission(writer: &mut Writer<'_>, before: &Submission) -> Result<Submission, Refused> {
    let after = Submission { version: fresh_version(), ..before.clone() };
    submissions::change_state(writer, before, after.state, after.version)?;
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

/// Ends a proposal that is not current, and says why: what became of an account, or that somebody else has it.
pub(super) fn invalidate(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<Proposal, Refused> {
    let mut cause = None;
    for leg in &proposal.legs {
        cause = cause.or(roster::account(writer, &leg.account)?.and_then(|held| Cause::of(held.status)));
    }
    let cause = cause.unwrap_or(Cause::AccountReassigned);
    advance(writer, &system(), proposal, ProposalAction::Invalidate, ProposalActor::System, |proposal| {
        proposal.cause = Some(cause);
    })
}

/// Who asks, in relation to a proposal.
pub(super) fn relation(
    reader: &mut Reader<'_>,
    who: &Principal,
    proposal: &Proposal,
) -> Result<ProposalActor, Refused> {
    relation_in(reader, &mut Hierarchy::default(), who, proposal)
}

/// The same, for one of many proposals.
pub(super) fn relation_in(
    reader: &mut Reader<'_>,
    hierarchy: &mut Hierarchy,
    who: &Principal,
    proposal: &Proposal,
) -> Result<ProposalActor, Refused> {
    let is_party = proposal.leg_of(&who.id).is_some();
    Ok(match who.role {
        Role::Rep if is_party => ProposalActor::Party,
        Role::Rep => ProposalActor::Stranger,
        Role::Manager if !hierarchy.involved(reader, proposal)?.contains(&who.id) => ProposalActor::Stranger,
        Role::Manager if is_party => ProposalActor::Beneficiary,
        Role::Manager => ProposalActor::Manager,
        Role::Admin => ProposalActor::Admin,
        Role::Service => ProposalActor::Service,
    })
}
