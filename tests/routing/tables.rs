//! Tables that servers answer in pieces: every cell is in its place, whatever had to be cut, left out or asked again.

use crate::fake::{Fake, Reply, Request, place, places, settings, source};
use account_swap::{
    domain::{travel::TravelSource, units::Place},
    routing::{TravelTable, Way},
};
use chrono::NaiveDate;
use serde_json::{Value, json};

/// What the stand-ins take for the time between two places: no two are the same.
fn deciseconds(from: Place, to: Place) -> u32 {
    ((from.e6().0 - 40_000_000) / 100 * 3 + (to.e6().0 - 40_000_000) / 100 * 5000).unsigned_abs()
}

fn takes(from: Place, to: Place) -> Way {
    Way::Takes { deciseconds: deciseconds(from, to) }
}

fn assert_table(
    table: &TravelTable,
    origins: &[Place],
    destinations: &[Place],
    expected: impl Fn(Place, Place) -> Way,
) {
    for (row, from) in origins.iter().enumerate() {
        for (column, to) in destinations.iter().enumerate() {
            assert_eq!(table.way(row, column), expected(*from, *to), "from {row} to {column}");
        }
    }
}

fn matrix(from: &[Place], to: &[Place], cell: impl Fn(Place, Place) -> Value) -> Value {
    from.iter().map(|from| to.iter().map(|to| cell(*from, *to)).collect::<Value>()).collect()
}

fn seconds(from: Place, to: Place) -> Value {
    json!(f64::from(deciseconds(from, to)) / 10.0)
}

/// The origins and destinations of a question to OSRM.
pub fn osrm_question(request: &Request) -> (Vec<Place>, Vec<Place>) {
    let numbers = |name: &str| -> Vec<usize> {
        let list = request.query.split('&').find_map(|part| part.strip_prefix(name)).expect(name);
        list.split(';').map(|number| number.parse().unwrap()).collect()
    };
    let coordinates: Vec<Place> = request
        .path
        .rsplit('/')
        .next()
        .unwrap()
        .split(';')
        .map(|pair| {
            let (lon, lat) = pair.split_once(',').unwrap();
            place(lat.parse().unwrap(), lon.parse().unwrap())
        })
        .collect();
    let of = |indices: Vec<usize>| indices.into_iter().map(|index| coordinates[index]).collect();
    (of(numbers("sources=")), of(numbers("destinations=")))
}

pub fn osrm_answer(from: &[Place], to: &[Place], snapped: impl Fn(Place) -> f64) -> Reply {
    let waypoints = |places: &[Place]| -> Value {
        let one =
            |place: &Place| json!({"distance": snapped(*place), "name": "", "location": [place.lon(), place.lat()]});
        places.iter().map(one).collect()
    };
    let body = json!({
        "code": "Ok", "durations": matrix(from, to, seconds), "data_version": "2026-11-01",
        "sources": waypoints(from), "destinations": waypoints(to),
    });
    Reply::Json(200, body.to_string())
}

/// An OSRM server that takes so many places.
fn osrm(limit: usize) -> Fake {
    Fake::new(move |request| {
        let (from, to) = osrm_question(request);
        if from.len() + to.len() > limit {
            let body = include_str!("../data/routing_replies/osrm_TooBig.json");
            return Reply::Json(400, body.to_owned());
        }
        osrm_answer(&from, &to, |_| 5.0)
    })
}

#[test]
fn a_table_larger_than_osrm_takes_is_asked_in_blocks_some_at_a_time() {
    let server = osrm(100);
    let (origins, destinations) = (places(130), places(70));
    let table = source(TravelSource::Osrm, &server.url(), settings()).one_ways(&origins, &destinations).unwrap();
    assert_table(&table, &origins, &destinations, takes);
    assert_eq!(server.asked().len(), 6);
    assert!(server.most_under_way() <= settings().osrm.requests_at_once);
}

#[test]
fn a_server_that_takes_less_than_the_settings_say_is_asked_in_smaller_blocks() {
    let server = osrm(9);
    let (origins, destinations) = (places(20), places(31));
    let table = source(TravelSource::Osrm, &server.url(), settings()).one_ways(&origins, &destinations).unwrap();
    assert_table(&table, &origins, &destinations, takes);
}

#[test]
fn a_server_that_takes_not_even_a_pair_is_an_error() {
    let server = osrm(1);
    let error = source(TravelSource::Osrm, &server.url(), settings()).one_ways(&places(1), &places(1)).unwrap_err();
    assert!(error.to_string().contains("not even a single pair"), "{error}");
}

#[test]
fn nowhere_to_go_is_asked_of_nobody() {
    let server = osrm(100);
    let source = source(TravelSource::Osrm, &server.url(), settings());
    source.one_ways(&[], &places(3)).unwrap();
    source.one_ways(&places(3), &[]).unwrap();
    assert!(server.asked().is_empty());
}

