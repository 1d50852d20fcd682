//! Reviews of overrides: another manager or an admin says afterwards what they think of one, once.
//!
//! In go an override and an outcome; out comes the override with its review. Deliberately absent: any effect on what the
//! override did, and reviews by those who decided it or gain from it.

use super::{
    AtMostOne, MAX_NOTE_BYTES, OverrideView, Reader, Refused, StoreError, Writer, fresh_version, read::visible,
};
use crate::{
    domain::{
        ids::{OverrideId, RepId, Version},
        override_review::{self, OverrideReview, ReviewOutcome, ReviewRefusal, ReviewState, Reviewer},
        overrides::Override,
        principal::{Principal, Role},
    },
    settings::Settings,
    store::{audit::Change, override_reviews, overrides as kept, proposals, roster},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

impl From<ReviewRefusal> for Refused {
    fn from(refusal: ReviewRefusal) -> Self {
        match refusal {
            ReviewRefusal::NotYours => Self::NotAllowed("this review is not yours to give"),
            ReviewRefusal::SamePerson => Self::NotAllowed("nobody reviews what they decided themself"),
            ReviewRefusal::OwnBenefit => Self::NotAllowed("nobody reviews what they gain from"),
            ReviewRefusal::TooEarly => Self::conflict("too_early", "this override awaits its second manager"),
            ReviewRefusal::AlreadyReviewed => Self::conflict("already_reviewed", "this override has its review"),
        }
    }
}

/// A review, as it comes in.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// What you think of it.
    pub outcome: ReviewOutcome,
    /// Why, in words.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub note: String,
}

/// A review, as managers and admins see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReviewView {
    /// Who reviewed it.
    pub reviewer: RepId,
    /// What they think.
    pub outcome: ReviewOutcome,
    /// Why, in words.
    pub note: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// The review of an override, where there is one.
pub(super) fn of(reader: &mut Reader<'_>, id: OverrideId) -> Result<Option<ReviewView>, Refused> {
    let review = override_reviews::of(reader, id)?;
    Ok(review.map(|OverrideReview { reviewer, outcome, note, at, .. }| ReviewView { reviewer, outcome, note, at }))
}

/// Reviews an override as another manager who may see it, or as an admin.
pub fn review(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    id: OverrideId,
    new: NewReview,
    if_match: Version,
) -> Result<OverrideView, Refused> {
    let order = visible(writer, settings, who, id)?;
    if new.note.len() > MAX_NOTE_BYTES {
        return Err(Refused::invalid("/note", format!("{} bytes", new.note.len()), "at most 4000 bytes"));
    }
    let reviewer = reviewer(writer, who, &order)?;
    let state = match override_reviews::of(writer, id)? {
        Some(_) => ReviewState::Reviewed,
        None => ReviewState::Due,
    };
    let after = override_review::next_state(order.state, state, reviewer)?;
    if order.version != if_match {
        return Err(Refused::Stale);
    }
    let review =
        OverrideReview { of: id, reviewer: who.id.clone(), outcome: new.outcome, note: new.note, at: writer.now() };
    override_reviews::insert(writer, &review).map_err(|error| match error {
        StoreError::Twice(AtMostOne::Review) => ReviewRefusal::AlreadyReviewed.into(),
        other => Refused::from(other),
    })?;
    let version = fresh_version();
    kept::touch(writer, &order, version)?;
    writer.record(Change {
        actor: who.clone(),
        action: "review",
        subject_kind: "override",
        subject_id: id.to_string(),
        from_state: Some(state.as_str()),
        to_state: Some(after.as_str()),
    });
    OverrideView::of(writer, Override { version, ..order })
}

/// Who asks, in relation to an override.
fn reviewer(reader: &mut Reader<'_>, who: &Principal, order: &Override) -> Result<Reviewer, Refused> {
    if who.id == order.author {
        return Ok(Reviewer::Author);
    }
    if order.second.as_ref() == Some(&who.id) {
        return Ok(Reviewer::Second);
    }
    let mut gaining: Vec<RepId> = order.rep.iter().cloned().collect();
    for account in &order.accounts {
        gaining.extend(roster::account(reader, account)?.map(|held| held.account.owner));
    }
    if let Some(id) = order.proposal {
        gaining.extend(proposals::one(reader, id)?.into_iter().flat_map(|one| one.legs).map(|leg| leg.from));
    }
    Ok(match who.role {
        _ if gaining.contains(&who.id) => Reviewer::Beneficiary,
        Role::Manager => Reviewer::OtherManager,
        Role::Admin => Reviewer::Admin,
        Role::Rep | Role::Service => Reviewer::Stranger,
    })
}
