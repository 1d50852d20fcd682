//! Endpoints over HTTP and on the command line: made, rotated, ended, and their secrets told once.

use crate::{
    common::databases::databases,
    fakes::{admin, world},
    fixture::{manager, rep, service},
    served::Served,
};
use serde_json::json;
use std::process::Command;

#[actix_web::test]
async fn a_secret_is_told_once_also_to_who_asks_again_under_the_same_key() {
    for database in databases() {
        let (world, _) = world(database, 1);
        let served = Served::start(&world).await;
        let new = json!({"url": "https://hooks.example.com/a", "description": "the portal", "all": true});
        let create = || served.post("/api/v1/webhooks", &admin()).key("once").json(&new).send();
        let made = create().await.with(201);
        let path = made.header("location").to_owned();
        let first = made.json();
        let secret = first["secrets"]["secret"].as_str().unwrap().to_owned();
        assert!(secret.starts_with("whsec_") && secret.len() > 40, "{}", world.name);
        let again = create().await.with(201);
        assert_eq!(again.header("idempotency-replayed"), "true");
        assert_eq!(again.json()["secrets"], json!(null), "{}", world.name);
        assert_eq!(again.json()["webhook"], first["webhook"]);
        for path in [path.clone(), "/api/v1/webhooks".to_owned(), format!("{path}/deliveries")] {
            let shown = served.get(&path, &admin()).send().await.with(200);
            assert!(!shown.text.contains("whsec_") && !shown.text.contains("whsk_"), "{}", shown.text);
            for nosy in [rep("anna"), manager("mona"), service()] {
                served.get(&path, &nosy).send().await.with(403);
            }
        }
        let tag = served.get(&path, &admin()).send().await.header("etag").to_owned();
        let rotate = |tag: &str| served.post(&format!("{path}/rotate"), &admin()).key("turn").if_match(tag).send();
        let turned = rotate(&tag).await.with(200).json();
        assert_ne!(turned["secrets"]["secret"], json!(secret));
        assert_eq!(rotate(&tag).await.with(200).json()["secrets"], json!(null), "{}", world.name);
        let stale = served.post(&format!("{path}/rotate"), &admin()).key("other").if_match(&tag).send().await;
        assert_eq!(stale.with(412).code(), "stale", "{}", world.name);
        let tag = served.get(&path, &admin()).send().await.header("etag").to_owned();
        let ask = served.post(&format!("{path}/rotate"), &admin()).key("leak").if_match(&tag);
        let forgotten = ask.json(&json!({"at_once": true})).send().await.with(200).json();
        assert_eq!(forgotten["webhook"]["previous_until"], json!(null), "{}", world.name);
        let tag = served.get(&path, &admin()).send().await.header("etag").to_owned();
        served.post(&format!("{path}/delete"), &admin()).key("end").if_match(&tag).send().await.with(200);
        served.get(&path, &admin()).send().await.with(404);
    }
}

#[actix_web::test]
async fn an_endpoint_that_nothing_may_be_sent_to_is_refused_by_name() {
    for database in databases() {
        let (world, _) = world(database, 1);
        let served = Served::start(&world).await;
        for (url, expected) in [
            ("http://hooks.example.com/", "https"),
            ("https://10.0.0.1/", "private"),
            ("https://169.254.169.254/latest/meta-data", "metadata"),
            ("https://2130706433/", "https://127.0.0.1/"),
            ("https://user:pass@example.com/", "without a user"),
            ("https://example.com:22/", "ports"),
            ("nonsense", "a URL"),
        ] {
            let new = json!({"url": url, "all": true});
            let refused = served.post("/api/v1/webhooks", &admin()).key(url).json(&new).send().await.with(422);
            let problem = refused.json();
            assert_eq!(problem["errors"][0]["field"], "/url", "{problem}");
            assert!(problem["errors"][0]["expected"].as_str().unwrap().contains(expected), "{url}: {problem}");
        }
        let nothing = json!({"url": "https://example.com/"});
        let refused = served.post("/api/v1/webhooks", &admin()).key("none").json(&nothing).send().await.with(422);
        assert_eq!(refused.json()["errors"][0]["field"], "/kinds");
        let unknown = json!({"url": "https://example.com/", "kinds": ["submission.open"]});
        served.post("/api/v1/webhooks", &admin()).key("unknown").json(&unknown).send().await.with(422);
    }
}

#[actix_web::test]
async fn an_endpoint_is_looked_after_on_the_command_line() {
    let (world, _) = world(crate::common::databases::sqlite(), 1);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_account-swap"));
        command.args(["--json", "--database", &world.settings.database.url, "webhook"]).args(arguments);
        command.env("ACCOUNT_SWAP__LOG__FILTER", "error").current_dir(std::env::temp_dir());
        let said = command.output().unwrap();
        (said.status.code(), String::from_utf8(said.stdout).unwrap(), String::from_utf8(said.stderr).unwrap())
    };
    let json = |arguments: &[&str]| -> serde_json::Value {
        let (code, out, err) = run(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {err}");
        serde_json::from_str(&out).unwrap()
    };
    let made = json(&["create", "https://hooks.example.com/", "--kind", "handover.execute", "--scheme", "v1a"]);
    assert!(made["secrets"]["secret"].as_str().unwrap().starts_with("whpk_"), "{made}");
    let id = made["webhook"]["id"].as_str().unwrap();
    assert_eq!(json(&["list"])[0]["kinds"], json!(["handover.execute"]));
    assert_eq!(json(&["change", id, "--all", "true"])["all"], true);
    assert_eq!(json(&["disable", id])["state"], "disabled");
    assert_eq!(json(&["enable", id])["state"], "active");
    assert_eq!(json(&["replay", id, "--since", "2020-01-01T00:00:00Z"])["events"], 0);
    assert_eq!(json(&["deliveries", id]), json!([]));
    assert!(json(&["rotate", id])["secrets"]["callback_secret"].as_str().unwrap().starts_with("whsec_"));
    assert!(json(&["rotate", id])["webhook"]["previous_until"].is_string());
    assert_eq!(json(&["rotate", id, "--at-once"])["webhook"]["previous_until"], json!(null));
    assert_eq!(json(&["deliver"]), json!({"delivered": 0, "failed": 0, "given_up": 0, "withdrawn": 0}));
    assert_eq!(json(&["delete", id])["state"], "deleted");
    let (code, _, err) = run(&["show", id]);
    assert_eq!(code, Some(2), "{err}");
    let (code, _, err) = run(&["create", "http://127.0.0.1/", "--all"]);
    assert!(code == Some(2) && err.contains("https"), "{err}");
}
