//! Why a matching or its certificate is refused.
//!
//! In: the rules of `verify`. Out: one variant a rule, with the place. Holds: every variant is returned
//! somewhere. Costs: nothing. Absent: the rules themselves.

use std::error::Error;
use std::fmt;

use crate::solver::graph::GraphError;
use crate::solver::weight::Weight;

/// The first rule a certificate breaks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateError<W = i64> {
    /// There is not one mate entry for each vertex.
    MateCount {
        /// The number of vertices.
        expected: usize,
        /// The number of entries.
        found: usize,
    },
    /// A vertex is matched to one that does not exist.
    MateOutOfRange {
        /// The vertex.
        vertex: u32,
        /// Its mate.
        partner: u32,
    },
    /// A vertex is matched to one that is not matched to it.
    MateNotMutual {
        /// The vertex.
        vertex: u32,
        /// Its mate.
        partner: u32,
    },
    /// Two vertices are matched that no edge joins.
    MateWithoutEdge {
        /// The vertex.
        vertex: u32,
        /// Its mate.
        partner: u32,
    },
    /// There is not one dual for each vertex.
    DualCount {
        /// The number of vertices.
        expected: usize,
        /// The number of duals.
        found: usize,
    },
    /// A vertex dual is negative.
    NegativeVertexDual {
        /// The vertex.
        vertex: u32,
        /// Twice its dual.
        dual_2x: W,
    },
    /// An unmatched vertex has a positive dual.
    UnmatchedVertexWithDual {
        /// The vertex.
        vertex: u32,
        /// Twice its dual.
        dual_2x: W,
    },
    /// A blossom names a vertex that does not exist.
    BlossomVertexOutOfRange {
        /// The blossom's index.
        blossom: usize,
        /// The vertex.
        vertex: u32,
    },
    /// A vertex lies directly in two blossoms, so that the blossoms are not nested.
    VertexInTwoBlossoms {
        /// The indices of the blossoms.
        blossoms: [usize; 2],
        /// The vertex.
        vertex: u32,
    },
    /// A child of a blossom does not come before it, or does not exist.
    ChildNotBefore {
        /// The blossom's index.
        blossom: usize,
        /// The child's index.
        child: u32,
    },
    /// A blossom lies directly in two blossoms, so that the blossoms are not nested.
    ChildOfTwoBlossoms {
        /// The indices of the outer blossoms.
        blossoms: [usize; 2],
        /// The child's index.
        child: u32,
    },
    /// A blossom has an even number of vertices, or fewer than three.
    BlossomSize {
        /// The blossom's index.
        blossom: usize,
        /// The number of its vertices.
        size: u64,
    },
    /// A blossom dual is negative.
    NegativeBlossomDual {
        /// The blossom's index.
        blossom: usize,
        /// Twice its dual.
        dual_2x: W,
    },
    /// A blossom with a positive dual holds fewer matched edges than fit in it.
    BlossomNotFull {
        /// The blossom's index.
        blossom: usize,
        /// The number of edges that fit.
        expected: u64,
        /// The number of matched edges in it.
        found: u64,
    },
    /// The duals of a blossom and of those around it add up to more than a number can hold.
    BlossomDualsOutOfRange {
        /// The blossom's index.
        blossom: usize,
    },
    /// The duals at the ends of an edge and around it add up to more than a number can hold.
    DualsOutOfRange {
        /// The smaller end.
        u: u32,
        /// The larger end.
        v: u32,
    },
    /// An edge is worth more than the duals at its ends and around it.
    NegativeSlack {
        /// The smaller end.
        u: u32,
        /// The larger end.
        v: u32,
        /// Twice the slack.
        slack_2x: W,
    },
    /// A matched edge is worth less than the duals at its ends and around it.
    LooseMatchedEdge {
        /// The smaller end.
        u: u32,
        /// The larger end.
        v: u32,
        /// Twice the slack.
        slack_2x: W,
    },
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
    },
    /// A group has more matched vertices than its cap.
    CapExceeded {
        /// The group.
        group: usize,
        /// Its cap.
        cap: u32,
        /// The number of its matched vertices.
        found: usize,
    },
    /// The graph with the caps built in is more than a solver takes.
    CapsTooLarge(GraphError<W>),
    /// There is not one mate for each extra vertex.
    ExtraMateCount {
        /// The number of extra vertices.
        expected: usize,
        /// The number of mates.
        found: usize,
    },
    /// An extra vertex is matched to one that has another mate or does not exist.
    ExtraMateTaken {
        /// The extra vertex.
        extra: u32,
        /// The vertex it is matched to.
        vertex: u32,
    },
}

