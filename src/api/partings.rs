//! `/partings`: customers the company lets go, and the letters to them.

use super::{
    caller::{Caller, Named, Post, changed, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::parting::{self, NewSignOff, PartingView},
    domain::{ids::PartingId, parting::PartingAction},
};
use actix_web::{HttpResponse, get, post, web::Json};

/// Partings you may see
///
/// By id. A rep sees those they asked for, a manager those of the teams they manage.
#[utoipa::path(
    tag = "partings",
    operation_id = "listPartings",
    params(PageQuery),
    responses((status = 200, description = "A page of partings.", body = Page<PartingView>))
)]
#[get("/partings")]
pub async fn list_partings(caller: Caller, page: PageQuery) -> Result<Json<Page<PartingView>>, Problem> {
    let wanted = page.of::<PartingId>("partings")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| parting::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |parting| parting.id)))
}

/// One parting
///
/// With the letter, once it is signed off.
#[utoipa::path(
    tag = "partings",
    operation_id = "getParting",
    params(("id" = PartingId, Path, description = "The parting."), IfNoneMatch),
    responses((status = 200, description = "The parting.", body = PartingView))
)]
#[get("/partings/{id}")]
pub async fn get_parting(caller: Caller, id: Named<PartingId>, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, _, who| parting::one(reader, who, id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// Sign a parting off
///
/// As the rep's manager, naming whom the customer may turn to. The letter is made and a review date set; the account is
/// offered no more. Not while it is in a live move, nor while anybody who opted in to such accounts could take it.
#[utoipa::path(
    tag = "partings",
    operation_id = "signOffParting",
    params(("id" = PartingId, Path, description = "The parting."), IfMatch),
    request_body(content = NewSignOff, description = "The alternatives."),
    responses((status = 200, description = "It is signed off.", body = PartingView))
)]
#[post("/partings/{id}/sign-off")]
pub async fn sign_off_parting(
    post: Post<NewSignOff>,
    id: Named<PartingId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = parting::sign_off(writer, settings, who, id.0, new, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Say no to a parting
///
/// As the rep's manager. The rep is asked the questions again.
#[utoipa::path(
    tag = "partings",
    operation_id = "refuseParting",
    params(("id" = PartingId, Path, description = "The parting."), IfMatch),
    responses((status = 200, description = "It is refused.", body = PartingView))
)]
#[post("/partings/{id}/refuse")]
pub async fn refuse_parting(post: Post, id: Named<PartingId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, id, if_match, PartingAction::Refuse).await
}

/// Welcome a customer back
///
/// As the rep's manager, when the decision has been looked at again. The account may be submitted again.
#[utoipa::path(
    tag = "partings",
    operation_id = "reinstateParting",
    params(("id" = PartingId, Path, description = "The parting."), IfMatch),
    responses((status = 200, description = "The customer is back.", body = PartingView))
)]
#[post("/partings/{id}/reinstate")]
pub async fn reinstate_parting(post: Post, id: Named<PartingId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, id, if_match, PartingAction::Reinstate).await
}

async fn settle(
    post: Post,
    id: Named<PartingId>,
    if_match: IfMatch,
    action: PartingAction,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = parting::settle(writer, who, id.0, action, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}
