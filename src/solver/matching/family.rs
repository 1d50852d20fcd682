//! The matching and its blossoms, as they persist from one search to the next.
//!
//! In: requests to make, open and rebase blossoms. Out: who is matched, who lies in which blossom.
//! Holds: blossoms are nested; a blossom's children form an odd cycle in which links at odd indices
//! are matched, so that its first child holds its base, the one vertex not matched inside it.
//! While a journal is kept, every change can be undone.
//! Costs: stated at each function; nothing recurses, so depth is bounded by memory alone.
//! Absent: labels, trees and time, which belong to a search; slack, which belongs to the graph.
//!
//! A node is a vertex (numbers below the number of vertices) or a blossom (numbers from there on).

mod journal;

use std::mem::take;

use self::journal::Old;
use crate::solver::weight::Weight;

/// Stands for "no vertex" and "no node".
pub(in crate::solver) const NONE: u32 = u32::MAX;

/// A child on the cycle of a blossom, with the edge from it to the next child.
#[derive(Clone, Copy, Debug)]
pub(in crate::solver) struct Link {
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
    /// Where its list of vertices begins and ends; the lists of its children are parts of it.
    ends: (u32, u32),
}

/// The changing matching, its vertex duals and its blossoms.
#[derive(Clone, Debug)]
pub(in crate::solver) struct Family<W> {
    /// The mate of each vertex, or [`NONE`].
    mate: Vec<u32>,
    /// Twice the dual of each vertex.
    dual_2x: Vec<W>,
    /// The outermost node of each vertex when it was last said.
    top: Vec<u32>,
    /// The vertex after each one in the list of a blossom, unless it is the last there.
    next: Vec<u32>,
    /// The blossom directly around each node, or [`NONE`].
    parent: Vec<u32>,
    blossoms: Vec<Blossom<W>>,
    /// Numbers of blossoms not in use.
    unused: Vec<u32>,
    /// What was overwritten since the journal was begun, if one is kept.
    journal: Option<Vec<Old<W>>>,
}

impl<W: Weight> Family<W> {
    /// Starts from a matching without blossoms.
    pub fn new(mate: Vec<u32>, dual_2x: Vec<W>) -> Self {
        let vertices = mate.len();
        Self {
            mate,
            dual_2x,
            top: (0..vertices as u32).collect(),
            next: vec![NONE; vertices],
            parent: vec![NONE; vertices],
            blossoms: Vec::new(),
            unused: Vec::new(),
            journal: None,
        }
    }

    /// Returns the mate of a vertex, or [`NONE`].
    pub fn mate(&self, vertex: u32) -> u32 {
        self.mate[vertex as usize]
    }

    /// Returns the mate of each vertex, or [`NONE`].
    pub fn mates(&self) -> &[u32] {
        &self.mate
    }

    /// Sets one side of a match; the other is left to the caller.
    pub fn set_mate(&mut self, vertex: u32, mate: u32) {
        self.note(|family| Old::Mate { vertex, mate: family.mate[vertex as usize] });
        self.mate[vertex as usize] = mate;
    }

    /// Returns twice the dual of a vertex.
    pub fn dual_2x(&self, vertex: u32) -> W {
        self.dual_2x[vertex as usize]
    }

    /// Returns twice the dual of each vertex.
    pub fn duals_2x(&self) -> &[W] {
        &self.dual_2x
    }

    /// Sets twice the dual of a vertex.
    pub fn set_dual_2x(&mut self, vertex: u32, dual_2x: W) {
        self.note(|family| Old::Dual { vertex, dual_2x: family.dual_2x[vertex as usize] });
        self.dual_2x[vertex as usize] = dual_2x;
    }

    /// Returns the outermost node of a vertex when it was last said; a search that has shrunk nodes
    /// since knows more.
    pub fn top(&self, vertex: u32) -> u32 {
        self.top[vertex as usize]
    }

    /// Says which node is the outermost of a vertex.
    pub fn set_top(&mut self, vertex: u32, top: u32) {
        self.note(|family| Old::Top { vertex, top: family.top[vertex as usize] });
        self.top[vertex as usize] = top;
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

    /// Returns the blossom directly around a node.
    pub fn parent(&self, node: u32) -> Option<u32> {
        Some(self.parent[node as usize]).filter(|&parent| parent != NONE)
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
            self.note(|family| Old::BlossomDual { blossom: node, dual_2x: family.blossom(node).dual_2x });
            self.blossom_mut(node).dual_2x += by_2x;
        }
    }

