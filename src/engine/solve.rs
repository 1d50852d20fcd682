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
//! | `fairest` | swaps and rings, the worst gain first |
//! | `rings` | rings of at most three or four, the most points, or the most accounts and then the most points |
//! | `any_length` | the same for rings of any length |

mod any_length;
mod fairest;
mod rings;
mod swaps;

pub(crate) use swaps::MARGINS_UP_TO;

use super::{arcs::Arcs, plan::Proof, score::Chances, view::View};
use crate::domain::{policy::Objective, units::Points};
use crate::solver::{CapStep, Weight};
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

/// Finds the best set of moves; no set of rings has more points than `in_any_rings`.
pub(crate) fn solve(view: &View<'_>, chances: &[Chances], arcs: &Arcs, caps: &[u32], in_any_rings: Points) -> Solution {
    let terms = &view.policy.plan;
    let asked = AtomicI64::new(0);
    // A count and no clock: the solvers ask one question after the other, on any machine the same.
    let stop = || asked.fetch_add(1, Ordering::Relaxed) >= terms.questions_limit;
    let longest = terms.max_ring.legs();
    match (longest, terms.objective) {
        (Some(2), Objective::Points | Objective::SwapsThenPoints) => most_points_in_swaps(view, chances, caps),
        (Some(2), Objective::WorstGainFirst) => fairest_swaps(view, chances, arcs, caps),
        (Some(longest), Objective::Points) => best_rings(view, arcs, caps, longest, 0, &stop),
        (Some(longest), Objective::SwapsThenPoints) => {
            best_rings(view, arcs, caps, longest, rings::beyond_all_points(view, arcs), &stop)
        }
        (Some(longest), Objective::WorstGainFirst) => {
            let (rings, found) = fairest::rings(view, arcs, caps, longest, &stop);
            let proof = found.optimal.then_some(Proof::FairestShortRings(found.proof));
            fairest_rings(view, arcs, rings, proof, in_any_rings)
        }
        (None, Objective::Points) => {
            best_rings_of_any_length(view, arcs, caps, 0_i64, &stop, |_, cases| Proof::AnyLength { cases })
        }
        (None, Objective::SwapsThenPoints) => {
            let of_leg = i128::from(rings::beyond_all_points(view, arcs));
            let proof = |bound, cases| Proof::AnyLengthServed { bound, cases };
            best_rings_of_any_length(view, arcs, caps, of_leg, &stop, proof)
        }
        (None, Objective::WorstGainFirst) => {
            let found = fairest::rings_of_any_length(view, arcs, caps, &stop);
            let proof = found.optimal.then_some(Proof::FairestRings(found.proof));
            fairest_rings(view, arcs, any_length::rings_of(&found.next), proof, in_any_rings)
        }
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

/// The fairest rings with their proof, or the fairest found: nothing is known then but what bounds all rings.
fn fairest_rings(
    view: &View<'_>,
    arcs: &Arcs,
    rings: Vec<Vec<u32>>,
    proof: Option<Proof>,
    in_any_rings: Points,
) -> Solution {
    Solution {
        margins: vec![None; rings.len()],
        rings,
        components: parts_by_arcs(view, arcs),
        bound: proof.is_none().then_some(in_any_rings),
        proof: proof.unwrap_or(Proof::Stopped),
    }
}

fn best_rings(
    view: &View<'_>,
    arcs: &Arcs,
    caps: &[u32],
    longest: usize,
    of_leg: i64,
    stop: &(dyn Fn() -> bool + Sync),
) -> Solution {
    let found = rings::rings(view, arcs, caps, longest, of_leg, stop);
    Solution {
        margins: vec![None; found.rings.len()],
        components: parts_by_arcs(view, arcs),
        bound: (!found.optimal).then(|| bound_on_points(found.bound.into(), of_leg.into(), &found.rings)),
        rings: found.rings,
        proof: Proof::Rings(found.certificate),
    }
}

fn best_rings_of_any_length<W: Weight + From<i64> + Into<i128>>(
    view: &View<'_>,
    arcs: &Arcs,
    caps: &[u32],
    of_leg: W,
    stop: &(dyn Fn() -> bool + Sync),
    proof: impl Fn(W, Vec<CapStep<W>>) -> Proof,
) -> Solution {
    let found = any_length::rings(view, arcs, caps, of_leg, stop);
    let rings = any_length::rings_of(&found.next);
    Solution {
        margins: vec![None; rings.len()],
        components: parts_by_arcs(view, arcs),
        bound: (!found.optimal).then(|| bound_on_points(found.bound.into(), of_leg.into(), &rings)),
        rings,
        proof: proof(found.bound, found.certificate),
    }
}

/// What a bound on weights leaves for the points of plans in which as many accounts move: no more than all points.
fn bound_on_points(bound: i128, of_leg: i128, rings: &[Vec<u32>]) -> Points {
    let moved: i128 = rings.iter().map(|ring| ring.len() as i128).sum();
    let bound = bound - of_leg * moved;
    Points((if of_leg > 0 { bound.min(of_leg - 1) } else { bound }) as i64)
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
