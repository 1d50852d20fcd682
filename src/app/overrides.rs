//! Overrides: what a manager may decide beyond the ordinary course, each with a reason code and a note.
//!
//! In go an order and, where it is about a proposal, the version seen; out comes the override as it now stands. Its
//! effect goes through the same state machines and hard rules as everything else. A forced move across teams or over a
//! rep's decline awaits a second manager. Deliberately absent: pricing what an override displaces.

use super::{
    AtMostOne, Page, Reader, Refused, StoreError, Writer, decide, fresh_version, handover,
    life::{advance, advance_submission},
    me::managed,
    run::{business_date, proposal as proposal_of},
    snapshot::snapshot,
    system,
    travel::ways_at_hand,
};
use crate::{
    domain::{
        ids::{AccountId, OverrideId, ProposalId, RepId, TeamId, Version},
        overrides::{
            self, Override, OverrideAction, OverrideActor, OverrideKind, OverrideRefusal, OverrideState, ReasonCode,
        },
        principal::{Principal, Role},
        proposal::{Leg, Proposal, ProposalAction, ProposalActor, ProposalState},
        submission::{SubmissionAction, SubmissionActor, SubmissionState},
    },
    engine::price::{PriceError, price},
    settings::Settings,
    store::{audit::Change, market::Pool, overrides as kept, proposals, roster, submissions},
};
use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The longest note, in bytes.
pub const MAX_NOTE_BYTES: usize = 4000;

/// The longest extension of an expiry, in hours.
pub const MAX_EXTENSION_HOURS: u32 = 240;

/// How far back a decline makes a forced move need a second manager.
const DECLINE_COUNTS_FOR_DAYS: i64 = 365;

impl From<OverrideRefusal> for Refused {
    fn from(refusal: OverrideRefusal) -> Self {
        match refusal {
            OverrideRefusal::NotYours => Self::NotAllowed("this override is not yours to settle"),
            OverrideRefusal::SamePerson => Self::NotAllowed("the second manager must be another person"),
            OverrideRefusal::OwnBenefit => Self::NotAllowed("nobody decides over what they gain from"),
            OverrideRefusal::AlreadySettled => Self::conflict("already_settled", "this override is settled"),
        }
    }
}

/// An order, as it comes in. Which fields a kind needs: `approve`, `veto`, `extend` a proposal; `accept_for_absent` a
/// proposal and the absent rep; `freeze`, `release` an account; `forbid` an account and a rep; `force` two accounts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOverride {
    /// What is ordered.
    pub kind: OverrideKind,
    /// The proposal it is about.
    pub proposal: Option<ProposalId>,
    /// The accounts it is about.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// The rep it is about.
    pub rep: Option<RepId>,
    /// Hours to add to the expiry; 1 to 240.
    pub hours: Option<u32>,
    /// Why, by code.
    pub reason: ReasonCode,
    /// Why, in words; not empty.
    #[schema(min_length = 1, max_length = 4000)]
    pub note: String,
}

/// An override, as managers and admins see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OverrideView {
    /// Its id.
    pub id: OverrideId,
    /// What was ordered.
    pub kind: OverrideKind,
    /// The proposal it is about; for a forced move, the one it made.
    pub proposal: Option<ProposalId>,
    /// The accounts it is about.
    pub accounts: Vec<AccountId>,
    /// The rep it is about.
    pub rep: Option<RepId>,
    /// Why, by code.
    pub reason: ReasonCode,
    /// Why, in words.
    pub note: String,
    /// Who ordered it.
    pub author: RepId,
    /// Who agreed or disagreed as the second manager.
    pub second: Option<RepId>,
    /// Where it stands.
    pub state: OverrideState,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// New at each change.
    pub version: Version,
}

impl From<Override> for OverrideView {
    fn from(order: Override) -> Self {
        Self {
            id: order.id,
            kind: order.kind,
            proposal: order.proposal,
            accounts: order.accounts,
            rep: order.rep,
            reason: order.reason,
            note: order.note,
            author: order.author,
            second: order.second,
            state: order.state,
            created_at: order.created_at,
            version: order.version,
        }
    }
}

