//! A network in a file: written whole, read fast, refused by name.
//!
//! In goes a [`Network`]; out come bytes, and from bytes a network or what is wrong with them.
//! Layout, all numbers little-endian: [`MAGIC`]; the version (u32); the CRC-32 of the rest (u32); how long the rest is
//! (u64); then the rest: where the map comes from, as JSON with its length before it, and the columns of [`Network`],
//! each with its length before it.
//! Holds: what is read can be asked anything without an index out of range, whatever its bytes: every number that
//! leads somewhere is checked once, here.
//! Costs: reading is one pass over the bytes, and one more for the checksum.
//! Deliberately absent: older versions; a map is built again in seconds.

use super::{
    cost::Cost,
    hierarchy::{Hierarchy, NO_MIDDLE, Rows},
    network::{NO_STATE, Network, Origin, RoadColumns},
    osm::Point,
    turns::TurnGraph,
};
use std::io;

/// What every file begins with.
pub const MAGIC: [u8; 8] = *b"swaproad";
/// The version of the layout and of what the numbers mean.
pub const VERSION: u32 = 1;

const HEADER: usize = 24;

/// Why a file of roads cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RoadFileError {
    /// It cannot be read at all.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("it begins with {found:?}, expected {:?}: it is no file of roads; `roads build` makes one", MAGIC.escape_ascii().to_string())]
    Foreign {
        /// Its first bytes.
        found: String,
    },
    /// It was written by another version of the program.
    #[error("it is of version {found}, expected {VERSION}: build it again from its extract with `roads build`")]
    Version {
        /// The version it says.
        found: u32,
    },
    /// It is shorter or longer than it says.
    #[error("it has {found} bytes, expected {expected}: it was not copied whole, or something was added")]
    Length {
        /// How many it has.
        found: u64,
        /// How many it says.
        expected: u64,
    },
    /// Its bytes are not those that were written.
    #[error("its checksum is {found:08x}, expected {expected:08x}: it is damaged; build or copy it again")]
    Checksum {
        /// The checksum of its bytes.
        found: u32,
        /// The one that was written with them.
        expected: u32,
    },
    /// Its bytes are those that were written and make no network.
    #[error("{what} at {index}: it makes no road network; build it again with `roads build`")]
    Unsound {
        /// What is wrong.
        what: &'static str,
        /// Where.
        index: usize,
    },
}

impl Network {
    /// The bytes of a file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        let origin = serde_json::to_vec(&self.origin).expect("names, a day and numbers are always JSON");
        body.extend((origin.len() as u64).to_le_bytes());
        body.extend(origin);
        let Self { roads, graph, hierarchy, .. } = self;
        put(&mut body, [roads.open_to_begin].iter(), |n| n.to_le_bytes());
        put(&mut body, roads.first.iter(), |n| n.to_le_bytes());
        put(&mut body, roads.points.iter(), |p| p.lat_e7.to_le_bytes());
        put(&mut body, roads.points.iter(), |p| p.lon_e7.to_le_bytes());
        put(&mut body, roads.along.iter(), |c| c.packed().to_le_bytes());
        put(&mut body, roads.against.iter(), |c| c.packed().to_le_bytes());
        put(&mut body, roads.starts.iter(), |n| n.to_le_bytes());
        put(&mut body, graph.drives.iter(), |n| n.to_le_bytes());
        put(&mut body, graph.first.iter(), |n| n.to_le_bytes());
        put(&mut body, graph.heads.iter(), |n| n.to_le_bytes());
        put(&mut body, graph.costs.iter(), |c| c.packed().to_le_bytes());
        for rows in [&hierarchy.up, &hierarchy.down] {
            put(&mut body, rows.first.iter(), |n| n.to_le_bytes());
            put(&mut body, rows.ends.iter(), |n| n.to_le_bytes());
            put(&mut body, rows.costs.iter(), |c| c.packed().to_le_bytes());
            put(&mut body, rows.middles.iter(), |n| n.to_le_bytes());
        }
        let mut file = Vec::with_capacity(HEADER + body.len());
        file.extend(MAGIC);
        file.extend(VERSION.to_le_bytes());
        file.extend(crc32fast::hash(&body).to_le_bytes());
        file.extend((body.len() as u64).to_le_bytes());
        file.append(&mut body);
        file
    }

    /// The network of a file's bytes.
    ///
    /// Errors: [`RoadFileError`], never [`RoadFileError::Io`].
    pub fn from_bytes(file: &[u8]) -> Result<Self, RoadFileError> {
        let body = body(file)?;
        let mut columns = Columns { bytes: body, length: body.len() };
        let origin = columns.origin()?;
        let open_to_begin = columns.take(u32::from_le_bytes)?;
        let first = columns.take(u32::from_le_bytes)?;
        let (lats, lons) = (columns.take(i32::from_le_bytes)?, columns.take(i32::from_le_bytes)?);
        let (along, against) = (columns.costs()?, columns.costs()?);
        let starts = columns.take(u32::from_le_bytes)?;
        let (drives, turns) = (columns.take(u32::from_le_bytes)?, columns.take(u32::from_le_bytes)?);
        let (heads, costs) = (columns.take(u32::from_le_bytes)?, columns.costs()?);
        let graph = TurnGraph { drives, first: turns, heads, costs };
        let hierarchy = Hierarchy { up: columns.rows()?, down: columns.rows()? };
        columns.require(columns.bytes.is_empty(), "bytes after the last column")?;
        columns.require(open_to_begin.len() == 1 && lats.len() == lons.len(), "columns of different lengths")?;
        let point = |(lat_e7, lon_e7)| Point { lat_e7, lon_e7 };
        let points = lats.into_iter().zip(lons).map(point).collect();
        let roads = RoadColumns { first, open_to_begin: open_to_begin[0], points, along, against, starts };
        check_roads(&roads, &graph)?;
        check_graph(&graph, roads.starts.len())?;
        check_rows(&hierarchy.up, graph.drives.len())?;
        check_rows(&hierarchy.down, graph.drives.len())?;
        Ok(Self::new(origin, roads, graph, hierarchy))
    }
}

