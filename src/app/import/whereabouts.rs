//! Where somebody or something is, as a row says it: coordinates, or a postal code in their stead.
//!
//! In go degrees, a code and a country; out comes a place and whether it is only about right, or which column is wrong.
//! Deliberately absent: guessing at degrees that look swapped or missing; they are refused.

use super::{countries, postal};
use crate::domain::{Wrong, units::Place};

/// What a row says of where somebody or something is.
#[derive(Clone, Default)]
pub(super) struct Whereabouts {
    pub(super) lat: Option<f64>,
    pub(super) lon: Option<f64>,
    pub(super) postal_code: Option<String>,
    pub(super) is_approximate: bool,
}

impl Whereabouts {
    /// The place, and whether it is approximate: the coordinates where there are any, else the middle of the postal code.
    pub(super) fn place(&self, country: &str) -> Result<(Place, bool), (&'static str, Wrong)> {
        match (self.lat, self.lon, &self.postal_code) {
            (Some(lat), Some(lon), _) => Ok((place(lat, lon, country)?, self.is_approximate)),
            (Some(_), None, _) => Err(("lon", Wrong::new("", "the longitude that belongs to the latitude"))),
            (None, Some(_), _) => Err(("lat", Wrong::new("", "the latitude that belongs to the longitude"))),
            (None, None, Some(code)) => match postal::middle(country, code) {
                Ok(place) => Ok((place, true)),
                Err(wrong) => Err(("postal_code", wrong)),
            },
            (None, None, None) => Err((
                "lat",
                Wrong::new("", "a latitude and a longitude, or a postal code of the United States or Canada"),
            )),
        }
    }
}

/// The place of two degrees, where they look right for the country.
fn place(lat: f64, lon: f64, country: &str) -> Result<Place, (&'static str, Wrong)> {
    let found = || format!("{lat}, {lon}");
    if lat == 0.0 && lon == 0.0 {
        return Err(("lat", Wrong::new(found(), "a real place; 0, 0 is where missing coordinates end up")));
    }
    if countries::looks_swapped(country, lat, lon) {
        return Err(("lat", Wrong::new(found(), "latitude, then longitude; the two look swapped")));
    }
    Place::from_degrees(lat, lon).map_err(|wrong| ("lat", wrong))
}

/// What stands in a row until its place is known.
pub(super) fn somewhere() -> Place {
    Place::from_degrees(0.0, 0.0).expect("on the globe")
}

pub(super) const MIDDLE: &str = "the middle of the postal code's area";
pub(super) const POSTAL_CODE: &str = "a postal code of the United States or Canada, for a row without coordinates";
pub(super) const APPROXIMATE: &str = "whether the coordinates are only about right";
pub(super) const LATITUDE: &str = "a latitude from -90 to 90 degrees, with a decimal point";
pub(super) const LONGITUDE: &str = "a longitude from -180 to 180 degrees, with a decimal point";
