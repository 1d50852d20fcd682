//! Ways that routing servers have told, kept so that each is asked for once.
//!
//! In go pairs of places; out comes what was said of them. A run reads all it needs, asks a source for the rest, writes
//! the answers, and forgets what is old:
//!
//! ```text
//! let asked = Asked { map: source.map(), terms: settings.routing.terms(source.map().source) };
//! let known = store.read(|reader| travel_times::read(reader, &asked, &pairs, keep_undated_days))?;
//! … ask the source for the pairs that are None …
//! store.write(|writer| travel_times::write(writer, &asked, &told))?;
//! while store.write(|writer| travel_times::forget(writer, &asked, keep_undated_days))? == FORGOTTEN_AT_ONCE {}
//! ```
//!
//! Holds: a way is found only under the source, the date of the map and the terms it was asked under. Places are rounded to
//! a ten-thousandth of a degree, [`rounded`]; who asks a source about the rounded places gets the same answer whichever of
//! the places behind them came first. A source that tells no date is believed for so many days.
//! Costs: 100,000 ways take about half a second of SQLite to read, as long to write, and a second or two of PostgreSQL,
//! whatever is kept besides.
//! Deliberately absent: asking a source; the straight line and a network in process, which answer faster than a table.

use super::{
    Reader, StoreError, Writer,
    connection::{AnyConnection, on_either},
    schema::{travel_maps, travel_times},
};
use crate::domain::{
    travel::{TravelMap, TravelSource, Way},
    units::Place,
};
use chrono::{DateTime, NaiveDateTime, TimeDelta};
use diesel::{
    prelude::*,
    sql_query,
    sql_types::{Array, BigInt, Nullable, Text, Timestamp},
};
use sha2::{Digest, Sha256};

/// The most ways that one [`forget`] deletes, so that others need not wait long for the table.
pub const FORGOTTEN_AT_ONCE: usize = 50_000;

/// The most pairs of one statement.
const PAIRS_A_STATEMENT: usize = 20_000;

/// Places are kept in units of a ten-thousandth of a degree, at most 11 m: what an address or a GPS fix is off by, and
/// about a second of driving.
const E6_A_UNIT: i32 = 100;

/// Longitudes of one latitude, and some to spare.
const LONGITUDES: i64 = 4_000_000;

/// What ways are asked of, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The source, and the date of its map.
    pub map: TravelMap,
    /// All else that its answers depend on, see `settings::Routing::terms`.
    pub terms: String,
}

impl Asked {
    fn map_date(&self) -> String {
        self.map.date.map_or_else(String::new, |date| date.to_string())
    }

    /// The first 63 bits of the SHA-256 of all three.
    fn id(&self) -> i64 {
        let text = format!("{}\n{}\n{}", self.map.source, self.map_date(), self.terms);
        let hash = Sha256::digest(text);
        let first = hash[..8].try_into().expect("eight of 32 bytes");
        i64::from_be_bytes(first) & i64::MAX
    }

    /// The moment after which an answer must have come to be believed.
    fn believed_since(&self, now: DateTime<chrono::Utc>, keep_undated_days: u32) -> NaiveDateTime {
        match self.map.date {
            Some(_) => DateTime::UNIX_EPOCH.naive_utc(),
            None => days_before(now, keep_undated_days),
        }
    }
}

fn days_before(now: DateTime<chrono::Utc>, days: u32) -> NaiveDateTime {
    now.checked_sub_signed(TimeDelta::days(days.into())).unwrap_or(DateTime::UNIX_EPOCH).naive_utc()
}

/// The place that stands for all within about 8 m: its coordinates to a ten-thousandth of a degree.
pub fn rounded(place: Place) -> Place {
    let (lat, lon) = units(place);
    Place::from_e6(lat * E6_A_UNIT, lon * E6_A_UNIT).expect("rounding stays on the globe")
}

