//! Travel times: one trait, and the sources that implement it.
//!
//! In go places; out come one-way driving times, many to many, each naming its source.
//! Holds: an answer has one row for each origin and one entry for each destination, in their order.
//! Costs: what the source says; a caller asks for whole tables, so that a remote source answers in few requests.
//! Deliberately absent: what a time is worth, which is the engine's.

pub mod great_circle;

use crate::domain::{travel::OneWay, units::Place};

/// The one-way times of every origin to every destination.
#[derive(Debug, Clone, PartialEq)]
pub struct TravelTable {
    destinations: usize,
    times: Vec<OneWay>,
}

impl TravelTable {
    /// Takes the times row by row: all of the first origin, then all of the second.
    ///
    /// Errors: [`RoutingError::WrongShape`] where `times` is not `origins × destinations` long.
    pub fn new(origins: usize, destinations: usize, times: Vec<OneWay>) -> Result<Self, RoutingError> {
        if times.len() == origins * destinations {
            Ok(Self { destinations, times })
        } else {
            Err(RoutingError::WrongShape { expected: origins * destinations, found: times.len() })
        }
    }

    /// The time from one origin to one destination, both by their index in the question.
    pub fn one_way(&self, origin: usize, destination: usize) -> OneWay {
        assert!(destination < self.destinations, "destination {destination} of {}", self.destinations);
        self.times[origin * self.destinations + destination]
    }
}

/// Why a source has no answer.
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
    /// The source cannot be reached or will not answer.
    #[error("the travel source does not answer: {0}")]
    Unavailable(String),
}

/// A source of driving times.
pub trait TravelTimes {
    /// Answers every origin to every destination.
    ///
    /// Errors: [`RoutingError`]; a source that always has an answer never returns one.
    fn one_ways(&self, origins: &[Place], destinations: &[Place]) -> Result<TravelTable, RoutingError>;
}
