//! Every list, over a long history: each query it asks is found by an index, on both databases.
//!
//! In goes a database of some 46,000 rows of history; the lists are asked as each role, first page and later one, and the
//! queries they ask are taken down and explained. Deliberately absent: times, which `tests/bench/load` measures.

use super::fixture::{id, manager, rep, service, who};
use crate::common::databases::{TestDatabase, databases};
use account_swap::{
    app::{
        Page, Reader, Refused, Store, abuse, direct, enrol, handover, meetings, overrides, parting, proposals, report,
        roster, run, submit, webhooks,
    },
    domain::principal::{Principal, Role},
    settings::Settings,
    store::{callbacks, crm, deliveries, outbox, submissions},
};
use chrono::Duration;
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::{InstrumentationEvent, SimpleConnection, set_default_instrumentation},
    sql_query,
    sql_types::Text,
};
use std::{cell::RefCell, collections::BTreeSet, str::FromStr};

#[path = "../bench/load_parts/fill.rs"]
#[allow(dead_code, reason = "the bench says how much there is")]
pub mod fill;

/// The tables that only grow, and the books. Endpoints are a hundred at most.
const GROWING: &[&str] = &[
    "abuse_records",
    "accounts",
    "audit_log",
    "callbacks",
    "crm_legs",
    "crm_requests",
    "decisions",
    "deliveries",
    "direct_swaps",
    "disclosures",
    "handover_steps",
    "legs",
    "meetings",
    "outbox",
    "override_reviews",
    "partings",
    "proposals",
    "runs",
    "submissions",
    "triages",
    "undos",
];

thread_local! {
    /// The queries of this thread, while they are taken down.
    static ASKED: RefCell<Option<BTreeSet<String>>> = const { RefCell::new(None) };
}

fn take_down(event: InstrumentationEvent<'_>) {
    if let InstrumentationEvent::StartQuery { query, .. } = event {
        ASKED.with_borrow_mut(|asked| {
            let Some(asked) = asked else { return };
            let text = query.to_string();
            let sql = text.split(" -- binds: ").next().unwrap_or(&text).trim();
            // A page that holds nothing is looked for nowhere.
            if sql.starts_with("SELECT") && !sql.contains("WHERE (1=0)") {
                asked.insert(sql.to_owned());
            }
        });
    }
}

type List = fn(&mut Reader<'_>, &Settings, &Principal, bool) -> Result<usize, Refused>;

/// The first page of a list, or a later one.
fn page<K: FromStr<Err: std::fmt::Debug>>(is_later: bool, key: &str) -> Page<K> {
    Page { after: is_later.then(|| key.parse().unwrap()), limit: 51 }
}

const UUID: &str = "00000000-0000-7000-8002-000000000100";

/// Takes an index away that the manager's list of proposals needs.
const WITHOUT: &str = "DROP INDEX decisions_by_proposal";

/// Every list there is.
const LISTS: &[(&str, List)] = &[
    ("people", |reader, _, who, later| Ok(enrol::list(reader, who, page(later, "R-1"))?.len())),
    ("reps", |reader, _, who, later| Ok(roster::reps(reader, who, page(later, "R-1"))?.len())),
    ("accounts", |reader, _, who, later| Ok(roster::accounts(reader, who, page(later, "A-0-1"))?.len())),
    ("submissions", |reader, _, who, later| Ok(submit::list(reader, who, page(later, UUID))?.len())),
    ("partings", |reader, _, who, later| Ok(parting::list(reader, who, page(later, UUID))?.len())),
    ("abuse", |reader, _, who, later| Ok(abuse::list(reader, who, page(later, "A-0-1"))?.len())),
    ("proposals", |reader, _, who, later| Ok(proposals::list(reader, who, page(later, UUID))?.len())),
    ("handovers", |reader, _, who, later| Ok(handover::list(reader, who, page(later, UUID))?.len())),
    ("direct swaps", |reader, settings, who, later| Ok(direct::list(reader, settings, who, page(later, UUID))?.len())),
    ("meetings", |reader, _, who, later| Ok(meetings::list(reader, who, page(later, UUID))?.len())),
    ("runs", |reader, _, who, later| Ok(run::list(reader, who, page(later, UUID))?.len())),
    ("overrides", |reader, settings, who, later| {
        Ok(overrides::list(reader, settings, who, Some(false), page(later, UUID))?.len())
    }),
    ("audit", |reader, _, who, later| Ok(report::audit(reader, who, page(later, "100"))?.len())),
    ("webhooks", |reader, _, who, later| Ok(webhooks::list(reader, who, page(later, UUID))?.len())),
    ("deliveries", |reader, _, _, later| Ok(deliveries::list(reader, id(UUID), later.then_some(100), 51)?.len())),
    ("endpoints with something due", |reader, _, _, _| Ok(deliveries::due(reader)?.len())),
    ("deliveries to attempt", |reader, _, _, _| Ok(deliveries::free(reader, id(UUID), 16)?.len())),
    // All that waits, by an index that holds nothing else.
    ("events to hand out", |reader, _, who, _| match who.role {
        Role::Admin => Ok(outbox::waiting(reader, 1000)?.len()),
        _ => Err(Refused::NotAllowed("this is no list of theirs")),
    }),
    ("events of a time", |reader, _, _, later| {
        let time = (reader.now() - Duration::hours(1), reader.now());
        Ok(outbox::between(reader, time, i64::from(later) * 100, 1000)?.len())
    }),
    ("requests to repeat", |reader, _, _, _| Ok(crm::to_repeat(reader, 100)?.len())),
    ("the newest request", |reader, _, _, _| Ok(crm::newest(reader, id(UUID))?.iter().count())),
    ("a message of the CRM", |reader, _, _, _| Ok(callbacks::find(reader, id(UUID), "msg_1")?.iter().count())),
];

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    plan: String,
}

