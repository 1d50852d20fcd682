//! The best matching of a graph in which one thing after another changes.
//!
//! In: a graph, groups with caps as in `caps`, and one [`Change`] after another: a vertex comes or goes,
//! an edge appears, disappears or changes weight, a group gets another cap. Out: after each change a
//! matching of the largest weight that keeps the caps, what a pair would have to weigh to be chosen or
//! given up ([`Planner::margin`]), and on request the proof, for `verify_capped` ([`Planner::proof`]).
//! Holds: the weight is that of a fresh solve; a refused change leaves everything as it was.
//! Costs: a change costs the blossoms around what it touches and a few searches, each of which looks
//! only at its own tree; in sparse markets that does not depend on the size of the graph. Memory is
//! linear. Absent: several changes in one step, and any promise which of several best matchings is
//! taken: it depends on the way the planner came.
//!
//! # Why it is exact
//!
//! Between changes the state is one in which the primal-dual method ends: no edge has negative slack,
//! matched edges have none, and unmatched vertices have a dual of zero (see `matching`). A change at a
//! vertex `v` is made in three steps.
//!
//! 1. *Release* `v`: dissolve the blossoms around it and unmatch it. Duals that this raises keep every
//!    slack from falling; matches that become loose are given up (`release`).
//! 2. Change the edges at `v`, and give `v` the least dual that leaves none of them with negative
//!    slack. No other edge has changed.
//! 3. Search from every vertex left unmatched. The method asks for nothing else to be true before a
//!    search, so that afterwards the state is one in which it ends, and its duals are the proof.
//!
//! # Caps
//!
//! A group of `p` vertices with a cap `b < p` has `p - b` extra vertices, as in `caps`, but each is
//! joined to every vertex of the group, so that a vertex that comes or goes shifts no window: it brings
//! or takes one extra, and only its group is touched. Edges of extras weigh one more than the heaviest
//! edge at the group. The argument of `caps` holds as it stands: the windows are among the edges, so
//! all extras can be matched, and a matching of the largest weight matches them all.
//!
//! When the heaviest edge at a group changes by `d`, so do the edges of its extras. All edges of an
//! extra change alike, so adding `2 d` to twice its dual keeps every slack; only an extra whose dual
//! would fall below zero is released and searched from.
//!
//! The proof is given for the windows of `caps`. Extras of a group are alike, so the vertices matched
//! to them, in ascending order, can be matched to the extras in order; then every match is in a window
//! (`caps`). The matching so made is of the largest weight too, so any best duals prove it, and a graph
//! with fewer edges asks less of them.
//!
//! Dissolving blossoms to go on from a changed graph follows M. Ball and U. Derigs, "An analysis of
//! alternate strategies for implementing matching algorithms" (1983). There the changes are edges priced
//! in by a solver; here they are anybody's.

mod change;
mod changing_rows;
mod groups;
mod margin;
mod proof;
#[cfg(test)]
mod tests;

pub use self::change::{Change, ChangeError, Updated};
pub use self::margin::Margin;
pub use self::proof::Proven;

use self::changing_rows::ChangingRows;
use self::groups::Group;
use super::caps::{CapError, check_groups};
use super::graph::{Arc, Edge, Graph};
use super::matching::family::NONE;
use super::matching::search::Searcher;
use super::matching::solved;
use super::weight::Weight;

/// What a number of a vertex stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// Nothing: the number may be given out.
    Gone,
    /// A vertex of the graph.
    Vertex { group: u32 },
    /// A vertex that keeps the cap of a group.
    Extra { group: u32 },
}

/// A graph that changes, with a matching of the largest weight that keeps the caps.
///
/// Vertices are numbered as in the graph it began with; one that comes gets a number not in use.
#[derive(Clone, Debug)]
pub struct Planner<W: Copy = i64> {
    rows: ChangingRows<W>,
    searcher: Searcher<W>,
    slots: Vec<Slot>,
    /// Numbers that stand for nothing.
    gone: Vec<u32>,
    groups: Vec<Group<W>>,
    /// The weight of the matching without the extras.
    weight: W,
    /// Up to where the journal is in the weight.
    counted: usize,
    /// Vertices to search from before a change is done.
    loose: Vec<u32>,
    /// Numbers to be given back when a change is done.
    removed: Vec<u32>,
}

impl<W: Weight> Planner<W> {
    /// Solves a graph whose vertices are all in one group, number 0, without a cap.
    ///
    /// Cost: one `maximum_weight_matching`, and a copy of the graph.
    pub fn new(graph: &Graph<W>) -> Self {
        Self::capped(graph, &vec![0; graph.vertices()], &[None]).expect("without caps the graph stays as it is")
    }

