//! Money of a proposal: when it may take effect.
//!
//! In goes a proposal; out comes a day. Deliberately absent: the rules of it, which are the domain's.

use super::{Reader, Refused};
use crate::{
    domain::{ids::TeamId, proposal::Proposal},
    settings::Settings,
    store::roster,
};
use chrono::NaiveDate;
use std::collections::BTreeSet;

/// The first day from `day` on which a proposal may take effect: one in no commission freeze of any of its reps' teams.
///
/// Cost: a query for each rep.
pub fn first_free_day(
    reader: &mut Reader<'_>,
    settings: &Settings,
    proposal: &Proposal,
    day: NaiveDate,
) -> Result<NaiveDate, Refused> {
    let mut teams: BTreeSet<TeamId> = BTreeSet::new();
    for leg in &proposal.legs {
        teams.extend(roster::rep(reader, &leg.from)?.map(|rep| rep.team));
    }
    Ok(settings.policy.money.freezes.first_free_day(day, &teams))
}
