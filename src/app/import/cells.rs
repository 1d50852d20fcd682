//! One cell at a time: from the text of a field to a value of the domain.
//!
//! In goes a field that is not empty; out comes the value, or a [`Wrong`] that says what was expected. Upper bounds are
//! here, so that no sum of the engine over any number of rows can leave its integers.
//! Deliberately absent: guessing. `1,234` is a thousand to one and a bit more than one to another, so it is refused.

use super::countries;
use crate::app::{export::unharmed, submit::MAX_NOTE_BYTES};
use crate::domain::{
    Wrong,
    abuse::Severity,
    roster::{Tag, Trait},
    submission::Reason,
    units::{Cents, Minutes, Stars},
};
use chrono::{Datelike, NaiveDate};
use chrono_tz::{TZ_VARIANTS, Tz};
use rust_decimal::{Decimal, prelude::ToPrimitive};
use std::{collections::BTreeSet, str::FromStr};

/// The largest amount, in units of the currency: with a million accounts their sum is still a tenth of an `i64`.
const MOST_MONEY: i64 = 10_000_000_000;

/// The longest name, in bytes.
const LONGEST_NAME_BYTES: usize = 200;

/// The most words in one field.
const MOST_WORDS: usize = 100;

/// An id of the CRM. One that a spreadsheet would take for a formula is refused here, so that no export has to change
/// an id to make it harmless.
pub(super) fn id<T: FromStr<Err = Wrong>>(text: &str) -> Result<T, Wrong> {
    if text.starts_with(['=', '+', '-', '@']) {
        return Err(Wrong::new(
            text,
            "an id that does not begin with = + - or @, which spreadsheets take for a formula",
        ));
    }
    text.parse()
}

/// A name; outer white space is dropped, and the apostrophe before what a spreadsheet would take for a formula.
pub(super) fn name(text: &str) -> Result<String, Wrong> {
    let name = unharmed(text.trim());
    if name.is_empty() || name.len() > LONGEST_NAME_BYTES || name.chars().any(char::is_control) {
        return Err(Wrong::new(text, "a name of 1 to 200 bytes on one line, without control characters"));
    }
    Ok(name.to_owned())
}

/// A note: several lines, but no other control characters.
pub(super) fn note(text: &str) -> Result<String, Wrong> {
    let control = |c: char| c.is_control() && c != '\n' && c != '\t';
    if text.len() > MAX_NOTE_BYTES || text.chars().any(control) {
        return Err(Wrong::new(text, "a note of at most 4000 bytes without control characters but line ends"));
    }
    Ok(text.to_owned())
}

/// Degrees; the range that suits a latitude is looked at together with the longitude.
pub(super) fn degrees(text: &str, expected: &'static str) -> Result<f64, Wrong> {
    match text.parse::<f64>() {
        Ok(degrees) if degrees.is_finite() && degrees.abs() <= 180.0 => Ok(degrees),
        _ => Err(Wrong::new(text, expected)),
    }
}

/// An amount of money, exact to the cent.
pub(super) fn money(text: &str) -> Result<Cents, Wrong> {
    let most = || Wrong::new(text, "an amount of at most 10000000000");
    let plain = text.trim_start_matches('-').chars().all(|c| c.is_ascii_digit() || c == '.');
    let amount = if plain { Decimal::from_str(text).ok() } else { None };
    let Some(amount) = amount else {
        if plain && text.bytes().filter(u8::is_ascii_digit).count() > 28 {
            return Err(most());
        }
        return Err(Wrong::new(
            text,
            "an amount such as 1234.56, with a decimal point and without currency signs or thousands separators",
        ));
    };
    if amount.is_sign_negative() && !amount.is_zero() {
        return Err(Wrong::new(text, "an amount that is not negative"));
    }
    if amount.normalize().scale() > 2 {
        return Err(Wrong::new(text, "an amount with at most two decimal places"));
    }
    if amount > Decimal::from(MOST_MONEY) {
        return Err(most());
    }
    let cents = (amount * Decimal::ONE_HUNDRED).to_i64().expect("bounded and without a fraction");
    Ok(Cents(cents))
}

/// A whole number from 0 to `most`.
pub(super) fn count(text: &str, most: u32, expected: &'static str) -> Result<u32, Wrong> {
    // CRMs write whole numbers with a fraction of nothing.
    let whole =
        text.split_once('.').filter(|(_, rest)| rest.chars().all(|c| c == '0')).map_or(text, |(whole, _)| whole);
    let digits = !whole.is_empty() && whole.chars().all(|c| c.is_ascii_digit());
    match whole.parse::<u32>() {
        Ok(number) if digits && number <= most => Ok(number),
        _ => Err(Wrong::new(text, expected)),
    }
}

/// Visits, planned, kept or a year.
pub(super) fn visits(text: &str) -> Result<u32, Wrong> {
    count(text, 10_000, "a whole number of visits from 0 to 10000")
}

/// Minutes of a day.
pub(super) fn minutes(text: &str) -> Result<u32, Wrong> {
    count(text, 1440, "a whole number of minutes from 0 to 1440")
}

/// Minutes of one way.
pub(super) fn one_way(text: &str) -> Result<Minutes, Wrong> {
    minutes(text).map(|minutes| Minutes(i64::from(minutes)))
}

