//! The engine at the size of a large company: seconds and peak memory of each stage.
//!
//! In go the hospitals of `tests/data` and a seed; out come 5,000 reps, 100,000 accounts and 10,000 offers around real
//! places, everything else about them invented, and one line a stage. Run with `cargo bench --bench engine`; arguments
//! after `--` are the numbers of reps, accounts of each, and offers of each. With the word `objectives` among them, out
//! comes a line for every objective and length of rings instead: what it costs, and what it gives and takes.
//! `ACCOUNT_SWAP_HOSPITALS` names a larger file with the columns `LATITUDE` and `LONGITUDE` or `lat` and `lon`.
//! Deliberately absent: a pass mark; the printed numbers are for a person to read.

mod clock;

use account_swap::{
    domain::{
        money::Balance,
        policy::{MaxRing, Objective, Policy},
        roster::{Account, Rep, Style, Trait},
        units::{Cents, Minutes, Place, Stars},
    },
    engine::{
        check::check,
        market::{BookEntry, Market, Offer, PairHistory, Trader},
        plan::{Plan, Stage, plan_telling},
    },
};
use clock::{Clock, cpu_seconds};
use rand::{Rng, SeedableRng, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use std::{collections::BTreeSet, fmt::Debug, str::FromStr};

/// How large the market is.
#[derive(Clone, Copy)]
struct Size {
    reps: usize,
    accounts_of_each: usize,
    offers_of_each: usize,
}

fn main() {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let at = |index: usize, default: usize| numbers.get(index).copied().unwrap_or(default);
    let size = Size { reps: at(0, 5_000), accounts_of_each: at(1, 20), offers_of_each: at(2, 2) };
    let mut clock = Clock::start();
    let market = market(&hospitals(), size);
    let policy = policy();
    println!("{} reps, {} accounts, {} offers", market.reps.len(), market.books.len(), market.offers.len());
    clock.tell("market");
    if std::env::args().any(|word| word == "objectives") {
        return objectives(&market);
    }
    let plan = plan_telling(&market, &policy, |stage| {
        clock.tell(stage.as_str());
    });
    let report = plan.report.clone();
    let bytes = serde_json::to_vec(&plan).expect("a plan is JSON").len();
    clock.tell("to JSON");
    let checked = check(plan, &market, &policy);
    clock.tell("check");
    let plan: Plan = checked.unwrap_or_else(|breaches| panic!("{breaches:#?}")).into_plan();
    println!(
        "{} candidates, {} possible moves in {} parts, {} moves, {} points, {} left, {bytes} bytes",
        report.candidates,
        report.possible_moves,
        report.components,
        report.moves,
        report.points,
        plan.why_not.len()
    );
    clock.tell_all();
}

/// Plans the market by every objective with rings of every length, each rep giving one account at most, and tells what
/// finding the moves took, how many accounts move, the smallest gain and that of the worst-off tenth of those who move,
/// and the points given up against the most there are with such rings.
fn objectives(market: &Market) {
    println!(
        "{:>9} {:>17} {:>8} {:>6} {:>9} {:>9} {:>9} {:>10}  proven",
        "max_ring", "objective", "CPU s", "move", "smallest", "tenth", "points", "given up"
    );
    for (max_ring, name) in
        [(MaxRing::Two, "2"), (MaxRing::Three, "3"), (MaxRing::Four, "4"), (MaxRing::Unlimited, "unlimited")]
    {
        let mut most = 0;
        for &objective in Objective::ALL {
            let mut policy = policy();
            policy.rules.max_moves_per_rep = Some(1);
            policy.points.unfairness_percent = 0;
            (policy.plan.max_ring, policy.plan.objective) = (max_ring, objective);
            let (mut begun, mut taken) = (0.0, 0.0);
            let plan = plan_telling(market, &policy, |stage| match stage {
                Stage::Scores => begun = cpu_seconds(),
                Stage::Solution => taken = cpu_seconds() - begun,
                Stage::View | Stage::Candidates | Stage::Report => {}
            });
            let mut gains: Vec<Minutes> =
                plan.moves.iter().flat_map(|one| &one.legs).map(|leg| leg.side.gain).collect();
            gains.sort_unstable();
            let at = |place: usize| gains.get(place).map_or(0, |gain| gain.0);
            let points = plan.report.points.0;
            most = if objective == Objective::Points { points } else { most };
            let given_up = 100.0 * (most - points) as f64 / most.max(1) as f64;
            println!(
                "{name:>9} {:>17} {taken:8.2} {:>6} {:>9} {:>9} {points:>9} {given_up:>8.1} %  {}",
                objective.as_str(),
                gains.len(),
                at(0),
                at(gains.len() / 10),
                if plan.report.bound.is_none() { "yes" } else { "no" },
            );
        }
    }
}

fn policy() -> Policy {
    toml::from_str(include_str!("../engine/policy.toml")).expect("the policy of the stories is sound")
}

/// Where hospitals are.
fn hospitals() -> Vec<Place> {
    let file = std::env::var("ACCOUNT_SWAP_HOSPITALS")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/hospitals/hospitals.csv").to_owned());
    let mut reader = csv::Reader::from_path(&file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let header = reader.headers().expect("a header").clone();
    let column = |names: [&str; 2]| header.iter().position(|name| names.contains(&name)).expect("both coordinates");
    let (lat, lon) = (column(["lat", "LATITUDE"]), column(["lon", "LONGITUDE"]));
    let places = reader.records().filter_map(|record| {
        let record = record.ok()?;
        Place::from_degrees(record[lat].parse().ok()?, record[lon].parse().ok()?).ok()
    });
    places.collect()
}

fn word<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("the bench writes sound words")
}

fn market(hospitals: &[Place], size: Size) -> Market {
    let mut rng = ChaCha8Rng::seed_from_u64(2);
    let (mut reps, mut offers, mut books, mut histories) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for rep in 0..size.reps {
        let around = *hospitals.choose(&mut rng).expect("there are hospitals");
        let trader = trader(&mut rng, rep, around);
        let near: Vec<Place> =
            hospitals.iter().copied().filter(|place| place.great_circle_metres(trader.rep.base) < 60_000.0).collect();
        for nth in 0..size.accounts_of_each {
            let around = near.choose(&mut rng).copied().unwrap_or(trader.rep.base);
            let place = moved(around, &mut rng, 0.03);
            let account = account(&mut rng, &trader.rep, rep * size.accounts_of_each + nth, place);
            let entry = BookEntry {
                account: account.id.clone(),
                rep: 0,
                place: account.place,
                place_is_approximate: false,
                visits_a_year: account.visits_a_year,
                visit_minutes: account.visit_minutes,
            };
            books.push((trader.rep.id.clone(), entry));
            if nth < size.offers_of_each {
                offers.push(offer(&mut rng, account));
            }
        }
        reps.push(trader);
    }
    for _ in 0..size.reps {
        let (trader, offer): (&Trader, &Offer) =
            (reps.choose(&mut rng).expect("there are reps"), offers.choose(&mut rng).expect("there are offers"));
        histories.push(PairHistory {
            rep: trader.rep.id.clone(),
            account: offer.account.id.clone(),
            rated_hundredths: rng.random_range(100..=500),
            ratings: 1,
            owned_until: None,
        });
    }
    histories.sort_by(|a, b| (&a.rep, &a.account).cmp(&(&b.rep, &b.account)));
    histories.dedup_by(|a, b| (&a.rep, &a.account) == (&b.rep, &b.account));
    Market::new(word("2026-03-02"), reps, offers, books, histories, Vec::new()).expect("the bench makes a market")
}

/// A place nearby, at most `degrees` away in latitude and longitude.
fn moved(place: Place, rng: &mut ChaCha8Rng, degrees: f64) -> Place {
    let lat = (place.lat() + rng.random_range(-degrees..degrees)).clamp(-90.0, 90.0);
    let lon = (place.lon() + rng.random_range(-degrees..degrees)).clamp(-180.0, 180.0);
    Place::from_degrees(lat, lon).expect("clamped")
}

const INDUSTRIES: [&str; 5] = ["acute", "children", "psychiatric", "rehabilitation", "long-term"];

fn language(rng: &mut ChaCha8Rng) -> &'static str {
    if rng.random_bool(0.85) { "english" } else { "spanish" }
}

