//! Endpoints of other systems, as the administrator looks after them.
//!
//! In go who asks and what; out comes the endpoint as it now stands. Secrets are made here and told once, when an endpoint
//! is made or its secrets are rotated; after that nobody reads them, also not by asking again under the same key.
//! Holds: whoever is no administrator learns nothing, not even whether there is an endpoint.
//! Deliberately absent: sending (`deliver`) and what comes back (`callbacks`).

mod views;

pub use views::{
    DeliveryView, NewWebhook, Replay, Replayed, Rotation, WebhookChange, WebhookMade, WebhookSecrets, WebhookView,
};

use super::{Page, Reader, Refused, Writer, fresh_version, handover, system};
use crate::{
    delivery::{Guard, Secret},
    domain::{
        event::EventKind,
        ids::{Version, WebhookId},
        principal::{Principal, Role},
        webhook::{
            DisabledBecause, Scheme, Takes, Webhook, WebhookAction, WebhookActor, WebhookRefusal, WebhookState,
            next_state,
        },
    },
    settings::{self, Settings},
    store::{
        audit::Change,
        deliveries, outbox,
        webhooks::{self as kept, Keys, Secrets},
    },
};
use chrono::TimeDelta;
use uuid::Uuid;

/// The most endpoints there may be.
const MAX_WEBHOOKS: usize = 100;
/// The longest description, in bytes.
const MAX_DESCRIPTION_BYTES: usize = 200;
/// How many entries are read at a time when some are sent again.
const REPLAY_BATCH: i64 = 1000;
/// How many events may be sent again at once.
const MAX_REPLAYED: usize = 100_000;

impl From<WebhookRefusal> for Refused {
    fn from(refusal: WebhookRefusal) -> Self {
        match refusal {
            WebhookRefusal::NotYours => Self::NotAllowed("webhooks are the administrator's"),
            WebhookRefusal::AlreadySo => Self::conflict("already_so", "it is so already"),
            WebhookRefusal::AlreadyEnded => Self::conflict("already_ended", "it is deleted"),
        }
    }
}

/// Refuses everybody but administrators, before it shows whether there is an endpoint.
fn is_for(who: &Principal) -> Result<(), Refused> {
    if who.role == Role::Admin { Ok(()) } else { Err(WebhookRefusal::NotYours.into()) }
}

/// Endpoints by id.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<WebhookId>) -> Result<Vec<WebhookView>, Refused> {
    is_for(who)?;
    Ok(kept::list(reader, page.after, page.limit)?.iter().map(WebhookView::of).collect())
}

/// One endpoint.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: WebhookId) -> Result<WebhookView, Refused> {
    Ok(WebhookView::of(&find(reader, who, id)?.0))
}

/// What was and will be sent to an endpoint, the newest first.
pub fn list_deliveries(
    reader: &mut Reader<'_>,
    who: &Principal,
    id: WebhookId,
    page: Page<i64>,
) -> Result<Vec<DeliveryView>, Refused> {
    find(reader, who, id)?;
    deliveries::list(reader, id, page.after, page.limit)?.into_iter().map(DeliveryView::of).collect()
}

fn find(reader: &mut Reader<'_>, who: &Principal, id: WebhookId) -> Result<(Webhook, Keys), Refused> {
    is_for(who)?;
    kept::one(reader, id)?.ok_or(Refused::NotFound("webhook"))
}

fn find_seen(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: WebhookId,
    if_match: Version,
) -> Result<(Webhook, Keys), Refused> {
    let (webhook, keys) = find(writer, who, id)?;
    if views::version(&webhook) == if_match { Ok((webhook, keys)) } else { Err(Refused::Stale) }
}

fn make_secrets(scheme: Scheme) -> (Secrets, WebhookSecrets) {
    let (out, back) = (Secret::make(scheme), Secret::make(Scheme::Hmac));
    let told = WebhookSecrets { secret: out.told(), callback_secret: back.told() };
    (Secrets { out: out.kept(), back: back.kept() }, told)
}

fn check(settings: &settings::Webhooks, url: &str, description: &str, takes: &Takes) -> Result<(), Refused> {
    Guard::new(settings).check(url).map_err(|unfit| {
        let said = unfit.to_string();
        Refused::invalid("/url", url, said.strip_prefix("expected ").unwrap_or(&said))
    })?;
    if description.len() > MAX_DESCRIPTION_BYTES {
        let expected = format!("at most {MAX_DESCRIPTION_BYTES} bytes");
        return Err(Refused::invalid("/description", format!("{} bytes", description.len()), expected));
    }
    if !takes.all && takes.kinds.is_empty() {
        return Err(Refused::invalid("/kinds", "nothing", "a kind of event, or all"));
    }
    Ok(())
}

