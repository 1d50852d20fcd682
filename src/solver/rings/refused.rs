//! Why rings or a proof are refused.
//!
//! In: the rules of `verify`. Out: one variant a rule, with the place. Holds: every variant is returned
//! somewhere. Costs: nothing. Absent: the rules themselves.

use std::error::Error;
use std::fmt;

/// The first rule that a proof breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// A column does not exist, is listed twice, or is out of order.
    ColumnOrder {
        /// The column.
        column: u32,
    },
    /// The columns take more of a row than there is.
    RowOverfull {
        /// The row.
        row: u32,
        /// Its capacity.
        capacity: u32,
        /// What the columns take.
        used: u64,
    },
    /// The columns do not weigh what is claimed, or that is more than the bound.
    Weight {
        /// What they weigh.
        found: i128,
        /// What is claimed.
        weight: i64,
        /// The bound.
        bound: i64,
    },
    /// The scale of the duals is not positive.
    Scale {
        /// The scale.
        scale: i64,
    },
    /// A cut divides by zero, names a row that does not exist, or names its rows out of order.
    Cut {
        /// The cut's index.
        cut: usize,
    },
    /// There is no root.
    NoNodes,
    /// Duals name a row that does not exist, or name their rows out of order.
    DualOrder {
        /// The node.
        node: u32,
    },
    /// A dual is negative.
    NegativeDual {
        /// The node.
        node: u32,
        /// The row, or the cut after the rows.
        row: u32,
        /// The dual.
        dual: i64,
    },
    /// A child does not exist or does not come after its parent.
    ChildOutOfRange {
        /// The node.
        node: u32,
        /// The child.
        child: u32,
    },
    /// Two nodes have the same child.
    NodeTwice {
        /// The child.
        node: u32,
    },
    /// No node has this child.
    NodeUnused {
        /// The child.
        node: u32,
    },
    /// What the duals come to is more than 128 bits hold.
    SumOutOfRange {
        /// The node.
        node: u32,
    },
    /// The duals come to more than the target.
    BoundBeyondTarget {
        /// The node.
        node: u32,
    },
    /// The rows of a pair are not two rows of capacity 1.
    Pair {
        /// The node.
        node: u32,
    },
    /// The targets of parts add up to more than that of the whole.
    PartsBeyondTarget {
        /// The node.
        node: u32,
    },
    /// A row of a part does not exist or is in another part too.
    PartRow {
        /// The node.
        node: u32,
        /// The row.
        row: u32,
    },
    /// A column has rows outside all parts or in more than one.
    ColumnAcrossParts {
        /// The node.
        node: u32,
        /// The column.
        column: u32,
    },
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ColumnOrder { column } => write!(f, "column {column} does not exist or is out of order"),
            Self::RowOverfull { row, capacity, used } => {
                write!(f, "the columns take {used} of row {row}, which holds {capacity}")
            }
            Self::Weight { found, weight, bound } => {
                write!(f, "the columns weigh {found}, with {weight} claimed and a bound of {bound}")
            }
            Self::Scale { scale } => write!(f, "the scale of the duals is {scale}"),
            Self::Cut { cut } => write!(f, "cut {cut} divides by zero or has rows out of range or order"),
            Self::NoNodes => write!(f, "the proof has no root"),
            Self::DualOrder { node } => write!(f, "the duals of node {node} have rows out of range or order"),
            Self::NegativeDual { node, row, dual } => write!(f, "node {node} gives row {row} the dual {dual}"),
            Self::ChildOutOfRange { node, child } => write!(f, "node {node} has {child} as a child"),
            Self::NodeTwice { node } => write!(f, "two nodes have {node} as a child"),
            Self::NodeUnused { node } => write!(f, "node {node} is no child of any"),
            Self::SumOutOfRange { node } => {
                write!(f, "what the duals of node {node} come to is more than a number can hold")
            }
            Self::BoundBeyondTarget { node } => write!(f, "the duals of node {node} come to more than its target"),
            Self::Pair { node } => write!(f, "node {node} needs two rows of capacity 1"),
            Self::PartsBeyondTarget { node } => write!(f, "the parts of node {node} may reach beyond its target"),
            Self::PartRow { node, row } => write!(f, "row {row} of a part of node {node} is in none or in two"),
            Self::ColumnAcrossParts { node, column } => {
                write!(f, "column {column} is in no single part of node {node}")
            }
        }
    }
}

impl Error for ProofError {}

/// The first rule that rings or their certificate break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RingError {
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
    /// A ring is shorter than 2 or longer than allowed.
    Length {
        /// The ring's index.
        ring: usize,
        /// Its length.
        length: usize,
    },
    /// A ring names a vertex that does not exist.
    VertexOutOfRange {
        /// The ring's index.
        ring: usize,
        /// The vertex.
        vertex: u32,
    },
    /// A ring does not begin with its smallest vertex.
    SmallestNotFirst {
        /// The ring's index.
        ring: usize,
    },
    /// A ring runs where there is no arc.
    NoArc {
        /// The ring's index.
        ring: usize,
        /// Where the arc would leave.
        from: u32,
        /// Where it would lead.
        to: u32,
    },
    /// A vertex is in two rings, or twice in one.
    VertexTwice {
        /// The ring's index.
        ring: usize,
        /// The vertex.
        vertex: u32,
    },
    /// A ring is worth nothing.
    Worthless {
        /// The ring's index.
        ring: usize,
        /// Its points.
        points: i64,
    },
    /// More vertices of a group are in rings than its cap allows.
    CapExceeded {
        /// The group.
        group: usize,
        /// Its cap.
        cap: u32,
        /// The vertices of it in rings.
        found: u32,
    },
    /// The rings are not worth what is claimed.
    Weight {
        /// What they are worth.
        found: i128,
        /// What is claimed.
        weight: i64,
    },
    /// The weight is beyond the bound.
    WeightBeyondBound {
        /// The weight.
        weight: i64,
        /// The bound.
        bound: i64,
    },
    /// The proof of the bound does not hold.
    Proof(ProofError),
}

impl fmt::Display for RingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::GroupCount { expected, found } => write!(f, "{found} groups are given for {expected} vertices"),
            Self::GroupOutOfRange { vertex, group } => {
                write!(f, "vertex {vertex} is in group {group}, which has no cap")
            }
            Self::Length { ring, length } => write!(f, "ring {ring} has {length} vertices"),
            Self::VertexOutOfRange { ring, vertex } => write!(f, "ring {ring} names vertex {vertex}"),
            Self::SmallestNotFirst { ring } => write!(f, "ring {ring} does not begin with its smallest vertex"),
            Self::NoArc { ring, from, to } => write!(f, "ring {ring} runs from {from} to {to}, where there is no arc"),
            Self::VertexTwice { ring, vertex } => write!(f, "vertex {vertex} of ring {ring} is taken twice"),
            Self::Worthless { ring, points } => write!(f, "ring {ring} is worth {points}"),
            Self::CapExceeded { group, cap, found } => {
                write!(f, "{found} vertices of group {group} are in rings, with a cap of {cap}")
            }
            Self::Weight { found, weight } => write!(f, "the rings are worth {found}, not {weight}"),
            Self::WeightBeyondBound { weight, bound } => write!(f, "the weight {weight} is beyond the bound {bound}"),
            Self::Proof(error) => write!(f, "the proof does not hold: {error}"),
        }
    }
}

impl Error for RingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Proof(error) => Some(error),
            _ => None,
        }
    }
}
