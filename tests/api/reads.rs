//! Reads: pages, entity tags, what is not there, and what every answer has in common.

use crate::{
    common::databases::{databases, sqlite},
    fixture::{World, manager, rep, service, who},
    served::{Read, Served},
};
use account_swap::{
    api::openapi,
    domain::principal::{Principal, Role},
};
use reqwest::Method;
use serde_json::Value;

#[actix_web::test]
async fn pages_hold_every_item_once_and_the_last_has_no_cursor() {
    for database in databases() {
        let world = World::new(database, 5);
        let served = Served::start(&world).await;
        let root = who("root", Role::Admin);
        let whole = served.get("/api/v1/accounts", &root).send().await.with(200).json();
        let ids = |page: &Value| -> Vec<String> {
            page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!((ids(&whole).len(), &whole["next_cursor"]), (25, &Value::Null));
        let (mut seen, mut path) = (Vec::new(), "/api/v1/accounts?limit=10".to_owned());
        for length in [10, 10, 5] {
            let page = served.get(&path, &root).send().await.with(200).json();
            assert_eq!(ids(&page).len(), length, "{}", world.name);
            seen.extend(ids(&page));
            if let Some(cursor) = page["next_cursor"].as_str() {
                path = format!("/api/v1/accounts?limit=10&cursor={cursor}");
            } else {
                assert_eq!(length, 5);
            }
        }
        assert_eq!(seen, ids(&whole));
    }
}

#[actix_web::test]
async fn a_page_nobody_offered_is_refused() {
    let world = World::new(sqlite(), 3);
    let served = Served::start(&world).await;
    let root = who("root", Role::Admin);
    let page = served.get("/api/v1/accounts?limit=1", &root).send().await.with(200).json();
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    for (path, code) in [
        ("/api/v1/accounts?limit=0".to_owned(), "query_unusable"),
        ("/api/v1/accounts?limit=201".to_owned(), "query_unusable"),
        ("/api/v1/accounts?limit=x".to_owned(), "query_unusable"),
        ("/api/v1/accounts?page=2".to_owned(), "query_unusable"),
        ("/api/v1/accounts?cursor=abc".to_owned(), "cursor_unusable"),
        (format!("/api/v1/accounts?cursor={}0", &cursor[..cursor.len() - 1]), "cursor_unusable"),
        (format!("/api/v1/reps?cursor={cursor}"), "cursor_unusable"),
    ] {
        assert_eq!(served.get(&path, &root).send().await.with(400).code(), code, "{path}");
    }
}

#[actix_web::test]
async fn a_reader_who_has_it_already_is_told_so() {
    let world = World::new(sqlite(), 1);
    let proposal = world.propose(1)[0].id;
    let served = Served::start(&world).await;
    for path in [format!("/api/v1/proposals/{proposal}"), format!("/api/v1/proposals/{proposal}/explain")] {
        let read = served.get(&path, &rep("anna")).send().await.with(200);
        let tag = read.header("etag").to_owned();
        let again = served.get(&path, &rep("anna")).header("if-none-match", &tag).send().await.with(304);
        assert_eq!((again.text.as_str(), again.header("etag")), ("", tag.as_str()));
        served.get(&path, &rep("anna")).header("if-none-match", "\"x\"").send().await.with(200);
        // A colleague's tag is another: it must not tell when the first one's view changed.
        let other = served.get(&path, &rep("ben")).send().await.with(200);
        assert_ne!(other.header("etag"), tag);
    }
}

#[actix_web::test]
async fn what_one_may_not_see_looks_like_what_is_not_there() {
    for database in databases() {
        let world = World::new(database, 1);
        let proposal = world.propose(1)[0].id;
        let served = Served::start(&world).await;
        let shown = |answer: Read| {
            let mut body = answer.with(404).json();
            body["instance"] = Value::Null;
            body
        };
        for (hidden, absent) in [
            (format!("/api/v1/proposals/{proposal}"), "/api/v1/proposals/5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47"),
            ("/api/v1/accounts/anna-0".to_owned(), "/api/v1/accounts/nobody-0"),
            ("/api/v1/reps/anna".to_owned(), "/api/v1/reps/nobody"),
        ] {
            let hidden = shown(served.get(&hidden, &rep("cora")).send().await);
            assert_eq!(hidden, shown(served.get(absent, &rep("cora")).send().await), "{}", world.name);
        }
    }
}

#[actix_web::test]
async fn an_id_that_nothing_can_have_is_not_found() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let long = "x".repeat(65);
    for path in ["proposals/x", "proposals/%00", "reps/%0a", &format!("accounts/{long}"), "runs/1", "accounts/a%2fb"] {
        let answer = served.get(&format!("/api/v1/{path}"), &manager("mona")).send().await;
        assert_eq!(answer.with(404).code(), "not_found", "{path}");
    }
}

