//! Driving times that travel sources have told, part of the market.
//!
//! In go answers, in any order; out comes what was told of a way from one place to another, and how many ways each map has
//! told. Holds: each ordered pair of places stands once; no way is quicker than anybody can drive; the value, and so its
//! bytes, do not depend on the order of the answers. Costs: 13 bytes a way and two binary searches a question, one where a place's index is at hand.
//! Deliberately absent: what to go by where nothing was told, which is [`super::view::View`]'s.

use crate::domain::{
    travel::{TravelMap, TravelSource, least_deciseconds},
    units::Place,
};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a source has told of one way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    /// Where it begins.
    pub from: Place,
    /// Where it ends.
    pub to: Place,
    /// Tenths of a second at the wheel; absent where no way leads there.
    pub deciseconds: Option<u32>,
    /// Who says so.
    pub map: TravelMap,
}

/// The ways that sources have told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Ways {
    /// Who has told any of them, ascending.
    maps: Vec<TravelMap>,
    /// Where they begin or end, ascending.
    places: Vec<Place>,
    /// Those from place `p` are numbered `first[p]..first[p + 1]`; empty where there are no places.
    first: Vec<u32>,
    /// Where each ends, as an index into the places, ascending among those from one place.
    to: Vec<u32>,
    /// Tenths of a second; absent where no way leads there.
    deciseconds: Vec<Option<u32>>,
    /// Who told it, as an index into the maps.
    by: Vec<u8>,
    /// How many ways were asked for that nobody told: the straight line goes for them.
    estimated: u64,
    /// How many ways each source was asked for and gave no answer about, where there were any.
    silent: BTreeMap<TravelSource, u64>,
}

/// How many ways a source has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceCount {
    /// The source.
    pub source: TravelSource,
    /// The date of its map.
    pub map_date: Option<NaiveDate>,
    /// Times it told; of the straight line, those that nobody else told.
    pub ways: u64,
    /// Times it told that no way leads there.
    pub without_way: u64,
    /// Ways it was asked for while it did not answer.
    pub unanswered: u64,
}

impl Ways {
    /// Sorts what was told. Of two answers to one question the smaller counts, that without a way last; a time that nobody
    /// can drive is raised to one that somebody could.
    ///
    /// # Panics
    ///
    /// Where there are more than 2^32 ways or 256 maps.
    ///
    /// Cost: `O(n log n)`.
    pub fn new(mut told: Vec<Told>) -> Self {
        for one in &mut told {
            one.deciseconds = one.deciseconds.map(|deciseconds| deciseconds.max(least_deciseconds(one.from, one.to)));
        }
        told.sort_unstable_by_key(|one| (one.from, one.to, one.deciseconds.is_none(), one.deciseconds, one.map));
        told.dedup_by_key(|one| (one.from, one.to));
        let mut maps: Vec<TravelMap> = told.iter().map(|one| one.map).collect();
        let mut places: Vec<Place> = told.iter().flat_map(|one| [one.from, one.to]).collect();
        maps.sort_unstable();
        maps.dedup();
        places.sort_unstable();
        places.dedup();
        assert!(maps.len() <= 256, "{} maps", maps.len());
        let small = |at: usize| u32::try_from(at).expect("fewer than 2^32 ways");
        let mut first = Vec::new();
        if !places.is_empty() {
            let mut next = 0;
            for place in &places {
                first.push(small(next));
                next += told[next..].iter().take_while(|one| one.from == *place).count();
            }
            first.push(small(next));
        }
        let at = |place: Place| small(places.binary_search(&place).expect("each end is among the places"));
        Self {
            first,
            to: told.iter().map(|one| at(one.to)).collect(),
            deciseconds: told.iter().map(|one| one.deciseconds).collect(),
            by: told
                .iter()
                .map(|one| maps.binary_search(&one.map).expect("each map is among the maps") as u8)
                .collect(),
            maps,
            places,
            estimated: 0,
            silent: BTreeMap::new(),
        }
    }

