//! An import whose process is killed: what it had begun leaves no trace, and the next one goes through.

use super::{
    command_line::{REPS, run, told},
    poisoned::rows,
};
use crate::common::databases::{TestDatabase, databases, postgres};
use account_swap::store::audit::{self, Chain};
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::BigInt,
};
use std::{
    io::Write,
    process::{Child, Command, Stdio},
};

const HEADER: &str = "id,name,owner,lat,lon,country,annual_value\n";
const ACCOUNTS: usize = 3_000;

/// Accounts of anna and bob in turn, all worth the same, about 60 bytes each.
fn accounts(value: u32) -> String {
    let row = |at| {
        let owner = if at % 2 == 0 { "anna" } else { "bob" };
        format!("account-{at:06},Customer of anna or bob,{owner},42.4,-71.1,us,{value}.00\n")
    };
    (0..ACCOUNTS).map(row).collect()
}

/// The command, reading from a pipe.
fn begin(database: &TestDatabase) -> Child {
    Command::new(env!("CARGO_BIN_EXE_account-swap"))
        .args(["--database", &database.url, "--config-dir", "/nonexistent", "import", "accounts", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// How many accounts say that they are worth so much, by an import that would say so of all.
fn worth(database: &TestDatabase, value: u32) -> usize {
    let file = format!("{HEADER}{}", accounts(value));
    let (code, out, err) = told(&run(database, &["import", "accounts", "-", "--dry-run", "--json"], file));
    assert_eq!(code, Some(0), "{out}{err}");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    usize::try_from(report["unchanged"].as_u64().unwrap()).unwrap()
}

#[test]
fn an_import_killed_in_the_middle_of_its_file_leaves_the_old_state_and_the_next_goes_through() {
    for database in databases() {
        assert_eq!(told(&run(&database, &["import", "reps", "-"], REPS)).0, Some(0));
        let old = format!("{HEADER}{}", accounts(1));
        assert_eq!(told(&run(&database, &["import", "accounts", "-"], old)).0, Some(0));
        let before = rows(&database);

        let mut child = begin(&database);
        let mut input = child.stdin.take().unwrap();
        input.write_all(HEADER.as_bytes()).unwrap();
        // A pipe holds 64 KiB, so nearly all of this has been read and staged when it has been written.
        input.write_all(accounts(2).as_bytes()).unwrap();
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "{}", database.name);
        drop(input);

        assert_eq!(rows(&database), before, "{}", database.name);
        assert_eq!(worth(&database, 1), ACCOUNTS, "{}", database.name);
        let new = format!("{HEADER}{}", accounts(2));
        assert_eq!(told(&run(&database, &["import", "accounts", "-"], new)).0, Some(0), "{}", database.name);
        assert_eq!(worth(&database, 2), ACCOUNTS, "{}", database.name);
    }
}

#[test]
fn an_import_killed_while_it_is_brought_in_has_happened_as_a_whole_or_not_at_all() {
    for database in databases() {
        assert_eq!(told(&run(&database, &["import", "reps", "-"], REPS)).0, Some(0));
        let old = format!("{HEADER}{}", accounts(1));
        assert_eq!(told(&run(&database, &["import", "accounts", "-"], old)).0, Some(0));
        for value in 2..4 {
            let mut child = begin(&database);
            let mut input = child.stdin.take().unwrap();
            input.write_all(HEADER.as_bytes()).unwrap();
            input.write_all(accounts(value).as_bytes()).unwrap();
            // Its end is what the checks and the change of the real tables wait for.
            drop(input);
            child.kill().unwrap();
            child.wait().unwrap();
            // Whoever has begun to bring it in on the server may still do so: this waits for its turn behind it.
            let (new, all) = (worth(&database, value), ACCOUNTS);
            assert!(new == 0 || new == all, "{}: {new} of {all}", database.name);
            let next = format!("{HEADER}{}", accounts(value));
            assert_eq!(told(&run(&database, &["import", "accounts", "-"], next)).0, Some(0), "{}", database.name);
        }
        let chain = super::rows::open(&database).read(audit::verify).unwrap();
        assert!(matches!(chain, Chain::Unbroken { .. }), "{}: {chain:?}", database.name);
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[test]
fn an_import_killed_while_the_server_changes_rows_for_it_leaves_the_old_state() {
    let database = postgres();
    assert_eq!(told(&run(&database, &["import", "reps", "-"], REPS)).0, Some(0));
    assert_eq!(told(&run(&database, &["import", "accounts", "-"], format!("{HEADER}{}", accounts(1)))).0, Some(0));
    let before = rows(&database);

    // The change of the real table has to stop at the row that somebody else holds.
    let mut holder = PgConnection::establish(&database.url).unwrap();
    holder.batch_execute("BEGIN; SELECT id FROM accounts WHERE id = 'account-001500' FOR UPDATE").unwrap();
    let mut child = begin(&database);
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("{HEADER}{}", accounts(2)).as_bytes()).unwrap();
    drop(input);
    let waiting = "SELECT COUNT(*) AS count FROM pg_stat_activity \
         WHERE datname = current_database() AND wait_event_type = 'Lock'";
    // A connection of its own, so that each look is a new one.
    let mut observer = PgConnection::establish(&database.url).unwrap();
    while sql_query(waiting).get_result::<Count>(&mut observer).unwrap().count == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it came to the row");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    holder.batch_execute("COMMIT").unwrap();

    assert_eq!(worth(&database, 1), ACCOUNTS);
    assert_eq!(rows(&database), before);
}