fn trader(rng: &mut ChaCha8Rng, at: usize, around: Place) -> Trader {
    let rep = Rep {
        id: word(&format!("rep-{at:05}")),
        name: format!("Rep {at}"),
        team: word("team"),
        base: moved(around, rng, 0.15),
        base_is_approximate: false,
        territory: BTreeSet::new(),
        country: word("us"),
        time_zone: None,
        languages: BTreeSet::from([word("english"), word(language(rng))]),
        industries: (0..2).map(|_| word(INDUSTRIES.choose(rng).expect("not empty"))).collect(),
        licences: BTreeSet::new(),
        style: Style::ALL.choose(rng).copied(),
        tolerances: Trait::ALL.iter().copied().filter(|_| rng.random_bool(0.3)).collect(),
        max_one_way_minutes: rng
            .random_bool(0.1)
            .then(|| account_swap::domain::units::Minutes(rng.random_range(45..240))),
        max_moves_per_run: rng.random_bool(0.2).then_some(1),
        capacity_hours_a_year: Some(1_700),
        abusive_accounts_cap: 1,
        leave: None,
        leaves_on: None,
        active: true,
    };
    Trader {
        rep,
        balance: Balance { ledger_cents: Cents(rng.random_range(-1_000_000..1_000_000)), ..Balance::default() },
        abusive_accounts: 0,
        territory_is_drawn: false,
    }
}

fn account(rng: &mut ChaCha8Rng, owner: &Rep, at: usize, place: Place) -> Account {
    let commission = 100_000 * rng.random_range(8..20);
    Account {
        id: word(&format!("account-{at:06}")),
        name: format!("Account {at}"),
        owner: owner.id.clone(),
        place,
        place_is_approximate: false,
        region: None,
        country: word("us"),
        time_zone: None,
        annual_value_cents: Cents(10 * commission),
        annual_commission_cents: Cents(commission),
        visits_a_year: rng.random_range(4..24),
        visit_minutes: 60,
        language: Some(word(language(rng))),
        language_required: rng.random_bool(0.2),
        industry: INDUSTRIES.choose(rng).map(|industry| word(industry)),
        industry_required: rng.random_bool(0.1),
        licences_required: BTreeSet::new(),
        style: Style::ALL.choose(rng).copied(),
        traits: Trait::ALL.iter().copied().filter(|_| rng.random_bool(0.1)).collect(),
        parent: None,
        conflicts: BTreeSet::new(),
    }
}

fn offer(rng: &mut ChaCha8Rng, account: Account) -> Offer {
    Offer {
        submission: word(&format!("{:08x}-0000-4000-8000-000000000000", rng.random::<u32>())),
        account,
        stars: Stars::clamped(rng.random_range(100..300)),
        nights_waited: rng.random_range(0..10),
        last_moved_on: None,
        swaps_in_a_year: 0,
        frozen: rng.random_bool(0.02),
        has_family_in_book: rng.random_bool(0.05),
        territories: BTreeSet::new(),
        open_deals: Vec::new(),
    }
}
