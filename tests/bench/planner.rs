//! One offer changed in a large market, against solving the market anew.
//!
//! In go a seed and a size, or an instance; out comes, without caps and with a cap of one a rep, a line for each kind of
//! change: how many were made, and the median, the 99th percentile and the longest of their times, with how many medians
//! a fresh solve takes. Run with `cargo bench --bench planner`; an argument after `--` is the number of offers, or a
//! `.bin` file, which is then measured without caps. The market is invented: towns of uneven size, reps in them with
//! about two offers each, most of these nearer to another town, and a swap where both gain. In the end the plan is held
//! to a fresh solve and to its proof.
//! Deliberately absent: a pass mark; the printed numbers are for a person to read.

use account_swap::solver::{Arc, Change, Edge, Graph, Margin, Planner, capped_matching, verify_capped};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// How many changes of each kind are made.
const CHANGES: usize = 5_000;

/// The graph of a market, and the rep of each offer.
struct Market {
    graph: Graph,
    owner: Vec<u32>,
    reps: usize,
}

fn main() {
    // Cargo adds a flag of its own.
    let argument = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let size = argument.as_deref().map_or(Ok(100_000), str::parse);
    match (size, argument) {
        (Err(_), Some(file)) => measure(&read(&file), None),
        (size, _) => {
            let market = invent(size.expect("without an argument the size is known"));
            measure(&market, None);
            measure(&market, Some(1));
        }
    }
}

/// Makes changes of every kind and prints how long they take.
fn measure(market: &Market, cap: Option<u32>) {
    let Market { graph, owner, reps } = market;
    let caps = vec![cap; *reps];
    // The shortest of three is what a busy machine disturbs least.
    let solve = |_| timed(|| capped_matching(graph, owner, &caps).expect("the groups fit"));
    let (fresh, solved) = (0..3).map(solve).min_by_key(|&(took, _)| took).expect("three were made");
    let (first, mut planner) = timed(|| Planner::capped(graph, owner, &caps).expect("the groups fit"));
    assert_eq!(planner.weight(), solved.weight);
    let (offers, pairs) = (graph.vertices(), graph.edges().count());
    let capped = cap.map_or("no caps".to_owned(), |cap| format!("a cap of {cap}"));
    println!("{offers} offers, {pairs} pairs, {capped}: a fresh solve takes {fresh:.1?}, a new planner {first:.1?}");

    let mut random = ChaCha8Rng::seed_from_u64(2);
    let (mut weighs, mut goes, mut comes, mut margins) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    while weighs.len() < CHANGES {
        let u = random.random_range(0..offers as u32);
        let mut edges: Vec<Arc> = planner.neighbours(u).collect();
        if edges.is_empty() {
            continue;
        }
        let Arc { to: v, weight } = edges[random.random_range(0..edges.len())];
        let weight = weight * random.random_range(50..=150) / 100 + 1;
        weighs.push(timed_change(&mut planner, Change::EdgeWeighs { u, v, weight }));
        if let Some(v) = planner.mate(u) {
            let (took, margin) = timed(|| planner.margin(u, v).expect("both are offers"));
            assert!(matches!(margin, Margin::MayFall(points) if points >= 0));
            margins.push(took);
        }
        goes.push(timed_change(&mut planner, Change::VertexGoes { vertex: u }));
        for edge in &mut edges {
            edge.weight = edge.weight * random.random_range(80..=120) / 100 + 1;
        }
        comes.push(timed_change(&mut planner, Change::VertexComes { group: owner[u as usize], edges }));
    }
    for (kind, times) in
        [("a swap weighs", weighs), ("an offer goes", goes), ("an offer comes", comes), ("a margin", margins)]
    {
        tell(kind, times, fresh);
    }

    let proven = planner.proof().expect("the points fit");
    let (matching, caps) = (&proven.matching, &proven.cap_of_group);
    let again = capped_matching(&proven.graph, &proven.group_of, caps).expect("the groups fit");
    assert_eq!(again.weight, planner.weight());
    let (mate, extras, certificate) = (&matching.mate, &matching.extra_mates, &matching.certificate);
    verify_capped(&proven.graph, &proven.group_of, caps, mate, extras, certificate).expect("the proof holds");
    println!("  the plan then weighs {}, as much as a fresh one, and its proof holds", planner.weight());
}

fn timed<T>(action: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = action();
    (start.elapsed(), result)
}

fn timed_change(planner: &mut Planner, change: Change) -> Duration {
    let (took, updated) = timed(|| planner.update(change));
    updated.expect("the change fits");
    took
}

