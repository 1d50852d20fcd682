//! Backups: taken while everybody writes, brought back, and found to be whole.

use super::fixture::{World, rep, service, who};
use crate::common::databases::{TestDatabase, databases, sqlite};
use account_swap::{
    app::{
        Refused, Store, StoreError, handover,
        import::{ImportKind, import},
        submit,
    },
    domain::{ids::SubmissionId, principal::Role, proposal::Proposal},
    settings::Settings,
    store::{
        audit::{self, Chain},
        submissions,
    },
};
use std::{
    collections::BTreeMap,
    path::Path,
    process::{Command, Output},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
};

/// Runs the program on a database.
fn program(url: &str, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_account-swap"))
        .args(["--database", url])
        .args(arguments)
        .env_remove("ACCOUNT_SWAP_PROFILE")
        .output()
        .unwrap()
}

fn say(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|said| String::from_utf8_lossy(said).into_owned()).concat()
}

/// A backup of a world as its operator makes one, brought back into a database of its own.
fn backed_up(world: &World, folder: &Path) -> TestDatabase {
    let url = &world.settings.database.url;
    if world.name == "postgres" {
        return TestDatabase::dumped_and_restored(url, &folder.join("backup.dump"));
    }
    let backup = folder.join("backup.db");
    let made = program(url, &["backup", backup.to_str().unwrap()]);
    assert!(made.status.success(), "{}", say(&made));
    let restored = sqlite();
    let brought = program(&restored.url, &["restore", backup.to_str().unwrap()]);
    assert!(brought.status.success(), "{}", say(&brought));
    restored
}

fn store(settings: &Settings, database: &TestDatabase) -> Store {
    let mut settings = settings.clone();
    settings.database.url.clone_from(&database.url);
    Store::open(&settings.database).unwrap()
}

/// What was done; nothing where others kept the database busy for too long.
fn unless_busy<T>(outcome: Result<T, Refused>) -> Option<T> {
    match outcome {
        Err(Refused::Store(StoreError::Busy(_))) => None,
        done => Some(done.unwrap()),
    }
}

/// Says that it is over when the test ends, well or not.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_backup_under_load_has_all_that_was_acknowledged_before_it_and_nothing_by_half() {
    const WRITERS: usize = 4;
    for database in databases() {
        let world = World::new(database, WRITERS);
        let (acknowledged, is_over) = (Mutex::new(Vec::<SubmissionId>::new()), AtomicBool::new(false));
        let (begun, beginning) = mpsc::channel();
        let folder = tempfile::tempdir().unwrap();
        let (before, restored) = thread::scope(|scope| {
            let _over = Over(&is_over);
            for writer in 0..WRITERS {
                let (world, acknowledged, is_over, begun) = (&world, &acknowledged, &is_over, begun.clone());
                scope.spawn(move || {
                    let account = format!("anna-{writer}");
                    while !is_over.load(Ordering::Relaxed) {
                        let Some(made) = unless_busy(world.try_submit(&account)) else { continue };
                        acknowledged.lock().unwrap().push(made.id);
                        let withdraw = || {
                            let anna = rep("anna");
                            world.store.write(|writer| submit::withdraw(writer, &anna, made.id, made.version))
                        };
                        while !is_over.load(Ordering::Relaxed) && unless_busy(withdraw()).is_none() {}
                        // Nobody listens any more once the backup is made.
                        let _ = begun.send(());
                    }
                });
            }
            drop(begun);
            for _ in 0..5 * WRITERS {
                beginning.recv().expect("the writers write");
            }
            let before = acknowledged.lock().unwrap().clone();
            (before, backed_up(&world, folder.path()))
        });
        let restored = store(&world.settings, &restored);
        let chain = restored.read(audit::verify).unwrap();
        let Chain::Unbroken { entries, head } = chain else { panic!("{}: {chain:?}", world.name) };
        for submission in &before {
            let kept = restored.read(|reader| submissions::one(reader, *submission)).unwrap();
            assert!(kept.is_some(), "{}: {submission} was acknowledged before the backup", world.name);
        }
        // What is there is a moment of what was: the log ends where the live one once ended.
        let live = world.store.read(|reader| audit::entries(reader, None, entries - 1, 1)).unwrap();
        assert_eq!(live[0].hash, head, "{}", world.name);
        assert!(entries >= 2 * before.len() as i64 - WRITERS as i64, "{}: {entries} for {}", world.name, before.len());
        assert_eq!(owners(&restored), owners(&world.store), "{}", world.name);
    }
}

