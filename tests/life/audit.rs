//! The audit log: whom it names, what its checkpoints hold it to, and whoever tampers with it is found, by name and place.

use super::{
    fixture::{World, id, rep, service, who},
    trial::on_trial,
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Refused, StoreError,
        checkpoints::{self, AuditReport, Checkpoint, CheckpointError, CheckpointKey},
        enrol::{self, NewPerson},
        report,
    },
    domain::principal::Role,
    settings,
    store::{
        HandClock,
        audit::{self, Change, Entry},
    },
};
use chrono::Duration;
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query, sql_types::Text};
use std::fs;

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

/// What a query that names its one column `word` finds in the database itself.
pub fn words(world: &World, sql: &str) -> Vec<String> {
    let url = &world.settings.database.url;
    let rows: Vec<Word> = match url.strip_prefix("sqlite:") {
        Some(path) => sql_query(sql).load(&mut SqliteConnection::establish(path).unwrap()).unwrap(),
        None => sql_query(sql).load(&mut PgConnection::establish(url).unwrap()).unwrap(),
    };
    rows.into_iter().map(|row| row.word).collect()
}

const SAID: &str = "SELECT actor_id || ' ' || subject_id AS word FROM audit_log ORDER BY seq";

#[test]
fn the_log_holds_no_id_of_a_person_and_is_read_with_them_until_they_are_forgotten() {
    for database in databases() {
        let world = World::new(database, 2);
        let root = who("root", Role::Admin);
        on_trial(&world);
        let new = NewPerson { id: id("mona"), roles: None, state: None };
        world.store.write(|writer| enrol::enrol(writer, &root, &new)).unwrap();
        let people = ["anna", "ben", "mona", "root"];
        for said in words(&world, SAID) {
            let names = said.split([' ', '/']).filter(|word| people.contains(word)).count();
            assert_eq!(names, 0, "{}: {said}", world.name);
        }
        let page = || account_swap::app::Page { after: None, limit: 200 };
        let all = world.store.read(|reader| report::audit(reader, &root, page())).unwrap();
        assert!(all.iter().any(|entry| entry.actor == "mona" && entry.action == "approve"), "{}", world.name);
        assert!(all.iter().any(|entry| entry.subject == "mona" && entry.subject_kind == "person"), "{}", world.name);
        let own = world.store.read(|reader| report::audit(reader, &rep("anna"), page())).unwrap();
        assert!(!own.is_empty() && own.iter().all(|entry| entry.actor == "anna"), "{}", world.name);

        let before = words(&world, SAID);
        world.store.write(|writer| audit::forget_person(writer, &id("anna"))).unwrap();
        assert_eq!(words(&world, SAID), before, "{}: nothing of the log changes", world.name);
        let verified = world.store.read(|reader| checkpoints::verify(reader, &[], &[])).unwrap();
        assert!(verified.holds(), "{}: {verified:?}", world.name);
        let all = world.store.read(|reader| report::audit(reader, &root, page())).unwrap();
        let names_her = |text: &str| text.split('/').any(|word| word == "anna");
        assert!(!all.iter().any(|entry| names_her(&entry.actor) || names_her(&entry.subject)), "{}", world.name);
        assert!(all.iter().any(|entry| entry.actor.starts_with("sha256:")), "{}", world.name);
    }
}

/// A world with a log of its own and a file of checkpoints, by a clock that is moved by hand.
struct Watched {
    world: World,
    clock: HandClock,
    settings: settings::Audit,
    _folder: tempfile::TempDir,
}

impl Watched {
    fn new(world: World) -> Self {
        let (world, clock) = world.by_hand("2026-03-02T08:00:00Z");
        let folder = tempfile::tempdir().unwrap();
        let mut settings = world.settings.audit.clone();
        settings.checkpoint_file = folder.path().join("checkpoints").display().to_string();
        settings.checkpoint_key_file = folder.path().join("key").display().to_string();
        Self { world, clock, settings, _folder: folder }
    }

