//! Candidates: which accounts may go to which reps, and what each would be worth there.
//!
//! In go a market and its policy; out comes, for each offer, who may receive it, with its worth to them, and how many of
//! those within whose reach it lies a hard rule refuses, by the rule. One who would gain too little by it, whatever they
//! gave for it, is refused for that. Among the first are those whom one rule alone keeps from it by no more than its step;
//! that rule stands with them.
//! Holds: each list ascends by rep and names nobody twice; a rep counts for an offer if the account is another's and lies
//! within the rep's own limit of one-way driving, and else only where a step of that limit would let them receive it. The
//! policy's cap keeps the most promising. The lists do not depend on threads.
//! Costs: some tens of nanoseconds for each rep in reach, and one pass over the book of everybody who might gain and is
//! kept; 32 bytes for each of these, nothing for the others.
//! Deliberately absent: the names of those refused. Why one was is found again for the few of whom it is asked.

use super::{
    chord::Way,
    crowd::{Crowd, Seat, Stall},
    geography::geography,
    limits::Obstacle,
    plan::Rule,
    promise::Promises,
    rapport::{LowEnd, LowEnds},
    reach::{Near, Reach},
    rules::Receipt,
    value::{Arrival, Given, Welcome, Worth, least_travel, predicted_low_end, welcome},
    view::{NONE, View, index},
};
use crate::domain::units::{Minutes, Points};
use rayon::prelude::*;

/// A rep who may receive an offer, or might if one rule were a step looser.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Candidate {
    /// What the account is worth with the whole book around it.
    worth: Worth,
    /// Who.
    pub rep: u32,
    /// Where [`Reached::without_nearest`] says what it is worth once the nearest account of their book has been given
    /// away, or [`NONE`] where that is not offered.
    without_nearest: u32,
    /// Nothing, or the step that is missing.
    pub obstacle: Obstacle,
}

impl Candidate {
    /// Whether the drive is longer than the rep's own limit, by no more than its step.
    pub fn is_too_far(&self) -> bool {
        self.obstacle == Obstacle::Step(Rule::TooFar)
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
    /// Of candidates whose nearest account is offered: that offer, and what the account is worth without it.
    without_nearest: Vec<(u32, Worth)>,
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

    /// What the account is worth to a candidate who gives `giving` away in the same move.
    pub fn worth_when_giving(&self, candidate: &Candidate, giving: u32) -> Worth {
        match self.without_nearest.get(candidate.without_nearest as usize) {
            Some(&(nearest, worth)) if nearest == giving => worth,
            _ => candidate.worth,
        }
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
    pub(super) fn refuse(&mut self, seat: &Seat, rule: Rule) {
        if rule != Rule::TooFar {
            self.refused += 1;
            self.without_gain += u32::from(matches!(rule, Rule::GainTooSmall | Rule::LessPromising));
            self.chances_refused[rule as usize] += seat.offers;
        }
    }

    fn welcome(&mut self, rep: u32, obstacle: Obstacle, welcome: &Welcome) {
        let mut without_nearest = NONE;
        if welcome.nearest_offer != NONE && welcome.worth_without_nearest != welcome.worth {
            without_nearest = index(self.without_nearest.len());
            self.without_nearest.push((welcome.nearest_offer, welcome.worth_without_nearest));
        }
        self.candidates.push(Candidate { rep, obstacle, worth: welcome.worth, without_nearest });
    }
}

/// The candidates seen from the reps: what each of them may receive.
pub(crate) struct Received<'r> {
    reached: &'r [Reached],
    /// By rep, then by offer: the offer, and which of its candidates the rep is.
    all: Vec<(u32, u32)>,
    /// What rep `r` may receive is `all[first[r]..first[r + 1]]`.
    first: Vec<usize>,
}

/// An account that a rep may receive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Incoming {
    /// The account.
    pub offer: u32,
    /// Nothing, or the step that is missing.
    pub obstacle: Obstacle,
    worth: Worth,
    /// The rep's offer without which it is worth something else, and what; [`NONE`] where there is none.
    nearest: (u32, Worth),
}

