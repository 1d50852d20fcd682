//! Webhooks: endpoints of other systems that are told of events, and when a message that was not taken is sent again.
//!
//! In go a state, an action and an actor; out comes the next state or the reason there is none. An endpoint that is
//! disabled keeps its place: what happens meanwhile waits for it. Deleting is the end.
//! Deliberately absent: secrets' making and signatures (the `delivery`'s), and addresses.

use super::{
    closed::closed_list,
    event::EventKind,
    ids::{Version, WebhookId},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

closed_list! {
    /// Where an endpoint stands.
    WebhookState {
        /// It gets what it takes.
        Active = "active",
        /// Nothing is sent to it; what it takes waits.
        Disabled = "disabled",
        /// It is gone, and its secrets with it.
        Deleted = "deleted",
    }
}

closed_list! {
    /// What can be asked of an endpoint.
    WebhookAction {
        /// Another address, or other kinds of events.
        Change = "change",
        /// New secrets; the old ones count for a while longer.
        Rotate = "rotate",
        /// Send again what was sent.
        Replay = "replay",
        /// Send nothing for now.
        Disable = "disable",
        /// Send again, first what has waited.
        Enable = "enable",
        /// Send nothing any more, and forget its secrets.
        Delete = "delete",
        /// Stop because it has failed for long, or says that it is gone.
        GiveUp = "give_up",
    }
}

closed_list! {
    /// Who asks.
    WebhookActor {
        /// An administrator.
        Admin = "admin",
        /// Any other person or program.
        Stranger = "stranger",
        /// The program itself.
        System = "system",
    }
}

closed_list! {
    /// Why an endpoint stays as it is.
    WebhookRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// It is so already.
        AlreadySo = "already_so",
        /// It is gone.
        AlreadyEnded = "already_ended",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(
    state: WebhookState,
    action: WebhookAction,
    actor: WebhookActor,
) -> Result<WebhookState, WebhookRefusal> {
    use WebhookAction as Do;
    use WebhookState as S;
    let entitled = match action {
        Do::GiveUp => matches!(actor, WebhookActor::System),
        Do::Change | Do::Rotate | Do::Replay | Do::Disable | Do::Enable | Do::Delete => {
            matches!(actor, WebhookActor::Admin)
        }
    };
    if !entitled {
        return Err(WebhookRefusal::NotYours);
    }
    match (state, action) {
        (S::Deleted, _) => Err(WebhookRefusal::AlreadyEnded),
        (_, Do::Delete) => Ok(S::Deleted),
        (S::Active, Do::Enable) | (S::Disabled, Do::Disable | Do::GiveUp) => Err(WebhookRefusal::AlreadySo),
        (S::Disabled, Do::Enable) => Ok(S::Active),
        (S::Active, Do::Disable | Do::GiveUp) => Ok(S::Disabled),
        (state, Do::Change | Do::Rotate | Do::Replay) => Ok(state),
    }
}

closed_list! {
    /// Why nothing is sent to an endpoint.
    DisabledBecause {
        /// An administrator said so.
        Ordered = "ordered",
        /// It answered that it is gone for good.
        Gone = "gone",
        /// It has failed for too long.
        Failing = "failing",
    }
}

closed_list! {
    /// How what is sent to an endpoint is signed; the words are the versions of Standard Webhooks.
    Scheme {
        /// HMAC-SHA256 with a secret that both know.
        Hmac = "v1",
        /// Ed25519: the endpoint knows a public key only.
        Ed25519 = "v1a",
    }
}

closed_list! {
    /// What became of an event on its way to an endpoint.
    DeliveryOutcome {
        /// The endpoint took it.
        Delivered = "delivered",
        /// It was sent as often as it may be, and never taken.
        GivenUp = "given_up",
        /// It asked for something that nobody waits for any more, and was not sent.
        Withdrawn = "withdrawn",
    }
}

/// Which events an endpoint takes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Takes {
    /// Every event that is open to all.
    pub all: bool,
    /// These as well.
    pub kinds: BTreeSet<EventKind>,
}

impl Takes {
    /// Whether it takes an event.
    pub fn has(&self, kind: EventKind) -> bool {
        self.all && kind.is_open() || self.kinds.contains(&kind)
    }
}

/// An endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Where it is.
    pub url: String,
    /// What the administrator calls it.
    pub description: String,
    /// What it takes.
    pub takes: Takes,
    /// How what it gets is signed.
    pub scheme: Scheme,
    /// Where it stands.
    pub state: WebhookState,
    /// Why nothing is sent to it.
    pub disabled_because: Option<DisabledBecause>,
    /// Since when it has taken nothing, where its last attempt failed.
    pub failing_since: Option<DateTime<Utc>>,
    /// Until when the secrets before the last rotation count.
    pub previous_until: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// New at each change but of how it fares.
    pub version: Version,
}

impl Webhook {
    /// Whether it is told of an event about a subject. Nobody is told of themselves.
    pub fn is_told(&self, kind: EventKind, subject_id: &str) -> bool {
        self.state != WebhookState::Deleted && subject_id != self.id.to_string() && self.takes.has(kind)
    }
}

/// How long to wait before a message is sent again that was sent `attempts` times, or nothing where that was the last time.
///
/// `schedule` holds the waits in seconds; `chance`, from 0 to 1, adds up to a fifth, so that what failed together does not
/// come back together. An endpoint that asks for a longer wait gets it, up to the longest of the schedule.
pub fn wait_before_retry(schedule: &[u64], attempts: u32, asked: Option<Duration>, chance: f64) -> Option<Duration> {
    let next = schedule.get(usize::try_from(attempts.checked_sub(1)?).ok()?)?;
    let longest = Duration::from_secs(schedule.iter().copied().max()?);
    let asked = asked.unwrap_or_default().min(longest);
    Some(Duration::from_secs(*next).max(asked).mul_f64(1.0 + chance.clamp(0.0, 1.0) / 5.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_follow_the_schedule_with_a_little_chance_and_end() {
        let wait = |attempts, asked: Option<u64>, chance| {
            wait_before_retry(&[5, 300], attempts, asked.map(Duration::from_secs), chance).map(|wait| wait.as_secs())
        };
        assert_eq!([wait(1, None, 0.0), wait(2, None, 0.0), wait(3, None, 0.0)], [Some(5), Some(300), None]);
        assert_eq!(wait(2, None, 1.0), Some(360));
        assert_eq!(wait(1, Some(60), 0.0), Some(60));
        assert_eq!(wait(1, Some(1_000_000), 0.0), Some(300), "nobody is put off for ever");
        assert_eq!(wait(0, None, 0.0), None, "what was never sent is not sent again");
    }
}
