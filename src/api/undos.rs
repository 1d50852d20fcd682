//! `/handovers/{id}/undo`, `/fail`, `/settle`: the way back, and what needs attention.

use super::{
    caller::{Named, Post, changed},
    etag::IfMatch,
    problem::Problem,
};
use crate::{
    app::handover::{self, HandoverView, NewSettlement, NewUndoRequest},
    domain::ids::ProposalId,
};
use actix_web::{HttpResponse, post};

/// Ask for an undo
///
/// As a party of a trial, once: all its accounts should go back together. The other parties learn of it only when it is
/// granted.
#[utoipa::path(
    tag = "handovers",
    operation_id = "askUndo",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id."), IfMatch),
    request_body(content = NewUndoRequest, description = "Why."),
    responses((status = 200, description = "It is asked.", body = HandoverView))
)]
#[post("/handovers/{id}/undo")]
pub async fn ask_undo(
    post: Post<NewUndoRequest>,
    id: Named<ProposalId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = handover::ask_undo(writer, settings, who, id.0, new, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Order an undo
///
/// As a manager of one of the parties who gains nothing from it, whether or not a party has asked. Lays out the checklist of
/// the way back.
#[utoipa::path(
    tag = "handovers",
    operation_id = "grantUndo",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id."), IfMatch),
    responses((status = 200, description = "The accounts are to go back.", body = HandoverView))
)]
#[post("/handovers/{id}/undo/grant")]
pub async fn grant_undo(post: Post, id: Named<ProposalId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = handover::grant_undo(writer, settings, who, id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Refuse an undo
///
/// As a manager of one of the parties who gains nothing from it: the trial goes on. Only who asked learns of it.
#[utoipa::path(
    tag = "handovers",
    operation_id = "refuseUndo",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id."), IfMatch),
    responses((status = 200, description = "The trial goes on.", body = HandoverView))
)]
#[post("/handovers/{id}/undo/refuse")]
pub async fn refuse_undo(post: Post, id: Named<ProposalId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = handover::refuse_undo(writer, settings, who, id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Say that a change of owner failed
///
/// As the CRM's service or a manager of one of the parties: the CRM could not carry the change out, there or back. Two
/// people have to look.
#[utoipa::path(
    tag = "handovers",
    operation_id = "failHandover",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id."), IfMatch),
    responses((status = 200, description = "It needs attention.", body = HandoverView))
)]
#[post("/handovers/{id}/fail")]
pub async fn fail_handover(post: Post, id: Named<ProposalId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = handover::fail(writer, who, id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Settle what needs attention
///
/// As a manager of one of the parties who gains nothing from it, or as an admin: says with whom all its accounts are. When a
/// second person says the same, and one of the two is a manager, it is so.
#[utoipa::path(
    tag = "handovers",
    operation_id = "settleHandover",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id."), IfMatch),
    request_body(content = NewSettlement, description = "Where the accounts are, and what was found."),
    responses((status = 200, description = "It is said, or settled.", body = HandoverView))
)]
#[post("/handovers/{id}/settle")]
pub async fn settle_handover(
    post: Post<NewSettlement>,
    id: Named<ProposalId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = handover::settle_attention(writer, settings, who, id.0, new, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}
