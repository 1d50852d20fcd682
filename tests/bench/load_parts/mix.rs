//! What is asked for, of whom, and how often: nine requests in ten read a list or a thing, one changes something.
//!
//! In goes the number of a request; out comes the request, the same each time, but for two things that answers give: where
//! a list goes on, and which submission can be withdrawn. Deliberately absent: sending it.

use super::{
    client::Answer,
    fill::{LIVE_ACCOUNTS, Size, TEAM},
    served::Served,
};
use account_swap::domain::principal::Role;
use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// A list or a thing that is read: its path, and how many in a hundred reads of a rep, a manager and an admin are of it.
struct Read {
    path: &'static str,
    rep: u64,
    manager: u64,
    admin: u64,
}

const fn read(path: &'static str, rep: u64, manager: u64, admin: u64) -> Read {
    Read { path, rep, manager, admin }
}

/// The shares of each column sum up to 100.
const READS: &[Read] = &[
    read("/api/v1/me", 15, 10, 10),
    read("/api/v1/accounts", 12, 10, 10),
    read("/api/v1/submissions", 20, 15, 0),
    read("/api/v1/proposals", 20, 15, 15),
    read("/api/v1/handovers", 8, 8, 10),
    read("/api/v1/audit", 5, 8, 20),
    read("/api/v1/reps", 3, 6, 10),
    read("/api/v1/overrides", 0, 8, 10),
    read("/api/v1/partings", 5, 5, 0),
    read("/api/v1/abuse", 4, 5, 0),
    read("/api/v1/direct-swaps", 8, 0, 0),
    read("/api/v1/meetings", 0, 5, 0),
    read("/api/v1/runs", 0, 5, 10),
    read("/api/v1/people", 0, 0, 5),
];

/// One request.
pub struct Request {
    /// What its time is counted under: an index into [`Mix::classes`].
    pub class: usize,
    /// Its first line, headers and body, as they go out.
    pub bytes: Vec<u8>,
    /// Where a list's next page is kept.
    list: Option<(String, u64)>,
    /// Whether it makes a submission, and whose.
    makes_for: Option<u64>,
}

/// A submission that can be withdrawn.
struct Made {
    rep: u64,
    id: String,
    etag: String,
}

/// The mix.
pub struct Mix {
    size: Size,
    reps: Vec<String>,
    managers: Vec<String>,
    admin: String,
    address: String,
    next: AtomicU64,
    accounts: AtomicU64,
    cursors: Mutex<BTreeMap<(String, u64), String>>,
    made: Mutex<Vec<Made>>,
}

/// A number that looks random and is the same every time (Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators", 2014).
fn mixed(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl Mix {
    pub fn new(served: &Served, size: &Size) -> Self {
        let tokens = |prefix: &str, count, role| {
            (0..count).map(|one| served.token(&format!("{prefix}-{one}"), role)).collect::<Vec<_>>()
        };
        Self {
            size: *size,
            reps: tokens("R", size.reps, Role::Rep),
            managers: tokens("M", size.reps.div_ceil(TEAM), Role::Manager),
            admin: served.token("root", Role::Admin),
            address: served.address.to_string(),
            next: AtomicU64::new(0),
            accounts: AtomicU64::new(0),
            cursors: Mutex::default(),
            made: Mutex::default(),
        }
    }

    /// The classes: each list for each role, and the two changes.
    pub fn classes() -> Vec<String> {
        let roles = ["rep", "manager", "admin"];
        let reads = READS.iter().flat_map(|read| roles.map(|role| format!("GET {} ({role})", &read.path[7..])));
        reads.chain(["POST submissions", "POST submissions/…/withdraw"].map(str::to_owned)).collect()
    }

    /// Whether a class changes something.
    pub fn changes(class: usize) -> bool {
        class >= 3 * READS.len()
    }

    /// The next request.
    pub fn next(&self) -> Request {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let (dice, whose) = (mixed(number), mixed(number ^ 0xABCD));
        if dice % 10 == 0 {
            return self.change(number);
        }
        // 70 in 100 are reps, 28 managers; one admin may ask less often than all of them together.
        let (role, token, person) = match dice / 10 % 100 {
            0..70 => (0, &self.reps[(whose % self.size.reps) as usize], whose % self.size.reps),
            70..98 => {
                let one = whose % self.managers.len() as u64;
                (1, &self.managers[one as usize], self.size.reps + one)
            }
            _ => (2, &self.admin, u64::MAX),
        };
        let mut left = dice / 1000 % 100;
        let share = |read: &Read| [read.rep, read.manager, read.admin][role];
        let which = READS.iter().position(|read| {
            let is_it = left < share(read);
            left = left.saturating_sub(share(read));
            is_it
        });
        let which = which.expect("the shares sum up to 100");
        let path = READS[which].path;
        // Every other time a list goes on where its page before ended, if anybody has seen that.
        let key = (path.to_owned(), person);
        let cursor =
            if number.is_multiple_of(2) { None } else { self.cursors.lock().expect("no panic").get(&key).cloned() };
        let path = cursor.map_or_else(|| path.to_owned(), |cursor| format!("{path}?cursor={cursor}"));
        Request {
            class: 3 * which + role,
            bytes: self.head("GET", &path, token, "").into_bytes(),
            list: Some(key),
            makes_for: None,
        }
    }

    /// Withdraws what was submitted, or submits an account that nothing is said of.
    fn change(&self, number: u64) -> Request {
        let withdrawn = if number.is_multiple_of(2) { self.made.lock().expect("no panic").pop() } else { None };
        if let Some(Made { rep, id, etag }) = withdrawn {
            let more = format!("Idempotency-Key: load-{number}\r\nIf-Match: {etag}\r\nContent-Length: 0\r\n");
            let path = format!("/api/v1/submissions/{id}/withdraw");
            let bytes = self.head("POST", &path, &self.reps[rep as usize], &more).into_bytes();
            return Request { class: 3 * READS.len() + 1, bytes, list: None, makes_for: None };
        }
        let place = self.accounts.fetch_add(1, Ordering::Relaxed);
        let (rep, book) = (place % self.size.reps, self.size.accounts_a_rep - LIVE_ACCOUNTS);
        let account = format!("A-{rep}-{}", place / self.size.reps % book);
        let body = format!("{{\"account\":\"{account}\",\"stars\":1.5,\"reasons\":[\"chemistry\"]}}");
        let more = format!(
            "Idempotency-Key: load-{number}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
            body.len()
        );
        let head = self.head("POST", "/api/v1/submissions", &self.reps[rep as usize], &more);
        Request { class: 3 * READS.len(), bytes: (head + &body).into_bytes(), list: None, makes_for: Some(rep) }
    }

    fn head(&self, method: &str, path: &str, token: &str, more: &str) -> String {
        format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n{more}\r\n", self.address)
    }

    /// Learns from an answer what later requests need.
    pub fn learn(&self, request: &Request, answer: &Answer) {
        if let Some(key) = &request.list
            && let Some(cursor) = text_after(&answer.body, "\"next_cursor\":\"")
        {
            self.cursors.lock().expect("no panic").insert(key.clone(), cursor);
        }
        if let (Some(rep), 201) = (request.makes_for, answer.status)
            && let (Some(id), Some(etag)) = (text_after(&answer.body, "\"id\":\""), answer.etag.clone())
        {
            self.made.lock().expect("no panic").push(Made { rep, id, etag });
        }
    }
}

/// The text between a mark and the next quotation mark.
fn text_after(body: &[u8], mark: &str) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let rest = &text[text.find(mark)? + mark.len()..];
    Some(rest[..rest.find('"')?].to_owned())
}
