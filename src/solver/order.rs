//! Numbers for vertices under which neighbours are near to each other in memory.
//!
//! In: the rows of a graph. Out: its vertices in an order in which a search touches few pages, and in which
//! cutting the order into ranges cuts few edges.
//! Holds: the order is a permutation and a function of the graph.
//! Costs: see [`local_order`]. Absent: coordinates; distance is counted in edges.

use std::iter::Chain;
use std::ops::Range;

use super::rows::{Rows, side_by_side};
use super::weight::Weight;

/// How many vertices lie together at most: their state and their arcs fit a processor's own cache.
const CLUSTER: usize = 1 << 12;

/// How many threads may list the vertices of a large graph.
const SIDES: usize = 4;

/// Fewer vertices than these are listed from one side.
const VERTICES_FOR_SIDES: usize = 1 << 17;

/// Returns the vertices cluster by cluster, each cluster grown breadth first from a vertex next to those before.
///
/// Breadth-first order alone (E. Cuthill and J. McKee, "Reducing the bandwidth of sparse symmetric matrices",
/// 1969) lines up whole fronts, and in a wide graph the two ends of an edge are a front apart. Starting anew from
/// the oldest vertex of the front after every few thousand vertices keeps clusters round. Small components stay
/// together; vertices without edges come last.
///
/// A large graph is listed from several sides, round by round. In a round each side lists a cluster's worth of what
/// nobody had listed before the round; what two have listed stays with the first of them. So the order does not depend
/// on the number of threads.
///
/// Cost: `O(n + m)`.
pub(super) fn local_order<W: Weight>(rows: &Rows<W>) -> Vec<u32> {
    let vertices = rows.vertices();
    local_order_from(rows, if vertices < VERTICES_FOR_SIDES { 1 } else { SIDES })
}

/// Returns the vertices as they are listed from so many sides.
fn local_order_from<W: Weight>(rows: &Rows<W>, sides: usize) -> Vec<u32> {
    let vertices = rows.vertices();
    let mut sides: Vec<Side<'_, W>> = (0..sides).map(|side| Side::new(rows, vertices / sides * side)).collect();
    let mut listed: Vec<Vec<u32>> = vec![Vec::new(); sides.len()];
    let mut last_round: Vec<Vec<u32>> = Vec::new();
    loop {
        let mut round = side_by_side(rows.arcs(), sides.iter_mut().collect(), |side| side.list(&last_round));
        if round.iter().all(Vec::is_empty) {
            break;
        }
        for side in 1..round.len() {
            round[side].retain(|&vertex| !sides[..side].iter().any(|before| before.listed.has(vertex)));
        }
        for (all, new) in listed.iter_mut().zip(&round) {
            all.extend(new);
        }
        last_round = round;
    }
    let alone = (0..vertices as u32).filter(|&vertex| rows.neighbours(vertex).is_empty());
    listed.into_iter().flatten().chain(alone).collect()
}

/// One of the places from which the vertices are listed.
struct Side<'a, W: Copy> {
    rows: &'a Rows<W>,
    /// Whether each vertex has been listed, by this side or, before the last round, by another.
    listed: Set,
    /// Vertices next to finished clusters, the oldest first; some have been listed since.
    seeds: Vec<u32>,
    /// How many seeds have been tried.
    tried: usize,
    /// Where to begin when no seed is left.
    roots: Chain<Range<u32>, Range<u32>>,
}

impl<'a, W: Weight> Side<'a, W> {
    fn new(rows: &'a Rows<W>, from: usize) -> Self {
        let roots = (from as u32..rows.vertices() as u32).chain(0..from as u32);
        Self { rows, listed: Set::new(rows.vertices()), seeds: Vec::new(), tried: 0, roots }
    }

    /// Lists some clusters of about as many vertices as one may have, or as many as are left.
    ///
    /// `others` are the vertices listed by all in the last round.
    fn list(&mut self, others: &[Vec<u32>]) -> Vec<u32> {
        for &vertex in others.iter().flatten() {
            self.listed.insert(vertex);
        }
        let mut order = Vec::new();
        while order.len() < CLUSTER {
            let Some(seed) = self.next_seed() else {
                break;
            };
            self.grow(seed, &mut order);
        }
        order
    }

    /// Returns the oldest seed that is not listed yet, or else a vertex with edges.
    fn next_seed(&mut self) -> Option<u32> {
        while let Some(&seed) = self.seeds.get(self.tried) {
            self.tried += 1;
            if !self.listed.has(seed) {
                return Some(seed);
            }
        }
        self.seeds.clear();
        self.tried = 0;
        let Self { rows, listed, roots, .. } = self;
        roots.find(|&root| !listed.has(root) && !rows.neighbours(root).is_empty())
    }

    /// Lists one cluster.
    fn grow(&mut self, seed: u32, order: &mut Vec<u32>) {
        let Self { rows, listed, seeds, .. } = self;
        let cluster = order.len();
        let mut looked_at = cluster;
        listed.insert(seed);
        order.push(seed);
        while looked_at < order.len() && order.len() < cluster + CLUSTER {
            let vertex = order[looked_at];
            looked_at += 1;
            for arc in rows.neighbours(vertex) {
                if listed.insert(arc.to) {
                    order.push(arc.to);
                }
            }
        }
        for &vertex in &order[looked_at..] {
            seeds.extend(rows.neighbours(vertex).iter().map(|arc| arc.to).filter(|&to| !listed.has(to)));
        }
    }
}

/// A set of vertices, a bit each.
struct Set(Vec<u64>);

impl Set {
    fn new(vertices: usize) -> Self {
        Self(vec![0; vertices.div_ceil(64)])
    }

    #[inline]
    fn has(&self, vertex: u32) -> bool {
        self.0[vertex as usize / 64] >> (vertex % 64) & 1 == 1
    }

    /// Takes in a vertex and says whether it is new.
    #[inline]
    fn insert(&mut self, vertex: u32) -> bool {
        let word = &mut self.0[vertex as usize / 64];
        let before = *word;
        *word |= 1 << (vertex % 64);
        before != *word
    }
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
    fn every_vertex_is_listed_once_from_however_many_sides() {
        for (side, sides) in [(1, 1), (2, 1), (2, 4), (10, 1), (10, 3), (100, 1), (100, 4), (200, 2)] {
            let order = local_order_from(grid(side).rows(), sides);
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
