//! The specification's own example, both sides of a rotation, and every message that is none.

use account_swap::{
    delivery::{Headers, NotSigned, Secret, sign, verify},
    domain::webhook::Scheme,
};
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, TimeDelta, Utc};

/// The example of the reference libraries.
const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const BODY: &[u8] = br#"{"email":"test@example.com","username":"test_user"}"#;
const AT: i64 = 1_649_367_553;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(AT, 0).unwrap()
}

#[test]
fn a_signature_is_the_one_of_the_reference_libraries() {
    let secret = Secret::read(SECRET).unwrap();
    assert_eq!(secret.kept(), SECRET);
    let signed = sign([&secret], "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", AT, BODY);
    assert_eq!(signed, "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
}

#[test]
fn a_key_pair_signs_what_its_public_half_checks() {
    let secret = Secret::make(Scheme::Ed25519);
    assert_eq!(Secret::read(&secret.kept()), Some(secret.clone()));
    let signed = sign([&secret], "m", AT, BODY);
    let signature = BASE64.decode(signed.strip_prefix("v1a,").unwrap()).unwrap();
    let public = BASE64.decode(secret.told().strip_prefix("whpk_").unwrap()).unwrap();
    let content = [b"m.1649367553.", BODY].concat();
    UnparsedPublicKey::new(&ED25519, public).verify(&content, &signature).unwrap();
    assert!(!secret.told().contains(&secret.kept()[5..40]), "the private half stays here");
}

#[test]
fn while_secrets_are_rotated_either_counts() {
    let (old, new) = (Secret::make(Scheme::Hmac), Secret::make(Scheme::Hmac));
    let both = sign([&new, &old], "m", AT, BODY);
    assert_eq!(both.split(' ').count(), 2);
    for known in [&old, &new] {
        let headers = Headers { id: "m", timestamp: "1649367553", signature: &both };
        assert_eq!(verify(std::slice::from_ref(known), headers, BODY, now(), TimeDelta::seconds(300)), Ok(now()));
    }
    let one = sign([&old], "m", AT, BODY);
    let headers = Headers { id: "m", timestamp: "1649367553", signature: &one };
    assert!(verify(&[new.clone(), old], headers, BODY, now(), TimeDelta::seconds(300)).is_ok());
    assert!(verify(&[new], headers, BODY, now(), TimeDelta::seconds(300)).is_err());
}

#[test]
fn whatever_is_not_signed_here_and_now_is_refused() {
    let secret = Secret::make(Scheme::Hmac);
    let check = |id: &str, timestamp: &str, signature: &str, body: &[u8], seconds_later: i64| {
        let headers = Headers { id, timestamp, signature };
        let now = now() + TimeDelta::seconds(seconds_later);
        verify(std::slice::from_ref(&secret), headers, body, now, TimeDelta::seconds(300)).map(|_| ())
    };
    let at = AT.to_string();
    let signed = sign([&secret], "m", AT, BODY);
    assert_eq!(check("m", &at, &signed, BODY, 0), Ok(()));
    assert_eq!([check("m", &at, &signed, BODY, 300), check("m", &at, &signed, BODY, -300)], [Ok(()); 2]);
    for later in [301, -301, 86_400 * 365, -86_400 * 365] {
        assert_eq!(check("m", &at, &signed, BODY, later), Err(NotSigned::Stale), "{later}");
    }
    for timestamp in
        ["", "x", "-1", "+1649367553", "1649367553.0", " 1649367553", "0x1", "99999999999999999999", "１６"]
    {
        assert!(check("m", timestamp, &signed, BODY, 0).is_err(), "{timestamp}");
    }
    for id in ["", "m.1", "m\n", "m ", "é", &"m".repeat(129)] {
        let signed = sign([&secret], id, AT, BODY);
        assert_eq!(check(id, &at, &signed, BODY, 0), Err(NotSigned::Id), "{id:?}");
    }
    let tag = signed.strip_prefix("v1,").unwrap();
    let versions =
        [format!("v2,{tag}"), format!("v1a,{tag}"), tag.to_owned(), format!("v1 {tag}"), format!("V1,{tag}")];
    let mangled = [
        String::new(),
        "v1,".to_owned(),
        "v1,!".to_owned(),
        signed[..signed.len() - 4].to_owned(),
        format!("{signed}AAAA"),
        signed.replace("v1,", "v1,A"),
        "v1, ".repeat(9) + &signed,
    ];
    for signature in versions.iter().chain(&mangled) {
        assert_eq!(check("m", &at, signature, BODY, 0), Err(NotSigned::Signature), "{signature}");
    }
    assert_eq!(check("n", &at, &signed, BODY, 0), Err(NotSigned::Signature));
    assert_eq!(check("m", &(AT + 1).to_string(), &signed, BODY, 0), Err(NotSigned::Signature));
    assert_eq!(check("m", &at, &signed, b"{}", 0), Err(NotSigned::Signature));
    assert_eq!(check("m", &format!("0{at}"), &signed, BODY, 0), Err(NotSigned::Signature));
    // The same bytes with the border between time and body elsewhere.
    let other = sign([&secret], "m", 1, &[b"649367553.", BODY].concat());
    assert!(check("m", "1", &other, BODY, 0).is_err());
    let stranger = Secret::make(Scheme::Hmac);
    assert_eq!(check("m", &at, &sign([&stranger], "m", AT, BODY), BODY, 0), Err(NotSigned::Signature));
    let pair = Secret::make(Scheme::Ed25519);
    let headers = Headers { id: "m", timestamp: &at, signature: &sign([&pair], "m", AT, BODY) };
    assert!(verify(&[pair], headers, BODY, now(), TimeDelta::seconds(300)).is_err(), "nobody else has our key");
}

#[test]
fn a_secret_is_made_anew_each_time_and_shown_to_no_log() {
    let (one, other) = (Secret::make(Scheme::Hmac), Secret::make(Scheme::Hmac));
    assert_ne!(one, other);
    assert_eq!(format!("{one:?}"), "Secret");
    for text in ["", "whsec_", "whsec_!", "whsk_AAAA", "whpk_AAAA", "C2FVsBQIhrscChlQIMV+b5sSYspob7oD"] {
        assert_eq!(Secret::read(text), None, "{text}");
    }
}
