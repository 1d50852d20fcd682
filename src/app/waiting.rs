//! Waiting: what the nights that an account has waited counted for when it was proposed.
//!
//! In goes a leg of a proposal; out comes a sentence for its giver, from the policy and the date of the very run.
//! Holds: an account keeps its nights when a proposal of it is not concluded, for they are counted from the submission.
//! Deliberately absent: anybody else's nights.

use super::{Reader, Refused, StoreError};
use crate::{
    domain::{
        policy::Policy,
        proposal::{Leg, Proposal},
    },
    store::{runs, submissions},
};
use chrono::{DateTime, NaiveDate, Utc};

/// Nights from a submission to a business date.
pub(super) fn nights(submitted_at: DateTime<Utc>, date: NaiveDate) -> u32 {
    u32::try_from((date - submitted_at.date_naive()).num_days()).unwrap_or(0)
}

/// What the wait of the account that `leg` gives counted for; nothing where it did not wait, or no run found the move.
pub(super) fn sentence(reader: &mut Reader<'_>, proposal: &Proposal, leg: &Leg) -> Result<Option<String>, Refused> {
    let Some(id) = proposal.run else { return Ok(None) };
    let (Some(run), Some(submission)) = (runs::one(reader, id)?, submissions::one(reader, leg.submission)?) else {
        return Ok(None);
    };
    let policy: Policy = serde_json::from_str(&run.policy)
        .map_err(|error| StoreError::Corrupt(format!("the policy of run {id}: {error}")))?;
    let (nights, rates) = (nights(submission.created_at, run.business_date), policy.points);
    let points = rates.ageing(nights);
    Ok((points.0 > 0).then(|| {
        format!(
            "{} had waited {nights} nights: {points} points for this move, at {} a night and for {} nights at most; \
             those who waited come first.",
            leg.account, rates.ageing_points_a_night, rates.ageing_nights_at_most
        )
    }))
}
