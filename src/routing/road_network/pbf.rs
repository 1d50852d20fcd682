//! The PBF format of OpenStreetMap: blocks of a file, and the elements in them.
//!
//! In go bytes; out come blocks, and of a block its nodes, ways and relations, one after another.
//! Holds: no bytes make it panic; what is not as the format says is told as [`Broken`].
//! Costs: one pass over the bytes; nothing is copied but the numbers of one element.
//! Source: "PBF Format" in the OpenStreetMap wiki; "Encoding" in the documentation of Protocol Buffers.
//! Deliberately absent: history, change sets, who edited what, and packings other than zlib and none.

use super::{
    car::tags::Tags,
    osm::{Member, Point},
};
use std::io::{self, Read};

/// What is wrong with some bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

fn broken<T>(what: &str) -> Result<T, Broken> {
    Err(Broken(what.to_owned()))
}

/// The longest a header and a block may be, as the format sets it.
const LONGEST_HEADER: u32 = 64 << 10;
const LONGEST_BLOCK: u64 = 32 << 20;

/// A block as it lies in the file.
#[derive(Debug)]
pub struct Block {
    /// What it holds: `OSMHeader`, `OSMData` or something else.
    pub kind: String,
    packed: Vec<u8>,
}

/// Reads the next block; nothing at the end of the file.
///
/// Errors: of kind [`io::ErrorKind::InvalidData`] where the bytes are no block, [`io::ErrorKind::UnexpectedEof`] where
/// the file ends within one.
pub fn next_block(input: &mut impl Read) -> io::Result<Option<Block>> {
    let mut length = [0; 4];
    match input.read(&mut length[..1])? {
        0 => return Ok(None),
        _ => input.read_exact(&mut length[1..])?,
    }
    let length = u32::from_be_bytes(length);
    let invalid = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    if length > LONGEST_HEADER {
        return Err(invalid(format!("a header of {length} bytes, where at most {LONGEST_HEADER} may be")));
    }
    let mut header = vec![0; length as usize];
    input.read_exact(&mut header)?;
    let (mut kind, mut size) = (String::new(), 0);
    for field in fields(&header) {
        match field.map_err(|error| invalid(error.0))? {
            (1, Value::Bytes(text)) => kind = String::from_utf8_lossy(text).into_owned(),
            (3, Value::Number(number)) => size = number,
            _ => {}
        }
    }
    if size > LONGEST_BLOCK {
        return Err(invalid(format!("a block of {size} bytes, where at most {LONGEST_BLOCK} may be")));
    }
    let mut packed = vec![0; size as usize];
    input.read_exact(&mut packed)?;
    Ok(Some(Block { kind, packed }))
}

impl Block {
    /// Its bytes, unpacked.
    ///
    /// Errors: [`Broken`], also where it is packed otherwise than with zlib.
    pub fn unpack(&self) -> Result<Vec<u8>, Broken> {
        let mut unpacked = None;
        for field in fields(&self.packed) {
            match field? {
                (1, Value::Bytes(raw)) => unpacked = Some(raw.to_vec()),
                (3, Value::Bytes(packed)) => {
                    let (mut bytes, mut from) = (Vec::new(), flate2::read::ZlibDecoder::new(packed));
                    let read = (&mut from).take(LONGEST_BLOCK + 1).read_to_end(&mut bytes);
                    read.map_err(|error| Broken(format!("zlib: {error}")))?;
                    if bytes.len() as u64 > LONGEST_BLOCK {
                        return broken("a block larger than 32 MiB when unpacked");
                    }
                    unpacked = Some(bytes);
                }
                (4..=7, Value::Bytes(_)) => return broken("a block packed with another method than zlib"),
                _ => {}
            }
        }
        unpacked.map_or_else(|| broken("a block without content"), Ok)
    }
}

/// What the header of a file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Header {
    /// What a reader must know.
    pub features: Vec<String>,
    /// When the data was taken, in seconds since 1970.
    pub taken_seconds: Option<i64>,
}

impl Header {
    /// Reads an unpacked header.
    pub fn read(bytes: &[u8]) -> Result<Self, Broken> {
        let mut header = Self::default();
        for field in fields(bytes) {
            match field? {
                (4, Value::Bytes(feature)) => header.features.push(String::from_utf8_lossy(feature).into_owned()),
                (32, Value::Number(seconds)) => header.taken_seconds = Some(seconds as i64),
                _ => {}
            }
        }
        Ok(header)
    }
}

/// What hears of the elements of a block.
pub trait Listener {
    /// Whether to read nodes, or else ways and relations.
    const NODES: bool;

    /// Hears that there are nodes, where they are not read.
    fn has_nodes(&mut self) {}

