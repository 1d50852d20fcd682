//! What the CRM was asked to carry out, and what it has said of each account.
//!
//! In go requests and answers; out come requests. The caller holds the proposal; an answer is written once, and a second
//! that differs only marks the first. Deliberately absent: what follows from answers.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer,
    connection::on_either,
    exactly_one,
    roster::count,
    schema::{crm_legs, crm_requests},
};
use crate::domain::{
    crm::{AskedLeg, CrmRequest, Said},
    ids::{CrmRequestId, ProposalId},
};
use chrono::NaiveDateTime;
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crm_requests)]
struct Row {
    id: String,
    proposal_id: String,
    number: i32,
    way: String,
    asked_at: NaiveDateTime,
    repeats: i32,
    repeat_at: Option<NaiveDateTime>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = crm_legs)]
struct LegRow {
    request_id: String,
    leg: i32,
    account_id: String,
    expected_owner_id: String,
    new_owner_id: String,
    answer: Option<String>,
    owner_id: Option<String>,
    answered_at: Option<NaiveDateTime>,
    is_contradicted: bool,
}

impl LegRow {
    fn of(request: CrmRequestId, leg: &AskedLeg) -> Self {
        Self {
            request_id: request.into(),
            leg: leg.leg as i32,
            account_id: leg.account.as_str().to_owned(),
            expected_owner_id: leg.expected_owner.as_str().to_owned(),
            new_owner_id: leg.new_owner.as_str().to_owned(),
            answer: leg.said.as_ref().map(|said| said.answer.as_str().to_owned()),
            owner_id: leg.said.as_ref().map(|said| said.owner.as_str().to_owned()),
            answered_at: leg.said.as_ref().map(|said| said.at.naive_utc()),
            is_contradicted: leg.is_contradicted,
        }
    }

    fn into_domain(self) -> Result<AskedLeg, StoreError> {
        let said = match (self.answer, self.owner_id, self.answered_at) {
            (Some(answer), Some(owner), Some(at)) => {
                Some(Said { answer: answer.parse()?, owner: owner.parse()?, at: at.and_utc() })
            }
            _ => None,
        };
        Ok(AskedLeg {
            leg: count(self.leg)?,
            account: self.account_id.parse()?,
            expected_owner: self.expected_owner_id.parse()?,
            new_owner: self.new_owner_id.parse()?,
            said,
            is_contradicted: self.is_contradicted,
        })
    }
}

fn with_legs(reader: &mut Reader<'_>, rows: Vec<Row>) -> Result<Vec<CrmRequest>, StoreError> {
    let mut legs: BTreeMap<String, Vec<AskedLeg>> = BTreeMap::new();
    for batch in rows.chunks(ROWS_A_STATEMENT) {
        let leg_rows: Vec<LegRow> = crm_legs::table
            .filter(crm_legs::request_id.eq_any(batch.iter().map(|row| row.id.as_str())))
            .order(crm_legs::leg)
            .select(LegRow::as_select())
            .load(&mut *reader.connection)?;
        for row in leg_rows {
            legs.entry(row.request_id.clone()).or_default().push(row.into_domain()?);
        }
    }
    let request = |row: Row| {
        Ok(CrmRequest {
            legs: legs.remove(&row.id).unwrap_or_default(),
            id: row.id.parse()?,
            proposal: row.proposal_id.parse()?,
            number: count(row.number)?,
            way: row.way.parse()?,
            asked_at: row.asked_at.and_utc(),
            repeats: count(row.repeats)?,
            repeat_at: row.repeat_at.map(|at| at.and_utc()),
        })
    };
    rows.into_iter().map(request).collect()
}

