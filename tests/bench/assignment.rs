//! Rings of any length: our solver beside the dense reference, in CPU seconds of one run.
//!
//! In go files of directed instances (`.dig`: int64 n, m; int32 from[m], to[m]; int64 weight[m], little-endian), or
//! nothing: then invented markets of several sizes. Out comes one line of JSON an instance, with the optimum and the CPU
//! seconds of each solver; of invented markets also one with caps, where each two vertices that follow each other are a
//! rep's who may make one move: what was found within [`MOST_SECONDS`], and the proven gap. Run with
//! `cargo bench --bench assignment`; arguments after `--` are the files.
//! Holds: the certificates are verified and the optima are equal, or the program ends with 1. What is counted begins with
//! the arcs in memory and ends with the answer: for ours building the digraph is counted, for the reference filling the
//! matrix. The reference takes no part beyond [`REFERENCE_TAKES`] vertices.
//! Deliberately absent: a pass mark; the printed numbers are for a person to read.

use account_swap::solver::{
    Digraph, DirectedArc, best_assignment, capped_assignment, verify_assignment, verify_capped_assignment,
};
use pathfinding::{kuhn_munkres::kuhn_munkres, matrix::Matrix};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    fs,
    process::ExitCode,
    sync::LazyLock,
    time::{Duration, Instant},
};

/// The most vertices the reference is asked to solve: it takes cubic time and quadratic memory.
const REFERENCE_TAKES: usize = 2_500;

/// How long each solver is measured at least: the system's count of CPU seconds lags by some milliseconds.
const LONG_ENOUGH: Duration = Duration::from_millis(500);

/// The CPU seconds after which a search with caps is stopped.
const MOST_SECONDS: f64 = 10.0;

/// What the reference is told a missing arc is worth: beyond what any set of other arcs can make up for.
const MISSING: i64 = -(1 << 40);

/// A directed instance.
struct Instance {
    name: String,
    vertices: usize,
    arcs: Vec<DirectedArc>,
}

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let all_hold = if files.is_empty() {
        invented().iter().all(|instance| compare(instance) && cap(instance))
    } else {
        files.iter().all(|file| compare(&read(file)))
    };
    if all_hold { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Solves an instance with both solvers, prints a line, and returns whether they agree.
fn compare(instance: &Instance) -> bool {
    // The digraph takes the arcs; that the measure needs them again is not the solver's doing.
    let (copying, _) = cpu_seconds(|| instance.arcs.clone());
    let (seconds, (digraph, assignment)) = cpu_seconds(|| {
        let digraph = Digraph::new(instance.vertices, instance.arcs.clone()).expect("instances are in range");
        let assignment = best_assignment(&digraph);
        (digraph, assignment)
    });
    let seconds = (seconds - copying).max(0.0);
    let weight = assignment.weight;
    let mut accepted = verify_assignment(&digraph, &assignment.next, &assignment.certificate).is_ok();
    let mut line = format!(
        r#"{{"instance": "{}", "vertices": {}, "arcs": {}, "weight": {weight}, "cpu_seconds": {seconds:.9}"#,
        instance.name,
        instance.vertices,
        instance.arcs.len()
    );
    if instance.vertices <= REFERENCE_TAKES {
        let (reference_seconds, reference) = cpu_seconds(|| by_reference(instance));
        accepted &= reference == weight;
        let ratio = reference_seconds / seconds;
        line += &format!(
            r#", "pathfinding_weight": {reference}, "pathfinding_cpu_seconds": {reference_seconds:.9}, "ratio": {ratio:.1}"#
        );
    }
    println!("{line}, \"accepted\": {accepted}}}");
    accepted
}

/// Solves an instance with caps, prints a line, and returns whether its proof holds.
fn cap(instance: &Instance) -> bool {
    let digraph = Digraph::new(instance.vertices, instance.arcs.clone()).expect("instances are in range");
    let rep_of: Vec<u32> = (0..instance.vertices as u32).map(|vertex| vertex / 2).collect();
    let cap_of_rep = vec![Some(1); instance.vertices.div_ceil(2)];
    let began = seconds_used();
    let stop = || seconds_used() - began > MOST_SECONDS;
    let solved = capped_assignment(&digraph, &rep_of, &cap_of_rep, &stop).expect("every vertex has its rep");
    let seconds = seconds_used() - began;
    let proof = &solved.certificate;
    let verified = verify_capped_assignment(&digraph, &rep_of, &cap_of_rep, &solved.next, solved.bound, proof);
    println!(
        r#"{{"instance": "{}, capped", "weight": {}, "bound": {}, "gap": {:.6}, "proven": {}, "cpu_seconds": {seconds:.6}, "accepted": {}}}"#,
        instance.name,
        solved.weight,
        solved.bound,
        (solved.bound - solved.weight) as f64 / solved.weight.max(1) as f64,
        solved.optimal,
        verified.is_ok(),
    );
    verified.is_ok()
}

fn by_reference(instance: &Instance) -> i64 {
    let mut matrix = Matrix::new(instance.vertices, instance.vertices, MISSING);
    for vertex in 0..instance.vertices {
        matrix[(vertex, vertex)] = 0;
    }
    for arc in &instance.arcs {
        matrix[(arc.from as usize, arc.to as usize)] = arc.weight;
    }
    kuhn_munkres(&matrix).0
}

/// Returns the mean CPU seconds of a call, over as many as fit into [`LONG_ENOUGH`], and the last answer.
fn cpu_seconds<T>(solve: impl Fn() -> T) -> (f64, T) {
    let (begin, before) = (Instant::now(), seconds_used());
    let mut answer = solve();
    let mut calls = 1.0;
    while begin.elapsed() < LONG_ENOUGH {
        answer = solve();
        calls += 1.0;
    }
    ((seconds_used() - before) / calls, answer)
}

/// Returns what this thread has used of a processor, or where the system does not tell the time since some moment.
fn seconds_used() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let nanoseconds = fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse::<f64>().ok());
    nanoseconds.map_or_else(|| START.elapsed().as_secs_f64(), |nanoseconds| nanoseconds / 1e9)
}