impl Incoming {
    /// What the account is worth to the rep, who gives `giving` away in the same move.
    pub fn worth_when_giving(&self, giving: u32) -> Worth {
        if self.nearest.0 == giving { self.nearest.1 } else { self.worth }
    }
}

impl<'r> Received<'r> {
    /// Turns the candidates of all offers round.
    pub fn new(view: &View<'_>, reached: &'r [Reached]) -> Self {
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
        Self { reached, all, first }
    }

    /// What a rep may receive, by offer.
    pub fn by(&self, rep: u32) -> Vec<Incoming> {
        let incoming = |&(offer, at): &(u32, u32)| {
            let there = &self.reached[offer as usize];
            let &Candidate { worth, without_nearest, obstacle, .. } = &there.candidates[at as usize];
            let nearest = there.without_nearest.get(without_nearest as usize).copied().unwrap_or((NONE, worth));
            Incoming { offer, obstacle, worth, nearest }
        };
        self.all[self.first[rep as usize]..self.first[rep as usize + 1]].iter().map(incoming).collect()
    }
}

/// A rep who might gain by receiving an offer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hopeful {
    /// Their seat.
    pub seat: u32,
    /// Nothing, or the step that is missing.
    pub obstacle: Obstacle,
    /// The most it could be worth to them, in whatever book.
    pub worth_at_most: Minutes,
    arrival: Arrival,
}

/// Looks for candidates.
pub(crate) struct Search<'v, 'm> {
    /// The market.
    pub view: &'v View<'m>,
    /// What every offer is worth to its owner.
    pub given: &'v Given,
    /// Everybody by place.
    pub crowd: Crowd,
    reach: Reach,
    low_ends: LowEnds,
}

impl<'v, 'm> Search<'v, 'm> {
    /// Prepares for a market.
    pub fn new(view: &'v View<'m>, given: &'v Given) -> Self {
        let (scores, crowd) = (&view.policy.scores, Crowd::new(view, given));
        let low_ends = LowEnds::new(&scores.rapport, scores.star_minutes);
        Self { view, given, reach: Reach::new(view, &crowd), crowd, low_ends }
    }

    /// Finds everybody within whose reach each offer lies, in the order of offers.
    ///
    /// Owners who live near one another are looked at one after the other, so that what is known of the reps around them is
    /// at hand.
    pub fn candidates(&self) -> Vec<Reached> {
        let of_owner = |promises: &mut Promises, seat: &Seat| -> Vec<Reached> {
            seat.stalls().map(|stall| self.reached(stall, promises)).collect()
        };
        let owners = self.crowd.seats.par_iter();
        let found: Vec<Vec<Reached>> = owners.map_init(|| Promises::new(self), of_owner).collect();
        let mut reached = vec![Reached::default(); self.crowd.stalls.len()];
        for (stall, found) in self.crowd.stalls.iter().zip(found.into_iter().flatten()) {
            reached[stall.offer as usize] = found;
        }
        reached
    }

    fn reached(&self, stall: u32, promises: &mut Promises) -> Reached {
        let (view, crowd) = (self.view, &self.crowd);
        let mut reached = Reached::default();
        let mut hopeful = Vec::new();
        let here = &crowd.stalls[stall as usize];
        self.reach.near(view, crowd, here, |near| match self.hope(stall, &near) {
            Ok(one) => hopeful.push(one),
            Err(rule) => reached.refuse(&crowd.seats[near.seat as usize], rule),
        });
        if let Some(most) = view.policy.plan.max_candidates_per_offer {
            promises.keep_most_promising(self, here, most as usize, &mut hopeful, &mut reached);
        }
        reached.candidates.reserve_exact(hopeful.len());
        for one in hopeful {
            let seat = &crowd.seats[one.seat as usize];
            let welcome = welcome(view, seat.rep, here, &one.arrival);
            match one.obstacle.then(self.gain(seat, &welcome)) {
                Obstacle::Wall(rule) => {
                    reached.refuse(seat, rule);
                    if reached.dropped > 0 {
                        reached.disappointed.push(seat.rep);
                    }
                }
                obstacle => reached.welcome(seat.rep, obstacle, &welcome),
            }
        }
        reached.candidates.shrink_to_fit();
        reached.candidates.sort_unstable_by_key(|one| one.rep);
        reached.disappointed.sort_unstable();
        reached
    }

