//! What a certificate proves of a plan.
//!
//! In: a market, what was asked, a plan, and a certificate. Out: the bound that is proven, or why the certificate proves
//! none. Costs: that of the solver's verifier. Absent: the solver.

use super::swaps::swaps;
use super::{gain_of, worth};
use crate::exchange::certificate::{Certificate, Proof, SwapProof};
use crate::exchange::market::{Chances, Market};
use crate::exchange::options::{MaxRing, Objective, Options};
use crate::exchange::result::{Plan, Status};
use crate::solver::rings::verify::verify_rings;
use crate::solver::{
    CapStep, Digraph, DirectedArc, Edge, Graph, RingCertificate, RingProblem, Weight, verify_capped,
    verify_capped_assignment,
};

/// Returns the bound a certificate proves, in parts.
///
/// Errors: a sentence that says what does not hold.
///
/// Cost: near to linear in the market and the certificate.
pub(super) fn proven_bound(
    market: &Market,
    options: &Options,
    plan: &Plan,
    certificate: &Certificate,
) -> Result<i128, String> {
    match (&certificate.proof, options.max_ring, options.objective) {
        (Proof::Swaps(proof), MaxRing::AtMost(2), Objective::Points) => {
            swaps_within_caps(market, options, plan, 0, proof)
        }
        (Proof::SwapsServed(proof), MaxRing::AtMost(2), Objective::SwapsThenPoints) => {
            swaps_within_caps(market, options, plan, worth_of_a_swap(market, options), proof)
        }
        (Proof::SwapsServedWide(proof), MaxRing::AtMost(2), Objective::SwapsThenPoints) => {
            swaps_within_caps(market, options, plan, worth_of_a_swap(market, options), proof)
        }
        (Proof::Rings(certificate), MaxRing::AtMost(longest), Objective::Points) => {
            rings_of_at_most(longest, market, options, plan, 0, certificate)
        }
        (Proof::Rings(certificate), MaxRing::AtMost(longest), Objective::SwapsThenPoints) => {
            rings_of_at_most(longest, market, options, plan, worth_of_an_arc(market), certificate)
        }
        (Proof::Unlimited { bound, steps }, MaxRing::Unlimited, Objective::Points) => {
            rings_of_any_length(market, options, plan, 0, *bound, steps)
        }
        (Proof::UnlimitedServed { bound, steps }, MaxRing::Unlimited, Objective::SwapsThenPoints) => {
            rings_of_any_length(market, options, plan, worth_of_an_arc(market), *bound, steps)
        }
        _ => Err("it is the proof of another kind of question".to_owned()),
    }
}

/// Checks that the plan is a matching of the largest weight where each swap weighs so much more than its points.
fn swaps_within_caps<W: Weight + TryFrom<i128> + Into<i128>>(
    market: &Market,
    options: &Options,
    plan: &Plan,
    served: i128,
    proof: &SwapProof<W>,
) -> Result<i128, String> {
    let mut edges = Vec::new();
    for ([u, v], points) in swaps(market, options) {
        let weight = W::try_from(served + points).map_err(|_| format!("{points} points need wider numbers"))?;
        edges.push(Edge { u, v, weight });
    }
    let graph = Graph::new(market.offers(), edges).map_err(|error| error.to_string())?;
    let mut mates = following(market, plan)?;
    // Swaps of no points may be in no graph; they change no sum.
    for offer in 0..mates.len() {
        mates[offer] = mates[offer].filter(|&mate| graph.weight_between(offer as u32, mate).is_some());
    }
    let caps = market.caps(options.max_moves_per_rep.0);
    verify_capped(&graph, market.rep_of(), &caps, &mates, &proof.extra_mates, &proof.duals)
        .map_err(|error| error.to_string())?;
    let pairs = mates.iter().flatten().count() as i128 / 2;
    Ok(graph.weight_of(&mates).into() - served * pairs)
}

/// One more than the points of all swaps of any plan can be: each offer brings half of its best swap's at most.
fn worth_of_a_swap(market: &Market, options: &Options) -> i128 {
    let mut best = vec![0_i128; market.offers()];
    for (offers, points) in swaps(market, options) {
        for offer in offers {
            best[offer as usize] = best[offer as usize].max(points);
        }
    }
    1 + best.into_iter().sum::<i128>() / 2
}

