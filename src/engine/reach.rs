//! Reach: within whose limits of one-way driving an offer lies.
//!
//! In go a market and its policy; out comes, for any offer, everybody but its owner within whose own limit it lies, or
//! would with one step of it.
//! Holds: nobody is missed and nobody found twice, at the poles, across the antimeridian and with any number of bases in
//! one place; what is found is what looking at every rep would find.
//! Costs: a nanosecond for each block of [`BLOCK`] bases, and two for each base of a block in reach; trigonometry only for
//! those within a metre of a limit.
//! Deliberately absent: all pairs. A block reaches as far as the one of its reps who goes
//! farthest, so that one who would drive across the country does not widen the search for the others.

use super::{
    chord::squared_chord,
    crowd::{Crowd, Seat, Stall},
    limits::{Limits, Obstacle},
    plan::Rule,
    rules::Receipt,
    view::{View, index},
};
use crate::domain::{
    travel::{fastest_reach_km, straight_line_reach_km},
    units::{Minutes, Place},
};
use std::collections::BTreeMap;

/// How many bases stand in a block.
const BLOCK: usize = 64;

/// A rep within whose limit, or its step, an offer lies.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Near {
    /// Their seat.
    pub seat: u32,
    /// Nothing, or the step.
    pub drive: Obstacle,
    /// The squared chord between base and offer on the unit sphere.
    pub squared_chord: f64,
}

/// Everybody's limits, findable by place.
pub(crate) struct Reach {
    /// The ball around each block outside of which nobody of it goes.
    balls: Vec<Ball>,
    blocks: Vec<Block>,
    /// How far each rep goes, by seat; absent where that is nowhere.
    limits: Vec<Option<Limit>>,
}

#[derive(Clone, Copy)]
struct Ball {
    centre: [f64; 3],
    squared_radius: f64,
}

/// Reps who live near one another.
struct Block {
    seats: Vec<(u32, Limit)>,
    /// Where they live, axis by axis; infinitely far away where there are no more.
    bases: [[f64; BLOCK]; 3],
}

/// Squared chords that are surely within a limit or its step, or surely beyond: so much shorter or longer that neither the
/// metre by which a reach is rounded up nor the last digits can matter. Between them the minutes themselves decide, and
/// wherever ways were measured.
#[derive(Debug, Clone, Copy)]
struct Limit {
    within: f64,
    beyond: f64,
    within_a_step: f64,
    beyond_a_step: f64,
}

impl Limit {
    fn new(view: &View<'_>, minutes: Minutes) -> Self {
        let a_step_more = minutes + view.a_step_looser.beyond_one_way;
        let reach = |minutes: Minutes| straight_line_reach_km(minutes.0 as f64);
        let beyond = |km: f64| squared_chord_of(km + 0.001) * (1.0 + 1e-9) + 1e-15;
        if !view.market.ways.is_empty() {
            let farthest_km = reach(a_step_more).max(fastest_reach_km(a_step_more.0 as f64));
            let (within, beyond_a_step) = (-1.0, beyond(farthest_km));
            return Self { within, beyond: beyond_a_step, within_a_step: within, beyond_a_step };
        }
        let within = |km: f64| squared_chord_of((km - 0.001).max(0.0)) * (1.0 - 1e-9);
        let [own, looser] = [minutes, a_step_more].map(reach);
        Self { within: within(own), beyond: beyond(own), within_a_step: within(looser), beyond_a_step: beyond(looser) }
    }
}

impl Reach {
    /// Lays everybody out in blocks.
    pub fn new(view: &View<'_>, crowd: &Crowd) -> Self {
        let mut by_minutes: BTreeMap<Minutes, Limit> = BTreeMap::new();
        let limit = |seat: &Seat| {
            let minutes = limit_of(view, seat.rep);
            (minutes >= Minutes::ZERO).then(|| *by_minutes.entry(minutes).or_insert_with(|| Limit::new(view, minutes)))
        };
        let limits: Vec<Option<Limit>> = crowd.seats.iter().map(limit).collect();
        let who_drives: Vec<(u32, Limit)> =
            (0..).zip(&limits).filter_map(|(seat, &limit)| Some((seat, limit?))).collect();
        let blocks: Vec<Block> = who_drives.chunks(BLOCK).map(|seats| Block::new(view, crowd, seats)).collect();
        Self { balls: blocks.iter().map(Block::ball).collect(), blocks, limits }
    }

    /// Calls `found` with everybody but the owner within whose own limit or its step an offer lies, by seat.
    pub fn near(&self, view: &View<'_>, crowd: &Crowd, stall: &Stall, mut found: impl FnMut(Near)) {
        for (ball, block) in self.balls.iter().zip(&self.blocks) {
            if squared_chord(&ball.centre, &stall.point) > ball.squared_radius {
                continue;
            }
            for (&(seat, ref limit), squared_chord) in block.seats.iter().zip(block.squared_chords(&stall.point)) {
                let receipt = || Receipt { view, offer: stall.offer, rep: crowd.seats[seat as usize].rep };
                if seat != stall.owner
                    && let Some(drive) = drive(receipt, limit, squared_chord)
                {
                    found(Near { seat, drive, squared_chord });
                }
            }
        }
    }

