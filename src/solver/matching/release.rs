//! Between two searches: takes a vertex out of its blossoms and out of its match.
//!
//! In: a family as a search leaves it, and a vertex. Out: the same family with the vertex unmatched
//! and in no blossom, so that its edges may change and its dual may be set anew.
//! Holds: no slack falls; edges inside a dissolved blossom keep theirs; matched edges and the cycles of
//! blossoms still have none. Costs: linear in the vertices of the outermost blossom.
//! Absent: making up for it; the vertices left unmatched are listed for searches to come.
//!
//! A blossom of dual `z` may be dissolved by giving each of its vertices `z / 2`: inside, `y_u + y_v + z`
//! is then `y_u + y_v`. Edges that leave it gain slack, so the match of its base, if any, is given up.

use std::iter::successors;

use super::family::{Family, NONE};
use crate::solver::weight::Weight;

impl<W: Weight> Family<W> {
    /// Dissolves the blossoms around a vertex from the outermost inwards, and unmatches it.
    ///
    /// Appends the vertices left unmatched to `loose`, among them the vertex.
    pub fn release(&mut self, vertex: u32, loose: &mut Vec<u32>) {
        // Its blossoms, each followed by the one it is in.
        let around: Vec<u32> = successors(Some(vertex), |&node| self.parent(node)).collect();
        // What each vertex of the blossom at hand is given for those dissolved around it.
        let mut given_2x = W::ZERO;
        for index in (1..around.len()).rev() {
            let (inner, node) = (around[index - 1], around[index]);
            let dual_2x = self.blossom_dual_2x(node);
            if dual_2x > W::ZERO {
                self.raise_blossom(node, -dual_2x);
                self.unmatch(self.base(node), loose);
                given_2x += dual_2x.halved();
            }
            let others = self.open_blossom(node).into_iter().map(|link| link.child).filter(|&child| child != inner);
            self.reuse(node);
            self.make_outermost(others.collect(), given_2x);
        }
        self.make_outermost(vec![vertex], given_2x);
        self.unmatch(vertex, loose);
    }

    /// Makes outermost nodes of some nodes, or of what is inside those blossoms that have no dual, and
    /// adds to twice the duals of their vertices.
    fn make_outermost(&mut self, mut nodes: Vec<u32>, given_2x: W) {
        let mut vertices = Vec::new();
        while let Some(node) = nodes.pop() {
            if self.is_blossom(node) && self.blossom_dual_2x(node) == W::ZERO {
                nodes.extend(self.open_blossom(node).iter().map(|link| link.child));
                self.reuse(node);
                continue;
            }
            vertices.clear();
            self.collect_vertices(node, &mut vertices);
            for &vertex in &vertices {
                self.set_top(vertex, node);
                self.set_dual_2x(vertex, self.dual_2x(vertex) + given_2x);
            }
        }
    }

    fn unmatch(&mut self, vertex: u32, loose: &mut Vec<u32>) {
        loose.push(vertex);
        let mate = self.mate(vertex);
        if mate != NONE {
            loose.push(mate);
            self.set_mate(vertex, NONE);
            self.set_mate(mate, NONE);
        }
    }
}
