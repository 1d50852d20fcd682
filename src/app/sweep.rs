//! What time does by itself: proposals lapse, trials end.
//!
//! In goes the database's clock; out come the proposals whose time was up, ended one by one, each in a transaction of
//! its own, so that a sweep can stop anywhere. Deliberately absent: telling the parties, which waits for the next batch.

use super::{Refused, Store, life::advance, system};
use crate::{
    domain::proposal::{Proposal, ProposalAction, ProposalActor},
    store::{StoreError, proposals},
};

/// How many proposals are read at a time.
const BATCH: i64 = 100;

/// Ends what is over and says how many proposals that was.
pub fn sweep(store: &Store) -> Result<usize, Refused> {
    let mut ended = 0;
    loop {
        let due: Vec<(Proposal, ProposalAction)> = store.read(|reader| {
            let today = reader.now().date_naive();
            let overdue = proposals::overdue(reader, BATCH)?.into_iter().map(|one| (one, ProposalAction::Expire));
            let tried = proposals::tried(reader, today, BATCH)?.into_iter().map(|one| (one, ProposalAction::Complete));
            Ok::<_, StoreError>(overdue.chain(tried).collect())
        })?;
        if due.is_empty() {
            return Ok(ended);
        }
        for (proposal, action) in due {
            if end(store, &proposal, action)? {
                ended += 1;
            }
        }
    }
}

/// Ends one proposal, unless somebody was faster.
fn end(store: &Store, proposal: &Proposal, action: ProposalAction) -> Result<bool, Refused> {
    store.write(|writer| {
        let Some(present) = proposals::one(writer, proposal.id)? else { return Ok(false) };
        let is_due = match action {
            ProposalAction::Expire => writer.now() >= present.expires_at,
            _ => true,
        };
        if present.version != proposal.version || !is_due {
            return Ok(false);
        }
        advance(writer, &system(), &present, action, ProposalActor::System, |_| {})?;
        Ok(true)
    })
}
