//! Travel times from a server: one table asked for in blocks.
//!
//! In go places; out comes a whole table, or why there is none. A kind of server is a [`Server`]: what its questions are and
//! what its answers say, as pure functions; the rest stands here and in [`http`].
//! Holds: a block is never larger than the server takes; one that is refused is cut in two until it passes or is a single
//! pair; a place that lies off the road is left out of every further block. A table is whole or absent: one block without
//! an answer is an error that names the server and what happened.
//! Costs: `origins × destinations ÷ block` requests, some at a time, and where places are asked about, one for each block of
//! them; each refused pair about as many more as the logarithm of a block's size, and each refused place about as many as a
//! block is wide.
//! Deliberately absent: what to do without an answer, and keeping answers; both are the caller's.

mod answers;
mod blocks;
mod breaker;
mod http;
mod table;

pub(super) use answers::{date_in, parse, ways};
pub(super) use blocks::BlockLimit;
pub(super) use http::{Answer, Failure, Http, Question};

use super::{RoutingError, TravelMap, TravelTable, TravelTimes, Way};
use crate::domain::{travel::TravelSource, units::Place};
use blocks::{Block, cut};
use chrono::NaiveDate;
use futures_util::{StreamExt, future::try_join_all, stream::FuturesUnordered};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};
use table::{Places, Table};

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
    /// What the server said of places: whether each lies at a road.
    told_places: Mutex<HashMap<Place, bool>>,
}

impl<S: Server> Remote<S> {
    pub(super) fn new(server: S, http: Http, at_once: usize, map_date: Option<NaiveDate>) -> Self {
        Self { server, http, at_once, map_date, told_date: Mutex::default(), told_places: Mutex::default() }
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

    /// Asks of each place, once, whether it lies at a road.
    async fn leave_out_what_is_off_the_road(&self, table: &mut Table<'_>) -> Result<(), Failure> {
        let told = || self.told_places.lock().unwrap_or_else(PoisonError::into_inner);
        let mut unknown: Vec<Place> = {
            let told = told();
            table.origins.iter().chain(table.destinations).filter(|place| !told.contains_key(place)).copied().collect()
        };
        unknown.sort_unstable();
        unknown.dedup();
        let (BlockLimit::ASide(limit) | BlockLimit::Together(limit)) = self.server.limit();
        let questions = unknown.chunks(limit).filter_map(|some| Some((some, self.server.places(some)?)));
        let answers = questions.map(|(some, question)| async move {
            let read = |answer: &Answer| {
                let said = self.server.read_places(some, answer)?;
                let complaint = || format!("{} places where {} were asked for", said.len(), some.len());
                if said.len() == some.len() { Ok(said) } else { Err(complaint()) }
            };
            Ok((some, self.http.ask(&question, read).await?))
        });
        for (some, said) in try_join_all(answers).await? {
            told().extend(some.iter().copied().zip(said));
        }
        let told = told();
        let lies_there = |place: &Place| told.get(place) != Some(&false);
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
