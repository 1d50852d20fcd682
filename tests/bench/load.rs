//! How quick the program answers over a large history, and what becomes of it when it is asked for more than it can do.
//!
//! In: `--rows N` of history (1,000,000), `--database sqlite|postgres|URL` (sqlite), `--rate R` requests a second (500),
//! `--seconds S` of each phase (30), `--threads T` of the client (256). Out: the machine's peak with this mix in this very
//! run; at R a second p50, p99, p99.9 and the longest by class of request; goodput and answers by status; the same at two
//! and four times the peak. Nine requests in ten read, one changes something. Settings are the built-in ones, limits on how
//! often one may ask included: there are many who ask.
//! Holds: a request's time counts from the moment it was due, not from when the client came to send it, so that a server
//! that stalls is not asked less meanwhile (Tene, "How not to measure latency", 2013).
//! Deliberately absent: a verdict. Client, program and database share the machine, and the numbers depend on it.

#[path = "../common/mod.rs"]
mod common;

#[path = "load_parts/client.rs"]
mod client;
#[path = "load_parts/figures.rs"]
mod figures;
#[path = "load_parts/fill.rs"]
mod fill;
#[path = "load_parts/mix.rs"]
mod mix;
#[path = "load_parts/served.rs"]
mod served;

use client::Pace;
use common::databases::{postgres, sqlite};
use fill::{Filled, Size};
use mix::Mix;
use served::Served;
use std::{fs, time::Instant};

fn main() {
    let asked = Asked::of(std::env::args().skip(1));
    let temporary = match asked.database.as_str() {
        "sqlite" => Some(sqlite()),
        "postgres" => Some(postgres()),
        _ => None,
    };
    let url = temporary.as_ref().map_or(asked.database.clone(), |database| database.url.clone());
    println!("cores {}, load before {}", cores(), load());

    let begun = Instant::now();
    let filled = Filled::fill(&url, Size::of_rows(asked.rows));
    println!("{} rows of history in {:.0} s, {}", filled.rows, begun.elapsed().as_secs_f64(), filled.bytes_in_words);

    let served = Served::start(&url);
    let mix = Mix::new(&served, &filled.size);
    // The first requests find cold caches, and give the cursors that later ones go on from.
    client::run(&served, &mix, Pace::AsFastAsItAnswers { threads: 16 }, asked.seconds.min(5.0));

    let peak = client::run(&served, &mix, Pace::AsFastAsItAnswers { threads: 32 }, asked.seconds.min(15.0));
    figures::print("as fast as it answers, 32 at a time", &peak);
    let peak = peak.goodput();
    for (name, rate) in [
        (format!("{} requests a second", asked.rate), asked.rate),
        (format!("overload: twice the peak of {peak:.0}"), 2.0 * peak),
        (format!("overload: four times the peak of {peak:.0}"), 4.0 * peak),
    ] {
        let done = client::run(&served, &mix, Pace::Fixed { a_second: rate, threads: asked.threads }, asked.seconds);
        figures::print(&name, &done);
    }
    println!("\nload after {}; the program's peak memory {} MB", load(), served.peak_megabytes());
}

/// What the command line asks for.
struct Asked {
    rows: u64,
    database: String,
    rate: f64,
    seconds: f64,
    threads: usize,
}

impl Asked {
    fn of(mut words: impl Iterator<Item = String>) -> Self {
        let mut asked =
            Self { rows: 1_000_000, database: "sqlite".to_owned(), rate: 500.0, seconds: 30.0, threads: 256 };
        while let Some(word) = words.next() {
            // `cargo bench` adds this one by itself.
            if word == "--bench" {
                continue;
            }
            let value = words.next().unwrap_or_else(|| panic!("{word}: expected a value after it"));
            let number = || value.parse::<f64>().unwrap_or_else(|_| panic!("{word}: found {value}, expected a number"));
            match word.as_str() {
                "--rows" => asked.rows = number() as u64,
                "--rate" => asked.rate = number(),
                "--seconds" => asked.seconds = number(),
                "--threads" => asked.threads = number() as usize,
                "--database" => asked.database = value,
                _ => panic!("found {word}, expected --rows, --database, --rate, --seconds or --threads"),
            }
        }
        asked
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// How many were waiting for a processor in the last minute, on average, whoever they are.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or("unknown").to_owned()
}
