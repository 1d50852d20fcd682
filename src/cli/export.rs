//! `export`: writes a file for another system.
//!
//! In goes the database; out comes a CSV file, written beside its name first and then renamed, so that nobody ever
//! reads half of it. Deliberately absent: sending it.

use super::{Context, Failure};
use account_swap::{
    app::export::{HandoverFormat, handovers},
    domain::principal::{Principal, Role},
};
use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The owner changes of proposals in execution, one row an account.
    Handovers {
        /// salesforce, hubspot or csv
        #[arg(long)]
        format: HandoverFormat,
        /// The file to write; standard output without it.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let What::Handovers { format, output } = &arguments.what;
    let who = Principal { id: "admin".parse().expect("a sound id"), role: Role::Admin };
    let text = context.store()?.read(|reader| handovers(reader, &who, *format))?;
    let Some(path) = output else {
        if context.json {
            return context.say(&serde_json::json!({ "format": format, "csv": text }), "");
        }
        print!("{text}");
        return Ok(());
    };
    write_whole(path, &text).map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    let rows = csv::Reader::from_reader(text.as_bytes()).records().count();
    let answer = serde_json::json!({ "format": format, "rows": rows, "file": path });
    context.say(&answer, format_args!("wrote {rows} owner changes to {}", path.display()))
}

/// Writes a file that is there whole or not at all.
fn write_whole(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.part", std::process::id()));
    let beside = PathBuf::from(beside);
    let write = || {
        let mut file = fs::File::create_new(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().inspect_err(|_| {
        // What is left of a failed write is of no use to anybody.
        let _ = fs::remove_file(&beside);
    })
}
