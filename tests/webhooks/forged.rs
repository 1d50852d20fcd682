//! Messages that are not from the CRM, not from now, or not new: every one is refused and changes nothing.

use crate::{
    crm::{Crm, Signed},
    endpoint::Endpoint,
    fakes::{admin, hook, pass},
};
use account_swap::app::webhooks::{self, Rotation};
use serde_json::{Value, json};
use standardwebhooks::Webhook;

fn applied(request: &Value) -> Value {
    let legs = json!([{"account": "anna-0", "owner": "ben"}, {"account": "ben-0", "owner": "anna"}]);
    json!({"type": "handover.applied", "data": {"request": request["request"], "legs": legs}})
}

#[actix_web::test]
async fn the_same_bytes_a_second_time_are_refused_and_an_honest_repeat_is_answered_as_before() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        let body = applied(&request);
        let now = crm.clock.now().timestamp();
        let first = crm.sign_as("msg_1", now, &body);
        assert_eq!(crm.send(&first).await.with(200).json()["outcome"], "carried_out", "{}", crm.world.name);
        for _ in 0..2 {
            assert_eq!(crm.send(&first).await.with(409).code(), "replayed", "{}", crm.world.name);
        }
        pass(&crm.clock, 2);
        assert_eq!(crm.send(&first).await.with(409).code(), "replayed");
        let again = crm.sign_as("msg_1", now + 60, &body);
        assert_eq!(crm.send(&again).await.with(200).json()["outcome"], "carried_out", "the first answer");
        assert_eq!(crm.send(&again).await.with(409).code(), "replayed", "once each");
        assert_eq!(crm.send(&crm.sign_as("msg_1", now + 59, &body)).await.with(409).code(), "replayed", "none older");
        let other = crm.sign_as("msg_1", now + 61, &json!({"type": "handover.refused", "data": body["data"]}));
        assert_eq!(crm.send(&other).await.with(409).code(), "id_reused", "{}", crm.world.name);
        // Long after the tolerance, and still before the ids are forgotten.
        pass(&crm.clock, 60 * 24 * 13);
        assert_eq!(crm.send(&first).await.with(401).code(), "not_signed", "{}", crm.world.name);
        let late = crm.sign_as("msg_1", crm.clock.now().timestamp(), &body);
        assert_eq!(crm.send(&late).await.with(200).json()["outcome"], "carried_out", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn what_is_stale_or_signed_otherwise_is_refused_and_changes_nothing() {
    for crm in Crm::asked().await {
        let ours = crm.endpoint.got().remove(0);
        let request = ours.json()["data"].clone();
        let body = applied(&request);
        let now = crm.clock.now().timestamp();
        let good = || crm.sign_as("msg_1", now, &body);
        let by = |secret: &str| {
            let text = body.to_string();
            let signature = Webhook::new(secret).unwrap().sign("msg_1", now, text.as_bytes()).unwrap();
            Signed { id: "msg_1".to_owned(), at: now, signature, body: text }
        };
        let stranger = Endpoint::saying(200);
        let (other_hook, other) = hook(&crm.world, &stranger, &[]);
        let reflected = Signed {
            id: ours.id().to_owned(),
            at: ours.header("webhook-timestamp").parse().unwrap(),
            signature: ours.header("webhook-signature").to_owned(),
            body: ours.body.clone(),
        };
        let forged = [
            ("301 seconds old", crm.sign_as("msg_1", now - 301, &body)),
            ("an hour old", crm.sign_as("msg_1", now - 3600, &body)),
            ("a year old", crm.sign_as("msg_1", now - 31_536_000, &body)),
            ("301 seconds ahead", crm.sign_as("msg_1", now + 301, &body)),
            ("from before time began", crm.sign_as("msg_1", 0, &body)),
            ("another id", Signed { id: "msg_2".to_owned(), ..good() }),
            ("another time", Signed { at: now - 1, ..good() }),
            ("another body", Signed { body: good().body.replace("ben", "anna"), ..good() }),
            ("a longer body", Signed { body: good().body + " ", ..good() }),
            ("no body", Signed { body: String::new(), ..good() }),
            ("no signature", Signed { signature: String::new(), ..good() }),
            ("half a signature", Signed { signature: good().signature[..20].to_owned(), ..good() }),
            ("a version nobody knows", Signed { signature: good().signature.replace("v1,", "v9,"), ..good() }),
            (
                "a version that is not ours to check",
                Signed { signature: good().signature.replace("v1,", "v1a,"), ..good() },
            ),
            ("an id with a full stop", crm.sign_as("msg.1", now, &body)),
            ("an id without end", crm.sign_as(&"m".repeat(200), now, &body)),
            ("the secret of what goes out", by(&crm.secrets.secret)),
            ("the secret of another endpoint", by(&other.callback_secret)),
            ("our own message sent back", reflected),
        ];
        for (what, forged) in &forged {
            assert_eq!(crm.send(forged).await.with(401).code(), "not_signed", "{}: {what}", crm.world.name);
        }
        assert_eq!(crm.send_to(other_hook.id, &good()).await.with(401).code(), "not_signed", "another endpoint");
        let nobody = "5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47".parse().unwrap();
        assert_eq!(crm.send_to(nobody, &good()).await.with(401).code(), "not_signed", "no endpoint");
        for missing in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let signed = good();
            let mut ask =
                crm.served.ask(reqwest::Method::POST, &format!("/api/v1/callbacks/{}", crm.hook), Some(&admin()));
            for (name, value) in [
                ("webhook-id", &signed.id),
                ("webhook-timestamp", &signed.at.to_string()),
                ("webhook-signature", &signed.signature),
            ] {
                if name != missing {
                    ask = ask.header(name, value);
                }
            }
            let read = ask.body("application/json", signed.body).send().await;
            assert_eq!(read.with(401).code(), "not_signed", "without {missing}, whatever the token");
        }
        assert_eq!(crm.state(), "executing", "{}", crm.world.name);
        assert_eq!(
            crm.send(&good()).await.with(200).json()["outcome"],
            "carried_out",
            "{}: none used the id up",
            crm.world.name
        );
    }
}

