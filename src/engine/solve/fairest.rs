//! The set of possible swaps with the largest smallest gain, then the next, and so on; then the most points.
//!
//! In go the partners of each offer, what each side of a swap gains, and the cap of each rep; out come the swaps and
//! their proof.
//! Holds: the proof is what the verifier of `solver::objective` takes for all possible swaps, the reps as groups, and
//! their caps. These are one at most, so that the gain of a rep is that of one swap; no gain is below nothing.
//! Costs: a chain of matchings; it is never ended early, for of a plan half made fair nothing could be proven.
//! Deliberately absent: parts; the whole market is solved at once.

use crate::{
    engine::{
        arcs::Arcs,
        score::Chances,
        view::{View, index},
    },
    solver::objective::{BestSwaps, Objective, Swap, best_swaps},
};

/// Chooses the swaps.
pub(super) fn swaps(view: &View<'_>, chances: &[Chances], arcs: &Arcs, caps: &[u32]) -> BestSwaps {
    let gain = |given: u32, received: u32| arcs.gain(given, received).expect("a swap is two arcs").0;
    let swaps: Vec<Swap> = (0..index(chances.len()))
        .flat_map(|u| {
            let later = chances[u as usize].partners.iter().filter(move |&&(v, _)| u < v);
            later.map(move |&(v, points)| Swap { u, v, points: points.0, gains: [gain(u, v), gain(v, u)] })
        })
        .collect();
    let caps: Vec<Option<u32>> = caps.iter().map(|&cap| Some(cap)).collect();
    let found = best_swaps(chances.len(), &swaps, &view.owner, &caps, Objective::WorstGainFirst, &|| false);
    found.expect("points are bounded by the policy")
}
