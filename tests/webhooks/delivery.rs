//! One endpoint at a time: what it gets, in what order, how often, and when it gets no more.

use crate::{
    common::databases::databases,
    endpoint::{Endpoint, Got, Reply},
    fakes::{accept, admin, approve, deliver, deliverer, hook, hook_at, pass, round, send_out, state, view, world},
    fixture::rep,
};
use account_swap::{
    app::{
        decide,
        deliver::Sent,
        webhooks::{self, Replay, Rotation},
    },
    domain::decline::DeclineReason,
};
use std::collections::BTreeSet;

#[actix_web::test]
async fn an_event_arrives_signed_as_somebody_elses_library_checks_it() {
    for database in databases() {
        let (world, _) = world(database, 1);
        let endpoint = Endpoint::saying(204);
        let (_, secrets) = hook(&world, &endpoint, &[]);
        let proposal = world.propose(1)[0].id;
        send_out(&world, proposal);
        assert_eq!(deliver(&world).await, Sent { delivered: 2, ..Sent::default() }, "{}", world.name);
        let got = endpoint.got();
        let kinds: Vec<String> = got.iter().map(|got| got.kind()).collect();
        assert_eq!(kinds, ["proposal.approved", "proposal.executing"], "{}", world.name);
        for message in &got {
            assert!(message.is_signed_with(&secrets.secret), "{message:?}");
            assert!(!message.is_signed_with(&secrets.callback_secret), "{message:?}");
            let event = message.json();
            assert_eq!(event["specversion"], "1.0");
            assert_eq!(event["id"], message.id());
            assert_eq!(event["source"], "urn:account-swap");
            assert_eq!(event["subject"], format!("proposals/{proposal}"));
            assert_eq!(event["datacontenttype"], "application/json");
            assert!(event["time"].as_str().unwrap().ends_with('Z'), "{event}");
            assert_eq!(message.header("content-type"), "application/cloudevents+json; charset=utf-8");
        }
        let ids: BTreeSet<&str> = got.iter().map(|got| got.id()).collect();
        assert_eq!(ids.len(), 2);
        assert_eq!(got[0].json()["data"], serde_json::json!({"proposal": proposal, "status": "approved"}));
        assert_eq!(deliver(&world).await, Sent::default(), "what was taken is not sent again");
    }
}

#[actix_web::test]
async fn nobody_outside_hears_of_an_answer_before_the_batch_and_never_which_it_was() {
    for database in databases() {
        let (world, clock) = world(database, 3);
        let endpoint = Endpoint::saying(200);
        hook(&world, &endpoint, &[]);
        let [declined, expired, accepted] = [0, 1, 2].map({
            let made = world.propose(3);
            move |n: usize| made[n].id
        });
        let seen = world.party(&rep("ben"), declined).version;
        world
            .store
            .write(|writer| decide::decline(writer, &world.settings, &rep("ben"), declined, seen, DeclineReason::Other))
            .unwrap();
        for name in ["anna", "ben"] {
            accept(&world, name, accepted);
        }
        pass(&clock, 101 * 60);
        account_swap::app::sweep::sweep(&world.store).unwrap();
        assert_eq!([state(&world, declined), state(&world, expired)], ["declined", "expired"], "{}", world.name);
        assert_eq!(deliver(&world).await, Sent::default(), "{}: answers and ends are told to nobody", world.name);
        world.run("2030-01-01");
        deliver(&world).await;
        let about = |id| -> Vec<(String, serde_json::Value)> {
            let got = endpoint.got().into_iter().filter(|got| got.subject() == format!("proposals/{id}"));
            got.map(|got| (got.kind(), got.json()["data"]["status"].clone())).collect()
        };
        let expected = [("proposal.not_concluded".to_owned(), serde_json::json!("not_concluded"))];
        assert_eq!(about(declined), expected, "{}", world.name);
        assert_eq!(about(expired), expected, "{}: both ends look the same", world.name);
        let opinions = ["declined", "expired", "reason", "stars", "note", "vetoed", "anna", "ben"];
        for message in endpoint.got() {
            assert!(!opinions.iter().any(|word| message.body.contains(word)), "{}", message.body);
        }
    }
}

