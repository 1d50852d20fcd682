//! The database as an outsider reads it: plain SQL, one moment, every value as text.
//!
//! In goes a URL; out come [`Books`]: the tables an auditor needs, read in one view. Nothing of the service's code is used,
//! so that a mistake there is not made here as well. [`Outsider::pretend`] reads what the books would be after some SQL that
//! is taken back, which is how a test plants a bug.
//! Deliberately absent: types of the product. A state is the word that stands in the row.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection,
    sql_query,
    sql_types::{Nullable, Text},
};
use std::{collections::BTreeMap, ops::Deref};

/// One row: values by the names of their columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(BTreeMap<&'static str, Option<String>>);

impl Row {
    /// A value; nothing where it is NULL.
    pub fn maybe(&self, column: &str) -> Option<&str> {
        self.0.get(column).unwrap_or_else(|| panic!("the auditor did not read {column}")).as_deref()
    }

    /// A value; the empty text where it is NULL.
    pub fn text(&self, column: &str) -> &str {
        self.maybe(column).unwrap_or_default()
    }

    /// The row with another value, as somebody may forge it.
    pub fn with(mut self, column: &'static str, value: &str) -> Self {
        self.0.insert(column, Some(value.to_owned()));
        self
    }

    /// A whole number.
    pub fn number(&self, column: &str) -> i64 {
        self.text(column).parse().unwrap_or_else(|_| panic!("{column} is no number: {self:?}"))
    }

    /// A truth value, as either database writes it.
    pub fn flag(&self, column: &str) -> bool {
        matches!(self.text(column), "1" | "t" | "true")
    }

    /// A moment in UTC, as either database writes it.
    pub fn moment(&self, column: &str) -> Option<NaiveDateTime> {
        self.maybe(column).map(|text| moment(text).unwrap_or_else(|| panic!("{column} is no moment: {text}")))
    }

    /// A day.
    pub fn day(&self, column: &str) -> Option<NaiveDate> {
        self.maybe(column).map(|text| text.parse().unwrap_or_else(|_| panic!("{column} is no day: {text}")))
    }

    /// A list of words, kept as JSON.
    pub fn words(&self, column: &str) -> Vec<String> {
        serde_json::from_str(self.text(column)).unwrap_or_default()
    }
}

/// Reads a moment.
pub fn moment(text: &str) -> Option<NaiveDateTime> {
    let text = text.replace('T', " ");
    NaiveDateTime::parse_from_str(&text, "%Y-%m-%d %H:%M:%S%.f").ok()
}

/// Rows in the order of their first column, by which they are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    first: &'static str,
    rows: Vec<Row>,
}

impl Table {
    fn new(first: &'static str, mut rows: Vec<Row>) -> Self {
        rows.sort_by(|one, other| one.text(first).cmp(other.text(first)));
        Self { first, rows }
    }

    /// The rows with this value in their first column.
    pub fn of(&self, value: &str) -> &[Row] {
        let from = self.rows.partition_point(|row| row.text(self.first) < value);
        let count = self.rows[from..].partition_point(|row| row.text(self.first) == value);
        &self.rows[from..from + count]
    }

    /// The table with other rows.
    pub fn with(&self, rows: Vec<Row>) -> Self {
        Self::new(self.first, rows)
    }
}

impl Deref for Table {
    type Target = [Row];

    fn deref(&self) -> &[Row] {
        &self.rows
    }
}

