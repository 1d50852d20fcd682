//! What an administrator sees of endpoints and deliveries, and what they send.
//!
//! In go endpoints as they are kept; out come views without a secret. Deliberately absent: who may see them.

use crate::{
    app::{Refused, StoreError},
    domain::{
        event::EventKind,
        ids::{Version, WebhookId},
        webhook::{DeliveryOutcome, DisabledBecause, Scheme, Webhook, WebhookState},
    },
    store::deliveries::Delivery,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// A new endpoint, as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWebhook {
    /// Where events are sent: https, a public name, written plainly; or a host that the settings name.
    #[schema(max_length = 2000, format = "uri", examples("https://hooks.example.com/account-swap"))]
    pub url: String,
    /// What you call it.
    #[serde(default)]
    #[schema(max_length = 200)]
    pub description: String,
    /// Whether it takes every event that is open to all.
    #[serde(default)]
    pub all: bool,
    /// The kinds it takes beside those. Kinds that name a person, and requests to the CRM, are taken only where they are
    /// named.
    #[serde(default)]
    #[schema(default = json!([]))]
    pub kinds: BTreeSet<EventKind>,
    /// How what it gets is signed: `v1`, HMAC with a secret, or `v1a`, Ed25519 with a public key; without it `v1`.
    pub scheme: Option<Scheme>,
}

/// What is to be different about an endpoint; what is absent stays.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookChange {
    /// Where events are sent.
    #[schema(max_length = 2000, format = "uri")]
    pub url: Option<String>,
    /// What you call it.
    #[schema(max_length = 200)]
    pub description: Option<String>,
    /// Whether it takes every event that is open to all.
    pub all: Option<bool>,
    /// The kinds it takes beside those.
    pub kinds: Option<BTreeSet<EventKind>>,
}

/// How secrets are rotated.
#[derive(Debug, Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rotation {
    /// Whether the present secrets count no more from now on, because somebody has them who must not.
    #[serde(default)]
    #[schema(default = false)]
    pub at_once: bool,
}

/// Which events are sent again.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Those that happened from this moment on.
    pub since: DateTime<Utc>,
    /// And before this one; without it, up to now.
    pub until: Option<DateTime<Utc>>,
}

/// An endpoint.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookView {
    /// Its id.
    pub id: WebhookId,
    /// Where events are sent.
    pub url: String,
    /// What the administrator calls it.
    pub description: String,
    /// Whether it takes every event that is open to all.
    pub all: bool,
    /// The kinds it takes beside those.
    pub kinds: BTreeSet<EventKind>,
    /// How what it gets is signed.
    pub scheme: Scheme,
    /// Where it stands.
    pub state: WebhookState,
    /// Why nothing is sent to it.
    pub disabled_because: Option<DisabledBecause>,
    /// Since when it has taken nothing, where its last attempt failed.
    pub failing_since: Option<DateTime<Utc>>,
    /// Until when the secrets before the last rotation count beside the present ones.
    pub previous_until: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// New at each change.
    pub version: Version,
}

impl WebhookView {
    pub(super) fn of(webhook: &Webhook) -> Self {
        Self {
            id: webhook.id,
            url: webhook.url.clone(),
            description: webhook.description.clone(),
            all: webhook.takes.all,
            kinds: webhook.takes.kinds.clone(),
            scheme: webhook.scheme,
            state: webhook.state,
            disabled_because: webhook.disabled_because,
            failing_since: webhook.failing_since,
            previous_until: webhook.previous_until,
            created_at: webhook.created_at,
            version: version(webhook),
        }
    }
}

/// The endpoint's version, and where it fails one made of both: how it fares shows in the view.
pub(super) fn version(webhook: &Webhook) -> Version {
    let Some(since) = webhook.failing_since else { return webhook.version };
    let digest = Sha256::new()
        .chain_update(webhook.version.0.as_bytes())
        .chain_update(since.timestamp_micros().to_be_bytes())
        .finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    Version(uuid::Builder::from_random_bytes(bytes).into_uuid())
}

/// The secrets of an endpoint; told once.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookSecrets {
    /// What is sent is signed with this secret (`whsec_…`), or checked with this public key (`whpk_…`).
    #[schema(examples("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"))]
    pub secret: String,
    /// What the endpoint sends back is signed with this one (`whsec_…`).
    #[schema(examples("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"))]
    pub callback_secret: String,
}

/// An endpoint with new secrets.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct WebhookMade {
    /// The endpoint.
    pub webhook: WebhookView,
    /// Its secrets; null where this answer was given before, for they are told once.
    pub secrets: Option<WebhookSecrets>,
}

/// How much is sent again.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Replayed {
    /// The endpoint.
    pub webhook: WebhookView,
    /// How many events.
    pub events: usize,
}

/// An event on its way to an endpoint, or what became of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryView {
    /// Its place in the list.
    pub seq: i64,
    /// The event's id: the `webhook-id`.
    pub event: Uuid,
    /// What it is about.
    pub kind: EventKind,
    /// Which one.
    pub subject: String,
    /// When it happened.
    pub happened_at: DateTime<Utc>,
    /// How often it was attempted.
    pub attempts: i32,
    /// When it was attempted last.
    pub last_attempt_at: Option<DateTime<Utc>>,
    /// The last status.
    pub last_status: Option<i32>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it is attempted next; absent where it is settled.
    pub next_attempt_at: Option<DateTime<Utc>>,
    /// What became of it; absent while it waits.
    pub outcome: Option<DeliveryOutcome>,
}

impl DeliveryView {
    pub(super) fn of(delivery: Delivery) -> Result<Self, Refused> {
        let corrupt = |what: String| StoreError::Corrupt(what);
        let outcome: Option<DeliveryOutcome> =
            delivery.outcome.map(|word| word.parse()).transpose().map_err(StoreError::from)?;
        let kind = delivery.kind.ok_or_else(|| corrupt(format!("entry {} has no event", delivery.seq)))?;
        Ok(Self {
            seq: delivery.seq,
            event: delivery.event_id.parse().map_err(|error: uuid::Error| corrupt(error.to_string()))?,
            kind: kind.parse().map_err(StoreError::from)?,
            subject: delivery.subject_id,
            happened_at: delivery.created_at.and_utc(),
            attempts: delivery.attempts,
            last_attempt_at: delivery.last_attempt_at.map(|at| at.and_utc()),
            last_status: delivery.last_status,
            last_error: delivery.last_error,
            next_attempt_at: outcome.is_none().then(|| delivery.next_attempt_at.and_utc()),
            outcome,
        })
    }
}
