//! Submitting an account, seeing submissions, taking one back.
//!
//! In goes a rep's statement; out comes the submission as its reader may see it: whole to the submitter, without
//! stars and note to the manager, counted to the admin. Stars and notes never leave for anybody else. A statement goes
//! straight into the pool, or is a draft to be taken through the ladder first.
//! Deliberately absent: advice (the ladder) and matching.

use super::{AtMostOne, Page, Reader, Refused, StoreError, Writer, fresh_version, life, me::managed, system, triage};
use crate::{
    domain::{
        ids::{AccountId, RepId, SubmissionId, Version},
        invalidation::Cause,
        parting::PartingState,
        principal::{Principal, Role},
        proposal::{ProposalAction, ProposalActor},
        roster::AccountStatus,
        submission::{Reason, Submission, SubmissionAction, SubmissionActor, SubmissionState},
        triage::Path,
        units::Stars,
    },
    settings::Settings,
    store::{Of, audit::Change, partings, proposals, roster, submissions, triages},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// The longest note, in bytes.
pub const MAX_NOTE_BYTES: usize = 4000;

/// A rep's statement, as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewSubmission {
    /// The account; in the submitter's own book.
    pub account: AccountId,
    /// How the two get on, 1.0 to 5.0.
    pub stars: Stars,
    /// Why; at least one.
    pub reasons: BTreeSet<Reason>,
    /// Whether the own manager may see the reasons.
    #[serde(default = "yes")]
    pub share_reasons: bool,
    /// For the submitter's own eyes.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub note: String,
}

const fn yes() -> bool {
    true
}

/// A submission, as its reader may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SubmissionView {
    /// Its id.
    pub id: SubmissionId,
    /// The account.
    pub account: AccountId,
    /// Who submitted it.
    pub rep: RepId,
    /// Where it stands.
    pub state: SubmissionState,
    /// Why it was struck, where nobody here decided so.
    pub cause: Option<Cause>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The submitter's own stars; to nobody else.
    pub stars: Option<Stars>,
    /// Why; to the submitter, and to the manager where shared.
    pub reasons: Option<BTreeSet<Reason>>,
    /// Whether the manager may see the reasons; to the submitter.
    pub share_reasons: Option<bool>,
    /// The submitter's own note; to nobody else.
    pub note: Option<String>,
    /// The path its rep has taken on the ladder; to the submitter and the manager.
    pub path: Option<Path>,
    /// When the submitter is asked again; to nobody else.
    pub check_back_on: Option<NaiveDate>,
    /// New at each change.
    pub version: Version,
}

pub(super) fn view(
    reader: &mut Reader<'_>,
    submission: Submission,
    who: &Principal,
) -> Result<SubmissionView, Refused> {
    Ok(views(reader, vec![submission], who)?.remove(0))
}

fn views(
    reader: &mut Reader<'_>,
    submissions: Vec<Submission>,
    who: &Principal,
) -> Result<Vec<SubmissionView>, Refused> {
    let ids: Vec<SubmissionId> = submissions.iter().map(|one| one.id).collect();
    let paths = triages::paths(reader, &ids)?;
    let on_path = |one: Submission| {
        let (path, check_back_on) = paths.get(&one.id).copied().unzip();
        seen(one, path, check_back_on.flatten(), who)
    };
    Ok(submissions.into_iter().map(on_path).collect())
}

fn seen(
    submission: Submission,
    path: Option<Path>,
    check_back_on: Option<NaiveDate>,
    who: &Principal,
) -> SubmissionView {
    let own = who.role == Role::Rep && submission.rep == who.id;
    SubmissionView {
        id: submission.id,
        account: submission.account,
        rep: submission.rep,
        state: submission.state,
        cause: submission.cause,
        created_at: submission.created_at,
        stars: own.then_some(submission.stars),
        reasons: (own || submission.reasons_shared).then_some(submission.reasons),
        share_reasons: own.then_some(submission.reasons_shared),
        note: own.then_some(submission.note),
        path,
        check_back_on: check_back_on.filter(|_| own),
        version: submission.version,
    }
}

/// Puts an account of the own book into the pool; one that has to go by the ladder first is refused.
///
/// `quota_reached` where its rep has taken back too many of late.
pub fn submit(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    new: NewSubmission,
) -> Result<SubmissionView, Refused> {
    let submission = state(writer, settings, who, new, SubmissionState::Open)?;
    triage::refuse_unasked(writer, &submission.account, &submission.reasons)?;
    view(writer, submission, who)
}

/// Makes a draft about an account of the own book, to be taken through the ladder before it may be in the pool.
///
/// `quota_reached` where its rep has taken back too many of late.
pub fn draft(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    new: NewSubmission,
) -> Result<SubmissionView, Refused> {
    let submission = state(writer, settings, who, new, SubmissionState::Draft)?;
    view(writer, submission, who)
}

