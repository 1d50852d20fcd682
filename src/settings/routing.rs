//! Settings of the sources of driving times.
//!
//! In goes `[routing]`; out comes [`Routing`]. Holds: a number is within what makes sense; a server's URL has no name,
//! password or question in it, so that it may stand in a message; a key is never shown, and never sent in clear to another
//! machine. Deliberately absent: which source a run asks, which is its policy's.

use crate::domain::travel::TravelSource;
use chrono::NaiveDate;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};

/// Where driving times come from, besides the straight line.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routing {
    /// A place farther than this from a road is off the road.
    pub snap_limit_metres: u32,
    /// The longest wait for a connection.
    pub connect_timeout_milliseconds: u64,
    /// The longest wait for a whole answer.
    pub request_timeout_milliseconds: u64,
    /// How often a question is asked again after what may pass.
    pub retries: u32,
    /// About how long to wait before the first of them; doubles each time.
    pub retry_wait_milliseconds: u64,
    /// The longest wait; a server that asks for more is not waited for.
    pub retry_wait_limit_milliseconds: u64,
    /// Failures in a row after which a server is asked nothing for a while.
    pub failures_until_pause: u32,
    /// How long that is.
    pub pause_seconds: u64,
    /// The largest answer that is read.
    pub answer_limit_bytes: usize,
    /// How long answers are kept of a server that does not tell its map's date.
    pub keep_undated_days: u32,
    /// A network in process.
    pub road_network: RoadNetwork,
    /// An OSRM server.
    pub osrm: Osrm,
    /// A Valhalla server.
    pub valhalla: Valhalla,
    /// A server with GraphHopper's matrix.
    pub graphhopper: Graphhopper,
}

/// A road network in process.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoadNetwork {
    /// What `roads build` wrote; empty for none.
    pub file: String,
}

/// An OSRM server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Osrm {
    /// Where it is; empty for none.
    pub url: String,
    /// The part of the path after the version.
    pub profile: String,
    /// Origins and destinations of one request together.
    pub places_a_request: usize,
    /// The most requests under way.
    pub requests_at_once: usize,
    /// The date of its map, where the server does not tell.
    #[serde(deserialize_with = "date_or_empty")]
    pub map_date: Option<NaiveDate>,
}

/// A Valhalla server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Valhalla {
    /// Where it is; empty for none.
    pub url: String,
    /// Its name for the kind of vehicle.
    pub costing: String,
    /// The most origins, and the most destinations, of one request.
    pub places_a_side: usize,
    /// Two places farther apart, as the crow flies, it refuses.
    pub distance_limit_metres: u32,
    /// The most requests under way.
    pub requests_at_once: usize,
    /// The date of its map, where the server does not tell.
    #[serde(deserialize_with = "date_or_empty")]
    pub map_date: Option<NaiveDate>,
}

/// A server with GraphHopper's matrix.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graphhopper {
    /// Where it is; empty for none.
    pub url: String,
    /// Its name for the kind of vehicle.
    pub profile: String,
    /// Sent with every question; empty for none.
    pub key: SecretString,
    /// The most origins, and the most destinations, of one request.
    pub places_a_side: usize,
    /// The most requests under way.
    pub requests_at_once: usize,
    /// The date of its map, where the server does not tell.
    #[serde(deserialize_with = "date_or_empty")]
    pub map_date: Option<NaiveDate>,
}

fn date_or_empty<'de, D: Deserializer<'de>>(from: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = String::deserialize(from)?;
    let unlike = || serde::de::Error::custom(format!("found {text:?}, expected a date such as 2026-11-01, or nothing"));
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(|_| unlike()) }
}

impl Routing {
    /// All but the map that a source's answer depends on, as text: where it is, the vehicle, the limits. Empty for a source
    /// without a server.
    pub fn terms(&self, source: TravelSource) -> String {
        let snap = self.snap_limit_metres;
        match source {
            TravelSource::GreatCircle | TravelSource::RoadNetwork => String::new(),
            TravelSource::Osrm => format!("{} {} {snap} m", self.osrm.url, self.osrm.profile),
            TravelSource::Valhalla => {
                let Valhalla { url, costing, distance_limit_metres, .. } = &self.valhalla;
                format!("{url} {costing} {snap} m {distance_limit_metres} m")
            }
            TravelSource::Graphhopper => format!("{} {}", self.graphhopper.url, self.graphhopper.profile),
        }
    }

