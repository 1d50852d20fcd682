//! From approval to the last review: the day agreed on, the trial, the way back, and what people say of it.

use super::{
    day::{accept, code, hand_over, proposed},
    fixture::{World, id, manager, rep, service, who},
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Refused, calendar, decide,
        handover::{self, HandoverView, NewSettlement, NewUndoRequest, SettleStep},
        outcomes, report, review, run,
        snapshot::snapshot,
    },
    domain::{
        handover::{Phase, StepAction, StepKind, StepState},
        ids::{AccountId, ProposalId, Version},
        invalidation::Cause,
        principal::{Principal, Role},
        proposal::ProposalState,
        undo::{UndoReason, UndoState},
        units::{Cents, Stars},
    },
    store::{audit, bounces, market::Pool, roster},
};
use chrono::{Days, NaiveDate, Utc};

fn today() -> NaiveDate {
    Utc::now().date_naive()
}

fn seen(world: &World, by: &Principal, proposal: ProposalId) -> HandoverView {
    world.store.read(|reader| handover::one(reader, by, proposal)).unwrap()
}

/// A proposal of Anna's and Ben's that is approved, with its checklist to do.
pub fn approved(world: &World) -> ProposalId {
    let proposal = proposed(world);
    accept(world, "anna", proposal);
    accept(world, "ben", proposal);
    let version = world.manager(&manager("mona"), proposal).version;
    let mona = manager("mona");
    world.store.write(|writer| decide::approve(writer, &world.settings, &mona, proposal, version)).unwrap();
    proposal
}

/// One whose accounts have changed hands.
pub fn on_trial(world: &World) -> ProposalId {
    let proposal = approved(world);
    let version = hand_over(world, proposal);
    confirm(world, &service(), proposal, version).unwrap();
    assert_eq!(owners(world), ["ben", "anna"], "{}", world.name);
    proposal
}

fn owners(world: &World) -> [String; 2] {
    ["anna-0", "ben-0"].map(|account| world.owner(account))
}

fn confirm(world: &World, by: &Principal, proposal: ProposalId, version: Version) -> Result<HandoverView, Refused> {
    world.store.write(|writer| handover::confirm(writer, &world.settings, by, proposal, version))
}

fn settle(world: &World, by: &Principal, proposal: ProposalId, asked: SettleStep) -> Result<HandoverView, Refused> {
    let version = seen(world, by, proposal).version;
    world.store.write(|writer| handover::settle(writer, &world.settings, by, proposal, &asked, version))
}

fn step(leg: u32, kind: StepKind, action: StepAction) -> SettleStep {
    SettleStep { leg, kind, action, note: "as agreed".to_owned(), effective_on: None }
}

fn agree(world: &World, name: &str, proposal: ProposalId, day: Option<NaiveDate>) -> Result<HandoverView, Refused> {
    let leg = if name == "anna" { 0 } else { 1 };
    let asked = SettleStep { effective_on: day, ..step(leg, StepKind::EffectiveDate, StepAction::Complete) };
    settle(world, &rep(name), proposal, asked)
}

fn ask(world: &World, name: &str, proposal: ProposalId) -> Result<HandoverView, Refused> {
    let new = NewUndoRequest { reason: UndoReason::NoBetter, note: "it is worse than before".to_owned() };
    let version = seen(world, &rep(name), proposal).version;
    world.store.write(|writer| handover::ask_undo(writer, &world.settings, &rep(name), proposal, &new, version))
}

fn grant(world: &World, by: &Principal, proposal: ProposalId) -> Result<HandoverView, Refused> {
    let version = seen(world, by, proposal).version;
    world.store.write(|writer| handover::grant_undo(writer, &world.settings, by, proposal, version))
}

/// Does every step of the way back.
fn prepare_return(world: &World, proposal: ProposalId) {
    for (leg, giver) in [(0, "ben"), (1, "anna")] {
        for rule in &world.settings.handover.undo_checklist {
            settle(world, &rep(giver), proposal, step(leg, rule.step, StepAction::Complete)).unwrap();
        }
    }
}

