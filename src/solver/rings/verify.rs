//! Checks chosen rings and the proof that none are better, without knowing how they were found.
//!
//! In: a problem, rings with their weight, and a certificate; or a packing, its columns and a proof.
//! Out: nothing, or the first rule that does not hold and where.
//! Holds: if it accepts, the rings are cycles, disjoint, within the caps and worth what they claim, and no choice
//! is worth more than the bound. Only types are shared with the solver; all cycles are listed here again.
//! Costs: a list of all columns, and for each node of the tree a pass over the columns it speaks of.
//! Absent: any repair, any float, and any trust in the solver. Sums are formed in `i128`.
//!
//! That the rules suffice is said in `proof`. Each node is checked against the columns that reach it here, not
//! against a list of the solver's: what a node need not speak of is derived, never read.
//!
//! # Why all cycles are listed, and the time is not linear in the files
//!
//! A pair is an edge, so that its check reads each edge once. Rings of three are not in the file, their arcs are; and
//! that duals pay for each of them says of the arcs, weighed less the dual of the vertex they enter, that no triangle
//! has a positive weight. To decide this is the negative triangle problem, as hard as all shortest paths (V. Vassilevska
//! Williams and R. Williams, "Subcubic equivalences between path, matrix, and triangle problems", 2010), and no proof of
//! it is known that could be read in linear time: with one guessed, the best check still takes some `n^2.69` where
//! all `n` are joined (M. Carmosino and others, "Nondeterministic extensions of the strong exponential time hypothesis",
//! 2016). A certificate could name all cycles, but whether it left one out is the same question. Besides, what a ring is
//! worth need not be a sum over its arcs. So each cycle is looked at once, in the time of walking along all pairs of arcs
//! that follow each other for rings of three; what follows is linear in the cycles for each node of the proof.

mod bound;

pub use self::bound::{verify_bound, verify_packing};
use super::packing::{Columns, Packing};
use super::refused::RingError;
use super::{RingCertificate, RingProblem};

/// Checks that rings are a choice of a weight, and that no choice is worth more than the certificate's bound.
///
/// Each ring has its vertices along its arcs, smallest first.
///
/// Errors: [`RingError`] names the first broken rule and where.
///
/// Cost: as listing all cycles, and for each node of the proof a pass over the cycles it speaks of.
pub fn verify_rings(
    problem: &RingProblem<'_>,
    rings: &[Vec<u32>],
    weight: i64,
    certificate: &RingCertificate,
) -> Result<(), RingError> {
    check_rings(problem, rings, weight)?;
    if weight > certificate.bound {
        return Err(RingError::WeightBeyondBound { weight, bound: certificate.bound });
    }
    let packing = all_rings(problem);
    verify_bound(&packing, certificate.bound, &certificate.proof).map_err(RingError::Proof)
}