#[actix_web::test]
async fn every_path_tells_its_methods_to_a_wrong_one() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let document: Value = serde_json::from_str(openapi::document_text()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let own = ["/healthz", "/readyz", "/metrics", "/api/openapi.json", "/api/docs", "/api/docs/index.html"];
    let known = paths.iter().map(|(path, item)| (path.as_str(), item.clone()));
    let known = known.chain(own.map(|path| (path, serde_json::json!({"get": {}}))));
    for (path, item) in known {
        let mut allowed: Vec<String> = item.as_object().unwrap().keys().map(|method| method.to_uppercase()).collect();
        if allowed.contains(&"GET".to_owned()) {
            allowed.push("HEAD".to_owned());
        }
        allowed.sort();
        let path = path.replace("{kind}", "notes").replace("{leg}", "0").replace("{id}", "some");
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            if allowed.contains(&method.to_owned()) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = served.ask(method, &path, Some(&rep("anna"))).send().await.with(405);
            let mut told: Vec<&str> = answer.header("allow").split(", ").collect();
            told.sort_unstable();
            assert_eq!(told, allowed, "{path}");
            assert_eq!(answer.code(), "method_not_allowed");
        }
    }
}

#[actix_web::test]
async fn every_answer_has_its_id_and_stays_out_of_caches_and_frames() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let anna = rep("anna");
    let nobody = served.ask(Method::GET, "/api/v1/me", None).send().await.with(401);
    assert_eq!(nobody.header("www-authenticate"), "Bearer");
    let answers = [
        served.get("/api/v1/me", &anna).send().await.with(200),
        served.get("/api/v1/nothing", &anna).send().await.with(404),
        served.ask(Method::GET, "/nothing", None).send().await.with(404),
        served.ask(Method::GET, "/healthz", None).send().await.with(200),
        nobody,
    ];
    for answer in &answers {
        assert!(!answer.header("x-request-id").is_empty(), "{answer:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
        assert!(answer.header("content-security-policy").contains("frame-ancestors 'none'"));
        if answer.status >= 400 {
            assert_eq!(answer.header("content-type"), "application/problem+json");
            let problem = answer.json();
            assert_eq!(problem["status"], answer.status);
            assert_eq!(problem["instance"], answer.header("x-request-id"));
            assert_eq!(problem["type"], format!("/problems/{}", answer.code()));
        }
    }
    let own = served.get("/api/v1/me", &anna).header("x-request-id", "portal-7").send().await;
    assert_eq!(own.header("x-request-id"), "portal-7");
    let forged = served.get("/api/v1/me", &anna).header("x-request-id", "a b\"c").send().await;
    assert_ne!(forged.header("x-request-id"), "a b\"c");
}

#[actix_web::test]
async fn head_answers_as_get_does_without_the_body() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let get = served.get("/api/v1/me", &rep("anna")).send().await.with(200);
    let head = served.ask(Method::HEAD, "/api/v1/me", Some(&rep("anna"))).send().await.with(200);
    assert_eq!((head.text.as_str(), head.header("content-type")), ("", get.header("content-type")));
    assert_eq!(head.header("content-length"), get.text.len().to_string());
    served.ask(Method::HEAD, "/api/v1/me", None).send().await.with(401);
}

#[actix_web::test]
async fn who_has_left_or_lost_the_role_is_out_with_the_next_request() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start(&world).await;
        let ask = |who: &Principal| served.get("/api/v1/me", who);
        let (anna, mona, stranger) = (rep("anna"), manager("mona"), manager("anna"));
        ask(&anna).send().await.with(200);
        ask(&mona).send().await.with(200);
        ask(&stranger).send().await.with(401);
        ask(&rep("nobody")).send().await.with(401);
        world.execute("UPDATE reps SET active = FALSE WHERE id = 'anna'; UPDATE teams SET manager_id = 'max'");
        for gone in [&anna, &mona] {
            assert_eq!(ask(gone).send().await.with(401).code(), "unauthenticated", "{}", world.name);
        }
        ask(&service()).send().await.with(200);
    }
}

#[actix_web::test]
async fn what_me_says_fits_the_token() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let me = served.get("/api/v1/me", &rep("anna")).send().await.with(200).json();
    assert_eq!(me, serde_json::json!({"id": "anna", "role": "rep", "name": "The real anna", "teams": ["north"]}));
    let me = served.get("/api/v1/me", &manager("mona")).send().await.with(200).json();
    assert_eq!(me["teams"], serde_json::json!(["north"]));
}

#[actix_web::test]
async fn a_long_answer_is_sent_short_to_whoever_can_read_it() {
    let world = World::new(sqlite(), 20);
    let served = Served::start(&world).await;
    let plain = served.get("/api/v1/accounts", &rep("anna")).send().await.with(200);
    assert_eq!(plain.header("content-encoding"), "");
    let short = served.get("/api/v1/accounts", &rep("anna")).header("accept-encoding", "gzip").send().await.with(200);
    assert_eq!(short.header("content-encoding"), "gzip");
    let refused = served.get("/api/v1/accounts/none", &rep("anna")).header("accept-encoding", "gzip").send().await;
    let refused = refused.with(404);
    assert_eq!((refused.header("content-encoding"), refused.text.is_empty()), ("gzip", false));
}
