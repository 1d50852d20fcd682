//! `import`: brings a CSV or GeoJSON file in, whole or not at all.
//!
//! In goes a file or standard input, as it is or packed by gzip; out comes how many rows were created, changed and unchanged. A file that is not
//! right is told row by row, changes nothing and ends with exit code 2. On a terminal a bar shows the bytes read.
//! Deliberately absent: reading the whole file before the first row; a file larger than memory goes through.

use super::{Context, Failure, tell};
use account_swap::{
    app::import::{About, ImportError, ImportKind, ImportReport, import, unpacked_or_plain},
    domain::principal::{Principal, Role},
};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    fs::File,
    io::{self, Read},
    time::{Duration, Instant},
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// reps, accounts, history, submissions, deals or territories (GeoJSON)
    #[arg(required_unless_present = "template")]
    kind: Option<ImportKind>,
    /// The file, which may be packed by gzip; - is standard input.
    #[arg(required_unless_present = "template")]
    file: Option<String>,
    /// How another system calls the columns: salesforce, hubspot or a name from the settings. Columns it does not name
    /// are ignored.
    #[arg(long, value_name = "NAME")]
    mapping: Option<String>,
    /// Does everything and takes it back.
    #[arg(long)]
    dry_run: bool,
    /// Prints an example file of a kind; with --describe, what each column means.
    #[arg(long, value_name = "KIND", conflicts_with_all = ["kind", "file", "mapping", "dry_run"])]
    template: Option<ImportKind>,
    /// With --template: what each column means and what stands for it when it is empty.
    #[arg(long, requires = "template")]
    describe: bool,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    if let Some(kind) = arguments.template {
        return template(context, kind, arguments.describe);
    }
    let (Some(kind), Some(file)) = (arguments.kind, &arguments.file) else {
        return Err(Failure::Unusable("name a kind and a file".to_owned()));
    };
    let (input, bytes) = open(file)?;
    let bar = bar(bytes);
    // A stream is read once: a transaction that would have to begin again reports that instead.
    let input = unpacked_or_plain(bar.wrap_read(input), context.settings.import.max_unpacked_bytes)
        .map_err(|error| Failure::Unusable(format!("{file}: {error}")))?;
    let mut input = Some(input);
    let who = Principal { id: "admin".parse().expect("a sound id"), role: Role::Admin };
    let store = context.store()?;
    let begun = Instant::now();
    let done = store.write(|writer| {
        let input = input.take().ok_or_else(|| ImportError::Unreadable(io::Error::other("it was read before")))?;
        let mapping = arguments.mapping.as_deref();
        import(writer, &context.settings.import, &who, kind, mapping, arguments.dry_run, input)
    });
    bar.finish_and_clear();
    match done {
        Ok(report) => context.say(&report, words(&report, begun.elapsed())),
        Err(ImportError::Refused(refused)) => {
            let all = refused.errors.len() as u64 + refused.more;
            let summary = match all {
                1 => format!("{file}: 1 error; nothing was imported"),
                _ => format!("{file}: {all} errors; nothing was imported"),
            };
            context.say(&refused, &refused)?;
            Err(Failure::Unusable(summary))
        }
        Err(error @ ImportError::Mapping(_)) => Err(Failure::Unusable(error.to_string())),
        Err(error) => Err(Failure::Failed(error.to_string())),
    }
}

fn words(report: &ImportReport, took: Duration) -> String {
    let ImportReport { kind, rows, created, changed, unchanged, dry_run } = report;
    let tense = if *dry_run { " (a rehearsal: nothing is different now)" } else { "" };
    format!(
        "{kind}: {rows} rows in {:.1} s: {created} created, {changed} changed, {unchanged} unchanged{tense}",
        took.as_secs_f64()
    )
}

/// The input and how long it is, where that is known.
pub fn open(file: &str) -> Result<(Box<dyn Read + Send>, Option<u64>), Failure> {
    if file == "-" {
        return Ok((Box::new(io::stdin()), None));
    }
    let input = File::open(file).map_err(|error| Failure::Unusable(format!("{file}: {error}")))?;
    let about = input.metadata()?;
    if about.is_dir() {
        return Err(Failure::Unusable(format!("{file}: it is a folder")));
    }
    Ok((Box::new(input), about.is_file().then_some(about.len())))
}

/// A bar on the terminal's standard error; nothing where there is no terminal.
pub fn bar(bytes: Option<u64>) -> ProgressBar {
    let (bar, template) = match bytes {
        Some(bytes) => (ProgressBar::new(bytes), "{bar:40} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {bytes}, {bytes_per_sec}"),
    };
    bar.with_style(ProgressStyle::with_template(template).expect("a sound template"))
}

fn template(context: &Context, kind: ImportKind, describe: bool) -> Result<(), Failure> {
    let columns = kind.columns();
    if describe {
        let lines = columns.iter().map(|About { name, default, meaning, example }| {
            let need = default.map_or_else(|| "required".to_owned(), |default| format!("else {default}"));
            let such = if example.is_empty() { String::new() } else { format!(", such as {example}") };
            format!("{name}: {meaning} ({need}){such}")
        });
        return context.say(&columns, lines.collect::<Vec<_>>().join("\n"));
    }
    if context.json {
        return context.say(&columns, "");
    }
    tell(|out| out.write_all(kind.template().as_bytes()))
}
