//! Direct swaps: asking a chosen colleague whether the two might swap, and looking.
//!
//! In goes a rep's question or answer; out comes the question as its reader may see it. Where the colleague looks, the next
//! batch has the engine find the best swap of the asker's account for one of theirs, checked like every other, and it
//! becomes an ordinary proposal. Nobody learns which accounts the other has submitted unless there is a swap.
//!
//! Holds: until a batch, nothing that the asker may read or try depends on what the colleague did: not the view, its entity
//! tag, what may be asked next, nor any list. If nothing comes of it, that shows at the first batch boundary after the time
//! to answer, whatever the reason. A question that is taken back ends for the colleague as if nothing had been found.
//! Deliberately absent: giving the month's question back with it, or asking the same colleague anew before it has ended:
//! two questions at a time would tell the colleague that one was taken back.

use super::{
    AtMostOne, Page, Reader, Refused, StoreError, Writer, fresh_version, propose::propose, run::business_date,
    snapshot::snapshot, system, travel::ways_at_hand,
};
use crate::{
    domain::{
        direct::{
            self, DirectSwap, DirectSwapAction, DirectSwapActor, DirectSwapRefusal, DirectSwapState, ReceivedStatus,
            SentStatus,
        },
        ids::{AccountId, DirectSwapId, ProposalId, RepId, SubmissionId, TeamId, Version},
        principal::{Principal, Role},
        submission::{Submission, SubmissionState},
    },
    engine::rematch::best_swaps_with,
    settings::Settings,
    store::{audit::Change, direct as kept, market::Pool, roster, submissions},
};
use chrono::{DateTime, Datelike, Duration, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

impl From<DirectSwapRefusal> for Refused {
    fn from(refusal: DirectSwapRefusal) -> Self {
        match refusal {
            DirectSwapRefusal::NotYours => {
                Self::NotAllowed("the colleague answers a question, and its asker takes it back")
            }
            DirectSwapRefusal::AlreadyAnswered => Self::conflict("already_decided", "you have answered this"),
            DirectSwapRefusal::AlreadyEnded => Self::conflict("expired", "the time to answer is over"),
            DirectSwapRefusal::TooEarly => Self::conflict("too_early", "the colleague has not looked"),
        }
    }
}

/// A question, as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewDirectSwap {
    /// Your own open submission: the account you would give.
    pub submission: SubmissionId,
    /// The colleague.
    pub colleague: RepId,
}

/// A direct swap as its reader may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum DirectSwapView {
    /// For the rep who asked.
    Sent(SentView),
    /// For the rep who was asked.
    Received(ReceivedView),
}

/// What the rep who asked sees.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct SentView {
    /// Its id.
    pub id: DirectSwapId,
    /// All that the asker learns of its state.
    pub status: SentStatus,
    /// What they would give.
    pub submission: SubmissionId,
    /// Whom they asked.
    pub colleague: RepId,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// The last moment to answer; if nothing comes of it, that shows at the first batch boundary after it.
    pub answer_by: DateTime<Utc>,
    /// The proposal it became.
    pub proposal: Option<ProposalId>,
    /// New whenever what the asker sees changes.
    pub version: Version,
}

/// What the rep who was asked sees.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReceivedView {
    /// Its id.
    pub id: DirectSwapId,
    /// Where it stands.
    pub status: ReceivedStatus,
    /// Who asks, where the policy has them named before there is a proposal.
    pub asker: Option<String>,
    /// When.
    pub asked_at: DateTime<Utc>,
    /// The last moment to answer.
    pub answer_by: DateTime<Utc>,
    /// The proposal it became.
    pub proposal: Option<ProposalId>,
    /// New whenever what the colleague sees changes.
    pub version: Version,
}

impl DirectSwapView {
    /// Its id.
    pub fn id(&self) -> DirectSwapId {
        match self {
            Self::Sent(view) => view.id,
            Self::Received(view) => view.id,
        }
    }

