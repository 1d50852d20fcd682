//! Travel times from a server: one table asked for in blocks.
//!
//! In go places; out comes a whole table, or why there is none. A kind of server is a [`Server`]: what its questions are and
//! what its answers say, as pure functions; the rest stands here and in [`http`].
//! Holds: a block is never larger than the server takes; one that is refused is cut in two until it passes or is a single
//! pair; a place that lies off the road is left out of every further block. A table is whole or absent: one block without
//! an answer is an error that names the server and what happened.
//! Costs: `origins × destinations ÷ block` requests, some at a time; each refused pair about as many more as the logarithm
//! of a block's size, and each refused place about as many as a block is wide.
//! Deliberately absent: what to do without an answer, and keeping answers; both are the caller's.

mod blocks;
mod breaker;
mod http;

pub(super) use blocks::BlockLimit;
pub(super) use http::{Answer, Failure, Http, Question};

use super::{RoutingError, TravelMap, TravelTable, TravelTimes, Way};
use crate::domain::{travel::TravelSource, units::Place};
use blocks::{Block, cut};
use chrono::NaiveDate;
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::sync::{Mutex, PoisonError};

/// What an answer says of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Its ways, row by row.
    Ways(Vec<Way>),
    /// These origins and destinations, by their index in the question, lie off the road; of the others nothing is said.
    OffTheRoad {
        /// Of the origins.
        origins: Vec<usize>,
        /// Of the destinations.
        destinations: Vec<usize>,
    },
    /// The block is too large.
    TooBig,
    /// The whole block is refused for one of its pairs; the way is that pair's.
    Refused(Way),
}

/// A kind of server: its questions, and what its answers say. An `Err` tells what is wrong with an answer.
pub(super) trait Server: Send + Sync {
    /// Which source it is.
    const SOURCE: TravelSource;
    /// Its name for people.
    const NAME: &'static str;

    /// The most places of one question.
    fn limit(&self) -> BlockLimit;

    /// Asks for the times of a block.
    fn table(&self, origins: &[Place], destinations: &[Place]) -> Question;

    /// Reads the answer to [`Self::table`].
    fn read_table(&self, origins: &[Place], destinations: &[Place], answer: &Answer) -> Result<Said, String>;

    /// Asks what the server knows of its map.
    fn map(&self) -> Question;

    /// Reads the map's date from the answer to [`Self::map`], where it tells it.
    fn read_map(&self, answer: &Answer) -> Result<Option<NaiveDate>, String>;

    /// Asks which places lie at a road, where an answer to [`Self::table`] does not tell.
    fn places(&self, _places: &[Place]) -> Option<Question> {
        None
    }

    /// Reads for each place of [`Self::places`] whether it lies at a road.
    fn read_places(&self, places: &[Place], _answer: &Answer) -> Result<Vec<bool>, String> {
        Ok(vec![true; places.len()])
    }

    /// Whether the server would refuse the two for lying too far apart.
    fn is_too_far(&self, _origin: Place, _destination: Place) -> bool {
        false
    }
}

/// A server of some kind, over HTTP.
pub(super) struct Remote<S> {
    server: S,
    http: Http,
    at_once: usize,
    /// As the settings say; asked of the server where they do not.
    map_date: Option<NaiveDate>,
    /// What the server said of it.
    told_date: Mutex<Option<Option<NaiveDate>>>,
}

impl<S: Server> Remote<S> {
    pub(super) fn new(server: S, http: Http, at_once: usize, map_date: Option<NaiveDate>) -> Self {
        Self { server, http, at_once, map_date, told_date: Mutex::new(None) }
    }

    fn error(&self, failure: &Failure) -> RoutingError {
        RoutingError::Unavailable(format!("{} at {}: {failure}", S::NAME, self.http.url()))
    }
}

impl<S: Server> TravelTimes for Remote<S> {
    fn map(&self) -> TravelMap {
        let date = self.map_date.or_else(|| {
            let mut told = self.told_date.lock().unwrap_or_else(PoisonError::into_inner);
            if told.is_none() {
                let question = self.server.map();
                match self.http.wait_for(self.http.ask(&question, |answer| self.server.read_map(answer))) {
                    Ok(date) => *told = Some(date),
                    // It is asked again next time.
                    Err(failure) => tracing::warn!(error = %self.error(&failure), "a map's date is not known"),
                }
            }
            told.flatten()
        });
        TravelMap { source: S::SOURCE, date }
    }

