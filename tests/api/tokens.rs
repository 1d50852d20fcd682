//! What counts as a token and what does not, over real HTTP.
//!
//! In goes a table of tokens that look sound and are not, each beside a sound twin that differs in the one thing it is about;
//! out comes nothing where every twin gets in and nothing else does. Whoever is refused reads the same, whatever was wrong.

use crate::{
    common::databases::sqlite,
    fixture::World,
    served::{Ask, Served},
};
use actix_web::{App, HttpResponse, HttpServer, web};
use aws_lc_rs::{
    encoding::AsDer,
    rand::SystemRandom,
    rsa,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use jsonwebtoken::{Algorithm, EncodingKey, crypto, get_current_timestamp, jwk::Jwk};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

/// The secret of the local key.
const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const ME: &str = "/api/v1/me";

/// Base64 for URLs, without padding (RFC 4648, section 5).
fn encode(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().chain(&[0, 0]).take(3).fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for place in 0..=three.len() {
            text.push(char::from(LETTERS[bits >> (18 - 6 * place) & 63]));
        }
    }
    text
}

/// An Ed25519 key made from one byte, in the form PKCS 8 gives it.
fn ed25519(seed: u8) -> EncodingKey {
    let mut der = vec![0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    der.extend([seed; 32]);
    EncodingKey::from_ed_der(&der)
}

fn new_rsa() -> EncodingKey {
    let pair = rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap();
    // PKCS 1 is what PKCS 8 wraps for RSA, after 26 bytes.
    EncodingKey::from_rsa_der(&pair.as_der().unwrap().as_ref()[26..])
}

/// Who signs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signer {
    Local,
    Ed,
    Ec,
    Rsa,
    /// By PS256 with the RSA key.
    Pss,
}

/// Every key there is, and the names they sign under.
struct Kit {
    ed: EncodingKey,
    ec: EncodingKey,
    ec_public: Vec<u8>,
    rsa: EncodingKey,
    stranger: EncodingKey,
    issuer: String,
}

impl Kit {
    fn new() -> Self {
        let (random, signing) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
        let ec = EcdsaKeyPair::generate_pkcs8(signing, &random).unwrap();
        let ec_public = EcdsaKeyPair::from_pkcs8(signing, ec.as_ref()).unwrap().public_key().as_ref().to_vec();
        Self {
            ed: ed25519(1),
            ec: EncodingKey::from_ec_der(ec.as_ref()),
            ec_public,
            rsa: new_rsa(),
            stranger: new_rsa(),
            issuer: String::new(),
        }
    }

    fn jwks(&self) -> Value {
        let jwk = |key: &EncodingKey, algorithm: Algorithm, id: &str| {
            let mut jwk = serde_json::to_value(Jwk::from_encoding_key(key, algorithm).unwrap()).unwrap();
            jwk["kid"] = id.into();
            jwk.as_object_mut().unwrap().remove("alg");
            jwk
        };
        json!({"keys": [
            jwk(&self.ed, Algorithm::EdDSA, "ed"),
            jwk(&self.ec, Algorithm::ES256, "ec"),
            jwk(&self.rsa, Algorithm::RS256, "rsa"),
        ]})
    }

    fn head(&self, by: Signer) -> Value {
        match by {
            Signer::Local => json!({"alg": "HS256", "typ": "JWT"}),
            Signer::Ed => json!({"alg": "EdDSA", "typ": "JWT", "kid": "ed"}),
            Signer::Ec => json!({"alg": "ES256", "typ": "at+jwt", "kid": "ec"}),
            Signer::Rsa => json!({"alg": "RS256", "typ": "JWT", "kid": "rsa"}),
            Signer::Pss => json!({"alg": "PS256", "typ": "application/at+JWT", "kid": "rsa"}),
        }
    }

    fn claims(&self, by: Signer) -> Value {
        let now = get_current_timestamp();
        let issuer = if by == Signer::Local { "account-swap" } else { self.issuer.as_str() };
        json!({"iss": issuer, "aud": "account-swap", "sub": "anna", "role": "rep", "iat": now, "exp": now + 600})
    }

