//! What finds the plan of the largest weight, and what its duals say of all such plans.
//!
//! In: edges with weights. Out: a plan, and for each edge whether a plan of as much weight may use it, with its new
//! share. Holds: the plans of the largest weight are those with the largest sum of the new shares on edges that may
//! be used. Costs: one matching or one assignment. Absent: what the weights mean.
//!
//! Of matchings, those of the largest weight use only edges without slack, match every vertex with a dual, and
//! fill every blossom with a dual: an edge has a share for each such vertex at its ends and each such blossom
//! around it. Of assignments, they use only arcs without slack, and leave every vertex that may not stay because its
//! potentials come to more than nothing: an arc has a share if it leaves such a vertex.

use super::cover::Cover;
use crate::solver::assignment::{Assignment, Potentials, improved_assignment};
use crate::solver::certificate::Certificate;
use crate::solver::digraph::{Digraph, DirectedArc, most_in_all};
use crate::solver::graph::{Edge, Graph};
use crate::solver::matching::{Matching, maximum_weight_matching};
use crate::solver::weight::Weight;

/// An edge between two vertices, or an arc from the first to the second, with its weight.
pub(in crate::solver::objective) type Weighed = (u32, u32, i128);

/// What duals say of an edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::solver::objective) struct Paid {
    /// Whether it has no slack.
    pub is_tight: bool,
    /// Its new share.
    pub share: u32,
}

/// A dual solution, and how it is found.
pub(in crate::solver::objective) trait Duals: Sized {
    /// How many edges of a plan may meet at a vertex.
    const EDGES_AT_VERTEX: i128;

    /// Returns the largest weight, in either sign, that every edge among so many vertices may have.
    fn largest_weight(vertices: usize) -> i128;

    /// Returns what the plan of the largest weight joins each vertex to, and its duals; `None` if the numbers are too
    /// large. The plan so far, `joined_to`, is likely to be near to it.
    fn solve(joined_to: &[Option<u32>], edges: impl Iterator<Item = Weighed>) -> Option<(Vec<Option<u32>>, Self)>;

    /// Says of each edge what the duals pay for it.
    fn pay(&self, edges: impl Iterator<Item = Weighed>) -> Vec<Paid>;
}

impl Duals for Certificate<i128> {
    const EDGES_AT_VERTEX: i128 = 1;

    fn largest_weight(vertices: usize) -> i128 {
        i128::LIMIT.min(i128::MAX / (vertices as i128 / 2 + 1))
    }

    fn solve(joined_to: &[Option<u32>], edges: impl Iterator<Item = Weighed>) -> Option<(Vec<Option<u32>>, Self)> {
        let graph = Graph::new(joined_to.len(), edges.map(|(u, v, weight)| Edge { u, v, weight }).collect()).ok()?;
        let Matching { mate, certificate, .. } = maximum_weight_matching(&graph);
        Some((mate, certificate))
    }

    fn pay(&self, edges: impl Iterator<Item = Weighed>) -> Vec<Paid> {
        let cover = Cover::new(self);
        let pay = |(u, v, weight)| {
            let paid = cover.paid(u, v);
            Paid { is_tight: paid.sum_2x == 2 * weight, share: paid.payers }
        };
        edges.map(pay).collect()
    }
}

impl Duals for Potentials<i128> {
    const EDGES_AT_VERTEX: i128 = 2;

    fn largest_weight(vertices: usize) -> i128 {
        most_in_all::<i128>() / (vertices as i128 + 1)
    }

    fn solve(joined_to: &[Option<u32>], edges: impl Iterator<Item = Weighed>) -> Option<(Vec<Option<u32>>, Self)> {
        let arcs = edges.map(|(from, to, weight)| DirectedArc { from, to, weight }).collect();
        let digraph = Digraph::new(joined_to.len(), arcs).ok()?;
        let Assignment { next, certificate, .. } = improved_assignment(&digraph, joined_to);
        Some((next, certificate))
    }

    fn pay(&self, edges: impl Iterator<Item = Weighed>) -> Vec<Paid> {
        let sum = |from: u32, to: u32| self.from[from as usize] + self.to[to as usize];
        edges.map(|(u, v, weight)| Paid { is_tight: sum(u, v) == weight, share: u32::from(sum(u, u) > 0) }).collect()
    }
}