    /// Puts something on record that names nobody.
    fn happen(&self, times: usize) {
        let work = |writer: &mut account_swap::app::Writer<'_>| {
            for time in 0..times {
                writer.record(Change {
                    actor: service(),
                    action: "transfer",
                    subject_kind: "account",
                    subject_id: format!("anna-{time}"),
                    from_state: None,
                    to_state: None,
                });
            }
            Ok::<_, StoreError>(())
        };
        self.world.store.write(work).unwrap();
    }

    fn write(&self) -> Result<Option<Checkpoint>, CheckpointError> {
        checkpoints::write(&self.world.store, &self.settings)
    }

    fn later(&self, minutes: i64) {
        self.clock.move_by(Duration::minutes(minutes));
    }

    fn key(&self) -> String {
        CheckpointKey::open(&self.settings.checkpoint_key_file).unwrap().public()
    }

    fn verify(&self) -> AuditReport {
        let lines = fs::read(&self.settings.checkpoint_file).unwrap();
        let verified: Result<_, Refused> =
            self.world.store.read(|reader| checkpoints::verify(reader, &lines, &[self.key()]));
        verified.unwrap()
    }

    /// Changes the lines of the file.
    fn edit(&self, change: impl FnOnce(&mut Vec<String>)) {
        let text = fs::read_to_string(&self.settings.checkpoint_file).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        change(&mut lines);
        fs::write(&self.settings.checkpoint_file, lines.join("\n") + "\n").unwrap();
    }

    /// Rewrites an entry and computes every hash after it anew, as somebody with the whole database could.
    fn rewrite(&self, seq: i64) {
        let mut entries: Vec<Entry> = self.world.store.read(|reader| audit::entries(reader, None, 0, 1000)).unwrap();
        let mut previous = String::new();
        let mut sql = String::new();
        for entry in &mut entries {
            if entry.seq == seq {
                entry.action = "return".to_owned();
            }
            entry.previous_hash = previous;
            entry.hash = entry.expected_hash();
            previous = entry.hash.clone();
            let Entry { seq, action, previous_hash, hash, .. } = entry;
            sql += &format!(
                "UPDATE audit_log SET action = '{action}', previous_hash = '{previous_hash}', hash = '{hash}' \
                 WHERE seq = {seq};"
            );
        }
        self.world.execute(&format!("{sql} UPDATE audit_head SET hash = '{previous}'"));
    }
}

#[test]
fn checkpoints_are_written_when_the_log_has_grown_and_the_last_is_old_enough() {
    for database in databases() {
        let watched = Watched::new(World::new(database, 1));
        assert_eq!(watched.write().unwrap(), None, "{}: there is no log yet", watched.world.name);
        watched.happen(3);
        let first = watched.write().unwrap().expect("the log has grown");
        assert_eq!((first.size, first.previous.as_str()), (3, ""), "{}", watched.world.name);
        // The day's first one is an event, which is on record itself.
        let told = words(&watched.world, "SELECT kind AS word FROM outbox WHERE kind LIKE 'audit%'");
        assert_eq!(told, ["audit.checkpoint"], "{}", watched.world.name);
        assert_eq!(watched.write().unwrap(), None, "it is young");
        watched.later(5);
        assert_eq!(watched.write().unwrap().unwrap().size, 4, "{}", watched.world.name);
        watched.later(60);
        assert_eq!(watched.write().unwrap(), None, "nothing is new");
        watched.happen(1);
        let third = watched.write().unwrap().unwrap();
        assert_eq!((third.size, third.previous.len()), (5, 64), "{}", watched.world.name);
        let found = watched.verify();
        assert!(found.holds() && found.notes.is_empty(), "{}: {found:?}", watched.world.name);
        assert_eq!((found.entries, found.checkpoints), (5, 3));
    }
}

