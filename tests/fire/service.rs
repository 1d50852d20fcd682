//! The program itself, as a process that can be killed, frozen and started again, and HTTP by hand.
//!
//! In goes a database's URL; out come processes that serve, where they do, tokens, and answers. A request whose answer does
//! not come whole has no answer: whoever sent it cannot know what became of it.
//! Deliberately absent: anything of the service's code.

use std::{
    io::{BufRead, BufReader, Lines, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, ChildStderr, Command, Stdio},
    time::Duration,
};

/// The program over one database, with a key of its own.
pub struct Program {
    directory: tempfile::TempDir,
    pub url: String,
    variables: Vec<(String, String)>,
}

impl Program {
    pub fn new(url: &str) -> Self {
        let mut program =
            Self { directory: tempfile::tempdir().expect("a directory"), url: url.to_owned(), variables: Vec::new() };
        for (name, value) in [
            ("NIGHT__ENABLED", "false"),
            // Who asks again for what a killed process was at need not wait long for its place.
            ("NIGHT__LEASE_SECONDS", "1"),
            ("LOG__FORMAT", "json"),
            ("RATE_LIMIT__REQUESTS_A_SECOND", "1000000"),
            ("RATE_LIMIT__BURST", "1000000"),
            ("RATE_LIMIT__CHANGES_A_SECOND", "1000000"),
            ("RATE_LIMIT__CHANGES_BURST", "1000000"),
            ("RATE_LIMIT__COSTLY_A_MINUTE", "1000000"),
            ("RATE_LIMIT__COSTLY_BURST", "1000000"),
            ("AUDIT__CHECKPOINT_MINUTES", "1"),
            // Each takes its time to start; what clients wait for is done on other threads.
            ("SERVER__WORKERS", "1"),
            ("PROPOSALS__TAKE_BACK_MINUTES", "0"),
            ("SUBMISSIONS__TAKEN_BACK_IN_30_DAYS", "1000000"),
            ("REPORTS__PRICE_OF_FAIRNESS", "false"),
            // Whoever listens to it is on this machine, and what a killed process held is soon another's.
            ("WEBHOOKS__ALLOWED_HOSTS", "127.0.0.1"),
            ("WEBHOOKS__REQUEST_TIMEOUT_MILLISECONDS", "1000"),
            ("WEBHOOKS__LEASE_SECONDS", "2"),
        ] {
            program.set(name, value);
        }
        program
    }

    /// Sets one of its settings.
    pub fn set(&mut self, name: &str, value: &str) {
        self.variables.push((format!("ACCOUNT_SWAP__{name}"), value.to_owned()));
    }

    /// The folder it runs in.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_account-swap"));
        command.current_dir(self.folder()).env_remove("ACCOUNT_SWAP_PROFILE").args(["--database", &self.url]);
        command.envs(self.variables.iter().map(|(name, value)| (name, value))).args(arguments);
        command
    }

    /// What a command says; it must end well.
    pub fn say(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments).output().expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("text")
    }

    /// A token of `role` for somebody, or for a program with its scopes.
    pub fn token(&self, role: &str, id: &str, scopes: &[&str]) -> String {
        let who = format!("--{role}");
        let scopes = scopes.iter().flat_map(|scope| ["--scope", scope]);
        let arguments: Vec<&str> = ["token", &who, id].into_iter().chain(scopes).collect();
        self.say(&arguments).trim().to_owned()
    }

    /// Starts a server on a free port and waits until it says where; whatever else it says is read too.
    pub fn serve(&self) -> Serving {
        let (serving, said) = self.start();
        // The pipe is read to its end, so that the server never waits for a reader.
        std::thread::spawn(move || said.map_while(Result::ok).for_each(|line| echo(&line)));
        serving
    }

    /// The same with nobody who reads on.
    pub fn serve_unread(&self) -> Serving {
        self.start().0
    }

    fn start(&self) -> (Serving, Lines<BufReader<ChildStderr>>) {
        let mut child = self
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut said = String::new();
        for line in lines.by_ref().map_while(Result::ok) {
            echo(&line);
            let value: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            if let Some(address) = value["address"].as_str() {
                return (Serving { child, address: address.to_owned() }, lines);
            }
            said = said + &line + "\n";
        }
        panic!("it did not serve, {}: {said}", child.wait().expect("it has ended"));
    }
}

/// Shows a line of the log to whoever asked for that.
fn echo(line: &str) {
    if std::env::var_os("ACCOUNT_SWAP_FIRE_LOG").is_some() {
        eprintln!("{line}");
    }
}

/// A server at work; killed with its value.
pub struct Serving {
    child: Child,
    pub address: String,
}

impl Serving {
    /// Ends it without a warning, and waits until it is gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it has ended");
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(&mut self) {
        self.signal("TERM");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "it ends well: {status}");
    }

    /// Sends it a signal by name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.expect("kill is there").success(), "{name} was sent");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is sent.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    pub method: &'static str,
    pub path: String,
    pub token: String,
    pub key: String,
    pub if_match: String,
    /// Further headers, a line each.
    pub more: String,
    pub body: String,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// The longest anybody waits for an answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Nobody takes a connection there, so nothing was sent.
#[derive(Debug)]
pub struct NobodyThere;

/// Sends a request on a connection of its own; nothing where no whole answer comes.
pub fn send(address: &str, ask: &Ask) -> Result<Option<Answer>, NobodyThere> {
    let stream = TcpStream::connect(address).map_err(|_| NobodyThere)?;
    Ok(exchange(stream, ask))
}

fn exchange(mut stream: TcpStream, ask: &Ask) -> Option<Answer> {
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    let header = |name: &str, value: &str| match value {
        "" => String::new(),
        value => format!("{name}: {value}\r\n"),
    };
    let content_type = if ask.body.is_empty() { "" } else { "application/json" };
    let request = format!(
        "{} {} HTTP/1.1\r\nHost: fire\r\nConnection: close\r\nAuthorization: Bearer {}\r\nContent-Length: {}\r\n{}{}{}{}\r\n{}",
        ask.method,
        ask.path,
        ask.token,
        ask.body.len(),
        header("Content-Type", content_type),
        header("Idempotency-Key", &ask.key),
        header("If-Match", &ask.if_match),
        ask.more,
        ask.body
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let status = line.split(' ').nth(1)?.parse().ok()?;
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().ok();
        }
    }
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    Some(Answer { status, body: String::from_utf8(body).ok()? })
}
