//! Between two searches: takes a vertex out of its blossoms and out of its match.
//!
//! In: a family as a search leaves it, and a vertex. Out: the same family with the vertex unmatched
//! and in no blossom, so that its edges may change and its dual may be set anew.
//! Holds: no slack falls; edges inside a dissolved blossom keep theirs; matched edges and the cycles of
//! blossoms still have none. Costs: linear in the vertices of the blossoms dissolved, times their depth.
//! Absent: making up for it; the vertices left unmatched are listed for searches to come.
//!
//! A blossom of dual `z` may be dissolved by giving each of its vertices `z / 2`: inside, `y_u + y_v + z`
//! is then `y_u + y_v`. Edges that leave it gain slack, so the match of its base, if any, is given up.

use super::family::{Family, NONE};
use crate::solver::weight::Weight;

impl<W: Weight> Family<W> {
    /// Dissolves the blossoms around a vertex from the outermost inwards, and unmatches it.
    ///
    /// Appends the vertices left unmatched to `loose`, among them the vertex.
    pub fn release(&mut self, vertex: u32, loose: &mut Vec<u32>) {
        while self.top(vertex) != vertex {
            self.dissolve(self.top(vertex), loose);
        }
        self.unmatch(vertex, loose);
    }

    /// Dissolves an outermost blossom, and those inside that have no dual.
    fn dissolve(&mut self, blossom: u32, loose: &mut Vec<u32>) {
        let mut vertices = Vec::new();
        let dual_2x = self.blossom_dual_2x(blossom);
        if dual_2x > W::ZERO {
            self.raise_blossom(blossom, -dual_2x);
            self.collect_vertices(blossom, &mut vertices);
            for &vertex in &vertices {
                self.set_dual_2x(vertex, self.dual_2x(vertex) + dual_2x.halved());
            }
            self.unmatch(self.base(blossom), loose);
        }
        let mut pending = vec![blossom];
        while let Some(node) = pending.pop() {
            if self.is_blossom(node) && self.blossom_dual_2x(node) == W::ZERO {
                let cycle = self.open_blossom(node);
                self.reuse(node);
                pending.extend(cycle.iter().map(|link| link.child));
            } else {
                vertices.clear();
                self.collect_vertices(node, &mut vertices);
                for &vertex in &vertices {
                    self.set_top(vertex, node);
                }
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
