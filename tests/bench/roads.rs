//! Road networks: what building, opening and asking cost, and whether every time is that of a plain search.
//!
//! `cargo bench --bench roads -- [EXTRACT.osm.pbf …] [--nodes N] [--answers FILE]`: for each extract and for an invented
//! network of N nodes, prints processor seconds, sizes, and how many of 10,000 random pairs differ from
//! `pathfinding`'s dijkstra; ends with 1 if any does. `--answers` writes the places and times of the first extract as
//! JSON, for `compare_roads.py`.

use account_swap::{
    domain::{travel::straight_line, units::Place},
    routing::{
        TravelTimes, Way,
        road_network::{
            RoadNetwork,
            build::build,
            car::tags::Tags,
            extract,
            osm::{Osm, Point, WaysAndRelations},
        },
    },
};
use pathfinding::directed::dijkstra::dijkstra_all;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{path::PathBuf, process::ExitCode};

/// Processor seconds of all threads of this program so far, in steps of a hundredth.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux tells of a process");
    let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |field: usize| fields[field].parse::<f64>().expect("ticks are a number");
    (ticks(11) + ticks(12)) / 100.0
}

fn took<T>(what: impl FnOnce() -> T) -> (f64, T) {
    let begun = cpu_seconds();
    let done = what();
    (cpu_seconds() - begun, done)
}

fn main() -> ExitCode {
    let (mut extracts, mut nodes, mut answers) = (Vec::new(), None, None);
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--nodes" => nodes = Some(arguments.next().and_then(|n| n.parse().ok()).expect("--nodes takes a number")),
            "--answers" => answers = Some(arguments.next().expect("--answers takes a file")),
            extract => extracts.push(PathBuf::from(extract)),
        }
    }
    if extracts.is_empty() && nodes.is_none() {
        extracts.push([env!("CARGO_MANIFEST_DIR"), "tests", "data", "roads", "harrisburg.osm.pbf"].iter().collect());
    }
    println!("network          nodes    drives  read s  build s   file MB  open s  1000x1000 s  differ of 10,000");
    let mut differ = 0;
    for (index, extract) in extracts.iter().enumerate() {
        let (read, osm) = took(|| extract::read(extract, &|_| ()).expect("the extract is sound"));
        let name = extract.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let roads = measure(name.trim_end_matches(".osm"), &osm, read, &mut differ);
        if let (0, Some(file)) = (index, &answers) {
            std::fs::write(file, answer(&roads)).expect("the answers can be written");
        }
    }
    if let Some(nodes) = nodes {
        let (read, osm) = took(|| invented(nodes, 1));
        measure("invented", &osm, read, &mut differ);
    }
    ExitCode::from(u8::from(differ > 0))
}

fn measure(name: &str, osm: &Osm, read: f64, differ: &mut usize) -> RoadNetwork {
    let (building, network) = took(|| build(osm, name, false, &|_, _, _| ()).expect("it has roads"));
    let file = network.to_bytes();
    let path = std::env::temp_dir().join(format!("{}.{name}.roads", std::process::id()));
    std::fs::write(&path, &file).expect("the file can be written");
    let (opening, roads) = took(|| RoadNetwork::open(&path, 1000.0).expect("the file is sound"));
    let _ = std::fs::remove_file(&path);
    let places = places(&roads, 1000);
    // Once to warm up, then five times, for the clock is coarse.
    roads.one_ways(&places, &places).expect("it answers");
    let (asking, ()) = took(|| {
        for _ in 0..5 {
            roads.one_ways(&places, &places).expect("it answers");
        }
    });
    let wrong = differing(&roads, &places);
    *differ += wrong;
    println!(
        "{name:<14}{:>8}{:>10}{read:>8.2}{building:>9.2}{:>10.1}{opening:>8.2}{:>13.3}{wrong:>18}",
        osm.ids.len(),
        roads.network.graph.drives.len(),
        file.len() as f64 / 1e6,
        asking / 5.0
    );
    roads
}

