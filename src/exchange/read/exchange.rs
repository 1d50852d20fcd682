//! The `exchange/1` format: one JSON object, read as it comes.
//!
//! In: JSON whose keys may stand in any order. Out: a [`Market`].
//! Holds: an id is kept once, as soon as it is seen; whether it is that of an offer is asked at the end, so arcs may
//! come before offers. A key that is not known or occurs twice is refused.
//! Costs: one pass; no text but the ids is kept. Absent: a tree of the document.

use super::{FirstSign, ReadError};
use crate::exchange::ids::Ids;
use crate::exchange::market::{Arc, Draft, MAX_GAIN, MAX_POINTS, Market, ReadyMove};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use std::fmt;
use std::io::BufRead;
use std::marker::PhantomData;

/// The only format there is so far.
const FORMAT: &str = "exchange/1";

/// Reads a market from the first sign on.
pub(super) fn read(input: impl BufRead, first: FirstSign) -> Result<Market, ReadError> {
    let mut draft = Draft::default();
    let mut json = serde_json::Deserializer::from_reader(input);
    One::<Document>(&mut draft, PhantomData)
        .deserialize(&mut json)
        .and_then(|()| json.end())
        .map_err(|error| ReadError::json(error, first))?;
    draft.finish()
}

/// An object of the file: its keys and what becomes of them.
trait Object {
    /// What is expected where it stands.
    const EXPECTED: &'static str;

    /// Reads its keys into the draft.
    fn read<'de, M: MapAccess<'de>>(draft: &mut Draft, map: M) -> Result<(), M::Error>;
}

/// Reads one object of a kind into a draft.
struct One<'a, O>(&'a mut Draft, PhantomData<O>);

impl<'de, O: Object> DeserializeSeed<'de> for One<'_, O> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, O: Object> Visitor<'de> for One<'_, O> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(O::EXPECTED)
    }

    fn visit_map<M: MapAccess<'de>>(self, map: M) -> Result<(), M::Error> {
        O::read(self.0, map)
    }
}

/// Reads a list of objects of a kind into a draft.
struct Each<'a, O>(&'a mut Draft, PhantomData<O>);

impl<'de, O: Object> DeserializeSeed<'de> for Each<'_, O> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, O: Object> Visitor<'de> for Each<'_, O> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list, each of it {}", O::EXPECTED)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        while list.next_element_seed(One::<O>(self.0, PhantomData))?.is_some() {}
        Ok(())
    }
}

/// The whole file.
struct Document;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum DocumentKey {
    Format,
    Offers,
    Reps,
    Arcs,
    Moves,
}

impl Object for Document {
    const EXPECTED: &'static str = "an object with format, offers, and arcs or moves";

    fn read<'de, M: MapAccess<'de>>(draft: &mut Draft, mut map: M) -> Result<(), M::Error> {
        let (mut format, mut offers, mut reps) = (false, false, false);
        while let Some(key) = map.next_key()? {
            match key {
                DocumentKey::Format => {
                    once(format, "format")?;
                    format = true;
                    let found: String = map.next_value()?;
                    if found != FORMAT {
                        return Err(Error::invalid_value(Unexpected::Str(&found), &format!("{FORMAT:?}").as_str()));
                    }
                }
                DocumentKey::Offers => {
                    once(offers, "offers")?;
                    offers = true;
                    map.next_value_seed(Each::<OfferObject>(draft, PhantomData))?;
                }
                DocumentKey::Reps => {
                    once(reps, "reps")?;
                    reps = true;
                    map.next_value_seed(Each::<RepObject>(draft, PhantomData))?;
                }
                DocumentKey::Arcs => {
                    once(draft.arcs.is_some(), "arcs")?;
                    draft.arcs = Some(Vec::new());
                    map.next_value_seed(Each::<ArcObject>(draft, PhantomData))?;
                }
                DocumentKey::Moves => {
                    once(draft.moves.is_some(), "moves")?;
                    draft.moves = Some(Vec::new());
                    map.next_value_seed(Each::<MoveObject>(draft, PhantomData))?;
                }
            }
        }
        for (seen, name) in [(format, "format"), (offers, "offers")] {
            if !seen {
                return Err(Error::missing_field(name));
            }
        }
        Ok(())
    }
}

/// One of `offers`.
struct OfferObject;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum OfferKey {
    Id,
    Rep,
}

impl Object for OfferObject {
    const EXPECTED: &'static str = "an offer: an object with id and perhaps rep";

    fn read<'de, M: MapAccess<'de>>(draft: &mut Draft, mut map: M) -> Result<(), M::Error> {
        let (mut id, mut rep) = (None, None);
        while let Some(key) = map.next_key()? {
            match key {
                OfferKey::Id => {
                    once(id.is_some(), "id")?;
                    id = Some(map.next_value_seed(Id(&mut draft.offers))?);
                }
                OfferKey::Rep => {
                    once(rep.is_some(), "rep")?;
                    rep = Some(map.next_value_seed(Id(&mut draft.reps))?);
                }
            }
        }
        draft.declare(required(id, "id")?, rep).map_err(Error::custom)
    }
}

/// One of `reps`.
struct RepObject;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum RepKey {
    Id,
    MaxMoves,
}

impl Object for RepObject {
    const EXPECTED: &'static str = "a rep: an object with id and max_moves";

