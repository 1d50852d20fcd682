//! `/overrides`: what managers decide beyond the ordinary course.

use super::{
    caller::{Caller, Named, Post, changed, created, shown},
    etag::{IfMatch, IfMatchWhereNeeded, IfNoneMatch},
    page::{Page, PageQuery, query},
    problem::Problem,
};
use crate::{
    app::overrides::{self, NewOverride, NewReview, OverridePrice, OverrideView},
    domain::{ids::OverrideId, overrides::OverrideAction},
};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, get, post, web::Json};
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};
use utoipa::{IntoParams, ToSchema};

/// Which overrides are asked for, and which page of them.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OverrideQuery {
    /// true: those that somebody has reviewed; false: those that nobody has.
    reviewed: Option<bool>,
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    limit: Option<u32>,
    /// Where the page before ended: its `next_cursor`.
    #[param(max_length = 1000)]
    cursor: Option<String>,
}

/// Overrides you may see
///
/// By id. A manager sees those that they or managers below them ordered, those they settled, those that touch their teams
/// and those that await a second manager; an admin all.
#[utoipa::path(
    tag = "overrides",
    operation_id = "listOverrides",
    params(OverrideQuery),
    responses((status = 200, description = "A page of overrides.", body = Page<OverrideView>))
)]
#[get("/overrides")]
pub async fn list_overrides(caller: Caller, request: HttpRequest) -> Result<Json<Page<OverrideView>>, Problem> {
    let OverrideQuery { reviewed, limit, cursor } = query(&request)?;
    let wanted = PageQuery { limit, cursor }.of::<OverrideId>("overrides")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, settings, who| overrides::list(reader, settings, who, reviewed, ask)).await?;
    Ok(Json(wanted.page(found, |order| order.id)))
}

/// Whether an order is only priced.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DryRun {
    /// Answers with what it would do, and does nothing.
    #[serde(default)]
    dry_run: bool,
}

impl FromRequest for DryRun {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(query(request))
    }
}

/// Order an override
///
/// Always with a reason code and a note, never past a hard rule, never for your own benefit. What is about a proposal takes
/// its entity tag in `If-Match`. A forced move across teams, or by the default policy over a decline, awaits a second
/// manager. Whoever a forced move, a freeze or a ban displaces is matched again in the same moment. With `dry_run=true`
/// nothing is done, nothing is kept under the key, and the answer is the price: what it would displace and make, and what
/// that does to fairness.
#[utoipa::path(
    tag = "overrides",
    operation_id = "createOverride",
    params(DryRun, IfMatchWhereNeeded),
    request_body(content = NewOverride, description = "What is ordered, and why."),
    responses(
        (status = 200, description = "What it would do.", body = OverridePrice),
        (status = 201, description = "It is ordered.", body = OverrideView),
    )
)]
#[post("/overrides")]
pub async fn create_override(
    post: Post<NewOverride>,
    dry: DryRun,
    if_match: IfMatchWhereNeeded,
) -> Result<HttpResponse, Problem> {
    if dry.dry_run {
        return post
            .rehearse(move |writer, settings, who, new| {
                overrides::price(writer, settings, who, new.clone(), if_match.0)
            })
            .await;
    }
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
    let view = caller.read(move |reader, settings, who| overrides::one(reader, settings, who, id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// Agree as the second manager
///
/// The override takes effect. With `dry_run=true` nothing is done, and the answer is what it would do.
#[utoipa::path(
    tag = "overrides",
    operation_id = "secondOverride",
    params(("id" = OverrideId, Path, description = "The override."), DryRun, IfMatch),
    responses((status = 200, description = "It is in force, or what that would do.", body = Seconded))
)]
#[post("/overrides/{id}/second")]
pub async fn second_override(
    post: Post,
    id: Named<OverrideId>,
    dry: DryRun,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    if dry.dry_run {
        return post
            .rehearse(move |writer, settings, who, _| {
                overrides::price_of_second(writer, settings, who, id.0, if_match.0)
            })
            .await;
    }
    settle(post, id, if_match, OverrideAction::Second).await
}

/// What a second manager is answered: the override, or in a dry run its price.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "it stands for its schema alone; each answer is written where it is made")]
enum Seconded {
    /// It is in force.
    InForce(Box<OverrideView>),
    /// What it would do.
    Priced(Box<OverridePrice>),
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

/// Review an override
///
/// As another manager who may see it, or as an admin: what you think of it afterwards, once.
#[utoipa::path(
    tag = "overrides",
    operation_id = "reviewOverride",
    params(("id" = OverrideId, Path, description = "The override."), IfMatch),
    request_body(content = NewReview, description = "What you think of it."),
    responses((status = 200, description = "Your review is kept.", body = OverrideView))
)]
#[post("/overrides/{id}/review")]
pub async fn review_override(
    post: Post<NewReview>,
    id: Named<OverrideId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = overrides::review(writer, settings, who, id.0, new.clone(), if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
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
