//! Makes the hierarchy: takes the states out one by one, the least important first, and leaves shortcuts.
//!
//! In goes a [`TurnGraph`]; out come its states in order of importance and the [`Hierarchy`] over them.
//! Holds: the same graph gives the same hierarchy; ties are broken by number.
//! Costs: seconds for a hundred thousand states; memory for each arc once from either end.
//! Source: the order is that of RoutingKit (Dibbelt, Strasser, Wagner, "Customizable Contraction Hierarchies", 2016, and
//! its code's documentation): level, arcs added for each arc removed, and hops added for each hop removed.

use super::{
    super::{cost::Cost, turns::TurnGraph},
    Hierarchy, NO_MIDDLE, Rows,
    witness::Witness,
};
use std::{cmp::Reverse, collections::BinaryHeap};

/// How many states a search for a witness settles while importance is guessed.
const GUESS: usize = 24;
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

/// Contracts a graph.
///
/// Out come the graph's states by importance, the most important first, and the hierarchy in that numbering.
pub fn contract(graph: &TurnGraph, progress: &dyn Fn(u64)) -> (Vec<u32>, Hierarchy) {
    let states = graph.drives.len();
    let mut contractor = Contractor::new(graph);
    let mut witness = Witness::new(states);
    let mut queue: BinaryHeap<Reverse<(u64, u32)>> =
        (0..states as u32).map(|state| Reverse((contractor.priority(state, &mut witness), state))).collect();
    let mut order = Vec::with_capacity(states);
    while let Some(Reverse((priority, state))) = queue.pop() {
        if contractor.current[state as usize] != priority {
            continue;
        }
        let neighbours = contractor.take_out(state, &mut witness);
        order.push(state);
        for neighbour in neighbours {
            let before = contractor.current[neighbour as usize];
            let now = contractor.priority(neighbour, &mut witness);
            if now != before {
                queue.push(Reverse((now, neighbour)));
            }
        }
        progress(order.len() as u64);
    }
    order.reverse();
    let hierarchy = contractor.hierarchy(&order);
    (order, hierarchy)
}

struct Contractor {
    out: Vec<Vec<Arc>>,
    into: Vec<Vec<Arc>>,
    level: Vec<u32>,
    current: Vec<u64>,
    shortcuts: Vec<(u32, u32, Arc)>,
}

impl Contractor {
    fn new(graph: &TurnGraph) -> Self {
        let states = graph.drives.len();
        let (mut out, mut into) = (vec![Vec::new(); states], vec![Vec::new(); states]);
        let mut contractor = Self {
            level: vec![0; states],
            current: vec![0; states],
            shortcuts: Vec::new(),
            out: std::mem::take(&mut out),
            into: std::mem::take(&mut into),
        };
        for state in 0..states as u32 {
            for (head, cost) in graph.arcs(state) {
                contractor.join(state, head, Arc { end: head, hops: 1, middle: NO_MIDDLE, cost });
            }
        }
        contractor
    }

    /// Puts an arc in, unless there is one as good.
    fn join(&mut self, tail: u32, head: u32, arc: Arc) {
        if tail == head {
            return;
        }
        let put = |arcs: &mut Vec<Arc>, end: u32| {
            let arc = Arc { end, ..arc };
            match arcs.iter_mut().find(|known| known.end == end) {
                Some(known) if known.cost <= arc.cost => {}
                Some(known) => *known = arc,
                None => arcs.push(arc),
            }
        };
        put(&mut self.out[tail as usize], head);
        put(&mut self.into[head as usize], tail);
    }

    /// Finds the shortcuts that taking a state out leaves.
    fn find(&mut self, state: u32, witness: &mut Witness, most: usize) {
        self.shortcuts.clear();
        let (into, out) = (&self.into[state as usize], &self.out[state as usize]);
        for first in into {
            let farthest = out.iter().filter(|second| second.end != first.end).map(|second| second.cost).max();
            let Some(farthest) = farthest else { continue };
            let arcs = |from: u32| self.out[from as usize].iter().map(|arc| (arc.end, arc.cost));
            witness.search(arcs, (first.end, state), first.cost + farthest, most);
            for second in out.iter().filter(|second| second.end != first.end) {
                let cost = first.cost + second.cost;
                if witness.cost(second.end).is_none_or(|known| known > cost) {
                    let arc = Arc { end: second.end, hops: first.hops + second.hops, middle: state, cost };
                    self.shortcuts.push((first.end, second.end, arc));
                }
            }
        }
    }

    /// Guesses how important a state is, and notes it.
    fn priority(&mut self, state: u32, witness: &mut Witness) -> u64 {
        self.find(state, witness, GUESS);
        let added = self.shortcuts.len() as u64;
        let added_hops: u64 = self.shortcuts.iter().map(|(_, _, arc)| u64::from(arc.hops)).sum();
        let arcs = || self.into[state as usize].iter().chain(&self.out[state as usize]);
        let removed = arcs().count() as u64;
        let removed_hops: u64 = arcs().map(|arc| u64::from(arc.hops)).sum();
        let share = |added: u64, removed: u64| (1000 * added).checked_div(removed).unwrap_or(0);
        let level = u64::from(self.level[state as usize]);
        let priority = 1000 * level + share(added, removed) + share(added_hops, removed_hops) + 1;
        self.current[state as usize] = priority;
        priority
    }

    /// Takes a state out and leaves shortcuts; tells its neighbours.
    fn take_out(&mut self, state: u32, witness: &mut Witness) -> Vec<u32> {
        self.find(state, witness, MAKE);
        for (tail, head, arc) in std::mem::take(&mut self.shortcuts) {
            self.join(tail, head, arc);
        }
        self.current[state as usize] = 0;
        let mut neighbours = Vec::new();
        for arc in &self.into[state as usize] {
            self.out[arc.end as usize].retain(|known| known.end != state);
            neighbours.push(arc.end);
        }
        for arc in &self.out[state as usize] {
            self.into[arc.end as usize].retain(|known| known.end != state);
            neighbours.push(arc.end);
        }
        neighbours.sort_unstable();
        neighbours.dedup();
        let level = self.level[state as usize] + 1;
        for neighbour in &neighbours {
            let known = &mut self.level[*neighbour as usize];
            *known = level.max(*known);
        }
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