    /// The version that stands in the reader's `ETag`.
    pub fn version(&self) -> Version {
        match self {
            Self::Sent(view) => view.version,
            Self::Received(view) => view.version,
        }
    }
}

fn view(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    swap: DirectSwap,
) -> Result<DirectSwapView, Refused> {
    if swap.asker == who.id {
        return Ok(DirectSwapView::Sent(SentView {
            id: swap.id,
            status: swap.sent(),
            submission: swap.submission,
            colleague: swap.colleague,
            asked_at: swap.asked_at,
            answer_by: swap.answer_by,
            proposal: swap.proposal,
            version: swap.asker_version,
        }));
    }
    let asker = match settings.direct_swaps.asker_is_named {
        true => roster::rep(reader, &swap.asker)?.map(|rep| rep.name),
        false => None,
    };
    Ok(DirectSwapView::Received(ReceivedView {
        id: swap.id,
        status: swap.received(),
        asker,
        asked_at: swap.asked_at,
        answer_by: swap.answer_by,
        proposal: swap.proposal,
        version: swap.colleague_version,
    }))
}

/// Refuses everybody but reps, before it shows whether there is a question.
fn is_for(who: &Principal) -> Result<(), Refused> {
    match who.role {
        Role::Rep => Ok(()),
        Role::Manager | Role::Admin | Role::Service => {
            Err(Refused::NotAllowed("direct swaps are between reps; what comes of them is a proposal"))
        }
    }
}

/// Asks a colleague. Whether they have submitted anything, are away, or are asked by others makes no difference here.
///
/// Errors: `already_asked` where the asker's last question to this colleague is not over, as far as they know;
/// `quota_reached` where the month's questions are used up.
pub fn ask(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    new: NewDirectSwap,
) -> Result<DirectSwapView, Refused> {
    is_for(who)?;
    let own = submissions::one(writer, new.submission)?.filter(|submission| submission.rep == who.id);
    let own = own.ok_or(Refused::NotFound("submission"))?;
    if new.colleague == who.id {
        return Err(Refused::invalid("/colleague", "yourself", "a colleague"));
    }
    roster::rep(writer, &new.colleague)?.filter(|rep| rep.active).ok_or(Refused::NotFound("rep"))?;
    if own.state != SubmissionState::Open {
        return Err(Refused::conflict("wrong_state", "the submission is not open"));
    }
    let now = writer.now();
    let month = business_date(&settings.night, now).with_day(1).expect("every month has a first day");
    let asked = kept::asked_in(writer, &who.id, month)?;
    let quota = settings.direct_swaps.questions_a_month;
    if asked >= quota {
        return Err(Refused::conflict("quota_reached", format!("{quota} colleagues may be asked in a month")));
    }
    let swap = DirectSwap {
        id: DirectSwapId(Uuid::new_v4()),
        asker: who.id.clone(),
        submission: own.id,
        colleague: new.colleague,
        state: DirectSwapState::Asked,
        month,
        turn: asked + 1,
        asked_at: now,
        answer_by: now + Duration::hours(settings.direct_swaps.answer_within_hours.into()),
        withdrawn_at: None,
        revealed_at: None,
        proposal: None,
        asker_version: fresh_version(),
        colleague_version: fresh_version(),
    };
    kept::insert(writer, &swap).map_err(|error| match error {
        StoreError::Twice(AtMostOne::Question) => {
            Refused::conflict("already_asked", "your last question to this colleague is not over")
        }
        // Another question took this turn: count again.
        StoreError::Twice(AtMostOne::Turn) => StoreError::Raced.into(),
        other => other.into(),
    })?;
    record(writer, who, "ask", &swap, None);
    view(writer, settings, who, swap)
}

fn record(
    writer: &mut Writer<'_>,
    who: &Principal,
    action: &'static str,
    swap: &DirectSwap,
    from: Option<DirectSwapState>,
) {
    writer.record(Change {
        actor: who.clone(),
        action,
        subject_kind: "direct_swap",
        subject_id: swap.id.to_string(),
        from_state: from.map(DirectSwapState::as_str),
        to_state: Some(swap.state.as_str()),
    });
}

