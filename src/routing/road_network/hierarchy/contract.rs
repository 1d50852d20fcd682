//! Makes the hierarchy: takes the states out, the least important first, and leaves shortcuts.
//!
//! In goes a [`TurnGraph`] whose states are numbered by importance, 0 the most important; out comes the [`Hierarchy`] over
//! them.
//! Holds: any numbering gives a right hierarchy, a good one ([`super::cuts`]) a small one. An arc stays only where nothing
//! is cheaper than it, so that what a shortcut stands for is there to be unpacked.
//! Costs: a look at each triangle of arcs, twice; memory for each arc that any costs could call for.
//! Source: Dibbelt, Strasser, Wagner, "Customizable Contraction Hierarchies", 2016: chordal supergraph, basic and perfect
//! customization.

use super::{
    super::{cost::Cost, turns::TurnGraph},
    Hierarchy, NO_MIDDLE, Rows,
};

/// What no way costs; two of them still fit into the integer.
const NO_WAY: u64 = u64::MAX / 4;
/// After how many states progress is told.
const STEP: u64 = 4096;

/// Contracts a graph whose states are numbered by importance; `progress` hears how much is done, of how much.
pub fn contract(graph: &TurnGraph, progress: &dyn Fn(u64, u64)) -> Hierarchy {
    let mut arcs = Arcs::new(graph);
    let below = arcs.below();
    let (states, steps) = (arcs.states(), 2 * u64::from(arcs.states()));
    let up_and_down = (0..states).rev().map(|state| (state, true)).chain((0..states).map(|state| (state, false)));
    for (done, (state, is_first)) in (0..).zip(up_and_down) {
        if is_first {
            arcs.shorten(state, &below)
        } else {
            arcs.prune(state, &below)
        }
        if done % STEP == 0 {
            progress(done, steps);
        }
    }
    arcs.hierarchy()
}

/// What goes up and what comes down.
type Both<T> = [T; 2];
const UP: usize = 0;
const DOWN: usize = 1;

/// Every arc between a state and a more important one that any costs could call for, in rows, one row a state.
struct Arcs {
    first: Vec<u32>,
    /// The more important ends, ascending.
    ends: Vec<u32>,
    costs: Vec<Both<u64>>,
    middles: Vec<Both<u32>>,
    /// Whether a way over more important states is cheaper.
    are_needless: Vec<Both<bool>>,
    /// Where the arcs of the row at hand lead, by end.
    row: Vec<u32>,
}

/// The less important neighbours of each state, with the arcs they have to it.
struct Below {
    first: Vec<u32>,
    arcs: Vec<(u32, u32)>,
}

impl Arcs {
    /// Joins what taking states out one after another would join, and puts the graph's costs in.
    fn new(graph: &TurnGraph) -> Self {
        let states = graph.drives.len();
        let mut rows = rows_above(graph);
        let (mut first, mut ends) = (vec![0], Vec::with_capacity(rows.iter().map(Vec::len).sum()));
        for row in &mut rows {
            ends.append(row);
            first.push(ends.len() as u32);
        }
        let mut arcs = Self {
            costs: vec![[NO_WAY; 2]; ends.len()],
            middles: vec![[NO_MIDDLE; 2]; ends.len()],
            are_needless: vec![[false; 2]; ends.len()],
            row: vec![0; states],
            first,
            ends,
        };
        for tail in 0..states as u32 {
            for (head, cost) in graph.arcs(tail).filter(|(head, _)| *head != tail) {
                let (state, end, side) = if tail > head { (tail, head, UP) } else { (head, tail, DOWN) };
                let row = arcs.range(state);
                let slot = row.start + arcs.ends[row].binary_search(&end).expect("neighbours are joined");
                let known = &mut arcs.costs[slot][side];
                *known = cost.packed().min(*known);
            }
        }
        arcs
    }

    fn states(&self) -> u32 {
        self.row.len() as u32
    }

    fn range(&self, state: u32) -> std::ops::Range<usize> {
        self.first[state as usize] as usize..self.first[state as usize + 1] as usize
    }

