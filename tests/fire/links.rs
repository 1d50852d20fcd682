//! PostgreSQL goes away: stopped without a warning, a backend killed, the link cut around a COMMIT or fallen silent.
//!
//! The service stays up through all of it. A proxy stands between it and the server's socket, looks for the COMMIT of a
//! transaction, and cuts the link just before it arrives or just before its answer does: whoever sent it cannot tell the two
//! apart, and the database can. Holds: clients are told to come back, the same keys settle what became of their requests, and
//! every invariant stands.

use super::{
    clients::{begin_the_day, under_writers},
    *,
};
use rand::{Rng, SeedableRng, rngs::StdRng};
use std::{
    io::{Read, Write},
    net::Shutdown,
    os::unix::{
        fs::PermissionsExt,
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU8, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// Where the next COMMIT is cut off.
const NOWHERE: u8 = 0;
const BEFORE: u8 = 1;
const AFTER: u8 = 2;

/// What becomes of whoever wants to go over a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// They get through.
    Open,
    /// They are hung up on.
    Closed,
    /// They are listened to, and never hear a word.
    Silent,
}

struct Lines {
    way: Way,
    through: Vec<Weak<UnixStream>>,
    unheard: Vec<Arc<UnixStream>>,
}

/// A link that can be cut around a COMMIT, closed and made silent.
pub struct Link {
    directory: tempfile::TempDir,
    cut: Arc<AtomicU8>,
    cuts: Arc<AtomicUsize>,
    lines: Arc<Mutex<Lines>>,
}

impl Link {
    /// A socket that leads to another one's directory.
    pub fn to(directory: &str) -> Self {
        let own = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(own.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
        let listener = UnixListener::bind(own.path().join(SOCKET)).expect("a socket");
        let (cut, cuts) = (Arc::new(AtomicU8::new(NOWHERE)), Arc::new(AtomicUsize::new(0)));
        let target = Path::new(directory).join(SOCKET);
        let lines = Arc::new(Mutex::new(Lines { way: Way::Open, through: Vec::new(), unheard: Vec::new() }));
        let link = Self { directory: own, cut: Arc::clone(&cut), cuts: Arc::clone(&cuts), lines: Arc::clone(&lines) };
        // It ends with the process: whoever listens holds nothing else.
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (target, cut, cuts): (PathBuf, _, _) = (target.clone(), Arc::clone(&cut), Arc::clone(&cuts));
                let client = Arc::new(client);
                let mut lines = lines.lock().expect("nobody panics with it");
                match lines.way {
                    Way::Open => lines.through.push(Arc::downgrade(&client)),
                    Way::Closed => continue,
                    Way::Silent => {
                        lines.unheard.push(client);
                        continue;
                    }
                }
                drop(lines);
                thread::spawn(move || relay(&client, &target, &cut, &cuts));
            }
        });
        link
    }

    /// The URL of a database by this link.
    pub fn url(&self, database: &str) -> String {
        Cluster::url_by(self.directory.path().to_str().expect("a path in ASCII"), database)
    }

    /// Hangs up on everybody who is through, and lets nobody through until the way is open again.
    pub fn becomes(&self, way: Way) {
        let mut lines = self.lines.lock().expect("nobody panics with it");
        lines.way = way;
        for client in std::mem::take(&mut lines.through).iter().filter_map(Weak::upgrade) {
            // It may be closed already.
            let _ = client.shutdown(Shutdown::Both);
        }
    }

    /// Cuts the next COMMIT, and waits until it has; not for ever, for nobody may be writing.
    fn cut(&self, place: u8) {
        let before = self.cuts.load(Ordering::SeqCst);
        self.cut.store(place, Ordering::SeqCst);
        for _ in 0..2000 {
            if self.cuts.load(Ordering::SeqCst) > before {
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        self.cut.store(NOWHERE, Ordering::SeqCst);
    }
}

/// The name PostgreSQL gives its socket.
const SOCKET: &str = ".s.PGSQL.5432";

/// Carries bytes both ways until either end is closed or the link is cut.
fn relay(client: &UnixStream, target: &Path, cut: &AtomicU8, cuts: &AtomicUsize) {
    let Ok(server) = UnixStream::connect(target) else { return };
    let (Ok(mut from_server), Ok(mut to_client)) = (server.try_clone(), client.try_clone()) else { return };
    let end = |one: &UnixStream, other: &UnixStream| {
        // Either may be closed already.
        let _ = (one.shutdown(Shutdown::Both), other.shutdown(Shutdown::Both));
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut bytes = [0; 65_536];
            while let Ok(count @ 1..) = from_server.read(&mut bytes) {
                if to_client.write_all(&bytes[..count]).is_err() {
                    break;
                }
            }
            end(&from_server, &to_client);
        });
        let (mut reads, mut writes) = (client, &server);
        let mut bytes = [0; 65_536];
        while let Ok(count @ 1..) = reads.read(&mut bytes) {
            let is_commit = bytes[0] == b'Q' && bytes[..count].windows(6).any(|six| six == b"COMMIT");
            let place = if is_commit { cut.swap(NOWHERE, Ordering::SeqCst) } else { NOWHERE };
            if place == AFTER {
                // Nothing of the answer may reach the client, which is why its side is closed first.
                let _ = client.shutdown(Shutdown::Both);
            }
            if place != BEFORE && writes.write_all(&bytes[..count]).is_err() {
                break;
            }
            if place != NOWHERE {
                cuts.fetch_add(1, Ordering::SeqCst);
                if place == AFTER {
                    // The server finishes what it has received before it sees the end.
                    let _ = server.shutdown(Shutdown::Write);
                    return;
                }
                break;
            }
        }
        end(client, &server);
    });
}

