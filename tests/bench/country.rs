//! A whole country's market: what each stage of a run takes, from rows to a checked plan.
//!
//! In go the places of all hospitals of the United States and a seed; out come 50,000 reps around them, 20 accounts of
//! each and 4 submissions of each, all else about them invented, and one line a stage: seconds, processor seconds, peak
//! memory. The policy is that of the built-in settings. Run with `cargo bench --bench country`; arguments after `--` are
//! the numbers of reps, of accounts of each, of submissions of each, and of candidates an account keeps (0 for all). With
//! the word `store` the rows go into a SQLite file first and the snapshot is read from there.
//! A rep lives within 15 km or so of a hospital. Nine in ten of the accounts are hospitals within 60 km of it, the others
//! within 250 km: those somebody has inherited; half of what is submitted are such.
//! Deliberately absent: a pass mark; the printed numbers are for a person to read.

mod clock;
#[path = "../common/mod.rs"]
mod common;
#[path = "country/places.rs"]
mod places;
#[path = "country/rows.rs"]
mod rows;
#[path = "country/store.rs"]
mod store;

use account_swap::{
    domain::policy::Policy,
    engine::{
        check::check,
        market::Market,
        plan::{Stage, plan_telling},
    },
};
use clock::Clock;
use rows::Country;

/// That of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let at = |index: usize, default: u64| numbers.get(index).copied().unwrap_or(default);
    let country = Country::new(at(0, 50_000), at(1, 20), at(2, 4));
    let mut policy = policy();
    if let Some(&most) = numbers.get(3) {
        policy.plan.max_candidates_per_offer = u32::try_from(most).ok().filter(|&most| most > 0);
    }
    let mut clock = Clock::start();
    let market = if std::env::args().any(|word| word == "store") {
        store::snapshot(&country, &mut clock)
    } else {
        let rows = country.rows();
        clock.tell("rows");
        rows.into_market()
    };
    measure(&market, &policy, clock);
}

/// Prints each stage from the snapshot on.
fn measure(market: &Market, policy: &Policy, mut clock: Clock) {
    let (mut cpu, mut peak) = clock.tell("snapshot");
    let sizes = [market.reps.len(), market.books.len(), market.offers.len()];
    println!("{} reps, {} accounts, {} submissions", sizes[0], sizes[1], sizes[2]);
    let plan = plan_telling(market, policy, |stage| {
        let (of_stage, peak_of_stage) = clock.tell(stage.as_str());
        if stage <= Stage::Scores {
            (cpu, peak) = (cpu + of_stage, peak.max(peak_of_stage));
        }
        if stage == Stage::Scores {
            println!("snapshot to scored candidates: {cpu:.2} s of processor, peak {peak} MB");
        }
    });
    let report = plan.report.clone();
    println!(
        "{} candidates, {} of {} accounts dropped with {:?} points at most; {} possible swaps, {} moves, {} points",
        report.candidates,
        report.candidates_dropped,
        report.offers_with_dropped,
        report.points_of_dropped_at_most.map(|points| points.0),
        report.possible_moves,
        report.moves,
        report.points
    );
    let checked = check(plan, market, policy);
    clock.tell("check");
    checked.unwrap_or_else(|breaches| panic!("{:#?}", &breaches[..breaches.len().min(9)]));
    clock.tell_all();
}

/// That of the built-in settings.
fn policy() -> Policy {
    let settings: toml::Table =
        include_str!("../../config/default.toml").parse().expect("the built-in settings are TOML");
    settings["policy"].clone().try_into().expect("the built-in policy is sound")
}
