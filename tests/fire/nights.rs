//! Nights of three servers of one database, whose leader is killed, frozen or cut off.
//!
//! Each server asks a travel source of its own, which is this test: whoever asks holds the run, and waits for an answer for as
//! long as it suits. So the leader is known, and it is struck in the middle of its run. A night is over when its run is
//! published; before another, all business dates are moved into the past, and tonight has no run again.
//! Holds: one run a date, by whoever was alive; a leader that was frozen or cut off past its lease publishes nothing when it wakes up;
//! one that only takes long keeps its run. On SQLite there is one server, which is killed and started again.

use super::{
    company::Company,
    links::{Link, Way},
    service::Serving,
    *,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{Duration, Instant},
};

/// Nobody waits for a night longer than this.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a leader may go without a sign of life.
const LEASE_SECONDS: u64 = 3;

/// The question of a leader that has its market and waits for the date of a map.
struct Waiting {
    leader: usize,
    stream: TcpStream,
}

impl Waiting {
    /// Lets it go on.
    fn answer(mut self) {
        // One that was killed does not listen any more.
        let _ = reply(&mut self.stream, r#"{"code":"Ok","waypoints":[]}"#);
    }
}

fn reply(stream: &mut TcpStream, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// A travel source: tables are answered at once, and whoever asks for the map's date is put on the list of `asked`.
fn travel_source(leader: usize, asked: Sender<Waiting>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut line = String::new();
            let mut reader = BufReader::new(stream.try_clone().expect("a handle"));
            let _ = reader.read_line(&mut line);
            let mut header = String::new();
            while reader.read_line(&mut header).is_ok_and(|count| count > 2) {
                header.clear();
            }
            if line.contains("/nearest/") {
                if asked.send(Waiting { leader, stream }).is_err() {
                    return;
                }
                continue;
            }
            let _ = reply(&mut stream, &table(&line));
        }
    });
    url
}

/// A table in which every way takes ten minutes.
fn table(line: &str) -> String {
    let target = line.split(' ').nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let places: Vec<&str> = path.rsplit('/').next().unwrap_or_default().split(';').collect();
    let list = |name: &str| -> Vec<usize> {
        let list = query.split('&').find_map(|part| part.strip_prefix(name)).unwrap_or_default();
        list.split(';').filter_map(|number| number.parse().ok()).collect()
    };
    let (from, to) = (list("sources="), list("destinations="));
    let at = |indices: &[usize]| {
        let one = |index: &usize| format!(r#"{{"distance":0.0,"location":[{}]}}"#, places[*index]);
        indices.iter().map(one).collect::<Vec<_>>().join(",")
    };
    let row = format!("[{}]", vec!["600.0"; to.len()].join(","));
    let rows = vec![row; from.len()].join(",");
    let (sources, destinations) = (at(&from), at(&to));
    format!(r#"{{"code":"Ok","durations":[{rows}],"sources":[{sources}],"destinations":[{destinations}]}}"#)
}

/// What befalls a leader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Killed,
    Frozen,
    /// It cannot reach the database past its lease, and then can.
    CutOff,
    Slow,
}

struct Night<'a> {
    programs: &'a [Program],
    /// By which each reaches the database; none on SQLite.
    links: &'a [Link],
    servers: Vec<Serving>,
    asked: Receiver<Waiting>,
    outsider: Outsider,
}

