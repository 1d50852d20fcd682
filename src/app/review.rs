//! Check-ins and reviews: what reps say of an account after they received it.
//!
//! In goes what a rep says; out comes what is due and made, as its reader may see it. Both are laid out when the accounts
//! change hands: every rep is asked during the trial, every new owner on set days after it. Stars reach nobody but their
//! author and, in the next snapshot, the rapport of that rep with that account.
//! Holds: a rep sees nothing of another's, not even whether it was made. Deliberately absent: sums; those are `outcomes`'s.

use super::{Refused, Writer, handover::find, run::business_date};
use crate::{
    app::Reader,
    domain::{
        ids::{AccountId, ProposalId, RepId},
        principal::Principal,
        proposal::{Proposal, ProposalActor, ProposalState},
        review::{CheckIn, Impression, Outcome, Review},
        units::{Cents, Stars},
    },
    settings::Settings,
    store::{audit::Change, reviews as kept, roster},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The longest note of a check-in, in bytes.
pub const MAX_NOTE_BYTES: usize = 4000;

/// A check-in, as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCheckIn {
    /// Which one: its days from the change of owner.
    pub days: u32,
    /// How you and the account you received get on, 1.0 to 5.0.
    pub stars: Stars,
    /// For your own eyes.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub note: String,
}

/// A review, as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// Which one: its days from the change of owner.
    pub days: u32,
    /// How you and the account get on, 1.0 to 5.0.
    pub stars: Stars,
    /// Business with it since it changed hands.
    pub revenue_cents: Cents,
    /// Visits that were planned since.
    #[schema(maximum = 10000)]
    pub visits_planned: u32,
    /// Visits that took place; no more than were planned.
    #[schema(maximum = 10000)]
    pub visits_kept: u32,
    /// Whether the customer has complained.
    pub complaint: bool,
}

/// A check-in, as its reader may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CheckInView {
    /// Who is asked.
    pub rep: RepId,
    /// The account they received.
    pub account: AccountId,
    /// Its days from the change of owner.
    pub days: u32,
    /// From which day on it can be made.
    pub due_on: NaiveDate,
    /// When it was made.
    pub made_at: Option<DateTime<Utc>>,
    /// The reader's own stars; to nobody else.
    pub stars: Option<Stars>,
    /// The reader's own note; to nobody else.
    pub note: Option<String>,
}

/// A review, as its reader may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReviewView {
    /// Its new owner, who is asked.
    pub rep: RepId,
    /// The account.
    pub account: AccountId,
    /// Its days from the change of owner.
    pub days: u32,
    /// From which day on it can be made.
    pub due_on: NaiveDate,
    /// When it was made.
    pub made_at: Option<DateTime<Utc>>,
    /// The reader's own stars; to nobody else.
    pub stars: Option<Stars>,
    /// Business since the change of owner.
    pub revenue_cents: Option<Cents>,
    /// Visits planned since.
    pub visits_planned: Option<u32>,
    /// Visits that took place.
    pub visits_kept: Option<u32>,
    /// Whether the customer has complained.
    pub complaint: Option<bool>,
}

impl CheckInView {
    fn new(due: CheckIn, is_own: bool) -> Self {
        let (said, made_at) = due.made.unzip();
        let own = said.filter(|_| is_own);
        Self {
            rep: due.rep,
            account: due.account,
            days: due.days,
            due_on: due.due_on,
            made_at,
            stars: own.as_ref().map(|said| said.stars),
            note: own.map(|said| said.note),
        }
    }
}

impl ReviewView {
    fn new(due: Review, is_own: bool) -> Self {
        let (said, made_at) = due.made.unzip();
        let said = said.as_ref();
        Self {
            rep: due.rep,
            account: due.account,
            days: due.days,
            due_on: due.due_on,
            made_at,
            stars: said.filter(|_| is_own).map(|said| said.stars),
            revenue_cents: said.map(|said| said.revenue_cents),
            visits_planned: said.map(|said| said.visits_planned),
            visits_kept: said.map(|said| said.visits_kept),
            complaint: said.map(|said| said.complaint),
        }
    }
}

/// Lays out what is due from the day `moved_on` on which accounts changed hands.
pub(super) fn lay_out(
    writer: &mut Writer<'_>,
    settings: &Settings,
    proposal: &Proposal,
    moved_on: NaiveDate,
) -> Result<(), Refused> {
    let due = |days: &u32| (*days, moved_on + Days::new(u64::from(*days)));
    let legs = || proposal.legs.iter();
    let asked: Vec<CheckIn> = legs()
        .flat_map(|leg| settings.handover.check_in_days.iter().map(due).map(move |at| (leg, at)))
        .map(|(leg, (days, due_on))| CheckIn {
            proposal: proposal.id,
            rep: leg.to.clone(),
            account: leg.account.clone(),
            days,
            due_on,
            made: None,
        })
        .collect();
    let later: Vec<Review> = legs()
        .flat_map(|leg| settings.handover.review_days.iter().map(due).map(move |at| (leg, at)))
        .map(|(leg, (days, due_on))| Review {
            proposal: proposal.id,
            leg: leg.position,
            rep: leg.to.clone(),
            account: leg.account.clone(),
            days,
            due_on,
            made: None,
        })
        .collect();
    Ok(kept::lay_out(writer, &asked, &later)?)
}

