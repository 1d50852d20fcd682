//! Meetings: one open for each team, held by a unique index, with all they need to go on after a restart.
//!
//! In go domain values and large parts as JSON; out come the same. A meeting changes by compare-and-set on state and
//! version. Large parts are kept gzipped. Deliberately absent: what the parts mean.

use super::{
    Reader, StoreError, Writer, exactly_one, from_json,
    packed::{pack, unpack},
    schema::meetings,
    to_json,
};
use crate::domain::{
    ids::{MeetingId, TeamId},
    meeting::Meeting,
};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

#[derive(Queryable, Selectable)]
#[diesel(table_name = meetings)]
struct Row {
    id: String,
    team_id: String,
    started_by: String,
    state: String,
    business_date: NaiveDate,
    started_at: NaiveDateTime,
    ended_at: Option<NaiveDateTime>,
    wishes: String,
    proposals: String,
    version: String,
}

impl TryFrom<Row> for Meeting {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.parse()?,
            team: row.team_id.parse()?,
            started_by: row.started_by.parse()?,
            state: row.state.parse()?,
            business_date: row.business_date,
            started_at: row.started_at.and_utc(),
            ended_at: row.ended_at.map(|at| at.and_utc()),
            wishes: from_json(&row.wishes)?,
            proposals: from_json(&row.proposals)?,
            version: row.version.parse()?,
        })
    }
}

/// The large parts of a meeting, each as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The policy it goes by.
    pub policy: String,
    /// The market.
    pub snapshot: Vec<u8>,
    /// How often each account had changed hands.
    pub ownerships: Vec<u8>,
    /// The moves as they stand.
    pub moves: Vec<u8>,
}

/// Begins a meeting; a second open one of the team is [`StoreError::Twice`].
pub fn insert(writer: &mut Writer<'_>, meeting: &Meeting, parts: &Parts) -> Result<(), StoreError> {
    diesel::insert_into(meetings::table)
        .values((
            meetings::id.eq(String::from(meeting.id)),
            meetings::team_id.eq(meeting.team.as_str()),
            meetings::started_by.eq(meeting.started_by.as_str()),
            meetings::state.eq(meeting.state.as_str()),
            meetings::business_date.eq(meeting.business_date),
            meetings::started_at.eq(meeting.started_at.naive_utc()),
            meetings::policy.eq(&parts.policy),
            meetings::snapshot.eq(pack(&parts.snapshot)),
            meetings::ownerships.eq(pack(&parts.ownerships)),
            meetings::moves.eq(pack(&parts.moves)),
            meetings::wishes.eq(to_json(&meeting.wishes)),
            meetings::proposals.eq(to_json(&meeting.proposals)),
            meetings::version.eq(String::from(meeting.version)),
        ))
        .execute(&mut *writer.connection)?;
    Ok(())
}

/// One meeting.
pub fn one(reader: &mut Reader<'_>, id: MeetingId) -> Result<Option<Meeting>, StoreError> {
    let row = meetings::table
        .find(String::from(id))
        .select(Row::as_select())
        .get_result(&mut *reader.connection)
        .optional()?;
    row.map(Meeting::try_from).transpose()
}

/// Its large parts.
pub fn parts(reader: &mut Reader<'_>, id: MeetingId) -> Result<Option<Parts>, StoreError> {
    let kept = meetings::table
        .find(String::from(id))
        .select((meetings::policy, meetings::snapshot, meetings::ownerships, meetings::moves))
        .get_result::<(String, Vec<u8>, Vec<u8>, Vec<u8>)>(&mut *reader.connection)
        .optional()?;
    kept.map(|(policy, snapshot, ownerships, moves)| {
        Ok(Parts { policy, snapshot: unpack(&snapshot)?, ownerships: unpack(&ownerships)?, moves: unpack(&moves)? })
    })
    .transpose()
}

/// The meetings of some teams after `after`, by id, at most `limit`.
pub fn list(
    reader: &mut Reader<'_>,
    teams: &[TeamId],
    after: Option<MeetingId>,
    limit: i64,
) -> Result<Vec<Meeting>, StoreError> {
    let mut query = meetings::table
        .filter(meetings::team_id.eq_any(teams.iter().map(TeamId::as_str).collect::<Vec<_>>()))
        .select(Row::as_select())
        .order(meetings::id)
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(meetings::id.gt(String::from(after)));
    }
    query.load(&mut *reader.connection)?.into_iter().map(Meeting::try_from).collect()
}

/// Writes what `after` says, and its moves where they are new, if the meeting is still as `before` was read; else the race
/// is lost.
pub fn change(
    writer: &mut Writer<'_>,
    before: &Meeting,
    after: &Meeting,
    moves: Option<&[u8]>,
) -> Result<(), StoreError> {
    let target = meetings::table.filter(
        meetings::id
            .eq(String::from(before.id))
            .and(meetings::state.eq(before.state.as_str()))
            .and(meetings::version.eq(String::from(before.version))),
    );
    exactly_one(
        diesel::update(target)
            .set((
                meetings::state.eq(after.state.as_str()),
                meetings::ended_at.eq(after.ended_at.map(|at| at.naive_utc())),
                meetings::wishes.eq(to_json(&after.wishes)),
                meetings::proposals.eq(to_json(&after.proposals)),
                meetings::version.eq(String::from(after.version)),
                moves.map(|moves| meetings::moves.eq(pack(moves))),
            ))
            .execute(&mut *writer.connection)?,
    )
}
