//! Verifying the audit log: its chain is walked, and compared with the checkpoints.
//!
//! In go the log and, where there are any, the lines of checkpoint files with the keys that may sign them; out comes what does
//! not hold, by name and place, which should be nothing. Cost: linear in the log and the lines.
//! Deliberately absent: changes of anything.

use super::{Checkpoint, hash_of};
use crate::{
    app::{Reader, Refused},
    store::audit::{self, Chain, Walk},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What verifying the log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// How many entries fit, from the first.
    pub entries: i64,
    /// The last one's hash, where the whole chain fits.
    pub head: Option<String>,
    /// How many checkpoints were read.
    pub checkpoints: usize,
    /// What does not hold, each by name and place.
    pub breaches: Vec<String>,
    /// What is odd and proves nothing.
    pub notes: Vec<String>,
}

impl AuditReport {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.breaches.is_empty()
    }
}

/// A checkpoint that somebody entitled has signed, and the line it stands in.
struct Signed {
    line: usize,
    checkpoint: Checkpoint,
}

/// Walks the log and compares it with the text of a file of checkpoints, signed with one of `keys` (public halves, in hex).
pub fn verify(reader: &mut Reader<'_>, checkpoints: &[u8], keys: &[String]) -> Result<AuditReport, Refused> {
    let (mut breaches, mut notes) = (Vec::new(), Vec::new());
    let signed = signed(checkpoints, keys, &mut breaches, &mut notes);
    let places: BTreeSet<i64> = signed.iter().map(|one| one.checkpoint.size).collect();
    let walk = audit::walk(reader, &places)?;
    compare(&walk, &signed, &mut breaches);
    for commitment in &walk.renamed {
        breaches.push(format!("renamed: behind {commitment} stands another person than it was made for"));
    }
    let head = match walk.chain {
        Chain::Unbroken { head, .. } => Some(head),
        Chain::BrokenAt { .. } => None,
    };
    Ok(AuditReport { entries: walk.fitting, head, checkpoints: signed.len(), breaches, notes })
}

/// The checkpoints of a file that are what they say, in its order.
fn signed(text: &[u8], keys: &[String], breaches: &mut Vec<String>, notes: &mut Vec<String>) -> Vec<Signed> {
    let mut found: Vec<Signed> = Vec::new();
    let (mut previous, mut torn) = (String::new(), Vec::new());
    for (line, bytes) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let Ok(checkpoint) = serde_json::from_slice::<Checkpoint>(bytes) else {
            torn.push(line);
            continue;
        };
        let follows = checkpoint.previous == previous;
        previous = hash_of(bytes);
        if !checkpoint.is_signed() {
            breaches.push(format!("forged: line {line} of the checkpoints is not signed by the key it names"));
            continue;
        }
        if !keys.contains(&checkpoint.key) {
            breaches.push(format!(
                "forged: line {line} of the checkpoints is signed by an unknown key, {}",
                checkpoint.key
            ));
            continue;
        }
        if !follows {
            let before = found.last().map_or("the beginning".to_owned(), |before| format!("line {}", before.line));
            breaches.push(format!(
                "missing: between {before} and line {line} of the checkpoints one was changed or taken out"
            ));
        } else {
            // What the lines around it do not miss was never finished.
            notes.extend(torn.drain(..).map(|line| format!("line {line} of the checkpoints was never finished")));
        }
        breaches.extend(torn.drain(..).map(|line| format!("missing: line {line} of the checkpoints is none")));
        if let Some(before) = found.last()
            && (checkpoint.size < before.checkpoint.size || checkpoint.at < before.checkpoint.at)
        {
            breaches
                .push(format!("shrunk: line {line} of the checkpoints is of an earlier log than line {}", before.line));
        }
        found.push(Signed { line, checkpoint });
    }
    notes.extend(torn.into_iter().map(|line| format!("line {line} of the checkpoints was never finished")));
    found
}

fn compare(walk: &Walk, signed: &[Signed], breaches: &mut Vec<String>) {
    // The first entry after the last place at which log and checkpoints agree.
    let mut agreed = 0;
    let mut told: BTreeMap<&'static str, ()> = BTreeMap::new();
    for Signed { line, checkpoint: Checkpoint { size, head, at, .. } } in signed {
        match walk.hashes.get(size) {
            Some(hash) if hash == head => agreed = *size,
            Some(_) if told.insert("rewritten", ()).is_none() => breaches.push(format!(
                "rewritten: entry {size} is not what it was on {at} (line {line} of the checkpoints); something from entry {} \
                 to {size} was changed since, and the hashes after it computed anew",
                agreed + 1
            )),
            None if *size > walk.last && told.insert("truncated", ()).is_none() => breaches.push(format!(
                "truncated: entries {} to {size}, which there were on {at} (line {line} of the checkpoints), are missing",
                walk.last + 1
            )),
            _ => {}
        }
    }
    if let Chain::BrokenAt { seq } = walk.chain {
        breaches.push(if seq > walk.last {
            format!("truncated: the log ends with entry {}, and its head says otherwise", walk.last)
        } else {
            format!("broken: entry {seq} does not fit the one before, or was changed or taken out")
        });
    }
}
