//! Settings: typed, complete, and an error for every key that is unknown.
//!
//! In go, in this order, `config/default.toml` and `config/triage.toml` as they were when the program was built, the same
//! files beside the program if there are any, `config/<profile>.toml`, and variables such as `ACCOUNT_SWAP__DATABASE__URL`; out comes
//! [`Settings`]. Every name carries its unit. Deliberately absent: defaults in code, and reading anything twice.

mod audit;
mod handover;
mod identity;
mod routing;
mod webhooks;

pub use audit::Audit;
pub use handover::Handover;
pub use identity::{Auth, People};
pub use routing::{Graphhopper, Osrm, RoadNetwork, Routing, Valhalla};
pub use webhooks::{Crm, Webhooks};

use crate::domain::{
    approval::ApprovalPolicy, decline::Declines, pattern::PatternTerms, policy::Policy, triage::TriageRules,
    working_time::WorkingWeek,
};
use chrono::NaiveTime;
use chrono_tz::Tz;
use ipnet::IpNet;
use serde::Deserialize;
use std::{collections::BTreeMap, net::SocketAddr, path::Path};

/// What the program was built with.
pub const DEFAULT_TOML: &str = include_str!("../config/default.toml");

/// The ladder it was built with.
pub const TRIAGE_TOML: &str = include_str!("../config/triage.toml");

/// Everything that can be set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The HTTP server.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// Whose tokens count.
    pub auth: Auth,
    /// Who needs a record here.
    pub people: People,
    /// What is kept of the audit log outside the database.
    pub audit: Audit,
    /// How often.
    pub rate_limit: RateLimit,
    /// What is written about it.
    pub log: Log,
    /// The nightly run.
    pub night: Night,
    /// Deadlines of proposals, and what declining leads to.
    pub proposals: Proposals,
    /// Accounts that reps put into the pool.
    pub submissions: Submissions,
    /// Questions of reps to colleagues.
    pub direct_swaps: DirectSwaps,
    /// What a handover takes and how it is followed.
    pub handover: Handover,
    /// Endpoints that are told of events.
    pub webhooks: Webhooks,
    /// What is asked of the CRM.
    pub crm: Crm,
    /// When people work.
    pub working_time: WorkingWeek,
    /// Who approves what all have accepted.
    pub approval: ApprovalPolicy,
    /// What is advised about a struggling account.
    pub triage: TriageRules,
    /// What counts as an unusual share of a book.
    pub pattern: PatternTerms,
    /// Imports.
    pub import: Import,
    /// Reports.
    pub reports: Reports,
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
    /// Connections that each of those threads holds at once; who comes later waits.
    pub connections_a_worker: usize,
    /// Requests that may be at the database, or wait for it, at a time; who comes later is turned away.
    pub requests_at_once: usize,
    /// The longest the head of a request may take to arrive.
    pub header_timeout_seconds: u64,
    /// The longest a body may take to arrive, but for imports.
    pub body_timeout_seconds: u64,
    /// The longest a request may take but for imports and runs.
    pub request_timeout_seconds: u64,
    /// The longest an import or a run may take.
    pub import_timeout_seconds: u64,
    /// The longest that somebody may take nothing of an answer.
    pub write_timeout_seconds: u64,
    /// Proxies whose word counts for whom a request comes from, as addresses or networks.
    pub trusted_proxies: Vec<IpNet>,
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

/// How often one principal may ask.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Reads, sustained.
    pub requests_a_second: u32,
    /// Reads at once.
    pub burst: u32,
    /// Changes, sustained.
    pub changes_a_second: u32,
    /// Changes at once.
    pub changes_burst: u32,
    /// What takes a market, a file or the whole log, sustained.
    pub costly_a_minute: u32,
    /// The same at once.
    pub costly_burst: u32,
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
    /// Whether what it finds is only reported.
    pub shadow: bool,
    /// How often `serve` looks whether something is due.
    pub wake_up_seconds: u32,
    /// How long a run may go without a sign of life.
    pub lease_seconds: u32,
    /// How long a run that has failed waits before it is tried again; twice as long after each further failure.
    pub retry_seconds_at_first: u32,
    /// The longest it waits.
    pub retry_seconds_at_most: u32,
}

