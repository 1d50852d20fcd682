//! Exact decimals: points that the price of unfairness has made fractions of.
//!
//! In: an integer count of equal parts of a point, and how many parts make one point; or the text of a JSON number.
//! Out: the same number as JSON, an integer where it is one, else the shortest decimal.
//! Holds: no rounding anywhere; reading what was written gives the same number.
//! Costs: nothing to speak of. Absent: arithmetic; sums are formed in parts.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::fmt;
use std::str::FromStr;

/// The most digits after the point.
const MOST_DECIMALS: usize = 9;

/// An exact number of points.
///
/// It is kept as `units / 10^decimals` with as few decimals as will do, so that equal numbers are equal values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    units: i128,
    decimals: u8,
}

impl Points {
    /// Makes points of parts, `parts_in_one` of which make one point; that is a power of ten.
    pub fn new(parts: i128, parts_in_one: i64) -> Self {
        let decimals = parts_in_one.ilog10() as u8;
        debug_assert_eq!(10_i64.pow(decimals.into()), parts_in_one, "parts are decimal");
        Self { units: parts, decimals }.shortest()
    }

    /// Returns how many parts these points are, if that is a whole number.
    pub fn parts(self, parts_in_one: i64) -> Option<i128> {
        let spare = (parts_in_one.ilog10() as u8).checked_sub(self.decimals)?;
        self.units.checked_mul(10_i128.pow(spare.into()))
    }

    fn shortest(mut self) -> Self {
        while self.decimals > 0 && self.units % 10 == 0 {
            self.units /= 10;
            self.decimals -= 1;
        }
        self
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.decimals == 0 {
            return write!(f, "{}", self.units);
        }
        let one = 10_u128.pow(self.decimals.into());
        let (whole, part) = (self.units.unsigned_abs() / one, self.units.unsigned_abs() % one);
        let sign = if self.units < 0 { "-" } else { "" };
        write!(f, "{sign}{whole}.{part:0width$}", width = self.decimals.into())
    }
}

impl FromStr for Points {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("found {text}, expected an integer or a decimal of at most {MOST_DECIMALS} places");
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.strip_prefix('-').unwrap_or(whole);
        let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        // More than 27 digits and 9 decimals might not fit.
        if digits.is_empty() || digits.len() > 27 || !all_digits(digits) {
            return Err(wrong());
        }
        if part.len() > MOST_DECIMALS || !all_digits(part) || text.ends_with('.') {
            return Err(wrong());
        }
        let units: i128 = format!("{digits}{part}").parse().map_err(|_| wrong())?;
        let units = if whole.starts_with('-') { -units } else { units };
        Ok(Self { units, decimals: part.len() as u8 }.shortest())
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Points {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        raw.get().parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_written_short_and_read_back() {
        for (parts, parts_in_one, text) in [
            (6_600, 1, "6600"),
            (6_600_000, 1_000, "6600"),
            (6_600_500, 1_000, "6600.5"),
            (-1, 1_000, "-0.001"),
            (-1_010, 100, "-10.1"),
            (0, 1_000, "0"),
            (i128::from(i64::MAX) * 1_000 + 7, 1_000, "9223372036854775807.007"),
        ] {
            let points = Points::new(parts, parts_in_one);
            assert_eq!(points.to_string(), text);
            assert_eq!(serde_json::to_string(&points).unwrap(), text);
            assert_eq!(serde_json::from_str::<Points>(text).unwrap(), points);
            assert_eq!(points.parts(parts_in_one), Some(parts));
        }
    }

    #[test]
    fn what_is_no_plain_decimal_is_refused() {
        for text in ["1e3", "\"1\"", "null", "1.0000000001", "[1]", "true"] {
            assert!(serde_json::from_str::<Points>(text).is_err(), "{text}");
        }
        assert_eq!("0.5".parse::<Points>().unwrap().parts(1), None);
        assert_eq!("1.50".parse::<Points>().unwrap(), Points::new(15, 10));
        assert!("1.".parse::<Points>().is_err() && ".5".parse::<Points>().is_err() && "-".parse::<Points>().is_err());
    }
}
