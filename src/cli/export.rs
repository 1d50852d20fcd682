//! `export`: writes a file for another system.
//!
//! In goes the database; out comes a CSV file, or a JSON file of one person, written beside its name first and then renamed, so that nobody ever
//! reads half of it. Deliberately absent: sending it.

use super::{Context, Failure, tell, whole::write_whole};
use account_swap::{
    app::{
        Store,
        export::{HandoverFormat, accounts, deals, handovers, reps},
        own_data,
    },
    domain::{
        ids::RepId,
        principal::{Principal, Role},
    },
};
use std::path::{Path, PathBuf};

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
    /// All that is kept of one person, as JSON, to hand to them.
    Person {
        /// The person.
        #[arg(long)]
        id: RepId,
        /// The file to write; standard output without it.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Every rep, in the columns that import takes.
    Reps {
        /// The file to write; standard output without it.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Every deal, in the columns that import takes.
    Deals {
        /// The file to write; standard output without it.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Every account, in the columns that import takes.
    Accounts {
        /// The file to write; standard output without it.
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let who = Principal { id: "admin".parse().expect("a sound id"), role: Role::Admin };
    let store = context.store()?;
    let (format, what, output, text) = match &arguments.what {
        What::Handovers { format, output } => {
            (format.as_str(), "owner changes", output, store.read(|reader| handovers(reader, &who, *format))?)
        }
        What::Person { id, output } => return person(context, &store, id, output.as_deref()),
        What::Reps { output } => ("csv", "reps", output, store.read(|reader| reps(reader, &who))?),
        What::Deals { output } => ("csv", "deals", output, store.read(|reader| deals(reader, &who))?),
        What::Accounts { output } => ("csv", "accounts", output, store.read(|reader| accounts(reader, &who))?),
    };
    let Some(path) = output else {
        if context.json {
            return context.say(&serde_json::json!({ "format": format, "csv": text }), "");
        }
        return tell(|out| out.write_all(text.as_bytes()));
    };
    write_whole(path, |out| out.write_all(text.as_bytes()))
        .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    let rows = csv::Reader::from_reader(text.as_bytes()).records().count();
    let answer = serde_json::json!({ "format": format, "rows": rows, "file": path });
    context.say(&answer, format_args!("wrote {rows} {what} to {}", path.display()))
}

fn person(context: &Context, store: &Store, id: &RepId, output: Option<&Path>) -> Result<(), Failure> {
    let who = Principal { id: "admin".parse().expect("a sound id"), role: Role::Admin };
    let found = store.read(|reader| own_data::of_person(reader, &context.settings, &who, id))?;
    let text = serde_json::to_string_pretty(&found).map_err(|error| Failure::Failed(error.to_string()))?;
    let Some(path) = output else { return context.say(&found, text) };
    write_whole(path, |out| writeln!(out, "{text}"))
        .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))?;
    let answer = serde_json::json!({ "format": "json", "file": path });
    context.say(&answer, format_args!("wrote all that is kept of {id} to {}", path.display()))
}