/// Latitude and longitude in ten-thousandths of a degree, halves away from zero.
fn units(place: Place) -> (i32, i32) {
    let unit = |e6: i32| (e6 + e6.signum() * (E6_A_UNIT / 2)) / E6_A_UNIT;
    let (lat, lon) = place.e6();
    (unit(lat), unit(lon))
}

/// The place as one number, as the migration says.
fn key(place: Place) -> i64 {
    let (lat, lon) = units(place);
    (i64::from(lat) + 900_000) * LONGITUDES + i64::from(lon) + 1_800_000
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    position: i64,
    #[diesel(sql_type = Text)]
    way: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    deciseconds: Option<i64>,
}

/// What is known of each pair, in their order.
///
/// Cost: one index look-up a pair, 20,000 pairs a statement.
pub fn read(
    reader: &mut Reader<'_>,
    asked: &Asked,
    pairs: &[(Place, Place)],
    keep_undated_days: u32,
) -> Result<Vec<Option<Way>>, StoreError> {
    let (map, since) = (asked.id(), asked.believed_since(reader.now(), keep_undated_days));
    let mut known = vec![None; pairs.len()];
    for (pairs, known) in pairs.chunks(PAIRS_A_STATEMENT).zip(known.chunks_mut(PAIRS_A_STATEMENT)) {
        let (from, to): (Vec<i64>, Vec<i64>) = pairs.iter().map(|(from, to)| (key(*from), key(*to))).unzip();
        let found: Vec<Found> = match &mut *reader.connection {
            AnyConnection::Sqlite(inner) => sql_query(
                "SELECT k.key AS position, t.way, t.deciseconds FROM json_each(?) k CROSS JOIN travel_times t \
                 ON t.map_id = ? AND t.from_place = json_extract(k.value, '$[0]') \
                 AND t.to_place = json_extract(k.value, '$[1]') WHERE t.asked_at > ?",
            )
            .bind::<Text, _>(as_json(from.iter().zip(&to).map(|(from, to)| format!("[{from},{to}]"))))
            .bind::<BigInt, _>(map)
            .bind::<Timestamp, _>(since)
            .load(inner)?,
            AnyConnection::Postgres(inner) => sql_query(
                // The limit keeps the planner from reading the whole table for a join.
                "SELECT k.position - 1 AS position, t.way, t.deciseconds \
                 FROM unnest($1, $2) WITH ORDINALITY AS k (from_place, to_place, position) CROSS JOIN LATERAL \
                 (SELECT way, deciseconds FROM travel_times WHERE map_id = $3 AND from_place = k.from_place \
                 AND to_place = k.to_place AND asked_at > $4 LIMIT 1) t",
            )
            .bind::<Array<BigInt>, _>(from)
            .bind::<Array<BigInt>, _>(to)
            .bind::<BigInt, _>(map)
            .bind::<Timestamp, _>(since)
            .load(inner)?,
        };
        for Found { position, way, deciseconds } in found {
            let position = usize::try_from(position).ok().and_then(|position| known.get_mut(position));
            *position.ok_or_else(|| StoreError::Corrupt("a travel time nobody asked for".to_owned()))? =
                Some(way_of(&way, deciseconds)?);
        }
    }
    Ok(known)
}

