//! What every route does the same way: read as somebody, or change something once.
//!
//! In goes a request that came through the door; out comes a [`Caller`], who reads in one view of the database, or a
//! [`Post`], which changes something in one transaction under its `Idempotency-Key`. Both ask, in that very transaction,
//! whether the person still holds the role of their token. Database work runs on threads of its own and for so long; a
//! change that took longer may have been made, which its key settles.
//! Deliberately absent: what is read or changed.

use super::{AppState, etag, problem::Problem};
use crate::{
    app::{
        Reader, Refused, Store, StoreError, TransactionError, Writer,
        callbacks::NotTaken,
        idempotent::{self, Answer, Answered, Begun, Held},
        import::ImportError,
        me,
    },
    domain::{ids::Version, principal::Principal},
    settings::Settings,
};
use actix_web::{
    FromRequest, HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder,
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    web::{self, Data},
};
use futures_util::{StreamExt, future::LocalBoxFuture};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::{
    future::{Ready, ready},
    sync::Arc,
    time::Duration,
};
use tracing::Span;

/// Somebody who is signed in.
pub struct Caller {
    pub(super) who: Principal,
    pub(super) state: Data<AppState>,
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

/// Why a transaction ended without an answer.
pub enum Ended {
    /// The person does not hold the role any more.
    NotAdmitted,
    /// A verb refused.
    Refused(Refused),
    /// A file was not imported.
    NotImported(ImportError),
    /// A message does not prove whom it is from.
    NotSigned,
}

impl From<Refused> for Ended {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<StoreError> for Ended {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

impl From<ImportError> for Ended {
    fn from(error: ImportError) -> Self {
        Self::NotImported(error)
    }
}

impl From<NotTaken> for Ended {
    fn from(why: NotTaken) -> Self {
        match why {
            NotTaken::NotSigned => Self::NotSigned,
            NotTaken::Refused(refused) => Self::Refused(refused),
        }
    }
}

impl TransactionError for Ended {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Refused(refused) if refused.is_raced())
    }
}

impl From<Ended> for Problem {
    fn from(ended: Ended) -> Self {
        match ended {
            Ended::NotAdmitted => Self::unauthenticated(),
            Ended::NotSigned => Self::not_signed(),
            Ended::Refused(refused) => refused.into(),
            Ended::NotImported(error) => error.into(),
        }
    }
}

pub(super) fn admit(reader: &mut Reader<'_>, settings: &Settings, who: &Principal) -> Result<(), Ended> {
    me::admit(reader, &settings.people, who).map_err(|refused| match refused {
        Refused::Store(error) => error.into(),
        _ => Ended::NotAdmitted,
    })
}

impl Caller {
    pub(super) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let who = request.extensions().get::<Principal>().cloned().ok_or_else(Problem::unauthenticated)?;
        let state = request.app_data::<Data<AppState>>().cloned().expect("every server has a state");
        Ok(Self { who, state })
    }

    /// Reads in one view of the database.
    pub async fn read<T: Send + 'static>(
        self,
        work: impl FnOnce(&mut Reader<'_>, &Settings, &Principal) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Problem> {
        let Self { who, state } = self;
        let limit = Duration::from_secs(state.settings.server.request_timeout_seconds);
        blocking(&Data::clone(&state), limit, move || {
            state.store.read(|reader| {
                admit(reader, &state.settings, &who)?;
                Ok(work(reader, &state.settings, &who)?)
            })
        })
        .await
    }
}

/// Runs database work on a thread for such, within the request's span.
///
/// Where as many are at it as may be at once, the next is turned away at once: a queue that only grows serves nobody in time.
/// Whoever is given up on keeps their place until they are done.
pub(super) async fn blocking<T: Send + 'static>(
    state: &AppState,
    limit: Duration,
    work: impl FnOnce() -> Result<T, Ended> + Send + 'static,
) -> Result<T, Problem> {
    let slot = Arc::clone(&state.slots).try_acquire_owned().map_err(|_| Problem::overloaded())?;
    let span = Span::current();
    let done = web::block(move || {
        let _slot = slot;
        span.in_scope(work)
    });
    match tokio::time::timeout(limit, done).await {
        Ok(Ok(done)) => Ok(done?),
        Ok(Err(panicked)) => Err(Problem::internal(&panicked)),
        Err(_) => Err(Problem::overdue()),
    }
}

pub(super) fn broken_body(error: actix_web::error::PayloadError) -> Problem {
    Problem::malformed("body_unusable", error.to_string())
}

/// A body that says nothing: absent, or `{}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoBody {}

/// A change that somebody asks for, once, under a key.
pub struct Post<T = NoBody> {
    caller: Caller,
    request: idempotent::Request,
    body: T,
}

