//! Candidates: which accounts may go to which reps, and what each would be worth there.
//!
//! In go a market and its policy; out comes, for each offer, everybody within whose reach it lies: those who may receive
//! it, with its worth to them, and those whom a hard rule refuses, with the rule. One who would gain too little by it,
//! whatever they gave for it, is refused for that. Among the first are those whom one rule alone keeps from it by no more
//! than its step; that rule stands with them.
//! Holds: each list ascends by rep and names nobody twice; a rep is in one of the two lists of an offer if the account is
//! another's and lies within the rep's own limit of one-way driving, and else only where a step of that limit would let
//! them receive it. The lists do not depend on threads.
//! Costs: for each offer a search in a spatial index, and one pass over the book of everybody found who might gain; 40
//! bytes for each of these, 8 for each of the others.
//! Deliberately absent: all pairs. Reps are searched in classes of similar limits, so that one who would drive across
//! the country does not widen the search for the others.

use super::{
    limits::{Limits, Obstacle},
    plan::Rule,
    rules::Receipt,
    value::{Given, Worth, may_reach, predicted_low_end, valuation},
    view::{NONE, View, index},
};
use crate::domain::{
    travel::{fastest_reach_km, straight_line_reach_km},
    units::{Minutes, Place},
};
use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A rep who may receive an offer, or might if one rule were a step looser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    /// Who.
    pub rep: u32,
    /// Nothing, or the step that is missing.
    pub obstacle: Obstacle,
    /// The rep's offer that lies nearest of all their book, or [`NONE`] where the nearest account is not offered.
    nearest_offer: u32,
    /// What the account is worth with the whole book around it.
    worth: Worth,
    /// What it is worth once the nearest account has been given away; the same where that is not offered.
    worth_without_nearest: Worth,
}

impl Candidate {
    /// Whether the drive is longer than the rep's own limit, by no more than its step.
    pub fn is_too_far(&self) -> bool {
        self.obstacle == Obstacle::Step(Rule::TooFar)
    }

    /// What the account is worth to the rep, who gives `giving` away in the same move.
    pub fn worth_when_giving(&self, giving: u32) -> Worth {
        if self.nearest_offer == giving { self.worth_without_nearest } else { self.worth }
    }
}

/// Everybody within whose reach an offer lies.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reached {
    /// Those who may receive it and might gain by it, at most a step of one rule away, by rep.
    pub candidates: Vec<Candidate>,
    /// The others within whose own limit of driving it lies, and why, by rep.
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
        let may_receive =
            |one: &&Candidate| matches!(one.obstacle, Obstacle::Nothing | Obstacle::Step(Rule::GainTooSmall));
        self.candidates.iter().filter(may_receive).count() + without_gain.count()
    }

    /// The candidates within whose own limit of driving the offer lies.
    pub fn within_reach(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|one| !one.is_too_far())
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
    /// The squared chord of the largest limit and its step, rounded up.
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
    let farthest = Minutes(largest_limit) + view.a_step_looser.beyond_one_way;
    ReachClass {
        surely_within: reps.iter().map(|&rep| surely_within(view, limit_minutes(view, rep))).collect(),
        reps,
        tree: ImmutableKdTree::new_from_slice(&bases).expect("a market has fewer than 2^32 reps"),
        squared_chord: squared_chord_of(farthest_km(view, farthest)) * (1.0 + 1e-9) + 1e-15,
    }
}

fn limit_minutes(view: &View<'_>, rep: u32) -> i64 {
    let own = view.trader(rep).rep.max_one_way_minutes;
    own.unwrap_or(view.policy.scores.travel.max_one_way_minutes).0
}

/// The most great-circle kilometres that are looked at for a limit.
fn farthest_km(view: &View<'_>, limit: Minutes) -> f64 {
    let minutes = limit.0 as f64;
    if view.market.ways.is_empty() {
        straight_line_reach_km(minutes)
    } else {
        straight_line_reach_km(minutes).max(fastest_reach_km(minutes))
    }
}

