//! Databases of both kinds on disks so small that a test can fill them.
//!
//! In goes nothing; out come a database of each kind with the file system that it alone is on, which is kept in memory and
//! goes away with its guard. Mounting takes root: for anybody else there are none, and that is printed.

use super::databases::{TestDatabase, postgres_in, sqlite_in};
use std::{path::Path, process::Command};

/// A small file system.
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// Of so many mebibytes; nothing where it cannot be mounted.
    fn mount(mebibytes: u32) -> Option<Self> {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let size = format!("size={mebibytes}m,mode=0777");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "account-swap-small"])
            .arg(directory.path())
            .status();
        mounted.is_ok_and(|status| status.success()).then_some(Self(directory))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the server may hold a file open for a moment longer.
        let _ = Command::new("umount").arg("--lazy").arg(self.path()).status();
    }
}

/// A database of each kind, each alone on a disk.
pub fn small_disks() -> Vec<(TestDatabase, SmallDisk)> {
    let made = SmallDisk::mount(8).zip(SmallDisk::mount(48));
    let Some((for_sqlite, for_postgres)) = made else {
        eprintln!("nothing can be mounted here, which takes root: a full disk is not tried");
        return Vec::new();
    };
    let postgres = for_postgres.path().join("data");
    std::fs::create_dir(&postgres).expect("there is room");
    vec![(sqlite_in(for_sqlite.path()), for_sqlite), (postgres_in(&postgres), for_postgres)]
}
