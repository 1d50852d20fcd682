//! `simulate`: a year of an invented company under several policies, so that a manager can choose one.
//!
//! In go weeks, a seed and which policies to compare; out comes a table with one line a policy: waiting time, share of the
//! submissions placed, true gains, who gained least. Reps have a rapport with each account that nobody else knows; some of
//! them game; each accepts or declines by what they believe to gain.
//! Holds: everything goes through the verbs of the service, on a database of its own, by a clock of its own; the same
//! arguments give the same table. What may never happen ends it with exit code 1 and is named.
//! Costs: about a second for ten weeks of forty reps and a policy; policies run side by side on all cores.
//! Deliberately absent: real people. It says which policy does better in this world, not what yours will gain.

mod habits;
mod outcome;
mod trial;
mod truth;
mod watch;
mod year;

use super::{
    Context, Failure,
    invented::{
        bring_in, failed,
        folder::Folder,
        hospitals::{self, Hospital},
        world::{Invention, World},
    },
};
use account_swap::{
    app::Store,
    domain::{policy::MaxRing, units::Points},
    settings::Settings,
    store::HandClock,
};
use chrono::{DateTime, NaiveDate, Utc};
use habits::Habits;
use indicatif::{ProgressBar, ProgressStyle};
use outcome::Outcome;
use rayon::prelude::*;
use serde::Serialize;
use std::fmt::{self, Display};
use year::Year;

/// The states whose hospitals are the accounts.
const REGIONS: [&str; 3] = ["DE", "NJ", "PA"];
/// The accounts of each rep, as long as there are hospitals.
const ACCOUNTS_A_REP: usize = 10;
/// How far the area is in which a rep worked before, in minutes one way.
const FORMER_MINUTES: std::ops::Range<f64> = 40.0..105.0;
/// The Sunday morning before the first week, whatever today is, so that the same arguments give the same year.
const FIRST_SUNDAY: &str = "2026-01-04T09:00:00Z";

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How many weeks pass.
    #[arg(long, value_name = "N", default_value_t = 52, value_parser = clap::value_parser!(u32).range(1..=520))]
    weeks: u32,
    /// What decides everything that is invented, and everybody's luck.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// How many reps there are.
    #[arg(long, value_name = "N", default_value_t = 40, value_parser = clap::value_parser!(u16).range(4..=200))]
    reps: u16,
    /// Reps in a hundred who put up accounts that are merely worth little, and call them unbearable.
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(0..=100))]
    gaming: u32,
    /// Whether those who have waited come first: on, off or both.
    #[arg(long, value_name = "on,off", value_delimiter = ',', default_values = ["on", "off"])]
    ageing: Vec<Ageing>,
    /// How much unfairness costs: 0 only the total counts, 1 twice the smaller gain.
    #[arg(long, value_name = "0,1", value_delimiter = ',', default_values = ["0", "1"], value_parser = share)]
    unfairness: Vec<f64>,
    /// How many reps a move joins at most: 2, 3 or 4.
    #[arg(long, value_name = "2,3", value_delimiter = ',', default_values = ["2", "3"], value_parser = ring)]
    max_ring: Vec<MaxRing>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, Serialize)]
#[serde(rename_all = "snake_case")]
enum Ageing {
    On,
    Off,
}

fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| "a number from 0 to 1 is expected".to_owned())?;
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err("a number from 0 to 1 is expected".to_owned()) }
}

fn ring(text: &str) -> Result<MaxRing, String> {
    match text {
        "2" => Ok(MaxRing::Two),
        "3" => Ok(MaxRing::Three),
        "4" => Ok(MaxRing::Four),
        _ => Err("2, 3 or 4 is expected".to_owned()),
    }
}

/// One policy of the comparison.
#[derive(Debug, Clone, Copy, Serialize)]
struct Terms {
    ageing: Ageing,
    unfairness: f64,
    max_ring: MaxRing,
}

impl Terms {
    /// The settings with these terms.
    fn put_into(self, settings: &mut Settings) {
        let policy = &mut settings.policy;
        if self.ageing == Ageing::Off {
            policy.points.ageing_points_a_night = Points::ZERO;
        }
        policy.points.unfairness_percent = (self.unfairness * 100.0).round() as i64;
        policy.plan.max_ring = self.max_ring;
    }
}

/// One line of the table.
#[derive(Debug, Serialize)]
struct Line {
    #[serde(flatten)]
    terms: Terms,
    #[serde(flatten)]
    outcome: Outcome,
}