    fn below(&self) -> Below {
        let mut first = vec![0_u32; self.row.len() + 1];
        self.ends.iter().for_each(|end| first[*end as usize + 1] += 1);
        for state in 0..self.row.len() {
            first[state + 1] += first[state];
        }
        let (mut next, mut arcs) = (first.clone(), vec![(0, 0); self.ends.len()]);
        for state in 0..self.states() {
            for arc in self.range(state) {
                let slot = &mut next[self.ends[arc] as usize];
                arcs[*slot as usize] = (state, arc as u32);
                *slot += 1;
            }
        }
        Below { first, arcs }
    }

    /// Shows `look` every triangle whose middle state this is.
    fn triangles(&mut self, state: u32, below: &Below, look: impl Fn(&mut Self, Triangle)) {
        for arc in self.range(state) {
            self.row[self.ends[arc] as usize] = arc as u32;
        }
        for slot in below.first[state as usize]..below.first[state as usize + 1] {
            let (least, to_middle) = below.arcs[slot as usize];
            let to_middle = to_middle as usize;
            for to_most in self.first[least as usize] as usize..to_middle {
                let across = self.row[self.ends[to_most] as usize] as usize;
                look(self, Triangle { least, to_middle, to_most, across });
            }
        }
    }

    /// Makes the arcs of a state as cheap as the ways over one less important state; those of all below it are.
    fn shorten(&mut self, state: u32, below: &Below) {
        self.triangles(state, below, |arcs, Triangle { least, to_middle, to_most, across }| {
            let (to_middle, to_most) = (arcs.costs[to_middle], arcs.costs[to_most]);
            let over = [to_middle[DOWN] + to_most[UP], to_most[DOWN] + to_middle[UP]];
            for side in [UP, DOWN] {
                if over[side] < arcs.costs[across][side] {
                    arcs.costs[across][side] = over[side];
                    arcs.middles[across][side] = least;
                }
            }
        });
    }

    /// Finds what is dearer than a way over more important states; the arcs of this state are as cheap as any way.
    fn prune(&mut self, state: u32, below: &Below) {
        self.triangles(state, below, |arcs, Triangle { to_middle, to_most, across, .. }| {
            let across = arcs.costs[across];
            let [near, far] = [to_middle, to_most].map(|arc| arcs.costs[arc]);
            for (arc, over) in [
                (to_most, [near[UP] + across[UP], across[DOWN] + near[DOWN]]),
                (to_middle, [far[UP] + across[DOWN], across[UP] + far[DOWN]]),
            ] {
                for side in [UP, DOWN] {
                    if over[side] < arcs.costs[arc][side] {
                        arcs.costs[arc][side] = over[side];
                        arcs.are_needless[arc][side] = true;
                    }
                }
            }
        });
    }

    fn hierarchy(&self) -> Hierarchy {
        let rows = |side: usize| {
            let mut rows = Rows { first: vec![0], ..Rows::default() };
            for state in 0..self.states() {
                for arc in self.range(state) {
                    if self.costs[arc][side] < NO_WAY && !self.are_needless[arc][side] {
                        rows.ends.push(self.ends[arc]);
                        rows.costs.push(Cost::from_packed(self.costs[arc][side]));
                        rows.middles.push(self.middles[arc][side]);
                    }
                }
                rows.first.push(rows.ends.len() as u32);
            }
            rows
        };
        Hierarchy { up: rows(UP), down: rows(DOWN) }
    }
}

/// Three states that are neighbours, by their arcs.
#[derive(Clone, Copy)]
struct Triangle {
    /// The least important of the states.
    least: u32,
    to_middle: usize,
    to_most: usize,
    /// From the middle to the most important one.
    across: usize,
}

/// The more important neighbours of each state once all less important ones are taken out, ascending.
fn rows_above(graph: &TurnGraph) -> Vec<Vec<u32>> {
    let mut rows: Vec<Vec<u32>> = vec![Vec::new(); graph.drives.len()];
    for tail in 0..rows.len() as u32 {
        for (head, _) in graph.arcs(tail).filter(|(head, _)| *head != tail) {
            rows[tail.max(head) as usize].push(tail.min(head));
        }
    }
    for state in (0..rows.len()).rev() {
        rows[state].sort_unstable();
        rows[state].dedup();
        // Its neighbours become each other's: each but the nearest is a neighbour of the nearest, which passes them on.
        if let Some((nearest, others)) = std::mem::take(&mut rows[state]).split_last() {
            rows[*nearest as usize].extend(others);
            rows[state] = [others, &[*nearest]].concat();
        }
    }
    rows
}
