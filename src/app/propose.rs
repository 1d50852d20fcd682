//! From checked moves to proposals: what a run, a meeting, a direct swap and a re-match do in the same way.
//!
//! In go moves, the market they were found in and how often each account had changed hands then; out come the proposals with
//! their terms, written and on record. Holds: only a move whose accounts are where they were, whose submissions are open and
//! of which no account waits for its manager's word on abuse becomes a proposal, and only if it keeps its reps' balances of
//! the year; its submissions are bound in the same transaction. Deliberately absent: finding moves and checking them.

use super::{Refused, Writer, abuse, fresh_version, life::advance_submission, run::business_date, system, terms};
use crate::{
    domain::{
        approval::Approval,
        ids::{AccountId, ProposalId, RepId, RunId},
        money::{by_rep, net},
        proposal::{Answer, Leg, Proposal, ProposalState},
        submission::{SubmissionAction, SubmissionActor, SubmissionState},
        units::Cents,
    },
    engine::{market::Market, plan::Move},
    settings::Settings,
    store::{audit::Change, money, proposals, reminders, roster, submissions},
};
use chrono::{DateTime, Datelike, Utc};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Puts moves to their reps; leaves out those whose accounts or submissions have changed since `seen`, which holds the
/// count of owner changes of each account when the moves were found, and those that a rep's balance allows no more.
pub(super) fn propose(
    writer: &mut Writer<'_>,
    settings: &Settings,
    run: Option<RunId>,
    moves: &[Move],
    market: &Market,
    seen: &BTreeMap<AccountId, i64>,
) -> Result<Vec<Proposal>, Refused> {
    let accounts: Vec<AccountId> =
        moves.iter().flat_map(|one| one.legs.iter().map(|leg| leg.account.clone())).collect();
    let today = roster::ownerships(writer, &accounts)?;
    let awaiting = abuse::awaiting(writer, &accounts)?;
    let now = writer.now();
    let mut balances = money::balances(writer, money::Whose::Everybodys, business_date(&settings.night, now).year())?;
    let limit = settings.policy.rules.ledger_limit_cents;
    let mut proposed = Vec::with_capacity(moves.len());
    let mut to_remind = Vec::new();
    for one in moves {
        let ownerships: Option<Vec<i64>> = one
            .legs
            .iter()
            .map(|leg| {
                let (owner, count) = today.get(&leg.account)?;
                (*owner == leg.from && seen.get(&leg.account) == Some(count)).then_some(*count)
            })
            .collect();
        let Some(ownerships) = ownerships else { continue };
        if one.legs.iter().any(|leg| awaiting.contains(&leg.account)) {
            continue;
        }
        let sums = by_rep(one.legs.iter().map(|leg| (&leg.from, &leg.to, net(&leg.money))));
        let with = |rep: &RepId, cents: Cents| balances.get(rep).copied().unwrap_or_default().expecting(cents);
        if sums.iter().any(|(rep, cents)| !with(rep, *cents).is_within(limit)) {
            continue;
        }
        if reserve(writer, one)? {
            for (rep, cents) in sums {
                let balance = balances.entry(rep).or_default();
                *balance = balance.expecting(cents);
            }
            let mut proposal = proposal(run, one, &ownerships, now);
            to_remind.extend(terms::set(settings, market, &mut proposal));
            proposed.push(proposal);
        }
    }
    proposals::insert(writer, &proposed)?;
    reminders::insert(writer, &to_remind)?;
    for proposal in &proposed {
        writer.record(Change {
            actor: system(),
            action: "propose",
            subject_kind: "proposal",
            subject_id: proposal.id.to_string(),
            from_state: None,
            to_state: Some(proposal.state.as_str()),
        });
    }
    Ok(proposed)
}

/// Binds the submissions of a move; false where one of them is open no more.
fn reserve(writer: &mut Writer<'_>, one: &Move) -> Result<bool, Refused> {
    let mut open = Vec::with_capacity(one.legs.len());
    for leg in &one.legs {
        match submissions::one(writer, leg.submission)? {
            Some(submission) if submission.state == SubmissionState::Open => open.push(submission),
            _ => return Ok(false),
        }
    }
    for submission in &open {
        advance_submission(writer, &system(), submission, SubmissionAction::Reserve, SubmissionActor::System)?;
    }
    Ok(true)
}

/// The proposal of a move, fresh; its terms are still to be set.
pub(super) fn proposal(run: Option<RunId>, one: &Move, ownerships: &[i64], now: DateTime<Utc>) -> Proposal {
    Proposal {
        id: ProposalId(Uuid::new_v4()),
        run,
        state: ProposalState::Proposed,
        points: one.points,
        created_at: now,
        expires_at: now,
        agreed_at: None,
        shown_at: None,
        approval: Approval::otherwise(),
        revealed_at: None,
        effective_on: None,
        trial_ends_on: None,
        cause: None,
        sent_at: None,
        alarmed_at: None,
        bounces_until: None,
        version: fresh_version(),
        legs: (0..)
            .zip(one.legs.iter().zip(ownerships))
            .map(|(position, (leg, ownership))| Leg {
                position,
                account: leg.account.clone(),
                submission: leg.submission,
                from: leg.from.clone(),
                to: leg.to.clone(),
                ownership: *ownership,
                annual_commission_cents: leg.annual_commission_cents,
                money: leg.money.clone(),
                side: leg.side,
                answer_by: now,
                answer: Answer::Pending,
                firm_at: None,
                version: fresh_version(),
            })
            .collect(),
    }
}
