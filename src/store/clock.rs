//! What time a transaction says it is.
//!
//! In goes a connection; out comes the database's clock, which every replica shares, or a clock that is set by hand.
//! Holds: one transaction has one time, and whoever changes something asks for it; who only reads may be told what was said a
//! moment ago and how long ago that is. Deliberately absent: the clock of this machine.

use super::{StoreError, connection::AnyConnection};
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::{dsl::sql, prelude::*, select, sql_types::Timestamp};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::{self, Instant},
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

/// For so long readers are told the time by what the database said last, and so much too late a time at most.
const REMEMBERED_FOR: time::Duration = time::Duration::from_millis(100);

/// What the database's clock showed, and when it was asked: so nobody is told a time before one that is on record already.
#[derive(Clone, Copy)]
struct Heard {
    time: DateTime<Utc>,
    asked_at: Instant,
}

/// Whose clock counts.
#[derive(Clone)]
pub(in crate::store) enum Clock {
    /// The database's.
    Database(LastHeard),
    /// One that is set by hand.
    Hand(HandClock),
}

/// What was heard last; clones share it.
#[derive(Clone, Default)]
pub(in crate::store) struct LastHeard(Arc<Mutex<Option<Heard>>>);

impl Clock {
    /// The time in UTC, to the millisecond at least.
    pub(in crate::store) fn now(&self, connection: &mut AnyConnection) -> Result<DateTime<Utc>, StoreError> {
        let last = match self {
            Self::Hand(clock) => return Ok(clock.now()),
            Self::Database(last) => last,
        };
        let asked_at = Instant::now();
        let now: NaiveDateTime = match connection {
            AnyConnection::Sqlite(inner) => {
                select(sql::<Timestamp>("strftime('%Y-%m-%d %H:%M:%f', 'now')")).get_result(inner)?
            }
            AnyConnection::Postgres(inner) => {
                select(sql::<Timestamp>("clock_timestamp() AT TIME ZONE 'UTC'")).get_result(inner)?
            }
        };
        let time = now.and_utc();
        *last.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Heard { time, asked_at });
        Ok(time)
    }

    /// The same, or what follows from what the database said at most [`REMEMBERED_FOR`] ago: a question less for each read.
    pub(in crate::store) fn about_now(&self, connection: &mut AnyConnection) -> Result<DateTime<Utc>, StoreError> {
        if let Self::Database(last) = self {
            let heard = *last.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(Heard { time, asked_at }) = heard {
                let ago = asked_at.elapsed();
                if ago <= REMEMBERED_FOR {
                    return Ok(time + ago);
                }
            }
        }
        self.now(connection)
    }
}
