//! Scores: from candidates to the swaps that break no rule, with their points.
//!
//! In go the candidates; out comes, for each offer, its possible partners, the rules that stopped the others, how many of
//! these a step of one rule would let through, and the largest effects a move of it may have on its owner.
//! Holds: every swap that breaks no rule and has positive points is a partner on both sides, with equal points; each
//! chance of an offer is either a partner or stopped by exactly one rule. A rule's step opens a swap where it is the only
//! rule that either side breaks, one step suffices for both, and the points are positive. The lists ascend and do not
//! depend on threads.
//! Costs: a binary search for each candidate and each of the candidate's own offers.
//! Deliberately absent: which partner is best, which is the solver's.
//!
//! A *chance* of an offer is an offer of a colleague within whose reach the account lies; where it lies within nobody's,
//! every offer of a colleague counts as one that was too far. A chance is stopped by the first of: the owner's absence, a
//! rule that keeps the account from the colleague, a rule that keeps the colleague's account from the owner, a rule about
//! both. What a step opens is found where a chance is stopped, and among colleagues no farther than a step beyond reach:
//! no rule is looked at for a second time.

use super::{
    candidates::{Candidate, Reached},
    limits::Obstacle,
    plan::Rule,
    rules::{Effect, Loads, obstacle_of_swap},
    value::Given,
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

impl WorstEffects {
    /// Takes one more possible move into account.
    pub fn take_in(&mut self, ledger: Cents, load: Minutes, exposure: i64) {
        self.ledger_up = self.ledger_up.max(ledger);
        self.ledger_down = self.ledger_down.max(-ledger);
        self.load_up = self.load_up.max(load);
        self.exposure_up = self.exposure_up.max(exposure);
    }
}

/// What an offer may be swapped for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Chances {
    /// Offers that may be swapped for this one and the points of the swap, by offer.
    pub partners: Vec<(u32, Points)>,
    /// How many chances each rule stopped, in the order of [`Rule::ALL`].
    pub stopped: [u32; RULES],
    /// How many more partners there would be if each rule alone were a step looser, in the same order.
    pub opened: [u32; RULES],
    /// The largest effects on the owner.
    pub worst: WorstEffects,
}

/// Scores every chance of every offer, in the order of offers.
pub(crate) fn score(view: &View<'_>, loads: &Loads, given: &Given, reached: &[Reached]) -> Vec<Chances> {
    (0..index(reached.len())).into_par_iter().map(|offer| chances(view, loads, given, reached, offer)).collect()
}

/// The points of a move with these gains, one for each of its reps, whose submissions have waited `nights` in all.
pub(crate) fn points(rates: &PointRates, gains: &[Minutes], nights: i64) -> Points {
    let (mut sum, mut least, mut most) = (Minutes::ZERO, Minutes(i64::MAX), Minutes(i64::MIN));
    for &gain in gains {
        (sum, least, most) = (sum + gain, least.min(gain), most.max(gain));
    }
    let unfairness = (rates.unfairness_percent * (most - least).0).div_euclid(100);
    Points(sum.0 - unfairness) + rates.ageing_points_a_night * nights
}

/// How long the submissions of some offers have waited, in nights.
pub(crate) fn nights_waited(view: &View<'_>, offers: &[u32]) -> i64 {
    offers.iter().map(|&offer| i64::from(view.offer(offer).nights_waited)).sum()
}

fn chances(view: &View<'_>, loads: &Loads, given: &Given, reached: &[Reached], offer: u32) -> Chances {
    let owner = view.owner[offer as usize];
    let here = &reached[offer as usize];
    let mut chances = Chances::default();
    if here.within_reach().next().is_none() && here.refused.is_empty() {
        chances.stop(Rule::TooFar, view.market.offers.len() - view.offers_of[owner as usize].len());
    }
    if !view.takes_part[owner as usize] {
        let reps = here.refused.iter().map(|&(rep, _)| rep).chain(here.within_reach().map(|one| one.rep));
        chances.stop(Rule::NotPresent, reps.map(|rep| view.offers_of[rep as usize].len()).sum());
        return chances;
    }
    for &(rep, rule) in &here.refused {
        chances.stop(rule, view.offers_of[rep as usize].len());
    }
    for candidate in &here.candidates {
        for &other in &view.offers_of[candidate.rep as usize] {
            match swap(view, loads, given, reached, candidate, [offer, other]) {
                Ok(swap) => chances.add(view, &swap),
                Err(stop) => {
                    chances.opened[stop.rule as usize] += u32::from(stop.opens);
                    if !candidate.is_too_far() {
                        chances.stop(stop.rule, 1);
                    }
                }
            }
        }
    }
    chances.partners.sort_unstable_by_key(|&(other, _)| other);
    chances.partners.shrink_to_fit();
    chances
}

/// A swap that breaks no rule and has points.
struct Swap {
    /// What it does to the owner of either offer.
    sides: [Effect; 2],
    points: Points,
}

/// Why a swap is none.
struct Stop {
    /// The first rule it breaks.
    rule: Rule,
    /// Whether a step of that rule would make it one.
    opens: bool,
}

/// The swap of two offers, where it is one; `candidate` is the owner of the second as one who may receive the first.
fn swap(
    view: &View<'_>,
    loads: &Loads,
    given: &Given,
    reached: &[Reached],
    candidate: &Candidate,
    [offer, other]: [u32; 2],
) -> Result<Swap, Stop> {
    let owner = view.owner[offer as usize];
    let there = &reached[other as usize];
    let wall = |rule| Stop { rule, opens: false };
    let back = there.candidate(owner);
    let back_obstacle = back.map_or_else(|| Obstacle::Wall(there.refusal(owner)), |back| back.obstacle);
    let (back, met) = match (back, candidate.obstacle.then(back_obstacle)) {
        (Some(back), met @ (Obstacle::Nothing | Obstacle::Step(_))) => (back, met),
        (_, met) => return Err(wall(met.rule().unwrap_or(Rule::TooFar))),
    };
    let own = (offer, given.worth[offer as usize]);
    let theirs = (other, given.worth[other as usize]);
    let sides = [
        Effect::new(view, owner, own, (other, back.worth_when_giving(offer))),
        Effect::new(view, candidate.rep, theirs, (offer, candidate.worth_when_giving(other))),
    ];
    let points = points(&view.policy.points, &sides.map(|side| side.gain), nights_waited(view, &[offer, other]));
    let is_worth_it = points > Points::ZERO;
    match met.then(obstacle_of_swap(view, loads, &sides)) {
        Obstacle::Nothing if is_worth_it => Ok(Swap { sides, points }),
        Obstacle::Nothing => Err(wall(Rule::GainTooSmall)),
        Obstacle::Step(rule) => Err(Stop { rule, opens: is_worth_it }),
        Obstacle::Wall(rule) => Err(wall(rule)),
    }
}

impl Chances {
    fn stop(&mut self, rule: Rule, chances: usize) {
        self.stopped[rule as usize] += index(chances);
    }

    fn add(&mut self, view: &View<'_>, swap: &Swap) {
        let [own, theirs] = &swap.sides;
        self.partners.push((theirs.given, swap.points));
        self.worst.take_in(own.ledger_change(view), own.load_change(view), own.exposure_change(view));
    }
}
