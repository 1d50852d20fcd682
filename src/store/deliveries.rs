//! Deliveries: one row for an event and an endpoint, from when it is handed out until it is taken, given up or withdrawn.
//!
//! In go events and what became of attempts; out come the deliveries somebody may attempt now. Holds: of the unsettled rows
//! of one endpoint and one ordering key only the oldest can be claimed, so that nothing overtakes; who claims it holds it
//! until the lease ends and alone may settle it. Cost: a claim reads, by an index, what of one endpoint is due.
//! Deliberately absent: how long to wait, what is withdrawn, and sending.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer,
    connection::AnyConnection,
    outbox::Entry,
    schema::{deliveries, outbox, webhooks},
};
use crate::domain::{
    event::EventKind,
    ids::{Version, WebhookId},
    webhook::{DeliveryOutcome, WebhookState},
};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};

#[derive(Insertable)]
#[diesel(table_name = deliveries)]
struct New {
    webhook_id: String,
    seq: i64,
    ordering_key: String,
    attempts: i32,
    next_attempt_at: NaiveDateTime,
}

/// Hands entries to endpoints; what an endpoint has been handed before stays as it is.
pub fn insert(writer: &mut Writer<'_>, handed: &[(WebhookId, &Entry)]) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    let rows: Vec<New> = handed
        .iter()
        .map(|(webhook, entry)| New {
            webhook_id: (*webhook).into(),
            seq: entry.seq,
            ordering_key: entry.ordering_key.clone(),
            attempts: 0,
            next_attempt_at: now,
        })
        .collect();
    // SQLite takes no batch that passes over what is there; there a row costs no journey either.
    match &mut *writer.connection {
        AnyConnection::Sqlite(inner) => {
            for row in &rows {
                diesel::insert_into(deliveries::table).values(row).on_conflict_do_nothing().execute(inner)?;
            }
        }
        AnyConnection::Postgres(inner) => {
            for rows in rows.chunks(ROWS_A_STATEMENT) {
                diesel::insert_into(deliveries::table).values(rows).on_conflict_do_nothing().execute(inner)?;
            }
        }
    }
    Ok(())
}

/// Forgets what became of an endpoint's settled deliveries of some entries, so that they can be handed to it again.
pub fn forget(writer: &mut Writer<'_>, webhook: WebhookId, seqs: &[i64]) -> Result<(), StoreError> {
    let own = deliveries::table
        .filter(deliveries::webhook_id.eq(String::from(webhook)).and(deliveries::settled_at.is_not_null()));
    diesel::delete(own.filter(deliveries::seq.eq_any(seqs.to_vec()))).execute(&mut *writer.connection)?;
    Ok(())
}

/// A delivery that its holder may attempt, with all that is sent.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The entry's place in the log.
    pub seq: i64,
    /// The event's id, the same for every endpoint and attempt.
    pub event_id: String,
    /// What it is about.
    pub kind: EventKind,
    /// Which one.
    pub subject_id: String,
    /// What it says beside that: JSON.
    pub details: Option<String>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
    /// How often it was attempted, this time included.
    pub attempts: u32,
}

/// The hold on some deliveries of one endpoint.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Which endpoint.
    pub webhook: WebhookId,
    /// Tells the holder from whoever held them before.
    pub lease: Version,
    /// The deliveries, each of another ordering key.
    pub deliveries: Vec<Claimed>,
}

/// Which endpoints that are active have something that could be attempted now.
pub fn due(reader: &mut Reader<'_>) -> Result<Vec<WebhookId>, StoreError> {
    let now = reader.now().naive_utc();
    let is_due = exists(
        deliveries::table
            .filter(deliveries::webhook_id.eq(webhooks::id).and(deliveries::settled_at.is_null()))
            .filter(deliveries::next_attempt_at.le(now)),
    );
    let ids: Vec<String> = webhooks::table
        .filter(webhooks::state.eq(WebhookState::Active.as_str()))
        .filter(is_due)
        .select(webhooks::id)
        .order(webhooks::id)
        .load(&mut *reader.connection)?;
    ids.into_iter().map(|id| Ok(id.parse()?)).collect()
}

