//! The fixed graph a solver works on.
//!
//! In: a number of vertices and a list of weighted undirected edges, in any order.
//! Out: a [`Graph`] whose edges are canonical and whose neighbours lie side by side (compressed rows).
//! Holds: `u < v` on every edge, edges ascend by `(u, v)`, no pair occurs twice, every weight is
//! positive, every list of neighbours ascends. Two lists of the same edges in different orders give
//! equal graphs, so nothing computed from a graph depends on the order of arrival.
//! Costs: sorting the edges once; 16 bytes an edge and 32 bytes for its two arcs.
//! Absent: any change after construction, names for vertices, and what a vertex stands for.

use std::error::Error;
use std::fmt;

/// The most vertices a graph may have: numbers of blossoms follow those of vertices, and both
/// together, with one number kept for "none", fit a `u32`.
pub const MAX_VERTICES: usize = 1 << 31;

/// The largest weight, in either sign.
///
/// With duals in halves (`_2x`), the matching solver's vertex duals, blossom duals and search times
/// stay within `2 × MAX_WEIGHT`, and the longest sum it forms (two search levels, each a dual and a
/// time, less twice a weight) within `8 × MAX_WEIGHT = 2^61`, which an `i64` holds.
pub const MAX_WEIGHT: i64 = 1 << 58;

/// An undirected edge between two different vertices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// One end; in a [`Graph`] the smaller one.
    pub u: u32,
    /// The other end; in a [`Graph`] the larger one.
    pub v: u32,
    /// What choosing the edge is worth.
    pub weight: i64,
}

/// One edge seen from one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arc {
    /// The vertex at the far end.
    pub to: u32,
    /// The weight of the edge, always positive.
    pub weight: i64,
}

/// An undirected graph with positive integer weights that never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph {
    edges: Vec<Edge>,
    /// The arcs of vertex `v` are `arcs[first[v]..first[v + 1]]`.
    first: Vec<usize>,
    arcs: Vec<Arc>,
}

impl Graph {
    /// Builds the canonical graph of a list of edges.
    ///
    /// Of parallel edges the heaviest stays; edges of weight zero or less are left out, for no
    /// maximum-weight matching needs them. `edges[i]` must join two different vertices below
    /// `vertices`.
    ///
    /// Errors: [`GraphError`] names the first offending edge by its index in the list.
    ///
    /// Cost: `O(m log m + n)` time, `O(m + n)` memory.
    pub fn new(vertices: usize, edges: Vec<Edge>) -> Result<Self, GraphError> {
        if vertices > MAX_VERTICES {
            return Err(GraphError::TooManyVertices { vertices });
        }
        for (index, edge) in edges.iter().enumerate() {
            check_edge(vertices, index, edge)?;
        }
        let edges = canonical(edges);
        check_total(vertices, &edges)?;
        let (first, arcs) = rows(vertices, &edges);
        Ok(Self { edges, first, arcs })
    }

    /// Returns the number of vertices.
    pub fn vertices(&self) -> usize {
        self.first.len() - 1
    }

    /// Returns the edges in canonical order.
    pub fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// Returns the edges of one vertex as arcs, ascending by the far end.
    pub fn neighbours(&self, vertex: u32) -> &[Arc] {
        let vertex = vertex as usize;
        &self.arcs[self.first[vertex]..self.first[vertex + 1]]
    }

    /// Returns the weight of the edge between two vertices, if there is one.
    ///
    /// Cost: `O(log degree)`.
    pub fn weight_between(&self, u: u32, v: u32) -> Option<i64> {
        let arcs = self.neighbours(u);
        let at = arcs.binary_search_by_key(&v, |arc| arc.to).ok()?;
        Some(arcs[at].weight)
    }

    /// Returns the sum of the weights of the edges between mates.
    ///
    /// `mate[v]` is the partner of vertex `v`, mutually; a pair without an edge counts nothing.
    ///
    /// Cost: `O(n log degree)`.
    pub fn weight_of(&self, mate: &[Option<u32>]) -> i64 {
        (0u32..).zip(mate).filter_map(|(u, &v)| v.filter(|&v| u < v).and_then(|v| self.weight_between(u, v))).sum()
    }
}

