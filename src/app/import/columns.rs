//! The columns of each kind of file, as data: what the template prints, the messages quote and the importer reads by.
//!
//! In goes a row's fields; out comes a staged row, or every cell that is wrong. A column that is not in the file leaves
//! what the store knows as it is, and takes its default in a new row; an empty cell means the default.
//! Deliberately absent: what several rows say together, and what the store says about them.

use super::{cells, countries, postal};
use crate::{
    domain::{
        Wrong,
        ids::{AccountId, RepId, SubmissionId, Version},
        roster::{Account, AccountStatus, HistoryEntry, Leave, Rep},
        units::{Cents, Place, Stars},
    },
    store::{
        StoreError, Writer,
        staging::{self, Shape, StagedAccount, StagedHistory, StagedRep, StagedSubmission},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What is written about a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct About {
    /// The column's name.
    pub name: &'static str,
    /// What an empty cell of it, or a new row without it, takes; absent where the column is required.
    pub default: Option<&'static str>,
    /// What it says.
    pub meaning: &'static str,
    /// What may stand in it.
    pub example: &'static str,
}

/// A column and how its cell is taken.
pub(super) struct Column<R> {
    pub(super) about: About,
    /// The column that may be there in its place.
    instead: Option<&'static str>,
    set: fn(&mut R, &str) -> Result<(), Wrong>,
}

impl<R> Column<R> {
    /// Whether a file with the columns `given` lacks this one.
    pub(super) fn is_missing(&self, given: &BTreeSet<&str>) -> bool {
        let is_required = self.about.default.is_none() || self.instead.is_some_and(|other| !given.contains(other));
        is_required && !given.contains(self.about.name)
    }

    /// Takes a field into a row.
    pub(super) fn take(&self, row: &mut R, text: &str) -> Result<(), Wrong> {
        match (text.is_empty(), self.about.default) {
            (false, _) => (self.set)(row, text),
            (true, Some(_)) => Ok(()),
            (true, None) => Err(Wrong::new("", format!("{} (it is required)", self.about.meaning))),
        }
    }
}

/// Puts a sound value where it belongs.
pub(super) fn put<T>(slot: &mut T, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *slot = value?;
    Ok(())
}

/// Puts a sound value where there may be none.
pub(super) fn put_some<T>(slot: &mut Option<T>, value: Result<T, Wrong>) -> Result<(), Wrong> {
    *slot = Some(value?);
    Ok(())
}

/// A required column.
pub(super) const fn required<R>(
    name: &'static str,
    meaning: &'static str,
    example: &'static str,
    set: fn(&mut R, &str) -> Result<(), Wrong>,
) -> Column<R> {
    Column { about: About { name, default: None, meaning, example }, instead: None, set }
}

/// A column that must be there unless `instead` is.
const fn replaceable<R>(
    name: &'static str,
    instead: &'static str,
    default: &'static str,
    meaning: &'static str,
    example: &'static str,
    set: fn(&mut R, &str) -> Result<(), Wrong>,
) -> Column<R> {
    Column { about: About { name, default: Some(default), meaning, example }, instead: Some(instead), set }
}

/// A column that may be absent.
pub(super) const fn optional<R>(
    name: &'static str,
    default: &'static str,
    meaning: &'static str,
    example: &'static str,
    set: fn(&mut R, &str) -> Result<(), Wrong>,
) -> Column<R> {
    Column { about: About { name, default: Some(default), meaning, example }, instead: None, set }
}

/// A kind of row: its columns, its beginning and its end.
pub(super) trait Row: Clone + 'static {
    /// What the temporary table takes.
    type Staged;
    /// Its columns, in the order of the template.
    const COLUMNS: &'static [Column<Self>];
    /// Where it is kept.
    const SHAPE: &'static Shape;

    /// A row with every default; what is required is always overwritten.
    fn blank() -> Self;

    /// Looks at the cells together. Wrong ones are told with the name of a column.
    fn finish(self, line: u64, now: DateTime<Utc>) -> Result<Self::Staged, (&'static str, Wrong)>;

    /// Puts rows into the temporary table.
    fn stage(writer: &mut Writer<'_>, rows: &[Self::Staged]) -> Result<(), StoreError>;
}

/// What a row says of where somebody or something is.
#[derive(Clone, Default)]
struct Whereabouts {
    lat: Option<f64>,
    lon: Option<f64>,
    postal_code: Option<String>,
    is_approximate: bool,
}

impl Whereabouts {
    /// The place, and whether it is approximate: the coordinates where there are any, else the middle of the postal code.
    fn place(&self, country: &str) -> Result<(Place, bool), (&'static str, Wrong)> {
        match (self.lat, self.lon, &self.postal_code) {
            (Some(lat), Some(lon), _) => Ok((place(lat, lon, country)?, self.is_approximate)),
            (Some(_), None, _) => Err(("lon", Wrong::new("", "the longitude that belongs to the latitude"))),
            (None, Some(_), _) => Err(("lat", Wrong::new("", "the latitude that belongs to the longitude"))),
            (None, None, Some(code)) => match postal::middle(country, code) {
                Ok(place) => Ok((place, true)),
                Err(wrong) => Err(("postal_code", wrong)),
            },
            (None, None, None) => Err((
                "lat",
                Wrong::new("", "a latitude and a longitude, or a postal code of the United States or Canada"),
            )),
        }
    }
}

/// The place of two degrees, where they look right for the country.
fn place(lat: f64, lon: f64, country: &str) -> Result<Place, (&'static str, Wrong)> {
    let found = || format!("{lat}, {lon}");
    if lat == 0.0 && lon == 0.0 {
        return Err(("lat", Wrong::new(found(), "a real place; 0, 0 is where missing coordinates end up")));
    }
    if countries::looks_swapped(country, lat, lon) {
        return Err(("lat", Wrong::new(found(), "latitude, then longitude; the two look swapped")));
    }
    Place::from_degrees(lat, lon).map_err(|wrong| ("lat", wrong))
}

pub(super) fn placeholder<T: std::str::FromStr<Err = Wrong>>() -> T {
    "zz".parse().expect("a sound word")
}

fn somewhere() -> Place {
    Place::from_degrees(0.0, 0.0).expect("on the globe")
}

const MIDDLE: &str = "the middle of the postal code's area";
const POSTAL_CODE: &str = "a postal code of the United States or Canada, for a row without coordinates";
const APPROXIMATE: &str = "whether the coordinates are only about right";
const LATITUDE: &str = "a latitude from -90 to 90 degrees, with a decimal point";
const LONGITUDE: &str = "a longitude from -180 to 180 degrees, with a decimal point";

/// A rep being read.
#[derive(Clone)]
pub(super) struct RepRow {
    rep: Rep,
    manager: RepId,
    at: Whereabouts,
    leave_from: Option<NaiveDate>,
    leave_until: Option<NaiveDate>,
}

impl Row for RepRow {
    type Staged = StagedRep;
    const SHAPE: &'static Shape = &staging::REPS;
    const COLUMNS: &'static [Column<Self>] = &[
        required("id", "the rep's id in the CRM", "R-17", |r, text| put(&mut r.rep.id, cells::id(text))),
        required("name", "the rep's name", "Anna Snelling", |r, text| put(&mut r.rep.name, cells::name(text))),
        required("team", "the team's id", "north", |r, text| put(&mut r.rep.team, cells::id(text))),
        required("manager", "the id of the team's one manager", "M-1", |r, text| put(&mut r.manager, cells::id(text))),
        replaceable("lat", "postal_code", MIDDLE, "the latitude of the base, in degrees", "42.3601", |r, text| {
            put_some(&mut r.at.lat, cells::degrees(text, LATITUDE))
        }),
        replaceable("lon", "postal_code", MIDDLE, "the longitude of the base, in degrees", "-71.0589", |r, text| {
            put_some(&mut r.at.lon, cells::degrees(text, LONGITUDE))
        }),
        optional("postal_code", "none", POSTAL_CODE, "02155", |r, text| {
            put_some(&mut r.at.postal_code, Ok(text.trim().to_owned()))
        }),
        optional("approximate", "false", APPROXIMATE, "false", |r, text| {
            put(&mut r.at.is_approximate, cells::flag(text))
        }),
        required("country", "the base's country, ISO 3166-1 alpha-2", "us", |r, text| {
            put(&mut r.rep.country, cells::country(text))
        }),
        optional(
            "territory",
            "anywhere",
            "regions and drawn territories that are theirs, separated by semicolons",
            "MA;NH",
            |r, text| put(&mut r.rep.territory, cells::tags(text)),
        ),
        optional("time_zone", "unknown", "the base's IANA time zone", "America/New_York", |r, text| {
            put_some(&mut r.rep.time_zone, cells::time_zone(text))
        }),
        optional("languages", "none", "languages spoken with customers", "en;es", |r, text| {
            put(&mut r.rep.languages, cells::tags(text))
        }),
        optional("industries", "none", "industries known", "healthcare", |r, text| {
            put(&mut r.rep.industries, cells::tags(text))
        }),
        optional("licences", "none", "licences held", "controlled_goods", |r, text| {
            put(&mut r.rep.licences, cells::tags(text))
        }),
        optional(
            "style",
            "undeclared",
            "the declared way of working: direct, analytical, relational or expressive",
            "direct",
            |r, text| put_some(&mut r.rep.style, cells::word(text)),
        ),
        optional(
            "tolerances",
            "none",
            "traits of accounts the rep has opted in to: haggles, slow_payer, demanding, sceptical, and harsh, abusive or \
             threatening, of which each covers the ones before it",
            "haggles;slow_payer",
            |r, text| put(&mut r.rep.tolerances, cells::tolerances(text)),
        ),
        optional("max_one_way_minutes", "the policy's", "the longest one-way drive, in minutes", "120", |r, text| {
            put_some(&mut r.rep.max_one_way_minutes, cells::one_way(text))
        }),
        optional("max_moves_per_run", "the policy's", "the most accounts given away in one run", "2", |r, text| {
            put_some(&mut r.rep.max_moves_per_run, cells::count(text, 1000, "a whole number from 0 to 1000"))
        }),
        optional("capacity_hours_a_year", "unlimited", "hours a year for visits and journeys", "1600", |r, text| {
            put_some(
                &mut r.rep.capacity_hours_a_year,
                cells::count(text, 8784, "a whole number of hours from 0 to 8784"),
            )
        }),
        optional("abusive_accounts_cap", "0", "how many abusive accounts they may hold", "0", |r, text| {
            put(&mut r.rep.abusive_accounts_cap, cells::count(text, 1000, "a whole number from 0 to 1000"))
        }),
        optional("leave_from", "no leave", "the first day away", "2026-08-03", |r, text| {
            put_some(&mut r.leave_from, cells::day(text))
        }),
        optional("leave_until", "no leave", "the last day away", "2026-08-14", |r, text| {
            put_some(&mut r.leave_until, cells::day(text))
        }),
        optional("leaves_on", "stays", "the last working day of one who leaves", "", |r, text| {
            put_some(&mut r.rep.leaves_on, cells::day(text))
        }),
        optional("active", "true", "whether they take part", "true", |r, text| {
            put(&mut r.rep.active, cells::flag(text))
        }),
    ];

    fn blank() -> Self {
        let rep = Rep {
            id: placeholder(),
            name: String::new(),
            team: placeholder(),
            base: somewhere(),
            base_is_approximate: false,
            territory: BTreeSet::new(),
            country: placeholder(),
            time_zone: None,
            languages: BTreeSet::new(),
            industries: BTreeSet::new(),
            licences: BTreeSet::new(),
            style: None,
            tolerances: BTreeSet::new(),
            max_one_way_minutes: None,
            max_moves_per_run: None,
            capacity_hours_a_year: None,
            abusive_accounts_cap: 0,
            leave: None,
            leaves_on: None,
            active: true,
        };
        Self { rep, manager: placeholder(), at: Whereabouts::default(), leave_from: None, leave_until: None }
    }

    fn finish(mut self, line: u64, _: DateTime<Utc>) -> Result<StagedRep, (&'static str, Wrong)> {
        (self.rep.base, self.rep.base_is_approximate) = self.at.place(self.rep.country.as_str())?;
        self.rep.leave = match (self.leave_from, self.leave_until) {
            (None, None) => None,
            (Some(from), Some(until)) if from <= until => Some(Leave { from, until }),
            (Some(from), Some(until)) => {
                return Err(("leave_until", Wrong::new(until.to_string(), format!("{from}, the first day, or later"))));
            }
            (Some(_), None) => return Err(("leave_until", Wrong::new("", "the last day of the leave that begins"))),
            (None, Some(_)) => return Err(("leave_from", Wrong::new("", "the first day of the leave that ends"))),
        };
        Ok(StagedRep { line, rep: self.rep, manager: self.manager })
    }

    fn stage(writer: &mut Writer<'_>, rows: &[StagedRep]) -> Result<(), StoreError> {
        staging::add_reps(writer, rows)
    }
}

/// An account being read.
#[derive(Clone)]
pub(super) struct AccountRow {
    account: Account,
    at: Whereabouts,
    status: Option<AccountStatus>,
    merged_into: Option<AccountId>,
}

impl Row for AccountRow {
    type Staged = StagedAccount;
    const SHAPE: &'static Shape = &staging::ACCOUNTS;
    const COLUMNS: &'static [Column<Self>] = &[
        required("id", "the account's id in the CRM", "A-1001", |r, text| put(&mut r.account.id, cells::id(text))),
        required("name", "the account's name", "St Mary's Hospital", |r, text| {
            put(&mut r.account.name, cells::name(text))
        }),
        // A mapping may bring the owner's name in the place of the id, so its first character is not looked at here.
        required("owner", "the id of the rep whose book it is in", "R-17", |r, text| {
            put(&mut r.account.owner, text.trim().parse())
        }),
        replaceable("lat", "postal_code", MIDDLE, "the latitude of the visits, in degrees", "42.4184", |r, text| {
            put_some(&mut r.at.lat, cells::degrees(text, LATITUDE))
        }),
        replaceable("lon", "postal_code", MIDDLE, "the longitude of the visits, in degrees", "-71.1062", |r, text| {
            put_some(&mut r.at.lon, cells::degrees(text, LONGITUDE))
        }),
        optional("postal_code", "none", POSTAL_CODE, "02155", |r, text| {
            put_some(&mut r.at.postal_code, Ok(text.trim().to_owned()))
        }),
        optional("approximate", "false", APPROXIMATE, "false", |r, text| {
            put(&mut r.at.is_approximate, cells::flag(text))
        }),
        required("country", "the account's country, ISO 3166-1 alpha-2", "us", |r, text| {
            put(&mut r.account.country, cells::country(text))
        }),
        optional("region", "unknown", "the region, compared with territories", "MA", |r, text| {
            put_some(&mut r.account.region, cells::tag(text))
        }),
        optional("time_zone", "unknown", "the account's IANA time zone", "America/New_York", |r, text| {
            put_some(&mut r.account.time_zone, cells::time_zone(text))
        }),
        optional("annual_value", "0", "business a year, to the cent", "350000.00", |r, text| {
            put(&mut r.account.annual_value_cents, cells::money(text))
        }),
        optional("annual_commission", "0", "commission a year, to the cent", "35000.00", |r, text| {
            put(&mut r.account.annual_commission_cents, cells::money(text))
        }),
        optional("visits_a_year", "12", "visits a year", "24", |r, text| {
            put(&mut r.account.visits_a_year, cells::visits(text))
        }),
        optional("visit_minutes", "60", "minutes of one visit, without the journey", "45", |r, text| {
            put(&mut r.account.visit_minutes, cells::minutes(text))
        }),
        optional("language", "unknown", "the language the customer prefers", "en", |r, text| {
            put_some(&mut r.account.language, cells::tag(text))
        }),
        optional(
            "language_required",
            "false",
            "whether a rep without it is out of the question",
            "false",
            |r, text| put(&mut r.account.language_required, cells::flag(text)),
        ),
        optional("industry", "unknown", "the customer's industry", "healthcare", |r, text| {
            put_some(&mut r.account.industry, cells::tag(text))
        }),
        optional(
            "industry_required",
            "false",
            "whether a rep who does not know it is out of the question",
            "false",
            |r, text| put(&mut r.account.industry_required, cells::flag(text)),
        ),
        optional("licences_required", "none", "licences without which nobody may serve it", "", |r, text| {
            put(&mut r.account.licences_required, cells::tags(text))
        }),
        optional(
            "style",
            "undeclared",
            "how the customer likes to be worked with: direct, analytical, relational or expressive",
            "analytical",
            |r, text| put_some(&mut r.account.style, cells::word(text)),
        ),
        optional(
            "traits",
            "none",
            "what makes it hard: haggles, slow_payer, demanding, sceptical, harsh, abusive, threatening",
            "haggles",
            |r, text| put(&mut r.account.traits, cells::traits(text)),
        ),
        optional("parent", "none", "the id of the account it belongs to", "", |r, text| {
            put_some(&mut r.account.parent, cells::id(text))
        }),
        optional("conflicts", "none", "ids of reps with a conflict of interest", "", |r, text| {
            put(&mut r.account.conflicts, cells::list(text, cells::id))
        }),
        optional(
            "status",
            "active, or merged where merged_into says into what",
            "whether it is still a customer: active, closed, sold or merged",
            "active",
            |r, text| put_some(&mut r.status, cells::word(text)),
        ),
        optional("merged_into", "none", "the id of the account it became part of", "", |r, text| {
            put_some(&mut r.merged_into, cells::id(text))
        }),
    ];

    fn blank() -> Self {
        let account = Account {
            id: placeholder(),
            name: String::new(),
            owner: placeholder(),
            place: somewhere(),
            place_is_approximate: false,
            region: None,
            country: placeholder(),
            time_zone: None,
            annual_value_cents: Cents::ZERO,
            annual_commission_cents: Cents::ZERO,
            visits_a_year: 12,
            visit_minutes: 60,
            language: None,
            language_required: false,
            industry: None,
            industry_required: false,
            licences_required: BTreeSet::new(),
            style: None,
            traits: BTreeSet::new(),
            parent: None,
            conflicts: BTreeSet::new(),
        };
        Self { account, at: Whereabouts::default(), status: None, merged_into: None }
    }

    fn finish(mut self, line: u64, _: DateTime<Utc>) -> Result<StagedAccount, (&'static str, Wrong)> {
        (self.account.place, self.account.place_is_approximate) = self.at.place(self.account.country.as_str())?;
        if self.account.language_required && self.account.language.is_none() {
            return Err(("language", Wrong::new("", "the language that is required")));
        }
        if self.account.industry_required && self.account.industry.is_none() {
            return Err(("industry", Wrong::new("", "the industry that is required")));
        }
        let usual = if self.merged_into.is_some() { AccountStatus::Merged } else { AccountStatus::Active };
        let status = self.status.unwrap_or(usual);
        match (status, &self.merged_into) {
            (AccountStatus::Merged, None) => {
                return Err(("merged_into", Wrong::new("", "the account that a merged one became part of")));
            }
            (AccountStatus::Active | AccountStatus::Closed | AccountStatus::Sold, Some(other)) => {
                let found = format!("{status}, and merged into {other}");
                return Err(("status", Wrong::new(found, "merged, or no account that it became part of")));
            }
            _ => {}
        }
        Ok(StagedAccount { line, account: self.account, status, merged_into: self.merged_into })
    }

    fn stage(writer: &mut Writer<'_>, rows: &[StagedAccount]) -> Result<(), StoreError> {
        staging::add_accounts(writer, rows)
    }
}

/// A stretch of history being read.
#[derive(Clone)]
pub(super) struct HistoryRow(HistoryEntry);

impl Row for HistoryRow {
    type Staged = StagedHistory;
    const SHAPE: &'static Shape = &staging::HISTORY;
    const COLUMNS: &'static [Column<Self>] = &[
        required("id", "the id of this stretch in the CRM", "H-5001", |r, text| put(&mut r.0.id, cells::id(text))),
        required("rep", "the rep's id", "R-17", |r, text| put(&mut r.0.rep, cells::id(text))),
        required("account", "the account's id", "A-1001", |r, text| put(&mut r.0.account, cells::id(text))),
        required("started_on", "the first day together", "2024-03-01", |r, text| {
            put(&mut r.0.started_on, cells::day(text))
        }),
        optional("ended_on", "lasts", "the last day together", "2025-02-28", |r, text| {
            put_some(&mut r.0.ended_on, cells::day(text))
        }),
        optional("stars", "nobody said", "how they got on, 1.0 to 5.0", "2.5", |r, text| {
            put_some(&mut r.0.stars, cells::stars(text))
        }),
        optional("visits_planned", "0", "visits that were planned", "12", |r, text| {
            put(&mut r.0.visits_planned, cells::visits(text))
        }),
        optional("visits_kept", "0", "visits that took place", "9", |r, text| {
            put(&mut r.0.visits_kept, cells::visits(text))
        }),
    ];

    fn blank() -> Self {
        Self(HistoryEntry {
            id: placeholder(),
            rep: placeholder(),
            account: placeholder(),
            started_on: NaiveDate::MIN,
            ended_on: None,
            stars: None,
            visits_planned: 0,
            visits_kept: 0,
        })
    }

    fn finish(self, line: u64, _: DateTime<Utc>) -> Result<StagedHistory, (&'static str, Wrong)> {
        if let Some(ended_on) = self.0.ended_on
            && ended_on < self.0.started_on
        {
            let expected = format!("{}, the first day, or later", self.0.started_on);
            return Err(("ended_on", Wrong::new(ended_on.to_string(), expected)));
        }
        Ok(StagedHistory { line, entry: self.0 })
    }

    fn stage(writer: &mut Writer<'_>, rows: &[StagedHistory]) -> Result<(), StoreError> {
        staging::add_history(writer, rows)
    }
}

