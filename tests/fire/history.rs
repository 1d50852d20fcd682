//! What many people did to one account at once, as if it had been done one after the other.
//!
//! In go operations with the moments of their call and their answer, and what they were answered; out comes whether there is
//! an order in which a single register could have given these answers, each operation taking effect between its call and its
//! answer (linearizability: M. Herlihy and J. Wing, 1990). The search is that of J. Wing and C. Gong, 1993, with the memory
//! of G. Lowe, 2017: a set of operations done and a state are looked at once. Histories are independent by account and by
//! proposal, so each is checked apart.
//! Cost: exponential in the operations under way at once at worst, which is the number of people; linear where they agree.
//! Holds: planted histories that no order explains are refused.

use super::{
    company::Person,
    service::{Ask, send},
    *,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashSet},
    hash::Hash,
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

/// One operation: when it was called and answered, and what it was.
#[derive(Debug, Clone)]
struct Operation<O> {
    called: u64,
    answered: u64,
    what: O,
}

/// A thing that does one operation after another.
trait Register: Clone + Eq + Hash {
    type Operation: std::fmt::Debug;

    /// The state after an operation with its answer; nothing where it would have answered otherwise.
    fn after(&self, operation: &Self::Operation) -> Option<Self>;
}

/// Whether some order of the operations explains every answer.
fn is_linearizable<R: Register>(start: &R, operations: &[Operation<R::Operation>]) -> bool {
    let mut order: Vec<usize> = (0..operations.len()).collect();
    order.sort_by_key(|&at| operations[at].called);
    let mut seen: HashSet<(Vec<u64>, R)> = HashSet::new();
    let mut done = vec![0_u64; operations.len().div_ceil(64)];
    // Each step: the state before it, and which operation was done.
    let mut path: Vec<(R, usize)> = Vec::new();
    let (mut state, mut from) = (start.clone(), 0);
    let is_done = |done: &[u64], at: usize| done[at / 64] >> (at % 64) & 1 == 1;
    loop {
        // Whatever is called before the first answer that is still open may be next.
        let first_answer = order.iter().filter(|&&at| !is_done(&done, at)).map(|&at| operations[at].answered).min();
        let Some(first_answer) = first_answer else { return true };
        let next = (from..order.len()).find_map(|place| {
            let at = order[place];
            if is_done(&done, at) || operations[at].called > first_answer {
                return None;
            }
            let after = state.after(&operations[at].what)?;
            let mut with = done.clone();
            with[at / 64] |= 1 << (at % 64);
            seen.insert((with, after.clone())).then_some((place, after))
        });
        match next {
            Some((place, after)) => {
                let at = order[place];
                done[at / 64] |= 1 << (at % 64);
                path.push((std::mem::replace(&mut state, after), place));
                from = 0;
            }
            None => {
                let Some((before, place)) = path.pop() else { return false };
                let at = order[place];
                done[at / 64] &= !(1 << (at % 64));
                (state, from) = (before, place + 1);
            }
        }
    }
}

/// What is asked of an account, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum OfAccount {
    /// It was submitted, under this id.
    Submitted(String),
    /// It had been before.
    SubmittedBefore,
    /// This submission was withdrawn.
    Withdrawn(String),
    /// It could not be.
    NotWithdrawn(String),
    /// It was read, and was open or not.
    Read(String, bool),
}

/// Which submission of an account is open.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
struct Account(Option<String>);

impl Register for Account {
    type Operation = OfAccount;

    fn after(&self, operation: &OfAccount) -> Option<Self> {
        let is_open = |id: &String| self.0.as_ref() == Some(id);
        let (fits, after) = match operation {
            OfAccount::Submitted(id) => (self.0.is_none(), Self(Some(id.clone()))),
            OfAccount::SubmittedBefore => (self.0.is_some(), self.clone()),
            OfAccount::Withdrawn(id) => (is_open(id), Self(None)),
            OfAccount::NotWithdrawn(id) => (!is_open(id), self.clone()),
            OfAccount::Read(id, open) => (is_open(id) == *open, self.clone()),
        };
        fits.then_some(after)
    }
}

/// What is asked of a proposal of two, and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum OfProposal {
    /// This party's answer was taken: whether they accept.
    Answered(usize, bool),
    /// It was refused.
    Refused(usize),
    /// This party read their own answer.
    Own(usize, &'static str),
}

