//! The travel model against full tours: what the engine says an account costs, and what it does cost.
//!
//! In go an extract of a city and a seed; out comes a table. Bases and accounts are strewn over the city's roads, each
//! account near the middle of its rep's district; times are those of the road network, for the engine and the tours alike.
//! Reps stand in pairs, whose accounts [`price`] swaps: what its sides say of the account given and of that received is set
//! beside the minutes at the wheel of years with full tours (see `tours/year.rs`), with the account and without.
//! Run with `cargo bench --bench tours [-- EXTRACT] [REPS] [SEED]`; the numbers are the same each time.
//! Deliberately absent: a pass mark; the printed numbers are for a person to read.

#[path = "tours/year.rs"]
mod year;

use account_swap::{
    domain::{
        money::Balance,
        policy::{Policy, TravelRates},
        roster::{Account, Rep},
        travel::TravelMap,
        units::{Cents, Minutes, Place, Stars},
    },
    engine::{
        market::{BookEntry, Market, Offer, Trader},
        price::price,
        ways::{Told, Ways},
    },
    routing::{
        TravelTimes, Way,
        road_network::{RoadNetwork, build::build, extract},
    },
    settings::Settings,
};
use rand::{Rng, SeedableRng, seq::index};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;
use std::{collections::BTreeSet, fmt::Debug, path::Path, str::FromStr};
use year::World;

/// How many years are simulated, each with other phases of the visits.
const YEARS: usize = 16;

/// How many swaps of each pair of reps are priced.
const SWAPS: usize = 12;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let harrisburg = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/roads/harrisburg.osm.pbf");
    let file = words.iter().find(|word| word.parse::<u64>().is_err()).map_or(harrisburg, String::as_str);
    let (reps, seed) = (numbers.first().copied().unwrap_or(40), numbers.get(1).copied().unwrap_or(1));
    let osm = extract::read(Path::new(file), &|_| ()).unwrap_or_else(|error| panic!("{file}: {error}"));
    let network = build(&osm, file, false, &|_, _, _| ()).unwrap_or_else(|error| panic!("{file}: {error}"));
    let roads = RoadNetwork { network, snap_limit_metres: 100.0 };
    let policy = Settings::built_in().policy;
    let pairs: Vec<u64> = (0..reps / 2).collect();
    let found: Vec<Found> =
        pairs.into_par_iter().map(|pair| compare(&Pair::strewn(&roads, seed, pair), &policy)).collect();
    let all = |pick: fn(&Found) -> &Vec<Sample>| -> Vec<Sample> { found.iter().flat_map(pick).copied().collect() };
    let (given, received) = (all(|found| &found.given), all(|found| &found.received));
    println!("{file}, {reps} reps, {YEARS} years of full tours, minutes a year");
    println!(
        "{:>16} {:>6} {:>8} {:>8} {:>8} {:>8} {:>9} {:>7} {:>9}",
        "", "number", "tours", "model", "error", "absolute", "relative", "Pearson", "Spearman"
    );
    tell("given", &given);
    tell("received", &received);
    tell("both", &[given, received].concat());
    tell("a swap", &all(|found| &found.swaps));
    tell("a whole book", &all(|found| &found.books));
    println!("the same, the first half of the years taken for the model of the second:");
    tell("given", &all(|found| &found.given).iter().map(Sample::halves).collect::<Vec<_>>());
    tell("received", &all(|found| &found.received).iter().map(Sample::halves).collect::<Vec<_>>());
    tell("a swap", &all(|found| &found.swaps).iter().map(Sample::halves).collect::<Vec<_>>());
}

/// Minutes a year of one thing.
#[derive(Debug, Clone, Copy)]
struct Sample {
    /// In the first half of the years with full tours.
    first: f64,
    /// In the second.
    second: f64,
    /// What the model says.
    model: f64,
}

impl Sample {
    /// `with` less `without`, both by simulated year.
    fn new(with: &[f64], without: &[f64], model: f64) -> Self {
        let differences: Vec<f64> = with.iter().zip(without).map(|(with, without)| with - without).collect();
        let (first, second) = differences.split_at(differences.len() / 2);
        Self { first: mean(first), second: mean(second), model }
    }

    fn tours(&self) -> f64 {
        (self.first + self.second) / 2.0
    }

    /// One half of the years as if it were the other's model: what differs is chance.
    fn halves(&self) -> Self {
        Self { first: self.second, second: self.second, model: self.first }
    }
}

/// What was found out about a pair of reps.
struct Found {
    given: Vec<Sample>,
    received: Vec<Sample>,
    swaps: Vec<Sample>,
    books: Vec<Sample>,
}

/// Two reps; places are numbered: the two bases, then the accounts of the first, then those of the second.
struct Pair {
    places: Vec<Place>,
    minutes: Vec<Vec<f64>>,
    map: TravelMap,
    /// Visits a year, minutes of one, and the phase in each simulated year.
    visits: Vec<(u32, u32, Vec<f64>)>,
    books: [Vec<usize>; 2],
}

