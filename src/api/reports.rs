//! `/reports`: counts without names. What a run amounted to stands at the run.

use super::{caller::Caller, problem::Problem};
use crate::app::report::{self, Summary};
use actix_web::{get, web::Json};

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
