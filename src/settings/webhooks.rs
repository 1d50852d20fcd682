//! `[webhooks]` and `[crm]`: how events reach other systems, and how long the CRM may take.
//!
//! In go the sections; out come numbers that fit together: a lease outlasts an attempt, the ids of messages are kept longer
//! than anybody repeats one, an endpoint that takes nothing is disabled before any message to it is given up, and what waits
//! is kept longer than it is sent. Deliberately absent: the endpoints, which the administrator makes while it runs.

use serde::Deserialize;

/// Endpoints that are told of events.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Webhooks {
    /// Whether `serve` delivers.
    pub enabled: bool,
    /// The `source` of events: a URI reference.
    pub source: String,
    /// Hosts that may have any address, with or without TLS: a name or an address, and a port where only that one is meant.
    pub allowed_hosts: Vec<String>,
    /// The ports of all others.
    pub ports: Vec<u16>,
    /// The longest wait for a connection.
    pub connect_timeout_milliseconds: u64,
    /// The longest attempt.
    pub request_timeout_milliseconds: u64,
    /// Attempts to one endpoint at a time.
    pub requests_at_once: u32,
    /// How long whoever sends a message holds it.
    pub lease_seconds: u32,
    /// Waits between attempts.
    pub retry_after_seconds: Vec<u64>,
    /// When an endpoint that takes nothing is disabled.
    pub disable_after_hours: u32,
    /// How long old secrets count beside new ones.
    pub rotation_hours: u32,
    /// How old a message from the CRM may be, or how far ahead.
    pub tolerance_seconds: u32,
    /// How long the ids of its messages are kept.
    pub callbacks_kept_days: u32,
    /// How long settled deliveries are kept, and how long those of a disabled endpoint wait.
    pub deliveries_kept_days: u32,
}

/// What is asked of the CRM.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crm {
    /// When it is asked again for the first time.
    pub repeat_after_minutes: u32,
    /// When two people must look because it has not answered.
    pub answer_within_minutes: u32,
}

/// The longest the CRM may take, in minutes: within a day two people look, and the calendar may be 15 minutes late.
const LONGEST_ANSWER_MINUTES: u32 = 24 * 60 - 15;

/// How many days anybody may repeat a message: what Standard Webhooks recommends, with room.
const LONGEST_REPEAT_DAYS: u32 = 7;

impl Webhooks {
    /// The first setting that cannot be, with the reason.
    pub(super) fn first_senseless(&self) -> Option<(&'static str, String)> {
        let wrong = |is_wrong: bool, key, what: &str| is_wrong.then(|| (key, what.to_owned()));
        let lease_milliseconds = u64::from(self.lease_seconds) * 1000;
        wrong(
            lease_milliseconds < self.request_timeout_milliseconds.saturating_mul(2),
            "webhooks.lease_seconds",
            "must be at least twice webhooks.request_timeout_milliseconds",
        )
        .or_else(|| {
            let bad = self.allowed_hosts.iter().find(|host| !is_host(host))?;
            let what = format!("{bad:?} is no host in small letters, with or without a port");
            Some(("webhooks.allowed_hosts", what))
        })
        .or_else(|| wrong(self.ports.is_empty(), "webhooks.ports", "must name a port"))
        .or_else(|| wrong(self.requests_at_once == 0, "webhooks.requests_at_once", "must be at least 1"))
        .or_else(|| wrong(self.disable_after_hours == 0, "webhooks.disable_after_hours", "must be at least 1"))
        .or_else(|| wrong(self.rotation_hours > 720, "webhooks.rotation_hours", "must be at most 720"))
        .or_else(|| {
            let is_wrong = !(1..=300).contains(&self.tolerance_seconds);
            wrong(is_wrong, "webhooks.tolerance_seconds", "must be from 1 to 300")
        })
        .or_else(|| {
            let is_wrong = self.callbacks_kept_days < LONGEST_REPEAT_DAYS;
            wrong(is_wrong, "webhooks.callbacks_kept_days", "must be at least 7")
        })
        .or_else(|| self.first_that_loses())
    }