    fn read<'de, M: MapAccess<'de>>(draft: &mut Draft, mut map: M) -> Result<(), M::Error> {
        let (mut id, mut max_moves) = (None, None);
        while let Some(key) = map.next_key()? {
            match key {
                RepKey::Id => {
                    once(id.is_some(), "id")?;
                    id = Some(map.next_value_seed(Id(&mut draft.reps))?);
                }
                RepKey::MaxMoves => {
                    once(max_moves.is_some(), "max_moves")?;
                    max_moves = Some(map.next_value_seed(Whole { smallest: 0, largest: u32::MAX.into() })?);
                }
            }
        }
        let max_moves = required(max_moves, "max_moves")?;
        draft
            .cap(required(id, "id")?, u32::try_from(max_moves).expect("it is within its bounds"))
            .map_err(Error::custom)
    }
}

/// One of `arcs`.
struct ArcObject;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum ArcKey {
    Give,
    Receive,
    Gain,
}

impl Object for ArcObject {
    const EXPECTED: &'static str = "an arc: an object with give, receive and gain";

    fn read<'de, M: MapAccess<'de>>(draft: &mut Draft, mut map: M) -> Result<(), M::Error> {
        let (mut give, mut receive, mut gain) = (None, None, None);
        while let Some(key) = map.next_key()? {
            match key {
                ArcKey::Give => {
                    once(give.is_some(), "give")?;
                    give = Some(map.next_value_seed(Id(&mut draft.offers))?);
                }
                ArcKey::Receive => {
                    once(receive.is_some(), "receive")?;
                    receive = Some(map.next_value_seed(Id(&mut draft.offers))?);
                }
                ArcKey::Gain => {
                    once(gain.is_some(), "gain")?;
                    gain = Some(map.next_value_seed(Whole { smallest: -MAX_GAIN, largest: MAX_GAIN })?);
                }
            }
        }
        let arc = Arc {
            give: required(give, "give")?,
            receive: required(receive, "receive")?,
            gain: required(gain, "gain")?,
        };
        draft.arcs.get_or_insert_default().push(arc);
        Ok(())
    }
}

/// One of `moves`.
struct MoveObject;

#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum MoveKey {
    Offers,
    Points,
}

impl Object for MoveObject {
    const EXPECTED: &'static str = "a move: an object with offers and points";

    fn read<'de, M: MapAccess<'de>>(draft: &mut Draft, mut map: M) -> Result<(), M::Error> {
        let (mut offers, mut points) = (None, None);
        while let Some(key) = map.next_key()? {
            match key {
                MoveKey::Offers => {
                    once(offers.is_some(), "offers")?;
                    offers = Some(map.next_value_seed(TwoIds(&mut draft.offers))?);
                }
                MoveKey::Points => {
                    once(points.is_some(), "points")?;
                    points = Some(map.next_value_seed(Whole { smallest: -MAX_POINTS, largest: MAX_POINTS })?);
                }
            }
        }
        let ready = ReadyMove { offers: required(offers, "offers")?, points: required(points, "points")? };
        draft.moves.get_or_insert_default().push(ready);
        Ok(())
    }
}

/// Refuses a key that was seen before.
fn once<E: Error>(seen: bool, name: &'static str) -> Result<(), E> {
    if seen { Err(E::duplicate_field(name)) } else { Ok(()) }
}

/// Refuses an object without a key it needs.
fn required<T, E: Error>(value: Option<T>, name: &'static str) -> Result<T, E> {
    value.ok_or_else(|| E::missing_field(name))
}

/// An id, kept in a set.
struct Id<'a>(&'a mut Ids);

impl<'de> DeserializeSeed<'de> for Id<'_> {
    type Value = u32;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<u32, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Id<'_> {
    type Value = u32;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an id: a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<u32, E> {
        self.0.number(text).map_err(E::custom)
    }
}

/// A list of exactly two ids.
struct TwoIds<'a>(&'a mut Ids);

impl<'de> DeserializeSeed<'de> for TwoIds<'_> {
    type Value = [u32; 2];

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<[u32; 2], D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for TwoIds<'_> {
    type Value = [u32; 2];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of exactly two ids")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<[u32; 2], S::Error> {
        let mut two = [0; 2];
        for (index, id) in two.iter_mut().enumerate() {
            let Some(number) = list.next_element_seed(Id(&mut *self.0))? else {
                return Err(Error::invalid_length(index, &"a list of exactly two ids"));
            };
            *id = number;
        }
        match list.next_element_seed(Id(&mut *self.0))? {
            None => Ok(two),
            Some(_) => Err(Error::custom("found more than two offers, expected a list of exactly two ids")),
        }
    }
}

/// An integer within bounds.
struct Whole {
    smallest: i64,
    largest: i64,
}

impl<'de> DeserializeSeed<'de> for Whole {
    type Value = i64;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<i64, D::Error> {
        deserializer.deserialize_i64(self)
    }
}

impl Visitor<'_> for Whole {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an integer from {} to {}", self.smallest, self.largest)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<i64, E> {
        if (self.smallest..=self.largest).contains(&value) {
            return Ok(value);
        }
        Err(E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<i64, E> {
        match i64::try_from(value) {
            Ok(value) => self.visit_i64(value),
            Err(_) => Err(E::invalid_value(Unexpected::Unsigned(value), &self)),
        }
    }
}
