//! The undo of a trial: asked for by a party, decided by a manager, prepared by a checklist, and sent out in its turn.
//!
//! In goes a request or a decision; out comes the handover as it now stands. A request changes nothing that another party
//! can see, refused ones included; a manager may order an undo without one. Where the policy needs no manager it is granted
//! when all parties have asked. Deliberately absent: the change of owner itself.

use super::{HandoverView, check_note, checklist::lay_out, crm, find_seen, transfer, view};
use crate::{
    app::{Refused, Writer, fresh_version, life::touch, money::first_free_day, run::business_date, system},
    domain::{
        crm::Way,
        handover::{Phase, StepState},
        ids::{ProposalId, Version},
        principal::Principal,
        proposal::{Proposal, ProposalActor, ProposalState},
        undo::{self, Undo, UndoAction, UndoActor, UndoReason, UndoRefusal, UndoRequest, UndoState},
    },
    settings::Settings,
    store::{audit::Change, handovers, proposals, undos},
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

impl From<UndoRefusal> for Refused {
    fn from(refusal: UndoRefusal) -> Self {
        match refusal {
            UndoRefusal::NotYours => Self::NotAllowed("this undo is not yours to ask for or to decide"),
            UndoRefusal::AlreadyGranted => Self::conflict("already_granted", "the accounts are on their way back"),
            UndoRefusal::NothingAsked => Self::conflict("nothing_asked", "nobody has asked for an undo"),
            UndoRefusal::TooEarly => Self::conflict("too_early", "it is not that far yet"),
        }
    }
}

/// A party's request, as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUndoRequest {
    /// Why.
    pub reason: UndoReason,
    /// What the managers should know; nobody else reads it.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub note: String,
}

const fn relation(actor: ProposalActor) -> UndoActor {
    match actor {
        ProposalActor::Party => UndoActor::Party,
        ProposalActor::Manager => UndoActor::Manager,
        _ => UndoActor::Stranger,
    }
}

/// Asks for all accounts of a trial to go back, as one of its parties; once a trial.
pub fn ask_undo(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    new: &NewUndoRequest,
    if_match: Version,
) -> Result<HandoverView, Refused> {
    // Two who ask at once must see each other, and an end of the trial must see both.
    proposals::hold(writer, id)?;
    let (proposal, actor, before) = find_seen(writer, who, id, if_match)?;
    check_note(&new.note, None)?;
    let asked = undo::next_state(before.state, UndoAction::Ask, relation(actor))?;
    if before.requests.iter().any(|request| request.rep == who.id) {
        return Err(Refused::conflict("already_asked", "you have asked for an undo of this trial"));
    }
    let today = business_date(&settings.night, writer.now());
    check_time(&proposal, today, 0)?;
    check_accounts(writer, &proposal)?;
    let request =
        UndoRequest { rep: who.id.clone(), reason: new.reason, note: new.note.clone(), asked_at: writer.now() };
    undos::ask(writer, id, &request)?;
    let mut after = Undo { state: asked, version: fresh_version(), ..before.clone() };
    undos::change(writer, &before, &after)?;
    record(writer, who, &before, &after, UndoAction::Ask);
    after.requests.push(request);
    let have_all = proposal.legs.iter().all(|leg| after.requests.iter().any(|request| request.rep == leg.from));
    let proposal = if have_all && !settings.handover.undo_needs_a_manager {
        grant(writer, settings, &system(), &proposal, UndoActor::System, &after)?
    } else {
        proposal
    };
    view(writer, who, &proposal, actor)
}

