//! Files that are there whole or not at all.
//!
//! In goes a path and what writes to it; out comes the file, written beside its name first and then renamed, so that
//! nobody ever reads half of it. A path that is no file, such as a device or a pipe, is written to as it comes.
//! Deliberately absent: making folders.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

/// Tells, before any work is done, why a file could not be written here.
pub fn refuse_unwritable(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotFound, "there is no such folder"));
    }
    Ok(())
}

/// Writes a file that is there whole or not at all.
pub fn write_whole(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // What a link leads to is written, not the link.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.exists() && !path.is_file() {
        return write_to(File::options().write(true).open(path)?, write).map(drop);
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = File::create_new(&beside).and_then(|file| {
        write_to(file, write)?.sync_all()?;
        fs::rename(&beside, path)
    });
    written.inspect_err(|_| {
        // What is left of a failed write is of no use to anybody.
        let _ = fs::remove_file(&beside);
    })
}

fn write_to(file: File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<File> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)
}
