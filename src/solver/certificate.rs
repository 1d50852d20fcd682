//! The proof that a matching is the best one, as plain data.
//!
//! In: nothing; a solver fills it. Out: what `verify` reads, and what may be kept as JSON.
//! Holds: nothing by itself; every rule is checked by `verify`.
//! Costs: linear in the number of vertices, for each vertex and each blossom is named once.
//! Absent: the matching, the graph, and every computation.
//!
//! The proof is a solution of the dual of Edmonds' matching polytope (J. Edmonds, "Maximum matching
//! and a polyhedron with 0,1-vertices", 1965): a value for every vertex and for some odd sets of
//! vertices, the blossoms. Values are kept twice as large (`_2x`), which makes them integers.

use serde::{Deserialize, Serialize};

/// A dual solution: whoever checks it needs to trust no solver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate<W = i64> {
    /// Twice the dual value of each vertex, in points.
    pub vertex_duals_2x: Vec<W>,
    /// The blossoms, children before the blossom they lie in.
    pub blossoms: Vec<Blossom<W>>,
}

/// An odd set of vertices with a dual value, one of a nested family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blossom<W = i64> {
    /// The vertices in this blossom and in none of its children, ascending.
    pub vertices: Vec<u32>,
    /// The blossoms directly inside this one, as indices in the list of blossoms, all smaller than
    /// this blossom's own, ascending.
    pub children: Vec<u32>,
    /// Twice the dual value of the set, in points.
    pub dual_2x: W,
}
