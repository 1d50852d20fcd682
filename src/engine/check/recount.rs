//! The market counted again, by other means than the plan's.
//!
//! In go a market and a policy; out come the hard rules a move breaks and each side of it, and from `possible` everything
//! possible in the market.
//! Holds: no code is shared with what makes a plan, but for the domain's driving times. Where the plan searches an index,
//! this looks at every rep for every offer.
//! Costs: constant for a rule, a pass over the book for a side.
//! Deliberately absent: a second opinion on the formulas. They are those of the product, written out twice.

mod money;
mod possible;

pub(super) use self::possible::Possible;

use super::super::{
    market::{BookEntry, Market, Offer, PairHistory, Trader},
    plan::Rule,
};
use crate::domain::{
    ids::AccountId,
    policy::{MaxRing, Objective, Policy},
    proposal::{Geography, Side, Valuation},
    roster::Trait,
    travel::{straight_line, straight_line_minutes},
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
    /// What sources have told of the way from one place to another, in tenths of a second.
    told: BTreeMap<(Place, Place), Option<u32>>,
    /// The account nearest to each of a book.
    nearest_of_entries: Vec<Vec<Option<&'m AccountId>>>,
    /// Minutes left of each rep's capacity.
    spare: Vec<Option<i64>>,
    /// The money that goes with each offer, in cents.
    money_of: Vec<i64>,
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
        let may_lose = match policy.plan.objective {
            Objective::Points => true,
            Objective::SwapsThenPoints => policy.plan.max_ring != MaxRing::Unlimited,
            Objective::WorstGainFirst => false,
        };
        let no_loss = if may_lose { i64::MIN } else { 0 };
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
        let told = market.ways.iter().map(|one| ((one.from, one.to), one.deciseconds)).collect();
        let mut recount = Self {
            market,
            policy,
            owner,
            offers_of,
            books,
            pasts,
            told,
            nearest_of_entries: Vec::new(),
            spare: Vec::new(),
            money_of: Vec::new(),
            limits,
            looser,
        };
        recount.nearest_of_entries =
            (0..market.reps.len()).into_par_iter().map(|rep| recount.nearest_of_all(rep)).collect();
        recount.money_of = (0..market.offers.len()).map(|offer| recount.cents_with(offer)).collect();
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

    /// Minutes from a rep's base to an offer; infinite where a source has told that there is no way there or back.
    fn one_way(&self, rep: usize, offer: usize) -> f64 {
        let (base, place) = (self.trader(rep).rep.base, self.offer(offer).account.place);
        match self.measured(base, place) {
            Measured::Both(there, _) => there,
            Measured::Barred => f64::INFINITY,
            Measured::Not => straight_line(base, place).minutes,
        }
    }

    /// What sources have told of the way between two places and back, in minutes.
    fn measured(&self, from: Place, to: Place) -> Measured {
        let told = |from, to| self.told.get(&(from, to)).copied();
        match (told(from, to), told(to, from)) {
            (Some(Some(there)), Some(Some(back))) => Measured::Both(f64::from(there) / 600.0, f64::from(back) / 600.0),
            (Some(None), _) | (_, Some(None)) => Measured::Barred,
            _ => Measured::Not,
        }
    }

    /// Minutes there, minutes back and whether they are the straight line's, which `metres` long.
    fn journey(&self, from: Place, to: Place, metres: f64) -> (f64, f64, bool) {
        match self.measured(from, to) {
            Measured::Both(there, back) => (there, back, false),
            Measured::Barred | Measured::Not => {
                let minutes = straight_line_minutes(metres / 1000.0);
                (minutes, minutes, true)
            }
        }
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
        if let Some(most) = self.policy.rules.max_swaps_per_account_a_year {
            fails(Rule::SwappedOften, item.swaps_in_a_year >= most);
        }
        if let Some(until) = self.past(offer, rep).and_then(|pair| pair.owned_until) {
            fails(Rule::FormerOwner, today.signed_duration_since(until).num_days() < limits.former_owner_days);
        }
        fails(Rule::ForbiddenPair, self.market.is_forbidden(&who.id, &account.id));
        fails(Rule::ConflictOfInterest, account.conflicts.iter().any(|one| *one == who.id));
        fails(Rule::AbuseNotOptedIn, harshness(&account.traits) > harshness(&who.tolerances));
        fails(Rule::FamilyParted, !self.policy.rules.families_may_part && item.has_family_in_book);
        if let Some(restraint) = self.market.restraints.get(&who.id) {
            let minutes = self.one_way(rep, offer);
            let is_far = |below: Minutes| !minutes.is_finite() || minutes.round() as i64 >= below.0;
            let is_declined = restraint.accounts.iter().any(|declined| *declined == account.id);
            fails(Rule::NotOpen, restraint.rests || is_declined || restraint.one_way_below.is_some_and(is_far));
        }
        fails(Rule::NotPresent, who.leaves_on.is_some() || !who.is_present(today));
        broken
    }

    // --- values ---

    /// The account of a book nearest to a place among those that `count`, and how many metres it is away.
    fn nearest(&self, rep: usize, place: Place, counts: impl Fn(&BookEntry) -> bool) -> Option<(&'m BookEntry, f64)> {
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
                best = Some((entry, metres));
            }
        }
        best
    }

    /// Minutes a year of driving to an account of so many visits of so many minutes at a place, beside the nearest other
    /// account of the book; and whether any of them is an estimate.
    fn travel(
        &self,
        rep: usize,
        place: Place,
        [visits, visit_minutes]: [u32; 2],
        neighbour: Option<(&BookEntry, f64)>,
    ) -> (i64, bool) {
        let base = self.trader(rep).rep.base;
        let (out, home, mut estimated) = self.journey(base, place, base.great_circle_metres(place));
        let detour = neighbour.map(|(entry, metres)| {
            let (over, back, line) = self.journey(entry.place, place, metres);
            estimated |= line;
            (over + back) / 2.0
        });
        (self.a_year([visits, visit_minutes], [out, home], detour), estimated)
    }

    /// Minutes a year of driving out and home, and from next door where there is a neighbour.
    fn a_year(&self, [visits, visit_minutes]: [u32; 2], [out, home]: [f64; 2], detour: Option<f64>) -> i64 {
        let rates = &self.policy.scores.travel;
        let there_and_back = out + home;
        let mut each = there_and_back;
        if let Some(detour) = detour {
            let spare = rates.field_day_minutes.0 as f64 - there_and_back + detour;
            let fits = (spare / f64::max(1.0, f64::from(visit_minutes) + detour)).floor();
            let c = fits.min(f64::from(rates.visits_per_field_day)).max(1.0);
            each = each.min(there_and_back / c + (1.0 - 1.0 / c) * detour);
        }
        let mut minutes = (f64::from(visits) * each).round() as i64;
        if out > rates.overnight_beyond_one_way_minutes.0 as f64 {
            minutes += i64::from(visits) * rates.overnight_minutes.0;
        }
        minutes
    }

    /// The driving to an account of a rep's book, where only the accounts that `count` are its neighbours.
    fn travel_of_entry(&self, rep: usize, entry: &BookEntry, counts: impl Fn(&AccountId) -> bool) -> i64 {
        let nearest = self.nearest(rep, entry.place, |other| other.account != entry.account && counts(&other.account));
        self.travel(rep, entry.place, [entry.visits_a_year, entry.visit_minutes], nearest).0
    }

    /// By how much the driving to the others of the book grows when an offer goes: a second look at those it is nearest to.
    fn left_behind(&self, offer: usize) -> i64 {
        let (rep, own) = (self.owner[offer], &self.offer(offer).account.id);
        let others =
            self.nearest_of_entries[rep].iter().zip(&self.books[rep]).filter(|(nearest, _)| **nearest == Some(own));
        others
            .map(|(_, (entry, _))| {
                self.travel_of_entry(rep, entry, |other| other != own) - self.travel_of_entry(rep, entry, |_| true)
            })
            .sum()
    }

    fn geography(&self, rep: usize, offer: usize, neighbour_metres: Option<f64>) -> Geography {
        let rates = &self.policy.scores.geography;
        let (who, account) = (&self.trader(rep).rep, &self.offer(offer).account);
        let mut terms = Geography::default();
        let mut theirs = who.territory.iter();
        let is_theirs =
            theirs.any(|name| self.offer(offer).territories.contains(name) || account.region.as_ref() == Some(name));
        let can_tell = account.region.is_some() || self.trader(rep).territory_is_drawn;
        if !who.territory.is_empty() && can_tell && !is_theirs {
            terms.outside_territory_minutes = rates.outside_territory_minutes;
        }
        if account.country != who.country {
            terms.other_country_minutes = rates.other_country_minutes;
        }
        if let (Some(here), Some(there)) = (who.time_zone, account.time_zone)
            && let Some(noon) = self.market.business_date.and_hms_opt(12, 0, 0)
        {
            let east = |zone: chrono_tz::Tz, at: &NaiveDateTime| {
                i64::from(zone.offset_from_utc_datetime(at).fix().local_minus_utc())
            };
            let seconds = (east(here, &noon) - east(there, &noon)).abs();
            let minutes = rounded(i128::from(seconds) * i128::from(rates.time_zone_hour_minutes.0), 3600);
            terms.time_zone_minutes = Minutes(minutes);
        }
        let near_enough = rates.island_beyond_metres.0 as f64;
        if let Some(metres) = neighbour_metres
            && metres > near_enough
        {
            let minutes = (metres - near_enough) * rates.island_100_km_minutes.0 as f64 / 100_000.0;
            terms.island_minutes = Minutes(minutes.round() as i64);
        }
        terms
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

    fn valuation(&self, rep: usize, offer: usize, stars: Stars, neighbour: Option<(&BookEntry, f64)>) -> Valuation {
        let account = &self.offer(offer).account;
        let who = &self.trader(rep).rep;
        let base = who.base;
        let is_approximate = who.base_is_approximate
            || account.place_is_approximate
            || neighbour.is_some_and(|(entry, _)| entry.place_is_approximate);
        let (one_way, _, _) = self.journey(base, account.place, base.great_circle_metres(account.place));
        let visits = [account.visits_a_year, account.visit_minutes];
        let (travel, estimated) = self.travel(rep, account.place, visits, neighbour);
        let rapport = i128::from(self.policy.scores.star_minutes.0) * i128::from(stars.hundredths());
        Valuation {
            stars,
            rapport_minutes: Minutes(rounded(rapport, 100)),
            travel_minutes: Minutes(travel),
            left_behind_minutes: Minutes(0),
            geography: self.geography(rep, offer, neighbour.map(|(_, metres)| metres)),
            one_way_minutes: Minutes(one_way.round() as i64),
            travel_estimated: estimated || is_approximate,
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
        let held = self.valuation(rep, given, Stars::clamped(own), nearest);
        let left_behind = Minutes(self.left_behind(given).min(held.travel_minutes.0));
        Valuation { travel_minutes: held.travel_minutes - left_behind, left_behind_minutes: left_behind, ..held }
    }

    fn received(&self, given: usize, received: usize, low: Stars) -> Valuation {
        let (rep, going) = (self.owner[given], &self.offer(given).account.id);
        let nearest = self.nearest(rep, self.offer(received).account.place, |entry| entry.account != *going);
        self.valuation(rep, received, low, nearest)
    }

    // --- two accounts ---

    /// The points of a move of offers whose owners have these gains.
    pub(super) fn points(&self, offers: &[usize], gains: &[Minutes]) -> Points {
        let rates = &self.policy.points;
        let sum: i64 = gains.iter().map(|gain| gain.0).sum();
        let spread = gains.iter().max().map_or(0, |most| most.0) - gains.iter().min().map_or(0, |least| least.0);
        let unfairness = (spread * rates.unfairness_percent).div_euclid(100);
        Points(sum - unfairness) + self.ageing(offers)
    }

    /// How many points a move of offers has for the nights they have waited.
    pub(super) fn ageing(&self, offers: &[usize]) -> Points {
        let rates = &self.policy.points;
        let nights = |offer: usize| self.offer(offer).nights_waited.min(rates.ageing_nights_at_most);
        let counted: i64 = offers.iter().map(|&offer| i64::from(nights(offer))).sum();
        Points(rates.ageing_points_a_night.0 * counted)
    }

    fn changes(&self, given: usize, received: usize, side: &Side) -> Changes {
        let (out, into) = (&self.offer(given).account, &self.offer(received).account);
        let visits = |visits: u32, minutes: u32| i64::from(visits) * i64::from(minutes);
        let abusive = |traits: &BTreeSet<Trait>| i64::from(harshness(traits) > 0);
        Changes {
            cents: self.money_of[received] - self.money_of[given],
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
        let restraint = self.market.restraints.get(&trader.rep.id);
        if restraint.and_then(|restraint| restraint.least_gain).is_some_and(|least| side.gain.0 < least.0) {
            broken.push(Rule::NotOpen);
        }
        let commissions = [given, received].map(|offer| self.offer(offer).account.annual_commission_cents.0);
        let gap = commissions[0].abs_diff(commissions[1]) as i64;
        if gap > limits.gap_cents || gap * 100 > limits.gap_percent * commissions[0].max(commissions[1]) {
            broken.push(Rule::CommissionGap);
        }
        let [most, least] = self.balances(rep);
        if most + changes.cents > limits.ledger_cents || least + changes.cents < -limits.ledger_cents {
            broken.push(Rule::LedgerLimit);
        }
        if self.spare[rep].is_some_and(|spare| changes.minutes > (spare + 60 * limits.extra_hours).max(0)) {
            broken.push(Rule::OverCapacity);
        }
        let held = i64::from(trader.abusive_accounts) + changes.abusive;
        if harshness(&self.offer(received).account.traits) > 0 && held > i64::from(trader.rep.abusive_accounts_cap) {
            broken.push(Rule::ExposureCap);
        }
        broken
    }

    /// The account nearest to each of a rep's book.
    fn nearest_of_all(&self, rep: usize) -> Vec<Option<&'m AccountId>> {
        let nearest = |entry: &BookEntry| self.nearest(rep, entry.place, |other| other.account != entry.account);
        self.books[rep].iter().map(|(entry, _)| nearest(entry).map(|(other, _)| &other.account)).collect()
    }

    fn spare_minutes(&self, rep: usize) -> Option<i64> {
        let hours = self.trader(rep).rep.capacity_hours_a_year?;
        let load = |entry: &BookEntry| {
            i64::from(entry.visits_a_year) * i64::from(entry.visit_minutes) + self.travel_of_entry(rep, entry, |_| true)
        };
        Some(60 * i64::from(hours) - self.books[rep].iter().map(|(entry, _)| load(entry)).sum::<i64>())
    }
}

/// How harsh the abuse is that traits tell of, or the abuse that tolerances bear: 0 none, 3 threats and violence.
fn harshness(traits: &BTreeSet<Trait>) -> u8 {
    let one = |one: &Trait| match one {
        Trait::Haggles | Trait::SlowPayer | Trait::Demanding | Trait::Sceptical => 0,
        Trait::Harsh => 1,
        Trait::Abusive => 2,
        Trait::Threatening => 3,
    };
    traits.iter().map(one).max().unwrap_or(0)
}

/// What is known of the way between two places and back, in minutes.
enum Measured {
    Both(f64, f64),
    Barred,
    Not,
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
