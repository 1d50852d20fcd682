//! A round of the ladder as its rep sees it.
//!
//! In goes a round as it is kept; out comes the view. Deliberately absent: a view for anybody but the rep.

use super::{check_back_days, choices};
use crate::{
    domain::{
        abuse::Severity,
        ids::{SubmissionId, Version},
        triage::{Answers, Attempt, BusinessTrend, Facts, Path, sentences},
    },
    settings::Settings,
    store::triages::Round,
};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What the store knew of the account when the questions were asked.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FactsView {
    /// The account's share of the value of your book, in percent.
    pub share_of_book_percent: Option<u32>,
    /// Its commission in percent of its value.
    pub margin_percent: Option<u32>,
    /// Where its business goes.
    pub trend: BusinessTrend,
    /// Visits kept of those planned with you, in percent.
    pub visits_kept_percent: Option<u32>,
    /// What has been tried, by the record.
    pub tried_before: BTreeSet<Attempt>,
    /// The class of abuse your manager has acknowledged.
    pub abuse_on_record: Option<Severity>,
}

impl From<Facts> for FactsView {
    fn from(facts: Facts) -> Self {
        let Facts { share_of_book_percent, margin_percent, trend, visits_kept_percent, tried_before, abuse_on_record } =
            facts;
        Self { share_of_book_percent, margin_percent, trend, visits_kept_percent, tried_before, abuse_on_record }
    }
}

/// A round of the ladder, for its rep alone.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TriageView {
    /// The submission.
    pub submission: SubmissionId,
    /// Which round, from 1.
    pub round: u32,
    /// What you answered.
    pub answers: Answers,
    /// What was known of the account.
    pub facts: FactsView,
    /// What is advised.
    pub advice: Path,
    /// The rule that fired.
    pub rule: String,
    /// Why, in words: the rule's reason first, then the facts.
    pub reasons: Vec<String>,
    /// On a reset: what to do, in order.
    pub steps: Vec<String>,
    /// On an education: what to bring.
    pub facts_to_bring: Vec<String>,
    /// On an education: how the conversation may go, in order.
    pub outline: Vec<String>,
    /// The paths you may choose; the advice is one of them, and you may disagree.
    pub choices: Vec<Path>,
    /// The class that goes on the account's record for your manager to acknowledge, if you swap or part ways.
    pub declares: Option<Severity>,
    /// What you chose.
    pub path: Option<Path>,
    /// Whether that is what was advised.
    pub agreed: Option<bool>,
    /// When you are asked again; before the choice, when that would be.
    pub check_back_on: Option<NaiveDate>,
    /// Whether the questions have to be answered again before another path can be chosen.
    pub is_over: bool,
    /// The submission's version.
    pub version: Version,
}

/// A round in its rep's view.
pub(super) fn view(settings: &Settings, round: Round, version: Version) -> TriageView {
    let path = round.path.unwrap_or(round.advice);
    let rules = &settings.triage;
    let asked_on = round.made_at.date_naive();
    let on = |wanted: Path, lines: &[String]| if path == wanted { lines.to_vec() } else { Vec::new() };
    let mut reasons = vec![round.because];
    reasons.extend(sentences(&round.answers, &round.facts));
    TriageView {
        submission: round.submission,
        round: round.round,
        advice: round.advice,
        rule: round.rule,
        reasons,
        steps: on(Path::Reset, &rules.reset.steps),
        facts_to_bring: on(Path::Educate, &rules.educate.facts),
        outline: on(Path::Educate, &rules.educate.outline),
        choices: choices(&round.answers, &round.facts),
        declares: round.answers.abuse,
        path: round.path,
        agreed: round.path.map(|path| path == round.advice),
        check_back_on: round.check_back_on.or_else(|| check_back_days(settings, path).map(|days| asked_on + days)),
        is_over: round.is_over,
        answers: round.answers,
        facts: round.facts.into(),
        version,
    }
}
