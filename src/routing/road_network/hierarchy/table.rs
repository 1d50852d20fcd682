//! Many to many: what it costs from every origin to every destination.
//!
//! In go the seeds of origins and destinations; out come costs, one row an origin, infinite where there is no way.
//! Holds: each cost is exact, since floats hold all sums below 2⁵³.
//! Costs: first the states from which a destination is reached going down are collected, once for the whole table. Then
//! sixteen origins at a time climb and descend side by side, in order of importance and without any queue, so that each
//! arc is read once for all of them. Rows go over the threads of the pool.
//! Source: Delling, Goldberg, Werneck, "Faster Batched Shortest Paths in Road Networks", 2011 (RPHAST). Buckets at the
//! states (Knopp, Sanders, Schultes, Schulz, Wagner, "Computing Many-to-Many Shortest Paths Using Highway Hierarchies",
//! 2007) find the same; that descent reads memory in order and serves several origins at once is why this is here.

use super::{Hierarchy, Rows, Seed};
use rayon::prelude::*;

/// How many origins go side by side: two cache lines of sums.
pub const LANES: usize = 16;

type Lanes = [f64; LANES];

const NOWHERE: Lanes = [f64::INFINITY; LANES];
const ABSENT: u32 = u32::MAX;

/// The costs from all origins to all destinations, as [`Cost::as_f64`](super::super::cost::Cost::as_f64), row by row.
///
/// Cost: see above; memory for the table, and 128 bytes a state below which a destination lies, for each thread.
pub fn table(hierarchy: &Hierarchy, origins: &[Vec<Seed>], destinations: &[Vec<Seed>]) -> Vec<f64> {
    let mut costs = vec![f64::INFINITY; origins.len() * destinations.len()];
    if costs.is_empty() {
        return costs;
    }
    let descent = Descent::new(hierarchy, destinations);
    costs.par_chunks_mut(destinations.len() * LANES).zip(origins.par_chunks(LANES)).for_each_init(
        || Sums::new(hierarchy.states(), descent.first.len()),
        |sums, (rows, origins)| {
            sums.climb(hierarchy, origins);
            sums.pass_over(&descent);
            descent.descend(&mut sums.descending);
            for (column, ends) in descent.ends.windows(2).enumerate() {
                let mut best = NOWHERE;
                for (local, cost) in &descent.seeds[ends[0] as usize..ends[1] as usize] {
                    lower(&mut best, &sums.descending[*local as usize], *cost);
                }
                for (row, best) in rows.chunks_exact_mut(destinations.len()).zip(best) {
                    row[column] = best;
                }
            }
        },
    );
    costs
}

/// Lowers sums to what other sums and an arc make.
#[inline]
fn lower(sums: &mut Lanes, from: &Lanes, arc: f64) {
    for (sum, from) in sums.iter_mut().zip(from) {
        let there = from + arc;
        *sum = if there < *sum { there } else { *sum };
    }
}

/// The states that arcs lead up to from some states, those included, ascending.
fn above(rows: &Rows, from: impl Iterator<Item = u32>, local: &mut [u32]) -> Vec<u32> {
    let mut found: Vec<u32> = Vec::new();
    let mut add = |state: u32, found: &mut Vec<u32>| {
        if local[state as usize] == ABSENT {
            local[state as usize] = 0;
            found.push(state);
        }
    };
    from.for_each(|state| add(state, &mut found));
    let mut next = 0;
    while next < found.len() {
        let state = found[next];
        next += 1;
        rows.ends[rows.range(state)].iter().for_each(|end| add(*end, &mut found));
    }
    found.sort_unstable();
    for (index, state) in found.iter().enumerate() {
        local[*state as usize] = index as u32;
    }
    found
}

/// The part of the hierarchy through which the destinations are reached, in numbers of its own.
struct Descent {
    states: Vec<u32>,
    first: Vec<u32>,
    arcs: Vec<(u32, f64)>,
    /// Where the seeds of each destination begin, and one more.
    ends: Vec<u32>,
    seeds: Vec<(u32, f64)>,
}

impl Descent {
    fn new(hierarchy: &Hierarchy, destinations: &[Vec<Seed>]) -> Self {
        let mut local = vec![ABSENT; hierarchy.states()];
        let states = above(&hierarchy.down, destinations.iter().flatten().map(|seed| seed.state), &mut local);
        let (mut first, mut arcs) = (vec![0], Vec::new());
        for state in &states {
            arcs.extend(hierarchy.down.row(*state).map(|(end, cost)| (local[end as usize], cost.as_f64())));
            first.push(arcs.len() as u32);
        }
        let (mut ends, mut seeds) = (vec![0], Vec::new());
        for destination in destinations {
            seeds.extend(destination.iter().map(|seed| (local[seed.state as usize], seed.cost.as_f64())));
            ends.push(seeds.len() as u32);
        }
        Self { states, first, arcs, ends, seeds }
    }

    fn descend(&self, sums: &mut [Lanes]) {
        for state in 0..self.states.len() {
            let (before, here) = sums.split_at_mut(state);
            let here = &mut here[0];
            for (from, cost) in &self.arcs[self.first[state] as usize..self.first[state + 1] as usize] {
                lower(here, &before[*from as usize], *cost);
            }
        }
    }
}

/// The sums of one batch of origins, kept between batches.
struct Sums {
    local: Vec<u32>,
    states: Vec<u32>,
    climbing: Vec<Lanes>,
    descending: Vec<Lanes>,
}

impl Sums {
    fn new(states: usize, below: usize) -> Self {
        Self { local: vec![ABSENT; states], states: Vec::new(), climbing: Vec::new(), descending: vec![NOWHERE; below] }
    }

    /// Climbs from the origins to everything above them.
    fn climb(&mut self, hierarchy: &Hierarchy, origins: &[Vec<Seed>]) {
        self.states.iter().for_each(|state| self.local[*state as usize] = ABSENT);
        self.states = above(&hierarchy.up, origins.iter().flatten().map(|seed| seed.state), &mut self.local);
        self.climbing.clear();
        self.climbing.resize(self.states.len(), NOWHERE);
        for (lane, seeds) in origins.iter().enumerate() {
            for seed in seeds {
                let sum = &mut self.climbing[self.local[seed.state as usize] as usize][lane];
                *sum = sum.min(seed.cost.as_f64());
            }
        }
        for (index, state) in self.states.iter().enumerate().rev() {
            let (above, here) = self.climbing.split_at_mut(index);
            for (end, cost) in hierarchy.up.row(*state) {
                lower(&mut above[self.local[end as usize] as usize], &here[0], cost.as_f64());
            }
        }
    }

    /// Takes over where climbing and descending meet.
    fn pass_over(&mut self, descent: &Descent) {
        self.descending.clear();
        self.descending.resize(descent.states.len(), NOWHERE);
        for (sums, state) in self.descending.iter_mut().zip(&descent.states) {
            let local = self.local[*state as usize];
            if local != ABSENT {
                *sums = self.climbing[local as usize];
            }
        }
    }
}
