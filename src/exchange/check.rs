//! Which claims of a plan hold.
//!
//! In: a market, what was asked of it, a plan as anybody may have written it, and perhaps a certificate. Out: the claims
//! that do not hold, each in a sentence. Holds: nothing of `solve` is used; everything is found again from the market,
//! in another way; certificates are judged by the solver's verifiers, which share no code with its solvers.
//! Costs: `O(m log m)` for `m` arcs and what the verifier costs, all of it near to linear in the files.
//! Absent: belief. A bound without a proof is not taken.

mod components;
mod proof;
mod rings;
mod swaps;

use super::certificate::Certificate;
use super::market::{Arc, Chances, Market};
use super::options::{Objective, Options, Unfairness};
use super::points::Points;
use super::result::{Move, Plan, Status};
use proof::Proven;

/// What speaks for a plan's bound.
#[derive(Clone, Copy, Debug)]
pub enum Evidence<'a> {
    /// The plan's own certificate.
    Certificate(&'a Certificate),
    /// Another plan of the same market for the same options, and its certificate.
    Another(&'a Plan, &'a Certificate),
}

/// What is to be said of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgement {
    /// The claims that do not hold.
    pub failed: Vec<String>,
    /// The claims that the evidence leaves open.
    pub open: Vec<String>,
}

/// Judges the claims of a plan.
///
/// Cost: `O(m log m)`, and that of the solver's verifier.
pub fn check(market: &Market, options: &Options, plan: &Plan, evidence: Evidence<'_>) -> Judgement {
    let mut failed = Vec::new();
    if plan.objective != options.objective {
        failed.push(format!("objective: found {}, expected {} as asked", plan.objective, options.objective));
    }
    let judge_at = |(index, claimed)| judge(market, options, index, claimed, &mut failed);
    let moves: Vec<Option<Judged>> = plan.moves.iter().enumerate().map(judge_at).collect();
    check_once(market, &moves, &mut failed);
    check_order(&moves, &mut failed);
    check_caps(market, options, &moves, &mut failed);
    check_totals(market, options, plan, &moves, &mut failed);
    let mut judgement = Judgement { failed, open: Vec::new() };
    check_bound(market, options, plan, evidence, &mut judgement);
    judgement
}

/// A move whose offers and arcs are there.
struct Judged {
    offers: Vec<u32>,
    /// In parts.
    points: i128,
}

/// Judges one move by itself; `None` if it is not a move of the market.
fn judge(market: &Market, options: &Options, index: usize, claimed: &Move, failed: &mut Vec<String>) -> Option<Judged> {
    let mut fail = |field: &str, what: String| failed.push(format!("moves[{index}]{field}: {what}"));
    let offers: Vec<u32> = claimed.give.iter().filter_map(|id| market.find(id)).collect();
    if offers.len() != claimed.give.len() {
        for (place, id) in claimed.give.iter().enumerate().filter(|(_, id)| market.find(id).is_none()) {
            fail(&format!(".give[{place}]"), format!("found {id:?}, expected an offer with an arc or a move"));
        }
        return None;
    }
    if !options.max_ring.allows(offers.len()) {
        let most = options.max_ring;
        fail(".give", format!("found {} offers, expected at least 2 and at most {most}", offers.len()));
        return None;
    }
    let (points, gains) = match market.chances() {
        Chances::Moves(moves) => {
            let pair = [offers[0].min(offers[1]), offers[0].max(offers[1])];
            let Ok(at) = moves.binary_search_by_key(&pair, |ready| ready.offers) else {
                fail(".give", format!("found {:?}, expected a move of the market", claimed.give));
                return None;
            };
            (moves[at].points.into(), None)
        }
        Chances::Arcs(arcs) => {
            let mut gains = Vec::with_capacity(offers.len());
            for (place, &give) in offers.iter().enumerate() {
                let next = (place + 1) % offers.len();
                let Some(gain) = gain_of(arcs, give, offers[next]) else {
                    let (give, receive) = (&claimed.give[place], &claimed.give[next]);
                    fail(".give", format!("found {receive:?} after {give:?}, expected an arc to lead there"));
                    return None;
                };
                gains.push(gain);
            }
            (worth(options.unfairness, &gains), Some(gains))
        }
    };
    if claimed.gains != gains {
        fail(".gains", format!("found {}, expected {}", list(&claimed.gains), list(&gains)));
    }
    let exact = Points::new(points, options.unfairness.parts_in_one());
    if claimed.points != exact {
        fail(".points", format!("found {}, expected {exact}", claimed.points));
    }
    if points < 0 {
        fail(".points", format!("found {exact}, expected no move of negative points"));
    }
    if options.objective == Objective::WorstGainFirst && gains.iter().flatten().any(|&gain| gain < 0) {
        fail(".gains", format!("found {}, expected none below 0 under worst-gain-first", list(&gains)));
    }
    if offers.iter().min() != offers.first() {
        fail(".give", format!("found {:?} first, expected the first id of the move", claimed.give[0]));
    }
    Some(Judged { offers, points })
}

