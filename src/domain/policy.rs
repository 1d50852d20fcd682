//! The policy: every price, limit and deadline a run and its decisions go by.
//!
//! One struct serves the settings file, the engine and the immutable record of a run. Every number has its unit in
//! its name. Deliberately absent: defaults in code; they stand in `config/default.toml`, commented.

use super::{
    closed::closed_list,
    money::MoneyTerms,
    travel::TravelSource,
    units::{Cents, Metres, Minutes, Points},
};
use serde::{Deserialize, Serialize};

/// Everything a run goes by; stored with the run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// What holding an account is worth.
    pub scores: ScoreRates,
    /// What may not be.
    pub rules: Rules,
    /// What changes hands with an account.
    pub money: MoneyTerms,
    /// How gains become points.
    pub points: PointRates,
    /// What the best plan is.
    pub plan: PlanTerms,
    /// By how much a limit is relaxed to see what it keeps apart.
    pub steps: Steps,
}

impl Policy {
    /// The largest number a policy may hold: with it, no sum over a market can leave an `i64`.
    pub const LARGEST: i64 = 1_000_000_000;

    /// The first number that is below 0 or above [`Self::LARGEST`], by its name in the settings.
    pub fn first_out_of_range(&self) -> Option<(&'static str, i64)> {
        let Self { scores, rules, points, plan, steps, money: _ } = self;
        let ScoreRates { rapport, travel, geography, .. } = scores;
        let numbers = [
            ("policy.scores.star_minutes", scores.star_minutes.0),
            ("policy.scores.handover_minutes", scores.handover_minutes.0),
            ("policy.scores.rapport.average_hundredths", rapport.average_hundredths),
            ("policy.scores.rapport.style_match_hundredths", rapport.style_match_hundredths),
            ("policy.scores.rapport.style_mismatch_hundredths", rapport.style_mismatch_hundredths),
            ("policy.scores.rapport.language_shared_hundredths", rapport.language_shared_hundredths),
            ("policy.scores.rapport.language_foreign_hundredths", rapport.language_foreign_hundredths),
            ("policy.scores.rapport.industry_known_hundredths", rapport.industry_known_hundredths),
            ("policy.scores.rapport.tolerance_hundredths", rapport.tolerance_hundredths),
            ("policy.scores.rapport.intolerance_hundredths", rapport.intolerance_hundredths),
            ("policy.scores.rapport.prior_observations", rapport.prior_observations),
            ("policy.scores.rapport.rating_observations", rapport.rating_observations),
            ("policy.scores.rapport.widest_half_interval_hundredths", rapport.widest_half_interval_hundredths),
            ("policy.scores.rapport.own_half_interval_hundredths", rapport.own_half_interval_hundredths),
            ("policy.scores.travel.visits_per_field_day", travel.visits_per_field_day.into()),
            ("policy.scores.travel.field_day_minutes", travel.field_day_minutes.0),
            ("policy.scores.travel.max_one_way_minutes", travel.max_one_way_minutes.0),
            ("policy.scores.travel.overnight_beyond_one_way_minutes", travel.overnight_beyond_one_way_minutes.0),
            ("policy.scores.travel.overnight_minutes", travel.overnight_minutes.0),
            ("policy.scores.geography.outside_territory_minutes", geography.outside_territory_minutes.0),
            ("policy.scores.geography.other_country_minutes", geography.other_country_minutes.0),
            ("policy.scores.geography.time_zone_hour_minutes", geography.time_zone_hour_minutes.0),
            ("policy.scores.geography.island_beyond_metres", geography.island_beyond_metres.0),
            ("policy.scores.geography.island_100_km_minutes", geography.island_100_km_minutes.0),
            ("policy.rules.min_gain_minutes", rules.min_gain_minutes.0),
            ("policy.rules.commission_gap_cents", rules.commission_gap_cents.0),
            ("policy.rules.commission_gap_percent", rules.commission_gap_percent),
            ("policy.rules.ledger_limit_cents", rules.ledger_limit_cents.0),
            ("policy.rules.cool_down_days", rules.cool_down_days),
            ("policy.rules.former_owner_days", rules.former_owner_days),
            ("policy.rules.max_swaps_per_account_a_year", rules.max_swaps_per_account_a_year.unwrap_or(0).into()),
            ("policy.points.unfairness_percent", points.unfairness_percent),
            ("policy.points.ageing_points_a_night", points.ageing_points_a_night.0),
            ("policy.points.ageing_nights_at_most", points.ageing_nights_at_most.into()),
            ("policy.plan.max_candidates_per_offer", plan.max_candidates_per_offer.unwrap_or_default().into()),
            ("policy.plan.questions_limit", plan.questions_limit),
            ("policy.steps.min_gain_minutes", steps.min_gain_minutes.0),
            ("policy.steps.commission_gap_cents", steps.commission_gap_cents.0),
            ("policy.steps.commission_gap_percent", steps.commission_gap_percent),
            ("policy.steps.ledger_limit_cents", steps.ledger_limit_cents.0),
            ("policy.steps.max_one_way_minutes", steps.max_one_way_minutes.0),
            ("policy.steps.capacity_hours", steps.capacity_hours),
            ("policy.steps.cool_down_days", steps.cool_down_days),
            ("policy.steps.former_owner_days", steps.former_owner_days),
        ];
        numbers.into_iter().find(|(_, number)| !(0..=Self::LARGEST).contains(number))
    }

