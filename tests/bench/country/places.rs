//! Where hospitals are, and which are near which.

use account_swap::domain::units::Place;

/// A hospital.
#[derive(Clone)]
pub struct Hospital {
    /// Its state, as a word.
    pub state: String,
    /// Where it is.
    pub place: Place,
}

/// All hospitals, and for each those within some distances, by number.
pub struct Hospitals {
    /// By state, latitude and longitude.
    pub all: Vec<Hospital>,
    /// Within 60 km.
    pub near: Vec<Vec<u32>>,
    /// Within 250 km.
    pub far: Vec<Vec<u32>>,
}

impl Hospitals {
    /// Reads `tests/data/hospitals/places.csv`.
    pub fn read() -> Self {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/hospitals/places.csv");
        let mut file = csv::Reader::from_path(path).expect("the places are there");
        let all: Vec<Hospital> = file
            .deserialize::<(String, f64, f64)>()
            .map(|row| row.expect("a state, a latitude and a longitude"))
            .map(|(state, lat, lon)| Hospital { state, place: Place::from_degrees(lat, lon).expect("a place") })
            .collect();
        let mut by_latitude: Vec<u32> = (0..).take(all.len()).collect();
        by_latitude.sort_by_key(|&at| all[at as usize].place.e6());
        let (near, far) = (within(&all, &by_latitude, 60_000.0), within(&all, &by_latitude, 250_000.0));
        Self { all, near, far }
    }
}

fn within(all: &[Hospital], by_latitude: &[u32], metres: f64) -> Vec<Vec<u32>> {
    let lat = |at: u32| all[at as usize].place.lat();
    let degrees = metres / 111_000.0;
    let around = |one: &Hospital| {
        let from = by_latitude.partition_point(|&at| lat(at) < one.place.lat() - degrees);
        let strip = by_latitude[from..].iter().copied().take_while(|&at| lat(at) <= one.place.lat() + degrees);
        strip.filter(|&at| all[at as usize].place.great_circle_metres(one.place) <= metres).collect()
    };
    all.iter().map(around).collect()
}
