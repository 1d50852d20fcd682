//! Every file in `tests/poisoned` is refused with exactly the messages in `expected.txt`, and nothing of it is kept.
//!
//! The kind is the first word of a file's name. `UPDATE_EXPECTED=1` writes `expected.txt` anew, for a person to read
//! through before it is committed.

use super::rows::{bring, open};
use crate::common::databases::{TestDatabase, databases};
use account_swap::{
    app::{
        Store,
        import::{ImportError, ImportKind},
    },
    domain::submission::SubmissionState,
    store::submissions,
};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types::BigInt};
use std::{fmt::Write, fs, path::Path};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/poisoned");

const REPS: &str = "id,name,team,manager,lat,lon,country\n\
    anna,Anna Snelling,north,mia,42.36,-71.06,us\nbob,Bob,north,mia,41.76,-72.68,us\n";
const ACCOUNTS: &str = "id,name,owner,lat,lon,country,parent\n\
    top,Top,anna,42.4,-71.1,us,\nchild,Child,anna,42.5,-71.2,us,top\na2,Beta,bob,41.8,-72.7,us,\n";

/// A store with a few rows, one of them reserved by a proposal.
fn filled(database: &TestDatabase) -> Store {
    let store = open(database);
    bring(&store, ImportKind::Reps, REPS).unwrap();
    bring(&store, ImportKind::Accounts, ACCOUNTS).unwrap();
    bring(&store, ImportKind::Submissions, "account,stars,reasons\nchild,2,language\n").unwrap();
    store
        .write(|writer| {
            let held = submissions::live_of(writer, &"child".parse().unwrap())?.expect("it was imported");
            submissions::change_state(writer, &held, SubmissionState::Reserved, held.version)
        })
        .unwrap();
    store
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many rows there are in every table an import could touch.
pub(super) fn rows(database: &TestDatabase) -> Vec<(&'static str, i64)> {
    let tables =
        ["teams", "reps", "accounts", "history", "submissions", "open_deals", "territories", "audit_log", "outbox"];
    let count = |table: &str| {
        let query = sql_query(format!("SELECT COUNT(*) AS count FROM {table}"));
        let found: Count = match database.url.strip_prefix("sqlite:") {
            Some(path) => query.get_result(&mut SqliteConnection::establish(path).unwrap()).unwrap(),
            None => query.get_result(&mut PgConnection::establish(&database.url).unwrap()).unwrap(),
        };
        found.count
    };
    tables.map(|table| (table, count(table))).to_vec()
}

/// What each poisoned file is told, as one text.
fn told(store: &Store, file: &Path) -> String {
    let name = file.file_name().unwrap().to_str().unwrap();
    let kind: ImportKind = name.split('-').next().unwrap().parse().unwrap();
    let bytes = fs::read(file).unwrap();
    let settings = crate::common::databases::settings("").import;
    let done = store.write(|writer| {
        account_swap::app::import::import(writer, &settings, &super::rows::admin(), kind, None, false, &bytes[..])
    });
    match done {
        Err(ImportError::Refused(refused)) => format!("{name}\n{refused}\n"),
        other => panic!("{name}: expected a refusal, found {other:?}"),
    }
}

#[test]
fn every_poisoned_file_is_told_what_is_wrong_and_leaves_nothing() {
    let mut files: Vec<_> = Path::new(FOLDER)
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv" || extension == "geojson"))
        .collect();
    files.sort();
    assert!(files.len() >= 40, "{} files", files.len());
    let expected_file = Path::new(FOLDER).join("expected.txt");
    for database in databases() {
        let store = filled(&database);
        let before = rows(&database);
        let mut all = String::new();
        for file in &files {
            writeln!(all, "{}", told(&store, file)).unwrap();
            assert_eq!(rows(&database), before, "{} {}", database.name, file.display());
        }
        if std::env::var_os("UPDATE_EXPECTED").is_some() {
            fs::write(&expected_file, &all).unwrap();
        }
        let expected = fs::read_to_string(&expected_file).unwrap_or_default();
        for (told, expected) in all.split("\n\n").zip(expected.split("\n\n")) {
            assert_eq!(told, expected, "{}", database.name);
        }
        assert_eq!(all.len(), expected.len(), "{}", database.name);
    }
}
