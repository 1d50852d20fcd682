//! Decisions: accept, take back, decline, approve, veto.
//!
//! In go a principal and the version they saw; out comes the proposal as they may now see it. An answer to a proposal
//! that ended unseen is taken like any other and changes nothing else, so that nobody can tell by trying. An accept can be
//! taken back for a while, and until then nobody approves. What all have accepted and needs no manager is approved at the
//! next batch: sooner, the word would tell whoever accepted first what the colleague answered.
//! Deliberately absent: overrides, which come here with a reason of their own.

use super::{
    AtMostOne, Refused, StoreError, Writer, abuse, approval, handover,
    life::{self, advance, advance_submission, is_current, relation, touch},
    proposals::{self as views, ProposalView},
    run::business_date,
    system,
};
use crate::{
    domain::{
        approval::Needs,
        decline::Consequence,
        handover::Phase,
        ids::{ProposalId, RepId, Version},
        principal::{Principal, Role},
        proposal::{Answer, Leg, Proposal, ProposalAction, ProposalActor, ProposalState},
        submission::{SubmissionAction, SubmissionActor},
    },
    settings::Settings,
    store::{
        audit::Change,
        decisions::{self, Decision},
        proposals, restraints, submissions,
    },
};
use chrono::{DateTime, Days, Duration, Utc};
use uuid::Uuid;

pub use crate::domain::decline::DeclineReason;

/// What a decision is recorded as.
struct Recorded<'a> {
    action: &'static str,
    for_rep: &'a RepId,
    reason: Option<&'static str>,
}

fn record(writer: &mut Writer<'_>, who: &Principal, id: ProposalId, what: Recorded<'_>) -> Result<(), Refused> {
    let at = writer.now().naive_utc();
    decisions::decide(
        writer,
        &Decision {
            id: Uuid::new_v4().to_string(),
            proposal_id: id.into(),
            action: what.action.to_owned(),
            for_rep_id: what.for_rep.as_str().to_owned(),
            actor_id: who.id.as_str().to_owned(),
            reason: what.reason.map(str::to_owned),
            at,
            taken_back_at: None,
        },
    )
    .map_err(|error| match error {
        StoreError::Twice(AtMostOne::Answer | AtMostOne::Approval) => {
            Refused::conflict("already_decided", "this was decided before")
        }
        other => other.into(),
    })
}

