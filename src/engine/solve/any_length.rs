//! The set of rings of any length with the most points, or the most accounts that move and then the most points.
//!
//! In go all arcs and the cap of each rep; out come the rings and the proof of a bound that no choice exceeds.
//! Holds: caps are one at most, so that no rep gives twice in one ring; unfairness costs nothing, so that the points of a
//! ring are the sum of its arcs'. The proof is what `solver::verify_capped_assignment` takes for the arcs, the reps as
//! groups, and their caps; where the number of accounts comes first, each arc weighs `of_leg` besides.
//! Costs: an assignment problem, then prices for the caps, and as many cases as `policy.plan.questions_limit` allows.
//! Deliberately absent: parts; the solver finds them itself.

use crate::{
    engine::{arcs::Arcs, longer_rings::digraph, view::View},
    solver::{
        CappedAssignment, Weight, capped_assignment,
        digraph::{Digraph, DirectedArc},
    },
};

/// Chooses the rings, each leg of which weighs `of_leg` besides its points.
pub(super) fn rings<W: Weight + From<i64>>(
    view: &View<'_>,
    arcs: &Arcs,
    caps: &[u32],
    of_leg: W,
    stop: &(dyn Fn() -> bool + Sync),
) -> CappedAssignment<W> {
    let caps: Vec<Option<u32>> = caps.iter().map(|&cap| Some(cap)).collect();
    let arcs = digraph(view, arcs);
    let weighed = arcs.arcs().map(|arc| DirectedArc { from: arc.from, to: arc.to, weight: of_leg + arc.weight.into() });
    let digraph = Digraph::new(view.owner.len(), weighed.collect()).expect("points are bounded by the policy");
    capped_assignment(&digraph, &view.owner, &caps, stop).expect("every offer has its owner's group")
}

/// The rings of what follows each offer, each with its smallest offer first, by it.
pub(super) fn rings_of(next: &[Option<u32>]) -> Vec<Vec<u32>> {
    let mut seen = vec![false; next.len()];
    let mut rings = Vec::new();
    for first in (0_u32..).take(next.len()) {
        let mut ring = Vec::new();
        let mut offer = first;
        while let Some(then) = next[offer as usize].filter(|_| !seen[offer as usize]) {
            seen[offer as usize] = true;
            ring.push(offer);
            offer = then;
        }
        if !ring.is_empty() {
            rings.push(ring);
        }
    }
    rings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ring_is_read_once_from_its_smallest_offer() {
        let next = [Some(3), None, Some(4), Some(0), Some(5), Some(2)];
        assert_eq!(rings_of(&next), [vec![0, 3], vec![2, 4, 5]]);
    }
}