#[test]
fn whoever_tampers_with_the_log_or_its_checkpoints_is_found_by_name_and_place() {
    type Tamper = fn(&Watched);
    // Three checkpoints: of 4 entries, 9 and 13; the fifth entry tells of the first checkpoint.
    let cases: [(&str, Tamper, &[&str]); 12] = [
        ("nothing", |_| {}, &[]),
        (
            "an entry is changed",
            |w| w.world.execute("UPDATE audit_log SET action = 'x' WHERE seq = 6"),
            &["broken: entry 6"],
        ),
        ("an entry is taken out", |w| w.world.execute("DELETE FROM audit_log WHERE seq = 6"), &["broken: entry 6"]),
        (
            "the end is cut off",
            |w| w.world.execute("DELETE FROM audit_log WHERE seq > 10"),
            &["truncated: entries 11 to 13", "truncated: the log ends with entry 10"],
        ),
        (
            "the end is cut off and the head put back",
            |w| {
                w.world.execute(
                    "DELETE FROM audit_log WHERE seq > 10; UPDATE audit_head SET seq = 10, hash = (SELECT hash FROM \
                     audit_log WHERE seq = 10)",
                );
            },
            &["truncated: entries 11 to 13"],
        ),
        ("history is rewritten", |w| w.rewrite(6), &["rewritten: entry 9 is not what it was"]),
        ("all of history is rewritten", |w| w.rewrite(1), &["rewritten: entry 4 is not what it was"]),
        (
            "a checkpoint is taken out",
            |w| w.edit(|lines| drop(lines.remove(1))),
            &["missing: between line 1 and line 2"],
        ),
        (
            "the first checkpoint is taken out",
            |w| w.edit(|lines| drop(lines.remove(0))),
            &["missing: between the beginning"],
        ),
        (
            "a checkpoint is changed",
            |w| w.edit(|lines| lines[1] = lines[1].replace("\"size\":9", "\"size\":8")),
            &["forged: line 2", "missing: between line 1 and line 3"],
        ),
        (
            "a checkpoint is forged with another key",
            |w| {
                let other = settings::Audit {
                    checkpoint_file: format!("{}.other", w.settings.checkpoint_file),
                    checkpoint_key_file: format!("{}.other", w.settings.checkpoint_key_file),
                    ..w.settings.clone()
                };
                checkpoints::write(&w.world.store, &other).unwrap().unwrap();
                let forged = fs::read_to_string(&other.checkpoint_file).unwrap();
                w.edit(|lines| lines.push(forged.trim().to_owned()));
            },
            &["forged: line 4"],
        ),
        (
            "another name is put behind a commitment",
            |w| {
                let new = NewPerson { id: id("zoe"), roles: None, state: None };
                let root = who("root", Role::Admin);
                w.world.store.write(|writer| enrol::enrol(writer, &root, &new)).unwrap();
                w.world.execute("UPDATE audit_people SET person_id = 'somebody else' WHERE person_id = 'zoe'");
            },
            &["renamed: behind sha256:"],
        ),
    ];
    for (what, tamper, expected) in cases {
        for database in databases() {
            let watched = Watched::new(World::new(database, 1));
            watched.happen(4);
            assert_eq!(watched.write().unwrap().unwrap().size, 4);
            for more in [4, 4] {
                watched.happen(more);
                watched.later(5);
                watched.write().unwrap().unwrap();
            }
            tamper(&watched);
            let found = watched.verify().breaches;
            let fits = found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| found.starts_with(expected));
            assert!(fits, "{}: {what}: {found:?}", watched.world.name);
        }
    }
}

#[test]
fn no_checkpoint_is_written_over_a_log_that_contradicts_the_last_one() {
    for database in databases() {
        let watched = Watched::new(World::new(database, 1));
        watched.happen(3);
        watched.write().unwrap().unwrap();
        watched.rewrite(2);
        watched.happen(1);
        watched.later(5);
        let refused = watched.write().unwrap_err();
        assert!(matches!(refused, CheckpointError::Contradicted { .. }), "{}: {refused}", watched.world.name);
        assert!(refused.to_string().contains("entry 3 is another"), "{refused}");
        watched.world.execute("DELETE FROM audit_log; UPDATE audit_head SET seq = 0, hash = ''");
        let refused = watched.write().unwrap_err().to_string();
        assert!(refused.contains("it had 3 entries and has 0"), "{refused}");
    }
}

#[test]
fn a_line_whose_writer_died_is_passed_over_and_a_second_writer_waits_its_turn() {
    for database in databases() {
        let watched = Watched::new(World::new(database, 1));
        watched.happen(3);
        watched.write().unwrap().unwrap();
        let file = &watched.settings.checkpoint_file;
        let whole = fs::read_to_string(file).unwrap();
        fs::write(file, format!("{whole}{{\"size\":9,\"he")).unwrap();
        assert!(watched.verify().holds(), "{}", watched.world.name);
        watched.later(5);
        watched.write().unwrap().expect("the event of the first is new");
        let found = watched.verify();
        assert!(found.holds() && found.notes.len() == 1, "{}: {found:?}", watched.world.name);

        watched.happen(1);
        watched.later(5);
        let held = fs::File::open(file).unwrap();
        held.lock().unwrap();
        assert_eq!(watched.write().unwrap(), None, "another process is at it");
        held.unlock().unwrap();
        assert!(watched.write().unwrap().is_some(), "{}", watched.world.name);
    }
}
