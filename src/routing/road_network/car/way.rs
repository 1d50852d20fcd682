//! What a car may do on a way, and how fast.
//!
//! In go the tags of a way; out comes a [`CarWay`], or nothing where no car goes.
//! Holds: a way that is returned can be driven in at least one direction.
//! Costs: some forty look-ups in its tags.
//! Source: OSRM's car profile; the order of its rules is kept, since later ones overrule earlier ones.

use super::{
    access::{self, Access, access_of},
    measure,
    speeds::{self, of_class, of_route},
    tags::Tags,
};

/// The size of the car that must fit: metres and kilograms.
const HEIGHT: f64 = 2.0;
const WIDTH: f64 = 1.9;
const LENGTH: f64 = 4.8;
const WEIGHT: f64 = 2000.0;

/// The longest a way may say it takes: no ferry of a road map sails for more than a week.
const LONGEST_SECONDS: f64 = 7.0 * 86_400.0;

/// One direction of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lane {
    /// How fast a car goes.
    pub speed_kmh: f64,
    /// How fast the choice of a route takes it for: slower where drivers would rather not go.
    pub rate_kmh: f64,
    /// Whether it may only be driven to get to a place on it.
    pub restricted: bool,
}

/// A way a car can drive on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CarWay {
    /// Along the way's nodes, and against them.
    pub lanes: [Option<Lane>; 2],
    /// How long the whole way takes, where it says so, in seconds.
    pub seconds: Option<f64>,
    /// Whether a ferry or a train carries the car.
    pub carried: bool,
    /// Whether it goes round a roundabout.
    pub roundabout: bool,
    /// Whether a journey may begin or end on it.
    pub may_begin: bool,
    /// Whether traffic keeps left, where the way says on which side it keeps.
    pub keeps_left: Option<bool>,
}

impl CarWay {
    /// Reads the tags of a way.
    pub fn read(tags: Tags<'_>) -> Option<Self> {
        let highway = tags.get("highway");
        let route = tags.get("route");
        if (highway.is_none() && route.is_none()) || is_blocked(tags, highway) {
            return None;
        }
        let (said, mut lanes) = directions(tags, highway)?;
        let carried = route.and_then(of_route);
        let movable = tags.is("bridge", "movable");
        let mut seconds = None;
        if carried.is_some() || movable {
            seconds = tags.get("duration").and_then(measure::duration_seconds).map(|s| s.clamp(1.0, LONGEST_SECONDS));
        }
        if tags.is("service", "emergency_access") {
            return None;
        }
        let own_speed = carried.or(if movable && seconds.is_none() { Some(speeds::MOVABLE_BRIDGE) } else { None });
        let speed = own_speed.or_else(|| highway.and_then(of_class));
        let limits = tags.both_ways(&["maxspeed:advisory", "maxspeed", "source:maxspeed", "maxspeed:type"]);
        let restricted = is_restricted(tags, highway, said);
        let rates = rates(tags, lanes[0] && lanes[1]);
        let mut read = [None; 2];
        for direction in 0..2 {
            let open = matches!(said[direction], Access::Open | Access::Unknown);
            let by_class = speed.or(open.then_some(speeds::OPEN_TO_CARS));
            // Of a way that is no road, a direction nobody opened stays closed, whatever its limit.
            lanes[direction] &= by_class.is_some() || seconds.is_some();
            let limit = limits[direction].and_then(measure::speed_limit_kmh);
            let speed_kmh = limit.map(|limit| limit * speeds::SHARE_OF_LIMIT).or(by_class).unwrap_or(0.0);
            let speed_kmh = slowed_by_surface(tags, speed_kmh);
            if lanes[direction] && (speed_kmh > 0.0 || seconds.is_some()) {
                let rate_kmh = speed_kmh * rates[direction];
                read[direction] = Some(Lane { speed_kmh, rate_kmh, restricted: restricted[direction] });
            }
        }
        let private_service =
            highway == Some("service") && tags.both_ways(&access::KEYS)[0].is_some_and(|value| value == "private");
        read.iter().any(Option::is_some).then_some(Self {
            lanes: read,
            seconds,
            carried: carried.is_some() && !movable,
            roundabout: tags.is("junction", "roundabout") || tags.is("junction", "circular"),
            may_begin: (carried.is_none() || movable) && !private_service,
            keeps_left: match tags.get("driving_side") {
                Some("left") => Some(true),
                Some("right") => Some(false),
                _ => None,
            },
        })
    }
}

/// Whether nobody gets through, whatever the access tags say.
fn is_blocked(tags: Tags<'_>, highway: Option<&str>) -> bool {
    matches!(highway, Some("steps" | "construction" | "proposed" | "area" | "reversible" | "impassable"))
        || tags.is("area", "yes")
        || tags.is("railway", "construction")
        || tags.get("construction").is_some_and(|value| !matches!(value, "no" | "widening" | "minor"))
        || (tags.get("proposed").is_some() && highway.is_none())
        || tags.is("oneway", "reversible")
        || tags.is("impassable", "yes")
        || tags.is("status", "impassable")
}