/// Carries out an order. `if_match` is the version of the proposal it is about; needed exactly where there is one.
pub fn order(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    new: NewOverride,
    if_match: Option<Version>,
) -> Result<OverrideView, Refused> {
    let holds = matches!(new.kind, OverrideKind::Freeze | OverrideKind::Release);
    match who.role {
        Role::Manager => {}
        Role::Admin if holds => {}
        Role::Admin => return Err(Refused::NotAllowed("an admin only holds accounts: freeze and release")),
        Role::Rep | Role::Service => return Err(Refused::NotAllowed("overrides are for managers")),
    }
    if new.note.trim().is_empty() || new.note.len() > MAX_NOTE_BYTES {
        return Err(Refused::invalid("/note", format!("{} bytes", new.note.len()), "1 to 4000 bytes that say why"));
    }
    let mut order = Override {
        id: OverrideId(Uuid::new_v4()),
        kind: new.kind,
        proposal: new.proposal,
        accounts: new.accounts,
        rep: new.rep,
        reason: new.reason,
        note: new.note,
        author: who.id.clone(),
        second: None,
        state: OverrideState::Effective,
        created_at: writer.now(),
        version: fresh_version(),
    };
    let target = Target::of(&order, new.hours, if_match)?;
    // The override's row first: what it leaves behind refers to it.
    if let Target::Force { one, other } = &target {
        let parties = parties(writer, who, [one, other])?;
        if needs_second(writer, who, &parties, [one, other])? {
            order.state = OverrideState::AwaitingSecond;
        }
        kept::insert(writer, &order)?;
        if order.state == OverrideState::Effective {
            let made = force(writer, settings, who, [one, other])?;
            kept::made(writer, order.id, made)?;
            order.proposal = Some(made);
        }
    } else {
        kept::insert(writer, &order)?;
        carry_out(writer, settings, who, &order, target)?;
    }
    writer.record(Change {
        actor: who.clone(),
        action: order.kind.as_str(),
        subject_kind: "override",
        subject_id: order.id.to_string(),
        from_state: None,
        to_state: Some(order.state.as_str()),
    });
    Ok(order.into())
}

/// What an order is about: the fields its kind needs, and no others.
enum Target {
    Proposal { id: ProposalId, if_match: Version },
    Absent { id: ProposalId, rep: RepId, if_match: Version },
    Expiry { id: ProposalId, hours: u32, if_match: Version },
    Account(AccountId),
    Pair { rep: RepId, account: AccountId },
    Force { one: AccountId, other: AccountId },
}

impl Target {
    fn of(order: &Override, hours: Option<u32>, if_match: Option<Version>) -> Result<Self, Refused> {
        let proposal = || {
            let id = order.proposal.ok_or_else(|| missing("/proposal", "the proposal's id"))?;
            Ok::<_, Refused>((id, if_match.ok_or(Refused::NoPrecondition)?))
        };
        let rep = || order.rep.clone().ok_or_else(|| missing("/rep", "the rep's id"));
        let account = || match order.accounts.as_slice() {
            [account] => Ok(account.clone()),
            other => Err(Refused::invalid("/accounts", format!("{} accounts", other.len()), "exactly one account")),
        };
        let (uses_proposal, uses_rep, uses_accounts, uses_hours) = match order.kind {
            OverrideKind::Approve | OverrideKind::Veto => (true, false, false, false),
            OverrideKind::AcceptForAbsent => (true, true, false, false),
            OverrideKind::Extend => (true, false, false, true),
            OverrideKind::Freeze | OverrideKind::Release | OverrideKind::Force => (false, false, true, false),
            OverrideKind::Forbid => (false, true, true, false),
        };
        let idle = [
            ("/proposal", order.proposal.is_some() && !uses_proposal),
            ("/rep", order.rep.is_some() && !uses_rep),
            ("/accounts", !order.accounts.is_empty() && !uses_accounts),
            ("/hours", hours.is_some() && !uses_hours),
        ];
        if let Some((field, _)) = idle.iter().find(|(_, idle)| *idle) {
            return Err(Refused::invalid(*field, "a value", format!("nothing: {} does not need it", order.kind)));
        }
        Ok(match order.kind {
            OverrideKind::Approve | OverrideKind::Veto => {
                let (id, if_match) = proposal()?;
                Self::Proposal { id, if_match }
            }
            OverrideKind::AcceptForAbsent => {
                let (id, if_match) = proposal()?;
                Self::Absent { id, rep: rep()?, if_match }
            }
            OverrideKind::Extend => {
                let (id, if_match) = proposal()?;
                let hours = hours.filter(|hours| (1..=MAX_EXTENSION_HOURS).contains(hours));
                Self::Expiry { id, hours: hours.ok_or_else(|| missing("/hours", "1 to 240 hours"))?, if_match }
            }
            OverrideKind::Freeze | OverrideKind::Release => Self::Account(account()?),
            OverrideKind::Forbid => Self::Pair { rep: rep()?, account: account()? },
            OverrideKind::Force => match order.accounts.as_slice() {
                [one, other] if one != other => Self::Force { one: one.clone(), other: other.clone() },
                other => {
                    let found = format!("{} accounts", other.len());
                    return Err(Refused::invalid("/accounts", found, "two different accounts"));
                }
            },
        })
    }
}

