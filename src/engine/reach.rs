//! Reach: within whose limits of one-way driving an offer lies.
//!
//! In go a market and its policy; out comes, for any offer, everybody but its owner within whose own limit it lies, or
//! would with one step of it.
//! Holds: nobody is missed and nobody found twice, at the poles, across the antimeridian and with any number of bases in
//! one place; what is found is what looking at every rep would find.
//! Costs: a search in a spatial index for each class of limits, some ten nanoseconds for each rep found; trigonometry only
//! for those within a metre of a limit.
//! Deliberately absent: all pairs, and any order of what is found. Reps are searched in classes of similar limits, so that
//! one who would drive across the country does not widen the search for the others.

use super::{
    limits::{Limits, Obstacle},
    plan::Rule,
    rules::Receipt,
    view::{View, index},
};
use crate::domain::{
    travel::{fastest_reach_km, straight_line_reach_km},
    units::{Minutes, Place},
};
use kiddo::{ImmutableKdTree, SquaredEuclidean};
use std::collections::BTreeMap;

/// A rep within whose limit, or its step, an offer lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Near {
    /// Who.
    pub rep: u32,
    /// Nothing, or the step.
    pub drive: Obstacle,
    /// The squared chord between base and offer on the unit sphere.
    pub squared_chord: f64,
}

/// Everybody's limits, findable by place.
pub(crate) struct Reach {
    classes: Vec<Class>,
}

/// Reps of similar limits.
struct Class {
    /// The tree's items are indices into these.
    reps: Vec<(u32, Limit)>,
    tree: ImmutableKdTree<f64, 3>,
    /// The squared chord of the largest limit and its step, rounded up.
    squared_chord: f64,
}

/// Squared chords that are surely within a limit or surely beyond it: so much shorter or longer that neither the metre by
/// which a reach is rounded up nor the last digits can matter. Between them the minutes themselves decide, and wherever ways
/// were measured.
#[derive(Debug, Clone, Copy)]
struct Limit {
    within: f64,
    beyond: f64,
    within_a_step: f64,
}

impl Limit {
    fn new(view: &View<'_>, minutes: Minutes) -> Self {
        if !view.market.ways.is_empty() {
            return Self { within: -1.0, beyond: f64::INFINITY, within_a_step: -1.0 };
        }
        let reach = |minutes: Minutes| straight_line_reach_km(minutes.0 as f64);
        let within = |minutes| squared_chord_of((reach(minutes) - 0.001).max(0.0)) * (1.0 - 1e-9);
        Self {
            within: within(minutes),
            beyond: rounded_up(squared_chord_of(reach(minutes) + 0.001)),
            within_a_step: within(minutes + view.a_step_looser.beyond_one_way),
        }
    }
}

impl Reach {
    /// Indexes everybody: one class for each doubling of the limit.
    pub fn new(view: &View<'_>) -> Self {
        let mut by_doubling: BTreeMap<u32, (i64, Vec<u32>)> = BTreeMap::new();
        for rep in 0..index(view.market.reps.len()) {
            let limit = limit_of(view, rep).0;
            if let Ok(positive) = u64::try_from(limit) {
                let (largest, reps) = by_doubling.entry(u64::BITS - positive.leading_zeros()).or_default();
                *largest = limit.max(*largest);
                reps.push(rep);
            }
        }
        let classes = by_doubling.into_values().map(|(largest, reps)| Class::new(view, Minutes(largest), &reps));
        Self { classes: classes.collect() }
    }

    /// Everybody but the owner within whose own limit or its step an offer lies, in no order.
    pub fn near(&self, view: &View<'_>, offer: u32) -> impl Iterator<Item = Near> {
        let vector = view.offer(offer).account.place.unit_vector();
        let owner = view.owner[offer as usize];
        self.classes.iter().flat_map(move |class| {
            let query = class.tree.query(&vector).within::<SquaredEuclidean<f64>>(class.squared_chord);
            query.unsorted().execute().into_iter().filter_map(move |found| {
                let (rep, limit) = class.reps[found.item as usize];
                let drive = if rep == owner { None } else { drive(view, offer, rep, &limit, found.distance) };
                Some(Near { rep, drive: drive?, squared_chord: found.distance })
            })
        })
    }
}

/// Whether the drive keeps a rep's limit or is a step beyond it; absent where it is longer.
fn drive(view: &View<'_>, offer: u32, rep: u32, limit: &Limit, squared_chord: f64) -> Option<Obstacle> {
    let is_beyond = |limits: &Limits| Receipt { view, offer, rep }.is_too_far(limits);
    if squared_chord < limit.within || (squared_chord <= limit.beyond && !is_beyond(&view.limits)) {
        Some(Obstacle::Nothing)
    } else if squared_chord < limit.within_a_step || !is_beyond(&view.a_step_looser) {
        Some(Obstacle::Step(Rule::TooFar))
    } else {
        None
    }
}

impl Class {
    fn new(view: &View<'_>, largest: Minutes, reps: &[u32]) -> Self {
        let bases: Vec<[f64; 3]> = reps.iter().map(|&rep| view.trader(rep).rep.base.unit_vector()).collect();
        let farthest = largest + view.a_step_looser.beyond_one_way;
        Self {
            reps: reps.iter().map(|&rep| (rep, Limit::new(view, limit_of(view, rep)))).collect(),
            tree: ImmutableKdTree::new_from_slice(&bases).expect("a market has fewer than 2^32 reps"),
            squared_chord: rounded_up(squared_chord_of(farthest_km(view, farthest))),
        }
    }
}

fn limit_of(view: &View<'_>, rep: u32) -> Minutes {
    view.trader(rep).rep.max_one_way_minutes.unwrap_or(view.policy.scores.travel.max_one_way_minutes)
}

/// The most great-circle kilometres that are looked at for a limit.
fn farthest_km(view: &View<'_>, limit: Minutes) -> f64 {
    let minutes = limit.0 as f64;
    if view.market.ways.is_empty() {
        straight_line_reach_km(minutes)
    } else {
        straight_line_reach_km(minutes).max(fastest_reach_km(minutes))
    }
}

/// The squared chord of an arc on the unit sphere.
fn squared_chord_of(arc_km: f64) -> f64 {
    let half_angle = (arc_km * 1000.0 / (2.0 * Place::EARTH_RADIUS_METRES)).min(std::f64::consts::FRAC_PI_2);
    let chord = 2.0 * half_angle.sin();
    chord * chord
}

fn rounded_up(squared_chord: f64) -> f64 {
    squared_chord * (1.0 + 1e-9) + 1e-15
}
