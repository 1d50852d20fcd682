//! Handovers: the checklist between approval and the change of owner.
//!
//! In go a step's state, an action and an actor; out comes the next state or the reason there is none. Where the whole
//! handover stands is the proposal's state; it is not kept twice.
//! Deliberately absent: the change of owner itself, which is one transaction of the `app`.

use super::{
    closed::closed_list,
    ids::{ProposalId, RepId, Version},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

closed_list! {
    /// What has to be done for one account before it changes hands.
    StepKind {
        /// Tell the customer clearly. Cannot be skipped, only waived by the manager.
        TellCustomer = "tell_customer",
        /// Call on the customer together.
        JointCall = "joint_call",
        /// List open deals and agree who closes them.
        OpenDeals = "open_deals",
        /// Write down what works with this customer.
        Notes = "notes",
    }
}

closed_list! {
    /// Where a step stands.
    StepState {
        /// To do.
        Open = "open",
        /// Done.
        Done = "done",
        /// Waived by a manager, with a reason.
        Waived = "waived",
    }
}

closed_list! {
    /// What can be asked of a step.
    StepAction {
        /// Say that it is done.
        Complete = "complete",
        /// Let it go, with a reason.
        Waive = "waive",
    }
}

closed_list! {
    /// Who asks, in relation to the step's account.
    StepActor {
        /// Who gives the account.
        Giver = "giver",
        /// Who receives it.
        Receiver = "receiver",
        /// A manager of one of the two who gains nothing from it.
        Manager = "manager",
        /// Anybody else.
        Stranger = "stranger",
    }
}

closed_list! {
    /// Why a step stays as it is.
    StepRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// It is done or waived.
        AlreadyDone = "already_done",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(state: StepState, action: StepAction, actor: StepActor) -> Result<StepState, StepRefusal> {
    let next = match (action, actor) {
        (StepAction::Complete, StepActor::Giver | StepActor::Receiver) => StepState::Done,
        (StepAction::Waive, StepActor::Manager) => StepState::Waived,
        _ => return Err(StepRefusal::NotYours),
    };
    match state {
        StepState::Open => Ok(next),
        StepState::Done | StepState::Waived => Err(StepRefusal::AlreadyDone),
    }
}

/// One step of a handover's checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The proposal being handed over.
    pub proposal: ProposalId,
    /// Which account, as the leg's position.
    pub leg: u32,
    /// What has to be done.
    pub kind: StepKind,
    /// Where it stands.
    pub state: StepState,
    /// Who completed or waived it.
    pub done_by: Option<RepId>,
    /// When.
    pub done_at: Option<DateTime<Utc>>,
    /// What was said about it: the reason of a waiver, or the notes that travel with the account.
    pub note: String,
    /// New at each change.
    pub version: Version,
}
