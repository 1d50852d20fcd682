//! Rounds of the ladder, and the facts a round is asked with.
//!
//! In go domain values; out come domain values. A round is made once, its path chosen once, and it ends once; each is a
//! compare-and-set. Deliberately absent: who may see a round, and what follows from it.

use super::{
    Reader, StoreError, Writer, exactly_one, from_json,
    roster::count,
    schema::{account_values, accounts, history, submissions, triages},
    to_json,
};
use crate::domain::{
    ids::{AccountId, RepId, SubmissionId},
    roster::AccountStatus,
    triage::{Answers, Facts, Path},
    units::Cents,
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::{dsl::sum, prelude::*};
use std::collections::BTreeMap;

/// One round of the ladder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// The submission.
    pub submission: SubmissionId,
    /// Which round, from 1.
    pub round: u32,
    /// What the rep answered.
    pub answers: Answers,
    /// What the store knew.
    pub facts: Facts,
    /// What was advised.
    pub advice: Path,
    /// By which rule.
    pub rule: String,
    /// Why.
    pub because: String,
    /// When.
    pub made_at: DateTime<Utc>,
    /// What the rep chose.
    pub path: Option<Path>,
    /// When it is looked at again.
    pub check_back_on: Option<NaiveDate>,
    /// Whether the next round is due.
    pub is_over: bool,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = triages)]
struct Row {
    submission_id: String,
    round: i32,
    answers: String,
    facts: String,
    advice: String,
    rule: String,
    because: String,
    made_at: NaiveDateTime,
    path: Option<String>,
    chosen_at: Option<NaiveDateTime>,
    check_back_on: Option<NaiveDate>,
    is_over: bool,
}

impl TryFrom<Row> for Round {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            submission: row.submission_id.parse()?,
            round: count(row.round)?,
            answers: from_json(&row.answers)?,
            facts: from_json(&row.facts)?,
            advice: row.advice.parse()?,
            rule: row.rule,
            because: row.because,
            made_at: row.made_at.and_utc(),
            path: row.path.map(|path| path.parse()).transpose()?,
            check_back_on: row.check_back_on,
            is_over: row.is_over,
        })
    }
}

/// Adds a round that nothing has been chosen in yet; the one before must be over.
pub fn insert(writer: &mut Writer<'_>, new: &Round) -> Result<(), StoreError> {
    let row = Row {
        submission_id: new.submission.into(),
        round: new.round as i32,
        answers: to_json(&new.answers),
        facts: to_json(&new.facts),
        advice: new.advice.as_str().to_owned(),
        rule: new.rule.clone(),
        because: new.because.clone(),
        made_at: new.made_at.naive_utc(),
        path: None,
        chosen_at: None,
        check_back_on: None,
        is_over: false,
    };
    diesel::insert_into(triages::table).values(row).execute(&mut *writer.connection)?;
    Ok(())
}

/// The newest round of a submission.
pub fn newest(reader: &mut Reader<'_>, submission: SubmissionId) -> Result<Option<Round>, StoreError> {
    let row = triages::table
        .filter(triages::submission_id.eq(String::from(submission)))
        .order(triages::round.desc())
        .select(Row::as_select())
        .first(&mut *reader.connection)
        .optional()?;
    row.map(Round::try_from).transpose()
}

/// The path chosen in the round under way, and its check-back date, of those submissions that have one.
pub fn paths(
    reader: &mut Reader<'_>,
    of: &[SubmissionId],
) -> Result<BTreeMap<SubmissionId, (Path, Option<NaiveDate>)>, StoreError> {
    let ids: Vec<String> = of.iter().map(|id| String::from(*id)).collect();
    let rows: Vec<(String, Option<String>, Option<NaiveDate>)> = triages::table
        .filter(triages::submission_id.eq_any(ids).and(triages::path.is_not_null()))
        .filter(diesel::dsl::not(triages::is_over))
        .select((triages::submission_id, triages::path, triages::check_back_on))
        .load(&mut *reader.connection)?;
    let mut paths = BTreeMap::new();
    for (id, path, day) in rows {
        if let Some(path) = path {
            paths.insert(id.parse()?, (path.parse()?, day));
        }
    }
    Ok(paths)
}

