//! Export and erasure: a person takes all of theirs away, and nothing of anybody else's; who they were is forgotten, and
//! everything else holds.

use super::{
    audit::words,
    fixture::{World, id, manager, rep, who},
    trial::on_trial,
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        Refused, checkpoints,
        enrol::{self, NewPerson},
        erase,
        handover::{self, NewUndoRequest},
        own_data,
        review::{self, NewCheckIn},
        run::verify,
    },
    domain::{
        ids::RunId,
        person::PersonState,
        principal::{Principal, Role},
        undo::UndoReason,
        units::Stars,
    },
    store::roster,
};

fn root() -> Principal {
    who("root", Role::Admin)
}

/// A trial of Anna's and Ben's, of which both have said something.
fn lived(world: &World) -> RunId {
    let proposal = on_trial(world);
    world.execute("UPDATE check_ins SET due_on = '2020-01-01'");
    for name in ["anna", "ben"] {
        let said = NewCheckIn { days: 7, stars: Stars::from_decimal(4.5).unwrap(), note: format!("{name} wrote this") };
        let settings = &world.settings;
        world.store.write(|writer| review::check_in(writer, settings, &rep(name), proposal, &said)).unwrap();
        let seen = world.store.read(|reader| handover::one(reader, &rep(name), proposal)).unwrap().version;
        let ask = NewUndoRequest { reason: UndoReason::NoBetter, note: format!("{name} asked this") };
        world.store.write(|writer| handover::ask_undo(writer, settings, &rep(name), proposal, &ask, seen)).unwrap();
    }
    id(&words(world, "SELECT id AS word FROM runs")[0])
}

#[test]
fn a_person_takes_all_of_theirs_away_and_nothing_of_anybody_elses() {
    for database in databases() {
        let world = World::new(database, 2);
        lived(&world);
        let settings = &world.settings;
        let own = world.store.read(|reader| own_data::own(reader, settings, &rep("anna"))).unwrap();
        let text = serde_json::to_string_pretty(&own).unwrap();
        let own = own.rep.unwrap();
        let counts = (own.submissions.len(), own.proposals.len(), own.money.len(), own.handovers.len());
        assert_eq!(counts, (1, 1, 1, 1), "{}: {text}", world.name);
        assert!(own.check_ins.len() > 1 && !own.reviews.is_empty(), "{}", world.name);
        for hers in ["anna wrote this", "anna asked this", "The real anna", "\"action\": \"accept\""] {
            assert!(text.contains(hers), "{}: {hers} is missing in {text}", world.name);
        }
        for his in ["ben wrote this", "ben asked this", "The real ben", "\"mona\""] {
            assert!(!text.contains(his), "{}: {his} stands in {text}", world.name);
        }
        let heard = world.store.read(|reader| own_data::own(reader, settings, &manager("mona"))).unwrap();
        let text = serde_json::to_string(&heard).unwrap();
        assert!(text.contains("\"approve\"") && !text.contains("wrote this"), "{}: {text}", world.name);
        let nobody = world.store.read(|reader| own_data::of_person(reader, settings, &root(), &id("nobody")));
        assert!(matches!(nobody, Err(Refused::NotFound(_))), "{}", world.name);
    }
}

/// Every table and text column of the database, but those of its own and of the names of accounts, which the test made.
fn columns(world: &World) -> Vec<(String, String)> {
    let sql = if world.name == "sqlite" {
        "SELECT m.name || ' ' || c.name AS word FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c \
         WHERE m.type = 'table' AND c.type = 'TEXT'"
    } else {
        "SELECT table_name || ' ' || column_name AS word FROM information_schema.columns \
         WHERE table_schema = 'public' AND data_type = 'text'"
    };
    let named = words(world, sql);
    let split =
        named.iter().filter_map(|word| word.split_once(' ')).map(|(table, column)| (table.into(), column.into()));
    split.filter(|(table, column): &(String, String)| !(table == "accounts" && column == "name")).collect()
}

