//! Travel: the ways a plan goes by, asked of the sources in the policy's order.
//!
//! In go a market and the settings; out come the [`Ways`] that a plan of it looks up.
//! Holds: a source is asked only for what those before it did not know or did not answer; what a routing server says is
//! kept in the store and asked for once; a time that no source told is the straight line's where the policy lists
//! `great_circle`, and counted; where it does not, a way that the last source does not know is none, and a run ends where
//! that source does not answer.
//! Costs: what the sources say; the store's share is small beside a server's.
//! Deliberately absent: which ways those are, which is [`crate::engine::wanted`]'s.

use super::{Reader, Refused, Store};
use crate::{
    domain::{
        travel::{TravelMap, TravelSource, Way},
        units::Place,
    },
    engine::{
        market::Market,
        wanted::wanted,
        ways::{Told, Ways},
    },
    routing::{
        self, RoutingError, TravelTimes,
        blocks::{Block, blocks},
    },
    settings::{Routing, Settings},
    store::travel_times::{self, Asked, FORGOTTEN_AT_ONCE, rounded},
};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Who answered, and what of each pair; nothing where it did not answer.
type Answers = (TravelMap, Vec<Option<Way>>);

/// From one place to another.
type Pair = (Place, Place);

/// The most origins and destinations of one question to a network in process, whose cost is by place more than by pair.
const SIDE_IN_PROCESS: usize = 1000;

/// The same to a server: some times its own limit, so that it is asked for several blocks at once.
const SIDE_OF_A_SERVER: usize = 200;

/// So many answers of a server are kept at once: a run that ends early has not asked in vain.
const KEPT_AT_ONCE: usize = 20_000;

/// Tells whether every source that the policy lists is set up.
///
/// Errors: what [`routing::sources`] refuses.
pub fn are_set_up(settings: &Settings) -> Result<(), RoutingError> {
    routing::sources(&settings.routing, measuring(settings)).map(|_| ())
}

/// Asks for the ways that a plan of a market goes by.
///
/// Errors: [`Refused::NoTravelTimes`] where a source is not set up, or the last one that the policy lists is silent.
pub fn ways(store: &Store, settings: &Settings, market: &Market) -> Result<Ways, Refused> {
    gather(settings, market, |kind, source, pairs| match kind {
        TravelSource::RoadNetwork => Ok((source.map(), ask_in_process(source, pairs))),
        _ => ask_a_server(store, &settings.routing, source, pairs),
    })
}

/// The same without waiting for anybody: of routing servers only what they have told before. For one move inside a
/// transaction, whose accounts a run has most often seen.
pub fn ways_at_hand(reader: &mut Reader<'_>, settings: &Settings, market: &Market) -> Result<Ways, Refused> {
    let routing = &settings.routing;
    gather(settings, market, |kind, source, pairs| {
        if kind == TravelSource::RoadNetwork {
            return Ok((source.map(), ask_in_process(source, pairs)));
        }
        let Some(asked) = travel_times::latest(reader, kind, &routing.terms(kind))? else {
            return Ok((TravelMap { source: kind, date: None }, vec![None; pairs.len()]));
        };
        let known = travel_times::read(reader, &asked, pairs, routing.keep_undated_days)?;
        Ok((asked.map, known))
    })
}

/// Who is to be asked before the straight line.
fn measuring(settings: &Settings) -> &[TravelSource] {
    let order = &settings.policy.scores.travel.sources;
    let end = order.iter().position(|source| *source == TravelSource::GreatCircle);
    &order[..end.unwrap_or(order.len())]
}