#[test]
fn a_place_osrm_finds_no_segment_for_is_off_the_road_and_the_rest_is_answered() {
    let (origins, destinations) = (places(8), places(12));
    let lost = [origins[3], origins[5], destinations[9]];
    let server = Fake::new(move |request| {
        let (from, to) = osrm_question(request);
        match from.iter().chain(&to).position(|place| lost.contains(place)) {
            Some(index) => {
                let body = include_str!("../data/routing_replies/osrm_NoSegment.json");
                Reply::Json(400, body.replace("coordinate 1", &format!("coordinate {index}")))
            }
            None => osrm_answer(&from, &to, |_| 5.0),
        }
    });
    let table = source(TravelSource::Osrm, &server.url(), settings()).one_ways(&origins, &destinations).unwrap();
    let is_lost = |place: Place| lost.contains(&place);
    assert_table(&table, &origins, &destinations, |from, to| {
        if is_lost(from) || is_lost(to) { Way::OffTheRoad } else { takes(from, to) }
    });
}

#[test]
fn a_place_osrm_puts_on_a_road_far_away_is_off_the_road() {
    let (origins, destinations) = (places(2), places(3));
    let far = destinations[2];
    let server = Fake::new(move |request| {
        let (from, to) = osrm_question(request);
        osrm_answer(&from, &to, |place| if place == far { 1000.5 } else { 999.5 })
    });
    let table = source(TravelSource::Osrm, &server.url(), settings()).one_ways(&origins, &destinations).unwrap();
    assert_table(&table, &origins, &destinations, |from, to| if to == far { Way::OffTheRoad } else { takes(from, to) });
}

/// The places of a side of a question to Valhalla.
fn locations(body: &Value, side: &str) -> Vec<Place> {
    let one = |location: &Value| place(location["lat"].as_f64().unwrap(), location["lon"].as_f64().unwrap());
    body[side].as_array().unwrap().iter().map(one).collect()
}

/// A Valhalla server: which places lie at a road, and which pairs it refuses with which code.
fn valhalla(
    is_at_road: impl Fn(Place) -> bool + Send + Sync + 'static,
    refuses: impl Fn(Place, Place) -> Option<u32> + Send + Sync + 'static,
) -> Fake {
    Fake::new(move |request| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        if request.path == "/locate" {
            let edge = |place: Place| json!([{"correlated_lat": place.lat(), "correlated_lon": place.lon()}]);
            let located = |place: Place| json!({"edges": if is_at_road(place) { edge(place) } else { json!([]) }});
            let all: Value = locations(&body, "locations").into_iter().map(located).collect();
            return Reply::Json(200, all.to_string());
        }
        let (from, to) = (locations(&body, "sources"), locations(&body, "targets"));
        assert!(from.len() <= 50 && to.len() <= 50, "{} × {}", from.len(), to.len());
        let pairs = || from.iter().flat_map(|from| to.iter().map(move |to| (*from, *to)));
        if from.iter().chain(&to).any(|place| !is_at_road(*place)) {
            return Reply::Json(
                400,
                json!({"error_code": 170, "error": "Locations are in unconnected regions"}).to_string(),
            );
        }
        if let Some(code) = pairs().find_map(|(from, to)| refuses(from, to)) {
            return Reply::Json(400, json!({"error_code": code, "error": "No"}).to_string());
        }
        Reply::Json(200, json!({"sources_to_targets": {"durations": matrix(&from, &to, seconds)}}).to_string())
    })
}

#[test]
fn one_pair_that_valhalla_refuses_costs_only_that_pair() {
    let (origins, destinations) = (places(60), places(55));
    let (here, there) = (origins[17], destinations[44]);
    let server = valhalla(|_| true, move |from, to| (from == here && to == there).then_some(442));
    let table = source(TravelSource::Valhalla, &server.url(), settings()).one_ways(&origins, &destinations).unwrap();
    assert_table(&table, &origins, &destinations, |from, to| {
        if from == here && to == there { Way::None } else { takes(from, to) }
    });
    let asked = server.asked().into_iter().filter(|request| request.path == "/sources_to_targets").count();
    assert!(asked <= 4 + 2 * 12, "{asked} requests for four blocks and the halves of one, down to a pair");
}

