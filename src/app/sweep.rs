//! What time does by itself before approval: people are reminded, proposals lapse, rounds of the ladder come to their
//! check-back.
//!
//! In goes the database's clock; out come the proposals whose time was up, ended one by one, each in a transaction of
//! its own, so that a sweep can stop anywhere. Deliberately absent: telling the parties, which waits for the next batch, and
//! what the calendar does with handovers.

use super::{Refused, Store, life::advance, parting, remind, system, triage};
use crate::{
    domain::proposal::{Answer, Leg, Proposal, ProposalAction, ProposalActor},
    store::proposals,
};
use chrono::{DateTime, Utc};

/// How many proposals are read at a time.
const BATCH: i64 = 100;

/// Reminds whoever has to act, ends what is over, and says how many things that was.
pub fn sweep(store: &Store) -> Result<usize, Refused> {
    remind::remind(store)?;
    let mut ended = triage::check_back(store)? + parting::tell_reviews(store)?;
    loop {
        let due = store.read(|reader| proposals::overdue(reader, BATCH))?;
        if due.is_empty() {
            return Ok(ended);
        }
        for proposal in due {
            if end(store, &proposal)? {
                ended += 1;
            }
        }
    }
}

/// Ends one proposal, unless somebody was faster.
fn end(store: &Store, proposal: &Proposal) -> Result<bool, Refused> {
    store.write(|writer| {
        let Some(present) = proposals::one(writer, proposal.id)? else { return Ok(false) };
        if present.version != proposal.version || !has_lapsed(&present, writer.now()) {
            return Ok(false);
        }
        advance(writer, &system(), &present, ProposalAction::Expire, ProposalActor::System, |_| {})?;
        Ok(true)
    })
}

/// Whether nobody can answer or approve any more in time: one whose answer is missing, or the managers.
fn has_lapsed(proposal: &Proposal, now: DateTime<Utc>) -> bool {
    let is_pending = |leg: &&Leg| leg.answer == Answer::Pending;
    now >= proposal.expires_at || proposal.legs.iter().filter(is_pending).any(|leg| now >= proposal.answer_by(leg))
}
