//! What the fuzzer kept, once through the functions it threw it at (`tests/fuzz`).
//!
//! In go the files under `tests/fuzz/corpus`; nothing comes out, for what is asserted stands in those functions. Here they
//! run against the whole library, and imports against a real database.
//! Cost: a second or two. Deliberately absent: new inputs.

mod common;

#[path = "fuzz/follow/csv.rs"]
mod csv;
#[path = "fuzz/follow/cursor.rs"]
mod cursor;
#[path = "fuzz/follow/hash.rs"]
mod hash;
#[path = "fuzz/follow/market.rs"]
mod market;
#[path = "fuzz/follow/token.rs"]
mod token;
#[path = "fuzz/follow/webhook.rs"]
mod webhook;

use account_swap::{app::Store, exchange::read::Format};
use std::{fs, path::Path};

/// Gives each file of a target to a function, in the order of their names.
fn each(target: &str, mut follow: impl FnMut(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus").join(target);
    let mut paths: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 10, "the corpus of {target} is kept");
    for path in paths {
        println!("{}", path.display());
        follow(&fs::read(&path).unwrap());
    }
}

#[test]
fn markets_that_were_kept_are_refused_or_solved() {
    each("exchange", |bytes| market::follow(bytes, Format::Exchange));
    each("dimacs", |bytes| market::follow(bytes, Format::Dimacs));
}

#[test]
fn imports_that_were_kept_are_refused_or_rehearsed() {
    let database = common::databases::sqlite();
    let store = Store::open(&database.settings().database).unwrap();
    let settings = csv::settings();
    each("csv", |bytes| csv::follow(&settings, bytes, |work| store.rehearse(|writer| work(writer))));
}

#[test]
fn cursors_that_were_kept_are_refused_or_given_out() {
    each("cursor", cursor::follow);
}

#[test]
fn tokens_that_were_kept_are_refused_or_true() {
    let folder = tempfile::tempdir().unwrap();
    let door = token::Door::hang(folder.path());
    each("token", |bytes| door.follow(bytes));
}

#[test]
fn messages_that_were_kept_are_refused_or_signed() {
    each("webhook", webhook::follow);
}
