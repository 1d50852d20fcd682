//! A table that is filled piece by piece.
//!
//! In go places and the ways between some of them; out come all ways. Holds: what is never written is off the road.

use super::{Way, blocks::Block};
use crate::domain::units::Place;
use std::ops::Range;

/// A table that is being filled.
pub(super) struct Table<'a> {
    pub(super) origins: &'a [Place],
    pub(super) destinations: &'a [Place],
    /// Whether each lies at a road, as far as is known.
    pub(super) is_origin_at_road: Vec<bool>,
    pub(super) is_destination_at_road: Vec<bool>,
    /// Row by row; off the road until told otherwise.
    pub(super) ways: Vec<Way>,
}

/// The places of a block that lie at a road: the index of each in the table, and where it is.
pub(super) struct Places {
    pub(super) indices: Vec<usize>,
    pub(super) places: Vec<Place>,
}

impl Places {
    fn of(range: Range<usize>, all: &[Place], is_at_road: &[bool]) -> Self {
        let indices: Vec<usize> = range.filter(|index| is_at_road[*index]).collect();
        let places = indices.iter().map(|index| all[*index]).collect();
        Self { indices, places }
    }
}

impl<'a> Table<'a> {
    pub(super) fn new(origins: &'a [Place], destinations: &'a [Place]) -> Self {
        Self {
            origins,
            destinations,
            is_origin_at_road: vec![true; origins.len()],
            is_destination_at_road: vec![true; destinations.len()],
            ways: vec![Way::OffTheRoad; origins.len() * destinations.len()],
        }
    }

    /// The origins and destinations of a block that are to be asked about.
    pub(super) fn sides(&self, block: &Block) -> (Places, Places) {
        (
            Places::of(block.origins.clone(), self.origins, &self.is_origin_at_road),
            Places::of(block.destinations.clone(), self.destinations, &self.is_destination_at_road),
        )
    }

    /// Writes the ways between some origins and some destinations, row by row.
    pub(super) fn set(&mut self, origins: &Places, destinations: &Places, ways: &[Way]) {
        let columns = destinations.indices.len();
        for (row, origin) in origins.indices.iter().enumerate() {
            for (column, destination) in destinations.indices.iter().enumerate() {
                self.ways[origin * self.destinations.len() + destination] = ways[row * columns + column];
            }
        }
    }
}
