//! Idempotency keys: who asked what under which key, and the answer it got.
//!
//! In go a [`Row`] and, later, its [`Answer`]; out comes the one [`Claim`] there is on a key, or what is kept under it.
//! Holds: of two that claim a key at once one gets it and the other waits for the first one's transaction to end.
//! Deliberately absent: how long a claim or an answer counts.

use super::{
    Reader, StoreError, Writer, connection::on_either, exactly_one, from_json, schema::idempotency_keys::dsl as keys,
    to_json,
};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use diesel::prelude::*;

/// One request of one principal under one key.
#[derive(Debug, Clone)]
pub struct Row {
    /// Who, with their role.
    pub principal: String,
    /// What.
    pub operation: String,
    /// Under which key.
    pub key: String,
    /// SHA-256 over the whole request, in hex.
    pub hash: String,
}

/// An answer as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names and values of the headers that belong to it.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// The hold on a key; it tells the present holder from one who was taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim(NaiveDateTime);

impl Claim {
    /// When the key was claimed.
    pub fn at(&self) -> DateTime<Utc> {
        self.0.and_utc()
    }
}

/// What is kept under a key.
#[derive(Debug, Clone)]
pub struct Found {
    /// The hash of the request it was used for.
    pub hash: String,
    /// Who holds it.
    pub claim: Claim,
    /// Until when the holder counts as alive; absent where key, effect and answer are one transaction.
    pub lease_until: Option<DateTime<Utc>>,
    /// The answer, where there is one yet.
    pub answer: Option<Answer>,
}

/// The row of one key.
macro_rules! of {
    ($row:expr) => {
        keys::principal_id.eq(&$row.principal).and(keys::operation.eq(&$row.operation)).and(keys::key.eq(&$row.key))
    };
}

/// Claims a key nobody has used, for work that shows signs of life where `lease` says how often at least; nothing where
/// somebody has. Waits for another transaction that is claiming it.
pub fn insert(writer: &mut Writer<'_>, row: &Row, lease: Option<TimeDelta>) -> Result<Option<Claim>, StoreError> {
    let at = writer.now().naive_utc();
    let values = (
        keys::principal_id.eq(&row.principal),
        keys::operation.eq(&row.operation),
        keys::key.eq(&row.key),
        keys::request_hash.eq(&row.hash),
        keys::created_at.eq(at),
        keys::lease_until.eq(lease.map(|lease| at + lease)),
    );
    let inserted = on_either!(&mut *writer.connection, inner => {
        diesel::insert_into(keys::idempotency_keys).values(values).on_conflict_do_nothing().execute(inner)?
    });
    Ok((inserted == 1).then_some(Claim(at)))
}

/// What is kept under a key that [`insert`] did not get.
///
/// Errors: [`StoreError::Raced`] where it is gone again.
pub fn find(reader: &mut Reader<'_>, row: &Row) -> Result<Found, StoreError> {
    type Kept = (String, NaiveDateTime, Option<NaiveDateTime>, Option<i32>, Option<String>, Option<String>);
    let (hash, at, lease_until, status, headers, body) = keys::idempotency_keys
        .filter(of!(row))
        .select((keys::request_hash, keys::created_at, keys::lease_until, keys::status, keys::headers, keys::body))
        .get_result::<Kept>(&mut *reader.connection)
        .optional()?
        .ok_or(StoreError::Raced)?;
    let answer = match (status, headers, body) {
        (Some(status), Some(headers), Some(body)) => Some(Answer {
            status: u16::try_from(status).map_err(|error| StoreError::Corrupt(error.to_string()))?,
            headers: from_json(&headers)?,
            body,
        }),
        _ => None,
    };
    let lease_until = lease_until.map(|until| until.and_utc());
    Ok(Found { hash, claim: Claim(at), lease_until, answer })
}

/// Takes a key from whoever holds it, for the request of `row`, and forgets its answer.
pub fn take_over(
    writer: &mut Writer<'_>,
    row: &Row,
    from: &Claim,
    lease: Option<TimeDelta>,
) -> Result<Claim, StoreError> {
    let at = writer.now().naive_utc();
    let taken = diesel::update(keys::idempotency_keys.filter(of!(row)).filter(keys::created_at.eq(from.0)))
        .set((
            keys::request_hash.eq(&row.hash),
            keys::created_at.eq(at),
            keys::lease_until.eq(lease.map(|lease| at + lease)),
            keys::status.eq(None::<i32>),
            keys::headers.eq(None::<String>),
            keys::body.eq(None::<String>),
        ))
        .execute(&mut *writer.connection)?;
    exactly_one(taken)?;
    Ok(Claim(at))
}

/// Shows a sign of life of work without an answer; false where the claim is another's by now, or the answer is there.
pub fn renew(writer: &mut Writer<'_>, row: &Row, claim: &Claim, lease: TimeDelta) -> Result<bool, StoreError> {
    let until = writer.now().naive_utc() + lease;
    let held =
        keys::idempotency_keys.filter(of!(row)).filter(keys::created_at.eq(claim.0)).filter(keys::status.is_null());
    let renewed = diesel::update(held).set(keys::lease_until.eq(Some(until))).execute(&mut *writer.connection)?;
    Ok(renewed == 1)
}

/// Keeps the answer under a key, unless the claim is another's by now.
pub fn complete(writer: &mut Writer<'_>, row: &Row, claim: &Claim, answer: &Answer) -> Result<(), StoreError> {
    diesel::update(keys::idempotency_keys.filter(of!(row)).filter(keys::created_at.eq(claim.0)))
        .set((
            keys::status.eq(i32::from(answer.status)),
            keys::headers.eq(to_json(&answer.headers)),
            keys::body.eq(&answer.body),
        ))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// Lets go of a key without an answer, unless the claim is another's by now.
pub fn release(writer: &mut Writer<'_>, row: &Row, claim: &Claim) -> Result<(), StoreError> {
    diesel::delete(
        keys::idempotency_keys.filter(of!(row)).filter(keys::created_at.eq(claim.0)).filter(keys::status.is_null()),
    )
    .execute(&mut *writer.connection)?;
    Ok(())
}

/// Forgets every key claimed before a moment; returns how many.
pub fn purge(writer: &mut Writer<'_>, before: DateTime<Utc>) -> Result<usize, StoreError> {
    let gone = diesel::delete(keys::idempotency_keys.filter(keys::created_at.lt(before.naive_utc())))
        .execute(&mut *writer.connection)?;
    Ok(gone)
}