fn check_edge(vertices: usize, index: usize, edge: &Edge) -> Result<(), GraphError> {
    for vertex in [edge.u, edge.v] {
        if vertex as usize >= vertices {
            return Err(GraphError::VertexOutOfRange { index, vertex, vertices });
        }
    }
    if edge.u == edge.v {
        return Err(GraphError::SelfLoop { index, vertex: edge.u });
    }
    if edge.weight < -MAX_WEIGHT || edge.weight > MAX_WEIGHT {
        return Err(GraphError::WeightOutOfRange { index, weight: edge.weight });
    }
    Ok(())
}

/// Drops what is never chosen, orients, sorts, and keeps the heaviest of parallel edges.
fn canonical(mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.retain(|edge| edge.weight > 0);
    for edge in &mut edges {
        if edge.u > edge.v {
            std::mem::swap(&mut edge.u, &mut edge.v);
        }
    }
    edges.sort_unstable_by_key(|edge| (edge.u, edge.v, std::cmp::Reverse(edge.weight)));
    edges.dedup_by_key(|edge| (edge.u, edge.v));
    edges.shrink_to_fit();
    edges
}

/// Refuses a graph in which the weight of some matching could leave `i64`.
fn check_total(vertices: usize, edges: &[Edge]) -> Result<(), GraphError> {
    let heaviest = edges.iter().map(|edge| edge.weight).max().unwrap_or(0);
    let most_edges = vertices / 2;
    if i128::from(heaviest) * most_edges as i128 > i128::from(i64::MAX) {
        return Err(GraphError::TotalOutOfRange { vertices, heaviest });
    }
    Ok(())
}

/// Lays the arcs of every vertex side by side: first those to smaller vertices, then those to
/// larger ones, which ascend because the edges do.
fn rows(vertices: usize, edges: &[Edge]) -> (Vec<usize>, Vec<Arc>) {
    let mut first = vec![0; vertices + 1];
    for edge in edges {
        first[edge.u as usize + 1] += 1;
        first[edge.v as usize + 1] += 1;
    }
    for vertex in 0..vertices {
        first[vertex + 1] += first[vertex];
    }
    let mut next = first.clone();
    let mut arcs = vec![Arc { to: 0, weight: 0 }; 2 * edges.len()];
    let mut place = |from: u32, to: u32, weight: i64| {
        let at = &mut next[from as usize];
        arcs[*at] = Arc { to, weight };
        *at += 1;
    };
    for edge in edges {
        place(edge.v, edge.u, edge.weight);
    }
    for edge in edges {
        place(edge.u, edge.v, edge.weight);
    }
    (first, arcs)
}

/// Why a list of edges is not a graph the solvers take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError {
    /// There are more than [`MAX_VERTICES`] vertices.
    TooManyVertices {
        /// The number asked for.
        vertices: usize,
    },
    /// An edge names a vertex that does not exist.
    VertexOutOfRange {
        /// The edge's index in the list.
        index: usize,
        /// The vertex it names.
        vertex: u32,
        /// The number of vertices there are.
        vertices: usize,
    },
    /// An edge joins a vertex to itself.
    SelfLoop {
        /// The edge's index in the list.
        index: usize,
        /// The vertex.
        vertex: u32,
    },
    /// A weight lies beyond [`MAX_WEIGHT`] in either sign.
    WeightOutOfRange {
        /// The edge's index in the list.
        index: usize,
        /// Its weight.
        weight: i64,
    },
    /// Half as many edges as there are vertices, all as heavy as the heaviest, would overflow `i64`.
    TotalOutOfRange {
        /// The number of vertices.
        vertices: usize,
        /// The heaviest weight.
        heaviest: i64,
    },
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooManyVertices { vertices } => {
                write!(f, "{vertices} vertices are more than {MAX_VERTICES}")
            }
            Self::VertexOutOfRange { index, vertex, vertices } => {
                write!(f, "edge {index} names vertex {vertex}, but there are only {vertices} vertices")
            }
            Self::SelfLoop { index, vertex } => {
                write!(f, "edge {index} joins vertex {vertex} to itself")
            }
            Self::WeightOutOfRange { index, weight } => {
                write!(f, "edge {index} has weight {weight}, beyond {MAX_WEIGHT} in size")
            }
            Self::TotalOutOfRange { vertices, heaviest } => {
                write!(f, "a matching of {vertices} vertices with weights up to {heaviest} may overflow 64 bits")
            }
        }
    }
}

