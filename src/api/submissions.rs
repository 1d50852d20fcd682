//! `/submissions`: a rep's statements that an account is a struggle, and the ladder they are taken through.

use super::{
    caller::{Caller, Named, Post, changed, created, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::{
        submit::{self, NewSubmission, SubmissionView},
        triage::{self, NewPath, TriageView},
    },
    domain::{ids::SubmissionId, triage::Answers},
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
/// Puts an account of your own book into the pool, with your stars and reasons. One live submission an account. An account
/// that came back from a swap, or that you call abusive, goes by a draft and the ladder.
#[utoipa::path(
    tag = "submissions",
    operation_id = "createSubmission",
    request_body(content = NewSubmission, description = "What you say about the account."),
    responses((status = 201, description = "It is in the pool.", body = SubmissionView))
)]
#[post("/submissions")]
pub async fn create_submission(post: Post<NewSubmission>) -> Result<HttpResponse, Problem> {
    post.once(|writer, settings, who, new| {
        let view = submit::submit(writer, settings, who, new.clone())?;
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

/// Draft a submission
///
/// About an account of your own book, to be taken through the ladder. A draft is in no pool until you choose to swap.
#[utoipa::path(
    tag = "submissions",
    operation_id = "draftSubmission",
    request_body(content = NewSubmission, description = "What you say about the account."),
    responses((status = 201, description = "It is a draft.", body = SubmissionView))
)]
#[post("/drafts")]
pub async fn draft_submission(post: Post<NewSubmission>) -> Result<HttpResponse, Problem> {
    post.once(|writer, settings, who, new| {
        let view = submit::draft(writer, settings, who, new.clone())?;
        Ok(created(format!("/api/v1/submissions/{}", view.id), view.version, &view))
    })
    .await
}

/// The last round of the ladder
///
/// Your answers, the facts, the advice and what you chose; to you alone.
#[utoipa::path(
    tag = "submissions",
    operation_id = "getTriage",
    params(("id" = SubmissionId, Path, description = "The submission."), IfNoneMatch),
    responses((status = 200, description = "The round.", body = TriageView))
)]
#[get("/submissions/{id}/triage")]
pub async fn get_triage(caller: Caller, id: Named<SubmissionId>, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, settings, who| triage::one(reader, settings, who, id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// Answer the questions of the ladder
///
/// In their order: is it just me, was it our mistake, does the customer act on wrong information, is it chemistry, is it
/// abuse, unreasonable demands or unethical acts, is the business a misfit. The answer is advice with its reasons; nothing
/// happens until you choose a path. Nobody but you sees any of it.
#[utoipa::path(
    tag = "submissions",
    operation_id = "triageSubmission",
    params(("id" = SubmissionId, Path, description = "The submission."), IfMatch),
    request_body(content = Answers, description = "Your answers."),
    responses((status = 200, description = "The advice.", body = TriageView))
)]
#[post("/submissions/{id}/triage")]
pub async fn triage_submission(
    post: Post<Answers>,
    id: Named<SubmissionId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = triage::ask(writer, settings, who, id.0, new.clone(), if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Choose a path of the ladder
///
/// Whatever was advised. To swap puts the account into the pool; a reset or an education takes it out until you are asked
/// again; to part ways asks your manager. Your manager sees the path.
#[utoipa::path(
    tag = "submissions",
    operation_id = "choosePath",
    params(("id" = SubmissionId, Path, description = "The submission."), IfMatch),
    request_body(content = NewPath, description = "The path."),
    responses((status = 200, description = "You are on it.", body = TriageView))
)]
#[post("/submissions/{id}/path")]
pub async fn choose_path(
    post: Post<NewPath>,
    id: Named<SubmissionId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, settings, who, new| {
        let view = triage::choose(writer, settings, who, id.0, *new, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Say that you get on again
///
/// The submission ends; nothing has to be swapped.
#[utoipa::path(
    tag = "submissions",
    operation_id = "resolveSubmission",
    params(("id" = SubmissionId, Path, description = "The submission."), IfMatch),
    responses((status = 200, description = "It is resolved.", body = SubmissionView))
)]
#[post("/submissions/{id}/resolve")]
pub async fn resolve_submission(
    post: Post,
    id: Named<SubmissionId>,
    if_match: IfMatch,
) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = triage::resolve(writer, who, id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}
