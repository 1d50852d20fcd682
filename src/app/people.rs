//! What may be told of sums over people: a number where it covers many, a band where it covers few.
//!
//! In go numbers before and after; out comes how far apart they are, in words too coarse to work out what a single person
//! gains. Deliberately absent: who may see what else.

use crate::domain::closed::closed_list;

/// The least number of people an aggregate of opinions must cover before anybody sees it in numbers.
pub(super) const LEAST_PEOPLE: usize = 5;

/// Whether a sum over so many people would tell what single ones gain.
pub(super) const fn few_are_known_by(people: usize) -> bool {
    people < LEAST_PEOPLE
}

closed_list! {
    /// How a number has changed.
    Trend {
        /// By more than a fifth, downwards.
        MuchLess = "much_less",
        /// Downwards.
        Less = "less",
        /// By a fiftieth at most.
        Same = "same",
        /// Upwards.
        More = "more",
        /// By more than a fifth, upwards.
        MuchMore = "much_more",
    }
}

/// How `after` stands to `before`, relative to the larger of the two.
pub(super) fn trend(before: i64, after: i64) -> Trend {
    let (difference, scale) = (i128::from(after) - i128::from(before), i128::from(before.abs().max(after.abs())));
    match (difference.abs() * 50 <= scale, difference.abs() * 5 > scale, difference > 0) {
        (true, ..) => Trend::Same,
        (_, false, false) => Trend::Less,
        (_, false, true) => Trend::More,
        (_, true, false) => Trend::MuchLess,
        (_, true, true) => Trend::MuchMore,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_told_in_bands_of_the_larger_number() {
        assert_eq!(trend(0, 0), Trend::Same);
        assert_eq!(trend(1000, 1020), Trend::Same);
        assert_eq!((trend(1000, 900), trend(900, 1000)), (Trend::Less, Trend::More));
        assert_eq!((trend(1000, 700), trend(0, 1)), (Trend::MuchLess, Trend::MuchMore));
    }
}
