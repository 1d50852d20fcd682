//! Candidates: which accounts may go to which reps, and what each would be worth there.
//!
//! In go a market and its policy; out comes, for each offer, who may receive it, with its worth to them, and how many of
//! those within whose reach it lies a hard rule refuses, by the rule. One who would gain too little by it, whatever they
//! gave for it, is refused for that. Among the first are those whom one rule alone keeps from it by no more than its step;
//! that rule stands with them.
//! Holds: each list ascends by rep and names nobody twice; a rep counts for an offer if the account is another's and lies
//! within the rep's own limit of one-way driving, and else only where a step of that limit would let them receive it. The
//! policy's cap keeps the most promising. The lists do not depend on threads.
//! Costs: some thirty nanoseconds for each rep in reach, and one pass over the book of everybody who might gain; 48 bytes
//! for each of these, nothing for the others.
//! Deliberately absent: the names of those refused. Why one was is found again for the few of whom it is asked.

use super::{
    limits::Obstacle,
    plan::Rule,
    promise::keep_most_promising,
    rapport::LowEnds,
    reach::{Near, Reach},
    rules::{Asked, Receipt},
    travel::{Drive, annual_minutes},
    value::{Given, Worth, predicted_low_end, rapport_minutes, valuation, visits, worth_at_most},
    view::{NONE, View, index},
};
use crate::domain::{
    travel::straight_line_minutes,
    units::{Minutes, Place, Points, Stars},
};
use rayon::prelude::*;

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
    /// Those of them who would gain too little after all; kept where others were dropped.
    pub disappointed: Vec<u32>,
    /// How many were dropped for more promising ones.
    pub dropped: u32,
    /// No swap with one of these has more points; absent where there can be none.
    pub points_of_dropped_at_most: Option<Points>,
    /// How many others lie within reach.
    refused: u32,
    /// How many of these are refused only because they would gain too little, or less than more promising ones.
    without_gain: u32,
    /// How many offers the others have, by the rule that refuses them.
    chances_refused: [u32; Rule::ALL.len()],
}

impl Reached {
    /// How many may receive the offer, whether they would gain or not.
    pub fn count(&self) -> usize {
        let may_receive =
            |one: &&Candidate| matches!(one.obstacle, Obstacle::Nothing | Obstacle::Step(Rule::GainTooSmall));
        self.candidates.iter().filter(may_receive).count() + self.without_gain as usize
    }

    /// The candidates within whose own limit of driving the offer lies.
    pub fn within_reach(&self) -> impl Iterator<Item = &Candidate> {
        self.candidates.iter().filter(|one| !one.is_too_far())
    }

    /// Whether it lies within nobody's own limit.
    pub fn is_out_of_reach(&self) -> bool {
        self.refused == 0 && self.within_reach().next().is_none()
    }

    /// How many offers those have whom a rule refuses.
    pub fn chances_refused(&self) -> impl Iterator<Item = (Rule, u32)> {
        Rule::ALL.iter().copied().zip(self.chances_refused)
    }

    /// Counts a rep whom a rule refuses; where it is the drive, nobody lies within reach.
    pub(super) fn refuse(&mut self, view: &View<'_>, rep: u32, rule: Rule) {
        if rule != Rule::TooFar {
            self.refused += 1;
            self.without_gain += u32::from(matches!(rule, Rule::GainTooSmall | Rule::LessPromising));
            self.chances_refused[rule as usize] += index(view.offers_of[rep as usize].len());
        }
    }
}

/// The candidates seen from the reps: what each of them may receive.
pub(crate) struct Received {
    /// By rep, then by offer: the offer, and which of its candidates the rep is.
    all: Vec<(u32, u32)>,
    /// What rep `r` may receive is `all[first[r]..first[r + 1]]`.
    first: Vec<usize>,
}

impl Received {
    /// Turns the candidates of all offers round.
    pub fn new(view: &View<'_>, reached: &[Reached]) -> Self {
        let candidates = || {
            (0..).zip(reached).flat_map(|(offer, one)| {
                one.candidates.iter().zip(0..).map(move |(candidate, at)| (candidate.rep as usize, (offer, at)))
            })
        };
        let mut first = vec![0; view.market.reps.len() + 1];
        candidates().for_each(|(rep, _)| first[rep + 1] += 1);
        for rep in 1..first.len() {
            first[rep] += first[rep - 1];
        }
        let mut next = first.clone();
        let mut all = vec![(0, 0); first[first.len() - 1]];
        for (rep, one) in candidates() {
            all[next[rep]] = one;
            next[rep] += 1;
        }
        Self { all, first }
    }

