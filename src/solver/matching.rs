//! The matching of the largest weight in any graph, exactly.
//!
//! In: a [`Graph`] with positive integer weights. Out: a [`Matching`] and the proof that it is best.
//! Holds: the result is a function of the graph; `verify` accepts its certificate.
//! Costs: see [`maximum_weight_matching`]. Absent: floats, recursion, randomness.
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
use super::order::{local_order, positions};
use super::rows::{Rows, both_side_by_side, list_side_by_side};
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
/// 1. Renumber the vertices so that neighbours are near to each other (`order`), in numbers of 32 bits if
///    those hold all weights: the work is walking through memory, most of all.
/// 2. Start from a best fractional matching (`fractional`). After it, no edge has negative slack,
///    matched edges have none, and only the unsettled vertices, one on each odd cycle that counted
///    half, are unmatched with a positive dual. In markets that are nearly bipartite, as geographic
///    ones are, this is almost all of the work.
/// 3. Settle these with blossoms (`search`). Each search keeps what holds and leaves one unsettled vertex less,
///    or gives way to others for a while once its tree is larger than theirs.
/// 4. Read off the matching and the certificate: now every unmatched vertex has a dual of zero, so
///    the duals prove the matching best.
///
/// Cost: with `n` vertices, `m` edges and blossoms nested `d` deep, `O(n (m log n + n d))` in the
/// worst case and `O(n + m)` memory. A search looks only at its own tree and ends at the nearest
/// reason to end; on sparse markets the trees stay small and the time is near to `O(m log n)`.
pub fn maximum_weight_matching<W: Weight>(graph: &Graph<W>) -> Matching<W> {
    if graph.heaviest() <= W::from_narrow(i32::LIMIT) {
        let narrow = |weight: W| weight.to_narrow().expect("no weight is above the heaviest");
        best_matching(graph, narrow, W::from_narrow)
    } else {
        best_matching(graph, |weight| weight, |weight| weight)
    }
}

/// Finds the best matching in numbers of another width.
fn best_matching<W: Weight, V: Weight>(
    graph: &Graph<W>,
    narrow: impl Fn(W) -> V + Sync,
    widen: impl Fn(V) -> W + Sync,
) -> Matching<W> {
    let arcs = graph.rows().arcs();
    let (order, room) = both_side_by_side(arcs, || local_order(graph.rows()), || Rows::room(arcs));
    let number = positions(&order);
    let rows = graph.rows().renumbered(&order, &number, room, narrow);
    let start = fractional::start(&rows);
    let family = settle(&rows, start).into_family();
    drop(rows);
    read_off(graph, &family, &order, &number, widen)
}

/// Returns the state in which a graph is solved, to go on from when the graph changes.
pub(super) fn solved<W: Weight>(graph: &Graph<W>) -> Searcher<W> {
    settle(graph.rows(), fractional::start(graph.rows()))
}

/// How many vertices a search looks at before it gives way to others, in the first round.
const FIRST_ROUND: usize = 32;

/// How many times more these are in each following round: the work that is done again then is a small part.
const ROUND_GROWTH: usize = 4;

/// Settles what a start left unsettled with blossoms, in rounds of searches that go farther and farther.
///
/// Trees that grow from all unsettled vertices at once meet halfway; a tree that grows alone goes the whole way, and
/// the last ones to be grown go across half the graph. Trees kept side by side are not needed for that: a search that
/// gives up leaves its duals behind, and one that comes from the other side goes on from there. (V. Kolmogorov,
/// "Blossom V: a new implementation of a minimum cost perfect matching algorithm", 2009, keeps all trees and changes
/// the duals of each by its own amount.) In each round all trees are of about the same size, so sweeping over the
/// graph, which keeps what is looked at in the processor's caches, is as good an order as any.
///
/// Before: the start holds what `fractional` says, except that unsettled vertices need not lie on
/// tight odd cycles. After: every unmatched vertex has a dual of zero.
fn settle<W: Weight>(rows: &Rows<W>, start: Start<W>) -> Searcher<W> {
    settle_in_rounds(rows, start, FIRST_ROUND)
}

/// Settles what a start left unsettled; in the first round, searches give way once they have looked at so many
/// vertices, at least one.
fn settle_in_rounds<W: Weight>(rows: &Rows<W>, start: Start<W>, first_round: usize) -> Searcher<W> {
    let Start { mate, dual_2x, mut unsettled } = start;
    let mut searcher = Searcher::new(Family::new(mate, dual_2x));
    let mut most = first_round;
    while !unsettled.is_empty() {
        unsettled.retain(|&root| !searcher.search_within(rows, root, most));
        most = most.saturating_mul(ROUND_GROWTH);
    }
    searcher
}

/// Reads the matching and its certificate off the last state.
///
/// `order[v]` is the number of vertex `v` in the graph, `number` its inverse.
///
/// Cost: `O(n log degree)`, and linear in the vertices of blossoms times their depth.
fn read_off<W: Weight, V: Weight>(
    graph: &Graph<W>,
    family: &Family<V>,
    order: &[u32],
    number: &[u32],
    widen: impl Fn(V) -> W + Sync,
) -> Matching<W> {
    let mate = |vertex| Some(family.mate(number[vertex])).filter(|&mate| mate != NONE).map(|mate| order[mate as usize]);
    let mate = list_side_by_side(order.len(), order.len(), mate);
    let dual_2x = |vertex| widen(family.dual_2x(number[vertex]));
    let in_graph = |blossom: Blossom<V>| {
        let mut vertices: Vec<u32> = blossom.vertices.iter().map(|&vertex| order[vertex as usize]).collect();
        vertices.sort_unstable();
        Blossom { vertices, children: blossom.children, dual_2x: widen(blossom.dual_2x) }
    };
    let vertex_duals_2x = list_side_by_side(order.len(), order.len(), dual_2x);
    let blossoms = list_blossoms(family).into_iter().map(in_graph).collect();
    Matching { weight: graph.weight_of(&mate), mate, certificate: Certificate { vertex_duals_2x, blossoms } }
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
