//! The matching and its blossoms, as they persist from one search to the next.
//!
//! In: requests to make, open and rebase blossoms. Out: who is matched, who lies in which blossom.
//! Holds: blossoms are nested; a blossom's children form an odd cycle in which links at odd indices
//! are matched, so that its first child holds its base, the one vertex not matched inside it.
//! Costs: stated at each function; nothing recurses, so depth is bounded by memory alone.
//! Absent: labels, trees and time, which belong to a search; slack, which belongs to the graph.
//!
//! A node is a vertex (numbers below the number of vertices) or a blossom (numbers from there on).

use std::mem::take;

use crate::solver::weight::Weight;

/// Stands for "no vertex" and "no node".
pub(super) const NONE: u32 = u32::MAX;

/// A child on the cycle of a blossom, with the edge from it to the next child.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    /// The child.
    pub child: u32,
    /// The end of the edge inside this child.
    pub from: u32,
    /// The end of the edge inside the next child.
    pub to: u32,
}

#[derive(Clone, Debug)]
struct Blossom<W> {
    /// The cycle of children, the one with the base first. Empty if the number is not in use.
    cycle: Vec<Link>,
    base: u32,
    dual_2x: W,
}

/// The changing matching, its vertex duals and its blossoms.
#[derive(Clone, Debug)]
pub(super) struct Family<W> {
    /// The mate of each vertex, or [`NONE`].
    pub mate: Vec<u32>,
    /// Twice the dual of each vertex.
    pub dual_2x: Vec<W>,
    /// The blossom directly around each node, or [`NONE`].
    parent: Vec<u32>,
    blossoms: Vec<Blossom<W>>,
    /// Numbers of blossoms not in use.
    unused: Vec<u32>,
}

impl<W: Weight> Family<W> {
    /// Starts from a matching without blossoms.
    pub fn new(mate: Vec<u32>, dual_2x: Vec<W>) -> Self {
        Self { parent: vec![NONE; mate.len()], mate, dual_2x, blossoms: Vec::new(), unused: Vec::new() }
    }

    fn vertices(&self) -> usize {
        self.mate.len()
    }

    fn blossom(&self, node: u32) -> &Blossom<W> {
        &self.blossoms[node as usize - self.vertices()]
    }

    fn blossom_mut(&mut self, node: u32) -> &mut Blossom<W> {
        let index = node as usize - self.vertices();
        &mut self.blossoms[index]
    }

    /// Returns how many numbers of nodes have been given out.
    pub fn nodes(&self) -> usize {
        self.parent.len()
    }

    /// Says whether a node is a blossom.
    pub fn is_blossom(&self, node: u32) -> bool {
        node as usize >= self.vertices()
    }

    /// Says whether a node lies in no blossom and, if it is a blossom, is in use.
    pub fn is_outermost(&self, node: u32) -> bool {
        self.parent[node as usize] == NONE && !(self.is_blossom(node) && self.blossom(node).cycle.is_empty())
    }

    /// Returns the vertex of a node that is not matched inside it.
    pub fn base(&self, node: u32) -> u32 {
        if self.is_blossom(node) { self.blossom(node).base } else { node }
    }

    /// Returns twice the dual of a blossom.
    pub fn blossom_dual_2x(&self, node: u32) -> W {
        self.blossom(node).dual_2x
    }

    /// Adds to twice the dual of a node if it is a blossom.
    pub fn raise_blossom(&mut self, node: u32, by_2x: W) {
        if self.is_blossom(node) {
            self.blossom_mut(node).dual_2x += by_2x;
        }
    }

    /// Appends the vertices of a node to a list.
    ///
    /// Cost: linear in their number.
    pub fn collect_vertices(&self, node: u32, vertices: &mut Vec<u32>) {
        let mut pending = vec![node];
        while let Some(node) = pending.pop() {
            if self.is_blossom(node) {
                let cycle = &self.blossom(node).cycle;
                pending.extend(cycle.iter().rev().map(|link| link.child));
            } else {
                vertices.push(node);
            }
        }
    }

