//! The arcs of every vertex side by side: the layout that the matching solver walks.
//!
//! In: edges in any order, or other rows and new numbers for their vertices. Out: [`Rows`].
//! Holds: an edge is an arc in the rows of both its ends, with the same weight. What comes out does not
//! depend on the number of threads.
//! Costs: two passes over the edges, no comparison of two of them unless they arrive out of order. Large
//! graphs are laid out by all threads of the current pool, each filling the rows of a part of the vertices.
//! Absent: any change after construction, and an order within rows, unless [`Rows::sorted`] made it.

use std::cmp::Reverse;

use rayon::prelude::*;

use super::graph::{Arc, Edge};
use super::weight::Weight;

/// Fewer arcs than these are laid out by one thread: starting others would take longer.
const ARCS_FOR_THREADS: usize = 1 << 18;

/// The arcs of every vertex, side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<W: Copy = i64> {
    /// The arcs of vertex `v` are `arcs[first[v]..first[v + 1]]`.
    first: Vec<usize>,
    arcs: Vec<Arc<W>>,
}

impl<W: Weight> Rows<W> {
    /// Lays out the edges of positive weight so that every row ascends by the far end; of parallel edges the
    /// heaviest stays. Returns the heaviest weight in each row too, or zero, for those who lay out see all weights.
    ///
    /// Every edge joins two different vertices below `vertices`.
    ///
    /// Cost: `O(m + n)` time if the edges ascend by `(u, v)` with `u < v`, and `O(m log d + n)` with `d` the
    /// largest degree otherwise.
    pub(super) fn sorted(vertices: usize, edges: &[Edge<W>]) -> (Self, Vec<W>) {
        let arcs = 2 * edges.len();
        let threads = threads_for(arcs);
        let mut first = vec![0; vertices + 1];
        let counts = split_evenly(&mut first[1..], threads);
        side_by_side(arcs, counts, |(from, counts)| count_ends(edges, from, counts));
        for vertex in 0..vertices {
            first[vertex + 1] += first[vertex];
        }
        let room = Self::room(first[vertices]);
        let mut rows = Self { first, arcs: room };
        let filled = side_by_side(arcs, rows.parts(threads), |mut part| part.fill(edges));
        rows.close_gaps(filled.iter().flatten().map(|row| row.length));
        let heaviest = filled.into_iter().flatten().map(|row| row.heaviest).collect();
        (rows, heaviest)
    }

    /// Returns the rows of the same graph with other numbers and other weights.
    ///
    /// `order[i]` is the present number of the vertex that becomes `i`, `number` its inverse, and `room` what
    /// [`Rows::room`] made for as many arcs.
    ///
    /// Cost: `O(n + m)`.
    pub(super) fn renumbered<V: Weight>(
        &self,
        order: &[u32],
        number: &[u32],
        room: Vec<Arc<V>>,
        weigh: impl Fn(W) -> V + Sync,
    ) -> Rows<V> {
        let mut first = Vec::with_capacity(order.len() + 1);
        let mut arcs = 0;
        first.push(arcs);
        for &vertex in order {
            arcs += self.neighbours(vertex).len();
            first.push(arcs);
        }
        let mut rows = Rows { first, arcs: room };
        side_by_side(arcs, rows.parts(threads_for(arcs)), |part| {
            let arcs = order[part.from..].iter().flat_map(|&vertex| self.neighbours(vertex));
            for (to, arc) in part.arcs.iter_mut().zip(arcs) {
                *to = Arc { to: number[arc.to as usize], weight: weigh(arc.weight) };
            }
        });
        rows
    }

    /// Makes room for so many arcs. Memory that is used for the first time takes as long as filling it.
    pub(super) fn room(arcs: usize) -> Vec<Arc<W>> {
        list_side_by_side(arcs, arcs, |_| Arc { to: 0, weight: W::ZERO })
    }

    /// Returns the number of vertices.
    pub fn vertices(&self) -> usize {
        self.first.len() - 1
    }

    /// Returns the number of arcs, twice that of edges.
    pub fn arcs(&self) -> usize {
        self.arcs.len()
    }

    /// Returns the edges of one vertex as arcs.
    #[inline]
    pub fn neighbours(&self, vertex: u32) -> &[Arc<W>] {
        let vertex = vertex as usize;
        &self.arcs[self.first[vertex]..self.first[vertex + 1]]
    }

    /// Cuts the vertices into at most so many parts of nearly the same number of arcs.
    fn parts(&mut self, count: usize) -> Vec<Part<'_, W>> {
        let (vertices, total) = (self.vertices(), self.arcs.len());
        let mut parts = Vec::with_capacity(count);
        let mut rest = self.arcs.as_mut_slice();
        let mut from = 0;
        for part in 1..=count {
            let until = match part == count {
                true => vertices,
                false => self.first.partition_point(|&first| first < total / count * part).max(from),
            };
            let first = &self.first[from..=until];
            let (arcs, others) = rest.split_at_mut(first[until - from] - first[0]);
            parts.push(Part { from, first, arcs });
            (rest, from) = (others, until);
        }
        parts
    }

    /// Moves rows up to where they belong if some of the rows before have become shorter.
    ///
    /// `lengths` are the numbers of arcs left at the beginning of the rows.
    fn close_gaps(&mut self, lengths: impl Iterator<Item = usize> + Clone) {
        if lengths.clone().sum::<usize>() == self.arcs.len() {
            return;
        }
        let mut to = 0;
        for (from, length) in self.first.iter_mut().zip(lengths) {
            self.arcs.copy_within(*from..*from + length, to);
            *from = to;
            to += length;
        }
        *self.first.last_mut().expect("rows end somewhere") = to;
        self.arcs.truncate(to);
        self.arcs.shrink_to_fit();
    }
}

