//! The temporary tables as diesel sees them, and how rows get there.
//!
//! In go domain values with their lines; out come rows of the temporary tables. Nothing else knows how those look.
//! Cost: on PostgreSQL one binary `COPY` a batch; on SQLite one `INSERT` a row, prepared once for all of them.
//! Deliberately absent: what is looked for in them.

use super::staged::{StagedAccount, StagedHistory, StagedRep, StagedSubmission};
use crate::{
    domain::ids::{AccountId, RepId},
    store::{StoreError, Writer, connection::AnyConnection, to_json},
};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

/// The temporary tables as diesel sees them.
mod tables {
    #![allow(missing_docs)]
    use diesel::table;

    table! {
        staged_reps (line) {
            line -> BigInt,
            id -> Text,
            name -> Text,
            team_id -> Text,
            base_lat_e6 -> Integer,
            base_lon_e6 -> Integer,
            base_is_approximate -> Bool,
            territory -> Text,
            country -> Text,
            time_zone -> Nullable<Text>,
            languages -> Text,
            industries -> Text,
            licences -> Text,
            style -> Nullable<Text>,
            tolerances -> Text,
            max_one_way_minutes -> Nullable<BigInt>,
            max_moves_per_run -> Nullable<Integer>,
            capacity_hours_a_year -> Nullable<Integer>,
            abusive_accounts_cap -> Integer,
            leave_from -> Nullable<Date>,
            leave_until -> Nullable<Date>,
            leaves_on -> Nullable<Date>,
            active -> Bool,
            manager_id -> Text,
        }
    }

    table! {
        staged_accounts (line) {
            line -> BigInt,
            id -> Text,
            name -> Text,
            owner_id -> Text,
            lat_e6 -> Integer,
            lon_e6 -> Integer,
            place_is_approximate -> Bool,
            region -> Nullable<Text>,
            country -> Text,
            time_zone -> Nullable<Text>,
            annual_value_cents -> BigInt,
            annual_commission_cents -> BigInt,
            visits_a_year -> Integer,
            visit_minutes -> Integer,
            language -> Nullable<Text>,
            language_required -> Bool,
            industry -> Nullable<Text>,
            industry_required -> Bool,
            licences_required -> Text,
            style -> Nullable<Text>,
            traits -> Text,
            parent_id -> Nullable<Text>,
            conflicts -> Text,
            status -> Text,
            merged_into -> Nullable<Text>,
        }
    }

    table! {
        staged_conflicts (line, rep_id) {
            line -> BigInt,
            rep_id -> Text,
        }
    }

    table! {
        staged_history (line) {
            line -> BigInt,
            id -> Text,
            rep_id -> Text,
            account_id -> Text,
            started_on -> Date,
            ended_on -> Nullable<Date>,
            stars_hundredths -> Nullable<Integer>,
            visits_planned -> Integer,
            visits_kept -> Integer,
        }
    }

    table! {
        staged_submissions (line) {
            line -> BigInt,
            account_id -> Text,
            rep_id -> Nullable<Text>,
            stars_hundredths -> Integer,
            reasons -> Text,
            note -> Text,
            reasons_shared -> Bool,
            id -> Text,
            created_at -> Timestamp,
            version -> Text,
        }
    }
}
use tables::{staged_accounts, staged_conflicts, staged_history, staged_reps, staged_submissions};

/// Adds rows to a temporary table in the way that is fastest for the database at hand.
macro_rules! add {
    ($writer:expr, $table:ident, $rows:expr) => {{
        let rows: &Vec<_> = $rows;
        match &mut *$writer.connection {
            AnyConnection::Sqlite(inner) => {
                for row in rows {
                    diesel::insert_into($table::table).values(row).execute(inner)?;
                }
            }
            AnyConnection::Postgres(inner) => {
                diesel::copy_from($table::table).from_insertable(rows).execute(inner)?;
            }
        }
        Ok::<(), StoreError>(())
    }};
}
pub(super) use add;

