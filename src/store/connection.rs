//! One connection type for both databases, chosen by the URL's scheme, and its pool.
//!
//! In goes a URL; out comes a pool of connections that all behave alike: UTC, foreign keys, a lock timeout, and on
//! SQLite WAL with full synchronisation. Holds: a PostgreSQL server that takes a connection and says nothing, or falls silent on
//! one, is given up in bounded time, unless the URL says otherwise. SQLite older than 3.51.3 is refused: it can corrupt a WAL file that two
//! connections use. Deliberately absent: the derived `establish`, which takes a mistyped `postgres:` URL for a file
//! name.

use super::StoreError;
use crate::settings;
use diesel::{
    ConnectionError, MultiConnection, PgConnection, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    prelude::*,
    r2d2,
};
use std::{
    ops::{Deref, DerefMut},
    time::{Duration, Instant},
};

/// A connection to either database.
#[derive(MultiConnection)]
pub(in crate::store) enum AnyConnection {
    /// The embedded default.
    Sqlite(SqliteConnection),
    /// The production server.
    Postgres(PgConnection),
}

/// Runs one statement written once against whichever connection there is.
macro_rules! on_either {
    ($connection:expr, $inner:ident => $body:expr) => {
        match $connection {
            $crate::store::connection::AnyConnection::Sqlite($inner) => $body,
            $crate::store::connection::AnyConnection::Postgres($inner) => $body,
        }
    };
}
pub(in crate::store) use on_either;

/// Which database a URL names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Url {
    Sqlite(String),
    Postgres(String),
}

impl Url {
    pub(in crate::store) fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            if path.is_empty() {
                return Err(StoreError::Unusable(format!("database url {url:?}: expected a file name after sqlite:")));
            }
            Ok(Self::Sqlite(path.to_owned()))
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Ok(Self::Postgres(url.to_owned()))
        } else {
            // The scheme only: the rest may hold a password.
            let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
            Err(StoreError::Unusable(format!(
                "database url: found the scheme {scheme:?}, expected sqlite:PATH or postgres://USER@HOST/NAME"
            )))
        }
    }
}

/// After so many seconds without a word on a connection the other end is asked whether it is there, so often every so many seconds;
/// what was sent and not taken for so many milliseconds will not be. A minute in all.
const SILENCE: &[(&str, &str)] = &[
    ("keepalives_idle", "30"),
    ("keepalives_interval", "10"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "60000"),
];

impl Url {
    /// The same, given up on where the server says nothing: at the start for longer than `start` (in whole seconds, two at least),
    /// later for a minute. What the URL says of these itself stands.
    fn patient_for(self, start: Duration) -> Self {
        let Self::Postgres(mut url) = self else { return self };
        let start = start.as_millis().div_ceil(1000).max(2).to_string();
        for (name, value) in [("connect_timeout", start.as_str())].iter().chain(SILENCE) {
            if !url.contains(&format!("{name}=")) {
                let joint = if url.contains('?') { '&' } else { '?' };
                url.push_str(&format!("{joint}{name}={value}"));
            }
        }
        Self::Postgres(url)
    }
}

/// A connection, and when it began or a transaction on it last ended as it was to.
pub(in crate::store) struct Live {
    connection: AnyConnection,
    pub(in crate::store) sound_at: Instant,
}

impl From<AnyConnection> for Live {
    fn from(connection: AnyConnection) -> Self {
        Self { connection, sound_at: Instant::now() }
    }
}

impl Deref for Live {
    type Target = AnyConnection;
    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Live {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}

/// For so long a connection is sound without being asked; who meets one whose server went away meanwhile has changed nothing and is
/// told to come back.
const TRUSTED_FOR: Duration = Duration::from_millis(100);

/// Makes and checks connections for the pool.
#[derive(Debug)]
pub(in crate::store) struct Opener {
    url: Url,
    lock_timeout_milliseconds: u64,
}

impl r2d2::ManageConnection for Opener {
    type Connection = Live;
    type Error = r2d2::Error;

