//! Quarters of a calendar year, written `2026-Q4`.
//!
//! In goes a day or a text; out come the quarter and its days. Deliberately absent: fiscal years that begin elsewhere.

use super::Wrong;
use chrono::{Datelike, Days, Months, NaiveDate};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Three months of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Quarter {
    first_day: NaiveDate,
}

impl Quarter {
    /// The quarter that `day` lies in.
    pub fn of(day: NaiveDate) -> Self {
        let first_day = NaiveDate::from_ymd_opt(day.year(), day.month0() / 3 * 3 + 1, 1);
        Self { first_day: first_day.expect("every quarter has a first day") }
    }

    /// Its first day.
    pub fn first_day(self) -> NaiveDate {
        self.first_day
    }

    /// Its last day.
    pub fn last_day(self) -> NaiveDate {
        self.first_day + Months::new(3) - Days::new(1)
    }
}

impl FromStr for Quarter {
    type Err = Wrong;
    fn from_str(text: &str) -> Result<Self, Wrong> {
        let read = || {
            let (year, number) = text.split_once("-Q")?;
            let is_year = year.len() == 4 && year.bytes().all(|digit| digit.is_ascii_digit());
            let number = ["1", "2", "3", "4"].iter().position(|one| *one == number)?;
            let first_day = NaiveDate::from_ymd_opt(year.parse().ok()?, 3 * number as u32 + 1, 1)?;
            (is_year && first_day.year() >= 1900).then_some(Self { first_day })
        };
        read().ok_or_else(|| Wrong::new(text, "a quarter such as 2026-Q4"))
    }
}

impl TryFrom<String> for Quarter {
    type Error = Wrong;
    fn try_from(text: String) -> Result<Self, Wrong> {
        text.parse()
    }
}

impl From<Quarter> for String {
    fn from(quarter: Quarter) -> Self {
        quarter.to_string()
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-Q{}", self.first_day.year(), self.first_day.month0() / 3 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_is_written_as_it_is_read_and_knows_its_days() {
        let quarter: Quarter = "2024-Q1".parse().unwrap();
        assert_eq!(quarter.to_string(), "2024-Q1");
        assert_eq!((quarter.first_day(), quarter.last_day()), (day("2024-01-01"), day("2024-03-31")));
        assert_eq!(Quarter::of(day("2026-12-31")).to_string(), "2026-Q4");
        assert_eq!(Quarter::of(day("2026-10-01")).last_day(), day("2026-12-31"));
    }

    #[test]
    fn anything_else_is_no_quarter() {
        for text in ["2026-Q5", "2026-Q0", "2026Q1", "26-Q1", "2026-q1", "", "2026-Q", "+026-Q1", "0000-Q1", "2026-Q11"]
        {
            assert!(text.parse::<Quarter>().is_err(), "{text:?}");
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }
}