/// The questions one has asked or was asked, by id.
pub fn list(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    page: Page<DirectSwapId>,
) -> Result<Vec<DirectSwapView>, Refused> {
    is_for(who)?;
    let found = kept::list(reader, &who.id, page.after, page.limit)?;
    found.into_iter().map(|swap| view(reader, settings, who, swap)).collect()
}

/// One question.
pub fn one(
    reader: &mut Reader<'_>,
    settings: &Settings,
    who: &Principal,
    id: DirectSwapId,
) -> Result<DirectSwapView, Refused> {
    let (swap, _) = find(reader, who, id)?;
    view(reader, settings, who, swap)
}

fn find(reader: &mut Reader<'_>, who: &Principal, id: DirectSwapId) -> Result<(DirectSwap, DirectSwapActor), Refused> {
    is_for(who)?;
    let swap = kept::one(reader, id)?.ok_or(Refused::NotFound("direct swap"))?;
    match who.id {
        ref asker if *asker == swap.asker => Ok((swap, DirectSwapActor::Asker)),
        ref colleague if *colleague == swap.colleague => Ok((swap, DirectSwapActor::Colleague)),
        _ => Err(Refused::NotFound("direct swap")),
    }
}

/// Agrees to look: at the next batch, the best swap of the asker's account for one of the colleague's is proposed to both,
/// where one keeps every rule.
///
/// Errors: `nothing_submitted` where the colleague has no open account to give.
pub fn look(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: DirectSwapId,
    if_match: Version,
) -> Result<DirectSwapView, Refused> {
    answer(writer, settings, who, id, DirectSwapAction::Look, if_match)
}

/// Declines to look. To the asker nothing changes before the first batch boundary after the time to answer.
pub fn decline(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: DirectSwapId,
    if_match: Version,
) -> Result<DirectSwapView, Refused> {
    answer(writer, settings, who, id, DirectSwapAction::Decline, if_match)
}

fn answer(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: DirectSwapId,
    action: DirectSwapAction,
    if_match: Version,
) -> Result<DirectSwapView, Refused> {
    let (before, actor) = find(writer, who, id)?;
    let state = direct::next_state(before.state, action, actor)?;
    if before.colleague_version != if_match {
        return Err(Refused::Stale);
    }
    if writer.now() >= before.answer_by {
        return Err(DirectSwapRefusal::AlreadyEnded.into());
    }
    if action == DirectSwapAction::Look && submissions::open_of(writer, &who.id)?.is_empty() {
        return Err(Refused::conflict("nothing_submitted", "submit an account of your own first, to have one to give"));
    }
    let after = DirectSwap { state, colleague_version: fresh_version(), ..before.clone() };
    kept::change(writer, &before, &after)?;
    record(writer, who, action.as_str(), &after, Some(before.state));
    view(writer, settings, who, after)
}

/// Takes a question back, as the rep who asked it. To the colleague nothing changes, and they may go on answering; no swap
/// is looked for any more.
///
/// Errors: `already_ended` where the asker knows what came of it, or took it back before.
pub fn withdraw(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: DirectSwapId,
    if_match: Version,
) -> Result<DirectSwapView, Refused> {
    let (before, actor) = find(writer, who, id)?;
    if actor == DirectSwapActor::Asker && before.sent() != SentStatus::Sent {
        return Err(Refused::conflict("already_ended", "this question is over"));
    }
    let action = DirectSwapAction::Withdraw;
    let state = direct::next_state(before.state, action, actor)?;
    if before.asker_version != if_match {
        return Err(Refused::Stale);
    }
    let withdrawn_at = Some(writer.now());
    let after = DirectSwap { state, withdrawn_at, asker_version: fresh_version(), ..before.clone() };
    kept::change(writer, &before, &after)?;
    record(writer, who, action.as_str(), &after, Some(before.state));
    view(writer, settings, who, after)
}

