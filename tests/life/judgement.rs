//! Proposals that people can judge, by a clock that is moved by hand, on both databases: what a decline leads to, how long an
//! answer may take and be taken back, who is reminded, and who approves.

use super::fixture::{World, approve_by, id, manager, rep, who};
use crate::common::databases::databases;
use account_swap::{
    app::{Page, Refused, decide, explain, overrides as orders, proposals::Awaiting, report, submit, sweep},
    domain::{
        approval::Needs,
        decline::DeclineReason,
        ids::ProposalId,
        overrides::{OverrideKind, ReasonCode},
        principal::{Principal, Role},
        proposal::{Answer, ProposalState, PublicStatus},
        submission::SubmissionState,
    },
    settings::Settings,
};
use chrono::{DateTime, Duration, Utc};

/// A Monday, an hour before anybody works whose clock shows UTC.
const MONDAY: &str = "2026-03-02T08:00:00Z";

/// Submits one account of each of north's reps, runs the night, and gives the one proposal.
fn proposed(world: &World) -> ProposalId {
    world.submit("anna-0");
    world.submit("ben-0");
    world.run("2026-03-02");
    let [ref only] = world.proposals(&rep("anna"))[..] else { panic!("{}: not one proposal", world.name) };
    only.id()
}

fn accept(world: &World, name: &str, proposal: ProposalId) -> Result<(), Refused> {
    let seen = world.party(&rep(name), proposal).version;
    world.store.write(|writer| decide::accept(writer, &world.settings, &rep(name), proposal, seen)).map(drop)
}

fn take_back(world: &World, name: &str, proposal: ProposalId) -> Result<(), Refused> {
    let seen = world.party(&rep(name), proposal).version;
    world.store.write(|writer| decide::take_back(writer, &rep(name), proposal, seen)).map(drop)
}

fn decline(world: &World, name: &str, proposal: ProposalId, reason: DeclineReason) -> Result<(), Refused> {
    let (who, settings) = (rep(name), &world.settings);
    let seen = world.party(&who, proposal).version;
    world.store.write(|writer| decide::decline(writer, settings, &who, proposal, seen, reason)).map(drop)
}

fn approve(world: &World, name: &str, proposal: ProposalId) -> Result<(), Refused> {
    let seen = world.manager(&manager(name), proposal).version;
    world.store.write(|writer| decide::approve(writer, &world.settings, &manager(name), proposal, seen)).map(drop)
}

fn explained(world: &World, name: &str, proposal: ProposalId) -> explain::Explanation {
    world.store.read(|reader| explain::explain(reader, &world.settings, &rep(name), proposal)).unwrap()
}

/// All that somebody can read of a proposal.
fn seen(world: &World, name: &str, proposal: ProposalId) -> String {
    let explained = explained(world, name, proposal);
    serde_json::to_string(&(world.party(&rep(name), proposal), explained)).unwrap()
}

fn code(outcome: Result<(), Refused>) -> &'static str {
    match outcome {
        Ok(()) => "ok",
        Err(Refused::Conflict { code, .. }) => code,
        Err(Refused::NotAllowed(_)) => "not_allowed",
        Err(Refused::NotFound(_)) => "not_found",
        Err(other) => panic!("{other:?}"),
    }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The reminders that have gone out, as `what for whom`, in their order.
fn reminders(world: &World, proposal: ProposalId) -> Vec<String> {
    let all = Page { after: None, limit: 10_000 };
    let entries = world.store.read(|reader| report::audit(reader, &who("root", Role::Admin), all)).unwrap();
    let prefix = format!("{proposal}/");
    entries
        .iter()
        .filter(|entry| entry.subject_kind == "reminder")
        .filter_map(|entry| Some(format!("{} {}", entry.action, entry.subject.strip_prefix(&prefix)?)))
        .collect()
}

