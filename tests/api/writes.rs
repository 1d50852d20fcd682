//! Changes: their keys, their entity tags, and what they take for a body.

use crate::{
    common::databases::{databases, sqlite},
    fixture::{World, manager, rep, rounds, who},
    served::{Read, Served},
};
use account_swap::domain::principal::Role;
use serde_json::{Value, json};

const SUBMISSIONS: &str = "/api/v1/submissions";

fn submission(account: &str) -> Value {
    json!({"account": account, "stars": 1.5, "reasons": ["chemistry"], "note": "private"})
}

async fn submit(served: &Served, account: &str, key: &str) -> Read {
    let owner = rep(account.split('-').next().unwrap());
    served.post(SUBMISSIONS, &owner).key(key).json(&submission(account)).send().await
}

async fn submissions_of(served: &Served, name: &str) -> usize {
    let page = served.get(SUBMISSIONS, &rep(name)).send().await.with(200).json();
    page["items"].as_array().unwrap().len()
}

#[actix_web::test]
async fn a_key_has_one_effect_and_one_answer() {
    for database in databases() {
        let world = World::new(database, 2);
        let served = Served::start(&world).await;
        let first = submit(&served, "anna-0", "one").await.with(201);
        assert!(first.header("location").ends_with(first.json()["id"].as_str().unwrap()));
        assert_eq!(first.header("idempotency-replayed"), "");
        let again = submit(&served, "anna-0", "one").await.with(201);
        assert_eq!((&again.text, again.header("idempotency-replayed")), (&first.text, "true"), "{}", world.name);
        for name in ["etag", "location", "content-type"] {
            assert_eq!(again.header(name), first.header(name));
        }
        assert_eq!(submissions_of(&served, "anna").await, 1);

        assert_eq!(submit(&served, "anna-1", "one").await.with(422).code(), "idempotency_key_reused");
        submit(&served, "ben-0", "one").await.with(201);
        assert_eq!(submit(&served, "anna-0", "another").await.with(409).code(), "already_submitted");

        world.execute("UPDATE idempotency_keys SET created_at = '2020-01-01 00:00:00'");
        assert_eq!(submit(&served, "anna-0", "one").await.with(409).code(), "already_submitted", "forgotten");
        submit(&served, "anna-1", "one").await.with(201);
    }
}

#[actix_web::test]
async fn eight_clients_with_one_key_at_once_leave_one_effect() {
    for database in databases() {
        let count = rounds(1000);
        let world = World::new(database, count);
        let served = Served::start(&world).await;
        for round in 0..count {
            let account = format!("anna-{round}");
            let all = (0..8).map(|_| submit(&served, &account, &account));
            let answers = futures_util::future::join_all(all).await;
            let replayed = answers.iter().filter(|answer| answer.header("idempotency-replayed") == "true").count();
            assert_eq!(replayed, 7, "{}", world.name);
            for answer in &answers {
                assert_eq!((answer.status, &answer.text), (201, &answers[0].text));
            }
        }
        let root = who("root", Role::Admin);
        let counts = served.get("/api/v1/reports/summary", &root).send().await.with(200).json();
        assert_eq!(counts["submissions"]["open"], count, "{}", world.name);
    }
}

#[actix_web::test]
async fn a_refusal_leaves_nothing_behind_and_its_key_free() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start(&world).await;
        let mut wrong = submission("anna-0");
        wrong["reasons"] = json!([]);
        let refused = served.post(SUBMISSIONS, &rep("anna")).key("k").json(&wrong).send().await.with(422);
        assert_eq!(refused.json()["errors"][0]["field"], "/reasons");
        submit(&served, "anna-0", "k").await.with(201);
    }
}

#[actix_web::test]
async fn a_change_without_a_sound_key_is_refused() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let ask = || served.post(SUBMISSIONS, &rep("anna")).json(&submission("anna-0"));
    assert_eq!(ask().send().await.with(400).code(), "idempotency_key_missing");
    for key in ["", "a b", &"k".repeat(256)] {
        assert_eq!(ask().key(key).send().await.with(400).code(), "idempotency_key_unusable", "{key:?}");
    }
    assert_eq!(ask().key("a").key("b").send().await.with(400).code(), "idempotency_key_unusable");
    ask().key(&"k".repeat(255)).send().await.with(201);
}

