//! The checklist, there and back: laid out from the template, settled step by step.
//!
//! In goes a step done, skipped or waived; out comes the handover as it now stands. On the way there the givers agree on
//! the day: each completes their own step of it, and whoever names another day, even after they had agreed, takes up again
//! what the others had agreed to. When nothing is left to do the change of owner waits for its day, and goes out on it.
//! Deliberately absent: the change of owner itself.

use super::{HandoverView, MAX_NOTE_BYTES, check_note, crm, find_seen, sides, undo::send_back_if_ready, view, way};
use crate::{
    app::{
        Refused, Writer, fresh_version,
        life::{advance, invalidate, is_current, touch},
        money::first_free_day,
        run::business_date,
        system,
    },
    domain::{
        crm::Way,
        handover::{Phase, Step, StepAction, StepActor, StepKind, StepRefusal, StepState},
        ids::{ProposalId, Version},
        principal::Principal,
        proposal::{Proposal, ProposalAction, ProposalActor, ProposalState},
        undo::UndoState,
    },
    settings::Settings,
    store::{audit::Change, handovers},
};
use chrono::{Days, NaiveDate};

const _: () = assert!(MAX_NOTE_BYTES == 4000, "the messages say so");

impl From<StepRefusal> for Refused {
    fn from(refusal: StepRefusal) -> Self {
        match refusal {
            StepRefusal::NotYours => Self::NotAllowed("this step is not yours to settle"),
            StepRefusal::NotSkippable => Self::conflict("not_skippable", "this step cannot be skipped, only waived"),
            StepRefusal::AlreadyDone => Self::conflict("already_done", "this step is settled"),
        }
    }
}

/// What is done about a step.
#[derive(Debug, Clone)]
pub struct SettleStep {
    /// The account, as the leg's position.
    pub leg: u32,
    /// What has to be done.
    pub kind: StepKind,
    /// What becomes of it.
    pub action: StepAction,
    /// What there is to say: notes that travel with the account, or the reason of a waiver.
    pub note: String,
    /// The day the accounts should change hands; for that step alone, and absent to agree to the day named before.
    pub effective_on: Option<NaiveDate>,
}

/// Makes the checklist of a phase.
pub(in crate::app) fn lay_out(
    writer: &mut Writer<'_>,
    settings: &Settings,
    proposal: &Proposal,
    phase: Phase,
) -> Result<(), Refused> {
    let template = || (0..).zip(settings.handover.template(phase));
    let steps: Vec<Step> = proposal
        .legs
        .iter()
        .flat_map(|leg| template().map(move |(position, rule)| (leg.position, position, *rule)))
        .map(|(leg, position, rule)| Step {
            proposal: proposal.id,
            phase,
            leg,
            position,
            rule,
            state: StepState::Open,
            done_by: None,
            done_at: None,
            note: String::new(),
            version: fresh_version(),
        })
        .collect();
    Ok(handovers::insert(writer, proposal.id, phase, &steps)?)
}

/// Settles a step: who does it completes or skips it, a manager waives it with a reason.
pub fn settle(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    asked: &SettleStep,
    if_match: Version,
) -> Result<HandoverView, Refused> {
    let (proposal, actor, undo) = find_seen(writer, who, id, if_match)?;
    let phase = way(&undo);
    let leg = proposal.legs.iter().find(|leg| leg.position == asked.leg).ok_or(Refused::NotFound("step"))?;
    let (giver, receiver) = sides(leg, phase);
    let step_actor = match actor {
        ProposalActor::Party if *giver == who.id => StepActor::Giver,
        ProposalActor::Party if *receiver == who.id => StepActor::Receiver,
        ProposalActor::Manager => StepActor::Manager,
        _ => StepActor::Stranger,
    };
    take_up_own_day(writer, &proposal, asked, step_actor)?;
    let steps: Vec<Step> = handovers::of(writer, id)?.into_iter().filter(|step| step.phase == phase).collect();
    let before = steps
        .iter()
        .find(|step| step.leg == asked.leg && step.rule.step == asked.kind)
        .ok_or(Refused::NotFound("step"))?;
    let state = before.after(asked.action, step_actor)?;
    let is_prepared = match phase {
        Phase::Handover => proposal.state == ProposalState::Approved,
        Phase::Undo => undo.state == UndoState::Granted,
    };
    if !is_prepared {
        return Err(Refused::conflict("already_decided", "this handover is being prepared no more"));
    }
    check_note(
        &asked.note,
        match asked.action {
            StepAction::Waive => Some("the reason of the waiver"),
            StepAction::Complete if before.rule.needs_note => Some("what there is to write down"),
            _ => None,
        },
    )?;
    let day = agreed_day(writer, settings, &proposal, asked)?;
    change(writer, who, before, asked.action, state, &asked.note)?;
    let mut open = steps.iter().filter(|step| step.state == StepState::Open).count() - 1;
    let is_another = day.zip(proposal.effective_on).is_some_and(|(day, named)| day != named);
    if is_another {
        for step in steps.iter().filter(|step| step.rule.step == StepKind::EffectiveDate && step.leg != asked.leg) {
            if let Ok(reopened) = step.after(StepAction::Reopen, StepActor::System) {
                change(writer, &system(), step, StepAction::Reopen, reopened, "")?;
                open += 1;
            }
        }
    }
    let touched = touch(writer, &proposal, |proposal| {
        if phase == Phase::Handover {
            proposal.effective_on = day.or(proposal.effective_on);
        }
    })?;
    let settled = match phase {
        _ if open > 0 => touched,
        Phase::Handover => send_out_if_ready(writer, settings, &touched)?,
        Phase::Undo => send_back_if_ready(writer, settings, &touched)?,
    };
    view(writer, who, &settled, actor)
}