/// Where the word stands in the database by itself, not as a part of an account's id.
fn places(world: &World, word: &str) -> Vec<String> {
    let is_part = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    let stands = |text: &str| {
        text.match_indices(word).any(|(at, _)| {
            let bytes = text.as_bytes();
            !is_part(at.checked_sub(1).and_then(|before| bytes.get(before))) && !is_part(bytes.get(at + word.len()))
        })
    };
    let mut found = Vec::new();
    for (table, column) in columns(world) {
        let kept = words(world, &format!("SELECT {column} AS word FROM {table} WHERE {column} IS NOT NULL"));
        found.extend(kept.iter().filter(|text| stands(text)).map(|text| format!("{table}.{column}: {text}")));
    }
    found
}

fn erased(world: &World, name: &str) -> Result<erase::Erasure, Refused> {
    world.store.write(|writer| {
        let version = enrol::one(writer, &root(), &id(name))?.version;
        erase::erase(writer, &root(), &id(name), version)
    })
}

fn code(refused: Refused) -> &'static str {
    super::day::code(refused)
}

#[test]
fn who_is_erased_stands_nowhere_any_more_and_everything_else_holds() {
    for database in databases() {
        let world = World::new(database, 2);
        let run = lived(&world);
        let new = NewPerson { id: id("anna"), roles: None, state: Some(PersonState::Active) };
        let person = world.store.write(|writer| enrol::enrol(writer, &root(), &new)).unwrap();
        assert_eq!(code(erased(&world, "anna").unwrap_err()), "still_active", "{}", world.name);
        world.store.write(|writer| enrol::deactivate(writer, &root(), &id("anna"), person.version)).unwrap();
        assert_eq!(code(erased(&world, "anna").unwrap_err()), "still_here", "{}", world.name);
        world.execute("UPDATE reps SET active = FALSE WHERE id = 'anna'");
        assert_eq!(code(erased(&world, "anna").unwrap_err()), "still_owns", "{}", world.name);
        world.execute("UPDATE accounts SET owner_id = 'cora' WHERE owner_id = 'anna'");
        assert_eq!(code(erased(&world, "anna").unwrap_err()), "still_under_way", "{}", world.name);
        world.execute("UPDATE proposals SET state = 'completed'; UPDATE legs SET live = FALSE");
        assert!(!places(&world, "anna").is_empty());
        let verified = world.store.read(|reader| verify::kept(reader, &root(), run)).unwrap();
        assert!(verify::verify(&verified).unwrap().holds(), "{}", world.name);

        let erasure = erased(&world, "anna").unwrap_or_else(|refused| panic!("{}: {refused}", world.name));
        assert_eq!(erasure.runs_without_evidence, 1, "{}", world.name);
        assert_eq!(places(&world, "anna"), [""; 0], "{}", world.name);
        assert_eq!(places(&world, "anna wrote this"), [""; 0], "{}", world.name);
        assert!(!places(&world, "ben wrote this").is_empty(), "{}: what others wrote is theirs", world.name);
        let gone = world.store.read(|reader| roster::rep(reader, &id("anna"))).unwrap();
        assert_eq!(gone, None, "{}", world.name);
        let audit = world.store.read(|reader| checkpoints::verify(reader, &[], &[])).unwrap();
        assert!(audit.holds(), "{}: {audit:?}", world.name);
        let refused = world.store.read(|reader| verify::kept(reader, &root(), run).map(drop)).unwrap_err();
        assert!(refused.to_string().contains("SHA-256"), "{}: {refused}", world.name);
        assert_eq!(code(refused), "erased");
        // Ben's side of it is as it was.
        let own = world.store.read(|reader| own_data::own(reader, &world.settings, &rep("ben"))).unwrap();
        assert_eq!(own.rep.unwrap().proposals.len(), 1, "{}", world.name);
    }
}
