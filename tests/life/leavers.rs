//! Who leaves, and accounts that the CRM reassigns, closes, sells or merges: what hung on them ends with the import.

use super::{
    day::{accept, code, hand_over, proposed},
    fixture::{World, id, manager, rep, service, who},
    trial::{approved, on_trial},
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Refused, calendar, handover,
        import::{ImportError, ImportKind, ImportReport, import},
        me,
        submit::{self, SubmissionView},
    },
    domain::{
        invalidation::Cause,
        principal::Role,
        proposal::{ProposalState, PublicStatus},
        roster::AccountStatus,
        submission::SubmissionState,
    },
    store::roster,
};

fn bring(world: &World, kind: ImportKind, text: &str) -> Result<ImportReport, ImportError> {
    let (root, settings) = (who("root", Role::Admin), &world.settings.import);
    world.store.write(|writer| import(writer, settings, &root, kind, None, false, text.as_bytes()))
}

/// An accounts file that says something of one account of Anna's or Ben's.
fn account(world: &World, account: &str, owner: &str, column: &str, value: &str) {
    let (giver, number) = account.split_once('-').unwrap();
    let name = format!("Account {number} of {giver}");
    let text =
        format!("id,name,owner,lat,lon,country,{column}\n{account},{name},{owner},40.4406,-79.9959,us,{value}\n");
    bring(world, ImportKind::Accounts, &text).unwrap_or_else(|error| panic!("{}: {error}", world.name));
}

fn leaves(world: &World, name: &str, column: &str, value: &str) {
    let text =
        format!("id,name,team,manager,lat,lon,country,{column}\n{name},X,north,mona,40.4406,-79.9959,us,{value}\n");
    bring(world, ImportKind::Reps, &text).unwrap_or_else(|error| panic!("{}: {error}", world.name));
}

/// The one submission of a rep.
fn submission(world: &World, name: &str) -> SubmissionView {
    let page = account_swap::app::Page { after: None, limit: 10 };
    let mut all = world.store.read(|reader| submit::list(reader, &rep(name), page)).unwrap();
    assert_eq!(all.len(), 1, "{}", world.name);
    all.remove(0)
}

#[test]
fn an_account_that_is_gone_ends_its_proposal_at_once_and_the_colleague_sees_it_at_the_next_batch() {
    let cases = [
        ("anna", "status", "closed", Cause::AccountClosed),
        ("anna", "status", "sold", Cause::AccountSold),
        ("anna", "merged_into", "anna-1", Cause::AccountMerged),
        ("cora", "visits_a_year", "12", Cause::AccountReassigned),
    ];
    for (owner, column, value, cause) in cases {
        for database in databases() {
            let world = World::new(database, 2);
            let proposal = proposed(&world);
            accept(&world, "ben", proposal);
            let before = serde_json::to_string(&world.party(&rep("ben"), proposal)).unwrap();
            account(&world, "anna-0", owner, column, value);
            let kept = world.kept(proposal);
            assert_eq!((kept.state, kept.cause), (ProposalState::Invalidated, Some(cause)), "{}", world.name);
            assert_eq!(world.manager(&manager("mona"), proposal).cause, Some(cause), "told to the managers");
            let own = submission(&world, "anna");
            assert_eq!((own.state, own.cause), (SubmissionState::Invalidated, Some(cause)), "{}", world.name);
            assert_eq!(before, serde_json::to_string(&world.party(&rep("ben"), proposal)).unwrap(), "{cause}");
            world.run("2026-03-09");
            let after = world.party(&rep("ben"), proposal);
            assert_eq!(after.status, PublicStatus::NotConcluded);
            assert!(!serde_json::to_string(&after).unwrap().contains("account_"), "why is not for the colleague");
            let bens = submission(&world, "ben");
            assert_eq!((bens.state, bens.cause), (SubmissionState::Open, None), "{}: back in the pool", world.name);
        }
    }
}

