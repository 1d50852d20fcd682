//! The life of submissions, proposals, handovers and overrides: every transition there is, and the races between them.

mod common;

#[path = "life/abuse.rs"]
mod abuse;
#[path = "life/abuse_races.rs"]
mod abuse_races;
#[path = "life/ageing.rs"]
mod ageing;
#[path = "life/audit.rs"]
mod audit;
#[path = "life/backup.rs"]
mod backup;
#[path = "life/day.rs"]
mod day;
#[path = "life/direct.rs"]
mod direct;
#[path = "life/erasure.rs"]
mod erasure;
#[path = "life/fairness.rs"]
mod fairness;
#[allow(dead_code, reason = "it is the fixture of another test too, which uses what this one does not")]
#[path = "life/fixture.rs"]
mod fixture;
#[path = "life/handover_races.rs"]
mod handover_races;
#[path = "life/indices.rs"]
mod indices;
#[path = "life/judgement.rs"]
mod judgement;
#[path = "life/ladder.rs"]
mod ladder;
#[path = "life/ladder_races.rs"]
mod ladder_races;
#[path = "life/leavers.rs"]
mod leavers;
#[path = "life/lists.rs"]
mod lists;
#[path = "life/meetings.rs"]
mod meetings;
#[path = "life/money.rs"]
mod money;
#[path = "life/nights.rs"]
mod nights;
#[path = "life/overrides.rs"]
mod overrides;
#[path = "life/pattern.rs"]
mod pattern;
#[path = "life/people.rs"]
mod people;
#[path = "life/races.rs"]
mod races;
#[path = "life/rings.rs"]
mod rings;
#[path = "life/states.rs"]
mod states;
#[path = "life/store.rs"]
mod store;
#[path = "life/travel_times.rs"]
mod travel_times;
#[path = "life/triage.rs"]
mod triage;
#[path = "life/trial.rs"]
mod trial;