    /// Makes a blossom with a dual of zero of an odd cycle of outermost nodes, the one with the base
    /// first, links at odd indices matched.
    ///
    /// Cost: linear in the length of the cycle.
    pub fn make_blossom(&mut self, cycle: Vec<Link>) -> u32 {
        debug_assert!(cycle.len() % 2 == 1);
        let node = self.unused.pop().unwrap_or_else(|| {
            self.parent.push(NONE);
            self.blossoms.push(Blossom { cycle: Vec::new(), base: NONE, dual_2x: W::ZERO });
            self.parent.len() as u32 - 1
        });
        for link in &cycle {
            self.parent[link.child as usize] = node;
        }
        let base = self.base(cycle[0].child);
        *self.blossom_mut(node) = Blossom { cycle, base, dual_2x: W::ZERO };
        node
    }

    /// Dissolves an outermost blossom, making its children outermost, and returns its cycle.
    ///
    /// Its number stays taken until [`Family::reuse`].
    ///
    /// Cost: linear in the number of children.
    pub fn open_blossom(&mut self, node: u32) -> Vec<Link> {
        let cycle = take(&mut self.blossom_mut(node).cycle);
        for link in &cycle {
            self.parent[link.child as usize] = NONE;
        }
        cycle
    }

    /// Lets the number of a dissolved blossom be given out again.
    pub fn reuse(&mut self, node: u32) {
        self.unused.push(node);
    }

    /// Returns the child of a blossom that holds a vertex.
    ///
    /// Cost: linear in the depth of the vertex below the blossom.
    pub fn child_holding(&self, blossom: u32, vertex: u32) -> u32 {
        let mut child = vertex;
        while self.parent[child as usize] != blossom {
            child = self.parent[child as usize];
        }
        child
    }

    /// Makes a vertex of an outermost node its base, changing which edges inside it are matched.
    ///
    /// The mates of the old and the new base outside the node are left to the caller.
    ///
    /// Cost: linear in the children of the blossoms passed, and their depth.
    pub fn rebase(&mut self, node: u32, vertex: u32) {
        let mut pending = vec![(node, vertex)];
        while let Some((node, vertex)) = pending.pop() {
            if !self.is_blossom(node) || self.base(node) == vertex {
                continue;
            }
            let child = self.child_holding(node, vertex);
            let mut cycle = take(&mut self.blossom_mut(node).cycle);
            let at = position(&cycle, child);
            // Between the new and the old base, on the side with an even number of links, the links
            // at even indices become the matched ones.
            let side = if at.is_multiple_of(2) { 0..at } else { at + 1..cycle.len() };
            for index in side.step_by(2) {
                let Link { child, from, to } = cycle[index];
                let next = cycle[(index + 1) % cycle.len()].child;
                self.mate[from as usize] = to;
                self.mate[to as usize] = from;
                pending.push((child, from));
                pending.push((next, to));
            }
            pending.push((child, vertex));
            cycle.rotate_left(at);
            let blossom = self.blossom_mut(node);
            blossom.cycle = cycle;
            blossom.base = vertex;
        }
    }

    /// Returns the outermost blossoms.
    ///
    /// Cost: linear in the number of nodes.
    pub fn outermost_blossoms(&self) -> Vec<u32> {
        (self.vertices() as u32..self.nodes() as u32).filter(|&node| self.is_outermost(node)).collect()
    }

    /// Returns the children of a node in the order of its cycle.
    pub fn children(&self, node: u32) -> impl DoubleEndedIterator<Item = u32> + '_ {
        self.blossom(node).cycle.iter().map(|link| link.child)
    }
}

/// Returns the index of a child on a cycle that holds it.
pub(super) fn position(cycle: &[Link], child: u32) -> usize {
    cycle.iter().position(|link| link.child == child).expect("the child lies on the cycle")
}
