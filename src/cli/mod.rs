//! The command line: one file a command; wires settings → store → app → api.
//!
//! In go arguments, a folder of settings and `ACCOUNT_SWAP__…` variables; out come what the command says on standard
//! output, logs on standard error, and an exit code: 0 done, 1 failed, 2 unusable arguments or input, 3 stopped at the
//! time limit with an answer.
//! Deliberately absent: rules of the product.

mod backup;
mod demo;
mod erase;
mod export;
mod import;
mod invented;
mod meeting;
mod migrate;
mod open_files;
mod openapi;
mod people;
mod report;
mod restore;
mod roads;
mod run;
mod serve;
mod simulate;
mod solve;
mod token;
mod triage;
mod verify;
mod webhook;
mod whole;

use account_swap::{
    api::auth::AuthError,
    app::{Refused, Store, StoreError},
    settings::{Log, LogFormat, Settings, SettingsError},
};
use clap::{Parser, Subcommand};
use std::{
    fmt,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};
use tracing_subscriber::EnvFilter;

/// Swaps accounts between sales reps, one for one.
#[derive(Debug, Parser)]
#[command(name = "account-swap", version, about, max_term_width = 120)]
struct Arguments {
    #[command(flatten)]
    everywhere: Everywhere,
    #[command(subcommand)]
    command: Command,
}

/// What every command takes.
#[derive(Debug, clap::Args)]
struct Everywhere {
    /// The folder with default.toml and the profiles; without it the program's own defaults count.
    #[arg(long, global = true, value_name = "FOLDER", default_value = "config")]
    config_dir: PathBuf,
    /// Reads FOLDER/<PROFILE>.toml over the defaults.
    #[arg(long, global = true, env = "ACCOUNT_SWAP_PROFILE")]
    profile: Option<String>,
    /// The database: sqlite:PATH or postgres://USER@HOST/NAME.
    #[arg(long, global = true, value_name = "URL")]
    database: Option<String>,
    /// Answers in JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answers HTTP and runs the nights.
    Serve(serve::Arguments),
    /// Shows a whole night on real hospitals with invented reps, in a database of its own.
    Demo(demo::Arguments),
    /// Lives through a year of an invented company under several policies and compares them.
    Simulate(simulate::Arguments),
    /// Finds the best swaps of a business date and proposes them.
    Run(run::Arguments),
    /// Finds the best moves of a market in a file, proven; or checks a plan of one.
    Solve(solve::Arguments),
    /// Checks a published run again and makes its plan again, from what is kept of it; or walks the audit log.
    Verify(verify::Arguments),
    /// Brings a CSV file of reps, accounts, history, submissions or deals in, whole or not at all.
    Import(import::Arguments),
    /// Writes a file for another system.
    Export(export::Arguments),
    /// Leads a team's meeting as its manager: begins it, changes its plan, publishes it.
    Meeting(meeting::Arguments),
    /// Tells how fair swaps are, what became of them, and which handovers need somebody.
    Report(report::Arguments),
    /// Makes a road network of an OpenStreetMap extract, and looks at one.
    Roads(roads::Arguments),
    /// Prints the rules of the ladder as a table, or tries them on answers.
    Triage(triage::Arguments),
    /// Forgets who somebody was that the CRM has let go; this cannot be taken back.
    Erase(erase::Arguments),
    /// Says in which roles people may ask, and lets somebody ask no more.
    People(people::Arguments),
    /// Prints a token signed by the local key.
    Token(token::Arguments),
    /// Looks after the endpoints of other systems that are told of events.
    Webhook(webhook::Arguments),
    /// Brings the database's schema up to date.
    Migrate(migrate::Arguments),
    /// Copies the embedded database while the service runs.
    Backup(backup::Arguments),
    /// Puts a backup in the place of the embedded database.
    Restore(restore::Arguments),
    /// Prints the OpenAPI document.
    Openapi,
}

/// Reads the arguments, does what they say and tells how it went.
pub fn main() -> ExitCode {
    let Arguments { everywhere, command } = Arguments::parse();
    match Context::new(everywhere).and_then(|context| run(&context, command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("account-swap: {failure}");
            failure.code()
        }
    }
}

