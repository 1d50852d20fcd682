//! Drawn territories: their shapes by name.
//!
//! In go territories; out come those of some names. A shape is kept as compressed JSON of its corners.
//! Deliberately absent: who names them, and what is inside.

use super::{
    Reader, StoreError, Writer,
    packed::{pack, unpack},
    schema::territories,
    staging::Applied,
};
use crate::domain::{
    roster::Tag,
    territory::{Shape, Territory},
};
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Names asked for at once.
const NAMES_A_STATEMENT: usize = 1000;

/// Brings territories in: new ones, and those whose shape is another. Each name stands once in `all`.
///
/// Cost: a statement a territory that is new or another.
pub fn apply(writer: &mut Writer<'_>, all: &[Territory]) -> Result<Applied, StoreError> {
    let names: Vec<&Tag> = all.iter().map(|territory| &territory.name).collect();
    let held: BTreeMap<Tag, Shape> =
        named(writer, &names)?.into_iter().map(|territory| (territory.name, territory.shape)).collect();
    let mut applied = Applied::default();
    for Territory { name, shape } in all {
        let packed = || pack(&serde_json::to_vec(shape).expect("a shape is plain numbers"));
        match held.get(name) {
            Some(as_it_was) if as_it_was == shape => {}
            Some(_) => {
                diesel::update(territories::table.find(name.as_str()))
                    .set(territories::shape.eq(packed()))
                    .execute(&mut *writer.connection)?;
                applied.changed += 1;
            }
            None => {
                diesel::insert_into(territories::table)
                    .values((territories::name.eq(name.as_str()), territories::shape.eq(packed())))
                    .execute(&mut *writer.connection)?;
                applied.created += 1;
            }
        }
    }
    Ok(applied)
}

/// The territories of these names, by name; names that no territory has are left out.
pub fn named(reader: &mut Reader<'_>, names: &[&Tag]) -> Result<Vec<Territory>, StoreError> {
    let mut found = Vec::new();
    for batch in names.chunks(NAMES_A_STATEMENT) {
        let rows: Vec<(String, Vec<u8>)> = territories::table
            .filter(territories::name.eq_any(batch.iter().map(|name| name.as_str())))
            .load(&mut *reader.connection)?;
        for (name, packed) in rows {
            let shape = serde_json::from_slice(&unpack(&packed)?)
                .map_err(|error| StoreError::Corrupt(format!("territory {name}: {error}")))?;
            found.push(Territory { name: name.parse()?, shape });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}
