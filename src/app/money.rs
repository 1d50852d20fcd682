//! Money of a proposal: when it may take effect, and what each side gets by it, netted before anybody accepts.
//!
//! In goes a proposal and who asks; out come the first free day, and a statement: to a party their own side, to a manager
//! of one of them both. Holds: what is shown is what is booked when the accounts change hands, for it is kept with the
//! legs; the sides of a statement net to zero. A balance counts a proposal under way until its parties know how it
//! ended, so that it tells nobody what a colleague answered; and a party is told of the freezes of their own team and of
//! everybody's, for a colleague's would say whose team it is.
//! Deliberately absent: the sums themselves, which are the domain's.

use super::{
    Reader, Refused,
    life::relation,
    me::managed,
    proposals::{FOR_THE_CRM, own_legs},
    run::business_date,
};
use crate::{
    domain::{
        ids::{AccountId, DealId, ProposalId, RepId, TeamId},
        money::{self, Balance, Entry, EntryKind, Treatment},
        principal::Principal,
        proposal::{Leg, Proposal, ProposalActor, PublicStatus},
        units::Cents,
    },
    settings::Settings,
    store::{money as ledger, proposals, roster},
};
use chrono::{Datelike, NaiveDate};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The first day from `day` on which a proposal may take effect: one in no commission freeze of any of its reps' teams.
///
/// Cost: a query for each rep.
pub fn first_free_day(
    reader: &mut Reader<'_>,
    settings: &Settings,
    proposal: &Proposal,
    day: NaiveDate,
) -> Result<NaiveDate, Refused> {
    let teams = teams(reader, proposal.legs.iter().map(|leg| &leg.from))?;
    Ok(settings.policy.money.freezes.first_free_day(day, &teams))
}

fn teams<'a>(reader: &mut Reader<'_>, reps: impl Iterator<Item = &'a RepId>) -> Result<BTreeSet<TeamId>, Refused> {
    let mut teams = BTreeSet::new();
    for rep in reps {
        teams.extend(roster::rep(reader, rep)?.map(|rep| rep.team));
    }
    Ok(teams)
}

/// What a proposal means in money, as its reader may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum Statement {
    /// For a rep who is a party: the own side.
    Party(PartyStatement),
    /// For a manager of one of the parties: every side.
    Manager(ManagerStatement),
}

/// A deal under way that changes hands with its account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DealLine {
    /// The deal, as the CRM has it.
    pub id: DealId,
    /// All of its commission, in cents.
    pub commission_cents: Cents,
    /// Whose that is.
    pub treatment: Treatment,
    /// The day it is expected to close.
    pub closes_on: Option<NaiveDate>,
    /// Days after the change of owner after which it is all the receiver's; null where it is from the first.
    pub kept_days: Option<u32>,
}

impl From<money::DealEntry> for DealLine {
    fn from(deal: money::DealEntry) -> Self {
        let money::DealEntry { id, commission_cents, treatment, closes_on, kept_days } = deal;
        Self { id, commission_cents, treatment, closes_on, kept_days }
    }
}

/// One amount of a party's side.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OwnLine {
    /// Why it changes hands.
    pub kind: EntryKind,
    /// The account it goes with.
    pub account: AccountId,
    /// What the reader gets, in cents; negative what they give.
    pub cents: Cents,
    /// The deal it is about.
    pub deal: Option<DealLine>,
}

/// What a proposal means in money for one of its parties.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartyStatement {
    /// The proposal.
    pub id: ProposalId,
    /// Amount by amount.
    pub lines: Vec<OwnLine>,
    /// Their sum in money, of the year that begins with the change of owner.
    pub net_cents: Cents,
    /// Their sum in targets: by how much the reader's quota grows.
    pub net_quota_cents: Cents,
    /// The same in words.
    pub sentences: Vec<String>,
    /// The day it takes effect where that is settled; else the first day it may, by the freezes of the own team and of
    /// everybody.
    pub effective_on: NaiveDate,
    /// Whether that day is settled.
    pub is_settled: bool,
    /// How the reader stands.
    pub balance: BalanceView,
}

/// How a rep stands in the money ledger of a year.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BalanceView {
    /// The year of the business date.
    pub year: i32,
    /// Money received less money given by swaps that took effect, in cents.
    pub ledger_cents: Cents,
    /// What proposals under way would bring, this one included until it takes effect.
    pub pending_in_cents: Cents,
    /// What proposals under way would take, this one included until it takes effect.
    pub pending_out_cents: Cents,
    /// How far a balance may go either way before nothing more is proposed that takes it further.
    pub limit_cents: Cents,
}

