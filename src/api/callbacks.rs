//! `/callbacks/{id}`: what the CRM says of what it was asked.
//!
//! In goes a signed message; out comes what it led to. It needs no token: its signature proves whom it is from, and it is
//! looked at in a reading transaction before anything is written.

use super::{
    AppState,
    caller::{Ended, Named, blocking, read_body},
    problem::Problem,
};
use crate::{
    app::callbacks::{self, Arrived, Callback, CallbackTaken},
    domain::ids::WebhookId,
};
use actix_web::{
    HttpMessage, HttpRequest, post,
    web::{Data, Json, Payload},
};
use std::time::Duration;

/// What the paths of this file begin with.
pub const PATH: &str = "/api/v1/callbacks";

/// Say what became of a change of owner
///
/// For the CRM, by a message in the form of Standard Webhooks, signed with the endpoint's callback secret: that it has
/// carried out what `handover.execute` asked for, or never will, for one account, some or all. Each names who has the
/// account now. The answer says what follows. It may be sent again, signed anew under the same id: it counts once. The very
/// same bytes again are refused.
#[utoipa::path(
    tag = "webhooks",
    operation_id = "receiveCallback",
    params(
        ("id" = WebhookId, Path, description = "The endpoint that was asked."),
        ("webhook-id" = String, Header, description = "The message's id: 1 to 128 visible ASCII characters, no full stop."),
        ("webhook-timestamp" = String, Header, description = "When it was signed, in seconds since 1970."),
        ("webhook-signature" = String, Header, description = "`v1,` and the signature in Base64; several with a space between."),
    ),
    request_body(content = Callback, description = "What it says."),
    responses((status = 200, description = "It is taken.", body = CallbackTaken)),
    security(())
)]
#[post("/{id}")]
pub async fn receive_callback(
    request: HttpRequest,
    payload: Payload,
    id: Named<WebhookId>,
    state: Data<AppState>,
) -> Result<Json<CallbackTaken>, Problem> {
    let server = &state.settings.server;
    let limit = Duration::from_secs(server.request_timeout_seconds);
    let header = |name: &str| -> Result<String, Problem> {
        let mut values = request.headers().get_all(name);
        match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
            (Some(text), None) => Ok(text.to_owned()),
            _ => Err(Problem::not_signed()),
        }
    };
    let (message, timestamp, signature) =
        (header("webhook-id")?, header("webhook-timestamp")?, header("webhook-signature")?);
    if !["application/json", "application/cloudevents+json"].contains(&request.content_type()) {
        return Err(Problem::unsupported_type("application/json"));
    }
    let body_limit = Duration::from_secs(server.body_timeout_seconds);
    let body = tokio::time::timeout(body_limit, read_body(payload.into_inner(), server.request_body_limit_bytes))
        .await
        .map_err(|_| Problem::too_slow())??;
    let arrived = Arrived { id: message, timestamp, signature, body };
    let taken = blocking(&Data::clone(&state), limit, move || {
        let AppState { store, settings, .. } = &**state;
        store.read(|reader| callbacks::check(reader, settings, id.0, &arrived).map(|_| ()))?;
        Ok::<_, Ended>(store.write(|writer| callbacks::receive(writer, settings, id.0, &arrived))?)
    })
    .await?;
    metrics::counter!("crm_messages_total", "outcome" => taken.outcome.as_str()).increment(1);
    Ok(Json(taken))
}
