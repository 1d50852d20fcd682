//! The price of one move somebody has in mind, before a manager forces it.
//!
//! In go a market, a policy and two offers; out comes the move with both sides priced, or everything that forbids it.
//! Holds: every hard rule of a plan's moves binds a forced one too; the price of a move a plan chose is that move.
//! Costs: `O(n log n)` in the rows of the market, for its indexes.
//! Deliberately absent: caps on the number of moves, the sign of the points, and what else the move would displace.

use super::{
    market::Market,
    plan::{Move, PlannedLeg, Rule, legs},
    rules::{Loads, Receipt},
    score::{effect, nights_waited, points},
    value::Worth,
    view::{View, index},
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
    /// Hard rules forbid the move: all of them, the rules on each account first; never empty.
    #[error("the move breaks {}", .0.iter().map(|refusal| refusal.detail.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Refusal>),
}

/// Prices the swap of two offers.
///
/// Errors: [`PriceError`]; where rules forbid the move, every one of them is named.
pub fn price(market: &Market, policy: &Policy, give: &AccountId, receive: &AccountId) -> Result<Move, PriceError> {
    let view = View::new(market, policy);
    let offer = |id: &AccountId| market.offer_index(id).map(index).ok_or_else(|| PriceError::NotOffered(id.clone()));
    let (give, receive) = (offer(give)?, offer(receive)?);
    let (first, second) = (give.min(receive), give.max(receive));
    if view.owner[first as usize] == view.owner[second as usize] {
        return Err(PriceError::SameRep(view.offer(first).account.owner.clone()));
    }
    let legs = legs(&view, first, second);
    let refusals = refusals(&view, [first, second], &legs);
    if !refusals.is_empty() {
        return Err(PriceError::Refused(refusals));
    }
    let gains = [legs[0].side.gain, legs[1].side.gain];
    let points = points(&policy.points, gains, nights_waited(&view, [first, second]));
    Ok(Move { legs: legs.into(), points })
}

fn refusals(view: &View<'_>, offers: [u32; 2], legs: &[PlannedLeg; 2]) -> Vec<Refusal> {
    let refusal = |rule, rep: u32, received: u32, detail| Refusal {
        rule,
        rep: view.trader(rep).rep.id.clone(),
        account: view.offer(received).account.id.clone(),
        detail,
    };
    let loads = Loads::new(view);
    let mut found = Vec::new();
    let swapped = [offers[1], offers[0]];
    for (given, received) in offers.into_iter().zip(swapped) {
        let rep = view.owner[given as usize];
        let receipt = Receipt { view, offer: received, rep };
        found.extend(receipt.broken().map(|rule| refusal(rule, rep, received, receipt.detail(rule))));
    }
    for (leg, (given, received)) in legs.iter().zip(offers.into_iter().zip(swapped)) {
        let rep = view.owner[given as usize];
        let side = &leg.side;
        let effect = effect(view, rep, (given, Worth::from(side.given)), (received, Worth::from(side.received)));
        found.extend(effect.broken(view, &loads).map(|rule| refusal(rule, rep, received, effect.detail(view, rule))));
    }
    found
}
