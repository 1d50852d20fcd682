//! What an order does: each kind but a forced move.
//!
//! In go an order and its target; out comes nothing but the effect, through the same state machines as everything else.
//! Deliberately absent: forced moves, which are `force`'s.

use super::{
    AtMostOne, Reader, Refused, StoreError, Writer, decide,
    life::advance,
    rematch::{displace, match_again},
    run::business_date,
    target::Target,
};
use crate::{
    domain::{
        ids::{AccountId, OverrideId, ProposalId, RepId, Version},
        overrides::{Override, OverrideKind},
        principal::{Principal, Role},
        proposal::{Leg, ProposalAction},
    },
    settings::Settings,
    store::{overrides as kept, reminders, roster},
};
use chrono::Duration;

pub(super) fn carry_out(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    order: &Override,
    target: Target,
) -> Result<(), Refused> {
    match target {
        Target::Proposal { id, if_match } if order.kind == OverrideKind::Approve => {
            decide::approve(writer, settings, who, id, if_match)?;
        }
        Target::Proposal { id, if_match } => {
            decide::veto(writer, who, id, if_match)?;
        }
        Target::Absent { id, rep, if_match } => accept_for_absent(writer, settings, who, id, &rep, if_match)?,
        Target::Expiry { id, hours, if_match } => {
            let (proposal, actor) = decide::for_manager(writer, who, id, if_match)?;
            let by = Duration::hours(hours.into());
            advance(writer, who, &proposal, ProposalAction::Extend, actor, |proposal| proposal.extend(by))?;
            reminders::put_off(writer, id, by)?;
        }
        Target::Account(account) => {
            may_hold(writer, who, &account)?;
            if order.kind == OverrideKind::Freeze {
                freeze(writer, settings, who, order.id, &account)?;
            } else if !kept::release(writer, &account)? {
                return Err(Refused::conflict("not_frozen", "this account is not frozen"));
            }
        }
        Target::Pair { rep, account } => {
            may_hold(writer, who, &account)?;
            roster::rep(writer, &rep)?.ok_or(Refused::NotFound("rep"))?;
            let is_meant = |leg: &Leg| leg.account == account && leg.to == rep;
            let displaced = displace(writer, who, std::slice::from_ref(&account), ProposalAction::Veto, is_meant)?;
            kept::forbid(writer, &rep, &account, order.id).map_err(|error| match error {
                StoreError::Twice(AtMostOne::Ban) => Refused::conflict("already_forbidden", "this pair is forbidden"),
                other => other.into(),
            })?;
            match_again(writer, settings, &displaced)?;
        }
        Target::Force { .. } => unreachable!("a forced move is carried out by `force`"),
    }
    Ok(())
}

fn accept_for_absent(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    rep: &RepId,
    if_match: Version,
) -> Result<(), Refused> {
    let (proposal, actor) = decide::for_manager(writer, who, id, if_match)?;
    let absent = roster::rep(writer, rep)?.filter(|_| proposal.leg_of(rep).is_some());
    let absent = absent.ok_or(Refused::NotFound("rep"))?;
    if roster::manager_of(writer, rep)?.as_ref() != Some(&who.id) {
        return Err(Refused::NotAllowed("only a rep's own manager accepts in their place"));
    }
    let today = business_date(&settings.night, writer.now());
    if absent.is_present(today) {
        return Err(Refused::conflict("not_absent", "this rep is not on leave today and answers for themself"));
    }
    if proposal.leg_of(rep).is_none_or(|leg| writer.now() >= proposal.answer_by(leg)) {
        return Err(Refused::conflict("expired", "the time to answer is over"));
    }
    if proposal.state.is_not_concluded() {
        return Err(Refused::conflict("already_ended", "this was not concluded"));
    }
    decide::accept_for(writer, settings, who, &proposal, rep, actor)?;
    Ok(())
}

/// Refuses a manager whose team the account's owner is not in.
fn may_hold(reader: &mut Reader<'_>, who: &Principal, account: &AccountId) -> Result<(), Refused> {
    let held = roster::account(reader, account)?.ok_or(Refused::NotFound("account"))?;
    if who.role == Role::Manager && roster::manager_of(reader, &held.account.owner)?.as_ref() != Some(&who.id) {
        return Err(Refused::NotFound("account"));
    }
    Ok(())
}

/// Keeps an account where it is; a proposal of it that nobody approved yet is stopped.
fn freeze(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    by: OverrideId,
    account: &AccountId,
) -> Result<(), Refused> {
    let accounts = std::slice::from_ref(account);
    let displaced = displace(writer, who, accounts, ProposalAction::Veto, |leg| leg.account == *account)?;
    kept::freeze(writer, account, by).map_err(|error| match error {
        StoreError::Twice(AtMostOne::Freeze) => Refused::conflict("already_frozen", "this account is frozen"),
        other => other.into(),
    })?;
    match_again(writer, settings, &displaced)
}
