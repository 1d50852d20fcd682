//! Proposals as each reader may see them.
//!
//! In goes who asks; out comes a view made for that relation: a party sees both accounts' facts and their own gain; a
//! manager travel, geography and money in numbers and the fit as a band; an admin metadata; the CRM's service the legs
//! it has to carry out. No view holds a number from which a colleague's rating or answer could be worked out: a
//! manager's has no gain and no points, a party's has no points. Deliberately absent: decisions.

use super::{
    Page, Reader, Refused,
    life::{approvers, relation},
    me::managed,
    roster::AccountFacts,
    waiting,
};
use crate::{
    domain::{
        closed::closed_list,
        ids::{AccountId, ProposalId, RepId, RunId, Version},
        principal::{Principal, Role},
        proposal::{Answer, Geography, Leg, Proposal, ProposalActor, ProposalState, PublicStatus, Side, Valuation},
        units::{Cents, Minutes},
    },
    store::{proposals, roster},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;

closed_list! {
    /// Who has to act next, as a party may know it.
    Awaiting {
        /// The reader.
        You = "you",
        /// The colleague or the manager; which of them is not for the reader to know.
        Others = "others",
        /// Nobody.
        Nobody = "nobody",
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
    /// When it lapses.
    pub expires_at: DateTime<Utc>,
    /// The account the reader gives.
    pub gives: AccountFacts,
    /// The account the reader gets.
    pub receives: AccountFacts,
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

/// What a manager of one of the parties sees.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ManagerView {
    /// Its id.
    pub id: ProposalId,
    /// The run that found it; absent for a forced move.
    pub run: Option<RunId>,
    /// Where it stands.
    pub state: ProposalState,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it lapses.
    pub expires_at: DateTime<Utc>,
    /// The managers who have approved.
    pub approved_by: Vec<RepId>,
    /// The managers whose approval it needs.
    pub approvers: Vec<RepId>,
    /// Its accounts.
    pub legs: Vec<ManagerLeg>,
    /// The day the accounts change hands.
    pub effective_on: Option<NaiveDate>,
    /// The day the trial ends.
    pub trial_ends_on: Option<NaiveDate>,
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
    match relation(reader, who, proposal)? {
        ProposalActor::Party => Ok(ProposalView::Party(Box::new(party_view(reader, proposal, &who.id)?))),
        ProposalActor::Manager | ProposalActor::Beneficiary => {
            Ok(ProposalView::Manager(manager_view(reader, proposal)?))
        }
        ProposalActor::Admin => Ok(ProposalView::Metadata(MetadataView {
            id: proposal.id,
            run: proposal.run,
            state: proposal.state,
            created_at: proposal.created_at,
            expires_at: proposal.expires_at,
            version: proposal.version,
        })),
        ProposalActor::Service if FOR_THE_CRM.contains(&proposal.state) => Ok(ProposalView::Service(ServiceView {
            id: proposal.id,
            state: proposal.state,
            legs: changes_of_owner(proposal),
            effective_on: proposal.effective_on,
            version: proposal.version,
        })),
        ProposalActor::Service | ProposalActor::Stranger | ProposalActor::System => Err(Refused::NotFound("proposal")),
    }
}

/// The changes of owner a proposal comes to.
pub(super) fn changes_of_owner(proposal: &Proposal) -> Vec<ServiceLeg> {
    let change = |leg: &Leg| ServiceLeg { account: leg.account.clone(), from: leg.from.clone(), to: leg.to.clone() };
    proposal.legs.iter().map(change).collect()
}

fn facts(reader: &mut Reader<'_>, account: &AccountId) -> Result<AccountFacts, Refused> {
    let held = roster::account(reader, account)?.ok_or(Refused::NotFound("account"))?;
    Ok(held.account.into())
}

fn party_view(reader: &mut Reader<'_>, proposal: &Proposal, rep: &RepId) -> Result<PartyView, Refused> {
    let (given, received) = own_legs(proposal, rep)?;
    let status = proposal.public_status(given);
    let counterpart = match status {
        PublicStatus::Proposed | PublicStatus::Answered | PublicStatus::NotConcluded => None,
        _ => roster::rep(reader, &received.from)?.map(|rep| rep.name),
    };
    Ok(PartyView {
        id: proposal.id,
        status,
        answer: given.answer,
        awaiting: match status {
            PublicStatus::Proposed | PublicStatus::Approved => Awaiting::You,
            PublicStatus::Answered | PublicStatus::Accepted | PublicStatus::Executing => Awaiting::Others,
            PublicStatus::OnTrial | PublicStatus::Completed | PublicStatus::Undone | PublicStatus::NotConcluded => {
                Awaiting::Nobody
            }
        },
        expires_at: proposal.expires_at,
        gives: facts(reader, &given.account)?,
        receives: facts(reader, &received.account)?,
        gain: given.side.gain,
        counterpart,
        effective_on: proposal.effective_on,
        trial_ends_on: proposal.trial_ends_on,
        version: given.version,
    })
}

/// The leg a party gives and the leg they get.
pub(super) fn own_legs<'a>(proposal: &'a Proposal, rep: &RepId) -> Result<(&'a Leg, &'a Leg), Refused> {
    proposal.leg_of(rep).zip(proposal.leg_to(rep)).ok_or(Refused::NotFound("proposal"))
}

fn manager_view(reader: &mut Reader<'_>, proposal: &Proposal) -> Result<ManagerView, Refused> {
    let mut legs = Vec::with_capacity(proposal.legs.len());
    for leg in &proposal.legs {
        let after = proposal.leg_of(&leg.to).map(|next| next.side.received).ok_or(Refused::NotFound("proposal"))?;
        let before = leg.side.given;
        legs.push(ManagerLeg {
            account: facts(reader, &leg.account)?,
            from: leg.from.clone(),
            to: leg.to.clone(),
            travel_minutes_before: before.travel_minutes,
            travel_minutes_after: after.travel_minutes,
            geography_before: before.geography,
            geography_after: after.geography,
            travel_estimated: before.travel_estimated || after.travel_estimated,
            annual_commission_cents: leg.annual_commission_cents,
            fit: fit(&before, &after),
        });
    }
    Ok(ManagerView {
        id: proposal.id,
        run: proposal.run,
        state: proposal.state,
        created_at: proposal.created_at,
        expires_at: proposal.expires_at,
        approved_by: proposals::approvals(reader, proposal.id)?,
        approvers: approvers(reader, proposal)?.into_iter().collect(),
        legs,
        effective_on: proposal.effective_on,
        trial_ends_on: proposal.trial_ends_on,
        version: proposal.version,
    })
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
        Role::Rep => (proposals::Of::Rep(&who.id), &[] as &[_]),
        Role::Manager => (proposals::Of::Teams(&teams), &[] as &[_]),
        Role::Admin => (proposals::Of::Anybody, &[] as &[_]),
        Role::Service => (proposals::Of::Anybody, FOR_THE_CRM),
    };
    let found = proposals::list(reader, of, states, page.after, page.limit)?;
    found.iter().map(|proposal| view(reader, who, proposal)).collect()
}