    /// The first setting that another one rules out, with the reason.
    pub fn first_contradiction(&self) -> Option<(&'static str, &'static str)> {
        let Self { scores, points, plan, .. } = self;
        let sources = &scores.travel.sources;
        let stands_twice = sources.iter().enumerate().any(|(at, source)| sources[..at].contains(source));
        let is_passed_over = sources.iter().rev().skip(1).any(|source| *source == TravelSource::GreatCircle);
        if sources.is_empty() || stands_twice || is_passed_over {
            let what = "takes one source or more, each once, and none after great_circle, which always has an answer";
            return Some(("policy.scores.travel.sources", what));
        }
        if plan.max_ring == MaxRing::Unlimited && points.unfairness_percent != 0 {
            return Some(("policy.plan.max_ring", "takes unlimited only with policy.points.unfairness_percent = 0"));
        }
        None
    }
}

/// Prices in minutes a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScoreRates {
    /// What one star of rapport is worth, in minutes a year.
    pub star_minutes: Minutes,
    /// What taking over an account costs a rep once, in minutes.
    pub handover_minutes: Minutes,
    /// How stars are predicted.
    pub rapport: RapportRates,
    /// How driving is priced.
    pub travel: TravelRates,
    /// How geography beyond driving is priced.
    pub geography: GeographyRates,
}

/// How rapport is predicted: terms in hundredths of a star.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RapportRates {
    /// What an unknown pair is expected to be.
    pub average_hundredths: i64,
    /// Added where the declared styles match.
    pub style_match_hundredths: i64,
    /// Taken off where both are declared and differ.
    pub style_mismatch_hundredths: i64,
    /// Added where the rep speaks the preferred language.
    pub language_shared_hundredths: i64,
    /// Taken off where the rep does not.
    pub language_foreign_hundredths: i64,
    /// Added where the rep knows the industry.
    pub industry_known_hundredths: i64,
    /// Added for each hard trait the rep has opted in to.
    pub tolerance_hundredths: i64,
    /// Taken off for each hard trait the rep has not opted in to.
    pub intolerance_hundredths: i64,
    /// How many pieces of evidence the average weighs: the strength of the shrinkage.
    pub prior_observations: i64,
    /// How many pieces of evidence one past rating of the very pair counts as.
    pub rating_observations: i64,
    /// Half the interval's width with no evidence at all.
    pub widest_half_interval_hundredths: i64,
    /// Half the interval's width around the owner's own stars.
    pub own_half_interval_hundredths: i64,
}

/// How driving is priced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TravelRates {
    /// Whom to ask for driving times, in this order: the next one is asked for the ways that the one before does not know.
    pub sources: Vec<TravelSource>,
    /// The most visits in one day in the field; at least 1.
    pub visits_per_field_day: u32,
    /// The minutes of a day in the field, driving and visits.
    pub field_day_minutes: Minutes,
    /// The longest one-way drive, where the rep has set none.
    pub max_one_way_minutes: Minutes,
    /// One way beyond which a visit costs a night away.
    pub overnight_beyond_one_way_minutes: Minutes,
    /// What such a night costs.
    pub overnight_minutes: Minutes,
}

/// What driving does not show; each a rate in minutes a year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GeographyRates {
    /// For an account outside the rep's territory.
    pub outside_territory_minutes: Minutes,
    /// For an account in another country.
    pub other_country_minutes: Minutes,
    /// For each hour of difference between the time zones.
    pub time_zone_hour_minutes: Minutes,
    /// Distance to the rest of the book from which an account is an island.
    pub island_beyond_metres: Metres,
    /// For each 100 km beyond that.
    pub island_100_km_minutes: Minutes,
}

