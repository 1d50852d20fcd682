//! What routing servers have said, kept on both databases.

use crate::common::databases::databases;
use account_swap::{
    app::Store,
    domain::{
        travel::{TravelMap, TravelSource, Way},
        units::Place,
    },
    store::{
        StoreError,
        travel_times::{Asked, count, forget, read, rounded, write},
    },
};
use chrono::NaiveDate;

type Told = (Place, Place, Way);

fn place(lat: f64, lon: f64) -> Place {
    Place::from_degrees(lat, lon).unwrap()
}

fn asked(source: TravelSource, date: Option<&str>, terms: &str) -> Asked {
    let date = date.map(|date| date.parse::<NaiveDate>().unwrap());
    Asked { map: TravelMap { source, date }, terms: terms.to_owned() }
}

fn keep(store: &Store, asked: &Asked, told: &[Told]) {
    store.write::<(), StoreError>(|writer| write(writer, asked, told)).unwrap();
}

fn find(store: &Store, asked: &Asked, pairs: &[(Place, Place)], days: u32) -> Vec<Option<Way>> {
    store.read::<_, StoreError>(|reader| read(reader, asked, pairs, days)).unwrap()
}

fn forgotten(store: &Store, asked: &Asked, days: u32) -> usize {
    store.write::<_, StoreError>(|writer| forget(writer, asked, days)).unwrap()
}

fn kept(store: &Store) -> u64 {
    store.read::<_, StoreError>(count).unwrap()
}

/// As many ways as wanted, each between two places of its own, of every kind.
fn many(ways: i32) -> Vec<Told> {
    let way = |index: i32| match index % 5 {
        0 => Way::OffTheRoad,
        1 => Way::None,
        2 => Way::TooFar,
        _ => Way::Takes { deciseconds: index as u32 },
    };
    let at = |index: i32| Place::from_e6(40_000_000 + index % 1000 * 100, -76_000_000 - index / 1000 * 100).unwrap();
    (0..ways).map(|index| (at(index), at(index + 7), way(index))).collect()
}

fn pairs(told: &[Told]) -> Vec<(Place, Place)> {
    told.iter().map(|(from, to, _)| (*from, *to)).collect()
}

#[test]
fn what_was_said_is_found_again_in_the_order_of_the_question_whatever_its_size() {
    for database in databases() {
        let store = Store::open(&database.settings().database).unwrap();
        let osrm = asked(TravelSource::Osrm, Some("2026-11-01"), "http://osrm driving 1000 m");
        let mut told = many(45_001);
        keep(&store, &osrm, &told);
        told.reverse();
        let mut question = pairs(&told);
        question.insert(1, (place(1.0, 1.0), place(2.0, 2.0)));
        let found = find(&store, &osrm, &question, 0);
        assert_eq!((found[0], found[1]), (Some(told[0].2), None), "{}", database.name);
        assert!(found[2..].iter().zip(&told[1..]).all(|(found, told)| *found == Some(told.2)), "{}", database.name);
        assert_eq!(find(&store, &osrm, &[], 0), []);
    }
}

#[test]
fn the_way_back_is_another_way_and_a_new_answer_replaces_the_old() {
    for database in databases() {
        let store = Store::open(&database.settings().database).unwrap();
        let osrm = asked(TravelSource::Osrm, Some("2026-11-01"), "terms");
        let (here, there) = (place(40.0, -76.0), place(41.0, -76.0));
        let takes = |deciseconds| Way::Takes { deciseconds };
        keep(&store, &osrm, &[(here, there, takes(10)), (there, here, takes(20)), (here, there, takes(30))]);
        assert_eq!(find(&store, &osrm, &[(here, there), (there, here)], 0), [Some(takes(30)), Some(takes(20))]);
        keep(&store, &osrm, &[(here, there, Way::None)]);
        assert_eq!(find(&store, &osrm, &[(here, there)], 0), [Some(Way::None)], "{}", database.name);
        assert_eq!(kept(&store), 2);
    }
}

#[test]
fn places_a_few_metres_apart_share_an_answer_and_others_do_not() {
    for database in databases() {
        let store = Store::open(&database.settings().database).unwrap();
        let osrm = asked(TravelSource::Osrm, None, "terms");
        let (here, there) = (place(40.000_04, -76.0), place(41.0, -76.000_02));
        keep(&store, &osrm, &[(here, there, Way::None)]);
        let near = (rounded(here), place(40.999_97, -76.0));
        let farther = (place(40.000_06, -76.0), there);
        assert_eq!(find(&store, &osrm, &[near, farther], 30), [Some(Way::None), None], "{}", database.name);
    }
}

#[test]
fn another_map_source_or_term_knows_nothing_of_it_and_undated_answers_age() {
    for database in databases() {
        let store = Store::open(&database.settings().database).unwrap();
        let way = many(5);
        let dated = asked(TravelSource::Osrm, Some("2026-11-01"), "a");
        let undated = asked(TravelSource::Osrm, None, "a");
        keep(&store, &dated, &way);
        let others = [
            undated.clone(),
            asked(TravelSource::Osrm, Some("2026-11-02"), "a"),
            asked(TravelSource::Valhalla, Some("2026-11-01"), "a"),
            asked(TravelSource::Osrm, Some("2026-11-01"), "b"),
        ];
        for other in &others {
            assert_eq!(find(&store, other, &pairs(&way), 30), [None; 5], "{}: {other:?}", database.name);
        }
        keep(&store, &undated, &way);
        assert!(find(&store, &undated, &pairs(&way), 1).iter().all(Option::is_some), "{}", database.name);
        assert_eq!(find(&store, &undated, &pairs(&way), 0), [None; 5], "{}", database.name);
        assert!(find(&store, &dated, &pairs(&way), 0).iter().all(Option::is_some), "{}", database.name);
    }
}

#[test]
fn a_new_map_of_a_source_lets_the_old_one_be_forgotten_and_nothing_else() {
    for database in databases() {
        let store = Store::open(&database.settings().database).unwrap();
        let way = many(5);
        let old = asked(TravelSource::Osrm, Some("2026-10-01"), "a");
        let new = asked(TravelSource::Osrm, Some("2026-11-01"), "a");
        let other = asked(TravelSource::Valhalla, None, "a");
        for one in [&old, &new, &other] {
            keep(&store, one, &way);
        }
        assert_eq!(forgotten(&store, &new, 30), 5, "{}", database.name);
        assert_eq!(forgotten(&store, &new, 30), 0);
        assert_eq!(find(&store, &old, &pairs(&way), 30), [None; 5], "{}", database.name);
        for one in [&new, &other] {
            assert!(find(&store, one, &pairs(&way), 30).iter().all(Option::is_some), "{}: {one:?}", database.name);
        }
        // Nobody keeps anything for a day: of the others all goes, of a dated map in use nothing.
        assert_eq!(forgotten(&store, &new, 0), 5, "{}", database.name);
        assert_eq!(kept(&store), 5);
        keep(&store, &other, &way);
        assert_eq!(forgotten(&store, &other, 0), 10, "{}: its own are as old", database.name);
    }
}

#[test]
fn two_writers_of_the_same_ways_both_end() {
    for database in databases() {
        let store = Store::open(&database.settings().database).unwrap();
        let osrm = asked(TravelSource::Osrm, Some("2026-11-01"), "a");
        let forth = many(3000);
        let back: Vec<Told> = forth.iter().rev().copied().collect();
        std::thread::scope(|scope| {
            for told in [&forth, &back] {
                scope.spawn(|| keep(&store, &osrm, told));
            }
        });
        assert_eq!(kept(&store), 3000, "{}", database.name);
    }
}
