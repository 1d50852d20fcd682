//! What cannot be shown over HTTP: keys in files, and how an issuer is asked. What counts as a token stands in
//! `tests/api/tokens.rs`.

use super::{local::MIN_KEY_BYTES, *};
use crate::domain::principal::Role;
use actix_web::{
    App, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::header::HeaderValue,
    web::{self, Bytes, Data},
};
use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp, jwk::Jwk};
use serde_json::{Value, json};
use std::{
    fs,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Settings with a key file in a directory of their own.
fn settings(directory: &tempfile::TempDir) -> settings::Auth {
    let mut auth = settings::Settings::built_in().auth;
    auth.local_key_file = directory.path().join("local.key").display().to_string();
    auth
}

fn rep() -> Principal {
    Principal { id: "anna".parse().unwrap(), role: Role::Rep }
}

fn claims() -> Value {
    json!({
        "iss": "https://issuer.example", "aud": "account-swap", "sub": "anna", "role": "rep",
        "exp": get_current_timestamp() + 600,
    })
}

/// An Ed25519 key made from one byte, in the form PKCS 8 gives it.
fn ed25519(seed: u8) -> EncodingKey {
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([seed; 32]);
    EncodingKey::from_ed_der(&der)
}

fn jwk(seed: u8, id: &str) -> Value {
    let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&ed25519(seed), Algorithm::EdDSA).unwrap()).unwrap();
    jwk["kid"] = id.into();
    jwk
}

fn token(seed: u8, id: Option<&str>, claims: &Value) -> String {
    let mut head = Header::new(Algorithm::EdDSA);
    head.kid = id.map(str::to_owned);
    encode(&head, claims, &ed25519(seed)).unwrap()
}

async fn who(gate: &Gate, token: &str) -> Option<Principal> {
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
    gate.who(&headers).await.map(|signed_in| signed_in.who)
}

#[cfg(unix)]
#[test]
fn the_local_key_is_made_once_and_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    LocalKey::open(&settings).unwrap();
    let key = fs::read(&settings.local_key_file).unwrap();
    assert!(key.len() >= 2 * MIN_KEY_BYTES);
    assert_eq!(fs::metadata(&settings.local_key_file).unwrap().permissions().mode() & 0o777, 0o600);
    LocalKey::open(&settings).unwrap();
    assert_eq!(fs::read(&settings.local_key_file).unwrap(), key);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    fs::write(&settings.local_key_file, "short").unwrap();
    assert!(matches!(LocalKey::open(&settings), Err(AuthError::ShortKey(_))));
}

#[actix_web::test]
async fn a_local_token_says_for_whom_and_for_what_and_ends_in_time() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let key = LocalKey::open(&settings).unwrap();
    let gate = Gate::open(&settings).await.unwrap();
    let scopes: BTreeSet<Scope> = [Scope::CrmAck, Scope::BatchRun].into();
    let token = key.issue(&rep(), &scopes, 24).unwrap();
    let mut headers = HeaderMap::new();
    headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("bearer  {token}")).unwrap());
    assert_eq!(gate.who(&headers).await, Some(SignedIn { who: rep(), scopes: scopes.clone() }));
    assert!(matches!(key.issue(&rep(), &scopes, 25), Err(AuthError::TooLong { hours: 25, longest: 24 })));
}

