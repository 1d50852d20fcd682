//! Who is asking: bearer tokens, checked against the local key or the company's issuer.
//!
//! In go the headers of a request; out comes [`SignedIn`], or nothing at all: a caller without a sound token learns only
//! that. What holds: exactly one `Authorization` header with one compact JWT, and never a token from anywhere else; the
//! source of a key fixes its algorithms (HS256 for the local key) and its `iss`. What a token may say is `token`'s, whose
//! keys count and for how long is `issuer`'s.
//! Deliberately absent: sessions, refresh, and whether the person still holds the role, which the `app` asks the database
//! in the transaction of the request.

mod issuer;
mod local;
mod strict;
mod token;

pub use local::LocalKey;

use crate::{
    domain::{
        Wrong,
        principal::{Principal, Scope},
    },
    settings,
};
use actix_web::http::header::{self, HeaderMap};
use issuer::Issuer;
use jsonwebtoken::Algorithm;
use std::{collections::BTreeSet, io, path::PathBuf, sync::Arc};

/// Why tokens cannot be checked or signed.
#[derive(Debug, thiserror::Error)]
pub enum AuthError {
    /// The local key cannot be read or made.
    #[error("local key {}: {source}", .path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The local key is too short to be one.
    #[error("local key {}: fewer than {} bytes", .0.display(), local::MIN_KEY_BYTES)]
    ShortKey(PathBuf),
    /// There is no local key to sign with.
    #[error("auth.local_key_file is empty, so there are no local tokens")]
    NoLocalKey,
    /// The token would be refused.
    #[error("a token for {hours} hours would not count: auth.longest_token_hours is {longest}")]
    TooLong {
        /// What was asked for.
        hours: u32,
        /// What the settings say.
        longest: u32,
    },
    /// The issuer's keys cannot be read.
    #[error("issuer's keys at {at}: {what}")]
    Issuer {
        /// URL or file.
        at: String,
        /// Why.
        what: String,
    },
    /// Neither a local key nor an issuer is set.
    #[error("neither auth.local_key_file nor auth.jwks_issuer is set, so nobody could sign in")]
    Nobody,
    /// A token could not be signed.
    #[error("signing: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// Why a token does not count; for the log only.
#[derive(Debug, thiserror::Error)]
enum Rejected {
    #[error("no bearer token")]
    NoToken,
    #[error("two Authorization headers, or one that is no bearer token")]
    NoBearer,
    #[error("longer than {} bytes", token::MAX_TOKEN_BYTES)]
    TooLong,
    #[error("a head with more than an algorithm, a kind and a key's id")]
    Head,
    #[error("no key for it")]
    NoKey,
    #[error("claim {0} is missing or of another type")]
    Claim(String),
    #[error("claim {0} lies too far ahead")]
    TooFar(String),
    #[error("claim {0} shows that it is no access token")]
    Kind(&'static str),
    #[error(transparent)]
    Wrong(#[from] Wrong),
    #[error(transparent)]
    Token(#[from] jsonwebtoken::errors::Error),
}

/// Whom a sound token is for, and what it may be used for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The person or program.
    pub who: Principal,
    /// What the token of a program may be used for; means nothing to people.
    pub scopes: BTreeSet<Scope>,
}

/// The door: knows every key that counts.
pub struct Gate {
    terms: token::Terms,
    local: Option<LocalKey>,
    issuer: Option<Arc<Issuer>>,
}

impl Gate {
    /// Reads or makes the local key, and reads the issuer's keys.
    ///
    /// An issuer that is away does not stop the start: its keys are asked for again with the next token.
    pub async fn open(settings: &settings::Auth) -> Result<Self, AuthError> {
        let local = match settings.local_key_file.as_str() {
            "" => None,
            _ => Some(LocalKey::open(settings)?),
        };
        let issuer = match (settings.jwks.as_str(), settings.jwks_issuer.as_str()) {
            ("", "") => None,
            _ => Some(Issuer::open(settings).await?),
        };
        if local.is_none() && issuer.is_none() {
            return Err(AuthError::Nobody);
        }
        Ok(Self { terms: token::Terms::of(settings), local, issuer })
    }

    /// Whom the `Authorization` header is for, or nothing. Why nothing is in the log.
    pub async fn who(&self, headers: &HeaderMap) -> Option<SignedIn> {
        match self.signed_in(headers).await {
            Ok(signed_in) => Some(signed_in),
            Err(Rejected::NoToken) => None,
            Err(rejected) => {
                tracing::info!(%rejected, "a token was refused");
                None
            }
        }
    }

    async fn signed_in(&self, headers: &HeaderMap) -> Result<SignedIn, Rejected> {
        let token = bearer(headers)?;
        let head = token::head(token)?;
        if head.alg == Algorithm::HS256 {
            return self.local.as_ref().ok_or(Rejected::NoKey)?.check(token, &head);
        }
        let issuer = self.issuer.as_ref().ok_or(Rejected::NoKey)?;
        let key = issuer.key(head.kid.as_deref(), head.alg).await.ok_or(Rejected::NoKey)?;
        self.terms.check(token, &key.decoding, &key.algorithms, &issuer.name)
    }
}

/// The token of the one `Authorization` header there is (RFC 6750, section 2.1): letters, digits, `-`, `_` and two dots.
fn bearer(headers: &HeaderMap) -> Result<&str, Rejected> {
    let mut all = headers.get_all(header::AUTHORIZATION);
    let only = all.next().ok_or(Rejected::NoToken)?;
    if all.next().is_some() {
        return Err(Rejected::NoBearer);
    }
    let (scheme, token) = only.to_str().ok().and_then(|only| only.split_once(' ')).ok_or(Rejected::NoBearer)?;
    let token = token.trim_start_matches(' ');
    let is_compact = token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        && token.bytes().filter(|byte| *byte == b'.').count() == 2;
    if scheme.eq_ignore_ascii_case("bearer") && is_compact { Ok(token) } else { Err(Rejected::NoBearer) }
}

#[cfg(test)]
mod tests;
