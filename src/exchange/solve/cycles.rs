//! The best rings of a market.
//!
//! In: a market of arcs and what is asked of it. Out: rings, from the solver's assignments where they may have any
//! length.
//! Holds: where more reps served come before more points, every arc weighs more than all points together, so that no
//! points make up for a rep. Costs: the solver's. Absent: swaps alone, which `swaps` finds faster.

use super::{Found, FoundMove, too_large};
use crate::exchange::certificate::Proof;
use crate::exchange::market::{Arc, Chances, Market};
use crate::exchange::options::{Objective, Options};
use crate::exchange::result::Status;
use crate::solver::{Digraph, DirectedArc, best_assignment};

/// Finds the best rings of any length.
///
/// Errors: as `solve`; and if caps bind.
pub(super) fn of_any_length(market: &Market, options: &Options) -> Result<Found, String> {
    let arcs = arcs(market);
    if let Some(rep) = bound_by_a_cap(market, options) {
        return Err(format!(
            "--max-ring unlimited: no cap may bind, and rep {:?} has more offers than moves allowed",
            market.rep_id(rep)
        ));
    }
    let (next, proof) = match options.objective {
        Objective::Points => {
            let weighed = arcs.iter().map(|arc| directed(arc, arc.gain)).collect();
            let best = best_assignment(&Digraph::new(market.offers(), weighed).map_err(too_large)?);
            (best.next, Proof::Unlimited(best.certificate))
        }
        Objective::SwapsThenPoints => {
            let served = more_than_all_points(arcs);
            let weighed = arcs.iter().map(|arc| directed(arc, served + i128::from(arc.gain))).collect();
            let best = best_assignment(&Digraph::new(market.offers(), weighed).map_err(too_large)?);
            (best.next, Proof::UnlimitedServed(best.certificate))
        }
        Objective::WorstGainFirst => return Err("worst-gain-first is not asked of rings".to_owned()),
    };
    Ok(Found {
        moves: rings(arcs, &next),
        status: Status::Optimal,
        bound: None,
        components: components(market.offers(), arcs),
        proof,
    })
}

/// The first rep with more offers than moves allowed.
fn bound_by_a_cap(market: &Market, options: &Options) -> Option<u32> {
    let caps = market.caps(options.max_moves_per_rep.0);
    let mut offers = vec![0_u32; caps.len()];
    for &rep in market.rep_of() {
        offers[rep as usize] += 1;
    }
    let binds = |(offers, cap): (&u32, &Option<u32>)| cap.is_some_and(|cap| *offers > cap);
    offers.iter().zip(&caps).position(binds).map(|rep| rep as u32)
}

/// The arcs of a market; ready-made moves are swaps, of which nothing is asked here.
fn arcs(market: &Market) -> &[Arc] {
    match market.chances() {
        Chances::Arcs(arcs) => arcs,
        Chances::Moves(_) => &[],
    }
}

fn directed<W>(arc: &Arc, weight: W) -> DirectedArc<W> {
    DirectedArc { from: arc.give, to: arc.receive, weight }
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
