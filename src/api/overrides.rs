//! `/overrides`: what managers decide beyond the ordinary course.

use super::{
    caller::{Caller, Named, Post, changed, created, shown},
    etag::{IfMatch, IfMatchWhereNeeded, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::overrides::{self, NewOverride, OverrideView},
    domain::{ids::OverrideId, overrides::OverrideAction},
};
use actix_web::{HttpResponse, get, post, web::Json};

/// Overrides you may see
///
/// By id. A manager sees those they ordered or settled, those that touch their teams and those that await a second
/// manager; an admin all.
#[utoipa::path(
    tag = "overrides",
    operation_id = "listOverrides",
    params(PageQuery),
    responses((status = 200, description = "A page of overrides.", body = Page<OverrideView>))
)]
#[get("/overrides")]
pub async fn list_overrides(caller: Caller, page: PageQuery) -> Result<Json<Page<OverrideView>>, Problem> {
    let wanted = page.of::<OverrideId>("overrides")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| overrides::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |order| order.id)))
}

/// Order an override
///
/// Always with a reason code and a note, never past a hard rule, never for your own benefit. What is about a proposal takes
/// its entity tag in `If-Match`. A forced move across teams or over a decline awaits a second manager.
#[utoipa::path(
    tag = "overrides",
    operation_id = "createOverride",
    params(IfMatchWhereNeeded),
    request_body(content = NewOverride, description = "What is ordered, and why."),
    responses((status = 201, description = "It is ordered.", body = OverrideView))
)]
#[post("/overrides")]
pub async fn create_override(post: Post<NewOverride>, if_match: IfMatchWhereNeeded) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = overrides::order(writer, settings, who, new.clone(), if_match.0)?;
        Ok(created(format!("/api/v1/overrides/{}", view.id), view.version, &view))
    })
    .await
}

/// One override
///
/// What was decided, by whom and why.
#[utoipa::path(
    tag = "overrides",
    operation_id = "getOverride",
    params(("id" = OverrideId, Path, description = "The override."), IfNoneMatch),
    responses((status = 200, description = "The override.", body = OverrideView))
)]
#[get("/overrides/{id}")]
pub async fn get_override(caller: Caller, id: Named<OverrideId>, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, _, who| overrides::one(reader, who, id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// Agree as the second manager
///
/// The override takes effect.
#[utoipa::path(
    tag = "overrides",
    operation_id = "secondOverride",
    params(("id" = OverrideId, Path, description = "The override."), IfMatch),
    responses((status = 200, description = "It is in force.", body = OverrideView))
)]
#[post("/overrides/{id}/second")]
pub async fn second_override(post: Post, id: Named<OverrideId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, id, if_match, OverrideAction::Second).await
}

/// Disagree as the second manager
///
/// The override comes to nothing.
#[utoipa::path(
    tag = "overrides",
    operation_id = "refuseOverride",
    params(("id" = OverrideId, Path, description = "The override."), IfMatch),
    responses((status = 200, description = "It is refused.", body = OverrideView))
)]
#[post("/overrides/{id}/refuse")]
pub async fn refuse_override(post: Post, id: Named<OverrideId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, id, if_match, OverrideAction::Refuse).await
}

async fn settle(
    post: Post,
    id: Named<OverrideId>,
    if_match: IfMatch,
    action: OverrideAction,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = overrides::settle(writer, settings, who, id.0, action, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}
