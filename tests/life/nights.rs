//! Nights of several processes: signs of life, takeovers, waits after failures, shadows, and runs that are made again.
//!
//! The clock that counts is set by hand, so that what the clock of the process says is wrong in every test here.

use super::{
    day::code,
    fixture::{World, id, rep, who},
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Page, Refused,
        run::{self, Order, RunMode, Scope, Stage, verify},
        system,
    },
    domain::{
        ids::RunId,
        principal::{Principal, Role},
        travel::TravelSource,
    },
    store::{
        StoreError, audit,
        runs::{self, Claim, NewRun, RunState},
    },
};
use chrono::{Duration, NaiveDate};
use std::{cell::Cell, thread};
use uuid::Uuid;

fn root() -> Principal {
    who("root", Role::Admin)
}

fn date() -> NaiveDate {
    id("2026-03-02")
}

/// Two accounts that make one swap, by a clock that a test moves.
fn company(database: crate::common::databases::TestDatabase) -> (World, account_swap::store::HandClock) {
    let (world, clock) = World::new(database, 3).by_hand("2026-03-02T02:00:00Z");
    world.submit("anna-0");
    world.submit("ben-0");
    (world, clock)
}

fn run_watched(world: &World, watch: &dyn Fn(Stage)) -> Result<run::RunView, Refused> {
    run::run(&world.store, &world.settings, &root(), &Scope::Everybody, date(), watch)
}

/// Claims the run of the date as a process does that then dies.
fn claim(world: &World) -> Claim {
    let new = NewRun {
        id: RunId(Uuid::new_v4()),
        scope: run::EVERYBODY,
        business_date: date(),
        mode: RunMode::Live,
        started_by: "system",
        solver_version: "0.0.1",
        policy: "{}",
        lease: Duration::seconds(world.settings.night.lease_seconds.into()),
    };
    world.store.write(|writer| runs::claim(writer, &new)).unwrap()
}

fn kept(world: &World, id: RunId) -> runs::Run {
    world.store.read(|reader| runs::one(reader, id)).unwrap().unwrap()
}

fn all_runs(world: &World) -> Vec<runs::Run> {
    world.store.read(|reader| runs::list(reader, None, None, 100)).unwrap()
}

/// What was done to a run, in order.
fn deeds(world: &World, id: RunId) -> Vec<String> {
    let entries = world.store.read(|reader| audit::entries(reader, None, 0, 1000)).unwrap();
    entries.into_iter().filter(|entry| entry.subject_id == id.to_string()).map(|entry| entry.action).collect()
}

#[test]
fn a_run_whose_process_died_is_taken_over_when_its_lease_is_over_and_not_before() {
    for database in databases() {
        let (world, clock) = company(database);
        let dead = claim(&world);
        let lease = Duration::seconds(world.settings.night.lease_seconds.into());
        clock.move_by(lease);
        assert_eq!(code(run_watched(&world, &|_| {}).unwrap_err()), "run_exists", "{}", world.name);
        clock.move_by(Duration::milliseconds(1));
        let run = run_watched(&world, &|_| {}).unwrap();
        assert_eq!((run.id, run.state), (dead.id, "published"), "{}: the same run is finished", world.name);
        let kept = kept(&world, run.id);
        assert_eq!((kept.fence, kept.solver_version.as_str()), (2, env!("CARGO_PKG_VERSION")), "{}", world.name);
        assert_eq!(deeds(&world, run.id), ["take_over", "publish"], "{}", world.name);
        assert_eq!(world.proposals(&rep("anna")).len(), 1, "{}", world.name);

        let outcome = runs::Outcome { snapshot: b"{}".to_vec(), plan: b"{}".to_vec(), report: "{}".to_owned() };
        let late = world.store.write(|writer| match runs::publish(writer, dead, &outcome) {
            Err(StoreError::Raced) => Ok::<_, StoreError>("refused"),
            other => other.map(|()| "written"),
        });
        assert_eq!(late.unwrap(), "refused", "{}: a stale leader writes nothing", world.name);
        assert!(!world.store.write(|writer| runs::renew(writer, dead, lease)).unwrap(), "{}", world.name);
    }
}

