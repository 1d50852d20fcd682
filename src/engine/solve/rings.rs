//! The set of possible rings of at most three or four with the most points.
//!
//! In go all arcs and the cap of each rep; out come the rings and the proof of a bound that no choice exceeds.
//! Holds: no rep gives twice in one ring; the proof is what `solver::rings::verify_rings` takes for the arcs, the reps as
//! groups, their caps, and the points of [`points_of_ring`].
//! Costs: every ring is listed; then a branch and bound, which ends after `policy.plan.questions_limit` questions.
//! Deliberately absent: parts; the solver finds them itself.

use crate::{
    domain::units::{Minutes, Points},
    engine::{
        arcs::Arcs,
        longer_rings::{ageing, digraph},
        score::{nights_waited, points},
        view::View,
    },
    solver::rings::{LONGEST, RingProblem, Rings, best_rings},
};

/// Chooses the rings of at most `longest` legs.
pub(super) fn rings(
    view: &View<'_>,
    arcs: &Arcs,
    caps: &[u32],
    longest: usize,
    stop: &(dyn Fn() -> bool + Sync),
) -> Rings {
    let digraph = digraph(view, arcs);
    let caps: Vec<Option<u32>> = caps.iter().map(|&cap| Some(cap)).collect();
    let problem = RingProblem {
        digraph: &digraph,
        longest,
        points: &|ring: &[u32], weights: &[i64]| points_of_ring(view, ring, weights).0,
        group_of: &view.owner,
        cap_of_group: &caps,
    };
    best_rings(&problem, stop)
}

/// What a ring is worth, from its offers along the arcs and the weights of these; nothing where a rep would give twice.
fn points_of_ring(view: &View<'_>, ring: &[u32], weights: &[i64]) -> Points {
    let owner = |offer: u32| view.owner[offer as usize];
    if (1..ring.len()).any(|at| ring[..at].iter().any(|&other| owner(other) == owner(ring[at]))) {
        return Points::ZERO;
    }
    let mut gains = [Minutes::ZERO; LONGEST];
    for (gain, (&offer, &weight)) in gains.iter_mut().zip(ring.iter().zip(weights)) {
        *gain = Minutes(weight - ageing(view, offer));
    }
    points(&view.policy.points, &gains[..ring.len()], nights_waited(view, ring))
}
