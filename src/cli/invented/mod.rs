//! A company to try things on: real hospitals as accounts, invented reps, and what is invented between them.
//!
//! In go a seed, a number of reps and regions; out comes a [`world::World`] with the CSV files a CRM would export.
//! Holds: the same arguments give the same company on every machine. Nobody in it exists but the institutions, of whom
//! nothing bad is invented. Used by `demo` and `simulate`.
//! Deliberately absent: the database; what is invented takes the importer's ordinary way.

pub mod books;
pub mod chance;
pub mod folder;
pub mod hospitals;
pub mod people;
pub mod struggles;
pub mod world;

use super::Failure;
use account_swap::{
    app::{
        Store,
        import::{ImportError, ImportKind, ImportReport, import},
    },
    domain::principal::{Principal, Role},
    settings::Settings,
};
use folder::Folder;
use std::fs::File;

/// A failure that is nobody's input.
pub fn failed(error: impl std::fmt::Display) -> Failure {
    Failure::Failed(error.to_string())
}

/// Imports the four files the way anybody's are.
pub fn bring_in(store: &Store, settings: &Settings, folder: &Folder) -> Result<Vec<ImportReport>, Failure> {
    let admin = Principal { id: "admin".parse().map_err(failed)?, role: Role::Admin };
    let mut reports = Vec::new();
    for kind in [ImportKind::Reps, ImportKind::Accounts, ImportKind::History, ImportKind::Submissions] {
        let path = folder.path().join(format!("{kind}.csv"));
        let done: Result<ImportReport, ImportError> = store.write(|writer| {
            let file = File::open(&path).map_err(ImportError::Unreadable)?;
            import(writer, &settings.import, &admin, kind, None, false, file)
        });
        reports.push(done.map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?);
    }
    Ok(reports)
}
