//! For whoever runs the service and whoever reads about it.

use crate::{
    common::databases::{databases, sqlite},
    fixture::{World, rep},
    served::Served,
};
use account_swap::api::openapi;
use reqwest::Method;
use serde_json::Value;

#[actix_web::test]
async fn readiness_follows_the_schema() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start_with(&world, |settings| settings.database.migrate_at_start = false).await;
        let ready = || served.ask(Method::GET, "/readyz", None).send();
        assert_eq!(ready().await.with(200).text, "ready\n");
        world.store.revert().unwrap();
        assert_eq!(ready().await.with(503).code(), "not_ready", "{}", world.name);
        served.ask(Method::GET, "/healthz", None).send().await.with(200);
        world.store.migrate().unwrap();
        ready().await.with(200);
    }
}

#[actix_web::test]
async fn metrics_name_routes_and_nobody() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    served.get("/api/v1/accounts/anna-0", &rep("anna")).send().await.with(200);
    served.get("/api/v1/accounts/secret-7", &rep("anna")).send().await.with(404);
    let metrics = served.ask(Method::GET, "/metrics", None).send().await.with(200).text;
    assert!(metrics.contains("http_requests_total{route=\"/api/v1/accounts/{id}\",method=\"GET\",status=\"200\"}"));
    assert!(metrics.contains("http_request_duration_seconds_bucket"));
    assert!(metrics.contains("database_connections{state=\"idle\"}"));
    for name in ["anna", "secret-7"] {
        assert!(!metrics.contains(name), "{name} stands in the metrics");
    }
}

#[actix_web::test]
async fn the_document_is_served_as_it_is_printed() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let document = served.ask(Method::GET, "/api/openapi.json", None).send().await.with(200);
    assert_eq!(document.text, openapi::document_text());
    assert_eq!(document.json()["openapi"], "3.1.0");
}

#[test]
fn every_operation_documents_what_it_can_be_refused_with() {
    let document: Value = serde_json::from_str(openapi::document_text()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let has = |status: &str| operation["responses"].get(status).is_some();
            let is_post = method == "post";
            for status in ["401", "403", "429", "503"] {
                assert!(has(status), "{method} {path} lacks {status}");
            }
            for status in ["400", "404", "408", "409", "413", "415", "422", "507"] {
                assert!(!is_post || has(status), "{method} {path} lacks {status}");
            }
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let takes = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
            // A signed message has an id of its own, under which it counts once.
            assert_eq!(takes("Idempotency-Key") || takes("webhook-id"), is_post, "{method} {path}");
            assert_eq!(takes("If-Match"), has("428") && has("412"), "{method} {path}");
            assert_eq!(takes("If-None-Match"), has("304"), "{method} {path}");
            for word in ["operationId", "summary", "description", "tags"] {
                assert!(operation.get(word).is_some(), "{method} {path} lacks {word}");
            }
        }
    }
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let text = openapi::document_text();
    let document: Value = serde_json::from_str(text).unwrap();
    for (at, _) in text.match_indices("\"#/components/") {
        let pointer = text[at + 2..].split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

#[actix_web::test]
async fn the_reference_page_asks_nobody_else() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let get = |path: &str| served.ask(Method::GET, path, None).send();
    assert_eq!(get("/api/docs").await.with(308).header("location"), "/api/docs/");
    let page = get("/api/docs/").await.with(200);
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("connect-src 'self'"), "{policy}");
    assert!(!page.text.contains("://"), "{}", page.text);
    let files: Vec<&str> =
        page.text.split(['"']).filter(|text| text.starts_with("./") || text.ends_with(".css")).collect();
    assert!(files.len() > 4, "{files:?}");
    for file in files {
        get(&format!("/api/docs/{}", file.trim_start_matches("./"))).await.with(200);
    }
    let set_up = get("/api/docs/swagger-initializer.js").await.with(200).text;
    assert!(set_up.contains("\"/api/openapi.json\"") && set_up.contains("\"validatorUrl\": \"none\""), "{set_up}");
    assert!(!set_up.contains("://"), "{set_up}");
    get("/api/docs/nothing.js").await.with(404);
}
