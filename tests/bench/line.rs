//! How long the line takes, from the CRM's files to published proposals, and how much memory each stage needs.
//!
//! In: nothing, or `--postgres` for a temporary PostgreSQL cluster besides SQLite, or `--million` for the imports of so many
//! accounts alone, or `--gigabyte` for that of one file of that size. Out: seconds, rows a second and peak memory of each import and of each stage of one run. The
//! roster is 5,000 reps, 100,000 accounts, three in ten of them far from their owner, and 10,000 submissions, strewn by a
//! seeded generator around real hospitals; all else about them is invented. Files are generated while they are read, so
//! that memory is the importer's alone.
//! Deliberately absent: a verdict. The numbers depend on the machine.

#[path = "../common/mod.rs"]
mod common;

use account_swap::{
    app::{
        Store,
        import::{ImportKind, import},
        run::{self, Scope, Stage},
    },
    domain::principal::{Principal, Role},
};
use common::databases::{TestDatabase, postgres, sqlite};
use std::{
    cell::Cell,
    fmt::Write,
    fs,
    io::{self, Read},
    time::Instant,
};

const REPS: u64 = 5_000;
const ACCOUNTS: u64 = 100_000;
const SUBMISSIONS: u64 = 10_000;
const MILLION: u64 = 1_000_000;
const GIGABYTE: u64 = 1_000_000_000;

/// A number that looks random and is the same every time (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014).
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Latitude, longitude and state of each hospital.
fn hospitals() -> Vec<(f64, f64, String)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/hospitals/hospitals.csv");
    let mut file = csv::Reader::from_path(path).expect("the hospitals are there");
    let header = file.headers().expect("a header").clone();
    let at = |name: &str| header.iter().position(|column| column == name).expect("a column");
    let (lat, lon, state) = (at("lat"), at("lon"), at("state"));
    file.records()
        .map(|row| row.expect("a row"))
        .map(|row| {
            (row[lat].parse().expect("a latitude"), row[lon].parse().expect("a longitude"), row[state].to_owned())
        })
        .collect()
}

/// A file that is made while it is read.
struct Generated<'a> {
    hospitals: &'a [(f64, f64, String)],
    kind: ImportKind,
    rows: u64,
    bytes: u64,
    next: u64,
    made: u64,
    line: String,
    taken: usize,
}

impl<'a> Generated<'a> {
    /// At most so many rows, and no row once so many bytes are made.
    fn new(hospitals: &'a [(f64, f64, String)], kind: ImportKind, rows: u64, bytes: u64) -> Self {
        let header = match kind {
            ImportKind::Reps => "id,name,team,manager,lat,lon,country,territory,languages,style,tolerances\n",
            ImportKind::Accounts => {
                "id,name,owner,lat,lon,country,region,annual_value,annual_commission,visits_a_year,visit_minutes,\
                 language,industry,style,traits\n"
            }
            _ => "account,stars,reasons,note\n",
        };
        Self { hospitals, kind, rows, bytes, next: 0, made: 0, line: header.to_owned(), taken: 0 }
    }

    fn write_row(&mut self) {
        let row = self.next;
        let random = |what: u64, below: u64| mixed(row * 16 + what) % below;
        let pick = |what: u64, words: [&'static str; 4]| words[random(what, 4) as usize];
        let home = |row: u64| mixed(row * 16) % self.hospitals.len() as u64;
        let owner = random(6, REPS);
        let is_at_home = self.kind == ImportKind::Accounts && row % 10 >= 3;
        let (lat, lon, state) = &self.hospitals[home(if is_at_home { owner } else { row }) as usize];
        let strew = |what: u64| random(what, 600_000) as f64 / 1e6 - 0.3;
        let (lat, lon) = (lat + strew(1), lon + strew(2));
        let style = pick(3, ["direct", "analytical", "relational", "expressive"]);
        let hard = pick(4, ["", "haggles", "slow_payer;demanding", "sceptical"]);
        let language = pick(5, ["en", "en", "en", "es"]);
        match self.kind {
            ImportKind::Reps => {
                let team = row / 10;
                write!(
                    self.line,
                    "R{row:05},Rep {row},T{team:04},M{team:04},{lat:.6},{lon:.6},us,{state},en;{language},{style},{hard}"
                )
            }
            // Ids of a CRM come in no order.
            ImportKind::Accounts => write!(
                self.line,
                "001{:016x},Account {row},R{:05},{lat:.6},{lon:.6},us,{state},{}.{:02},{}.50,{},{},{language},\
                 healthcare,{style},{hard}",
                mixed(row),
                owner,
                random(7, 900_000),
                random(8, 100),
                random(9, 50_000),
                random(10, 52),
                15 + random(11, 90),
            ),
            // Three in four of them are far from their owner.
            _ => {
                let account = mixed(row * 10 + row % 4);
                write!(self.line, "001{account:016x},{}.25,chemistry;no_progress,Note {row}", 1 + random(12, 4))
            }
        }
        .expect("writing to a string does not fail");
        self.line.push('\n');
    }
}

impl Read for Generated<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut given = 0;
        while given < buffer.len() {
            if self.taken == self.line.len() {
                if self.next == self.rows || self.made >= self.bytes {
                    break;
                }
                self.line.clear();
                self.taken = 0;
                self.write_row();
                self.next += 1;
            }
            let count = (self.line.len() - self.taken).min(buffer.len() - given);
            buffer[given..given + count].copy_from_slice(&self.line.as_bytes()[self.taken..self.taken + count]);
            given += count;
            self.taken += count;
            self.made += count as u64;
        }
        Ok(given)
    }
}

