//! Many who deliver at once, and one who dies at it: each event arrives at least once and none overtakes.

use crate::{
    common::databases::databases,
    endpoint::{Endpoint, Reply},
    fakes::{deliver, deliverer, hook, pass, round, send_out, view, world},
};
use account_swap::{
    app::deliver::Sent,
    domain::ids::Version,
    store::{Store, deliveries},
};
use chrono::TimeDelta;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};

#[actix_web::test]
async fn deliverers_side_by_side_let_nothing_overtake_and_lose_nothing() {
    for database in databases() {
        let (mut world, clock) = world(database, 30);
        world.settings.webhooks.requests_at_once = 4;
        // Of each subject: what is under way, and whether two ever were.
        let under_way: Arc<Mutex<(BTreeSet<String>, u32, u64)>> = Arc::default();
        let seen = Arc::clone(&under_way);
        let endpoint = Endpoint::new(move |got| {
            let subject = got.subject();
            let turn = {
                let mut state = seen.lock().unwrap();
                state.1 += u32::from(!state.0.insert(subject.clone()));
                state.2 += 1;
                state.2
            };
            // Others have time to do wrong.
            std::thread::yield_now();
            seen.lock().unwrap().0.remove(&subject);
            // One in seven is not taken.
            Reply::Status(if turn % 7 == 0 { 503 } else { 200 })
        });
        hook(&world, &endpoint, &[]);
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
        assert_eq!(under_way.lock().unwrap().1, 0, "{}: two of one proposal at once", world.name);
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
        let held =
            world.store.write(|writer| deliveries::claim(writer, made.id, lease, TimeDelta::seconds(60), 16)).unwrap();
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
