//! Overrides: a manager's decision, always with a reason.
//!
//! In go a state, an action and an actor; out comes the next state or the reason there is none.
//! Deliberately absent: the effects, which go through the proposal's own state machine.

use super::{
    closed::closed_list,
    ids::{AccountId, OverrideId, ProposalId, RepId, Version},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

closed_list! {
    /// What a manager may decide beyond the ordinary course.
    OverrideKind {
        /// Approve a proposal.
        Approve = "approve",
        /// Stop a proposal.
        Veto = "veto",
        /// Accept in place of a rep who is on leave.
        AcceptForAbsent = "accept_for_absent",
        /// Make a move of two submitted accounts without waiting for a run or for accepts.
        Force = "force",
        /// Forbid that an account ever goes to a rep.
        Forbid = "forbid",
        /// Keep an account where it is.
        Freeze = "freeze",
        /// Let a frozen account move again.
        Release = "release",
        /// Give a proposal's reps more time.
        Extend = "extend",
    }
}

closed_list! {
    /// Why.
    ReasonCode {
        /// A rep is away.
        Absence = "absence",
        /// The customer asked for it.
        CustomerRequest = "customer_request",
        /// Somebody's safety or wellbeing.
        Safety = "safety",
        /// Somebody's interests conflict.
        ConflictOfInterest = "conflict_of_interest",
        /// Somebody has too much or too little to do.
        Workload = "workload",
        /// The data were wrong.
        DataError = "data_error",
        /// The business needs it, as the note says.
        BusinessNeed = "business_need",
    }
}

closed_list! {
    /// Where an override stands.
    OverrideState {
        /// A second manager must agree.
        AwaitingSecond = "awaiting_second",
        /// In force.
        Effective = "effective",
        /// The second manager did not agree.
        Refused = "refused",
    }
}

closed_list! {
    /// What can be asked of an override.
    OverrideAction {
        /// Agree as the second manager.
        Second = "second",
        /// Disagree as the second manager.
        Refuse = "refuse",
    }
}

closed_list! {
    /// Who asks, in relation to the override.
    OverrideActor {
        /// The manager who ordered it.
        Author = "author",
        /// Another manager who gains nothing from it.
        OtherManager = "other_manager",
        /// A manager who gains from it.
        Beneficiary = "beneficiary",
        /// Anybody else.
        Stranger = "stranger",
    }
}

closed_list! {
    /// Why an override stays as it is.
    OverrideRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// The second manager must be another person.
        SamePerson = "same_person",
        /// Nobody decides over what they gain from.
        OwnBenefit = "own_benefit",
        /// It was settled before.
        AlreadySettled = "already_settled",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(
    state: OverrideState,
    action: OverrideAction,
    actor: OverrideActor,
) -> Result<OverrideState, OverrideRefusal> {
    match actor {
        OverrideActor::Author => return Err(OverrideRefusal::SamePerson),
        OverrideActor::Beneficiary => return Err(OverrideRefusal::OwnBenefit),
        OverrideActor::Stranger => return Err(OverrideRefusal::NotYours),
        OverrideActor::OtherManager => {}
    }
    match (state, action) {
        (OverrideState::AwaitingSecond, OverrideAction::Second) => Ok(OverrideState::Effective),
        (OverrideState::AwaitingSecond, OverrideAction::Refuse) => Ok(OverrideState::Refused),
        (OverrideState::Effective | OverrideState::Refused, _) => Err(OverrideRefusal::AlreadySettled),
    }
}

/// A manager's decision, with its reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Its id.
    pub id: OverrideId,
    /// What was decided.
    pub kind: OverrideKind,
    /// The proposal it is about; for a forced move, the one it made.
    pub proposal: Option<ProposalId>,
    /// The accounts it is about.
    pub accounts: Vec<AccountId>,
    /// The rep it is about: the absent one, or the one an account may not go to.
    pub rep: Option<RepId>,
    /// Why, by code.
    pub reason: ReasonCode,
    /// Why, in words; not empty.
    pub note: String,
    /// Who ordered it.
    pub author: RepId,
    /// Who agreed or disagreed as the second manager.
    pub second: Option<RepId>,
    /// Where it stands.
    pub state: OverrideState,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// New at each change.
    pub version: Version,
}
