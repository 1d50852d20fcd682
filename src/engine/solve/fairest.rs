//! The set of possible moves with the largest smallest gain, then the next, and so on; then the most points.
//!
//! In go the partners of each offer or all arcs, what each side of a move gains, and the cap of each rep; out come the
//! moves and their proof.
//! Holds: the proof is what the verifiers of `solver::objective` take for all possible swaps, rings or arcs, the reps as
//! groups, and their caps. These are one at most, so that the gain of a rep is that of one move; no gain is below
//! nothing.
//! Costs: for swaps, a chain of matchings, which is never ended early; for rings, a chain of packings, each a branch and
//! bound, which end after `policy.plan.questions_limit` questions.
//! Deliberately absent: parts; the whole market is solved at once.

use super::rings::points_of_ring;
use crate::{
    domain::units::Points,
    engine::{
        arcs::Arcs,
        longer_rings::{ageing, digraph},
        score::Chances,
        view::{View, index},
    },
    solver::{
        objective::{
            BestSwaps, Column, FairestColumns, FairestRings, Objective, RingArc, Swap, best_swaps, fairest_columns,
            fairest_rings,
        },
        rings::cycles::each_cycle,
    },
};

/// Chooses among the swaps.
pub(super) fn swaps(view: &View<'_>, chances: &[Chances], arcs: &Arcs, caps: &[u32]) -> BestSwaps {
    let gain = |given: u32, received: u32| arcs.gain(given, received).expect("a swap is two arcs").0;
    let swaps: Vec<Swap> = (0..index(chances.len()))
        .flat_map(|u| {
            let later = chances[u as usize].partners.iter().filter(move |&&(v, _)| u < v);
            later.map(move |&(v, points)| Swap { u, v, points: points.0, gains: [gain(u, v), gain(v, u)] })
        })
        .collect();
    let found = best_swaps(chances.len(), &swaps, &view.owner, &some(caps), Objective::WorstGainFirst, &|| false);
    found.expect("points are bounded by the policy")
}

/// Chooses among the rings of at most `longest` legs; returns what it chose, and why nothing is fairer where it knows.
pub(super) fn rings(
    view: &View<'_>,
    arcs: &Arcs,
    caps: &[u32],
    longest: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> (Vec<Vec<u32>>, FairestColumns) {
    let mut columns = Vec::new();
    each_cycle(&digraph(view, arcs), longest, |ring, weights| {
        let points = points_of_ring(view, ring, weights);
        if points > Points::ZERO {
            let gains = ring.iter().zip(weights).map(|(&offer, &weight)| weight - ageing(view, offer)).collect();
            columns.push(Column { vertices: ring.to_vec(), gains, points: points.0 });
        }
    });
    let found = fairest_columns(&columns, &view.owner, &some(caps), stop).expect("points are bounded by the policy");
    let mut rings: Vec<Vec<u32>> = found.chosen.iter().map(|&one| columns[one as usize].vertices.clone()).collect();
    rings.sort_unstable();
    (rings, found)
}

/// Chooses among the rings of any length.
pub(super) fn rings_of_any_length(
    view: &View<'_>,
    arcs: &Arcs,
    caps: &[u32],
    stop: &(dyn Fn() -> bool + Sync),
) -> FairestRings {
    let arcs = arcs.all().map(|arc| RingArc {
        from: arc.given,
        to: arc.received,
        gain: arc.gain.0,
        points: arc.gain.0 + ageing(view, arc.given),
    });
    let arcs: Vec<RingArc> = arcs.collect();
    let found = fairest_rings(view.owner.len(), &arcs, &view.owner, &some(caps), stop);
    found.expect("points are bounded by the policy")
}

fn some(caps: &[u32]) -> Vec<Option<u32>> {
    caps.iter().map(|&cap| Some(cap)).collect()
}
