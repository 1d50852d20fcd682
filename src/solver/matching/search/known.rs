//! What a search knows of nodes and vertices, and forgets when it ends.
//!
//! In: nothing. Out: the records a search keeps, and what they are where it has not been. Holds: times and levels
//! are those of the search at hand. Costs: 28 bytes a node and 12 a vertex in numbers of 32 bits. Absent: what lasts from one search to the next, which is in the family.

use crate::solver::matching::family::NONE;
use crate::solver::weight::Weight;

/// What an outermost node is in the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Label {
    /// Not in the tree.
    Free,
    /// At an even distance from the root: an alternating path frees its base.
    S,
    /// At an odd distance from the root.
    T,
}

/// What a search knows of a node. All but the label of outermost nodes is meaningless inside others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<W> {
    pub label: Label,
    /// When the node got its label.
    pub since: W,
    /// How long its vertices had been `T` before.
    pub offset: W,
    /// The edge by which a `T` node hangs below its parent: the end above, the end in the node.
    pub entry: (u32, u32),
    /// The blossom this node was shrunk into by this search, or the node itself.
    pub shrunk_into: u32,
    /// The last walk of this search towards the root that passed here.
    pub walk: u32,
    /// Whether the search has it in its list of what to forget.
    pub touched: bool,
    /// Whether this search has shrunk a cycle into it.
    pub is_new: bool,
}

impl<W: Weight> Node<W> {
    pub fn untouched(node: u32) -> Self {
        Self {
            label: Label::Free,
            since: W::ZERO,
            offset: W::ZERO,
            entry: (NONE, NONE),
            shrunk_into: node,
            walk: 0,
            touched: false,
            is_new: false,
        }
    }
}

/// What a search knows of a vertex.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach<W> {
    /// The level of an `S` vertex; of others the smallest value at which an `S` vertex reaches it.
    pub at: W,
    /// The `S` vertex that reaches it then.
    pub from: u32,
    /// Whether the edges of this `S` vertex have been looked at.
    pub scanned: bool,
    /// Whether the search has it in its list of what to forget.
    pub touched: bool,
}

impl<W: Weight> Reach<W> {
    pub const NEVER: Self = Self { at: W::NEVER, from: NONE, scanned: false, touched: false };
}
