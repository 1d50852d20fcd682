//! `/direct-swaps`: a rep asks a chosen colleague whether the two might swap.

use super::{
    caller::{Caller, Named, Post, changed, created, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::direct::{self, DirectSwapView, NewDirectSwap},
    domain::ids::DirectSwapId,
};
use actix_web::{HttpResponse, get, post, web::Json};

/// Direct swaps you asked for or were asked about
///
/// By id, each in the view made for you.
#[utoipa::path(
    tag = "direct_swaps",
    operation_id = "listDirectSwaps",
    params(PageQuery),
    responses((status = 200, description = "A page of direct swaps.", body = Page<DirectSwapView>))
)]
#[get("/direct-swaps")]
pub async fn list_direct_swaps(caller: Caller, page: PageQuery) -> Result<Json<Page<DirectSwapView>>, Problem> {
    let wanted = page.of::<DirectSwapId>("direct-swaps")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, settings, who| direct::list(reader, settings, who, ask)).await?;
    Ok(Json(wanted.page(found, DirectSwapView::id)))
}

/// Ask a colleague
///
/// Whether they would look at a swap with you, for an account of yours that is in the pool. They learn neither the account
/// nor, by default, your name, unless they look and there is a swap; you learn nothing of theirs. If nothing comes of it,
/// that shows at the first batch boundary after the time to answer, whatever the reason.
#[utoipa::path(
    tag = "direct_swaps",
    operation_id = "createDirectSwap",
    request_body(content = NewDirectSwap, description = "What you would give, and whom you ask."),
    responses((status = 201, description = "They are asked.", body = DirectSwapView))
)]
#[post("/direct-swaps")]
pub async fn create_direct_swap(post: Post<NewDirectSwap>) -> Result<HttpResponse, Problem> {
    post.once(|writer, settings, who, new| {
        let view = direct::ask(writer, settings, who, new.clone())?;
        Ok(created(format!("/api/v1/direct-swaps/{}", view.id()), view.version(), &view))
    })
    .await
}

/// One direct swap
///
/// In the view made for you. Its entity tag is yours: it changes when what you see changes.
#[utoipa::path(
    tag = "direct_swaps",
    operation_id = "getDirectSwap",
    params(("id" = DirectSwapId, Path, description = "The direct swap."), IfNoneMatch),
    responses((status = 200, description = "The direct swap.", body = DirectSwapView))
)]
#[get("/direct-swaps/{id}")]
pub async fn get_direct_swap(
    caller: Caller,
    id: Named<DirectSwapId>,
    known: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, settings, who| direct::one(reader, settings, who, id.0)).await?;
    Ok(shown(&known, view.version(), &view))
}

/// Agree to look
///
/// As the colleague. Where a swap of the asker's account for one of yours keeps every rule, the best one is proposed to you
/// both at the next batch; you need an account of your own in the pool.
#[utoipa::path(
    tag = "direct_swaps",
    operation_id = "lookAtDirectSwap",
    params(("id" = DirectSwapId, Path, description = "The direct swap."), IfMatch),
    responses((status = 200, description = "You have looked.", body = DirectSwapView))
)]
#[post("/direct-swaps/{id}/look")]
pub async fn look_at_direct_swap(
    post: Post,
    id: Named<DirectSwapId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = direct::look(writer, settings, who, id.0, if_match.0)?;
        Ok(changed(view.version(), &view))
    })
    .await
}

/// Take a question back
///
/// As the rep who asked. No swap is looked for any more; to the colleague nothing changes before the first batch boundary
/// after the time to answer, and it counts among the month's questions all the same.
#[utoipa::path(
    tag = "direct_swaps",
    operation_id = "withdrawDirectSwap",
    params(("id" = DirectSwapId, Path, description = "The direct swap."), IfMatch),
    responses((status = 200, description = "You have taken it back.", body = DirectSwapView))
)]
#[post("/direct-swaps/{id}/withdraw")]
pub async fn withdraw_direct_swap(
    post: Post,
    id: Named<DirectSwapId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = direct::withdraw(writer, settings, who, id.0, if_match.0)?;
        Ok(changed(view.version(), &view))
    })
    .await
}

/// Decline to look
///
/// As the colleague. To whoever asked, nothing changes before the first batch boundary after the time to answer.
#[utoipa::path(
    tag = "direct_swaps",
    operation_id = "declineDirectSwap",
    params(("id" = DirectSwapId, Path, description = "The direct swap."), IfMatch),
    responses((status = 200, description = "You have declined.", body = DirectSwapView))
)]
#[post("/direct-swaps/{id}/decline")]
pub async fn decline_direct_swap(
    post: Post,
    id: Named<DirectSwapId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, _| {
        let view = direct::decline(writer, settings, who, id.0, if_match.0)?;
        Ok(changed(view.version(), &view))
    })
    .await
}
