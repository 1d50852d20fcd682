//! The abuse lane, verb by verb: a class on record, the manager's word, who opted in, and what is read before an accept.

use super::{
    fixture::{World, id, manager, rep, who},
    ladder::{ask, choose, code, draft},
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Page, Refused, abuse, decide,
        import::{ImportKind, import},
        opt_in, overrides as orders, proposals as views,
    },
    domain::{
        abuse::{AbuseAction, AbuseSource, AbuseState, Severity},
        ids::{ProposalId, Version},
        overrides::{OverrideKind, ReasonCode},
        principal::{Principal, Role},
        proposal::{ProposalState, PublicStatus},
        triage::Path,
    },
};
use serde_json::json;

fn record(world: &World, who: &Principal, account: &str) -> Result<abuse::AbuseView, Refused> {
    world.store.read(|reader| abuse::one(reader, who, &id(account)))
}

fn settle(world: &World, by: &Principal, account: &str, action: AbuseAction) -> Result<abuse::AbuseView, Refused> {
    let seen = record(world, by, account).map_or(Version(uuid::Uuid::nil()), |record| record.version);
    world.store.write(|writer| abuse::settle(writer, &world.settings, by, &id(account), action, seen))
}

fn opt_in(world: &World, name: &str, class: Option<Severity>, cap: u32) {
    let seen = world.store.read(|reader| opt_in::opt_in(reader, &rep(name))).unwrap().version;
    let new = opt_in::NewOptIn { class, cap };
    let kept = world.store.write(|writer| opt_in::choose(writer, &rep(name), &new, seen)).unwrap();
    assert!(kept.is_own_choice && kept.class == class && kept.cap == cap);
}

fn bring(world: &World, kind: ImportKind, file: &str) {
    let admin = who("root", Role::Admin);
    let settings = &world.settings.import;
    world.store.write(|writer| import(writer, settings, &admin, kind, None, false, file.as_bytes())).unwrap();
}

fn published(world: &World, date: &str) -> u32 {
    world.run(date).report.unwrap().published
}

/// Anna submits an account of hers as abusive, by the ladder.
fn declare(world: &World, account: &str) {
    let own = draft(world, account).id;
    let advised = ask(world, "anna", own, &json!({"abuse": "abusive", "tried": ["limits_set"]})).unwrap();
    assert_eq!((advised.advice, advised.declares), (Path::Swap, Some(Severity::Abusive)));
    let none = record(world, &manager("mona"), account);
    assert_eq!(code(none.unwrap_err()), "not_found", "an answer is private until a path is chosen");
    choose(world, "anna", own, Path::Swap).unwrap();
}

/// The proposal in which Ben would get Anna's abusive account.
fn proposed(world: &World) -> ProposalId {
    declare(world, "anna-0");
    world.submit("ben-0");
    settle(world, &manager("mona"), "anna-0", AbuseAction::Acknowledge).unwrap();
    opt_in(world, "ben", Some(Severity::Abusive), 1);
    assert_eq!(published(world, "2026-03-02"), 1, "{}", world.name);
    let list = world.proposals(&rep("ben"));
    list[0].id()
}

fn accept(world: &World, name: &str, proposal: ProposalId) -> Result<views::ProposalView, Refused> {
    let seen = world.party(&rep(name), proposal).version;
    world.store.write(|writer| decide::accept(writer, &world.settings, &rep(name), proposal, seen))
}

fn disclose(world: &World, name: &str, proposal: ProposalId, class: Severity) -> Result<views::ProposalView, Refused> {
    let seen = world.party(&rep(name), proposal).version;
    world.store.write(|writer| abuse::disclose(writer, &rep(name), proposal, class, seen))
}

#[test]
fn an_abusive_account_is_proposed_only_once_acknowledged_and_only_to_one_who_opted_in() {
    for database in databases() {
        let world = World::new(database, 2);
        declare(&world, "anna-0");
        world.submit("ben-0");
        opt_in(&world, "ben", Some(Severity::Threatening), 1);
        assert_eq!(published(&world, "2026-03-02"), 0, "{}: nobody has acknowledged it", world.name);

        let declared = record(&world, &manager("mona"), "anna-0").unwrap();
        assert_eq!((declared.state, declared.source), (AbuseState::Declared, AbuseSource::Rep));
        for stranger in [rep("ben"), manager("sam")] {
            assert_eq!(code(record(&world, &stranger, "anna-0").unwrap_err()), "not_found");
        }
        assert_eq!(code(settle(&world, &rep("anna"), "anna-0", AbuseAction::Acknowledge).unwrap_err()), "not_allowed");
        assert_eq!(code(settle(&world, &manager("mona"), "anna-0", AbuseAction::Warn).unwrap_err()), "too_early");
        settle(&world, &manager("mona"), "anna-0", AbuseAction::Acknowledge).unwrap();

        opt_in(&world, "ben", Some(Severity::Harsh), 1);
        assert_eq!(published(&world, "2026-03-03"), 0, "{}: a milder class is not enough", world.name);
        opt_in(&world, "ben", Some(Severity::Abusive), 0);
        assert_eq!(published(&world, "2026-03-04"), 0, "{}: none within his cap", world.name);
        opt_in(&world, "ben", Some(Severity::Threatening), 1);
        assert_eq!(published(&world, "2026-03-05"), 1, "{}: a harsher class covers it", world.name);
    }
}

