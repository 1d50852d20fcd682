//! The possible rings of a few offers by which nobody loses, found apart from the solver.
//!
//! In: a market and what was asked. Out: each ring of no negative points, once. Costs: the walks of so many offers that
//! come back. Absent: longer rings.

use super::worth;
use crate::exchange::market::Arc;
use crate::exchange::options::Options;
use crate::solver::objective::Column;

/// Lists the rings of at most so many offers, each from its smallest, with points in parts.
///
/// Errors: a sentence, if points need wider numbers.
pub(super) fn fair_rings(arcs: &[Arc], longest: usize, options: &Options) -> Result<Vec<Column>, String> {
    let mut rings = Vec::new();
    let mut offers: Vec<u32> = arcs.iter().map(|arc| arc.give).collect();
    offers.dedup();
    for first in offers {
        let mut walks: Vec<(Vec<u32>, Vec<i64>)> = vec![(vec![first], Vec::new())];
        while let Some((offers, gains)) = walks.pop() {
            let last = offers[offers.len() - 1];
            let row = &arcs[arcs.partition_point(|arc| arc.give < last)..];
            for arc in row.iter().take_while(|arc| arc.give == last).filter(|arc| arc.gain >= 0) {
                let gains = [&gains[..], &[arc.gain]].concat();
                if arc.receive == first && offers.len() >= 2 {
                    let points = worth(options.unfairness, &gains);
                    if points >= 0 {
                        let points = i64::try_from(points).map_err(|_| format!("{points} needs wider numbers"))?;
                        rings.push(Column { vertices: offers.clone(), gains, points });
                    }
                } else if arc.receive > first && offers.len() < longest && !offers.contains(&arc.receive) {
                    walks.push(([&offers[..], &[arc.receive]].concat(), gains));
                }
            }
        }
    }
    rings.sort_unstable_by(|one, other| one.vertices.cmp(&other.vertices));
    Ok(rings)
}
