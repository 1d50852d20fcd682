//! `verify audit`: the audit log, walked along its chain and compared with its checkpoints.
//!
//! In go the database and, by the settings or by name, a file of checkpoints and the key that signs them, either half; out comes
//! what does not hold, by name and place. Exit codes: 0 everything holds, 1 something does not, 2 a file that cannot be used.
//! Deliberately absent: making a key, where checkpoints are named that one should have signed.

use crate::cli::{Context, Failure};
use account_swap::app::checkpoints::{self, AuditReport, CheckpointKey};
use std::{fs, path::Path};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file of checkpoints; that of the settings, where there is one, if not given.
    #[arg(long, value_name = "FILE")]
    checkpoints: Option<String>,
    /// The key they are signed with: its file, or its public half in hex; again for each. That of the settings if not given.
    #[arg(long = "key", value_name = "FILE|HEX")]
    keys: Vec<String>,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let settings = &context.settings.audit;
    let (lines, is_there) = match &arguments.checkpoints {
        Some(file) => (read(file)?, true),
        None if Path::new(&settings.checkpoint_file).is_file() => (read(&settings.checkpoint_file)?, true),
        None => (Vec::new(), false),
    };
    let mut keys = Vec::new();
    for key in &arguments.keys {
        keys.push(public(key)?);
    }
    if keys.is_empty() && is_there {
        keys.push(public(&settings.checkpoint_key_file)?);
    }
    let report = context.store()?.read(|reader| checkpoints::verify(reader, &lines, &keys))?;
    let words = words(&report, is_there, &keys);
    if report.holds() {
        return context.say(&report, words);
    }
    if context.json {
        context.say(&report, "")?;
    }
    Err(Failure::Failed(words))
}

fn read(file: &str) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|error| Failure::Unusable(format!("{file}: {error}")))
}

/// The public half of a key that is named by its file or written out.
fn public(key: &str) -> Result<String, Failure> {
    if !Path::new(key).is_file() && key.len() == 64 && key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(key.to_ascii_lowercase());
    }
    // A key that is made now has signed nothing.
    read(key)?;
    CheckpointKey::open(key).map(|key| key.public()).map_err(|error| Failure::Unusable(error.to_string()))
}

fn words(report: &AuditReport, is_there: bool, keys: &[String]) -> String {
    let mut lines = vec![match &report.head {
        Some(_) if report.entries == 0 => "nothing is on record yet".to_owned(),
        Some(head) => format!("the chain of {} entries fits, to {head}", report.entries),
        None => format!("the chain fits for {} entries", report.entries),
    }];
    lines.push(match (is_there, report.holds()) {
        (false, _) => "there are no checkpoints to compare it with".to_owned(),
        (true, true) => format!("it is what {} checkpoints say, signed by {}", report.checkpoints, keys.join(", ")),
        (true, false) => format!("{} checkpoints were read", report.checkpoints),
    });
    lines.extend(report.breaches.iter().map(|breach| format!("  {breach}")));
    lines.extend(report.notes.iter().map(|note| format!("  (note: {note})")));
    lines.join("\n")
}