/// What the access tags say of each direction, and which directions a car that fits may take.
fn directions(tags: Tags<'_>, highway: Option<&str>) -> Option<([Access; 2], [bool; 2])> {
    let too_small = |keys: &[&str], least: f64, read: fn(&str) -> Option<f64>| {
        tags.both_ways(keys).map(|value| value.and_then(read).is_some_and(|found| found < least))
    };
    let sizes = [
        too_small(&["maxheight:physical", "maxheight"], HEIGHT, measure::height_metres),
        // A way exactly as wide as the car is too narrow.
        too_small(
            &["maxwidth:physical", "maxwidth", "width", "est_width"],
            WIDTH + f64::EPSILON * 2.0,
            measure::metres,
        ),
        too_small(&["maxlength"], LENGTH, measure::metres),
        too_small(&["maxweightrating", "maxweight"], WEIGHT, measure::kilograms),
    ];
    let said = tags.both_ways(&access::KEYS).map(access_of);
    let for_cars = highway.is_some_and(|class| of_class(class).is_some());
    let oneway = ["oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"];
    let (forward, backward) = match oneway.iter().find_map(|key| tags.get(key)) {
        Some("-1") => (false, true),
        Some("yes" | "1" | "true") => (true, false),
        Some("no") => (true, true),
        _ if highway == Some("motorway") || tags.is("junction", "roundabout") || tags.is("junction", "circular") => {
            (true, false)
        }
        _ => (true, true),
    };
    let mut lanes = [forward, backward];
    for (direction, lane) in lanes.iter_mut().enumerate() {
        *lane &= match said[direction] {
            Access::Closed => false,
            Access::Restricted => for_cars,
            Access::Open | Access::Unsaid | Access::Unknown => true,
        };
        *lane &= sizes.iter().all(|size| !size[direction]);
    }
    lanes.contains(&true).then_some((said, lanes))
}

/// Whether each direction only leads to places on it.
fn is_restricted(tags: Tags<'_>, highway: Option<&str>, said: [Access; 2]) -> [bool; 2] {
    let for_cars = highway.is_some_and(|class| of_class(class).is_some());
    // Lanes for full cars only are the last resort of a single driver.
    let pooled = tags.is("hov", "designated");
    let lanes = tags.both_ways(&["hov:lanes"]);
    [0, 1].map(|direction| {
        let all_pooled = lanes[direction].is_some_and(|lanes| lanes.split('|').all(|lane| lane == "designated"));
        (for_cars && said[direction] == Access::Restricted) || pooled || all_pooled
    })
}

fn slowed_by_surface(tags: Tags<'_>, speed_kmh: f64) -> f64 {
    let limits = [
        tags.get("surface").and_then(speeds::limit_of_surface),
        tags.get("tracktype").and_then(speeds::limit_of_tracktype),
        tags.get("smoothness").and_then(speeds::limit_of_smoothness),
    ];
    limits.into_iter().flatten().fold(speed_kmh, f64::min)
}

