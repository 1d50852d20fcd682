//! The terms of a new proposal: until when each rep may answer, when people are reminded, and whose approval it needs.
//!
//! In go the settings, the market it was found in and the proposal; the last is changed, and out come the reminders.
//! Holds: a rep's last moment to answer depends on that rep alone, so that it tells nothing of a colleague's zone, country
//! or leave; the managers' time begins when the last rep's is over. Deliberately absent: extensions, which are overrides.

use crate::{
    domain::{
        approval::Facts,
        ids::RepId,
        proposal::Proposal,
        roster::{Rep, Trait},
        units::{Cents, Minutes},
        working_time::Calendar,
    },
    engine::market::Market,
    settings::Settings,
    store::reminders::{Reminder, Whom},
};
use chrono::{DateTime, Duration, Utc};
use std::collections::BTreeSet;

/// Sets the terms of a proposal that is made now, and says when people are to be reminded of it.
pub(super) fn set(settings: &Settings, market: &Market, proposal: &mut Proposal) -> Vec<Reminder> {
    let terms = &settings.proposals;
    let (id, made) = (proposal.id, proposal.created_at);
    let days = |days: u32| Duration::days(days.into());
    let mut reminders = Vec::new();
    let mut remind = |whom, at: Moments<'_>, hours: u32| {
        let due = at.before(&terms.remind_working_hours_before, hours);
        reminders.extend(due.into_iter().map(|due_at| Reminder { proposal: id, whom, due_at }));
        at.after(hours)
    };
    for leg in &mut proposal.legs {
        let calendar = calendar(settings, rep(market, &leg.from));
        let at = Moments { calendar, from: made, at_most: made + days(terms.answer_days_at_most) };
        leg.answer_by = remind(Whom::Giver(leg.position), at, terms.answer_working_hours);
    }
    let answered = proposal.legs.iter().map(|leg| leg.answer_by).max().unwrap_or(made);
    let at = Moments {
        calendar: calendar(settings, None),
        from: answered,
        at_most: answered + days(terms.approve_days_at_most),
    };
    proposal.expires_at = remind(Whom::Managers, at, terms.approve_working_hours);
    proposal.approval = settings.approval.asked(&facts(market, proposal));
    reminders
}

/// A stretch of somebody's working time.
#[derive(Clone, Copy)]
struct Moments<'w> {
    calendar: Calendar<'w>,
    from: DateTime<Utc>,
    at_most: DateTime<Utc>,
}

impl Moments<'_> {
    fn after(&self, hours: u32) -> DateTime<Utc> {
        self.calendar.after(self.from, Duration::hours(hours.into()), self.at_most)
    }

    /// The moments at which so many of `hours` are left; none that is not before the end.
    fn before(&self, left: &[u32], hours: u32) -> BTreeSet<DateTime<Utc>> {
        let end = self.after(hours);
        let earlier = left.iter().filter(|left| **left < hours).map(|left| self.after(hours - left));
        earlier.filter(|moment| *moment < end).collect()
    }
}

fn rep<'m>(market: &'m Market, id: &RepId) -> Option<&'m Rep> {
    market.rep_index(id).map(|at| &market.reps[at].rep)
}

/// The calendar of a rep; the organisation's for the managers.
fn calendar<'s>(settings: &'s Settings, rep: Option<&Rep>) -> Calendar<'s> {
    let zone = rep.and_then(|rep| rep.time_zone).unwrap_or(settings.night.time_zone);
    settings.working_time.of(rep.map(|rep| &rep.country), zone, rep.and_then(|rep| rep.leave))
}

/// What the approval policy looks at.
fn facts(market: &Market, proposal: &Proposal) -> Facts {
    let legs = &proposal.legs;
    let commissions = || legs.iter().map(|leg| leg.annual_commission_cents);
    let most = commissions().max().unwrap_or(Cents::ZERO);
    let teams: BTreeSet<_> = legs.iter().filter_map(|leg| rep(market, &leg.from)).map(|rep| &rep.team).collect();
    let is_abusive = |leg: &crate::domain::proposal::Leg| {
        let offer = market.offer_index(&leg.account);
        offer.is_some_and(|at| market.offers[at].account.traits.contains(&Trait::Abusive))
    };
    let extra = legs.iter().map(|leg| leg.side.received.travel_minutes - leg.side.given.travel_minutes);
    Facts {
        across_teams: teams.len() > 1,
        abusive: legs.iter().any(is_abusive),
        commission_gap: most - commissions().min().unwrap_or(Cents::ZERO),
        commission: most,
        one_way: legs.iter().map(|leg| leg.side.received.one_way_minutes).max().unwrap_or(Minutes::ZERO),
        extra_travel: extra.max().unwrap_or(Minutes::ZERO).max(Minutes::ZERO),
        accounts: u32::try_from(legs.len()).unwrap_or(u32::MAX),
    }
}
