//! Meetings: a run for one team that its manager shapes before it is published.
//!
//! In go a team and one change after another; out come the moves as they then stand, with the difference to those before.
//! The market is read once, when the meeting begins; each change is planned at once and kept, so that nothing is lost by a
//! restart and any replica can go on. Publishing proposes the moves as a run does.
//!
//! Holds: one open meeting a team; a pin breaks no hard rule and is never for the manager's own benefit; nothing unchecked
//! is saved or proposed; what has changed since the meeting began is left out when it is published.
//! Costs: a change takes two plans of the team's market and their check, in its transaction.
//! Deliberately absent: a batch boundary. A meeting tells nobody what came of earlier proposals.

mod publish;
mod views;

pub use publish::publish;
pub use views::{ChangedMeeting, Difference, MeetingChange, MeetingMove, MeetingSummary, MeetingView, PooledAccount};

use super::{
    AtMostOne, Page, Reader, Refused, Store, StoreError, Writer, fresh_version, me::managed, run::business_date,
    snapshot::snapshot, travel,
};
use crate::{
    domain::{
        ids::{AccountId, MeetingId, TeamId, Version},
        meeting::{self, Meeting, MeetingAction, MeetingActor, MeetingRefusal, MeetingState, Wish},
        policy::Policy,
        principal::{Principal, Role},
    },
    engine::{
        guided::{WishError, guided},
        market::Market,
        plan::{Move, Rule},
        price::PriceError,
    },
    settings::Settings,
    store::{audit::Change, market::Pool, meetings as kept, meetings::Parts},
};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeMap;
use uuid::Uuid;
use views::view;

impl From<MeetingRefusal> for Refused {
    fn from(refusal: MeetingRefusal) -> Self {
        match refusal {
            MeetingRefusal::NotYours => Self::NotFound("meeting"),
            MeetingRefusal::AlreadyEnded => Self::conflict("already_ended", "this meeting is over"),
        }
    }
}

impl From<WishError> for Refused {
    fn from(error: WishError) -> Self {
        let detail = error.to_string();
        match error {
            WishError::NotOffered(_) => Self::conflict("not_in_pool", detail),
            WishError::NoSuchRep(_) => Self::conflict("not_in_pool", detail),
            WishError::PinnedTwice(_) => Self::conflict("already_pinned", detail),
            WishError::CapReached { .. } => Self::conflict("cap_reached", detail),
            WishError::Price(PriceError::Refused(refusals)) => {
                // Whose gain is too small would tell how they rate an account.
                let told = refusals.iter().filter(|refusal| refusal.rule != Rule::GainTooSmall);
                let mut told: Vec<&str> = told.map(|refusal| refusal.detail.as_str()).collect();
                if told.len() < refusals.len() {
                    told.push("not everybody would gain enough");
                }
                Self::conflict("breaks_a_rule", format!("the swap cannot be: {}", told.join("; ")))
            }
            WishError::Price(_) => Self::conflict("breaks_a_rule", detail),
            WishError::WorthNothing => Self::conflict("breaks_a_rule", "not everybody would gain enough"),
            WishError::Unsound(breaches) => {
                breaches.iter().for_each(|breach| tracing::error!(%breach, "the plan does not hold"));
                StoreError::Corrupt(detail).into()
            }
        }
    }
}

/// Refuses whoever does not manage the team.
fn may_lead(reader: &mut Reader<'_>, who: &Principal, team: &TeamId) -> Result<(), Refused> {
    is_for(who)?;
    match managed(reader, who)?.contains(team) {
        true => Ok(()),
        false => Err(Refused::NotFound("team")),
    }
}

/// Refuses everybody but managers, before it shows whether there is a meeting.
fn is_for(who: &Principal) -> Result<(), Refused> {
    match who.role {
        Role::Manager => Ok(()),
        Role::Rep | Role::Admin | Role::Service => Err(Refused::NotAllowed("a meeting is for the team's manager")),
    }
}