/// Orders that all accounts of a trial go back, whether or not a party has asked; lays out what is to be done first.
pub fn grant_undo(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<HandoverView, Refused> {
    let (proposal, actor, before) = find_seen(writer, who, id, if_match)?;
    undo::next_state(before.state, UndoAction::Grant, relation(actor))?;
    let today = business_date(&settings.night, writer.now());
    check_time(&proposal, today, settings.handover.undo_decision_days)?;
    check_accounts(writer, &proposal)?;
    let granted = grant(writer, settings, who, &proposal, relation(actor), &before)?;
    view(writer, who, &granted, actor)
}

/// Says no to what the parties have asked so far; the trial goes on.
pub fn refuse_undo(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<HandoverView, Refused> {
    let (proposal, actor, before) = find_seen(writer, who, id, if_match)?;
    let today = business_date(&settings.night, writer.now());
    let state = undo::next_state(before.state, UndoAction::Refuse, relation(actor))?;
    check_time(&proposal, today, settings.handover.undo_decision_days)?;
    change(writer, who, &before, UndoAction::Refuse, state, |undo| undo.decided_by = Some(who.id.clone()))?;
    view(writer, who, &proposal, actor)
}

/// Refuses what comes before the trial, after it, or later than `days` after its last day.
fn check_time(proposal: &Proposal, today: NaiveDate, days: u32) -> Result<(), Refused> {
    match (proposal.state, proposal.trial_ends_on) {
        (ProposalState::OnTrial, Some(last)) if today <= last + Days::new(days.into()) => Ok(()),
        (ProposalState::OnTrial, _) => Err(Refused::conflict("trial_over", "the time to undo this is over")),
        (ProposalState::Approved | ProposalState::Executing, _) => {
            Err(Refused::conflict("too_early", "it is not that far yet"))
        }
        (ProposalState::NeedsAttention, _) => {
            Err(Refused::conflict("needs_attention", "two people have to settle this first"))
        }
        _ => Err(Refused::conflict("already_ended", "this has ended")),
    }
}

/// Refuses where an account is not where the swap put it: all go back together or none.
fn check_accounts(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<(), Refused> {
    if transfer::accounts_are_with_receivers(writer, proposal)? {
        Ok(())
    } else {
        Err(Refused::conflict("account_elsewhere", "an account is not where the swap put it"))
    }
}

fn grant(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    actor: UndoActor,
    before: &Undo,
) -> Result<Proposal, Refused> {
    let state = undo::next_state(before.state, UndoAction::Grant, actor)?;
    change(writer, who, before, UndoAction::Grant, state, |undo| undo.decided_by = Some(who.id.clone()))?;
    lay_out(writer, settings, proposal, Phase::Undo)?;
    touch(writer, proposal, |_| {})
}

/// Sends the change back out where its day has come; names the first free day where it has not. Changes nothing while a
/// step is open.
pub(in crate::app) fn send_back_if_ready(
    writer: &mut Writer<'_>,
    settings: &Settings,
    proposal: &Proposal,
) -> Result<Proposal, Refused> {
    let before = undos::of(writer, proposal.id)?;
    let is_open = |state: StepState| state == StepState::Open;
    let steps = handovers::of(writer, proposal.id)?;
    let is_prepared = !steps.iter().any(|step| step.phase == Phase::Undo && is_open(step.state));
    if before.state != UndoState::Granted || !is_prepared {
        return Ok(proposal.clone());
    }
    let today = business_date(&settings.night, writer.now());
    let from = before.effective_on.map_or(today, |day| day.max(today));
    let day = first_free_day(writer, settings, proposal, from)?;
    let (state, now) = (before.state, writer.now());
    if day > today {
        if before.effective_on != Some(day) {
            let after = Undo { effective_on: Some(day), version: fresh_version(), ..before.clone() };
            undos::change(writer, &before, &after)?;
        }
        return Ok(proposal.clone());
    }
    let state = undo::next_state(state, UndoAction::Execute, UndoActor::System)?;
    change(writer, &system(), &before, UndoAction::Execute, state, |undo| undo.effective_on = Some(day))?;
    let sent = touch(writer, proposal, |proposal| (proposal.sent_at, proposal.alarmed_at) = (Some(now), None))?;
    crm::ask(writer, settings, &sent, Way::Back, |_| true, Some(day))?;
    Ok(sent)
}

/// Says no to what nobody decided on in time.
pub(in crate::app) fn lapse(writer: &mut Writer<'_>, id: ProposalId) -> Result<(), Refused> {
    let before = undos::of(writer, id)?;
    if before.state == UndoState::Asked {
        let state = undo::next_state(before.state, UndoAction::Refuse, UndoActor::System)?;
        change(writer, &system(), &before, UndoAction::Refuse, state, |_| {})?;
    }
    Ok(())
}

/// Records that all accounts are back.
pub(super) fn finish(writer: &mut Writer<'_>, before: &Undo) -> Result<(), Refused> {
    let state = undo::next_state(before.state, UndoAction::Finish, UndoActor::System)?;
    change(writer, &system(), before, UndoAction::Finish, state, |_| {})
}

/// Gives a way back up, because two people settled that the accounts stay.
pub(super) fn give_up(writer: &mut Writer<'_>, before: &Undo) -> Result<(), Refused> {
    let state = undo::next_state(before.state, UndoAction::GiveUp, UndoActor::System)?;
    change(writer, &system(), before, UndoAction::GiveUp, state, |undo| undo.effective_on = None)
}

fn change(
    writer: &mut Writer<'_>,
    who: &Principal,
    before: &Undo,
    action: UndoAction,
    state: UndoState,
    edit: impl FnOnce(&mut Undo),
) -> Result<(), Refused> {
    let mut after = Undo { state, version: fresh_version(), ..before.clone() };
    edit(&mut after);
    undos::change(writer, before, &after)?;
    record(writer, who, before, &after, action);
    Ok(())
}

fn record(writer: &mut Writer<'_>, who: &Principal, before: &Undo, after: &Undo, action: UndoAction) {
    writer.record(Change {
        actor: who.clone(),
        action: action.as_str(),
        subject_kind: "undo",
        subject_id: before.proposal.to_string(),
        from_state: Some(before.state.as_str()),
        to_state: Some(after.state.as_str()),
    });
}
