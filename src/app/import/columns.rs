//! The columns of a kind of file, as data: what the template prints, the messages quote and the importer reads by.
//!
//! In goes a row's fields; out comes a staged row, or every cell that is wrong. A column that is not in the file leaves
//! what the store knows as it is, and takes its default in a new row; an empty cell means the default. Each kind of row
//! has a file of its own beside this one.
//! Deliberately absent: what several rows say together, and what the store says about them.

use crate::{
    domain::Wrong,
    store::{StoreError, Writer, staging::Shape},
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

/// What is written about a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct About {
    /// The column's name.
    pub name: &'static str,
    /// What an empty cell of it, or a new row without it, takes; absent where the column is required.
    pub default: Option<&'static str>,
    /// What it says.
    pub meaning: &'static str,
    /// What may stand in it.
    pub example: &'static str,
}

/// A column and how its cell is taken.
pub(super) struct Column<R> {
    pub(super) about: About,
    /// The column that may be there in its place.
    instead: Option<&'static str>,
    set: fn(&mut R, &str) -> Result<(), Wrong>,
}

impl<R> Column<R> {
    /// Whether a file with the columns `given` lacks this one.
    pub(super) fn is_missing(&self, given: &BTreeSet<&str>) -> bool {
        let is_required = self.about.default.is_none() || self.instead.is_some_and(|other| !given.contains(other));
        is_required && !given.contains(self.about.name)
    }

    /// Takes a field into a row.
    pub(super) fn take(&self, row: &mut R, text: &str) -> Result<(), Wrong> {
        match (text.is_empty(), self.about.default) {
            (false, _) => (self.set)(row, text),
            (true, Some(_)) => Ok(()),
            (true, None) => Err(Wrong::new("", format!("{} (it is required)", self.about.meaning))),
        }
    }
}

/// Puts a sound value where it belongs.
pub(super) fn put<T>(slot: &mut T, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *slot = value?;
    Ok(())
}

/// Puts a sound value where there may be none.
pub(super) fn put_some<T>(slot: &mut Option<T>, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *slot = Some(value?);
    Ok(())
}

/// A required column.
pub(super) const fn required<R>(
    name: &'static str,
    meaning: &'static str,
    example: &'static str,
    set: fn(&mut R, &str) -> Result<(), Wrong>,
) -> Column<R> {
    Column { about: About { name, default: None, meaning, example }, instead: None, set }
}

/// A column that must be there unless `instead` is.
pub(super) const fn replaceable<R>(
    name: &'static str,
    instead: &'static str,
    default: &'static str,
    meaning: &'static str,
    example: &'static str,
    set: fn(&mut R, &str) -> Result<(), Wrong>,
) -> Column<R> {
    Column { about: About { name, default: Some(default), meaning, example }, instead: Some(instead), set }
}

/// A column that may be absent.
pub(super) const fn optional<R>(
    name: &'static str,
    default: &'static str,
    meaning: &'static str,
    example: &'static str,
    set: fn(&mut R, &str) -> Result<(), Wrong>,
) -> Column<R> {
    Column { about: About { name, default: Some(default), meaning, example }, instead: None, set }
}

/// A kind of row: its columns, its beginning and its end.
pub(super) trait Row: Clone + 'static {
    /// What the temporary table takes.
    type Staged: Send;
    /// Its columns, in the order of the template.
    const COLUMNS: &'static [Column<Self>];
    /// Where it is kept.
    const SHAPE: &'static Shape;

    /// A row with every default; what is required is always overwritten.
    fn blank() -> Self;

    /// Looks at the cells together. Wrong ones are told with the name of a column.
    fn finish(self, line: u64, now: DateTime<Utc>) -> Result<Self::Staged, (&'static str, Wrong)>;

    /// Puts rows into the temporary table.
    fn stage(writer: &mut Writer<'_>, rows: &[Self::Staged]) -> Result<(), StoreError>;
}
pub(super) fn placeholder<T: std::str::FromStr<Err = Wrong>>() -> T {
    "zz".parse().expect("a sound word")
}
