//! What every remote source has in common: one question over HTTP, with all that may go wrong.
//!
//! In goes a question and a function that reads its answer; out comes what the answer says, or one [`Failure`].
//! Holds: a question takes no longer than its timeout, body included; an answer is read up to a limit; a redirect is not
//! followed; what may pass is asked again a few times, later each time and by chance, or when the server says; no more
//! than so many questions are under way; after some failures in a row nothing is asked for a while ([`super::breaker`]).
//! A failure never holds a question's URL, which may hold a key.
//! Costs: one thread a [`Http::wait_for`]; connections are kept for a few seconds.
//! Deliberately absent: what questions and answers look like.

use super::breaker::{Breaker, Limits, Outcome};
use crate::settings;
use chrono::{DateTime, Utc};
use reqwest::{StatusCode, header::RETRY_AFTER};
use std::{
    error::Error,
    fmt::Write,
    future::Future,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
};

/// How long an unused connection is kept; shorter than any of the servers keeps it (OSRM: 5 seconds).
const IDLE_CONNECTION: Duration = Duration::from_secs(3);

/// What GraphHopper says instead of `Retry-After`: the seconds until it answers again.
const RATE_LIMIT_RESET: &str = "x-ratelimit-reset";

/// What is sent to a server.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::routing) struct Question {
    /// Below the server's URL, without a slash before it.
    pub(in crate::routing) path: String,
    /// Behind the question mark; may hold a key.
    pub(in crate::routing) query: String,
    /// What is posted; without it the question is a GET.
    pub(in crate::routing) body: Option<serde_json::Value>,
}

/// What a server says, whatever the status, but for those that [may pass](Failure::may_pass) and redirects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::routing) struct Answer {
    /// The status code.
    pub(in crate::routing) status: u16,
    /// All of it.
    pub(in crate::routing) body: Vec<u8>,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::routing) enum Failure {
    /// It failed so often that it is left alone.
    #[error("not asked: it failed too often and is left alone for another {} s", .0.as_secs() + 1)]
    Paused(Duration),
    /// Nobody listens there, or not as expected.
    #[error("no connection: {0}")]
    NoConnection(String),
    /// It took too long.
    #[error("no answer within {} ms", .0.as_millis())]
    TimedOut(Duration),
    /// The connection ended or failed before the answer did.
    #[error("the answer broke off: {0}")]
    BrokenOff(String),
    /// The answer has no end in sight.
    #[error("its answer is larger than {0} bytes")]
    TooLarge(usize),
    /// A status that is no answer.
    #[error("it answered with status {status}{}", .wait.map_or(String::new(), |wait| format!(" and asks to wait {} s", wait.as_secs())))]
    Status {
        /// Which.
        status: u16,
        /// How long it asks to be left alone.
        wait: Option<Duration>,
    },
    /// The answer is not what such a server says.
    #[error("its answer cannot be used: {0}")]
    Nonsense(String),
}

impl Failure {
    /// Whether the same question may be answered a moment later.
    fn may_pass(&self) -> bool {
        match self {
            Self::NoConnection(_) | Self::TimedOut(_) | Self::BrokenOff(_) => true,
            Self::Status { status, .. } => matches!(status, 408 | 425 | 429 | 500..),
            Self::Paused(_) | Self::TooLarge(_) | Self::Nonsense(_) => false,
        }
    }

    fn of(error: &reqwest::Error, timeout: Duration) -> Self {
        if error.is_connect() {
            Self::NoConnection(root(error))
        } else if error.is_timeout() {
            Self::TimedOut(timeout)
        } else {
            Self::BrokenOff(root(error))
        }
    }
}

