//! Clients that write while everything around them breaks.
//!
//! In goes a [`Scene`]; out come requests of sixteen people, each until it has an answer that settles it.
//! Holds: what a client does next hangs on its seed and on what it is answered.
//! Deliberately absent: sparing the service.

use super::{
    company::{Company, Person},
    scene::{Change, PAUSE, Scene},
    service::Answer,
};
use chrono::{Days, NaiveDate};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use std::{sync::atomic::Ordering, thread};

/// One client: a person, a seed, and how often they have asked.
pub struct Client<'a> {
    pub scene: &'a Scene,
    pub who: &'a Person,
    pub random: StdRng,
    asked: u64,
    name: String,
}

impl<'a> Client<'a> {
    pub fn new(scene: &'a Scene, who: &'a Person, seed: u64, number: u64) -> Self {
        let random = StdRng::seed_from_u64(seed.wrapping_mul(1000).wrapping_add(number));
        Self { scene, who, random, asked: 0, name: format!("c{number}") }
    }

    fn key(&mut self) -> String {
        self.asked += 1;
        format!("{}-{}", self.name, self.asked)
    }

    fn items(&self, path: &str) -> Vec<Value> {
        let page = self.scene.get(self.who, path);
        page.and_then(|page| page["items"].as_array().cloned()).unwrap_or_default()
    }

    fn pick(&mut self, path: &str, is_wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        let wanted: Vec<Value> = self.items(path).into_iter().filter(|item| is_wanted(item)).collect();
        wanted.choose(&mut self.random).cloned()
    }

    fn ask(
        &mut self,
        operation: &'static str,
        path: String,
        action: &'static str,
        subject: &str,
        tag: &str,
        body: Value,
    ) -> Option<Answer> {
        let if_match = if tag.is_empty() { String::new() } else { format!("\"{tag}\"") };
        let key = self.key();
        let change = Change { operation, path, action, subject: subject.to_owned(), key, if_match, body };
        self.scene.change(self.who, &change)
    }

    /// Works until it is over.
    pub fn work(mut self) {
        loop {
            let gate = self.scene.gate.read().expect("no client panics with it");
            if self.scene.is_over.load(Ordering::SeqCst) {
                break;
            }
            let done = match self.who.role {
                "rep" => self.as_rep(),
                "manager" => self.as_manager(),
                "service" => self.as_crm(),
                _ => self.as_admin(),
            };
            drop(gate);
            if done.is_none() {
                thread::sleep(3 * PAUSE);
            }
        }
    }

    /// Something a rep does; nothing where there was nothing to do.
    pub fn as_rep(&mut self) -> Option<()> {
        if self.scene.has_left(&self.who.principal()) {
            return self.as_nobody();
        }
        match self.random.random_range(0..100) {
            0..16 => {
                let account = self.pick("/api/v1/accounts?limit=200", |_| true)?;
                let note = format!("{}-{}", self.name, self.asked + 1);
                let body = json!({"account": account["id"], "stars": 1.5, "reasons": ["chemistry"], "note": note});
                self.ask("POST /api/v1/submissions", "/api/v1/submissions".to_owned(), "submit", "", "", body)?;
            }
            16..22 => {
                let one = self.pick("/api/v1/submissions?limit=200", |one| one["state"] == "open")?;
                let (id, tag) = (one["id"].as_str()?, one["version"].as_str()?);
                let path = format!("/api/v1/submissions/{id}/withdraw");
                self.ask("POST /api/v1/submissions/{id}/withdraw", path, "withdraw", id, tag, json!({}))?;
            }
            22..52 => {
                let is_open = |one: &Value| one["status"] == "proposed" && one["answer"] == "pending";
                let one = self.pick("/api/v1/proposals?limit=200", is_open)?;
                let (id, tag) = (one["id"].as_str()?, one["version"].as_str()?);
                if self.random.random_bool(0.9) {
                    let path = format!("/api/v1/proposals/{id}/accept");
                    self.ask("POST /api/v1/proposals/{id}/accept", path, "accept", id, tag, json!({}))?;
                } else {
                    let path = format!("/api/v1/proposals/{id}/decline");
                    let body = json!({"reason": "bad_time"});
                    let body = if self.random.random_bool(0.2) { body } else { json!({"reason": "other"}) };
                    self.ask("POST /api/v1/proposals/{id}/decline", path, "decline", id, tag, body)?;
                }
            }
            _ => {
                let own = |one: &Value| -> Vec<Value> {
                    let steps = one["steps"].as_array().cloned().unwrap_or_default();
                    let is_own = |step: &Value| {
                        let leg = &one["legs"][step["leg"].as_u64().unwrap_or(0) as usize];
                        step["state"] == "open" && leg["from"] == self.who.id.as_str()
                    };
                    steps.into_iter().filter(is_own).collect()
                };
                // One after the other, so that some come to their end.
                let all = self.items("/api/v1/handovers?limit=200");
                let one = all.iter().find(|one| one["state"] == "approved" && !own(one).is_empty())?;
                let (id, tag) = (one["id"].as_str()?, one["version"].as_str()?);
                let step = own(one).choose(&mut self.random)?.clone();
                let (leg, kind) = (step["leg"].as_u64()?, step["kind"].as_str()?);
                let path = format!("/api/v1/handovers/{id}/steps/{leg}/{kind}/complete");
                let subject = format!("{id}/{leg}/{kind}");
                let operation = "POST /api/v1/handovers/{id}/steps/{leg}/{kind}/complete";
                let body = match kind {
                    "effective_date" => json!({"note": "as agreed", "effective_on": chrono::Utc::now().date_naive()}),
                    _ => json!({"note": "as agreed"}),
                };
                self.ask(operation, path, "complete", &subject, tag, body)?;
            }
        }
        Some(())
    }

