//! Signatures of Standard Webhooks 1.0: HMAC-SHA256 (`v1`) and Ed25519 (`v1a`).
//!
//! In go secrets, an id, a time and a body; out comes a `webhook-signature`, or whether one is true. While secrets are
//! rotated there are two, and either counts. What is compared takes the same time whatever differs; a secret is never
//! written to a log. Deliberately absent: keeping secrets, and whether an id was seen before.

use crate::domain::webhook::Scheme;
use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, TimeDelta, Utc};
use rand::{TryRngCore, rngs::OsRng};
use std::fmt;

/// The header that names a message; the same each time it is sent.
pub const ID: &str = "webhook-id";
/// The header that says when this attempt was signed, in seconds since 1970.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// The header with one or more signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// The longest id that is taken.
const MAX_ID_BYTES: usize = 128;
/// The most signatures that are looked at.
const MAX_SIGNATURES: usize = 8;
/// The bytes of a secret that is made here.
const SECRET_BYTES: usize = 32;

/// What messages are signed with.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// A secret that both sides know.
    Hmac(Vec<u8>),
    /// The seed of a key pair, of which the other side knows the public half.
    Ed25519([u8; 32]),
}

impl Secret {
    /// A new one, by chance.
    pub fn make(scheme: Scheme) -> Self {
        let mut bytes = [0; SECRET_BYTES];
        OsRng.try_fill_bytes(&mut bytes).expect("the system gives random bytes");
        match scheme {
            Scheme::Hmac => Self::Hmac(bytes.to_vec()),
            Scheme::Ed25519 => Self::Ed25519(bytes),
        }
    }

    /// Reads what [`Self::kept`] wrote.
    pub fn read(text: &str) -> Option<Self> {
        if let Some(secret) = text.strip_prefix("whsec_") {
            let bytes = BASE64.decode(secret).ok()?;
            return (!bytes.is_empty()).then_some(Self::Hmac(bytes));
        }
        let bytes = BASE64.decode(text.strip_prefix("whsk_")?).ok()?;
        bytes.get(..32)?.try_into().ok().map(Self::Ed25519)
    }

    /// The secret as it is kept, in the form of Standard Webhooks.
    pub fn kept(&self) -> String {
        match self {
            Self::Hmac(bytes) => format!("whsec_{}", BASE64.encode(bytes)),
            Self::Ed25519(seed) => {
                let pair = [&seed[..], pair(seed).public_key().as_ref()].concat();
                format!("whsk_{}", BASE64.encode(pair))
            }
        }
    }

    /// What the other side is told: the secret, or the public half of the key pair.
    pub fn told(&self) -> String {
        match self {
            Self::Hmac(_) => self.kept(),
            Self::Ed25519(seed) => format!("whpk_{}", BASE64.encode(pair(seed).public_key().as_ref())),
        }
    }

    fn sign(&self, content: &[u8]) -> String {
        match self {
            Self::Hmac(bytes) => {
                let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, bytes), content);
                format!("{},{}", Scheme::Hmac, BASE64.encode(tag))
            }
            Self::Ed25519(seed) => format!("{},{}", Scheme::Ed25519, BASE64.encode(pair(seed).sign(content))),
        }
    }

    /// Whether one signature, with its version, is this secret's. Only what both sides can sign comes in.
    fn has_signed(&self, content: &[u8], signature: &str) -> bool {
        match (self, signature.split_once(',')) {
            (Self::Hmac(bytes), Some(("v1", tag))) => BASE64
                .decode(tag)
                .is_ok_and(|tag| hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, bytes), content, &tag).is_ok()),
            _ => false,
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

fn pair(seed: &[u8; 32]) -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(seed).expect("every 32 bytes are a seed")
}

fn content(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat()
}

/// The `webhook-signature` of a message by each of some secrets.
pub fn sign<'a>(secrets: impl IntoIterator<Item = &'a Secret>, id: &str, timestamp: i64, body: &[u8]) -> String {
    let content = content(id, &timestamp.to_string(), body);
    secrets.into_iter().map(|secret| secret.sign(&content)).collect::<Vec<_>>().join(" ")
}

/// What came with a body.
#[derive(Debug, Clone, Copy)]
pub struct Headers<'a> {
    /// The `webhook-id`.
    pub id: &'a str,
    /// The `webhook-timestamp`.
    pub timestamp: &'a str,
    /// The `webhook-signature`.
    pub signature: &'a str,
}

/// Why a message does not count; for the log only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// An id that nothing can have.
    #[error("its id is none")]
    Id,
    /// No time.
    #[error("its time is none")]
    Timestamp,
    /// Signed too long ago, or in the future.
    #[error("it was signed too long ago, or will be")]
    Stale,
    /// None of the signatures is true.
    #[error("none of its signatures is true")]
    Signature,
}

/// Whether a message is signed by one of `secrets`, not longer than `tolerance` ago; says when it was.
pub fn verify(
    secrets: &[Secret],
    headers: Headers<'_>,
    body: &[u8],
    now: DateTime<Utc>,
    tolerance: TimeDelta,
) -> Result<DateTime<Utc>, NotSigned> {
    let Headers { id, timestamp, signature } = headers;
    // A full stop would let the end of an id pass for the beginning of a time.
    let sound = |byte: u8| byte.is_ascii_graphic() && byte != b'.';
    if id.is_empty() || id.len() > MAX_ID_BYTES || !id.bytes().all(sound) {
        return Err(NotSigned::Id);
    }
    let is_number =
        !timestamp.is_empty() && timestamp.len() <= 12 && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let at = timestamp.parse().ok().filter(|_| is_number).and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    let at = at.ok_or(NotSigned::Timestamp)?;
    if (now - at).abs() > tolerance {
        return Err(NotSigned::Stale);
    }
    let content = content(id, timestamp, body);
    let is_signed = signature
        .split(' ')
        .take(MAX_SIGNATURES)
        .any(|one| secrets.iter().any(|secret| secret.has_signed(&content, one)));
    if is_signed { Ok(at) } else { Err(NotSigned::Signature) }
}
