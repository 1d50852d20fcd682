//! Numbers with their unit in the type: minutes, metres, cents, points, stars, places.
//!
//! All are integers, so that equal inputs give equal bytes and no float ever compares two moves.
//! Arithmetic is ordinary `i64` arithmetic; importers bound what comes in so that no sum can overflow.
//! Deliberately absent: conversions between units, which are prices and so belong to the policy.

use super::Wrong;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, iter::Sum, ops};

macro_rules! unit {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// Nothing of it.
            pub const ZERO: Self = Self(0);
            /// The distance from nothing.
            pub const fn abs(self) -> Self { Self(self.0.abs()) }
        }
        impl ops::Add for $name { type Output = Self; fn add(self, other: Self) -> Self { Self(self.0 + other.0) } }
        impl ops::Sub for $name { type Output = Self; fn sub(self, other: Self) -> Self { Self(self.0 - other.0) } }
        impl ops::Neg for $name { type Output = Self; fn neg(self) -> Self { Self(-self.0) } }
        impl ops::Mul<i64> for $name { type Output = Self; fn mul(self, times: i64) -> Self { Self(self.0 * times) } }
        impl ops::AddAssign for $name { fn add_assign(&mut self, other: Self) { self.0 += other.0; } }
        impl ops::SubAssign for $name { fn sub_assign(&mut self, other: Self) { self.0 -= other.0; } }
        impl Sum for $name { fn sum<I: Iterator<Item = Self>>(all: I) -> Self { Self(all.map(|one| one.0).sum()) } }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
    )+};
}

unit! {
    /// Minutes of a person's time; most often minutes a year.
    Minutes,
    /// Metres on the ground.
    Metres,
    /// Hundredths of the organisation's one currency.
    Cents,
    /// What the engine maximises: minutes a year after fairness and ageing.
    Points,
}

/// How well a rep and an account get on: 1.00 to 5.00 stars, kept in hundredths, written as a decimal in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stars {
    hundredths: u16,
}

impl Stars {
    /// The worst there is.
    pub const WORST: Self = Self { hundredths: 100 };
    /// The best there is.
    pub const BEST: Self = Self { hundredths: 500 };

    /// Takes 100 to 500 hundredths.
    pub fn from_hundredths(hundredths: i64) -> Result<Self, Wrong> {
        match u16::try_from(hundredths) {
            Ok(sound @ 100..=500) => Ok(Self { hundredths: sound }),
            _ => Err(Wrong::new(format!("{}", hundredths as f64 / 100.0), "1.0 to 5.0 stars")),
        }
    }

    /// The nearest possible stars: anything beyond an end becomes that end.
    pub fn clamped(hundredths: i64) -> Self {
        Self { hundredths: hundredths.clamp(100, 500) as u16 }
    }

    /// Hundredths of a star, 100 to 500.
    pub const fn hundredths(self) -> i64 {
        self.hundredths as i64
    }

    /// Takes a decimal such as 2.5; more than two places are refused, not rounded away.
    pub fn from_decimal(stars: f64) -> Result<Self, Wrong> {
        let hundredths = (stars * 100.0).round();
        if stars.is_finite() && (stars * 100.0 - hundredths).abs() < 1e-6 {
            Self::from_hundredths(hundredths as i64)
        } else {
            Err(Wrong::new(stars.to_string(), "1.0 to 5.0 stars with at most two decimal places"))
        }
    }
}

impl fmt::Display for Stars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.hundredths / 100, self.hundredths % 100)
    }
}

impl Serialize for Stars {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_f64(f64::from(self.hundredths) / 100.0)
    }
}