fn read(file: &str) -> Instance {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let wide = |at: usize| i64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let narrow = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let (vertices, count) = (wide(0) as usize, wide(8) as usize);
    let arc = |index: usize| DirectedArc {
        from: narrow(16 + 4 * index),
        to: narrow(16 + 4 * (count + index)),
        weight: wide(16 + 8 * (count + index)),
    };
    Instance { name: file.into(), vertices, arcs: (0..count).map(arc).collect() }
}

/// Sparse markets, in which vertices lie on a square and want what is near and worth much; and one that is dense.
fn invented() -> Vec<Instance> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let sparse = [5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 20_000].map(|vertices| {
        let places: Vec<(f64, f64)> = (0..vertices).map(|_| (random.random(), random.random())).collect();
        let reach = (30.0 / std::f64::consts::PI / f64::from(vertices)).sqrt();
        let mut arcs = Vec::new();
        for (from, one) in (0..).zip(&places) {
            for (to, other) in (0..).zip(&places) {
                let distance = (one.0 - other.0).hypot(one.1 - other.1);
                if from != to && distance < reach && random.random_bool(0.7) {
                    let gain = (1.0 - distance / reach) * 1e6 * random.random::<f64>() * random.random::<f64>();
                    arcs.push(DirectedArc { from, to, weight: gain as i64 - 50_000 });
                }
            }
        }
        Instance { name: format!("square of {vertices}"), vertices: vertices as usize, arcs }
    });
    let pairs = (0..2000u32).flat_map(|from| (0..2000).map(move |to| (from, to))).filter(|(from, to)| from != to);
    let arcs = pairs.map(|(from, to)| DirectedArc { from, to, weight: random.random_range(-100_000..1_000_000) });
    let dense = Instance { name: "all joined, 2000".into(), vertices: 2000, arcs: arcs.collect() };
    sparse.into_iter().chain([dense]).collect()
}