    /// The same ways, of which `estimated` more were asked for that nobody told, and `silent` by each source gave no answer
    /// about.
    pub fn with_unanswered(self, estimated: u64, silent: BTreeMap<TravelSource, u64>) -> Self {
        Self { estimated, silent, ..self }
    }

    /// Whether nobody was asked.
    pub fn is_empty(&self) -> bool {
        self.to.is_empty() && self.estimated == 0 && self.silent.is_empty()
    }

    /// The index of a place at which a way begins or ends.
    pub fn place_index(&self, place: Place) -> Option<u32> {
        self.places.binary_search(&place).ok().map(|at| at as u32)
    }

    /// What was told of the way between two places, by their index: tenths of a second, or that there is none; absent
    /// where nothing was.
    pub fn between(&self, from: u32, to: u32) -> Option<Option<u32>> {
        let row = self.first[from as usize] as usize..self.first[from as usize + 1] as usize;
        let at = self.to[row.clone()].binary_search(&to).ok()?;
        Some(self.deciseconds[row.start + at])
    }

    /// Everything told, by the places.
    pub fn iter(&self) -> impl Iterator<Item = Told> + '_ {
        (0..self.places.len()).flat_map(move |from| {
            (self.first[from] as usize..self.first[from + 1] as usize).map(move |at| Told {
                from: self.places[from],
                to: self.places[self.to[at] as usize],
                deciseconds: self.deciseconds[at],
                map: self.maps[self.by[at] as usize],
            })
        })
    }

    /// How many ways each source has told, by the source; empty where none was asked.
    pub fn counts(&self) -> Vec<SourceCount> {
        let count =
            |TravelMap { source, date }| SourceCount { source, map_date: date, ways: 0, without_way: 0, unanswered: 0 };
        let mut counts: Vec<SourceCount> = self.maps.iter().map(|&map| count(map)).collect();
        for (&by, takes) in self.by.iter().zip(&self.deciseconds) {
            let of = &mut counts[by as usize];
            *if takes.is_some() { &mut of.ways } else { &mut of.without_way } += 1;
        }
        for (&source, &unanswered) in &self.silent {
            match counts.iter_mut().find(|of| of.source == source) {
                Some(of) => of.unanswered = unanswered,
                None => counts.push(SourceCount { unanswered, ..count(TravelMap { source, date: None }) }),
            }
        }
        if self.estimated > 0 {
            let straight_line = count(TravelMap { source: TravelSource::GreatCircle, date: None });
            counts.push(SourceCount { ways: self.estimated, ..straight_line });
        }
        counts.sort_unstable();
        counts
    }

    /// How many ways were asked for that nobody told.
    pub fn estimated(&self) -> u64 {
        self.estimated
    }

    /// How many ways each source gave no answer about, where there were any.
    pub fn silent(&self) -> &BTreeMap<TravelSource, u64> {
        &self.silent
    }
}

/// Ways as they are written down, before anything is known to hold of them.
#[derive(Deserialize)]
struct Written {
    maps: Vec<TravelMap>,
    places: Vec<Place>,
    first: Vec<u32>,
    to: Vec<u32>,
    deciseconds: Vec<Option<u32>>,
    by: Vec<u8>,
    estimated: u64,
    silent: BTreeMap<TravelSource, u64>,
}