#[derive(Insertable)]
#[diesel(table_name = staged_reps, treat_none_as_default_value = false)]
struct RepRow<'a> {
    line: i64,
    id: &'a str,
    name: &'a str,
    team_id: &'a str,
    base_lat_e6: i32,
    base_lon_e6: i32,
    base_is_approximate: bool,
    territory: String,
    country: &'a str,
    time_zone: Option<&'static str>,
    languages: String,
    industries: String,
    licences: String,
    style: Option<&'static str>,
    tolerances: String,
    max_one_way_minutes: Option<i64>,
    max_moves_per_run: Option<i32>,
    capacity_hours_a_year: Option<i32>,
    abusive_accounts_cap: i32,
    leave_from: Option<NaiveDate>,
    leave_until: Option<NaiveDate>,
    leaves_on: Option<NaiveDate>,
    active: bool,
    manager_id: &'a str,
}

#[derive(Insertable)]
#[diesel(table_name = staged_accounts, treat_none_as_default_value = false)]
struct AccountRow<'a> {
    line: i64,
    id: &'a str,
    name: &'a str,
    owner_id: &'a str,
    lat_e6: i32,
    lon_e6: i32,
    place_is_approximate: bool,
    region: Option<&'a str>,
    country: &'a str,
    time_zone: Option<&'static str>,
    annual_value_cents: i64,
    annual_commission_cents: i64,
    visits_a_year: i32,
    visit_minutes: i32,
    language: Option<&'a str>,
    language_required: bool,
    industry: Option<&'a str>,
    industry_required: bool,
    licences_required: String,
    style: Option<&'static str>,
    traits: String,
    parent_id: Option<&'a str>,
    conflicts: String,
    status: &'static str,
    merged_into: Option<&'a str>,
}

#[derive(Insertable)]
#[diesel(table_name = staged_conflicts, treat_none_as_default_value = false)]
struct ConflictRow<'a> {
    line: i64,
    rep_id: &'a str,
}

#[derive(Insertable)]
#[diesel(table_name = staged_history, treat_none_as_default_value = false)]
struct HistoryRow<'a> {
    line: i64,
    id: &'a str,
    rep_id: &'a str,
    account_id: &'a str,
    started_on: NaiveDate,
    ended_on: Option<NaiveDate>,
    stars_hundredths: Option<i32>,
    visits_planned: i32,
    visits_kept: i32,
}

#[derive(Insertable)]
#[diesel(table_name = staged_submissions, treat_none_as_default_value = false)]
struct SubmissionRow<'a> {
    line: i64,
    account_id: &'a str,
    rep_id: Option<&'a str>,
    stars_hundredths: i32,
    reasons: String,
    note: &'a str,
    reasons_shared: bool,
    id: String,
    created_at: NaiveDateTime,
    version: String,
}

