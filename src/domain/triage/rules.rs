//! The rules of the ladder as data: what a settings file says, and what must hold of it.
//!
//! In go values a file gives; out come rules that can be evaluated, or the place that is wrong. Holds: a rule's
//! conditions all have to be met; what is not known meets no limit; an unknown word or key is an error.
//! Deliberately absent: defaults in code; they stand in `config/triage.toml`, commented.

use super::{Answers, Attempt, BusinessTrend, Facts, JustMe, OurMistake, Path, Tried, WrongInformation, may_part};
use crate::domain::{abuse::Severity, letter::Letter};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// All that the ladder goes by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TriageRules {
    /// The rules; the first that fires gives the advice.
    pub rules: Vec<Rule>,
    /// What is advised where no rule fires.
    pub otherwise: Fallback,
    /// What a reset consists of.
    pub reset: Reset,
    /// What an education consists of.
    pub educate: Education,
    /// How the company parts with a customer.
    pub part_ways: PartingTerms,
    /// How a customer is warned.
    pub warning: Warning,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name, told with the advice.
    pub name: String,
    /// What it advises.
    pub advice: Path,
    /// When it fires: all that is written here.
    pub when: When,
    /// Why, in words for the rep.
    pub because: String,
}

/// The rule at the end, which asks for nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fallback {
    /// Its name.
    pub name: String,
    /// What it advises; not to part ways.
    pub advice: Path,
    /// Why, in words.
    pub because: String,
}

/// Conditions; each that is absent is met.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// The answer is one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub just_me: Option<BTreeSet<JustMe>>,
    /// The answer is one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub our_mistake: Option<BTreeSet<OurMistake>>,
    /// The answer is one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrong_information: Option<BTreeSet<WrongInformation>>,
    /// The answer is this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chemistry: Option<bool>,
    /// The class answered or on record is at least this harsh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub abuse_at_least: Option<Severity>,
    /// The answer is this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreasonable_demands: Option<bool>,
    /// The answer is this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unethical_acts: Option<bool>,
    /// The answer is this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub misfit: Option<bool>,
    /// One of these was tried, by the rep's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried: Option<BTreeSet<Tried>>,
    /// None of these was tried, by the rep's word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_tried: Option<BTreeSet<Tried>>,
    /// One of these was tried, by the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tried_before: Option<BTreeSet<Attempt>>,
    /// None of these was tried, by the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_tried_before: Option<BTreeSet<Attempt>>,
    /// Whether parting ways would be allowed: another path tried, or abuse on record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub may_part: Option<bool>,
    /// The share of the book is known and not larger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_of_book_percent_at_most: Option<u32>,
    /// The share of the book is known and not smaller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub share_of_book_percent_at_least: Option<u32>,
    /// The margin is known and not larger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin_percent_at_most: Option<u32>,
    /// The margin is known and not smaller.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin_percent_at_least: Option<u32>,
    /// The trend is one of these.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trend: Option<BTreeSet<BusinessTrend>>,
}

