//! Whose things a list is about, and which of them a page of it holds.
//!
//! In go a rep, teams or nobody in particular; out come the keys of a page, or a part of a query. Deliberately absent: who may
//! ask for whose.

use super::{Reader, StoreError, connection::AnyConnection, schema::reps, to_json};
use crate::domain::ids::{RepId, TeamId};
use diesel::{
    dsl::{EqAny, Filter, Select},
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Text},
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

/// A table in which reps have things, with an index on the rep and the key. All are words of SQL.
pub(super) struct Listed<'a> {
    pub table: &'static str,
    pub rep: &'static str,
    pub key: &'static str,
    /// What else must hold of a row: ` AND …`, or nothing.
    pub and: &'a str,
}

/// What a query for a page finds.
#[derive(QueryableByName)]
pub(super) struct Key {
    #[diesel(sql_type = Text)]
    pub key: String,
}

impl Listed<'_> {
    /// The keys of a page: the first after `after` in the database's order, at most `limit`; none where everybody's are asked for,
    /// whose page is the first of the table.
    ///
    /// Asked for rows and whose they are at once, PostgreSQL may read a whole table in the order of its keys until enough are
    /// theirs. Here it reads of each rep what a page can hold; SQLite reads of each rep all the keys after `after`.
    pub(super) fn page(
        &self,
        reader: &mut Reader<'_>,
        of: Of<'_>,
        after: Option<&str>,
        limit: i64,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let Self { table, rep, key, and } = self;
        // No key is empty.
        let after = after.unwrap_or_default();
        let first_of = |whose: &str| {
            format!(
                "SELECT DISTINCT {key} AS key FROM {table} WHERE {rep} {whose} AND {key} > $2{and} ORDER BY {key} LIMIT $3"
            )
        };
        let found: Vec<Key> = match (of, &mut *reader.connection) {
            (Of::Anybody, _) => return Ok(None),
            (Of::Rep(one), connection) => sql_query(first_of("= $1"))
                .bind::<Text, _>(one.as_str())
                .bind::<Text, _>(after)
                .bind::<BigInt, _>(limit)
                .load(connection)?,
            (Of::Teams(teams), AnyConnection::Sqlite(inner)) => {
                let theirs = "IN (SELECT id FROM reps WHERE team_id IN (SELECT value FROM json_each($1)))";
                sql_query(first_of(theirs))
                    .bind::<Text, _>(to_json(teams))
                    .bind::<Text, _>(after)
                    .bind::<BigInt, _>(limit)
                    .load(inner)?
            }
            (Of::Teams(teams), AnyConnection::Postgres(inner)) => {
                let of_each = first_of("= reps.id");
                sql_query(format!(
                    "SELECT DISTINCT page.key FROM reps CROSS JOIN LATERAL ({of_each}) AS page \
                     WHERE reps.team_id = ANY($1) ORDER BY page.key LIMIT $3"
                ))
                .bind::<Array<Text>, _>(teams.iter().map(TeamId::as_str).collect::<Vec<_>>())
                .bind::<Text, _>(after)
                .bind::<BigInt, _>(limit)
                .load(inner)?
            }
        };
        Ok(Some(found.into_iter().map(|found| found.key).collect()))
    }
}