#[test]
fn a_place_off_the_road_is_found_before_valhalla_refuses_a_matrix_for_it() {
    let (origins, destinations) = (places(20), places(30));
    let lost = destinations[7];
    let server = valhalla(move |place| place != lost, |_, _| None);
    let client = source(TravelSource::Valhalla, &server.url(), settings());
    let table = client.one_ways(&origins, &destinations).unwrap();
    assert_table(&table, &origins, &destinations, |from, to| {
        if from == lost || to == lost { Way::OffTheRoad } else { takes(from, to) }
    });
    let asked = || server.asked().into_iter().map(|request| request.path).collect::<Vec<_>>();
    assert_eq!(asked(), ["/locate", "/sources_to_targets"], "places on both sides are looked for once");
    client.one_ways(&destinations[5..9], &origins[..3]).unwrap();
    assert_eq!(asked()[2..], ["/sources_to_targets"], "and what was said of them is remembered");
}

#[test]
fn two_places_too_far_apart_for_valhalla_are_told_without_asking() {
    let mut origins = places(5);
    origins.push(place(45.0, -70.0));
    let destinations = places(9);
    let server = valhalla(|_| true, |from, to| (from.great_circle_metres(to) > 400_000.0).then_some(154));
    let table = source(TravelSource::Valhalla, &server.url(), settings()).one_ways(&origins, &destinations).unwrap();
    let far = origins[5];
    assert_table(&table, &origins, &destinations, |from, to| if from == far { Way::TooFar } else { takes(from, to) });
    assert!(server.asked().iter().all(|request| request.path == "/locate" || !request.body.contains("45.0")));
}

#[test]
fn a_limit_of_valhalla_that_nobody_knew_of_is_found_out() {
    let mut origins = places(5);
    origins.push(place(43.0, -76.0));
    let destinations = places(3);
    let server = valhalla(|_| true, |from, to| (from.great_circle_metres(to) > 200_000.0).then_some(154));
    let table = source(TravelSource::Valhalla, &server.url(), settings()).one_ways(&origins, &destinations).unwrap();
    let far = origins[5];
    assert_table(&table, &origins, &destinations, |from, to| if from == far { Way::TooFar } else { takes(from, to) });
}

#[test]
fn a_matrix_in_graphhoppers_shape_is_asked_with_the_key_and_read() {
    let server = Fake::new(|request| {
        assert_eq!((request.method.as_str(), request.path.as_str()), ("POST", "/api/1/matrix"));
        if request.query != "key=sesame" {
            return Reply::Json(401, r#"{"message":"Wrong credentials."}"#.to_owned());
        }
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let points = |side: &str| -> Vec<Place> {
            let one = |point: &Value| place(point[1].as_f64().unwrap(), point[0].as_f64().unwrap());
            body[side].as_array().unwrap().iter().map(one).collect()
        };
        let (from, to) = (points("from_points"), points("to_points"));
        Reply::Json(200, json!({"times": matrix(&from, &to, seconds), "info": {"took": 1}}).to_string())
    });
    let (origins, destinations) = (places(70), places(60));
    let url = format!("{}/api/1", server.url());
    let mut with_key = settings();
    with_key.graphhopper.key = "sesame".into();
    let table = source(TravelSource::Graphhopper, &url, with_key.clone()).one_ways(&origins, &destinations).unwrap();
    assert_table(&table, &origins, &destinations, takes);
    with_key.graphhopper.key = "hush".into();
    let refused = source(TravelSource::Graphhopper, &url, with_key).one_ways(&origins, &destinations).unwrap_err();
    let refused = format!("{refused} {refused:?}");
    assert!(refused.contains("Wrong credentials") && !refused.contains("hush"), "{refused}");
}

#[test]
fn the_date_of_the_map_is_asked_once_and_the_settings_know_better() {
    let date = NaiveDate::from_ymd_opt(2026, 11, 1);
    let server = Fake::saying(200, r#"{"code":"Ok","data_version":"2026-11-01","waypoints":[]}"#);
    let osrm = source(TravelSource::Osrm, &server.url(), settings());
    assert_eq!((osrm.map().date, osrm.map().date, server.asked().len()), (date, date, 1));
    assert_eq!(server.asked()[0].path, "/nearest/v1/driving/0,0");
    let mut dated = settings();
    dated.osrm.map_date = NaiveDate::from_ymd_opt(2025, 1, 2);
    assert_eq!(source(TravelSource::Osrm, &server.url(), dated).map().date, NaiveDate::from_ymd_opt(2025, 1, 2));
    assert_eq!(server.asked().len(), 1);
    let valhalla = Fake::saying(200, include_str!("../data/routing_replies/valhalla_status.json"));
    assert_eq!(
        source(TravelSource::Valhalla, &valhalla.url(), settings()).map().date,
        NaiveDate::from_ymd_opt(2026, 11, 22)
    );
    let graphhopper = Fake::saying(200, r#"{"data_date":"2026-11-01T22:00:00Z"}"#);
    assert_eq!(source(TravelSource::Graphhopper, &graphhopper.url(), settings()).map().date, date);
    let mute = Fake::saying(404, "");
    assert_eq!(source(TravelSource::Graphhopper, &mute.url(), settings()).map().date, None);
}
