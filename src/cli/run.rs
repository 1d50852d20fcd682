//! `run`: a matching run by hand, for everybody or one team.
//!
//! In go a scope and a business date; out comes what the run amounted to. On a terminal the stages show while they last.
//! Exit codes: 0 done, 1 failed or the date has its run already, 2 an unknown team.
//! Holds: `--dry-run` plans and checks the same and changes nothing; `--shadow` keeps what it found, for managers and
//! admins to read and for `verify`, and proposes nothing.
//! Deliberately absent: names and opinions, which are for the people they concern.

use super::{Context, Failure};
use account_swap::app::{
    Refused,
    run::{self, EVERYBODY, Order, ReportView, RunMode, Scope, SourceView, Stage},
    system, travel,
};
use chrono::NaiveDate;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use std::{fmt::Write as _, time::Duration};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Whom it is for: all, or a team's id.
    #[arg(long, value_name = "SCOPE", default_value = EVERYBODY)]
    scope: String,
    /// The business date; today in the organisation's time zone if not given.
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<NaiveDate>,
    /// Plans and checks, and changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Plans, checks and keeps what it found, and proposes nothing.
    #[arg(long, conflicts_with = "dry_run")]
    shadow: bool,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    travel::are_set_up(&context.settings).map_err(|error| Failure::Unusable(error.to_string()))?;
    let store = context.store()?;
    let settings = &context.settings;
    let who = system();
    let scope = Scope::parse(&arguments.scope)?;
    let unknown = |refused: Refused| match refused {
        Refused::NotFound("team") => Failure::Unusable(format!("there is no team {}", arguments.scope)),
        other => other.into(),
    };
    let today = store.read(|reader| {
        run::may_start(reader, &who, &scope)?;
        Ok::<_, Refused>(run::business_date(&settings.night, reader.now()))
    });
    let date = arguments.date.unwrap_or(today.map_err(unknown)?);
    let spinner = spinner();
    let watch = |stage| spinner.set_message(name(stage));
    if arguments.dry_run {
        let rehearsed = run::rehearse(&store, settings, &scope, date, &watch);
        spinner.finish_and_clear();
        let report = run::preview(&rehearsed?.1, &who);
        let words = words("would propose", &arguments.scope, date, &report);
        let answer = json!({ "dry_run": true, "scope": arguments.scope, "business_date": date, "report": report });
        return context.say(&answer, words);
    }
    let mode = if arguments.shadow { RunMode::Shadow } else { RunMode::Live };
    let order = Order { scope, date, mode };
    let done = run::carry_out(&store, settings, &who, &order, &watch, &|_, _| Ok(()));
    spinner.finish_and_clear();
    let view = done.map_err(|refused| match refused {
        Refused::Conflict { code: "run_exists", detail } => {
            Failure::Failed(format!("{detail}; --dry-run shows what another would find"))
        }
        other => other.into(),
    })?;
    let words = match &view.report {
        Some(report) if view.shadow => {
            let words = words("would have proposed", &view.scope, date, report);
            format!("{words}\n  kept as the shadow {}", view.id)
        }
        Some(report) => words("proposed", &view.scope, date, report),
        None => format!("run {} of {date}: {}", view.id, view.state),
    };
    context.say(&view, words)
}

/// A sign of life on the terminal's standard error; nothing where there is no terminal.
pub fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg} ({elapsed})").expect("a sound template");
    let spinner = ProgressBar::new_spinner().with_style(style);
    spinner.enable_steady_tick(Duration::from_millis(100));
    spinner
}

/// What a stage is called while it lasts.
pub fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Snapshot => "reading the market",
        Stage::Travel => "asking for travel times",
        Stage::Plan => "finding the best plan",
        Stage::Check => "checking every claim of it",
        Stage::Publish => "publishing the proposals",
    }
}

fn words(what: &str, scope: &str, date: NaiveDate, report: &ReportView) -> String {
    let hours = |minutes: i64| minutes as f64 / 60.0;
    let moves = if what == "proposed" { report.published } else { report.moves };
    let swaps = if moves == 1 { "move" } else { "moves" };
    let mut text = format!(
        "{what} {moves} {swaps} for {scope} on {date}, from {} possible swaps among {} accounts of {} reps",
        report.possible_moves, report.offers, report.reps
    );
    let mut line =
        |name: &str, value: String| write!(text, "\n  {name:<18}{value}").expect("a String takes every text");
    if let (Some(gain), Some(points)) = (report.gain_minutes, report.points) {
        let waited = report.ageing_points.filter(|points| *points > 0);
        let waited = waited.map_or_else(String::new, |points| format!(", {points} of them for having waited"));
        line("gain", format!("{:.1} hours a year, {points} points{waited}", hours(gain)));
    }
    if let Some(bound) = report.bound {
        line("not proven best", format!("the search was ended; no plan has more than {bound} points"));
    }
    if report.candidates_dropped > 0 {
        let most = report
            .points_of_dropped_at_most
            .map_or_else(String::new, |points| format!("; no swap with one of them has more than {points} points"));
        let (dropped, offers) = (report.candidates_dropped, report.offers_with_dropped);
        line("not looked at", format!("{dropped} candidates of {offers} accounts{most}"));
    }
    if let (Some(points), Some(most)) = (report.points, report.points_in_any_rings_at_most)
        && most > points
    {
        line("longer rings", format!("could add {} points at most", most - points));
    }
    if let (Some(least), Some(gini)) = (report.smallest_gain_minutes, report.gini_thousandths) {
        line(
            "fairness",
            format!("the smallest gain is {:.1} hours a year; Gini {:.3}", hours(least), gini as f64 / 1000.0),
        );
    }
    line(
        "driving",
        format!("{:.1} → {:.1} hours a year", hours(report.travel_minutes_before), hours(report.travel_minutes_after)),
    );
    line("commission moved", format!("{:.2} a year", report.commission_moved_cents as f64 / 100.0));
    for SourceView { source, map_date, ways, without_way, unanswered } in &report.travel_times {
        let map = map_date.map_or_else(String::new, |date| format!(", map of {date}"));
        let more = [(*without_way, "without a way"), (*unanswered, "unanswered")];
        let more: Vec<String> =
            more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("; {count} {what}")).collect();
        line("driving times", format!("{ways} by {source}{map}{}", more.concat()));
    }
    for (rule, count) in &report.unmatched_by_rule {
        line("stayed", format!("{count} {rule}"));
    }
    for (rule, count) in report.opened_by_rule.iter().flatten().filter(|(_, count)| **count > 0) {
        line("one step", format!("of {rule} would give {count} of them more partners"));
    }
    text
}