/// One proposal, in the reader's view.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: ProposalId) -> Result<ProposalView, Refused> {
    let proposal = proposals::one(reader, id)?.ok_or(Refused::NotFound("proposal"))?;
    view(reader, who, &proposal)
}

/// Why a proposal is good for its reader: own terms before and after, from own inputs.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Explanation {
    /// The proposal.
    pub id: ProposalId,
    /// What the reader gives, gets and gains, by named terms in minutes a year.
    pub side: Side,
    /// The same in words, one sentence a term.
    pub sentences: Vec<String>,
    /// The version explained.
    pub version: Version,
}

/// Explains to a party what they would gain and why.
pub fn explain(reader: &mut Reader<'_>, who: &Principal, id: ProposalId) -> Result<Explanation, Refused> {
    let proposal = proposals::one(reader, id)?.ok_or(Refused::NotFound("proposal"))?;
    match relation(reader, who, &proposal)? {
        ProposalActor::Party => {}
        ProposalActor::Stranger => return Err(Refused::NotFound("proposal")),
        ProposalActor::Service if !FOR_THE_CRM.contains(&proposal.state) => {
            return Err(Refused::NotFound("proposal"));
        }
        _ => return Err(Refused::NotAllowed("only a party sees what a proposal means for them")),
    }
    let (given, _) = own_legs(&proposal, &who.id)?;
    let side = given.side;
    let mut sentences = sentences(&side);
    sentences.extend(waiting::sentence(reader, &proposal, given)?);
    Ok(Explanation { id, side, sentences, version: given.version })
}

fn sentences(side: &Side) -> Vec<String> {
    let Side { given, received, handover_minutes, gain } = side;
    let drive = |estimated: bool| if estimated { " (estimated)" } else { "" };
    let mut told = vec![
        format!(
            "Rapport: {} stars with the new account at the cautious end, against {} now: {:+} minutes a year.",
            received.stars,
            given.stars,
            (received.rapport_minutes - given.rapport_minutes).0
        ),
        format!(
            "Driving{}: {} minutes a year for the new account, {} for the old one; one way {} and {} minutes.",
            drive(received.travel_estimated || given.travel_estimated),
            received.travel_minutes,
            given.travel_minutes,
            received.one_way_minutes,
            given.one_way_minutes
        ),
    ];
    told.extend(geography_sentences(&given.geography, &received.geography));
    told.push(format!("The handover itself costs you {handover_minutes} minutes, once."));
    told.push(format!("In all you gain {gain} minutes a year."));
    told
}

/// One sentence for each term of geography that costs something now or after.
fn geography_sentences(given: &Geography, received: &Geography) -> Vec<String> {
    let terms = |of: &Geography| {
        let Geography { outside_territory_minutes, other_country_minutes, time_zone_minutes, island_minutes } = *of;
        [
            ("Outside your territory", outside_territory_minutes),
            ("In another country", other_country_minutes),
            ("In another time zone", time_zone_minutes),
            ("Far from the rest of your book", island_minutes),
        ]
    };
    let both = terms(received).into_iter().zip(terms(given));
    both.filter(|((_, after), (_, before))| *after != Minutes::ZERO || *before != Minutes::ZERO)
        .map(|((what, after), (_, before))| {
            format!("{what}: {after} minutes a year for the new account, {before} for the old one.")
        })
        .collect()
}
