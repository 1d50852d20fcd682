//! Potentials that are nearly right, by an auction whose steps shrink.
//!
//! In: a fresh state. Out: potentials and assignments as `search` wants them, and the vertices left over.
//! Holds: what `search` says.
//! Costs: each bid looks at one row. Bids are counted, and more than [`MOST_BIDS`] a vertex in one round end the
//! auction, so the cost is `O(n + m)` a round; on sparse markets it takes one to four a vertex.
//! Absent: exactness, which the searches bring about.
//!
//! Vertices bid to be followed by others, whose prices are the potentials of entering. A vertex takes what is worth
//! most to it at its price, and raises that price until the second best is worth as much and one step more. Whoever
//! held it bids next. When all have something, what each has is within a step of its best; then the step is made
//! smaller, from the prices reached (D. Bertsekas, "The auction algorithm", 1988; A. Goldberg and R. Kennedy, "An
//! efficient cost scaling algorithm for the assignment problem", 1995). They go on to a step that makes the result
//! exact; we stop where the searches are the faster.

use super::super::graph::Arc;
use super::super::weight::Weight;
use super::search::{NONE, State};

/// The halvings of the step from one round to the next.
const SHRINK: u32 = 2;
/// The halvings of the middle one of the vertices' heaviest weights that give the smallest step. Searches are short
/// when the step is small beside the differences between the weights at a vertex, and these are small in dense graphs;
/// in sparse ones the last rounds cost next to nothing.
const LAST: u32 = 14;
/// The most bids a vertex in one round, on average: a war of bids with small steps is a long one, and searches end it.
const MOST_BIDS: usize = 32;

/// Returns the vertices left over, ascending.
pub(super) fn start<W: Weight>(state: &mut State<'_, W>) -> Vec<u32> {
    let mut heaviest: Vec<W> = (0..state.rows.vertices()).map(|vertex| heaviest(state, vertex)).collect();
    heaviest.retain(|&weight| weight > W::ZERO);
    if let Some(&most) = heaviest.iter().max() {
        let middle = heaviest.len() / 2;
        let last = halved(*heaviest.select_nth_unstable(middle).1, LAST);
        // Of `d` arcs the best and the second best differ by some `d`-th of the heaviest: larger steps teach nothing.
        let mut step = halved(most, arcs_a_vertex(state).ilog2());
        while step > W::ZERO && step >= last && round(state, step) {
            step = halved(step, SHRINK);
        }
    }
    make_exact(state)
}

/// Returns how many arcs leave a vertex on average, or one if that is less.
fn arcs_a_vertex<W: Weight>(state: &State<'_, W>) -> usize {
    let arcs: usize = (0..state.rows.vertices()).map(|vertex| state.rows.of(vertex).len()).sum();
    (arcs / state.next.len().max(1)).max(1)
}

/// Returns what the best arc that leaves a vertex weighs, or zero.
fn heaviest<W: Weight>(state: &State<'_, W>, vertex: u32) -> W {
    state.choices(vertex).map(|arc| arc.weight).max().unwrap_or(W::ZERO)
}

fn halved<W: Weight>(weight: W, times: u32) -> W {
    (0..times).fold(weight, |weight, _| weight.halved())
}

/// Lets all vertices bid anew, from the prices as they are. Returns false if that takes too long.
fn round<W: Weight>(state: &mut State<'_, W>, step: W) -> bool {
    state.next.fill(NONE);
    state.previous.fill(NONE);
    let mut bids_left = MOST_BIDS * state.next.len();
    for first in 0..state.rows.vertices() {
        let mut bidder = first;
        while bidder != NONE {
            if bids_left == 0 {
                return false;
            }
            bids_left -= 1;
            bidder = bid(state, bidder, step);
        }
    }
    true
}

/// Lets a vertex bid and returns who held what it took, or `NONE`.
fn bid<W: Weight>(state: &mut State<'_, W>, bidder: u32, step: W) -> u32 {
    let ((taken, worth), second) = state.best_two(bidder);
    state.to[taken as usize] += worth - second + step;
    let held_by = state.previous[taken as usize];
    if held_by != NONE {
        state.next[held_by as usize] = NONE;
    }
    state.join(bidder, taken);
    held_by
}

/// Raises the potentials of leaving to what the prices ask for, keeps what then has no slack, and gives the others
/// something without slack that is free. Returns those for whom there is nothing.
pub(super) fn make_exact<W: Weight>(state: &mut State<'_, W>) -> Vec<u32> {
    for vertex in 0..state.rows.vertices() {
        let ((_, best), _) = state.best_two(vertex);
        state.from[vertex as usize] = best;
        let held = state.next[vertex as usize];
        if held != NONE && state.rows.weight(vertex, held) - state.to[held as usize] < best {
            state.part(vertex);
        }
    }
    let mut left_over = Vec::new();
    for vertex in 0..state.rows.vertices() {
        if state.next[vertex as usize] != NONE {
            continue;
        }
        let is_free_and_tight = |arc: &Arc<W>| {
            let slack = state.from[vertex as usize] + state.to[arc.to as usize] - arc.weight;
            slack == W::ZERO && state.previous[arc.to as usize] == NONE
        };
        let free_and_tight = state.choices(vertex).find(is_free_and_tight);
        match free_and_tight {
            Some(arc) => state.join(vertex, arc.to),
            None => left_over.push(vertex),
        }
    }
    left_over
}
