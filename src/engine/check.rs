//! The check of a plan, written apart from everything that made it.
//!
//! In go a plan, the market and the policy; out comes a [`CheckedPlan`], or every breach found.
//! Holds: only [`check`] makes a [`CheckedPlan`], and only that is saved. What is accepted is a set of swaps that takes
//! no account twice, breaks no hard rule and keeps every cap; each of its numbers is the market's; and no such set has
//! more points, by a certificate that is verified against the possible moves as counted again here.
//! Costs: about as much as making the plan, without solving; see `check/recount.rs`.
//! Deliberately absent: any repair; and the split of a why-not's chances among the rules that stopped them, of which only
//! the sum, the partners, the rule named and what each rule's step would open are counted again.

mod recount;

use self::recount::{Possible, Recount};
use super::{
    market::Market,
    plan::{Move, Plan, PlannedLeg, Report, Rule, WhyNot},
};
use crate::domain::{
    closed::closed_list,
    ids::AccountId,
    policy::Policy,
    proposal::{Side, Valuation},
    units::{Cents, Minutes, Stars},
};
use crate::solver::{Edge, Graph, verify_capped};
use serde::Serialize;
use std::fmt::{self, Display};

closed_list! {
    /// What a plan claims, and the check counts again.
    Claim {
        /// Each move is a swap of two different reps in the pool, each giving an account of their own.
        Permutation = "permutation",
        /// No account moves twice.
        OnceEach = "once_each",
        /// Moves, legs and why-nots are in their order.
        Order = "order",
        /// The facts copied from the market are the market's.
        Facts = "facts",
        /// Each side's terms and gain.
        Side = "side",
        /// Each move's points.
        Points = "points",
        /// A hard rule, named beside it.
        HardRule = "hard_rule",
        /// A rep's cap, which also keeps what all their moves together must not exceed.
        Cap = "cap",
        /// A sum of the report.
        Report = "report",
        /// A why-not.
        WhyNot = "why_not",
        /// That there is no better plan.
        Optimality = "optimality",
    }
}

/// A claim of a plan that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    /// Which claim.
    pub claim: Claim,
    /// The hard rule, where the claim is one.
    pub rule: Option<Rule>,
    /// Where in the plan.
    pub place: String,
    /// What was found, and what is right; nobody's stars.
    pub what: String,
}

impl Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rule {
            Some(rule) => write!(f, "{}: {} ({rule}): {}", self.place, self.claim, self.what),
            None => write!(f, "{}: {}: {}", self.place, self.claim, self.what),
        }
    }
}

/// A plan of which every claim has been counted again. Only [`check`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedPlan {
    plan: Plan,
}

impl CheckedPlan {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The plan, to keep.
    pub fn into_plan(self) -> Plan {
        self.plan
    }
}

/// Counts every claim of a plan again from the market.
///
/// Errors: every [`Breach`] found. Sums and optimality are not judged while a move is no swap of the pool at all.
pub fn check(plan: Plan, market: &Market, policy: &Policy) -> Result<CheckedPlan, Vec<Breach>> {
    let recount = Recount::new(market, policy);
    let mut breaches = Breaches::default();
    let pairs = swaps(&plan, market, &mut breaches);
    if let Some(pairs) = pairs {
        for (at, (one, pair)) in plan.moves.iter().zip(&pairs).enumerate() {
            check_move(&recount, market, at, one, *pair, &mut breaches);
        }
        if let Some(mate) = mates(market, &plan, &pairs, &mut breaches) {
            let possible = recount.possible();
            let caps = recount.caps(&possible);
            let is_full = check_caps(&recount, market, &mate, &caps, &mut breaches);
            check_report(&plan, &expected_report(&recount, market, &possible, &plan), &mut breaches);
            check_why_nots(&recount, market, &plan, &possible, &mate, &is_full, &mut breaches);
            check_optimality(&recount, &plan, &possible, &mate, &caps, &mut breaches);
        }
    }
    if breaches.found.is_empty() { Ok(CheckedPlan { plan }) } else { Err(breaches.found) }
}

/// What was found so far.
#[derive(Default)]
struct Breaches {
    found: Vec<Breach>,
}

impl Breaches {
    fn add(&mut self, claim: Claim, place: impl Into<String>, what: impl Into<String>) {
        self.found.push(Breach { claim, rule: None, place: place.into(), what: what.into() });
    }

    fn compare<T: PartialEq + Display>(&mut self, claim: Claim, place: &str, name: &str, found: &T, right: &T) {
        if found != right {
            self.add(claim, place, format!("{name} is {found}, counted again {right}"));
        }
    }
}

