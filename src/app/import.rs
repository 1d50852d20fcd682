//! Import: a CSV file of reps, accounts, history, submissions or deals, or a GeoJSON file of territories, whole or not at all.
//!
//! In goes any stream of bytes and an administrator or a service; out comes how many rows were created, changed and
//! unchanged, or every row that is wrong, by line and column. Rows wait in a temporary table until the whole file has
//! been looked at, so a file with one bad row imports nothing, and a CSV file of any size needs the memory of a thousand
//! rows. Rows are recognised by the CRM's id (a submission by its account); what a file does not say stays as it is.
//! A rep who leaves and an account that went elsewhere end at once what hung on them.
//! Cost: linear in the file, plus a few sorted joins in the database.
//! Deliberately absent: deleting. What a file no longer names stays, until its `active` or owner says otherwise.

mod cells;
mod columns;
mod countries;
mod deals;
mod postal;
mod source;
mod territories;

pub use columns::About;

use super::{Refused, StoreError, TransactionError, Writer, abuse, invalidate, triage};
use crate::{
    domain::{
        Wrong,
        closed::closed_list,
        principal::{Principal, Role},
        submission::{SubmissionAction, SubmissionState},
    },
    settings,
    store::{
        ROWS_A_STATEMENT,
        audit::Change,
        people,
        staging::{self, Applied, Findings},
    },
};
use columns::{AccountRow, Column, HistoryRow, RepRow, Row, SubmissionRow};
use deals::DealRow;
use serde::{Deserialize, Serialize};
use source::{Record, Records, Stop};
use std::{collections::BTreeSet, fmt, io::Read};
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
    fn new(line: u64, column: impl Into<String>, found: String, expected: impl Into<String>) -> Self {
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
    reader: impl Read,
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
            let done = territories::whole(writer, Errors::new(settings), reader)?;
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

/// Errors as they turn up: the first so many by line, and a count.
struct Errors {
    most: usize,
    kept: Vec<RowError>,
    total: u64,
}

impl Errors {
    fn new(settings: &settings::Import) -> Self {
        Self { most: settings.max_reported_errors, kept: Vec::new(), total: 0 }
    }

    fn add(&mut self, error: RowError) {
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

    fn refusal(mut self) -> ImportError {
        self.sort();
        let more = self.total - self.kept.len() as u64;
        ImportError::Refused(ImportRefused { errors: self.kept, more })
    }
}

fn stopped(stop: Stop, mut errors: Errors) -> ImportError {
    match stop {
        Stop::File(error) => {
            errors.add(error);
            errors.refusal()
        }
        Stop::Unreadable(error) => ImportError::Unreadable(error),
    }
}

/// Reads one file to its end, looks it over, brings it in and puts that on record. Returns the rows read.
fn whole<R: Row>(
    writer: &mut Writer<'_>,
    settings: &settings::Import,
    who: &Principal,
    kind: ImportKind,
    mapping: Option<&str>,
    reader: impl Read,
) -> Result<(u64, Applied), ImportError> {
    let names = Names::find(settings, kind, mapping)?;
    let mut errors = Errors::new(settings);
    let mut records = match Records::open(reader, settings.max_row_bytes) {
        Ok(records) => records,
        Err(stop) => return Err(stopped(stop, errors)),
    };
    let header = match records.next() {
        Ok(Some((line, record))) => Header::<R>::read(line, record, &names, &mut errors),
        Ok(None) => {
            let nothing = RowError::new(1, "", "an empty file".to_owned(), "a line with the names of the columns");
            return Err(stopped(Stop::File(nothing), errors));
        }
        Err(stop) => return Err(stopped(stop, errors)),
    };
    if errors.total > 0 {
        return Err(errors.refusal());
    }
    staging::open(writer, R::SHAPE)?;
    let (blank, now) = (R::blank(), writer.now());
    let mut batch = Vec::with_capacity(ROWS_A_STATEMENT);
    let mut rows = 0;
    loop {
        let (line, record) = match records.next() {
            Ok(Some(next)) => next,
            Ok(None) => break,
            Err(stop) => return Err(stopped(stop, errors)),
        };
        rows += 1;
        if let Some(row) = header.row(&blank, line, record, &mut errors) {
            match row.finish(line, now) {
                Ok(staged) => batch.push(staged),
                Err((name, wrong)) => errors.add(header.error(line, name, wrong)),
            }
        }
        if batch.len() == ROWS_A_STATEMENT {
            R::stage(writer, &batch)?;
            batch.clear();
        }
    }
    if !batch.is_empty() {
        R::stage(writer, &batch)?;
    }
    staging::complete(writer, R::SHAPE)?;
    if kind == ImportKind::Accounts && mapping.is_some() {
        staging::resolve_owner_names(writer)?;
    }
    if header.places_by_code_only {
        staging::keep_exact_places(writer, R::SHAPE)?;
    }
    look_over(writer, kind, &header, &mut errors, mapping.is_some())?;
    if errors.total > 0 {
        return Err(errors.refusal());
    }
    let applied = apply(writer, who, kind, &header.given)?;
    staging::close(writer, R::SHAPE)?;
    record(writer, who, "import", "import", Uuid::new_v4().to_string(), None);
    Ok((rows, applied))
}

/// What several rows, or rows and the store, say together.
fn look_over<R: Row>(
    writer: &mut Writer<'_>,
    kind: ImportKind,
    header: &Header<R>,
    errors: &mut Errors,
    mapped: bool,
) -> Result<(), ImportError> {
    let most = errors.most;
    let mut all = |column: &'static str, found: Findings, expected: &dyn Fn(&staging::Finding) -> String| {
        let told = found.first.len() as u64;
        for finding in found.first {
            let expected = expected(&finding);
            errors.add(header.error(finding.line as u64, column, Wrong::new(finding.found, expected)));
        }
        errors.total += found.total - told;
    };
    let key = if kind == ImportKind::Submissions { "account" } else { "id" };
    all(key, staging::repetitions(writer, R::SHAPE, most)?, &|finding| {
        format!("each {key} once in a file; line {} has it already", finding.other_line)
    });
    let rep = |_: &staging::Finding| "the id of a rep that exists".to_owned();
    let account = |_: &staging::Finding| "the id of an account that exists".to_owned();
    match kind {
        ImportKind::Reps => {
            all("manager", staging::second_managers(writer, most)?, &|finding| {
                format!("one manager a team; line {} says {}", finding.other_line, finding.other)
            });
        }
        ImportKind::Accounts => {
            let owner = |_: &staging::Finding| {
                let by_name = if mapped { ", or a name that exactly one rep has" } else { "" };
                format!("the id of a rep that exists{by_name}")
            };
            all("owner", staging::unknown_reps(writer, R::SHAPE, "owner", most)?, &owner);
            if header.given.contains("conflicts") {
                all("conflicts", staging::unknown_reps(writer, R::SHAPE, "conflicts", most)?, &rep);
            }
            if header.given.contains("merged_into") {
                all("merged_into", staging::merged_into_nothing(writer, most)?, &|_| {
                    "the id of another account that exists".to_owned()
                });
            }
            if header.given.contains("parent") {
                all("parent", staging::circular_parents(writer, most)?, &|finding| match finding.other.as_str() {
                    "circle" => "a parent that does not lead back to the account itself".to_owned(),
                    _ => format!("a parent with at most {} parents above one another", staging::DEEPEST_FAMILY),
                });
            }
        }
        ImportKind::History => {
            all("rep", staging::unknown_reps(writer, R::SHAPE, "rep", most)?, &rep);
            all("account", staging::unknown_accounts(writer, R::SHAPE, "account", most)?, &account);
        }
        ImportKind::Deals => {
            all("account", staging::unknown_accounts(writer, R::SHAPE, "account", most)?, &account);
        }
        ImportKind::Territories => {}
        ImportKind::Submissions => {
            all("account", staging::unknown_accounts(writer, R::SHAPE, "account", most)?, &account);
            all("rep", staging::strangers(writer, most)?, &|finding| {
                format!("the rep who owns the account, {}", finding.other)
            });
            all("account", staging::no_customers(writer, most)?, &|finding| {
                format!("an account that is still a customer; this one is {}", finding.other)
            });
            all("account", staging::untouchable(writer, &header.given, most)?, &|finding| {
                match finding.other.as_str() {
                    "parted" => "an account that the company has not parted with",
                    "reserved" => "an account whose submission is not reserved by a proposal",
                    "draft" => "an account whose submission is not being written by its rep",
                    _ => "an account without a live submission of a former owner",
                }
                .to_owned()
            });
        }
    }
    Ok(())
}

/// Brings what is staged into the real tables.
fn apply(
    writer: &mut Writer<'_>,
    who: &Principal,
    kind: ImportKind,
    given: &BTreeSet<&'static str>,
) -> Result<Applied, ImportError> {
    Ok(match kind {
        ImportKind::Reps => {
            let applied = staging::apply_reps(writer, given)?;
            people::bar_all(writer)?;
            invalidate::of_leavers(writer, who)?;
            applied
        }
        ImportKind::History => staging::apply_history(writer, given)?,
        ImportKind::Deals => staging::apply_deals(writer, given)?,
        ImportKind::Accounts => {
            let applied = staging::apply_accounts(writer, given)?;
            if given.contains("traits") {
                abuse::declare_by_the_crm(writer, who)?;
            }
            invalidate::of_accounts(writer, who)?;
            applied
        }
        ImportKind::Submissions => {
            let (applied, new) = staging::apply_submissions(writer, given)?;
            for id in &new {
                let (action, open) = (SubmissionAction::Submit.as_str(), SubmissionState::Open.as_str());
                record(writer, who, action, "submission", id.to_string(), Some(open));
            }
            triage::hold_back(writer, who, &new)?;
            applied
        }
        ImportKind::Territories => Applied::default(),
    })
}

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

/// How the file calls our columns.
struct Names<'a> {
    mapping: Option<&'a std::collections::BTreeMap<String, String>>,
}

