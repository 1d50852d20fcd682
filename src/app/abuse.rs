//! The abuse lane: what is on record of an account, its manager's word on it, and who reads of it before they accept.
//!
//! In goes a declaration or a manager's word; out comes the record as it now stands.
//! Holds: an account with a class that no manager has acknowledged is proposed to nobody; nobody accepts an abusive
//! account without having said that they read of its class; a manager cannot say so for them, nor force the account on
//! them. Deliberately absent: inference. A class comes from a structured answer or from the CRM's own field.

use super::{
    Page, Reader, Refused, Writer, fresh_version,
    life::touch,
    me::managed,
    proposals::{self as views, ProposalView},
};
use crate::{
    domain::{
        abuse::{
            self, AbuseAction, AbuseActor, AbuseRecord, AbuseRefusal, AbuseSource, AbuseState, Severity, Standing,
        },
        ids::{AccountId, ProposalId, RepId, Version},
        letter::Gap,
        principal::{Principal, Role},
        proposal::Proposal,
        roster::Trait,
    },
    settings::Settings,
    store::{Of, abuse as kept, audit::Change, proposals, roster},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;
use uuid::Uuid;

impl From<AbuseRefusal> for Refused {
    fn from(refusal: AbuseRefusal) -> Self {
        match refusal {
            AbuseRefusal::NotYours => Self::NotAllowed("only the owner's manager settles what is on record"),
            AbuseRefusal::AlreadySettled => Self::conflict("already_settled", "this was settled before"),
            AbuseRefusal::TooEarly => Self::conflict("too_early", "it has to be acknowledged first"),
        }
    }
}

/// What is on record of an account, for its owner and their manager.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct AbuseView {
    /// The account.
    pub account: AccountId,
    /// The class declared.
    pub severity: Severity,
    /// Who declared it.
    pub source: AbuseSource,
    /// Where it stands.
    pub state: AbuseState,
    /// When it was declared.
    pub declared_at: DateTime<Utc>,
    /// The manager who spoke last.
    pub settled_by: Option<RepId>,
    /// When.
    pub settled_at: Option<DateTime<Utc>>,
    /// The day of the last warning letter.
    pub warned_on: Option<NaiveDate>,
    /// The text of that letter, for whoever sends it.
    pub letter: Option<String>,
    /// New at each change.
    pub version: Version,
}

impl From<AbuseRecord> for AbuseView {
    fn from(record: AbuseRecord) -> Self {
        Self {
            account: record.account,
            severity: record.severity,
            source: record.source,
            state: record.state,
            declared_at: record.declared_at,
            settled_by: record.settled_by,
            settled_at: record.settled_at,
            warned_on: record.warned_on,
            letter: record.letter,
            version: record.version,
        }
    }
}

/// Records by account: of the own book, or of the teams' books.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<AccountId>) -> Result<Vec<AbuseView>, Refused> {
    let teams = managed(reader, who)?;
    let of = match who.role {
        Role::Rep => Of::Rep(&who.id),
        Role::Manager => Of::Teams(&teams),
        Role::Admin | Role::Service => return Err(NOT_FOR_YOU),
    };
    let found = kept::list(reader, of, page.after.as_ref(), page.limit)?;
    Ok(found.into_iter().map(AbuseView::from).collect())
}

const NOT_FOR_YOU: Refused = Refused::NotAllowed("what is on record is for an account's owner and their manager");

/// The record of one account.
pub fn one(reader: &mut Reader<'_>, who: &Principal, account: &AccountId) -> Result<AbuseView, Refused> {
    find(reader, who, account).map(|(record, _)| record.into())
}

fn find(reader: &mut Reader<'_>, who: &Principal, account: &AccountId) -> Result<(AbuseRecord, AbuseActor), Refused> {
    if matches!(who.role, Role::Admin | Role::Service) {
        return Err(NOT_FOR_YOU);
    }
    let hidden = Refused::NotFound("record");
    let Some(held) = roster::account(reader, account)? else { return Err(hidden) };
    let owner = held.account.owner;
    let actor = match who.role {
        Role::Rep if owner == who.id => AbuseActor::Owner,
        // Who owns the account does not speak on it as its manager.
        Role::Manager if owner != who.id && roster::manager_of(reader, &owner)?.as_ref() == Some(&who.id) => {
            AbuseActor::Manager
        }
        _ => return Err(hidden),
    };
    Ok((kept::one(reader, account)?.ok_or(hidden)?, actor))
}

