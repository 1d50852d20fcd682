//! Candidates: which accounts may go to which reps, and what each would be worth there.
//!
//! In go a market and its policy; out comes, for each offer, everybody within whose reach it lies: those who may receive
//! it, with its worth to them, and those whom a hard rule refuses, with the rule. One who would gain too little by it,
//! whatever they gave for it, is refused for that.
//! Holds: each list ascends by rep and names nobody twice; a rep is in one of the two lists of an offer if and only if
//! the account is another's and lies within the rep's own limit of one-way driving. The lists do not depend on threads.
//! Costs: for each offer a search in a spatial index, and one pass over the book of everybody found who might gain; 40
//! bytes for each of these, 8 for each of the others.
//! Deliberately absent: all pairs. Reps are searched in classes of similar limits, so that one who would drive across
//! the country does not widen the search for the others.

use super::{
    plan::Rule,
    rules::Receipt,
    value::{Given, Worth, may_reach, predicted_low_end, valuation},
    view::{NONE, View, index},
};
use crate::domain::{travel::straight_line_reach_km, units::Place};
use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A rep who may receive an offer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    /// Who.
    pub rep: u32,
    /// The rep's offer that lies nearest of all their book, or [`NONE`] where the nearest account is not offered.
    nearest_offer: u32,
    /// What the account is worth with the whole book around it.
    worth: Worth,
    /// What it is worth once the nearest account has been given away; the same where that is not offered.
    worth_without_nearest: Worth,
}

impl Candidate {
    /// What the account is worth to the rep, who gives `giving` away in the same move.
    pub fn worth_when_giving(&self, giving: u32) -> Worth {
        if self.nearest_offer == giving { self.worth_without_nearest } else { self.worth }
    }
}

/// Everybody within whose reach an offer lies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reached {
    /// Those who may receive it and might gain by it, by rep.
    pub candidates: Vec<Candidate>,
    /// Those who may not or would not, and why, by rep.
    pub refused: Vec<(u32, Rule)>,
}

impl Reached {
    /// The candidate for a rep.
    pub fn candidate(&self, rep: u32) -> Option<&Candidate> {
        let at = self.candidates.binary_search_by_key(&rep, |candidate| candidate.rep).ok()?;
        Some(&self.candidates[at])
    }

    /// How many may receive the offer, whether they would gain or not.
    pub fn count(&self) -> usize {
        let without_gain = self.refused.iter().filter(|&&(_, rule)| rule == Rule::GainTooSmall);
        self.candidates.len() + without_gain.count()
    }

    /// Why a rep is no candidate: the rule that refused, or the distance.
    pub fn refusal(&self, rep: u32) -> Rule {
        let at = self.refused.binary_search_by_key(&rep, |&(rep, _)| rep);
        at.map_or(Rule::TooFar, |at| self.refused[at].1)
    }
}

/// Finds everybody within whose reach each offer lies, in the order of offers.
pub(crate) fn candidates(view: &View<'_>, given: &Given) -> Vec<Reached> {
    let classes = reach_classes(view);
    (0..index(view.market.offers.len())).into_par_iter().map(|offer| reached(view, given, &classes, offer)).collect()
}

/// Reps of similar limits, findable by place.
struct ReachClass {
    /// The class's reps; the tree's items are indices into it.
    reps: Vec<u32>,
    tree: ImmutableKdTree<f64, 3>,
    /// The squared chord of the largest limit, rounded up.
    squared_chord: f64,
    /// For each of the reps, a squared chord that is surely within the own limit.
    surely_within: Vec<f64>,
}

/// One class for each doubling of the limit.
fn reach_classes(view: &View<'_>) -> Vec<ReachClass> {
    let mut by_doubling: BTreeMap<u32, (i64, Vec<u32>)> = BTreeMap::new();
    for rep in 0..view.market.reps.len() {
        let limit = limit_minutes(view, index(rep));
        if let Ok(positive) = u64::try_from(limit) {
            let (largest, reps) = by_doubling.entry(u64::BITS - positive.leading_zeros()).or_default();
            *largest = limit.max(*largest);
            reps.push(index(rep));
        }
    }
    by_doubling.into_values().map(|(largest, reps)| reach_class(view, largest, reps)).collect()
}

