//! The audit log and the outbox: one entry and one event for every change, in the transaction of the change.
//!
//! In goes a [`Change`]; out comes nothing but the certainty that it is on record. Entries form a chain: each hash
//! covers the entry and the hash before it. Deliberately absent: personal data and opinions; entries name ids and states
//! only, and in place of people's ids what `people` says.

mod people;

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer,
    connection::{AnyConnection, on_either},
    outbox,
    schema::{audit_head, audit_log},
};
use crate::domain::{ids::RepId, principal::Principal};
use chrono::{NaiveDateTime, SubsecRound};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Array, BigInt, Bool, Text},
};
use people::Commitments;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// One change, as it goes on record.
#[derive(Debug, Clone)]
pub struct Change {
    /// Who changed it.
    pub actor: Principal,
    /// What was done: an action's word.
    pub action: &'static str,
    /// The kind of thing that changed: `proposal`, `submission`, `account`, …
    pub subject_kind: &'static str,
    /// Which one.
    pub subject_id: String,
    /// Its state before, where it has states and was there.
    pub from_state: Option<&'static str>,
    /// Its state after, where it has states.
    pub to_state: Option<&'static str>,
}

/// One entry of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_log)]
pub struct Entry {
    /// Its place in the chain, from 1 without gaps.
    pub seq: i64,
    /// When, in UTC.
    pub at: NaiveDateTime,
    /// Who.
    pub actor_id: String,
    /// In what capacity.
    pub actor_role: String,
    /// What was done.
    pub action: String,
    /// To what kind of thing.
    pub subject_kind: String,
    /// To which one.
    pub subject_id: String,
    /// Its state before.
    pub from_state: Option<String>,
    /// Its state after.
    pub to_state: Option<String>,
    /// The hash of the entry before; empty for the first.
    pub previous_hash: String,
    /// SHA-256 over all the fields above, in hex.
    pub hash: String,
}

