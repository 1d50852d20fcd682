//! Migrations, the schema and the clock, on both databases.

use super::fixture::{World, id};
use crate::common::databases::{databases, postgres};
use account_swap::{
    app::{Store, sweep},
    domain::proposal::ProposalState,
    store::{StoreError, roster},
};
use chrono::Duration;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types::Text};

#[test]
fn migrations_go_up_down_and_up_again() {
    for database in databases() {
        let mut settings = database.settings().database;
        settings.migrate_at_start = false;
        let store = Store::open(&settings).expect(database.name);
        assert!(store.has_pending_migrations().unwrap(), "{}", database.name);
        let run = store.migrate().expect(database.name);
        assert!(!run.is_empty() && !store.has_pending_migrations().unwrap(), "{}", database.name);
        assert!(store.migrate().unwrap().is_empty(), "{}: a second migrate does nothing", database.name);
        for _ in &run {
            store.revert().expect(database.name);
        }
        assert!(store.has_pending_migrations().unwrap(), "{}", database.name);
        assert_eq!(store.migrate().expect(database.name), run, "{}", database.name);
    }
}

#[test]
fn a_url_of_no_known_scheme_is_refused_and_not_taken_for_a_file() {
    for url in ["postgress://u:secret@h/d", "mysql://x", "account-swap.db", "sqlite:", ""] {
        let mut settings = account_swap::settings::Settings::built_in().database;
        settings.url = url.to_owned();
        let message = Store::open(&settings).err().expect(url).to_string();
        assert!(message.contains("expected") && !message.contains("secret"), "{url}: {message}");
    }
}

#[test]
fn a_database_that_is_away_is_said_at_once_and_by_reason() {
    let mut settings = account_swap::settings::Settings::built_in().database;
    settings.url = "postgres://nobody@127.0.0.1:1/nothing".to_owned();
    let message = Store::open(&settings).err().expect("nothing listens there").to_string();
    assert!(message.contains("127.0.0.1"), "{message}");
}

#[test]
fn a_server_that_takes_connections_and_says_nothing_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut settings = account_swap::settings::Settings::built_in().database;
    settings.url = format!("postgres://somebody@{}/none", silent.local_addr().expect("it is bound"));
    settings.connection_timeout_milliseconds = 2000;
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(Store::open(&settings).err().map(|error| error.to_string())));
    let said = told.recv_timeout(std::time::Duration::from_secs(60)).expect("nobody waits for it for ever");
    assert!(said.as_ref().is_some_and(|said| said.contains("timeout")), "{said:?}");
}

#[test]
fn whoever_is_cut_off_in_the_middle_changed_nothing_and_at_the_commit_does_not_know() {
    let world = World::new(postgres(), 1);
    let cut_off = || {
        world.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        );
    };
    let at_the_commit = world.store.write(|_| {
        cut_off();
        Ok::<_, StoreError>(())
    });
    assert!(matches!(at_the_commit, Err(StoreError::InDoubt(_))), "{at_the_commit:?}");
    let in_the_middle = world.store.write(|writer| {
        cut_off();
        roster::rep(writer, &id("anna"))
    });
    assert!(matches!(in_the_middle, Err(StoreError::Busy(_))), "{in_the_middle:?}");
}

#[test]
fn connections_to_sqlite_share_no_lock_of_the_process() {
    let mut connection = SqliteConnection::establish(":memory:").unwrap();
    let options: Vec<CompiledIn> = sql_query("PRAGMA compile_options").load(&mut connection).unwrap();
    let has = |option: &str| options.iter().any(|one| one.compile_options == option);
    assert!(has("DEFAULT_MEMSTATUS=0") && has("ENABLE_QPSG") && !has("ENABLE_MEMORY_MANAGEMENT"));
}

#[derive(QueryableByName)]
struct CompiledIn {
    #[diesel(sql_type = Text)]
    compile_options: String,
}

#[test]
fn by_a_clock_that_is_set_a_proposal_lapses_at_its_moment_and_not_before() {
    for database in databases() {
        let (world, clock) = World::new(database, 1).by_hand("2026-03-02T08:00:00Z");
        let proposal = world.propose(1)[0].id;
        let (hours, moment) = (Duration::hours(100), Duration::microseconds(1));
        clock.move_by(hours - moment);
        assert_eq!(sweep::sweep(&world.store).unwrap(), 0, "{}", world.name);
        clock.move_by(moment);
        assert_eq!(sweep::sweep(&world.store).unwrap(), 1, "{}", world.name);
        assert_eq!(world.kept(proposal).state, ProposalState::Expired, "{}", world.name);
    }
}
