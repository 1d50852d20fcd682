//! What is on record, and what was told: invariants 5, 6, 11, 16 and 17.

use super::{Evidence, Exchange, books::Row};
use std::collections::{BTreeMap, BTreeSet};

/// What is sent under one key of one principal.
type Key<'a> = (&'a str, &'a str, &'a str);

fn key(one: &Exchange) -> Key<'_> {
    (one.principal.as_str(), one.operation, one.key.as_str())
}

/// Everything sent under each key.
fn by_key<'a>(evidence: &Evidence<'a>) -> BTreeMap<Key<'a>, Vec<&'a Exchange>> {
    let mut keys: BTreeMap<Key<'_>, Vec<&Exchange>> = BTreeMap::new();
    for one in evidence.log.iter().filter(|one| !one.key.is_empty()) {
        keys.entry(key(one)).or_default().push(one);
    }
    keys
}

/// What the database keeps under each key.
fn kept<'a>(evidence: &Evidence<'a>) -> BTreeMap<Key<'a>, Vec<&'a Row>> {
    let mut keys: BTreeMap<Key<'_>, Vec<&Row>> = BTreeMap::new();
    for row in evidence.now.idempotency_keys.iter() {
        keys.entry((row.text("principal_id"), row.text("operation"), row.text("key"))).or_default().push(row);
    }
    keys
}

/// How many submissions were made under each key, which clients write into their notes.
fn made<'a>(evidence: &Evidence<'a>) -> BTreeMap<&'a str, usize> {
    let mut made = BTreeMap::new();
    for submission in evidence.now.submissions.iter() {
        *made.entry(submission.text("note")).or_insert(0) += 1;
    }
    made
}

/// How often somebody has done something to something, by the trail.
fn effects<'a>(evidence: &Evidence<'a>) -> BTreeMap<(&'a str, &'a str, String), usize> {
    let mut effects = BTreeMap::new();
    for entry in evidence.now.audit_log.iter() {
        let actor = evidence.now.person(entry.text("actor_id"));
        *effects.entry((actor, entry.text("action"), evidence.now.subject(entry))).or_insert(0) += 1;
    }
    effects
}

/// From the log, the keys and the trail: what was acknowledged is kept with the very answer, and has its entry.
pub fn i5_acknowledged_is_kept(evidence: &Evidence<'_>) -> Vec<String> {
    let (kept, effects) = (kept(evidence), effects(evidence));
    let mut found = Vec::new();
    for one in evidence.log.iter().filter(|one| one.is_acknowledged() && !one.key.is_empty()) {
        let Some((status, body)) = &one.answer else { continue };
        let same = |row: &&Row| row.text("status") == status.to_string() && row.text("body") == body;
        if !kept.get(&key(one)).is_some_and(|rows| rows.iter().any(same)) {
            found.push(format!("{:?} was acknowledged, and its answer is not kept", key(one)));
        }
        if let Some((action, subject)) = &one.deed
            && !effects.contains_key(&(one.person(), *action, subject.clone()))
        {
            found.push(format!("{:?} was acknowledged, and {subject} knows nothing of it", key(one)));
        }
    }
    found
}

/// From the log, the keys, submissions and the trail: one answer a key, always the same; one submission a key; and nothing was done more often than it was asked for under different keys.
pub fn i6_one_effect_a_key(evidence: &Evidence<'_>) -> Vec<String> {
    let (asked, effects, made) = (by_key(evidence), effects(evidence), made(evidence));
    let mut found = Vec::new();
    let several = kept(evidence).into_iter().filter(|(_, rows)| rows.len() > 1);
    found.extend(several.map(|(key, rows)| format!("{key:?} is kept {} times", rows.len())));
    let mut keys_of: BTreeMap<(&str, &str, String), usize> = BTreeMap::new();
    for (key, all) in &asked {
        let answers: BTreeSet<&(u16, String)> =
            all.iter().filter(|one| one.is_acknowledged()).filter_map(|one| one.answer.as_ref()).collect();
        if answers.len() > 1 {
            found.push(format!("{key:?} had {} answers", answers.len()));
        }
        let made = made.get(key.2).copied().unwrap_or(0);
        if made > 1 {
            found.push(format!("{key:?} made {made} submissions"));
        }
        let deeds: BTreeSet<(&str, &str, String)> = all
            .iter()
            .filter_map(|one| one.deed.as_ref().map(|(action, subject)| (one.person(), *action, subject.clone())))
            .collect();
        for deed in deeds {
            *keys_of.entry(deed).or_insert(0) += 1;
        }
    }
    for (deed, keys) in keys_of {
        let done = effects.get(&deed).copied().unwrap_or(0);
        if done > keys {
            found.push(format!("{deed:?} was done {done} times under {keys} keys"));
        }
    }
    found
}

