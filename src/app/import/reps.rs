//! The columns of reps.
//!
//! In goes a row's fields; out comes a staged rep with the manager of their team.
//! Deliberately absent: whether a team's rows agree on its manager.

use super::{
    cells,
    columns::{Column, Row, optional, placeholder, put, put_some, replaceable, required},
    whereabouts::{APPROXIMATE, LATITUDE, LONGITUDE, MIDDLE, POSTAL_CODE, Whereabouts, somewhere},
};
use crate::{
    domain::{
        Wrong,
        ids::RepId,
        roster::{Leave, Rep},
    },
    store::{
        StoreError, Writer,
        staging::{self, Shape, StagedRep},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use std::collections::BTreeSet;

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
