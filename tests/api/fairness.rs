//! The fairness report and a proposal's money over HTTP: what comes back, in which form, and what is refused.

use crate::{
    common::databases::{databases, sqlite},
    fixture::{World, manager, rep, who},
    served::Served,
};
use account_swap::domain::principal::Role;
use serde_json::json;

#[actix_web::test]
async fn one_report_has_three_forms() {
    for database in databases() {
        let world = World::new(database, 1);
        world.submit("anna-0");
        world.submit("ben-0");
        let run = world.run("2026-03-02").id;
        let served = Served::start(&world).await;
        let root = who("root", Role::Admin);
        let path = format!("/api/v1/reports/fairness?run={run}");
        let value = served.get(&path, &root).send().await.with(200);
        assert_eq!(value.header("content-type"), "application/json");
        let value = value.json();
        assert_eq!(value["accounts"]["proposed"], 2, "{}", world.name);
        assert_eq!((&value["gains"], &value["gains_withheld"]), (&json!(null), &json!("fewer_than_five")));
        let table = served.get(&format!("{path}&format=csv"), &root).send().await.with(200);
        assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
        assert!(table.text.starts_with("section,figure,value,unit\r\n"), "{}", table.text);
        let picture = served.get(&format!("{path}&format=svg"), &root).send().await.with(200);
        assert_eq!(picture.header("content-type"), "image/svg+xml");
        assert!(picture.text.contains("<title id=\"title\">Fairness of the run of 2026-03-02, everybody</title>"));
    }
}

#[actix_web::test]
async fn a_report_is_of_a_run_or_of_a_quarter() {
    let world = World::new(sqlite(), 1);
    let served = Served::start(&world).await;
    let root = who("root", Role::Admin);
    let ask = |query: &str, who| {
        let path = format!("/api/v1/reports/fairness?{query}");
        served.get(&path, who).send()
    };
    assert_eq!(ask("", &root).await.with(400).code(), "query_unusable");
    let run = "run=5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47";
    assert_eq!(ask(&format!("{run}&quarter=2026-Q1"), &root).await.with(400).code(), "query_unusable");
    assert_eq!(ask("quarter=2026-Q5", &root).await.with(400).code(), "query_unusable");
    assert_eq!(ask("quarter=2026-Q1&format=pdf", &root).await.with(400).code(), "query_unusable");
    ask(run, &root).await.with(404);
    ask("quarter=2026-Q1", &root).await.with(200);
    let mona = manager("mona");
    ask("quarter=2026-Q1", &mona).await.with(403);
    ask("quarter=2026-Q1&team=north", &mona).await.with(200);
}

#[actix_web::test]
async fn each_party_sees_the_own_side_of_the_money_and_the_manager_both() {
    for database in databases() {
        let world = World::new(database, 1);
        let id = world.propose(1)[0].id;
        let served = Served::start(&world).await;
        let path = format!("/api/v1/proposals/{id}/money");
        let own = served.get(&path, &rep("anna")).send().await.with(200).json();
        assert_eq!((&own["view"], &own["net_cents"]), (&json!("party"), &json!(0)), "{}", world.name);
        assert_eq!(own["lines"].as_array().unwrap().len(), 2);
        assert!(!own.to_string().contains("\"ben\""), "a colleague's name stands in no party's statement: {own}");
        let both = served.get(&path, &manager("mona")).send().await.with(200).json();
        assert_eq!(both["view"], "manager");
        assert_eq!(both["sides"][1]["rep"], "ben");
        served.get(&path, &rep("cora")).send().await.with(404);
    }
}
