//! Import: a CSV file of reps, accounts, history, submissions or deals, or a GeoJSON file of territories, whole or not at all.
//!
//! In goes any stream of bytes and an administrator or a service; out comes how many rows were created, changed and
//! unchanged, or every row that is wrong, by line and column. Rows wait in a temporary table until the whole file has
//! been looked at, so a file with one bad row imports nothing, and a CSV file of any size needs the memory of a thousand
//! rows. Rows are recognised by the CRM's id (a submission by its account); what a file does not say stays as it is.
//! A rep who leaves and an account that went elsewhere end at once what hung on them.
//! Cost: linear in the file, plus a few sorted joins in the database.
//! Deliberately absent: deleting. What a file no longer names stays, until its `active` or owner says otherwise.

mod accounts;
mod cells;
mod columns;
mod countries;
mod deals;
mod header;
mod history;
mod postal;
mod reading;
mod refused;
mod reps;
mod source;
mod submissions;
mod table;
mod territories;
mod unpack;
mod whereabouts;

pub use columns::About;
pub use refused::{ImportError, ImportRefused, RowError};
pub use unpack::{Unpacked, unpacked_or_plain};

use super::{StoreError, Writer};
use crate::{
    domain::{
        closed::closed_list,
        principal::{Principal, Role},
    },
    settings,
    store::{
        audit::Change,
        staging::{self, Applied},
    },
};
use accounts::AccountRow;
use columns::Row;
use deals::DealRow;
use header::Names;
use history::HistoryRow;
use refused::Errors;
use reps::RepRow;
use serde::{Deserialize, Serialize};
use std::io::Read;
use submissions::SubmissionRow;
use table::whole;
use uuid::Uuid;

closed_list! {
    /// What a file holds.
    ImportKind {
        /// Reps, with their teams.
        Reps = "reps",
        /// Accounts.
        Accounts = "accounts",
        /// Ratings and history of pairs.
        History = "history",
        /// Submissions.
        Submissions = "submissions",
        /// Deals under way with accounts.
        Deals = "deals",
        /// Drawn territories, in GeoJSON.
        Territories = "territories",
    }
}

impl ImportKind {
    /// The media type of a file of this kind.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Reps | Self::Accounts | Self::History | Self::Submissions | Self::Deals => "text/csv",
            Self::Territories => "application/geo+json",
        }
    }

    /// The columns of this kind, in the order of the template; of a territory, what counts in a feature.
    pub fn columns(self) -> Vec<About> {
        fn about<R: Row>() -> Vec<About> {
            R::COLUMNS.iter().map(|column| column.about).collect()
        }
        match self {
            Self::Reps => about::<RepRow>(),
            Self::Accounts => about::<AccountRow>(),
            Self::History => about::<HistoryRow>(),
            Self::Submissions => about::<SubmissionRow>(),
            Self::Deals => about::<DealRow>(),
            Self::Territories => territories::MEMBERS.to_vec(),
        }
    }

    /// A file of this kind: the header and one example row. The examples fit together and can be imported.
    pub fn template(self) -> String {
        if self == Self::Territories {
            return territories::TEMPLATE.to_owned();
        }
        let columns = self.columns();
        let line = |cell: fn(&About) -> &'static str| columns.iter().map(cell).collect::<Vec<_>>().join(",");
        format!("{}\n{}\n", line(|about| about.name), line(|about| about.example))
    }
}

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportReport {
    /// What the file holds.
    #[schema(value_type = String)]
    pub kind: ImportKind,
    /// Rows in the file.
    pub rows: u64,
    /// Rows that are new.
    pub created: u64,
    /// Rows that were there and say something else now.
    pub changed: u64,
    /// Rows that say what was there.
    pub unchanged: u64,
    /// Whether it was a rehearsal, after which nothing is different.
    pub dry_run: bool,
}

/// Whether `who` may import at all; asked before a file is even received.
pub fn may_import(who: &Principal) -> Result<(), ImportError> {
    if matches!(who.role, Role::Admin | Role::Service) { Ok(()) } else { Err(ImportError::NotAllowed) }
}

/// Imports one file, or with `dry_run` does all the same and takes it back.
///
/// `mapping` names a set of foreign column names in the settings; the file's other columns are then ignored, and the
/// owner of an account may be named by the rep's name where only one rep has it.
///
/// The transaction is open while `reader` is read, and on SQLite nobody else writes meanwhile: a stream that may stall,
/// such as an upload, belongs into a file first.
pub fn import(
    writer: &mut Writer<'_>,
    settings: &settings::Import,
    who: &Principal,
    kind: ImportKind,
    mapping: Option<&str>,
    dry_run: bool,
    reader: impl Read + Send,
) -> Result<ImportReport, ImportError> {
    may_import(who)?;
    let work = |writer: &mut Writer<'_>| match kind {
        ImportKind::Reps => whole::<RepRow>(writer, settings, who, kind, mapping, reader),
        ImportKind::Accounts => whole::<AccountRow>(writer, settings, who, kind, mapping, reader),
        ImportKind::History => whole::<HistoryRow>(writer, settings, who, kind, mapping, reader),
        ImportKind::Submissions => whole::<SubmissionRow>(writer, settings, who, kind, mapping, reader),
        ImportKind::Deals => whole::<DealRow>(writer, settings, who, kind, mapping, reader),
        ImportKind::Territories => {
            Names::find(settings, kind, mapping)?;
            let done = territories::whole(writer, Errors::new(settings), settings.max_territories_bytes, reader)?;
            record(writer, who, "import", "import", Uuid::new_v4().to_string(), None);
            Ok(done)
        }
    };
    let done = if dry_run { staging::rehearse(writer, work) } else { work(writer) };
    let (rows, Applied { created, changed }) = done.map_err(|error| match error {
        ImportError::Store(StoreError::Raced) => {
            ImportError::Store(StoreError::Busy("another transaction changed what is being imported".to_owned()))
        }
        other => other,
    })?;
    Ok(ImportReport { kind, rows, created, changed, unchanged: rows - created - changed, dry_run })
}

/// Puts what an import did on record.
fn record(
    writer: &mut Writer<'_>,
    who: &Principal,
    action: &'static str,
    subject_kind: &'static str,
    subject_id: String,
    to_state: Option<&'static str>,
) {
    writer.record(Change { actor: who.clone(), action, subject_kind, subject_id, from_state: None, to_state });
}
