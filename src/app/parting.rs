//! Parting ways: a rep asks, their manager signs off or says no, a letter is made, and a date to look at it again.
//!
//! In go a request, a manager's word and the alternatives they name; out comes the parting as it now stands. Holds: one
//! live parting an account; while it is asked for the account is in no pool, and once signed off it is offered no more;
//! nobody signs off while the account is in a live move or somebody who opted in to such accounts could take it.
//! Deliberately absent: sending the letter, which people do, and telling anybody who would have been willing.

use super::{
    AtMostOne, Page, Reader, Refused, Store, StoreError, Writer,
    abuse::{self, Records},
    fresh_version,
    life::advance_submission,
    me::managed,
    run::business_date,
    system,
};
use crate::{
    domain::{
        ids::{AccountId, PartingId, RepId, SubmissionId, Version},
        letter::Gap,
        parting::{
            self, Colleague, Parting, PartingAction, PartingActor, PartingRefusal, PartingState, hard_traits,
            is_willing,
        },
        principal::{Principal, Role},
        submission::{Submission, SubmissionAction, SubmissionActor},
        triage::Answers,
    },
    settings::Settings,
    store::{Of, abuse as records, audit::Change, partings, proposals, roster, submissions},
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// The most alternatives a letter names.
pub const MOST_ALTERNATIVES: usize = 5;

/// The longest name of an alternative, in bytes.
pub const LONGEST_ALTERNATIVE_BYTES: usize = 200;

/// How many reps are looked at at a time.
const BATCH: i64 = 1000;

impl From<PartingRefusal> for Refused {
    fn from(refusal: PartingRefusal) -> Self {
        match refusal {
            PartingRefusal::NotYours => Self::NotAllowed("only the rep's manager settles a parting"),
            PartingRefusal::OwnBenefit => Self::NotAllowed("nobody decides over what they gain from"),
            PartingRefusal::AlreadySettled => Self::conflict("already_settled", "this parting was settled before"),
            PartingRefusal::TooEarly => Self::conflict("too_early", "it is not that far yet"),
        }
    }
}

/// A parting, for the rep who asked for it and their manager.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PartingView {
    /// Its id.
    pub id: PartingId,
    /// The account.
    pub account: AccountId,
    /// The submission it came from.
    pub submission: SubmissionId,
    /// Who asked.
    pub rep: RepId,
    /// Where it stands.
    pub state: PartingState,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// The manager who spoke last.
    pub settled_by: Option<RepId>,
    /// When.
    pub settled_at: Option<DateTime<Utc>>,
    /// Whom the customer may turn to.
    pub alternatives: Vec<String>,
    /// The letter, once signed off.
    pub letter: Option<String>,
    /// When the decision is looked at again, once signed off.
    pub review_on: Option<NaiveDate>,
    /// New at each change.
    pub version: Version,
}

impl From<Parting> for PartingView {
    fn from(parting: Parting) -> Self {
        Self {
            id: parting.id,
            account: parting.account,
            submission: parting.submission,
            rep: parting.rep,
            state: parting.state,
            requested_at: parting.requested_at,
            settled_by: parting.settled_by,
            settled_at: parting.settled_at,
            alternatives: parting.alternatives,
            letter: parting.letter,
            review_on: parting.review_on,
            version: parting.version,
        }
    }
}

/// Asks the manager to part with a submitted account.
pub(super) fn request(
    writer: &mut Writer<'_>,
    who: &Principal,
    submission: &Submission,
    answers: &Answers,
) -> Result<(), Refused> {
    let held = roster::account(writer, &submission.account)?.ok_or(Refused::NotFound("account"))?;
    let severity = abuse::standing(writer, &submission.account)?.severity();
    let hard = match answers.unethical_acts {
        // Nobody can opt in to what is not right.
        true => BTreeSet::new(),
        false => hard_traits(&held.account, severity, answers.unreasonable_demands),
    };
    let parting = Parting {
        id: PartingId(Uuid::new_v4()),
        account: submission.account.clone(),
        submission: submission.id,
        rep: submission.rep.clone(),
        state: PartingState::Requested,
        requested_at: writer.now(),
        hard,
        settled_by: None,
        settled_at: None,
        alternatives: Vec::new(),
        letter: None,
        review_on: None,
        version: fresh_version(),
    };
    partings::insert(writer, &parting).map_err(|error| match error {
        StoreError::Twice(AtMostOne::LiveParting) => {
            Refused::conflict("already_parting", "a parting with this account is asked for or done")
        }
        other => other.into(),
    })?;
    record(writer, who, "request", None, &parting);
    Ok(())
}

