//! What is asked: REST under `/api/v1`, thin; one file a URL noun.
//!
//! In goes HTTP; out come the views of `app` as JSON, or a problem (RFC 9457). `problem` alone knows the status codes of
//! refusals, `auth` who is asking. Deliberately absent: queries and rules of the product.

pub mod schema;