/// The rows of consecutive vertices.
struct Part<'a, W: Copy> {
    /// The first vertex.
    from: usize,
    /// Where the rows begin, and the last one ends, counted from the first arc of all.
    first: &'a [usize],
    arcs: &'a mut [Arc<W>],
}

impl<W: Weight> Part<'_, W> {
    /// Fills the rows, sorts those that do not ascend, and returns what has come of each.
    fn fill(&mut self, edges: &[Edge<W>]) -> Vec<Filled<W>> {
        let (first, vertices) = (self.first[0], self.first.len() - 1);
        let mut ends: Vec<usize> = self.first[..vertices].iter().map(|&at| at - first).collect();
        for edge in edges.iter().filter(|edge| edge.weight > W::ZERO) {
            for (from, to) in [(edge.v, edge.u), (edge.u, edge.v)] {
                if let Some(end) = ends.get_mut((from as usize).wrapping_sub(self.from)) {
                    self.arcs[*end] = Arc { to, weight: edge.weight };
                    *end += 1;
                }
            }
        }
        let row = |(&begin, end)| sort_row(&mut self.arcs[begin - first..end]);
        self.first.iter().zip(ends).map(row).collect()
    }
}

/// What has come of a row.
#[derive(Clone, Copy, Debug)]
struct Filled<W> {
    /// How many arcs are left at its beginning.
    length: usize,
    /// The largest weight of them, or zero.
    heaviest: W,
}

/// Sorts a row by the far end and puts the heaviest of parallel arcs to its beginning.
fn sort_row<W: Weight>(row: &mut [Arc<W>]) -> Filled<W> {
    let heaviest = row.iter().map(|arc| arc.weight).max().unwrap_or(W::ZERO);
    if row.is_sorted_by(|one, next| one.to < next.to) {
        return Filled { length: row.len(), heaviest };
    }
    row.sort_unstable_by_key(|arc| (arc.to, Reverse(arc.weight)));
    let mut kept = 1;
    for index in 1..row.len() {
        if row[index].to != row[kept - 1].to {
            row[kept] = row[index];
            kept += 1;
        }
    }
    Filled { length: kept, heaviest }
}

/// Adds up how many edges of positive weight end at each of some consecutive vertices.
fn count_ends<W: Weight>(edges: &[Edge<W>], from: usize, counts: &mut [usize]) {
    for edge in edges.iter().filter(|edge| edge.weight > W::ZERO) {
        for vertex in [edge.u, edge.v] {
            if let Some(count) = counts.get_mut((vertex as usize).wrapping_sub(from)) {
                *count += 1;
            }
        }
    }
}

/// Returns how many pieces of the work on so many arcs are done side by side.
pub(super) fn threads_for(arcs: usize) -> usize {
    if arcs < ARCS_FOR_THREADS { 1 } else { rayon::current_num_threads() }
}

/// Cuts a list into so many pieces of the same length, each with the index it begins at.
fn split_evenly<T>(items: &mut [T], pieces: usize) -> Vec<(usize, &mut [T])> {
    let length = items.len().div_ceil(pieces).max(1);
    items.chunks_mut(length).enumerate().map(|(index, piece)| (index * length, piece)).collect()
}

/// Applies a function to every item, to several at a time if there are many arcs to look at.
pub(super) fn side_by_side<T: Send, R: Send>(
    arcs: usize,
    items: Vec<T>,
    apply: impl Fn(T) -> R + Sync + Send,
) -> Vec<R> {
    if arcs < ARCS_FOR_THREADS {
        items.into_iter().map(apply).collect()
    } else {
        items.into_par_iter().map(apply).collect()
    }
}

/// Returns what two functions make, both at the same time if there are many arcs to look at.
pub(super) fn both_side_by_side<A: Send, B: Send>(
    arcs: usize,
    one: impl FnOnce() -> A + Send,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    if arcs < ARCS_FOR_THREADS { (one(), other()) } else { rayon::join(one, other) }
}

/// Lists what a function makes of each index below a length, in their order, with several indices at a time if there
/// are many arcs to look at. The memory is shared out between the threads too.
pub(super) fn list_side_by_side<T: Send>(
    arcs: usize,
    length: usize,
    make: impl Fn(usize) -> T + Sync + Send,
) -> Vec<T> {
    if arcs < ARCS_FOR_THREADS {
        (0..length).map(make).collect()
    } else {
        (0..length).into_par_iter().map(make).collect()
    }
}
