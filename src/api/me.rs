//! `/me`: who is asking, and what is theirs alone.

use super::{
    caller::{Caller, Post, changed, shown},
    etag::{IfMatch, IfNoneMatch},
    problem::Problem,
};
use crate::app::{
    me::{self, Me},
    opt_in::{self, NewOptIn, OptInView},
    own_data::{self, OwnData},
    pattern::{self, HintView},
};
use actix_web::{HttpResponse, get, post, web::Json};

/// Who you are here
///
/// The name, role and teams of whoever the token is for.
#[utoipa::path(tag = "me", operation_id = "getMe", responses((status = 200, description = "You.", body = Me)))]
#[get("/me")]
pub async fn get_me(caller: Caller) -> Result<Json<Me>, Problem> {
    caller.read(|reader, _, who| me::me(reader, who)).await.map(Json)
}

/// All that is kept of you
///
/// For a person, in whatever role: what you have said, what is on record of you and what your dealings came to; nobody else's
/// answers or opinions.
#[utoipa::path(
    tag = "me",
    operation_id = "exportMe",
    responses((status = 200, description = "All of it.", body = OwnData))
)]
#[get("/me/export")]
pub async fn export_me(caller: Caller) -> Result<Json<OwnData>, Problem> {
    caller.read(own_data::own).await.map(Json)
}

/// A hint about how much you submit
///
/// To a rep about themself, and to nobody else: whether the share of the book they submit is unusual beside that of all
/// others. It changes at batch boundaries.
#[utoipa::path(
    tag = "me",
    operation_id = "getHint",
    responses((status = 200, description = "The hint.", body = HintView))
)]
#[get("/me/hint")]
pub async fn get_hint(caller: Caller) -> Result<Json<HintView>, Problem> {
    caller.read(pattern::hint).await.map(Json)
}

/// What you have opted in to
///
/// The harshest class of abusive accounts you would take, and how many: your own choice, or what the CRM says of you.
#[utoipa::path(
    tag = "me",
    operation_id = "getOptIn",
    params(IfNoneMatch),
    responses((status = 200, description = "Your choice.", body = OptInView))
)]
#[get("/me/opt-in")]
pub async fn get_opt_in(caller: Caller, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(|reader, _, who| opt_in::opt_in(reader, who)).await?;
    Ok(shown(&known, view.version, &view))
}

/// Opt in to abusive accounts, or out
///
/// A class covers the milder ones. From then on no import changes your choice. You read of the class of every such account
/// before you can accept it.
#[utoipa::path(
    tag = "me",
    operation_id = "chooseOptIn",
    params(IfMatch),
    request_body(content = NewOptIn, description = "Your choice."),
    responses((status = 200, description = "It is kept.", body = OptInView))
)]
#[post("/me/opt-in")]
pub async fn choose_opt_in(post: Post<NewOptIn>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, new| {
        let view = opt_in::choose(writer, who, new, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}
