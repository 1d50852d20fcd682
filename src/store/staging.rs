//! Bulk writes: rows of an import wait in a temporary table, are looked over there as a whole, then join the real ones.
//!
//! In go domain values with the line each came from; out come findings by line, and counts of what was created and
//! changed. What holds: nothing of a file is kept in memory but the batch at hand, whatever its size; the real tables
//! change in a handful of statements, and only in rows and fields that differ. A field that a file does not give stays
//! as it is. On PostgreSQL imports wait for each other, so that what one looked over no other import changes.
//! Cost: linear in the rows to put them in, then a few joins over all of them, which spill to disk.
//! Deliberately absent: what is wrong about a finding, and its wording; those are the importer's.

mod apply;
mod deals;
pub mod dependents;
mod findings;
mod first;
mod rows;
mod shape;
mod staged;

pub use apply::{apply_accounts, apply_history, apply_reps, apply_submissions};
pub use deals::{add_deals, apply_deals};
pub use findings::{
    DEEPEST_FAMILY, Finding, Findings, circular_parents, keep_exact_places, merged_into_nothing, no_customers,
    repetitions, resolve_owner_names, second_managers, strangers, unknown_accounts, unknown_reps, untouchable,
};
pub use rows::{add_accounts, add_history, add_reps, add_submissions};
pub use shape::{ACCOUNTS, DEALS, HISTORY, REPS, SUBMISSIONS, Shape};
pub use staged::{StagedAccount, StagedDeal, StagedHistory, StagedRep, StagedSubmission};

use super::{
    StoreError, Writer,
    connection::{AnyConnection, on_either},
};
use diesel::{connection::SimpleConnection, prelude::*, sql_query, sql_types::Text};

/// The states of a submission that is neither settled nor gone.
const LIVE: &str = "('draft', 'open', 'reserved')";
/// What was done to a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows that are new.
    pub created: u64,
    /// Rows that were there and say something else now.
    pub changed: u64,
}
fn execute(connection: &mut AnyConnection, sql: &str) -> Result<u64, StoreError> {
    let rows = on_either!(connection, inner => sql_query(sql).execute(inner))?;
    Ok(rows as u64)
}
#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

fn words(connection: &mut AnyConnection, sql: &str) -> Result<Vec<String>, StoreError> {
    let rows: Vec<Word> = on_either!(connection, inner => sql_query(sql).load(inner))?;
    Ok(rows.into_iter().map(|row| row.word).collect())
}
/// Does `work` and takes back everything it did to the database and put on record.
pub fn rehearse<T, E: From<StoreError>>(
    writer: &mut Writer<'_>,
    work: impl FnOnce(&mut Writer<'_>) -> Result<T, E>,
) -> Result<T, E> {
    on_either!(&mut *writer.connection, inner => inner.batch_execute("SAVEPOINT rehearsal"))
        .map_err(StoreError::from)?;
    let on_record = writer.changes.len();
    let done = work(writer)?;
    writer.changes.truncate(on_record);
    on_either!(&mut *writer.connection, inner => {
        inner.batch_execute("ROLLBACK TO SAVEPOINT rehearsal; RELEASE SAVEPOINT rehearsal")
    })
    .map_err(StoreError::from)?;
    Ok(done)
}

/// Waits until no other import is under way. On SQLite a write transaction is alone anyway.
pub fn take_turn(writer: &mut Writer<'_>) -> Result<(), StoreError> {
    if let AnyConnection::Postgres(inner) = &mut *writer.connection {
        inner.batch_execute("SELECT pg_advisory_xact_lock(4243)")?;
    }
    Ok(())
}

/// Makes the temporary table of a shape, empty.
pub fn open(writer: &mut Writer<'_>, shape: &Shape) -> Result<(), StoreError> {
    take_turn(writer)?;
    let Shape { table, staged, besides, .. } = shape;
    let columns = shape.columns();
    let sql = format!(
        "DROP TABLE IF EXISTS {staged}; DROP TABLE IF EXISTS staged_conflicts; \
         CREATE TEMPORARY TABLE {staged} AS \
             SELECT CAST(0 AS BIGINT) AS line, {columns}{besides} FROM {table} WHERE 1 = 0; \
         CREATE TEMPORARY TABLE staged_conflicts (line BIGINT NOT NULL, rep_id TEXT NOT NULL);"
    );
    match &mut *writer.connection {
        AnyConnection::Sqlite(inner) => inner.batch_execute("PRAGMA temp.cache_size = -32768")?,
        // Joins and indices over all rows, and never two imports at once.
        AnyConnection::Postgres(inner) => {
            inner.batch_execute("SET LOCAL work_mem = '128MB'; SET LOCAL maintenance_work_mem = '256MB'")?;
        }
    }
    on_either!(&mut *writer.connection, inner => inner.batch_execute(&sql))?;
    Ok(())
}

/// Says that all rows are in: makes them quick to find by key.
pub fn complete(writer: &mut Writer<'_>, shape: &Shape) -> Result<(), StoreError> {
    let Shape { staged, key, .. } = shape;
    let sql = format!("CREATE INDEX {staged}_by_key ON {staged} ({key}, line); ANALYZE {staged}");
    match &mut *writer.connection {
        // SQLite would keep its statistics in the real database.
        AnyConnection::Sqlite(inner) => inner.batch_execute(sql.trim_end_matches(&format!("ANALYZE {staged}")))?,
        AnyConnection::Postgres(inner) => inner.batch_execute(&sql)?,
    }
    Ok(())
}

/// Drops the temporary tables.
pub fn close(writer: &mut Writer<'_>, shape: &Shape) -> Result<(), StoreError> {
    let sql = format!(
        "DROP TABLE IF EXISTS {}; DROP TABLE IF EXISTS staged_conflicts; DROP TABLE IF EXISTS staged_links; \
         DROP TABLE IF EXISTS staged_names",
        shape.staged
    );
    on_either!(&mut *writer.connection, inner => inner.batch_execute(&sql))?;
    Ok(())
}
