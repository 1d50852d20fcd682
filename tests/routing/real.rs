//! The clients against real servers: OSRM 26 and Valhalla 3 over the roads of Harrisburg. Where there are none these tests
//! hold nothing; what the servers once said is held by the clients' own tests.

use crate::{
    fake::{place, settings},
    servers::Server,
};
use account_swap::{
    domain::units::Place,
    routing::{TravelTable, TravelTimes, Way},
};
use chrono::NaiveDate;
use std::thread;

/// Places strewn over the city, row by row.
fn city(count: usize) -> Vec<Place> {
    let at = |index: usize| place(40.230 + 0.0011 * (index % 61) as f64, -76.890 + 0.0013 * (index % 97) as f64);
    (0..count).map(at).collect()
}

/// More than a kilometre from any road, and in another state.
fn off_the_road() -> [Place; 2] {
    [place(40.27, -76.88), place(42.0, -76.0)]
}

fn deciseconds(table: &TravelTable, origins: usize, destinations: usize) -> Vec<Option<u32>> {
    let cell = |index: usize| match table.way(index / destinations, index % destinations) {
        Way::Takes { deciseconds } => Some(deciseconds),
        _ => None,
    };
    (0..origins * destinations).map(cell).collect()
}

/// Checks a large table against questions about single pairs, and that places off the road are said to be so.
fn assert_whole(client: &dyn TravelTimes, origins: usize, destinations: usize, tolerance: u32) {
    let (mut from, to) = (city(origins), city(destinations));
    from.extend(off_the_road());
    let table = client.one_ways(&from, &to).unwrap();
    for row in [0, 1, origins / 2, origins - 1] {
        for column in [0, 2, destinations / 2, destinations - 1] {
            let alone = client.one_ways(&from[row..=row], &to[column..=column]).unwrap().way(0, 0);
            let (Way::Takes { deciseconds: alone }, Way::Takes { deciseconds: within }) =
                (alone, table.way(row, column))
            else {
                assert_eq!(alone, table.way(row, column), "from {row} to {column}");
                continue;
            };
            assert!(alone.abs_diff(within) <= tolerance, "from {row} to {column}: {alone} alone, {within} within");
        }
    }
    for column in 0..destinations {
        assert_eq!([table.way(origins, column), table.way(origins + 1, column)], [Way::OffTheRoad; 2]);
    }
    let found = deciseconds(&table, origins, destinations);
    assert!(found.iter().filter(|cell| cell.is_some()).count() > found.len() / 2, "most places lie at a road");
    assert!(found.iter().flatten().all(|time| *time < 36_000), "an hour crosses the city");
}

#[test]
fn osrm_answers_a_table_in_blocks_by_get_and_by_post() {
    let Some(server) = Server::osrm(100) else { return };
    let client = server.client(settings());
    assert_whole(&*client, 120, 90, 0);
    assert_eq!(client.map().date, NaiveDate::from_ymd_opt(2026, 11, 1));
    let Some(large) = Server::osrm(1000) else { return };
    let mut wide = settings();
    wide.osrm.places_a_request = 1000;
    assert_whole(&*large.client(wide.clone()), 500, 400, 0);
    assert_whole(&*server.client(wide), 300, 250, 0);
}

#[test]
fn valhalla_answers_a_table_in_blocks_and_knows_the_age_of_its_tiles() {
    let Some(server) = Server::valhalla() else { return };
    let client = server.client(settings());
    assert_whole(&*client, 70, 60, 50);
    assert!(client.map().date > NaiveDate::from_ymd_opt(2026, 1, 1));
    let there_and_far = [city(1)[0], place(45.0, -70.0)];
    let table = client.one_ways(&there_and_far, &there_and_far).unwrap();
    assert_eq!((table.way(0, 1), table.way(1, 0)), (Way::OffTheRoad, Way::OffTheRoad));
}

#[test]
fn osrm_and_valhalla_mean_the_same_by_a_second() {
    let (Some(osrm), Some(valhalla)) = (Server::osrm(100), Server::valhalla()) else { return };
    let places = city(40);
    let table = |server: &Server| deciseconds(&server.client(settings()).one_ways(&places, &places).unwrap(), 40, 40);
    let pairs = table(&osrm).into_iter().zip(table(&valhalla));
    let mut ratios: Vec<f64> = pairs
        .filter_map(|(osrm, valhalla)| Some((osrm?, valhalla?)))
        .filter(|(osrm, valhalla)| *osrm > 600 && *valhalla > 600)
        .map(|(osrm, valhalla)| f64::from(osrm) / f64::from(valhalla))
        .collect();
    ratios.sort_unstable_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    assert!((0.7..1.4).contains(&median), "{median}");
}

#[test]
fn a_frozen_server_is_not_waited_for_and_answers_again_when_it_thaws() {
    for server in [Server::osrm(100), Server::valhalla()].into_iter().flatten() {
        let mut hasty = settings();
        (hasty.request_timeout_milliseconds, hasty.retries, hasty.failures_until_pause) = (300, 1, 2);
        let hasty = server.client(hasty);
        server.signal("STOP");
        let ask = || hasty.one_ways(&city(10), &city(10));
        let error = ask().unwrap_err().to_string();
        assert!(error.contains(&server.url()) && error.contains("no answer within 300 ms"), "{error}");
        assert!(ask().unwrap_err().to_string().contains("left alone"));
        server.signal("CONT");
        let table = server.client(settings()).one_ways(&city(40), &city(40)).unwrap();
        assert!(deciseconds(&table, 40, 40).iter().any(Option::is_some));
    }
}

#[test]
fn a_server_killed_in_the_middle_of_a_question_is_an_error_that_names_it() {
    for server in [Server::osrm(100), Server::valhalla()].into_iter().flatten() {
        let mut settings = settings();
        settings.failures_until_pause = 3;
        let client = server.client(settings);
        server.signal("STOP");
        let error = thread::scope(|scope| {
            let asking = scope.spawn(|| client.one_ways(&city(10), &city(10)).unwrap_err().to_string());
            server.wait_for_a_question();
            server.signal("KILL");
            asking.join().unwrap()
        });
        assert!(error.contains(&server.url()), "{error}");
        assert!(error.contains("broke off") || error.contains("no connection"), "{error}");
        let again = client.one_ways(&city(1), &city(1)).unwrap_err().to_string();
        assert!(again.contains("left alone"), "{again}");
    }
}

#[test]
fn valhalla_goes_on_answering_after_blocks_that_were_given_up() {
    let Some(server) = Server::valhalla() else { return };
    let mut hasty = settings();
    (hasty.request_timeout_milliseconds, hasty.retries, hasty.failures_until_pause) = (5, 0, 1000);
    let hasty = server.client(hasty);
    for _ in 0..20 {
        let _ = hasty.one_ways(&city(50), &city(50));
    }
    assert!(server.client(settings()).one_ways(&city(50), &city(50)).is_ok());
}
