//! What is asked: REST under `/api/v1`, thin; one file a URL noun.
//!
//! In goes HTTP; out come the views of `app` as JSON, or a problem (RFC 9457). `problem` alone knows the status codes of
//! refusals, `auth` who is asking; `caller` is how every route reads and changes. Holds: whoever has no sound token learns
//! nothing; a change has its key; an answer has its request's id. Deliberately absent: queries and rules of the product.

pub mod auth;
pub mod caller;
pub mod etag;
pub mod limits;
pub mod middleware;
pub mod openapi;
pub mod operations;
pub mod page;
mod peer;
pub mod problem;
pub mod schema;
pub mod scopes;
pub mod upload;

mod abuse;
mod accounts;
mod audit;
mod callbacks;
mod direct_swaps;
mod fairness;
mod handovers;
mod imports;
mod me;
mod meetings;
mod overrides;
mod partings;
mod people;
mod proposals;
mod reports;
mod reps;
mod reviews;
mod runs;
mod submissions;
mod undos;
mod webhooks;

use crate::{app::Store, settings::Settings};
use actix_web::{
    App, HttpRequest, HttpServer,
    dev::{ResourceDef, Server},
    http::Method,
    middleware::{Compress, from_fn},
    web::{self, Data},
};
use auth::{AuthError, Gate};
use limits::Limits;
use middleware::{RootSpan, conduct, door, side_door};
use problem::Problem;
use std::{any::Any, io, net::TcpListener, sync::Arc, time::Duration};
use tokio::sync::Semaphore;
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::{scope, service_config::ServiceConfig};

/// What every request needs.
pub struct AppState {
    /// The database.
    pub store: Store,
    /// The settings.
    pub settings: Settings,
    gate: Gate,
    limits: Limits,
    /// One for each request that may be at the database, or wait for it, at a time.
    slots: Arc<Semaphore>,
    known: Vec<(ResourceDef, Vec<Method>)>,
    docs: Arc<utoipa_swagger_ui::Config<'static>>,
}

impl AppState {
    /// Reads the keys that tokens are checked with and starts to count.
    pub async fn new(settings: Settings, store: Store) -> Result<Self, AuthError> {
        operations::metrics();
        Ok(Self {
            gate: Gate::open(&settings.auth).await?,
            limits: Limits::new(&settings.rate_limit),
            slots: Arc::new(Semaphore::new(settings.server.requests_at_once)),
            known: openapi::known_paths(),
            docs: openapi::docs(),
            settings,
            store,
        })
    }
}

/// Everything under `/api/v1`.
fn v1(config: &mut ServiceConfig<'_>) {
    // Before the rest, whose scope its path begins with: a message brings a signature and no token.
    config.service(scope::scope(callbacks::PATH).service(callbacks::receive_callback).wrap(from_fn(side_door)));
    config.service(
        scope::scope("/api/v1")
            .service(me::get_me)
            .service(me::export_me)
            .service(me::get_hint)
            .service(me::get_opt_in)
            .service(me::choose_opt_in)
            .service(people::list_people)
            .service(people::create_person)
            .service(people::get_person)
            .service(people::assign_roles)
            .service(people::deactivate_person)
            .service(people::reactivate_person)
            .service(people::erase_person)
            .service(reps::list_reps)
            .service(reps::get_rep)
            .service(accounts::list_accounts)
            .service(accounts::get_account)
            .service(submissions::list_submissions)
            .service(submissions::create_submission)
            .service(submissions::get_submission)
            .service(submissions::draft_submission)
            .service(submissions::withdraw_submission)
            .service(submissions::get_triage)
            .service(submissions::triage_submission)
            .service(submissions::choose_path)
            .service(submissions::resolve_submission)
            .service(partings::list_partings)
            .service(partings::get_parting)
            .service(partings::sign_off_parting)
            .service(partings::refuse_parting)
            .service(partings::reinstate_parting)
            .service(abuse::list_abuse)
            .service(abuse::get_abuse)
            .service(abuse::acknowledge_abuse)
            .service(abuse::warn_abuse)
            .service(abuse::dismiss_abuse)
            .service(proposals::disclose_proposal)
            .service(proposals::list_proposals)
            .service(proposals::get_proposal)
            .service(proposals::explain_proposal)
            .service(proposals::get_proposal_money)
            .service(proposals::accept_proposal)
            .service(proposals::take_back_proposal)
            .service(proposals::decline_proposal)
            .service(proposals::approve_proposal)
            .service(proposals::veto_proposal)
            .service(overrides::list_overrides)
            .service(overrides::create_override)
            .service(overrides::get_override)
            .service(overrides::second_override)
            .service(overrides::refuse_override)
            .service(overrides::review_override)
            .service(direct_swaps::list_direct_swaps)
            .service(direct_swaps::create_direct_swap)
            .service(direct_swaps::get_direct_swap)
            .service(direct_swaps::look_at_direct_swap)
            .service(direct_swaps::decline_direct_swap)
            .service(direct_swaps::withdraw_direct_swap)
            .service(meetings::list_meetings)
            .service(meetings::create_meeting)
            .service(meetings::get_meeting)
            .service(meetings::change_meeting)
            .service(meetings::publish_meeting)
            .service(meetings::close_meeting)
            .service(runs::list_runs)
            .service(runs::create_run)
            .service(runs::get_run)
            .service(handovers::list_handovers)
            .service(handovers::export_handovers)
            .service(handovers::get_handover)
            .service(handovers::complete_step)
            .service(handovers::skip_step)
            .service(handovers::waive_step)
            .service(handovers::confirm_handover)
            .service(webhooks::list_webhooks)
            .service(webhooks::create_webhook)
            .service(webhooks::get_webhook)
            .service(webhooks::list_deliveries)
            .service(webhooks::change_webhook)
            .service(webhooks::rotate_webhook)
            .service(webhooks::disable_webhook)
            .service(webhooks::enable_webhook)
            .service(webhooks::replay_webhook)
            .service(webhooks::delete_webhook)
            .service(undos::fail_handover)
            .service(undos::settle_handover)
            .service(undos::ask_undo)
            .service(undos::grant_undo)
            .service(undos::refuse_undo)
            .service(reviews::list_check_ins)
            .service(reviews::make_check_in)
            .service(reviews::list_reviews)
            .service(reviews::make_review)
            .service(reviews::get_outcomes)
            .service(imports::create_import)
            .service(fairness::get_fairness)
            .service(reports::get_summary)
            .service(reports::get_override_report)
            .service(reports::get_pattern)
            .service(audit::list_audit)
            .service(audit::verify_audit)
            .wrap(from_fn(door)),
    );
}

