//! Reps and accounts as files that can be imported again: the importer's columns, and all that the store knows for them.
//!
//! In goes an administrator or a service; out comes CSV. Holds: importing such a file into the same store changes
//! nothing, marks of approximate places included; a test keeps the columns those of the importer but for `postal_code`,
//! which is known by its coordinates once it is in.
//! Cost: a page of a thousand rows at a time, and the file in memory.
//! Deliberately absent: history and submissions, which hold what people said.

use super::{allowed, harmless, id};
use crate::{
    app::{Reader, Refused},
    domain::{
        ids::{RepId, TeamId},
        principal::Principal,
        roster::Rep,
        units::{Cents, Place},
    },
    store::{
        Of,
        roster::{self, HeldAccount},
    },
};
use std::{collections::BTreeMap, fmt::Display};

/// A column: its name and its field.
pub(super) type Column<T> = (&'static str, fn(&T) -> Result<String, Refused>);

/// A rep and the manager of their team.
type Managed = (Rep, RepId);

/// The columns of reps.
pub(in crate::app) const REPS: &[Column<Managed>] = &[
    ("id", |(rep, _)| id(rep.id.as_str())),
    ("name", |(rep, _)| Ok(harmless(&rep.name))),
    ("team", |(rep, _)| id(rep.team.as_str())),
    ("manager", |(_, manager)| id(manager.as_str())),
    ("lat", |(rep, _)| latitude(rep.base)),
    ("lon", |(rep, _)| longitude(rep.base)),
    ("approximate", |(rep, _)| plain(rep.base_is_approximate)),
    ("country", |(rep, _)| plain(&rep.country)),
    ("territory", |(rep, _)| list(&rep.territory)),
    ("time_zone", |(rep, _)| maybe(rep.time_zone)),
    ("languages", |(rep, _)| list(&rep.languages)),
    ("industries", |(rep, _)| list(&rep.industries)),
    ("licences", |(rep, _)| list(&rep.licences)),
    ("style", |(rep, _)| maybe(rep.style)),
    ("tolerances", |(rep, _)| list(&rep.tolerances)),
    ("max_one_way_minutes", |(rep, _)| maybe(rep.max_one_way_minutes)),
    ("max_moves_per_run", |(rep, _)| maybe(rep.max_moves_per_run)),
    ("capacity_hours_a_year", |(rep, _)| maybe(rep.capacity_hours_a_year)),
    ("abusive_accounts_cap", |(rep, _)| plain(rep.abusive_accounts_cap)),
    ("leave_from", |(rep, _)| maybe(rep.leave.map(|leave| leave.from))),
    ("leave_until", |(rep, _)| maybe(rep.leave.map(|leave| leave.until))),
    ("leaves_on", |(rep, _)| maybe(rep.leaves_on)),
    ("active", |(rep, _)| plain(rep.active)),
];

/// The columns of accounts.
pub(in crate::app) const ACCOUNTS: &[Column<HeldAccount>] = &[
    ("id", |held| id(held.account.id.as_str())),
    ("name", |held| Ok(harmless(&held.account.name))),
    ("owner", |held| id(held.account.owner.as_str())),
    ("lat", |held| latitude(held.account.place)),
    ("lon", |held| longitude(held.account.place)),
    ("approximate", |held| plain(held.account.place_is_approximate)),
    ("country", |held| plain(&held.account.country)),
    ("region", |held| maybe(held.account.region.as_ref())),
    ("time_zone", |held| maybe(held.account.time_zone)),
    ("annual_value", |held| money(held.account.annual_value_cents)),
    ("annual_commission", |held| money(held.account.annual_commission_cents)),
    ("visits_a_year", |held| plain(held.account.visits_a_year)),
    ("visit_minutes", |held| plain(held.account.visit_minutes)),
    ("language", |held| maybe(held.account.language.as_ref())),
    ("language_required", |held| plain(held.account.language_required)),
    ("industry", |held| maybe(held.account.industry.as_ref())),
    ("industry_required", |held| plain(held.account.industry_required)),
    ("licences_required", |held| list(&held.account.licences_required)),
    ("style", |held| maybe(held.account.style)),
    ("traits", |held| list(&held.account.traits)),
    ("parent", |held| held.account.parent.as_ref().map_or_else(|| Ok(String::new()), |parent| id(parent.as_str()))),
    ("conflicts", |held| list(&held.account.conflicts)),
    ("status", |held| plain(held.status)),
    ("merged_into", |held| held.merged_into.as_ref().map_or_else(|| Ok(String::new()), |other| id(other.as_str()))),
];

/// Every rep, by id.
///
/// Errors: only administrators and services may export.
pub fn reps(reader: &mut Reader<'_>, who: &Principal) -> Result<String, Refused> {
    allowed(who)?;
    let managers: BTreeMap<TeamId, RepId> =
        roster::teams(reader)?.into_iter().map(|team| (team.id, team.manager)).collect();
    let mut file = File::new(REPS);
    loop {
        let page = roster::reps_of_teams(reader, None, file.last.as_ref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(file.text()) };
        file.last = Some(last.id.clone());
        for rep in page {
            let manager = managers.get(&rep.team).cloned().ok_or(Refused::NotFound("team"))?;
            file.write(&(rep, manager))?;
        }
    }
}

/// Every account, by id.
///
/// Errors: only administrators and services may export.
pub fn accounts(reader: &mut Reader<'_>, who: &Principal) -> Result<String, Refused> {
    allowed(who)?;
    let mut file = File::new(ACCOUNTS);
    loop {
        let page = roster::accounts_of(reader, Of::Anybody, file.last.as_ref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(file.text()) };
        file.last = Some(last.account.id.clone());
        for held in page {
            file.write(&held)?;
        }
    }
}

/// Rows read at once.
pub(super) const PAGE: i64 = 1000;

/// A file being written, and the id of the last row in it.
pub(super) struct File<T: 'static, Id> {
    columns: &'static [Column<T>],
    csv: csv::Writer<Vec<u8>>,
    pub(super) last: Option<Id>,
}