/// Adds a request; two of the same number are [`StoreError::Twice`].
pub fn insert(writer: &mut Writer<'_>, request: &CrmRequest) -> Result<(), StoreError> {
    let row = Row {
        id: request.id.into(),
        proposal_id: request.proposal.into(),
        number: request.number as i32,
        way: request.way.as_str().to_owned(),
        asked_at: request.asked_at.naive_utc(),
        repeats: request.repeats as i32,
        repeat_at: request.repeat_at.map(|at| at.naive_utc()),
    };
    diesel::insert_into(crm_requests::table).values(row).execute(&mut *writer.connection)?;
    let legs: Vec<LegRow> = request.legs.iter().map(|leg| LegRow::of(request.id, leg)).collect();
    on_either!(&mut *writer.connection, inner => {
        diesel::insert_into(crm_legs::table).values(&legs).execute(inner)?;
    });
    Ok(())
}

/// A request.
pub fn one(reader: &mut Reader<'_>, id: CrmRequestId) -> Result<Option<CrmRequest>, StoreError> {
    let rows = crm_requests::table.find(String::from(id)).select(Row::as_select()).load(&mut *reader.connection)?;
    Ok(with_legs(reader, rows)?.pop())
}

/// The newest request of a proposal.
pub fn newest(reader: &mut Reader<'_>, proposal: ProposalId) -> Result<Option<CrmRequest>, StoreError> {
    Ok(newest_of_all(reader, &[proposal])?.remove(&proposal))
}

/// The newest request of each of some proposals; one of which the CRM was asked nothing is absent.
pub fn newest_of_all(
    reader: &mut Reader<'_>,
    proposals: &[ProposalId],
) -> Result<BTreeMap<ProposalId, CrmRequest>, StoreError> {
    let mut found = BTreeMap::new();
    for batch in proposals.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<Row> = crm_requests::table
            .filter(crm_requests::proposal_id.eq_any(batch.iter().map(|id| String::from(*id))))
            .order(crm_requests::number)
            .select(Row::as_select())
            .load(&mut *reader.connection)?;
        let newest: BTreeMap<String, Row> = rows.into_iter().map(|row| (row.proposal_id.clone(), row)).collect();
        for request in with_legs(reader, newest.into_values().collect())? {
            found.insert(request.proposal, request);
        }
    }
    Ok(found)
}

/// Writes what is now known of one account of a request.
pub fn change_leg(writer: &mut Writer<'_>, request: CrmRequestId, leg: &AskedLeg) -> Result<(), StoreError> {
    let row = LegRow::of(request, leg);
    let changed = diesel::update(crm_legs::table.find((row.request_id, row.leg)))
        .set((
            crm_legs::answer.eq(row.answer),
            crm_legs::owner_id.eq(row.owner_id),
            crm_legs::answered_at.eq(row.answered_at),
            crm_legs::is_contradicted.eq(row.is_contradicted),
        ))
        .execute(&mut *writer.connection)?;
    exactly_one(changed)
}

/// Requests that are to be asked again by now, the longest waiting first, at most `limit`.
pub fn to_repeat(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<(CrmRequestId, ProposalId)>, StoreError> {
    let now = reader.now().naive_utc();
    let rows: Vec<(String, String)> = crm_requests::table
        .filter(crm_requests::repeat_at.le(now))
        .order((crm_requests::repeat_at, crm_requests::id))
        .limit(limit)
        .select((crm_requests::id, crm_requests::proposal_id))
        .load(&mut *reader.connection)?;
    rows.into_iter().map(|(id, proposal)| Ok((id.parse()?, proposal.parse()?))).collect()
}

/// Writes how often a request was asked again and when it is next, if nobody else has meanwhile; else the race is lost.
pub fn repeat(writer: &mut Writer<'_>, before: &CrmRequest, after: &CrmRequest) -> Result<(), StoreError> {
    let target =
        crm_requests::table.find(String::from(before.id)).filter(crm_requests::repeats.eq(before.repeats as i32));
    let changed = diesel::update(target)
        .set((
            crm_requests::repeats.eq(after.repeats as i32),
            crm_requests::repeat_at.eq(after.repeat_at.map(|at| at.naive_utc())),
        ))
        .execute(&mut *writer.connection)?;
    exactly_one(changed)
}
