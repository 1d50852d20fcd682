//! The ladder, verb by verb: drafts, triage, the rep's choice, check-back, accounts that come back, and parting ways.

use super::fixture::{World, id, manager, rep, who};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Page, Refused,
        import::{ImportKind, import},
        parting,
        submit::{self, NewSubmission, SubmissionView},
        sweep,
        triage::{self, NewPath, TriageView},
    },
    domain::{
        ids::{PartingId, SubmissionId, Version},
        parting::{PartingAction, PartingState},
        principal::{Principal, Role},
        submission::{Reason, SubmissionState},
        triage::{Answers, Attempt, Path},
        units::Stars,
    },
    store::HandClock,
};
use chrono::{Duration, Utc};
use serde_json::{Value, json};

pub fn code(refused: Refused) -> &'static str {
    match refused {
        Refused::Conflict { code, .. } => code,
        Refused::NotFound(_) => "not_found",
        Refused::NotAllowed(_) => "not_allowed",
        Refused::Stale => "stale",
        Refused::Invalid { .. } => "invalid",
        other => panic!("{other:?}"),
    }
}

/// Everything denied and nothing tried, but for what is said.
pub fn answers(changes: &Value) -> Answers {
    let mut plain = json!({"just_me": "no", "our_mistake": "no", "wrong_information": "no", "chemistry": false,
        "abuse": null, "unreasonable_demands": false, "unethical_acts": false, "misfit": false, "tried": []});
    plain.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    serde_json::from_value(plain).unwrap()
}

fn statement(account: &str, reason: Reason) -> NewSubmission {
    NewSubmission {
        account: id(account),
        stars: Stars::from_decimal(1.5).unwrap(),
        reasons: [reason].into(),
        share_reasons: true,
        note: "between us".to_owned(),
    }
}

/// Drafts an account for its owner, who is called what its id begins with.
pub fn draft(world: &World, account: &str) -> SubmissionView {
    let owner = rep(account.split('-').next().unwrap());
    world
        .store
        .write(|writer| submit::draft(writer, &world.settings, &owner, statement(account, Reason::Other)))
        .unwrap()
}

/// Takes an account that came back through the ladder and into the pool again.
pub fn resubmit(world: &World, account: &str, owner: &str) {
    let new = statement(account, Reason::Chemistry);
    let own = world.store.write(|writer| submit::draft(writer, &world.settings, &rep(owner), new.clone())).unwrap().id;
    ask(world, owner, own, &json!({"chemistry": true})).unwrap();
    choose(world, owner, own, Path::Swap).unwrap();
}

pub fn version(world: &World, submission: SubmissionId, owner: &str) -> Version {
    world.store.read(|reader| submit::one(reader, &rep(owner), submission)).unwrap().version
}

pub fn ask(world: &World, owner: &str, submission: SubmissionId, changes: &Value) -> Result<TriageView, Refused> {
    let seen = version(world, submission, owner);
    let new = answers(changes);
    world.store.write(|writer| triage::ask(writer, &world.settings, &rep(owner), submission, new.clone(), seen))
}

pub fn choose(world: &World, owner: &str, submission: SubmissionId, path: Path) -> Result<TriageView, Refused> {
    let seen = version(world, submission, owner);
    let new = NewPath { path };
    world.store.write(|writer| triage::choose(writer, &world.settings, &rep(owner), submission, new, seen))
}

fn state(world: &World, submission: SubmissionId, who: &Principal) -> SubmissionView {
    world.store.read(|reader| submit::one(reader, who, submission)).unwrap()
}

fn published(world: &World, date: &str) -> u32 {
    world.run(date).report.unwrap().published
}

