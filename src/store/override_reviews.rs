//! Reviews of overrides, and the counts of overrides by manager.
//!
//! In go domain values; out come domain values. Deliberately absent: who may review or count what.

use super::{
    Reader, StoreError, Writer,
    schema::{override_reviews, overrides},
};
use crate::domain::{
    ids::{OverrideId, RepId},
    override_review::{OverrideReview, ReviewOutcome},
    overrides::{OverrideKind, OverrideState, ReasonCode},
};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = override_reviews)]
struct Row {
    override_id: String,
    reviewer_id: String,
    outcome: String,
    note: String,
    at: NaiveDateTime,
}

/// Adds a review; a second one of the same override is [`StoreError::Twice`].
pub fn insert(writer: &mut Writer<'_>, review: &OverrideReview) -> Result<(), StoreError> {
    let row = Row {
        override_id: review.of.into(),
        reviewer_id: review.reviewer.as_str().to_owned(),
        outcome: review.outcome.as_str().to_owned(),
        note: review.note.clone(),
        at: review.at.naive_utc(),
    };
    diesel::insert_into(override_reviews::table).values(row).execute(&mut *writer.connection)?;
    Ok(())
}

/// The review of an override.
pub fn of(reader: &mut Reader<'_>, id: OverrideId) -> Result<Option<OverrideReview>, StoreError> {
    let row = override_reviews::table
        .find(String::from(id))
        .select(Row::as_select())
        .get_result(&mut *reader.connection)
        .optional()?;
    row.map(|row| {
        Ok(OverrideReview {
            of: row.override_id.parse()?,
            reviewer: row.reviewer_id.parse()?,
            outcome: row.outcome.parse()?,
            note: row.note,
            at: row.at.and_utc(),
        })
    })
    .transpose()
}

/// How many overrides there are that have all of these in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Who ordered them.
    pub author: RepId,
    /// What was ordered.
    pub kind: OverrideKind,
    /// Why.
    pub reason: ReasonCode,
    /// Where they stand.
    pub state: OverrideState,
    /// What somebody else thinks of them; absent where nobody has reviewed them.
    pub outcome: Option<ReviewOutcome>,
    /// How many.
    pub count: i64,
}

/// Counts the overrides ordered from `from` on and before `until`, by author and then by all else that is counted of them.
pub fn counts(reader: &mut Reader<'_>, from: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<Counted>, StoreError> {
    type Codes = (String, String, String, String, Option<String>);
    let rows: Vec<Codes> = overrides::table
        .left_join(override_reviews::table)
        .filter(overrides::created_at.ge(from.naive_utc()).and(overrides::created_at.lt(until.naive_utc())))
        .select((
            overrides::author_id,
            overrides::kind,
            overrides::reason,
            overrides::state,
            override_reviews::outcome.nullable(),
        ))
        .load(&mut *reader.connection)?;
    let mut counts: BTreeMap<Codes, i64> = BTreeMap::new();
    for codes in rows {
        *counts.entry(codes).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|((author, kind, reason, state, outcome), count)| {
            Ok(Counted {
                author: author.parse()?,
                kind: kind.parse()?,
                reason: reason.parse()?,
                state: state.parse()?,
                outcome: outcome.map(|outcome| outcome.parse()).transpose()?,
                count,
            })
        })
        .collect()
}
