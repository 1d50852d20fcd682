//! Meetings: a plan that a manager shapes, and its publication.

use super::{
    fixture::{World, id, manager, rep},
    races::{at_once, in_fresh_worlds},
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Page, Refused, Store,
        meetings::{self, ChangedMeeting, MeetingChange, MeetingMove, MeetingView},
        overrides as orders, run, submit,
    },
    domain::{
        ids::{AccountId, MeetingId, Version},
        meeting::MeetingState,
        overrides::{OverrideKind, ReasonCode},
        proposal::ProposalState,
    },
};

fn begin(world: &World, by: &str, team: &str) -> Result<MeetingView, Refused> {
    meetings::begin(&world.store, &world.settings, &manager(by), &id(team))
}

fn change(world: &World, meeting: &MeetingView, change: &MeetingChange) -> Result<ChangedMeeting, Refused> {
    let version = now(world, meeting.meeting.id).meeting.version;
    world.store.write(|writer| meetings::change(writer, &manager("mona"), meeting.meeting.id, change, version))
}

fn publish(world: &World, meeting: MeetingId, version: Version) -> Result<MeetingView, Refused> {
    world.store.write(|writer| meetings::publish(writer, &world.settings, &manager("mona"), meeting, version))
}

fn now(world: &World, meeting: MeetingId) -> MeetingView {
    world.store.read(|reader| meetings::one(reader, &manager("mona"), meeting)).unwrap()
}

fn code(refused: Refused) -> &'static str {
    match refused {
        Refused::Conflict { code, .. } => code,
        Refused::NotFound(_) => "not_found",
        Refused::NotAllowed(_) => "not_allowed",
        Refused::Stale => "stale",
        other => panic!("{other:?}"),
    }
}

fn accounts(one: &MeetingMove) -> Vec<&str> {
    one.legs.iter().map(|leg| leg.account.id.as_str()).collect()
}

fn pin(one: &str, other: &str) -> MeetingChange {
    MeetingChange::Pin { accounts: [id(one), id(other)] }
}

fn strike(account: &str) -> MeetingChange {
    MeetingChange::StrikeAccount { account: id(account) }
}

/// North with three accounts of Anna's and of Ben's in the pool, of which each may give two.
fn company(database: crate::common::databases::TestDatabase) -> World {
    let world = World::new(database, 12);
    for n in 0..3 {
        world.submit(&format!("anna-{n}"));
        world.submit(&format!("ben-{n}"));
    }
    world
}

#[test]
fn each_change_is_planned_at_once_and_taking_it_back_leads_to_the_plan_before() {
    for database in databases() {
        let world = company(database);
        let meeting = begin(&world, "mona", "north").unwrap();
        assert_eq!((meeting.moves.len(), meeting.pool.len()), (2, 6), "{}: two moves a rep", world.name);
        let (first, second) = (accounts(&meeting.moves[0]), accounts(&meeting.moves[1]));
        let pinned = change(&world, &meeting, &pin(first[0], second[1])).unwrap();
        let is_pin = |one: &&MeetingMove| one.pinned;
        assert_eq!(
            pinned.meeting.moves.iter().filter(is_pin).map(accounts).collect::<Vec<_>>(),
            [[first[0], second[1]]]
        );
        assert_eq!(pinned.meeting.moves.len(), 2, "and the best of what is left: {pinned:?}");
        assert_eq!((pinned.difference.gone.len(), pinned.difference.new.len()), (2, 2));

        let struck = change(&world, &meeting, &strike(second[0])).unwrap();
        assert!(!struck.meeting.moves.iter().any(|one| accounts(one).contains(&second[0])), "{}", world.name);
        assert!(struck.difference.gone.iter().any(|one| accounts(one).contains(&second[0])));
        assert_eq!(struck.meeting.changes.len(), 2);
        change(&world, &meeting, &MeetingChange::Undo {}).unwrap();
        let back = change(&world, &meeting, &MeetingChange::Undo {}).unwrap().meeting;
        let as_text = |moves: &[MeetingMove]| serde_json::to_string(moves).unwrap();
        assert_eq!(as_text(&back.moves), as_text(&meeting.moves), "{}", world.name);
        assert_eq!(code(change(&world, &meeting, &MeetingChange::Undo {}).unwrap_err()), "nothing_to_undo");

        let kept_apart = MeetingChange::StrikeCandidate { account: id(first[0]), rep: id("ben") };
        let apart = change(&world, &meeting, &kept_apart).unwrap();
        assert!(!apart.meeting.moves.iter().any(|one| accounts(one).contains(&first[0])), "{}", world.name);
    }
}