/// Counts and lines fit their columns: importers bound them.
fn small(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn long(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Adds reps to the temporary table.
pub fn add_reps(writer: &mut Writer<'_>, rows: &[StagedRep]) -> Result<(), StoreError> {
    let rows: Vec<RepRow<'_>> = rows
        .iter()
        .map(|StagedRep { line, rep, manager }| RepRow {
            line: long(*line),
            id: rep.id.as_str(),
            name: &rep.name,
            team_id: rep.team.as_str(),
            base_lat_e6: rep.base.e6().0,
            base_lon_e6: rep.base.e6().1,
            base_is_approximate: rep.base_is_approximate,
            territory: to_json(&rep.territory),
            country: rep.country.as_str(),
            time_zone: rep.time_zone.map(chrono_tz::Tz::name),
            languages: to_json(&rep.languages),
            industries: to_json(&rep.industries),
            licences: to_json(&rep.licences),
            style: rep.style.map(|style| style.as_str()),
            tolerances: to_json(&rep.tolerances),
            max_one_way_minutes: rep.max_one_way_minutes.map(|minutes| minutes.0),
            max_moves_per_run: rep.max_moves_per_run.map(small),
            capacity_hours_a_year: rep.capacity_hours_a_year.map(small),
            abusive_accounts_cap: small(rep.abusive_accounts_cap),
            leave_from: rep.leave.map(|leave| leave.from),
            leave_until: rep.leave.map(|leave| leave.until),
            leaves_on: rep.leaves_on,
            active: rep.active,
            manager_id: manager.as_str(),
        })
        .collect();
    add!(writer, staged_reps, &rows)
}

/// Adds accounts to the temporary table.
pub fn add_accounts(writer: &mut Writer<'_>, rows: &[StagedAccount]) -> Result<(), StoreError> {
    let conflicts: Vec<ConflictRow<'_>> = rows
        .iter()
        .flat_map(|row| {
            let line = long(row.line);
            row.account.conflicts.iter().map(move |rep| ConflictRow { line, rep_id: rep.as_str() })
        })
        .collect();
    let rows: Vec<AccountRow<'_>> = rows
        .iter()
        .map(|StagedAccount { line, account, status, merged_into }| AccountRow {
            line: long(*line),
            id: account.id.as_str(),
            name: &account.name,
            owner_id: account.owner.as_str(),
            lat_e6: account.place.e6().0,
            lon_e6: account.place.e6().1,
            place_is_approximate: account.place_is_approximate,
            region: account.region.as_ref().map(|region| region.as_str()),
            country: account.country.as_str(),
            time_zone: account.time_zone.map(chrono_tz::Tz::name),
            annual_value_cents: account.annual_value_cents.0,
            annual_commission_cents: account.annual_commission_cents.0,
            visits_a_year: small(account.visits_a_year),
            visit_minutes: small(account.visit_minutes),
            language: account.language.as_ref().map(|language| language.as_str()),
            language_required: account.language_required,
            industry: account.industry.as_ref().map(|industry| industry.as_str()),
            industry_required: account.industry_required,
            licences_required: to_json(&account.licences_required),
            style: account.style.map(|style| style.as_str()),
            traits: to_json(&account.traits),
            parent_id: account.parent.as_ref().map(AccountId::as_str),
            conflicts: to_json(&account.conflicts),
            status: status.as_str(),
            merged_into: merged_into.as_ref().map(AccountId::as_str),
        })
        .collect();
    add!(writer, staged_accounts, &rows)?;
    if conflicts.is_empty() { Ok(()) } else { add!(writer, staged_conflicts, &conflicts) }
}

/// Adds history to the temporary table.
pub fn add_history(writer: &mut Writer<'_>, rows: &[StagedHistory]) -> Result<(), StoreError> {
    let rows: Vec<HistoryRow<'_>> = rows
        .iter()
        .map(|StagedHistory { line, entry }| HistoryRow {
            line: long(*line),
            id: entry.id.as_str(),
            rep_id: entry.rep.as_str(),
            account_id: entry.account.as_str(),
            started_on: entry.started_on,
            ended_on: entry.ended_on,
            stars_hundredths: entry.stars.map(|stars| stars.hundredths() as i32),
            visits_planned: small(entry.visits_planned),
            visits_kept: small(entry.visits_kept),
        })
        .collect();
    add!(writer, staged_history, &rows)
}

/// Adds submissions to the temporary table.
pub fn add_submissions(writer: &mut Writer<'_>, rows: &[StagedSubmission]) -> Result<(), StoreError> {
    let rows: Vec<SubmissionRow<'_>> = rows
        .iter()
        .map(|row| SubmissionRow {
            line: long(row.line),
            account_id: row.account.as_str(),
            rep_id: row.rep.as_ref().map(RepId::as_str),
            stars_hundredths: row.stars.hundredths() as i32,
            reasons: to_json(&row.reasons),
            note: &row.note,
            reasons_shared: row.reasons_shared,
            id: row.id.into(),
            created_at: row.created_at.naive_utc(),
            version: row.version.into(),
        })
        .collect();
    add!(writer, staged_submissions, &rows)
}
