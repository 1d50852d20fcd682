//! The OpenAPI 3.1 document and the page that shows it.
//!
//! In go the routes with what each says of itself; out come `/api/openapi.json`, the same on the command line, and
//! `/api/docs`, whose every file comes from this program. What all operations have in common is added here by rule, so
//! that no route can forget it: the refusals each can meet, `Idempotency-Key` on every POST, and the headers of answers.
//! Deliberately absent: paths outside `/api/v1`.

use super::{
    AppState, callbacks,
    fairness::ReportFormat,
    problem,
    scopes::{self, Demand},
    v1,
};
use crate::app::{export::HandoverFormat, import::ImportKind};
use actix_web::{
    App, HttpRequest, HttpResponse,
    dev::ResourceDef,
    http::{Method, header},
    web::{self, Data},
};
use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
};
use utoipa::{
    OpenApi, ToSchema,
    openapi::{
        self, Components, ContentBuilder, HeaderBuilder, PathItem, Ref, RefOr, Required, ResponseBuilder,
        path::{Operation, Parameter, ParameterBuilder, ParameterIn},
        response::Response,
        schema::{ObjectBuilder, Type},
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};
use utoipa_actix_web::AppExt;
use utoipa_swagger_ui::Config;

/// The paths of this file; each knows GET only.
pub const PATHS: &[&str] = &["/api/openapi.json", "/api/docs", "/api/docs/{file:.*}"];

#[derive(OpenApi)]
#[openapi(
    info(
        title = "account-swap",
        description = "Reps hand over the accounts they struggle with, one for one, to a colleague who will do better \
            with them. This is what the portal calls.\n\nEvery answer of 400 or more is `application/problem+json` \
            (RFC 9457); its `type` is `/problems/` and its `code`, the same for ever. A change takes an \
            `Idempotency-Key`, and an `If-Match` with the entity tag of what its author saw. Lists come in pages.",
        contact(name = "account-swap"),
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    // Those that no body refers to, only parameters and refusals.
    components(schemas(problem::Body<'_>, problem::FieldError, HandoverFormat, ImportKind, ReportFormat)),
    servers((url = "/", description = "This service.")),
    tags(
        (name = "me", description = "Who is asking."),
        (name = "people", description = "In which roles people may ask, and whether at all."),
        (name = "reps", description = "Reps, as the CRM has them."),
        (name = "accounts", description = "Accounts and whose book they are in."),
        (name = "submissions", description = "Statements that an account is a struggle."),
        (name = "partings", description = "Customers the company lets go, and the letters to them."),
        (name = "abuse", description = "What is on record of accounts whose customers treat people badly."),
        (name = "proposals", description = "Moves put to their reps, and the decisions on them."),
        (name = "overrides", description = "What managers decide beyond the ordinary course."),
        (name = "direct_swaps", description = "A rep asks a chosen colleague whether the two might swap."),
        (name = "meetings", description = "A run for one team that its manager shapes before it is published."),
        (name = "runs", description = "Matching runs and what they amounted to."),
        (name = "handovers", description = "The way from an approved proposal to the change of owner."),
        (name = "webhooks", description = "Endpoints of other systems that are told of what happens, and what they say."),
        (name = "imports", description = "The CRM's data on their way in."),
        (name = "reports", description = "Counts without names, and how fair the swaps are."),
        (name = "audit", description = "What happened, in a chain nobody can change unseen."),
    ),
)]
struct Base;

/// The document.
pub fn document() -> &'static openapi::OpenApi {
    static DOCUMENT: OnceLock<openapi::OpenApi> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        let (_, mut document) = App::new().into_utoipa_app().openapi(Base::openapi()).configure(v1).split_for_parts();
        let components = document.components.get_or_insert(Components::new());
        components.security_schemes.insert(
            "bearer".to_owned(),
            RefOr::T(SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .bearer_format("JWT")
                    .description(Some(
                        "An access token of the local key or of the company's issuer; a service's says what it may be used \
                         for.",
                    ))
                    .build(),
            )),
        );
        document.security = Some(vec![SecurityRequirement::new("bearer", [] as [&str; 0])]);
        for (path, item) in &mut document.paths.paths {
            for (method, operation) in operations(item) {
                complete(path, &method, operation);
            }
        }
        prune(&mut document);
        document
    })
}