/// Begins a meeting of a team with the best plan of its market at this moment.
///
/// Errors: `meeting_open` where the team has one.
pub fn begin(store: &Store, settings: &Settings, who: &Principal, team: &TeamId) -> Result<MeetingView, Refused> {
    begin_and(store, settings, who, team, &|_, _| Ok(()))
}

/// Does what [`begin`] does, and `settle` in the transaction in which it has begun.
pub fn begin_and(
    store: &Store,
    settings: &Settings,
    who: &Principal,
    team: &TeamId,
    settle: &dyn Fn(&mut Writer<'_>, &MeetingView) -> Result<(), Refused>,
) -> Result<MeetingView, Refused> {
    let (mut snapshot, date) = store.read(|reader| {
        may_lead(reader, who, team)?;
        let date = business_date(&settings.night, reader.now());
        Ok::<_, Refused>((snapshot(reader, Pool::Team(team), date)?, date))
    })?;
    snapshot.market.ways = travel::ways(store, settings, &snapshot.market)?;
    let moves = guided(&snapshot.market, &settings.policy, &[])?.into_moves();
    let parts = Parts {
        policy: serde_json::to_string(&settings.policy).expect("a policy is plain numbers"),
        snapshot: json(&snapshot.market),
        ownerships: json(&snapshot.ownerships),
        moves: json(&moves),
    };
    store.write(|writer| {
        // Whoever lost the team while it was planned begins no meeting of it.
        may_lead(writer, who, team)?;
        let meeting = Meeting {
            id: MeetingId(Uuid::new_v4()),
            team: team.clone(),
            started_by: who.id.clone(),
            state: MeetingState::Open,
            business_date: date,
            started_at: writer.now(),
            ended_at: None,
            wishes: Vec::new(),
            proposals: Vec::new(),
            version: fresh_version(),
        };
        kept::insert(writer, &meeting, &parts).map_err(|error| match error {
            StoreError::Twice(AtMostOne::OpenMeeting) => {
                Refused::conflict("meeting_open", "this team has an open meeting; publish or close it first")
            }
            other => other.into(),
        })?;
        record(writer, who, "begin", &meeting, None);
        let view = view(&meeting, &snapshot.market, &moves);
        settle(writer, &view)?;
        Ok(view)
    })
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("engine values have string keys and finite numbers")
}

fn record(
    writer: &mut Writer<'_>,
    who: &Principal,
    action: &'static str,
    meeting: &Meeting,
    from: Option<MeetingState>,
) {
    writer.record(Change {
        actor: who.clone(),
        action,
        subject_kind: "meeting",
        subject_id: meeting.id.to_string(),
        from_state: from.map(MeetingState::as_str),
        to_state: Some(meeting.state.as_str()),
    });
}

/// What a meeting goes by.
struct Basis {
    policy: Policy,
    market: Market,
    ownerships: BTreeMap<AccountId, i64>,
    moves: Vec<Move>,
}

fn basis(reader: &mut Reader<'_>, id: MeetingId) -> Result<Basis, Refused> {
    let Parts { policy, snapshot, ownerships, moves } = kept::parts(reader, id)?.ok_or(Refused::NotFound("meeting"))?;
    // Its market went with a person of it who was erased.
    if snapshot == b"null" {
        return Err(Refused::NotFound("meeting"));
    }
    fn read<T: DeserializeOwned>(id: MeetingId, what: &str, bytes: &[u8]) -> Result<T, StoreError> {
        serde_json::from_slice(bytes)
            .map_err(|error| StoreError::Corrupt(format!("the {what} of meeting {id}: {error}")))
    }
    Ok(Basis {
        policy: read(id, "policy", policy.as_bytes())?,
        market: read(id, "market", &snapshot)?,
        ownerships: read(id, "ownerships", &ownerships)?,
        moves: read(id, "moves", &moves)?,
    })
}

/// A meeting, for the manager of its team.
fn find(reader: &mut Reader<'_>, who: &Principal, id: MeetingId) -> Result<Meeting, Refused> {
    is_for(who)?;
    let meeting = kept::one(reader, id)?.ok_or(Refused::NotFound("meeting"))?;
    may_lead(reader, who, &meeting.team).map_err(|refused| match refused {
        Refused::NotFound(_) => Refused::NotFound("meeting"),
        other => other,
    })?;
    Ok(meeting)
}

/// A meeting about to be changed, and the state it will be in.
fn for_action(
    reader: &mut Reader<'_>,
    who: &Principal,
    id: MeetingId,
    action: MeetingAction,
    if_match: Version,
) -> Result<(Meeting, MeetingState), Refused> {
    let meeting = find(reader, who, id)?;
    let state = meeting::next_state(meeting.state, action, MeetingActor::Manager)?;
    if meeting.version != if_match {
        return Err(Refused::Stale);
    }
    Ok((meeting, state))
}

/// Pins, strikes out or takes back, and plans again.
///
/// Errors: why the wish cannot be, as [`WishError`] has it; `nothing_to_undo`.
pub fn change(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: MeetingId,
    change: &MeetingChange,
    if_match: Version,
) -> Result<ChangedMeeting, Refused> {
    let (before, _) = for_action(writer, who, id, MeetingAction::Change, if_match)?;
    let basis = basis(writer, id)?;
    let mut after = Meeting { version: fresh_version(), ..before.clone() };
    let word = match change.wish() {
        Some(wish) => {
            is_not_own(who, &basis.market, &wish)?;
            let word = wish.word();
            after.wishes.push(wish);
            word
        }
        None => {
            after.wishes.pop().ok_or_else(|| Refused::conflict("nothing_to_undo", "there is nothing to take back"))?;
            "undo"
        }
    };
    let moves = guided(&basis.market, &basis.policy, &after.wishes)?.into_moves();
    kept::change(writer, &before, &after, Some(&json(&moves)))?;
    record(writer, who, word, &after, Some(before.state));
    Ok(views::changed(&before, &after, &basis.market, &basis.moves, &moves))
}

/// Refuses a wish about an account of the manager's own.
fn is_not_own(who: &Principal, market: &Market, wish: &Wish) -> Result<(), Refused> {
    let is_own =
        |account: &AccountId| market.offer_index(account).is_some_and(|at| market.offers[at].account.owner == who.id);
    let concerns = match wish {
        Wish::Pin { accounts } => accounts.iter().any(is_own),
        Wish::StrikeAccount { account } => is_own(account),
        Wish::StrikeCandidate { account, rep } => is_own(account) || *rep == who.id,
    };
    if concerns { Err(Refused::NotAllowed("nobody decides over what they gain from")) } else { Ok(()) }
}

/// Ends a meeting without proposals.
pub fn close(
    writer: &mut Writer<'_>,
    who: &Principal,
    id: MeetingId,
    if_match: Version,
) -> Result<MeetingView, Refused> {
    let (before, state) = for_action(writer, who, id, MeetingAction::Close, if_match)?;
    let ended_at = Some(writer.now());
    let after = Meeting { state, ended_at, version: fresh_version(), ..before.clone() };
    kept::change(writer, &before, &after, None)?;
    record(writer, who, "close", &after, Some(before.state));
    let basis = basis(writer, id)?;
    Ok(view(&after, &basis.market, &basis.moves))
}

/// The meetings of the teams one manages, by id.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<MeetingId>) -> Result<Vec<MeetingSummary>, Refused> {
    is_for(who)?;
    let teams = managed(reader, who)?;
    let found = kept::list(reader, &teams, page.after, page.limit)?;
    Ok(found.iter().map(MeetingSummary::from).collect())
}

/// One meeting, with its moves as they stand.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: MeetingId) -> Result<MeetingView, Refused> {
    let meeting = find(reader, who, id)?;
    let basis = basis(reader, id)?;
    Ok(view(&meeting, &basis.market, &basis.moves))
}
