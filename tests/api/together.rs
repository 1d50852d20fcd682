//! What people decide together, over HTTP: priced overrides and their reviews, meetings, and direct swaps.

use crate::{
    common::databases::databases,
    fixture::{World, id, manager, rep, who},
    served::{Read, Served},
};
use account_swap::domain::{
    ids::ProposalId,
    principal::{Principal, Role},
    proposal::ProposalState,
};
use serde_json::{Value, json};

/// Reads something's entity tag as somebody and asks for a change of it.
async fn change(served: &Served, thing: &str, verb: &str, who: &Principal, key: &str, body: &Value) -> Read {
    let read = served.get(&format!("/api/v1{thing}"), who).send().await.with(200);
    let path = format!("/api/v1{thing}/{verb}");
    served.post(&path, who).key(key).if_match(read.header("etag")).json(body).send().await
}

#[actix_web::test]
async fn a_dry_run_answers_with_the_price_and_leaves_the_key_and_the_database_as_they_were() {
    for database in databases() {
        let world = World::new(database, 3);
        for account in ["anna-0", "ben-0", "cora-0"] {
            world.submit(account);
        }
        assert_eq!(world.run("2026-03-02").report.unwrap().published, 1, "{}", world.name);
        let served = Served::start(&world).await;
        let root = who("root", Role::Admin);
        let chain = || served.get("/api/v1/audit/verify", &root).send();
        let freeze = json!({"kind": "freeze", "accounts": ["ben-0"], "reason": "safety", "note": "as agreed"});
        let ask = |path: &str, who: &Principal| served.post(path, who).key("one").json(&freeze).send();
        let before = chain().await.with(200).text;
        let dry = "/api/v1/overrides?dry_run=true";
        let priced = ask(dry, &manager("mona")).await.with(200);
        assert_eq!((priced.header("etag"), priced.header("location")), ("", ""));
        let price = priced.json();
        assert_eq!((price["state"].as_str(), price["left_out"].as_str()), (Some("effective"), Some("few_people")));
        assert_eq!(price["before"]["points"], Value::Null);
        assert_eq!(ask(dry, &manager("sam")).await.with(404).code(), "not_found", "{}", world.name);
        assert_eq!(ask(dry, &rep("anna")).await.with(403).code(), "not_allowed");
        let unclear = ask("/api/v1/overrides?dry_run=perhaps", &manager("mona")).await;
        assert_eq!(unclear.with(400).code(), "query_unusable");
        assert_eq!(chain().await.with(200).text, before, "{}: nothing is on record", world.name);
        let overrides = served.get("/api/v1/overrides", &root).send().await.with(200).json();
        assert_eq!(overrides["items"].as_array().unwrap().len(), 0);

        let ordered = ask("/api/v1/overrides", &manager("mona")).await.with(201);
        assert_eq!(ordered.header("idempotency-replayed"), "", "the dry run has not used the key up");
        assert_eq!(
            ask(dry, &manager("mona")).await.with(409).code(),
            "already_frozen",
            "and it is asked anew each time"
        );

        let path = format!("/overrides/{}", ordered.json()["id"].as_str().unwrap());
        let listed = |query: &'static str| {
            let ask = served.get(&format!("/api/v1/overrides?{query}"), &root).send();
            async move { ask.await.with(200).json()["items"].as_array().unwrap().len() }
        };
        assert_eq!((listed("reviewed=false").await, listed("reviewed=true&limit=1").await), (1, 0), "{}", world.name);
        let unclear = served.get("/api/v1/overrides?reviewed=perhaps", &root).send().await;
        assert_eq!(unclear.with(400).code(), "query_unusable");
        let wrong = json!({"outcome": "splendid"});
        assert_eq!(change(&served, &path, "review", &root, "r", &wrong).await.with(422).code(), "invalid");
        let avoidable = json!({"outcome": "avoidable", "note": "the rep could have been asked"});
        let reviewed = change(&served, &path, "review", &root, "r", &avoidable).await.with(200);
        assert_eq!(reviewed.json()["review"]["outcome"], "avoidable");
        assert_eq!(change(&served, &path, "review", &root, "s", &avoidable).await.with(409).code(), "already_reviewed");
        assert_eq!((listed("reviewed=false").await, listed("reviewed=true").await), (0, 1), "{}", world.name);
        let report = served.get("/api/v1/reports/overrides?from=2020-01-01", &manager("mona")).send().await.with(200);
        let own = &report.json()["managers"][0];
        assert_eq!((&own["manager"], &own["by_outcome"]["avoidable"]), (&json!("mona"), &json!(1)), "{}", world.name);
        for (query, code) in [
            ("from=yesterday", "query_unusable"),
            ("sort=up", "query_unusable"),
            ("from=2026-02-01&until=2026-01-31", "query_unusable"),
        ] {
            let refused = served.get(&format!("/api/v1/reports/overrides?{query}"), &root).send().await;
            assert_eq!(refused.with(400).code(), code);
        }
    }
}

