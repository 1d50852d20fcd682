//! Drawn territories: from GeoJSON to the store.
//!
//! In goes a `FeatureCollection` (RFC 7946, "The GeoJSON Format", H. Butler and others, 2016) whose features are
//! polygons or multipolygons with a name; out come territories, or every feature that is wrong, by line and number.
//! A feature's name is its `id`, else its property `name`; it is what reps' territories call it, in any case of letters.
//! Holds: a file with one wrong feature imports nothing; a territory that a file does not name stays as it is.
//! Cost: the file and its shapes in memory at once.
//! Deliberately absent: coordinate systems other than WGS 84, and repairing rings.

use super::{
    About,
    refused::{Errors, ImportError, RowError, stopped},
    source::Stop,
};
use crate::{
    domain::{
        Wrong,
        roster::Tag,
        territory::{Polygon, Ring, Shape, Territory},
    },
    store::{
        Writer,
        staging::{self, Applied},
        territories,
    },
};
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use std::{collections::BTreeMap, io::Read};

/// A file as the template prints it: a name and a box.
pub(super) const TEMPLATE: &str = r#"{
  "type": "FeatureCollection",
  "features": [
    {
      "type": "Feature",
      "id": "high desert",
      "properties": {"name": "High Desert"},
      "geometry": {
        "type": "Polygon",
        "coordinates": [[[-118.0, 34.0], [-116.0, 34.0], [-116.0, 36.0], [-118.0, 36.0], [-118.0, 34.0]]]
      }
    }
  ]
}
"#;

/// What counts in a feature.
pub(super) const MEMBERS: [About; 3] = [
    About {
        name: "id",
        default: Some("the property name"),
        meaning: "the territory's name, as reps' territories call it",
        example: "high desert",
    },
    About { name: "properties.name", default: Some("the id"), meaning: "the same, where there is no id", example: "" },
    About {
        name: "geometry",
        default: None,
        meaning: "a Polygon or a MultiPolygon in WGS 84, longitude first",
        example: r#"{"type": "Polygon", "coordinates": [[[-118, 34], [-116, 34], [-116, 36], [-118, 34]]]}"#,
    },
];

/// The names by which WGS 84 goes; longitude comes first under each, as RFC 7946 and its forerunner have it.
const WGS_84: [&str; 4] =
    ["urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "urn:ogc:def:crs:EPSG::4326", "EPSG:4326"];

#[derive(Deserialize)]
struct Collection<'a> {
    r#type: String,
    #[serde(default, borrow)]
    features: Option<Vec<&'a RawValue>>,
    #[serde(default)]
    crs: Option<Value>,
}

#[derive(Deserialize)]
struct Feature<'a> {
    #[serde(default)]
    r#type: Value,
    #[serde(default)]
    id: Value,
    #[serde(default)]
    properties: Value,
    #[serde(default, borrow)]
    geometry: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Geometry<'a> {
    r#type: String,
    #[serde(default, borrow)]
    coordinates: Option<&'a RawValue>,
}

/// A position: longitude, latitude and whatever follows.
type Position = Vec<f64>;

/// What is wrong with a feature, and where in it.
struct Fault {
    place: String,
    wrong: Wrong,
}

fn fault(place: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Fault {
    Fault { place: place.into(), wrong: Wrong::new(found, expected) }
}

/// Reads a file of territories to its end and brings it in. Returns the features read.
pub(super) fn whole(
    writer: &mut Writer<'_>,
    mut errors: Errors,
    most_bytes: usize,
    reader: impl Read,
) -> Result<(u64, Applied), ImportError> {
    let mut bytes = Vec::new();
    if let Err(error) = reader.take(most_bytes as u64 + 1).read_to_end(&mut bytes) {
        return Err(stopped(Stop::unreadable(1, error), errors));
    }
    if bytes.len() > most_bytes {
        let found = format!("a file of more than {most_bytes} bytes");
        errors.add(RowError::new(1, "", found, format!("at most {most_bytes} bytes (import.max_territories_bytes)")));
        return Err(errors.refusal());
    }
    let found = territories_of(&bytes, &mut errors);
    if errors.total > 0 {
        return Err(errors.refusal());
    }
    staging::take_turn(writer)?;
    let applied = territories::apply(writer, &found)?;
    Ok((found.len() as u64, applied))
}

fn territories_of(bytes: &[u8], errors: &mut Errors) -> Vec<Territory> {
    let mut file_error = |line, column: &str, found: String, expected: &str| {
        errors.add(RowError::new(line, column, found, expected));
        Vec::new()
    };
    let text = match std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)) {
        Ok(text) => text,
        Err(error) => {
            let line = line_at(&bytes[..error.valid_up_to()]);
            return file_error(line, "", "bytes that are no UTF-8".to_owned(), "a GeoJSON file in UTF-8");
        }
    };
    let collection: Collection<'_> = match serde_json::from_str(text) {
        Ok(collection) => collection,
        Err(error) => {
            return file_error(error.line() as u64, "", without_place(&error), "a GeoJSON FeatureCollection");
        }
    };
    if collection.r#type != "FeatureCollection" {
        return file_error(1, "type", collection.r#type, "FeatureCollection");
    }
    if let Some(crs) = collection.crs.filter(|crs| !is_wgs_84(crs)) {
        return file_error(1, "crs", crs.to_string(), "WGS 84, longitude first (EPSG:4326), and best no crs at all");
    }
    let Some(features) = collection.features else {
        return file_error(1, "features", String::new(), "a list of features");
    };
    let mut names: BTreeMap<Tag, usize> = BTreeMap::new();
    let mut found = Vec::with_capacity(features.len());
    let (mut line, mut seen) = (1, 0);
    for (at, raw) in features.iter().enumerate() {
        let number = at + 1;
        let begins = raw.get().as_ptr() as usize - text.as_ptr() as usize;
        line += line_at(&text.as_bytes()[seen..begins]) - 1;
        seen = begins;
        let told = territory(raw).and_then(|territory| match names.insert(territory.name.clone(), number) {
            Some(first) => {
                let expected = format!("each name once in a file; feature {first} has it already");
                Err(fault("", territory.name.as_str(), expected))
            }
            None => Ok(territory),
        });
        match told {
            Ok(territory) => found.push(territory),
            Err(Fault { place, wrong }) => {
                let column = format!("feature {number}{place}");
                errors.add(RowError::new(line, column, wrong.found, wrong.expected));
            }
        }
    }
    found
}

