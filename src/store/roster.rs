//! Reps, teams and accounts: reading them, and the one change of owner.
//!
//! In go ids; out come domain values. Writing them in bulk is `staging`'s.
//! Deliberately absent: who may see what.

use super::{
    ROWS_A_STATEMENT, Reader, StoreError, Writer,
    connection::on_either,
    exactly_one, from_json,
    schema::{accounts, frozen_accounts, history, reps, teams},
    whose::{Listed, Of},
};
use crate::domain::{
    abuse::OptIn,
    ids::{AccountId, HistoryId, RepId, TeamId},
    roster::{Account, AccountStatus, Leave, Rep, Tag, Team},
    units::{Cents, Minutes, Place},
};
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::BTreeMap;

#[derive(Queryable, Selectable)]
#[diesel(table_name = reps)]
pub(super) struct RepRow {
    id: String,
    name: String,
    team_id: String,
    base_lat_e6: i32,
    base_lon_e6: i32,
    base_is_approximate: bool,
    territory: String,
    country: String,
    time_zone: Option<String>,
    languages: String,
    industries: String,
    licences: String,
    style: Option<String>,
    tolerances: String,
    max_one_way_minutes: Option<i64>,
    max_moves_per_run: Option<i32>,
    capacity_hours_a_year: Option<i32>,
    abusive_accounts_cap: i32,
    leave_from: Option<NaiveDate>,
    leave_until: Option<NaiveDate>,
    leaves_on: Option<NaiveDate>,
    active: bool,
    own_abuse_class: Option<String>,
    own_abuse_cap: Option<i32>,
    barred: bool,
}

impl TryFrom<RepRow> for Rep {
    type Error = StoreError;
    fn try_from(row: RepRow) -> Result<Self, StoreError> {
        let own = own_choice(row.own_abuse_class.as_deref(), row.own_abuse_cap)?;
        let rep = Self {
            id: row.id.parse()?,
            name: row.name,
            team: row.team_id.parse()?,
            base: Place::from_e6(row.base_lat_e6, row.base_lon_e6)?,
            base_is_approximate: row.base_is_approximate,
            territory: from_json(&row.territory)?,
            country: row.country.parse()?,
            time_zone: row.time_zone.map(time_zone).transpose()?,
            languages: from_json(&row.languages)?,
            industries: from_json(&row.industries)?,
            licences: from_json(&row.licences)?,
            style: row.style.map(|style| style.parse()).transpose()?,
            tolerances: from_json(&row.tolerances)?,
            max_one_way_minutes: row.max_one_way_minutes.map(Minutes),
            max_moves_per_run: row.max_moves_per_run.map(count).transpose()?,
            capacity_hours_a_year: row.capacity_hours_a_year.map(count).transpose()?,
            abusive_accounts_cap: count(row.abusive_accounts_cap)?,
            leave: row.leave_from.zip(row.leave_until).map(|(from, until)| Leave { from, until }),
            leaves_on: row.leaves_on,
            active: row.active && !row.barred,
        };
        Ok(match own {
            Some(own) => rep.with_own_choice(own),
            None => rep,
        })
    }
}

/// What a rep has chosen for themself, from its columns; absent where they have not.
pub(super) fn own_choice(class: Option<&str>, cap: Option<i32>) -> Result<Option<OptIn>, StoreError> {
    let Some(class) = class else { return Ok(None) };
    let class = if class == "none" { None } else { Some(class.parse()?) };
    Ok(Some(OptIn { class, cap: count(cap.unwrap_or(0))? }))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = accounts)]
pub(super) struct AccountRow {
    id: String,
    name: String,
    owner_id: String,
    ownership: i64,
    last_moved_on: Option<NaiveDate>,
    lat_e6: i32,
    lon_e6: i32,
    place_is_approximate: bool,
    region: Option<String>,
    country: String,
    time_zone: Option<String>,
    annual_value_cents: i64,
    annual_commission_cents: i64,
    visits_a_year: i32,
    visit_minutes: i32,
    language: Option<String>,
    language_required: bool,
    industry: Option<String>,
    industry_required: bool,
    licences_required: String,
    style: Option<String>,
    traits: String,
    parent_id: Option<String>,
    conflicts: String,
    status: String,
    merged_into: Option<String>,
}

