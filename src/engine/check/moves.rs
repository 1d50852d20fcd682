//! Each move by itself, and that all together take no account twice and keep every cap.
//!
//! In go the moves of a plan; out come the offers they take, and breaches.
//! Costs: a pass over a book for each side of each move.
//! Deliberately absent: whether other moves would be better.

use super::{Breach, Breaches, Claim, recount::Recount};
use crate::{
    domain::{
        policy::Policy,
        proposal::{Geography, Side, Valuation},
        units::Minutes,
    },
    engine::{
        market::Market,
        plan::{Move, PlannedLeg, Rule},
    },
};
use std::collections::BTreeSet;

/// Reads each move as offers, or says which move is no ring of the pool.
pub(super) fn rings(
    moves: &[Move],
    market: &Market,
    policy: &Policy,
    breaches: &mut Breaches,
) -> Option<Vec<Vec<usize>>> {
    let mut rings = Vec::with_capacity(moves.len());
    for (at, one) in moves.iter().enumerate() {
        match ring(one, market, policy) {
            Ok(ring) => rings.push(ring),
            Err(what) => breaches.add(Claim::Permutation, format!("move {at}"), what),
        }
    }
    (rings.len() == moves.len()).then_some(rings)
}

fn ring(one: &Move, market: &Market, policy: &Policy) -> Result<Vec<usize>, String> {
    let legs = &one.legs;
    if legs.len() < 2 || policy.plan.max_ring.legs().is_some_and(|most| legs.len() > most) {
        return Err(format!("{} legs are no move", legs.len()));
    }
    let offer = |leg: &PlannedLeg| {
        let at = market.offer_index(&leg.account).ok_or_else(|| format!("{} is not in the pool", leg.account))?;
        let owner = &market.offers[at].account.owner;
        if leg.from == *owner { Ok(at) } else { Err(format!("{} is {owner}'s, not {}'s", leg.account, leg.from)) }
    };
    let ring = legs.iter().map(offer).collect::<Result<Vec<usize>, String>>()?;
    let mut givers = BTreeSet::new();
    if let Some(leg) = legs.iter().find(|leg| !givers.insert(&leg.from)) {
        return Err(format!("{} would give twice", leg.from));
    }
    let last = legs.last().map(|leg| &leg.from);
    let before = last.into_iter().chain(legs.iter().map(|leg| &leg.from));
    match legs.iter().zip(before).find(|(leg, before)| leg.to != **before) {
        Some((leg, before)) => Err(format!("{} must go to {before}, who gives the account before", leg.account)),
        None => Ok(ring),
    }
}

/// Checks one move by itself: order, facts, sides, points and hard rules.
pub(super) fn check_move(
    recount: &Recount<'_>,
    market: &Market,
    at: usize,
    one: &Move,
    ring: &[usize],
    breaches: &mut Breaches,
) {
    let place = format!("move {at}");
    if ring.iter().any(|offer| offer < &ring[0]) {
        breaches.add(Claim::Order, &place, "the smallest account does not come first");
    }
    let mut gains: Vec<Minutes> = Vec::with_capacity(ring.len());
    for (turn, (leg, &given)) in one.legs.iter().zip(ring).enumerate() {
        let place = format!("move {at}, leg of {}", leg.account);
        let received = ring[(turn + 1) % ring.len()];
        let side = recount.side(given, received);
        let offer = &market.offers[given];
        breaches.compare(Claim::Facts, &place, "submission", &leg.submission, &offer.submission);
        let commission = offer.account.annual_commission_cents;
        breaches.compare(Claim::Facts, &place, "commission", &leg.annual_commission_cents, &commission);
        if leg.money != recount.money(given) {
            breaches.add(Claim::Money, &place, "what changes hands with it is not what is counted again");
        }
        check_side(&place, &leg.side, &side, breaches);
        let receiver = recount.owner[ring[(turn + ring.len() - 1) % ring.len()]];
        let mut refuse = |rule: Rule, what: String| {
            breaches.found.push(Breach { claim: Claim::HardRule, rule: Some(rule), place: place.clone(), what });
        };
        for rule in recount.broken_by_receipt(given, receiver) {
            refuse(rule, format!("{} may not go from {} to {}", leg.account, leg.from, leg.to));
        }
        for rule in recount.broken_by_side(given, received, &side) {
            refuse(rule, format!("{} may not give {} for what they receive", leg.from, leg.account));
        }
        gains.push(side.gain);
    }
    let points = recount.points(ring, &gains);
    breaches.compare(Claim::Points, &place, "points", &one.points, &points);
    breaches.compare(Claim::Points, &place, "points of ageing", &one.ageing, &recount.ageing(ring));
    if points.0 <= 0 {
        breaches.add(Claim::Points, &place, "a move without points is no move");
    }
}

