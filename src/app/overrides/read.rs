//! Overrides as managers and admins see them.
//!
//! In goes who asks, and whether they want those that somebody has reviewed or those that nobody has; out come those that they or managers below them ordered, that they settled, that touch their teams, or
//! that await a second manager.
//! Deliberately absent: what they led to, which the proposals tell.

use super::{OverrideView, Page, Reader, Refused, force::may_second, me::managed};
use crate::{
    domain::{
        ids::{OverrideId, RepId, TeamId},
        overrides::{Override, OverrideState},
        principal::{Principal, Role},
    },
    settings::Settings,
    store::{overrides as kept, proposals, roster},
};
use std::collections::BTreeSet;

/// Overrides by id: for a manager those that they or managers below them ordered, that they settled, that touch their teams,
/// or that await a second; for an admin all. Where `reviewed` is given, those with a review or those without one.
pub fn list(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    reviewed: Option<bool>,
    page: Page<OverrideId>,
) -> Result<Vec<OverrideView>, Refused> {
    is_for(who)?;
    let mut found = Vec::new();
    let mut after = page.after;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    loop {
        let batch = kept::list(reader, reviewed, after, page.limit)?;
        let Some(last) = batch.last() else { return Ok(found) };
        after = Some(last.id);
        for order in batch {
            if sees(reader, settings, who, &order)? {
                found.push(OverrideView::of(reader, order)?);
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
    }
}

/// One override.
pub fn one(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    id: OverrideId,
) -> Result<OverrideView, Refused> {
    let order = visible(reader, settings, who, id)?;
    OverrideView::of(reader, order)
}

/// Refuses the roles that see no override, before it shows whether there is one.
pub(super) fn is_for(who: &Principal) -> Result<(), Refused> {
    match who.role {
        Role::Manager | Role::Admin => Ok(()),
        Role::Rep | Role::Service => Err(Refused::NotAllowed("overrides are for managers")),
    }
}

pub(super) fn visible(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    id: OverrideId,
) -> Result<Override, Refused> {
    is_for(who)?;
    let order = kept::one(reader, id)?.ok_or(Refused::NotFound("override"))?;
    if sees(reader, settings, who, &order)? { Ok(order) } else { Err(Refused::NotFound("override")) }
}

/// Whether what `manager` ordered is for `who` to see as theirs: an admin, the manager themself, or one above them.
pub(super) fn is_under(reader: &mut Reader<'_>, who: &Principal, manager: &RepId) -> Result<bool, Refused> {
    if who.role == Role::Admin {
        return Ok(true);
    }
    // A roster may hold a circle of managers by mistake; whoever stands in it is met once.
    let mut met = BTreeSet::new();
    let mut next = Some(manager.clone());
    while let Some(one) = next {
        if one == who.id {
            return Ok(true);
        }
        next = roster::manager_of(reader, &one)?.filter(|above| !met.contains(above));
        met.insert(one);
    }
    Ok(false)
}

fn sees(reader: &mut Reader<'_>, settings: &Settings, who: &Principal, order: &Override) -> Result<bool, Refused> {
    if who.role == Role::Admin {
        return Ok(true);
    }
    if order.second.as_ref() == Some(&who.id) || is_under(reader, who, &order.author)? {
        return Ok(true);
    }
    let teams = managed(reader, who)?;
    let mut owners: Vec<RepId> = order.rep.iter().cloned().collect();
    for account in &order.accounts {
        owners.extend(roster::account(reader, account)?.map(|held| held.account.owner));
    }
    if let Some(id) = order.proposal {
        owners.extend(proposals::one(reader, id)?.into_iter().flat_map(|one| one.legs).map(|leg| leg.from));
    }
    let is_within = |team: &TeamId| teams.contains(team);
    let mut authors_team_only = true;
    for owner in &owners {
        if let Some(rep) = roster::rep(reader, owner)? {
            if is_within(&rep.team) {
                return Ok(true);
            }
            authors_team_only &= roster::manager_of(reader, owner)?.as_ref() == Some(&order.author);
        }
    }
    // Where both sides are the author's own, the policy says which other manager may be the second.
    let awaits = order.state == OverrideState::AwaitingSecond && authors_team_only;
    Ok(awaits && may_second(reader, settings, &who.id, &order.author, &owners)?)
}
