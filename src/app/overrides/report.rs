//! What managers have overridden, counted by manager, kind and reason, with what reviewers thought of it.
//!
//! In go two days; out come counts: of everybody for an admin, of oneself and of the managers below for a manager.
//! Deliberately absent: notes, accounts and reps; the overrides themselves tell.

use super::{
    Reader, Refused,
    read::{is_for, is_under},
};
use crate::{
    domain::{
        ids::RepId,
        override_review::ReviewOutcome,
        overrides::{OverrideKind, OverrideState, ReasonCode},
        principal::Principal,
    },
    settings::Settings,
    store::override_reviews::{self, Counted},
};
use chrono::{Days, NaiveDate, NaiveTime, TimeZone, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Before this day nothing was overridden.
const FIRST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).expect("it is a day");

/// After this day nothing can have been.
const LAST_DAY: NaiveDate = NaiveDate::from_ymd_opt(2999, 12, 31).expect("it is a day");

/// What managers have overridden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct OverrideReport {
    /// The first day, where asked for.
    pub from: Option<NaiveDate>,
    /// The last day, where asked for.
    pub until: Option<NaiveDate>,
    /// By manager.
    pub managers: Vec<ManagerOverrides>,
}

/// What one manager has overridden.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ManagerOverrides {
    /// Who.
    pub manager: RepId,
    /// How many they ordered.
    pub ordered: i64,
    /// How many of these await a second manager.
    pub awaiting_second: i64,
    /// To how many of these the second manager did not agree.
    pub refused: i64,
    /// How many of these somebody else has reviewed.
    pub reviewed: i64,
    /// What they thought of these.
    pub by_outcome: BTreeMap<String, i64>,
    /// The same by what was ordered and why.
    pub by_code: Vec<CodedOverrides>,
}

/// Overrides of one manager with one kind and reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CodedOverrides {
    /// What was ordered.
    pub kind: OverrideKind,
    /// Why.
    pub reason: ReasonCode,
    /// How many.
    pub ordered: i64,
    /// How many of these somebody else has reviewed.
    pub reviewed: i64,
    /// How many of these a reviewer thought wrong.
    pub wrong: i64,
}

/// Counts overrides ordered from `from` to `until`, both included, in the organisation's time zone.
///
/// Errors: [`Refused::Invalid`] where the last day comes before the first.
pub fn report(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    from: Option<NaiveDate>,
    until: Option<NaiveDate>,
) -> Result<OverrideReport, Refused> {
    is_for(who)?;
    if let (Some(first), Some(last)) = (from, until)
        && last < first
    {
        return Err(Refused::invalid("until", last.to_string(), format!("{first} or a later day")));
    }
    let first = from.unwrap_or(FIRST_DAY).clamp(FIRST_DAY, LAST_DAY);
    let last = until.unwrap_or(LAST_DAY).clamp(FIRST_DAY, LAST_DAY);
    let midnight = |day: NaiveDate| {
        let local = day.and_time(NaiveTime::MIN);
        // Where clocks skip midnight, the day begins when they have.
        let begins = settings.night.time_zone.from_local_datetime(&local).earliest();
        begins.map_or_else(|| local.and_utc(), |begins| begins.with_timezone(&Utc))
    };
    let counted = override_reviews::counts(reader, midnight(first), midnight(last + Days::new(1)))?;
    let mut managers: Vec<ManagerOverrides> = Vec::new();
    for of_manager in counted.chunk_by(|a, b| a.author == b.author) {
        let author = &of_manager[0].author;
        if is_under(reader, who, author)? {
            managers.push(of_one(author, of_manager));
        }
    }
    Ok(OverrideReport { from, until, managers })
}

fn of_one(manager: &RepId, counted: &[Counted]) -> ManagerOverrides {
    let sum =
        |fits: &dyn Fn(&Counted) -> bool| counted.iter().filter(|one| fits(one)).map(|one| one.count).sum::<i64>();
    let mut by_outcome = BTreeMap::new();
    let mut by_code: BTreeMap<(OverrideKind, ReasonCode), CodedOverrides> = BTreeMap::new();
    for one in counted {
        if let Some(outcome) = one.outcome {
            *by_outcome.entry(outcome.to_string()).or_default() += one.count;
        }
        let coded = by_code.entry((one.kind, one.reason)).or_insert(CodedOverrides {
            kind: one.kind,
            reason: one.reason,
            ordered: 0,
            reviewed: 0,
            wrong: 0,
        });
        coded.ordered += one.count;
        coded.reviewed += if one.outcome.is_some() { one.count } else { 0 };
        coded.wrong += if one.outcome == Some(ReviewOutcome::Wrong) { one.count } else { 0 };
    }
    ManagerOverrides {
        manager: manager.clone(),
        ordered: sum(&|_| true),
        awaiting_second: sum(&|one| one.state == OverrideState::AwaitingSecond),
        refused: sum(&|one| one.state == OverrideState::Refused),
        reviewed: sum(&|one| one.outcome.is_some()),
        by_outcome,
        by_code: by_code.into_values().collect(),
    }
}
