//! The report: what the chosen moves amount to.
//!
//! In go the moves and what is known of their market; out come the sums.
//! Holds: every sum is over the moves alone, in whole units, so that anybody can add it up again.
//! Costs: a sort of the gains.
//! Deliberately absent: judgement.

use super::{
    candidates::Reached,
    plan::{Move, PlannedLeg, Report},
    view::{index, rounded_quotient},
    ways::SourceCount,
};
use crate::domain::units::{Cents, Minutes, Points, Stars};

/// What the report says of the market the moves come from.
pub(crate) struct Pool {
    /// Reps in the pool.
    pub reps: usize,
    /// Accounts in the pool.
    pub offers: usize,
    /// Candidates found.
    pub candidates: usize,
    /// Candidates not looked at.
    pub dropped: Dropped,
    /// Swaps that break no rule.
    pub possible_moves: usize,
    /// Parts that fall apart.
    pub components: usize,
    /// What no plan exceeds, where a better one was not ruled out.
    pub bound: Option<Points>,
    /// What no plan of rings of any length exceeds.
    pub points_in_any_rings_at_most: Points,
    /// Who has told the driving times.
    pub ways: Vec<SourceCount>,
}

/// What the cap on candidates left out.
#[derive(Default)]
pub(crate) struct Dropped {
    candidates: u32,
    offers: u32,
    points_at_most: Option<Points>,
}

impl Dropped {
    /// Counts the candidates dropped from every offer.
    pub fn count(reached: &[Reached]) -> Self {
        reached.iter().filter(|one| one.dropped > 0).fold(Self::default(), |sum, one| Self {
            candidates: sum.candidates + one.dropped,
            offers: sum.offers + 1,
            points_at_most: sum.points_at_most.max(one.points_of_dropped_at_most),
        })
    }
}

/// Adds up the moves.
pub(crate) fn report(pool: &Pool, moves: &[Move]) -> Report {
    let legs: Vec<&PlannedLeg> = moves.iter().flat_map(|one| &one.legs).collect();
    let mut gains: Vec<i64> = legs.iter().map(|leg| leg.side.gain.0).collect();
    gains.sort_unstable();
    let total = |minutes: fn(&PlannedLeg) -> Minutes| legs.iter().map(|leg| minutes(leg)).sum::<Minutes>();
    let mean = |stars: fn(&PlannedLeg) -> Stars| {
        let sum: i64 = legs.iter().map(|leg| stars(leg).hundredths()).sum();
        (!legs.is_empty()).then(|| Stars::clamped(rounded_quotient(sum, legs.len() as i64)))
    };
    Report {
        reps: index(pool.reps),
        offers: index(pool.offers),
        candidates: index(pool.candidates),
        candidates_dropped: pool.dropped.candidates,
        offers_with_dropped: pool.dropped.offers,
        points_of_dropped_at_most: pool.dropped.points_at_most,
        possible_moves: index(pool.possible_moves),
        components: index(pool.components),
        moves: index(moves.len()),
        points: moves.iter().map(|one| one.points).sum(),
        bound: pool.bound,
        points_in_any_rings_at_most: pool.points_in_any_rings_at_most,
        gain: total(|leg| leg.side.gain),
        smallest_gain: gains.first().copied().map(Minutes),
        gini_thousandths: gini_thousandths(&gains),
        travel_before: total(|leg| leg.side.given.travel_minutes),
        travel_after: total(|leg| leg.side.received.travel_minutes),
        commission_moved_cents: moves.iter().map(commission_moved).sum(),
        mean_stars_before: mean(|leg| leg.side.given.stars),
        mean_stars_after: mean(|leg| leg.side.received.stars),
        ways: pool.ways.clone(),
    }
}

/// The difference between the largest and the smallest commission of a move.
fn commission_moved(one: &Move) -> Cents {
    let commissions = || one.legs.iter().map(|leg| leg.annual_commission_cents);
    match (commissions().max(), commissions().min()) {
        (Some(largest), Some(smallest)) => largest - smallest,
        _ => Cents::ZERO,
    }
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

    #[test]
    fn equal_gains_have_a_gini_of_nothing() {
        assert_eq!(gini_thousandths(&[7, 7, 7]), 0);
        assert_eq!(gini_thousandths(&[]), 0);
    }

    #[test]
    fn the_gini_of_one_who_has_all_is_one_less_their_share_of_heads() {
        assert_eq!(gini_thousandths(&[0, 0, 0, 10]), 750);
    }

    #[test]
    fn the_gini_of_one_and_three_is_a_quarter() {
        assert_eq!(gini_thousandths(&[1, 3]), 250);
    }
}
