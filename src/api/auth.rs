//! Who is asking: bearer tokens, checked against the local key or the company's issuer.
//!
//! In goes an `Authorization` header; out comes a [`Principal`], or nothing at all: a caller without a sound token learns
//! only that. What holds: the source of a key fixes its algorithms (HS256 for the local key, RS256, PS256, ES256 or EdDSA
//! by the kind of an issuer's key) and its `iss`; `iss`, `aud`, `exp` and `sub` are asked for, `nbf` is respected; a token
//! names a key by `kid` only, and a `kid` is compared, never followed. An issuer's keys are read again when they are old
//! and when a token names one that is not there, at most every [`RETRY_SECONDS`]; while the issuer is away the keys of
//! before count on.
//! Deliberately absent: sessions, refresh, and whether the person still holds the role, which the `app` asks the database
//! in the transaction of the request.

use crate::{
    domain::{
        Wrong,
        ids::RepId,
        principal::{Principal, Role},
    },
    settings,
};
use actix_web::http::header::HeaderValue;
use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode, get_current_timestamp,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse},
};
use rand::{TryRngCore, rngs::OsRng};
use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

/// The longest token that is looked at.
const MAX_TOKEN_BYTES: usize = 8 * 1024;
/// The shortest local key that is accepted.
const MIN_KEY_BYTES: usize = 32;
/// The shortest time between two questions to the issuer.
const RETRY_SECONDS: u64 = 30;
/// How long the issuer may take to answer.
const ISSUER_TIMEOUT_SECONDS: u64 = 5;
/// The largest set of keys that is read.
const MAX_JWKS_BYTES: usize = 1024 * 1024;

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
    #[error("local key {}: fewer than {MIN_KEY_BYTES} bytes", .0.display())]
    ShortKey(PathBuf),
    /// There is no local key to sign with.
    #[error("auth.local_key_file is empty, so there are no local tokens")]
    NoLocalKey,
    /// The issuer's keys cannot be read.
    #[error("issuer's keys at {at}: {what}")]
    Issuer {
        /// URL or file.
        at: String,
        /// Why.
        what: String,
    },
    /// Neither a local key nor an issuer is set.
    #[error("neither auth.local_key_file nor auth.jwks is set, so nobody could sign in")]
    Nobody,
    /// A token could not be signed.
    #[error("signing: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

/// What every token is asked for, whatever its key.
#[derive(Debug, Clone)]
struct Terms {
    audience: String,
    leeway_seconds: u64,
    role_claim: String,
}

impl Terms {
    fn of(settings: &settings::Auth) -> Self {
        Self {
            audience: settings.audience.clone(),
            leeway_seconds: settings.leeway_seconds,
            role_claim: settings.role_claim.clone(),
        }
    }

    /// The principal of a token signed with `key` by `issuer` in one of `algorithms`.
    fn check(
        &self,
        token: &str,
        key: &DecodingKey,
        algorithms: &[Algorithm],
        issuer: &str,
    ) -> Result<Principal, Rejected> {
        let mut validation = Validation::new(algorithms[0]);
        validation.algorithms = algorithms.to_vec();
        validation.leeway = self.leeway_seconds;
        validation.validate_nbf = true;
        validation.set_audience(&[&self.audience]);
        validation.set_issuer(&[issuer]);
        validation.set_required_spec_claims(&["aud", "exp", "iss", "sub"]);
        let claims = decode::<serde_json::Map<String, serde_json::Value>>(token, key, &validation)?.claims;
        let text = |name: &str| {
            claims.get(name).and_then(serde_json::Value::as_str).ok_or_else(|| Rejected::Claim(name.to_owned()))
        };
        // A list of issuers would pass where only one of them is ours.
        text("iss")?;
        Ok(Principal { id: text("sub")?.parse::<RepId>()?, role: text(&self.role_claim)?.parse::<Role>()? })
    }
}