#[test]
fn a_rep_who_leaves_takes_their_submissions_and_undecided_proposals_along() {
    for (column, value) in [("leaves_on", "2099-12-31"), ("active", "false")] {
        for database in databases() {
            let world = World::new(database, 2);
            let proposal = approved(&world);
            leaves(&world, "anna", column, value);
            let kept = world.kept(proposal);
            assert_eq!((kept.state, kept.cause), (ProposalState::Invalidated, Some(Cause::RepLeft)), "{}", world.name);
            let bens = submission(&world, "ben");
            assert_eq!(bens.state, SubmissionState::Open, "approved proposals end in the open");
            let admitted = world.store.read(|reader| me::admit(reader, &world.settings.people, &rep("anna")));
            assert_eq!(admitted.is_ok(), column == "leaves_on", "{}: who is still here still works", world.name);
        }
    }
    for database in databases() {
        let world = World::new(database, 1);
        world.execute("UPDATE reps SET leaves_on = '2020-01-01' WHERE id IN ('anna', 'mona')");
        for gone in [rep("anna"), rep("mona"), manager("mona")] {
            let admitted = world.store.read(|reader| me::admit(reader, &world.settings.people, &gone));
            assert!(matches!(admitted, Err(Refused::NotAllowed(_))), "{}: {gone:?}", world.name);
        }
        assert!(
            world.store.read(|reader| me::admit(reader, &world.settings.people, &manager("sam"))).is_ok(),
            "who is no rep manages on"
        );
    }
}

#[test]
fn while_a_change_of_owner_is_out_an_account_that_went_elsewhere_needs_two_people_and_one_that_arrived_does_not() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = approved(&world);
        let version = hand_over(&world, proposal);
        // The CRM has carried it out, and its nightly file comes before its answer.
        account(&world, "anna-0", "ben", "visits_a_year", "12");
        assert_eq!(world.kept(proposal).state, ProposalState::Executing, "{}", world.name);
        world.store.write(|writer| handover::confirm(writer, &world.settings, &service(), proposal, version)).unwrap();
        assert_eq!((world.owner("anna-0"), world.owner("ben-0")), ("ben".to_owned(), "anna".to_owned()));
        let held = world.store.read(|reader| roster::account(reader, &id("anna-0"))).unwrap().unwrap();
        assert_eq!((held.ownership, held.last_moved_on), (2, world.kept(proposal).effective_on), "moved once");
    }
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = approved(&world);
        hand_over(&world, proposal);
        account(&world, "ben-0", "cora", "visits_a_year", "12");
        let kept = world.kept(proposal);
        assert_eq!((kept.state, kept.cause), (ProposalState::NeedsAttention, Some(Cause::AccountReassigned)));
        assert_eq!(world.party(&rep("anna"), proposal).status, PublicStatus::Executing, "{}", world.name);
    }
    for database in databases() {
        // Who leaves while it is out: the manager finishes it.
        let world = World::new(database, 2);
        let proposal = approved(&world);
        let version = hand_over(&world, proposal);
        leaves(&world, "ben", "leaves_on", "2099-12-31");
        let kept = world.kept(proposal);
        assert_eq!((kept.state, kept.cause), (ProposalState::Executing, Some(Cause::RepLeft)), "{}", world.name);
        let mona = manager("mona");
        let stale = world.store.write(|writer| handover::confirm(writer, &world.settings, &mona, proposal, version));
        assert_eq!(code(stale.unwrap_err()), "stale", "they have seen that somebody leaves");
        let version = world.store.read(|reader| handover::one(reader, &mona, proposal)).unwrap().version;
        world.store.write(|writer| handover::confirm(writer, &world.settings, &mona, proposal, version)).unwrap();
        assert_eq!(world.owner("anna-0"), "ben");
    }
}

#[test]
fn a_trial_whose_account_went_elsewhere_is_over_and_cannot_be_undone() {
    for database in databases() {
        let world = World::new(database, 2);
        let proposal = on_trial(&world);
        account(&world, "anna-0", "cora", "visits_a_year", "12");
        let kept = world.kept(proposal);
        assert_eq!((kept.state, kept.cause), (ProposalState::Completed, Some(Cause::AccountReassigned)));
        assert_eq!(world.owner("ben-0"), "anna", "{}: what has moved stays", world.name);
        let mona = manager("mona");
        let version = world.store.read(|reader| handover::one(reader, &mona, proposal)).unwrap().version;
        let granted =
            world.store.write(|writer| handover::grant_undo(writer, &world.settings, &mona, proposal, version));
        assert_eq!(code(granted.unwrap_err()), "already_ended");
    }
}

