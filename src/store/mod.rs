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
pub use whose::Of;

use crate::settings;
use chrono::{DateTime, Utc};
use clock::Clock;
use connection::{AnyConnection, Live, Pool, open_pool};
use diesel::{
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    r2d2::PooledConnection,
    result::{DatabaseErrorInformation, DatabaseErrorKind, Error as DieselError},
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

/// Why the store did not do what was asked. Nothing was changed, but where it is in doubt.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be opened as the settings say.
    #[error("{0}")]
    Unusable(String),
    /// The pool is empty, the database is away, or another writer took too long: come back later.
    #[error("the database is busy or away: {0}")]
    Busy(String),
    /// The database went away while it committed: it was done as a whole, or not at all.
    #[error("the database went away while it committed: {0}")]
    InDoubt(String),
    /// There is no room left.
    #[error("the database has no room left: {0}")]
    Full(String),
    /// Another transaction changed the row first.
    #[error("another transaction was faster")]
    Raced,
    /// A rule of the form "at most one" would be broken.
    #[error("there is one already: {0}")]
    Twice(AtMostOne),
    /// Something that is referred to does not exist.
    #[error("it refers to something that does not exist: {0}")]
    Dangling(String),
    /// A row holds what its type does not allow, or the schema is not what was expected.
    #[error("the database holds what it must not: {0}")]
    Corrupt(String),
}

/// The "at most one" rules, each a unique index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtMostOne {
    /// One live submission an account.
    LiveSubmission,
    /// One live parting an account.
    LiveParting,
    /// One live leg an account.
    LiveLeg,
    /// One run a scope and business date.
    RunOfTheNight,
    /// One answer a rep and proposal.
    Answer,
    /// One approval a manager and proposal.
    Approval,
    /// One freeze an account.
    Freeze,
    /// One ban a pair.
    Ban,
    /// One review an override.
    Review,
    /// One open meeting a team.
    OpenMeeting,
    /// One question of a rep to a colleague that looks open.
    Question,
    /// One turn of a month's questions.
    Turn,
    /// One effect an idempotency key.
    IdempotencyKey,
    /// One row an id.
    Id,
}

impl AtMostOne {
    /// PostgreSQL names the index; SQLite names the table and columns.
    fn recognise(message: &str) -> Self {
        let rules = [
            ("submissions_one_live_account", "submissions.account_id", Self::LiveSubmission),
            ("partings_one_live_account", "partings.account_id", Self::LiveParting),
            ("legs_one_live_account", "legs.account_id", Self::LiveLeg),
            ("runs_one_scope_and_date", "runs.scope, runs.business_date", Self::RunOfTheNight),
            ("runs_one_shadow_at_a_time", "\u{0}", Self::RunOfTheNight),
            ("frozen_accounts_pkey", "frozen_accounts.account_id", Self::Freeze),
            ("forbidden_pairs_pkey", "forbidden_pairs.rep_id, forbidden_pairs.account_id", Self::Ban),
            ("override_reviews_pkey", "override_reviews.override_id", Self::Review),
            ("meetings_one_open_team", "meetings.team_id", Self::OpenMeeting),
            ("direct_swaps_one_pair", "direct_swaps.asker_id, direct_swaps.colleague_id", Self::Question),
            ("direct_swaps_one_turn", "direct_swaps.asker_id, direct_swaps.month, direct_swaps.turn", Self::Turn),
            ("idempotency_keys_pkey", "idempotency_keys.principal_id", Self::IdempotencyKey),
            // SQLite names the same columns for both; which it was follows from what was being done.
            ("decisions_one_answer", "decisions.proposal_id, decisions.for_rep_id", Self::Answer),
            ("decisions_one_approval", "\u{0}", Self::Approval),
        ];
        rules.iter().find(|(pg, sqlite, _)| message.contains(pg) || message.contains(sqlite)).map_or(Self::Id, |r| r.2)
    }
}

impl std::fmt::Display for AtMostOne {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::LiveSubmission => "a live submission of this account",
            Self::LiveParting => "a live parting with this account",
            Self::LiveLeg => "a live move of this account",
            Self::RunOfTheNight => "a run of this scope and business date",
            Self::Answer => "an answer of this rep",
            Self::Approval => "an approval of this manager",
            Self::Freeze => "a freeze of this account",
            Self::Ban => "a ban of this pair",
            Self::Review => "a review of this override",
            Self::OpenMeeting => "an open meeting of this team",
            Self::Question => "a question to this colleague",
            Self::Turn => "a question of this turn",
            Self::IdempotencyKey => "an answer under this key",
            Self::Id => "a row with this id",
        })
    }
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(kind, information) => classify(&kind, information.as_ref()),
            // A broken transaction means the connection went away in the middle.
            DieselError::BrokenTransactionManager | DieselError::RollbackErrorOnCommit { .. } => {
                Self::Busy(error.to_string())
            }
            other => Self::Corrupt(other.to_string()),
        }
    }
}

fn classify(kind: &DatabaseErrorKind, information: &(dyn DatabaseErrorInformation + Send + Sync)) -> StoreError {
    let message = information.message().to_owned();
    match kind {
        DatabaseErrorKind::UniqueViolation => {
            StoreError::Twice(AtMostOne::recognise(information.constraint_name().unwrap_or(&message)))
        }
        DatabaseErrorKind::ForeignKeyViolation => StoreError::Dangling(message),
        DatabaseErrorKind::SerializationFailure => StoreError::Raced,
        DatabaseErrorKind::ClosedConnection | DatabaseErrorKind::UnableToSendCommand => StoreError::Busy(message),
        _ if message.contains("deadlock detected") => StoreError::Raced,
        _ if ["database is locked", "lock timeout", "terminating connection", "server closed the connection"]
            .iter()
            .any(|sign| message.contains(sign)) =>
        {
            StoreError::Busy(message)
        }
        _ if ["disk is full", "No space left", "could not extend file"].iter().any(|sign| message.contains(sign)) => {
            StoreError::Full(message)
        }
        _ => StoreError::Corrupt(message),
    }
}

impl From<crate::domain::Wrong> for StoreError {
    fn from(wrong: crate::domain::Wrong) -> Self {
        Self::Corrupt(wrong.to_string())
    }
}

/// An error a transaction may end with: the store's own can be told from the rest, so that a lost race is retried.
pub trait TransactionError: From<StoreError> {
    /// Whether the transaction lost a race and may win the next.
    fn is_raced(&self) -> bool;
}

impl TransactionError for StoreError {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Raced)
    }
}

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
    /// The clock when the transaction began: the database's, unless another is set.
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
        let store = Self { pool: open_pool(settings)?, clock: Clock::Database };
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
    let done = clock.now(connection).map_err(E::from).and_then(|now| work(&mut Reader { connection, now }));
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