/// Settles what is on record as the owner's manager: acknowledges it, dismisses it, or sends the customer a warning.
///
/// A class that the CRM gives cannot be dismissed here; the CRM has to take it back.
pub fn settle(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    account: &AccountId,
    action: AbuseAction,
    if_match: Version,
) -> Result<AbuseView, Refused> {
    let (before, actor) = find(writer, who, account)?;
    let state = abuse::next_state(before.state, action, actor)?;
    if before.version != if_match {
        return Err(Refused::Stale);
    }
    let held = roster::account(writer, account)?.ok_or(Refused::NotFound("account"))?;
    if action == AbuseAction::Dismiss && held.account.severity().is_some() {
        return Err(Refused::conflict("crm_says_so", "the CRM gives this class; have it taken back there first"));
    }
    let now = writer.now();
    let mut after = AbuseRecord {
        state,
        settled_by: Some(who.id.clone()),
        settled_at: Some(now),
        version: fresh_version(),
        ..before.clone()
    };
    if action == AbuseAction::Warn {
        let today = now.date_naive();
        let gaps = [(Gap::Account, held.account.name), (Gap::Date, today.to_string())].into();
        after.warned_on = Some(today);
        after.letter = Some(settings.triage.warning.letter.fill(&gaps));
    }
    kept::change(writer, &before, &after)?;
    record(writer, who, action, Some(before.state), &after);
    Ok(after.into())
}

fn record(writer: &mut Writer<'_>, who: &Principal, action: AbuseAction, from: Option<AbuseState>, to: &AbuseRecord) {
    writer.record(Change {
        actor: who.clone(),
        action: action.as_str(),
        subject_kind: "abuse_record",
        subject_id: to.account.as_str().to_owned(),
        from_state: from.map(AbuseState::as_str),
        to_state: Some(to.state.as_str()),
    });
}

/// Declares a class of an account. One that is on record already, or a milder one, changes nothing; after a dismissal every
/// class does.
pub(super) fn declare(
    writer: &mut Writer<'_>,
    who: &Principal,
    account: &AccountId,
    severity: Severity,
    source: AbuseSource,
) -> Result<(), Refused> {
    let actor = match source {
        AbuseSource::Rep => AbuseActor::Owner,
        AbuseSource::Crm => AbuseActor::Crm,
    };
    let declared = AbuseRecord {
        account: account.clone(),
        severity,
        source,
        state: AbuseState::Declared,
        declared_at: writer.now(),
        settled_by: None,
        settled_at: None,
        warned_on: None,
        letter: None,
        version: Version(Uuid::new_v4()),
    };
    let Some(before) = kept::one(writer, account)? else {
        kept::insert(writer, &declared)?;
        record(writer, who, AbuseAction::Declare, None, &declared);
        return Ok(());
    };
    if before.state != AbuseState::Dismissed && before.severity >= severity {
        return Ok(());
    }
    let state = abuse::next_state(before.state, AbuseAction::Declare, actor)?;
    // A letter that was sent stays sent.
    let after = AbuseRecord { state, warned_on: before.warned_on, letter: before.letter.clone(), ..declared };
    kept::change(writer, &before, &after)?;
    record(writer, who, AbuseAction::Declare, Some(before.state), &after);
    Ok(())
}

/// Declares what an import of accounts said.
pub(super) fn declare_by_the_crm(writer: &mut Writer<'_>, who: &Principal) -> Result<(), Refused> {
    for (account, traits) in kept::everywhere(writer)? {
        if let Some(severity) = harshest(&traits) {
            declare(writer, who, &account, severity, AbuseSource::Crm)?;
        }
    }
    Ok(())
}

fn harshest(traits: &BTreeSet<Trait>) -> Option<Severity> {
    traits.iter().filter_map(|one| one.severity()).max()
}

/// What is on record of many accounts.
#[derive(Default)]
pub(super) struct Records(BTreeMap<AccountId, (Severity, AbuseState)>);

impl Records {
    /// Reads every record.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        Ok(Self(kept::all(reader)?))
    }

    /// Reads the records of some accounts.
    pub(super) fn of(reader: &mut Reader<'_>, accounts: &[&AccountId]) -> Result<Self, Refused> {
        Ok(Self(kept::of_all(reader, accounts)?))
    }

    /// What they and the CRM's traits mean for an account.
    pub(super) fn standing(&self, account: &AccountId, traits: &BTreeSet<Trait>) -> Standing {
        abuse::standing(harshest(traits), self.0.get(account).copied())
    }

    /// What they mean for an account whose CRM class is known.
    pub(super) fn standing_of(&self, account: &AccountId, crm: Option<Severity>) -> Standing {
        abuse::standing(crm, self.0.get(account).copied())
    }

    /// How many abusive accounts are on their way to each rep in live moves.
    pub(super) fn on_their_way(&self, reader: &mut Reader<'_>) -> Result<BTreeMap<RepId, u32>, Refused> {
        let mut counts: BTreeMap<RepId, u32> = BTreeMap::new();
        for (rep, account, traits) in kept::on_their_way(reader)? {
            if self.standing(&account, &traits).severity().is_some() {
                *counts.entry(rep).or_default() += 1;
            }
        }
        Ok(counts)
    }
}

