//! `account-swap solve` from outside: what it finds, what it writes, what it refuses, and what its check sees.
//!
//! In go markets as files; out come plans, certificates, messages and exit codes of the real program, but for
//! `every_kind`, which asks the library of thousands of markets. Deliberately absent: databases, for the command has
//! none.

#[path = "solve/claims.rs"]
mod claims;
#[path = "solve/every_kind.rs"]
mod every_kind;
#[path = "solve/files.rs"]
mod files;
#[path = "solve/mutated.rs"]
mod mutated;
#[path = "solve/orders.rs"]
mod orders;
#[path = "solve/program.rs"]
mod program;
#[path = "solve/refusals.rs"]
mod refusals;
#[path = "solve/stories.rs"]
mod stories;
