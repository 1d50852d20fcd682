//! What proves a planner's matching best to somebody who trusts no planner.
//!
//! In: a planner. Out: a [`Proven`]. Holds: `verify_capped` accepts it. Costs: linear in the graph with
//! its extras, times a logarithm. Absent: any search; everything is renamed and put in order.

use super::{Planner, Slot};
use crate::solver::caps::CappedMatching;
use crate::solver::certificate::Certificate;
use crate::solver::graph::{Edge, Graph, GraphError};
use crate::solver::matching::list_blossoms;
use crate::solver::weight::Weight;

/// A graph with groups and caps, and a best matching of it, as `verify_capped` takes them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven<W: Copy = i64> {
    /// The graph; numbers that stand for no vertex are vertices without edges.
    pub graph: Graph<W>,
    /// The group of each vertex; of numbers that stand for no vertex the last group.
    pub group_of: Vec<u32>,
    /// The cap of each group of the planner, and of one more group, which has none.
    pub cap_of_group: Vec<Option<u32>>,
    /// The matching with its proof.
    pub matching: CappedMatching<W>,
}

impl<W: Weight> Planner<W> {
    /// Writes out the graph as it is now, the matching and the proof.
    ///
    /// Errors: [`GraphError::TotalOutOfRange`] if the matching's weight fits the number type, but not
    /// the simple bound that `Graph::new` goes by.
    ///
    /// Cost: `O(m + n log n)`, with the extras counted in.
    pub fn proof(&self) -> Result<Proven<W>, GraphError<W>> {
        let numbers = self.numbers();
        let vertices = || 0..numbers as u32;
        let edges = vertices().flat_map(|u| {
            let later = self.neighbours(u).filter(move |arc| u < arc.to);
            later.map(move |arc| Edge { u, v: arc.to, weight: arc.weight })
        });
        let graph = Graph::new(numbers, edges.collect())?;
        let none = self.groups.len() as u32;
        let group_of = self.slots.iter().map(|&slot| if let Slot::Vertex { group } = slot { group } else { none });
        let caps = self.groups.iter().map(|group| group.cap);
        Ok(Proven {
            graph,
            group_of: group_of.collect(),
            cap_of_group: caps.chain([None]).collect(),
            matching: CappedMatching {
                mate: vertices().map(|vertex| self.mate(vertex)).collect(),
                weight: self.weight,
                extra_mates: self.extra_mates(),
                certificate: self.certificate(),
            },
        })
    }

    /// Returns the vertices matched to extras, by group and then ascending.
    fn extra_mates(&self) -> Vec<u32> {
        let mut all = Vec::new();
        for group in &self.groups {
            let first = all.len();
            all.extend(group.extras.iter().map(|&extra| self.searcher.family().mate(extra)));
            all[first..].sort_unstable();
        }
        all
    }

    /// Returns the duals with the extras, by group, after the vertices.
    fn certificate(&self) -> Certificate<W> {
        let family = self.searcher.family();
        let mut name: Vec<u32> = (0..self.numbers() as u32).collect();
        let mut vertex_duals_2x = family.duals_2x()[..self.numbers()].to_vec();
        for &extra in self.groups.iter().flat_map(|group| &group.extras) {
            name[extra as usize] = vertex_duals_2x.len() as u32;
            let dual_2x = std::mem::replace(&mut vertex_duals_2x[extra as usize], W::ZERO);
            vertex_duals_2x.push(dual_2x);
        }
        let mut blossoms = list_blossoms(family);
        for vertices in blossoms.iter_mut().map(|blossom| &mut blossom.vertices) {
            for vertex in vertices.iter_mut() {
                *vertex = name[*vertex as usize];
            }
            vertices.sort_unstable();
        }
        Certificate { vertex_duals_2x, blossoms }
    }
}
