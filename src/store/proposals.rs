//! Proposals and their legs.
//!
//! In go domain values; out come domain values. A proposal changes by compare-and-set on state and version; a leg's
//! `live` flag, which a unique index lets only one leg of an account have, follows the state in the same statement
//! group. Deliberately absent: who may see or decide what, and who has decided.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer,
    connection::on_either,
    exactly_one, from_json,
    roster::count,
    schema::{legs, proposals, reps, undos},
    to_json,
    whose::{Listed, Of, members},
};
use crate::domain::{
    approval::{Approval, Needs},
    ids::{AccountId, ProposalId, TeamId},
    proposal::{Answer, Leg, Proposal, ProposalState},
    undo::UndoState,
    units::{Cents, Points},
};
use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{BigInt, Bool, Text},
};
use std::collections::BTreeMap;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = proposals, treat_none_as_null = true)]
struct Row {
    id: String,
    run_id: Option<String>,
    state: String,
    points: i64,
    created_at: NaiveDateTime,
    expires_at: NaiveDateTime,
    agreed_at: Option<NaiveDateTime>,
    shown_at: Option<NaiveDateTime>,
    approval_rule: String,
    approval_needs: String,
    revealed_at: Option<NaiveDateTime>,
    effective_on: Option<NaiveDate>,
    trial_ends_on: Option<NaiveDate>,
    cause: Option<String>,
    sent_at: Option<NaiveDateTime>,
    alarmed_at: Option<NaiveDateTime>,
    bounces_until: Option<NaiveDate>,
    version: String,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = legs)]
struct LegRow {
    proposal_id: String,
    position: i32,
    account_id: String,
    submission_id: String,
    from_rep_id: String,
    to_rep_id: String,
    ownership: i64,
    annual_commission_cents: i64,
    side: String,
    money: String,
    answer_by: NaiveDateTime,
    answer: String,
    firm_at: Option<NaiveDateTime>,
    live: bool,
    version: String,
}

impl From<&Proposal> for Row {
    fn from(proposal: &Proposal) -> Self {
        Self {
            id: proposal.id.into(),
            run_id: proposal.run.map(String::from),
            state: proposal.state.as_str().to_owned(),
            points: proposal.points.0,
            created_at: proposal.created_at.naive_utc(),
            expires_at: proposal.expires_at.naive_utc(),
            agreed_at: proposal.agreed_at.map(|at| at.naive_utc()),
            shown_at: proposal.shown_at.map(|at| at.naive_utc()),
            approval_rule: proposal.approval.rule.clone(),
            approval_needs: proposal.approval.needs.as_str().to_owned(),
            revealed_at: proposal.revealed_at.map(|at| at.naive_utc()),
            effective_on: proposal.effective_on,
            trial_ends_on: proposal.trial_ends_on,
            cause: proposal.cause.map(|cause| cause.as_str().to_owned()),
            sent_at: proposal.sent_at.map(|at| at.naive_utc()),
            alarmed_at: proposal.alarmed_at.map(|at| at.naive_utc()),
            bounces_until: proposal.bounces_until,
            version: proposal.version.into(),
        }
    }
}

impl LegRow {
    fn new(proposal: &Proposal, leg: &Leg) -> Self {
        Self {
            proposal_id: proposal.id.into(),
            position: leg.position as i32,
            account_id: leg.account.as_str().to_owned(),
            submission_id: leg.submission.into(),
            from_rep_id: leg.from.as_str().to_owned(),
            to_rep_id: leg.to.as_str().to_owned(),
            ownership: leg.ownership,
            annual_commission_cents: leg.annual_commission_cents.0,
            side: to_json(&leg.side),
            money: to_json(&leg.money),
            answer_by: leg.answer_by.naive_utc(),
            answer: leg.answer.as_str().to_owned(),
            firm_at: leg.firm_at.map(|at| at.naive_utc()),
            live: proposal.state.is_live(),
            version: leg.version.into(),
        }
    }
}

