//! Pattern: whether somebody submits an unusual share of their book, and what may be told of a crowd.
//!
//! In go tallies of accounts held and submitted; out comes whether one stands out against the base rate of the others,
//! or how a crowd stands. Holds: all of it is integers; nothing is said from fewer than [`CROWD`] others, and of no group
//! smaller than that, directly or by differences.
//! Costs: linear in the tallies. Deliberately absent: names, and telling anybody but the rep about the rep.
//!
//! The share of a small book says little, so a rep's rate is shrunk towards that of the others: submissions are taken to
//! be beta-binomial, the mean is the pooled rate `K/N`, and its weight `m` in accounts follows from how much the others
//! differ among themselves. With `ρ` the intraclass correlation, `m = 1/ρ − 1`, and `ρ` is estimated by moments with
//! weights `n` (J. C. Kleinman, "Proportions with Extraneous Variance: Single and Independent Samples", JASA 68, 1973):
//! `ρ = (Σ nᵢ(pᵢ − p)² / p(1 − p) − (R − 1)) / (N − Σ nᵢ²/N − (R − 1))`. The shrunk rate is the posterior mean
//! `(m·K/N + k) / (m + n)` (G. Casella, "An Introduction to Empirical Bayes Data Analysis", The American Statistician 39,
//! 1985).

use super::{closed::closed_list, ids::RepId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The fewest reps of whom anything is told together.
pub const CROWD: usize = 5;

/// The least and the most that the others' rate may weigh, in accounts: a book is never believed outright, and never
/// ignored altogether.
const WEIGHTS: (i128, i128) = (10, 100);

/// Fractions are counted in millionths.
const MILLION: i128 = 1_000_000;

/// What counts as a pattern.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PatternTerms {
    /// How far back submissions count, in days.
    pub window_days: u32,
    /// A shrunk rate above this many percent of the others' rate is unusual.
    pub unusual_percent: u32,
    /// Fewer submitted accounts than this are never a pattern.
    pub least_accounts: u32,
}

impl PatternTerms {
    /// The first term that cannot be meant, by its key and the reason.
    pub fn first_senseless(&self) -> Option<(&'static str, String)> {
        if !(1..=3660).contains(&self.window_days) {
            return Some(("pattern.window_days", format!("is {} and must be from 1 to 3660", self.window_days)));
        }
        if !(100..=1_000_000).contains(&self.unusual_percent) {
            let what = format!("is {} and must be from 100 to 1000000", self.unusual_percent);
            return Some(("pattern.unusual_percent", what));
        }
        None
    }
}

/// Accounts held and, of those, submitted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    accounts: u32,
    submitted: u32,
}

impl Tally {
    /// Takes two counts; who submitted more than they hold now counts as having submitted all.
    pub fn new(accounts: u32, submitted: u32) -> Self {
        Self { accounts, submitted: submitted.min(accounts) }
    }

    /// Accounts held.
    pub const fn accounts(self) -> u32 {
        self.accounts
    }

    /// Accounts submitted.
    pub const fn submitted(self) -> u32 {
        self.submitted
    }

    /// Both together.
    pub fn plus(self, other: Self) -> Self {
        Self { accounts: self.accounts + other.accounts, submitted: self.submitted + other.submitted }
    }
}

closed_list! {
    /// How a rate stands against that of the others.
    Band {
        /// Not above what is usual.
        Usual = "usual",
        /// Above it, by no more than what counts as unusual.
        Higher = "higher",
        /// Above what counts as unusual.
        MuchHigher = "much_higher",
    }
}

/// The rate of the others, and how much it weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    accounts: i128,
    submitted: i128,
    weight: i128,
}

impl Base {
    /// The rate of some reps; absent where they are fewer than [`CROWD`] or have submitted nothing. Reps without accounts
    /// do not count.
    pub fn of(others: impl IntoIterator<Item = Tally>) -> Option<Self> {
        let others: Vec<Tally> = others.into_iter().filter(|tally| tally.accounts > 0).collect();
        let sum = |part: fn(&Tally) -> i128| others.iter().map(part).sum::<i128>();
        let (n, k) = (sum(|one| one.accounts.into()), sum(|one| one.submitted.into()));
        if others.len() < CROWD || k == 0 {
            return None;
        }
        let degrees = (others.len() as i128 - 1) * MILLION;
        let squares = sum(|one| i128::from(one.submitted).pow(2) * MILLION / i128::from(one.accounts));
        let uneven = sum(|one| i128::from(one.accounts).pow(2)) * MILLION / n;
        let (least, most) = WEIGHTS;
        let weight = if k == n {
            most
        } else {
            let spread = (squares - k * k * MILLION / n) * n * n / (k * (n - k));
            let beyond_chance = spread - degrees;
            if beyond_chance <= 0 {
                most
            } else {
                ((n * MILLION - uneven - degrees) / beyond_chance - 1).clamp(least, most)
            }
        };
        Some(Self { accounts: n, submitted: k, weight })
    }

