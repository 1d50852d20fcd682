//! The fairest swaps when reps have several offers.
//!
//! In: swaps, groups and caps. Out: the fairest swaps. Holds: groups that can make one move at most, and are
//! joined to such only, are taken for single vertices, for which the fairest matching is exact and
//! proven; where a group can make several moves its gains add up, which is NP-hard (two groups that share
//! moves as evenly as possible solve the partition problem), and the plans are searched. Costs: see
//! `leximin` and `search`. Absent: rings.

use super::columns::Column;
use super::leximin::{Choice, Fairest, TooManyVertices, fairest};
use super::proof::Proof;
use super::search;
use super::{BestSwaps, ObjectiveError, Swap};
use std::cmp::Reverse;

/// Returns the fairest swaps; among those equally fair, the ones of the most points.
pub(super) fn fairest_swaps(
    vertices: usize,
    swaps: &[Swap],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<BestSwaps, ObjectiveError> {
    let group = |vertex: u32| group_of[vertex as usize];
    let moves = moves_of_groups(swaps, group_of, cap_of_group);
    let usable = |swap: &&Swap| {
        let (g, h) = (group(swap.u), group(swap.v));
        let enough = if g == h { moves[g as usize] >= 2 } else { moves[g as usize].min(moves[h as usize]) >= 1 };
        enough && is_usable(swap)
    };
    let swaps = best_between(swaps.iter().filter(usable).copied().collect(), |vertex| vertex);
    let groups_joined = swaps.iter().map(|swap| (group(swap.u), group(swap.v)));
    let is_searched = joined_to_several(groups_joined, &moves);
    let (searched, simple): (Vec<Swap>, Vec<Swap>) = swaps.iter().partition(|swap| is_searched[group(swap.u) as usize]);

    let mut mate = vec![None; vertices];
    let mut points = 0;
    let mut take = |swap: &Swap| {
        mate[swap.u as usize] = Some(swap.v);
        mate[swap.v as usize] = Some(swap.u);
        points += swap.points;
    };
    let best = best_between(simple, group);
    let choices: Vec<Choice> = best.iter().map(|swap| choice(swap, group)).collect();
    let Fairest { joined_to, complete, steps } = fairest(cap_of_group.len(), &choices, stop)
        .map_err(|TooManyVertices| ObjectiveError::TooManyVertices { vertices })?;
    for (swap, Choice { u, v, .. }) in best.iter().zip(&choices) {
        if joined_to[*u as usize] == Some(*v) {
            take(swap);
        }
    }
    let columns: Vec<Column> = searched.iter().map(column).collect();
    let found = search::fairest_columns(&columns, group_of, cap_of_group, stop);
    for &index in &found.chosen {
        take(&searched[index as usize]);
    }
    let optimal = complete && found.complete;
    Ok(BestSwaps { mate, points, optimal, proof: Proof::Fairest(steps) })
}

/// Says whether a plan may hold a swap at all.
fn is_usable(swap: &Swap) -> bool {
    swap.points >= 0 && swap.gains[0] >= 0 && swap.gains[1] >= 0
}

/// Returns how many moves each group can make: no more than its cap and its vertices with usable swaps.
fn moves_of_groups(swaps: &[Swap], group_of: &[u32], cap_of_group: &[Option<u32>]) -> Vec<u32> {
    let mut has_swap = vec![false; group_of.len()];
    for swap in swaps.iter().filter(|swap| is_usable(swap)) {
        has_swap[swap.u as usize] = true;
        has_swap[swap.v as usize] = true;
    }
    let mut moves = vec![0; cap_of_group.len()];
    for (&group, _) in group_of.iter().zip(&has_swap).filter(|&(_, &has)| has) {
        moves[group as usize] += 1;
    }
    moves.iter().zip(cap_of_group).map(|(&own, cap)| cap.map_or(own, |cap| own.min(cap))).collect()
}

/// Says of each group whether it is joined, over however many groups, to one that can make several moves.
pub(super) fn joined_to_several(joined: impl Iterator<Item = (u32, u32)>, moves: &[u32]) -> Vec<bool> {
    let mut neighbours: Vec<Vec<u32>> = vec![Vec::new(); moves.len()];
    for (g, h) in joined {
        neighbours[g as usize].push(h);
        neighbours[h as usize].push(g);
    }
    let mut is_joined: Vec<bool> = moves.iter().map(|&moves| moves >= 2).collect();
    let mut pending: Vec<u32> = (0..moves.len() as u32).filter(|&group| is_joined[group as usize]).collect();
    while let Some(group) = pending.pop() {
        for &next in &neighbours[group as usize] {
            if !is_joined[next as usize] {
                is_joined[next as usize] = true;
                pending.push(next);
            }
        }
    }
    is_joined
}

/// Keeps of the swaps between the same two the one with the fairest gains, then the most points, then the
/// smallest vertices, then the larger gain at the smaller vertex.
///
/// Of groups that make one move each it may stand in for the others in any plan.
fn best_between(mut swaps: Vec<Swap>, name_of: impl Fn(u32) -> u32) -> Vec<Swap> {
    let names = |swap: &Swap| {
        let Choice { u, v, .. } = choice(swap, &name_of);
        (u, v)
    };
    swaps.sort_unstable_by_key(|swap| {
        let Choice { u, v, gains: [a, b], points } = choice(swap, |vertex| vertex);
        (names(swap), Reverse((a.min(b), a.max(b), points)), u, v, Reverse(a))
    });
    swaps.dedup_by_key(|swap| names(swap));
    swaps
}

/// Returns a swap as a choice between two vertices, or between their groups.
fn choice(swap: &Swap, name_of: impl Fn(u32) -> u32) -> Choice {
    let Swap { u, v, points, gains: [gain, other] } = *swap;
    let (u, v) = (name_of(u), name_of(v));
    if u < v {
        Choice { u, v, gains: [gain, other], points }
    } else {
        Choice { u: v, v: u, gains: [other, gain], points }
    }
}

fn column(swap: &Swap) -> Column {
    Column { vertices: vec![swap.u, swap.v], gains: swap.gains.to_vec(), points: swap.points }
}
