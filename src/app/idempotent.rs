//! Once: one effect and one stored answer for each key of a principal and operation, for 24 hours.
//!
//! In go who asks, what, under which key, and the hash of the whole request; out comes the answer of the work, or the
//! answer it had the first time. Holds: the claim of the key, the effect and the stored answer are one transaction
//! ([`once`]), so a refusal leaves no trace of the key and a crash leaves either all of it or nothing. Work too long for
//! one transaction claims its key first ([`begin`]) and then holds it: a [`Held`] shows signs of life, keeps the answer in
//! the transaction of the effect, or lets go; who died in between is taken over when the lease has run out.
//! Deliberately absent: what is in an answer, which is the `api`'s.

use super::{Reader, Refused, Store, Writer, heartbeat::Heartbeat};
use crate::{
    domain::principal::Principal,
    store::idempotency::{self, Claim, Found, Row},
};
use chrono::TimeDelta;

pub use crate::store::idempotency::Answer;

/// The key was used for another request.
pub const REUSED: &str = "idempotency_key_reused";
/// The request under this key is still being worked on.
pub const IN_PROGRESS: &str = "idempotency_key_in_progress";

/// How long an answer is kept, in hours.
const KEPT_HOURS: i64 = 24;

/// One request: what makes it the same as another.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is asked, without what it is asked about: a method and a path's template.
    pub operation: String,
    /// The caller's word for this very request.
    pub key: String,
    /// SHA-256 over all that was asked, in hex.
    pub hash: String,
}

impl Request {
    fn row(&self, who: &Principal) -> Row {
        Row {
            // One person may sign in as a rep and as a manager; the two are two principals.
            principal: format!("{}:{}", who.role, who.id),
            operation: self.operation.clone(),
            key: self.key.clone(),
            hash: self.hash.clone(),
        }
    }
}

/// An answer, and whether it was given before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// Whether it was given before.
    pub replayed: bool,
}

/// Does `work` unless it was done under this key, and keeps its answer, all in the writer's transaction.
///
/// Errors: [`REUSED`], [`IN_PROGRESS`], or what `work` refuses; then nothing is kept.
pub fn once<E: From<Refused>>(
    writer: &mut Writer<'_>,
    who: &Principal,
    request: &Request,
    work: impl FnOnce(&mut Writer<'_>) -> Result<Answer, E>,
) -> Result<Answered, E> {
    let row = request.row(who);
    // Nobody else sees this claim before its answer, so it never looks abandoned.
    match claim(writer, &row, None)? {
        Begun::Answered(answer) => Ok(Answered { answer, replayed: true }),
        Begun::Fresh(claim) => {
            let answer = work(writer)?;
            idempotency::complete(writer, &row, &claim, &answer).map_err(Refused::from)?;
            Ok(Answered { answer, replayed: false })
        }
    }
}

/// What there is under a key.
pub enum Begun {
    /// Nothing yet: the caller holds the key now.
    Fresh(Claim),
    /// The answer given before.
    Answered(Answer),
}

/// Claims a key for work that is longer than this transaction, of which [`Held`] then shows signs of life.
///
/// A claim without an answer whose lease has run out is taken over: whoever held it has died.
pub fn begin(
    writer: &mut Writer<'_>,
    who: &Principal,
    request: &Request,
    lease_seconds: u32,
) -> Result<Begun, Refused> {
    claim(writer, &request.row(who), Some(TimeDelta::seconds(lease_seconds.into())))
}

/// A key that is held while the work under it goes on; it shows signs of life by itself until it is dropped.
pub struct Held {
    row: Row,
    claim: Claim,
    _heartbeat: Heartbeat,
}

impl Held {
    /// Holds a key that [`begin`] has claimed.
    pub fn new(store: &Store, who: &Principal, request: &Request, claim: Claim, lease_seconds: u32) -> Self {
        let row = request.row(who);
        let lease = TimeDelta::seconds(lease_seconds.into());
        let (store, held) = (store.clone(), row.clone());
        let heartbeat = Heartbeat::start("an Idempotency-Key", lease_seconds, move || {
            store.write(|writer| idempotency::renew(writer, &held, &claim, lease))
        });
        Self { row, claim, _heartbeat: heartbeat }
    }

    /// Keeps the answer, best in the transaction of the effect, so that no end in between leaves one without the other; a
    /// key that was taken over meanwhile stays the other's.
    pub fn keep(&self, writer: &mut Writer<'_>, answer: &Answer) -> Result<(), Refused> {
        Ok(idempotency::complete(writer, &self.row, &self.claim, answer)?)
    }

    /// Lets go of a key whose work was refused, so that it can be used again.
    pub fn abandon(&self, writer: &mut Writer<'_>) -> Result<(), Refused> {
        Ok(idempotency::release(writer, &self.row, &self.claim)?)
    }
}

/// Forgets every answer older than 24 hours; returns how many.
pub fn forget(writer: &mut Writer<'_>) -> Result<usize, Refused> {
    let before = writer.now() - TimeDelta::hours(KEPT_HOURS);
    Ok(idempotency::purge(writer, before)?)
}

fn claim(writer: &mut Writer<'_>, row: &Row, lease: Option<TimeDelta>) -> Result<Begun, Refused> {
    let now = Reader::now(writer);
    if let Some(claim) = idempotency::insert(writer, row, lease)? {
        return Ok(Begun::Fresh(claim));
    }
    let Found { hash, claim, lease_until, answer } = idempotency::find(writer, row)?;
    let forgotten = now - claim.at() >= TimeDelta::hours(KEPT_HOURS);
    let is_alive = lease_until.is_some_and(|until| now < until);
    if !forgotten && hash != row.hash {
        return Err(Refused::conflict(REUSED, "this Idempotency-Key was used for another request"));
    }
    match answer {
        Some(answer) if !forgotten => Ok(Begun::Answered(answer)),
        None if !forgotten && is_alive => {
            Err(Refused::conflict(IN_PROGRESS, "the request under this Idempotency-Key is still being worked on"))
        }
        _ => Ok(Begun::Fresh(idempotency::take_over(writer, row, &claim, lease)?)),
    }
}
