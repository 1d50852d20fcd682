//! What stands out among staged rows: what several of them, or they and the real tables, say together.
//!
//! In goes a shape whose rows are all in; out come findings by line, the first of them and how many there are.
//! Cost: a few joins over all staged rows each, which spill to disk.
//! Deliberately absent: what is wrong about a finding, and its wording; those are the importer's.

use super::{
    LIVE, execute,
    shape::{Shape, differs, said},
};
use crate::store::{Reader, StoreError, Writer, connection::on_either};
use diesel::{
    connection::SimpleConnection,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text},
};
use std::collections::BTreeSet;

/// The most parents above one another that are looked at.
pub const DEEPEST_FAMILY: u32 = 32;
/// A row that stands out.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Finding {
    /// The line of the file.
    #[diesel(sql_type = BigInt)]
    pub line: i64,
    /// What stands there.
    #[diesel(sql_type = Text)]
    pub found: String,
    /// The line it was compared with, where there is one; else 0.
    #[diesel(sql_type = BigInt)]
    pub other_line: i64,
    /// What it was compared with.
    #[diesel(sql_type = Text)]
    pub other: String,
    #[diesel(sql_type = BigInt)]
    total: i64,
}

/// The first rows that stand out, by line, and how many there are in all.
#[derive(Debug, Default)]
pub struct Findings {
    /// The first of them.
    pub first: Vec<Finding>,
    /// All of them.
    pub total: u64,
}
/// Runs a query for `line, found, other_line, other` and keeps the first `limit` rows and the count of all.
fn find(reader: &mut Reader<'_>, limit: usize, sql: &str) -> Result<Findings, StoreError> {
    let sql = format!(
        "SELECT f.line, f.found, CAST(f.other_line AS BIGINT) AS other_line, f.other, COUNT(*) OVER () AS total \
         FROM ({sql}) AS f ORDER BY f.line LIMIT {}",
        limit.max(1)
    );
    let first: Vec<Finding> = on_either!(&mut *reader.connection, inner => sql_query(sql).load(inner))?;
    let total = first.first().map_or(0, |finding| finding.total as u64);
    Ok(Findings { first, total })
}
/// Rows about what an earlier row was about: `found` is the key, `other_line` the first row with it.
pub fn repetitions(writer: &mut Writer<'_>, shape: &Shape, limit: usize) -> Result<Findings, StoreError> {
    let Shape { staged, key, .. } = shape;
    let sql = format!(
        "SELECT s.line, s.{key} AS found, f.line AS other_line, '' AS other FROM {staged} AS s \
         JOIN (SELECT {key}, MIN(line) AS line FROM {staged} GROUP BY {key} HAVING COUNT(*) > 1) AS f \
             ON f.{key} = s.{key} \
         WHERE s.line <> f.line"
    );
    find(writer, limit, &sql)
}

/// Rows whose `field` names no rep: `found` is the id.
pub fn unknown_reps(writer: &mut Writer<'_>, shape: &Shape, field: &str, limit: usize) -> Result<Findings, StoreError> {
    unknown(writer, shape, field, "reps", limit)
}

/// Rows whose `field` names no account: `found` is the id.
pub fn unknown_accounts(
    writer: &mut Writer<'_>,
    shape: &Shape,
    field: &str,
    limit: usize,
) -> Result<Findings, StoreError> {
    unknown(writer, shape, field, "accounts", limit)
}

fn unknown(
    writer: &mut Writer<'_>,
    shape: &Shape,
    field: &str,
    target: &str,
    limit: usize,
) -> Result<Findings, StoreError> {
    let (staged, column) = match field {
        "conflicts" => ("staged_conflicts", "rep_id"),
        _ => (shape.staged, shape.column(field)),
    };
    let sql = format!(
        "SELECT s.line, s.{column} AS found, 0 AS other_line, '' AS other FROM {staged} AS s \
         WHERE s.{column} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM {target} AS t WHERE t.id = s.{column})"
    );
    find(writer, limit, &sql)
}

/// Rows that give a team another manager than the first row of that team: `found` is the manager, `other` and
/// `other_line` are the first row's.
pub fn second_managers(writer: &mut Writer<'_>, limit: usize) -> Result<Findings, StoreError> {
    let sql = "SELECT s.line, s.manager_id AS found, o.line AS other_line, o.manager_id AS other FROM staged_reps AS s \
         JOIN (SELECT team_id, MIN(line) AS line FROM staged_reps \
               GROUP BY team_id HAVING COUNT(DISTINCT manager_id) > 1) AS f ON f.team_id = s.team_id \
         JOIN staged_reps AS o ON o.line = f.line AND o.team_id = f.team_id \
         WHERE s.manager_id <> o.manager_id";
    find(writer, limit, sql)
}

/// Puts the real places where they are exact, mark included, over those of the staged rows: a file that knows only
/// postal codes takes no coordinates away.
pub fn keep_exact_places(writer: &mut Writer<'_>, shape: &Shape) -> Result<(), StoreError> {
    let Shape { table, staged, .. } = shape;
    let [lat, lon, approximate] = ["lat", "lon", "approximate"].map(|field| shape.column(field));
    let sql = format!(
        "UPDATE {staged} SET {lat} = t.{lat}, {lon} = t.{lon}, {approximate} = t.{approximate} FROM {table} AS t \
         WHERE t.id = {staged}.id AND NOT t.{approximate}"
    );
    execute(&mut *writer.connection, &sql)?;
    Ok(())
}

