//! What time a transaction says it is.
//!
//! In goes a connection; out comes the database's clock, which every replica shares, or a clock that is set by hand.
//! Holds: one transaction has one time. Deliberately absent: the clock of this machine.

use super::{StoreError, connection::AnyConnection};
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::{dsl::sql, prelude::*, select, sql_types::Timestamp};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// A clock that stands still until somebody moves it, for a year that passes in a minute; clones show the same time.
#[derive(Debug, Clone)]
pub struct HandClock(Arc<AtomicI64>);

impl HandClock {
    /// A clock that shows `time`, to the microsecond.
    pub fn showing(time: DateTime<Utc>) -> Self {
        Self(Arc::new(AtomicI64::new(time.timestamp_micros())))
    }

    /// Moves it; back, where `by` is negative.
    pub fn move_by(&self, by: Duration) {
        self.0.fetch_add(by.num_microseconds().expect("some centuries at most"), Ordering::SeqCst);
    }

    /// What it shows.
    pub fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0.load(Ordering::SeqCst)).expect("within chrono's range")
    }
}

/// Whose clock counts.
#[derive(Clone, Default)]
pub(in crate::store) enum Clock {
    /// The database's.
    #[default]
    Database,
    /// One that is set by hand.
    Hand(HandClock),
}

impl Clock {
    /// The time in UTC, to the millisecond at least.
    pub(in crate::store) fn now(&self, connection: &mut AnyConnection) -> Result<DateTime<Utc>, StoreError> {
        let now: NaiveDateTime = match (self, connection) {
            (Self::Hand(clock), _) => return Ok(clock.now()),
            (Self::Database, AnyConnection::Sqlite(inner)) => {
                select(sql::<Timestamp>("strftime('%Y-%m-%d %H:%M:%f', 'now')")).get_result(inner)?
            }
            (Self::Database, AnyConnection::Postgres(inner)) => {
                select(sql::<Timestamp>("clock_timestamp() AT TIME ZONE 'UTC'")).get_result(inner)?
            }
        };
        Ok(now.and_utc())
    }
}