#[actix_web::test]
async fn an_undelivered_event_holds_up_its_own_proposal_and_no_other() {
    for database in databases() {
        let (world, clock) = world(database, 2);
        let made = world.propose(2);
        let (stuck, free) = (made[0].id, made[1].id);
        let endpoint =
            Endpoint::new(move |got| Reply::Status(if got.body.contains(&stuck.to_string()) { 500 } else { 200 }));
        let (made, _) = hook(&world, &endpoint, &[]);
        send_out(&world, stuck);
        send_out(&world, free);
        deliver(&world).await;
        let kinds = |id| -> Vec<String> {
            let got = endpoint.got().into_iter().filter(|got| got.subject() == format!("proposals/{id}"));
            got.map(|got| got.kind()).collect()
        };
        assert_eq!(kinds(stuck), ["proposal.approved"], "{}", world.name);
        assert_eq!(kinds(free), ["proposal.approved", "proposal.executing"], "{}", world.name);
        endpoint.now(|_| Reply::Status(200));
        assert_eq!(deliver(&world).await, Sent::default(), "it is not asked again at once");
        pass(&clock, 1);
        deliver(&world).await;
        assert_eq!(kinds(stuck), ["proposal.approved", "proposal.approved", "proposal.executing"], "{}", world.name);
        let got = endpoint.got();
        let own = |got: &&Got| got.kind() == "proposal.approved" && got.body.contains(&stuck.to_string());
        let sent: Vec<&Got> = got.iter().filter(own).collect();
        assert_eq!(sent[0].id(), sent[1].id(), "the same id each time");
        assert_eq!(sent[0].body, sent[1].body, "and the same bytes");
        assert_eq!(view(&world, made.id).failing_since, None, "{}", world.name);
    }
}

#[actix_web::test]
async fn a_dead_endpoint_is_asked_for_three_days_and_then_disabled_which_the_others_hear() {
    for database in databases() {
        let (world, clock) = world(database, 1);
        let (dead, alive) = (Endpoint::saying(500), Endpoint::saying(200));
        let ((dead_hook, _), _) = (hook(&world, &dead, &[]), hook(&world, &alive, &["webhook.disabled"]));
        let proposal = world.propose(1)[0].id;
        for name in ["anna", "ben"] {
            accept(&world, name, proposal);
        }
        approve(&world, proposal);
        let began = clock.now();
        let mut times = Vec::new();
        // Every five minutes of an hour, and then every half an hour of five days.
        for look in 0..250 {
            if round(&world).await.failed > 0 {
                times.push((clock.now() - began).num_minutes());
            }
            if view(&world, dead_hook.id).state.as_str() == "disabled" {
                break;
            }
            assert!(look < 249, "{}: it is never given up", world.name);
            pass(&clock, if look < 12 { 5 } else { 30 });
        }
        let view = view(&world, dead_hook.id);
        assert_eq!(view.disabled_because.map(|why| why.as_str()), Some("failing"), "{}", world.name);
        let waits: Vec<i64> = times.windows(2).map(|two| two[1] - two[0]).collect();
        let schedule = [0, 5, 30, 120, 300, 600, 840, 1200, 1440];
        assert!(times.len() >= 9, "{}: {times:?}", world.name);
        for (wait, least) in waits.iter().zip(schedule) {
            assert!((least - 30..=least * 6 / 5 + 30).contains(wait), "{}: {waits:?}", world.name);
        }
        let days = times.last().unwrap() / 60;
        assert!((72..=96).contains(&days), "{}: {days} hours", world.name);
        deliver(&world).await;
        let told: Vec<String> = alive.got().iter().map(|got| got.subject()).collect();
        assert_eq!(told, [format!("webhooks/{}", dead_hook.id)], "{}", world.name);
        let count = dead.got().len();
        pass(&clock, 60 * 48);
        deliver(&world).await;
        assert_eq!(dead.got().len(), count, "{}: nothing is sent to who is disabled", world.name);
        // Nothing was given up: it waits for who is enabled again.
        dead.now(|_| Reply::Status(200));
        world.store.write(|writer| webhooks::enable(writer, &admin(), dead_hook.id, view.version)).unwrap();
        dead.take();
        assert_eq!(deliver(&world).await.delivered, 1, "{}", world.name);
        assert_eq!(dead.got()[0].kind(), "proposal.approved", "{}", world.name);
    }
}

