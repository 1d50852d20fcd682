//! The world: real hospitals, invented reps, and what is between them.
//!
//! In go regions, numbers and a seed; out comes everything a CRM would export, as values and as its four CSV files.
//! Holds: the same arguments always give the same world, with all dates counted from the day it is made.
//! Deliberately absent: the database; the files take the same way as anybody's.

use super::{
    books,
    chance::Chance,
    hospitals::{self, Hospital},
    people::{self, Person},
    struggles::{self, Statement},
};
use account_swap::domain::roster::{Account, HistoryEntry};
use chrono::NaiveDate;
use std::{collections::BTreeMap, fmt::Display, fs, io, ops::Range, path::Path};

/// What a world is made of.
#[derive(Debug, Clone)]
pub struct Invention<'h> {
    /// The accounts, by id; at least as many as reps.
    pub hospitals: &'h [Hospital],
    /// How many reps.
    pub reps: usize,
    /// What decides everything.
    pub seed: u64,
    /// How far the area is in which a rep worked before, in minutes one way.
    pub former_minutes: Range<f64>,
}

/// Everything a CRM would export.
#[derive(Debug, Clone)]
pub struct World {
    /// Invented reps.
    pub people: Vec<Person>,
    /// Real hospitals with an invented owner.
    pub accounts: Vec<Account>,
    /// What has been.
    pub history: Vec<HistoryEntry>,
    /// What reps say now.
    pub statements: Vec<Statement>,
    /// Town and state of each account, by id.
    pub towns: BTreeMap<String, String>,
}

impl World {
    /// Makes the world.
    pub fn new(invention: &Invention<'_>, today: NaiveDate) -> anyhow::Result<Self> {
        let Invention { hospitals, reps, seed, former_minutes } = invention;
        let mut chance = Chance::new(*seed);
        let mut people = people::people(&mut chance, &hospitals::towns(hospitals)?, *reps, today);
        let accounts = books::accounts(&mut chance, &mut people, hospitals, former_minutes);
        let (history, statements) = struggles::struggles(&mut chance, &people, &accounts, today);
        let towns =
            accounts.iter().zip(*hospitals).map(|(account, one)| (account.id.to_string(), one.town())).collect();
        Ok(Self { people, accounts, history, statements, towns })
    }

    /// Town and state of an account or a rep's base, by id; empty for one that is not of this world.
    pub fn town(&self, id: &str) -> &str {
        let of_rep = || self.people.iter().find(|person| person.rep.id.as_str() == id).map(|person| &person.town);
        self.towns.get(id).or_else(of_rep).map_or("", String::as_str)
    }

    /// Writes `reps.csv`, `accounts.csv`, `history.csv` and `submissions.csv` into a directory.
    pub fn write(&self, directory: &Path) -> io::Result<()> {
        fs::write(directory.join("reps.csv"), self.reps_csv()?)?;
        fs::write(directory.join("accounts.csv"), self.accounts_csv()?)?;
        fs::write(directory.join("history.csv"), self.history_csv()?)?;
        fs::write(directory.join("submissions.csv"), self.submissions_csv()?)
    }

    fn reps_csv(&self) -> io::Result<Vec<u8>> {
        let header = "id,name,team,manager,lat,lon,territory,country,time_zone,languages,industries,licences,style,\
                      tolerances,max_one_way_minutes,max_moves_per_run,capacity_hours_a_year,abusive_accounts_cap,\
                      leave_from,leave_until,leaves_on,active";
        table(header, &self.people, |person| {
            let rep = &person.rep;
            vec![
                rep.id.to_string(),
                rep.name.clone(),
                rep.team.to_string(),
                person.manager.to_string(),
                rep.base.lat().to_string(),
                rep.base.lon().to_string(),
                list(&rep.territory),
                rep.country.to_string(),
                maybe(rep.time_zone),
                list(&rep.languages),
                list(&rep.industries),
                list(&rep.licences),
                maybe(rep.style),
                list(&rep.tolerances),
                maybe(rep.max_one_way_minutes),
                maybe(rep.max_moves_per_run),
                maybe(rep.capacity_hours_a_year),
                rep.abusive_accounts_cap.to_string(),
                maybe(rep.leave.map(|leave| leave.from)),
                maybe(rep.leave.map(|leave| leave.until)),
                maybe(rep.leaves_on),
                rep.active.to_string(),
            ]
        })
    }

    fn accounts_csv(&self) -> io::Result<Vec<u8>> {
        let header = "id,name,owner,lat,lon,region,country,time_zone,annual_value,annual_commission,visits_a_year,\
                      visit_minutes,language,language_required,industry,industry_required,licences_required,style,\
                      traits,conflicts";
        table(header, &self.accounts, |account| {
            vec![
                account.id.to_string(),
                account.name.clone(),
                account.owner.to_string(),
                account.place.lat().to_string(),
                account.place.lon().to_string(),
                maybe(account.region.as_ref()),
                account.country.to_string(),
                maybe(account.time_zone),
                money(account.annual_value_cents.0),
                money(account.annual_commission_cents.0),
                account.visits_a_year.to_string(),
                account.visit_minutes.to_string(),
                maybe(account.language.as_ref()),
                account.language_required.to_string(),
                maybe(account.industry.as_ref()),
                account.industry_required.to_string(),
                list(&account.licences_required),
                maybe(account.style),
                list(&account.traits),
                list(&account.conflicts),
            ]
        })
    }

    fn history_csv(&self) -> io::Result<Vec<u8>> {
        let header = "id,rep,account,started_on,ended_on,stars,visits_planned,visits_kept";
        table(header, &self.history, |entry| {
            vec![
                entry.id.to_string(),
                entry.rep.to_string(),
                entry.account.to_string(),
                entry.started_on.to_string(),
                maybe(entry.ended_on),
                maybe(entry.stars),
                entry.visits_planned.to_string(),
                entry.visits_kept.to_string(),
            ]
        })
    }

    fn submissions_csv(&self) -> io::Result<Vec<u8>> {
        table("account,rep,stars,reasons,note,share_reasons", &self.statements, |statement| {
            vec![
                statement.account.to_string(),
                statement.rep.to_string(),
                statement.stars.to_string(),
                list(&statement.reasons),
                statement.note.to_owned(),
                statement.share_reasons.to_string(),
            ]
        })
    }
}

fn table<T>(header: &str, rows: &[T], fields: impl Fn(&T) -> Vec<String>) -> io::Result<Vec<u8>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(header.split(','))?;
    for row in rows {
        csv.write_record(fields(row))?;
    }
    csv.into_inner().map_err(|error| error.into_error())
}

fn list<T: Display>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().map(|word| word.to_string()).collect::<Vec<_>>().join(";")
}

fn maybe<T: Display>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn money(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