fn places(roads: &RoadNetwork, count: usize) -> Vec<Place> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let columns = &roads.network.roads;
    let points = &columns.points[..columns.first[columns.open_to_begin as usize] as usize];
    let mut place = || {
        let point = points[rng.random_range(0..points.len())];
        Place::from_e6(point.lat_e7 / 10, point.lon_e7 / 10).expect("it is on the globe")
    };
    (0..count).map(|_| place()).collect()
}

/// How many of 20 × 500 pairs differ from a plain search.
fn differing(roads: &RoadNetwork, places: &[Place]) -> usize {
    let snapped: Vec<_> = places.iter().map(|place| roads.snap(*place).expect("a road is near")).collect();
    let (from, to) = (&snapped[..20], &snapped[500..]);
    let costs = roads.network.table(from, to);
    let mut differ = 0;
    for (from, row) in from.iter().zip(costs.chunks_exact(to.len())) {
        let departures: Vec<(u32, u64)> =
            roads.network.departures(from).iter().map(|seed| (seed.state, seed.cost.packed())).collect();
        let plain = dijkstra_all(&u32::MAX, |state| match *state {
            u32::MAX => departures.clone(),
            state => roads.network.graph.arcs(state).map(|(head, cost)| (head, cost.packed())).collect(),
        });
        for (to, cost) in to.iter().zip(row) {
            let arrivals = roads.network.arrivals(to);
            let reached = arrivals.iter().filter_map(|seed| Some(plain.get(&seed.state)?.1 + seed.cost.packed()));
            let expected = reached.chain(roads.network.direct(from, to).map(|cost| cost.packed())).min();
            differ += usize::from(cost.map(|cost| cost.packed()) != expected);
        }
    }
    differ
}

/// Places, times and straight-line times among 300 places, as JSON; nothing where no way leads.
fn answer(roads: &RoadNetwork) -> String {
    let places = &places(roads, 1000);
    let few = &places[..300];
    let table = roads.one_ways(few, few).expect("it answers");
    let rows = |time: &dyn Fn(usize, usize) -> Option<f64>| -> Vec<Vec<Option<f64>>> {
        (0..few.len()).map(|row| (0..few.len()).map(|column| time(row, column)).collect()).collect()
    };
    let seconds = rows(&|row, column| match table.way(row, column) {
        Way::Takes { deciseconds } => Some(f64::from(deciseconds) / 10.0),
        _ => None,
    });
    let straight = rows(&|row, column| Some(straight_line(few[row], few[column]).minutes * 60.0));
    let (asking, ()) = took(|| {
        for _ in 0..5 {
            roads.one_ways(places, places).expect("it answers");
        }
    });
    let places: Vec<[f64; 2]> = places.iter().map(|place| [place.lat(), place.lon()]).collect();
    let answer = serde_json::json!({
        "places": places, "seconds": seconds, "straight_seconds": straight, "table_cpu_seconds": asking / 5.0,
    });
    answer.to_string()
}

/// A country of streets: a bent grid with a main road every tenth line, a fast one every hundredth, some streets one-way
/// and one in ten missing.
fn invented(nodes: usize, seed: u64) -> Osm {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let side = (nodes as f64).sqrt().round() as i64;
    let class = |line: i64| match line {
        line if line % 100 == 0 => "trunk",
        line if line % 10 == 0 => "secondary",
        _ => "residential",
    };
    let mut ways = WaysAndRelations::default();
    let mut id = 0;
    for line in 0..side {
        for step in 0..side - 1 {
            for ends in [[line * side + step, line * side + step + 1], [step * side + line, (step + 1) * side + line]] {
                let small = class(line) == "residential";
                if small && rng.random_ratio(1, 10) {
                    continue;
                }
                let oneway = if small && rng.random_ratio(1, 5) { "yes" } else { "no" };
                id += 1;
                ways.way(id, &ends, Tags(&[("highway", class(line)), ("oneway", oneway)]));
            }
        }
    }
    let mut kept = ways.then_nodes();
    for node in 0..side * side {
        let mut e7 = |line: i64| (line * 10_000 + rng.random_range(-3_000..3_000)) as i32;
        let point = Point { lat_e7: e7(node / side) + 400_000_000, lon_e7: e7(node % side) };
        kept.node(node, point, Tags(&[]));
    }
    kept.done(None)
}