fn record(writer: &mut Writer<'_>, who: &Principal, action: &'static str, from: Option<PartingState>, to: &Parting) {
    writer.record(Change {
        actor: who.clone(),
        action,
        subject_kind: "parting",
        subject_id: to.id.to_string(),
        from_state: from.map(PartingState::as_str),
        to_state: Some(to.state.as_str()),
    });
}

/// Takes back what was asked of the manager about a submission that takes another way.
pub(super) fn let_go(writer: &mut Writer<'_>, submission: &Submission) -> Result<(), Refused> {
    let asked = partings::live_of(writer, &submission.account)?;
    let asked = asked.filter(|one| one.submission == submission.id && one.state == PartingState::Requested);
    let Some(before) = asked else { return Ok(()) };
    let mut after = before.clone();
    after.state = parting::next_state(before.state, PartingAction::Withdraw, PartingActor::System)?;
    after.version = fresh_version();
    partings::change(writer, &before, &after)?;
    record(writer, &system(), PartingAction::Withdraw.as_str(), Some(before.state), &after);
    Ok(())
}

/// Partings by id: those one asked for, or those of the teams managed.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<PartingId>) -> Result<Vec<PartingView>, Refused> {
    let teams = managed(reader, who)?;
    let of = match who.role {
        Role::Rep => Of::Rep(&who.id),
        Role::Manager => Of::Teams(&teams),
        Role::Admin | Role::Service => return Err(NOT_FOR_YOU),
    };
    let found = partings::list(reader, of, page.after, page.limit)?;
    Ok(found.into_iter().map(PartingView::from).collect())
}

const NOT_FOR_YOU: Refused = Refused::NotAllowed("partings are for reps and their managers");

/// One parting.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: PartingId) -> Result<PartingView, Refused> {
    find(reader, who, id).map(|(parting, _)| parting.into())
}

fn find(reader: &mut Reader<'_>, who: &Principal, id: PartingId) -> Result<(Parting, PartingActor), Refused> {
    if matches!(who.role, Role::Admin | Role::Service) {
        return Err(NOT_FOR_YOU);
    }
    let hidden = Refused::NotFound("parting");
    let Some(parting) = partings::one(reader, id)? else { return Err(hidden) };
    let actor = match who.role {
        Role::Rep if parting.rep == who.id => PartingActor::Submitter,
        Role::Manager if roster::manager_of(reader, &parting.rep)?.as_ref() == Some(&who.id) => {
            if parting.rep == who.id { PartingActor::Beneficiary } else { PartingActor::Manager }
        }
        _ => return Err(hidden),
    };
    Ok((parting, actor))
}

/// The alternatives, as they come in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSignOff {
    /// Whom the customer may turn to: 1 to 5 names, each a line of the letter.
    #[schema(min_items = 1, max_items = 5)]
    pub alternatives: Vec<String>,
}

/// Signs a parting off as the rep's manager: the letter is made, a review date set, and the account offered no more.
pub fn sign_off(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: PartingId,
    new: &NewSignOff,
    if_match: Version,
) -> Result<PartingView, Refused> {
    let (before, mut after, submission) = settled(writer, who, id, PartingAction::SignOff, if_match)?;
    let sound = |name: &String| {
        !name.trim().is_empty() && name.len() <= LONGEST_ALTERNATIVE_BYTES && !name.chars().any(char::is_control)
    };
    if !(1..=MOST_ALTERNATIVES).contains(&new.alternatives.len()) || !new.alternatives.iter().all(sound) {
        let found = format!("{} alternatives", new.alternatives.len());
        let expected =
            format!("1 to {MOST_ALTERNATIVES} names of 1 to {LONGEST_ALTERNATIVE_BYTES} bytes, each one line");
        return Err(Refused::invalid("/alternatives", found, expected));
    }
    if !proposals::live_with(writer, std::slice::from_ref(&before.account))?.is_empty() {
        return Err(Refused::conflict("in_a_move", "this account is in a live move"));
    }
    if is_anybody_willing(writer, settings, &before)? {
        let detail = "somebody who opted in to such accounts could take it: let the rep put it into the pool";
        return Err(Refused::conflict("somebody_is_willing", detail));
    }
    let held = roster::account(writer, &before.account)?.ok_or(Refused::NotFound("account"))?;
    let today = writer.now().date_naive();
    let review_on = today + Days::new(settings.triage.part_ways.review_after_days.into());
    let gaps = [
        (Gap::Account, held.account.name),
        (Gap::Date, today.to_string()),
        (Gap::Alternatives, new.alternatives.iter().map(|name| name.trim()).collect::<Vec<_>>().join("\n")),
        (Gap::ReviewOn, review_on.to_string()),
    ]
    .into();
    after.alternatives.clone_from(&new.alternatives);
    after.letter = Some(settings.triage.part_ways.letter.fill(&gaps));
    after.review_on = Some(review_on);
    // The submission's row first, as everywhere, so that no two transactions wait for each other.
    let submission = submission.ok_or(Refused::NotFound("submission"))?;
    advance_submission(writer, who, &submission, SubmissionAction::Part, SubmissionActor::Manager)?;
    partings::change(writer, &before, &after)?;
    record(writer, who, PartingAction::SignOff.as_str(), Some(before.state), &after);
    Ok(after.into())
}

