//! Throws bytes at the reader of the `dimacs` format.

#![no_main]

use account_swap::{exchange::read::Format, follow};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| follow(bytes, Format::Dimacs));
