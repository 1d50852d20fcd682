//! A plan as a file: what to do, what it is worth, and what is claimed of it.
//!
//! In: a plan, or the JSON of one. Out: the other. Holds: moves are in order and one stands on each line, so the same
//! market gives the same bytes and two plans can be compared line by line; only `seconds` differs from run to run.
//! Costs: linear. Absent: any claim's truth, which `check` judges.

use super::options::Objective;
use super::points::Points;
use serde::{Deserialize, Serialize};
use serde_json::ser::Formatter;
use std::io::{self, BufRead, Write};

/// A plan and what is claimed of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Whether nothing is better.
    pub status: Status,
    /// What the plan is the best for.
    pub objective: Objective,
    /// What the moves are worth together.
    pub points: Points,
    /// What no plan is worth more than: under `swaps-then-points` none that serves as many, under `worst-gain-first`
    /// none with the same gains in order of size.
    pub bound: Points,
    /// The moves, by their first offer.
    pub moves: Vec<Move>,
    /// The number of offers in the market.
    pub offers: u64,
    /// The number of offers in the moves.
    pub matched: u64,
    /// The number of reps with an offer.
    pub reps: u64,
    /// The number of parts of the market with a possible move: two offers are in one part if a ring of any length leads
    /// through both, or with `--max-ring 2` a chain of swaps of no negative points.
    pub components: u64,
    /// How long it took.
    pub seconds: Seconds,
}

/// A move: each offer goes to the rep of the one before it, the first to the rep of the last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// The offers given, along the arcs, from the one whose id comes first.
    pub give: Vec<String>,
    /// What the move is worth.
    pub points: Points,
    /// What the rep of each of these offers gains; absent where points were given ready-made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gains: Option<Vec<i64>>,
}

/// How far a search came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The plan is proven best.
    Optimal,
    /// Time was up; the plan is the best found.
    TimeLimit,
}

/// How long each stage took, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seconds {
    /// Reading and ordering the market.
    pub read: f64,
    /// Finding the plan.
    pub solve: f64,
    /// Checking every claim of the plan and its certificate.
    pub check: f64,
}

impl Plan {
    /// Writes the plan as JSON, a move on each line.
    ///
    /// Errors: those of `out`.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        self.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Lines { depth: 0 }))?;
        out.write_all(b"\n")
    }

    /// Reads a plan.
    ///
    /// Errors: a sentence with line and column.
    pub fn read(input: impl BufRead) -> Result<Self, String> {
        serde_json::from_reader(input).map_err(|error| error.to_string())
    }
}

/// JSON in which each member of the outermost list in an object stands on a line of its own.
struct Lines {
    depth: usize,
}

impl Formatter for Lines {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth += 1;
        out.write_all(b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth -= 1;
        out.write_all(if self.depth == 0 { b"\n]" } else { b"]" })
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if self.depth == 1 { out.write_all(b"\n") } else { Ok(()) }
    }
}
