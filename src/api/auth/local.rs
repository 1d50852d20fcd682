//! The local key: signs and checks tokens where there is no issuer, or beside one.
//!
//! In goes a file; out comes a key, made on first use, and tokens signed with it (HS256).
//! Deliberately absent: rotation. Who needs it has an issuer.

use super::{AuthError, Rejected, SignedIn, token::Terms};
use crate::{
    app::key_file,
    domain::principal::{Principal, Scope},
    settings,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, encode, get_current_timestamp};
use std::{collections::BTreeSet, path::Path};

/// The shortest local key that is accepted.
pub(super) const MIN_KEY_BYTES: usize = 32;

/// The key that signs and checks local tokens.
pub struct LocalKey {
    issuer: String,
    terms: Terms,
    longest_hours: u32,
    pub(super) encoding: EncodingKey,
    decoding: DecodingKey,
}

impl LocalKey {
    /// Reads the key file of the settings; makes it, readable by its owner only, where there is none.
    pub fn open(settings: &settings::Auth) -> Result<Self, AuthError> {
        if settings.local_key_file.is_empty() {
            return Err(AuthError::NoLocalKey);
        }
        let path = Path::new(&settings.local_key_file);
        let wrong = |source| AuthError::Key { path: path.to_owned(), source };
        let key = key_file::read_or_make(path).map_err(wrong)?;
        if key.len() < MIN_KEY_BYTES {
            return Err(AuthError::ShortKey(path.to_owned()));
        }
        Ok(Self {
            issuer: settings.issuer.clone(),
            terms: Terms::of(settings),
            longest_hours: settings.longest_token_hours,
            encoding: EncodingKey::from_secret(&key),
            decoding: DecodingKey::from_secret(&key),
        })
    }

    /// A token for `who` that counts for `hours` from now, and for a service may be used for `scopes`.
    ///
    /// Errors: [`AuthError::TooLong`] where such a token would be refused.
    pub fn issue(&self, who: &Principal, scopes: &BTreeSet<Scope>, hours: u32) -> Result<String, AuthError> {
        if hours > self.longest_hours {
            return Err(AuthError::TooLong { hours, longest: self.longest_hours });
        }
        let now = get_current_timestamp();
        let mut claims = serde_json::json!({
            "iss": self.issuer,
            "aud": self.terms.audience,
            "sub": who.id,
            "iat": now,
            "exp": now + u64::from(hours) * 3600,
        });
        claims[&self.terms.role_claim] = who.role.as_str().into();
        if !scopes.is_empty() {
            let words: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
            claims[&self.terms.scope_claim] = words.join(" ").into();
        }
        Ok(encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)?)
    }

    /// Whom a token is for that this key has signed.
    pub(super) fn check(&self, token: &str, head: &Header) -> Result<SignedIn, Rejected> {
        // There is one key, and no token of it names another.
        if head.kid.is_some() {
            return Err(Rejected::NoKey);
        }
        self.terms.check(token, &self.decoding, &[Algorithm::HS256], &self.issuer)
    }
}