    fn signature(&self, by: Signer, message: &str) -> String {
        let (key, algorithm) = match by {
            Signer::Local => (&EncodingKey::from_secret(SECRET), Algorithm::HS256),
            Signer::Ed => (&self.ed, Algorithm::EdDSA),
            Signer::Ec => (&self.ec, Algorithm::ES256),
            Signer::Rsa => (&self.rsa, Algorithm::RS256),
            Signer::Pss => (&self.rsa, Algorithm::PS256),
        };
        crypto::sign(message.as_bytes(), key, algorithm).unwrap()
    }

    /// A token of these very texts.
    fn raw(&self, by: Signer, head: &str, claims: &[u8]) -> String {
        let message = format!("{}.{}", encode(head.as_bytes()), encode(claims));
        let signature = self.signature(by, &message);
        format!("{message}.{signature}")
    }

    /// A token with some members of head and claims changed, or taken out where they are changed to null.
    fn with(&self, by: Signer, head: &Value, claims: &Value) -> String {
        let change = |mut all: Value, changes: &Value| {
            for (name, value) in changes.as_object().unwrap() {
                all[name] = value.clone();
            }
            all.as_object_mut().unwrap().retain(|_, value| !value.is_null());
            all
        };
        let (head, claims) = (change(self.head(by), head), change(self.claims(by), claims));
        self.raw(by, &head.to_string(), claims.to_string().as_bytes())
    }

    fn sound(&self, by: Signer) -> String {
        self.with(by, &json!({}), &json!({}))
    }

    /// A token with a key, an algorithm and a head that do not belong together.
    fn forged(&self, head: &Value, by: Signer, key: &EncodingKey, algorithm: Algorithm) -> String {
        let message =
            format!("{}.{}", encode(head.to_string().as_bytes()), encode(self.claims(by).to_string().as_bytes()));
        let signature = crypto::sign(message.as_bytes(), key, algorithm).unwrap();
        format!("{message}.{signature}")
    }
}

/// How a token is sent.
enum Sent {
    /// As it should be.
    Bearer(String),
    /// In these headers.
    Headers(Vec<(&'static str, String)>),
    /// In this query.
    Query(String),
}

impl Sent {
    fn ask(&self, served: &Served) -> Ask {
        match self {
            Self::Bearer(token) => served.ask_with(Method::GET, ME, token),
            Self::Headers(headers) => {
                let ask = served.ask(Method::GET, ME, None);
                headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value))
            }
            Self::Query(query) => served.ask(Method::GET, &format!("{ME}?{query}"), None),
        }
    }
}

/// One line of the table: what is wrong, what is sent, and what differs from it in that alone.
struct Case {
    wrong: String,
    twin: Sent,
    sent: Sent,
}

/// Claims that are not as they must be, whoever has signed them.
fn wrong_claims(now: u64) -> Vec<(&'static str, Value)> {
    vec![
        ("no exp", json!({"exp": null})),
        ("an exp that has passed", json!({"exp": now - 60})),
        ("an exp in text", json!({"exp": (now + 600).to_string()})),
        ("an exp before time began", json!({"exp": -1})),
        ("an exp that is true", json!({"exp": true})),
        ("an exp in a list", json!({"exp": [now + 600]})),
        ("an exp in a far future", json!({"exp": now + 25 * 3600})),
        ("an exp beyond all time", json!({"exp": 1e300})),
        ("an nbf to come", json!({"nbf": now + 120})),
        ("an nbf in text", json!({"nbf": "now"})),
        ("an iat to come", json!({"iat": now + 120})),
        ("an iat in text", json!({"iat": now.to_string()})),
        ("no iss", json!({"iss": null})),
        ("another iss", json!({"iss": "https://issuer.example"})),
        ("an iss that is nearly ours", json!({"iss": "account-swap/"})),
        ("a list of iss", json!({"iss": ["account-swap", "https://issuer.example"]})),
        ("no aud", json!({"aud": null})),
        ("another aud", json!({"aud": "other"})),
        ("an aud that begins as ours", json!({"aud": "account-swap-admin"})),
        ("an empty list of aud", json!({"aud": []})),
        ("an aud in an object", json!({"aud": {"account-swap": true}})),
        ("no sub", json!({"sub": null})),
        ("an empty sub", json!({"sub": ""})),
        ("a sub that is a number", json!({"sub": 7})),
        ("a sub with a control character", json!({"sub": "anna\n"})),
        ("a sub of 65 bytes", json!({"sub": "a".repeat(65)})),
        ("no role", json!({"role": null})),
        ("a role nobody has", json!({"role": "root"})),
        ("a role in capitals", json!({"role": "REP"})),
        ("a list of roles", json!({"role": ["rep", "admin"]})),
        ("a scope that is a number", json!({"scope": 1})),
        ("an ID token by its at_hash", json!({"at_hash": "x"})),
        ("an ID token by its c_hash", json!({"c_hash": "x"})),
        ("an ID token by its token_use", json!({"token_use": "id"})),
        ("a refresh token by its typ", json!({"typ": "Refresh"})),
        ("a logout token by its events", json!({"events": {}})),
        ("a token bound to a key of its holder", json!({"cnf": {"jkt": "x"}})),
    ]
}