impl TryFrom<Written> for Ways {
    type Error = &'static str;
    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { maps, places, first, to, deciseconds, by, estimated, silent } = written;
        fn ascends<T: PartialOrd>(of: &[T]) -> bool {
            of.windows(2).all(|pair| pair[0] < pair[1])
        }
        let rows = first.windows(2).map(|row| to.get(row[0] as usize..row[1] as usize));
        let holds = ascends(&maps)
            && ascends(&places)
            && first.len() == if places.is_empty() { 0 } else { places.len() + 1 }
            && first.first().is_none_or(|&start| start == 0)
            && first.last().copied().unwrap_or(0) as usize == to.len()
            && rows.clone().all(|row| row.is_some_and(ascends))
            && to.iter().all(|&place| (place as usize) < places.len())
            && by.iter().all(|&map| (map as usize) < maps.len())
            && to.len() == deciseconds.len()
            && to.len() == by.len();
        let ways = Self { maps, places, first, to, deciseconds, by, estimated, silent };
        let is_possible = |one: Told| one.deciseconds.is_none_or(|takes| takes >= least_deciseconds(one.from, one.to));
        if holds && ways.iter().all(is_possible) { Ok(ways) } else { Err("ways that are out of order or too quick") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OSRM: TravelMap = TravelMap { source: TravelSource::Osrm, date: None };
    const ROADS: TravelMap = TravelMap { source: TravelSource::RoadNetwork, date: None };

    fn told(from: i32, to: i32, deciseconds: Option<u32>, map: TravelMap) -> Told {
        let place = |at| Place::from_e6(at, at).unwrap();
        Told { from: place(from), to: place(to), deciseconds, map }
    }

    fn some() -> Vec<Told> {
        vec![
            told(1, 2, Some(600), ROADS),
            told(2, 1, Some(700), OSRM),
            told(1, 3, None, ROADS),
            told(3, 1, Some(5), ROADS),
        ]
    }

    #[test]
    fn what_was_told_is_found_and_nothing_else() {
        let ways = Ways::new(some());
        let at = |place| ways.place_index(Place::from_e6(place, place).unwrap());
        let between = |from, to| ways.between(at(from).unwrap(), at(to).unwrap());
        assert_eq!(between(1, 2), Some(Some(600)));
        assert_eq!(between(2, 1), Some(Some(700)));
        assert_eq!(between(1, 3), Some(None));
        assert_eq!(between(2, 3), None);
        assert_eq!(at(4), None);
        let asked = ways.clone().with_unanswered(4, BTreeMap::from([(TravelSource::Osrm, 3)]));
        let count = |source, ways, without_way, unanswered| SourceCount {
            source,
            map_date: None,
            ways,
            without_way,
            unanswered,
        };
        let straight_line = count(TravelSource::GreatCircle, 4, 0, 0);
        let (roads, osrm) = (count(TravelSource::RoadNetwork, 2, 1, 0), count(TravelSource::Osrm, 1, 0, 3));
        assert_eq!(asked.counts(), [straight_line, roads, osrm]);
        assert_eq!(Ways::new(ways.iter().collect()), ways);
    }

    #[test]
    fn the_order_of_answers_and_their_repetition_change_nothing() {
        let mut turned = some();
        turned.reverse();
        turned.extend([told(1, 2, Some(601), OSRM), told(3, 1, None, OSRM)]);
        assert_eq!(Ways::new(turned), Ways::new(some()));
    }

    #[test]
    fn nobody_drives_faster_than_anybody_can() {
        let there = Place::from_e6(1_000_000, 1).unwrap();
        let here = Place::from_e6(1, 1).unwrap();
        let told = Told { from: here, to: there, deciseconds: Some(1), map: OSRM };
        let takes = Ways::new(vec![told]).iter().next().unwrap().deciseconds.unwrap();
        assert_eq!(takes, (here.great_circle_metres(there) / 2000.0 * 600.0).ceil() as u32);
    }

    #[test]
    fn ways_are_read_as_they_were_written_and_refused_out_of_order() {
        for ways in [Ways::default(), Ways::new(some())] {
            let written = serde_json::to_string(&ways).unwrap();
            assert_eq!(serde_json::from_str::<Ways>(&written).unwrap(), ways);
        }
        let written = serde_json::to_string(&Ways::new(some())).unwrap();
        for (right, wrong) in [
            ("\"first\":[0,2,3,4]", "\"first\":[0,3,2,4]"),
            ("\"to\":[1,2,", "\"to\":[1,9,"),
            ("\"by\":[0", "\"by\":[7"),
        ] {
            assert!(written.contains(right), "{written}");
            assert!(serde_json::from_str::<Ways>(&written.replace(right, wrong)).is_err());
        }
    }
}
