//! The fairest moves of any size.
//!
//! In: columns, each a move of at least two vertices with points and a gain for each; groups and caps. Out: the
//! fairest set of columns in which every vertex occurs once at most, and its proof. Holds: a column of negative points
//! or with a negative gain is never chosen. Costs: where all groups that columns join can make one move at most, the
//! chain of `packed`, and else the search of `search`; both exponential in the worst case, and both ask `stop`.
//! Absent: where columns come from.

use super::packed::{FairestPacking, PackingStep, Piece, fairest_packing};
use super::reps::joined_to_several;
use super::search::{self, Found};
use super::{ObjectiveError, check_groups, check_totals};

/// A move of several vertices that may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its vertices, at least two, all different.
    pub vertices: Vec<u32>,
    /// What the group of each vertex gains by it.
    pub gains: Vec<i64>,
    /// What the move is worth.
    pub points: i64,
}

/// The fairest columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FairestColumns {
    /// The chosen columns, ascending.
    pub chosen: Vec<u32>,
    /// The sum of their points.
    pub points: i64,
    /// Whether nothing is known to be fairer.
    pub optimal: bool,
    /// What proves it, for the groups that can make one move at most and are joined only to such.
    pub proof: Vec<PackingStep>,
}

/// Returns the fairest columns, at most `cap_of_group[g]` vertices of group `g` in them; of those equally fair, the
/// ones of the most points.
///
/// `group_of[v]` is the group of vertex `v` and an index into `cap_of_group`; `None` is no cap. A group's gain is the
/// sum over its vertices. `stop` is asked now and then, and once it says so, the best plan so far is returned, with
/// `optimal` false.
///
/// Errors: [`ObjectiveError`] if the input does not fit together or its numbers are too large.
///
/// Cost: see the module.
pub fn fairest_columns(
    columns: &[Column],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<FairestColumns, ObjectiveError> {
    check_groups(group_of.len(), group_of, cap_of_group)?;
    for (index, Column { vertices, gains, .. }) in columns.iter().enumerate() {
        let known = vertices.iter().all(|&vertex| (vertex as usize) < group_of.len());
        let fits = vertices.len() >= 2 && vertices.len() == gains.len();
        let repeats = || (1..vertices.len()).any(|at| vertices[..at].contains(&vertices[at]));
        if !known || !fits || repeats() {
            return Err(ObjectiveError::NotAMove { index });
        }
    }
    let numbers = columns.iter().flat_map(|column| {
        let size = |gain: &i64| column.points.unsigned_abs().max(gain.unsigned_abs());
        column.vertices.iter().copied().zip(column.gains.iter().map(size))
    });
    check_totals(group_of.len(), numbers)?;

    let group = |vertex: u32| group_of[vertex as usize];
    let usable: Vec<u32> = (0..columns.len() as u32)
        .filter(|&column| is_usable(&columns[column as usize], group_of, cap_of_group))
        .collect();
    let moves = moves_of_groups(usable.iter().map(|&column| &columns[column as usize]), group_of, cap_of_group);
    let pairs = usable.iter().flat_map(|&column| columns[column as usize].vertices.windows(2));
    let is_searched = joined_to_several(pairs.map(|pair| (group(pair[0]), group(pair[1]))), &moves);
    let (searched, packed): (Vec<u32>, Vec<u32>) =
        usable.iter().partition(|&&column| is_searched[group(columns[column as usize].vertices[0]) as usize]);

    let pieces: Vec<Piece> = packed.iter().map(|&column| piece(&columns[column as usize], group_of)).collect();
    let FairestPacking { chosen, complete, steps } =
        fairest_packing(&vec![1; cap_of_group.len()], &pieces, Vec::new(), stop)?;
    let mut chosen: Vec<u32> = chosen.into_iter().map(|piece| packed[piece as usize]).collect();
    let to_search: Vec<Column> = searched.iter().map(|&column| columns[column as usize].clone()).collect();
    let Found { chosen: found, complete: all_searched } =
        search::fairest_columns(&to_search, group_of, cap_of_group, stop);
    chosen.extend(found.into_iter().map(|column| searched[column as usize]));
    chosen.sort_unstable();
    let points = chosen.iter().map(|&column| columns[column as usize].points).sum();
    Ok(FairestColumns { chosen, points, optimal: complete && all_searched, proof: steps })
}

/// Says whether a plan may hold a column at all: nobody loses, and it keeps the caps by itself.
fn is_usable(column: &Column, group_of: &[u32], cap_of_group: &[Option<u32>]) -> bool {
    let fits = |&vertex: &u32| {
        let group = group_of[vertex as usize];
        let needed = column.vertices.iter().filter(|&&other| group_of[other as usize] == group).count();
        cap_of_group[group as usize].is_none_or(|cap| needed <= cap as usize)
    };
    column.points >= 0 && column.gains.iter().all(|&gain| gain >= 0) && column.vertices.iter().all(fits)
}

/// Returns how many moves each group can make: no more than its cap and its vertices in columns.
fn moves_of_groups<'c>(
    columns: impl Iterator<Item = &'c Column>,
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
) -> Vec<u32> {
    let mut has_column = vec![false; group_of.len()];
    for &vertex in columns.flat_map(|column| &column.vertices) {
        has_column[vertex as usize] = true;
    }
    let mut moves = vec![0; cap_of_group.len()];
    for (&group, _) in group_of.iter().zip(&has_column).filter(|&(_, &has)| has) {
        moves[group as usize] += 1;
    }
    moves.iter().zip(cap_of_group).map(|(&own, cap)| cap.map_or(own, |cap| own.min(cap))).collect()
}

/// Returns a column as a piece that takes each of its groups, which make one move each.
fn piece(column: &Column, group_of: &[u32]) -> Piece {
    let groups = || column.vertices.iter().map(|&vertex| group_of[vertex as usize]);
    let mut entries: Vec<(u32, u32)> = groups().map(|group| (group, 1)).collect();
    entries.sort_unstable();
    let ends = groups().zip(column.gains.iter().copied()).collect();
    Piece { entries, ends, points: column.points, fills: false }
}
