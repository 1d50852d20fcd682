//! Rings of at most three or four, measured: CPU seconds, what was proven, and the peak of memory.
//!
//! In go the longest length, the seconds it may take, and files of directed instances (`.dig`, as in `assignment.rs`).
//! Out comes one line of JSON an instance. Run with `cargo bench --bench rings -- 3 60 FILE.dig…`.
//! Holds: the certificate is verified, or the program ends with 1. What is counted begins with the digraph in memory and
//! ends with the answer, listing the cycles included; `verify_seconds` are apart.
//! Deliberately absent: a pass mark; `compare_rings.py` sets the numbers beside those of others.

use account_swap::solver::rings::verify::verify_rings;
use account_swap::solver::{Digraph, DirectedArc, RingProblem, best_rings};
use std::{fs, process::ExitCode};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let [longest, seconds, files @ ..] = &words[..] else {
        println!("nothing to measure: LONGEST SECONDS FILE.dig…");
        return ExitCode::SUCCESS;
    };
    let longest = longest.parse().expect("the longest ring is a number");
    let seconds = seconds.parse().expect("the seconds are a number");
    if files.iter().all(|file| measure(file, longest, seconds)) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Solves a file, prints a line, and returns whether the certificate holds.
fn measure(file: &str, longest: usize, seconds: f64) -> bool {
    let digraph = read(file);
    let group_of = vec![0; digraph.vertices()];
    let problem = RingProblem {
        digraph: &digraph,
        longest,
        points: &|_, gains| gains.iter().sum(),
        group_of: &group_of,
        cap_of_group: &[None],
    };
    let began = cpu_seconds();
    let rings = best_rings(&problem, &|| cpu_seconds() - began > seconds);
    let solved = cpu_seconds();
    let accepted = verify_rings(&problem, &rings.rings, rings.weight, &rings.certificate).is_ok();
    let verified = cpu_seconds();
    println!(
        r#"{{"instance": "{file}", "longest": {longest}, "weight": {}, "bound": {}, "nodes": {}, "cuts": {}, "cpu_seconds": {:.2}, "verify_seconds": {:.2}, "peak_mb": {}, "accepted": {accepted}}}"#,
        rings.weight,
        rings.bound,
        rings.certificate.proof.nodes.len(),
        rings.certificate.proof.cuts.len(),
        solved - began,
        verified - solved,
        peak_mb(),
    );
    accepted
}

/// Reads a directed instance. In the file an arc leads from what is received to what is given.
fn read(file: &str) -> Digraph {
    let bytes = fs::read(file).expect("the file is readable");
    let long = |at: usize| i64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let short = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let (vertices, count) = (long(0) as usize, long(8) as usize);
    let arc = |index: usize| DirectedArc {
        from: short(16 + 4 * count + 4 * index),
        to: short(16 + 4 * index),
        weight: long(16 + 8 * count + 8 * index),
    };
    Digraph::new(vertices, (0..count).map(arc).collect()).expect("instances are in range")
}

/// Returns the CPU seconds of this process so far, as the system counts them: in hundredths.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").expect("the system counts CPU time");
    let after_name = &stat[stat.rfind(')').expect("a name in brackets") + 2..];
    let ticks = after_name.split(' ').skip(11).take(2).map(|ticks| ticks.parse::<f64>().expect("a number of ticks"));
    ticks.sum::<f64>() / 100.0
}

/// Returns the most memory this process has had, in megabytes.
fn peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the system counts memory");
    let line = status.lines().find(|line| line.starts_with("VmHWM")).expect("a peak");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).expect("a number of kilobytes") / 1024
}
