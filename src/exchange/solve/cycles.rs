//! The best rings of a market.
//!
//! In: a market of arcs and what is asked of it. Out: rings: from the solver's assignments where they may have any
//! length, and from its packings where they may have three or four offers.
//! Holds: where more reps served come before more points, every arc weighs more than all points together, so that no
//! points make up for a rep. Costs: the solver's. Absent: swaps alone, which `swaps` finds faster.

use super::{Found, FoundMove, Stop, components, too_large};
use crate::exchange::certificate::Proof;
use crate::exchange::market::{Arc, Chances, Market};
use crate::exchange::options::{Objective, Options, Unfairness};
use crate::exchange::result::Status;
use crate::solver::{CapStep, Digraph, DirectedArc, RingProblem, Weight, best_rings, capped_assignment};

/// Finds the best rings of any length within the caps.
///
/// Errors: as `solve`.
pub(super) fn of_any_length(market: &Market, options: &Options, stop: Stop<'_>) -> Result<Found, String> {
    match options.objective {
        Objective::Points => assign(market, options, 0_i64, stop, |bound, steps| Proof::Unlimited { bound, steps }),
        Objective::SwapsThenPoints => {
            let served = more_than_all_points(arcs(market));
            assign(market, options, served, stop, |bound, steps| Proof::UnlimitedServed { bound, steps })
        }
        Objective::WorstGainFirst => Err("the fairest rings are no assignment of the largest weight".to_owned()),
    }
}

/// Finds the best rings of so many offers at most, within the caps.
///
/// Errors: as `solve`.
pub(super) fn of_at_most(longest: usize, market: &Market, options: &Options, stop: Stop<'_>) -> Result<Found, String> {
    let arcs = arcs(market);
    let (parts_in_one, price) = (options.unfairness.parts_in_one(), options.unfairness.parts());
    let served = match options.objective {
        Objective::Points => 0,
        Objective::SwapsThenPoints => i128::from(parts_in_one) * more_than_all_points(arcs),
        Objective::WorstGainFirst => return Err("the fairest rings are no packing of the most points".to_owned()),
    };
    let served = i64::try_from(served).map_err(too_large)?;
    let weighed = arcs.iter().map(|arc| {
        let weight = served.checked_add(parts_in_one * arc.gain)?;
        Some(DirectedArc { from: arc.give, to: arc.receive, weight })
    });
    let weighed = weighed.collect::<Option<Vec<_>>>().ok_or_else(|| too_large("a weight is beyond 64 bits"))?;
    let digraph = Digraph::new(market.offers(), weighed).map_err(too_large)?;
    let points = |offers: &[u32], weights: &[i64]| {
        let spread = weights.iter().max().unwrap_or(&0) - weights.iter().min().unwrap_or(&0);
        let points = weights.iter().sum::<i64>() - price * (spread / parts_in_one);
        // A ring of negative points is worth nothing, however many it serves.
        if points < served * offers.len() as i64 { 0 } else { points }
    };
    let best = best_rings(
        &RingProblem {
            digraph: &digraph,
            longest,
            points: &points,
            group_of: market.rep_of(),
            cap_of_group: &market.caps(options.max_moves_per_rep.0),
        },
        stop,
    );
    let moves: Vec<FoundMove> = best.rings.into_iter().map(|offers| ring(arcs, offers, options.unfairness)).collect();
    Ok(Found {
        bound: bound_on_points(best.bound.into(), served.into(), &moves, best.optimal),
        moves,
        status: if best.optimal { Status::Optimal } else { Status::TimeLimit },
        components: components::on_rings(market.offers(), arcs),
        proof: Proof::Rings(best.certificate),
    })
}

/// Finds the best rings of any length where each arc weighs so much more than its gain.
fn assign<W: Weight + From<i64> + Into<i128>>(
    market: &Market,
    options: &Options,
    served: W,
    stop: Stop<'_>,
    proof: impl Fn(W, Vec<CapStep<W>>) -> Proof,
) -> Result<Found, String> {
    let arcs = arcs(market);
    let weighed =
        arcs.iter().map(|arc| DirectedArc { from: arc.give, to: arc.receive, weight: served + W::from(arc.gain) });
    let digraph = Digraph::new(market.offers(), weighed.collect()).map_err(too_large)?;
    let caps = market.caps(options.max_moves_per_rep.0);
    let best = capped_assignment(&digraph, market.rep_of(), &caps, stop).map_err(too_large)?;
    let moves = rings(arcs, &best.next);
    Ok(Found {
        bound: bound_on_points(best.bound.into(), served.into(), &moves, best.optimal),
        moves,
        status: if best.optimal { Status::Optimal } else { Status::TimeLimit },
        components: components::on_rings(market.offers(), arcs),
        proof: proof(best.bound, best.certificate),
    })
}

/// Returns what a bound on weights leaves for the points of plans that serve as many reps as these moves.
fn bound_on_points(bound: i128, served: i128, moves: &[FoundMove], optimal: bool) -> i128 {
    let matched: i128 = moves.iter().map(|found| found.offers.len() as i128).sum();
    let bound = bound - served * matched;
    // A bound that has more reps served in mind says nothing here; then all points there are bound the points.
    if optimal || served == 0 { bound } else { bound.min(served - 1) }
}

/// The arcs of a market; ready-made moves are swaps, of which nothing is asked here.
pub(super) fn arcs(market: &Market) -> &[Arc] {
    match market.chances() {
        Chances::Arcs(arcs) => arcs,
        Chances::Moves(_) => &[],
    }
}

/// Returns a number above the points of every plan: of each offer's arcs only one can be taken.
fn more_than_all_points(arcs: &[Arc]) -> i128 {
    let rows = arcs.chunk_by(|one, other| one.give == other.give);
    1 + rows.map(|row| row.iter().map(|arc| i128::from(arc.gain.max(0))).max().unwrap_or(0)).sum::<i128>()
}

/// The rings that lead from each offer to what follows it.
pub(super) fn rings(arcs: &[Arc], next: &[Option<u32>]) -> Vec<FoundMove> {
    let mut seen = vec![false; next.len()];
    let mut rings = Vec::new();
    for start in 0..next.len() as u32 {
        let mut offers = Vec::new();
        let mut offer = start;
        while !std::mem::replace(&mut seen[offer as usize], true)
            && let Some(receive) = next[offer as usize]
        {
            offers.push(offer);
            offer = receive;
        }
        if !offers.is_empty() {
            rings.push(ring(arcs, offers, Unfairness::NONE));
        }
    }
    rings
}

/// A ring with the gains of its arcs.
pub(super) fn ring(arcs: &[Arc], offers: Vec<u32>, unfairness: Unfairness) -> FoundMove {
    let receives = offers.iter().cycle().skip(1);
    let gain = |(&give, &receive)| arcs[arcs.partition_point(|arc| (arc.give, arc.receive) < (give, receive))].gain;
    let gains: Vec<i64> = offers.iter().zip(receives).map(gain).collect();
    FoundMove { offers, points: unfairness.points(&gains).into(), gains: Some(gains) }
}
