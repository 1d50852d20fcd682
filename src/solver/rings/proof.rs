//! What proves that no packing weighs more than a bound, as data.
//!
//! In: what a search found. Out: a [`Proof`] that can be written down and checked by itself.
//! Holds: nothing by itself; `verify` says whether a proof proves anything. All numbers are integers; duals
//! share one scale.
//! Costs: one list of duals for each node that bounds. Absent: the packing itself, and how the proof was found.
//!
//! # What the parts mean
//!
//! A *packing* takes columns so that the entries of those taken add up to at most the capacity in every row.
//! Each node of the tree speaks of some columns (at the root, all) and claims that no packing of these weighs
//! more than a target (at the root, the bound).
//!
//! - Duals `y >= 0` bound every packing: it weighs at most `sum of capacity × y + sum over columns of what
//!   weight - price exceeds zero`, where the price of a column is the sum of its entries times their duals. A
//!   packing with a column of price above weight weighs less by the difference. Where a packing is known to take
//!   a column, its price less its weight comes off the bound, and it is not among the columns of the node.
//! - A cut is one more row that every packing keeps: rows times whole multipliers, added up, divided by a whole
//!   number and rounded down, entry by entry and in the capacity (V. Chvátal, "Edmonds polytopes and a hierarchy
//!   of combinatorial problems", 1973).
//! - Of columns with the same entries only the heaviest counts, and columns that weigh nothing or do not fit
//!   alone do not; so a column is known by its entries. (A column takes more than half of some row, so no packing
//!   has two with the same entries.)

use serde::{Deserialize, Serialize};

/// A tree of bounds with the cuts it uses.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// All duals are in units of one `scale`-th.
    pub scale: i64,
    /// The cuts; cut `k` is row `rows + k` to duals.
    pub cuts: Vec<Cut>,
    /// The tree: the root is the first, children come after their parents.
    pub nodes: Vec<Node>,
}

/// A row that follows from others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// The rows it adds up, each with its multiplier, ascending.
    pub terms: Vec<(u32, u32)>,
    /// What the sum is divided by.
    pub divisor: u32,
}

/// Duals of rows and cuts: `(row, dual)`, ascending; those that are zero are left out.
pub type Duals = Vec<(u32, i64)>;

/// How a node reaches its target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// The duals bound every packing of its columns by the target.
    Bound(Duals),
    /// No packing that reaches beyond the target has a column whose price exceeds its weight by at least what
    /// the duals' bound exceeds the target; the rest is another node's.
    Drop {
        /// The duals.
        duals: Duals,
        /// Speaks of the columns that stay.
        then: u32,
    },
    /// Either one column holds two rows of capacity 1, or none does.
    Pair {
        /// The rows.
        rows: [u32; 2],
        /// Speaks of the columns with both rows or neither.
        together: u32,
        /// Speaks of the columns without at least one of them.
        apart: u32,
    },
    /// Either a column is taken, or it is not.
    Column {
        /// The rows and entries of the column.
        entries: Vec<(u32, u32)>,
        /// Speaks of the packings with it, and so of the columns that fit beside all taken so far.
        taken: u32,
        /// Speaks of the packings without it.
        left: u32,
    },
    /// The columns fall apart: no row has columns of two parts, and what the parts can reach adds up to no more
    /// than the target.
    Parts(Vec<Part>),
}

/// The columns on some rows, which share no row with others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The rows, ascending.
    pub rows: Vec<u32>,
    /// The target of the part.
    pub target: i64,
    /// Speaks of the columns whose rows are among these.
    pub node: u32,
}
