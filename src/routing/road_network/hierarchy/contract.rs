//! Makes the hierarchy: takes the states out, the least important first, and leaves shortcuts.
//!
//! In goes a [`TurnGraph`]; out come its states in order of importance and the [`Hierarchy`] over them.
//! Holds: the same graph gives the same hierarchy, whatever the number of threads; ties are broken by number. States
//! that are taken out in one round are no neighbours, and no witness of one passes over another, so that a round leaves
//! what taking them out one after another leaves.
//! Costs: seconds for a hundred thousand states; memory for each arc once from either end. Guesses and searches go over
//! the threads of the pool.
//! Source: rounds as in Vetter, "Parallel Time-Dependent Contraction Hierarchies", 2009; importance as in RoutingKit
//! (Dibbelt, Strasser, Wagner, "Customizable Contraction Hierarchies", 2016, and its documentation): level, arcs added
//! for each arc removed, and hops added for each hop removed.

use super::{
    super::{cost::Cost, turns::TurnGraph},
    Hierarchy, NO_MIDDLE, Rows,
    witness::Witness,
};
use rayon::prelude::*;

/// How many states a search for a witness settles while importance is guessed.
const GUESS: usize = 16;
/// How many while shortcuts are made: a witness found is a shortcut saved.
const MAKE: usize = 64;

/// An arc while contracting.
#[derive(Debug, Clone, Copy)]
struct Arc {
    end: u32,
    /// How many arcs of the graph it stands for.
    hops: u32,
    middle: u32,
    cost: Cost,
}

/// A shortcut to be made, with the state it begins at.
type Shortcut = (u32, Arc);

/// Contracts a graph; `progress` hears how many states have been taken out.
///
/// Out come the graph's states by importance, the most important first, and the hierarchy in that numbering.
pub fn contract(graph: &TurnGraph, progress: &dyn Fn(u64)) -> (Vec<u32>, Hierarchy) {
    let states = graph.drives.len();
    let mut contractor = Contractor::new(graph);
    let mut left: Vec<u32> = (0..states as u32).collect();
    let mut stale = left.clone();
    let mut order = Vec::with_capacity(states);
    while !left.is_empty() {
        contractor.guess(&stale);
        let round: Vec<u32> = left.par_iter().copied().filter(|state| contractor.is_next(*state)).collect();
        stale = contractor.take_out(&round);
        order.extend(&round);
        left.retain(|state| !contractor.is_out[*state as usize]);
        progress(order.len() as u64);
    }
    order.reverse();
    let hierarchy = contractor.hierarchy(&order);
    (order, hierarchy)
}

struct Contractor {
    /// The arcs of each state, the cheapest first, so that a search may stop at the first that is too dear.
    out: Vec<Vec<Arc>>,
    into: Vec<Vec<Arc>>,
    level: Vec<u32>,
    /// How important each state seems.
    importance: Vec<u64>,
    is_out: Vec<bool>,
}

impl Contractor {
    fn new(graph: &TurnGraph) -> Self {
        let states = graph.drives.len();
        let mut contractor = Self {
            out: vec![Vec::new(); states],
            into: vec![Vec::new(); states],
            level: vec![0; states],
            importance: vec![0; states],
            is_out: vec![false; states],
        };
        for state in 0..states as u32 {
            for (end, cost) in graph.arcs(state) {
                contractor.join(state, Arc { end, hops: 1, middle: NO_MIDDLE, cost });
            }
        }
        contractor
    }

    /// Puts an arc in, unless there is one as good.
    fn join(&mut self, tail: u32, arc: Arc) {
        let put = |arcs: &mut Vec<Arc>, end: u32| {
            match arcs.iter().position(|known| known.end == end) {
                Some(known) if arcs[known].cost <= arc.cost => return,
                Some(known) => drop(arcs.remove(known)),
                None => {}
            }
            let after = arcs.partition_point(|known| known.cost <= arc.cost);
            arcs.insert(after, Arc { end, ..arc });
        };
        if tail != arc.end {
            put(&mut self.out[tail as usize], arc.end);
            put(&mut self.into[arc.end as usize], tail);
        }
    }

