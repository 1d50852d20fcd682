//! The service is killed at random moments while sixteen people write.
//!
//! Holds: after each kill the next process serves at once, what was acknowledged is there, and every request that had no
//! answer gets one under the same key; whoever listens hears of every event, in order of each thing; every invariant stands,
//! by the auditor.

use super::{
    clients::{begin_the_day, under_writers},
    listener::Listener,
    *,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{sync::atomic::Ordering, thread, time::Duration, time::Instant};

/// Kills the service so often; a kill comes after a random number of further requests.
fn kill_under_fire(name: &str, url: &str, kills: usize) {
    let seed = seed(name);
    let mut random = StdRng::seed_from_u64(seed);
    let program = Program::new(url);
    let company = company::found(&program, 40);
    let listener = Listener::of(&program);
    let mut watch = Watch::new(url, std::slice::from_ref(&program));
    let mut serving = program.serve();
    let scene = Scene::new(&serving.address);
    begin_the_day(&scene, &company);
    let (began, mut starting, mut auditing) = (Instant::now(), Duration::ZERO, Duration::ZERO);
    under_writers(&scene, &company, seed, || {
        for round in 1..=kills {
            let until = scene.sent.load(Ordering::SeqCst) + random.random_range(1..30);
            while scene.sent.load(Ordering::SeqCst) < until {
                // Nothing hangs on how long: the moment is to be random.
                thread::sleep(Duration::from_micros(500));
            }
            serving.kill();
            let killed = Instant::now();
            serving = program.serve();
            scene.moves_to(&serving.address);
            starting += killed.elapsed();
            // Every one in the long form; reading all books is what takes the time.
            if is_long() || round % 10 == 0 || round == kills {
                let stopped = Instant::now();
                watch.expect_nothing(&scene, &format!("{name}, kill {round}"));
                auditing += stopped.elapsed();
            }
        }
    });
    let took = began.elapsed().as_secs_f64();
    let told_until = Instant::now() + Duration::from_secs(120);
    while !Listener::has_all(watch.expect_nothing(&scene, "after all")) {
        assert!(Instant::now() < told_until, "{name}: somebody is told for ever");
        thread::sleep(Duration::from_millis(500));
    }
    drop(serving);
    let told = listener.expect_all_in_order(&watch.earlier, name);
    let (last, audits) = (&watch.earlier, watch.audits);
    let verified = verified(&program, last);
    assert!(verified.iter().all(|(_, is_made_again)| *is_made_again), "{name}: {verified:?}");
    let log = scene.log.lock().expect("nobody panics with it");
    let acknowledged = log.iter().filter(|one| one.is_acknowledged()).count();
    let unanswered = log.iter().filter(|one| one.answer.is_none()).count();
    let internal: Vec<_> = log.iter().filter(|one| matches!(one.answer, Some((500, _)))).collect();
    println!(
        "{name}: {kills} kills in {took:.0} s: {:.2} s each, of which {:.2} s until somebody serves again and {:.2} s for audits; {} requests, {acknowledged} acknowledged, {unanswered} without an answer, {} runs \
         made again, {} proposals, {} of them moved, {told} events in {} messages; {audits} audits, no violation",
        took / kills as f64,
        starting.as_secs_f64() / kills as f64,
        auditing.as_secs_f64() / kills as f64,
        log.len(),
        verified.len(),
        last.proposals.len(),
        count(last, &["on_trial", "completed"]),
        listener.count(),
    );
    assert!(told > kills, "{name}: there was little to tell: {told}");
    assert!(internal.is_empty(), "{name}: an end is no internal error: {internal:#?}");
    assert!(acknowledged > kills && unanswered > 0, "{name}: the kills met nobody");
    assert!(count(last, &["on_trial"]) > 0, "{name}: nothing changed hands");
}

#[test]
fn killing_the_service_under_sixteen_writers_loses_and_doubles_nothing_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    kill_under_fire("sqlite", &sqlite(&folder), rounds(200, 1000));
}

#[test]
fn killing_the_service_under_sixteen_writers_loses_and_doubles_nothing_on_postgres() {
    let cluster = Cluster::start();
    let url = cluster.create("fire");
    kill_under_fire("postgres", &url, rounds(200, 1000));
}
