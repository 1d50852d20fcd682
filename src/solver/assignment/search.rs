//! The state of an assignment, and the search for the shortest augmenting path.
//!
//! In: rows, potentials, and a vertex that is assigned nothing. Out: one vertex more is assigned.
//! Holds, before and after a search: the slack `from + to - weight` of every arc, and of staying, is zero or more, and
//! that of what is assigned is zero.
//! Costs: a search looks at vertices nearer to its root than the nearest one that is assigned to none, and resets only
//! what it touched: with `k` arcs at these, `O(k log k)`. Of a long row it looks at what is near first, and at the rest
//! when nothing else is as near as that could be.
//! Absent: everything that is not local.
//!
//! This is the last phase of R. Jonker and A. Volgenant, "A shortest augmenting path algorithm for dense and sparse
//! linear assignment problems" (1987), with a heap in place of their list, and with nothing pushed that is farther
//! than a free vertex already found.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::graph::Arc;
use super::super::weight::Weight;
use super::near::Near;
use super::rows::Rows;

/// Stands for "none".
pub(super) const NONE: u32 = u32::MAX;

/// Which vertex is assigned to which, the potentials, and room for one search.
pub(super) struct State<'a, W: Copy> {
    pub(super) rows: &'a Rows<'a, W>,
    /// The best choices of vertices that have many.
    pub(super) near: Near<W>,
    /// What staying is worth at each vertex.
    pub(super) stay: Vec<W>,
    /// The potential of leaving each vertex.
    pub(super) from: Vec<W>,
    /// The potential of entering each vertex.
    pub(super) to: Vec<W>,
    /// The vertex that follows each one, itself if it stays, or `NONE`.
    pub(super) next: Vec<u32>,
    /// The inverse of `next`.
    pub(super) previous: Vec<u32>,
    /// The distance at which a vertex is entered in this search, or `NEVER`.
    distance: Vec<W>,
    /// The vertex left to enter at that distance.
    entered_from: Vec<u32>,
    /// Where `distance` is set.
    touched: Vec<u32>,
    /// The vertices entered in order of their distances.
    done: Vec<u32>,
    heap: BinaryHeap<Reverse<(W, Ahead)>>,
}

/// What lies ahead of a search.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ahead {
    /// A vertex to enter.
    Vertex(u32),
    /// What leads from a vertex that is left and was not looked at, for it is farther.
    Rest(u32),
}

impl<'a, W: Weight> State<'a, W> {
    /// Starts with nothing assigned, all potentials zero, and staying worth nothing.
    pub(super) fn new(rows: &'a Rows<'a, W>) -> Self {
        let vertices = rows.vertices() as usize;
        Self {
            rows,
            near: Near::new(rows),
            stay: vec![W::ZERO; vertices],
            from: vec![W::ZERO; vertices],
            to: vec![W::ZERO; vertices],
            next: vec![NONE; vertices],
            previous: vec![NONE; vertices],
            distance: vec![W::NEVER; vertices],
            entered_from: vec![NONE; vertices],
            touched: Vec::new(),
            done: Vec::new(),
            heap: BinaryHeap::new(),
        }
    }

