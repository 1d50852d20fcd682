//! The ladder: a rep answers the questions, reads the advice and chooses a path; at check-back they are asked again.
//!
//! In go structured answers or a path; out comes the round as its rep may see it, and nobody else. Holds: a path is
//! chosen only in a round that was asked and is not over; on the paths of reset and education the account is in no pool; a
//! class of abuse goes on record only when the rep takes a path that concerns others. Advice never acts by itself.
//! Deliberately absent: the rules (`config/triage.toml`, evaluated by the domain) and anything colleagues said or did.

mod view;

pub use view::{FactsView, TriageView};

use super::{
    Reader, Refused, Store, Writer, abuse,
    life::{advance_submission, touch_submission},
    parting,
    submit::{self, SubmissionView},
    system,
};
use crate::{
    domain::{
        abuse::{AbuseSource, Standing},
        ids::{AccountId, RepId, SubmissionId, Version},
        principal::Principal,
        submission::{Submission, SubmissionAction, SubmissionActor, SubmissionState},
        triage::{self, Answers, Attempt, BusinessTrend, Facts, Path, is_triage_due},
        units::Cents,
    },
    settings::Settings,
    store::{
        abuse as records,
        audit::Change,
        bounces, roster, submissions,
        triages::{self, Round},
    },
};
use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;
use view::view;

/// How far back a value counts for the trend, in days.
const TREND_DAYS: u64 = 365;

fn choices(answers: &Answers, facts: &Facts) -> Vec<Path> {
    let may_part = triage::may_part(answers, facts);
    Path::ALL.iter().copied().filter(|path| *path != Path::PartWays || may_part).collect()
}

/// The days until a path is looked at again, where it is.
fn check_back_days(settings: &Settings, path: Path) -> Option<Days> {
    match path {
        Path::Reset => Some(settings.triage.reset.check_back_days),
        Path::Educate => Some(settings.triage.educate.check_back_days),
        Path::Swap | Path::PartWays => None,
    }
    .map(|days| Days::new(days.into()))
}

/// Finds a submission for its own rep; others learn that there is one only where they may see it.
fn own(reader: &mut Reader<'_>, who: &Principal, id: SubmissionId) -> Result<Submission, Refused> {
    match submit::find(reader, who, id)? {
        (submission, SubmissionActor::Submitter) => Ok(submission),
        (_, SubmissionActor::Manager) => Err(Refused::NotAllowed("a triage is its rep's own")),
        _ => Err(Refused::NotFound("submission")),
    }
}

fn own_at(reader: &mut Reader<'_>, who: &Principal, id: SubmissionId, seen: Version) -> Result<Submission, Refused> {
    let submission = own(reader, who, id)?;
    if submission.version != seen {
        return Err(Refused::Stale);
    }
    match submission.state {
        SubmissionState::Draft | SubmissionState::Open => Ok(submission),
        SubmissionState::Reserved => {
            Err(Refused::conflict("wrong_state", "this account is in a proposal; answer that or withdraw first"))
        }
        _ => Err(Refused::conflict("already_ended", "this submission has ended")),
    }
}

/// The newest round of a submission, to its own rep.
pub fn one(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    id: SubmissionId,
) -> Result<TriageView, Refused> {
    let submission = own(reader, who, id)?;
    let round = triages::newest(reader, id)?.ok_or(Refused::NotFound("triage"))?;
    Ok(view(settings, round, submission.version))
}

/// Asks the questions: keeps the answers and says what they lead to. An earlier round is over, and what it had set going
/// with the manager is taken back.
pub fn ask(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: SubmissionId,
    answers: Answers,
    if_match: Version,
) -> Result<TriageView, Refused> {
    let submission = own_at(writer, who, id, if_match)?;
    let facts = facts(writer, &submission.account, &who.id)?;
    let advice = triage::advise(&settings.triage, &answers, &facts);
    // The submission's row first, as everywhere, so that no two transactions wait for each other.
    let asked = touch_submission(writer, &submission)?;
    let before = triages::newest(writer, id)?;
    if let Some(before) = before.as_ref().filter(|before| !before.is_over) {
        triages::end(writer, before)?;
        parting::let_go(writer, &asked)?;
    }
    let round = Round {
        submission: id,
        round: before.map_or(1, |before| before.round + 1),
        advice: advice.path,
        rule: advice.rule.to_owned(),
        because: advice.because.to_owned(),
        answers,
        facts,
        made_at: writer.now(),
        path: None,
        check_back_on: None,
        is_over: false,
    };
    triages::insert(writer, &round)?;
    record(writer, who, "triage", &asked);
    Ok(view(settings, round, asked.version))
}

