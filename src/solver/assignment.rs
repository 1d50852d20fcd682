//! The best set of rings of any length, exactly: vertex-disjoint directed cycles of the largest weight in all.
//!
//! In: a [`Digraph`]. Out: an [`Assignment`], what each vertex is followed by, and the proof that nothing is better.
//! Holds: the result is a function of the digraph; [`verify_assignment`] accepts its certificate; no ring of weight
//! zero is chosen.
//! Costs: see [`best_assignment`]. Absent: floats, recursion, randomness, threads; rings of limited length.
//!
//! # As an assignment problem
//!
//! Let every vertex be assigned one vertex, each to one: along an arc, at the arc's weight, or to itself, at nothing.
//! The assignments are just the sets of disjoint cycles, for what is not on one stays. By linear programming (H. Kuhn,
//! "The Hungarian method for the assignment problem", 1955) the best weight is the least sum of potentials, one for
//! leaving each vertex and one for entering it, where those of every arc's ends add up to its weight at least, and
//! those of every vertex to nothing at least.
//!
//! # The way there
//!
//! 1. `rows` keeps what lies in strongly connected components, for a cycle never leaves one, and renumbers vertices so
//!    that neighbours are near to each other.
//! 2. `auction` finds potentials that are nearly right, by bidding with a step that shrinks. `near` keeps the best choices
//!    of vertices that have many.
//! 3. `search` makes them exact: the vertices left over are assigned one by one along shortest augmenting paths. After
//!    the auction these are short, and a search resets only what it touched.
//! 4. `potentials` raises whole components until arcs between them are covered, too.
//!
//! `capped` adds caps on groups, by prices (`relaxed`) and branches.
//!
//! `pathfinding::kuhn_munkres` is the reference in the tests, and nothing else: below some thirty vertices it is faster,
//! by microseconds, but it returns no potentials, and an answer without a proof is not one. On a market of 2,000 it
//! takes fifty to a hundred times as long; where all are joined to all, six times (`tests/bench/README.md`).

mod auction;
mod capped;
mod near;
mod relaxed;
mod rows;
mod search;
#[cfg(test)]
mod tests;
mod verify;
mod verify_capped;

pub use capped::{CapStep, CappedAssignment, capped_assignment};
pub use verify::{AssignmentError, verify_assignment};
pub use verify_capped::{CappedAssignmentError, verify_capped_assignment};

use self::rows::Rows;
use self::search::State;
use super::digraph::Digraph;
use super::weight::Weight;
use serde::{Deserialize, Serialize};

/// A set of disjoint cycles of the largest weight, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment<W = i64> {
    /// The vertex that follows each vertex on its cycle, along an arc; `None` if it is on no cycle.
    pub next: Vec<Option<u32>>,
    /// The sum of the weights of the cycles' arcs.
    pub weight: W,
    /// The potentials that prove the weight cannot be exceeded.
    pub certificate: Potentials<W>,
}

/// A dual solution: whoever checks it needs to trust no solver.
///
/// For every arc `from[arc.from] + to[arc.to]` is the arc's weight at least; for every vertex `from[v] + to[v]` is zero
/// at least. So no set of disjoint cycles weighs more than the sum of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Potentials<W = i64> {
    /// The potential of leaving each vertex.
    pub from: Vec<W>,
    /// The potential of entering each vertex.
    pub to: Vec<W>,
}

/// Returns a set of vertex-disjoint directed cycles of the largest weight, which may be empty.
///
/// Cost: with `n` vertices and `m` arcs `O(n (m + n) log n)` in the worst case and `O(n + m)` memory. On sparse markets
/// the bids leave few vertices to search from and the searches stay local, so the time is near to `O(m)`.
pub fn best_assignment<W: Weight>(digraph: &Digraph<W>) -> Assignment<W> {
    let rows = Rows::new(digraph);
    let mut state = State::new(&rows);
    for root in auction::start(&mut state) {
        state.assign(root);
    }
    let (next, weight) = cycles(&rows, &state);
    Assignment { next, weight, certificate: potentials(digraph, &rows, &state, |_| false) }
}

/// Returns what [`best_assignment`] promises, from cycles that are nearly the best.
///
/// `next[v]` is the vertex that follows `v` on such a cycle, along an arc. It decides among assignments of one weight,
/// and how long it takes.
///
/// Cost: as [`best_assignment`] without its auction; a search for each vertex for which something is worth more than
/// what follows it.
pub(super) fn improved_assignment<W: Weight>(digraph: &Digraph<W>, next: &[Option<u32>]) -> Assignment<W> {
    let rows = Rows::new(digraph);
    let mut state = State::new(&rows);
    for number in 0..rows.vertices() {
        state.join(number, next[rows.vertex(number)].map_or(number, |then| rows.number(then)));
    }
    for root in auction::make_exact(&mut state) {
        state.assign(root);
    }
    let (next, weight) = cycles(&rows, &state);
    Assignment { next, weight, certificate: potentials(digraph, &rows, &state, |_| false) }
}

/// Reads the cycles that are worth something off a state, and what they weigh.
fn cycles<W: Weight>(rows: &Rows<'_, W>, state: &State<'_, W>) -> (Vec<Option<u32>>, W) {
    let mut next = vec![None; state.next.len()];
    let mut weight = W::ZERO;
    let mut seen = vec![false; state.next.len()];
    for first in 0..rows.vertices() {
        // A cycle is gone round twice: to weigh it and, if it is worth something, to choose it.
        let mut cycle_weight = W::ZERO;
        let mut number = first;
        while !seen[number as usize] {
            seen[number as usize] = true;
            let then = state.next[number as usize];
            cycle_weight += rows.weight(number, then);
            number = then;
        }
        if cycle_weight > W::ZERO {
            weight += cycle_weight;
            while next[rows.vertex(number)].is_none() {
                let then = state.next[number as usize];
                next[rows.vertex(number)] = Some(rows.vertex(then) as u32);
                number = then;
            }
        }
    }
    (next, weight)
}

/// Returns the potentials by the vertices of the digraph, with those of whole components raised for leaving and lowered
/// for entering until they cover the arcs between components.
///
/// Within a component, sums stay as they are. Arcs lead to earlier components, so that these are right already. Arcs at
/// vertices that are `held`, by their new numbers, need no cover.
fn potentials<W: Weight>(
    digraph: &Digraph<W>,
    rows: &Rows<'_, W>,
    state: &State<'_, W>,
    held: impl Fn(u32) -> bool,
) -> Potentials<W> {
    let nothing = vec![W::ZERO; digraph.vertices()];
    let mut potentials = Potentials { from: nothing.clone(), to: nothing };
    for component in rows.components() {
        let mut raise = W::ZERO;
        // No arc leads out of a component that is all there is.
        let leaves = component.len() < digraph.vertices();
        for number in component.clone().filter(|&number| leaves && !held(number)) {
            for arc in digraph.successors(rows.vertex(number) as u32) {
                let to = rows.number(arc.to);
                if !component.contains(&to) && !held(to) {
                    raise = raise.max(arc.weight - state.from[number as usize] - potentials.to[arc.to as usize]);
                }
            }
        }
        for number in component {
            potentials.from[rows.vertex(number)] = state.from[number as usize] + raise;
            potentials.to[rows.vertex(number)] = state.to[number as usize] - raise;
        }
    }
    potentials
}
