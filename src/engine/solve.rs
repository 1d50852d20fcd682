//! The best set of possible moves, by what the policy calls best.
//!
//! In go the partners of each offer, all arcs, and the cap of each rep; out come the moves, a bound and their proof.
//! Holds: the moves take no offer twice and keep every cap; nothing depends on threads or on a clock.
//! Costs: stated at each kind of plan.
//! Deliberately absent: meaning. Here an account is a number.
//!
//! | file | which plans it makes |
//! | --- | --- |
//! | `swaps` | swaps, the most points, or the most swaps and then the most points |
//! | `fairest` | swaps, the worst gain first |
//! | `rings` | rings of at most three or four |
//! | `any_length` | rings of any length |

mod any_length;
mod fairest;
mod rings;
mod swaps;

pub(crate) use swaps::MARGINS_UP_TO;

use super::{arcs::Arcs, plan::Proof, score::Chances, view::View};
use crate::domain::{
    policy::{MaxRing, Objective},
    units::Points,
};
use pathfinding::undirected::connected_components;
use std::sync::atomic::{AtomicI64, Ordering};

/// The best set of moves.
pub(crate) struct Solution {
    /// The moves, each with its offers along their arcs, the smallest first, by it.
    pub rings: Vec<Vec<u32>>,
    /// How many parts with a possible move the market falls into.
    pub components: usize,
    /// What no plan exceeds, where the moves may not be the best; absent where they are.
    pub bound: Option<Points>,
    /// Why nothing is better.
    pub proof: Proof,
    /// How many points each move may lose before another plan is as good, where that is known.
    pub margins: Vec<Option<Points>>,
}

/// Finds the best set of moves.
pub(crate) fn solve(view: &View<'_>, chances: &[Chances], arcs: &Arcs, caps: &[u32]) -> Solution {
    let terms = &view.policy.plan;
    let asked = AtomicI64::new(0);
    // A count and no clock: the solvers ask one question after the other, on any machine the same.
    let stop = || asked.fetch_add(1, Ordering::Relaxed) >= terms.questions_limit;
    match (terms.max_ring, terms.objective) {
        (MaxRing::Two, Objective::Points | Objective::SwapsThenPoints) => most_points_in_swaps(view, chances, caps),
        (MaxRing::Two, Objective::WorstGainFirst) => fairest_swaps(view, chances, arcs, caps),
        _ => match terms.max_ring.legs() {
            Some(longest) => most_points_in_rings(view, arcs, caps, longest, &stop),
            None => most_points_in_any_rings(view, arcs, caps, &stop),
        },
    }
}

fn fairest_swaps(view: &View<'_>, chances: &[Chances], arcs: &Arcs, caps: &[u32]) -> Solution {
    let found = fairest::swaps(view, chances, arcs, caps);
    let rings = pairs(&found.mate);
    Solution {
        margins: vec![None; rings.len()],
        rings,
        components: swaps::components(view, chances).len(),
        bound: None,
        proof: Proof::Fairest(found.proof),
    }
}

fn most_points_in_rings(
    view: &View<'_>,
    arcs: &Arcs,
    caps: &[u32],
    longest: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> Solution {
    let found = rings::rings(view, arcs, caps, longest, stop);
    Solution {
        margins: vec![None; found.rings.len()],
        rings: found.rings,
        components: parts_by_arcs(view, arcs),
        bound: (!found.optimal).then_some(Points(found.bound)),
        proof: Proof::Rings(found.certificate),
    }
}

fn most_points_in_any_rings(view: &View<'_>, arcs: &Arcs, caps: &[u32], stop: &(dyn Fn() -> bool + Sync)) -> Solution {
    let found = any_length::rings(view, arcs, caps, stop);
    let rings = any_length::rings_of(&found.next);
    Solution {
        margins: vec![None; rings.len()],
        rings,
        components: parts_by_arcs(view, arcs),
        bound: (!found.optimal).then_some(Points(found.bound)),
        proof: Proof::AnyLength { cases: found.certificate },
    }
}

fn most_points_in_swaps(view: &View<'_>, chances: &[Chances], caps: &[u32]) -> Solution {
    let swaps::Swaps { mate, components, proof, margins } = swaps::best_swaps(view, chances, caps);
    let rings = pairs(&mate);
    let margins = rings.iter().map(|ring| margins[ring[0] as usize]).collect();
    Solution { rings, components, bound: None, proof, margins }
}

/// The pairs of mates, each with the smaller offer first, by it.
fn pairs(mate: &[Option<u32>]) -> Vec<Vec<u32>> {
    let mates = (0..).zip(mate).filter_map(|(offer, &mate)| Some([offer, mate?]));
    mates.filter(|[offer, mate]| offer < mate).map(Vec::from).collect()
}

/// How many parts the market falls into if reps are joined by arcs.
fn parts_by_arcs(view: &View<'_>, arcs: &Arcs) -> usize {
    let owner = |offer: u32| view.owner[offer as usize];
    let joined = |offer: u32| {
        let mut reps: Vec<u32> = arcs.from(offer).iter().map(|arc| owner(arc.received)).collect();
        reps.push(owner(offer));
        reps.sort_unstable();
        reps.dedup();
        reps
    };
    let groups: Vec<Vec<u32>> = (0..).take(view.owner.len()).map(joined).filter(|reps| reps.len() > 1).collect();
    connected_components::components(&groups).len()
}
