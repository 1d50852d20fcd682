//! The handover: its checklist, the change of owner going out, and its confirmation.
//!
//! In go a step done, a step waived or a confirmation; out comes the handover as it now stands. The last step sends the
//! change of owner out; the confirmation moves all accounts of the proposal in one transaction, and only if each still
//! belongs to whom the proposal says. Deliberately absent: speaking to the CRM; the outbox and the export do.

use super::{
    Page, Reader, Refused, StoreError, Writer, fresh_version,
    life::{advance, advance_submission, is_current, relation, touch},
    me::managed,
    proposals::{FOR_THE_CRM, ServiceLeg, changes_of_owner},
    system,
};
use crate::{
    domain::{
        handover::{self, Step, StepAction, StepActor, StepKind, StepRefusal, StepState},
        ids::{AccountId, ProposalId, RepId, Version},
        principal::{Principal, Role},
        proposal::{self, Proposal, ProposalAction, ProposalActor, ProposalState},
        submission::{SubmissionAction, SubmissionActor},
    },
    settings::Settings,
    store::{audit::Change, handovers, proposals, roster, submissions},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// The longest note of a step, in bytes.
pub const MAX_NOTE_BYTES: usize = 4000;

impl From<StepRefusal> for Refused {
    fn from(refusal: StepRefusal) -> Self {
        match refusal {
            StepRefusal::NotYours => Self::NotAllowed("this step is not yours to settle"),
            StepRefusal::AlreadyDone => Self::conflict("already_done", "this step is settled"),
        }
    }
}

/// One step, as both parties and their managers see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StepView {
    /// Which account, as the leg's position.
    pub leg: u32,
    /// The account.
    pub account: AccountId,
    /// What has to be done.
    pub kind: StepKind,
    /// Where it stands.
    pub state: StepState,
    /// Who settled it.
    pub done_by: Option<RepId>,
    /// When.
    pub done_at: Option<DateTime<Utc>>,
    /// What was said about it; to the parties and their managers.
    pub note: Option<String>,
}

/// A handover.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HandoverView {
    /// The proposal being handed over; also the handover's id.
    pub id: ProposalId,
    /// Where it stands.
    pub state: ProposalState,
    /// The changes of owner.
    pub legs: Vec<ServiceLeg>,
    /// The checklist.
    pub steps: Vec<StepView>,
    /// The day the accounts change hands.
    pub effective_on: Option<NaiveDate>,
    /// The day the trial ends.
    pub trial_ends_on: Option<NaiveDate>,
    /// New at each change, a step's included.
    pub version: Version,
}

/// The states in which there is a handover.
const HANDED_OVER: &[ProposalState] = &[
    ProposalState::Approved,
    ProposalState::Executing,
    ProposalState::OnTrial,
    ProposalState::Completed,
    ProposalState::Undone,
    ProposalState::NeedsAttention,
];

/// Makes the checklist of an approved proposal.
pub(super) fn lay_out(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<(), Refused> {
    let steps: Vec<Step> = proposal
        .legs
        .iter()
        .flat_map(|leg| StepKind::ALL.iter().map(move |kind| (leg.position, *kind)))
        .map(|(leg, kind)| Step {
            proposal: proposal.id,
            leg,
            kind,
            state: StepState::Open,
            done_by: None,
            done_at: None,
            note: String::new(),
            version: fresh_version(),
        })
        .collect();
    Ok(handovers::insert(writer, &steps)?)
}

fn find(reader: &mut Reader<'_>, who: &Principal, id: ProposalId) -> Result<(Proposal, ProposalActor), Refused> {
    let hidden = Refused::NotFound("handover");
    let Some(proposal) = proposals::one(reader, id)?.filter(|proposal| HANDED_OVER.contains(&proposal.state)) else {
        return Err(hidden);
    };
    match relation(reader, who, &proposal)? {
        ProposalActor::Stranger => Err(hidden),
        ProposalActor::Service if !FOR_THE_CRM.contains(&proposal.state) => Err(hidden),
        actor => Ok((proposal, actor)),
    }
}

fn view(reader: &mut Reader<'_>, proposal: &Proposal, actor: ProposalActor) -> Result<HandoverView, Refused> {
    let reads_notes = matches!(actor, ProposalActor::Party | ProposalActor::Manager | ProposalActor::Beneficiary);
    let steps = handovers::of(reader, proposal.id)?
        .into_iter()
        .filter_map(|step| {
            let leg = proposal.legs.iter().find(|leg| leg.position == step.leg)?;
            Some(StepView {
                leg: step.leg,
                account: leg.account.clone(),
                kind: step.kind,
                state: step.state,
                done_by: step.done_by,
                done_at: step.done_at,
                note: reads_notes.then_some(step.note),
            })
        })
        .collect();
    Ok(HandoverView {
        id: proposal.id,
        state: proposal.state,
        legs: changes_of_owner(proposal),
        steps,
        effective_on: proposal.effective_on,
        trial_ends_on: proposal.trial_ends_on,
        version: proposal.version,
    })
}

/// Handovers by id: one's own, the teams', or all; for the CRM those on their way through it.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<ProposalId>) -> Result<Vec<HandoverView>, Refused> {
    let teams = managed(reader, who)?;
    let (of, states) = match who.role {
        Role::Rep => (proposals::Of::Rep(&who.id), HANDED_OVER),
        Role::Manager => (proposals::Of::Teams(&teams), HANDED_OVER),
        Role::Admin => (proposals::Of::Anybody, HANDED_OVER),
        Role::Service => (proposals::Of::Anybody, FOR_THE_CRM),
    };
    let found = proposals::list(reader, of, states, page.after, page.limit)?;
    let mut views = Vec::with_capacity(found.len());
    for proposal in &found {
        let actor = relation(reader, who, proposal)?;
        views.push(view(reader, proposal, actor)?);
    }
    Ok(views)
}

