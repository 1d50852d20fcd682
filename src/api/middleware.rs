//! Around every request: its id, its span and log line, its count and time, the headers of every answer, and the door.
//!
//! In goes a request; out comes its answer with `X-Request-Id`, with a problem's `instance`, and with the headers that keep
//! it out of caches and frames. Under `/api/v1` the door comes first: who asks, and how often.
//! Holds: an answer of 400 or more is always problem+json; nothing is logged or counted under a name the caller made up.
//! Deliberately absent: bodies in logs; they hold opinions.

use super::{
    AppState,
    auth::SignedIn,
    limits::Class,
    peer,
    problem::Problem,
    scopes::{self, Demand},
};
use crate::{
    app::Refused,
    domain::principal::{Principal, Role, Scope},
};
use actix_web::{
    Error, HttpMessage,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{self, HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Data,
};
use std::{collections::BTreeSet, time::Instant};
use tracing::{Span, field::Empty};
use tracing_actix_web::RootSpanBuilder;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest request id that is taken from a caller.
const MAX_REQUEST_ID_BYTES: usize = 64;

/// What this request is called in its answer and in the log.
#[derive(Debug, Clone)]
pub struct RequestId(String);

impl RequestId {
    /// The id as text: letters, digits, `.`, `_` and `-`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The caller's own id where it is sound, or a new one.
    fn of(headers: &HeaderMap) -> Self {
        let sound = |id: &&str| {
            (1..=MAX_REQUEST_ID_BYTES).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
        };
        let own = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok()).filter(sound);
        Self(own.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned))
    }
}

/// The span of a request: everything that is logged for it carries its id.
pub struct RootSpan;

impl RootSpanBuilder for RootSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = RequestId::of(request.headers());
        let span = tracing::info_span!("request", request_id = id.as_str(), role = Empty, principal = Empty);
        request.extensions_mut().insert(id);
        span
    }

    fn on_request_end<B: MessageBody>(_: Span, _: &Result<ServiceResponse<B>, Error>) {}
}

/// Conducts a request from its first byte to its answer.
pub async fn conduct(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let began = Instant::now();
    let method = known_method(request.method());
    if request.method() == Method::HEAD {
        // The answer to HEAD is that to GET; the connection leaves the body out.
        request.head_mut().method = Method::GET;
    }
    let id = request.extensions().get::<RequestId>().cloned().expect("the root span has set it");
    let mut answer = next.call(request).await?.map_into_boxed_body();
    if let Some(problem) = problem_of(&answer) {
        let mut rendered = problem.answer(Some(&id));
        // What the door and the routes have set beside the problem stays.
        for (name, value) in answer.headers() {
            if !rendered.headers().contains_key(name) && name != header::CONTENT_LENGTH {
                rendered.headers_mut().append(name.clone(), value.clone());
            }
        }
        answer = answer.into_response(rendered);
    }
    decorate(answer.headers_mut(), &id);
    let route = answer.request().match_pattern().unwrap_or_else(|| "none".to_owned());
    let (status, took) = (answer.status(), began.elapsed());
    metrics::counter!(
        "http_requests_total", "route" => route.clone(), "method" => method, "status" => status.as_u16().to_string()
    )
    .increment(1);
    metrics::histogram!("http_request_duration_seconds", "route" => route.clone(), "method" => method)
        .record(took.as_secs_f64());
    tracing::info!(method, route, status = status.as_u16(), milliseconds = took.as_millis() as u64, "answered");
    Ok(answer)
}

/// The problem to answer with, where the answer is a refusal that does not carry its request's id yet.
fn problem_of(answer: &ServiceResponse) -> Option<Problem> {
    let status = answer.status();
    if !(status.is_client_error() || status.is_server_error()) {
        return None;
    }
    let known = answer.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
    Some(known.unwrap_or_else(|| Problem::of_status(status)))
}

fn decorate(headers: &mut HeaderMap, id: &RequestId) {
    headers.insert(REQUEST_ID, HeaderValue::from_str(id.as_str()).expect("an id is ASCII"));
    let defaults = [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in defaults {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// The method's name, where it is one that anybody uses.
fn known_method(method: &Method) -> &'static str {
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        .iter()
        .find(|known| *known == method)
        .map_or("other", |known| match known.as_str() {
            "GET" => "GET",
            "HEAD" => "HEAD",
            "POST" => "POST",
            "PUT" => "PUT",
            "PATCH" => "PATCH",
            "DELETE" => "DELETE",
            _ => "OPTIONS",
        })
}

/// Lets in who is signed in and does not ask too often, a service only where its token may be used; the rest learns which of
/// the three it was.
///
/// Who is not signed in is counted by address, so that trying tokens is slow.
pub async fn door(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<Data<AppState>>().cloned().expect("every server has a state");
    // The borrow of the headers must not outlive the wait for the issuer's keys.
    let headers = request.headers().clone();
    let signed_in = state.gate.who(&headers).await;
    let counted = match &signed_in {
        Some(SignedIn { who, .. }) => format!("{}:{}", who.role, who.id),
        None => stranger(&state, &request),
    };
    let class = Class::of(request.method(), request.match_pattern().as_deref());
    if let Err(seconds) = state.limits.check(counted, class) {
        return Ok(request.error_response(Problem::too_many(seconds)));
    }
    let Some(SignedIn { who, scopes }) = signed_in else {
        return Ok(request.error_response(Problem::unauthenticated()));
    };
    if let Some(problem) = lacking(&state, &request, &who, &scopes) {
        return Ok(request.error_response(problem));
    }
    Span::current().record("role", who.role.as_str()).record("principal", who.id.as_str());
    request.extensions_mut().insert(who);
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Why a service may not do this with its token; nothing where it may, where there is no such operation, and for people.
fn lacking(state: &AppState, request: &ServiceRequest, who: &Principal, scopes: &BTreeSet<Scope>) -> Option<Problem> {
    let path = request.match_pattern()?;
    let is_operation = || {
        let mut known = state.known.iter();
        known.any(|(one, methods)| one.pattern() == Some(&path) && methods.contains(request.method()))
    };
    if who.role != Role::Service || !is_operation() {
        return None;
    }
    match scopes::demanded(request.method().as_str(), &path) {
        Demand::Scope(scope) if !scopes.contains(&scope) => Some(Problem::scope_missing(scope)),
        Demand::Nothing | Demand::Scope(_) => None,
        Demand::Person => Some(Problem::from(Refused::NotAllowed("this is for people"))),
    }
}

/// Lets in who does not ask too often, by address; what comes in proves itself whom it is from.
pub async fn side_door(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let state = request.app_data::<Data<AppState>>().cloned().expect("every server has a state");
    if let Err(seconds) = state.limits.check(stranger(&state, &request), Class::Change) {
        return Ok(request.error_response(Problem::too_many(seconds)));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// What somebody counts as of whom nothing is known but their address.
fn stranger(state: &AppState, request: &ServiceRequest) -> String {
    let peer = request.peer_addr().map(|peer| peer.ip());
    peer::counted_as(peer::origin(peer, request.headers(), &state.settings.server.trusted_proxies))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_keeps_its_own_id_only_where_it_is_harmless() {
        let id = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(value));
            RequestId::of(&headers).0
        };
        assert_eq!(id("portal-7.a_b"), "portal-7.a_b");
        assert_ne!(id("a b"), "a b");
        assert_ne!(id("<script>"), "<script>");
        assert_eq!(RequestId::of(&HeaderMap::new()).0.len(), 36);
    }
}
