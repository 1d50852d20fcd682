//! Bulk writes: rows of an import wait in a temporary table, are looked over there as a whole, then join the real ones.
//!
//! In go domain values with the line each came from; out come findings by line, and counts of what was created and
//! changed. What holds: nothing of a file is kept in memory but the batch at hand, whatever its size; the real tables
//! change in a handful of statements, and only in rows and fields that differ. A field that a file does not give stays
//! as it is. On PostgreSQL imports wait for each other, so that what one looked over no other import changes.
//! Cost: one multi-row insert a thousand rows, then a few joins over all of them, which spill to disk.
//! Deliberately absent: what is wrong about a finding, and its wording; those are the importer's.

mod deals;
pub mod dependents;
mod rows;

pub use deals::{DEALS, StagedDeal, add_deals, apply_deals};
pub use rows::{
    StagedAccount, StagedHistory, StagedRep, StagedSubmission, add_accounts, add_history, add_reps, add_submissions,
};

use super::{
    Reader, StoreError, Writer,
    connection::{AnyConnection, on_either},
};
use crate::domain::ids::SubmissionId;
use diesel::{
    connection::SimpleConnection,
    prelude::*,
    sql_query,
    sql_types::{BigInt, Text},
};
use std::collections::BTreeSet;

/// The most parents above one another that are looked at.
pub const DEEPEST_FAMILY: u32 = 32;

/// A table that can be imported into: its name and the importer's fields with the column that holds each.
#[derive(Debug)]
pub struct Shape {
    table: &'static str,
    staged: &'static str,
    /// What one row of a file is about; a second row about the same is a repetition.
    key: &'static str,
    fields: &'static [(&'static str, &'static str)],
    /// What the temporary table has besides.
    besides: &'static str,
}

/// Reps.
pub const REPS: Shape = Shape {
    table: "reps",
    staged: "staged_reps",
    key: "id",
    fields: &[
        ("id", "id"),
        ("name", "name"),
        ("team", "team_id"),
        ("lat", "base_lat_e6"),
        ("lon", "base_lon_e6"),
        ("approximate", "base_is_approximate"),
        ("territory", "territory"),
        ("country", "country"),
        ("time_zone", "time_zone"),
        ("languages", "languages"),
        ("industries", "industries"),
        ("licences", "licences"),
        ("style", "style"),
        ("tolerances", "tolerances"),
        ("max_one_way_minutes", "max_one_way_minutes"),
        ("max_moves_per_run", "max_moves_per_run"),
        ("capacity_hours_a_year", "capacity_hours_a_year"),
        ("abusive_accounts_cap", "abusive_accounts_cap"),
        ("leave_from", "leave_from"),
        ("leave_until", "leave_until"),
        ("leaves_on", "leaves_on"),
        ("active", "active"),
    ],
    besides: ", CAST('' AS TEXT) AS manager_id",
};

/// Accounts.
pub const ACCOUNTS: Shape = Shape {
    table: "accounts",
    staged: "staged_accounts",
    key: "id",
    fields: &[
        ("id", "id"),
        ("name", "name"),
        ("owner", "owner_id"),
        ("lat", "lat_e6"),
        ("lon", "lon_e6"),
        ("approximate", "place_is_approximate"),
        ("region", "region"),
        ("country", "country"),
        ("time_zone", "time_zone"),
        ("annual_value", "annual_value_cents"),
        ("annual_commission", "annual_commission_cents"),
        ("visits_a_year", "visits_a_year"),
        ("visit_minutes", "visit_minutes"),
        ("language", "language"),
        ("language_required", "language_required"),
        ("industry", "industry"),
        ("industry_required", "industry_required"),
        ("licences_required", "licences_required"),
        ("style", "style"),
        ("traits", "traits"),
        ("parent", "parent_id"),
        ("conflicts", "conflicts"),
        ("status", "status"),
        ("merged_into", "merged_into"),
    ],
    besides: "",
};

/// History of pairs.
pub const HISTORY: Shape = Shape {
    table: "history",
    staged: "staged_history",
    key: "id",
    fields: &[
        ("id", "id"),
        ("rep", "rep_id"),
        ("account", "account_id"),
        ("started_on", "started_on"),
        ("ended_on", "ended_on"),
        ("stars", "stars_hundredths"),
        ("visits_planned", "visits_planned"),
        ("visits_kept", "visits_kept"),
    ],
    besides: "",
};

