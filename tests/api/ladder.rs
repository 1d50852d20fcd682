//! The ladder over HTTP: what a portal's form sends, and what it is told where it does not fit.

use crate::{
    common::databases::databases,
    fixture::{World, manager, rep},
    served::Served,
};
use serde_json::{Value, json};

fn answers(changes: Value) -> Value {
    let mut plain = json!({"just_me": "no", "our_mistake": "no", "wrong_information": "no", "chemistry": false,
        "abuse": null, "unreasonable_demands": false, "unethical_acts": false, "misfit": true, "tried": ["open_talk"]});
    plain.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    plain
}

#[actix_web::test]
async fn a_misfit_goes_from_a_draft_to_a_letter_and_a_wrong_answer_is_told_its_words() {
    for database in databases() {
        let world = World::new(database, 1);
        let served = Served::start(&world).await;
        let anna = rep("anna");
        let new = json!({"account": "anna-0", "stars": 1.5, "reasons": ["no_progress"]});
        let made = served.post("/api/v1/drafts", &anna).key("draft").json(&new).send().await.with(201);
        let (path, tag) = (made.header("location").to_owned(), made.header("etag").to_owned());
        assert_eq!(made.json()["state"], "draft", "{}", world.name);
        served.get(&format!("{path}/triage"), &anna).send().await.with(404);

        let ask = |key: &'static str, tag: &str, body: Value| {
            served.post(&format!("{path}/triage"), &anna).key(key).if_match(tag).json(&body).send()
        };
        let wrong = ask("wrong", &tag, answers(json!({"our_mistake": "maybe"}))).await.with(422);
        assert!(wrong.text.contains("one of no not_put_right put_right"), "{}", wrong.text);
        let mut missing = answers(json!({}));
        missing.as_object_mut().unwrap().remove("chemistry");
        assert!(ask("missing", &tag, missing).await.with(422).text.contains("chemistry"));
        ask("text", &tag, answers(json!({"note": "they are awful"}))).await.with(422);

        let advised = ask("right", &tag, answers(json!({}))).await.with(200);
        let view = advised.json();
        assert_eq!((&view["advice"], &view["rule"]), (&json!("swap"), &json!("misfit")), "{}", world.name);
        assert_eq!(view["reasons"][1], "The account is 100 % of the value of your book.");
        ask("stale", &tag, answers(json!({}))).await.with(412);
        assert_eq!(ask("right", &tag, answers(json!({}))).await.with(200).header("idempotency-replayed"), "true");

        let choose = served.post(&format!("{path}/path"), &anna).key("path").if_match(advised.header("etag"));
        let chosen = choose.json(&json!({"path": "part_ways"})).send().await.with(200);
        assert_eq!(chosen.json()["agreed"], false);
        let again = served.get(&format!("{path}/triage"), &anna).send().await.with(200);
        assert_eq!((again.json(), again.header("etag")), (chosen.json(), chosen.header("etag")));

        let mona = manager("mona");
        let all = served.get("/api/v1/partings", &mona).send().await.with(200).json();
        let parting = format!("/api/v1/partings/{}", all["items"][0]["id"].as_str().unwrap());
        let tag = served.get(&parting, &mona).send().await.with(200).header("etag").to_owned();
        let sign = served.post(&format!("{parting}/sign-off"), &mona).key("sign").if_match(&tag);
        let signed = sign.json(&json!({"alternatives": ["Rival & Sons, Pittsburgh"]})).send().await.with(200).json();
        assert!(signed["letter"].as_str().unwrap().contains("\nRival & Sons, Pittsburgh\n"));
        let seen = served.get(&path, &mona).send().await.with(200).json();
        assert_eq!(
            (&seen["state"], &seen["path"], &seen["stars"]),
            (&json!("parted"), &json!("part_ways"), &Value::Null)
        );
        assert_eq!(served.get(&parting, &anna).send().await.with(200).json(), signed, "{}", world.name);
    }
}
