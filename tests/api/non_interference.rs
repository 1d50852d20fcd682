//! Non-interference: what a rep can read depends on nothing a colleague said or answered, until a batch boundary.
//!
//! In go two databases that are copies of one another; from then on they differ in what colleagues say and answer, and in
//! nothing else. Out come two texts for each rep: every answer to every GET of the OpenAPI document, status, headers and
//! body, for every id there is to ask about. They must be the same to the byte. A new endpoint is asked without a line here.
//!
//! What is made comparable: random ids and versions, made after the copy, are numbered by their first appearance, so that
//! which are equal and which come first still counts. What is left out: `date`, and the server's own numbers of the request.
//! The clock is moved by hand and the same for both, so no time is left out.

use crate::{
    common::databases::databases,
    fixture::{World, id, manager, rep},
    served::{Read, Served},
};
use account_swap::{
    api::openapi,
    app::{decide, handover, submit, sweep},
    domain::{
        decline::DeclineReason, handover::StepKind, ids::ProposalId, principal::Principal, proposal::PublicStatus,
        submission::Reason, units::Stars,
    },
};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};

/// A Monday, an hour before anybody works.
const MONDAY: &str = "2026-03-02T08:00:00Z";

/// Proposals of `anna-n` for `ben-n`; accounts from there on are in none of them.
const PROPOSALS: usize = 10;

/// Every GET of the document as paths to ask: each with every id in place of each of its parameters, and each list also in
/// pages of one.
fn paths(ids: &[String]) -> Vec<String> {
    let document: Value = serde_json::from_str(openapi::document_text()).unwrap();
    let mut paths = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get") else { continue };
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let query: Vec<String> = parameters
            .iter()
            .filter(|one| one["in"] == "query" && one["required"] == true)
            .map(|one| format!("{}={}", one["name"].as_str().unwrap(), sample(&document, &one["schema"])))
            .collect();
        let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
        let mut asked = vec![path.clone()];
        for parameter in parameters.iter().filter(|one| one["in"] == "path") {
            let place = format!("{{{}}}", parameter["name"].as_str().unwrap());
            let values: Vec<String> = match parameter["name"].as_str().unwrap() {
                "leg" => vec!["0".to_owned(), "1".to_owned()],
                "kind" => StepKind::ALL.iter().map(ToString::to_string).collect(),
                _ => ids.to_vec(),
            };
            asked = asked.iter().flat_map(|path| values.iter().map(|value| path.replace(&place, value))).collect();
        }
        if parameters.iter().any(|one| one["name"] == "limit") {
            paths.push(format!("{path}{}limit=1", if query.is_empty() { "?" } else { "&" }));
        }
        paths.extend(asked.into_iter().map(|path| path + &query));
    }
    paths
}

/// A value of a query parameter: the first word of a closed list, else something of its type.
fn sample(document: &Value, schema: &Value) -> String {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(document, document.pointer(reference.trim_start_matches('#')).unwrap());
    }
    match (&schema["enum"][0], schema["type"].as_str(), schema["format"].as_str()) {
        (Value::String(word), ..) => word.clone(),
        (_, Some("integer" | "number"), _) => "1".to_owned(),
        (_, Some("boolean"), _) => "true".to_owned(),
        (_, _, Some("date")) => "2026-03-02".to_owned(),
        _ => "north".to_owned(),
    }
}

/// An answer as text, without what tells of the request alone.
fn told(text: &mut String, what: &str, answer: &Read) {
    writeln!(text, "{what} {}", answer.status).unwrap();
    // The server keeps headers in no order.
    let headers: BTreeMap<&str, &str> =
        answer.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    for (name, value) in headers.into_iter().filter(|(name, _)| !["date", "x-request-id"].contains(name)) {
        writeln!(text, "{name}: {value}").unwrap();
    }
    // A problem names its request.
    let instance = format!("\"instance\":\"{}\"", answer.header("x-request-id"));
    writeln!(text, "{}\n", answer.text.replace(&instance, "\"instance\":\"\"")).unwrap();
}

/// Everything somebody can read.
async fn everything(served: &Served, who: &Principal, ids: &[String]) -> String {
    let mut text = String::new();
    for path in paths(ids) {
        let answer = served.get(&path, who).send().await;
        assert!(answer.status < 500, "{path}: {answer:?}");
        told(&mut text, &path, &answer);
    }
    text
}

