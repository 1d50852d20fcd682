//! All cycles of a digraph up to a length, each once.
//!
//! In: a [`Digraph`] and a length of at most 4. Out: a call for each cycle, with its vertices along its arcs,
//! smallest first, and the weights of its arcs.
//! Holds: each cycle comes once, in ascending order of its vertices.
//! Costs: the paths of one arc less than the length whose first vertex is the smallest; arcs that lead nowhere
//! back are passed over (after D. Johnson, "Finding all the elementary circuits of a directed graph", 1975).
//! Absent: longer cycles, and what a cycle is worth.

use super::super::digraph::Digraph;

/// Calls `found` with the vertices and the weights of the arcs of each cycle of 2 to `longest` vertices.
///
/// The weight at `i` is that of the arc from vertex `i` to the next. `longest` is at most 4.
pub fn each_cycle(digraph: &Digraph, longest: usize, mut found: impl FnMut(&[u32], &[i64])) {
    let vertices = digraph.vertices();
    // The weight of the arc back to the first vertex; and whether a vertex has an arc to such a one.
    let mut back: Vec<Option<i64>> = vec![None; vertices];
    let mut near: Vec<bool> = vec![false; if longest > 3 { vertices } else { 0 }];
    for first in 0..vertices as u32 {
        let entering = after(digraph.predecessors(first), first);
        if entering.is_empty() {
            continue;
        }
        for arc in entering {
            back[arc.to as usize] = Some(arc.weight);
            if longest > 3 {
                for before in after(digraph.predecessors(arc.to), first) {
                    near[before.to as usize] = true;
                }
            }
        }
        for second in after(digraph.successors(first), first) {
            if let Some(last) = back[second.to as usize] {
                found(&[first, second.to], &[second.weight, last]);
            }
            if longest < 3 {
                continue;
            }
            for third in after(digraph.successors(second.to), first) {
                if let Some(last) = back[third.to as usize] {
                    found(&[first, second.to, third.to], &[second.weight, third.weight, last]);
                }
                if longest < 4 || !near[third.to as usize] {
                    continue;
                }
                for fourth in after(digraph.successors(third.to), first) {
                    if fourth.to == second.to {
                        continue;
                    }
                    if let Some(last) = back[fourth.to as usize] {
                        found(
                            &[first, second.to, third.to, fourth.to],
                            &[second.weight, third.weight, fourth.weight, last],
                        );
                    }
                }
            }
        }
        for arc in entering {
            back[arc.to as usize] = None;
            if longest > 3 {
                for before in after(digraph.predecessors(arc.to), first) {
                    near[before.to as usize] = false;
                }
            }
        }
    }
}

/// Returns the arcs of a row whose far end is larger than a vertex.
fn after(row: &[super::super::graph::Arc], vertex: u32) -> &[super::super::graph::Arc] {
    &row[row.partition_point(|arc| arc.to <= vertex)..]
}
