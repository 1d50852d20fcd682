//! Those whom an override displaces, and their re-match in the same transaction.
//!
//! In go the accounts an override is about; out come the proposals it ended, and new ones of their accounts where there
//! are any. Nobody else loses anything: what is proposed to others stays, and the partners are open accounts that no run
//! has matched. Each displaced rep gets the best swap that the engine finds among them, checked, or goes back to the pool.
//!
//! Holds: for its parties a re-match is a batch boundary. A proposal that a colleague had ended before, unseen, is treated
//! like one that was open until now, so that nobody can tell by an override what a colleague answered.
//! Costs: one reading and one scoring of the whole pool, where anybody is displaced.
//! Deliberately absent: displacing anybody for a better re-match, and rings.

use super::{
    Refused, Writer,
    life::{advance, reveal},
    propose::propose,
    run::business_date,
    snapshot::snapshot,
    travel::ways_at_hand,
};
use crate::{
    domain::{
        ids::AccountId,
        principal::Principal,
        proposal::{Leg, Proposal, ProposalAction, ProposalActor},
    },
    engine::rematch::best_swaps_with,
    settings::Settings,
    store::{market::Pool, proposals},
};

/// Ends the proposals that hold one of the accounts by a leg that is meant, and gives them as they are then.
///
/// One that is approved is on its way and cannot be stopped; one that has moved its accounts is no obstacle.
pub(super) fn displace(
    writer: &mut Writer<'_>,
    who: &Principal,
    accounts: &[AccountId],
    action: ProposalAction,
    is_meant: impl Fn(&Leg) -> bool,
) -> Result<Vec<Proposal>, Refused> {
    let mut displaced = Vec::new();
    let live = proposals::live_with(writer, accounts)?;
    let unseen = proposals::open_to_parties_with(writer, accounts)?;
    let ended = unseen.into_iter().filter(|proposal| proposal.state.is_not_concluded());
    for proposal in live.into_iter().chain(ended) {
        if proposal.state.has_moved() || !proposal.legs.iter().any(&is_meant) {
            continue;
        }
        displaced.push(match proposal.state.is_not_concluded() {
            true => proposal,
            false => advance(writer, who, &proposal, action, ProposalActor::Manager, |_| {})?,
        });
    }
    Ok(displaced)
}

/// Tells the parties of ended proposals, and puts the best swaps that are left to them.
pub(super) fn match_again(writer: &mut Writer<'_>, settings: &Settings, ended: &[Proposal]) -> Result<(), Refused> {
    for proposal in ended {
        reveal(writer, proposal)?;
    }
    let accounts: Vec<AccountId> =
        ended.iter().flat_map(|proposal| proposal.legs.iter().map(|leg| leg.account.clone())).collect();
    if accounts.is_empty() {
        return Ok(());
    }
    let date = business_date(&settings.night, writer.now());
    let mut snapshot = snapshot(writer, Pool::Everybody, date)?;
    // An override does not fail over what comes after it: without a re-match the accounts await the next run.
    snapshot.market.ways = match ways_at_hand(writer, settings, &snapshot.market) {
        Err(Refused::NoTravelTimes(why)) => {
            tracing::warn!(why, "the displaced are not matched again before the next run");
            return Ok(());
        }
        ways => ways?,
    };
    match best_swaps_with(&snapshot.market, &settings.policy, &accounts) {
        Ok(swaps) => drop(propose(writer, settings, None, &swaps, &snapshot.market, &snapshot.ownerships)?),
        Err(breaches) => breaches.iter().for_each(|breach| tracing::error!(%breach, "the re-match does not hold")),
    }
    Ok(())
}
