//! The price of an override: what it would do, found by doing it in a transaction that is taken back.
//!
//! In go the same as of an order; out come the moves it displaces and the re-matches it makes, with what each party of the
//! reader's own teams loses or gains in travel, geography and money, the fit as a band; the points and the fairness of all
//! that is proposed before and after; and the swaps that two reps would from then on both prefer to what they have.
//!
//! Holds: what is refused here would be refused there, in the same words. Points and fairness stand in numbers only where
//! those proposed before, after, and those in between are five people or more each: the difference of two sums tells what
//! each of few gains, and with the driving known, how they rate an account. Else they stand as bands.
//! Costs: as the order, and, where anybody is displaced, one more reading and scoring of the pool.
//! Deliberately absent: gains and points of anybody, and parties of other teams but for their number.

use super::{
    NewOverride, Refused, Writer,
    force::force,
    me::managed,
    order,
    people::{Trend, few_are_known_by, trend},
    proposals::{Fit, fit},
    read::visible,
    run::business_date,
    settle,
    snapshot::snapshot,
    travel::ways_at_hand,
};
use crate::{
    domain::{
        ids::{AccountId, OverrideId, ProposalId, RepId, TeamId, Version},
        overrides::{OverrideAction, OverrideKind, OverrideState},
        principal::Principal,
        proposal::{Leg, Proposal, ProposalState},
        units::{Cents, Minutes},
    },
    engine::{
        fairness::gini_thousandths,
        market::Market,
        partners::{PossibleSwap, partners},
    },
    settings::Settings,
    store::{Of, market::Pool, proposals, roster},
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// What an override would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OverridePrice {
    /// Where it would stand. One that awaits a second manager is priced as if they had agreed.
    pub state: OverrideState,
    /// The proposals it ends, of your own teams.
    pub displaced: Vec<PricedMove>,
    /// How many it ends of which nobody of your teams is a party.
    pub displaced_elsewhere: u32,
    /// The proposals it makes, of your own teams: the forced move, and re-matches.
    pub made: Vec<PricedMove>,
    /// How many it makes of which nobody of your teams is a party.
    pub made_elsewhere: u32,
    /// Accounts of your own teams that lose a proposal and get none in its place; they await the next run.
    pub left: Vec<AccountId>,
    /// How many of other teams that happens to.
    pub left_elsewhere: u32,
    /// All that is proposed and has not moved yet, before.
    pub before: Standing,
    /// The same after.
    pub after: Standing,
    /// Why points and fairness stand as bands alone: `few_people`, where the numbers would tell what single people gain.
    pub left_out: Option<&'static str>,
    /// How points change.
    pub points_change: Trend,
    /// How the smallest gain changes.
    pub smallest_gain_change: Trend,
    /// How the inequality of gains changes: less is fairer.
    pub gini_change: Trend,
    /// Swaps of which both reps would gain more than by what they would then have, and did not before.
    pub new_blocking_pairs: BlockingPairs,
}

/// A proposal that comes or goes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PricedMove {
    /// The proposal that ends; absent where it is only what would be made.
    pub proposal: Option<ProposalId>,
    /// Where it stands.
    pub state: ProposalState,
    /// Its parties of your own teams.
    pub parties: Vec<PricedParty>,
    /// How many others are party to it.
    pub others: u32,
}

/// What a party would have by a move.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PricedParty {
    /// Who.
    pub rep: RepId,
    /// The account they give.
    pub gives: AccountId,
    /// The account they get.
    pub receives: AccountId,
    /// Driving a year less that the move brings them; below zero where it is more.
    pub travel_minutes_saved: Minutes,
    /// The same of what driving does not show.
    pub geography_minutes_saved: Minutes,
    /// Commission a year of the account they get less that of the one they give.
    pub annual_commission_cents_gained: Cents,
    /// How much better they and their account are expected to get on.
    pub fit: Fit,
}

/// What all proposals that have not moved yet come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Standing {
    /// How many proposals.
    pub proposals: u32,
    /// How many reps are party to one.
    pub reps: u32,
    /// Their points in all.
    pub points: Option<i64>,
    /// The smallest gain of a party, in minutes a year.
    pub smallest_gain_minutes: Option<i64>,
    /// Gini coefficient of the gains, in thousandths.
    pub gini_thousandths: Option<i64>,
}

/// Swaps that two reps would both prefer to what they have.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BlockingPairs {
    /// How many.
    pub count: u32,
    /// The accounts of those between two reps of your own teams.
    pub own: Vec<[AccountId; 2]>,
}

