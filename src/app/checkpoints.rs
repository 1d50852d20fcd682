//! Checkpoints: what the audit log was at a moment, signed, in a file outside the database.
//!
//! In goes the head of the log; out comes a line of a file with its size, hash and time, signed (Ed25519), with the hash of
//! the line before. Holds: whoever rewrites the log, or cuts off its end, and can recompute every hash in it, still
//! contradicts the lines, which they cannot sign; whoever changes or takes out a line breaks the lines after it. Each
//! machine writes a file of its own, so that none depends on another; processes that share one take turns.
//! Deliberately absent: what nobody can see from the file itself, that its own last lines were cut off; the first
//! checkpoint of a day is an event as well, which goes to whoever listens.

mod file;
mod verify;

pub use verify::{AuditReport, verify};

use super::{Refused, Store, StoreError, Writer, key_file, system};
use crate::{
    settings,
    store::audit::{self, Change},
};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use chrono::{DateTime, Duration, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{io, path::Path};

/// Why there is no checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A file holds no key.
    #[error("{0}: expected 64 hexadecimal digits: an Ed25519 key")]
    Key(String),
    /// The log contradicts the last checkpoint.
    #[error("the audit log is not what it was at the last checkpoint, of {at}: {what}")]
    Contradicted {
        /// When that was.
        at: DateTime<Utc>,
        /// How it differs.
        what: String,
    },
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The day's event could not be recorded.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl CheckpointError {
    fn file(path: &str) -> impl Fn(io::Error) -> Self {
        move |source| Self::File { path: path.to_owned(), source }
    }
}

/// What the log was at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Entries in all.
    pub size: i64,
    /// The last one's hash.
    pub head: String,
    /// When, by the database's clock.
    pub at: DateTime<Utc>,
    /// SHA-256 of the line before, in hex; empty on the first.
    pub previous: String,
    /// The key it is signed with: its public half, in hex.
    pub key: String,
    /// The signature over all the fields above, in hex.
    pub signature: String,
}

impl Checkpoint {
    /// What is signed: each field on a line of its own, so that none can run into the next.
    fn text(&self) -> String {
        let at = self.at.to_rfc3339_opts(SecondsFormat::Millis, true);
        format!("account-swap checkpoint 1\n{}\n{}\n{at}\n{}\n{}\n", self.size, self.head, self.previous, self.key)
    }

    /// Whether the key it names has signed it.
    fn is_signed(&self) -> bool {
        let (Some(key), Some(signature)) = (unhex(&self.key), unhex(&self.signature)) else { return false };
        UnparsedPublicKey::new(&ED25519, key).verify(self.text().as_bytes(), &signature).is_ok()
    }
}

/// The key that signs checkpoints.
pub struct CheckpointKey(Ed25519KeyPair);

impl CheckpointKey {
    /// Reads a key file; makes it, readable by its owner only, where there is none.
    pub fn open(path: &str) -> Result<Self, CheckpointError> {
        let key = key_file::read_or_make(Path::new(path)).map_err(CheckpointError::file(path))?;
        let seed = std::str::from_utf8(&key).ok().and_then(unhex);
        let pair = seed.and_then(|seed| Ed25519KeyPair::from_seed_unchecked(&seed).ok());
        pair.map(Self).ok_or_else(|| CheckpointError::Key(path.to_owned()))
    }

    /// The public half, in hex: what somebody needs to verify checkpoints elsewhere.
    pub fn public(&self) -> String {
        hex(self.0.public_key().as_ref())
    }

    fn sign(&self, mut checkpoint: Checkpoint) -> Checkpoint {
        checkpoint.signature = hex(self.0.sign(checkpoint.text().as_bytes()).as_ref());
        checkpoint
    }
}

/// Writes a checkpoint, if the log has grown and the last one is old enough; says which.
///
/// Errors: the files, the store, and a log that contradicts the last checkpoint, which is not written over.
/// Cost: a few rows and, where one is written, an fsync.
pub fn write(store: &Store, settings: &settings::Audit) -> Result<Option<Checkpoint>, CheckpointError> {
    let path = settings.checkpoint_file.as_str();
    if path.is_empty() {
        return Ok(None);
    }
    let key = CheckpointKey::open(&settings.checkpoint_key_file)?;
    let wrong = CheckpointError::file(path);
    let Some(mut file) = file::Checkpoints::open(path).map_err(&wrong)? else { return Ok(None) };
    let last = file.last().map_err(&wrong)?;
    let (size, head, at, then) = store.read(|reader| {
        let (size, head) = audit::head(reader)?;
        let then = last.as_ref().map(|(last, _)| audit::hash_at(reader, last.size)).transpose()?.flatten();
        Ok::<_, StoreError>((size, head, reader.now(), then))
    })?;
    if let Some((last, _)) = &last {
        if then.as_ref() != Some(&last.head) {
            let what = match then {
                None => format!("it had {} entries and has {size}", last.size),
                Some(_) => format!("entry {} is another", last.size),
            };
            return Err(CheckpointError::Contradicted { at: last.at, what });
        }
        if last.size == size || at < last.at + Duration::minutes(settings.checkpoint_minutes.into()) {
            return Ok(None);
        }
    }
    if size == 0 {
        return Ok(None);
    }
    let is_first_of_day = last.as_ref().is_none_or(|(last, _)| last.at.date_naive() < at.date_naive());
    let previous = last.map(|(_, hash)| hash).unwrap_or_default();
    let (key_id, signature) = (key.public(), String::new());
    let checkpoint = key.sign(Checkpoint { size, head, at: to_the_millisecond(at), previous, key: key_id, signature });
    file.append(&checkpoint).map_err(&wrong)?;
    if is_first_of_day {
        store.write(|writer| tell(writer, &checkpoint))?;
    }
    Ok(Some(checkpoint))
}

/// Tells whoever listens of the day's first checkpoint, so that they hold one that no one here can take back.
fn tell(writer: &mut Writer<'_>, checkpoint: &Checkpoint) -> Result<(), Refused> {
    writer.record(Change {
        actor: system(),
        action: "checkpoint",
        subject_kind: "audit",
        subject_id: serde_json::to_string(checkpoint).expect("a checkpoint is text and numbers"),
        from_state: None,
        to_state: None,
    });
    Ok(())
}

fn to_the_millisecond(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

fn hash_of(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let is_hex = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| (0..text.len()).step_by(2).filter_map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect())
}
