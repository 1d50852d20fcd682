//! The market counted again, by other means than the plan's.
//!
//! In go a market and a policy; out come the hard rules a move breaks, both sides of it, every possible move, what one step
//! of a rule would make possible, and the cap of each rep.
//! Holds: no code is shared with what makes a plan, but for the domain's driving times. Where the plan searches an index
//! and keeps two neighbours, this looks at every rep for every offer and at the whole book for every pair.
//! Costs: a dot product for every rep and offer, then a pass over both books for every pair of offers that lie within
//! each other's reach.
//! Deliberately absent: a second opinion on the formulas. They are those of the product, written out twice.

use super::super::{
    market::{BookEntry, Market, Offer, PairHistory, Trader},
    plan::Rule,
};
use crate::domain::{
    ids::AccountId,
    policy::{MaxRing, Objective, Policy},
    proposal::{Side, Valuation},
    roster::{Account, Trait},
    travel::{straight_line, straight_line_minutes, straight_line_reach_km},
    units::{Minutes, Place, Points, Stars},
};
use chrono::{NaiveDateTime, Offset as _, TimeZone as _};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Cosines closer than this are compared by exact distance.
const COSINE_DOUBT: f64 = 1e-12;

/// The market counted again.
pub(super) struct Recount<'m> {
    market: &'m Market,
    policy: &'m Policy,
    /// The owner of each offer.
    pub owner: Vec<usize>,
    /// The offers of each rep, ascending.
    pub offers_of: Vec<Vec<usize>>,
    /// Each book, with each of its accounts on the unit sphere.
    books: Vec<Vec<(&'m BookEntry, [f64; 3])>>,
    /// What has been with each offer, by rep.
    pasts: Vec<Vec<(usize, &'m PairHistory)>>,
    /// Minutes left of each rep's capacity.
    spare: Vec<Option<i64>>,
    /// The limits as they stand.
    limits: Limits,
    /// The limits with every step of the policy taken.
    looser: Limits,
}

/// The limits that have a step.
#[derive(Clone, Copy)]
struct Limits {
    gain_minutes: i64,
    gap_cents: i64,
    gap_percent: i64,
    ledger_cents: i64,
    extra_drive_minutes: i64,
    extra_hours: i64,
    cool_down_days: i64,
    former_owner_days: i64,
}

/// A rep within whose reach an offer lies, or would if the limit of driving were a step looser.
pub(super) struct Within {
    rep: u32,
    /// The pessimistic end of their rapport, absent where hard rules keep the account from the rep beyond a step of one.
    low: Option<Stars>,
    /// The one rule whose step is missing.
    missing: Option<Rule>,
}

/// Everything possible in the market.
pub(super) struct Possible {
    /// Who is within reach of each offer, by rep.
    pub within: Vec<Vec<Within>>,
    /// What may be received for what, by the account given, then by the one received.
    pub arcs: Vec<PossibleArc>,
    /// The swaps that break no rule and have points, by offers, the smaller first.
    pub moves: Vec<PossibleMove>,
    /// For each offer and each rule, how many more swaps of it there would be if that rule alone were a step looser.
    pub opened: Vec<BTreeMap<Rule, u32>>,
}

/// That the owner of one account may receive another for it.
#[derive(Clone, Copy)]
pub(super) struct PossibleArc {
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
pub(super) struct PossibleMove {
    /// The two offers, ascending.
    pub offers: [usize; 2],
    /// What their owners gain.
    pub gains: [Minutes; 2],
    /// What it is worth.
    pub points: Points,
    /// What it does to the owners of the two.
    changes: [Changes; 2],
}

/// What a move takes from a rep's limits.
#[derive(Clone, Copy)]
struct Changes {
    cents: i64,
    minutes: i64,
    abusive: i64,
}

impl<'m> Recount<'m> {
    pub(super) fn new(market: &'m Market, policy: &'m Policy) -> Self {
        let owner: Vec<usize> = market
            .offers
            .iter()
            .map(|offer| market.rep_index(&offer.account.owner).expect("a market's offers have their owners in it"))
            .collect();
        let mut offers_of = vec![Vec::new(); market.reps.len()];
        for (offer, &rep) in owner.iter().enumerate() {
            offers_of[rep].push(offer);
        }
        let mut books = vec![Vec::new(); market.reps.len()];
        for entry in &market.books {
            books[entry.rep as usize].push((entry, entry.place.unit_vector()));
        }
        let mut pasts = vec![Vec::new(); market.offers.len()];
        for pair in &market.histories {
            if let (Some(offer), Some(rep)) = (market.offer_index(&pair.account), market.rep_index(&pair.rep)) {
                pasts[offer].push((rep, pair));
            }
        }
        let (rules, steps) = (&policy.rules, &policy.steps);
        let no_loss = if policy.plan.objective == Objective::WorstGainFirst { 0 } else { i64::MIN };
        let limits = Limits {
            gain_minutes: rules.min_gain_minutes.0.max(no_loss),
            gap_cents: rules.commission_gap_cents.0,
            gap_percent: rules.commission_gap_percent,
            ledger_cents: rules.ledger_limit_cents.0,
            extra_drive_minutes: 0,
            extra_hours: 0,
            cool_down_days: rules.cool_down_days,
            former_owner_days: rules.former_owner_days,
        };
        let looser = Limits {
            gain_minutes: (rules.min_gain_minutes.0 - steps.min_gain_minutes.0).max(no_loss),
            gap_cents: limits.gap_cents + steps.commission_gap_cents.0,
            gap_percent: limits.gap_percent + steps.commission_gap_percent,
            ledger_cents: limits.ledger_cents + steps.ledger_limit_cents.0,
            extra_drive_minutes: steps.max_one_way_minutes.0,
            extra_hours: steps.capacity_hours,
            cool_down_days: limits.cool_down_days - steps.cool_down_days,
            former_owner_days: limits.former_owner_days - steps.former_owner_days,
        };
        let mut recount = Self { market, policy, owner, offers_of, books, pasts, spare: Vec::new(), limits, looser };
        recount.spare = (0..market.reps.len()).map(|rep| recount.spare_minutes(rep)).collect();
        recount
    }

    fn offer(&self, offer: usize) -> &'m Offer {
        &self.market.offers[offer]
    }

    fn trader(&self, rep: usize) -> &'m Trader {
        &self.market.reps[rep]
    }

    fn past(&self, offer: usize, rep: usize) -> Option<&'m PairHistory> {
        self.pasts[offer].iter().find(|(who, _)| *who == rep).map(|&(_, pair)| pair)
    }

    // --- one account and one rep ---

    fn longest_drive(&self, rep: usize, limits: &Limits) -> f64 {
        let own = self.trader(rep).rep.max_one_way_minutes;
        let own = own.unwrap_or(self.policy.scores.travel.max_one_way_minutes);
        (own.0 + limits.extra_drive_minutes) as f64
    }

    fn one_way(&self, rep: usize, offer: usize) -> f64 {
        straight_line(self.trader(rep).rep.base, self.offer(offer).account.place).minutes
    }

    /// The rules that keep an offer from a rep.
    pub(super) fn broken_by_receipt(&self, offer: usize, rep: usize) -> Vec<Rule> {
        let mut broken = Vec::new();
        if self.one_way(rep, offer) > self.longest_drive(rep, &self.limits) {
            broken.push(Rule::TooFar);
        }
        broken.extend(self.broken_within_reach(offer, rep, &self.limits));
        broken
    }

    fn broken_within_reach(&self, offer: usize, rep: usize, limits: &Limits) -> Vec<Rule> {
        let (item, who) = (self.offer(offer), &self.trader(rep).rep);
        let (account, today) = (&item.account, self.market.business_date);
        let mut broken = Vec::new();
        let mut fails = |rule, so| {
            if so {
                broken.push(rule);
            }
        };
        if account.language_required
            && let Some(language) = &account.language
        {
            fails(Rule::LanguageMissing, !who.languages.contains(language));
        }
        fails(Rule::LicenceMissing, account.licences_required.iter().any(|licence| !who.licences.contains(licence)));
        if account.industry_required
            && let Some(industry) = &account.industry
        {
            fails(Rule::IndustryMissing, !who.industries.contains(industry));
        }
        fails(Rule::Frozen, item.frozen);
        if let Some(moved) = item.last_moved_on {
            fails(Rule::CoolDown, today.signed_duration_since(moved).num_days() < limits.cool_down_days);
        }
        if let Some(until) = self.past(offer, rep).and_then(|pair| pair.owned_until) {
            fails(Rule::FormerOwner, today.signed_duration_since(until).num_days() < limits.former_owner_days);
        }
        fails(Rule::ForbiddenPair, self.market.is_forbidden(&who.id, &account.id));
        fails(Rule::ConflictOfInterest, account.conflicts.iter().any(|one| *one == who.id));
        let abusive = account.traits.contains(&Trait::Abusive);
        fails(Rule::AbuseNotOptedIn, abusive && !who.tolerances.contains(&Trait::Abusive));
        fails(Rule::FamilyParted, !self.policy.rules.families_may_part && item.has_family_in_book);
        fails(Rule::NotPresent, who.leaves_on.is_some() || !who.is_present(today));
        broken
    }

    // --- values ---

    /// The account of a book nearest to a place among those that `count`, and how many metres it is away.
    fn nearest(&self, rep: usize, place: Place, counts: impl Fn(&BookEntry) -> bool) -> Option<(&'m AccountId, f64)> {
        let here = place.unit_vector();
        let (mut best_cosine, mut best) = (f64::NEG_INFINITY, None);
        for &(entry, ref there) in &self.books[rep] {
            let cosine = cosine(&here, there);
            if cosine < best_cosine - COSINE_DOUBT || !counts(entry) {
                continue;
            }
            best_cosine = best_cosine.max(cosine);
            let metres = place.great_circle_metres(entry.place);
            if best.is_none_or(|(_, least)| metres < least) {
                best = Some((&entry.account, metres));
            }
        }
        best
    }

    fn travel_minutes(&self, visits: u32, one_way: f64, neighbour_metres: Option<f64>) -> i64 {
        let rates = &self.policy.scores.travel;
        let there_and_back = 2.0 * one_way;
        let mut each = there_and_back;
        if let Some(metres) = neighbour_metres {
            let c = f64::from(u32::max(1, rates.visits_per_field_day));
            let detour = straight_line_minutes(metres / 1000.0);
            each = each.min(there_and_back / c + (1.0 - 1.0 / c) * 2.0 * detour);
        }
        let mut minutes = (f64::from(visits) * each).round() as i64;
        if one_way > rates.overnight_beyond_one_way_minutes.0 as f64 {
            minutes += i64::from(visits) * rates.overnight_minutes.0;
        }
        minutes
    }

    fn geography_minutes(&self, rep: usize, offer: usize, neighbour_metres: Option<f64>) -> i64 {
        let rates = &self.policy.scores.geography;
        let (who, account) = (&self.trader(rep).rep, &self.offer(offer).account);
        let mut minutes = 0;
        if let Some(region) = &account.region
            && !who.territory.is_empty()
            && !who.territory.contains(region)
        {
            minutes += rates.outside_territory_minutes.0;
        }
        if account.country != who.country {
            minutes += rates.other_country_minutes.0;
        }
        if let (Some(here), Some(there)) = (who.time_zone, account.time_zone)
            && let Some(noon) = self.market.business_date.and_hms_opt(12, 0, 0)
        {
            let east = |zone: chrono_tz::Tz, at: &NaiveDateTime| {
                i64::from(zone.offset_from_utc_datetime(at).fix().local_minus_utc())
            };
            let seconds = (east(here, &noon) - east(there, &noon)).abs();
            minutes += rounded(i128::from(seconds) * i128::from(rates.time_zone_hour_minutes.0), 3600);
        }
        if neighbour_metres.is_some_and(|metres| metres > rates.island_beyond_metres.0 as f64) {
            minutes += rates.island_minutes.0;
        }
        minutes
    }

    /// The pessimistic end of what may be expected of a rep and an offer, in hundredths of a star.
    fn predicted_low_hundredths(&self, rep: usize, offer: usize) -> i64 {
        let rates = &self.policy.scores.rapport;
        let (who, account) = (&self.trader(rep).rep, &self.offer(offer).account);
        let (mut comparisons, mut declared) = (0_i64, rates.average_hundredths);
        if let (Some(a), Some(b)) = (who.style, account.style) {
            comparisons += 1;
            declared += if a == b { rates.style_match_hundredths } else { -rates.style_mismatch_hundredths };
        }
        if let Some(language) = &account.language {
            comparisons += 1;
            declared += match who.languages.contains(language) {
                true => rates.language_shared_hundredths,
                false => -rates.language_foreign_hundredths,
            };
        }
        if let Some(industry) = &account.industry {
            comparisons += 1;
            declared += i64::from(who.industries.contains(industry)) * rates.industry_known_hundredths;
        }
        for hard in &account.traits {
            comparisons += 1;
            declared += match who.tolerances.contains(hard) {
                true => rates.tolerance_hundredths,
                false => -rates.intolerance_hundredths,
            };
        }
        let past = self.past(offer, rep);
        let (ratings, rated) = past.map_or((0, 0), |pair| (i64::from(pair.ratings), pair.rated_hundredths));
        let (prior, per_rating) = (rates.prior_observations, rates.rating_observations);
        let weight = prior + comparisons + per_rating * ratings;
        let widest = rates.widest_half_interval_hundredths;
        if weight <= 0 {
            return rates.average_hundredths - widest;
        }
        let sum = i128::from(prior) * i128::from(rates.average_hundredths)
            + i128::from(comparisons) * i128::from(declared)
            + i128::from(per_rating) * i128::from(rated);
        rounded(sum, weight) - rounded(i128::from(widest) * i128::from(prior), weight)
    }

    fn valuation(&self, rep: usize, offer: usize, stars: Stars, neighbour_metres: Option<f64>) -> Valuation {
        let one_way = self.one_way(rep, offer);
        let rapport = i128::from(self.policy.scores.star_minutes.0) * i128::from(stars.hundredths());
        Valuation {
            stars,
            rapport_minutes: Minutes(rounded(rapport, 100)),
            travel_minutes: Minutes(self.travel_minutes(
                self.offer(offer).account.visits_a_year,
                one_way,
                neighbour_metres,
            )),
            geography_minutes: Minutes(self.geography_minutes(rep, offer, neighbour_metres)),
            one_way_minutes: Minutes(one_way.round() as i64),
            travel_estimated: true,
        }
    }

    /// What the owner of `given` gets out of swapping it for `received`.
    pub(super) fn side(&self, given: usize, received: usize) -> Side {
        let low = Stars::clamped(self.predicted_low_hundredths(self.owner[given], received));
        Side::new(self.given(given), self.received(given, received, low), self.policy.scores.handover_minutes)
    }

    fn given(&self, given: usize) -> Valuation {
        let (rep, item) = (self.owner[given], self.offer(given));
        let own = item.stars.hundredths() + self.policy.scores.rapport.own_half_interval_hundredths;
        let nearest = self.nearest(rep, item.account.place, |entry| entry.account != item.account.id);
        self.valuation(rep, given, Stars::clamped(own), nearest.map(|(_, metres)| metres))
    }

    fn received(&self, given: usize, received: usize, low: Stars) -> Valuation {
        let (rep, going) = (self.owner[given], &self.offer(given).account.id);
        let nearest = self.nearest(rep, self.offer(received).account.place, |entry| entry.account != *going);
        self.valuation(rep, received, low, nearest.map(|(_, metres)| metres))
    }

    // --- two accounts ---

    /// The points of a move of offers whose owners have these gains.
    pub(super) fn points(&self, offers: &[usize], gains: &[Minutes]) -> Points {
        let rates = &self.policy.points;
        let nights: i64 = offers.iter().map(|&offer| i64::from(self.offer(offer).nights_waited)).sum();
        let sum: i64 = gains.iter().map(|gain| gain.0).sum();
        let spread = gains.iter().max().map_or(0, |most| most.0) - gains.iter().min().map_or(0, |least| least.0);
        let unfairness = (spread * rates.unfairness_percent).div_euclid(100);
        Points(sum - unfairness + rates.ageing_points_a_night.0 * nights)
    }

    fn changes(&self, given: usize, received: usize, side: &Side) -> Changes {
        let (out, into) = (&self.offer(given).account, &self.offer(received).account);
        let visits = |visits: u32, minutes: u32| i64::from(visits) * i64::from(minutes);
        let abusive = |traits: &BTreeSet<Trait>| i64::from(traits.contains(&Trait::Abusive));
        Changes {
            cents: into.annual_commission_cents.0 - out.annual_commission_cents.0,
            minutes: visits(into.visits_a_year, into.visit_minutes) + side.received.travel_minutes.0
                - visits(out.visits_a_year, out.visit_minutes)
                - side.given.travel_minutes.0,
            abusive: abusive(&into.traits) - abusive(&out.traits),
        }
    }

    /// The rules about both accounts at once that the owner of `given` meets by swapping it for `received`.
    pub(super) fn broken_by_side(&self, given: usize, received: usize, side: &Side) -> Vec<Rule> {
        self.broken_by_side_within(given, received, side, &self.limits)
    }

    fn broken_by_side_within(&self, given: usize, received: usize, side: &Side, limits: &Limits) -> Vec<Rule> {
        let rep = self.owner[given];
        let trader = self.trader(rep);
        let changes = self.changes(given, received, side);
        let mut broken = Vec::new();
        if side.gain.0 < limits.gain_minutes {
            broken.push(Rule::GainTooSmall);
        }
        let commissions = [given, received].map(|offer| self.offer(offer).account.annual_commission_cents.0);
        let gap = commissions[0].abs_diff(commissions[1]) as i64;
        if gap > limits.gap_cents || gap * 100 > limits.gap_percent * commissions[0].max(commissions[1]) {
            broken.push(Rule::CommissionGap);
        }
        if (trader.ledger_cents.0 + changes.cents).abs() > limits.ledger_cents {
            broken.push(Rule::LedgerLimit);
        }
        if self.spare[rep].is_some_and(|spare| changes.minutes > (spare + 60 * limits.extra_hours).max(0)) {
            broken.push(Rule::OverCapacity);
        }
        let held = i64::from(trader.abusive_accounts) + changes.abusive;
        if self.offer(received).account.traits.contains(&Trait::Abusive)
            && held > i64::from(trader.rep.abusive_accounts_cap)
        {
            broken.push(Rule::ExposureCap);
        }
        broken
    }

    fn spare_minutes(&self, rep: usize) -> Option<i64> {
        let hours = self.trader(rep).rep.capacity_hours_a_year?;
        let base = self.trader(rep).rep.base;
        let load = |entry: &BookEntry| {
            let nearest = self.nearest(rep, entry.place, |other| other.account != entry.account);
            let one_way = straight_line(base, entry.place).minutes;
            i64::from(entry.visits_a_year) * i64::from(entry.visit_minutes)
                + self.travel_minutes(entry.visits_a_year, one_way, nearest.map(|(_, metres)| metres))
        };
        Some(60 * i64::from(hours) - self.books[rep].iter().map(|(entry, _)| load(entry)).sum::<i64>())
    }

    // --- the whole market ---

    /// Finds everything possible by looking at every rep for every offer.
    pub(super) fn possible(&self) -> Possible {
        let reach: Vec<([f64; 3], f64, f64)> = (0..self.market.reps.len())
            .map(|rep| {
                let limit = self.longest_drive(rep, &self.looser);
                let angle = straight_line_reach_km(limit) * 1000.0 / Place::EARTH_RADIUS_METRES;
                let least_cosine = angle.min(std::f64::consts::PI).cos() - 1e-9;
                (self.trader(rep).rep.base.unit_vector(), least_cosine, limit)
            })
            .collect();
        let within: Vec<Vec<Within>> =
            (0..self.market.offers.len()).into_par_iter().map(|offer| self.within(&reach, offer)).collect();
        let given: Vec<Valuation> =
            (0..self.market.offers.len()).into_par_iter().map(|offer| self.given(offer)).collect();
        let received = (0..within.len()).into_par_iter();
        let mut arcs: Vec<PossibleArc> =
            received.flat_map_iter(|received| self.arcs_into(&within[received], &given, received)).collect();
        arcs.par_sort_unstable_by_key(|arc| (arc.given, arc.received));
        let mut possible = Possible { opened: vec![BTreeMap::new(); within.len()], within, arcs, moves: Vec::new() };
        let swaps = possible.arcs.par_iter().filter(|arc| arc.given < arc.received);
        let swaps: Vec<(PossibleMove, Option<Rule>)> = swaps.filter_map(|arc| self.swap(&possible.arcs, arc)).collect();
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

    fn within(&self, reach: &[([f64; 3], f64, f64)], offer: usize) -> Vec<Within> {
        let there = self.offer(offer).account.place.unit_vector();
        let near =
            reach.iter().enumerate().filter(|(_, (base, least_cosine, _))| cosine(base, &there) >= *least_cosine);
        near.filter(|&(rep, (_, _, limit))| rep != self.owner[offer] && self.one_way(rep, offer) <= *limit)
            .filter_map(|(rep, _)| self.within_reach_of(offer, rep))
            .collect()
    }

    /// A rep whose limit of driving keeps an offer with its step, if not without; absent where more than that step is
    /// missing.
    fn within_reach_of(&self, offer: usize, rep: usize) -> Option<Within> {
        let is_far = self.one_way(rep, offer) > self.longest_drive(rep, &self.limits);
        let mut broken = self.broken_within_reach(offer, rep, &self.limits);
        let still_broken = self.broken_within_reach(offer, rep, &self.looser);
        broken.extend(is_far.then_some(Rule::TooFar));
        let low = (still_broken.is_empty() && broken.len() < 2)
            .then(|| Stars::clamped(self.predicted_low_hundredths(rep, offer)));
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
            let mut going = self.offers_of[rep].iter().filter(|&&offer| self.may_gain(&given[offer], low)).peekable();
            let nearest = going.peek().and_then(|_| self.nearest(rep, place, |_| true));
            let beside = nearest.map(|(_, metres)| metres);
            for &offer in going {
                let own = &self.offer(offer).account.id;
                let metres = match nearest {
                    Some((account, _)) if account == own => {
                        self.nearest(rep, place, |entry| entry.account != *own).map(|(_, metres)| metres)
                    }
                    _ => beside,
                };
                let worth = self.valuation(rep, received, low, metres);
                let side = Side::new(given[offer], worth, self.policy.scores.handover_minutes);
                let mut broken = self.broken_by_side_within(offer, received, &side, &self.limits);
                let still_broken = self.broken_by_side_within(offer, received, &side, &self.looser);
                broken.extend(missing);
                broken.dedup();
                if still_broken.is_empty() && broken.len() < 2 {
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
    fn swap(&self, arcs: &[PossibleArc], arc: &PossibleArc) -> Option<(PossibleMove, Option<Rule>)> {
        let back = arcs.binary_search_by_key(&(arc.received, arc.given), |arc| (arc.given, arc.received));
        let both = [*arc, arcs[back.ok()?]];
        let mut missing: Vec<Rule> = both.iter().filter_map(|arc| arc.missing).collect();
        missing.dedup();
        let (offers, gains) = (both.map(|arc| arc.given as usize), both.map(|arc| arc.gain));
        let points = self.points(&offers, &gains);
        let one = PossibleMove { offers, gains, points, changes: both.map(|arc| self.changes_of(&arc)) };
        (points > Points::ZERO && missing.len() < 2).then(|| (one, missing.first().copied()))
    }

    fn changes_of(&self, arc: &PossibleArc) -> Changes {
        let [out, into] = [arc.given, arc.received].map(|offer| &self.offer(offer as usize).account);
        let abusive = |account: &Account| i64::from(account.traits.contains(&Trait::Abusive));
        Changes {
            cents: into.annual_commission_cents.0 - out.annual_commission_cents.0,
            minutes: arc.load_change,
            abusive: abusive(into) - abusive(out),
        }
    }

    /// Whether the gain would suffice if what is received were next door and at no cost of geography.
    fn may_gain(&self, given: &Valuation, low: Stars) -> bool {
        let scores = &self.policy.scores;
        let rates = &scores.geography;
        let all = [
            rates.outside_territory_minutes,
            rates.other_country_minutes,
            rates.time_zone_hour_minutes,
            rates.island_minutes,
        ];
        let never_helps = all.iter().all(|rate| rate.0 >= 0) && scores.travel.overnight_minutes.0 >= 0;
        let rapport = Minutes(rounded(i128::from(scores.star_minutes.0) * i128::from(low.hundredths()), 100));
        let most = rapport - given.value() - scores.handover_minutes;
        !never_helps || most.0 >= self.looser.gain_minutes
    }

    /// The cap of each rep: what they or the policy ask, and no more than are safe together for ledger, hours and
    /// exposure, whichever they are.
    pub(super) fn caps(&self, possible: &Possible) -> Vec<usize> {
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
        let room = [
            Some(ledger_limit - trader.ledger_cents.0),
            Some(ledger_limit + trader.ledger_cents.0),
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
    pub(super) fn chances(&self, possible: &Possible, offer: usize) -> usize {
        let mut within = possible.within[offer].iter().filter(|within| within.missing != Some(Rule::TooFar)).peekable();
        if within.peek().is_none() {
            self.market.offers.len() - self.offers_of[self.owner[offer]].len()
        } else {
            within.map(|within| self.offers_of[within.rep as usize].len()).sum()
        }
    }

    /// How many parts with a possible move the market falls into.
    pub(super) fn components(&self, possible: &Possible) -> usize {
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
    pub(super) fn parts(&self, possible: &Possible) -> Vec<usize> {
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
    pub(super) fn candidates(&self) -> usize {
        self.within.iter().flatten().filter(|within| within.missing.is_none()).count()
    }
}

fn root(parent: &mut [usize], mut node: usize) -> usize {
    while parent[node] != node {
        parent[node] = parent[parent[node]];
        node = parent[node];
    }
    node
}

fn cosine(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

/// The nearest whole number to a fraction, halves up.
fn rounded(numerator: i128, denominator: i64) -> i64 {
    let denominator = i128::from(denominator);
    let twice = (2 * numerator + denominator).div_euclid(2 * denominator);
    i64::try_from(twice).unwrap_or(if twice > 0 { i64::MAX } else { i64::MIN })
}