/// A delivery that somebody may take hold of.
#[derive(Debug, Clone)]
pub struct Free {
    /// The entry's place in the log.
    pub seq: i64,
    /// What it is about.
    pub kind: EventKind,
    /// What it says beside that: JSON.
    pub details: Option<String>,
}

/// Deliveries of an endpoint that are due, that nobody holds and that overtake nothing: as many as make `at_once` with those
/// that are held. For whoever holds the endpoint (`webhooks::hold`), that is how many are held in all, whoever else asks.
pub fn free(reader: &mut Reader<'_>, webhook: WebhookId, at_once: i64) -> Result<Vec<Free>, StoreError> {
    let now = reader.now().naive_utc();
    let id = String::from(webhook);
    let own = || deliveries::table.filter(deliveries::webhook_id.eq(&id).and(deliveries::settled_at.is_null()));
    let held: i64 = own().filter(deliveries::leased_until.gt(now)).count().get_result(&mut *reader.connection)?;
    let earlier = diesel::alias!(deliveries as earlier);
    let is_behind = exists(
        earlier
            .filter(earlier.field(deliveries::webhook_id).eq(deliveries::webhook_id))
            .filter(earlier.field(deliveries::ordering_key).eq(deliveries::ordering_key))
            .filter(earlier.field(deliveries::seq).lt(deliveries::seq))
            .filter(earlier.field(deliveries::settled_at).is_null()),
    );
    let rows: Vec<(i64, Option<String>, Option<String>)> = own()
        .inner_join(outbox::table)
        .filter(deliveries::next_attempt_at.le(now))
        .filter(deliveries::leased_until.is_null().or(deliveries::leased_until.le(now)))
        .filter(not(is_behind))
        .order((deliveries::next_attempt_at, deliveries::seq))
        .limit((at_once - held).max(0))
        .select((deliveries::seq, outbox::event, outbox::details))
        .load(&mut *reader.connection)?;
    rows.into_iter().map(|(seq, kind, details)| Ok(Free { seq, kind: event(seq, kind)?, details })).collect()
}

fn event(seq: i64, kind: Option<String>) -> Result<EventKind, StoreError> {
    Ok(kind.ok_or_else(|| StoreError::Corrupt(format!("entry {seq} has no event")))?.parse()?)
}

