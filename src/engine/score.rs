//! Scores: from candidates to the swaps that break no rule, with their points.
//!
//! In go the candidates; out comes, for each offer, its possible partners, the rules that stopped the others, how many of
//! these a step of one rule would let through, and the largest effects a move of it may have on its owner.
//! Holds: every swap that breaks no rule and has positive points is a partner on both sides, with equal points; each
//! chance of an offer is either a partner or stopped by exactly one rule. A rule's step opens a swap where it is the only
//! rule that either side breaks, one step suffices for both, and the points are positive. The lists ascend and do not
//! depend on threads.
//! Costs: a look-up for each candidate and each of the candidate's own offers, among what is known of one owner at a time.
//! Deliberately absent: which partner is best, which is the solver's.
//!
//! A *chance* of an offer is an offer of a colleague within whose reach the account lies; where it lies within nobody's,
//! every offer of a colleague counts as one that was too far. A chance is stopped by the first of: the owner's absence, a
//! rule that keeps the account from the colleague, a rule that keeps the colleague's account from the owner, a rule about
//! both. What a step opens is found where a chance is stopped, and among colleagues no farther than a step beyond reach:
//! no rule is looked at for a second time.

use super::{
    candidates::{Candidate, Incoming, Reached, Received, Search},
    limits::Obstacle,
    plan::Rule,
    rules::{Effect, Loads, obstacle_of_swap},
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
    /// Money gained.
    pub ledger_up: Cents,
    /// Money lost.
    pub ledger_down: Cents,
    /// Minutes a year taken on.
    pub load_up: Minutes,
    /// Abusive accounts taken on: 0 or 1.
    pub exposure_up: i64,
}

impl WorstEffects {
    /// Takes one more possible move into account.
    pub fn take_in(&mut self, view: &View<'_>, effect: &Effect) {
        let (ledger, load) = (effect.ledger_change(view), effect.load_change(view));
        self.ledger_up = self.ledger_up.max(ledger);
        self.ledger_down = self.ledger_down.max(-ledger);
        self.load_up = self.load_up.max(load);
        self.exposure_up = self.exposure_up.max(effect.exposure_change(view));
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
pub(crate) fn score(
    search: &Search<'_, '_>,
    loads: &Loads,
    reached: &[Reached],
    received: &Received<'_>,
) -> Vec<Chances> {
    let scorer = Scorer { search, view: search.view, loads, reached };
    let known = || vec![UNKNOWN; reached.len()];
    let seats = (0..index(search.crowd.seats.len())).into_par_iter();
    let scored = seats.map_init(known, |known, seat| {
        let incoming = received.by(search.crowd.seats[seat as usize].rep);
        scorer.chances_of_rep(&incoming, seat, known)
    });
    let scored: Vec<Vec<Chances>> = scored.collect();
    let mut chances = vec![Chances::default(); reached.len()];
    for (stall, scored) in search.crowd.stalls.iter().zip(scored.into_iter().flatten()) {
        chances[stall.offer as usize] = scored;
    }
    chances
}

/// The points of a move with these gains, one for each of its reps, whose submissions have waited for `ageing` points.
pub(crate) fn points(rates: &PointRates, gains: &[Minutes], ageing: Points) -> Points {
    let (mut sum, mut least, mut most) = (Minutes::ZERO, Minutes(i64::MAX), Minutes(i64::MIN));
    for &gain in gains {
        (sum, least, most) = (sum + gain, least.min(gain), most.max(gain));
    }
    let unfairness = (rates.unfairness_percent * (most - least).0).div_euclid(100);
    Points(sum.0 - unfairness) + ageing
}

/// What the nights that some offers have waited add to the points of their move.
pub(crate) fn ageing(view: &View<'_>, offers: &[u32]) -> Points {
    offers.iter().map(|&offer| view.facts[offer as usize].ageing).sum()
}

/// What is known of one rep and an offer of somebody else: nothing, which of what they may receive it is, or the rule that
/// refuses them.
type Known = u32;

/// Nothing is known yet.
const UNKNOWN: Known = Known::MAX;
/// What lies beyond this is a rule that refuses.
const REFUSED: Known = Known::MAX - 1 - RULES as Known;

/// What scores the chances of one rep after the other.
struct Scorer<'s, 'v, 'm> {
    search: &'s Search<'v, 'm>,
    view: &'v View<'m>,
    loads: &'s Loads,
    reached: &'s [Reached],
}

/// What an owner may receive, and what is known of the other offers.
struct Inbox<'i> {
    /// Where the owner sits.
    seat: u32,
    incoming: &'i [Incoming],
    /// By stall.
    known: &'i mut [Known],
    /// The stalls of which something is known.
    touched: Vec<u32>,
}

