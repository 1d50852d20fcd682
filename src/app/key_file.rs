//! Files that hold a key: made on first use, whole or not at all, and readable by their owner only.
//!
//! In goes a path; out come the file's bytes. Deliberately absent: what the key is for.

use rand::{TryRngCore, rngs::OsRng};
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Reads a key file; makes one of 32 random bytes, in hex, where there is none. White space around the key is left out.
pub fn read_or_make(path: &Path) -> io::Result<Vec<u8>> {
    let key = match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(path)?;
            fs::read(path)?
        }
        read => read?,
    };
    Ok(key.trim_ascii().to_vec())
}

/// Makes a key file; one that another process made first is left as it is.
fn make(path: &Path) -> io::Result<()> {
    let mut bytes = [0_u8; 32];
    OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut unique = path.as_os_str().to_owned();
    unique.push(format!(".{}", uuid::Uuid::new_v4()));
    let draft = PathBuf::from(unique);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    let linked = writeln!(file, "{text}").and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&draft, path));
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        settled => settled,
    }
}
