//! An endpoint that is changed while something is on its way to it.

use crate::{
    common::databases::databases,
    endpoint::{Endpoint, Reply},
    fakes::{accept, admin, approve, deliver, hook, pass, round, send_out, sent_to, view, world},
};
use account_swap::{
    app::webhooks::{self, WebhookChange},
    domain::ids::Version,
    store::webhooks as kept,
};

#[actix_web::test]
async fn what_the_old_address_answers_is_not_held_against_the_new_one() {
    for status in [500, 410] {
        for database in databases() {
            let (world, clock) = world(database, 1);
            let (old, new) = (Endpoint::saying(500), Endpoint::saying(200));
            let (made, _) = hook(&world, &old, &[]);
            let proposal = world.propose(1)[0].id;
            for name in ["anna", "ben"] {
                accept(&world, name, proposal);
            }
            approve(&world, proposal);
            // Dead for so long that the next failure is the last.
            while clock.now() - made.created_at < chrono::Duration::hours(72) {
                round(&world).await;
                pass(&clock, 60);
            }
            let change = WebhookChange { url: Some(new.url()), ..WebhookChange::default() };
            let (store, settings) = (world.store.clone(), world.settings.clone());
            let id = made.id;
            old.now(move |_| {
                // The administrator is faster than the answer.
                let changed = store.write(|writer| {
                    let seen = webhooks::one(writer, &admin(), id)?.version;
                    webhooks::change(writer, &settings, &admin(), id, &change, seen)
                });
                assert_eq!(changed.unwrap().failing_since, None);
                Reply::Status(status)
            });
            pass(&clock, 24 * 60);
            round(&world).await;
            let seen = view(&world, made.id);
            let stands = (seen.state.as_str(), seen.disabled_because, seen.failing_since);
            assert_eq!(stands, ("active", None, None), "{}: {status}", world.name);
            assert_eq!(deliver(&world).await.delivered, 1, "{}: {status}: at once", world.name);
            assert_eq!(new.got().len(), 1, "{}: {status}", world.name);
        }
    }
}

#[actix_web::test]
async fn another_address_is_tried_at_once_and_has_not_failed() {
    for database in databases() {
        let (world, clock) = world(database, 1);
        let (old, new) = (Endpoint::saying(500), Endpoint::saying(200));
        let (made, _) = hook(&world, &old, &[]);
        send_out(&world, world.propose(1)[0].id);
        for _ in 0..6 {
            round(&world).await;
            pass(&clock, 240);
        }
        round(&world).await;
        let change = WebhookChange { url: Some(new.url()), ..WebhookChange::default() };
        let seen = view(&world, made.id).version;
        let changed = world
            .store
            .write(|writer| webhooks::change(writer, &world.settings, &admin(), made.id, &change, seen))
            .unwrap();
        assert_eq!(changed.failing_since, None, "{}", world.name);
        assert_eq!(view(&world, made.id).failing_since, None, "{}", world.name);
        assert_eq!(deliver(&world).await.delivered, 2, "{}", world.name);
    }
}

#[actix_web::test]
async fn kinds_that_are_taken_no_more_are_not_sent_even_where_they_waited() {
    for database in databases() {
        let (world, clock) = world(database, 1);
        let endpoint = Endpoint::saying(500);
        let (made, _) = hook(&world, &endpoint, &["handover.execute", "proposal.executing"]);
        send_out(&world, world.propose(1)[0].id);
        round(&world).await;
        let change =
            WebhookChange { kinds: Some(["proposal.executing".parse().unwrap()].into()), ..WebhookChange::default() };
        let seen = view(&world, made.id).version;
        world
            .store
            .write(|writer| webhooks::change(writer, &world.settings, &admin(), made.id, &change, seen))
            .unwrap();
        endpoint.now(|_| Reply::Status(200));
        endpoint.take();
        pass(&clock, 60);
        deliver(&world).await;
        let kinds: Vec<String> = endpoint.got().iter().map(|got| got.kind()).collect();
        assert_eq!(kinds, ["proposal.executing"], "{}", world.name);
        assert_eq!(sent_to(&world, made.id).len(), 1, "{}: and it is not listed as waiting", world.name);
    }
}

#[actix_web::test]
async fn a_change_that_was_read_before_a_failure_does_not_forget_the_failure() {
    for database in databases() {
        let (world, _) = world(database, 1);
        let endpoint = Endpoint::saying(500);
        let (made, _) = hook(&world, &endpoint, &[]);
        let (before, keys) = world.store.read(|reader| kept::one(reader, made.id)).unwrap().unwrap();
        send_out(&world, world.propose(1)[0].id);
        round(&world).await;
        assert!(view(&world, made.id).failing_since.is_some(), "{}", world.name);
        let mut after = before.clone();
        (after.description, after.version) = ("the portal".to_owned(), Version(uuid::Uuid::new_v4()));
        world.store.write(|writer| kept::change(writer, &before, &after, &keys)).unwrap();
        let seen = view(&world, made.id);
        assert_eq!(seen.description, "the portal");
        assert!(seen.failing_since.is_some(), "{}", world.name);
    }
}
