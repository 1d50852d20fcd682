//! The speeds of OSRM's car profile: by class of road, by zone of a limit, and the most a surface allows.
//!
//! In goes the value of a tag; out comes a speed in km/h. Each table is one `match`.
//! Source: OSRM's car profile, which estimated the surfaces from photographs.

/// How fast a car goes on a class of road that says nothing else.
pub fn of_class(highway: &str) -> Option<f64> {
    Some(match highway {
        "motorway" => 90.0,
        "trunk" => 85.0,
        "primary" => 65.0,
        "secondary" => 55.0,
        "motorway_link" => 45.0,
        "tertiary" | "trunk_link" => 40.0,
        "primary_link" => 30.0,
        "unclassified" | "residential" | "secondary_link" => 25.0,
        "tertiary_link" | "winter_road" => 20.0,
        "service" | "ice_road" => 15.0,
        "living_street" => 10.0,
        _ => return None,
    })
}

/// How fast it goes on anything else that is expressly open to it.
pub const OPEN_TO_CARS: f64 = 10.0;

/// How fast a ferry or a shuttle train goes that does not say how long it takes.
pub fn of_route(route: &str) -> Option<f64> {
    match route {
        "ferry" => Some(5.0),
        "shuttle_train" => Some(10.0),
        _ => None,
    }
}

/// How fast a car goes over a movable bridge that does not say how long that takes.
pub const MOVABLE_BRIDGE: f64 = 5.0;

/// How much of a limit is driven on average.
pub const SHARE_OF_LIMIT: f64 = 0.8;

/// The limit of a zone such as `de:rural`, in small letters; 0 where there is none.
pub fn limit_of_zone(zone: &str) -> Option<f64> {
    Some(match zone {
        "none" | "bg:motorway" | "pl:motorway" => 140.0,
        "be:motorway" | "ch:motorway" | "pl:expressway" => 120.0,
        "gb:motorway" | "uk:motorway" | "gb:nsl_dual" | "uk:nsl_dual" => 112.63,
        "ar:rural" | "by:motorway" | "no:motorway" | "ru:motorway" | "ro:trunk" => 110.0,
        "at:rural" | "at:trunk" | "ch:trunk" | "de:rural" | "nl:trunk" | "ph:motorway" | "pl:rural" | "za:rural" => {
            100.0
        }
        "gb:nsl_single" | "uk:nsl_single" => 96.54,
        "es:trunk" => 90.0,
        "ca-on:rural" | "ch:rural" | "dk:rural" | "fr:rural" | "nl:rural" | "no:rural" | "ph:rural" => 80.0,
        "be-bru:rural" | "be-vlg:rural" => 70.0,
        "by:urban" | "ru:urban" | "za:urban" => 60.0,
        "ar:urban" | "ph:urban" => 40.0,
        "be-bru:urban" => 30.0,
        "lv:living_street" | "ru:living_street" => 20.0,
        "de:living_street" => 7.0,
        "de:motorway" => 0.0,
        _ => match zone.split_once(':')?.1.split(|sign: char| !sign.is_ascii_alphabetic()).next()? {
            "urban" => 50.0,
            "rural" => 90.0,
            "trunk" => 110.0,
            "motorway" => 130.0,
            _ => return None,
        },
    })
}

/// The most a surface allows; none where it limits nothing.
pub fn limit_of_surface(surface: &str) -> Option<f64> {
    Some(match surface {
        "cement" | "compacted" | "fine_gravel" => 80.0,
        "paving_stones" | "metal" | "bricks" => 60.0,
        "grass" | "wood" | "sett" | "grass_paver" | "gravel" | "unpaved" | "ground" | "dirt" | "pebblestone"
        | "tartan" => 40.0,
        "cobblestone" | "clay" | "snow" => 30.0,
        "earth" | "stone" | "rocky" | "sand" | "ice" => 20.0,
        "laterite" => 15.0,
        "mud" => 10.0,
        _ => return None,
    })
}

/// The most a kind of track allows.
pub fn limit_of_tracktype(tracktype: &str) -> Option<f64> {
    Some(match tracktype {
        "grade1" => 60.0,
        "grade2" => 40.0,
        "grade3" => 30.0,
        "grade4" => 25.0,
        "grade5" => 20.0,
        _ => return None,
    })
}

/// The most the evenness of a road allows; 0 where nobody gets through.
pub fn limit_of_smoothness(smoothness: &str) -> Option<f64> {
    Some(match smoothness {
        "intermediate" => 80.0,
        "bad" => 40.0,
        "very_bad" => 20.0,
        "horrible" => 10.0,
        "very_horrible" => 5.0,
        "impassable" => 0.0,
        _ => return None,
    })
}
