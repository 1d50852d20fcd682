//! Events on their way to endpoints: handed out, sent, sent again, given up.
//!
//! In goes the database; out go messages. Any number of processes may do this at once: a delivery is held by a lease while it
//! is attempted, and of one endpoint and proposal only the oldest that waits is attempted at all, so nothing overtakes and
//! each is delivered at least once, with one id; a request to the CRM that nobody waits for any more is withdrawn instead.
//! Nothing is sent inside a transaction. An endpoint that fails is asked one thing at a time; one that has taken nothing for
//! long, or says that it is gone, is disabled, and the others are told. What an endpoint answers that was changed meanwhile
//! is not held against it. A panic is logged, and the next look goes on.
//! Cost: a question a second where nothing happens; two transactions a batch.
//! Deliberately absent: what an event says beside its kind (`domain::event`, and who records a change).

mod message;

use super::{Refused, Store, StoreError, Writer, callbacks, fresh_version, handover, webhooks};
use crate::{
    delivery::{Message, Secret, Sender, sign},
    domain::{
        ids::WebhookId,
        webhook::{DisabledBecause, Webhook, WebhookState, wait_before_retry},
    },
    settings::Settings,
    store::{
        deliveries::{self, Attempted, Claim},
        outbox,
        webhooks::{self as kept, Keys},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{FutureExt, future::join_all};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};

/// How many entries are handed out at a time.
const BATCH: i64 = 1000;
/// How often somebody looks whether there is something to send.
const LOOK: Duration = Duration::from_secs(1);
/// How many looks pass between two counts of what waits, and between two tidyings.
const LOOKS_A_COUNT: u64 = 15;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Taken by their endpoint.
    pub delivered: usize,
    /// Not taken; sent again later.
    pub failed: usize,
    /// Not taken, and never sent again.
    pub given_up: usize,
    /// Not sent, because nobody waits any more for what they ask.
    pub withdrawn: usize,
}

impl Sent {
    fn plus(self, other: Self) -> Self {
        Self {
            delivered: self.delivered + other.delivered,
            failed: self.failed + other.failed,
            given_up: self.given_up + other.given_up,
            withdrawn: self.withdrawn + other.withdrawn,
        }
    }

    const fn is_nothing(self) -> bool {
        self.delivered + self.failed + self.given_up + self.withdrawn == 0
    }
}

/// Delivers events.
#[derive(Clone)]
pub struct Deliverer {
    store: Store,
    settings: Arc<Settings>,
    sender: Sender,
}

/// What one endpoint gets at a time, and what it is signed with.
struct Batch {
    webhook: Webhook,
    secrets: Vec<Secret>,
    claim: Claim,
    withdrawn: usize,
    at: DateTime<Utc>,
    since: Instant,
}

impl Deliverer {
    /// Sends nothing yet.
    pub fn new(store: Store, settings: &Settings) -> Self {
        let sender = Sender::new(&settings.webhooks);
        Self { store, settings: Arc::new(settings.clone()), sender }
    }

    /// Delivers until the other end of `stopped` is gone; what is on its way by then is finished.
    pub async fn run(self, mut stopped: watch::Receiver<()>) {
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut under_way: BTreeMap<WebhookId, JoinHandle<()>> = BTreeMap::new();
        let mut count = 0_u64;
        loop {
            tokio::select! {
                _ = looks.tick() => {}
                _ = stopped.changed() => break,
            }
            under_way.retain(|webhook, task| match task.now_or_never() {
                None => true,
                Some(ended) => {
                    if let Err(panic) = ended {
                        tracing::error!(%webhook, %panic, "delivery ended in a panic; the next look tries again");
                    }
                    false
                }
            });
            if count.is_multiple_of(LOOKS_A_COUNT) {
                self.blocking(Self::tidy).await.unwrap_or_else(complain);
            }
            count += 1;
            let due = self.blocking(Self::look).await;
            for webhook in due.unwrap_or_else(complain) {
                let (own, stopped) = (self.clone(), stopped.clone());
                under_way.entry(webhook).or_insert_with(|| tokio::spawn(own.deliver_all(webhook, stopped)));
            }
        }
        join_all(under_way.into_values()).await;
    }

