//! `/accounts`: accounts and whose book they are in; the own book, one's teams' books, or all.

use super::{
    caller::{Caller, Named},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::roster::{self, AccountView},
    domain::ids::AccountId,
};
use actix_web::{get, web::Json};

/// Accounts you may see
///
/// By id. A rep sees the own book, a manager their teams' books, an admin and a service all.
#[utoipa::path(
    tag = "accounts",
    operation_id = "listAccounts",
    params(PageQuery),
    responses((status = 200, description = "A page of accounts.", body = Page<AccountView>))
)]
#[get("/accounts")]
pub async fn list_accounts(caller: Caller, page: PageQuery) -> Result<Json<Page<AccountView>>, Problem> {
    let wanted = page.of::<AccountId>("accounts")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| roster::accounts(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |account| account.facts.id.clone())))
}

/// One account
///
/// Its business facts and its owner; nobody's opinion.
#[utoipa::path(
    tag = "accounts",
    operation_id = "getAccount",
    params(("id" = AccountId, Path, description = "The account.")),
    responses((status = 200, description = "The account.", body = AccountView))
)]
#[get("/accounts/{id}")]
pub async fn get_account(caller: Caller, id: Named<AccountId>) -> Result<Json<AccountView>, Problem> {
    caller.read(move |reader, _, who| roster::account(reader, who, &id.0)).await.map(Json)
}
