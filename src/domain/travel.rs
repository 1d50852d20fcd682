//! One-way driving times, and the straight line calibrated to roads.
//!
//! In go two places; out comes a [`OneWay`] that says where it came from. The formula is a pure function and so is
//! the fallback every market can use; measured times come from `routing`.
//! Deliberately absent: what a time costs a year, which is the engine's.

use super::{closed::closed_list, units::Place};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

closed_list! {
    /// Where a travel time came from.
    TravelSource {
        /// Great circle, calibrated detour and speed: an estimate.
        GreatCircle = "great_circle",
        /// A route over a road network held in process.
        RoadNetwork = "road_network",
        /// A route of an OSRM server.
        Osrm = "osrm",
        /// A route of a Valhalla server.
        Valhalla = "valhalla",
        /// A route of a server that answers in GraphHopper's shape.
        Graphhopper = "graphhopper",
    }
}

impl TravelSource {
    /// Whether the time is an estimate, not a route.
    pub const fn is_estimated(self) -> bool {
        match self {
            Self::GreatCircle => true,
            Self::RoadNetwork | Self::Osrm | Self::Valhalla | Self::Graphhopper => false,
        }
    }
}

/// What tells travel times, and how old what it knows is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TravelMap {
    /// The source.
    pub source: TravelSource,
    /// The date of its map, where it has one and says so.
    pub date: Option<NaiveDate>,
}

/// What a source found between an origin and a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// It takes so many tenths of a second at the wheel.
    Takes {
        /// Tenths of a second.
        deciseconds: u32,
    },
    /// One of the two places is farther from a road than the source's limit.
    OffTheRoad,
    /// The two are farther apart than the source looks.
    TooFar,
    /// Both lie at a road, and no way leads from one to the other.
    None,
}

/// The driving time from one place to another.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct OneWay {
    /// Minutes at the wheel, one way.
    pub minutes: f64,
    /// Where the time came from.
    pub source: TravelSource,
}

/// Estimates the driving time on the calibrated straight line.
///
/// With `h` the great-circle kilometres, the road is `d = h · (1.25 + 0.5 / (1 + h/4))` kilometres (short ways wind
/// more) and the time `0.5 + 60 · d / (36 + 44 · d / (d + 15))` minutes (36 km/h in town, towards 80 km/h far out).
pub fn straight_line(from: Place, to: Place) -> OneWay {
    let h = from.great_circle_metres(to) / 1000.0;
    OneWay { minutes: straight_line_minutes(h), source: TravelSource::GreatCircle }
}

/// The minutes of [`straight_line`] over `h` great-circle kilometres; grows with `h`.
pub fn straight_line_minutes(h: f64) -> f64 {
    let d = h * (1.25 + 0.5 / (1.0 + h / 4.0));
    0.5 + 60.0 * d / (36.0 + 44.0 * d / (d + 15.0))
}

/// The most great-circle kilometres that can be driven in `minutes`: the inverse of [`straight_line_minutes`],
/// rounded up by less than a metre, so that a search within it misses nobody. 0 when no way is that short.
pub fn straight_line_reach_km(minutes: f64) -> f64 {
    let (mut low, mut high) = (0.0_f64, 20_038.0_f64);
    if straight_line_minutes(low) > minutes {
        return 0.0;
    }
    while high - low > 1e-4 {
        let middle = (low + high) / 2.0;
        if straight_line_minutes(middle) <= minutes { low = middle } else { high = middle }
    }
    high
}

/// Great-circle kilometres that nobody drives in less than a minute, on whatever roads: 120 an hour.
const FASTEST_KM_A_MINUTE: f64 = 2.0;

/// The most great-circle kilometres that can be driven in `minutes` on whatever roads: a way is asked of a travel source
/// only where it is no longer, and whoever lies beyond is too far.
pub fn fastest_reach_km(minutes: f64) -> f64 {
    FASTEST_KM_A_MINUTE * minutes.max(0.0)
}

/// The least tenths of a second that any way between two places takes: that of [`fastest_reach_km`], rounded up.
pub fn least_deciseconds(from: Place, to: Place) -> u32 {
    (from.great_circle_metres(to) / 1000.0 / FASTEST_KM_A_MINUTE * 600.0).ceil() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reach_is_the_inverse_of_the_minutes_and_never_short() {
        for km in [0.1, 1.0, 10.0, 55.5, 300.0, 4000.0] {
            let reach = straight_line_reach_km(straight_line_minutes(km));
            assert!(reach >= km && reach - km < 1e-3, "{km} km gave {reach}");
        }
        assert_eq!(straight_line_reach_km(0.1), 0.0);
    }

    #[test]
    fn a_longer_way_always_takes_longer() {
        let minutes: Vec<f64> = (0..5000).map(|km| straight_line_minutes(f64::from(km))).collect();
        assert!(minutes.windows(2).all(|pair| pair[0] < pair[1]));
    }
}
