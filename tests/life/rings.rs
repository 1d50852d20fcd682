//! A ring of three reps: as one move it is accepted, declined and executed, on both databases.

use super::fixture::{World, id, manager, rep, service};
use crate::common::databases::{TestDatabase, databases};
use account_swap::{
    app::{decide, handover, run::verify, system},
    domain::{
        handover::{StepAction, StepKind},
        ids::ProposalId,
        policy::MaxRing,
        proposal::{ProposalState, PublicStatus},
    },
};

const REPS: [&str; 3] = ["anna", "ben", "cora"];

/// Cora moves to Harrisburg, half-way between Anna and Ben. Each of the three now has an account next door to another:
/// Anna's to Ben, Ben's to Cora, Cora's to Anna. The night is run with rings.
fn proposed(database: TestDatabase) -> (World, ProposalId) {
    let mut world = World::new(database, 1);
    world.settings.policy.plan.max_ring = MaxRing::Unlimited;
    world.settings.policy.points.unfairness_percent = 0;
    world.execute(
        "UPDATE reps SET base_lat_e6 = 40270000, base_lon_e6 = -76880000 WHERE id = 'cora'; \
         UPDATE accounts SET lat_e6 = 40270000, lon_e6 = -76880000 WHERE id = 'ben-0'; \
         UPDATE accounts SET lat_e6 = 39952600, lon_e6 = -75165200 WHERE id = 'cora-0'",
    );
    for name in REPS {
        world.submit(&format!("{name}-0"));
    }
    let run = world.run("2026-03-02");
    assert_eq!(run.report.as_ref().map(|report| report.published), Some(1), "{}: {run:?}", world.name);
    let [ref only] = world.proposals(&rep("anna"))[..] else { panic!("{}: not one proposal", world.name) };
    let proposal = only.id();
    assert_eq!(world.kept(proposal).legs.len(), 3, "{}", world.name);
    (world, proposal)
}

/// Accepts for one of the three, and holds that nothing the others see has changed, even if that was the last answer.
fn accept(world: &World, name: &str, proposal: ProposalId) {
    let others = || REPS.into_iter().filter(|other| *other != name);
    let seen = |other: &str| {
        let view = world.party(&rep(other), proposal);
        (view.status, view.version, view.counterpart)
    };
    let before: Vec<_> = others().map(seen).collect();
    let version = world.party(&rep(name), proposal).version;
    world.store.write(|writer| decide::accept(writer, &world.settings, &rep(name), proposal, version)).unwrap();
    let after: Vec<_> = others().map(seen).collect();
    assert_eq!(before, after, "{}: {name} answered", world.name);
}

