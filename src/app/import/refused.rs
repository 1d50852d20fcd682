//! Why a file was not imported: every wrong row by line and column, as far as it is told.
//!
//! In go errors as they turn up; out comes the refusal. What holds: the first errors by line are kept and the rest
//! counted, so that a file that is wrong throughout needs no more memory than one that is right.
//! Deliberately absent: what is wrong with a file, and how a refusal is answered.

use super::source::Stop;
use crate::{
    app::{Refused, StoreError, TransactionError},
    domain::Wrong,
    settings,
};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RowError {
    /// The line the row begins on, where the header is line 1; or the feature.
    pub line: u64,
    /// The column as the file calls it, or the number of the feature and where in it; empty where it is about the whole
    /// row or file.
    pub column: String,
    /// What stands there, shortened.
    pub found: String,
    /// What would have been right, in words.
    pub expected: String,
}

/// The most characters of a wrong value that are quoted.
const QUOTED_CHARACTERS: usize = 60;

impl RowError {
    /// What stands at a place and is not what it should be; what was found is shortened.
    pub(super) fn new(line: u64, column: impl Into<String>, found: String, expected: impl Into<String>) -> Self {
        let found = match found.char_indices().nth(QUOTED_CHARACTERS) {
            Some((end, _)) => format!("{}…", &found[..end]),
            None => found,
        };
        Self { line, column: column.into(), found, expected: expected.into() }
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, found, expected } = self;
        if column.is_empty() {
            write!(f, "line {line}: found {found}, expected {expected}")
        } else if found.is_empty() {
            write!(f, "line {line}, {column}: found nothing, expected {expected}")
        } else {
            write!(f, "line {line}, {column}: found {found:?}, expected {expected}")
        }
    }
}

/// Why a file was not imported. Nothing of it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportRefused {
    /// What is wrong, by line, as far as it is told.
    pub errors: Vec<RowError>,
    /// How much more is wrong.
    pub more: u64,
}

impl fmt::Display for ImportRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            error.fmt(f)?;
        }
        match self.more {
            0 => Ok(()),
            1 => write!(f, "\nand 1 more error"),
            more => write!(f, "\nand {more} more errors"),
        }
    }
}

/// Why an import did not happen. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The principal may not import.
    #[error("only an administrator or a service may import")]
    NotAllowed,
    /// The mapping asked for does not exist, or not for this kind, or names columns there are not.
    #[error("mapping: {0}")]
    Mapping(Wrong),
    /// The file is not right.
    #[error("{0}")]
    Refused(ImportRefused),
    /// The bytes could not be read to their end.
    #[error("the file could not be read: {0}")]
    Unreadable(std::io::Error),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Refused> for ImportError {
    /// A state machine that refuses what the store has just said is possible has met a store that is wrong.
    fn from(refused: Refused) -> Self {
        Self::Store(match refused {
            Refused::Store(error) => error,
            other => StoreError::Corrupt(other.to_string()),
        })
    }
}

impl TransactionError for ImportError {
    /// Never: the stream has been read and cannot be read again. The caller may send the file once more.
    fn is_raced(&self) -> bool {
        false
    }
}

/// Errors as they turn up: the first so many by line, and a count.
pub(super) struct Errors {
    pub(super) most: usize,
    kept: Vec<RowError>,
    pub(super) total: u64,
}

impl Errors {
    pub(super) fn new(settings: &settings::Import) -> Self {
        Self { most: settings.max_reported_errors, kept: Vec::new(), total: 0 }
    }

    pub(super) fn add(&mut self, error: RowError) {
        self.total += 1;
        self.kept.push(error);
        // Errors come in several rising runs; room for one more run keeps the sorting rare.
        if self.kept.len() > 2 * self.most + 16 {
            self.sort();
        }
    }

    fn sort(&mut self) {
        self.kept.sort_by_key(|error| error.line);
        self.kept.truncate(self.most);
    }

    pub(super) fn refusal(mut self) -> ImportError {
        self.sort();
        let more = self.total - self.kept.len() as u64;
        ImportError::Refused(ImportRefused { errors: self.kept, more })
    }
}

/// What a stream that gave no next record makes of the errors so far.
pub(super) fn stopped(stop: Stop, mut errors: Errors) -> ImportError {
    match stop {
        Stop::File(error) => {
            errors.add(error);
            errors.refusal()
        }
        Stop::Unreadable(error) => ImportError::Unreadable(error),
    }
}