/// Takes a swap back: asked for, granted, prepared and confirmed.
pub fn take_back(world: &World, proposal: ProposalId) {
    ask(world, "anna", proposal).unwrap();
    grant(world, &manager("mona"), proposal).unwrap();
    prepare_return(world, proposal);
    let version = seen(world, &service(), proposal).version;
    assert_eq!(confirm(world, &service(), proposal, version).unwrap().state, ProposalState::Undone, "{}", world.name);
}

fn word<T>(outcome: Result<T, Refused>) -> &'static str {
    outcome.map_or_else(
        |refused| match refused {
            Refused::Invalid { .. } => "invalid",
            other => code(other),
        },
        |_| "ok",
    )
}

/// How often an event of this kind is in the log.
fn events(world: &World, subject_kind: &str, action: &str) -> usize {
    let all = world.store.read(|reader| audit::entries(reader, None, 0, 100_000)).unwrap();
    all.iter().filter(|entry| entry.subject_kind == subject_kind && entry.action == action).count()
}

#[test]
fn nothing_moves_before_the_day_that_both_agreed_on() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = approved(&world);
        let days = |days| today() + Days::new(days);
        assert_eq!(word(agree(&world, "anna", proposal, Some(days(61)))), "invalid", "too far away");
        assert_eq!(word(agree(&world, "anna", proposal, today().pred_opt())), "invalid", "in the past");
        agree(&world, "anna", proposal, Some(days(10))).unwrap();
        // Ben names another day, so Anna is asked again.
        let view = agree(&world, "ben", proposal, Some(days(7))).unwrap();
        let date_of = |view: &HandoverView, leg| {
            let step = view.steps.iter().find(|step| step.leg == leg && step.kind == StepKind::EffectiveDate);
            step.unwrap().state
        };
        assert_eq!((date_of(&view, 0), date_of(&view, 1)), (StepState::Open, StepState::Done), "{}", world.name);
        assert_eq!(view.effective_on, Some(days(7)));
        for (leg, name) in [(0, "anna"), (1, "ben")] {
            for kind in StepKind::ALL.iter().filter(|kind| **kind != StepKind::EffectiveDate) {
                settle(&world, &rep(name), proposal, step(leg, *kind, StepAction::Complete)).unwrap();
            }
        }
        let ready = agree(&world, "anna", proposal, None).unwrap();
        assert_eq!((ready.state, ready.effective_on), (ProposalState::Approved, Some(days(7))));
        // Second thoughts: until the day comes either of them may name another, and the other is asked again.
        let thought_again = agree(&world, "ben", proposal, Some(days(9))).unwrap();
        assert_eq!((date_of(&thought_again, 0), date_of(&thought_again, 1)), (StepState::Open, StepState::Done));
        assert_eq!(word(agree(&world, "ben", proposal, Some(days(9)))), "already_done", "the same day is no news");
        agree(&world, "anna", proposal, Some(days(7))).unwrap();
        let ready = agree(&world, "ben", proposal, None).unwrap();
        assert_eq!((ready.state, ready.effective_on), (ProposalState::Approved, Some(days(7))));
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().sent, 0);
        assert_eq!(word(confirm(&world, &service(), proposal, ready.version)), "not_found", "not for the CRM yet");
        assert_eq!(word(confirm(&world, &manager("mona"), proposal, ready.version)), "too_early");
        assert_eq!(owners(&world), ["anna", "ben"]);

        // The day comes.
        world.execute(&format!("UPDATE proposals SET effective_on = '{}'", today()));
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().sent, 1, "{}", world.name);
        assert_eq!(world.kept(proposal).state, ProposalState::Executing);
        assert_eq!(owners(&world), ["anna", "ben"], "before the CRM says so");
        let version = seen(&world, &service(), proposal).version;
        confirm(&world, &service(), proposal, version).unwrap();
        assert_eq!(
            (owners(&world), world.kept(proposal).effective_on),
            (["ben", "anna"].map(str::to_owned), Some(today()))
        );
    }
}

