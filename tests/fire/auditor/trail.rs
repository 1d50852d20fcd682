//! The audit trail: invariant 10.
//!
//! In go its entries, its head, who is behind its people, and what was signed outside the database; out comes where they do not fit
//! each other or the rows they tell of. Holds: what is computed here follows from the documents and from the tables alone.
//! Deliberately absent: people who were erased; under fire nobody is.

use super::{
    Evidence,
    books::{Books, Row},
};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use chrono::{DateTime, SecondsFormat};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// What the trail was at a moment, by a line outside the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// How many entries there were, and the hash of the last.
    pub size: i64,
    pub head: String,
    /// Why the line does not count, where it does not.
    pub fault: Option<&'static str>,
}

/// The lines that a program has written into its folder. One that was cut off by its writer's end is passed over.
pub fn checkpoints(folder: &Path) -> Vec<Checkpoint> {
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap_or_default();
    let pair = Ed25519KeyPair::from_seed_unchecked(&bytes(read("account-swap.checkpoints.key").trim()));
    let key = pair.map(|pair| hex(pair.public_key().as_ref())).unwrap_or_default();
    let mut previous = String::new();
    let mut found = Vec::new();
    for line in read("account-swap.checkpoints").lines() {
        let Ok(value) = serde_json::from_str::<Value>(line) else { continue };
        let text = |field: &str| value[field].as_str().unwrap_or_default();
        let fault = if text("previous") != previous {
            Some("does not follow the line before")
        } else if text("key") != key || !is_signed(&value) {
            Some("is not signed by the program")
        } else {
            None
        };
        previous = hex(&Sha256::digest(line));
        found.push(Checkpoint {
            size: value["size"].as_i64().unwrap_or_default(),
            head: text("head").to_owned(),
            fault,
        });
    }
    found
}

fn is_signed(line: &Value) -> bool {
    let text = |field: &str| line[field].as_str().unwrap_or_default();
    let Ok(at) = DateTime::parse_from_rfc3339(text("at")) else { return false };
    let at = at.to_utc().to_rfc3339_opts(SecondsFormat::Millis, true);
    let signed = format!(
        "account-swap checkpoint 1\n{}\n{}\n{at}\n{}\n{}\n",
        line["size"],
        text("head"),
        text("previous"),
        text("key")
    );
    UnparsedPublicKey::new(&ED25519, bytes(text("key"))).verify(signed.as_bytes(), &bytes(text("signature"))).is_ok()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let at = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    (0..hex.len()).step_by(2).map_while(at).collect()
}

/// The hash an entry must have: over the JSON array of its fields.
pub fn hash(entry: &Row) -> String {
    let at = entry.moment("at").map_or(0, |at| at.and_utc().timestamp_millis());
    let fields = json!([
        entry.number("seq"),
        at,
        entry.text("actor_id"),
        entry.text("actor_role"),
        entry.text("action"),
        entry.text("subject_kind"),
        entry.text("subject_id"),
        entry.maybe("from_state"),
        entry.maybe("to_state"),
        entry.text("previous_hash"),
    ]);
    hex(&Sha256::digest(fields.to_string()))
}

/// What stands for a person in the trail: over a salt and their id.
fn commitment(person: &Row) -> String {
    let (salt, id) = (person.text("salt"), person.text("person_id"));
    format!("sha256:{}", hex(&Sha256::digest(format!("account-swap person 1\n{salt}\n{id}"))))
}

/// From the audit log, its head, its people, checkpoints, and proposals, submissions and runs: the chain has no gap and every hash, and
/// is what it was at the audit before and at every checkpoint; the trail of each thing goes from state to state without a break and
/// ends in the state it has; somebody known is behind each entry, and no name, no note and no id of a person stands in it.
pub fn i10_one_entry_a_change(evidence: &Evidence<'_>) -> Vec<String> {
    let mut found = chain(evidence);
    found.extend(trails(evidence));
    found.extend(people(evidence.now));
    found
}

fn in_order(books: &Books) -> Vec<&Row> {
    let mut entries: Vec<&Row> = books.audit_log.iter().collect();
    entries.sort_by_key(|entry| entry.number("seq"));
    entries
}

