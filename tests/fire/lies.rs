//! A CRM that lies in every way there is, while sixteen people write and the service is killed.
//!
//! Holds: each change of owner it was asked for ends as its lie must: carried out, undone, or before two people; an account
//! that is on no way has the same owner here as in the CRM's own ledger; every invariant stands, by the auditor. What it has not
//! signed, and the very same bytes twice, are refused.
//! Deliberately absent: a CRM that says it has done what it has not. Only people can find that out.

use super::{
    auditor::Carried,
    clients::{begin_the_day, under_writers},
    listener::{TAKEN, message},
    service::{Ask, send},
    *,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::{
    collections::BTreeMap,
    io::Write as _,
    net::{TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

/// How the CRM deals with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Temper {
    Honest,
    /// Carries out and says so account by account, the last one first.
    LegByLeg,
    /// Says everything twice.
    Twice,
    /// Carries out and says nothing until it is asked again.
    Silent,
    /// Hangs up the first time.
    Unreachable,
    Slow,
    Refuses,
    /// Carries out but one account, and puts back what it is asked to.
    RefusesOne,
    /// Carries out but one account, and puts nothing back.
    PutsNothingBack,
    /// Carries out, says so, and then that it has not.
    TakesItBack,
    /// Says that an account belongs to somebody whom nobody expected.
    NamesAStranger,
    /// Somebody else speaks in its name first; and what it said is sent a second time by who overheard it.
    Overheard,
}

use Temper::*;

const TEMPERS: [Temper; 12] = [
    Honest,
    LegByLeg,
    Twice,
    Silent,
    Unreachable,
    Slow,
    Refuses,
    RefusesOne,
    PutsNothingBack,
    TakesItBack,
    NamesAStranger,
    Overheard,
];

impl Temper {
    /// How a change of owner ends that meets it.
    fn ends(self) -> &'static [&'static str] {
        match self {
            Refuses | RefusesOne => &["undone"],
            PutsNothingBack | TakesItBack | NamesAStranger => &["needs_attention"],
            _ => &["on_trial", "completed"],
        }
    }
}

/// What it was asked for, of one account.
#[derive(Debug, Clone)]
struct Leg {
    account: String,
    expected: String,
    new: String,
}

/// The CRM: its ledger, what it was asked for, and where the service is.
pub struct Crm {
    address: Mutex<String>,
    path: String,
    secret: Webhook,
    state: Mutex<State>,
    words: AtomicU64,
    is_over: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Whose each account is that it was ever asked about.
    ledger: BTreeMap<String, Carried>,
    /// How often each request came.
    came: BTreeMap<String, u32>,
    /// How it deals with each proposal.
    tempers: BTreeMap<String, Temper>,
    /// Answers it did not expect.
    surprises: Vec<String>,
}

impl Crm {
    /// A CRM that the program will ask. Nobody serves yet.
    fn of(program: &Program) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        let made = program.say(&["--json", "webhook", "create", &url, "--kind", "handover.execute"]);
        let made: Value = serde_json::from_str(&made).expect("JSON");
        let secret = made["secrets"]["callback_secret"].as_str().expect("shown once");
        let crm = Arc::new(Self {
            address: Mutex::default(),
            path: format!("/api/v1/callbacks/{}", made["webhook"]["id"].as_str().expect("an id")),
            secret: Webhook::new(secret).expect("a secret"),
            state: Mutex::default(),
            words: AtomicU64::new(0),
            is_over: AtomicBool::new(false),
        });
        let own = Arc::clone(&crm);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let own = Arc::clone(&own);
                // Who sends it may be killed at it.
                thread::spawn(move || own.asked(stream));
            }
        });
        crm
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }

    fn moves_to(&self, address: &str) {
        address.clone_into(&mut self.address.lock().expect("nobody panics with it"));
    }

    /// Whose each account is, by its ledger.
    pub fn carried(&self) -> Vec<Carried> {
        self.state().ledger.values().cloned().collect()
    }

    fn asked(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let Some((_, body)) = message(&stream)? else { return Ok(()) };
        let body: Value = serde_json::from_slice(&body)?;
        let text = |name: &str| body["data"][name].as_str().expect("it is there").to_owned();
        let (request, proposal, way) = (text("request"), text("proposal"), text("way"));
        let legs = body["data"]["legs"].as_array().expect("a list");
        let word = |leg: &Value, name: &str| leg[name].as_str().expect("it is there").to_owned();
        let legs: Vec<Leg> = legs
            .iter()
            .map(|leg| Leg {
                account: word(leg, "account"),
                expected: word(leg, "expected_owner"),
                new: word(leg, "new_owner"),
            })
            .collect();
        let (temper, times) = {
            let mut state = self.state();
            let next = TEMPERS[state.tempers.len() % TEMPERS.len()];
            let temper = *state.tempers.entry(proposal.clone()).or_insert(next);
            let times = state.came.entry(request.clone()).or_default();
            *times += 1;
            (temper, *times)
        };
        if temper == Unreachable && times == 1 {
            return Ok(());
        }
        stream.write_all(TAKEN)?;
        drop(stream);
        let asked = Asked { crm: self, request, proposal, legs };
        if way == "restore" {
            asked.puts_back(temper)
        } else {
            asked.deals(temper, times)
        }
        Ok(())
    }
}

