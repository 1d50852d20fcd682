//! Problems: every refusal as `application/problem+json` (RFC 9457); alone knows the status codes of refusals.
//!
//! In goes a [`Refused`] or what went wrong with the HTTP itself; out comes one answer with a stable `code`, its `type`
//! (`/problems/<code>`, the same word for ever), `title`, `status`, `detail` and, as `instance`, the request's id.
//! Holds: a 5xx tells nobody outside what went wrong; the log, under the same request id, does.
//! Deliberately absent: successes.

use super::middleware::RequestId;
use crate::{
    app::{
        AtMostOne, Refused, StoreError, idempotent,
        import::{ImportError, ImportRefused, RowError},
    },
    domain::principal::Scope,
};
use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{
        Method, StatusCode,
        header::{self, HeaderValue},
    },
};
use serde::Serialize;
use std::{borrow::Cow, fmt};
use utoipa::ToSchema;

/// What a caller is told to wait when nothing better is known, in seconds.
const RETRY_AFTER_SECONDS: u64 = 2;

/// When a caller may ask again for what needs a routing server that does not answer.
const RETRY_AFTER_ROUTING_SECONDS: u64 = 60;

/// A refusal on its way to the caller.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: Cow<'static, str>,
    errors: Vec<FieldError>,
    more: u64,
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

/// What the caller reads.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct Body<'a> {
    /// `/problems/` and the code: the same for ever, for programs.
    #[schema(format = "uri-reference", examples("/problems/not_found"))]
    r#type: String,
    /// What kind of refusal it is, for people.
    title: &'a str,
    /// The status code once more.
    #[schema(minimum = 400, maximum = 599)]
    status: u16,
    /// This very refusal, for people.
    detail: &'a str,
    /// The kind in one word, for programs.
    #[schema(examples("not_found"))]
    code: &'a str,
    /// The id of the request, as in `X-Request-Id` and in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    instance: Option<&'a str>,
    /// The fields that do not hold what they must.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[schema(required = false)]
    errors: &'a [FieldError],
    /// How many more are not told one by one.
    #[serde(skip_serializing_if = "is_zero")]
    #[schema(required = false)]
    more: u64,
}

