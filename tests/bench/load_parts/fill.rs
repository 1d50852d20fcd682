//! A database with a long history, made by a few statements over counted numbers.
//!
//! In goes the URL of an empty database and a size; out comes a roster with books, and for each past proposal its two
//! submissions, two legs, two decisions, four steps of its handover, six entries of the audit log and six events: 23 rows.
//! Every rep has two open submissions and is party to one live proposal besides. The rows are such as the program reads;
//! the audit log's hashes are not, so that its chain does not hold.
//! Deliberately absent: travel times, runs and snapshots, which no list shows.

use account_swap::{
    domain::{
        proposal::{Geography, Side, Valuation},
        units::{Minutes, Stars},
    },
    settings::Settings,
    store::Store,
};
use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};
use std::fs;

/// How much of everything there is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub reps: u64,
    pub accounts_a_rep: u64,
    pub past_proposals: u64,
}

/// Reps of one team.
pub const TEAM: u64 = 10;
/// Rows of history that come with one past proposal.
const ROWS_A_PROPOSAL: u64 = 23;
/// The accounts at the end of a book that have a live submission from the beginning: two open, one reserved.
pub const LIVE_ACCOUNTS: u64 = 3;

impl Size {
    pub fn of_rows(rows: u64) -> Self {
        Self { reps: 2000, accounts_a_rep: 50, past_proposals: rows / ROWS_A_PROPOSAL }
    }
}

/// A database that is full.
pub struct Filled {
    pub size: Size,
    pub rows: u64,
    pub bytes_in_words: String,
}

impl Filled {
    pub fn fill(url: &str, size: Size) -> Self {
        let mut settings = Settings::built_in();
        url.clone_into(&mut settings.database.url);
        drop(Store::open(&settings.database).expect("an empty database"));
        let bytes = match url.strip_prefix("sqlite:") {
            Some(path) => {
                let mut connection = SqliteConnection::establish(path).expect("the file is there");
                connection.batch_execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144").expect("settings");
                for statement in statements(&size, &SQLITE) {
                    connection.batch_execute(&statement).unwrap_or_else(|error| panic!("{error}: {statement}"));
                }
                connection.batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").expect("a checkpoint");
                fs::metadata(path).expect("the file is there").len()
            }
            None => {
                let mut connection = PgConnection::establish(url).expect("the database is there");
                for statement in statements(&size, &POSTGRES) {
                    connection.batch_execute(&statement).unwrap_or_else(|error| panic!("{error}: {statement}"));
                }
                connection.batch_execute("VACUUM ANALYZE").expect("statistics");
                let bytes =
                    diesel::dsl::sql::<diesel::sql_types::BigInt>("SELECT pg_database_size(current_database())");
                diesel::RunQueryDsl::get_result::<i64>(bytes, &mut connection).expect("a size") as u64
            }
        };
        let rows = size.past_proposals * ROWS_A_PROPOSAL;
        Self { size, rows, bytes_in_words: format!("{} MB", bytes / 1_000_000) }
    }
}

/// What the two databases write differently.
struct Dialect {
    /// The numbers from 0 below a bound, as a table `n (i)`.
    numbers: fn(u64) -> String,
    /// A number as text of twelve digits.
    digits: fn(&str) -> String,
}

const SQLITE: Dialect = Dialect {
    numbers: |bound| {
        format!(
            "(WITH RECURSIVE c (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < {bound} - 1) SELECT i FROM c)"
        )
    },
    digits: |number| format!("printf('%012d', {number})"),
};

const POSTGRES: Dialect = Dialect {
    numbers: |bound| format!("(SELECT CAST(i AS BIGINT) AS i FROM generate_series(0, {bound} - 1) AS g (i))"),
    digits: |number| format!("lpad(CAST({number} AS TEXT), 12, '0')"),
};

fn worth(rapport_minutes: i64) -> Valuation {
    Valuation {
        stars: Stars::WORST,
        rapport_minutes: Minutes(rapport_minutes),
        travel_minutes: Minutes(300),
        left_behind_minutes: Minutes(0),
        geography: Geography::default(),
        one_way_minutes: Minutes(25),
        travel_estimated: false,
    }
}

