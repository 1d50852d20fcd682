//! Findings: what the operator sees of a night, from the evidence the run left in the database.
//!
//! In go the stored market and plan and the policy; out come every swap with both sides, and the unmatched by rule.
//! Holds: each number is the plan's own; nothing is computed again but differences between the two accounts of a swap.
//! Deliberately absent: layout.

use crate::cli::invented::world::World;
use account_swap::{
    domain::{
        ids::{AccountId, RepId},
        policy::Rules,
        units::{Cents, Minutes, Points, Stars},
    },
    engine::{
        market::Market,
        plan::{Move, Plan, PlannedLeg, Report, Rule, WhyNot},
    },
};
use serde::Serialize;
use std::{cmp::Reverse, collections::BTreeMap};

/// Somebody or something, and where it is.
#[derive(Debug, Clone, Serialize)]
pub struct Named {
    /// The CRM's id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// Town and state.
    pub town: String,
}

/// What a swap is for one of its two reps.
#[derive(Debug, Clone, Serialize)]
pub struct Side {
    /// The rep.
    pub rep: Named,
    /// The account given; the other side's is the one received.
    pub gives: Named,
    /// What the rep gains, in minutes a year.
    pub gain_minutes: Minutes,
    /// The rep's own stars for the account given, at the high end of their interval.
    pub stars_before: Stars,
    /// The predicted stars for the account received, at the low end of their interval.
    pub stars_after: Stars,
    /// Driving a year for the account given.
    pub driving_minutes_before: Minutes,
    /// Driving a year for the account received.
    pub driving_minutes_after: Minutes,
    /// Commission a year of the account received less that of the account given.
    pub commission_change_cents: Cents,
}

/// One swap.
#[derive(Debug, Clone, Serialize)]
pub struct Swap {
    /// What it is worth.
    pub points: Points,
    /// Its two sides.
    pub sides: Vec<Side>,
}

/// Accounts that stay for one reason.
#[derive(Debug, Clone, Serialize)]
pub struct Unmatched {
    /// The rule that stopped most of their chances.
    pub rule: Rule,
    /// How many accounts.
    pub accounts: u32,
    /// The rule in words.
    pub words: String,
    /// One of them.
    pub example: Named,
    /// Its owner.
    pub example_owner: Named,
    /// What stopped how many of its chances, and how many partners were possible.
    pub example_words: String,
}

/// What the operator sees.
#[derive(Debug, Clone, Serialize)]
pub struct Findings {
    /// Every swap, most points first.
    pub swaps: Vec<Swap>,
    /// What they amount to.
    pub report: Report,
    /// Everybody left, the largest group first.
    pub unmatched: Vec<Unmatched>,
}

impl Findings {
    /// Puts names and towns to a run's evidence.
    pub fn new(world: &World, market: &Market, plan: Plan, rules: &Rules) -> Self {
        let names = Names { world, market };
        let mut moves: Vec<&Move> = plan.moves.iter().collect();
        moves.sort_by_key(|one| Reverse(one.points));
        let mut groups: BTreeMap<Rule, Vec<&WhyNot>> = BTreeMap::new();
        for left in &plan.why_not {
            groups.entry(left.rule).or_default().push(left);
        }
        let mut unmatched: Vec<Unmatched> =
            groups.into_iter().map(|(rule, left)| names.unmatched(rule, &left, rules)).collect();
        unmatched.sort_by_key(|group| Reverse(group.accounts));
        Self { swaps: moves.into_iter().map(|one| names.swap(one)).collect(), unmatched, report: plan.report }
    }
}

struct Names<'a> {
    world: &'a World,
    market: &'a Market,
}

