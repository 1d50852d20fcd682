//! The report: what the chosen moves amount to.
//!
//! In go the moves and what is known of their market; out come the sums.
//! Holds: every sum is over the moves alone, in whole units, so that anybody can add it up again.
//! Costs: a sort of the gains.
//! Deliberately absent: judgement.

use super::{
    candidates::Reached,
    fairness::gini_thousandths,
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
        ageing: moves.iter().map(|one| one.ageing).sum(),
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