/// The same text with each UUID replaced by the number of its first appearance.
fn numbered(text: &str) -> String {
    let is_uuid = |at: usize| {
        text.as_bytes().get(at..at + 36).is_some_and(|bytes| {
            bytes.iter().enumerate().all(|(place, byte)| match place {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
            })
        })
    };
    let (mut numbers, mut numbered, mut at) = (BTreeMap::new(), String::with_capacity(text.len()), 0);
    while let Some(character) = text[at..].chars().next() {
        if is_uuid(at) {
            let next = numbers.len();
            let number = numbers.entry(&text[at..at + 36]).or_insert(next);
            write!(numbered, "id-{number}").unwrap();
            at += 36;
        } else {
            numbered.push(character);
            at += character.len_utf8();
        }
    }
    numbered
}

/// Holds that two texts are the same, and shows the first lines that are not.
#[track_caller]
fn same(left: &str, right: &str, when: &str) {
    if left != right {
        let at = left.lines().zip(right.lines()).position(|(left, right)| left != right).unwrap_or(0);
        let around = |text: &str| text.lines().skip(at.saturating_sub(12)).take(14).collect::<Vec<_>>().join("\n");
        panic!("{when}: one reads\n{}\n\nand the other\n{}", around(left), around(right));
    }
}

/// One of the two worlds, with a server and what its people do.
struct Side {
    world: World,
    served: Served,
    /// What Anna's own changes were answered with.
    answers: String,
    keys: u32,
}

impl Side {
    async fn new(world: World) -> Self {
        let served = Served::start(&world).await;
        Self { world, served, answers: String::new(), keys: 0 }
    }

    fn ben_accepts(&self, proposal: ProposalId) {
        let (world, ben) = (&self.world, rep("ben"));
        let seen = world.party(&ben, proposal).version;
        world.store.write(|writer| decide::accept(writer, &world.settings, &ben, proposal, seen)).unwrap();
    }

    fn ben_takes_back(&self, proposal: ProposalId) {
        let seen = self.world.party(&rep("ben"), proposal).version;
        self.world.store.write(|writer| decide::take_back(writer, &rep("ben"), proposal, seen)).unwrap();
    }

    fn ben_declines(&self, proposal: ProposalId, reason: DeclineReason) {
        let (world, ben) = (&self.world, rep("ben"));
        let seen = world.party(&ben, proposal).version;
        world.store.write(|writer| decide::decline(writer, &world.settings, &ben, proposal, seen, reason)).unwrap();
    }

    fn ben_withdraws(&self, account: &str) {
        let page = account_swap::app::Page { after: None, limit: 200 };
        let own = self.world.store.read(|reader| submit::list(reader, &rep("ben"), page)).unwrap();
        let submission = own.into_iter().find(|one| one.account.as_str() == account).unwrap();
        let (id, seen) = (submission.id, submission.version);
        self.world.store.write(|writer| submit::withdraw(writer, &rep("ben"), id, seen)).unwrap();
    }

    fn submits(&self, name: &str, account: &str, stars: f64, reason: Reason, note: &str) {
        let new = submit::NewSubmission {
            account: id(account),
            stars: Stars::from_decimal(stars).unwrap(),
            reasons: [reason].into(),
            share_reasons: note.is_empty(),
            note: note.to_owned(),
        };
        self.world.store.write(|writer| submit::submit(writer, &rep(name), new.clone())).unwrap();
    }

    /// Anna changes something over HTTP; what she is answered belongs to what she can read.
    async fn anna(&mut self, proposal: ProposalId, verb: &str, body: Value) {
        self.keys += 1;
        let path = format!("/api/v1/proposals/{proposal}");
        let tag = self.served.get(&path, &rep("anna")).send().await.with(200).header("etag").to_owned();
        let path = format!("{path}/{verb}");
        let post = self.served.post(&path, &rep("anna")).key(&self.keys.to_string()).if_match(&tag);
        let answer = post.json(&body).send().await;
        told(&mut self.answers, &path, &answer);
    }

    async fn everything(&self, name: &str, ids: &[String]) -> String {
        everything(&self.served, &rep(name), ids).await
    }
}

