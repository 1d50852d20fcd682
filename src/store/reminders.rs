//! Reminders: who is to be reminded of a proposal, and when; each is handled once, by compare-and-set.
//!
//! In go moments; out come those that are due. Deliberately absent: whether somebody still has to act by then.

use super::{ROWS_A_STATEMENT, Reader, StoreError, Writer, connection::on_either, schema::reminders};
use crate::domain::ids::ProposalId;
use chrono::{DateTime, Duration, NaiveDateTime, Utc};
use diesel::prelude::*;

/// Whom a reminder is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whom {
    /// The giver of the leg at this position, while their answer is missing.
    Giver(u32),
    /// The managers whose approval is missing.
    Managers,
}

/// One reminder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reminder {
    /// Of which proposal.
    pub proposal: ProposalId,
    /// Whom it is for.
    pub whom: Whom,
    /// When it is due.
    pub due_at: DateTime<Utc>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = reminders)]
struct Row {
    proposal_id: String,
    leg: i32,
    due_at: NaiveDateTime,
}

impl From<&Reminder> for Row {
    fn from(reminder: &Reminder) -> Self {
        let leg = match reminder.whom {
            Whom::Giver(leg) => leg as i32,
            Whom::Managers => -1,
        };
        Self { proposal_id: reminder.proposal.into(), leg, due_at: reminder.due_at.naive_utc() }
    }
}

impl TryFrom<Row> for Reminder {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            proposal: row.proposal_id.parse()?,
            whom: u32::try_from(row.leg).map_or(Whom::Managers, Whom::Giver),
            due_at: row.due_at.and_utc(),
        })
    }
}

/// Adds reminders; each proposal, person and moment once.
pub fn insert(writer: &mut Writer<'_>, new: &[Reminder]) -> Result<(), StoreError> {
    for batch in new.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<Row> = batch.iter().map(Row::from).collect();
        on_either!(&mut *writer.connection, inner => {
            diesel::insert_into(reminders::table).values(&rows).execute(inner)?;
        });
    }
    Ok(())
}

/// Reminders that are due and not handled, the earliest first, at most `limit`.
pub fn due(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<Reminder>, StoreError> {
    let now = reader.now().naive_utc();
    let rows: Vec<Row> = reminders::table
        .filter(reminders::handled_at.is_null().and(reminders::due_at.le(now)))
        .order((reminders::due_at, reminders::proposal_id, reminders::leg))
        .limit(limit)
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(Reminder::try_from).collect()
}

/// Marks a reminder as handled; false where it was already, or was put off.
pub fn handle(writer: &mut Writer<'_>, reminder: &Reminder) -> Result<bool, StoreError> {
    let now = writer.now().naive_utc();
    let row = Row::from(reminder);
    let target = reminders::table.filter(
        reminders::proposal_id
            .eq(row.proposal_id)
            .and(reminders::leg.eq(row.leg))
            .and(reminders::due_at.eq(row.due_at))
            .and(reminders::handled_at.is_null()),
    );
    Ok(diesel::update(target).set(reminders::handled_at.eq(Some(now))).execute(&mut *writer.connection)? == 1)
}

/// Puts off by `by` every reminder of a proposal that is not handled yet.
pub fn put_off(writer: &mut Writer<'_>, proposal: ProposalId, by: Duration) -> Result<(), StoreError> {
    let open = || {
        reminders::table.filter(reminders::proposal_id.eq(String::from(proposal)).and(reminders::handled_at.is_null()))
    };
    let rows: Vec<Row> = open().select(Row::as_select()).load(&mut *writer.connection)?;
    diesel::delete(open()).execute(&mut *writer.connection)?;
    let put_off = |row: Row| {
        let reminder = Reminder::try_from(row)?;
        Ok::<_, StoreError>(Reminder { due_at: reminder.due_at + by, ..reminder })
    };
    let later = rows.into_iter().map(put_off).collect::<Result<Vec<_>, _>>()?;
    insert(writer, &later)
}
