//! Fairness: how the gains of some reps are spread, and what fairness costs all of them together.
//!
//! In go gains, or a market and the policy its plan was made by; out come sums, bands and a Gini coefficient, or the gain
//! of the plan that looks at nothing but the total.
//! Holds: everything is a whole number, and depends on the gains alone, not on their order or whose they are.
//! Costs: a sort; for the total, a plan.
//! Deliberately absent: who may see which of it.

use super::{market::Market, plan::plan};
use crate::domain::{
    policy::{Objective, Policy},
    units::{Minutes, Points},
};
use serde::{Deserialize, Serialize};

/// What each of some reps gains, the least first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gains(Vec<Minutes>);

/// How many reps gain from so much to less than a band more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// The least such a rep gains.
    pub from: Minutes,
    /// How many they are.
    pub reps: u32,
}

impl Gains {
    /// Takes the gains in any order, one a rep.
    pub fn new(mut gains: Vec<Minutes>) -> Self {
        gains.sort_unstable();
        Self(gains)
    }

    /// How many reps there are.
    pub fn reps(&self) -> usize {
        self.0.len()
    }

    /// What they gain in all.
    pub fn total(&self) -> Minutes {
        self.0.iter().copied().sum()
    }

    /// What the one gains who gains least; absent where there is nobody.
    pub fn smallest(&self) -> Option<Minutes> {
        self.0.first().copied()
    }

    /// Their Gini coefficient, in thousandths.
    pub fn gini_thousandths(&self) -> i64 {
        gini_thousandths(&self.0.iter().map(|gain| gain.0).collect::<Vec<_>>())
    }

    /// How many gain how much, in bands `width` wide that begin at its multiples: every band from the first that has a rep
    /// to the last, empty ones between them included.
    ///
    /// # Panics
    ///
    /// Where `width` is not positive.
    pub fn bands(&self, width: Minutes) -> Vec<Band> {
        let band_of = |gain: Minutes| gain.0.div_euclid(width.0);
        let (Some(&least), Some(&most)) = (self.0.first(), self.0.last()) else { return Vec::new() };
        let count = |band: i64| self.0.iter().filter(|&&gain| band_of(gain) == band).count();
        let bands = band_of(least)..=band_of(most);
        bands.map(|band| Band { from: width * band, reps: u32::try_from(count(band)).unwrap_or(u32::MAX) }).collect()
    }
}

/// What the plan with the largest total gains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LargestTotal {
    /// The gain of all its reps, in minutes a year.
    pub gain: Minutes,
    /// Whether that is proven to be the most there is.
    pub is_proven: bool,
}

/// What the reps of a market would gain in all if a plan looked at nothing but the total: no price of unfairness, no bonus
/// for having waited, by the same hard rules, caps and lengths of rings.
///
/// Cost: a plan. Source: D. Bertsimas, V. F. Farias and N. Trichakis, "The Price of Fairness", Operations Research 59(1),
/// 2011, whose price is the part of this total that a fair plan forgoes.
pub fn largest_total(market: &Market, policy: &Policy) -> LargestTotal {
    let report = plan(market, &total_only(policy)).report;
    LargestTotal { gain: report.gain, is_proven: report.bound.is_none() }
}

/// Whether a policy looks at nothing but the total itself.
pub fn is_total_only(policy: &Policy) -> bool {
    *policy == total_only(policy)
}

fn total_only(policy: &Policy) -> Policy {
    let mut total = policy.clone();
    total.points.unfairness_percent = 0;
    total.points.ageing_points_a_night = Points::ZERO;
    total.plan.objective = Objective::Points;
    total
}

/// The part of the largest total that gains of `gain` in all forgo, in thousandths; 0 where there is nothing to gain.
pub fn price_thousandths(gain: Minutes, largest: Minutes) -> i64 {
    if largest.0 <= 0 || gain >= largest {
        return 0;
    }
    (1000 * (largest.0 - gain.0) + largest.0 / 2) / largest.0
}

/// The Gini coefficient of ascending numbers, in thousandths: the mean difference of two of them over twice their mean.
/// 0 where their sum is not positive.
///
/// Source: C. Gini, "Variabilità e mutabilità", 1912, in the sorted form `Σ (2i − n − 1) xᵢ / (n Σ xᵢ)`.
pub fn gini_thousandths(ascending: &[i64]) -> i64 {
    let count = ascending.len() as i128;
    let sum: i128 = ascending.iter().map(|&one| i128::from(one)).sum();
    if sum <= 0 {
        return 0;
    }
    let weighted: i128 =
        ascending.iter().zip(1..).map(|(&one, rank): (_, i128)| (2 * rank - count - 1) * i128::from(one)).sum();
    let thousandths = (2000 * weighted + count * sum).div_euclid(2 * count * sum);
    i64::try_from(thousandths).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gains(gains: &[i64]) -> Gains {
        Gains::new(gains.iter().copied().map(Minutes).collect())
    }

    #[test]
    fn equal_gains_have_a_gini_of_nothing() {
        assert_eq!(gains(&[7, 7, 7]).gini_thousandths(), 0);
        assert_eq!(gains(&[]).gini_thousandths(), 0);
    }

    #[test]
    fn the_gini_of_one_who_has_all_is_one_less_their_share_of_heads() {
        assert_eq!(gains(&[0, 10, 0, 0]).gini_thousandths(), 750);
    }

    #[test]
    fn the_gini_of_one_and_three_is_a_quarter() {
        assert_eq!(gains(&[3, 1]).gini_thousandths(), 250);
    }

    #[test]
    fn bands_begin_at_multiples_of_their_width_and_leave_no_gap() {
        let found = gains(&[1250, 310, 1199, 4000, -1]).bands(Minutes(1200));
        let told: Vec<(i64, u32)> = found.iter().map(|band| (band.from.0, band.reps)).collect();
        assert_eq!(told, [(-1200, 1), (0, 2), (1200, 1), (2400, 0), (3600, 1)]);
        assert_eq!(gains(&[]).bands(Minutes(60)), []);
    }

    #[test]
    fn the_price_is_the_part_of_the_largest_total_that_is_forgone() {
        assert_eq!(price_thousandths(Minutes(900), Minutes(1000)), 100);
        assert_eq!(price_thousandths(Minutes(1000), Minutes(1000)), 0);
        assert_eq!(price_thousandths(Minutes(2), Minutes(3)), 333);
        assert_eq!(price_thousandths(Minutes(0), Minutes(0)), 0);
    }

    proptest! {
        /// The definition: the mean absolute difference over all ordered pairs, over twice the mean.
        #[test]
        fn the_gini_is_the_mean_difference_of_two_over_twice_the_mean(
            of in prop::collection::vec(0_i64..100_000, 1..40),
        ) {
            let (count, sum) = (of.len() as f64, of.iter().sum::<i64>() as f64);
            let differences: i64 = of.iter().flat_map(|a| of.iter().map(move |b| (a - b).abs())).sum();
            let right = if sum > 0.0 { 1000.0 * differences as f64 / (count * count) / (2.0 * sum / count) } else { 0.0 };
            prop_assert!((gains(&of).gini_thousandths() as f64 - right).abs() <= 0.5 + 1e-6);
        }

        #[test]
        fn every_rep_is_in_one_band(of in prop::collection::vec(-5000_i64..5000, 0..40), width in 1_i64..2000) {
            let bands = gains(&of).bands(Minutes(width));
            prop_assert_eq!(bands.iter().map(|band| band.reps as usize).sum::<usize>(), of.len());
        }
    }
}
