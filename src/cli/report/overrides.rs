//! `report overrides`: what managers have overridden, counted by manager, kind and reason.
//!
//! In go two days; out come the counts, with what reviewers thought, in words or as JSON. Exit codes: 0 done, 2 days that
//! cannot be.
//! Deliberately absent: the overrides themselves, which are asked for over HTTP by those who may see them.

use super::super::{Context, Failure};
use account_swap::{
    app::overrides::{self, ManagerOverrides, OverrideReport},
    domain::principal::{Principal, Role},
};
use chrono::NaiveDate;
use std::fmt::Write as _;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The first day; from the beginning if not given.
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: Option<NaiveDate>,
    /// The last day; without an end if not given.
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let who = Principal { id: "admin".parse().expect("a sound id"), role: Role::Admin };
    let Arguments { from, until } = *arguments;
    let store = context.store()?;
    let report = store.read(|reader| overrides::report(reader, &context.settings, &who, from, until))?;
    context.say(&report, words(&report))
}

fn words(report: &OverrideReport) -> String {
    if report.managers.is_empty() {
        return "no overrides".to_owned();
    }
    let mut text = String::new();
    for ManagerOverrides { manager, ordered, awaiting_second, refused, reviewed, by_code, .. } in &report.managers {
        let more = [(*awaiting_second, "await a second manager"), (*refused, "refused"), (*reviewed, "reviewed")];
        let more: Vec<String> =
            more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}")).collect();
        let separator = if text.is_empty() { "" } else { "\n" };
        write!(text, "{separator}{manager}: {ordered} ordered{}", more.concat()).expect("a String takes every text");
        for code in by_code {
            let wrong = if code.wrong > 0 { format!(", {} thought wrong", code.wrong) } else { String::new() };
            let (kind, reason) = (code.kind, code.reason);
            write!(text, "\n  {kind:<18}{reason:<22}{:>4}, {} reviewed{wrong}", code.ordered, code.reviewed)
                .expect("a String takes every text");
        }
    }
    text
}
