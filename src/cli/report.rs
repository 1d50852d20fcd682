//! `report`: how fair the swaps of a run or quarter are, what managers have overridden, what became of swaps and of
//! questions between reps, and which handovers need somebody.
//!
//! In go a run or a quarter, and a team if it is about one; out comes the report in words, as JSON, as a table or as a
//! picture, on standard output or in a file that is written whole or not at all. The others come in words or as
//! JSON.
//! Holds: no more is told than over HTTP: nothing made of gains for fewer than five reps.
//! Deliberately absent: names of those who gain.

mod direct_swaps;
mod overrides;

use super::{Context, Failure, tell, whole::write_whole};
use account_swap::{
    app::{
        Page, Store,
        fairness::{self, About, Of},
        handover::{self, HandoverView},
        outcomes::{self, OutcomesView},
        system,
    },
    domain::{
        ids::{RunId, TeamId},
        principal::{Principal, Role},
        proposal::ProposalState,
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
    /// How many questions reps have asked colleagues, by month, and what came of them.
    DirectSwaps,
    /// What became of accounts that changed hands, by what their new owners say together.
    Outcomes,
    /// Handovers that the CRM has not confirmed in time, or that two people have to settle.
    Handovers,
}

#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("about").args(["run", "quarter"]).required(true))]
struct Fairness {
    /// A published run, by its id.
    #[arg(long, value_name = "ID")]
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
    match &arguments.what {
        What::Fairness(asked) => fairness(context, asked),
        What::Overrides(asked) => overrides::run(context, asked),
        What::DirectSwaps => direct_swaps::run(context),
        What::Outcomes => {
            let sums = context.store()?.read(|reader| outcomes::outcomes(reader, &system()))?;
            context.say(&sums, words_of_outcomes(&sums))
        }
        What::Handovers => {
            let needy = needy(&context.store()?)?;
            context.say(&needy, words_of_handovers(&needy))
        }
    }
}

/// The handovers that need somebody, by id.
fn needy(store: &Store) -> Result<Vec<HandoverView>, Failure> {
    const PAGE: i64 = 200;
    let operator = Principal { role: Role::Admin, ..system() };
    let (mut needy, mut after) = (Vec::new(), None);
    loop {
        let page = store.read(|reader| handover::list(reader, &operator, Page { after, limit: PAGE }))?;
        let Some(last) = page.last() else { return Ok(needy) };
        after = Some(last.id);
        let needs = |one: &HandoverView| one.is_overdue || one.state == ProposalState::NeedsAttention;
        needy.extend(page.into_iter().filter(needs));
    }
}

fn words_of_handovers(needy: &[HandoverView]) -> String {
    if needy.is_empty() {
        return "no handover needs anybody".to_owned();
    }
    let line = |one: &HandoverView| {
        let accounts: Vec<String> =
            one.legs.iter().map(|leg| format!("{} from {} to {}", leg.account, leg.from, leg.to)).collect();
        let why = match (one.state, one.cause) {
            (ProposalState::NeedsAttention, Some(cause)) => format!("two people have to settle it: {cause}"),
            (ProposalState::NeedsAttention, None) => "two people have to settle it".to_owned(),
            _ => "the CRM has not confirmed it in time".to_owned(),
        };
        format!("{}  {why}\n    {}", one.id, accounts.join(", "))
    };
    needy.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn words_of_outcomes(sums: &[OutcomesView]) -> String {
    if sums.is_empty() {
        return "nobody has reviewed a swap yet".to_owned();
    }
    let line = |one: &OutcomesView| {
        let together = match &one.together {
            None => "too few people for sums".to_owned(),
            Some(all) => format!(
                "{} stars on average, {}{} complaints, business of {} cents",
                all.mean_stars,
                all.visits_kept_percent.map_or_else(String::new, |kept| format!("{kept} of 100 visits kept, ")),
                all.complaints,
                all.revenue_cents
            ),
        };
        format!("after {} days: {} reviews; {together}", one.days, one.reviews)
    };
    sums.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn fairness(context: &Context, asked: &Fairness) -> Result<(), Failure> {
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
    let Some(path) = &asked.output else { return tell(|out| out.write_all(shown.as_bytes())) };
    write_whole(path, |out| out.write_all(shown.as_bytes()))
        .map_err(|error| Failure::Failed(format!("{}: {error}", path.display())))
}
