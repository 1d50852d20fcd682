//! Decisions: accept, decline, approve, veto.
//!
//! In go a principal and the version they saw; out comes the proposal as they may now see it. An answer to a proposal
//! that ended unseen is taken like any other and changes nothing else, so that nobody can tell by trying.
//! Deliberately absent: overrides, which come here with a reason of their own.

use super::{
    AtMostOne, Refused, StoreError, Writer, handover,
    life::{self, advance, approvers, is_current, relation, touch},
    proposals::{self as views, ProposalView},
    system,
};
use crate::{
    domain::{
        closed::closed_list,
        handover::Phase,
        ids::{ProposalId, RepId, Version},
        invalidation::Cause,
        principal::{Principal, Role},
        proposal::{Answer, Proposal, ProposalAction, ProposalActor, ProposalState},
        units::Cents,
    },
    settings::Settings,
    store::{
        audit::Change,
        proposals::{self, Decision},
    },
};
use uuid::Uuid;

closed_list! {
    /// Why a rep declines; a closed list, seen by nobody but the engine.
    DeclineReason {
        /// The journey.
        TooFar = "too_far",
        /// Too little to gain.
        TooLittleGain = "too_little_gain",
        /// Does not want that account.
        NotThisAccount = "not_this_account",
        /// Wants to keep the own account after all.
        KeepMine = "keep_mine",
        /// Not now.
        BadTime = "bad_time",
        /// Another reason.
        Other = "other",
    }
}

/// What a decision is recorded as.
struct Recorded<'a> {
    action: &'static str,
    for_rep: &'a RepId,
    reason: Option<&'static str>,
}

fn record(writer: &mut Writer<'_>, who: &Principal, id: ProposalId, what: Recorded<'_>) -> Result<(), Refused> {
    let at = writer.now().naive_utc();
    proposals::decide(
        writer,
        &Decision {
            id: Uuid::new_v4().to_string(),
            proposal_id: id.into(),
            action: what.action.to_owned(),
            for_rep_id: what.for_rep.as_str().to_owned(),
            actor_id: who.id.as_str().to_owned(),
            reason: what.reason.map(str::to_owned),
            at,
        },
    )
    .map_err(|error| match error {
        StoreError::Twice(AtMostOne::Answer | AtMostOne::Approval) => {
            Refused::conflict("already_decided", "this was decided before")
        }
        other => other.into(),
    })
}

/// Finds a proposal for a decision of a party: hidden from strangers, forbidden to everybody else.
fn for_party(writer: &mut Writer<'_>, who: &Principal, id: ProposalId, if_match: Version) -> Result<Proposal, Refused> {
    let proposal = proposals::one(writer, id)?.ok_or(Refused::NotFound("proposal"))?;
    views::view(writer, who, &proposal)?;
    let leg = proposal.leg_of(&who.id).filter(|_| who.role == Role::Rep);
    let leg = leg.ok_or(Refused::NotAllowed("only a party answers a proposal, each for their own leg"))?;
    if leg.version != if_match {
        return Err(Refused::Stale);
    }
    if leg.answer != Answer::Pending {
        return Err(Refused::conflict("already_decided", "you have answered this proposal"));
    }
    if writer.now() >= proposal.expires_at {
        return Err(Refused::conflict("expired", "the time to answer is over"));
    }
    Ok(proposal)
}

