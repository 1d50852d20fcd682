//! `/meetings`: a run for one team that its manager shapes before it is published.
//!
//! To begin one may take longer than a transaction, so its key is claimed first.

use super::{
    caller::{Caller, Named, Post, changed, created, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::meetings::{self, ChangedMeeting, MeetingChange, MeetingSummary, MeetingView},
    domain::ids::{MeetingId, TeamId},
};
use actix_web::{HttpResponse, get, post, web::Json};
use serde::Deserialize;
use utoipa::ToSchema;

/// Meetings of your teams
///
/// By id, without their moves.
#[utoipa::path(
    tag = "meetings",
    operation_id = "listMeetings",
    params(PageQuery),
    responses((status = 200, description = "A page of meetings.", body = Page<MeetingSummary>))
)]
#[get("/meetings")]
pub async fn list_meetings(caller: Caller, page: PageQuery) -> Result<Json<Page<MeetingSummary>>, Problem> {
    let wanted = page.of::<MeetingId>("meetings")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| meetings::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |meeting| meeting.id)))
}

/// Whom a meeting is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMeeting {
    /// Your team.
    team: TeamId,
}

/// Begin a meeting
///
/// Of your own team, with the best plan of its market at this moment; one open meeting a team.
#[utoipa::path(
    tag = "meetings",
    operation_id = "createMeeting",
    request_body(content = NewMeeting, description = "Whom it is for."),
    responses((status = 201, description = "It has begun.", body = MeetingView))
)]
#[post("/meetings")]
pub async fn create_meeting(post: Post<NewMeeting>) -> Result<HttpResponse, Problem> {
    post.at_length(|store, settings, who, new, held| {
        let answer =
            |view: &MeetingView| created(format!("/api/v1/meetings/{}", view.meeting.id), view.meeting.version, view);
        let begun =
            meetings::begin_and(store, settings, who, &new.team, &|writer, view| held.keep(writer, &answer(view)))?;
        Ok(answer(&begun))
    })
    .await
}

/// One meeting
///
/// Its moves as they stand, with travel, geography and money in numbers and the fit as a band.
#[utoipa::path(
    tag = "meetings",
    operation_id = "getMeeting",
    params(("id" = MeetingId, Path, description = "The meeting."), IfNoneMatch),
    responses((status = 200, description = "The meeting.", body = MeetingView))
)]
#[get("/meetings/{id}")]
pub async fn get_meeting(caller: Caller, id: Named<MeetingId>, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, _, who| meetings::one(reader, who, id.0)).await?;
    Ok(shown(&known, view.meeting.version, &view))
}

/// Pin, strike out or undo
///
/// The moves are planned again at once; the answer says which are gone and which are new. A pin breaks no hard rule.
#[utoipa::path(
    tag = "meetings",
    operation_id = "changeMeeting",
    params(("id" = MeetingId, Path, description = "The meeting."), IfMatch),
    request_body(content = MeetingChange, description = "What you want of the plan."),
    responses((status = 200, description = "The moves as they now stand.", body = ChangedMeeting))
)]
#[post("/meetings/{id}/changes")]
pub async fn change_meeting(
    post: Post<MeetingChange>,
    id: Named<MeetingId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, change| {
        let view = meetings::change(writer, who, id.0, change, if_match.0)?;
        Ok(changed(view.meeting.meeting.version, &view))
    })
    .await
}

/// Publish a meeting
///
/// Its moves become proposals, as a run's do; what has changed since it began is left out.
#[utoipa::path(
    tag = "meetings",
    operation_id = "publishMeeting",
    params(("id" = MeetingId, Path, description = "The meeting."), IfMatch),
    responses((status = 200, description = "The proposals are out.", body = MeetingView))
)]
#[post("/meetings/{id}/publish")]
pub async fn publish_meeting(post: Post, id: Named<MeetingId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = meetings::publish(writer, settings, who, id.0, if_match.0)?;
        Ok(changed(view.meeting.version, &view))
    })
    .await
}

/// Close a meeting
///
/// It ends without proposals.
#[utoipa::path(
    tag = "meetings",
    operation_id = "closeMeeting",
    params(("id" = MeetingId, Path, description = "The meeting."), IfMatch),
    responses((status = 200, description = "It is closed.", body = MeetingView))
)]
#[post("/meetings/{id}/close")]
pub async fn close_meeting(post: Post, id: Named<MeetingId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = meetings::close(writer, who, id.0, if_match.0)?;
        Ok(changed(view.meeting.version, &view))
    })
    .await
}
