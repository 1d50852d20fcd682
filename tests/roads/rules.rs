//! One small map for each rule.

use crate::drawn::{Drawn, ONE_WAY, Town};

/// A block of streets with a tail at either side, `xa` and `cy`.
const BLOCK: &str = "x a . . . b
  d . . . c y";

fn block() -> Drawn {
    Drawn::new(BLOCK).streets(&["xa", "cy", "bc", "cd", "da"])
}

#[test]
fn a_one_way_street_is_driven_one_way() {
    let town = block().way("ab", ONE_WAY).build();
    assert_eq!(town.passes("xa", "bc"), "ab");
    assert_eq!(town.passes("bc", "xa"), "cda");
    let against = block().way("ab", &[("highway", "residential"), ("oneway", "-1")]).build();
    assert_eq!(against.passes("bc", "xa"), "ba");
    assert_eq!(against.passes("xa", "bc"), "adc");
    let motorway = block().way("ab", &[("highway", "motorway")]).build();
    assert_eq!(motorway.passes("bc", "xa"), "cda", "a motorway is one-way without saying so");
}

#[test]
fn a_roundabout_is_driven_round() {
    let town = Drawn::new("   . n .\nw .     . e\n   . s .")
        .way("nwsen", &[("highway", "residential"), ("junction", "roundabout")])
        .build();
    assert_eq!(town.passes("nw", "en"), "wse");
    assert_eq!(town.passes("en", "nw"), "n");
}

#[test]
fn access_and_barriers_close_a_street() {
    let closed = block().way("ab", &[("highway", "residential"), ("motor_vehicle", "no")]).build();
    assert_eq!(closed.passes("xa", "bc"), "adc");
    let picture = "x a . m . b
  d . . . c y";
    let with = |barrier| Drawn::new(picture).streets(&["xa", "cy", "bc", "cd", "da", "amb"]).node('m', barrier).build();
    assert_eq!(with(&[]).passes("xa", "bc"), "amb");
    assert_eq!(with(&[("barrier", "bollard")]).passes("xa", "bc"), "adc");
    assert_eq!(with(&[("barrier", "bollard")]).passes("am", "mb"), "adcb", "turning round before it is allowed");
    assert_eq!(with(&[("barrier", "cattle_grid")]).passes("xa", "bc"), "amb");
    let waits = with(&[("barrier", "gate")]).seconds("am", "mb") - with(&[]).seconds("am", "mb");
    assert!((waits - 60.0).abs() < 0.2, "a gate takes a minute, not {waits}");
    let waits = with(&[("highway", "traffic_signals")]).seconds("xa", "bc") - with(&[]).seconds("xa", "bc");
    assert!((waits - 2.0).abs() < 0.2, "signals take two seconds, not {waits}");
}

#[test]
fn a_street_for_residents_is_no_way_through_but_a_way_to() {
    let town = block().way("ab", &[("highway", "residential"), ("access", "destination")]).build();
    assert_eq!(town.passes("xa", "bc"), "adc");
    assert_eq!(town.passes("xa", "ab"), "a");
    assert_eq!(town.passes("ab", "xa"), "a");
    let open = block().streets(&["ab"]).build();
    assert_eq!(town.seconds("xa", "ab"), open.seconds("xa", "ab"), "getting there takes no longer");
}

/// Streets that cross at `m`, with a road round the outside.
fn crossing() -> Drawn {
    Drawn::new(
        "w . . . n . . . z
. . . . . . . . .
a . . . m . . . b
. . . . . . . . .
v . . . s . . . y",
    )
    .streets(&["am", "mb", "nm", "ms", "wn", "nz", "zb", "by", "ys", "sv", "va", "aw"])
}

const NO_LEFT: &[(&str, &str)] = &[("type", "restriction"), ("restriction", "no_left_turn")];

#[test]
fn a_forbidden_turn_is_not_taken() {
    assert_eq!(crossing().build().passes("am", "nm"), "m");
    let members = &[("from", "am"), ("via", "m"), ("to", "nm")];
    assert_eq!(crossing().relation(NO_LEFT, members).build().passes("am", "nm"), "awn");
    let excepted = &[("type", "restriction"), ("restriction", "no_left_turn"), ("except", "psv;motorcar")];
    assert_eq!(crossing().relation(excepted, members).build().passes("am", "nm"), "m");
    let town = crossing().relation(NO_LEFT, members).build();
    assert_eq!(town.passes("ms", "nm"), "m", "who comes another way may");
}

