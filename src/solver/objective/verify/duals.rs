//! What the duals of a step show: that the plan has the largest weight, and which plans have as much.
//!
//! In: weighed edges and which of them are chosen. Out: for each edge whether such a plan may use it, and its new
//! share. Holds: written apart from the solver's side of it. Costs: near to linear. Absent: where weights come from.

use super::StepError;
use crate::solver::assignment::{Potentials, verify_assignment};
use crate::solver::certificate::{Blossom, Certificate};
use crate::solver::digraph::{Digraph, DirectedArc};
use crate::solver::graph::{Edge, Graph};
use crate::solver::verify::{paid_2x, verify as verify_matching};

/// An edge, or an arc from its first end to its second.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weighed {
    pub ends: [u32; 2],
    pub weight: i128,
    pub is_chosen: bool,
}

/// What is shown of an edge.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    /// Whether a plan of the largest weight may use it.
    pub is_tight: bool,
    /// How many of the bounds that all such plans meet it has a part in.
    pub share: u32,
}

/// A dual solution that can be checked.
pub(super) trait Duals {
    /// How many edges of a plan may meet at a vertex.
    const EDGES_AT_VERTEX: i128;

    /// Checks that the chosen edges are a plan of the largest weight among so many vertices.
    fn judge(&self, vertices: usize, edges: &[Weighed]) -> Result<Vec<Judged>, StepError>;
}

/// Of matchings: an edge has a share for each positive dual at its ends and of a blossom around it.
impl Duals for Certificate<i128> {
    const EDGES_AT_VERTEX: i128 = 1;

    fn judge(&self, vertices: usize, edges: &[Weighed]) -> Result<Vec<Judged>, StepError> {
        let mut mate = vec![None; vertices];
        for &Weighed { ends: [u, v], weight, .. } in edges.iter().filter(|edge| edge.is_chosen) {
            if weight < 0 {
                return Err(StepError::Worthless { vertices: [u, v] });
            }
            // An edge of no weight is none to the matching.
            if weight > 0 {
                mate[u as usize] = Some(v);
                mate[v as usize] = Some(u);
            }
        }
        let weighed = edges.iter().map(|&Weighed { ends: [u, v], weight, .. }| Edge { u, v, weight });
        verify_matching(&Graph::new(vertices, weighed.collect())?, &mate, self).map_err(StepError::Certificate)?;
        let pairs = || edges.iter().map(|&Weighed { ends: [u, v], .. }| (u, v));
        let paid = paid_2x(self, pairs()).map_err(StepError::Certificate)?;
        let payers = paid_2x(&payers(self), pairs()).map_err(StepError::Certificate)?;
        let judge = |((edge, paid), payers): ((&Weighed, i128), i128)| Judged {
            is_tight: paid == 2 * edge.weight,
            share: payers as u32,
        };
        Ok(edges.iter().zip(paid).zip(payers).map(judge).collect())
    }
}

/// Puts one for every positive dual.
fn payers(certificate: &Certificate<i128>) -> Certificate<i128> {
    let one = |dual_2x: i128| i128::from(dual_2x > 0);
    Certificate {
        vertex_duals_2x: certificate.vertex_duals_2x.iter().map(|&dual_2x| one(dual_2x)).collect(),
        blossoms: certificate
            .blossoms
            .iter()
            .map(|blossom| Blossom { dual_2x: one(blossom.dual_2x), ..blossom.clone() })
            .collect(),
    }
}

/// Of assignments: an arc has a share if it leaves a vertex whose potentials come to more than nothing, for such a
/// vertex stays in no plan of the largest weight.
impl Duals for Potentials<i128> {
    const EDGES_AT_VERTEX: i128 = 2;

    fn judge(&self, vertices: usize, edges: &[Weighed]) -> Result<Vec<Judged>, StepError> {
        let mut next = vec![None; vertices];
        for edge in edges.iter().filter(|edge| edge.is_chosen) {
            next[edge.ends[0] as usize] = Some(edge.ends[1]);
        }
        let arc = |&Weighed { ends: [from, to], weight, .. }: &Weighed| DirectedArc { from, to, weight };
        let digraph = Digraph::new(vertices, edges.iter().map(arc).collect()).map_err(|_| StepError::TooLarge)?;
        verify_assignment(&digraph, &next, self).map_err(StepError::Assignment)?;
        // Every sum below is one whose slack has just been formed.
        let sum = |from: u32, to: u32| self.from[from as usize] + self.to[to as usize];
        let judge = |&Weighed { ends: [u, v], weight, .. }: &Weighed| Judged {
            is_tight: sum(u, v) == weight,
            share: u32::from(sum(u, u) > 0),
        };
        Ok(edges.iter().map(judge).collect())
    }
}
