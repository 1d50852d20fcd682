//! What a certificate proves of a plan.
//!
//! In: a market, what was asked, a plan, and a certificate. Out: the bound that is proven, or why the certificate proves
//! none. Costs: that of the solver's verifier. Absent: the solver.

use std::collections::BTreeSet;

use super::rings::fair_rings;
use super::swaps::swaps;
use super::{gain_of, worth};
use crate::exchange::certificate::{Certificate, Proof};
use crate::exchange::market::{Arc, Chances, Market};
use crate::exchange::options::{MaxRing, Objective, Options};
use crate::exchange::result::{Plan, Status};
use crate::solver::objective::{
    PackingStep, Proof as BestSwaps, RingArc, RingsProof, Verified, verify_best_swaps, verify_fairest_columns,
    verify_fairest_rings,
};
use crate::solver::rings::verify::verify_rings;
use crate::solver::{
    self, CapStep, Digraph, DirectedArc, Edge, Graph, RingCertificate, RingProblem, Weight, verify_capped,
    verify_capped_assignment,
};

/// What a certificate proves.
pub(super) struct Proven {
    /// What no plan is worth more than, in parts.
    pub bound: i128,
    /// What is left unproven, in a sentence.
    pub gap: Option<String>,
}

impl From<i128> for Proven {
    fn from(bound: i128) -> Self {
        Self { bound, gap: None }
    }
}

/// Tells what a certificate proves.
///
/// Errors: a sentence that says what does not hold.
///
/// Cost: near to linear in the market and the certificate.
pub(super) fn proven(
    market: &Market,
    options: &Options,
    plan: &Plan,
    certificate: &Certificate,
) -> Result<Proven, String> {
    match (&certificate.proof, options.max_ring, options.objective) {
        (Proof::Swaps { extra_mates, duals }, MaxRing::AtMost(2), Objective::Points) => {
            swaps_of_most_points(market, options, plan, extra_mates, duals).map(Proven::from)
        }
        (Proof::BestSwaps(proof), MaxRing::AtMost(2), Objective::SwapsThenPoints | Objective::WorstGainFirst) => {
            swaps_of_objective(market, options, plan, proof)
        }
        (Proof::Rings(certificate), MaxRing::AtMost(longest), Objective::Points) => {
            rings_of_at_most(longest, market, options, plan, 0, certificate).map(Proven::from)
        }
        (Proof::Rings(certificate), MaxRing::AtMost(longest), Objective::SwapsThenPoints) => {
            let served = worth_of_an_arc(market);
            rings_of_at_most(longest, market, options, plan, served, certificate).map(Proven::from)
        }
        (Proof::FairestRings(proof), MaxRing::Unlimited, Objective::WorstGainFirst) => {
            fairest_rings(market, options, plan, proof)
        }
        (Proof::FairestShortRings(steps), MaxRing::AtMost(longest), Objective::WorstGainFirst) => {
            fairest_short_rings(longest, market, options, plan, steps)
        }
        (Proof::Stopped { bound, steps }, _, Objective::WorstGainFirst) => {
            stopped(market, options, plan, *bound, steps).map(Proven::from)
        }
        (Proof::Unlimited { bound, steps }, MaxRing::Unlimited, Objective::Points) => {
            rings_of_any_length(market, options, plan, 0, *bound, steps).map(Proven::from)
        }
        (Proof::UnlimitedServed { bound, steps }, MaxRing::Unlimited, Objective::SwapsThenPoints) => {
            rings_of_any_length(market, options, plan, worth_of_an_arc(market), *bound, steps).map(Proven::from)
        }
        _ => Err("it is the proof of another kind of question".to_owned()),
    }
}

/// Checks that the plan is a matching of the largest weight within the caps.
fn swaps_of_most_points(
    market: &Market,
    options: &Options,
    plan: &Plan,
    extra_mates: &[u32],
    duals: &solver::Certificate,
) -> Result<i128, String> {
    let mut edges = Vec::new();
    for swap in swaps(market, options) {
        let [u, v] = swap.offers;
        edges.push(Edge { u, v, weight: narrow(swap.points)? });
    }
    let graph = Graph::new(market.offers(), edges).map_err(|error| error.to_string())?;
    let mut mates = following(market, plan)?;
    // Swaps of no points are in no graph; they change no sum.
    for (offer, mate) in (0..).zip(&mut mates) {
        *mate = mate.filter(|&mate| graph.weight_between(offer, mate).is_some());
    }
    let caps = market.caps(options.max_moves_per_rep.0);
    verify_capped(&graph, market.rep_of(), &caps, &mates, extra_mates, duals).map_err(|error| error.to_string())?;
    Ok(graph.weight_of(&mates).into())
}

