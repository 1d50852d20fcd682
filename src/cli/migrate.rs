//! `migrate`: brings the database's schema up to date, or takes the newest migration back.
//!
//! In goes a database; out come the names of the migrations that were run. Waits for another process that is migrating.

use super::{Context, Failure};
use account_swap::app::Store;
use serde_json::json;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Takes the newest migration back, with whatever its tables hold.
    #[arg(long)]
    revert: bool,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let mut settings = context.settings.database.clone();
    settings.migrate_at_start = false;
    let store = Store::open(&settings)?;
    if arguments.revert {
        let reverted = store.revert()?;
        return context.say(&json!({ "reverted": reverted }), format_args!("took {reverted} back"));
    }
    let run = store.migrate()?;
    let words = if run.is_empty() { "the schema was up to date".to_owned() } else { format!("ran {}", run.join(", ")) };
    context.say(&json!({ "run": run }), words)
}
