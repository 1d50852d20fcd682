//! Throws bytes at what reads a message of another system.

#![no_main]

#[path = "../follow/webhook.rs"]
mod webhook;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| webhook::follow(bytes));
