//! The margins: each is found again by solving a part without the swap.
//!
//! In go a plan and the market counted again; out come breaches.
//! Holds: in a part of at most [`SOLVED_ANEW_UP_TO`] offers, what the solver finds here is believed only with its
//! certificate. In a larger one that takes too long: there the swap is taken away and put back by the same means as in
//! the plan, on the market as counted again, so that a margin which is not this market's is refused.
//! Costs: one capped matching for each swap of a small part, one change made and undone for each of a large one.
//! Deliberately absent: a proof for the margins of large parts; that changes are exact is held by the solver's tests.

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
    solver::{CappedMatching, Edge, Graph, Margin, Planner, capped_matching, verify_capped},
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The most offers of a part that is solved anew for each of its swaps.
const SOLVED_ANEW_UP_TO: usize = 1000;

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
    let parts: Vec<Part> = parts.into_values().collect();
    let mut known: Vec<(usize, Option<Points>)> =
        parts.par_iter().flat_map_iter(|part| margins_of(recount, plan, part, rings, caps)).collect();
    known.sort_unstable_by_key(|&(at, _)| at);
    known.into_iter().map(|(_, margin)| margin).collect()
}

/// The margins of a part's swaps, each by its number in the plan.
fn margins_of(
    recount: &Recount<'_>,
    plan: &Plan,
    part: &Part,
    rings: &[Vec<usize>],
    caps: &[usize],
) -> Vec<(usize, Option<Points>)> {
    let mut offers: Vec<usize> = part.swaps.iter().flat_map(|(offers, _)| *offers).collect();
    offers.sort_unstable();
    offers.dedup();
    let number = |offer: Option<&usize>| offer.and_then(|offer| offers.binary_search(offer).ok()).unwrap_or_default();
    let ends = |at: usize| [rings[at].first(), rings[at].last()].map(|offer| number(offer) as u32);
    let market = Weighed::new(recount, part, &offers, caps);
    let planned = part.planned.iter();
    match offers.len() {
        few if few <= SOLVED_ANEW_UP_TO => {
            let best: Points = part.planned.iter().map(|&at| plan.moves[at].points).sum();
            // A number that no margin fits, where nothing is proven.
            let without = |at: usize| market.most_without(ends(at)).unwrap_or(Points(i64::MIN / 2));
            planned.map(|&at| (at, Some(best - without(at)))).collect()
        }
        ..=MARGINS_UP_TO => {
            let mut changing = market.changing();
            let mut margin = |[u, v]: [u32; 2]| match changing.as_mut()?.margin(u, v).ok()? {
                Margin::MayFall(points) => Some(Points(points)),
                Margin::MustRise(_) | Margin::Never => Some(Points::ZERO),
            };
            planned.map(|&at| (at, margin(ends(at)))).collect()
        }
        _ => planned.map(|&at| (at, None)).collect(),
    }
}

/// A part as the solver takes it.
struct Weighed {
    vertices: usize,
    edges: Vec<Edge>,
    groups: Vec<u32>,
    caps: Vec<Option<u32>>,
}

impl Weighed {
    fn new(recount: &Recount<'_>, part: &Part, offers: &[usize], caps: &[usize]) -> Self {
        let number = |offer: usize| offers.binary_search(&offer).map_or(u32::MAX, |at| at as u32);
        let edge = |&([u, v], points): &([usize; 2], Points)| Edge { u: number(u), v: number(v), weight: points.0 };
        let owners: Vec<usize> = offers.iter().map(|&offer| recount.owner[offer]).collect();
        let mut reps = owners.clone();
        reps.sort_unstable();
        reps.dedup();
        let group = |rep: &usize| reps.binary_search(rep).map_or(u32::MAX, |at| at as u32);
        Self {
            vertices: offers.len(),
            edges: part.swaps.iter().map(edge).collect(),
            groups: owners.iter().map(group).collect(),
            caps: reps.iter().map(|&rep| u32::try_from(caps[rep]).ok()).collect(),
        }
    }

    /// The most points without one of the swaps, if they are proven.
    fn most_without(&self, [u, v]: [u32; 2]) -> Option<Points> {
        let others = self.edges.iter().filter(|edge| [edge.u, edge.v] != [u, v] && [edge.v, edge.u] != [u, v]);
        let graph = Graph::new(self.vertices, others.copied().collect()).ok()?;
        let Self { groups, caps, .. } = self;
        let CappedMatching { mate, weight, extra_mates, certificate } = capped_matching(&graph, groups, caps).ok()?;
        verify_capped(&graph, groups, caps, &mate, &extra_mates, &certificate).ok()?;
        Some(Points(weight))
    }

    /// The part with swaps that can be taken away one at a time.
    fn changing(&self) -> Option<Planner> {
        Planner::capped(&Graph::new(self.vertices, self.edges.clone()).ok()?, &self.groups, &self.caps).ok()
    }
}
