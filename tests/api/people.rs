//! Who is let go, or demoted, is out with the next request, on every replica, whatever their token says.

use crate::{
    common::databases::{databases, sqlite},
    fixture::{World, manager, rep, service, who},
    served::Served,
};
use account_swap::domain::principal::{Principal, Role, Scope};
use reqwest::Method;
use serde_json::{Value, json};

const PEOPLE: &str = "/api/v1/people";
const ME: &str = "/api/v1/me";

fn root() -> Principal {
    who("root", Role::Admin)
}

async fn status(served: &Served, who: &Principal) -> u16 {
    served.get(ME, who).send().await.status
}

/// Changes a record that is there, as it is at present.
async fn change(served: &Served, id: &str, what: &str, body: Option<Value>, key: &str) -> Value {
    let path = format!("{PEOPLE}/{id}");
    let seen = served.get(&path, &root()).send().await.with(200).header("etag").to_owned();
    let ask = served.post(&format!("{path}/{what}"), &root()).key(key).if_match(&seen);
    let ask = if let Some(body) = body { ask.json(&body) } else { ask };
    ask.send().await.with(200).json()
}

#[actix_web::test]
async fn whoever_is_deactivated_is_out_on_every_replica_with_the_next_request_and_in_again_when_let() {
    for database in databases() {
        let world = World::new(database, 1);
        let (one, other) = (Served::start(&world).await, Served::start(&world).await);
        let second_admin = who("ruth", Role::Admin);
        for (number, person) in [rep("anna"), manager("sam"), second_admin, service()].into_iter().enumerate() {
            let replicas = || async { [status(&one, &person).await, status(&other, &person).await] };
            assert_eq!(replicas().await, [200, 200], "{}: {person:?} has no record", world.name);
            let new = json!({"id": person.id, "state": "deactivated"});
            let made = one.post(PEOPLE, &root()).key(&format!("{number}")).json(&new).send().await.with(201);
            assert_eq!(made.header("location"), format!("{PEOPLE}/{}", person.id));
            assert_eq!(replicas().await, [401, 401], "{}: {person:?}", world.name);
            let refused = other.get(ME, &person).send().await;
            let nobody = other.ask(Method::GET, ME, None).send().await;
            assert_eq!(refused.code(), nobody.code(), "it reads as any other refusal");
            let again = change(&other, person.id.as_str(), "reactivate", None, &format!("{number}")).await;
            assert_eq!((&again["state"], &again["changed_by"]), (&json!("active"), &json!("root")));
            assert_eq!(replicas().await, [200, 200], "{}: {person:?} again", world.name);
        }
    }
}

#[actix_web::test]
async fn who_is_demoted_keeps_the_roles_on_record_and_no_other() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start(&world).await;
        // Mona is a rep of the heads' team and manages the north.
        let new = json!({"id": "mona", "roles": ["manager", "rep"]});
        served.post(PEOPLE, &root()).key("a").json(&new).send().await.with(201);
        let roles = || async { (status(&served, &rep("mona")).await, status(&served, &manager("mona")).await) };
        assert_eq!(roles().await, (200, 200), "{}", world.name);
        change(&served, "mona", "roles", Some(json!({"roles": ["rep"]})), "b").await;
        assert_eq!(roles().await, (200, 401), "{}: no manager any more", world.name);
        change(&served, "mona", "roles", Some(json!({"roles": ["manager"]})), "c").await;
        assert_eq!(roles().await, (401, 200), "{}: no rep any more", world.name);
        assert_eq!(status(&served, &who("mona", Role::Admin)).await, 401, "a token cannot promote");
        change(&served, "mona", "roles", Some(json!({"roles": null})), "d").await;
        assert_eq!(roles().await, (200, 200), "{}: as the issuer says", world.name);
    }
}

