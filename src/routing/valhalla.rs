//! A Valhalla server's questions and answers: its matrix, and where it puts places.
//!
//! In go places; out come questions, and what answers say of them. Pure. Traps of the real server:
//! it refuses a whole matrix for one pair without a way or too far apart, and does not say which; a place off the road
//! it refuses as "in unconnected regions", so `/locate` is asked first which places lie at a road; it answers in seconds
//! and kilometres; after large questions that were given up it stops answering, so blocks stay small.
//! Literature: Valhalla, "Matrix service API" and "Locate service API", <https://valhalla.github.io/valhalla/api/>.

use super::{
    Way,
    remote::{Answer, BlockLimit, Question, Said, Server, parse, ways},
};
use crate::{
    domain::{travel::TravelSource, units::Place},
    settings,
};
use chrono::{DateTime, NaiveDate};
use serde::Deserialize;
use serde_json::{Value, json};

/// Codes of <https://valhalla.github.io/valhalla/api/turn-by-turn/api-reference/#http-status-codes-and-conditions>.
const TOO_MANY_PLACES: u32 = 150;
const TOO_FAR: u32 = 154;
const UNCONNECTED_REGIONS: u32 = 170;
const NO_ROAD_NEAR: u32 = 171;
const NO_PATH: u32 = 442;

/// A Valhalla server.
pub(super) struct Valhalla {
    costing: String,
    places_a_side: usize,
    distance_limit_metres: f64,
    snap_limit_metres: u32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Matrix {
    Short {
        sources_to_targets: Short,
    },
    /// What servers from before `verbose` say.
    Long {
        sources_to_targets: Vec<Vec<Cell>>,
    },
    Refusal {
        error_code: u32,
        error: String,
    },
}

#[derive(Deserialize)]
struct Short {
    durations: Vec<Vec<Option<f64>>>,
}

#[derive(Deserialize)]
struct Cell {
    time: Option<f64>,
}

#[derive(Deserialize)]
struct Located {
    edges: Option<Vec<Edge>>,
}

#[derive(Deserialize)]
struct Edge {
    correlated_lat: f64,
    correlated_lon: f64,
}

#[derive(Deserialize)]
struct Status {
    /// Seconds since 1970; absent where it has no tiles.
    tileset_last_modified: Option<i64>,
}

impl Valhalla {
    /// A Valhalla server as the settings say.
    pub(super) fn new(settings: &settings::Valhalla, snap_limit_metres: u32) -> Self {
        Self {
            costing: settings.costing.clone(),
            places_a_side: settings.places_a_side,
            distance_limit_metres: f64::from(settings.distance_limit_metres),
            snap_limit_metres,
        }
    }

    fn locations(&self, places: &[Place]) -> Vec<Value> {
        let location =
            |place: &Place| json!({"lat": place.lat(), "lon": place.lon(), "search_cutoff": self.snap_limit_metres});
        places.iter().map(location).collect()
    }
}

impl Server for Valhalla {
    const SOURCE: TravelSource = TravelSource::Valhalla;
    const NAME: &'static str = "Valhalla";

    fn limit(&self) -> BlockLimit {
        BlockLimit::ASide(self.places_a_side)
    }

    fn is_too_far(&self, origin: Place, destination: Place) -> bool {
        origin.great_circle_metres(destination) > self.distance_limit_metres
    }

    fn table(&self, origins: &[Place], destinations: &[Place]) -> Question {
        let body = json!({
            "sources": self.locations(origins),
            "targets": self.locations(destinations),
            "costing": self.costing,
            "verbose": false,
        });
        Question { path: "sources_to_targets".to_owned(), query: String::new(), body: Some(body) }
    }

    fn read_table(&self, origins: &[Place], destinations: &[Place], answer: &Answer) -> Result<Said, String> {
        let seconds = match parse(answer)? {
            Matrix::Short { sources_to_targets } => sources_to_targets.durations,
            Matrix::Long { sources_to_targets } => {
                sources_to_targets.into_iter().map(|row| row.into_iter().map(|cell| cell.time).collect()).collect()
            }
            Matrix::Refusal { error_code, error } => {
                return match error_code {
                    TOO_MANY_PLACES => Ok(Said::TooBig),
                    TOO_FAR => Ok(Said::Refused(Way::TooFar)),
                    UNCONNECTED_REGIONS | NO_PATH => Ok(Said::Refused(Way::None)),
                    NO_ROAD_NEAR => Ok(Said::Refused(Way::OffTheRoad)),
                    code => Err(format!("status {}, error {code}: {error}", answer.status)),
                };
            }
        };
        ways(&seconds, origins.len(), destinations.len()).map(Said::Ways)
    }

    fn places(&self, places: &[Place]) -> Option<Question> {
        let body = json!({"locations": self.locations(places), "costing": self.costing, "verbose": false});
        Some(Question { path: "locate".to_owned(), query: String::new(), body: Some(body) })
    }

    fn read_places(&self, places: &[Place], answer: &Answer) -> Result<Vec<bool>, String> {
        let located: Vec<Located> = parse(answer)?;
        let limit = f64::from(self.snap_limit_metres);
        let is_near = |(place, located): (&Place, &Located)| {
            located.edges.iter().flatten().any(|edge| {
                Place::from_degrees(edge.correlated_lat, edge.correlated_lon)
                    .is_ok_and(|road| place.great_circle_metres(road) <= limit)
            })
        };
        // The caller counts them.
        Ok(places.iter().zip(&located).map(is_near).collect())
    }

    fn map(&self) -> Question {
        Question { path: "status".to_owned(), ..Question::default() }
    }

    fn read_map(&self, answer: &Answer) -> Result<Option<NaiveDate>, String> {
        let status: Status = parse(answer)?;
        let moment = status.tileset_last_modified.filter(|seconds| *seconds > 0);
        Ok(moment.and_then(|seconds| DateTime::from_timestamp(seconds, 0)).map(|moment| moment.date_naive()))
    }
}

#[cfg(test)]
mod tests;