/// What each party has answered. A colleague's answer changes nothing of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Proposal([&'static str; 2]);

impl Register for Proposal {
    type Operation = OfProposal;

    fn after(&self, operation: &OfProposal) -> Option<Self> {
        match *operation {
            OfProposal::Answered(party, accepts) => {
                let mut after = self.clone();
                after.0[party] = if accepts { "accepted" } else { "declined" };
                (self.0[party] == "pending").then_some(after)
            }
            OfProposal::Refused(party) => (self.0[party] != "pending").then(|| self.clone()),
            OfProposal::Own(party, answer) => (self.0[party] == answer).then(|| self.clone()),
        }
    }
}

fn history<O>(operations: Vec<(u64, u64, O)>) -> Vec<Operation<O>> {
    operations.into_iter().map(|(called, answered, what)| Operation { called, answered, what }).collect()
}

#[test]
fn a_history_that_no_order_explains_is_refused() {
    use OfAccount::*;
    let id = |text: &str| text.to_owned();
    let start = Account::default();
    let check = |operations: Vec<(u64, u64, OfAccount)>| is_linearizable(&start, &history(operations));
    assert!(check(vec![]));
    assert!(check(vec![(0, 9, Submitted(id("a"))), (1, 2, SubmittedBefore), (3, 4, Read(id("a"), true))]));
    assert!(check(vec![(0, 9, Withdrawn(id("a"))), (1, 8, Submitted(id("a"))), (2, 7, Read(id("a"), false))]));
    assert!(!check(vec![(0, 1, Submitted(id("a"))), (2, 3, Submitted(id("b")))]), "two at once");
    assert!(!check(vec![(0, 1, Submitted(id("a"))), (2, 3, Read(id("a"), false))]), "an acknowledged write is lost");
    assert!(!check(vec![(0, 1, SubmittedBefore)]), "refused for nothing");
    assert!(
        !check(vec![
            (0, 1, Submitted(id("a"))),
            (2, 9, Withdrawn(id("a"))),
            (3, 4, Read(id("a"), false)),
            (5, 6, Read(id("a"), true))
        ]),
        "a read goes back in time"
    );
    let both = Proposal(["pending"; 2]);
    let check = |operations: Vec<(u64, u64, OfProposal)>| is_linearizable(&both, &history(operations));
    assert!(check(vec![
        (0, 5, OfProposal::Answered(0, true)),
        (0, 5, OfProposal::Answered(1, false)),
        (2, 3, OfProposal::Own(0, "pending"))
    ]));
    assert!(!check(vec![(0, 1, OfProposal::Answered(0, true)), (2, 3, OfProposal::Answered(0, false))]), "two answers");
    assert!(
        !check(vec![(0, 1, OfProposal::Answered(0, true)), (2, 3, OfProposal::Own(0, "pending"))]),
        "an answer is lost"
    );
}

/// What one client remembers: of which account or proposal, and what.
enum Remembered {
    Account(String, Operation<OfAccount>),
    Proposal(String, Operation<OfProposal>),
}

/// Several people, each with several hands, at a few accounts of their own and at the proposals between them.
struct Crowd<'a> {
    address: &'a str,
    began: Instant,
    left: &'a AtomicUsize,
}

