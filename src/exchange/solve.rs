//! A market and what is asked of it, to the best plan and its proof.
//!
//! In: a [`Market`], [`Options`], and whether to stop. Out: a [`Solved`]. Holds: each kind of question is answered by
//! one function of the solver, whose numbers are the market's: vertices are offers, groups are reps. Points are counted
//! in the parts that make them integers.
//! Costs: the solver's, and `O(m log d)` to find the swaps among arcs. Absent: any check, see `check`.

mod components;
mod cycles;
mod fairest;
mod swaps;

use super::certificate::{Certificate, Proof};
use super::market::Market;
use super::options::{MaxRing, Objective, Options};
use super::points::Points;
use super::result::{Move, Plan, Seconds, Status};
use std::fmt::Display;

/// Tells, now and then, whether to stop.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// A plan and its proof.
#[derive(Clone, Debug)]
pub struct Solved {
    /// The plan; its seconds are zero.
    pub plan: Plan,
    /// The proof of its bound.
    pub certificate: Certificate,
}

/// Finds the best plan of a market, or the best one found until `stop` says so.
///
/// Errors: a sentence, if the market cannot be asked this or is more than the solver takes.
///
/// Cost: that of the solver's function for these options.
pub fn solve(market: &Market, options: &Options, stop: Stop<'_>) -> Result<Solved, String> {
    options.fit(market)?;
    let found = match (options.max_ring, options.objective) {
        (MaxRing::AtMost(2), Objective::Points) => swaps::of_most_points(market, options)?,
        (MaxRing::AtMost(2), _) => swaps::of_objective(market, options, stop)?,
        (MaxRing::AtMost(longest), Objective::WorstGainFirst) => fairest::of_at_most(longest, market, options, stop)?,
        (MaxRing::AtMost(longest), _) => cycles::of_at_most(longest, market, options, stop)?,
        (MaxRing::Unlimited, Objective::WorstGainFirst) => fairest::of_any_length(market, options, stop)?,
        (MaxRing::Unlimited, _) => cycles::of_any_length(market, options, stop)?,
    };
    Ok(found.into_solved(market, options))
}

/// What a solver found, in the market's numbers and in parts of points.
struct Found {
    moves: Vec<FoundMove>,
    status: Status,
    bound: i128,
    components: usize,
    proof: Proof,
}

/// A cycle of offers along its arcs, the smallest first.
struct FoundMove {
    offers: Vec<u32>,
    points: i128,
    gains: Option<Vec<i64>>,
}

impl Found {
    fn into_solved(mut self, market: &Market, options: &Options) -> Solved {
        self.moves.sort_unstable_by_key(|found| found.offers[0]);
        let parts_in_one = options.unfairness.parts_in_one();
        let points: i128 = self.moves.iter().map(|found| found.points).sum();
        let matched = self.moves.iter().map(|found| found.offers.len() as u64).sum();
        let moves = self.moves.into_iter().map(|found| Move {
            give: found.offers.iter().map(|&offer| market.offer_id(offer).into_owned()).collect(),
            points: Points::new(found.points, parts_in_one),
            gains: found.gains,
        });
        let plan = Plan {
            status: self.status,
            objective: options.objective,
            points: Points::new(points, parts_in_one),
            bound: Points::new(self.bound, parts_in_one),
            moves: moves.collect(),
            offers: market.offers_in_all(),
            matched,
            reps: market.reps_in_all(),
            components: self.components as u64,
            seconds: Seconds::default(),
        };
        Solved { plan, certificate: Certificate::new(self.proof) }
    }
}

/// What is said of a market the solver does not take.
fn too_large(error: impl Display) -> String {
    format!("the market is more than the solver takes: {error}")
}
