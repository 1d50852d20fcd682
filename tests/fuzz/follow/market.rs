//! A market in a file, as a stranger may write it: read, solved and checked.
//!
//! In go bytes; nothing comes out. Holds: a refusal says where; a file that is a market is solved by one combination of
//! options, which its bytes choose, and the plan passes the check. Costs: the solver's, within bounds.
//! Deliberately absent: large markets, for the solver's time is not what is tried here.

use super::hash::hash;
use account_swap::exchange::{
    check::{Evidence, check},
    options::{MaxMoves, MaxRing, Objective, Options, Unfairness},
    read::{Format, ReadError, read},
    solve::solve,
};
use std::sync::atomic::{AtomicU64, Ordering};

/// Larger markets are read and not solved.
const MOST_OFFERS: usize = 64;

/// How often a search is let go on.
const MOST_QUESTIONS: u64 = 100;

const RINGS: [MaxRing; 4] = [MaxRing::AtMost(2), MaxRing::AtMost(3), MaxRing::AtMost(4), MaxRing::Unlimited];
const OBJECTIVES: [Objective; 3] = [Objective::Points, Objective::SwapsThenPoints, Objective::WorstGainFirst];

/// Reads a file in a format and follows it through.
pub fn follow(bytes: &[u8], format: Format) {
    let market = match read(bytes, Some(format)) {
        Ok(market) => market,
        Err(error) => return told(bytes, &error),
    };
    assert!(market.offers() <= bytes.len(), "an offer that is kept has a text");
    if market.offers() > MOST_OFFERS {
        return;
    }
    let options = options(hash(bytes) as usize);
    let asked = AtomicU64::new(0);
    let stop = || asked.fetch_add(1, Ordering::Relaxed) >= MOST_QUESTIONS;
    if let Ok(solved) = solve(&market, &options, &stop) {
        let evidence = Evidence::Certificate(&solved.certificate);
        let failed = check(&market, &options, &solved.plan, evidence).failed;
        assert!(failed.is_empty(), "{options:?}: {failed:?}");
    }
}

/// One of the 24 combinations of length, objective and cap.
fn options(which: usize) -> Options {
    let max_ring = RINGS[which % 4];
    let objective = OBJECTIVES[which / 4 % 3];
    let max_moves_per_rep = MaxMoves((which / 12 % 2 == 1).then_some(1));
    Options { objective, max_ring, max_moves_per_rep, unfairness: Unfairness::NONE }
}

/// Whether a refusal helps whoever wrote the file.
fn told(bytes: &[u8], error: &ReadError) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let what = match error {
        ReadError::Io(error) => panic!("bytes in memory can be read: {error}"),
        // The end of a file that ends with a line end stands on a line of its own.
        ReadError::Line { line, what, .. } => {
            assert!((1..=lines + 1).contains(line), "line {line} of {lines}: {what}");
            what
        }
        ReadError::Field { field, what } => {
            assert!(!field.is_empty(), "{what}");
            what
        }
    };
    assert!(!what.is_empty() && what.len() <= 1000 + 12 * bytes.len(), "{what}");
}
