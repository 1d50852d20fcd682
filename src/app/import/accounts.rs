//! The columns of accounts.
//!
//! In goes a row's fields; out comes a staged account with what became of it.
//! Deliberately absent: whether its owner, its parent and what it was merged into exist.

use super::{
    cells,
    columns::{Column, Row, optional, placeholder, put, put_some, replaceable, required},
    whereabouts::{APPROXIMATE, LATITUDE, LONGITUDE, MIDDLE, POSTAL_CODE, Whereabouts, somewhere},
};
use crate::{
    domain::{
        Wrong,
        ids::AccountId,
        roster::{Account, AccountStatus},
        units::Cents,
    },
    store::{
        StoreError, Writer,
        staging::{self, Shape, StagedAccount},
    },
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

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