    /// What a rep may receive, by offer, and which of its candidates they are.
    pub fn by(&self, rep: u32) -> &[(u32, u32)] {
        &self.all[self.first[rep as usize]..self.first[rep as usize + 1]]
    }
}

/// A rep who might gain by receiving an offer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hopeful {
    /// Who.
    pub rep: u32,
    /// Nothing, or the step that is missing.
    pub obstacle: Obstacle,
    /// What they may expect at least.
    pub stars: Stars,
}

/// Looks for candidates.
pub(crate) struct Search<'v, 'm> {
    /// The market.
    pub view: &'v View<'m>,
    /// What every offer is worth to its owner.
    pub given: &'v Given,
    reach: Reach,
    low_ends: LowEnds,
    /// What is asked about each offer.
    asked: Vec<Asked>,
    /// What an account must be worth to each rep so that giving their least for it might gain them enough, or would with a
    /// step; absent where they have none to give.
    needed: Vec<Option<Minutes>>,
}

impl<'v, 'm> Search<'v, 'm> {
    /// Prepares for a market.
    pub fn new(view: &'v View<'m>, given: &'v Given) -> Self {
        let beyond_least = view.policy.scores.handover_minutes + view.a_step_looser.min_gain;
        Self {
            view,
            given,
            reach: Reach::new(view),
            low_ends: LowEnds::new(&view.policy.scores.rapport),
            asked: (0..index(view.market.offers.len())).map(|offer| Asked::about(view, offer)).collect(),
            needed: given.least.iter().map(|least| least.map(|least| least + beyond_least)).collect(),
        }
    }

    /// Finds everybody within whose reach each offer lies, in the order of offers.
    ///
    /// Neighbouring offers are looked at one after the other, so that what is known of the reps around them is at hand.
    pub fn candidates(&self) -> Vec<Reached> {
        let mut by_place: Vec<u32> = (0..index(self.view.market.offers.len())).collect();
        by_place.sort_by_cached_key(|&offer| strip(self.view.offer(offer).account.place));
        let found: Vec<Reached> = by_place.par_iter().map(|&offer| self.reached(offer)).collect();
        let mut reached = vec![Reached::default(); found.len()];
        for (offer, found) in by_place.into_iter().zip(found) {
            reached[offer as usize] = found;
        }
        reached
    }

    fn reached(&self, offer: u32) -> Reached {
        let view = self.view;
        let mut reached = Reached::default();
        let mut hopeful = Vec::new();
        for near in self.reach.near(view, offer) {
            match self.hope(offer, &near) {
                Ok(one) => hopeful.push(one),
                Err(rule) => reached.refuse(view, near.rep, rule),
            }
        }
        if let Some(most) = view.policy.plan.max_candidates_per_offer {
            keep_most_promising(self, offer, most as usize, &mut hopeful, &mut reached);
        }
        hopeful.sort_unstable_by_key(|one| one.rep);
        for one in hopeful {
            match self.candidate(offer, one) {
                Ok(candidate) => reached.candidates.push(candidate),
                Err(rule) => {
                    reached.refuse(view, one.rep, rule);
                    if reached.dropped > 0 {
                        reached.disappointed.push(one.rep);
                    }
                }
            }
        }
        reached.candidates.shrink_to_fit();
        reached
    }

    /// A rep who might gain by receiving an offer, as far as can be told without looking at their book; else the rule that
    /// refuses them.
    fn hope(&self, offer: u32, near: &Near) -> Result<Hopeful, Rule> {
        let view = self.view;
        let &Near { rep, drive, squared_chord } = near;
        let obstacle = drive.then(Receipt { view, offer, rep }.obstacle_but_the_drive(self.asked[offer as usize]));
        if let Obstacle::Wall(rule) = obstacle {
            return Err(rule);
        }
        let refused = obstacle.rule().unwrap_or(Rule::GainTooSmall);
        let needed = self.needed[rep as usize].ok_or(refused)?;
        let stars = self.low_end(rep, offer);
        let rapport = rapport_minutes(view, stars);
        let has_hope = rapport >= needed && rapport - self.least_travel(offer, squared_chord) >= needed;
        if has_hope { Ok(Hopeful { rep, obstacle, stars }) } else { Err(refused) }
    }