#[test]
fn a_draft_is_in_no_pool_until_its_rep_chooses_to_swap_whatever_was_advised() {
    for database in databases() {
        let world = World::new(database, 2);
        let own = draft(&world, "anna-0").id;
        world.submit("ben-0");
        assert_eq!(published(&world, "2026-03-02"), 0, "{}: a draft is in no pool", world.name);
        assert_eq!(code(choose(&world, "anna", own, Path::Swap).unwrap_err()), "triage_due");

        let advised = ask(&world, "anna", own, &json!({"our_mistake": "not_put_right"})).unwrap();
        assert_eq!((advised.advice, advised.rule.as_str()), (Path::Reset, "own_mistake"));
        assert_eq!(advised.choices, [Path::Reset, Path::Educate, Path::Swap], "nothing was tried");
        assert!(!advised.steps.is_empty() && advised.check_back_on.is_some());
        assert_eq!(state(&world, own, &rep("anna")).state, SubmissionState::Draft, "advice never acts by itself");
        assert_eq!(code(choose(&world, "anna", own, Path::PartWays).unwrap_err()), "nothing_tried");

        let chosen = choose(&world, "anna", own, Path::Swap).unwrap();
        assert_eq!((chosen.path, chosen.agreed), (Some(Path::Swap), Some(false)), "a rep may disagree");
        assert_eq!(published(&world, "2026-03-03"), 1);
        assert_eq!(code(ask(&world, "anna", own, &json!({})).unwrap_err()), "wrong_state", "it is in a proposal");
    }
}

#[test]
fn on_a_reset_the_account_leaves_the_pool_and_at_check_back_the_questions_come_again() {
    for database in databases() {
        let mut world = World::new(database, 2);
        let clock = HandClock::showing(Utc::now());
        world.store = world.store.clone().by_clock(clock.clone());
        let own = world.submit("anna-0").id;
        world.submit("ben-0");
        ask(&world, "anna", own, &json!({"our_mistake": "not_put_right"})).unwrap();
        let on = choose(&world, "anna", own, Path::Reset).unwrap();
        assert_eq!((on.agreed, on.check_back_on), (Some(true), Some((clock.now() + Duration::days(28)).date_naive())));
        assert_eq!(state(&world, own, &rep("anna")).state, SubmissionState::Draft);
        assert_eq!(published(&world, "2026-03-02"), 0, "{}: it is on another path", world.name);
        assert_eq!(code(choose(&world, "anna", own, Path::Swap).unwrap_err()), "triage_due", "once in a round");

        clock.move_by(Duration::days(27));
        assert_eq!(sweep::sweep(&world.store).unwrap(), 0);
        clock.move_by(Duration::days(1));
        assert_eq!(sweep::sweep(&world.store).unwrap(), 1);
        assert_eq!(sweep::sweep(&world.store).unwrap(), 0, "once");
        let again = state(&world, own, &rep("anna"));
        assert_eq!((again.state, again.path, again.check_back_on), (SubmissionState::Draft, None, None));
        let second = ask(&world, "anna", own, &json!({"just_me": "yes_and_i_can_change_it"})).unwrap();
        assert_eq!((second.round, second.rule.as_str()), (2, "somebody_else"), "a reset was tried");
        assert!(second.facts.tried_before.contains(&Attempt::Reset));
        assert!(second.choices.contains(&Path::PartWays));

        let seen = version(&world, own, "anna");
        let resolved = world.store.write(|writer| triage::resolve(writer, &rep("anna"), own, seen)).unwrap();
        assert_eq!(resolved.state, SubmissionState::Resolved);
        assert_eq!(code(ask(&world, "anna", own, &json!({})).unwrap_err()), "already_ended");
    }
}

#[test]
fn a_triage_is_its_reps_own_and_the_manager_sees_the_path() {
    for database in databases() {
        let world = World::new(database, 1);
        let own = draft(&world, "anna-0").id;
        ask(&world, "anna", own, &json!({"wrong_information": "not_explained"})).unwrap();
        choose(&world, "anna", own, Path::Educate).unwrap();
        let one = |who: &Principal| {
            world.store.read(|reader| triage::one(reader, &world.settings, who, own)).map(|view| view.facts_to_bring)
        };
        assert!(!one(&rep("anna")).unwrap().is_empty());
        assert_eq!(code(one(&manager("mona")).unwrap_err()), "not_allowed", "{}", world.name);
        for stranger in [rep("ben"), manager("sam"), who("root", Role::Admin)] {
            assert_eq!(code(one(&stranger).unwrap_err()), "not_found", "{stranger:?}");
        }
        let seen = state(&world, own, &manager("mona"));
        assert_eq!((seen.path, seen.check_back_on, seen.stars, seen.note), (Some(Path::Educate), None, None, None));
    }
}