impl TryFrom<LegRow> for Leg {
    type Error = StoreError;
    fn try_from(row: LegRow) -> Result<Self, StoreError> {
        Ok(Self {
            position: count(row.position)?,
            account: row.account_id.parse()?,
            submission: row.submission_id.parse()?,
            from: row.from_rep_id.parse()?,
            to: row.to_rep_id.parse()?,
            ownership: row.ownership,
            annual_commission_cents: Cents(row.annual_commission_cents),
            side: from_json(&row.side)?,
            money: from_json(&row.money)?,
            answer_by: row.answer_by.and_utc(),
            answer: row.answer.parse()?,
            firm_at: row.firm_at.map(|at| at.and_utc()),
            version: row.version.parse()?,
        })
    }
}

fn proposal(row: Row, legs: Vec<Leg>) -> Result<Proposal, StoreError> {
    Ok(Proposal {
        id: row.id.parse()?,
        run: row.run_id.map(|run| run.parse()).transpose()?,
        state: row.state.parse()?,
        points: Points(row.points),
        created_at: row.created_at.and_utc(),
        expires_at: row.expires_at.and_utc(),
        agreed_at: row.agreed_at.map(|at| at.and_utc()),
        shown_at: row.shown_at.map(|at| at.and_utc()),
        approval: Approval { rule: row.approval_rule, needs: row.approval_needs.parse()? },
        revealed_at: row.revealed_at.map(|at| at.and_utc()),
        effective_on: row.effective_on,
        trial_ends_on: row.trial_ends_on,
        cause: row.cause.map(|cause| cause.parse()).transpose()?,
        sent_at: row.sent_at.map(|at| at.and_utc()),
        alarmed_at: row.alarmed_at.map(|at| at.and_utc()),
        bounces_until: row.bounces_until,
        version: row.version.parse()?,
        legs,
    })
}

/// Adds proposals with their legs; an account in another live proposal is [`StoreError::Twice`].
pub fn insert(writer: &mut Writer<'_>, new: &[Proposal]) -> Result<(), StoreError> {
    for batch in new.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<Row> = batch.iter().map(Row::from).collect();
        let leg_rows: Vec<LegRow> =
            batch.iter().flat_map(|proposal| proposal.legs.iter().map(|leg| LegRow::new(proposal, leg))).collect();
        on_either!(&mut *writer.connection, inner => {
            diesel::insert_into(proposals::table).values(&rows).execute(inner)?;
            for leg_rows in leg_rows.chunks(ROWS_A_STATEMENT) {
                diesel::insert_into(legs::table).values(leg_rows).execute(inner)?;
            }
        });
    }
    Ok(())
}

fn with_legs(reader: &mut Reader<'_>, rows: Vec<Row>) -> Result<Vec<Proposal>, StoreError> {
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut legs_of: BTreeMap<String, Vec<Leg>> = BTreeMap::new();
    for batch in ids.chunks(ROWS_A_STATEMENT) {
        let leg_rows: Vec<LegRow> = legs::table
            .filter(legs::proposal_id.eq_any(batch))
            .order((legs::proposal_id, legs::position))
            .select(LegRow::as_select())
            .load(&mut *reader.connection)?;
        for row in leg_rows {
            legs_of.entry(row.proposal_id.clone()).or_default().push(row.try_into()?);
        }
    }
    rows.into_iter()
        .map(|row| {
            let legs = legs_of.remove(&row.id).unwrap_or_default();
            proposal(row, legs)
        })
        .collect()
}

/// One proposal.
pub fn one(reader: &mut Reader<'_>, id: ProposalId) -> Result<Option<Proposal>, StoreError> {
    let rows: Vec<Row> = proposals::table
        .filter(proposals::id.eq(String::from(id)))
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    Ok(with_legs(reader, rows)?.pop())
}

/// Which proposals are asked for, by state; empty means every state.
pub type InStates<'a> = &'a [ProposalState];