/// An account with what the service itself knows of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldAccount {
    /// The CRM's facts.
    pub account: Account,
    /// Whether it is still ours to serve, as the CRM says.
    pub status: AccountStatus,
    /// The account it became part of, where it did.
    pub merged_into: Option<AccountId>,
    /// How often the owner has changed: equal counts mean the same ownership.
    pub ownership: i64,
    /// When it last changed hands here.
    pub last_moved_on: Option<NaiveDate>,
}

impl TryFrom<AccountRow> for HeldAccount {
    type Error = StoreError;
    fn try_from(row: AccountRow) -> Result<Self, StoreError> {
        let tag = |text: Option<String>| text.map(|text| text.parse::<Tag>()).transpose();
        Ok(Self {
            status: row.status.parse()?,
            merged_into: row.merged_into.map(|other| other.parse()).transpose()?,
            ownership: row.ownership,
            last_moved_on: row.last_moved_on,
            account: Account {
                id: row.id.parse()?,
                name: row.name,
                owner: row.owner_id.parse()?,
                place: Place::from_e6(row.lat_e6, row.lon_e6)?,
                place_is_approximate: row.place_is_approximate,
                region: tag(row.region)?,
                country: row.country.parse()?,
                time_zone: row.time_zone.map(time_zone).transpose()?,
                annual_value_cents: Cents(row.annual_value_cents),
                annual_commission_cents: Cents(row.annual_commission_cents),
                visits_a_year: count(row.visits_a_year)?,
                visit_minutes: count(row.visit_minutes)?,
                language: tag(row.language)?,
                language_required: row.language_required,
                industry: tag(row.industry)?,
                industry_required: row.industry_required,
                licences_required: from_json(&row.licences_required)?,
                style: row.style.map(|style| style.parse()).transpose()?,
                traits: from_json(&row.traits)?,
                parent: row.parent_id.map(|parent| parent.parse()).transpose()?,
                conflicts: from_json(&row.conflicts)?,
            },
        })
    }
}

fn time_zone(name: String) -> Result<chrono_tz::Tz, StoreError> {
    name.parse().map_err(|_| StoreError::Corrupt(format!("{name:?} is no IANA time zone")))
}

pub(super) fn count(number: i32) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Corrupt(format!("{number} where a count belongs")))
}

/// One rep; not active where the CRM or the record of people says so.
pub fn rep(reader: &mut Reader<'_>, id: &RepId) -> Result<Option<Rep>, StoreError> {
    row_of(reader, id)?.map(Rep::try_from).transpose()
}

/// One rep as the CRM has them, whatever the record of people says.
pub fn rep_in_the_crm(reader: &mut Reader<'_>, id: &RepId) -> Result<Option<Rep>, StoreError> {
    row_of(reader, id)?.map(|row| Rep::try_from(RepRow { barred: false, ..row })).transpose()
}

fn row_of(reader: &mut Reader<'_>, id: &RepId) -> Result<Option<RepRow>, StoreError> {
    Ok(reps::table.find(id.as_str()).select(RepRow::as_select()).get_result(&mut *reader.connection).optional()?)
}

/// What some reps are called, by rep.
pub fn names(reader: &mut Reader<'_>, of: &[&RepId]) -> Result<BTreeMap<RepId, String>, StoreError> {
    let mut found = BTreeMap::new();
    for batch in of.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<(String, String)> = reps::table
            .filter(reps::id.eq_any(batch.iter().map(|id| id.as_str())))
            .select((reps::id, reps::name))
            .load(&mut *reader.connection)?;
        for (rep, name) in rows {
            found.insert(rep.parse()?, name);
        }
    }
    Ok(found)
}

