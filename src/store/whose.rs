//! Whose things a list is about, and which of them a page of it holds.
//!
//! In go a rep, teams or nobody in particular; out come parts of queries. Deliberately absent: who may
//! ask for whose.

use super::{schema::reps, to_json};
use crate::domain::ids::{RepId, TeamId};
use diesel::{
    backend::Backend,
    dsl::{EqAny, Filter, Select},
    expression::{AppearsOnTable, Expression, ValidGrouping, is_aggregate},
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    serialize::ToSql,
    sql_types::{Array, BigInt, Bool, HasSqlType, Text},
    sqlite::Sqlite,
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

impl<'a> Listed<'a> {
    /// The page of those `of` somebody after `after`, in the database's order, at most `limit`; none where everybody's are asked
    /// for, whose page is the first of the table.
    pub(super) fn page(self, of: Of<'a>, after: Option<&'a str>, limit: i64) -> Option<KeyInPage<'a>> {
        let whose = match of {
            Of::Rep(rep) => Whose::Rep(rep.as_str()),
            Of::Teams(teams) => Whose::Teams { ids: teams.iter().map(TeamId::as_str).collect(), json: to_json(teams) },
            Of::Anybody => return None,
        };
        // No key is empty.
        Some(KeyInPage { listed: self, whose, after: after.unwrap_or_default(), limit })
    }
}

enum Whose<'a> {
    Rep(&'a str),
    Teams { ids: Vec<&'a str>, json: String },
}

/// For a filter of the table whose key is `id`: whether a row's is among the keys of a page.
///
/// Asked for rows and whose they are at once, PostgreSQL may read a whole table in the order of its keys until enough are
/// theirs. Here it finds the keys first, and reads of each rep what a page can hold; SQLite reads of each rep all the keys after
/// `after`. The words are the same for everybody, so that a connection prepares them once.
pub(super) struct KeyInPage<'a> {
    listed: Listed<'a>,
    whose: Whose<'a>,
    after: &'a str,
    limit: i64,
}

impl Expression for KeyInPage<'_> {
    type SqlType = Bool;
}

impl<From> AppearsOnTable<From> for KeyInPage<'_> {}

impl<Group> ValidGrouping<Group> for KeyInPage<'_> {
    type IsAggregate = is_aggregate::No;
}

impl QueryId for KeyInPage<'_> {
    type QueryId = ();
    // Its words depend on the table and on whose things are asked for.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl KeyInPage<'_> {
    /// The first keys of whoever `theirs` writes.
    fn first<'b, DB>(
        &'b self,
        out: &mut AstPass<'_, 'b, DB>,
        theirs: impl FnOnce(&mut AstPass<'_, 'b, DB>) -> QueryResult<()>,
    ) -> QueryResult<()>
    where
        DB: Backend + HasSqlType<BigInt>,
        str: ToSql<Text, DB>,
        i64: ToSql<BigInt, DB>,
    {
        let Listed { table, rep, key, and } = self.listed;
        out.push_sql(&format!("SELECT DISTINCT {key} AS key FROM {table} WHERE {rep} "));
        theirs(out)?;
        out.push_sql(&format!(" AND {key} > "));
        out.push_bind_param::<Text, _>(self.after)?;
        out.push_sql(&format!("{and} ORDER BY {key} LIMIT "));
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

impl QueryFragment<Sqlite> for KeyInPage<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("id IN (");
        self.first(&mut out, |out| match &self.whose {
            Whose::Rep(rep) => {
                out.push_sql("= ");
                out.push_bind_param::<Text, _>(*rep)
            }
            Whose::Teams { json, .. } => {
                out.push_sql("IN (SELECT id FROM reps WHERE team_id IN (SELECT value FROM json_each(");
                out.push_bind_param::<Text, _>(json.as_str())?;
                out.push_sql(")))");
                Ok(())
            }
        })?;
        out.push_sql(")");
        Ok(())
    }
}

impl QueryFragment<Pg> for KeyInPage<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        // An array that is there before the rest is planned: nothing else can be read first.
        out.push_sql("id = ANY(ARRAY(");
        match &self.whose {
            Whose::Rep(rep) => self.first(&mut out, |out| {
                out.push_sql("= ");
                out.push_bind_param::<Text, _>(*rep)
            })?,
            Whose::Teams { ids, .. } => {
                out.push_sql("SELECT DISTINCT page.key FROM reps CROSS JOIN LATERAL (");
                self.first(&mut out, |out| {
                    out.push_sql("= reps.id");
                    Ok(())
                })?;
                out.push_sql(") AS page WHERE reps.team_id = ANY(");
                out.push_bind_param::<Array<Text>, _>(ids)?;
                out.push_sql(") ORDER BY page.key LIMIT ");
                out.push_bind_param::<BigInt, _>(&self.limit)?;
            }
        }
        out.push_sql("))");
        Ok(())
    }
}