#[test]
fn the_facts_are_those_of_the_own_book() {
    for database in databases() {
        let world = World::new(database, 4);
        world.execute(
            "UPDATE accounts SET annual_value_cents = 30000000, annual_commission_cents = 3000000 WHERE id = 'anna-0'; \
             INSERT INTO history (id, rep_id, account_id, started_on, ended_on, visits_planned, visits_kept) VALUES \
                 ('h1', 'anna', 'anna-0', '2025-01-01', NULL, 12, 9), \
                 ('h2', 'ben', 'anna-0', '2024-01-01', '2024-12-31', 12, 12)",
        );
        let admin = who("root", Role::Admin);
        let bring = |value: &str| {
            let file =
                format!("id,name,owner,lat,lon,country,annual_value\nanna-0,Account,anna,40.44,-79.99,us,{value}\n");
            let settings = &world.settings.import;
            world
                .store
                .write(|writer| import(writer, settings, &admin, ImportKind::Accounts, None, false, file.as_bytes()))
                .unwrap();
        };
        let own = draft(&world, "anna-0").id;
        let facts = ask(&world, "anna", own, &json!({})).unwrap().facts;
        assert_eq!(facts.share_of_book_percent, Some(50), "{}: 300 of 600 thousand", world.name);
        assert_eq!((facts.margin_percent, facts.trend.as_str()), (Some(10), "not_known"));
        assert_eq!(facts.visits_kept_percent, Some(75), "another rep's visits are not the own");
        bring("280000.00");
        bring("200000.00");
        let facts = ask(&world, "anna", own, &json!({})).unwrap().facts;
        assert_eq!((facts.share_of_book_percent, facts.trend.as_str()), (Some(40), "shrinking"));
        bring("320000.00");
        assert_eq!(ask(&world, "anna", own, &json!({})).unwrap().facts.trend.as_str(), "steady", "since a year ago");
    }
}

#[test]
fn an_account_that_came_back_goes_by_the_ladder_whoever_submits_it() {
    for database in databases() {
        let world = World::new(database, 2);
        world.propose(1);
        world.execute(
            "UPDATE proposals SET state = 'undone', effective_on = '2026-01-01', trial_ends_on = '2026-02-01', \
                 bounces_until = '2099-01-01'; \
             UPDATE legs SET live = FALSE; UPDATE submissions SET state = 'swapped'",
        );
        let direct = || {
            world
                .store
                .write(|w| submit::submit(w, &world.settings, &rep("anna"), statement("anna-0", Reason::Chemistry)))
        };
        assert_eq!(code(direct().unwrap_err()), "triage_due", "{}", world.name);
        let admin = who("root", Role::Admin);
        let file = "account,stars,reasons\nanna-0,1.5,chemistry\nben-0,1.5,chemistry\nben-1,1.5,chemistry\n";
        let bring = || {
            let settings = &world.settings.import;
            world.store.write(|w| import(w, settings, &admin, ImportKind::Submissions, None, false, file.as_bytes()))
        };
        assert_eq!(bring().unwrap().created, 3);
        assert_eq!(bring().unwrap().unchanged, 3, "{}: what is held back is not in the file's way", world.name);
        let of = |who: &Principal| {
            world.store.read(|reader| submit::list(reader, who, Page { after: None, limit: 9 })).unwrap()
        };
        let live = |one: &SubmissionView| one.state.is_live();
        let back = of(&rep("anna")).into_iter().find(|one| live(one)).unwrap();
        assert_eq!(back.state, SubmissionState::Draft);
        let by_account = |account: &str| {
            of(&rep("ben")).into_iter().find(|one| live(one) && one.account.as_str() == account).unwrap()
        };
        assert_eq!(by_account("ben-0").state, SubmissionState::Draft);
        assert_eq!(by_account("ben-1").state, SubmissionState::Open, "it was never swapped");

        let asked = ask(&world, "anna", back.id, &json!({"chemistry": true})).unwrap();
        assert!(asked.facts.tried_before.contains(&Attempt::Swap));
        choose(&world, "anna", back.id, Path::Swap).unwrap();
        assert_eq!(state(&world, back.id, &rep("anna")).state, SubmissionState::Open);
    }
}

#[test]
fn an_account_called_abusive_goes_by_the_ladder_so_that_its_class_is_known() {
    for database in databases() {
        let world = World::new(database, 1);
        let direct =
            world.store.write(|w| submit::submit(w, &world.settings, &rep("anna"), statement("anna-0", Reason::Abuse)));
        assert_eq!(code(direct.unwrap_err()), "triage_due", "{}", world.name);
        let of = world.store.read(|reader| submit::list(reader, &rep("anna"), Page { after: None, limit: 9 }));
        assert!(of.unwrap().is_empty(), "a refusal leaves nothing behind");
    }
}

