//! `/handovers`: the way from an approved proposal to the change of owner.

use super::{
    caller::{Caller, Named, Post, changed, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery, query},
    problem::Problem,
};
use crate::{
    app::{
        export::{self, HandoverFormat},
        handover::{self, HandoverView, SettleStep},
    },
    domain::{
        handover::{StepAction, StepKind},
        ids::ProposalId,
    },
};
use actix_web::{HttpRequest, HttpResponse, get, http::header, post, web::Json};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Handovers you may see
///
/// By id. A rep sees their own, a manager those of their teams, an admin all; a service those on their way through the CRM.
#[utoipa::path(
    tag = "handovers",
    operation_id = "listHandovers",
    params(PageQuery),
    responses((status = 200, description = "A page of handovers.", body = Page<HandoverView>))
)]
#[get("/handovers")]
pub async fn list_handovers(caller: Caller, page: PageQuery) -> Result<Json<Page<HandoverView>>, Problem> {
    let wanted = page.of::<ProposalId>("handovers")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| handover::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |handover| handover.id)))
}

/// Which file.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExportQuery {
    /// Who imports it.
    #[param(value_type = HandoverFormat)]
    format: HandoverFormat,
}

/// The changes of owner as a file
///
/// For an admin or a service: the accounts whose change of owner is on its way, in the shape another system imports. No
/// field can be taken for a formula.
#[utoipa::path(
    tag = "handovers",
    operation_id = "exportHandovers",
    params(ExportQuery),
    responses((status = 200, description = "The file.", body = String, content_type = "text/csv"))
)]
#[get("/handovers/export")]
pub async fn export_handovers(caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let ExportQuery { format } = query(&request)?;
    let file = caller.read(move |reader, _, who| export::handovers(reader, who, format)).await?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"handovers-{format}.csv\"")))
        .body(file))
}

/// One handover
///
/// Its changes of owner and its checklist.
#[utoipa::path(
    tag = "handovers",
    operation_id = "getHandover",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id."), IfNoneMatch),
    responses((status = 200, description = "The handover.", body = HandoverView))
)]
#[get("/handovers/{id}")]
pub async fn get_handover(caller: Caller, id: Named<ProposalId>, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, _, who| handover::one(reader, who, id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// What is said about a step.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StepNote {
    /// Notes that travel with the account, or the reason of a waiver.
    #[serde(default)]
    #[schema(max_length = 4000)]
    note: String,
    /// To agree on the day the accounts change hands: the day, or nothing for the one named before.
    effective_on: Option<NaiveDate>,
}

/// The path of a step.
type StepPath = Named<(ProposalId, u32, StepKind)>;

/// Complete a step
///
/// As the party who does it. Agreeing on the effective date names a day; another one than before asks the others again. When
/// nothing is left to do the change of owner goes out on its day.
#[utoipa::path(
    tag = "handovers",
    operation_id = "completeStep",
    params(
        ("id" = ProposalId, Path, description = "The handover: its proposal's id."),
        ("leg" = u32, Path, description = "Which account, from 0."),
        ("kind" = StepKind, Path, description = "Which step."),
        IfMatch
    ),
    request_body(content = StepNote, description = "What there is to say; may be absent where the step needs no note."),
    responses((status = 200, description = "It is done.", body = HandoverView))
)]
#[post("/handovers/{id}/steps/{leg}/{kind}/complete")]
pub async fn complete_step(post: Post<StepNote>, path: StepPath, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, path, if_match, StepAction::Complete).await
}

/// Skip a step
///
/// As the party who would do it, where the checklist lets it be left out.
#[utoipa::path(
    tag = "handovers",
    operation_id = "skipStep",
    params(
        ("id" = ProposalId, Path, description = "The handover: its proposal's id."),
        ("leg" = u32, Path, description = "Which account, from 0."),
        ("kind" = StepKind, Path, description = "Which step."),
        IfMatch
    ),
    request_body(content = StepNote, description = "What there is to say; may be absent."),
    responses((status = 200, description = "It is left out.", body = HandoverView))
)]
#[post("/handovers/{id}/steps/{leg}/{kind}/skip")]
pub async fn skip_step(post: Post<StepNote>, path: StepPath, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, path, if_match, StepAction::Skip).await
}

/// Waive a step
///
/// As a manager of one of the parties who gains nothing from it, with the reason as the note.
#[utoipa::path(
    tag = "handovers",
    operation_id = "waiveStep",
    params(
        ("id" = ProposalId, Path, description = "The handover: its proposal's id."),
        ("leg" = u32, Path, description = "Which account, from 0."),
        ("kind" = StepKind, Path, description = "Which step."),
        IfMatch
    ),
    request_body(content = StepNote, description = "The reason."),
    responses((status = 200, description = "It is waived.", body = HandoverView))
)]
#[post("/handovers/{id}/steps/{leg}/{kind}/waive")]
pub async fn waive_step(post: Post<StepNote>, path: StepPath, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, path, if_match, StepAction::Waive).await
}

async fn settle(
    post: Post<StepNote>,
    Named((id, leg, kind)): StepPath,
    if_match: IfMatch,
    action: StepAction,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, said| {
        let asked = SettleStep { leg, kind, action, note: said.note.clone(), effective_on: said.effective_on };
        let view = handover::settle(writer, settings, who, id, &asked, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Confirm the change of owner
///
/// Says that the CRM has carried it out, there or back. All accounts of the proposal change hands at once; the trial begins,
/// or ends with everything where it was.
#[utoipa::path(
    tag = "handovers",
    operation_id = "confirmHandover",
    params(("id" = ProposalId, Path, description = "The handover: its proposal's id."), IfMatch),
    responses((status = 200, description = "The accounts have changed hands.", body = HandoverView))
)]
#[post("/handovers/{id}/confirm")]
pub async fn confirm_handover(post: Post, id: Named<ProposalId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = handover::confirm(writer, settings, who, id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}
