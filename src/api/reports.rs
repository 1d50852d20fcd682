//! `/reports`: counts without names. What a run amounted to stands at the run.

use super::{caller::Caller, page::query, problem::Problem};
use crate::app::{
    overrides::{self, OverrideReport},
    pattern::{self, PatternView},
    report::{self, Summary},
};
use actix_web::{FromRequest, HttpRequest, dev::Payload, get, web::Json};
use chrono::NaiveDate;
use serde::Deserialize;
use std::future::{Ready, ready};
use utoipa::IntoParams;

/// How many there are
///
/// Submissions and proposals by state: of the teams managed for a manager, of all for an admin or a service.
#[utoipa::path(
    tag = "reports",
    operation_id = "getSummary",
    responses((status = 200, description = "The counts.", body = Summary))
)]
#[get("/reports/summary")]
pub async fn get_summary(caller: Caller) -> Result<Json<Summary>, Problem> {
    caller.read(|reader, _, who| report::summary(reader, who)).await.map(Json)
}

/// Which days a report covers.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Days {
    /// The first day, in the organisation's time zone; from the beginning if not given.
    from: Option<NaiveDate>,
    /// The last day; without an end if not given.
    until: Option<NaiveDate>,
}

impl FromRequest for Days {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let in_order = |days: Self| match (days.from, days.until) {
            (Some(from), Some(until)) if until < from => {
                Err(Problem::malformed("query_unusable", format!("until: expected {from} or a later day")))
            }
            _ => Ok(days),
        };
        ready(query(request).and_then(in_order))
    }
}

/// What managers have overridden
///
/// By manager, kind and reason, with what reviewers thought of it: of oneself and the managers below for a manager, of all
/// for an admin.
#[utoipa::path(
    tag = "reports",
    operation_id = "getOverrideReport",
    params(Days),
    responses((status = 200, description = "The counts.", body = OverrideReport))
)]
#[get("/reports/overrides")]
pub async fn get_override_report(caller: Caller, days: Days) -> Result<Json<OverrideReport>, Problem> {
    let report =
        caller.read(move |reader, settings, who| overrides::report(reader, settings, who, days.from, days.until));
    report.await.map(Json)
}

/// How much the reps of your teams submit
///
/// To a manager, about five or more reps together and in steps of five percent, as of a batch; nothing where something
/// about fewer could be worked out of it.
#[utoipa::path(
    tag = "reports",
    operation_id = "getPattern",
    responses((status = 200, description = "The figure.", body = PatternView))
)]
#[get("/reports/pattern")]
pub async fn get_pattern(caller: Caller) -> Result<Json<PatternView>, Problem> {
    caller.read(pattern::report).await.map(Json)
}