/// Anna asks to part with an account of which she says what `changes` say.
fn request(world: &World, account: &str, changes: &Value) -> (SubmissionId, PartingId) {
    let own = draft(world, account).id;
    ask(world, "anna", own, changes).unwrap();
    choose(world, "anna", own, Path::PartWays).unwrap();
    let all = world.store.read(|r| parting::list(r, &rep("anna"), Page { after: None, limit: 99 })).unwrap();
    (own, all.into_iter().find(|one| one.submission == own).unwrap().id)
}

fn parting_of(world: &World, parting: PartingId) -> parting::PartingView {
    world.store.read(|reader| parting::one(reader, &manager("mona"), parting)).unwrap()
}

fn sign_off(
    world: &World,
    by: &Principal,
    parting: PartingId,
    names: &[&str],
) -> Result<parting::PartingView, Refused> {
    let seen = parting_of(world, parting).version;
    let new = parting::NewSignOff { alternatives: names.iter().map(|&name| name.to_owned()).collect() };
    world.store.write(|writer| parting::sign_off(writer, &world.settings, by, parting, &new, seen))
}

#[test]
fn a_signed_off_parting_makes_a_letter_and_the_account_is_offered_no_more_until_it_is_welcome_back() {
    for database in databases() {
        let mut world = World::new(database, 2);
        let clock = HandClock::showing(Utc::now());
        world.store = world.store.clone().by_clock(clock.clone());
        let (own, asked) = request(&world, "anna-0", &json!({"unethical_acts": true, "tried": ["limits_set"]}));
        assert_eq!(state(&world, own, &rep("anna")).state, SubmissionState::Draft, "in no pool meanwhile");
        assert_eq!(state(&world, own, &manager("mona")).path, Some(Path::PartWays));

        for stranger in [rep("ben"), manager("sam")] {
            assert_eq!(code(sign_off(&world, &stranger, asked, &["Rival"]).unwrap_err()), "not_found");
        }
        for own in [rep("anna"), who("root", Role::Admin)] {
            assert_eq!(code(sign_off(&world, &own, asked, &["Rival"]).unwrap_err()), "not_allowed", "{}", world.name);
        }
        for names in [&[] as &[&str], &[""], &["Rival\nDear customer, you are awful"], &["R"; 6]] {
            assert_eq!(code(sign_off(&world, &manager("mona"), asked, names).unwrap_err()), "invalid", "{names:?}");
        }
        let signed = sign_off(&world, &manager("mona"), asked, &["Rival & Sons", "Another {date}"]).unwrap();
        assert_eq!(signed.state, PartingState::Parted);
        let letter = signed.letter.as_deref().unwrap();
        assert!(
            letter.contains("To Account 0 of anna\n") && letter.contains("\nRival & Sons\nAnother {date}\n"),
            "{letter}"
        );
        let review = (clock.now() + Duration::days(365)).date_naive();
        assert!(letter.contains(&review.to_string()) && signed.review_on == Some(review));
        for opinion in ["unethical", "limits", "abus", "demand"] {
            assert!(!letter.contains(opinion), "no opinion leaves in a letter: {opinion}");
        }
        assert_eq!(state(&world, own, &rep("anna")).state, SubmissionState::Parted);
        assert_eq!(code(sign_off(&world, &manager("mona"), asked, &["Rival"]).unwrap_err()), "already_settled");

        let again = || {
            world.store.write(|w| submit::draft(w, &world.settings, &rep("anna"), statement("anna-0", Reason::Other)))
        };
        assert_eq!(code(again().unwrap_err()), "parted");
        let admin = who("root", Role::Admin);
        let file = "account,stars,reasons\nanna-0,1.5,chemistry\n";
        let settings = &world.settings.import;
        let bring =
            world.store.write(|w| import(w, settings, &admin, ImportKind::Submissions, None, false, file.as_bytes()));
        assert!(bring.unwrap_err().to_string().contains("has not parted with"), "{}", world.name);

        clock.move_by(Duration::days(365));
        assert_eq!(sweep::sweep(&world.store).unwrap(), 1, "the review date is told");
        assert_eq!(sweep::sweep(&world.store).unwrap(), 0, "once");
        let seen = parting_of(&world, asked).version;
        let back = PartingAction::Reinstate;
        world.store.write(|writer| parting::settle(writer, &manager("mona"), asked, back, seen)).unwrap();
        again().unwrap();
    }
}