    /// Solves a graph in which at most `cap_of_group[g]` vertices of group `g` may be matched.
    ///
    /// `group_of[v]` is the group of vertex `v` and an index into `cap_of_group`; `None` is no cap.
    ///
    /// Errors: [`CapError`] as of `capped_matching`.
    ///
    /// Cost: one `maximum_weight_matching` of the graph with, for a group of `p` vertices and a cap
    /// `b < p`, `p - b` more vertices and `p (p - b)` more edges.
    pub fn capped(graph: &Graph<W>, group_of: &[u32], cap_of_group: &[Option<u32>]) -> Result<Self, CapError<W>> {
        check_groups(graph, group_of, cap_of_group)?;
        let mut slots: Vec<Slot> = group_of.iter().map(|&group| Slot::Vertex { group }).collect();
        let mut groups: Vec<Group<W>> = cap_of_group.iter().map(|&cap| Group::new(cap)).collect();
        for (vertex, &group) in (0u32..).zip(group_of) {
            groups[group as usize].take_in(vertex, graph.neighbours(vertex));
        }
        let mut edges: Vec<Edge<W>> = graph.edges().collect();
        for (number, group) in (0u32..).zip(&mut groups) {
            for _ in 0..group.extras_wanted() {
                let extra = slots.len() as u32;
                slots.push(Slot::Extra { group: number });
                group.extras.push(extra);
                edges.extend(group.edges_of_extra(extra));
            }
        }
        let with_extras = Graph::new(slots.len(), edges).map_err(CapError::Gadget)?;
        let mut planner = Self {
            rows: ChangingRows::new(&with_extras),
            searcher: solved(&with_extras),
            slots,
            gone: Vec::new(),
            groups,
            weight: W::ZERO,
            counted: 0,
            loose: Vec::new(),
            removed: Vec::new(),
        };
        let mates = (0..graph.vertices() as u32).map(|vertex| planner.mate(vertex));
        planner.weight = graph.weight_of(&mates.collect::<Vec<_>>());
        Ok(planner)
    }

    /// Returns the weight of the matching.
    pub fn weight(&self) -> W {
        self.weight
    }

    /// Returns the partner of a vertex in the matching, if it has one; a number that stands for no
    /// vertex has none.
    pub fn mate(&self, vertex: u32) -> Option<u32> {
        if !self.is_vertex(vertex) {
            return None;
        }
        Some(self.searcher.family().mate(vertex)).filter(|&mate| mate != NONE && self.is_vertex(mate))
    }

    /// Says whether a number stands for a vertex.
    pub fn is_vertex(&self, vertex: u32) -> bool {
        matches!(self.slots.get(vertex as usize), Some(Slot::Vertex { .. }))
    }

    /// Returns the number from which on no number stands for a vertex.
    pub fn numbers(&self) -> usize {
        self.slots.len()
    }

    /// Returns the edges of a vertex as arcs, ascending by the far end; none if there is no such vertex.
    pub fn neighbours(&self, vertex: u32) -> impl Iterator<Item = Arc<W>> + '_ {
        let row = if self.is_vertex(vertex) { self.rows.row(vertex) } else { &[] };
        row.iter().copied().filter(|arc| self.is_vertex(arc.to))
    }

    /// Returns the weight of the edge between two vertices, or zero if there is none.
    pub fn weight_between(&self, u: u32, v: u32) -> W {
        if self.is_vertex(u) && self.is_vertex(v) { self.rows.weight_between(u, v) } else { W::ZERO }
    }

    /// Gives a released vertex the least dual that leaves no edge at it with negative slack.
    fn set_least_dual(&mut self, vertex: u32) {
        let family = self.searcher.family();
        let asked = self.rows.row(vertex).iter().map(|arc| arc.weight.doubled() - family.dual_2x(arc.to));
        let least_2x = asked.max().unwrap_or(W::ZERO).max(W::ZERO);
        self.searcher.family_mut().set_dual_2x(vertex, least_2x);
    }

    /// Brings the weight up to date with the matches changed since it was last.
    ///
    /// Before: edges matched then still weigh what they weighed.
    fn count_matches(&mut self) {
        let family = self.searcher.family();
        let changed = family.changed_mates(self.counted);
        let pair = |u: u32, v: u32| u < v && v != NONE && self.is_vertex(u) && self.is_vertex(v);
        let weigh = |(u, v): (u32, u32)| if pair(u, v) { self.rows.weight_between(u, v) } else { W::ZERO };
        let lost = changed.iter().copied().map(weigh).fold(self.weight, W::sub);
        let with_mates = changed.iter().map(|&(vertex, _)| (vertex, family.mate(vertex)));
        self.weight = with_mates.map(weigh).fold(lost, W::add);
        self.counted = family.journal_length();
    }

    fn begin(&mut self) {
        self.searcher.family_mut().begin_journal();
        self.counted = 0;
    }

    /// Releases a vertex whose edges are to change.
    fn release(&mut self, vertex: u32) {
        self.searcher.family_mut().release(vertex, &mut self.loose);
        self.count_matches();
    }

    /// Gives released vertices a dual and makes the matching best again.
    fn finish(&mut self, released: &[u32]) {
        for &vertex in released {
            self.set_least_dual(vertex);
        }
        for root in self.loose.drain(..) {
            self.searcher.search(&self.rows, root);
        }
        self.count_matches();
    }
}
