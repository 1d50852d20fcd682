//! `demo`: a whole night on real hospitals with invented reps, from CSV files to proposals.
//!
//! In go a seed, a number of reps and regions; out comes the operator's view, and with `--serve` the REST interface
//! with tokens to try it. Works from anywhere with nothing else: the hospitals are in the program.
//! Holds: the data take the importer's and the run's ordinary way; the same arguments give the same swaps, whatever the
//! day. Only the database of the demo is touched, never the one that is set.
//! Costs: less than a second for 400 accounts, a few for 1,400.
//! Deliberately absent: anything the demo does that a company's night does not.

mod findings;
mod page;
mod roads;
mod tour;

use super::{
    Context, Failure,
    invented::{
        bring_in, failed,
        folder::Folder,
        hospitals::{self, Hospital},
        people,
        world::{Invention, World},
    },
    run::{name, spinner},
};
use account_swap::{
    app::{
        Refused, Store,
        import::ImportReport,
        run::{self, RunView, Scope, Stage},
        system,
    },
    domain::travel::TravelSource,
    settings::Settings,
};
use chrono::NaiveDate;
use findings::Findings;
use indicatif::ProgressBar;
use roads::Difference;
use serde::Serialize;
use std::{cell::RefCell, ops::Range, path::PathBuf, time::Instant};

/// The stage that a company's night has not.
const INVENTING: &str = "inventing";
/// The regions of a demo that names none.
const USUAL_REGIONS: [&str; 3] = ["DE", "NJ", "PA"];
/// Reps for whom those regions are too small; all regions are taken then.
const MANY_REPS: usize = 80;
/// Accounts a rep in a demo that does not say how many reps.
const USUAL_BOOK: usize = 10;
/// The most reps of a demo that does not say how many.
const USUAL_REPS: usize = 40;
/// How far the area is in which a rep worked before, in minutes one way.
const FORMER_MINUTES: Range<f64> = 40.0..105.0;
/// The same in one town and around it.
const FORMER_MINUTES_IN_TOWN: Range<f64> = 10.0..60.0;
/// The fewest reps among whom a swap can be found at all.
const FEWEST_REPS: usize = 4;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// How many reps are invented; 40 where there are hospitals enough.
    #[arg(long, value_name = "N")]
    reps: Option<usize>,
    /// What decides everything that is invented.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// States whose hospitals are the accounts; DE,NJ,PA if not given, all for more than 80 reps.
    #[arg(long, value_name = "PA,NJ", value_delimiter = ',')]
    region: Vec<String>,
    /// The hospitals in and around Harrisburg, with driving times over its real roads, and the difference to the straight
    /// line.
    #[arg(long, conflicts_with = "region")]
    roads: bool,
    /// Prints every swap.
    #[arg(long)]
    all: bool,
    /// Keeps the CSV files and the database in a new or empty folder.
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Answers HTTP afterwards, with tokens for both reps of a swap, their managers and an admin.
    #[arg(long)]
    serve: bool,
}

/// What was imported, run and found.
#[derive(Debug, Serialize)]
pub struct Night {
    /// What it must not be taken for.
    about: &'static str,
    seed: u64,
    regions: Vec<String>,
    business_date: NaiveDate,
    imported: Vec<ImportReport>,
    /// Stages in order, with their seconds.
    took: Vec<(String, f64)>,
    run: RunView,
    findings: Findings,
    /// What measured times change, where any were.
    #[serde(skip_serializing_if = "Option::is_none")]
    roads: Option<Difference>,
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let hospitals = hospitals::all().map_err(failed)?;
    let (hospitals, reps) = market(hospitals, arguments)?;
    let folder = match &arguments.keep {
        Some(path) => Folder::kept(path)?,
        None => Folder::passing()?,
    };
    let mut settings = own_settings(context, &folder)?;
    let former_minutes = if arguments.roads {
        go_by_roads(&mut settings, &folder)?;
        FORMER_MINUTES_IN_TOWN
    } else {
        FORMER_MINUTES
    };
    let store = Store::open(&settings.database)?;
    let invention = Invention { hospitals: &hospitals, reps, seed: arguments.seed, former_minutes };
    let (world, night) = night(&store, &settings, &folder, &invention)?;
    let page = page::Page { night: &night, all: arguments.all };
    context.say(&night, page.to_string().trim_matches('\n'))?;
    if arguments.serve { tour::serve(context.json, settings, store, &world, &night.findings) } else { Ok(()) }
}

/// Puts Harrisburg's roads into the folder, and before the straight line.
fn go_by_roads(settings: &mut Settings, folder: &Folder) -> Result<(), Failure> {
    let file = folder.file("harrisburg.roads")?;
    roads::write(file.as_ref()).map_err(failed)?;
    settings.routing.road_network.file = file;
    settings.policy.scores.travel.sources = vec![TravelSource::RoadNetwork, TravelSource::GreatCircle];
    Ok(())
}

