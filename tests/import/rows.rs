//! What a sound file does: created, changed, unchanged; owners, submissions, mappings, rehearsals.

use crate::common::{
    self,
    databases::{TestDatabase, databases},
};
use account_swap::{
    app::{
        Store, StoreError,
        import::{ImportError, ImportKind, ImportReport, RowError, import},
    },
    domain::{
        principal::{Principal, Role},
        submission::SubmissionState,
    },
    store::{audit, roster, submissions},
};

pub fn admin() -> Principal {
    Principal { id: "admin".parse().unwrap(), role: Role::Admin }
}

pub fn open(database: &TestDatabase) -> Store {
    Store::open(&database.settings().database).expect(database.name)
}

/// Imports text as an administrator.
pub fn bring(store: &Store, kind: ImportKind, text: &str) -> Result<ImportReport, ImportError> {
    bring_as(store, kind, None, false, text)
}

pub fn bring_as(
    store: &Store,
    kind: ImportKind,
    mapping: Option<&str>,
    dry_run: bool,
    text: &str,
) -> Result<ImportReport, ImportError> {
    let settings = common::databases::settings("").import;
    store.write(|writer| import(writer, &settings, &admin(), kind, mapping, dry_run, text.as_bytes()))
}

/// Rows, created, changed, unchanged.
fn counts(report: ImportReport) -> (u64, u64, u64, u64) {
    (report.rows, report.created, report.changed, report.unchanged)
}

fn errors(refused: Result<ImportReport, ImportError>) -> Vec<RowError> {
    match refused {
        Err(ImportError::Refused(refused)) => refused.errors,
        other => panic!("expected a refusal, found {other:?}"),
    }
}

fn entries(store: &Store) -> Vec<audit::Entry> {
    store.read(|reader| audit::entries(reader, None, 0, 10_000)).unwrap()
}

const REPS: &str = "id,name,team,manager,lat,lon,country\n\
    anna,Anna,north,mia,42.36,-71.06,us\nbob,Bob,north,mia,41.76,-72.68,us\ncara,Cara,south,max,40.71,-74.01,us\n";
const ACCOUNTS: &str = "id,name,owner,lat,lon,country,traits\n\
    a1,Alpha,anna,42.4,-71.1,us,haggles\na2,Beta,bob,41.8,-72.7,us,\n";
const SUBMISSIONS: &str = "account,stars,reasons\na1,1.5,chemistry\na2,2,no_progress;language\n";

fn filled(database: &TestDatabase) -> Store {
    let store = open(database);
    for (kind, text) in
        [(ImportKind::Reps, REPS), (ImportKind::Accounts, ACCOUNTS), (ImportKind::Submissions, SUBMISSIONS)]
    {
        bring(&store, kind, text).unwrap_or_else(|error| panic!("{} {kind}: {error}", database.name));
    }
    store
}

#[test]
fn the_templates_fit_together_and_a_second_import_changes_nothing() {
    for database in databases() {
        let store = open(&database);
        for kind in ImportKind::ALL.iter().copied() {
            let first = bring(&store, kind, &kind.template()).unwrap_or_else(|error| panic!("{kind}: {error}"));
            assert_eq!(counts(first), (1, 1, 0, 0), "{} {kind}", database.name);
            let second = bring(&store, kind, &kind.template()).unwrap();
            assert_eq!(counts(second), (1, 0, 0, 1), "{} {kind}", database.name);
        }
        assert!(matches!(store.read(audit::verify).unwrap(), audit::Chain::Unbroken { entries: 13, .. }));
    }
}

#[test]
fn a_rehearsal_tells_the_same_and_leaves_nothing() {
    for database in databases() {
        let store = open(&database);
        let report = bring_as(&store, ImportKind::Reps, None, true, REPS).unwrap();
        assert!(report.dry_run);
        assert_eq!(counts(report), (3, 3, 0, 0));
        assert_eq!(entries(&store), []);
        assert_eq!(counts(bring(&store, ImportKind::Reps, REPS).unwrap()), (3, 3, 0, 0), "{}", database.name);
        assert_eq!(entries(&store).len(), 1);
    }
}

#[test]
fn a_column_that_is_not_in_the_file_stays_as_it_is_and_an_empty_cell_clears() {
    for database in databases() {
        let store = filled(&database);
        let traits = |store: &Store| {
            let held = store.read(|reader| roster::account(reader, &"a1".parse().unwrap())).unwrap().unwrap();
            held.account.traits.len()
        };
        let without = "id,name,owner,lat,lon,country\na1,Alpha,anna,42.4,-71.1,us\n";
        assert_eq!(counts(bring(&store, ImportKind::Accounts, without).unwrap()), (1, 0, 0, 1));
        assert_eq!(traits(&store), 1);
        let empty = "id,name,owner,lat,lon,country,traits\na1,Alpha,anna,42.4,-71.1,us,\n";
        assert_eq!(counts(bring(&store, ImportKind::Accounts, empty).unwrap()), (1, 0, 1, 0));
        assert_eq!(traits(&store), 0);
    }
}

