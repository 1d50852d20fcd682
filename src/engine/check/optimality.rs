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
        CapStep, Certificate, Edge, Graph, Potentials, Weight,
        digraph::{Digraph, DirectedArc},
        objective::{
            self, Column, PackingStep, RingArc, RingsProof, Swap, UnprovenPlan, Verified, verify_best_swaps,
            verify_fairest_columns, verify_fairest_rings,
        },
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
        (Proof::FairestShortRings(steps), MaxRing::Three | MaxRing::Four, Objective::WorstGainFirst)
            if bound.is_none() =>
        {
            market.verify_fairest_short_rings(&rings, terms.max_ring.legs().unwrap_or_default(), steps)
        }
        (Proof::FairestRings(proof), MaxRing::Unlimited, Objective::WorstGainFirst) if bound.is_none() => {
            market.verify_fairest_rings(&next, proof)
        }
        (Proof::Stopped, MaxRing::Three | MaxRing::Four | MaxRing::Unlimited, Objective::WorstGainFirst) => match bound
        {
            Some(bound) if bound == plan.report.points_in_any_rings_at_most => Ok(()),
            _ => Err("it proves nothing but what no rings exceed".to_owned()),
        },
        (Proof::Rings(certificate), MaxRing::Three | MaxRing::Four, Objective::Points | Objective::SwapsThenPoints) => {
            let of_leg = if terms.objective == Objective::Points { 0 } else { market.beyond_points_of_arcs() };
            let longest = terms.max_ring.legs().unwrap_or_default();
            let proven = on_points(certificate.bound.into(), of_leg.into(), &rings, bound);
            let verified = market.verify_rings(&rings, longest, of_leg, points, certificate);
            verified.and_then(|()| proven_is(proven, claimed))
        }
        (Proof::AnyLength { cases }, MaxRing::Unlimited, Objective::Points) => {
            market.verify_any_length(&next, 0_i64, claimed.0, cases)
        }
        (Proof::AnyLengthServed { bound: weight, cases }, MaxRing::Unlimited, Objective::SwapsThenPoints) => {
            let of_leg = i128::from(market.beyond_points_of_arcs());
            let proven = on_points(*weight, of_leg, &rings, bound);
            let verified = market.verify_any_length(&next, of_leg, *weight, cases);
            verified.and_then(|()| proven_is(proven, claimed))
        }
        _ => Err("it is of another kind of plan".to_owned()),
    };
    if let Err(what) = verified {
        breaches.add(Claim::Optimality, "certificate", what);
    }
    let is_reached = match terms.objective {
        Objective::Points => bound.is_some_and(|bound| bound <= points),
        // As many points may be had with fewer accounts, or with less fair gains.
        Objective::SwapsThenPoints | Objective::WorstGainFirst => bound.is_some_and(|bound| bound < points),
    };
    if is_reached {
        breaches.add(Claim::Optimality, "bound", "a plan that reaches its bound is the best and has none");
    }
}

/// What a bound on weights leaves for the points of plans that move as many accounts: where the plan may not be the best,
/// no more than all points there are.
fn on_points(weight: i128, of_leg: i128, rings: &[Vec<u32>], bound: Option<Points>) -> i128 {
    let moved: i128 = rings.iter().map(|ring| ring.len() as i128).sum();
    let left = weight - of_leg * moved;
    if of_leg > 0 && bound.is_some() { left.min(of_leg - 1) } else { left }
}

