//! The few best choices of each vertex with many, so that a long row is seldom looked at as a whole.
//!
//! In: rows, and the prices: the potentials of entering. Out: for each vertex some of its arcs, and what no other arc of
//! it is worth more than. An arc is worth its weight less the price of its far end.
//! Holds: that limit, as long as prices only rise; where one falls, [`Near::forget`].
//! Costs: [`KEPT`] arcs a long row; short ones are looked at as they are.
//! Absent: staying, which no arc stands for.
//!
//! Auctions have long kept a bidder's second and third best in this way; here one list serves bids and searches. Where
//! 2,000 are all joined it spares nine in ten looks at arcs.

use super::super::graph::Arc;
use super::super::weight::Weight;
use super::rows::Rows;

/// The arcs kept of a long row; few in tests, so that small markets have long rows.
const KEPT: usize = if cfg!(test) { 2 } else { 32 };
/// The length of the shortest row of which only some arcs are kept.
const LONG: usize = 3 * KEPT;

/// Stands for "the row is short".
const SHORT: u32 = u32::MAX;

/// Returns more than anything is worth, which can still be added to a distance.
fn beyond_all<W: Weight>() -> W {
    W::LIMIT.doubled().doubled().doubled()
}

/// The best arcs of every long row at the prices of some moment.
pub(super) struct Near<W: Copy> {
    /// Where the arcs of a vertex begin.
    first: Vec<u32>,
    arcs: Vec<Arc<W>>,
    /// What no other arc of the vertex is worth more than; nobody asks for those of short rows.
    limit: Vec<W>,
    /// Room to choose in.
    worth: Vec<(W, Arc<W>)>,
}

impl<W: Weight> Near<W> {
    /// Knows nothing of long rows yet.
    pub(super) fn new(rows: &Rows<'_, W>) -> Self {
        let mut near = Self { first: Vec::new(), arcs: Vec::new(), limit: Vec::new(), worth: Vec::new() };
        for row in (0..rows.vertices()).map(|vertex| rows.of(vertex)) {
            let is_long = row.len() >= LONG;
            near.first.push(if is_long { near.arcs.len() as u32 } else { SHORT });
            near.arcs.extend(row.iter().take(if is_long { KEPT } else { 0 }));
            near.limit.push(beyond_all());
        }
        near
    }

    /// Returns arcs of a vertex, all of them if its row is short.
    pub(super) fn of<'n>(&'n self, rows: &'n Rows<'_, W>, vertex: u32) -> &'n [Arc<W>] {
        match self.first[vertex as usize] {
            SHORT => rows.of(vertex),
            first => &self.arcs[first as usize..first as usize + KEPT],
        }
    }

    /// Returns what no arc is worth more than that is not among those of [`Near::of`]; `None` if all are.
    pub(super) fn limit(&self, vertex: u32) -> Option<W> {
        (self.first[vertex as usize] != SHORT).then(|| self.limit[vertex as usize])
    }

    /// Chooses anew at the prices as they are; the row must be long.
    ///
    /// Cost: the length of the row.
    pub(super) fn choose(&mut self, rows: &Rows<'_, W>, vertex: u32, prices: &[W]) {
        let mut limit = -beyond_all::<W>();
        self.worth.clear();
        for &arc in rows.of(vertex) {
            let worth = arc.weight - prices[arc.to as usize];
            if worth > limit {
                self.worth.push((worth, arc));
                if self.worth.len() == 2 * KEPT {
                    limit = self.keep_the_best();
                }
            }
        }
        if self.worth.len() > KEPT {
            limit = self.keep_the_best();
        }
        let first = self.first[vertex as usize] as usize;
        for (kept, &(_, arc)) in self.arcs[first..first + KEPT].iter_mut().zip(&self.worth) {
            *kept = arc;
        }
        self.limit[vertex as usize] = limit;
    }

    /// Drops all but the best of those chosen from; returns what the best one dropped is worth.
    fn keep_the_best(&mut self) -> W {
        let descending = |one: &(W, Arc<W>), other: &(W, Arc<W>)| (other.0, one.1.to).cmp(&(one.0, other.1.to));
        let (best, &mut (limit, _), _) = self.worth.select_nth_unstable_by(KEPT, descending);
        // The order within does not depend on how they were selected.
        best.sort_unstable_by_key(|(_, arc)| arc.to);
        self.worth.truncate(KEPT);
        limit
    }

    /// Says that the price of something in a vertex's row fell.
    pub(super) fn forget(&mut self, vertex: u32) {
        self.limit[vertex as usize] = beyond_all();
    }
}
