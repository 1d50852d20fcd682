//! `/reports/fairness`: how fair the swaps of a run or quarter are.

use super::{caller::Caller, page::query, problem::Problem};
use crate::{
    app::fairness::{self, About, FairnessReport, Of},
    domain::{
        closed::closed_list,
        ids::{RunId, TeamId},
        quarter::Quarter,
    },
};
use actix_web::{HttpRequest, HttpResponse, get};
use serde::Deserialize;
use utoipa::IntoParams;

closed_list! {
    /// How a fairness report is shown.
    ReportFormat {
        /// A value.
        Json = "json",
        /// A table: one row a figure.
        Csv = "csv",
        /// A picture.
        Svg = "svg",
    }
}

/// What a fairness report is about: a run or a quarter, and whose part of it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FairnessQuery {
    /// A published run.
    run: Option<RunId>,
    /// A quarter, such as 2026-Q4.
    #[param(value_type = Option<String>, pattern = "^[0-9]{4}-Q[1-4]$", example = "2026-Q4")]
    quarter: Option<Quarter>,
    /// A team; without it everybody.
    team: Option<TeamId>,
    /// How it is shown.
    #[param(required = false)]
    format: Option<ReportFormat>,
}

/// How fair the swaps are
///
/// Of a run, or of the swaps that took effect in a quarter; of one team, or of everybody. For a manager of the team and for
/// an admin or a service: how many accounts were proposed, accepted and moved, how the gains are spread, what fairness
/// cost, and what money moved. What is made of gains stands for five reps or more, and for a quarter once it is over.
#[utoipa::path(
    tag = "reports",
    operation_id = "getFairness",
    params(FairnessQuery),
    responses((
        status = 200,
        description = "The report.",
        content((FairnessReport = "application/json"), (String = "text/csv"), (String = "image/svg+xml"))
    ))
)]
#[get("/reports/fairness")]
pub async fn get_fairness(caller: Caller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let FairnessQuery { run, quarter, team, format } = query(&request)?;
    let of = match (run, quarter) {
        (Some(run), None) => Of::Run(run),
        (None, Some(quarter)) => Of::Quarter(quarter),
        _ => return Err(Problem::malformed("query_unusable", "Name a run or a quarter, and not both.")),
    };
    let report =
        caller.read(move |reader, settings, who| fairness::report(reader, settings, who, &About { of, team })).await?;
    let mut answer = HttpResponse::Ok();
    Ok(match format.unwrap_or(ReportFormat::Json) {
        ReportFormat::Json => answer.json(report),
        ReportFormat::Csv => answer.content_type("text/csv; charset=utf-8").body(fairness::csv::table(&report)),
        ReportFormat::Svg => answer.content_type("image/svg+xml").body(fairness::svg::picture(&report)),
    })
}