/// Why a token does not count; for the log only.
#[derive(Debug, thiserror::Error)]
enum Rejected {
    #[error("no bearer token")]
    NoToken,
    #[error("longer than {MAX_TOKEN_BYTES} bytes")]
    TooLong,
    #[error("header with crit or an embedded key")]
    Header,
    #[error("no key for it")]
    NoKey,
    #[error("claim {0} is missing or not text")]
    Claim(String),
    #[error(transparent)]
    Wrong(#[from] Wrong),
    #[error(transparent)]
    Token(#[from] jsonwebtoken::errors::Error),
}

/// The door: knows every key that counts.
pub struct Gate {
    terms: Terms,
    local: Option<LocalKey>,
    issuer: Option<Issuer>,
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
        let issuer = match settings.jwks.as_str() {
            "" => None,
            _ => Some(Issuer::open(settings).await?),
        };
        if local.is_none() && issuer.is_none() {
            return Err(AuthError::Nobody);
        }
        Ok(Self { terms: Terms::of(settings), local, issuer })
    }

    /// The principal of an `Authorization` header, or nothing. Why nothing is in the log.
    pub async fn who(&self, authorization: Option<&HeaderValue>) -> Option<Principal> {
        match self.principal(authorization).await {
            Ok(principal) => Some(principal),
            Err(Rejected::NoToken) => None,
            Err(rejected) => {
                tracing::info!(%rejected, "a token was refused");
                None
            }
        }
    }

    async fn principal(&self, authorization: Option<&HeaderValue>) -> Result<Principal, Rejected> {
        let token = bearer(authorization).ok_or(Rejected::NoToken)?;
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Rejected::TooLong);
        }
        let header = decode_header(token)?;
        if header.crit.is_some() || header.jwk.is_some() || header.jku.is_some() || header.x5u.is_some() {
            return Err(Rejected::Header);
        }
        if header.alg == Algorithm::HS256 {
            let local = self.local.as_ref().ok_or(Rejected::NoKey)?;
            return self.terms.check(token, &local.decoding, &[Algorithm::HS256], &local.issuer);
        }
        let issuer = self.issuer.as_ref().ok_or(Rejected::NoKey)?;
        let key = issuer.key(header.kid.as_deref()).await.ok_or(Rejected::NoKey)?;
        self.terms.check(token, &key.decoding, &key.algorithms, &issuer.name)
    }
}

fn bearer(authorization: Option<&HeaderValue>) -> Option<&str> {
    let (scheme, token) = authorization?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The key that signs and checks local tokens.
pub struct LocalKey {
    issuer: String,
    terms: Terms,
    encoding: EncodingKey,
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
        let key = match fs::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_key(path).map_err(wrong)?;
                fs::read(path).map_err(wrong)?
            }
            read => read.map_err(wrong)?,
        };
        let key = key.trim_ascii();
        if key.len() < MIN_KEY_BYTES {
            return Err(AuthError::ShortKey(path.to_owned()));
        }
        Ok(Self {
            issuer: settings.issuer.clone(),
            terms: Terms::of(settings),
            encoding: EncodingKey::from_secret(key),
            decoding: DecodingKey::from_secret(key),
        })
    }

    /// A token for `who` that counts for `hours` from now.
    pub fn issue(&self, who: &Principal, hours: u32) -> Result<String, AuthError> {
        let now = get_current_timestamp();
        let mut claims = serde_json::json!({
            "iss": self.issuer,
            "aud": self.terms.audience,
            "sub": who.id,
            "iat": now,
            "exp": now + u64::from(hours) * 3600,
        });
        claims[&self.terms.role_claim] = who.role.as_str().into();
        Ok(encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)?)
    }
}

/// Makes a key file, whole or not at all; one that another process made first is left as it is.
fn make_key(path: &Path) -> io::Result<()> {
    let mut bytes = [0_u8; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut unique = path.as_os_str().to_owned();
    unique.push(format!(".{}", uuid::Uuid::new_v4()));
    let draft = PathBuf::from(unique);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let linked = writeln!(file, "{text}").and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        settled => settled,
    }
}

/// One key of the issuer, with what it may be used for.
struct IssuerKey {
    id: Option<String>,
    decoding: DecodingKey,
    algorithms: Vec<Algorithm>,
}

impl IssuerKey {
    /// A key that may sign tokens here; nothing for one of another kind or use.
    fn of(jwk: &Jwk) -> Option<Self> {
        if !matches!(jwk.common.public_key_use, None | Some(PublicKeyUse::Signature)) {
            return None;
        }
        let fitting: &[Algorithm] = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => &[Algorithm::RS256, Algorithm::PS256],
            AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => &[Algorithm::ES256],
            AlgorithmParameters::OctetKeyPair(key) if key.curve == EllipticCurve::Ed25519 => &[Algorithm::EdDSA],
            _ => return None,
        };
        let named =
            |algorithm: &Algorithm| jwk.common.key_algorithm.is_none_or(|only| only == KeyAlgorithm::from(*algorithm));
        let algorithms: Vec<Algorithm> = fitting.iter().copied().filter(named).collect();
        if algorithms.is_empty() {
            return None;
        }
        Some(Self { id: jwk.common.key_id.clone(), decoding: DecodingKey::from_jwk(jwk).ok()?, algorithms })
    }
}

/// Where the issuer's keys are.
enum Source {
    File(PathBuf),
    Url(reqwest::Client, String),
}