/// By how much drivers shun each direction: the share of its speed that the choice of a route counts.
fn rates(tags: Tags<'_>, both_ways: bool) -> [f64; 2] {
    let service = match tags.get("service") {
        Some("alley" | "parking" | "parking_aisle" | "driveway" | "drive-through" | "drive-thru") => 0.5,
        _ => 1.0,
    };
    let mut narrow = if both_ways && tags.is("lane_markings", "no") { 0.75 } else { 1.0 };
    if both_ways && let Some(width) = tags.get("width").and_then(measure::metres) {
        narrow = match width {
            ..=3.0 => 0.5,
            ..4.0 => 0.6,
            ..5.0 => 0.75,
            ..6.0 => 0.8,
            _ => narrow,
        };
    }
    let lanes = tags.get("lanes").and_then(|lanes| {
        let digits = lanes.bytes().take_while(u8::is_ascii_digit).count();
        lanes[..digits].parse::<u32>().ok()
    });
    if both_ways && lanes.is_some_and(|lanes| lanes <= 1) {
        narrow = 0.5;
    }
    // Signals that let one direction through at a time.
    let alternating = if tags.is("oneway", "alternating") { 0.4 } else { 1.0 };
    let side_road = if matches!(tags.get("side_road"), Some("yes" | "rotary")) { 0.8 } else { 1.0 };
    let both = [service, narrow, alternating, side_road].into_iter().fold(1.0, f64::min);
    match tags.get("priority") {
        Some("forward") => [both, both.min(0.7)],
        Some("backward") => [both.min(0.7), both],
        _ => [both; 2],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn read(tags: &[(&str, &str)]) -> CarWay {
        CarWay::read(Tags(tags)).expect("a car may drive here")
    }

    fn closed(tags: &[(&str, &str)]) -> bool {
        CarWay::read(Tags(tags)).is_none()
    }

    fn speeds(tags: &[(&str, &str)]) -> [Option<f64>; 2] {
        read(tags).lanes.map(|lane| lane.map(|lane| lane.speed_kmh))
    }

    #[test]
    fn one_way_streets_are_one_way_said_or_implied() {
        assert_eq!(speeds(&[("highway", "residential")]), [Some(25.0), Some(25.0)]);
        assert_eq!(speeds(&[("highway", "residential"), ("oneway", "yes")]), [Some(25.0), None]);
        assert_eq!(speeds(&[("highway", "residential"), ("oneway", "-1")]), [None, Some(25.0)]);
        assert_eq!(speeds(&[("highway", "motorway")]), [Some(90.0), None]);
        assert_eq!(speeds(&[("highway", "motorway"), ("oneway", "no")]), [Some(90.0), Some(90.0)]);
        assert_eq!(speeds(&[("highway", "tertiary"), ("junction", "roundabout")]), [Some(40.0), None]);
        let for_cars_both = [("highway", "residential"), ("oneway", "yes"), ("oneway:motor_vehicle", "no")];
        assert_eq!(speeds(&for_cars_both), [Some(25.0), Some(25.0)]);
        assert!(closed(&[("highway", "primary"), ("oneway", "reversible")]), "its direction hangs on the hour");
    }

    #[test]
    fn access_closes_opens_and_restricts() {
        assert!(closed(&[("highway", "residential"), ("motor_vehicle", "no")]));
        assert!(!closed(&[("highway", "residential"), ("access", "no"), ("motorcar", "yes")]));
        assert!(closed(&[("highway", "track")]), "a track is no road for cars unless it says so");
        assert_eq!(speeds(&[("highway", "track"), ("motor_vehicle", "yes")]), [Some(10.0), Some(10.0)]);
        assert!(closed(&[("highway", "track"), ("access", "private")]));
        let private = read(&[("highway", "residential"), ("access", "private")]);
        assert!(private.lanes.iter().all(|lane| lane.unwrap().restricted));
        assert!(private.may_begin);
        assert!(!read(&[("highway", "service"), ("access", "private")]).may_begin);
        let one_side = read(&[("highway", "residential"), ("motor_vehicle:backward", "destination")]);
        assert_eq!(one_side.lanes.map(|lane| lane.unwrap().restricted), [false, true]);
        assert!(closed(&[("highway", "steps")]));
        assert!(closed(&[("building", "yes")]));
        assert!(closed(&[("highway", "service"), ("service", "emergency_access")]));
    }

    #[test]
    fn a_way_opened_in_one_direction_stays_closed_in_the_other() {
        let track = [("highway", "track"), ("motor_vehicle:forward", "yes"), ("maxspeed", "30")];
        assert_eq!(speeds(&track), [Some(24.0), None]);
    }

    #[test]
    fn a_car_that_does_not_fit_stays_out() {
        assert!(closed(&[("highway", "residential"), ("maxheight", "1.8")]));
        assert!(closed(&[("highway", "residential"), ("maxwidth", "1.9")]));
        assert!(!closed(&[("highway", "residential"), ("maxheight", "none"), ("maxweight", "3.5")]));
        assert!(closed(&[("highway", "residential"), ("maxweight", "1.5")]));
    }

    #[test]
    fn limits_and_surfaces_set_the_speed() {
        let both = [("highway", "primary"), ("maxspeed", "50"), ("maxspeed:backward", "30 mph")];
        assert_eq!(speeds(&both), [Some(40.0), Some(30.0 * 1.609 * 0.8)]);
        assert_eq!(speeds(&[("highway", "primary"), ("surface", "cobblestone")]), [Some(30.0); 2]);
        assert_eq!(speeds(&[("highway", "residential"), ("surface", "asphalt")]), [Some(25.0); 2]);
        assert!(closed(&[("highway", "residential"), ("smoothness", "impassable")]));
    }

    #[test]
    fn what_drivers_shun_is_counted_slower_and_takes_no_longer() {
        let rate = |tags: &[(&str, &str)]| read(tags).lanes.map(|lane| lane.unwrap().rate_kmh);
        assert_eq!(rate(&[("highway", "service"), ("service", "alley")]), [7.5, 7.5]);
        assert_eq!(speeds(&[("highway", "service"), ("service", "alley")]), [Some(15.0); 2]);
        assert_eq!(rate(&[("highway", "tertiary"), ("width", "3.5")]), [24.0, 24.0]);
        assert_eq!(rate(&[("highway", "tertiary"), ("lanes", "1")]), [20.0, 20.0]);
        assert_eq!(rate(&[("highway", "tertiary"), ("priority", "forward")]), [40.0, 28.0]);
        let one_way = read(&[("highway", "tertiary"), ("lanes", "1"), ("oneway", "yes")]);
        assert_eq!(one_way.lanes[0].unwrap().rate_kmh, 40.0, "one lane is enough for one direction");
    }

    #[test]
    fn a_ferry_carries_the_car_for_as_long_as_it_says() {
        let ferry = read(&[("route", "ferry"), ("duration", "00:20")]);
        assert!(ferry.carried && !ferry.may_begin);
        assert_eq!(ferry.seconds, Some(1200.0));
        assert_eq!(speeds(&[("route", "ferry")]), [Some(5.0); 2]);
        assert!(closed(&[("route", "ferry"), ("motor_vehicle", "no")]));
        assert!(closed(&[("route", "hiking")]));
    }
}
