//! `/runs`: matching runs and what they amounted to.
//!
//! A run is longer than a transaction, so its key is claimed first, and the answer kept in the transaction that publishes.

use super::{
    caller::{Caller, Named, Post, made},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::{
        Refused,
        run::{self, Order, RunMode, RunView, Scope},
    },
    domain::ids::RunId,
};
use actix_web::{HttpResponse, get, post, web::Json};
use chrono::NaiveDate;
use serde::Deserialize;
use utoipa::ToSchema;

/// Runs you may see
///
/// By id, shadows among them. A manager sees those of their teams, an admin and a service all.
#[utoipa::path(
    tag = "runs",
    operation_id = "listRuns",
    params(PageQuery),
    responses((status = 200, description = "A page of runs.", body = Page<RunView>))
)]
#[get("/runs")]
pub async fn list_runs(caller: Caller, page: PageQuery) -> Result<Json<Page<RunView>>, Problem> {
    let wanted = page.of::<RunId>("runs")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| run::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |run| run.id)))
}

/// Whom a run is for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRun {
    /// `all`, or a team's id.
    #[schema(min_length = 1, max_length = 64, examples("north"))]
    scope: String,
    /// The business date; today in the organisation's time zone if not given. A live run takes a date of the last 31 days, a
    /// shadow one of the next 31 as well.
    business_date: Option<NaiveDate>,
    /// Whether all is run and nothing proposed. A shadow stands in no live run's way.
    #[serde(default)]
    shadow: bool,
}

/// Start a run
///
/// One a scope and business date, and any number of shadows, one after the other. A manager starts runs of the own team. The
/// answer comes when the run has ended, with all its proposals published.
#[utoipa::path(
    tag = "runs",
    operation_id = "createRun",
    request_body(content = NewRun, description = "Whom it is for."),
    responses((status = 201, description = "It has ended.", body = RunView))
)]
#[post("/runs")]
pub async fn create_run(post: Post<NewRun>) -> Result<HttpResponse, Problem> {
    post.at_length(|store, settings, who, new, held| {
        let scope = Scope::parse(&new.scope)?;
        let mode = if new.shadow { RunMode::Shadow } else { RunMode::Live };
        let today = store.read(|reader| Ok::<_, Refused>(run::business_date(&settings.night, reader.now())))?;
        let order = Order { scope, date: run::date_to_run(today, new.business_date, mode)?, mode };
        let answer = |view: &RunView| made(format!("/api/v1/runs/{}", view.id), view);
        let view =
            run::carry_out(store, settings, who, &order, &|_| {}, &|writer, view| held.keep(writer, &answer(view)))?;
        Ok(answer(&view))
    })
    .await
}

/// One run
///
/// Where it stands and, once published, what it amounted to.
#[utoipa::path(
    tag = "runs",
    operation_id = "getRun",
    params(("id" = RunId, Path, description = "The run.")),
    responses((status = 200, description = "The run.", body = RunView))
)]
#[get("/runs/{id}")]
pub async fn get_run(caller: Caller, id: Named<RunId>) -> Result<Json<RunView>, Problem> {
    caller.read(move |reader, _, who| run::one(reader, who, id.0)).await.map(Json)
}