/// Finds a proposal and the own leg for a decision of a party: hidden from strangers, forbidden to everybody else.
fn for_party(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<(Proposal, Leg), Refused> {
    let proposal = proposals::one(writer, id)?.ok_or(Refused::NotFound("proposal"))?;
    views::view(writer, who, &proposal)?;
    let leg = proposal.leg_of(&who.id).filter(|_| who.role == Role::Rep).cloned();
    let leg = leg.ok_or(Refused::NotAllowed("only a party answers a proposal, each for their own leg"))?;
    if leg.version != if_match {
        return Err(Refused::Stale);
    }
    Ok((proposal, leg))
}

/// The same where the answer is still missing and may still be given.
fn for_answer(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<(Proposal, Leg), Refused> {
    let (proposal, leg) = for_party(writer, who, id, if_match)?;
    if leg.answer != Answer::Pending {
        return Err(Refused::conflict("already_decided", "you have answered this proposal"));
    }
    if writer.now() >= proposal.answer_by(&leg) {
        return Err(Refused::conflict("expired", "the time to answer is over"));
    }
    Ok((proposal, leg))
}

/// Accepts a proposal as one of its parties.
pub fn accept(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<ProposalView, Refused> {
    let (proposal, _) = for_answer(writer, who, id, if_match)?;
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
    abuse::ensure_disclosed(writer, proposal, rep)?;
    record(writer, who, proposal.id, Recorded { action: "accept", for_rep: rep, reason: None })?;
    let firm_at = writer.now() + Duration::minutes(settings.proposals.take_back_minutes.into());
    let answer = |proposal: &mut Proposal| set_answer(proposal, rep, Answer::Accepted, Some(firm_at));
    if proposal.state.is_not_concluded() {
        return sealed(writer, who, proposal, "accept", answer);
    }
    let is_last = proposal.legs.iter().all(|leg| leg.from == *rep || leg.answer == Answer::Accepted);
    let action = if is_last { ProposalAction::AcceptAsLast } else { ProposalAction::Accept };
    let accepted = advance(writer, who, proposal, action, actor, answer)?;
    if !is_current(writer, &accepted)? {
        return life::invalidate(writer, &accepted);
    }
    if !abuse::is_borne(writer, &accepted)? {
        return advance(writer, &system(), &accepted, ProposalAction::Invalidate, ProposalActor::System, |_| {});
    }
    Ok(accepted)
}

/// Takes an accept back while that is still possible. What the colleague sees never shows that it was given.
pub fn take_back(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<ProposalView, Refused> {
    let (proposal, leg) = for_party(writer, who, id, if_match)?;
    if leg.answer != Answer::Accepted {
        return Err(Refused::conflict("nothing_to_take_back", "you have not accepted this proposal"));
    }
    if leg.firm_at.is_none_or(|firm_at| writer.now() >= firm_at) {
        return Err(Refused::conflict("too_late", "the time to take an accept back is over"));
    }
    decisions::take_back(writer, id, &who.id)?;
    let answer = |proposal: &mut Proposal| set_answer(proposal, &who.id, Answer::Pending, None);
    let action = ProposalAction::TakeBack;
    let open = if proposal.state.is_not_concluded() {
        sealed(writer, who, &proposal, action.as_str(), answer)?
    } else {
        advance(writer, who, &proposal, action, ProposalActor::Party, answer)?
    };
    views::view(writer, who, &open)
}

/// Declines a proposal as one of its parties, with what the reason leads to. What the colleague sees does not change before
/// the next batch.
pub fn decline(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
    reason: DeclineReason,
) -> Result<ProposalView, Refused> {
    let (proposal, leg) = for_answer(writer, who, id, if_match)?;
    record(writer, who, id, Recorded { action: "decline", for_rep: &who.id, reason: Some(reason.as_str()) })?;
    let answer = |proposal: &mut Proposal| set_answer(proposal, &who.id, Answer::Declined, None);
    let declined = if proposal.state.is_not_concluded() {
        sealed(writer, who, &proposal, "decline", answer)?
    } else {
        advance(writer, who, &proposal, ProposalAction::Decline, ProposalActor::Party, answer)?
    };
    follow(writer, settings, who, &declined, &leg, settings.proposals.declines.lead_to(reason))?;
    views::view(writer, who, &declined)
}

/// Carries out what a decline leads to, for the decliner alone.
fn follow(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    leg: &Leg,
    consequence: Consequence,
) -> Result<(), Refused> {
    let received = proposal.leg_to(&who.id).ok_or(Refused::NotFound("proposal"))?;
    if let Some((ask, days)) = consequence.ask(&received.account, &leg.side) {
        let until = business_date(&settings.night, writer.now()) + Days::new(days.into());
        restraints::insert(writer, proposal.id, &who.id, &ask, until)?;
    } else if proposals::live_with(writer, std::slice::from_ref(&leg.account))?.is_empty() {
        // A forced move that holds the account by now keeps the submission.
        let submission = submissions::one(writer, leg.submission)?;
        if let Some(submission) = submission.filter(|submission| submission.state.is_live()) {
            advance_submission(writer, who, &submission, SubmissionAction::Withdraw, SubmissionActor::Submitter)?;
        }
    }
    Ok(())
}

fn set_answer(proposal: &mut Proposal, rep: &RepId, answer: Answer, firm_at: Option<DateTime<Utc>>) {
    for leg in proposal.legs.iter_mut().filter(|leg| leg.from == *rep) {
        leg.answer = answer;
        leg.firm_at = firm_at;
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

/// Concludes what all have accepted, at a batch boundary: its parties are told, and what needs no manager is approved.
///
/// Nothing happens while an accept can still be taken back; the next boundary is soon enough.
pub(super) fn conclude(writer: &mut Writer<'_>, settings: &Settings, proposal: &Proposal) -> Result<(), Refused> {
    if !is_firm(writer, proposal) {
        return Ok(());
    }
    let shown = life::show(writer, proposal)?;
    if shown.approval.needs == Needs::Nobody {
        approve_now(writer, settings, &system(), &shown, ProposalActor::System)?;
    }
    Ok(())
}

/// Whether no accept can be taken back any more.
fn is_firm(writer: &Writer<'_>, proposal: &Proposal) -> bool {
    proposal.firm_at().is_none_or(|firm_at| writer.now() >= firm_at)
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

/// Approves a proposal as a manager of one of its parties, or in place of one who is away or a party.
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
    if !approval::approvers(writer, &proposal)?.contains(&who.id) {
        return Err(Refused::NotAllowed("this approval is another manager's"));
    }
    if proposal.state == ProposalState::Accepted {
        if !is_firm(writer, &proposal) {
            return Err(Refused::conflict("too_early", "an accept can still be taken back"));
        }
        record(writer, who, id, Recorded { action: "approve", for_rep: &who.id, reason: None })?;
    }
    let approved = if approval::awaited(writer, &proposal)?.is_none() {
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
        return life::invalidate(writer, proposal);
    }
    if !abuse::is_borne(writer, proposal)? {
        return advance(writer, &system(), proposal, ProposalAction::Invalidate, ProposalActor::System, |_| {});
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
