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

/// Larger markets are read and not solved: the solver's time is not what is tried here.
const MOST_OFFERS: usize = 64;

/// Reads a file in a format and follows it through.
pub fn follow(bytes: &[u8], format: Format) {
    let Ok(market) = read(bytes, Some(format)) else {
        return;
    };
    assert!(market.offers() <= bytes.len(), "an offer that is kept has a text");
    if market.offers() > MOST_OFFERS {
        return;
    }
    for (max_ring, max_moves) in [(MaxRing::AtMost(2), None), (MaxRing::AtMost(2), Some(1)), (MaxRing::Unlimited, None)] {
        let options = Options {
            objective: Objective::Points,
            max_ring,
            max_moves_per_rep: MaxMoves(max_moves),
            unfairness: Unfairness::NONE,
        };
        if let Ok(solved) = solve(&market, &options, &|| false) {
            let failed = check(&market, &options, &solved.plan, Evidence::Certificate(&solved.certificate)).failed;
            assert!(failed.is_empty(), "{failed:?}");
        }
    }
}