impl Pair {
    /// Two reps of 5 to 60 accounts, each account the one of three places that is nearest to the middle of the district.
    fn strewn(roads: &RoadNetwork, seed: u64, pair: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(pair);
        let columns = &roads.network.roads;
        let points = &columns.points[..columns.first[columns.open_to_begin as usize] as usize];
        let mut taken = BTreeSet::new();
        let mut some = |rng: &mut ChaCha8Rng, middle: Option<Place>| loop {
            let three = index::sample(rng, points.len(), 3).into_iter().map(|at| {
                let point = points[at];
                Place::from_e6(point.lat_e7 / 10, point.lon_e7 / 10).expect("a point of a map is on the globe")
            });
            let far = |place: &Place| middle.map_or(0.0, |middle: Place| middle.great_circle_metres(*place));
            let nearest = three.min_by(|a, b| far(a).total_cmp(&far(b))).expect("three are not none");
            if taken.insert(nearest) {
                return nearest;
            }
        };
        let mut places = vec![some(&mut rng, None), some(&mut rng, None)];
        let books = [0, 1].map(|_| {
            let middle = some(&mut rng, None);
            let first = places.len();
            places.extend((0..rng.random_range(5..=60)).map(|_| some(&mut rng, Some(middle))));
            (first..places.len()).collect()
        });
        let visits = places
            .iter()
            .map(|_| (rng.random_range(6..=50), rng.random_range(30..=90), (0..YEARS).map(|_| rng.random()).collect()))
            .collect();
        let table = roads.one_ways(&places, &places).expect("a network in process answers");
        let minutes = |from, to| match table.way(from, to) {
            Way::Takes { deciseconds } => f64::from(deciseconds) / 600.0,
            other => panic!("{other:?} from {:?} to {:?}", places[from], places[to]),
        };
        let minutes = (0..places.len()).map(|from| (0..places.len()).map(|to| minutes(from, to)).collect()).collect();
        Self { places, minutes, map: roads.map(), visits, books }
    }

    /// Both books with every account in the pool.
    fn market(&self) -> Market {
        let (mut reps, mut offers, mut books) = (Vec::new(), Vec::new(), Vec::new());
        for (rep, book) in self.books.iter().enumerate() {
            let trader = trader(rep, self.places[rep]);
            for &at in book {
                let account = account(&trader.rep, at, self.places[at], self.visits[at].0, self.visits[at].1);
                let entry = BookEntry {
                    account: account.id.clone(),
                    rep: 0,
                    place: account.place,
                    place_is_approximate: false,
                    visits_a_year: account.visits_a_year,
                    visit_minutes: account.visit_minutes,
                };
                books.push((trader.rep.id.clone(), entry));
                offers.push(offer(at, account));
            }
            reps.push(trader);
        }
        let mut market = Market::new(word("2026-03-02"), reps, offers, books, Vec::new(), Vec::new())
            .expect("the bench makes a market");
        let mut told = Vec::new();
        for (from, row) in self.minutes.iter().enumerate() {
            told.extend(row.iter().enumerate().map(|(to, minutes)| Told {
                from: self.places[from],
                to: self.places[to],
                deciseconds: Some((minutes * 600.0).round() as u32),
                map: self.map,
            }));
        }
        market.ways = Ways::new(told);
        market
    }
}

/// A policy whose prices of travel are those of `policy`, and by which every swap of such a pair is a gain.
fn generous(policy: &Policy) -> Policy {
    let mut generous = policy.clone();
    generous.scores.star_minutes = Minutes(Policy::LARGEST / 10);
    generous.scores.rapport.own_half_interval_hundredths = 0;
    generous.scores.rapport.widest_half_interval_hundredths = 0;
    generous
}

