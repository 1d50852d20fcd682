//! `roads`: makes a road network of an OpenStreetMap extract, and looks at one.
//!
//! In goes an extract or a file of roads; out come a file of roads, a table of driving times, a route, or what the file
//! holds. On a terminal the stages of building show while they last.
//! Holds: a file is there whole or not at all.
//! Deliberately absent: downloading extracts.

use super::{
    Context, Failure,
    import::open,
    run::spinner,
    tell,
    whole::{refuse_unwritable, write_whole},
};
use account_swap::{
    domain::units::Place,
    routing::{
        TravelTimes, Way,
        road_network::{
            RoadNetwork,
            build::{Stage, build},
            extract::{self, ExtractError},
            network::Snapped,
            osm::Point,
        },
    },
};
use serde_json::{Value, json};
use std::{
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
    time::Instant,
};

const EXAMPLES: &str = "\
Examples:
  account-swap roads build porto.osm.pbf --output porto.roads
  account-swap roads info porto.roads
  account-swap roads route porto.roads 41.1496,-8.6109 41.2370,-8.6700
  account-swap roads matrix porto.roads --places hospitals.csv > times.csv

Extracts of any region: https://download.geofabrik.de (© OpenStreetMap contributors, ODbL 1.0).

Exit codes: 0 done; 1 failed; 2 unusable arguments or input.";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Makes a file of roads from an extract.
    Build {
        /// The extract (.osm.pbf).
        extract: PathBuf,
        /// Where to write the roads.
        #[arg(long, value_name = "FILE")]
        output: PathBuf,
        /// On which side traffic keeps where the map does not say: right or left.
        #[arg(long, value_name = "SIDE", default_value = "right", value_parser = ["right", "left"])]
        drive_on: String,
    },
    /// Prints the driving times between all places of a CSV file with the columns id, lat and lon.
    Matrix {
        /// The roads.
        roads: PathBuf,
        /// The places, both origins and destinations; - is standard input.
        #[arg(long, value_name = "FILE", required_unless_present_all = ["origins", "destinations"])]
        places: Option<String>,
        /// The origins, where they differ.
        #[arg(long, value_name = "FILE", requires = "destinations", conflicts_with = "places")]
        origins: Option<String>,
        /// The destinations.
        #[arg(long, value_name = "FILE", requires = "origins")]
        destinations: Option<String>,
        #[command(flatten)]
        limit: Limit,
    },
    /// Prints the best way from one place to another.
    #[command(allow_negative_numbers = true)]
    Route {
        /// The roads.
        roads: PathBuf,
        /// Where it begins, as LAT,LON in degrees.
        #[arg(value_parser = place)]
        from: Place,
        /// Where it ends.
        #[arg(value_parser = place)]
        to: Place,
        /// Prints the way as GeoJSON instead, to be put on a map.
        #[arg(long)]
        geojson: bool,
        #[command(flatten)]
        limit: Limit,
    },
    /// Prints what a file of roads holds.
    Info {
        /// The roads.
        roads: PathBuf,
    },
}

#[derive(Debug, clap::Args)]
struct Limit {
    /// How far a place may be from the nearest road, in metres.
    #[arg(long = "snap-limit", value_name = "METRES", default_value_t = 1000.0, value_parser = metres)]
    snap_metres: f64,
}

fn place(text: &str) -> Result<Place, String> {
    let parts = text.split_once(',').and_then(|(lat, lon)| Some((lat.trim().parse().ok()?, lon.trim().parse().ok()?)));
    let (lat, lon) = parts.ok_or_else(|| "expected LAT,LON in degrees, such as 41.1496,-8.6109".to_owned())?;
    Place::from_degrees(lat, lon).map_err(|wrong| wrong.to_string())
}

fn metres(text: &str) -> Result<f64, &'static str> {
    let metres: Option<f64> = text.parse().ok();
    metres.filter(|metres| metres.is_finite() && *metres >= 0.0).ok_or("expected a number of metres from 0")
}

pub fn run(context: &Context, arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.what {
        What::Build { extract, output, drive_on } => make(context, extract, output, drive_on == "left"),
        What::Matrix { roads, places, origins, destinations, limit } => {
            let file = |own: &Option<String>| own.as_ref().or(places.as_ref()).expect("clap asks for one").clone();
            matrix(context, &open_roads(roads, limit.snap_metres)?, &file(origins), &file(destinations))
        }
        What::Route { roads, from, to, geojson, limit } => {
            route(context, &open_roads(roads, limit.snap_metres)?, *from, *to, *geojson)
        }
        What::Info { roads } => info(context, roads),
    }
}

