//! What is kept: the only folder that knows diesel; one file a table family.
//!
//! In go a [`Reader`] or a [`Writer`] and domain values; out come domain values. A [`Writer`] exists only inside
//! [`Store::write`], one transaction from its first statement to its commit, so nothing can be half-written, and a
//! function that changes something cannot be called without one. A state changes by compare-and-set; the loser gets
//! [`StoreError::Raced`] and the whole transaction is tried again.
//! Deliberately absent: every rule of the product, every HTTP status, and the clock of this machine.

mod alone;
mod clock;
mod connection;
mod error;
mod packed;
mod schema;
mod whose;

pub mod abuse;
pub mod audit;
pub mod backup;
pub mod bounces;
pub mod callbacks;
pub mod crm;
pub mod deals;
pub mod decisions;
pub mod deliveries;
pub mod direct;
pub mod erasure;
pub mod export;
pub mod fairness;
pub mod handovers;
pub mod idempotency;
pub mod market;
pub mod meetings;
pub mod money;
pub mod outbox;
pub mod override_reviews;
pub mod overrides;
pub mod partings;
pub mod patterns;
pub mod people;
pub mod proposals;
pub mod reminders;
pub mod restraints;
pub mod reviews;
pub mod roster;
pub mod runs;
pub mod settlements;
pub mod staging;
pub mod submissions;
pub mod territories;
pub mod travel_times;
pub mod triages;
pub mod undos;
pub mod webhooks;

pub use alone::Alone;
pub use clock::HandClock;
pub use error::{AtMostOne, StoreError, TransactionError};
pub use whose::Of;

use crate::settings;
use chrono::{DateTime, Utc};
use clock::{Clock, LastHeard};
use connection::{AnyConnection, Live, Pool, open_pool};
use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    r2d2::PooledConnection,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::{
    ops::{Deref, DerefMut},
    thread,
    time::{Duration, Instant},
};

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations");

/// Rows of one `INSERT`; SQLite takes at most 32,766 values in a statement.
pub const ROWS_A_STATEMENT: usize = 1000;

/// How often a migration gives way to those who write before it is an error.
const ATTEMPTS_AT_MIGRATING: u32 = 30;

/// How often a transaction that lost a race is tried again before the caller is asked to come back.
const ATTEMPTS: u32 = 8;

/// The database.
#[derive(Clone)]
pub struct Store {
    pool: Pool,
    clock: Clock,
}

/// What the pool holds.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// Waiting for work.
    pub idle: u32,
    /// At work.
    pub in_use: u32,
}

/// A consistent view of the database at one moment.
pub struct Reader<'a> {
    connection: &'a mut AnyConnection,
    now: DateTime<Utc>,
}

impl Reader<'_> {
    /// The time when the transaction began, by the database's clock unless another is set.
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }
}

/// A write transaction; everything it does is committed together or not at all.
pub struct Writer<'a> {
    reader: Reader<'a>,
    changes: Vec<(audit::Change, Option<serde_json::Value>)>,
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;
    fn deref(&self) -> &Reader<'a> {
        &self.reader
    }
}

impl<'a> DerefMut for Writer<'a> {
    fn deref_mut(&mut self) -> &mut Reader<'a> {
        &mut self.reader
    }
}

/// What a transaction is for, which decides how it begins.
#[derive(Clone, Copy)]
enum Purpose {
    Read,
    Write,
    /// As a write, and taken back at its end.
    Rehearse,
}

impl Store {
    /// Opens the database the settings name and brings its schema up to date if they say so.
    pub fn open(settings: &settings::Database) -> Result<Self, StoreError> {
        let store = Self { pool: open_pool(settings)?, clock: Clock::Database(LastHeard::default()) };
        if settings.migrate_at_start {
            store.migrate()?;
        }
        Ok(store)
    }

    /// The same database, with `clock` in place of its own.
    pub fn by_clock(self, clock: HandClock) -> Self {
        Self { clock: Clock::Hand(clock), ..self }
    }

