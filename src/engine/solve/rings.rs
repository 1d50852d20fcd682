//! The set of possible rings of at most three or four with the most points, or the most accounts that move and then the
//! most points.
//!
//! In go all arcs and the cap of each rep; out come the rings and the proof of a bound that no choice exceeds.
//! Holds: no rep gives twice in one ring; the proof is what `solver::rings::verify_rings` takes for the arcs, the reps as
//! groups, their caps, and the points of [`points_of_ring`]. Where the number of accounts comes first, each arc weighs
//! [`beyond_all_points`] more.
//! Costs: every ring is listed; then a branch and bound, which ends after `policy.plan.questions_limit` questions.
//! Deliberately absent: parts; the solver finds them itself.

use crate::{
    domain::units::{Minutes, Points},
    engine::{
        arcs::Arcs,
        longer_rings::{ageing, digraph},
        score::{self, points},
        view::{View, index},
    },
    solver::{
        digraph::{Digraph, DirectedArc},
        rings::{LONGEST, RingProblem, Rings, best_rings},
    },
};

/// Chooses the rings of at most `longest` legs, each leg of which weighs `of_leg` besides its points.
pub(super) fn rings(
    view: &View<'_>,
    arcs: &Arcs,
    caps: &[u32],
    longest: usize,
    of_leg: i64,
    stop: &(dyn Fn() -> bool + Sync),
) -> Rings {
    let arcs = digraph(view, arcs).arcs().map(|arc| DirectedArc { weight: arc.weight + of_leg, ..arc }).collect();
    let digraph = Digraph::new(view.owner.len(), arcs).expect("points are bounded by the policy");
    let caps: Vec<Option<u32>> = caps.iter().map(|&cap| Some(cap)).collect();
    let problem = RingProblem {
        digraph: &digraph,
        longest,
        points: &|ring: &[u32], weights: &[i64]| {
            let mut own = [0; LONGEST];
            own.iter_mut().zip(weights).for_each(|(own, weight)| *own = weight - of_leg);
            match points_of_ring(view, ring, &own[..ring.len()]).0 {
                none if none <= 0 => 0,
                points => points + of_leg * ring.len() as i64,
            }
        },
        group_of: &view.owner,
        cap_of_group: &caps,
    };
    best_rings(&problem, stop)
}

/// More than the points of every plan: of the arcs from each offer only one is taken.
pub(super) fn beyond_all_points(view: &View<'_>, arcs: &Arcs) -> i64 {
    let most = |offer: u32| {
        let gains = arcs.from(offer).iter().map(|arc| arc.gain.0 + ageing(view, offer));
        gains.max().unwrap_or(0).max(0)
    };
    1 + (0..index(view.owner.len())).map(most).sum::<i64>()
}

/// What a ring is worth, from its offers along the arcs and the weights of these; nothing where a rep would give twice.
pub(super) fn points_of_ring(view: &View<'_>, ring: &[u32], weights: &[i64]) -> Points {
    let owner = |offer: u32| view.owner[offer as usize];
    if (1..ring.len()).any(|at| ring[..at].iter().any(|&other| owner(other) == owner(ring[at]))) {
        return Points::ZERO;
    }
    let mut gains = [Minutes::ZERO; LONGEST];
    for (gain, (&offer, &weight)) in gains.iter_mut().zip(ring.iter().zip(weights)) {
        *gain = Minutes(weight - ageing(view, offer));
    }
    points(&view.policy.points, &gains[..ring.len()], score::ageing(view, ring))
}