fn at(path: &Path, error: &impl std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}

fn open_roads(path: &Path, snap_metres: f64) -> Result<RoadNetwork, Failure> {
    RoadNetwork::open(path, snap_metres).map_err(|error| Failure::Unusable(at(path, &error)))
}

/// The name of a file without its folder.
fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn make(context: &Context, extract: &Path, output: &Path, keeps_left: bool) -> Result<(), Failure> {
    refuse_unwritable(output).map_err(|error| Failure::Unusable(at(output, &error)))?;
    let begun = Instant::now();
    let unusable = |error: ExtractError| match error {
        ExtractError::Io(error) if error.kind() != io::ErrorKind::NotFound => Failure::Failed(at(extract, &error)),
        error => Failure::Unusable(at(extract, &error)),
    };
    let bytes = fs::metadata(extract).map_or(0, |about| about.len());
    let spinner = spinner();
    let watch = |stage: Stage, done: u64, of: u64| {
        let percent = (100 * done).checked_div(of).unwrap_or(0).min(100);
        spinner.set_message(match stage {
            Stage::Reading => format!("reading the extract, {percent} %"),
            Stage::Joining => "joining ways to roads".to_owned(),
            Stage::Cutting => "cutting the map into parts".to_owned(),
            Stage::Contracting => format!("making shortcuts, {percent} %"),
        });
    };
    let osm = extract::read(extract, &|read| watch(Stage::Reading, read, bytes * 2)).map_err(unusable)?;
    let network = build(&osm, &name(extract), keeps_left, &watch).map_err(unusable)?;
    spinner.finish_and_clear();
    let file = network.to_bytes();
    write_whole(output, |out| out.write_all(&file)).map_err(|error| Failure::Failed(at(output, &error)))?;
    let about = About::of(&network, file.len() as u64);
    let words = format!(
        "{}: {} roads, {} drives and turns between them, {:.1} MB, in {:.1} s",
        output.display(),
        about.roads,
        about.drives,
        about.bytes as f64 / 1e6,
        begun.elapsed().as_secs_f64()
    );
    context.say(&about, words)
}

/// What a file of roads holds.
#[derive(serde::Serialize)]
struct About {
    source: String,
    map_date: Option<chrono::NaiveDate>,
    south: f64,
    west: f64,
    north: f64,
    east: f64,
    roads: usize,
    points: usize,
    drives: usize,
    turns: usize,
    restrictions: u32,
    shortcuts: usize,
    bytes: u64,
}

impl About {
    fn of(network: &account_swap::routing::road_network::network::Network, bytes: u64) -> Self {
        let [south, west, north, east] = network.bounds_degrees();
        let arcs = network.hierarchy.up.ends.len() + network.hierarchy.down.ends.len();
        Self {
            source: network.origin.source.clone(),
            map_date: network.origin.date,
            south,
            west,
            north,
            east,
            roads: network.roads.first.len() - 1,
            points: network.roads.points.len(),
            drives: network.graph.drives.len(),
            turns: network.graph.heads.len(),
            restrictions: network.origin.restrictions,
            shortcuts: arcs.saturating_sub(network.graph.heads.len()),
            bytes,
        }
    }
}

fn info(context: &Context, path: &Path) -> Result<(), Failure> {
    let begun = Instant::now();
    let roads = open_roads(path, 0.0)?;
    let took = begun.elapsed();
    let bytes = fs::metadata(path).map_or(0, |about| about.len());
    let about = About::of(&roads.network, bytes);
    let date = about.map_date.map_or_else(|| "unknown".to_owned(), |date| date.to_string());
    let words = format!(
        "source        {}\nmap of        {date}\nbetween       {:.4},{:.4} and {:.4},{:.4}\nroads         {}\npoints        \
         {}\ndrives        {}\nturns         {}\nrestrictions  {}\nshortcuts     {}\nsize          {:.1} MB, opened in \
         {:.0} ms\nlicence       © OpenStreetMap contributors, ODbL 1.0",
        about.source,
        about.south,
        about.west,
        about.north,
        about.east,
        about.roads,
        about.points,
        about.drives,
        about.turns,
        about.restrictions,
        about.shortcuts,
        bytes as f64 / 1e6,
        took.as_secs_f64() * 1e3
    );
    context.say(&about, words)
}

fn degrees(point: Point) -> [f64; 2] {
    [f64::from(point.lat_e7) * 1e-7, f64::from(point.lon_e7) * 1e-7]
}