impl<'de> Deserialize<'de> for Stars {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::from_decimal(f64::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// A point on the Earth, WGS 84, in millionths of a degree (about 11 cm), so that it is exact and hashable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "PlaceJson", into = "PlaceJson")]
pub struct Place {
    lat_e6: i32,
    lon_e6: i32,
}

/// A place as people write it.
#[derive(Serialize, Deserialize)]
struct PlaceJson {
    lat: f64,
    lon: f64,
}

impl Place {
    /// The mean radius of the Earth in metres (IUGG 1980).
    pub const EARTH_RADIUS_METRES: f64 = 6_371_008.8;

    /// Takes degrees; refuses what is not finite or out of range.
    pub fn from_degrees(lat: f64, lon: f64) -> Result<Self, Wrong> {
        if !(lat.is_finite() && (-90.0..=90.0).contains(&lat)) {
            return Err(Wrong::new(lat.to_string(), "a latitude from -90 to 90 degrees"));
        }
        if !(lon.is_finite() && (-180.0..=180.0).contains(&lon)) {
            return Err(Wrong::new(lon.to_string(), "a longitude from -180 to 180 degrees"));
        }
        Ok(Self { lat_e6: (lat * 1e6).round() as i32, lon_e6: (lon * 1e6).round() as i32 })
    }

    /// Takes millionths of a degree, as the store keeps them.
    pub fn from_e6(lat_e6: i32, lon_e6: i32) -> Result<Self, Wrong> {
        Self::from_degrees(f64::from(lat_e6) / 1e6, f64::from(lon_e6) / 1e6)
    }

    /// Latitude and longitude in millionths of a degree.
    pub const fn e6(self) -> (i32, i32) {
        (self.lat_e6, self.lon_e6)
    }

    /// Latitude in degrees.
    pub fn lat(self) -> f64 {
        f64::from(self.lat_e6) / 1e6
    }

    /// Longitude in degrees.
    pub fn lon(self) -> f64 {
        f64::from(self.lon_e6) / 1e6
    }

    /// The point on the unit sphere: `[x, y, z]`, right at the poles and across the antimeridian.
    pub fn unit_vector(self) -> [f64; 3] {
        let (lat, lon) = (self.lat().to_radians(), self.lon().to_radians());
        [lat.cos() * lon.cos(), lat.cos() * lon.sin(), lat.sin()]
    }

    /// The great-circle distance in metres (haversine: Sinnott, "Virtues of the Haversine", 1984).
    pub fn great_circle_metres(self, other: Self) -> f64 {
        let (lat1, lat2) = (self.lat().to_radians(), other.lat().to_radians());
        let half_dlat = ((lat2 - lat1) / 2.0).sin();
        let half_dlon = ((other.lon() - self.lon()).to_radians() / 2.0).sin();
        let h = half_dlat * half_dlat + lat1.cos() * lat2.cos() * half_dlon * half_dlon;
        2.0 * Self::EARTH_RADIUS_METRES * h.sqrt().min(1.0).asin()
    }
}

impl TryFrom<PlaceJson> for Place {
    type Error = Wrong;
    fn try_from(json: PlaceJson) -> Result<Self, Wrong> {
        Self::from_degrees(json.lat, json.lon)
    }
}

impl From<Place> for PlaceJson {
    fn from(place: Place) -> Self {
        Self { lat: place.lat(), lon: place.lon() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_off_the_globe_is_refused_by_name() {
        assert_eq!(Place::from_degrees(91.0, 0.0).unwrap_err().expected, "a latitude from -90 to 90 degrees");
        assert!(Place::from_degrees(f64::NAN, 0.0).is_err());
        assert!(Place::from_degrees(0.0, f64::INFINITY).is_err());
    }

    #[test]
    fn the_antimeridian_is_no_wall() {
        let (west, east) = (Place::from_degrees(0.0, 179.9).unwrap(), Place::from_degrees(0.0, -179.9).unwrap());
        assert!((west.great_circle_metres(east) - 22_239.0).abs() < 10.0);
    }

    #[test]
    fn stars_are_written_as_decimals_and_never_rounded_silently() {
        assert_eq!(serde_json::to_string(&Stars::from_decimal(2.5).unwrap()).unwrap(), "2.5");
        assert!(serde_json::from_str::<Stars>("2.555").is_err());
        assert!(serde_json::from_str::<Stars>("5.01").is_err());
    }
}
