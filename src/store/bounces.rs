//! Accounts that bounce: those that changed hands and do not stay.
//!
//! In go accounts; out come those that changed hands lately, so that a submission of them asks for triage first, and how
//! often each changed hands. Deliberately absent: what follows from it.

use super::{
    Reader, StoreError,
    schema::{legs, proposals},
};
use crate::domain::ids::AccountId;
use chrono::NaiveDate;
use diesel::prelude::*;
use std::collections::BTreeMap;

/// Those of some accounts that changed hands so lately that a submission of them on `today` says that they bounce: their
/// new owner does not want them either, or they have been sent back. Each once, by id.
pub fn bounced(reader: &mut Reader<'_>, of: &[AccountId], today: NaiveDate) -> Result<Vec<AccountId>, StoreError> {
    let mut found = Vec::new();
    for batch in of.chunks(1000) {
        let ids: Vec<String> = legs::table
            .inner_join(proposals::table)
            .filter(legs::account_id.eq_any(batch.iter().map(AccountId::as_str)))
            .filter(proposals::bounces_until.ge(today))
            .select(legs::account_id)
            .distinct()
            .load(&mut *reader.connection)?;
        for id in ids {
            found.push(id.parse()?);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// How often each account changed hands from `after` to `until`, the first excluded; accounts that did not are absent.
///
/// A swap that was undone counts once: the customer has met somebody new.
pub fn swaps(
    reader: &mut Reader<'_>,
    accounts: &[AccountId],
    after: NaiveDate,
    until: NaiveDate,
) -> Result<BTreeMap<AccountId, u32>, StoreError> {
    let mut counts = BTreeMap::new();
    for batch in accounts.chunks(1000) {
        let moved: Vec<String> = legs::table
            .inner_join(proposals::table)
            .filter(legs::account_id.eq_any(batch.iter().map(AccountId::as_str)))
            // A trial begins when the accounts change hands, and not otherwise.
            .filter(proposals::trial_ends_on.is_not_null())
            .filter(proposals::effective_on.gt(after).and(proposals::effective_on.le(until)))
            .select(legs::account_id)
            .load(&mut *reader.connection)?;
        for account in moved {
            *counts.entry(account.parse()?).or_default() += 1;
        }
    }
    Ok(counts)
}