#[actix_web::test]
async fn a_set_of_keys_in_a_file_counts_as_far_as_it_can_sign() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("jwks.json");
    let secret = json!({"kty": "oct", "kid": "secret", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"});
    let (mut for_encryption, mut for_signing_only) = (jwk(3, "encryption"), jwk(4, "operations"));
    for_encryption["use"] = "enc".into();
    for_signing_only["key_ops"] = json!(["sign"]);
    let unheard_of = json!({"kty": "AKP", "kid": "one", "alg": "ML-DSA-44", "pub": "AA"});
    let odd = [json!({"kty": 7}), json!("no key")];
    let known = [unheard_of, secret, for_encryption, for_signing_only, jwk(1, "one"), jwk(2, "two"), jwk(5, "two")];
    let all: Vec<Value> = odd.into_iter().chain(known).collect();
    fs::write(&file, json!({ "keys": all }).to_string()).unwrap();
    let mut settings = settings(&directory);
    settings.jwks = file.display().to_string();
    settings.jwks_issuer = "https://issuer.example".to_owned();
    let gate = Gate::open(&settings).await.unwrap();
    assert_eq!(who(&gate, &token(1, Some("one"), &claims())).await, Some(rep()));
    for (seed, id, why) in [
        (2, Some("two"), "an id that two keys have"),
        (2, Some("one"), "another key's id"),
        (3, Some("encryption"), "a key for encryption"),
        (4, Some("operations"), "a key that verifies nothing"),
        (1, None, "no id where there are several keys"),
    ] {
        assert_eq!(who(&gate, &token(seed, id, &claims())).await, None, "{why}");
    }
}

#[actix_web::test]
async fn an_issuer_without_tls_or_without_keys_is_refused() {
    let mut settings = settings::Settings::built_in().auth;
    settings.local_key_file = String::new();
    assert!(matches!(Gate::open(&settings).await, Err(AuthError::Nobody)));
    settings.jwks_issuer = "http://issuer.example".to_owned();
    for at in ["", "http://issuer.example/jwks", "http://127.0.0.1.example/jwks", "ftp://x", "/no/such/file"] {
        settings.jwks = at.to_owned();
        assert!(matches!(Gate::open(&settings).await, Err(AuthError::Issuer { .. })), "{at}");
    }
}

/// What the fake issuer does when asked.
const AWAY: usize = 0;
const FIRST: usize = 1;
const BOTH: usize = 2;
const SECOND: usize = 3;
const RUBBISH: usize = 4;
const NO_KEYS: usize = 5;
const SILENT: usize = 6;
const ENDLESS: usize = 7;
const ELSEWHERE: usize = 8;
const IMPOSTOR: usize = 9;
const INSIDE: usize = 10;

/// A company's issuer on this machine, with its keys, which does what it is told.
struct FakeIssuer {
    name: String,
    does: Data<AtomicUsize>,
    asked: Data<Asked>,
    handle: ServerHandle,
}

/// How often it was asked for its keys.
#[derive(Default)]
struct Asked(AtomicUsize);

impl FakeIssuer {
    fn start() -> Self {
        let (does, asked) = (Data::new(AtomicUsize::new(FIRST)), Data::new(Asked::default()));
        let name = Data::new(std::sync::OnceLock::<String>::new());
        let shared = (does.clone(), asked.clone(), name.clone());
        let server = HttpServer::new(move || {
            App::new()
                .app_data(shared.0.clone())
                .app_data(shared.1.clone())
                .app_data(shared.2.clone())
                .route("/.well-known/openid-configuration", web::get().to(Self::discovery))
                .route("/jwks", web::get().to(Self::jwks))
        })
        .workers(1)
        .shutdown_timeout(0)
        .bind("127.0.0.1:0")
        .unwrap();
        let own = format!("http://{}", server.addrs()[0]);
        name.set(own.clone()).unwrap();
        let running = server.run();
        let handle = running.handle();
        actix_web::rt::spawn(running);
        Self { name: own, does, asked, handle }
    }

    async fn discovery(does: Data<AtomicUsize>, name: Data<std::sync::OnceLock<String>>) -> HttpResponse {
        let name = name.get().unwrap();
        let of = |issuer: &str, keys: &str| HttpResponse::Ok().json(json!({"issuer": issuer, "jwks_uri": keys}));
        match does.load(Ordering::SeqCst) {
            ELSEWHERE => HttpResponse::Found().insert_header(("location", "/jwks")).finish(),
            IMPOSTOR => of("https://another.example", &format!("{name}/jwks")),
            INSIDE => of(name, "http://10.0.0.1/jwks"),
            _ => of(name, &format!("{name}/jwks")),
        }
    }

    async fn jwks(does: Data<AtomicUsize>, asked: Data<Asked>) -> HttpResponse {
        asked.0.fetch_add(1, Ordering::SeqCst);
        let keys = |keys: Vec<Value>| HttpResponse::Ok().json(json!({ "keys": keys }));
        match does.load(Ordering::SeqCst) {
            FIRST => keys(vec![jwk(1, "one")]),
            BOTH => keys(vec![jwk(1, "one"), jwk(2, "two")]),
            SECOND => keys(vec![jwk(2, "two")]),
            RUBBISH => HttpResponse::Ok().body("<html>Sign in to the guest network</html>"),
            NO_KEYS => keys(Vec::new()),
            SILENT => std::future::pending().await,
            ENDLESS => {
                let megabyte = Bytes::from(vec![b' '; 1 << 20]);
                HttpResponse::Ok().streaming(futures_util::stream::iter(
                    std::iter::repeat_n(megabyte, 1024).map(Ok::<_, actix_web::Error>),
                ))
            }
            _ => HttpResponse::BadGateway().finish(),
        }
    }

    fn now(&self, does: usize) {
        self.does.store(does, Ordering::SeqCst);
    }

    /// Settings with this issuer alone; keys are old at once, and every question is asked.
    fn settings(&self) -> settings::Auth {
        let mut settings = settings::Settings::built_in().auth;
        settings.local_key_file = String::new();
        settings.jwks_issuer.clone_from(&self.name);
        settings.jwks_refresh_seconds = 0;
        settings.jwks_retry_seconds = 0;
        settings.jwks_timeout_milliseconds = 200;
        settings
    }

    fn token(&self, seed: u8, id: &str) -> String {
        let mut claims = claims();
        claims["iss"] = self.name.clone().into();
        token(seed, Some(id), &claims)
    }
}

impl Drop for FakeIssuer {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

#[actix_web::test]
async fn an_issuer_that_rotates_is_followed_and_one_that_is_away_slow_or_mad_keeps_its_keys() {
    let issuer = FakeIssuer::start();
    let gate = Gate::open(&issuer.settings()).await.unwrap();
    let (first, second) = (issuer.token(1, "one"), issuer.token(2, "two"));
    assert_eq!(who(&gate, &first).await, Some(rep()), "found by discovery");
    for outage in [AWAY, RUBBISH, NO_KEYS, SILENT, ENDLESS, ELSEWHERE, IMPOSTOR, INSIDE] {
        issuer.now(outage);
        assert_eq!(who(&gate, &second).await, None, "{outage}: no key of before");
        assert_eq!(who(&gate, &first).await, Some(rep()), "{outage}: a key of before");
    }
    issuer.now(BOTH);
    assert_eq!(who(&gate, &second).await, Some(rep()), "a new key");
    assert_eq!(who(&gate, &first).await, Some(rep()), "and the old one");
    issuer.now(SECOND);
    assert_eq!(who(&gate, &issuer.token(3, "three")).await, None, "a key nobody has, for which the issuer is asked");
    assert_eq!(who(&gate, &first).await, None, "the old key is gone");
    assert_eq!(who(&gate, &second).await, Some(rep()));
}

#[actix_web::test]
async fn keys_of_before_count_no_longer_than_an_outage_may_last() {
    let issuer = FakeIssuer::start();
    let mut settings = issuer.settings();
    settings.jwks_outage_seconds = 0;
    let gate = Gate::open(&settings).await.unwrap();
    issuer.now(AWAY);
    assert_eq!(who(&gate, &issuer.token(1, "one")).await, None, "no outage is borne");
}

#[actix_web::test]
async fn an_issuer_that_was_away_at_the_start_is_asked_again() {
    let issuer = FakeIssuer::start();
    issuer.now(AWAY);
    let gate = Gate::open(&issuer.settings()).await.unwrap();
    assert_eq!(who(&gate, &issuer.token(1, "one")).await, None);
    issuer.now(FIRST);
    assert_eq!(who(&gate, &issuer.token(1, "one")).await, Some(rep()));
}

#[actix_web::test]
async fn tokens_with_made_up_keys_do_not_make_us_ask_the_issuer_again_and_again() {
    let issuer = FakeIssuer::start();
    let mut settings = issuer.settings();
    settings.jwks_refresh_seconds = 3600;
    settings.jwks_retry_seconds = 3600;
    let gate = Gate::open(&settings).await.unwrap();
    for made_up in 0..100 {
        assert_eq!(who(&gate, &issuer.token(9, &format!("key {made_up}"))).await, None);
    }
    assert_eq!(issuer.asked.0.load(Ordering::SeqCst), 1, "at the start");
    assert_eq!(who(&gate, &issuer.token(1, "one")).await, Some(rep()));
}