/// Reads each move as two offers, or says which move is no swap of the pool.
fn swaps(plan: &Plan, market: &Market, breaches: &mut Breaches) -> Option<Vec<[usize; 2]>> {
    let mut pairs = Vec::with_capacity(plan.moves.len());
    for (at, one) in plan.moves.iter().enumerate() {
        match swap(one, market) {
            Ok(pair) => pairs.push(pair),
            Err(what) => breaches.add(Claim::Permutation, format!("move {at}"), what),
        }
    }
    (pairs.len() == plan.moves.len()).then_some(pairs)
}

fn swap(one: &Move, market: &Market) -> Result<[usize; 2], String> {
    let [first, second] = one.legs.as_slice() else {
        return Err(format!("{} legs are no swap", one.legs.len()));
    };
    let offer = |leg: &PlannedLeg| {
        let at = market.offer_index(&leg.account).ok_or_else(|| format!("{} is not in the pool", leg.account))?;
        let owner = &market.offers[at].account.owner;
        if leg.from == *owner { Ok(at) } else { Err(format!("{} is {owner}'s, not {}'s", leg.account, leg.from)) }
    };
    let pair = [offer(first)?, offer(second)?];
    if first.from == second.from {
        return Err(format!("{} would swap with themself", first.from));
    }
    if first.to != second.from || second.to != first.from {
        return Err("each must give to the other".to_owned());
    }
    Ok(pair)
}

/// Checks one move by itself: order, facts, sides, points and hard rules.
fn check_move(
    recount: &Recount<'_>,
    market: &Market,
    at: usize,
    one: &Move,
    pair: [usize; 2],
    breaches: &mut Breaches,
) {
    let place = format!("move {at}");
    if pair[0] > pair[1] {
        breaches.add(Claim::Order, &place, "the smaller account does not come first");
    }
    let sides = [recount.side(pair[0], pair[1]), recount.side(pair[1], pair[0])];
    for (leg, (side, (given, received))) in
        one.legs.iter().zip(sides.iter().zip([(pair[0], pair[1]), (pair[1], pair[0])]))
    {
        let place = format!("move {at}, leg of {}", leg.account);
        let offer = &market.offers[given];
        breaches.compare(Claim::Facts, &place, "submission", &leg.submission, &offer.submission);
        let commission = offer.account.annual_commission_cents;
        breaches.compare(Claim::Facts, &place, "commission", &leg.annual_commission_cents, &commission);
        check_side(&place, &leg.side, side, breaches);
        let receiver = recount.owner[received];
        let of_receipt = recount.broken_by_receipt(given, receiver).into_iter();
        for rule in of_receipt.chain(recount.broken_by_side(given, received, side)) {
            let what = format!("{} may not go from {} to {}", leg.account, leg.from, leg.to);
            breaches.found.push(Breach { claim: Claim::HardRule, rule: Some(rule), place: place.clone(), what });
        }
    }
    let points = recount.points(pair, [sides[0].gain, sides[1].gain]);
    breaches.compare(Claim::Points, &place, "points", &one.points, &points);
    if points.0 <= 0 {
        breaches.add(Claim::Points, &place, "a move without points is no move");
    }
}

fn check_side(place: &str, found: &Side, right: &Side, breaches: &mut Breaches) {
    for (end, found, right) in [("given", found.given, right.given), ("received", found.received, right.received)] {
        let terms = |of: &Valuation| [of.rapport_minutes, of.travel_minutes, of.geography_minutes, of.one_way_minutes];
        let names = ["rapport", "travel", "geography", "one way"];
        if found.stars != right.stars || found.travel_estimated != right.travel_estimated {
            breaches.add(Claim::Side, place, format!("the stars or the source of travel {end} are others"));
        }
        for (name, (found, right)) in names.iter().zip(terms(&found).into_iter().zip(terms(&right))) {
            if found != right {
                breaches.add(Claim::Side, place, format!("the {name} minutes {end} are others"));
            }
        }
    }
    breaches.compare(Claim::Side, place, "the handover", &found.handover_minutes, &right.handover_minutes);
    breaches.compare(Claim::Side, place, "the gain", &found.gain, &right.gain);
}

/// The mate of each offer, where no account moves twice; checks the order of moves on the way.
fn mates(market: &Market, plan: &Plan, pairs: &[[usize; 2]], breaches: &mut Breaches) -> Option<Vec<Option<u32>>> {
    let mut mate = vec![None; market.offers.len()];
    let mut once = true;
    for (at, &[first, second]) in pairs.iter().enumerate() {
        for (offer, other) in [(first, second), (second, first)] {
            if mate[offer].is_some() {
                once = false;
                let account = &market.offers[offer].account.id;
                breaches.add(Claim::OnceEach, format!("move {at}"), format!("{account} moves twice"));
            }
            mate[offer] = u32::try_from(other).ok();
        }
    }
    let first_accounts = || plan.moves.iter().map(|one| &one.legs[0].account);
    if !first_accounts().is_sorted() {
        breaches.add(Claim::Order, "moves", "they are not by their first account");
    }
    once.then_some(mate)
}