/// Takes out the schemas that nothing refers to: a page holds its items' schema itself.
fn prune(document: &mut openapi::OpenApi) {
    let text = document.to_json().expect("a document is text and numbers");
    let referred: BTreeSet<&str> =
        text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    if let Some(components) = &mut document.components {
        components.schemas.retain(|name, _| referred.contains(name.as_str()));
    }
}

/// The document as text, for people and tools.
pub fn document_text() -> &'static str {
    static TEXT: OnceLock<String> = OnceLock::new();
    TEXT.get_or_init(|| document().to_pretty_json().expect("a document is text and numbers"))
}

/// Every path this server knows, with its methods: what a wrong method is told.
pub fn known_paths() -> Vec<(ResourceDef, Vec<Method>)> {
    let mut known: Vec<(ResourceDef, Vec<Method>)> = document()
        .paths
        .paths
        .iter()
        .map(|(path, item)| {
            let mut item = item.clone();
            let methods = operations(&mut item).into_iter().map(|(method, _)| method).collect();
            (ResourceDef::new(path.as_str()), methods)
        })
        .collect();
    for path in PATHS.iter().chain(super::operations::PATHS) {
        known.push((ResourceDef::new(*path), vec![Method::GET]));
    }
    for (_, methods) in &mut known {
        if methods.contains(&Method::GET) {
            methods.push(Method::HEAD);
        }
    }
    known
}

fn operations(item: &mut PathItem) -> Vec<(Method, &mut Operation)> {
    [
        (Method::GET, &mut item.get),
        (Method::POST, &mut item.post),
        (Method::PUT, &mut item.put),
        (Method::PATCH, &mut item.patch),
        (Method::DELETE, &mut item.delete),
    ]
    .into_iter()
    .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
    .collect()
}

/// Adds what an operation has in common with its kind.
fn complete(path: &str, method: &Method, operation: &mut Operation) {
    let is_post = *method == Method::POST;
    // A message has an id of its own, and a signature instead of a key.
    let takes_key = is_post && !path.starts_with(callbacks::PATH);
    if takes_key {
        operation.parameters.get_or_insert_default().push(RefOr::T(
            ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .required(Required::True)
                .description(Some(
                    "New for each change and the same when you ask again: one effect and one answer for 24 hours.",
                ))
                .schema(Some(
                    ObjectBuilder::new()
                        .schema_type(Type::String)
                        .min_length(Some(1))
                        .max_length(Some(255))
                        .pattern(Some("^[!-~]+$"))
                        .examples(["0d0c1f0e-6d6f-4c0e-9a58-3f5b8f9f1a11"]),
                ))
                .build(),
        ));
    }
    if let Demand::Scope(scope) = scopes::demanded(method.as_str(), path) {
        let said = operation.description.take().unwrap_or_default();
        operation.description = Some(format!("{said}\n\nA service needs the scope `{scope}`."));
    }
    let asks = |fits: &dyn Fn(&Parameter) -> bool| {
        let parameters = operation.parameters.iter().flatten();
        parameters.into_iter().any(|parameter| matches!(parameter, RefOr::T(parameter) if fits(parameter)))
    };
    let (has_if_match, has_if_none_match) =
        (asks(&|one| one.name == "If-Match"), asks(&|one| one.name == "If-None-Match"));
    let has_query = asks(&|one| one.parameter_in == ParameterIn::Query);
    let is_of_one = path.contains('{') || asks(&|one| one.parameter_in == ParameterIn::Query && one.name == "team");
    let refusals = [
        (400, is_post || has_query, "The request cannot be understood."),
        (401, true, "Nobody is signed in, or not any more."),
        (403, true, "This role may not do that."),
        (404, is_of_one || is_post, "There is no such thing, or not for you."),
        (408, is_post, "The body did not arrive in time."),
        (409, is_post, "The present state does not allow it, or the same key is in progress."),
        (412, is_post, "It has changed since you read it."),
        (413, is_post, "The body is too large."),
        (415, is_post, "The body is of another type than expected."),
        (422, is_post, "The request is understood and cannot be followed, or the key was used for another."),
        (428, is_post, "The change needs an If-Match header."),
        (429, true, "There were too many requests."),
        (503, true, "The service is busy; nothing was changed, or its key settles whether something was."),
        (507, is_post, "There is no room left; nothing was changed."),
    ];
    let relevant = |status: u16| !matches!(status, 412 | 428) || has_if_match;
    for (status, may, what) in refusals {
        if may && relevant(status) {
            operation.responses.responses.entry(status.to_string()).or_insert_with(|| RefOr::T(refusal(what)));
        }
    }
    if has_if_none_match {
        operation
            .responses
            .responses
            .entry("304".to_owned())
            .or_insert_with(|| RefOr::T(Response::new("You have the present version already.")));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            dress(status, response, takes_key, has_if_match || has_if_none_match);
        }
    }
}

