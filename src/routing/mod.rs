//! Travel times: one trait, and the sources that implement it.
//!
//! In go places; out come one-way driving times, many to many, with the map they were found on.
//! Holds: an answer has one row for each origin and one entry for each destination, in their order; a source that does
//! not know a way says so, and never makes one up.
//! Costs: what the source says; a caller asks for whole tables, so that a remote source answers in few requests.
//! Deliberately absent: what a time is worth, which is the engine's, and what to do where a source has no answer, which
//! is the caller's.

pub mod blocks;
pub mod great_circle;
pub mod road_network;

mod graphhopper;
mod osrm;
mod remote;
mod sources;
mod valhalla;

pub use crate::domain::travel::{TravelMap, Way};
pub use sources::sources;

use crate::domain::{travel::TravelSource, units::Place};

/// The ways from every origin to every destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TravelTable {
    destinations: usize,
    ways: Vec<Way>,
}

impl TravelTable {
    /// Takes the ways row by row: all of the first origin, then all of the second.
    ///
    /// Errors: [`RoutingError::WrongShape`] where `ways` is not `origins × destinations` long.
    pub fn new(origins: usize, destinations: usize, ways: Vec<Way>) -> Result<Self, RoutingError> {
        if ways.len() == origins * destinations {
            Ok(Self { destinations, ways })
        } else {
            Err(RoutingError::WrongShape { expected: origins * destinations, found: ways.len() })
        }
    }

    /// The way from one origin to one destination, both by their index in the question.
    pub fn way(&self, origin: usize, destination: usize) -> Way {
        assert!(destination < self.destinations, "destination {destination} of {}", self.destinations);
        self.ways[origin * self.destinations + destination]
    }
}

/// Why a source has no answer at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoutingError {
    /// The source answered with another number of times than asked for.
    #[error("asked for {expected} travel times, got {found}")]
    WrongShape {
        /// How many were asked for.
        expected: usize,
        /// How many came.
        found: usize,
    },
    /// The source cannot be reached or will not answer: which, where and what happened.
    #[error("no travel times from {0}")]
    Unavailable(String),
    /// The source is to be asked, and the settings do not say where it is.
    #[error("travel times are to come from {source_name}, but {key} is not set")]
    NotSet {
        /// Which source.
        source_name: TravelSource,
        /// The setting it needs.
        key: &'static str,
    },
}

/// A source of driving times.
pub trait TravelTimes: Send + Sync {
    /// What answers.
    fn map(&self) -> TravelMap;

    /// Answers every origin to every destination.
    ///
    /// Errors: [`RoutingError`]; a source that always has an answer never returns one.
    fn one_ways(&self, origins: &[Place], destinations: &[Place]) -> Result<TravelTable, RoutingError>;
}