/// From the audit log, the outbox and the deliveries: each entry has an event about the same thing, of the kind its state calls
/// for; no two events have one id; what others are told of is told under its name, and handed to whoever takes all.
pub fn i11_one_event_a_change(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let events: BTreeMap<i64, &Row> = now.outbox.iter().map(|event| (event.number("seq"), event)).collect();
    let mut found = Vec::new();
    for entry in now.audit_log.iter() {
        let seq = entry.number("seq");
        let kind =
            format!("{}.{}", entry.text("subject_kind"), entry.maybe("to_state").unwrap_or(entry.text("action")));
        match events.get(&seq) {
            None => found.push(format!("entry {seq} has no event")),
            Some(event) if event.text("subject_id") != now.subject(entry) || event.text("kind") != kind => {
                found.push(format!("the event of entry {seq} is {event:?}, not {kind}"));
            }
            Some(_) => {}
        }
    }
    let mut ids = BTreeSet::new();
    let twice = now.outbox.iter().filter(|event| !ids.insert(event.text("id")));
    found.extend(twice.map(|event| format!("two events are called {}", event.text("id"))));
    found.extend(told(evidence));
    let entries: BTreeSet<i64> = now.audit_log.iter().map(|entry| entry.number("seq")).collect();
    let lone = events.keys().filter(|seq| !entries.contains(seq));
    found.extend(lone.map(|seq| format!("event {seq} tells of nothing that is on record")));
    found
}

/// What is told of a proposal that entered a state.
const TOLD: &[&str] = &["approved", "executing", "on_trial", "completed", "undone"];

/// Where what others are told differs from what is on record.
fn told(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let events: BTreeMap<i64, &Row> = now.outbox.iter().map(|event| (event.number("seq"), event)).collect();
    let mut found = Vec::new();
    for entry in now.audit_log.iter().filter(|entry| entry.text("subject_kind") == "proposal") {
        let (seq, from, to) = (entry.number("seq"), entry.text("from_state"), entry.text("to_state"));
        let event = events.get(&seq).map_or("", |event| event.text("event"));
        if from != to && TOLD.contains(&to) && event != format!("proposal.{to}") {
            found.push(format!("entry {seq} made a proposal {to} and tells of {event:?}"));
        }
    }
    for event in now.outbox.iter() {
        let (seq, kind) = (event.text("seq"), event.text("event"));
        let Some(handed_out) = event.moment("delivered_at") else {
            if kind.is_empty() {
                found.push(format!("event {seq} tells nobody and waits"));
            }
            continue;
        };
        let takes_it = |webhook: &&Row| {
            let is_there = webhook.text("state") != "deleted" && webhook.flag("takes_all");
            is_there && webhook.moment("created_at").is_some_and(|made| made < handed_out) && is_open(kind)
        };
        for webhook in now.webhooks.iter().filter(takes_it) {
            let handed = now.deliveries.of(seq);
            if !handed.iter().any(|delivery| delivery.text("webhook_id") == webhook.text("id")) {
                found.push(format!("event {seq} was handed out, and not to {}", webhook.text("id")));
            }
        }
    }
    found
}

/// Whether an event goes to whoever takes all: there is one, it names nobody, and asks nobody for a deed.
pub fn is_open(event: &str) -> bool {
    !event.is_empty() && event != "handover.execute" && !event.starts_with("reminder.")
}

/// From recorded answers: what a rep reads twice, while nobody but others acted, is the same to the byte.
pub fn i16_a_rep_sees_own_input_only(evidence: &Evidence<'_>) -> Vec<String> {
    let mut seen: BTreeMap<(&str, &str, u64), &Exchange> = BTreeMap::new();
    let mut found = Vec::new();
    for one in evidence.log.iter().filter(|one| one.answer.is_some()) {
        let Some(glance) = one.glance else { continue };
        let first = *seen.entry((&one.principal, one.operation, glance)).or_insert(one);
        if first.answer != one.answer {
            found.push(format!("{} saw {} change by what others did", one.principal, one.operation));
        }
    }
    found
}

/// From the log, the keys, submissions and the trail: under a key that was only ever refused nothing is kept, nothing was made, and
/// nothing was done that another key does not account for.
pub fn i17_an_error_changes_nothing(evidence: &Evidence<'_>) -> Vec<String> {
    let (kept, effects, made) = (kept(evidence), effects(evidence), made(evidence));
    let mut found = Vec::new();
    let mut may_have: BTreeMap<(&str, &str, String), usize> = BTreeMap::new();
    let mut refused = BTreeSet::new();
    for (key, all) in by_key(evidence) {
        let is_refused = all.iter().all(|one| one.is_refused());
        if is_refused {
            let answered = |row: &&Row| row.maybe("status").is_some();
            if kept.get(&key).is_some_and(|rows| rows.iter().any(answered)) {
                found.push(format!("{key:?} was refused, and an answer is kept"));
            }
            if made.contains_key(key.2) {
                found.push(format!("{key:?} was refused, and there is its submission"));
            }
        }
        let deeds: BTreeSet<(&str, &str, String)> = all
            .iter()
            .filter_map(|one| one.deed.as_ref().map(|(action, subject)| (one.person(), *action, subject.clone())))
            .collect();
        for deed in deeds {
            if is_refused {
                refused.insert(deed.clone());
            }
            *may_have.entry(deed).or_insert(0) += usize::from(!is_refused);
        }
    }
    for deed in refused {
        let (done, may) = (effects.get(&deed).copied().unwrap_or(0), may_have[&deed]);
        if done > may {
            found.push(format!("{deed:?} was refused, and was done {done} times where {may} keys may account for it"));
        }
    }
    found
}
