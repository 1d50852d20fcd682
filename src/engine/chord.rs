//! Driving told by chords: the straight line without trigonometry.
//!
//! In go squared chords between points of the unit sphere, as a search by place has them at hand; out come metres and
//! minutes, and whole minutes a year.
//! Holds: what is told of a year is what great circles tell. Metres and minutes are off by less than [`DOUBT`]; nothing
//! whole ever falls as a way grows, so what comes out alike at both ends of the doubt is sure, and nothing else is told.
//! Costs: some ten nanoseconds; about one in a million is not told.
//! Deliberately absent: ways that were measured.

use super::{
    geography::island_minutes,
    travel::{Drive, Visits, annual_minutes},
};
use crate::domain::{
    policy::{GeographyRates, TravelRates},
    travel::straight_line_minutes,
    units::{Minutes, Place},
};

/// More than rounding can move a way, in minutes and in metres.
const DOUBT: f64 = 1e-6;

/// Squared chords beyond this, some 6,700 km, are too close to the other side of the Earth to be told well.
const FARTHEST: f64 = 1.0;

/// The squared chord between two points of the unit sphere.
pub(crate) fn squared_chord(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let [x, y, z] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    x * x + y * y + z * z
}

/// A way over a chord.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    metres: f64,
    minutes: f64,
}

impl Way {
    /// Being there already.
    pub const NONE: Self = Self { metres: 0.0, minutes: 0.0 };

    /// The way over a squared chord; absent where it is too far to be told.
    pub fn over(squared_chord: f64) -> Option<Self> {
        (squared_chord <= FARTHEST).then(|| {
            let metres = 2.0 * Place::EARTH_RADIUS_METRES * arc_sine_of_root(squared_chord / 4.0);
            Self { metres, minutes: straight_line_minutes(metres / 1000.0) }
        })
    }
}

/// The arc sine of a square root: below a twentieth by its series, whose next term is less than a trillionth of it.
fn arc_sine_of_root(square: f64) -> f64 {
    let root = square.sqrt();
    if square < 0.0025 {
        root * (1.0 + square * (1.0 / 6.0 + square * (3.0 / 40.0 + square * (5.0 / 112.0 + square * (35.0 / 1152.0)))))
    } else {
        root.asin()
    }
}

/// What [`annual_minutes`] tells of the straight line; absent where that is not sure.
pub(crate) fn annual_minutes_over(
    rates: &TravelRates,
    visits: Visits,
    out: Way,
    beside: Option<Way>,
) -> Option<Minutes> {
    let at = |doubt: f64| {
        let drive = |way: Way| Drive::estimate((way.minutes + doubt).max(0.0));
        annual_minutes(rates, visits, &drive(out), beside.map(drive).as_ref())
    };
    agreed(at)
}

/// What [`island_minutes`] tells; absent where that is not sure.
pub(crate) fn island_minutes_over(rates: &GeographyRates, beside: Option<Way>) -> Option<Minutes> {
    agreed(|doubt| island_minutes(rates, beside.map(|way| way.metres + doubt)))
}

fn agreed(at: impl Fn(f64) -> Minutes) -> Option<Minutes> {
    let least = at(-DOUBT);
    (at(DOUBT) == least).then_some(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_over_chords_are_those_over_great_circles() {
        let home = Place::from_degrees(40.0, -75.0).unwrap();
        for step in 1..4000_i32 {
            let place = Place::from_e6(40_000_000 + step * step % 49_000_000, -75_000_000 + step * step * 2).unwrap();
            let squared_chord = squared_chord(&home.unit_vector(), &place.unit_vector());
            let metres = home.great_circle_metres(place);
            match Way::over(squared_chord) {
                Some(way) => {
                    assert!((way.metres - metres).abs() < DOUBT / 10.0, "{metres} and {}", way.metres);
                    let minutes = straight_line_minutes(metres / 1000.0);
                    assert!((way.minutes - minutes).abs() < DOUBT / 10.0, "{minutes} and {}", way.minutes);
                }
                None => assert!(metres > 6_600_000.0, "{metres}"),
            }
        }
    }

    #[test]
    fn a_year_is_told_only_where_it_is_sure() {
        let rates = TravelRates {
            visits_per_field_day: 5,
            field_day_minutes: Minutes(600),
            max_one_way_minutes: Minutes(180),
            overnight_beyond_one_way_minutes: Minutes(150),
            overnight_minutes: Minutes(240),
            sources: Vec::new(),
        };
        let visits = Visits { a_year: 10, minutes: 30 };
        let over = |minutes| annual_minutes_over(&rates, visits, Way { metres: 0.0, minutes }, None);
        assert_eq!(over(60.0), Some(Minutes(1200)));
        assert_eq!([over(150.0), over(150.000_000_5), over(60.025)], [None; 3]);
        assert_eq!(over(150.1), Some(Minutes(3002 + 2400)));
    }
}