    /// Brings the schema up to date and returns the names of the migrations that were run: all that lacked, or none.
    pub fn migrate(&self) -> Result<Vec<String>, StoreError> {
        // Most who start find nothing to do, and need not wait for whoever writes. Whoever cannot tell, as where another is
        // just making the first table, waits.
        if matches!(self.has_pending_migrations(), Ok(false)) {
            return Ok(Vec::new());
        }
        self.migrating(|connection| {
            connection.run_pending_migrations(MIGRATIONS).map(|done| done.iter().map(ToString::to_string).collect())
        })
    }

    /// Takes the newest migration back and returns its name.
    pub fn revert(&self) -> Result<String, StoreError> {
        self.migrating(|connection| connection.revert_last_migration(MIGRATIONS).map(|done| done.to_string()))
    }

    /// Whether the schema lacks a migration this program needs.
    pub fn has_pending_migrations(&self) -> Result<bool, StoreError> {
        let mut connection = self.checkout()?;
        connection.has_pending_migration(MIGRATIONS).map_err(|error| StoreError::Unusable(error.to_string()))
    }

    /// Changes the schema in one transaction, while others may write: they wait for it, two who migrate for each other, and
    /// where it waits for somebody who waits for it, it gives way and begins again.
    fn migrating<T>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, Box<dyn std::error::Error + Send + Sync>>,
    ) -> Result<T, StoreError> {
        let mut gave_way = 0;
        loop {
            let mut connection = self.checkout()?;
            match migrate_once(&mut connection, &work) {
                Err(StoreError::Busy(_) | StoreError::Raced) if gave_way < ATTEMPTS_AT_MIGRATING => gave_way += 1,
                settled => return settled,
            }
            drop(connection);
            // Whoever held what it needs gets some time to end.
            thread::sleep(gave_way * Duration::from_millis(50));
        }
    }

    /// Reads in one consistent view.
    pub fn read<T, E: TransactionError>(&self, work: impl FnOnce(&mut Reader<'_>) -> Result<T, E>) -> Result<T, E> {
        let mut connection = self.checkout()?;
        transact(&mut connection, &self.clock, Purpose::Read, work)
    }

    /// Writes in one transaction; tries again when it lost a race, and gives up as [`StoreError::Busy`].
    pub fn write<T, E: TransactionError>(&self, work: impl FnMut(&mut Writer<'_>) -> Result<T, E>) -> Result<T, E> {
        self.attempt(Purpose::Write, work)
    }

    /// Does all that [`Self::write`] would do and takes it back: what would happen. Nothing is kept or goes on record.
    pub fn rehearse<T, E: TransactionError>(&self, work: impl FnMut(&mut Writer<'_>) -> Result<T, E>) -> Result<T, E> {
        self.attempt(Purpose::Rehearse, work)
    }

    fn attempt<T, E: TransactionError>(
        &self,
        purpose: Purpose,
        mut work: impl FnMut(&mut Writer<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        for _ in 0..ATTEMPTS {
            let mut connection = self.checkout()?;
            let done: Result<T, E> = transact(&mut connection, &self.clock, purpose, |reader| {
                let Reader { connection, now } = reader;
                let mut writer = Writer { reader: Reader { connection, now: *now }, changes: Vec::new() };
                let value = work(&mut writer)?;
                audit::write_down(&mut writer)?;
                Ok(value)
            });
            match done {
                Err(error) if error.is_raced() => {}
                settled => return settled,
            }
        }
        Err(StoreError::Busy(format!("lost {ATTEMPTS} races in a row")).into())
    }

    /// How many connections the pool holds at this moment.
    pub fn connections(&self) -> Connections {
        let state = self.pool.state();
        Connections { idle: state.idle_connections, in_use: state.connections - state.idle_connections }
    }

    fn checkout(&self) -> Result<PooledConnection<connection::Opener>, StoreError> {
        self.pool.get().map_err(|error| StoreError::Busy(error.to_string()))
    }
}

fn migrate_once<T>(
    connection: &mut AnyConnection,
    work: impl Fn(&mut AnyConnection) -> Result<T, Box<dyn std::error::Error + Send + Sync>>,
) -> Result<T, StoreError> {
    begin(connection, Purpose::Write)?;
    if let AnyConnection::Postgres(inner) = connection {
        // Another's migration may take long. A lock on a table is waited for briefly: all others queue up behind whoever waits.
        inner.batch_execute(
            "SET LOCAL lock_timeout = 0; SELECT pg_advisory_xact_lock(4242); SET LOCAL lock_timeout = '1s'",
        )?;
    }
    match work(connection) {
        Ok(value) => commit(connection).map(|()| value),
        Err(error) => {
            roll_back(connection)?;
            let message = format!("migration: {error}");
            let gives_way = ["deadlock detected", "lock timeout"].iter().any(|sign| message.contains(sign));
            Err(if gives_way { StoreError::Busy(message) } else { StoreError::Unusable(message) })
        }
    }
}

fn transact<T, E: TransactionError>(
    live: &mut Live,
    clock: &Clock,
    purpose: Purpose,
    work: impl FnOnce(&mut Reader<'_>) -> Result<T, E>,
) -> Result<T, E> {
    let connection = &mut **live;
    begin(connection, purpose)?;
    let now = match purpose {
        Purpose::Read => clock.about_now(connection),
        Purpose::Write | Purpose::Rehearse => clock.now(connection),
    };
    let done = now.map_err(E::from).and_then(|now| work(&mut Reader { connection, now }));
    match (&done, purpose) {
        (Ok(_), Purpose::Read) => commit(connection)?,
        (Ok(_), Purpose::Write) => commit(connection).map_err(in_doubt)?,
        (Ok(_), Purpose::Rehearse) => roll_back(connection)?,
        (Err(_), _) => {
            // A failed rollback leaves the connection marked broken, and the pool drops it.
            if let Err(rollback) = roll_back(connection) {
                tracing::warn!(error = %rollback, "a transaction could not be rolled back");
                return done;
            }
        }
    }
    live.sound_at = Instant::now();
    done
}

fn begin(connection: &mut AnyConnection, purpose: Purpose) -> Result<(), StoreError> {
    match connection {
        AnyConnection::Sqlite(inner) => {
            // A deferred transaction that turns into a write fails at once if another writes, whatever the timeout.
            let sql = match purpose {
                Purpose::Read => "BEGIN DEFERRED",
                Purpose::Write | Purpose::Rehearse => "BEGIN IMMEDIATE",
            };
            AnsiTransactionManager::begin_transaction_sql(inner, sql)?;
        }
        AnyConnection::Postgres(inner) => {
            let sql = match purpose {
                Purpose::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
                Purpose::Write | Purpose::Rehearse => "BEGIN ISOLATION LEVEL READ COMMITTED",
            };
            AnsiTransactionManager::begin_transaction_sql(inner, sql)?;
        }
    }
    Ok(())
}

fn commit(connection: &mut AnyConnection) -> Result<(), StoreError> {
    match connection {
        AnyConnection::Sqlite(inner) => AnsiTransactionManager::commit_transaction(inner)?,
        AnyConnection::Postgres(inner) => AnsiTransactionManager::commit_transaction(inner)?,
    }
    Ok(())
}

/// Who is cut off from a commit they asked for does not know what became of it.
fn in_doubt(error: StoreError) -> StoreError {
    match error {
        StoreError::Busy(what) => StoreError::InDoubt(what),
        certain => certain,
    }
}

fn roll_back(connection: &mut AnyConnection) -> Result<(), StoreError> {
    match connection {
        AnyConnection::Sqlite(inner) => AnsiTransactionManager::rollback_transaction(inner)?,
        AnyConnection::Postgres(inner) => AnsiTransactionManager::rollback_transaction(inner)?,
    }
    Ok(())
}

/// Turns "no row was changed" into a lost race.
fn exactly_one(changed: usize) -> Result<(), StoreError> {
    match changed {
        1 => Ok(()),
        0 => Err(StoreError::Raced),
        many => Err(StoreError::Corrupt(format!("one row was to change and {many} did"))),
    }
}

/// Reads what a column keeps as JSON text.
fn from_json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("{error} in {text:?}")))
}

/// Writes what a column keeps as JSON text.
fn to_json<T: serde::Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).expect("domain values have string keys and finite numbers")
}
