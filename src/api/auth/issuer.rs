//! The company's issuer: its keys as they were read last, and when to read them again.
//!
//! In goes a key's id; out comes the key, if the issuer has it. What holds: the kind of a key fixes its algorithms (RS256,
//! PS256, ES256 or EdDSA); an id is compared, never followed; the issuer is asked at most every `jwks_retry_seconds`,
//! whatever tokens name, for at most [`MAX_ANSWER_BYTES`], along no redirect. Whoever has a key goes on with it while
//! somebody asks; while the issuer does not answer, or answers what is no set of keys, the keys of before count on for
//! `jwks_outage_seconds` and no longer. A set without a key takes it away at once.
//! Cost: a read lock a token. Deliberately absent: following an issuer elsewhere than where it says its keys are.

use super::AuthError;
use crate::settings;
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use std::{
    fs,
    path::PathBuf,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

/// The largest answer that is read.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;

/// One key of the issuer, with what it may be used for.
pub(super) struct IssuerKey {
    id: Option<String>,
    pub(super) decoding: DecodingKey,
    pub(super) algorithms: Vec<Algorithm>,
}

impl IssuerKey {
    /// A key that may sign tokens here; nothing for one of another kind or use.
    fn of(jwk: &Jwk) -> Option<Self> {
        let common = &jwk.common;
        let is_for_signing = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature))
            && common.key_operations.as_ref().is_none_or(|may| may.contains(&KeyOperations::Verify));
        if !is_for_signing {
            return None;
        }
        let fitting: &[Algorithm] = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[Algorithm::ES256],
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
            _ => return None,
        };
        let named =
            |algorithm: &Algorithm| common.key_algorithm.is_none_or(|only| only == KeyAlgorithm::from(*algorithm));
        let algorithms: Vec<Algorithm> = fitting.iter().copied().filter(named).collect();
        if algorithms.is_empty() {
            return None;
        }
        Some(Self { id: common.key_id.clone(), decoding: DecodingKey::from_jwk(jwk).ok()?, algorithms })
    }
}

/// A set of keys; one of a kind that is not known here is passed over (RFC 7517, section 5).
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// What an issuer says of itself (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// Where the issuer's keys are.
enum Source {
    File(PathBuf),
    Url(reqwest::Client, String),
    /// Where the issuer of this name says.
    Discovered(reqwest::Client, String),
}

impl Source {
    fn of(settings: &settings::Auth) -> Result<Self, String> {
        let client = || {
            reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(Duration::from_millis(settings.jwks_timeout_milliseconds))
                .build()
                .map_err(|error| error.to_string())
        };
        match (settings.jwks.as_str(), settings.jwks_issuer.as_str()) {
            ("", issuer) if is_safe(issuer) => Ok(Self::Discovered(client()?, issuer.to_owned())),
            ("", _) => Err("expected an https URL in auth.jwks_issuer, or its keys in auth.jwks".to_owned()),
            (url, _) if is_safe(url) => Ok(Self::Url(client()?, url.to_owned())),
            (url, _) if url.contains("://") => Err("expected an https URL or a file".to_owned()),
            (file, _) => Ok(Self::File(PathBuf::from(file))),
        }
    }

    async fn read(&self) -> Result<Vec<Arc<IssuerKey>>, String> {
        let bytes = match self {
            Self::File(path) => fs::read(path).map_err(|error| error.to_string())?,
            Self::Url(client, url) => fetch(client, url).await?,
            Self::Discovered(client, issuer) => fetch(client, &discover(client, issuer).await?).await?,
        };
        let set: KeySet = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let jwks = set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok());
        let keys: Vec<Arc<IssuerKey>> = jwks.filter_map(|jwk| IssuerKey::of(&jwk)).map(Arc::new).collect();
        if keys.is_empty() {
            return Err("no key in it can sign tokens (RS256, PS256, ES256, EdDSA)".to_owned());
        }
        Ok(keys)
    }

    fn at(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Url(_, at) | Self::Discovered(_, at) => at.clone(),
        }
    }
}

/// Asks an issuer where its keys are.
async fn discover(client: &reqwest::Client, issuer: &str) -> Result<String, String> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let found: Discovery = serde_json::from_slice(&fetch(client, &url).await?).map_err(|error| error.to_string())?;
    if found.issuer != issuer {
        return Err(format!("{url} is of the issuer {:?}", found.issuer));
    }
    // An issuer elsewhere has no business with what listens on this machine.
    if found.jwks_uri.starts_with("https://") || (is_loopback(issuer) && is_loopback(&found.jwks_uri)) {
        return Ok(found.jwks_uri);
    }
    Err(format!("{url} names keys at {:?}, expected an https URL", found.jwks_uri))
}