impl<'a> Names<'a> {
    fn find(settings: &'a settings::Import, kind: ImportKind, mapping: Option<&str>) -> Result<Self, ImportError> {
        let Some(name) = mapping else { return Ok(Self { mapping: None }) };
        let known = |keys: Vec<&String>| keys.iter().map(|key| key.as_str()).collect::<Vec<_>>().join(", ");
        let Some(kinds) = settings.mappings.get(name) else {
            let known = known(settings.mappings.keys().collect());
            return Err(ImportError::Mapping(Wrong::new(
                name,
                format!("one of the mappings in the settings: {known}"),
            )));
        };
        let Some(columns) = kinds.get(kind.as_str()) else {
            let known = known(kinds.keys().collect());
            return Err(ImportError::Mapping(Wrong::new(
                format!("{name}.{kind}"),
                format!("a kind this mapping has: {known}"),
            )));
        };
        let ours = kind.columns();
        if let Some(stray) = columns.keys().find(|key| ours.iter().all(|about| about.name != key.as_str())) {
            return Err(ImportError::Mapping(Wrong::new(
                format!("{name}.{kind}.{stray}"),
                format!("a column of {kind}{}", closest(stray, ours.iter().map(|about| about.name))),
            )));
        }
        Ok(Self { mapping: Some(columns) })
    }