#[test]
fn no_swap_takes_effect_in_a_commission_freeze_whenever_that_was_set() {
    use account_swap::domain::freeze::Window;
    for database in databases() {
        let mut world = World::new(database, 2);
        world.settings.policy.money.freezes.quarter_end_days = 0;
        let proposal = approved(&world);
        let day = |days| today() + Days::new(days);
        let freeze = |from, until| vec![Window { from, until, team: Some(id("north")) }];
        world.settings.policy.money.freezes.windows = freeze(day(3), day(5));
        assert_eq!(word(agree(&world, "anna", proposal, Some(day(4)))), "invalid", "{}", world.name);
        agree(&world, "anna", proposal, Some(day(6))).unwrap();
        agree(&world, "ben", proposal, None).unwrap();
        for (leg, name) in [(0, "anna"), (1, "ben")] {
            for kind in StepKind::ALL.iter().filter(|kind| **kind != StepKind::EffectiveDate) {
                settle(&world, &rep(name), proposal, step(leg, *kind, StepAction::Complete)).unwrap();
            }
        }
        // The day has come, and with it a freeze that nobody knew of: the stored day moves to the first that is free.
        world.execute(&format!("UPDATE proposals SET effective_on = '{}'", today()));
        world.settings.policy.money.freezes.windows = freeze(today(), day(1));
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().sent, 0);
        let kept = world.kept(proposal);
        assert_eq!((kept.state, kept.effective_on), (ProposalState::Approved, Some(day(2))), "{}", world.name);
        // The way back waits as well.
        world.settings.policy.money.freezes.windows.clear();
        world.execute(&format!("UPDATE proposals SET effective_on = '{}'", today()));
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().sent, 1);
        let version = seen(&world, &service(), proposal).version;
        confirm(&world, &service(), proposal, version).unwrap();
        grant(&world, &manager("mona"), proposal).unwrap();
        world.settings.policy.money.freezes.windows = freeze(today(), day(1));
        prepare_return(&world, proposal);
        let undo = seen(&world, &manager("mona"), proposal).undo.unwrap();
        assert_eq!((undo.state, undo.effective_on), (UndoState::Granted, Some(day(2))), "{}", world.name);
        world.settings.policy.money.freezes.windows.clear();
        world.execute(&format!("UPDATE undos SET effective_on = '{}'", today()));
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().sent, 1);
        assert_eq!(seen(&world, &service(), proposal).undo.unwrap().state, UndoState::Executing);
    }
}

#[test]
fn nobody_decides_on_an_undo_they_gain_from() {
    for database in databases() {
        // Mona manages Ben and swaps with him; Vera manages Mona.
        let world = World::new(database, 2);
        world.submit("mona-0");
        world.submit("ben-0");
        world.run("2026-03-02");
        let proposal = world.proposals(&rep("mona"))[0].id();
        world.execute(&format!(
            "UPDATE proposals SET state = 'on_trial', trial_ends_on = '{0}', effective_on = '{0}'; \
             UPDATE accounts SET owner_id = 'ben', ownership = 2 WHERE id = 'mona-0'; \
             UPDATE accounts SET owner_id = 'mona', ownership = 2 WHERE id = 'ben-0'",
            today()
        ));
        assert_eq!(word(grant(&world, &manager("mona"), proposal)), "not_allowed", "{}", world.name);
        assert_eq!(word(grant(&world, &manager("vera"), proposal)), "ok");
    }
}

#[test]
fn a_step_is_done_by_whom_the_template_names_and_the_customer_is_never_left_out() {
    for database in databases() {
        let mut world = World::new(database, 2);
        world.settings.handover.checklist[2].may_skip = true;
        let proposal = approved(&world);
        let by = |name: &str, leg, kind, action| word(settle(&world, &rep(name), proposal, step(leg, kind, action)));
        assert_eq!(by("anna", 0, StepKind::TellCustomer, StepAction::Skip), "not_skippable", "{}", world.name);
        assert_eq!(by("ben", 0, StepKind::TellCustomer, StepAction::Complete), "not_allowed", "the giver tells");
        assert_eq!(by("ben", 0, StepKind::JointCall, StepAction::Skip), "ok", "either of the two");
        assert_eq!(by("anna", 0, StepKind::OpenDeals, StepAction::Skip), "ok");
        assert_eq!(by("anna", 0, StepKind::OpenDeals, StepAction::Complete), "already_done");
        let silent = SettleStep { note: " ".to_owned(), ..step(0, StepKind::Notes, StepAction::Complete) };
        assert_eq!(word(settle(&world, &rep("anna"), proposal, silent)), "invalid", "notes are words");
        let dated = SettleStep { effective_on: Some(today()), ..step(0, StepKind::Notes, StepAction::Complete) };
        assert_eq!(word(settle(&world, &rep("anna"), proposal, dated)), "invalid", "notes take no day");
        let unreasoned = SettleStep { note: String::new(), ..step(0, StepKind::TellCustomer, StepAction::Waive) };
        assert_eq!(word(settle(&world, &manager("mona"), proposal, unreasoned)), "invalid");
        let waive = || step(0, StepKind::TellCustomer, StepAction::Waive);
        assert_eq!(word(settle(&world, &manager("mona"), proposal, waive())), "ok");
        // The template of today changes no checklist of yesterday.
        world.settings.handover.checklist.pop();
        assert_eq!(seen(&world, &rep("anna"), proposal).steps.len(), 10);
    }
}