/// Everything, in an order that refers to nothing that is not there yet.
fn statements(size: &Size, dialect: &Dialect) -> Vec<String> {
    let Size { reps, accounts_a_rep, past_proposals: past } = *size;
    let (numbers, digits) = (dialect.numbers, dialect.digits);
    let uuid = |kind: u32, number: &str| format!("'00000000-0000-7000-{kind}-' || {}", digits(number));
    let side = serde_json::to_string(&Side::new(worth(1000), worth(3000), Minutes(60))).expect("a side is JSON");
    // Who gave what to whom in past proposal i, so that everybody has about the same number, strewn over time.
    let (giver, other) =
        (format!("(i % {reps})"), format!("((i % {reps} + 1 + (i / {reps}) % ({reps} - 1)) % {reps})"));
    let account = |rep: &str, of: &str| format!("'A-' || {rep} || '-' || ({of} % {accounts_a_rep})");
    let past_account = |rep: &str| account(rep, &format!("(i / {reps})"));
    let (then, later) = ("'2024-01-02 10:00:00'", "'2099-01-01 00:00:00'");
    let is_done = "i % 10 < 4";
    let submission_columns = "submissions (id, account_id, rep_id, stars_hundredths, reasons, reasons_shared, note, state, created_at, version)";
    let leg_columns = "legs (proposal_id, position, account_id, submission_id, from_rep_id, to_rep_id, ownership, \
         annual_commission_cents, side, answer_by, answer, live, version)";
    let mut all = vec![
        format!(
            "INSERT INTO teams (id, manager_id) SELECT 'T-' || i, 'M-' || i FROM {} AS n",
            numbers(reps.div_ceil(TEAM))
        ),
        format!(
            "INSERT INTO reps (id, name, team_id, base_lat_e6, base_lon_e6, territory, country, languages, industries, \
                 licences, tolerances, abusive_accounts_cap, active) \
             SELECT 'R-' || i, 'Rep ' || i, 'T-' || (i / {TEAM}), 42000000, -71000000, '[]', 'us', '[\"en\"]', '[]', '[]', \
                 '[]', 0, TRUE FROM {} AS n",
            numbers(reps)
        ),
        format!(
            "INSERT INTO accounts (id, name, owner_id, ownership, lat_e6, lon_e6, country, annual_value_cents, \
                 annual_commission_cents, visits_a_year, visit_minutes, language_required, industry_required, \
                 licences_required, traits, conflicts) \
             SELECT {}, 'Customer ' || i, 'R-' || (i % {reps}), 1, 42000000, -71000000, 'us', 5000000, 500000, 12, 45, FALSE, \
                 FALSE, '[]', '[\"haggles\"]', '[]' FROM {} AS n",
            account(&format!("(i % {reps})"), &format!("(i / {reps})")),
            numbers(reps * accounts_a_rep)
        ),
    ];
    // The past.
    for (kind, rep) in [(8000, &giver), (8001, &other)] {
        all.push(format!(
            "INSERT INTO {submission_columns} SELECT {}, {}, 'R-' || {rep}, 150, '[\"chemistry\"]', TRUE, 'We talk past each \
                 other.', CASE WHEN {is_done} THEN 'swapped' ELSE 'withdrawn' END, {then}, {} FROM {} AS n",
            uuid(kind, "i"),
            past_account(rep),
            uuid(9000, "i"),
            numbers(past)
        ));
    }
    all.push(format!(
        "INSERT INTO proposals (id, state, points, created_at, expires_at, revealed_at, version) \
         SELECT {}, CASE WHEN {is_done} THEN 'completed' ELSE 'declined' END, 2000, {then}, {then}, {then}, {} FROM {} AS n",
        uuid(8002, "i"),
        uuid(9001, "i"),
        numbers(past)
    ));
    for (position, submission, from, to) in [(0, 8000, &giver, &other), (1, 8001, &other, &giver)] {
        all.push(format!(
            "INSERT INTO {leg_columns} SELECT {}, {position}, {}, {}, 'R-' || {from}, 'R-' || {to}, 1, 500000, '{side}', {then}, \
                 CASE WHEN {is_done} THEN 'accepted' ELSE 'declined' END, FALSE, {} FROM {} AS n",
            uuid(8002, "i"),
            past_account(from),
            uuid(submission, "i"),
            uuid(9002, "i"),
            numbers(past)
        ));
        all.push(format!(
            "INSERT INTO decisions (id, proposal_id, action, for_rep_id, actor_id, at) SELECT {}, {}, \
                 CASE WHEN {is_done} THEN 'accept' ELSE 'decline' END, 'R-' || {from}, 'R-' || {from}, {then} FROM {} AS n",
            uuid(8003 + position, "i"),
            uuid(8002, "i"),
            numbers(past)
        ));
        for (place, step) in ["tell_customer", "notes"].iter().enumerate() {
            all.push(format!(
                "INSERT INTO handover_steps (proposal_id, phase, leg, kind, position, doer, may_skip, needs_note, state, note, \
                     version) \
                 SELECT {}, 'handover', {position}, '{step}', {place}, 'giver', FALSE, FALSE, 'done', '', {} FROM {} AS n",
                uuid(8002, "i"),
                uuid(9003, "i"),
                numbers(past)
            ));
        }
    }
    let entries = 6 * past;
    let hash = "0".repeat(64);
    let who = format!("'R-' || (i / 6 % {reps})");
    all.push(format!(
        "INSERT INTO audit_log (seq, at, actor_id, actor_role, action, subject_kind, subject_id, from_state, to_state, \
             previous_hash, hash) \
         SELECT i + 1, {then}, {who}, 'rep', 'accept', 'proposal', {}, 'proposed', 'accepted', '{hash}', '{hash}' FROM {} AS n",
        uuid(8002, "(i / 6)"),
        numbers(entries)
    ));
    all.push(format!(
        "INSERT INTO outbox (seq, id, kind, subject_id, payload, created_at, delivered_at) \
         SELECT i + 1, {}, 'proposal.accepted', {}, '{{\"subject\":\"1\",\"action\":\"accept\"}}', {then}, {then} FROM {} AS n",
        uuid(9004, "i"),
        uuid(8002, "(i / 6)"),
        numbers(entries)
    ));
    all.push(format!("UPDATE audit_head SET seq = {entries}, hash = '{hash}'"));
    // What is under way: the last three accounts of each book.
    for (kind, back, state) in [(8010, 1, "open"), (8011, 2, "open"), (8012, 3, "reserved")] {
        all.push(format!(
            "INSERT INTO {submission_columns} SELECT {}, {}, 'R-' || i, 150, '[\"chemistry\"]', TRUE, '', '{state}', {then}, {} \
             FROM {} AS n",
            uuid(kind, "i"),
            account("i", &format!("({accounts_a_rep} - {back})")),
            uuid(9010, "i"),
            numbers(reps)
        ));
    }
    all.push(format!(
        "INSERT INTO proposals (id, state, points, created_at, expires_at, version) \
         SELECT {}, 'proposed', 2000, {then}, {later}, {} FROM {} AS n",
        uuid(8013, "i"),
        uuid(9011, "i"),
        numbers(reps / 2)
    ));
    for (position, from, to) in [(0, "(2 * i)", "(2 * i + 1)"), (1, "(2 * i + 1)", "(2 * i)")] {
        all.push(format!(
            "INSERT INTO {leg_columns} SELECT {}, {position}, {}, {}, 'R-' || {from}, 'R-' || {to}, 1, 500000, '{side}', {later}, \
                 'pending', TRUE, {} FROM {} AS n",
            uuid(8013, "i"),
            account(from, &format!("({accounts_a_rep} - 3)")),
            uuid(8012, from),
            uuid(9012, "i"),
            numbers(reps / 2)
        ));
    }
    all
}