#[actix_web::test]
async fn who_is_gone_is_disabled_at_once_and_gets_what_has_waited_when_enabled() {
    for database in databases() {
        let (world, _) = world(database, 1);
        let endpoint = Endpoint::saying(410);
        let (made, _) = hook(&world, &endpoint, &[]);
        let proposal = world.propose(1)[0].id;
        send_out(&world, proposal);
        round(&world).await;
        let gone = view(&world, made.id);
        assert_eq!(gone.disabled_because.map(|why| why.as_str()), Some("gone"), "{}", world.name);
        endpoint.now(|_| Reply::Status(200));
        assert_eq!(deliver(&world).await, Sent::default());
        endpoint.take();
        world.store.write(|writer| webhooks::enable(writer, &admin(), made.id, gone.version)).unwrap();
        assert_eq!(deliver(&world).await.delivered, 2, "{}", world.name);
        let kinds: Vec<String> = endpoint.got().iter().map(|got| got.kind()).collect();
        assert_eq!(kinds, ["proposal.approved", "proposal.executing"], "{}: nothing is lost", world.name);
    }
}

#[actix_web::test]
async fn redirects_slow_answers_and_endless_ones_are_bounded() {
    for database in databases() {
        let (world, clock) = world(database, 1);
        let inside = Endpoint::saying(200);
        let endpoint = Endpoint::saying(200);
        hook(&world, &endpoint, &[]);
        let proposal = world.propose(1)[0].id;
        for name in ["anna", "ben"] {
            accept(&world, name, proposal);
        }
        approve(&world, proposal);
        let location = format!("Location: {}\r\n", inside.url());
        let bad = [301, 302, 303, 307, 308].map(|status| Reply::With(status, location.clone()));
        let slow =
            [Reply::Stall(""), Reply::Stall("HTTP/1.1 200 O"), Reply::Stall("HTTP/1.1 200 OK\r\nX: "), Reply::HangUp];
        let odd = [Reply::Status(100), Reply::Status(304), Reply::Endless("HTTP/1.1 200 OK\r\nX: ")];
        for reply in bad.into_iter().chain(slow).chain(odd) {
            let again = reply.clone();
            endpoint.now(move |_| again.clone());
            let began = std::time::Instant::now();
            let sent = round(&world).await;
            assert_eq!((sent.delivered, sent.failed), (0, 1), "{}: {reply:?}", world.name);
            assert!(began.elapsed().as_secs() < 10, "{}: {reply:?}", world.name);
            // Another event, so that the schedule of one does not end.
            world.execute("UPDATE deliveries SET attempts = 0");
            pass(&clock, 1);
        }
        assert!(inside.got().is_empty(), "{}: a redirect is not followed", world.name);
        endpoint.now(|_| Reply::Endless("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"));
        assert_eq!(round(&world).await.delivered, 1, "{}: the body is nobody's concern", world.name);
    }
}

#[actix_web::test]
async fn a_name_that_leads_inside_gets_no_connection() {
    for database in databases() {
        let (mut world, _) = world(database, 1);
        world.settings.webhooks.ports = vec![443, 8443, 9];
        let endpoint = Endpoint::saying(200);
        world.settings.webhooks.ports.push(endpoint.address.port());
        let url = format!("https://localhost:{}/hook", endpoint.address.port());
        let (made, _) = hook_at(&world, &url, &[]);
        let proposal = world.propose(1)[0].id;
        for name in ["anna", "ben"] {
            accept(&world, name, proposal);
        }
        approve(&world, proposal);
        assert_eq!(round(&world).await.failed, 1, "{}", world.name);
        assert!(endpoint.got().is_empty());
        let page = account_swap::app::Page { after: None, limit: 10 };
        let found = world.store.read(|reader| webhooks::list_deliveries(reader, &admin(), made.id, page)).unwrap();
        let error = found[0].last_error.clone().unwrap();
        assert!(error.contains("is for this machine"), "{}: {error}", world.name);
        // A change of settings after the endpoint was made counts at once.
        let plain = Endpoint::saying(200);
        hook(&world, &plain, &[]);
        world.settings.webhooks.allowed_hosts.clear();
        world.run("2030-01-01");
        round(&world).await;
        assert!(plain.got().is_empty(), "{}", world.name);
    }
}