#[test]
fn the_only_way_on_is_the_only_way_on() {
    let only = &[("type", "restriction"), ("restriction", "only_straight_on")];
    let town = crossing().relation(only, &[("from", "am"), ("via", "m"), ("to", "mb")]).build();
    assert_eq!(town.passes("am", "mb"), "m");
    assert_eq!(town.passes("am", "nm"), "awn");
    assert_eq!(town.passes("am", "ms"), "avs");
}

#[test]
fn a_turn_forbidden_over_a_street_is_forbidden_to_who_came_that_way() {
    let drawn = || {
        Drawn::new(
            "w . a . . . b . z
. . . . . . . . .
. . m . . . k . .
. . . . . . . . .
v . c . . . d . y",
        )
        .streets(&["am", "mk", "kb", "cm", "kd", "aw", "wv", "vc", "bz", "zy", "yd"])
    };
    assert_eq!(drawn().build().passes("am", "kb"), "mk");
    let no = &[("type", "restriction"), ("restriction", "no_u_turn")];
    let town = drawn().relation(no, &[("from", "am"), ("via", "mk"), ("to", "kb")]).build();
    assert_eq!(town.passes("cm", "kb"), "mk", "who came from elsewhere may");
    assert_eq!(town.passes("am", "kd"), "mk", "and who goes elsewhere");
    assert_ne!(town.passes("am", "kb"), "mk");
    assert_eq!(town.passes("mk", "kb"), "k", "a journey that begins on the street came from nowhere");
}

#[test]
fn a_ferry_takes_as_long_as_it_says() {
    let town = Drawn::new("x a . . . . . . b y")
        .streets(&["xa", "by"])
        .way("ab", &[("route", "ferry"), ("duration", "00:20")])
        .build();
    let seconds = town.seconds("xa", "by");
    assert!((1200.0..1230.0).contains(&seconds), "{seconds}");
    assert!(town.network.snap(town.along("xa", 0.5).point, 1.0).is_some());
    assert!(
        town.network
            .snap(account_swap::routing::road_network::osm::Point { lat_e7: 8993, lon_e7: 20_000 }, 100.0)
            .is_none(),
        "nobody sets out from a ferry"
    );
}

#[test]
fn within_one_street_what_lies_ahead_is_near_and_what_lies_behind_is_round_the_block() {
    let town = block().way("ab", ONE_WAY).build();
    let cost = |town: &Town, from: f64, to: f64| {
        let (from, to) = (town.along("ab", from), town.along("ab", to));
        let route = town.network.route(&from, &to).unwrap();
        assert_eq!(town.network.table(&[from], &[to]), [Some(route.cost)]);
        route
    };
    let ahead = cost(&town, 0.25, 0.75);
    assert!((ahead.metres - 200.0).abs() < 0.5, "{}", ahead.metres);
    let behind = cost(&town, 0.75, 0.25);
    assert!(behind.metres > 790.0, "{}", behind.metres);
    assert_eq!(cost(&town, 0.5, 0.5).cost.deciseconds(), 0);
    let both = block().streets(&["ab"]).build();
    assert_eq!(cost(&both, 0.75, 0.25).cost, cost(&both, 0.25, 0.75).cost, "a two-way street is driven back");
}

#[test]
fn a_road_that_leads_nowhere_is_turned_round_in() {
    let town = Drawn::new("x . . a . . y").streets(&["xa", "ay"]).build();
    assert_eq!(town.passes("xa", "ay"), "a");
    let island = Drawn::new("x . a . . . p q").streets(&["xa", "pq"]);
    let network = island.build().network;
    assert_eq!(network.roads.first.len(), 2, "of two parts without a way between them the larger stays");
}

#[test]
fn a_way_with_a_node_missing_falls_into_its_parts() {
    let town = Drawn::new("a . b . . . c . d").streets(&["ab", "bXc", "cd"]).build();
    assert_eq!(town.network.roads.first.len(), 2);
}
