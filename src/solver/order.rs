//! Numbers for vertices under which neighbours are near to each other in memory.
//!
//! In: the rows of a graph. Out: its vertices in an order in which a search touches few pages, and in which
//! cutting the order into ranges cuts few edges.
//! Holds: the order is a permutation and a function of the graph.
//! Costs: see [`local_order`]. Absent: coordinates; distance is counted in edges.

use super::rows::Rows;
use super::weight::Weight;

/// How many vertices lie together at most: their state and their arcs fit a processor's own cache.
const CLUSTER: usize = 1 << 12;

/// Returns the vertices cluster by cluster, each cluster grown breadth first from a vertex next to those before.
///
/// Breadth-first order alone (E. Cuthill and J. McKee, "Reducing the bandwidth of sparse symmetric matrices",
/// 1969) lines up whole fronts, and in a wide graph the two ends of an edge are a front apart. Starting anew from
/// the oldest vertex of the front after every few thousand vertices keeps clusters round. Components stay
/// together; vertices without edges come last.
///
/// Cost: `O(n + m)`.
pub(super) fn local_order<W: Weight>(rows: &Rows<W>) -> Vec<u32> {
    let vertices = rows.vertices();
    let mut listed = vec![false; vertices];
    let mut order: Vec<u32> = Vec::with_capacity(vertices);
    // Vertices next to finished clusters, the oldest first; some have been listed since.
    let mut seeds: Vec<u32> = Vec::new();
    let mut alone: Vec<u32> = Vec::new();
    for root in 0..vertices as u32 {
        if listed[root as usize] {
            continue;
        }
        if rows.neighbours(root).is_empty() {
            alone.push(root);
            continue;
        }
        seeds.push(root);
        let mut oldest = 0;
        while let Some(&seed) = seeds.get(oldest) {
            oldest += 1;
            if listed[seed as usize] {
                continue;
            }
            listed[seed as usize] = true;
            let cluster = order.len();
            let mut looked_at = cluster;
            order.push(seed);
            while looked_at < order.len() && order.len() < cluster + CLUSTER {
                let vertex = order[looked_at];
                looked_at += 1;
                for arc in rows.neighbours(vertex) {
                    if !listed[arc.to as usize] {
                        listed[arc.to as usize] = true;
                        order.push(arc.to);
                    }
                }
            }
            for &vertex in &order[looked_at..] {
                seeds.extend(rows.neighbours(vertex).iter().map(|arc| arc.to).filter(|&to| !listed[to as usize]));
            }
        }
        seeds.clear();
    }
    order.append(&mut alone);
    order
}

/// Returns the position of each vertex in an order of all of them.
///
/// Cost: `O(n)`.
pub(super) fn positions(order: &[u32]) -> Vec<u32> {
    let mut position = vec![0; order.len()];
    for (index, &vertex) in (0u32..).zip(order) {
        position[vertex as usize] = index;
    }
    position
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::solver::graph::{Edge, Graph};

    fn grid(side: u32) -> Graph {
        // Numbers that are far from the places they stand for.
        let scatter = |place: u32| (u64::from(place) * 7919 % u64::from(side * side)) as u32;
        let mut edges = Vec::new();
        for place in 0..side * side {
            let (u, weight) = (scatter(place), 1);
            if place % side + 1 < side {
                edges.push(Edge { u, v: scatter(place + 1), weight });
            }
            if place + side < side * side {
                edges.push(Edge { u, v: scatter(place + side), weight });
            }
        }
        Graph::new((side * side) as usize, edges).unwrap()
    }

    #[test]
    fn every_vertex_is_listed_once() {
        for side in [1, 2, 10, 100] {
            let order = local_order(grid(side).rows());
            let mut sorted = order.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (0..side * side).collect::<Vec<u32>>());
            let position = positions(&order);
            assert!((0u32..).zip(&order).all(|(index, &vertex)| position[vertex as usize] == index));
        }
    }

    #[test]
    fn most_neighbours_in_a_large_grid_come_near_to_each_other() {
        let graph = grid(400);
        let position = positions(&local_order(graph.rows()));
        let near = |edge: &Edge| position[edge.u as usize].abs_diff(position[edge.v as usize]) < 1 << 12;
        let near_count = graph.edges().filter(near).count();
        assert!(near_count * 10 > graph.edge_count() * 9, "{near_count} of {}", graph.edge_count());
    }

    #[test]
    fn vertices_without_edges_come_last_and_components_stay_together() {
        let edge = |u, v| Edge { u, v, weight: 1i64 };
        let graph = Graph::new(7, vec![edge(1, 6), edge(2, 4), edge(4, 3)]).unwrap();
        assert_eq!(local_order(graph.rows()), [1, 6, 2, 4, 3, 0, 5]);
    }
}