/// Submissions. The id and the version of a row are those it gets if it is new or changed.
pub const SUBMISSIONS: Shape = Shape {
    table: "submissions",
    staged: "staged_submissions",
    key: "account_id",
    fields: &[
        ("account", "account_id"),
        ("rep", "rep_id"),
        ("stars", "stars_hundredths"),
        ("reasons", "reasons"),
        ("note", "note"),
        ("share_reasons", "reasons_shared"),
    ],
    besides: ", id, created_at, version",
};

impl Shape {
    fn column(&self, field: &str) -> &'static str {
        self.fields.iter().find(|(name, _)| *name == field).expect("a field of the shape").1
    }

    /// The columns a file gives, without what identifies a row. A column that no row has, such as the manager, is left out.
    fn given(&self, fields: &BTreeSet<&str>) -> Vec<&'static str> {
        self.fields
            .iter()
            .filter(|(field, column)| fields.contains(field) && *column != self.key)
            .map(|(_, column)| *column)
            .collect()
    }

    fn columns(&self) -> String {
        self.fields.iter().map(|(_, column)| *column).collect::<Vec<_>>().join(", ")
    }
}

/// Whether a staged row says something else than the real one, in the columns given.
fn differs(table: &str, columns: &[&str]) -> String {
    let each = columns.iter().map(|column| format!("{table}.{column} IS DISTINCT FROM s.{column}"));
    format!("({})", each.collect::<Vec<_>>().join(" OR "))
}

/// What was done to a table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Applied {
    /// Rows that are new.
    pub created: u64,
    /// Rows that were there and say something else now.
    pub changed: u64,
}

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