#[test]
fn what_is_no_customer_any_more_is_not_submitted_and_what_a_race_left_behind_is_struck_later() {
    for database in databases() {
        let world = World::new(database, 3);
        account(&world, "anna-0", "anna", "status", "closed");
        let held = world.store.read(|reader| roster::account(reader, &id("anna-0"))).unwrap().unwrap();
        assert_eq!(held.status, AccountStatus::Closed);
        let new = submit::NewSubmission {
            account: id("anna-0"),
            stars: account_swap::domain::units::Stars::WORST,
            reasons: [account_swap::domain::submission::Reason::Chemistry].into(),
            share_reasons: true,
            note: String::new(),
        };
        let refused = world.store.write(|writer| submit::submit(writer, &world.settings, &rep("anna"), new.clone()));
        assert_eq!(code(refused.unwrap_err()), "no_customer", "{}", world.name);
        let file = bring(&world, ImportKind::Submissions, "account,stars,reasons\nanna-0,1.5,chemistry\n");
        let told = file.unwrap_err().to_string();
        assert!(told.contains("still a customer; this one is closed"), "{told}");

        // Back again, and submitted; then gone behind the program's back.
        account(&world, "anna-0", "anna", "status", "active");
        world.submit("anna-0");
        world.submit("ben-0");
        world.execute("UPDATE accounts SET status = 'sold' WHERE id = 'anna-0'");
        assert_eq!(world.run("2026-03-02").report.unwrap().offers, 1, "{}: and no run fails over it", world.name);
        assert_eq!(calendar::turn(&world.store, &world.settings).unwrap().struck, 1);
        assert_eq!(submission(&world, "anna").cause, Some(Cause::AccountSold));

        // A proposal published while one of its accounts closed, or one of its reps gave notice.
        let [closed, left] = [1, 2].map(|n| ["anna", "ben"].map(|name| format!("{name}-{n}")));
        closed.iter().for_each(|account| drop(world.submit(account)));
        assert_eq!(world.run("2026-03-03").report.unwrap().published, 1);
        world.execute("UPDATE accounts SET status = 'closed' WHERE id = 'anna-1'");
        let proposal = world.proposals(&rep("ben"))[0].id();
        accept(&world, "ben", proposal);
        let kept = world.kept(proposal);
        assert_eq!(
            (kept.state, kept.cause),
            (ProposalState::Invalidated, Some(Cause::AccountClosed)),
            "{}",
            world.name
        );
        left.iter().for_each(|account| drop(world.submit(account)));
        assert_eq!(world.run("2026-03-04").report.unwrap().published, 1);
        world.execute("UPDATE reps SET leaves_on = '2099-12-31' WHERE id = 'cora'");
        world.execute("UPDATE reps SET leaves_on = '2099-12-31' WHERE id = 'anna'");
        calendar::turn(&world.store, &world.settings).unwrap();
        let causes: Vec<_> = world.proposals(&rep("ben")).iter().map(|view| world.kept(view.id()).cause).collect();
        assert!(causes.contains(&Some(Cause::RepLeft)), "{}: {causes:?}", world.name);
    }
}

#[test]
fn a_merged_account_names_the_one_it_became_part_of() {
    for database in databases() {
        let world = World::new(database, 2);
        let row = |rest: &str| {
            let text =
                format!("id,name,owner,lat,lon,country,status,merged_into\nanna-0,Acme,anna,40.4,-79.9,us,{rest}\n");
            bring(&world, ImportKind::Accounts, &text).map_err(|error| error.to_string())
        };
        for (rest, told) in [
            ("merged,", "expected the account that a merged one became part of"),
            ("merged,anna-0", "the id of another account that exists"),
            ("merged,nowhere", "the id of another account that exists"),
            ("closed,anna-1", "merged, or no account that it became part of"),
            ("gone,", "one of active closed sold merged"),
        ] {
            let error = row(rest).unwrap_err();
            assert!(error.contains(told), "{}: {error}", world.name);
        }
        row(",anna-1").unwrap();
        let held = world.store.read(|reader| roster::account(reader, &id("anna-0"))).unwrap().unwrap();
        assert_eq!((held.status, held.merged_into), (AccountStatus::Merged, Some(id("anna-1"))));
    }
}