/// Prices an order; to be called in a rehearsal, for it carries the order out.
pub fn price(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    new: NewOverride,
    if_match: Option<Version>,
) -> Result<OverridePrice, Refused> {
    let forced = if new.kind == OverrideKind::Force { new.accounts.clone() } else { Vec::new() };
    price_of(writer, settings, who, &forced, |writer| {
        let ordered = order(writer, settings, who, new, if_match)?;
        if let (OverrideState::AwaitingSecond, [one, other]) = (ordered.state, ordered.accounts.as_slice()) {
            force(writer, settings, who, [one, other])?;
        }
        Ok(ordered.state)
    })
}

/// Prices what a second manager would put in force by agreeing; to be called in a rehearsal.
pub fn price_of_second(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: OverrideId,
    if_match: Version,
) -> Result<OverridePrice, Refused> {
    let accounts = visible(writer, settings, who, id)?.accounts;
    price_of(writer, settings, who, &accounts, |writer| {
        Ok(settle(writer, settings, who, id, OverrideAction::Second, if_match)?.state)
    })
}

/// Does something, which moves the `forced` accounts, and prices what it did.
fn price_of(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    forced: &[AccountId],
    carry_out: impl FnOnce(&mut Writer<'_>) -> Result<OverrideState, Refused>,
) -> Result<OverridePrice, Refused> {
    let teams = managed(writer, who)?;
    let before = proposed(writer)?;
    let holds = |proposal: &Proposal| proposal.legs.iter().any(|leg| forced.contains(&leg.account));
    // A forced move takes its accounts out of the pool, and one with them may be what its reps would prefer.
    let mut market = match before.iter().any(holds) {
        true => Some(undecided(writer, settings)?),
        false => None,
    };
    let state = carry_out(writer)?;
    let after = proposed(writer)?;
    let own = members(writer, &teams)?;
    if market.is_none() && !fallen(&before, &after).is_empty() {
        market = Some(undecided(writer, settings)?);
    }
    let pairs = market.map(|market| new_blocking_pairs(&market, settings, &before, &after)).unwrap_or_default();
    Ok(told(state, &before, &after, &own, &pairs))
}

/// All proposals that have not moved yet, by id.
fn proposed(writer: &mut Writer<'_>) -> Result<Vec<Proposal>, Refused> {
    let states = [ProposalState::Proposed, ProposalState::Accepted, ProposalState::Approved, ProposalState::Executing];
    Ok(proposals::list(writer, Of::Anybody, &states, None, i64::MAX)?)
}

/// The market of all that might still go otherwise.
fn undecided(writer: &mut Writer<'_>, settings: &Settings) -> Result<Market, Refused> {
    let date = business_date(&settings.night, writer.now());
    let mut market = snapshot(writer, Pool::Undecided, date)?.market;
    market.ways = ways_at_hand(writer, settings, &market)?;
    Ok(market)
}

/// The members of some teams.
fn members(writer: &mut Writer<'_>, teams: &[TeamId]) -> Result<BTreeSet<RepId>, Refused> {
    let members = roster::reps_of_teams(writer, Some(teams), None, i64::MAX)?;
    Ok(members.into_iter().map(|rep| rep.id).collect())
}

/// What its owner gains by giving each account.
fn gains(proposals: &[Proposal]) -> BTreeMap<&AccountId, Minutes> {
    proposals.iter().flat_map(|one| one.legs.iter().map(|leg| (&leg.account, leg.side.gain))).collect()
}

/// The accounts whose owners gain less by them after than before.
fn fallen<'a>(before: &'a [Proposal], after: &[Proposal]) -> Vec<&'a AccountId> {
    let then = gains(after);
    let is_less = |(account, gain): &(&AccountId, Minutes)| then.get(*account).is_none_or(|then| then < gain);
    gains(before).into_iter().filter(is_less).map(|(account, _)| account).collect()
}

/// The swaps that block what is proposed after and did not block what was before. Each has an account that has fallen.
fn new_blocking_pairs(
    market: &Market,
    settings: &Settings,
    before: &[Proposal],
    after: &[Proposal],
) -> Vec<PossibleSwap> {
    let (had, has) = (gains(before), gains(after));
    let accounts: Vec<AccountId> = fallen(before, after).into_iter().cloned().collect();
    let mut swaps = partners(market, &settings.policy, &accounts);
    let blocks = |held: &BTreeMap<&AccountId, Minutes>, swap: &PossibleSwap| {
        let held = |account| held.get(account).copied().unwrap_or(Minutes::ZERO);
        swap.accounts.iter().zip(swap.gains).all(|(account, gain)| gain > held(account))
    };
    swaps.retain(|swap| blocks(&has, swap) && !blocks(&had, swap));
    swaps
}