impl Crowd<'_> {
    fn send(
        &self,
        who: &Person,
        method: &'static str,
        path: String,
        key: &str,
        tag: &str,
        body: &Value,
    ) -> (u64, u64, u16, Value) {
        let ask = Ask {
            method,
            path,
            token: who.token.clone(),
            key: key.to_owned(),
            if_match: if tag.is_empty() { String::new() } else { format!("\"{tag}\"") },
            body: if method == "GET" { String::new() } else { body.to_string() },
            ..Ask::default()
        };
        let now = || u64::try_from(self.began.elapsed().as_nanos()).expect("some centuries at most");
        let called = now();
        let answer = send(self.address, &ask).ok().flatten().expect("nothing is broken here");
        (called, now(), answer.status, serde_json::from_str(&answer.body).unwrap_or_default())
    }

    /// One hand of a person, until enough is done. `accounts` are the person's; several hands are at the same.
    fn work(
        &self,
        who: &Person,
        accounts: &[String],
        proposals: &[(String, usize)],
        mut random: StdRng,
        hand: usize,
    ) -> Vec<Remembered> {
        let mut remembered = Vec::new();
        let mut known: BTreeMap<&str, (String, String)> = BTreeMap::new();
        let mut asked = 0;
        while self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
            asked += 1;
            let key = format!("h{hand}-{asked}");
            let roll = random.random_range(0..100);
            if roll < 25 && !proposals.is_empty() {
                let (id, party) = &proposals[random.random_range(0..proposals.len())];
                let (called, answered, status, view) =
                    self.send(who, "GET", format!("/api/v1/proposals/{id}"), "", "", &Value::Null);
                assert_eq!(status, 200, "{view}");
                let own = ["pending", "accepted", "declined"].into_iter().find(|word| view["answer"] == *word);
                let what = OfProposal::Own(*party, own.expect("one of the three"));
                remembered.push(Remembered::Proposal(id.clone(), Operation { called, answered, what }));
                if random.random_bool(0.7) {
                    continue;
                }
                let accepts = random.random_bool(0.5);
                let verb = if accepts { "accept" } else { "decline" };
                let body = if accepts { json!({}) } else { json!({"reason": "other"}) };
                let tag = view["version"].as_str().expect("a version");
                let (called, answered, status, view) =
                    self.send(who, "POST", format!("/api/v1/proposals/{id}/{verb}"), &key, tag, &body);
                let what = match status {
                    200 => OfProposal::Answered(*party, accepts),
                    409 | 412 => OfProposal::Refused(*party),
                    _ => panic!("{status} {view}"),
                };
                remembered.push(Remembered::Proposal(id.clone(), Operation { called, answered, what }));
                continue;
            }
            let account = &accounts[random.random_range(0..accounts.len())];
            let of =
                |called, answered, what| Remembered::Account(account.clone(), Operation { called, answered, what });
            match (roll, known.get(account.as_str()).cloned()) {
                (..60, _) | (_, None) => {
                    let body = json!({"account": account, "stars": 1.5, "reasons": ["chemistry"]});
                    let (called, answered, status, view) =
                        self.send(who, "POST", "/api/v1/submissions".to_owned(), &key, "", &body);
                    match status {
                        201 => {
                            let text = |field: &str| view[field].as_str().expect("a text").to_owned();
                            known.insert(account, (text("id"), text("version")));
                            remembered.push(of(called, answered, OfAccount::Submitted(text("id"))));
                        }
                        409 if view["code"] == "already_submitted" => {
                            remembered.push(of(called, answered, OfAccount::SubmittedBefore));
                        }
                        _ => panic!("{status} {view}"),
                    }
                }
                (..75, Some((id, tag))) => {
                    let path = format!("/api/v1/submissions/{id}/withdraw");
                    let (called, answered, status, view) = self.send(who, "POST", path, &key, &tag, &json!({}));
                    let what = match status {
                        200 => OfAccount::Withdrawn(id),
                        409 | 412 => OfAccount::NotWithdrawn(id),
                        _ => panic!("{status} {view}"),
                    };
                    remembered.push(of(called, answered, what));
                }
                (_, Some((id, _))) => {
                    let (called, answered, _, view) =
                        self.send(who, "GET", format!("/api/v1/submissions/{id}"), "", "", &Value::Null);
                    remembered.push(of(called, answered, OfAccount::Read(id, view["state"] == "open")));
                }
            }
        }
        remembered
    }
}

/// How many hands each of four people has.
const HANDS: usize = 4;

/// Somebody who does nothing, but is a party to what the others answer, and what they look at all the while.
const WATCHER: usize = 5;
const WATCHED: [(&str, &str); 5] = [
    ("GET /api/v1/proposals", "/api/v1/proposals?limit=200"),
    ("GET /api/v1/submissions", "/api/v1/submissions?limit=200"),
    ("GET /api/v1/accounts", "/api/v1/accounts?limit=200"),
    ("GET /api/v1/handovers", "/api/v1/handovers"),
    ("GET /api/v1/audit", "/api/v1/audit?limit=200"),
];