/// Proposals to which some reps are party, after `after`, by id, at most `limit`.
pub fn list(
    reader: &mut Reader<'_>,
    of: Of<'_>,
    states: InStates<'_>,
    after: Option<ProposalId>,
    limit: i64,
) -> Result<Vec<Proposal>, StoreError> {
    let after = after.map(String::from);
    let in_states = match words(states).join("', '") {
        none if none.is_empty() => none,
        words => format!(
            " AND EXISTS (SELECT 1 FROM proposals WHERE proposals.id = legs.proposal_id AND proposals.state IN ('{words}'))"
        ),
    };
    let by_giver = Listed { table: "legs", rep: "from_rep_id", key: "proposal_id", and: &in_states };
    let in_order = || proposals::table.order(proposals::id).limit(limit);
    let rows = match by_giver.page(of, after.as_deref(), limit) {
        Some(page) => {
            on_either!(&mut *reader.connection, inner => in_order().filter(page).select(Row::as_select()).load(inner)?)
        }
        None if states.is_empty() => in_order()
            .filter(proposals::id.gt(after.unwrap_or_default()))
            .select(Row::as_select())
            .load(&mut *reader.connection)?,
        None => {
            let page = page_in_states(reader, states, after.as_deref(), limit)?;
            in_order().filter(proposals::id.eq_any(page)).select(Row::as_select()).load(&mut *reader.connection)?
        }
    };
    with_legs(reader, rows)
}

/// The ids of the first proposals in some states after `after`, at most `limit`: the first of each state, merged.
fn page_in_states(
    reader: &mut Reader<'_>,
    states: InStates<'_>,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<String>, StoreError> {
    let first_in = |state: &&str| {
        format!(
            "SELECT key FROM (SELECT id AS key FROM proposals WHERE state = '{state}' AND id > $1 ORDER BY id LIMIT $2) \
             AS first_{state}"
        )
    };
    let first = words(states).iter().map(first_in).collect::<Vec<_>>().join(" UNION ALL ");
    let found: Vec<Key> = sql_query(format!("{first} ORDER BY key LIMIT $2"))
        .bind::<Text, _>(after.unwrap_or_default())
        .bind::<BigInt, _>(limit)
        .load(&mut *reader.connection)?;
    Ok(found.into_iter().map(|found| found.key).collect())
}

/// What a query for keys finds.
#[derive(QueryableByName)]
struct Key {
    #[diesel(sql_type = Text)]
    key: String,
}

/// The live proposals that hold one of the accounts.
pub fn live_with(reader: &mut Reader<'_>, accounts: &[AccountId]) -> Result<Vec<Proposal>, StoreError> {
    let accounts: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
    let rows: Vec<Row> =
        proposals::table
            .filter(proposals::id.eq_any(
                legs::table.filter(legs::live.and(legs::account_id.eq_any(accounts))).select(legs::proposal_id),
            ))
            .order(proposals::id)
            .select(Row::as_select())
            .load(&mut *reader.connection)?;
    with_legs(reader, rows)
}

/// Whether a rep declined a proposal of exactly this account for that one since `since`.
pub fn was_declined(
    reader: &mut Reader<'_>,
    one: &AccountId,
    other: &AccountId,
    since: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let gives = |account: &AccountId| {
        legs::table.filter(legs::account_id.eq(account.as_str().to_owned())).select(legs::proposal_id)
    };
    let found: i64 = proposals::table
        .filter(proposals::state.eq(ProposalState::Declined.as_str()))
        .filter(proposals::created_at.ge(since.naive_utc()))
        .filter(proposals::id.eq_any(gives(one)))
        .filter(proposals::id.eq_any(gives(other)))
        .count()
        .get_result(&mut *reader.connection)?;
    Ok(found > 0)
}