impl<T: DeserializeOwned> FromRequest for Post<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let caller = Caller::of(&request)?;
            let key = key(request.headers())?;
            let server = &caller.state.settings.server;
            let limit = Duration::from_secs(server.body_timeout_seconds);
            let bytes = tokio::time::timeout(limit, read_body(payload, server.request_body_limit_bytes))
                .await
                .map_err(|_| Problem::too_slow())??;
            let body = if bytes.is_empty() { parse(b"{}")? } else { json(&request, &bytes)? };
            let request = idempotent::Request {
                operation: operation(&request),
                key,
                hash: Fingerprint::of(&request).chain(&bytes).finish(),
            };
            Ok(Self { caller, request, body })
        })
    }
}

impl<T: Send + 'static> Post<T> {
    /// Does `work` unless it was done under this key, in one transaction with its stored answer.
    pub async fn once(
        self,
        work: impl Fn(&mut Writer<'_>, &Settings, &Principal, &T) -> Result<Answer, Refused> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { caller: Caller { who, state }, request, body } = self;
        let limit = Duration::from_secs(state.settings.server.request_timeout_seconds);
        let answered = blocking(&Data::clone(&state), limit, move || {
            state.store.write(|writer| {
                admit(writer, &state.settings, &who)?;
                Ok(idempotent::once(writer, &who, &request, |writer| work(writer, &state.settings, &who, &body))?)
            })
        })
        .await?;
        Ok(respond(answered))
    }
}

impl<T: Send + 'static> Post<T> {
    /// Does `work` unless it was done under this key, and answers with more than is kept: what `work` gives beside the kept
    /// answer is told this once.
    pub async fn once_and_tell<V: Serialize + Send + 'static>(
        self,
        work: impl Fn(&mut Writer<'_>, &Settings, &Principal, &T) -> Result<(Answer, V), Refused> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { caller: Caller { who, state }, request, body } = self;
        let limit = Duration::from_secs(state.settings.server.request_timeout_seconds);
        let answered = blocking(&Data::clone(&state), limit, move || {
            let mut told = None;
            let mut answered = state.store.write(|writer| {
                admit(writer, &state.settings, &who)?;
                Ok::<_, Ended>(idempotent::once(writer, &who, &request, |writer| {
                    let (answer, value) = work(writer, &state.settings, &who, &body)?;
                    told = Some(value);
                    Ok::<_, Refused>(answer)
                })?)
            })?;
            if let Some(value) = told.filter(|_| !answered.replayed) {
                answered.answer.body =
                    serde_json::to_string(&value).expect("views have string keys and finite numbers");
            }
            Ok(answered)
        })
        .await?;
        Ok(respond(answered))
    }
}

impl<T: Send + 'static> Post<T> {
    /// Does `work` unless it was done under this key: work in transactions of its own, for which the key is claimed first,
    /// and which keeps its answer in the one that counts.
    ///
    /// The answer is kept even when nobody waits for it any more. Who died at it is taken over when the lease has run out.
    pub async fn at_length(
        self,
        work: impl FnOnce(&Store, &Settings, &Principal, &T, &Held) -> Result<Answer, Refused> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { caller: Caller { who, state }, request, body } = self;
        let limit = Duration::from_secs(state.settings.server.import_timeout_seconds);
        let lease_seconds = state.settings.night.lease_seconds;
        let answered = blocking(&Data::clone(&state), limit, move || {
            let begun = state.store.write(|writer| {
                admit(writer, &state.settings, &who)?;
                Ok::<_, Ended>(idempotent::begin(writer, &who, &request, lease_seconds)?)
            })?;
            let claim = match begun {
                Begun::Answered(answer) => return Ok(Answered { answer, replayed: true }),
                Begun::Fresh(claim) => claim,
            };
            let held = Held::new(&state.store, &who, &request, claim, lease_seconds);
            match work(&state.store, &state.settings, &who, &body, &held) {
                Ok(answer) => Ok(Answered { answer, replayed: false }),
                Err(refused) => {
                    state.store.write(|writer| held.abandon(writer))?;
                    Err(refused.into())
                }
            }
        })
        .await?;
        Ok(respond(answered))
    }
}

impl<T: Send + 'static> Post<T> {
    /// Does `work` in a transaction that is taken back, and answers with what it found. Nothing is kept, also not under the
    /// key.
    pub async fn rehearse<V: Serialize + Send + 'static>(
        self,
        work: impl Fn(&mut Writer<'_>, &Settings, &Principal, &T) -> Result<V, Refused> + Send + 'static,
    ) -> Result<HttpResponse, Problem> {
        let Self { caller: Caller { who, state }, body, .. } = self;
        let limit = Duration::from_secs(state.settings.server.request_timeout_seconds);
        let found = blocking(&Data::clone(&state), limit, move || {
            state.store.rehearse(|writer| {
                admit(writer, &state.settings, &who)?;
                Ok(work(writer, &state.settings, &who, &body)?)
            })
        })
        .await?;
        Ok(HttpResponse::Ok().json(found))
    }
}

/// What is asked, without what it is asked about: the method and the path's template.
pub(super) fn operation(request: &HttpRequest) -> String {
    format!("{} {}", request.method(), request.match_pattern().unwrap_or_default())
}

