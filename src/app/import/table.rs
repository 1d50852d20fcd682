//! A CSV file of one kind: read to its end, looked over as a whole, brought in, and put on record.
//!
//! In goes a stream of bytes; out comes how many rows there were, were created and changed, or what is wrong. Rows wait in
//! a temporary table until the last has been read.
//! Cost: linear in the file, plus a few sorted joins in the database; the memory of one batch of rows.
//! Deliberately absent: what stands in a row, which is its kind's.

use super::{
    ImportKind,
    columns::Row,
    header::{Header, Names},
    reading::{Rows, read},
    record,
    refused::{Errors, ImportError},
};
use crate::{
    app::{Writer, abuse, invalidate, triage},
    domain::{
        Wrong,
        principal::Principal,
        submission::{SubmissionAction, SubmissionState},
    },
    settings,
    store::{
        people,
        staging::{self, Applied, Findings},
    },
};
use std::{collections::BTreeSet, io::Read};
use uuid::Uuid;

/// Reads one file to its end, looks it over, brings it in and puts that on record. Returns the rows read.
pub(super) fn whole<R: Row>(
    writer: &mut Writer<'_>,
    settings: &settings::Import,
    who: &Principal,
    kind: ImportKind,
    mapping: Option<&str>,
    reader: impl Read + Send,
) -> Result<(u64, Applied), ImportError> {
    let names = Names::find(settings, kind, mapping)?;
    staging::open(writer, R::SHAPE)?;
    let now = writer.now();
    let Rows { header, count, mut errors } = read::<R>(settings, &names, now, reader, |rows| R::stage(writer, rows))?;
    staging::complete(writer, R::SHAPE)?;
    if kind == ImportKind::Accounts && mapping.is_some() {
        staging::resolve_owner_names(writer)?;
    }
    if header.places_by_code_only {
        staging::keep_exact_places(writer, R::SHAPE)?;
    }
    look_over(writer, kind, &header, &mut errors, mapping.is_some())?;
    if errors.total > 0 {
        return Err(errors.refusal());
    }
    let applied = apply(writer, who, kind, &header.given)?;
    staging::close(writer, R::SHAPE)?;
    record(writer, who, "import", "import", Uuid::new_v4().to_string(), None);
    Ok((count, applied))
}

/// What several rows, or rows and the store, say together.
fn look_over<R: Row>(
    writer: &mut Writer<'_>,
    kind: ImportKind,
    header: &Header<R>,
    errors: &mut Errors,
    mapped: bool,
) -> Result<(), ImportError> {
    let most = errors.most;
    let mut all = |column: &'static str, found: Findings, expected: &dyn Fn(&staging::Finding) -> String| {
        let told = found.first.len() as u64;
        for finding in found.first {
            let expected = expected(&finding);
            errors.add(header.error(finding.line as u64, column, Wrong::new(finding.found, expected)));
        }
        errors.total += found.total - told;
    };
    let key = if kind == ImportKind::Submissions { "account" } else { "id" };
    all(key, staging::repetitions(writer, R::SHAPE, most)?, &|finding| {
        format!("each {key} once in a file; line {} has it already", finding.other_line)
    });
    let rep = |_: &staging::Finding| "the id of a rep that exists".to_owned();
    let account = |_: &staging::Finding| "the id of an account that exists".to_owned();
    match kind {
        ImportKind::Reps => {
            all("manager", staging::second_managers(writer, most)?, &|finding| {
                format!("one manager a team; line {} says {}", finding.other_line, finding.other)
            });
        }
        ImportKind::Accounts => {
            let owner = |_: &staging::Finding| {
                let by_name = if mapped { ", or a name that exactly one rep has" } else { "" };
                format!("the id of a rep that exists{by_name}")
            };
            all("owner", staging::unknown_reps(writer, R::SHAPE, "owner", most)?, &owner);
            if header.given.contains("conflicts") {
                all("conflicts", staging::unknown_reps(writer, R::SHAPE, "conflicts", most)?, &rep);
            }
            if header.given.contains("merged_into") {
                all("merged_into", staging::merged_into_nothing(writer, most)?, &|_| {
                    "the id of another account that exists".to_owned()
                });
            }
            if header.given.contains("parent") {
                all("parent", staging::circular_parents(writer, most)?, &|finding| match finding.other.as_str() {
                    "circle" => "a parent that does not lead back to the account itself".to_owned(),
                    _ => format!("a parent with at most {} parents above one another", staging::DEEPEST_FAMILY),
                });
            }
        }
        ImportKind::History => {
            all("rep", staging::unknown_reps(writer, R::SHAPE, "rep", most)?, &rep);
            all("account", staging::unknown_accounts(writer, R::SHAPE, "account", most)?, &account);
        }
        ImportKind::Deals => {
            all("account", staging::unknown_accounts(writer, R::SHAPE, "account", most)?, &account);
        }
        ImportKind::Territories => {}
        ImportKind::Submissions => {
            all("account", staging::unknown_accounts(writer, R::SHAPE, "account", most)?, &account);
            all("rep", staging::strangers(writer, most)?, &|finding| {
                format!("the rep who owns the account, {}", finding.other)
            });
            all("account", staging::no_customers(writer, most)?, &|finding| {
                format!("an account that is still a customer; this one is {}", finding.other)
            });
            all("account", staging::untouchable(writer, &header.given, most)?, &|finding| {
                match finding.other.as_str() {
                    "parted" => "an account that the company has not parted with",
                    "reserved" => "an account whose submission is not reserved by a proposal",
                    "draft" => "an account whose submission is not being written by its rep",
                    _ => "an account without a live submission of a former owner",
                }
                .to_owned()
            });
        }
    }
    Ok(())
}

/// Brings what is staged into the real tables.
fn apply(
    writer: &mut Writer<'_>,
    who: &Principal,
    kind: ImportKind,
    given: &BTreeSet<&'static str>,
) -> Result<Applied, ImportError> {
    Ok(match kind {
        ImportKind::Reps => {
            let applied = staging::apply_reps(writer, given)?;
            people::bar_all(writer)?;
            invalidate::of_leavers(writer, who)?;
            applied
        }
        ImportKind::History => staging::apply_history(writer, given)?,
        ImportKind::Deals => staging::apply_deals(writer, given)?,
        ImportKind::Accounts => {
            let applied = staging::apply_accounts(writer, given)?;
            if given.contains("traits") {
                abuse::declare_by_the_crm(writer, who)?;
            }
            invalidate::of_accounts(writer, who)?;
            applied
        }
        ImportKind::Submissions => {
            let (applied, new) = staging::apply_submissions(writer, given)?;
            for id in &new {
                let (action, open) = (SubmissionAction::Submit.as_str(), SubmissionState::Open.as_str());
                record(writer, who, action, "submission", id.to_string(), Some(open));
            }
            triage::hold_back(writer, who, &new)?;
            applied
        }
        ImportKind::Territories => Applied::default(),
    })
}