const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One field that does not hold what it must.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldError {
    /// A JSON pointer into the body, a parameter's name, or a column; empty where it is about the whole.
    field: String,
    /// The line of a file that it stands in; the header is line 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    line: Option<u64>,
    /// What stood there.
    found: String,
    /// What would have been right.
    expected: String,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, title, detail: detail.into(), errors: Vec::new(), more: 0, headers: Vec::new() }
    }

    fn with(mut self, name: header::HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn retry_after(self, seconds: u64) -> Self {
        self.with(header::RETRY_AFTER, seconds)
    }

    /// A request that cannot be understood.
    pub fn malformed(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, "The request cannot be understood.", detail)
    }

    /// A body that is JSON and not what was expected.
    pub fn unusable(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, "The request is understood and cannot be followed.", detail)
    }

    /// Nobody is signed in. Why is for the log: whoever forges a token learns nothing.
    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Nobody is signed in.",
            "A valid bearer token of somebody who may sign in is needed.",
        )
        .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))
    }

    /// A service's token may not be used for this (RFC 6750, section 3.1).
    pub fn scope_missing(scope: Scope) -> Self {
        let challenge = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
        Self::new(
            StatusCode::FORBIDDEN,
            "scope_missing",
            "The token may not be used for this.",
            format!("It needs the scope {scope}."),
        )
        .with(header::WWW_AUTHENTICATE, HeaderValue::from_str(&challenge).expect("words are ASCII"))
    }

    /// A message does not prove whom it is from. Why is for the log: whoever forges one learns nothing.
    pub fn not_signed() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "not_signed",
            "The message is not signed.",
            "A webhook-signature by the endpoint's callback secret over this id, time and body is needed, made just now.",
        )
        .with(header::WWW_AUTHENTICATE, HeaderValue::from_static("Webhook"))
    }

    /// There is nothing at this path.
    pub fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing.", "There is nothing at this path.")
    }

    /// An id that nothing can have.
    pub fn no_such_id() -> Self {
        Refused::NotFound("thing").into()
    }

    /// A resource that does not know the method.
    pub fn method_not_allowed(allowed: &[Method]) -> Self {
        let allowed = allowed.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        let value = HeaderValue::from_str(&allowed).expect("methods are ASCII");
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "The resource does not know this method.",
            format!("It knows {allowed}."),
        )
        .with(header::ALLOW, value)
    }

    /// The body did not arrive in time.
    pub fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "request_timeout",
            "The request took too long to arrive.",
            "The body did not arrive in time.",
        )
    }

    /// The body is larger than it may be.
    pub fn too_large(limit_bytes: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The request is too large.",
            format!("The body may have at most {limit_bytes} bytes."),
        )
    }

    /// The body is of a type that is not read here.
    pub fn unsupported_type(expected: &'static str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "The body is of another type than expected.",
            format!("Expected Content-Type {expected}."),
        )
    }

    /// A body packed in a way that is not known.
    pub fn unsupported_encoding() -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_content_encoding",
            "The body is packed in another way than expected.",
            "Expected no Content-Encoding, or gzip.",
        )
        .with(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"))
    }

    /// A change without `If-Match`.
    pub fn if_match_missing() -> Self {
        Self::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_missing",
            "The change needs an If-Match header.",
            "Send the entity tag of what you read as If-Match, so that nobody's change is lost.",
        )
    }

    /// Too many requests.
    pub fn too_many(retry_after_seconds: u64) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_requests",
            "There were too many requests.",
            format!("Come back in {retry_after_seconds} s."),
        )
        .retry_after(retry_after_seconds)
    }

    /// Something took too long here; with its key, a POST may be sent again.
    pub fn overdue() -> Self {
        Self::busy(
            "overdue",
            "It took too long. Whether it was done is unknown; with the same key it is safe to ask again.",
        )
    }

    fn in_doubt() -> Self {
        Self::busy(
            "in_doubt",
            "The database went away at the last moment. Whether it was done is unknown; with the same key it is safe to ask again.",
        )
    }

    /// More requests are at work already than may be at once.
    pub fn overloaded() -> Self {
        Self::busy("overloaded", "Too many requests are at work already; nothing was done.")
    }

    /// The service cannot serve at this moment.
    pub fn not_ready(detail: &'static str) -> Self {
        Self::busy("not_ready", detail)
    }

    fn busy(code: &'static str, detail: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, "The service is busy.", detail)
            .retry_after(RETRY_AFTER_SECONDS)
    }

    /// Something went wrong here; `what` is for the log.
    pub fn internal(what: &dyn fmt::Display) -> Self {
        tracing::error!(error = %what, "a request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong here.",
            "It is in the log under the id of this request.",
        )
    }

    /// What the web framework answered by itself.
    pub fn of_status(status: StatusCode) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND => return Self::no_route(),
            StatusCode::URI_TOO_LONG => "uri_too_long",
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "headers_too_large",
            StatusCode::EXPECTATION_FAILED => "expectation_failed",
            status if status.is_server_error() => return Self::internal(&status),
            _ => "malformed",
        };
        Self::new(status, code, "The request cannot be understood.", "The request cannot be understood.")
    }

    /// The answer, with the id of the request it refuses.
    pub fn answer(&self, request: Option<&RequestId>) -> HttpResponse {
        let mut answer = HttpResponseBuilder::new(self.status);
        for (name, value) in &self.headers {
            answer.insert_header((name.clone(), value.clone()));
        }
        answer.insert_header((header::CONTENT_TYPE, "application/problem+json")).body(
            serde_json::to_string(&Body {
                r#type: format!("/problems/{}", self.code),
                title: self.title,
                status: self.status.as_u16(),
                detail: &self.detail,
                code: self.code,
                instance: request.map(RequestId::as_str),
                errors: &self.errors,
                more: self.more,
            })
            .expect("a problem is text and numbers"),
        )
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        self.answer(None)
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not_found", "There is no such thing.", detail),
            Refused::NotAllowed(_) => {
                Self::new(StatusCode::FORBIDDEN, "not_allowed", "This role may not do that.", detail)
            }
            Refused::Stale => {
                Self::new(StatusCode::PRECONDITION_FAILED, "stale", "It has changed since you read it.", detail)
            }
            Refused::NoPrecondition => Self::if_match_missing(),
            Refused::Conflict { code: code @ idempotent::REUSED, .. } => Self::unusable(code, detail),
            Refused::Conflict { code: code @ idempotent::IN_PROGRESS, .. } => {
                Self::conflict(code, detail).retry_after(RETRY_AFTER_SECONDS)
            }
            Refused::Conflict { code, .. } => Self::conflict(code, detail),
            Refused::Invalid { field, wrong } => {
                let mut problem = Self::unusable("invalid", detail);
                problem.errors.push(FieldError { field, line: None, found: wrong.found, expected: wrong.expected });
                problem
            }
            Refused::NoTravelTimes(_) => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "no_travel_times",
                "The sources of travel times do not answer.",
                "The service's log says which and why.",
            )
            .retry_after(RETRY_AFTER_ROUTING_SECONDS),
            Refused::Store(error) => error.into(),
        }
    }
}

