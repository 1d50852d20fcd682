//! Proposals as each reader may see them.
//!
//! In goes who asks; out comes a view made for that relation: a party sees both accounts' facts and their own gain; a
//! manager travel, geography and money in numbers and the fit as a band; an admin metadata; the CRM's service the legs
//! it has to carry out. No view holds a number from which a colleague's rating or answer could be worked out: a
//! manager's has no gain and no points, a party's has no points. Deliberately absent: decisions, and what a proposal means
//! for one of its parties (`explain`).

use super::{
    Page, Reader, Refused,
    abuse::{self, Disclosure, Records},
    approval::Hierarchy,
    life::relation_in,
    me::managed,
    roster::AccountFacts,
};
use crate::{
    domain::{
        approval::Needs,
        closed::closed_list,
        ids::{AccountId, ProposalId, RepId, RunId, Version},
        invalidation::Cause,
        principal::{Principal, Role},
        proposal::{Answer, Geography, Leg, Proposal, ProposalActor, ProposalState, PublicStatus, Valuation},
        roster::Account,
        units::{Cents, Minutes},
    },
    store::{
        Of, decisions, proposals as kept,
        roster::{self, HeldAccount},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

closed_list! {
    /// Who has to act next, as a party may know it: a function of the public status, and so of nothing a colleague answered.
    Awaiting {
        /// The reader.
        You = "you",
        /// The colleague, as far as the reader may know: said from their own accept until all are told that all have
        /// accepted, whether or not the colleague has answered meanwhile.
        Colleague = "colleague",
        /// A manager; said once all have been told that all have accepted, and not before.
        Manager = "manager",
        /// Nobody.
        Nobody = "nobody",
    }
}

impl Awaiting {
    /// Who has to act next in a proposal of that status.
    pub const fn of(status: PublicStatus) -> Self {
        match status {
            PublicStatus::Proposed | PublicStatus::Approved => Self::You,
            PublicStatus::Answered => Self::Colleague,
            PublicStatus::Accepted => Self::Manager,
            PublicStatus::Executing
            | PublicStatus::OnTrial
            | PublicStatus::Completed
            | PublicStatus::Undone
            | PublicStatus::NotConcluded => Self::Nobody,
        }
    }
}

closed_list! {
    /// How much better an account and its next rep are expected to get on, in bands.
    Fit {
        /// Less than half a star better.
        Same = "same",
        /// Half a star to one and a half stars better.
        Better = "better",
        /// More than that.
        MuchBetter = "much_better",
    }
}

/// A proposal as its reader may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum ProposalView {
    /// For a rep who is a party.
    Party(Box<PartyView>),
    /// For a manager of one of the parties.
    Manager(ManagerView),
    /// For an admin.
    Metadata(MetadataView),
    /// For the CRM's service.
    Service(ServiceView),
}

impl ProposalView {
    /// The version that stands in the reader's `ETag`.
    pub fn version(&self) -> Version {
        match self {
            Self::Party(view) => view.version,
            Self::Manager(view) => view.version,
            Self::Metadata(view) => view.version,
            Self::Service(view) => view.version,
        }
    }

    /// The proposal's id.
    pub fn id(&self) -> ProposalId {
        match self {
            Self::Party(view) => view.id,
            Self::Manager(view) => view.id,
            Self::Metadata(view) => view.id,
            Self::Service(view) => view.id,
        }
    }
}

/// What a party sees.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartyView {
    /// Its id.
    pub id: ProposalId,
    /// All that a party learns of its state.
    pub status: PublicStatus,
    /// The reader's own answer.
    pub answer: Answer,
    /// Who has to act next.
    pub awaiting: Awaiting,
    /// The reader's last moment to answer, counted in their own working hours.
    pub answer_by: DateTime<Utc>,
    /// Until when the reader may take their accept back; absent without one.
    pub take_back_until: Option<DateTime<Utc>>,
    /// The account the reader gives.
    pub gives: AccountFacts,
    /// The account the reader gets.
    pub receives: AccountFacts,
    /// What is on record of that account and has to be read before it can be accepted; nothing where nothing is.
    pub disclosure: Option<Disclosure>,
    /// What the reader gains, in minutes a year.
    pub gain: Minutes,
    /// Who gives the account the reader gets; once all have accepted.
    pub counterpart: Option<String>,
    /// The day the accounts change hands.
    pub effective_on: Option<NaiveDate>,
    /// The day the trial ends.
    pub trial_ends_on: Option<NaiveDate>,
    /// New whenever what the reader sees changes.
    pub version: Version,
}

