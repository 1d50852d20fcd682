//! Throws bytes at what reads an import.

#![no_main]

#[path = "../follow/csv.rs"]
mod csv;
#[path = "../follow/hash.rs"]
mod hash;

use account_swap::{settings::Import, store::Writer};
use chrono::DateTime;
use std::sync::LazyLock;

static SETTINGS: LazyLock<Import> = LazyLock::new(csv::settings);

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    csv::follow(&SETTINGS, bytes, |work| work(&mut Writer::at(DateTime::UNIX_EPOCH)));
});