impl Entry {
    /// The hash the other fields call for: SHA-256 over the JSON array of them, so that no field can run into the next.
    pub fn expected_hash(&self) -> String {
        let fields = serde_json::json!([
            self.seq,
            self.at.and_utc().timestamp_millis(),
            self.actor_id,
            self.actor_role,
            self.action,
            self.subject_kind,
            self.subject_id,
            self.from_state,
            self.to_state,
            self.previous_hash,
        ]);
        Sha256::digest(fields.to_string()).iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Writer<'_> {
    /// Puts a change on record. The entries are written when the transaction's work is done, just before its commit.
    pub fn record(&mut self, change: Change) {
        self.changes.push((change, None));
    }

    /// Puts a change on record whose event says more than what it is about: JSON without an opinion.
    pub fn record_with(&mut self, change: Change, details: serde_json::Value) {
        self.changes.push((change, Some(details)));
    }
}

/// Writes one entry and one event for each change recorded.
///
/// The head row is the lock that puts entries in one order, so it is taken here, after all other rows: whoever holds it
/// waits for nobody, and no two transactions can wait for each other over it.
/// Cost: two statements, and two for each thousand changes.
pub(super) fn write_down(writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let changes = std::mem::take(&mut writer.changes);
    if changes.is_empty() {
        return Ok(());
    }
    let at = writer.now().naive_utc().trunc_subsecs(3);
    let commitments = Commitments::of(writer, changes.iter().map(|(change, _)| change))?;
    let connection = &mut *writer.connection;
    let count = i64::try_from(changes.len()).expect("fewer changes than 2^63");
    let (last, mut hash): (i64, String) = on_either!(&mut *connection, inner => {
        diesel::update(audit_head::table)
            .set(audit_head::seq.eq(audit_head::seq + count))
            .returning((audit_head::seq, audit_head::hash))
            .get_result(inner)?
    });
    let mut entries = Vec::with_capacity(changes.len());
    let mut events = Vec::with_capacity(changes.len());
    for (seq, (change, details)) in (last - count + 1..).zip(changes) {
        events.push(outbox::event(seq, at, &change, details));
        let mut entry = Entry {
            seq,
            at,
            actor_id: commitments.actor(&change)?,
            actor_role: change.actor.role.as_str().to_owned(),
            action: change.action.to_owned(),
            subject_kind: change.subject_kind.to_owned(),
            subject_id: commitments.subject(&change)?,
            from_state: change.from_state.map(str::to_owned),
            to_state: change.to_state.map(str::to_owned),
            previous_hash: hash,
            hash: String::new(),
        };
        entry.hash = entry.expected_hash();
        hash = entry.hash.clone();
        entries.push(entry);
    }
    for (entries, events) in entries.chunks(ROWS_A_STATEMENT).zip(events.chunks(ROWS_A_STATEMENT)) {
        on_either!(connection, inner => {
            diesel::insert_into(audit_log::table).values(entries).execute(inner)?;
            diesel::insert_into(outbox::TABLE).values(events).execute(inner)?;
        });
    }
    diesel::update(audit_head::table).set(audit_head::hash.eq(&hash)).execute(connection)?;
    Ok(())
}

/// Entries after `after`, oldest first, at most `limit`; only those of some actors where asked. With people's ids, where
/// somebody still knows them.
///
/// Cost: one page, or one page of each actor, by an index.
pub fn entries(
    reader: &mut Reader<'_>,
    actors: Option<&[RepId]>,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let mut found = match actors {
        None => entries_as_kept(reader, None, after, limit)?,
        Some(actors) => {
            let ids: Vec<&str> = actors.iter().map(RepId::as_str).collect();
            let standing = people::standing_for(reader, &ids)?;
            entries_of(reader, &standing, after, limit)?
        }
    };
    name(reader, &mut found)?;
    Ok(found)
}

/// The first entries of some actors after `after`, at most `limit`.
///
/// Asked for all of them at once, a database reads either all that they ever did or the log from `after` on. So it reads a page
/// of each; PostgreSQL in one question, for each is a way to the server and back.
fn entries_of(reader: &mut Reader<'_>, actors: &[String], after: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
    if let AnyConnection::Postgres(inner) = &mut *reader.connection {
        let in_page = sql::<Bool>("seq = ANY(ARRAY(SELECT page.seq FROM unnest(CAST(")
            .bind::<Array<Text>, _>(actors)
            .sql(
                " AS TEXT[])) AS actor CROSS JOIN LATERAL (SELECT seq FROM audit_log WHERE actor_id = actor AND seq > ",
            )
            .bind::<BigInt, _>(after)
            .sql(" ORDER BY seq LIMIT ")
            .bind::<BigInt, _>(limit)
            .sql(") AS page ORDER BY page.seq LIMIT ")
            .bind::<BigInt, _>(limit)
            .sql("))");
        return Ok(audit_log::table.filter(in_page).order(audit_log::seq).select(Entry::as_select()).load(inner)?);
    }
    let mut found = Vec::new();
    for actor in actors {
        found.extend(entries_as_kept(reader, Some(actor), after, limit)?);
    }
    found.sort_unstable_by_key(|entry| entry.seq);
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

fn entries_as_kept(
    reader: &mut Reader<'_>,
    actor: Option<&str>,
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    let mut query = audit_log::table
        .filter(audit_log::seq.gt(after))
        .order(audit_log::seq)
        .limit(limit)
        .select(Entry::as_select())
        .into_boxed();
    if let Some(actor) = actor {
        query = query.filter(audit_log::actor_id.eq(actor));
    }
    Ok(query.load(&mut *reader.connection)?)
}

fn name(reader: &mut Reader<'_>, entries: &mut [Entry]) -> Result<(), StoreError> {
    people::name(reader, entries.iter_mut().flat_map(|entry| [&mut entry.actor_id, &mut entry.subject_id]))
}

/// One actor's entries in one role, oldest first, without the first `skip`, at most `limit`.
pub fn entries_by(reader: &mut Reader<'_>, actor: &Principal, skip: i64, limit: i64) -> Result<Vec<Entry>, StoreError> {
    let own = people::standing_for(reader, &[actor.id.as_str()])?;
    let mut found = audit_log::table
        .filter(audit_log::actor_id.eq_any(own).and(audit_log::actor_role.eq(actor.role.as_str())))
        .order(audit_log::seq)
        .offset(skip)
        .limit(limit)
        .select(Entry::as_select())
        .load(&mut *reader.connection)?;
    name(reader, &mut found)?;
    Ok(found)
}

/// Forgets who somebody was in the log. Nothing of the log changes.
pub fn forget_person(writer: &mut Writer<'_>, id: &RepId) -> Result<(), StoreError> {
    people::forget(writer, id.as_str())
}

/// How an audit log ends, or where its chain breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum Chain {
    /// Every hash fits and no entry is missing.
    Unbroken {
        /// Entries in all.
        entries: i64,
        /// The last hash.
        head: String,
    },
    /// The first entry that does not fit.
    BrokenAt {
        /// Its place.
        seq: i64,
    },
}

/// What a walk along the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// How the chain ends.
    pub chain: Chain,
    /// How many entries fit, from the first.
    pub fitting: i64,
    /// The place of the last entry there is; 0 where there is none.
    pub last: i64,
    /// The hashes at the places asked for, as far as entries fit.
    pub hashes: BTreeMap<i64, String>,
    /// What stands for people behind whom another name has been put.
    pub renamed: Vec<String>,
}

