//! `/me`: who is asking.

use super::{caller::Caller, problem::Problem};
use crate::app::me::{self, Me};
use actix_web::{get, web::Json};

/// Who you are here
///
/// The name, role and teams of whoever the token is for.
#[utoipa::path(tag = "me", operation_id = "getMe", responses((status = 200, description = "You.", body = Me)))]
#[get("/me")]
pub async fn get_me(caller: Caller) -> Result<Json<Me>, Problem> {
    caller.read(|reader, _, who| me::me(reader, who)).await.map(Json)
}
