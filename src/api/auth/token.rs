//! One token: what its head may say, and whom its claims are for.
//!
//! In goes the text after `Bearer`; out comes [`SignedIn`], or the first reason why it does not count. What holds: the head
//! names an algorithm, a kind and at most a key's id, and nothing else that a reader would have to follow; the claims say
//! every name once; `iss`, `aud`, `exp`, `sub` and the role are there, each of its type; the end lies ahead, and not farther
//! than the settings say; what can be told to be no access token (RFC 9068), such as an ID token, is none.
//! Deliberately absent: keys, and whether the person still holds the role.

use super::{Rejected, SignedIn, strict::Strict};
use crate::{
    domain::{
        ids::RepId,
        principal::{Principal, Role, Scope},
    },
    settings,
};
use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation, decode, decode_header, get_current_timestamp};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The longest token that is looked at.
pub(super) const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// The kinds of token that a head may say it is (RFC 9068, section 4; RFC 7519, section 5.1).
const KINDS: &[&str] = &["jwt", "at+jwt", "application/at+jwt"];

/// What only an ID token (OpenID Connect Core, section 3.3.2.11), a logout token, or one bound to a key of its holder says.
const FOREIGN_CLAIMS: &[&str] = &["at_hash", "c_hash", "s_hash", "events", "cnf"];

/// What issuers say of the kind of a token among its claims, and the words for an access token.
const KIND_CLAIMS: &[(&str, &[&str])] =
    &[("token_use", &["access"]), ("typ", &["bearer", "jwt", "at+jwt", "application/at+jwt"])];

/// What every token is asked for, whatever its key.
#[derive(Debug, Clone)]
pub(super) struct Terms {
    pub(super) audience: String,
    leeway_seconds: u64,
    longest_seconds: u64,
    pub(super) role_claim: String,
    pub(super) scope_claim: String,
}

/// The head of a token that may be looked at further.
pub(super) fn head(token: &str) -> Result<Header, Rejected> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Rejected::TooLong);
    }
    let head = decode_header(token)?;
    // Keys that come with the token, ways to find them, extensions, encryption, compression, a token in a token.
    let is_plain = head.crit.is_none()
        && head.jwk.is_none()
        && head.jku.is_none()
        && head.x5u.is_none()
        && head.x5c.is_none()
        && head.enc.is_none()
        && head.zip.is_none()
        && head.cty.is_none()
        && !head.extras.inner().contains_key("b64");
    let is_fitting = |kind: &String| KINDS.contains(&kind.to_ascii_lowercase().as_str());
    if is_plain && head.typ.as_ref().is_none_or(is_fitting) { Ok(head) } else { Err(Rejected::Head) }
}

impl Terms {
    pub(super) fn of(settings: &settings::Auth) -> Self {
        Self {
            audience: settings.audience.clone(),
            leeway_seconds: settings.leeway_seconds,
            longest_seconds: u64::from(settings.longest_token_hours) * 3600,
            role_claim: settings.role_claim.clone(),
            scope_claim: settings.scope_claim.clone(),
        }
    }

    /// Whom a token is for that was signed with `key` by `issuer` in one of `algorithms`.
    pub(super) fn check(
        &self,
        token: &str,
        key: &DecodingKey,
        algorithms: &[Algorithm],
        issuer: &str,
    ) -> Result<SignedIn, Rejected> {
        let mut validation = Validation::new(algorithms[0]);
        validation.algorithms = algorithms.to_vec();
        validation.leeway = self.leeway_seconds;
        validation.validate_nbf = true;
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
        let Strict(Value::Object(claims)) = decode::<Strict>(token, key, &validation)?.claims else {
            return Err(Rejected::Claim("claims".to_owned()));
        };
        // A list of issuers would pass where only one of them is ours.
        text(&claims, "iss")?;
        self.check_time(&claims)?;
        check_kind(&claims)?;
        let who = Principal {
            id: text(&claims, "sub")?.parse::<RepId>()?,
            role: text(&claims, &self.role_claim)?.parse::<Role>()?,
        };
        Ok(SignedIn { who, scopes: self.scopes(&claims)? })
    }

    fn check_time(&self, claims: &Map<String, Value>) -> Result<(), Rejected> {
        let now = get_current_timestamp();
        let latest = |name: &str, limit: u64| match claims.get(name) {
            Some(Value::Number(at)) if at.as_f64().is_some_and(|at| at <= limit as f64) => Ok(()),
            Some(Value::Number(_)) => Err(Rejected::TooFar(name.to_owned())),
            _ => Err(Rejected::Claim(name.to_owned())),
        };
        latest("exp", now + self.longest_seconds + self.leeway_seconds)?;
        if claims.contains_key("iat") { latest("iat", now + self.leeway_seconds) } else { Ok(()) }
    }

    /// What a token may be used for: words with spaces between them (RFC 8693, section 4.2), or a list of them. Words that
    /// mean nothing here are for somebody else.
    fn scopes(&self, claims: &Map<String, Value>) -> Result<BTreeSet<Scope>, Rejected> {
        let wrong = || Rejected::Claim(self.scope_claim.clone());
        let words: Vec<&str> = match claims.get(&self.scope_claim) {
            None => Vec::new(),
            Some(Value::String(words)) => words.split(' ').collect(),
            Some(Value::Array(words)) => {
                words.iter().map(|word| word.as_str().ok_or_else(wrong)).collect::<Result<_, _>>()?
            }
            Some(_) => return Err(wrong()),
        };
        Ok(words.into_iter().filter_map(|word| word.parse().ok()).collect())
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Result<&'a str, Rejected> {
    claims.get(name).and_then(Value::as_str).ok_or_else(|| Rejected::Claim(name.to_owned()))
}

/// Refuses what says itself that it is no access token for whoever bears it.
fn check_kind(claims: &Map<String, Value>) -> Result<(), Rejected> {
    let foreign = FOREIGN_CLAIMS.iter().find(|name| claims.contains_key(**name));
    let other = KIND_CLAIMS.iter().find(|(name, words)| {
        let is_access =
            |said: &Value| said.as_str().is_some_and(|said| words.contains(&said.to_ascii_lowercase().as_str()));
        claims.get(*name).is_some_and(|said| !is_access(said))
    });
    match foreign.copied().or(other.map(|(name, _)| *name)) {
        Some(name) => Err(Rejected::Kind(name)),
        None => Ok(()),
    }
}
