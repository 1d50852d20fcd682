//! Throws bytes at the reader of the `dimacs` format.

#![no_main]

#[path = "follow/hash.rs"]
mod hash;
#[path = "follow/market.rs"]
mod market;

use account_swap::exchange::read::Format;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| market::follow(bytes, Format::Dimacs));
