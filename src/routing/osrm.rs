//! An OSRM server's questions and answers: its table service.
//!
//! In go places; out come questions, and what answers say of them. Pure. Traps of the real server:
//! it answers `Ok` for a place snapped to a road thousands of kilometres away, so the distance it tells is checked;
//! it refuses more places than its limit with `TooBig`; where it has a search radius of its own it refuses a whole table
//! with `NoSegment` for one place, which it names. Every version takes GET; a long question goes by POST, which OSRM
//! takes from 26 on.
//! Literature: OSRM HTTP API, table service, <https://project-osrm.org/docs/v26.0.0/api/#table-service>.

use super::{
    Way,
    remote::{Answer, BlockLimit, Question, Said, Server, date_in, parse, ways},
};
use crate::{
    domain::{travel::TravelSource, units::Place},
    settings,
};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write;

/// The longest path and query of a GET: what servers and proxies take without asking, 8,000 bytes (RFC 9110, section 4.1).
const LONGEST_GET_BYTES: usize = 8000;

/// An OSRM server.
pub(super) struct Osrm {
    profile: String,
    places_a_request: usize,
    snap_limit_metres: f64,
}

#[derive(Deserialize)]
struct Reply {
    code: String,
    #[serde(default)]
    message: String,
    data_version: Option<String>,
    durations: Option<Vec<Vec<Option<f64>>>>,
    sources: Option<Vec<Waypoint>>,
    destinations: Option<Vec<Waypoint>>,
}

/// Where on a road a place was put.
#[derive(Deserialize)]
struct Waypoint {
    /// Metres from the place; older servers do not tell.
    distance: Option<f64>,
    /// Longitude and latitude.
    location: [f64; 2],
}

impl Osrm {
    /// An OSRM server as the settings say.
    pub(super) fn new(settings: &settings::Osrm, snap_limit_metres: u32) -> Self {
        Self {
            profile: settings.profile.clone(),
            places_a_request: settings.places_a_request,
            snap_limit_metres: f64::from(snap_limit_metres),
        }
    }

    /// Whether each place was put on a road within the limit.
    fn at_road(&self, places: &[Place], waypoints: Option<Vec<Waypoint>>) -> Result<Vec<bool>, String> {
        let waypoints = waypoints.ok_or("it does not tell where it put the places")?;
        if waypoints.len() != places.len() {
            return Err(format!("it put {} places on roads where {} were asked for", waypoints.len(), places.len()));
        }
        let metres = |(place, waypoint): (&Place, &Waypoint)| {
            let [lon, lat] = waypoint.location;
            let road = Place::from_degrees(lat, lon).map_err(|wrong| wrong.to_string())?;
            Ok(waypoint.distance.unwrap_or_else(|| place.great_circle_metres(road)))
        };
        places.iter().zip(&waypoints).map(|pair| metres(pair).map(|metres| metres <= self.snap_limit_metres)).collect()
    }
}

fn list(indices: impl Iterator<Item = usize>) -> String {
    indices.map(|index| index.to_string()).collect::<Vec<_>>().join(";")
}

impl Server for Osrm {
    const SOURCE: TravelSource = TravelSource::Osrm;
    const NAME: &'static str = "OSRM";

    fn limit(&self) -> BlockLimit {
        BlockLimit::Together(self.places_a_request)
    }

    fn table(&self, origins: &[Place], destinations: &[Place]) -> Question {
        let (rows, all) = (origins.len(), origins.len() + destinations.len());
        let service = format!("table/v1/{}", self.profile);
        let mut path = format!("{service}/");
        for (index, place) in origins.iter().chain(destinations).enumerate() {
            let between = if index == 0 { "" } else { ";" };
            write!(path, "{between}{:.6},{:.6}", place.lon(), place.lat()).expect("a string takes all");
        }
        let (sources, targets) = (list(0..rows), list(rows..all));
        let query = format!("annotations=duration&generate_hints=false&sources={sources}&destinations={targets}");
        if path.len() + query.len() <= LONGEST_GET_BYTES {
            return Question { path, query, body: None };
        }
        let coordinates: Vec<[f64; 2]> =
            origins.iter().chain(destinations).map(|place| [place.lon(), place.lat()]).collect();
        let body = json!({
            "coordinates": coordinates,
            "sources": (0..rows).collect::<Vec<_>>(),
            "destinations": (rows..all).collect::<Vec<_>>(),
            "annotations": ["duration"],
            "generate_hints": false,
        });
        Question { path: service, query: String::new(), body: Some(body) }
    }

    fn read_table(&self, origins: &[Place], destinations: &[Place], answer: &Answer) -> Result<Said, String> {
        let reply: Reply = parse(answer)?;
        match reply.code.as_str() {
            "Ok" => {
                let durations = reply.durations.ok_or("it tells no durations")?;
                let mut ways = ways(&durations, origins.len(), destinations.len())?;
                let from = self.at_road(origins, reply.sources)?;
                let to = self.at_road(destinations, reply.destinations)?;
                let at_road = from.iter().flat_map(|from| to.iter().map(move |to| *from && *to));
                ways.iter_mut()
                    .zip(at_road)
                    .filter(|(_, at_road)| !at_road)
                    .for_each(|(way, _)| *way = Way::OffTheRoad);
                Ok(Said::Ways(ways))
            }
            "NoSegment" => {
                let index = reply.message.rsplit(' ').next().and_then(|last| last.parse::<usize>().ok());
                let index = index.ok_or_else(|| format!("NoSegment without a place: {}", reply.message))?;
                Ok(match index.checked_sub(origins.len()) {
                    None => Said::OffTheRoad { origins: vec![index], destinations: Vec::new() },
                    Some(index) => Said::OffTheRoad { origins: Vec::new(), destinations: vec![index] },
                })
            }
            "TooBig" => Ok(Said::TooBig),
            "NoTable" => Ok(Said::Refused(Way::None)),
            code => Err(format!("status {}, {code}: {}", answer.status, reply.message)),
        }
    }

    fn map(&self) -> Question {
        // Anywhere will do: each answer tells the version of the data.
        Question {
            path: format!("nearest/v1/{}/0,0", self.profile),
            query: "generate_hints=false".to_owned(),
            body: None,
        }
    }

    fn read_map(&self, answer: &Answer) -> Result<Option<NaiveDate>, String> {
        let reply: Reply = parse(answer)?;
        Ok(reply.data_version.as_deref().and_then(date_in))
    }
}

#[cfg(test)]
mod tests;