fn proven_is(proven: i128, claimed: Points) -> Result<(), String> {
    match proven == i128::from(claimed.0) {
        true => Ok(()),
        false => Err(format!("it proves a bound of {proven}, not of {claimed}")),
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

    /// One more than the points of every plan: each account is given once at most.
    fn beyond_points_of_arcs(&self) -> i64 {
        let mut most = vec![0; self.recount.owner.len()];
        for arc in &self.possible.arcs {
            let most = &mut most[arc.given as usize];
            *most = self.recount.points(&[arc.given as usize], &[arc.gain]).0.max(*most);
        }
        most.into_iter().sum::<i64>() + 1
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
        proves_all(verify_best_swaps(mate.len(), &swaps, &owners, &caps, objective, mate, proof))
    }

    fn verify_fairest_short_rings(
        &self,
        rings: &[Vec<u32>],
        longest: usize,
        steps: &[PackingStep],
    ) -> Result<(), String> {
        let columns = self.possible_rings(longest);
        let number = |ring: &Vec<u32>| columns.binary_search_by(|column| column.vertices.cmp(ring)).ok();
        let chosen: Option<Vec<u32>> = rings.iter().map(|ring| Some(self::number(number(ring)?))).collect();
        let mut chosen = chosen.ok_or("a ring of the plan is not possible")?;
        chosen.sort_unstable();
        proves_all(verify_fairest_columns(&columns, &self.owners(), &self.caps_of_reps(), &chosen, steps))
    }

    fn verify_fairest_rings(&self, next: &[Option<u32>], proof: &RingsProof) -> Result<(), String> {
        let arcs = self.possible.arcs.iter().map(|arc| RingArc {
            from: arc.given,
            to: arc.received,
            gain: arc.gain.0,
            points: self.recount.points(&[arc.given as usize], &[arc.gain]).0,
        });
        let (arcs, owners, caps): (Vec<RingArc>, _, _) = (arcs.collect(), self.owners(), self.caps_of_reps());
        proves_all(verify_fairest_rings(next.len(), &arcs, &owners, &caps, next, proof))
    }

    /// Every ring of at most so many offers of different reps that has points, each from its smallest, ascending.
    fn possible_rings(&self, longest: usize) -> Vec<Column> {
        let (arcs, owner) = (&self.possible.arcs, &self.recount.owner);
        let mut rings = Vec::new();
        let mut walks: Vec<(Vec<u32>, Vec<Minutes>)> =
            (0..number(owner.len())).map(|first| (vec![first], Vec::new())).collect();
        while let Some((offers, gains)) = walks.pop() {
            let last = offers[offers.len() - 1];
            let row = &arcs[arcs.partition_point(|arc| arc.given < last)..];
            for arc in row.iter().take_while(|arc| arc.given == last) {
                let gains = [&gains[..], &[arc.gain]].concat();
                let is_known = |&other: &u32| owner[other as usize] == owner[arc.received as usize];
                if arc.received == offers[0] {
                    let all: Vec<usize> = offers.iter().map(|&offer| offer as usize).collect();
                    let points = self.recount.points(&all, &gains).0;
                    if points > 0 {
                        let gains = gains.iter().map(|gain| gain.0).collect();
                        rings.push(Column { vertices: offers.clone(), gains, points });
                    }
                } else if arc.received > offers[0] && offers.len() < longest && !offers.iter().any(is_known) {
                    walks.push(([&offers[..], &[arc.received]].concat(), gains));
                }
            }
        }
        rings.sort_unstable_by(|one, other| one.vertices.cmp(&other.vertices));
        rings
    }

    /// Verifies a plan of rings, each leg of which weighs `of_leg` besides its points.
    fn verify_rings(
        &self,
        rings: &[Vec<u32>],
        longest: usize,
        of_leg: i64,
        points: Points,
        certificate: &RingCertificate,
    ) -> Result<(), String> {
        let (digraph, owners, caps) = (self.digraph(of_leg)?, self.owners(), self.caps_of_reps());
        let worth = |ring: &[u32], weights: &[i64]| {
            let own: Vec<i64> = weights.iter().map(|weight| weight - of_leg).collect();
            match self.points_of_ring(ring, &own).0 {
                points if points > 0 => points + of_leg * ring.len() as i64,
                _ => 0,
            }
        };
        let problem =
            RingProblem { digraph: &digraph, longest, points: &worth, group_of: &owners, cap_of_group: &caps };
        let moved: i64 = rings.iter().map(|ring| ring.len() as i64).sum();
        verify_rings(&problem, rings, points.0 + of_leg * moved, certificate).map_err(|error| error.to_string())
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

    fn verify_any_length<W: Weight + From<i64>>(
        &self,
        next: &[Option<u32>],
        of_leg: W,
        bound: W,
        cases: &[CapStep<W>],
    ) -> Result<(), String> {
        let digraph = self.digraph(of_leg)?;
        let owners = self.owners();
        verify_capped_assignment(&digraph, &owners, &self.caps_of_reps(), next, bound, cases)
            .map_err(|error| error.to_string())
    }

    fn owners(&self) -> Vec<u32> {
        self.recount.owner.iter().map(|&owner| number(owner)).collect()
    }

    fn caps_of_reps(&self) -> Vec<Option<u32>> {
        self.caps.iter().map(|&cap| Some(number(cap))).collect()
    }

    /// The arcs, each worth its gain, the ageing of the account given, and `of_leg`.
    fn digraph<W: Weight + From<i64>>(&self, of_leg: W) -> Result<Digraph<W>, String> {
        let arcs = self.possible.arcs.iter().map(|arc| DirectedArc {
            from: arc.given,
            to: arc.received,
            weight: of_leg + self.recount.points(&[arc.given as usize], &[arc.gain]).0.into(),
        });
        Digraph::new(self.recount.owner.len(), arcs.collect()).map_err(|error| error.to_string())
    }
}

/// Checks that a plan was verified, and the gains of all reps with it.
fn proves_all(verified: Result<Verified, UnprovenPlan>) -> Result<(), String> {
    match verified.map_err(|error| error.to_string())?.unproven.first() {
        Some(rep) => Err(format!("of the gain of rep {rep} it proves nothing")),
        None => Ok(()),
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
