//! Drawn territories: named areas on the globe, and whether a place lies in one.
//!
//! In go rings of longitudes and latitudes, as GeoJSON has them; out come shapes that are sound, and answers.
//! Holds: corners are whole millionths of a degree, as places are, and every test is integer arithmetic, so that no
//! answer depends on rounding. A point on a boundary, a hole's included, is inside. Lines are straight on the map of
//! longitude and latitude, as RFC 7946 says ("The GeoJSON Format", H. Butler and others, 2016). A ring may cross the
//! antimeridian, written with a leap from 180 to -180 or cut there, and a pole is inside what reaches its latitude.
//! Costs: a test is linear in a ring's corners; [`Atlas`] looks at a few of them.
//! Deliberately absent: areas, distances and overlaps; territories may overlap.

mod atlas;
mod crossing;
mod ring;

pub use self::{atlas::Atlas, ring::Ring};

use super::{Wrong, roster::Tag, units::Place};
use serde::{Deserialize, Serialize};

/// Where a point lies as seen from a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Within.
    Inside,
    /// On a corner or an edge.
    Boundary,
    /// Neither.
    Outside,
}

/// A named area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Territory {
    /// What reps' territories call it.
    pub name: Tag,
    /// Where it is.
    pub shape: Shape,
}

/// One or more polygons, which may touch or overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Shape {
    polygons: Vec<Polygon>,
}

/// An outer ring and the holes in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Ring>", into = "Vec<Ring>")]
pub struct Polygon {
    outer: Ring,
    holes: Vec<Ring>,
}

impl Shape {
    /// Takes at least one polygon.
    pub fn new(polygons: Vec<Polygon>) -> Result<Self, Wrong> {
        match polygons.is_empty() {
            true => Err(Wrong::new("no polygon", "at least one")),
            false => Ok(Self { polygons }),
        }
    }

    /// Whether a place lies in it.
    pub fn contains(&self, place: Place) -> bool {
        self.polygons.iter().any(|polygon| polygon.contains(place))
    }
}

impl Polygon {
    /// An outer ring and its holes. A hole outside the outer ring takes nothing away.
    pub fn new(outer: Ring, holes: Vec<Ring>) -> Self {
        Self { outer, holes }
    }

    /// Whether a place lies in it.
    pub fn contains(&self, place: Place) -> bool {
        is_inside(self.outer.side_of(place), self.holes.iter().map(|hole| hole.side_of(place)))
    }
}

/// Whether a point is inside a polygon, by where it lies as seen from the outer ring and from each hole.
fn is_inside(outer: Side, mut holes: impl Iterator<Item = Side>) -> bool {
    outer != Side::Outside && holes.all(|hole| hole != Side::Inside)
}

impl TryFrom<Vec<Ring>> for Polygon {
    type Error = Wrong;
    fn try_from(mut rings: Vec<Ring>) -> Result<Self, Wrong> {
        if rings.is_empty() {
            return Err(Wrong::new("no ring", "an outer ring"));
        }
        let outer = rings.remove(0);
        Ok(Self { outer, holes: rings })
    }
}

impl From<Polygon> for Vec<Ring> {
    fn from(polygon: Polygon) -> Self {
        let mut rings = vec![polygon.outer];
        rings.extend(polygon.holes);
        rings
    }
}