#[actix_web::test]
async fn what_is_signed_and_makes_no_sense_is_refused_and_changes_nothing() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        let id = &request["request"];
        let word = |account: &str| json!([{"account": account, "owner": "ben"}]);
        let twice = json!([{"account": "anna-0", "owner": "ben"}, {"account": "anna-0", "owner": "ben"}]);
        for (body, status) in [
            (json!({}), 422),
            (json!([]), 422),
            (json!("handover.applied"), 422),
            (json!({"type": "handover.execute", "data": {"request": id, "legs": word("anna-0")}}), 422),
            (json!({"type": "handover.applied", "data": {"request": id}}), 422),
            (json!({"type": "handover.applied", "data": {"request": id, "legs": []}}), 422),
            (json!({"type": "handover.applied", "data": {"request": id, "legs": word("cora-0")}}), 422),
            (json!({"type": "handover.applied", "data": {"request": id, "legs": twice}}), 422),
            (json!({"type": "handover.applied", "data": {"request": id, "legs": [{"account": "anna-0"}]}}), 422),
            (json!({"type": "handover.applied", "data": {"request": "x", "legs": word("anna-0")}}), 422),
            (json!({"type": "handover.applied", "data": {"request": crm.hook, "legs": word("anna-0")}}), 404),
        ] {
            crm.send(&crm.sign(&body)).await.with(status);
        }
        assert_eq!(crm.state(), "executing", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn only_who_was_asked_may_answer() {
    for crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        let portal = Endpoint::saying(200);
        let (made, secrets) = hook(&crm.world, &portal, &[]);
        let (body, now) = (applied(&request).to_string(), crm.clock.now().timestamp());
        let signature = Webhook::new(&secrets.callback_secret).unwrap().sign("m", now, body.as_bytes()).unwrap();
        let signed = Signed { id: "m".to_owned(), at: now, signature, body };
        assert_eq!(crm.send_to(made.id, &signed).await.with(403).code(), "not_allowed", "{}", crm.world.name);
        assert_eq!(crm.state(), "executing");
    }
}

#[actix_web::test]
async fn either_secret_counts_while_they_are_rotated_and_then_only_the_new_one() {
    for mut crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        let word = |account: &str, owner: &str| {
            let legs = json!([{"account": account, "owner": owner}]);
            json!({"type": "handover.applied", "data": {"request": request["request"], "legs": legs}})
        };
        let seen = crm.world.store.read(|reader| webhooks::one(reader, &admin(), crm.hook)).unwrap().version;
        let settings = &crm.world.settings;
        let asked = Rotation::default();
        let rotated =
            crm.world.store.write(|writer| webhooks::rotate(writer, settings, &admin(), crm.hook, &asked, seen));
        let (_, fresh) = rotated.unwrap();
        crm.send(&crm.sign(&word("anna-0", "ben"))).await.with(200);
        pass(&crm.clock, 24 * 60 + 1);
        crm.send(&crm.sign(&word("ben-0", "anna"))).await.with(401);
        crm.secrets = fresh;
        let taken = crm.send(&crm.sign(&word("ben-0", "anna"))).await.with(200).json();
        assert_eq!(taken["outcome"], "carried_out", "{}", crm.world.name);
    }
}

#[actix_web::test]
async fn a_leaked_secret_counts_no_more_from_the_moment_it_is_rotated_away() {
    for mut crm in Crm::asked().await {
        let request = crm.requests().remove(0);
        let (store, settings) = (&crm.world.store, &crm.world.settings);
        let (mut old, mut secrets) = (Vec::new(), crm.secrets.clone());
        // The first rotation keeps the old ones for a day; the second is to forget those as well.
        for at_once in [false, true] {
            old.push(secrets);
            let seen = store.read(|reader| webhooks::one(reader, &admin(), crm.hook)).unwrap().version;
            let asked = Rotation { at_once };
            let rotated = store.write(|writer| webhooks::rotate(writer, settings, &admin(), crm.hook, &asked, seen));
            let (view, fresh) = rotated.unwrap();
            assert_eq!(view.previous_until.is_some(), !at_once, "{}", crm.world.name);
            secrets = fresh;
        }
        for leaked in old {
            crm.secrets = leaked;
            let forged = crm.sign(&applied(&request));
            assert_eq!(crm.send(&forged).await.with(401).code(), "not_signed", "{}", crm.world.name);
        }
        crm.secrets = secrets;
        let taken = crm.send(&crm.sign(&applied(&request))).await.with(200).json();
        assert_eq!(taken["outcome"], "carried_out", "{}", crm.world.name);
    }
}
