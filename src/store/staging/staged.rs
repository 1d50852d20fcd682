//! Rows as a file has them, each with its line.
//!
//! In go domain values; what comes out are plain structs, which the temporary tables take.
//! Deliberately absent: the database, so that what reads a file can be tried without one.

use crate::domain::{
    ids::{AccountId, RepId, SubmissionId, Version},
    money::OpenDeal,
    roster::{Account, AccountStatus, HistoryEntry, Rep},
    submission::Reason,
    units::Stars,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// A rep as a file has them.
#[derive(Debug)]
pub struct StagedRep {
    /// The line of the file.
    pub line: u64,
    /// The rep.
    pub rep: Rep,
    /// The manager of the rep's team.
    pub manager: RepId,
}

/// An account as a file has it.
#[derive(Debug)]
pub struct StagedAccount {
    /// The line of the file.
    pub line: u64,
    /// The account.
    pub account: Account,
    /// Whether it is still ours to serve.
    pub status: AccountStatus,
    /// The account it became part of.
    pub merged_into: Option<AccountId>,
}

/// A stretch of history as a file has it.
#[derive(Debug)]
pub struct StagedHistory {
    /// The line of the file.
    pub line: u64,
    /// The stretch.
    pub entry: HistoryEntry,
}

/// A submission as a file has it.
#[derive(Debug)]
pub struct StagedSubmission {
    /// The line of the file.
    pub line: u64,
    /// The id it gets if it is new.
    pub id: SubmissionId,
    /// The version it gets if it is new or changed.
    pub version: Version,
    /// The account.
    pub account: AccountId,
    /// Who says so; the owner where absent.
    pub rep: Option<RepId>,
    /// How the two get on.
    pub stars: Stars,
    /// Why.
    pub reasons: BTreeSet<Reason>,
    /// Whether the own manager may see the reasons.
    pub reasons_shared: bool,
    /// The rep's own note.
    pub note: String,
    /// When it is made.
    pub created_at: DateTime<Utc>,
}

/// A deal as a file has it.
#[derive(Debug)]
pub struct StagedDeal {
    /// The line of the file.
    pub line: u64,
    /// The deal.
    pub deal: OpenDeal,
    /// The account it is with.
    pub account: AccountId,
    /// Whether it has closed, won or lost.
    pub closed: bool,
}
