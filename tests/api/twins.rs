//! Two worlds that are copies of one another, each with a server, and everything somebody can read of either.
//!
//! In goes a world; out come two sides and, for each rep, a text: every answer to every GET of the OpenAPI document, status,
//! headers and body, for every id there is to ask about. A new endpoint is asked without a line here.
//!
//! What is made comparable: random ids and versions, made after the copy, are numbered by their first appearance, so that
//! which are equal and which come first still counts. What is left out: `date`, and the server's own numbers of the request.
//! The clock is moved by hand and the same for both, so no time is left out.

use crate::{
    fixture::{World, id, rep},
    served::{Read, Served},
};
use account_swap::{
    api::openapi,
    app::{
        Page, Refused, Writer, calendar, decide, submit, sweep,
        triage::{self, NewPath},
    },
    domain::{
        decline::DeclineReason,
        handover::StepKind,
        ids::{ProposalId, SubmissionId},
        submission::Reason,
        triage::{Answers, Path},
        units::Stars,
    },
    settings::Settings,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, fmt::Write};

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

/// The same text with each UUID replaced by the number of its first appearance.
pub fn numbered(text: &str) -> String {
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
pub fn same(left: &str, right: &str, when: &str) {
    if left != right {
        let at = left.lines().zip(right.lines()).position(|(left, right)| left != right).unwrap_or(0);
        let around = |text: &str| text.lines().skip(at.saturating_sub(12)).take(14).collect::<Vec<_>>().join("\n");
        panic!("{when}: one reads\n{}\n\nand the other\n{}", around(left), around(right));
    }
}

/// One of the two worlds, with a server and what its people do.
pub struct Side {
    pub world: World,
    pub served: Served,
    /// What Anna's own changes were answered with.
    answers: String,
    keys: u32,
}

impl Side {
    async fn new(world: World) -> Self {
        let served = Served::start(&world).await;
        Self { world, served, answers: String::new(), keys: 0 }
    }

    /// Does something that nobody compares.
    pub fn does<T>(&self, work: impl Fn(&mut Writer<'_>, &Settings) -> Result<T, Refused>) -> T {
        self.world
            .store
            .write(|writer| work(writer, &self.world.settings))
            .unwrap_or_else(|refused| panic!("{refused:?}"))
    }

    pub fn ben_accepts(&self, proposal: ProposalId) {
        let seen = self.world.party(&rep("ben"), proposal).version;
        self.does(|writer, settings| decide::accept(writer, settings, &rep("ben"), proposal, seen));
    }

    pub fn ben_takes_back(&self, proposal: ProposalId) {
        let seen = self.world.party(&rep("ben"), proposal).version;
        self.does(|writer, _| decide::take_back(writer, &rep("ben"), proposal, seen));
    }

    pub fn ben_declines(&self, proposal: ProposalId, reason: DeclineReason) {
        let seen = self.world.party(&rep("ben"), proposal).version;
        self.does(|writer, settings| decide::decline(writer, settings, &rep("ben"), proposal, seen, reason));
    }

    pub fn ben_withdraws(&self, account: &str) {
        let page = Page { after: None, limit: 200 };
        let own = self.world.store.read(|reader| submit::list(reader, &rep("ben"), page)).unwrap();
        let submission = own.into_iter().find(|one| one.account.as_str() == account).unwrap();
        self.does(|writer, _| submit::withdraw(writer, &rep("ben"), submission.id, submission.version));
    }

    pub fn submits(&self, name: &str, account: &str, stars: f64, reason: Reason, note: &str) {
        let new = submit::NewSubmission {
            account: id(account),
            stars: Stars::from_decimal(stars).unwrap(),
            reasons: [reason].into(),
            share_reasons: note.is_empty(),
            note: note.to_owned(),
        };
        self.does(|writer, settings| submit::submit(writer, settings, &rep(name), new.clone()));
    }

    /// A rep answers the ladder's questions about a draft, and chooses a path.
    pub fn climbs(&self, name: &str, draft: SubmissionId, changes: &Value, path: Path) {
        let mut answers = json!({"just_me": "no", "our_mistake": "no", "wrong_information": "no", "chemistry": false,
            "abuse": null, "unreasonable_demands": false, "unethical_acts": false, "misfit": false,
            "tried": ["open_talk"]});
        answers.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let answers: Answers = serde_json::from_value(answers).unwrap();
        let version = || self.world.store.read(|reader| submit::one(reader, &rep(name), draft)).unwrap().version;
        let seen = version();
        self.does(|writer, settings| triage::ask(writer, settings, &rep(name), draft, answers.clone(), seen));
        let seen = version();
        self.does(|writer, settings| triage::choose(writer, settings, &rep(name), draft, NewPath { path }, seen));
    }

    /// Does what time does by itself.
    pub fn time_passes(&self) {
        sweep::sweep(&self.world.store).unwrap();
        calendar::turn(&self.world.store, &self.world.settings).unwrap();
    }

    /// Anna changes something over HTTP; what she is answered belongs to what she can read.
    pub async fn anna(&mut self, thing: &str, verb: &str, body: Value) {
        self.keys += 1;
        let path = format!("/api/v1/{thing}");
        let tag = self.served.get(&path, &rep("anna")).send().await.with(200).header("etag").to_owned();
        let path = format!("{path}/{verb}");
        let post = self.served.post(&path, &rep("anna")).key(&self.keys.to_string()).if_match(&tag);
        let answer = post.json(&body).send().await;
        assert!(answer.status < 500, "{path}: {answer:?}");
        told(&mut self.answers, &path, &answer);
    }

    pub async fn everything(&self, name: &str, ids: &[String]) -> String {
        let mut text = String::new();
        for path in paths(ids) {
            let answer = self.served.get(&path, &rep(name)).send().await;
            assert!(answer.status < 500, "{path}: {answer:?}");
            told(&mut text, &path, &answer);
        }
        text
    }
}

/// Two worlds that are this one up to now.
pub async fn twins(world: World) -> [Side; 2] {
    let [left, right] = world.twins();
    [Side::new(left).await, Side::new(right).await]
}

/// A server over a world that has no twin.
pub async fn alone(world: World) -> Side {
    Side::new(world).await
}

/// Holds that none of some reps, who have done the same in both, can read a difference between the two sides, nor Anna by
/// what her own changes were answered with.
pub async fn compare([left, right]: &[Side; 2], names: &[&str], ids: &[String], when: &str) {
    let when = format!("{}, {when}", left.world.name);
    for name in names {
        let (one, other) = (left.everything(name, ids).await, right.everything(name, ids).await);
        same(&numbered(&one), &numbered(&other), &format!("{when}: {name} can tell"));
    }
    same(&numbered(&left.answers), &numbered(&right.answers), &format!("{when}: Anna can tell by trying"));
}

/// Holds that somebody can read a difference: without this no comparison could fail.
pub async fn differ([left, right]: &[Side; 2], name: &str, ids: &[String], when: &str) {
    let read = [left.everything(name, ids).await, right.everything(name, ids).await];
    assert_ne!(numbered(&read[0]), numbered(&read[1]), "{}, {when}: {name} reads a difference", left.world.name);
}

#[test]
fn ids_are_numbered_by_their_first_appearance() {
    let (a, b) = ("5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47", "00000000-0000-4000-8000-000000000000");
    assert_eq!(numbered(&format!("é {b}, {a}; {b}x")), "é id-0, id-1; id-0x");
    assert_eq!(numbered("no-id-in-here"), "no-id-in-here");
    assert!(paths(&[a.to_owned()]).contains(&format!("/api/v1/proposals/{a}/explain")));
}