fn put<'a, T: 'a, const N: usize>(
    body: &mut Vec<u8>,
    column: impl ExactSizeIterator<Item = &'a T>,
    bytes: impl Fn(&T) -> [u8; N],
) {
    body.extend((column.len() as u64).to_le_bytes());
    column.for_each(|value| body.extend(bytes(value)));
}

/// What lies between the header and the end, if it is what was written.
fn body(file: &[u8]) -> Result<&[u8], RoadFileError> {
    let Some((header, body)) = file.split_at_checked(HEADER).filter(|(header, _)| header.starts_with(&MAGIC)) else {
        let found = file[..file.len().min(MAGIC.len())].escape_ascii().to_string();
        return Err(RoadFileError::Foreign { found });
    };
    let word = |at: usize| u32::from_le_bytes(std::array::from_fn(|byte| header[at + byte]));
    let (version, expected) = (word(8), word(12));
    if version != VERSION {
        return Err(RoadFileError::Version { found: version });
    }
    let length = u64::from(word(16)) | u64::from(word(20)) << 32;
    if length != body.len() as u64 {
        let header = HEADER as u64;
        return Err(RoadFileError::Length {
            found: header + body.len() as u64,
            expected: length.saturating_add(header),
        });
    }
    let found = crc32fast::hash(body);
    if found == expected { Ok(body) } else { Err(RoadFileError::Checksum { found, expected }) }
}

/// Columns that have not been read yet.
struct Columns<'a> {
    bytes: &'a [u8],
    length: usize,
}

impl<'a> Columns<'a> {
    fn require(&self, holds: bool, what: &'static str) -> Result<(), RoadFileError> {
        if holds { Ok(()) } else { Err(RoadFileError::Unsound { what, index: self.length - self.bytes.len() }) }
    }