impl Source {
    async fn read(&self) -> Result<Vec<IssuerKey>, String> {
        let bytes = match self {
            Self::File(path) => fs::read(path).map_err(|error| error.to_string())?,
            Self::Url(client, url) => fetch(client, url).await?,
        };
        let set: JwkSet = serde_json::from_slice(&bytes).map_err(|error| error.to_string())?;
        let keys: Vec<IssuerKey> = set.keys.iter().filter_map(IssuerKey::of).collect();
        if keys.is_empty() {
            return Err("no key in it can sign tokens (RS256, PS256, ES256, EdDSA)".to_owned());
        }
        Ok(keys)
    }

    fn at(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Url(_, url) => url.clone(),
        }
    }
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
        if bytes.len() > MAX_JWKS_BYTES {
            return Err(format!("more than {MAX_JWKS_BYTES} bytes"));
        }
    }
    Ok(bytes)
}

/// The company's issuer and its keys as they were read last.
struct Issuer {
    name: String,
    source: Source,
    refresh: Duration,
    keys: RwLock<Kept>,
    /// Held by the one who asks the issuer; the moment of the last question.
    asking: tokio::sync::Mutex<Instant>,
}

/// Keys and their age.
struct Kept {
    keys: Vec<Arc<IssuerKey>>,
    read_at: Instant,
}

impl Issuer {
    async fn open(settings: &settings::Auth) -> Result<Self, AuthError> {
        let at = settings.jwks.clone();
        let wrong = |what: String| AuthError::Issuer { at: at.clone(), what };
        if settings.jwks_issuer.is_empty() {
            return Err(wrong("auth.jwks_issuer, the iss of its tokens, is not set".to_owned()));
        }
        let source = if at.starts_with("https://") || is_loopback(&at) {
            let client = reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(Duration::from_secs(ISSUER_TIMEOUT_SECONDS))
                .build()
                .map_err(|error| wrong(error.to_string()))?;
            Source::Url(client, at.clone())
        } else if at.contains("://") {
            return Err(wrong("expected an https URL or a file".to_owned()));
        } else {
            Source::File(PathBuf::from(&at))
        };
        let now = Instant::now();
        let keys = match (source.read().await, &source) {
            (Ok(keys), _) => keys,
            (Err(what), Source::File(_)) => return Err(wrong(what)),
            (Err(what), Source::Url(..)) => {
                tracing::warn!(at, what, "the issuer's keys could not be read; they will be asked for again");
                Vec::new()
            }
        };
        Ok(Self {
            name: settings.jwks_issuer.clone(),
            source,
            refresh: Duration::from_secs(settings.jwks_refresh_seconds),
            keys: RwLock::new(Kept { keys: keys.into_iter().map(Arc::new).collect(), read_at: now }),
            asking: tokio::sync::Mutex::new(now),
        })
    }

    /// The key a token names; where it names none, the only one there is.
    async fn key(&self, id: Option<&str>) -> Option<Arc<IssuerKey>> {
        let (found, is_old) = self.look(id);
        if found.is_none() || is_old {
            self.ask(found.is_none()).await;
            return self.look(id).0;
        }
        found
    }

    fn look(&self, id: Option<&str>) -> (Option<Arc<IssuerKey>>, bool) {
        let kept = self.keys.read().expect("nobody panics while holding the keys");
        let found = match id {
            Some(id) => kept.keys.iter().find(|key| key.id.as_deref() == Some(id)),
            None => kept.keys.first().filter(|_| kept.keys.len() == 1),
        };
        (found.cloned(), kept.read_at.elapsed() >= self.refresh)
    }

    /// Reads the keys again, unless that was tried a moment ago. Who needs a missing key waits for another's question;
    /// who only has an old one goes on with it.
    async fn ask(&self, is_needed: bool) {
        let mut asked_at = match self.asking.try_lock() {
            Ok(free) => free,
            Err(_) if is_needed => self.asking.lock().await,
            Err(_) => return,
        };
        if asked_at.elapsed() < Duration::from_secs(RETRY_SECONDS).min(self.refresh) {
            return;
        }
        *asked_at = Instant::now();
        match self.source.read().await {
            Ok(keys) => {
                let keys = keys.into_iter().map(Arc::new).collect();
                *self.keys.write().expect("nobody panics while holding the keys") =
                    Kept { keys, read_at: Instant::now() };
            }
            Err(what) => {
                tracing::warn!(
                    at = self.source.at(),
                    what,
                    "the issuer's keys could not be read; the old ones count on"
                );
            }
        }
    }
}

/// Whether a URL without TLS stays on this machine.
fn is_loopback(url: &str) -> bool {
    let host = url.strip_prefix("http://").and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or("");
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    ["127.0.0.1", "[::1]", "localhost"].contains(&name)
}

#[cfg(test)]
mod tests;
