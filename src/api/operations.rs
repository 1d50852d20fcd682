//! For whoever runs the service: `/healthz`, `/readyz`, `/metrics`.
//!
//! In goes nothing; out comes whether the process lives, whether its database answers and fits, and what it has counted.
//! Deliberately absent: names and ids of people; these three ask for no token.

use super::{AppState, problem::Problem};
use crate::app::handover::CrmTaken;
use actix_web::{
    HttpResponse,
    web::{self, Data},
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// The paths of this file; each knows GET only.
pub const PATHS: &[&str] = &["/healthz", "/readyz", "/metrics"];

/// Bounds of the buckets of request times, in seconds.
const SECONDS: &[f64] = &[0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The process's one recorder of metrics; made on first use.
pub fn metrics() -> &'static PrometheusHandle {
    static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();
    RECORDER.get_or_init(|| {
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .expect("the buckets are sound and nothing else in the process installs a recorder");
        metrics::describe_counter!("http_requests_total", "Requests answered, by route, method and status.");
        metrics::describe_histogram!("http_request_duration_seconds", "How long answers took, by route and method.");
        metrics::describe_gauge!("handovers_overdue", "Changes of owner that the CRM has not confirmed in time.");
        metrics::describe_gauge!("audit_checkpoint_failed", "1 where the last checkpoint of the audit log failed.");
        metrics::describe_counter!("crm_messages_total", "Messages of the CRM, by what they led to.");
        metrics::describe_counter!("webhook_attempts_total", "Attempts to deliver an event, by outcome.");
        metrics::describe_gauge!("webhook_deliveries_waiting", "Events that an endpoint has not taken yet.");
        metrics::describe_gauge!("webhook_oldest_waiting_seconds", "Age of the oldest of them.");
        metrics::describe_gauge!("database_connections", "Connections of the pool, by what they do.");
        for taken in CrmTaken::ALL {
            // From nought, so that the first of its kind is seen to rise.
            metrics::counter!("crm_messages_total", "outcome" => taken.as_str()).increment(0);
        }
        recorder
    })
}

/// Adds the three paths.
pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/healthz", web::get().to(healthz))
        .route("/readyz", web::get().to(readyz))
        .route("/metrics", web::get().to(scrape));
}

async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("alive\n")
}

async fn readyz(state: Data<AppState>) -> Result<HttpResponse, Problem> {
    let pending = web::block(move || state.store.has_pending_migrations()).await;
    match pending {
        Ok(Ok(false)) => Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n")),
        Ok(Ok(true)) => Err(Problem::not_ready("The schema is not up to date.")),
        Ok(Err(error)) => {
            tracing::warn!(%error, "not ready");
            Err(Problem::not_ready("The database does not answer."))
        }
        Err(_) => Err(Problem::not_ready("The service is stopping.")),
    }
}

async fn scrape(state: Data<AppState>) -> HttpResponse {
    let recorder = metrics();
    let connections = state.store.connections();
    metrics::gauge!("database_connections", "state" => "idle").set(f64::from(connections.idle));
    metrics::gauge!("database_connections", "state" => "in_use").set(f64::from(connections.in_use));
    recorder.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(recorder.render())
}