    fn connect(&self) -> Result<Live, r2d2::Error> {
        let lock_timeout = self.lock_timeout_milliseconds;
        let mut connection = match &self.url {
            Url::Sqlite(path) => SqliteConnection::establish(path).map(AnyConnection::Sqlite),
            Url::Postgres(url) => PgConnection::establish(url).map(AnyConnection::Postgres),
        }
        .map_err(r2d2::Error::ConnectionError)?;
        let setup = match &connection {
            AnyConnection::Sqlite(_) => format!(
                "PRAGMA busy_timeout = {lock_timeout}; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536; PRAGMA temp_store = FILE;"
            ),
            AnyConnection::Postgres(_) => format!(
                "SET TIME ZONE 'UTC'; SET lock_timeout = {lock_timeout}; SET client_min_messages = warning; \
                 SET idle_in_transaction_session_timeout = '15min';"
            ),
        };
        connection.batch_execute(&setup).map_err(r2d2::Error::QueryError)?;
        Ok(connection.into())
    }

    fn is_valid(&self, live: &mut Live) -> Result<(), r2d2::Error> {
        if live.sound_at.elapsed() < TRUSTED_FOR {
            return Ok(());
        }
        live.batch_execute("SELECT 1").map_err(r2d2::Error::QueryError)
    }

    fn has_broken(&self, live: &mut Live) -> bool {
        std::thread::panicking() || on_either!(&mut live.connection, inner => is_inside_transaction(inner))
    }
}

fn is_inside_transaction<C>(connection: &mut C) -> bool
where
    C: Connection<TransactionManager = AnsiTransactionManager>,
    AnsiTransactionManager: TransactionManager<C>,
{
    AnsiTransactionManager::is_broken_transaction_manager(connection)
        || !matches!(AnsiTransactionManager::transaction_manager_status_mut(connection).transaction_depth(), Ok(None))
}

pub(in crate::store) type Pool = r2d2::Pool<Opener>;

/// Opens the pool and proves with one connection that the database answers.
pub(in crate::store) fn open_pool(settings: &settings::Database) -> Result<Pool, StoreError> {
    let url = Url::parse(&settings.url)?.patient_for(Duration::from_millis(settings.connection_timeout_milliseconds));
    let opener = Opener { url, lock_timeout_milliseconds: settings.lock_timeout_milliseconds };
    if matches!(opener.url, Url::Sqlite(_)) {
        refuse_old_sqlite()?;
    }
    // The pool would hide the reason of a failure until its timeout, so the first connection is made without it.
    r2d2::ManageConnection::connect(&opener).map_err(|error| {
        StoreError::Unusable(match error {
            r2d2::Error::ConnectionError(ConnectionError::BadConnection(reason)) => reason,
            other => other.to_string(),
        })
    })?;
    r2d2::Pool::builder()
        .max_size(settings.pool_connections)
        .min_idle(Some(0))
        .test_on_check_out(true)
        .connection_timeout(Duration::from_millis(settings.connection_timeout_milliseconds))
        .error_handler(Box::new(Logged))
        .build(opener)
        .map_err(|error| StoreError::Unusable(error.to_string()))
}

/// Writes the pool's background errors to the log.
#[derive(Debug)]
struct Logged;

impl<E: std::error::Error> r2d2::HandleError<E> for Logged {
    fn handle_error(&self, error: E) {
        tracing::warn!(%error, "a database connection could not be made");
    }
}

const OLDEST_SQLITE: (u32, u32, u32) = (3, 51, 3);

fn refuse_old_sqlite() -> Result<(), StoreError> {
    let number = libsqlite3_sys::SQLITE_VERSION_NUMBER as u32;
    let found = (number / 1_000_000, number / 1000 % 1000, number % 1000);
    if found < OLDEST_SQLITE {
        return Err(StoreError::Unusable(format!(
            "SQLite {}.{}.{} can corrupt a database two connections use; at least 3.51.3 is needed",
            found.0, found.1, found.2
        )));
    }
    Ok(())
}
