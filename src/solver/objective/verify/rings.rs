//! Checks that rings of any length are the fairest, without knowing how they were found.
//!
//! In: the market, what follows each vertex, and the steps of a proof. Out: the points of the rings, or the first rule
//! that does not hold. Holds: nothing is proven of groups that can make several moves, nor of those joined to them; they
//! are named. A vertex can move that has usable arcs there and away. Costs: linear in the arcs and the proof, but for
//! logarithms and a pass over the arcs for each packing. Absent: the solver.

use std::collections::{BTreeMap, BTreeSet};

use super::{UnprovenPlan, Verified, check_groups, joined_to_others, packed, steps};
use crate::solver::objective::packed::{PackingStep, Piece};
use crate::solver::objective::proof::RingsProof;
use crate::solver::objective::{RingArc, Swap};

/// Checks that disjoint rings are the fairest; the arguments are those of
/// [`fairest_rings`](crate::solver::objective::fairest_rings) and parts of what it returns.
///
/// Errors: [`UnprovenPlan`] names the first broken rule and where.
///
/// Cost: see the module.
pub fn verify_fairest_rings(
    vertices: usize,
    arcs: &[RingArc],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    next: &[Option<u32>],
    proof: &RingsProof,
) -> Result<Verified, UnprovenPlan> {
    check_groups(vertices, group_of, cap_of_group)?;
    let group = |vertex: u32| group_of[vertex as usize];
    let may_move = |vertex: u32| cap_of_group[group(vertex) as usize] != Some(0);
    let mut best: BTreeMap<(u32, u32), RingArc> = BTreeMap::new();
    for (index, arc) in arcs.iter().enumerate() {
        if arc.from.max(arc.to) as usize >= vertices || arc.from == arc.to {
            return Err(UnprovenPlan::NotASwap { index });
        }
        if arc.gain >= 0 && arc.points >= 0 && may_move(arc.from) && may_move(arc.to) {
            let kept = best.entry((arc.from, arc.to)).or_insert(*arc);
            if (arc.gain, arc.points) > (kept.gain, kept.points) {
                *kept = *arc;
            }
        }
    }
    check_rings(&best, group_of, cap_of_group, next)?;
    let chosen = || (0u32..).zip(next).filter_map(|(vertex, next)| Some((vertex, (*next)?)));
    let points: i128 = chosen().map(|ends| i128::from(best[&ends].points)).sum();
    let points = i64::try_from(points).map_err(|_| UnprovenPlan::TooLarge)?;

    let left: BTreeSet<u32> = best.keys().map(|&(from, _)| from).collect();
    let entered: BTreeSet<u32> = best.keys().map(|&(_, to)| to).collect();
    let mut movers = vec![0u32; cap_of_group.len()];
    for &vertex in left.intersection(&entered) {
        movers[group(vertex) as usize] += 1;
    }
    let joined = || best.keys().map(|&(from, to)| (group(from), group(to)));
    let several = joined_to_others(joined(), &movers);
    let single = |vertex: u32| !several.contains(&group(vertex));
    let counted = best.values().filter(|arc| single(arc.from));
    let counted = counted
        .map(|&RingArc { from, to, gain, points }| ((from, to), Swap { u: from, v: to, points, gains: [gain, 0] }));
    let simple = chosen().filter(|&(from, _)| single(from)).collect();
    steps::verify(vertices, &counted.collect(), &simple, &proof.assignments)?;

    let moves: Vec<u32> =
        movers.iter().zip(cap_of_group).map(|(&own, cap)| cap.map_or(own, |cap| cap.min(own))).collect();
    let others = joined_to_others(joined(), &moves);
    let choosing = |vertex: u32| several.contains(&group(vertex)) && !others.contains(&group(vertex));
    let arcs: Vec<RingArc> = best.values().filter(|arc| choosing(arc.from)).copied().collect();
    verify_packed(&arcs, group_of, cap_of_group.len(), next, &proof.packings)?;
    Ok(Verified { points, unproven: others.into_iter().collect() })
}

/// Checks the rings of groups that make one move each, as a packing: every vertex is left and entered once, by an arc or
/// by staying, and every group is left once at most.
fn verify_packed(
    arcs: &[RingArc],
    group_of: &[u32],
    groups: usize,
    next: &[Option<u32>],
    steps: &[PackingStep],
) -> Result<(), UnprovenPlan> {
    let rows = group_of.len() as u32;
    let (mut pieces, mut taken) = (Vec::new(), Vec::new());
    let mut take = |piece: Piece, is_taken: bool| {
        if is_taken {
            taken.push(pieces.len() as u32);
        }
        pieces.push(piece);
    };
    let mut vertices = BTreeSet::new();
    for &RingArc { from, to, gain, points } in arcs {
        let group = group_of[from as usize];
        let entries = vec![(from, 1), (rows + to, 1), (2 * rows + group, 1)];
        let ends = vec![(group, gain)];
        take(Piece { entries, ends, points, fills: true }, next[from as usize] == Some(to));
        vertices.extend([from, to]);
    }
    for vertex in vertices {
        let entries = vec![(vertex, 1), (rows + vertex, 1)];
        take(Piece { entries, ends: Vec::new(), points: 0, fills: true }, next[vertex as usize].is_none());
    }
    packed::verify(&vec![1; 2 * group_of.len() + groups], &pieces, &taken, steps)
}

/// Checks that what follows is joined by a usable arc, follows one only and is followed, within the caps.
fn check_rings(
    best: &BTreeMap<(u32, u32), RingArc>,
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    next: &[Option<u32>],
) -> Result<(), UnprovenPlan> {
    if next.len() != group_of.len() {
        return Err(UnprovenPlan::MateCount { expected: group_of.len(), found: next.len() });
    }
    let mut entered = BTreeSet::new();
    let mut moves = vec![0u64; cap_of_group.len()];
    for (vertex, to) in (0u32..).zip(next) {
        let Some(to) = *to else { continue };
        if !best.contains_key(&(vertex, to)) {
            return Err(UnprovenPlan::NoSwap { vertex });
        }
        if next[to as usize].is_none() || !entered.insert(to) {
            return Err(UnprovenPlan::NotARing { vertex });
        }
        moves[group_of[vertex as usize] as usize] += 1;
    }
    for (group, (cap, &found)) in (0u32..).zip(cap_of_group.iter().zip(&moves)) {
        if cap.is_some_and(|cap| found > u64::from(cap)) {
            return Err(UnprovenPlan::CapExceeded { group });
        }
    }
    Ok(())
}
