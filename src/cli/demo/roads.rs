//! Roads: the demo's night over Harrisburg's real roads, and what the straight line would have made of it.
//!
//! In go an extract built into the program, and the market and plan of a run; out come the file of roads the run goes by,
//! and the difference to the straight line: in the times, and in the swaps.
//! Holds: every number is the engine's own; the straight line's swaps are priced once more by the measured times.
//! Costs: a second to build the network, and another plan.
//! Deliberately absent: layout, and any place outside the extract, for which the straight line goes in both.

use crate::cli::invented::hospitals::Hospital;
use account_swap::{
    domain::{
        policy::Policy,
        travel::{TravelMap, straight_line},
        units::{Minutes, Place},
    },
    engine::{
        market::Market,
        plan::{Move, Plan, plan},
        price::price,
        ways::{Told, Ways},
    },
    routing::road_network::{build::build, extract},
};
use serde::Serialize;
use std::{collections::BTreeSet, fs, path::Path};

/// © OpenStreetMap contributors, ODbL 1.0.
const EXTRACT: &[u8] = include_bytes!("../../../tests/data/roads/harrisburg.osm.pbf");
/// Latitude and longitude of the middle of the town, in millionths of a degree.
const MIDDLE: (i32, i32) = (40_260_000, -76_880_000);
/// How far around it the hospitals of this demo lie, in metres.
const AROUND_METRES: f64 = 18_000.0;
/// What the demo sells to in each hospital, each an account: invented, as all but the place.
const DEPARTMENTS: [&str; 4] = ["Cardiology", "Imaging", "Pharmacy", "Surgery"];

/// The hospitals in and around Harrisburg, by department.
pub fn hospitals(mut all: Vec<Hospital>) -> Vec<Hospital> {
    let middle = Place::from_e6(MIDDLE.0, MIDDLE.1).expect("Harrisburg is on the globe");
    all.retain(|hospital| hospital.place.great_circle_metres(middle) <= AROUND_METRES);
    let departments = |hospital: Hospital| {
        DEPARTMENTS.map(|department| Hospital {
            id: format!("{}-{}", hospital.id, &department[..1]),
            name: format!("{}, {department}", hospital.name),
            beds: hospital.beds.map(|beds| beds / DEPARTMENTS.len() as u32),
            ..hospital.clone()
        })
    };
    all.into_iter().flat_map(departments).collect()
}

/// Builds the network of the extract and writes it where the run will look.
pub fn write(file: &Path) -> anyhow::Result<()> {
    let extract_file = file.with_extension("osm.pbf");
    fs::write(&extract_file, EXTRACT)?;
    let osm = extract::read(&extract_file, &|_| {})?;
    let network = build(&osm, "harrisburg.osm.pbf", false, &|_, _, _| {})?;
    fs::write(file, network.to_bytes())?;
    Ok(())
}

/// What measured times change.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// What told the times.
    pub map: TravelMap,
    /// Ways it told.
    pub measured_ways: usize,
    /// Ways on the straight line for want of a road.
    pub estimated_ways: u64,
    /// Mean of the measured times, in tenths of a minute.
    pub mean_measured_deciminutes: i64,
    /// Mean of the straight line's for the same ways.
    pub mean_straight_deciminutes: i64,
    /// Mean of the differences either way, in percent of the mean measured time.
    pub mean_error_percent: i64,
    /// The largest difference of one way, in minutes: measured, and on the straight line.
    pub largest_difference_minutes: [i64; 2],
    /// Swaps that the straight line would have proposed.
    pub straight_swaps: usize,
    /// How many of them are proposed by the measured times too.
    pub same_swaps: usize,
    /// How many of them break a rule by the measured times, a rep's smallest gain for one.
    pub broken_swaps: usize,
    /// What it says the others gain, in minutes a year.
    pub straight_gain: Minutes,
    /// What they gain by the measured times.
    pub true_gain: Minutes,
}

impl Difference {
    /// Compares the plan of a market with measured ways to that of the same market without; absent where none was measured.
    pub fn new(market: &Market, chosen: &Plan, policy: &Policy) -> Option<Self> {
        let measured: Vec<(f64, f64)> = market.ways.iter().filter_map(both_times).collect();
        let map = market.ways.iter().next()?.map;
        let sum = |of: fn(&(f64, f64)) -> f64| measured.iter().map(of).sum::<f64>();
        let mean = |sum: f64| sum / measured.len().max(1) as f64;
        let (road, line) = (mean(sum(|one| one.0)), mean(sum(|one| one.1)));
        let error = mean(sum(|one| (one.0 - one.1).abs()));
        let apart = |one: &(f64, f64)| (one.0 - one.1).abs();
        let largest = measured.iter().max_by(|a, b| apart(a).total_cmp(&apart(b))).copied().unwrap_or_default();
        let blind = Market { ways: Ways::default(), ..market.clone() };
        let straight = plan(&blind, policy);
        let proposed: BTreeSet<Vec<&str>> = chosen.moves.iter().map(accounts).collect();
        let again: Vec<(&Move, Option<Move>)> = straight
            .moves
            .iter()
            .map(|one| {
                let ring: Vec<_> = one.legs.iter().map(|leg| &leg.account).collect();
                (one, price(market, policy, &ring).ok())
            })
            .collect();
        let priced = || again.iter().filter_map(|(one, priced)| Some((*one, priced.as_ref()?)));
        Some(Self {
            map,
            measured_ways: measured.len(),
            estimated_ways: market.ways.estimated(),
            mean_measured_deciminutes: (road * 10.0).round() as i64,
            mean_straight_deciminutes: (line * 10.0).round() as i64,
            mean_error_percent: (100.0 * error / road.max(0.1)).round() as i64,
            largest_difference_minutes: [largest.0.round() as i64, largest.1.round() as i64],
            straight_swaps: straight.moves.len(),
            same_swaps: straight.moves.iter().filter(|one| proposed.contains(&accounts(one))).count(),
            broken_swaps: again.iter().filter(|(_, priced)| priced.is_none()).count(),
            straight_gain: priced().map(|(one, _)| gain(one)).sum(),
            true_gain: priced().map(|(_, priced)| gain(priced)).sum(),
        })
    }
}

/// Minutes measured and on the straight line, of a way between two places that has both.
fn both_times(told: Told) -> Option<(f64, f64)> {
    let deciseconds = told.deciseconds.filter(|_| told.from != told.to)?;
    Some((f64::from(deciseconds) / 600.0, straight_line(told.from, told.to).minutes))
}

fn accounts(one: &Move) -> Vec<&str> {
    one.legs.iter().map(|leg| leg.account.as_str()).collect()
}

fn gain(one: &Move) -> Minutes {
    one.legs.iter().map(|leg| leg.side.gain).sum()
}