#[actix_web::test]
async fn the_second_manager_sees_the_price_before_they_agree() {
    for database in databases() {
        let world = World::new(database, 3);
        world.submit("anna-0");
        world.submit("dan-0");
        let served = Served::start(&world).await;
        let force = json!({"kind": "force", "accounts": ["anna-0", "dan-0"], "reason": "workload", "note": "agreed"});
        let order =
            served.post("/api/v1/overrides", &manager("mona")).key("k").json(&force).send().await.with(201).json();
        let path = format!("/overrides/{}", order["id"].as_str().unwrap());
        let sam = manager("sam");
        let price = change(&served, &path, "second?dry_run=true", &sam, "s", &json!({})).await.with(200).json();
        assert_eq!((&price["state"], &price["made"][0]["parties"][0]["rep"]), (&json!("effective"), &json!("dan")));
        assert_eq!(price["made"][0]["others"], 1, "{}: of the other team the number alone", world.name);
        let author = change(&served, &path, "second?dry_run=true", &manager("mona"), "s", &json!({})).await;
        assert_eq!(author.with(403).code(), "not_allowed");
        let seconded = change(&served, &path, "second", &sam, "s", &json!({})).await.with(200).json();
        let made: ProposalId = id(seconded["proposal"].as_str().unwrap());
        assert_eq!(world.kept(made).state, ProposalState::Approved, "{}", world.name);
    }
}

#[actix_web::test]
async fn a_meeting_is_begun_shaped_and_published() {
    for database in databases() {
        let world = World::new(database, 4);
        for account in ["anna-0", "anna-1", "ben-0", "ben-1"] {
            world.submit(account);
        }
        let served = Served::start(&world).await;
        let mona = manager("mona");
        let begin =
            |key: &'static str| served.post("/api/v1/meetings", &mona).key(key).json(&json!({"team": "north"})).send();
        let begun = begin("one").await.with(201);
        assert_eq!(begin("one").await.with(201).text, begun.text, "{}: once under its key", world.name);
        assert_eq!(begin("two").await.with(409).code(), "meeting_open");
        let meeting = begun.header("location").trim_start_matches("/api/v1").to_owned();
        let first = begun.json()["moves"][0]["legs"][0]["account"]["id"].as_str().unwrap().to_owned();

        let strike = json!({"kind": "strike_account", "account": first});
        let stale = served.post(&format!("/api/v1{meeting}/changes"), &mona).key("a").json(&strike);
        let stale = stale.if_match("\"5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47\"").send().await;
        assert_eq!(stale.with(412).code(), "stale");
        let struck = change(&served, &meeting, "changes", &mona, "a", &strike).await.with(200).json();
        assert_eq!(
            struck["difference"]["gone"].as_array().unwrap().len(),
            1 + struck["difference"]["new"].as_array().unwrap().len()
        );
        assert_eq!(struck["meeting"]["changes"], json!([strike]));
        let less = ["less", "much_less"].contains(&struck["difference"]["points_change"].as_str().unwrap());
        assert!(less, "{struck}");
        for (wrong, status) in [
            (json!({"kind": "pin", "accounts": ["anna-1"]}), 422),
            (json!({"kind": "dance"}), 422),
            (json!({"kind": "undo", "account": "anna-0"}), 422),
            (json!({"kind": "strike_candidate", "account": "cora-0", "rep": "ben"}), 409),
        ] {
            change(&served, &meeting, "changes", &mona, "b", &wrong).await.with(status);
        }
        change(&served, &meeting, "changes", &mona, "c", &json!({"kind": "undo"})).await.with(200);
        let published = change(&served, &meeting, "publish", &mona, "d", &json!({})).await.with(200).json();
        assert_eq!((&published["state"], published["proposals"].as_array().unwrap().len()), (&json!("published"), 2));
        let anna = served.get("/api/v1/proposals", &rep("anna")).send().await.with(200).json();
        assert_eq!(anna["items"].as_array().unwrap().len(), 2, "{}", world.name);
        assert_eq!(change(&served, &meeting, "close", &mona, "e", &json!({})).await.with(409).code(), "already_ended");
        let list = served.get("/api/v1/meetings", &mona).send().await.with(200).json();
        assert_eq!(list["items"][0]["state"], "published");
    }
}

