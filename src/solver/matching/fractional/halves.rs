//! The odd cycles whose edges count one half.
//!
//! In: two `S` vertices that meet, or a vertex of a cycle. Out: a cycle of halves of the way between them, or the
//! vertices of the cycle matched in pairs, but one. Holds: a vertex on a cycle has a next one and no mate.
//! Costs: linear in the ways to the root, and in the cycle. Absent: duals; the edges of a cycle have no slack and
//! keep none.

use super::Region;
use crate::solver::matching::family::NONE;
use crate::solver::weight::Weight;

impl<W: Weight> Region<'_, W> {
    /// Makes a cycle of halves of the odd cycle closed by two `S` vertices.
    pub(super) fn close_cycle(&mut self, x: u32, y: u32) {
        let (way_x, way_y) = self.ways_to_meeting(x, y);
        let meeting = way_x[way_x.len() - 1];
        self.rematch_to_root(meeting, NONE);
        let cycle: Vec<u32> = way_x.into_iter().rev().chain(way_y).collect();
        for (index, &vertex) in cycle.iter().enumerate() {
            let next = cycle[(index + 1) % cycle.len()];
            let state = self.vertex_mut(vertex);
            state.mate = NONE;
            state.next = next;
        }
    }

    /// Returns the ways up from two `S` vertices to the lowest vertex above or at both, the first
    /// way with it and the second without.
    ///
    /// Cost: linear in the ways to the root.
    fn ways_to_meeting(&self, x: u32, y: u32) -> (Vec<u32>, Vec<u32>) {
        let (mut way_x, mut way_y) = (self.way_to_root(x), self.way_to_root(y));
        while way_x.len() > 1 && way_y.len() > 1 && way_x[way_x.len() - 2] == way_y[way_y.len() - 2] {
            way_x.truncate(way_x.len() - 2);
            way_y.truncate(way_y.len() - 2);
        }
        way_y.pop();
        (way_x, way_y)
    }

    fn way_to_root(&self, vertex: u32) -> Vec<u32> {
        let mut way = vec![vertex];
        let mut mate = self.vertex(vertex).mate;
        while mate != NONE {
            let above = self.vertex(mate).from;
            way.extend([mate, above]);
            mate = self.vertex(above).mate;
        }
        way
    }

    pub(super) fn cycle_is_inside(&self, first: u32) -> bool {
        let mut vertex = self.vertex(first).next;
        while vertex != NONE && vertex != first {
            if !self.holds(vertex) {
                return false;
            }
            vertex = self.vertex(vertex).next;
        }
        true
    }

    /// Matches the vertices of a cycle of halves in pairs, all but one given vertex of it; does
    /// nothing if that vertex is on none.
    pub(super) fn break_cycle(&mut self, left_over: u32) {
        let mut vertex = std::mem::replace(&mut self.vertex_mut(left_over).next, NONE);
        while vertex != NONE && vertex != left_over {
            let mate = std::mem::replace(&mut self.vertex_mut(vertex).next, NONE);
            let after = std::mem::replace(&mut self.vertex_mut(mate).next, NONE);
            self.vertex_mut(vertex).mate = mate;
            self.vertex_mut(mate).mate = vertex;
            vertex = after;
        }
    }

    /// Breaks every cycle at a vertex of least dual, and returns those whose dual is positive.
    pub(super) fn break_every_cycle(&mut self) -> Vec<u32> {
        let mut unsettled = Vec::new();
        for first in self.numbers() {
            if self.vertex(first).next == NONE {
                continue;
            }
            let mut least = first;
            let mut vertex = self.vertex(first).next;
            while vertex != first {
                if self.vertex(vertex).dual_2x < self.vertex(least).dual_2x {
                    least = vertex;
                }
                vertex = self.vertex(vertex).next;
            }
            self.break_cycle(least);
            if self.vertex(least).dual_2x > W::ZERO {
                unsettled.push(least);
            }
        }
        unsettled
    }
}
