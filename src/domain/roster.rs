//! Who and what there is: reps, teams, accounts, and what has been between them.
//!
//! In come the CRM's facts; out come values the rest of the program need not doubt. All traits are *declared*, by the
//! rep of themself or by the owner of the account; none is inferred from text and none is a protected characteristic.
//! Deliberately absent: opinions of the day (see `submission`) and scores (see the engine).

use super::{
    Wrong,
    abuse::{OptIn, Severity},
    closed::closed_list,
    ids::{AccountId, HistoryId, RepId, TeamId},
    units::{Cents, Minutes, Place, Stars},
};
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, fmt, str::FromStr};

closed_list! {
    /// How a rep works, and how an account likes to be worked with; declared, never inferred.
    Style {
        /// Short, to the point, decides fast.
        Direct = "direct",
        /// Figures first, every question answered.
        Analytical = "analytical",
        /// The relationship first, business after.
        Relational = "relational",
        /// Ideas and enthusiasm.
        Expressive = "expressive",
    }
}

closed_list! {
    /// What makes an account hard, and what a rep may opt in to cope with.
    Trait {
        /// Haggles over every offer.
        Haggles = "haggles",
        /// Pays late.
        SlowPayer = "slow_payer",
        /// Wants more attention than its value buys.
        Demanding = "demanding",
        /// Distrusts figures, people and promises.
        Sceptical = "sceptical",
        /// Shouts, swears or belittles, on record. Goes only to reps who opted in to this class of abuse or a harsher one.
        Harsh = "harsh",
        /// Insults or harasses people, on record. Goes only to reps who opted in to this class or a harsher one.
        Abusive = "abusive",
        /// Threatens people or has become violent, on record. Goes only to reps who opted in to this class.
        Threatening = "threatening",
    }
}

impl Trait {
    /// The class of abuse this is, where it is one.
    pub const fn severity(self) -> Option<Severity> {
        match self {
            Self::Haggles | Self::SlowPayer | Self::Demanding | Self::Sceptical => None,
            Self::Harsh => Some(Severity::Harsh),
            Self::Abusive => Some(Severity::Abusive),
            Self::Threatening => Some(Severity::Threatening),
        }
    }
}

impl Severity {
    /// The trait of an account of this class, and what a rep opts in to who takes it.
    pub const fn hard_trait(self) -> Trait {
        match self {
            Self::Harsh => Trait::Harsh,
            Self::Abusive => Trait::Abusive,
            Self::Threatening => Trait::Threatening,
        }
    }
}

closed_list! {
    /// Whether an account is still ours to serve.
    AccountStatus {
        /// A customer.
        Active = "active",
        /// A customer no more.
        Closed = "closed",
        /// Sold to another company.
        Sold = "sold",
        /// Part of another account now.
        Merged = "merged",
    }
}

/// A word for matching: a region, a language, an industry, a licence. Lower case, 1 to 64 bytes, no separators.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Tag(String);

impl Tag {
    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Tag {
    type Err = Wrong;
    fn from_str(text: &str) -> Result<Self, Wrong> {
        let word = text.trim().to_lowercase();
        let sound = !word.is_empty() && word.len() <= 64 && !word.contains(|c: char| c == ';' || c.is_control());
        if sound {
            Ok(Self(word))
        } else {
            Err(Wrong::new(text, "a word of 1 to 64 bytes without semicolons or control characters"))
        }
    }
}

impl TryFrom<String> for Tag {
    type Error = Wrong;
    fn try_from(text: String) -> Result<Self, Wrong> {
        text.parse()
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A team and the one who manages it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// The team.
    pub id: TeamId,
    /// Its one manager, who may or may not be a rep as well.
    pub manager: RepId,
}

/// Days away, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leave {
    /// The first day away.
    pub from: NaiveDate,
    /// The last day away; not before `from`.
    pub until: NaiveDate,
}

/// A sales rep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rep {
    /// The CRM's id.
    pub id: RepId,
    /// What colleagues call them.
    pub name: String,
    /// The team, which knows the manager.
    pub team: TeamId,
    /// Where journeys start and end.
    pub base: Place,
    /// Whether the base is only known to be somewhere around there.
    #[serde(default)]
    pub base_is_approximate: bool,
    /// Regions and drawn territories that are theirs; empty means anywhere.
    pub territory: BTreeSet<Tag>,
    /// ISO 3166-1 alpha-2, lower case.
    pub country: Tag,
    /// IANA zone of the base, where known.
    pub time_zone: Option<Tz>,
    /// Languages spoken with customers.
    pub languages: BTreeSet<Tag>,
    /// Industries known.
    pub industries: BTreeSet<Tag>,
    /// Licences held.
    pub licences: BTreeSet<Tag>,
    /// Declared way of working.
    pub style: Option<Style>,
    /// Traits of accounts the rep has opted in to.
    pub tolerances: BTreeSet<Trait>,
    /// The longest one-way drive they accept; the policy's where absent.
    pub max_one_way_minutes: Option<Minutes>,
    /// How many accounts they give away in one run at most; the policy's where absent.
    pub max_moves_per_run: Option<u32>,
    /// Hours a year for visits and journeys; unlimited where absent.
    pub capacity_hours_a_year: Option<u32>,
    /// How many abusive accounts they may hold.
    pub abusive_accounts_cap: u32,
    /// Days away, where planned.
    pub leave: Option<Leave>,
    /// The last working day of one who leaves.
    pub leaves_on: Option<NaiveDate>,
    /// Whether they may sign in as a rep and take part.
    pub active: bool,
}

