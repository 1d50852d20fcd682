//! What an event says: CloudEvents 1.0 in JSON, without an opinion.
//!
//! In goes an entry of the outbox; out comes the body, the same bytes each time. It names ids and the state that every
//! party may know, and whoever wants more asks over REST, where their role decides. Deliberately absent: what may be told
//! at all, which the kind of the event decides.

use crate::{domain::event::EventKind, store::deliveries::Claimed};
use chrono::SecondsFormat;
use serde::Serialize;
use serde_json::{Value, json};

/// CloudEvents 1.0, structured.
#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    r#type: &'static str,
    subject: String,
    time: String,
    datacontenttype: &'static str,
    data: Value,
}

/// The body of a message.
pub(super) fn body(entry: &Claimed, source: &str) -> String {
    let noun = match entry.kind {
        EventKind::RunPublished | EventKind::RunFailed => "runs",
        EventKind::WebhookDisabled => "webhooks",
        _ => "proposals",
    };
    // The CRM's ids may hold a slash; ours, which come first, and numbers, which come last, do not.
    let (id, rest) = entry.subject_id.split_once('/').unwrap_or((&entry.subject_id, ""));
    let event = CloudEvent {
        specversion: "1.0",
        id: &entry.event_id,
        source,
        r#type: entry.kind.as_str(),
        subject: format!("{noun}/{id}"),
        time: entry.created_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        datacontenttype: "application/json",
        data: data(entry, id, rest),
    };
    serde_json::to_string(&event).expect("an event is text and numbers")
}

fn data(entry: &Claimed, id: &str, rest: &str) -> Value {
    if let Some(details) = &entry.details {
        return serde_json::from_str(details).unwrap_or(Value::Null);
    }
    let word = entry.kind.as_str().rsplit('.').next().unwrap_or_default();
    match entry.kind {
        EventKind::RunPublished | EventKind::RunFailed => json!({"run": id, "state": word}),
        EventKind::WebhookDisabled => json!({"webhook": id, "state": word}),
        EventKind::AnswerDue | EventKind::ApprovalDue => json!({"proposal": id, "person": rest}),
        EventKind::CheckInDue | EventKind::ReviewDue => {
            let (person, days) = rest.rsplit_once('/').unwrap_or((rest, ""));
            json!({"proposal": id, "person": person, "days": days.parse::<u32>().ok()})
        }
        EventKind::UndoGranted => json!({"proposal": id, "undo": word}),
        EventKind::HandoverOverdue | EventKind::HandoverNeedsAttention | EventKind::HandoverExecute => {
            json!({"proposal": id, "handover": word})
        }
        _ => json!({"proposal": id, "status": word}),
    }
}
