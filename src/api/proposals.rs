//! `/proposals`: moves put to their reps, and the decisions on them.

use super::{
    caller::{Caller, Named, Post, changed, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::{
        abuse,
        decide::{self, DeclineReason},
        explain::{self, Explanation},
        money::{self, Statement},
        proposals::{self, ProposalView},
    },
    domain::{abuse::Severity, ids::ProposalId},
};
use actix_web::{HttpResponse, get, post, web::Json};
use serde::Deserialize;
use utoipa::ToSchema;

/// Proposals you may see
///
/// By id, each in the view made for you: a party's, a manager's, an admin's or the CRM's.
#[utoipa::path(
    tag = "proposals",
    operation_id = "listProposals",
    params(PageQuery),
    responses((status = 200, description = "A page of proposals.", body = Page<ProposalView>))
)]
#[get("/proposals")]
pub async fn list_proposals(caller: Caller, page: PageQuery) -> Result<Json<Page<ProposalView>>, Problem> {
    let wanted = page.of::<ProposalId>("proposals")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| proposals::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, ProposalView::id)))
}

/// One proposal
///
/// In the view made for you. Its entity tag is yours: it changes when what you see changes.
#[utoipa::path(
    tag = "proposals",
    operation_id = "getProposal",
    params(("id" = ProposalId, Path, description = "The proposal."), IfNoneMatch),
    responses((status = 200, description = "The proposal.", body = ProposalView))
)]
#[get("/proposals/{id}")]
pub async fn get_proposal(caller: Caller, id: Named<ProposalId>, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, _, who| proposals::one(reader, who, id.0)).await?;
    Ok(shown(&known, view.version(), &view))
}

/// What a proposal means for you
///
/// To a party: what you give, get and gain, by named terms in minutes a year and in words, from your own inputs; what is known
/// of the account you would get; what happens next; and what declining would lead to.
#[utoipa::path(
    tag = "proposals",
    operation_id = "explainProposal",
    params(("id" = ProposalId, Path, description = "The proposal."), IfNoneMatch),
    responses((status = 200, description = "The explanation.", body = Explanation))
)]
#[get("/proposals/{id}/explain")]
pub async fn explain_proposal(
    caller: Caller,
    id: Named<ProposalId>,
    known: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, settings, who| explain::explain(reader, settings, who, id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// What a proposal means in money
///
/// To a party the own side, to a manager of one of them every side: commission, deals under way, quota and what the giver
/// keeps at first, netted; when it may take effect; and how the reps stand for the year. What is shown is what is booked.
#[utoipa::path(
    tag = "proposals",
    operation_id = "getProposalMoney",
    params(("id" = ProposalId, Path, description = "The proposal.")),
    responses((status = 200, description = "The statement.", body = Statement))
)]
#[get("/proposals/{id}/money")]
pub async fn get_proposal_money(caller: Caller, id: Named<ProposalId>) -> Result<Json<Statement>, Problem> {
    caller.read(move |reader, settings, who| money::statement(reader, settings, who, id.0)).await.map(Json)
}

/// What was read.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Disclosed {
    /// The class on record of the account you would get.
    severity: Severity,
}

/// Say that you read what is disclosed
///
/// To a party who would get an account whose customer treats people badly: without it they cannot accept.
#[utoipa::path(
    tag = "proposals",
    operation_id = "discloseProposal",
    params(("id" = ProposalId, Path, description = "The proposal."), IfMatch),
    request_body(content = Disclosed, description = "The class you read of."),
    responses((status = 200, description = "It is kept.", body = ProposalView))
)]
#[post("/proposals/{id}/disclosure")]
pub async fn disclose_proposal(
    post: Post<Disclosed>,
    id: Named<ProposalId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, read| {
        let view = abuse::disclose(writer, who, id.0, read.severity, if_match.0)?;
        Ok(changed(view.version(), &view))
    })
    .await
}

/// Accept a proposal
///
/// As one of its parties, for your own leg. For a while you can take it back. When all have accepted, it goes to the managers
/// or, where the approval policy asks none, is approved at the next batch.
#[utoipa::path(
    tag = "proposals",
    operation_id = "acceptProposal",
    params(("id" = ProposalId, Path, description = "The proposal."), IfMatch),
    responses((status = 200, description = "Your answer is kept.", body = ProposalView))
)]
#[post("/proposals/{id}/accept")]
pub async fn accept_proposal(post: Post, id: Named<ProposalId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = decide::accept(writer, settings, who, id.0, if_match.0)?;
        Ok(changed(view.version(), &view))
    })
    .await
}

/// Take an accept back
///
/// As one of its parties, while that is possible: the proposal says until when. Afterwards it awaits your answer as before.
#[utoipa::path(
    tag = "proposals",
    operation_id = "takeBackProposal",
    params(("id" = ProposalId, Path, description = "The proposal."), IfMatch),
    responses((status = 200, description = "Your accept counts no more.", body = ProposalView))
)]
#[post("/proposals/{id}/take-back")]
pub async fn take_back_proposal(post: Post, id: Named<ProposalId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = decide::take_back(writer, who, id.0, if_match.0)?;
        Ok(changed(view.version(), &view))
    })
    .await
}

/// Why a rep declines.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Decline {
    /// Seen by nobody but the engine.
    reason: DeclineReason,
}

/// Decline a proposal
///
/// As one of its parties. What your colleague sees does not change before the next batch. What it leads to for you, by the
/// reason, is what the explanation says; nobody else sees it.
#[utoipa::path(
    tag = "proposals",
    operation_id = "declineProposal",
    params(("id" = ProposalId, Path, description = "The proposal."), IfMatch),
    request_body(content = Decline, description = "Why."),
    responses((status = 200, description = "Your answer is kept.", body = ProposalView))
)]
#[post("/proposals/{id}/decline")]
pub async fn decline_proposal(
    post: Post<Decline>,
    id: Named<ProposalId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, decline| {
        let view = decide::decline(writer, settings, who, id.0, if_match.0, decline.reason)?;
        Ok(changed(view.version(), &view))
    })
    .await
}

/// Approve a proposal
///
/// As a manager of one of its parties who gains nothing from it, or standing in for one who is away or a party. Its approval
/// rule says whether one approval suffices. Not while an accept can still be taken back.
#[utoipa::path(
    tag = "proposals",
    operation_id = "approveProposal",
    params(("id" = ProposalId, Path, description = "The proposal."), IfMatch),
    responses((status = 200, description = "Your approval is kept.", body = ProposalView))
)]
#[post("/proposals/{id}/approve")]
pub async fn approve_proposal(post: Post, id: Named<ProposalId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = decide::approve(writer, settings, who, id.0, if_match.0)?;
        Ok(changed(view.version(), &view))
    })
    .await
}

/// Stop a proposal
///
/// As a manager of one of its parties who gains nothing from it. To its parties it reads "not concluded".
#[utoipa::path(
    tag = "proposals",
    operation_id = "vetoProposal",
    params(("id" = ProposalId, Path, description = "The proposal."), IfMatch),
    responses((status = 200, description = "It is stopped.", body = ProposalView))
)]
#[post("/proposals/{id}/veto")]
pub async fn veto_proposal(post: Post, id: Named<ProposalId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = decide::veto(writer, who, id.0, if_match.0)?;
        Ok(changed(view.version(), &view))
    })
    .await
}