/// What the CRM and the record mean for one account.
pub(super) fn standing(reader: &mut Reader<'_>, account: &AccountId) -> Result<Standing, Refused> {
    let held = roster::account(reader, account)?.ok_or(Refused::NotFound("account"))?;
    let record = kept::one(reader, account)?.map(|record| (record.severity, record.state));
    Ok(abuse::standing(held.account.severity(), record))
}

/// Those of some accounts that wait for their manager's word.
pub(super) fn awaiting(reader: &mut Reader<'_>, accounts: &[AccountId]) -> Result<BTreeSet<AccountId>, Refused> {
    let records = Records::read(reader)?;
    let awaits = |(account, traits): (AccountId, _)| {
        matches!(records.standing(&account, &traits), Standing::Awaiting(_)).then_some(account)
    };
    Ok(kept::among(reader, accounts)?.into_iter().filter_map(awaits).collect())
}

/// Refuses a forced move of an abusive account: such an account moves by its next owner's own yes alone.
pub(super) fn refuse_unasked(reader: &mut Reader<'_>, accounts: &[AccountId]) -> Result<(), Refused> {
    for account in accounts {
        if standing(reader, account)?.severity().is_some() {
            let detail = format!("account {account} is abusive: nobody gets it without having read of it and said yes");
            return Err(Refused::conflict("consent_is_personal", detail));
        }
    }
    Ok(())
}

/// What a party has to read of before they accept.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Disclosure {
    /// The class on record of the account they would get.
    pub severity: Severity,
    /// Whether they have said that they read of it.
    pub is_acknowledged: bool,
}

/// What there is to disclose to a party about the account they would get.
pub(super) fn disclosure(
    reader: &mut Reader<'_>,
    proposal: &Proposal,
    rep: &RepId,
) -> Result<Option<Disclosure>, Refused> {
    let Some(received) = proposal.leg_to(rep) else { return Ok(None) };
    let standing = standing(reader, &received.account)?;
    disclosure_of(reader, proposal.id, rep, standing)
}

/// The same, where it is known how that account stands.
pub(super) fn disclosure_of(
    reader: &mut Reader<'_>,
    proposal: ProposalId,
    rep: &RepId,
    standing: Standing,
) -> Result<Option<Disclosure>, Refused> {
    let Some(severity) = standing.severity() else { return Ok(None) };
    let read = kept::disclosed(reader, proposal, rep)?;
    Ok(Some(Disclosure { severity, is_acknowledged: read >= Some(severity) }))
}

/// Refuses an answer of `rep` that they would give without having read what there is to disclose.
pub(super) fn ensure_disclosed(reader: &mut Reader<'_>, proposal: &Proposal, rep: &RepId) -> Result<(), Refused> {
    match disclosure(reader, proposal, rep)? {
        Some(Disclosure { severity, is_acknowledged: false }) => Err(Refused::conflict(
            "disclosure_not_acknowledged",
            format!("the account is on record as {severity}: its next owner has to say that they read of it first"),
        )),
        _ => Ok(()),
    }
}

/// Whether every abusive account of a proposal is acknowledged and goes to somebody who still bears its class.
pub(super) fn is_borne(reader: &mut Reader<'_>, proposal: &Proposal) -> Result<bool, Refused> {
    for leg in &proposal.legs {
        let is_borne = match standing(reader, &leg.account)? {
            Standing::Clean => true,
            Standing::Awaiting(_) => false,
            Standing::Known(severity) => roster::rep(reader, &leg.to)?.is_some_and(|rep| rep.bears(severity)),
        };
        if !is_borne {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Notes that a party has read of the class of the account they would get. The class they name must be the present one.
pub fn disclose(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    severity: Severity,
    if_match: Version,
) -> Result<ProposalView, Refused> {
    let proposal = proposals::one(writer, id)?.ok_or(Refused::NotFound("proposal"))?;
    views::view(writer, who, &proposal)?;
    let leg = proposal.leg_of(&who.id).filter(|_| who.role == Role::Rep);
    let leg = leg.ok_or(Refused::NotAllowed("only a party reads what is disclosed to them"))?;
    if leg.version != if_match {
        return Err(Refused::Stale);
    }
    let Some(present) = disclosure(writer, &proposal, &who.id)? else {
        return Err(Refused::conflict("nothing_to_disclose", "nothing is on record of the account you would get"));
    };
    if present.severity != severity {
        let found = severity.as_str();
        return Err(Refused::invalid("/severity", found, format!("{}, the class on record", present.severity)));
    }
    kept::disclose(writer, id, &who.id, severity)?;
    let read = touch(writer, &proposal, |proposal| {
        for leg in proposal.legs.iter_mut().filter(|leg| leg.from == who.id) {
            leg.version = fresh_version();
        }
    })?;
    writer.record(Change {
        actor: who.clone(),
        action: "disclose",
        subject_kind: "proposal",
        subject_id: id.to_string(),
        from_state: None,
        to_state: None,
    });
    views::view(writer, who, &read)
}
