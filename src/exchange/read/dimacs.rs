//! The `dimacs` format: a graph as lines of text.
//!
//! In: `p edge N M`, then `M` lines `e U V W`; lines that begin with `c`, and blank ones, are passed over. Out: a
//! [`Market`] whose offers are the numbers from 1 to `N`, each its own rep, and whose moves are the edges.
//! Holds: `N` and `M` are compared with what comes and never allocated for.
//! Costs: one pass, line by line. Absent: other problems than `edge`, and directed arcs.

use super::{FirstSign, ReadError};
use crate::exchange::market::{MAX_POINTS, Market, ReadyMove, repeated};
use crate::solver::MAX_VERTICES;
use std::io::{BufRead, Read};

/// The longest line, in bytes: a line of an edge is far shorter, and a comment has no need of more.
const LONGEST_LINE: u64 = 64 * 1024;

/// Reads a market from the first sign on.
pub(super) fn read(mut input: impl BufRead, first: FirstSign) -> Result<Market, ReadError> {
    let mut header: Option<Header> = None;
    let mut edges: Vec<ReadyMove> = Vec::new();
    let mut places = Places::default();
    let mut bytes = Vec::new();
    let mut line = first.lines_before;
    loop {
        bytes.clear();
        if input.by_ref().take(LONGEST_LINE + 1).read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        line += 1;
        if bytes.len() as u64 > LONGEST_LINE {
            return Err(ReadError::line(
                line,
                format!("found more than {LONGEST_LINE} bytes, expected a shorter line"),
            ));
        }
        let mut words = bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        match (words.next(), &header) {
            (None, _) => {}
            (Some(word), _) if word[0] == b'c' => {}
            (Some(b"p"), None) => header = Some(Header::read(words, line)?),
            (Some(b"p"), Some(header)) => {
                let what = format!("found a second p line, expected only that of line {}", header.line);
                return Err(ReadError::line(line, what));
            }
            (Some(b"e"), Some(header)) => {
                if edges.len() as u64 == header.edges {
                    let what = format!("found an edge more, expected {} as line {} says", header.edges, header.line);
                    return Err(ReadError::line(line, what));
                }
                places.add(edges.len(), line);
                edges.push(header.edge(words, line)?);
            }
            (Some(word), None) => {
                return Err(ReadError::line(line, format!("found {}, expected p edge N M", shown(word))));
            }
            (Some(word), Some(_)) => {
                let what = format!("found {}, expected an edge, e U V W, or a comment, c …", shown(word));
                return Err(ReadError::line(line, what));
            }
        }
    }
    let Some(header) = header else {
        return Err(ReadError::line(line + 1, "found the end of the file, expected p edge N M"));
    };
    if (edges.len() as u64) < header.edges {
        let (found, expected) = (edges.len(), header.edges);
        let what = format!("found the end after {found} edges, expected {expected} as line {} says", header.line);
        return Err(ReadError::line(line + 1, what));
    }
    check_pairs(&edges, &places)?;
    Ok(Market::of_graph(header.offers, edges))
}

/// What the `p` line says.
struct Header {
    line: u64,
    offers: u32,
    edges: u64,
}

impl Header {
    fn read<'a>(words: impl Iterator<Item = &'a [u8]>, line: u64) -> Result<Self, ReadError> {
        let [problem, offers, edges] = exactly(words, line, "p edge N M")?;
        if problem != b"edge" {
            return Err(ReadError::line(line, format!("found problem {}, expected edge", shown(problem))));
        }
        Ok(Self {
            line,
            offers: number(offers, 0, MAX_VERTICES as i64, "the number of offers", line)? as u32,
            edges: number(edges, 0, i64::MAX, "the number of edges", line)? as u64,
        })
    }

    fn edge<'a>(&self, words: impl Iterator<Item = &'a [u8]>, line: u64) -> Result<ReadyMove, ReadError> {
        let [u, v, weight] = exactly(words, line, "e U V W")?;
        let u = number(u, 1, self.offers.into(), "an offer", line)? as u32;
        let v = number(v, 1, self.offers.into(), "an offer", line)? as u32;
        if u == v {
            return Err(ReadError::line(line, format!("found {u} on both sides, expected two different offers")));
        }
        let points = number(weight, -MAX_POINTS, MAX_POINTS, "the weight", line)?;
        Ok(ReadyMove { offers: [u.min(v), u.max(v)], points })
    }
}

/// Returns the words after the first, if they are as many as expected.
fn exactly<'a, const N: usize>(
    mut words: impl Iterator<Item = &'a [u8]>,
    line: u64,
    expected: &str,
) -> Result<[&'a [u8]; N], ReadError> {
    let mut found = [&b""[..]; N];
    for (index, slot) in found.iter_mut().enumerate() {
        let Some(word) = words.next() else {
            return Err(ReadError::line(line, format!("found {} words, expected {expected}", index + 1)));
        };
        *slot = word;
    }
    match words.next() {
        None => Ok(found),
        Some(word) => {
            Err(ReadError::line(line, format!("found {} after the last number, expected {expected}", shown(word))))
        }
    }
}

/// Returns an integer within bounds.
fn number(word: &[u8], smallest: i64, largest: i64, what: &str, line: u64) -> Result<i64, ReadError> {
    let value = std::str::from_utf8(word).ok().and_then(|word| word.parse().ok());
    value.filter(|value| (smallest..=largest).contains(value)).ok_or_else(|| {
        let what = format!("found {}, expected {what}: an integer from {smallest} to {largest}", shown(word));
        ReadError::line(line, what)
    })
}

/// A word as a message shows it: quoted, and not too long.
fn shown(word: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(word).chars().take(40).collect();
    format!("{text:?}")
}

/// The line of each edge: only where one does not follow on the one before is anything kept.
#[derive(Default)]
struct Places {
    /// The first edge of a run without a gap, and its line.
    runs: Vec<(usize, u64)>,
}

impl Places {
    fn add(&mut self, edge: usize, line: u64) {
        if self.runs.last().is_none_or(|&(first, at)| at + (edge - first) as u64 != line) {
            self.runs.push((edge, line));
        }
    }

    fn line(&self, edge: usize) -> u64 {
        let run = self.runs.partition_point(|&(first, _)| first <= edge) - 1;
        let (first, at) = self.runs[run];
        at + (edge - first) as u64
    }
}

/// Checks that no two edges join the same offers.
fn check_pairs(edges: &[ReadyMove], places: &Places) -> Result<(), ReadError> {
    let key = |edge: &ReadyMove| u64::from(edge.offers[0]) << 32 | u64::from(edge.offers[1]);
    let mut keys: Vec<u64> = edges.iter().map(key).collect();
    let Some(pair) = repeated(&mut keys) else {
        return Ok(());
    };
    let mut same = edges.iter().enumerate().filter(|(_, edge)| key(edge) == pair).map(|(index, _)| places.line(index));
    let (first, second) = (same.next().unwrap_or_default(), same.next().unwrap_or_default());
    let (u, v) = (pair >> 32, pair as u32);
    let what = format!("found a second edge between {u} and {v}, expected only that of line {first}");
    Err(ReadError::line(second, what))
}
