//! `restore`: puts a backup in the place of the embedded database.
//!
//! In goes a backup; out comes the database it is a copy of, with the schema it had: `serve` or `migrate` brings that up to
//! date. Holds: a damaged backup is refused before anything is touched, and so is a database that anybody has open; the
//! database of before stays beside the new one, whole and in one file.
//! Exit codes: 0 done, 1 the backup is damaged or the database is in use, 2 unusable arguments.

use super::{
    Context, Failure,
    backup::{database_file, sound},
    whole::write_whole,
};
use account_swap::store::backup::gather;
use serde_json::json;
use std::{fs, io, path::PathBuf};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let (file, database) = (&arguments.file, database_file(context)?);
    if !file.is_file() {
        return Err(Failure::Unusable(format!("{}: there is no such file", file.display())));
    }
    let (entries, head) = sound(file)?;
    let mut before = database.clone().into_os_string();
    before.push(".before-restore");
    let before = PathBuf::from(before);
    let is_there = database.exists();
    if is_there {
        if before.exists() {
            let found = before.display();
            return Err(Failure::Unusable(format!("{found} is there from a restore before: move it away first")));
        }
        gather(&database)
            .map_err(|error| Failure::Failed(format!("{}: stop the service first: {error}", database.display())))?;
        fs::rename(&database, &before)?;
    }
    let copied = fs::File::open(file)
        .and_then(|mut from| write_whole(&database, |to| io::copy(&mut from, to).map(drop)))
        .map_err(|error| Failure::Failed(format!("{}: {error}", database.display())));
    if let (Err(_), true) = (&copied, is_there) {
        fs::rename(&before, &database)?;
    }
    copied?;
    let kept = if is_there { format!("; what was there is in {}", before.display()) } else { String::new() };
    let words = format!("{}: restored, with {entries} entries in its audit log{kept}", database.display());
    context.say(&json!({ "database": database, "audit_entries": entries, "audit_head": head }), words)
}