    /// No less than this is a year's driving to an offer over this squared chord: the straight line, shortened by more than
    /// what rounding can add, with another account at the very place; nothing where ways were measured.
    fn least_travel(&self, offer: u32, squared_chord: f64) -> Minutes {
        if !self.view.market.ways.is_empty() {
            return Minutes::ZERO;
        }
        let metres = 2.0 * Place::EARTH_RADIUS_METRES * (squared_chord.sqrt() / 2.0).min(1.0).asin();
        let one_way = straight_line_minutes((metres * (1.0 - 1e-6) - 1.0).max(0.0) / 1000.0);
        let visits = visits(&self.view.offer(offer).account);
        annual_minutes(&self.view.policy.scores.travel, visits, &Drive::estimate(one_way), Some(&Drive::NONE))
    }

    /// The pessimistic end of the predicted rapport.
    pub fn low_end(&self, rep: u32, offer: u32) -> Stars {
        if self.view.has_a_past(offer) {
            predicted_low_end(self.view, rep, offer)
        } else {
            self.low_ends.of(&self.view.fit.declared(rep, offer))
        }
    }

    /// What an account must be worth to a rep so that giving their least for it might gain them enough with a step.
    pub fn needed(&self, rep: u32) -> Option<Minutes> {
        self.needed[rep as usize]
    }

    /// What an offer may be worth at most to a rep.
    pub fn worth_at_most(&self, rep: u32, offer: u32, stars: Stars) -> Minutes {
        worth_at_most(self.view, rep, offer, rapport_minutes(self.view, stars))
    }

    /// The worth of an account to a rep; else the first rule that refuses it, where they would gain too little whatever
    /// they gave for it.
    fn candidate(&self, offer: u32, hopeful: Hopeful) -> Result<Candidate, Rule> {
        let view = self.view;
        let Hopeful { rep, obstacle, stars } = hopeful;
        let needed = self.needed[rep as usize].ok_or(obstacle.rule().unwrap_or(Rule::GainTooSmall))?;
        let [nearest, second] = view.nearest_two(rep, view.offer(offer).account.place, None);
        let worth_beside = |neighbour| Worth::from(valuation(view, rep, offer, stars, neighbour));
        let nearest_offer = nearest.map_or(NONE, |neighbour| neighbour.offer);
        let worth = worth_beside(nearest);
        let worth_without_nearest = if nearest_offer == NONE { worth } else { worth_beside(second) };
        let most = worth.value.max(worth_without_nearest.value);
        let gain = match most {
            most if most >= needed - view.a_step_looser.min_gain + view.limits.min_gain => Obstacle::Nothing,
            most if most >= needed => Obstacle::Step(Rule::GainTooSmall),
            _ => Obstacle::Wall(Rule::GainTooSmall),
        };
        match obstacle.then(gain) {
            Obstacle::Wall(rule) => Err(rule),
            obstacle => Ok(Candidate { rep, obstacle, nearest_offer, worth, worth_without_nearest }),
        }
    }

    /// Why a rep is no candidate of an offer: the rule that refused, or the distance.
    pub fn refusal(&self, reached: &Reached, offer: u32, rep: u32) -> Rule {
        let receipt = Receipt { view: self.view, offer, rep };
        if receipt.is_too_far(&self.view.limits) {
            return Rule::TooFar;
        }
        let obstacle = receipt.obstacle_but_the_drive(self.asked[offer as usize]);
        obstacle.rule().unwrap_or_else(|| {
            let had_hope = |needed| self.worth_at_most(rep, offer, self.low_end(rep, offer)) >= needed;
            let is_dropped = reached.dropped > 0
                && self.needed[rep as usize].is_some_and(had_hope)
                && reached.disappointed.binary_search(&rep).is_err();
            if is_dropped { Rule::LessPromising } else { Rule::GainTooSmall }
        })
    }
}

/// A strip of half a degree along the parallels, and where in it a place lies.
fn strip(place: Place) -> (i32, i32) {
    let (lat_e6, lon_e6) = place.e6();
    (lat_e6.div_euclid(500_000), lon_e6)
}