fn state(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    new: NewSubmission,
    state: SubmissionState,
) -> Result<Submission, Refused> {
    if who.role != Role::Rep {
        return Err(Refused::NotAllowed("only a rep submits accounts"));
    }
    if new.reasons.is_empty() {
        return Err(Refused::invalid("/reasons", "none", "at least one reason"));
    }
    if new.note.len() > MAX_NOTE_BYTES {
        return Err(Refused::invalid("/note", format!("{} bytes", new.note.len()), "at most 4000 bytes"));
    }
    let held = roster::account(writer, &new.account)?
        .filter(|held| held.account.owner == who.id)
        .ok_or(Refused::NotFound("account"))?;
    if held.status != AccountStatus::Active {
        return Err(Refused::conflict("no_customer", format!("this account is {}", held.status)));
    }
    if partings::live_of(writer, &new.account)?.is_some_and(|parting| parting.state == PartingState::Parted) {
        return Err(Refused::conflict("parted", "the company has parted with this account"));
    }
    let now = writer.now();
    let taken_back = submissions::withdrawn_since(writer, &who.id, now - Duration::days(30))?;
    let quota = settings.submissions.taken_back_in_30_days;
    if taken_back >= i64::from(quota) {
        let what = format!("{quota} submissions of the last 30 days may be taken back before another can be made");
        return Err(Refused::conflict("quota_reached", what));
    }
    let submission = Submission {
        id: SubmissionId(Uuid::new_v4()),
        account: new.account,
        rep: who.id.clone(),
        stars: new.stars,
        reasons: new.reasons,
        reasons_shared: new.share_reasons,
        note: new.note,
        state,
        cause: None,
        created_at: now,
        version: fresh_version(),
    };
    submissions::insert(writer, &submission).map_err(|error| match error {
        StoreError::Twice(AtMostOne::LiveSubmission) => {
            Refused::conflict("already_submitted", "this account is submitted already")
        }
        other => other.into(),
    })?;
    writer.record(Change {
        actor: who.clone(),
        action: if state == SubmissionState::Draft { "draft" } else { SubmissionAction::Submit.as_str() },
        subject_kind: "submission",
        subject_id: submission.id.to_string(),
        from_state: None,
        to_state: Some(submission.state.as_str()),
    });
    Ok(submission)
}

/// Submissions by id: one's own, or those of the teams managed.
pub fn list(
    reader: &mut Reader<'_>,
    who: &Principal,
    page: Page<SubmissionId>,
) -> Result<Vec<SubmissionView>, Refused> {
    let teams = managed(reader, who)?;
    let of = match who.role {
        Role::Rep => Of::Rep(&who.id),
        Role::Manager => Of::Teams(&teams),
        Role::Admin | Role::Service => {
            return Err(Refused::NotAllowed("submissions are for reps and their managers; counts are in the reports"));
        }
    };
    let found = submissions::list(reader, of, page.after, page.limit)?;
    views(reader, found, who)
}

/// One submission.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: SubmissionId) -> Result<SubmissionView, Refused> {
    let (submission, actor) = find(reader, who, id)?;
    match actor {
        SubmissionActor::Submitter | SubmissionActor::Manager => view(reader, submission, who),
        _ => Err(Refused::NotFound("submission")),
    }
}

/// A submission and who asks, in relation to it; whoever calls this decides who may know of it.
pub(super) fn find(
    reader: &mut Reader<'_>,
    who: &Principal,
    id: SubmissionId,
) -> Result<(Submission, SubmissionActor), Refused> {
    let submission = submissions::one(reader, id)?.ok_or(Refused::NotFound("submission"))?;
    let actor = match who.role {
        Role::Rep if submission.rep == who.id => SubmissionActor::Submitter,
        Role::Manager if roster::manager_of(reader, &submission.rep)?.as_ref() == Some(&who.id) => {
            SubmissionActor::Manager
        }
        Role::Rep | Role::Manager => SubmissionActor::Stranger,
        Role::Admin => SubmissionActor::Admin,
        Role::Service => SubmissionActor::Service,
    };
    Ok((submission, actor))
}

/// Takes a submission back, and with it a proposal that nobody has approved yet.
///
/// The answer is the same whether a proposal was live or had ended without the submitter knowing.
pub fn withdraw(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: SubmissionId,
    if_match: Version,
) -> Result<SubmissionView, Refused> {
    let (submission, actor) = find(writer, who, id)?;
    if !matches!(actor, SubmissionActor::Submitter | SubmissionActor::Manager) {
        return Err(Refused::NotFound("submission"));
    }
    if submission.version != if_match {
        return Err(Refused::Stale);
    }
    let withdrawn = life::advance_submission(writer, who, &submission, SubmissionAction::Withdraw, actor)?;
    for proposal in proposals::live_with(writer, std::slice::from_ref(&submission.account))? {
        // Not in the submitter's own name: their entries of the log must not tell whether it was still live.
        life::advance(writer, &system(), &proposal, ProposalAction::Withdraw, ProposalActor::Party, |_| {})?;
    }
    view(writer, withdrawn, who)
}
