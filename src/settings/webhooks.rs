//! `[webhooks]` and `[crm]`: how events reach other systems, and how long the CRM may take.
//!
//! In go the sections; out come numbers that fit together: a lease outlasts an attempt, and the ids of messages are kept
//! longer than anybody repeats one. Deliberately absent: the endpoints, which the administrator makes while it runs.

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
        .or_else(|| wrong(self.deliveries_kept_days == 0, "webhooks.deliveries_kept_days", "must be at least 1"))
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
        if !(1..=1440).contains(&self.answer_within_minutes) {
            return Some(("crm.answer_within_minutes", "must be from 1 to 1440, a day".to_owned()));
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
        wrong.answer_within_minutes = 1441;
        assert_eq!(wrong.first_senseless().unwrap().0, "crm.answer_within_minutes");
    }
}
