//! What the answers of all kinds of servers have in common.
//!
//! In go bytes and numbers from outside; out come ways and dates, or what is wrong, with what was found.

use super::{Answer, Way};
use chrono::NaiveDate;

/// A way of so many seconds.
///
/// Errors: a time that is negative, no number or more than 13 years.
pub(in crate::routing) fn takes(seconds: f64) -> Result<Way, String> {
    let deciseconds = (seconds * 10.0).round();
    if (0.0..=f64::from(u32::MAX)).contains(&deciseconds) {
        Ok(Way::Takes { deciseconds: deciseconds as u32 })
    } else {
        Err(format!("a time of {seconds} s"))
    }
}

/// Reads a matrix of seconds row by row; `null` is no way.
///
/// Errors: another shape than `origins × destinations`, or an impossible time.
pub(in crate::routing) fn ways(
    seconds: &[Vec<Option<f64>>],
    origins: usize,
    destinations: usize,
) -> Result<Vec<Way>, String> {
    if seconds.len() != origins || seconds.iter().any(|row| row.len() != destinations) {
        let lengths: Vec<usize> = seconds.iter().map(Vec::len).collect();
        let found = lengths.first().map_or(String::new(), |first| format!(" of {first} and more or fewer"));
        return Err(format!("{} rows{found} times where {origins} of {destinations} were asked for", lengths.len()));
    }
    seconds.iter().flatten().map(|one| one.map_or(Ok(Way::None), takes)).collect()
}

/// Parses an answer as JSON.
///
/// Errors: what is wrong, with the beginning of what was found.
pub(in crate::routing) fn parse<'a, T: serde::Deserialize<'a>>(answer: &'a Answer) -> Result<T, String> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| format!("status {}, {error}: {}", answer.status, beginning(&answer.body)))
}

/// The first characters of an answer, for a message.
fn beginning(body: &[u8]) -> String {
    const SHOWN: usize = 120;
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]);
    format!("{:?}", text.chars().take(SHOWN).collect::<String>())
}

/// The date at the beginning of a text such as `2026-11-01T00:00:00Z`.
pub(in crate::routing) fn date_in(text: &str) -> Option<NaiveDate> {
    text.get(..10)?.parse().ok()
}