#[test]
fn nobody_parts_while_a_colleague_who_opted_in_could_take_the_account() {
    for database in databases() {
        let world = World::new(database, 3);
        let demands = json!({"unreasonable_demands": true, "tried": ["limits_set"]});
        let (_, asked) = request(&world, "anna-0", &demands);
        let sign = || sign_off(&world, &manager("mona"), asked, &["Rival"]);
        let set = |rep: &str, sql: &str| world.execute(&format!("UPDATE reps SET {sql} WHERE id = '{rep}'"));
        set("ben", "tolerances = '[\"demanding\"]'");
        assert_eq!(code(sign().unwrap_err()), "somebody_is_willing", "{}", world.name);
        for (unable, able) in [
            ("active = FALSE", "active = TRUE"),
            ("leaves_on = '2099-01-01'", "leaves_on = NULL"),
            ("leave_from = '2020-01-01', leave_until = '2099-01-01'", "leave_from = NULL, leave_until = NULL"),
            ("base_lat_e6 = 0", "base_lat_e6 = 40440600"),
        ] {
            set("ben", unable);
            let undone = world.store.write(|writer| {
                let seen = parting_of(&world, asked).version;
                let new = parting::NewSignOff { alternatives: vec!["Rival".to_owned()] };
                parting::sign_off(writer, &world.settings, &manager("mona"), asked, &new, seen)?;
                Err::<(), _>(Refused::NotAllowed("only to see that it could be signed off"))
            });
            assert_eq!(code(undone.unwrap_err()), "not_allowed", "{}: {unable}", world.name);
            set("ben", able);
        }
        assert_eq!(code(sign().unwrap_err()), "somebody_is_willing");
        world.execute("UPDATE accounts SET conflicts = '[\"ben\"]' WHERE id = 'anna-0'");
        assert_eq!(sign().unwrap().state, PartingState::Parted);
    }
}

#[test]
fn another_path_takes_the_request_back_and_a_refusal_asks_the_rep_again() {
    for database in databases() {
        let world = World::new(database, 2);
        let misfit = json!({"misfit": true, "tried": ["open_talk"]});
        let (own, asked) = request(&world, "anna-0", &misfit);
        assert_eq!(code(choose(&world, "anna", own, Path::Swap).unwrap_err()), "triage_due");
        ask(&world, "anna", own, &misfit).unwrap();
        assert_eq!(parting_of(&world, asked).state, PartingState::Withdrawn, "{}", world.name);
        choose(&world, "anna", own, Path::PartWays).unwrap();
        let live = || {
            let all = world.store.read(|r| parting::list(r, &manager("mona"), Page { after: None, limit: 9 })).unwrap();
            all.into_iter().find(|one| one.state == PartingState::Requested)
        };
        let second = live().unwrap();
        let refuse =
            |seen| world.store.write(|w| parting::settle(w, &manager("mona"), second.id, PartingAction::Refuse, seen));
        assert_eq!(code(refuse(Version(uuid::Uuid::nil())).unwrap_err()), "stale");
        assert_eq!(refuse(second.version).unwrap().state, PartingState::Refused);
        assert_eq!(state(&world, own, &rep("anna")).path, None);
        ask(&world, "anna", own, &misfit).unwrap();
        choose(&world, "anna", own, Path::PartWays).unwrap();

        let third = live().unwrap();
        let seen = version(&world, own, "anna");
        world.store.write(|writer| submit::withdraw(writer, &rep("anna"), own, seen)).unwrap();
        assert_eq!(parting_of(&world, third.id).state, PartingState::Withdrawn);
    }
}

#[test]
fn whoever_manages_themselves_does_not_sign_off_their_own_parting() {
    for database in databases() {
        let world = World::new(database, 1);
        world.execute("UPDATE teams SET manager_id = 'mona' WHERE id = 'heads'");
        let own = draft(&world, "mona-0").id;
        let misfit = json!({"misfit": true, "tried": ["open_talk"]});
        ask(&world, "mona", own, &misfit).unwrap();
        choose(&world, "mona", own, Path::PartWays).unwrap();
        let all = world.store.read(|r| parting::list(r, &rep("mona"), Page { after: None, limit: 9 })).unwrap();
        assert_eq!(code(sign_off(&world, &manager("mona"), all[0].id, &["Rival"]).unwrap_err()), "not_allowed");
    }
}