    /// Delivers to one endpoint until nothing of it is due.
    async fn deliver_all(self, webhook: WebhookId, stopped: watch::Receiver<()>) {
        while stopped.has_changed().is_ok() {
            match self.deliver(webhook).await {
                Ok(sent) if sent.is_nothing() => return,
                Ok(_) => {}
                Err(error) => {
                    complain::<()>(error);
                    return;
                }
            }
        }
    }

    /// Hands out all that waits and attempts once what is due, of all endpoints side by side.
    pub async fn round(&self) -> Result<Sent, Refused> {
        let due = self.blocking(Self::look).await?;
        let sent = join_all(due.into_iter().map(|webhook| self.deliver(webhook))).await;
        sent.into_iter().try_fold(Sent::default(), |sum, sent| Ok(sum.plus(sent?)))
    }

    /// Attempts once what is due of one endpoint, as much at a time as the settings say.
    pub async fn deliver(&self, webhook: WebhookId) -> Result<Sent, Refused> {
        let Some(batch) = self.blocking(move |own| own.claim(webhook)).await? else { return Ok(Sent::default()) };
        if batch.claim.deliveries.is_empty() {
            return Ok(Sent { withdrawn: batch.withdrawn, ..Sent::default() });
        }
        let attempts = join_all(batch.claim.deliveries.iter().map(|delivery| self.attempt(&batch, delivery))).await;
        self.blocking(move |own| own.settle(&batch, &attempts)).await
    }

