//! Scores: from candidates to the swaps that break no rule, with their points.
//!
//! In go the candidates; out comes, for each offer, its possible partners, the rules that stopped the others, and the
//! largest effects a move of it may have on its owner.
//! Holds: every swap that breaks no rule and has positive points is a partner on both sides, with equal points; each
//! chance of an offer is either a partner or stopped by exactly one rule. The lists ascend and do not depend on threads.
//! Costs: a binary search for each candidate and each of the candidate's own offers.
//! Deliberately absent: which partner is best, which is the solver's.
//!
//! A *chance* of an offer is an offer of a colleague within whose reach the account lies; where it lies within nobody's,
//! every offer of a colleague counts as one that was too far. A chance is stopped by the first of: the owner's absence, a
//! rule that keeps the account from the colleague, a rule that keeps the colleague's account from the owner, a rule about
//! both.

use super::{
    candidates::Reached,
    plan::Rule,
    rules::{Effect, Loads, first_broken_by_swap},
    value::{Given, Worth},
    view::{View, index},
};
use crate::domain::{
    policy::PointRates,
    units::{Cents, Minutes, Points},
};
use rayon::prelude::*;

/// How many rules there are.
const RULES: usize = Rule::ALL.len();

/// The largest effects that the moves of one offer may have on its owner; never below zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WorstEffects {
    /// Commission gained.
    pub ledger_up: Cents,
    /// Commission lost.
    pub ledger_down: Cents,
    /// Minutes a year taken on.
    pub load_up: Minutes,
    /// Abusive accounts taken on: 0 or 1.
    pub exposure_up: i64,
}

/// What an offer may be swapped for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chances {
    /// Offers that may be swapped for this one and the points of the swap, by offer.
    pub partners: Vec<(u32, Points)>,
    /// How many chances each rule stopped, in the order of [`Rule::ALL`].
    pub stopped: [u32; RULES],
    /// The largest effects on the owner.
    pub worst: WorstEffects,
}

/// Scores every chance of every offer, in the order of offers.
pub(crate) fn score(view: &View<'_>, loads: &Loads, given: &Given, reached: &[Reached]) -> Vec<Chances> {
    (0..index(reached.len())).into_par_iter().map(|offer| chances(view, loads, given, reached, offer)).collect()
}

/// The points of a swap with these gains, whose submissions have waited `nights` in all.
pub(crate) fn points(rates: &PointRates, gains: [Minutes; 2], nights: i64) -> Points {
    let unfairness = (rates.unfairness_percent * (gains[0] - gains[1]).abs().0).div_euclid(100);
    Points((gains[0] + gains[1]).0 - unfairness) + rates.ageing_points_a_night * nights
}

/// How long the submissions of two offers have waited, in nights.
pub(crate) fn nights_waited(view: &View<'_>, offers: [u32; 2]) -> i64 {
    offers.into_iter().map(|offer| i64::from(view.offer(offer).nights_waited)).sum()
}

/// What a swap does to the rep who gives one account and receives another, from the worth of both.
pub(crate) fn effect(view: &View<'_>, rep: u32, given: (u32, Worth), received: (u32, Worth)) -> Effect {
    Effect {
        rep,
        given: given.0,
        received: received.0,
        gain: received.1.value - given.1.value - view.policy.scores.handover_minutes,
        travel_given: given.1.travel,
        travel_received: received.1.travel,
    }
}

fn chances(view: &View<'_>, loads: &Loads, given: &Given, reached: &[Reached], offer: u32) -> Chances {
    let owner = view.owner[offer as usize];
    let here = &reached[offer as usize];
    let mut chances = Chances::default();
    if here.candidates.is_empty() && here.refused.is_empty() {
        chances.stop(Rule::TooFar, view.market.offers.len() - view.offers_of[owner as usize].len());
    }
    if !view.takes_part[owner as usize] {
        let reps = here.refused.iter().map(|&(rep, _)| rep).chain(here.candidates.iter().map(|one| one.rep));
        chances.stop(Rule::NotPresent, reps.map(|rep| view.offers_of[rep as usize].len()).sum());
        return chances;
    }
    for &(rep, rule) in &here.refused {
        chances.stop(rule, view.offers_of[rep as usize].len());
    }
    for candidate in &here.candidates {
        for &other in &view.offers_of[candidate.rep as usize] {
            let there = &reached[other as usize];
            let Some(back) = there.candidate(owner) else {
                chances.stop(there.refusal(owner), 1);
                continue;
            };
            let own = (offer, given.worth[offer as usize]);
            let theirs = (other, given.worth[other as usize]);
            let sides = [
                effect(view, owner, own, (other, back.worth_when_giving(offer))),
                effect(view, candidate.rep, theirs, (offer, candidate.worth_when_giving(other))),
            ];
            match first_broken_by_swap(view, loads, &sides) {
                Some(rule) => chances.stop(rule, 1),
                None => chances.add(view, &sides),
            }
        }
    }
    chances.partners.sort_unstable_by_key(|&(other, _)| other);
    chances.partners.shrink_to_fit();
    chances
}

impl Chances {
    fn stop(&mut self, rule: Rule, chances: usize) {
        self.stopped[rule as usize] += index(chances);
    }

    /// Keeps a swap that breaks no rule; one without points is stopped for its gains.
    fn add(&mut self, view: &View<'_>, sides: &[Effect; 2]) {
        let [own, theirs] = sides;
        let nights = nights_waited(view, [own.given, theirs.given]);
        let points = points(&view.policy.points, [own.gain, theirs.gain], nights);
        if points <= Points::ZERO {
            return self.stop(Rule::GainTooSmall, 1);
        }
        self.partners.push((theirs.given, points));
        let change = own.ledger_change(view);
        let worst = &mut self.worst;
        worst.ledger_up = worst.ledger_up.max(change);
        worst.ledger_down = worst.ledger_down.max(-change);
        worst.load_up = worst.load_up.max(own.load_change(view));
        worst.exposure_up = worst.exposure_up.max(own.exposure_change(view));
    }
}