#[actix_web::test]
async fn while_secrets_are_rotated_a_message_carries_two_signatures() {
    for database in databases() {
        let (world, clock) = world(database, 3);
        let endpoint = Endpoint::saying(200);
        let (made, old) = hook(&world, &endpoint, &[]);
        let proposals: Vec<_> = world.propose(2).iter().map(|proposal| proposal.id).collect();
        let (after, new) = world
            .store
            .write(|writer| {
                webhooks::rotate(writer, &world.settings, &admin(), made.id, &Rotation::default(), made.version)
            })
            .unwrap();
        assert_ne!(old.secret, new.secret);
        assert!(after.previous_until.is_some());
        for name in ["anna", "ben"] {
            accept(&world, name, proposals[0]);
        }
        approve(&world, proposals[0]);
        deliver(&world).await;
        let both = endpoint.take().pop().unwrap();
        assert!(both.is_signed_with(&old.secret) && both.is_signed_with(&new.secret), "{}", world.name);
        assert_eq!(both.header("webhook-signature").split(' ').count(), 2);
        // A day and a minute later; the library goes by its own clock, so the words are counted.
        pass(&clock, 24 * 60 + 1);
        for name in ["anna", "ben"] {
            accept(&world, name, proposals[1]);
        }
        approve(&world, proposals[1]);
        deliver(&world).await;
        let one = endpoint.take().pop().unwrap();
        assert_eq!(one.header("webhook-signature").split(' ').count(), 1, "{}", world.name);
        let at = one.header("webhook-timestamp").parse().unwrap();
        let expected = standardwebhooks::Webhook::new(&new.secret).unwrap().sign(one.id(), at, one.body.as_bytes());
        assert_eq!(one.header("webhook-signature"), expected.unwrap(), "{}", world.name);
    }
}

#[actix_web::test]
async fn an_administrator_has_events_sent_again_with_their_ids() {
    for database in databases() {
        let (world, clock) = world(database, 1);
        let endpoint = Endpoint::saying(200);
        let (made, _) = hook(&world, &endpoint, &[]);
        let began = clock.now();
        let proposal = world.propose(1)[0].id;
        send_out(&world, proposal);
        deliver(&world).await;
        let first: Vec<String> = endpoint.take().iter().map(|got| got.id().to_owned()).collect();
        pass(&clock, 10);
        let asked = Replay { since: began, until: None };
        let replayed =
            world.store.write(|writer| webhooks::replay(writer, &admin(), made.id, &asked, made.version)).unwrap();
        assert_eq!(replayed.events, 2, "{}", world.name);
        deliver(&world).await;
        let second: Vec<String> = endpoint.take().iter().map(|got| got.id().to_owned()).collect();
        assert_eq!(first, second, "{}", world.name);
        // One that came later takes what was before it by asking for it.
        let late = Endpoint::saying(200);
        let (late_hook, _) = hook(&world, &late, &[]);
        world
            .store
            .write(|writer| webhooks::replay(writer, &admin(), late_hook.id, &asked, late_hook.version))
            .unwrap();
        deliver(&world).await;
        assert_eq!(late.got().len(), 2, "{}", world.name);
    }
}