/// Says no to a parting, or welcomes a customer back, as the rep's manager.
pub fn settle(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: PartingId,
    action: PartingAction,
    if_match: Version,
) -> Result<PartingView, Refused> {
    let (before, after, submission) = settled(writer, who, id, action, if_match)?;
    if let Some(submission) = submission.filter(|_| action == PartingAction::Refuse) {
        super::triage::ask_again(writer, &submission)?;
    }
    partings::change(writer, &before, &after)?;
    record(writer, who, action.as_str(), Some(before.state), &after);
    Ok(after.into())
}

/// The parting before and after an action of `who`, and its submission.
fn settled(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: PartingId,
    action: PartingAction,
    if_match: Version,
) -> Result<(Parting, Parting, Option<Submission>), Refused> {
    let (before, actor) = find(writer, who, id)?;
    let state = parting::next_state(before.state, action, actor)?;
    if before.version != if_match {
        return Err(Refused::Stale);
    }
    let now = writer.now();
    let after = Parting {
        state,
        settled_by: Some(who.id.clone()),
        settled_at: Some(now),
        version: fresh_version(),
        ..before.clone()
    };
    let submission = submissions::one(writer, before.submission)?;
    Ok((before, after, submission))
}

/// Whether anybody who opted in to what makes the account hard could take it.
///
/// Cost: a pass over the roster, and a look at the books of those who could.
fn is_anybody_willing(reader: &mut Reader<'_>, settings: &Settings, parting: &Parting) -> Result<bool, Refused> {
    let held = roster::account(reader, &parting.account)?.ok_or(Refused::NotFound("account"))?;
    let out = partings::out_of_the_question(reader, &parting.account)?;
    let today = business_date(&settings.night, reader.now());
    let max_one_way = settings.policy.scores.travel.max_one_way_minutes;
    let all = Records::read(reader)?;
    let coming = all.on_their_way(reader)?;
    let mut after = None;
    loop {
        let page = roster::reps_of_teams(reader, None, after.as_ref(), BATCH)?;
        let Some(last) = page.last() else { return Ok(false) };
        after = Some(last.id.clone());
        for rep in &page {
            let is_out = out.contains(&rep.id);
            let could = |abusive_accounts| {
                let colleague = Colleague { rep, abusive_accounts, is_out };
                is_willing(colleague, &held.account, &parting.hard, max_one_way, today)
            };
            let on_the_way = coming.get(&rep.id).copied().unwrap_or(0);
            if could(on_the_way) {
                let book = records::of_book(reader, &rep.id)?;
                let is_abusive = |(id, traits): &&(_, _)| all.standing(id, traits).severity().is_some();
                let holds = u32::try_from(book.iter().filter(is_abusive).count()).unwrap_or(u32::MAX);
                if could(holds.saturating_add(on_the_way)) {
                    return Ok(true);
                }
            }
        }
    }
}

/// Puts on record the review dates that have come, each once; says how many.
pub fn tell_reviews(store: &Store) -> Result<usize, Refused> {
    let mut told = 0;
    loop {
        let due = store.read(|reader| {
            let today = reader.now().date_naive();
            partings::to_review(reader, today, 100)
        })?;
        if due.is_empty() {
            return Ok(told);
        }
        for parting in due {
            store.write(|writer| {
                partings::tell_review(writer, &parting)?;
                writer.record(Change {
                    actor: system(),
                    action: "review_due",
                    subject_kind: "parting",
                    subject_id: parting.id.to_string(),
                    from_state: None,
                    to_state: None,
                });
                Ok::<_, Refused>(())
            })?;
            told += 1;
        }
    }
}
