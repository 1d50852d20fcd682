//! A message from another system: its headers, its signature and what it says; and secrets as text.
//!
//! In go bytes: the first says how the rest is meant. Holds: a message counts only where one of the first signatures is, to the
//! byte, that of a secret for this very id, time and body; one that is signed and then changed anywhere does not count; a
//! secret that is read is kept as one that is read alike.
//! Deliberately absent: whether a message came before, which the store knows.

use account_swap::{
    app::callbacks::Callback,
    delivery::{Headers, NotSigned, Secret, sign, verify},
};
use chrono::{DateTime, TimeDelta, Utc};

/// When all of this happens, in seconds since 1970.
pub const NOW: i64 = 1_800_000_000;

const TOLERANCE_SECONDS: i64 = 300;

/// The endpoint's secrets: that of now and that before.
pub fn secrets() -> [Secret; 2] {
    [Secret::Hmac(b"the secret of now, 32 bytes long".to_vec()), Secret::Hmac(b"the one before".to_vec())]
}

/// Reads a message or a secret.
pub fn follow(bytes: &[u8]) {
    let Some((&how, rest)) = bytes.split_first() else { return };
    match how % 5 {
        0 => as_it_came(rest),
        1 => signed_and_changed(rest),
        2 => said(rest),
        3 => secret(rest),
        _ => signed_by_a_pair(rest),
    }
}

fn count(id: &str, timestamp: &str, signature: &str, body: &[u8]) -> Result<DateTime<Utc>, NotSigned> {
    let now = DateTime::from_timestamp(NOW, 0).expect("a time");
    let headers = Headers { id, timestamp, signature };
    verify(&secrets(), headers, body, now, TimeDelta::seconds(TOLERANCE_SECONDS))
}

/// The first lines of some bytes as text, and what follows them.
fn lines<const N: usize>(bytes: &[u8]) -> Option<([&str; N], &[u8])> {
    let mut rest = bytes;
    let mut found = [""; N];
    for line in &mut found {
        let end = rest.iter().position(|byte| *byte == b'\n')?;
        *line = std::str::from_utf8(&rest[..end]).ok()?;
        rest = &rest[end + 1..];
    }
    Some((found, rest))
}

/// Three lines of headers and a body.
fn as_it_came(rest: &[u8]) {
    let Some(([id, timestamp, signature], body)) = lines(rest) else { return };
    let Ok(at) = count(id, timestamp, signature, body) else { return };
    assert!((at.timestamp() - NOW).abs() <= TOLERANCE_SECONDS && timestamp.parse() == Ok(at.timestamp()));
    assert!(!id.is_empty() && id.len() <= 128 && !id.contains('.'));
    // The number may be written with zeros before it, and is signed as it is written; `sign` writes none.
    let plain = at.timestamp().to_string();
    let is_true = |one: &str| secrets().iter().any(|secret| sign([secret], id, at.timestamp(), body) == one);
    assert!(plain != timestamp || signature.split(' ').take(8).any(is_true), "a forged signature counts");
}

/// A message that is signed, and what is changed of it afterwards: two lines of headers, then changes and a body.
fn signed_and_changed(rest: &[u8]) {
    let Some(([id, seconds], rest)) = lines(rest) else { return };
    let Some((&[place, at, with], body)) = rest.split_first_chunk::<3>() else { return };
    let seconds = NOW.saturating_add(seconds.parse::<i32>().unwrap_or_default().into());
    let [now, before] = secrets();
    let both = sign([&before, &now], id, seconds, body);
    let timestamp = seconds.to_string();
    let is_sound = !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.');
    let is_fresh = (seconds - NOW).abs() <= TOLERANCE_SECONDS;
    assert_eq!(count(id, &timestamp, &both, body).is_ok(), is_sound && is_fresh);
    assert_eq!(count(id, &timestamp, &sign([&now], id, seconds, body), body).is_ok(), is_sound && is_fresh);
    let stranger = Secret::Hmac(b"a stranger's".to_vec());
    assert!(count(id, &timestamp, &sign([&stranger], id, seconds, body), body).is_err());
    let one = sign([&now], id, seconds, body);
    let mut parts = [id.as_bytes().to_vec(), timestamp.into_bytes(), one.into_bytes(), body.to_vec()];
    let part = &mut parts[usize::from(place % 4)];
    if part.is_empty() || with == 0 {
        return;
    }
    let at = usize::from(at) % part.len();
    part[at] ^= with;
    let [id, timestamp, signature, body] = parts;
    let (Ok(id), Ok(timestamp)) = (String::from_utf8(id), String::from_utf8(timestamp)) else { return };
    let Ok(signature) = String::from_utf8(signature) else { return };
    assert!(count(&id, &timestamp, &signature, &body).is_err(), "it was changed after it was signed");
}

/// The body of a message.
fn said(body: &[u8]) {
    let Ok(said) = serde_json::from_slice::<Callback>(body) else { return };
    assert!(said.data.legs.len() <= body.len());
    for word in &said.data.legs {
        assert!((1..=64).contains(&word.account.as_str().len()) && (1..=64).contains(&word.owner.as_str().len()));
    }
    let written = serde_json::to_string(&said).expect("it is JSON");
    let again: Callback = serde_json::from_str(&written).expect("it is read as it was written");
    assert_eq!(serde_json::to_string(&again).expect("it is JSON"), written);
}

/// A secret as text.
fn secret(text: &[u8]) {
    let Ok(text) = std::str::from_utf8(text) else { return };
    let Some(secret) = Secret::read(text) else { return };
    let kept = secret.kept();
    assert_eq!(Secret::read(&kept).as_ref(), Some(&secret));
    match &secret {
        Secret::Hmac(bytes) => assert!(!bytes.is_empty() && kept == text && secret.told() == text),
        // Only the private half is read of a pair; the public one follows from it.
        Secret::Ed25519(_) => assert!(secret.told().starts_with("whpk_")),
    }
    assert_eq!(format!("{secret:?}"), "Secret");
}

/// A signature by a pair of keys, which only we make: it never counts for what comes in.
fn signed_by_a_pair(body: &[u8]) {
    let pair = Secret::Ed25519([7; 32]);
    let signature = sign([&pair], "m", NOW, body);
    assert!(count("m", &NOW.to_string(), &signature, body).is_err());
}
