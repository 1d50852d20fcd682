//! `/handovers/{id}/check-ins` and `/reviews`: how it goes with the new owner, and `/reports/outcomes`.
//!
//! In goes what a rep says; out comes what is due and made, as its reader may see it. Deliberately absent: pages; a trial
//! has a handful of either.

use super::{
    caller::{Caller, Named, Post, answer},
    problem::Problem,
};
use crate::{
    app::{
        outcomes::{self, OutcomesView},
        review::{self, CheckInView, NewCheckIn, NewReview, ReviewView},
    },
    domain::ids::ProposalId,
};
use actix_web::{HttpResponse, get, http::StatusCode, post, web::Json};

/// The check-ins of a trial
///
/// A party sees their own; a manager or admin who was asked and who has said something, and never what.
#[utoipa::path(
    tag = "handovers",
    operation_id = "listCheckIns",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id.")),
    responses((status = 200, description = "What is due and made.", body = Vec<CheckInView>))
)]
#[get("/handovers/{id}/check-ins")]
pub async fn list_check_ins(caller: Caller, id: Named<ProposalId>) -> Result<Json<Vec<CheckInView>>, Problem> {
    caller.read(move |reader, _, who| review::check_ins(reader, who, id.0)).await.map(Json)
}

/// Check in
///
/// As a party of a trial: says how you and the account you received get on. Nobody else sees it.
#[utoipa::path(
    tag = "handovers",
    operation_id = "makeCheckIn",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id.")),
    request_body(content = NewCheckIn, description = "How it goes."),
    responses((status = 200, description = "It is kept.", body = CheckInView))
)]
#[post("/handovers/{id}/check-ins")]
pub async fn make_check_in(post: Post<NewCheckIn>, id: Named<ProposalId>) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = review::check_in(writer, settings, who, id.0, new)?;
        Ok(answer(StatusCode::OK, &view))
    })
    .await
}

/// The reviews of a swap
///
/// A party sees their own; a manager or admin all, without stars.
#[utoipa::path(
    tag = "handovers",
    operation_id = "listReviews",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id.")),
    responses((status = 200, description = "What is due and made.", body = Vec<ReviewView>))
)]
#[get("/handovers/{id}/reviews")]
pub async fn list_reviews(caller: Caller, id: Named<ProposalId>) -> Result<Json<Vec<ReviewView>>, Problem> {
    caller.read(move |reader, _, who| review::reviews(reader, who, id.0)).await.map(Json)
}

/// Review an account
///
/// As its new owner: what became of it since it changed hands. Your stars reach nobody but the engine.
#[utoipa::path(
    tag = "handovers",
    operation_id = "makeReview",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id.")),
    request_body(content = NewReview, description = "What became of it."),
    responses((status = 200, description = "It is kept.", body = ReviewView))
)]
#[post("/handovers/{id}/reviews")]
pub async fn make_review(post: Post<NewReview>, id: Named<ProposalId>) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = review::review(writer, settings, who, id.0, new)?;
        Ok(answer(StatusCode::OK, &view))
    })
    .await
}

/// What became of swapped accounts
///
/// Sums over reviews by their day, where five people or more have made them: of the teams managed for a manager, of all for
/// an admin or a service.
#[utoipa::path(
    tag = "reports",
    operation_id = "getOutcomes",
    responses((status = 200, description = "The sums, by days from the change of owner.", body = Vec<OutcomesView>))
)]
#[get("/reports/outcomes")]
pub async fn get_outcomes(caller: Caller) -> Result<Json<Vec<OutcomesView>>, Problem> {
    caller.read(|reader, _, who| outcomes::outcomes(reader, who)).await.map(Json)
}
