//! The CRM, asked to carry out changes of owner: what it is asked, asked again, and what follows from what it says.
//!
//! In go a proposal that is on its way, or a message that proved whom it is from; out come the request, or the handover
//! moved on. A request has one id however often it is sent, and says who has each account, so that a CRM which knows
//! otherwise can refuse. It may answer for one account at a time or for all, in any order and more than once; what follows
//! is one function of all that was said (`domain::crm::verdict`). Where it has moved some accounts and never will the
//! others, it is asked to put them back. Holds: every request ends with all accounts moved, with all where they were, or
//! with two people who look; within a day, whatever the CRM does.
//! Deliberately absent: how a request gets there, and who may speak for the CRM.

use super::{attention::put_back, transfer};
use crate::{
    app::{
        Reader, Refused, Store, Writer,
        callbacks::{Callback, CallbackKind, CrmWord},
        life::{advance, touch},
        system,
    },
    domain::{
        closed::closed_list,
        crm::{AskedLeg, CrmAnswer, CrmRequest, Said, Verdict, Way, repeat_after_minutes, verdict},
        event::EventKind,
        ids::{AccountId, CrmRequestId, ProposalId, RepId, WebhookId},
        invalidation::Cause,
        principal::{Principal, Role},
        proposal::{Leg, Proposal, ProposalAction, ProposalActor, ProposalState},
        undo::{Undo, UndoState},
    },
    settings::Settings,
    store::{StoreError, audit::Change, crm, proposals, roster, undos},
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;
use uuid::Uuid;

/// How many requests are asked again at a time.
const BATCH: i64 = 100;

closed_list! {
    /// What a message from the CRM led to.
    CrmTaken {
        /// It is kept; nothing follows from it, or not yet.
        Noted = "noted",
        /// All of it was said before.
        Known = "known",
        /// All is carried out; the accounts have changed hands.
        CarriedOut = "carried_out",
        /// Nothing is carried out; all accounts are where they were.
        Returned = "returned",
        /// Some accounts are to go back where they were; another request says which.
        Restoring = "restoring",
        /// What was said cannot be; two people must look.
        NeedsAttention = "needs_attention",
    }
}

/// What the CRM was asked last, and what it has said; to those who decide, and to itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CrmView {
    /// The request.
    pub request: CrmRequestId,
    /// Where the accounts are to go.
    pub way: Way,
    /// When it was asked first.
    pub asked_at: DateTime<Utc>,
    /// Its accounts.
    pub legs: Vec<CrmLegView>,
}

/// One account of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CrmLegView {
    /// The account.
    pub account: AccountId,
    /// Who has it, as we know.
    pub expected_owner: RepId,
    /// Who is to have it.
    pub new_owner: RepId,
    /// What the CRM has said first.
    pub answer: Option<CrmAnswer>,
    /// Who has it, as the CRM said.
    pub owner: Option<RepId>,
    /// When it said so.
    pub answered_at: Option<DateTime<Utc>>,
    /// Whether it said something else later.
    pub is_contradicted: bool,
}

impl From<CrmRequest> for CrmView {
    fn from(request: CrmRequest) -> Self {
        Self {
            request: request.id,
            way: request.way,
            asked_at: request.asked_at,
            legs: request.legs.into_iter().map(leg_view).collect(),
        }
    }
}

fn leg_view(leg: AskedLeg) -> CrmLegView {
    let (answer, owner, answered_at) = match leg.said {
        Some(said) => (Some(said.answer), Some(said.owner), Some(said.at)),
        None => (None, None, None),
    };
    CrmLegView {
        account: leg.account,
        expected_owner: leg.expected_owner,
        new_owner: leg.new_owner,
        answer,
        owner,
        answered_at,
        is_contradicted: leg.is_contradicted,
    }
}