impl Scorer<'_, '_, '_> {
    /// The chances of the offers of a rep who may receive what is `incoming`; `known` is unknown throughout, before and
    /// after.
    fn chances_of_rep(&self, incoming: &[Incoming], seat: u32, known: &mut [Known]) -> Vec<Chances> {
        let crowd = &self.search.crowd;
        let mut inbox = Inbox { seat, incoming, known, touched: Vec::with_capacity(4 * incoming.len()) };
        for (one, at) in incoming.iter().zip(0..) {
            let stall = crowd.stall_of[one.offer as usize];
            inbox.known[stall as usize] = at;
            inbox.touched.push(stall);
        }
        let chances = crowd.seats[seat as usize].stalls().map(|stall| self.chances(stall, &mut inbox)).collect();
        let Inbox { known, touched, .. } = inbox;
        touched.into_iter().for_each(|stall| known[stall as usize] = UNKNOWN);
        chances
    }

    fn chances(&self, stall: u32, inbox: &mut Inbox<'_>) -> Chances {
        let (view, crowd) = (self.view, &self.search.crowd);
        let offer = crowd.stalls[stall as usize].offer;
        let owner = &crowd.seats[inbox.seat as usize];
        let here = &self.reached[offer as usize];
        let mut chances = Chances::default();
        if here.is_out_of_reach() {
            chances.stop(Rule::TooFar, view.market.offers.len() - owner.offers as usize);
        }
        if !owner.takes_part {
            let refused: usize = here.chances_refused().map(|(_, count)| count as usize).sum();
            let others: usize = here.within_reach().map(|one| view.offers_of[one.rep as usize].len()).sum();
            chances.stop(Rule::NotPresent, refused + others);
            return chances;
        }
        here.chances_refused().for_each(|(rule, count)| chances.stop(rule, count as usize));
        for candidate in &here.candidates {
            for other in crowd.seats[crowd.seat_of[candidate.rep as usize] as usize].stalls() {
                let swap = match self.look_up(inbox, other, candidate.obstacle) {
                    Ok(back) => self.swap(offer, candidate, owner.rep, back),
                    Err(rule) => Err(Stop { rule, opens: false }),
                };
                match swap {
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

    /// What stands at a stall as one that the owner may receive, or the rule that stops the chance: the one behind the
    /// `obstacle` met before, else the one that refuses them, which is looked for once.
    fn look_up<'i>(&self, inbox: &mut Inbox<'i>, stall: u32, obstacle: Obstacle) -> Result<&'i Incoming, Rule> {
        let at = inbox.known[stall as usize];
        if let Some(incoming) = inbox.incoming.get(at as usize) {
            return Ok(incoming);
        }
        if let Some(rule) = obstacle.rule() {
            return Err(rule);
        }
        if at == UNKNOWN {
            let rule = self.search.refusal(self.reached, stall, inbox.seat);
            inbox.touched.push(stall);
            inbox.known[stall as usize] = REFUSED + rule as Known;
            return Err(rule);
        }
        Err(Rule::ALL[(at - REFUSED) as usize])
    }

    /// The swap of an offer, which goes to a candidate, for another that goes to its owner, where it is one.
    fn swap(&self, offer: u32, candidate: &Candidate, owner: u32, back: &Incoming) -> Result<Swap, Stop> {
        let (view, other) = (self.view, back.offer);
        let wall = |rule| Stop { rule, opens: false };
        let met = candidate.obstacle.then(back.obstacle);
        if let Obstacle::Wall(rule) = met {
            return Err(wall(rule));
        }
        let worth = |offer: u32| (offer, self.search.given.worth[offer as usize]);
        let received = self.reached[offer as usize].worth_when_giving(candidate, other);
        let sides = [
            Effect::new(view, owner, worth(offer), (other, back.worth_when_giving(offer))),
            Effect::new(view, candidate.rep, worth(other), (offer, received)),
        ];
        let points = points(&view.policy.points, &sides.map(|side| side.gain), ageing(view, &[offer, other]));
        let is_worth_it = points > Points::ZERO;
        match met.then(obstacle_of_swap(view, self.loads, &sides)) {
            Obstacle::Nothing if is_worth_it => Ok(Swap { sides, points }),
            Obstacle::Nothing => Err(wall(Rule::GainTooSmall)),
            Obstacle::Step(rule) => Err(Stop { rule, opens: is_worth_it }),
            Obstacle::Wall(rule) => Err(wall(rule)),
        }
    }
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

impl Chances {
    fn stop(&mut self, rule: Rule, chances: usize) {
        self.stopped[rule as usize] += index(chances);
    }

    fn add(&mut self, view: &View<'_>, swap: &Swap) {
        let [own, theirs] = &swap.sides;
        self.partners.push((theirs.given, swap.points));
        self.worst.take_in(view, own);
    }
}
