//! What answers in GraphHopper's shape say, as its own tests hold them.

use super::*;

fn graphhopper(key: &str) -> Graphhopper {
    let mut settings = settings::Settings::built_in().routing.graphhopper;
    settings.key = SecretString::from(key);
    Graphhopper::new(&settings)
}

fn said(origins: usize, destinations: usize, status: u16, body: &str) -> Result<Said, String> {
    let places = vec![Place::from_degrees(51.5, -0.1).unwrap(); origins.max(destinations)];
    let answer = Answer { status, body: body.into() };
    graphhopper("").read_table(&places[..origins], &places[..destinations], &answer)
}

fn takes(seconds: u32) -> Way {
    Way::Takes { deciseconds: seconds * 10 }
}

const OK: &str = include_str!("../../../tests/data/routing_replies/graphhopper/matrix.json");
const WEIGHTS_ONLY: &str = include_str!("../../../tests/data/routing_replies/graphhopper/matrix-weights-only.json");
const REFUSED: &str = include_str!("../../../tests/data/routing_replies/graphhopper/matrix_error.json");
const NO_WAY: &str =
    include_str!("../../../tests/data/routing_replies/graphhopper/matrix-connection-not-found-fail-fast.json");
const NO_POINT: &str =
    include_str!("../../../tests/data/routing_replies/graphhopper/matrix-point-not-found-fail-fast.json");

#[test]
fn a_matrix_is_read_in_seconds_at_the_top_or_below_solution() {
    let Ok(Said::Ways(ways)) = said(4, 4, 200, OK) else { panic!("it is a matrix") };
    assert_eq!(ways[..4], [takes(0), takes(886), takes(605), takes(1131)]);
    let top = r#"{"times":[[0,886]],"info":{"took":1}}"#;
    assert_eq!(said(1, 2, 200, top), Ok(Said::Ways(vec![takes(0), takes(886)])));
}

#[test]
fn a_connection_that_is_not_found_is_no_way() {
    assert_eq!(said(2, 2, 200, NO_WAY), Ok(Said::Ways(vec![takes(2), Way::None, Way::None, takes(2)])));
}

#[test]
fn a_point_that_is_not_found_is_off_the_road() {
    let off = Way::OffTheRoad;
    let expected = vec![takes(8), off, takes(9), off, off, off, takes(10), off, takes(11)];
    assert_eq!(said(3, 3, 200, NO_POINT), Ok(Said::Ways(expected)));
}

#[test]
fn a_server_that_fails_fast_names_the_points_in_words() {
    let expected = Said::OffTheRoad { origins: vec![7, 8], destinations: vec![7, 8] };
    assert_eq!(said(9, 9, 400, REFUSED), Ok(expected));
}

#[test]
fn too_many_points_are_cut_and_other_refusals_told() {
    assert_eq!(said(9, 9, 400, r#"{"message":"Too many locations: 81 > 25"}"#), Ok(Said::TooBig));
    assert_eq!(
        said(1, 1, 401, r#"{"message":"Wrong credentials."}"#),
        Err("status 401: Wrong credentials.".to_owned())
    );
    assert!(said(4, 4, 200, WEIGHTS_ONLY).unwrap_err().contains("no times"));
    assert!(said(4, 3, 200, OK).unwrap_err().contains("asked for"));
    assert!(said(1, 1, 502, "<html>").unwrap_err().contains("<html>"));
}

#[test]
fn a_key_goes_into_the_query_as_a_url_takes_it() {
    let place = [Place::from_degrees(51.5, -0.1).unwrap()];
    assert_eq!(graphhopper("a b&c=ü").table(&place, &place).query, "key=a%20b%26c%3D%C3%BC");
    let question = graphhopper("").table(&place, &place);
    assert_eq!((question.path.as_str(), question.query.as_str()), ("matrix", ""));
    assert_eq!(question.body.unwrap()["from_points"], json!([[-0.1, 51.5]]));
}

#[test]
fn the_date_of_the_map_is_that_of_its_data() {
    let read = |body: &str| graphhopper("").read_map(&Answer { status: 200, body: body.into() });
    assert_eq!(
        read(r#"{"version":"10.0","data_date":"2026-11-01T22:00:00Z"}"#),
        Ok(NaiveDate::from_ymd_opt(2026, 11, 1))
    );
    assert_eq!(read("not found"), Ok(None));
}
