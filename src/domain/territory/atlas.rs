//! Many territories, and in which of them a place lies.
//!
//! In go territories; out come, for a place, the names of those that contain it, as [`super::Shape::contains`] says.
//! Holds: the same answers as asking each shape, which a test compares.
//! Costs: `O(n)` in the corners to build and some 20 bytes each to keep; to ask, the boxes around one degree of longitude
//! and then the edges that cross a narrow band of latitude.
//! Deliberately absent: changing it.

use super::{
    Polygon, Side, Territory, is_inside,
    ring::{Corner, Ring, is_pole, side_of_place, turns},
};
use crate::domain::{roster::Tag, units::Place};
use std::collections::BTreeSet;

/// Bands of a degree of longitude, over as many turns as rings may run.
const LONGITUDE_BANDS: usize = 1080;

/// Edges in one band of latitude, where they are evenly spread.
const EDGES_A_BAND: usize = 8;

/// Many territories.
pub struct Atlas {
    /// In order.
    names: Vec<Tag>,
    /// The polygons of all, each with the number of its territory.
    polygons: Vec<(usize, Indexed)>,
    by_longitude: Bands,
}

/// A polygon whose edges are found by latitude.
struct Indexed {
    outer: IndexedRing,
    holes: Vec<IndexedRing>,
}

struct IndexedRing {
    edges: Vec<[Corner; 2]>,
    by_latitude: Bands,
}

impl Atlas {
    /// Indexes territories, which are in the order of their names.
    pub fn new(territories: &[Territory]) -> Self {
        let mut polygons = Vec::new();
        let mut spans = Vec::new();
        for (at, territory) in territories.iter().enumerate() {
            for polygon in &territory.shape.polygons {
                let longitudes = polygon.outer.corners().iter().map(|corner| corner.1);
                spans.push(span(longitudes));
                polygons.push((at, Indexed::new(polygon)));
            }
        }
        let by_longitude = Bands::new(&spans, LONGITUDE_BANDS);
        Self { names: territories.iter().map(|territory| territory.name.clone()).collect(), polygons, by_longitude }
    }

    /// Whether there is a territory of this name.
    pub fn knows(&self, name: &Tag) -> bool {
        self.names.binary_search(name).is_ok()
    }

    /// The names of the territories that contain a place.
    pub fn names_at(&self, place: Place) -> BTreeSet<Tag> {
        let near: Vec<usize> = match is_pole(place) {
            true => (0..self.polygons.len()).collect(),
            false => {
                turns(place).into_iter().flat_map(|(_, lon)| self.by_longitude.at(lon)).map(|&at| at as usize).collect()
            }
        };
        let polygons = near.into_iter().map(|at| &self.polygons[at]);
        let inside = polygons.filter(|(_, polygon)| polygon.contains(place));
        inside.map(|(territory, _)| self.names[*territory].clone()).collect()
    }
}

impl Indexed {
    fn new(polygon: &Polygon) -> Self {
        Self { outer: IndexedRing::new(&polygon.outer), holes: polygon.holes.iter().map(IndexedRing::new).collect() }
    }

    fn contains(&self, place: Place) -> bool {
        is_inside(self.outer.side_of(place), self.holes.iter().map(|hole| hole.side_of(place)))
    }
}

impl IndexedRing {
    fn new(ring: &Ring) -> Self {
        let edges: Vec<[Corner; 2]> = ring.edges().collect();
        let spans: Vec<(i32, i32)> = edges.iter().map(|edge| span(edge.iter().map(|corner| corner.0))).collect();
        let by_latitude = Bands::new(&spans, 1 + edges.len() / EDGES_A_BAND);
        Self { edges, by_latitude }
    }

    fn side_of(&self, place: Place) -> Side {
        let reaching = self.by_latitude.at(place.e6().0);
        side_of_place(reaching.iter().map(|&at| self.edges[at as usize]), place)
    }
}

fn span(values: impl Iterator<Item = i32>) -> (i32, i32) {
    values.fold((i32::MAX, i32::MIN), |(low, high), value| (low.min(value), high.max(value)))
}

/// Intervals of whole numbers, found by a number: bands of equal width, each with the intervals that reach into it.
struct Bands {
    low: i64,
    high: i64,
    width: i64,
    /// The intervals of band `b` are `members[first[b]..first[b + 1]]`.
    first: Vec<usize>,
    members: Vec<u32>,
}

impl Bands {
    fn new(intervals: &[(i32, i32)], bands: usize) -> Self {
        let low = intervals.iter().map(|interval| i64::from(interval.0)).min().unwrap_or(0);
        let high = intervals.iter().map(|interval| i64::from(interval.1)).max().unwrap_or(-1);
        let width = (high - low) / bands as i64 + 1;
        let band = |at: i32| ((i64::from(at) - low) / width) as usize;
        let mut first = vec![0; bands + 1];
        for &(from, to) in intervals {
            (band(from)..=band(to)).for_each(|band| first[band + 1] += 1);
        }
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        let (mut next, mut members) = (first.clone(), vec![0; *first.last().expect("there is one more than bands")]);
        for (number, &(from, to)) in intervals.iter().enumerate() {
            for band in band(from)..=band(to) {
                members[next[band]] = u32::try_from(number).expect("fewer than 2^32 intervals");
                next[band] += 1;
            }
        }
        Self { low, high, width, first, members }
    }

    /// The intervals that may hold a number, ascending: all that do, and a few others.
    fn at(&self, number: i32) -> &[u32] {
        let number = i64::from(number);
        if !(self.low..=self.high).contains(&number) {
            return &[];
        }
        let band = ((number - self.low) / self.width) as usize;
        &self.members[self.first[band]..self.first[band + 1]]
    }
}