    /// What somebody still asks for now and then who may not ask any more.
    fn as_nobody(&mut self) -> Option<()> {
        if self.random.random_bool(0.1) {
            let note = format!("{}-{}", self.name, self.asked + 1);
            let account = format!("a{}-0", &self.who.id[1..]);
            let body = json!({"account": account, "stars": 1.5, "reasons": ["chemistry"], "note": note});
            self.ask("POST /api/v1/submissions", "/api/v1/submissions".to_owned(), "submit", "", "", body)?;
        }
        None
    }

    fn as_manager(&mut self) -> Option<()> {
        let roll = self.random.random_range(0..100);
        if roll < 6 {
            let account = self.pick("/api/v1/accounts?limit=200", |_| true)?;
            let kind = if self.random.random_bool(0.3) { "freeze" } else { "release" };
            let body = json!({"kind": kind, "accounts": [account["id"]], "reason": "workload", "note": "as agreed"});
            self.ask("POST /api/v1/overrides", "/api/v1/overrides".to_owned(), kind, "", "", body)?;
            return Some(());
        }
        if roll < 14 {
            let open = self.items("/api/v1/submissions?limit=200");
            let open: Vec<&Value> =
                open.iter().filter(|one| matches!(one["state"].as_str(), Some("open" | "reserved"))).collect();
            let (one, other) = (open.choose(&mut self.random)?, open.choose(&mut self.random)?);
            let accounts = [&one["account"], &other["account"]];
            let body = json!({"kind": "force", "accounts": accounts, "reason": "safety", "note": "as agreed"});
            self.ask("POST /api/v1/overrides", "/api/v1/overrides".to_owned(), "force", "", "", body)?;
            return Some(());
        }
        let is_live = |one: &Value| matches!(one["state"].as_str(), Some("proposed" | "accepted"));
        let one = match roll {
            14..20 => self.pick("/api/v1/proposals?limit=200", is_live)?,
            _ => self.pick("/api/v1/proposals?limit=200", |one| one["state"] == "accepted")?,
        };
        let (id, tag) = (one["id"].as_str()?, one["version"].as_str()?);
        match roll {
            14..17 => {
                let path = format!("/api/v1/proposals/{id}/veto");
                self.ask("POST /api/v1/proposals/{id}/veto", path, "veto", id, tag, json!({}))?;
            }
            17..20 => {
                let body = json!({"kind": "extend", "proposal": id, "hours": 2, "reason": "absence", "note": "agreed"});
                self.ask("POST /api/v1/overrides", "/api/v1/overrides".to_owned(), "extend", "", tag, body)?;
            }
            _ => {
                let path = format!("/api/v1/proposals/{id}/approve");
                self.ask("POST /api/v1/proposals/{id}/approve", path, "approve", id, tag, json!({}))?;
            }
        }
        Some(())
    }

    fn as_crm(&mut self) -> Option<()> {
        let one = self.pick("/api/v1/handovers?limit=200", |one| one["state"] == "executing")?;
        let (id, tag) = (one["id"].as_str()?, one["version"].as_str()?);
        let path = format!("/api/v1/handovers/{id}/confirm");
        self.ask("POST /api/v1/handovers/{id}/confirm", path, "confirm", id, tag, json!({}))?;
        Some(())
    }

