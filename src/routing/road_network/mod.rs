//! A road network held in process: driving times over the roads of an OpenStreetMap extract.
//!
//! In goes an extract, once; out comes a file, which is opened and asked for times many to many ([`RoadNetwork`]).
//!
//! ```text
//! pbf → extract → osm → roads → restrictions → turns → component → hierarchy → network → file
//! bytes  reads    keeps  joins   follows        expand   drops       orders      answers   keeps
//! ```
//!
//! `car` says what a car may do and how fast: it does as OSRM's car profile does, so that times agree with a server.
//! Holds: the time of a way is that of the route a driver would take, who avoids service roads, narrow streets and
//! streets for residents; it is not always the shortest time there is (see [`cost`]).
//! Costs: Porto, 43,000 ways, is built in seconds and opened in milliseconds; a table of 1000 × 1000 takes a tenth of a
//! second.
//! Deliberately absent: traffic, the time of day, and where two extracts meet.

pub mod build;
pub mod car;
pub mod component;
pub mod cost;
pub mod extract;
pub mod file;
pub mod hierarchy;
pub mod metres;
pub mod nearest;
pub mod network;
pub mod osm;
pub mod pbf;
pub mod restrictions;
pub mod roads;
pub mod turns;

use super::{RoutingError, TravelMap, TravelTable, TravelTimes, Way};
use crate::domain::{travel::TravelSource, units::Place};
use file::RoadFileError;
use network::{Network, Snapped};
use osm::Point;
use rayon::prelude::*;
use std::{fs, path::Path};

/// A road network and how far from a road a place may be.
#[derive(Debug, Clone)]
pub struct RoadNetwork {
    /// The network.
    pub network: Network,
    /// A place farther than this from the nearest road is [`Way::OffTheRoad`], in metres.
    pub snap_limit_metres: f64,
}

impl RoadNetwork {
    /// Opens a file that `roads build` wrote.
    ///
    /// Errors: [`RoadFileError`], which says what was found and what was expected; the caller adds the path.
    /// Cost: the file is read once; some 20 milliseconds for a city.
    pub fn open(path: &Path, snap_limit_metres: f64) -> Result<Self, RoadFileError> {
        Ok(Self { network: Network::from_bytes(&fs::read(path)?)?, snap_limit_metres })
    }

    /// The nearest point on a road, if it is within the limit.
    pub fn snap(&self, place: Place) -> Option<Snapped> {
        let (lat_e6, lon_e6) = place.e6();
        self.network.snap(Point { lat_e7: lat_e6 * 10, lon_e7: lon_e6 * 10 }, self.snap_limit_metres)
    }
}

impl TravelTimes for RoadNetwork {
    fn map(&self) -> TravelMap {
        TravelMap { source: TravelSource::RoadNetwork, date: self.network.origin.date }
    }

    fn one_ways(&self, origins: &[Place], destinations: &[Place]) -> Result<TravelTable, RoutingError> {
        let snap =
            |places: &[Place]| -> Vec<Option<Snapped>> { places.par_iter().map(|place| self.snap(*place)).collect() };
        let (from, to) = (snap(origins), snap(destinations));
        let on_roads = |all: &[Option<Snapped>]| -> Vec<Snapped> { all.iter().flatten().copied().collect() };
        let mut costs = self.network.table(&on_roads(&from), &on_roads(&to)).into_iter();
        let mut ways = Vec::with_capacity(from.len() * to.len());
        for origin in &from {
            for destination in &to {
                ways.push(match (origin, destination) {
                    (Some(_), Some(_)) => match costs.next().flatten() {
                        Some(cost) => Way::Takes { deciseconds: cost.deciseconds() },
                        None => Way::None,
                    },
                    _ => Way::OffTheRoad,
                });
            }
        }
        TravelTable::new(origins.len(), destinations.len(), ways)
    }
}
