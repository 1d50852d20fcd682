//! Settings: typed, complete, and an error for every key that is unknown.
//!
//! In go, in this order, `config/default.toml` as it was when the program was built, the same file beside the program
//! if there is one, `config/<profile>.toml`, and variables such as `ACCOUNT_SWAP__DATABASE__URL`; out comes
//! [`Settings`]. Every name carries its unit. Deliberately absent: defaults in code, and reading anything twice.

use crate::domain::{policy::Policy, travel::TravelSource};
use chrono::{NaiveDate, NaiveTime};
use chrono_tz::Tz;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer};
use std::{collections::BTreeMap, net::SocketAddr, path::Path};

/// What the program was built with.
pub const DEFAULT_TOML: &str = include_str!("../config/default.toml");

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The HTTP server.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// Who may sign in.
    pub auth: Auth,
    /// How often.
    pub rate_limit: RateLimit,
    /// What is written about it.
    pub log: Log,
    /// The nightly run.
    pub night: Night,
    /// Deadlines of proposals.
    pub proposals: Proposals,
    /// Imports.
    pub import: Import,
    /// Where driving times come from.
    pub routing: Routing,
    /// What a run goes by.
    pub policy: Policy,
}

/// The HTTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Address and port; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Threads that talk HTTP; 0 means one a core.
    pub workers: usize,
    /// The largest body but for imports.
    pub request_body_limit_bytes: usize,
    /// The largest body of an import.
    pub import_body_limit_bytes: usize,
    /// The longest a request may take but for imports and runs.
    pub request_timeout_seconds: u64,
    /// The longest an import or a run may take.
    pub import_timeout_seconds: u64,
    /// How long a stop waits for what has begun.
    pub shutdown_seconds: u64,
}

/// The database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Connections in the pool.
    pub pool_connections: u32,
    /// The longest wait for a connection.
    pub connection_timeout_milliseconds: u64,
    /// The longest wait for another's write.
    pub lock_timeout_milliseconds: u64,
    /// Whether the schema is brought up to date at start.
    pub migrate_at_start: bool,
}

/// Who may sign in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Auth {
    /// The local key; empty switches local tokens off.
    pub local_key_file: String,
    /// The `iss` of local tokens.
    pub issuer: String,
    /// The `aud` every token needs.
    pub audience: String,
    /// How far clocks may differ.
    pub leeway_seconds: u64,
    /// URL or file of the issuer's keys; empty for none.
    pub jwks: String,
    /// The `iss` of that issuer's tokens.
    pub jwks_issuer: String,
    /// How old those keys may get.
    pub jwks_refresh_seconds: u64,
    /// The claim that names the role.
    pub role_claim: String,
}

/// How often one principal may ask.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Sustained.
    pub requests_a_second: u32,
    /// At once.
    pub burst: u32,
}

/// How logs look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one object a line.
    Json,
}

/// What is written about it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A tracing filter.
    pub filter: String,
    /// For people or machines.
    pub format: LogFormat,
}

/// The nightly run.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Night {
    /// Whether `serve` runs it.
    pub enabled: bool,
    /// The organisation's time zone.
    pub time_zone: Tz,
    /// The first moment of a business date's window.
    pub opens: NaiveTime,
    /// The moment the window closes; after `opens`, on the same local day.
    pub closes: NaiveTime,
    /// One run for each.
    pub scopes: Vec<String>,
    /// How long a run may go without a sign of life.
    pub lease_seconds: u32,
}

/// Deadlines of proposals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposals {
    /// From publication to the last moment for accepts and approval.
    pub expires_after_hours: u32,
    /// From transfer to the end of the trial.
    pub trial_days: u32,
    /// Up to this difference in commission no manager is asked; 0 asks always.
    pub automatic_approval_cents: i64,
}