    /// The first setting that makes no sense, and why.
    pub(super) fn first_senseless(&self) -> Option<(&'static str, String)> {
        let numbers = [
            ("routing.snap_limit_metres", self.snap_limit_metres.into(), 1..=100_000),
            ("routing.connect_timeout_milliseconds", self.connect_timeout_milliseconds, 1..=600_000),
            ("routing.request_timeout_milliseconds", self.request_timeout_milliseconds, 1..=3_600_000),
            ("routing.retries", self.retries.into(), 0..=20),
            ("routing.retry_wait_milliseconds", self.retry_wait_milliseconds, 0..=600_000),
            ("routing.retry_wait_limit_milliseconds", self.retry_wait_limit_milliseconds, 0..=3_600_000),
            ("routing.failures_until_pause", self.failures_until_pause.into(), 1..=1_000_000),
            ("routing.pause_seconds", self.pause_seconds, 0..=86_400),
            ("routing.answer_limit_bytes", self.answer_limit_bytes as u64, 1024..=1 << 30),
            ("routing.keep_undated_days", self.keep_undated_days.into(), 0..=36_500),
            ("routing.osrm.places_a_request", self.osrm.places_a_request as u64, 2..=100_000),
            ("routing.osrm.requests_at_once", self.osrm.requests_at_once as u64, 1..=1000),
            ("routing.valhalla.places_a_side", self.valhalla.places_a_side as u64, 1..=10_000),
            ("routing.valhalla.distance_limit_metres", self.valhalla.distance_limit_metres.into(), 1..=40_000_000),
            ("routing.valhalla.requests_at_once", self.valhalla.requests_at_once as u64, 1..=1000),
            ("routing.graphhopper.places_a_side", self.graphhopper.places_a_side as u64, 1..=10_000),
            ("routing.graphhopper.requests_at_once", self.graphhopper.requests_at_once as u64, 1..=1000),
        ];
        let urls = [
            ("routing.osrm.url", &self.osrm.url),
            ("routing.valhalla.url", &self.valhalla.url),
            ("routing.graphhopper.url", &self.graphhopper.url),
        ];
        let names = [
            ("routing.osrm.profile", &self.osrm.profile),
            ("routing.valhalla.costing", &self.valhalla.costing),
            ("routing.graphhopper.profile", &self.graphhopper.profile),
        ];
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        for (key, found, fitting) in numbers {
            if !fitting.contains(&found) {
                return Some((key, format!("is {found} and must be from {} to {}", fitting.start(), fitting.end())));
            }
        }
        if let Some((key, _)) = urls.into_iter().find(|(_, url)| !url.is_empty() && !is_server_url(url)) {
            return Some((key, "must be http(s)://HOST[:PORT][/PATH], without name, password or question".to_owned()));
        }
        if let Some((key, found)) = names.into_iter().find(|(_, name)| !is_name(name)) {
            return Some((key, format!("is {found:?} and must be letters, digits, '_', '-' and '.'")));
        }
        let in_clear = self.graphhopper.url.starts_with("http://")
            && !["127.0.0.1", "localhost", "[::1]"].contains(&host(&self.graphhopper.url));
        if in_clear && !self.graphhopper.key.expose_secret().is_empty() {
            return Some(("routing.graphhopper.key", "is sent over https only, or on this machine".to_owned()));
        }
        None
    }
}

/// Whether a path may be put behind `url`. A name and a password would end up in messages.
fn is_server_url(url: &str) -> bool {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    rest.is_some_and(|rest| !rest.contains(['@', '?', '#', ' ', '\\']) && !host(url).is_empty())
}

/// The host of a server's URL, without its port.
fn host(url: &str) -> &str {
    let authority = url.split("//").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::{Settings, SettingsError};
    use std::path::Path;

    fn with(name: &str, value: &str) -> Result<Settings, SettingsError> {
        Settings::load(Path::new("/nonexistent"), None, [(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn a_routing_server_is_a_plain_url_and_its_numbers_count_something() {
        let refusal = |name: &str, value: &str| {
            with(&format!("ACCOUNT_SWAP__ROUTING__{name}"), value)
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default()
        };
        for fine in ["http://127.0.0.1:5000", "https://roads.example/osrm", "http://[::1]:5000/", ""] {
            assert_eq!(refusal("OSRM__URL", fine), "");
        }
        for wrong in [
            "roads.example",
            "ftp://roads.example",
            "http://",
            "http://:5000",
            "http://a:b@roads.example",
            "http://r/?key=1",
        ] {
            assert!(refusal("VALHALLA__URL", wrong).contains("routing.valhalla.url: must be http(s)"), "{wrong}");
        }
        assert!(refusal("OSRM__PROFILE", "car/../..").contains("routing.osrm.profile"));
        assert!(refusal("OSRM__PLACES_A_REQUEST", "1").contains("is 1 and must be from 2"));
        assert!(refusal("FAILURES_UNTIL_PAUSE", "0").contains("routing.failures_until_pause"));
        assert!(refusal("OSRM__MAP_DATE", "1st of May").contains("expected a date such as"));
        let dated = with("ACCOUNT_SWAP__ROUTING__OSRM__MAP_DATE", "2026-11-01").unwrap();
        assert_eq!(dated.routing.osrm.map_date, NaiveDate::from_ymd_opt(2026, 11, 1));
    }

    #[test]
    fn a_key_is_neither_shown_nor_sent_in_clear() {
        let with_key = |url: &str| {
            let variables = [("URL", url), ("KEY", "sesame")];
            let variables = variables
                .map(|(name, value)| (format!("ACCOUNT_SWAP__ROUTING__GRAPHHOPPER__{name}"), value.to_owned()));
            Settings::load(Path::new("/nonexistent"), None, variables)
        };
        let shown = format!("{:?}", with_key("https://graphhopper.com/api/1").unwrap());
        assert!(shown.contains("REDACTED") && !shown.contains("sesame"));
        assert!(with_key("http://127.0.0.1:8989").is_ok());
        let refused = with_key("http://roads.example").unwrap_err().to_string();
        assert!(refused.contains("https only") && !refused.contains("sesame"), "{refused}");
    }
}
