//! Check-ins and reviews: due from the day accounts change hands, each made once.
//!
//! In go domain values; out come domain values. What is made is a compare-and-set on "not made yet", and so is what is
//! reminded of. Deliberately absent: who may see stars.

use super::{
    Reader, StoreError, Writer,
    connection::on_either,
    exactly_one,
    roster::count,
    schema::{accounts, check_ins, proposals, reps, reviews},
};
use crate::domain::{
    ids::{ProposalId, RepId, TeamId},
    proposal::ProposalState,
    review::{CheckIn, Impression, Outcome, Review},
    units::{Cents, Stars},
};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = check_ins, treat_none_as_default_value = false)]
struct CheckInRow {
    proposal_id: String,
    rep_id: String,
    days: i32,
    account_id: String,
    due_on: NaiveDate,
    stars_hundredths: Option<i32>,
    note: String,
    made_at: Option<NaiveDateTime>,
}

impl From<&CheckIn> for CheckInRow {
    fn from(due: &CheckIn) -> Self {
        let made = due.made.as_ref();
        Self {
            proposal_id: due.proposal.into(),
            rep_id: due.rep.as_str().to_owned(),
            days: due.days as i32,
            account_id: due.account.as_str().to_owned(),
            due_on: due.due_on,
            stars_hundredths: made.map(|(said, _)| said.stars.hundredths() as i32),
            note: made.map(|(said, _)| said.note.clone()).unwrap_or_default(),
            made_at: made.map(|(_, at)| at.naive_utc()),
        }
    }
}

impl TryFrom<CheckInRow> for CheckIn {
    type Error = StoreError;
    fn try_from(row: CheckInRow) -> Result<Self, StoreError> {
        let made = match (row.stars_hundredths, row.made_at) {
            (Some(stars), Some(at)) => {
                let stars = Stars::from_hundredths(stars.into())?;
                Some((Impression { stars, note: row.note }, at.and_utc()))
            }
            _ => None,
        };
        Ok(Self {
            proposal: row.proposal_id.parse()?,
            rep: row.rep_id.parse()?,
            account: row.account_id.parse()?,
            days: count(row.days)?,
            due_on: row.due_on,
            made,
        })
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = reviews, treat_none_as_default_value = false)]
struct ReviewRow {
    proposal_id: String,
    leg: i32,
    days: i32,
    rep_id: String,
    account_id: String,
    due_on: NaiveDate,
    stars_hundredths: Option<i32>,
    revenue_cents: Option<i64>,
    visits_planned: Option<i32>,
    visits_kept: Option<i32>,
    complaint: Option<bool>,
    made_at: Option<NaiveDateTime>,
}

impl From<&Review> for ReviewRow {
    fn from(due: &Review) -> Self {
        let said = due.made.as_ref().map(|(said, _)| said);
        Self {
            proposal_id: due.proposal.into(),
            leg: due.leg as i32,
            days: due.days as i32,
            rep_id: due.rep.as_str().to_owned(),
            account_id: due.account.as_str().to_owned(),
            due_on: due.due_on,
            stars_hundredths: said.map(|said| said.stars.hundredths() as i32),
            revenue_cents: said.map(|said| said.revenue_cents.0),
            visits_planned: said.map(|said| said.visits_planned as i32),
            visits_kept: said.map(|said| said.visits_kept as i32),
            complaint: said.map(|said| said.complaint),
            made_at: due.made.as_ref().map(|(_, at)| at.naive_utc()),
        }
    }
}

/// The part of a review that is said, where all of it is.
type Said = (Option<i32>, Option<i64>, Option<i32>, Option<i32>, Option<bool>);

fn outcome(said: Said) -> Result<Option<Outcome>, StoreError> {
    let (Some(stars), Some(revenue), Some(planned), Some(kept), Some(complaint)) = said else { return Ok(None) };
    Ok(Some(Outcome {
        stars: Stars::from_hundredths(stars.into())?,
        revenue_cents: Cents(revenue),
        visits_planned: count(planned)?,
        visits_kept: count(kept)?,
        complaint,
    }))
}