/// Proposals waiting for somebody whose time is up, by id, at most `limit`: a rep who has not answered, or a manager. One
/// that all have accepted and that needs no manager waits for the next batch alone, and is not among them.
pub fn overdue(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<Proposal>, StoreError> {
    let now = reader.now().naive_utc();
    let too_late = legs::table
        .filter(legs::live.and(legs::answer.eq(Answer::Pending.as_str())).and(legs::answer_by.le(now)))
        .select(legs::proposal_id);
    let is_proposed = || proposals::state.eq(ProposalState::Proposed.as_str());
    let waits_for_managers =
        proposals::state.eq(ProposalState::Accepted.as_str()).and(proposals::approval_needs.ne(Needs::Nobody.as_str()));
    let has_lapsed = (is_proposed().or(waits_for_managers)).and(proposals::expires_at.le(now));
    let rows = proposals::table
        .filter(has_lapsed.or(is_proposed().and(proposals::id.eq_any(too_late))))
        .order(proposals::id)
        .limit(limit)
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    with_legs(reader, rows)
}

/// Proposals whose trial ended before `day` and whose accounts are not on their way back, by id, at most `limit`.
pub fn tried(reader: &mut Reader<'_>, day: NaiveDate, limit: i64) -> Result<Vec<Proposal>, StoreError> {
    let under_way: Vec<&str> =
        UndoState::ALL.iter().filter(|state| state.is_under_way()).map(|state| state.as_str()).collect();
    let going_back = undos::table.filter(undos::state.eq_any(under_way)).select(undos::proposal_id);
    let rows = proposals::table
        .filter(proposals::state.eq(ProposalState::OnTrial.as_str()))
        .filter(proposals::trial_ends_on.lt(day))
        .filter(proposals::id.ne_all(going_back))
        .order(proposals::id)
        .limit(limit)
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    with_legs(reader, rows)
}

/// Proposals that have not gone out and of whose reps one is leaving or has left, by id, at most `limit`.
pub fn of_leavers(reader: &mut Reader<'_>, limit: i64) -> Result<Vec<ProposalId>, StoreError> {
    let waiting: Vec<ProposalState> =
        ProposalState::ALL.iter().copied().filter(|state| state.is_live() && !state.has_gone_out()).collect();
    let ids: Vec<String> = proposals::table
        .inner_join(legs::table)
        .inner_join(reps::table.on(reps::id.eq(legs::from_rep_id)))
        .filter(proposals::state.eq_any(words(&waiting)))
        .filter(reps::active.eq(false).or(reps::barred).or(reps::leaves_on.is_not_null()))
        .select(proposals::id)
        .distinct()
        .order(proposals::id)
        .limit(limit)
        .load(&mut *reader.connection)?;
    ids.into_iter().map(|id| Ok(id.parse()?)).collect()
}

/// Holds a proposal until the transaction ends: whoever holds it next sees what this one did. Changes nothing.
pub fn hold(writer: &mut Writer<'_>, id: ProposalId) -> Result<(), StoreError> {
    let target = proposals::table.find(String::from(id));
    diesel::update(target).set(proposals::version.eq(proposals::version)).execute(&mut *writer.connection)?;
    Ok(())
}

/// Proposals whose change of owner, or the one back, went out by `sent_by` and is not confirmed, by id, at most `limit`;
/// those that nobody was told of yet, where asked.
pub fn unconfirmed(
    reader: &mut Reader<'_>,
    sent_by: DateTime<Utc>,
    untold: bool,
    limit: i64,
) -> Result<Vec<Proposal>, StoreError> {
    let on_the_way_back =
        undos::table.filter(undos::state.eq(UndoState::Executing.as_str())).select(undos::proposal_id);
    let on_their_way = proposals::state
        .eq(ProposalState::Executing.as_str())
        .or(proposals::state.eq(ProposalState::OnTrial.as_str()).and(proposals::id.eq_any(on_the_way_back)));
    let mut query = proposals::table
        .filter(on_their_way)
        .filter(proposals::sent_at.le(sent_by.naive_utc()))
        .order(proposals::id)
        .limit(limit)
        .select(Row::as_select())
        .into_boxed();
    if untold {
        query = query.filter(proposals::alarmed_at.is_null());
    }
    let rows = query.load(&mut *reader.connection)?;
    with_legs(reader, rows)
}

/// Proposals that ended without the parties knowing yet, by id; only those with a giver in `team` where one is given.
pub fn unrevealed(reader: &mut Reader<'_>, team: Option<&TeamId>) -> Result<Vec<Proposal>, StoreError> {
    let ended: Vec<ProposalState> =
        ProposalState::ALL.iter().copied().filter(|state| state.is_not_concluded()).collect();
    let mut query = proposals::table
        .filter(proposals::revealed_at.is_null())
        .filter(proposals::state.eq_any(words(&ended)))
        .order(proposals::id)
        .select(Row::as_select())
        .into_boxed();
    if let Some(team) = team {
        let members = reps::table.filter(reps::team_id.eq(team.as_str())).select(reps::id);
        query = query.filter(
            proposals::id.eq_any(legs::table.filter(legs::from_rep_id.eq_any(members)).select(legs::proposal_id)),
        );
    }
    let rows = query.load(&mut *reader.connection)?;
    with_legs(reader, rows)
}

/// Proposals that hold one of the accounts as their parties see it: undecided, or ended without the parties knowing yet.
pub fn open_to_parties_with(reader: &mut Reader<'_>, accounts: &[AccountId]) -> Result<Vec<Proposal>, StoreError> {
    let states: Vec<ProposalState> =
        (ProposalState::ALL.iter().copied()).filter(|state| state.is_undecided() || state.is_not_concluded()).collect();
    let accounts: Vec<&str> = accounts.iter().map(AccountId::as_str).collect();
    let rows: Vec<Row> = proposals::table
        .filter(proposals::revealed_at.is_null())
        .filter(proposals::state.eq_any(words(&states)))
        .filter(proposals::id.eq_any(legs::table.filter(legs::account_id.eq_any(accounts)).select(legs::proposal_id)))
        .order(proposals::id)
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    with_legs(reader, rows)
}

/// Proposals that all have accepted without their reps having been told, by id; only those with a giver in `team` where one
/// is given. Among them may be some of which an accept can still be taken back.
pub fn agreed_unseen(reader: &mut Reader<'_>, team: Option<&TeamId>) -> Result<Vec<Proposal>, StoreError> {
    let everybody = team.is_none();
    let members = reps::table.filter(reps::team_id.eq(team.map_or("", TeamId::as_str))).select(reps::id);
    let theirs = legs::table.filter(legs::from_rep_id.eq_any(members)).select(legs::proposal_id);
    let rows = proposals::table
        .filter(proposals::state.eq(ProposalState::Accepted.as_str()).and(proposals::shown_at.is_null()))
        .filter(everybody.into_sql::<Bool>().or(proposals::id.eq_any(theirs)))
        .order(proposals::id)
        .select(Row::as_select())
        .load(&mut *reader.connection)?;
    with_legs(reader, rows)
}

fn words(states: &[ProposalState]) -> Vec<&'static str> {
    states.iter().map(|state| state.as_str()).collect()
}

