//! An endpoint on loopback that does what a test wants, down to the byte, and keeps what it got.
//!
//! In goes a function from a message to what is to happen; out come an address and the messages in the order in which they
//! came. Each connection has one message and a thread of its own. The endpoint goes with its guard.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use standardwebhooks::Webhook;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// A message as it came.
#[derive(Debug, Clone)]
pub struct Got {
    pub headers: HeaderMap,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect("JSON")
    }

    pub fn kind(&self) -> String {
        self.json()["type"].as_str().expect("a type").to_owned()
    }

    pub fn subject(&self) -> String {
        self.json()["subject"].as_str().expect("a subject").to_owned()
    }

    /// Whether somebody else's library finds it signed with a secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        Webhook::new(secret).expect("a secret").verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

/// What happens then.
#[derive(Debug, Clone)]
pub enum Reply {
    /// A status.
    Status(u16),
    /// A status with further header lines, each ended by CR LF.
    With(u16, String),
    /// These bytes, then nothing until the client goes.
    Stall(&'static str),
    /// This head, then bytes until the client has enough.
    Endless(&'static str),
    /// Nothing: the connection ends.
    HangUp,
}

type Act = dyn Fn(&Got) -> Reply + Send + Sync;

struct Shared {
    act: Mutex<Arc<Act>>,
    got: Mutex<Vec<Got>>,
    is_over: AtomicBool,
}

/// An endpoint that lives as long as this value.
pub struct Endpoint {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Endpoint {
    pub fn new(act: impl Fn(&Got) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let shared =
            Arc::new(Shared { act: Mutex::new(Arc::new(act)), got: Mutex::default(), is_over: AtomicBool::new(false) });
        let serving = Arc::clone(&shared);
        thread::spawn(move || {
            for connection in listener.incoming() {
                if serving.is_over.load(Ordering::SeqCst) {
                    break;
                }
                let serving = Arc::clone(&serving);
                // A client that goes is no failure of the endpoint.
                thread::spawn(move || connection.map(|stream| serve(&serving, stream)));
            }
        });
        Self { address, shared }
    }

    /// The same for every message.
    pub fn saying(status: u16) -> Self {
        Self::new(move |_| Reply::Status(status))
    }

    /// From now on something else happens.
    pub fn now(&self, act: impl Fn(&Got) -> Reply + Send + Sync + 'static) {
        *self.shared.act.lock().unwrap() = Arc::new(act);
    }

    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// All messages so far.
    pub fn got(&self) -> Vec<Got> {
        self.shared.got.lock().unwrap().clone()
    }

    /// All messages since the last time, which are forgotten.
    pub fn take(&self) -> Vec<Got> {
        std::mem::take(&mut self.shared.got.lock().unwrap())
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // The listener waits for somebody.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(shared: &Shared, mut stream: TcpStream) -> std::io::Result<()> {
    let Some(got) = read(&stream)? else { return Ok(()) };
    shared.got.lock().unwrap().push(got.clone());
    let act = Arc::clone(&shared.act.lock().unwrap());
    match act(&got) {
        Reply::Status(status) => {
            write!(stream, "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        }
        Reply::With(status, headers) => {
            write!(stream, "HTTP/1.1 {status} X\r\nConnection: close\r\n{headers}Content-Length: 0\r\n\r\n")
        }
        Reply::Stall(bytes) => {
            stream.write_all(bytes.as_bytes())?;
            stream.read_to_end(&mut Vec::new()).map(|_| ())
        }
        Reply::Endless(head) => {
            stream.write_all(head.as_bytes())?;
            loop {
                stream.write_all(&[b' '; 65_536])?;
            }
        }
        Reply::HangUp => Ok(()),
    }
}

fn read(stream: &TcpStream) -> std::io::Result<Option<Got>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let (mut headers, mut length) = (HeaderMap::new(), 0);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.split_once(':') else { break };
        let name: HeaderName = name.parse().expect("a header's name");
        if name == "content-length" {
            length = value.trim().parse().unwrap_or(0);
        }
        headers.insert(name, HeaderValue::from_str(value.trim()).expect("a header's value"));
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Got { headers, body: String::from_utf8(body).expect("text") }))
}
