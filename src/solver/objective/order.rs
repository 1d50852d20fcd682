//! The leximin order, in which worst-gain-first compares two plans.
//!
//! In: two lists of gains. Out: which is better, if either. Holds: a total order of lists of one length
//! up to rearrangement. Costs: sorting both. Absent: any other use than comparing; no solver needs it.
//!
//! A plan is better if its worst-off rep gains more; with equals there, if the next one does, and so on
//! (A. Sen, "Collective Choice and Social Welfare", 1970).

use std::cmp::Ordering;

/// Compares two lists of gains, one entry for each rep, by their smallest entries first.
///
/// The list that is greater in this order is the fairer one. Lists of different lengths are compared as
/// far as both go, and then the shorter one is the smaller.
///
/// Cost: `O(n log n)`.
pub fn leximin(one: &[i64], other: &[i64]) -> Ordering {
    let ascending = |gains: &[i64]| {
        let mut gains = gains.to_vec();
        gains.sort_unstable();
        gains
    };
    ascending(one).cmp(&ascending(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_gain_counts_first_whoever_has_it() {
        assert_eq!(leximin(&[9, 1, 9], &[2, 2, 2]), Ordering::Less);
        assert_eq!(leximin(&[3, 1, 2], &[2, 3, 1]), Ordering::Equal);
        assert_eq!(leximin(&[5, 0, 0], &[0, 4, 1]), Ordering::Less);
        assert_eq!(leximin(&[-1, 7], &[0, 0]), Ordering::Less);
        assert_eq!(leximin(&[], &[]), Ordering::Equal);
    }
}