/// Refuses everybody but a party; a manager and an admin see who has been asked, and so may know that it exists.
fn party(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: ProposalId,
    states: &[ProposalState],
) -> Result<Proposal, Refused> {
    let (proposal, actor) = find(writer, who, id)?;
    if actor != ProposalActor::Party {
        return Err(Refused::NotAllowed("only a party says how it goes"));
    }
    match proposal.state {
        state if states.contains(&state) => Ok(proposal),
        ProposalState::Approved | ProposalState::Executing => {
            Err(Refused::conflict("too_early", "it is not that far yet"))
        }
        _ => Err(Refused::conflict("already_ended", "there is nothing more to say about it")),
    }
}

/// Refuses what is asked before its day, or has been said.
fn check_due(
    writer: &mut Writer<'_>,
    settings: &Settings,
    due_on: NaiveDate,
    made: Option<DateTime<Utc>>,
) -> Result<(), Refused> {
    if made.is_some() {
        return Err(Refused::conflict("already_made", "you have said this before"));
    }
    if business_date(&settings.night, writer.now()) < due_on {
        return Err(Refused::conflict("too_early", format!("this can be said from {due_on} on")));
    }
    Ok(())
}

/// What is due where nothing has these days.
fn no_such_days(days: u32, known: impl Iterator<Item = u32>) -> Refused {
    let known: Vec<String> = known.map(|days| days.to_string()).collect();
    Refused::invalid("/days", days.to_string(), format!("one of {}", known.join(", ")))
}

fn record(writer: &mut Writer<'_>, who: &Principal, kind: &'static str, id: ProposalId, days: u32) {
    writer.record(Change {
        actor: who.clone(),
        action: "make",
        subject_kind: kind,
        subject_id: format!("{id}/{}/{days}", who.id),
        from_state: None,
        to_state: None,
    });
}

/// Says how it goes, as a party of a trial, about the account received; on its day or later, while the trial runs.
pub fn check_in(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    new: &NewCheckIn,
) -> Result<CheckInView, Refused> {
    party(writer, who, id, &[ProposalState::OnTrial])?;
    if new.note.len() > MAX_NOTE_BYTES {
        return Err(Refused::invalid("/note", format!("{} bytes", new.note.len()), "at most 4000 bytes"));
    }
    let own: Vec<CheckIn> = kept::check_ins(writer, id)?.into_iter().filter(|due| due.rep == who.id).collect();
    let days = || own.iter().map(|due| due.days);
    let due = own.iter().find(|due| due.days == new.days).ok_or_else(|| no_such_days(new.days, days()))?;
    check_due(writer, settings, due.due_on, due.made.as_ref().map(|(_, at)| *at))?;
    let said = Impression { stars: new.stars, note: new.note.clone() };
    kept::check_in(writer, due, &said)?;
    record(writer, who, "check_in", id, due.days);
    let made = CheckIn { made: Some((said, writer.now())), ..due.clone() };
    Ok(CheckInView::new(made, true))
}

/// The check-ins of a trial: to a party their own; to managers and admins who was asked and has said something.
pub fn check_ins(reader: &mut Reader<'_>, who: &Principal, id: ProposalId) -> Result<Vec<CheckInView>, Refused> {
    let actor = reads(reader, who, id)?;
    let is_party = actor == ProposalActor::Party;
    let due = kept::check_ins(reader, id)?.into_iter().filter(|due| !is_party || due.rep == who.id);
    Ok(due.map(|due| CheckInView::new(due, is_party)).collect())
}

fn reads(reader: &mut Reader<'_>, who: &Principal, id: ProposalId) -> Result<ProposalActor, Refused> {
    match find(reader, who, id)?.1 {
        ProposalActor::Service => Err(Refused::NotAllowed("what reps say is for people")),
        actor => Ok(actor),
    }
}

/// Says what became of an account, as its new owner; on its day or later, as long as the account is theirs.
pub fn review(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: ProposalId,
    new: &NewReview,
) -> Result<ReviewView, Refused> {
    party(writer, who, id, &[ProposalState::OnTrial, ProposalState::Completed])?;
    let NewReview { days, stars, revenue_cents, visits_planned, visits_kept, complaint } = *new;
    let said = Outcome { stars, revenue_cents, visits_planned, visits_kept, complaint }
        .sound()
        .map_err(|wrong| Refused::Invalid { field: String::new(), wrong })?;
    let own: Vec<Review> = kept::reviews(writer, id)?.into_iter().filter(|due| due.rep == who.id).collect();
    let known = || own.iter().map(|due| due.days);
    let due = own.iter().find(|due| due.days == days).ok_or_else(|| no_such_days(days, known()))?;
    let owner = roster::account(writer, &due.account)?.map(|held| held.account.owner);
    if owner.as_ref() != Some(&who.id) {
        return Err(Refused::conflict("account_elsewhere", "the account is not in your book any more"));
    }
    check_due(writer, settings, due.due_on, due.made.as_ref().map(|(_, at)| *at))?;
    kept::review(writer, due, &said)?;
    record(writer, who, "review", id, due.days);
    let made = Review { made: Some((said, writer.now())), ..due.clone() };
    Ok(ReviewView::new(made, true))
}

/// The reviews of a swap: to a party their own; to managers and admins all, without stars.
pub fn reviews(reader: &mut Reader<'_>, who: &Principal, id: ProposalId) -> Result<Vec<ReviewView>, Refused> {
    let actor = reads(reader, who, id)?;
    let is_party = actor == ProposalActor::Party;
    let due = kept::reviews(reader, id)?.into_iter().filter(|due| !is_party || due.rep == who.id);
    Ok(due.map(|due| ReviewView::new(due, is_party)).collect())
}
