//! Submissions: a rep's statement that an account is a struggle, and its life.
//!
//! In go a state, an action and an actor; out comes the next state or the reason there is none.
//! Deliberately absent: what may happen to a book; only a decision changes a book.

use super::{
    closed::closed_list,
    ids::{AccountId, RepId, SubmissionId, Version},
    invalidation::Cause,
    units::Stars,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

closed_list! {
    /// Why an account is a struggle.
    Reason {
        /// Nobody's fault: the two do not get on.
        Chemistry = "chemistry",
        /// The rep puts visits off.
        PostponedVisits = "postponed_visits",
        /// The rep lets the telephone ring.
        UnansweredCalls = "unanswered_calls",
        /// Much effort, no progress.
        NoProgress = "no_progress",
        /// Too far or too awkward to reach.
        LongJourney = "long_journey",
        /// No common language.
        Language = "language",
        /// The rep does not know the industry.
        UnknownIndustry = "unknown_industry",
        /// Wants more than its value buys.
        UnreasonableDemands = "unreasonable_demands",
        /// Abusive.
        Abuse = "abuse",
        /// Asks for what is not right.
        UnethicalActs = "unethical_acts",
        /// Something else, said in the note.
        Other = "other",
    }
}

closed_list! {
    /// Where a submission stands.
    SubmissionState {
        /// Being written, or on another path of the ladder: in no pool.
        Draft = "draft",
        /// In the pool.
        Open = "open",
        /// In a live proposal.
        Reserved = "reserved",
        /// The account has moved.
        Swapped = "swapped",
        /// The rep and the account got on again.
        Resolved = "resolved",
        /// The company let the customer go.
        Parted = "parted",
        /// The rep took it back.
        Withdrawn = "withdrawn",
        /// Nobody acted in time.
        Expired = "expired",
        /// What it said is no longer so.
        Invalidated = "invalidated",
    }
}

impl SubmissionState {
    /// Whether it is live and in no proposal.
    pub const fn is_unbound(self) -> bool {
        matches!(self, Self::Draft | Self::Open)
    }

    /// Whether the submission still occupies its account.
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Draft | Self::Open | Self::Reserved)
    }
}

closed_list! {
    /// What can be asked of a submission.
    SubmissionAction {
        /// Put it in the pool.
        Submit = "submit",
        /// Bind it to a proposal.
        Reserve = "reserve",
        /// Free it from a proposal that was not concluded.
        Release = "release",
        /// Take it out of the pool while another path is tried.
        Pause = "pause",
        /// Record that the account moved.
        Swap = "swap",
        /// Record that reset or education worked.
        Resolve = "resolve",
        /// Let the customer go.
        Part = "part",
        /// Take it back.
        Withdraw = "withdraw",
        /// Let it lapse.
        Expire = "expire",
        /// Strike it because its facts changed.
        Invalidate = "invalidate",
    }
}

closed_list! {
    /// Who asks, in relation to the submission.
    SubmissionActor {
        /// The rep whose statement it is.
        Submitter = "submitter",
        /// The submitter's manager.
        Manager = "manager",
        /// Any other rep or manager.
        Stranger = "stranger",
        /// An administrator.
        Admin = "admin",
        /// The CRM's import, on behalf of the submitter.
        Service = "service",
        /// The program itself, carrying out a run or a decision.
        System = "system",
    }
}

closed_list! {
    /// Why a submission stays as it is.
    SubmissionRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// The submission has ended.
        AlreadyEnded = "already_ended",
        /// The action does not fit the present state.
        WrongState = "wrong_state",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(
    state: SubmissionState,
    action: SubmissionAction,
    actor: SubmissionActor,
) -> Result<SubmissionState, SubmissionRefusal> {
    use SubmissionAction as Do;
    use SubmissionActor as By;
    use SubmissionState as S;
    let entitled = match action {
        Do::Submit | Do::Pause => matches!(actor, By::Submitter | By::Service),
        Do::Withdraw | Do::Resolve => matches!(actor, By::Submitter),
        Do::Part => matches!(actor, By::Manager),
        Do::Reserve | Do::Release | Do::Swap | Do::Expire | Do::Invalidate => matches!(actor, By::System),
    };
    if !entitled {
        return Err(SubmissionRefusal::NotYours);
    }
    if !state.is_live() {
        return Err(SubmissionRefusal::AlreadyEnded);
    }
    match (state, action) {
        (S::Draft, Do::Submit) | (S::Reserved, Do::Release) => Ok(S::Open),
        (S::Open, Do::Pause) => Ok(S::Draft),
        (S::Open, Do::Reserve) => Ok(S::Reserved),
        (S::Reserved, Do::Swap) => Ok(S::Swapped),
        (S::Draft | S::Open, Do::Resolve) => Ok(S::Resolved),
        (S::Draft | S::Open, Do::Part) => Ok(S::Parted),
        (S::Draft | S::Open | S::Reserved, Do::Withdraw) => Ok(S::Withdrawn),
        (S::Draft | S::Open, Do::Expire) => Ok(S::Expired),
        (S::Draft | S::Open | S::Reserved, Do::Invalidate) => Ok(S::Invalidated),
        _ => Err(SubmissionRefusal::WrongState),
    }
}

/// A rep's statement that an account is a struggle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Submission {
    /// Its id.
    pub id: SubmissionId,
    /// The account.
    pub account: AccountId,
    /// The owner who says so.
    pub rep: RepId,
    /// How the two get on, in the rep's own words of stars. Seen by nobody else.
    pub stars: Stars,
    /// Why; at least one. Seen by the own manager unless sharing is off.
    pub reasons: BTreeSet<Reason>,
    /// Whether the own manager may see the reasons.
    pub reasons_shared: bool,
    /// The rep's own note. Seen by nobody else.
    pub note: String,
    /// Where it stands.
    pub state: SubmissionState,
    /// Why it was struck, where nobody here decided so.
    pub cause: Option<Cause>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// New at each change.
    pub version: Version,
}