/// Puts on record what is no change of state: an event of its own.
fn record(writer: &mut Writer<'_>, who: &Principal, action: &'static str, submission: &Submission) {
    writer.record(Change {
        actor: who.clone(),
        action,
        subject_kind: "submission",
        subject_id: submission.id.to_string(),
        from_state: None,
        to_state: None,
    });
}

/// What the store knows of an account in its owner's book.
fn facts(reader: &mut Reader<'_>, id: &AccountId, rep: &RepId) -> Result<Facts, Refused> {
    let held = roster::account(reader, id)?.filter(|held| held.account.owner == *rep);
    let account = held.ok_or(Refused::NotFound("account"))?.account;
    let today = reader.now().date_naive();
    let book = triages::book_value(reader, rep)?;
    let before = triages::value_since(reader, id, today - Days::new(TREND_DAYS))?;
    let (planned, kept) = triages::visits(reader, id, rep)?;
    let mut tried_before: BTreeSet<Attempt> = BTreeSet::new();
    for path in triages::checked_back(reader, id, rep)? {
        tried_before.extend(match path {
            Path::Reset => Some(Attempt::Reset),
            Path::Educate => Some(Attempt::Educate),
            Path::Swap | Path::PartWays => None,
        });
    }
    if !bounces::swaps(reader, std::slice::from_ref(id), NaiveDate::default(), today)?.is_empty() {
        tried_before.insert(Attempt::Swap);
    }
    if records::one(reader, id)?.is_some_and(|record| record.warned_on.is_some()) {
        tried_before.insert(Attempt::Warning);
    }
    Ok(Facts {
        share_of_book_percent: triage::percent(account.annual_value_cents, book),
        margin_percent: triage::percent(account.annual_commission_cents, account.annual_value_cents),
        trend: BusinessTrend::of(before, account.annual_value_cents),
        visits_kept_percent: triage::percent(Cents(kept), Cents(planned)),
        tried_before,
        abuse_on_record: match abuse::standing(reader, id)? {
            Standing::Known(severity) => Some(severity),
            Standing::Clean | Standing::Awaiting(_) => None,
        },
    })
}

/// A path, as it comes in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPath {
    /// What you choose, whatever was advised.
    pub path: Path,
}

/// Chooses a path in the round that was asked. To swap puts the account into the pool; a reset or an education takes it out
/// until check-back; to part ways asks the manager.
pub fn choose(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: SubmissionId,
    NewPath { path }: NewPath,
    if_match: Version,
) -> Result<TriageView, Refused> {
    let submission = own_at(writer, who, id, if_match)?;
    let action = match (path, submission.state) {
        (Path::Swap, SubmissionState::Draft) => Some(SubmissionAction::Submit),
        (Path::Reset | Path::Educate | Path::PartWays, SubmissionState::Open) => Some(SubmissionAction::Pause),
        _ => None,
    };
    // The submission's row first, as everywhere: whoever has changed it has the round to themself until the end.
    let chosen = match action {
        Some(action) => advance_submission(writer, who, &submission, action, SubmissionActor::Submitter)?,
        None => touch_submission(writer, &submission)?,
    };
    let due = || Refused::conflict("triage_due", "answer the questions first; a path is chosen once in a round");
    let open = triages::newest(writer, id)?.filter(|round| !round.is_over && round.path.is_none());
    let mut round = open.ok_or_else(due)?;
    if !choices(&round.answers, &round.facts).contains(&path) {
        let detail = "parting ways needs another path tried before, or abuse on record";
        return Err(Refused::conflict("nothing_tried", detail));
    }
    let today = writer.now().date_naive();
    round.check_back_on = check_back_days(settings, path).map(|days| today + days);
    round.path = Some(path);
    triages::choose(writer, &round, path, round.check_back_on)?;
    if let (Path::Swap | Path::PartWays, Some(severity)) = (path, round.answers.abuse) {
        abuse::declare(writer, who, &submission.account, severity, AbuseSource::Rep)?;
    }
    if path == Path::PartWays {
        parting::request(writer, who, &chosen, &round.answers)?;
    }
    record(writer, who, "choose_path", &chosen);
    Ok(view(settings, round, chosen.version))
}

