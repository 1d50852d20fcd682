//! Everything possible in a market, counted again.
//!
//! In goes a market with its formulas; out come who is within reach, every arc and swap, what one step of each rule would
//! open, the cap of each rep, and the parts of the market.
//! Holds: a swap is two arcs, back and forth; it is opened by a rule where that is the only one that either breaks.
//! Costs: a dot product for every offer and every rep about as far north, then a pass over a book for each rep who might receive an offer.
//! Deliberately absent: longer rings, which the solver's verifiers list for themselves.

mod dropped;

use super::{Changes, Recount, cosine, harshness, rounded};
use crate::{
    domain::{
        policy::{MaxRing, Objective},
        proposal::{Side, Valuation},
        roster::Account,
        travel::{fastest_reach_km, straight_line_reach_km},
        units::{Minutes, Place, Points, Stars},
    },
    engine::plan::Rule,
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A rep within whose reach an offer lies, or would if the limit of driving were a step looser.
pub(in crate::engine::check) struct Within {
    rep: u32,
    /// The pessimistic end of their rapport, absent where hard rules keep the account from the rep beyond a step of one.
    low: Option<Stars>,
    /// The one rule whose step is missing.
    missing: Option<Rule>,
}

/// What the policy's cap on candidates leaves out.
#[derive(Default)]
pub(in crate::engine::check) struct Dropped {
    /// How many candidates.
    pub candidates: usize,
    /// Of how many offers.
    pub offers: usize,
    /// No swap with one of them has more points.
    pub points_at_most: Option<Points>,
}

/// Everything possible in the market.
pub(in crate::engine::check) struct Possible {
    /// Who is within reach of each offer, by rep.
    pub within: Vec<Vec<Within>>,
    /// Who of them is not looked at for more promising ones.
    pub dropped: Dropped,
    /// What may be received for what, by the account given, then by the one received.
    pub arcs: Vec<PossibleArc>,
    /// The swaps that break no rule and have points, by offers, the smaller first.
    pub moves: Vec<PossibleMove>,
    /// For each offer and each rule, how many more swaps of it there would be if that rule alone were a step looser.
    pub opened: Vec<BTreeMap<Rule, u32>>,
}

/// That the owner of one account may receive another for it.
#[derive(Clone, Copy)]
pub(in crate::engine::check) struct PossibleArc {
    /// The account given.
    pub given: u32,
    /// The account received.
    pub received: u32,
    /// What it gains the owner.
    pub gain: Minutes,
    /// Minutes a year received less those given.
    load_change: i64,
    /// The one rule whose step is missing.
    missing: Option<Rule>,
}

/// A swap that breaks no rule and has points.
pub(in crate::engine::check) struct PossibleMove {
    /// The two offers, ascending.
    pub offers: [usize; 2],
    /// What their owners gain.
    pub gains: [Minutes; 2],
    /// What it is worth.
    pub points: Points,
    /// What it does to the owners of the two.
    changes: [Changes; 2],
}

/// A rep's base, and how far from it they would go with a step of their limit.
struct Base {
    rep: usize,
    vector: [f64; 3],
    least_cosine: f64,
    /// Minutes one way.
    limit: f64,
}

/// Everybody's base, from south to north.
struct Bases {
    all: Vec<Base>,
    /// The most radians that anybody would go.
    farthest: f64,
}

impl Bases {
    fn new(recount: &Recount<'_>) -> Self {
        let mut farthest = 0.0;
        let base = |rep: usize| {
            let limit = recount.longest_drive(rep, &recount.looser);
            let mut reach = straight_line_reach_km(limit);
            if !recount.told.is_empty() {
                reach = reach.max(fastest_reach_km(limit));
            }
            let angle = reach * 1000.0 / Place::EARTH_RADIUS_METRES;
            farthest = angle.max(farthest);
            let least_cosine = angle.min(std::f64::consts::PI).cos() - 1e-9;
            Base { rep, vector: recount.trader(rep).rep.base.unit_vector(), least_cosine, limit }
        };
        let mut all: Vec<Base> = (0..recount.market.reps.len()).map(base).collect();
        all.sort_by(|a, b| a.vector[2].total_cmp(&b.vector[2]));
        Self { all, farthest }
    }

    /// Those whose latitude differs from that of a place by no more than anybody would go.
    fn about_as_far_north(&self, place: &[f64; 3]) -> &[Base] {
        let latitude = place[2].clamp(-1.0, 1.0).asin();
        let quarter = std::f64::consts::FRAC_PI_2;
        let [south, north] = [-1.0, 1.0]
            .map(|way| (latitude + way * (self.farthest + 1e-4)).clamp(-quarter, quarter).sin() + way * 1e-9);
        let from = self.all.partition_point(|base| base.vector[2] < south);
        let until = self.all.partition_point(|base| base.vector[2] <= north);
        &self.all[from..until]
    }
}

impl Recount<'_> {
    /// Finds everything possible by looking at every rep about as far north as each offer.
    pub(in crate::engine::check) fn possible(&self) -> Possible {
        let bases = Bases::new(self);
        let mut within: Vec<Vec<Within>> =
            (0..self.market.offers.len()).into_par_iter().map(|offer| self.within(&bases, offer)).collect();
        let given: Vec<Valuation> =
            (0..self.market.offers.len()).into_par_iter().map(|offer| self.given(offer)).collect();
        let dropped = self.drop_less_promising(&mut within, &given);
        let received = (0..within.len()).into_par_iter();
        let mut arcs: Vec<PossibleArc> =
            received.flat_map_iter(|received| self.arcs_into(&within[received], &given, received)).collect();
        arcs.par_sort_unstable_by_key(|arc| (arc.given, arc.received));
        let opened = vec![BTreeMap::new(); within.len()];
        let mut possible = Possible { opened, within, dropped, arcs, moves: Vec::new() };
        let from: Vec<&[PossibleArc]> = arcs_of_each(&possible.arcs, self.owner.len());
        let swaps = possible.arcs.par_iter().filter(|arc| arc.given < arc.received);
        let swaps: Vec<(PossibleMove, Option<Rule>)> = swaps.filter_map(|arc| self.swap(&from, arc)).collect();
        for (one, missing) in swaps {
            match missing {
                None => possible.moves.push(one),
                Some(rule) => {
                    for offer in one.offers {
                        *possible.opened[offer].entry(rule).or_default() += 1;
                    }
                }
            }
        }
        possible.arcs.retain(|arc| arc.missing.is_none());
        possible
    }

    fn within(&self, bases: &Bases, offer: usize) -> Vec<Within> {
        let there = self.offer(offer).account.place.unit_vector();
        let near =
            bases.about_as_far_north(&there).iter().filter(|base| cosine(&base.vector, &there) >= base.least_cosine);
        let mut reps: Vec<usize> = near
            .filter(|base| base.rep != self.owner[offer] && self.one_way(base.rep, offer) <= base.limit)
            .map(|base| base.rep)
            .collect();
        reps.sort_unstable();
        reps.into_iter().filter_map(|rep| self.within_reach_of(offer, rep)).collect()
    }

    /// A rep whose limit of driving keeps an offer with its step, if not without; absent where more than that step is
    /// missing.
    fn within_reach_of(&self, offer: usize, rep: usize) -> Option<Within> {
        let is_far = self.one_way(rep, offer) > self.longest_drive(rep, &self.limits);
        let mut broken = self.broken_within_reach(offer, rep, &self.limits);
        // What keeps a limit keeps the looser one.
        let is_still_broken = !broken.is_empty() && !self.broken_within_reach(offer, rep, &self.looser).is_empty();
        broken.extend(is_far.then_some(Rule::TooFar));
        let low =
            (!is_still_broken && broken.len() < 2).then(|| Stars::clamped(self.predicted_low_hundredths(rep, offer)));
        let is_hopeless = is_far && low.is_none();
        (!is_hopeless).then_some(Within { rep: rep as u32, low, missing: broken.first().copied() })
    }

    /// What may be received for what, where it is `received`, with at most a step of one rule missing.
    fn arcs_into(&self, within: &[Within], given: &[Valuation], received: usize) -> Vec<PossibleArc> {
        let mut found = Vec::new();
        let place = self.offer(received).account.place;
        for &Within { rep, low, missing } in within {
            let Some(low) = low else { continue };
            let rep = rep as usize;
            let giving =
                |most: i64| self.offers_of[rep].iter().filter(move |&&offer| self.may_gain(&given[offer], most));
            if giving(self.rapport_minutes(low)).next().is_none() {
                continue;
            }
            let mut going = giving(self.worth_next_door(rep, received, low)).peekable();
            if going.peek().is_none() {
                continue;
            }
            let nearest = self.nearest(rep, place, |_| true);
            let beside_nearest = self.valuation(rep, received, low, nearest);
            for &offer in going {
                let own = &self.offer(offer).account.id;
                let worth = match nearest {
                    Some((entry, _)) if entry.account == *own => {
                        let second = self.nearest(rep, place, |entry| entry.account != *own);
                        self.valuation(rep, received, low, second)
                    }
                    _ => beside_nearest,
                };
                let side = Side::new(given[offer], worth, self.policy.scores.handover_minutes);
                if side.gain.0 < self.looser.gain_minutes
                    || !self.broken_by_side_within(offer, received, &side, &self.looser).is_empty()
                {
                    continue;
                }
                let mut broken = self.broken_by_side_within(offer, received, &side, &self.limits);
                broken.extend(missing);
                broken.dedup();
                if broken.len() < 2 {
                    found.push(PossibleArc {
                        given: offer as u32,
                        received: received as u32,
                        gain: side.gain,
                        load_change: self.changes(offer, received, &side).minutes,
                        missing: broken.first().copied(),
                    });
                }
            }
        }
        found
    }

    /// The swap that an arc and the one back make, with the one rule whose step is missing, if that is one.
    fn swap(&self, from: &[&[PossibleArc]], arc: &PossibleArc) -> Option<(PossibleMove, Option<Rule>)> {
        let there = from[arc.received as usize];
        let both = [*arc, there[there.binary_search_by_key(&arc.given, |back| back.received).ok()?]];
        let mut missing: Vec<Rule> = both.iter().filter_map(|arc| arc.missing).collect();
        missing.dedup();
        let (offers, gains) = (both.map(|arc| arc.given as usize), both.map(|arc| arc.gain));
        let points = self.points(&offers, &gains);
        let one = PossibleMove { offers, gains, points, changes: both.map(|arc| self.changes_of(&arc)) };
        (points > Points::ZERO && missing.len() < 2).then(|| (one, missing.first().copied()))
    }

    fn changes_of(&self, arc: &PossibleArc) -> Changes {
        let [out, into] = [arc.given, arc.received].map(|offer| &self.offer(offer as usize).account);
        let cents = |offer: u32| self.money_of[offer as usize];
        let abusive = |account: &Account| i64::from(harshness(&account.traits) > 0);
        Changes {
            cents: cents(arc.received) - cents(arc.given),
            minutes: arc.load_change,
            abusive: abusive(into) - abusive(out),
        }
    }

    /// Whether the gain would suffice if what is received were worth `most`, which holds where no rate is negative.
    fn may_gain(&self, given: &Valuation, most: i64) -> bool {
        let scores = &self.policy.scores;
        let rates = &scores.geography;
        let all = [
            rates.outside_territory_minutes,
            rates.other_country_minutes,
            rates.time_zone_hour_minutes,
            rates.island_100_km_minutes,
        ];
        let never_helps = all.iter().all(|rate| rate.0 >= 0) && scores.travel.overnight_minutes.0 >= 0;
        !never_helps || most - given.value().0 - scores.handover_minutes.0 >= self.looser.gain_minutes
    }

    /// What stars are worth.
    fn rapport_minutes(&self, stars: Stars) -> i64 {
        rounded(i128::from(self.policy.scores.star_minutes.0) * i128::from(stars.hundredths()), 100)
    }

    /// The cap of each rep: what they or the policy ask, and no more than are safe together for ledger, hours and
    /// exposure, whichever they are.
    pub(in crate::engine::check) fn caps(&self, possible: &Possible) -> Vec<usize> {
        let mut worst: Vec<Option<[i64; 4]>> = vec![None; self.market.offers.len()];
        let mut take_in = |offer: usize, changes: Changes| {
            let now = [changes.cents, -changes.cents, changes.minutes, changes.abusive];
            let before = worst[offer].unwrap_or([0; 4]);
            worst[offer] = Some([0, 1, 2, 3].map(|limit| before[limit].max(now[limit])));
        };
        if self.policy.plan.max_ring == MaxRing::Two {
            for one in &possible.moves {
                take_in(one.offers[0], one.changes[0]);
                take_in(one.offers[1], one.changes[1]);
            }
        } else {
            possible.arcs.iter().for_each(|arc| take_in(arc.given as usize, self.changes_of(arc)));
        }
        (0..self.market.reps.len()).map(|rep| self.cap(&worst, rep)).collect()
    }

    fn cap(&self, worst: &[Option<[i64; 4]>], rep: usize) -> usize {
        let trader = self.trader(rep);
        let ledger_limit = self.policy.rules.ledger_limit_cents.0;
        let [most, least] = self.balances(rep);
        let room = [
            Some(ledger_limit - most),
            Some(ledger_limit + least),
            self.spare[rep],
            Some(i64::from(trader.rep.abusive_accounts_cap) - i64::from(trader.abusive_accounts)),
        ];
        let movable: Vec<[i64; 4]> = self.offers_of[rep].iter().filter_map(|&offer| worst[offer]).collect();
        let asked = trader.rep.max_moves_per_run.or(self.policy.rules.max_moves_per_rep);
        let terms = &self.policy.plan;
        let asked = match (terms.max_ring, terms.objective) {
            (MaxRing::Unlimited, _) | (_, Objective::WorstGainFirst) => Some(asked.map_or(1, |asked| asked.min(1))),
            _ => asked,
        };
        let mut cap = asked.map_or(movable.len(), |asked| movable.len().min(asked as usize));
        for (limit, room) in room.into_iter().enumerate().filter_map(|(limit, room)| Some((limit, room?))) {
            let mut taken: Vec<i64> = movable.iter().map(|worst| worst[limit]).collect();
            taken.sort_unstable();
            taken.reverse();
            while cap > 0 && taken[..cap].iter().sum::<i64>() > room.max(0) {
                cap -= 1;
            }
        }
        cap
    }

    /// How many chances an offer has: offers of those within whose reach it lies, of everybody where that is nobody.
    pub(in crate::engine::check) fn chances(&self, possible: &Possible, offer: usize) -> usize {
        let mut within = possible.within[offer].iter().filter(|within| within.missing != Some(Rule::TooFar)).peekable();
        if within.peek().is_none() {
            self.market.offers.len() - self.offers_of[self.owner[offer]].len()
        } else {
            within.map(|within| self.offers_of[within.rep as usize].len()).sum()
        }
    }

    /// How many parts with a possible move the market falls into.
    pub(in crate::engine::check) fn components(&self, possible: &Possible) -> usize {
        let mut parts: Vec<usize> = self
            .joined(possible)
            .flatten()
            .map({
                let part_of = self.parts(possible);
                move |offer| part_of[self.owner[offer]]
            })
            .collect();
        parts.sort_unstable();
        parts.dedup();
        parts.len()
    }

    /// The part of each rep, by the number of one of its reps: reps are joined by possible swaps, or by arcs where rings
    /// are allowed.
    pub(in crate::engine::check) fn parts(&self, possible: &Possible) -> Vec<usize> {
        let mut parent: Vec<usize> = (0..self.market.reps.len()).collect();
        for offers in self.joined(possible) {
            let [a, b] = offers.map(|offer| root(&mut parent, self.owner[offer]));
            parent[a.max(b)] = a.min(b);
        }
        (0..parent.len()).map(|rep| root(&mut parent, rep)).collect()
    }

    /// The offers that stand in one possible move, two by two.
    fn joined<'p>(&self, possible: &'p Possible) -> Box<dyn Iterator<Item = [usize; 2]> + 'p> {
        match self.policy.plan.max_ring {
            MaxRing::Two => Box::new(possible.moves.iter().map(|one| one.offers)),
            _ => Box::new(possible.arcs.iter().map(|arc| [arc.given as usize, arc.received as usize])),
        }
    }
}

impl Possible {
    /// How many candidates there are.
    pub(in crate::engine::check) fn candidates(&self) -> usize {
        self.within.iter().flatten().filter(|within| within.missing.is_none()).count()
    }
}

/// The arcs from each offer, of all by the account given.
fn arcs_of_each(arcs: &[PossibleArc], offers: usize) -> Vec<&[PossibleArc]> {
    let mut left = arcs;
    let of = |offer| {
        let (here, others) = left.split_at(left.partition_point(|arc| arc.given as usize == offer));
        left = others;
        here
    };
    (0..offers).map(of).collect()
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}
