//! Promise: which candidates of an offer are kept where the policy caps their number.
//!
//! In go everybody who might gain by receiving an offer; out come the most promising of them, and how many were dropped.
//! Holds: the promise of a candidate is never below the points of a swap with them, so that whoever sees the largest
//! promise dropped sees what a swap that was not looked at could have had at most. Of two candidates of equal promise the
//! smaller id is kept, and nothing depends on the order in which they were found.
//! Costs: nothing where no offer has more candidates than the cap; else a look at each offer of each candidate, without
//! places and books, some nanoseconds each and once for all offers of one owner.
//! Deliberately absent: rings. A candidate with whom no swap is possible promises least, whatever rings might do.

use super::{
    candidates::{Hopeful, Reached, Search},
    crowd::Stall,
    limits::Obstacle,
    plan::Rule,
    score::points,
    view::NONE,
};
use crate::domain::{
    policy::PointRates,
    units::{Minutes, Points},
};
use std::cmp::Reverse;

/// Promises nothing: no swap is possible as things stand.
const NOTHING: i64 = i64::MIN;

/// What is promised; keeps what one owner may get back while their offers are looked at one after the other.
pub(super) struct Promises {
    /// What an owner may get on with best of the offers of each seat.
    backs: Vec<Back>,
    rates: PointRates,
    /// Promise, rep and place of everybody who might gain by one offer.
    ranked: Vec<(Reverse<i64>, u32, u32)>,
}

/// What an owner may get on with best of a rep's offers.
#[derive(Clone, Copy)]
struct Back {
    /// Where the owner sits, or [`NONE`].
    owner: u32,
    /// What the rapport with the best of them is worth; absent where there are none.
    best: Option<Minutes>,
}

impl Promises {
    /// Knows nothing yet.
    pub fn new(search: &Search<'_, '_>) -> Self {
        let rates = &search.view.policy.points;
        Self {
            backs: vec![Back { owner: NONE, best: None }; search.crowd.seats.len()],
            // Unfairness at a price at which a larger gain of either side never costs points.
            rates: PointRates { unfairness_percent: rates.unfairness_percent.min(100), ..rates.clone() },
            ranked: Vec::new(),
        }
    }

    /// Keeps the most promising `most` of those who might gain, by seat, and counts the others as dropped or refused.
    pub fn keep_most_promising(
        &mut self,
        search: &Search<'_, '_>,
        stall: &Stall,
        most: usize,
        hopeful: &mut Vec<Hopeful>,
        reached: &mut Reached,
    ) {
        if hopeful.len() <= most {
            return;
        }
        let seats = &search.crowd.seats;
        let mut ranked = std::mem::take(&mut self.ranked);
        ranked.clear();
        ranked.extend((0..).zip(&*hopeful).map(|(at, one)| {
            let promise = self.promise(search, stall, one).map_or(NOTHING, |points| points.0);
            (Reverse(promise), seats[one.seat as usize].rep, at)
        }));
        let (_, &mut (Reverse(largest), ..), _) = ranked.select_nth_unstable(most);
        reached.points_of_dropped_at_most = (largest != NOTHING).then_some(Points(largest));
        for &(_, _, at) in &ranked[most..] {
            let one = &hopeful[at as usize];
            reached.refuse(&seats[one.seat as usize], one.obstacle.rule().unwrap_or(Rule::LessPromising));
            reached.dropped += u32::from(one.obstacle == Obstacle::Nothing);
        }
        let mut kept: Vec<Hopeful> = ranked[..most].iter().map(|&(_, _, at)| hopeful[at as usize]).collect();
        kept.sort_unstable_by_key(|one| one.seat);
        *hopeful = kept;
        self.ranked = ranked;
    }

    /// No swap of the offer with one of the rep's has more points; absent where there is none as things stand.
    ///
    /// The rep is taken to receive the offer beside another account of their book and to give what is worth least to them,
    /// and the owner to receive what they may get on with best, on their way.
    fn promise(&mut self, search: &Search<'_, '_>, stall: &Stall, one: &Hopeful) -> Option<Points> {
        let view = search.view;
        if one.obstacle != Obstacle::Nothing {
            return None;
        }
        let seat = &search.crowd.seats[one.seat as usize];
        let beyond_needed = one.worth_at_most - seat.needed?;
        let given = search.given.worth[stall.offer as usize].value + view.policy.scores.handover_minutes;
        let gains = [beyond_needed + view.a_step_looser.min_gain, self.back(search, stall.owner, one.seat)? - given];
        let is_possible = gains.into_iter().all(|gain| gain >= view.limits.min_gain);
        is_possible.then(|| points(&self.rates, &gains, stall.ageing + seat.ageing))
    }

    /// What the rapport of an owner with the best of a rep's offers is worth at least.
    fn back(&mut self, search: &Search<'_, '_>, owner: u32, seat: u32) -> Option<Minutes> {
        let known = &mut self.backs[seat as usize];
        if known.owner != owner {
            let theirs = search.crowd.seats[seat as usize].stalls();
            *known = Back { owner, best: theirs.map(|stall| search.low_end(owner, stall).minutes).max() };
        }
        known.best
    }
}