impl When {
    /// Whether every condition is met.
    pub fn holds(&self, answers: &Answers, facts: &Facts) -> bool {
        // Taken apart, so that a new condition cannot be forgotten here.
        let Self {
            just_me,
            our_mistake,
            wrong_information,
            chemistry,
            abuse_at_least,
            unreasonable_demands,
            unethical_acts,
            misfit,
            tried,
            not_tried,
            tried_before,
            not_tried_before,
            may_part: part,
            share_of_book_percent_at_most,
            share_of_book_percent_at_least,
            margin_percent_at_most,
            margin_percent_at_least,
            trend,
        } = self;
        let (share, margin) = (facts.share_of_book_percent, facts.margin_percent);
        is_among(just_me, &answers.just_me)
            && is_among(our_mistake, &answers.our_mistake)
            && is_among(wrong_information, &answers.wrong_information)
            && is(*chemistry, answers.chemistry)
            && abuse_at_least.is_none_or(|least| answers.abuse.max(facts.abuse_on_record) >= Some(least))
            && is(*unreasonable_demands, answers.unreasonable_demands)
            && is(*unethical_acts, answers.unethical_acts)
            && is(*misfit, answers.misfit)
            && tried.as_ref().is_none_or(|some| !some.is_disjoint(&answers.tried))
            && not_tried.as_ref().is_none_or(|none| none.is_disjoint(&answers.tried))
            && tried_before.as_ref().is_none_or(|some| !some.is_disjoint(&facts.tried_before))
            && not_tried_before.as_ref().is_none_or(|none| none.is_disjoint(&facts.tried_before))
            && is(*part, may_part(answers, facts))
            && share_of_book_percent_at_most.is_none_or(|most| share.is_some_and(|share| share <= most))
            && share_of_book_percent_at_least.is_none_or(|least| share.is_some_and(|share| share >= least))
            && margin_percent_at_most.is_none_or(|most| margin.is_some_and(|margin| margin <= most))
            && margin_percent_at_least.is_none_or(|least| margin.is_some_and(|margin| margin >= least))
            && is_among(trend, &facts.trend)
    }
}

fn is_among<T: Ord>(asked: &Option<BTreeSet<T>>, found: &T) -> bool {
    asked.as_ref().is_none_or(|some| some.contains(found))
}

fn is(asked: Option<bool>, found: bool) -> bool {
    asked.is_none_or(|asked| asked == found)
}

/// What a reset consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reset {
    /// Days until it is looked at again.
    pub check_back_days: u32,
    /// What to do, in order.
    pub steps: Vec<String>,
}

/// What an education consists of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Education {
    /// Days until it is looked at again.
    pub check_back_days: u32,
    /// What to bring.
    pub facts: Vec<String>,
    /// How the conversation may go, in order.
    pub outline: Vec<String>,
}

/// How the company parts with a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartingTerms {
    /// Days until the decision is looked at again.
    pub review_after_days: u32,
    /// The letter; it names the alternatives.
    pub letter: Letter,
}

/// How a customer is warned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warning {
    /// The letter.
    pub letter: Letter,
}

impl TriageRules {
    /// The longest wait a file may ask for, in days.
    pub const LONGEST_DAYS: u32 = 3660;

    /// The first thing in the rules that cannot be meant, by its key and the reason.
    pub fn first_senseless(&self) -> Option<(&'static str, String)> {
        use crate::domain::letter::Gap;
        let mut names = BTreeSet::new();
        for name in self.rules.iter().map(|rule| &rule.name).chain([&self.otherwise.name]) {
            let is_word = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
            if !is_word {
                return Some(("triage.rules", format!("the name {name:?} must be a word of a-z and _")));
            }
            if !names.insert(name) {
                return Some(("triage.rules", format!("the name {name} stands twice")));
            }
        }
        if let Some(rule) = self.rules.iter().find(|rule| rule.when == When::default()) {
            let what = format!("{} has no condition; what is advised otherwise stands in triage.otherwise", rule.name);
            return Some(("triage.rules", what));
        }
        if self.otherwise.advice == Path::PartWays {
            return Some(("triage.otherwise", "must not advise to part ways".to_owned()));
        }
        let waits = [
            ("triage.reset.check_back_days", self.reset.check_back_days),
            ("triage.educate.check_back_days", self.educate.check_back_days),
            ("triage.part_ways.review_after_days", self.part_ways.review_after_days),
        ];
        if let Some((key, days)) = waits.into_iter().find(|(_, days)| !(1..=Self::LONGEST_DAYS).contains(days)) {
            return Some((key, format!("is {days} and must be from 1 to {}", Self::LONGEST_DAYS)));
        }
        if !self.part_ways.letter.asks(Gap::Alternatives) {
            return Some(("triage.part_ways.letter", "must name the {alternatives}".to_owned()));
        }
        None
    }
}
