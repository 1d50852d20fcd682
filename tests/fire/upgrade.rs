//! The schema changes under everybody's hands, and replicas are replaced one after the other.
//!
//! The schema before is that of the newest migration taken back, which is one that this program can do without. Should a
//! newest migration come that it cannot, the one before has to serve here, by the program of the release before.
//! Holds: nobody is told of an internal error, whoever migrates comes to an end, what a server acknowledged before it was
//! stopped is there, and every invariant stands.

use super::{
    clients::{begin_the_day, under_writers},
    *,
};
use std::{sync::atomic::Ordering, thread, time::Duration};

fn upgrade_under_fire(name: &str, url: &str, upgrades: usize) {
    let seed = seed(name);
    let mut program = Program::new(url);
    program.set("DATABASE__MIGRATE_AT_START", "false");
    let company = company::found(&program, 40);
    let mut watch = Watch::new(url, std::slice::from_ref(&program));
    let mut serving = program.serve();
    let scene = Scene::new(&serving.address);
    begin_the_day(&scene, &company);
    let newest = program.say(&["migrate", "--revert"]);
    under_writers(&scene, &company, seed, || {
        let everybody_asks = || {
            let until = scene.sent.load(Ordering::SeqCst) + 30;
            while scene.sent.load(Ordering::SeqCst) < until {
                thread::sleep(Duration::from_millis(1));
            }
        };
        for round in 1..=upgrades {
            everybody_asks();
            // Two who are to replace others, at once: one of them does it.
            let both = thread::scope(|scope| {
                let migrate = || program.say(&["migrate"]);
                let [one, other] = [scope.spawn(migrate), scope.spawn(migrate)];
                [one, other].map(|said| said.join().expect("it ends well"))
            });
            let did = both.iter().filter(|said| said.starts_with("ran ")).count();
            assert_eq!(did, 1, "{name}, round {round}: {both:?}");
            everybody_asks();
            // A SQLite file has one server at a time.
            if name == "sqlite" {
                serving.stop();
            }
            let next = program.serve();
            scene.moves_to(&next.address);
            if name == "postgres" {
                serving.stop();
            }
            serving = next;
            watch.expect_nothing(&scene, &format!("{name}, upgrade {round}"));
            if round < upgrades {
                everybody_asks();
                assert_eq!(program.say(&["migrate", "--revert"]), newest);
            }
        }
    });
    let last = watch.expect_nothing(&scene, "after all");
    let log = scene.log.lock().expect("nobody panics with it");
    let told_to_come_back = log.iter().filter(|one| matches!(one.answer, Some((503, _)))).count();
    println!(
        "{name}: {upgrades} upgrades and replaced servers, {} requests, {told_to_come_back} told to come back, {} on trial; no violation",
        log.len(),
        count(last, &["on_trial"])
    );
    let internal: Vec<_> = log.iter().filter(|one| matches!(one.answer, Some((500, _)))).collect();
    assert!(internal.is_empty(), "{name}: a new schema is no internal error: {internal:#?}");
}

#[test]
fn a_schema_changed_under_sixteen_writers_stops_nobody_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    upgrade_under_fire("sqlite", &sqlite(&folder), rounds(4, 50));
}

#[test]
fn a_schema_changed_under_sixteen_writers_stops_nobody_on_postgres() {
    let cluster = Cluster::start();
    let url = cluster.create("upgrade");
    upgrade_under_fire("postgres", &url, rounds(8, 100));
}
