//! The file of checkpoints: lines are added at its end and never changed.
//!
//! In goes a checkpoint; out comes nothing but the certainty that its line is on the disk. A line whose writer died in the
//! middle is closed and passed over. Cost: the end of the file is read, not all of it.

use super::{Checkpoint, hash_of};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

/// Longer than two lines can be.
const TAIL_BYTES: u64 = 8 * 1024;

/// The file, held by this process alone.
pub(super) struct Checkpoints {
    file: File,
    ends_in_a_line: bool,
}

impl Checkpoints {
    /// Opens the file, or makes it; nothing where another process holds it at the moment.
    pub(super) fn open(path: &str) -> io::Result<Option<Self>> {
        let path = Path::new(path);
        let is_new = !path.exists();
        let file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => return Err(error),
        }
        if is_new {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(Some(Self { file, ends_in_a_line: true }))
    }

    /// The last whole checkpoint, with the hash of its line.
    pub(super) fn last(&mut self) -> io::Result<Option<(Checkpoint, String)>> {
        let length = self.file.seek(SeekFrom::End(0))?;
        self.file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
        let mut tail = Vec::new();
        self.file.read_to_end(&mut tail)?;
        self.ends_in_a_line = tail.last().is_none_or(|last| *last == b'\n');
        let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(&[][..], |end| &tail[..end]);
        let read = |line: &[u8]| Some((serde_json::from_slice::<Checkpoint>(line).ok()?, hash_of(line)));
        let found = whole.rsplit(|byte| *byte == b'\n').find_map(read);
        if found.is_none() && length > 0 && whole.iter().any(|byte| !byte.is_ascii_whitespace()) {
            return Err(io::Error::other("no checkpoint stands at its end"));
        }
        Ok(found)
    }

    /// Adds a line and waits until it is on the disk.
    pub(super) fn append(&mut self, checkpoint: &Checkpoint) -> io::Result<()> {
        let mut line = serde_json::to_vec(checkpoint)?;
        line.push(b'\n');
        if !self.ends_in_a_line {
            line.insert(0, b'\n');
        }
        self.file.write_all(&line)?;
        self.file.sync_all()
    }
}
