//! The start: a best fractional matching, in which the edges of some odd cycles count one half.
//!
//! In: a graph. Out: a matching, duals without blossoms, and the few vertices left to settle.
//! Holds: no edge has negative slack, matched edges have none, no dual is negative, and every
//! unmatched vertex has a dual of zero unless it is listed as unsettled. Each unsettled vertex closes
//! an odd cycle of edges without slack on which all others are matched.
//! Costs: with `k` vertices in the tree of a search and `l` edges at them, `O(l log l)` a search, at most three
//! searches a vertex; searches end at the nearest reason to end, so trees are small in practice. Large graphs
//! are worked on by all threads of the current pool, region by region.
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

mod halves;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::family::NONE;
use crate::solver::rows::{Rows, list_side_by_side, side_by_side};
use crate::solver::weight::Weight;

/// How many vertices are worked on side by side with others at first: enough for few of their edges to lead outside, few
/// enough for every thread to find some in a large graph.
const REGION: usize = 1 << 16;

/// How often a partner may be taken away in a row. Two vertices of an odd cycle could take turns for long; past
/// this, searching is cheaper.
const MOST_TAKEN: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Free,
    S,
    T,
}

/// All that is known of a vertex, in half a cache line or less.
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

impl<W: Weight> Vertex<W> {
    const UNMATCHED: Self =
        Self { dual_2x: W::ZERO, at: W::NEVER, mate: NONE, next: NONE, from: NONE, label: Label::Free };
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
pub(super) fn start<W: Weight>(rows: &Rows<W>) -> Start<W> {
    start_in_regions(rows, REGION)
}

/// Finds a best fractional matching, working first on regions of so many vertices, at least one.
///
/// 1. Half the heaviest weight at a vertex as its dual leaves no edge with negative slack.
/// 2. In each region, settle the vertices that can be settled by looking at the region alone; then in regions twice as
///    large, and so on.
/// 3. Settle the others, looking at the whole graph.
///
/// Regions are a function of the graph, so the threads at hand decide nothing but the time it takes.
pub(super) fn start_in_regions<W: Weight>(rows: &Rows<W>, mut size: usize) -> Start<W> {
    let mut vertices = list_side_by_side(rows.arcs(), rows.vertices(), |_| Vertex::UNMATCHED);
    side_by_side(rows.arcs(), regions(rows, &mut vertices, size), |mut region| region.set_first_duals());
    while size < rows.vertices() {
        side_by_side(rows.arcs(), regions(rows, &mut vertices, size), |mut region| region.settle());
        size *= 2;
    }
    let mut whole = Region::new(rows, 0, &mut vertices);
    whole.settle();
    let unsettled = whole.break_every_cycle();
    Start {
        mate: vertices.iter().map(|vertex| vertex.mate).collect(),
        dual_2x: vertices.iter().map(|vertex| vertex.dual_2x).collect(),
        unsettled,
    }
}

/// Cuts the vertices into regions of a given size.
fn regions<'a, W: Weight>(rows: &'a Rows<W>, vertices: &'a mut [Vertex<W>], size: usize) -> Vec<Region<'a, W>> {
    let regions = vertices.chunks_mut(size).enumerate();
    regions.map(|(index, vertices)| Region::new(rows, index * size, vertices)).collect()
}

/// The state of the fractional searches over consecutive vertices.
///
/// Whatever would need to know or to change a vertex outside is left undone, so that all that holds for the whole
/// graph keeps holding while others work on other regions.
#[derive(Debug)]
struct Region<'a, W: Copy> {
    rows: &'a Rows<W>,
    /// The number of the first vertex.
    from: usize,
    vertices: &'a mut [Vertex<W>],
    /// When free matched vertices will be reached; entries made obsolete by better ones stay.
    events: BinaryHeap<Reverse<(W, u32)>>,
    touched: Vec<u32>,
    /// When the search ends at the latest, and how.
    end: (W, End),
}

/// What the neighbours leave a vertex, if each keeps its own dual.
#[derive(Clone, Copy, Debug)]
struct Offers<W> {
    /// Twice the largest dual that makes an edge tight, or zero if none is positive.
    best_2x: W,
    /// The same without that edge.
    second_2x: W,
    /// The far end of that edge, or [`NONE`]. Unmatched if there is a choice.
    to: u32,
}

impl<'a, W: Weight> Region<'a, W> {
    fn new(rows: &'a Rows<W>, from: usize, vertices: &'a mut [Vertex<W>]) -> Self {
        let end = (W::NEVER, End::Exhausted { vertex: NONE });
        Self { rows, from, vertices, events: BinaryHeap::new(), touched: Vec::new(), end }
    }

    #[inline]
    fn index(&self, vertex: u32) -> usize {
        (vertex as usize).wrapping_sub(self.from)
    }

    fn holds(&self, vertex: u32) -> bool {
        self.index(vertex) < self.vertices.len()
    }

    #[inline]
    fn vertex(&self, vertex: u32) -> &Vertex<W> {
        &self.vertices[self.index(vertex)]
    }

    #[inline]
    fn vertex_mut(&mut self, vertex: u32) -> &mut Vertex<W> {
        let index = self.index(vertex);
        &mut self.vertices[index]
    }

    fn numbers(&self) -> Range<u32> {
        self.from as u32..(self.from + self.vertices.len()) as u32
    }

    fn set_first_duals(&mut self) {
        for vertex in self.numbers() {
            let weights = self.rows.neighbours(vertex).iter().map(|arc| arc.weight);
            self.vertex_mut(vertex).dual_2x = weights.max().unwrap_or(W::ZERO);
        }
    }