/// Asks the CRM to bring some accounts of a proposal somewhere.
pub(super) fn ask(
    writer: &mut Writer<'_>,
    settings: &Settings,
    proposal: &Proposal,
    way: Way,
    is_meant: impl Fn(&Leg) -> bool,
    effective_on: Option<NaiveDate>,
) -> Result<(), Refused> {
    let number = crm::newest(writer, proposal.id)?.map_or(0, |last| last.number + 1);
    let legs = proposal.legs.iter().filter(|leg| is_meant(leg)).map(|leg| {
        let (expected_owner, new_owner) = match way {
            Way::There => (leg.from.clone(), leg.to.clone()),
            Way::Back | Way::Restore => (leg.to.clone(), leg.from.clone()),
        };
        let account = leg.account.clone();
        AskedLeg { leg: leg.position, account, expected_owner, new_owner, said: None, is_contradicted: false }
    });
    let asked_at = writer.now();
    let request = CrmRequest {
        id: CrmRequestId(Uuid::new_v4()),
        proposal: proposal.id,
        number,
        way,
        asked_at,
        repeats: 0,
        repeat_at: Some(next_repeat(settings, asked_at, 0)),
        legs: legs.collect(),
    };
    crm::insert(writer, &request)?;
    announce(writer, &request, effective_on);
    Ok(())
}

fn next_repeat(settings: &Settings, asked_at: DateTime<Utc>, repeats: u32) -> DateTime<Utc> {
    let minutes = repeat_after_minutes(settings.crm.repeat_after_minutes, repeats);
    asked_at + Duration::minutes(i64::try_from(minutes).unwrap_or(i64::MAX / 1_000_000))
}

fn announce(writer: &mut Writer<'_>, request: &CrmRequest, effective_on: Option<NaiveDate>) {
    let legs: Vec<_> = request
        .legs
        .iter()
        .map(|leg| json!({"account": leg.account, "expected_owner": leg.expected_owner, "new_owner": leg.new_owner}))
        .collect();
    let details = json!({
        "request": request.id,
        "proposal": request.proposal,
        "way": request.way,
        "effective_on": effective_on,
        "legs": legs,
    });
    let change = Change {
        actor: system(),
        action: "execute",
        subject_kind: "handover",
        subject_id: request.proposal.to_string(),
        from_state: None,
        to_state: None,
    };
    writer.record_with(change, details);
}

/// Whether the answer to a request of this way is waited for.
fn is_awaited(proposal: &Proposal, undo: &Undo, way: Way) -> bool {
    match proposal.state {
        ProposalState::Executing => way != Way::Back,
        ProposalState::OnTrial => way == Way::Back && undo.state == UndoState::Executing,
        _ => false,
    }
}

/// Whether somebody waits for the answer to a request: it is the newest, and its proposal is still on that way.
fn is_waited_for(reader: &mut Reader<'_>, request: &CrmRequest, proposal: &Proposal) -> Result<bool, Refused> {
    let is_newest = crm::newest(reader, proposal.id)?.is_some_and(|newest| newest.id == request.id);
    Ok(is_newest && is_awaited(proposal, &undos::of(reader, proposal.id)?, request.way))
}

/// The part of a request's event that names it.
#[derive(Deserialize)]
struct Named {
    request: CrmRequestId,
}

/// Whether an event may still be sent, by what it says: a request that nobody waits for any more may not.
pub(in crate::app) fn is_still_meant(
    reader: &mut Reader<'_>,
    kind: EventKind,
    details: Option<&str>,
) -> Result<bool, Refused> {
    if kind != EventKind::HandoverExecute {
        return Ok(true);
    }
    let named = details.and_then(|text| serde_json::from_str::<Named>(text).ok());
    let Some(named) = named else { return Ok(false) };
    let Some(request) = crm::one(reader, named.request)? else { return Ok(false) };
    match proposals::one(reader, request.proposal)? {
        Some(proposal) => is_waited_for(reader, &request, &proposal),
        None => Ok(false),
    }
}

/// Asks again what is waited for and due, and returns how many requests that was.
pub(in crate::app) fn ask_again(store: &Store, settings: &Settings) -> Result<usize, Refused> {
    let due = store.read(|reader| crm::to_repeat(reader, BATCH))?;
    let mut asked = 0;
    for (id, proposal) in due {
        asked += usize::from(store.write(|writer| {
            proposals::hold(writer, proposal)?;
            let (Some(request), Some(proposal)) = (crm::one(writer, id)?, proposals::one(writer, proposal)?) else {
                return Ok::<_, Refused>(false);
            };
            // Another process may have asked again since it was found.
            if request.repeat_at.is_none_or(|at| at > writer.now()) {
                return Ok(false);
            }
            let is_waited_for = is_waited_for(writer, &request, &proposal)?;
            let mut after = request.clone();
            if is_waited_for {
                after.repeats += 1;
                after.repeat_at = Some(next_repeat(settings, request.asked_at, after.repeats));
                let day = match request.way {
                    Way::Back => undos::of(writer, proposal.id)?.effective_on,
                    Way::There | Way::Restore => proposal.effective_on,
                };
                announce(writer, &request, day);
            } else {
                after.repeat_at = None;
            }
            crm::repeat(writer, &request, &after)?;
            Ok(is_waited_for)
        })?);
    }
    Ok(asked)
}

