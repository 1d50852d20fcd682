//! Whether a ring crosses itself.
//!
//! In go its positions in billionths of a degree, finer than the corners that are kept, so that rounding makes no
//! crossing; out come two edges that cross, by the number of the position each begins at.
//! Costs: `O(n log n)` and a comparison for each two edges that lie above one another; for the boundaries that there are,
//! a few each.
//! Deliberately absent: edges that touch or lie on one another, which leave inside and outside as they are.

/// A position: latitude and longitude.
type Fine = (i64, i64);

/// Two edges that cross in a point inside both, if there are any; the first found from the west.
pub(super) fn crossing(positions: &[Fine]) -> Option<(usize, usize)> {
    let edge = |at: usize| [positions[at], positions[at + 1]];
    let west = |at: usize| positions[at].1.min(positions[at + 1].1);
    let mut by_west: Vec<usize> = (0..positions.len().saturating_sub(1)).collect();
    by_west.sort_by_key(|&at| west(at));
    let mut open: Vec<usize> = Vec::new();
    for &at in &by_west {
        let here = edge(at);
        open.retain(|&other| positions[other].1.max(positions[other + 1].1) >= west(at));
        if let Some(&other) = open.iter().find(|&&other| cross(here, edge(other))) {
            return Some((at.min(other), at.max(other)));
        }
        open.push(at);
    }
    None
}

fn cross(a: [Fine; 2], b: [Fine; 2]) -> bool {
    let apart = |a: [Fine; 2], b: [Fine; 2]| a[0].0.max(a[1].0) < b[0].0.min(b[1].0);
    let parts = |a: [Fine; 2], b: [Fine; 2]| turn(a, b[0]) * turn(a, b[1]) < 0;
    !apart(a, b) && !apart(b, a) && parts(a, b) && parts(b, a)
}

/// -1, 0 or 1: the point is to the right of the edge, on its line, or to the left.
fn turn([from, to]: [Fine; 2], point: Fine) -> i128 {
    let difference = |a: i64, b: i64| i128::from(a) - i128::from(b);
    let turn =
        difference(to.1, from.1) * difference(point.0, from.0) - difference(to.0, from.0) * difference(point.1, from.1);
    turn.signum()
}
