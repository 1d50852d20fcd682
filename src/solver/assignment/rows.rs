//! The market laid out for the searches: only what can be part of a cycle, neighbours near to each other.
//!
//! In: a digraph. Out: [`Rows`], the arcs inside strongly connected components, with vertices renumbered so that those
//! of a component follow each other, in the order a depth-first walk meets them.
//! Holds: every cycle of the digraph is there; an arc between components leads to an earlier one.
//! Costs: `O(n + m)` time; 16 bytes an arc of `i64`, none where most vertices are joined to most others.
//! Absent: staying, which no arc stands for.

use std::ops::Range;

use super::super::digraph::Digraph;
use super::super::graph::Arc;
use super::super::weight::Weight;

/// Stands for "none".
const NONE: u32 = u32::MAX;

/// Stands for "listed in its component".
const LISTED: u32 = NONE - 1;

/// The arcs that lie on cycles, by the new numbers of vertices.
pub(super) struct Rows<'d, W: Copy> {
    /// Where arcs are looked up as they are: nothing is gained by moving them if most vertices are joined to most others.
    as_it_is: Option<&'d Digraph<W>>,
    vertex_of: Vec<u32>,
    number_of: Vec<u32>,
    /// The end of each component in the new numbers; the next one begins there.
    component_ends: Vec<u32>,
    /// The arcs that leave the new number `v` are `arcs[first[v]..first[v + 1]]`.
    first: Vec<usize>,
    arcs: Vec<Arc<W>>,
}

impl<'d, W: Weight> Rows<'d, W> {
    /// Lays out a digraph.
    pub(super) fn new(digraph: &'d Digraph<W>) -> Self {
        let (mut vertex_of, component_ends) = components(digraph);
        let vertices = vertex_of.len();
        let is_full = component_ends.len() == 1 && digraph.arc_count() >= vertices * vertices / 2;
        if is_full {
            vertex_of.sort_unstable();
        }
        let mut number_of = vec![0; vertices];
        for (number, &vertex) in (0..).zip(&vertex_of) {
            number_of[vertex as usize] = number;
        }
        let as_it_is = is_full.then_some(digraph);
        let mut rows = Self { as_it_is, vertex_of, number_of, component_ends, first: vec![0], arcs: Vec::new() };
        if is_full {
            return rows;
        }
        for component in rows.components().collect::<Vec<_>>() {
            for number in component.clone() {
                let row = digraph.successors(rows.vertex(number) as u32).iter();
                let row = row.map(|arc| Arc { to: rows.number_of[arc.to as usize], weight: arc.weight });
                rows.arcs.extend(row.filter(|arc| component.contains(&arc.to)));
                rows.first.push(rows.arcs.len());
            }
        }
        rows
    }

    /// Returns the number of vertices.
    pub(super) fn vertices(&self) -> u32 {
        self.vertex_of.len() as u32
    }

    /// Returns the components as ranges of new numbers, in order.
    pub(super) fn components(&self) -> impl Iterator<Item = Range<u32>> + use<'_, 'd, W> {
        let begins = std::iter::once(&0).chain(&self.component_ends);
        begins.zip(&self.component_ends).map(|(&begin, &end)| begin..end)
    }

    /// Returns the vertex of the digraph that a new number stands for.
    pub(super) fn vertex(&self, number: u32) -> usize {
        self.vertex_of[number as usize] as usize
    }

    /// Returns the new number of a vertex of the digraph.
    pub(super) fn number(&self, vertex: u32) -> u32 {
        self.number_of[vertex as usize]
    }

    /// Returns the arcs that leave a new number.
    pub(super) fn of(&self, number: u32) -> &[Arc<W>] {
        let at = number as usize;
        self.as_it_is
            .map_or_else(|| &self.arcs[self.first[at]..self.first[at + 1]], |digraph| digraph.successors(number))
    }

    /// Returns the weight of the arc from one new number to another, or zero for staying.
    ///
    /// Cost: the length of the row.
    pub(super) fn weight(&self, from: u32, to: u32) -> W {
        self.of(from).iter().find(|arc| arc.to == to).map_or(W::ZERO, |arc| arc.weight)
    }
}

/// A vertex on the way of the walk, when it was met, and how many of its arcs are done.
struct Step {
    vertex: u32,
    met: u32,
    arcs_done: usize,
}

/// Lists the vertices component by component, and where each component ends; every arc between components leads to an
/// earlier one.
///
/// This is one depth-first walk (R. Tarjan, "Depth-first search and linear graph algorithms", 1972), with a stack in
/// place of recursion.
fn components<W: Weight>(digraph: &Digraph<W>) -> (Vec<u32>, Vec<u32>) {
    let vertices = digraph.vertices();
    let (mut listed, mut ends) = (Vec::with_capacity(vertices), Vec::new());
    // The earliest time of meeting that each vertex on `open` leads back to; `NONE` if it is not met yet.
    let mut earliest = vec![NONE; vertices];
    let mut open: Vec<u32> = Vec::new();
    let mut walk: Vec<Step> = Vec::new();
    let mut clock = 0;
    for root in 0..vertices as u32 {
        if earliest[root as usize] == NONE {
            walk.push(Step { vertex: root, met: clock, arcs_done: 0 });
        }
        while let Some(Step { vertex, met, arcs_done }) = walk.pop() {
            let row = digraph.successors(vertex);
            if arcs_done == 0 {
                earliest[vertex as usize] = met;
                open.push(vertex);
                clock += 1;
            } else {
                // Back from the walk along that arc.
                note(&mut earliest, vertex, row[arcs_done - 1].to);
            }
            let mut at = arcs_done;
            while row.get(at).is_some_and(|arc| earliest[arc.to as usize] != NONE) {
                note(&mut earliest, vertex, row[at].to);
                at += 1;
            }
            if let Some(arc) = row.get(at) {
                walk.push(Step { vertex, met, arcs_done: at + 1 });
                walk.push(Step { vertex: arc.to, met: clock, arcs_done: 0 });
            } else if earliest[vertex as usize] == met {
                let begin = open.iter().rposition(|&other| other == vertex).expect("a vertex is open until listed");
                for &member in &open[begin..] {
                    earliest[member as usize] = LISTED;
                }
                listed.extend(open.drain(begin..));
                ends.push(listed.len() as u32);
            }
        }
    }
    (listed, ends)
}

/// Notes that a vertex leads to what another one leads to, unless that one is listed.
fn note(earliest: &mut [u32], vertex: u32, other: u32) {
    let reached = earliest[other as usize];
    if reached != LISTED {
        earliest[vertex as usize] = earliest[vertex as usize].min(reached);
    }
}
