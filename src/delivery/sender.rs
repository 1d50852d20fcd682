//! One attempt to send one message.
//!
//! In goes a message; out comes that the endpoint took it, or why not. Holds: an attempt takes no longer than its timeout;
//! a redirect is not followed; nothing of the answer is read but its head, so that there is nothing to overflow; no proxy
//! of the environment is asked, which would look names up itself. A failure never holds the URL, which may hold a secret.
//! Deliberately absent: trying again, and any lasting state but a few open connections.

use super::{
    guard::{Guard, Unfit},
    signature::{ID, SIGNATURE, TIMESTAMP},
};
use crate::settings;
use chrono::{DateTime, Utc};
use reqwest::{
    Client, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use std::{error::Error, sync::Arc, time::Duration};

/// How long an unused connection is kept.
const IDLE_CONNECTION: Duration = Duration::from_secs(3);

/// What events are sent as.
const CLOUD_EVENT: &str = "application/cloudevents+json; charset=utf-8";

/// What is sent.
#[derive(Debug, Clone)]
pub struct Message {
    /// Where to.
    pub url: String,
    /// The same each time it is sent.
    pub id: String,
    /// When it is signed, in seconds since 1970.
    pub timestamp: i64,
    /// The signatures.
    pub signature: String,
    /// JSON.
    pub body: String,
}

/// The status, from 200 to 299, with which an endpoint took a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken(pub u16);

/// Why an endpoint did not take a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// Nothing is sent there.
    #[error("nothing is sent there: {0}")]
    Unfit(#[from] Unfit),
    /// This program cannot send at all.
    #[error("cannot send: {0}")]
    NoClient(String),
    /// Nobody listens there, or not as expected.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// It took too long.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The connection ended before the head of an answer.
    #[error("the answer broke off: {0}")]
    BrokenOff(String),
    /// It answered, but not that it took it.
    #[error("it answered with status {status}")]
    Status {
        /// Which.
        status: u16,
        /// How long it asks to be left alone.
        wait: Option<Duration>,
    },
}

impl Unsent {
    /// The status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// How long the endpoint asks to be left alone.
    pub fn wait(&self) -> Option<Duration> {
        match self {
            Self::Status { wait, .. } => *wait,
            _ => None,
        }
    }

    /// Whether the endpoint says that it is gone for good.
    pub fn is_gone(&self) -> bool {
        self.status() == Some(StatusCode::GONE.as_u16())
    }
}

/// Sends messages.
#[derive(Clone)]
pub struct Sender {
    guard: Guard,
    client: Result<Client, String>,
    timeout: Duration,
}

impl Sender {
    /// Connects to nothing yet. Where TLS cannot be set up, every attempt says so.
    pub fn new(settings: &settings::Webhooks) -> Self {
        let guard = Guard::new(settings);
        let timeout = Duration::from_millis(settings.request_timeout_milliseconds);
        let client = Client::builder()
            .dns_resolver(Arc::new(guard.clone()))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .user_agent(concat!("account-swap/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_millis(settings.connect_timeout_milliseconds))
            .timeout(timeout)
            .pool_idle_timeout(IDLE_CONNECTION)
            .build()
            .map_err(|error| innermost(&error).to_string());
        Self { guard, client, timeout }
    }

    /// Sends a message once.
    pub async fn send(&self, message: Message) -> Result<Taken, Unsent> {
        let url = self.guard.check(&message.url)?;
        let client = self.client.as_ref().map_err(|error| Unsent::NoClient(error.clone()))?;
        let request = client
            .post(url)
            .header(CONTENT_TYPE, CLOUD_EVENT)
            .header(ID, message.id)
            .header(TIMESTAMP, message.timestamp)
            .header(SIGNATURE, message.signature)
            .body(message.body);
        let answer = request.send().await.map_err(|error| self.failure(&error))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(Taken(status.as_u16()));
        }
        let wait = answer.headers().get(RETRY_AFTER).and_then(|value| wait_asked_for(value.to_str().ok()?, Utc::now()));
        Err(Unsent::Status { status: status.as_u16(), wait })
    }

    fn failure(&self, error: &reqwest::Error) -> Unsent {
        let inner = innermost(error);
        match inner.downcast_ref::<Unfit>() {
            Some(unfit) => Unsent::Unfit(unfit.clone()),
            None if error.is_timeout() => Unsent::TimedOut(self.timeout),
            None if error.is_connect() => Unsent::NoConnection(inner.to_string()),
            None => Unsent::BrokenOff(inner.to_string()),
        }
    }
}

/// The innermost reason; the outer ones repeat the URL.
fn innermost<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner
}

/// What `Retry-After` asks for: seconds, or the moment to come back (RFC 9110, section 10.2.3).
fn wait_asked_for(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = DateTime::parse_from_rfc2822(value.trim()).ok()?;
    Some((then.to_utc() - now).to_std().unwrap_or_default())
}