/// One request that it has taken.
struct Asked<'a> {
    crm: &'a Crm,
    request: String,
    proposal: String,
    legs: Vec<Leg>,
}

impl Asked<'_> {
    fn deals(&self, temper: Temper, times: u32) {
        let all = &self.legs[..];
        let (last, others) = all.split_last().expect("two accounts at least");
        match temper {
            Honest | Unreachable => self.carries_out(all),
            Slow => {
                // Nothing hangs on how long.
                thread::sleep(Duration::from_millis(1500));
                self.carries_out(all);
            }
            LegByLeg => all.rchunks(1).for_each(|one| self.carries_out(one)),
            Twice => {
                self.carries_out(all);
                self.carries_out(all);
            }
            Silent if times == 1 => self.carries(all),
            Silent => self.carries_out(all),
            Refuses => self.refuses(all),
            RefusesOne | PutsNothingBack => {
                self.refuses(std::slice::from_ref(last));
                self.carries_out(others);
            }
            TakesItBack => {
                self.carries_out(all);
                self.refuses(all);
            }
            NamesAStranger => {
                let whose = |rep: &String| all.iter().any(|leg| [&leg.expected, &leg.new].contains(&rep));
                let stranger =
                    (0..).map(|number| format!("r{number:02}")).find(|rep| !whose(rep)).expect("there are more");
                self.says("handover.refused", &[(last, &stranger)]);
            }
            Overheard => {
                let word =
                    self.word("handover.refused", &all.iter().map(|leg| (leg, &leg.expected)).collect::<Vec<_>>());
                let other = Webhook::new("whsec_c29tZWJvZHkgZWxzZSdzIHNlY3JldCwgbm90IGl0cw==").expect("a secret");
                self.send(&word, &other, &[401]);
                self.carries(all);
                let word = self.word("handover.applied", &all.iter().map(|leg| (leg, &leg.new)).collect::<Vec<_>>());
                self.send(&word, &self.crm.secret, &[200]);
                self.send(&word, &self.crm.secret, &[409]);
            }
        }
    }

    fn puts_back(&self, temper: Temper) {
        match temper {
            PutsNothingBack => self.refuses(&self.legs),
            _ => self.carries_out(&self.legs),
        }
    }

    /// Changes its ledger.
    fn carries(&self, legs: &[Leg]) {
        let mut state = self.crm.state();
        for Leg { account, new, .. } in legs {
            let carried = Carried { proposal: self.proposal.clone(), account: account.clone(), owner: new.clone() };
            state.ledger.insert(account.clone(), carried);
        }
    }

    /// Changes its ledger and says so.
    fn carries_out(&self, legs: &[Leg]) {
        self.carries(legs);
        self.says("handover.applied", &legs.iter().map(|leg| (leg, &leg.new)).collect::<Vec<_>>());
    }

    /// Says that it leaves accounts where they are.
    fn refuses(&self, legs: &[Leg]) {
        self.says("handover.refused", &legs.iter().map(|leg| (leg, &leg.expected)).collect::<Vec<_>>());
    }

    fn says(&self, kind: &str, legs: &[(&Leg, &String)]) {
        self.send(&self.word(kind, legs), &self.crm.secret, &[200]);
    }

    fn word(&self, kind: &str, legs: &[(&Leg, &String)]) -> Word {
        let legs: Vec<Value> =
            legs.iter().map(|(leg, owner)| json!({"account": leg.account, "owner": owner})).collect();
        Word {
            id: format!("msg_{}", self.crm.words.fetch_add(1, Ordering::SeqCst)),
            at: chrono::Utc::now().timestamp(),
            body: json!({"type": kind, "data": {"request": self.request, "legs": legs}}).to_string(),
        }
    }

    /// Sends a word until it is taken or refused, and remembers what was not expected.
    fn send(&self, word: &Word, by: &Webhook, expected: &[u16]) {
        let mut is_in_doubt = false;
        while !self.crm.is_over.load(Ordering::SeqCst) {
            let address = self.crm.address.lock().expect("nobody panics with it").clone();
            match send(&address, &word.signed(&self.crm.path, by)) {
                Ok(Some(answer)) if answer.status < 500 => {
                    // What it heard nothing of may have been taken.
                    let is_known = is_in_doubt && answer.status == 409;
                    if !is_known && !expected.contains(&answer.status) {
                        let what = format!("{} to {}: {}", answer.status, word.body, answer.body);
                        self.crm.state().surprises.push(what);
                    }
                    return;
                }
                Ok(_) => is_in_doubt = true,
                Err(_) => {}
            }
            thread::sleep(scene::PAUSE);
        }
    }
}