impl Night<'_> {
    /// Two more accounts that make a swap.
    fn submit(address: &str, company: &Company, number: usize) {
        let rep = number % 4 / 2 * 4;
        for (rep, account) in [(rep, number), (rep + 1, number)] {
            let body = format!(r#"{{"account":"a{rep:02}-{account}","stars":1.5,"reasons":["chemistry"]}}"#);
            let ask = service::Ask {
                method: "POST",
                path: "/api/v1/submissions".to_owned(),
                token: company.reps[rep].token.clone(),
                key: format!("night-{rep}-{account}"),
                body,
                ..service::Ask::default()
            };
            // Who was cut off a moment ago may say so a few times.
            let until = Instant::now() + PATIENCE;
            loop {
                let answer = service::send(address, &ask).ok().flatten().expect("it serves");
                if answer.status == 201 {
                    break;
                }
                assert!(answer.status == 503 && Instant::now() < until, "{} {}", answer.status, answer.body);
                thread::sleep(Duration::from_millis(50));
            }
        }
    }

    fn leader(&self) -> Waiting {
        self.asked.recv_timeout(PATIENCE).expect("somebody runs the night")
    }

    /// Waits until tonight's run is published.
    fn is_published(&mut self) {
        let until = Instant::now() + PATIENCE;
        loop {
            let books = self.outsider.books();
            let today = books.now.date();
            let tonight = |run: &&auditor::books::Row| run.day("business_date") == Some(today);
            if books.runs.iter().find(tonight).is_some_and(|run| run.text("state") == "published") {
                return;
            }
            assert!(Instant::now() < until, "the night was not run: {:?}", books.runs.last());
            // How often somebody looks is of no matter.
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// One night, in which its first leader meets its fate.
    fn pass(&mut self, fate: Fate) {
        let first = self.leader();
        let leader = first.leader;
        match fate {
            Fate::Slow => {
                // For three leases nobody else takes it.
                let other = self.asked.recv_timeout(Duration::from_secs(3 * LEASE_SECONDS));
                assert!(other.is_err(), "server {leader} showed signs of life and was taken over");
                first.answer();
                self.is_published();
            }
            Fate::Killed => {
                self.servers[leader].kill();
                first.answer();
                if self.servers.len() == 1 {
                    self.servers[leader] = self.programs[leader].serve();
                }
                self.leader().answer();
                self.is_published();
                if self.servers.len() > 1 {
                    self.servers[leader] = self.programs[leader].serve();
                }
            }
            Fate::CutOff => {
                self.links[leader].becomes(Way::Closed);
                let second = self.leader();
                assert_ne!(second.leader, leader, "it cannot say that it is alive");
                second.answer();
                self.is_published();
                self.links[leader].becomes(Way::Open);
                first.answer();
            }
            Fate::Frozen => {
                self.servers[leader].signal("STOP");
                let second = self.leader();
                assert_ne!(second.leader, leader, "it stands still");
                second.answer();
                self.is_published();
                let published = self.outsider.books().runs;
                self.servers[leader].signal("CONT");
                first.answer();
                // It serves again when it has found out that it is too late.
                let ask = service::Ask { method: "GET", path: "/healthz".to_owned(), ..service::Ask::default() };
                let answer = service::send(&self.servers[leader].address, &ask).ok().flatten();
                assert_eq!(answer.map(|one| one.status), Some(200));
                assert_eq!(self.outsider.books().runs, published, "what was published stays as it is");
            }
        }
    }
}

/// Nights of a database, each with what befalls its leader; a server for each link, or one that has none.
fn nights_under_fire(name: &str, url: &str, links: &[Link], fates: &[Fate], nights: usize) {
    let seed = seed(name);
    let mut random = StdRng::seed_from_u64(seed);
    let (tell, asked) = channel();
    // One key for all: whoever is signed in at one server is at the others.
    let keys = tempfile::tempdir().expect("a folder");
    let key = keys.path().join("local.key").display().to_string();
    let mut quiet = Program::new(url);
    quiet.set("AUTH__LOCAL_KEY_FILE", &key);
    let urls: Vec<String> = match links {
        [] => vec![url.to_owned()],
        links => links.iter().map(|link| link.url("nights")).collect(),
    };
    let programs: Vec<Program> = (0..)
        .zip(&urls)
        .map(|(number, url)| {
            let mut program = Program::new(url);
            for (setting, value) in [
                ("NIGHT__ENABLED", "true"),
                ("NIGHT__OPENS", "00:00:00"),
                ("NIGHT__CLOSES", "23:59:59.999"),
                ("NIGHT__WAKE_UP_SECONDS", "1"),
                ("NIGHT__LEASE_SECONDS", &LEASE_SECONDS.to_string()),
                ("POLICY__SCORES__TRAVEL__SOURCES", "osrm"),
                ("ROUTING__OSRM__URL", &travel_source(number, tell.clone())),
                ("ROUTING__REQUEST_TIMEOUT_MILLISECONDS", "120000"),
                ("ROUTING__RETRIES", "0"),
                ("AUTH__LOCAL_KEY_FILE", &key),
            ] {
                program.set(setting, value);
            }
            program
        })
        .collect();
    let company = company::found(&quiet, nights + 1);
    let mut watch = Watch::new(url, &programs);
    // The run of an empty market asks nobody; there is something in it from the first night on.
    Night::submit(&quiet.serve().address, &company, 0);
    let servers: Vec<Serving> = programs.iter().map(Program::serve).collect();
    let began = Instant::now();
    let mut night = Night { programs: &programs, links, servers, asked, outsider: Outsider::connect(url) };
    let scene = Scene::new("");
    let mut passed = Vec::new();
    for number in 0..nights {
        let fate = match number {
            number if number < fates.len() => fates[number],
            _ => fates[random.random_range(0..fates.len() - usize::from(!is_long()))],
        };
        night.pass(fate);
        passed.push(fate);
        watch.expect_nothing(&scene, &format!("{name}, night {number}, {fate:?}"));
        if number + 1 == nights {
            break;
        }
        Night::submit(&night.servers[0].address, &company, number + 1);
        // Another night begins: what was today is some day long ago, each a day of its own.
        let long_ago = chrono::NaiveDate::from_ymd_opt(2001, 1, 1).expect("a day") + chrono::Days::new(number as u64);
        night
            .outsider
            .execute(&format!("UPDATE runs SET business_date = '{long_ago}' WHERE business_date > '2020-01-01'"));
        watch.earlier = night.outsider.books();
    }
    let books = night.outsider.books();
    let times = |fate: Fate| passed.iter().filter(|one| **one == fate).count();
    println!(
        "{name}: {nights} nights in {:.0} s, {} leaders killed, {} frozen, {} cut off, {} slow; {} runs, {} proposals; no violation",
        began.elapsed().as_secs_f64(),
        times(Fate::Killed),
        times(Fate::Frozen),
        times(Fate::CutOff),
        times(Fate::Slow),
        books.runs.len(),
        books.proposals.len(),
    );
    assert!(books.runs.iter().all(|run| run.text("state") == "published"), "{name}: {:?}", books.runs);
    assert_eq!(books.runs.len(), nights, "{name}: one a night");
    assert!(!books.proposals.is_empty(), "{name}: the nights found something");
}

#[test]
fn of_three_servers_one_runs_each_night_whoever_is_killed_frozen_or_cut_off() {
    let cluster = Cluster::start();
    let url = cluster.create("nights");
    let links: Vec<Link> = (0..3).map(|_| Link::to(cluster.socket_directory())).collect();
    let fates = [Fate::Killed, Fate::Frozen, Fate::CutOff, Fate::Slow];
    nights_under_fire("nights", &url, &links, &fates, rounds(8, 60));
}

#[test]
fn on_sqlite_the_server_that_is_started_again_finishes_the_night() {
    let folder = tempfile::tempdir().expect("a folder");
    nights_under_fire("a night", &sqlite(&folder), &[], &[Fate::Killed, Fate::Slow], rounds(4, 60));
}
