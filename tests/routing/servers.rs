//! Real OSRM and Valhalla servers over Harrisburg, on free ports of this machine.
//!
//! In goes nothing; out comes a server that answers, or nothing where `tests/run` could install none. A shell watches a pipe
//! that only this process holds; when it closes, by whatever end, the shell kills the server. Cost: a second each.

use crate::fake::{Fake, Reply, Request, settings, source};
use account_swap::{domain::travel::TravelSource, routing::TravelTimes, settings::Routing};
use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Once,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Starts a program, says its process id, and kills it when the pipe closes.
const WATCH: &str = r#"log=$1; shift; "$@" >"$log" 2>&1 & echo $!; cat >/dev/null; kill -KILL $! 2>/dev/null"#;

/// A server that lives as long as this value.
pub struct Server {
    source: TravelSource,
    port: u16,
    pid: String,
    watcher: Child,
    _directory: tempfile::TempDir,
}

/// Where `tests/run` put the servers. Says once, past the capture of the test runner, whether there are any.
fn folder() -> Option<PathBuf> {
    static SAY: Once = Once::new();
    let folder = std::env::var_os("ROUTING_SERVERS").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    SAY.call_once(|| {
        let what = match &folder {
            Some(folder) => format!("real servers, {}", fs::read_to_string(folder.join("versions")).unwrap().trim()),
            None => "recorded replies only; tests/run installs the real ones where it finds Python 3.12".to_owned(),
        };
        writeln!(std::io::stdout(), "routing servers: {what}").expect("somebody reads");
    });
    folder
}

impl Server {
    /// An OSRM server that takes so many places, its map dated 2026-11-01.
    pub fn osrm(places: usize) -> Option<Self> {
        let folder = folder()?;
        Some(Self::start(TravelSource::Osrm, |port, _| {
            let mut command = vec![folder.join("bin/osrm-routed").display().to_string()];
            command.extend(["-i", "127.0.0.1", "-t", "1", "-p"].map(str::to_owned));
            command.extend([port.to_string(), "--max-table-size".to_owned(), places.to_string()]);
            command.push(folder.join("osrm/harrisburg.osrm").display().to_string());
            command
        }))
    }

    /// A Valhalla server.
    pub fn valhalla() -> Option<Self> {
        let folder = folder()?;
        Some(Self::start(TravelSource::Valhalla, |port, directory| {
            let config = fs::read_to_string(folder.join("valhalla.json")).expect("tests/run wrote it");
            let config = config.replace("@PORT@", &port.to_string()).replace("@DIRECTORY@", directory);
            let file = format!("{directory}/valhalla.json");
            fs::write(&file, config).unwrap();
            vec![folder.join("bin/valhalla_service").display().to_string(), file, "1".to_owned()]
        }))
    }

    fn start(source: TravelSource, command: impl Fn(u16, &str) -> Vec<String>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let path = directory.path().display().to_string();
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "watch", &format!("{path}/log")]).args(command(port, &path));
        let mut watcher = watch.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sh starts");
        let mut pid = String::new();
        BufReader::new(watcher.stdout.take().unwrap()).read_line(&mut pid).unwrap();
        let server = Self { source, port, pid: pid.trim().to_owned(), watcher, _directory: directory };
        // The client's own patience is what waits for the server.
        let mut patient = settings();
        (patient.retries, patient.retry_wait_milliseconds, patient.failures_until_pause) = (20, 100, 1000);
        let date = server.client(patient).map().date;
        let log = || fs::read_to_string(format!("{path}/log")).unwrap_or_default();
        assert!(date.is_some(), "{source} does not start: {}", log());
        server
    }

    pub fn source(&self) -> TravelSource {
        self.source
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client of its own circuit breaker.
    pub fn client(&self, settings: Routing) -> Box<dyn TravelTimes> {
        source(self.source, &self.url(), settings)
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        assert!(Command::new("kill").args([&format!("-{name}"), &self.pid]).status().unwrap().success());
    }

    /// Somebody between it and its clients who hands on what they ask, and kills it for good when it has answered so many
    /// tables, before the last answer is told.
    pub fn killed_after(self, tables: usize) -> Fake {
        let answered = AtomicUsize::new(0);
        Fake::new(move |request| {
            let Ok((status, body)) = self.answer(request) else { return Reply::Raw(Vec::new()) };
            let is_table = ["/table/", "/sources_to_targets"].iter().any(|table| request.path.starts_with(table));
            if is_table && answered.fetch_add(1, Ordering::SeqCst) + 1 == tables {
                self.signal("KILL");
                while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                    thread::yield_now();
                }
            }
            Reply::Json(status, body)
        })
    }

    /// The status and the body of what it says to a question.
    fn answer(&self, request: &Request) -> std::io::Result<(u16, String)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let Request { method, path, query, body } = request;
        let headers = format!("Host: {}\r\nContent-Length: {}\r\n", self.port, body.len());
        write!(stream, "{method} {path}?{query} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n{body}")?;
        let mut reader = BufReader::new(stream);
        let (mut status, mut length) = (0, 0);
        for line in reader.by_ref().lines() {
            let line = line?.to_ascii_lowercase();
            match line.split_once(' ') {
                None => break,
                Some(("content-length:", number)) => length = number.trim().parse().unwrap_or(0),
                Some((version, rest)) if version.starts_with("http/") => {
                    status = rest.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0);
                }
                Some(_) => (),
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        Ok((status, String::from_utf8_lossy(&body).into_owned()))
    }

    /// Waits until a client's question lies unread in the server's socket.
    pub fn wait_for_a_question(&self) {
        let local = format!(":{:04X}", self.port);
        let lies_there = || {
            let connections = fs::read_to_string("/proc/net/tcp").expect("Linux tells its connections");
            connections.lines().any(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let (Some(at), Some(queues)) = (words.get(1), words.get(4)) else { return false };
                at.ends_with(&local) && words[3] == "01" && !queues.ends_with(":00000000")
            })
        };
        while !lies_there() {
            thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.watcher.stdin.take());
        let _ = self.watcher.wait();
    }
}