#[test]
fn three_reps_accept_a_ring_and_all_accounts_change_hands_at_once() {
    for database in databases() {
        let (world, proposal) = proposed(database);
        for (name, gives, receives) in
            [("anna", "anna-0", "cora-0"), ("ben", "ben-0", "anna-0"), ("cora", "cora-0", "ben-0")]
        {
            let seen = world.party(&rep(name), proposal);
            assert_eq!((seen.status, seen.counterpart), (PublicStatus::Proposed, None));
            assert_eq!((seen.gives.id, seen.receives.id), (id(gives), id(receives)), "{}", world.name);
            assert!(seen.gain.0 > 0);
        }
        accept(&world, "cora", proposal);
        accept(&world, "anna", proposal);
        assert_eq!(world.party(&rep("anna"), proposal).status, PublicStatus::Answered);
        accept(&world, "ben", proposal);
        assert_eq!(world.kept(proposal).state, ProposalState::Accepted, "{}", world.name);
        world.run("2026-03-03");
        for (name, counterpart) in [("anna", "The real cora"), ("ben", "The real anna"), ("cora", "The real ben")] {
            let seen = world.party(&rep(name), proposal);
            assert_eq!((seen.status, seen.counterpart.as_deref()), (PublicStatus::Accepted, Some(counterpart)));
        }

        // Anna and Ben are Mona's, Cora is Sam's: each of the two has to approve.
        for (name, state) in [("mona", ProposalState::Accepted), ("sam", ProposalState::Approved)] {
            let version = world.manager(&manager(name), proposal).version;
            world
                .store
                .write(|writer| decide::approve(writer, &world.settings, &manager(name), proposal, version))
                .unwrap();
            assert_eq!(world.kept(proposal).state, state, "{}", world.name);
        }

        let mut version = world.store.read(|reader| handover::one(reader, &rep("anna"), proposal)).unwrap().version;
        for leg in world.kept(proposal).legs {
            for kind in StepKind::ALL {
                let asked = handover::SettleStep {
                    leg: leg.position,
                    kind: *kind,
                    action: StepAction::Complete,
                    note: "as agreed".to_owned(),
                    effective_on: None,
                };
                let by = rep(leg.from.as_str());
                let settle = world
                    .store
                    .write(|writer| handover::settle(writer, &world.settings, &by, proposal, &asked, version));
                version = settle.unwrap().version;
            }
        }
        assert_eq!(world.kept(proposal).state, ProposalState::Executing);
        let confirmed = world
            .store
            .write(|writer| handover::confirm(writer, &world.settings, &service(), proposal, version))
            .unwrap();
        assert_eq!(confirmed.state, ProposalState::OnTrial);
        let owners = ["anna-0", "ben-0", "cora-0"].map(|account| world.owner(account));
        assert_eq!(owners, ["ben", "cora", "anna"], "{}", world.name);
    }
}

#[test]
fn one_who_declines_a_ring_ends_it_for_all_and_nobody_sees_who() {
    for database in databases() {
        let (world, proposal) = proposed(database);
        accept(&world, "anna", proposal);
        let seen = |name: &str| {
            let view = world.party(&rep(name), proposal);
            (view.status, view.version)
        };
        let before = [seen("anna"), seen("cora")];
        let version = world.party(&rep("ben"), proposal).version;
        world
            .store
            .write(|writer| {
                let reason = decide::DeclineReason::BadTime;
                decide::decline(writer, &world.settings, &rep("ben"), proposal, version, reason)
            })
            .unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Declined);
        assert_eq!([seen("anna"), seen("cora")], before, "{}: a decline shows before the next batch", world.name);

        // An answer after the end is taken like any other.
        accept(&world, "cora", proposal);
        assert_eq!(seen("cora").0, PublicStatus::Answered);
        world.run("2026-03-03");
        for name in REPS {
            assert_eq!(seen(name).0, PublicStatus::NotConcluded, "{}: {name}", world.name);
        }
        let owners = ["anna-0", "ben-0", "cora-0"].map(|account| world.owner(account));
        assert_eq!(owners, REPS, "{}", world.name);
    }
}

#[test]
fn an_account_that_changed_hands_elsewhere_ends_a_whole_ring() {
    for database in databases() {
        let (world, proposal) = proposed(database);
        world.execute("UPDATE accounts SET owner_id = 'dan', ownership = 2 WHERE id = 'cora-0'");
        accept(&world, "anna", proposal);
        assert_eq!(world.kept(proposal).state, ProposalState::Invalidated, "{}", world.name);
    }
}

#[test]
fn a_run_is_verified_from_what_is_kept_of_it_and_not_from_anything_else() {
    for database in databases() {
        let (world, proposal) = proposed(database);
        let run = world.kept(proposal).run.unwrap();
        let verified = || {
            let kept = world.store.read(|reader| verify::kept(reader, &system(), run)).unwrap();
            verify::verify(&kept).unwrap()
        };
        assert!(verified().holds(), "{}: {:?}", world.name, verified());
        world.execute("UPDATE accounts SET annual_commission_cents = 1");
        assert!(verified().holds(), "{}: the day's accounts are not the run's", world.name);
        world
            .execute(r#"UPDATE runs SET policy = REPLACE(policy, '"handover_minutes":480', '"handover_minutes":479')"#);
        let changed = verified();
        assert!(!changed.is_made_again && !changed.breaches.is_empty(), "{}: {changed:?}", world.name);
    }
}
