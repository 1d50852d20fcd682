//! Somebody who is told of events, on loopback: takes every message and remembers its id.
//!
//! In goes nothing; out come an address and the ids in the order in which they came. Nothing of the service's code is used.
//! Deliberately absent: the signature, which `tests/webhooks` looks at.

use super::{
    auditor::{
        books::{Books, Outsider},
        record::is_open,
    },
    service::Program,
};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// Whoever listens.
pub struct Listener {
    came: Arc<Mutex<Vec<String>>>,
    /// The last entry of the outbox before there was anybody to tell.
    after: i64,
}

impl Listener {
    /// Has the program tell a new listener of all that is open to all. Nobody serves yet.
    pub fn of(program: &Program) -> Self {
        let books = Outsider::connect(&program.url).books();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}/", listener.local_addr().expect("it is bound"));
        let came: Arc<Mutex<Vec<String>>> = Arc::default();
        let own = Arc::clone(&came);
        thread::spawn(move || {
            for connection in listener.incoming() {
                let own = Arc::clone(&own);
                // Who sends it may be killed at it.
                thread::spawn(move || connection.and_then(|stream| take(&own, stream)));
            }
        });
        program.say(&["webhook", "create", &url, "--all"]);
        Self { came, after: books.outbox.iter().map(|event| event.number("seq")).max().unwrap_or(0) }
    }

    /// How many messages came.
    pub fn count(&self) -> usize {
        self.came.lock().expect("nobody panics with it").len()
    }

    /// Whether nothing is on its way any more.
    pub fn has_all(books: &Books) -> bool {
        let is_handed_out = books.outbox.iter().all(|event| event.maybe("delivered_at").is_some());
        is_handed_out && books.deliveries.iter().all(|delivery| delivery.maybe("outcome").is_some())
    }

    /// Fails unless each event that is open to all has come, of each thing in the order of the outbox; returns how many.
    pub fn expect_all_in_order(&self, books: &Books, name: &str) -> usize {
        let came = self.came.lock().expect("nobody panics with it");
        let mut first = BTreeMap::new();
        for (at, id) in came.iter().enumerate() {
            first.entry(id.as_str()).or_insert(at);
        }
        let told = books.outbox.iter().filter(|event| event.number("seq") > self.after && is_open(event.text("event")));
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|event| event.number("seq"));
        let mut last_of = BTreeMap::new();
        for event in &told {
            let at = first.get(event.text("id"));
            let at = *at.unwrap_or_else(|| panic!("{name}: it never came: {event:?}"));
            let before = last_of.insert(event.text("ordering_key"), at);
            assert!(before.is_none_or(|before| before < at), "{name}: it overtook what was before it: {event:?}");
        }
        told.len()
    }
}

fn take(came: &Mutex<Vec<String>>, mut stream: TcpStream) -> std::io::Result<()> {
    if let Some((id, _)) = message(&stream)? {
        came.lock().expect("nobody panics with it").push(id);
        stream.write_all(TAKEN)?;
    }
    Ok(())
}

/// What says that a message is taken.
pub const TAKEN: &[u8] = b"HTTP/1.1 204 X\r\nConnection: close\r\n\r\n";

/// The id and the body of the message on a connection. Half a message is none.
pub fn message(stream: &TcpStream) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut reader = BufReader::new(stream);
    let (mut id, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() { break } else { continue }
        };
        match name.to_ascii_lowercase().as_str() {
            "webhook-id" => value.clone_into(&mut id),
            "content-length" => length = value.parse().unwrap_or(0),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some((id, body)))
}
