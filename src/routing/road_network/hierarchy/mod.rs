//! A contraction hierarchy: a graph on which shortest paths only climb and then only descend.
//!
//! In goes a graph; out comes a [`Hierarchy`] that answers many-to-many ([`table`]) and single paths ([`path`]).
//! Holds: states are numbered by importance, 0 the most important, so that every arc of [`Hierarchy::up`] leads to a
//! smaller number and every arc of [`Hierarchy::down`] comes from one; a shortcut goes over a state less important than
//! both its ends. A path that climbs and then descends costs as much as the best in the graph it was made of.
//! Costs: what each part says.
//! Source: Geisberger, Sanders, Schultes, Vetter, "Exact Routing in Large Road Networks Using Contraction Hierarchies",
//! 2012.

pub mod contract;
pub mod cuts;
pub mod path;
pub mod table;

use super::cost::Cost;

/// Where no shortcut is.
pub const NO_MIDDLE: u32 = u32::MAX;

/// A cost on the way to or from a state, where a search begins or ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seed {
    /// The state.
    pub state: u32,
    /// What it costs to get there, or from there.
    pub cost: Cost,
}

/// Arcs in rows, one row a state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// Where each row begins, and one more.
    pub first: Vec<u32>,
    /// The other end of each arc, more important than the row's state.
    pub ends: Vec<u32>,
    /// What each costs.
    pub costs: Vec<Cost>,
    /// The state a shortcut goes over, or [`NO_MIDDLE`].
    pub middles: Vec<u32>,
}

impl Rows {
    /// The other ends of a state's arcs, with what they cost.
    pub fn row(&self, state: u32) -> impl ExactSizeIterator<Item = (u32, Cost)> + '_ {
        let range = self.range(state);
        self.ends[range.clone()].iter().copied().zip(self.costs[range].iter().copied())
    }

    fn range(&self, state: u32) -> std::ops::Range<usize> {
        self.first[state as usize] as usize..self.first[state as usize + 1] as usize
    }

    /// The best arc between a state and another, with the state it goes over.
    fn best(&self, state: u32, end: u32) -> Option<(Cost, u32)> {
        self.range(state)
            .filter(|arc| self.ends[*arc] == end)
            .map(|arc| (self.costs[arc], self.middles[arc]))
            .min_by_key(|(cost, _)| *cost)
    }
}

/// A graph with shortcuts, in order of importance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hierarchy {
    /// The arcs from each state to more important ones.
    pub up: Rows,
    /// The arcs to each state from more important ones.
    pub down: Rows,
}

impl Hierarchy {
    /// How many states there are.
    pub fn states(&self) -> usize {
        self.up.first.len().saturating_sub(1)
    }
}
