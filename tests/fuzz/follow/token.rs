//! A token, as a stranger may show it: anything in the header, a true token that was changed, and one that is truly signed and
//! says anything.
//!
//! In go bytes: the first says how the rest is meant. Holds: only what a key of ours has signed is let in; whoever is let in is
//! whom the claims name, in the role they name, for this audience, of the issuer whose key it is, and in time; a true token
//! that differs in one sign is refused.
//! Deliberately absent: an issuer who is asked over the network; its keys stand in a file.

use account_swap::{
    api::auth::{Gate, SignedIn},
    settings::{self, Settings},
};
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use aws_lc_rs::{
    hmac,
    signature::{Ed25519KeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    pin::pin,
    task::{Context, Poll, Waker},
};

/// The local key's file.
const LOCAL_KEY: &str = "a local key of this test, and long enough";
const ISSUER: &str = "https://issuer.example";
/// An end that lies ahead for longer than anybody will run this.
const END: u64 = 9_999_999_999;

/// The door, and the keys that open it.
pub struct Door {
    gate: Gate,
    auth: settings::Auth,
    pair: Ed25519KeyPair,
    /// One token of each key.
    sound: [String; 2],
}

impl Door {
    /// Writes the keys into a folder and hangs the door.
    pub fn hang(folder: &Path) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("every 32 bytes are a seed");
        let x = BASE64.encode(pair.public_key().as_ref());
        let keys =
            json!({"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "one", "alg": "EdDSA", "use": "sig", "x": x}]});
        let (local, issuers) = (folder.join("local.key"), folder.join("jwks.json"));
        fs::write(&local, LOCAL_KEY).expect("the folder can be written to");
        fs::write(&issuers, keys.to_string()).expect("the folder can be written to");
        let auth = settings::Auth {
            local_key_file: local.display().to_string(),
            jwks: issuers.display().to_string(),
            jwks_issuer: ISSUER.to_owned(),
            // The file is read once, and a token counts however old the corpus is.
            jwks_refresh_seconds: u32::MAX.into(),
            jwks_retry_seconds: u32::MAX.into(),
            jwks_outage_seconds: u32::MAX.into(),
            longest_token_hours: u32::MAX,
            ..Settings::built_in().auth
        };
        let gate = at_once(Gate::open(&auth)).expect("there are keys");
        let mut door = Self { gate, auth, pair, sound: Default::default() };
        let claims =
            |issuer: &str| json!({"iss": issuer, "aud": "account-swap", "sub": "anna", "role": "rep", "exp": END});
        door.sound = [
            door.signed(br#"{"alg":"HS256"}"#, claims("account-swap").to_string().as_bytes(), true),
            door.signed(br#"{"alg":"EdDSA","kid":"one"}"#, claims(ISSUER).to_string().as_bytes(), false),
        ];
        for token in &door.sound {
            assert!(door.who(&[format!("Bearer {token}").as_bytes()]).is_some(), "a sound token counts");
        }
        door
    }

    /// Shows what the bytes say.
    pub fn follow(&self, bytes: &[u8]) {
        let Some((&how, rest)) = bytes.split_first() else { return };
        match how % 4 {
            0 => self.as_it_came(rest),
            1 => self.changed(how / 4, rest),
            2 => self.saying(rest, true),
            _ => self.saying(rest, false),
        }
    }

    fn who(&self, lines: &[&[u8]]) -> Option<SignedIn> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::AUTHORIZATION, HeaderValue::from_bytes(line).ok()?);
        }
        at_once(self.gate.who(&headers))
    }

    fn signed(&self, head: &[u8], claims: &[u8], locally: bool) -> String {
        let content = format!("{}.{}", BASE64.encode(head), BASE64.encode(claims));
        let signature = if locally {
            BASE64.encode(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, LOCAL_KEY.as_bytes()), content.as_bytes()))
        } else {
            BASE64.encode(self.pair.sign(content.as_bytes()))
        };
        format!("{content}.{signature}")
    }

    /// One or more `Authorization` headers, a line each.
    fn as_it_came(&self, rest: &[u8]) {
        let lines: Vec<&[u8]> = rest.split(|byte| *byte == b'\n').take(3).collect();
        if self.who(&lines).is_some() {
            let text = String::from_utf8_lossy(lines[0]);
            assert!(lines.len() == 1 && self.sound.iter().any(|sound| text.ends_with(sound)), "a forged token counts");
        }
    }

    /// A sound token with some of its signs replaced: pairs of a place and a sign.
    fn changed(&self, which: u8, rest: &[u8]) {
        let sound = &self.sound[usize::from(which % 2)];
        let mut token = sound.clone().into_bytes();
        for change in rest.chunks_exact(3).take(8) {
            let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % token.len();
            token[at] = change[2];
        }
        let line = [b"Bearer ", &token[..]].concat();
        assert_eq!(
            self.who(&[&line]).is_some(),
            token == sound.as_bytes(),
            "a changed token counts, or a sound one does not"
        );
    }

    /// A head in one line and claims behind it, signed as they stand.
    fn saying(&self, rest: &[u8], locally: bool) {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
        let (head, claims) = (&rest[..end], rest.get(end + 1..).unwrap_or_default());
        let token = self.signed(head, claims, locally);
        let Some(SignedIn { who, scopes }) = self.who(&[format!("Bearer {token}").as_bytes()]) else { return };
        let head: Value = serde_json::from_slice(head).expect("what counts is JSON");
        let claims: Value = serde_json::from_slice(claims).expect("what counts is JSON");
        let (algorithm, issuer) = if locally { ("HS256", self.auth.issuer.as_str()) } else { ("EdDSA", ISSUER) };
        assert_eq!(head["alg"], algorithm);
        assert!(head.get("kid").is_none_or(|id| id.is_null() || !locally && id == "one"), "{head}");
        for extension in ["crit", "jwk", "jku", "x5u", "x5c", "enc", "zip", "cty"] {
            assert!(head.get(extension).is_none_or(Value::is_null), "{head}");
        }
        assert_eq!(claims["iss"], issuer);
        let audience = &claims["aud"];
        let ours = Value::from(self.auth.audience.as_str());
        assert!(*audience == ours || audience.as_array().is_some_and(|all| all.contains(&ours)), "{claims}");
        assert_eq!(claims["sub"], who.id.as_str());
        assert_eq!(claims[&self.auth.role_claim], who.role.as_str());
        assert!(claims["exp"].as_f64().is_some_and(|end| end > 1_700_000_000.0), "{claims}");
        assert!(token.len() <= 8 * 1024 && scopes.len() <= 3);
    }
}

/// What a future that waits for nobody comes to.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("it waits for somebody"),
    }
}