/// Hard rules: what breaks one does not exist, and the reason is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Each rep's smallest gain, in minutes a year.
    pub min_gain_minutes: Minutes,
    /// The largest difference between the two accounts' annual commissions.
    pub commission_gap_cents: Cents,
    /// The same, in percent of the larger commission.
    pub commission_gap_percent: i64,
    /// How far a rep's commission balance of the year may go either way.
    pub ledger_limit_cents: Cents,
    /// Days after a change of owner in which an account stays.
    pub cool_down_days: i64,
    /// Days in which an account does not return to a former owner.
    pub former_owner_days: i64,
    /// How often an account changes hands in 365 days at most; absent means no limit.
    pub max_swaps_per_account_a_year: Option<u32>,
    /// Whether an account may part from its parent or children in the same book.
    pub families_may_part: bool,
    /// How many accounts a rep gives away in one run, where the rep has set none; absent means no cap.
    pub max_moves_per_rep: Option<u32>,
}

/// How gains become points.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PointRates {
    /// 0: only the total counts; 100: twice the smaller gain.
    pub unfairness_percent: i64,
    /// Bonus for each night a submission of the move has waited.
    pub ageing_points_a_night: Points,
    /// How many nights of a submission count for that; no account becomes a must by waiting.
    pub ageing_nights_at_most: u32,
}

impl PointRates {
    /// What a submission that has waited `nights` adds to the points of its move.
    pub fn ageing(&self, nights: u32) -> Points {
        self.ageing_points_a_night * i64::from(nights.min(self.ageing_nights_at_most))
    }
}

closed_list! {
    /// What makes one plan better than another.
    Objective {
        /// More points.
        Points = "points",
        /// More accounts that move; of two plans with as many, more points.
        SwapsThenPoints = "swaps_then_points",
        /// A larger smallest gain; of two plans with the same, a larger second smallest, and so on; then more points. An
        /// account that stays gains nothing, and nobody's gain is below nothing.
        WorstGainFirst = "worst_gain_first",
    }
}

/// The most reps that one move may join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "WrittenMaxRing", into = "WrittenMaxRing")]
pub enum MaxRing {
    /// Swaps only.
    Two,
    /// Swaps and rings of three.
    Three,
    /// Swaps and rings of three and four.
    Four,
    /// Rings of any length, each rep giving one account a run at most.
    Unlimited,
}

impl MaxRing {
    /// The most legs of a move, where there is a most.
    pub const fn legs(self) -> Option<usize> {
        match self {
            Self::Two => Some(2),
            Self::Three => Some(3),
            Self::Four => Some(4),
            Self::Unlimited => None,
        }
    }
}

/// How a [`MaxRing`] is written: `2`, `3`, `4` or `"unlimited"`.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenMaxRing {
    Legs(i64),
    Word(String),
}

impl TryFrom<WrittenMaxRing> for MaxRing {
    type Error = String;
    fn try_from(written: WrittenMaxRing) -> Result<Self, String> {
        match &written {
            WrittenMaxRing::Legs(2) => Ok(Self::Two),
            WrittenMaxRing::Legs(3) => Ok(Self::Three),
            WrittenMaxRing::Legs(4) => Ok(Self::Four),
            WrittenMaxRing::Word(word) if word == "unlimited" => Ok(Self::Unlimited),
            WrittenMaxRing::Legs(other) => Err(format!("{other} where 2, 3, 4 or \"unlimited\" is expected")),
            WrittenMaxRing::Word(other) => Err(format!("{other:?} where 2, 3, 4 or \"unlimited\" is expected")),
        }
    }
}

impl From<MaxRing> for WrittenMaxRing {
    fn from(longest: MaxRing) -> Self {
        match longest.legs() {
            Some(legs) => Self::Legs(legs as i64),
            None => Self::Word("unlimited".to_owned()),
        }
    }
}

/// What the best plan is, and how long it is looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanTerms {
    /// What makes one plan better than another.
    pub objective: Objective,
    /// The most reps that one move may join.
    pub max_ring: MaxRing,
    /// How many candidates of an offer are looked at, the most promising first; absent means all.
    pub max_candidates_per_offer: Option<u32>,
    /// How often a solver may ask whether to go on before it is content with the best found and its bound. A count and
    /// no clock, so that the same market ends at the same plan on every machine.
    pub questions_limit: i64,
}

/// One step of each limit that is a matter of degree: by how much it is relaxed, alone, to count the partners that an
/// account left in the pool would then have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steps {
    /// Off each rep's smallest gain.
    pub min_gain_minutes: Minutes,
    /// Onto the largest difference between two commissions.
    pub commission_gap_cents: Cents,
    /// The same, in percent of the larger commission.
    pub commission_gap_percent: i64,
    /// Onto how far a rep's balance may go either way.
    pub ledger_limit_cents: Cents,
    /// Onto everybody's longest one-way drive, whether it is their own or the policy's.
    pub max_one_way_minutes: Minutes,
    /// Onto everybody's hours a year.
    pub capacity_hours: i64,
    /// Off the days in which an account stays.
    pub cool_down_days: i64,
    /// Off the days in which an account does not return.
    pub former_owner_days: i64,
}
