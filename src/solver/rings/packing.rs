//! The heaviest packing, exactly: columns with entries in rows that have capacities.
//!
//! In: a [`Packing`]: each column has a weight and takes, in some rows, a whole part of what these have room for.
//! Out: a [`Packed`]: the columns taken, their weight, a bound on every packing, and the [`Proof`] of the bound.
//! Holds: the columns taken fit; `weight <= bound`, equal unless it was stopped; the bound follows from the
//! proof in integers. The same packing gives the same answer.
//! Costs: a linear relaxation of the columns that matter, then branch and bound; exponential in the worst case.
//! Absent: what rows and columns stand for, and any clock: `stop` says when to end.
//!
//! # The way there
//!
//! 1. Columns without weight, without room or beaten by a heavier one on the same rows go; what falls apart is solved
//!    apart.
//! 2. Where columns are many, `ascent` finds duals and `polish` a packing before any program is built.
//! 3. `relax`: the linear relaxation, priced column by column into a `simplex`; its duals, made integers, bound.
//! 4. Columns that cost more than the gap between bound and best go for good; `heuristics` make a good best.
//! 5. `separate` tightens the relaxation by cuts, and `branch` searches what is left.

use std::error::Error;
use std::fmt;

use super::proof::Proof;
use super::search;

/// Columns in compressed rows: entries side by side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Columns {
    first: Vec<u32>,
    entries: Vec<(u32, u32)>,
    weights: Vec<i64>,
}

impl Columns {
    /// Makes an empty list.
    pub fn new() -> Self {
        Self { first: vec![0], entries: Vec::new(), weights: Vec::new() }
    }

    /// Appends a column: `(row, entry)`, rows ascending.
    pub fn push(&mut self, entries: &[(u32, u32)], weight: i64) {
        self.entries.extend_from_slice(entries);
        self.first.push(self.entries.len() as u32);
        self.weights.push(weight);
    }

    /// Returns the number of columns.
    pub fn len(&self) -> usize {
        self.weights.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// Returns the rows and entries of a column.
    pub fn entries(&self, column: u32) -> &[(u32, u32)] {
        &self.entries[self.first[column as usize] as usize..self.first[column as usize + 1] as usize]
    }

    /// Returns the weight of a column.
    pub fn weight(&self, column: u32) -> i64 {
        self.weights[column as usize]
    }
}

/// Columns and the room there is for them.
///
/// Each column takes more than half of some row, so that no two with the same entries fit together: of these only the
/// heaviest matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packing {
    /// The capacity of each row.
    pub(super) capacity: Vec<u32>,
    /// The columns; their rows are below `capacity.len()`.
    pub(super) columns: Columns,
}

impl Packing {
    /// Makes a packing of the capacity of each row and the columns; no choice of columns that fits weighs more than
    /// `2^59`.
    ///
    /// Errors: [`PackingError`] names the first column that breaks a rule.
    ///
    /// Cost: a pass over the entries.
    pub fn new(capacity: Vec<u32>, columns: Columns) -> Result<Self, PackingError> {
        for column in 0..columns.len() as u32 {
            let entries = columns.entries(column);
            let ascends = entries.windows(2).all(|two| two[0].0 < two[1].0);
            if !ascends || entries.last().is_some_and(|&(row, _)| row as usize >= capacity.len()) {
                return Err(PackingError::Rows { column });
            }
            if entries.iter().any(|&(_, entry)| entry == 0) {
                return Err(PackingError::NoEntry { column });
            }
            if entries.iter().all(|&(row, entry)| u64::from(entry) * 2 <= u64::from(capacity[row as usize])) {
                return Err(PackingError::FitsTwice { column });
            }
        }
        Ok(Self { capacity, columns })
    }
}

/// The first column that breaks a rule of packings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PackingError {
    /// Its rows do not ascend, or one does not exist.
    Rows {
        /// The column.
        column: u32,
    },
    /// It names a row of which it takes nothing.
    NoEntry {
        /// The column.
        column: u32,
    },
    /// It takes more than half of no row, so that it could be taken twice.
    FitsTwice {
        /// The column.
        column: u32,
    },
}

impl fmt::Display for PackingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rows { column } => write!(f, "the rows of column {column} do not ascend, or one does not exist"),
            Self::NoEntry { column } => write!(f, "column {column} names a row of which it takes nothing"),
            Self::FitsTwice { column } => write!(f, "column {column} takes more than half of no row"),
        }
    }
}

impl Error for PackingError {}

/// The best packing found, and what proves how good it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    /// The columns taken, ascending.
    pub columns: Vec<u32>,
    /// The sum of their weights.
    pub weight: i64,
    /// No packing weighs more.
    pub bound: i64,
    /// Proves the bound.
    pub proof: Proof,
}

impl Packed {
    /// Returns whether no packing weighs more than this one.
    pub fn optimal(&self) -> bool {
        self.weight == self.bound
    }
}

/// Returns the heaviest packing, or the best found and a proven bound once `stop` says so.
///
/// Each column is taken at most once; columns of weight zero or less never are.
///
/// Cost: see the module; `stop` is asked between steps of a few milliseconds on a hundred thousand columns.
pub fn best_packing(packing: &Packing, stop: &(dyn Fn() -> bool + Sync)) -> Packed {
    best_packing_from(packing, &[], 1, stop)
}

/// Returns the heaviest packing as far as whole multiples of a grain tell weights apart, or the best found and a proven
/// bound once `stop` says so.
///
/// A weight is a multiple of `grain` and a hint: the hints of columns are at least 0 and below it, and so is the sum of
/// those of a packing. Weight and bound of the answer, and the proof, are of the multiples; hints say which of equally
/// heavy packings is the more welcome, without a promise. `known` are columns that fit together, ascending: the search
/// begins with those of them that are the heaviest with their entries.
///
/// Cost: as [`best_packing`].
pub fn best_packing_from(packing: &Packing, known: &[u32], grain: i64, stop: &(dyn Fn() -> bool + Sync)) -> Packed {
    search::solve(packing, known, grain, stop)
}
