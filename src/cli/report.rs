//! `report`: how fair the swaps of a run or quarter are, and what managers have overridden.
//!
//! In go a run or a quarter, and a team if it is about one; out comes the report in words, as JSON, as a table or as a
//! picture, on standard output or in a file that is written whole or not at all.
//! Holds: no more is told than over HTTP: nothing made of gains for fewer than five reps.
//! Deliberately absent: names of those who gain.

mod overrides;

use super::{Context, Failure, whole::write_whole};
use account_swap::{
    app::{
        fairness::{self, About, Of},
        system,
    },
    domain::{
        ids::{RunId, TeamId},
        quarter::Quarter,
    },
};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// How many accounts were helped, how the gains are spread, what fairness cost, and what money moved.
    Fairness(Fairness),
    /// What managers have overridden, by manager, kind and reason, and what reviewers thought of it.
    Overrides(overrides::Arguments),
}

#[derive(Debug, clap::Args)]
struct Fairness {
    /// A published run, by its id.
    #[arg(long, value_name = "ID", required_unless_present = "quarter", conflicts_with = "quarter")]
    run: Option<RunId>,
    /// The swaps that took effect in a quarter, such as 2026-Q4.
    #[arg(long, value_name = "YYYY-QN")]
    quarter: Option<Quarter>,
    /// One team's part; everybody's without it.
    #[arg(long, value_name = "ID")]
    team: Option<TeamId>,
    /// How it is shown; with --json the value itself.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The file to write; standard output without it.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// In words.
    Text,
    /// A value.
    Json,
    /// A table: one row a figure.
    Csv,
    /// A picture.
    Svg,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let asked = match &arguments.what {
        What::Fairness(asked) => asked,
        What::Overrides(asked) => return overrides::run(context, asked),
    };
    let of = match (asked.run, asked.quarter) {
        (Some(run), None) => Of::Run(run),
        (None, Some(quarter)) => Of::Quarter(quarter),
        _ => return Err(Failure::Unusable("name a run or a quarter, and not both".to_owned())),
    };
    let about = About { of, team: asked.team.clone() };
    let report = context.store()?.read(|reader| fairness::report(reader, &context.settings, &system(), &about))?;
    let format = if context.json { Format::Json } else { asked.format };
    let shown = match format {
        Format::Text => fairness::text::words(&report) + "\n",
        Format::Json => {
            serde_json::to_string_pretty(&report).map_err(|error| Failure::Failed(error.to_string()))? + "\n"
        }
        Format::Csv => fairness::csv::table(&report),
        Format::Svg => fairness::svg::picture(&report),
    };
    let Some(path) = &asked.output else {
        print!("{shown}");
        return Ok(());
    };
    write_whole(path, |out| out.write_all(shown.as_bytes()))
        .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}
