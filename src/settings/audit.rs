//! `[audit]`: what is kept of the audit log outside the database.
//!
//! In goes the section; out come two files and a time. Deliberately absent: the log itself, which is always kept.

use serde::Deserialize;

/// What is kept of the audit log outside the database.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// Where checkpoints are written; empty for nowhere.
    pub checkpoint_file: String,
    /// The key that signs them.
    pub checkpoint_key_file: String,
    /// The shortest time between two of them.
    pub checkpoint_minutes: u32,
}

impl Audit {
    /// The first setting that cannot be, with the reason.
    pub(super) fn first_senseless(&self) -> Option<(&'static str, String)> {
        let writes = !self.checkpoint_file.is_empty();
        if writes && self.checkpoint_key_file.is_empty() {
            return Some(("audit.checkpoint_key_file", "must name a file where there is a checkpoint_file".to_owned()));
        }
        let what = || format!("is {} and must be from 1 to 60", self.checkpoint_minutes);
        (!(1..=60).contains(&self.checkpoint_minutes)).then(|| ("audit.checkpoint_minutes", what()))
    }
}
