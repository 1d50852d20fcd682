//! Submissions: one live at most for each account, held by a unique index.
//!
//! In go domain values; out come domain values. A state changes by compare-and-set on state and version.
//! Deliberately absent: who may see what.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer,
    connection::on_either,
    exactly_one, from_json,
    schema::{accounts, reps, submissions},
    to_json,
    whose::{Listed, Of, members},
};
use crate::domain::{
    ids::{AccountId, RepId, SubmissionId, TeamId, Version},
    invalidation::Cause,
    roster::AccountStatus,
    submission::{Submission, SubmissionState},
    units::Stars,
};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::{prelude::*, sql_types::Bool};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = submissions)]
struct Row {
    id: String,
    account_id: String,
    rep_id: String,
    stars_hundredths: i32,
    reasons: String,
    reasons_shared: bool,
    note: String,
    state: String,
    cause: Option<String>,
    created_at: NaiveDateTime,
    version: String,
}

impl From<&Submission> for Row {
    fn from(submission: &Submission) -> Self {
        Self {
            id: submission.id.into(),
            account_id: submission.account.as_str().to_owned(),
            rep_id: submission.rep.as_str().to_owned(),
            stars_hundredths: submission.stars.hundredths() as i32,
            reasons: to_json(&submission.reasons),
            reasons_shared: submission.reasons_shared,
            note: submission.note.clone(),
            state: submission.state.as_str().to_owned(),
            cause: submission.cause.map(|cause| cause.as_str().to_owned()),
            created_at: submission.created_at.naive_utc(),
            version: submission.version.into(),
        }
    }
}

impl TryFrom<Row> for Submission {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.parse()?,
            account: row.account_id.parse()?,
            rep: row.rep_id.parse()?,
            stars: Stars::from_hundredths(row.stars_hundredths.into())?,
            reasons: from_json(&row.reasons)?,
            reasons_shared: row.reasons_shared,
            note: row.note,
            state: row.state.parse()?,
            cause: row.cause.map(|cause| cause.parse()).transpose()?,
            created_at: row.created_at.and_utc(),
            version: row.version.parse()?,
        })
    }
}

/// Adds a submission; a second live one of the same account is [`StoreError::Twice`].
pub fn insert(writer: &mut Writer<'_>, submission: &Submission) -> Result<(), StoreError> {
    diesel::insert_into(submissions::table).values(Row::from(submission)).execute(&mut *writer.connection)?;
    Ok(())
}

/// One submission.
pub fn one(reader: &mut Reader<'_>, id: SubmissionId) -> Result<Option<Submission>, StoreError> {
    let row = submissions::table
        .find(String::from(id))
        .select(Row::as_select())
        .get_result(&mut *reader.connection)
        .optional()?;
    row.map(Submission::try_from).transpose()
}

/// Those of some submissions that there are, by id.
pub fn some(reader: &mut Reader<'_>, of: &[SubmissionId]) -> Result<Vec<Submission>, StoreError> {
    let mut found = Vec::with_capacity(of.len());
    for batch in of.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<Row> = submissions::table
            .filter(submissions::id.eq_any(batch.iter().map(|id| String::from(*id))))
            .order(submissions::id)
            .select(Row::as_select())
            .load(&mut *reader.connection)?;
        for row in rows {
            found.push(row.try_into()?);
        }
    }
    Ok(found)
}

/// The live submission of an account.
pub fn live_of(reader: &mut Reader<'_>, account: &AccountId) -> Result<Option<Submission>, StoreError> {
    let row = submissions::table
        .filter(submissions::account_id.eq(account.as_str()).and(submissions::state.eq_any(live_states())))
        .select(Row::as_select())
        .first(&mut *reader.connection)
        .optional()?;
    row.map(Submission::try_from).transpose()
}

/// The open submissions of a rep, by account.
pub fn open_of(reader: &mut Reader<'_>, rep: &RepId) -> Result<Vec<Submission>, StoreError> {
    let rows: Vec<Row> = submissions::table
        .filter(submissions::rep_id.eq(rep.as_str()).and(submissions::state.eq(SubmissionState::Open.as_str())))
        .order(submissions::account_id)
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(Submission::try_from).collect()
}

