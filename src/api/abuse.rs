//! `/abuse`: what is on record of accounts whose customers treat people badly, by account.

use super::{
    caller::{Caller, Named, Post, changed, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::abuse::{self, AbuseView},
    domain::{abuse::AbuseAction, ids::AccountId},
};
use actix_web::{HttpResponse, get, post, web::Json};

/// Records you may see
///
/// By account. A rep sees those of the own book, a manager those of their teams' books.
#[utoipa::path(
    tag = "abuse",
    operation_id = "listAbuse",
    params(PageQuery),
    responses((status = 200, description = "A page of records.", body = Page<AbuseView>))
)]
#[get("/abuse")]
pub async fn list_abuse(caller: Caller, page: PageQuery) -> Result<Json<Page<AbuseView>>, Problem> {
    let wanted = page.of::<AccountId>("abuse")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| abuse::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |record| record.account.clone())))
}

/// The record of one account
///
/// The class declared, by whom, and the manager's word on it; with the warning letter, where there was one.
#[utoipa::path(
    tag = "abuse",
    operation_id = "getAbuse",
    params(("id" = AccountId, Path, description = "The account."), IfNoneMatch),
    responses((status = 200, description = "The record.", body = AbuseView))
)]
#[get("/abuse/{id}")]
pub async fn get_abuse(caller: Caller, id: Named<AccountId>, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, _, who| abuse::one(reader, who, &id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// Acknowledge a class of abuse
///
/// As the owner's manager. Before, the account is proposed to nobody; from then on to those who opted in to the class.
#[utoipa::path(
    tag = "abuse",
    operation_id = "acknowledgeAbuse",
    params(("id" = AccountId, Path, description = "The account."), IfMatch),
    responses((status = 200, description = "It is acknowledged.", body = AbuseView))
)]
#[post("/abuse/{id}/acknowledge")]
pub async fn acknowledge_abuse(post: Post, id: Named<AccountId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, id, if_match, AbuseAction::Acknowledge).await
}

/// Warn a customer
///
/// As the owner's manager, once the class is acknowledged: the letter is made, and counts as a path tried.
#[utoipa::path(
    tag = "abuse",
    operation_id = "warnAbuse",
    params(("id" = AccountId, Path, description = "The account."), IfMatch),
    responses((status = 200, description = "The letter is in it.", body = AbuseView))
)]
#[post("/abuse/{id}/warn")]
pub async fn warn_abuse(post: Post, id: Named<AccountId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, id, if_match, AbuseAction::Warn).await
}

/// Dismiss a class of abuse
///
/// As the owner's manager, who does not see it so, or no longer. A class that the CRM gives has to be taken back there.
#[utoipa::path(
    tag = "abuse",
    operation_id = "dismissAbuse",
    params(("id" = AccountId, Path, description = "The account."), IfMatch),
    responses((status = 200, description = "It is dismissed.", body = AbuseView))
)]
#[post("/abuse/{id}/dismiss")]
pub async fn dismiss_abuse(post: Post, id: Named<AccountId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    settle(post, id, if_match, AbuseAction::Dismiss).await
}

async fn settle(
    post: Post,
    id: Named<AccountId>,
    if_match: IfMatch,
    action: AbuseAction,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = abuse::settle(writer, settings, who, &id.0, action, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}
