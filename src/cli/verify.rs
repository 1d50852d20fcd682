//! `verify`: a published run checked again and made again, from what is kept of it.
//!
//! In goes a run's id; out comes what does not hold, which should be nothing.
//! Exit codes: 0 every claim holds and the same plan comes out again, 1 something does not, 2 no such published run.
//! Deliberately absent: changes of anything.

use super::{Context, Failure, run::spinner};
use account_swap::{
    app::{Refused, run::verify, system},
    domain::ids::RunId,
};
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The run, by its id.
    #[arg(value_name = "RUN")]
    run: RunId,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let store = context.store()?;
    let spinner = spinner();
    spinner.set_message("checking and making the plan again");
    let kept = store.read(|reader| verify::kept(reader, &system(), arguments.run));
    let kept = kept.map_err(|refused| match refused {
        Refused::NotFound(what) => Failure::Unusable(format!("there is no {what} {}", arguments.run)),
        other => other.into(),
    })?;
    let verified = verify::verify(&kept)?;
    spinner.finish_and_clear();
    if verified.holds() {
        let words = format!("run {}: every claim of its plan holds, and the same plan comes out again", verified.id);
        return context.say(&verified, words);
    }
    let mut words = format!("run {}:", verified.id);
    for breach in &verified.breaches {
        write!(words, "\n  {breach}").expect("a String takes every text");
    }
    if !verified.is_made_again {
        words.push_str("\n  another plan comes out");
    }
    if context.json {
        context.say(&verified, "")?;
    }
    Err(Failure::Failed(words))
}
