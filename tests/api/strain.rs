//! The program with too little of something: open files, time of its callers, room on its disk.
//!
//! In goes the real program on a database of each kind; out comes that it answers whoever asks honestly meanwhile, or tells
//! them when to come back, that it recovers by itself, and that nothing it has acknowledged is lost.

use crate::{
    common::{
        databases::{databases, sqlite},
        small_disk::small_disks,
    },
    fixture::World,
    program::Program,
};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{BufRead, BufReader, Lines, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
};

/// The program while it serves.
struct Serving {
    process: Child,
    address: SocketAddr,
    _lines: Lines<BufReader<ChildStderr>>,
    client: Client,
    anna: String,
}

impl Serving {
    /// Starts it with no more open files than so many, where a number is given.
    fn start(program: &Program, most_files: Option<u32>) -> Self {
        let mut serve = program.command(&["serve", "--listen", "127.0.0.1:0"]);
        if let Some(most) = most_files {
            let inner = std::mem::replace(&mut serve, Command::new("sh"));
            serve.args(["-c", &format!("ulimit -n {most}; exec \"$0\" \"$@\"")]);
            serve.arg(inner.get_program()).args(inner.get_args()).current_dir(inner.get_current_dir().unwrap());
            for (name, value) in inner.get_envs() {
                match value {
                    Some(value) => serve.env(name, value),
                    None => serve.env_remove(name),
                };
            }
        }
        let mut process =
            serve.env("ACCOUNT_SWAP__LOG__FORMAT", "json").stderr(Stdio::piped()).spawn().expect("it starts");
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line: Value = serde_json::from_str(&line.unwrap()).expect("every line is an object");
            line["address"].as_str().map(|address| address.parse().unwrap())
        });
        let address = address.expect("it says where it serves");
        let anna = program.say(&["token", "--rep", "anna"]).trim().to_owned();
        // A connection a request, so that each caller has to wait for theirs.
        let client = Client::builder().pool_max_idle_per_host(0).build().unwrap();
        Self { process, address, _lines: lines, client, anna }
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("http://{}{path}", self.address)).bearer_auth(&self.anna)
    }

    /// Submits one of Anna's accounts; its name is the key as well.
    async fn submit(&self, account: &str) -> Response {
        let new = json!({"account": account, "stars": 1.5, "reasons": ["chemistry"]});
        let post = self.client.post(format!("http://{}/api/v1/submissions", self.address));
        post.bearer_auth(&self.anna).header("idempotency-key", account).json(&new).send().await.unwrap()
    }

    /// The accounts that Anna has submitted, as it says.
    async fn submitted(&self) -> Vec<String> {
        let page: Value = self.get("/api/v1/submissions?limit=200").send().await.unwrap().json().await.unwrap();
        let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
        let mut accounts: Vec<_> = items.iter().map(|one| one["account"].as_str().unwrap().to_owned()).collect();
        accounts.sort();
        accounts
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Connections of callers who begin to ask and never end.
fn slow_callers(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    let call = |_| {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(b"GET /api/v1/me HTTP/1.1\r\nhost: he").unwrap();
        stream
    };
    (0..count).map(call).collect()
}

/// Waits until the server has hung up on each.
async fn let_go(callers: Vec<TcpStream>) {
    let wait = move || {
        for mut caller in callers {
            let mut answer = Vec::new();
            let _ = caller.read_to_end(&mut answer);
            assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
        }
    };
    tokio::task::spawn_blocking(wait).await.unwrap();
}

#[actix_web::test]
async fn four_thousand_slow_callers_keep_nobody_waiting_and_are_hung_up_on() {
    for database in databases() {
        let world = World::new(database, 2);
        let program = Program::new(&world.settings.database.url);
        let serving = Serving::start(&program, None);
        let callers = slow_callers(serving.address, 4000);
        assert_eq!(serving.submit("anna-0").await.status(), 201, "{}", world.name);
        assert_eq!(serving.submitted().await, ["anna-0"], "{}", world.name);
        let_go(callers).await;
        assert_eq!(serving.submit("anna-1").await.status(), 201, "{}", world.name);
        assert_eq!(serving.submitted().await, ["anna-0", "anna-1"], "{}", world.name);
    }
}

#[actix_web::test]
async fn with_few_open_files_callers_wait_for_their_turn_and_the_database_does_not() {
    for database in databases() {
        let world = World::new(database, 2);
        let program = Program::new(&world.settings.database.url);
        let serving = Serving::start(&program, Some(64));
        assert_eq!(serving.submit("anna-0").await.status(), 201, "{}", world.name);
        // More than it has files for, so that whoever comes now waits until it has hung up on some of them.
        let callers = slow_callers(serving.address, 40);
        assert_eq!(serving.submit("anna-1").await.status(), 201, "{}", world.name);
        let_go(callers).await;
        assert_eq!(serving.submitted().await, ["anna-0", "anna-1"], "{}", world.name);
    }
}

#[test]
fn with_too_few_open_files_it_says_how_many_it_needs() {
    let world = World::new(sqlite(), 1);
    let program = Program::new(&world.settings.database.url);
    let serve = program.command(&["serve", "--listen", "127.0.0.1:0"]);
    let refused = Command::new("sh")
        .args(["-c", "ulimit -n 32; exec \"$0\" \"$@\""])
        .arg(serve.get_program())
        .args(serve.get_args())
        .current_dir(serve.get_current_dir().unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("`ulimit -n` is 32, and server and database need"), "{said}");
}

/// Takes all the room there is left beside a file, and returns what takes it.
fn fill(directory: &Path) -> PathBuf {
    let ballast = directory.join("ballast");
    let mut file = File::create(&ballast).unwrap();
    for size in [1 << 20, 1 << 12, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
    ballast
}

#[actix_web::test]
async fn on_a_full_disk_changes_are_refused_reads_go_on_and_it_recovers_by_itself() {
    const ACCOUNTS: usize = 60;
    for (database, disk) in small_disks() {
        let world = World::new(database, ACCOUNTS);
        let program = Program::new(&world.settings.database.url);
        let serving = Serving::start(&program, None);
        let mut acknowledged = Vec::new();
        let mut submit = async |n: usize| {
            let account = format!("anna-{n}");
            let answer = serving.submit(&account).await;
            if answer.status() == 201 {
                acknowledged.push(account);
            }
            answer
        };
        assert_eq!(submit(0).await.status(), 201, "{}", world.name);
        let ballast = fill(disk.path());
        let mut refused = None;
        for n in 1..ACCOUNTS {
            let answer = submit(n).await;
            match answer.status().as_u16() {
                // There may be room left in pages that are taken already.
                201 => {}
                507 => {
                    refused = Some((n, answer));
                    break;
                }
                _ => panic!("{}: {answer:?}", world.name),
            }
        }
        let (n, answer) = refused.expect("no room is left some time");
        assert!(answer.headers().contains_key("retry-after"), "{}: {answer:?}", world.name);
        let problem: Value = answer.json().await.unwrap();
        assert_eq!(problem["code"], "full", "{}: {problem}", world.name);
        assert_eq!(serving.get("/api/v1/me").send().await.unwrap().status(), 200, "{}: reads go on", world.name);
        std::fs::remove_file(ballast).unwrap();
        assert_eq!(submit(n).await.status(), 201, "{}: under the very same key", world.name);
        acknowledged.sort();
        assert_eq!(serving.submitted().await, acknowledged, "{}", world.name);
        drop(serving);
        program.say(&["verify", "audit"]);
    }
}
