//! Postal codes of the United States and Canada: the middle of the area of each.
//!
//! In goes a country and a code as people write it; out comes a place that is only approximately right, or what would
//! have been a code. Where the data come from, under which licences, and how far from the middles real addresses are,
//! stands in `postal/README.md`.
//! Holds: nothing is guessed. A code of four digits may have lost its leading zero in a spreadsheet or any other digit at
//! a keyboard, so it is refused and the likely code is named.
//! Costs: 10 ms and 700 kB on first use, then a binary search.
//! Deliberately absent: codes of post-office boxes, which have no area, and other countries.

use crate::domain::{Wrong, units::Place};
use flate2::read::GzDecoder;
use std::{io::Read, sync::LazyLock};

/// Lines of `code,latitude,longitude`, by code.
const PACKED: &[u8] = include_bytes!("postal/codes.csv.gz");

/// The countries with ZIP codes: the United States and what has a country code of its own beside them.
const WITH_ZIP_CODES: [&str; 6] = ["us", "as", "gu", "mp", "pr", "vi"];

/// A ZIP code, or a forward sortation area with two spaces behind it.
type Code = [u8; 5];

static MIDDLES: LazyLock<Vec<(Code, Place)>> = LazyLock::new(|| {
    let mut text = String::new();
    GzDecoder::new(PACKED).read_to_string(&mut text).expect("the data are sound");
    let middle = |line: &str| {
        let mut fields = line.split(',');
        let (code, lat, lon) = (fields.next()?, fields.next()?, fields.next()?);
        Some((padded(code)?, Place::from_degrees(lat.parse().ok()?, lon.parse().ok()?).ok()?))
    };
    text.lines().map(|line| middle(line).expect("the data are sound")).collect()
});

/// The middle of a postal code's area. `country` is a code in lower case; a ZIP code may have its four digits more, a
/// Canadian code may be whole or a forward sortation area alone.
pub(super) fn middle(country: &str, text: &str) -> Result<Place, Wrong> {
    let code = if WITH_ZIP_CODES.contains(&country) {
        zip(text)?
    } else if country == "ca" {
        forward_sortation_area(text)?
    } else {
        let expected =
            format!("a latitude and a longitude: codes of the United States and Canada are known, not of {country}");
        return Err(Wrong::new(text, expected));
    };
    find(&code).ok_or_else(|| {
        let expected = "a postal code that has an area, or a latitude and a longitude; codes of post-office boxes and \
                        those given up have none";
        Wrong::new(text, expected)
    })
}

fn find(code: &str) -> Option<Place> {
    let code = padded(code)?;
    MIDDLES.binary_search_by_key(&code, |(code, _)| *code).ok().map(|at| MIDDLES[at].1)
}

fn padded(code: &str) -> Option<Code> {
    let mut padded = *b"     ";
    padded.get_mut(..code.len())?.copy_from_slice(code.as_bytes());
    Some(padded)
}

/// The five digits of a ZIP code.
fn zip(text: &str) -> Result<String, Wrong> {
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    let (area, rest) = match text.split_once('-') {
        Some((area, rest)) => (area, Some(rest)),
        None if digits(text, 9) => text.split_at_checked(5).map_or((text, None), |(area, rest)| (area, Some(rest))),
        None => (text, None),
    };
    if digits(area, 5) && rest.is_none_or(|rest| digits(rest, 4)) {
        return Ok(area.to_owned());
    }
    let likely = format!("0{area}");
    Err(match digits(area, 4) && find(&likely).is_some() {
        true => Wrong::new(text, format!("five digits; it is {likely} if a spreadsheet has dropped the zero")),
        false => Wrong::new(text, "a ZIP code such as 02155 or 02155-1234"),
    })
}

/// The first three characters of a Canadian postal code.
fn forward_sortation_area(text: &str) -> Result<String, Wrong> {
    let code: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
    let shaped = code.chars().enumerate().all(|(at, c)| match at % 2 {
        0 => c.is_ascii_uppercase(),
        _ => c.is_ascii_digit(),
    });
    match code.len() {
        3 | 6 if shaped => Ok(code[..3].to_owned()),
        _ => Err(Wrong::new(text, "a Canadian postal code such as K1P 1J1, or its first three characters")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: Result<Place, Wrong>, lat: f64, lon: f64) -> bool {
        found.unwrap().great_circle_metres(Place::from_degrees(lat, lon).unwrap()) < 5_000.0
    }

    #[test]
    fn every_code_is_found_and_each_stands_once() {
        assert_eq!(MIDDLES.len(), 35_442);
        assert!(MIDDLES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn codes_are_read_as_people_write_them() {
        for text in ["02155", "02155-1234", "021551234"] {
            assert!(near(middle("us", text), 42.42, -71.11), "{text}");
        }
        for text in ["K1P 1J1", "k1p1j1", "K1P-1J1", "K1P", "k1p"] {
            assert!(near(middle("ca", text), 45.42, -75.70), "{text}");
        }
        assert!(near(middle("pr", "00601"), 18.18, -66.75));
    }

    #[test]
    fn nothing_is_guessed() {
        let expected = |country, text| middle(country, text).unwrap_err().expected;
        assert_eq!(expected("us", "2155"), "five digits; it is 02155 if a spreadsheet has dropped the zero");
        for text in ["9999", "215", "02155-12", "02155-", "0215a", "２１５５５", "02155.0", "K1P 1J1"] {
            assert_eq!(expected("us", text), "a ZIP code such as 02155 or 02155-1234", "{text}");
        }
        for text in ["K1", "K1P 1J", "KKP", "1K1", "K1P 1J1 2", "02155", "É1P"] {
            assert!(expected("ca", text).starts_with("a Canadian postal code"), "{text}");
        }
        assert!(expected("us", "00000").starts_with("a postal code that has an area"));
        assert!(expected("ca", "H0H 0H0").starts_with("a postal code that has an area"));
        assert!(expected("de", "10115").starts_with("a latitude and a longitude"));
    }
}