impl<W: Weight> fmt::Display for CertificateError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MateCount { expected, found } => {
                write!(f, "{found} mates are given for {expected} vertices")
            }
            Self::MateOutOfRange { vertex, partner } => {
                write!(f, "vertex {vertex} is matched to {partner}, which does not exist")
            }
            Self::MateNotMutual { vertex, partner } => {
                write!(f, "vertex {vertex} is matched to {partner}, which is not matched to it")
            }
            Self::MateWithoutEdge { vertex, partner } => {
                write!(f, "vertex {vertex} is matched to {partner}, but no edge of positive weight joins them")
            }
            Self::DualCount { expected, found } => {
                write!(f, "{found} vertex duals are given for {expected} vertices")
            }
            Self::NegativeVertexDual { vertex, dual_2x } => {
                write!(f, "vertex {vertex} has the negative dual {dual_2x:?}/2")
            }
            Self::UnmatchedVertexWithDual { vertex, dual_2x } => {
                write!(f, "vertex {vertex} is unmatched and has the positive dual {dual_2x:?}/2")
            }
            Self::BlossomVertexOutOfRange { blossom, vertex } => {
                write!(f, "blossom {blossom} holds vertex {vertex}, which does not exist")
            }
            Self::VertexInTwoBlossoms { blossoms, vertex } => {
                write!(f, "vertex {vertex} lies directly in blossom {} and in blossom {}", blossoms[0], blossoms[1])
            }
            Self::ChildNotBefore { blossom, child } => {
                write!(f, "blossom {blossom} has the child {child}, which does not come before it")
            }
            Self::ChildOfTwoBlossoms { blossoms, child } => {
                write!(f, "blossom {child} lies directly in blossom {} and in blossom {}", blossoms[0], blossoms[1])
            }
            Self::BlossomSize { blossom, size } => {
                write!(f, "blossom {blossom} has {size} vertices, not an odd number of three or more")
            }
            Self::NegativeBlossomDual { blossom, dual_2x } => {
                write!(f, "blossom {blossom} has the negative dual {dual_2x:?}/2")
            }
            Self::BlossomNotFull { blossom, expected, found } => {
                write!(f, "blossom {blossom} has a positive dual and holds {found} matched edges instead of {expected}")
            }
            Self::BlossomDualsOutOfRange { blossom } => {
                write!(f, "the duals of blossom {blossom} and of those around it add up to more than a number can hold")
            }
            Self::DualsOutOfRange { u, v } => {
                write!(f, "the duals of edge {u}-{v} add up to more than a number can hold")
            }
            Self::NegativeSlack { u, v, slack_2x } => {
                write!(f, "edge {u}-{v} has the negative slack {slack_2x:?}/2")
            }
            Self::LooseMatchedEdge { u, v, slack_2x } => {
                write!(f, "matched edge {u}-{v} has the slack {slack_2x:?}/2")
            }
            Self::GroupCount { expected, found } => {
                write!(f, "{found} groups are given for {expected} vertices")
            }
            Self::GroupOutOfRange { vertex, group } => {
                write!(f, "vertex {vertex} is in group {group}, which does not exist")
            }
            Self::CapExceeded { group, cap, found } => {
                write!(f, "group {group} has {found} matched vertices, but a cap of {cap}")
            }
            Self::CapsTooLarge(error) => write!(f, "with the caps built in: {error}"),
            Self::ExtraMateCount { expected, found } => {
                write!(f, "{found} mates are given for {expected} extra vertices")
            }
            Self::ExtraMateTaken { extra, vertex } => {
                write!(f, "extra vertex {extra} is matched to {vertex}, which has another mate or does not exist")
            }
        }
    }
}

impl<W: Weight> Error for CertificateError<W> {}
