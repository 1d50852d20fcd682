//! The best rings of at most four: vertex-disjoint directed cycles of the most points, exactly.
//!
//! In: a [`RingProblem`]: a digraph, the length of the longest ring, what a ring is worth, and caps of groups.
//! Out: [`Rings`]: the rings chosen, their points, a bound on any choice, and the proof of the bound.
//! Holds: rings are disjoint and keep the caps; `weight <= bound`, equal unless it was stopped; `verify` accepts.
//! The answer is a function of the digraph: the order of its arcs does not matter.
//! Costs: listing all cycles, and a [`packing`] of those worth something.
//! Absent: rings of any length (`assignment`), and any clock: `stop` says when to end.
//!
//! This is the cycle formulation of kidney exchange (A. Roth, T. Sönmez and U. Ünver, "Efficient kidney exchange",
//! 2007; D. Abraham, A. Blum and T. Sandholm, "Clearing algorithms for barter exchange markets", 2007).
//!
//! | file | what it holds |
//! | --- | --- |
//! | `cycles` | all cycles up to a length, each once |
//! | `packing` | the heaviest packing of columns into rows: what rings are, seen without their order |
//! | `search`, `branch` | branch and bound over columns |
//! | `heuristics` | good packings from what a relaxation suggests |
//! | `ascent` | duals that are nearly best, from passes over the columns |
//! | `polish` | a better packing, one neighbourhood at a time |
//! | `relax` | the linear relaxation, priced column by column |
//! | `simplex`, `dual` | its program, and the simplex method on it, in floats that decide nothing |
//! | `eliminate`, `factor`, `sparse` | what the method solves its equations with |
//! | `exact` | duals in whole numbers, and the bounds they prove |
//! | `separate` | cuts |
//! | `proof` | what proves a bound, as data |
//! | `verify`, `refused` | its check, written apart, and why it refuses |

mod ascent;
mod branch;
pub mod cycles;
mod dual;
mod eliminate;
mod exact;
mod factor;
mod heuristics;
pub mod packing;
mod polish;
pub mod proof;
pub mod refused;
mod relax;
mod search;
mod separate;
mod simplex;
mod sparse;
#[cfg(test)]
mod tests;
pub mod verify;

use std::fmt;

use serde::{Deserialize, Serialize};

use self::packing::{Columns, Packed, Packing, best_packing};
use self::proof::Proof;
use super::digraph::Digraph;

/// The length of the longest ring there is a solver for here.
pub const LONGEST: usize = 4;

/// What a ring is worth: a function of its vertices, along its arcs, and of the weights of these arcs.
///
/// It never exceeds the sum of the weights.
pub type Points<'a> = dyn Fn(&[u32], &[i64]) -> i64 + Sync + 'a;

/// A digraph in which to choose rings, and what limits the choice.
#[derive(Clone, Copy)]
pub struct RingProblem<'a> {
    /// The digraph; an arc `from → to` says: whoever gives `from` receives `to`.
    pub digraph: &'a Digraph,
    /// The most vertices of a ring: 2, 3 or 4.
    pub longest: usize,
    /// What a ring is worth; called with the vertices, smallest first, and the weight of the arc that leaves each.
    pub points: &'a Points<'a>,
    /// The group of each vertex.
    pub group_of: &'a [u32],
    /// The most vertices of a group in chosen rings; `None` is no cap.
    pub cap_of_group: &'a [Option<u32>],
}

impl fmt::Debug for RingProblem<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (vertices, arcs) = (self.digraph.vertices(), self.digraph.arc_count());
        f.debug_struct("RingProblem")
            .field("vertices", &vertices)
            .field("arcs", &arcs)
            .field("longest", &self.longest)
            .finish_non_exhaustive()
    }
}

/// The rings chosen, and what proves how good the choice is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rings {
    /// The rings, ascending, each with its vertices along its arcs, smallest first.
    pub rings: Vec<Vec<u32>>,
    /// The sum of their points.
    pub weight: i64,
    /// No choice of rings has more points.
    pub bound: i64,
    /// Whether the choice is proven best: the weight is the bound.
    pub optimal: bool,
    /// Proves the bound.
    pub certificate: RingCertificate,
}

/// What proves that no choice of rings has more points than a bound.
///
/// The proof speaks of rows and columns: row `v` is vertex `v`, with capacity 1; row `vertices + g` is group `g`,
/// with its cap. A ring is a column with entry 1 in the rows of its vertices, and in the row of each group that
/// has a cap smaller than its size, the number of its vertices in the group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RingCertificate {
    /// What no choice of rings exceeds.
    pub bound: i64,
    /// Why.
    pub proof: Proof,
}

/// Returns the vertex-disjoint rings of the most points within the caps, or the best found and a proven bound
/// once `stop` says so.
///
/// `longest` is 2, 3 or 4; `group_of` has an entry below `cap_of_group.len()` for each vertex.
///
/// Cost: all cycles are listed once, in time and memory; then see [`packing`].
pub fn best_rings(problem: &RingProblem<'_>, stop: &(dyn Fn() -> bool + Sync)) -> Rings {
    let (packing, cycles) = columns_of(problem);
    let Packed { columns, weight, bound, proof } = best_packing(&packing, stop);
    let mut rings: Vec<Vec<u32>> = columns.into_iter().map(|column| cycles.vertices(column).to_vec()).collect();
    rings.sort_unstable();
    Rings { rings, weight, bound, optimal: weight == bound, certificate: RingCertificate { bound, proof } }
}

/// The vertices of listed cycles, side by side.
struct Listed {
    first: Vec<u32>,
    vertices: Vec<u32>,
}

impl Listed {
    fn vertices(&self, column: u32) -> &[u32] {
        &self.vertices[self.first[column as usize] as usize..self.first[column as usize + 1] as usize]
    }
}

/// Lists the cycles worth something as the columns of a packing.
fn columns_of(problem: &RingProblem<'_>) -> (Packing, Listed) {
    let vertices = problem.digraph.vertices();
    let mut sizes = vec![0u32; problem.cap_of_group.len()];
    for &group in problem.group_of {
        sizes[group as usize] += 1;
    }
    let caps: Vec<u32> =
        problem.cap_of_group.iter().zip(&sizes).map(|(cap, &size)| cap.map_or(size, |cap| cap.min(size))).collect();
    let mut capacity = vec![1; vertices];
    capacity.extend(&caps);
    let mut columns = Columns::new();
    let mut listed = Listed { first: vec![0], vertices: Vec::new() };
    let mut entries: Vec<(u32, u32)> = Vec::with_capacity(2 * LONGEST);
    cycles::each_cycle(problem.digraph, problem.longest.min(LONGEST), |cycle, gains| {
        let points = (problem.points)(cycle, gains);
        if points <= 0 {
            return;
        }
        entries.clear();
        entries.extend(cycle.iter().map(|&vertex| (vertex, 1)));
        for &vertex in cycle {
            let group = problem.group_of[vertex as usize];
            if caps[group as usize] == sizes[group as usize] {
                continue;
            }
            let row = vertices as u32 + group;
            match entries.iter_mut().find(|(other, _)| *other == row) {
                Some((_, entry)) => *entry += 1,
                None => entries.push((row, 1)),
            }
        }
        entries.sort_unstable();
        columns.push(&entries, points);
        listed.vertices.extend_from_slice(cycle);
        listed.first.push(listed.vertices.len() as u32);
    });
    (Packing::new(capacity, columns).expect("a ring fills the rows of its vertices"), listed)
}
