//! The auditor itself: for each invariant a bug is planted, in the database or in what clients remember, and it must say so
//! by number; and of a day without a bug it must say nothing.
//!
//! A bug in the database is some SQL that is taken back once the books are read, so that each starts from the same day.

use super::{
    auditor::{Carried, Exchange},
    clients::{begin_the_day, under_writers},
    *,
};
use auditor::trail;
use std::{
    thread,
    time::{Duration, Instant},
};

/// A day at work, with nothing broken: the books before and after, and what was said.
struct Day {
    program: Program,
    outsider: Outsider,
    before: Books,
    after: Books,
    log: Vec<Exchange>,
}

impl Day {
    /// Lets people work until there is some of everything.
    fn new(name: &str, url: &str) -> Self {
        let seed = seed(name);
        let program = Program::new(url);
        let company = company::found(&program, 20);
        // Somebody is to be told who is not there.
        program.say(&["webhook", "create", "http://127.0.0.1:9/", "--all"]);
        let mut watch = Watch::new(url, std::slice::from_ref(&program));
        let serving = program.serve();
        let scene = Scene::new(&serving.address);
        begin_the_day(&scene, &company);
        under_writers(&scene, &company, seed, || {
            let is_enough = |books: &Books| {
                let approved = books.decisions.iter().filter(|one| one.text("action") == "approve").count();
                let has_each = count(books, &["proposed"]) >= 1 && count(books, &["on_trial"]) >= 2;
                has_each && approved >= 2 && books.overrides.len() >= 2 && !books.deliveries.is_empty()
            };
            let until = Instant::now() + Duration::from_secs(300);
            loop {
                let alone = scene.alone();
                if is_enough(watch.expect_nothing_while_alone(&scene, name)) {
                    // What was seen is what the bugs are planted in: nobody does anything more.
                    scene.ends();
                    break;
                }
                drop(alone);
                let so_far = &watch.earlier.proposals;
                assert!(Instant::now() < until, "{name}: the day brought too little of something: {so_far:?}");
                // A look now and then; how often is of no matter.
                thread::sleep(Duration::from_secs(1));
            }
        });
        let log = scene.log.into_inner().expect("nobody panics with it");
        Self { outsider: Outsider::connect(url), before: watch.before, after: watch.earlier, log, program }
    }

    /// What the auditor finds, given what somebody has changed of the evidence: each with the number of its invariant.
    fn findings(&self, now: &Books, change: impl FnOnce(&mut Forged)) -> Vec<String> {
        let mut forged = Forged {
            log: self.log.clone(),
            left: Vec::new(),
            verified: Vec::new(),
            checkpoints: checkpoints(self.program.folder()),
            crm: Vec::new(),
            terms: Terms { freezes: Vec::new(), former_owner_days: 365, powerless_after: 60_000_000 },
        };
        change(&mut forged);
        audit(&Evidence {
            before: &self.before,
            earlier: &self.after,
            now,
            log: &forged.log,
            left: &forged.left,
            verified: &forged.verified,
            checkpoints: &forged.checkpoints,
            crm: Some(&forged.crm),
            terms: &forged.terms,
        })
        .into_iter()
        .map(|finding| format!("I{} {}", finding.invariant, finding.what))
        .collect()
    }

    /// That the auditor finds a breach of this invariant and says these words of it.
    #[track_caller]
    fn expect(&self, invariant: u8, words: &str, bug: &str, now: &Books, change: impl FnOnce(&mut Forged)) {
        let (findings, number) = (self.findings(now, change), format!("I{invariant} "));
        let is_found = findings.iter().any(|found| found.starts_with(&number) && found.contains(words));
        assert!(is_found, "I{invariant}, {words:?}, was not found: {bug}; found {findings:#?}");
    }
}

/// Evidence that may be forged.
struct Forged {
    log: Vec<Exchange>,
    left: Vec<(String, u64)>,
    verified: Vec<(String, bool)>,
    checkpoints: Vec<Checkpoint>,
    crm: Vec<Carried>,
    terms: Terms,
}

