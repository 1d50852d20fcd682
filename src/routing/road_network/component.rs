//! The largest part of a graph in which every state leads to every other.
//!
//! In goes a [`TurnGraph`]; out come its states of the largest strongly connected component, ascending.
//! Holds: of two components as large as each other, the one found first counts.
//! Costs: linear; no recursion.
//! Source: Tarjan, "Depth-First Search and Linear Graph Algorithms", 1972.

use super::turns::TurnGraph;

/// The states of the largest strongly connected component.
pub fn largest(graph: &TurnGraph) -> Vec<u32> {
    const UNSEEN: u32 = u32::MAX;
    let states = graph.drives.len();
    let (mut order, mut low, mut on_stack) = (vec![UNSEEN; states], vec![0; states], vec![false; states]);
    let (mut stack, mut calls, mut next) = (Vec::new(), Vec::new(), 0);
    let mut best: Vec<u32> = Vec::new();
    for root in 0..states as u32 {
        if order[root as usize] != UNSEEN {
            continue;
        }
        calls.push((root, graph.first[root as usize]));
        while let Some((state, arc)) = calls.pop() {
            let at = state as usize;
            if order[at] == UNSEEN {
                (order[at], low[at], on_stack[at]) = (next, next, true);
                stack.push(state);
                next += 1;
            } else {
                // Back from the head of the arc before.
                low[at] = low[at].min(low[graph.heads[arc as usize - 1] as usize]);
            }
            let mut arc = arc;
            let mut down = None;
            while arc < graph.first[at + 1] && down.is_none() {
                let head = graph.heads[arc as usize];
                arc += 1;
                if order[head as usize] == UNSEEN {
                    down = Some(head);
                } else if on_stack[head as usize] {
                    low[at] = low[at].min(order[head as usize]);
                }
            }
            if let Some(head) = down {
                calls.push((state, arc));
                calls.push((head, graph.first[head as usize]));
            } else if low[at] == order[at] {
                let from = stack.iter().rposition(|found| *found == state).expect("a root is on the stack");
                let component = stack.split_off(from);
                component.iter().for_each(|state| on_stack[*state as usize] = false);
                if component.len() > best.len() {
                    best = component;
                }
            }
        }
    }
    best.sort_unstable();
    best
}