impl Night {
    fn first_senseless(&self) -> Option<(&'static str, &'static str)> {
        if self.opens >= self.closes {
            return Some(("night.opens", "must be before night.closes"));
        }
        let zero = [
            ("night.wake_up_seconds", self.wake_up_seconds),
            ("night.lease_seconds", self.lease_seconds),
            ("night.retry_seconds_at_first", self.retry_seconds_at_first),
            ("night.retry_seconds_at_most", self.retry_seconds_at_most),
        ];
        zero.iter().find(|(_, seconds)| *seconds == 0).map(|(key, _)| (*key, "must be at least 1"))
    }
}

/// Deadlines of proposals, and what declining leads to.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposals {
    /// Each rep's own working hours to answer.
    pub answer_working_hours: u32,
    /// The most days that anybody has to answer, however long they are away.
    pub answer_days_at_most: u32,
    /// The managers' working hours to approve, from the last moment to answer.
    pub approve_working_hours: u32,
    /// The most days they have.
    pub approve_days_at_most: u32,
    /// At how many working hours before the end somebody is reminded who still has to act.
    pub remind_working_hours_before: Vec<u32>,
    /// How long an accept can be taken back.
    pub take_back_minutes: u32,
    /// From transfer to the end of the trial.
    pub trial_days: u32,
    /// What declining leads to, by the reason.
    pub declines: Declines,
}

impl Proposals {
    fn first_senseless(&self) -> Option<(&'static str, String)> {
        let within = |key, found: u32, most: u32| {
            (!(1..=most).contains(&found)).then(|| (key, format!("is {found} and must be from 1 to {most}")))
        };
        within("proposals.answer_working_hours", self.answer_working_hours, 1000)
            .or_else(|| within("proposals.answer_days_at_most", self.answer_days_at_most, 90))
            .or_else(|| within("proposals.approve_working_hours", self.approve_working_hours, 1000))
            .or_else(|| within("proposals.approve_days_at_most", self.approve_days_at_most, 90))
            .or_else(|| {
                let (reason, what) = self.declines.first_senseless()?;
                Some(("proposals.declines", format!("{reason} {what}")))
            })
    }
}

/// Accounts that reps put into the pool.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submissions {
    /// How many a rep may take back of those made in thirty days, and still make another.
    pub taken_back_in_30_days: u32,
}

/// Questions of reps to colleagues.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectSwaps {
    /// How many a rep may ask in a calendar month.
    pub questions_a_month: u32,
    /// From the question to the last moment to answer.
    pub answer_within_hours: u32,
    /// Whether the colleague is told who asks before there is a proposal.
    pub asker_is_named: bool,
}

/// Imports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Errors reported one by one; the rest is counted.
    pub max_reported_errors: usize,
    /// The longest row.
    pub max_row_bytes: usize,
    /// The most a packed file may unpack to.
    pub max_unpacked_bytes: u64,
    /// The largest file of territories, which is held in memory as a whole.
    pub max_territories_bytes: usize,
    /// Mapping name → kind → our column → their column.
    pub mappings: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
}

