//! `backup`: a copy of the embedded database, taken while the service runs.
//!
//! In goes the file to write; out comes the copy, tried: every page of it was looked at and its audit log is unbroken.
//! Holds: the file is there whole or not at all; one that was there before is replaced only by a copy that has been tried.
//! Exit codes: 0 done, 1 the copy could not be made or is damaged, 2 the file cannot be written or the database is not
//! the embedded one. Deliberately absent: PostgreSQL, which `pg_dump` backs up.

use super::{Context, Failure, whole::refuse_unwritable};
use account_swap::store::{
    StoreError,
    audit::Chain,
    backup::{self, look_at},
};
use serde_json::json;
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The file to write.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let file = &arguments.file;
    let database = database_file(context)?;
    if !database.is_file() {
        return Err(Failure::Unusable(format!("{}: there is no such database", database.display())));
    }
    refuse_unwritable(file).map_err(|error| Failure::Unusable(format!("{}: {error}", file.display())))?;
    let mut settings = context.settings.database.clone();
    // What is backed up is what there is.
    settings.migrate_at_start = false;
    let store = account_swap::app::Store::open(&settings)?;
    let mut beside = file.clone().into_os_string();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let copied = store.back_up(&beside).map_err(Failure::from).and_then(|()| {
        let entries = sound(&beside)?;
        File::open(&beside)?.sync_all()?;
        fs::rename(&beside, file)?;
        Ok(entries)
    });
    let (entries, head) = copied.inspect_err(|_| {
        // What is left of a failed copy is of no use to anybody.
        let _ = fs::remove_file(&beside);
    })?;
    let bytes = fs::metadata(file)?.len();
    let words = format!(
        "{}: {:.1} MB, tried; its audit log has {entries} entries and ends with {head}",
        file.display(),
        bytes as f64 / 1e6
    );
    context.say(&json!({ "file": file, "bytes": bytes, "audit_entries": entries, "audit_head": head }), words)
}

/// The entries and the head of a copy's audit log, if nothing of it is damaged.
pub fn sound(file: &Path) -> Result<(i64, String), Failure> {
    let broken = |what: String| Failure::Failed(format!("{}: {what}", file.display()));
    match look_at(file) {
        Ok(Chain::Unbroken { entries, head }) => Ok((entries, head)),
        Ok(Chain::BrokenAt { seq }) => Err(broken(format!("the audit log is broken at entry {seq}"))),
        Err(StoreError::Corrupt(what)) => {
            Err(broken(format!("it is no whole copy of a database of this program: {what}")))
        }
        Err(other) => Err(broken(other.to_string())),
    }
}

/// The file of the embedded database.
pub fn database_file(context: &Context) -> Result<PathBuf, Failure> {
    backup::file(&context.settings.database.url).map_err(|error| Failure::Unusable(error.to_string()))
}