/// Reps after `after`, by id, at most `limit`; only those of the teams given.
pub fn reps_of_teams(
    reader: &mut Reader<'_>,
    of: Option<&[TeamId]>,
    after: Option<&RepId>,
    limit: i64,
) -> Result<Vec<Rep>, StoreError> {
    let mut query = reps::table.select(RepRow::as_select()).order(reps::id).limit(limit).into_boxed();
    if let Some(of) = of {
        query = query.filter(reps::team_id.eq_any(of.iter().map(TeamId::as_str).collect::<Vec<_>>()));
    }
    if let Some(after) = after {
        query = query.filter(reps::id.gt(after.as_str()));
    }
    query.load(&mut *reader.connection)?.into_iter().map(Rep::try_from).collect()
}

/// One team.
pub fn team(reader: &mut Reader<'_>, id: &TeamId) -> Result<Option<Team>, StoreError> {
    let row: Option<(String, String)> =
        teams::table.find(id.as_str()).get_result(&mut *reader.connection).optional()?;
    row.map(|(id, manager)| Ok(Team { id: id.parse()?, manager: manager.parse()? })).transpose()
}

/// Every team, by id.
pub fn teams(reader: &mut Reader<'_>) -> Result<Vec<Team>, StoreError> {
    let rows: Vec<(String, String)> = teams::table.order(teams::id).load(&mut *reader.connection)?;
    rows.into_iter().map(|(id, manager)| Ok(Team { id: id.parse()?, manager: manager.parse()? })).collect()
}

/// The teams a manager manages, by id.
pub fn teams_of(reader: &mut Reader<'_>, manager: &RepId) -> Result<Vec<TeamId>, StoreError> {
    let ids: Vec<String> = teams::table
        .filter(teams::manager_id.eq(manager.as_str()))
        .order(teams::id)
        .select(teams::id)
        .load(&mut *reader.connection)?;
    ids.into_iter().map(|id| Ok(id.parse()?)).collect()
}

/// The manager of a rep.
pub fn manager_of(reader: &mut Reader<'_>, rep: &RepId) -> Result<Option<RepId>, StoreError> {
    let id: Option<String> = reps::table
        .inner_join(teams::table)
        .filter(reps::id.eq(rep.as_str()))
        .select(teams::manager_id)
        .get_result(&mut *reader.connection)
        .optional()?;
    id.map(|id| Ok(id.parse()?)).transpose()
}

/// The managers of some reps, by rep; a rep without one is absent.
pub fn managers_of(reader: &mut Reader<'_>, of: &[&RepId]) -> Result<BTreeMap<RepId, RepId>, StoreError> {
    let mut found = BTreeMap::new();
    for batch in of.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<(String, String)> = reps::table
            .inner_join(teams::table)
            .filter(reps::id.eq_any(batch.iter().map(|id| id.as_str())))
            .select((reps::id, teams::manager_id))
            .load(&mut *reader.connection)?;
        for (rep, manager) in rows {
            found.insert(rep.parse()?, manager.parse()?);
        }
    }
    Ok(found)
}

/// One account.
pub fn account(reader: &mut Reader<'_>, id: &AccountId) -> Result<Option<HeldAccount>, StoreError> {
    let row = accounts::table
        .find(id.as_str())
        .select(AccountRow::as_select())
        .get_result(&mut *reader.connection)
        .optional()?;
    row.map(HeldAccount::try_from).transpose()
}

/// Some accounts, by id; one that does not exist is absent.
pub fn accounts(reader: &mut Reader<'_>, of: &[&AccountId]) -> Result<BTreeMap<AccountId, HeldAccount>, StoreError> {
    let mut found = BTreeMap::new();
    for batch in of.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<AccountRow> = accounts::table
            .filter(accounts::id.eq_any(batch.iter().map(|id| id.as_str())))
            .select(AccountRow::as_select())
            .load(&mut *reader.connection)?;
        for row in rows {
            let held = HeldAccount::try_from(row)?;
            found.insert(held.account.id.clone(), held);
        }
    }
    Ok(found)
}