/// The most memory this process has had since [`forget_peak`], in megabytes; 0 where the system does not say.
fn peak_megabytes() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}

fn forget_peak() {
    // Without this file the peak is that of all imports so far.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let hospitals = hospitals();
    let mut databases: Vec<TestDatabase> = vec![sqlite()];
    if asked("--postgres") {
        databases.push(postgres());
    }
    println!("{:<10}{:<28}{:>10}{:>10}{:>12}{:>10}", "database", "file", "rows", "seconds", "rows/s", "peak MB");
    for database in &databases {
        let store = Store::open(&database.settings().database).expect("a database");
        let one = |name: &str, kind, rows, bytes| measure(database, &store, &hospitals, name, kind, rows, bytes);
        one("reps", ImportKind::Reps, REPS, u64::MAX);
        if asked("--gigabyte") {
            one("accounts, 1 GB", ImportKind::Accounts, u64::MAX, GIGABYTE);
        } else if asked("--million") {
            one("accounts", ImportKind::Accounts, MILLION, u64::MAX);
            one("accounts again", ImportKind::Accounts, MILLION, u64::MAX);
        } else {
            one("accounts", ImportKind::Accounts, ACCOUNTS, u64::MAX);
            one("accounts again", ImportKind::Accounts, ACCOUNTS, u64::MAX);
            one("submissions", ImportKind::Submissions, SUBMISSIONS, u64::MAX);
            measure_run(database, &store);
        }
    }
}

/// Runs everybody, and prints each stage when the next begins.
fn measure_run(database: &TestDatabase, store: &Store) {
    let who = Principal { id: "bench".parse().expect("a sound id"), role: Role::Admin };
    let date = "2026-03-02".parse().expect("a date");
    let begun = Instant::now();
    let last = Cell::new(None);
    let print = |stage: Option<Stage>| {
        if let Some((name, since)) = last.get() {
            let seconds = Instant::now().duration_since(since).as_secs_f64();
            println!("{:<10}{:<28}{:>10}{seconds:>10.2}{:>12}{:>10}", database.name, name, "", "", peak_megabytes());
        }
        forget_peak();
        last.set(stage.map(|stage| (name_of(stage), Instant::now())));
    };
    let watch = |stage| print(Some(stage));
    let done = run::run(store, &database.settings(), &who, &Scope::Everybody, date, &watch).expect("a run");
    print(None);
    let report = done.report.expect("a published run has a report");
    println!(
        "{:<10}{:<28}{:>10}{:>10.2}   {} candidates, {} possible swaps",
        database.name,
        "the run in all; swaps",
        report.published,
        begun.elapsed().as_secs_f64(),
        report.candidates,
        report.possible_moves
    );
}

fn name_of(stage: Stage) -> &'static str {
    match stage {
        Stage::Snapshot => "run: snapshot",
        Stage::Travel => "run: travel times",
        Stage::Plan => "run: plan",
        Stage::Check => "run: check",
        Stage::Publish => "run: publish",
    }
}

fn measure(
    database: &TestDatabase,
    store: &Store,
    hospitals: &[(f64, f64, String)],
    name: &str,
    kind: ImportKind,
    rows: u64,
    bytes: u64,
) {
    let settings = database.settings().import;
    let who = Principal { id: "bench".parse().expect("a sound id"), role: Role::Admin };
    forget_peak();
    let begun = Instant::now();
    let report = store
        .write(|writer| {
            let file = Generated::new(hospitals, kind, rows, bytes);
            import(writer, &settings, &who, kind, None, false, file)
        })
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{:<10}{name:<28}{:>10}{seconds:>10.2}{:>12.0}{:>10}",
        database.name,
        report.rows,
        report.rows as f64 / seconds,
        peak_megabytes()
    );
}
