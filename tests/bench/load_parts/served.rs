//! The real program, serving a database, with a key of its own to sign tokens with.

use account_swap::{
    api::auth::LocalKey,
    domain::principal::{Principal, Role},
    settings::Settings,
};
use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    thread,
};

/// A process that serves until this value is dropped.
pub struct Served {
    pub address: SocketAddr,
    key: LocalKey,
    process: Child,
    _directory: tempfile::TempDir,
}

impl Served {
    pub fn start(url: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut settings = Settings::built_in();
        settings.auth.local_key_file = directory.path().join("account-swap.key").display().to_string();
        let key = LocalKey::open(&settings.auth).expect("a key");
        let mut process = Command::new(env!("CARGO_BIN_EXE_account-swap"))
            .current_dir(directory.path())
            .args(["--database", url, "serve", "--listen", "127.0.0.1:0"])
            .env_remove("ACCOUNT_SWAP_PROFILE")
            .env("ACCOUNT_SWAP__NIGHT__ENABLED", "false")
            .env("ACCOUNT_SWAP__LOG__FORMAT", "json")
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(process.stderr.take().expect("a pipe")).lines();
        let address = lines.find_map(|line| {
            let line: serde_json::Value = serde_json::from_str(&line.expect("a line")).ok()?;
            line["address"].as_str()?.parse().ok()
        });
        // A full pipe would stop it.
        thread::spawn(move || lines.for_each(drop));
        Self { address: address.expect("it says where it serves"), key, process, _directory: directory }
    }

    /// A token that counts for an hour.
    pub fn token(&self, id: &str, role: Role) -> String {
        let who = Principal { id: id.parse().expect("a sound id"), role };
        self.key.issue(&who, &BTreeSet::new(), 1).expect("a token")
    }

    /// The most memory it has had, in megabytes.
    pub fn peak_megabytes(&self) -> u64 {
        let text = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