/// Returns what the rep of one offer gains by receiving another, if there is an arc.
fn gain_of(arcs: &[Arc], give: u32, receive: u32) -> Option<i64> {
    arcs.binary_search_by_key(&(give, receive), |arc| (arc.give, arc.receive)).ok().map(|at| arcs[at].gain)
}

/// Returns the points of a move in parts: the sum of its gains less the price of the widest difference.
fn worth(unfairness: Unfairness, gains: &[i64]) -> i128 {
    let mut gains: Vec<i128> = gains.iter().copied().map(i128::from).collect();
    gains.sort_unstable();
    let widest = gains.last().zip(gains.first()).map_or(0, |(largest, smallest)| largest - smallest);
    i128::from(unfairness.parts_in_one()) * gains.iter().sum::<i128>() - i128::from(unfairness.parts()) * widest
}

fn list(gains: &Option<Vec<i64>>) -> String {
    gains.as_ref().map_or_else(|| "none".to_owned(), |gains| format!("{gains:?}"))
}

/// Checks that no offer is given twice.
fn check_once(market: &Market, moves: &[Option<Judged>], failed: &mut Vec<String>) {
    let mut given_in = vec![None; market.offers()];
    for (index, judged) in moves.iter().enumerate() {
        for &offer in judged.iter().flat_map(|judged| &judged.offers) {
            let id = market.offer_id(offer);
            if let Some(before) = given_in[offer as usize].replace(index) {
                failed.push(format!("moves[{index}].give: found {id:?} again, expected it only in moves[{before}]"));
            }
        }
    }
}

/// Checks that the moves ascend by their first offers.
fn check_order(moves: &[Option<Judged>], failed: &mut Vec<String>) {
    for (index, pair) in moves.windows(2).enumerate() {
        if let [Some(one), Some(other)] = pair
            && one.offers[0] > other.offers[0]
        {
            failed.push(format!("moves[{}]: expected it before moves[{index}], by the first offers' ids", index + 1));
        }
    }
}

/// Checks that no rep takes part in more moves than its cap.
fn check_caps(market: &Market, options: &Options, moves: &[Option<Judged>], failed: &mut Vec<String>) {
    let caps = market.caps(options.max_moves_per_rep.0);
    let mut taken = vec![0_u64; caps.len()];
    for &offer in moves.iter().flatten().flat_map(|judged| &judged.offers) {
        taken[market.rep_of()[offer as usize] as usize] += 1;
    }
    for (rep, (cap, taken)) in (0..).zip(caps.into_iter().zip(taken)) {
        if let Some(cap) = cap
            && taken > u64::from(cap)
        {
            let id = market.rep_id(rep);
            failed.push(format!("moves: found rep {id:?} in {taken} of them, expected at most {cap}"));
        }
    }
}

