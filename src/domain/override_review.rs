//! Reviews of overrides: somebody else looks at it afterwards and says what they think of it, once.
//!
//! In go where the override and its review stand and who asks; out comes where the review stands after it, or the reason
//! why it cannot be. Deliberately absent: any effect on the override.

use super::{
    closed::closed_list,
    ids::{OverrideId, RepId},
    overrides::OverrideState,
};
use chrono::{DateTime, Utc};

closed_list! {
    /// Whether an override has been reviewed.
    ReviewState {
        /// Nobody has yet.
        Due = "due",
        /// Somebody has.
        Reviewed = "reviewed",
    }
}

closed_list! {
    /// What the reviewer thinks of it.
    ReviewOutcome {
        /// It was right.
        Justified = "justified",
        /// The ordinary course would have done.
        Avoidable = "avoidable",
        /// It should not have been ordered.
        Wrong = "wrong",
    }
}

closed_list! {
    /// Who asks, in relation to the override.
    Reviewer {
        /// The manager who ordered it.
        Author = "author",
        /// The manager who agreed to it or disagreed.
        Second = "second",
        /// A manager who gains from it.
        Beneficiary = "beneficiary",
        /// Another manager who may see it.
        OtherManager = "other_manager",
        /// An administrator.
        Admin = "admin",
        /// Anybody else.
        Stranger = "stranger",
    }
}

closed_list! {
    /// Why an override is not reviewed.
    ReviewRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// Nobody reviews what they decided themself.
        SamePerson = "same_person",
        /// Nobody reviews what they gain from.
        OwnBenefit = "own_benefit",
        /// It awaits its second manager still.
        TooEarly = "too_early",
        /// It was reviewed before.
        AlreadyReviewed = "already_reviewed",
    }
}

/// Where the review of an override stands after `reviewer` gave one, or why they cannot. Total.
pub const fn next_state(
    of: OverrideState,
    state: ReviewState,
    reviewer: Reviewer,
) -> Result<ReviewState, ReviewRefusal> {
    match reviewer {
        Reviewer::Author | Reviewer::Second => return Err(ReviewRefusal::SamePerson),
        Reviewer::Beneficiary => return Err(ReviewRefusal::OwnBenefit),
        Reviewer::Stranger => return Err(ReviewRefusal::NotYours),
        Reviewer::OtherManager | Reviewer::Admin => {}
    }
    match (of, state) {
        (OverrideState::AwaitingSecond, _) => Err(ReviewRefusal::TooEarly),
        (OverrideState::Effective | OverrideState::Refused, ReviewState::Due) => Ok(ReviewState::Reviewed),
        (OverrideState::Effective | OverrideState::Refused, ReviewState::Reviewed) => {
            Err(ReviewRefusal::AlreadyReviewed)
        }
    }
}

/// What somebody else thinks of an override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideReview {
    /// The override.
    pub of: OverrideId,
    /// Who reviewed it.
    pub reviewer: RepId,
    /// What they think.
    pub outcome: ReviewOutcome,
    /// Why, in words; may be empty.
    pub note: String,
    /// When.
    pub at: DateTime<Utc>,
}