/// Walks the whole chain.
///
/// Cost: linear in the log; reads 1,000 entries at a time.
pub fn verify(reader: &mut Reader<'_>) -> Result<Chain, StoreError> {
    Ok(walk(reader, &BTreeSet::new())?.chain)
}

/// Walks the whole chain and takes down the hashes at some places.
///
/// Cost: linear in the log; reads 1,000 entries at a time.
pub fn walk(reader: &mut Reader<'_>, places: &BTreeSet<i64>) -> Result<Walk, StoreError> {
    let last: Option<i64> =
        audit_log::table.select(diesel::dsl::max(audit_log::seq)).get_result(&mut *reader.connection)?;
    let last = last.unwrap_or(0);
    let (mut seq, mut hash, mut hashes) = (0, String::new(), BTreeMap::new());
    let renamed = people::renamed(reader)?;
    'walking: loop {
        let page = entries_as_kept(reader, None, seq, 1000)?;
        if page.is_empty() {
            break;
        }
        for entry in page {
            if entry.seq != seq + 1 || entry.previous_hash != hash || entry.hash != entry.expected_hash() {
                break 'walking;
            }
            (seq, hash) = (entry.seq, entry.hash);
            if places.contains(&seq) {
                hashes.insert(seq, hash.clone());
            }
        }
    }
    let chain = if seq == last && head(reader)? == (seq, hash.clone()) {
        Chain::Unbroken { entries: seq, head: hash }
    } else {
        Chain::BrokenAt { seq: seq + 1 }
    };
    Ok(Walk { chain, fitting: seq, last, hashes, renamed })
}

/// The place and hash of the last entry; 0 and nothing where there is none.
pub fn head(reader: &mut Reader<'_>) -> Result<(i64, String), StoreError> {
    Ok(audit_head::table.select((audit_head::seq, audit_head::hash)).get_result(&mut *reader.connection)?)
}

/// The hash of the entry at a place; absent where there is none.
pub fn hash_at(reader: &mut Reader<'_>, seq: i64) -> Result<Option<String>, StoreError> {
    Ok(audit_log::table.find(seq).select(audit_log::hash).get_result(&mut *reader.connection).optional()?)
}
