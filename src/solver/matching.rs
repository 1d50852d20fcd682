//! The matching of the largest weight in any graph, exactly.
//!
//! In: a [`Graph`] with positive integer weights. Out: a [`Matching`] and the proof that it is best.
//! Holds: the result is a function of the graph; `verify` accepts its certificate.
//! Costs: see [`maximum_weight_matching`]. Absent: floats, recursion, randomness, threads.
//!
//! This is Edmonds' primal-dual blossom method (J. Edmonds, "Paths, trees, and flowers" and "Maximum
//! matching and a polyhedron with 0,1-vertices", 1965), in the words of Z. Galil, "Efficient
//! algorithms for finding maximum matching in graphs" (1986), with the lazily kept duals of
//! Z. Galil, S. Micali and H. Gabow, "An O(EV log V) algorithm for finding a maximal weighted
//! matching in general graphs" (1986). J. van Rantwijk's description of his implementation taught us
//! what can go wrong. Unlike them, it grows one tree at a time, and only as far as it must.
//!
//! Letters of the literature: `S` and `T` are the even and the odd nodes of the alternating tree,
//! `y` a vertex dual, `z` a blossom dual, `w` a weight; the slack of an edge is
//! `y_u + y_v + sum of the z around both - w`. Duals are stored twice as large (`_2x`), so that all
//! are integers.

pub(super) mod family;
mod fractional;
mod release;
pub(super) mod search;
#[cfg(test)]
mod tests;

use self::family::{Family, NONE};
use self::fractional::Start;
use self::search::Searcher;
use super::certificate::{Blossom, Certificate};
use super::graph::Graph;
use super::weight::Weight;

/// A matching of the largest weight, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching<W = i64> {
    /// The partner of each vertex; mutual, and along edges of the graph.
    pub mate: Vec<Option<u32>>,
    /// The sum of the weights of the matched edges.
    pub weight: W,
    /// The dual solution that proves the weight cannot be exceeded.
    pub certificate: Certificate<W>,
}

/// Returns a matching of the largest weight in a graph, not necessarily of the most edges.
///
/// 1. Start from a best fractional matching (`fractional`). After it, no edge has negative slack,
///    matched edges have none, and only the unsettled vertices, one on each odd cycle that counted
///    half, are unmatched with a positive dual. In markets that are nearly bipartite, as geographic
///    ones are, this is almost all of the work.
/// 2. Settle these one by one with blossoms (`search`). Each search keeps what holds and leaves one
///    unsettled vertex less.
/// 3. Read off the matching and the certificate: now every unmatched vertex has a dual of zero, so
///    the duals prove the matching best.
///
/// Cost: with `n` vertices, `m` edges and blossoms nested `d` deep, `O(n (m log n + n d))` in the
/// worst case and `O(n + m)` memory. A search looks only at its own tree and ends at the nearest
/// reason to end; on sparse markets the trees stay small and the time is near to `O(m log n)`.
pub fn maximum_weight_matching<W: Weight>(graph: &Graph<W>) -> Matching<W> {
    read_off(graph, solved(graph).family())
}

/// Returns the state in which a graph is solved, to go on from when the graph changes.
pub(super) fn solved<W: Weight>(graph: &Graph<W>) -> Searcher<W> {
    settle(graph, fractional::start(graph))
}

/// Settles what a start left unsettled, one vertex after the other, with blossoms.
///
/// Before: the start holds what `fractional` says, except that unsettled vertices need not lie on
/// tight odd cycles. After: every unmatched vertex has a dual of zero.
fn settle<W: Weight>(graph: &Graph<W>, start: Start<W>) -> Searcher<W> {
    let Start { mate, dual_2x, unsettled } = start;
    let mut searcher = Searcher::new(Family::new(mate, dual_2x));
    for root in unsettled {
        searcher.search(graph, root);
    }
    searcher
}

/// Reads the matching and its certificate off the last state.
fn read_off<W: Weight>(graph: &Graph<W>, family: &Family<W>) -> Matching<W> {
    let mate: Vec<Option<u32>> = family.mates().iter().map(|&mate| (mate != NONE).then_some(mate)).collect();
    let weight = graph.weight_of(&mate);
    Matching {
        mate,
        weight,
        certificate: Certificate { vertex_duals_2x: family.duals_2x().to_vec(), blossoms: list_blossoms(family) },
    }
}

/// Lists the blossoms, children before parents.
pub(super) fn list_blossoms<W: Weight>(family: &Family<W>) -> Vec<Blossom<W>> {
    let mut listed = Vec::new();
    let mut index_of = vec![NONE; family.nodes()];
    // A blossom waits below its children and is listed when it is met again.
    let mut pending: Vec<(u32, bool)> =
        family.outermost_blossoms().into_iter().rev().map(|node| (node, false)).collect();
    while let Some((node, children_listed)) = pending.pop() {
        if !children_listed {
            pending.push((node, true));
            let inner = family.children(node).filter(|&child| family.is_blossom(child));
            pending.extend(inner.map(|child| (child, false)));
            continue;
        }
        let (inner, mut vertices): (Vec<u32>, Vec<u32>) =
            family.children(node).partition(|&child| family.is_blossom(child));
        let mut children: Vec<u32> = inner.iter().map(|&child| index_of[child as usize]).collect();
        vertices.sort_unstable();
        children.sort_unstable();
        index_of[node as usize] = listed.len() as u32;
        listed.push(Blossom { vertices, children, dual_2x: family.blossom_dual_2x(node) });
    }
    listed
}