/// The `Idempotency-Key`: 1 to 255 visible ASCII characters.
pub(super) fn key(headers: &HeaderMap) -> Result<String, Problem> {
    let mut keys = headers.get_all("idempotency-key");
    let key = keys.next().ok_or_else(|| {
        Problem::malformed(
            "idempotency_key_missing",
            "Send an Idempotency-Key, new for each change and the same when you ask again, so that it is made once.",
        )
    })?;
    key.to_str()
        .ok()
        .filter(|key| (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()))
        .filter(|_| keys.next().is_none())
        .map(str::to_owned)
        .ok_or_else(|| {
            Problem::malformed(
                "idempotency_key_unusable",
                "Expected one Idempotency-Key of 1 to 255 visible ASCII characters.",
            )
        })
}

/// What makes a request the same as another: everything that was asked.
pub struct Fingerprint(Sha256);

impl Fingerprint {
    /// Begins with all that is known before the body.
    pub fn of(request: &HttpRequest) -> Self {
        let if_match = request.headers().get(header::IF_MATCH).map_or(&b""[..], |value| value.as_bytes());
        Self(Sha256::new())
            .part(request.method().as_str().as_bytes())
            .part(request.path().as_bytes())
            .part(request.query_string().as_bytes())
            .part(if_match)
    }

    /// Adds something of known length, so that no two requests run into one another.
    pub(super) fn part(self, bytes: &[u8]) -> Self {
        Self(self.0.chain_update((bytes.len() as u64).to_be_bytes()).chain_update(bytes))
    }

    /// Adds a piece of the body, which comes last.
    pub fn chain(self, bytes: &[u8]) -> Self {
        Self(self.0.chain_update(bytes))
    }

    /// The fingerprint, in hex.
    pub fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Reads a body up to a limit.
pub(super) async fn read_body(mut payload: Payload, limit_bytes: usize) -> Result<Vec<u8>, Problem> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(broken_body)?;
        if body.len() + chunk.len() > limit_bytes {
            return Err(Problem::too_large(limit_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn json<T: DeserializeOwned>(request: &HttpRequest, bytes: &[u8]) -> Result<T, Problem> {
    let content_type = request.content_type();
    if !content_type.eq_ignore_ascii_case("application/json") {
        return Err(Problem::unsupported_type("application/json"));
    }
    parse(bytes)
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let value: serde_json::Value = serde_json::from_slice(bytes)
        .map_err(|error| Problem::malformed("json_unusable", format!("The body is not JSON: {error}.")))?;
    if holds_nul(&value) {
        return Err(Problem::unusable("invalid", "A text holds the character U+0000, which cannot be kept."));
    }
    T::deserialize(value).map_err(|error| Problem::unusable("invalid", format!("The body does not fit: {error}.")))
}

/// Whether any text in it holds U+0000, which PostgreSQL cannot keep.
fn holds_nul(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(holds_nul),
        serde_json::Value::Object(fields) => fields.iter().any(|(name, field)| name.contains('\0') || holds_nul(field)),
        _ => false,
    }
}

/// What a path names, or 404: an id that nothing can have is the id of nothing.
pub struct Named<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Named<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let named = web::Path::<T>::extract(request).into_inner();
        ready(named.map(|path| Self(path.into_inner())).map_err(|_| Problem::no_such_id()))
    }
}

/// An answer to a change, as it is kept.
pub fn answer(status: StatusCode, view: &impl Serialize) -> Answer {
    Answer {
        status: status.as_u16(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: serde_json::to_string(view).expect("views have string keys and finite numbers"),
    }
}

/// It is done: the view of what was changed, with its entity tag.
pub fn changed(version: Version, view: &impl Serialize) -> Answer {
    tagged(answer(StatusCode::OK, view), version)
}

/// It was made: its view and where it is.
pub fn made(location: String, view: &impl Serialize) -> Answer {
    let mut answer = answer(StatusCode::CREATED, view);
    answer.headers.push(("location".to_owned(), location));
    answer
}

/// It was made: its view, its entity tag and where it is.
pub fn created(location: String, version: Version, view: &impl Serialize) -> Answer {
    tagged(made(location, view), version)
}

fn tagged(mut answer: Answer, version: Version) -> Answer {
    answer.headers.push(("etag".to_owned(), etag::of(version)));
    answer
}

pub(super) fn respond(Answered { answer, replayed }: Answered) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = HttpResponseBuilder::new(status);
    for (name, value) in answer.headers {
        response.insert_header((name, value));
    }
    if replayed {
        response.insert_header(("idempotency-replayed", "true"));
    }
    response.body(answer.body)
}

/// The answer to a read of something that has versions: its view with its entity tag, or 304.
pub fn shown(known: &etag::IfNoneMatch, version: Version, view: &impl Serialize) -> HttpResponse {
    let status = if known.has(version) { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
    let mut response = HttpResponseBuilder::new(status);
    response.insert_header(etag::header(version));
    if status == StatusCode::OK { response.json(view) } else { response.finish() }
}