async fn fetch(client: &reqwest::Client, url: &str) -> Result<Vec<u8>, String> {
    let say = |error: reqwest::Error| error.without_url().to_string();
    let mut answer = client.get(url).send().await.and_then(reqwest::Response::error_for_status).map_err(say)?;
    if !answer.status().is_success() {
        return Err(format!("answered {}", answer.status()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(say)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_ANSWER_BYTES {
            return Err(format!("more than {MAX_ANSWER_BYTES} bytes"));
        }
    }
    Ok(bytes)
}

/// How old keys are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    /// They count.
    Fresh,
    /// They count on while somebody asks for new ones.
    Old,
    /// They count no more.
    Gone,
}

/// For how long keys count.
#[derive(Debug, Clone, Copy)]
struct Lifetimes {
    refresh: Duration,
    retry: Duration,
    outage: Duration,
}

impl Lifetimes {
    fn of(self, read_for: Duration) -> Age {
        if read_for < self.refresh {
            Age::Fresh
        } else if read_for < self.outage {
            Age::Old
        } else {
            Age::Gone
        }
    }
}

/// Keys, and when they were read.
struct Kept {
    keys: Vec<Arc<IssuerKey>>,
    read_at: Instant,
}

/// The company's issuer and its keys as they were read last.
pub(super) struct Issuer {
    pub(super) name: String,
    source: Source,
    lifetimes: Lifetimes,
    keys: RwLock<Kept>,
    /// Held by the one who asks the issuer; the moment of the last question.
    asking: tokio::sync::Mutex<Instant>,
}

impl Issuer {
    /// Reads the issuer's keys for the first time; one that does not answer is asked again with the next token.
    pub(super) async fn open(settings: &settings::Auth) -> Result<Arc<Self>, AuthError> {
        let at = if settings.jwks.is_empty() { &settings.jwks_issuer } else { &settings.jwks };
        let wrong = |what: String| AuthError::Issuer { at: at.clone(), what };
        let source = Source::of(settings).map_err(wrong)?;
        let now = Instant::now();
        let keys = match (source.read().await, &source) {
            (Ok(keys), _) => keys,
            (Err(what), Source::File(_)) => return Err(wrong(what)),
            (Err(what), _) => {
                tracing::warn!(at, what, "the issuer's keys could not be read; they will be asked for again");
                Vec::new()
            }
        };
        Ok(Arc::new(Self {
            name: settings.jwks_issuer.clone(),
            source,
            lifetimes: Lifetimes {
                refresh: Duration::from_secs(settings.jwks_refresh_seconds),
                retry: Duration::from_secs(settings.jwks_retry_seconds),
                outage: Duration::from_secs(settings.jwks_outage_seconds),
            },
            keys: RwLock::new(Kept { keys, read_at: now }),
            asking: tokio::sync::Mutex::new(now),
        }))
    }

    /// The key a token names, for an algorithm; where it names none, the only one there is for it.
    pub(super) async fn key(self: &Arc<Self>, id: Option<&str>, algorithm: Algorithm) -> Option<Arc<IssuerKey>> {
        match self.look(id, algorithm) {
            (Some(key), Age::Fresh) => Some(key),
            (Some(key), Age::Old) => {
                if self.is_due() {
                    let issuer = Arc::clone(self);
                    actix_web::rt::spawn(async move { issuer.ask().await });
                }
                Some(key)
            }
            (None, _) | (_, Age::Gone) => {
                self.ask().await;
                let (found, age) = self.look(id, algorithm);
                found.filter(|_| age != Age::Gone)
            }
        }
    }

    fn look(&self, id: Option<&str>, algorithm: Algorithm) -> (Option<Arc<IssuerKey>>, Age) {
        let kept = self.keys.read().expect("nobody panics while holding the keys");
        let mut fitting = kept
            .keys
            .iter()
            .filter(|key| key.algorithms.contains(&algorithm) && id.is_none_or(|id| key.id.as_deref() == Some(id)));
        // Two that both fit are as good as none: which of them was meant is not for us to guess.
        let found = fitting.next().filter(|_| fitting.next().is_none());
        (found.cloned(), self.lifetimes.of(kept.read_at.elapsed()))
    }

    /// Whether nobody asks at the moment and the last question was long enough ago.
    fn is_due(&self) -> bool {
        self.asking.try_lock().is_ok_and(|asked_at| asked_at.elapsed() >= self.lifetimes.retry)
    }

    /// Reads the keys again, unless that was tried a moment ago; waits for whoever is asking.
    async fn ask(&self) {
        let mut asked_at = self.asking.lock().await;
        if asked_at.elapsed() < self.lifetimes.retry {
            return;
        }
        let read = self.source.read().await;
        *asked_at = Instant::now();
        match read {
            Ok(keys) => {
                *self.keys.write().expect("nobody panics while holding the keys") = Kept { keys, read_at: *asked_at };
            }
            Err(what) => {
                let outage_seconds = self.lifetimes.outage.as_secs();
                let at = self.source.at();
                tracing::warn!(at, what, outage_seconds, "the issuer's keys could not be read; the old ones count on");
            }
        }
    }
}

/// Whether keys from there cannot be changed on their way.
fn is_safe(url: &str) -> bool {
    url.starts_with("https://") || is_loopback(url)
}

/// Whether a URL without TLS stays on this machine.
fn is_loopback(url: &str) -> bool {
    let host = url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    ["127.0.0.1", "[::1]", "localhost"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_fresh_then_old_then_gone() {
        let seconds = Duration::from_secs;
        let lifetimes = Lifetimes { refresh: seconds(300), retry: seconds(10), outage: seconds(3600) };
        let ages = [0, 299, 300, 3599, 3600].map(|age| lifetimes.of(seconds(age)));
        assert_eq!(ages, [Age::Fresh, Age::Fresh, Age::Old, Age::Old, Age::Gone]);
    }

    #[test]
    fn only_this_machine_is_asked_without_tls() {
        for safe in ["https://issuer.example", "http://127.0.0.1:7/x", "http://[::1]/", "http://localhost"] {
            assert!(is_safe(safe), "{safe}");
        }
        for unsafe_one in ["http://issuer.example", "http://127.0.0.1.example/", "http://localhost@example/", "ftp://x"]
        {
            assert!(!is_safe(unsafe_one), "{unsafe_one}");
        }
    }
}
