//! What a way costs: a weight that decides, and the time it takes.
//!
//! The weight is what the driver avoids: the time, longer on service roads and narrow streets and where only residents
//! may go. The best way has the least weight, and among those the least time, so that every search finds the same one.
//! Holds: both are tenths of a second; both packed in one integer below 2⁵³, `weight · 2²⁶ + time`, so that one addition
//! adds both, one comparison compares both, and a float holds the sum exactly. 2²⁶ tenths of a second are 77 days.
//! Costs: 8 bytes.

use std::ops::{Add, Sub};

const BITS: u32 = 26;

/// A weight and a time, in tenths of a second.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cost(u64);

impl Cost {
    /// Nothing at all.
    pub const ZERO: Self = Self(0);
    /// More than a way between any two places on Earth costs: an arc that costs more is refused.
    pub const MAX: Self = Self(1 << 50);

    /// Packs a weight and a time; either is capped at a week.
    pub fn new(weight_deciseconds: u32, deciseconds: u32) -> Self {
        const WEEK: u32 = 7 * 24 * 36_000;
        Self(u64::from(weight_deciseconds.min(WEEK)) << BITS | u64::from(deciseconds.min(WEEK)))
    }

    /// Takes the packed integer, as a file holds it.
    pub const fn from_packed(packed: u64) -> Self {
        Self(packed)
    }

    /// The packed integer.
    pub const fn packed(self) -> u64 {
        self.0
    }

    /// The packed integer as a float, which holds it exactly.
    pub const fn as_f64(self) -> f64 {
        self.0 as f64
    }

    /// The cost that [`Self::as_f64`] gave.
    pub const fn from_f64(packed: f64) -> Self {
        Self(packed as u64)
    }

    /// The weight, in tenths of a second.
    pub const fn weight_deciseconds(self) -> u32 {
        (self.0 >> BITS) as u32
    }

    /// The time at the wheel, in tenths of a second.
    pub const fn deciseconds(self) -> u32 {
        self.0 as u32 & ((1 << BITS) - 1)
    }

    /// The cost of a part of it, `share` from 0 to 1, weight and time each rounded to a tenth of a second.
    pub fn part(self, share: f64) -> Self {
        let part = |whole: u32| (f64::from(whole) * share).round() as u32;
        Self::new(part(self.weight_deciseconds()), part(self.deciseconds()))
    }
}

impl Add for Cost {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Cost {
    type Output = Self;

    /// Takes a part away; 0 where `other` is no part of it, which no sound file has.
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weight_decides_and_then_the_time() {
        assert!(Cost::new(1, 900) < Cost::new(2, 3));
        assert!(Cost::new(2, 3) < Cost::new(2, 4));
    }

    #[test]
    fn a_sum_adds_both_and_a_float_holds_it() {
        let sum = Cost::new(6_000_000, 6_000_000) + Cost::new(5, 7);
        assert_eq!((sum.weight_deciseconds(), sum.deciseconds()), (6_000_005, 6_000_007));
        assert_eq!(Cost::from_f64(sum.as_f64() + Cost::new(1, 1).as_f64()), sum + Cost::new(1, 1));
    }

    #[test]
    fn a_part_is_a_part_of_both() {
        assert_eq!(Cost::new(100, 50).part(0.5), Cost::new(50, 25));
        assert_eq!(Cost::new(100, 50).part(1.0), Cost::new(100, 50));
    }
}
