//! What is best for reps: from a market to a checked plan. Pure: the same market gives the same plan, to the byte.
//!
//! [`plan`](plan::plan) goes market → [`candidates`] → [`score`] → `solver` → [`plan`](mod@plan); [`check`](mod@check)
//! is written apart from all of them and alone makes a [`CheckedPlan`](check::CheckedPlan). Points are integers.
//! Deliberately absent: IO, clock, environment, randomness, and any order that depends on arrival.

mod candidates;
mod caps;
pub mod check;
mod geography;
pub mod market;
pub mod plan;
pub mod price;
pub mod rapport;
mod report;
mod rules;
mod score;
mod solve;
mod travel;
mod value;
mod view;
mod why_not;