/// Heads that say more or something else than they may.
fn wrong_heads(evil: &str) -> Vec<(&'static str, Value)> {
    vec![
        ("a typ of an ID token", json!({"typ": "id_token+jwt"})),
        ("a typ of a logout token", json!({"typ": "logout+jwt"})),
        ("a typ of a proof", json!({"typ": "dpop+jwt"})),
        ("a typ that is a number", json!({"typ": 1})),
        ("crit", json!({"crit": ["exp"]})),
        ("an empty crit", json!({"crit": []})),
        ("b64 by crit", json!({"crit": ["b64"], "b64": false})),
        ("b64 by itself", json!({"b64": false})),
        ("jku", json!({"jku": evil})),
        ("x5u", json!({"x5u": evil})),
        ("x5c", json!({"x5c": ["MIIB"]})),
        ("a token in a token", json!({"cty": "JWT"})),
        ("compression", json!({"zip": "DEF"})),
        ("encryption", json!({"enc": "A128GCM"})),
        ("no alg", json!({"alg": null})),
        ("an alg in a list", json!({"alg": ["EdDSA"]})),
        ("a kid nobody has", json!({"kid": "nobody"})),
        ("a kid that is a path", json!({"kid": "../../../../dev/null"})),
        ("a kid that is a query", json!({"kid": "x' UNION SELECT 'key' --"})),
        ("a kid that is a command", json!({"kid": "|cat /etc/passwd"})),
        ("a kid that is a URL", json!({"kid": evil})),
        ("a kid that is a number", json!({"kid": 1})),
        ("an empty kid", json!({"kid": ""})),
        ("another key's kid", json!({"kid": "ec"})),
    ]
}

