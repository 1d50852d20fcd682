//! Meetings: a plan for one team that its manager shapes before it is published.
//!
//! In go a state, an action and an actor; out comes the next state or the reason there is none. What the manager wishes
//! for stands in [`Wish`]es, in the order they were made; the last one can be taken back.
//! Deliberately absent: planning, which is the engine's, and what the manager may see.

use super::{
    closed::closed_list,
    ids::{AccountId, MeetingId, ProposalId, RepId, TeamId, Version},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

closed_list! {
    /// Where a meeting stands.
    MeetingState {
        /// The plan can be changed.
        Open = "open",
        /// Its moves have been proposed.
        Published = "published",
        /// It ended without proposals.
        Closed = "closed",
    }
}

closed_list! {
    /// What can be asked of a meeting.
    MeetingAction {
        /// Pin, strike out or take back.
        Change = "change",
        /// Propose the moves.
        Publish = "publish",
        /// End it without proposals.
        Close = "close",
    }
}

closed_list! {
    /// Who asks, in relation to the meeting.
    MeetingActor {
        /// The manager of its team.
        Manager = "manager",
        /// Anybody else.
        Stranger = "stranger",
    }
}

closed_list! {
    /// Why a meeting stays as it is.
    MeetingRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// It has ended.
        AlreadyEnded = "already_ended",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(
    state: MeetingState,
    action: MeetingAction,
    actor: MeetingActor,
) -> Result<MeetingState, MeetingRefusal> {
    match (actor, state, action) {
        (MeetingActor::Stranger, _, _) => Err(MeetingRefusal::NotYours),
        (_, MeetingState::Published | MeetingState::Closed, _) => Err(MeetingRefusal::AlreadyEnded),
        (_, MeetingState::Open, MeetingAction::Change) => Ok(MeetingState::Open),
        (_, MeetingState::Open, MeetingAction::Publish) => Ok(MeetingState::Published),
        (_, MeetingState::Open, MeetingAction::Close) => Ok(MeetingState::Closed),
    }
}

/// What a manager wants of the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Wish {
    /// Two accounts are to be swapped.
    Pin {
        /// Which; of two reps.
        accounts: [AccountId; 2],
    },
    /// An account stays where it is.
    StrikeAccount {
        /// Which.
        account: AccountId,
    },
    /// An account does not go to a rep.
    StrikeCandidate {
        /// Which.
        account: AccountId,
        /// To whom.
        rep: RepId,
    },
}

impl Wish {
    /// What it is called on record.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pin { .. } => "pin",
            Self::StrikeAccount { .. } => "strike_account",
            Self::StrikeCandidate { .. } => "strike_candidate",
        }
    }
}

/// A meeting, without its large parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Its id.
    pub id: MeetingId,
    /// Whom it is for.
    pub team: TeamId,
    /// Who began it.
    pub started_by: RepId,
    /// Where it stands.
    pub state: MeetingState,
    /// The business date of its market.
    pub business_date: NaiveDate,
    /// When it began; the market is of that moment.
    pub started_at: DateTime<Utc>,
    /// When it was published or closed.
    pub ended_at: Option<DateTime<Utc>>,
    /// What the manager wants, in the order it was said.
    pub wishes: Vec<Wish>,
    /// The proposals it made.
    pub proposals: Vec<ProposalId>,
    /// New at each change.
    pub version: Version,
}