    /// A rep who might gain by receiving an offer, as far as can be told without looking at their book; else the rule that
    /// refuses them.
    fn hope(&self, stall: u32, near: &Near) -> Result<Hopeful, Rule> {
        let (view, rates) = (self.view, &self.view.policy.scores.geography);
        let (seat, here) = (&self.crowd.seats[near.seat as usize], &self.crowd.stalls[stall as usize]);
        let obstacle = near.drive.then(self.obstacle_but_the_drive(seat, here));
        if let Obstacle::Wall(rule) = obstacle {
            return Err(rule);
        }
        let refused = obstacle.rule().unwrap_or(Rule::GainTooSmall);
        let needed = seat.needed.ok_or(refused)?;
        let low = self.low_end(near.seat, stall);
        if low.minutes < needed {
            return Err(refused);
        }
        let without_travel = low.minutes - geography(rates, &self.crowd.fit, near.seat, stall, None).minutes();
        let over_chord = |out| view.annual_minutes_over_chords(here.visits, out, Some(Way::NONE));
        let travel = Way::over(near.squared_chord).and_then(over_chord);
        let worth_at_most = without_travel - travel.unwrap_or_else(|| least_travel(view, seat.rep, here.offer));
        if worth_at_most < needed {
            return Err(refused);
        }
        let arrival = Arrival { low, without_travel, squared_chord: near.squared_chord };
        Ok(Hopeful { seat: near.seat, obstacle, worth_at_most, arrival })
    }

    fn obstacle_but_the_drive(&self, seat: &Seat, stall: &Stall) -> Obstacle {
        if stall.asks_for_more {
            Receipt { view: self.view, offer: stall.offer, rep: seat.rep }.obstacle_but_the_drive(stall.asked)
        } else if seat.takes_part {
            Obstacle::Nothing
        } else {
            Obstacle::Wall(Rule::NotPresent)
        }
    }

    /// The pessimistic end of the predicted rapport.
    pub fn low_end(&self, seat: u32, stall: u32) -> LowEnd {
        let here = &self.crowd.stalls[stall as usize];
        if here.has_a_past {
            let rep = self.crowd.seats[seat as usize].rep;
            if self.view.past(rep, here.offer).is_some() {
                let stars = predicted_low_end(self.view, rep, here.offer);
                return LowEnd::of(stars, self.view.policy.scores.star_minutes);
            }
        }
        self.low_ends.of(&self.crowd.fit.declared(seat, stall))
    }

    /// Whether an account that is worth so much may gain a rep enough, with a step or without.
    fn gain(&self, seat: &Seat, welcome: &Welcome) -> Obstacle {
        let view = self.view;
        let Some(needed) = seat.needed else { return Obstacle::Wall(Rule::GainTooSmall) };
        match welcome.worth.value.max(welcome.worth_without_nearest.value) {
            most if most >= needed - view.a_step_looser.min_gain + view.limits.min_gain => Obstacle::Nothing,
            most if most >= needed => Obstacle::Step(Rule::GainTooSmall),
            _ => Obstacle::Wall(Rule::GainTooSmall),
        }
    }

    /// Why the rep of a seat is no candidate of an offer: the rule that refused, or the distance.
    pub fn refusal(&self, reached: &[Reached], stall: u32, seat: u32) -> Rule {
        let here = &self.crowd.stalls[stall as usize];
        let near = self.reach.of(self.view, &self.crowd, here, seat).filter(|near| near.drive == Obstacle::Nothing);
        let Some(near) = near else { return Rule::TooFar };
        match self.hope(stall, &near) {
            Err(rule) => rule,
            Ok(one) => one.obstacle.rule().unwrap_or_else(|| {
                let (there, rep) = (&reached[here.offer as usize], self.crowd.seats[seat as usize].rep);
                let is_dropped = there.dropped > 0 && there.disappointed.binary_search(&rep).is_err();
                if is_dropped { Rule::LessPromising } else { Rule::GainTooSmall }
            }),
        }
    }
}