#[actix_web::test]
async fn until_a_batch_every_answer_to_the_asker_is_the_same_whatever_the_colleague_did() {
    for database in databases() {
        let world = World::new(database, 3);
        let own = world.submit("anna-0").id;
        world.submit("ben-0");
        world.submit("dan-0");
        let served = Served::start(&world).await;
        let ask = |colleague: &'static str, key: &'static str| {
            let body = json!({"submission": own, "colleague": colleague});
            served.post("/api/v1/direct-swaps", &rep("anna")).key(key).json(&body).send()
        };
        let asked = [("ben", "b"), ("dan", "d"), ("cora", "c")];
        let mut paths = Vec::new();
        for (colleague, key) in asked {
            paths.push(ask(colleague, key).await.with(201).header("location").to_owned());
        }
        let lists =
            ["/api/v1/direct-swaps", "/api/v1/proposals", "/api/v1/submissions", "/api/v1/audit", "/api/v1/accounts"];
        let everything = || async {
            let mut seen = Vec::new();
            for path in paths.iter().map(String::as_str).chain(lists) {
                let read = served.get(path, &rep("anna")).send().await;
                seen.push((path.to_owned(), read.status, read.header("etag").to_owned(), read.text));
            }
            for (colleague, key) in asked {
                let again = ask(colleague, format!("{key}2").leak()).await;
                seen.push((colleague.to_owned(), again.status, again.code(), String::new()));
            }
            seen
        };
        let before = everything().await;
        let of = |path: &String| path.trim_start_matches("/api/v1").to_owned();
        change(&served, &of(&paths[0]), "decline", &rep("ben"), "x", &json!({})).await.with(200);
        change(&served, &of(&paths[1]), "look", &rep("dan"), "x", &json!({})).await.with(200);
        assert_eq!(everything().await, before, "{}", world.name);
        world.run("2026-03-02");
        let found = served.get(&paths[1], &rep("anna")).send().await.with(200).json();
        assert_eq!((&found["status"], found["proposal"].is_string()), (&json!("found"), true), "{}", world.name);
        let declined = served.get(&paths[0], &rep("anna")).send().await.with(200).json();
        assert_eq!(declined["status"], "sent", "a no shows after the time to answer, like silence");

        // Taken back, it is over for Anna at once; Ben, who has said no, and Cora, who has not, read what they read before.
        let reads = || async {
            let mut seen = Vec::new();
            for (path, name) in [(&paths[0], "ben"), (&paths[2], "cora")] {
                let read = served.get(path, &rep(name)).send().await;
                seen.push((read.status, read.header("etag").to_owned(), read.text));
            }
            seen
        };
        let before = reads().await;
        for path in [&paths[0], &paths[2]] {
            let taken = change(&served, &of(path), "withdraw", &rep("anna"), path, &json!({})).await.with(200).json();
            assert_eq!(taken["status"], "withdrawn", "{}", world.name);
        }
        assert_eq!(reads().await, before, "{}", world.name);
        let by_cora = change(&served, &of(&paths[2]), "withdraw", &rep("cora"), "y", &json!({})).await;
        assert_eq!(by_cora.with(403).code(), "not_allowed");
    }
}
