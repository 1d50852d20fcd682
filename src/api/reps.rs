//! `/reps`: reps as the CRM has them; oneself, one's teams, or all.

use super::{
    caller::{Caller, Named},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::roster::{self, RepView},
    domain::ids::RepId,
};
use actix_web::{get, web::Json};

/// Reps you may see
///
/// By id. A rep sees themself, a manager the teams they manage, an admin and a service all.
#[utoipa::path(
    tag = "reps",
    operation_id = "listReps",
    params(PageQuery),
    responses((status = 200, description = "A page of reps.", body = Page<RepView>))
)]
#[get("/reps")]
pub async fn list_reps(caller: Caller, page: PageQuery) -> Result<Json<Page<RepView>>, Problem> {
    let wanted = page.of::<RepId>("reps")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| roster::reps(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |rep| rep.id.clone())))
}

/// One rep
///
/// What the CRM says of them; nobody's opinion.
#[utoipa::path(
    tag = "reps",
    operation_id = "getRep",
    params(("id" = RepId, Path, description = "The rep.")),
    responses((status = 200, description = "The rep.", body = RepView))
)]
#[get("/reps/{id}")]
pub async fn get_rep(caller: Caller, id: Named<RepId>) -> Result<Json<RepView>, Problem> {
    caller.read(move |reader, _, who| roster::rep(reader, who, &id.0)).await.map(Json)
}