/// Prices swaps of the pair, and drives the years with the accounts and without.
fn compare(pair: &Pair, policy: &Policy) -> Found {
    let rates: &TravelRates = &policy.scores.travel;
    let world = World { minutes: &pair.minutes, visits: &pair.visits, rates };
    let (market, generous) = (pair.market(), generous(policy));
    let full = [0, 1].map(|rep| world.driving(rep, &pair.books[rep]));
    let mut found = Found { given: Vec::new(), received: Vec::new(), swaps: Vec::new(), books: Vec::new() };
    let longest = pair.books[0].len().max(pair.books[1].len());
    let mut own = [vec![None; pair.books[0].len()], vec![None; pair.books[1].len()]];
    for nth in 0..longest {
        let at = [0, 1].map(|rep| nth % pair.books[rep].len());
        let accounts = [0, 1].map(|rep| pair.books[rep][at[rep]]);
        let ids = accounts.map(|account| word(&account_id(account)));
        let swap = price(&market, &generous, &[&ids[0], &ids[1]]).unwrap_or_else(|error| panic!("{error}"));
        for rep in [0, 1] {
            let side = &swap.legs[rep].side;
            let (gives, takes) = (side.given.travel_minutes, side.received.travel_minutes);
            own[rep][at[rep]] = Some((gives + side.given.left_behind_minutes).0 as f64);
            // Tours take long, so that not every swap has them; each account of the shorter book has them once.
            if nth >= SWAPS.min(pair.books[rep].len()) {
                continue;
            }
            let left: Vec<usize> = pair.books[rep].iter().copied().filter(|&one| one != accounts[rep]).collect();
            let swapped: Vec<usize> = left.iter().copied().chain([accounts[1 - rep]]).collect();
            let (left, swapped) = (world.driving(rep, &left), world.driving(rep, &swapped));
            found.given.push(Sample::new(&full[rep], &left, gives.0 as f64));
            found.received.push(Sample::new(&swapped, &left, takes.0 as f64));
            found.swaps.push(Sample::new(&swapped, &full[rep], (takes - gives).0 as f64));
        }
    }
    for (own, full) in own.iter().zip(&full) {
        let model = own.iter().map(|one| one.expect("each account is swapped once")).sum();
        found.books.push(Sample::new(full, &[0.0; YEARS], model));
    }
    found
}

/// Prints a line: the means of tours and model and of what they differ by, with its sign and without, that as a share of
/// the tours' mean size, and both correlations.
fn tell(name: &str, samples: &[Sample]) {
    let tours: Vec<f64> = samples.iter().map(Sample::tours).collect();
    let model: Vec<f64> = samples.iter().map(|sample| sample.model).collect();
    let errors: Vec<f64> = tours.iter().zip(&model).map(|(tours, model)| model - tours).collect();
    let size = |of: &[f64]| mean(&of.iter().map(|one| one.abs()).collect::<Vec<_>>());
    println!(
        "{name:>16} {:>6} {:>8.1} {:>8.1} {:>8.1} {:>8.1} {:>7.1} % {:>7.3} {:>9.3}",
        samples.len(),
        mean(&tours),
        mean(&model),
        mean(&errors),
        size(&errors),
        100.0 * size(&errors) / size(&tours),
        pearson(&tours, &model),
        pearson(&ranks(&tours), &ranks(&model)),
    );
}

fn mean(of: &[f64]) -> f64 {
    of.iter().sum::<f64>() / of.len() as f64
}

fn pearson(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |a: &[f64], mean_a: f64, b: &[f64], mean_b: f64| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum()
    };
    product(a, mean_a, b, mean_b) / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}

/// The rank of each, the mean rank where several are equal.
fn ranks(of: &[f64]) -> Vec<f64> {
    let mut sorted = of.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = |one: &f64| {
        let below = sorted.partition_point(|other| other < one);
        let up_to = sorted.partition_point(|other| other <= one);
        (below + up_to) as f64 / 2.0
    };
    of.iter().map(rank).collect()
}

fn word<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("the bench writes sound words")
}

fn account_id(at: usize) -> String {
    format!("account-{at:03}")
}

fn trader(at: usize, base: Place) -> Trader {
    let rep = Rep {
        id: word(&format!("rep-{at}")),
        name: format!("Rep {at}"),
        team: word("team"),
        base,
        base_is_approximate: false,
        territory: BTreeSet::new(),
        country: word("us"),
        time_zone: None,
        languages: BTreeSet::new(),
        industries: BTreeSet::new(),
        licences: BTreeSet::new(),
        style: None,
        tolerances: BTreeSet::new(),
        max_one_way_minutes: None,
        max_moves_per_run: None,
        capacity_hours_a_year: None,
        abusive_accounts_cap: 1,
        leave: None,
        leaves_on: None,
        active: true,
    };
    Trader { rep, balance: Balance::default(), abusive_accounts: 0, territory_is_drawn: false }
}

fn account(owner: &Rep, at: usize, place: Place, visits_a_year: u32, visit_minutes: u32) -> Account {
    Account {
        id: word(&account_id(at)),
        name: format!("Account {at}"),
        owner: owner.id.clone(),
        place,
        place_is_approximate: false,
        region: None,
        country: word("us"),
        time_zone: None,
        annual_value_cents: Cents(0),
        annual_commission_cents: Cents(0),
        visits_a_year,
        visit_minutes,
        language: None,
        language_required: false,
        industry: None,
        industry_required: false,
        licences_required: BTreeSet::new(),
        style: None,
        traits: BTreeSet::new(),
        parent: None,
        conflicts: BTreeSet::new(),
    }
}

fn offer(at: usize, account: Account) -> Offer {
    Offer {
        submission: word(&format!("{at:08x}-0000-4000-8000-000000000000")),
        account,
        stars: Stars::clamped(100),
        nights_waited: 0,
        last_moved_on: None,
        swaps_in_a_year: 0,
        frozen: false,
        has_family_in_book: false,
        territories: BTreeSet::new(),
        open_deals: Vec::new(),
    }
}
