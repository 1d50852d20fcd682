//! `/submissions`: a rep's statements that an account is a struggle.

use super::{
    caller::{Caller, Named, Post, changed, created, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::submit::{self, NewSubmission, SubmissionView},
    domain::ids::SubmissionId,
};
use actix_web::{HttpResponse, get, post, web::Json};

/// Submissions you may see
///
/// By id. A rep sees their own, a manager those of the teams they manage, without stars and notes.
#[utoipa::path(
    tag = "submissions",
    operation_id = "listSubmissions",
    params(PageQuery),
    responses((status = 200, description = "A page of submissions.", body = Page<SubmissionView>))
)]
#[get("/submissions")]
pub async fn list_submissions(caller: Caller, page: PageQuery) -> Result<Json<Page<SubmissionView>>, Problem> {
    let wanted = page.of::<SubmissionId>("submissions")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| submit::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |submission| submission.id)))
}

/// Submit an account
///
/// Puts an account of your own book into the pool, with your stars and reasons. One live submission an account.
#[utoipa::path(
    tag = "submissions",
    operation_id = "createSubmission",
    request_body(content = NewSubmission, description = "What you say about the account."),
    responses((status = 201, description = "It is in the pool.", body = SubmissionView))
)]
#[post("/submissions")]
pub async fn create_submission(post: Post<NewSubmission>) -> Result<HttpResponse, Problem> {
    post.once(|writer, _, who, new| {
        let view = submit::submit(writer, who, new.clone())?;
        Ok(created(format!("/api/v1/submissions/{}", view.id), view.version, &view))
    })
    .await
}

/// One submission
///
/// Whole to the submitter; to their manager without stars and note.
#[utoipa::path(
    tag = "submissions",
    operation_id = "getSubmission",
    params(("id" = SubmissionId, Path, description = "The submission."), IfNoneMatch),
    responses((status = 200, description = "The submission.", body = SubmissionView))
)]
#[get("/submissions/{id}")]
pub async fn get_submission(
    caller: Caller,
    id: Named<SubmissionId>,
    known: IfNoneMatch,
) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, _, who| submit::one(reader, who, id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// Take a submission back
///
/// With it goes a proposal that nobody has approved yet.
#[utoipa::path(
    tag = "submissions",
    operation_id = "withdrawSubmission",
    params(("id" = SubmissionId, Path, description = "The submission."), IfMatch),
    responses((status = 200, description = "It is withdrawn.", body = SubmissionView))
)]
#[post("/submissions/{id}/withdraw")]
pub async fn withdraw_submission(
    post: Post,
    id: Named<SubmissionId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = submit::withdraw(writer, who, id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}
