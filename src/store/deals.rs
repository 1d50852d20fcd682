//! Deals under way, as the CRM has them.
//!
//! In go nothing but the CRM's rows, through `staging`; out come those of an account or page by page.
//! Deliberately absent: whose their commission is.

use super::{Reader, StoreError, schema::open_deals};
use crate::domain::{
    ids::{AccountId, DealId},
    money::OpenDeal,
    units::Cents,
};
use chrono::NaiveDate;
use diesel::prelude::*;

#[derive(Queryable, Selectable)]
#[diesel(table_name = open_deals)]
pub(super) struct DealRow {
    id: String,
    account_id: String,
    amount_cents: i64,
    commission_cents: Option<i64>,
    closes_on: Option<NaiveDate>,
    treatment: Option<String>,
    closed: bool,
}

impl DealRow {
    /// The deal and its account.
    pub(super) fn read(self) -> Result<(AccountId, OpenDeal), StoreError> {
        let deal = OpenDeal {
            id: self.id.parse()?,
            amount_cents: Cents(self.amount_cents),
            commission_cents: self.commission_cents.map(Cents),
            closes_on: self.closes_on,
            treatment: self.treatment.map(|word| word.parse()).transpose()?,
        };
        Ok((self.account_id.parse()?, deal))
    }
}

/// A deal as the CRM has it, closed or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDeal {
    /// The account.
    pub account: AccountId,
    /// The deal.
    pub deal: OpenDeal,
    /// Whether it has closed, won or lost.
    pub closed: bool,
}

/// Deals after `after`, by id, at most `limit`; those that have closed as well.
pub fn list(reader: &mut Reader<'_>, after: Option<&DealId>, limit: i64) -> Result<Vec<KeptDeal>, StoreError> {
    let mut query = open_deals::table.select(DealRow::as_select()).order(open_deals::id).limit(limit).into_boxed();
    if let Some(after) = after {
        query = query.filter(open_deals::id.gt(after.as_str()));
    }
    let rows = query.load(&mut *reader.connection)?;
    rows.into_iter()
        .map(|row| {
            let closed = row.closed;
            let (account, deal) = row.read()?;
            Ok(KeptDeal { account, deal, closed })
        })
        .collect()
}