/// What a batch does, before it takes its snapshot: proposes the swaps of those who looked, and tells the askers what
/// nothing came of. Only of or to reps of `team` where one is given.
pub(super) fn conclude(writer: &mut Writer<'_>, settings: &Settings, team: Option<&TeamId>) -> Result<(), Refused> {
    for swap in kept::due(writer, team)? {
        let found = match swap.state {
            DirectSwapState::Looked => find_swap(writer, settings, &swap)?,
            _ => swap,
        };
        let is_over = writer.now() >= found.answer_by && found.revealed_at.is_none();
        if is_over && found.state != DirectSwapState::Looked {
            reveal(writer, &found)?;
        }
    }
    Ok(())
}

/// Looks for the swap of a question that the colleague agreed to look at.
///
/// Where travel times are missing it stays as it is until the next batch.
fn find_swap(writer: &mut Writer<'_>, settings: &Settings, before: &DirectSwap) -> Result<DirectSwap, Refused> {
    let proposal = match best_proposal(writer, settings, before) {
        Err(Refused::NoTravelTimes(why)) => {
            tracing::warn!(why, "a direct swap awaits the next batch");
            return Ok(before.clone());
        }
        found => found?,
    };
    let action = if proposal.is_some() { DirectSwapAction::Find } else { DirectSwapAction::FindNothing };
    let state = direct::next_state(before.state, action, DirectSwapActor::System)?;
    let mut after = DirectSwap { state, proposal, ..before.clone() };
    if after.proposal.is_some() {
        after.revealed_at = Some(writer.now());
        (after.asker_version, after.colleague_version) = (fresh_version(), fresh_version());
    }
    kept::change(writer, before, &after)?;
    record(writer, &system(), action.as_str(), &after, Some(before.state));
    Ok(after)
}

/// Proposes the best swap of the asker's account for one of the colleague's, where one keeps every rule.
fn best_proposal(
    writer: &mut Writer<'_>,
    settings: &Settings,
    swap: &DirectSwap,
) -> Result<Option<ProposalId>, Refused> {
    let is_open = |one: &Submission| one.state == SubmissionState::Open && swap.withdrawn_at.is_none();
    let Some(own) = submissions::one(writer, swap.submission)?.filter(is_open) else { return Ok(None) };
    let theirs = submissions::open_of(writer, &swap.colleague)?;
    let accounts: Vec<AccountId> =
        theirs.iter().map(|submission| &submission.account).chain([&own.account]).cloned().collect();
    let date = business_date(&settings.night, writer.now());
    let mut snapshot = snapshot(writer, Pool::Accounts(&accounts), date)?;
    snapshot.market.ways = ways_at_hand(writer, settings, &snapshot.market)?;
    match best_swaps_with(&snapshot.market, &settings.policy, std::slice::from_ref(&own.account)) {
        Ok(best) => {
            let proposed = propose(writer, settings, None, &best, &snapshot.market, &snapshot.ownerships)?;
            Ok(proposed.first().map(|proposal| proposal.id))
        }
        Err(breaches) => {
            breaches.iter().for_each(|breach| tracing::error!(%breach, "the direct swap does not hold"));
            Ok(None)
        }
    }
}

/// Tells the asker that nothing came of a question, and lets it lapse where nobody has answered it.
fn reveal(writer: &mut Writer<'_>, before: &DirectSwap) -> Result<(), Refused> {
    let state = match before.state {
        DirectSwapState::Asked => direct::next_state(before.state, DirectSwapAction::Expire, DirectSwapActor::System)?,
        ended => ended,
    };
    let mut after = DirectSwap { state, revealed_at: Some(writer.now()), ..before.clone() };
    if after.sent() != before.sent() {
        after.asker_version = fresh_version();
    }
    if after.received() != before.received() {
        after.colleague_version = fresh_version();
    }
    kept::change(writer, before, &after)?;
    record(writer, &system(), "reveal", &after, Some(before.state));
    Ok(())
}