/// Holds that neither Anna nor Cora, who have done the same, can read a difference between the two sides.
async fn compare(left: &Side, right: &Side, ids: &[String], when: &str) {
    let when = format!("{}, {when}", left.world.name);
    for name in ["anna", "cora"] {
        let (one, other) = (left.everything(name, ids).await, right.everything(name, ids).await);
        same(&numbered(&one), &numbered(&other), &format!("{when}: {name} can tell"));
    }
    same(&numbered(&left.answers), &numbered(&right.answers), &format!("{when}: Anna can tell by trying"));
}

/// A world in which Anna and Ben have proposals in every state a party may see, and the ids there are to ask about.
fn beginning(mut world: World) -> (World, Vec<ProposalId>, Vec<String>) {
    world.settings.proposals.take_back_minutes = 60;
    let mut proposals: Vec<ProposalId> = world.propose(PROPOSALS).into_iter().map(|proposal| proposal.id).collect();
    // One that a run has found, with its reminders.
    world.submit(&format!("anna-{PROPOSALS}"));
    world.submit(&format!("ben-{PROPOSALS}"));
    world.run("2026-03-02");
    let found = world.proposals(&rep("anna")).into_iter().map(|view| view.id()).find(|id| !proposals.contains(id));
    proposals.push(found.expect("the run found one"));
    // And one that was approved, so that there is a handover.
    let approved = proposals[PROPOSALS - 1];
    let mut at_once = world.settings.clone();
    at_once.proposals.take_back_minutes = 0;
    for name in ["anna", "ben"] {
        let seen = world.party(&rep(name), approved).version;
        world.store.write(|writer| decide::accept(writer, &at_once, &rep(name), approved, seen)).unwrap();
    }
    let seen = world.manager(&manager("mona"), approved).version;
    world.store.write(|writer| decide::approve(writer, &world.settings, &manager("mona"), approved, seen)).unwrap();
    assert!(world.store.read(|reader| handover::one(reader, &rep("anna"), approved)).is_ok());

    let mut ids: Vec<String> = proposals.iter().map(ToString::to_string).collect();
    let legs = proposals.iter().flat_map(|proposal| world.kept(*proposal).legs);
    ids.extend(legs.map(|leg| leg.submission.to_string()));
    ids.extend(world.kept(proposals[PROPOSALS]).run.map(|run| run.to_string()));
    ids.extend(
        ["anna", "ben", "cora", "mona", "north", "anna-0", "ben-0", "ben-5", "ben-12", "nobody"].map(str::to_owned),
    );
    (world, proposals, ids)
}

