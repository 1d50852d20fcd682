//! `erase`: who somebody was is forgotten.
//!
//! In goes a person whom the CRM has let go; out comes what went with them. They are deactivated first, if they are not. Exit
//! codes: 0 done, 1 something hangs on them still, 2 there is no such person.
//! Deliberately absent: taking it back.

use super::{Context, Failure};
use account_swap::{
    app::{
        Refused,
        enrol::{self, NewPerson, PersonView},
        erase, own_data, system,
    },
    domain::{
        ids::RepId,
        person::PersonState,
        principal::{Principal, Role},
    },
};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The rep, by their id.
    #[arg(long, value_name = "ID")]
    rep: RepId,
}

pub fn run(context: &Context, Arguments { rep: id }: &Arguments) -> Result<(), Failure> {
    let operator = Principal { role: Role::Admin, ..system() };
    let store = context.store()?;
    store.read(|reader| own_data::of_person(reader, &context.settings, &operator, id)).map(drop)?;
    // In a transaction of its own: what that one puts on record names them, and is forgotten with the rest.
    let PersonView { version, .. } = store.write(|writer| match enrol::one(writer, &operator, id) {
        Err(Refused::NotFound(_)) => {
            let state = Some(PersonState::Deactivated);
            enrol::enrol(writer, &operator, &NewPerson { id: id.clone(), roles: None, state })
        }
        Ok(found) if found.state == PersonState::Active => enrol::deactivate(writer, &operator, id, found.version),
        found => found,
    })?;
    let erasure = store.write(|writer| erase::erase(writer, &operator, id, version))?;
    let runs = erasure.runs_without_evidence;
    context.say(&erasure, format_args!("erased; {runs} runs can be verified no more, because their markets named them"))
}