fn route(context: &Context, roads: &RoadNetwork, from: Place, to: Place, geojson: bool) -> Result<(), Failure> {
    let snap = |name: &str, place: Place| -> Result<Snapped, Failure> {
        let far = format!("{name}: no road within {} m of {},{}", roads.snap_limit_metres, place.lat(), place.lon());
        roads.snap(place).ok_or(Failure::Unusable(far))
    };
    let (from, to) = (snap("FROM", from)?, snap("TO", to)?);
    let none = || Failure::Failed("no way leads from the one to the other".to_owned());
    let route = roads.network.route(&from, &to).ok_or_else(none)?;
    let minutes = f64::from(route.cost.deciseconds()) / 600.0;
    let km = route.metres / 1000.0;
    let about = json!({
        "minutes": round(minutes, 2),
        "km": round(km, 3),
        "from_snap_metres": round(from.nearest.metres, 1),
        "to_snap_metres": round(to.nearest.metres, 1),
        "map_date": roads.network.origin.date,
    });
    if geojson {
        let line: Vec<[f64; 2]> =
            route.points.iter().map(|point| degrees(*point)).map(|[lat, lon]| [round(lon, 7), round(lat, 7)]).collect();
        let feature = json!({
            "type": "Feature",
            "properties": about,
            "geometry": { "type": "LineString", "coordinates": line },
        });
        return tell(|out| writeln!(out, "{feature}"));
    }
    let words = format!(
        "{minutes:.1} minutes, {km:.1} km; begins {:.0} m and ends {:.0} m from the places given",
        from.nearest.metres, to.nearest.metres
    );
    context.say(&about, words)
}

fn round(value: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    (value * scale).round() / scale
}

/// A place of a CSV file.
#[derive(Debug, serde::Deserialize)]
struct Row {
    id: String,
    lat: f64,
    lon: f64,
}

fn read_places(file: &str) -> Result<(Vec<String>, Vec<Place>), Failure> {
    let (input, _) = open(file)?;
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
    let (mut ids, mut places) = (Vec::new(), Vec::new());
    for (row, line) in reader.deserialize::<Row>().zip(2..) {
        let wrong = |what: &dyn std::fmt::Display| {
            Failure::Unusable(format!("{file}: row {line}: {what}; expected the columns id, lat and lon"))
        };
        let row = row.map_err(|error| wrong(&error))?;
        places.push(Place::from_degrees(row.lat, row.lon).map_err(|error| wrong(&error))?);
        ids.push(row.id);
    }
    if places.is_empty() {
        return Err(Failure::Unusable(format!("{file}: it has no row; expected the columns id, lat and lon")));
    }
    Ok((ids, places))
}

fn matrix(context: &Context, roads: &RoadNetwork, origins: &str, destinations: &str) -> Result<(), Failure> {
    let (from_ids, from) = read_places(origins)?;
    let (to_ids, to) =
        if origins == destinations { (from_ids.clone(), from.clone()) } else { read_places(destinations)? };
    let table = roads.one_ways(&from, &to).map_err(|error| Failure::Failed(error.to_string()))?;
    let minutes = |row: usize, column: usize| match table.way(row, column) {
        Way::Takes { deciseconds } => Ok(f64::from(deciseconds) / 600.0),
        Way::OffTheRoad => Err("off the road"),
        Way::TooFar | Way::None => Err("no way"),
    };
    if context.json {
        let rows: Vec<Vec<Value>> = (0..from.len())
            .map(|row| {
                (0..to.len()).map(|column| minutes(row, column).map_or(Value::Null, |m| json!(round(m, 2)))).collect()
            })
            .collect();
        let snaps = |places: &[Place]| -> Vec<Option<f64>> {
            places.iter().map(|place| roads.snap(*place).map(|at| round(at.nearest.metres, 1))).collect()
        };
        let answer = json!({
            "map_date": roads.network.origin.date,
            "origins": from_ids,
            "destinations": to_ids,
            "origin_snap_metres": snaps(&from),
            "destination_snap_metres": snaps(&to),
            "minutes": rows,
        });
        return context.say(&answer, "");
    }
    tell(|out| {
        let mut out = csv::Writer::from_writer(out);
        out.write_record(["from", "to", "minutes"])?;
        let mut text = String::new();
        for (row, from) in from_ids.iter().enumerate() {
            for (column, to) in to_ids.iter().enumerate() {
                text.clear();
                match minutes(row, column) {
                    Ok(minutes) => write!(text, "{minutes:.2}"),
                    Err(why) => write!(text, "{why}"),
                }
                .expect("a string takes any text");
                out.write_record([from, to, &text])?;
            }
        }
        out.flush()
    })
}