/// Accepts a proposal as one of its parties.
pub fn accept(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<ProposalView, Refused> {
    let proposal = for_party(writer, who, id, if_match)?;
    let answered = accept_for(writer, settings, who, &proposal, &who.id, ProposalActor::Party)?;
    views::view(writer, who, &answered)
}

/// Accepts for `rep`: the party themself, or a manager in their place.
pub(super) fn accept_for(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    rep: &RepId,
    actor: ProposalActor,
) -> Result<Proposal, Refused> {
    record(writer, who, proposal.id, Recorded { action: "accept", for_rep: rep, reason: None })?;
    let answer = |proposal: &mut Proposal| set_answer(proposal, rep, Answer::Accepted);
    if proposal.state.is_not_concluded() {
        return sealed(writer, who, proposal, "accept", answer);
    }
    let is_last = proposal.legs.iter().all(|leg| leg.from == *rep || leg.answer == Answer::Accepted);
    let action = if is_last { ProposalAction::AcceptAsLast } else { ProposalAction::Accept };
    let accepted = advance(writer, who, proposal, action, actor, answer)?;
    if !is_current(writer, &accepted)? {
        return advance(writer, &system(), &accepted, ProposalAction::Invalidate, ProposalActor::System, |proposal| {
            proposal.cause = Some(Cause::AccountReassigned);
        });
    }
    if accepted.state == ProposalState::Accepted && is_automatic(settings, &accepted) {
        return approve_now(writer, settings, &system(), &accepted, ProposalActor::System);
    }
    Ok(accepted)
}

/// Declines a proposal as one of its parties. What the colleague sees does not change before the next batch.
pub fn decline(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
    reason: DeclineReason,
) -> Result<ProposalView, Refused> {
    let proposal = for_party(writer, who, id, if_match)?;
    record(writer, who, id, Recorded { action: "decline", for_rep: &who.id, reason: Some(reason.as_str()) })?;
    let answer = |proposal: &mut Proposal| set_answer(proposal, &who.id, Answer::Declined);
    let declined = if proposal.state.is_not_concluded() {
        sealed(writer, who, &proposal, "decline", answer)?
    } else {
        advance(writer, who, &proposal, ProposalAction::Decline, ProposalActor::Party, answer)?
    };
    views::view(writer, who, &declined)
}

fn set_answer(proposal: &mut Proposal, rep: &RepId, answer: Answer) {
    for leg in proposal.legs.iter_mut().filter(|leg| leg.from == *rep) {
        leg.answer = answer;
    }
}

/// Takes an answer to a proposal that has ended without its parties knowing.
fn sealed(
    writer: &mut Writer<'_>,
    who: &Principal,
    proposal: &Proposal,
    action: &'static str,
    answer: impl FnOnce(&mut Proposal),
) -> Result<Proposal, Refused> {
    if proposal.revealed_at.is_some() {
        return Err(Refused::conflict("already_ended", "this was not concluded"));
    }
    let answered = touch(writer, proposal, answer)?;
    writer.record(Change {
        actor: who.clone(),
        action,
        subject_kind: "proposal",
        subject_id: proposal.id.to_string(),
        from_state: Some(proposal.state.as_str()),
        to_state: Some(proposal.state.as_str()),
    });
    Ok(answered)
}

fn is_automatic(settings: &Settings, proposal: &Proposal) -> bool {
    let commissions = || proposal.legs.iter().map(|leg| leg.annual_commission_cents);
    let gap = commissions().max().unwrap_or_default() - commissions().min().unwrap_or_default();
    let limit = Cents(settings.proposals.automatic_approval_cents);
    limit > Cents::ZERO && gap <= limit
}

/// Finds a proposal for a decision of a manager: hidden from strangers, forbidden to everybody else.
pub(super) fn for_manager(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<(Proposal, ProposalActor), Refused> {
    let proposal = proposals::one(writer, id)?.ok_or(Refused::NotFound("proposal"))?;
    views::view(writer, who, &proposal)?;
    let actor = relation(writer, who, &proposal)?;
    match actor {
        ProposalActor::Manager => {}
        ProposalActor::Beneficiary => return Err(Refused::NotAllowed("nobody decides over what they gain from")),
        _ => return Err(Refused::NotAllowed("only a manager of one of the parties decides this")),
    }
    if proposal.version != if_match {
        return Err(Refused::Stale);
    }
    Ok((proposal, actor))
}

/// Approves a proposal as a manager of one of its parties; across teams each side's manager has to.
pub fn approve(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<ProposalView, Refused> {
    let (proposal, actor) = for_manager(writer, who, id, if_match)?;
    if writer.now() >= proposal.expires_at {
        return Err(Refused::conflict("expired", "the time to approve is over"));
    }
    let needed = approvers(writer, &proposal)?;
    if !needed.contains(&who.id) {
        return Err(Refused::NotAllowed("this approval is another manager's"));
    }
    if proposal.state == ProposalState::Accepted {
        record(writer, who, id, Recorded { action: "approve", for_rep: &who.id, reason: None })?;
    }
    let given = proposals::approvals(writer, id)?;
    let approved = if needed.iter().all(|manager| given.contains(manager)) {
        approve_now(writer, settings, who, &proposal, actor)?
    } else {
        advance(writer, who, &proposal, ProposalAction::Approve, actor, |_| {})?
    };
    views::view(writer, who, &approved)
}

/// Approves for good, if every account is still where the proposal says, and lays out the handover.
fn approve_now(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    actor: ProposalActor,
) -> Result<Proposal, Refused> {
    if !is_current(writer, proposal)? {
        return advance(writer, &system(), proposal, ProposalAction::Invalidate, ProposalActor::System, |proposal| {
            proposal.cause = Some(Cause::AccountReassigned);
        });
    }
    let approved = advance(writer, who, proposal, ProposalAction::ApproveAsLast, actor, |_| {})?;
    handover::lay_out(writer, settings, &approved, Phase::Handover)?;
    Ok(approved)
}

/// Stops a proposal as a manager of one of its parties.
pub fn veto(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<ProposalView, Refused> {
    let (proposal, actor) = for_manager(writer, who, id, if_match)?;
    let vetoed = life::advance(writer, who, &proposal, ProposalAction::Veto, actor, |_| {})?;
    record(writer, who, id, Recorded { action: "veto", for_rep: &who.id, reason: None })?;
    views::view(writer, who, &vetoed)
}