/// One account of a proposal, as a manager sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ManagerLeg {
    /// The account's facts.
    pub account: AccountFacts,
    /// Who gives it.
    pub from: RepId,
    /// Who gets it.
    pub to: RepId,
    /// Driving a year of the giver for it now.
    pub travel_minutes_before: Minutes,
    /// Driving a year of the receiver for it after.
    pub travel_minutes_after: Minutes,
    /// What driving does not show, for the giver now.
    pub geography_before: Geography,
    /// The same for the receiver after.
    pub geography_after: Geography,
    /// Whether the driving is an estimate.
    pub travel_estimated: bool,
    /// Commission a year of it when proposed.
    pub annual_commission_cents: Cents,
    /// How much better the account and its next rep are expected to get on.
    pub fit: Fit,
}

impl ManagerLeg {
    /// An account that goes from one rep to another: what it is to the first now and to the second after.
    pub(super) fn of(
        account: AccountFacts,
        [from, to]: [&RepId; 2],
        [before, after]: [Valuation; 2],
        annual_commission_cents: Cents,
    ) -> Self {
        Self {
            account,
            from: from.clone(),
            to: to.clone(),
            travel_minutes_before: before.travel_minutes,
            travel_minutes_after: after.travel_minutes,
            geography_before: before.geography,
            geography_after: after.geography,
            travel_estimated: before.travel_estimated || after.travel_estimated,
            annual_commission_cents,
            fit: fit(&before, &after),
        }
    }
}

/// What a manager of one of the parties sees.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ManagerView {
    /// Its id.
    pub id: ProposalId,
    /// The run that found it; absent where no run did: a forced move, a re-match, a direct swap, a meeting.
    pub run: Option<RunId>,
    /// Where it stands.
    pub state: ProposalState,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it lapses.
    pub expires_at: DateTime<Utc>,
    /// The managers who have approved.
    pub approved_by: Vec<RepId>,
    /// The managers who may approve it, deputies of those included who are away or a party.
    pub approvers: Vec<RepId>,
    /// The rule of the approval policy by which they are asked; `otherwise` where none fitted.
    pub approval_rule: String,
    /// Whose approval that rule asks for.
    pub approval_needs: Needs,
    /// Until then an accept can be taken back, and nobody approves; absent where nobody has accepted.
    pub firm_at: Option<DateTime<Utc>>,
    /// Its accounts.
    pub legs: Vec<ManagerLeg>,
    /// The day the accounts change hands.
    pub effective_on: Option<NaiveDate>,
    /// The day the trial ends.
    pub trial_ends_on: Option<NaiveDate>,
    /// Why it ended or needs attention, where nobody here decided so.
    pub cause: Option<Cause>,
    /// New at each change.
    pub version: Version,
}

/// What an admin sees.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MetadataView {
    /// Its id.
    pub id: ProposalId,
    /// The run that found it.
    pub run: Option<RunId>,
    /// Where it stands.
    pub state: ProposalState,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it lapses.
    pub expires_at: DateTime<Utc>,
    /// Why it ended or needs attention, where nobody here decided so.
    pub cause: Option<Cause>,
    /// New at each change.
    pub version: Version,
}

/// One account of a proposal, as the CRM carries it out.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServiceLeg {
    /// The account.
    pub account: AccountId,
    /// The owner expected before.
    pub from: RepId,
    /// The owner after.
    pub to: RepId,
}

/// What the CRM's service sees of a proposal on its way through the CRM.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ServiceView {
    /// Its id.
    pub id: ProposalId,
    /// Where it stands.
    pub state: ProposalState,
    /// The changes of owner.
    pub legs: Vec<ServiceLeg>,
    /// The day they take effect.
    pub effective_on: Option<NaiveDate>,
    /// New at each change.
    pub version: Version,
}

