//! Direct swaps: a rep asks a chosen colleague whether the two might swap.
//!
//! In go a state, an action and an actor; out comes the next state or the reason there is none. The colleague who declines
//! to look learns nothing. Of one who looks, the next batch finds the best swap, and both learn of it then. Otherwise the
//! rep who asked learns, by [`sent_status`], one and the same thing whether the colleague declined, did not answer, or
//! looked in vain: that it was not concluded, at the first batch boundary after the time to answer, so that not even the
//! moment tells. Nor does the colleague learn that a question was taken back: it ends as if nothing had been found.
//! Deliberately absent: which swap there is, which is the engine's to find, and the proposal's life, which is ordinary.

use super::{
    closed::closed_list,
    ids::{DirectSwapId, ProposalId, RepId, SubmissionId, Version},
};
use chrono::{DateTime, NaiveDate, Utc};

closed_list! {
    /// Where a direct swap stands.
    DirectSwapState {
        /// The colleague has not answered.
        Asked = "asked",
        /// The colleague looks; the next batch finds the swap, if there is one.
        Looked = "looked",
        /// The colleague looked, and there is a proposal.
        Found = "found",
        /// The colleague looked, and no swap keeps every rule.
        NothingFound = "nothing_found",
        /// The colleague declined to look.
        Declined = "declined",
        /// The colleague did not answer in time.
        Expired = "expired",
    }
}

closed_list! {
    /// What can be asked of a direct swap.
    DirectSwapAction {
        /// Agree to look.
        Look = "look",
        /// Decline to look.
        Decline = "decline",
        /// Take the question back.
        Withdraw = "withdraw",
        /// Find a swap.
        Find = "find",
        /// Find none.
        FindNothing = "find_nothing",
        /// Let it lapse.
        Expire = "expire",
    }
}

closed_list! {
    /// Who asks, in relation to the direct swap.
    DirectSwapActor {
        /// The rep who asked.
        Asker = "asker",
        /// The rep who was asked.
        Colleague = "colleague",
        /// Anybody else.
        Stranger = "stranger",
        /// The program itself.
        System = "system",
    }
}

closed_list! {
    /// Why a direct swap stays as it is.
    DirectSwapRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// It was answered before.
        AlreadyAnswered = "already_answered",
        /// It is over.
        AlreadyEnded = "already_ended",
        /// The colleague has not looked.
        TooEarly = "too_early",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
///
/// Taking a question back keeps the state, which is what the colleague said: whether they said anything must not decide
/// whether it can be taken back.
pub const fn next_state(
    state: DirectSwapState,
    action: DirectSwapAction,
    actor: DirectSwapActor,
) -> Result<DirectSwapState, DirectSwapRefusal> {
    use DirectSwapAction as Do;
    use DirectSwapActor as By;
    use DirectSwapState as S;
    let entitled = match action {
        Do::Look | Do::Decline => matches!(actor, By::Colleague),
        Do::Withdraw => matches!(actor, By::Asker),
        Do::Find | Do::FindNothing | Do::Expire => matches!(actor, By::System),
    };
    if !entitled {
        return Err(DirectSwapRefusal::NotYours);
    }
    match (state, action) {
        (S::Asked | S::Looked | S::NothingFound | S::Declined, Do::Withdraw) => Ok(state),
        (S::Asked, Do::Look) => Ok(S::Looked),
        (S::Asked, Do::Decline) => Ok(S::Declined),
        (S::Asked, Do::Expire) => Ok(S::Expired),
        (S::Asked, Do::Find | Do::FindNothing) => Err(DirectSwapRefusal::TooEarly),
        (S::Looked, Do::Find) => Ok(S::Found),
        (S::Looked, Do::FindNothing) => Ok(S::NothingFound),
        (S::Looked | S::Found | S::NothingFound | S::Declined, Do::Look | Do::Decline) => {
            Err(DirectSwapRefusal::AlreadyAnswered)
        }
        (S::Looked, Do::Expire) => Err(DirectSwapRefusal::AlreadyAnswered),
        (S::Found | S::NothingFound | S::Declined | S::Expired, _) => Err(DirectSwapRefusal::AlreadyEnded),
    }
}

closed_list! {
    /// All that the rep who asked learns of a direct swap.
    SentStatus {
        /// On its way; the rest is not for you to know yet.
        Sent = "sent",
        /// There is a proposal.
        Found = "found",
        /// You took it back.
        Withdrawn = "withdrawn",
        /// It came to nothing.
        NotConcluded = "not_concluded",
    }
}

/// What the rep who asked sees: until `revealed` nothing but a swap that was found, and that they took it back.
pub const fn sent_status(state: DirectSwapState, withdrawn: bool, revealed: bool) -> SentStatus {
    match state {
        DirectSwapState::Found => SentStatus::Found,
        _ if withdrawn => SentStatus::Withdrawn,
        _ if revealed => SentStatus::NotConcluded,
        _ => SentStatus::Sent,
    }
}

closed_list! {
    /// What the rep who was asked sees of a direct swap.
    ReceivedStatus {
        /// Waiting for your answer.
        Asked = "asked",
        /// You looked; the rest is not for you to know yet.
        Looked = "looked",
        /// There is a proposal.
        Found = "found",
        /// You declined to look.
        Declined = "declined",
        /// It came to nothing.
        NotConcluded = "not_concluded",
    }
}

/// What the rep who was asked sees: that nothing was found not before it is `revealed`.
pub const fn received_status(state: DirectSwapState, revealed: bool) -> ReceivedStatus {
    match state {
        DirectSwapState::Asked => ReceivedStatus::Asked,
        DirectSwapState::Found => ReceivedStatus::Found,
        DirectSwapState::Looked => ReceivedStatus::Looked,
        DirectSwapState::NothingFound if !revealed => ReceivedStatus::Looked,
        DirectSwapState::Declined => ReceivedStatus::Declined,
        DirectSwapState::NothingFound | DirectSwapState::Expired => ReceivedStatus::NotConcluded,
    }
}

/// A rep's question to a colleague.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectSwap {
    /// Its id.
    pub id: DirectSwapId,
    /// Who asks.
    pub asker: RepId,
    /// What they would give.
    pub submission: SubmissionId,
    /// Who is asked.
    pub colleague: RepId,
    /// Where it stands.
    pub state: DirectSwapState,
    /// The first day of the month it counts in.
    pub month: NaiveDate,
    /// Which of the asker's questions of that month it is, from 1.
    pub turn: u32,
    /// When it was asked.
    pub asked_at: DateTime<Utc>,
    /// The last moment to answer.
    pub answer_by: DateTime<Utc>,
    /// When its asker took it back.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// When its end became visible to the asker.
    pub revealed_at: Option<DateTime<Utc>>,
    /// The proposal it became.
    pub proposal: Option<ProposalId>,
    /// New whenever what the asker sees changes.
    pub asker_version: Version,
    /// New whenever what the colleague sees changes.
    pub colleague_version: Version,
}

impl DirectSwap {
    /// All that the rep who asked learns of it.
    pub const fn sent(&self) -> SentStatus {
        sent_status(self.state, self.withdrawn_at.is_some(), self.revealed_at.is_some())
    }

    /// All that the rep who was asked learns of it.
    pub const fn received(&self) -> ReceivedStatus {
        received_status(self.state, self.revealed_at.is_some())
    }
}