/// Gives up waiting for the CRM's word on a proposal that went out too long ago: two people must look.
pub(in crate::app) fn stop_waiting(writer: &mut Writer<'_>, proposal: &Proposal) -> Result<bool, Refused> {
    let undo = undos::of(writer, proposal.id)?;
    let is_waiting = [Way::There, Way::Back].iter().any(|way| is_awaited(proposal, &undo, *way));
    if is_waiting {
        transfer::disagree(writer, proposal, Cause::CrmSilent)?;
    }
    Ok(is_waiting)
}

/// Whether what the CRM has said of the request under way keeps somebody from saying that all of it is carried out.
pub(super) fn speaks_against(reader: &mut Reader<'_>, proposal: ProposalId) -> Result<bool, Refused> {
    let newest = crm::newest(reader, proposal)?;
    Ok(newest.is_some_and(|request| request.way == Way::Restore || request.speaks_against()))
}

/// Takes what the CRM says of a request, and does what follows.
pub(in crate::app) fn hear(
    writer: &mut Writer<'_>,
    settings: &Settings,
    from: WebhookId,
    said: &Callback,
) -> Result<CrmTaken, Refused> {
    let missing = || Refused::NotFound("request");
    let id = said.data.request;
    let proposal = crm::one(writer, id)?.ok_or_else(missing)?.proposal;
    // Two answers at once must see each other.
    proposals::hold(writer, proposal)?;
    let proposal = proposals::one(writer, proposal)?.ok_or_else(missing)?;
    let mut request = crm::one(writer, id)?.ok_or_else(missing)?;
    let answer = match said.r#type {
        CallbackKind::Applied => CrmAnswer::Applied,
        CallbackKind::Refused => CrmAnswer::Refused,
    };
    let news = note(writer, &mut request, answer, &said.data.legs)?;
    if news.is_empty() {
        return Ok(CrmTaken::Known);
    }
    let who = Principal { id: from.to_string().parse().map_err(StoreError::from)?, role: Role::Service };
    writer.record(Change {
        actor: who.clone(),
        action: match answer {
            CrmAnswer::Applied => "say_applied",
            CrmAnswer::Refused => "say_refused",
        },
        subject_kind: "crm_request",
        subject_id: format!("{}/{id}", proposal.id),
        from_state: None,
        to_state: None,
    });
    follow(writer, settings, &who, &proposal, &request, &news)
}

/// A leg of which something new was said.
struct News {
    leg: AskedLeg,
    /// Who has the account, as was said now; what was said first stands in the leg.
    owner: RepId,
}

/// Writes what is new of an answer; returns the legs it is news of.
fn note(
    writer: &mut Writer<'_>,
    request: &mut CrmRequest,
    answer: CrmAnswer,
    words: &[CrmWord],
) -> Result<Vec<News>, Refused> {
    if words.is_empty() {
        return Err(Refused::invalid("/data/legs", "nothing", "an account of the request at least"));
    }
    let (id, at) = (request.id, writer.now());
    let mut news = Vec::new();
    for (place, word) in words.iter().enumerate() {
        let field = || format!("/data/legs/{place}/account");
        if words[..place].iter().any(|before| before.account == word.account) {
            return Err(Refused::invalid(field(), word.account.as_str(), "each account once"));
        }
        let leg = request.legs.iter_mut().find(|leg| leg.account == word.account);
        let leg = leg.ok_or_else(|| Refused::invalid(field(), word.account.as_str(), "an account of the request"))?;
        match &leg.said {
            None => leg.said = Some(Said { answer, owner: word.owner.clone(), at }),
            Some(first) if first.answer == answer && first.owner == word.owner => continue,
            Some(_) if leg.is_contradicted => continue,
            Some(_) => leg.is_contradicted = true,
        }
        crm::change_leg(writer, id, leg)?;
        news.push(News { leg: leg.clone(), owner: word.owner.clone() });
    }
    Ok(news)
}

