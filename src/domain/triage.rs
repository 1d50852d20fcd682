//! The ladder: the questions asked of a struggling account, in their order, and the advice they lead to.
//!
//! In go a rep's structured answers and what the store knows of the account; out comes one [`Advice`] with the rule that
//! fired. Holds: every pair of answers and facts has exactly one advice; nobody is advised to part ways unless another
//! path was tried or abuse is on record, whatever the rules say; the advice depends on nothing a colleague said or did.
//! The rules are data (`config/triage.toml`). Deliberately absent: acting. The rep decides, and may disagree.
//!
//! The questions and their order are those of "Have you ever considered firing your client?" (is it just me? can I fix
//! it?) and "When you should fire a customer" (was it our mistake? is it bad information?).

mod rules;

pub use rules::{Education, Fallback, PartingTerms, Reset, Rule, TriageRules, Warning, When};

use super::{abuse::Severity, closed::closed_list, units::Cents};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

closed_list! {
    /// A rung of the ladder: what can be done about a struggling account.
    Path {
        /// Own the mistake and start afresh.
        Reset = "reset",
        /// Bring the facts that the customer lacks.
        Educate = "educate",
        /// Let a colleague try.
        Swap = "swap",
        /// Let the customer go.
        PartWays = "part_ways",
    }
}

closed_list! {
    /// Is it just me?
    JustMe {
        /// Colleagues struggle with this customer too.
        No = "no",
        /// It is, and I can change it.
        Fixable = "yes_and_i_can_change_it",
        /// It is, and I cannot change it.
        Lasting = "yes_and_i_cannot_change_it",
        /// I do not know.
        NotKnown = "not_known",
    }
}

closed_list! {
    /// Was it our mistake?
    OurMistake {
        /// No.
        No = "no",
        /// Yes, and it has not been put right.
        Open = "not_put_right",
        /// Yes, and we have owned it and put it right.
        PutRight = "put_right",
    }
}

closed_list! {
    /// Does the customer act on wrong information?
    WrongInformation {
        /// No.
        No = "no",
        /// Yes, and nobody has explained.
        NotExplained = "not_explained",
        /// Yes, and explaining did not help.
        Explained = "explained",
    }
}

closed_list! {
    /// What the rep has tried, by their own word.
    Tried {
        /// Talked openly about what goes wrong.
        OpenTalk = "open_talk",
        /// Owned a mistake and put it right.
        PutRight = "put_right",
        /// Explained what the customer had wrong.
        Explained = "explained",
        /// Said what is acceptable and what is not.
        LimitsSet = "limits_set",
        /// Took the manager along.
        ManagerJoined = "manager_joined",
    }
}

closed_list! {
    /// What has been tried, by the record.
    Attempt {
        /// A reset that ran to its check-back.
        Reset = "reset",
        /// An education that ran to its check-back.
        Educate = "educate",
        /// The account has been swapped.
        Swap = "swap",
        /// The customer has had a warning letter.
        Warning = "warning",
    }
}

closed_list! {
    /// Where the account's business goes.
    BusinessTrend {
        /// It is worth at least a tenth more than a year ago.
        Growing = "growing",
        /// It is worth about the same.
        Steady = "steady",
        /// It is worth at least a tenth less.
        Shrinking = "shrinking",
        /// What it was worth is not on record.
        NotKnown = "not_known",
    }
}

impl BusinessTrend {
    /// The trend from what an account was worth a year ago, where that is on record, to what it is worth now.
    pub fn of(before: Option<Cents>, now: Cents) -> Self {
        let Some(before) = before else { return Self::NotKnown };
        let (before, now) = (i128::from(before.0), i128::from(now.0));
        match (now - before) * 10 {
            change if change >= before && change > 0 => Self::Growing,
            change if change <= -before && change < 0 => Self::Shrinking,
            _ => Self::Steady,
        }
    }
}

/// The rep's answers, question by question in the order they are asked; seen by nobody else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answers {
    /// Is it just me?
    pub just_me: JustMe,
    /// Was it our mistake?
    pub our_mistake: OurMistake,
    /// Does the customer act on wrong information?
    pub wrong_information: WrongInformation,
    /// Is it chemistry?
    pub chemistry: bool,
    /// Is it abuse, and of which class? Nothing where it is none.
    pub abuse: Option<Severity>,
    /// Does the customer demand what is unreasonable?
    pub unreasonable_demands: bool,
    /// Does the customer ask for what is not right?
    pub unethical_acts: bool,
    /// Is the business itself a misfit?
    pub misfit: bool,
    /// What has been tried already.
    #[serde(default)]
    pub tried: BTreeSet<Tried>,
}