#[test]
fn an_undo_asked_for_shows_to_nobody_but_the_managers_until_it_is_granted_and_then_returns_both_together() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = on_trial(&world);
        let before = serde_json::to_string(&seen(&world, &rep("ben"), proposal)).unwrap();
        let party = serde_json::to_string(&world.party(&rep("ben"), proposal)).unwrap();
        let asked = ask(&world, "anna", proposal).unwrap();
        assert_eq!(asked.undo.unwrap().state, UndoState::Asked);
        assert_eq!(word(ask(&world, "anna", proposal)), "already_asked");
        assert_eq!(word(grant(&world, &rep("anna"), proposal)), "not_allowed", "a party decides nothing");

        // Refused, and asked by the other as if nobody had.
        let mona = manager("mona");
        let version = seen(&world, &mona, proposal).version;
        world.store.write(|writer| handover::refuse_undo(writer, &world.settings, &mona, proposal, version)).unwrap();
        assert_eq!(seen(&world, &rep("anna"), proposal).undo.unwrap().state, UndoState::Refused);
        assert_eq!(before, serde_json::to_string(&seen(&world, &rep("ben"), proposal)).unwrap(), "{}", world.name);
        assert_eq!(party, serde_json::to_string(&world.party(&rep("ben"), proposal)).unwrap());
        ask(&world, "ben", proposal).unwrap();

        let granted = grant(&world, &mona, proposal).unwrap();
        assert_eq!(granted.undo.as_ref().unwrap().requests.len(), 2, "a manager reads both");
        assert_eq!(granted.legs[0].from, id("ben"), "the way back");
        assert_eq!(seen(&world, &rep("anna"), proposal).undo.unwrap().requests.len(), 1, "a party their own");
        assert_eq!(word(grant(&world, &mona, proposal)), "already_granted");
        assert_eq!(owners(&world), ["ben", "anna"], "nothing moves before the checklist is done");
        let skip = |leg, kind| settle(&world, &rep("ben"), proposal, step(leg, kind, StepAction::Skip));
        assert_eq!(word(skip(0, StepKind::TellCustomer)), "not_skippable");
        prepare_return(&world, proposal);
        let view = seen(&world, &service(), proposal);
        assert_eq!(view.undo.as_ref().unwrap().state, UndoState::Executing);
        assert_eq!(owners(&world), ["ben", "anna"], "nor before the CRM says so");
        let file =
            world.store.read(|reader| account_swap::app::export::handovers(reader, &service(), id("csv"))).unwrap();
        assert!(file.contains("anna-0,") && file.contains(",ben,anna,"), "the way back goes out: {file}");
        assert_eq!(confirm(&world, &service(), proposal, view.version).unwrap().state, ProposalState::Undone);
        assert_eq!(owners(&world), ["anna", "ben"], "{}: both together", world.name);
        assert_eq!(word(ask(&world, "anna", proposal)), "already_granted");

        // Who had it for the trial is a former owner now; the way back itself asked nobody about that.
        let held = world.store.read(|reader| roster::account(reader, &id("anna-0"))).unwrap().unwrap();
        assert_eq!((held.ownership, held.last_moved_on), (3, Some(today())));
        let admin = who("root", Role::Admin);
        assert!(world.store.read(|reader| report::verify(reader, &admin)).unwrap().unbroken, "{}", world.name);
    }
}

