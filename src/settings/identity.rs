//! `[auth]` and `[people]`: whose tokens count, for how long, and who needs a record here.
//!
//! In go the sections; out come numbers and names that fit together.
//! Deliberately absent: keys. They are in files of their own or with the issuer.

use crate::domain::principal::Role;
use serde::Deserialize;
use std::collections::BTreeSet;

/// Whose tokens count.
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
    /// How far ahead the end of a token may lie when it is shown.
    pub longest_token_hours: u32,
    /// URL or file of the company issuer's keys; empty to ask the issuer where they are.
    pub jwks: String,
    /// The company's issuer, which is the `iss` of its tokens; empty for none.
    pub jwks_issuer: String,
    /// How old those keys may get before they are read again.
    pub jwks_refresh_seconds: u64,
    /// The shortest time between two questions to the issuer.
    pub jwks_retry_seconds: u64,
    /// How long the keys of before count on while the issuer does not answer.
    pub jwks_outage_seconds: u64,
    /// How long the issuer may take to answer.
    pub jwks_timeout_milliseconds: u64,
    /// The claim that names the role.
    pub role_claim: String,
    /// The claim that says what a service's token may be used for.
    pub scope_claim: String,
}

/// Clocks that differ by more than this are not set.
const LARGEST_LEEWAY_SECONDS: u64 = 300;

impl Auth {
    /// The first setting that cannot be, with the reason.
    pub(super) fn first_senseless(&self) -> Option<(&'static str, String)> {
        if self.leeway_seconds > LARGEST_LEEWAY_SECONDS {
            let what = format!("is {} and must be at most {LARGEST_LEEWAY_SECONDS}", self.leeway_seconds);
            return Some(("auth.leeway_seconds", what));
        }
        if self.longest_token_hours == 0 {
            return Some(("auth.longest_token_hours", "must be at least 1".to_owned()));
        }
        if self.jwks_timeout_milliseconds == 0 {
            return Some(("auth.jwks_timeout_milliseconds", "must be at least 1".to_owned()));
        }
        if self.jwks_outage_seconds < self.jwks_refresh_seconds {
            let what = format!("must be at least auth.jwks_refresh_seconds, {}", self.jwks_refresh_seconds);
            return Some(("auth.jwks_outage_seconds", what));
        }
        if self.jwks_issuer.is_empty() && !self.jwks.is_empty() {
            return Some(("auth.jwks_issuer", "must name the issuer of auth.jwks, the iss of its tokens".to_owned()));
        }
        if self.issuer == self.jwks_issuer {
            return Some(("auth.jwks_issuer", "must differ from auth.issuer, which signs local tokens".to_owned()));
        }
        None
    }
}

/// Who needs a record here.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct People {
    /// The roles in which nobody may ask without one.
    pub record_required_for: BTreeSet<Role>,
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn an_issuer_that_cannot_be_is_refused_by_name() {
        type Change = fn(&mut super::Auth);
        let sound = Settings::built_in().auth;
        assert_eq!(sound.first_senseless(), None);
        let changes: [(Change, &str); 6] = [
            (|auth| auth.leeway_seconds = 301, "auth.leeway_seconds"),
            (|auth| auth.longest_token_hours = 0, "auth.longest_token_hours"),
            (|auth| auth.jwks_timeout_milliseconds = 0, "auth.jwks_timeout_milliseconds"),
            (|auth| auth.jwks_outage_seconds = 1, "auth.jwks_outage_seconds"),
            (|auth| auth.jwks = "keys.json".to_owned(), "auth.jwks_issuer"),
            (|auth| auth.jwks_issuer.clone_from(&auth.issuer), "auth.jwks_issuer"),
        ];
        for (change, key) in changes {
            let mut wrong = sound.clone();
            change(&mut wrong);
            assert_eq!(wrong.first_senseless().map(|(key, _)| key), Some(key));
        }
    }
}