/// The hospitals of the regions asked for, and how many reps there are to be.
fn market(mut hospitals: Vec<Hospital>, arguments: &Arguments) -> Result<(Vec<Hospital>, usize), Failure> {
    if arguments.roads {
        hospitals = roads::hospitals(hospitals);
    }
    let known: Vec<String> = hospitals::states(&hospitals).into_iter().map(str::to_owned).collect();
    let asked: Vec<String> = arguments.region.iter().map(|region| region.trim().to_uppercase()).collect();
    if let Some(unknown) = asked.iter().find(|region| !known.contains(region)) {
        let known = known.join(", ");
        return Err(Failure::Unusable(format!("--region: there are no hospitals of {unknown:?}, only of {known}")));
    }
    let many = arguments.reps.is_some_and(|reps| reps > MANY_REPS);
    let is_wanted = |state: &str| match asked.as_slice() {
        [] => many || arguments.roads || USUAL_REGIONS.contains(&state),
        asked => asked.iter().any(|one| one == state),
    };
    hospitals.retain(|hospital| is_wanted(&hospital.state));
    let reps = arguments.reps.unwrap_or((hospitals.len() / USUAL_BOOK).clamp(FEWEST_REPS, USUAL_REPS));
    let most = hospitals.len().min(people::MOST_REPS);
    if (FEWEST_REPS..=most).contains(&reps) {
        Ok((hospitals, reps))
    } else {
        Err(Failure::Unusable(format!(
            "--reps: found {reps}, expected from {FEWEST_REPS} to {most}, one hospital each at least"
        )))
    }
}

/// The settings that were given, but for a database and a key of the demo's own, and without nights to come.
fn own_settings(context: &Context, folder: &Folder) -> Result<Settings, Failure> {
    let mut settings = context.settings.clone();
    settings.database = Settings::built_in().database;
    settings.database.url = format!("sqlite:{}", folder.file("demo.db")?);
    settings.auth.local_key_file = folder.file("demo.key")?;
    // What is only tried out leaves no trace beside its folder.
    settings.audit.checkpoint_file = String::new();
    settings.auth.jwks = String::new();
    // The demo has had its night; another one would change what the tour tells.
    settings.night.enabled = false;
    Ok(settings)
}

/// Times the stages of a night and shows them on a terminal.
struct Stages {
    spinner: ProgressBar,
    took: RefCell<Vec<(String, f64)>>,
    begun: RefCell<Option<(String, Instant)>>,
}

impl Stages {
    fn begin(&self, stage: &str, words: &str) {
        self.end();
        self.spinner.set_message(words.to_owned());
        *self.begun.borrow_mut() = Some((stage.to_owned(), Instant::now()));
    }

    fn end(&self) {
        if let Some((stage, begun)) = self.begun.take() {
            self.took.borrow_mut().push((stage, begun.elapsed().as_secs_f64()));
        }
    }
}

fn night(
    store: &Store,
    settings: &Settings,
    folder: &Folder,
    invention: &Invention<'_>,
) -> Result<(World, Night), Failure> {
    let stages = Stages { spinner: spinner(), took: RefCell::default(), begun: RefCell::default() };
    let operator = system();
    let today = store.read(|reader| Ok::<_, Refused>(run::business_date(&settings.night, reader.now())))?;
    stages.begin(INVENTING, "inventing reps");
    let world = World::new(invention, today).map_err(failed)?;
    world.write(folder.path())?;
    stages.begin("import", "importing");
    let imported = bring_in(store, settings, folder)?;
    let watch = |stage: Stage| {
        let short = match stage {
            Stage::Snapshot => "snapshot",
            Stage::Travel => "times",
            Stage::Plan => "plan",
            Stage::Check => "check",
            Stage::Publish => "publish",
        };
        stages.begin(short, name(stage));
    };
    let run = run::run(store, settings, &operator, &Scope::Everybody, today, &watch)?;
    stages.end();
    stages.spinner.finish_and_clear();
    let (market, plan) = store.read(|reader| run::evidence(reader, &operator, run.id))?;
    let roads = Difference::new(&market, &plan, &settings.policy);
    let findings = Findings::new(&world, &market, plan, &settings.policy.rules);
    let mut regions: Vec<String> = hospitals::states(invention.hospitals).into_iter().map(str::to_owned).collect();
    regions.sort();
    let night = Night {
        about: if roads.is_some() {
            "Hospitals and roads are real; reps and everything said about them and about the hospitals are invented."
        } else {
            "Hospitals are real; reps and everything said about them and about the hospitals are invented. \
             Travel is estimated."
        },
        seed: invention.seed,
        regions,
        business_date: today,
        imported,
        took: stages.took.into_inner(),
        run,
        findings,
        roads,
    };
    Ok((world, night))
}
