//! `people`: in which roles people may ask, and whether at all, said by whoever runs the service.
//!
//! In go a person and what is to be said of them; out comes the record as it now stands, or all of them. It counts from the
//! next request on, on every replica. Exit codes: 0 done, 1 the record does not allow it, 2 there is no such record.
//! Deliberately absent: tokens.

use super::{Context, Failure};
use account_swap::{
    app::{
        Page, Refused, Writer,
        enrol::{self, NewPerson, NewRoles, PersonView},
        system,
    },
    domain::{
        ids::{RepId, Version},
        person::PersonState,
        principal::{Principal, Role},
    },
};
use std::collections::BTreeSet;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Everybody on record.
    List,
    /// Says in which roles somebody may ask, and puts them on record if they are not.
    Assign {
        /// The subject of their tokens.
        id: RepId,
        /// A role; again for each. Without any, what the issuer of their tokens says counts.
        #[arg(long = "role", value_name = "ROLE")]
        roles: Vec<Role>,
    },
    /// Lets somebody ask no more, on record or not; what hangs on them as a rep ends.
    Deactivate {
        /// The subject of their tokens.
        id: RepId,
    },
    /// Lets somebody ask again.
    Reactivate {
        /// The subject of their tokens.
        id: RepId,
    },
}

/// How many records are read at a time.
const PAGE: i64 = 1000;

pub fn run(context: &Context, arguments: Arguments) -> Result<(), Failure> {
    // Whoever may run this on the machine of the service is an administrator, and none of those on record.
    let operator = Principal { role: Role::Admin, ..system() };
    let store = context.store()?;
    let view = match arguments.what {
        What::List => {
            let mut all: Vec<PersonView> = Vec::new();
            loop {
                let page = Page { after: all.last().map(|last| last.id.clone()), limit: PAGE };
                let found = store.read(|reader| enrol::list(reader, &operator, page.clone()))?;
                if found.is_empty() {
                    break;
                }
                all.extend(found);
            }
            let words: Vec<String> = all.iter().map(words).collect();
            let words = if words.is_empty() { "nobody is on record".to_owned() } else { words.join("\n") };
            return context.say(&all, words);
        }
        What::Assign { id, roles } => {
            let roles: BTreeSet<Role> = roles.into_iter().collect();
            let roles = Some(roles).filter(|roles| !roles.is_empty());
            store.write(|writer| match version(writer, &operator, &id)? {
                None => {
                    enrol::enrol(writer, &operator, &NewPerson { id: id.clone(), roles: roles.clone(), state: None })
                }
                Some(seen) => enrol::assign(writer, &operator, &id, &NewRoles { roles: roles.clone() }, seen),
            })?
        }
        What::Deactivate { id } => store.write(|writer| match version(writer, &operator, &id)? {
            None => {
                let state = Some(PersonState::Deactivated);
                enrol::enrol(writer, &operator, &NewPerson { id: id.clone(), roles: None, state })
            }
            Some(seen) => enrol::deactivate(writer, &operator, &id, seen),
        })?,
        What::Reactivate { id } => store.write(|writer| {
            let seen = enrol::one(writer, &operator, &id)?.version;
            enrol::reactivate(writer, &operator, &id, seen)
        })?,
    };
    context.say(&view, words(&view))
}

/// The present version of somebody's record, where there is one.
fn version(writer: &mut Writer<'_>, operator: &Principal, id: &RepId) -> Result<Option<Version>, Refused> {
    match enrol::one(writer, operator, id) {
        Ok(view) => Ok(Some(view.version)),
        Err(Refused::NotFound(_)) => Ok(None),
        Err(refused) => Err(refused),
    }
}

fn words(PersonView { id, roles, state, since, changed_by, .. }: &PersonView) -> String {
    let roles = roles.as_ref().map_or_else(
        || "as the issuer says".to_owned(),
        |roles| roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", "),
    );
    format!("{id}: {state}, {roles}; since {}, by {changed_by}", since.format("%Y-%m-%d %H:%M"))
}