/// One amount, as a manager sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BothLine {
    /// Why it changes hands.
    pub kind: EntryKind,
    /// The account it goes with.
    pub account: AccountId,
    /// Who gives the account.
    pub from: RepId,
    /// Who gets it.
    pub to: RepId,
    /// How much goes from the one to the other, in cents; negative where it goes back.
    pub cents: Cents,
    /// The deal it is about.
    pub deal: Option<DealLine>,
}

/// One rep's sum, as a manager sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SideSum {
    /// The rep.
    pub rep: RepId,
    /// What they get in money, in cents; all sides add up to nothing.
    pub net_cents: Cents,
    /// What they get in targets, in cents; all sides add up to nothing.
    pub net_quota_cents: Cents,
    /// How they stand, where the reader manages their team.
    pub balance: Option<BalanceView>,
}

/// What a proposal means in money, for a manager of one of its parties.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ManagerStatement {
    /// The proposal.
    pub id: ProposalId,
    /// Amount by amount.
    pub lines: Vec<BothLine>,
    /// Their sums, one a rep.
    pub sides: Vec<SideSum>,
    /// The day it takes effect where that is settled; else the first day it may.
    pub effective_on: NaiveDate,
    /// Whether that day is settled.
    pub is_settled: bool,
}

/// Shows what a proposal means in money: to a party the own side, to a manager of one of them every side.
pub fn statement(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
) -> Result<Statement, Refused> {
    let hidden = Refused::NotFound("proposal");
    let Some(proposal) = proposals::one(reader, id)? else { return Err(hidden) };
    match relation(reader, who, &proposal)? {
        ProposalActor::Party => Ok(Statement::Party(of_party(reader, settings, who, &proposal)?)),
        ProposalActor::Manager | ProposalActor::Beneficiary => {
            Ok(Statement::Manager(of_manager(reader, settings, who, &proposal)?))
        }
        ProposalActor::Stranger => Err(hidden),
        ProposalActor::Service if !FOR_THE_CRM.contains(&proposal.state) => Err(hidden),
        _ => Err(Refused::NotAllowed("the money of a proposal is for its parties and their managers")),
    }
}

fn of_party(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
) -> Result<PartyStatement, Refused> {
    let (given, received) = own_legs(proposal, &who.id)?;
    let status = proposal.public_status(given);
    let agreed = !matches!(status, PublicStatus::Proposed | PublicStatus::Answered | PublicStatus::NotConcluded);
    let known = if agreed { proposal.legs.iter().map(|leg| &leg.from).collect() } else { vec![&who.id] };
    let balances = this_year(reader, settings, &[&who.id])?;
    let lines: Vec<OwnLine> = [(received, 1), (given, -1)]
        .into_iter()
        .flat_map(|(leg, sign)| leg.money.iter().map(move |entry| own_line(leg, entry, sign)))
        .collect();
    let sum = |is_money| lines.iter().filter(|line| line.kind.is_money() == is_money).map(|line| line.cents).sum();
    let (net_cents, net_quota_cents) = (sum(true), sum(false));
    let (effective_on, is_settled) = takes_effect(reader, settings, proposal, &known)?;
    Ok(PartyStatement {
        id: proposal.id,
        sentences: sentences(&lines, net_cents, net_quota_cents),
        lines,
        net_cents,
        net_quota_cents,
        effective_on,
        is_settled,
        balance: balances.of(&who.id),
    })
}

fn own_line(leg: &Leg, entry: &Entry, sign: i64) -> OwnLine {
    OwnLine {
        kind: entry.kind,
        account: leg.account.clone(),
        cents: entry.cents * sign,
        deal: entry.deal.clone().map(DealLine::from),
    }
}

fn of_manager(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
) -> Result<ManagerStatement, Refused> {
    let everybody: Vec<&RepId> = proposal.legs.iter().map(|leg| &leg.from).collect();
    let balances = this_year(reader, settings, &everybody)?;
    let own = managed(reader, who)?;
    let lines = proposal.legs.iter().flat_map(|leg| leg.money.iter().map(move |entry| both_line(leg, entry)));
    let quota = money::by_rep(proposal.legs.iter().map(|leg| (&leg.from, &leg.to, money::net_quota(&leg.money))));
    let mut sides = Vec::with_capacity(proposal.legs.len());
    for (rep, net_cents) in proposal.money_by_rep() {
        let is_own = roster::rep(reader, &rep)?.is_some_and(|rep| own.contains(&rep.team));
        let net_quota_cents = quota.get(&rep).copied().unwrap_or_default();
        sides.push(SideSum { net_cents, net_quota_cents, balance: is_own.then(|| balances.of(&rep)), rep });
    }
    let (effective_on, is_settled) = takes_effect(reader, settings, proposal, &everybody)?;
    Ok(ManagerStatement { id: proposal.id, lines: lines.collect(), sides, effective_on, is_settled })
}

