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

/// A country of towns: each a bent grid of streets with a main road every fifth line, one street in five one-way and one in
/// ten missing; from each to the next in the east and north a main road and a lane, and along every tenth row and column
/// of towns a fast road.
fn invented(nodes: usize, seed: u64) -> Osm {
    const SIDE: i64 = 24;
    /// Nodes of a road between towns, their own at its ends included.
    const BETWEEN: i64 = 12;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let of_a_town = SIDE * SIDE + 4 * (BETWEEN - 2);
    let towns = ((nodes as f64) / of_a_town as f64).sqrt().round().max(1.0) as i64;
    let street = |town: i64, x: i64, y: i64| town * of_a_town + y * SIDE + x;
    let mut ways = WaysAndRelations::default();
    let mut id = 0;
    let mut way = |ends: &[i64], class: &str, oneway: bool| {
        id += 1;
        ways.way(id, ends, Tags(&[("highway", class), ("oneway", if oneway { "yes" } else { "no" })]));
    };
    for town in 0..towns * towns {
        for (line, step) in (0..SIDE).flat_map(|line| (0..SIDE - 1).map(move |step| (line, step))) {
            let is_small = line % 5 != 0;
            let class = if is_small { "residential" } else { "secondary" };
            for ends in [
                [street(town, step, line), street(town, step + 1, line)],
                [street(town, line, step), street(town, line, step + 1)],
            ] {
                if !(is_small && rng.random_ratio(1, 10)) {
                    way(&ends, class, is_small && rng.random_ratio(1, 5));
                }
            }
        }
        let (column, row) = (town % towns, town / towns);
        for (side, (is_there, next)) in
            [(column + 1 < towns, town + 1), (row + 1 < towns, town + towns)].into_iter().enumerate()
        {
            for (which, (class, at)) in [("primary", 10), ("unclassified", 20)].into_iter().enumerate() {
                let class = if which == 0 && [row, column][side] % 10 == 0 { "trunk" } else { class };
                let ends = if side == 0 {
                    [street(town, SIDE - 1, at), street(next, 0, at)]
                } else {
                    [street(town, at, SIDE - 1), street(next, at, 0)]
                };
                let first = town * of_a_town + SIDE * SIDE + (2 * side + which) as i64 * (BETWEEN - 2);
                let points: Vec<i64> =
                    std::iter::once(ends[0]).chain(first..first + BETWEEN - 2).chain([ends[1]]).collect();
                if is_there {
                    way(&points, class, false);
                }
            }
        }
    }
    let mut kept = ways.then_nodes();
    for town in 0..towns * towns {
        // A town and the land around it, in hundredths of a degree.
        let corner = [town % towns, town / towns].map(|at| at * 600_000);
        for node in 0..of_a_town {
            let within = match node - SIDE * SIDE {
                // Roads to the east and to the north leave the town's edge in even steps.
                over if over >= 0 => {
                    let (road, step) = (over / (BETWEEN - 2), over % (BETWEEN - 2) + 1);
                    let across = 10_000 * if road % 2 == 0 { 10 } else { 20 };
                    let along = (SIDE - 1) * 10_000 + step * (600_000 - (SIDE - 1) * 10_000) / (BETWEEN - 1);
                    if road < 2 { [along, across] } else { [across, along] }
                }
                _ => [node % SIDE * 10_000, node / SIDE * 10_000],
            };
            let mut e7 = |axis: usize| (corner[axis] + within[axis] + rng.random_range(-3_000..3_000)) as i32;
            let point = Point { lon_e7: e7(0), lat_e7: e7(1) + 400_000_000 };
            kept.node(town * of_a_town + node, point, Tags(&[]));
        }
    }
    kept.done(None)
}
