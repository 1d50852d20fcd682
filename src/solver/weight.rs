//! The numbers a solver computes with.
//!
//! In: nothing. Out: [`Weight`], what the solvers ask of a number. Holds: within [`Weight::LIMIT`] no
//! solver leaves the number type, see there. Costs: each operation is one of the machine's, or a few.
//! Absent: floats, fractions, and what a point is worth.
//!
//! `i64` holds points. An objective that ranks several sums one after the other packs them into one
//! wider number, which the same solvers then maximise.

use std::fmt::Debug;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

/// A signed integer that a solver can weigh edges with.
///
/// `+` and `-` are asked for only where the result fits; [`Weight::checked_add`] is for the rest.
pub trait Weight:
    Copy
    + Ord
    + Debug
    + Send
    + Sync
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
{
    /// Nothing.
    const ZERO: Self;
    /// The smallest positive number.
    const ONE: Self;
    /// The largest weight an edge may have, in either sign: a sixty-fourth of the type's range.
    ///
    /// With duals in halves (`_2x`), the matching solver's vertex duals, blossom duals and search
    /// times stay within `2 × LIMIT`, and the longest sum it forms (two search levels, each a dual and
    /// a time, less twice a weight) within `8 × LIMIT`, an eighth of the range.
    const LIMIT: Self;
    /// A time that never comes: larger than every number that occurs.
    const NEVER: Self;

    /// Returns half a number, rounded towards minus infinity.
    fn halved(self) -> Self;

    /// Returns twice a number that is within a quarter of the type's range.
    fn doubled(self) -> Self {
        self + self
    }

    /// Returns the sum of two numbers, or `None` if it does not fit.
    fn checked_add(self, other: Self) -> Option<Self>;

    /// Returns the same number in 32 bits, or `None` if it does not fit.
    fn to_narrow(self) -> Option<i32>;

    /// Returns the same number as one of 32 bits.
    fn from_narrow(narrow: i32) -> Self;
}

/// Makes weights of the machine's numbers.
macro_rules! machine_weights {
    ($($number:ty),+) => {$(
        impl Weight for $number {
            const ZERO: Self = 0;
            const ONE: Self = 1;
            const LIMIT: Self = 1 << (<$number>::BITS - 6);
            const NEVER: Self = <$number>::MAX;

            #[inline]
            fn halved(self) -> Self {
                self >> 1
            }

            #[inline]
            fn checked_add(self, other: Self) -> Option<Self> {
                self.checked_add(other)
            }

            #[inline]
            fn to_narrow(self) -> Option<i32> {
                i32::try_from(self).ok()
            }

            #[inline]
            fn from_narrow(narrow: i32) -> Self {
                Self::from(narrow)
            }
        }
    )+};
}

// `i32` is the width in which a solver walks a large graph whenever all weights are within the limit: half the memory
// is half the time.
machine_weights!(i32, i64, i128);

#[cfg(test)]
mod tests {
    use super::Weight;

    fn check<W: Weight>() {
        assert!(W::ZERO < W::ONE && W::ONE < W::LIMIT);
        assert_eq!(W::ONE.doubled().halved(), W::ONE);
        assert_eq!(W::ONE.halved(), W::ZERO);
        assert_eq!((-W::ONE).halved(), -W::ONE);
        let eightfold = W::LIMIT.doubled().doubled().doubled();
        assert!(W::LIMIT < eightfold && eightfold < W::NEVER);
        assert_eq!(W::NEVER.checked_add(W::ONE), None);
        assert_eq!(W::NEVER.checked_add(W::ZERO), Some(W::NEVER));
        for narrow in [0, 1, -1, i32::MAX, i32::MIN] {
            assert_eq!(W::from_narrow(narrow).to_narrow(), Some(narrow));
        }
    }

    #[test]
    fn every_width_halves_doubles_and_keeps_its_limits() {
        check::<i32>();
        check::<i64>();
        check::<i128>();
    }

    #[test]
    fn numbers_beyond_32_bits_stay_wide() {
        assert_eq!((i64::from(i32::MAX) + 1).to_narrow(), None);
        assert_eq!((i128::from(i32::MIN) - 1).to_narrow(), None);
    }
}
