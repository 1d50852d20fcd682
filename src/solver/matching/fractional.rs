//! The start: a best fractional matching, in which the edges of some odd cycles count one half.
//!
//! In: a graph. Out: a matching, duals without blossoms, and the few vertices left to settle.
//! Holds: no edge has negative slack, matched edges have none, no dual is negative, and every
//! unmatched vertex has a dual of zero unless it is listed as unsettled. Each unsettled vertex closes
//! an odd cycle of edges without slack on which all others are matched.
//! Costs: with `k` vertices in the tree of a search and `l` edges at them, `O(l log l)` a search, one
//! search a vertex; searches end at the nearest reason to end, so trees are small in practice.
//! Absent: blossoms. A search that closes an odd cycle ends there: it gives each edge of the cycle
//! one half, and a later search that meets the cycle breaks it up again.
//!
//! That the vertices of the fractional matching polytope are halves on odd cycles and ones on edges
//! is due to M. Balinski, "Integer programming: methods, uses, computation" (1965). Starting the
//! blossom method from there is described by D. Applegate and W. Cook, "Solving large-scale matching
//! problems" (1993). We grow one tree at a time, as shortest augmenting paths are grown for the
//! assignment problem (R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense
//! and sparse linear assignment problems", 1987).
//!
//! Time, labels and levels mean what they mean in `search`, except that there is nothing but
//! vertices: `at` is the level of an `S` vertex, the time a `T` vertex was reached, and the time at
//! which a free one will be.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::family::NONE;
use crate::solver::graph::Graph;
use crate::solver::weight::Weight;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Free,
    S,
    T,
}

/// All that is known of a vertex, in half a cache line.
#[derive(Clone, Copy, Debug)]
struct Vertex<W> {
    dual_2x: W,
    at: W,
    /// The vertex this one is matched to by a whole edge, or [`NONE`].
    mate: u32,
    /// The next vertex on the odd cycle of halves this one is on, or [`NONE`].
    next: u32,
    /// The `S` vertex that reaches this one.
    from: u32,
    label: Label,
}

/// What ends a search.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The dual of an `S` vertex is used up: it takes the root's place as the unmatched one.
    Exhausted { vertex: u32 },
    /// An `S` vertex meets one outside the tree that is unmatched or on a cycle of halves.
    Met { from: u32, to: u32 },
    /// Two `S` vertices meet and close an odd cycle.
    Closed { x: u32, y: u32 },
}

/// A matching to start from.
#[derive(Debug)]
pub(super) struct Start<W> {
    /// The mate of each vertex, or [`NONE`].
    pub mate: Vec<u32>,
    /// Twice the dual of each vertex.
    pub dual_2x: Vec<W>,
    /// The unmatched vertices with a positive dual.
    pub unsettled: Vec<u32>,
}

/// Finds a best fractional matching and makes it whole but for one vertex on each odd cycle.
pub(super) fn start<W: Weight>(graph: &Graph<W>) -> Start<W> {
    let mut state = Fractional::new(graph);
    for root in 0..graph.vertices() as u32 {
        state.search(root);
    }
    let unsettled = state.break_every_cycle();
    Start {
        mate: state.vertices.iter().map(|vertex| vertex.mate).collect(),
        dual_2x: state.vertices.iter().map(|vertex| vertex.dual_2x).collect(),
        unsettled,
    }
}

/// The state of the fractional searches over one graph.
#[derive(Debug)]
struct Fractional<'g, W> {
    graph: &'g Graph<W>,
    vertices: Vec<Vertex<W>>,
    /// When free matched vertices will be reached; entries made obsolete by better ones stay.
    events: BinaryHeap<Reverse<(W, u32)>>,
    touched: Vec<u32>,
    /// When the search ends at the latest, and how.
    end: (W, End),
}

impl<'g, W: Weight> Fractional<'g, W> {
    /// Starts with no edge matched; half the heaviest weight at a vertex as its dual leaves no edge
    /// with negative slack.
    fn new(graph: &'g Graph<W>) -> Self {
        let heaviest = |vertex| graph.neighbours(vertex).iter().map(|arc| arc.weight).max();
        let vertices = (0..graph.vertices() as u32).map(|vertex| Vertex {
            dual_2x: heaviest(vertex).unwrap_or(W::ZERO),
            at: W::NEVER,
            mate: NONE,
            next: NONE,
            from: NONE,
            label: Label::Free,
        });
        Self {
            graph,
            vertices: vertices.collect(),
            events: BinaryHeap::new(),
            touched: Vec::new(),
            end: (W::NEVER, End::Exhausted { vertex: NONE }),
        }
    }