impl Problem {
    fn conflict(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::CONFLICT, code, "The present state does not allow it.", detail)
    }
}

impl From<ImportError> for Problem {
    fn from(error: ImportError) -> Self {
        let detail = error.to_string();
        match error {
            ImportError::NotAllowed => {
                Self::new(StatusCode::FORBIDDEN, "not_allowed", "This role may not do that.", detail)
            }
            ImportError::Mapping(wrong) => Refused::Invalid { field: "mapping".to_owned(), wrong }.into(),
            ImportError::Refused(ImportRefused { errors, more }) => {
                let mut problem =
                    Self::unusable("import_refused", "The file is not right; nothing of it was imported.");
                problem.errors = errors
                    .into_iter()
                    .map(|RowError { line, column, found, expected }| FieldError {
                        field: column,
                        line: Some(line),
                        found,
                        expected,
                    })
                    .collect();
                problem.more = more;
                problem
            }
            ImportError::Unreadable(error) => Self::internal(&error),
            ImportError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match &error {
            StoreError::Busy(_) | StoreError::Raced => {
                tracing::warn!(%error, "the database was busy or away");
                Self::busy("busy", "The database is busy or away; nothing was changed.")
            }
            StoreError::InDoubt(_) => {
                tracing::warn!(%error, "whether it was done is unknown");
                Self::in_doubt()
            }
            StoreError::Full(_) => {
                tracing::error!(%error, "the database has no room left");
                Self::new(
                    StatusCode::INSUFFICIENT_STORAGE,
                    "full",
                    "There is no room left.",
                    "The database has no room left; nothing was changed.",
                )
                .retry_after(60)
            }
            StoreError::Twice(rule) => Self::conflict(
                match rule {
                    AtMostOne::LiveSubmission => "already_submitted",
                    AtMostOne::LiveParting => "already_parting",
                    AtMostOne::LiveLeg => "already_in_a_move",
                    AtMostOne::RunOfTheNight => "already_run",
                    AtMostOne::Answer | AtMostOne::Approval => "already_decided",
                    AtMostOne::Freeze => "already_frozen",
                    AtMostOne::Ban => "already_forbidden",
                    AtMostOne::Review => "already_reviewed",
                    AtMostOne::OpenMeeting => "meeting_open",
                    AtMostOne::Question | AtMostOne::Turn => "already_asked",
                    AtMostOne::IdempotencyKey => idempotent::IN_PROGRESS,
                    AtMostOne::Id => "already_there",
                },
                error.to_string(),
            ),
            // What the database says about it may name rows that the caller may not see.
            StoreError::Dangling(_) => {
                tracing::info!(%error, "a request refers to something that does not exist");
                Self::unusable("dangling", "It refers to something that does not exist.")
            }
            StoreError::Unusable(_) | StoreError::Corrupt(_) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_status() {
        let busy = || StoreError::Busy("pool".to_owned());
        let cases = [
            (Refused::NotFound("account"), 404),
            (Refused::NotAllowed("no"), 403),
            (Refused::Stale, 412),
            (Refused::NoPrecondition, 428),
            (Refused::conflict(idempotent::REUSED, "no"), 422),
            (Refused::conflict(idempotent::IN_PROGRESS, "no"), 409),
            (Refused::conflict("already_decided", "no"), 409),
            (Refused::invalid("/stars", "7", "1 to 5"), 422),
            (Refused::NoTravelTimes("secret".to_owned()), 503),
            (Refused::Store(busy()), 503),
            (Refused::Store(StoreError::InDoubt("commit".to_owned())), 503),
            (Refused::Store(StoreError::Full(String::new())), 507),
            (Refused::Store(StoreError::Corrupt("secret".to_owned())), 500),
        ];
        for (refused, status) in cases {
            let shown = refused.to_string();
            assert_eq!(Problem::from(refused).status_code().as_u16(), status, "{shown}");
        }
    }

    #[test]
    fn a_5xx_tells_nothing_and_says_when_to_come_back() {
        let corrupt = Problem::from(StoreError::Corrupt("secret".to_owned()));
        assert!(!corrupt.detail.contains("secret"));
        let busy = Problem::from(StoreError::Busy("secret".to_owned())).error_response();
        assert_eq!(busy.headers().get("retry-after").unwrap(), "2");
        let in_doubt = Problem::from(StoreError::InDoubt("secret".to_owned()));
        assert!(in_doubt.detail.contains("is unknown") && !in_doubt.detail.contains("secret"), "{in_doubt}");
    }
}