#[test]
fn what_a_decline_leads_to_is_told_before_and_holds_for_its_days_and_no_longer() {
    let table = [
        (DeclineReason::NotThisAccount, "For 365 days this account is not", ["2027-03-02", "2027-03-03"]),
        (DeclineReason::TooFar, "For 90 days nothing 1 minutes or more away", ["2026-05-31", "2026-06-01"]),
        (DeclineReason::TooLittleGain, "For 90 days nothing that gains you less", ["2026-05-31", "2026-06-01"]),
        (DeclineReason::BadTime, "For 14 days nothing is", ["2026-03-16", "2026-03-17"]),
        (DeclineReason::Other, "For 30 days this account is not", ["2026-04-01", "2026-04-02"]),
    ];
    for database in databases() {
        let (world, _clock) = World::new(database, table.len()).by_hand(MONDAY);
        for (n, (reason, told, [last, first])) in table.into_iter().enumerate() {
            let accounts = [format!("anna-{n}"), format!("ben-{n}")];
            accounts.iter().for_each(|account| drop(world.submit(account)));
            let made = world.run(&format!("20{}-03-02", 10 + n)).report.unwrap().published;
            assert_eq!(made, 1, "{} {reason}", world.name);
            let is_open = |view: &account_swap::app::proposals::ProposalView| {
                world.kept(view.id()).state == ProposalState::Proposed
            };
            let proposal = world.proposals(&rep("ben")).into_iter().find(is_open).unwrap().id();
            let beforehand = explained(&world, "ben", proposal).if_you_decline;
            let led = beforehand.iter().find(|led| led.reason == reason).unwrap();
            assert!(led.sentence.starts_with(told), "{} {reason}: {}", world.name, led.sentence);
            decline(&world, "ben", proposal, reason).unwrap();

            let published = |date: &str| world.run(date).report.unwrap().published;
            // The accounts go back into the pool at the first of these runs.
            assert_eq!(published(&format!("20{}-03-03", 10 + n)), 0, "{} {reason}: the next night", world.name);
            assert_eq!(published(last), 0, "{} {reason} still holds", world.name);
            assert_eq!(published(first), 1, "{} {reason} holds no more", world.name);
            world.execute(&format!("DELETE FROM restraints; UPDATE runs SET state = 'failed' WHERE {n} = {n}"));
            for account in accounts {
                let live = format!(
                    "UPDATE legs SET live = FALSE WHERE account_id = '{account}'; \
                     UPDATE submissions SET state = 'withdrawn' WHERE account_id = '{account}'; \
                     UPDATE proposals SET state = 'withdrawn', revealed_at = created_at WHERE state = 'proposed'"
                );
                world.execute(&live);
            }
        }
    }
}

#[test]
fn who_wants_to_keep_an_account_has_the_submission_withdrawn_and_the_colleague_cannot_tell() {
    for database in databases() {
        let (world, _clock) = World::new(database, 1).by_hand(MONDAY);
        let proposal = proposed(&world);
        let before = seen(&world, "anna", proposal);
        decline(&world, "ben", proposal, DeclineReason::KeepMine).unwrap();
        assert_eq!(seen(&world, "anna", proposal), before, "{}", world.name);
        let states = |name: &str| -> Vec<SubmissionState> {
            let page = Page { after: None, limit: 10 };
            let list = world.store.read(|reader| submit::list(reader, &rep(name), page)).unwrap();
            list.iter().map(|submission| submission.state).collect()
        };
        assert_eq!(states("ben"), [SubmissionState::Withdrawn]);
        assert_eq!(states("anna"), [SubmissionState::Reserved]);
        world.run("2026-03-03");
        assert_eq!((states("ben"), states("anna")), (vec![SubmissionState::Withdrawn], vec![SubmissionState::Open]));
    }
}

#[test]
fn what_a_manager_asks_for_by_name_is_not_kept_from_them_by_a_decline_they_may_not_see() {
    for database in databases() {
        let (world, _clock) = World::new(database, 1).by_hand(MONDAY);
        let proposal = proposed(&world);
        decline(&world, "ben", proposal, DeclineReason::NotThisAccount).unwrap();
        let force = orders::NewOverride {
            kind: OverrideKind::Force,
            proposal: None,
            accounts: vec![id("anna-0"), id("ben-0")],
            rep: None,
            hours: None,
            reason: ReasonCode::BusinessNeed,
            note: "agreed at the meeting".to_owned(),
        };
        let order = |by: &Principal| {
            world.store.write(|writer| orders::order(writer, &world.settings, by, force.clone(), None)).unwrap()
        };
        let order = order(&manager("mona"));
        let agree = account_swap::domain::overrides::OverrideAction::Second;
        let settled = world
            .store
            .write(|writer| orders::settle(writer, &world.settings, &manager("sam"), order.id, agree, order.version));
        let made = settled.unwrap_or_else(|refused| panic!("{}: {refused}", world.name)).proposal.unwrap();
        assert_eq!(world.kept(made).state, ProposalState::Approved, "{}", world.name);
    }
}