/// How a database would find the rows of a query, and whether it would look at all rows of a table that grows.
fn explained(database: &TestDatabase, role: Role, sql: &str) -> (String, bool) {
    match database.url.strip_prefix("sqlite:") {
        Some(path) => {
            let mut connection = SqliteConnection::establish(path).unwrap();
            let steps: Vec<Step> = sql_query(format!("EXPLAIN QUERY PLAN {sql}")).load(&mut connection).unwrap();
            let looks_at_all = |step: &Step| {
                let rest = step.detail.strip_prefix("SCAN ").unwrap_or_default();
                let is_growing = GROWING.contains(&rest.split(' ').next().unwrap_or_default());
                // Who sees everything reads in the order of the list, from its beginning, and ends with the page.
                let sees_all = matches!(role, Role::Admin | Role::Service) && rest.contains("USING INDEX");
                is_growing && !sees_all || step.detail.contains("AUTOMATIC")
            };
            let is_slow = steps.iter().any(looks_at_all);
            (steps.into_iter().map(|step| step.detail).collect::<Vec<_>>().join("\n"), is_slow)
        }
        None => {
            let mut connection = PgConnection::establish(&database.url).unwrap();
            let parameters = (1..).take_while(|number| sql.contains(&format!("${number}"))).count();
            let nothing = vec!["NULL"; parameters].join(", ");
            let call = if parameters == 0 { "asked".to_owned() } else { format!("asked ({nothing})") };
            // Small tables are read as a whole whatever there is; the question is whether there is another way.
            connection.batch_execute("SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off").unwrap();
            connection.batch_execute(&format!("PREPARE asked AS {sql}")).unwrap();
            let lines: Vec<Line> = sql_query(format!("EXPLAIN EXECUTE {call}")).load(&mut connection).unwrap();
            let plan = lines.into_iter().map(|line| line.plan).collect::<Vec<_>>().join("\n");
            let is_slow = GROWING.iter().any(|table| plan.contains(&format!("Seq Scan on {table}")));
            (plan, is_slow)
        }
    }
}

#[test]
fn every_query_of_every_list_is_found_by_an_index() {
    set_default_instrumentation(|| Some(Box::new(take_down))).unwrap();
    for database in databases() {
        fill::Filled::fill(&database.url, fill::Size { reps: 40, accounts_a_rep: 50, past_proposals: 2000 });
        let settings = database.settings();
        let store = Store::open(&settings.database).unwrap();
        let mut all = BTreeSet::new();
        for (name, list) in LISTS {
            let mut found = 0;
            for who in [rep("R-0"), manager("M-0"), who("root", Role::Admin), service()] {
                for is_later in [false, true] {
                    ASKED.set(Some(BTreeSet::new()));
                    let done = store.read(|reader| list(reader, &settings, &who, is_later));
                    let asked = ASKED.take().unwrap();
                    match done {
                        Ok(count) => found += count,
                        Err(Refused::NotAllowed(_)) => continue,
                        Err(error) => panic!("{name} {}: {error}", who.id),
                    }
                    all.extend(asked.into_iter().map(|sql| (*name, who.role, sql)));
                }
            }
            let is_filled = ["reps", "accounts", "submissions", "proposals", "handovers", "audit"].contains(name);
            assert!(!is_filled || found > 0, "{name} of {} is empty", database.name);
        }
        assert!(all.len() > 40, "{} queries were taken down", all.len());
        let slow = || {
            let told = |(name, role, sql): &(&str, Role, String)| {
                let (plan, is_slow) = explained(&database, *role, sql);
                is_slow.then(|| format!("{} {name} as {role}: {sql}\n{plan}", database.name))
            };
            all.iter().filter_map(told).collect::<Vec<_>>()
        };
        let found = slow();
        assert!(found.is_empty(), "{}", found.join("\n\n"));
        // It would be seen.
        match database.url.strip_prefix("sqlite:") {
            Some(path) => SqliteConnection::establish(path).unwrap().batch_execute(WITHOUT).unwrap(),
            None => PgConnection::establish(&database.url).unwrap().batch_execute(WITHOUT).unwrap(),
        }
        let found = slow();
        assert!(found.iter().any(|told| told.contains("proposals as manager")), "{}", found.join("\n\n"));
    }
}

#[test]
fn what_a_rep_took_back_of_late_is_found_among_their_own() {
    set_default_instrumentation(|| Some(Box::new(take_down))).unwrap();
    for database in databases() {
        fill::Filled::fill(&database.url, fill::Size { reps: 40, accounts_a_rep: 50, past_proposals: 2000 });
        let store = Store::open(&database.settings().database).unwrap();
        ASKED.set(Some(BTreeSet::new()));
        let counted = store.read(|reader| {
            let since = Reader::now(reader) - Duration::days(30);
            submissions::withdrawn_since(reader, &id("R-0"), since)
        });
        let asked = ASKED.take().unwrap();
        counted.unwrap();
        let (plan, _) = explained(&database, Role::Rep, asked.iter().find(|sql| sql.contains("submissions")).unwrap());
        assert!(plan.contains("submissions_of_late"), "{}: {plan}", database.name);
    }
}