/// The trail with one entry changed, and every hash after it computed anew.
fn rewritten(books: &Books, column: &'static str, value: &str) -> Books {
    let mut entries = books.audit_log.to_vec();
    entries.sort_by_key(|entry| entry.number("seq"));
    entries[0] = entries[0].clone().with(column, value);
    let mut last = String::new();
    for entry in &mut entries {
        let chained = entry.clone().with("previous_hash", &last);
        last = trail::hash(&chained);
        *entry = chained.with("hash", &last);
    }
    let head = books.audit_head.iter().map(|head| head.clone().with("hash", &last)).collect();
    Books { audit_log: books.audit_log.with(entries), audit_head: books.audit_head.with(head), ..books.clone() }
}

/// Bugs in the database: the number of the invariant each breaks, what is to be said of it, and the SQL that does.
const BUGS: &[(u8, &str, &str)] = &[
    (
        1,
        "is in [",
        "DROP INDEX legs_one_live_account; \
         UPDATE legs SET account_id = (SELECT MIN(account_id) FROM legs WHERE live) WHERE live",
    ),
    (
        2,
        "is lost",
        "DELETE FROM accounts WHERE id = (SELECT MAX(id) FROM accounts WHERE id NOT IN (SELECT account_id FROM legs) \
         AND id NOT IN (SELECT account_id FROM submissions) AND id NOT IN (SELECT account_id FROM frozen_accounts))",
    ),
    (
        2,
        "owners where its trail has",
        "UPDATE accounts SET ownership = ownership + 1 WHERE id = (SELECT MIN(id) FROM accounts)",
    ),
    // Half a move: the first account of each is back with its giver.
    (
        3,
        "is still with",
        "UPDATE accounts SET ownership = ownership - 1, owner_id = (SELECT from_rep_id FROM legs, proposals WHERE \
         legs.account_id = accounts.id AND proposals.id = proposal_id AND state = 'on_trial' AND position = 0) \
         WHERE id IN (SELECT account_id FROM legs, proposals WHERE proposals.id = proposal_id AND state = 'on_trial' \
         AND position = 0)",
    ),
    (
        3,
        "takes from",
        "UPDATE legs SET to_rep_id = (SELECT id FROM reps WHERE id <> from_rep_id AND id <> to_rep_id LIMIT 1) WHERE position = 0",
    ),
    (
        4,
        "has been out since",
        "UPDATE proposals SET state = 'executing', sent_at = '2026-01-01 00:00:00' WHERE id = (SELECT MIN(id) FROM proposals)",
    ),
    (5, "is not kept", "DELETE FROM idempotency_keys WHERE status = 201"),
    (5, "is not kept", "UPDATE idempotency_keys SET body = body || ' ' WHERE status = 200"),
    (
        6,
        "submissions",
        "UPDATE submissions SET note = (SELECT MIN(key) FROM idempotency_keys WHERE operation = 'POST /api/v1/submissions')",
    ),
    (
        6,
        "times under",
        "INSERT INTO audit_log (seq, at, actor_id, actor_role, action, subject_kind, subject_id, from_state, to_state, \
         previous_hash, hash) SELECT seq + 1000000, at, actor_id, actor_role, action, subject_kind, subject_id, from_state, \
         to_state, previous_hash, hash FROM audit_log WHERE action = 'accept'",
    ),
    (
        7,
        "has the runs",
        "DROP INDEX runs_one_scope_and_date; UPDATE runs SET scope = 'all', business_date = '2026-01-01'",
    ),
    (7, "was held", "UPDATE runs SET fence = fence + 1 WHERE state = 'published'"),
    (7, "published nothing", "UPDATE runs SET state = 'failed' WHERE state = 'published' AND mode = 'live'"),
    (
        8,
        "is not as it was proposed",
        "UPDATE accounts SET ownership = ownership + 1 WHERE id IN (SELECT account_id FROM legs, proposals WHERE \
         proposals.id = proposal_id AND state IN ('proposed', 'accepted'))",
    ),
    (9, "has changed since", "UPDATE runs SET report = report || ' ' WHERE state = 'published'"),
    (9, "does not say what", "UPDATE runs SET plan = NULL WHERE state = 'published'"),
    (10, "the chain breaks at 3", "UPDATE audit_log SET action = 'forged' WHERE seq = 3"),
    (10, "and its head says", "DELETE FROM audit_log WHERE seq = (SELECT MAX(seq) FROM audit_log)"),
    (10, "its trail ends in", "UPDATE proposals SET state = 'vetoed' WHERE state = 'proposed'"),
    (10, "was put behind", "UPDATE audit_people SET person_id = 'somebody else' WHERE person_id = 'r00'"),
    (10, "whom nobody knows", "DELETE FROM audit_people WHERE person_id = 'r01'"),
    (11, "has no event", "DELETE FROM outbox WHERE seq = 3"),
    (11, "the event of entry 4", "UPDATE outbox SET kind = 'proposal.forged' WHERE seq = 4"),
    (11, "tells of \"\"", "UPDATE outbox SET event = NULL WHERE event = 'proposal.on_trial'"),
    (11, "tells nobody and waits", "UPDATE outbox SET delivered_at = NULL WHERE event IS NULL"),
    (11, "and not to", "DELETE FROM deliveries WHERE seq = (SELECT MIN(seq) FROM deliveries)"),
    (12, "has left", "UPDATE reps SET active = FALSE"),
    (
        12,
        "has left",
        "DELETE FROM people; INSERT INTO people (id, state, since, changed_by, version) \
         SELECT id, 'deactivated', CURRENT_TIMESTAMP, 'root', 'v' FROM reps",
    ),
    (
        13,
        "without the licence",
        "UPDATE overrides SET kind = 'force', state = 'effective', proposal_id = (SELECT MIN(id) FROM proposals); \
         UPDATE accounts SET licences_required = '[\"explosives\"]'",
    ),
    (
        13,
        "without an opt-in",
        "UPDATE overrides SET kind = 'force', state = 'effective', proposal_id = (SELECT MIN(id) FROM proposals); \
         UPDATE accounts SET traits = '[\"threatening\"]'",
    ),
    (
        13,
        "against a conflict of interest",
        "UPDATE overrides SET kind = 'force', state = 'effective', proposal_id = (SELECT MIN(id) FROM proposals); \
         UPDATE accounts SET conflicts = (SELECT '[\"' || to_rep_id || '\"]' FROM legs WHERE account_id = accounts.id \
         AND proposal_id = (SELECT MIN(id) FROM proposals)) \
         WHERE id IN (SELECT account_id FROM legs WHERE proposal_id = (SELECT MIN(id) FROM proposals))",
    ),
    (
        13,
        "against a ban",
        "UPDATE overrides SET kind = 'force', state = 'effective', proposal_id = (SELECT MIN(id) FROM proposals); \
         INSERT INTO forbidden_pairs (rep_id, account_id, override_id) SELECT to_rep_id, account_id, \
         (SELECT MIN(id) FROM overrides) FROM legs WHERE proposal_id = (SELECT MIN(id) FROM proposals)",
    ),
    (14, "gives no reason", "UPDATE overrides SET note = ' '"),
    (14, "is not on record", "UPDATE overrides SET author_id = 'somebody'"),
    (
        15,
        "is a party",
        "UPDATE decisions SET actor_id = (SELECT from_rep_id FROM legs WHERE legs.proposal_id = decisions.proposal_id \
         AND position = 0) WHERE action = 'approve'",
    ),
    (
        15,
        "is behind override",
        "UPDATE overrides SET proposal_id = (SELECT MIN(proposal_id) FROM legs), second_id = (SELECT from_rep_id FROM legs \
         WHERE proposal_id = (SELECT MIN(proposal_id) FROM legs) AND position = 1)",
    ),
    (18, "on no day", "UPDATE proposals SET effective_on = NULL WHERE state = 'on_trial'"),
    (18, "and its money on", "UPDATE proposals SET effective_on = '2099-01-01' WHERE state = 'on_trial'"),
    // Of the proposals on trial the first takes an account from each to the other, and so does the next.
    (
        19,
        "came back to",
        "DROP INDEX legs_one_live_account; UPDATE legs SET account_id = (SELECT MIN(id) FROM accounts), \
         from_rep_id = CASE position WHEN 0 THEN 'r00' ELSE 'r01' END, to_rep_id = CASE position WHEN 0 THEN 'r01' ELSE 'r00' END \
         WHERE proposal_id IN (SELECT id FROM proposals WHERE state = 'on_trial')",
    ),
    (
        20,
        "by the log",
        "UPDATE accounts SET owner_id = (SELECT MAX(id) FROM reps WHERE reps.id <> owner_id) \
         WHERE id = (SELECT MIN(id) FROM accounts WHERE id NOT IN (SELECT account_id FROM legs))",
    ),
];

