//! Overrides: what a manager may decide beyond the ordinary course, each with a reason code and a note.
//!
//! In go an order and, where it is about a proposal, the version seen; out comes the override as it now stands. Its
//! effect goes through the same state machines and hard rules as everything else. A forced move across teams, and unless
//! the approval policy says otherwise one over a rep's decline, awaits a second manager.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `target` | what an order is about |
//! | `effects`, `force` | what each kind does |
//! | `rematch` | those it displaces, and their next moves |
//! | `settle` | the second manager |
//! | `price` | what it would do |
//! | `read`, `review`, `report` | who sees it, what they think of it afterwards, and the counts |
//!
//! Deliberately absent: anything past a hard rule.

mod effects;
mod force;
mod price;
mod read;
mod rematch;
mod report;
mod review;
mod settle;
mod target;

pub use price::{BlockingPairs, OverridePrice, PricedMove, PricedParty, Standing, price, price_of_second};
pub use read::{list, one};
pub use report::{CodedOverrides, ManagerOverrides, OverrideReport, report};
pub use review::{NewReview, ReviewView, review};
pub use settle::settle;

use super::{
    AtMostOne, Page, Reader, Refused, StoreError, Writer, abuse, decide, fresh_version, handover, life, me, people,
    proposals, propose, run, snapshot, system, terms, travel,
};
use crate::{
    domain::{
        ids::{AccountId, OverrideId, ProposalId, RepId, Version},
        overrides::{Override, OverrideKind, OverrideRefusal, OverrideState, ReasonCode},
        principal::{Principal, Role},
    },
    settings::Settings,
    store::{audit::Change, overrides as kept},
};
use chrono::{DateTime, Utc};
use effects::carry_out;
use force::{force, needs_second, parties};
use serde::{Deserialize, Serialize};
use target::Target;
use utoipa::ToSchema;
use uuid::Uuid;

/// The longest note, in bytes.
pub const MAX_NOTE_BYTES: usize = 4000;

/// The longest extension of an expiry, in hours.
pub const MAX_EXTENSION_HOURS: u32 = 240;

impl From<OverrideRefusal> for Refused {
    fn from(refusal: OverrideRefusal) -> Self {
        match refusal {
            OverrideRefusal::NotYours => Self::NotAllowed("this override is not yours to settle"),
            OverrideRefusal::SamePerson => Self::NotAllowed("the second manager must be another person"),
            OverrideRefusal::OwnBenefit => Self::NotAllowed("nobody decides over what they gain from"),
            OverrideRefusal::AlreadySettled => Self::conflict("already_settled", "this override is settled"),
        }
    }
}

/// An order, as it comes in. Which fields a kind needs: `approve`, `veto`, `extend` a proposal; `accept_for_absent` a
/// proposal and the absent rep; `freeze`, `release` an account; `forbid` an account and a rep; `force` two accounts.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOverride {
    /// What is ordered.
    pub kind: OverrideKind,
    /// The proposal it is about.
    pub proposal: Option<ProposalId>,
    /// The accounts it is about.
    #[serde(default)]
    pub accounts: Vec<AccountId>,
    /// The rep it is about.
    pub rep: Option<RepId>,
    /// Hours to add to the expiry; 1 to 240.
    pub hours: Option<u32>,
    /// Why, by code.
    pub reason: ReasonCode,
    /// Why, in words; not empty.
    #[schema(min_length = 1, max_length = 4000)]
    pub note: String,
}

/// An override, as managers and admins see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OverrideView {
    /// Its id.
    pub id: OverrideId,
    /// What was ordered.
    pub kind: OverrideKind,
    /// The proposal it is about; for a forced move, the one it made.
    pub proposal: Option<ProposalId>,
    /// The accounts it is about.
    pub accounts: Vec<AccountId>,
    /// The rep it is about.
    pub rep: Option<RepId>,
    /// Why, by code.
    pub reason: ReasonCode,
    /// Why, in words.
    pub note: String,
    /// Who ordered it.
    pub author: RepId,
    /// Who agreed or disagreed as the second manager.
    pub second: Option<RepId>,
    /// Where it stands.
    pub state: OverrideState,
    /// When it was ordered.
    pub created_at: DateTime<Utc>,
    /// What somebody else thinks of it.
    pub review: Option<ReviewView>,
    /// New at each change.
    pub version: Version,
}

impl OverrideView {
    fn of(reader: &mut Reader<'_>, order: Override) -> Result<Self, Refused> {
        let review = review::of(reader, order.id)?;
        Ok(Self {
            id: order.id,
            kind: order.kind,
            proposal: order.proposal,
            accounts: order.accounts,
            rep: order.rep,
            reason: order.reason,
            note: order.note,
            author: order.author,
            second: order.second,
            state: order.state,
            created_at: order.created_at,
            review,
            version: order.version,
        })
    }
}

/// Carries out an order. `if_match` is the version of the proposal it is about; needed exactly where there is one.
pub fn order(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    new: NewOverride,
    if_match: Option<Version>,
) -> Result<OverrideView, Refused> {
    let holds = matches!(new.kind, OverrideKind::Freeze | OverrideKind::Release);
    match who.role {
        Role::Manager => {}
        Role::Admin if holds => {}
        Role::Admin => return Err(Refused::NotAllowed("an admin only holds accounts: freeze and release")),
        Role::Rep | Role::Service => return Err(Refused::NotAllowed("overrides are for managers")),
    }
    if new.note.trim().is_empty() || new.note.len() > MAX_NOTE_BYTES {
        return Err(Refused::invalid("/note", format!("{} bytes", new.note.len()), "1 to 4000 bytes that say why"));
    }
    let mut order = Override {
        id: OverrideId(Uuid::new_v4()),
        kind: new.kind,
        proposal: new.proposal,
        accounts: new.accounts,
        rep: new.rep,
        reason: new.reason,
        note: new.note,
        author: who.id.clone(),
        second: None,
        state: OverrideState::Effective,
        created_at: writer.now(),
        version: fresh_version(),
    };
    let target = Target::of(&order, new.hours, if_match)?;
    // The override's row first: what it leaves behind refers to it.
    if let Target::Force { one, other } = &target {
        let parties = parties(writer, who, [one, other])?;
        if needs_second(writer, settings, who, &parties, [one, other])? {
            order.state = OverrideState::AwaitingSecond;
        }
        kept::insert(writer, &order)?;
        if order.state == OverrideState::Effective {
            let made = force(writer, settings, who, [one, other])?;
            kept::made(writer, order.id, made)?;
            order.proposal = Some(made);
        }
    } else {
        kept::insert(writer, &order)?;
        carry_out(writer, settings, who, &order, target)?;
    }
    writer.record(Change {
        actor: who.clone(),
        action: order.kind.as_str(),
        subject_kind: "override",
        subject_id: order.id.to_string(),
        from_state: None,
        to_state: Some(order.state.as_str()),
    });
    OverrideView::of(writer, order)
}