/// Keeps what the rep chose, if nothing was chosen in that round and it is not over; else the race is lost.
pub fn choose(
    writer: &mut Writer<'_>,
    round: &Round,
    path: Path,
    check_back_on: Option<NaiveDate>,
) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    let target = triages::table
        .find((String::from(round.submission), round.round as i32))
        .filter(triages::path.is_null().and(diesel::dsl::not(triages::is_over)));
    exactly_one(
        diesel::update(target)
            .set((
                triages::path.eq(Some(path.as_str())),
                triages::chosen_at.eq(Some(now)),
                triages::check_back_on.eq(check_back_on),
            ))
            .execute(&mut *writer.connection)?,
    )
}

/// Ends a round, if it is not over; else the race is lost.
pub fn end(writer: &mut Writer<'_>, round: &Round) -> Result<(), StoreError> {
    let target = triages::table
        .find((String::from(round.submission), round.round as i32))
        .filter(diesel::dsl::not(triages::is_over));
    exactly_one(diesel::update(target).set(triages::is_over.eq(true)).execute(&mut *writer.connection)?)
}

/// Rounds whose check-back date has come, oldest first, at most `limit`.
pub fn to_check_back(reader: &mut Reader<'_>, today: NaiveDate, limit: i64) -> Result<Vec<Round>, StoreError> {
    let rows: Vec<Row> = triages::table
        .filter(diesel::dsl::not(triages::is_over).and(triages::check_back_on.le(today)))
        .order((triages::check_back_on, triages::submission_id))
        .limit(limit)
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(Round::try_from).collect()
}

/// The paths that a rep has followed with an account until their check-back date, in earlier submissions too.
pub fn checked_back(reader: &mut Reader<'_>, account: &AccountId, rep: &RepId) -> Result<Vec<Path>, StoreError> {
    let today = reader.now().date_naive();
    let words: Vec<Option<String>> = triages::table
        .inner_join(submissions::table)
        .filter(submissions::account_id.eq(account.as_str()).and(submissions::rep_id.eq(rep.as_str())))
        .filter(triages::check_back_on.le(today))
        .select(triages::path)
        .load(&mut *reader.connection)?;
    words.into_iter().flatten().map(|path| Ok(path.parse()?)).collect()
}

/// What a rep's whole book is worth a year.
pub fn book_value(reader: &mut Reader<'_>, rep: &RepId) -> Result<Cents, StoreError> {
    let cents: Vec<i64> = accounts::table
        .filter(accounts::owner_id.eq(rep.as_str()).and(accounts::status.eq(AccountStatus::Active.as_str())))
        .select(accounts::annual_value_cents)
        .load(&mut *reader.connection)?;
    Ok(cents.into_iter().map(Cents).sum())
}

/// What an account was worth on `day` or at the first time on record after it; absent where no import has changed it since.
pub fn value_since(reader: &mut Reader<'_>, account: &AccountId, day: NaiveDate) -> Result<Option<Cents>, StoreError> {
    let cents: Option<i64> = account_values::table
        .filter(account_values::account_id.eq(account.as_str()).and(account_values::until_on.ge(day)))
        .order(account_values::until_on)
        .select(account_values::annual_value_cents)
        .first(&mut *reader.connection)
        .optional()?;
    Ok(cents.map(Cents))
}

/// Visits planned and kept by a rep with an account, as the CRM recorded them.
pub fn visits(reader: &mut Reader<'_>, account: &AccountId, rep: &RepId) -> Result<(i64, i64), StoreError> {
    let of_pair =
        || history::table.filter(history::account_id.eq(account.as_str()).and(history::rep_id.eq(rep.as_str())));
    let (planned, kept): (Option<i64>, Option<i64>) = of_pair()
        .select((sum(history::visits_planned), sum(history::visits_kept)))
        .get_result(&mut *reader.connection)?;
    Ok((planned.unwrap_or(0), kept.unwrap_or(0)))
}
