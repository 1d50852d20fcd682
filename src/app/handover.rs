//! The handover: from an approved proposal to the end of its trial, and back where that is undone.
//!
//! In goes who asks; out comes the handover as they may see it. What changes it stands in the rooms below: the checklist,
//! the change of owner there and back, the undo, and what two people settle where the CRM and we disagree.
//! Holds: nothing shows to a party, not even in the version, of what the other has asked; a manager's view says it.
//! Deliberately absent: sending to the CRM; `deliver` and the export do. What is said of an account afterwards is
//! `review`'s.

mod attention;
mod checklist;
mod crm;
mod transfer;
mod undo;

pub use attention::{NewSettlement, settle_attention};
pub use checklist::{SettleStep, settle};
pub use crm::{CrmLegView, CrmTaken, CrmView};
pub use transfer::{confirm, fail};
pub use undo::{NewUndoRequest, ask_undo, grant_undo, refuse_undo};

pub(super) use checklist::{lay_out, send_out_if_ready};
pub(super) use crm::{ask_again, hear, is_still_meant, stop_waiting};
pub(super) use undo::{lapse, send_back_if_ready};

use super::{
    Page, Reader, Refused,
    approval::Hierarchy,
    life::{relation, relation_in},
    me::managed,
    proposals::{FOR_THE_CRM, ServiceLeg},
};
use crate::{
    domain::{
        crm::CrmRequest,
        handover::{Doer, Phase, Step, StepKind, StepState},
        ids::{AccountId, ProposalId, RepId, Version},
        invalidation::Cause,
        principal::{Principal, Role},
        proposal::{Leg, Proposal, ProposalActor, ProposalState},
        undo::{Undo, UndoReason, UndoState},
    },
    store::{
        Of, crm as crm_requests, handovers, proposals,
        settlements::{self, Settlement},
        undos,
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The longest note of a step, an undo or a settlement, in bytes.
pub const MAX_NOTE_BYTES: usize = 4000;

/// One step, as both parties and their managers see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct StepView {
    /// Whether it belongs to the way there or to the way back.
    pub phase: Phase,
    /// Which account, as the leg's position.
    pub leg: u32,
    /// The account.
    pub account: AccountId,
    /// What has to be done.
    pub kind: StepKind,
    /// Who does it. On the way back the giver is who gives the account back.
    pub by: Doer,
    /// Whether who does it may leave it out.
    pub may_skip: bool,
    /// Whether it is done only with a note.
    pub needs_note: bool,
    /// Where it stands.
    pub state: StepState,
    /// Who settled it.
    pub done_by: Option<RepId>,
    /// When.
    pub done_at: Option<DateTime<Utc>>,
    /// What was said about it; to the parties and their managers.
    pub note: Option<String>,
}

/// What a party has asked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UndoRequestView {
    /// Who asks.
    pub rep: RepId,
    /// Why.
    pub reason: UndoReason,
    /// What the managers should know.
    pub note: String,
    /// When.
    pub asked_at: DateTime<Utc>,
}

/// How far an undo has come: to a party what they have asked themself, and what is decided.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UndoView {
    /// How far it has come.
    pub state: UndoState,
    /// The day the accounts go back, once that is known.
    pub effective_on: Option<NaiveDate>,
    /// To a manager all that was asked, to a party their own.
    pub requests: Vec<UndoRequestView>,
}

/// How somebody would settle a handover that needs attention.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SettlementView {
    /// Who.
    pub person: RepId,
    /// In what capacity.
    pub role: Role,
    /// Where it should go: `on_trial` with the new owners, or `undone` with the former ones.
    pub outcome: ProposalState,
    /// Why.
    pub note: String,
}

/// A handover.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct HandoverView {
    /// The proposal being handed over; also the handover's id.
    pub id: ProposalId,
    /// Where it stands.
    pub state: ProposalState,
    /// The changes of owner: the way back, once an undo is granted.
    pub legs: Vec<ServiceLeg>,
    /// The checklists, in the order of their templates.
    pub steps: Vec<StepView>,
    /// The day the accounts change hands.
    pub effective_on: Option<NaiveDate>,
    /// The last day on which a party may ask for an undo.
    pub trial_ends_on: Option<NaiveDate>,
    /// The undo; absent where there is none, or none that the reader may know of.
    pub undo: Option<UndoView>,
    /// Whether the CRM takes longer than it may.
    pub is_overdue: bool,
    /// Why it ended early or needs attention; to managers and admins.
    pub cause: Option<Cause>,
    /// What the CRM was asked last and has said of it; to managers, admins and services.
    pub crm: Option<CrmView>,
    /// How people would settle it; to managers and admins.
    pub settlements: Vec<SettlementView>,
    /// New whenever what the reader may see changes, a step included.
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