fn refusal(what: &str) -> Response {
    ResponseBuilder::new()
        .description(what)
        .content(
            "application/problem+json",
            ContentBuilder::new().schema(Some(Ref::from_schema_name(problem::Body::name()))).build(),
        )
        .build()
}

/// Adds the headers an answer has.
fn dress(status: &str, response: &mut Response, takes_key: bool, has_versions: bool) {
    let succeeds = status.starts_with('2');
    let mut add = |applies: bool, name: &str, of: Type, what: &str| {
        if applies {
            let schema = ObjectBuilder::new().schema_type(of).build();
            let header = HeaderBuilder::new().schema(Some(schema)).description(Some(what)).build();
            response.headers.insert(name.to_owned(), RefOr::T(header));
        }
    };
    add(true, "X-Request-Id", Type::String, "The id of the request, as in the log.");
    add(matches!(status, "409" | "429" | "503" | "507"), "Retry-After", Type::Integer, "Seconds to wait.");
    add(status == "401", "WWW-Authenticate", Type::String, "`Bearer`.");
    add(status == "403", "WWW-Authenticate", Type::String, "Where a service's token lacks a scope: which.");
    add(
        (succeeds && (has_versions || status == "201")) || status == "304",
        "ETag",
        Type::String,
        "The version of what is shown.",
    );
    add(status == "201", "Location", Type::String, "Where the new thing is.");
    add(
        succeeds && takes_key,
        "Idempotency-Replayed",
        Type::String,
        "`true` where this answer was given before under the same key.",
    );
}

/// Adds the document and its page.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api/openapi.json", web::get().to(json))
        .route("/api/docs", web::get().to(to_page))
        .route("/api/docs/{file:.*}", web::get().to(page));
}

async fn json() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(document_text())
}

async fn to_page() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/api/docs/")).finish()
}

async fn page(request: HttpRequest, state: Data<AppState>) -> HttpResponse {
    let file = request.match_info().query("file");
    match utoipa_swagger_ui::serve(file, Arc::clone(&state.docs)) {
        Ok(Some(file)) => {
            let mut answer = HttpResponse::Ok();
            if file.gzpipped {
                answer.insert_header(header::ContentEncoding::Gzip);
            }
            answer
                .content_type(file.content_type)
                .insert_header((
                    header::CONTENT_SECURITY_POLICY,
                    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                     connect-src 'self'; font-src 'self'; base-uri 'none'; frame-ancestors 'none'",
                ))
                .body(file.bytes.into_owned())
        }
        Ok(None) => HttpResponse::NotFound().finish(),
        Err(error) => {
            tracing::error!(error = %error, "the reference page cannot be shown");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// How the page is set up: this document, and no question to a validator elsewhere.
pub fn docs() -> Arc<Config<'static>> {
    Arc::new(Config::from("/api/openapi.json").validator_url("none").persist_authorization(false))
}