#[test]
fn where_no_manager_is_needed_all_parties_together_undo_and_one_alone_does_not() {
    for database in databases() {
        let mut world = World::new(database, 2);
        world.settings.handover.undo_needs_a_manager = false;
        let proposal = on_trial(&world);
        assert_eq!(ask(&world, "anna", proposal).unwrap().undo.unwrap().state, UndoState::Asked);
        assert_eq!(ask(&world, "ben", proposal).unwrap().undo.unwrap().state, UndoState::Granted, "{}", world.name);
    }
}

#[test]
fn a_trial_ends_on_the_same_day_whether_or_not_somebody_asked_and_nobody_asks_after_it() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = on_trial(&world);
        ask(&world, "anna", proposal).unwrap();
        let last = |days_ago| {
            let day = today() - Days::new(days_ago);
            world.execute(&format!("UPDATE proposals SET trial_ends_on = '{day}'"));
            calendar::turn(&world.store, &world.settings).unwrap().ended
        };
        let grace = u64::from(world.settings.handover.undo_decision_days);
        assert_eq!(last(grace), 0, "a manager may still decide");
        assert_eq!(word(ask(&world, "ben", proposal)), "trial_over", "{}", world.name);
        assert_eq!(last(grace + 1), 1);
        assert_eq!(world.kept(proposal).state, ProposalState::Completed);
        assert_eq!(seen(&world, &rep("anna"), proposal).undo.unwrap().state, UndoState::Refused);
        assert_eq!(word(grant(&world, &manager("mona"), proposal)), "already_ended");
    }
}

#[test]
fn what_needs_attention_is_settled_by_two_people_who_say_the_same_and_one_of_them_is_a_manager() {
    let say = |world: &World, by: &Principal, proposal, outcome| {
        let new = NewSettlement { outcome, note: "looked it up in the CRM".to_owned() };
        let version = seen(world, by, proposal).version;
        world.store.write(|writer| handover::settle_attention(writer, &world.settings, by, proposal, &new, version))
    };
    let fail = |world: &World, by: &Principal, proposal| {
        let version = seen(world, by, proposal).version;
        world.store.write(|writer| handover::fail(writer, by, proposal, version))
    };
    let (mona, root, other) = (manager("mona"), who("root", Role::Admin), who("toor", Role::Admin));
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = approved(&world);
        hand_over(&world, proposal);
        assert_eq!(word(fail(&world, &rep("anna"), proposal)), "not_allowed");
        fail(&world, &service(), proposal).unwrap();
        assert_eq!(seen(&world, &mona, proposal).cause, Some(Cause::CrmRefused));
        assert_eq!(seen(&world, &rep("anna"), proposal).cause, None);
        let version = seen(&world, &service(), proposal).version;
        assert_eq!(word(confirm(&world, &service(), proposal, version)), "needs_attention", "{}", world.name);
        assert_eq!(word(say(&world, &rep("anna"), proposal, ProposalState::OnTrial)), "not_allowed");
        assert_eq!(word(say(&world, &mona, proposal, ProposalState::Completed)), "invalid");
        let one = say(&world, &root, proposal, ProposalState::OnTrial).unwrap();
        assert_eq!((one.state, one.settlements.len()), (ProposalState::NeedsAttention, 1));
        let again = say(&world, &root, proposal, ProposalState::OnTrial).unwrap();
        assert_eq!(again.state, ProposalState::NeedsAttention, "one person twice is one");
        let admins = say(&world, &other, proposal, ProposalState::OnTrial).unwrap();
        assert_eq!(admins.state, ProposalState::NeedsAttention, "two admins are no manager");
        let differs = say(&world, &mona, proposal, ProposalState::Undone).unwrap();
        assert_eq!(differs.state, ProposalState::NeedsAttention, "they disagree");
        let settled = say(&world, &mona, proposal, ProposalState::OnTrial).unwrap();
        assert_eq!((settled.state, settled.settlements.len()), (ProposalState::OnTrial, 0), "{}", world.name);
        assert_eq!(owners(&world), ["ben", "anna"]);

        // The way back fails too; two people find the accounts where they were before the swap.
        grant(&world, &mona, proposal).unwrap();
        assert_eq!(word(fail(&world, &service(), proposal)), "already_decided", "nothing is on its way yet");
        prepare_return(&world, proposal);
        fail(&world, &service(), proposal).unwrap();
        say(&world, &mona, proposal, ProposalState::Undone).unwrap();
        let settled = say(&world, &root, proposal, ProposalState::Undone).unwrap();
        assert_eq!((settled.state, settled.undo.unwrap().state), (ProposalState::Undone, UndoState::Done));
        assert_eq!(owners(&world), ["anna", "ben"]);
        assert_eq!(word(say(&world, &mona, proposal, ProposalState::OnTrial)), "already_ended");
    }
    for database in databases() {
        // A change that never was: both accounts go back into the pool.
        let world = World::new(database, 2);
        let proposal = approved(&world);
        hand_over(&world, proposal);
        fail(&world, &mona, proposal).unwrap();
        say(&world, &mona, proposal, ProposalState::Undone).unwrap();
        say(&world, &root, proposal, ProposalState::Undone).unwrap();
        assert_eq!(
            (owners(&world), world.kept(proposal).state),
            (["anna", "ben"].map(str::to_owned), ProposalState::Undone)
        );
        assert_eq!(world.run("2026-03-09").report.unwrap().published, 1, "{}: matched again", world.name);
    }
}

