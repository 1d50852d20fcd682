//! A graph that changes.
//!
//! In: vertices and edges, one at a time. Out: the neighbours of a vertex side by side, as searches
//! want them. Holds: every edge is in the rows of both its ends, every weight is positive, every row
//! ascends. Costs: a change of an edge is linear in the degrees of its ends, a look-up logarithmic.
//! Absent: what a vertex stands for, and limits.

use crate::solver::graph::{Arc, Graph};
use crate::solver::matching::search::Neighbours;
use crate::solver::weight::Weight;

/// The arcs of each vertex, ascending by the far end.
#[derive(Clone, Debug)]
pub(super) struct ChangingRows<W: Copy>(Vec<Vec<Arc<W>>>);

impl<W: Weight> Neighbours<W> for ChangingRows<W> {
    fn neighbours(&self, vertex: u32) -> &[Arc<W>] {
        self.row(vertex)
    }
}

impl<W: Weight> ChangingRows<W> {
    /// Copies a graph.
    pub fn new(graph: &Graph<W>) -> Self {
        Self((0..graph.vertices() as u32).map(|vertex| graph.neighbours(vertex).to_vec()).collect())
    }

    /// Adds a vertex without edges.
    pub fn push(&mut self) {
        self.0.push(Vec::new());
    }

    /// Returns the edges of one vertex as arcs, ascending by the far end.
    pub fn row(&self, vertex: u32) -> &[Arc<W>] {
        &self.0[vertex as usize]
    }

    /// Returns the weight of the edge between two vertices, or zero if there is none.
    pub fn weight_between(&self, u: u32, v: u32) -> W {
        let row = self.row(u);
        row.binary_search_by_key(&v, |arc| arc.to).map_or(W::ZERO, |at| row[at].weight)
    }

    /// Gives the edge between two vertices a weight; at zero or less there is none.
    pub fn set(&mut self, u: u32, v: u32, weight: W) {
        self.set_arc(u, v, weight);
        self.set_arc(v, u, weight);
    }

    fn set_arc(&mut self, from: u32, to: u32, weight: W) {
        let row = &mut self.0[from as usize];
        match (row.binary_search_by_key(&to, |arc| arc.to), weight > W::ZERO) {
            (Ok(at), true) => row[at].weight = weight,
            (Ok(at), false) => drop(row.remove(at)),
            (Err(at), true) => row.insert(at, Arc { to, weight }),
            (Err(_), false) => {}
        }
    }

    /// Takes away the edges of a vertex and returns them.
    pub fn clear(&mut self, vertex: u32) -> Vec<Arc<W>> {
        let arcs = std::mem::take(&mut self.0[vertex as usize]);
        for arc in &arcs {
            self.set_arc(arc.to, vertex, W::ZERO);
        }
        arcs
    }
}