impl Names<'_> {
    fn rep(&self, id: &RepId) -> Named {
        let trader = self.market.rep_index(id).map(|at| &self.market.reps[at].rep);
        Named {
            id: id.to_string(),
            name: trader.map_or_else(|| id.to_string(), |rep| rep.name.clone()),
            town: self.world.town(id.as_str()).to_owned(),
        }
    }

    fn account(&self, id: &AccountId) -> Named {
        let offer = self.market.offer_index(id).map(|at| &self.market.offers[at].account);
        Named {
            id: id.to_string(),
            name: offer.map_or_else(|| id.to_string(), |account| account.name.clone()),
            town: self.world.town(id.as_str()).to_owned(),
        }
    }

    fn swap(&self, one: &Move) -> Swap {
        let side = |leg: &PlannedLeg| {
            let received = one.legs.iter().find(|other| other.to == leg.from);
            let received_cents = received.map_or(Cents::ZERO, |other| other.annual_commission_cents);
            Side {
                rep: self.rep(&leg.from),
                gives: self.account(&leg.account),
                gain_minutes: leg.side.gain,
                stars_before: leg.side.given.stars,
                stars_after: leg.side.received.stars,
                driving_minutes_before: leg.side.given.travel_minutes,
                driving_minutes_after: leg.side.received.travel_minutes,
                commission_change_cents: received_cents - leg.annual_commission_cents,
            }
        };
        Swap { points: one.points, sides: one.legs.iter().map(side).collect() }
    }

    fn unmatched(&self, rule: Rule, left: &[&WhyNot], rules: &Rules) -> Unmatched {
        // The clearest case: the one whose rule stopped the largest share of its chances.
        let clearest = left.iter().max_by_key(|one| {
            let (by_rule, all) = chances(one);
            (by_rule * 1000 / all.max(1), all, Reverse(&one.account))
        });
        let one = clearest.expect("a group has a member");
        let (by_rule, all) = chances(one);
        let example_words = match (by_rule, one.partners) {
            (0, 1) => format!("1 partner among {all} chances"),
            (0, partners) => format!("{partners} partners among {all} chances"),
            (_, _) => format!("it stopped {by_rule} of {all} chances{}", step_words(one)),
        };
        Unmatched {
            rule,
            accounts: left.len() as u32,
            words: words(rule, rules),
            example: self.account(&one.account),
            example_owner: self.rep(&one.rep),
            example_words,
        }
    }
}

/// How many chances of an account its rule stopped, and how many it had.
fn chances(one: &WhyNot) -> (u32, u32) {
    let by_rule = one.stopped.iter().find(|(rule, _)| *rule == one.rule).map_or(0, |(_, count)| *count);
    (by_rule, one.stopped.iter().map(|(_, count)| count).sum::<u32>() + one.partners)
}

/// What one step of an account's rule would add, where that is something.
fn step_words(one: &WhyNot) -> String {
    match one.opened.iter().find(|(rule, _)| *rule == one.rule) {
        Some((_, partners @ 1..)) => format!("; one step less strict would add {partners}"),
        _ => String::new(),
    }
}

/// A rule in words, with its limit.
fn words(rule: Rule, rules: &Rules) -> String {
    let dollars = |cents: Cents| cents.0 / 100;
    match rule {
        Rule::GainTooSmall => {
            format!("one of the two would gain less than {} hours a year", rules.min_gain_minutes.0 / 60)
        }
        Rule::CommissionGap => format!(
            "the commissions differ by more than ${} or {} %",
            dollars(rules.commission_gap_cents),
            rules.commission_gap_percent
        ),
        Rule::LedgerLimit => {
            format!("a rep's balance of commissions would pass ${}", dollars(rules.ledger_limit_cents))
        }
        Rule::TooFar => "too far to drive for the rep who would get it, or for its owner in return".to_owned(),
        Rule::LanguageMissing => "the language the customer requires is missing, here or in return".to_owned(),
        Rule::LicenceMissing => "a licence the account requires is missing, here or in return".to_owned(),
        Rule::IndustryMissing => "the knowledge the account requires is missing, here or in return".to_owned(),
        Rule::OverCapacity => "a rep's hours would not suffice".to_owned(),
        Rule::Frozen => "a manager keeps it where it is".to_owned(),
        Rule::CoolDown => format!("it changed hands less than {} days ago", rules.cool_down_days),
        Rule::SwappedOften => format!(
            "it changed hands {} times in a year, which is as often as it may",
            rules.max_swaps_per_account_a_year.unwrap_or_default()
        ),
        Rule::FormerOwner => format!("the rep in question had it less than {} days ago", rules.former_owner_days),
        Rule::ForbiddenPair => "a manager has forbidden the pair".to_owned(),
        Rule::ConflictOfInterest => "a rep has a conflict of interest".to_owned(),
        Rule::AbuseNotOptedIn => "nobody in reach has opted in to abusive accounts".to_owned(),
        Rule::ExposureCap => "a rep holds as many abusive accounts as they accept".to_owned(),
        Rule::FamilyParted => "a parent or child of it would stay behind".to_owned(),
        Rule::NotPresent => "its owner, or the rep in question, is away or leaving".to_owned(),
        Rule::NotOpen => "the rep in question is not open to it at present".to_owned(),
        Rule::LessPromising => "it, or an account in return, has too many more promising candidates".to_owned(),
        Rule::CapReached => "partners exist, but a rep's moves of one run are used up; next night".to_owned(),
        Rule::BetterElsewhere => "partners exist, but every one of them does better elsewhere".to_owned(),
    }
}