/// Checks that nobody makes more moves than they may, and says who makes as many.
fn check_caps(
    recount: &Recount<'_>,
    market: &Market,
    mate: &[Option<u32>],
    caps: &[usize],
    breaches: &mut Breaches,
) -> Vec<bool> {
    let mut is_full = Vec::with_capacity(caps.len());
    for (rep, (offers, &cap)) in recount.offers_of.iter().zip(caps).enumerate() {
        let moves = offers.iter().filter(|&&offer| mate[offer].is_some()).count();
        if moves > cap {
            let place = format!("rep {}", market.reps[rep].rep.id);
            breaches.add(Claim::Cap, place, format!("{moves} moves, at most {cap}"));
        }
        is_full.push(moves >= cap);
    }
    is_full
}

/// The report counted again.
fn expected_report(recount: &Recount<'_>, market: &Market, possible: &Possible, plan: &Plan) -> Report {
    let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
    let sides = || plan.moves.iter().flat_map(|one| &one.legs).map(|leg| &leg.side);
    let legs = sides().count() as i64;
    let mean = |sum: i64| (legs > 0).then(|| Stars::clamped((2 * sum + legs).div_euclid(2 * legs)));
    let mut commission_moved = Cents::ZERO;
    for one in &plan.moves {
        commission_moved += (one.legs[0].annual_commission_cents - one.legs[1].annual_commission_cents).abs();
    }
    Report {
        reps: count(market.reps.len()),
        offers: count(market.offers.len()),
        candidates: count(possible.candidates()),
        possible_moves: count(possible.moves.len()),
        components: count(recount.components(possible)),
        moves: count(plan.moves.len()),
        points: plan.moves.iter().map(|one| one.points).sum(),
        gain: sides().map(|side| side.gain).sum(),
        smallest_gain: sides().map(|side| side.gain).min(),
        gini_thousandths: gini_thousandths(sides().map(|side| side.gain).collect()),
        travel_before: sides().map(|side| side.given.travel_minutes).sum(),
        travel_after: sides().map(|side| side.received.travel_minutes).sum(),
        commission_moved_cents: commission_moved,
        mean_stars_before: mean(sides().map(|side| side.given.stars.hundredths()).sum()),
        mean_stars_after: mean(sides().map(|side| side.received.stars.hundredths()).sum()),
    }
}

/// The sum of all differences of two gains over `n` times their sum, in thousandths; 0 where the sum is not positive.
fn gini_thousandths(mut gains: Vec<Minutes>) -> i64 {
    gains.sort_unstable();
    let (mut before, mut differences) = (0_i128, 0_i128);
    for (rank, gain) in (0_i128..).zip(&gains) {
        let gain = i128::from(gain.0);
        differences += rank * gain - before;
        before += gain;
    }
    if before <= 0 {
        return 0;
    }
    let whole = gains.len() as i128 * before;
    i64::try_from((2000 * differences + whole).div_euclid(2 * whole)).unwrap_or(i64::MAX)
}

fn check_report(plan: &Plan, right: &Report, breaches: &mut Breaches) {
    // Named one by one, so that a field added to the report does not go unchecked.
    let Report {
        reps,
        offers,
        candidates,
        possible_moves,
        components,
        moves,
        points,
        gain,
        smallest_gain,
        gini_thousandths,
        travel_before,
        travel_after,
        commission_moved_cents,
        mean_stars_before,
        mean_stars_after,
    } = &plan.report;
    let mut same = |name: &str, same: bool| {
        if !same {
            breaches.add(Claim::Report, "report", format!("{name} is not what is counted again"));
        }
    };
    same("reps", *reps == right.reps);
    same("offers", *offers == right.offers);
    same("candidates", *candidates == right.candidates);
    same("possible_moves", *possible_moves == right.possible_moves);
    same("components", *components == right.components);
    same("moves", *moves == right.moves);
    same("points", *points == right.points);
    same("gain", *gain == right.gain);
    same("smallest_gain", *smallest_gain == right.smallest_gain);
    same("gini_thousandths", *gini_thousandths == right.gini_thousandths);
    same("travel_before", *travel_before == right.travel_before);
    same("travel_after", *travel_after == right.travel_after);
    same("commission_moved_cents", *commission_moved_cents == right.commission_moved_cents);
    same("mean_stars_before", *mean_stars_before == right.mean_stars_before);
    same("mean_stars_after", *mean_stars_after == right.mean_stars_after);
}