    /// So many values of `size` bytes, and their number before them.
    fn next(&mut self, size: usize) -> Result<&'a [u8], RoadFileError> {
        let unsound =
            RoadFileError::Unsound { what: "a column that does not end", index: self.length - self.bytes.len() };
        let taken = self.bytes.split_first_chunk::<8>().and_then(|(count, rest)| {
            let bytes = usize::try_from(u64::from_le_bytes(*count)).ok()?.checked_mul(size)?;
            rest.split_at_checked(bytes)
        });
        let (column, rest) = taken.ok_or(unsound)?;
        self.bytes = rest;
        Ok(column)
    }

    fn origin(&mut self) -> Result<Origin, RoadFileError> {
        let json = self.next(1)?;
        let unsound = RoadFileError::Unsound { what: "no JSON of where the map comes from", index: 0 };
        serde_json::from_slice(json).map_err(|_| unsound)
    }

    fn take<T, const N: usize>(&mut self, read: fn([u8; N]) -> T) -> Result<Vec<T>, RoadFileError> {
        let (values, _) = self.next(N)?.as_chunks::<N>();
        Ok(values.iter().map(|bytes| read(*bytes)).collect())
    }

    fn costs(&mut self) -> Result<Vec<Cost>, RoadFileError> {
        self.take(|bytes| Cost::from_packed(u64::from_le_bytes(bytes)))
    }

    fn rows(&mut self) -> Result<Rows, RoadFileError> {
        let (first, ends) = (self.take(u32::from_le_bytes)?, self.take(u32::from_le_bytes)?);
        Ok(Rows { first, ends, costs: self.costs()?, middles: self.take(u32::from_le_bytes)? })
    }
}

/// An index at which something is wrong is an error.
fn require(what: &'static str, wrong: Option<usize>) -> Result<(), RoadFileError> {
    wrong.map_or(Ok(()), |index| Err(RoadFileError::Unsound { what, index }))
}

/// Rows begin at 0, end at the end and never go back.
fn check_first(first: &[u32], rows: usize, values: usize) -> Result<(), RoadFileError> {
    let whole = first.len() == rows + 1 && first[0] == 0 && first[rows] as usize == values;
    require("rows that do not cover their column", (!whole).then_some(first.len()))?;
    require("a row that ends before it begins", first.windows(2).position(|pair| pair[0] > pair[1]))
}

fn check_costs(costs: &[Cost]) -> Result<(), RoadFileError> {
    require("a cost beyond all journeys", costs.iter().position(|cost| *cost > Cost::MAX))
}

fn check_roads(roads: &RoadColumns, graph: &TurnGraph) -> Result<(), RoadFileError> {
    let count = roads.first.len().saturating_sub(1);
    let points = roads.points.len();
    check_first(&roads.first, count, points)?;
    require("a road of fewer than two points", roads.first.windows(2).position(|pair| pair[1] - pair[0] < 2))?;
    let lengths = roads.along.len() == points && roads.against.len() == points && roads.starts.len() == count * 2;
    require("columns of different lengths", (!lengths || roads.open_to_begin as usize > count).then_some(count))?;
    let globe = |p: &Point| p.lat_e7.unsigned_abs() <= 900_000_000 && p.lon_e7.unsigned_abs() <= 1_800_000_000;
    require("a point off the globe", roads.points.iter().position(|point| !globe(point)))?;
    check_costs(&roads.along)?;
    check_costs(&roads.against)?;
    let start = |(drive, state): (usize, &u32)| {
        *state == NO_STATE || graph.drives.get(*state as usize).is_some_and(|found| *found as usize == drive)
    };
    require("a start on another road", roads.starts.iter().enumerate().position(|found| !start(found)))
}

fn check_graph(graph: &TurnGraph, drives: usize) -> Result<(), RoadFileError> {
    let states = graph.drives.len();
    require("a drive on no road", graph.drives.iter().position(|drive| *drive as usize >= drives))?;
    check_first(&graph.first, states, graph.heads.len())?;
    require("columns of different lengths", (graph.costs.len() != graph.heads.len()).then_some(states))?;
    require("a turn to nowhere", graph.heads.iter().position(|head| *head as usize >= states))?;
    check_costs(&graph.costs)
}

fn check_rows(rows: &Rows, states: usize) -> Result<(), RoadFileError> {
    check_first(&rows.first, states, rows.ends.len())?;
    let lengths = rows.costs.len() == rows.ends.len() && rows.middles.len() == rows.ends.len();
    require("columns of different lengths", (!lengths).then_some(states))?;
    check_costs(&rows.costs)?;
    for state in 0..states {
        let range = rows.first[state] as usize..rows.first[state + 1] as usize;
        let wrong = |arc: &usize| {
            let middle = rows.middles[*arc];
            rows.ends[*arc] as usize >= state
                || (middle != NO_MIDDLE && (middle as usize >= states || middle as usize <= state))
        };
        require("an arc to a state of no more importance", range.clone().find(wrong))?;
    }
    Ok(())
}
