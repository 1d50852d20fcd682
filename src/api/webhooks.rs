//! `/webhooks`: endpoints of other systems that are told of what happens.

use super::{
    caller::{Caller, Named, Post, answer, changed, created, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::webhooks::{
        self, DeliveryView, NewWebhook, Replay, Replayed, Rotation, WebhookChange, WebhookMade, WebhookView,
    },
    domain::ids::WebhookId,
};
use actix_web::{HttpResponse, get, http::StatusCode, post, web::Json};

/// Endpoints
///
/// By id, for an admin.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "listWebhooks",
    params(PageQuery),
    responses((status = 200, description = "A page of endpoints.", body = Page<WebhookView>))
)]
#[get("/webhooks")]
pub async fn list_webhooks(caller: Caller, page: PageQuery) -> Result<Json<Page<WebhookView>>, Problem> {
    let wanted = page.of::<WebhookId>("webhooks")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| webhooks::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |webhook| webhook.id)))
}

/// Make an endpoint
///
/// For an admin. It is told of what happens from now on, by messages in the form of Standard Webhooks that hold a CloudEvent.
/// The secrets are told in this answer and never again, also not under the same key.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "createWebhook",
    request_body(content = NewWebhook, description = "Where it is and what it takes."),
    responses((status = 201, description = "It is made.", body = WebhookMade))
)]
#[post("/webhooks")]
pub async fn create_webhook(post: Post<NewWebhook>) -> Result<HttpResponse, Problem> {
    post.once_and_tell(move |writer, settings, who, new| {
        let (webhook, secrets) = webhooks::create(writer, settings, who, new)?;
        let kept = WebhookMade { webhook: webhook.clone(), secrets: None };
        let answer = created(format!("/api/v1/webhooks/{}", webhook.id), webhook.version, &kept);
        Ok((answer, WebhookMade { webhook, secrets: Some(secrets) }))
    })
    .await
}

/// One endpoint
///
/// For an admin: where it is, what it takes and how it fares; no secret.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "getWebhook",
    params(("id" = WebhookId, Path, description = "The endpoint."), IfNoneMatch),
    responses((status = 200, description = "The endpoint.", body = WebhookView))
)]
#[get("/webhooks/{id}")]
pub async fn get_webhook(caller: Caller, id: Named<WebhookId>, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, _, who| webhooks::one(reader, who, id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// What was sent to an endpoint
///
/// For an admin, the newest first: what waits, what was taken, and what was given up.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "listDeliveries",
    params(("id" = WebhookId, Path, description = "The endpoint."), PageQuery),
    responses((status = 200, description = "A page of deliveries.", body = Page<DeliveryView>))
)]
#[get("/webhooks/{id}/deliveries")]
pub async fn list_deliveries(
    caller: Caller,
    id: Named<WebhookId>,
    page: PageQuery,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let wanted = page.of::<i64>("deliveries")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| webhooks::list_deliveries(reader, who, id.0, ask)).await?;
    Ok(Json(wanted.page(found, |delivery| delivery.seq)))
}

/// Change an endpoint
///
/// For an admin: another address, another description, other events. What is absent stays.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "changeWebhook",
    params(("id" = WebhookId, Path, description = "The endpoint."), IfMatch),
    request_body(content = WebhookChange, description = "What is to be different."),
    responses((status = 200, description = "It is changed.", body = WebhookView))
)]
#[post("/webhooks/{id}/change")]
pub async fn change_webhook(
    post: Post<WebhookChange>,
    id: Named<WebhookId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = webhooks::change(writer, settings, who, id.0, new, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Rotate an endpoint's secrets
///
/// For an admin. The new secrets are told in this answer and never again. The present ones count beside them for a day, or as
/// the settings say: messages carry two signatures meanwhile. With `at_once` they count no more, because somebody has them
/// who must not.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "rotateWebhook",
    params(("id" = WebhookId, Path, description = "The endpoint."), IfMatch),
    request_body(content = Rotation, description = "What becomes of the present secrets; may be absent."),
    responses((status = 200, description = "It has new secrets.", body = WebhookMade))
)]
#[post("/webhooks/{id}/rotate")]
pub async fn rotate_webhook(
    post: Post<Rotation>,
    id: Named<WebhookId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once_and_tell(move |writer, settings, who, asked| {
        let (webhook, secrets) = webhooks::rotate(writer, settings, who, id.0, asked, if_match.0)?;
        let kept = WebhookMade { webhook: webhook.clone(), secrets: None };
        Ok((changed(webhook.version, &kept), WebhookMade { webhook, secrets: Some(secrets) }))
    })
    .await
}

/// Disable an endpoint
///
/// For an admin: nothing is sent to it for now; what it takes waits for it.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "disableWebhook",
    params(("id" = WebhookId, Path, description = "The endpoint."), IfMatch),
    responses((status = 200, description = "It is disabled.", body = WebhookView))
)]
#[post("/webhooks/{id}/disable")]
pub async fn disable_webhook(post: Post, id: Named<WebhookId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = webhooks::disable(writer, who, id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Enable an endpoint
///
/// For an admin: what has waited for it is sent at once, in order.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "enableWebhook",
    params(("id" = WebhookId, Path, description = "The endpoint."), IfMatch),
    responses((status = 200, description = "It is active.", body = WebhookView))
)]
#[post("/webhooks/{id}/enable")]
pub async fn enable_webhook(post: Post, id: Named<WebhookId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = webhooks::enable(writer, who, id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Send events again
///
/// For an admin: what the endpoint takes of the events of a time, with their ids of then and in their order. An endpoint that
/// knows the ids can tell what it has.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "replayWebhook",
    params(("id" = WebhookId, Path, description = "The endpoint."), IfMatch),
    request_body(content = Replay, description = "From when until when."),
    responses((status = 202, description = "They are on their way.", body = Replayed))
)]
#[post("/webhooks/{id}/replay")]
pub async fn replay_webhook(
    post: Post<Replay>,
    id: Named<WebhookId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, asked| {
        let replayed = webhooks::replay(writer, who, id.0, asked, if_match.0)?;
        Ok(answer(StatusCode::ACCEPTED, &replayed))
    })
    .await
}

/// Delete an endpoint
///
/// For an admin: nothing is sent to it any more, and its secrets are forgotten.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "deleteWebhook",
    params(("id" = WebhookId, Path, description = "The endpoint."), IfMatch),
    responses((status = 200, description = "It is gone.", body = WebhookView))
)]
#[post("/webhooks/{id}/delete")]
pub async fn delete_webhook(post: Post, id: Named<WebhookId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = webhooks::delete(writer, who, id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}
