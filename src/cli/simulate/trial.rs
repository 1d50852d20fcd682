//! The trial: what reps say once they serve their new accounts, and who wants the old one back.
//!
//! In go the truth and the days that have come; out come check-ins, reviews, and undos asked for by whoever is worse off.
//! Holds: reps say what is so. Managers grant what is asked, since they have been told why.
//! Deliberately absent: complaints; a customer's opinion is part of the rapport.

use super::year::{Year, as_rep};
use crate::cli::{Failure, invented::struggles::half_stars};
use account_swap::{
    app::{
        Refused, calendar,
        handover::{self, NewUndoRequest},
        review::{self, NewCheckIn, NewReview},
    },
    domain::{
        principal::{Principal, Role},
        proposal::{Leg, Proposal, ProposalState},
        undo::{UndoReason, UndoState},
        units::{Cents, Stars},
    },
    store::{StoreError, proposals},
};
use chrono::{Days, NaiveDate};

/// Days after which a rep knows how it goes.
const KNOWS_AFTER: Days = Days::new(14);

impl Year<'_> {
    /// Goes through all that has moved.
    pub(super) fn follow(&mut self) -> Result<(), Failure> {
        let today = self.today();
        for (id, moved_on) in self.trials.clone() {
            let Some(proposal) = self.store.read::<_, StoreError>(|reader| proposals::one(reader, id))? else {
                continue;
            };
            match proposal.state {
                ProposalState::OnTrial => {
                    self.check_in(&proposal, moved_on, today)?;
                    self.review(&proposal, moved_on, today)?;
                    if today >= moved_on + KNOWS_AFTER && self.undo(&proposal)? {
                        self.tally.undone(id);
                        self.trials.remove(&id);
                    }
                }
                ProposalState::Completed => self.review(&proposal, moved_on, today)?,
                _ => {
                    self.trials.remove(&id);
                }
            }
        }
        Ok(())
    }

    /// What a rep says of the account of a leg they received.
    fn stars(&self, leg: &Leg) -> Stars {
        half_stars(self.truth.rapport(self.reps[&leg.to], self.accounts[&leg.account]))
    }

    fn check_in(&self, proposal: &Proposal, moved_on: NaiveDate, today: NaiveDate) -> Result<(), Failure> {
        for &days in due(&self.settings.handover.check_in_days, moved_on, today) {
            for leg in &proposal.legs {
                let new = NewCheckIn { days, stars: self.stars(leg), note: String::new() };
                let who = as_rep(&leg.to);
                self.store.write(|writer| review::check_in(writer, &self.settings, &who, proposal.id, &new))?;
            }
        }
        Ok(())
    }

    fn review(&self, proposal: &Proposal, moved_on: NaiveDate, today: NaiveDate) -> Result<(), Failure> {
        for &days in due(&self.settings.handover.review_days, moved_on, today) {
            for leg in &proposal.legs {
                let account = self.accounts[&leg.account];
                let planned = account.visits_a_year * days / 365;
                let stars = self.stars(leg);
                let new = NewReview {
                    days,
                    stars,
                    revenue_cents: Cents(account.annual_value_cents.0 * i64::from(days) / 365),
                    visits_planned: planned,
                    visits_kept: planned * (500 + stars.hundredths() as u32) / 1000,
                    complaint: false,
                };
                let who = as_rep(&leg.to);
                match self.store.write(|writer| review::review(writer, &self.settings, &who, proposal.id, &new)) {
                    // The account has gone on to somebody else since.
                    Ok(_) | Err(Refused::Conflict { code: "account_elsewhere", .. }) => {}
                    Err(refused) => return Err(refused.into()),
                }
            }
        }
        Ok(())
    }

    /// Sends all accounts back where a rep is worse off than before; whether they went.
    fn undo(&self, proposal: &Proposal) -> Result<bool, Failure> {
        let Some(leg) = proposal.legs.iter().find(|leg| self.true_gain(proposal, leg) < 0) else { return Ok(false) };
        let who = as_rep(&leg.from);
        let seen = |who: &Principal| self.store.read(|reader| handover::one(reader, who, proposal.id));
        let (request, version) =
            (NewUndoRequest { reason: UndoReason::NoBetter, note: String::new() }, seen(&who)?.version);
        let asked =
            self.store.write(|writer| handover::ask_undo(writer, &self.settings, &who, proposal.id, &request, version));
        match asked {
            Ok(_) => {}
            // Too late, or the account has gone on.
            Err(Refused::Conflict { .. }) => return Ok(false),
            Err(refused) => return Err(refused.into()),
        }
        for manager in self.all_managers()? {
            let who = Principal { id: manager, role: Role::Manager };
            let version = match seen(&who) {
                Ok(view) if view.undo.as_ref().is_some_and(|undo| undo.state == UndoState::Asked) => view.version,
                Ok(_) | Err(Refused::NotFound(_)) => continue,
                Err(refused) => return Err(refused.into()),
            };
            match self.store.write(|writer| handover::grant_undo(writer, &self.settings, &who, proposal.id, version)) {
                Ok(_) => {
                    self.settle_steps(proposal)?;
                    calendar::turn(&self.store, &self.settings)?;
                    return Ok(self.confirm_one(proposal)? == ProposalState::Undone);
                }
                Err(Refused::NotAllowed(_)) => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Ok(false)
    }
}

/// The days that have come since a week ago.
fn due(days: &[u32], moved_on: NaiveDate, today: NaiveDate) -> impl Iterator<Item = &u32> {
    days.iter().filter(move |days| {
        let due_on = moved_on + Days::new(u64::from(**days));
        due_on <= today && today < due_on + Days::new(7)
    })
}
