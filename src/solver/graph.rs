//! The fixed graph a solver works on.
//!
//! In: a number of vertices and a list of weighted undirected edges, in any order.
//! Out: a [`Graph`] whose edges are canonical and whose neighbours lie side by side (compressed rows).
//! Holds: `u < v` on every edge, edges ascend by `(u, v)`, no pair occurs twice, every weight is
//! positive, every list of neighbours ascends. Two lists of the same edges in different orders give
//! equal graphs, so nothing computed from a graph depends on the order of arrival.
//! Costs: counting twice over the edges, and sorting the rows that did not arrive in order; an arc in `i64`
//! takes 12 bytes, so an edge takes 24. No list of edges is kept.
//! Absent: any change after construction, names for vertices, and what a vertex stands for.

use std::error::Error;
use std::fmt;

use super::rows::{Rows, side_by_side, threads_for};
use super::weight::Weight;

/// The most vertices a graph may have: numbers of blossoms follow those of vertices, and both
/// together, with one number kept for "none", fit a `u32`.
pub const MAX_VERTICES: usize = 1 << 31;

/// The largest weight of a graph weighed in `i64`, in either sign; see [`Weight::LIMIT`].
pub const MAX_WEIGHT: i64 = i64::LIMIT;

/// An undirected edge between two different vertices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge<W = i64> {
    /// One end; in a [`Graph`] the smaller one.
    pub u: u32,
    /// The other end; in a [`Graph`] the larger one.
    pub v: u32,
    /// What choosing the edge is worth.
    pub weight: W,
}

/// One edge seen from one of its ends.
///
/// Packed, for graphs are large and the processor reads a number at any multiple of four bytes as fast as
/// elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(Rust, packed(4))]
pub struct Arc<W: Copy = i64> {
    /// The vertex at the far end.
    pub to: u32,
    /// The weight of the edge: positive in a graph, of any sign in a digraph.
    pub weight: W,
}

/// An undirected graph with positive integer weights that never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graph<W: Copy = i64> {
    rows: Rows<W>,
    heaviest: W,
}

impl<W: Weight> Graph<W> {
    /// Builds the canonical graph of a list of edges.
    ///
    /// Of parallel edges the heaviest stays; edges of weight zero or less are left out, for no
    /// maximum-weight matching needs them. `edges[i]` must join two different vertices below
    /// `vertices`.
    ///
    /// Errors: [`GraphError`] names the first offending edge by its index in the list.
    ///
    /// Cost: `O(m + n)` time if the edges arrive in canonical order, and `O(m log d + n)` with `d` the largest
    /// degree otherwise; `O(m + n)` memory. Large graphs are laid out by all threads of the current pool.
    pub fn new(vertices: usize, edges: Vec<Edge<W>>) -> Result<Self, GraphError<W>> {
        if vertices > MAX_VERTICES {
            return Err(GraphError::TooManyVertices { vertices });
        }
        check_edges(vertices, &edges)?;
        let (rows, heaviest) = Rows::sorted(vertices, &edges);
        check_total(&heaviest)?;
        Ok(Self { rows, heaviest: heaviest.into_iter().max().unwrap_or(W::ZERO) })
    }

    /// Returns the number of vertices.
    pub fn vertices(&self) -> usize {
        self.rows.vertices()
    }

    /// Returns the number of edges.
    pub fn edge_count(&self) -> usize {
        self.rows.arcs() / 2
    }

    /// Returns the edges in canonical order: `u < v`, ascending by `(u, v)`.
    pub fn edges(&self) -> impl Iterator<Item = Edge<W>> + '_ {
        (0..self.vertices() as u32).flat_map(move |u| {
            let row = self.neighbours(u);
            let upwards = row.partition_point(|arc| arc.to < u);
            row[upwards..].iter().map(move |arc| Edge { u, v: arc.to, weight: arc.weight })
        })
    }

    /// Returns the edges of one vertex as arcs, ascending by the far end.
    pub fn neighbours(&self, vertex: u32) -> &[Arc<W>] {
        self.rows.neighbours(vertex)
    }

    /// Returns the largest weight of an edge, or zero.
    pub fn heaviest(&self) -> W {
        self.heaviest
    }

    /// Returns the arcs of all vertices.
    pub fn rows(&self) -> &Rows<W> {
        &self.rows
    }

    /// Returns the weight of the edge between two vertices, if there is one.
    ///
    /// Cost: `O(log degree)`.
    pub fn weight_between(&self, u: u32, v: u32) -> Option<W> {
        let arcs = self.neighbours(u);
        let at = arcs.binary_search_by_key(&v, |arc| arc.to).ok()?;
        Some(arcs[at].weight)
    }

    /// Returns the sum of the weights of the edges between mates.
    ///
    /// `mate[v]` is the partner of vertex `v`, mutually; a pair without an edge counts nothing.
    ///
    /// Cost: `O(n log degree)`.
    pub fn weight_of(&self, mate: &[Option<u32>]) -> W {
        let pairs = (0u32..).zip(mate).filter_map(|(u, &v)| v.filter(|&v| u < v).map(|v| (u, v)));
        pairs.filter_map(|(u, v)| self.weight_between(u, v)).fold(W::ZERO, W::add)
    }
}

