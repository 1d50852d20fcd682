//! Distances and directions between points, in metres and degrees.
//!
//! Holds: right across the antimeridian.
//! Costs: a few trigonometric functions each.

use super::osm::Point;
use crate::domain::units::Place;

/// Metres a ten-millionth of a degree along a meridian is long.
pub const PER_E7: f64 = Place::EARTH_RADIUS_METRES * std::f64::consts::PI / 180.0 / 1e7;

/// The east-west difference of two longitudes in ten-millionths of a degree, the short way round.
pub const fn turn_e7(from: i32, to: i32) -> i64 {
    const WHOLE: i64 = 3_600_000_000;
    (to as i64 - from as i64 + WHOLE / 2).rem_euclid(WHOLE) - WHOLE / 2
}

/// East and north of a point from another, in metres, on the plane that touches the Earth between them.
pub fn offset(from: Point, to: Point) -> [f64; 2] {
    let middle = (f64::from(from.lat_e7) + f64::from(to.lat_e7)) / 2.0 * 1e-7;
    let east = turn_e7(from.lon_e7, to.lon_e7) as f64 * PER_E7 * middle.to_radians().cos();
    [east, (f64::from(to.lat_e7) - f64::from(from.lat_e7)) * PER_E7]
}

/// The great-circle distance (haversine: Sinnott, "Virtues of the Haversine", 1984).
pub fn between(from: Point, to: Point) -> f64 {
    let radians = |e7: i32| (f64::from(e7) * 1e-7).to_radians();
    let (lat1, lat2) = (radians(from.lat_e7), radians(to.lat_e7));
    let half_dlat = ((lat2 - lat1) / 2.0).sin();
    let half_dlon = ((radians(to.lon_e7) - radians(from.lon_e7)) / 2.0).sin();
    let h = half_dlat * half_dlat + lat1.cos() * lat2.cos() * half_dlon * half_dlon;
    2.0 * Place::EARTH_RADIUS_METRES * h.sqrt().min(1.0).asin()
}

/// The compass bearing from one point to another over a short distance, 0 to 360 degrees.
pub fn bearing_degrees(from: Point, to: Point) -> f64 {
    let [east, north] = offset(from, to);
    east.atan2(north).to_degrees().rem_euclid(360.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_antimeridian_is_no_wall() {
        let (west, east) = (Point { lat_e7: 0, lon_e7: 1_799_999_000 }, Point { lat_e7: 0, lon_e7: -1_799_999_000 });
        assert!((between(west, east) - 22.24).abs() < 0.01);
        assert!((offset(west, east)[0] - 22.24).abs() < 0.01);
        assert_eq!(bearing_degrees(west, east), 90.0);
        assert_eq!(bearing_degrees(east, west), 270.0);
    }
}