    /// Database work on a thread for such; a panic there is an error like others.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let own = self.clone();
        match tokio::task::spawn_blocking(move || work(&own)).await {
            Ok(done) => done,
            Err(panic) => {
                tracing::error!(%panic, "work on deliveries ended in a panic");
                Err(StoreError::Busy(panic.to_string()).into())
            }
        }
    }

    /// Hands out what waits, and says which endpoints have something due.
    fn look(&self) -> Result<Vec<WebhookId>, Refused> {
        while self.store.read(|reader| Ok::<_, StoreError>(!outbox::waiting(reader, 1)?.is_empty()))? {
            self.store.write(hand_out)?;
        }
        Ok(self.store.read(deliveries::due)?)
    }

    /// Counts what waits, and forgets what has been settled or has waited for long, and messages that nobody repeats.
    pub fn tidy(&self) -> Result<(), Refused> {
        let (waiting, since, now) = self.store.read(|reader| {
            let (waiting, since) = deliveries::backlog(reader)?;
            Ok::<_, StoreError>((waiting, since, reader.now()))
        })?;
        let age = since.map_or(0, |since| (now - since).num_seconds().max(0));
        metrics::gauge!("webhook_deliveries_waiting").set(waiting as f64);
        metrics::gauge!("webhook_oldest_waiting_seconds").set(age as f64);
        self.store.write(|writer| {
            let kept = TimeDelta::days(self.settings.webhooks.deliveries_kept_days.into());
            let before = writer.now() - kept;
            deliveries::purge(writer, before)?;
            callbacks::forget(writer, &self.settings)
        })
    }

    fn claim(&self, id: WebhookId) -> Result<Option<Batch>, Refused> {
        let settings = &self.settings.webhooks;
        let since = Instant::now();
        self.store.write(|writer| {
            // Whoever claims at the same time waits here, and then sees what this one holds.
            kept::hold(writer, id)?;
            let Some((webhook, keys)) = kept::one(writer, id)? else { return Ok(None) };
            if webhook.state != WebhookState::Active {
                return Ok(None);
            }
            // Who takes nothing is not overwhelmed when they come back.
            let at_once = if webhook.failing_since.is_some() { 1 } else { settings.requests_at_once };
            let (mut wanted, mut unwanted) = (Vec::new(), Vec::new());
            for free in deliveries::free(writer, id, at_once.into())? {
                let is_wanted = handover::is_still_meant(writer, free.kind, free.details.as_deref())?;
                if is_wanted { &mut wanted } else { &mut unwanted }.push(free.seq);
            }
            deliveries::withdraw(writer, id, &unwanted)?;
            let lasts = TimeDelta::seconds(settings.lease_seconds.into());
            let claim = deliveries::claim(writer, id, fresh_version(), lasts, &wanted)?;
            let secrets = signing(&webhook, &keys, writer.now())?;
            let (at, withdrawn) = (writer.now(), unwanted.len());
            let is_nothing = claim.deliveries.is_empty() && withdrawn == 0;
            Ok((!is_nothing).then_some(Batch { webhook, secrets, claim, withdrawn, at, since }))
        })
    }

    async fn attempt(&self, batch: &Batch, delivery: &deliveries::Claimed) -> (i64, Outcome) {
        let settings = &self.settings.webhooks;
        let left = Duration::from_secs(settings.lease_seconds.into()).saturating_sub(batch.since.elapsed());
        if left <= Duration::from_millis(settings.request_timeout_milliseconds) {
            // This process has slept: another may hold it before the attempt ends.
            return (delivery.seq, Outcome::LetGo);
        }
        let body = message::body(delivery, &settings.source);
        let timestamp = batch.at.timestamp();
        let message = Message {
            url: batch.webhook.url.clone(),
            signature: sign(&batch.secrets, &delivery.event_id, timestamp, body.as_bytes()),
            id: delivery.event_id.clone(),
            timestamp,
            body,
        };
        let outcome = match self.sender.send(message).await {
            Ok(taken) => Outcome::Delivered(taken.0),
            Err(unsent) => {
                let wait = wait_before_retry(
                    &settings.retry_after_seconds,
                    delivery.attempts,
                    unsent.wait(),
                    rand::random::<f64>(),
                );
                tracing::info!(webhook = %batch.webhook.id, event = delivery.event_id, reason = %unsent, "an event was not taken");
                Outcome::Failed {
                    status: unsent.status(),
                    error: unsent.to_string(),
                    wait: wait.and_then(|wait| TimeDelta::from_std(wait).ok()),
                    is_gone: unsent.is_gone(),
                }
            }
        };
        (delivery.seq, outcome)
    }

    /// Why an endpoint gets nothing more after these attempts; nothing where it does.
    fn end(&self, now: DateTime<Utc>, present: &Webhook, attempts: &[(i64, Outcome)]) -> Option<DisabledBecause> {
        let has = |fits: fn(&Outcome) -> bool| attempts.iter().any(|(_, outcome)| fits(outcome));
        if has(|outcome| matches!(outcome, Outcome::Failed { is_gone: true, .. })) {
            return Some(DisabledBecause::Gone);
        }
        let takes_nothing = has(|outcome| matches!(outcome, Outcome::Failed { .. }))
            && !has(|outcome| matches!(outcome, Outcome::Delivered(_)));
        let long_ago = now - TimeDelta::hours(self.settings.webhooks.disable_after_hours.into());
        let is_long = present.failing_since.is_some_and(|since| since <= long_ago);
        (takes_nothing && is_long).then_some(DisabledBecause::Failing)
    }

    fn settle(&self, batch: &Batch, attempts: &[(i64, Outcome)]) -> Result<Sent, Refused> {
        let Batch { webhook, claim, .. } = batch;
        let sent = self.store.write(|writer| {
            let now = writer.now();
            kept::hold(writer, webhook.id)?;
            // One that was changed meanwhile may be somewhere else: it has not failed.
            let present = kept::one(writer, webhook.id)?.map(|(present, _)| present);
            let same = present.filter(|present| present.version == webhook.version);
            let because = same.as_ref().and_then(|same| self.end(now, same, attempts));
            let mut sent = Sent { withdrawn: batch.withdrawn, ..Sent::default() };
            for (seq, outcome) in attempts {
                // What an endpoint does not take that is disabled now waits for whoever enables it.
                let attempted = outcome.settled(now, because.is_some() || same.is_none());
                if !deliveries::settle(writer, webhook.id, claim.lease, *seq, &attempted)? {
                    continue;
                }
                match attempted {
                    Attempted::Delivered { .. } => sent.delivered += 1,
                    Attempted::Failed { again_at: Some(_), .. } => sent.failed += 1,
                    Attempted::Failed { again_at: None, .. } => sent.given_up += 1,
                    Attempted::LetGo => {}
                }
            }
            if sent.delivered + sent.failed + sent.given_up > 0 {
                kept::fares(writer, webhook.id, webhook.version, sent.delivered > 0)?;
                if let Some(because) = because {
                    webhooks::give_up(writer, webhook.id, webhook.version, because)?;
                }
            }
            Ok::<_, Refused>(sent)
        })?;
        for (outcome, count) in [("delivered", sent.delivered), ("failed", sent.failed), ("given_up", sent.given_up)] {
            metrics::counter!("webhook_attempts_total", "outcome" => outcome).increment(count as u64);
        }
        Ok(sent)
    }
}

