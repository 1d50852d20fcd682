//! The best swaps that take in some accounts: for those who have just lost a move, and for two who want one.
//!
//! In go a market, a policy and some of its accounts; out come checked swaps, each with one of these accounts or two. As
//! many accounts as can be move, with the most points then; rings are left to the nightly run.
//! Holds: every hard rule and cap; two accounts that nobody asked about are never swapped, and who owns one that was asked
//! about gives no other.
//! Costs: as a plan of the market without its solution, and a plan and its check of the accounts and their partners alone.
//! Deliberately absent: anything that is proposed already.

use super::{
    check::{Breach, check},
    market::Market,
    partners::partners,
    plan::{Move, plan},
};
use crate::domain::{
    ids::{AccountId, RepId},
    policy::{MaxRing, Objective, Policy},
};
use std::collections::BTreeSet;

/// Finds the best swaps that take in some accounts; accounts that are not offered have none.
///
/// Errors: what the check finds wrong with them, which would be a fault of this program.
pub fn best_swaps_with(market: &Market, policy: &Policy, accounts: &[AccountId]) -> Result<Vec<Move>, Vec<Breach>> {
    let mut policy = policy.clone();
    policy.plan.objective = Objective::SwapsThenPoints;
    policy.plan.max_ring = MaxRing::Two;
    let narrowed = around(market, &policy, accounts);
    Ok(check(plan(&narrowed, &policy), &narrowed, &policy)?.into_plan().moves)
}

/// The market of some accounts and of what others might give for one of them.
fn around(market: &Market, policy: &Policy, accounts: &[AccountId]) -> Market {
    let asked: BTreeSet<&AccountId> = accounts.iter().collect();
    let swaps = partners(market, policy, accounts);
    let wanted: BTreeSet<&AccountId> = swaps.iter().flat_map(|swap| &swap.accounts).collect();
    let owners: BTreeSet<&RepId> = (market.offers.iter().map(|offer| &offer.account))
        .filter(|account| asked.contains(&account.id))
        .map(|account| &account.owner)
        .collect();
    let mut around = market.of_offers(|account| {
        asked.contains(&account.id) || (wanted.contains(&account.id) && !owners.contains(&account.owner))
    });
    // What others give goes to the owners of the accounts asked about and to nobody else.
    let others: Vec<RepId> =
        around.reps.iter().map(|trader| trader.rep.id.clone()).filter(|rep| !owners.contains(rep)).collect();
    for offer in around.offers.iter().filter(|offer| !owners.contains(&offer.account.owner)) {
        let strangers = others.iter().filter(|rep| **rep != offer.account.owner);
        around.forbidden.extend(strangers.map(|rep| (rep.clone(), offer.account.id.clone())));
    }
    around.forbidden.sort();
    around.forbidden.dedup();
    around
}
