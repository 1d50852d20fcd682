//! Drawn territories: points in polygons against a reference that counts windings, on a grid so fine that every answer
//! about a boundary is asked for, anywhere on the globe; and rings that are none.

use account_swap::domain::{
    territory::{Atlas, Polygon, Ring, Shape, Side, Territory},
    units::Place,
};
use proptest::{collection::vec, prelude::*, sample::select};

/// Longitude and latitude in millionths of a degree.
type Point = (i64, i64);

/// Sorted around the origin, which makes most of them a ring that does not cross itself.
fn around(mut points: Vec<Point>) -> Vec<Point> {
    let half = |&(x, y): &Point| u8::from(y < 0 || (y == 0 && x < 0));
    points.retain(|&point| point != (0, 0));
    points.sort_by(|a, b| half(a).cmp(&half(b)).then((b.0 * a.1).cmp(&(a.0 * b.1))).then(a.cmp(b)));
    points.dedup_by(|a, b| half(a) == half(b) && a.0 * b.1 == b.0 * a.1);
    points
}

fn turn(a: Point, b: Point, c: Point) -> i64 {
    ((b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)).signum()
}

fn edges(ring: &[Point]) -> Vec<(Point, Point)> {
    (0..ring.len()).map(|at| (ring[at], ring[(at + 1) % ring.len()])).collect()
}

/// Every two edges compared.
fn crosses(ring: &[Point]) -> bool {
    let edges = edges(ring);
    edges.iter().any(|&(a, b)| {
        edges.iter().any(|&(c, d)| turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0)
    })
}

/// How often a ring winds around a point ("Winding number inclusion", D. Sunday, 2001), boundaries looked at first.
fn side(ring: &[Point], point: Point) -> Side {
    let on = |&(a, b): &(Point, Point)| {
        let within = |a: i64, b: i64, at: i64| a.min(b) <= at && at <= a.max(b);
        turn(a, b, point) == 0 && within(a.0, b.0, point.0) && within(a.1, b.1, point.1)
    };
    if edges(ring).iter().any(on) {
        return Side::Boundary;
    }
    let winding = |(a, b): (Point, Point)| match (a.1 <= point.1, b.1 <= point.1) {
        (true, false) => i64::from(turn(a, b, point) > 0),
        (false, true) => -i64::from(turn(a, b, point) < 0),
        _ => 0,
    };
    if edges(ring).into_iter().map(winding).sum::<i64>() == 0 { Side::Outside } else { Side::Inside }
}

/// Degrees of a point near a centre, the longitude brought back to the globe.
fn degrees((x, y): Point, centre: Point) -> [f64; 2] {
    let lon = (centre.0 + x + 180_000_000).rem_euclid(360_000_000) - 180_000_000;
    [lon as f64 / 1e6, (centre.1 + y) as f64 / 1e6]
}

fn closed(ring: &[Point], centre: Point) -> Vec<[f64; 2]> {
    ring.iter().chain(ring.first()).map(|&point| degrees(point, centre)).collect()
}

fn place(at: [f64; 2]) -> Place {
    Place::from_degrees(at[1], at[0]).unwrap()
}

fn name(text: &str) -> account_swap::domain::roster::Tag {
    text.parse().unwrap()
}

/// Where rings are drawn: inland, on the antimeridian from either side, and one millionth beside it.
fn centre() -> impl Strategy<Value = Point> {
    let longitudes = vec![-75_000_000, 0, 180_000_000, -180_000_000, 179_999_999, -179_999_998];
    (select(longitudes), select(vec![0, 40_000_000, -89_000_000]))
}

fn points(most: i64) -> impl Strategy<Value = Vec<Point>> {
    vec((-most..=most, -most..=most), 3..24).prop_map(around)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_place_is_where_counting_windings_says(points in points(9), hole in points(4), centre in centre()) {
        prop_assume!(points.len() >= 3);
        let area: i64 = edges(&points).iter().map(|(a, b)| a.0 * b.1 - b.0 * a.1).sum();
        let points: Vec<Point> = if area < 0 { points.into_iter().rev().collect() } else { points };
        let drawn = Ring::outer(&closed(&points, centre));
        prop_assert_eq!(drawn.is_err(), crosses(&points) || area == 0, "{:?}", drawn);
        let Ok(outer) = drawn else { return Ok(()) };
        let clockwise: Vec<Point> = hole.iter().rev().copied().collect();
        let holes: Vec<Ring> = Ring::hole(&closed(&clockwise, centre)).into_iter().collect();
        let shape = Shape::new(vec![Polygon::new(outer.clone(), holes.clone())]).unwrap();
        let atlas = Atlas::new(&[
            Territory { name: name("elsewhere"), shape: square(10.0) },
            Territory { name: name("here"), shape: shape.clone() },
        ]);
        for (x, y) in (-10..=10).flat_map(|x| (-10..=10).map(move |y| (x, y))) {
            let at = place(degrees((x, y), centre));
            let expected = side(&points, (x, y));
            prop_assert_eq!(outer.side_of(at), expected, "{:?} at {:?}", points, (x, y));
            let in_hole = !holes.is_empty() && side(&clockwise, (x, y)) == Side::Inside;
            let inside = expected != Side::Outside && !in_hole;
            prop_assert_eq!(shape.contains(at), inside);
            prop_assert_eq!(atlas.names_at(at).contains(&name("here")), inside);
        }
    }
}

/// A square of four degrees around latitude 10, centred on a longitude.
fn square(lon: f64) -> Shape {
    let [west, east] = [lon - 2.0, lon + 2.0].map(|lon| if lon > 180.0 { lon - 360.0 } else { lon });
    let ring = [[west, 8.0], [east, 8.0], [east, 12.0], [west, 12.0], [west, 8.0]];
    Shape::new(vec![Polygon::new(Ring::outer(&ring).unwrap(), Vec::new())]).unwrap()
}