#[test]
fn what_is_on_its_way_to_a_rep_counts_against_their_cap() {
    for database in databases() {
        let world = World::new(database, 3);
        proposed(&world);
        declare(&world, "anna-1");
        world.submit("ben-1");
        settle(&world, &manager("mona"), "anna-1", AbuseAction::Acknowledge).unwrap();
        assert_eq!(published(&world, "2026-03-03"), 0, "{}: one is on its way", world.name);
        opt_in(&world, "ben", Some(Severity::Abusive), 2);
        assert_eq!(published(&world, "2026-03-04"), 1);
    }
}

#[test]
fn nobody_accepts_without_having_read_and_nobody_else_reads_for_them() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = proposed(&world);
        let (seen, giver) = (world.party(&rep("ben"), proposal), world.party(&rep("anna"), proposal));
        let disclosure = seen.disclosure.as_ref().unwrap();
        assert_eq!((disclosure.severity, disclosure.is_acknowledged), (Severity::Abusive, false));
        assert!(giver.disclosure.is_none(), "{}: nothing is on record of the account she gets", world.name);
        assert_eq!(code(accept(&world, "ben", proposal).unwrap_err()), "disclosure_not_acknowledged");
        assert_eq!(code(disclose(&world, "anna", proposal, Severity::Abusive).unwrap_err()), "nothing_to_disclose");
        assert_eq!(code(disclose(&world, "ben", proposal, Severity::Harsh).unwrap_err()), "invalid");

        world.execute("UPDATE reps SET leave_from = '2020-01-01', leave_until = '2099-01-01' WHERE id = 'ben'");
        let version = world.manager(&manager("mona"), proposal).version;
        let order = |kind, proposal: Option<ProposalId>, accounts: &[&str], rep: Option<&str>| orders::NewOverride {
            kind,
            proposal,
            accounts: accounts.iter().map(|account| id(account)).collect(),
            rep: rep.map(id),
            hours: None,
            reason: ReasonCode::Absence,
            note: "as agreed".to_owned(),
        };
        let ordered = |new: orders::NewOverride, seen| {
            world.store.write(|writer| orders::order(writer, &world.settings, &manager("mona"), new.clone(), seen))
        };
        let absent = order(OverrideKind::AcceptForAbsent, Some(proposal), &[], Some("ben"));
        assert_eq!(code(ordered(absent, Some(version)).unwrap_err()), "disclosure_not_acknowledged");
        let forced = order(OverrideKind::Force, None, &["anna-0", "ben-0"], None);
        assert_eq!(code(ordered(forced, None).unwrap_err()), "consent_is_personal");
        world.execute("UPDATE reps SET leave_from = NULL, leave_until = NULL WHERE id = 'ben'");

        let (before, other) = (world.party(&rep("ben"), proposal).version, world.party(&rep("anna"), proposal).version);
        disclose(&world, "ben", proposal, Severity::Abusive).unwrap();
        let read = world.party(&rep("ben"), proposal);
        assert!(read.disclosure.unwrap().is_acknowledged && read.version != before);
        assert_eq!(world.party(&rep("anna"), proposal).version, other, "{}: she learns nothing", world.name);
        accept(&world, "ben", proposal).unwrap();
        accept(&world, "anna", proposal).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Accepted);
    }
}

#[test]
fn a_proposal_ends_when_its_receiver_no_longer_bears_what_is_on_record() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = proposed(&world);
        disclose(&world, "ben", proposal, Severity::Abusive).unwrap();
        accept(&world, "ben", proposal).unwrap();
        opt_in(&world, "ben", None, 0);
        accept(&world, "anna", proposal).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Invalidated, "{}", world.name);
        assert_eq!(world.party(&rep("anna"), proposal).status, PublicStatus::Answered, "not before the next batch");
    }
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = proposed(&world);
        disclose(&world, "ben", proposal, Severity::Abusive).unwrap();
        // The CRM learns of worse, which no manager has acknowledged.
        let file = "id,name,owner,lat,lon,country,traits\nanna-0,Account,anna,40.44,-79.99,us,threatening\n";
        bring(&world, ImportKind::Accounts, file);
        assert_eq!(code(accept(&world, "ben", proposal).unwrap_err()), "disclosure_not_acknowledged");
        disclose(&world, "ben", proposal, Severity::Threatening).unwrap();
        accept(&world, "ben", proposal).unwrap();
        assert_eq!(world.kept(proposal).state, ProposalState::Invalidated, "{}", world.name);
    }
}