#[test]
fn a_run_that_shows_signs_of_life_is_not_taken_over_however_long_it_takes() {
    for database in databases() {
        let (mut world, clock) = company(database);
        world.settings.night.lease_seconds = 1;
        let leases = Cell::new(0);
        let run = run_watched(&world, &|stage| {
            if stage != Stage::Plan {
                return;
            }
            let started = all_runs(&world)[0].id;
            while leases.get() < 5 {
                clock.move_by(Duration::milliseconds(900));
                while kept(&world, started).lease_until != clock.now() + Duration::seconds(1) {
                    thread::yield_now();
                }
                leases.set(leases.get() + 1);
                assert_eq!(code(run_watched(&world, &|_| {}).unwrap_err()), "run_exists", "{}", world.name);
            }
        });
        let run = run.unwrap();
        assert_eq!(kept(&world, run.id).fence, 1, "{}: it took four times its lease", world.name);
    }
}

#[test]
fn a_process_that_stood_still_past_its_lease_publishes_nothing() {
    for database in databases() {
        let (world, clock) = company(database);
        let lease = Duration::seconds(world.settings.night.lease_seconds.into());
        let late = run_watched(&world, &|stage| {
            if stage == Stage::Publish {
                clock.move_by(lease + Duration::seconds(1));
                run_watched(&world, &|_| {}).expect("another process takes it over and publishes");
            }
        });
        assert_eq!(code(late.unwrap_err()), "taken_over", "{}", world.name);
        let [only] = &all_runs(&world)[..] else { panic!("{}: not one run", world.name) };
        assert_eq!((only.state, only.fence), (RunState::Published, 2), "{}", world.name);
        assert_eq!(world.proposals(&rep("anna")).len(), 1, "{}", world.name);
        assert_eq!(deeds(&world, only.id), ["start", "take_over", "publish"], "{}", world.name);
    }
}

#[test]
fn a_clock_that_is_set_back_or_forward_gives_no_date_a_second_run() {
    for database in databases() {
        let (mut world, clock) = company(database);
        world.settings.night.time_zone = "Europe/Berlin".parse().unwrap();
        let night = || run::nightly(&world.store, &world.settings).unwrap();
        assert_eq!(night(), 1, "{}", world.name);
        for hours in [-1, 1, -24, 24, -720, 720, 1] {
            clock.move_by(Duration::hours(hours));
            night();
        }
        let mut dates: Vec<NaiveDate> = all_runs(&world).iter().map(|run| run.business_date).collect();
        let count = dates.len();
        dates.sort_unstable();
        dates.dedup();
        assert_eq!((dates.len(), count), (count, 3), "{}: {dates:?}", world.name);
    }
}

#[test]
fn a_night_that_fails_waits_twice_as_long_each_time_and_keeps_no_other_scope_waiting() {
    for database in databases() {
        let (mut world, clock) = company(database);
        world.settings.night.scopes = vec!["nowhere".to_owned(), "south".to_owned(), "all".to_owned()];
        let refused = run::nightly(&world.store, &world.settings).unwrap_err();
        assert_eq!(code(refused), "not_found", "{}", world.name);
        let scopes: Vec<String> = all_runs(&world).into_iter().map(|run| run.scope).collect();
        assert_eq!(scopes.len(), 2, "{}: {scopes:?}", world.name);

        clock.move_by(Duration::days(1));
        world.settings.night.scopes = vec!["all".to_owned()];
        world.settings.policy.scores.travel.sources = vec![TravelSource::Osrm];
        "http://127.0.0.1:1".clone_into(&mut world.settings.routing.osrm.url);
        world.settings.routing.retries = 0;
        let failed = || all_runs(&world).iter().filter(|run| run.state == RunState::Failed).count();
        world.submit("anna-1");
        world.submit("ben-1");
        let try_again = |world: &World| run::nightly(&world.store, &world.settings);
        for (number, wait) in [(1, 60), (2, 120), (3, 240)] {
            try_again(&world).unwrap_err();
            assert_eq!(failed(), number, "{}", world.name);
            clock.move_by(Duration::seconds(wait - 1));
            assert_eq!(try_again(&world).unwrap(), 0, "{}: too early after failure {number}", world.name);
            assert_eq!(failed(), number, "{}", world.name);
            clock.move_by(Duration::seconds(1));
        }
        world.settings.policy.scores.travel.sources = vec![TravelSource::GreatCircle];
        assert_eq!(try_again(&world).unwrap(), 1, "{}: and then it goes well", world.name);
    }
}