/// Makes an endpoint; it is told of what happens from now on.
pub fn create(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    new: &NewWebhook,
) -> Result<(WebhookView, WebhookSecrets), Refused> {
    is_for(who)?;
    let takes = Takes { all: new.all, kinds: new.kinds.clone() };
    check(&settings.webhooks, &new.url, &new.description, &takes)?;
    if kept::list(writer, None, i64::MAX)?.len() >= MAX_WEBHOOKS {
        return Err(Refused::conflict("too_many_webhooks", format!("there are {MAX_WEBHOOKS} already")));
    }
    let scheme = new.scheme.unwrap_or(Scheme::Hmac);
    let (current, told) = make_secrets(scheme);
    let webhook = Webhook {
        id: WebhookId(Uuid::new_v4()),
        url: new.url.clone(),
        description: new.description.clone(),
        takes,
        scheme,
        state: WebhookState::Active,
        disabled_because: None,
        failing_since: None,
        previous_until: None,
        created_at: writer.now(),
        version: fresh_version(),
    };
    kept::insert(writer, &webhook, &Keys { current, previous: None })?;
    record(writer, who, "create", None, &webhook);
    Ok((WebhookView::of(&webhook), told))
}

fn record(writer: &mut Writer<'_>, who: &Principal, action: &'static str, from: Option<WebhookState>, to: &Webhook) {
    writer.record(Change {
        actor: who.clone(),
        action,
        subject_kind: "webhook",
        subject_id: to.id.to_string(),
        from_state: from.map(WebhookState::as_str),
        to_state: Some(to.state.as_str()),
    });
}

/// Carries out `action` on an endpoint; `edit` changes what else the action changes.
fn advance(
    writer: &mut Writer<'_>,
    who: &Principal,
    (before, mut keys): (Webhook, Keys),
    action: WebhookAction,
    actor: WebhookActor,
    edit: impl FnOnce(&mut Webhook, &mut Keys),
) -> Result<Webhook, Refused> {
    let state = next_state(before.state, action, actor)?;
    let mut after = Webhook { state, version: fresh_version(), ..before.clone() };
    edit(&mut after, &mut keys);
    kept::change(writer, &before, &after, &keys)?;
    record(writer, who, action.as_str(), Some(before.state), &after);
    Ok(after)
}

/// Gives an endpoint another address, another description, or other events to take.
///
/// What waits goes to another address at once, for that one has not failed; what waits of kinds that are taken no more is
/// forgotten.
pub fn change(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: WebhookId,
    new: &WebhookChange,
    if_match: Version,
) -> Result<WebhookView, Refused> {
    let found = find_seen(writer, who, id, if_match)?;
    let before = &found.0;
    let url = new.url.clone().unwrap_or_else(|| before.url.clone());
    let description = new.description.clone().unwrap_or_else(|| before.description.clone());
    let takes = Takes {
        all: new.all.unwrap_or(before.takes.all),
        kinds: new.kinds.clone().unwrap_or_else(|| before.takes.kinds.clone()),
    };
    check(&settings.webhooks, &url, &description, &takes)?;
    let (is_elsewhere, takes_others) = (url != before.url, takes != before.takes);
    let after = advance(writer, who, found, WebhookAction::Change, WebhookActor::Admin, |webhook, _| {
        (webhook.url, webhook.description, webhook.takes) = (url, description, takes);
        webhook.failing_since = webhook.failing_since.filter(|_| !is_elsewhere);
    })?;
    if is_elsewhere {
        kept::forgive(writer, id)?;
        deliveries::hasten(writer, id)?;
    }
    if takes_others {
        let dropped: Vec<EventKind> = EventKind::ALL.iter().copied().filter(|kind| !after.takes.has(*kind)).collect();
        deliveries::drop_kinds(writer, id, &dropped)?;
    }
    Ok(WebhookView::of(&after))
}

/// Makes new secrets; the present ones count beside them for a while, those before no more. A leaked secret is forgotten at
/// once where that is asked.
pub fn rotate(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: WebhookId,
    asked: &Rotation,
    if_match: Version,
) -> Result<(WebhookView, WebhookSecrets), Refused> {
    let found = find_seen(writer, who, id, if_match)?;
    let (fresh, told) = make_secrets(found.0.scheme);
    let until = writer.now() + TimeDelta::hours(settings.webhooks.rotation_hours.into());
    let after = advance(writer, who, found, WebhookAction::Rotate, WebhookActor::Admin, |webhook, keys| {
        let present = std::mem::replace(&mut keys.current, fresh);
        webhook.previous_until = (!asked.at_once).then_some(until);
        keys.previous = (!asked.at_once).then_some(present);
    })?;
    Ok((WebhookView::of(&after), told))
}

