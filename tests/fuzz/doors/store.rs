//! A store that keeps nothing and finds nothing, and what else the doors lean on and is not tried.
//!
//! In go rows; out comes that all is well. Holds: rows come by rising lines.
//! Deliberately absent: a database.

use crate::domain::{Wrong, principal::Principal};
use actix_web::ResponseError;
use chrono::{DateTime, Utc};
use std::{fmt, marker::PhantomData};

/// How many rows come at a time; the real store's number.
pub const ROWS_A_STATEMENT: usize = 1000;

/// A transaction of nothing.
pub struct Writer<'a> {
    now: DateTime<Utc>,
    line: u64,
    rows: u64,
    life: PhantomData<&'a ()>,
}

/// The same.
pub type Reader<'a> = Writer<'a>;

impl Writer<'_> {
    /// A new one at a time.
    pub fn at(now: DateTime<Utc>) -> Self {
        Self { now, line: 0, rows: 0, life: PhantomData }
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub fn record(&mut self, _: audit::Change) {}

    fn add(&mut self, lines: impl Iterator<Item = u64>) -> Result<(), StoreError> {
        for line in lines {
            assert!(line > self.line, "rows come by rising lines");
            (self.line, self.rows) = (line, self.rows + 1);
        }
        Ok(())
    }
}

/// Why the store could not; this one always can.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("raced")]
    Raced,
    #[error("{0}")]
    Busy(String),
    #[error("{0}")]
    Corrupt(String),
}

pub trait TransactionError: From<StoreError> {
    fn is_raced(&self) -> bool;
}