#[test]
fn a_shadow_finds_what_the_run_would_and_leaves_everything_to_it() {
    for database in databases() {
        let (mut world, clock) = company(database);
        let order = Order { scope: Scope::Everybody, date: date(), mode: RunMode::Shadow };
        let cast = |world: &World| {
            run::carry_out(&world.store, &world.settings, &root(), &order, &|_| {}, &|_, _| Ok(())).unwrap()
        };
        let first = cast(&world);
        assert_eq!((first.state, first.shadow, first.report.unwrap().published), ("shadowed", true, 1));
        let second = cast(&world);
        assert_ne!(first.id, second.id, "{}: a shadow can be cast again", world.name);
        assert_eq!(world.proposals(&rep("anna")).len(), 0, "{}", world.name);
        let own: Vec<RunId> = vec![first.id, second.id];
        let entries = world.store.read(|reader| audit::entries(reader, None, 0, 1000)).unwrap();
        let touched = entries.iter().filter(|entry| entry.actor_id != "anna" && entry.actor_id != "ben");
        assert!(
            touched.clone().all(|entry| own.iter().any(|run| run.to_string() == entry.subject_id)),
            "{}: nothing but the shadows themselves",
            world.name
        );
        assert!(touched.clone().all(|entry| entry.subject_kind == "shadow_run"), "{}", world.name);

        let live = run_watched(&world, &|_| {}).unwrap();
        assert_eq!((live.state, live.shadow), ("published", false), "{}: the date was free", world.name);
        let plan = |run| world.store.read(|reader| runs::evidence(reader, run)).unwrap().unwrap();
        assert_eq!(plan(first.id), plan(live.id), "{}: market and plan are the same, to the byte", world.name);
        let listed = world.store.read(|reader| run::list(reader, &root(), Page { after: None, limit: 10 })).unwrap();
        assert_eq!(listed.iter().filter(|run| run.shadow).count(), 2, "{}", world.name);

        world.settings.night.shadow = true;
        clock.move_by(Duration::days(1));
        let night = || run::nightly(&world.store, &world.settings).unwrap();
        assert_eq!((night(), night()), (1, 0), "{}: one shadow a night", world.name);
        assert_eq!(world.proposals(&rep("anna")).len(), 1, "{}: that of the live run", world.name);
    }
}

#[test]
fn a_shadow_whose_process_died_is_taken_over_like_a_run() {
    for database in databases() {
        let (world, clock) = company(database);
        let order = Order { scope: Scope::Everybody, date: date(), mode: RunMode::Shadow };
        let cast = |watch: &dyn Fn(Stage)| {
            run::carry_out(&world.store, &world.settings, &root(), &order, watch, &|_, _| Ok(()))
        };
        let late = cast(&|stage| {
            if stage == Stage::Publish {
                assert_eq!(code(cast(&|_| {}).unwrap_err()), "run_exists", "{}: one at a time", world.name);
                clock.move_by(Duration::hours(1));
                cast(&|_| {}).unwrap();
            }
        });
        assert_eq!(code(late.unwrap_err()), "taken_over", "{}", world.name);
        assert_eq!(all_runs(&world).len(), 1, "{}", world.name);
    }
}

#[test]
fn what_a_run_keeps_is_made_again_to_the_byte_or_the_first_difference_is_told() {
    for database in databases() {
        let (world, _) = company(database);
        let run = run_watched(&world, &|_| {}).unwrap().id;
        let verified = || {
            let kept = world.store.read(|reader| verify::kept(reader, &system(), run)).unwrap();
            verify::verify(&kept).unwrap()
        };
        let sound = verified();
        assert!(sound.holds() && sound.differs.is_none(), "{}: {sound:?}", world.name);

        let report = |from: u32, to: u32| {
            world.execute(&format!("UPDATE runs SET report = replace(report, '\"offers\":{from}', '\"offers\":{to}')"));
        };
        report(2, 3);
        let differs = verified().differs.expect("the report was changed");
        assert_eq!(differs.path, "/report/plan/offers", "{}", world.name);
        assert_eq!((differs.kept, differs.made), (Some(3.into()), Some(2.into())), "{}", world.name);
        report(3, 2);

        let stars = world.settings.policy.scores.star_minutes.0;
        let change = format!("replace(policy, '\"star_minutes\":{stars}', '\"star_minutes\":{}')", stars + 60);
        world.execute(&format!("UPDATE runs SET policy = {change}"));
        let changed = verified();
        let differs = changed.differs.clone().expect("another policy finds another plan");
        assert!(differs.path.starts_with("/plan/moves/0/"), "{}: {differs:?}", world.name);
        assert!(differs.kept.is_some() && differs.kept != differs.made, "{}: {differs:?}", world.name);
        assert!(!changed.breaches.is_empty() && !changed.holds(), "{}", world.name);
    }
}
