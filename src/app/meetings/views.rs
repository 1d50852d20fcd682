//! What the manager of a team sees of a meeting.
//!
//! In go a meeting, its market and its moves; out come views with travel, geography and money in numbers and the fit as a
//! band. Holds: no view has a gain, points, a rating or the rule that keeps an account back: one change after another,
//! differences of them would tell how single reps rate their accounts. How points change stands as a band.
//! Deliberately absent: notes and reasons.

use super::{Market, Meeting, MeetingState, Move, Wish};
use crate::{
    app::{
        people::{Trend, trend},
        proposals::ManagerLeg,
        roster::AccountFacts,
    },
    domain::{
        ids::{AccountId, MeetingId, ProposalId, RepId, TeamId, Version},
        units::{Cents, Minutes},
    },
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// What a manager changes in a meeting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum MeetingChange {
    /// Two accounts are to be swapped.
    Pin {
        /// Which; of two reps.
        accounts: [AccountId; 2],
    },
    /// An account stays where it is.
    StrikeAccount {
        /// Which.
        account: AccountId,
    },
    /// An account does not go to a rep.
    StrikeCandidate {
        /// Which.
        account: AccountId,
        /// To whom.
        rep: RepId,
    },
    /// The last change is taken back.
    Undo {},
}

impl MeetingChange {
    /// What is wished for; nothing where a wish is taken back.
    pub(super) fn wish(&self) -> Option<Wish> {
        match self.clone() {
            Self::Pin { accounts } => Some(Wish::Pin { accounts }),
            Self::StrikeAccount { account } => Some(Wish::StrikeAccount { account }),
            Self::StrikeCandidate { account, rep } => Some(Wish::StrikeCandidate { account, rep }),
            Self::Undo {} => None,
        }
    }
}

impl From<&Wish> for MeetingChange {
    fn from(wish: &Wish) -> Self {
        match wish.clone() {
            Wish::Pin { accounts } => Self::Pin { accounts },
            Wish::StrikeAccount { account } => Self::StrikeAccount { account },
            Wish::StrikeCandidate { account, rep } => Self::StrikeCandidate { account, rep },
        }
    }
}

/// A meeting in a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeetingSummary {
    /// Its id.
    pub id: MeetingId,
    /// Whom it is for.
    pub team: TeamId,
    /// Who began it.
    pub started_by: RepId,
    /// Where it stands.
    pub state: MeetingState,
    /// The business date of its market.
    pub business_date: NaiveDate,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it was published or closed.
    pub ended_at: Option<DateTime<Utc>>,
    /// New at each change.
    pub version: Version,
}

impl From<&Meeting> for MeetingSummary {
    fn from(meeting: &Meeting) -> Self {
        Self {
            id: meeting.id,
            team: meeting.team.clone(),
            started_by: meeting.started_by.clone(),
            state: meeting.state,
            business_date: meeting.business_date,
            started_at: meeting.started_at,
            ended_at: meeting.ended_at,
            version: meeting.version,
        }
    }
}

/// A meeting with its moves as they stand.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeetingView {
    /// Whom it is for, and where it stands.
    #[serde(flatten)]
    pub meeting: MeetingSummary,
    /// What has been pinned and struck out, in order.
    pub changes: Vec<MeetingChange>,
    /// The moves; once published, those that were proposed.
    pub moves: Vec<MeetingMove>,
    /// The team's accounts in the pool when it began.
    pub pool: Vec<PooledAccount>,
    /// Driving a year of the moved accounts before, in minutes.
    pub travel_minutes_before: Minutes,
    /// Driving a year of the moved accounts after, in minutes.
    pub travel_minutes_after: Minutes,
    /// Sum over moves of the difference in commission.
    pub commission_moved_cents: Cents,
    /// The proposals it made.
    pub proposals: Vec<ProposalId>,
}

/// A move of a meeting.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct MeetingMove {
    /// Whether it is pinned.
    pub pinned: bool,
    /// Its accounts.
    pub legs: Vec<ManagerLeg>,
}

/// An account in the pool.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PooledAccount {
    /// Which.
    pub account: AccountId,
    /// Who submitted it.
    pub rep: RepId,
    /// Whether it is in a move.
    pub moves: bool,
}