/// One handover.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: ProposalId) -> Result<HandoverView, Refused> {
    let (proposal, actor) = find(reader, who, id)?;
    view(reader, &proposal, actor)
}

/// Which step of a handover.
#[derive(Debug, Clone, Copy)]
pub struct WhichStep {
    /// The account, as the leg's position.
    pub leg: u32,
    /// What has to be done.
    pub kind: StepKind,
}

/// Settles a step: a party completes it, a manager waives it with a reason. The last one sends the change of owner out.
pub fn settle(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    which: WhichStep,
    action: StepAction,
    note: &str,
    if_match: Version,
) -> Result<HandoverView, Refused> {
    let (proposal, actor) = find(writer, who, id)?;
    let leg = proposal.legs.iter().find(|leg| leg.position == which.leg).ok_or(Refused::NotFound("step"))?;
    let step_actor = match actor {
        ProposalActor::Party if leg.from == who.id => StepActor::Giver,
        ProposalActor::Party if leg.to == who.id => StepActor::Receiver,
        ProposalActor::Manager => StepActor::Manager,
        _ => StepActor::Stranger,
    };
    if proposal.version != if_match {
        return Err(Refused::Stale);
    }
    if note.len() > MAX_NOTE_BYTES {
        return Err(Refused::invalid("/note", format!("{} bytes", note.len()), "at most 4000 bytes"));
    }
    if action == StepAction::Waive && note.trim().is_empty() {
        return Err(Refused::invalid("/note", "nothing", "the reason of the waiver"));
    }
    let steps = handovers::of(writer, id)?;
    let before =
        steps.iter().find(|step| step.leg == which.leg && step.kind == which.kind).ok_or(Refused::NotFound("step"))?;
    let state = handover::next_state(before.state, action, step_actor)?;
    if proposal.state != ProposalState::Approved {
        return Err(Refused::conflict("already_decided", "this handover is being prepared no more"));
    }
    let after = Step {
        state,
        done_by: Some(who.id.clone()),
        done_at: Some(writer.now()),
        note: note.to_owned(),
        version: fresh_version(),
        ..before.clone()
    };
    handovers::change(writer, before, &after)?;
    writer.record(Change {
        actor: who.clone(),
        action: action.as_str(),
        subject_kind: "handover_step",
        subject_id: format!("{id}/{}/{}", which.leg, which.kind),
        from_state: Some(before.state.as_str()),
        to_state: Some(after.state.as_str()),
    });
    let is_last = steps.iter().filter(|step| step.state == StepState::Open).count() == 1;
    let settled = if is_last { execute(writer, &proposal)? } else { touch(writer, &proposal, |_| {})? };
    view(writer, &settled, actor)
}

/// Sends the change of owner out, dated today.
fn execute(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<Proposal, Refused> {
    if !is_current(writer, proposal)? {
        return invalidate(writer, proposal);
    }
    let today = writer.now().date_naive();
    advance(writer, &system(), proposal, ProposalAction::Execute, ProposalActor::System, |proposal| {
        proposal.effective_on = Some(today);
    })
}

fn invalidate(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<Proposal, Refused> {
    advance(writer, &system(), proposal, ProposalAction::Invalidate, ProposalActor::System, |_| {})
}

/// Confirms that the CRM carried the change out: all accounts change hands in this one transaction, and the trial begins.
pub fn confirm(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<HandoverView, Refused> {
    let (proposal, actor) = find(writer, who, id)?;
    if proposal.version != if_match {
        return Err(Refused::Stale);
    }
    let today = writer.now().date_naive();
    let effective_on = proposal.effective_on.unwrap_or(today);
    let trial_ends_on = today + Days::new(settings.proposals.trial_days.into());
    if !is_current(writer, &proposal)? {
        // Only who may confirm may find out.
        proposal::next_state(proposal.state, ProposalAction::Confirm, actor)?;
        let invalidated = invalidate(writer, &proposal)?;
        return view(writer, &invalidated, actor);
    }
    let confirmed = advance(writer, who, &proposal, ProposalAction::Confirm, actor, |proposal| {
        proposal.trial_ends_on = Some(trial_ends_on);
    })?;
    for leg in &proposal.legs {
        roster::move_account(writer, &leg.account, leg.ownership, &leg.to, effective_on)?;
        let memory = format!("swap-{}-{}", proposal.id.0.simple(), leg.position);
        let memory = memory.parse().map_err(StoreError::from)?;
        roster::remember(writer, &memory, &leg.from, &leg.account, effective_on)?;
        writer.record(Change {
            actor: who.clone(),
            action: "transfer",
            subject_kind: "account",
            subject_id: leg.account.as_str().to_owned(),
            from_state: None,
            to_state: None,
        });
        if let Some(submission) = submissions::one(writer, leg.submission)?.filter(|one| one.state.is_live()) {
            advance_submission(writer, &system(), &submission, SubmissionAction::Swap, SubmissionActor::System)?;
        }
    }
    view(writer, &confirmed, actor)
}
