//! The first accounts of a company, when they are many: they are brought in without indices and keys, which all come back.

use super::rows::{bring, bring_as, open};
use crate::common::databases::{TestDatabase, databases};
use account_swap::app::import::ImportKind;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types::Text};
use std::fmt::Write;

#[derive(QueryableByName, PartialEq, Debug)]
struct Definition {
    #[diesel(sql_type = Text)]
    definition: String,
}

/// Every index and key of the accounts, as the database has it.
fn definitions(database: &TestDatabase) -> Vec<Definition> {
    match database.url.strip_prefix("sqlite:") {
        Some(path) => {
            let sql =
                "SELECT COALESCE(sql, name) AS definition FROM sqlite_master WHERE tbl_name = 'accounts' ORDER BY 1";
            sql_query(sql).load(&mut SqliteConnection::establish(path).unwrap()).unwrap()
        }
        None => {
            let sql = "SELECT conname || ' ' || pg_get_constraintdef(oid) AS definition FROM pg_constraint \
                       WHERE conrelid = 'accounts'::regclass \
                       UNION ALL SELECT indexdef FROM pg_indexes WHERE tablename = 'accounts' ORDER BY 1";
            sql_query(sql).load(&mut PgConnection::establish(&database.url).unwrap()).unwrap()
        }
    }
}

#[test]
fn many_first_accounts_come_in_under_every_index_and_key_there_was() {
    let reps = "id,name,team,manager,lat,lon,country\nanna,Anna,north,mia,42.36,-71.06,us\n";
    let mut accounts = "id,name,owner,lat,lon,country\n".to_owned();
    for number in 0..10_500 {
        // In no order, as a CRM gives them out.
        writeln!(accounts, "a{},Customer {number},anna,42.3,-71.1,us", number * 7919 % 10_500).unwrap();
    }
    let one_unknown = format!("{accounts}b,Customer,nobody,42.3,-71.1,us\n");
    for database in databases() {
        let store = open(&database);
        let before = definitions(&database);
        assert!(before.len() >= 4, "{}: {before:#?}", database.name);
        bring(&store, ImportKind::Reps, reps).unwrap();
        let counted = |dry_run| {
            let report = bring_as(&store, ImportKind::Accounts, None, dry_run, &accounts).unwrap();
            (report.created, report.changed, report.unchanged)
        };
        assert!(bring(&store, ImportKind::Accounts, &one_unknown).is_err());
        assert_eq!(definitions(&database), before, "{}: after a refusal", database.name);
        assert_eq!(counted(true), (10_500, 0, 0), "{}: nothing of the refused file is there", database.name);
        assert_eq!(definitions(&database), before, "{}: after a rehearsal", database.name);
        assert_eq!(counted(false), (10_500, 0, 0), "{}: nothing of the rehearsal is there", database.name);
        assert_eq!(definitions(&database), before, "{}", database.name);
        assert_eq!(counted(false), (0, 0, 10_500), "{}", database.name);
    }
}