/// What became of an attempt, before it is known when that is written.
#[derive(Debug, Clone)]
enum Outcome {
    Delivered(u16),
    Failed { status: Option<u16>, error: String, wait: Option<TimeDelta>, is_gone: bool },
    LetGo,
}

impl Outcome {
    fn settled(&self, now: DateTime<Utc>, waits: bool) -> Attempted {
        match self {
            Self::Delivered(status) => Attempted::Delivered { status: *status },
            Self::Failed { status, error, wait, .. } => Attempted::Failed {
                status: *status,
                error: error.clone(),
                again_at: if waits { Some(now) } else { wait.map(|wait| now + wait) },
            },
            Self::LetGo => Attempted::LetGo,
        }
    }
}

/// Hands the oldest entries that wait to every endpoint that takes them. One that is disabled gets its own as well: they
/// wait for it.
fn hand_out(writer: &mut Writer<'_>) -> Result<(), Refused> {
    let waiting = outbox::waiting(writer, BATCH)?;
    let Some(last) = waiting.last().map(|entry| entry.seq) else { return Ok(()) };
    let endpoints = kept::list(writer, None, i64::MAX)?;
    let handed: Vec<_> = endpoints
        .iter()
        .flat_map(|webhook| waiting.iter().map(move |entry| (webhook, entry)))
        .filter(|(webhook, entry)| webhook.is_told(entry.kind, &entry.subject_id))
        .map(|(webhook, entry)| (webhook.id, entry))
        .collect();
    deliveries::insert(writer, &handed)?;
    Ok(outbox::handed_out(writer, last)?)
}

/// The secrets a message is signed with now: the present one, and the one before while it counts.
fn signing(webhook: &Webhook, keys: &Keys, now: DateTime<Utc>) -> Result<Vec<Secret>, Refused> {
    let previous = keys.previous.as_ref().filter(|_| webhook.previous_until.is_some_and(|until| now < until));
    let texts = [Some(&keys.current), previous].into_iter().flatten().map(|secrets| &secrets.out);
    texts.map(|text| callbacks::secret(text)).collect()
}

/// Says what could not be done; the next look tries again.
fn complain<T: Default>(error: Refused) -> T {
    tracing::warn!(%error, "events could not be delivered; the next look tries again");
    T::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_at_work_is_an_error_after_which_delivery_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = Settings::built_in();
        settings.database.url = format!("sqlite:{}", folder.path().join("test.db").display());
        let deliverer = Deliverer::new(Store::open(&settings.database).unwrap(), &settings);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ended: Result<(), Refused> = runtime.block_on(deliverer.blocking(|_| panic!("planted")));
        assert!(ended.unwrap_err().to_string().contains("panic"));
        assert_eq!(runtime.block_on(deliverer.round()).unwrap(), Sent::default());
    }
}
