//! Real files with bytes changed, lost, doubled and moved: the readers refuse or read, and never panic or blow up.

use super::program::markets;
use account_swap::exchange::read::{Format, read};
use proptest::prelude::*;
use std::fs;

/// One thing done to a file.
#[derive(Clone, Debug)]
enum Mutation {
    Replace(prop::sample::Index, u8),
    Remove(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
    Insert(prop::sample::Index, &'static str),
    Cut(prop::sample::Index),
}

/// Texts that mean something in one of the formats.
const TEXTS: &[&str] = &[
    "p edge 2147483648 9223372036854775807\n",
    "p edge 4294967296 1\n",
    "e 1 2 -9223372036854775808\n",
    "e 99999999999999999999 1 1\n",
    "\"arcs\": [",
    "\"moves\": [",
    "\"reps\": [",
    "\"gain\": 1e999",
    "18446744073709551616",
    "-0.0",
    "\\u0000",
    "\\ud800",
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "null",
    "\u{FEFF}",
    "\0",
    "\n",
];

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let place = || any::<prop::sample::Index>();
    let one = prop_oneof![
        (place(), any::<u8>()).prop_map(|(at, byte)| Mutation::Replace(at, byte)),
        (place(), 1_usize..40).prop_map(|(at, length)| Mutation::Remove(at, length)),
        (place(), 1_usize..80).prop_map(|(at, length)| Mutation::Repeat(at, length)),
        (place(), prop::sample::select(TEXTS)).prop_map(|(at, text)| Mutation::Insert(at, text)),
        place().prop_map(Mutation::Cut),
    ];
    prop::collection::vec(one, 1..6)
}

fn mutate(bytes: &mut Vec<u8>, mutation: &Mutation) {
    if bytes.is_empty() {
        return;
    }
    let size = bytes.len();
    match mutation {
        Mutation::Replace(at, byte) => bytes[at.index(size)] = *byte,
        Mutation::Remove(at, length) => drop(bytes.drain(at.index(size)..size.min(at.index(size) + length))),
        Mutation::Repeat(at, length) => {
            let again = bytes[at.index(size)..size.min(at.index(size) + length)].to_vec();
            let at = at.index(size);
            bytes.splice(at..at, again);
        }
        Mutation::Insert(at, text) => {
            let at = at.index(size);
            bytes.splice(at..at, text.bytes());
        }
        Mutation::Cut(at) => bytes.truncate(at.index(size)),
    }
}

#[test]
fn a_mutated_file_is_read_or_refused() {
    let files = fs::read_dir(markets()).expect("the folder is there").map(|entry| entry.expect("it is listed").path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "market"));
    let mut files: Vec<Vec<u8>> = files.map(|path| fs::read(path).expect("it is read")).collect();
    files.sort();
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let cases = (prop::sample::select(files), mutations());
    for _ in 0..20_000 {
        use proptest::strategy::ValueTree;
        let (mut bytes, mutations) = cases.new_tree(&mut runner).expect("cases are drawn").current();
        mutations.iter().for_each(|mutation| mutate(&mut bytes, mutation));
        for format in [None, Some(Format::Exchange), Some(Format::Dimacs)] {
            if let Ok(market) = read(&bytes[..], format) {
                // What is kept comes from the file, however large the numbers in it are.
                assert!(market.offers() <= bytes.len(), "{}", String::from_utf8_lossy(&bytes));
            }
        }
    }
}
