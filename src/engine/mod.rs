//! What is best for reps: from a market to a checked plan. Pure: the same market gives the same plan, to the byte.
//!
//! [`plan`](plan::plan) goes market → candidates → scores → `solver` → plan; [`check`](mod@check) is written apart from
//! all of them and alone makes a [`CheckedPlan`](check::CheckedPlan). [`price`](price::price) values one move somebody
//! has in mind.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `market`, `ways` | the immutable snapshot, and the driving times in it that were measured |
//! | `wanted` | the ways a plan goes by, for whoever asks travel sources |
//! | `view`, `fit` | the snapshot with the indexes every stage needs, and everybody's words as bits |
//! | `rapport`, `travel`, `geography`, `value` | what holding an account is worth, by named terms |
//! | `limits`, `rules`, `caps` | what may not be, by how much, one move at a time and all together |
//! | `chord`, `crowd`, `reach`, `candidates`, `promise` | who lies near what, who may receive it, and which of them are kept |
//! | `arcs`, `score`, `possible` | what for, the points of each possible swap, and all of it together |
//! | `solve`, `longer_rings`, `report`, `why_not`, `plan` | the best set of moves, what longer rings could add, what it amounts to, and why the others stay |
//! | `price`, `partners` | one move by itself, and what some accounts might be swapped for |
//! | `rematch` | the best swaps that take in some accounts |
//! | `guided` | the best plan of those with what people pinned and without what they struck out |
//! | `fairness` | how gains are spread, and what fairness costs |
//! | `check` | everything counted again by other means |
//!
//! Holds: points and gains are integers, every named term is a whole number of minutes; ties are broken by id, and
//! neither the order of rows nor the number of threads changes a byte.
//! Costs: about a microsecond for each account and rep within reach of each other, twice with the check; the solver's
//! part is small beside it. `tests/bench/engine.rs` measures.
//! Deliberately absent: IO, clock, environment, randomness, and any order that depends on arrival.

mod arcs;
mod candidates;
mod caps;
pub mod check;
mod chord;
mod crowd;
pub mod fairness;
mod fit;
mod geography;
pub mod guided;
mod limits;
mod longer_rings;
pub mod market;
pub mod partners;
pub mod plan;
mod possible;
pub mod price;
mod promise;
pub mod rapport;
mod reach;
pub mod rematch;
mod report;
mod rules;
mod score;
mod solve;
mod travel;
mod value;
mod view;
pub mod wanted;
pub mod ways;
mod why_not;
