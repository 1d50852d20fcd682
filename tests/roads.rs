//! The road network: what it makes of maps drawn by hand and of real ones, against a plain search, and its command.
//!
//! In go maps; out come times, routes and refusals. The real maps of Liechtenstein and Porto are gone over where
//! `../shared/data/roads` has them, Porto in optimised builds only; each test says what it left out.

#[path = "roads/bytes.rs"]
mod bytes;
#[path = "roads/drawn.rs"]
mod drawn;
#[path = "roads/program.rs"]
mod program;
#[path = "roads/random.rs"]
mod random;
#[path = "roads/real.rs"]
mod real;
#[path = "roads/rules.rs"]
mod rules;