/// Finds a handover and who asks, in relation to it; hidden from strangers.
pub(super) fn find(
    reader: &mut Reader<'_>,
    who: &Principal,
    id: ProposalId,
) -> Result<(Proposal, ProposalActor), Refused> {
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

/// Finds a handover that is to be changed, and refuses who has not seen it as it is.
fn find_seen(
    reader: &mut Reader<'_>,
    who: &Principal,
    id: ProposalId,
    if_match: Version,
) -> Result<(Proposal, ProposalActor, Undo), Refused> {
    let (proposal, actor) = find(reader, who, id)?;
    let undo = undos::of(reader, id)?;
    let seen = version(&proposal, visible(&undo, who, actor).as_ref());
    if seen == if_match { Ok((proposal, actor, undo)) } else { Err(Refused::Stale) }
}

/// Whether somebody decides for a team, or for the whole, without gaining from it.
const fn decides(actor: ProposalActor) -> bool {
    matches!(actor, ProposalActor::Manager | ProposalActor::Beneficiary | ProposalActor::Admin)
}

/// What somebody may see of an undo. A party learns of another's request only when it is granted.
fn visible(undo: &Undo, who: &Principal, actor: ProposalActor) -> Option<UndoView> {
    let is_open_to_all = undo.state.is_under_way() || undo.state == UndoState::Done;
    let (is_known, requests): (bool, Vec<_>) = match actor {
        ProposalActor::Manager | ProposalActor::Beneficiary => {
            (undo.state != UndoState::NotAsked, undo.requests.iter().collect())
        }
        ProposalActor::Party => {
            let own: Vec<_> = undo.requests.iter().filter(|request| request.rep == who.id).collect();
            (is_open_to_all || !own.is_empty(), own)
        }
        ProposalActor::Admin | ProposalActor::Service => (is_open_to_all, Vec::new()),
        ProposalActor::Stranger | ProposalActor::System => (false, Vec::new()),
    };
    is_known.then(|| UndoView {
        state: undo.state,
        effective_on: undo.effective_on,
        requests: requests
            .into_iter()
            .map(|request| UndoRequestView {
                rep: request.rep.clone(),
                reason: request.reason,
                note: request.note.clone(),
                asked_at: request.asked_at,
            })
            .collect(),
    })
}

/// The proposal's version, and where the reader knows of an undo one made of both: what another has asked must not show.
fn version(proposal: &Proposal, undo: Option<&UndoView>) -> Version {
    let Some(undo) = undo else { return proposal.version };
    let said = serde_json::to_vec(undo).expect("views have string keys and finite numbers");
    let digest = Sha256::new().chain_update(proposal.version.0.as_bytes()).chain_update(said).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Version(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

/// Which way the accounts of a handover go now.
fn way(undo: &Undo) -> Phase {
    if undo.state.is_under_way() || undo.state == UndoState::Done { Phase::Undo } else { Phase::Handover }
}

/// Who gives an account on a way, and who receives it.
fn sides(leg: &Leg, way: Phase) -> (&RepId, &RepId) {
    match way {
        Phase::Handover => (&leg.from, &leg.to),
        Phase::Undo => (&leg.to, &leg.from),
    }
}

/// What the views of some handovers draw on, read at once for all of them.
struct Background {
    hierarchy: Hierarchy,
    steps: BTreeMap<ProposalId, Vec<Step>>,
    undos: BTreeMap<ProposalId, Undo>,
    said: BTreeMap<ProposalId, Vec<Settlement>>,
    asked: BTreeMap<ProposalId, CrmRequest>,
}

impl Background {
    fn of(reader: &mut Reader<'_>, proposals: &[Proposal]) -> Result<Self, Refused> {
        let ids: Vec<ProposalId> = proposals.iter().map(|proposal| proposal.id).collect();
        Ok(Self {
            hierarchy: Hierarchy::above_givers(reader, proposals)?,
            steps: handovers::of_all(reader, &ids)?,
            undos: undos::of_all(reader, &ids)?,
            said: settlements::of_all(reader, &ids)?,
            asked: crm_requests::newest_of_all(reader, &ids)?,
        })
    }

    fn view(&mut self, who: &Principal, proposal: &Proposal, actor: ProposalActor) -> HandoverView {
        let reads_notes = matches!(actor, ProposalActor::Party | ProposalActor::Manager | ProposalActor::Beneficiary);
        let steps = self.steps.remove(&proposal.id).unwrap_or_default().into_iter().filter_map(|step| {
            let leg = proposal.legs.iter().find(|leg| leg.position == step.leg)?;
            Some(StepView {
                phase: step.phase,
                leg: step.leg,
                account: leg.account.clone(),
                kind: step.rule.step,
                by: step.rule.by,
                may_skip: step.rule.may_skip,
                needs_note: step.rule.needs_note,
                state: step.state,
                done_by: step.done_by,
                done_at: step.done_at,
                note: reads_notes.then_some(step.note),
            })
        });
        let undo = self.undos.remove(&proposal.id).unwrap_or_else(|| undos::not_asked(proposal.id));
        let way = way(&undo);
        let legs = proposal.legs.iter().map(|leg| {
            let (from, to) = sides(leg, way);
            ServiceLeg { account: leg.account.clone(), from: from.clone(), to: to.clone() }
        });
        let said = self.said.remove(&proposal.id).filter(|_| decides(actor)).unwrap_or_default();
        let knows_crm = decides(actor) || actor == ProposalActor::Service;
        let undo = visible(&undo, who, actor);
        HandoverView {
            crm: self.asked.remove(&proposal.id).filter(|_| knows_crm).map(CrmView::from),
            id: proposal.id,
            state: proposal.state,
            legs: legs.collect(),
            steps: steps.collect(),
            effective_on: proposal.effective_on,
            trial_ends_on: proposal.trial_ends_on,
            version: version(proposal, undo.as_ref()),
            undo,
            is_overdue: proposal.alarmed_at.is_some(),
            cause: proposal.cause.filter(|_| decides(actor)),
            settlements: said
                .into_iter()
                .map(|one| SettlementView { person: one.person, role: one.role, outcome: one.outcome, note: one.note })
                .collect(),
        }
    }
}

fn view(
    reader: &mut Reader<'_>,
    who: &Principal,
    proposal: &Proposal,
    actor: ProposalActor,
) -> Result<HandoverView, Refused> {
    Ok(Background::of(reader, std::slice::from_ref(proposal))?.view(who, proposal, actor))
}

/// Handovers by id: one's own, the teams', or all; for the CRM those on their way through it.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<ProposalId>) -> Result<Vec<HandoverView>, Refused> {
    let teams = managed(reader, who)?;
    let (of, states) = match who.role {
        Role::Rep => (Of::Rep(&who.id), HANDED_OVER),
        Role::Manager => (Of::Teams(&teams), HANDED_OVER),
        Role::Admin => (Of::Anybody, HANDED_OVER),
        Role::Service => (Of::Anybody, FOR_THE_CRM),
    };
    let found = proposals::list(reader, of, states, page.after, page.limit)?;
    let mut background = Background::of(reader, &found)?;
    let mut views = Vec::with_capacity(found.len());
    for proposal in &found {
        let actor = relation_in(reader, &mut background.hierarchy, who, proposal)?;
        views.push(background.view(who, proposal, actor));
    }
    Ok(views)
}

/// One handover.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: ProposalId) -> Result<HandoverView, Refused> {
    let (proposal, actor) = find(reader, who, id)?;
    view(reader, who, &proposal, actor)
}

/// Refuses a note that is too long, or missing where it is the reason.
fn check_note(note: &str, is_needed: Option<&'static str>) -> Result<(), Refused> {
    if note.len() > MAX_NOTE_BYTES {
        return Err(Refused::invalid("/note", format!("{} bytes", note.len()), "at most 4000 bytes"));
    }
    match is_needed {
        Some(expected) if note.trim().is_empty() => Err(Refused::invalid("/note", "nothing", expected)),
        _ => Ok(()),
    }
}
