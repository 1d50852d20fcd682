//! A company in a database: two teams, twelve reps at either end of Pennsylvania, and accounts at the wrong end.
//!
//! In goes a program; out come people with tokens, once the files are imported. Any rep of the east and any of the west whose
//! accounts are submitted make a swap in which both gain.

use super::service::Program;
use std::fmt::Write as _;

/// How many reps there are; every other one sits in the west, and each team has of both.
pub const REPS: usize = 12;

/// Somebody who may sign in.
#[derive(Debug, Clone)]
pub struct Person {
    /// `rep`, `manager`, `admin` or `service`.
    pub role: &'static str,
    pub id: String,
    pub token: String,
}

impl Person {
    /// As the idempotency keys and the log call them.
    pub fn principal(&self) -> String {
        format!("{}:{}", self.role, self.id)
    }
}

/// The people of the company.
pub struct Company {
    pub reps: Vec<Person>,
    pub managers: Vec<Person>,
    pub crm: Person,
    pub admin: Person,
}

/// The teams, and who manages them.
pub const TEAMS: [(&str, &str); 2] = [("north", "mona"), ("south", "sam")];

/// Imports the company, with so many accounts a rep and two that nobody else may have, and signs everybody in.
pub fn found(program: &Program, accounts_each: usize) -> Company {
    let ends = [(39.9526, -75.1652), (40.4406, -79.9959)];
    let mut reps = String::from("id,name,team,manager,lat,lon,country,languages\n");
    let mut accounts = String::from(
        "id,name,owner,lat,lon,country,annual_value,annual_commission,visits_a_year,visit_minutes,\
             licences_required,traits\n",
    );
    for n in 0..REPS {
        let (team, manager) = TEAMS[n / 2 % 2];
        let (lat, lon) = ends[n % 2];
        writeln!(reps, "r{n:02},The real {n},{team},{manager},{lat},{lon},us,en").expect("a String takes text");
        let (lat, lon) = ends[1 - n % 2];
        let ordinary = (0..accounts_each).map(|account| (account.to_string(), ","));
        let unlawful = [("guarded", "explosives,"), ("feared", ",abusive")].map(|(name, rest)| (name.to_owned(), rest));
        for (at, (name, rest)) in ordinary.chain(unlawful).enumerate() {
            let north = lat + 0.001 * at as f64;
            writeln!(accounts, "a{n:02}-{name},Customer {n}/{name},r{n:02},{north},{lon},us,100000,10000,12,60,{rest}")
                .expect("a String takes text");
        }
    }
    program.say(&["migrate"]);
    for (kind, text) in [("reps", reps), ("accounts", accounts)] {
        let file = program.folder().join(format!("{kind}.csv"));
        std::fs::write(&file, text).expect("a file");
        program.say(&["import", kind, &file.display().to_string()]);
    }
    let person = |role: &'static str, id: &str| {
        // A program says what it is for.
        let scopes: &[&str] = if role == "service" { &["crm.sync", "crm.ack"] } else { &[] };
        Person { role, id: id.to_owned(), token: program.token(role, id, scopes) }
    };
    Company {
        reps: (0..REPS).map(|n| person("rep", &format!("r{n:02}"))).collect(),
        managers: TEAMS.iter().map(|(_, manager)| person("manager", manager)).collect(),
        crm: person("service", "crm"),
        admin: person("admin", "root"),
    }
}
