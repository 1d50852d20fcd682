//! What is possible in a market: the swaps, the arcs and the caps a best plan is chosen from.
//!
//! In goes a view of a market; out comes all that a solver is given. Holds: as of `score`, `arcs` and `caps`.
//! Costs: about a microsecond for each account and rep within reach of each other.
//! Deliberately absent: which moves are best.

use super::{
    arcs::Arcs,
    candidates::{Reached, Received, Search},
    caps::caps,
    plan::Stage,
    report::Dropped,
    rules::Loads,
    score::{Chances, score},
    value::Given,
    view::View,
};
use crate::domain::policy::MaxRing;

/// What is possible.
pub(crate) struct Possible {
    /// The possible swaps of each offer, and what stopped the others.
    pub chances: Vec<Chances>,
    /// What may be received for what.
    pub arcs: Arcs,
    /// The cap of each rep.
    pub caps: Vec<u32>,
    /// Candidates found.
    pub candidates: usize,
    /// Candidates not looked at.
    pub dropped: Dropped,
}

impl Possible {
    /// Finds it; `tell` hears of each stage that is finished.
    pub fn of(view: &View<'_>, mut tell: impl FnMut(Stage)) -> Self {
        let loads = Loads::new(view);
        let given = Given::new(view);
        tell(Stage::View);
        let search = Search::new(view, &given);
        let reached = search.candidates();
        tell(Stage::Candidates);
        let received = Received::new(view, &reached);
        let chances = score(&search, &loads, &reached, &received);
        let arcs = Arcs::new(view, &loads, &given, &received);
        let candidates = reached.iter().map(Reached::count).sum();
        let dropped = Dropped::count(&reached);
        drop(received);
        drop(reached);
        let worst: Vec<_> = match view.policy.plan.max_ring {
            MaxRing::Two => chances.iter().map(|one| (!one.partners.is_empty()).then_some(one.worst)).collect(),
            _ => arcs.worst().to_vec(),
        };
        let caps = caps(view, &loads, &worst);
        tell(Stage::Scores);
        Self { chances, arcs, caps, candidates, dropped }
    }
}
