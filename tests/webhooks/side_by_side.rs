//! Many who deliver at once, and one who dies at it: each event arrives at least once and none overtakes.

use crate::{
    common::databases::databases,
    endpoint::{Endpoint, Reply},
    fakes::{deliver, deliverer, hook, pass, round, send_out, sent_to, view, world},
};
use account_swap::{
    app::{calendar, deliver::Sent},
    domain::ids::{Version, WebhookId},
    store::{Store, StoreError, Writer, deliveries, webhooks},
};
use chrono::TimeDelta;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Barrier, Condvar, Mutex},
    thread,
    time::Duration,
};

/// How long a reply is held back for a second message that must not come. Whoever sends two sends them in one round.
const HELD_BACK: Duration = Duration::from_millis(30);

/// Takes hold of what is free, as a deliverer does.
fn claim(
    writer: &mut Writer<'_>,
    webhook: WebhookId,
    lease: Version,
    lasts: TimeDelta,
    at_once: i64,
) -> Result<deliveries::Claim, StoreError> {
    webhooks::hold(writer, webhook)?;
    let free: Vec<i64> = deliveries::free(writer, webhook, at_once)?.iter().map(|one| one.seq).collect();
    deliveries::claim(writer, webhook, lease, lasts, &free)
}

/// What an endpoint has seen.
#[derive(Default)]
struct Seen {
    /// The subjects of messages without a reply.
    under_way: BTreeSet<String>,
    /// How often two of one subject were.
    doubled: u32,
    turn: u64,
    /// How often each event was taken.
    taken: BTreeMap<String, u32>,
}

#[actix_web::test]
async fn deliverers_side_by_side_let_nothing_overtake_and_lose_nothing() {
    for database in databases() {
        let (mut world, clock) = world(database, 30);
        world.settings.webhooks.requests_at_once = 4;
        let seen: Arc<(Mutex<Seen>, Condvar)> = Arc::default();
        let own = Arc::clone(&seen);
        let endpoint = Endpoint::new(move |got| {
            let (seen, came) = &*own;
            let subject = got.subject();
            let mut state = seen.lock().unwrap();
            state.doubled += u32::from(!state.under_way.insert(subject.clone()));
            state.turn += 1;
            // One in seven is not taken.
            let is_taken = !state.turn.is_multiple_of(7);
            came.notify_all();
            // Others have time to do wrong.
            let doubled = state.doubled;
            let (mut state, _) = came.wait_timeout_while(state, HELD_BACK, |now| now.doubled == doubled).unwrap();
            state.under_way.remove(&subject);
            if is_taken {
                *state.taken.entry(got.id().to_owned()).or_default() += 1;
            }
            Reply::Status(if is_taken { 200 } else { 503 })
        });
        let (made, _) = hook(&world, &endpoint, &[]);
        let proposals = world.propose(30);
        for proposal in &proposals {
            send_out(&world, proposal.id);
        }
        let stores: Vec<Store> = (0..3).map(|_| crate::fixture::open(&world.settings, world.clock.as_ref())).collect();
        let deliverers: Vec<_> = stores
            .into_iter()
            .map(|store| account_swap::app::deliver::Deliverer::new(store, &world.settings))
            .collect();
        for _ in 0..300 {
            let [one, two, three] = [&deliverers[0], &deliverers[1], &deliverers[2]].map(|deliverer| deliverer.round());
            let (one, two, three) = futures_util::future::join3(one, two, three).await;
            if [one, two, three].iter().all(|sent| *sent.as_ref().unwrap() == Sent::default()) {
                pass(&clock, 6);
            }
            if world.store.read(deliveries::backlog).unwrap().0 == 0 {
                break;
            }
        }
        deliver(&world).await;
        let state = seen.0.lock().unwrap();
        assert_eq!(state.doubled, 0, "{}: two of one proposal at once", world.name);
        assert!(state.taken.values().all(|times| *times == 1), "{}: taken twice: {:?}", world.name, state.taken);
        let attempts: i32 = sent_to(&world, made.id).iter().map(|one| one.attempts).sum();
        assert_eq!(endpoint.got().len(), attempts as usize, "{}: each attempt is one message", world.name);
        let mut by_subject: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for got in endpoint.got() {
            let kinds = by_subject.entry(got.subject()).or_default();
            if kinds.last() != Some(&got.kind()) {
                kinds.push(got.kind());
            }
        }
        assert_eq!(by_subject.len(), proposals.len(), "{}", world.name);
        for (subject, kinds) in by_subject {
            assert_eq!(kinds, ["proposal.approved", "proposal.executing"], "{}: {subject}", world.name);
        }
    }
}