/// A meeting after a change, and what the change did.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ChangedMeeting {
    /// The meeting as it now stands.
    pub meeting: MeetingView,
    /// What is different.
    pub difference: Difference,
}

/// What a change did.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Difference {
    /// Moves that are gone.
    pub gone: Vec<MeetingMove>,
    /// Moves that are new.
    pub new: Vec<MeetingMove>,
    /// Driving a year that all moves save, less what those before would have saved, in minutes.
    pub travel_minutes_saved: Minutes,
    /// Sum over moves of the difference in commission, less the same of those before.
    pub commission_moved_cents: Cents,
    /// How the points of all moves change.
    pub points_change: Trend,
}

/// A meeting as its manager sees it.
pub(super) fn view(meeting: &Meeting, market: &Market, moves: &[Move]) -> MeetingView {
    let told: Vec<MeetingMove> = moves.iter().map(|one| told(meeting, market, one)).collect();
    let moved: BTreeSet<&AccountId> = moves.iter().flat_map(|one| one.legs.iter().map(|leg| &leg.account)).collect();
    let pool = market.offers.iter().map(|offer| PooledAccount {
        account: offer.account.id.clone(),
        rep: offer.account.owner.clone(),
        moves: moved.contains(&offer.account.id),
    });
    let legs = || told.iter().flat_map(|one| &one.legs);
    MeetingView {
        meeting: MeetingSummary::from(meeting),
        changes: meeting.wishes.iter().map(MeetingChange::from).collect(),
        pool: pool.collect(),
        travel_minutes_before: legs().map(|leg| leg.travel_minutes_before).sum(),
        travel_minutes_after: legs().map(|leg| leg.travel_minutes_after).sum(),
        commission_moved_cents: told.iter().map(commission_moved).sum(),
        proposals: meeting.proposals.clone(),
        moves: told,
    }
}

/// The difference between the largest and the smallest commission of a move.
fn commission_moved(one: &MeetingMove) -> Cents {
    let commissions = || one.legs.iter().map(|leg| leg.annual_commission_cents);
    commissions().max().unwrap_or_default() - commissions().min().unwrap_or_default()
}

/// A meeting after a change, beside its moves before.
pub(super) fn changed(
    before: &Meeting,
    after: &Meeting,
    market: &Market,
    were: &[Move],
    are: &[Move],
) -> ChangedMeeting {
    let accounts = |one: &Move| one.legs.iter().map(|leg| leg.account.clone()).collect::<Vec<_>>();
    let is_in = |all: &[Move], one: &Move| all.iter().any(|other| accounts(other) == accounts(one));
    let points = |all: &[Move]| all.iter().map(|one| one.points.0).sum::<i64>();
    let only = |all: &[Move], others: &[Move], of: &Meeting| -> Vec<MeetingMove> {
        all.iter().filter(|one| !is_in(others, one)).map(|one| told(of, market, one)).collect()
    };
    let (was, is) = (view(before, market, were), view(after, market, are));
    let saved = |of: &MeetingView| of.travel_minutes_before - of.travel_minutes_after;
    ChangedMeeting {
        difference: Difference {
            gone: only(were, are, before),
            new: only(are, were, after),
            travel_minutes_saved: saved(&is) - saved(&was),
            commission_moved_cents: is.commission_moved_cents - was.commission_moved_cents,
            points_change: trend(points(were), points(are)),
        },
        meeting: is,
    }
}

/// A move as a manager may see it.
fn told(meeting: &Meeting, market: &Market, one: &Move) -> MeetingMove {
    let legs = one.legs.iter().filter_map(|leg| {
        let after = one.legs.iter().find(|next| next.from == leg.to)?.side.received;
        let offer = &market.offers[market.offer_index(&leg.account)?];
        let account = AccountFacts::from(offer.account.clone());
        Some(ManagerLeg::of(account, [&leg.from, &leg.to], [leg.side.given, after], leg.annual_commission_cents))
    });
    let is_pin = |wish: &Wish| match wish {
        Wish::Pin { accounts } => one.legs.iter().all(|leg| accounts.contains(&leg.account)),
        Wish::StrikeAccount { .. } | Wish::StrikeCandidate { .. } => false,
    };
    MeetingMove { pinned: meeting.wishes.iter().any(is_pin), legs: legs.collect() }
}