#[test]
fn the_crm_declares_and_does_not_choose_for_a_rep() {
    for database in databases() {
        let world = World::new(database, 2);
        let accounts = |traits: &str| {
            format!("id,name,owner,lat,lon,country,traits\nanna-0,Account,anna,40.44,-79.99,us,{traits}\n")
        };
        bring(&world, ImportKind::Accounts, &accounts("haggles;harsh"));
        let declared = record(&world, &rep("anna"), "anna-0").unwrap();
        let as_expected = (Severity::Harsh, AbuseSource::Crm, AbuseState::Declared);
        assert_eq!((declared.severity, declared.source, declared.state), as_expected, "{}", world.name);
        world.submit("anna-0");
        world.submit("ben-0");
        let reps = |classes: &str| {
            format!(
                "id,name,team,manager,lat,lon,country,languages,tolerances,abusive_accounts_cap\n\
                 ben,The real ben,north,mona,40.4406,-79.9959,us,en,{classes},3\n"
            )
        };
        bring(&world, ImportKind::Reps, &reps("abusive"));
        let by_the_crm = world.store.read(|reader| opt_in::opt_in(reader, &rep("ben"))).unwrap();
        assert_eq!((by_the_crm.class, by_the_crm.cap, by_the_crm.is_own_choice), (Some(Severity::Abusive), 3, false));
        assert_eq!(published(&world, "2026-03-02"), 0, "nobody has acknowledged it");

        let dismissed = settle(&world, &manager("mona"), "anna-0", AbuseAction::Dismiss);
        assert_eq!(code(dismissed.unwrap_err()), "crm_says_so");
        settle(&world, &manager("mona"), "anna-0", AbuseAction::Acknowledge).unwrap();
        opt_in(&world, "ben", None, 0);
        bring(&world, ImportKind::Reps, &reps("threatening"));
        assert_eq!(published(&world, "2026-03-03"), 0, "{}: the CRM does not choose for him", world.name);
        opt_in(&world, "ben", Some(Severity::Harsh), 1);
        assert_eq!(published(&world, "2026-03-04"), 1);

        bring(&world, ImportKind::Accounts, &accounts("haggles"));
        assert_eq!(
            settle(&world, &manager("mona"), "anna-0", AbuseAction::Dismiss).unwrap().state,
            AbuseState::Dismissed
        );
        bring(&world, ImportKind::Accounts, &accounts("abusive"));
        assert_eq!(record(&world, &manager("mona"), "anna-0").unwrap().state, AbuseState::Declared);
    }
}

#[test]
fn a_warning_makes_a_letter_and_counts_as_a_path_tried() {
    for database in databases() {
        let world = World::new(database, 2);
        declare(&world, "anna-0");
        settle(&world, &manager("mona"), "anna-0", AbuseAction::Acknowledge).unwrap();
        let warned = settle(&world, &manager("mona"), "anna-0", AbuseAction::Warn).unwrap();
        let letter = warned.letter.unwrap();
        assert!(letter.contains("To Account 0 of anna\n") && letter.contains(&warned.warned_on.unwrap().to_string()));
        assert!(!letter.contains('{') && !letter.contains("abus"), "{letter}");
        let list = |who: &Principal| {
            world.store.read(|reader| abuse::list(reader, who, Page { after: None, limit: 9 })).map(|list| list.len())
        };
        assert_eq!((list(&rep("anna")).unwrap(), list(&rep("ben")).unwrap()), (1, 0), "{}", world.name);
        assert_eq!((list(&manager("mona")).unwrap(), list(&manager("sam")).unwrap()), (1, 0));
        assert_eq!(code(list(&who("root", Role::Admin)).unwrap_err()), "not_allowed");

        let submissions = world
            .store
            .read(|reader| account_swap::app::submit::list(reader, &rep("anna"), Page { after: None, limit: 9 }));
        let own = submissions.unwrap()[0].id;
        let facts = ask(&world, "anna", own, &json!({"abuse": "abusive"})).unwrap().facts;
        assert_eq!(facts.abuse_on_record, Some(Severity::Abusive));
        assert!(facts.tried_before.iter().any(|tried| tried.as_str() == "warning"));
    }
}
