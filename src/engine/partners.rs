//! What some accounts might be swapped for.
//!
//! In go a market, a policy and some of its accounts; out comes every possible swap of one of them. Two swaps of one
//! account may both be possible and not both be made.
//! Costs: as a plan without its solution.
//! Deliberately absent: which swap is best, and rings.

use super::{
    market::Market,
    possible::Possible,
    view::{View, index},
};
use crate::domain::{
    ids::{AccountId, RepId},
    policy::Policy,
    units::Minutes,
};
use std::collections::BTreeSet;

/// A swap that breaks no rule and has points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PossibleSwap {
    /// The two accounts; the first is one of those asked about.
    pub accounts: [AccountId; 2],
    /// Who owns them.
    pub owners: [RepId; 2],
    /// What their owners gain by giving them, in minutes a year.
    pub gains: [Minutes; 2],
}

/// Finds every possible swap of some accounts, each once, by account; accounts that are not offered have none.
pub fn partners(market: &Market, policy: &Policy, of: &[AccountId]) -> Vec<PossibleSwap> {
    let asked: BTreeSet<u32> = of.iter().filter_map(|account| market.offer_index(account)).map(index).collect();
    if asked.is_empty() {
        return Vec::new();
    }
    let view = View::new(market, policy);
    let Possible { chances, arcs, .. } = Possible::of(&view, |_| {});
    let account = |offer: u32| &market.offers[offer as usize].account;
    let mut found = Vec::new();
    for &one in &asked {
        for &(other, _) in &chances[one as usize].partners {
            if asked.contains(&other) && other < one {
                continue;
            }
            if let (Some(gain), Some(others)) = (arcs.gain(one, other), arcs.gain(other, one)) {
                let both = [account(one), account(other)];
                found.push(PossibleSwap {
                    accounts: both.map(|account| account.id.clone()),
                    owners: both.map(|account| account.owner.clone()),
                    gains: [gain, others],
                });
            }
        }
    }
    found
}