#[test]
fn a_change_of_owner_that_nobody_confirms_raises_one_alarm() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = approved(&world);
        hand_over(&world, proposal);
        let turn = || calendar::turn(&world.store, &world.settings).unwrap();
        assert_eq!((turn().alarmed, turn().overdue), (0, 0));
        let an_hour_ago = (Utc::now() - chrono::Duration::hours(1)).naive_utc();
        world.execute(&format!("UPDATE proposals SET sent_at = '{an_hour_ago}'"));
        assert_eq!(turn().alarmed, 1, "{}", world.name);
        let second = turn();
        assert_eq!((second.alarmed, second.overdue), (0, 1), "told once, overdue all the while");
        assert_eq!(events(&world, "proposal", "alarm"), 1);
        assert!(seen(&world, &manager("mona"), proposal).is_overdue);
        // Nothing is in between for a day: then two people look.
        world.execute("UPDATE proposals SET sent_at = '2020-01-01 00:00:00'");
        turn();
        assert_eq!(world.kept(proposal).state, ProposalState::NeedsAttention, "{}", world.name);
        assert_eq!(turn().overdue, 0, "{}", world.name);
    }
}

fn check_in(
    world: &World,
    name: &str,
    proposal: ProposalId,
    days: u32,
    stars: f64,
) -> Result<review::CheckInView, Refused> {
    let new = review::NewCheckIn { days, stars: Stars::from_decimal(stars).unwrap(), note: "better".to_owned() };
    world.store.write(|writer| review::check_in(writer, &world.settings, &rep(name), proposal, &new))
}

fn review_of(world: &World, name: &str, proposal: ProposalId, days: u32) -> Result<review::ReviewView, Refused> {
    let new = review::NewReview {
        days,
        stars: Stars::from_decimal(4.5).unwrap(),
        revenue_cents: Cents(900_000),
        visits_planned: 3,
        visits_kept: 3,
        complaint: false,
    };
    world.store.write(|writer| review::review(writer, &world.settings, &rep(name), proposal, &new))
}