/// Says that the rep and the account get on again; nothing more is asked.
pub fn resolve(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: SubmissionId,
    if_match: Version,
) -> Result<SubmissionView, Refused> {
    let submission = own_at(writer, who, id, if_match)?;
    let resolved = advance_submission(writer, who, &submission, SubmissionAction::Resolve, SubmissionActor::Submitter)?;
    submit::view(writer, resolved, who)
}

/// Ends the rounds whose check-back date has come, so that their reps are asked again; says how many.
pub fn check_back(store: &Store) -> Result<usize, Refused> {
    const BATCH: i64 = 100;
    let mut ended = 0;
    loop {
        let due = store.read(|reader| {
            let today = reader.now().date_naive();
            triages::to_check_back(reader, today, BATCH)
        })?;
        if due.is_empty() {
            return Ok(ended);
        }
        for round in due {
            ended += usize::from(store.write(|writer| end(writer, &round))?);
        }
    }
}

/// Ends one round, unless somebody was faster.
fn end(writer: &mut Writer<'_>, round: &Round) -> Result<bool, Refused> {
    let present = triages::newest(writer, round.submission)?;
    if present.as_ref() != Some(round) {
        return Ok(false);
    }
    if let Some(submission) = submissions::one(writer, round.submission)?.filter(|one| one.state.is_live()) {
        let asked_again = touch_submission(writer, &submission)?;
        record(writer, &system(), "check_back", &asked_again);
    }
    triages::end(writer, round)?;
    Ok(true)
}

/// Refuses to put an account into the pool without the questions answered, or at all where the company has parted with it.
pub(super) fn refuse_unasked(
    reader: &mut Reader<'_>,
    account: &AccountId,
    reasons: &BTreeSet<crate::domain::submission::Reason>,
) -> Result<(), Refused> {
    let today = reader.now().date_naive();
    let came_back = !bounces::bounced(reader, std::slice::from_ref(account), today)?.is_empty();
    if is_triage_due(came_back, reasons) {
        let detail = "an account that came back from a swap, or is called abusive, goes by the ladder: make a draft, \
                      answer the questions and choose a path";
        return Err(Refused::conflict("triage_due", detail));
    }
    Ok(())
}

/// Holds back those of the submissions just imported that have to go by the ladder first.
pub(super) fn hold_back(writer: &mut Writer<'_>, who: &Principal, new: &[SubmissionId]) -> Result<(), Refused> {
    let imported = submissions::some(writer, new)?;
    let accounts: Vec<AccountId> = imported.iter().map(|one| one.account.clone()).collect();
    let today = writer.now().date_naive();
    let back: BTreeSet<AccountId> = bounces::bounced(writer, &accounts, today)?.into_iter().collect();
    for one in imported {
        if is_triage_due(back.contains(&one.account), &one.reasons) {
            advance_submission(writer, who, &one, SubmissionAction::Pause, SubmissionActor::Service)?;
        }
    }
    Ok(())
}

/// Ends the round of a submission whose manager said no to its path, so that its rep is asked again.
pub(super) fn ask_again(writer: &mut Writer<'_>, submission: &Submission) -> Result<(), Refused> {
    if let Some(round) = triages::newest(writer, submission.id)?.filter(|round| !round.is_over) {
        touch_submission(writer, submission)?;
        triages::end(writer, &round)?;
    }
    Ok(())
}
