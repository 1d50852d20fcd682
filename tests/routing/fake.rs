//! A server on loopback that does what a test wants, down to the byte.
//!
//! In goes a function from a request to what is to happen; out come an address and what was asked. Each connection has one
//! request and a thread of its own. The server goes with its guard.

use account_swap::{
    domain::{travel::TravelSource, units::Place},
    routing::{TravelTimes, sources},
    settings::{Routing, Settings},
};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// What a client asked.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub query: String,
    pub body: String,
}

/// What happens then.
pub enum Reply {
    /// An ordinary answer.
    Json(u16, String),
    /// One with further header lines, each ended by CR LF.
    With(u16, String, String),
    /// These bytes, then the end.
    Raw(Vec<u8>),
    /// These bytes, then nothing until the client goes.
    Stall(Vec<u8>),
    /// This header, then bytes until the client has enough.
    Endless(Vec<u8>),
}

type Act = dyn Fn(&Request) -> Reply + Send + Sync;

struct Shared {
    act: Box<Act>,
    asked: Mutex<Vec<Request>>,
    under_way: AtomicUsize,
    most_under_way: AtomicUsize,
    is_over: AtomicBool,
}

/// A server that lives as long as this value.
pub struct Fake {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Fake {
    pub fn new(act: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared = Arc::new(Shared {
            act: Box::new(act),
            asked: Mutex::default(),
            under_way: AtomicUsize::new(0),
            most_under_way: AtomicUsize::new(0),
            is_over: AtomicBool::new(false),
        });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if serving.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let serving = Arc::clone(&serving);
                // A client that goes is no failure of the server.
                thread::spawn(move || connection.map(|stream| serve(&serving, stream)));
            }
        });
        Self { address, shared }
    }

    /// The same for every request.
    pub fn saying(status: u16, body: &str) -> Self {
        let body = body.to_owned();
        Self::new(move |_| Reply::Json(status, body.clone()))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Request> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// The most requests there were at one time.
    pub fn most_under_way(&self) -> usize {
        self.shared.most_under_way.load(Ordering::SeqCst)
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // The listener waits for somebody.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(shared: &Shared, mut stream: TcpStream) -> std::io::Result<()> {
    let Some(request) = read(&stream)? else { return Ok(()) };
    let under_way = shared.under_way.fetch_add(1, Ordering::SeqCst) + 1;
    shared.most_under_way.fetch_max(under_way, Ordering::SeqCst);
    shared.asked.lock().unwrap().push(request.clone());
    let reply = (shared.act)(&request);
    // Before the answer, so that the client's next question is not counted beside this one.
    shared.under_way.fetch_sub(1, Ordering::SeqCst);
    let mut whole = |status: u16, headers: &str, body: &str| {
        let length = body.len();
        write!(stream, "HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}")
    };
    match reply {
        Reply::Json(status, body) => whole(status, "Content-Type: application/json\r\n", &body),
        Reply::With(status, headers, body) => whole(status, &headers, &body),
        Reply::Raw(bytes) => stream.write_all(&bytes),
        Reply::Stall(bytes) => {
            stream.write_all(&bytes)?;
            stream.read_to_end(&mut Vec::new()).map(|_| ())
        }
        Reply::Endless(head) => {
            stream.write_all(&head)?;
            loop {
                stream.write_all(&[b' '; 65_536])?;
            }
        }
    }
}

fn read(stream: &TcpStream) -> std::io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (path, query) = (path.to_owned(), query.to_owned());
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(':') else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request { method, path, query, body: String::from_utf8_lossy(&body).into_owned() }))
}

/// Settings in which nothing is waited for longer than a test may take.
pub fn settings() -> Routing {
    let mut routing = Settings::built_in().routing;
    routing.request_timeout_milliseconds = 20_000;
    routing.retry_wait_milliseconds = 1;
    routing.retry_wait_limit_milliseconds = 1000;
    routing
}

/// The one source at `url`.
pub fn source(source: TravelSource, url: &str, mut settings: Routing) -> Box<dyn TravelTimes> {
    match source {
        TravelSource::Osrm => url.clone_into(&mut settings.osrm.url),
        TravelSource::Valhalla => url.clone_into(&mut settings.valhalla.url),
        TravelSource::Graphhopper => url.clone_into(&mut settings.graphhopper.url),
        other => panic!("{other} is no server"),
    }
    sources(&settings, &[source]).expect("it is set").remove(0)
}

pub fn place(lat: f64, lon: f64) -> Place {
    Place::from_degrees(lat, lon).unwrap()
}

/// So many places around Harrisburg, some ten metres apart.
pub fn places(count: i32) -> Vec<Place> {
    (0..count).map(|index| Place::from_e6(40_200_000 + index * 100, -76_900_000 + index * 37).unwrap()).collect()
}