#[test]
fn each_rep_sees_only_what_they_said_themselves_and_a_manager_only_that_something_was_said() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = on_trial(&world);
        assert_eq!(word(check_in(&world, "anna", proposal, 7, 4.0)), "too_early", "{}", world.name);
        assert_eq!(word(check_in(&world, "anna", proposal, 8, 4.0)), "invalid", "no such day");
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().reminded, 0);
        world.execute("UPDATE check_ins SET due_on = '2020-01-01' WHERE days = 7");
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().reminded, 2);
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().reminded, 0, "once each");
        let list = |by: &Principal| {
            let list = world.store.read(|reader| review::check_ins(reader, by, proposal)).unwrap();
            serde_json::to_string(&list).unwrap()
        };
        let bens = list(&rep("ben"));
        let made = check_in(&world, "anna", proposal, 7, 4.25).unwrap();
        assert_eq!(made.account, id("ben-0"), "about the account received");
        assert_eq!(word(check_in(&world, "anna", proposal, 7, 1.0)), "already_made");
        assert_eq!(bens, list(&rep("ben")), "{}: nothing of it shows to the other", world.name);
        assert!(list(&rep("anna")).contains("4.25"));
        let monas = list(&manager("mona"));
        assert!(!monas.contains("4.25") && !monas.contains("better") && monas.contains("made_at"), "{monas}");
        assert_eq!(word(check_in(&world, "cora", proposal, 7, 4.0)), "not_found");
        let mona = manager("mona");
        let new = review::NewCheckIn { days: 7, stars: Stars::BEST, note: String::new() };
        let by_mona = world.store.write(|writer| review::check_in(writer, &world.settings, &mona, proposal, &new));
        assert_eq!(word(by_mona), "not_allowed");
    }
}

#[test]
fn a_review_is_made_once_late_if_need_be_and_by_the_owner_alone() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = on_trial(&world);
        assert_eq!(word(review_of(&world, "anna", proposal, 30)), "too_early");
        world.execute("UPDATE reviews SET due_on = '2020-01-01'");
        world.execute("UPDATE proposals SET trial_ends_on = '2020-01-01'");
        let turned = calendar::turn(&world.store, &world.settings).unwrap();
        assert_eq!((turned.ended, turned.reminded), (1, 4), "{}: two accounts, two days", world.name);
        review_of(&world, "anna", proposal, 30).unwrap();
        assert_eq!(word(review_of(&world, "anna", proposal, 30)), "already_made");
        review_of(&world, "anna", proposal, 90).unwrap();
        world.execute("UPDATE accounts SET owner_id = 'cora', ownership = 9 WHERE id = 'anna-0'");
        assert_eq!(word(review_of(&world, "ben", proposal, 30)), "account_elsewhere");
        let list = |by: &Principal| world.store.read(|reader| review::reviews(reader, by, proposal)).unwrap();
        assert_eq!(list(&rep("ben")).len(), 2, "only one's own");
        let all = list(&manager("mona"));
        assert!(all.iter().all(|one| one.stars.is_none()) && all.iter().any(|one| one.visits_kept == Some(3)));
        // Two people are too few for sums.
        let sums = world.store.read(|reader| outcomes::outcomes(reader, &manager("mona"))).unwrap();
        assert!(sums.iter().all(|one| one.together.is_none()) && sums[0].reviews == 1, "{sums:?}");
    }
}

#[test]
fn what_is_said_of_an_account_feeds_the_rapport_of_that_rep_with_that_account_alone() {
    for database in databases() {
        let world = World::new(database, 3);
        let proposal = on_trial(&world);
        world.execute("UPDATE check_ins SET due_on = '2020-01-01'; UPDATE reviews SET due_on = '2020-01-01'");
        check_in(&world, "ben", proposal, 7, 4.0).unwrap();
        review_of(&world, "ben", proposal, 30).unwrap();
        // Back with Anna, who submits it again; Ben is in the pool with another account.
        world.execute(
            "UPDATE proposals SET state = 'undone', bounces_until = NULL; UPDATE legs SET live = FALSE; \
             UPDATE accounts SET owner_id = 'anna', ownership = 3 WHERE id = 'anna-0'",
        );
        world.submit("anna-0");
        world.submit("ben-1");
        world.submit("cora-0");
        let market = world.store.read(|reader| snapshot(reader, Pool::Everybody, today())).unwrap().market;
        let between = |name: &str, account: &str| {
            let pair = market.history(&id(name), &id(account));
            pair.map_or((0, 0), |pair| (pair.rated_hundredths, pair.ratings))
        };
        assert_eq!(between("ben", "anna-0"), (850, 2), "{}", world.name);
        assert_eq!((between("ben", "ben-1"), between("cora", "anna-0")), ((0, 0), (0, 0)));
    }
}

