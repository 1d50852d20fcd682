//! Messages from other systems: what the CRM says of what it was asked.
//!
//! In go the headers and the body of a message for an endpoint; out comes what follows, once. Holds: whoever has not signed
//! it with the endpoint's secret learns nothing; a message that was signed longer ago than the tolerance does not count; one
//! that was taken is kept with its id, in the transaction of its effect, longer than anybody repeats one. The very same
//! bytes a second time are a replay and refused; the same message signed anew is an honest repeat and gets the first
//! answer; another message under the same id is refused.
//! Deliberately absent: what an answer means (`handover`).

mod message;

pub use message::{Callback, CallbackData, CallbackKind, CrmWord};

use super::{
    Reader, Refused, Writer,
    handover::{self, CrmTaken},
};
use crate::{
    delivery::{Headers, Secret, verify},
    domain::{event::EventKind, ids::WebhookId, webhook::Webhook},
    settings::Settings,
    store::{
        StoreError,
        callbacks::{self as kept, Taken},
        webhooks,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

/// A message as it arrived.
#[derive(Debug, Clone)]
pub struct Arrived {
    /// The `webhook-id`.
    pub id: String,
    /// The `webhook-timestamp`.
    pub timestamp: String,
    /// The `webhook-signature`.
    pub signature: String,
    /// The body, to the byte.
    pub body: Vec<u8>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CallbackTaken {
    /// What it led to.
    pub outcome: CrmTaken,
}

/// Why a message leads to nothing.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It does not prove whom it is from. Nobody is told what was wrong.
    #[error("the message is not signed")]
    NotSigned,
    /// It is signed, and cannot be followed.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl From<StoreError> for NotTaken {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl super::TransactionError for NotTaken {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Refused(refused) if refused.is_raced())
    }
}

/// Reads a secret as it is kept.
pub(super) fn secret(text: &str) -> Result<Secret, Refused> {
    Ok(Secret::read(text).ok_or_else(|| StoreError::Corrupt("a webhook's secret cannot be read".to_owned()))?)
}

/// Whether a message is from the endpoint; says when it was signed. Changes nothing, so that whoever floods it waits for
/// nobody and nobody for them.
pub fn check(
    reader: &mut Reader<'_>,
    settings: &Settings,
    id: WebhookId,
    arrived: &Arrived,
) -> Result<(Webhook, DateTime<Utc>), NotTaken> {
    let (webhook, keys) = webhooks::one(reader, id)?.ok_or(NotTaken::NotSigned)?;
    let now = reader.now();
    let previous = keys.previous.filter(|_| webhook.previous_until.is_some_and(|until| now < until));
    let secrets = [Some(keys.current), previous].into_iter().flatten().map(|secrets| secret(&secrets.back));
    let secrets = secrets.collect::<Result<Vec<_>, _>>()?;
    let headers = Headers { id: &arrived.id, timestamp: &arrived.timestamp, signature: &arrived.signature };
    let tolerance = TimeDelta::seconds(settings.webhooks.tolerance_seconds.into());
    let signed_at = verify(&secrets, headers, &arrived.body, now, tolerance).map_err(|why| {
        tracing::info!(webhook = %id, %why, "a message was refused");
        NotTaken::NotSigned
    })?;
    Ok((webhook, signed_at))
}

/// Takes a message for an endpoint, and does what follows from it, once.
///
/// Errors: not signed; `replayed` for the same bytes again; `id_reused` for another message under a known id.
pub fn receive(
    writer: &mut Writer<'_>,
    settings: &Settings,
    id: WebhookId,
    arrived: &Arrived,
) -> Result<CallbackTaken, NotTaken> {
    let (webhook, signed_at) = check(writer, settings, id, arrived)?;
    let body_hash = Sha256::digest(&arrived.body).iter().map(|byte| format!("{byte:02x}")).collect();
    let taken = Taken { body_hash, signed_at, answer: String::new() };
    if !kept::take(writer, id, &arrived.id, &taken)? {
        return again(writer, id, &arrived.id, &taken);
    }
    // Only who was asked may answer.
    if !webhook.takes.has(EventKind::HandoverExecute) {
        return Err(Refused::NotAllowed("this endpoint takes no handover.execute, so it has nothing to answer").into());
    }
    let said: Callback = serde_json::from_slice(&arrived.body)
        .map_err(|error| Refused::invalid("", error.to_string(), "a message as the documentation has it"))?;
    let outcome = handover::hear(writer, settings, id, &said)?;
    let answer = CallbackTaken { outcome };
    let text = serde_json::to_string(&answer).expect("a word is text");
    kept::answer(writer, id, &arrived.id, &text)?;
    Ok(answer)
}

/// A message whose id was taken before.
fn again(writer: &mut Writer<'_>, id: WebhookId, message: &str, copy: &Taken) -> Result<CallbackTaken, NotTaken> {
    let first = kept::find(writer, id, message)?.ok_or(StoreError::Raced)?;
    if first.body_hash != copy.body_hash {
        return Err(Refused::conflict("id_reused", "another message came under this webhook-id").into());
    }
    if copy.signed_at <= first.signed_at {
        return Err(Refused::conflict("replayed", "this message was taken before; sign it anew to ask again").into());
    }
    kept::came_again(writer, id, message, copy.signed_at)?;
    let answer = serde_json::from_str(&first.answer).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(answer)
}

/// Forgets messages that nobody repeats any more.
pub(super) fn forget(writer: &mut Writer<'_>, settings: &Settings) -> Result<(), Refused> {
    let before = writer.now() - TimeDelta::days(settings.webhooks.callbacks_kept_days.into());
    kept::purge(writer, before)?;
    Ok(())
}
