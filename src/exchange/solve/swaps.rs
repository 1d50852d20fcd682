//! The best swaps of a market.
//!
//! In: a market and what is asked of it. Out: swaps for the solver's matchings, and what they choose.
//! Costs: `O(m log d)` for `m` arcs, `d` at an offer, and the solver's. Absent: longer rings.

use super::{Found, FoundMove, Stop, fairest, too_large};
use crate::exchange::certificate::Proof;
use crate::exchange::market::{Arc, Chances, Market};
use crate::exchange::options::{Objective, Options, Unfairness};
use crate::exchange::result::Status;
use crate::solver::{self, Edge, Graph, best_swaps, capped_matching};

/// Finds the swaps of the most points within the caps.
pub(super) fn of_most_points(market: &Market, options: &Options) -> Result<Found, String> {
    let swaps = possible(market, options.unfairness);
    let edges = swaps.iter().map(|swap| Edge { u: swap.offers[0], v: swap.offers[1], weight: swap.points });
    let graph = Graph::new(market.offers(), edges.collect()).map_err(too_large)?;
    let caps = market.caps(options.max_moves_per_rep.0);
    let matching = capped_matching(&graph, market.rep_of(), &caps).map_err(too_large)?;
    Ok(Found {
        moves: chosen(market, &swaps, &matching.mate),
        status: Status::Optimal,
        bound: matching.weight.into(),
        components: components(market.offers(), &swaps),
        proof: Proof::Swaps { extra_mates: matching.extra_mates, duals: matching.certificate },
    })
}

/// Finds the most swaps within the caps, or the fairest, and among these those of the most points.
pub(super) fn of_objective(market: &Market, options: &Options, stop: Stop<'_>) -> Result<Found, String> {
    let swaps = possible(market, options.unfairness);
    let weighed = swaps.iter().map(|swap| solver::Swap {
        u: swap.offers[0],
        v: swap.offers[1],
        points: swap.points,
        gains: swap.gains,
    });
    let weighed: Vec<solver::Swap> = weighed.collect();
    let caps = market.caps(options.max_moves_per_rep.0);
    let objective = match options.objective {
        Objective::Points => solver::Objective::Points,
        Objective::SwapsThenPoints => solver::Objective::MovesThenPoints,
        Objective::WorstGainFirst => solver::Objective::WorstGainFirst,
    };
    let best = best_swaps(market.offers(), &weighed, market.rep_of(), &caps, objective, stop).map_err(too_large)?;
    let moves = chosen(market, &swaps, &best.mate);
    let components = components(market.offers(), &swaps);
    if best.optimal {
        let proof = Proof::BestSwaps(best.proof);
        return Ok(Found { moves, status: Status::Optimal, bound: best.points.into(), components, proof });
    }
    fairest::stopped(market, options, moves, components, swaps.iter().flat_map(arcs))
}

/// Two offers that may change places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Swap {
    /// The offers, the smaller number first.
    offers: [u32; 2],
    /// What the swap is worth, in parts; not negative.
    points: i64,
    /// What the rep of each offer gains; zero where points were given ready-made.
    gains: [i64; 2],
}

/// The two arcs of a swap, if neither rep loses by it.
fn arcs(swap: &Swap) -> impl Iterator<Item = Arc> {
    let &Swap { offers: [u, v], gains: [gain, other], .. } = swap;
    let arcs = [Arc { give: u, receive: v, gain }, Arc { give: v, receive: u, gain: other }];
    arcs.into_iter().filter(move |_| gain >= 0 && other >= 0)
}

/// The swaps between mates.
fn chosen(market: &Market, swaps: &[Swap], mate: &[Option<u32>]) -> Vec<FoundMove> {
    let has_gains = matches!(market.chances(), Chances::Arcs(_));
    let swaps = swaps.iter().filter(|swap| mate[swap.offers[0] as usize] == Some(swap.offers[1]));
    let found = swaps.map(|swap| FoundMove {
        offers: swap.offers.to_vec(),
        points: swap.points.into(),
        gains: has_gains.then(|| swap.gains.to_vec()),
    });
    found.collect()
}

/// Finds the swaps of no negative points, ascending by their offers.
fn possible(market: &Market, unfairness: Unfairness) -> Vec<Swap> {
    match market.chances() {
        Chances::Moves(moves) => {
            let worth = moves.iter().filter(|ready| ready.points >= 0);
            worth.map(|ready| Swap { offers: ready.offers, points: ready.points, gains: [0; 2] }).collect()
        }
        Chances::Arcs(arcs) => {
            let first = first_arcs(market.offers(), arcs);
            let back = |arc: &Arc| {
                let row = &arcs[first[arc.receive as usize]..first[arc.receive as usize + 1]];
                row.binary_search_by_key(&arc.give, |arc| arc.receive).ok().map(|at| row[at].gain)
            };
            let forth = arcs.iter().filter(|arc| arc.give < arc.receive);
            let swaps = forth.filter_map(|arc| {
                let gains = [arc.gain, back(arc)?];
                Some(Swap { offers: [arc.give, arc.receive], points: unfairness.points(&gains), gains })
            });
            swaps.filter(|swap| swap.points >= 0).collect()
        }
    }
}

/// Where the arcs of each offer begin among all, which ascend by it.
fn first_arcs(offers: usize, arcs: &[Arc]) -> Vec<usize> {
    let mut first = vec![0; offers + 1];
    for arc in arcs {
        first[arc.give as usize + 1] += 1;
    }
    for offer in 0..offers {
        first[offer + 1] += first[offer];
    }
    first
}

/// Counts the parts that swaps join offers to, offers without a swap left out.
fn components(offers: usize, swaps: &[Swap]) -> usize {
    // A forest in which each offer points to another of its part; ways are halved as they are walked.
    let mut parent: Vec<u32> = (0..offers as u32).collect();
    let mut touched = vec![false; offers];
    let mut joined = 0;
    for swap in swaps {
        let [one, other] = swap.offers.map(|mut offer| {
            touched[offer as usize] = true;
            while parent[offer as usize] != offer {
                parent[offer as usize] = parent[parent[offer as usize] as usize];
                offer = parent[offer as usize];
            }
            offer
        });
        if one != other {
            // The smaller number stays the root, so the forest is the same in every run.
            parent[one.max(other) as usize] = one.min(other);
            joined += 1;
        }
    }
    touched.iter().filter(|&&touched| touched).count() - joined
}