/// A refusal on its way to the caller.
#[derive(Debug)]
pub struct Problem(&'static str);

impl Problem {
    pub fn malformed(code: &'static str, _: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self(code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl ResponseError for Problem {}

pub mod audit {
    use super::Principal;

    pub struct Change {
        pub actor: Principal,
        pub action: &'static str,
        pub subject_kind: &'static str,
        pub subject_id: String,
        pub from_state: Option<&'static str>,
        pub to_state: Option<&'static str>,
    }
}

/// What other verbs do after an import.
pub mod app {
    use super::{StoreError, Wrong};

    #[derive(Debug, thiserror::Error)]
    pub enum Refused {
        #[error(transparent)]
        Store(#[from] StoreError),
        #[error("{0}")]
        Wrong(Wrong),
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub struct Page<K> {
        pub after: Option<K>,
        pub limit: i64,
    }

    pub mod abuse {
        use crate::store::{Principal, StoreError, Writer};

        pub fn declare_by_the_crm(_: &mut Writer<'_>, _: &Principal) -> Result<(), StoreError> {
            Ok(())
        }
    }

    pub mod invalidate {
        use crate::store::{Principal, StoreError, Writer};

        pub fn of_leavers(_: &mut Writer<'_>, _: &Principal) -> Result<(), StoreError> {
            Ok(())
        }
        pub fn of_accounts(_: &mut Writer<'_>, _: &Principal) -> Result<(), StoreError> {
            Ok(())
        }
    }

    pub mod triage {
        use crate::{
            domain::ids::SubmissionId,
            store::{Principal, StoreError, Writer},
        };

        pub fn hold_back(_: &mut Writer<'_>, _: &Principal, _: &[SubmissionId]) -> Result<(), StoreError> {
            Ok(())
        }
    }
}

pub mod people {
    use super::{StoreError, Writer};

    pub fn bar_all(_: &mut Writer<'_>) -> Result<(), StoreError> {
        Ok(())
    }
}

pub mod territories {
    use super::{StoreError, Writer, staging::Applied};
    use crate::domain::territory::Territory;

    pub fn apply(_: &mut Writer<'_>, all: &[Territory]) -> Result<Applied, StoreError> {
        Ok(Applied { created: all.len() as u64, changed: 0 })
    }
}

pub mod staging {
    use super::{StoreError, Writer};
    use crate::domain::ids::SubmissionId;
    use std::collections::BTreeSet;

    pub use crate::rows::{
        shape::{ACCOUNTS, DEALS, HISTORY, REPS, SUBMISSIONS, Shape},
        staged::{StagedAccount, StagedDeal, StagedHistory, StagedRep, StagedSubmission},
    };

    pub const DEEPEST_FAMILY: u32 = 32;

    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
    pub struct Applied {
        pub created: u64,
        pub changed: u64,
    }

    pub struct Finding {
        pub line: i64,
        pub found: String,
        pub other_line: i64,
        pub other: String,
    }

    #[derive(Default)]
    pub struct Findings {
        pub first: Vec<Finding>,
        pub total: u64,
    }

    type Given = BTreeSet<&'static str>;

    pub fn rehearse<T, E>(writer: &mut Writer<'_>, work: impl FnOnce(&mut Writer<'_>) -> Result<T, E>) -> Result<T, E> {
        work(writer)
    }

    pub fn take_turn(_: &mut Writer<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    pub fn open(writer: &mut Writer<'_>, _: &Shape) -> Result<(), StoreError> {
        (writer.line, writer.rows) = (0, 0);
        Ok(())
    }

    pub fn complete(_: &mut Writer<'_>, _: &Shape) -> Result<(), StoreError> {
        Ok(())
    }

    pub fn close(_: &mut Writer<'_>, _: &Shape) -> Result<(), StoreError> {
        Ok(())
    }

    pub fn add_reps(writer: &mut Writer<'_>, rows: &[StagedRep]) -> Result<(), StoreError> {
        writer.add(rows.iter().map(|row| row.line))
    }

    pub fn add_accounts(writer: &mut Writer<'_>, rows: &[StagedAccount]) -> Result<(), StoreError> {
        writer.add(rows.iter().map(|row| row.line))
    }

    pub fn add_history(writer: &mut Writer<'_>, rows: &[StagedHistory]) -> Result<(), StoreError> {
        writer.add(rows.iter().map(|row| row.line))
    }

    pub fn add_submissions(writer: &mut Writer<'_>, rows: &[StagedSubmission]) -> Result<(), StoreError> {
        writer.add(rows.iter().map(|row| row.line))
    }

    pub fn add_deals(writer: &mut Writer<'_>, rows: &[StagedDeal]) -> Result<(), StoreError> {
        writer.add(rows.iter().map(|row| row.line))
    }

    pub fn resolve_owner_names(_: &mut Writer<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    pub fn keep_exact_places(_: &mut Writer<'_>, _: &Shape) -> Result<(), StoreError> {
        Ok(())
    }

    pub fn repetitions(_: &mut Writer<'_>, _: &Shape, _: usize) -> Result<Findings, StoreError> {
        Ok(Findings::default())
    }

    pub fn unknown_reps(_: &mut Writer<'_>, _: &Shape, _: &str, _: usize) -> Result<Findings, StoreError> {
        Ok(Findings::default())
    }

    pub fn unknown_accounts(_: &mut Writer<'_>, _: &Shape, _: &str, _: usize) -> Result<Findings, StoreError> {
        Ok(Findings::default())
    }

    pub fn second_managers(_: &mut Writer<'_>, _: usize) -> Result<Findings, StoreError> {
        Ok(Findings::default())
    }

    pub fn merged_into_nothing(_: &mut Writer<'_>, _: usize) -> Result<Findings, StoreError> {
        Ok(Findings::default())
    }

    pub fn circular_parents(_: &mut Writer<'_>, _: usize) -> Result<Findings, StoreError> {
        Ok(Findings::default())
    }

    pub fn strangers(_: &mut Writer<'_>, _: usize) -> Result<Findings, StoreError> {
        Ok(Findings::default())
    }

    pub fn no_customers(_: &mut Writer<'_>, _: usize) -> Result<Findings, StoreError> {
        Ok(Findings::default())
    }

    pub fn untouchable(_: &mut Writer<'_>, _: &Given, _: usize) -> Result<Findings, StoreError> {
        Ok(Findings::default())
    }

    pub fn apply_reps(writer: &mut Writer<'_>, _: &Given) -> Result<Applied, StoreError> {
        Ok(Applied { created: writer.rows, changed: 0 })
    }

    pub fn apply_accounts(writer: &mut Writer<'_>, _: &Given) -> Result<Applied, StoreError> {
        Ok(Applied { created: writer.rows, changed: 0 })
    }

    pub fn apply_history(writer: &mut Writer<'_>, _: &Given) -> Result<Applied, StoreError> {
        Ok(Applied { created: writer.rows, changed: 0 })
    }

    pub fn apply_deals(writer: &mut Writer<'_>, _: &Given) -> Result<Applied, StoreError> {
        Ok(Applied { created: writer.rows, changed: 0 })
    }

    pub fn apply_submissions(writer: &mut Writer<'_>, _: &Given) -> Result<(Applied, Vec<SubmissionId>), StoreError> {
        Ok((Applied { created: writer.rows, changed: 0 }, Vec::new()))
    }
}
