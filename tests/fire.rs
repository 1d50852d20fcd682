//! Under fire: the program itself is killed, frozen and cut off while people write, and an auditor written apart looks
//! whether anything was lost, doubled, half-done or leaked.
//!
//! The short form runs with the other tests. The long one is
//! `ACCOUNT_SWAP_FIRE=long tests/run --release --test fire -- --test-threads=1 --nocapture`; the README has a table of how
//! often each breaks what.
//! Each test prints the seed it went by; `ACCOUNT_SWAP_FIRE_SEED=N` goes by another one, `ACCOUNT_SWAP_FIRE_LOG=1` shows
//! what the service says.
//! What the clients do hangs on the seed; when a signal meets them hangs on the machine, so a seed brings back a situation
//! and not a schedule.

#[path = "fire/auditor/mod.rs"]
mod auditor;
#[path = "fire/clients.rs"]
mod clients;
#[path = "fire/cluster.rs"]
mod cluster;
#[path = "fire/company.rs"]
mod company;
#[path = "fire/history.rs"]
mod history;
#[path = "fire/kills.rs"]
mod kills;
#[path = "fire/lies.rs"]
mod lies;
#[path = "fire/links.rs"]
mod links;
#[path = "fire/listener.rs"]
mod listener;
#[path = "fire/nights.rs"]
mod nights;
#[path = "fire/planted.rs"]
mod planted;
#[path = "fire/scene.rs"]
mod scene;
#[path = "fire/service.rs"]
mod service;
#[path = "fire/unread.rs"]
mod unread;
#[path = "fire/upgrade.rs"]
mod upgrade;

use auditor::{
    Evidence, Terms, audit,
    books::{Books, Outsider},
    trail::{Checkpoint, checkpoints},
};
use cluster::Cluster;
use scene::Scene;
use service::Program;
use std::path::Path;

/// Whether the long form was asked for.
fn is_long() -> bool {
    match std::env::var("ACCOUNT_SWAP_FIRE").as_deref() {
        Ok("short") | Err(_) => false,
        Ok("long") => true,
        Ok(other) => panic!("ACCOUNT_SWAP_FIRE is {other:?}; expected short or long"),
    }
}

/// So many by the form that was asked for.
fn rounds(short: usize, long: usize) -> usize {
    if is_long() { long } else { short }
}

/// The seed of a test, told to whoever reads.
fn seed(test: &str) -> u64 {
    let seed = std::env::var("ACCOUNT_SWAP_FIRE_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_122);
    println!("{test}: seed {seed}");
    seed
}

/// A SQLite file in a folder of its own, as a URL.
fn sqlite(folder: &tempfile::TempDir) -> String {
    format!("sqlite:{}", folder.path().join("fire.db").display())
}

/// Somebody who looks at the books again and again.
struct Watch<'a> {
    url: String,
    /// Where the programs wrote what they vouch for.
    folders: Vec<&'a Path>,
    before: Books,
    earlier: Books,
    audits: usize,
    /// What there is of a CRM.
    crm: Option<&'a lies::Crm>,
}

impl<'a> Watch<'a> {
    /// Looks for the first time, before anybody has done anything.
    fn new(url: &str, programs: &'a [Program]) -> Self {
        let before = Outsider::connect(url).books();
        let folders = programs.iter().map(Program::folder).collect();
        Self { url: url.to_owned(), folders, earlier: before.clone(), before, audits: 0, crm: None }
    }

    /// Audits at a moment when nobody is in the middle of anything, and fails on any finding; gives the books it read.
    fn expect_nothing(&mut self, scene: &Scene, when: &str) -> &Books {
        let _alone = scene.alone();
        self.expect_nothing_while_alone(scene, when)
    }

    /// The same for whoever holds the scene's gate already.
    fn expect_nothing_while_alone(&mut self, scene: &Scene, when: &str) -> &Books {
        let log = scene.log.lock().expect("no client panics with it");
        let now = Outsider::connect(&self.url).books();
        // After the books: what it carries out next belongs to a change of owner that is on its way in them.
        let carried = self.crm.map(lies::Crm::carried);
        let checkpoints: Vec<Checkpoint> = self.folders.iter().copied().flat_map(checkpoints).collect();
        let evidence = Evidence {
            before: &self.before,
            earlier: &self.earlier,
            now: &now,
            log: &log,
            left: &scene.left.lock().expect("no client panics with it"),
            verified: &[],
            checkpoints: &checkpoints,
            crm: carried.as_deref(),
            terms: &Terms { freezes: Vec::new(), former_owner_days: 365, powerless_after: 0 },
        };
        let findings = audit(&evidence);
        assert!(findings.is_empty(), "{when}: {} violations:\n{findings:#?}", findings.len());
        self.earlier = now;
        self.audits += 1;
        &self.earlier
    }
}

/// What `verify` says of every published run.
fn verified(program: &Program, books: &Books) -> Vec<(String, bool)> {
    let published = books.runs.iter().filter(|run| run.text("state") == "published");
    published
        .map(|run| {
            let id = run.text("id").to_owned();
            let output = program.command(&["verify", &id]).output().expect("the program starts");
            (id, output.status.success())
        })
        .collect()
}

/// How many of the books' proposals are in one of these states.
fn count(books: &Books, states: &[&str]) -> usize {
    books.proposals.iter().filter(|proposal| states.contains(&proposal.text("state"))).count()
}