fn gather(
    settings: &Settings,
    market: &Market,
    mut ask: impl FnMut(TravelSource, &dyn TravelTimes, &[Pair]) -> Result<Answers, Refused>,
) -> Result<Ways, Refused> {
    let order = measuring(settings);
    if order.is_empty() {
        return Ok(Ways::default());
    }
    let has_a_last_resort = order.len() < settings.policy.scores.travel.sources.len();
    let mut open = wanted(market, &settings.policy);
    let (mut told, mut silent) = (Vec::new(), BTreeMap::new());
    let mut last = None;
    for (&kind, source) in order.iter().zip(routing::sources(&settings.routing, order)?) {
        if open.is_empty() {
            break;
        }
        let (map, ways) = ask(kind, &*source, &open)?;
        let mut unanswered = 0;
        let mut rest = Vec::new();
        for (&(from, to), way) in open.iter().zip(ways) {
            let mut tell = |deciseconds| told.push(Told { from, to, deciseconds, map });
            match way {
                Some(Way::Takes { deciseconds }) => tell(Some(deciseconds)),
                Some(Way::None) => tell(None),
                Some(Way::OffTheRoad | Way::TooFar) => rest.push((from, to)),
                None => {
                    unanswered += 1;
                    rest.push((from, to));
                }
            }
        }
        if unanswered > 0 {
            silent.insert(map.source, unanswered);
        }
        last = Some((map, unanswered));
        open = rest;
    }
    if has_a_last_resort {
        return Ok(Ways::new(told).with_unanswered(open.len() as u64, silent));
    }
    match last {
        Some((map, unanswered)) if unanswered > 0 => Err(Refused::NoTravelTimes(format!(
            "{} did not answer about {unanswered} ways, and the policy has nobody else to ask",
            map.source
        ))),
        Some((map, _)) => {
            told.extend(open.into_iter().map(|(from, to)| Told { from, to, deciseconds: None, map }));
            Ok(Ways::new(told).with_unanswered(0, silent))
        }
        None => Ok(Ways::default()),
    }
}

fn ask_in_process(source: &dyn TravelTimes, pairs: &[Pair]) -> Vec<Option<Way>> {
    let blocks = blocks(pairs, SIDE_IN_PROCESS);
    let answers: Vec<(Pair, Option<Way>)> = blocks.par_iter().flat_map_iter(|block| answers(source, block)).collect();
    in_order(pairs, answers)
}

fn ask_a_server(
    store: &Store,
    routing: &Routing,
    source: &dyn TravelTimes,
    pairs: &[Pair],
) -> Result<Answers, Refused> {
    let map = source.map();
    let asked = Asked { map, terms: routing.terms(map.source) };
    let near: Vec<Pair> = pairs.iter().map(|&(from, to)| (rounded(from), rounded(to))).collect();
    let keep = routing.keep_undated_days;
    let mut known = store.read(|reader| travel_times::read(reader, &asked, &near, keep))?;
    let missing: Vec<Pair> =
        near.iter().zip(&known).filter(|(_, known)| known.is_none()).map(|(&pair, _)| pair).collect();
    let mut fresh: Vec<(Pair, Option<Way>)> = Vec::with_capacity(missing.len());
    let mut kept = 0;
    for block in blocks(&missing, SIDE_OF_A_SERVER) {
        fresh.extend(answers(source, &block));
        if fresh.len() - kept >= KEPT_AT_ONCE {
            keep_answers(store, &asked, &fresh[kept..])?;
            kept = fresh.len();
        }
    }
    keep_answers(store, &asked, &fresh[kept..])?;
    while store.write(|writer| travel_times::forget(writer, &asked, keep))? == FORGOTTEN_AT_ONCE {}
    for (known, fresh) in known.iter_mut().zip(in_order(&near, fresh)) {
        *known = known.or(fresh);
    }
    Ok((map, known))
}

fn keep_answers(store: &Store, asked: &Asked, answers: &[(Pair, Option<Way>)]) -> Result<(), Refused> {
    let told: Vec<(Place, Place, Way)> =
        answers.iter().filter_map(|&((from, to), way)| Some((from, to, way?))).collect();
    store.write(|writer| travel_times::write(writer, asked, &told)).map_err(Refused::from)
}

/// What a source says of the wanted cells of a block; nothing where it does not answer.
fn answers(source: &dyn TravelTimes, block: &Block) -> Vec<(Pair, Option<Way>)> {
    let table = source.one_ways(&block.origins, &block.destinations);
    if let Err(error) = &table {
        tracing::warn!(%error, ways = block.wanted.len(), "travel times are missing");
    }
    let answer = |&(from, to): &(u32, u32)| {
        let (from, to) = (from as usize, to as usize);
        ((block.origins[from], block.destinations[to]), table.as_ref().ok().map(|table| table.way(from, to)))
    };
    block.wanted.iter().map(answer).collect()
}

/// The answers in the order of the pairs; a pair may stand there more than once.
fn in_order(pairs: &[Pair], mut answers: Vec<(Pair, Option<Way>)>) -> Vec<Option<Way>> {
    answers.sort_unstable_by_key(|&(pair, _)| pair);
    let answer = |pair: &Pair| {
        let at = answers.binary_search_by_key(pair, |&(pair, _)| pair).ok()?;
        answers[at].1
    };
    pairs.iter().map(answer).collect()
}
