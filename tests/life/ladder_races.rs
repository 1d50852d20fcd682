//! Races on the ladder: the rep and the manager at once, a thousand rounds on each database, one legal outcome each.

use super::{
    fixture::{World, id, manager, rep},
    races::{race, thousand, word},
};
use crate::common::databases::databases;
use account_swap::{
    app::{
        parting, submit,
        triage::{self, NewPath},
    },
    domain::{
        ids::{PartingId, SubmissionId, Version},
        triage::Path,
    },
};
use std::fmt::Write as _;

fn uuid(kind: u32, round: usize) -> String {
    format!("{kind:08x}-0000-4000-8000-{round:012x}")
}

/// A world in which Anna has drafted an account a round and answered the questions, and where she has `chosen`, has asked
/// to part with each.
fn world(database: crate::common::databases::TestDatabase, chosen: bool) -> World {
    let world = World::new(database, thousand());
    let (version, at) = (uuid(9, 0), "2026-01-01 00:00:00");
    let path = if chosen { format!("'part_ways', '{at}'") } else { "NULL, NULL".to_owned() };
    let answers = r#"{"just_me":"no","our_mistake":"no","wrong_information":"no","chemistry":false,"abuse":null,"unreasonable_demands":false,"unethical_acts":false,"misfit":true,"tried":["open_talk"]}"#;
    let facts = r#"{"share_of_book_percent":1,"margin_percent":1,"trend":"steady","visits_kept_percent":null,"tried_before":[],"abuse_on_record":null}"#;
    let mut sql = String::new();
    for round in 0..thousand() {
        let (submission, parting) = (uuid(1, round), uuid(2, round));
        write!(
            sql,
            "INSERT INTO submissions (id, account_id, rep_id, stars_hundredths, reasons, reasons_shared, note, state, \
                 created_at, version) VALUES ('{submission}', 'anna-{round}', 'anna', 150, '[\"other\"]', TRUE, '', 'draft', \
                 '{at}', '{version}'); \
             INSERT INTO triages (submission_id, round, answers, facts, advice, rule, because, made_at, path, chosen_at, \
                 check_back_on, is_over) VALUES ('{submission}', 1, '{answers}', '{facts}', 'swap', 'misfit', 'so', '{at}', \
                 {path}, NULL, FALSE);"
        )
        .unwrap();
        if chosen {
            write!(
                sql,
                "INSERT INTO partings (id, account_id, submission_id, rep_id, state, requested_at, hard, alternatives, \
                     is_review_told, version) VALUES ('{parting}', 'anna-{round}', '{submission}', 'anna', 'requested', \
                     '{at}', '[]', '[]', FALSE, '{version}');"
            )
            .unwrap();
        }
    }
    world.execute(&sql);
    world
}

/// The states of the submission and the parting of a round.
fn states(world: &World, round: usize) -> (&'static str, &'static str) {
    let (submission, parting) = (id::<SubmissionId>(&uuid(1, round)), id::<PartingId>(&uuid(2, round)));
    let submission = world.store.read(|reader| submit::one(reader, &rep("anna"), submission)).unwrap();
    let parting = world.store.read(|reader| parting::one(reader, &rep("anna"), parting)).unwrap();
    (submission.state.as_str(), parting.state.as_str())
}

#[test]
fn a_sign_off_and_a_withdrawal_at_once_leave_one_of_the_two() {
    for database in databases() {
        let world = world(database, true);
        let seen: Version = id(&uuid(9, 0));
        let new = parting::NewSignOff { alternatives: vec!["Rival".to_owned()] };
        let signing = |round| {
            let parting = id::<PartingId>(&uuid(2, round));
            word(
                world
                    .store
                    .write(|writer| parting::sign_off(writer, &world.settings, &manager("mona"), parting, &new, seen)),
            )
        };
        let withdrawing = |round| {
            let submission = id::<SubmissionId>(&uuid(1, round));
            word(world.store.write(|writer| submit::withdraw(writer, &rep("anna"), submission, seen)))
        };
        for (round, outcomes) in race(thousand(), &[&signing, &withdrawing]).into_iter().enumerate() {
            let expected = match outcomes[..] {
                ["ok", "already_ended" | "stale"] => ("parted", "parted"),
                ["already_settled" | "stale" | "already_ended", "ok"] => ("withdrawn", "withdrawn"),
                ref other => panic!("{}, round {round}: {other:?}", world.name),
            };
            assert_eq!(states(&world, round), expected, "{}, round {round}: {outcomes:?}", world.name);
        }
    }
}

#[test]
fn two_paths_chosen_at_once_leave_one() {
    for database in databases() {
        let world = world(database, false);
        let seen: Version = id(&uuid(9, 0));
        let choosing = |path: Path| {
            let world = &world;
            move |round| {
                let submission = id::<SubmissionId>(&uuid(1, round));
                word(world.store.write(|writer| {
                    triage::choose(writer, &world.settings, &rep("anna"), submission, NewPath { path }, seen)
                }))
            }
        };
        for (round, outcomes) in
            race(thousand(), &[&choosing(Path::Swap), &choosing(Path::PartWays)]).into_iter().enumerate()
        {
            assert!(matches!(outcomes[..], ["ok", "stale"] | ["stale", "ok"]), "{}: {outcomes:?}", world.name);
            let submission = id::<SubmissionId>(&uuid(1, round));
            let kept = world.store.read(|reader| submit::one(reader, &rep("anna"), submission)).unwrap();
            let (state, path) = if outcomes[0] == "ok" { ("open", Path::Swap) } else { ("draft", Path::PartWays) };
            assert_eq!((kept.state.as_str(), kept.path), (state, Some(path)), "{}, round {round}", world.name);
        }
    }
}
