//! `openapi`: prints the OpenAPI document, the same as `/api/openapi.json`.

use super::Failure;
use account_swap::api::openapi;
use std::io::Write;

pub fn run() -> Result<(), Failure> {
    writeln!(std::io::stdout(), "{}", openapi::document_text())?;
    Ok(())
}
