//! The outbox: beside every entry of the audit log, what others are told of it.
//!
//! In go changes, as they go on record; out come the entries that somebody is told of, in order. Holds: entries become visible
//! in the order of their numbers, because each is written under the lock of the log's head, so whoever hands out all up to
//! a number misses none. Deliberately absent: which events go out at all, which the domain says, and their endpoints.

use super::{Reader, StoreError, Writer, audit::Change, schema::outbox};
use crate::domain::event::{EventKind, ordering_key};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;

pub(super) const TABLE: outbox::table = outbox::table;

#[derive(Insertable)]
#[diesel(table_name = outbox)]
pub(super) struct Row {
    seq: i64,
    id: String,
    kind: String,
    subject_id: String,
    payload: String,
    created_at: NaiveDateTime,
    delivered_at: Option<NaiveDateTime>,
    event: Option<String>,
    ordering_key: String,
    details: Option<String>,
}

/// The outbox entry of a change. One that nobody is told of has arrived where it goes.
pub(super) fn event(seq: i64, at: NaiveDateTime, change: &Change, details: Option<serde_json::Value>) -> Row {
    let event = EventKind::of(change.subject_kind, change.action, change.from_state, change.to_state);
    Row {
        seq,
        id: uuid::Uuid::new_v4().to_string(),
        kind: format!("{}.{}", change.subject_kind, change.to_state.unwrap_or(change.action)),
        payload: serde_json::json!({
            "subject": change.subject_id,
            "action": change.action,
            "from": change.from_state,
            "to": change.to_state,
        })
        .to_string(),
        ordering_key: event.map_or_else(String::new, |_| ordering_key(&change.subject_id).to_owned()),
        subject_id: change.subject_id.clone(),
        created_at: at,
        delivered_at: event.is_none().then_some(at),
        event: event.map(|event| event.as_str().to_owned()),
        details: details.map(|details| details.to_string()),
    }
}

/// An entry that others are told of.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its place in the log.
    pub seq: i64,
    /// What others are told.
    pub kind: EventKind,
    /// What it is about.
    pub subject_id: String,
    /// What it is ordered by.
    pub ordering_key: String,
    /// What it says beside that: JSON.
    pub details: Option<String>,
}

type Columns = (i64, Option<String>, String, String, Option<String>);

fn entries(rows: Vec<Columns>) -> Result<Vec<Entry>, StoreError> {
    rows.into_iter()
        .filter_map(|(seq, kind, subject_id, ordering_key, details)| {
            Some((seq, kind?, subject_id, ordering_key, details))
        })
        .map(|(seq, kind, subject_id, ordering_key, details)| {
            Ok(Entry { seq, kind: kind.parse()?, subject_id, ordering_key, details })
        })
        .collect()
}

/// The oldest entries that no endpoint was handed yet, at most `limit`.
pub fn waiting(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<Entry>, StoreError> {
    entries(
        outbox::table
            .filter(outbox::delivered_at.is_null())
            .order(outbox::seq)
            .limit(limit)
            .select((outbox::seq, outbox::event, outbox::subject_id, outbox::ordering_key, outbox::details))
            .load(&mut *reader.connection)?,
    )
}

/// Entries others are told of that were made from `since` until just before `until` and after `after`, at most `limit`.
pub fn between(
    reader: &mut Reader<'_>,
    (since, until): (DateTime<Utc>, DateTime<Utc>),
    after: i64,
    limit: i64,
) -> Result<Vec<Entry>, StoreError> {
    entries(
        outbox::table
            .filter(outbox::event.is_not_null().and(outbox::seq.gt(after)))
            .filter(outbox::created_at.ge(since.naive_utc()).and(outbox::created_at.lt(until.naive_utc())))
            .order(outbox::seq)
            .limit(limit)
            .select((outbox::seq, outbox::event, outbox::subject_id, outbox::ordering_key, outbox::details))
            .load(&mut *reader.connection)?,
    )
}

/// Marks every waiting entry up to `last` as handed to the endpoints that take it.
///
/// Entries become visible in the order of their numbers, so there is none below `last` that the caller has not seen.
pub fn handed_out(writer: &mut Writer<'_>, last: i64) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    diesel::update(outbox::table.filter(outbox::delivered_at.is_null().and(outbox::seq.le(last))))
        .set(outbox::delivered_at.eq(now))
        .execute(&mut *writer.connection)?;
    Ok(())
}
