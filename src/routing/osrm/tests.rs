//! What a real server's answers say, as recorded.

use super::*;

fn place(lat: f64, lon: f64) -> Place {
    Place::from_degrees(lat, lon).unwrap()
}

fn osrm() -> Osrm {
    let built_in = settings::Settings::built_in().routing;
    Osrm::new(&built_in.osrm, 1000)
}

/// Reads an answer to a question about as many places of Porto.
fn said(origins: usize, destinations: usize, status: u16, body: &str) -> Result<Said, String> {
    let places = [place(41.149986, -8.609892), place(41.159707, -8.630664), place(41.200173, -8.600412)];
    let answer = Answer { status, body: body.into() };
    osrm().read_table(&places[..origins], &places[..destinations], &answer)
}

fn takes_seconds(seconds: &[f64]) -> Said {
    Said::Ways(seconds.iter().map(|s| Way::Takes { deciseconds: (s * 10.0).round() as u32 }).collect())
}

const OK: &str = include_str!("../../../tests/data/routing_replies/osrm_ok.json");
const FAR: &str = include_str!("../../../tests/data/routing_replies/osrm_far_snap_still_Ok.json");
const TOO_BIG: &str = include_str!("../../../tests/data/routing_replies/osrm_TooBig.json");
const NO_SEGMENT: &str = include_str!("../../../tests/data/routing_replies/osrm_NoSegment.json");
const INVALID: &str = include_str!("../../../tests/data/routing_replies/osrm_InvalidValue.json");

#[test]
fn a_table_is_read_to_the_tenth_of_a_second() {
    let expected = takes_seconds(&[0.0, 473.9, 658.2, 388.4, 0.0, 499.8, 644.7, 516.7, 0.0]);
    assert_eq!(said(3, 3, 200, OK), Ok(expected));
}

#[test]
fn a_place_thousands_of_kilometres_from_a_road_is_off_the_road_though_the_answer_is_ok() {
    let zero = Way::Takes { deciseconds: 0 };
    assert_eq!(said(2, 2, 200, FAR), Ok(Said::Ways(vec![zero, Way::OffTheRoad, Way::OffTheRoad, Way::OffTheRoad])));
}

#[test]
fn without_a_distance_the_place_on_the_road_is_measured() {
    let body = |lon: &str| {
        format!(
            r#"{{"code":"Ok","durations":[[5]],"sources":[{{"location":[-8.6099,41.15]}}],"destinations":[{{"location":[{lon},41.15]}}]}}"#
        )
    };
    assert_eq!(said(1, 1, 200, &body("-8.6099")), Ok(takes_seconds(&[5.0])));
    assert_eq!(said(1, 1, 200, &body("-8.63")), Ok(Said::Ways(vec![Way::OffTheRoad])));
}

#[test]
fn the_place_without_a_road_near_it_is_found_on_its_side() {
    assert_eq!(said(2, 2, 400, NO_SEGMENT), Ok(Said::OffTheRoad { origins: vec![1], destinations: vec![] }));
    assert_eq!(said(1, 2, 400, NO_SEGMENT), Ok(Said::OffTheRoad { origins: vec![], destinations: vec![0] }));
    let mute = NO_SEGMENT.replace("coordinate 1", "something");
    assert!(said(1, 2, 400, &mute).unwrap_err().contains("NoSegment without a place"));
}

#[test]
fn too_big_is_cut_and_what_is_no_answer_is_told_with_its_code() {
    assert_eq!(said(3, 3, 400, TOO_BIG), Ok(Said::TooBig));
    assert_eq!(said(1, 1, 400, INVALID), Err("status 400, InvalidOptions: Coordinates are invalid".to_owned()));
}

#[test]
fn a_way_that_does_not_exist_is_none() {
    let body = OK.replace("473.9", "null");
    let Ok(Said::Ways(ways)) = said(3, 3, 200, &body) else { panic!("it is a table") };
    assert_eq!((ways[1], ways[2]), (Way::None, Way::Takes { deciseconds: 6582 }));
}

#[test]
fn another_shape_an_impossible_time_and_garbage_are_refused_with_what_was_found() {
    assert!(said(2, 3, 200, OK).unwrap_err().contains("asked for"));
    assert!(said(3, 3, 200, &OK.replace("473.9", "-1")).unwrap_err().contains("a time of -1 s"));
    assert!(said(3, 3, 200, &OK.replace("473.9", "1e300")).unwrap_err().contains("a time of 1"));
    assert!(said(3, 3, 200, &OK.replace("sources", "origins")).unwrap_err().contains("where it put"));
    assert!(said(3, 3, 200, "<html>busy</html>").unwrap_err().contains("<html>"));
    assert!(said(3, 3, 200, "").unwrap_err().contains("EOF"));
}

#[test]
fn a_few_places_are_asked_by_get_and_very_many_by_post() {
    let (from, to) = ([place(40.28, -76.85)], [place(40.25, -76.8), place(-0.000001, 179.5)]);
    let question = osrm().table(&from, &to);
    assert_eq!(question.path, "table/v1/driving/-76.850000,40.280000;-76.800000,40.250000;179.500000,-0.000001");
    assert_eq!(question.query, "annotations=duration&generate_hints=false&sources=0&destinations=1;2");
    assert_eq!(question.body, None);
    let many = vec![from[0]; 1000];
    let question = osrm().table(&many, &to);
    assert_eq!((question.path.as_str(), question.query.as_str()), ("table/v1/driving", ""));
    let body = question.body.unwrap();
    assert_eq!(body["coordinates"].as_array().unwrap().len(), 1002);
    assert_eq!(body["destinations"], json!([1000, 1001]));
}

#[test]
fn the_date_of_the_map_is_its_version_where_that_is_a_date() {
    let read = |body: &str| osrm().read_map(&Answer { status: 200, body: body.into() });
    let date = NaiveDate::from_ymd_opt(2026, 11, 1);
    assert_eq!(read(r#"{"code":"Ok","data_version":"2026-11-01T20:21:58Z"}"#), Ok(date));
    assert_eq!(read(r#"{"code":"Ok","data_version":"autumn"}"#), Ok(None));
    assert_eq!(read(r#"{"code":"Ok"}"#), Ok(None));
}