    /// Appends the vertices of a node to a list.
    ///
    /// Cost: linear in their number.
    pub fn collect_vertices(&self, node: u32, vertices: &mut Vec<u32>) {
        let (mut vertex, last) = self.ends(node);
        vertices.push(vertex);
        while vertex != last {
            vertex = self.next[vertex as usize];
            vertices.push(vertex);
        }
    }

    /// Returns the first and the last vertex of the list of a node.
    fn ends(&self, node: u32) -> (u32, u32) {
        if self.is_blossom(node) { self.blossom(node).ends } else { (node, node) }
    }

    /// Makes a blossom with a dual of zero of an odd cycle of outermost nodes, the one with the base
    /// first, links at odd indices matched.
    ///
    /// Cost: linear in the length of the cycle.
    pub fn make_blossom(&mut self, cycle: Vec<Link>) -> u32 {
        debug_assert!(cycle.len() % 2 == 1);
        let node = self.take_number();
        for link in &cycle {
            self.set_parent(link.child, node);
        }
        let base = self.base(cycle[0].child);
        let (first, mut last) = self.ends(cycle[0].child);
        for link in &cycle[1..] {
            let (next, end) = self.ends(link.child);
            self.set_next(last, next);
            last = end;
        }
        *self.blossom_mut(node) = Blossom { cycle, base, dual_2x: W::ZERO, ends: (first, last) };
        node
    }

    fn take_number(&mut self) -> u32 {
        if let Some(blossom) = self.unused.pop() {
            self.note(|_| Old::Taken { blossom });
            return blossom;
        }
        self.note(|_| Old::Fresh);
        self.parent.push(NONE);
        self.blossoms.push(Blossom { cycle: Vec::new(), base: NONE, dual_2x: W::ZERO, ends: (NONE, NONE) });
        self.parent.len() as u32 - 1
    }

    fn set_next(&mut self, vertex: u32, next: u32) {
        self.note(|family| Old::Next { vertex, next: family.next[vertex as usize] });
        self.next[vertex as usize] = next;
    }

    fn set_parent(&mut self, node: u32, parent: u32) {
        self.note(|family| Old::Parent { node, parent: family.parent[node as usize] });
        self.parent[node as usize] = parent;
    }

    /// Dissolves an outermost blossom of dual zero, making its children outermost, and returns its cycle.
    ///
    /// Its number stays taken until [`Family::reuse`].
    ///
    /// Cost: linear in the number of children.
    pub fn open_blossom(&mut self, node: u32) -> Vec<Link> {
        debug_assert!(self.blossom_dual_2x(node) == W::ZERO);
        self.note_cycle(node);
        let cycle = take(&mut self.blossom_mut(node).cycle);
        for link in &cycle {
            self.set_parent(link.child, NONE);
        }
        cycle
    }

    /// Lets the number of a dissolved blossom be given out again.
    pub fn reuse(&mut self, node: u32) {
        self.note(|_| Old::Returned);
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
            self.note_cycle(node);
            let mut cycle = take(&mut self.blossom_mut(node).cycle);
            let at = position(&cycle, child);
            // Between the new and the old base, on the side with an even number of links, the links
            // at even indices become the matched ones.
            let side = if at.is_multiple_of(2) { 0..at } else { at + 1..cycle.len() };
            for index in side.step_by(2) {
                let Link { child, from, to } = cycle[index];
                let next = cycle[(index + 1) % cycle.len()].child;
                self.set_mate(from, to);
                self.set_mate(to, from);
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

    /// Makes room for more vertices, which are unmatched and have a dual of zero; the numbers of
    /// blossoms make way.
    ///
    /// Cost: linear in the number of nodes.
    pub fn make_room(&mut self, vertices: usize) {
        debug_assert!(self.journal.is_none());
        let before = self.vertices();
        let added = vertices - before;
        let moved = |node: u32| if (node as usize) < before || node == NONE { node } else { node + added as u32 };
        for link in self.blossoms.iter_mut().flat_map(|blossom| &mut blossom.cycle) {
            link.child = moved(link.child);
        }
        for node in self.parent.iter_mut().chain(&mut self.unused).chain(&mut self.top) {
            *node = moved(*node);
        }
        self.parent.splice(before..before, std::iter::repeat_n(NONE, added));
        self.top.extend(before as u32..vertices as u32);
        self.next.resize(vertices, NONE);
        self.mate.resize(vertices, NONE);
        self.dual_2x.resize(vertices, W::ZERO);
    }
}

/// Returns the index of a child on a cycle that holds it.
pub(super) fn position(cycle: &[Link], child: u32) -> usize {
    cycle.iter().position(|link| link.child == child).expect("the child lies on the cycle")
}
