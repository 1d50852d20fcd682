//! What the dual solution of a matching pays for each edge.
//!
//! In: a certificate and edges. Out: for each edge the sum of the duals at its ends and of the blossoms
//! around it, and how many of these are positive. Costs: `O(m log d)`, `d` the depth of the blossoms.
//! Absent: any check; the certificate is one the solver made.

use crate::solver::certificate::Certificate;

const NONE: u32 = u32::MAX;

/// A blossom in the forest of blossoms.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// The blossom directly around this one, or [`NONE`].
    parent: u32,
    /// A blossom further out, chosen so that following `jump` and `parent` takes logarithmically many
    /// steps (E. Myers, "An applicative random-access stack", 1983), or [`NONE`].
    jump: u32,
    /// The number of blossoms around this one.
    depth: u32,
    /// What it and all around it pay.
    paid: Paid,
}

/// A payment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paid {
    /// Twice the sum of the duals.
    pub sum_2x: i128,
    /// The number of positive duals.
    pub payers: u32,
}

impl Paid {
    fn of(dual_2x: i128) -> Self {
        Self { sum_2x: dual_2x, payers: u32::from(dual_2x > 0) }
    }

    fn and(self, other: Self) -> Self {
        Self { sum_2x: self.sum_2x + other.sum_2x, payers: self.payers + other.payers }
    }
}

/// The vertices and blossoms of a certificate, made ready for asking.
#[derive(Debug)]
pub(super) struct Cover<'c> {
    duals_2x: &'c [i128],
    of_vertex: Vec<u32>,
    nodes: Vec<Node>,
}

impl<'c> Cover<'c> {
    /// Reads a certificate.
    ///
    /// Cost: linear.
    pub fn new(certificate: &'c Certificate<i128>) -> Self {
        let mut of_vertex = vec![NONE; certificate.vertex_duals_2x.len()];
        let alone = Node { parent: NONE, jump: NONE, depth: 0, paid: Paid::default() };
        let mut nodes = vec![alone; certificate.blossoms.len()];
        for (index, blossom) in (0u32..).zip(&certificate.blossoms) {
            for &vertex in &blossom.vertices {
                of_vertex[vertex as usize] = index;
            }
            for &child in &blossom.children {
                nodes[child as usize].parent = index;
            }
        }
        // Parents follow their children in the list.
        for (index, blossom) in certificate.blossoms.iter().enumerate().rev() {
            let Node { parent, .. } = nodes[index];
            let own = Paid::of(blossom.dual_2x);
            nodes[index] = if parent == NONE {
                Node { paid: own, ..alone }
            } else {
                let above = nodes[parent as usize];
                let depth = above.depth + 1;
                Node { parent, jump: jump_past(&nodes, parent), depth, paid: own.and(above.paid) }
            };
        }
        Self { duals_2x: &certificate.vertex_duals_2x, of_vertex, nodes }
    }

    /// Returns what is paid for an edge.
    ///
    /// Cost: logarithmic in the depth of the blossoms.
    pub fn paid(&self, u: u32, v: u32) -> Paid {
        let ends = Paid::of(self.duals_2x[u as usize]).and(Paid::of(self.duals_2x[v as usize]));
        match self.smallest_around(u, v) {
            NONE => ends,
            node => ends.and(self.nodes[node as usize].paid),
        }
    }

    /// Returns the smallest blossom that holds both vertices, or [`NONE`].
    fn smallest_around(&self, u: u32, v: u32) -> u32 {
        let node = |index: u32| &self.nodes[index as usize];
        let (mut low, mut high) = (self.of_vertex[u as usize], self.of_vertex[v as usize]);
        if low == NONE || high == NONE {
            return NONE;
        }
        if node(low).depth < node(high).depth {
            (low, high) = (high, low);
        }
        let depth = node(high).depth;
        while node(low).depth > depth {
            let Node { parent, jump, .. } = *node(low);
            low = if jump != NONE && node(jump).depth >= depth { jump } else { parent };
        }
        // At equal depth the jumps of both lead to equal depths.
        while low != high && low != NONE {
            let (one, other) = (node(low), node(high));
            (low, high) = if one.jump == other.jump { (one.parent, other.parent) } else { (one.jump, other.jump) };
        }
        low
    }
}

/// Returns the jump of a node whose parent is complete.
fn jump_past(nodes: &[Node], parent: u32) -> u32 {
    let above = nodes[parent as usize];
    if above.jump == NONE {
        return parent;
    }
    let far = nodes[above.jump as usize];
    let equal_leaps = far.jump != NONE && above.depth - far.depth == far.depth - nodes[far.jump as usize].depth;
    if equal_leaps { far.jump } else { parent }
}