    /// What the file calls a column of ours; nothing where the mapping does not have it.
    fn theirs(&self, ours: &'static str) -> Option<&str> {
        match self.mapping {
            None => Some(ours),
            Some(mapping) => mapping.get(ours).map(String::as_str),
        }
    }
}

/// Which column stands where in this file.
struct Header<R: 'static> {
    /// For each field of a record: the column, and what the file calls it.
    fields: Vec<Option<(&'static Column<R>, String)>>,
    /// Our names of the columns there are, and of those that follow from them.
    given: BTreeSet<&'static str>,
    /// Whether all the file knows of places is their postal codes.
    places_by_code_only: bool,
}

impl<R: Row> Header<R> {
    fn read(line: u64, record: Record<'_>, names: &Names<'_>, errors: &mut Errors) -> Self {
        let mut header =
            Self { fields: Vec::with_capacity(record.len()), given: BTreeSet::new(), places_by_code_only: false };
        let known: Vec<(&Column<R>, &str)> =
            R::COLUMNS.iter().filter_map(|column| Some((column, names.theirs(column.about.name)?))).collect();
        let separators = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];
        for (separator, word) in separators {
            if record.len() == 1 && record.field(0).contains(separator) {
                let found = format!("fields separated by {word}");
                errors.add(RowError::new(line, "", found, "fields separated by commas"));
                return header;
            }
        }
        for text in record.fields().map(str::trim) {
            let column = known.iter().find(|(_, theirs)| *theirs == text).map(|(column, _)| *column);
            match column {
                Some(column) if !header.given.insert(column.about.name) => {
                    errors.add(RowError::new(line, text, text.to_owned(), "each column once"));
                }
                Some(_) => {}
                None if names.mapping.is_some() => {}
                None => {
                    let hint = closest(text, known.iter().map(|(_, theirs)| *theirs));
                    let expected = format!("the name of a column{hint}");
                    errors.add(RowError::new(line, "header", text.to_owned(), expected));
                }
            }
            header.fields.push(column.map(|column| (column, text.to_owned())));
        }
        for (column, theirs) in &known {
            if column.is_missing(&header.given) {
                let expected = format!("a column of this name: {}", column.about.meaning);
                errors.add(RowError::new(line, *theirs, String::new(), expected));
            }
        }
        for column in R::COLUMNS.iter().filter(|column| column.is_missing(&header.given)) {
            if names.theirs(column.about.name).is_none() {
                let expected = format!("the mapping to say which column holds {}", column.about.meaning);
                errors.add(RowError::new(line, column.about.name, String::new(), expected));
            }
        }
        header.places_by_code_only = header.given.contains("postal_code") && !header.given.contains("lat");
        // A place is one thing: coordinates of a row bring their mark, and a postal code brings both.
        if header.given.contains("postal_code") || header.given.contains("lat") {
            header.given.extend(["lat", "lon", "approximate"]);
        }
        // What became of an account is one thing too.
        if header.given.contains("status") || header.given.contains("merged_into") {
            header.given.extend(["status", "merged_into"]);
        }
        header
    }

    /// The row of a record, or nothing where a cell is wrong.
    fn row(&self, blank: &R, line: u64, record: Record<'_>, errors: &mut Errors) -> Option<R> {
        if record.len() != self.fields.len() {
            let found = format!("{} fields", record.len());
            errors.add(RowError::new(line, "", found, format!("{} fields, as in the header", self.fields.len())));
            return None;
        }
        let mut row = blank.clone();
        let before = errors.total;
        for (field, text) in self.fields.iter().zip(record.fields()) {
            let Some((column, theirs)) = field else { continue };
            if let Err(wrong) = column.take(&mut row, text) {
                errors.add(RowError::new(line, theirs.as_str(), wrong.found, wrong.expected));
            }
        }
        (errors.total == before).then_some(row)
    }

    /// An error about one of our columns, in the file's words.
    fn error(&self, line: u64, name: &'static str, wrong: Wrong) -> RowError {
        let theirs = self.fields.iter().flatten().find(|(column, _)| column.about.name == name);
        let column = theirs.map_or(name, |(_, theirs)| theirs.as_str());
        RowError::new(line, column, wrong.found, wrong.expected)
    }
}

/// "; did you mean …?" where a known word is close to the one found.
fn closest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let lower = word.to_lowercase();
    let near = known
        .map(|candidate| (distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count() / 4)
        .min();
    near.map_or_else(String::new, |(_, candidate)| format!("; did you mean {candidate}?"))
}

/// How many letters must be put in, left out or exchanged (Levenshtein, "Binary codes capable of correcting
/// deletions, insertions, and reversals", 1966). Words longer than 64 letters are far from everything.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().take(65).collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.chars().take(65).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, r) in right.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (above + 1).min(row[j] + 1).min(diagonal + usize::from(l != *r));
            diagonal = above;
        }
    }
    row[right.len()]
}
