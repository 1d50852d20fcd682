//! One ring: a closed line that does not cross itself, and on which side of it a point lies.
//!
//! In go positions of longitude and latitude in degrees, the last the same as the first; out comes a [`Ring`], or what
//! is wrong with them.
//! Holds: three corners or more, an area, no edge that crosses another. Longitudes run on across the antimeridian, so
//! that a ring from 170 to -170 is kept as one from 170 to 190.
//! Costs: `O(n log n)` to build, linear to ask.
//!
//! An edge more than half the globe wide may be meant in two ways: straight across the map, as RFC 7946 has it, or the
//! short way over the antimeridian, as most who write such an edge mean it. The short way is taken, and where the ring
//! then runs against the right-hand rule of the RFC's section 3.1.6 (outer rings counterclockwise, holes clockwise),
//! which the other reading would keep, it is refused as ambiguous. An edge all around, from -180 to 180, is straight.

use super::{Side, crossing::crossing};
use crate::domain::{Wrong, units::Place};
use serde::{Deserialize, Serialize};

/// Half a turn in billionths of a degree, in which edges are compared: a tenth of a millimetre.
const HALF_TURN_E9: i64 = 180_000_000_000;

/// A whole turn in millionths of a degree.
const TURN_E6: i32 = 360_000_000;

/// The latitude of the north pole in millionths of a degree.
const POLE_E6: i32 = 90_000_000;

/// A corner in millionths of a degree: latitude, longitude.
pub(super) type Corner = (i32, i32);

/// A closed line; the last corner is joined to the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Corner>", into = "Vec<Corner>")]
pub struct Ring {
    corners: Vec<Corner>,
}

impl Ring {
    /// Takes an outer ring: positions of longitude and latitude in degrees, the last the same as the first.
    pub fn outer(positions: &[[f64; 2]]) -> Result<Self, Wrong> {
        Self::new(positions, true)
    }

    /// Takes a hole, likewise.
    pub fn hole(positions: &[[f64; 2]]) -> Result<Self, Wrong> {
        Self::new(positions, false)
    }

    fn new(positions: &[[f64; 2]], is_outer: bool) -> Result<Self, Wrong> {
        let places =
            positions.iter().map(|&[lon, lat]| Place::from_degrees(lat, lon)).collect::<Result<Vec<_>, _>>()?;
        if positions.len() < 4 {
            return Err(Wrong::new(
                format!("{} positions", positions.len()),
                "a ring of 4 positions or more, the last the same as the first",
            ));
        }
        let (first, last) = (positions[0], positions[positions.len() - 1]);
        if first != last {
            let found = format!("{} as the last position", written(last));
            return Err(Wrong::new(found, format!("{}, the first, again", written(first))));
        }
        let (turns, wide) = unrolled(positions)?;
        let mut corners: Vec<Corner> = Vec::with_capacity(positions.len());
        for (place, turn) in places.iter().zip(&turns) {
            let (lat, lon) = place.e6();
            corners.push((lat, lon + turn * TURN_E6));
        }
        corners.dedup();
        if corners.len() > 1 && corners.first() == corners.last() {
            corners.pop();
        }
        let fine: Vec<(i64, i64)> = positions
            .iter()
            .zip(&turns)
            .map(|(&[lon, lat], &turn)| (e9(lat), e9(lon) + i64::from(turn) * 2 * HALF_TURN_E9))
            .collect();
        if let Some((a, b)) = crossing(&fine) {
            let [a, b] = [a, b].map(|edge| written(positions[edge]));
            return Err(Wrong::new(
                format!("the edge from {a} crossing that from {b}"),
                "a ring that does not cross itself",
            ));
        }
        let doubled_area = doubled_area(&corners);
        if doubled_area == 0 {
            return Err(Wrong::new("a ring without an area", "three corners or more that are not on one line"));
        }
        if let Some(longitude) = wide
            && (doubled_area > 0) != is_outer
        {
            return Err(Wrong::new(
                format!("an edge more than half the globe wide, from longitude {longitude}"),
                "a ring that crosses the antimeridian with outer rings counterclockwise and holes clockwise, or edges \
                 of at most 180 degrees",
            ));
        }
        Ok(Self { corners })
    }

    /// Its corners.
    pub(super) fn corners(&self) -> &[Corner] {
        &self.corners
    }

    /// Its edges, each from a corner to the next.
    pub(super) fn edges(&self) -> impl Iterator<Item = [Corner; 2]> + Clone + '_ {
        let next = self.corners.iter().skip(1).chain(self.corners.first());
        self.corners.iter().zip(next).map(|(&from, &to)| [from, to])
    }

    /// Where a place lies.
    pub fn side_of(&self, place: Place) -> Side {
        side_of_place(self.edges(), place)
    }
}