fn execute(connection: &mut AnyConnection, sql: &str) -> Result<u64, StoreError> {
    let rows = on_either!(connection, inner => sql_query(sql).execute(inner))?;
    Ok(rows as u64)
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
    if let AnyConnection::Sqlite(inner) = &mut *writer.connection {
        inner.batch_execute("PRAGMA temp.cache_size = -32768")?;
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

const LIVE: &str = "('draft', 'open', 'reserved')";

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

/// The columns of a submission that a file says something about.
fn said(fields: &BTreeSet<&str>) -> Vec<&'static str> {
    SUBMISSIONS.given(fields).into_iter().filter(|column| *column != "rep_id").collect()
}

/// Brings the reps and teams staged into the real tables. A rep whose team got another manager has changed.
pub fn apply_reps(writer: &mut Writer<'_>, fields: &BTreeSet<&str>) -> Result<Applied, StoreError> {
    let differs = differs("t", &REPS.given(fields));
    let connection = &mut *writer.connection;
    let other_manager = words(
        connection,
        &format!(
            "SELECT CAST(COUNT(*) AS TEXT) AS word FROM staged_reps AS s JOIN reps AS t ON t.id = s.id \
             JOIN teams AS m ON m.id = s.team_id WHERE m.manager_id <> s.manager_id AND NOT {differs}"
        ),
    )?;
    let staged_teams = "(SELECT team_id AS id, MIN(manager_id) AS manager_id FROM staged_reps GROUP BY team_id)";
    execute(
        connection,
        &format!(
            "UPDATE teams SET manager_id = s.manager_id FROM {staged_teams} AS s \
             WHERE s.id = teams.id AND s.manager_id <> teams.manager_id"
        ),
    )?;
    execute(
        connection,
        &format!(
            "INSERT INTO teams (id, manager_id) SELECT s.id, s.manager_id FROM {staged_teams} AS s \
             WHERE NOT EXISTS (SELECT 1 FROM teams AS t WHERE t.id = s.id)"
        ),
    )?;
    let mut applied = upsert(writer, &REPS, fields, "", ("", ""))?;
    applied.changed += other_manager.first().and_then(|count| count.parse().ok()).unwrap_or(0);
    Ok(applied)
}

/// Brings the accounts staged into the real table. Another owner is another ownership.
pub fn apply_accounts(writer: &mut Writer<'_>, fields: &BTreeSet<&str>) -> Result<Applied, StoreError> {
    if fields.contains("annual_value") {
        keep_values(writer)?;
    }
    let ownership = ", ownership = accounts.ownership + CASE WHEN accounts.owner_id <> s.owner_id THEN 1 ELSE 0 END";
    upsert(writer, &ACCOUNTS, fields, ownership, (", ownership", ", 1"))
}

/// Keeps what accounts were worth until today, where the file says otherwise; once a day.
fn keep_values(writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let today = writer.now().date_naive();
    let sql = format!(
        "INSERT INTO account_values (account_id, until_on, annual_value_cents) \
         SELECT a.id, '{today}', a.annual_value_cents FROM accounts AS a JOIN staged_accounts AS s ON s.id = a.id \
         WHERE s.annual_value_cents <> a.annual_value_cents AND NOT EXISTS ( \
             SELECT 1 FROM account_values AS v WHERE v.account_id = a.id AND v.until_on = '{today}')"
    );
    execute(&mut *writer.connection, &sql)?;
    Ok(())
}

/// Brings the history staged into the real table.
pub fn apply_history(writer: &mut Writer<'_>, fields: &BTreeSet<&str>) -> Result<Applied, StoreError> {
    upsert(writer, &HISTORY, fields, "", ("", ""))
}

fn upsert(
    writer: &mut Writer<'_>,
    shape: &Shape,
    fields: &BTreeSet<&str>,
    set_besides: &str,
    (columns_besides, values_besides): (&str, &str),
) -> Result<Applied, StoreError> {
    let Shape { table, staged, .. } = shape;
    let given = shape.given(fields);
    let set = given.iter().map(|column| format!("{column} = s.{column}")).collect::<Vec<_>>().join(", ");
    let differs = differs(table, &given);
    let columns = shape.columns();
    let connection = &mut *writer.connection;
    let changed = execute(
        connection,
        &format!("UPDATE {table} SET {set}{set_besides} FROM {staged} AS s WHERE s.id = {table}.id AND {differs}"),
    )?;
    let created = execute(
        connection,
        &format!(
            "INSERT INTO {table} ({columns}{columns_besides}) SELECT {columns}{values_besides} FROM {staged} AS s \
             WHERE NOT EXISTS (SELECT 1 FROM {table} AS t WHERE t.id = s.id) ORDER BY s.id"
        ),
    )?;
    Ok(Applied { created, changed })
}

/// Brings the submissions staged into the real table, and returns the ids of the new ones.
///
/// New ones are open and their rep is the account's owner; an open one that says something else is changed. Another
/// transaction that took or bound one of the accounts meanwhile wins: this one is [`StoreError::Raced`].
pub fn apply_submissions(
    writer: &mut Writer<'_>,
    fields: &BTreeSet<&str>,
) -> Result<(Applied, Vec<SubmissionId>), StoreError> {
    let said = said(fields);
    let set = said.iter().map(|column| format!("{column} = s.{column}")).collect::<Vec<_>>().join(", ");
    let connection = &mut *writer.connection;
    let changed = execute(
        connection,
        &format!(
            "UPDATE submissions SET {set}, version = s.version FROM staged_submissions AS s \
             WHERE s.account_id = submissions.account_id AND submissions.state = 'open' AND {}",
            differs("submissions", &said)
        ),
    )?;
    let created = execute(
        connection,
        &format!(
            "INSERT INTO submissions \
                 (id, account_id, rep_id, stars_hundredths, reasons, reasons_shared, note, state, created_at, version) \
             SELECT s.id, s.account_id, a.owner_id, s.stars_hundredths, s.reasons, s.reasons_shared, s.note, 'open', \
                 s.created_at, s.version \
             FROM staged_submissions AS s JOIN accounts AS a ON a.id = s.account_id \
             WHERE NOT EXISTS (SELECT 1 FROM submissions AS l \
                 WHERE l.account_id = s.account_id AND l.state IN {LIVE}) ORDER BY s.account_id"
        ),
    )?;
    let overtaken = words(
        connection,
        &format!(
            "SELECT s.account_id AS word FROM staged_submissions AS s \
             LEFT JOIN submissions AS l ON l.account_id = s.account_id AND l.state IN {LIVE} \
             WHERE l.id IS NULL OR {} LIMIT 1",
            differs("l", &said)
        ),
    )?;
    if !overtaken.is_empty() {
        return Err(StoreError::Raced);
    }
    let ids = words(
        connection,
        "SELECT s.id AS word FROM staged_submissions AS s JOIN submissions AS l ON l.id = s.id ORDER BY s.account_id",
    )?;
    let ids = ids.into_iter().map(|id| id.parse()).collect::<Result<_, _>>()?;
    Ok((Applied { created, changed }, ids))
}