fn both_line(leg: &Leg, entry: &Entry) -> BothLine {
    BothLine {
        kind: entry.kind,
        account: leg.account.clone(),
        from: leg.from.clone(),
        to: leg.to.clone(),
        cents: entry.cents,
        deal: entry.deal.clone().map(DealLine::from),
    }
}

/// The day a proposal takes effect and whether that is settled; if not, the first day it may by the freezes of `known`.
fn takes_effect(
    reader: &mut Reader<'_>,
    settings: &Settings,
    proposal: &Proposal,
    known: &[&RepId],
) -> Result<(NaiveDate, bool), Refused> {
    if let Some(day) = proposal.effective_on {
        return Ok((day, true));
    }
    let today = business_date(&settings.night, reader.now());
    let teams = teams(reader, known.iter().copied())?;
    Ok((settings.policy.money.freezes.first_free_day(today, &teams), false))
}

/// Balances of the year of the business date.
struct Year {
    year: i32,
    limit: Cents,
    balances: BTreeMap<RepId, Balance>,
}

impl Year {
    fn of(&self, rep: &RepId) -> BalanceView {
        let Balance { ledger_cents, pending_in_cents, pending_out_cents } =
            self.balances.get(rep).copied().unwrap_or_default();
        let limit_cents = self.limit;
        BalanceView { year: self.year, ledger_cents, pending_in_cents, pending_out_cents, limit_cents }
    }
}

fn this_year(reader: &mut Reader<'_>, settings: &Settings, reps: &[&RepId]) -> Result<Year, Refused> {
    let today = business_date(&settings.night, reader.now());
    let balances = ledger::balances(reader, ledger::Whose::Reps(reps), today.year())?;
    Ok(Year { year: today.year(), limit: settings.policy.rules.ledger_limit_cents, balances })
}

/// One sentence for each line, and one for the sums.
fn sentences(lines: &[OwnLine], net: Cents, quota: Cents) -> Vec<String> {
    let amount = |Cents(cents): Cents| format!("{}.{:02}", cents.abs() / 100, cents.abs() % 100);
    let mut told: Vec<String> = lines
        .iter()
        .map(|OwnLine { kind, account, cents, deal }| {
            let (is_yours, amount) = (cents.0 >= 0, amount(*cents));
            match (kind, deal) {
                (EntryKind::Commission, _) if is_yours => {
                    format!("{account}: you get {amount}, a year of its commission.")
                }
                (EntryKind::Commission, _) => format!("{account}: you give {amount}, a year of its commission."),
                (EntryKind::Ramp, _) if is_yours => {
                    format!("{account}: of that you keep {amount} in the first months, less each month.")
                }
                (EntryKind::Ramp, _) => {
                    format!("{account}: of that your colleague keeps {amount} in the first months, less each month.")
                }
                (EntryKind::Quota, _) if is_yours => format!("{account}: your quota grows by {amount} a year."),
                (EntryKind::Quota, _) => format!("{account}: your quota falls by {amount} a year."),
                (EntryKind::OpenDeal, Some(deal)) => deal_sentence(account, deal, is_yours, &amount),
                (EntryKind::OpenDeal, None) => format!("{account}: {amount} for a deal under way."),
            }
        })
        .collect();
    let verb = if net.0 >= 0 { "get" } else { "give" };
    told.push(format!("In all you {verb} {} in the first year.", amount(net)));
    if quota != Cents::ZERO {
        let verb = if quota.0 >= 0 { "grows" } else { "falls" };
        told.push(format!("In all your quota {verb} by {} a year.", amount(quota)));
    }
    told
}

fn deal_sentence(account: &AccountId, deal: &DealLine, is_yours: bool, amount: &str) -> String {
    let DealLine { id, treatment, kept_days, .. } = deal;
    let until = kept_days.map_or_else(String::new, |days| format!(" if it closes within {days} days of the change"));
    match (treatment, amount == "0.00", is_yours) {
        (Treatment::Exempt, true, _) => format!("{account}: deal {id} stays whose it is{until}."),
        (_, true, _) => format!("{account}: deal {id} brings nothing."),
        (Treatment::Shared, _, true) => format!("{account}: you get {amount} of deal {id}, which is shared{until}."),
        (Treatment::Shared, _, false) => format!("{account}: you give {amount} of deal {id}, which is shared{until}."),
        (_, _, true) => format!("{account}: you get {amount} for deal {id}."),
        (_, _, false) => format!("{account}: you give {amount} for deal {id}."),
    }
}
