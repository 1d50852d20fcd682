//! The check of a plan, written apart from everything that made it.
//!
//! In go a plan, the market and the policy; out comes a [`CheckedPlan`], or every breach found. [`check_moves`] does the
//! same for moves that claim to be possible and not to be the best.
//! Holds: only [`check`] makes a [`CheckedPlan`], and only that is saved. What is accepted is a set of moves that takes no
//! account twice, breaks no hard rule and keeps every cap; each of its numbers is the market's; and no such set is
//! better, by a certificate that is verified against the possible moves as counted again here.
//! Costs: about as much as making the plan, without solving; see `recount`.
//! Deliberately absent: any repair; and the split of a why-not's chances among the rules that stopped them, of which only
//! the sum, the partners, the rule named and what each rule's step would open are counted again.
//!
//! | file | what it judges |
//! | --- | --- |
//! | `moves` | each move by itself, and that all together take no account twice |
//! | `report` | the sums |
//! | `why_nots` | what is said of everyone left |
//! | `optimality` | that no plan is better |
//! | `margins` | by how much |
//! | `recount` | nothing: it counts the market again for the others |

mod margins;
mod moves;
mod optimality;
mod recount;
mod report;
mod why_nots;

use self::recount::Recount;
use super::{
    market::Market,
    plan::{Move, Plan, Rule},
};
use crate::domain::{closed::closed_list, policy::Policy};
use serde::Serialize;
use std::fmt::{self, Display};

closed_list! {
    /// What a plan claims, and the check counts again.
    Claim {
        /// Each move is a ring of different reps in the pool, no longer than allowed, each giving an account of their own.
        Permutation = "permutation",
        /// No account moves twice.
        OnceEach = "once_each",
        /// Moves, legs and why-nots are in their order.
        Order = "order",
        /// The facts copied from the market are the market's.
        Facts = "facts",
        /// Each side's terms and gain.
        Side = "side",
        /// What changes hands with each account.
        Money = "money",
        /// Each move's points.
        Points = "points",
        /// A hard rule, named beside it.
        HardRule = "hard_rule",
        /// A rep's cap, which also keeps what all their moves together must not exceed.
        Cap = "cap",
        /// A sum of the report.
        Report = "report",
        /// A why-not.
        WhyNot = "why_not",
        /// That there is no better plan.
        Optimality = "optimality",
        /// How many points a move may lose before another plan is as good.
        Margin = "margin",
        /// That no plan, however long its rings, has more points than the report says.
        RingsBound = "rings_bound",
    }
}

/// A claim of a plan that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Which claim.
    pub claim: Claim,
    /// The hard rule, where the claim is one.
    pub rule: Option<Rule>,
    /// Where in the plan.
    pub place: String,
    /// What was found, and what is right; nobody's stars.
    pub what: String,
}

impl Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(rule) => write!(f, "{}: {} ({rule}): {}", self.place, self.claim, self.what),
            None => write!(f, "{}: {}: {}", self.place, self.claim, self.what),
        }
    }
}

/// A plan of which every claim has been counted again. Only [`check`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedPlan {
    plan: Plan,
}

impl CheckedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The plan, to keep.
    pub fn into_plan(self) -> Plan {
        self.plan
    }
}

/// Counts every claim of a plan again from the market.
///
/// Errors: every [`Breach`] found. Sums and optimality are not judged while a move is no ring of the pool at all.
pub fn check(plan: Plan, market: &Market, policy: &Policy) -> Result<CheckedPlan, Vec<Breach>> {
    let recount = Recount::new(market, policy);
    let mut breaches = Breaches::default();
    if let Some(rings) = moves::rings(&plan.moves, market, policy, &mut breaches) {
        for (at, (one, ring)) in plan.moves.iter().zip(&rings).enumerate() {
            moves::check_move(&recount, market, at, one, ring, &mut breaches);
        }
        if let Some(next) = moves::next_offers(market, &plan.moves, &rings, &mut breaches) {
            let possible = recount.possible();
            let caps = recount.caps(&possible);
            let is_full = moves::check_caps(&recount, market, &next, &caps, &mut breaches);
            report::check_report(&plan, &report::expected(&recount, market, &possible, &plan), &mut breaches);
            why_nots::check_why_nots(&recount, market, &plan, &possible, &next, &is_full, &mut breaches);
            optimality::check_optimality(&recount, &plan, policy, &possible, &rings, &caps, &mut breaches);
            margins::check_margins(&recount, &plan, policy, &possible, &rings, &caps, &mut breaches);
            optimality::check_rings_bound(&recount, &plan, &possible, &mut breaches);
        }
    }
    if breaches.found.is_empty() { Ok(CheckedPlan { plan }) } else { Err(breaches.found) }
}

/// Moves of which each, and all together, keep every rule and cap. Only [`check_moves`] makes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedMoves {
    moves: Vec<Move>,
}

impl CheckedMoves {
    /// The moves, by their first account.
    pub fn moves(&self) -> &[Move] {
        &self.moves
    }

    /// The moves, to keep.
    pub fn into_moves(self) -> Vec<Move> {
        self.moves
    }
}

/// Counts every number of some moves again, and every rule and cap, as [`check`] does for those of a plan.
///
/// Errors: every [`Breach`] found. Whether other moves would be better is not judged.
pub fn check_moves(moves: Vec<Move>, market: &Market, policy: &Policy) -> Result<CheckedMoves, Vec<Breach>> {
    let recount = Recount::new(market, policy);
    let mut breaches = Breaches::default();
    if let Some(rings) = moves::rings(&moves, market, policy, &mut breaches) {
        for (at, (one, ring)) in moves.iter().zip(&rings).enumerate() {
            moves::check_move(&recount, market, at, one, ring, &mut breaches);
        }
        if let Some(next) = moves::next_offers(market, &moves, &rings, &mut breaches) {
            let caps = recount.caps(&recount.possible());
            moves::check_caps(&recount, market, &next, &caps, &mut breaches);
        }
    }
    if breaches.found.is_empty() { Ok(CheckedMoves { moves }) } else { Err(breaches.found) }
}

/// What was found so far.
#[derive(Default)]
struct Breaches {
    found: Vec<Breach>,
}

impl Breaches {
    fn add(&mut self, claim: Claim, place: impl Into<String>, what: impl Into<String>) {
        self.found.push(Breach { claim, rule: None, place: place.into(), what: what.into() });
    }

    fn compare<T: PartialEq + Display>(&mut self, claim: Claim, place: &str, name: &str, found: &T, right: &T) {
        if found != right {
            self.add(claim, place, format!("{name} is {found}, counted again {right}"));
        }
    }
}