/// Reports.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reports {
    /// Whether a run also counts what a plan that looks at nothing but the total would gain.
    pub price_of_fairness: bool,
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
    /// Reads the settings from `directory` (`default.toml`, `triage.toml` and `<profile>.toml`) and from the variables given.
    pub fn load(
        directory: &Path,
        profile: Option<&str>,
        variables: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, SettingsError> {
        use config::{Config, Environment, File, FileFormat};
        let mut layers = Config::builder()
            .add_source(File::from_str(DEFAULT_TOML, FileFormat::Toml))
            .add_source(File::from_str(TRIAGE_TOML, FileFormat::Toml))
            .add_source(File::from(directory.join("default.toml")).required(false))
            .add_source(File::from(directory.join("triage.toml")).required(false));
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
                .with_list_parse_key("server.trusted_proxies")
                .with_list_parse_key("night.scopes")
                .with_list_parse_key("people.record_required_for")
                .with_list_parse_key("webhooks.allowed_hosts")
                .with_list_parse_key("webhooks.ports")
                .with_list_parse_key("webhooks.retry_after_seconds")
                .with_list_parse_key("proposals.remind_working_hours_before")
                .with_list_parse_key("working_time.days")
                .with_list_parse_key("policy.scores.travel.sources")
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
        if let Some((key, what)) = self.night.first_senseless() {
            return wrong(key, what);
        }
        if let Some((key, what)) = self.auth.first_senseless() {
            return wrong(key, &what);
        }
        if let Some((key, what)) = self.audit.first_senseless() {
            return wrong(key, &what);
        }
        if let Some((key, what)) = self.proposals.first_senseless() {
            return wrong(key, &what);
        }
        if let Some((key, what)) = self.working_time.first_senseless() {
            return wrong("working_time", &format!("{key} {what}"));
        }
        if let Some((place, what)) = self.approval.first_senseless() {
            return wrong("approval.rules", &format!("rule {place} {what}"));
        }
        if let Some((key, what)) = self.approval.forced_moves.first_senseless() {
            return wrong(key, &what);
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
        if let Some((key, what)) = self.policy.money.first_senseless() {
            return wrong(key, &what);
        }
        if let Some((key, what)) = self.triage.first_senseless() {
            return wrong(key, &what);
        }
        if let Some((key, what)) = self.pattern.first_senseless() {
            return wrong(key, &what);
        }
        let RateLimit { requests_a_second, burst, changes_a_second, changes_burst, costly_a_minute, costly_burst } =
            self.rate_limit;
        if [requests_a_second, burst, changes_a_second, changes_burst, costly_a_minute, costly_burst].contains(&0) {
            return wrong("rate_limit", "each must be at least 1");
        }
        if self.server.connections_a_worker == 0 || self.server.requests_at_once == 0 {
            return wrong("server", "connections_a_worker and requests_at_once must be at least 1");
        }
        let Server { header_timeout_seconds, body_timeout_seconds, write_timeout_seconds, .. } = self.server;
        if [header_timeout_seconds, body_timeout_seconds, write_timeout_seconds].contains(&0) {
            return wrong("server", "header_, body_ and write_timeout_seconds must be at least 1");
        }
        if self.database.pool_connections == 0 {
            return wrong("database.pool_connections", "must be at least 1");
        }
        if let Some((key, what)) = self.handover.first_senseless(self.proposals.trial_days) {
            return wrong(key, &what);
        }
        if let Some((key, what)) = self.webhooks.first_senseless().or_else(|| self.crm.first_senseless()) {
            return wrong(key, &what);
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
        let proxies =
            with("ACCOUNT_SWAP__SERVER__TRUSTED_PROXIES", "10.0.0.0/8,fd00::/8").unwrap().server.trusted_proxies;
        assert_eq!(proxies.iter().map(ToString::to_string).collect::<Vec<_>>(), ["10.0.0.0/8", "fd00::/8"]);
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
    fn travel_sources_stand_once_each_and_the_straight_line_last() {
        let sources = |value: &str| {
            let read = with("ACCOUNT_SWAP__POLICY__SCORES__TRAVEL__SOURCES", value);
            read.map(|read| read.policy.scores.travel.sources).map_err(|error| error.to_string())
        };
        let both = [crate::domain::travel::TravelSource::Osrm, crate::domain::travel::TravelSource::GreatCircle];
        assert_eq!(sources("osrm,great_circle").unwrap(), both);
        for wrong in ["great_circle,osrm", "osrm,osrm"] {
            let message = sources(wrong).unwrap_err();
            assert!(message.contains("policy.scores.travel.sources: takes one source or more, each once"), "{message}");
        }
        let unknown = sources("mapbox").unwrap_err();
        assert!(unknown.contains("mapbox") && unknown.contains("one of great_circle road_network osrm"), "{unknown}");
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
        assert!(with("ACCOUNT_SWAP__APPROVAL__FORCED_MOVES__OVER_A_DECLINE", "everybody").is_err());
        assert!(with("ACCOUNT_SWAP__APPROVAL__FORCED_MOVES__DECLINE_COUNTS_FOR_DAYS", "0").is_err());
        assert!(with("ACCOUNT_SWAP__POLICY__PLAN__MAX_RING", "5").is_err());
        assert!(with("ACCOUNT_SWAP__POLICY__PLAN__MAX_RING", "any").is_err());
        assert!(with("ACCOUNT_SWAP__POLICY__PLAN__OBJECTIVE", "most").is_err());
        let negative = with("ACCOUNT_SWAP__POLICY__SCORES__STAR_MINUTES", "-1").unwrap_err().to_string();
        assert!(negative.contains("policy.scores.star_minutes: is -1"), "{negative}");
    }
}
