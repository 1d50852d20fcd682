//! The commands `import` and `export` as a person or a script meets them: what they print and how they end.

use super::rows::{bring, open};
use crate::common::databases::{TestDatabase, databases, sqlite};
use account_swap::{
    app::import::ImportKind,
    domain::{
        approval::Approval,
        ids::{ProposalId, Version},
        proposal::{Answer, Geography, Leg, Proposal, ProposalState, Side, Valuation},
        units::{Cents, Minutes, Points, Stars},
    },
    store::{proposals, roster, submissions},
};
use std::{
    io::Write,
    process::{Command, Output, Stdio},
};
use uuid::Uuid;

/// Runs the program with some input, away from any settings of the machine.
pub(super) fn run(database: &TestDatabase, arguments: &[&str], input: impl AsRef<[u8]>) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_account-swap"))
        .args(["--database", &database.url, "--config-dir", "/nonexistent"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    // A program that refuses before it reads closes the pipe; that is its right.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_ref());
    child.wait_with_output().expect("the program ends")
}

pub(super) fn told(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

pub(super) const REPS: &str = "id,name,team,manager,lat,lon,country\n\
    anna,=Anna,north,mia,42.36,-71.06,us\nbob,Bob,north,mia,41.76,-72.68,us\n";
const ACCOUNTS: &str = "id,name,owner,lat,lon,country\n\
    0015g00000a1,\"=HYPERLINK(\"\"x\"\"), Inc\",anna,42.4,-71.1,us\n0015g00000a2,'@Beta,bob,41.8,-72.7,us\n";

#[test]
fn a_file_comes_in_through_a_pipe_and_the_answer_suits_who_asks() {
    for database in databases() {
        let (code, out, _) = told(&run(&database, &["import", "reps", "-", "--dry-run", "--json"], REPS));
        let expected = r#"{"kind":"reps","rows":2,"created":2,"changed":0,"unchanged":0,"dry_run":true}"#;
        assert_eq!((code, out.trim()), (Some(0), expected), "{}", database.name);
        let (code, out, _) = told(&run(&database, &["import", "reps", "-"], REPS));
        assert_eq!(code, Some(0));
        assert!(out.contains("2 created, 0 changed, 0 unchanged"), "{out}");
    }
}

#[test]
fn a_bad_file_ends_with_two_and_tells_every_row() {
    for database in databases() {
        let bad = REPS.replace("42.36", "95").replace("bob,Bob", "bob,");
        let (code, out, err) = told(&run(&database, &["import", "reps", "-"], &bad));
        assert_eq!(code, Some(2), "{}", database.name);
        assert_eq!(
            out,
            "line 2, lat: found \"95\", expected a latitude from -90 to 90 degrees\n\
             line 3, name: found nothing, expected the rep's name (it is required)\n"
        );
        assert_eq!(err, "account-swap: -: 2 errors; nothing was imported\n");
        let (code, out, _) = told(&run(&database, &["import", "reps", "-", "--json"], &bad));
        assert_eq!(code, Some(2));
        let refused: account_swap::app::import::ImportRefused = serde_json::from_str(&out).unwrap();
        assert_eq!((refused.errors.len(), refused.more), (2, 0));
    }
}

#[test]
fn arguments_that_make_no_sense_end_with_two_and_say_why() {
    let database = sqlite();
    for (arguments, reason) in [
        (&["import", "rep", "-"][..], "one of reps accounts history submissions"),
        (&["import", "reps", "/nonexistent.csv"][..], "/nonexistent.csv"),
        (&["import", "reps", "/"][..], "it is a folder"),
        (&["import", "reps", "-", "--mapping", "sugar"][..], "one of the mappings in the settings"),
        (&["import"][..], "required"),
        (&["export", "handovers", "--format", "xlsx"][..], "one of salesforce hubspot csv"),
    ] {
        let (code, _, err) = told(&run(&database, arguments, ""));
        assert_eq!(code, Some(2), "{arguments:?}");
        assert!(err.contains(reason), "{arguments:?}: {err}");
    }
}

#[test]
fn templates_are_printed_with_and_without_their_meaning() {
    let database = sqlite();
    for kind in ImportKind::ALL {
        let (code, out, _) = told(&run(&database, &["import", "--template", kind.as_str()], ""));
        assert_eq!((code, out), (Some(0), kind.template()));
        let (_, out, _) = told(&run(&database, &["import", "--template", kind.as_str(), "--describe"], ""));
        assert_eq!(out.lines().count(), kind.columns().len());
    }
}

/// Two accounts on their way, each to the other's owner.
fn executing(database: &TestDatabase) {
    let store = open(database);
    bring(&store, ImportKind::Reps, REPS).unwrap();
    bring(&store, ImportKind::Accounts, ACCOUNTS).unwrap();
    let both = "account,stars,reasons\n0015g00000a1,2,language\n0015g00000a2,2,language\n";
    bring(&store, ImportKind::Submissions, both).unwrap();
    let worth = Valuation {
        stars: Stars::WORST,
        rapport_minutes: Minutes(0),
        travel_minutes: Minutes(0),
        left_behind_minutes: Minutes(0),
        geography: Geography::default(),
        one_way_minutes: Minutes(0),
        travel_estimated: true,
    };
    store
        .write(|writer| {
            let mut legs = Vec::new();
            for (position, account, to) in [(0, "0015g00000a1", "bob"), (1, "0015g00000a2", "anna")] {
                let account = account.parse().expect("an id");
                let held = roster::account(writer, &account)?.expect("it was imported");
                legs.push(Leg {
                    position,
                    submission: submissions::live_of(writer, &account)?.expect("it was imported").id,
                    account,
                    from: held.account.owner,
                    to: to.parse().expect("an id"),
                    ownership: held.ownership,
                    annual_commission_cents: Cents(0),
                    money: Vec::new(),
                    side: Side::new(worth, worth, Minutes(0)),
                    answer_by: writer.now(),
                    answer: Answer::Accepted,
                    firm_at: None,
                    version: Version(Uuid::new_v4()),
                });
            }
            let proposal = Proposal {
                id: ProposalId(Uuid::nil()),
                run: None,
                state: ProposalState::Executing,
                points: Points(1),
                created_at: writer.now(),
                expires_at: writer.now(),
                agreed_at: None,
                shown_at: None,
                approval: Approval::otherwise(),
                revealed_at: None,
                effective_on: "2026-07-01".parse().ok(),
                trial_ends_on: None,
                cause: None,
                sent_at: None,
                alarmed_at: None,
                bounces_until: None,
                version: Version(Uuid::new_v4()),
                legs,
            };
            proposals::insert(writer, &[proposal])
        })
        .unwrap();
}

#[test]
fn owner_changes_go_out_as_each_system_wants_them_and_no_name_is_a_formula() {
    for database in databases() {
        executing(&database);
        let file = |format: &str| {
            let (code, out, err) = told(&run(&database, &["export", "handovers", "--format", format], ""));
            assert_eq!(code, Some(0), "{err}");
            out
        };
        assert_eq!(file("salesforce"), "Id,OwnerId\r\n0015g00000a1,bob\r\n0015g00000a2,anna\r\n");
        assert_eq!(file("hubspot"), "Record ID,Company owner\r\n0015g00000a1,bob\r\n0015g00000a2,anna\r\n");
        let nil = Uuid::nil();
        assert_eq!(
            file("csv"),
            format!(
                "proposal,account,account_name,from,to,to_name,effective_on\r\n\
                 {nil},0015g00000a1,\"'=HYPERLINK(\"\"x\"\"), Inc\",anna,bob,Bob,2026-07-01\r\n\
                 {nil},0015g00000a2,'@Beta,bob,anna,'=Anna,2026-07-01\r\n"
            )
        );
    }
}

#[test]
fn an_exported_file_is_there_whole_or_not_at_all_and_takes_the_place_of_the_old_one() {
    let database = sqlite();
    executing(&database);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("handovers.csv");
    let export = |path: &std::path::Path| {
        let output = path.to_str().unwrap();
        told(&run(&database, &["export", "handovers", "--format", "salesforce", "--output", output], ""))
    };
    for _ in 0..2 {
        let (code, out, _) = export(&path);
        assert_eq!(code, Some(0));
        assert!(out.starts_with("wrote 2 owner changes to "), "{out}");
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("Id,OwnerId\r\n"));
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }
    let (code, _, err) = export(&folder.path().join("nowhere/handovers.csv"));
    assert_eq!(code, Some(1));
    assert!(err.contains("nowhere"), "{err}");
}
