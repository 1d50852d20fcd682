//! `/audit`: what happened, and whether its chain is unbroken.

use super::{
    caller::Caller,
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::app::report::{self, AuditEntry, ChainView};
use actix_web::{get, web::Json};

/// Entries of the audit log
///
/// Oldest first: your own for a rep, those of the teams managed for a manager, all for an admin.
#[utoipa::path(
    tag = "audit",
    operation_id = "listAudit",
    params(PageQuery),
    responses((status = 200, description = "A page of entries.", body = Page<AuditEntry>))
)]
#[get("/audit")]
pub async fn list_audit(caller: Caller, page: PageQuery) -> Result<Json<Page<AuditEntry>>, Problem> {
    let wanted = page.of::<i64>("audit")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| report::audit(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |entry| entry.seq)))
}

/// Walk the audit log's chain
///
/// For an admin: whether every hash fits and no entry is missing. Linear in the log.
#[utoipa::path(
    tag = "audit",
    operation_id = "verifyAudit",
    responses((status = 200, description = "What the walk found.", body = ChainView))
)]
#[get("/audit/verify")]
pub async fn verify_audit(caller: Caller) -> Result<Json<ChainView>, Problem> {
    caller.read(|reader, _, who| report::verify(reader, who)).await.map(Json)
}
