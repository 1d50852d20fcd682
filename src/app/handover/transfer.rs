//! The change of owner, there and back: confirmed by the CRM, and carried out here for all accounts in one transaction.
//!
//! In goes a confirmation, or word that the CRM could not; out comes the handover as it now stands. All accounts change
//! hands at once and only from whom the proposal says; one that an import has brought to its new owner already is there.
//! Where one is with anybody else, two people must look. The day is the one stored, whenever the word arrives.
//! Deliberately absent: speaking to the CRM.

use super::{HandoverView, crm, find_seen, sides, undo, view};
use crate::{
    app::{
        Reader, Refused, StoreError, Writer,
        life::{advance, advance_submission},
        review,
        run::business_date,
        system,
    },
    domain::{
        handover::Phase,
        ids::{ProposalId, RepId, Version},
        invalidation::Cause,
        principal::Principal,
        proposal::{self, Leg, Proposal, ProposalAction, ProposalActor, ProposalState},
        roster::AccountStatus,
        submission::{SubmissionAction, SubmissionActor},
        undo::{Undo, UndoState},
    },
    settings::Settings,
    store::{
        audit::Change,
        roster::{self, HeldAccount},
        submissions,
    },
};
use chrono::{Days, NaiveDate};

fn held(reader: &mut Reader<'_>, leg: &Leg) -> Result<HeldAccount, Refused> {
    roster::account(reader, &leg.account)?.ok_or(Refused::NotFound("account"))
}

