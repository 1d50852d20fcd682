//! The price of one move somebody has in mind, before a manager forces it.
//!
//! In go a market, a policy and the offers of a swap or ring; out comes the move with every side priced, or everything that
//! forbids it.
//! Holds: every hard rule of a plan's moves binds a forced one too; the price of a move a plan chose is that move.
//! Costs: `O(n log n)` in the rows of the market, for its indexes.
//! Deliberately absent: caps on the number of moves, the sign of the points, and what else the move would displace.

use super::{
    market::Market,
    plan::{Move, PlannedLeg, Rule, legs},
    rules::{Effect, Loads, Receipt},
    score::{ageing, points},
    value::Worth,
    view::{View, index},
};
use crate::domain::{
    ids::{AccountId, RepId},
    policy::Policy,
    units::Minutes,
};
use serde::Serialize;
use std::collections::BTreeSet;

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
    /// Two of the accounts belong to one rep.
    #[error("{0} would give two accounts; each rep of a move gives one")]
    SameRep(RepId),
    /// Hard rules forbid the move: all of them, the rules on each account first; never empty.
    #[error("the move breaks {}", .0.iter().map(|refusal| refusal.detail.as_str()).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Refusal>),
}

/// Prices a swap or a ring: the owner of each account receives the next one, the owner of the last the first.
///
/// Errors: [`PriceError`]; where rules forbid the move, every one of them is named.
///
/// # Panics
///
/// Where `ring` has fewer than two accounts.
pub fn price(market: &Market, policy: &Policy, ring: &[&AccountId]) -> Result<Move, PriceError> {
    assert!(ring.len() > 1, "a move takes two accounts or more");
    let view = View::new(market, policy);
    let offer =
        |id: &&AccountId| market.offer_index(id).map(index).ok_or_else(|| PriceError::NotOffered((*id).clone()));
    let mut ring = ring.iter().map(offer).collect::<Result<Vec<u32>, _>>()?;
    let smallest = (0..ring.len()).min_by_key(|&at| ring[at]).unwrap_or_default();
    ring.rotate_left(smallest);
    let mut owners = BTreeSet::new();
    if let Some(&twice) = ring.iter().find(|&&offer| !owners.insert(view.owner[offer as usize])) {
        return Err(PriceError::SameRep(view.offer(twice).account.owner.clone()));
    }
    let legs = legs(&view, &ring);
    let refusals = refusals(&view, &ring, &legs);
    if !refusals.is_empty() {
        return Err(PriceError::Refused(refusals));
    }
    let gains: Vec<Minutes> = legs.iter().map(|leg| leg.side.gain).collect();
    let ageing = ageing(&view, &ring);
    Ok(Move { legs, points: points(&policy.points, &gains, ageing), ageing })
}

/// Each rule broken: those on each account received first, then those on what is given and received at once.
fn refusals(view: &View<'_>, ring: &[u32], legs: &[PlannedLeg]) -> Vec<Refusal> {
    let refusal = |rule, rep: u32, received: u32, detail| Refusal {
        rule,
        rep: view.trader(rep).rep.id.clone(),
        account: view.offer(received).account.id.clone(),
        detail,
    };
    let loads = Loads::new(view);
    let mut found = Vec::new();
    let received = || ring.iter().copied().cycle().skip(1);
    for (&given, received) in ring.iter().zip(received()) {
        let rep = view.owner[given as usize];
        let receipt = Receipt { view, offer: received, rep };
        found.extend(receipt.broken().map(|rule| refusal(rule, rep, received, receipt.detail(rule))));
    }
    for (leg, (&given, received)) in legs.iter().zip(ring.iter().zip(received())) {
        let (rep, side) = (view.owner[given as usize], &leg.side);
        let effect = Effect::new(view, rep, (given, Worth::from(side.given)), (received, Worth::from(side.received)));
        found.extend(effect.broken(view, &loads).map(|rule| refusal(rule, rep, received, effect.detail(view, rule))));
    }
    found
}