/// Keeps what was said; what was said before of the same pairs is replaced. Of two ways between the same rounded places the
/// later in the list counts.
///
/// Cost: one look-up and one write a way, 20,000 a statement.
pub fn write(writer: &mut Writer<'_>, asked: &Asked, told: &[(Place, Place, Way)]) -> Result<(), StoreError> {
    use_map(writer, asked)?;
    let (map, now) = (asked.id(), writer.now().naive_utc());
    let mut rows: Vec<(i64, i64, Way)> = told.iter().map(|(from, to, way)| (key(*from), key(*to), *way)).collect();
    // In one order, so that two writers wait for each other instead of for ever; the last of equals stays.
    rows.reverse();
    rows.sort_by_key(|(from, to, _)| (*from, *to));
    rows.dedup_by_key(|(from, to, _)| (*from, *to));
    for rows in rows.chunks(PAIRS_A_STATEMENT) {
        match &mut *writer.connection {
            AnyConnection::Sqlite(inner) => sql_query(
                "INSERT INTO travel_times (map_id, from_place, to_place, way, deciseconds, asked_at) \
                 SELECT ?, json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'), \
                 json_extract(value, '$[3]'), ? FROM json_each(?) WHERE true \
                 ON CONFLICT (map_id, from_place, to_place) DO UPDATE \
                 SET way = excluded.way, deciseconds = excluded.deciseconds, asked_at = excluded.asked_at",
            )
            .bind::<BigInt, _>(map)
            .bind::<Timestamp, _>(now)
            .bind::<Text, _>(as_json(rows.iter().map(|(from, to, way)| {
                let (name, deciseconds) = columns(*way);
                let deciseconds = deciseconds.map_or_else(|| "null".to_owned(), |number| number.to_string());
                format!("[{from},{to},\"{name}\",{deciseconds}]")
            })))
            .execute(inner)?,
            AnyConnection::Postgres(inner) => sql_query(
                "INSERT INTO travel_times (map_id, from_place, to_place, way, deciseconds, asked_at) \
                 SELECT $1, k.*, $2 FROM unnest($3, $4, $5, $6) AS k \
                 ON CONFLICT (map_id, from_place, to_place) DO UPDATE \
                 SET way = excluded.way, deciseconds = excluded.deciseconds, asked_at = excluded.asked_at",
            )
            .bind::<BigInt, _>(map)
            .bind::<Timestamp, _>(now)
            .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.0).collect::<Vec<_>>())
            .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.1).collect::<Vec<_>>())
            .bind::<Array<Text>, _>(rows.iter().map(|row| columns(row.2).0).collect::<Vec<_>>())
            .bind::<Array<Nullable<BigInt>>, _>(rows.iter().map(|row| columns(row.2).1).collect::<Vec<_>>())
            .execute(inner)?,
        };
    }
    Ok(())
}

/// The map of a source that was last in use under some terms, if any was.
pub fn latest(reader: &mut Reader<'_>, source: TravelSource, terms: &str) -> Result<Option<Asked>, StoreError> {
    let date: Option<String> = travel_maps::table
        .filter(travel_maps::source.eq(source.as_str()).and(travel_maps::terms.eq(terms)))
        .order(travel_maps::last_used_at.desc())
        .select(travel_maps::map_date)
        .first(&mut *reader.connection)
        .optional()?;
    let asked = |date: String| {
        let date = (!date.is_empty()).then(|| date.parse()).transpose();
        let date = date.map_err(|_| StoreError::Corrupt(format!("the date of a map of {source}")))?;
        Ok(Asked { map: TravelMap { source, date }, terms: terms.to_owned() })
    };
    date.map(asked).transpose()
}

