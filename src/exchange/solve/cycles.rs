//! The best rings of a market.
//!
//! In: a market of arcs and what is asked of it. Out: rings, from the solver's assignments where they may have any
//! length.
//! Holds: where more reps served come before more points, every arc weighs more than all points together, so that no
//! points make up for a rep. Costs: the solver's. Absent: swaps alone, which `swaps` finds faster.

use super::{Found, FoundMove, Stop, too_large};
use crate::exchange::certificate::Proof;
use crate::exchange::market::{Arc, Chances, Market};
use crate::exchange::options::{Objective, Options};
use crate::exchange::result::Status;
use crate::solver::{CapStep, Digraph, DirectedArc, Weight, capped_assignment};

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
        Objective::WorstGainFirst => Err("worst-gain-first is not asked of rings of any length".to_owned()),
    }
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
        components: components(market.offers(), arcs),
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
fn arcs(market: &Market) -> &[Arc] {
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
fn rings(arcs: &[Arc], next: &[Option<u32>]) -> Vec<FoundMove> {
    let mut seen = vec![false; next.len()];
    let mut rings = Vec::new();
    for start in 0..next.len() as u32 {
        let (mut offers, mut gains) = (Vec::new(), Vec::new());
        let mut offer = start;
        while !std::mem::replace(&mut seen[offer as usize], true)
            && let Some(receive) = next[offer as usize]
        {
            let at = arcs.partition_point(|arc| (arc.give, arc.receive) < (offer, receive));
            offers.push(offer);
            gains.push(arcs[at].gain);
            offer = receive;
        }
        if !offers.is_empty() {
            let points = gains.iter().copied().map(i128::from).sum();
            rings.push(FoundMove { offers, points, gains: Some(gains) });
        }
    }
    rings
}

/// Counts the strongly connected components of two offers or more.
///
/// Each offer is visited once, depth first, and its component is closed when nothing leads above it (R. Tarjan,
/// "Depth-first search and linear graph algorithms", 1972), with a list in place of recursion.
fn components(offers: usize, arcs: &[Arc]) -> usize {
    const UNSEEN: u32 = u32::MAX;
    let first = |offer: u32| arcs.partition_point(|arc| arc.give < offer);
    let mut lowest = vec![UNSEEN; offers];
    let mut closed = vec![false; offers];
    let (mut open, mut path): (Vec<u32>, Vec<(u32, u32, usize)>) = (Vec::new(), Vec::new());
    let (mut visited, mut found) = (0, 0);
    for start in 0..offers as u32 {
        if lowest[start as usize] != UNSEEN {
            continue;
        }
        let mut enter = Some(start);
        loop {
            if let Some(offer) = enter.take() {
                lowest[offer as usize] = visited;
                open.push(offer);
                path.push((offer, visited, first(offer)));
                visited += 1;
            }
            let Some((offer, number, arc)) = path.last_mut() else { break };
            match arcs.get(*arc).filter(|arc| arc.give == *offer) {
                Some(&Arc { receive, .. }) => {
                    *arc += 1;
                    if lowest[receive as usize] == UNSEEN {
                        enter = Some(receive);
                    } else if !closed[receive as usize] {
                        lowest[*offer as usize] = lowest[*offer as usize].min(lowest[receive as usize]);
                    }
                }
                None => {
                    let (offer, number) = (*offer, *number);
                    path.pop();
                    let low = lowest[offer as usize];
                    if low == number {
                        let size = open.iter().rev().take_while(|&&above| above != offer).count() + 1;
                        for member in open.drain(open.len() - size..) {
                            closed[member as usize] = true;
                        }
                        found += usize::from(size > 1);
                    } else if let Some(&(above, ..)) = path.last() {
                        lowest[above as usize] = lowest[above as usize].min(low);
                    }
                }
            }
        }
    }
    found
}