/// The price as its reader may know it.
fn told(
    state: OverrideState,
    before: &[Proposal],
    after: &[Proposal],
    own: &BTreeSet<RepId>,
    pairs: &[PossibleSwap],
) -> OverridePrice {
    let is_in = |all: &[Proposal], one: &Proposal| all.iter().any(|other| other.id == one.id);
    let gone: Vec<&Proposal> = before.iter().filter(|one| !is_in(after, one)).collect();
    let made: Vec<&Proposal> = after.iter().filter(|one| !is_in(before, one)).collect();
    let parties = |all: &[&Proposal]| -> BTreeSet<RepId> {
        all.iter().flat_map(|one| one.legs.iter().map(|leg| leg.from.clone())).collect()
    };
    let (losers, winners) = (parties(&gone), parties(&made));
    let is_made = |account: &AccountId| made.iter().flat_map(|one| &one.legs).any(|leg| leg.account == *account);
    let left: Vec<&Leg> = gone.iter().flat_map(|one| &one.legs).filter(|leg| !is_made(&leg.account)).collect();
    let (was, is) = (Gains::of(before), Gains::of(after));
    let touched = losers.union(&winners).count();
    let few = [was.reps, is.reps, touched].into_iter().any(few_are_known_by);
    let elsewhere =
        |all: &[&Proposal]| all.iter().filter(|one| !one.legs.iter().any(|leg| own.contains(&leg.from))).count();
    let priced = |all: &[&Proposal], has_id: bool| -> Vec<PricedMove> {
        all.iter().map(|one| priced(one, own, has_id)).filter(|one| !one.parties.is_empty()).collect()
    };
    OverridePrice {
        state,
        displaced: priced(&gone, true),
        displaced_elsewhere: number(elsewhere(&gone)),
        made: priced(&made, false),
        made_elsewhere: number(elsewhere(&made)),
        left: left.iter().filter(|leg| own.contains(&leg.from)).map(|leg| leg.account.clone()).collect(),
        left_elsewhere: number(left.iter().filter(|leg| !own.contains(&leg.from)).count()),
        before: was.standing(before, few),
        after: is.standing(after, few),
        left_out: few.then_some("few_people"),
        points_change: trend(was.points, is.points),
        smallest_gain_change: trend(was.smallest(), is.smallest()),
        gini_change: trend(was.gini(), is.gini()),
        new_blocking_pairs: BlockingPairs {
            count: number(pairs.len()),
            own: (pairs.iter().filter(|swap| swap.owners.iter().all(|owner| own.contains(owner))))
                .map(|swap| swap.accounts.clone())
                .collect(),
        },
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn priced(proposal: &Proposal, own: &BTreeSet<RepId>, has_id: bool) -> PricedMove {
    let parties: Vec<PricedParty> = (proposal.legs.iter())
        .filter(|leg| own.contains(&leg.from))
        .filter_map(|leg| Some(party(leg, proposal.leg_to(&leg.from)?)))
        .collect();
    PricedMove {
        proposal: has_id.then_some(proposal.id),
        state: proposal.state,
        others: number(proposal.legs.len() - parties.len()),
        parties,
    }
}

fn party(given: &Leg, received: &Leg) -> PricedParty {
    let side = &given.side;
    PricedParty {
        rep: given.from.clone(),
        gives: given.account.clone(),
        receives: received.account.clone(),
        travel_minutes_saved: side.given.travel_minutes - side.received.travel_minutes,
        geography_minutes_saved: side.given.geography.minutes() - side.received.geography.minutes(),
        annual_commission_cents_gained: received.annual_commission_cents - given.annual_commission_cents,
        fit: fit(&side.given, &side.received),
    }
}

/// What is gained by all proposals, and how many gain it.
struct Gains {
    ascending: Vec<i64>,
    points: i64,
    reps: usize,
}

impl Gains {
    fn of(proposals: &[Proposal]) -> Self {
        let legs = || proposals.iter().flat_map(|one| &one.legs);
        let mut ascending: Vec<i64> = legs().map(|leg| leg.side.gain.0).collect();
        ascending.sort_unstable();
        let reps: BTreeSet<&RepId> = legs().map(|leg| &leg.from).collect();
        Self { ascending, points: proposals.iter().map(|one| one.points.0).sum(), reps: reps.len() }
    }

    fn smallest(&self) -> i64 {
        self.ascending.first().copied().unwrap_or(0)
    }

    fn gini(&self) -> i64 {
        gini_thousandths(&self.ascending)
    }

    fn standing(&self, proposals: &[Proposal], few: bool) -> Standing {
        Standing {
            proposals: number(proposals.len()),
            reps: number(self.reps),
            points: (!few).then_some(self.points),
            smallest_gain_minutes: self.ascending.first().copied().filter(|_| !few),
            gini_thousandths: (!few).then(|| self.gini()),
        }
    }
}