fn every_planted_bug_is_found(name: &str, url: &str) {
    let mut day = Day::new(name, url);
    let after = day.after.clone();
    let sound = day.findings(&after, |_| {});
    assert!(sound.is_empty(), "{name}: nothing is wrong yet: {sound:#?}");
    for (invariant, words, bug) in BUGS {
        let now = day.outsider.pretend(bug);
        day.expect(*invariant, words, bug, &now, |_| {});
    }
    let is_acknowledged = |one: &&mut Exchange| one.is_acknowledged() && one.deed.is_some();
    day.expect(2, "by the CRM", "the CRM moved one account and not the other", &after, |forged| {
        let moved = after.proposals.iter().find(|one| one.text("state") == "on_trial").expect("one on trial");
        let leg = after.legs_of(moved.text("id"))[0];
        forged.crm.push(Carried {
            proposal: moved.text("id").to_owned(),
            account: leg.text("account_id").to_owned(),
            owner: leg.text("from_rep_id").to_owned(),
        });
    });
    day.expect(6, "answers", "one key had two answers", &after, |forged| {
        let mut again = forged.log.iter_mut().find(is_acknowledged).expect("some were").clone();
        again.answer = Some((200, "{}".to_owned()));
        forged.log.push(again);
    });
    day.expect(9, "come out again", "a run does not come out again", &after, |forged| {
        forged.verified.push(("a run".to_owned(), false));
    });
    assert!(!checkpoints(day.program.folder()).is_empty(), "{name}: the trail is vouched for");
    let told = rewritten(&after, "actor_id", "r00");
    day.expect(10, "tells \"r00\"", "a person is named", &told, |_| {});
    let forged = rewritten(&after, "action", "forged");
    day.expect(10, "at checkpoint 1", "a history was rewritten, every hash with it", &forged, |_| {});
    let file = day.program.folder().join("account-swap.checkpoints");
    let lines = std::fs::read_to_string(&file).expect("checkpoints");
    std::fs::write(&file, lines.replacen("\"head\":\"", "\"head\":\"0", 1)).expect("it is ours");
    day.expect(10, "is not signed by the program", "a checkpoint was forged", &after, |_| {});
    std::fs::write(&file, lines).expect("it is ours");
    day.expect(12, "after leaving", "who had left was answered", &after, |forged| {
        let late = forged.log.iter_mut().rfind(|one| one.is_acknowledged()).expect("some were");
        late.began += 61_000_000;
        let left = (late.principal.clone(), late.began - 60_000_001);
        forged.left.push(left);
    });
    day.expect(14, "without a key", "an override without a key", &after, |forged| {
        let is_order = |one: &&mut Exchange| one.operation == "POST /api/v1/overrides" && one.is_acknowledged();
        forged.log.iter_mut().find(is_order).expect("some were").key = String::new();
    });
    day.expect(16, "change by what others did", "a rep saw what a colleague did", &after, |forged| {
        let mut glance = forged.log[0].clone();
        glance.glance = Some(1);
        glance.answer = Some((200, "before".to_owned()));
        forged.log.push(glance.clone());
        glance.answer = Some((200, "after".to_owned()));
        forged.log.push(glance);
    });
    day.expect(17, "was refused", "what was refused was done", &after, |forged| {
        let done = forged.log.iter_mut().find(is_acknowledged).expect("some were");
        done.answer = Some((409, String::new()));
    });
    day.expect(18, "within", "a swap took effect in a freeze", &after, |forged| {
        let day = |text: &str| text.parse().expect("a day");
        forged.terms.freezes.push((Some("north".to_owned()), day("2020-01-01"), day("2099-12-31")));
        forged.terms.freezes.push((Some("south".to_owned()), day("2020-01-01"), day("2099-12-31")));
    });
}

#[test]
fn every_planted_bug_is_found_on_sqlite() {
    let folder = tempfile::tempdir().expect("a folder");
    every_planted_bug_is_found("sqlite", &sqlite(&folder));
}

#[test]
fn every_planted_bug_is_found_on_postgres() {
    let cluster = Cluster::start();
    let url = cluster.create("planted");
    every_planted_bug_is_found("postgres", &url);
}