/// Submissions after `after`, by id, at most `limit`.
pub fn list(
    reader: &mut Reader<'_>,
    of: Of<'_>,
    after: Option<SubmissionId>,
    limit: i64,
) -> Result<Vec<Submission>, StoreError> {
    let in_order = || submissions::table.order(submissions::id).limit(limit);
    let by_rep = Listed { table: "submissions", rep: "rep_id", key: "id", and: "" };
    let after = after.map(String::from);
    let rows: Vec<Row> = match by_rep.page(of, after.as_deref(), limit) {
        Some(page) => {
            on_either!(&mut *reader.connection, inner => in_order().filter(page).select(Row::as_select()).load(inner)?)
        }
        None => in_order()
            .filter(submissions::id.gt(after.unwrap_or_default()))
            .select(Row::as_select())
            .load(&mut *reader.connection)?,
    };
    rows.into_iter().map(Submission::try_from).collect()
}

/// How many submissions that a rep has made since a moment are taken back.
pub fn withdrawn_since(reader: &mut Reader<'_>, rep: &RepId, since: DateTime<Utc>) -> Result<i64, StoreError> {
    let is_withdrawn = submissions::state.eq(SubmissionState::Withdrawn.as_str());
    let of_late = submissions::rep_id.eq(rep.as_str()).and(submissions::created_at.ge(since.naive_utc()));
    Ok(submissions::table.filter(of_late.and(is_withdrawn)).count().get_result(&mut *reader.connection)?)
}

/// How many submissions there are in each state; of the reps of some teams where asked.
pub fn counts(reader: &mut Reader<'_>, teams: Option<&[TeamId]>) -> Result<Vec<(SubmissionState, i64)>, StoreError> {
    let everybody = teams.is_none();
    let members = members(teams.unwrap_or_default());
    let rows: Vec<(String, i64)> = submissions::table
        .filter(everybody.into_sql::<Bool>().or(submissions::rep_id.eq_any(members)))
        .group_by(submissions::state)
        .select((submissions::state, diesel::dsl::count_star()))
        .order(submissions::state)
        .load(&mut *reader.connection)?;
    rows.into_iter().map(|(state, count)| Ok((state.parse()?, count))).collect()
}

/// Submissions in no proposal whose account is not active or not their rep's, or whose rep is leaving, by id, at most
/// `limit`.
pub fn strays(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<SubmissionId>, StoreError> {
    let unbound: Vec<&str> =
        SubmissionState::ALL.iter().filter(|state| state.is_unbound()).map(|state| state.as_str()).collect();
    let is_stray = accounts::status
        .ne(AccountStatus::Active.as_str())
        .or(accounts::owner_id.ne(submissions::rep_id))
        .or(reps::active.eq(false).or(reps::barred))
        .or(reps::leaves_on.is_not_null());
    let ids: Vec<String> = submissions::table
        .inner_join(accounts::table)
        .inner_join(reps::table)
        .filter(submissions::state.eq_any(unbound).and(is_stray))
        .order(submissions::id)
        .limit(limit)
        .select(submissions::id)
        .load(&mut *reader.connection)?;
    ids.into_iter().map(|id| Ok(id.parse()?)).collect()
}

/// Says why a submission was struck. The caller has just struck it.
pub fn explain(writer: &mut Writer<'_>, id: SubmissionId, cause: Cause) -> Result<(), StoreError> {
    let target = submissions::table.find(String::from(id));
    exactly_one(diesel::update(target).set(submissions::cause.eq(cause.as_str())).execute(&mut *writer.connection)?)
}

/// Puts a submission into another state, if it is still as it was read; else the race is lost.
pub fn change_state(
    writer: &mut Writer<'_>,
    submission: &Submission,
    to: SubmissionState,
    version: Version,
) -> Result<(), StoreError> {
    let target = submissions::table.filter(
        submissions::id
            .eq(String::from(submission.id))
            .and(submissions::state.eq(submission.state.as_str()))
            .and(submissions::version.eq(String::from(submission.version))),
    );
    exactly_one(
        diesel::update(target)
            .set((submissions::state.eq(to.as_str()), submissions::version.eq(String::from(version))))
            .execute(&mut *writer.connection)?,
    )
}

pub(super) fn live_states() -> Vec<&'static str> {
    SubmissionState::ALL.iter().filter(|state| state.is_live()).map(|state| state.as_str()).collect()
}
