//! The sums of the report.
//!
//! In go a plan and the market counted again; out come breaches.
//! Costs: a sort of the gains.
//! Deliberately absent: judgement.

use super::{
    Breaches, Claim,
    recount::{Possible, Recount},
};
use crate::{
    domain::{
        travel::TravelSource,
        units::{Cents, Minutes, Stars},
    },
    engine::{
        market::Market,
        plan::{Plan, Report},
        ways::{SourceCount, Ways},
    },
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// The report counted again.
pub(super) fn expected(recount: &Recount<'_>, market: &Market, possible: &Possible, plan: &Plan) -> Report {
    let count = |many: usize| u32::try_from(many).unwrap_or(u32::MAX);
    let sides = || plan.moves.iter().flat_map(|one| &one.legs).map(|leg| &leg.side);
    let legs = sides().count() as i64;
    let mean = |sum: i64| (legs > 0).then(|| Stars::clamped((2 * sum + legs).div_euclid(2 * legs)));
    let mut commission_moved = Cents::ZERO;
    for one in &plan.moves {
        let mut commissions: Vec<Cents> = one.legs.iter().map(|leg| leg.annual_commission_cents).collect();
        commissions.sort_unstable();
        commission_moved += commissions[commissions.len() - 1] - commissions[0];
    }
    Report {
        reps: count(market.reps.len()),
        offers: count(market.offers.len()),
        candidates: count(possible.candidates()),
        candidates_dropped: count(possible.dropped.candidates),
        offers_with_dropped: count(possible.dropped.offers),
        points_of_dropped_at_most: possible.dropped.points_at_most,
        possible_moves: count(possible.moves.len()),
        components: count(recount.components(possible)),
        moves: count(plan.moves.len()),
        points: plan.moves.iter().map(|one| one.points).sum(),
        ageing: plan.moves.iter().map(|one| one.ageing).sum(),
        // Judged with their proofs.
        bound: plan.report.bound,
        points_in_any_rings_at_most: plan.report.points_in_any_rings_at_most,
        gain: sides().map(|side| side.gain).sum(),
        smallest_gain: sides().map(|side| side.gain).min(),
        gini_thousandths: gini_thousandths(sides().map(|side| side.gain).collect()),
        travel_before: sides().map(|side| side.given.travel_minutes).sum(),
        travel_after: sides().map(|side| side.received.travel_minutes).sum(),
        commission_moved_cents: commission_moved,
        mean_stars_before: mean(sides().map(|side| side.given.stars.hundredths()).sum()),
        mean_stars_after: mean(sides().map(|side| side.received.stars.hundredths()).sum()),
        ways: count_ways(&market.ways),
    }
}

/// One line for each map that told a way, each source that was silent without any, and the straight line.
fn count_ways(ways: &Ways) -> Vec<SourceCount> {
    let mut counts: BTreeMap<(TravelSource, Option<NaiveDate>), [u64; 3]> = BTreeMap::new();
    for told in ways.iter() {
        let at = usize::from(told.deciseconds.is_none());
        counts.entry((told.map.source, told.map.date)).or_default()[at] += 1;
    }
    for (&source, &unanswered) in ways.silent() {
        let first = counts.range((source, None)..).next().map(|(&key, _)| key).filter(|(of, _)| *of == source);
        counts.entry(first.unwrap_or((source, None))).or_default()[2] += unanswered;
    }
    if ways.estimated() > 0 {
        counts.insert((TravelSource::GreatCircle, None), [ways.estimated(), 0, 0]);
    }
    let line = |((source, map_date), [ways, without_way, unanswered]): ((_, _), [u64; 3])| SourceCount {
        source,
        map_date,
        ways,
        without_way,
        unanswered,
    };
    counts.into_iter().map(line).collect()
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

pub(super) fn check_report(plan: &Plan, right: &Report, breaches: &mut Breaches) {
    // Named one by one, so that a field added to the report does not go unchecked.
    let Report {
        reps,
        offers,
        candidates,
        candidates_dropped,
        offers_with_dropped,
        points_of_dropped_at_most,
        possible_moves,
        components,
        moves,
        points,
        ageing,
        bound,
        points_in_any_rings_at_most,
        gain,
        smallest_gain,
        gini_thousandths,
        travel_before,
        travel_after,
        commission_moved_cents,
        mean_stars_before,
        mean_stars_after,
        ways,
    } = &plan.report;
    let mut same = |name: &str, same: bool| {
        if !same {
            breaches.add(Claim::Report, "report", format!("{name} is not what is counted again"));
        }
    };
    same("reps", *reps == right.reps);
    same("offers", *offers == right.offers);
    same("candidates", *candidates == right.candidates);
    same("candidates_dropped", *candidates_dropped == right.candidates_dropped);
    same("offers_with_dropped", *offers_with_dropped == right.offers_with_dropped);
    same("points_of_dropped_at_most", *points_of_dropped_at_most == right.points_of_dropped_at_most);
    same("possible_moves", *possible_moves == right.possible_moves);
    same("components", *components == right.components);
    same("moves", *moves == right.moves);
    same("points", *points == right.points);
    same("ageing", *ageing == right.ageing);
    same("bound", *bound == right.bound);
    same("points_in_any_rings_at_most", *points_in_any_rings_at_most == right.points_in_any_rings_at_most);
    same("gain", *gain == right.gain);
    same("smallest_gain", *smallest_gain == right.smallest_gain);
    same("gini_thousandths", *gini_thousandths == right.gini_thousandths);
    same("travel_before", *travel_before == right.travel_before);
    same("travel_after", *travel_after == right.travel_after);
    same("commission_moved_cents", *commission_moved_cents == right.commission_moved_cents);
    same("mean_stars_before", *mean_stars_before == right.mean_stars_before);
    same("mean_stars_after", *mean_stars_after == right.mean_stars_after);
    same("ways", *ways == right.ways);
}