    /// Hears of a node.
    fn node(&mut self, _id: i64, _point: Point, _tags: Tags<'_>) {}

    /// Hears of a way.
    fn way(&mut self, _id: i64, _nodes: &[i64], _tags: Tags<'_>) {}

    /// Hears of a relation.
    fn relation(&mut self, _tags: Tags<'_>, _members: &[Member<'_>]) {}

    /// Hears when a way or a relation was last edited, in seconds since 1970.
    fn edited(&mut self, _seconds: i64) {}
}

/// Reads an unpacked block of data.
///
/// Errors: [`Broken`].
pub fn read_data(bytes: &[u8], listener: &mut impl Listener) -> Result<(), Broken> {
    let mut data = Data { strings: Vec::new(), granularity: 100, offset: [0; 2], stamp_ms: 1000 };
    let mut groups = Vec::new();
    for field in fields(bytes) {
        match field? {
            (1, Value::Bytes(table)) => {
                for string in fields(table) {
                    if let (1, Value::Bytes(string)) = string? {
                        data.strings.push(std::str::from_utf8(string).unwrap_or_default());
                    }
                }
            }
            (2, Value::Bytes(group)) => groups.push(group),
            (17, Value::Number(granularity)) => data.granularity = granularity as i64,
            (18, Value::Number(ms)) => data.stamp_ms = ms as i64,
            (19, Value::Number(offset)) => data.offset[0] = offset as i64,
            (20, Value::Number(offset)) => data.offset[1] = offset as i64,
            _ => {}
        }
    }
    for element in groups.into_iter().flat_map(fields) {
        match element? {
            (1 | 2, Value::Bytes(_)) if !listener_reads_nodes(listener) => listener.has_nodes(),
            (1, Value::Bytes(node)) => data.node(node, listener)?,
            (2, Value::Bytes(nodes)) => data.dense_nodes(nodes, listener)?,
            (3, Value::Bytes(way)) if !listener_reads_nodes(listener) => data.way(way, listener)?,
            (4, Value::Bytes(relation)) if !listener_reads_nodes(listener) => data.relation(relation, listener)?,
            _ => {}
        }
    }
    Ok(())
}

const fn listener_reads_nodes<L: Listener>(_: &L) -> bool {
    L::NODES
}

/// What all elements of a block share.
struct Data<'a> {
    strings: Vec<&'a str>,
    granularity: i64,
    offset: [i64; 2],
    stamp_ms: i64,
}

impl<'a> Data<'a> {
    fn string(&self, index: u64) -> Result<&'a str, Broken> {
        let found = usize::try_from(index).ok().and_then(|index| self.strings.get(index));
        found.copied().map_or_else(|| broken("text of a number that the block's table does not have"), Ok)
    }

    fn tags(&self, keys: &[u64], values: &[u64]) -> Result<Vec<(&'a str, &'a str)>, Broken> {
        keys.iter().zip(values).map(|(key, value)| Ok((self.string(*key)?, self.string(*value)?))).collect()
    }

    fn point(&self, lat: i64, lon: i64) -> Result<Point, Broken> {
        let e7 = |value: i64, offset: i64, most: i64| {
            let e7 =
                value.checked_mul(self.granularity).and_then(|nano| nano.checked_add(offset)).map(|nano| nano / 100);
            e7.filter(|e7| (-most..=most).contains(e7)).map(|e7| e7 as i32)
        };
        match (e7(lat, self.offset[0], 900_000_000), e7(lon, self.offset[1], 1_800_000_000)) {
            (Some(lat_e7), Some(lon_e7)) => Ok(Point { lat_e7, lon_e7 }),
            _ => broken("a node off the globe"),
        }
    }

    fn node(&self, bytes: &[u8], listener: &mut impl Listener) -> Result<(), Broken> {
        let (mut id, mut keys, mut values, mut lat, mut lon) = (0, Vec::new(), Vec::new(), 0, 0);
        for field in fields(bytes) {
            match field? {
                (1, Value::Number(number)) => id = signed(number),
                (2, value) => numbers(value, &mut keys)?,
                (3, value) => numbers(value, &mut values)?,
                (8, Value::Number(number)) => lat = signed(number),
                (9, Value::Number(number)) => lon = signed(number),
                _ => {}
            }
        }
        listener.node(id, self.point(lat, lon)?, Tags(&self.tags(&keys, &values)?));
        Ok(())
    }

    fn dense_nodes(&self, bytes: &[u8], listener: &mut impl Listener) -> Result<(), Broken> {
        let [mut ids, mut lats, mut lons, mut texts] = [const { Vec::new() }; 4];
        for field in fields(bytes) {
            match field? {
                (1, value) => numbers(value, &mut ids)?,
                (8, value) => numbers(value, &mut lats)?,
                (9, value) => numbers(value, &mut lons)?,
                (10, value) => numbers(value, &mut texts)?,
                _ => {}
            }
        }
        if ids.len() != lats.len() || ids.len() != lons.len() {
            return broken("nodes without places");
        }
        let (mut id, mut lat, mut lon, mut tags) = (0_i64, 0_i64, 0_i64, Vec::new());
        let mut texts = texts.into_iter();
        for ((by_id, by_lat), by_lon) in ids.iter().zip(&lats).zip(&lons) {
            id = id.wrapping_add(signed(*by_id));
            lat = lat.wrapping_add(signed(*by_lat));
            lon = lon.wrapping_add(signed(*by_lon));
            tags.clear();
            // Keys and values in turn; a 0 ends those of a node.
            while let Some(key) = texts.next().filter(|key| *key != 0) {
                tags.push((self.string(key)?, self.string(texts.next().unwrap_or(u64::MAX))?));
            }
            listener.node(id, self.point(lat, lon)?, Tags(&tags));
        }
        Ok(())
    }

    fn way(&self, bytes: &[u8], listener: &mut impl Listener) -> Result<(), Broken> {
        let (mut id, mut keys, mut values, mut refs) = (0, Vec::new(), Vec::new(), Vec::new());
        for field in fields(bytes) {
            match field? {
                (1, Value::Number(number)) => id = number as i64,
                (2, value) => numbers(value, &mut keys)?,
                (3, value) => numbers(value, &mut values)?,
                (4, Value::Bytes(info)) => self.edited(info, listener)?,
                (8, value) => numbers(value, &mut refs)?,
                _ => {}
            }
        }
        listener.way(id, &summed(&refs), Tags(&self.tags(&keys, &values)?));
        Ok(())
    }

    fn relation(&self, bytes: &[u8], listener: &mut impl Listener) -> Result<(), Broken> {
        let [mut keys, mut values, mut roles, mut ids, mut kinds] = [const { Vec::new() }; 5];
        for field in fields(bytes) {
            match field? {
                (2, value) => numbers(value, &mut keys)?,
                (3, value) => numbers(value, &mut values)?,
                (4, Value::Bytes(info)) => self.edited(info, listener)?,
                (8, value) => numbers(value, &mut roles)?,
                (9, value) => numbers(value, &mut ids)?,
                (10, value) => numbers(value, &mut kinds)?,
                _ => {}
            }
        }
        let mut members = Vec::new();
        for ((id, role), kind) in summed(&ids).into_iter().zip(roles).zip(kinds) {
            match kind {
                0 => members.push(Member::Node(id, self.string(role)?)),
                1 => members.push(Member::Way(id, self.string(role)?)),
                _ => {}
            }
        }
        listener.relation(Tags(&self.tags(&keys, &values)?), &members);
        Ok(())
    }

    fn edited(&self, info: &[u8], listener: &mut impl Listener) -> Result<(), Broken> {
        for field in fields(info) {
            if let (2, Value::Number(stamp)) = field? {
                listener.edited((stamp as i64).saturating_mul(self.stamp_ms) / 1000);
            }
        }
        Ok(())
    }
}

