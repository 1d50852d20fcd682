//! Checks that columns are the fairest, without knowing how they were found.
//!
//! In: the columns, those chosen, and the steps of a proof. Out: their points, or the first rule that does not hold.
//! Holds: nothing is proven of groups that can make several moves, nor of those joined to them; they are named.
//! Costs: that of the steps. Absent: the solver.

use std::collections::BTreeMap;

use super::{UnprovenPlan, Verified, check_groups, joined_to_others, packed};
use crate::solver::objective::Column;
use crate::solver::objective::packed::{PackingStep, Piece};

/// Checks that columns are the fairest; the arguments are those of
/// [`fairest_columns`](crate::solver::objective::fairest_columns) and parts of what it returns.
///
/// Errors: [`UnprovenPlan`] names the first broken rule and where.
///
/// Cost: see the module.
pub fn verify_fairest_columns(
    columns: &[Column],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    chosen: &[u32],
    proof: &[PackingStep],
) -> Result<Verified, UnprovenPlan> {
    check_groups(group_of.len(), group_of, cap_of_group)?;
    let mut groups_of: Vec<BTreeMap<u32, u32>> = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let mut vertices = column.vertices.clone();
        vertices.sort_unstable();
        vertices.dedup();
        let whole =
            vertices.len() >= 2 && vertices.len() == column.gains.len() && vertices.len() == column.vertices.len();
        if !whole || vertices.iter().any(|&vertex| vertex as usize >= group_of.len()) {
            return Err(UnprovenPlan::NotASwap { index });
        }
        let mut groups = BTreeMap::new();
        for vertex in vertices {
            *groups.entry(group_of[vertex as usize]).or_default() += 1;
        }
        groups_of.push(groups);
    }
    let may_be_chosen = |index: usize| {
        let Column { gains, points, .. } = &columns[index];
        let within =
            groups_of[index].iter().all(|(&group, &found)| cap_of_group[group as usize].is_none_or(|cap| found <= cap));
        within && *points >= 0 && gains.iter().all(|&gain| gain >= 0)
    };
    let usable: Vec<usize> = (0..columns.len()).filter(|&index| may_be_chosen(index)).collect();
    let points = check_chosen(columns, &usable, group_of, cap_of_group, chosen)?;

    let mut movers: BTreeMap<u32, u32> = BTreeMap::new();
    for &vertex in usable.iter().flat_map(|&index| &columns[index].vertices) {
        movers.insert(vertex, group_of[vertex as usize]);
    }
    let mut moves = vec![0u32; cap_of_group.len()];
    for &group in movers.values() {
        let moves = &mut moves[group as usize];
        *moves = cap_of_group[group as usize].map_or(*moves + 1, |cap| cap.min(*moves + 1));
    }
    let pairs = usable.iter().flat_map(|&index| {
        let groups = &groups_of[index];
        let first = groups.first_key_value().map(|(&group, _)| group);
        groups.keys().filter_map(move |&other| Some((first?, other)))
    });
    let others = joined_to_others(pairs, &moves);
    let (mut pieces, mut packed) = (Vec::new(), Vec::new());
    for index in usable {
        let Column { vertices, gains, points } = &columns[index];
        if groups_of[index].keys().any(|group| others.contains(group)) {
            continue;
        }
        if chosen.binary_search(&(index as u32)).is_ok() {
            packed.push(pieces.len() as u32);
        }
        pieces.push(Piece {
            entries: groups_of[index].iter().map(|(&group, &entry)| (group, entry)).collect(),
            ends: vertices.iter().map(|&vertex| group_of[vertex as usize]).zip(gains.iter().copied()).collect(),
            points: *points,
            fills: false,
        });
    }
    packed::verify(&vec![1; cap_of_group.len()], &pieces, &packed, proof)?;
    Ok(Verified { points, unproven: others.into_iter().collect() })
}

/// Checks that chosen columns ascend, may be chosen, share no vertex and keep the caps; returns their points.
fn check_chosen(
    columns: &[Column],
    usable: &[usize],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    chosen: &[u32],
) -> Result<i64, UnprovenPlan> {
    let mut is_taken = vec![false; group_of.len()];
    let mut moves = vec![0u64; cap_of_group.len()];
    let mut points = 0i128;
    for (at, &column) in chosen.iter().enumerate() {
        if usable.binary_search(&(column as usize)).is_err() || chosen[..at].last().is_some_and(|&last| last >= column)
        {
            return Err(UnprovenPlan::NotAColumn { column });
        }
        points += i128::from(columns[column as usize].points);
        for &vertex in &columns[column as usize].vertices {
            if std::mem::replace(&mut is_taken[vertex as usize], true) {
                return Err(UnprovenPlan::TakenTwice { vertex });
            }
            moves[group_of[vertex as usize] as usize] += 1;
        }
    }
    for (group, (cap, &found)) in (0u32..).zip(cap_of_group.iter().zip(&moves)) {
        if cap.is_some_and(|cap| found > u64::from(cap)) {
            return Err(UnprovenPlan::CapExceeded { group });
        }
    }
    i64::try_from(points).map_err(|_| UnprovenPlan::TooLarge)
}
