//! Promise: which candidates of an offer are kept where the policy caps their number.
//!
//! In go everybody who might gain by receiving an offer; out come the most promising of them, and how many were dropped.
//! Holds: the promise of a candidate is never below the points of a swap with them, so that whoever sees the largest
//! promise dropped sees what a swap that was not looked at could have had at most. Of two candidates of equal promise the
//! smaller id is kept, and nothing depends on the order in which they were found.
//! Costs: nothing where no offer has more candidates than the cap; else a look at each offer of each candidate, without
//! places and books, some ten nanoseconds each.
//! Deliberately absent: rings. A candidate with whom no swap is possible promises least, whatever rings might do.

use super::{
    candidates::{Hopeful, Reached, Search},
    limits::Obstacle,
    plan::Rule,
    score::{ageing, points},
    value::rapport_minutes,
};
use crate::domain::{
    policy::PointRates,
    units::{Minutes, Points},
};
use std::cmp::Reverse;

/// Keeps the most promising `most` of those who might gain, and counts the others as dropped or refused.
pub(super) fn keep_most_promising(
    search: &Search<'_, '_>,
    offer: u32,
    most: usize,
    hopeful: &mut Vec<Hopeful>,
    reached: &mut Reached,
) {
    if hopeful.len() <= most {
        return;
    }
    let view = search.view;
    let mut by_promise = Vec::with_capacity(hopeful.len());
    for one in hopeful.drain(..) {
        let worth = search.worth_at_most(one.rep, offer, one.stars);
        if search.needed(one.rep).is_some_and(|needed| worth >= needed) {
            by_promise.push((promise(search, offer, &one, worth), one));
        } else {
            reached.refuse(view, one.rep, one.obstacle.rule().unwrap_or(Rule::GainTooSmall));
        }
    }
    by_promise.sort_unstable_by_key(|&(promise, one)| (Reverse(promise), one.rep));
    for (promise, one) in by_promise.drain(most.min(by_promise.len())..) {
        reached.refuse(view, one.rep, one.obstacle.rule().unwrap_or(Rule::LessPromising));
        reached.dropped += u32::from(one.obstacle == Obstacle::Nothing);
        reached.points_of_dropped_at_most = reached.points_of_dropped_at_most.max(promise);
    }
    hopeful.extend(by_promise.into_iter().map(|(_, one)| one));
}

/// No swap of the offer with one of the rep's has more points; absent where there is none as things stand.
///
/// The rep is taken to receive the offer beside another account of their book and to give what is worth least to them, and
/// the owner to receive what they may get on with best, on their way.
fn promise(search: &Search<'_, '_>, offer: u32, one: &Hopeful, worth: Minutes) -> Option<Points> {
    let (view, given) = (search.view, search.given);
    if one.obstacle != Obstacle::Nothing {
        return None;
    }
    let theirs = &view.offers_of[one.rep as usize];
    let owner = view.owner[offer as usize];
    let back = theirs.iter().map(|&other| rapport_minutes(view, search.low_end(owner, other))).max()?;
    let handover = view.policy.scores.handover_minutes;
    let gains =
        [worth - given.least[one.rep as usize]? - handover, back - given.worth[offer as usize].value - handover];
    let waited = ageing(view, &[offer]) + theirs.iter().map(|&other| ageing(view, &[other])).max()?;
    let is_possible = gains.into_iter().all(|gain| gain >= view.limits.min_gain);
    is_possible.then(|| points(&growing(&view.policy.points), &gains, waited))
}

/// The rates with unfairness at a price at which a larger gain of either side never costs points.
fn growing(rates: &PointRates) -> PointRates {
    PointRates { unfairness_percent: rates.unfairness_percent.min(100), ..rates.clone() }
}
