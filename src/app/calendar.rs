//! What the calendar does with handovers: changes of owner go out on their day, trials end, people are reminded, and what
//! takes too long raises an alarm, is asked again, and is at last given to two people.
//!
//! In goes the database's clock; out comes how much was done, each thing in a transaction of its own, so that this can stop
//! anywhere and several processes may do it at once. A reminder and an alarm are events, one for each thing it is about.
//! Cost: eight questions where nothing is due. Deliberately absent: what lapses before approval, which is `sweep`'s.

use super::{
    Refused, Store, StoreError, Writer, handover,
    invalidate::{end, strike},
    life::{advance, touch},
    run::business_date,
    system,
};
use crate::{
    domain::{
        ids::ProposalId,
        invalidation::Cause,
        proposal::{Proposal, ProposalAction, ProposalActor, ProposalState},
        undo::UndoState,
    },
    settings::Settings,
    store::{audit::Change, handovers, proposals, reviews, roster, submissions, undos},
};
use chrono::{Days, Duration, NaiveDate};

/// How many things are read at a time.
const BATCH: i64 = 100;

/// What was done, and what there is to worry about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Turned {
    /// Changes of owner sent out, there or back.
    pub sent: usize,
    /// Trials that ended.
    pub ended: usize,
    /// Reminders of check-ins and reviews.
    pub reminded: usize,
    /// Alarms.
    pub alarmed: usize,
    /// Submissions and proposals struck that something else had overtaken.
    pub struck: usize,
    /// Requests that the CRM was asked again.
    pub asked_again: usize,
    /// Changes of owner that two people must look at, because the CRM has not answered.
    pub given_up: usize,
    /// Changes of owner that the CRM has not confirmed for too long, told before or not.
    pub overdue: usize,
}

/// Does all that is due.
pub fn turn(store: &Store, settings: &Settings) -> Result<Turned, Refused> {
    let today = store.read(|reader| Ok::<_, StoreError>(business_date(&settings.night, reader.now())))?;
    let mut turned = Turned {
        sent: send(store, settings, today)?,
        ended: end_trials(store, settings, today)?,
        reminded: remind(store, today)?,
        struck: strike_strays(store)?,
        ..Turned::default()
    };
    turned.alarmed = alarm(store, settings)?;
    turned.asked_again = handover::ask_again(store, settings)?;
    turned.given_up = give_up(store, settings)?;
    turned.overdue = store.read(|reader| {
        let sent_by = reader.now() - patience(settings);
        Ok::<_, StoreError>(proposals::unconfirmed(reader, sent_by, false, i64::MAX)?.len())
    })?;
    Ok(turned)
}

fn patience(settings: &Settings) -> Duration {
    Duration::minutes(settings.handover.executing_alarm_minutes.into())
}

