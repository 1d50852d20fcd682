//! `verify`: a published run checked again and made again, from what is kept of it; `verify audit`: the audit log.
//!
//! In goes a run's id, of a live one or a shadow, or a file of checkpoints; out comes what does not hold, which should be
//! nothing, and of a run the first part that comes out otherwise, with its path and both values.
//! Exit codes: 0 every claim holds, and of a run the same plan and report come out again, 1 something does not, 2 no such
//! published run, or a file that cannot be used.
//! Deliberately absent: changes of anything.

mod audit;

use super::{Context, Failure, run::spinner};
use account_swap::{
    app::{
        Refused,
        run::verify::{self, Difference, Verified},
        system,
    },
    domain::ids::RunId,
};
use serde_json::Value;
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Arguments {
    /// The run, by its id.
    #[arg(value_name = "RUN", required = true)]
    run: Option<RunId>,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Walks the audit log's chain and compares it with its checkpoints.
    Audit(audit::Arguments),
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    match (&arguments.what, arguments.run) {
        (Some(What::Audit(arguments)), _) => audit::run(context, arguments),
        (None, Some(run)) => one(context, run),
        (None, None) => Err(Failure::Unusable("say which run".to_owned())),
    }
}

fn one(context: &Context, run: RunId) -> Result<(), Failure> {
    let store = context.store()?;
    let spinner = spinner();
    spinner.set_message("checking and making the plan again");
    let kept = store.read(|reader| verify::kept(reader, &system(), run));
    let kept = kept.map_err(|refused| match refused {
        Refused::NotFound(what) => Failure::Unusable(format!("there is no {what} {run}")),
        other => other.into(),
    })?;
    let verified = verify::verify(&kept)?;
    spinner.finish_and_clear();
    if verified.holds() {
        let words =
            format!("run {}: every claim of its plan holds, and the same plan and report come out again", verified.id);
        return context.say(&verified, words);
    }
    let mut words = format!("run {}:", verified.id);
    for breach in &verified.breaches {
        write!(words, "\n  {breach}").expect("a String takes every text");
    }
    if let Some(Difference { path, kept, made }) = &verified.differs {
        let told = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), Value::to_string);
        write!(
            words,
            "\n  another result comes out, first at {path}\n    kept      {}\n    made now  {}",
            told(kept),
            told(made)
        )
        .expect("a String takes every text");
    }
    if verified.solver_version != verified.this_version {
        let Verified { solver_version, this_version, .. } = &verified;
        write!(words, "\n  version {solver_version} made it, and this is version {this_version}")
            .expect("a String takes every text");
    }
    if context.json {
        context.say(&verified, "")?;
    }
    Err(Failure::Failed(words))
}