const IN_MEMORY: &str = "writing to memory does not fail";

impl<T, Id> File<T, Id> {
    pub(super) fn new(columns: &'static [Column<T>]) -> Self {
        let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        csv.write_record(columns.iter().map(|(name, _)| name)).expect(IN_MEMORY);
        Self { columns, csv, last: None }
    }

    pub(super) fn write(&mut self, row: &T) -> Result<(), Refused> {
        let fields = self.columns.iter().map(|(_, field)| field(row)).collect::<Result<Vec<_>, _>>()?;
        self.csv.write_record(fields).expect(IN_MEMORY);
        Ok(())
    }

    pub(super) fn text(self) -> String {
        let bytes = self.csv.into_inner().expect(IN_MEMORY);
        String::from_utf8(bytes).expect("every field is text")
    }
}

pub(super) fn plain(value: impl Display) -> Result<String, Refused> {
    Ok(value.to_string())
}

pub(super) fn maybe(value: Option<impl Display>) -> Result<String, Refused> {
    Ok(value.map_or_else(String::new, |value| harmless(&value.to_string())))
}

fn list<T: Display>(words: impl IntoIterator<Item = T>) -> Result<String, Refused> {
    let words: Vec<String> = words.into_iter().map(|word| word.to_string()).collect();
    Ok(harmless(&words.join(";")))
}

pub(super) fn money(Cents(cents): Cents) -> Result<String, Refused> {
    plain(format_args!("{}.{:02}", cents / 100, cents % 100))
}

fn latitude(place: Place) -> Result<String, Refused> {
    plain(place.lat())
}

fn longitude(place: Place) -> Result<String, Refused> {
    plain(place.lon())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::import::ImportKind;

    #[test]
    fn a_file_has_the_importers_columns() {
        fn names<T>(columns: &[Column<T>]) -> Vec<&'static str> {
            columns.iter().map(|(name, _)| *name).collect()
        }
        let imported = |kind: ImportKind| -> Vec<&str> {
            kind.columns().iter().map(|about| about.name).filter(|name| *name != "postal_code").collect()
        };
        assert_eq!(names(REPS), imported(ImportKind::Reps));
        assert_eq!(names(ACCOUNTS), imported(ImportKind::Accounts));
    }
}
