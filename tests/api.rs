//! The REST interface, over real HTTP, on both databases.

mod common;

#[path = "api/authorisation.rs"]
mod authorisation;
#[path = "api/day.rs"]
mod day;
#[path = "api/fairness.rs"]
mod fairness;
#[allow(dead_code, reason = "it is the fixture of another test too, which uses what this one does not")]
#[path = "life/fixture.rs"]
mod fixture;
#[path = "api/imports.rs"]
mod imports;
#[path = "api/ladder.rs"]
mod ladder;
#[path = "api/limits.rs"]
mod limits;
#[path = "api/non_interference.rs"]
mod non_interference;
#[path = "api/operations.rs"]
mod operations;
#[path = "api/people.rs"]
mod people;
#[path = "api/program.rs"]
mod program;
#[path = "api/reads.rs"]
mod reads;
#[path = "api/served.rs"]
mod served;
#[path = "api/stories.rs"]
mod stories;
#[path = "api/strain.rs"]
mod strain;
#[path = "api/together.rs"]
mod together;
#[path = "api/tokens.rs"]
mod tokens;
#[path = "api/trial.rs"]
mod trial;
#[path = "api/twins.rs"]
mod twins;
#[path = "api/writes.rs"]
mod writes;