/// Checks that the plan has the most swaps or the fairest, and the most points among these.
fn swaps_of_objective(market: &Market, options: &Options, plan: &Plan, proof: &BestSwaps) -> Result<Proven, String> {
    let objective = match options.objective {
        Objective::Points => solver::Objective::Points,
        Objective::SwapsThenPoints => solver::Objective::MovesThenPoints,
        Objective::WorstGainFirst => solver::Objective::WorstGainFirst,
    };
    let mut weighed = Vec::new();
    for swap in swaps(market, options) {
        let [u, v] = swap.offers;
        weighed.push(solver::Swap { u, v, points: narrow(swap.points)?, gains: swap.gains });
    }
    let caps = market.caps(options.max_moves_per_rep.0);
    let mates = following(market, plan)?;
    let verified = verify_best_swaps(market.offers(), &weighed, market.rep_of(), &caps, objective, &mates, proof)
        .map_err(|error| error.to_string())?;
    Ok(as_fair(market, &verified))
}

/// Checks that the plan has the fairest rings of any length.
fn fairest_rings(market: &Market, options: &Options, plan: &Plan, proof: &RingsProof) -> Result<Proven, String> {
    let arc = |arc: &Arc| RingArc { from: arc.give, to: arc.receive, gain: arc.gain, points: arc.gain };
    let arcs: Vec<RingArc> = all_arcs(market)?.iter().map(arc).collect();
    let caps = market.caps(options.max_moves_per_rep.0);
    let next = following(market, plan)?;
    let verified = verify_fairest_rings(market.offers(), &arcs, market.rep_of(), &caps, &next, proof);
    Ok(as_fair(market, &verified.map_err(|error| error.to_string())?))
}

/// Checks that the plan has the fairest rings of so many offers at most.
fn fairest_short_rings(
    longest: usize,
    market: &Market,
    options: &Options,
    plan: &Plan,
    steps: &[PackingStep],
) -> Result<Proven, String> {
    let columns = fair_rings(all_arcs(market)?, longest, options)?;
    let number = |ring: Vec<u32>| columns.binary_search_by(|column| column.vertices.cmp(&ring)).ok();
    let rings = following(market, plan).map(|next| cycles(&next))?;
    let chosen: Option<Vec<u32>> = rings.into_iter().map(|ring| Some(number(ring)? as u32)).collect();
    let mut chosen = chosen.ok_or("the plan has rings that are none of the market, or by which somebody loses")?;
    chosen.sort_unstable();
    let caps = market.caps(options.max_moves_per_rep.0);
    let verified = verify_fairest_columns(&columns, market.rep_of(), &caps, &chosen, steps);
    Ok(as_fair(market, &verified.map_err(|error| error.to_string())?))
}

/// What is proven of a fairest plan.
fn as_fair(market: &Market, verified: &Verified) -> Proven {
    let gap = verified.unproven.first().map(|&rep| {
        let (count, rep) = (verified.unproven.len(), market.rep_id(rep));
        format!("nothing is proven of the gains of {count} reps that may make several moves, such as {rep:?}")
    });
    Proven { bound: verified.points.into(), gap }
}

/// Checks a bound on the points of plans that leave nobody with a loss.
fn stopped(market: &Market, options: &Options, plan: &Plan, bound: i64, steps: &[CapStep]) -> Result<i128, String> {
    if plan.status == Status::Optimal {
        return Err("it bounds the points, and says nothing of fairness".to_owned());
    }
    let parts_in_one = i128::from(options.unfairness.parts_in_one());
    let mut in_swaps = BTreeSet::new();
    if options.max_ring == MaxRing::AtMost(2) {
        let fair = swaps(market, options).into_iter().filter(|swap| swap.gains.iter().all(|&gain| gain >= 0));
        in_swaps.extend(fair.flat_map(|swap| [swap.offers, [swap.offers[1], swap.offers[0]]]));
    }
    let mut weighed = Vec::new();
    for arc in all_arcs(market)?.iter().filter(|arc| arc.gain >= 0) {
        if options.max_ring != MaxRing::AtMost(2) || in_swaps.contains(&[arc.give, arc.receive]) {
            let weight = narrow(i128::from(arc.gain) * parts_in_one)?;
            weighed.push(DirectedArc { from: arc.give, to: arc.receive, weight });
        }
    }
    let digraph = Digraph::new(market.offers(), weighed).map_err(|error| error.to_string())?;
    let caps = market.caps(options.max_moves_per_rep.0);
    verify_capped_assignment(&digraph, market.rep_of(), &caps, &following(market, plan)?, bound, steps)
        .map_err(|error| error.to_string())?;
    Ok(bound.into())
}

/// The arcs of a market that has some.
fn all_arcs(market: &Market) -> Result<&[Arc], String> {
    match market.chances() {
        Chances::Arcs(arcs) => Ok(arcs),
        Chances::Moves(_) => Err("ready-made moves have no rings".to_owned()),
    }
}

/// A number of parts as the solver takes it.
fn narrow(parts: i128) -> Result<i64, String> {
    i64::try_from(parts).map_err(|_| format!("{parts} needs wider numbers"))
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
    let arcs = all_arcs(market)?;
    let parts_in_one = i128::from(options.unfairness.parts_in_one());
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
    let arcs = all_arcs(market)?;
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