macro_rules! books {
    ($($(#[$doc:meta])* $table:ident: $($column:literal)+;)+) => {
        /// The tables at one moment.
        #[derive(Debug, Clone)]
        pub struct Books {
            /// The database's clock.
            pub now: NaiveDateTime,
            $($(#[$doc])* pub $table: Table,)+
        }

        fn read(outsider: &mut Outsider) -> Books {
            Books {
                now: moment(outsider.now().as_str()).expect("a clock"),
                $($table: outsider.table(stringify!($table), &[$($column),+]),)+
            }
        }
    };
}

books! {
    accounts: "id" "owner_id" "ownership" "licences_required" "conflicts" "language" "language_required" "traits";
    reps: "id" "name" "team_id" "licences" "languages" "active" "leaves_on" "tolerances" "own_abuse_class";
    submissions: "id" "account_id" "rep_id" "state" "note";
    proposals: "id" "run_id" "state" "effective_on" "sent_at" "alarmed_at" "trial_ends_on" "created_at" "expires_at";
    legs: "proposal_id" "position" "account_id" "submission_id" "from_rep_id" "to_rep_id" "ownership" "live" "answer";
    decisions: "proposal_id" "action" "for_rep_id" "actor_id" "at" "taken_back_at";
    overrides: "id" "kind" "proposal_id" "reason" "note" "author_id" "second_id" "state";
    forbidden_pairs: "rep_id" "account_id";
    runs: "id" "scope" "business_date" "mode" "state" "fence" "solver_version" "policy" "report" "snapshot" "plan";
    audit_log: "seq" "at" "actor_id" "actor_role" "action" "subject_kind" "subject_id" "from_state" "to_state"
        "previous_hash" "hash";
    audit_head: "seq" "hash";
    people: "id" "roles" "state";
    audit_people: "commitment" "person_id" "salt";
    outbox: "seq" "id" "kind" "subject_id" "event" "ordering_key" "delivered_at";
    deliveries: "seq" "webhook_id" "outcome";
    webhooks: "id" "takes_all" "state" "created_at";
    idempotency_keys: "principal_id" "operation" "key" "status" "body";
    money_entries: "proposal_id" "giver_id" "receiver_id" "cents" "effective_on" "reversed_at";
}

impl Books {
    /// A proposal's legs, in order.
    pub fn legs_of(&self, proposal: &str) -> Vec<&Row> {
        let mut legs: Vec<&Row> = self.legs.of(proposal).iter().collect();
        legs.sort_by_key(|leg| leg.number("position"));
        legs
    }

    /// Who is behind what the trail calls somebody: the trail itself names no person.
    pub fn person<'a>(&'a self, said: &'a str) -> &'a str {
        self.audit_people.of(said).first().map_or(said, |one| one.text("person_id"))
    }

    /// What an entry of the trail is about, with the id of the person in it where it names one.
    pub fn subject(&self, entry: &Row) -> String {
        let named: Vec<&str> = entry.text("subject_id").split('/').map(|part| self.person(part)).collect();
        named.join("/")
    }

    /// A row by its id.
    pub fn by_id<'a>(rows: &'a Table, id: &str) -> Option<&'a Row> {
        rows.of(id).first()
    }
}

/// Columns that hold bytes, which are read in hex.
const BYTES: &[&str] = &["snapshot", "plan"];

/// A connection of somebody who has nothing to do with the service.
pub enum Outsider {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Outsider {
    /// Connects to a database by the URL the service has.
    pub fn connect(url: &str) -> Self {
        match url.strip_prefix("sqlite:") {
            Some(path) => {
                let mut connection = SqliteConnection::establish(path).expect("the file is there");
                connection.batch_execute("PRAGMA busy_timeout = 60000").expect("SQLite takes a timeout");
                Self::Sqlite(connection)
            }
            None => Self::Postgres(PgConnection::establish(url).expect("the server answers")),
        }
    }

    /// Does some SQL.
    pub fn execute(&mut self, sql: &str) {
        let done = match self {
            Self::Sqlite(connection) => connection.batch_execute(sql),
            Self::Postgres(connection) => connection.batch_execute(sql),
        };
        done.unwrap_or_else(|error| panic!("{error}: {sql}"));
    }

    /// The books at this moment.
    pub fn books(&mut self) -> Books {
        self.pretend("")
    }

    /// What the books would be after some SQL, which is taken back.
    pub fn pretend(&mut self, sql: &str) -> Books {
        self.execute(match self {
            Self::Sqlite(_) => "BEGIN",
            Self::Postgres(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        });
        if !sql.is_empty() {
            self.execute(sql);
        }
        let books = read(self);
        self.execute("ROLLBACK");
        books
    }

    fn now(&mut self) -> String {
        let clock = match self {
            Self::Sqlite(_) => "strftime('%Y-%m-%d %H:%M:%f', 'now')",
            Self::Postgres(_) => "CAST(clock_timestamp() AT TIME ZONE 'UTC' AS TEXT)",
        };
        let rows = self.select(&format!("SELECT {clock} AS c0, {}", nothing(1)));
        rows.into_iter().next().and_then(|row| row.into_values().into_iter().next()).flatten().expect("a clock")
    }

    fn table(&mut self, table: &str, columns: &[&'static str]) -> Table {
        let value = |column: &str| match (&*self, BYTES.contains(&column)) {
            (_, false) => format!("CAST({column} AS TEXT)"),
            (Self::Sqlite(_), true) => format!("lower(hex({column}))"),
            (Self::Postgres(_), true) => format!("encode({column}, 'hex')"),
        };
        let mut parts: Vec<String> =
            columns.iter().enumerate().map(|(n, column)| format!("{} AS c{n}", value(column))).collect();
        if columns.len() < WIDTH {
            parts.push(nothing(columns.len()));
        }
        let rows = self.select(&format!("SELECT {} FROM {table}", parts.join(", ")));
        let row = |row: Wide| Row(columns.iter().copied().zip(row.into_values()).collect());
        Table::new(columns[0], rows.into_iter().map(row).collect())
    }

    fn select(&mut self, sql: &str) -> Vec<Wide> {
        let query = sql_query(sql);
        let rows = match self {
            Self::Sqlite(connection) => query.load(connection),
            Self::Postgres(connection) => query.load(connection),
        };
        rows.unwrap_or_else(|error| panic!("{error}: {sql}"))
    }
}

/// NULL for the columns from `from` on.
fn nothing(from: usize) -> String {
    (from..WIDTH).map(|n| format!("CAST(NULL AS TEXT) AS c{n}")).collect::<Vec<_>>().join(", ")
}

/// The most columns read of a table.
const WIDTH: usize = 12;

#[derive(QueryableByName)]
#[rustfmt::skip]
struct Wide {
    #[diesel(sql_type = Nullable<Text>)] c0: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c1: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c2: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c3: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c4: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c5: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c6: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c7: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c8: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c9: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c10: Option<String>,
    #[diesel(sql_type = Nullable<Text>)] c11: Option<String>,
}

impl Wide {
    fn into_values(self) -> [Option<String>; WIDTH] {
        let Self { c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11 } = self;
        [c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11]
    }
}