    fn vertex(&self, vertex: u32) -> &Vertex<W> {
        &self.vertices[vertex as usize]
    }

    fn vertex_mut(&mut self, vertex: u32) -> &mut Vertex<W> {
        &mut self.vertices[vertex as usize]
    }

    /// Settles one vertex: afterwards it is matched, or on a cycle of halves, or its dual is zero.
    ///
    /// Before: `root` is neither matched nor on a cycle.
    fn search(&mut self, root: u32) {
        let Vertex { dual_2x, mate, next, .. } = *self.vertex(root);
        if mate != NONE || next != NONE || dual_2x == W::ZERO {
            return;
        }
        self.end = (W::NEVER, End::Exhausted { vertex: root });
        self.touched.push(root);
        self.make_s(root, W::ZERO);
        while let Some(Reverse((time, vertex))) = self.events.pop() {
            if time >= self.end.0 {
                break;
            }
            let Vertex { label, at, mate, .. } = *self.vertex(vertex);
            if label == Label::Free && at == time {
                self.vertex_mut(vertex).label = Label::T;
                self.touched.push(mate);
                self.make_s(mate, time);
            }
        }
        self.settle_duals();
        match self.end.1 {
            End::Exhausted { vertex } => self.rematch_to_root(vertex, NONE),
            End::Met { from, to } => {
                self.break_cycle(to);
                self.vertex_mut(to).mate = from;
                self.rematch_to_root(from, to);
            }
            End::Closed { x, y } => self.close_cycle(x, y),
        }
        self.forget_tree();
    }

    fn end_by(&mut self, time: W, end: End) {
        if time < self.end.0 {
            self.end = (time, end);
        }
    }

    /// Labels a vertex `S` and looks at its edges.
    fn make_s(&mut self, vertex: u32, now: W) {
        let state = self.vertex_mut(vertex);
        let level = state.dual_2x + now;
        state.label = Label::S;
        state.at = level;
        self.end_by(level, End::Exhausted { vertex });
        let graph = self.graph;
        for arc in graph.neighbours(vertex) {
            let far = &mut self.vertices[arc.to as usize];
            match far.label {
                Label::T => {}
                Label::S => {
                    let time = (level + far.at).halved() - arc.weight;
                    let (x, y) = (vertex, arc.to);
                    self.end_by(time, End::Closed { x, y });
                }
                Label::Free => {
                    let at = level + far.dual_2x - arc.weight.doubled();
                    if at >= far.at || at >= self.end.0 {
                        continue;
                    }
                    if far.from == NONE {
                        self.touched.push(arc.to);
                    }
                    far.at = at;
                    far.from = vertex;
                    if far.mate == NONE {
                        let (from, to) = (vertex, arc.to);
                        self.end_by(at, End::Met { from, to });
                    } else {
                        self.events.push(Reverse((at, arc.to)));
                    }
                }
            }
        }
    }

    /// Writes down the duals of the tree as they are when the search ends.
    fn settle_duals(&mut self) {
        let now = self.end.0;
        for &vertex in &self.touched {
            let vertex = &mut self.vertices[vertex as usize];
            match vertex.label {
                Label::S => vertex.dual_2x = vertex.at - now,
                Label::T => vertex.dual_2x += now - vertex.at,
                Label::Free => {}
            }
        }
    }

    fn forget_tree(&mut self) {
        for vertex in self.touched.drain(..) {
            let vertex = &mut self.vertices[vertex as usize];
            vertex.label = Label::Free;
            vertex.at = W::NEVER;
            vertex.from = NONE;
        }
        self.events.clear();
    }

    /// Matches an `S` vertex to a given mate, or to none, and swaps matched and unmatched edges on
    /// the way from it to the root.
    fn rematch_to_root(&mut self, vertex: u32, mate: u32) {
        let (mut vertex, mut mate) = (vertex, mate);
        loop {
            let freed = std::mem::replace(&mut self.vertex_mut(vertex).mate, mate);
            if freed == NONE {
                return;
            }
            let above = self.vertex(freed).from;
            self.vertex_mut(freed).mate = above;
            (vertex, mate) = (above, freed);
        }
    }

    /// Makes a cycle of halves of the odd cycle closed by two `S` vertices.
    fn close_cycle(&mut self, x: u32, y: u32) {
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

    /// Matches the vertices of a cycle of halves in pairs, all but one given vertex of it; does
    /// nothing if that vertex is on none.
    fn break_cycle(&mut self, left_over: u32) {
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
    fn break_every_cycle(&mut self) -> Vec<u32> {
        let mut unsettled = Vec::new();
        for first in 0..self.vertices.len() as u32 {
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