    /// Settles every vertex that can be settled by looking at the region alone.
    ///
    /// Searches are the dearest way to settle a vertex and the only one that always succeeds. Most vertices are
    /// settled before, by what prepares assignments in R. Jonker and A. Volgenant (1987): take a partner that is
    /// free, and then, a few times over, take one from a vertex that loses less by the loss.
    fn settle(&mut self) {
        for vertex in self.numbers() {
            self.bid(vertex, 0);
        }
        for vertex in self.numbers() {
            self.bid(vertex, MOST_TAKEN);
        }
        for vertex in self.numbers() {
            self.search(vertex);
        }
    }

    /// Says whether a vertex is unmatched, on no cycle, and has a positive dual.
    fn is_unsettled(&self, vertex: u32) -> bool {
        let Vertex { dual_2x, mate, next, .. } = *self.vertex(vertex);
        mate == NONE && next == NONE && dual_2x > W::ZERO
    }

    /// Lowers the dual of an unsettled vertex until an edge is tight and matches it along that edge; if the far end
    /// was matched, the vertex that loses it bids next, at most so many times.
    ///
    /// Lowered to what the second best neighbour leaves, with the dual of the best raised as much as that makes
    /// negative, the dual of the bidder leaves no edge of either with negative slack. The sum of all duals never
    /// grows.
    ///
    /// Cost: linear in the edges of the bidders.
    fn bid(&mut self, vertex: u32, most_taken: usize) {
        let mut bidder = vertex;
        for taken in 0..=most_taken {
            if !self.is_unsettled(bidder) {
                return;
            }
            let Some(Offers { best_2x, second_2x, to }) = self.offers(bidder) else {
                return;
            };
            self.vertex_mut(bidder).dual_2x = best_2x;
            if best_2x == W::ZERO {
                return;
            }
            let Vertex { mate: loser, next, .. } = *self.vertex(to);
            let is_free = loser == NONE && next == NONE;
            if !is_free {
                let may_be_taken = next == NONE && self.holds(loser);
                if taken == most_taken || !may_be_taken || best_2x == second_2x {
                    return;
                }
                self.vertex_mut(bidder).dual_2x = second_2x;
                self.vertex_mut(to).dual_2x += best_2x - second_2x;
                self.vertex_mut(loser).mate = NONE;
            }
            self.vertex_mut(bidder).mate = to;
            self.vertex_mut(to).mate = bidder;
            if is_free {
                return;
            }
            bidder = loser;
        }
    }

    /// Returns what the neighbours leave a vertex, or `None` if some of them are outside the region.
    fn offers(&self, vertex: u32) -> Option<Offers<W>> {
        let mut offers = Offers { best_2x: W::ZERO, second_2x: W::ZERO, to: NONE };
        let mut best_is_matched = true;
        for arc in self.rows.neighbours(vertex) {
            let far = self.vertices.get(self.index(arc.to))?;
            let left_2x = arc.weight.doubled() - far.dual_2x;
            if left_2x > offers.best_2x || (left_2x == offers.best_2x && best_is_matched && far.mate == NONE) {
                (offers.second_2x, offers.best_2x) = (offers.best_2x, left_2x);
                offers.to = arc.to;
                best_is_matched = far.mate != NONE;
            } else if left_2x > offers.second_2x {
                offers.second_2x = left_2x;
            }
        }
        Some(offers)
    }

    /// Settles one vertex: afterwards it is matched, or on a cycle of halves, or its dual is zero; unless that takes
    /// knowing a vertex outside the region, which leaves all as it was.
    fn search(&mut self, root: u32) {
        if !self.is_unsettled(root) {
            return;
        }
        self.end = (W::NEVER, End::Exhausted { vertex: root });
        if self.grow(root).is_some() {
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
        }
        self.forget_tree();
    }

    /// Grows the tree of a root until the search ends, or returns `None` if the tree leaves the region.
    fn grow(&mut self, root: u32) -> Option<()> {
        self.touched.push(root);
        self.make_s(root, W::ZERO)?;
        while let Some(Reverse((time, vertex))) = self.events.pop() {
            if time >= self.end.0 {
                break;
            }
            let Vertex { label, at, mate, .. } = *self.vertex(vertex);
            if label == Label::Free && at == time {
                self.vertex_mut(vertex).label = Label::T;
                self.touched.push(mate);
                self.make_s(mate, time)?;
            }
        }
        match self.end.1 {
            End::Met { to, .. } => self.cycle_is_inside(to).then_some(()),
            _ => Some(()),
        }
    }

    fn end_by(&mut self, time: W, end: End) {
        if time < self.end.0 {
            self.end = (time, end);
        }
    }

    /// Labels a vertex `S` and looks at its edges; returns `None` if it or the far end of one is outside.
    fn make_s(&mut self, vertex: u32, now: W) -> Option<()> {
        let index = self.index(vertex);
        let state = self.vertices.get_mut(index)?;
        let level = state.dual_2x + now;
        state.label = Label::S;
        state.at = level;
        self.end_by(level, End::Exhausted { vertex });
        let rows = self.rows;
        for arc in rows.neighbours(vertex) {
            let index = self.index(arc.to);
            let far = self.vertices.get_mut(index)?;
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
        Some(())
    }

    /// Writes down the duals of the tree as they are when the search ends.
    fn settle_duals(&mut self) {
        let now = self.end.0;
        for &vertex in &self.touched {
            let vertex = &mut self.vertices[vertex as usize - self.from];
            match vertex.label {
                Label::S => vertex.dual_2x = vertex.at - now,
                Label::T => vertex.dual_2x += now - vertex.at,
                Label::Free => {}
            }
        }
    }

    fn forget_tree(&mut self) {
        for vertex in self.touched.drain(..) {
            // The mate that took the tree out of the region is the last one touched.
            let Some(vertex) = self.vertices.get_mut((vertex as usize).wrapping_sub(self.from)) else {
                continue;
            };
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
}
