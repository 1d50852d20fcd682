//! Where the service is, and what is said to it while everything around it breaks.
//!
//! In go changes that people ask for; out come answers that settle them, and a log of all that was said. A request without an
//! answer, or with one that asks to come back (5xx, and 409 where its key is at work), is sent again with the same key and the
//! same bytes, to whoever serves by then.
//! Deliberately absent: what is asked for, and by whom.

use super::{
    auditor::Exchange,
    company::Person,
    service::{Answer, Ask, send},
};
use serde_json::Value;
use std::{
    sync::{
        Condvar, Mutex, RwLock, RwLockWriteGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How long a client waits before it asks again.
pub const PAUSE: Duration = Duration::from_millis(10);

/// What clients and whoever breaks things share.
pub struct Scene {
    /// Where the service is; told whenever it moves.
    address: (Mutex<String>, Condvar),
    /// All that was sent, in the order in which answers came.
    pub log: Mutex<Vec<Exchange>>,
    /// Requests that reached somebody so far, each attempt counted.
    pub sent: AtomicU64,
    /// Held by each client from a request to what settles it; whoever audits takes it alone.
    pub gate: RwLock<()>,
    /// Who was made powerless, by role and id, and when they were.
    pub left: Mutex<Vec<(String, u64)>>,
    /// Whether nobody begins anything any more.
    pub is_over: AtomicBool,
    /// Whether nobody waits for an answer any more either.
    pub is_given_up: AtomicBool,
    began: Instant,
}

impl Scene {
    pub fn new(address: &str) -> Self {
        Self {
            address: (Mutex::new(address.to_owned()), Condvar::new()),
            log: Mutex::default(),
            sent: AtomicU64::new(0),
            gate: RwLock::new(()),
            left: Mutex::default(),
            is_over: AtomicBool::new(false),
            is_given_up: AtomicBool::new(false),
            began: Instant::now(),
        }
    }

    /// Waits until nobody is in the middle of anything; nobody begins anything while this is held.
    pub fn alone(&self) -> RwLockWriteGuard<'_, ()> {
        self.gate.write().expect("no client panics with it")
    }

    pub fn ends(&self) {
        self.is_over.store(true, Ordering::SeqCst);
    }

    pub fn moves_to(&self, address: &str) {
        address.clone_into(&mut self.address.0.lock().expect("no client panics with it"));
        self.address.1.notify_all();
    }

    fn address(&self) -> String {
        self.address.0.lock().expect("no client panics with it").clone()
    }

    /// Waits until the service is elsewhere; not for long, for it may have come back where it was.
    fn await_move(&self, from: &str) {
        let (address, told) = (&self.address.0, &self.address.1);
        let address = address.lock().expect("no client panics with it");
        let waited = told.wait_timeout_while(address, 10 * PAUSE, |now| now == from);
        drop(waited.expect("no client panics with it"));
    }

    /// Reads as somebody, if the service answers well.
    pub fn get(&self, who: &Person, path: &str) -> Option<Value> {
        let ask = Ask { method: "GET", path: path.to_owned(), token: who.token.clone(), ..Ask::default() };
        let answer = send(&self.address(), &ask).ok()??;
        (answer.status == 200).then(|| serde_json::from_str(&answer.body).ok())?
    }

    /// Reads what must not change by what others do, and puts it into the log.
    pub fn glance(&self, who: &Person, operation: &'static str, path: &str, glance: u64) {
        let ask = Ask { method: "GET", path: path.to_owned(), token: who.token.clone(), ..Ask::default() };
        let answer = send(&self.address(), &ask).ok().flatten().filter(|answer| answer.status == 200);
        self.note(Exchange {
            principal: who.principal(),
            operation,
            deed: None,
            key: String::new(),
            has_if_match: false,
            began: 0,
            answer: answer.map(|answer| (answer.status, answer.body)),
            glance: Some(glance),
        });
    }

    /// From now on nothing this person sends may be done.
    pub fn leaves(&self, principal: &str) {
        let now = self.elapsed();
        self.left.lock().expect("no client panics with it").push((principal.to_owned(), now));
    }

    /// Whether somebody was made powerless.
    pub fn has_left(&self, principal: &str) -> bool {
        self.left.lock().expect("no client panics with it").iter().any(|(who, _)| who == principal)
    }

    fn elapsed(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).expect("some centuries at most")
    }

    fn note(&self, exchange: Exchange) {
        self.log.lock().expect("no client panics with it").push(exchange);
    }

    /// Asks for a change until an answer settles it; nothing where all is given up before.
    pub fn change(&self, who: &Person, change: &Change) -> Option<Answer> {
        let ask = Ask {
            method: "POST",
            path: change.path.clone(),
            token: who.token.clone(),
            key: change.key.clone(),
            if_match: change.if_match.clone(),
            body: change.body.to_string(),
            ..Ask::default()
        };
        while !self.is_given_up.load(Ordering::SeqCst) {
            let address = self.address();
            let began = self.elapsed();
            let Ok(answer) = send(&address, &ask) else {
                // Nobody serves there, so nothing was sent.
                self.await_move(&address);
                continue;
            };
            self.sent.fetch_add(1, Ordering::SeqCst);
            let subject = match &answer {
                // What was made is called what its answer says.
                Some(answer) if change.subject.is_empty() => serde_json::from_str::<Value>(&answer.body)
                    .ok()
                    .and_then(|body| body["id"].as_str().map(str::to_owned)),
                _ => Some(change.subject.clone()).filter(|subject| !subject.is_empty()),
            };
            let is_in_progress = answer.as_ref().is_some_and(|one| one.body.contains("idempotency_key_in_progress"));
            self.note(Exchange {
                principal: who.principal(),
                operation: change.operation,
                deed: subject.map(|subject| (change.action, subject)),
                key: change.key.clone(),
                has_if_match: !change.if_match.is_empty(),
                began,
                // That the key is at work settles nothing.
                answer: answer.as_ref().filter(|_| !is_in_progress).map(|one| (one.status, one.body.clone())),
                glance: None,
            });
            match answer {
                Some(answer) if answer.status < 500 && !is_in_progress => return Some(answer),
                _ => thread::sleep(PAUSE),
            }
        }
        None
    }
}

/// A change somebody asks for.
#[derive(Debug, Clone)]
pub struct Change {
    pub operation: &'static str,
    pub path: String,
    /// What the audit log calls the deed.
    pub action: &'static str,
    /// What it is done to; empty where its answer says.
    pub subject: String,
    pub key: String,
    pub if_match: String,
    pub body: Value,
}
