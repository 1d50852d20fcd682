//! Undo: how a trial is ended by sending all its accounts back together.
//!
//! In go a state, an action and an actor; out comes the next state or the reason there is none. The proposal stays on
//! trial until the accounts are back; this says how far the way back has come.
//! Holds: whether a party has asked shows in nothing the others may do. A party asks whether or not another has asked
//! before or was refused.
//! Deliberately absent: the steps of the way back (see `handover`) and the change of owner itself.

use super::{
    closed::closed_list,
    ids::{ProposalId, RepId, Version},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

closed_list! {
    /// How far an undo has come.
    UndoState {
        /// Nobody has asked.
        NotAsked = "not_asked",
        /// A party has asked; a manager has yet to decide.
        Asked = "asked",
        /// A manager said no, or nobody decided in time; the trial goes on.
        Refused = "refused",
        /// Granted; the way back is being prepared.
        Granted = "granted",
        /// The change back is out and not yet confirmed.
        Executing = "executing",
        /// All accounts are back.
        Done = "done",
    }
}

impl UndoState {
    /// Whether the accounts are on their way back, so that the trial cannot end otherwise.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Self::Granted | Self::Executing)
    }
}

closed_list! {
    /// What can be asked of an undo.
    UndoAction {
        /// Ask for it.
        Ask = "ask",
        /// Order it.
        Grant = "grant",
        /// Say no.
        Refuse = "refuse",
        /// Send the change back out.
        Execute = "execute",
        /// Record that all accounts are back.
        Finish = "finish",
        /// Give the way back up, because two people settled that the accounts stay.
        GiveUp = "give_up",
    }
}

closed_list! {
    /// Who asks, in relation to the trial.
    UndoActor {
        /// A rep who gave and got an account in it.
        Party = "party",
        /// A manager of one of its reps who gains nothing from it.
        Manager = "manager",
        /// Anybody else.
        Stranger = "stranger",
        /// The program itself, carrying out a decision or a policy.
        System = "system",
    }
}

closed_list! {
    /// Why an undo stays as it is.
    UndoRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// It is granted, and the accounts are on their way back or there.
        AlreadyGranted = "already_granted",
        /// There is nothing to decide.
        NothingAsked = "nothing_asked",
        /// It is not that far yet.
        TooEarly = "too_early",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(state: UndoState, action: UndoAction, actor: UndoActor) -> Result<UndoState, UndoRefusal> {
    use UndoAction as Do;
    use UndoActor as By;
    use UndoState as S;
    let entitled = match action {
        Do::Ask => matches!(actor, By::Party),
        Do::Grant | Do::Refuse => matches!(actor, By::Manager | By::System),
        Do::Execute | Do::Finish | Do::GiveUp => matches!(actor, By::System),
    };
    if !entitled {
        return Err(UndoRefusal::NotYours);
    }
    match (state, action) {
        (S::NotAsked | S::Asked | S::Refused, Do::Ask) => Ok(S::Asked),
        (S::NotAsked | S::Asked | S::Refused, Do::Grant) => Ok(S::Granted),
        (S::Asked, Do::Refuse) => Ok(S::Refused),
        (S::NotAsked | S::Refused, Do::Refuse) => Err(UndoRefusal::NothingAsked),
        (S::Granted, Do::Execute) => Ok(S::Executing),
        (S::Granted | S::Executing, Do::Finish) => Ok(S::Done),
        (S::Granted | S::Executing, Do::GiveUp) => Ok(S::Refused),
        (S::NotAsked | S::Asked | S::Refused, Do::Execute | Do::Finish | Do::GiveUp) => Err(UndoRefusal::TooEarly),
        (S::Granted | S::Executing, Do::Ask | Do::Grant | Do::Refuse) | (S::Executing, Do::Execute) | (S::Done, _) => {
            Err(UndoRefusal::AlreadyGranted)
        }
    }
}

closed_list! {
    /// Why a party asks.
    UndoReason {
        /// The customer wants the former rep back.
        CustomerAsked = "customer_asked",
        /// The two get on no better.
        NoBetter = "no_better",
        /// The account is not what the proposal said.
        FactsWereWrong = "facts_were_wrong",
        /// It takes more time than there is.
        Workload = "workload",
        /// Something else, said in the note.
        Other = "other",
    }
}

/// What one party asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoRequest {
    /// Who asks; at most once a trial.
    pub rep: RepId,
    /// Why.
    pub reason: UndoReason,
    /// What the managers should know.
    pub note: String,
    /// When.
    pub asked_at: DateTime<Utc>,
}

/// The undo of one trial.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    /// The proposal on trial.
    pub proposal: ProposalId,
    /// How far it has come.
    pub state: UndoState,
    /// Who granted or refused it last.
    pub decided_by: Option<RepId>,
    /// The day the accounts go back, once that is known.
    pub effective_on: Option<NaiveDate>,
    /// What the parties asked, by rep.
    pub requests: Vec<UndoRequest>,
    /// New at each change; nothing where nobody has asked.
    pub version: Version,
}