fn tell(kind: &str, mut times: Vec<Duration>, fresh: Duration) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    let ratio = fresh.as_secs_f64() / at(0.5).as_secs_f64();
    println!(
        "  {kind:<14} {} times: median {:.1?}, p99 {:.1?}, longest {:.1?}; a fresh solve takes {ratio:.0} medians",
        times.len(),
        at(0.5),
        at(0.99),
        at(1.0)
    );
}

/// Reads an instance: the numbers of vertices and edges, ends, other ends, weights, little-endian.
fn read(file: &str) -> Market {
    let bytes = std::fs::read(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let long = |at: usize| i64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
    let short = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let (offers, pairs) = (long(0) as usize, long(8) as usize);
    let edge = |index: usize| Edge {
        u: short(16 + 4 * index),
        v: short(16 + 4 * (pairs + index)),
        weight: long(16 + 8 * (pairs + index)),
    };
    let graph = Graph::new(offers, (0..pairs).map(edge).collect()).expect("the instance is a graph");
    Market { graph, owner: vec![0; offers], reps: 1 }
}

/// How far a rep goes, in kilometres.
const RANGE: f64 = 60.0;

type Place = (f64, f64);

fn distance(a: Place, b: Place) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

/// Returns a place some kilometres around another, mostly within `spread`.
fn around(random: &mut ChaCha8Rng, (x, y): Place, spread: f64) -> Place {
    let mut step = || spread * (random.random_range(-1.0..1.0) + random.random_range(-1.0..1.0));
    (x + step(), y + step())
}

/// Invents a market whose pairs grow with its offers.
fn invent(offers: usize) -> Market {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let reps = (offers / 2).max(1);
    let side = 10.3 * (offers as f64).sqrt();
    let towns: Vec<Place> =
        (0..(offers / 50).max(1)).map(|_| (random.random_range(0.0..side), random.random_range(0.0..side))).collect();
    // The square of a number between 0 and 1 favours the first towns.
    let any_town =
        |random: &mut ChaCha8Rng| towns[(random.random_range(0.0..1.0f64).powi(2) * towns.len() as f64) as usize];
    let bases: Vec<Place> = (0..reps).map(|_| any_town(&mut random)).collect();
    let bases: Vec<Place> = bases.into_iter().map(|town| around(&mut random, town, 8.0)).collect();
    let owner: Vec<u32> =
        (0..offers).map(|offer| if offer < reps { offer } else { random.random_range(0..reps) } as u32).collect();
    let places: Vec<Place> = owner
        .iter()
        .map(|&rep| {
            let misplaced = random.random_bool(0.65);
            around(&mut random, bases[rep as usize], if misplaced { 0.8 * RANGE } else { 0.3 * RANGE })
        })
        .collect();
    let value: Vec<f64> = (0..offers).map(|_| random.random_range(9.0..12.0f64).exp()).collect();
    let skill: Vec<[f64; 12]> = (0..reps).map(|_| random.random()).collect();
    let fit = |offer: usize, rep: usize| {
        0.5 * (-distance(places[offer], bases[rep]) / RANGE).exp() + 0.5 * skill[rep][offer % 12]
    };
    let gain = |offer: usize, rep: usize| fit(offer, rep) - fit(offer, owner[offer] as usize);

    let cell = |(x, y): Place| ((x / RANGE).floor() as i32, (y / RANGE).floor() as i32);
    let mut offers_near: BTreeMap<(i32, i32), Vec<usize>> = BTreeMap::new();
    for (offer, &rep) in owner.iter().enumerate() {
        offers_near.entry(cell(bases[rep as usize])).or_default().push(offer);
    }
    let mut edges = Vec::new();
    for a in 0..offers {
        let (x, y) = cell(places[a]);
        let near = (x - 1..=x + 1).flat_map(|x| (y - 1..=y + 1).map(move |y| (x, y)));
        for &b in near.filter_map(|cell| offers_near.get(&cell)).flatten() {
            let (rep_a, rep_b) = (owner[a] as usize, owner[b] as usize);
            let in_range = |offer: usize, rep: usize| distance(places[offer], bases[rep]) <= RANGE;
            if a < b && rep_a != rep_b && in_range(a, rep_b) && in_range(b, rep_a) {
                let (gain_a, gain_b) = (gain(a, rep_b), gain(b, rep_a));
                if gain_a > 0.0 && gain_b > 0.0 {
                    let weight = (gain_a * value[a] + gain_b * value[b]) as i64;
                    edges.push(Edge { u: a as u32, v: b as u32, weight });
                }
            }
        }
    }
    let graph = Graph::new(offers, edges).expect("the points fit");
    Market { graph, owner, reps }
}
