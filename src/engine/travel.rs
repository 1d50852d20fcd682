//! Travel: the driving an account adds to a rep's year.
//!
//! In go a rep's base, an account and the nearest other account of the book, with what sources have told of the ways
//! between them; out come minutes a year.
//! Holds: a way that was measured there and back counts as measured, any other as the straight line, and says so; more
//! visits, a longer way or a farther neighbour never cost less; each sum is rounded to whole minutes once.
//! Costs: constant, and two binary searches for a way where any was measured.
//! Deliberately absent: where times come from (see [`crate::domain::travel`]), and tours beyond one neighbour.
//!
//! With `R` the round trip from the base and `s` the way from the nearest other account, the mean of there and back, both
//! in minutes, a visit costs `min(R, R/c + (1 − 1/c) · s)`, where `c` visits fill a day in the field: one of them is reached
//! from the base and the others on the way from the account next door, and nobody makes a detour that is longer than going
//! home. `c` is the policy's number, or as many as a day has time for: `(D − R + s) / (v + s)`, with the field day `D` and
//! the visit `v`, and never less than one. `tests/bench/tours.rs` compares it with whole tours.
//!
//! What is given away saves its own driving less what is left behind: the accounts it was the nearest to have the next one
//! for a neighbour now. That is never more than its own driving, for fewer places to go to never take longer. What an
//! account received does for its neighbours is not counted, so that a swap is never made for it.

use super::{view::NONE, ways::Ways};
use crate::domain::{
    policy::TravelRates,
    units::{Minutes, Place},
};

/// A place, and where it stands among those that ways were measured between.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    /// The place.
    pub place: Place,
    /// Its index, or [`NONE`].
    pub at: u32,
}

/// The drive to a place and back, in minutes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Drive {
    /// There.
    pub out: f64,
    /// Back again.
    pub back: f64,
    /// Whether it is the straight line.
    pub estimated: bool,
}

impl Drive {
    /// Being there already.
    pub const NONE: Self = Self { out: 0.0, back: 0.0, estimated: false };

    /// The straight line, which takes as long there as back.
    pub fn estimate(minutes: f64) -> Self {
        Self { out: minutes, back: minutes, estimated: true }
    }

    /// There and back.
    pub fn round_trip(&self) -> f64 {
        self.out + self.back
    }
}

/// What is known of the drive from one place to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Known {
    /// It was measured there and back.
    Measured(Drive),
    /// No way leads there, or none back.
    Barred,
    /// It was not measured both ways.
    Unknown,
}

/// Looks up what sources have told.
pub(crate) fn way(ways: &Ways, from: Spot, to: Spot) -> Known {
    if from.at == NONE || to.at == NONE {
        return Known::Unknown;
    }
    match (ways.between(from.at, to.at), ways.between(to.at, from.at)) {
        (Some(None), _) | (_, Some(None)) => Known::Barred,
        (Some(Some(out)), Some(Some(back))) => {
            Known::Measured(Drive { out: f64::from(out) / 600.0, back: f64::from(back) / 600.0, estimated: false })
        }
        (None, _) | (_, None) => Known::Unknown,
    }
}

/// The visits an account takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Visits {
    /// How many a year.
    pub a_year: u32,
    /// Minutes of one.
    pub minutes: u32,
}

impl Visits {
    /// What they take with the customer.
    pub fn minutes_a_year(self) -> Minutes {
        Minutes(i64::from(self.a_year) * i64::from(self.minutes))
    }
}

/// Minutes a year of driving to visits.
///
/// `drive` is the one from the base; `detour` that from the nearest other account of the book, absent where there is none,
/// so that every visit is a journey of its own.
pub(crate) fn annual_minutes(rates: &TravelRates, visits: Visits, drive: &Drive, detour: Option<&Drive>) -> Minutes {
    let round_trip = drive.round_trip();
    let a_visit = match detour {
        Some(detour) => {
            let from_next_door = detour.round_trip() / 2.0;
            let a_day = visits_a_day(rates, visits.minutes, round_trip, from_next_door);
            round_trip.min(round_trip / a_day + (1.0 - 1.0 / a_day) * from_next_door)
        }
        None => round_trip,
    };
    Minutes((f64::from(visits.a_year) * a_visit).round() as i64) + overnight_minutes(rates, visits.a_year, drive.out)
}

