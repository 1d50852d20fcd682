//! How often, by whom and for what: buckets that refill, one for each principal or address and class of operation.
//!
//! In goes who asks and for what; out comes nothing, or how many seconds to wait. Holds: what is costly has a small bucket of
//! its own, so that nobody's reports slow anybody's clicks; whoever is refused is told before anything is done for them.
//! Cost: one look at a map. Deliberately absent: sharing buckets between replicas; each lets in as much as it is set to.

use crate::settings;
use actix_web::http::Method;
use governor::{Quota, RateLimiter, clock::Clock, clock::DefaultClock, state::keyed::DefaultKeyedStateStore};
use std::{
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
};

/// What an operation takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Looks at a few rows.
    Read,
    /// Changes a few rows.
    Change,
    /// Takes a market, a file or the whole log.
    Costly,
}

/// The operations that take more than a few rows, by method and path.
const COSTLY: &[(&str, &str)] = &[
    ("POST", "/api/v1/imports/{kind}"),
    ("POST", "/api/v1/runs"),
    ("POST", "/api/v1/meetings"),
    ("POST", "/api/v1/meetings/{id}/changes"),
    ("POST", "/api/v1/overrides"),
    ("POST", "/api/v1/overrides/{id}/second"),
    ("POST", "/api/v1/people/{id}/erase"),
    ("GET", "/api/v1/reports/fairness"),
    ("GET", "/api/v1/reports/outcomes"),
    ("GET", "/api/v1/handovers/export"),
    ("GET", "/api/v1/audit/verify"),
    ("GET", "/api/v1/me/export"),
];

impl Class {
    /// The class of an operation; what is none counts as a look.
    pub fn of(method: &Method, path: Option<&str>) -> Self {
        let is_costly = |path| COSTLY.contains(&(method.as_str(), path));
        match path {
            Some(path) if is_costly(path) => Self::Costly,
            _ if *method == Method::POST => Self::Change,
            _ => Self::Read,
        }
    }
}

type Buckets = RateLimiter<String, DefaultKeyedStateStore<String>, DefaultClock>;

/// How often each principal or address may ask.
pub struct Limits {
    reads: Buckets,
    changes: Buckets,
    costly: Buckets,
    clock: DefaultClock,
    checks: AtomicUsize,
}

/// After so many checks, who has not asked for a while is forgotten.
const CHECKS_A_TIDYING: usize = 10_000;

impl Limits {
    /// The limits of the settings.
    pub fn new(settings: &settings::RateLimit) -> Self {
        let least = |number| NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let buckets = |quota: Quota, burst| RateLimiter::keyed(quota.allow_burst(least(burst)));
        Self {
            reads: buckets(Quota::per_second(least(settings.requests_a_second)), settings.burst),
            changes: buckets(Quota::per_second(least(settings.changes_a_second)), settings.changes_burst),
            costly: buckets(Quota::per_minute(least(settings.costly_a_minute)), settings.costly_burst),
            clock: DefaultClock::default(),
            checks: AtomicUsize::new(0),
        }
    }

    /// Counts one request; says how many seconds to wait where it is one too many.
    pub fn check(&self, counted: String, class: Class) -> Result<(), u64> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_A_TIDYING == CHECKS_A_TIDYING - 1 {
            for buckets in [&self.reads, &self.changes, &self.costly] {
                buckets.retain_recent();
                buckets.shrink_to_fit();
            }
        }
        let buckets = match class {
            Class::Read => &self.reads,
            Class::Change => &self.changes,
            Class::Costly => &self.costly,
        };
        buckets
            .check_key(&counted)
            .map_err(|until| until.wait_time_from(self.clock.now()).as_secs_f64().ceil().max(1.0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::openapi;

    fn limits() -> Limits {
        let mut settings = settings::Settings::built_in().rate_limit;
        (settings.requests_a_second, settings.burst) = (1, 3);
        (settings.changes_a_second, settings.changes_burst) = (1, 2);
        (settings.costly_a_minute, settings.costly_burst) = (1, 1);
        Limits::new(&settings)
    }

    #[test]
    fn one_bucket_runs_dry_without_the_others() {
        let limits = limits();
        let asked = |class| (0..4).filter(|_| limits.check("rep:anna".to_owned(), class).is_ok()).count();
        assert_eq!([Class::Read, Class::Change, Class::Costly].map(asked), [3, 2, 1]);
        assert!(limits.check("rep:ben".to_owned(), Class::Costly).is_ok());
        let wait = limits.check("rep:anna".to_owned(), Class::Costly).unwrap_err();
        assert!((55..=60).contains(&wait), "{wait}");
    }

    #[test]
    fn every_costly_operation_exists() {
        let document: serde_json::Value = serde_json::from_str(openapi::document_text()).unwrap();
        for (method, path) in COSTLY {
            let pointer = format!("/paths/{}/{}", path.replace('/', "~1"), method.to_ascii_lowercase());
            assert!(document.pointer(&pointer).is_some(), "{method} {path} is no operation");
        }
        assert_eq!(Class::of(&Method::POST, Some("/api/v1/runs")), Class::Costly);
        assert_eq!(Class::of(&Method::GET, Some("/api/v1/runs")), Class::Read);
        assert_eq!(Class::of(&Method::POST, Some("/api/v1/submissions")), Class::Change);
        assert_eq!(Class::of(&Method::GET, None), Class::Read);
    }
}