/// Refuses the first edge of a list that no graph has.
fn check_edges<W: Weight>(vertices: usize, edges: &[Edge<W>]) -> Result<(), GraphError<W>> {
    let length = edges.len().div_ceil(threads_for(2 * edges.len())).max(1);
    let parts = edges.chunks(length).enumerate().collect();
    let checked = side_by_side(2 * edges.len(), parts, |(part, edges)| {
        (part * length..).zip(edges).try_for_each(|(index, edge)| check_edge(vertices, index, edge))
    });
    checked.into_iter().collect()
}

fn check_edge<W: Weight>(vertices: usize, index: usize, edge: &Edge<W>) -> Result<(), GraphError<W>> {
    for vertex in [edge.u, edge.v] {
        if vertex as usize >= vertices {
            return Err(GraphError::VertexOutOfRange { index, vertex, vertices });
        }
    }
    if edge.u == edge.v {
        return Err(GraphError::SelfLoop { index, vertex: edge.u });
    }
    if edge.weight < -W::LIMIT || edge.weight > W::LIMIT {
        return Err(GraphError::WeightOutOfRange { index, weight: edge.weight });
    }
    Ok(())
}

/// Refuses a graph in which the weight of some matching could leave the number type.
///
/// No matching weighs more than the sum over all vertices of half the heaviest weight at each, for an
/// edge is as heavy as half of what is heaviest at both its ends, at most. `heaviest[v]` is the heaviest
/// weight at vertex `v`, or zero.
fn check_total<W: Weight>(heaviest: &[W]) -> Result<(), GraphError<W>> {
    // The halves that rounding leaves out are added in pairs.
    let (mut total, mut rest) = (W::ZERO, W::ZERO);
    for &weight in heaviest {
        let half = weight.halved();
        rest += weight - half.doubled();
        let pair = rest.halved();
        rest -= pair.doubled();
        total = total.checked_add(half + pair).ok_or(GraphError::TotalOutOfRange)?;
    }
    Ok(())
}

/// Why a list of edges is not a graph the solvers take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GraphError<W = i64> {
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
    /// A weight lies beyond [`Weight::LIMIT`] in either sign.
    WeightOutOfRange {
        /// The edge's index in the list.
        index: usize,
        /// Its weight.
        weight: W,
    },
    /// The sum over all vertices of half the heaviest weight at each, which no matching exceeds, does
    /// not fit the number type.
    TotalOutOfRange,
}

impl<W: Weight> fmt::Display for GraphError<W> {
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
                write!(f, "edge {index} has weight {weight:?}, beyond {:?} in size", W::LIMIT)
            }
            Self::TotalOutOfRange => write!(f, "a matching may weigh more than a number can hold"),
        }
    }
}

impl<W: Weight> Error for GraphError<W> {}

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
        assert_eq!(graph.edges().collect::<Vec<_>>(), [edge(0, 1, 9)]);
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
            Graph::<i64>::new(MAX_VERTICES + 1, Vec::new()),
            Err(GraphError::TooManyVertices { vertices: MAX_VERTICES + 1 })
        );
    }

    #[test]
    fn only_a_graph_whose_matchings_may_leave_the_number_type_is_too_heavy() {
        let pairs = |count: u32, weight| (0..count).map(|pair| edge(2 * pair, 2 * pair + 1, weight)).collect();
        // 32 of these weigh 2^63, which is one too many for an `i64`.
        assert_eq!(Graph::new(64, pairs(32, MAX_WEIGHT)), Err(GraphError::TotalOutOfRange));
        assert!(Graph::new(1_000, pairs(31, MAX_WEIGHT)).is_ok());
        assert!(Graph::new(64, pairs(32, MAX_WEIGHT - 1)).is_ok());
    }

    #[test]
    fn halves_of_odd_weights_count_in_the_total() {
        // The total is 2^63 - 1, the largest `i64`; the last two are halves of odd weights.
        let mut edges: Vec<Edge> = (0..30).map(|pair| edge(2 * pair, 2 * pair + 1, MAX_WEIGHT)).collect();
        edges.extend([edge(60, 61, MAX_WEIGHT - 1), edge(62, 63, MAX_WEIGHT - 1), edge(64, 65, 1)]);
        assert!(Graph::new(66, edges.clone()).is_ok());
        edges.push(edge(66, 67, 1));
        assert_eq!(Graph::new(68, edges), Err(GraphError::TotalOutOfRange));
    }

    #[test]
    fn a_graph_may_be_empty() {
        let graph = Graph::<i64>::new(0, Vec::new()).unwrap();
        assert_eq!(graph.vertices(), 0);
        assert_eq!(graph.edge_count(), 0);
        assert_eq!(graph.edges().next(), None);
    }
}
