//! Which candidates the policy's cap leaves out, counted again.
//!
//! In goes who is within reach of each offer; those left out lose their hope there, and out comes how many they are.
//! Holds: what a swap is promised is counted here from what the rep's side is worth with another account at the very place
//! and from the rapport of the owner's alone.
//! Costs: nothing where no offer has more candidates than the cap.
//! Deliberately absent: their own gains, once they are left out.

use super::{Dropped, Recount, Within};
use crate::domain::{
    proposal::Valuation,
    units::{Points, Stars},
};
use rayon::prelude::*;
use std::cmp::Reverse;

/// One who is left out of an offer's candidates: where among those within reach, and what a swap was promised.
struct LeftOut {
    at: usize,
    promise: Option<i64>,
}

impl Recount<'_> {
    /// Takes from each offer the candidates beyond the cap: those who promise least, of equal promise the larger id.
    pub(super) fn drop_less_promising(&self, within: &mut [Vec<Within>], given: &[Valuation]) -> Dropped {
        let mut dropped = Dropped::default();
        let Some(most) = self.policy.plan.max_candidates_per_offer else { return dropped };
        let offers = (0..within.len()).into_par_iter();
        let left_out: Vec<Vec<LeftOut>> =
            offers.map(|offer| self.left_out(within, given, offer, most as usize)).collect();
        for (within, left_out) in within.iter_mut().zip(left_out) {
            let mut candidates = 0;
            for LeftOut { at, promise } in left_out {
                within[at].low = None;
                candidates += usize::from(within[at].missing.is_none());
                dropped.points_at_most = dropped.points_at_most.max(promise.map(Points));
            }
            dropped.candidates += candidates;
            dropped.offers += usize::from(candidates > 0);
        }
        dropped
    }

    fn left_out(&self, within: &[Vec<Within>], given: &[Valuation], offer: usize, most: usize) -> Vec<LeftOut> {
        let has_hope = |one: &&(usize, &Within, Stars)| {
            let rep = one.1.rep as usize;
            let least = self.offers_of[rep].iter().map(|&own| given[own].value().0).min();
            let gain = |least| self.worth_next_door(rep, offer, one.2) - least - self.handover_minutes();
            least.is_some_and(|least| gain(least) >= self.looser.gain_minutes)
        };
        let hopeful = || within[offer].iter().enumerate().filter_map(|(at, one)| Some((at, one, one.low?)));
        if hopeful().count() <= most {
            return Vec::new();
        }
        let ranked = hopeful()
            .filter(|one| has_hope(&one))
            .map(|(at, one, low)| LeftOut { at, promise: self.promise(given, offer, one, low) });
        let mut ranked: Vec<LeftOut> = ranked.collect();
        // Whoever promises most comes first; those within reach ascend by rep, and a stable sort keeps them so.
        ranked.sort_by_key(|one| Reverse(one.promise));
        ranked.split_off(most.min(ranked.len()))
    }

    /// The most points of a swap of the offer with the rep, absent where no swap is possible as things stand.
    fn promise(&self, given: &[Valuation], offer: usize, one: &Within, low: Stars) -> Option<i64> {
        let (owner, rep) = (self.owner[offer], one.rep as usize);
        if one.missing.is_some() {
            return None;
        }
        let (mut back, mut own, mut waited) = (None, i64::MAX, 0);
        for &other in &self.offers_of[rep] {
            own = own.min(given[other].value().0);
            waited = waited.max(self.ageing(&[other]).0);
            let low = Stars::clamped(self.predicted_low_hundredths(owner, other));
            back = back.max(Some(self.rapport_minutes(low)));
        }
        let theirs = self.worth_next_door(rep, offer, low) - own - self.handover_minutes();
        let ours = back? - given[offer].value().0 - self.handover_minutes();
        if theirs.min(ours) < self.limits.gain_minutes {
            return None;
        }
        let rates = &self.policy.points;
        let unfairness = ((theirs - ours).abs() * rates.unfairness_percent.min(100)).div_euclid(100);
        Some(theirs + ours - unfairness + self.ageing(&[offer]).0 + waited)
    }

    /// What an offer is worth to a rep with another account of the book at the very place.
    pub(super) fn worth_next_door(&self, rep: usize, offer: usize, low: Stars) -> i64 {
        let (base, account) = (self.trader(rep).rep.base, &self.offer(offer).account);
        let (out, home, _) = self.journey(base, account.place, base.great_circle_metres(account.place));
        let travel = self.a_year([account.visits_a_year, account.visit_minutes], [out, home], Some(0.0));
        self.rapport_minutes(low) - travel - self.geography(rep, offer, None).minutes().0
    }

    fn handover_minutes(&self) -> i64 {
        self.policy.scores.handover_minutes.0
    }
}