    fn one_ways(&self, origins: &[Place], destinations: &[Place]) -> Result<TravelTable, RoutingError> {
        let mut table = Table::new(origins, destinations);
        self.http.wait_for(self.fill(&mut table)).map_err(|failure| self.error(&failure))?;
        TravelTable::new(origins.len(), destinations.len(), table.ways)
    }
}

/// A table that is being filled.
struct Table<'a> {
    origins: &'a [Place],
    destinations: &'a [Place],
    /// Whether each lies at a road, as far as is known.
    is_origin_at_road: Vec<bool>,
    is_destination_at_road: Vec<bool>,
    /// Row by row; off the road until told otherwise.
    ways: Vec<Way>,
}

/// The places of a block that lie at a road: the index of each in the table, and where it is.
struct Places {
    indices: Vec<usize>,
    places: Vec<Place>,
}

impl Places {
    fn of(range: std::ops::Range<usize>, all: &[Place], is_at_road: &[bool]) -> Self {
        let indices: Vec<usize> = range.filter(|index| is_at_road[*index]).collect();
        let places = indices.iter().map(|index| all[*index]).collect();
        Self { indices, places }
    }
}

impl<'a> Table<'a> {
    fn new(origins: &'a [Place], destinations: &'a [Place]) -> Self {
        Self {
            origins,
            destinations,
            is_origin_at_road: vec![true; origins.len()],
            is_destination_at_road: vec![true; destinations.len()],
            ways: vec![Way::OffTheRoad; origins.len() * destinations.len()],
        }
    }

    /// The origins and destinations of a block that are to be asked about.
    fn sides(&self, block: &Block) -> (Places, Places) {
        (
            Places::of(block.origins.clone(), self.origins, &self.is_origin_at_road),
            Places::of(block.destinations.clone(), self.destinations, &self.is_destination_at_road),
        )
    }

    fn set(&mut self, origins: &Places, destinations: &Places, ways: &[Way]) {
        let columns = destinations.indices.len();
        for (row, origin) in origins.indices.iter().enumerate() {
            for (column, destination) in destinations.indices.iter().enumerate() {
                self.ways[origin * self.destinations.len() + destination] = ways[row * columns + column];
            }
        }
    }
}

impl<S: Server> Remote<S> {
    /// Asks block by block, some at once, until each cell has its way.
    async fn fill(&self, table: &mut Table<'_>) -> Result<(), Failure> {
        if table.ways.is_empty() {
            return Ok(());
        }
        self.leave_out_what_is_off_the_road(table).await?;
        let mut open = cut(table.origins.len(), table.destinations.len(), self.server.limit());
        let mut asked = FuturesUnordered::new();
        loop {
            while asked.len() < self.at_once
                && let Some(block) = open.pop()
            {
                let (origins, destinations) = table.sides(&block);
                if origins.indices.is_empty() || destinations.indices.is_empty() {
                    continue;
                }
                let far = |from: &Place| destinations.places.iter().any(|to| self.server.is_too_far(*from, *to));
                if origins.places.iter().any(far) {
                    match block.halves() {
                        Some(halves) => open.extend(halves),
                        None => table.set(&origins, &destinations, &[Way::TooFar]),
                    }
                    continue;
                }
                asked.push(self.ask(block, origins, destinations));
            }
            let Some(answered) = asked.next().await else { return Ok(()) };
            let (block, origins, destinations, said) = answered?;
            match said {
                Said::Ways(ways) => table.set(&origins, &destinations, &ways),
                Said::OffTheRoad { origins: rows, destinations: columns } => {
                    rows.iter().for_each(|row| table.is_origin_at_road[origins.indices[*row]] = false);
                    columns
                        .iter()
                        .for_each(|column| table.is_destination_at_road[destinations.indices[*column]] = false);
                    open.push(block);
                }
                Said::TooBig => match block.halves() {
                    Some(halves) => open.extend(halves),
                    None => return Err(Failure::Nonsense("it takes not even a single pair".to_owned())),
                },
                Said::Refused(way) => match block.halves() {
                    Some(halves) => open.extend(halves),
                    None => table.set(&origins, &destinations, &[way]),
                },
            }
        }
    }

