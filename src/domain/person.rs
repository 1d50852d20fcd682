//! The record of a person: in what roles they may ask, and whether at all.
//!
//! In go a record, an action and who asks for it; out comes the record's state after it, or why it stays. Holds: nobody
//! changes their own record, so nobody locks themself out or lets themself in.
//! Deliberately absent: passwords, names, and what the CRM says of a rep, which is the roster's.

use super::{
    closed::closed_list,
    ids::{RepId, Version},
    principal::Role,
};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;

closed_list! {
    /// Whether a person may ask at all.
    PersonState {
        /// They may, in their roles.
        Active = "active",
        /// They may not, whatever their token says.
        Deactivated = "deactivated",
    }
}

closed_list! {
    /// What can be asked of a record.
    PersonAction {
        /// Say in which roles they may ask.
        Assign = "assign",
        /// Let them ask no more.
        Deactivate = "deactivate",
        /// Let them ask again.
        Reactivate = "reactivate",
        /// Forget who they are.
        Erase = "erase",
    }
}

closed_list! {
    /// Who asks, in relation to the record.
    PersonActor {
        /// An administrator.
        Admin = "admin",
        /// The administrator whom it is about.
        Themself = "themself",
        /// Anybody else.
        Stranger = "stranger",
    }
}

closed_list! {
    /// Why a record stays as it is.
    PersonRefusal {
        /// This actor may never do that.
        NotYours = "not_yours",
        /// Nobody changes their own record.
        OwnRecord = "own_record",
        /// It says so already.
        AlreadySo = "already_so",
        /// Who may ask is not forgotten.
        StillActive = "still_active",
    }
}

/// The state after `action` by `actor`, or why there is none. Total: every triple has an answer.
pub const fn next_state(
    state: PersonState,
    action: PersonAction,
    actor: PersonActor,
) -> Result<PersonState, PersonRefusal> {
    match actor {
        PersonActor::Stranger => return Err(PersonRefusal::NotYours),
        PersonActor::Themself => return Err(PersonRefusal::OwnRecord),
        PersonActor::Admin => {}
    }
    match (state, action) {
        (_, PersonAction::Assign) | (PersonState::Deactivated, PersonAction::Erase) => Ok(state),
        (PersonState::Active, PersonAction::Erase) => Err(PersonRefusal::StillActive),
        (PersonState::Active, PersonAction::Deactivate) => Ok(PersonState::Deactivated),
        (PersonState::Deactivated, PersonAction::Reactivate) => Ok(PersonState::Active),
        (PersonState::Active, PersonAction::Reactivate) | (PersonState::Deactivated, PersonAction::Deactivate) => {
            Err(PersonRefusal::AlreadySo)
        }
    }
}

/// What is on record of a person or program that signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The subject of their tokens.
    pub id: RepId,
    /// In which roles they may ask; absent where the issuer of their tokens says it.
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

impl Person {
    /// Whether they may ask in a role.
    pub fn may_ask_as(&self, role: Role) -> bool {
        self.state == PersonState::Active && self.roles.as_ref().is_none_or(|roles| roles.contains(&role))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_changed_by_another_admin_and_by_nobody_else() {
        for state in PersonState::ALL {
            for action in PersonAction::ALL {
                let of = |actor| next_state(*state, *action, actor);
                assert_eq!(of(PersonActor::Stranger), Err(PersonRefusal::NotYours));
                assert_eq!(of(PersonActor::Themself), Err(PersonRefusal::OwnRecord));
                let expected = match (state, action) {
                    (_, PersonAction::Assign) => Ok(*state),
                    (PersonState::Active, PersonAction::Erase) => Err(PersonRefusal::StillActive),
                    (PersonState::Deactivated, PersonAction::Erase) => Ok(*state),
                    (PersonState::Active, PersonAction::Deactivate) => Ok(PersonState::Deactivated),
                    (PersonState::Deactivated, PersonAction::Reactivate) => Ok(PersonState::Active),
                    _ => Err(PersonRefusal::AlreadySo),
                };
                assert_eq!(of(PersonActor::Admin), expected, "{state} {action}");
            }
        }
    }

    #[test]
    fn who_is_deactivated_may_ask_in_no_role_and_who_has_no_roles_on_record_in_any() {
        let mut person = Person {
            id: "mona".parse().unwrap(),
            roles: None,
            state: PersonState::Active,
            since: DateTime::UNIX_EPOCH,
            changed_by: "root".parse().unwrap(),
            version: Version(uuid::Uuid::nil()),
        };
        assert!(Role::ALL.iter().all(|role| person.may_ask_as(*role)));
        person.roles = Some([Role::Manager].into());
        let fitting: Vec<_> = Role::ALL.iter().filter(|role| person.may_ask_as(**role)).collect();
        assert_eq!(fitting, [&Role::Manager]);
        person.state = PersonState::Deactivated;
        assert!(!Role::ALL.iter().any(|role| person.may_ask_as(*role)));
    }
}