/// Whether all accounts of a proposal are with those who received them, and can be given back.
pub(super) fn accounts_are_with_receivers(reader: &mut Reader<'_>, proposal: &Proposal) -> Result<bool, Refused> {
    for leg in &proposal.legs {
        let held = held(reader, leg)?;
        if held.account.owner != leg.to || held.status != AccountStatus::Active {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Confirms that the CRM carried the change out, there or back.
pub fn confirm(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<HandoverView, Refused> {
    let (proposal, actor, undo) = find_seen(writer, who, id, if_match)?;
    let is_on_its_way = proposal.state == ProposalState::Executing
        || (proposal.state == ProposalState::OnTrial && undo.state == UndoState::Executing);
    let confirmed = match (proposal.state, undo.state) {
        // It has said otherwise of an account.
        _ if is_on_its_way && crm::speaks_against(writer, id)? => {
            proposal::next_state(proposal.state, ProposalAction::Fail, actor)?;
            disagree(writer, &proposal, Cause::AccountReassigned)
        }
        (ProposalState::OnTrial, UndoState::Executing) => {
            confirm_return(writer, settings, who, &proposal, actor, &undo)
        }
        // Of what needs attention two people decide.
        (ProposalState::NeedsAttention, _) => {
            Err(Refused::conflict("needs_attention", "two people have to settle this"))
        }
        _ => confirm_transfer(writer, settings, who, &proposal, actor),
    }?;
    view(writer, who, &confirmed, actor)
}

pub(super) fn confirm_transfer(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    actor: ProposalActor,
) -> Result<Proposal, Refused> {
    // Only who may confirm may find out where the accounts are.
    proposal::next_state(proposal.state, ProposalAction::Confirm, actor)?;
    for leg in &proposal.legs {
        let held = held(writer, leg)?;
        let is_here = held.account.owner == leg.from && held.ownership == leg.ownership;
        if !is_here && held.account.owner != leg.to {
            return disagree(writer, proposal, Cause::AccountReassigned);
        }
    }
    begin_trial(writer, settings, who, proposal, (ProposalAction::Confirm, actor))
}

/// Says that the CRM and we disagree.
pub(super) fn disagree(writer: &mut Writer<'_>, proposal: &Proposal, cause: Cause) -> Result<Proposal, Refused> {
    advance(writer, &system(), proposal, ProposalAction::Fail, ProposalActor::System, |proposal| {
        proposal.cause = Some(cause);
    })
}

/// Moves all accounts to their receivers, and begins the trial. The caller knows that each is with one of its two sides.
pub(super) fn begin_trial(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    (action, actor): (ProposalAction, ProposalActor),
) -> Result<Proposal, Refused> {
    let today = business_date(&settings.night, writer.now());
    let effective_on = proposal.effective_on.unwrap_or(today);
    let begun = advance(writer, who, proposal, action, actor, |proposal| {
        proposal.effective_on = Some(effective_on);
        proposal.trial_ends_on = Some(today + Days::new(settings.proposals.trial_days.into()));
        proposal.bounces_until = Some(effective_on + Days::new(settings.handover.bounce_days.into()));
        (proposal.cause, proposal.sent_at, proposal.alarmed_at) = (None, None, None);
    })?;
    carry_out(writer, who, proposal, Phase::Handover, (effective_on, effective_on))?;
    for leg in &proposal.legs {
        if let Some(submission) = submissions::one(writer, leg.submission)?.filter(|one| one.state.is_live()) {
            advance_submission(writer, &system(), &submission, SubmissionAction::Swap, SubmissionActor::System)?;
        }
    }
    review::lay_out(writer, settings, &begun, today)?;
    Ok(begun)
}

pub(super) fn confirm_return(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    actor: ProposalActor,
    undo: &Undo,
) -> Result<Proposal, Refused> {
    proposal::next_state(proposal.state, ProposalAction::Undo, actor)?;
    for leg in &proposal.legs {
        let owner = held(writer, leg)?.account.owner;
        if owner != leg.to && owner != leg.from {
            return disagree(writer, proposal, Cause::AccountReassigned);
        }
    }
    end_trial(writer, settings, who, proposal, actor, undo)
}

/// Moves all accounts back to their givers, and ends the trial. One that is with neither of its two sides stays there.
pub(super) fn end_trial(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    actor: ProposalActor,
    before: &Undo,
) -> Result<Proposal, Refused> {
    let today = business_date(&settings.night, writer.now());
    let ended = advance(writer, who, proposal, ProposalAction::Undo, actor, |proposal| {
        (proposal.sent_at, proposal.alarmed_at) = (None, None);
    })?;
    let returned_on = before.effective_on.unwrap_or(today);
    if before.state.is_under_way() {
        undo::finish(writer, before)?;
    }
    if let Some(effective_on) = proposal.effective_on.filter(|_| proposal.trial_ends_on.is_some()) {
        carry_out(writer, who, proposal, Phase::Undo, (effective_on, returned_on))?;
    }
    Ok(ended)
}

/// Brings each account to whom it goes on a way, and remembers whom it leaves; `since` is when those had got it.
fn carry_out(
    writer: &mut Writer<'_>,
    who: &Principal,
    proposal: &Proposal,
    way: Phase,
    (since, day): (NaiveDate, NaiveDate),
) -> Result<(), Refused> {
    let word = match way {
        Phase::Handover => "swap",
        Phase::Undo => "undo",
    };
    for leg in &proposal.legs {
        let (giver, receiver): (&RepId, &RepId) = sides(leg, way);
        let held = held(writer, leg)?;
        if held.account.owner == *giver {
            roster::move_account(writer, &leg.account, held.ownership, receiver, day)?;
        } else if held.account.owner == *receiver {
            roster::date_arrival(writer, &leg.account, held.ownership, day)?;
        } else {
            continue;
        }
        let memory = format!("{word}-{}-{}", proposal.id.0.simple(), leg.position);
        let memory = memory.parse().map_err(StoreError::from)?;
        roster::remember(writer, &memory, giver, &leg.account, (since, day))?;
        writer.record(Change {
            actor: who.clone(),
            action: if way == Phase::Undo { "return" } else { "transfer" },
            subject_kind: "account",
            subject_id: leg.account.as_str().to_owned(),
            from_state: None,
            to_state: None,
        });
    }
    Ok(())
}

/// Says that the CRM could not carry the change out, there or back: two people have to look.
pub fn fail(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<HandoverView, Refused> {
    let (proposal, actor, undo) = find_seen(writer, who, id, if_match)?;
    proposal::next_state(proposal.state, ProposalAction::Fail, actor)?;
    if proposal.state == ProposalState::OnTrial && undo.state != UndoState::Executing {
        return Err(Refused::conflict("already_decided", "no change of owner is on its way"));
    }
    let failed = advance(writer, who, &proposal, ProposalAction::Fail, actor, |proposal| {
        proposal.cause = Some(Cause::CrmRefused);
    })?;
    view(writer, who, &failed, actor)
}
