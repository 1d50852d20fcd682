//! What a real server's answers say, as recorded.

use super::*;

fn place(lat: f64, lon: f64) -> Place {
    Place::from_degrees(lat, lon).unwrap()
}

fn valhalla() -> Valhalla {
    Valhalla::new(&settings::Settings::built_in().routing.valhalla, 1000)
}

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, body: body.into() }
}

/// Two places of Harrisburg, one a kilometre and more from a road, one far away.
fn places() -> [Place; 4] {
    [place(40.28, -76.85), place(40.25, -76.8), place(40.27, -76.88), place(45.0, -70.0)]
}

fn said(status: u16, body: &str) -> Result<Said, String> {
    valhalla().read_table(&places()[..2], &places()[..2], &answer(status, body))
}

const OK: &str = include_str!("../../../tests/data/routing_replies/valhalla_ok.json");
const OK_LONG: &str = include_str!("../../../tests/data/routing_replies/valhalla_ok_long.json");
const UNREACHABLE: &str = include_str!("../../../tests/data/routing_replies/valhalla_unreachable.json");
const TOO_FAR_APART: &str = include_str!("../../../tests/data/routing_replies/valhalla_too_far.json");
const TOO_MANY: &str = include_str!("../../../tests/data/routing_replies/valhalla_too_many.json");
const BAD: &str = include_str!("../../../tests/data/routing_replies/valhalla_bad.json");
const LOCATE: &str = include_str!("../../../tests/data/routing_replies/valhalla_locate.json");
const STATUS: &str = include_str!("../../../tests/data/routing_replies/valhalla_status.json");

#[test]
fn a_matrix_is_read_in_its_short_and_its_long_form() {
    let takes = |deciseconds| Way::Takes { deciseconds };
    let expected = Ok(Said::Ways(vec![takes(4650), takes(0), takes(0), takes(5100)]));
    assert_eq!(said(200, OK), expected);
    assert_eq!(said(200, OK_LONG), expected);
    let without = OK.replace("465", "null");
    assert_eq!(said(200, &without), Ok(Said::Ways(vec![Way::None, takes(0), takes(0), takes(5100)])));
}

#[test]
fn a_refusal_says_what_a_single_pair_of_it_would_be() {
    assert_eq!(said(400, UNREACHABLE), Ok(Said::Refused(Way::None)));
    assert_eq!(said(400, TOO_FAR_APART), Ok(Said::Refused(Way::TooFar)));
    assert_eq!(said(400, TOO_MANY), Ok(Said::TooBig));
    assert_eq!(said(400, BAD), Err("status 400, error 131: Failed to parse source".to_owned()));
}

#[test]
fn another_shape_and_garbage_are_refused() {
    let three = valhalla().read_table(&places()[..3], &places()[..2], &answer(200, OK));
    assert!(three.unwrap_err().contains("asked for"));
    assert!(said(200, &OK.replace("465", "-465")).unwrap_err().contains("a time of -465 s"));
    assert!(
        said(200, "[]").is_err() && said(200, "<html>").is_err() && said(200, r#"{"sources_to_targets":7}"#).is_err()
    );
}

#[test]
fn a_place_without_an_edge_within_the_limit_is_off_the_road() {
    let [near, _, lonely, far] = places();
    assert_eq!(valhalla().read_places(&[near, lonely, far], &answer(200, LOCATE)), Ok(vec![true, false, false]));
    let elsewhere = place(40.5, -76.85);
    let snapped = valhalla().read_places(&[elsewhere, lonely, far], &answer(200, LOCATE));
    assert_eq!(snapped, Ok(vec![false; 3]), "an edge 24 km away is none");
    let older = r#"[{"input_lat":45.0,"input_lon":-70.0,"edges":null,"nodes":null}]"#;
    assert_eq!(valhalla().read_places(&[far], &answer(200, older)), Ok(vec![false]));
}

#[test]
fn questions_hold_the_limit_of_the_distance_to_a_road() {
    let question = valhalla().table(&places()[..1], &places()[1..2]);
    assert_eq!(question.path, "sources_to_targets");
    let body = question.body.unwrap();
    assert_eq!(body["sources"], json!([{"lat": 40.28, "lon": -76.85, "search_cutoff": 1000}]));
    assert_eq!((&body["costing"], &body["verbose"]), (&json!("auto"), &json!(false)));
}

#[test]
fn the_date_of_the_map_is_that_of_its_tiles() {
    let read = |body: &str| valhalla().read_map(&answer(200, body));
    assert_eq!(read(STATUS), Ok(NaiveDate::from_ymd_opt(2026, 11, 22)));
    assert_eq!(read(r#"{"version":"3.9.1","tileset_last_modified":0}"#), Ok(None));
    assert!(read("<html>").is_err());
}

#[test]
fn places_beyond_the_limit_are_not_asked_about() {
    let [near, other, _, far] = places();
    assert!(!valhalla().is_too_far(near, other) && valhalla().is_too_far(near, far));
}