/// The whole comparison.
#[derive(Debug, Serialize)]
struct Comparison {
    weeks: u32,
    seed: u64,
    reps: usize,
    accounts: usize,
    gaming_percent: u32,
    policies: Vec<Line>,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let mut hospitals = hospitals::all().map_err(failed)?;
    hospitals.retain(|hospital| REGIONS.contains(&hospital.state.as_str()));
    let reps = usize::from(arguments.reps);
    hospitals.truncate(reps * ACCOUNTS_A_REP);
    let world = invent(&hospitals, reps, arguments.seed)?;
    let all: Vec<Terms> = arguments
        .ageing
        .iter()
        .flat_map(|&ageing| arguments.unfairness.iter().map(move |&unfairness| (ageing, unfairness)))
        .flat_map(|(ageing, unfairness)| {
            arguments.max_ring.iter().map(move |&max_ring| Terms { ageing, unfairness, max_ring })
        })
        .collect();
    let progress = progress(all.len() as u64 * u64::from(arguments.weeks));
    let lived: Result<Vec<Line>, Failure> =
        all.into_par_iter().map(|terms| live(context, arguments, &world, terms, &progress)).collect();
    progress.finish_and_clear();
    let comparison = Comparison {
        weeks: arguments.weeks,
        seed: arguments.seed,
        reps,
        accounts: world.accounts.len(),
        gaming_percent: arguments.gaming,
        policies: lived?,
    };
    context.say(&comparison, &comparison)
}

fn first_sunday() -> DateTime<Utc> {
    FIRST_SUNDAY.parse().expect("a sound moment")
}

/// The company before its first week, in which nobody has said anything yet.
fn invent(hospitals: &[Hospital], reps: usize, seed: u64) -> Result<World, Failure> {
    let today: NaiveDate = first_sunday().date_naive();
    let invention = Invention { hospitals, reps, seed, former_minutes: FORMER_MINUTES };
    let mut world = World::new(&invention, today).map_err(failed)?;
    world.statements.clear();
    for person in &mut world.people {
        // Nobody comes or goes, so that all years are about the same people.
        (person.rep.leave, person.rep.leaves_on) = (None, None);
    }
    Ok(world)
}

/// A year under one policy, in a folder that goes when it is over.
fn live(
    context: &Context,
    arguments: &Arguments,
    world: &World,
    terms: Terms,
    progress: &ProgressBar,
) -> Result<Line, Failure> {
    let folder = Folder::passing()?;
    world.write(folder.path())?;
    let mut settings = context.settings.clone();
    settings.database = Settings::built_in().database;
    settings.database.url = format!("sqlite:{}", folder.file("year.db")?);
    terms.put_into(&mut settings);
    let clock = HandClock::showing(first_sunday());
    let store = Store::open(&settings.database)?.by_clock(clock.clone());
    bring_in(&store, &settings, &folder)?;
    let habits = Habits {
        seed: arguments.seed,
        gaming_percent: arguments.gaming,
        star_minutes: settings.policy.scores.star_minutes,
    };
    let outcome = Year::new(store, settings, clock, world, habits).live(arguments.weeks, &|| progress.inc(1))?;
    Ok(Line { terms, outcome })
}

fn progress(weeks: u64) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:40} {pos} of {len} weeks, {eta} to go").expect("a sound template");
    ProgressBar::new(weeks).with_style(style)
}

impl Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { weeks, seed, reps, accounts, gaming_percent, policies } = self;
        writeln!(
            f,
            "{weeks} weeks of {reps} invented reps with {accounts} accounts, {gaming_percent} in a hundred gaming, seed {seed}\n"
        )?;
        writeln!(
            f,
            "  policy                 submitted  weeks waited     swaps         true hours a year      struggles"
        )?;
        writeln!(
            f,
            "ageing unfair ring       all placed half 9/10 still  made undone   all  least lost Gini  first last"
        )?;
        for Line { terms, outcome } in policies {
            let hours = |minutes: i64| minutes as f64 / 60.0;
            writeln!(
                f,
                "{:<6} {:>6} {:>4} {:>9} {:>4} % {:>4} {:>4} {:>5} {:>5} {:>6} {:>5.0} {:>6.0} {:>4} {:>4.2} {:>6} {:>4}",
                if terms.ageing == Ageing::On { "on" } else { "off" },
                terms.unfairness,
                terms.max_ring.legs().unwrap_or(0),
                outcome.submitted,
                outcome.placed_percent,
                outcome.median_weeks,
                outcome.ninth_decile_weeks,
                outcome.longest_waiting_weeks,
                outcome.swaps,
                outcome.undone,
                hours(outcome.true_gain_minutes),
                outcome.least.as_ref().map_or(0.0, |least| hours(least.minutes)),
                outcome.reps_who_lost,
                outcome.gini_thousandths as f64 / 1000.0,
                outcome.struggling_at_first,
                outcome.struggling_at_last,
            )?;
        }
        writeln!(
            f,
            "\nplaced: of a hundred submissions of honest reps; half, 9/10: of those that moved; still: who waits\n\
             longest; least: who gained least of those who swapped; lost: how many of them lost."
        )?;
        write!(f, "\nAfter every week: accounts conserved, none in two live moves, balances net to zero, log unbroken.")
    }
}
