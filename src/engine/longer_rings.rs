//! What longer rings could add: a bound on the points of every plan, whatever the length of its moves.
//!
//! In go the arcs; out come the most points that rings of any length could have in all, and the potentials that prove it.
//! Holds: no set of rings that takes no offer twice has more points. It may have fewer: neither caps nor the price of
//! unfairness are counted, so where nobody's cap binds and unfairness costs nothing, the bound is met by some plan.
//! Costs: one assignment problem on all arcs, nearly linear in their number.
//! Deliberately absent: the rings themselves, which nobody has asked for.

use super::{
    arcs::{Arc, Arcs},
    score,
    view::View,
};
use crate::{
    domain::units::Points,
    solver::{
        assignment::{Potentials, best_assignment},
        digraph::{Digraph, DirectedArc},
    },
};

/// A bound on the points of every plan.
pub(crate) struct RingsBound {
    /// The most points.
    pub points: Points,
    /// Why there are no more.
    pub potentials: Potentials,
}

/// Finds the most points that rings of any length could have.
pub(crate) fn rings_bound(view: &View<'_>, arcs: &Arcs) -> RingsBound {
    let assignment = best_assignment(&digraph(view, arcs));
    RingsBound { points: Points(assignment.weight), potentials: assignment.certificate }
}

/// The arcs as the solvers take them: an arc is worth its gain and the ageing of the account given.
pub(crate) fn digraph(view: &View<'_>, arcs: &Arcs) -> Digraph {
    let arcs = arcs.all().map(|&Arc { given, received, gain, .. }| DirectedArc {
        from: given,
        to: received,
        weight: gain.0 + ageing(view, given),
    });
    Digraph::new(view.owner.len(), arcs.collect()).expect("points are bounded by the policy")
}

/// What the nights that an offer has waited add to the points of its move.
pub(crate) fn ageing(view: &View<'_>, offer: u32) -> i64 {
    score::ageing(view, &[offer]).0
}