/// Takes hold of free deliveries of an endpoint. The caller holds the endpoint since before it found them.
pub fn claim(
    writer: &mut Writer<'_>,
    webhook: WebhookId,
    lease: Version,
    lasts: TimeDelta,
    free: &[i64],
) -> Result<Claim, StoreError> {
    let now = writer.now().naive_utc();
    let own = || {
        let of_endpoint = deliveries::webhook_id.eq(String::from(webhook)).and(deliveries::settled_at.is_null());
        deliveries::table.filter(of_endpoint.and(deliveries::seq.eq_any(free.to_vec())))
    };
    diesel::update(own())
        .set((
            deliveries::lease.eq(Some(String::from(lease))),
            deliveries::leased_until.eq(Some(now + lasts)),
            deliveries::attempts.eq(deliveries::attempts + 1),
            deliveries::last_attempt_at.eq(Some(now)),
        ))
        .execute(&mut *writer.connection)?;
    type Columns = (i64, String, Option<String>, String, Option<String>, NaiveDateTime, i32);
    let rows: Vec<Columns> = own()
        .inner_join(outbox::table)
        .filter(deliveries::lease.eq(String::from(lease)))
        .order(deliveries::seq)
        .select((
            outbox::seq,
            outbox::id,
            outbox::event,
            outbox::subject_id,
            outbox::details,
            outbox::created_at,
            deliveries::attempts,
        ))
        .load(&mut *writer.connection)?;
    let deliveries = rows
        .into_iter()
        .map(|(seq, event_id, kind, subject_id, details, created_at, attempts)| {
            let kind = event(seq, kind)?;
            let attempts = u32::try_from(attempts).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            Ok(Claimed { seq, event_id, kind, subject_id, details, created_at: created_at.and_utc(), attempts })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Claim { webhook, lease, deliveries })
}

/// Settles deliveries that are not to be sent any more. The caller holds the endpoint since before it found them free.
pub fn withdraw(writer: &mut Writer<'_>, webhook: WebhookId, free: &[i64]) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    let own = deliveries::table
        .filter(deliveries::webhook_id.eq(String::from(webhook)).and(deliveries::settled_at.is_null()))
        .filter(deliveries::seq.eq_any(free.to_vec()));
    diesel::update(own)
        .set((
            deliveries::outcome.eq(Some(DeliveryOutcome::Withdrawn.as_str())),
            deliveries::settled_at.eq(Some(now)),
            deliveries::lease.eq(None::<String>),
            deliveries::leased_until.eq(None::<NaiveDateTime>),
        ))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempted {
    /// The endpoint took it.
    Delivered {
        /// The status.
        status: u16,
    },
    /// It did not; it is attempted again at that moment, or never where there is none.
    Failed {
        /// The status, where there was an answer.
        status: Option<u16>,
        /// What went wrong, without a secret.
        error: String,
        /// When it is attempted again.
        again_at: Option<DateTime<Utc>>,
    },
    /// It was not attempted after all, and does not count as such.
    LetGo,
}

/// Settles an attempt, or nothing where the holder holds it no more; says whether it did.
pub fn settle(
    writer: &mut Writer<'_>,
    webhook: WebhookId,
    lease: Version,
    seq: i64,
    attempted: &Attempted,
) -> Result<bool, StoreError> {
    let now = writer.now().naive_utc();
    let target = deliveries::table
        .filter(deliveries::webhook_id.eq(String::from(webhook)).and(deliveries::seq.eq(seq)))
        .filter(deliveries::lease.eq(String::from(lease)).and(deliveries::settled_at.is_null()));
    let nobody = (deliveries::lease.eq(None::<String>), deliveries::leased_until.eq(None::<NaiveDateTime>));
    let settled = match attempted {
        Attempted::LetGo => diesel::update(target)
            .set((nobody, deliveries::attempts.eq(deliveries::attempts - 1)))
            .execute(&mut *writer.connection)?,
        Attempted::Delivered { status } => diesel::update(target)
            .set((
                nobody,
                deliveries::last_status.eq(Some(i32::from(*status))),
                deliveries::last_error.eq(None::<String>),
                deliveries::outcome.eq(Some(DeliveryOutcome::Delivered.as_str())),
                deliveries::settled_at.eq(Some(now)),
            ))
            .execute(&mut *writer.connection)?,
        Attempted::Failed { status, error, again_at } => {
            let given_up = again_at.is_none();
            diesel::update(target)
                .set((
                    nobody,
                    deliveries::last_status.eq(status.map(i32::from)),
                    deliveries::last_error.eq(Some(error.as_str())),
                    deliveries::next_attempt_at.eq(again_at.map_or(now, |at| at.naive_utc())),
                    deliveries::outcome.eq(given_up.then_some(DeliveryOutcome::GivenUp.as_str())),
                    deliveries::settled_at.eq(given_up.then_some(now)),
                ))
                .execute(&mut *writer.connection)?
        }
    };
    Ok(settled == 1)
}

/// Lets everything that waits for an endpoint be attempted at once, because somebody says that it works again.
pub fn hasten(writer: &mut Writer<'_>, webhook: WebhookId) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    let own = deliveries::table
        .filter(deliveries::webhook_id.eq(String::from(webhook)).and(deliveries::settled_at.is_null()));
    diesel::update(own)
        .set((deliveries::next_attempt_at.eq(now), deliveries::attempts.eq(0)))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// Forgets what waits for an endpoint of kinds that it takes no more.
pub fn drop_kinds(writer: &mut Writer<'_>, webhook: WebhookId, kinds: &[EventKind]) -> Result<(), StoreError> {
    let words: Vec<&str> = kinds.iter().map(|kind| kind.as_str()).collect();
    let is_of_these = exists(outbox::table.filter(outbox::seq.eq(deliveries::seq).and(outbox::event.eq_any(words))));
    let own = deliveries::table
        .filter(deliveries::webhook_id.eq(String::from(webhook)).and(deliveries::settled_at.is_null()));
    diesel::delete(own.filter(is_of_these)).execute(&mut *writer.connection)?;
    Ok(())
}

/// Forgets all deliveries to an endpoint, because it is gone.
pub fn drop_all(writer: &mut Writer<'_>, webhook: WebhookId) -> Result<(), StoreError> {
    let own = deliveries::table.filter(deliveries::webhook_id.eq(String::from(webhook)));
    diesel::delete(own).execute(&mut *writer.connection)?;
    Ok(())
}

/// Forgets deliveries settled before a moment, and those that have waited since before it; returns how many.
pub fn purge(writer: &mut Writer<'_>, before: DateTime<Utc>) -> Result<usize, StoreError> {
    let before = before.naive_utc();
    let settled =
        diesel::delete(deliveries::table.filter(deliveries::settled_at.lt(before))).execute(&mut *writer.connection)?;
    let old = outbox::table.filter(outbox::created_at.lt(before)).select(outbox::seq);
    let waiting =
        deliveries::table.filter(deliveries::settled_at.is_null().and(deliveries::next_attempt_at.lt(before)));
    let waiting = diesel::delete(waiting.filter(deliveries::seq.eq_any(old))).execute(&mut *writer.connection)?;
    Ok(settled + waiting)
}

/// What waits: how much, and since when the oldest of it.
pub fn backlog(reader: &mut Reader<'_>) -> Result<(i64, Option<DateTime<Utc>>), StoreError> {
    let waiting = || deliveries::table.filter(deliveries::settled_at.is_null());
    let count = waiting().count().get_result(&mut *reader.connection)?;
    let oldest: Option<i64> =
        waiting().select(diesel::dsl::min(deliveries::seq)).get_result(&mut *reader.connection)?;
    let since: Option<NaiveDateTime> = match oldest {
        Some(seq) => {
            outbox::table.find(seq).select(outbox::created_at).get_result(&mut *reader.connection).optional()?
        }
        None => None,
    };
    Ok((count, since.map(|at| at.and_utc())))
}

/// A delivery, for whoever looks after an endpoint.
#[derive(Debug, Clone, Queryable)]
pub struct Delivery {
    /// The entry's place in the log.
    pub seq: i64,
    /// The event's id: the `webhook-id`.
    pub event_id: String,
    /// What it is about.
    pub kind: Option<String>,
    /// Which one.
    pub subject_id: String,
    /// When it happened.
    pub created_at: NaiveDateTime,
    /// How often it was attempted.
    pub attempts: i32,
    /// When it is attempted next.
    pub next_attempt_at: NaiveDateTime,
    /// When it was attempted last.
    pub last_attempt_at: Option<NaiveDateTime>,
    /// The last status.
    pub last_status: Option<i32>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// What became of it.
    pub outcome: Option<String>,
}

/// Deliveries to an endpoint before `before`, the newest first, at most `limit`.
pub fn list(
    reader: &mut Reader<'_>,
    webhook: WebhookId,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<Delivery>, StoreError> {
    Ok(deliveries::table
        .inner_join(outbox::table)
        .filter(deliveries::webhook_id.eq(String::from(webhook)))
        .filter(deliveries::seq.lt(before.unwrap_or(i64::MAX)))
        .order(deliveries::seq.desc())
        .limit(limit)
        .select((
            outbox::seq,
            outbox::id,
            outbox::event,
            outbox::subject_id,
            outbox::created_at,
            deliveries::attempts,
            deliveries::next_attempt_at,
            deliveries::last_attempt_at,
            deliveries::last_status,
            deliveries::last_error,
            deliveries::outcome,
        ))
        .load(&mut *reader.connection)?)
}