#[actix_web::test]
async fn kinds_that_name_a_person_go_only_to_who_names_them() {
    for database in databases() {
        let (world, _) = world(database, 1);
        let (all, named) = (Endpoint::saying(200), Endpoint::saying(200));
        hook(&world, &all, &[]);
        hook(&world, &named, &["handover.execute", "reminder.approval_due"]);
        let proposal = world.propose(1)[0].id;
        send_out(&world, proposal);
        deliver(&world).await;
        assert!(all.got().iter().all(|got| got.kind() != "handover.execute"), "{}", world.name);
        let got = named.got();
        assert_eq!(got.len(), 1, "{}: {got:?}", world.name);
        let event = got[0].json();
        let mut legs = event["data"]["legs"].as_array().unwrap().clone();
        legs.sort_by_key(|leg| leg["account"].as_str().unwrap().to_owned());
        assert_eq!(
            serde_json::json!(legs),
            serde_json::json!([
                {"account": "anna-0", "expected_owner": "anna", "new_owner": "ben"},
                {"account": "ben-0", "expected_owner": "ben", "new_owner": "anna"},
            ])
        );
        assert_eq!(event["data"]["way"], "there");
        assert_eq!(event["data"]["proposal"], proposal.to_string());
    }
}

#[actix_web::test]
async fn what_only_one_message_meets_is_given_up_after_three_days_and_the_next_goes_on() {
    for database in databases() {
        let (world, clock) = world(database, 2);
        let made = world.propose(2);
        // It chokes on one event of one proposal, and takes everything else.
        let endpoint = Endpoint::new(|got| Reply::Status(if got.kind() == "proposal.approved" { 400 } else { 200 }));
        hook(&world, &endpoint, &[]);
        send_out(&world, made[0].id);
        let mut given_up = 0;
        for _ in 0..40 {
            given_up += deliver(&world).await.given_up;
            // Something else that it takes meanwhile, so that it is not dead.
            world.execute("UPDATE webhooks SET failing_since = NULL");
            pass(&clock, 180);
        }
        assert_eq!(given_up, 1, "{}", world.name);
        let kinds: Vec<String> = endpoint.got().iter().map(|got| got.kind()).collect();
        assert_eq!(kinds.iter().filter(|kind| *kind == "proposal.approved").count(), 10, "{}: {kinds:?}", world.name);
        assert_eq!(kinds[10], "proposal.executing", "{}: and then the next", world.name);
    }
}

#[actix_web::test]
async fn what_is_settled_is_known_for_a_month_and_then_forgotten() {
    for database in databases() {
        let (world, clock) = world(database, 1);
        let endpoint = Endpoint::saying(200);
        let (made, _) = hook(&world, &endpoint, &[]);
        send_out(&world, world.propose(1)[0].id);
        deliver(&world).await;
        let known = || {
            let page = account_swap::app::Page { after: None, limit: 10 };
            world.store.read(|reader| webhooks::list_deliveries(reader, &admin(), made.id, page)).unwrap().len()
        };
        pass(&clock, 29 * 24 * 60);
        deliverer(&world).tidy().unwrap();
        assert_eq!(known(), 2, "{}", world.name);
        pass(&clock, 2 * 24 * 60);
        deliverer(&world).tidy().unwrap();
        assert_eq!(known(), 0, "{}", world.name);
        assert_eq!(deliver(&world).await, Sent::default(), "{}: and not sent again", world.name);
    }
}

#[actix_web::test]
async fn what_a_disabled_endpoint_takes_waits_for_it_for_a_month() {
    for (days, arrive) in [(29, 2), (31, 0)] {
        for database in databases() {
            let (world, clock) = world(database, 1);
            let endpoint = Endpoint::saying(200);
            let (made, _) = hook(&world, &endpoint, &[]);
            world.store.write(|writer| webhooks::disable(writer, &admin(), made.id, made.version)).unwrap();
            send_out(&world, world.propose(1)[0].id);
            deliver(&world).await;
            pass(&clock, days * 24 * 60);
            deliverer(&world).tidy().unwrap();
            let seen = view(&world, made.id).version;
            world.store.write(|writer| webhooks::enable(writer, &admin(), made.id, seen)).unwrap();
            assert_eq!(deliver(&world).await.delivered, arrive, "{}: after {days} days", world.name);
            assert_eq!(endpoint.got().len(), arrive, "{}: after {days} days", world.name);
        }
    }
}
