//! Erasure of a person: another id everywhere, and nothing of what they wrote.
//!
//! In go a person's id and the pseudonym that takes its place; out comes nothing but the certainty that the id stands in no
//! row any more. Holds: rows keep their meaning, under the pseudonym; what the person wrote in words is gone, and so is where
//! they live; a run or a meeting whose market names them loses its market and its plan and keeps when that was, and the
//! hashes of what they were. The audit log is not touched: it holds commitments, and forgets whose. [`NAMES`] says where
//! people's ids stand; a test looks for the id in every column there is.
//! Cost: linear in the runs and meetings that are kept. Deliberately absent: who may be erased, and when.

use super::{
    StoreError, Writer, audit,
    packed::{pack, unpack},
    schema::{meetings, runs},
};
use crate::domain::ids::RepId;
use diesel::{prelude::*, sql_query, sql_types::Text};
use sha2::{Digest, Sha256};

/// Where the id of a person stands by itself.
const NAMES: &[(&str, &str)] = &[
    ("teams", "manager_id"),
    ("accounts", "owner_id"),
    ("history", "rep_id"),
    ("submissions", "rep_id"),
    ("legs", "from_rep_id"),
    ("legs", "to_rep_id"),
    ("money_entries", "giver_id"),
    ("money_entries", "receiver_id"),
    ("decisions", "for_rep_id"),
    ("decisions", "actor_id"),
    ("restraints", "rep_id"),
    ("overrides", "rep_id"),
    ("overrides", "author_id"),
    ("overrides", "second_id"),
    ("override_reviews", "reviewer_id"),
    ("forbidden_pairs", "rep_id"),
    ("handover_steps", "done_by"),
    ("undo_requests", "rep_id"),
    ("undos", "decided_by"),
    ("settlements", "person_id"),
    ("check_ins", "rep_id"),
    ("reviews", "rep_id"),
    ("disclosures", "rep_id"),
    ("partings", "rep_id"),
    ("partings", "settled_by"),
    ("abuse_records", "settled_by"),
    ("told_groups", "manager_id"),
    ("direct_swaps", "asker_id"),
    ("direct_swaps", "colleague_id"),
    ("crm_legs", "expected_owner_id"),
    ("crm_legs", "new_owner_id"),
    ("crm_legs", "owner_id"),
    ("meetings", "started_by"),
    ("runs", "started_by"),
    ("people", "changed_by"),
];

/// What a person wrote in words, by whose it is; where there must be some, one word stands for them.
const WORDS: &[(&str, &str, &str, &str)] = &[
    ("submissions", "note", "rep_id", ""),
    ("undo_requests", "note", "rep_id", ""),
    ("check_ins", "note", "rep_id", ""),
    ("handover_steps", "note", "done_by", ""),
    ("override_reviews", "note", "reviewer_id", ""),
    ("settlements", "note", "person_id", "erased"),
    ("overrides", "note", "author_id", "erased"),
];

/// Texts in which an id stands among other things, in quotes or between strokes.
const TEXTS: &[(&str, &str)] = &[
    ("accounts", "conflicts"),
    ("told_groups", "members"),
    ("meetings", "wishes"),
    ("runs", "report"),
    ("outbox", "payload"),
    ("outbox", "subject_id"),
    ("outbox", "details"),
    ("idempotency_keys", "body"),
];

/// Puts `pseudonym`, which nobody has, in the place of a person everywhere, and takes away what they wrote; says how many runs
/// lost their evidence.
pub fn erase(writer: &mut Writer<'_>, id: &RepId, pseudonym: &RepId) -> Result<usize, StoreError> {
    let (old, new) = (id.as_str(), pseudonym.as_str());
    // The new row first, then whatever refers to it, then the old row: every reference holds at every moment.
    let copied = "INSERT INTO reps (id, name, team_id, base_lat_e6, base_lon_e6, base_is_approximate, territory, country, \
                  languages, industries, licences, tolerances, abusive_accounts_cap, active, leaves_on, barred) \
                  SELECT $1, 'erased', team_id, 0, 0, TRUE, '[]', country, '[]', '[]', '[]', '[]', 0, FALSE, leaves_on, \
                  TRUE FROM reps WHERE id = $2";
    sql_query(copied).bind::<Text, _>(new).bind::<Text, _>(old).execute(&mut *writer.connection)?;
    for (table, column, of, instead) in WORDS {
        let sql = format!("UPDATE {table} SET {column} = $1 WHERE {of} = $2");
        sql_query(sql).bind::<Text, _>(*instead).bind::<Text, _>(old).execute(&mut *writer.connection)?;
    }
    for (table, column) in NAMES {
        rename(writer, table, column, old, new)?;
    }
    sql_query("DELETE FROM reps WHERE id = $1").bind::<Text, _>(old).execute(&mut *writer.connection)?;
    sql_query("DELETE FROM people WHERE id = $1").bind::<Text, _>(old).execute(&mut *writer.connection)?;
    // What was answered to them is theirs; their keys cannot be used again.
    for role in crate::domain::principal::Role::ALL {
        sql_query("DELETE FROM idempotency_keys WHERE principal_id = $1")
            .bind::<Text, _>(format!("{role}:{old}"))
            .execute(&mut *writer.connection)?;
    }
    let runs_without_evidence = forget_evidence(writer, old)?;
    for (table, column) in TEXTS {
        replace(writer, table, column, old, new)?;
    }
    audit::forget_person(writer, id)?;
    Ok(runs_without_evidence)
}

