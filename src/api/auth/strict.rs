//! JSON in which every name stands once.
//!
//! In goes JSON; out comes its value, or an error where an object at any depth says a name twice: two readers of such an
//! object may see two different things, and one of them has checked the other's. Cost: linear; as deep as `serde_json` goes.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// A value in which every name stands once.
#[derive(Debug)]
pub(super) struct Strict(pub(super) Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Strict;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON in which every name stands once")
    }

    fn visit_bool<E>(self, found: bool) -> Result<Strict, E> {
        Ok(Strict(Value::Bool(found)))
    }

    fn visit_i64<E>(self, found: i64) -> Result<Strict, E> {
        Ok(Strict(found.into()))
    }

    fn visit_u64<E>(self, found: u64) -> Result<Strict, E> {
        Ok(Strict(found.into()))
    }

    fn visit_f64<E: Error>(self, found: f64) -> Result<Strict, E> {
        Number::from_f64(found).map(|number| Strict(number.into())).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, found: &str) -> Result<Strict, E> {
        Ok(Strict(found.into()))
    }

    fn visit_unit<E>(self) -> Result<Strict, E> {
        Ok(Strict(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Strict, A::Error> {
        let mut found = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            found.push(item);
        }
        Ok(Strict(Value::Array(found)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Strict, A::Error> {
        let mut found = Map::new();
        while let Some((name, Strict(value))) = entries.next_entry::<String, Strict>()? {
            if found.insert(name, value).is_some() {
                return Err(A::Error::custom("a name stands twice"));
            }
        }
        Ok(Strict(Value::Object(found)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_that_stands_twice_is_refused_at_any_depth_and_in_any_spelling() {
        let read = |text: &str| serde_json::from_str::<Strict>(text).map(|strict| strict.0).ok();
        let sound = r#"{"a": [1, -2, 2.5, "x", null, true], "b": {"a": {}}}"#;
        assert_eq!(read(sound), Some(json!({"a": [1, -2, 2.5, "x", null, true], "b": {"a": {}}})));
        for twice in [r#"{"a": 1, "a": 1}"#, r#"{"a": 1, "\u0061": 2}"#, r#"[{"b": {"a": 1, "c": 2, "a": 3}}]"#] {
            assert_eq!(read(twice), None, "{twice}");
        }
        assert_eq!(read(&"[".repeat(100_000)), None, "deep is not deadly");
    }
}