/// Checks what is claimed of the plan as a whole.
fn check_totals(market: &Market, options: &Options, plan: &Plan, moves: &[Option<Judged>], failed: &mut Vec<String>) {
    let parts_in_one = options.unfairness.parts_in_one();
    if moves.iter().all(Option::is_some) {
        let sum: i128 = moves.iter().flatten().map(|judged| judged.points).sum();
        let exact = Points::new(sum, parts_in_one);
        if plan.points != exact {
            failed.push(format!("points: found {}, expected {exact}, the sum over the moves", plan.points));
        }
    }
    let given: usize = plan.moves.iter().map(|claimed| claimed.give.len()).sum();
    for (name, found, expected) in [
        ("offers", plan.offers, market.offers_in_all()),
        ("matched", plan.matched, given as u64),
        ("reps", plan.reps, market.reps_in_all()),
        ("components", plan.components, components::count(market, options)),
    ] {
        if found != expected {
            failed.push(format!("{name}: found {found}, expected {expected}"));
        }
    }
    match (plan.points.parts(parts_in_one), plan.bound.parts(parts_in_one)) {
        (Some(points), Some(bound)) => {
            if bound < points {
                failed.push(format!("bound: found {}, expected at least the plan's {}", plan.bound, plan.points));
            } else if plan.status == Status::Optimal && bound != points {
                let (bound, points) = (plan.bound, plan.points);
                failed.push(format!("status: found optimal with a bound of {bound}, expected {points}, the plan's"));
            }
        }
        _ => failed.push(format!("bound: found {}, expected parts as fine as the unfairness", plan.bound)),
    }
}

/// Checks that the bound is proven, and that a plan said to be the best is.
fn check_bound(market: &Market, options: &Options, plan: &Plan, evidence: Evidence<'_>, judgement: &mut Judgement) {
    let (proven, what) = match evidence {
        Evidence::Certificate(certificate) => (proof::proven(market, options, plan, certificate), "the certificate"),
        Evidence::Another(another, certificate) => {
            if plan.status == Status::Optimal {
                judgement.failed.extend(outranked(market, options, plan, another));
            }
            (proof::proven(market, options, another, certificate), "solving again")
        }
    };
    let parts_in_one = options.unfairness.parts_in_one();
    match proven {
        Err(why) => judgement.failed.push(format!("certificate: {why}")),
        Ok(Proven { bound, gap }) => {
            judgement.open.extend(gap.map(|gap| format!("certificate: {gap}")));
            if plan.bound.parts(parts_in_one).is_some_and(|claimed| claimed < bound) {
                let exact = Points::new(bound, parts_in_one);
                judgement.failed.push(format!("bound: found {}, expected at least {exact}, by {what}", plan.bound));
            }
        }
    }
}

/// Says by what, before points, another plan is better than the one that is claimed to be the best.
fn outranked(market: &Market, options: &Options, plan: &Plan, another: &Plan) -> Option<String> {
    match options.objective {
        Objective::SwapsThenPoints if plan.matched < another.matched => {
            let (found, best) = (plan.matched, another.matched);
            Some(format!("status: found optimal with {found} offers matched, but solving again matches {best}"))
        }
        Objective::WorstGainFirst if gains_of_reps(market, plan) < gains_of_reps(market, another) => {
            Some("status: found optimal, but solving again finds gains that are fairer".to_owned())
        }
        _ => None,
    }
}

/// What each rep gains in a plan, ascending; nothing for those who are not served.
fn gains_of_reps(market: &Market, plan: &Plan) -> Vec<i128> {
    let mut gains = vec![0_i128; market.caps(None).len()];
    for claimed in &plan.moves {
        for (id, &gain) in claimed.give.iter().zip(claimed.gains.iter().flatten()) {
            if let Some(offer) = market.find(id) {
                gains[market.rep_of()[offer as usize] as usize] += i128::from(gain);
            }
        }
    }
    gains.sort_unstable();
    gains
}
