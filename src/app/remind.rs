//! Reminders: an event for each person who has to act, at the moments set when the proposal was made, once each.
//!
//! In goes the database's clock; out come events `reminder.answer_due` and `reminder.approval_due` in the outbox, whose
//! subject is the proposal and the person. Holds: whether a rep is reminded depends on what that rep sees alone: one whose
//! answer is missing is reminded of a proposal that ended unseen as of any other, so that no silence tells of a decline.
//! Deliberately absent: words for people, and anybody's opinion.

use super::{Refused, Store, Writer, approval, system};
use crate::{
    domain::{
        ids::{ProposalId, RepId},
        proposal::{Leg, Proposal, ProposalState, PublicStatus},
    },
    store::{
        audit::Change,
        proposals,
        reminders::{self, Reminder, Whom},
    },
};

/// How many reminders are read at a time.
const BATCH: i64 = 100;

/// Handles every reminder that is due and says how many that was.
pub(super) fn remind(store: &Store) -> Result<usize, Refused> {
    let mut handled = 0;
    loop {
        let due = store.read(|reader| reminders::due(reader, BATCH))?;
        if due.is_empty() {
            return Ok(handled);
        }
        for reminder in due {
            store.write(|writer| handle(writer, &reminder))?;
            handled += 1;
        }
    }
}

fn handle(writer: &mut Writer<'_>, reminder: &Reminder) -> Result<(), Refused> {
    if !reminders::handle(writer, reminder)? {
        return Ok(());
    }
    let Some(proposal) = proposals::one(writer, reminder.proposal)? else { return Ok(()) };
    match reminder.whom {
        Whom::Giver(position) => {
            let leg = proposal.legs.iter().find(|leg| leg.position == position);
            let now = writer.now();
            let waits =
                |leg: &&Leg| proposal.public_status(leg) == PublicStatus::Proposed && now < proposal.answer_by(leg);
            if let Some(leg) = leg.filter(waits) {
                tell(writer, proposal.id, &leg.from, "answer_due");
            }
        }
        Whom::Managers => tell_managers(writer, &proposal)?,
    }
    Ok(())
}

fn tell_managers(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<(), Refused> {
    if proposal.state == ProposalState::Accepted {
        for manager in approval::awaited(writer, proposal)?.unwrap_or_default() {
            tell(writer, proposal.id, &manager, "approval_due");
        }
    }
    Ok(())
}

fn tell(writer: &mut Writer<'_>, proposal: ProposalId, who: &RepId, action: &'static str) {
    writer.record(Change {
        actor: system(),
        action,
        subject_kind: "reminder",
        subject_id: format!("{proposal}/{who}"),
        from_state: None,
        to_state: None,
    });
}