    async fn ask(
        &self,
        block: Block,
        origins: Places,
        destinations: Places,
    ) -> Result<(Block, Places, Places, Said), Failure> {
        let (from, to) = (&origins.places, &destinations.places);
        let read = |answer: &Answer| {
            let said = self.server.read_table(from, to, answer)?;
            fitting(said, from.len(), to.len())
        };
        let said = self.http.ask(&self.server.table(from, to), read).await?;
        Ok((block, origins, destinations, said))
    }

    async fn leave_out_what_is_off_the_road(&self, table: &mut Table<'_>) -> Result<(), Failure> {
        let (BlockLimit::ASide(limit) | BlockLimit::Together(limit)) = self.server.limit();
        let mut places: Vec<Place> = table.origins.iter().chain(table.destinations).copied().collect();
        places.sort_unstable();
        places.dedup();
        let mut at_road = Vec::with_capacity(places.len());
        for some in places.chunks(limit) {
            let Some(question) = self.server.places(some) else { return Ok(()) };
            let read = |answer: &Answer| {
                let said = self.server.read_places(some, answer)?;
                if said.len() == some.len() {
                    Ok(said)
                } else {
                    Err(format!("{} of {} places", said.len(), some.len()))
                }
            };
            let said = self.http.ask(&question, read).await?;
            at_road.extend(some.iter().zip(said).filter(|(_, is_at_road)| *is_at_road).map(|(place, _)| *place));
        }
        let lies_there = |place: &Place| at_road.binary_search(place).is_ok();
        table.is_origin_at_road = table.origins.iter().map(lies_there).collect();
        table.is_destination_at_road = table.destinations.iter().map(lies_there).collect();
        Ok(())
    }
}

/// What was said, if it fits the question: as many ways as pairs, at least one place off the road, none that was not asked.
fn fitting(said: Said, origins: usize, destinations: usize) -> Result<Said, String> {
    match &said {
        Said::Ways(ways) if ways.len() != origins * destinations => {
            Err(format!("{} times for {origins} origins and {destinations} destinations", ways.len()))
        }
        Said::OffTheRoad { origins: rows, destinations: columns }
            if rows.is_empty() && columns.is_empty()
                || rows.iter().any(|row| *row >= origins)
                || columns.iter().any(|column| *column >= destinations) =>
        {
            Err("a place off the road that was not asked for".to_owned())
        }
        _ => Ok(said),
    }
}

/// A way of so many seconds.
///
/// Errors: a time that is negative, no number or more than 13 years.
pub(super) fn takes(seconds: f64) -> Result<Way, String> {
    let deciseconds = (seconds * 10.0).round();
    if (0.0..=f64::from(u32::MAX)).contains(&deciseconds) {
        Ok(Way::Takes { deciseconds: deciseconds as u32 })
    } else {
        Err(format!("a time of {seconds} s"))
    }
}

/// Reads a matrix of seconds row by row; `null` is no way.
///
/// Errors: another shape than `origins × destinations`, or an impossible time.
pub(super) fn ways(seconds: &[Vec<Option<f64>>], origins: usize, destinations: usize) -> Result<Vec<Way>, String> {
    if seconds.len() != origins || seconds.iter().any(|row| row.len() != destinations) {
        let lengths: Vec<usize> = seconds.iter().map(Vec::len).collect();
        let found = lengths.first().map_or(String::new(), |first| format!(" of {first} and more or fewer"));
        return Err(format!("{} rows{found} times where {origins} of {destinations} were asked for", lengths.len()));
    }
    seconds.iter().flatten().map(|one| one.map_or(Ok(Way::None), takes)).collect()
}

/// Parses an answer as JSON.
///
/// Errors: what is wrong, with the beginning of what was found.
pub(super) fn parse<'a, T: serde::Deserialize<'a>>(answer: &'a Answer) -> Result<T, String> {
    serde_json::from_slice(&answer.body)
        .map_err(|error| format!("status {}, {error}: {}", answer.status, beginning(&answer.body)))
}

/// The first characters of an answer, for a message.
fn beginning(body: &[u8]) -> String {
    const SHOWN: usize = 120;
    let text = String::from_utf8_lossy(&body[..body.len().min(4 * SHOWN)]);
    format!("{:?}", text.chars().take(SHOWN).collect::<String>())
}

/// The date at the beginning of a text such as `2026-11-01T00:00:00Z`.
pub(super) fn date_in(text: &str) -> Option<NaiveDate> {
    text.get(..10)?.parse().ok()
}
