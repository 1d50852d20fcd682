//! Letters: a template with named gaps, and the text they make.
//!
//! In go a template and what fills its gaps; out comes the letter. Holds: a template has no gap but the known ones, each
//! written `{name}`, so that no letter leaves with a gap open. Deliberately absent: opinions; the gaps have none.

use super::{Wrong, closed::closed_list};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

closed_list! {
    /// What a letter may leave open.
    Gap {
        /// What people call the account.
        Account = "account",
        /// The day of the letter.
        Date = "date",
        /// Whom the customer may turn to instead, one a line.
        Alternatives = "alternatives",
        /// The day the decision is looked at again.
        ReviewOn = "review_on",
    }
}

/// A template whose gaps are all known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Letter(String);

impl Letter {
    /// Whether the template has this gap.
    pub fn asks(&self, gap: Gap) -> bool {
        self.0.contains(&format!("{{{gap}}}"))
    }

    /// Fills the gaps; one that nothing is given for stays empty. What fills a gap is not looked at for gaps again.
    pub fn fill(&self, values: &BTreeMap<Gap, String>) -> String {
        let mut text = String::with_capacity(self.0.len());
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            text.push_str(before);
            if let Some(value) = name.parse().ok().and_then(|gap: Gap| values.get(&gap)) {
                text.push_str(value);
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }
}

impl TryFrom<String> for Letter {
    type Error = Wrong;
    fn try_from(text: String) -> Result<Self, Wrong> {
        if text.trim().is_empty() {
            return Err(Wrong::new(text, "a letter"));
        }
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}').filter(|_| !before.contains('}')) else {
                return Err(Wrong::new(rest, "each { with its }"));
            };
            name.parse::<Gap>()?;
            rest = after;
        }
        if rest.contains('}') {
            return Err(Wrong::new(rest, "each } with its {"));
        }
        Ok(Self(text))
    }
}

impl From<Letter> for String {
    fn from(letter: Letter) -> Self {
        letter.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(text: &str) -> Result<Letter, Wrong> {
        Letter::try_from(text.to_owned())
    }

    #[test]
    fn gaps_are_filled_once_and_what_fills_them_is_left_alone() {
        let values = [(Gap::Account, "{date}".to_owned()), (Gap::Date, "1 May".to_owned())].into();
        let filled = letter("{date}: Dear {account}, {review_on}{date}").unwrap().fill(&values);
        assert_eq!(filled, "1 May: Dear {date}, 1 May");
    }

    #[test]
    fn a_gap_nobody_knows_is_refused_by_name() {
        let wrong = letter("Dear {customer}").unwrap_err();
        assert_eq!(wrong.found, "customer");
        assert_eq!(wrong.expected, "one of account date alternatives review_on");
        for broken in ["", "Dear {account", "Dear account}", "} {account}"] {
            assert!(letter(broken).is_err(), "{broken:?}");
        }
    }
}
