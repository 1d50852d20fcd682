//! The same country through the store: its files imported into SQLite, its market read from there.

use super::{clock::Clock, common::databases::sqlite, rows::Country};
use account_swap::{
    app::{
        Store,
        import::{ImportKind, import},
        snapshot,
    },
    domain::principal::{Principal, Role},
    engine::market::Market,
    store::market::Pool,
};
use std::io::{self, Read};

/// Imports everything and takes the snapshot.
pub fn snapshot(country: &Country, clock: &mut Clock) -> Market {
    let database = sqlite();
    let settings = database.settings();
    let store = Store::open(&settings.database).expect("a database");
    let who = Principal { id: "bench".parse().expect("a sound id"), role: Role::Admin };
    let accounts = country.reps * country.accounts_of_each;
    for (kind, header, rows) in [
        (ImportKind::Reps, REPS, country.reps),
        (ImportKind::Accounts, ACCOUNTS, accounts),
        (ImportKind::Submissions, SUBMISSIONS, accounts),
    ] {
        let line = |row| line(country, kind, row);
        let file = || Lines { line: &line, rows, next: 0, text: header.to_owned(), taken: 0 };
        store.write(|writer| import(writer, &settings.import, &who, kind, None, false, file())).expect("a sound file");
        clock.tell(kind.as_str());
    }
    let date = "2026-03-02".parse().expect("a date");
    store.read(|reader| snapshot::snapshot(reader, Pool::Everybody, date)).expect("a market").market
}

const REPS: &str = "id,name,team,manager,lat,lon,country,languages,industries,style,tolerances,capacity_hours_a_year,\
                    abusive_accounts_cap\n";
const ACCOUNTS: &str = "id,name,owner,lat,lon,country,region,annual_value,annual_commission,visits_a_year,\
                        visit_minutes,language,industry,industry_required,style,traits\n";
const SUBMISSIONS: &str = "account,stars,reasons\n";

/// A row as a line of its file; empty where the account is not submitted.
fn line(country: &Country, kind: ImportKind, row: u64) -> String {
    let joined = |words: Vec<&str>| words.join(";");
    match kind {
        ImportKind::Reps => {
            let rep = country.rep(row);
            format!(
                "{},{},{},M{:04},{:.6},{:.6},us,{},{},{},{},1700,1\n",
                rep.id,
                rep.name,
                rep.team,
                row / 10,
                rep.base.lat(),
                rep.base.lon(),
                joined(rep.languages.iter().map(|word| word.as_str()).collect()),
                joined(rep.industries.iter().map(|word| word.as_str()).collect()),
                rep.style.map_or("", |style| style.as_str()),
                joined(rep.tolerances.iter().map(|hard| hard.as_str()).collect()),
            )
        }
        ImportKind::Accounts => {
            let account = country.account(row);
            let money = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
            let word = |tag: &Option<_>| tag.as_ref().map_or_else(String::new, ToString::to_string);
            format!(
                "{},{},{},{:.6},{:.6},us,{},{},{},{},{},{},{},{},{},{}\n",
                account.id,
                account.name,
                account.owner,
                account.place.lat(),
                account.place.lon(),
                word(&account.region),
                money(account.annual_value_cents.0),
                money(account.annual_commission_cents.0),
                account.visits_a_year,
                account.visit_minutes,
                word(&account.language),
                word(&account.industry),
                account.industry_required,
                account.style.map_or("", |style| style.as_str()),
                joined(account.traits.iter().map(|hard| hard.as_str()).collect()),
            )
        }
        _ if row % country.accounts_of_each < country.submissions_of_each => {
            format!("{},{},chemistry\n", country.account(row).id, country.stars(row))
        }
        _ => String::new(),
    }
}

/// A file that is made while it is read, so that memory is the importer's alone.
struct Lines<'a> {
    line: &'a (dyn Fn(u64) -> String + Sync),
    rows: u64,
    next: u64,
    text: String,
    taken: usize,
}

impl Read for Lines<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.text.len() && self.next < self.rows {
            (self.text, self.taken) = ((self.line)(self.next), 0);
            self.next += 1;
        }
        let count = buffer.len().min(self.text.len() - self.taken);
        buffer[..count].copy_from_slice(&self.text.as_bytes()[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}
