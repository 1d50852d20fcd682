//! Bytes to a market.
//!
//! In: a file in one of two formats, which its first sign tells apart. Out: a [`Market`], or the first thing that is
//! not right: where, what was found, and what was expected.
//! Holds: no input makes it panic; nothing is allocated for a number a file claims, only for what it has.
//! Costs: linear in the file but for sorting; memory below the size of the file.
//! Absent: guesses at what a broken file may have meant.

mod dimacs;
mod exchange;

use super::market::Market;
use std::fmt;
use std::io::{self, BufRead};
use std::str::FromStr;

/// How a market is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON: offers, reps, arcs or moves.
    Exchange,
    /// Text: a graph, `p edge N M` and `e U V W`.
    Dimacs,
}

impl FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "exchange" => Ok(Self::Exchange),
            "dimacs" => Ok(Self::Dimacs),
            _ => Err("expected exchange or dimacs".to_owned()),
        }
    }
}

/// What a UTF-8 text may begin with and a market may not.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Reads a market; without a format, `{` at the beginning says exchange and anything else dimacs.
///
/// Errors: [`ReadError`] with the first thing that is not right.
///
/// Cost: `O(b + m log m)` for `b` bytes and `m` arcs.
pub fn read(mut input: impl BufRead, format: Option<Format>) -> Result<Market, ReadError> {
    let first = first_sign(&mut input)?;
    match format.unwrap_or(if first.sign == Some(b'{') { Format::Exchange } else { Format::Dimacs }) {
        Format::Exchange => exchange::read(input, first),
        Format::Dimacs => dimacs::read(input, first),
    }
}

/// The first byte that is no blank, still to be read, and the lines and columns passed over.
#[derive(Clone, Copy, Debug)]
struct FirstSign {
    sign: Option<u8>,
    lines_before: u64,
    columns_before: u64,
}

fn first_sign(input: &mut impl BufRead) -> Result<FirstSign, ReadError> {
    let mut first = FirstSign { sign: None, lines_before: 0, columns_before: 0 };
    loop {
        let bytes = match input.fill_buf() {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        let blanks = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        for &byte in &bytes[..blanks] {
            match byte {
                b'\n' => (first.lines_before, first.columns_before) = (first.lines_before + 1, 0),
                _ => first.columns_before += 1,
            }
        }
        first.sign = bytes.get(blanks).copied();
        let (ends, empty) = (blanks == bytes.len(), bytes.is_empty());
        // A mark is first in its file, so the buffer that has its first byte has them all.
        if bytes[blanks..].starts_with(BYTE_ORDER_MARK) {
            return Err(ReadError::Line {
                line: first.lines_before + 1,
                column: Some(first.columns_before + 1),
                what: "found a byte order mark, expected UTF-8 without one".to_owned(),
            });
        }
        input.consume(blanks);
        if !ends || empty {
            return Ok(first);
        }
    }
}

/// Why a file is no market.
#[derive(Debug)]
pub enum ReadError {
    /// It could not be read to its end.
    Io(io::Error),
    /// What stands at a line cannot be there.
    Line {
        /// The line, from 1.
        line: u64,
        /// The column, from 1, where it is known.
        column: Option<u64>,
        /// What was found and what was expected.
        what: String,
    },
    /// What a field says does not fit the rest.
    Field {
        /// The field, by the names and indices that lead to it.
        field: String,
        /// What was found and what was expected.
        what: String,
    },
}

impl ReadError {
    fn line(line: u64, what: impl Into<String>) -> Self {
        Self::Line { line, column: None, what: what.into() }
    }

    pub(super) fn field(field: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Field { field: field.into(), what: what.into() }
    }

    /// Takes an error of the JSON reader, which began at `first`.
    fn json(error: serde_json::Error, first: FirstSign) -> Self {
        if error.is_io() {
            return Self::Io(error.into());
        }
        let (line, column) = (error.line() as u64, error.column() as u64);
        let text = error.to_string();
        let what = text.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&text).to_owned();
        let indent = if line == 1 { first.columns_before } else { 0 };
        Self::Line { line: line + first.lines_before, column: Some(column + indent), what }
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Line { line, column: Some(column), what } => write!(f, "line {line}, column {column}: {what}"),
            Self::Line { line, column: None, what } => write!(f, "line {line}: {what}"),
            Self::Field { field, what } => write!(f, "{field}: {what}"),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
