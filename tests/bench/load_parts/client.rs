//! Many who ask at once: threads with a connection each, at a fixed rate or as fast as they are answered.
//!
//! In goes a mix and a pace; out comes how long each request took and how it was answered. At a fixed rate every request
//! has a moment at which it is due; whichever thread is free takes the next, and its time counts from that moment even where
//! all threads were busy then. One that nobody could send within [`PATIENCE`] counts as given up, as a person would have.

use super::{
    mix::{Mix, Request},
    served::Served,
};
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long after it was due a request is still worth sending.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(30);

/// How fast is asked.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// Each thread asks again when it has its answer.
    AsFastAsItAnswers { threads: usize },
    /// So many requests fall due each second, at equal distances.
    Fixed { a_second: f64, threads: usize },
}

/// An answer, as far as it matters.
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

/// How one request ended.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    pub class: usize,
    /// The status; 0 where there was no answer, 1 where it was given up before it was sent.
    pub status: u16,
    pub took: Duration,
}

/// What a phase came to.
pub struct Done {
    pub outcomes: Vec<Outcome>,
    pub seconds: f64,
}

impl Done {
    /// Requests a second that were answered with success.
    pub fn goodput(&self) -> f64 {
        let good = self.outcomes.iter().filter(|outcome| (200..300).contains(&outcome.status)).count();
        good as f64 / self.seconds
    }
}

/// Asks for so many seconds.
pub fn run(served: &Served, mix: &Mix, pace: Pace, seconds: f64) -> Done {
    let (threads, gap) = match pace {
        Pace::AsFastAsItAnswers { threads } => (threads, None),
        Pace::Fixed { a_second, threads } => (threads, Some(Duration::from_secs_f64(1.0 / a_second))),
    };
    let (begun, taken) = (Instant::now(), AtomicU64::new(0));
    let ends = begun + Duration::from_secs_f64(seconds);
    let one = || {
        let mut connection = Connection::to(served.address);
        let mut outcomes = Vec::new();
        loop {
            let due = match gap {
                None => Instant::now(),
                Some(gap) => begun + gap.mul_f64(taken.fetch_add(1, Ordering::Relaxed) as f64),
            };
            if due >= ends {
                return outcomes;
            }
            thread::sleep(due.saturating_duration_since(Instant::now()));
            let request = mix.next();
            let status = if due.elapsed() > PATIENCE {
                1
            } else {
                match connection.ask(&request) {
                    Ok(answer) => {
                        mix.learn(&request, &answer);
                        answer.status
                    }
                    Err(_) => 0,
                }
            };
            outcomes.push(Outcome { class: request.class, status, took: due.elapsed() });
        }
    };
    let outcomes = thread::scope(|scope| {
        let small = || thread::Builder::new().stack_size(256 * 1024);
        let all: Vec<_> = (0..threads).map(|_| small().spawn_scoped(scope, one).expect("a thread")).collect();
        all.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    Done { outcomes, seconds: begun.elapsed().as_secs_f64() }
}

/// A connection that is kept, and made anew where it broke.
struct Connection {
    address: SocketAddr,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Connection {
    fn to(address: SocketAddr) -> Self {
        Self { address, stream: None, buffer: Vec::new() }
    }

    fn ask(&mut self, request: &Request) -> io::Result<Answer> {
        if let Some(kept) = self.stream.take() {
            match self.exchange(kept, request) {
                // The server hung up on a connection that was idle, as it may. What changes something has a key.
                Err(error) if is_hung_up(&error) => {}
                answered => return answered,
            }
        }
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER))?;
        self.exchange(stream, request)
    }

    fn exchange(&mut self, mut stream: TcpStream, request: &Request) -> io::Result<Answer> {
        stream.write_all(&request.bytes)?;
        let (answer, is_kept) = self.answer(&mut stream)?;
        if is_kept {
            self.stream = Some(stream);
        }
        Ok(answer)
    }

    /// Reads one answer, whose length its head says, and whether the connection stays.
    fn answer(&mut self, stream: &mut TcpStream) -> io::Result<(Answer, bool)> {
        self.buffer.clear();
        let mut chunk = [0; 16 * 1024];
        let mut more = |buffer: &mut Vec<u8>| match stream.read(&mut chunk)? {
            0 => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
            count => {
                buffer.extend_from_slice(&chunk[..count]);
                Ok(())
            }
        };
        let head_ends = loop {
            if let Some(at) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            more(&mut self.buffer)?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..head_ends]).into_owned();
        let header = |name: &str| {
            let lines = head.lines().filter_map(|line| line.split_once(": "));
            lines.into_iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned())
        };
        let unclear = || io::Error::other(format!("no status or length in {head:?}"));
        let status = head.get(9..12).and_then(|status| status.parse().ok()).ok_or_else(unclear)?;
        let length: usize = header("content-length").and_then(|length| length.parse().ok()).ok_or_else(unclear)?;
        while self.buffer.len() < head_ends + length {
            more(&mut self.buffer)?;
        }
        let is_kept = header("connection").is_none_or(|word| !word.eq_ignore_ascii_case("close"));
        let body = self.buffer[head_ends..head_ends + length].to_vec();
        Ok((Answer { status, etag: header("etag"), body }, is_kept))
    }
}

fn is_hung_up(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionReset | UnexpectedEof)
}
