//! What both targets do with a file: read it, and if it is a market, solve it and check the plan.
//!
//! In go bytes; nothing comes out, for all that can go wrong is a panic, a hang or too much memory. Only the two rooms
//! that are tried are built here, by their paths, so that the database and the server need not be.

#[path = "../../src/exchange/mod.rs"]
pub mod exchange;
#[path = "../../src/solver/mod.rs"]
pub mod solver;

use exchange::{
    check::{Evidence, check},
    options::{MaxMoves, MaxRing, Objective, Options, Unfairness},
    read::{Format, read},
    solve::solve,
};
use std::sync::atomic::{AtomicU64, Ordering};

/// Larger markets are read and not solved: the solver's time is not what is tried here.
const MOST_OFFERS: usize = 64;

/// How often a search is let go on.
const MOST_QUESTIONS: u64 = 100;

/// Reads a file in a format and follows it through.
pub fn follow(bytes: &[u8], format: Format) {
    let Ok(market) = read(bytes, Some(format)) else {
        return;
    };
    assert!(market.offers() <= bytes.len(), "an offer that is kept has a text");
    if market.offers() > MOST_OFFERS {
        return;
    }
    let rings = [MaxRing::AtMost(2), MaxRing::AtMost(3), MaxRing::AtMost(4), MaxRing::Unlimited];
    for (max_ring, max_moves) in rings.into_iter().flat_map(|ring| [(ring, None), (ring, Some(1))]) {
        for objective in [Objective::Points, Objective::SwapsThenPoints, Objective::WorstGainFirst] {
            let max_moves_per_rep = MaxMoves(max_moves);
            let options = Options { objective, max_ring, max_moves_per_rep, unfairness: Unfairness::NONE };
            let asked = AtomicU64::new(0);
            let stop = || asked.fetch_add(1, Ordering::Relaxed) >= MOST_QUESTIONS;
            if let Ok(solved) = solve(&market, &options, &stop) {
                let evidence = Evidence::Certificate(&solved.certificate);
                let failed = check(&market, &options, &solved.plan, evidence).failed;
                assert!(failed.is_empty(), "{options:?}: {failed:?}");
            }
        }
    }
}