fn run(context: &Context, command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => serve::run(context, arguments),
        Command::Demo(arguments) => demo::run(context, &arguments),
        Command::Simulate(arguments) => simulate::run(context, &arguments),
        Command::Run(arguments) => run::run(context, &arguments),
        Command::Solve(arguments) => solve::run(context, &arguments),
        Command::Verify(arguments) => verify::run(context, &arguments),
        Command::Import(arguments) => import::run(context, &arguments),
        Command::Export(arguments) => export::run(context, &arguments),
        Command::Meeting(arguments) => meeting::run(context, &arguments),
        Command::Report(arguments) => report::run(context, &arguments),
        Command::Roads(arguments) => roads::run(context, &arguments),
        Command::Triage(arguments) => triage::run(context, &arguments),
        Command::Erase(arguments) => erase::run(context, &arguments),
        Command::People(arguments) => people::run(context, arguments),
        Command::Token(arguments) => token::run(context, &arguments),
        Command::Webhook(arguments) => webhook::run(context, arguments),
        Command::Migrate(arguments) => migrate::run(context, &arguments),
        Command::Backup(arguments) => backup::run(context, &arguments),
        Command::Restore(arguments) => restore::run(context, &arguments),
        Command::Openapi => openapi::run(),
    }
}

/// What a command works with.
pub struct Context {
    /// The settings, the arguments' changes included.
    pub settings: Settings,
    /// Whether the answer is for a program.
    pub json: bool,
}

impl Context {
    fn new(everywhere: Everywhere) -> Result<Self, Failure> {
        let Everywhere { config_dir, profile, database, json } = everywhere;
        let mut settings = Settings::load(&config_dir, profile.as_deref(), std::env::vars())?;
        if let Some(url) = database {
            settings.database.url = url;
        }
        log(&settings.log)?;
        Ok(Self { settings, json })
    }

    /// Opens the database.
    pub fn store(&self) -> Result<Store, Failure> {
        Ok(Store::open(&self.settings.database)?)
    }

    /// Prints an answer: as JSON where a program asked, else in words.
    pub fn say(&self, answer: &impl serde::Serialize, words: impl fmt::Display) -> Result<(), Failure> {
        tell(|out| {
            if self.json {
                serde_json::to_writer(&mut *out, answer)?;
                writeln!(out)
            } else {
                writeln!(out, "{words}")
            }
        })
    }
}

/// Writes to standard output. Where whoever reads it has closed it they have read enough, and the command goes on to its
/// own end.
pub fn tell(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        told => Ok(told?),
    }
}

/// Sends logs to standard error, where they mix with no answer.
fn log(settings: &Log) -> Result<(), Failure> {
    let filter = EnvFilter::try_new(&settings.filter)
        .map_err(|error| Failure::Unusable(format!("settings: log.filter: {error}")))?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would be said on standard error as well, and where nobody reads that any more, it ends whoever says it.
        .log_internal_errors(false);
    match settings.format {
        LogFormat::Text => subscriber.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init(),
        LogFormat::Json => subscriber.json().flatten_event(true).with_span_list(false).init(),
    }
    Ok(())
}

/// Why a command did not do what it should.
#[derive(Debug)]
pub enum Failure {
    /// It could not; trying again may help. Exit code 1.
    Failed(String),
    /// Its arguments, settings or input cannot be used. Exit code 2.
    Unusable(String),
    /// Time was up; what there is has been told. Exit code 3.
    Stopped(String),
}

impl Failure {
    fn code(&self) -> ExitCode {
        match self {
            Self::Failed(_) => ExitCode::from(1),
            Self::Unusable(_) => ExitCode::from(2),
            Self::Stopped(_) => ExitCode::from(3),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(what) | Self::Unusable(what) | Self::Stopped(what) => f.write_str(what),
        }
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::Unusable(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::TooLong { .. } => Self::Unusable(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Invalid { .. } | Refused::NotFound(_) => Self::Unusable(refused.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}