/// Sends an endpoint nothing for now; what it takes waits for it.
pub fn disable(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: WebhookId,
    if_match: Version,
) -> Result<WebhookView, Refused> {
    let found = find_seen(writer, who, id, if_match)?;
    let after = advance(writer, who, found, WebhookAction::Disable, WebhookActor::Admin, |webhook, _| {
        webhook.disabled_because = Some(DisabledBecause::Ordered);
    })?;
    Ok(WebhookView::of(&after))
}

/// Sends to an endpoint again, at once and in order what has waited for it.
pub fn enable(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: WebhookId,
    if_match: Version,
) -> Result<WebhookView, Refused> {
    let found = find_seen(writer, who, id, if_match)?;
    let after = advance(writer, who, found, WebhookAction::Enable, WebhookActor::Admin, |webhook, _| {
        (webhook.disabled_because, webhook.failing_since) = (None, None);
    })?;
    kept::forgive(writer, id)?;
    deliveries::hasten(writer, id)?;
    Ok(WebhookView::of(&after))
}

/// Ends an endpoint: its secrets are forgotten, and all that was to be sent to it.
pub fn delete(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: WebhookId,
    if_match: Version,
) -> Result<WebhookView, Refused> {
    let found = find_seen(writer, who, id, if_match)?;
    let after = advance(writer, who, found, WebhookAction::Delete, WebhookActor::Admin, |webhook, keys| {
        (webhook.failing_since, webhook.previous_until) = (None, None);
        *keys = Keys { current: Secrets { out: String::new(), back: String::new() }, previous: None };
    })?;
    kept::forgive(writer, id)?;
    deliveries::drop_all(writer, id)?;
    Ok(WebhookView::of(&after))
}

/// Sends an endpoint again what it takes of the events of a time, with their ids of then, in their order.
///
/// What is on its way to it stays so; a request that nobody waits for any more is not sent again. Errors: `too_many_events` where it is more than can be asked for at once.
pub fn replay(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: WebhookId,
    asked: &Replay,
    if_match: Version,
) -> Result<Replayed, Refused> {
    let found = find_seen(writer, who, id, if_match)?;
    let until = asked.until.unwrap_or_else(|| writer.now());
    if asked.since >= until {
        return Err(Refused::invalid(
            "/since",
            asked.since.to_rfc3339(),
            format!("a time before {}", until.to_rfc3339()),
        ));
    }
    let webhook = advance(writer, who, found, WebhookAction::Replay, WebhookActor::Admin, |_, _| {})?;
    let (mut after, mut events) = (0, 0);
    loop {
        let page = outbox::between(writer, (asked.since, until), after, REPLAY_BATCH)?;
        let Some(last) = page.last() else { break };
        after = last.seq;
        let mut handed = Vec::new();
        for entry in page.iter().filter(|entry| webhook.is_told(entry.kind, &entry.subject_id)) {
            if handover::is_still_meant(writer, entry.kind, entry.details.as_deref())? {
                handed.push((id, entry));
            }
        }
        events += handed.len();
        if events > MAX_REPLAYED {
            return Err(Refused::conflict(
                "too_many_events",
                format!("more than {MAX_REPLAYED} events; name a shorter time"),
            ));
        }
        let seqs: Vec<i64> = handed.iter().map(|(_, entry)| entry.seq).collect();
        deliveries::forget(writer, id, &seqs)?;
        deliveries::insert(writer, &handed)?;
    }
    Ok(Replayed { webhook: WebhookView::of(&webhook), events })
}

/// Stops sending to an endpoint that has failed for long or is gone; others are told. Nothing where somebody has changed it
/// since that version.
pub(super) fn give_up(
    writer: &mut Writer<'_>,
    id: WebhookId,
    version: Version,
    because: DisabledBecause,
) -> Result<bool, Refused> {
    let Some(found) = kept::one(writer, id)? else { return Ok(false) };
    if found.0.state != WebhookState::Active || found.0.version != version {
        return Ok(false);
    }
    advance(writer, &system(), found, WebhookAction::GiveUp, WebhookActor::System, |webhook, _| {
        webhook.disabled_because = Some(because);
    })?;
    Ok(true)
}