fn territory(raw: &RawValue) -> Result<Territory, Fault> {
    let feature: Feature<'_> = read("", raw, "a Feature with a name and a geometry")?;
    if feature.r#type != "Feature" {
        return Err(fault("", feature.r#type.to_string(), "a Feature"));
    }
    let name = name(&feature)?;
    let named = |fault: Fault| Fault { place: format!(" ({name}){}", fault.place), ..fault };
    let shape = feature.geometry.ok_or_else(|| fault("", "no geometry", "a Polygon or a MultiPolygon"));
    Ok(Territory { shape: shape.and_then(shape_of).map_err(named)?, name })
}

fn name(feature: &Feature<'_>) -> Result<Tag, Fault> {
    let text = match (&feature.id, feature.properties.get("name")) {
        (Value::String(id), _) => id.clone(),
        (Value::Number(id), _) => id.to_string(),
        (_, Some(Value::String(name))) => name.clone(),
        _ => return Err(fault("", "no name", "an id, or a property name, that is a text")),
    };
    text.parse().map_err(|wrong| Fault { place: String::new(), wrong })
}

fn shape_of(raw: &RawValue) -> Result<Shape, Fault> {
    let geometry: Geometry<'_> = read("", raw, "a Polygon or a MultiPolygon")?;
    let coordinates = geometry.coordinates.ok_or_else(|| fault("", "no coordinates", "rings of positions"));
    let polygons = match geometry.r#type.as_str() {
        "Polygon" => {
            let rings: Vec<Vec<Position>> = read("", coordinates?, "a list of rings of [longitude, latitude]")?;
            vec![polygon("", &rings)?]
        }
        "MultiPolygon" => {
            let parts: Vec<Vec<Vec<Position>>> =
                read("", coordinates?, "a list of polygons, each a list of rings of [longitude, latitude]")?;
            let parts = parts.iter().enumerate();
            parts.map(|(at, rings)| polygon(&format!(", polygon {}", at + 1), rings)).collect::<Result<_, _>>()?
        }
        other => return Err(fault("", other, "a Polygon or a MultiPolygon")),
    };
    Shape::new(polygons).map_err(|wrong| Fault { place: String::new(), wrong })
}

fn polygon(place: &str, rings: &[Vec<Position>]) -> Result<Polygon, Fault> {
    let mut sound = Vec::with_capacity(rings.len());
    for (at, ring) in rings.iter().enumerate() {
        let place = format!("{place}, ring {}", at + 1);
        let degrees = |position: &Position| match position[..] {
            [lon, lat, ..] => Ok([lon, lat]),
            _ => Err(fault(place.as_str(), format!("{position:?}"), "a position of longitude and latitude")),
        };
        let positions = ring.iter().map(degrees).collect::<Result<Vec<_>, _>>()?;
        let ring = if at == 0 { Ring::outer(&positions) } else { Ring::hole(&positions) };
        sound.push(ring.map_err(|wrong| Fault { place, wrong })?);
    }
    Polygon::try_from(sound).map_err(|wrong| Fault { place: place.to_owned(), wrong })
}

fn read<'a, T: Deserialize<'a>>(place: &str, raw: &'a RawValue, expected: &str) -> Result<T, Fault> {
    serde_json::from_str(raw.get()).map_err(|error| fault(place, without_place(&error), expected))
}

/// What the reader says, without its own count of lines, which begins with the value.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

fn is_wgs_84(crs: &Value) -> bool {
    crs.is_null() || crs.pointer("/properties/name").and_then(Value::as_str).is_some_and(|name| WGS_84.contains(&name))
}

fn line_at(before: &[u8]) -> u64 {
    1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64
}
