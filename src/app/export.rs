//! Export: files other systems import.
//!
//! In goes an administrator or a service and a format; out comes the whole file as text, CSV with CRLF line ends as
//! RFC 4180 has it. What holds: no field can be taken for a formula. Names that begin like one get a leading
//! apostrophe, which spreadsheets drop; ids are never altered, since the other system must find the record, and none
//! begins like a formula, since the importer refuses such ids and this export would sooner refuse itself.
//! Deliberately absent: sending it anywhere.

mod deals;
mod formula;
mod roster;

pub use deals::deals;
pub(super) use formula::{harmless, unharmed};
pub use roster::{accounts, reps};

use super::{Reader, Refused};
use crate::{
    domain::{
        closed::closed_list,
        principal::{Principal, Role},
    },
    store::export::{OwnerChange, owner_changes},
};
use formula::FORMULA;

closed_list! {
    /// How a file of handovers looks.
    HandoverFormat {
        /// What Salesforce's Data Loader updates accounts from.
        Salesforce = "salesforce",
        /// What HubSpot updates companies from.
        Hubspot = "hubspot",
        /// Everything, under our own names.
        Csv = "csv",
    }
}

/// A column of an export: its name and its field, already harmless.
type Column = (&'static str, fn(&OwnerChange) -> Result<String, Refused>);

impl HandoverFormat {
    const fn columns(self) -> &'static [Column] {
        match self {
            Self::Salesforce => {
                &[("Id", |change| id(change.account.as_str())), ("OwnerId", |change| id(change.to.as_str()))]
            }
            Self::Hubspot => &[
                ("Record ID", |change| id(change.account.as_str())),
                ("Company owner", |change| id(change.to.as_str())),
            ],
            Self::Csv => &[
                ("proposal", |change| Ok(change.proposal.to_string())),
                ("account", |change| id(change.account.as_str())),
                ("account_name", |change| Ok(harmless(&change.account_name))),
                ("from", |change| id(change.from.as_str())),
                ("to", |change| id(change.to.as_str())),
                ("to_name", |change| Ok(harmless(&change.to_name))),
                ("effective_on", |change| Ok(change.effective_on.map_or_else(String::new, |day| day.to_string()))),
            ],
        }
    }
}

/// The owner changes that are out, there and back, one row a leg, for the CRM to carry out.
///
/// Errors: only administrators and services may export.
pub fn handovers(reader: &mut Reader<'_>, who: &Principal, format: HandoverFormat) -> Result<String, Refused> {
    allowed(who)?;
    let columns = format.columns();
    let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let written = "writing to memory does not fail";
    file.write_record(columns.iter().map(|(name, _)| name)).expect(written);
    for change in owner_changes(reader)? {
        let fields = columns.iter().map(|(_, field)| field(&change)).collect::<Result<Vec<_>, _>>()?;
        file.write_record(fields).expect(written);
    }
    let bytes = file.into_inner().expect(written);
    Ok(String::from_utf8(bytes).expect("every field is text"))
}

fn allowed(who: &Principal) -> Result<(), Refused> {
    match who.role {
        Role::Admin | Role::Service => Ok(()),
        Role::Rep | Role::Manager => Err(Refused::NotAllowed("only an administrator or a service may export")),
    }
}

/// An id as it is.
fn id(id: &str) -> Result<String, Refused> {
    if id.starts_with(FORMULA) {
        return Err(Refused::conflict("id_like_a_formula", format!("the id {id:?} would be taken for a formula")));
    }
    Ok(id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_never_altered() {
        assert_eq!(id("0015g00000AbCdE").unwrap(), "0015g00000AbCdE");
        assert!(id("=1").is_err());
    }
}
