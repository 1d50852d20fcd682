//! The possible swaps of a market, found apart from the solver.
//!
//! In: a market and what was asked. Out: each swap of no negative points, and its points in parts.
//! Costs: `O(m log m)` for `m` arcs. Absent: longer rings.

use super::{gain_of, worth};
use crate::exchange::market::{Chances, Market};
use crate::exchange::options::Options;

/// Lists the swaps of no negative points, the smaller offer of each first.
pub(super) fn swaps(market: &Market, options: &Options) -> Vec<([u32; 2], i128)> {
    let mut swaps = Vec::new();
    match market.chances() {
        Chances::Moves(moves) => swaps.extend(moves.iter().map(|ready| (ready.offers, i128::from(ready.points)))),
        Chances::Arcs(arcs) => {
            for arc in arcs.iter().filter(|arc| arc.give < arc.receive) {
                if let Some(back) = gain_of(arcs, arc.receive, arc.give) {
                    swaps.push(([arc.give, arc.receive], worth(options.unfairness, &[arc.gain, back])));
                }
            }
        }
    }
    swaps.retain(|&(_, points)| points >= 0);
    swaps
}
