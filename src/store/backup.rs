//! Backups of the embedded database: a copy as it is at one moment, taken while others read and write.
//!
//! In goes a file name; out comes the whole database in one file, or what is wrong with one. Holds: a copy has all that was
//! committed before it was begun; looking at one changes nothing of it.
//! Costs: reading and writing the whole database; checking it as much again.
//! Deliberately absent: PostgreSQL's backups, which its own programs make; and where files are kept.

use super::{
    Purpose, Store, StoreError,
    audit::{self, Chain},
    clock::{Clock, LastHeard},
    connection::{AnyConnection, Url},
    transact,
};
use diesel::{
    QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{Connection, SimpleConnection},
    sql_query,
    sql_types::Text,
};
use std::path::{Path, PathBuf};

/// What to do about a database that is not a file.
const POSTGRES: &str =
    "this database is PostgreSQL's: pg_dump --format=custom makes a backup of it and pg_restore brings it back";

/// What a pragma answers.
#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Text)]
    answer: String,
}

impl Store {
    /// Copies the database into `file`, which must not be there yet.
    ///
    /// [`StoreError::Unusable`] on PostgreSQL, whose own programs are better at it.
    pub fn back_up(&self, file: &Path) -> Result<(), StoreError> {
        match &mut **self.checkout()? {
            AnyConnection::Sqlite(inner) => {
                sql_query("VACUUM INTO ?").bind::<Text, _>(name(file)?).execute(inner)?;
                Ok(())
            }
            AnyConnection::Postgres(_) => Err(StoreError::Unusable(POSTGRES.to_owned())),
        }
    }
}

/// The file of the embedded database, from its URL.
///
/// [`StoreError::Unusable`] where the database is another.
pub fn file(url: &str) -> Result<PathBuf, StoreError> {
    match Url::parse(url)? {
        Url::Sqlite(file) => Ok(file.into()),
        Url::Postgres(_) => Err(StoreError::Unusable(POSTGRES.to_owned())),
    }
}

/// Looks at every page of a copy and walks its audit log.
///
/// [`StoreError::Corrupt`] names what is damaged; [`StoreError::Unusable`] where it is no database of ours.
pub fn look_at(file: &Path) -> Result<Chain, StoreError> {
    let escaped = name(file)?.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
    // Nobody else has a copy open, so nothing has to be written beside it.
    let inner = SqliteConnection::establish(&format!("file:{escaped}?mode=ro&immutable=1"))
        .map_err(|error| StoreError::Unusable(error.to_string()))?;
    let mut connection = AnyConnection::Sqlite(inner);
    if let AnyConnection::Sqlite(inner) = &mut connection {
        let said: Vec<Answer> =
            sql_query("SELECT integrity_check AS answer FROM pragma_integrity_check").load(inner)?;
        if let Some(damage) = said.iter().map(|said| &said.answer).find(|answer| *answer != "ok") {
            return Err(StoreError::Corrupt(damage.clone()));
        }
    }
    transact(&mut connection.into(), &Clock::Database(LastHeard::default()), Purpose::Read, audit::verify)
}

/// Brings all of a database into its one file, so that the file can be moved.
///
/// [`StoreError::Busy`] where anybody else has it open.
pub fn gather(file: &Path) -> Result<(), StoreError> {
    let mut inner =
        SqliteConnection::establish(&name(file)?).map_err(|error| StoreError::Unusable(error.to_string()))?;
    // Leaving the write-ahead log takes a lock that nobody else may share.
    inner.batch_execute("PRAGMA journal_mode = DELETE")?;
    Ok(())
}

fn name(file: &Path) -> Result<String, StoreError> {
    let name = file.to_str().ok_or_else(|| StoreError::Unusable(format!("{}: not UTF-8", file.display())))?;
    Ok(name.to_owned())
}