/// The states in which a proposal concerns the CRM.
pub(super) const FOR_THE_CRM: &[ProposalState] = &[
    ProposalState::Executing,
    ProposalState::OnTrial,
    ProposalState::Completed,
    ProposalState::Undone,
    ProposalState::NeedsAttention,
];

/// A proposal in the view made for `who`; hidden where they may see nothing of it.
pub(super) fn view(reader: &mut Reader<'_>, who: &Principal, proposal: &Proposal) -> Result<ProposalView, Refused> {
    Background::of(reader, who, std::slice::from_ref(proposal))?.view(reader, who, proposal)
}

/// What the views of some proposals draw on, read at once for all of them.
#[derive(Default)]
struct Background {
    hierarchy: Hierarchy,
    accounts: BTreeMap<AccountId, HeldAccount>,
    approvals: BTreeMap<ProposalId, Vec<RepId>>,
    names: BTreeMap<RepId, String>,
    records: Records,
}

impl Background {
    fn of(reader: &mut Reader<'_>, who: &Principal, proposals: &[Proposal]) -> Result<Self, Refused> {
        let accounts: Vec<&AccountId> =
            proposals.iter().flat_map(|one| one.legs.iter().map(|leg| &leg.account)).collect();
        Ok(match who.role {
            Role::Rep => {
                let givers: Vec<&RepId> =
                    proposals.iter().filter_map(|one| one.leg_to(&who.id)).map(|leg| &leg.from).collect();
                Self {
                    accounts: roster::accounts(reader, &accounts)?,
                    names: roster::names(reader, &givers)?,
                    records: Records::of(reader, &accounts)?,
                    ..Self::default()
                }
            }
            Role::Manager => Self {
                hierarchy: Hierarchy::above_givers(reader, proposals)?,
                accounts: roster::accounts(reader, &accounts)?,
                approvals: decisions::approvals_of(reader, &proposals.iter().map(|one| one.id).collect::<Vec<_>>())?,
                ..Self::default()
            },
            Role::Admin | Role::Service => Self::default(),
        })
    }

    fn view(&mut self, reader: &mut Reader<'_>, who: &Principal, proposal: &Proposal) -> Result<ProposalView, Refused> {
        match relation_in(reader, &mut self.hierarchy, who, proposal)? {
            ProposalActor::Party => Ok(ProposalView::Party(Box::new(self.party_view(reader, proposal, &who.id)?))),
            ProposalActor::Manager | ProposalActor::Beneficiary => {
                Ok(ProposalView::Manager(self.manager_view(reader, proposal)?))
            }
            ProposalActor::Admin => Ok(ProposalView::Metadata(MetadataView {
                id: proposal.id,
                run: proposal.run,
                state: proposal.state,
                created_at: proposal.created_at,
                expires_at: proposal.expires_at,
                cause: proposal.cause,
                version: proposal.version,
            })),
            ProposalActor::Service if FOR_THE_CRM.contains(&proposal.state) => Ok(ProposalView::Service(ServiceView {
                id: proposal.id,
                state: proposal.state,
                legs: changes_of_owner(proposal),
                effective_on: proposal.effective_on,
                version: proposal.version,
            })),
            ProposalActor::Service | ProposalActor::Stranger | ProposalActor::System => {
                Err(Refused::NotFound("proposal"))
            }
        }
    }

    fn account(&self, id: &AccountId) -> Result<&Account, Refused> {
        self.accounts.get(id).map(|held| &held.account).ok_or(Refused::NotFound("account"))
    }

