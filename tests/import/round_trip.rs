//! Any sound roster, written as CSV and imported, says nothing new the second time and is what was written.

use super::rows::{admin, bring, open};
use crate::common::databases::{postgres, sqlite};
use account_swap::{
    app::{Store, export, import::ImportKind},
    store::roster,
};
use proptest::{collection, prelude::*, test_runner::TestRunner};

/// Text that people and systems put into names: quotes, commas, umlauts, formulas, other scripts.
const NAME: &str = "[A-Za-zäé東\"',;=+@-][ A-Za-z0-9äßø東京\"',;:=+@-]{0,30}[A-Za-z0-9!]";

#[derive(Debug, Clone)]
struct MadeUp {
    name: String,
    lat_e6: i32,
    lon_e6: i32,
    cents: i64,
    visits: u32,
    words: Vec<String>,
    note: Option<String>,
}

fn made_up() -> impl Strategy<Value = MadeUp> {
    (
        NAME,
        -89_000_000..89_000_000i32,
        1_000_000..179_000_000i32,
        0..1_000_000_000_000i64,
        0..=10_000u32,
        collection::vec("[a-z_]{1,8}", 0..4),
        proptest::option::of("[a-z \n\t,\"]{0,40}"),
    )
        .prop_map(|(name, lat_e6, lon_e6, cents, visits, words, note)| MadeUp {
            name,
            lat_e6,
            lon_e6,
            cents,
            visits,
            words,
            note,
        })
}

fn csv(header: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(header).unwrap();
    rows.for_each(|row| file.write_record(row).unwrap());
    String::from_utf8(file.into_inner().unwrap()).unwrap()
}

fn degrees(e6: i32) -> String {
    format!("{}{}.{:06}", if e6 < 0 { "-" } else { "" }, e6.abs() / 1_000_000, e6.abs() % 1_000_000)
}

/// The three files of a roster. Andorra has no box, so no place in it looks swapped.
fn files(all: &[MadeUp]) -> [(ImportKind, String); 3] {
    let each = || all.iter().enumerate();
    let reps = each().map(|(index, one)| {
        let (lat, lon) = (degrees(one.lat_e6), degrees(one.lon_e6));
        let team = index % 3;
        let row =
            [format!("r{index}"), one.name.clone(), format!("t{team}"), format!("m{team}"), lat, lon, "AD".into()];
        row.into_iter().chain([one.words.join(";"), one.words.join("; ")]).collect()
    });
    let accounts = each().map(|(index, one)| {
        let (lat, lon) = (degrees(one.lat_e6), degrees(one.lon_e6));
        let money = format!("{}.{:02}", one.cents / 100, one.cents % 100);
        let parent = if index > 0 && index % 5 == 0 { "a0".to_owned() } else { String::new() };
        let row = [format!("a{index}"), one.name.clone(), format!("r{index}"), lat, lon, "ad".into(), money.clone()];
        row.into_iter().chain([money, one.visits.to_string(), one.words.join(";"), parent]).collect()
    });
    let submissions = each().filter_map(|(index, one)| {
        let note = one.note.clone()?;
        let stars = format!("{}.{:02}", 1 + index % 4, index % 100);
        Some(vec![format!("a{index}"), stars, "other;chemistry".into(), note, "no".into()])
    });
    [
        (
            ImportKind::Reps,
            csv(&["id", "name", "team", "manager", "lat", "lon", "country", "languages", "territory"], reps),
        ),
        (
            ImportKind::Accounts,
            csv(
                &[
                    "id",
                    "name",
                    "owner",
                    "lat",
                    "lon",
                    "country",
                    "annual_value",
                    "annual_commission",
                    "visits_a_year",
                    "licences_required",
                    "parent",
                ],
                accounts,
            ),
        ),
        (ImportKind::Submissions, csv(&["account", "stars", "reasons", "note", "share_reasons"], submissions)),
    ]
}

/// A name without the apostrophe that keeps a spreadsheet from taking it for a formula.
fn meant(name: &str) -> &str {
    let rest = name.strip_prefix('\'').filter(|rest| rest.trim_start_matches('\'').starts_with(['=', '+', '-', '@']));
    rest.unwrap_or(name)
}

/// The files that the store gives of its reps and accounts.
fn exported(store: &Store) -> [(ImportKind, String); 2] {
    let who = admin();
    let reps = store.read(|reader| export::reps(reader, &who)).unwrap();
    [(ImportKind::Reps, reps), (ImportKind::Accounts, store.read(|reader| export::accounts(reader, &who)).unwrap())]
}

#[test]
fn any_sound_roster_is_what_was_written_and_unchanged_the_second_time() {
    for (make, cases) in [(sqlite as fn() -> _, 48), (postgres as fn() -> _, 16)] {
        let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
        TestRunner::new(config)
            .run(&collection::vec(made_up(), 1..30), |all| {
                let database = make();
                let store = open(&database);
                for (kind, text) in files(&all) {
                    let first = bring(&store, kind, &text).unwrap_or_else(|error| panic!("{kind}: {error}\n{text}"));
                    prop_assert_eq!(first.created, first.rows);
                    let second = bring(&store, kind, &text).unwrap();
                    prop_assert_eq!(second.unchanged, first.rows);
                }
                for (kind, text) in exported(&store) {
                    let again = bring(&store, kind, &text).unwrap_or_else(|error| panic!("{kind}: {error}\n{text}"));
                    prop_assert_eq!(again.unchanged, all.len() as u64, "{}", text);
                }
                for (index, one) in all.iter().enumerate() {
                    let id = format!("a{index}").parse().unwrap();
                    let held = store.read(|reader| roster::account(reader, &id)).unwrap().unwrap().account;
                    prop_assert_eq!(&held.name, meant(one.name.trim()));
                    prop_assert_eq!(held.place.e6(), (one.lat_e6, one.lon_e6));
                    prop_assert_eq!(held.annual_commission_cents.0, one.cents);
                    prop_assert_eq!(held.visits_a_year, one.visits);
                }
                Ok(())
            })
            .unwrap();
    }
}