#[test]
fn a_pin_keeps_every_rule_and_a_manager_sees_no_opinion_in_any_answer() {
    for database in databases() {
        let world = company(database);
        world.execute(
            "INSERT INTO overrides (id, kind, accounts, reason, note, author_id, state, created_at, version) \
             VALUES ('5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47', 'freeze', '[]', 'safety', 'x', 'mona', 'effective', \
             '2026-01-01 00:00:00', '5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47'); \
             INSERT INTO frozen_accounts (account_id, override_id) \
             VALUES ('anna-0', '5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47')",
        );
        let meeting = begin(&world, "mona", "north").unwrap();
        let refused = change(&world, &meeting, &pin("anna-0", "ben-0")).unwrap_err();
        assert!(refused.to_string().contains("keeps the account where it is"), "{}: {refused}", world.name);
        assert_eq!(code(refused), "breaks_a_rule");
        assert_eq!(code(change(&world, &meeting, &pin("anna-1", "anna-2")).unwrap_err()), "breaks_a_rule");
        assert_eq!(code(change(&world, &meeting, &pin("anna-1", "cora-0")).unwrap_err()), "not_in_pool");
        change(&world, &meeting, &pin("anna-1", "ben-1")).unwrap();
        assert_eq!(code(change(&world, &meeting, &pin("anna-1", "ben-2")).unwrap_err()), "already_pinned");
        assert_eq!(code(change(&world, &meeting, &strike("anna-1")).unwrap_err()), "not_in_pool", "it is pinned");
        change(&world, &meeting, &pin("anna-2", "ben-2")).unwrap();
        assert_eq!(now(&world, meeting.meeting.id).changes.len(), 2, "a refused change leaves nothing behind");
        let told = serde_json::to_string(&now(&world, meeting.meeting.id)).unwrap();
        for opinion in ["\"gain\"", "points", "stars", "rapport", "rule"] {
            assert!(!told.contains(opinion), "{opinion}: {told}");
        }
    }
}

#[test]
fn a_third_pin_of_one_who_may_move_twice_is_refused() {
    for database in databases() {
        let world = company(database);
        let meeting = begin(&world, "mona", "north").unwrap();
        change(&world, &meeting, &pin("anna-0", "ben-0")).unwrap();
        change(&world, &meeting, &pin("anna-1", "ben-1")).unwrap();
        assert_eq!(
            code(change(&world, &meeting, &pin("anna-2", "ben-2")).unwrap_err()),
            "cap_reached",
            "{}",
            world.name
        );
    }
}

#[test]
fn publishing_proposes_what_still_holds_and_ends_the_meeting() {
    for database in databases() {
        let world = company(database);
        let meeting = begin(&world, "mona", "north").unwrap();
        change(&world, &meeting, &pin("anna-0", "ben-0")).unwrap();
        let pinned = change(&world, &meeting, &pin("anna-1", "ben-1")).unwrap().meeting;
        // Frozen while the meeting goes on, and taken up by another process of the same database.
        let freeze = orders::NewOverride {
            kind: OverrideKind::Freeze,
            proposal: None,
            accounts: vec![id::<AccountId>("anna-1")],
            rep: None,
            hours: None,
            reason: ReasonCode::CustomerRequest,
            note: "the customer asked".to_owned(),
        };
        let mona = manager("mona");
        world.store.write(|writer| orders::order(writer, &world.settings, &mona, freeze.clone(), None)).unwrap();
        let other = Store::open(&world.settings.database).unwrap();
        let meeting = meeting.meeting.id;
        let published = other
            .write(|writer| meetings::publish(writer, &world.settings, &mona, meeting, pinned.meeting.version))
            .unwrap();
        assert_eq!(published.meeting.state, MeetingState::Published, "{}", world.name);
        assert_eq!(published.moves.iter().map(accounts).collect::<Vec<_>>(), [["anna-0", "ben-0"]]);
        let [ref only] = world.proposals(&rep("ben"))[..] else { panic!("{}: not one proposal", world.name) };
        assert_eq!(published.proposals, [only.id()]);
        assert_eq!(world.kept(only.id()).state, ProposalState::Proposed);
        assert_eq!(code(publish(&world, meeting, published.meeting.version).unwrap_err()), "already_ended");
    }
}

