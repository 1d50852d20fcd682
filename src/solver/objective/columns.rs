//! The best moves of any size under an objective.
//!
//! In: columns, each a move of two to four vertices with points and a gain for each; groups and caps. Out:
//! the best set of columns in which every vertex occurs once at most, and a bound. Holds: a column of
//! negative points is never chosen, and under [`Objective::WorstGainFirst`] none with a negative gain.
//! Costs: a packing for the two objectives that add up, an exhaustive search of each component for the
//! other; both exponential in the worst case, and both ask `stop`. Absent: where columns come from.

use super::search::{self, Found};
use super::{Objective, ObjectiveError};
use crate::solver::rings::packing::{Columns, Packed, Packing, best_packing};

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

/// The best columns under an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BestColumns {
    /// The chosen columns, ascending.
    pub chosen: Vec<u32>,
    /// The sum of their points.
    pub points: i64,
    /// What the points of a best plan cannot exceed; the points themselves if `optimal`.
    pub bound: i64,
    /// Whether the plan is known to be best.
    pub optimal: bool,
}

/// Returns the best columns under an objective, at most `cap_of_group[g]` vertices of group `g` in them.
///
/// `group_of[v]` is the group of vertex `v` and an index into `cap_of_group`; `None` is no cap. A group's
/// gain is the sum over its vertices. `stop` is asked now and then, and once it says so, the best plan so
/// far is returned, with `optimal` false unless it happens to be proven.
///
/// Errors: [`ObjectiveError`] if the numbers are too large: no plan may be worth more than `2^59`, where
/// under [`Objective::MovesThenPoints`] every served vertex is worth more than all points.
///
/// Cost: see the module.
pub fn best_columns(
    objective: Objective,
    columns: &[Column],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<BestColumns, ObjectiveError> {
    let most = most_points(columns, group_of.len());
    let worth_of_vertex = match objective {
        Objective::MovesThenPoints => most + 1,
        Objective::Points | Objective::WorstGainFirst => 0,
    };
    let total = (worth_of_vertex * group_of.len() as i128 + most).unsigned_abs();
    if total > LARGEST_PACKING {
        return Err(ObjectiveError::TooLarge { total });
    }
    let points_of = |chosen: &[u32]| chosen.iter().map(|&column| columns[column as usize].points).sum();
    if objective == Objective::WorstGainFirst {
        let Found { chosen, complete } = search::fairest_columns(columns, group_of, cap_of_group, stop);
        let points = points_of(&chosen);
        return Ok(BestColumns {
            points,
            bound: if complete { points } else { most as i64 },
            optimal: complete,
            chosen,
        });
    }
    let (packing, names) = packing_of(columns, group_of, cap_of_group, worth_of_vertex as i64);
    let Packed { columns: packed, weight, bound, .. } = best_packing(&packing, stop);
    let chosen: Vec<u32> = packed.into_iter().map(|column| names[column as usize]).collect();
    let points = points_of(&chosen);
    let optimal = weight == bound;
    // What the bound leaves beyond the vertices served is points; if more may be served, all points may be.
    let by_number = bound - (weight - points);
    Ok(BestColumns { chosen, points, bound: if optimal { points } else { by_number.min(most as i64) }, optimal })
}

/// What no packing may weigh more than.
const LARGEST_PACKING: u128 = 1 << 59;

/// Returns what the points of a plan cannot exceed: the sum over all vertices of the largest part of a
/// column's points that can fall to each, rounded up.
fn most_points(columns: &[Column], vertices: usize) -> i128 {
    let mut most = vec![0i64; vertices];
    for column in columns.iter().filter(|column| column.points > 0) {
        let part = (column.points - 1) / column.vertices.len() as i64 + 1;
        for &vertex in &column.vertices {
            most[vertex as usize] = part.max(most[vertex as usize]);
        }
    }
    most.into_iter().map(i128::from).sum()
}

/// Builds the packing of the columns without negative points: a row for each vertex, then one for each
/// group whose cap is smaller than it.
fn packing_of(
    columns: &[Column],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    worth_of_vertex: i64,
) -> (Packing, Vec<u32>) {
    let mut sizes = vec![0; cap_of_group.len()];
    for &group in group_of {
        sizes[group as usize] += 1;
    }
    let binds = |group: u32| cap_of_group[group as usize].is_some_and(|cap| cap < sizes[group as usize]);
    let mut capacity = vec![1; group_of.len()];
    capacity.extend(cap_of_group.iter().zip(&sizes).map(|(cap, &size)| cap.unwrap_or(size)));
    let mut packed = Columns::new();
    let mut names = Vec::new();
    for (name, column) in (0u32..).zip(columns).filter(|(_, column)| column.points >= 0) {
        let mut rows = column.vertices.clone();
        let groups = column.vertices.iter().map(|&vertex| group_of[vertex as usize]).filter(|&group| binds(group));
        rows.extend(groups.map(|group| group_of.len() as u32 + group));
        rows.sort_unstable();
        let entries: Vec<(u32, u32)> = rows.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u32)).collect();
        packed.push(&entries, worth_of_vertex * column.vertices.len() as i64 + column.points);
        names.push(name);
    }
    (Packing::new(capacity, packed).expect("a move fills the rows of its vertices"), names)
}