    /// The first setting by which events would be lost, with the reason.
    fn first_that_loses(&self) -> Option<(&'static str, String)> {
        let waits = &self.retry_after_seconds;
        let Some(longest) = waits.iter().max() else {
            return Some(("webhooks.retry_after_seconds", "is empty and must hold a wait at least".to_owned()));
        };
        let sum = waits.iter().fold(0_u64, |sum, wait| sum.saturating_add(*wait));
        let disabled_after = u64::from(self.disable_after_hours) * 3600;
        if sum < disabled_after {
            let what = format!(
                "adds up to {sum} seconds and must add up to at least {disabled_after}, webhooks.disable_after_hours: \
                 else events are given up before their endpoint is disabled"
            );
            return Some(("webhooks.retry_after_seconds", what));
        }
        // An endpoint may ask for the longest wait each time, and chance adds up to a fifth.
        let horizon = longest.saturating_mul(waits.len() as u64).saturating_mul(6) / 5;
        let kept = u64::from(self.deliveries_kept_days) * 86_400;
        (kept < horizon).then(|| {
            let days = horizon.div_ceil(86_400);
            let found = self.deliveries_kept_days;
            let what =
                format!("is {found} and must be at least {days}, as long as webhooks.retry_after_seconds may take");
            ("webhooks.deliveries_kept_days", what)
        })
    }
}

/// Whether it reads like a host with or without a port; an address of version 6 stands in brackets.
fn is_host(text: &str) -> bool {
    let end = text.rfind(']').map_or(0, |bracket| bracket + 1);
    let name = match text[end..].rsplit_once(':') {
        Some((name, port)) if port.parse::<u16>().is_ok() => &text[..end + name.len()],
        Some(_) => return false,
        None => text,
    };
    !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_[]:".contains(&byte))
}

impl Crm {
    /// The first setting that cannot be, with the reason.
    pub(super) fn first_senseless(&self) -> Option<(&'static str, String)> {
        if self.repeat_after_minutes == 0 {
            return Some(("crm.repeat_after_minutes", "must be at least 1".to_owned()));
        }
        let found = self.answer_within_minutes;
        if !(1..=LONGEST_ANSWER_MINUTES).contains(&found) {
            let what =
                format!("is {found} and must be from 1 to {LONGEST_ANSWER_MINUTES}, a day but a quarter of an hour");
            return Some(("crm.answer_within_minutes", what));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn settings_that_do_not_fit_together_are_refused_by_name() {
        let sound = Settings::built_in();
        assert_eq!(sound.webhooks.first_senseless(), None);
        assert_eq!(sound.crm.first_senseless(), None);
        let mut wrong = sound.webhooks.clone();
        wrong.lease_seconds = 20;
        assert_eq!(wrong.first_senseless().unwrap().0, "webhooks.lease_seconds");
        for host in ["", "CRM", "crm:", "crm:http", "https://crm", "a b", "crm/x"] {
            let mut wrong = sound.webhooks.clone();
            wrong.allowed_hosts = vec![host.to_owned()];
            assert_eq!(wrong.first_senseless().map(|found| found.0), Some("webhooks.allowed_hosts"), "{host}");
        }
        let mut right = sound.webhooks;
        right.allowed_hosts = ["crm.internal", "10.0.0.1:8080", "[::1]", "[::1]:80"].map(str::to_owned).to_vec();
        assert_eq!(right.first_senseless(), None);
        let mut wrong = sound.crm;
        wrong.answer_within_minutes = 1426;
        let (key, what) = wrong.first_senseless().unwrap();
        assert_eq!((key, what.contains("is 1426")), ("crm.answer_within_minutes", true), "{what}");
        wrong.answer_within_minutes = 1425;
        assert_eq!(wrong.first_senseless(), None);
    }

    #[test]
    fn settings_that_lose_events_are_refused_with_what_was_found_and_expected() {
        let sound = Settings::built_in().webhooks;
        let wrong = |change: fn(&mut super::Webhooks)| {
            let mut wrong = sound.clone();
            change(&mut wrong);
            wrong.first_senseless().unwrap_or(("nothing", String::new()))
        };
        let (key, what) = wrong(|all| all.retry_after_seconds.clear());
        assert_eq!((key, what.contains("is empty")), ("webhooks.retry_after_seconds", true), "{what}");
        let (key, what) = wrong(|all| all.retry_after_seconds = vec![5, 259_194]);
        assert_eq!(key, "webhooks.retry_after_seconds");
        assert!(what.contains("259199") && what.contains("259200"), "{what}");
        let (key, what) = wrong(|all| all.disable_after_hours = 76);
        assert_eq!(key, "webhooks.retry_after_seconds", "{what}");
        let (key, what) = wrong(|all| all.deliveries_kept_days = 10);
        assert_eq!(key, "webhooks.deliveries_kept_days");
        assert!(what.contains("is 10") && what.contains("at least 11"), "{what}");
        let mut right = sound.clone();
        (right.retry_after_seconds, right.deliveries_kept_days) = (vec![259_200], 4);
        assert_eq!(right.first_senseless(), None);
    }
}
