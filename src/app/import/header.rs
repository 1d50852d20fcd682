//! The first line of a file: which column stands where, and what the file calls it.
//!
//! In go a record and the names of a mapping, if one is asked for; out comes a [`Header`], by which rows are read and
//! errors told in the file's own words. A word that is close to a column's name is hinted at.
//! Deliberately absent: what stands in the rows.

use super::{
    ImportKind,
    columns::{Column, Row},
    refused::{Errors, ImportError, RowError},
    source::Record,
};
use crate::{domain::Wrong, settings};
use std::collections::BTreeSet;

/// How the file calls our columns.
pub(super) struct Names<'a> {
    mapping: Option<&'a std::collections::BTreeMap<String, String>>,
}

impl<'a> Names<'a> {
    /// The names of a mapping, or our own where none is asked for.
    pub(super) fn find(
        settings: &'a settings::Import,
        kind: ImportKind,
        mapping: Option<&str>,
    ) -> Result<Self, ImportError> {
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
pub(super) struct Header<R: 'static> {
    /// For each field of a record: the column, and what the file calls it.
    fields: Vec<Option<(&'static Column<R>, String)>>,
    /// Our names of the columns there are, and of those that follow from them.
    pub(super) given: BTreeSet<&'static str>,
    /// Whether all the file knows of places is their postal codes.
    pub(super) places_by_code_only: bool,
}

impl<R: Row> Header<R> {
    /// Reads the first line; what is wrong with it is added to `errors`.
    pub(super) fn read(line: u64, record: Record<'_>, names: &Names<'_>, errors: &mut Errors) -> Self {
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
    pub(super) fn row(&self, blank: &R, line: u64, record: Record<'_>, errors: &mut Errors) -> Option<R> {
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
    pub(super) fn error(&self, line: u64, name: &'static str, wrong: Wrong) -> RowError {
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
