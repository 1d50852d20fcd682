//! The first rows of a table, when they are many: its indices and foreign keys are made over all of them at once.
//!
//! In goes a table that is empty; out comes the same with the rows that `fill` put there, and with every index and key it had.
//! One at a time they cost most of an import: a random place in each index and a look at another table for each row
//! (PostgreSQL, "Populating a Database"). Holds: whoever reads meanwhile waits, and misses nothing that was there; without the
//! right to change the table it is filled as any other.
//! Deliberately absent: tables with rows, which others are reading.

use super::{execute, words};
use crate::store::{
    StoreError,
    connection::{AnyConnection, on_either},
};
use diesel::connection::SimpleConnection;

/// From how many rows on it is worth it.
const MANY: u64 = 10_000;

/// Whether a table is empty and many rows are to come from `staged`.
pub(super) fn is_first_load(connection: &mut AnyConnection, table: &str, staged: &str) -> Result<bool, StoreError> {
    let sql = format!(
        "SELECT 'many' AS word FROM {staged} WHERE NOT EXISTS (SELECT 1 FROM {table}) LIMIT 1 OFFSET {}",
        MANY - 1
    );
    Ok(!words(connection, &sql)?.is_empty())
}

/// Fills a table without its indices and foreign keys, and makes them again.
pub(super) fn fill(connection: &mut AnyConnection, table: &str, insert: &str) -> Result<u64, StoreError> {
    let (without, again) = definitions(connection, table)?;
    on_either!(&mut *connection, inner => inner.batch_execute(&without))?;
    let created = execute(connection, insert)?;
    on_either!(&mut *connection, inner => inner.batch_execute(&again))?;
    Ok(created)
}

/// What takes a table's indices and foreign keys away, and what makes them again.
fn definitions(connection: &mut AnyConnection, table: &str) -> Result<(String, String), StoreError> {
    let (without, again) = match connection {
        AnyConnection::Sqlite(_) => {
            let own = format!("FROM sqlite_master WHERE type = 'index' AND tbl_name = '{table}' AND sql IS NOT NULL");
            (format!("SELECT 'DROP INDEX ' || name AS word {own}"), format!("SELECT sql AS word {own}"))
        }
        AnyConnection::Postgres(_) => {
            let own = format!("'{table}'::regclass");
            let may = format!("(SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = {own})");
            let keys = format!("FROM pg_constraint WHERE conrelid = {own} AND contype = 'f' AND {may}");
            let indices = format!(
                "FROM pg_index WHERE indrelid = {own} AND {may} \
                     AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)"
            );
            (
                format!(
                    "SELECT format('ALTER TABLE {table} DROP CONSTRAINT %I', conname) AS word {keys} \
                     UNION ALL SELECT 'DROP INDEX ' || CAST(indexrelid::regclass AS TEXT) {indices}"
                ),
                format!(
                    "SELECT pg_get_indexdef(indexrelid) AS word {indices} UNION ALL \
                     SELECT format('ALTER TABLE {table} ADD CONSTRAINT %I %s', conname, pg_get_constraintdef(oid)) {keys}"
                ),
            )
        }
    };
    Ok((words(connection, &without)?.join("; "), words(connection, &again)?.join("; ")))
}