/// Writes what `after` says in place of `before`, if the proposal is still as `before` was read; else the race is lost.
///
/// Legs are written where they differ, and their `live` flag follows the state.
pub fn change(writer: &mut Writer<'_>, before: &Proposal, after: &Proposal) -> Result<(), StoreError> {
    let target = proposals::table.filter(
        proposals::id
            .eq(String::from(before.id))
            .and(proposals::state.eq(before.state.as_str()))
            .and(proposals::version.eq(String::from(before.version))),
    );
    exactly_one(diesel::update(target).set(Row::from(after)).execute(&mut *writer.connection)?)?;
    for (was, is) in before.legs.iter().zip(&after.legs) {
        if was == is && before.state.is_live() == after.state.is_live() {
            continue;
        }
        let target = legs::table
            .filter(legs::proposal_id.eq(String::from(before.id)).and(legs::position.eq(was.position as i32)));
        exactly_one(
            diesel::update(target)
                .set((
                    legs::answer_by.eq(is.answer_by.naive_utc()),
                    legs::answer.eq(is.answer.as_str()),
                    legs::firm_at.eq(is.firm_at.map(|at| at.naive_utc())),
                    legs::version.eq(String::from(is.version)),
                    legs::live.eq(after.state.is_live()),
                ))
                .execute(&mut *writer.connection)?,
        )?;
    }
    Ok(())
}

/// How many proposals there are in each state; of the reps of some teams where asked.
pub fn counts(reader: &mut Reader<'_>, teams: Option<&[TeamId]>) -> Result<Vec<(ProposalState, i64)>, StoreError> {
    let everybody = teams.is_none();
    let members = members(teams.unwrap_or_default());
    let theirs = legs::table.filter(legs::from_rep_id.eq_any(members)).select(legs::proposal_id);
    let rows: Vec<(String, i64)> = proposals::table
        .filter(everybody.into_sql::<Bool>().or(proposals::id.eq_any(theirs)))
        .group_by(proposals::state)
        .select((proposals::state, diesel::dsl::count_star()))
        .order(proposals::state)
        .load(&mut *reader.connection)?;
    rows.into_iter().map(|(state, count)| Ok((state.parse()?, count))).collect()
}
