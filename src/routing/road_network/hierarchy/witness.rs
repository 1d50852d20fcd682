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
    reached: Vec<(u32, Cost)>,
    search: u32,
    heap: BinaryHeap<Reverse<(Cost, u32)>>,
}

impl Witness {
    /// Room for a graph of so many states.
    pub fn new(states: usize) -> Self {
        Self { reached: vec![(0, Cost::ZERO); states], search: 0, heap: BinaryHeap::new() }
    }

    /// Searches from `start` round `avoided`, no farther than `limit`, until `most` states are settled.
    pub fn search<'a, A: IntoIterator<Item = (u32, Cost)>>(
        &mut self,
        arcs: impl Fn(u32) -> A + 'a,
        (start, avoided): (u32, u32),
        limit: Cost,
        most: usize,
    ) {
        self.search += 1;
        self.heap.clear();
        self.reached[start as usize] = (self.search, Cost::ZERO);
        self.heap.push(Reverse((Cost::ZERO, start)));
        let mut settled = 0;
        while let Some(Reverse((cost, state))) = self.heap.pop() {
            if self.reached[state as usize].1 < cost {
                continue;
            }
            settled += 1;
            if cost > limit || settled > most {
                return;
            }
            for (head, arc) in arcs(state) {
                let there = cost + arc;
                let known = &mut self.reached[head as usize];
                if head != avoided && there <= limit && (known.0 != self.search || there < known.1) {
                    *known = (self.search, there);
                    self.heap.push(Reverse((there, head)));
                }
            }
        }
    }

    /// What it costs to get to a state, as far as the last search knows.
    pub fn cost(&self, state: u32) -> Option<Cost> {
        let (search, cost) = self.reached[state as usize];
        (search == self.search).then_some(cost)
    }
}