#[test]
fn a_team_has_one_open_meeting_and_only_its_manager_sees_it() {
    for database in databases() {
        let world = company(database);
        assert_eq!(code(begin(&world, "sam", "north").unwrap_err()), "not_found", "{}", world.name);
        assert_eq!(
            code(meetings::begin(&world.store, &world.settings, &rep("anna"), &id("north")).unwrap_err()),
            "not_allowed"
        );
        let meeting = begin(&world, "mona", "north").unwrap();
        assert_eq!(code(begin(&world, "mona", "north").unwrap_err()), "meeting_open");
        begin(&world, "sam", "south").expect("another team has its own");
        let foreign = world.store.read(|reader| meetings::one(reader, &manager("sam"), meeting.meeting.id));
        assert_eq!(code(foreign.unwrap_err()), "not_found");
        let list = |by: &str| {
            let page = Page { after: None, limit: 10 };
            world.store.read(|reader| meetings::list(reader, &manager(by), page)).unwrap().len()
        };
        assert_eq!((list("mona"), list("sam"), list("vera")), (1, 1, 0));
        let (mona, id, version) = (manager("mona"), meeting.meeting.id, meeting.meeting.version);
        let closed = world.store.write(|writer| meetings::close(writer, &mona, id, version)).unwrap();
        assert_eq!(closed.meeting.state, MeetingState::Closed);
        assert!(world.proposals(&rep("anna")).is_empty(), "nothing was proposed");
        begin(&world, "mona", "north").expect("the next one can begin");
    }
}

#[test]
fn nobody_pins_or_strikes_out_what_they_gain_from() {
    for database in databases() {
        let world = World::new(database, 3);
        world.execute("UPDATE reps SET team_id = 'north' WHERE id = 'mona'");
        world.submit("mona-0");
        world.submit("ben-0");
        world.submit("anna-0");
        let meeting = begin(&world, "mona", "north").unwrap();
        let own = [
            pin("mona-0", "ben-0"),
            strike("mona-0"),
            MeetingChange::StrikeCandidate { account: id("ben-0"), rep: id("mona") },
        ];
        for wish in own {
            assert_eq!(code(change(&world, &meeting, &wish).unwrap_err()), "not_allowed", "{}: {wish:?}", world.name);
        }
        change(&world, &meeting, &pin("anna-0", "ben-0")).unwrap();
    }
}

/// Submits a pair of accounts and begins a meeting of them alone.
fn round(world: &World, n: usize) -> MeetingView {
    world.execute(
        "UPDATE legs SET live = FALSE WHERE live; \
         UPDATE proposals SET state = 'vetoed', revealed_at = created_at WHERE state <> 'vetoed'; \
         UPDATE submissions SET state = 'withdrawn' WHERE state <> 'withdrawn'; \
         UPDATE meetings SET state = 'closed' WHERE state <> 'closed'",
    );
    world.submit(&format!("anna-{n}"));
    world.submit(&format!("ben-{n}"));
    begin(world, "mona", "north").unwrap()
}

fn live(world: &World) -> usize {
    world.proposals(&rep("anna")).iter().filter(|one| world.kept(one.id()).state.is_live()).count()
}

#[test]
fn publishing_twice_at_once_proposes_once() {
    in_fresh_worlds(100, |world, count| {
        for n in 0..count {
            let MeetingView { meeting, .. } = round(&world, n);
            let word = || publish(&world, meeting.id, meeting.version).map_or_else(code, |_| "ok");
            let mut outcomes = at_once(word, word);
            outcomes.sort_unstable();
            assert_eq!(outcomes, ["already_ended", "ok"], "{} round {n}", world.name);
            assert_eq!(live(&world), 1, "{} round {n}", world.name);
        }
    });
}

#[test]
fn publishing_against_the_nightly_run_leaves_each_account_in_one_proposal() {
    in_fresh_worlds(100, |world, count| {
        let root = super::fixture::who("root", account_swap::domain::principal::Role::Admin);
        for n in 0..count {
            let MeetingView { meeting, .. } = round(&world, n);
            let date = chrono::NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + chrono::Days::new(n as u64);
            let everybody = run::Scope::Everybody;
            let by_meeting = || publish(&world, meeting.id, meeting.version).map_or_else(code, |_| "ok");
            let by_run = || {
                run::run(&world.store, &world.settings, &root, &everybody, date, &|_| {}).map_or_else(code, |_| "ok")
            };
            assert_eq!(at_once(by_meeting, by_run), ["ok", "ok"], "{} round {n}", world.name);
            assert_eq!(live(&world), 1, "{} round {n}", world.name);
        }
    });
}

#[test]
fn an_account_withdrawn_meanwhile_is_left_out() {
    for database in databases() {
        let world = World::new(database, 2);
        let own = world.submit("anna-0");
        world.submit("ben-0");
        let meeting = begin(&world, "mona", "north").unwrap().meeting;
        world.store.write(|writer| submit::withdraw(writer, &rep("anna"), own.id, own.version)).unwrap();
        let published = publish(&world, meeting.id, meeting.version).unwrap();
        assert!(published.proposals.is_empty() && published.moves.is_empty(), "{}", world.name);
    }
}