/// How many visits fill a day in the field, at least one.
fn visits_a_day(rates: &TravelRates, visit_minutes: u32, round_trip: f64, next_door: f64) -> f64 {
    let time = rates.field_day_minutes.0 as f64 - round_trip + next_door;
    let each = (f64::from(visit_minutes) + next_door).max(1.0);
    (time / each).floor().min(f64::from(rates.visits_per_field_day)).max(1.0)
}

fn overnight_minutes(rates: &TravelRates, visits_a_year: u32, one_way: f64) -> Minutes {
    if one_way > rates.overnight_beyond_one_way_minutes.0 as f64 {
        rates.overnight_minutes * i64::from(visits_a_year)
    } else {
        Minutes::ZERO
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::travel::{TravelMap, TravelSource},
        engine::ways::Told,
    };

    const RATES: TravelRates = TravelRates {
        visits_per_field_day: 5,
        field_day_minutes: Minutes(600),
        max_one_way_minutes: Minutes(180),
        overnight_beyond_one_way_minutes: Minutes(150),
        overnight_minutes: Minutes(240),
        sources: Vec::new(),
    };

    fn annual(visits: u32, one_way: f64, next_door: Option<f64>) -> Minutes {
        let visits = Visits { a_year: visits, minutes: 30 };
        annual_minutes(&RATES, visits, &Drive::estimate(one_way), next_door.map(Drive::estimate).as_ref())
    }

    #[test]
    fn a_neighbour_next_door_shares_the_way_from_the_base() {
        // Ten visits: 120 / 5 + 4/5 · 10 = 32 minutes each.
        assert_eq!(annual(10, 60.0, Some(10.0)), Minutes(320));
    }

    #[test]
    fn a_day_has_time_for_so_many_visits_and_no_more() {
        // (600 − 360 + 50) / (30 + 50) is a good three: 360 / 3 + 2/3 · 50 = 153.33 each, and a night.
        assert_eq!(annual(3, 180.0, Some(50.0)), Minutes(460 + 3 * 240));
    }

    #[test]
    fn a_detour_longer_than_going_home_is_not_made() {
        assert_eq!(annual(10, 60.0, Some(500.0)), Minutes(1200));
    }

    #[test]
    fn an_only_account_is_a_journey_of_its_own() {
        assert_eq!(annual(10, 60.0, None), Minutes(1200));
    }

    #[test]
    fn a_visit_beyond_a_day_costs_a_night() {
        assert_eq!(annual(1, 150.0, None), Minutes(300));
        assert_eq!(annual(1, 151.0, None), Minutes(302 + 240));
    }

    #[test]
    fn no_visits_cost_nothing() {
        assert_eq!(annual(0, 151.0, None), Minutes(0));
    }

    #[test]
    fn a_farther_neighbour_never_costs_less() {
        for one_way in [5.0, 40.0, 120.0, 200.0, 400.0] {
            let costs: Vec<Minutes> =
                (0..500).map(|next_door| annual(100, one_way, Some(f64::from(next_door)))).collect();
            assert!(costs.is_sorted(), "{one_way}");
        }
    }

    #[test]
    fn a_way_counts_as_measured_only_both_ways() {
        let place = |at| Place::from_e6(at, at).unwrap();
        let map = TravelMap { source: TravelSource::Osrm, date: None };
        let told = |from, to, deciseconds| Told { from: place(from), to: place(to), deciseconds, map };
        let ways = Ways::new(vec![
            told(1, 2, Some(600)),
            told(2, 1, Some(1200)),
            told(1, 3, Some(600)),
            told(2, 3, Some(600)),
            told(3, 2, None),
        ]);
        let spot = |at| Spot { place: place(at), at: ways.place_index(place(at)).unwrap_or(NONE) };
        let measured = Drive { out: 1.0, back: 2.0, estimated: false };
        assert_eq!(way(&ways, spot(1), spot(2)), Known::Measured(measured));
        assert_eq!(way(&ways, spot(1), spot(3)), Known::Unknown);
        assert_eq!(way(&ways, spot(2), spot(3)), Known::Barred);
        assert_eq!(way(&ways, spot(1), spot(4)), Known::Unknown);
    }
}