/// Checks a proof over all rings of so many offers at most, each arc worth `served` points more than its gain.
fn rings_of_at_most(
    longest: usize,
    market: &Market,
    options: &Options,
    plan: &Plan,
    served: i128,
    certificate: &RingCertificate,
) -> Result<i128, String> {
    let Chances::Arcs(arcs) = market.chances() else {
        return Err("ready-made moves have no rings".to_owned());
    };
    let parts_in_one = i128::from(options.unfairness.parts_in_one());
    let narrow = |parts: i128| i64::try_from(parts).map_err(|_| format!("{parts} needs wider numbers"));
    let mut weighed = Vec::with_capacity(arcs.len());
    for arc in arcs {
        let weight = narrow((served + i128::from(arc.gain)) * parts_in_one)?;
        weighed.push(DirectedArc { from: arc.give, to: arc.receive, weight });
    }
    let digraph = Digraph::new(market.offers(), weighed).map_err(|error| error.to_string())?;
    let points = |offers: &[u32], _: &[i64]| {
        let receives = offers.iter().cycle().skip(1);
        let gain = |(&give, &receive)| gain_of(arcs, give, receive).unwrap_or(0);
        let gains: Vec<i64> = offers.iter().zip(receives).map(gain).collect();
        match worth(options.unfairness, &gains) {
            loss if loss < 0 => 0,
            // The digraph has taken every arc, so four of them fit.
            points => (served * parts_in_one * offers.len() as i128 + points) as i64,
        }
    };
    let mut rings = following(market, plan).map(|next| cycles(&next))?;
    let weigh = |ring: &Vec<u32>| points(ring, &[]);
    // A ring of no points is in no proof; it changes no sum.
    rings.retain(|ring| weigh(ring) > 0);
    let weight = narrow(rings.iter().map(|ring| i128::from(weigh(ring))).sum())?;
    let problem = RingProblem {
        digraph: &digraph,
        longest,
        points: &points,
        group_of: market.rep_of(),
        cap_of_group: &market.caps(options.max_moves_per_rep.0),
    };
    verify_rings(&problem, &rings, weight, certificate).map_err(|error| error.to_string())?;
    Ok(at_number_served(plan, certificate.bound.into(), served * parts_in_one))
}

/// The cycles along which offers follow each other, each from its smallest.
fn cycles(next: &[Option<u32>]) -> Vec<Vec<u32>> {
    let mut cycles = Vec::new();
    let mut listed = vec![false; next.len()];
    for start in 0..next.len() as u32 {
        let mut cycle = Vec::new();
        let mut at = next[start as usize].map(|_| start);
        while let Some(offer) = at.filter(|&offer| !listed[offer as usize]) {
            listed[offer as usize] = true;
            cycle.push(offer);
            at = next[offer as usize];
        }
        if !cycle.is_empty() {
            cycles.push(cycle);
        }
    }
    cycles
}

/// Checks a proof by cases over all arcs, each heavier by `served` than its gain.
fn rings_of_any_length<W: Weight + From<i64> + Into<i128>>(
    market: &Market,
    options: &Options,
    plan: &Plan,
    served: W,
    bound: W,
    steps: &[CapStep<W>],
) -> Result<i128, String> {
    let Chances::Arcs(arcs) = market.chances() else {
        return Err("ready-made moves have no rings".to_owned());
    };
    let weighed =
        arcs.iter().map(|arc| DirectedArc { from: arc.give, to: arc.receive, weight: served + W::from(arc.gain) });
    let digraph = Digraph::new(market.offers(), weighed.collect()).map_err(|error| error.to_string())?;
    let caps = market.caps(options.max_moves_per_rep.0);
    let next = following(market, plan)?;
    verify_capped_assignment(&digraph, market.rep_of(), &caps, &next, bound, steps)
        .map_err(|error| error.to_string())?;
    Ok(at_number_served(plan, bound.into(), served.into()))
}

/// What each offer is followed by in its move.
fn following(market: &Market, plan: &Plan) -> Result<Vec<Option<u32>>, String> {
    let mut next = vec![None; market.offers()];
    for claimed in &plan.moves {
        for (place, id) in claimed.give.iter().enumerate() {
            let receive = &claimed.give[(place + 1) % claimed.give.len()];
            let (Some(give), Some(receive)) = (market.find(id), market.find(receive)) else {
                return Err("the plan has moves that are none of the market".to_owned());
            };
            next[give as usize] = Some(receive);
        }
    }
    Ok(next)
}

/// Returns what is proven of the points of plans that serve as many reps as this one.
fn at_number_served(plan: &Plan, bound: i128, served: i128) -> i128 {
    let given: i128 = plan.moves.iter().map(|claimed| claimed.give.len() as i128).sum();
    let left = bound - served * given;
    // A plan that may serve too few is bound by all the points there are; one that claims to be the best is not spared.
    if plan.status == Status::TimeLimit && served > 0 { left.min(served - 1) } else { left }
}

/// One more than all points that any plan can have: of the arcs from one offer only one is taken.
fn worth_of_an_arc(market: &Market) -> i128 {
    let mut best = vec![0_i128; market.offers()];
    if let Chances::Arcs(arcs) = market.chances() {
        for arc in arcs {
            best[arc.give as usize] = best[arc.give as usize].max(arc.gain.into());
        }
    }
    1 + best.into_iter().sum::<i128>()
}
