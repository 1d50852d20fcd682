//! Messages that other systems sent and that were taken, so that none counts twice.
//!
//! In goes a message's id with what was answered; out comes what was answered before. Holds: of two that are taken at once
//! one waits for the other. Deliberately absent: whether a message that comes again is honest.

use super::{Reader, StoreError, Writer, connection::on_either, exactly_one, schema::callbacks};
use crate::domain::ids::WebhookId;
use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};
use diesel::prelude::*;

/// A message that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// SHA-256 of its body, in hex.
    pub body_hash: String,
    /// When the latest copy of it was signed.
    pub signed_at: DateTime<Utc>,
    /// What was answered.
    pub answer: String,
}

/// Keeps a message unless its id was taken before; says whether it did. Waits for another transaction with the same id.
pub fn take(writer: &mut Writer<'_>, webhook: WebhookId, message: &str, taken: &Taken) -> Result<bool, StoreError> {
    let now = writer.now().naive_utc();
    let row = (
        callbacks::webhook_id.eq(String::from(webhook)),
        callbacks::message_id.eq(message),
        callbacks::body_hash.eq(&taken.body_hash),
        callbacks::signed_at.eq(taken.signed_at.naive_utc().trunc_subsecs(0)),
        callbacks::answer.eq(&taken.answer),
        callbacks::received_at.eq(now),
    );
    let inserted = on_either!(&mut *writer.connection, inner => {
        diesel::insert_into(callbacks::table).values(row).on_conflict_do_nothing().execute(inner)?
    });
    Ok(inserted == 1)
}

/// What is kept of a message.
pub fn find(reader: &mut Reader<'_>, webhook: WebhookId, message: &str) -> Result<Option<Taken>, StoreError> {
    let row: Option<(String, NaiveDateTime, String)> = callbacks::table
        .find((String::from(webhook), message))
        .select((callbacks::body_hash, callbacks::signed_at, callbacks::answer))
        .get_result(&mut *reader.connection)
        .optional()?;
    Ok(row.map(|(body_hash, signed_at, answer)| Taken { body_hash, signed_at: signed_at.and_utc(), answer }))
}

/// Writes what was answered to a message that [`take`] has kept.
pub fn answer(writer: &mut Writer<'_>, webhook: WebhookId, message: &str, answer: &str) -> Result<(), StoreError> {
    let target = callbacks::table.find((String::from(webhook), message));
    exactly_one(diesel::update(target).set(callbacks::answer.eq(answer)).execute(&mut *writer.connection)?)
}

/// Writes that a later copy of a message has come; the race is lost where one as late has.
pub fn came_again(
    writer: &mut Writer<'_>,
    webhook: WebhookId,
    message: &str,
    signed_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    let at = signed_at.naive_utc().trunc_subsecs(0);
    let target = callbacks::table.find((String::from(webhook), message)).filter(callbacks::signed_at.lt(at));
    exactly_one(diesel::update(target).set(callbacks::signed_at.eq(at)).execute(&mut *writer.connection)?)
}

/// Forgets every message received before a moment; returns how many.
pub fn purge(writer: &mut Writer<'_>, before: DateTime<Utc>) -> Result<usize, StoreError> {
    let old = callbacks::table.filter(callbacks::received_at.lt(before.naive_utc()));
    Ok(diesel::delete(old).execute(&mut *writer.connection)?)
}
