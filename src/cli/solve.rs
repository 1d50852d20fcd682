//! `solve`: the best moves of a market in a file, proven; or, with `--check`, which claims of a plan hold.
//!
//! In goes a market as a file or on standard input; out come a plan, its certificate and how long it took. On a terminal
//! the stages show while they last.
//! Exit codes: 0 solved, or every claim holds; 1 some claim does not; 2 unusable arguments or input; 3 stopped at the
//! time limit with the best plan found.
//! Holds: no plan leaves the program whose claims and certificate its own check has not accepted.
//! Deliberately absent: the database, and what a market means.

use super::{
    Context, Failure,
    import::{bar, open},
    run::spinner,
    tell,
    whole::{refuse_unwritable, write_whole},
};
use account_swap::exchange::{
    certificate::Certificate,
    check::{Evidence, check},
    market::Market,
    options::{MaxMoves, MaxRing, Objective, Options, Unfairness},
    read::{Format, ReadError, read},
    result::{Plan, Status},
    solve::{Solved, solve},
};
use serde_json::json;
use std::{
    fmt,
    fs::File,
    io::{self, BufReader},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const EXAMPLES: &str = "\
Examples:
  account-swap solve --input market.json
  account-swap solve --input market.json --max-ring 3 --time-limit 60 --output plan.json --certificate proof.json
  account-swap solve --input market.json --max-ring 3 --check plan.json --certificate proof.json
  generate | account-swap solve --input - --json | jq .points

A market in JSON:
  {\"format\": \"exchange/1\",
   \"offers\": [{\"id\": \"A-17\", \"rep\": \"anna\"}, {\"id\": \"B-02\", \"rep\": \"ben\"}],
   \"arcs\": [{\"give\": \"A-17\", \"receive\": \"B-02\", \"gain\": 5400},
            {\"give\": \"B-02\", \"receive\": \"A-17\", \"gain\": 1200}]}
The same as a graph, in DIMACS:
  p edge 2 1
  e 1 2 6600

Exit codes: 0 solved, or every claim holds; 1 some claim does not; 2 unusable arguments or input;
3 stopped at the time limit with the best plan found and its proven bound.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The market; - is standard input.
    #[arg(long, value_name = "FILE")]
    input: String,
    /// exchange or dimacs; told from the first sign if not given.
    #[arg(long)]
    format: Option<Format>,
    /// The most offers in a move: 2, 3, 4 or unlimited.
    #[arg(long, value_name = "N", default_value = "2")]
    max_ring: MaxRing,
    /// points, swaps-then-points, or worst-gain-first.
    #[arg(long, default_value = "points")]
    objective: Objective,
    /// The most accounts a rep may give away who has no max_moves in the market; a number, or none.
    #[arg(long, value_name = "N|none", default_value = "none")]
    max_moves_per_rep: MaxMoves,
    /// What each point of difference between the largest and the smallest gain of a move costs; a decimal from 0 to 1.
    #[arg(long, value_name = "X", default_value = "0")]
    unfairness: Unfairness,
    /// Stops the search after so long, takes the best plan found and proves how good it is. Swaps by points or
    /// swaps-then-points are found to the end all the same, and so are rings of any length that no cap concerns: these
    /// take seconds even for a million offers.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    time_limit: Option<Duration>,
    /// How many threads to use; one for each core if not given. The plan is the same.
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Where to write the proof; with --check, the proof to verify.
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    /// Where to write the plan as JSON; - is standard output.
    #[arg(long, value_name = "FILE|-", conflicts_with = "check")]
    output: Option<PathBuf>,
    /// Checks this plan of the market instead of finding one.
    #[arg(long, value_name = "RESULT")]
    check: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds: Option<f64> = text.parse().ok();
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).ok_or("expected a number of seconds from 0")
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let threads = arguments.threads.map_or(0, NonZeroUsize::get);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|error| Failure::Unusable(format!("--threads: {error}")))?;
    pool.install(|| match &arguments.check {
        None => find(context, arguments),
        Some(result) => judge(context, arguments, result),
    })
}

impl Arguments {
    fn options(&self) -> Options {
        Options {
            objective: self.objective,
            max_ring: self.max_ring,
            max_moves_per_rep: self.max_moves_per_rep,
            unfairness: self.unfairness,
        }
    }

    /// Reads the market and checks that it can be asked this.
    fn market(&self) -> Result<Market, Failure> {
        let (input, bytes) = open(&self.input)?;
        let bar = bar(bytes);
        let market = read(BufReader::with_capacity(1 << 16, bar.wrap_read(input)), self.format);
        bar.finish_and_clear();
        let market = market.map_err(|error| match error {
            ReadError::Io(error) => Failure::Failed(format!("{}: {error}", self.input)),
            error => Failure::Unusable(format!("{}: {error}", self.input)),
        })?;
        self.options().fit(&market).map_err(Failure::Unusable)?;
        Ok(market)
    }

    /// Finds the best plan, until the time limit.
    fn solve(&self, market: &Market) -> Result<Solved, Failure> {
        let begun = Instant::now();
        let time_is_up = || self.time_limit.is_some_and(|limit| begun.elapsed() >= limit);
        solve(market, &self.options(), &time_is_up)
            .map_err(|error| Failure::Unusable(format!("{}: {error}", self.input)))
    }
}