fn reach_class(view: &View<'_>, largest_limit: i64, reps: Vec<u32>) -> ReachClass {
    let bases: Vec<[f64; 3]> = reps.iter().map(|&rep| view.trader(rep).rep.base.unit_vector()).collect();
    ReachClass {
        surely_within: reps.iter().map(|&rep| surely_within(limit_minutes(view, rep))).collect(),
        reps,
        tree: ImmutableKdTree::new_from_slice(&bases).expect("a market has fewer than 2^32 reps"),
        squared_chord: squared_chord_of(straight_line_reach_km(largest_limit as f64)) * (1.0 + 1e-9) + 1e-15,
    }
}

fn limit_minutes(view: &View<'_>, rep: u32) -> i64 {
    let own = view.trader(rep).rep.max_one_way_minutes;
    own.unwrap_or(view.policy.scores.travel.max_one_way_minutes).0
}

/// A squared chord so much shorter than a limit that neither the metre by which a reach is rounded up nor the last digits
/// can matter. Beyond it the minutes themselves decide.
fn surely_within(limit_minutes: i64) -> f64 {
    squared_chord_of((straight_line_reach_km(limit_minutes as f64) - 0.001).max(0.0)) * (1.0 - 1e-9)
}

/// The squared chord of an arc on the unit sphere.
fn squared_chord_of(arc_km: f64) -> f64 {
    let half_angle = (arc_km * 1000.0 / (2.0 * Place::EARTH_RADIUS_METRES)).min(std::f64::consts::FRAC_PI_2);
    let chord = 2.0 * half_angle.sin();
    chord * chord
}

fn reached(view: &View<'_>, given: &Given, classes: &[ReachClass], offer: u32) -> Reached {
    let mut reached = Reached::default();
    for rep in within_reach(view, classes, offer) {
        let receipt = Receipt { view, offer, rep };
        match receipt.first_broken_within_reach() {
            Some(rule) => reached.refused.push((rep, rule)),
            None => match candidate(view, given, &receipt) {
                Some(candidate) => reached.candidates.push(candidate),
                None => reached.refused.push((rep, Rule::GainTooSmall)),
            },
        }
    }
    reached.candidates.shrink_to_fit();
    reached.refused.shrink_to_fit();
    reached
}

/// Everybody but the owner within whose own limit an offer lies, ascending.
fn within_reach(view: &View<'_>, classes: &[ReachClass], offer: u32) -> Vec<u32> {
    let vector = view.offer(offer).account.place.unit_vector();
    let owner = view.owner[offer as usize];
    let mut near = Vec::new();
    for class in classes {
        let found = class.tree.query(&vector).within::<SquaredEuclidean<f64>>(class.squared_chord).unsorted().execute();
        for one in found {
            let rep = class.reps[one.item as usize];
            let is_within =
                || one.distance < class.surely_within[one.item as usize] || !Receipt { view, offer, rep }.is_too_far();
            if rep != owner && is_within() {
                near.push(rep);
            }
        }
    }
    near.sort_unstable();
    near
}

/// The worth of an account to a rep, absent where they would gain too little whatever they gave for it.
fn candidate(view: &View<'_>, given: &Given, receipt: &Receipt<'_, '_>) -> Option<Candidate> {
    let &Receipt { offer, rep, .. } = receipt;
    let needed = given.least[rep as usize]? + view.policy.scores.handover_minutes + view.policy.rules.min_gain_minutes;
    let stars = predicted_low_end(view, rep, offer);
    if !may_reach(view, rep, offer, stars, needed) {
        return None;
    }
    let [nearest, second] = view.nearest_two(rep, view.offer(offer).account.place, None);
    let worth_beside = |neighbour| Worth::from(valuation(view, rep, offer, stars, neighbour));
    let nearest_offer = nearest.map_or(NONE, |neighbour| neighbour.offer);
    let worth = worth_beside(nearest);
    let worth_without_nearest = if nearest_offer == NONE { worth } else { worth_beside(second) };
    let most = worth.value.max(worth_without_nearest.value);
    (most >= needed).then_some(Candidate { rep, nearest_offer, worth, worth_without_nearest })
}
