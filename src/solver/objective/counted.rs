//! The swaps of the most points, or the most swaps and then the most points.
//!
//! In: swaps, groups and caps. Out: the best swaps with the proof of one matching. Holds: an edge weighs
//! the points of its swap and what a swap is worth by itself, which is more than the points of a plan
//! can be, or nothing. Costs: one capped matching, in 64 bits if they are enough and else in 128.
//! Absent: fairness.

use super::proof::{CountedProof, Proof};
use super::{BestSwaps, ObjectiveError, Swap};
use crate::solver::caps::{CapError, CappedMatching, capped_matching};
use crate::solver::graph::{Edge, Graph, GraphError};
use crate::solver::weight::Weight;

/// Returns what a swap must be worth by itself for more swaps to outweigh any points: one more than half
/// the sum of the most points at each vertex.
pub(super) fn worth_of_swap(vertices: usize, swaps: &[Swap]) -> i128 {
    let mut most = vec![0; vertices];
    for swap in swaps {
        for vertex in [swap.u, swap.v] {
            most[vertex as usize] = swap.points.max(most[vertex as usize]);
        }
    }
    most.into_iter().map(i128::from).sum::<i128>() / 2 + 1
}

/// Returns the swaps of the largest sum of points and of the worth of each.
pub(super) fn best(
    vertices: usize,
    swaps: &[Swap],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    worth_of_swap: i128,
) -> Result<BestSwaps, ObjectiveError> {
    let usable = swaps.iter().filter(|swap| swap.points >= 0);
    let weigh = |swap: &Swap| (swap.u, swap.v, worth_of_swap + i128::from(swap.points));
    let weighed: Vec<(u32, u32, i128)> = usable.map(weigh).collect();
    let narrow = |weight| i64::try_from(weight).ok();
    let (mate, proof) = match solve(vertices, &weighed, group_of, cap_of_group, narrow) {
        Some(Ok((mate, proof))) => (mate, Proof::Counted(proof)),
        None | Some(Err(CapError::Gadget(GraphError::WeightOutOfRange { .. } | GraphError::TotalOutOfRange))) => {
            let wide = solve(vertices, &weighed, group_of, cap_of_group, Some).expect("an i128 holds an i128");
            let (mate, proof) = wide.map_err(ObjectiveError::Groups)?;
            (mate, Proof::CountedWide(proof))
        }
        Some(Err(_)) => return Err(ObjectiveError::TooManyVertices { vertices }),
    };
    let points = points_of(&mate, &weighed, worth_of_swap);
    Ok(BestSwaps { mate, points, optimal: true, proof })
}

type Solved<W> = Result<(Vec<Option<u32>>, CountedProof<W>), CapError<W>>;

/// Solves in one width of numbers, or returns `None` if a weight does not fit it.
fn solve<W: Weight>(
    vertices: usize,
    weighed: &[(u32, u32, i128)],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    narrow: impl Fn(i128) -> Option<W>,
) -> Option<Solved<W>> {
    let edge = |&(u, v, weight): &(u32, u32, i128)| Some(Edge { u, v, weight: narrow(weight)? });
    let edges = weighed.iter().map(edge).collect::<Option<Vec<_>>>()?;
    let graph = Graph::new(vertices, edges).map_err(CapError::Gadget);
    let capped = graph.and_then(|graph| capped_matching(&graph, group_of, cap_of_group));
    Some(
        capped.map(|CappedMatching { mate, extra_mates, certificate, .. }| {
            (mate, CountedProof { extra_mates, certificate })
        }),
    )
}

/// Returns the points of the swaps along which vertices are matched, of parallel ones the most.
fn points_of(mate: &[Option<u32>], weighed: &[(u32, u32, i128)], worth_of_swap: i128) -> i64 {
    let mut most = vec![0; mate.len()];
    for &(u, v, weight) in weighed.iter().filter(|&&(u, v, _)| mate[u as usize] == Some(v)) {
        let points = &mut most[u.min(v) as usize];
        *points = (weight - worth_of_swap).max(*points);
    }
    most.into_iter().sum::<i128>() as i64
}