    /// A rep within whose own limit or its step an offer lies.
    pub fn of(&self, view: &View<'_>, crowd: &Crowd, stall: &Stall, seat: u32) -> Option<Near> {
        let rep = crowd.seats[seat as usize].rep;
        let squared_chord = squared_chord(&view.bases[rep as usize], &stall.point);
        let receipt = || Receipt { view, offer: stall.offer, rep };
        let drive = drive(receipt, self.limits[seat as usize].as_ref()?, squared_chord)?;
        Some(Near { seat, drive, squared_chord })
    }
}

/// Whether the drive keeps a rep's limit or is a step beyond it; absent where it is longer.
fn drive<'v, 'm: 'v>(receipt: impl Fn() -> Receipt<'v, 'm>, limit: &Limit, squared_chord: f64) -> Option<Obstacle> {
    if squared_chord > limit.beyond_a_step {
        return None;
    }
    if squared_chord < limit.within {
        return Some(Obstacle::Nothing);
    }
    let keeps = |limits: fn(&View<'_>) -> Limits| {
        let receipt = receipt();
        !receipt.is_too_far(&limits(receipt.view))
    };
    if squared_chord <= limit.beyond && keeps(|view| view.limits) {
        Some(Obstacle::Nothing)
    } else if squared_chord < limit.within_a_step || keeps(|view| view.a_step_looser) {
        Some(Obstacle::Step(Rule::TooFar))
    } else {
        None
    }
}

impl Block {
    fn new(view: &View<'_>, crowd: &Crowd, seats: &[(u32, Limit)]) -> Self {
        let mut bases = [[f64::INFINITY; BLOCK]; 3];
        for (at, &(seat, _)) in seats.iter().enumerate() {
            let base = view.bases[crowd.seats[seat as usize].rep as usize];
            bases.iter_mut().zip(base).for_each(|(axis, base)| axis[at] = base);
        }
        Self { seats: seats.to_vec(), bases }
    }

    /// The squared chords from each base to a point of the unit sphere.
    fn squared_chords(&self, to: &[f64; 3]) -> [f64; BLOCK] {
        let mut sums = [0.0; BLOCK];
        for (axis, to) in self.bases.iter().zip(to) {
            sums.iter_mut().zip(axis).for_each(|(sum, base)| *sum += (base - to) * (base - to));
        }
        sums
    }

    /// The ball around the mean of the bases: its radius is the chord to the farthest of them and the farthest that anybody
    /// goes.
    fn ball(&self) -> Ball {
        let count = self.seats.len() as f64;
        let centre = self.bases.each_ref().map(|axis| axis[..self.seats.len()].iter().sum::<f64>() / count);
        let largest = |squares: &mut dyn Iterator<Item = f64>| squares.fold(0.0, f64::max).sqrt();
        let farthest = largest(&mut self.squared_chords(&centre).into_iter().take(self.seats.len()));
        let reach = largest(&mut self.seats.iter().map(|(_, limit)| limit.beyond_a_step));
        Ball { centre, squared_radius: (farthest + reach).powi(2) * (1.0 + 1e-9) + 1e-15 }
    }
}

/// Everybody, those who live near one another close together: halved along the axis on which they lie farthest apart, and so
/// on down to blocks; of those in one place the smaller id first.
pub(crate) fn by_place(bases: &[[f64; 3]]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..index(bases.len())).collect();
    halve(bases, &mut order);
    order
}

fn halve(bases: &[[f64; 3]], reps: &mut [u32]) {
    if reps.len() <= BLOCK {
        return;
    }
    let spread = |axis: usize| {
        let along = reps.iter().map(|&rep| bases[rep as usize][axis]);
        let (least, most) = along.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, m), x| (l.min(x), m.max(x)));
        most - least
    };
    let spreads = [0, 1, 2].map(spread);
    let widest = (1..3).fold(0, |widest, axis| if spreads[axis] > spreads[widest] { axis } else { widest });
    let along = |rep: u32| bases[rep as usize][widest];
    let middle = (reps.len() / 2).next_multiple_of(BLOCK);
    reps.select_nth_unstable_by(middle, |&a, &b| along(a).total_cmp(&along(b)).then(a.cmp(&b)));
    let (here, there) = reps.split_at_mut(middle);
    halve(bases, here);
    halve(bases, there);
}

fn limit_of(view: &View<'_>, rep: u32) -> Minutes {
    view.trader(rep).rep.max_one_way_minutes.unwrap_or(view.policy.scores.travel.max_one_way_minutes)
}

/// The squared chord of an arc on the unit sphere.
fn squared_chord_of(arc_km: f64) -> f64 {
    let half_angle = (arc_km * 1000.0 / (2.0 * Place::EARTH_RADIUS_METRES)).min(std::f64::consts::FRAC_PI_2);
    let chord = 2.0 * half_angle.sin();
    chord * chord
}
