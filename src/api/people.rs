//! `/people`: in which roles somebody may ask, and whether at all.

use super::{
    caller::{Caller, Named, Post, answer, changed, created, shown},
    etag::{IfMatch, IfNoneMatch},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{
    app::{
        enrol::{self, NewPerson, NewRoles, PersonView},
        erase::{self, Erasure},
    },
    domain::ids::RepId,
};
use actix_web::{HttpResponse, get, http::StatusCode, post, web::Json};

/// People on record
///
/// By id; for an admin. Whoever is not among them is trusted as the issuer of their tokens says, unless the service is set
/// up to ask for a record.
#[utoipa::path(
    tag = "people",
    operation_id = "listPeople",
    params(PageQuery),
    responses((status = 200, description = "A page of records.", body = Page<PersonView>))
)]
#[get("/people")]
pub async fn list_people(caller: Caller, page: PageQuery) -> Result<Json<Page<PersonView>>, Problem> {
    let wanted = page.of::<RepId>("people")?;
    let ask = wanted.ask();
    let found = caller.read(move |reader, _, who| enrol::list(reader, who, ask)).await?;
    Ok(Json(wanted.page(found, |person| person.id.clone())))
}

/// One person's record
///
/// For an admin.
#[utoipa::path(
    tag = "people",
    operation_id = "getPerson",
    params(("id" = RepId, Path, description = "The subject of their tokens."), IfNoneMatch),
    responses((status = 200, description = "The record.", body = PersonView))
)]
#[get("/people/{id}")]
pub async fn get_person(caller: Caller, id: Named<RepId>, known: IfNoneMatch) -> Result<HttpResponse, Problem> {
    let view = caller.read(move |reader, _, who| enrol::one(reader, who, &id.0)).await?;
    Ok(shown(&known, view.version, &view))
}

/// Put somebody on record
///
/// As an admin, about somebody else, in any state: to let go somebody with no record yet, send `"state": "deactivated"`. It
/// counts from the next request on.
#[utoipa::path(
    tag = "people",
    operation_id = "createPerson",
    request_body(content = NewPerson, description = "What there is to say."),
    responses((status = 201, description = "The record.", body = PersonView))
)]
#[post("/people")]
pub async fn create_person(post: Post<NewPerson>) -> Result<HttpResponse, Problem> {
    post.once(|writer, _, who, new| {
        let view = enrol::enrol(writer, who, new)?;
        Ok(created(format!("/api/v1/people/{}", encoded(&view.id)), view.version, &view))
    })
    .await
}

/// Say in which roles somebody may ask
///
/// As an admin, about somebody else. Who loses the role of a rep loses their live submissions and proposals with it.
#[utoipa::path(
    tag = "people",
    operation_id = "assignRoles",
    params(("id" = RepId, Path, description = "The subject of their tokens."), IfMatch),
    request_body(content = NewRoles, description = "The roles."),
    responses((status = 200, description = "It is so.", body = PersonView))
)]
#[post("/people/{id}/roles")]
pub async fn assign_roles(post: Post<NewRoles>, id: Named<RepId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, new| {
        let view = enrol::assign(writer, who, &id.0, new, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Let somebody ask no more
///
/// As an admin, about somebody else: from the next request on their tokens count for nothing, and their live submissions and
/// proposals end.
#[utoipa::path(
    tag = "people",
    operation_id = "deactivatePerson",
    params(("id" = RepId, Path, description = "The subject of their tokens."), IfMatch),
    responses((status = 200, description = "It is so.", body = PersonView))
)]
#[post("/people/{id}/deactivate")]
pub async fn deactivate_person(post: Post, id: Named<RepId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = enrol::deactivate(writer, who, &id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Let somebody ask again
///
/// As an admin, about somebody else. What ended when they were let go stays ended.
#[utoipa::path(
    tag = "people",
    operation_id = "reactivatePerson",
    params(("id" = RepId, Path, description = "The subject of their tokens."), IfMatch),
    responses((status = 200, description = "It is so.", body = PersonView))
)]
#[post("/people/{id}/reactivate")]
pub async fn reactivate_person(post: Post, id: Named<RepId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| {
        let view = enrol::reactivate(writer, who, &id.0, if_match.0)?;
        Ok(changed(view.version, &view))
    })
    .await
}

/// Forget who somebody was
///
/// As an admin, about somebody deactivated whom the CRM has let go, who owns no account and is in nothing that is under way:
/// another id takes the place of theirs everywhere, and what they wrote is gone. This cannot be taken back.
#[utoipa::path(
    tag = "people",
    operation_id = "erasePerson",
    params(("id" = RepId, Path, description = "The subject of their tokens."), IfMatch),
    responses((status = 200, description = "Nobody knows any more.", body = Erasure))
)]
#[post("/people/{id}/erase")]
pub async fn erase_person(post: Post, id: Named<RepId>, if_match: IfMatch) -> Result<HttpResponse, Problem> {
    post.once(move |writer, _, who, _| Ok(answer(StatusCode::OK, &erase::erase(writer, who, &id.0, if_match.0)?))).await
}

/// An id as a segment of a path (RFC 3986): every byte but the unreserved ones as its number.
fn encoded(id: &RepId) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    id.as_str().bytes().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_any_letters_is_one_segment_of_a_path() {
        assert_eq!(encoded(&"a/b ü?".parse().unwrap()), "a%2Fb%20%C3%BC%3F");
    }
}