#[test]
fn an_accept_can_be_taken_back_for_an_hour_and_the_colleague_cannot_tell() {
    for database in databases() {
        let (mut world, clock) = World::new(database, 1).by_hand(MONDAY);
        world.settings.proposals.take_back_minutes = 60;
        let proposal = proposed(&world);
        assert_eq!(code(take_back(&world, "anna", proposal)), "nothing_to_take_back", "{}", world.name);
        accept(&world, "anna", proposal).unwrap();
        let before = seen(&world, "anna", proposal);
        accept(&world, "ben", proposal).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Accepted);
        assert_eq!(code(approve(&world, "mona", proposal)), "too_early", "{}: an accept may be taken back", world.name);
        world.run("2026-03-03");
        assert_eq!(seen(&world, "anna", proposal), before, "{}: no batch shows what is not firm", world.name);

        clock.move_by(Duration::minutes(59));
        take_back(&world, "ben", proposal).unwrap();
        let kept = world.kept(proposal);
        assert_eq!((kept.state, kept.agreed_at), (ProposalState::Proposed, None));
        assert_eq!(seen(&world, "anna", proposal), before, "{}", world.name);
        let ben = world.party(&rep("ben"), proposal);
        assert_eq!((ben.status, ben.answer, ben.take_back_until), (PublicStatus::Proposed, Answer::Pending, None));

        accept(&world, "ben", proposal).unwrap();
        clock.move_by(Duration::minutes(60));
        assert_eq!(code(take_back(&world, "ben", proposal)), "too_late", "{}", world.name);
        assert_eq!(seen(&world, "anna", proposal), before, "{}: an hour alone tells nothing", world.name);
        world.run("2026-03-04");
        assert_eq!(world.party(&rep("anna"), proposal).status, PublicStatus::Accepted);
        approve(&world, "mona", proposal).unwrap();
        assert_eq!(code(take_back(&world, "ben", proposal)), "too_late");
    }
}

#[test]
fn an_accept_of_what_a_colleague_has_declined_is_taken_back_like_any_other() {
    for database in databases() {
        let (mut world, _clock) = World::new(database, 1).by_hand(MONDAY);
        world.settings.proposals.take_back_minutes = 60;
        let proposal = proposed(&world);
        let before = seen(&world, "anna", proposal);
        decline(&world, "ben", proposal, DeclineReason::Other).unwrap();
        accept(&world, "anna", proposal).unwrap();
        take_back(&world, "anna", proposal).unwrap();
        let blind = |text: &str| {
            let mut seen: serde_json::Value = serde_json::from_str(text).unwrap();
            seen[0]["version"].take();
            seen[1]["version"].take();
            seen
        };
        assert_eq!(blind(&seen(&world, "anna", proposal)), blind(&before), "{}", world.name);
        decline(&world, "anna", proposal, DeclineReason::BadTime).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Declined);
    }
}

#[test]
fn each_rep_has_their_own_working_hours_to_answer_and_learns_nothing_of_the_others() {
    for database in databases() {
        let (world, clock) = World::new(database, 2).by_hand(MONDAY);
        world.execute("UPDATE reps SET time_zone = 'Asia/Tokyo' WHERE id = 'ben'");
        let first = proposed(&world);
        // Three days of eight hours each; Monday is over in Tokyo.
        let answer_by = |name: &str| world.party(&rep(name), first).answer_by;
        assert_eq!(answer_by("anna"), at("2026-03-04T17:00:00Z"), "{}", world.name);
        assert_eq!(answer_by("ben"), at("2026-03-05T08:00:00Z"), "{}", world.name);

        clock.move_by(at("2026-03-04T17:00:00Z") - at(MONDAY));
        let before = seen(&world, "ben", first);
        assert_eq!(code(accept(&world, "anna", first)), "expired", "{}", world.name);
        assert_eq!(sweep::sweep(&world.store).unwrap(), 1);
        assert_eq!(world.kept(first).state, ProposalState::Expired);
        assert_eq!(seen(&world, "ben", first), before, "{}", world.name);
        accept(&world, "ben", first).expect("his time is not over, and he cannot know");
        assert_eq!(world.party(&rep("ben"), first).status, PublicStatus::Answered);
    }
    for database in databases() {
        let (world, clock) = World::new(database, 1).by_hand(MONDAY);
        world.execute("UPDATE reps SET leave_from = '2026-03-03', leave_until = '2026-04-30' WHERE id = 'ben'");
        let proposal = proposed(&world);
        assert_eq!(world.party(&rep("anna"), proposal).answer_by, at("2026-03-04T17:00:00Z"), "{}", world.name);
        let cap = at("2026-03-16T08:00:00Z");
        assert_eq!(world.party(&rep("ben"), proposal).answer_by, cap, "{}: nobody is waited for longer", world.name);
        accept(&world, "anna", proposal).unwrap();
        clock.move_by(cap - Duration::seconds(1) - at(MONDAY));
        assert_eq!(sweep::sweep(&world.store).unwrap(), 0, "{}", world.name);
        clock.move_by(Duration::seconds(1));
        assert_eq!(sweep::sweep(&world.store).unwrap(), 1, "{}", world.name);
    }
}

