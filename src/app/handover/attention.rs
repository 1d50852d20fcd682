//! What needs attention: the CRM and we disagree, and two people say where the accounts are.
//!
//! In goes how one of them would settle it; out comes the handover as it now stands. Two different people, one of them a
//! manager of a party, have to say the same; then all accounts are with their new owners and the trial goes on, or all are
//! back with their former ones. Nobody says it of what they gain from. Deliberately absent: making the CRM agree.

use super::{HandoverView, check_note, find_seen, transfer, undo, view};
use crate::{
    app::{
        Refused, Writer,
        life::{advance, release},
    },
    domain::{
        ids::{ProposalId, Version},
        principal::{Principal, Role},
        proposal::{self, Proposal, ProposalAction, ProposalActor, ProposalState},
        undo::Undo,
    },
    settings::Settings,
    store::{roster, settlements},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How somebody would settle it, as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSettlement {
    /// `on_trial`: all accounts are with their new owners. `undone`: all are with their former ones.
    pub outcome: ProposalState,
    /// What was found; not empty.
    #[schema(min_length = 1, max_length = 4000)]
    pub note: String,
}

/// Says how a handover that needs attention is to be settled; the second who says the same settles it.
pub fn settle_attention(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    new: &NewSettlement,
    if_match: Version,
) -> Result<HandoverView, Refused> {
    let (proposal, actor, undo) = find_seen(writer, who, id, if_match)?;
    proposal::next_state(proposal.state, ProposalAction::Settle, actor)?;
    if !matches!(new.outcome, ProposalState::OnTrial | ProposalState::Undone) {
        return Err(Refused::invalid("/outcome", new.outcome.as_str(), "on_trial or undone"));
    }
    check_note(&new.note, Some("what was found"))?;
    settlements::say(writer, id, who, new.outcome, &new.note)?;
    let said = settlements::of(writer, id)?;
    let agree = || said.iter().filter(|one| one.outcome == new.outcome);
    let settled = if agree().count() < 2 || !agree().any(|one| one.role == Role::Manager) {
        advance(writer, who, &proposal, ProposalAction::Settle, actor, |_| {})?
    } else {
        settlements::clear(writer, id)?;
        match new.outcome {
            ProposalState::OnTrial => stay(writer, settings, who, &proposal, actor, &undo)?,
            _ => go_back(writer, settings, who, &proposal, actor, &undo)?,
        }
    };
    view(writer, who, &settled, actor)
}

/// All accounts are with their new owners: the trial begins, or goes on.
fn stay(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    actor: ProposalActor,
    undo: &Undo,
) -> Result<Proposal, Refused> {
    let was_on_trial = proposal.trial_ends_on.is_some();
    for leg in &proposal.legs {
        let owner = roster::account(writer, &leg.account)?.map(|held| held.account.owner);
        let is_right = owner.as_ref() == Some(&leg.to) || (!was_on_trial && owner.as_ref() == Some(&leg.from));
        if !is_right {
            let detail = format!("account {} is with neither of its two owners", leg.account);
            return Err(Refused::conflict("account_elsewhere", detail));
        }
    }
    if !was_on_trial {
        return transfer::begin_trial(writer, settings, who, proposal, (ProposalAction::Confirm, actor));
    }
    if undo.state.is_under_way() {
        undo::give_up(writer, undo)?;
    }
    advance(writer, who, proposal, ProposalAction::Confirm, actor, |proposal| {
        (proposal.cause, proposal.sent_at, proposal.alarmed_at) = (None, None, None);
    })
}

/// All accounts are with their former owners.
fn go_back(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    actor: ProposalActor,
    undo: &Undo,
) -> Result<Proposal, Refused> {
    let ended = transfer::end_trial(writer, settings, who, proposal, actor, undo)?;
    if proposal.trial_ends_on.is_none() {
        put_back(writer, &ended)?;
    }
    Ok(ended)
}

/// Sees to it that all accounts of a proposal that ended before its trial are with those who had them, and free again.
pub(super) fn put_back(writer: &mut Writer<'_>, ended: &Proposal) -> Result<(), Refused> {
    for leg in &ended.legs {
        let held = roster::account(writer, &leg.account)?;
        // An import may have believed a CRM that had carried out one half.
        if let Some(half) = held.filter(|held| held.account.owner == leg.to) {
            let day = half.last_moved_on.or(ended.effective_on).unwrap_or_else(|| writer.now().date_naive());
            roster::move_account(writer, &leg.account, half.ownership, &leg.from, day)?;
        }
    }
    release(writer, ended)
}