/// A submission being read.
#[derive(Clone)]
pub(super) struct SubmissionRow {
    account: AccountId,
    rep: Option<RepId>,
    stars: Stars,
    reasons: BTreeSet<crate::domain::submission::Reason>,
    note: String,
    reasons_shared: bool,
}

impl Row for SubmissionRow {
    type Staged = StagedSubmission;
    const SHAPE: &'static Shape = &staging::SUBMISSIONS;
    const COLUMNS: &'static [Column<Self>] = &[
        required("account", "the account's id", "A-1001", |r, text| put(&mut r.account, cells::id(text))),
        required("stars", "how the two get on, 1.0 to 5.0", "1.5", |r, text| put(&mut r.stars, cells::stars(text))),
        required(
            "reasons",
            "why it is a struggle, at least one of chemistry, postponed_visits, unanswered_calls, no_progress, \
             long_journey, language, unknown_industry, unreasonable_demands, abuse, unethical_acts, other",
            "chemistry;postponed_visits",
            |r, text| put(&mut r.reasons, cells::reasons(text)),
        ),
        optional("rep", "the owner", "the id of the rep who says so, who must own the account", "R-17", |r, text| {
            put_some(&mut r.rep, cells::id(text))
        }),
        optional(
            "note",
            "none",
            "the rep's own note, which nobody else sees",
            "We talk past each other.",
            |r, text| put(&mut r.note, cells::note(text)),
        ),
        optional("share_reasons", "true", "whether the rep's manager may see the reasons", "true", |r, text| {
            put(&mut r.reasons_shared, cells::flag(text))
        }),
    ];

    fn blank() -> Self {
        Self {
            account: placeholder(),
            rep: None,
            stars: Stars::WORST,
            reasons: BTreeSet::new(),
            note: String::new(),
            reasons_shared: true,
        }
    }

    fn finish(self, line: u64, now: DateTime<Utc>) -> Result<StagedSubmission, (&'static str, Wrong)> {
        let Self { account, rep, stars, reasons, note, reasons_shared } = self;
        Ok(StagedSubmission {
            line,
            id: SubmissionId(Uuid::new_v4()),
            version: Version(Uuid::new_v4()),
            account,
            rep,
            stars,
            reasons,
            reasons_shared,
            note,
            created_at: now,
        })
    }

    fn stage(writer: &mut Writer<'_>, rows: &[StagedSubmission]) -> Result<(), StoreError> {
        staging::add_submissions(writer, rows)
    }
}