#[actix_web::test]
async fn nobody_can_read_what_a_colleague_said_or_answered_before_the_next_batch() {
    for database in databases() {
        let (world, clock) = World::new(database, PROPOSALS + 4).by_hand(MONDAY);
        let (world, proposals, ids) = beginning(world);
        let [left, right] = world.twins();
        let (mut left, mut right) = (Side::new(left).await, Side::new(right).await);
        compare(&left, &right, &ids, "before anybody has answered").await;

        // Ben answers first. In either world by itself nothing that Anna reads has changed, not even a version.
        let before = [left.everything("anna", &ids).await, right.everything("anna", &ids).await];
        left.ben_accepts(proposals[0]);
        right.ben_declines(proposals[0], DeclineReason::TooFar);
        left.ben_accepts(proposals[1]);
        left.ben_takes_back(proposals[1]);
        left.ben_declines(proposals[2], DeclineReason::KeepMine);
        right.ben_accepts(proposals[2]);
        right.ben_withdraws("ben-3");
        left.ben_declines(proposals[4], DeclineReason::NotThisAccount);
        right.ben_declines(proposals[4], DeclineReason::Other);
        right.ben_declines(proposals[PROPOSALS], DeclineReason::BadTime);
        // He submits other accounts, for other reasons; Dan does in one world only.
        left.submits("ben", "ben-12", 1.0, Reason::UnreasonableDemands, "They shout at me.");
        right.submits("ben", "ben-12", 2.5, Reason::LongJourney, "");
        right.submits("dan", "dan-1", 1.5, Reason::Chemistry, "");
        for (side, before) in [&left, &right].into_iter().zip(&before) {
            let when = format!("{}: Anna can tell that Ben has answered", side.world.name);
            same(before, &side.everything("anna", &ids).await, &when);
        }

        // Then Anna does, the same in both; and some of it before Ben.
        for side in [&mut left, &mut right] {
            for at in [0, 1, 3, 4, 5, 6] {
                side.anna(proposals[at], "accept", json!({})).await;
            }
            side.anna(proposals[2], "decline", json!({"reason": "bad_time"})).await;
            side.anna(proposals[3], "take-back", json!({})).await;
            side.anna(proposals[3], "decline", json!({"reason": "too_far"})).await;
            side.anna(proposals[4], "take-back", json!({})).await;
        }
        left.ben_accepts(proposals[5]);
        right.ben_accepts(proposals[5]);
        right.ben_takes_back(proposals[5]);
        left.ben_accepts(proposals[6]);
        right.ben_declines(proposals[6], DeclineReason::TooLittleGain);
        right.ben_declines(proposals[5], DeclineReason::TooLittleGain);
        compare(&left, &right, &ids, "after both have answered").await;

        // Hours and days pass: what can be taken back, lapses or is reminded does so on either side, and shows on none.
        for moment in ["2026-03-02T10:00:00Z", "2026-03-04T16:00:00Z", "2026-03-05T12:00:00Z"] {
            clock.move_by(moment.parse::<DateTime<Utc>>().unwrap() - clock.now());
            for side in [&mut left, &mut right] {
                sweep::sweep(&side.world.store).unwrap();
                side.anna(proposals[0], "take-back", json!({})).await;
                side.anna(proposals[7], "accept", json!({})).await;
                side.anna(proposals[PROPOSALS], "accept", json!({})).await;
            }
            compare(&left, &right, &ids, moment).await;
        }

        // The batch tells: without this the test could not fail.
        for side in [&left, &right] {
            side.world.run("2026-03-06");
        }
        let status = |side: &Side| side.world.party(&rep("anna"), proposals[0]).status;
        let told = [status(&left), status(&right)];
        assert_eq!(told, [PublicStatus::Accepted, PublicStatus::NotConcluded], "{}", left.world.name);
        let read = [left.everything("anna", &ids).await, right.everything("anna", &ids).await];
        assert_ne!(numbered(&read[0]), numbered(&read[1]), "{}: the batch shows what came of it", left.world.name);
    }
}

#[actix_web::test]
async fn what_a_rep_is_told_of_a_proposal_follows_from_their_own_inputs_alone() {
    for (one, other) in databases().into_iter().zip(databases()) {
        let mut read = Vec::new();
        for (database, stars, reason, note) in
            [(one, 1.0, Reason::UnreasonableDemands, "They shout at me."), (other, 2.0, Reason::LongJourney, "")]
        {
            let (world, _clock) = World::new(database, 2).by_hand(MONDAY);
            let side = Side::new(world).await;
            side.submits("anna", "anna-0", 1.5, Reason::Chemistry, "my own");
            side.submits("ben", "ben-0", stars, reason, note);
            assert_eq!(side.world.run("2026-03-02").report.unwrap().published, 1, "{}", side.world.name);
            let [ref only] = side.world.proposals(&rep("anna"))[..] else { panic!("not one proposal") };
            let proposal = only.id();
            let own = side.world.kept(proposal).leg_of(&id("anna")).unwrap().submission;
            let ids = [proposal.to_string(), own.to_string(), "anna-0".to_owned(), "ben-0".to_owned()];
            read.push((side.world.name, numbered(&side.everything("anna", &ids).await)));
        }
        same(&read[0].1, &read[1].1, &format!("{}: what Ben said shows", read[0].0));
        assert!(read[0].1.contains("\"gain\":"), "the explanation is among what was read");
    }
}

#[test]
fn ids_are_numbered_by_their_first_appearance() {
    let (a, b) = ("5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47", "00000000-0000-4000-8000-000000000000");
    assert_eq!(numbered(&format!("é {b}, {a}; {b}x")), "é id-0, id-1; id-0x");
    assert_eq!(numbered("no-id-in-here"), "no-id-in-here");
    assert!(paths(&[a.to_owned()]).contains(&format!("/api/v1/proposals/{a}/explain")));
}
