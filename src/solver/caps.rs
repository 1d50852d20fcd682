//! The matching of the largest weight in which each group has at most so many matched vertices.
//!
//! In: a graph, the group of each vertex, and the cap of each group. Out: a [`CappedMatching`] and
//! the proof that it is best. Holds: `verify_capped` accepts the result; it rebuilds what is below
//! by itself. Costs: one maximum-weight matching in a graph with, for every group of `p` vertices
//! and cap `b < p`, `p - b` more vertices and `(p - b)(b + 1)` more edges: linear for caps that are
//! small or nearly the whole group, quadratic in the worst case. Absent: lower bounds, and
//! vertices in more than one group.
//!
//! An edge inside a group uses two vertices of it, and both count.
//!
//! # The gadget
//!
//! Let a group have the vertices `v_0 < … < v_{p-1}`, a cap `b < p`, and edges of weight at most `h`
//! at its vertices. It gets the extra vertices `x_0 … x_{p-b-1}`, and `x_j` is joined to each of
//! `v_j … v_{j+b}` by an edge of weight `h + 1`.
//!
//! Any `p - b` vertices of the group can be matched to all the extras: the `j`-th smallest of them,
//! counted from 0, has at least index `j` and at most index `j + b`, so it is joined to `x_j`. So
//! every matching that keeps the caps extends to one of the gadget graph that matches all extras, and
//! in a matching that does, at most `b` vertices of the group are left for edges of the graph.
//!
//! A matching `M` of the largest weight in the gadget graph matches all extras. Let `N` match all
//! extras of the group. If `M` left some extra free, follow from it an edge of `N` to the group, an
//! edge of `M` to another extra, and so on, as long as `M` matches the group's vertex to an extra.
//! The way is finite, for it repeats nothing, and it ends at a vertex `v`, for `N` leads on from
//! every extra. Swapping `M` and `N` along it matches one more extra, gains `h + 1`, and costs at most
//! the edge at `v`, that is `h`: a contradiction.
//!
//! Hence `M` without its extras is a matching of the largest weight that keeps the caps. (The windows
//! `v_j … v_{j+b}` are the sparsest presentation of the uniform matroid as a transversal one;
//! see J. Oxley, "Matroid Theory", 2011. Joining every extra to every vertex, the usual gadget for
//! degree constraints, takes `p (p - b)` edges.)

use std::error::Error;
use std::fmt;

use super::certificate::Certificate;
use super::graph::{Edge, Graph, GraphError};
use super::matching::{Matching, maximum_weight_matching};
use super::weight::Weight;

/// A matching of the largest weight that keeps the caps, with its proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CappedMatching<W = i64> {
    /// The partner of each vertex of the graph; mutual, and along edges of the graph.
    pub mate: Vec<Option<u32>>,
    /// The sum of the weights of the matched edges.
    pub weight: W,
    /// The vertex each extra vertex of the gadget graph is matched to, by group and then by index.
    /// Empty if no cap is smaller than its group.
    pub extra_mates: Vec<u32>,
    /// The dual solution of the gadget graph; extra vertices follow those of the graph.
    pub certificate: Certificate<W>,
}

/// Returns a matching of the largest weight in which at most `cap_of_group[g]` vertices of group `g`
/// are matched.
///
/// `group_of[v]` is the group of vertex `v` and an index into `cap_of_group`; `None` is no cap.
///
/// Errors: [`CapError`] if the groups do not fit the graph, or the gadget graph is too large.
///
/// Cost: one [`maximum_weight_matching`] of the gadget graph, see the module.
pub fn capped_matching<W: Weight>(
    graph: &Graph<W>,
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
) -> Result<CappedMatching<W>, CapError<W>> {
    check_groups(graph, group_of, cap_of_group)?;
    let gadget = gadget_graph(graph, group_of, cap_of_group)?;
    let Matching { mate: mut gadget_mate, certificate, .. } = maximum_weight_matching(&gadget);
    let extras = gadget_mate.split_off(graph.vertices());
    let mut mate = gadget_mate;
    let extra_mates: Vec<u32> = extras.into_iter().flatten().collect();
    for &vertex in &extra_mates {
        mate[vertex as usize] = None;
    }
    let weight = graph.weight_of(&mate);
    Ok(CappedMatching { mate, weight, extra_mates, certificate })
}

pub(super) fn check_groups<W: Weight>(
    graph: &Graph<W>,
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
) -> Result<(), CapError<W>> {
    if group_of.len() != graph.vertices() {
        return Err(CapError::GroupCount { expected: graph.vertices(), found: group_of.len() });
    }
    for (vertex, &group) in (0u32..).zip(group_of) {
        if group as usize >= cap_of_group.len() {
            return Err(CapError::GroupOutOfRange { vertex, group, groups: cap_of_group.len() });
        }
    }
    Ok(())
}

/// Builds the graph with its extras, numbered after the vertices by group and then by index.
fn gadget_graph<W: Weight>(
    graph: &Graph<W>,
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
) -> Result<Graph<W>, CapError<W>> {
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); cap_of_group.len()];
    for (vertex, &group) in (0u32..).zip(group_of) {
        members[group as usize].push(vertex);
    }
    let mut edges: Vec<Edge<W>> = graph.edges().collect();
    let mut vertices = graph.vertices();
    for (members, cap) in members.iter().zip(cap_of_group) {
        let cap = cap.map_or(members.len(), |cap| cap as usize);
        if cap >= members.len() {
            continue;
        }
        let weight = heaviest_at(graph, members) + W::ONE;
        for window in members.windows(cap + 1) {
            let extra =
                u32::try_from(vertices).map_err(|_| CapError::Gadget(GraphError::TooManyVertices { vertices }))?;
            edges.extend(window.iter().map(|&vertex| Edge { u: vertex, v: extra, weight }));
            vertices += 1;
        }
    }
    Graph::new(vertices, edges).map_err(CapError::Gadget)
}

/// Returns the largest weight of the edges at some vertices, or zero.
fn heaviest_at<W: Weight>(graph: &Graph<W>, vertices: &[u32]) -> W {
    vertices.iter().flat_map(|&vertex| graph.neighbours(vertex)).map(|arc| arc.weight).max().unwrap_or(W::ZERO)
}

/// Why groups and caps do not fit a graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CapError<W = i64> {
    /// There is not one group for each vertex.
    GroupCount {
        /// The number of vertices.
        expected: usize,
        /// The number of groups given.
        found: usize,
    },
    /// A vertex is in a group that has no entry in the caps.
    GroupOutOfRange {
        /// The vertex.
        vertex: u32,
        /// Its group.
        group: u32,
        /// The number of groups there are.
        groups: usize,
    },
    /// The gadget graph is more than the solver takes.
    Gadget(GraphError<W>),
}

impl<W: Weight> fmt::Display for CapError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GroupCount { expected, found } => {
                write!(f, "{found} groups are given for {expected} vertices")
            }
            Self::GroupOutOfRange { vertex, group, groups } => {
                write!(f, "vertex {vertex} is in group {group}, but there are only {groups} groups")
            }
            Self::Gadget(error) => write!(f, "with the caps added: {error}"),
        }
    }
}

impl<W: Weight> Error for CapError<W> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Gadget(error) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