/// Does what follows from what is known of a request, of which `news` is new.
fn follow(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    proposal: &Proposal,
    request: &CrmRequest,
    news: &[News],
) -> Result<CrmTaken, Refused> {
    if !is_waited_for(writer, request, proposal)? {
        return late(writer, proposal, news);
    }
    let undo = undos::of(writer, proposal.id)?;
    let by = ProposalActor::Service;
    let (after, taken) = match (verdict(request), request.way) {
        (Verdict::Wait, _) => (touch(writer, proposal, |_| {})?, CrmTaken::Noted),
        (Verdict::CarriedOut, Way::There) => {
            (transfer::confirm_transfer(writer, settings, who, proposal, by)?, CrmTaken::CarriedOut)
        }
        (Verdict::CarriedOut, Way::Back) => {
            (transfer::confirm_return(writer, settings, who, proposal, by, &undo)?, CrmTaken::CarriedOut)
        }
        (Verdict::CarriedOut, Way::Restore) | (Verdict::Nothing, _) => {
            (give_up(writer, who, proposal)?, CrmTaken::Returned)
        }
        (Verdict::Restore(legs), _) => {
            let touched = touch(writer, proposal, |_| {})?;
            let is_meant = |leg: &Leg| legs.contains(&leg.position);
            ask(writer, settings, &touched, Way::Restore, is_meant, proposal.effective_on)?;
            (touched, CrmTaken::Restoring)
        }
        (Verdict::Disagree(cause), _) => (transfer::disagree(writer, proposal, cause)?, CrmTaken::NeedsAttention),
    };
    Ok(if after.state == ProposalState::NeedsAttention { CrmTaken::NeedsAttention } else { taken })
}

/// What comes when nobody waits for it: where it says that an account is elsewhere than it should be, somebody must look.
/// What has ended stays as it ended; people are told all the same.
fn late(writer: &mut Writer<'_>, proposal: &Proposal, news: &[News]) -> Result<CrmTaken, Refused> {
    let receiver = |leg: &AskedLeg| proposal.legs.iter().find(|own| own.position == leg.leg).map(|own| &own.to);
    let is_wrong = match proposal.state {
        ProposalState::Executing => true,
        ProposalState::OnTrial => {
            let is_elsewhere =
                |leg: &AskedLeg| leg.is_contradicted || leg.said.as_ref().map(|said| &said.owner) != receiver(leg);
            news.iter().any(|news| is_elsewhere(&news.leg))
        }
        ProposalState::Completed => return ended(writer, proposal, news, |own| &own.to),
        ProposalState::Undone => return ended(writer, proposal, news, |own| &own.from),
        _ => false,
    };
    if is_wrong {
        transfer::disagree(writer, proposal, Cause::AccountReassigned)?;
        return Ok(CrmTaken::NeedsAttention);
    }
    touch(writer, proposal, |_| {})?;
    Ok(CrmTaken::Noted)
}

/// What comes when all is over, and the accounts went to `whose` side: people are told where it says that one is neither
/// there nor where it is today.
fn ended(
    writer: &mut Writer<'_>,
    proposal: &Proposal,
    news: &[News],
    whose: fn(&Leg) -> &RepId,
) -> Result<CrmTaken, Refused> {
    let mut is_elsewhere = false;
    for News { leg, owner } in news {
        let own = proposal.legs.iter().find(|own| own.position == leg.leg).map(whose);
        let today = roster::account(writer, &leg.account)?.map(|held| held.account.owner);
        is_elsewhere |= own != Some(owner) && today.as_ref() != Some(owner);
    }
    touch(writer, proposal, |_| {})?;
    if !is_elsewhere {
        return Ok(CrmTaken::Noted);
    }
    writer.record(Change {
        actor: system(),
        action: "contradict",
        subject_kind: "handover",
        subject_id: proposal.id.to_string(),
        from_state: None,
        to_state: None,
    });
    tracing::warn!(proposal = %proposal.id, "the CRM says that accounts are elsewhere than where a handover ended");
    Ok(CrmTaken::NeedsAttention)
}

/// Ends a change of owner of which nothing was carried out, or nothing is any more.
fn give_up(writer: &mut Writer<'_>, who: &Principal, proposal: &Proposal) -> Result<Proposal, Refused> {
    let ended = advance(writer, who, proposal, ProposalAction::Return, ProposalActor::Service, |proposal| {
        (proposal.cause, proposal.sent_at, proposal.alarmed_at) = (Some(Cause::CrmRefused), None, None);
    })?;
    put_back(writer, &ended)?;
    Ok(ended)
}