/// Puts the id in the place of an owner's name, where the name is no id and exactly one rep has it.
pub fn resolve_owner_names(writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let connection = &mut *writer.connection;
    let sql = "CREATE TEMPORARY TABLE staged_names AS \
                   SELECT name, MIN(id) AS id FROM reps GROUP BY name HAVING COUNT(*) = 1; \
               CREATE INDEX staged_names_by_name ON staged_names (name); \
               UPDATE staged_accounts SET owner_id = n.id FROM staged_names AS n \
               WHERE n.name = staged_accounts.owner_id \
                 AND NOT EXISTS (SELECT 1 FROM reps WHERE reps.id = staged_accounts.owner_id)";
    on_either!(connection, inner => inner.batch_execute(sql))?;
    Ok(())
}

/// Rows whose parents lead back to the account (`other` is `circle`) or, where there is no circle, are more than
/// [`DEEPEST_FAMILY`] above one another (`deep`), the real accounts' parents included: `found` is the parent.
///
/// Cost: at most [`DEEPEST_FAMILY`] steps a row, however the file is made.
pub fn circular_parents(writer: &mut Writer<'_>, limit: usize) -> Result<Findings, StoreError> {
    let links = "CREATE TEMPORARY TABLE staged_links AS \
             SELECT id, MIN(parent_id) AS parent_id FROM staged_accounts WHERE parent_id IS NOT NULL GROUP BY id \
             UNION ALL \
             SELECT a.id, a.parent_id FROM accounts AS a WHERE a.parent_id IS NOT NULL \
                 AND NOT EXISTS (SELECT 1 FROM staged_accounts AS s WHERE s.id = a.id); \
         CREATE INDEX staged_links_by_id ON staged_links (id)";
    on_either!(&mut *writer.connection, inner => inner.batch_execute(links))?;
    let deeper = DEEPEST_FAMILY + 1;
    let sql = format!(
        "WITH RECURSIVE up (line, start, found, at, depth) AS ( \
             SELECT line, id, parent_id, parent_id, 1 FROM staged_accounts WHERE parent_id IS NOT NULL \
             UNION ALL \
             SELECT up.line, up.start, up.found, links.parent_id, up.depth + 1 FROM up \
                 JOIN staged_links AS links ON links.id = up.at WHERE up.at <> up.start AND up.depth < {deeper} \
         ) \
         SELECT line, found, 0 AS other_line, CASE WHEN at = start THEN 'circle' ELSE 'deep' END AS other FROM up \
         WHERE at = start OR (depth = {deeper} AND NOT EXISTS (SELECT 1 FROM up AS c WHERE c.at = c.start))"
    );
    find(writer, limit, &sql)
}

/// Rows whose rep does not own the account: `found` is the rep, `other` the owner.
pub fn strangers(writer: &mut Writer<'_>, limit: usize) -> Result<Findings, StoreError> {
    let sql = "SELECT s.line, s.rep_id AS found, 0 AS other_line, a.owner_id AS other FROM staged_submissions AS s \
         JOIN accounts AS a ON a.id = s.account_id WHERE s.rep_id IS NOT NULL AND s.rep_id <> a.owner_id";
    find(writer, limit, sql)
}

/// Rows that say an account was merged into itself or into one that neither the file nor the store has: `found` is that
/// account.
pub fn merged_into_nothing(writer: &mut Writer<'_>, limit: usize) -> Result<Findings, StoreError> {
    let sql = "SELECT s.line, s.merged_into AS found, 0 AS other_line, '' AS other FROM staged_accounts AS s \
         WHERE s.merged_into IS NOT NULL AND (s.merged_into = s.id \
             OR (NOT EXISTS (SELECT 1 FROM accounts AS t WHERE t.id = s.merged_into) \
                 AND NOT EXISTS (SELECT 1 FROM staged_accounts AS o WHERE o.id = s.merged_into)))";
    find(writer, limit, sql)
}

/// Rows about an account that is not active: `found` is the account, `other` its status.
pub fn no_customers(writer: &mut Writer<'_>, limit: usize) -> Result<Findings, StoreError> {
    let sql = "SELECT s.line, s.account_id AS found, 0 AS other_line, a.status AS other FROM staged_submissions AS s \
         JOIN accounts AS a ON a.id = s.account_id WHERE a.status <> 'active'";
    find(writer, limit, sql)
}
/// Rows about an account whose live submission the import may not touch: a former owner's, or one that is a draft or
/// reserved and says something else; and rows about an account that the company has parted with. `found` is the account,
/// `other` is `draft`, `reserved`, `former_owner` or `parted`.
pub fn untouchable(writer: &mut Writer<'_>, fields: &BTreeSet<&str>, limit: usize) -> Result<Findings, StoreError> {
    let differs = differs("l", &said(fields));
    let sql = format!(
        "SELECT s.line, s.account_id AS found, 0 AS other_line, \
             CASE WHEN l.rep_id <> a.owner_id THEN 'former_owner' ELSE l.state END AS other \
         FROM staged_submissions AS s JOIN accounts AS a ON a.id = s.account_id \
         JOIN submissions AS l ON l.account_id = s.account_id AND l.state IN {LIVE} \
         WHERE l.rep_id <> a.owner_id OR (l.state IN ('draft', 'reserved') AND {differs}) \
         UNION ALL \
         SELECT s.line, s.account_id AS found, 0 AS other_line, 'parted' AS other \
         FROM staged_submissions AS s JOIN partings AS p ON p.account_id = s.account_id AND p.state = 'parted'"
    );
    find(writer, limit, &sql)
}