    /// The shortcuts that taking a state out leaves.
    fn shortcuts(&self, state: u32, witness: &mut Witness, most: usize) -> Vec<Shortcut> {
        let (into, out) = (&self.into[state as usize], &self.out[state as usize]);
        let mut shortcuts = Vec::new();
        for first in into {
            let others = || out.iter().filter(|second| second.end != first.end);
            witness.begin();
            others().for_each(|second| witness.want(second.end, first.cost + second.cost));
            let arcs = |from: u32| self.out[from as usize].iter().map(|arc| (arc.end, arc.cost));
            witness.search(arcs, first.end, |at| at == state || self.is_out[at as usize], most);
            for second in others().filter(|second| !witness.is_found(second.end)) {
                let (hops, cost) = (first.hops + second.hops, first.cost + second.cost);
                shortcuts.push((first.end, Arc { end: second.end, hops, middle: state, cost }));
            }
        }
        shortcuts
    }

    /// Guesses how important some states are.
    fn guess(&mut self, states: &[u32]) {
        let guess = |witness: &mut Witness, state: &u32| {
            let shortcuts = self.shortcuts(*state, witness, GUESS);
            let hops_added: u64 = shortcuts.iter().map(|(_, arc)| u64::from(arc.hops)).sum();
            let arcs = || self.into[*state as usize].iter().chain(&self.out[*state as usize]);
            let hops_removed: u64 = arcs().map(|arc| u64::from(arc.hops)).sum();
            let share = |added: u64, removed: u64| (1000 * added).checked_div(removed).unwrap_or(0);
            let level = u64::from(self.level[*state as usize]);
            1000 * level + share(shortcuts.len() as u64, arcs().count() as u64) + share(hops_added, hops_removed)
        };
        let room = self.out.len();
        let found: Vec<u64> = states.par_iter().map_init(|| Witness::new(room), guess).collect();
        for (state, importance) in states.iter().zip(found) {
            self.importance[*state as usize] = importance;
        }
    }

    /// Whether a state is less important than all its neighbours.
    fn is_next(&self, state: u32) -> bool {
        // Neighbouring numbers are neighbouring roads: without mixing them, a street would come out from one end.
        let rank = |state: u32| (self.importance[state as usize], state.wrapping_mul(0x9e37_79b1), state);
        let arcs = || self.into[state as usize].iter().chain(&self.out[state as usize]);
        arcs().all(|arc| rank(state) < rank(arc.end))
    }

    /// Takes states out, no two of them neighbours, and leaves shortcuts; tells their neighbours.
    fn take_out(&mut self, round: &[u32]) -> Vec<u32> {
        round.iter().for_each(|state| self.is_out[*state as usize] = true);
        let room = self.out.len();
        let find = |witness: &mut Witness, state: &u32| self.shortcuts(*state, witness, MAKE);
        let found: Vec<Vec<Shortcut>> = round.par_iter().map_init(|| Witness::new(room), find).collect();
        let mut neighbours = Vec::new();
        for state in round {
            let at = *state as usize;
            let level = self.level[at] + 1;
            let Self { out, into, .. } = self;
            into[at].iter().for_each(|arc| out[arc.end as usize].retain(|known| known.end != *state));
            out[at].iter().for_each(|arc| into[arc.end as usize].retain(|known| known.end != *state));
            for arc in into[at].iter().chain(&out[at]) {
                self.level[arc.end as usize] = self.level[arc.end as usize].max(level);
                neighbours.push(arc.end);
            }
        }
        for (tail, arc) in found.into_iter().flatten() {
            self.join(tail, arc);
        }
        neighbours.sort_unstable();
        neighbours.dedup();
        neighbours
    }

    /// What was left at each state when it was taken out, in the order of importance.
    fn hierarchy(self, order: &[u32]) -> Hierarchy {
        let mut rank = vec![0; order.len()];
        for (index, state) in order.iter().enumerate() {
            rank[*state as usize] = index as u32;
        }
        let rows = |arcs: &[Vec<Arc>]| {
            let mut rows = Rows { first: vec![0], ..Rows::default() };
            for state in order {
                let mut row: Vec<Arc> = arcs[*state as usize].clone();
                row.sort_unstable_by_key(|arc| rank[arc.end as usize]);
                for arc in row {
                    rows.ends.push(rank[arc.end as usize]);
                    rows.costs.push(arc.cost);
                    rows.middles.push(if arc.middle == NO_MIDDLE { NO_MIDDLE } else { rank[arc.middle as usize] });
                }
                rows.first.push(rows.ends.len() as u32);
            }
            rows
        };
        Hierarchy { up: rows(&self.out), down: rows(&self.into) }
    }
}