#[actix_web::test]
async fn a_run_keeps_its_key_while_it_runs_and_its_answer_afterwards() {
    for database in databases() {
        let world = World::new(database, 2);
        world.submit("anna-0");
        world.submit("ben-0");
        let served = Served::start(&world).await;
        let run =
            || served.post("/api/v1/runs", &manager("mona")).key("tonight").json(&json!({"scope": "north"})).send();
        let first = run().await.with(201);
        assert_eq!(first.json()["report"]["published"], 1, "{first:?}");
        assert_eq!(run().await.with(201).text, first.text);

        let at = |hours: i64| {
            let moment = chrono::Utc::now() + chrono::Duration::hours(hours);
            moment.format("%Y-%m-%d %H:%M:%S").to_string()
        };
        let unanswered = "UPDATE idempotency_keys SET status = NULL, headers = NULL, body = NULL";
        world.execute(&format!("{unanswered}, lease_until = '{}'", at(1)));
        let busy = run().await.with(409);
        assert_eq!((busy.code().as_str(), busy.header("retry-after")), ("idempotency_key_in_progress", "2"));
        world.execute(&format!("UPDATE idempotency_keys SET lease_until = '{}'", at(-1)));
        assert_eq!(run().await.with(409).code(), "run_exists", "{}: whoever held the key has died", world.name);
    }
}

#[actix_web::test]
async fn a_run_is_for_a_day_of_the_last_month_and_a_shadow_of_it_proposes_nothing() {
    for database in databases() {
        let world = World::new(database, 2);
        world.submit("anna-0");
        world.submit("ben-0");
        let served = Served::start(&world).await;
        let today = chrono::Utc::now().date_naive();
        let day = |days: i64| (today + chrono::Duration::days(days)).to_string();
        let ask = |key: &str, body: Value| served.post("/api/v1/runs", &manager("mona")).key(key).json(&body).send();
        for (key, body) in [
            ("old", json!({"scope": "north", "business_date": day(-32)})),
            ("new", json!({"scope": "north", "business_date": day(1)})),
            ("far", json!({"scope": "north", "business_date": day(32), "shadow": true})),
        ] {
            let refused = ask(key, body).await.with(422);
            assert!(refused.text.contains("business_date"), "{refused:?}");
        }
        let shadow = ask("s", json!({"scope": "north", "business_date": day(1), "shadow": true})).await.with(201);
        let told = shadow.json();
        assert_eq!((&told["state"], &told["shadow"]), (&json!("shadowed"), &json!(true)), "{}", world.name);
        assert_eq!(told["report"]["published"], 1, "what it would have proposed");
        let proposals = served.get("/api/v1/proposals", &rep("anna")).send().await.with(200).json();
        assert_eq!(proposals["items"], json!([]), "{}: nothing is proposed", world.name);
        let path = shadow.header("location").to_owned();
        served.get(&path, &rep("anna")).send().await.with(403);
        served.get(&path, &manager("sam")).send().await.with(404);
        assert_eq!(served.get(&path, &manager("mona")).send().await.with(200).json(), told);
        let report = format!("/api/v1/reports/fairness?run={}", told["id"].as_str().unwrap());
        served.get(&report, &who("root", Role::Admin)).send().await.with(404);

        let yesterday = json!({"scope": "north", "business_date": day(-1)});
        let live = ask("y", yesterday.clone()).await.with(201).json();
        assert_eq!((&live["state"], &live["business_date"]), (&json!("published"), &json!(day(-1))));
        assert_eq!(ask("y", yesterday.clone()).await.with(201).json(), live, "{}: once under its key", world.name);
        assert_eq!(ask("z", yesterday).await.with(409).code(), "run_exists");
    }
}

