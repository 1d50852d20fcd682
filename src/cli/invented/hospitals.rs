//! Hospitals: the real institutions, built into the program.
//!
//! In go the states asked for; out come their hospitals by id, and the towns they stand in. The file is
//! `tests/data/hospitals/hospitals.csv` with its origin beside it, so that nobody needs no file and no network.
//! Costs: 200 kB in the program and one pass.
//! Deliberately absent: anything invented.

use account_swap::domain::units::Place;
use anyhow::Context as _;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

const FILE: &str = include_str!("../../../tests/data/hospitals/hospitals.csv");

/// Words that stay in capitals.
const INITIALS: [&str; 28] = [
    "ACMH", "ARH", "CAMC", "CJW", "EMH", "ER", "HUMC", "II", "III", "JFK", "LLC", "MD", "NYU", "OSS", "OSU", "PA",
    "PAM", "RMH", "SJRH", "SUNY", "UH", "UHHS", "UHS", "UMC", "UPMC", "URMC", "UVA", "VA",
];
/// Towns the source misspells.
const SPELLINGS: [(&str, &str); 2] = [("CINICINNATI", "CINCINNATI"), ("HARRSIBURG", "HARRISBURG")];
/// Words that stay small inside a name.
const SMALL: [&str; 8] = ["of", "and", "the", "at", "for", "in", "by", "on"];

/// One hospital.
#[derive(Debug, Clone, PartialEq)]
pub struct Hospital {
    /// The source's id.
    pub id: String,
    /// Its name, not in capitals.
    pub name: String,
    /// Its town, not in capitals.
    pub city: String,
    /// Its state, two letters.
    pub state: String,
    /// Its kind, as the source writes it.
    pub kind: String,
    /// Whether the federal government runs it.
    pub is_federal: bool,
    /// Its beds, where known.
    pub beds: Option<u32>,
    /// Where it is.
    pub place: Place,
}

impl Hospital {
    /// Town and state.
    pub fn town(&self) -> String {
        format!("{} {}", self.city, self.state)
    }
}

/// A town with hospitals.
#[derive(Debug, Clone, PartialEq)]
pub struct Town {
    /// Town and state.
    pub name: String,
    /// The middle of its hospitals.
    pub place: Place,
    /// How many there are.
    pub hospitals: usize,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    name: String,
    city: String,
    state: String,
    #[serde(rename = "type")]
    kind: String,
    owner: String,
    beds: Option<u32>,
    lat: f64,
    lon: f64,
}

/// Every hospital, by id.
pub fn all() -> anyhow::Result<Vec<Hospital>> {
    let rows = csv::Reader::from_reader(FILE.as_bytes()).into_deserialize::<Row>();
    let mut hospitals = rows
        .map(|row| {
            let row = row?;
            Ok(Hospital {
                place: Place::from_degrees(row.lat, row.lon)?,
                name: readable(&row.name),
                city: town(&row.city),
                is_federal: row.owner == "GOVERNMENT - FEDERAL",
                id: row.id,
                state: row.state,
                kind: row.kind,
                beds: row.beds,
            })
        })
        .collect::<anyhow::Result<Vec<_>>>()
        .context("the hospitals built into the program")?;
    hospitals.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(hospitals)
}

/// The states there are hospitals of, by name.
pub fn states(hospitals: &[Hospital]) -> BTreeSet<&str> {
    hospitals.iter().map(|hospital| hospital.state.as_str()).collect()
}

/// The towns of some hospitals, by state and name.
pub fn towns(hospitals: &[Hospital]) -> anyhow::Result<Vec<Town>> {
    let mut places: BTreeMap<(&str, &str), Vec<Place>> = BTreeMap::new();
    for hospital in hospitals {
        places.entry((&hospital.state, &hospital.city)).or_default().push(hospital.place);
    }
    places
        .into_iter()
        .map(|((state, city), places)| {
            let mean = |degrees: fn(Place) -> f64| {
                places.iter().map(|place| degrees(*place)).sum::<f64>() / places.len() as f64
            };
            Ok(Town {
                name: format!("{city} {state}"),
                place: Place::from_degrees(mean(Place::lat), mean(Place::lon))?,
                hospitals: places.len(),
            })
        })
        .collect()
}

/// A town's name, spelled right.
fn town(capitals: &str) -> String {
    let right = SPELLINGS.iter().find(|(wrong, _)| *wrong == capitals);
    readable(right.map_or(capitals, |(_, right)| right))
}

/// Turns the source's capitals into ordinary writing.
fn readable(capitals: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '\'';
    let mut text = String::new();
    let mut rest = capitals.trim();
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| is_word(letter) != is_word(first)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let small = word.to_lowercase();
        match () {
            () if INITIALS.contains(&word) => text.push_str(word),
            () if !text.is_empty() && SMALL.contains(&small.as_str()) => text.push_str(&small),
            () => {
                text.push(first);
                text.push_str(small.strip_prefix(|_: char| true).unwrap_or_default());
            }
        }
        rest = after;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_written_the_way_people_write_them() {
        assert_eq!(readable("UPMC SHADYSIDE-ER"), "UPMC Shadyside-ER");
        assert_eq!(town("HARRSIBURG"), "Harrisburg");
        assert_eq!(readable("THE CHILDREN'S HOSPITAL OF PHILADELPHIA"), "The Children's Hospital of Philadelphia");
    }

    #[test]
    fn every_hospital_can_be_read_and_stands_in_a_town() {
        let hospitals = all().unwrap();
        assert_eq!(hospitals.len(), 1407);
        assert!(states(&hospitals).contains("PA"));
        let towns = towns(&hospitals).unwrap();
        assert_eq!(towns.iter().map(|town| town.hospitals).sum::<usize>(), 1407);
    }
}
