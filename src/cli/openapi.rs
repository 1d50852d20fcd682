//! `openapi`: prints the OpenAPI document, the same as `/api/openapi.json`.

use super::{Failure, tell};
use account_swap::api::openapi;

pub fn run() -> Result<(), Failure> {
    tell(|out| writeln!(out, "{}", openapi::document_text()))
}