#[test]
fn a_database_that_goes_away_in_the_middle_of_writing_loses_and_doubles_nothing() {
    let seed = seed("links");
    let mut random = StdRng::seed_from_u64(seed);
    let mut cluster = Cluster::start();
    let direct = cluster.create("links");
    let link = Link::to(cluster.socket_directory());
    let program = Program::new(&link.url("links"));
    let company = company::found(&program, 40);
    let mut watch = Watch::new(&direct, std::slice::from_ref(&program));
    let serving = program.serve();
    let scene = Scene::new(&serving.address);
    begin_the_day(&scene, &company);
    let (mut crashes, mut kills, mut silences) = (0, 0, 0);
    let breaks = rounds(60, 600);
    under_writers(&scene, &company, seed, || {
        for round in 1..=breaks {
            let until = scene.sent.load(Ordering::SeqCst) + random.random_range(1..30);
            while scene.sent.load(Ordering::SeqCst) < until {
                // Nothing hangs on how long: the moment is to be random.
                thread::sleep(Duration::from_micros(500));
            }
            match round % 12 {
                0 => {
                    cluster.crash();
                    crashes += 1;
                }
                1 | 5 | 9 => {
                    cluster.kill_a_backend("links");
                    kills += 1;
                }
                7 => {
                    link.becomes(Way::Silent);
                    // Who asked meanwhile is never heard; the service has to give them up by itself.
                    thread::sleep(Duration::from_secs(3));
                    link.becomes(Way::Open);
                    silences += 1;
                }
                even if even % 2 == 0 => link.cut(BEFORE),
                _ => link.cut(AFTER),
            }
            if is_long() || round % 12 == 0 {
                watch.expect_nothing(&scene, &format!("links, round {round}"));
            }
        }
    });
    let last = watch.expect_nothing(&scene, "after all");
    let log = scene.log.lock().expect("nobody panics with it");
    let told_to_come_back = log.iter().filter(|one| matches!(one.answer, Some((503, _)))).count();
    let in_doubt = |body: &str| body.contains("/problems/in_doubt");
    let in_doubt = log.iter().filter(|one| matches!(&one.answer, Some((503, body)) if in_doubt(body))).count();
    let cuts = link.cuts.load(Ordering::SeqCst);
    println!(
        "links: {crashes} crashes of the server, {kills} backends killed, {cuts} links cut at COMMIT, {silences} silences; {} requests, \
         {told_to_come_back} told to come back, {in_doubt} of them in doubt, {} proposals, {} on trial; no violation",
        log.len(),
        last.proposals.len(),
        count(last, &["on_trial"]),
    );
    let internal: Vec<_> = log.iter().filter(|one| matches!(one.answer, Some((500, _)))).collect();
    assert!(internal.is_empty(), "a database that is away is no internal error: {internal:#?}");
    assert!(told_to_come_back > in_doubt && cuts * 4 > breaks, "the breaks met nobody");
}
