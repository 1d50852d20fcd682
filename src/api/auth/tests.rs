//! What counts as a token and what does not.

use super::*;
use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Settings with a key file in a directory of their own.
fn settings(directory: &tempfile::TempDir) -> settings::Auth {
    let mut auth = settings::Settings::built_in().auth;
    auth.local_key_file = directory.path().join("local.key").display().to_string();
    auth
}

fn rep() -> Principal {
    Principal { id: "anna".parse().unwrap(), role: Role::Rep }
}

/// Claims that count, changed by `change`.
fn claims(change: Value) -> Value {
    let mut claims = json!({
        "iss": "account-swap", "aud": "account-swap", "sub": "anna", "role": "rep",
        "exp": get_current_timestamp() + 600,
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn header(token: &str) -> HeaderValue {
    HeaderValue::from_str(&format!("Bearer {token}")).unwrap()
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

fn issued(seed: u8, id: &str, claims: &Value) -> HeaderValue {
    let mut head = Header::new(Algorithm::EdDSA);
    head.kid = Some(id.to_owned());
    header(&encode(&head, claims, &ed25519(seed)).unwrap())
}

#[actix_web::test]
async fn a_local_token_names_its_principal() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let token = LocalKey::open(&settings).unwrap().issue(&rep(), 1).unwrap();
    let gate = Gate::open(&settings).await.unwrap();
    assert_eq!(gate.who(Some(&header(&token))).await, Some(rep()));
    assert_eq!(gate.who(None).await, None);
    assert_eq!(gate.who(Some(&HeaderValue::from_static("Basic YTpi"))).await, None);
    assert_eq!(gate.who(Some(&header("x.y.z"))).await, None);
    assert_eq!(gate.who(Some(&header(&format!("{token}{}", " ".repeat(MAX_TOKEN_BYTES))))).await, Some(rep()));
    assert_eq!(gate.who(Some(&header(&"a".repeat(MAX_TOKEN_BYTES + 1)))).await, None);
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
async fn claims_that_are_missing_wrong_or_of_another_type_do_not_count() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let gate = Gate::open(&settings).await.unwrap();
    let key = LocalKey::open(&settings).unwrap().encoding;
    let now = get_current_timestamp();
    let sign = |claims: &Value| header(&encode(&Header::new(Algorithm::HS256), claims, &key).unwrap());
    for change in [json!({}), json!({"aud": ["other", "account-swap"]}), json!({"nbf": now}), json!({"exp": now - 5})] {
        assert_eq!(gate.who(Some(&sign(&claims(change.clone())))).await, Some(rep()), "{change}");
    }
    for change in [
        json!({"exp": null}),
        json!({"sub": null}),
        json!({"aud": null}),
        json!({"iss": null}),
        json!({"role": null}),
        json!({"exp": now - 60}),
        json!({"exp": (now + 600).to_string()}),
        json!({"exp": -1}),
        json!({"exp": true}),
        json!({"nbf": now + 60}),
        json!({"nbf": "now"}),
        json!({"aud": "other"}),
        json!({"aud": []}),
        json!({"iss": "other"}),
        json!({"iss": ["account-swap", "other"]}),
        json!({"sub": 7}),
        json!({"sub": ""}),
        json!({"role": "root"}),
        json!({"role": ["rep", "admin"]}),
    ] {
        assert_eq!(gate.who(Some(&sign(&claims(change.clone())))).await, None, "{change}");
    }
}

#[actix_web::test]
async fn a_token_of_another_key_or_algorithm_does_not_count() {
    let directory = tempfile::tempdir().unwrap();
    let settings = settings(&directory);
    let gate = Gate::open(&settings).await.unwrap();
    let sound = LocalKey::open(&settings).unwrap();
    let other = EncodingKey::from_secret(&[7; 32]);
    let refused = [
        encode(&Header::new(Algorithm::HS256), &claims(json!({})), &other).unwrap(),
        encode(&Header::new(Algorithm::HS512), &claims(json!({})), &sound.encoding).unwrap(),
        encode(&Header::new(Algorithm::EdDSA), &claims(json!({})), &ed25519(1)).unwrap(),
        // {"alg":"none"} with the payload of a sound token and no signature.
        format!("eyJhbGciOiJub25lIn0.{}.", sound.issue(&rep(), 1).unwrap().split('.').nth(1).unwrap()),
    ];
    for token in refused {
        assert_eq!(gate.who(Some(&header(&token))).await, None, "{token}");
    }
    let mut critical = Header::new(Algorithm::HS256);
    critical.crit = Some(vec!["exp".to_owned()]);
    let token = encode(&critical, &claims(json!({})), &sound.encoding).unwrap();
    assert_eq!(gate.who(Some(&header(&token))).await, None);
}

#[actix_web::test]
async fn an_issuers_key_counts_for_its_issuer_its_kind_and_its_id_only() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("jwks.json");
    let secret = json!({"kty": "oct", "kid": "secret", "k": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"});
    let mut for_encryption = jwk(3, "encryption");
    for_encryption["use"] = "enc".into();
    let set = json!({"keys": [secret, for_encryption, jwk(1, "one"), jwk(2, "two")]});
    fs::write(&file, set.to_string()).unwrap();
    let mut settings = settings(&directory);
    settings.jwks = file.display().to_string();
    settings.jwks_issuer = "https://issuer.example".to_owned();
    let gate = Gate::open(&settings).await.unwrap();
    let theirs = claims(json!({"iss": "https://issuer.example"}));
    assert_eq!(gate.who(Some(&issued(1, "one", &theirs))).await, Some(rep()));
    assert_eq!(gate.who(Some(&issued(2, "two", &theirs))).await, Some(rep()));
    assert_eq!(gate.who(Some(&issued(1, "two", &theirs))).await, None, "another key's id");
    assert_eq!(gate.who(Some(&issued(3, "encryption", &theirs))).await, None, "a key for encryption");
    assert_eq!(gate.who(Some(&issued(1, "../one", &theirs))).await, None, "an id nobody has");
    assert_eq!(gate.who(Some(&issued(1, "one", &claims(json!({}))))).await, None, "the local issuer's name");
    let no_id = encode(&Header::new(Algorithm::EdDSA), &theirs, &ed25519(1)).unwrap();
    assert_eq!(gate.who(Some(&header(&no_id))).await, None, "no id where there are two keys");
    let symmetric = encode(&Header::new(Algorithm::HS256), &theirs, &EncodingKey::from_secret(&[0; 32])).unwrap();
    assert_eq!(gate.who(Some(&header(&symmetric))).await, None, "a symmetric key from the set");
}

#[actix_web::test]
async fn an_issuer_that_is_away_keeps_its_keys_and_one_that_rotates_is_asked_again() {
    // What the issuer answers: nothing, its first key, its second key.
    let phase = web::Data::new(AtomicUsize::new(1));
    let shown = phase.clone();
    let server = HttpServer::new(move || {
        App::new().app_data(shown.clone()).route(
            "/jwks",
            web::get().to(|phase: web::Data<AtomicUsize>| async move {
                match phase.load(Ordering::SeqCst) {
                    0 => HttpResponse::BadGateway().finish(),
                    1 => HttpResponse::Ok().json(json!({"keys": [jwk(1, "one")]})),
                    _ => HttpResponse::Ok().json(json!({"keys": [jwk(2, "two")]})),
                }
            }),
        )
    })
    .workers(1)
    .bind("127.0.0.1:0")
    .unwrap();
    let mut settings = settings::Settings::built_in().auth;
    settings.local_key_file = String::new();
    settings.jwks = format!("http://{}/jwks", server.addrs()[0]);
    settings.jwks_issuer = "https://issuer.example".to_owned();
    // Every key is old at once, so that every token asks.
    settings.jwks_refresh_seconds = 0;
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(running);
    let theirs = claims(json!({"iss": "https://issuer.example"}));
    let (first, second) = (issued(1, "one", &theirs), issued(2, "two", &theirs));
    let gate = Gate::open(&settings).await.unwrap();
    assert_eq!(gate.who(Some(&first)).await, Some(rep()));
    phase.store(0, Ordering::SeqCst);
    assert_eq!(gate.who(Some(&first)).await, Some(rep()), "the issuer is away");
    phase.store(2, Ordering::SeqCst);
    assert_eq!(gate.who(Some(&second)).await, Some(rep()), "the issuer has rotated");
    assert_eq!(gate.who(Some(&first)).await, None, "the old key is gone");
    handle.stop(false).await;
}

#[actix_web::test]
async fn an_issuer_without_tls_or_without_a_name_is_refused() {
    let mut settings = settings::Settings::built_in().auth;
    settings.local_key_file = String::new();
    assert!(matches!(Gate::open(&settings).await, Err(AuthError::Nobody)));
    for at in ["http://issuer.example/jwks", "http://127.0.0.1.example/jwks", "ftp://x", "/no/such/file"] {
        settings.jwks = at.to_owned();
        settings.jwks_issuer = "x".to_owned();
        assert!(matches!(Gate::open(&settings).await, Err(AuthError::Issuer { .. })), "{at}");
    }
}
