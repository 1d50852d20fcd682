//! The record of people: one row for each person of whom an administrator has said something.
//!
//! In go ids and records; out come records. A record changes by compare-and-set on its version. Holds: `reps.barred` says
//! of every rep what the record says, so that whoever reads reps need not read this as well; [`bar`] and [`bar_all`] alone
//! write it. Deliberately absent: who may change a record, and what ends when somebody goes.

use super::{
    Reader, StoreError, Writer, exactly_one, from_json,
    schema::{legs, people, reps, submissions as kept_submissions},
    submissions, to_json,
};
use crate::domain::{
    ids::{ProposalId, RepId, SubmissionId},
    person::{Person, PersonState},
    principal::Role,
};
use chrono::NaiveDateTime;
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = people, treat_none_as_null = true)]
struct Row {
    id: String,
    roles: Option<String>,
    state: String,
    since: NaiveDateTime,
    changed_by: String,
    version: String,
}

impl From<&Person> for Row {
    fn from(person: &Person) -> Self {
        Self {
            id: person.id.as_str().to_owned(),
            roles: person.roles.as_ref().map(to_json),
            state: person.state.as_str().to_owned(),
            since: person.since.naive_utc(),
            changed_by: person.changed_by.as_str().to_owned(),
            version: person.version.into(),
        }
    }
}

impl TryFrom<Row> for Person {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.parse()?,
            roles: row.roles.as_deref().map(from_json).transpose()?,
            state: row.state.parse()?,
            since: row.since.and_utc(),
            changed_by: row.changed_by.parse()?,
            version: row.version.parse()?,
        })
    }
}

/// What is on record of somebody. Cost: one row by key.
pub fn one(reader: &mut Reader<'_>, id: &RepId) -> Result<Option<Person>, StoreError> {
    let row =
        people::table.find(id.as_str()).select(Row::as_select()).get_result(&mut *reader.connection).optional()?;
    row.map(Person::try_from).transpose()
}

/// Records after `after`, by id, at most `limit`.
pub fn list(reader: &mut Reader<'_>, after: Option<&RepId>, limit: i64) -> Result<Vec<Person>, StoreError> {
    let mut query = people::table.select(Row::as_select()).order(people::id).limit(limit).into_boxed();
    if let Some(after) = after {
        query = query.filter(people::id.gt(after.as_str()));
    }
    query.load(&mut *reader.connection)?.into_iter().map(Person::try_from).collect()
}

/// Adds a record; a second one of the same person is [`StoreError::Twice`].
pub fn insert(writer: &mut Writer<'_>, person: &Person) -> Result<(), StoreError> {
    diesel::insert_into(people::table).values(Row::from(person)).execute(&mut *writer.connection)?;
    bar(writer, person)
}

/// Changes a record that is still as it was read; else the race is lost.
pub fn change(writer: &mut Writer<'_>, before: &Person, after: &Person) -> Result<(), StoreError> {
    let target =
        people::table.filter(people::id.eq(before.id.as_str()).and(people::version.eq(String::from(before.version))));
    exactly_one(diesel::update(target).set(Row::from(after)).execute(&mut *writer.connection)?)?;
    bar(writer, after)
}

/// Says of the rep, if there is one, what their record says.
fn bar(writer: &mut Writer<'_>, person: &Person) -> Result<(), StoreError> {
    diesel::update(reps::table.find(person.id.as_str()))
        .set(reps::barred.eq(!person.may_ask_as(Role::Rep)))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// Says of reps who have just come what is on record of them already.
pub fn bar_all(writer: &mut Writer<'_>) -> Result<(), StoreError> {
    let is_no_rep = people::state
        .ne(PersonState::Active.as_str())
        .or(people::roles.is_not_null().and(people::roles.not_like(format!("%\"{}\"%", Role::Rep))));
    let barred = people::table.filter(is_no_rep.assume_not_null()).select(people::id);
    diesel::update(reps::table.filter(reps::barred.eq(false).and(reps::id.eq_any(barred))))
        .set(reps::barred.eq(true))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// What hangs on a rep as long as it is live: their submissions, and the proposals in which they give an account.
pub fn dependents(reader: &mut Reader<'_>, rep: &RepId) -> Result<(Vec<SubmissionId>, Vec<ProposalId>), StoreError> {
    let stated: Vec<String> = kept_submissions::table
        .filter(kept_submissions::rep_id.eq(rep.as_str()))
        .filter(kept_submissions::state.eq_any(submissions::live_states()))
        .order(kept_submissions::id)
        .select(kept_submissions::id)
        .load(&mut *reader.connection)?;
    let given: Vec<String> = legs::table
        .filter(legs::from_rep_id.eq(rep.as_str()).and(legs::live))
        .order(legs::proposal_id)
        .select(legs::proposal_id)
        .distinct()
        .load(&mut *reader.connection)?;
    let stated = stated.into_iter().map(|id| Ok(id.parse()?)).collect::<Result<_, StoreError>>()?;
    Ok((stated, given.into_iter().map(|id| Ok(id.parse()?)).collect::<Result<_, StoreError>>()?))
}
