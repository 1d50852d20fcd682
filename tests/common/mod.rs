//! What several integration tests share.
//!
//! In goes nothing; out come fresh databases. Each test takes what it needs, so no single one uses everything.
//! Deliberately absent: anything a test should say for itself.
#![allow(dead_code, unreachable_pub)]

pub mod databases;
pub mod small_disk;