/// Accounts after `after`, by id, at most `limit`; only those owned by a rep or by the reps of some teams.
pub fn accounts_of(
    reader: &mut Reader<'_>,
    owner: Of<'_>,
    after: Option<&AccountId>,
    limit: i64,
) -> Result<Vec<HeldAccount>, StoreError> {
    let in_order = || accounts::table.order(accounts::id).limit(limit);
    let by_owner = Listed { table: "accounts", rep: "owner_id", key: "id", and: "" };
    let after = after.map(AccountId::as_str);
    let rows: Vec<AccountRow> = match by_owner.page(owner, after, limit) {
        Some(page) => {
            on_either!(&mut *reader.connection, inner => in_order().filter(page).select(AccountRow::as_select()).load(inner)?)
        }
        None => in_order()
            .filter(accounts::id.gt(after.unwrap_or_default()))
            .select(AccountRow::as_select())
            .load(&mut *reader.connection)?,
    };
    rows.into_iter().map(HeldAccount::try_from).collect()
}

/// Moves an account to a new owner, if it is still the ownership expected; else the race is lost.
pub fn move_account(
    writer: &mut Writer<'_>,
    account: &AccountId,
    ownership: i64,
    to: &RepId,
    on: NaiveDate,
) -> Result<(), StoreError> {
    let target = accounts::table.filter(accounts::id.eq(account.as_str()).and(accounts::ownership.eq(ownership)));
    exactly_one(
        diesel::update(target)
            .set((
                accounts::owner_id.eq(to.as_str()),
                accounts::ownership.eq(ownership + 1),
                accounts::last_moved_on.eq(Some(on)),
            ))
            .execute(&mut *writer.connection)?,
    )
}

/// Whether a manager keeps the account where it is.
pub fn is_frozen(reader: &mut Reader<'_>, account: &AccountId) -> Result<bool, StoreError> {
    let found: Option<String> = frozen_accounts::table
        .find(account.as_str())
        .select(frozen_accounts::account_id)
        .get_result(&mut *reader.connection)
        .optional()?;
    Ok(found.is_some())
}

/// The present owner and count of owner changes of some accounts, by id; one that is no customer any more is absent.
pub fn ownerships(reader: &mut Reader<'_>, of: &[AccountId]) -> Result<BTreeMap<AccountId, (RepId, i64)>, StoreError> {
    let mut found = BTreeMap::new();
    for batch in of.chunks(1000) {
        let rows: Vec<(String, String, i64)> = accounts::table
            .filter(accounts::id.eq_any(batch.iter().map(AccountId::as_str)))
            .filter(accounts::status.eq(AccountStatus::Active.as_str()))
            .select((accounts::id, accounts::owner_id, accounts::ownership))
            .load(&mut *reader.connection)?;
        for (id, owner, ownership) in rows {
            found.insert(id.parse()?, (owner.parse()?, ownership));
        }
    }
    Ok(found)
}

/// Says on which day an account came that an import has brought to its new owner before it was confirmed, if it is still
/// the ownership expected; else the race is lost.
pub fn date_arrival(
    writer: &mut Writer<'_>,
    account: &AccountId,
    ownership: i64,
    on: NaiveDate,
) -> Result<(), StoreError> {
    let target = accounts::table.filter(accounts::id.eq(account.as_str()).and(accounts::ownership.eq(ownership)));
    exactly_one(diesel::update(target).set(accounts::last_moved_on.eq(Some(on))).execute(&mut *writer.connection)?)
}

/// Records that a rep had an account from a day until a day; the former is the latter where it is not known. `id` must be
/// new.
pub fn remember(
    writer: &mut Writer<'_>,
    id: &HistoryId,
    rep: &RepId,
    account: &AccountId,
    (from, until): (NaiveDate, NaiveDate),
) -> Result<(), StoreError> {
    diesel::insert_into(history::table)
        .values((
            history::id.eq(id.as_str()),
            history::rep_id.eq(rep.as_str()),
            history::account_id.eq(account.as_str()),
            history::started_on.eq(from.min(until)),
            history::ended_on.eq(Some(until)),
            history::visits_planned.eq(0),
            history::visits_kept.eq(0),
        ))
        .execute(&mut *writer.connection)?;
    Ok(())
}
