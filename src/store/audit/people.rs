//! Who is behind the people of the audit log: salted commitments in place of ids.
//!
//! In go ids of people; out come commitments, and back. Holds: the log never says an id of a person, and its chain covers the
//! commitment, so that it stays whole when the row that says who it was is deleted; nobody can put another name behind a
//! commitment, for that would take another id and salt with the same SHA-256. A person has one commitment at a time.
//! Deliberately absent: services, which are programs and stand in the log by name.

use super::Change;
use crate::{
    domain::principal::Role,
    store::{ROWS_A_STATEMENT, Reader, StoreError, Writer, connection::on_either, schema::audit_people},
};
use diesel::prelude::*;
use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

/// What every commitment begins with, so that it is never taken for an id.
const PREFIX: &str = "sha256:";

/// Where a subject names a person, by its kind: all of it, what follows the first stroke, or what stands between the first
/// and the last. An id may hold strokes itself.
fn place(kind: &str, subject: &str) -> Option<Range<usize>> {
    let (first, last) = (subject.find('/').map_or(0, |stroke| stroke + 1), subject.rfind('/').unwrap_or(subject.len()));
    match kind {
        "rep" | "person" => Some(0..subject.len()),
        "reminder" => Some(first..subject.len()),
        "check_in" | "review" => Some(first..last.max(first)),
        _ => None,
    }
}

/// The commitment to an id under a salt.
fn commitment(salt: &str, id: &str) -> String {
    let digest = Sha256::new()
        .chain_update("account-swap person 1\n")
        .chain_update(salt)
        .chain_update("\n")
        .chain_update(id)
        .finalize();
    digest.iter().fold(PREFIX.to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// What stands for the people of some changes.
pub(super) struct Commitments(BTreeMap<String, String>);

impl Commitments {
    /// Finds what stands for everybody named, and makes it for those who are named for the first time.
    ///
    /// People are taken in the order of their ids, before the head of the log, so that no two transactions wait for each
    /// other. Cost: one query, and two more for each new person.
    pub(super) fn of<'c>(
        writer: &mut Writer<'_>,
        changes: impl Iterator<Item = &'c Change>,
    ) -> Result<Self, StoreError> {
        let mut named = BTreeSet::new();
        for change in changes {
            if change.actor.role != Role::Service {
                named.insert(change.actor.id.as_str());
            }
            named.extend(place(change.subject_kind, &change.subject_id).map(|place| &change.subject_id[place]));
        }
        let named: Vec<&str> = named.into_iter().collect();
        let mut found = known(writer, &named)?;
        for id in named.iter().filter(|id| !found.contains_key(**id)) {
            let salt = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
            let values = (
                audit_people::commitment.eq(commitment(&salt, id)),
                audit_people::person_id.eq(id),
                audit_people::salt.eq(&salt),
            );
            on_either!(&mut *writer.connection, inner => {
                diesel::insert_into(audit_people::table).values(values).on_conflict_do_nothing().execute(inner)?
            });
        }
        if found.len() < named.len() {
            // Another transaction may have been first with one of them.
            found = known(writer, &named)?;
        }
        Ok(Self(found))
    }

    /// What stands for the actor of a change.
    pub(super) fn actor(&self, change: &Change) -> Result<String, StoreError> {
        match change.actor.role {
            Role::Service => Ok(change.actor.id.as_str().to_owned()),
            _ => self.person(change.actor.id.as_str()),
        }
    }

    /// The subject of a change, with what stands for the person it names.
    pub(super) fn subject(&self, change: &Change) -> Result<String, StoreError> {
        let mut subject = change.subject_id.clone();
        if let Some(place) = place(change.subject_kind, &subject) {
            let person = self.person(&subject[place.clone()])?;
            subject.replace_range(place, &person);
        }
        Ok(subject)
    }

    fn person(&self, id: &str) -> Result<String, StoreError> {
        self.0.get(id).cloned().ok_or(StoreError::Raced)
    }
}

fn known(reader: &mut Reader<'_>, ids: &[&str]) -> Result<BTreeMap<String, String>, StoreError> {
    let mut found = BTreeMap::new();
    for some in ids.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<(String, String)> = audit_people::table
            .filter(audit_people::person_id.eq_any(some))
            .select((audit_people::person_id, audit_people::commitment))
            .load(&mut *reader.connection)?;
        found.extend(rows);
    }
    Ok(found)
}

/// Everything that may stand for some people in the log.
pub(super) fn standing_for(reader: &mut Reader<'_>, ids: &[&str]) -> Result<Vec<String>, StoreError> {
    Ok(known(reader, ids)?.into_values().chain(ids.iter().map(|id| (*id).to_owned())).collect())
}

/// Puts the names of people back into what the log says of its actors and subjects, where somebody still knows them.
pub(super) fn name<'a>(reader: &mut Reader<'_>, said: impl Iterator<Item = &'a mut String>) -> Result<(), StoreError> {
    let said: Vec<&mut String> = said.filter(|text| text.contains(PREFIX)).collect();
    let place = |text: &str| {
        let begin = text.find(PREFIX)?;
        let end = begin + PREFIX.len() + 64;
        text.get(begin..end).map(|_| begin..end)
    };
    let wanted: BTreeSet<String> = said.iter().filter_map(|text| Some(text[place(text)?].to_owned())).collect();
    let wanted: Vec<String> = wanted.into_iter().collect();
    let mut names = BTreeMap::new();
    for some in wanted.chunks(ROWS_A_STATEMENT) {
        let rows: Vec<(String, String)> = audit_people::table
            .filter(audit_people::commitment.eq_any(some))
            .select((audit_people::commitment, audit_people::person_id))
            .load(&mut *reader.connection)?;
        names.extend(rows);
    }
    for text in said {
        if let Some((place, id)) = place(text).and_then(|place| Some((place.clone(), names.get(&text[place])?))) {
            text.replace_range(place, id);
        }
    }
    Ok(())
}

/// Commitments behind which another name has been put than the one they were made for.
pub(super) fn renamed(reader: &mut Reader<'_>) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String, String, String)> =
        audit_people::table.order(audit_people::commitment).load(&mut *reader.connection)?;
    let is_renamed = |(found, id, salt): &(String, String, String)| *found != commitment(salt, id);
    Ok(rows.into_iter().filter(is_renamed).map(|(found, ..)| found).collect())
}

/// Forgets who is behind a commitment: from now on nobody can tell whom of the log this person was.
pub(super) fn forget(writer: &mut Writer<'_>, id: &str) -> Result<(), StoreError> {
    diesel::delete(audit_people::table.filter(audit_people::person_id.eq(id))).execute(&mut *writer.connection)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_found_in_subjects_whatever_their_ids_hold() {
        let named = |kind, subject: &str| place(kind, subject).map(|place| subject[place].to_owned());
        assert_eq!(named("rep", "anna"), Some("anna".to_owned()));
        assert_eq!(named("person", "a/b"), Some("a/b".to_owned()));
        assert_eq!(named("reminder", "1/a/b"), Some("a/b".to_owned()));
        assert_eq!(named("check_in", "1/a/b/7"), Some("a/b".to_owned()));
        assert_eq!(named("review", "1/anna/30"), Some("anna".to_owned()));
        assert_eq!(named("proposal", "1"), None);
    }

    #[test]
    fn a_commitment_holds_its_id_and_tells_nothing_without_its_salt() {
        assert_eq!(commitment("salt", "anna"), commitment("salt", "anna"));
        assert_ne!(commitment("salt", "anna"), commitment("other", "anna"));
        assert_ne!(commitment("salt", "anna"), commitment("salt", "ben"));
    }
}