#[test]
fn who_has_to_act_is_reminded_once_at_each_moment_and_a_decline_makes_no_silence() {
    for database in databases() {
        let (world, clock) = World::new(database, 1).by_hand(MONDAY);
        let proposal = proposed(&world);
        let until = |moment: &str| {
            clock.move_by(at(moment) - clock.now());
            sweep::sweep(&world.store).unwrap();
            sweep::sweep(&world.store).unwrap();
            reminders(&world, proposal)
        };
        decline(&world, "ben", proposal, DeclineReason::BadTime).unwrap();
        assert!(until("2026-03-03T16:59:59Z").is_empty(), "{}", world.name);
        // Sixteen of 24 hours are over: Anna's answer is missing, and nobody tells her that it is too late.
        assert_eq!(until("2026-03-03T17:00:00Z"), ["answer_due anna"], "{}", world.name);
        assert_eq!(until("2026-03-04T15:00:00Z"), ["answer_due anna", "answer_due anna"], "{}", world.name);
        assert_eq!(until("2026-03-20T15:00:00Z").len(), 2, "{}", world.name);
    }
    for database in databases() {
        let (world, clock) = World::new(database, 1).by_hand(MONDAY);
        let proposal = proposed(&world);
        accept(&world, "anna", proposal).unwrap();
        accept(&world, "ben", proposal).unwrap();
        clock.move_by(at("2026-03-05T16:59:00Z") - clock.now());
        sweep::sweep(&world.store).unwrap();
        assert!(reminders(&world, proposal).is_empty(), "{}: both have answered", world.name);
        clock.move_by(Duration::minutes(1));
        sweep::sweep(&world.store).unwrap();
        assert_eq!(reminders(&world, proposal), ["approval_due mona"], "{}", world.name);
        approve(&world, "mona", proposal).unwrap();
        clock.move_by(Duration::days(30));
        sweep::sweep(&world.store).unwrap();
        assert_eq!(reminders(&world, proposal).len(), 1, "{}: it is approved", world.name);
    }
}

#[test]
fn more_time_puts_the_reminders_off_as_well() {
    for database in databases() {
        let (world, clock) = World::new(database, 1).by_hand(MONDAY);
        let proposal = proposed(&world);
        let order = orders::NewOverride {
            kind: OverrideKind::Extend,
            proposal: Some(proposal),
            accounts: Vec::new(),
            rep: None,
            hours: Some(24),
            reason: ReasonCode::Absence,
            note: "the fair is on".to_owned(),
        };
        let seen = world.manager(&manager("mona"), proposal).version;
        let by = manager("mona");
        world.store.write(|writer| orders::order(writer, &world.settings, &by, order.clone(), Some(seen))).unwrap();
        assert_eq!(world.party(&rep("anna"), proposal).answer_by, at("2026-03-05T17:00:00Z"), "{}", world.name);
        clock.move_by(at("2026-03-04T16:59:59Z") - clock.now());
        assert_eq!(sweep::sweep(&world.store).unwrap(), 0);
        assert!(reminders(&world, proposal).is_empty(), "{}", world.name);
        clock.move_by(Duration::seconds(1));
        sweep::sweep(&world.store).unwrap();
        assert_eq!(reminders(&world, proposal), ["answer_due anna", "answer_due ben"], "{}", world.name);
    }
}

#[test]
fn what_happens_next_says_no_more_than_the_status_does() {
    for database in databases() {
        let (world, _clock) = World::new(database, 1).by_hand(MONDAY);
        let proposal = proposed(&world);
        let next = |name: &str| {
            let next = explained(&world, name, proposal).next;
            (next.awaiting, next.by.map(|by| by.to_rfc3339()))
        };
        assert_eq!(next("anna"), (Awaiting::You, Some("2026-03-04T17:00:00+00:00".to_owned())), "{}", world.name);
        accept(&world, "anna", proposal).unwrap();
        let answered = next("anna");
        assert_eq!(answered.0, Awaiting::Colleague, "{}", world.name);
        accept(&world, "ben", proposal).unwrap();
        assert_eq!(next("anna"), answered, "{}: until the next batch", world.name);
        world.run("2026-03-03");
        assert_eq!(next("anna").0, Awaiting::Manager, "{}", world.name);
        approve(&world, "mona", proposal).unwrap();
        assert_eq!(next("anna"), (Awaiting::You, None), "{}", world.name);
        assert!(explained(&world, "anna", proposal).if_you_decline.is_empty());
    }
}