/// Something it says: the same bytes each time.
struct Word {
    id: String,
    at: i64,
    body: String,
}

impl Word {
    fn signed(&self, path: &str, by: &Webhook) -> Ask {
        let Self { id, at, body } = self;
        let signature = by.sign(id, *at, body.as_bytes()).expect("it signs");
        Ask {
            method: "POST",
            path: path.to_owned(),
            more: format!("webhook-id: {id}\r\nwebhook-timestamp: {at}\r\nwebhook-signature: {signature}\r\n"),
            body: body.clone(),
            ..Ask::default()
        }
    }
}

/// Asks a CRM that lies for the changes of owner of so many proposals, and kills the service meanwhile.
fn lies_under_fire(name: &str, url: &str, wanted: usize) {
    let seed = seed(name);
    let mut random = StdRng::seed_from_u64(seed);
    let mut program = Program::new(url);
    program.set("NIGHT__WAKE_UP_SECONDS", "1");
    program.set("CRM__REPEAT_AFTER_MINUTES", "1");
    let mut company = company::found(&program, 40);
    // The CRM speaks for itself.
    company.crm = company.managers[0].clone();
    let crm = Crm::of(&program);
    let mut watch = Watch::new(url, std::slice::from_ref(&program));
    watch.crm = Some(&crm);
    let mut serving = program.serve();
    crm.moves_to(&serving.address);
    let scene = Scene::new(&serving.address);
    begin_the_day(&scene, &company);
    let (began, mut kills) = (Instant::now(), 0);
    under_writers(&scene, &company, seed, || {
        while crm.state().tempers.len() < wanted {
            assert!(began.elapsed() < Duration::from_secs(1800), "{name}: the CRM is asked for little");
            let until = scene.sent.load(Ordering::SeqCst) + random.random_range(50..300);
            while scene.sent.load(Ordering::SeqCst) < until {
                // Nothing hangs on how long: the moment is to be random.
                thread::sleep(Duration::from_micros(500));
            }
            serving.kill();
            serving = program.serve();
            scene.moves_to(&serving.address);
            crm.moves_to(&serving.address);
            kills += 1;
            if kills % 5 == 0 {
                watch.expect_nothing(&scene, &format!("{name}, kill {kills}"));
            }
        }
    });
    // Who says nothing is asked again after a minute.
    let until = Instant::now() + Duration::from_secs(300);
    while count(watch.expect_nothing(&scene, "after all"), &["executing"]) > 0 {
        assert!(Instant::now() < until, "{name}: it waits for ever");
        thread::sleep(Duration::from_millis(500));
    }
    crm.is_over.store(true, Ordering::SeqCst);
    drop(serving);
    let state = crm.state();
    assert!(state.surprises.is_empty(), "{name}: {:#?}", state.surprises);
    let mut ends = BTreeMap::<(Temper, &str), usize>::new();
    for (proposal, temper) in &state.tempers {
        let end = Books::by_id(&watch.earlier.proposals, proposal).expect("it asked for it").text("state");
        assert!(temper.ends().contains(&end), "{name}: proposal {proposal} is {end}, and the CRM {temper:?}");
        *ends.entry((*temper, end)).or_default() += 1;
    }
    println!(
        "{name}: {} changes of owner, {} requests, {} words of the CRM, {kills} kills in {:.0} s; {} audits, no violation: {ends:?}",
        state.tempers.len(),
        state.came.values().sum::<u32>(),
        crm.words.load(Ordering::SeqCst),
        began.elapsed().as_secs_f64(),
        watch.audits,
    );
}

#[test]
fn a_crm_that_lies_in_every_way_leaves_nothing_in_between_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    lies_under_fire("sqlite", &sqlite(&folder), rounds(12, 120));
}

#[test]
fn a_crm_that_lies_in_every_way_leaves_nothing_in_between_on_postgres() {
    let cluster = Cluster::start();
    let url = cluster.create("fire");
    lies_under_fire("postgres", &url, rounds(12, 120));
}