/// Finds the best plan, checks it and writes it.
fn find(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    let output = arguments.output.as_deref().filter(|path| *path != Path::new("-"));
    for path in output.into_iter().chain(arguments.certificate.as_deref()) {
        refuse_unwritable(path).map_err(|error| unusable(path, error))?;
    }
    let mut clock = Clock::start();
    let market = arguments.market()?;
    let read = clock.lap();
    let spinner = spinner();
    spinner.set_message("finding the best plan");
    let Solved { mut plan, certificate } = arguments.solve(&market)?;
    let solve = clock.lap();
    spinner.set_message("checking every claim of it");
    let judgement = check(&market, &arguments.options(), &plan, Evidence::Certificate(&certificate));
    spinner.finish_and_clear();
    if !judgement.failed.is_empty() {
        let why = judgement.failed.join("; ");
        return Err(Failure::Failed(format!("the plan found does not pass its check: {why}")));
    }
    (plan.seconds.read, plan.seconds.solve, plan.seconds.check) = (read, solve, clock.lap());
    if let Some(path) = &arguments.certificate {
        write_whole(path, |out| certificate.write(out)).map_err(|error| failed_at(path, error))?;
    }
    if let Some(path) = output {
        write_whole(path, |out| plan.write(out)).map_err(|error| failed_at(path, error))?;
    }
    if context.json || arguments.output.as_deref() == Some(Path::new("-")) {
        tell(|out| plan.write(out))?;
    } else {
        context.say(&plan, Words(&plan))?;
    }
    match plan.status {
        Status::Optimal => Ok(()),
        Status::TimeLimit => Err(Failure::Stopped(format!(
            "stopped at the time limit: the best plan found has {} points, and none has more than {}",
            plan.points, plan.bound
        ))),
    }
}

/// Checks a plan that somebody claims to be one of the market.
fn judge(context: &Context, arguments: &Arguments, result: &Path) -> Result<(), Failure> {
    let plan = Plan::read(open_beside(result)?).map_err(|error| unusable(result, error))?;
    let certificate = arguments
        .certificate
        .as_deref()
        .map(|path| Certificate::read(open_beside(path)?).map_err(|error| unusable(path, error)));
    let certificate = certificate.transpose()?;
    let market = arguments.market()?;
    let options = arguments.options();
    let spinner = spinner();
    spinner.set_message("checking every claim");
    let by_certificate =
        certificate.as_ref().map(|certificate| check(&market, &options, &plan, Evidence::Certificate(certificate)));
    let (judgement, how) = match by_certificate {
        Some(judgement) if judgement.open.is_empty() || !judgement.failed.is_empty() => {
            (judgement, "the certificate proves the bound")
        }
        other => {
            spinner.set_message("solving again");
            let Solved { plan: another, certificate } = arguments.solve(&market)?;
            spinner.set_message("checking every claim");
            let judgement = check(&market, &options, &plan, Evidence::Another(&another, &certificate));
            match other {
                None => (judgement, "no certificate was given, so the market was solved again to judge the bound"),
                Some(_) => (judgement, "the certificate leaves something open, so the market was solved again"),
            }
        }
    };
    spinner.finish_and_clear();
    let failed = judgement.failed;
    let answer = json!({ "holds": failed.is_empty(), "failed": failed, "how": how });
    if failed.is_empty() {
        return context.say(&answer, format_args!("every claim holds; {how}"));
    }
    context.say(&answer, failed.join("\n"))?;
    let claims = if failed.len() == 1 { "1 claim does" } else { &format!("{} claims do", failed.len()) };
    let aside = if certificate.is_some() { String::new() } else { format!(" ({how})") };
    Err(Failure::Failed(format!("{}: {claims} not hold{aside}", result.display())))
}

fn open_beside(path: &Path) -> Result<BufReader<File>, Failure> {
    File::open(path).map(BufReader::new).map_err(|error| unusable(path, error))
}

fn unusable(path: &Path, error: impl fmt::Display) -> Failure {
    Failure::Unusable(format!("{}: {error}", path.display()))
}

fn failed_at(path: &Path, error: io::Error) -> Failure {
    Failure::Failed(format!("{}: {error}", path.display()))
}

/// Tells how long each stage took, in seconds to the microsecond.
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn lap(&mut self) -> f64 {
        let now = Instant::now();
        let micros = (now - std::mem::replace(&mut self.0, now)).as_micros();
        micros as f64 / 1e6
    }
}

/// How many moves the words show.
const MOVES_SHOWN: usize = 20;

/// A plan in words.
struct Words<'a>(&'a Plan);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { status, points, bound, moves, offers, matched, reps, components, seconds, .. } = self.0;
        let proven = match status {
            Status::Optimal => "proven best".to_owned(),
            Status::TimeLimit => format!("the best found; none has more than {bound}"),
        };
        let count = moves.len();
        writeln!(f, "{count} {}, {points} points, {proven}", if count == 1 { "move" } else { "moves" })?;
        writeln!(f, "  offers      {matched} of {offers} change hands, those of {reps} reps in all")?;
        writeln!(f, "  components  {components} with a possible move")?;
        let (read, solve, check) = (seconds.read, seconds.solve, seconds.check);
        write!(f, "  seconds     {read:.3} reading, {solve:.3} solving, {check:.3} checking")?;
        for shown in moves.iter().take(MOVES_SHOWN) {
            let arrow = if shown.give.len() == 2 { " ↔ " } else { " → " };
            write!(f, "\n  {} points: {}", shown.points, shown.give.join(arrow))?;
            if let Some(gains) = &shown.gains {
                let gains: Vec<String> = gains.iter().map(i64::to_string).collect();
                write!(f, ", gaining {}", gains.join(", "))?;
            }
        }
        match count.saturating_sub(MOVES_SHOWN) {
            0 => Ok(()),
            more => write!(f, "\n  … (and {more} more; --json or --output shows all)"),
        }
    }
}
