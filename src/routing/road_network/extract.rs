//! Reads an OpenStreetMap extract in the PBF format.
//!
//! In goes a file; out comes an [`Osm`], or what is wrong with the file and where.
//! Holds: a file that needs a feature this reader does not know is refused, not half read.
//! Costs: the file is read twice, first for ways and relations, then for nodes; the blocks of one batch are unpacked on
//! all threads. Memory: what is kept, and one batch.
//! Deliberately absent: XML, change files, history.

use super::{
    car::tags::Tags,
    osm::{Member, Nodes, Osm, Point, WaysAndRelations},
    pbf::{self, Block, Broken, Header, Listener},
};
use chrono::{DateTime, NaiveDate};
use rayon::prelude::*;
use std::{
    fs::File,
    io::{self, BufReader, Seek},
    path::Path,
};

/// Why an extract cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    /// The file cannot be read at all.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A block of the file is not what the format says.
    #[error("byte {byte}: {what}; expected an OpenStreetMap extract (.osm.pbf)")]
    Damaged {
        /// Where the block begins in the file.
        byte: u64,
        /// What was found.
        what: String,
    },
    /// The file needs what this reader does not know.
    #[error("it needs \"{0}\"; expected an extract that needs no more than OsmSchema-V0.6 and DenseNodes")]
    Feature(String),
    /// The file has no data.
    #[error("it holds no data; expected an OpenStreetMap extract (.osm.pbf)")]
    Empty,
    /// The extract has no road for cars, or none that leads anywhere.
    #[error("it has no road a car could drive on and come back; expected an extract with highways")]
    NoRoads,
}

/// How many blocks are unpacked at a time.
const BATCH: usize = 16;

/// What a file may ask of its reader.
const FEATURES: [&str; 3] = ["OsmSchema-V0.6", "DenseNodes", "LocationsOnWays"];

/// Reads an extract; `progress` hears the bytes gone over, up to twice the length of the file.
///
/// Errors: [`ExtractError`].
pub fn read(path: &Path, progress: &dyn Fn(u64)) -> Result<Osm, ExtractError> {
    let mut first = First::default();
    let (mut header, mut blocks) = (Header::default(), 0);
    let length = each_block(
        path,
        progress,
        |_| true,
        |kind, bytes| {
            match kind {
                "OSMHeader" => header = Header::read(bytes)?,
                "OSMData" => {
                    blocks += 1;
                    first.with_nodes.push(false);
                    pbf::read_data(bytes, &mut first)?;
                }
                _ => {}
            }
            Ok(())
        },
    )?;
    if let Some(other) = header.features.iter().find(|name| !FEATURES.contains(&name.as_str())) {
        return Err(ExtractError::Feature(other.clone()));
    }
    if blocks == 0 {
        return Err(ExtractError::Empty);
    }
    let First { kept, with_nodes, edited } = first;
    let mut second = Second(kept.then_nodes());
    let again = |read: u64| progress(length + read);
    each_block(
        path,
        &again,
        |block| with_nodes.get(block) == Some(&true),
        |kind, bytes| match kind {
            "OSMData" => pbf::read_data(bytes, &mut second),
            _ => Ok(()),
        },
    )?;
    Ok(second.0.done(header.taken_seconds.or(edited).and_then(day)))
}

fn day(seconds: i64) -> Option<NaiveDate> {
    Some(DateTime::from_timestamp(seconds, 0)?.date_naive())
}

/// Goes over the blocks in their order, of those with data only over those that `wanted` picks by their number.
fn each_block(
    path: &Path,
    progress: &dyn Fn(u64),
    wanted: impl Fn(usize) -> bool,
    mut take: impl FnMut(&str, &[u8]) -> Result<(), Broken>,
) -> Result<u64, ExtractError> {
    let mut input = BufReader::with_capacity(1 << 18, File::open(path)?);
    let (mut of_data, mut byte, mut ended) = (0, 0, false);
    while !ended {
        let mut batch: Vec<(u64, Block)> = Vec::with_capacity(BATCH);
        while batch.len() < BATCH && !ended {
            match pbf::next_block(&mut input) {
                Ok(None) => ended = true,
                Ok(Some(block)) if block.kind == "OSMData" => {
                    if wanted(of_data) {
                        batch.push((byte, block));
                    }
                    of_data += 1;
                }
                Ok(Some(block)) => batch.push((byte, block)),
                Err(error) => return Err(unreadable(byte, error)),
            }
            byte = input.stream_position()?;
        }
        let unpacked: Vec<_> = batch.par_iter().map(|(byte, block)| (*byte, &block.kind, block.unpack())).collect();
        for (byte, kind, bytes) in unpacked {
            let taken = bytes.and_then(|bytes| take(kind, &bytes));
            taken.map_err(|Broken(what)| ExtractError::Damaged { byte, what })?;
        }
        progress(byte);
    }
    Ok(byte)
}

fn unreadable(byte: u64, error: io::Error) -> ExtractError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ExtractError::Damaged { byte, what: "the file ends within a block".to_owned() },
        io::ErrorKind::InvalidData => ExtractError::Damaged { byte, what: error.to_string() },
        _ => ExtractError::Io(error),
    }
}

/// Hears of ways and relations, and in which blocks there are nodes.
#[derive(Default)]
struct First {
    kept: WaysAndRelations,
    with_nodes: Vec<bool>,
    edited: Option<i64>,
}

impl Listener for First {
    const NODES: bool = false;

    fn has_nodes(&mut self) {
        self.with_nodes.iter_mut().rev().take(1).for_each(|has| *has = true);
    }

    fn way(&mut self, id: i64, nodes: &[i64], tags: Tags<'_>) {
        self.kept.way(id, nodes, tags);
    }

    fn relation(&mut self, tags: Tags<'_>, members: &[Member<'_>]) {
        self.kept.relation(tags, members);
    }

    fn edited(&mut self, seconds: i64) {
        self.edited = self.edited.max(Some(seconds));
    }
}

/// Hears of nodes.
struct Second(Nodes);

impl Listener for Second {
    const NODES: bool = true;

    fn node(&mut self, id: i64, point: Point, tags: Tags<'_>) {
        self.0.node(id, point, tags);
    }
}