/// A server on `listener`; it runs while the returned future is awaited and stops through its handle.
pub fn serve(listener: TcpListener, state: AppState) -> io::Result<Server> {
    let (workers, shutdown_seconds) = (state.settings.server.workers, state.settings.server.shutdown_seconds);
    let header_limit = Duration::from_secs(state.settings.server.header_timeout_seconds);
    let write_limit = Duration::from_secs(state.settings.server.write_timeout_seconds);
    let connections = state.settings.server.connections_a_worker;
    // Who waits for the database needs no thread to wait on, each with memory of its own.
    let threads = usize::try_from(state.settings.database.pool_connections).unwrap_or(usize::MAX);
    let state = Data::new(state);
    let mut server = HttpServer::new(move || {
        App::new()
            .app_data(state.clone())
            .configure(|config| v1(&mut ServiceConfig::new(config)))
            .configure(openapi::routes)
            .configure(operations::routes)
            .default_service(web::to(nothing_here))
            .wrap(from_fn(conduct))
            .wrap(Compress::default())
            .wrap(TracingLogger::<RootSpan>::new())
    })
    .disable_signals()
    .client_request_timeout(header_limit)
    .on_connect(move |connection, _| hang_up_on_who_takes_nothing(connection, write_limit))
    .max_connections(connections)
    .worker_max_blocking_threads(threads)
    .shutdown_timeout(shutdown_seconds);
    if workers > 0 {
        server = server.workers(workers);
    }
    Ok(server.listen(listener)?.run())
}

/// Has the system end a connection whose other end takes nothing of what is sent for so long.
///
/// Nothing else would: an answer that fits no buffer waits for its reader.
#[cfg(target_os = "linux")]
fn hang_up_on_who_takes_nothing(connection: &dyn Any, limit: Duration) {
    let Some(stream) = connection.downcast_ref::<actix_web::rt::net::TcpStream>() else { return };
    if let Err(error) = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(limit)) {
        tracing::warn!(%error, "a connection has no limit for taking its answers");
    }
}

/// Other systems have no such limit.
#[cfg(not(target_os = "linux"))]
fn hang_up_on_who_takes_nothing(_: &dyn Any, _: Duration) {}

/// What no route took: a wrong method of a known path, or an unknown path.
async fn nothing_here(request: HttpRequest, state: Data<AppState>) -> Result<&'static str, Problem> {
    let path = request.path();
    let known = state.known.iter().find(|(known, _)| known.is_match(path));
    Err(known.map_or_else(Problem::no_route, |(_, methods)| Problem::method_not_allowed(methods)))
}