    /// Returns what can follow a vertex: itself, and the arcs of its row.
    pub(super) fn choices(&self, vertex: u32) -> impl Iterator<Item = Arc<W>> + use<'a, W> {
        std::iter::once(Arc { to: vertex, weight: self.stay[vertex as usize] })
            .chain(self.rows.of(vertex).iter().copied())
    }

    /// Returns what is worth most to a vertex at the prices as they are, and what the second best is worth.
    pub(super) fn best_two(&mut self, vertex: u32) -> ((u32, W), W) {
        let (best, second) = self.best_two_near(vertex);
        if self.near.limit(vertex).is_none_or(|limit| second >= limit) {
            return (best, second);
        }
        self.near.choose(self.rows, vertex, &self.to);
        self.best_two_near(vertex)
    }

    fn best_two_near(&self, vertex: u32) -> ((u32, W), W) {
        // Staying comes first, and is the second best where there is nothing else.
        let mut best = (vertex, self.stay[vertex as usize] - self.to[vertex as usize]);
        let mut second = best.1;
        let mut only = true;
        for arc in self.near.of(self.rows, vertex) {
            let worth = arc.weight - self.to[arc.to as usize];
            if worth > best.1 {
                second = best.1;
                best = (arc.to, worth);
            } else if worth > second || only {
                second = worth;
            }
            only = false;
        }
        (best, second)
    }

    /// Assigns one vertex to another; both must be free.
    pub(super) fn join(&mut self, from: u32, to: u32) {
        self.next[from as usize] = to;
        self.previous[to as usize] = from;
    }

    /// Takes away what follows a vertex; it must have something.
    pub(super) fn part(&mut self, vertex: u32) {
        let followed_by = std::mem::replace(&mut self.next[vertex as usize], NONE);
        self.previous[followed_by as usize] = NONE;
    }

    /// Assigns a free vertex along the shortest augmenting path.
    ///
    /// Before: nothing follows `root`. After: something does, and what followed the others still follows one of them.
    pub(super) fn assign(&mut self, root: u32) {
        let (end, length) = self.nearest_free(root);
        self.from[root as usize] -= length;
        for &vertex in &self.done {
            let nearer_by = length - self.distance[vertex as usize];
            self.to[vertex as usize] += nearer_by;
            self.from[self.previous[vertex as usize] as usize] -= nearer_by;
        }
        self.augment(root, end);
        for vertex in self.touched.drain(..) {
            self.distance[vertex as usize] = W::NEVER;
        }
        self.done.clear();
        self.heap.clear();
    }

    /// Returns the nearest vertex that follows none, and its distance.
    fn nearest_free(&mut self, root: u32) -> (u32, W) {
        let (mut leaving, mut distance) = (root, W::ZERO);
        let mut nearest = W::NEVER;
        loop {
            let so_far = distance + self.from[leaving as usize];
            let stay = Arc { to: leaving, weight: self.stay[leaving as usize] };
            self.look_at(leaving, stay, so_far, &mut nearest);
            for at in 0..self.near.of(self.rows, leaving).len() {
                let arc = self.near.of(self.rows, leaving)[at];
                self.look_at(leaving, arc, so_far, &mut nearest);
            }
            if let Some(limit) = self.near.limit(leaving)
                && so_far - limit < nearest
            {
                self.heap.push(Reverse((so_far - limit, Ahead::Rest(leaving))));
            }
            let entered = self.next_nearest(&mut nearest);
            distance = self.distance[entered as usize];
            if self.previous[entered as usize] == NONE {
                return (entered, distance);
            }
            self.done.push(entered);
            leaving = self.previous[entered as usize];
        }
    }

    /// Notes what an arc leads to, if it is nearer than was known.
    fn look_at(&mut self, leaving: u32, arc: Arc<W>, so_far: W, nearest: &mut W) {
        let to = arc.to as usize;
        let found = so_far + self.to[to] - arc.weight;
        // What is as far as a free vertex known already is of no use.
        if found < self.distance[to] && found < *nearest {
            if self.distance[to] == W::NEVER {
                self.touched.push(arc.to);
            }
            self.distance[to] = found;
            self.entered_from[to] = leaving;
            if self.previous[to] == NONE {
                *nearest = found;
            }
            self.heap.push(Reverse((found, Ahead::Vertex(arc.to))));
        }
    }

    /// Takes the nearest vertex off the heap.
    ///
    /// There is one: every vertex may stay, so that in its component as many are free to be entered as to be left.
    fn next_nearest(&mut self, nearest: &mut W) -> u32 {
        loop {
            match self.heap.pop().expect("a free vertex leads to one that is free to enter") {
                Reverse((distance, Ahead::Vertex(vertex))) if distance == self.distance[vertex as usize] => {
                    return vertex;
                }
                Reverse((_, Ahead::Vertex(_))) => {}
                Reverse((rest, Ahead::Rest(leaving))) => {
                    let so_far = rest + self.near.limit(leaving).expect("a row with a rest is long");
                    for &arc in self.rows.of(leaving) {
                        self.look_at(leaving, arc, so_far, nearest);
                    }
                    self.near.choose(self.rows, leaving, &self.to);
                }
            }
        }
    }

    /// Shifts assignments along the path that entered `end`, back to `root`.
    fn augment(&mut self, root: u32, mut end: u32) {
        loop {
            let from = self.entered_from[end as usize];
            let then = self.next[from as usize];
            self.join(from, end);
            if from == root {
                return;
            }
            end = then;
        }
    }
}
