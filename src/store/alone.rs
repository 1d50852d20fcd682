//! One server a SQLite file.
//!
//! In goes what the settings say of the database; out comes a hold that lasts as long as the value, or a refusal that names
//! the process which has it. Holds: the operating system lets go of the hold when its process ends, by whatever end.
//! Commands beside a server need no hold: each writes in transactions that wait for another's, as the server's own threads
//! do. PostgreSQL takes any number of servers. The hold is on a file of its own beside the database's: SQLite locks by
//! process, and another handle on its file that closes would take those locks away.
//! Deliberately absent: machines that share the file over a network, where neither this lock nor SQLite's can be relied on.

use super::{StoreError, connection::Url};
use crate::settings;
use std::{
    fs::{File, TryLockError},
    io::{Read, Write},
    path::{Path, PathBuf},
};

/// The hold on a database of which only one process may be the server.
#[derive(Debug)]
pub struct Alone {
    _file: Option<File>,
}

impl Alone {
    /// Takes the hold, without waiting.
    ///
    /// Errors: [`StoreError::Unusable`] where another process has it, or the file beside the database cannot be written.
    pub fn on(settings: &settings::Database) -> Result<Self, StoreError> {
        match Url::parse(&settings.url)? {
            Url::Sqlite(path) if path != ":memory:" => Ok(Self { _file: Some(hold(&path)?) }),
            Url::Sqlite(_) | Url::Postgres(_) => Ok(Self { _file: None }),
        }
    }
}

fn hold(database: &str) -> Result<File, StoreError> {
    let path = beside(database);
    let failed = |error: std::io::Error| StoreError::Unusable(format!("{}: {error}", path.display()));
    let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Whose it is helps to find it, and is not worth another error.
            let _ = file.read_to_string(&mut holder);
            return Err(StoreError::Unusable(format!(
                "process {} serves sqlite:{database} already, and a SQLite file has one server; other commands may run \
                 beside it, and PostgreSQL takes any number of servers",
                holder.trim()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(failed)?;
    Ok(file)
}

/// The file that stands for a database, by whatever way it is named: `NAME-serve` in the folder of the database itself.
fn beside(database: &str) -> PathBuf {
    let path = Path::new(database.strip_prefix("file:").unwrap_or(database).split('?').next().unwrap_or_default());
    let whole = path.canonicalize().or_else(|_| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        folder.canonicalize().map(|folder| folder.join(path.file_name().unwrap_or_default()))
    });
    let mut name = whole.unwrap_or_else(|_| path.to_owned()).into_os_string();
    name.push("-serve");
    name.into()
}
