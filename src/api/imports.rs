//! `/imports`: the CRM's data on their way in.
//!
//! The whole file is received before the database is touched, so that a slow sender holds up nobody.

use super::{
    caller::{Named, answer},
    page::query,
    problem::Problem,
    upload::Upload,
};
use crate::app::import::{self, ImportKind, ImportReport, Unpacked};
use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::{StatusCode, header},
    post, web,
};
use serde::Deserialize;
use std::io::Read;
use utoipa::IntoParams;

/// How a file is to be read.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// How another system calls the columns: `salesforce`, `hubspot` or a name from the settings.
    #[param(max_length = 64)]
    mapping: Option<String>,
    /// Does everything and takes it back.
    #[serde(default)]
    #[param(required = false, default = false)]
    dry_run: bool,
}

/// Import a file
///
/// For an admin or a service: CSV, rows matched by the CRM's id, or for territories GeoJSON, features matched by name;
/// whole or not at all, as it is or packed by gzip (`Content-Encoding: gzip`). A file that is not right is answered with every wrong row by line and column, or feature by
/// number, and changes nothing.
#[utoipa::path(
    tag = "imports",
    operation_id = "createImport",
    params(("kind" = ImportKind, Path, description = "What the file holds."), ImportQuery),
    request_body(
        content((String = "text/csv"), (serde_json::Value = "application/geo+json")),
        description = "The file, in UTF-8; packed where `Content-Encoding` says `gzip`."
    ),
    responses((status = 200, description = "What it did, or would do.", body = ImportReport))
)]
#[post("/imports/{kind}")]
pub async fn create_import(
    kind: Named<ImportKind>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let ImportQuery { mapping, dry_run } = query(&request)?;
    let media_type = kind.0.media_type();
    if !request.content_type().eq_ignore_ascii_case(media_type) {
        return Err(Problem::unsupported_type(media_type));
    }
    let is_packed = is_packed(&request)?;
    let upload = Upload::receive(&request, payload.into_inner(), |who| Ok(import::may_import(who)?)).await?;
    upload
        .once(move |writer, settings, who, file| {
            let settings = &settings.import;
            let file: Box<dyn Read + Send> =
                if is_packed { Box::new(Unpacked::new(file, settings.max_unpacked_bytes)) } else { Box::new(file) };
            let report = import::import(writer, settings, who, kind.0, mapping.as_deref(), dry_run, file)?;
            Ok(answer(StatusCode::OK, &report))
        })
        .await
}

/// Whether the body is packed, by its `Content-Encoding`; any other than gzip is refused.
fn is_packed(request: &HttpRequest) -> Result<bool, Problem> {
    match request.headers().get(header::CONTENT_ENCODING).map(|value| value.as_bytes().to_ascii_lowercase()).as_deref()
    {
        None | Some(b"" | b"identity") => Ok(false),
        Some(b"gzip" | b"x-gzip") => Ok(true),
        Some(_) => Err(Problem::unsupported_encoding()),
    }
}