impl TryFrom<ReviewRow> for Review {
    type Error = StoreError;
    fn try_from(row: ReviewRow) -> Result<Self, StoreError> {
        let said =
            outcome((row.stars_hundredths, row.revenue_cents, row.visits_planned, row.visits_kept, row.complaint))?;
        Ok(Self {
            proposal: row.proposal_id.parse()?,
            leg: count(row.leg)?,
            rep: row.rep_id.parse()?,
            account: row.account_id.parse()?,
            days: count(row.days)?,
            due_on: row.due_on,
            made: said.zip(row.made_at.map(|at| at.and_utc())),
        })
    }
}

/// Adds what is due from a change of owner on.
pub fn lay_out(writer: &mut Writer<'_>, asked: &[CheckIn], later: &[Review]) -> Result<(), StoreError> {
    let asked: Vec<CheckInRow> = asked.iter().map(CheckInRow::from).collect();
    let later: Vec<ReviewRow> = later.iter().map(ReviewRow::from).collect();
    on_either!(&mut *writer.connection, inner => {
        diesel::insert_into(check_ins::table).values(&asked).execute(inner)?;
        diesel::insert_into(reviews::table).values(&later).execute(inner)?;
    });
    Ok(())
}

/// The check-ins of a trial, by rep and day.
pub fn check_ins(reader: &mut Reader<'_>, proposal: ProposalId) -> Result<Vec<CheckIn>, StoreError> {
    let rows: Vec<CheckInRow> = check_ins::table
        .filter(check_ins::proposal_id.eq(String::from(proposal)))
        .order((check_ins::rep_id, check_ins::days))
        .select(CheckInRow::as_select())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(CheckIn::try_from).collect()
}

/// The reviews of a swap, by leg and day.
pub fn reviews(reader: &mut Reader<'_>, proposal: ProposalId) -> Result<Vec<Review>, StoreError> {
    let rows: Vec<ReviewRow> = reviews::table
        .filter(reviews::proposal_id.eq(String::from(proposal)))
        .order((reviews::leg, reviews::days))
        .select(ReviewRow::as_select())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(Review::try_from).collect()
}

/// Keeps what a rep says in a check-in, now, if they have not said it yet; else the race is lost.
pub fn check_in(writer: &mut Writer<'_>, due: &CheckIn, said: &Impression) -> Result<(), StoreError> {
    let at = writer.now().naive_utc();
    let target = check_ins::table.filter(
        check_ins::proposal_id
            .eq(String::from(due.proposal))
            .and(check_ins::rep_id.eq(due.rep.as_str()))
            .and(check_ins::days.eq(due.days as i32))
            .and(check_ins::made_at.is_null()),
    );
    exactly_one(
        diesel::update(target)
            .set((
                check_ins::stars_hundredths.eq(Some(said.stars.hundredths() as i32)),
                check_ins::note.eq(&said.note),
                check_ins::made_at.eq(Some(at)),
            ))
            .execute(&mut *writer.connection)?,
    )
}

/// Keeps what a new owner says in a review, now, if they have not said it yet; else the race is lost.
pub fn review(writer: &mut Writer<'_>, due: &Review, said: &Outcome) -> Result<(), StoreError> {
    let at = writer.now().naive_utc();
    let target = reviews::table.filter(
        reviews::proposal_id
            .eq(String::from(due.proposal))
            .and(reviews::leg.eq(due.leg as i32))
            .and(reviews::days.eq(due.days as i32))
            .and(reviews::made_at.is_null()),
    );
    exactly_one(
        diesel::update(target)
            .set((
                reviews::stars_hundredths.eq(Some(said.stars.hundredths() as i32)),
                reviews::revenue_cents.eq(Some(said.revenue_cents.0)),
                reviews::visits_planned.eq(Some(said.visits_planned as i32)),
                reviews::visits_kept.eq(Some(said.visits_kept as i32)),
                reviews::complaint.eq(Some(said.complaint)),
                reviews::made_at.eq(Some(at)),
            ))
            .execute(&mut *writer.connection)?,
    )
}

/// Check-ins that are due on `today`, not made, and nobody has been reminded of, of trials that run; at most `limit`.
pub fn check_ins_to_remind(reader: &mut Reader<'_>, today: NaiveDate, limit: i64) -> Result<Vec<CheckIn>, StoreError> {
    let rows: Vec<CheckInRow> = check_ins::table
        .inner_join(proposals::table)
        .inner_join(reps::table)
        .filter(check_ins::made_at.is_null().and(check_ins::reminded_at.is_null()))
        .filter(check_ins::due_on.le(today))
        .filter(proposals::state.eq(ProposalState::OnTrial.as_str()))
        .filter(reps::active.and(reps::barred.eq(false)))
        .order((check_ins::proposal_id, check_ins::rep_id, check_ins::days))
        .limit(limit)
        .select(CheckInRow::as_select())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(CheckIn::try_from).collect()
}