    /// Runs a night that had none, while there are any; and lets two people go.
    fn as_admin(&mut self) -> Option<()> {
        if let Some((_, id)) = LEAVERS.iter().find(|(after, _)| *after == self.asked) {
            let (operation, body) = ("POST /api/v1/people", json!({"id": id, "state": "deactivated"}));
            let answer = self.ask(operation, operation[5..].to_owned(), "enrol", id, "", body)?;
            if answer.status == 201 {
                self.scene.leaves(&format!("rep:{id}"));
            }
            return Some(());
        }
        let today: NaiveDate = chrono::Utc::now().date_naive();
        let scope = *["all", "north", "south"].choose(&mut self.random)?;
        let date = today - Days::new(self.random.random_range(0..32));
        let is_shadow = self.random.random_bool(0.1);
        let body = json!({"scope": scope, "business_date": date, "shadow": is_shadow});
        self.ask("POST /api/v1/runs", "/api/v1/runs".to_owned(), "start", "", "", body)?;
        Some(())
    }
}

/// A morning: every rep submits some accounts, there is a run, and what it proposed is accepted and approved, so that there is
/// something of everything to do.
pub fn begin_the_day(scene: &Scene, company: &Company) {
    let ask = |who: &Person, operation, path: String, action, of: (&str, &str), key: String, body| {
        let (subject, if_match) = (of.0.to_owned(), of.1.to_owned());
        let change = Change { operation, path, action, subject, key, if_match, body };
        let answer = scene.change(who, &change).expect("nothing is broken yet");
        assert!(answer.status < 300, "{operation}: {}", answer.body);
    };
    let agree = |who: &Person, operation: &'static str, action, is_wanted: fn(&Value) -> bool| {
        let page = scene.get(who, "/api/v1/proposals?limit=200").expect("nothing is broken yet");
        let items = page["items"].as_array().expect("a page");
        for one in items.iter().filter(|one| is_wanted(one)) {
            let (id, tag) = (one["id"].as_str().expect("an id"), one["version"].as_str().expect("a version"));
            let (path, tag) = (operation[5..].replace("{id}", id), format!("\"{tag}\""));
            ask(who, operation, path, action, (id, &tag), format!("morning-{id}"), json!({}));
        }
    };
    thread::scope(|scope| {
        for who in &company.reps {
            scope.spawn(move || {
                for account in 0..SUBMITTED_EACH {
                    let (operation, key) = ("POST /api/v1/submissions", format!("morning-{account}"));
                    let account = format!("a{}-{account}", &who.id[1..]);
                    let body = json!({"account": account, "stars": 1.5, "reasons": ["chemistry"]});
                    ask(who, operation, operation[5..].to_owned(), "submit", ("", ""), key, body);
                }
            });
        }
    });
    let (operation, body) = ("POST /api/v1/runs", json!({"scope": "all"}));
    ask(&company.admin, operation, operation[5..].to_owned(), "start", ("", ""), "morning".to_owned(), body);
    for who in &company.reps {
        agree(who, "POST /api/v1/proposals/{id}/accept", "accept", |one| one["answer"] == "pending");
    }
    for who in &company.managers {
        agree(who, "POST /api/v1/proposals/{id}/approve", "approve", |one| one["state"] == "accepted");
    }
}

/// Accounts of each rep that are submitted in the morning.
const SUBMITTED_EACH: usize = 2;

/// After so many requests of the admin this rep may not ask any more.
const LEAVERS: [(u64, &str); 2] = [(5, "r11"), (50, "r10")];

/// Lets sixteen clients work while `breaks` does its worst, and stops them when it returns.
pub fn under_writers<T>(scene: &Scene, company: &Company, seed: u64, breaks: impl FnOnce() -> T) -> T {
    let people = company.reps.iter().chain(&company.managers).chain([&company.crm, &company.admin]);
    thread::scope(|scope| {
        for (number, who) in (0..).zip(people) {
            let client = Client::new(scene, who, seed, number);
            scope.spawn(move || client.work());
        }
        // A panic must not leave the clients at work for ever, nor asking somebody who never serves again.
        struct Over<'a>(&'a Scene);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.is_given_up.store(thread::panicking(), Ordering::SeqCst);
                self.0.ends();
            }
        }
        let _over = Over(scene);
        breaks()
    })
}