/// Replaces an id where it stands by itself. SQLite numbers `$1` and `$2` as it meets them, so they come in this order.
fn rename(writer: &mut Writer<'_>, table: &str, column: &str, old: &str, new: &str) -> Result<(), StoreError> {
    let sql = format!("UPDATE {table} SET {column} = $1 WHERE {column} = $2");
    sql_query(sql).bind::<Text, _>(new).bind::<Text, _>(old).execute(&mut *writer.connection)?;
    Ok(())
}

/// Replaces an id where it stands in quotes, or behind a stroke and before one or the end.
fn replace(writer: &mut Writer<'_>, table: &str, column: &str, old: &str, new: &str) -> Result<(), StoreError> {
    // In JSON, and in JSON within JSON, an id stands as JSON writes it.
    let quoted = |id: &str| serde_json::Value::from(id).to_string();
    let within = |id: &str| quoted(&quoted(id)).trim_matches('"').to_owned();
    let forms = [
        (quoted(old), quoted(new)),
        (within(old), within(new)),
        (format!("/{old}/"), format!("/{new}/")),
        (format!("/{old}\""), format!("/{new}\"")),
    ];
    for (from, to) in forms {
        let sql = format!(
            "UPDATE {table} SET {column} = REPLACE({column}, $1, $2) WHERE REPLACE({column}, $1, '') <> {column}"
        );
        sql_query(sql).bind::<Text, _>(from).bind::<Text, _>(to).execute(&mut *writer.connection)?;
    }
    let sql = format!(
        "UPDATE {table} SET {column} = SUBSTR({column}, 1, LENGTH({column}) - LENGTH($1)) || $2 \
         WHERE SUBSTR({column}, LENGTH({column}) - LENGTH($1)) = '/' || $1"
    );
    sql_query(sql).bind::<Text, _>(old).bind::<Text, _>(new).execute(&mut *writer.connection)?;
    rename(writer, table, column, old, new)
}

/// Takes the market and the plan from every run and every ended meeting whose market names somebody.
fn forget_evidence(writer: &mut Writer<'_>, id: &str) -> Result<usize, StoreError> {
    let now = writer.now().naive_utc();
    let name = serde_json::Value::from(id).to_string();
    let names = |packed: &[u8]| -> Result<Option<Vec<u8>>, StoreError> {
        let bytes = unpack(packed)?;
        Ok(bytes.windows(name.len()).any(|some| some == name.as_bytes()).then_some(bytes))
    };
    let kept: Vec<String> =
        runs::table.filter(runs::snapshot.is_not_null()).select(runs::id).load(&mut *writer.connection)?;
    let mut erased = 0;
    for run in kept {
        let (snapshot, plan): (Option<Vec<u8>>, Option<Vec<u8>>) =
            runs::table.find(&run).select((runs::snapshot, runs::plan)).get_result(&mut *writer.connection)?;
        let Some(market) = names(&snapshot.unwrap_or_default())? else { continue };
        let plan = unpack(&plan.unwrap_or_default())?;
        diesel::update(runs::table.find(&run))
            .set((
                runs::snapshot.eq(None::<Vec<u8>>),
                runs::plan.eq(None::<Vec<u8>>),
                runs::erased_at.eq(Some(now)),
                runs::snapshot_sha256.eq(Some(hash(&market))),
                runs::plan_sha256.eq(Some(hash(&plan))),
            ))
            .execute(&mut *writer.connection)?;
        erased += 1;
    }
    let kept: Vec<(String, Vec<u8>)> =
        meetings::table.select((meetings::id, meetings::snapshot)).load(&mut *writer.connection)?;
    let nothing = pack(b"null");
    for (meeting, snapshot) in kept {
        if names(&snapshot)?.is_some() {
            diesel::update(meetings::table.find(&meeting))
                .set((meetings::snapshot.eq(&nothing), meetings::ownerships.eq(&nothing), meetings::moves.eq(&nothing)))
                .execute(&mut *writer.connection)?;
        }
    }
    Ok(erased)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