fn check_side(place: &str, found: &Side, right: &Side, breaches: &mut Breaches) {
    for (end, found, right) in [("given", found.given, right.given), ("received", found.received, right.received)] {
        let terms = |of: &Valuation| {
            let Geography { outside_territory_minutes, other_country_minutes, time_zone_minutes, island_minutes } =
                of.geography;
            [
                ("rapport", of.rapport_minutes),
                ("travel", of.travel_minutes),
                ("driving left behind", of.left_behind_minutes),
                ("outside territory", outside_territory_minutes),
                ("other country", other_country_minutes),
                ("time zone", time_zone_minutes),
                ("island", island_minutes),
                ("one way", of.one_way_minutes),
            ]
        };
        if found.stars != right.stars || found.travel_estimated != right.travel_estimated {
            breaches.add(Claim::Side, place, format!("the stars or the source of travel {end} are others"));
        }
        for ((name, found), (_, right)) in terms(&found).into_iter().zip(terms(&right)) {
            if found != right {
                breaches.add(Claim::Side, place, format!("the {name} minutes {end} are others"));
            }
        }
    }
    breaches.compare(Claim::Side, place, "the handover", &found.handover_minutes, &right.handover_minutes);
    breaches.compare(Claim::Side, place, "the gain", &found.gain, &right.gain);
}

/// What is received for each offer that moves, where no account moves twice; checks the order of moves on the way.
pub(super) fn next_offers(
    market: &Market,
    moves: &[Move],
    rings: &[Vec<usize>],
    breaches: &mut Breaches,
) -> Option<Vec<Option<usize>>> {
    let mut next = vec![None; market.offers.len()];
    let mut once = true;
    for (at, ring) in rings.iter().enumerate() {
        for (turn, &offer) in ring.iter().enumerate() {
            if next[offer].is_some() {
                once = false;
                let account = &market.offers[offer].account.id;
                breaches.add(Claim::OnceEach, format!("move {at}"), format!("{account} moves twice"));
            }
            next[offer] = Some(ring[(turn + 1) % ring.len()]);
        }
    }
    let first_accounts = || moves.iter().map(|one| &one.legs[0].account);
    if !first_accounts().is_sorted() {
        breaches.add(Claim::Order, "moves", "they are not by their first account");
    }
    once.then_some(next)
}

/// Checks that nobody makes more moves than they may, and says who makes as many.
pub(super) fn check_caps(
    recount: &Recount<'_>,
    market: &Market,
    next: &[Option<usize>],
    caps: &[usize],
    breaches: &mut Breaches,
) -> Vec<bool> {
    let mut is_full = Vec::with_capacity(caps.len());
    for (rep, (offers, &cap)) in recount.offers_of.iter().zip(caps).enumerate() {
        let moves = offers.iter().filter(|&&offer| next[offer].is_some()).count();
        if moves > cap {
            let place = format!("rep {}", market.reps[rep].rep.id);
            breaches.add(Claim::Cap, place, format!("{moves} moves, at most {cap}"));
        }
        is_full.push(moves >= cap);
    }
    is_full
}
