//! Check-ins and reviews: how it goes with the new owner.
//!
//! In go facts and an opinion in stars; out come values that keep their rules. Each is due on a day that was fixed when the
//! accounts changed hands, is made once, and late if need be.
//! Holds: a review keeps no more visits than were planned.
//! Deliberately absent: who may read them; stars are for the engine and for sums over five people or more.

use super::{
    Wrong,
    ids::{AccountId, ProposalId, RepId},
    units::{Cents, Stars},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

/// What a rep says while the trial runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impression {
    /// How the rep and the account received get on.
    pub stars: Stars,
    /// For the rep's own eyes.
    pub note: String,
}

/// What is said of an account some time after it changed hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SaidOutcome")]
pub struct Outcome {
    /// How the new owner and the account get on.
    pub stars: Stars,
    /// Business since the change of owner.
    pub revenue_cents: Cents,
    /// Visits that were planned since.
    pub visits_planned: u32,
    /// Visits that took place; no more than were planned.
    pub visits_kept: u32,
    /// Whether the customer has complained.
    pub complaint: bool,
}

/// An outcome as somebody says it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidOutcome {
    stars: Stars,
    revenue_cents: Cents,
    visits_planned: u32,
    visits_kept: u32,
    complaint: bool,
}

impl TryFrom<SaidOutcome> for Outcome {
    type Error = Wrong;
    fn try_from(said: SaidOutcome) -> Result<Self, Wrong> {
        let SaidOutcome { stars, revenue_cents, visits_planned, visits_kept, complaint } = said;
        Self { stars, revenue_cents, visits_planned, visits_kept, complaint }.sound()
    }
}

impl Outcome {
    /// The most visits a review may speak of: more than anybody makes.
    pub const MOST_VISITS: u32 = 10_000;
    /// The most business a review may speak of, in cents.
    pub const MOST_CENTS: Cents = Cents(1_000_000_000_000_000);

    /// The same, if its numbers can be.
    pub fn sound(self) -> Result<Self, Wrong> {
        if !(Cents::ZERO..=Self::MOST_CENTS).contains(&self.revenue_cents) {
            let expected = format!("cents from 0 to {}", Self::MOST_CENTS);
            return Err(Wrong::new(self.revenue_cents.to_string(), expected));
        }
        if self.visits_planned > Self::MOST_VISITS {
            return Err(Wrong::new(self.visits_planned.to_string(), "at most 10000 visits planned"));
        }
        if self.visits_kept > self.visits_planned {
            let expected = format!("at most the {} visits planned", self.visits_planned);
            return Err(Wrong::new(format!("{} visits kept", self.visits_kept), expected));
        }
        Ok(self)
    }
}

/// A check-in: due, and perhaps made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckIn {
    /// The proposal on trial.
    pub proposal: ProposalId,
    /// Who is asked.
    pub rep: RepId,
    /// The account they received.
    pub account: AccountId,
    /// Days from the change of owner.
    pub days: u32,
    /// From which day on it can be made.
    pub due_on: NaiveDate,
    /// What was said, and when.
    pub made: Option<(Impression, DateTime<Utc>)>,
}

/// A review: due, and perhaps made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// The proposal.
    pub proposal: ProposalId,
    /// Which account, as the leg's position.
    pub leg: u32,
    /// Its new owner, who is asked.
    pub rep: RepId,
    /// The account.
    pub account: AccountId,
    /// Days from the change of owner.
    pub days: u32,
    /// From which day on it can be made.
    pub due_on: NaiveDate,
    /// What was said, and when.
    pub made: Option<(Outcome, DateTime<Utc>)>,
}