    fn party_view(&self, reader: &mut Reader<'_>, proposal: &Proposal, rep: &RepId) -> Result<PartyView, Refused> {
        let (given, received) = own_legs(proposal, rep)?;
        let (gives, receives) = (self.account(&given.account)?, self.account(&received.account)?);
        let status = proposal.public_status(given);
        let counterpart = match status {
            PublicStatus::Proposed | PublicStatus::Answered | PublicStatus::NotConcluded => None,
            _ => self.names.get(&received.from).cloned(),
        };
        let disclosure = match status {
            // What is on record of an account that somebody else keeps is theirs.
            PublicStatus::NotConcluded | PublicStatus::Undone => None,
            _ => {
                let standing = self.records.standing(&receives.id, &receives.traits);
                abuse::disclosure_of(reader, proposal.id, rep, standing)?
            }
        };
        Ok(PartyView {
            id: proposal.id,
            status,
            answer: given.answer,
            awaiting: Awaiting::of(status),
            answer_by: proposal.answer_by(given),
            take_back_until: given.firm_at,
            gives: gives.clone().into(),
            receives: receives.clone().into(),
            disclosure,
            gain: given.side.gain,
            counterpart,
            effective_on: proposal.effective_on,
            trial_ends_on: proposal.trial_ends_on,
            version: given.version,
        })
    }

    fn manager_view(&mut self, reader: &mut Reader<'_>, proposal: &Proposal) -> Result<ManagerView, Refused> {
        let mut legs = Vec::with_capacity(proposal.legs.len());
        for leg in &proposal.legs {
            let after = proposal.leg_of(&leg.to).map(|next| next.side.received).ok_or(Refused::NotFound("proposal"))?;
            let account = self.account(&leg.account)?.clone().into();
            legs.push(ManagerLeg::of(
                account,
                [&leg.from, &leg.to],
                [leg.side.given, after],
                leg.annual_commission_cents,
            ));
        }
        Ok(ManagerView {
            id: proposal.id,
            run: proposal.run,
            state: proposal.state,
            created_at: proposal.created_at,
            expires_at: proposal.expires_at,
            approved_by: self.approvals.remove(&proposal.id).unwrap_or_default(),
            approvers: self.hierarchy.approvers(reader, proposal)?.into_iter().collect(),
            approval_rule: proposal.approval.rule.clone(),
            approval_needs: proposal.approval.needs,
            firm_at: proposal.firm_at(),
            legs,
            effective_on: proposal.effective_on,
            trial_ends_on: proposal.trial_ends_on,
            cause: proposal.cause,
            version: proposal.version,
        })
    }
}

/// The changes of owner a proposal comes to.
pub(super) fn changes_of_owner(proposal: &Proposal) -> Vec<ServiceLeg> {
    let change = |leg: &Leg| ServiceLeg { account: leg.account.clone(), from: leg.from.clone(), to: leg.to.clone() };
    proposal.legs.iter().map(change).collect()
}

pub(super) fn facts(reader: &mut Reader<'_>, account: &AccountId) -> Result<AccountFacts, Refused> {
    let held = roster::account(reader, account)?.ok_or(Refused::NotFound("account"))?;
    Ok(held.account.into())
}

/// The leg a party gives and the leg they get.
pub(super) fn own_legs<'a>(proposal: &'a Proposal, rep: &RepId) -> Result<(&'a Leg, &'a Leg), Refused> {
    proposal.leg_of(rep).zip(proposal.leg_to(rep)).ok_or(Refused::NotFound("proposal"))
}

/// How much better a pair is expected to get on than another, as a manager may know it.
pub(super) fn fit(before: &Valuation, after: &Valuation) -> Fit {
    match after.stars.hundredths() - before.stars.hundredths() {
        ..50 => Fit::Same,
        50..=150 => Fit::Better,
        _ => Fit::MuchBetter,
    }
}

/// Proposals by id, each in the reader's view.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<ProposalId>) -> Result<Vec<ProposalView>, Refused> {
    let teams = managed(reader, who)?;
    let (of, states) = match who.role {
        Role::Rep => (Of::Rep(&who.id), &[] as &[_]),
        Role::Manager => (Of::Teams(&teams), &[] as &[_]),
        Role::Admin => (Of::Anybody, &[] as &[_]),
        Role::Service => (Of::Anybody, FOR_THE_CRM),
    };
    let found = kept::list(reader, of, states, page.after, page.limit)?;
    let mut background = Background::of(reader, who, &found)?;
    found.iter().map(|proposal| background.view(reader, who, proposal)).collect()
}

/// One proposal, in the reader's view.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: ProposalId) -> Result<ProposalView, Refused> {
    let proposal = kept::one(reader, id)?.ok_or(Refused::NotFound("proposal"))?;
    view(reader, who, &proposal)
}