/// The innermost reason; the outer ones repeat the URL.
fn root(error: &dyn Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// A server over HTTP.
pub(in crate::routing) struct Http {
    /// Without a slash at its end.
    url: String,
    client: reqwest::Client,
    /// Taken out only when this is dropped.
    runtime: Option<Runtime>,
    permits: Semaphore,
    breaker: Mutex<Breaker>,
    limits: Limits,
    retries: u32,
    retry_wait: Duration,
    retry_wait_limit: Duration,
    timeout: Duration,
    answer_limit_bytes: usize,
}

impl Http {
    /// Asks nothing yet.
    ///
    /// Errors: where TLS or the runtime cannot be set up.
    pub(in crate::routing) fn new(
        url: &str,
        requests_at_once: usize,
        settings: &settings::Routing,
    ) -> Result<Self, String> {
        let timeout = Duration::from_millis(settings.request_timeout_milliseconds);
        let mut client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_millis(settings.connect_timeout_milliseconds))
            .timeout(timeout)
            .pool_idle_timeout(IDLE_CONNECTION);
        if url.starts_with("http://") {
            // A slim container has no certificates, which is an error where they are looked for.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(|error| root(&error))?;
        let runtime = Builder::new_current_thread().enable_all().build().map_err(|error| error.to_string())?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            client,
            runtime: Some(runtime),
            permits: Semaphore::new(requests_at_once.min(Semaphore::MAX_PERMITS)),
            breaker: Mutex::new(Breaker::NEW),
            limits: Limits {
                failures: settings.failures_until_pause,
                pause: Duration::from_secs(settings.pause_seconds),
            },
            retries: settings.retries,
            retry_wait: Duration::from_millis(settings.retry_wait_milliseconds),
            retry_wait_limit: Duration::from_millis(settings.retry_wait_limit_milliseconds),
            timeout,
            answer_limit_bytes: settings.answer_limit_bytes,
        })
    }

    /// Where the server is.
    pub(in crate::routing) fn url(&self) -> &str {
        &self.url
    }

    /// Blocks the caller until the future is ready. It runs on a thread of its own, so that a caller inside another runtime
    /// is only slow, not wrong.
    pub(in crate::routing) fn wait_for<F>(&self, future: F) -> F::Output
    where
        F: Future + Send,
        F::Output: Send,
    {
        let runtime = self.runtime.as_ref().expect("it lives as long as this value");
        thread::scope(|scope| scope.spawn(|| runtime.block_on(future)).join())
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Asks, and asks again what may pass. `read` turns an answer into what it says, or tells what is wrong with it.
    pub(in crate::routing) async fn ask<T>(
        &self,
        question: &Question,
        read: impl Fn(&Answer) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let _permit = self.permits.acquire().await.expect("nobody closes it");
        let mut asked = 0;
        loop {
            self.pass()?;
            let read = |answer| read(&answer).map_err(Failure::Nonsense);
            let said = self.exchange(question).await.and_then(read);
            self.note(if said.is_ok() { Outcome::Answered } else { Outcome::Failed });
            let failure = match said {
                Err(failure) if failure.may_pass() && asked < self.retries => failure,
                settled => return settled,
            };
            let Some(wait) = self.wait_before_asking_again(asked, &failure) else { return Err(failure) };
            tracing::debug!(server = self.url, %failure, ?wait, "a travel source is asked again");
            tokio::time::sleep(wait).await;
            asked += 1;
        }
    }

    fn pass(&self) -> Result<(), Failure> {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        *breaker = breaker.pass(self.limits, Instant::now()).map_err(Failure::Paused)?;
        Ok(())
    }

    fn note(&self, outcome: Outcome) {
        let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
        let next = breaker.next_state(outcome, self.limits, Instant::now());
        if matches!((&*breaker, &next), (Breaker::Closed { .. }, Breaker::Open { .. })) {
            tracing::warn!(server = self.url, pause = ?self.limits.pause, "a travel source fails and is left alone");
        }
        *breaker = next;
    }

    /// About twice as long each time; what the server asks for, if that is longer; nothing, if it is too long.
    fn wait_before_asking_again(&self, asked: u32, failure: &Failure) -> Option<Duration> {
        let longest = self.retry_wait.saturating_mul(2_u32.saturating_pow(asked)).min(self.retry_wait_limit);
        let by_chance = longest.mul_f64(rand::random_range(0.5..=1.0));
        match failure {
            Failure::Status { wait: Some(wait), .. } if *wait > self.retry_wait_limit => None,
            Failure::Status { wait: Some(wait), .. } => Some(by_chance.max(*wait)),
            _ => Some(by_chance),
        }
    }

    async fn exchange(&self, question: &Question) -> Result<Answer, Failure> {
        let mut url = format!("{}/{}", self.url, question.path);
        if !question.query.is_empty() {
            write!(url, "?{}", question.query).expect("a string takes all");
        }
        let request = match &question.body {
            Some(body) => self.client.post(url).json(body),
            None => self.client.get(url),
        };
        let failed = |error: reqwest::Error| Failure::of(&error, self.timeout);
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status();
        if status.is_server_error() || status.is_redirection() || is_later(status) {
            let headers = response.headers();
            let value = headers.get(RETRY_AFTER).or_else(|| headers.get(RATE_LIMIT_RESET));
            let wait = value.and_then(|value| wait_asked_for(value.to_str().ok()?, Utc::now()));
            return Err(Failure::Status { status: status.as_u16(), wait });
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.answer_limit_bytes {
                return Err(Failure::TooLarge(self.answer_limit_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status: status.as_u16(), body })
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        // The ordinary end waits, which another runtime's thread must not.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Whether the status says "not now".
fn is_later(status: StatusCode) -> bool {
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS)
}

/// What `Retry-After` asks for: seconds, or the moment to come back (RFC 9110, section 10.2.3).
fn wait_asked_for(value: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = value.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let then = DateTime::parse_from_rfc2822(value.trim()).ok()?;
    Some((then.to_utc() - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_may_ask_to_wait_in_seconds_or_until_a_moment() {
        let now = DateTime::parse_from_rfc3339("2026-11-01T12:00:00Z").unwrap().to_utc();
        assert_eq!(wait_asked_for("7", now), Some(Duration::from_secs(7)));
        assert_eq!(wait_asked_for("Sun, 01 Nov 2026 12:00:30 GMT", now), Some(Duration::from_secs(30)));
        assert_eq!(wait_asked_for("Sun, 01 Nov 2026 11:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(wait_asked_for("soon", now), None);
    }

    #[test]
    fn only_what_may_pass_is_asked_again() {
        let status = |status| Failure::Status { status, wait: None }.may_pass();
        assert!([408, 425, 429, 500, 502, 503, 504].into_iter().all(status));
        assert!(![301, 302, 307].into_iter().any(status));
        assert!(!Failure::Nonsense(String::new()).may_pass() && !Failure::TooLarge(1).may_pass());
    }
}