#[actix_web::test]
async fn a_record_is_changed_by_another_admin_who_has_seen_it() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start(&world).await;
        let create = |key: &str, body: Value| served.post(PEOPLE, &root()).key(key).json(&body).send();
        assert_eq!(create("a", json!({"id": "root", "roles": ["rep"]})).await.with(409).code(), "own_record");
        assert_eq!(create("b", json!({"id": "mona", "roles": []})).await.with(422).code(), "invalid");
        assert_eq!(create("c", json!({"id": "mona", "roles": ["boss"]})).await.with(422).code(), "invalid");
        create("d", json!({"id": "mona"})).await.with(201);
        assert_eq!(create("e", json!({"id": "mona"})).await.with(409).code(), "already_there", "{}", world.name);
        let path = format!("{PEOPLE}/mona");
        let seen = served.get(&path, &root()).send().await.with(200);
        let tag = seen.header("etag").to_owned();
        served.get(&path, &root()).header("if-none-match", &tag).send().await.with(304);
        let deactivate = |key: &str| served.post(&format!("{path}/deactivate"), &root()).key(key);
        deactivate("f").send().await.with(428);
        deactivate("g").if_match(&tag).send().await.with(200);
        assert_eq!(deactivate("h").if_match(&tag).send().await.with(412).code(), "stale");
        let tag = served.get(&path, &root()).send().await.header("etag").to_owned();
        assert_eq!(deactivate("i").if_match(&tag).send().await.with(409).code(), "already_so");
        let missing = served.post(&format!("{PEOPLE}/nobody/deactivate"), &root()).key("j").if_match(&tag).send().await;
        missing.with(404);
        let listed = served.get(PEOPLE, &root()).send().await.with(200).json();
        assert_eq!(listed["items"][0]["id"], "mona");
        let audited = served.get("/api/v1/audit", &root()).send().await.with(200).json();
        let deeds: Vec<&str> =
            audited["items"].as_array().unwrap().iter().filter_map(|one| one["action"].as_str()).collect();
        assert_eq!(deeds, ["enrol", "deactivate"], "{}", world.name);
    }
}

#[actix_web::test]
async fn where_a_record_is_asked_for_a_token_alone_does_not_do() {
    let world = World::new(sqlite(), 1);
    let served = Served::start_with(&world, |settings| {
        settings.people.record_required_for = [Role::Admin, Role::Service].into();
    })
    .await;
    assert_eq!(status(&served, &root()).await, 401);
    assert_eq!(status(&served, &service()).await, 401);
    assert_eq!(status(&served, &rep("anna")).await, 200, "the roster is the record of reps");
    world.execute(
        "INSERT INTO people (id, roles, state, since, changed_by, version) VALUES ('root', '[\"admin\"]', 'active', \
         '2026-01-01 00:00:00', 'system', '5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b48')",
    );
    assert_eq!(status(&served, &root()).await, 200);
}

#[actix_web::test]
async fn a_service_may_use_its_token_for_what_it_says_and_is_told_what_is_missing() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let ask = |path: &'static str, scopes: &[Scope]| {
        let token = served.token_for(&service(), scopes);
        served.ask_with(Method::GET, path, &token).send()
    };
    ask("/api/v1/runs", &[Scope::BatchRun]).await.with(200);
    let refused = ask("/api/v1/runs", &[Scope::CrmSync, Scope::CrmAck]).await.with(403);
    assert_eq!(refused.code(), "scope_missing");
    assert_eq!(refused.header("www-authenticate"), "Bearer error=\"insufficient_scope\", scope=\"batch.run\"");
    assert_eq!(ask("/api/v1/audit", Scope::ALL).await.with(403).code(), "not_allowed", "people only");
    ask("/api/v1/nothing", &[]).await.with(404);
    // A person's role is what counts; scopes neither give nor take.
    let with_scopes = served.token_for(&rep("anna"), Scope::ALL);
    served.ask_with(Method::GET, "/api/v1/runs", &with_scopes).send().await.with(403);
}