fn chain(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let mut found = Vec::new();
    let (mut seq, mut last) = (0, String::new());
    let mut hashes = BTreeMap::new();
    for entry in in_order(now) {
        let fits = entry.number("seq") == seq + 1 && entry.text("previous_hash") == last;
        if !fits || entry.text("hash") != hash(entry) {
            found.push(format!("the chain breaks at {}", entry.text("seq")));
        }
        (seq, last) = (entry.number("seq"), entry.text("hash").to_owned());
        hashes.insert(seq, last.clone());
    }
    let head = now.audit_head.first().map(|head| (head.number("seq"), head.text("hash").to_owned()));
    if head != Some((seq, last)) {
        found.push(format!("the chain ends at {seq}, and its head says {head:?}"));
    }
    if let Some(head) = evidence.earlier.audit_head.first().filter(|head| head.number("seq") > 0)
        && hashes.get(&head.number("seq")).map(String::as_str) != Some(head.text("hash"))
    {
        found.push(format!("entry {} is not what it was at the audit before", head.text("seq")));
    }
    for (line, checkpoint) in (1..).zip(evidence.checkpoints) {
        if let Some(fault) = checkpoint.fault {
            found.push(format!("checkpoint {line} {fault}"));
        } else if hashes.get(&checkpoint.size) != Some(&checkpoint.head) {
            found.push(format!("entry {} is not what it was at checkpoint {line}", checkpoint.size));
        }
    }
    found
}

fn trails(evidence: &Evidence<'_>) -> Vec<String> {
    let now = evidence.now;
    let mut found = Vec::new();
    let mut trails: BTreeMap<(&str, &str), Option<&str>> = BTreeMap::new();
    for entry in in_order(now) {
        let kind = entry.text("subject_kind");
        if !matches!(kind, "proposal" | "submission" | "run" | "shadow_run") || entry.maybe("to_state").is_none() {
            continue;
        }
        let trail = trails.entry((kind, entry.text("subject_id"))).or_default();
        if *trail != entry.maybe("from_state") {
            let (seq, id, from) = (entry.text("seq"), entry.text("subject_id"), entry.maybe("from_state"));
            found.push(format!("entry {seq} takes {kind} {id} from {from:?}, where it was {trail:?}"));
        }
        *trail = entry.maybe("to_state");
    }
    let kinds = [
        ("proposal", &now.proposals, &evidence.before.proposals),
        ("submission", &now.submissions, &evidence.before.submissions),
        ("run", &now.runs, &evidence.before.runs),
    ];
    for (kind, rows, before) in kinds {
        let fresh = rows.iter().filter(|row| Books::by_id(before, row.text("id")).is_none());
        for row in fresh {
            let kind = if kind == "run" && row.text("mode") == "shadow" { "shadow_run" } else { kind };
            let (id, state) = (row.text("id"), row.text("state"));
            let trail = trails.get(&(kind, id)).copied().flatten();
            if trail != Some(state) {
                found.push(format!("{kind} {id} is {state}, and its trail ends in {trail:?}"));
            }
        }
    }
    found
}

fn people(now: &Books) -> Vec<String> {
    let mut found = Vec::new();
    for person in now.audit_people.iter().filter(|person| person.text("commitment") != commitment(person)) {
        found.push(format!("{} was put behind {}", person.text("person_id"), person.text("commitment")));
    }
    let known: BTreeSet<&str> = now.audit_people.iter().map(|person| person.text("commitment")).collect();
    let ids = now.reps.iter().map(|rep| rep.text("id"));
    let ids = ids.chain(now.audit_people.iter().map(|person| person.text("person_id")));
    let words = now.reps.iter().map(|rep| rep.text("name")).chain(now.submissions.iter().map(|one| one.text("note")));
    let private: BTreeSet<&str> = ids.chain(words.filter(|text| text.len() > 3)).collect();
    for entry in now.audit_log.iter() {
        let actor = entry.text("actor_id");
        if entry.text("actor_role") != "service" && !known.contains(actor) {
            found.push(format!("entry {} was done by {actor:?}, whom nobody knows", entry.text("seq")));
        }
        for column in ["actor_id", "action", "subject_kind", "subject_id", "from_state", "to_state"] {
            for part in entry.text(column).split('/').filter(|part| private.contains(part)) {
                found.push(format!("entry {} tells {part:?}", entry.text("seq")));
            }
        }
    }
    found
}