fn missing(field: &str, expected: &str) -> Refused {
    Refused::invalid(field, "nothing", expected)
}

fn carry_out(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    order: &Override,
    target: Target,
) -> Result<(), Refused> {
    match target {
        Target::Proposal { id, if_match } if order.kind == OverrideKind::Approve => {
            decide::approve(writer, who, id, if_match)?;
        }
        Target::Proposal { id, if_match } => {
            decide::veto(writer, who, id, if_match)?;
        }
        Target::Absent { id, rep, if_match } => accept_for_absent(writer, settings, who, id, &rep, if_match)?,
        Target::Expiry { id, hours, if_match } => {
            let (proposal, actor) = decide::for_manager(writer, who, id, if_match)?;
            advance(writer, who, &proposal, ProposalAction::Extend, actor, |proposal| {
                proposal.expires_at += Duration::hours(hours.into());
            })?;
        }
        Target::Account(account) => {
            may_hold(writer, who, &account)?;
            if order.kind == OverrideKind::Freeze {
                freeze(writer, who, order.id, &account)?;
            } else if !kept::release(writer, &account)? {
                return Err(Refused::conflict("not_frozen", "this account is not frozen"));
            }
        }
        Target::Pair { rep, account } => {
            may_hold(writer, who, &account)?;
            roster::rep(writer, &rep)?.ok_or(Refused::NotFound("rep"))?;
            stop(writer, who, &account, |leg| leg.to == rep)?;
            kept::forbid(writer, &rep, &account, order.id).map_err(|error| match error {
                StoreError::Twice(AtMostOne::Ban) => Refused::conflict("already_forbidden", "this pair is forbidden"),
                other => other.into(),
            })?;
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
    if writer.now() >= proposal.expires_at {
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
fn freeze(writer: &mut Writer<'_>, who: &Principal, by: OverrideId, account: &AccountId) -> Result<(), Refused> {
    stop(writer, who, account, |_| true)?;
    kept::freeze(writer, account, by).map_err(|error| match error {
        StoreError::Twice(AtMostOne::Freeze) => Refused::conflict("already_frozen", "this account is frozen"),
        other => other.into(),
    })
}

/// Stops the proposal in which the account's leg is one of those meant. One that is approved is on its way and cannot be
/// stopped; one that has moved the account is no obstacle.
fn stop(
    writer: &mut Writer<'_>,
    who: &Principal,
    account: &AccountId,
    is_meant: impl Fn(&Leg) -> bool,
) -> Result<(), Refused> {
    for proposal in proposals::live_with(writer, std::slice::from_ref(account))? {
        let has_moved = matches!(proposal.state, ProposalState::OnTrial | ProposalState::NeedsAttention);
        if !has_moved && proposal.legs.iter().any(|leg| leg.account == *account && is_meant(leg)) {
            advance(writer, who, &proposal, ProposalAction::Veto, ProposalActor::Manager, |_| {})?;
        }
    }
    Ok(())
}

/// The owners of the two accounts of a forced move, with their managers.
struct Parties {
    managers: Vec<RepId>,
}

fn parties(reader: &mut Reader<'_>, who: &Principal, accounts: [&AccountId; 2]) -> Result<Parties, Refused> {
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

fn needs_second(
    reader: &mut Reader<'_>,
    who: &Principal,
    parties: &Parties,
    [one, other]: [&AccountId; 2],
) -> Result<bool, Refused> {
    let crosses_teams = parties.managers.iter().any(|manager| *manager != who.id);
    let since = reader.now() - Duration::days(DECLINE_COUNTS_FOR_DAYS);
    Ok(crosses_teams || proposals::was_declined(reader, one, other, since)?)
}

/// Makes the move of two submitted accounts, approved, in place of whatever undecided proposals hold them.
fn force(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    [one, other]: [&AccountId; 2],
) -> Result<ProposalId, Refused> {
    let accounts = [one.clone(), other.clone()];
    for displaced in proposals::live_with(writer, &accounts)? {
        advance(writer, who, &displaced, ProposalAction::Supersede, ProposalActor::Manager, |_| {})?;
    }
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
    let now = writer.now();
    let expires_at = now + Duration::hours(settings.proposals.expires_after_hours.into());
    let mut proposal = proposal_of(None, &priced, &ownerships, now, expires_at);
    proposal.state = ProposalState::Approved;
    proposals::insert(writer, std::slice::from_ref(&proposal))?;
    bind(writer, &proposal)?;
    handover::lay_out(writer, &proposal)?;
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

/// Settles an override that awaits its second manager: agrees, and it takes effect, or disagrees.
///
/// Across teams the second is the other side's manager; over a decline, any other manager of a team.
pub fn settle(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: OverrideId,
    action: OverrideAction,
    if_match: Version,
) -> Result<OverrideView, Refused> {
    let order = visible(writer, who, id)?;
    let mut managers = Vec::new();
    let mut owners = Vec::new();
    for account in &order.accounts {
        let held = roster::account(writer, account)?.ok_or(Refused::NotFound("account"))?;
        managers.extend(roster::manager_of(writer, &held.account.owner)?);
        owners.push(held.account.owner);
    }
    let others: Vec<&RepId> = managers.iter().filter(|manager| **manager != order.author).collect();
    let actor = match who.role {
        _ if who.id == order.author => OverrideActor::Author,
        Role::Manager if owners.contains(&who.id) => OverrideActor::Beneficiary,
        Role::Manager if others.is_empty() || others.contains(&&who.id) => OverrideActor::OtherManager,
        _ => OverrideActor::Stranger,
    };
    let state = overrides::next_state(order.state, action, actor)?;
    if order.version != if_match {
        return Err(Refused::Stale);
    }
    let made = match (state, order.accounts.as_slice()) {
        (OverrideState::Effective, [one, other]) => Some(force(writer, settings, who, [one, other])?),
        _ => None,
    };
    let version = fresh_version();
    kept::settle(writer, &order, state, &who.id, made, version)?;
    writer.record(Change {
        actor: who.clone(),
        action: action.as_str(),
        subject_kind: "override",
        subject_id: id.to_string(),
        from_state: Some(order.state.as_str()),
        to_state: Some(state.as_str()),
    });
    Ok(Override { state, second: Some(who.id.clone()), proposal: made, version, ..order }.into())
}

/// Overrides by id: for a manager those they ordered or settled, that touch their teams, or that await a second; for an
/// admin all.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<OverrideId>) -> Result<Vec<OverrideView>, Refused> {
    is_for(who)?;
    let mut found = Vec::new();
    let mut after = page.after;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    loop {
        let batch = kept::list(reader, after, page.limit)?;
        let Some(last) = batch.last() else { return Ok(found) };
        after = Some(last.id);
        for order in batch {
            if sees(reader, who, &order)? {
                found.push(order.into());
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
    }
}

/// One override.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: OverrideId) -> Result<OverrideView, Refused> {
    visible(reader, who, id).map(OverrideView::from)
}

/// Refuses the roles that see no override, before it shows whether there is one.
fn is_for(who: &Principal) -> Result<(), Refused> {
    match who.role {
        Role::Manager | Role::Admin => Ok(()),
        Role::Rep | Role::Service => Err(Refused::NotAllowed("overrides are for managers")),
    }
}

fn visible(reader: &mut Reader<'_>, who: &Principal, id: OverrideId) -> Result<Override, Refused> {
    is_for(who)?;
    let order = kept::one(reader, id)?.ok_or(Refused::NotFound("override"))?;
    if sees(reader, who, &order)? { Ok(order) } else { Err(Refused::NotFound("override")) }
}

fn sees(reader: &mut Reader<'_>, who: &Principal, order: &Override) -> Result<bool, Refused> {
    if who.role == Role::Admin {
        return Ok(true);
    }
    if order.author == who.id || order.second.as_ref() == Some(&who.id) {
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
    // Any other manager may be the second where both sides are the author's own.
    Ok(order.state == OverrideState::AwaitingSecond && authors_team_only)
}