fn refused(ring: &[[f64; 2]]) -> String {
    Ring::outer(ring).unwrap_err().to_string()
}

#[test]
fn a_ring_over_the_antimeridian_is_the_same_leapt_or_cut() {
    let leapt = Ring::outer(&[[170.0, -10.0], [-170.0, -10.0], [-170.0, 10.0], [170.0, 10.0], [170.0, -10.0]]).unwrap();
    let west = Ring::outer(&[[170.0, -10.0], [180.0, -10.0], [180.0, 10.0], [170.0, 10.0], [170.0, -10.0]]).unwrap();
    let east =
        Ring::outer(&[[-180.0, -10.0], [-170.0, -10.0], [-170.0, 10.0], [-180.0, 10.0], [-180.0, -10.0]]).unwrap();
    let leapt = Shape::new(vec![Polygon::new(leapt, Vec::new())]).unwrap();
    let cut = Shape::new([west, east].map(|ring| Polygon::new(ring, Vec::new())).into()).unwrap();
    for lon in [170.0, 175.0, 180.0, -180.0, -175.0, -170.0, 169.9, -169.9, 0.0] {
        for lat in [0.0, 10.0, 10.1] {
            let at = Place::from_degrees(lat, lon).unwrap();
            let expected = lon.abs() >= 170.0 && lat <= 10.0;
            assert_eq!((leapt.contains(at), cut.contains(at)), (expected, expected), "{lat}, {lon}");
        }
    }
}

#[test]
fn what_reaches_a_pole_contains_it_at_every_longitude() {
    let cap = [[-180.0, 60.0], [180.0, 60.0], [180.0, 90.0], [-180.0, 90.0], [-180.0, 60.0]];
    let cap = Shape::new(vec![Polygon::new(Ring::outer(&cap).unwrap(), Vec::new())]).unwrap();
    let wedge = [[0.0, 60.0], [10.0, 60.0], [5.0, 90.0], [0.0, 60.0]];
    let wedge = Shape::new(vec![Polygon::new(Ring::outer(&wedge).unwrap(), Vec::new())]).unwrap();
    let atlas = Atlas::new(&[
        Territory { name: name("cap"), shape: cap.clone() },
        Territory { name: name("wedge"), shape: wedge.clone() },
    ]);
    let check = |lat, lon, in_cap, in_wedge| {
        let at = Place::from_degrees(lat, lon).unwrap();
        assert_eq!((cap.contains(at), wedge.contains(at)), (in_cap, in_wedge), "{lat}, {lon}");
        let names = atlas.names_at(at);
        assert_eq!((names.contains(&name("cap")), names.contains(&name("wedge"))), (in_cap, in_wedge), "{lat}, {lon}");
    };
    for lon in [-180.0, -75.0, 0.0, 5.0, 180.0] {
        check(90.0, lon, true, true);
        check(-90.0, lon, false, false);
        check(60.0, lon, true, (0.0..=10.0).contains(&lon));
        check(59.0, lon, false, false);
    }
    check(89.0, 5.0, true, true);
    check(89.0, 50.0, true, false);
}

#[test]
fn what_is_no_ring_is_told_why() {
    let told = [
        (&[[0.0, 0.0], [1.0, 0.0], [0.0, 0.0]][..], "4 positions or more"),
        (&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]], "[0, 0], the first, again"),
        (&[[0.0, 0.0], [1.0, 0.0], [2.0, 0.0], [0.0, 0.0]], "not on one line"),
        (&[[0.0, 0.0], [1.0, 1.0], [1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], "does not cross itself"),
        (&[[0.0, 0.0], [1.0, 0.0], [1.0, 95.5], [0.0, 0.0]], "a latitude from -90 to 90"),
        (&[[170.0, 0.0], [190.0, 0.0], [180.0, 1.0], [170.0, 0.0]], "a longitude from -180 to 180"),
        (&[[0.0, 0.0], [f64::NAN, 0.0], [1.0, 1.0], [0.0, 0.0]], "a longitude from -180 to 180"),
        (&[[0.0, 60.0], [120.0, 60.0], [-120.0, 60.0], [0.0, 60.0]], "cut one around a pole"),
        // A box of 205 degrees, which the short way would make one of 155 on the other side.
        (&[[-25.0, 0.0], [180.0, 0.0], [180.0, 9.0], [-25.0, 9.0], [-25.0, 0.0]], "edges of at most 180 degrees"),
    ];
    for (ring, expected) in told {
        assert!(refused(ring).contains(expected), "{}: {expected}", refused(ring));
    }
    let wide = [[-25.0, 0.0], [80.0, 0.0], [180.0, 0.0], [180.0, 9.0], [80.0, 9.0], [-25.0, 9.0], [-25.0, 0.0]];
    assert_eq!(Ring::outer(&wide).unwrap().side_of(Place::from_degrees(5.0, 100.0).unwrap()), Side::Inside);
}

#[test]
fn a_shape_that_was_kept_is_read_as_it_was_and_a_damaged_one_is_refused() {
    let shape = square(179.0);
    let kept = serde_json::to_string(&shape).unwrap();
    assert_eq!(kept, "[[[[8000000,177000000],[8000000,181000000],[12000000,181000000],[12000000,177000000]]]]");
    assert_eq!(serde_json::from_str::<Shape>(&kept).unwrap(), shape);
    for damaged in ["[[]]", "[[[]]]", "[[[[1,2],[3,4]]]]", "[[[[1,2],[3,4],[90000001,5]]]]"] {
        assert!(serde_json::from_str::<Shape>(damaged).is_err(), "{damaged}");
    }
}