/// A squared chord so much shorter than a limit that neither the metre by which a reach is rounded up nor the last digits
/// can matter. Beyond it the minutes themselves decide, and wherever ways were measured.
fn surely_within(view: &View<'_>, limit_minutes: i64) -> f64 {
    if !view.market.ways.is_empty() {
        return -1.0;
    }
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
    for Near { rep, drive } in near(view, classes, offer) {
        let receipt = Receipt { view, offer, rep };
        match drive.then(receipt.obstacle_but_the_drive()) {
            Obstacle::Wall(Rule::TooFar) => {}
            Obstacle::Wall(rule) => reached.refused.push((rep, rule)),
            obstacle => match candidate(view, given, &receipt, obstacle) {
                Ok(candidate) => reached.candidates.push(candidate),
                Err(Rule::TooFar) => {}
                Err(rule) => reached.refused.push((rep, rule)),
            },
        }
    }
    reached.candidates.shrink_to_fit();
    reached.refused.shrink_to_fit();
    reached
}

/// A rep within whose limit and its step an offer lies.
struct Near {
    rep: u32,
    /// Nothing, or the step.
    drive: Obstacle,
}

/// Everybody but the owner within whose own limit and its step an offer lies, ascending.
fn near(view: &View<'_>, classes: &[ReachClass], offer: u32) -> Vec<Near> {
    let vector = view.offer(offer).account.place.unit_vector();
    let owner = view.owner[offer as usize];
    let mut near = Vec::new();
    for class in classes {
        let found = class.tree.query(&vector).within::<SquaredEuclidean<f64>>(class.squared_chord).unsorted().execute();
        for one in found {
            let rep = class.reps[one.item as usize];
            let is_beyond = |limits: &Limits| Receipt { view, offer, rep }.is_too_far(limits);
            if rep == owner {
                continue;
            }
            if one.distance < class.surely_within[one.item as usize] || !is_beyond(&view.limits) {
                near.push(Near { rep, drive: Obstacle::Nothing });
            } else if !is_beyond(&view.a_step_looser) {
                near.push(Near { rep, drive: Obstacle::Step(Rule::TooFar) });
            }
        }
    }
    near.sort_unstable_by_key(|near| near.rep);
    near
}

/// The worth of an account to a rep, in whose way stands `obstacle`; else the first rule that refuses it, where they
/// would gain too little whatever they gave for it.
fn candidate(view: &View<'_>, given: &Given, receipt: &Receipt<'_, '_>, obstacle: Obstacle) -> Result<Candidate, Rule> {
    let &Receipt { offer, rep, .. } = receipt;
    let refused = obstacle.rule().unwrap_or(Rule::GainTooSmall);
    let cost = given.least[rep as usize].ok_or(refused)? + view.policy.scores.handover_minutes;
    let needed = cost + view.a_step_looser.min_gain;
    let stars = predicted_low_end(view, rep, offer);
    if !may_reach(view, rep, offer, stars, needed) {
        return Err(refused);
    }
    let [nearest, second] = view.nearest_two(rep, view.offer(offer).account.place, None);
    let worth_beside = |neighbour| Worth::from(valuation(view, rep, offer, stars, neighbour));
    let nearest_offer = nearest.map_or(NONE, |neighbour| neighbour.offer);
    let worth = worth_beside(nearest);
    let worth_without_nearest = if nearest_offer == NONE { worth } else { worth_beside(second) };
    let most = worth.value.max(worth_without_nearest.value);
    let gain = match most {
        most if most >= cost + view.limits.min_gain => Obstacle::Nothing,
        most if most >= needed => Obstacle::Step(Rule::GainTooSmall),
        _ => Obstacle::Wall(Rule::GainTooSmall),
    };
    match obstacle.then(gain) {
        Obstacle::Wall(rule) => Err(rule),
        obstacle => Ok(Candidate { rep, obstacle, nearest_offer, worth, worth_without_nearest }),
    }
}
