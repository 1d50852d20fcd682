//! A folder of a command's own: for its CSV files, its database and its key.
//!
//! In goes nothing or a path; out comes a folder that was not there before or was empty. One without a path goes when
//! the command ends; on Unix only its owner can read it, since the key is in it.
//! Deliberately absent: taking anything away that the command did not make.

use super::{Failure, failed};
use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

/// A folder, with whatever the command puts into it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    goes: bool,
}

impl Folder {
    /// One among the system's temporary files that goes when it is dropped.
    pub fn passing() -> Result<Self, Failure> {
        let path = env::temp_dir().join(format!("account-swap-{}", uuid::Uuid::new_v4()));
        make(&path)?;
        Ok(Self { path, goes: true })
    }

    /// One that stays.
    pub fn kept(path: &Path) -> Result<Self, Failure> {
        match fs::read_dir(path) {
            Ok(mut entries) => {
                if entries.next().is_some() {
                    return Err(Failure::Unusable(format!("--keep: {} is not empty", path.display())));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(path)?,
            Err(error) => return Err(Failure::Unusable(format!("--keep: {}: {error}", path.display()))),
        }
        Ok(Self { path: path.to_owned(), goes: false })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The name of a file in it, for the settings.
    pub fn file(&self, name: &str) -> Result<String, Failure> {
        let path = self.path.join(name);
        path.to_str().map(str::to_owned).ok_or_else(|| failed(format!("{}: not UTF-8", path.display())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.goes
            && let Err(error) = fs::remove_dir_all(&self.path)
        {
            eprintln!("account-swap: {} stays behind: {error}", self.path.display());
        }
    }
}

fn make(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
