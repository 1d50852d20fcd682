//! The margins: each is found again by solving a part without the swap.
//!
//! In go a plan and the market counted again; out come breaches.
//! Holds: what the solver finds here is believed only with its certificate.
//! Costs: one capped matching for each swap in a part of at most [`MARGINS_UP_TO`] offers.
//! Deliberately absent: the change of one thing, by which the plan finds them.

use super::{
    Breaches, Claim,
    recount::{Possible, Recount},
};
use crate::{
    domain::{
        policy::{MaxRing, Objective, Policy},
        units::Points,
    },
    engine::{plan::Plan, solve::MARGINS_UP_TO},
    solver::{CappedMatching, Edge, Graph, capped_matching, verify_capped},
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Checks that each margin is what its swap may lose, and that it is known exactly where it has to be.
pub(super) fn check_margins(
    recount: &Recount<'_>,
    plan: &Plan,
    policy: &Policy,
    possible: &Possible,
    rings: &[Vec<usize>],
    caps: &[usize],
    breaches: &mut Breaches,
) {
    let terms = &policy.plan;
    let right = match (terms.max_ring, terms.objective) {
        (MaxRing::Two, Objective::Points) => margins(recount, plan, possible, rings, caps),
        _ => vec![None; rings.len()],
    };
    if plan.margins.len() != right.len() {
        return breaches.add(Claim::Margin, "margins", format!("{} for {} moves", plan.margins.len(), right.len()));
    }
    let tell = |margin: &Option<Points>| margin.map_or_else(|| "unknown".to_owned(), |points| points.to_string());
    for (at, (found, right)) in plan.margins.iter().zip(&right).enumerate() {
        if found != right {
            let what = format!("the margin is {}, counted again {}", tell(found), tell(right));
            breaches.add(Claim::Margin, format!("move {at}"), what);
        }
    }
}

/// A part of the market: its swaps, and those of them that the plan has, by their number.
#[derive(Default)]
struct Part {
    swaps: Vec<([usize; 2], Points)>,
    planned: Vec<usize>,
}

fn margins(
    recount: &Recount<'_>,
    plan: &Plan,
    possible: &Possible,
    rings: &[Vec<usize>],
    caps: &[usize],
) -> Vec<Option<Points>> {
    let part_of = recount.parts(possible);
    let mut parts: BTreeMap<usize, Part> = BTreeMap::new();
    for one in &possible.moves {
        parts.entry(part_of[recount.owner[one.offers[0]]]).or_default().swaps.push((one.offers, one.points));
    }
    for (at, ring) in rings.iter().enumerate() {
        parts.entry(part_of[recount.owner[ring[0]]]).or_default().planned.push(at);
    }
    let of_part = |part: &Part| {
        let mut offers: Vec<usize> = part.swaps.iter().flat_map(|(offers, _)| *offers).collect();
        offers.sort_unstable();
        offers.dedup();
        let is_known = offers.len() <= MARGINS_UP_TO;
        let best: Points = part.planned.iter().map(|&at| plan.moves[at].points).sum();
        let margin = |at: &usize| {
            let known = is_known.then(|| best - most_without(recount, part, &offers, &rings[*at], caps));
            (*at, known)
        };
        part.planned.iter().map(margin).collect::<Vec<_>>()
    };
    let parts: Vec<Part> = parts.into_values().collect();
    let mut known: Vec<(usize, Option<Points>)> = parts.par_iter().flat_map_iter(of_part).collect();
    known.sort_unstable_by_key(|&(at, _)| at);
    known.into_iter().map(|(_, margin)| margin).collect()
}

/// The most points of a part of the market without one of its swaps.
fn most_without(recount: &Recount<'_>, part: &Part, offers: &[usize], swap: &[usize], caps: &[usize]) -> Points {
    let number = |offer: usize| offers.binary_search(&offer).map_or(u32::MAX, |at| at as u32);
    let others = part.swaps.iter().filter(|(offers, _)| !offers.iter().all(|offer| swap.contains(offer)));
    let edge = |&([u, v], points): &([usize; 2], Points)| Edge { u: number(u), v: number(v), weight: points.0 };
    let mut reps: Vec<usize> = offers.iter().map(|&offer| recount.owner[offer]).collect();
    let groups: Vec<usize> = reps.clone();
    reps.sort_unstable();
    reps.dedup();
    let groups: Vec<u32> = groups.iter().map(|rep| reps.binary_search(rep).map_or(u32::MAX, |at| at as u32)).collect();
    let caps: Vec<Option<u32>> = reps.iter().map(|&rep| u32::try_from(caps[rep]).ok()).collect();
    let found = Graph::new(offers.len(), others.map(edge).collect()).ok().and_then(|graph| {
        let CappedMatching { mate, weight, extra_mates, certificate } = capped_matching(&graph, &groups, &caps).ok()?;
        verify_capped(&graph, &groups, &caps, &mate, &extra_mates, &certificate).ok()?;
        Some(Points(weight))
    });
    // A number that no margin fits, where nothing is proven.
    found.unwrap_or(Points(i64::MIN / 2))
}
