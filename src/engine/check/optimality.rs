//! That no plan is better.
//!
//! In go a plan's certificate and the possible moves as counted again; out come breaches.
//! Costs: linear in the possible moves, but for the logarithms of the solver's verifiers.
//! Deliberately absent: any solver.

use super::{
    Breaches, Claim,
    recount::{Possible, Recount},
};
use crate::{
    domain::{
        policy::{MaxRing, Objective, Policy},
        units::{Minutes, Points},
    },
    engine::plan::{Plan, Proof},
    solver::{
        CapStep, Certificate, Edge, Graph, Potentials,
        digraph::{Digraph, DirectedArc},
        objective::{self, Swap, verify_best_swaps},
        rings::{RingCertificate, RingProblem, verify::verify_rings},
        verify_capped, verify_capped_assignment,
    },
};

/// Verifies the certificate against the possible moves and caps as counted again, and that the bound it proves is the
/// plan's.
pub(super) fn check_optimality(
    recount: &Recount<'_>,
    plan: &Plan,
    policy: &Policy,
    possible: &Possible,
    rings: &[Vec<usize>],
    caps: &[usize],
    breaches: &mut Breaches,
) {
    let market = Market { recount, possible, caps };
    let rings: Vec<Vec<u32>> = rings.iter().map(|ring| ring.iter().copied().map(number).collect()).collect();
    let mut next = vec![None; recount.owner.len()];
    for ring in &rings {
        for (&given, &received) in ring.iter().zip(ring.iter().cycle().skip(1)) {
            next[given as usize] = Some(received);
        }
    }
    let bound = plan.report.bound;
    let points: Points = plan.moves.iter().map(|one| one.points).sum();
    let claimed = bound.unwrap_or(points);
    let terms = &policy.plan;
    let verified = match (&plan.certificate, terms.max_ring, terms.objective) {
        (Proof::Swaps { extra_mates, duals }, MaxRing::Two, Objective::Points) if bound.is_none() => {
            market.verify_swaps(&next, 0, extra_mates, duals)
        }
        (Proof::Swaps { extra_mates, duals }, MaxRing::Two, Objective::SwapsThenPoints) if bound.is_none() => {
            market.verify_swaps(&next, market.beyond_all_points(), extra_mates, duals)
        }
        (Proof::Fairest(proof), MaxRing::Two, Objective::WorstGainFirst) if bound.is_none() => {
            market.verify_fairest(&next, proof)
        }
        (Proof::Rings(certificate), MaxRing::Three | MaxRing::Four, Objective::Points) => {
            let longest = terms.max_ring.legs().unwrap_or_default();
            let verified = market.verify_rings(&rings, longest, points, certificate);
            verified.and_then(|()| match Points(certificate.bound) {
                proven if proven == claimed => Ok(()),
                proven => Err(format!("it proves a bound of {proven}, not of {claimed}")),
            })
        }
        (Proof::AnyLength { cases }, MaxRing::Unlimited, Objective::Points) => {
            market.verify_any_length(&next, claimed, cases)
        }
        _ => Err("it is of another kind of plan".to_owned()),
    };
    if let Err(what) = verified {
        breaches.add(Claim::Optimality, "certificate", what);
    }
    if bound.is_some_and(|bound| bound <= points) {
        breaches.add(Claim::Optimality, "bound", "a plan that reaches its bound is the best and has none");
    }
}

/// What certificates are verified against.
struct Market<'a> {
    recount: &'a Recount<'a>,
    possible: &'a Possible,
    caps: &'a [usize],
}

