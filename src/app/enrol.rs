//! The record of people: an administrator says in which roles somebody may ask, lets them ask no more, or again.
//!
//! In goes who asks and about whom; out comes the record as it now stands. Whoever has no record is trusted as the issuer of
//! their tokens says, unless the settings ask for one. Holds: what is said counts from the next request on, on every
//! replica, because each request asks for it; who may be no rep any more takes their live submissions and proposals along
//! in the same transaction; who may be no manager leaves their approvals to the next above them.
//! Deliberately absent: people of whom there is nothing to say, and changing one's own record.

use super::{Page, Reader, Refused, Writer, fresh_version, invalidate};
use crate::{
    domain::{
        ids::{RepId, Version},
        person::{self, Person, PersonAction, PersonActor, PersonRefusal, PersonState},
        principal::{Principal, Role},
    },
    store::{audit::Change, people},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What is on record of a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PersonView {
    /// The subject of their tokens.
    pub id: RepId,
    /// In which roles they may ask; null where the issuer of their tokens says it.
    pub roles: Option<BTreeSet<Role>>,
    /// Whether they may ask at all.
    pub state: PersonState,
    /// Since when this stands.
    pub since: DateTime<Utc>,
    /// Who said so.
    pub changed_by: RepId,
    /// New at each change.
    pub version: Version,
}

impl From<Person> for PersonView {
    fn from(person: Person) -> Self {
        let Person { id, roles, state, since, changed_by, version } = person;
        Self { id, roles, state, since, changed_by, version }
    }
}

/// A new record.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// The subject of their tokens.
    pub id: RepId,
    /// In which roles they may ask; nothing where the issuer of their tokens says it.
    #[schema(min_items = 1)]
    pub roles: Option<BTreeSet<Role>>,
    /// Whether they may ask at all; `active` if not said.
    pub state: Option<PersonState>,
}

/// In which roles somebody may ask.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRoles {
    /// The roles; nothing where the issuer of their tokens says it.
    #[schema(min_items = 1)]
    pub roles: Option<BTreeSet<Role>>,
}

impl From<PersonRefusal> for Refused {
    fn from(refusal: PersonRefusal) -> Self {
        match refusal {
            PersonRefusal::NotYours => NOT_FOR_YOU,
            PersonRefusal::OwnRecord => Self::conflict("own_record", "nobody changes their own record"),
            PersonRefusal::StillActive => {
                Self::conflict("still_active", "let them go first: who may ask is not forgotten")
            }
            PersonRefusal::AlreadySo => Self::conflict("already_so", "the record says so already"),
        }
    }
}

pub(super) const NOT_FOR_YOU: Refused = Refused::NotAllowed("the record of people is for admins");

pub(super) fn actor(who: &Principal, about: &RepId) -> PersonActor {
    match who.role {
        Role::Admin if who.id == *about => PersonActor::Themself,
        Role::Admin => PersonActor::Admin,
        Role::Rep | Role::Manager | Role::Service => PersonActor::Stranger,
    }
}

/// Records by id; for an admin.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<RepId>) -> Result<Vec<PersonView>, Refused> {
    if who.role != Role::Admin {
        return Err(NOT_FOR_YOU);
    }
    let found = people::list(reader, page.after.as_ref(), page.limit)?;
    Ok(found.into_iter().map(PersonView::from).collect())
}

/// One record; for an admin.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: &RepId) -> Result<PersonView, Refused> {
    if who.role != Role::Admin {
        return Err(NOT_FOR_YOU);
    }
    Ok(people::one(reader, id)?.ok_or(Refused::NotFound("person"))?.into())
}

/// Puts somebody on record of whom nothing was said before.
pub fn enrol(writer: &mut Writer<'_>, who: &Principal, new: &NewPerson) -> Result<PersonView, Refused> {
    check_roles(new.roles.as_ref())?;
    // As good as a change of one who was active in every role.
    let state = new.state.unwrap_or(PersonState::Active);
    person::next_state(state, PersonAction::Assign, actor(who, &new.id))?;
    let person = Person {
        id: new.id.clone(),
        roles: new.roles.clone(),
        state,
        since: writer.now(),
        changed_by: who.id.clone(),
        version: fresh_version(),
    };
    people::insert(writer, &person)?;
    record(writer, who, "enrol", None, &person);
    follow(writer, who, true, person)
}

/// Says in which roles somebody on record may ask.
pub fn assign(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: &RepId,
    new: &NewRoles,
    if_match: Version,
) -> Result<PersonView, Refused> {
    check_roles(new.roles.as_ref())?;
    change(writer, who, id, PersonAction::Assign, if_match, |person| person.roles.clone_from(&new.roles))
}

/// Lets somebody on record ask no more.
pub fn deactivate(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: &RepId,
    if_match: Version,
) -> Result<PersonView, Refused> {
    change(writer, who, id, PersonAction::Deactivate, if_match, |_| {})
}

/// Lets somebody ask again who was let go. What ended meanwhile stays ended.
pub fn reactivate(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: &RepId,
    if_match: Version,
) -> Result<PersonView, Refused> {
    change(writer, who, id, PersonAction::Reactivate, if_match, |_| {})
}

fn change(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: &RepId,
    action: PersonAction,
    if_match: Version,
    edit: impl FnOnce(&mut Person),
) -> Result<PersonView, Refused> {
    if who.role != Role::Admin {
        return Err(NOT_FOR_YOU);
    }
    let before = people::one(writer, id)?.ok_or(Refused::NotFound("person"))?;
    if before.version != if_match {
        return Err(Refused::Stale);
    }
    let mut after = Person {
        state: person::next_state(before.state, action, actor(who, id))?,
        since: writer.now(),
        changed_by: who.id.clone(),
        version: fresh_version(),
        ..before.clone()
    };
    edit(&mut after);
    people::change(writer, &before, &after)?;
    record(writer, who, action.as_str(), Some(before.state), &after);
    follow(writer, who, before.may_ask_as(Role::Rep), after)
}

/// Ends what hangs on somebody who could act as a rep and may not any more.
fn follow(writer: &mut Writer<'_>, who: &Principal, was_rep: bool, after: Person) -> Result<PersonView, Refused> {
    if was_rep && !after.may_ask_as(Role::Rep) {
        invalidate::of_rep(writer, who, &after.id)?;
    }
    Ok(after.into())
}

fn record(writer: &mut Writer<'_>, who: &Principal, action: &'static str, before: Option<PersonState>, after: &Person) {
    writer.record(Change {
        actor: who.clone(),
        action,
        subject_kind: "person",
        subject_id: after.id.as_str().to_owned(),
        from_state: before.map(PersonState::as_str),
        to_state: Some(after.state.as_str()),
    });
}

fn check_roles(roles: Option<&BTreeSet<Role>>) -> Result<(), Refused> {
    if roles.is_some_and(BTreeSet::is_empty) {
        return Err(Refused::invalid("/roles", "none", "at least one role, or null for what the issuer says"));
    }
    Ok(())
}