fn cases(kit: &Kit, evil: &str) -> Vec<Case> {
    let bearer = |wrong: &str, twin: String, sent: String| Case {
        wrong: wrong.to_owned(),
        twin: Sent::Bearer(twin),
        sent: Sent::Bearer(sent),
    };
    let (now, none) = (get_current_timestamp(), json!({}));
    let mut cases = Vec::new();
    for by in [Signer::Local, Signer::Ed] {
        for (wrong, claims) in wrong_claims(now) {
            cases.push(bearer(wrong, kit.sound(by), kit.with(by, &none, &claims)));
        }
        for (wrong, head) in wrong_heads(evil) {
            cases.push(bearer(wrong, kit.sound(by), kit.with(by, &head, &none)));
        }
    }
    // The other's name, under a sound signature.
    for (by, name) in [(Signer::Local, kit.issuer.as_str()), (Signer::Ed, "account-swap")] {
        cases.push(bearer("the other issuer's name", kit.sound(by), kit.with(by, &none, &json!({"iss": name}))));
    }
    let sound = kit.sound(Signer::Ed);
    let (message, signature) = sound.rsplit_once('.').unwrap();
    let (head, payload) = message.split_once('.').unwrap();
    let mut add = |wrong: &str, sent: String| cases.push(bearer(wrong, sound.clone(), sent));

    // No signature, and signatures by other keys and algorithms.
    for none in ["none", "None", "NONE", "nOnE", "", "HS256 ", "hs256", "EdDSA\u{0}"] {
        let head = encode(json!({"alg": none, "typ": "JWT"}).to_string().as_bytes());
        add(&format!("alg {none:?} without a signature"), format!("{head}.{payload}."));
        add(&format!("alg {none:?} with one"), format!("{head}.{payload}.{signature}"));
    }
    let jwks = kit.jwks();
    let public = |index: usize, name: &str| jwks["keys"][index][name].as_str().unwrap().to_owned();
    let as_secret = [
        ("its x", public(0, "x").into_bytes()),
        ("the RSA modulus", public(2, "n").into_bytes()),
        ("the JWK", jwks["keys"][2].to_string().into_bytes()),
        ("the curve's point", kit.ec_public.clone()),
        ("the set of keys", jwks.to_string().into_bytes()),
        ("nothing", Vec::new()),
    ];
    for (what, secret) in as_secret {
        for id in [json!(null), json!("rsa")] {
            let head = json!({"alg": "HS256", "typ": "JWT", "kid": id});
            let key = EncodingKey::from_secret(&secret);
            add(&format!("HS256 with {what} of the public key"), kit.forged(&head, Signer::Ed, &key, Algorithm::HS256));
        }
    }
    for algorithm in [Algorithm::HS384, Algorithm::HS512] {
        let head = json!({"alg": format!("{algorithm:?}")});
        let key = EncodingKey::from_secret(SECRET);
        add("another HMAC with the local key", kit.forged(&head, Signer::Local, &key, algorithm));
    }
    let local = json!({"alg": "HS256"});
    add(
        "HS256 with another secret",
        kit.forged(&local, Signer::Local, &EncodingKey::from_secret(&[7; 32]), Algorithm::HS256),
    );
    let (ed, rsa) = (kit.head(Signer::Ed), kit.head(Signer::Rsa));
    add("another Ed25519 key", kit.forged(&ed, Signer::Ed, &ed25519(2), Algorithm::EdDSA));
    add("another RSA key", kit.forged(&rsa, Signer::Rsa, &kit.stranger, Algorithm::RS256));
    add("RS384, which no key of the issuer is for", {
        let head = json!({"alg": "RS384", "kid": "rsa"});
        kit.forged(&head, Signer::Rsa, &kit.rsa, Algorithm::RS384)
    });
    add("PS256 in a head of RS256", kit.forged(&rsa, Signer::Rsa, &kit.rsa, Algorithm::PS256));
    let embedded = serde_json::to_value(Jwk::from_encoding_key(&ed25519(2), Algorithm::EdDSA).unwrap()).unwrap();
    for id in [json!(null), json!("ed")] {
        let head = json!({"alg": "EdDSA", "jwk": embedded, "kid": id});
        add("a key of its own", kit.forged(&head, Signer::Ed, &ed25519(2), Algorithm::EdDSA));
    }
    let by_ec = kit.sound(Signer::Ec);
    let (ec_message, ec_signature) = by_ec.rsplit_once('.').unwrap();
    add("an ES256 signature of zeros", format!("{ec_message}.{}", encode(&[0; 64])));
    add("half an ES256 signature", format!("{ec_message}.{}", &ec_signature[..43]));
    add("an ES256 signature on another key's token", format!("{message}.{ec_signature}"));

    // Texts that are nearly a token.
    add("no signature", format!("{message}."));
    add("no dot before the signature", message.to_owned());
    add("a part too many", format!("{sound}.{signature}"));
    add("five parts, as if encrypted", format!("{head}.{payload}.{payload}.{payload}.{signature}"));
    add("one part", "x".to_owned());
    add("empty parts", "..".to_owned());
    add("padding", format!("{message}.{signature}=="));
    add("the other alphabet", format!("{message}.{}", format_args!("+{}", &signature[1..])));
    add("a blank inside", format!("{head}. {payload}.{signature}"));
    add("another's claims", {
        let other = kit.with(Signer::Ed, &none, &json!({"sub": "ben"}));
        format!("{head}.{}.{signature}", other.split('.').nth(1).unwrap())
    });
    add("a changed last letter", {
        let last = if signature.ends_with('A') { 'E' } else { 'A' };
        format!("{message}.{}{last}", &signature[..signature.len() - 1])
    });
    add("bits that no byte is made of", {
        // The last letter of 64 bytes says two bits of a byte and four of nothing.
        let last = signature.as_bytes()[signature.len() - 1];
        format!("{message}.{}{}", &signature[..signature.len() - 1], char::from(last + 1))
    });

    // JSON that two readers may read in two ways.
    let claims = kit.claims(Signer::Ed).to_string();
    let (ed, open) = (kit.head(Signer::Ed).to_string(), claims.trim_end_matches('}'));
    let raw = |head: &str, claims: &str| kit.raw(Signer::Ed, head, claims.as_bytes());
    add("a sub twice", raw(&ed, &format!("{open},\"sub\":\"ben\"}}")));
    add("the same sub twice", raw(&ed, &format!("{open},\"sub\":\"anna\"}}")));
    add("a sub twice, once in disguise", raw(&ed, &format!("{open},\"\\u0073ub\":\"ben\"}}")));
    add("a role twice", raw(&ed, &format!("{open},\"role\":\"admin\"}}")));
    add("an exp twice", raw(&ed, &format!("{open},\"exp\":{}}}", now + 60)));
    add("a name twice further down", raw(&ed, &format!("{open},\"more\":{{\"a\":1,\"a\":2}}}}")));
    add("an alg twice", raw(r#"{"alg":"EdDSA","alg":"none","kid":"ed"}"#, &claims));
    add("a kid twice", raw(r#"{"alg":"EdDSA","kid":"nobody","kid":"ed"}"#, &claims));
    add("claims in a list", raw(&ed, &format!("[{claims}]")));
    add("claims with something after them", raw(&ed, &format!("{claims} {{}}")));
    add("claims after a byte order mark", raw(&ed, &format!("\u{feff}{claims}")));
    add("claims with a comment", raw(&ed, &format!("/* */{claims}")));
    add("claims that are no UTF-8", {
        let mut bytes = claims.replace("anna", "ann?").into_bytes();
        let place = bytes.iter().position(|byte| *byte == b'?').unwrap();
        bytes[place] = 0xff;
        kit.raw(Signer::Ed, &ed, &bytes)
    });
    add("claims a thousand lists deep", raw(&ed, &format!("{open},\"x\":{}{}}}", "[".repeat(1000), "]".repeat(1000))));

    // Long ones. The twin is just short enough.
    let filled = |bytes: usize| kit.with(Signer::Ed, &none, &json!({"x": "x".repeat(bytes)}));
    cases.push(bearer("9,000 bytes", filled(5500), filled(6500)));

    // Sound tokens, sent otherwise than in one Authorization header.
    let ben = kit.with(Signer::Ed, &none, &json!({"sub": "ben"}));
    let bearer_of = |token: &str| ("authorization", format!("Bearer {token}"));
    let mut otherwise = |wrong: &str, sent: Sent| {
        cases.push(Case { wrong: wrong.to_owned(), twin: Sent::Headers(vec![bearer_of(&sound)]), sent });
    };
    otherwise("two Authorization headers", Sent::Headers(vec![bearer_of(&sound), bearer_of(&ben)]));
    otherwise("the same Authorization header twice", Sent::Headers(vec![bearer_of(&sound), bearer_of(&sound)]));
    otherwise(
        "a second one that is Basic",
        Sent::Headers(vec![bearer_of(&sound), ("authorization", "Basic eDp5".to_owned())]),
    );
    otherwise("two in one header", Sent::Headers(vec![("authorization", format!("Bearer {sound}, Bearer {sound}"))]));
    for scheme in ["", "Basic ", "Token ", "Bearer", "Bearer:", "Bearer\t", "JWT ", "DPoP ", "Bearer Bearer "] {
        otherwise(
            &format!("the scheme {scheme:?}"),
            Sent::Headers(vec![("authorization", format!("{scheme}{sound}"))]),
        );
    }
    otherwise("quotes", Sent::Headers(vec![("authorization", format!("Bearer \"{sound}\""))]));
    otherwise("a cookie", Sent::Headers(vec![("cookie", format!("access_token={sound}"))]));
    otherwise("another header", Sent::Headers(vec![("x-access-token", sound.clone())]));
    otherwise("a proxy's header", Sent::Headers(vec![("proxy-authorization", format!("Bearer {sound}"))]));
    otherwise("the query", Sent::Query(format!("access_token={sound}")));
    cases
}

#[actix_web::test]
async fn of_a_hundred_kinds_of_token_only_the_sound_twins_get_in() {
    let mut kit = Kit::new();
    let jwks = kit.jwks();
    let evil_was_asked = Arc::new(AtomicUsize::new(0));
    let asked = web::Data::from(Arc::clone(&evil_was_asked));
    let server = HttpServer::new(move || {
        let (jwks, evil) = (jwks.clone(), |asked: web::Data<AtomicUsize>| async move {
            asked.fetch_add(1, Ordering::SeqCst);
            HttpResponse::Ok().finish()
        });
        App::new()
            .app_data(asked.clone())
            .route("/jwks", web::get().to(move || std::future::ready(HttpResponse::Ok().json(&jwks))))
            .default_service(web::to(evil))
    });
    let server = server.workers(1).bind("127.0.0.1:0").unwrap();
    kit.issuer = format!("http://{}", server.addrs()[0]);
    let running = server.run();
    let handle = running.handle();
    actix_web::rt::spawn(running);

    let world = World::new(sqlite(), 1);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("local.key");
    fs::write(&file, SECRET).unwrap();
    let served = Served::start_with(&world, |settings| {
        settings.auth.local_key_file = file.display().to_string();
        settings.auth.jwks_issuer.clone_from(&kit.issuer);
        settings.auth.jwks = format!("{}/jwks", kit.issuer);
    })
    .await;

    let cases = cases(&kit, &format!("{}/evil", kit.issuer));
    assert!(cases.len() > 100, "{} cases", cases.len());
    let anonymous = served.ask(Method::GET, ME, None).send().await.with(401);
    let said = |read: &crate::served::Read| {
        let mut body = read.json();
        body["instance"] = Value::Null;
        (body, read.header("www-authenticate").to_owned())
    };
    for Case { wrong, twin, sent } in &cases {
        let passed = twin.ask(&served).send().await;
        assert_eq!(passed.status, 200, "the twin of: {wrong}: {passed:?}");
        let refused = sent.ask(&served).send().await;
        assert_eq!(refused.status, 401, "{wrong}: {refused:?}");
        assert_eq!(said(&refused), said(&anonymous), "{wrong}: whoever is refused learns nothing");
    }
    assert_eq!(evil_was_asked.load(Ordering::SeqCst), 0, "nobody followed what a token names");

    // What is not claimed to be wrong is right.
    let none = json!({});
    let now = get_current_timestamp();
    for by in [Signer::Local, Signer::Ed, Signer::Ec, Signer::Rsa, Signer::Pss] {
        for claims in [
            json!({}),
            json!({"aud": ["other", "account-swap"]}),
            json!({"nbf": now}),
            json!({"iat": null}),
            json!({"exp": now - 5}),
            json!({"exp": now + 24 * 3600}),
            json!({"exp": now as f64 + 600.5}),
            json!({"scope": "openid profile"}),
            json!({"typ": "Bearer", "token_use": "access", "nonce": "n", "azp": "portal"}),
        ] {
            let token = kit.with(by, &none, &claims);
            served.ask_with(Method::GET, ME, &token).send().await.with(200);
        }
        let without_kind = kit.with(by, &json!({"typ": null}), &none);
        served.ask_with(Method::GET, ME, &without_kind).send().await.with(200);
    }

    // A megabyte is refused before it has all arrived; and the next caller is served.
    let huge = served.ask_with(Method::GET, ME, &"a".repeat(1 << 20)).try_send().await;
    assert!(huge.ok().is_none_or(|answer| [400, 401, 431].contains(&answer.status)));
    served.ask_with(Method::GET, ME, &kit.sound(Signer::Ed)).send().await.with(200);
    drop(handle.stop(false));
}