impl Market<'_> {
    /// One more than the points of as many of the best swap as could ever be made.
    fn beyond_all_points(&self) -> i64 {
        let most = self.possible.moves.iter().map(|one| one.points.0).max().unwrap_or(0);
        most * (self.recount.owner.len() / 2) as i64 + 1
    }

    /// Verifies a plan of swaps, each of which weighs its points and `of_each`.
    fn verify_swaps(
        &self,
        mate: &[Option<u32>],
        of_each: i64,
        extra_mates: &[u32],
        duals: &Certificate,
    ) -> Result<(), String> {
        let swaps = self.possible.moves.iter();
        let edges = swaps.map(|one| Edge {
            u: number(one.offers[0]),
            v: number(one.offers[1]),
            weight: one.points.0 + of_each,
        });
        let graph = Graph::new(mate.len(), edges.collect()).map_err(|error| error.to_string())?;
        let without_cap = number(self.caps.len());
        let groups: Vec<u32> = (0..)
            .zip(&self.recount.owner)
            .map(|(offer, &owner)| if graph.neighbours(offer).is_empty() { without_cap } else { number(owner) })
            .collect();
        let caps: Vec<Option<u32>> = self.caps_of_reps().into_iter().chain([None]).collect();
        verify_capped(&graph, &groups, &caps, mate, extra_mates, duals).map_err(|error| error.to_string())
    }

    fn verify_fairest(&self, mate: &[Option<u32>], proof: &objective::Proof) -> Result<(), String> {
        let swaps = self.possible.moves.iter().map(|one| Swap {
            u: number(one.offers[0]),
            v: number(one.offers[1]),
            points: one.points.0,
            gains: one.gains.map(|gain| gain.0),
        });
        let (swaps, owners, caps): (Vec<Swap>, _, _) = (swaps.collect(), self.owners(), self.caps_of_reps());
        let objective = objective::Objective::WorstGainFirst;
        let verified = verify_best_swaps(mate.len(), &swaps, &owners, &caps, objective, mate, proof);
        match verified.map_err(|error| error.to_string())?.unproven.first() {
            Some(rep) => Err(format!("of the gain of rep {rep} it proves nothing")),
            None => Ok(()),
        }
    }

    fn verify_rings(
        &self,
        rings: &[Vec<u32>],
        longest: usize,
        points: Points,
        certificate: &RingCertificate,
    ) -> Result<(), String> {
        let (digraph, owners, caps) = (self.digraph()?, self.owners(), self.caps_of_reps());
        let worth = |ring: &[u32], weights: &[i64]| self.points_of_ring(ring, weights).0;
        let problem =
            RingProblem { digraph: &digraph, longest, points: &worth, group_of: &owners, cap_of_group: &caps };
        verify_rings(&problem, rings, points.0, certificate).map_err(|error| error.to_string())
    }

    /// The points of a ring from the weights of its arcs; none where a rep would give two of its accounts.
    fn points_of_ring(&self, ring: &[u32], weights: &[i64]) -> Points {
        let offers: Vec<usize> = ring.iter().map(|&offer| offer as usize).collect();
        let mut owners: Vec<usize> = offers.iter().map(|&offer| self.recount.owner[offer]).collect();
        owners.sort_unstable();
        if owners.windows(2).any(|two| two[0] == two[1]) {
            return Points::ZERO;
        }
        let of_waiting = |offer: usize| self.recount.points(&[offer], &[Minutes::ZERO]).0;
        let gains: Vec<Minutes> =
            offers.iter().zip(weights).map(|(&offer, &weight)| Minutes(weight - of_waiting(offer))).collect();
        self.recount.points(&offers, &gains)
    }

    fn verify_any_length(&self, next: &[Option<u32>], bound: Points, cases: &[CapStep]) -> Result<(), String> {
        let digraph = self.digraph()?;
        let owners = self.owners();
        verify_capped_assignment(&digraph, &owners, &self.caps_of_reps(), next, bound.0, cases)
            .map_err(|error| error.to_string())
    }

    fn owners(&self) -> Vec<u32> {
        self.recount.owner.iter().map(|&owner| number(owner)).collect()
    }

    fn caps_of_reps(&self) -> Vec<Option<u32>> {
        self.caps.iter().map(|&cap| Some(number(cap))).collect()
    }

    /// The arcs, each worth its gain and the ageing of the account given.
    fn digraph(&self) -> Result<Digraph, String> {
        let arcs = self.possible.arcs.iter().map(|arc| DirectedArc {
            from: arc.given,
            to: arc.received,
            weight: self.recount.points(&[arc.given as usize], &[arc.gain]).0,
        });
        Digraph::new(self.recount.owner.len(), arcs.collect()).map_err(|error| error.to_string())
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Verifies that no set of rings, of whatever length, has more points than the report says: the potentials cover every
/// arc and every offer that stays, and their sum is the bound.
pub(super) fn check_rings_bound(recount: &Recount<'_>, plan: &Plan, possible: &Possible, breaches: &mut Breaches) {
    let mut refuse = |what: String| breaches.add(Claim::RingsBound, "potentials", what);
    let Potentials { from, to } = &plan.rings_bound;
    let offers = recount.owner.len();
    if from.len() != offers || to.len() != offers {
        return refuse(format!("{} and {} for {offers} offers", from.len(), to.len()));
    }
    let paid = |given: usize, received: usize| i128::from(from[given]) + i128::from(to[received]);
    if let Some(offer) = (0..offers).find(|&offer| paid(offer, offer) < 0) {
        return refuse(format!("offer {offer} costs to stay"));
    }
    let uncovered = possible.arcs.iter().find(|arc| {
        let (given, received) = (arc.given as usize, arc.received as usize);
        paid(given, received) < i128::from(recount.points(&[given], &[arc.gain]).0)
    });
    if let Some(arc) = uncovered {
        return refuse(format!("the arc from offer {} to offer {} is worth more", arc.given, arc.received));
    }
    let sum: i128 = from.iter().chain(to).map(|&potential| i128::from(potential)).sum();
    let claimed = plan.report.points_in_any_rings_at_most;
    if sum != i128::from(claimed.0) {
        refuse(format!("they add up to {sum}, not to {claimed}"));
    }
}
