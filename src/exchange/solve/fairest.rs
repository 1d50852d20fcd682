//! The fairest rings, and what bounds the points where a search for the fairest plan was stopped.
//!
//! In: a market of arcs and what is asked of it. Out: rings, or a bound, with the proof. Holds: only arcs of no negative
//! gain count. Costs: the solver's; for a bound, an assignment. Absent: swaps alone, see `swaps`.

use super::{Found, FoundMove, Stop, components, cycles, too_large};
use crate::exchange::certificate::Proof;
use crate::exchange::market::{Arc, Market};
use crate::exchange::options::Options;
use crate::exchange::result::Status;
use crate::solver::objective::{Column, FairestColumns, FairestRings, RingArc, fairest_columns, fairest_rings};
use crate::solver::rings::cycles::each_cycle;
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

/// Finds the fairest rings of so many offers at most, within the caps.
///
/// Errors: as `solve`.
pub(super) fn of_at_most(longest: usize, market: &Market, options: &Options, stop: Stop<'_>) -> Result<Found, String> {
    let arcs = cycles::arcs(market);
    let fair = arcs.iter().filter(|arc| arc.gain >= 0);
    let gaining = fair.map(|arc| DirectedArc { from: arc.give, to: arc.receive, weight: arc.gain });
    let digraph = Digraph::new(market.offers(), gaining.collect()).map_err(too_large)?;
    let mut columns: Vec<Column> = Vec::new();
    each_cycle(&digraph, longest, |offers, gains| {
        let points = options.unfairness.points(gains);
        if points >= 0 {
            columns.push(Column { vertices: offers.to_vec(), gains: gains.to_vec(), points });
        }
    });
    let caps = market.caps(options.max_moves_per_rep.0);
    let found = fairest_columns(&columns, market.rep_of(), &caps, stop).map_err(too_large)?;
    let FairestColumns { chosen, points, optimal, proof } = found;
    let offers = |column: u32| columns[column as usize].vertices.clone();
    let moves = chosen.into_iter().map(|column| cycles::ring(arcs, offers(column), options.unfairness)).collect();
    let components = components::on_rings(market.offers(), arcs);
    if optimal {
        let proof = Proof::FairestShortRings(proof);
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