/// Checks that the rings are cycles, disjoint, within the caps, and worth the weight.
fn check_rings(problem: &RingProblem<'_>, rings: &[Vec<u32>], weight: i64) -> Result<(), RingError> {
    let vertices = problem.digraph.vertices();
    if problem.group_of.len() != vertices {
        return Err(RingError::GroupCount { expected: vertices, found: problem.group_of.len() });
    }
    for (vertex, &group) in (0u32..).zip(problem.group_of) {
        if group as usize >= problem.cap_of_group.len() {
            return Err(RingError::GroupOutOfRange { vertex, group });
        }
    }
    let mut taken = vec![false; vertices];
    let mut in_group = vec![0u32; problem.cap_of_group.len()];
    let mut sum = 0i128;
    for (ring, cycle) in rings.iter().enumerate() {
        if cycle.len() < 2 || cycle.len() > problem.longest {
            return Err(RingError::Length { ring, length: cycle.len() });
        }
        if let Some(&vertex) = cycle.iter().find(|&&vertex| vertex as usize >= vertices) {
            return Err(RingError::VertexOutOfRange { ring, vertex });
        }
        if cycle[1..].iter().any(|&vertex| vertex < cycle[0]) {
            return Err(RingError::SmallestNotFirst { ring });
        }
        let mut gains = Vec::with_capacity(cycle.len());
        for (index, &from) in cycle.iter().enumerate() {
            let to = cycle[(index + 1) % cycle.len()];
            match problem.digraph.weight_from(from, to) {
                Some(gain) => gains.push(gain),
                None => return Err(RingError::NoArc { ring, from, to }),
            }
            if std::mem::replace(&mut taken[from as usize], true) {
                return Err(RingError::VertexTwice { ring, vertex: from });
            }
            in_group[problem.group_of[from as usize] as usize] += 1;
        }
        let points = (problem.points)(cycle, &gains);
        if points <= 0 {
            return Err(RingError::Worthless { ring, points });
        }
        sum += i128::from(points);
    }
    for (group, (&found, cap)) in in_group.iter().zip(problem.cap_of_group).enumerate() {
        if let Some(cap) = *cap
            && found > cap
        {
            return Err(RingError::CapExceeded { group, cap, found });
        }
    }
    if sum == i128::from(weight) { Ok(()) } else { Err(RingError::Weight { found: sum, weight }) }
}

/// Lists every cycle as a column: a walk from its smallest vertex over larger ones, back to where it began.
fn all_rings(problem: &RingProblem<'_>) -> Packing {
    let vertices = problem.digraph.vertices();
    let mut members = vec![0u32; problem.cap_of_group.len()];
    for &group in problem.group_of {
        members[group as usize] += 1;
    }
    let mut capacity = vec![1; vertices];
    capacity.extend(members.iter().zip(problem.cap_of_group).map(|(&size, cap)| cap.map_or(size, |cap| cap.min(size))));
    let binds: Vec<bool> =
        members.iter().zip(problem.cap_of_group).map(|(&size, cap)| cap.is_some_and(|cap| cap < size)).collect();
    let mut columns = Columns::new();
    let mut walk: Vec<u32> = Vec::new();
    let mut gains: Vec<i64> = Vec::new();
    for first in 0..vertices as u32 {
        walk.push(first);
        extend_walk(problem, &mut walk, &mut gains, &mut |walk, gains| {
            let points = (problem.points)(walk, gains);
            if points > 0 {
                let groups = walk.iter().map(|&vertex| problem.group_of[vertex as usize]);
                let groups = groups.filter(|&group| binds[group as usize]).map(|group| vertices as u32 + group);
                let mut rows: Vec<u32> = walk.iter().copied().chain(groups).collect();
                rows.sort_unstable();
                let entries: Vec<(u32, u32)> =
                    rows.chunk_by(|one, other| one == other).map(|same| (same[0], same.len() as u32)).collect();
                columns.push(&entries, points);
            }
        });
        walk.pop();
    }
    Packing::new(capacity, columns).expect("a ring fills the rows of its vertices")
}

/// Extends a walk in every way that comes back to its first vertex in time.
fn extend_walk(
    problem: &RingProblem<'_>,
    walk: &mut Vec<u32>,
    gains: &mut Vec<i64>,
    found: &mut impl FnMut(&[u32], &[i64]),
) {
    let (first, last) = (walk[0], walk[walk.len() - 1]);
    if walk.len() >= 2
        && let Some(gain) = problem.digraph.weight_from(last, first)
    {
        gains.push(gain);
        found(walk, gains);
        gains.pop();
    }
    if walk.len() == problem.longest {
        return;
    }
    for arc in problem.digraph.successors(last) {
        if arc.to > first && !walk.contains(&arc.to) {
            walk.push(arc.to);
            gains.push(arc.weight);
            extend_walk(problem, walk, gains, found);
            gains.pop();
            walk.pop();
        }
    }
}

#[cfg(test)]
mod tests;