#[test]
fn an_account_that_changed_hands_lately_bounces_whether_it_came_back_or_not() {
    for database in databases() {
        let world = World::new(database, 3);
        let bounced = |day: NaiveDate| {
            let all = ["anna-0", "anna-1", "ben-0"].map(id);
            world.store.read(|reader| bounces::bounced(reader, &all, day)).unwrap()
        };
        let both: Vec<AccountId> = vec![id("anna-0"), id("ben-0")];
        let proposal = on_trial(&world);
        assert_eq!(bounced(today()), both, "{}", world.name);
        let last = today() + Days::new(world.settings.handover.bounce_days.into());
        assert_eq!((bounced(last), bounced(last.succ_opt().unwrap())), (both.clone(), Vec::new()));
        grant(&world, &manager("mona"), proposal).unwrap();
        prepare_return(&world, proposal);
        let version = seen(&world, &service(), proposal).version;
        confirm(&world, &service(), proposal, version).unwrap();
        assert_eq!(bounced(today()), both, "{}: undone", world.name);
    }
}

#[test]
fn no_override_brings_an_account_back_to_a_former_owner_or_moves_it_too_often() {
    use account_swap::{
        app::overrides as orders,
        domain::overrides::{OverrideKind, ReasonCode},
    };
    for database in databases() {
        let mut world = World::new(database, 3);
        world.settings.policy.rules.cool_down_days = 0;
        let proposal = on_trial(&world);
        world.execute("UPDATE proposals SET state = 'completed', bounces_until = NULL; UPDATE legs SET live = FALSE");
        let force = |world: &World| {
            let new = orders::NewOverride {
                kind: OverrideKind::Force,
                proposal: None,
                accounts: vec![id("anna-0"), id("ben-0")],
                rep: None,
                hours: None,
                reason: ReasonCode::BusinessNeed,
                note: "agreed at the meeting".to_owned(),
            };
            let mona = manager("mona");
            world.store.write(|writer| orders::order(writer, &world.settings, &mona, new.clone(), None))
        };
        let submit = |account: &str, owner: &str| {
            let new = account_swap::app::submit::NewSubmission {
                account: id(account),
                stars: Stars::WORST,
                reasons: [account_swap::domain::submission::Reason::Chemistry].into(),
                share_reasons: true,
                note: String::new(),
            };
            world
                .store
                .write(|writer| account_swap::app::submit::submit(writer, &world.settings, &rep(owner), new.clone()))
                .unwrap();
        };
        submit("anna-0", "ben");
        submit("ben-0", "anna");
        let told = |refused: Refused| match refused {
            Refused::Conflict { code, detail } => (code, detail),
            other => panic!("{other:?}"),
        };
        let (code, detail) = told(force(&world).unwrap_err());
        assert_eq!(code, "breaks_a_rule");
        assert!(detail.contains("had it less than 730 days ago"), "{}: {detail}", world.name);
        assert_eq!(world.kept(proposal).state, ProposalState::Completed);

        world.settings.policy.rules.max_swaps_per_account_a_year = Some(1);
        let (_, detail) = told(force(&world).unwrap_err());
        assert!(detail.contains("changed hands 1 times in 365 days, at most 1"), "{}: {detail}", world.name);
        let date = today().to_string();
        let run = world.run(&date).report.unwrap();
        assert_eq!(run.published, 0, "{}", world.name);
        assert!(run::due_date(&world.settings.night, Utc::now()).is_none_or(|due| due == today()));
    }
}

#[test]
fn steps_of_the_way_back_are_the_undos_and_those_of_the_way_there_stay_as_they_were() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = on_trial(&world);
        let there = |view: &HandoverView| view.steps.iter().filter(|step| step.phase == Phase::Handover).count();
        let count = there(&seen(&world, &rep("anna"), proposal));
        grant(&world, &manager("mona"), proposal).unwrap();
        let view = seen(&world, &rep("anna"), proposal);
        assert_eq!((there(&view), view.steps.len()), (count, count + 6), "{}", world.name);
        // The giver of the way back is who has the account now.
        let telling = |name: &str, kind| settle(&world, &rep(name), proposal, step(0, kind, StepAction::Complete));
        assert_eq!(word(telling("anna", StepKind::Notes)), "not_allowed");
        assert_eq!(word(telling("ben", StepKind::Notes)), "ok");
        assert_eq!(word(telling("ben", StepKind::JointCall)), "not_found", "the template has none");
    }
}
