//! Real maps: each cell of 10,000 pairs against a plain search over the same network.

use account_swap::{
    domain::units::Place,
    routing::{
        TravelTimes, Way,
        road_network::{RoadNetwork, build::build, extract, network::Snapped},
    },
};
use pathfinding::directed::dijkstra::dijkstra_all;
use rand::{Rng, SeedableRng};
use std::{path::PathBuf, sync::LazyLock};

/// The extract that is always there.
pub fn harrisburg_extract() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "data", "roads", "harrisburg.osm.pbf"].iter().collect()
}

fn network(extract: &std::path::Path) -> RoadNetwork {
    let osm = extract::read(extract, &|_| ()).expect("the extract is sound");
    let network = build(&osm, "extract", false, &|_, _, _| ()).expect("it has roads");
    RoadNetwork { network, snap_limit_metres: 500.0 }
}

/// Harrisburg, built once for all tests.
pub static HARRISBURG: LazyLock<RoadNetwork> = LazyLock::new(|| network(&harrisburg_extract()));

fn places(roads: &RoadNetwork, count: usize, seed: u64) -> Vec<Place> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let columns = &roads.network.roads;
    let points = &columns.points[..columns.first[columns.open_to_begin as usize] as usize];
    let mut near = || {
        let point = points[rng.random_range(0..points.len())];
        // Up to 50 metres off the road.
        let mut off = || rng.random_range(-450..450);
        Place::from_e6((point.lat_e7 + off()) / 10, (point.lon_e7 + off()) / 10).expect("it is on the globe")
    };
    (0..count).map(|_| near()).collect()
}

#[track_caller]
fn equal_to_a_plain_search(roads: &RoadNetwork, origins: usize, destinations: usize) {
    let (origins, destinations) = (places(roads, origins, 1), places(roads, destinations, 2));
    let table = roads.one_ways(&origins, &destinations).unwrap();
    let snap = |places: &[Place]| -> Vec<Snapped> {
        places.iter().map(|place| roads.snap(*place).expect("a road is near")).collect()
    };
    let (from, to) = (snap(&origins), snap(&destinations));
    let costs = roads.network.table(&from, &to);
    for (row, from) in from.iter().enumerate() {
        // A state beyond all others stands for the place itself.
        let departures: Vec<(u32, u64)> =
            roads.network.departures(from).iter().map(|seed| (seed.state, seed.cost.packed())).collect();
        let arcs = |state: &u32| match *state {
            u32::MAX => departures.clone(),
            state => roads.network.graph.arcs(state).map(|(head, cost)| (head, cost.packed())).collect(),
        };
        let plain = dijkstra_all(&u32::MAX, arcs);
        for (column, to) in to.iter().enumerate() {
            let arrivals = roads.network.arrivals(to);
            let reached = arrivals.iter().filter_map(|seed| Some(plain.get(&seed.state)?.1 + seed.cost.packed()));
            let expected = reached.chain(roads.network.direct(from, to).map(|cost| cost.packed())).min();
            let found = costs[row * destinations.len() + column];
            assert_eq!(found.map(|cost| cost.packed()), expected, "from {row} to {column}");
            let Way::Takes { deciseconds } = table.way(row, column) else { panic!("a way from {row} to {column}") };
            assert_eq!(Some(deciseconds), found.map(|cost| cost.deciseconds()));
        }
    }
}

#[test]
fn every_time_in_harrisburg_is_that_of_a_plain_search() {
    equal_to_a_plain_search(&HARRISBURG, 40, 250);
}

#[test]
fn every_time_in_liechtenstein_and_porto_is_that_of_a_plain_search() {
    for name in ["liechtenstein.osm.pbf", "porto.osm.pbf"] {
        let extract: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "shared", "data", "roads", name].iter().collect();
        if !extract.exists() {
            eprintln!("{} is not there, so it was left out", extract.display());
        } else if name.starts_with("porto") && cfg!(debug_assertions) {
            eprintln!("{name} was left out: building it takes minutes without optimisation (cargo test --release)");
        } else {
            equal_to_a_plain_search(&network(&extract), 40, 250);
        }
    }
}

#[test]
fn a_route_is_as_long_as_its_points_and_costs_what_the_table_says() {
    let roads = &*HARRISBURG;
    let places = places(roads, 12, 3);
    let snapped: Vec<Snapped> = places.iter().map(|place| roads.snap(*place).unwrap()).collect();
    let costs = roads.network.table(&snapped, &snapped);
    for (row, from) in snapped.iter().enumerate() {
        for (column, to) in snapped.iter().enumerate() {
            let route = roads.network.route(from, to).unwrap();
            assert_eq!(Some(route.cost), costs[row * places.len() + column]);
            let straight = places[row].great_circle_metres(places[column]);
            assert!(route.metres + 200.0 >= straight, "{} metres, {straight} in a straight line", route.metres);
            let fastest = route.metres / (140.0 / 3.6);
            assert!(f64::from(route.cost.deciseconds()) / 10.0 >= fastest * 0.9);
        }
    }
}

#[test]
fn a_place_far_from_every_road_is_off_the_road() {
    let roads = &*HARRISBURG;
    let (near, far) = (places(roads, 1, 4)[0], Place::from_degrees(41.5, -76.8).unwrap());
    let table = roads.one_ways(&[near, far], &[far, near]).unwrap();
    assert_eq!([table.way(0, 0), table.way(1, 0), table.way(1, 1)], [Way::OffTheRoad; 3]);
    assert!(matches!(table.way(0, 1), Way::Takes { deciseconds: 0 }));
    assert_eq!(roads.map().date.unwrap().to_string(), "2015-02-07");
}