/// Reviews that are due on `today`, not made, and nobody has been reminded of, of accounts that their new owner still has;
/// at most `limit`.
pub fn reviews_to_remind(reader: &mut Reader<'_>, today: NaiveDate, limit: i64) -> Result<Vec<Review>, StoreError> {
    let kept = [ProposalState::OnTrial, ProposalState::Completed].map(ProposalState::as_str);
    let rows: Vec<ReviewRow> = reviews::table
        .inner_join(proposals::table)
        .inner_join(accounts::table)
        .inner_join(reps::table)
        .filter(reviews::made_at.is_null().and(reviews::reminded_at.is_null()))
        .filter(reviews::due_on.le(today))
        .filter(proposals::state.eq_any(kept))
        .filter(accounts::owner_id.eq(reviews::rep_id).and(reps::active).and(reps::barred.eq(false)))
        .order((reviews::proposal_id, reviews::leg, reviews::days))
        .limit(limit)
        .select(ReviewRow::as_select())
        .load(&mut *reader.connection)?;
    rows.into_iter().map(Review::try_from).collect()
}

/// Keeps that a rep was reminded of a check-in, now, if they were not; else the race is lost.
pub fn reminded_of_check_in(writer: &mut Writer<'_>, due: &CheckIn) -> Result<(), StoreError> {
    let at = writer.now().naive_utc();
    let target = check_ins::table.filter(
        check_ins::proposal_id
            .eq(String::from(due.proposal))
            .and(check_ins::rep_id.eq(due.rep.as_str()))
            .and(check_ins::days.eq(due.days as i32))
            .and(check_ins::reminded_at.is_null()),
    );
    exactly_one(diesel::update(target).set(check_ins::reminded_at.eq(Some(at))).execute(&mut *writer.connection)?)
}

/// Keeps that a new owner was reminded of a review, now, if they were not; else the race is lost.
pub fn reminded_of_review(writer: &mut Writer<'_>, due: &Review) -> Result<(), StoreError> {
    let at = writer.now().naive_utc();
    let target = reviews::table.filter(
        reviews::proposal_id
            .eq(String::from(due.proposal))
            .and(reviews::leg.eq(due.leg as i32))
            .and(reviews::days.eq(due.days as i32))
            .and(reviews::reminded_at.is_null()),
    );
    exactly_one(diesel::update(target).set(reviews::reminded_at.eq(Some(at))).execute(&mut *writer.connection)?)
}

/// One review as a sum takes it in.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// Days from the change of owner.
    pub days: u32,
    /// Who said so.
    pub rep: RepId,
    /// What.
    pub outcome: Outcome,
}

/// Every review made, or those by the reps of some teams.
///
/// Cost: linear in the reviews.
pub fn made(reader: &mut Reader<'_>, teams: Option<&[TeamId]>) -> Result<Vec<Reviewed>, StoreError> {
    let mut query = reviews::table
        .inner_join(reps::table)
        .filter(reviews::made_at.is_not_null())
        .order((reviews::days, reviews::rep_id))
        .select((
            reviews::days,
            reviews::rep_id,
            (
                reviews::stars_hundredths,
                reviews::revenue_cents,
                reviews::visits_planned,
                reviews::visits_kept,
                reviews::complaint,
            ),
        ))
        .into_boxed();
    if let Some(teams) = teams {
        query = query.filter(reps::team_id.eq_any(teams.iter().map(TeamId::as_str).collect::<Vec<_>>()));
    }
    let rows: Vec<(i32, String, Said)> = query.load(&mut *reader.connection)?;
    rows.into_iter()
        .filter_map(|(days, rep, said)| match outcome(said) {
            Ok(said) => said.map(|outcome| Ok((days, rep, outcome))),
            Err(error) => Some(Err(error)),
        })
        .map(|row| {
            let (days, rep, outcome) = row?;
            Ok(Reviewed { days: count(days)?, rep: rep.parse()?, outcome })
        })
        .collect()
}