#[test]
fn a_new_owner_is_a_new_ownership_and_ends_the_former_owners_open_submission() {
    for database in databases() {
        let store = filled(&database);
        let account = "a1".parse().unwrap();
        let before = store.read(|reader| roster::account(reader, &account)).unwrap().unwrap();
        let submission = store.read(|reader| submissions::live_of(reader, &account)).unwrap().unwrap();
        let moved = ACCOUNTS.replace("Alpha,anna", "Alpha,cara").replace("Beta", "Beta Inc");
        assert_eq!(counts(bring(&store, ImportKind::Accounts, &moved).unwrap()), (2, 0, 2, 0));
        let after = store.read(|reader| roster::account(reader, &account)).unwrap().unwrap();
        assert_eq!((before.ownership, after.ownership), (1, 2));
        let other = store.read(|reader| roster::account(reader, &"a2".parse().unwrap())).unwrap().unwrap();
        assert_eq!((other.ownership, other.account.name.as_str()), (1, "Beta Inc"));
        let ended = store.read(|reader| submissions::one(reader, submission.id)).unwrap().unwrap();
        assert_eq!(ended.state, SubmissionState::Invalidated);
        // The new owner may say so too.
        let again = bring(&store, ImportKind::Submissions, "account,rep,stars,reasons\na1,cara,2,other\n").unwrap();
        assert_eq!(counts(again), (1, 1, 0, 0));
    }
}

#[test]
fn submissions_are_created_changed_and_left_and_each_new_one_is_on_record() {
    for database in databases() {
        let store = filled(&database);
        let recorded = entries(&store).iter().filter(|entry| entry.subject_kind == "submission").count();
        assert_eq!(recorded, 2, "{}", database.name);
        let changed = SUBMISSIONS.replace("a1,1.5", "a1,1.75");
        assert_eq!(counts(bring(&store, ImportKind::Submissions, &changed).unwrap()), (2, 0, 1, 1));
        let refused = bring(&store, ImportKind::Submissions, "account,rep,stars,reasons\na1,bob,1,other\n");
        let [error] = &errors(refused)[..] else { panic!("one error") };
        assert_eq!(error.to_string(), "line 2, rep: found \"bob\", expected the rep who owns the account, anna");
    }
}

#[test]
fn a_reserved_submission_may_be_repeated_but_not_changed() {
    for database in databases() {
        let store = filled(&database);
        store
            .write(|writer| {
                let held = submissions::live_of(writer, &"a1".parse().unwrap())?.expect("it was imported");
                submissions::change_state(writer, &held, SubmissionState::Reserved, held.version)
            })
            .unwrap();
        assert_eq!(counts(bring(&store, ImportKind::Submissions, SUBMISSIONS).unwrap()), (2, 0, 0, 2));
        let refused = bring(&store, ImportKind::Submissions, &SUBMISSIONS.replace("a1,1.5", "a1,1.75"));
        let [error] = &errors(refused)[..] else { panic!("one error") };
        assert_eq!(
            error.to_string(),
            "line 2, account: found \"a1\", expected an account whose submission is not reserved by a proposal"
        );
    }
}

#[test]
fn another_manager_changes_the_team_and_its_reps() {
    for database in databases() {
        let store = filled(&database);
        let changed = REPS.replace("mia", "moe").replace("Bob", "Robert");
        assert_eq!(counts(bring(&store, ImportKind::Reps, &changed).unwrap()), (3, 0, 2, 1), "{}", database.name);
        let team = store.read(|reader| roster::team(reader, &"north".parse().unwrap())).unwrap().unwrap();
        assert_eq!(team.manager.as_str(), "moe");
    }
}

#[test]
fn only_administrators_and_services_import() {
    for database in databases() {
        let store = open(&database);
        let settings = database.settings().import;
        for (role, allowed) in [(Role::Rep, false), (Role::Manager, false), (Role::Admin, true), (Role::Service, true)]
        {
            let who = Principal { id: "x".parse().unwrap(), role };
            let done =
                store.write(|writer| import(writer, &settings, &who, ImportKind::Reps, None, false, REPS.as_bytes()));
            assert_eq!(done.is_ok(), allowed, "{} {role}", database.name);
            assert!(allowed || matches!(done, Err(ImportError::NotAllowed)));
        }
    }
}

#[test]
fn every_bad_row_is_told_up_to_the_limit_and_the_rest_counted() {
    for database in databases() {
        let store = open(&database);
        let mut text = String::from("id,name,team,manager,lat,lon,country\n");
        for row in 0..2500 {
            let lat = if row % 2 == 0 { "north" } else { "42.0" };
            text.push_str(&format!("r{},Rep,t,m,{lat},-71.0,us\n", row % 2499));
        }
        match bring(&store, ImportKind::Reps, &text) {
            Err(ImportError::Refused(refused)) => {
                assert_eq!(refused.errors.len(), 100);
                assert_eq!(refused.more, 1150);
                assert!(refused.errors.is_sorted_by_key(|error| error.line));
            }
            other => panic!("expected a refusal, found {other:?}"),
        }
        let reps = store.read(|reader| roster::rep(reader, &"r1".parse().unwrap())).unwrap();
        assert_eq!(reps, None);
        store.read(|_| Ok::<_, StoreError>(())).unwrap();
    }
}
