//! Forced moves: two submitted accounts swapped without waiting for a run or for accepts.
//!
//! In go two accounts; out comes an approved proposal in place of whatever undecided ones held them. Every hard rule binds
//! it. Across teams it awaits the other side's manager, and over a decline the second person whom the approval policy names.
//! Deliberately absent: what a second does, which is `settle`'s.

use super::{
    Reader, Refused, Writer, abuse, handover,
    life::advance_submission,
    propose::proposal as proposal_of,
    rematch::{displace, match_again},
    run::business_date,
    snapshot::snapshot,
    system, terms,
    travel::ways_at_hand,
};
use crate::{
    domain::{
        approval::SecondPerson,
        handover::Phase,
        ids::{AccountId, ProposalId, RepId},
        overrides::OverrideKind,
        principal::Principal,
        proposal::{Proposal, ProposalAction, ProposalState},
        submission::{SubmissionAction, SubmissionActor, SubmissionState},
    },
    engine::price::{PriceError, price},
    settings::Settings,
    store::{audit::Change, market::Pool, proposals, roster, submissions},
};
use chrono::Duration;

/// The owners of the two accounts of a forced move, with their managers.
pub(super) struct Parties {
    managers: Vec<RepId>,
}

pub(super) fn parties(reader: &mut Reader<'_>, who: &Principal, accounts: [&AccountId; 2]) -> Result<Parties, Refused> {
    let mut managers = Vec::new();
    for account in accounts {
        let held = roster::account(reader, account)?.ok_or(Refused::NotFound("account"))?;
        let owner = held.account.owner;
        if owner == who.id {
            return Err(Refused::NotAllowed("nobody decides over what they gain from"));
        }
        managers.extend(roster::manager_of(reader, &owner)?);
    }
    if !managers.contains(&who.id) {
        return Err(Refused::NotFound("account"));
    }
    Ok(Parties { managers })
}

pub(super) fn needs_second(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    parties: &Parties,
    [one, other]: [&AccountId; 2],
) -> Result<bool, Refused> {
    let crosses_teams = parties.managers.iter().any(|manager| *manager != who.id);
    let forced = &settings.approval.forced_moves;
    if crosses_teams || forced.over_a_decline == SecondPerson::Nobody {
        return Ok(crosses_teams);
    }
    let since = reader.now() - Duration::days(forced.decline_counts_for_days.into());
    Ok(proposals::was_declined(reader, one, other, since)?)
}

/// Whether `who`, another manager, is one whom the policy lets agree to a move that `author` forced within the own team
/// over a decline; `owners` are those of its accounts.
///
/// Where the policy asks for nobody any more, whoever else it might ask may settle what awaits a second already.
pub(super) fn may_second(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &RepId,
    author: &RepId,
    owners: &[RepId],
) -> Result<bool, Refused> {
    if settings.approval.forced_moves.over_a_decline != SecondPerson::NextAbove {
        return Ok(true);
    }
    // A roster may hold a circle of managers by mistake; whoever stands in it is met once.
    let mut met = vec![author.clone()];
    let mut next = roster::manager_of(reader, author)?;
    while let Some(above) = next.filter(|above| !met.contains(above)) {
        if !owners.contains(&above) {
            return Ok(above == *who);
        }
        next = roster::manager_of(reader, &above)?;
        met.push(above);
    }
    Ok(true)
}

/// Makes the move of two submitted accounts, approved, in place of whatever undecided proposals hold them; whoever is
/// displaced is matched again.
pub(super) fn force(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    [one, other]: [&AccountId; 2],
) -> Result<ProposalId, Refused> {
    let accounts = [one.clone(), other.clone()];
    abuse::refuse_unasked(writer, &accounts)?;
    let displaced = displace(writer, who, &accounts, ProposalAction::Supersede, |_| true)?;
    let date = business_date(&settings.night, writer.now());
    let mut snapshot = snapshot(writer, Pool::Accounts(&accounts), date)?;
    snapshot.market.ways = ways_at_hand(writer, settings, &snapshot.market)?;
    let priced = price(&snapshot.market, &settings.policy, &[one, other]).map_err(|error| match error {
        PriceError::NotOffered(account) => {
            Refused::conflict("not_submitted", format!("account {account} is not submitted by its owner"))
        }
        refused => Refused::conflict("breaks_a_rule", refused.to_string()),
    })?;
    let ownerships: Vec<i64> = priced
        .legs
        .iter()
        .map(|leg| snapshot.ownerships.get(&leg.account).copied().ok_or(Refused::NotFound("account")))
        .collect::<Result<_, _>>()?;
    let mut proposal = proposal_of(None, &priced, &ownerships, writer.now());
    // Nobody is asked, so nobody is reminded.
    drop(terms::set(settings, &snapshot.market, &mut proposal));
    proposal.state = ProposalState::Approved;
    proposals::insert(writer, std::slice::from_ref(&proposal))?;
    bind(writer, &proposal)?;
    handover::lay_out(writer, settings, &proposal, Phase::Handover)?;
    match_again(writer, settings, &displaced)?;
    writer.record(Change {
        actor: who.clone(),
        action: OverrideKind::Force.as_str(),
        subject_kind: "proposal",
        subject_id: proposal.id.to_string(),
        from_state: None,
        to_state: Some(proposal.state.as_str()),
    });
    Ok(proposal.id)
}

fn bind(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<(), Refused> {
    for leg in &proposal.legs {
        let submission = submissions::one(writer, leg.submission)?;
        // One whose last proposal ended unseen is bound already.
        if let Some(open) = submission.filter(|submission| submission.state == SubmissionState::Open) {
            advance_submission(writer, &system(), &open, SubmissionAction::Reserve, SubmissionActor::System)?;
        }
    }
    Ok(())
}
