//! What other systems must be told: the owner changes on their way.
//!
//! In goes a reader; out come the changes of owner that are out, there and back, in a fixed order.
//! Deliberately absent: how a file looks.

use super::{
    Reader, StoreError,
    schema::{accounts, legs, proposals, reps, undos},
};
use crate::domain::{
    ids::{AccountId, ProposalId, RepId},
    proposal::ProposalState,
    undo::UndoState,
};
use chrono::NaiveDate;
use diesel::prelude::*;

/// One account that is to change its owner in the CRM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnerChange {
    /// The proposal it is part of.
    pub proposal: ProposalId,
    /// The account.
    pub account: AccountId,
    /// What people call it.
    pub account_name: String,
    /// Who gives it.
    pub from: RepId,
    /// Who receives it.
    pub to: RepId,
    /// What colleagues call the receiver.
    pub to_name: String,
    /// The day it takes effect.
    pub effective_on: Option<NaiveDate>,
}

/// The columns of a change, as they are selected.
type Row = (String, String, String, String, String, String, Option<NaiveDate>);

impl TryFrom<Row> for OwnerChange {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        let (proposal, account, account_name, from, to, to_name, effective_on) = row;
        Ok(Self {
            proposal: proposal.parse()?,
            account: account.parse()?,
            account_name,
            from: from.parse()?,
            to: to.parse()?,
            to_name,
            effective_on,
        })
    }
}

/// The owner changes that are out and not confirmed, there and back, by proposal and position.
///
/// Cost: linear in the proposals in execution, which are few at any time.
pub fn owner_changes(reader: &mut Reader<'_>) -> Result<Vec<OwnerChange>, StoreError> {
    let there: Vec<Row> = legs::table
        .inner_join(proposals::table)
        .inner_join(accounts::table)
        .inner_join(reps::table.on(reps::id.eq(legs::to_rep_id)))
        .filter(proposals::state.eq(ProposalState::Executing.as_str()))
        .order((legs::proposal_id, legs::position))
        .select((
            legs::proposal_id,
            legs::account_id,
            accounts::name,
            legs::from_rep_id,
            legs::to_rep_id,
            reps::name,
            proposals::effective_on,
        ))
        .load(&mut *reader.connection)?;
    let back: Vec<Row> = legs::table
        .inner_join(proposals::table)
        .inner_join(accounts::table)
        .inner_join(undos::table.on(undos::proposal_id.eq(legs::proposal_id)))
        .inner_join(reps::table.on(reps::id.eq(legs::from_rep_id)))
        .filter(proposals::state.eq(ProposalState::OnTrial.as_str()))
        .filter(undos::state.eq(UndoState::Executing.as_str()))
        .order((legs::proposal_id, legs::position))
        .select((
            legs::proposal_id,
            legs::account_id,
            accounts::name,
            legs::to_rep_id,
            legs::from_rep_id,
            reps::name,
            undos::effective_on,
        ))
        .load(&mut *reader.connection)?;
    let mut changes = there.into_iter().chain(back).map(OwnerChange::try_from).collect::<Result<Vec<_>, _>>()?;
    changes.sort_by_key(|change| change.proposal.0);
    Ok(changes)
}