/// Takes up again what a giver has agreed to, where they name another day now.
fn take_up_own_day(
    writer: &mut Writer<'_>,
    proposal: &Proposal,
    asked: &SettleStep,
    actor: StepActor,
) -> Result<(), Refused> {
    let is_another = asked.effective_on.is_some() && asked.effective_on != proposal.effective_on;
    let is_waiting = proposal.state == ProposalState::Approved && actor == StepActor::Giver;
    if asked.kind == StepKind::EffectiveDate && asked.action == StepAction::Complete && is_another && is_waiting {
        let steps = handovers::of(writer, proposal.id)?;
        let own = steps.iter().find(|step| step.rule.step == asked.kind && step.leg == asked.leg);
        if let Some(own) = own
            && let Ok(reopened) = own.after(StepAction::Reopen, StepActor::System)
        {
            change(writer, &system(), own, StepAction::Reopen, reopened, "")?;
        }
    }
    Ok(())
}

/// The day that a step of the effective date says, where it is one: the one named, the one named before, or the first.
fn agreed_day(
    writer: &mut Writer<'_>,
    settings: &Settings,
    proposal: &Proposal,
    asked: &SettleStep,
) -> Result<Option<NaiveDate>, Refused> {
    let names = asked.kind == StepKind::EffectiveDate && asked.action == StepAction::Complete;
    let today = business_date(&settings.night, writer.now());
    match asked.effective_on {
        Some(day) if !names => {
            Err(Refused::invalid("/effective_on", day.to_string(), "nothing: only agreeing on the day takes one"))
        }
        Some(day) => {
            let last = today + Days::new(settings.handover.effective_within_days.into());
            if !(today..=last).contains(&day) {
                let expected = format!("a day from {today} to {last}");
                return Err(Refused::invalid("/effective_on", day.to_string(), expected));
            }
            let free = first_free_day(writer, settings, proposal, day)?;
            if free != day {
                let expected = format!("a day in no commission freeze, such as {free}");
                return Err(Refused::invalid("/effective_on", day.to_string(), expected));
            }
            Ok(Some(day))
        }
        None if names => match proposal.effective_on {
            Some(day) => Ok(Some(day)),
            None => first_free_day(writer, settings, proposal, today).map(Some),
        },
        None => Ok(None),
    }
}

fn change(
    writer: &mut Writer<'_>,
    who: &Principal,
    before: &Step,
    action: StepAction,
    state: StepState,
    note: &str,
) -> Result<(), Refused> {
    let is_open = state == StepState::Open;
    let after = Step {
        state,
        done_by: (!is_open).then(|| who.id.clone()),
        done_at: (!is_open).then(|| writer.now()),
        note: note.to_owned(),
        version: fresh_version(),
        ..before.clone()
    };
    handovers::change(writer, before, &after)?;
    let place = match before.phase {
        Phase::Handover => String::new(),
        Phase::Undo => format!("{}/", before.phase),
    };
    writer.record(Change {
        actor: who.clone(),
        action: action.as_str(),
        subject_kind: "handover_step",
        subject_id: format!("{}/{place}{}/{}", before.proposal, before.leg, before.rule.step),
        from_state: Some(before.state.as_str()),
        to_state: Some(after.state.as_str()),
    });
    Ok(())
}

/// Sends the change of owner out where its day has come; names the first free day where it has passed or none was named.
/// The caller knows that every step is settled.
pub(in crate::app) fn send_out_if_ready(
    writer: &mut Writer<'_>,
    settings: &Settings,
    proposal: &Proposal,
) -> Result<Proposal, Refused> {
    let today = business_date(&settings.night, writer.now());
    let from = proposal.effective_on.map_or(today, |day| day.max(today));
    let day = first_free_day(writer, settings, proposal, from)?;
    if day > today {
        return match proposal.effective_on {
            Some(named) if named == day => Ok(proposal.clone()),
            _ => touch(writer, proposal, |proposal| proposal.effective_on = Some(day)),
        };
    }
    if !is_current(writer, proposal)? {
        return invalidate(writer, proposal);
    }
    let now = writer.now();
    let sent = advance(writer, &system(), proposal, ProposalAction::Execute, ProposalActor::System, |proposal| {
        proposal.effective_on = Some(day);
        proposal.sent_at = Some(now);
        proposal.alarmed_at = None;
    })?;
    crm::ask(writer, settings, &sent, Way::There, |_| true, Some(day))?;
    Ok(sent)
}
