//! Throws bytes at what reads a cursor.

#![no_main]

#[path = "../follow/cursor.rs"]
mod cursor;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cursor::follow(bytes));