    /// How a rate stands against this one, once shrunk towards it.
    pub fn band(&self, own: Tally, terms: &PatternTerms) -> Band {
        let (n, k) = (i128::from(own.accounts), i128::from(own.submitted));
        // The shrunk rate over the base rate is `shrunk / (submitted × (weight + n))`.
        let shrunk = self.weight * self.submitted + k * self.accounts;
        let is_above = |percent: i128| 100 * shrunk > percent * self.submitted * (self.weight + n);
        if own.submitted >= terms.least_accounts && is_above(terms.unusual_percent.into()) {
            Band::MuchHigher
        } else if own.submitted >= terms.least_accounts && is_above((100 + i128::from(terms.unusual_percent)) / 2) {
            Band::Higher
        } else {
            Band::Usual
        }
    }
}

/// Whether the figures of one more group can be told beside those told before, each about all of its members.
///
/// Every figure is a sum over the *atoms*: the reps who are in exactly the same of these groups. Nothing can be worked out
/// of such figures that is finer than an atom, so it is enough that each has [`CROWD`] members.
pub fn keeps_the_crowd(told: &[BTreeSet<RepId>], next: &BTreeSet<RepId>) -> bool {
    let groups = || told.iter().chain([next]);
    let everybody: BTreeSet<&RepId> = groups().flatten().collect();
    let mut atoms: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    for rep in everybody {
        *atoms.entry(groups().map(|group| group.contains(rep)).collect()).or_default() += 1;
    }
    next.len() >= CROWD && atoms.values().all(|members| *members >= CROWD)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: PatternTerms = PatternTerms { window_days: 365, unusual_percent: 200, least_accounts: 4 };

    fn base(others: &[(u32, u32)]) -> Option<Base> {
        Base::of(others.iter().map(|&(accounts, submitted)| Tally::new(accounts, submitted)))
    }

    #[test]
    fn nothing_is_said_from_fewer_than_five_others_or_where_nobody_submits() {
        assert_eq!(base(&[(40, 4); 4]), None);
        assert_eq!(base(&[(40, 4), (40, 4), (40, 4), (40, 4), (0, 0)]), None, "who holds nothing does not count");
        assert_eq!(base(&[(40, 0); 9]), None);
        assert!(base(&[(40, 4); 5]).is_some());
    }

    #[test]
    fn others_who_are_all_alike_weigh_the_most_and_others_who_differ_the_least() {
        assert_eq!(base(&[(40, 4); 8]).unwrap().weight, 100);
        assert_eq!(base(&[(40, 0), (40, 40), (40, 0), (40, 40), (40, 0), (40, 40)]).unwrap().weight, 10);
        let some = base(&[(40, 2), (50, 9), (60, 4), (30, 7), (80, 5), (40, 1)]).unwrap();
        assert_eq!(some.weight, 21, "worked out by hand");
    }

    #[test]
    fn a_share_is_unusual_when_it_stays_so_after_shrinking() {
        let usual = base(&[(40, 2), (50, 9), (60, 4), (30, 7), (80, 5), (40, 1)]).unwrap();
        let table = [
            ((40, 3), Band::Usual, "fewer than four are never a pattern"),
            ((40, 4), Band::Usual, "a tenth is what the others submit"),
            ((25, 4), Band::Usual, "a sixth of a small book may be chance"),
            ((5, 4), Band::MuchHigher, "most of a book of five is not"),
            ((60, 13), Band::Higher, "twice the rate of the others, shrunk to less"),
            ((60, 30), Band::MuchHigher, "half of sixty is no chance"),
            ((60, 60), Band::MuchHigher, "nobody at all gets on with this rep"),
        ];
        for ((accounts, submitted), expected, why) in table {
            assert_eq!(usual.band(Tally::new(accounts, submitted), &TERMS), expected, "{why}: {usual:?}");
        }
    }

    #[test]
    fn more_submissions_never_look_less_unusual() {
        let usual = base(&[(40, 2), (50, 9), (60, 4), (30, 7), (80, 5), (40, 1)]).unwrap();
        for accounts in [1, 10, 100, 1000] {
            let bands: Vec<Band> = (0..=accounts).map(|k| usual.band(Tally::new(accounts, k), &TERMS)).collect();
            assert!(bands.is_sorted(), "{accounts}: {bands:?}");
        }
    }

    #[test]
    fn no_difference_of_two_figures_is_about_fewer_than_five() {
        let group = |members: std::ops::Range<u32>| -> BTreeSet<RepId> {
            members.map(|n| format!("R{n}").parse().unwrap()).collect()
        };
        assert!(!keeps_the_crowd(&[], &group(0..4)));
        assert!(keeps_the_crowd(&[], &group(0..5)));
        assert!(keeps_the_crowd(&[group(0..6)], &group(0..6)), "the same group again");
        assert!(!keeps_the_crowd(&[group(0..6)], &group(0..5)), "the one who left would be known");
        assert!(!keeps_the_crowd(&[group(0..6)], &group(0..7)), "the one who came would be known");
        assert!(keeps_the_crowd(&[group(0..10)], &group(0..5)), "the other five are a crowd too");
        assert!(!keeps_the_crowd(&[group(0..10), group(0..5)], &group(3..8)), "two and three");
        assert!(keeps_the_crowd(&[group(0..6)], &group(6..12)), "two teams apart");
    }
}