#[actix_web::test]
async fn what_somebody_held_who_died_is_sent_by_another_when_the_lease_is_over() {
    for database in databases() {
        let (world, clock) = world(database, 1);
        let endpoint = Endpoint::saying(200);
        let (made, _) = hook(&world, &endpoint, &[]);
        let proposal = world.propose(1)[0].id;
        send_out(&world, proposal);
        // Handed out and held, by one who is never heard of again.
        world.execute("UPDATE webhooks SET state = 'disabled'");
        assert_eq!(round(&world).await, Sent::default());
        world.execute("UPDATE webhooks SET state = 'active'");
        let lease = Version(uuid::Uuid::new_v4());
        let held = world.store.write(|writer| claim(writer, made.id, lease, TimeDelta::seconds(60), 16)).unwrap();
        assert_eq!(held.deliveries.len(), 1, "{}: only the oldest of a proposal is held", world.name);
        assert_eq!(deliver(&world).await, Sent::default(), "{}: nobody else sends it meanwhile", world.name);
        pass(&clock, 2);
        let living = deliverer(&world);
        let sent = living.round().await.unwrap();
        assert_eq!(sent.delivered, 1, "{}", world.name);
        // The dead one comes back: what it says of what it held does not count.
        let said = deliveries::Attempted::Failed { status: Some(500), error: String::new(), again_at: None };
        let counts = world
            .store
            .write(|writer| deliveries::settle(writer, made.id, lease, held.deliveries[0].seq, &said))
            .unwrap();
        assert!(!counts, "{}", world.name);
        deliver(&world).await;
        let kinds: Vec<String> = endpoint.got().iter().map(|got| got.kind()).collect();
        assert_eq!(kinds, ["proposal.approved", "proposal.executing"], "{}", world.name);
        assert_eq!(view(&world, made.id).failing_since, None);
    }
}

#[actix_web::test]
async fn all_together_hold_no_more_than_may_be_held_at_once() {
    for database in databases() {
        let (world, _) = world(database, 30);
        let endpoint = Endpoint::saying(200);
        let (made, _) = hook(&world, &endpoint, &["proposal.approved"]);
        world.execute("UPDATE webhooks SET state = 'disabled'");
        for proposal in world.propose(30) {
            send_out(&world, proposal.id);
        }
        round(&world).await;
        world.execute("UPDATE webhooks SET state = 'active'");
        let stores: Vec<Store> = (0..4).map(|_| crate::fixture::open(&world.settings, world.clock.as_ref())).collect();
        for turn in 0..50 {
            let together = Barrier::new(stores.len());
            thread::scope(|scope| {
                for store in &stores {
                    scope.spawn(|| {
                        together.wait();
                        let lease = Version(uuid::Uuid::new_v4());
                        let lasts = TimeDelta::seconds(60);
                        let held = store.write(|writer| claim(writer, made.id, lease, lasts, 4));
                        held.unwrap();
                    });
                }
            });
            let held = sent_to(&world, made.id).iter().filter(|one| one.attempts > 0).count();
            assert_eq!(held, 4, "{}: turn {turn}", world.name);
            world.execute("UPDATE deliveries SET attempts = 0, lease = NULL, leased_until = NULL");
        }
    }
}

#[actix_web::test]
async fn two_who_wake_up_at_once_ask_the_crm_again_once() {
    for database in databases() {
        let (world, clock) = world(database, 30);
        let proposals = world.propose(30);
        for proposal in &proposals {
            send_out(&world, proposal.id);
        }
        let stores: Vec<Store> = (0..3).map(|_| crate::fixture::open(&world.settings, world.clock.as_ref())).collect();
        let mut asked = Vec::new();
        for minutes in [15, 15, 30] {
            pass(&clock, minutes);
            let together = Barrier::new(stores.len());
            let turned: usize = thread::scope(|scope| {
                let turns: Vec<_> = stores
                    .iter()
                    .map(|store| {
                        scope.spawn(|| {
                            together.wait();
                            calendar::turn(store, &world.settings).unwrap().asked_again
                        })
                    })
                    .collect();
                turns.into_iter().map(|turn| turn.join().unwrap()).sum()
            });
            asked.push(turned);
        }
        assert_eq!(asked, [30, 30, 30], "{}", world.name);
    }
}
