//! Fresh, empty databases of both kinds, for one test.
//!
//! In goes nothing; out come a SQLite file and a PostgreSQL database, each gone when its guard is dropped. The
//! PostgreSQL server is a temporary cluster, one a test process, made on first use from the server binaries on this
//! machine. It listens on a socket in a directory of its own and on no port. A shell watches a pipe that only this
//! process holds; when the pipe closes, by whatever end, the shell stops the server and removes the directory.
//! Cost: about two seconds for the cluster, a tenth of one for each database.
//! Deliberately absent: skipping. Without the binaries the test fails and says what to install. Absent as well is
//! `fsync`: the cluster survives the crash of a client, not of the machine.

use account_swap::settings::Settings;
use diesel::{Connection, PgConnection, SqliteConnection, connection::SimpleConnection};
use std::{
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// An empty database that lives as long as this value.
pub struct TestDatabase {
    /// `sqlite` or `postgres`, for messages.
    pub name: &'static str,
    /// What goes into `database.url`.
    pub url: String,
    _guard: Guard,
}

impl TestDatabase {
    /// A second database that holds what this one does now. Whoever is connected to this one is thrown out.
    pub fn copy(&self) -> Self {
        if let Some(path) = self.url.strip_prefix("sqlite:") {
            let copy = sqlite();
            let to = copy.url.trim_start_matches("sqlite:");
            let mut connection = SqliteConnection::establish(path).expect("the file is there");
            connection.batch_execute(&format!("VACUUM INTO '{to}'")).expect("a copy of the file");
            return copy;
        }
        postgres_from(self.url.rsplit('/').next().expect("a database's URL ends with its name"))
    }

    /// What `pg_dump` takes of a PostgreSQL database into a file while others use it, and `pg_restore` makes of that.
    #[allow(dead_code, reason = "only one test makes backups")]
    pub fn dumped_and_restored(url: &str, file: &Path) -> Self {
        let restored = postgres();
        // The server may be on the PATH by links, and its other programs not.
        let beside = server_binaries().join("pg_ctl").canonicalize().expect("the server is there");
        let run = |program: &str, arguments: &[&std::ffi::OsStr]| {
            let done = Command::new(beside.with_file_name(program)).args(arguments).output();
            let done = done.expect("it is installed beside the server");
            assert!(done.status.success(), "{program}: {}", String::from_utf8_lossy(&done.stderr));
        };
        run("pg_dump", &["--format=custom".as_ref(), "--file".as_ref(), file.as_ref(), url.as_ref()]);
        let into = restored.url.as_ref();
        run("pg_restore", &["--exit-on-error".as_ref(), "--dbname".as_ref(), into, file.as_ref()]);
        restored
    }

    /// The built-in settings, but for this database, for accepts, which hold at once, for patience and for a
    /// quota that rounds of a race would use up.
    pub fn settings(&self) -> Settings {
        settings(&self.url)
    }
}

/// What goes away with the database.
enum Guard {
    /// The directory of the file.
    Directory { _directory: tempfile::TempDir },
    /// The name in the cluster.
    Named(String),
}

impl Drop for Guard {
    fn drop(&mut self) {
        if let Self::Named(name) = self {
            // Nothing hangs on it: the whole cluster goes with the process.
            let _ = PgConnection::establish(&cluster().url("postgres"))
                .map(|mut admin| admin.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")));
        }
    }
}

/// One fresh, empty database of each kind.
pub fn databases() -> Vec<TestDatabase> {
    vec![sqlite(), postgres()]
}

/// Another fresh, empty one of the same kind.
pub fn like(other: &TestDatabase) -> TestDatabase {
    match other.name {
        "sqlite" => sqlite(),
        _ => postgres(),
    }
}

/// A fresh, empty SQLite file.
pub fn sqlite() -> TestDatabase {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let url = format!("sqlite:{}", directory.path().join("test.db").display());
    TestDatabase { name: "sqlite", url, _guard: Guard::Directory { _directory: directory } }
}

/// A fresh, empty PostgreSQL database. template0 is never connected to, so that databases can be made side by side.
pub fn postgres() -> TestDatabase {
    postgres_from("template0")
}

/// A fresh, empty SQLite file in a directory that goes away after it.
pub fn sqlite_in(directory: &Path) -> TestDatabase {
    let directory = tempfile::tempdir_in(directory).expect("a temporary directory");
    let url = format!("sqlite:{}", directory.path().join("test.db").display());
    TestDatabase { name: "sqlite", url, _guard: Guard::Directory { _directory: directory } }
}

/// A fresh, empty PostgreSQL database whose tables and indices are kept in a directory; its log is where it always is.
pub fn postgres_in(directory: &Path) -> TestDatabase {
    let database = postgres();
    let name = database.url.rsplit('/').next().expect("a database's URL ends with its name");
    if number(&["-u"]) == Some(0) {
        let (user, group) = server_user();
        std::os::unix::fs::chown(directory, Some(user), Some(group)).expect("root gives it to the server");
    }
    let mut admin = PgConnection::establish(&cluster().url("postgres")).expect("the temporary cluster answers");
    let place = format!("CREATE TABLESPACE in_{name} LOCATION '{}'", directory.display());
    admin.batch_execute(&place).expect("an empty directory of the server's");
    admin.batch_execute(&format!("ALTER DATABASE {name} SET TABLESPACE in_{name}")).expect("nobody is connected");
    database
}

/// A PostgreSQL database that begins as another, from which everybody is thrown out.
fn postgres_from(template: &str) -> TestDatabase {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let cluster = cluster();
    let mut admin = PgConnection::establish(&cluster.url("postgres")).expect("the temporary cluster answers");
    let throw_out = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{template}'");
    admin.batch_execute(&throw_out).expect("a superuser");
    admin.batch_execute(&format!("CREATE DATABASE {name} TEMPLATE {template}")).expect("a new database");
    TestDatabase { name: "postgres", url: cluster.url(&name), _guard: Guard::Named(name) }
}

/// The built-in settings, but for the database; an accept holds at once, so that no test has to wait for it; a write waits
/// for another as long as a busy machine may take, so that a race is about who comes first and not about how soon; and a rep
/// may take back as many submissions as a race has rounds.
pub fn settings(url: &str) -> Settings {
    let mut settings = Settings::built_in();
    settings.proposals.take_back_minutes = 0;
    settings.database.lock_timeout_milliseconds = 60_000;
    settings.submissions.taken_back_in_30_days = u32::MAX;
    url.clone_into(&mut settings.database.url);
    settings
}

/// The server of this test process.
struct Cluster {
    socket_directory: String,
    /// Holds the pipe whose end stops the server.
    _watcher: Child,
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.socket_directory.replace('/', "%2F"))
    }
}

fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(start)
}

/// What the watcher does: make, start, say where, wait for the pipe to close, stop, remove.
const WATCH: &str = r#"
set -eu
# The test may end while the server starts; saying where it is must then not kill the one who stops it.
trap '' PIPE
bin=$1
directory=$(mktemp -d "$2/account-swap-postgres.XXXXXX")
trap '"$bin/pg_ctl" stop --mode=immediate --wait --silent --pgdata=data >stop.log 2>&1; rm -rf "$directory"' EXIT
cd "$directory"
"$bin/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync --no-instructions >initdb.log 2>&1 ||
    { cat initdb.log >&2; exit 1; }
"$bin/pg_ctl" start --wait --silent --pgdata=data --log=server.log --options="\
-c listen_addresses='' -c unix_socket_directories='$directory' -c max_connections=400 -c fsync=off \
-c synchronous_commit=off -c full_page_writes=off -c shared_buffers=128MB -c max_wal_size=2GB" </dev/null >start.log 2>&1 ||
    { cat start.log server.log >&2; exit 1; }
echo "$directory"
cat >/dev/null
"#;

fn start() -> Cluster {
    let binaries = server_binaries();
    let mut watch = Command::new("sh");
    watch.args(["-c", WATCH, "watch"]).arg(&binaries).arg(std::env::temp_dir());
    // An interrupt from the terminal must not reach the shell before it has tidied up.
    watch.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if number(&["-u"]) == Some(0) {
        // PostgreSQL refuses to run as root.
        let (user, group) = server_user();
        watch.uid(user).gid(group);
    }
    let mut watcher = watch.spawn().expect("sh starts");
    let mut socket_directory = String::new();
    BufReader::new(watcher.stdout.take().expect("a pipe")).read_line(&mut socket_directory).expect("the pipe is read");
    if socket_directory.is_empty() {
        let mut reason = String::new();
        let _ = watcher.stderr.take().expect("a pipe").read_to_string(&mut reason);
        panic!("the temporary PostgreSQL cluster did not start:\n{reason}");
    }
    Cluster { socket_directory: socket_directory.trim_end().to_owned(), _watcher: watcher }
}

/// Whom the server runs as where root starts it: a user and a group.
fn server_user() -> (u32, u32) {
    let user = if number(&["-u", "postgres"]).is_some() { "postgres" } else { "nobody" };
    (number(&["-u", user]).expect("a user for the server"), number(&["-g", user]).expect("a group for the server"))
}

/// What `id` says of a user, as a number.
fn number(arguments: &[&str]) -> Option<u32> {
    let said = Command::new("id").args(arguments).stderr(Stdio::null()).output().ok()?;
    String::from_utf8(said.stdout).ok()?.trim().parse().ok()
}

/// The folder of the newest PostgreSQL server on this machine.
fn server_binaries() -> PathBuf {
    let on_path = std::env::var_os("PATH")
        .iter()
        .flat_map(std::env::split_paths)
        .find(|folder| folder.join("initdb").is_file() && folder.join("pg_ctl").is_file());
    let by_version = || {
        let versions = Path::new("/usr/lib/postgresql").read_dir().ok()?;
        let mut found: Vec<(u32, PathBuf)> = versions
            .filter_map(|version| {
                let version = version.ok()?;
                let folder = version.path().join("bin");
                let number = version.file_name().to_str()?.parse().ok()?;
                folder.join("initdb").is_file().then_some((number, folder))
            })
            .collect();
        found.sort();
        found.pop().map(|(_, folder)| folder)
    };
    on_path.or_else(by_version).unwrap_or_else(|| {
        panic!(
            "these tests need the PostgreSQL server binaries (initdb, pg_ctl, postgres) on the PATH or under \
             /usr/lib/postgresql/*/bin; on Debian: apt-get install postgresql"
        )
    })
}