/// Checks that everyone left, and nobody else, has a why-not that fits.
fn check_why_nots(
    recount: &Recount<'_>,
    market: &Market,
    plan: &Plan,
    possible: &Possible,
    mate: &[Option<u32>],
    is_full: &[bool],
    breaches: &mut Breaches,
) {
    let left: Vec<usize> = (0..mate.len()).filter(|&offer| mate[offer].is_none()).collect();
    let accounts = left.iter().map(|&offer| &market.offers[offer].account.id);
    let explained: Vec<&AccountId> = plan.why_not.iter().map(|why_not| &why_not.account).collect();
    if !accounts.eq(explained.iter().copied()) {
        breaches.add(Claim::WhyNot, "why-nots", "they are not the accounts left, by account");
        return;
    }
    let mut partners = vec![0_u32; mate.len()];
    let mut has_free_partner = vec![false; mate.len()];
    for one in &possible.moves {
        for (offer, other) in [(one.offers[0], one.offers[1]), (one.offers[1], one.offers[0])] {
            partners[offer] += 1;
            has_free_partner[offer] |= mate[other].is_none();
        }
    }
    for (why_not, &offer) in plan.why_not.iter().zip(&left) {
        let rule = match (partners[offer], is_full[recount.owner[offer]] || has_free_partner[offer]) {
            (0, _) => None,
            (_, true) => Some(Rule::CapReached),
            (_, false) => Some(Rule::BetterElsewhere),
        };
        let chances = recount.chances(possible, offer);
        let opened = HAVE_STEPS.map(|rule| (rule, possible.opened[offer].get(&rule).copied().unwrap_or(0)));
        if why_not.opened != opened {
            let what = format!("a step of each rule opens {}, counted again {}", list(&why_not.opened), list(&opened));
            breaches.add(Claim::WhyNot, format!("why-not of {}", why_not.account), what);
        }
        if let Some(what) = wrong_why_not(why_not, &market.offers[offer].account.owner, partners[offer], rule, chances)
        {
            breaches.add(Claim::WhyNot, format!("why-not of {}", why_not.account), what);
        }
    }
}

/// The rules of which one step is looked at.
const HAVE_STEPS: [Rule; 7] = [
    Rule::GainTooSmall,
    Rule::CommissionGap,
    Rule::LedgerLimit,
    Rule::TooFar,
    Rule::OverCapacity,
    Rule::CoolDown,
    Rule::FormerOwner,
];

fn list(counts: &[(Rule, u32)]) -> String {
    counts.iter().map(|(rule, count)| format!("{rule} {count}")).collect::<Vec<_>>().join(", ")
}

/// What is wrong with a why-not; `rule` is the right one where there are partners.
fn wrong_why_not(
    why_not: &WhyNot,
    owner: &crate::domain::ids::RepId,
    partners: u32,
    rule: Option<Rule>,
    chances: usize,
) -> Option<String> {
    let order = |&(rule, count): &(Rule, u32)| (std::cmp::Reverse(count), rule);
    let stopped = &why_not.stopped;
    let sum: usize = stopped.iter().map(|&(_, count)| count as usize).sum();
    let rule = rule.or(stopped.first().map(|&(rule, _)| rule)).unwrap_or(Rule::TooFar);
    if why_not.rep != *owner {
        Some(format!("the account is {owner}'s"))
    } else if why_not.partners != partners {
        Some(format!("{} partners, counted again {partners}", why_not.partners))
    } else if !stopped.windows(2).all(|two| order(&two[0]) < order(&two[1])) || stopped.iter().any(|one| one.1 == 0) {
        Some("the rules are not in their order".to_owned())
    } else if sum + partners as usize != chances {
        Some(format!("{sum} chances stopped and {partners} partners, counted again {chances} chances"))
    } else if why_not.rule != rule {
        Some(format!("{} is named, {rule} it was", why_not.rule))
    } else {
        None
    }
}

/// Verifies the certificate against the possible moves and caps as counted again.
fn check_optimality(
    recount: &Recount<'_>,
    plan: &Plan,
    possible: &Possible,
    mate: &[Option<u32>],
    caps: &[usize],
    breaches: &mut Breaches,
) {
    let number = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
    let edges = possible
        .moves
        .iter()
        .map(|one| Edge { u: number(one.offers[0]), v: number(one.offers[1]), weight: one.points.0 })
        .collect();
    let graph = match Graph::new(mate.len(), edges) {
        Ok(graph) => graph,
        Err(error) => return breaches.add(Claim::Optimality, "certificate", error.to_string()),
    };
    let without_cap = caps.len();
    let groups: Vec<u32> = (0..mate.len())
        .map(|offer| match graph.neighbours(number(offer)) {
            [] => number(without_cap),
            _ => number(recount.owner[offer]),
        })
        .collect();
    let caps: Vec<Option<u32>> = caps.iter().map(|&cap| Some(number(cap))).chain([None]).collect();
    let proof = &plan.certificate;
    if let Err(error) = verify_capped(&graph, &groups, &caps, mate, &proof.extra_mates, &proof.duals) {
        breaches.add(Claim::Optimality, "certificate", error.to_string());
    }
}