/// What the store knows of the account: facts of the rep's own book, and nothing a colleague said or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The account's share of the book's value, in percent; absent where the book has none.
    pub share_of_book_percent: Option<u32>,
    /// Commission of the account in percent of its value; absent where it has no value.
    pub margin_percent: Option<u32>,
    /// Where its business goes.
    pub trend: BusinessTrend,
    /// Visits kept of those planned with this rep, in percent; absent where none were planned.
    pub visits_kept_percent: Option<u32>,
    /// What has been tried, by the record.
    #[serde(default)]
    pub tried_before: BTreeSet<Attempt>,
    /// The class of abuse a manager has acknowledged.
    pub abuse_on_record: Option<Severity>,
}

impl Facts {
    /// Whether the account has been swapped before: it bounced.
    pub fn came_back(&self) -> bool {
        self.tried_before.contains(&Attempt::Swap)
    }
}

/// `part` in percent of `whole`, rounded to the nearest whole number, halves up; absent where there is no whole.
pub fn percent(part: Cents, whole: Cents) -> Option<u32> {
    let (part, whole) = (i128::from(part.0), i128::from(whole.0));
    (whole > 0 && part >= 0).then(|| u32::try_from((200 * part + whole) / (2 * whole)).unwrap_or(u32::MAX))
}

/// What nobody may part ways without: another path tried, or abuse on record.
pub fn may_part(answers: &Answers, facts: &Facts) -> bool {
    !answers.tried.is_empty() || !facts.tried_before.is_empty() || facts.abuse_on_record.is_some()
}

/// What is advised, by which rule and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice<'r> {
    /// The rung.
    pub path: Path,
    /// The rule that fired.
    pub rule: &'r str,
    /// Its reason, in words.
    pub because: &'r str,
}

/// The advice of the first rule that fires. Total: the rules end with one that asks for nothing.
///
/// Cost: constant for each rule.
pub fn advise<'r>(rules: &'r TriageRules, answers: &Answers, facts: &Facts) -> Advice<'r> {
    let may_part = may_part(answers, facts);
    let fires = |rule: &&Rule| (rule.advice != Path::PartWays || may_part) && rule.when.holds(answers, facts);
    match rules.rules.iter().find(fires) {
        Some(rule) => Advice { path: rule.advice, rule: &rule.name, because: &rule.because },
        None => {
            let Fallback { name, advice, because } = &rules.otherwise;
            Advice { path: *advice, rule: name, because }
        }
    }
}

/// The facts in words, one sentence each; of what is not known nothing is said.
pub fn sentences(answers: &Answers, facts: &Facts) -> Vec<String> {
    let mut told = Vec::new();
    if let Some(share) = facts.share_of_book_percent {
        told.push(format!("The account is {share} % of the value of your book."));
    }
    if let Some(margin) = facts.margin_percent {
        told.push(format!("Its commission is {margin} % of its value."));
    }
    match facts.trend {
        BusinessTrend::Growing => told.push("Its business has grown within a year.".to_owned()),
        BusinessTrend::Steady => told.push("Its business is about what it was a year ago.".to_owned()),
        BusinessTrend::Shrinking => told.push("Its business has shrunk within a year.".to_owned()),
        BusinessTrend::NotKnown => {}
    }
    if let Some(kept) = facts.visits_kept_percent {
        told.push(format!("{kept} % of your planned visits took place."));
    }
    if facts.came_back() {
        told.push("It has been swapped before.".to_owned());
    }
    if let Some(class) = facts.abuse_on_record {
        told.push(format!("Your manager has acknowledged the class {class}."));
    }
    if !may_part(answers, facts) {
        told.push("Parting ways is no path yet: nothing else has been tried and no abuse is on record.".to_owned());
    }
    told
}

/// Whether a submission has to go through the ladder before it is in the pool: the account came back from a swap, or its
/// rep calls it abuse, of which the class has to be known.
pub fn is_triage_due(came_back: bool, reasons: &BTreeSet<super::submission::Reason>) -> bool {
    came_back || reasons.contains(&super::submission::Reason::Abuse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenth_more_or_less_is_a_trend() {
        let of = |before: i64, now: i64| BusinessTrend::of(Some(Cents(before)), Cents(now));
        assert_eq!((of(1000, 1099), of(1000, 1100)), (BusinessTrend::Steady, BusinessTrend::Growing));
        assert_eq!((of(1000, 901), of(1000, 900)), (BusinessTrend::Steady, BusinessTrend::Shrinking));
        assert_eq!((of(0, 0), of(0, 1)), (BusinessTrend::Steady, BusinessTrend::Growing));
        assert_eq!(BusinessTrend::of(None, Cents(1)), BusinessTrend::NotKnown);
    }

    #[test]
    fn percent_rounds_halves_up_and_has_no_share_of_nothing() {
        assert_eq!(percent(Cents(1), Cents(200)), Some(1));
        assert_eq!(percent(Cents(1), Cents(201)), Some(0));
        assert_eq!(percent(Cents(5), Cents(5)), Some(100));
        assert_eq!(percent(Cents(5), Cents(0)), None);
    }
}