impl Error for GraphError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(u: u32, v: u32, weight: i64) -> Edge {
        Edge { u, v, weight }
    }

    #[test]
    fn the_order_and_direction_of_edges_do_not_matter() {
        let one = Graph::new(4, vec![edge(0, 1, 5), edge(2, 1, 7), edge(3, 0, 2)]).unwrap();
        let two = Graph::new(4, vec![edge(0, 3, 2), edge(1, 2, 7), edge(1, 0, 5)]).unwrap();
        assert_eq!(one, two);
    }

    #[test]
    fn the_heaviest_of_parallel_edges_stays_and_worthless_edges_go() {
        let graph =
            Graph::new(3, vec![edge(0, 1, 5), edge(1, 0, 9), edge(0, 1, 7), edge(1, 2, 0), edge(0, 2, -3)]).unwrap();
        assert_eq!(graph.edges(), [edge(0, 1, 9)]);
    }

    #[test]
    fn neighbours_ascend_and_weights_are_found_from_both_ends() {
        let graph = Graph::new(5, vec![edge(4, 2, 1), edge(2, 0, 2), edge(3, 2, 3)]).unwrap();
        let to: Vec<u32> = graph.neighbours(2).iter().map(|arc| arc.to).collect();
        assert_eq!(to, [0, 3, 4]);
        assert_eq!(graph.weight_between(2, 3), Some(3));
        assert_eq!(graph.weight_between(3, 2), Some(3));
        assert_eq!(graph.weight_between(3, 4), None);
    }

    #[test]
    fn each_pair_of_mates_is_weighed_once() {
        let graph = Graph::new(5, vec![edge(4, 2, 1), edge(2, 0, 2), edge(3, 1, 3)]).unwrap();
        assert_eq!(graph.weight_of(&[Some(2), Some(3), Some(0), Some(1), None]), 5);
        assert_eq!(graph.weight_of(&[Some(4), None, None, None, Some(0)]), 0);
    }

    #[test]
    fn each_unusable_edge_is_refused_by_name() {
        assert_eq!(
            Graph::new(2, vec![edge(0, 1, 1), edge(1, 1, 1)]),
            Err(GraphError::SelfLoop { index: 1, vertex: 1 })
        );
        assert_eq!(
            Graph::new(2, vec![edge(0, 2, 1)]),
            Err(GraphError::VertexOutOfRange { index: 0, vertex: 2, vertices: 2 })
        );
        for weight in [MAX_WEIGHT + 1, -MAX_WEIGHT - 1, i64::MIN] {
            assert_eq!(Graph::new(2, vec![edge(0, 1, weight)]), Err(GraphError::WeightOutOfRange { index: 0, weight }));
        }
        assert_eq!(
            Graph::new(64, vec![edge(0, 1, MAX_WEIGHT)]),
            Err(GraphError::TotalOutOfRange { vertices: 64, heaviest: MAX_WEIGHT })
        );
        assert_eq!(
            Graph::new(MAX_VERTICES + 1, Vec::new()),
            Err(GraphError::TooManyVertices { vertices: MAX_VERTICES + 1 })
        );
    }

    #[test]
    fn a_graph_may_be_empty() {
        let graph = Graph::new(0, Vec::new()).unwrap();
        assert_eq!(graph.vertices(), 0);
        assert!(graph.edges().is_empty());
    }
}