/// Deletes ways that no run will read: those asked under the same terms on another map, those of a source and terms that no
/// run has used for so many days, and undated ones as old as that. Returns how many; as long as that is
/// [`FORGOTTEN_AT_ONCE`], there may be more.
///
/// Cost: linear in what is deleted.
pub fn forget(writer: &mut Writer<'_>, asked: &Asked, keep_undated_days: u32) -> Result<usize, StoreError> {
    use_map(writer, asked)?;
    let old = "SELECT id FROM travel_maps WHERE id <> $1 AND (source = $2 AND terms = $3 OR last_used_at <= $4)";
    let of_this = if asked.map.date.is_none() { "OR map_id = $1 AND asked_at <= $4" } else { "" };
    let rows = format!("FROM travel_times WHERE map_id IN ({old}) {of_this} LIMIT {FORGOTTEN_AT_ONCE}");
    // By where the row is kept, which spares another look-up of each.
    let ways = match &*writer.connection {
        AnyConnection::Sqlite(_) => format!("DELETE FROM travel_times WHERE rowid IN (SELECT rowid {rows})"),
        AnyConnection::Postgres(_) => format!("DELETE FROM travel_times WHERE ctid = ANY (ARRAY (SELECT ctid {rows}))"),
    };
    let is_empty = "NOT EXISTS (SELECT 1 FROM travel_times WHERE map_id = travel_maps.id)";
    let maps = format!("DELETE FROM travel_maps WHERE id IN ({old}) AND {is_empty}");
    let since = days_before(writer.now(), keep_undated_days);
    let mut delete = |sql: String| {
        on_either!(&mut *writer.connection, inner => sql_query(sql)
            .bind::<BigInt, _>(asked.id())
            .bind::<Text, _>(asked.map.source.as_str())
            .bind::<Text, _>(&asked.terms)
            .bind::<Timestamp, _>(since)
            .execute(inner))
    };
    let deleted = delete(ways)?;
    delete(maps)?;
    Ok(deleted)
}

/// Notes that the map is in use.
fn use_map(writer: &mut Writer<'_>, asked: &Asked) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    let row = (
        travel_maps::id.eq(asked.id()),
        travel_maps::source.eq(asked.map.source.as_str()),
        travel_maps::map_date.eq(asked.map_date()),
        travel_maps::terms.eq(&asked.terms),
        travel_maps::last_used_at.eq(now),
    );
    on_either!(&mut *writer.connection, inner => {
        diesel::insert_into(travel_maps::table)
            .values(row)
            .on_conflict(travel_maps::id)
            .do_update()
            .set(travel_maps::last_used_at.eq(now))
            .execute(inner)?
    });
    Ok(())
}

/// How many ways are kept, for people.
pub fn count(reader: &mut Reader<'_>) -> Result<u64, StoreError> {
    let rows: i64 = travel_times::table.count().get_result(&mut *reader.connection)?;
    Ok(rows.unsigned_abs())
}

fn as_json(rows: impl Iterator<Item = String>) -> String {
    let mut text = String::from("[");
    for row in rows {
        if text.len() > 1 {
            text.push(',');
        }
        text.push_str(&row);
    }
    text.push(']');
    text
}

const fn columns(way: Way) -> (&'static str, Option<i64>) {
    match way {
        Way::Takes { deciseconds } => ("takes", Some(deciseconds as i64)),
        Way::OffTheRoad => ("off_the_road", None),
        Way::TooFar => ("too_far", None),
        Way::None => ("none", None),
    }
}

fn way_of(name: &str, deciseconds: Option<i64>) -> Result<Way, StoreError> {
    match (name, deciseconds.map(u32::try_from)) {
        ("takes", Some(Ok(deciseconds))) => Ok(Way::Takes { deciseconds }),
        ("off_the_road", None) => Ok(Way::OffTheRoad),
        ("too_far", None) => Ok(Way::TooFar),
        ("none", None) => Ok(Way::None),
        _ => Err(StoreError::Corrupt(format!("the way {name:?} of {deciseconds:?} tenths of a second"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rounded_place_is_at_most_eight_metres_away_and_stays_itself() {
        for (lat, lon) in [(40.123_45, -75.000_049), (-89.999_99, 179.999_99), (0.000_05, -0.000_05), (90.0, -180.0)] {
            let place = Place::from_degrees(lat, lon).unwrap();
            assert!(place.great_circle_metres(rounded(place)) < 8.0, "{place:?}");
            assert_eq!(rounded(rounded(place)), rounded(place));
            assert_eq!(key(rounded(place)), key(place));
        }
    }

    #[test]
    fn no_two_places_share_a_number() {
        let key = |lat: f64, lon: f64| key(Place::from_degrees(lat, lon).unwrap());
        assert_eq!(key(-90.0, -180.0), 0);
        assert!(key(10.0, 180.0) < key(10.000_1, -180.0));
    }
}
