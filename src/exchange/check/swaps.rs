//! The possible swaps of a market, found apart from the solver.
//!
//! In: a market and what was asked. Out: each swap of no negative points. Costs: `O(m log m)` for `m` arcs.
//! Absent: longer rings.

use super::{gain_of, worth};
use crate::exchange::market::{Chances, Market};
use crate::exchange::options::Options;

/// Two offers that may change places.
pub(super) struct Possible {
    /// The offers, the smaller first.
    pub offers: [u32; 2],
    /// In parts, not negative.
    pub points: i128,
    /// What the rep of each offer gains; zero where points were given ready-made.
    pub gains: [i64; 2],
}

/// Lists the swaps of no negative points.
pub(super) fn swaps(market: &Market, options: &Options) -> Vec<Possible> {
    let mut swaps = Vec::new();
    match market.chances() {
        Chances::Moves(moves) => {
            let ready = moves.iter();
            swaps.extend(ready.map(|one| Possible { offers: one.offers, points: one.points.into(), gains: [0; 2] }));
        }
        Chances::Arcs(arcs) => {
            for arc in arcs.iter().filter(|arc| arc.give < arc.receive) {
                if let Some(back) = gain_of(arcs, arc.receive, arc.give) {
                    let gains = [arc.gain, back];
                    let points = worth(options.unfairness, &gains);
                    swaps.push(Possible { offers: [arc.give, arc.receive], points, gains });
                }
            }
        }
    }
    swaps.retain(|swap| swap.points >= 0);
    swaps
}