impl Rep {
    /// Whether the rep is still with the company at a moment, on leave or not: to the end of the last working day where
    /// the base is.
    pub fn works_at(&self, now: DateTime<Utc>) -> bool {
        let today = now.with_timezone(&self.time_zone.unwrap_or(Tz::UTC)).date_naive();
        self.active && self.leaves_on.is_none_or(|last| today <= last)
    }

    /// Whether the rep works on `day`.
    pub fn is_present(&self, day: NaiveDate) -> bool {
        let away = self.leave.is_some_and(|leave| leave.from <= day && day <= leave.until);
        self.active && !away && self.leaves_on.is_none_or(|last| day <= last)
    }

    /// The rep with what they have chosen for themself in place of what the CRM says of abuse; who takes a class takes the
    /// milder ones too.
    pub fn with_own_choice(mut self, own: OptIn) -> Self {
        self.tolerances.retain(|one| one.severity().is_none());
        self.tolerances.extend(Severity::ALL.iter().filter(|class| own.bears(**class)).map(|class| class.hard_trait()));
        self.abusive_accounts_cap = own.cap;
        self
    }

    /// What the rep has opted in to, by whoever's word.
    pub fn opt_in(&self) -> OptIn {
        let class = self.tolerances.iter().filter_map(|one| one.severity()).max();
        OptIn { class, cap: self.abusive_accounts_cap }
    }

    /// Whether the rep has opted in to a class of abuse, or to a harsher one.
    pub fn bears(&self, severity: Severity) -> bool {
        self.tolerances.iter().any(|one| one.severity().is_some_and(|class| class >= severity))
    }
}

/// A customer account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The CRM's id.
    pub id: AccountId,
    /// What people call it.
    pub name: String,
    /// Whose book it is in.
    pub owner: RepId,
    /// Where the visits are.
    pub place: Place,
    /// Whether the visits are only known to be somewhere around there.
    #[serde(default)]
    pub place_is_approximate: bool,
    /// The region, compared with territories.
    pub region: Option<Tag>,
    /// ISO 3166-1 alpha-2, lower case.
    pub country: Tag,
    /// IANA zone, where known.
    pub time_zone: Option<Tz>,
    /// Business a year.
    pub annual_value_cents: Cents,
    /// Commission a year; never negative.
    pub annual_commission_cents: Cents,
    /// Visits a year.
    pub visits_a_year: u32,
    /// Minutes of one visit, without the journey.
    pub visit_minutes: u32,
    /// The language the customer prefers.
    pub language: Option<Tag>,
    /// Whether a rep without that language is out of the question.
    pub language_required: bool,
    /// The customer's industry.
    pub industry: Option<Tag>,
    /// Whether a rep without that industry is out of the question.
    pub industry_required: bool,
    /// Licences without which nobody may serve it.
    pub licences_required: BTreeSet<Tag>,
    /// How the customer likes to be worked with.
    pub style: Option<Style>,
    /// What makes it hard.
    pub traits: BTreeSet<Trait>,
    /// The account it belongs to.
    pub parent: Option<AccountId>,
    /// Reps with a conflict of interest.
    pub conflicts: BTreeSet<RepId>,
}

impl Account {
    /// The harshest class of abuse among its traits.
    pub fn severity(&self) -> Option<Severity> {
        self.traits.iter().filter_map(|one| one.severity()).max()
    }
}

/// One stretch of a rep and an account together, as the CRM or a review records it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// The CRM's id.
    pub id: HistoryId,
    /// Who.
    pub rep: RepId,
    /// With whom.
    pub account: AccountId,
    /// The first day.
    pub started_on: NaiveDate,
    /// The last day; absent while it lasts.
    pub ended_on: Option<NaiveDate>,
    /// How they got on, where somebody said.
    pub stars: Option<Stars>,
    /// Visits that were planned.
    pub visits_planned: u32,
    /// Visits that took place.
    pub visits_kept: u32,
}