/// Imports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Errors reported one by one; the rest is counted.
    pub max_reported_errors: usize,
    /// The longest row.
    pub max_row_bytes: usize,
    /// Mapping name → kind → our column → their column.
    pub mappings: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
}

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
    fn first_senseless(&self) -> Option<(&'static str, String)> {
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

/// Settings that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file or variable does not fit.
    #[error("settings: {0}")]
    Unusable(#[from] config::ConfigError),
    /// A value fits its type but not its purpose.
    #[error("settings: {key}: {what}")]
    Senseless {
        /// Which.
        key: &'static str,
        /// Why.
        what: String,
    },
    /// The profile asked for has no file.
    #[error("settings: there is no {0}, which the profile asks for")]
    NoProfile(String),
}

impl Settings {
    /// Reads the settings from `directory` (`default.toml` and `<profile>.toml`) and from the variables given.
    pub fn load(
        directory: &Path,
        profile: Option<&str>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        use config::{Config, Environment, File, FileFormat};
        let mut layers = Config::builder()
            .add_source(File::from_str(DEFAULT_TOML, FileFormat::Toml))
            .add_source(File::from(directory.join("default.toml")).required(false));
        if let Some(profile) = profile {
            let file = directory.join(format!("{profile}.toml"));
            if !file.is_file() {
                return Err(SettingsError::NoProfile(file.display().to_string()));
            }
            layers = layers.add_source(File::from(file));
        }
        let ours = variables.into_iter().filter(|(name, _)| name.starts_with("ACCOUNT_SWAP__")).collect();
        layers = layers.add_source(
            Environment::with_prefix("ACCOUNT_SWAP")
                .prefix_separator("__")
                .separator("__")
                .try_parsing(true)
                .list_separator(",")
                .with_list_parse_key("night.scopes")
                .source(Some(ours)),
        );
        layers.build()?.try_deserialize::<Self>()?.sensible()
    }

    /// The settings the program was built with, untouched by files and variables.
    pub fn built_in() -> Self {
        Self::load(Path::new("/nonexistent"), None, []).expect("config/default.toml is sound: a test reads it")
    }

    fn sensible(self) -> Result<Self, SettingsError> {
        let wrong = |key, what: &str| Err(SettingsError::Senseless { key, what: what.to_owned() });
        if self.night.opens >= self.night.closes {
            return wrong("night.opens", "must be before night.closes");
        }
        if self.policy.scores.travel.visits_per_field_day == 0 {
            return wrong("policy.scores.travel.visits_per_field_day", "must be at least 1");
        }
        if let Some((key, found)) = self.policy.first_out_of_range() {
            return wrong(key, &format!("is {found} and must be from 0 to {}", Policy::LARGEST));
        }
        if !(0..=100).contains(&self.policy.points.unfairness_percent) {
            return wrong("policy.points.unfairness_percent", "must be from 0 to 100");
        }
        if let Some((key, what)) = self.policy.first_contradiction() {
            return wrong(key, what);
        }
        if self.rate_limit.requests_a_second == 0 || self.rate_limit.burst == 0 {
            return wrong("rate_limit", "must be at least 1");
        }
        if self.database.pool_connections == 0 {
            return wrong("database.pool_connections", "must be at least 1");
        }
        if let Some((key, what)) = self.routing.first_senseless() {
            return wrong(key, &what);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::policy::MaxRing;

    fn with(name: &str, value: &str) -> Result<Settings, SettingsError> {
        Settings::load(Path::new("/nonexistent"), None, [(name.to_owned(), value.to_owned())])
    }

    #[test]
    fn the_built_in_settings_are_whole_and_sound() {
        assert_eq!(Settings::built_in().database.url, "sqlite:account-swap.db");
    }

    #[test]
    fn a_variable_changes_one_setting() {
        assert_eq!(with("ACCOUNT_SWAP__SERVER__LISTEN", "0.0.0.0:9").unwrap().server.listen.port(), 9);
        assert_eq!(with("ACCOUNT_SWAP__POLICY__SCORES__STAR_MINUTES", "7").unwrap().policy.scores.star_minutes.0, 7);
        assert_eq!(with("ACCOUNT_SWAP__NIGHT__SCOPES", "north,south").unwrap().night.scopes, ["north", "south"]);
    }

    #[test]
    fn the_longest_ring_is_a_number_or_a_word() {
        let plan =
            |value: &str| with("ACCOUNT_SWAP__POLICY__PLAN__MAX_RING", value).map(|read| read.policy.plan.max_ring);
        assert_eq!(plan("3").unwrap(), MaxRing::Three);
        assert_eq!(plan("4").unwrap(), MaxRing::Four);
        let unfair = plan("unlimited").unwrap_err().to_string();
        assert!(unfair.contains("only with policy.points.unfairness_percent = 0"), "{unfair}");
        let fair = [("PLAN__MAX_RING", "unlimited"), ("POINTS__UNFAIRNESS_PERCENT", "0")];
        let fair = fair.map(|(name, value)| (format!("ACCOUNT_SWAP__POLICY__{name}"), value.to_owned()));
        let read = Settings::load(Path::new("/nonexistent"), None, fair).unwrap();
        assert_eq!(read.policy.plan.max_ring, MaxRing::Unlimited);
        assert_eq!(serde_json::to_string(&read.policy.plan.max_ring).unwrap(), "\"unlimited\"");
    }

    #[test]
    fn an_unknown_key_is_an_error_that_names_it() {
        let message = with("ACCOUNT_SWAP__SERVER__LISTNE", "x").unwrap_err().to_string();
        assert!(message.contains("listne"), "{message}");
    }

    #[test]
    fn a_missing_profile_and_senseless_values_are_refused() {
        let missing = Settings::load(Path::new("/nonexistent"), Some("nowhere"), []);
        assert!(matches!(missing, Err(SettingsError::NoProfile(_))));
        assert!(with("ACCOUNT_SWAP__POLICY__POINTS__UNFAIRNESS_PERCENT", "101").is_err());
        assert!(with("ACCOUNT_SWAP__NIGHT__OPENS", "06:00:00").is_err());
        assert!(with("ACCOUNT_SWAP__POLICY__PLAN__MAX_RING", "5").is_err());
        assert!(with("ACCOUNT_SWAP__POLICY__PLAN__MAX_RING", "any").is_err());
        assert!(with("ACCOUNT_SWAP__POLICY__PLAN__OBJECTIVE", "most").is_err());
        let negative = with("ACCOUNT_SWAP__POLICY__SCORES__STAR_MINUTES", "-1").unwrap_err().to_string();
        assert!(negative.contains("policy.scores.star_minutes: is -1"), "{negative}");
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