#[test]
fn notes_of_former_owners_travel_with_the_account_and_nobody_elses_do() {
    for database in databases() {
        let (world, _clock) = World::new(database, 1).by_hand(MONDAY);
        let former = world.propose(1)[0].id;
        let note = |leg: u32, by: &str, note: &str| {
            format!(
                "INSERT INTO handover_steps (proposal_id, phase, leg, kind, position, doer, may_skip, needs_note, state, \
                 done_by, done_at, note, version) VALUES ('{former}', 'handover', {leg}, 'notes', 0, 'either', FALSE, FALSE, 'done', '{by}', '2025-05-05 10:00:00', '{note}', \
                 '5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47');"
            )
        };
        let (giver, receiver) = (note(0, "anna", "Call before ten."), note(1, "anna", "Ben says he is slow."));
        world.execute(&format!(
            "{giver} {receiver} UPDATE proposals SET state = 'completed', trial_ends_on = '2025-06-06'; UPDATE legs SET live = FALSE; \
             UPDATE submissions SET state = 'swapped'"
        ));
        world.submit("anna-0");
        world.submit("ben-0");
        world.run("2026-03-02");
        let live = |view: &account_swap::app::proposals::ProposalView| view.id() != former;
        let proposal = world.proposals(&rep("anna")).into_iter().find(live).unwrap().id();
        let notes = |name: &str| {
            let notes = explained(&world, name, proposal).what_worked;
            notes.into_iter().map(|worked| (worked.written_on.to_string(), worked.note)).collect::<Vec<_>>()
        };
        assert_eq!(notes("ben"), [("2025-05-05".to_owned(), "Call before ten.".to_owned())], "{}", world.name);
        assert!(notes("anna").is_empty(), "{}: a receiver's note is no giver's", world.name);
    }
}

/// Settings in which one rule asks of everything.
fn asking(settings: &mut Settings, needs: Needs) {
    let rules = format!("rules = [{{ name = \"always\", needs = \"{needs}\" }}]");
    approve_by(settings, &rules);
}

#[test]
fn the_next_above_stands_in_for_a_manager_who_is_away() {
    for database in databases() {
        let (world, clock) = World::new(database, 1).by_hand(MONDAY);
        let proposal = proposed(&world);
        accept(&world, "anna", proposal).unwrap();
        accept(&world, "ben", proposal).unwrap();
        let hidden = world.store.read(|reader| account_swap::app::proposals::one(reader, &manager("vera"), proposal));
        assert!(matches!(hidden, Err(Refused::NotFound(_))), "{}: Mona is there", world.name);
        world.execute("UPDATE reps SET leave_from = '2026-03-01', leave_until = '2026-03-06' WHERE id = 'mona'");
        let view = world.manager(&manager("vera"), proposal);
        assert_eq!(view.approvers, [id("mona"), id("vera")], "{}", world.name);
        approve(&world, "vera", proposal).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Approved, "{}", world.name);
        clock.move_by(Duration::days(7));
        assert!(world.manager(&manager("mona"), proposal).approved_by == [id("vera")]);
    }
}

#[test]
fn a_rule_says_how_many_approve_and_a_manager_sees_which_rule_asked() {
    for database in databases() {
        let (mut world, _clock) = World::new(database, 1).by_hand(MONDAY);
        asking(&mut world.settings, Needs::TwoPeople);
        let proposal = proposed(&world);
        accept(&world, "anna", proposal).unwrap();
        accept(&world, "ben", proposal).unwrap();
        let view = world.manager(&manager("mona"), proposal);
        assert_eq!((view.approval_rule.as_str(), view.approval_needs), ("always", Needs::TwoPeople), "{}", world.name);
        approve(&world, "mona", proposal).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Accepted, "{}: Mona alone is one", world.name);
        assert_eq!(code(approve(&world, "mona", proposal)), "already_decided");
        approve(&world, "vera", proposal).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Approved, "{}", world.name);
    }
    for database in databases() {
        let (mut world, _clock) = World::new(database, 1).by_hand(MONDAY);
        asking(&mut world.settings, Needs::OneManager);
        world.submit("anna-0");
        world.submit("dan-0");
        world.run("2026-03-02");
        let proposal = world.proposals(&rep("anna"))[0].id();
        accept(&world, "anna", proposal).unwrap();
        accept(&world, "dan", proposal).unwrap();
        approve(&world, "sam", proposal).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Approved, "{}: across teams one suffices", world.name);
    }
}
