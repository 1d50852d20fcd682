//! The search for a witness: a path that makes a shortcut needless.
//!
//! In go a state to start at, one to avoid, and how far to look; out come costs of what was reached.
//! Holds: a cost that is told is that of some path, so a witness is never false; one may be missed, which costs a
//! needless shortcut and nothing else.
//! Costs: at most as many states as it may settle.

use super::super::cost::Cost;
use std::{cmp::Reverse, collections::BinaryHeap};

/// What a search knows, kept between searches so that nothing is allocated.
#[derive(Debug)]
pub struct Witness {
    known: Vec<Known>,
    search: u32,
    wanted: usize,
    limit: Cost,
    heap: BinaryHeap<Reverse<(Cost, u32)>>,
}

/// What is known of a state: by which search it was reached and wanted, and at what cost.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    reached: u32,
    wanted: u32,
    cost: Cost,
    bound: Cost,
}

impl Witness {
    /// Room for a graph of so many states.
    pub fn new(states: usize) -> Self {
        Self { known: vec![Known::default(); states], search: 0, wanted: 0, limit: Cost::ZERO, heap: BinaryHeap::new() }
    }

    /// Begins anew.
    pub fn begin(&mut self) {
        self.search += 1;
        self.wanted = 0;
        self.limit = Cost::ZERO;
        self.heap.clear();
    }

    /// Wants a path to a state that costs no more than `bound`.
    pub fn want(&mut self, state: u32, bound: Cost) {
        let known = &mut self.known[state as usize];
        (known.wanted, known.bound) = (self.search, bound);
        self.wanted += 1;
        self.limit = self.limit.max(bound);
    }

    /// Searches from `start`, over arcs that come the cheapest first, round what is avoided, until all that is wanted is
    /// found or `most` states are settled.
    pub fn search<A: IntoIterator<Item = (u32, Cost)>>(
        &mut self,
        arcs: impl Fn(u32) -> A,
        start: u32,
        is_avoided: impl Fn(u32) -> bool,
        most: usize,
    ) {
        if self.wanted == 0 {
            return;
        }
        let from = &mut self.known[start as usize];
        (from.reached, from.cost) = (self.search, Cost::ZERO);
        self.heap.push(Reverse((Cost::ZERO, start)));
        let mut settled = 0;
        while let Some(Reverse((cost, state))) = self.heap.pop() {
            if self.known[state as usize].cost < cost {
                continue;
            }
            settled += 1;
            if settled > most {
                return;
            }
            for (head, arc) in arcs(state) {
                let there = cost + arc;
                if there > self.limit {
                    break;
                }
                let known = &mut self.known[head as usize];
                if (known.reached != self.search || there < known.cost) && !is_avoided(head) {
                    (known.reached, known.cost) = (self.search, there);
                    self.heap.push(Reverse((there, head)));
                    if known.wanted == self.search && there <= known.bound {
                        known.wanted = 0;
                        self.wanted -= 1;
                        if self.wanted == 0 {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// Whether a path to a state that was wanted has been found.
    pub fn is_found(&self, state: u32) -> bool {
        self.known[state as usize].wanted != self.search
    }
}
