//! Who may act no more: what hung on them ends in the same transaction, and others act in their place.

use super::{
    day::{accept, code, proposed},
    fixture::{World, id, manager, who},
    trial::approved,
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Refused, decide,
        enrol::{self, NewPerson, NewRoles},
        import::{ImportKind, import},
        overrides::{self, NewOverride, OverrideView},
    },
    domain::{
        invalidation::Cause,
        overrides::{OverrideAction, OverrideKind, OverrideState, ReasonCode},
        person::PersonState,
        principal::{Principal, Role},
        proposal::ProposalState,
        submission::SubmissionState,
    },
    store::{audit, audit::Chain, roster, submissions},
};

fn root() -> Principal {
    who("root", Role::Admin)
}

fn enrolled(world: &World, name: &str, roles: Option<&[Role]>, state: PersonState) -> enrol::PersonView {
    let roles = roles.map(|roles| roles.iter().copied().collect());
    let new = NewPerson { id: id(name), roles, state: Some(state) };
    world.store.write(|writer| enrol::enrol(writer, &root(), &new)).unwrap()
}

#[test]
fn a_rep_who_is_let_go_or_demoted_takes_their_submissions_and_proposals_along_at_once() {
    for demoted in [false, true] {
        for database in databases() {
            let world = World::new(database, 2);
            let proposal = approved(&world);
            let other = world.submit("anna-1").id;
            let view = enrolled(&world, "anna", Some(&[Role::Rep, Role::Admin]), PersonState::Active);
            assert_eq!(world.kept(proposal).state, ProposalState::Approved, "{}: nothing is taken yet", world.name);
            let after = world.store.write(|writer| {
                let id = id("anna");
                if demoted {
                    let roles = NewRoles { roles: Some([Role::Admin].into()) };
                    enrol::assign(writer, &root(), &id, &roles, view.version)
                } else {
                    enrol::deactivate(writer, &root(), &id, view.version)
                }
            });
            assert_eq!(after.unwrap().state == PersonState::Active, demoted);
            let kept = world.kept(proposal);
            assert_eq!((kept.state, kept.cause), (ProposalState::Invalidated, Some(Cause::RepLeft)), "{}", world.name);
            let kept = world.store.read(|reader| submissions::one(reader, other)).unwrap().unwrap();
            assert_eq!(kept.state, SubmissionState::Invalidated, "{}", world.name);
            let anna = world.store.read(|reader| roster::rep(reader, &id("anna"))).unwrap().unwrap();
            assert!(!anna.active, "{}: no run counts on her", world.name);
            let chain = world.store.read(audit::verify).unwrap();
            assert!(matches!(chain, Chain::Unbroken { .. }), "{}: {chain:?}", world.name);
        }
    }
}

#[test]
fn no_import_lets_somebody_in_again_whom_an_administrator_has_let_go() {
    for database in databases() {
        let world = World::new(database, 1);
        enrolled(&world, "anna", None, PersonState::Deactivated);
        enrolled(&world, "zoe", None, PersonState::Deactivated);
        let text = "id,name,team,manager,lat,lon,country,active\nanna,X,north,mona,40.4,-79.9,us,true\n\
                    zoe,Y,north,mona,40.4,-79.9,us,true\n";
        let settings = &world.settings.import;
        let brought = world
            .store
            .write(|writer| import(writer, settings, &root(), ImportKind::Reps, None, false, text.as_bytes()));
        brought.unwrap();
        for name in ["anna", "zoe"] {
            let rep = world.store.read(|reader| roster::rep(reader, &id(name))).unwrap().unwrap();
            assert!(!rep.active, "{}: {name}", world.name);
            let in_the_crm = world.store.read(|reader| roster::rep_in_the_crm(reader, &id(name))).unwrap().unwrap();
            assert!(in_the_crm.active, "{}: {name}", world.name);
        }
    }
}

#[test]
fn where_a_manager_is_let_go_the_next_above_approves_and_they_do_not() {
    for database in databases() {
        let world = World::new(database, 1);
        let proposal = proposed(&world);
        accept(&world, "anna", proposal);
        accept(&world, "ben", proposal);
        let approve = |who: &Principal| {
            let seen = world.kept(proposal).version;
            world.store.write(|writer| decide::approve(writer, &world.settings, who, proposal, seen))
        };
        assert!(matches!(approve(&manager("vera")), Err(Refused::NotFound(_))), "{}: not hers yet", world.name);
        enrolled(&world, "mona", None, PersonState::Deactivated);
        approve(&manager("vera")).unwrap_or_else(|refused| panic!("{}: {refused}", world.name));
        assert_eq!(world.kept(proposal).state, ProposalState::Approved);
    }
}

#[test]
fn an_override_that_awaits_its_second_lapses_with_who_ordered_it() {
    for database in databases() {
        let world = World::new(database, 2);
        let order = |accounts: [&str; 2]| -> OverrideView {
            world.submit(accounts[0]);
            world.submit(accounts[1]);
            let new = NewOverride {
                kind: OverrideKind::Force,
                proposal: None,
                accounts: accounts.map(id).to_vec(),
                rep: None,
                hours: None,
                reason: ReasonCode::BusinessNeed,
                note: "as agreed".to_owned(),
            };
            let settings = &world.settings;
            world.store.write(|writer| overrides::order(writer, settings, &manager("mona"), new.clone(), None)).unwrap()
        };
        let settle = |order: &OverrideView, action| {
            let settings = &world.settings;
            let (id, seen) = (order.id, order.version);
            world.store.write(|writer| overrides::settle(writer, settings, &manager("sam"), id, action, seen))
        };
        let (first, second) = (order(["anna-0", "dan-0"]), order(["anna-1", "dan-1"]));
        assert_eq!(first.state, OverrideState::AwaitingSecond, "{}", world.name);
        assert_eq!(settle(&first, OverrideAction::Second).unwrap().state, OverrideState::Effective);
        enrolled(&world, "mona", None, PersonState::Deactivated);
        assert_eq!(code(settle(&second, OverrideAction::Second).unwrap_err()), "author_gone", "{}", world.name);
        assert_eq!(settle(&second, OverrideAction::Refuse).unwrap().state, OverrideState::Refused);
    }
}