/// Does `work` to each proposal found, unless it has changed meanwhile in a way that makes `work` pass it over.
fn each(
    store: &Store,
    ids: Vec<ProposalId>,
    work: impl Fn(&mut Writer<'_>, &Proposal) -> Result<bool, Refused>,
) -> Result<usize, Refused> {
    let mut done = 0;
    for id in ids {
        let is_done = store.write(|writer| {
            proposals::hold(writer, id)?;
            match proposals::one(writer, id)? {
                Some(proposal) => work(writer, &proposal),
                None => Ok(false),
            }
        })?;
        done += usize::from(is_done);
    }
    Ok(done)
}

fn send(store: &Store, settings: &Settings, today: NaiveDate) -> Result<usize, Refused> {
    let (there, back) = store.read(|reader| {
        let there = handovers::ready(reader, today, BATCH)?;
        Ok::<_, StoreError>((there, undos::in_state(reader, UndoState::Granted, Some(today), BATCH)?))
    })?;
    let there = each(store, there, |writer, proposal| {
        let is_ready = proposal.state == ProposalState::Approved;
        Ok(is_ready && handover::send_out_if_ready(writer, settings, proposal)?.state != proposal.state)
    })?;
    let back = each(store, back, |writer, proposal| {
        let is_ready = proposal.state == ProposalState::OnTrial;
        Ok(is_ready && handover::send_back_if_ready(writer, settings, proposal)?.version != proposal.version)
    })?;
    Ok(there + back)
}

/// Ends trials so long after their last day that a manager could decide on what was asked in them.
fn end_trials(store: &Store, settings: &Settings, today: NaiveDate) -> Result<usize, Refused> {
    let before = today - Days::new(settings.handover.undo_decision_days.into());
    let over = store.read(|reader| proposals::tried(reader, before, BATCH))?;
    each(store, over.iter().map(|one| one.id).collect(), |writer, proposal| {
        let is_under_way = undos::of(writer, proposal.id)?.state.is_under_way();
        let is_over =
            proposal.state == ProposalState::OnTrial && proposal.trial_ends_on.is_some_and(|last| last < before);
        if !is_over || is_under_way {
            return Ok(false);
        }
        handover::lapse(writer, proposal.id)?;
        advance(writer, &system(), proposal, ProposalAction::Complete, ProposalActor::System, |_| {})?;
        Ok(true)
    })
}

fn alarm(store: &Store, settings: &Settings) -> Result<usize, Refused> {
    let overdue = store.read(|reader| {
        let sent_by = reader.now() - patience(settings);
        proposals::unconfirmed(reader, sent_by, true, BATCH)
    })?;
    each(store, overdue.iter().map(|one| one.id).collect(), |writer, proposal| {
        let is_due =
            proposal.alarmed_at.is_none() && proposal.sent_at.is_some_and(|at| at <= writer.now() - patience(settings));
        let is_out = matches!(proposal.state, ProposalState::Executing | ProposalState::OnTrial);
        if !is_due || !is_out {
            return Ok(false);
        }
        let now = writer.now();
        touch(writer, proposal, |proposal| proposal.alarmed_at = Some(now))?;
        event(writer, "alarm", "proposal", proposal.id.to_string());
        tracing::warn!(proposal = %proposal.id, "the CRM has not confirmed a change of owner in time");
        Ok(true)
    })
}

/// Stops waiting for what the CRM has not confirmed in a day, or less.
fn give_up(store: &Store, settings: &Settings) -> Result<usize, Refused> {
    let limit = Duration::minutes(settings.crm.answer_within_minutes.into());
    let silent = store.read(|reader| {
        let sent_by = reader.now() - limit;
        proposals::unconfirmed(reader, sent_by, false, BATCH)
    })?;
    each(store, silent.iter().map(|one| one.id).collect(), |writer, proposal| {
        let is_due = proposal.sent_at.is_some_and(|at| at <= writer.now() - limit);
        Ok(is_due && handover::stop_waiting(writer, proposal)?)
    })
}

fn event(writer: &mut Writer<'_>, action: &'static str, subject_kind: &'static str, subject_id: String) {
    writer.record(Change { actor: system(), action, subject_kind, subject_id, from_state: None, to_state: None });
}

fn remind(store: &Store, today: NaiveDate) -> Result<usize, Refused> {
    store.write(|writer| {
        let asked = reviews::check_ins_to_remind(writer, today, BATCH)?;
        for due in &asked {
            reviews::reminded_of_check_in(writer, due)?;
            event(writer, "remind", "check_in", format!("{}/{}/{}", due.proposal, due.rep, due.days));
        }
        let later = reviews::reviews_to_remind(writer, today, BATCH)?;
        for due in &later {
            reviews::reminded_of_review(writer, due)?;
            event(writer, "remind", "review", format!("{}/{}/{}", due.proposal, due.rep, due.days));
        }
        Ok(asked.len() + later.len())
    })
}

/// Strikes submissions and proposals that were made while their account or their rep went: an import that did not see them
/// could not.
fn strike_strays(store: &Store) -> Result<usize, Refused> {
    let (strays, deserted) = store.read(|reader| {
        let strays = submissions::strays(reader, BATCH)?;
        Ok::<_, StoreError>((strays, proposals::of_leavers(reader, BATCH)?))
    })?;
    let mut struck = each(store, deserted, |writer, proposal| {
        let is_waiting = proposal.state.is_live() && !proposal.state.has_gone_out();
        if is_waiting {
            end(writer, &system(), proposal, Cause::RepLeft)?;
        }
        Ok(is_waiting)
    })?;
    for stray in strays {
        struck += usize::from(store.write(|writer| {
            let Some(present) = submissions::one(writer, stray)? else { return Ok(false) };
            let Some(held) = roster::account(writer, &present.account)? else { return Ok(false) };
            let leaves = roster::rep(writer, &present.rep)?.is_none_or(|rep| !rep.active || rep.leaves_on.is_some());
            let moved = (held.account.owner != present.rep).then_some(Cause::AccountReassigned);
            let cause = Cause::of(held.status).or(moved).or(leaves.then_some(Cause::RepLeft));
            match cause {
                Some(cause) if present.state.is_unbound() => strike(writer, &system(), &present, cause).map(|()| true),
                _ => Ok(false),
            }
        })?);
    }
    Ok(struck)
}