fn a_crowd_at_a_few_accounts(name: &str, url: &str, operations: usize) {
    let seed = seed(name);
    let program = Program::new(url);
    let company = company::found(&program, 40);
    let mut watch = Watch::new(url, std::slice::from_ref(&program));
    let serving = program.serve();
    let began = Instant::now();
    // Proposals to answer: thirty accounts of each, and a run.
    let left = AtomicUsize::new(0);
    let setup = Crowd { address: &serving.address, began, left: &left };
    for (rep, who) in company.reps.iter().enumerate().filter(|(rep, _)| *rep < 4 || *rep == WATCHER) {
        for account in 10..40 {
            let body = json!({"account": format!("a{rep:02}-{account}"), "stars": 1.5, "reasons": ["chemistry"]});
            let (.., status, view) =
                setup.send(who, "POST", "/api/v1/submissions".to_owned(), &format!("s{account}"), "", &body);
            assert_eq!(status, 201, "{view}");
        }
    }
    let run = json!({"scope": "all"});
    let (.., status, view) = setup.send(&company.admin, "POST", "/api/v1/runs".to_owned(), "run", "", &run);
    assert_eq!(status, 201, "{view}");
    let mut by_rep: Vec<Vec<(String, usize)>> = Vec::new();
    let mut parties: BTreeMap<String, usize> = BTreeMap::new();
    for who in company.reps.iter().take(4) {
        let (.., view) = setup.send(who, "GET", "/api/v1/proposals?limit=200".to_owned(), "", "", &Value::Null);
        let own =
            view["items"].as_array().expect("a page").iter().map(|item| item["id"].as_str().expect("an id").to_owned());
        let numbered = own.map(|id| {
            let party = parties.entry(id.clone()).or_insert(0);
            *party += 1;
            (id, *party - 1)
        });
        by_rep.push(numbered.collect());
    }
    assert!(!parties.is_empty(), "{name}: {view}");

    left.store(operations, Ordering::SeqCst);
    let start = Barrier::new(4 * HANDS);
    let scene = Scene::new(&serving.address);
    let remembered: Vec<Remembered> = thread::scope(|scope| {
        scope.spawn(|| {
            let who = &company.reps[WATCHER];
            while left.load(Ordering::SeqCst) > 0 {
                for (operation, path) in WATCHED {
                    scene.glance(who, operation, path, 0);
                }
            }
        });
        let hands: Vec<_> = (0..4 * HANDS)
            .map(|hand| {
                let rep = hand % 4;
                let (who, proposals, start) = (&company.reps[rep], &by_rep[rep], &start);
                let crowd = Crowd { address: &serving.address, began, left: &left };
                scope.spawn(move || {
                    let accounts: Vec<String> = (0..5).map(|n| format!("a{rep:02}-{n}")).collect();
                    start.wait();
                    crowd.work(who, &accounts, proposals, StdRng::seed_from_u64(seed + hand as u64), hand)
                })
            })
            .collect();
        hands.into_iter().flat_map(|hand| hand.join().expect("a hand")).collect()
    });
    let done = began.elapsed();
    watch.expect_nothing(&scene, name);
    let glances = scene.log.lock().expect("nobody panics with it").len();
    let (mut accounts, mut proposals): (BTreeMap<_, Vec<_>>, BTreeMap<_, Vec<_>>) = Default::default();
    let count = remembered.len();
    for one in remembered {
        match one {
            Remembered::Account(id, operation) => accounts.entry(id).or_default().push(operation),
            Remembered::Proposal(id, operation) => proposals.entry(id).or_default().push(operation),
        }
    }
    for (id, operations) in &accounts {
        assert!(is_linearizable(&Account::default(), operations), "{name}: no order explains {id}: {operations:?}");
    }
    for (id, operations) in &proposals {
        assert!(
            is_linearizable(&Proposal(["pending"; 2]), operations),
            "{name}: no order explains {id}: {operations:?}"
        );
    }
    println!(
        "{name}: {count} operations by {} hands in {:.0} s on {} accounts and {} proposals, each in some order; checked in {:.1} s; {glances} glances \
         of somebody who did nothing, all the same",
        4 * HANDS,
        done.as_secs_f64(),
        accounts.len(),
        proposals.len(),
        (began.elapsed() - done).as_secs_f64(),
    );
}

#[test]
fn what_a_crowd_does_to_accounts_and_proposals_is_linearizable_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    a_crowd_at_a_few_accounts("history on sqlite", &sqlite(&folder), rounds(5_000, 100_000));
}

#[test]
fn what_a_crowd_does_to_accounts_and_proposals_is_linearizable_on_postgres() {
    let cluster = Cluster::start();
    let url = cluster.create("history");
    a_crowd_at_a_few_accounts("history on postgres", &url, rounds(5_000, 100_000));
}
