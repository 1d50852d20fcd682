//! Whose things a list is about, and the members of teams.
//!
//! In go a rep, teams or nobody in particular; out comes a part of a query. Deliberately absent: who may ask for whose.

use super::schema::reps;
use crate::domain::ids::{RepId, TeamId};
use diesel::{
    dsl::{EqAny, Filter, Select},
    prelude::*,
};

/// Whose things are asked for.
#[derive(Debug, Clone, Copy)]
pub enum Of<'a> {
    /// One rep's.
    Rep(&'a RepId),
    /// Those of the reps of some teams.
    Teams(&'a [TeamId]),
    /// Everybody's.
    Anybody,
}

/// The ids of the reps of some teams, for a query to look in.
pub(super) type Members<'a> = Select<Filter<reps::table, EqAny<reps::team_id, Vec<&'a str>>>, reps::id>;

/// The ids of the reps of some teams.
pub(super) fn members(teams: &[TeamId]) -> Members<'_> {
    let teams: Vec<&str> = teams.iter().map(TeamId::as_str).collect();
    reps::table.filter(reps::team_id.eq_any(teams)).select(reps::id)
}