/// Every account's owner.
fn owners(store: &Store) -> BTreeMap<String, String> {
    let file = accounts(store);
    let mut rows = file.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = rows.next().unwrap();
    let owner = head.iter().position(|name| name == "owner").unwrap();
    rows.map(|row| (row[0].clone(), row[owner].clone())).collect()
}

/// The accounts as a file, as the CRM would give it.
fn accounts(store: &Store) -> String {
    store.read(|reader| account_swap::app::export::accounts(reader, &service())).unwrap()
}

#[test]
fn a_restored_backup_and_the_crms_file_give_the_ownership_of_today() {
    for database in databases() {
        let world = World::new(database, 3);
        let proposals = world.propose(2);
        world.execute("UPDATE proposals SET state = 'executing', effective_on = '2026-03-02', sent_at = created_at");
        let folder = tempfile::tempdir().unwrap();
        let backup = backed_up(&world, folder.path());
        let restored = store(&world.settings, &backup);
        // After the backup was made the CRM carried a swap out.
        let Proposal { id: moved, version, .. } = proposals[0];
        let confirm = |store: &Store| {
            store.write(|writer| handover::confirm(writer, &world.settings, &service(), moved, version))
        };
        confirm(&world.store).unwrap();
        assert_ne!(owners(&restored), owners(&world.store), "{}", world.name);
        let file = accounts(&world.store);
        let bring = |store: &Store| {
            store
                .write(|writer| {
                    let root = who("root", Role::Admin);
                    import(writer, &world.settings.import, &root, ImportKind::Accounts, None, false, file.as_bytes())
                })
                .unwrap();
        };
        bring(&restored);
        assert_eq!(owners(&restored), owners(&world.store), "{}", world.name);
        assert!(matches!(restored.read(audit::verify).unwrap(), Chain::Unbroken { .. }), "{}", world.name);
    }
}

#[test]
fn a_restore_refuses_what_is_damaged_and_what_is_in_use_and_keeps_what_was_there() {
    let world = World::new(sqlite(), 1);
    let url = world.settings.database.url.clone();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    world.submit("anna-0");
    assert!(program(&url, &["backup", &file("good.db")]).status.success());
    world.submit("ben-0");

    let in_use = program(&url, &["restore", &file("good.db")]);
    assert_eq!(in_use.status.code(), Some(1), "{}", say(&in_use));
    assert!(say(&in_use).contains("stop the service first"), "{}", say(&in_use));

    let mut bytes = std::fs::read(file("good.db")).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0xff);
    std::fs::write(file("damaged.db"), bytes).unwrap();
    std::fs::write(file("foreign.db"), "no database at all").unwrap();
    let World { store: open, .. } = world;
    drop(open);
    for bad in ["damaged.db", "foreign.db"] {
        let refused = program(&url, &["restore", &file(bad)]);
        assert_eq!(refused.status.code(), Some(1), "{bad}: {}", say(&refused));
        assert!(say(&refused).contains(bad), "{}", say(&refused));
    }
    let missing = program(&url, &["restore", &file("missing.db")]);
    assert_eq!(missing.status.code(), Some(2), "{}", say(&missing));

    let restored = program(&url, &["restore", &file("good.db")]);
    assert!(restored.status.success(), "{}", say(&restored));
    let submitted = |url: &str| {
        let mut settings = Settings::built_in();
        url.clone_into(&mut settings.database.url);
        let entries = Store::open(&settings.database).unwrap().read(|reader| audit::entries(reader, None, 0, 10));
        entries.unwrap().len()
    };
    assert_eq!(submitted(&url), 1);
    assert_eq!(submitted(&format!("{url}.before-restore")), 2);
    let twice = program(&url, &["restore", &file("good.db")]);
    assert_eq!(twice.status.code(), Some(2), "{}", say(&twice));
}

#[test]
fn a_backup_of_nothing_and_of_an_unknown_kind_of_database_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.db");
    let copy = folder.path().join("copy.db");
    for (url, named) in [(format!("sqlite:{}", missing.display()), "missing.db"), ("mysql://x".to_owned(), "mysql")] {
        let told = program(&url, &["backup", copy.to_str().unwrap()]);
        assert_eq!(told.status.code(), Some(2), "{}", say(&told));
        assert!(say(&told).contains(named), "{}", say(&told));
    }
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing is made on the way");
}

#[test]
fn a_backup_of_postgresql_is_left_to_its_own_programs() {
    let database = databases().pop().unwrap();
    for command in ["backup", "restore"] {
        let told = program(&database.url, &[command, "somewhere.db"]);
        assert_eq!(told.status.code(), Some(2), "{}", say(&told));
        assert!(say(&told).contains("pg_dump"), "{}", say(&told));
    }
}