/// Stars as a decimal.
pub(super) fn stars(text: &str) -> Result<Stars, Wrong> {
    let expected = "1.0 to 5.0 stars with at most two decimal places";
    let plain = text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let stars = if plain { text.parse::<f64>().ok() } else { None };
    stars.and_then(|stars| Stars::from_decimal(stars).ok()).ok_or_else(|| Wrong::new(text, expected))
}

/// Yes or no, in the words CRMs use.
pub(super) fn flag(text: &str) -> Result<bool, Wrong> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(Wrong::new(text, "true or false")),
    }
}

/// A day.
pub(super) fn day(text: &str) -> Result<NaiveDate, Wrong> {
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, byte)| match at {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    match NaiveDate::from_str(text) {
        Ok(day) if shaped && (1900..2200).contains(&day.year()) => Ok(day),
        _ => Err(Wrong::new(text, "a day from 1900 to 2199, written as 2026-03-01")),
    }
}

/// A country: its code, or its name where people write it out.
pub(super) fn country(text: &str) -> Result<Tag, Wrong> {
    let code = countries::code(text);
    code.ok_or_else(|| Wrong::new(text, "a country's ISO 3166-1 alpha-2 code such as us, gb or de"))?.parse()
}

/// A time zone; HubSpot's way of writing it is known.
pub(super) fn time_zone(text: &str) -> Result<Tz, Wrong> {
    if let Ok(zone) = text.parse() {
        return Ok(zone);
    }
    let word = text.trim().to_ascii_lowercase().replace("_slash_", "/");
    let zone = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(&word));
    zone.copied().ok_or_else(|| Wrong::new(text, "a time zone such as America/New_York or Europe/Berlin"))
}

/// A word for matching.
pub(super) fn tag(text: &str) -> Result<Tag, Wrong> {
    unharmed(text).parse()
}

/// Values separated by semicolons; empty ones and repetitions are dropped.
pub(super) fn list<T: Ord>(text: &str, one: impl Fn(&str) -> Result<T, Wrong>) -> Result<BTreeSet<T>, Wrong> {
    let words = unharmed(text).split(';').map(str::trim).filter(|word| !word.is_empty());
    let found = words.map(one).collect::<Result<BTreeSet<T>, Wrong>>()?;
    if found.len() > MOST_WORDS {
        return Err(Wrong::new(text, "at most 100 values, separated by semicolons"));
    }
    Ok(found)
}

/// Words for matching.
pub(super) fn tags(text: &str) -> Result<BTreeSet<Tag>, Wrong> {
    list(text, tag)
}

/// A word of a closed list, in any case.
pub(super) fn word<T: FromStr<Err = Wrong>>(text: &str) -> Result<T, Wrong> {
    text.to_ascii_lowercase().parse().map_err(|wrong: Wrong| Wrong::new(text, wrong.expected))
}

/// What makes accounts hard.
pub(super) fn traits(text: &str) -> Result<BTreeSet<Trait>, Wrong> {
    list(text, word)
}

/// What a rep has opted in to; a class of abuse covers the milder ones.
pub(super) fn tolerances(text: &str) -> Result<BTreeSet<Trait>, Wrong> {
    let mut all = traits(text)?;
    let harshest = all.iter().filter_map(|one| one.severity()).max();
    all.extend(Severity::ALL.iter().filter(|class| harshest >= Some(**class)).map(|class| class.hard_trait()));
    Ok(all)
}

/// Why an account is a struggle; at least one.
pub(super) fn reasons(text: &str) -> Result<BTreeSet<Reason>, Wrong> {
    let reasons: BTreeSet<Reason> = list(text, word)?;
    if reasons.is_empty() {
        return Err(Wrong::new(text, "at least one reason"));
    }
    Ok(reasons)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_exact_to_the_cent_and_nothing_is_guessed() {
        let cents = |text| money(text).map(|cents| cents.0).ok();
        assert_eq!(cents("350000"), Some(35_000_000));
        assert_eq!(cents("0.10"), Some(10));
        assert_eq!(cents("1234.5000"), Some(123_450));
        assert_eq!(cents("10000000000"), Some(1_000_000_000_000));
        for text in ["-0.01", "1,234.56", "$5", "1e6", "10000000000.01", "0.001", "", ".", "NaN", "٣", "5 000", "--5"]
        {
            assert_eq!(cents(text), None, "{text:?}");
        }
    }

    #[test]
    fn whole_numbers_may_carry_a_fraction_of_nothing() {
        assert_eq!(visits("12.0"), Ok(12));
        for text in ["12.5", "-1", "+1", "10001", "1e2", "99999999999", " 1", ".0"] {
            assert!(visits(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn days_flags_zones_and_lists_are_read_as_crms_write_them() {
        assert!(day("2026-02-28").is_ok());
        for text in ["2026-02-30", "28/02/2026", "2026-2-8", "1899-12-31", "+2026-01-01", "2026-02-28T00:00:00Z"] {
            assert!(day(text).is_err(), "{text:?}");
        }
        assert_eq!(flag("TRUE"), Ok(true));
        assert_eq!(time_zone("america_slash_new_york").map(Tz::name), Ok("America/New_York"));
        assert_eq!(tags("North; south;;NORTH ").map(|tags| tags.len()), Ok(2));
        assert!(reasons(";").is_err());
        assert!(id::<crate::domain::ids::AccountId>("=1+1").is_err());
    }
}
