//! The fairest rings of any length, and what bounds the points where a search for the fairest plan was stopped.
//!
//! In: a market of arcs and what is asked of it. Out: rings, or a bound, with the proof. Holds: only arcs of no negative
//! gain count. Costs: the solver's; for a bound, an assignment. Absent: swaps alone, see `swaps`.

use super::{Found, FoundMove, Stop, components, cycles, too_large};
use crate::exchange::certificate::Proof;
use crate::exchange::market::{Arc, Market};
use crate::exchange::options::Options;
use crate::exchange::result::Status;
use crate::solver::objective::{FairestRings, RingArc, fairest_rings};
use crate::solver::{Digraph, DirectedArc, capped_assignment};

/// Finds the fairest rings of any length within the caps.
///
/// Errors: as `solve`.
pub(super) fn of_any_length(market: &Market, options: &Options, stop: Stop<'_>) -> Result<Found, String> {
    let arcs = cycles::arcs(market);
    let ring_arc = |arc: &Arc| RingArc { from: arc.give, to: arc.receive, gain: arc.gain, points: arc.gain };
    let ring_arcs: Vec<RingArc> = arcs.iter().map(ring_arc).collect();
    let caps = market.caps(options.max_moves_per_rep.0);
    let found = fairest_rings(market.offers(), &ring_arcs, market.rep_of(), &caps, stop).map_err(too_large)?;
    let FairestRings { next, points, optimal, proof } = found;
    let moves = cycles::rings(arcs, &next);
    let components = components::on_rings(market.offers(), arcs);
    if optimal {
        let proof = Proof::FairestRings(proof);
        return Ok(Found { moves, status: Status::Optimal, bound: points.into(), components, proof });
    }
    stopped(market, options, moves, components, arcs.iter().copied())
}

/// Makes the result of a search that was stopped: no rings along some arcs have more points than the bound.
///
/// Errors: as `solve`.
pub(super) fn stopped(
    market: &Market,
    options: &Options,
    moves: Vec<FoundMove>,
    components: usize,
    arcs: impl Iterator<Item = Arc>,
) -> Result<Found, String> {
    let parts_in_one = options.unfairness.parts_in_one();
    let weigh = |arc: Arc| DirectedArc { from: arc.give, to: arc.receive, weight: arc.gain * parts_in_one };
    let weighed = arcs.filter(|arc| arc.gain >= 0).map(weigh).collect();
    let digraph = Digraph::new(market.offers(), weighed).map_err(too_large)?;
    let caps = market.caps(options.max_moves_per_rep.0);
    let best = capped_assignment(&digraph, market.rep_of(), &caps, &|| true).map_err(too_large)?;
    let proof = Proof::Stopped { bound: best.bound, steps: best.certificate };
    Ok(Found { moves, status: Status::TimeLimit, bound: best.bound.into(), components, proof })
}
