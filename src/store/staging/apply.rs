//! From the temporary tables into the real ones, in a handful of statements, and only in rows and fields that differ.
//!
//! In go the fields that the file gives; out comes how many rows were created and changed.
//! Cost: two joins over all staged rows. Deliberately absent: deleting.

use super::{
    Applied, LIVE, execute, first,
    shape::{ACCOUNTS, HISTORY, REPS, Shape, differs, said},
    words,
};
use crate::{
    domain::ids::SubmissionId,
    store::{StoreError, Writer},
};
use std::collections::BTreeSet;

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

pub(super) fn upsert(
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
    let insert =
        format!("INSERT INTO {table} ({columns}{columns_besides}) SELECT {columns}{values_besides} FROM {staged} AS s");
    if first::is_first_load(connection, table, staged)? {
        let created = first::fill(connection, table, &format!("{insert} ORDER BY s.id"))?;
        return Ok(Applied { created, changed: 0 });
    }
    let changed = execute(
        connection,
        &format!("UPDATE {table} SET {set}{set_besides} FROM {staged} AS s WHERE s.id = {table}.id AND {differs}"),
    )?;
    let created = execute(
        connection,
        &format!("{insert} WHERE NOT EXISTS (SELECT 1 FROM {table} AS t WHERE t.id = s.id) ORDER BY s.id"),
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