#[actix_web::test]
async fn a_change_of_state_takes_the_tag_of_what_was_read() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start(&world).await;
        let made = submit(&served, "anna-0", "k").await.with(201);
        let path = made.header("location").to_owned();
        let tag = made.header("etag").to_owned();
        let read = served.get(&path, &rep("anna")).send().await.with(200);
        assert_eq!((read.header("etag"), read.json()), (tag.as_str(), made.json()));
        assert_eq!(tag, format!("\"{}\"", made.json()["version"].as_str().unwrap()));

        let withdraw = || served.post(&format!("{path}/withdraw"), &rep("anna"));
        assert_eq!(withdraw().key("a").send().await.with(428).code(), "if_match_missing");
        for unusable in ["*", "x", "\"a\", \"b\""] {
            assert_eq!(withdraw().key("a").if_match(unusable).send().await.with(400).code(), "if_match_unusable");
        }
        let other = "\"5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47\"";
        for stale in [other, "\"x\"", &format!("W/{tag}")] {
            assert_eq!(withdraw().key("a").if_match(stale).send().await.with(412).code(), "stale", "{stale}");
        }
        let done = withdraw().key("a").if_match(&tag).send().await.with(200);
        assert_ne!(done.header("etag"), tag);
        assert_eq!(done.json()["state"], "withdrawn");
        let again = withdraw().key("a").if_match(&tag).send().await.with(200);
        assert_eq!((&again.text, again.header("etag")), (&done.text, done.header("etag")), "{}", world.name);
        assert_eq!(
            withdraw().key("a").if_match(done.header("etag")).send().await.with(422).code(),
            "idempotency_key_reused"
        );
        assert_eq!(withdraw().key("b").if_match(&tag).send().await.with(412).code(), "stale");
    }
}

#[actix_web::test]
async fn an_override_takes_a_tag_exactly_where_it_is_about_a_proposal() {
    let world = World::new(sqlite(), 1);
    let proposal = world.propose(1)[0].id;
    let served = Served::start(&world).await;
    let order = |body: Value| {
        let mut order = json!({"reason": "business_need", "note": "as agreed"});
        order.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
        let key = order["kind"].as_str().unwrap().to_owned();
        served.post("/api/v1/overrides", &manager("mona")).key(&key).json(&order)
    };
    let veto = json!({"kind": "veto", "proposal": proposal});
    assert_eq!(order(veto.clone()).send().await.with(428).code(), "if_match_missing");
    let read = served.get(&format!("/api/v1/proposals/{proposal}"), &manager("mona")).send().await.with(200);
    order(veto).if_match(read.header("etag")).send().await.with(201);
    order(json!({"kind": "freeze", "accounts": ["anna-0"]})).send().await.with(201);
}

#[actix_web::test]
async fn a_body_is_taken_only_as_what_it_should_be() {
    let world = World::new(sqlite(), 1);
    let served = Served::start_with(&world, |settings| settings.server.request_body_limit_bytes = 2000).await;
    let ask = || served.post(SUBMISSIONS, &rep("anna")).key("k");
    let sound = submission("anna-0").to_string();
    assert_eq!(ask().body("text/plain", sound.clone()).send().await.with(415).code(), "unsupported_media_type");
    assert_eq!(ask().body("application/json", "{").send().await.with(400).code(), "json_unusable");
    assert_eq!(ask().body("application/json", "[".repeat(1000)).send().await.with(400).code(), "json_unusable");
    assert_eq!(ask().body("application/json", vec![b'"', 0xff, b'"']).send().await.with(400).code(), "json_unusable");
    assert_eq!(ask().body("application/json", "[]").send().await.with(422).code(), "invalid");
    assert_eq!(ask().send().await.with(422).code(), "invalid");
    for (field, value) in [
        ("stars", json!(7)),
        ("stars", json!("2")),
        ("reasons", json!(["boredom"])),
        ("note", json!("a\u{0}b")),
        ("account", json!("")),
        ("unknown", json!(1)),
    ] {
        let mut wrong = submission("anna-0");
        wrong[field] = value;
        assert_eq!(ask().json(&wrong).send().await.with(422).code(), "invalid", "{wrong}");
    }
    let mut large = submission("anna-0");
    large["note"] = "x".repeat(2000).into();
    let refused = ask().json(&large).send().await.with(413);
    assert!(refused.json()["detail"].as_str().unwrap().contains("2000 bytes"));
    ask().body("application/json; charset=utf-8", sound).send().await.with(201);
}

#[actix_web::test]
async fn a_body_where_none_belongs_is_refused() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let made = submit(&served, "anna-0", "k").await.with(201);
    let withdraw = || {
        served
            .post(&format!("{}/withdraw", made.header("location")), &rep("anna"))
            .key("w")
            .if_match(made.header("etag"))
    };
    withdraw().json(&json!({"really": true})).send().await.with(422);
    withdraw().json(&json!({})).send().await.with(200);
    let root = who("root", Role::Admin);
    assert!(served.get("/api/v1/audit/verify", &root).send().await.with(200).json()["unbroken"].as_bool().unwrap());
}