impl TryFrom<Vec<Corner>> for Ring {
    type Error = Wrong;
    fn try_from(corners: Vec<Corner>) -> Result<Self, Wrong> {
        let is_near = |&(lat, lon): &Corner| lat.abs() <= POLE_E6 && lon.abs() <= TURN_E6 + TURN_E6 / 2;
        match corners.len() >= 3 && corners.iter().all(is_near) {
            true => Ok(Self { corners }),
            false => Err(Wrong::new("corners of no ring", "three corners or more, on the globe")),
        }
    }
}

impl From<Ring> for Vec<Corner> {
    fn from(ring: Ring) -> Self {
        ring.corners
    }
}

/// Whether a place is a pole, where all longitudes are one point.
pub(super) fn is_pole(place: Place) -> bool {
    place.e6().0.abs() == POLE_E6
}

/// The point of a place, and one turn on either side of it, where a ring across the antimeridian may be.
pub(super) fn turns(place: Place) -> [Corner; 3] {
    let (lat, lon) = place.e6();
    [lon, lon + TURN_E6, lon - TURN_E6].map(|lon| (lat, lon))
}

/// Where a place lies among the edges of a ring, of which those that do not reach its latitude may be left out.
pub(super) fn side_of_place(edges: impl Iterator<Item = [Corner; 2]> + Clone, place: Place) -> Side {
    if is_pole(place) {
        let touches = edges.flatten().any(|(lat, _)| lat == place.e6().0);
        return if touches { Side::Boundary } else { Side::Outside };
    }
    let sides = turns(place).map(|point| side_of(edges.clone(), point));
    let found = |wanted| sides.contains(&wanted);
    match (found(Side::Inside), found(Side::Boundary)) {
        (true, _) => Side::Inside,
        (false, true) => Side::Boundary,
        (false, false) => Side::Outside,
    }
}

/// Where a point lies among the edges of a ring: a line from it due east crosses the edges an odd number of times if it is inside ("Algorithm 112: Position of Point
/// Relative to Polygon", M. Shimrat, 1962). An edge counts where one end is north of the line and the other is not.
fn side_of(edges: impl Iterator<Item = [Corner; 2]>, point: Corner) -> Side {
    let mut is_inside = false;
    for [from, to] in edges {
        let spans = |a: i32, b: i32, at: i32| a.min(b) <= at && at <= a.max(b);
        if !spans(from.0, to.0, point.0) {
            continue;
        }
        let turn = turn(from, to, point);
        if turn == 0 && spans(from.1, to.1, point.1) {
            return Side::Boundary;
        }
        let goes_north = to.0 > point.0;
        if (from.0 > point.0) != goes_north && (turn > 0) == goes_north {
            is_inside = !is_inside;
        }
    }
    if is_inside { Side::Inside } else { Side::Outside }
}

/// Twice the area of the triangle of three points: positive where the third is to the left of the way from the first to
/// the second. Differences are below 2^31, so that products and their difference fit.
fn turn(from: Corner, to: Corner, point: Corner) -> i64 {
    let difference = |a: i32, b: i32| i64::from(a) - i64::from(b);
    difference(to.1, from.1) * difference(point.0, from.0) - difference(to.0, from.0) * difference(point.1, from.1)
}

/// Twice the area, positive where the ring runs counterclockwise.
fn doubled_area(corners: &[Corner]) -> i128 {
    let next = corners.iter().skip(1).chain(corners.first());
    let cross = |a: &Corner, b: &Corner| i128::from(a.1) * i128::from(b.0) - i128::from(b.1) * i128::from(a.0);
    corners.iter().zip(next).map(|(a, b)| cross(a, b)).sum()
}

/// For each position how many turns to add, so that longitudes run on across the antimeridian; and the longitude at which
/// an edge more than half the globe wide begins, where there is one.
fn unrolled(positions: &[[f64; 2]]) -> Result<(Vec<i32>, Option<f64>), Wrong> {
    let (mut turns, mut wide, mut turn) = (vec![0], None, 0);
    for pair in positions.windows(2) {
        let [before, after] = [pair[0][0], pair[1][0]];
        let step = e9(after) - e9(before);
        if step.abs() > HALF_TURN_E9 && step.abs() != 2 * HALF_TURN_E9 {
            turn -= step.signum() as i32;
            wide.get_or_insert(before);
        }
        if turn.abs() > 1 {
            break;
        }
        turns.push(turn);
    }
    match turn {
        0 => Ok((turns, wide)),
        _ => Err(Wrong::new(
            "a ring all around the globe",
            "a ring that ends where it began; cut one around a pole at the antimeridian, along it to the pole and back",
        )),
    }
}

/// Degrees in billionths.
fn e9(degrees: f64) -> i64 {
    (degrees * 1e9).round() as i64
}

fn written([lon, lat]: [f64; 2]) -> String {
    format!("[{lon}, {lat}]")
}
