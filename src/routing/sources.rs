//! The sources that the settings set up.
//!
//! In go the settings and an order; out come the sources in that order, ready to be asked. Nothing is asked yet, so a server
//! that is away is no error here. A source holds its connections, its circuit breaker and the date of its map: build it
//! once a run, and a new map is seen by the next run.

use super::{
    RoutingError, TravelTimes,
    graphhopper::Graphhopper,
    great_circle::GreatCircle,
    osrm::Osrm,
    remote::{Http, Remote, Server},
    road_network::RoadNetwork,
    valhalla::Valhalla,
};
use crate::{domain::travel::TravelSource, settings};
use chrono::NaiveDate;
use std::path::Path;

/// Builds the sources of an order.
///
/// Errors: [`RoutingError::NotSet`] for one without a server or file in the settings; [`RoutingError::Unavailable`] where
/// TLS cannot be set up.
pub fn sources(
    settings: &settings::Routing,
    order: &[TravelSource],
) -> Result<Vec<Box<dyn TravelTimes>>, RoutingError> {
    order.iter().map(|source| source_of(*source, settings)).collect()
}

fn source_of(source: TravelSource, settings: &settings::Routing) -> Result<Box<dyn TravelTimes>, RoutingError> {
    match source {
        TravelSource::GreatCircle => Ok(Box::new(GreatCircle)),
        TravelSource::RoadNetwork => match settings.road_network.file.as_str() {
            "" => Err(RoutingError::NotSet { source_name: source, key: "routing.road_network.file" }),
            file => RoadNetwork::open(Path::new(file), f64::from(settings.snap_limit_metres))
                .map(|network| Box::new(network) as Box<dyn TravelTimes>)
                .map_err(|error| RoutingError::Unavailable(format!("{source}: {file}: {error}"))),
        },
        TravelSource::Osrm => {
            let osrm = &settings.osrm;
            let at = Where {
                key: "routing.osrm.url",
                url: &osrm.url,
                at_once: osrm.requests_at_once,
                map_date: osrm.map_date,
            };
            remote(Osrm::new(osrm, settings.snap_limit_metres), at, settings)
        }
        TravelSource::Valhalla => {
            let valhalla = &settings.valhalla;
            let (at_once, map_date) = (valhalla.requests_at_once, valhalla.map_date);
            let at = Where { key: "routing.valhalla.url", url: &valhalla.url, at_once, map_date };
            remote(Valhalla::new(valhalla, settings.snap_limit_metres), at, settings)
        }
        TravelSource::Graphhopper => {
            let graphhopper = &settings.graphhopper;
            let (at_once, map_date) = (graphhopper.requests_at_once, graphhopper.map_date);
            let at = Where { key: "routing.graphhopper.url", url: &graphhopper.url, at_once, map_date };
            remote(Graphhopper::new(graphhopper), at, settings)
        }
    }
}

/// What the settings of each server say.
struct Where<'a> {
    key: &'static str,
    url: &'a str,
    at_once: usize,
    map_date: Option<NaiveDate>,
}

fn remote<S: Server + 'static>(
    server: S,
    at: Where<'_>,
    settings: &settings::Routing,
) -> Result<Box<dyn TravelTimes>, RoutingError> {
    if at.url.is_empty() {
        return Err(RoutingError::NotSet { source_name: S::SOURCE, key: at.key });
    }
    let unusable = |what| RoutingError::Unavailable(format!("{} at {}: {what}", S::NAME, at.url));
    let http = Http::new(at.url, at.at_once, settings).map_err(unusable)?;
    Ok(Box::new(Remote::new(server, http, at.at_once, at.map_date)))
}
