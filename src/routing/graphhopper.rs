//! GraphHopper's matrix: its questions and answers.
//!
//! In go places; out come questions, and what answers say of them. Pure. The matrix is told in seconds, at the top of the
//! answer or below `solution`; with `fail_fast` off, a place that is not found leaves nulls and is named in a hint; a server
//! that does not know `fail_fast` refuses the matrix and names the places in its message.
//! Deliberately absent: the distance of a place from its road, which such answers do not hold; the server's own limit counts.
//! Literature: GraphHopper Directions API, "Matrix API", <https://docs.graphhopper.com/openapi/matrices>.

use super::{
    Way,
    remote::{Answer, BlockLimit, Question, Said, Server, date_in, parse, ways},
};
use crate::{
    domain::{travel::TravelSource, units::Place},
    settings,
};
use chrono::NaiveDate;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

/// A server with GraphHopper's matrix.
pub(super) struct Graphhopper {
    profile: String,
    key: SecretString,
    places_a_side: usize,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(flatten)]
    matrix: Matrix,
    solution: Option<Matrix>,
    message: Option<String>,
}

#[derive(Deserialize, Default)]
struct Matrix {
    times: Option<Vec<Vec<Option<f64>>>>,
    #[serde(default)]
    hints: Vec<Hint>,
}

#[derive(Deserialize)]
struct Hint {
    #[serde(default)]
    message: String,
    #[serde(default)]
    invalid_from_points: Vec<usize>,
    #[serde(default)]
    invalid_to_points: Vec<usize>,
}

#[derive(Deserialize)]
struct Info {
    data_date: Option<String>,
}

impl Graphhopper {
    /// A server as the settings say.
    pub(super) fn new(settings: &settings::Graphhopper) -> Self {
        Self { profile: settings.profile.clone(), key: settings.key.clone(), places_a_side: settings.places_a_side }
    }

    fn query(&self) -> String {
        let key = self.key.expose_secret();
        if key.is_empty() { String::new() } else { format!("key={}", percent_encoded(key)) }
    }
}

/// Everything but letters, digits and `-._~` as `%XX` (RFC 3986, section 2.3).
fn percent_encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

/// The indices behind `name: ` in a message such as `Cannot find from_points: 7, 8`.
fn named(message: &str, name: &str) -> Vec<usize> {
    let Some((_, rest)) = message.split_once(&format!("{name}: ")) else { return Vec::new() };
    rest.split(", ").map_while(|number| number.trim().parse().ok()).collect()
}

/// What a server without an answer says in its message and hints.
fn refusal(status: u16, message: &str, hints: &[Hint]) -> Result<Said, String> {
    let all = || hints.iter().map(|hint| hint.message.as_str()).chain([message]);
    let mut origins: Vec<usize> = all().flat_map(|text| named(text, "from_points")).collect();
    let mut destinations: Vec<usize> = all().flat_map(|text| named(text, "to_points")).collect();
    for indices in [&mut origins, &mut destinations] {
        indices.sort_unstable();
        indices.dedup();
    }
    if !(origins.is_empty() && destinations.is_empty()) {
        Ok(Said::OffTheRoad { origins, destinations })
    } else if message.to_lowercase().contains("too many") {
        Ok(Said::TooBig)
    } else {
        Err(format!("status {status}: {message}"))
    }
}

impl Server for Graphhopper {
    const SOURCE: TravelSource = TravelSource::Graphhopper;
    const NAME: &'static str = "GraphHopper";

    fn limit(&self) -> BlockLimit {
        BlockLimit::ASide(self.places_a_side)
    }

    fn table(&self, origins: &[Place], destinations: &[Place]) -> Question {
        let points = |places: &[Place]| places.iter().map(|place| [place.lon(), place.lat()]).collect::<Vec<_>>();
        let body = json!({
            "from_points": points(origins),
            "to_points": points(destinations),
            "profile": self.profile,
            "out_arrays": ["times"],
            "fail_fast": false,
        });
        Question { path: "matrix".to_owned(), query: self.query(), body: Some(body) }
    }

    fn read_table(&self, origins: &[Place], destinations: &[Place], answer: &Answer) -> Result<Said, String> {
        let reply: Reply = parse(answer)?;
        let Matrix { times, hints } = reply.solution.unwrap_or(reply.matrix);
        let Some(times) = times else {
            return refusal(answer.status, &reply.message.unwrap_or_else(|| "it tells no times".to_owned()), &hints);
        };
        let mut ways = ways(&times, origins.len(), destinations.len())?;
        let is_lost = |row: usize, column: usize| {
            hints.iter().any(|hint| hint.invalid_from_points.contains(&row) || hint.invalid_to_points.contains(&column))
        };
        for (index, way) in ways.iter_mut().enumerate() {
            if *way == Way::None && is_lost(index / destinations.len(), index % destinations.len()) {
                *way = Way::OffTheRoad;
            }
        }
        Ok(Said::Ways(ways))
    }

    fn map(&self) -> Question {
        Question { path: "info".to_owned(), query: self.query(), body: None }
    }

    fn read_map(&self, answer: &Answer) -> Result<Option<NaiveDate>, String> {
        // Not every server has this page.
        let info: Option<Info> = parse(answer).ok();
        Ok(info.and_then(|info| info.data_date).as_deref().and_then(date_in))
    }
}

#[cfg(test)]
mod tests;
