//! Databases that can be broken: a SQLite file, and a PostgreSQL server that can be stopped at once and started again.
//!
//! In goes nothing; out come databases that go with their guards. The server keeps what it has committed through a crash of
//! its own: `fsync` is on, unlike that of the other tests' cluster. A shell watches a pipe that only this process holds;
//! when the pipe closes, by whatever end, it stops the server and removes its directory.
//! Cost: about three seconds for a server. Deliberately absent: skipping; without the binaries the test fails.

use diesel::{Connection, PgConnection, connection::SimpleConnection};
use std::{
    io::{BufRead, BufReader, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, ChildStdin, Command, Stdio},
};

/// A PostgreSQL server of one test.
pub struct Cluster {
    directory: String,
    orders: ChildStdin,
    answers: BufReader<std::process::ChildStdout>,
    _watcher: Child,
}

/// Makes, starts and says where; then stops at once or starts, as told by a line, and says so; at the end of the lines stops and
/// removes.
const WATCH: &str = r#"
set -eu
trap '' PIPE
bin=$1
directory=$(mktemp -d "$2/account-swap-fire.XXXXXX")
stop() { "$bin/pg_ctl" stop --mode=immediate --wait --silent --pgdata=data >stop.log 2>&1 || true; }
start() {
    "$bin/pg_ctl" start --wait --silent --pgdata=data --log=server.log --options="\
-c listen_addresses='' -c unix_socket_directories='$directory' -c max_connections=200 -c shared_buffers=32MB" \
        </dev/null >start.log 2>&1 || { cat start.log server.log >&2; exit 1; }
}
trap 'stop; rm -rf "$directory"' EXIT
cd "$directory"
"$bin/initdb" --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --no-locale --no-sync --no-instructions >initdb.log 2>&1 ||
    { cat initdb.log >&2; exit 1; }
start
echo "$directory"
while read -r order; do
    case $order in
        stop) stop ;;
        start) start ;;
    esac
    echo done
done
"#;

impl Cluster {
    /// Makes and starts one.
    pub fn start() -> Self {
        let mut watch = Command::new("sh");
        watch.args(["-c", WATCH, "watch"]).arg(server_binaries()).arg(std::env::temp_dir());
        watch.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped());
        if number(&["-u"]) == Some(0) {
            // PostgreSQL refuses to run as root.
            let user = if number(&["-u", "postgres"]).is_some() { "postgres" } else { "nobody" };
            watch.uid(number(&["-u", user]).expect("a user")).gid(number(&["-g", user]).expect("a group"));
        }
        let mut watcher = watch.spawn().expect("sh starts");
        let mut answers = BufReader::new(watcher.stdout.take().expect("a pipe"));
        let mut directory = String::new();
        answers.read_line(&mut directory).expect("the pipe is read");
        assert!(!directory.is_empty(), "the PostgreSQL server did not start");
        let orders = watcher.stdin.take().expect("a pipe");
        Self { directory: directory.trim_end().to_owned(), orders, answers, _watcher: watcher }
    }

    /// The folder of its socket, which is `.s.PGSQL.5432` in it.
    pub fn socket_directory(&self) -> &str {
        &self.directory
    }

    /// The URL of one of its databases by the socket in `directory`.
    pub fn url_by(directory: &str, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", directory.replace('/', "%2F"))
    }

    /// The URL of one of its databases.
    pub fn url(&self, database: &str) -> String {
        Self::url_by(&self.directory, database)
    }

    /// Makes an empty database and gives its URL.
    pub fn create(&self, database: &str) -> String {
        let mut admin = PgConnection::establish(&self.url("postgres")).expect("the server answers");
        admin.batch_execute(&format!("CREATE DATABASE {database} TEMPLATE template0")).expect("a new database");
        self.url(database)
    }

    /// Kills one of the backends of a database, if there is one that is at work.
    pub fn kill_a_backend(&self, database: &str) {
        let Ok(mut admin) = PgConnection::establish(&self.url("postgres")) else { return };
        let sql = format!(
            "SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity WHERE datname = '{database}' \
             ORDER BY state <> 'active', random() LIMIT 1) AS one"
        );
        admin.batch_execute(&sql).expect("a superuser");
    }

    /// Stops it without letting it finish anything, and starts it again, which recovers what was committed.
    pub fn crash(&mut self) {
        for order in ["stop", "start"] {
            writeln!(self.orders, "{order}").expect("the shell listens");
            let mut said = String::new();
            self.answers.read_line(&mut said).expect("the pipe is read");
            assert_eq!(said.trim(), "done", "the server did not {order}");
        }
    }
}

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
        let versions = std::path::Path::new("/usr/lib/postgresql").read_dir().ok()?;
        let folders = versions.filter_map(|version| {
            let version = version.ok()?;
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            Some((number, version.path().join("bin"))).filter(|(_, folder)| folder.join("initdb").is_file())
        });
        folders.max().map(|(_, folder)| folder)
    };
    on_path.or_else(by_version).expect("the PostgreSQL server binaries; on Debian: apt-get install postgresql")
}