/// The value of a field.
#[derive(Debug, Clone, Copy)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The fields of a message: their numbers and values.
fn fields(mut bytes: &[u8]) -> impl Iterator<Item = Result<(u64, Value<'_>), Broken>> {
    std::iter::from_fn(move || {
        if bytes.is_empty() {
            return None;
        }
        let field = field(&mut bytes).map_or_else(|| broken("a message that ends within a field"), Ok);
        if field.is_err() {
            bytes = &[];
        }
        Some(field)
    })
}

fn field<'a>(bytes: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let key = number(bytes)?;
    let length = match key & 7 {
        0 => return Some((key >> 3, Value::Number(number(bytes)?))),
        1 => 8,
        2 => usize::try_from(number(bytes)?).ok()?,
        5 => 4,
        _ => return None,
    };
    let (value, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some((key >> 3, Value::Bytes(value)))
}

/// A number in groups of seven bits, the lowest first.
fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            *bytes = &bytes[index + 1..];
            return Some(number);
        }
    }
    None
}

/// Numbers in a row, or a single one.
fn numbers(value: Value<'_>, into: &mut Vec<u64>) -> Result<(), Broken> {
    match value {
        Value::Number(number) => into.push(number),
        Value::Bytes(mut bytes) => {
            while !bytes.is_empty() {
                match number(&mut bytes) {
                    Some(number) => into.push(number),
                    None => return broken("a row of numbers that ends within one"),
                }
            }
        }
    }
    Ok(())
}

/// A signed number, whose sign is its lowest bit.
const fn signed(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}

/// Numbers of which each is told by how much it differs from the one before.
fn summed(differences: &[u64]) -> Vec<i64> {
    let mut sum = 0_i64;
    let add = |by: &u64| {
        sum = sum.wrapping_add(signed(*by));
        sum
    };
    differences.iter().map(add).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_groups_of_seven_bits() {
        let mut bytes: &[u8] = &[0xac, 0x02, 0x05];
        assert_eq!(number(&mut bytes), Some(300));
        assert_eq!(bytes, [5]);
        assert_eq!(number(&mut &[0x80][..]), None);
        assert_eq!((signed(0), signed(1), signed(2), signed(u64::MAX)), (0, -1, 1, i64::MIN));
        assert_eq!(summed(&[4, 1, 6]), [2, 1, 4]);
    }

    #[test]
    fn a_file_that_is_something_else_is_no_block() {
        let text = b"<osm version=\"0.6\">";
        assert_eq!(next_block(&mut &text[..]).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(next_block(&mut &b""[..]).unwrap().is_none());
        assert_eq!(next_block(&mut &[0, 0][..]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
