//! Entity tags: the random version of what was read, and the proof that it is still the present one.
//!
//! In go `If-Match` and `If-None-Match`; out comes a [`Version`] or whether the caller has it already. Holds: a change
//! asks for exactly one strong tag. Deliberately absent: `If-Match: *` and lists of tags, which would let a change
//! through without saying what its author saw, and dates.

use super::problem::Problem;
use crate::domain::ids::Version;
use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderName, HeaderValue},
};
use std::future::{Ready, ready};
use utoipa::{
    IntoParams,
    openapi::{
        Required,
        path::{Parameter, ParameterBuilder, ParameterIn},
        schema::{ObjectBuilder, Type},
    },
};
use uuid::Uuid;

/// The entity tag of a version.
pub fn of(version: Version) -> String {
    format!("\"{version}\"")
}

/// The version that the caller saw, from `If-Match`.
#[derive(Debug, Clone, Copy)]
pub struct IfMatch(pub Version);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(if_match(request).map(Self))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header_parameter("If-Match", Required::True, "The entity tag of what you read, in double quotes.")]
    }
}

/// The version that the caller saw, where there is one to see.
#[derive(Debug, Clone, Copy)]
pub struct IfMatchWhereNeeded(pub Option<Version>);

impl FromRequest for IfMatchWhereNeeded {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let is_there = request.headers().contains_key(header::IF_MATCH);
        ready(is_there.then(|| if_match(request)).transpose().map(Self))
    }
}

impl IntoParams for IfMatchWhereNeeded {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header_parameter(
            "If-Match",
            Required::False,
            "The entity tag of the proposal it is about, in double quotes; needed where there is one.",
        )]
    }
}

fn if_match(request: &HttpRequest) -> Result<Version, Problem> {
    let mut values = request.headers().get_all(header::IF_MATCH);
    let value = values.next().ok_or_else(Problem::if_match_missing)?;
    match (parse(value), values.next()) {
        (Some(tag), None) => Ok(tag.version()),
        _ => Err(Problem::malformed(
            "if_match_unusable",
            "If-Match takes one entity tag in double quotes, as it was read; no list and no *.",
        )),
    }
}

/// The version that the caller has already, from `If-None-Match`.
#[derive(Debug, Clone, Default)]
pub struct IfNoneMatch(Vec<HeaderValue>);

impl IfNoneMatch {
    /// Whether the caller has this version already. Compares weakly, as RFC 9110 says.
    pub fn has(&self, version: Version) -> bool {
        self.0.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == of(version)
        })
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(request.headers().get_all(header::IF_NONE_MATCH).cloned().collect())))
    }
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![header_parameter("If-None-Match", Required::False, "Entity tags you have already; answered with 304.")]
    }
}

fn header_parameter(name: &str, required: Required, what: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(what))
        .schema(Some(
            ObjectBuilder::new().schema_type(Type::String).examples(["\"5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47\""]),
        ))
        .build()
}

/// One entity tag.
struct Tag<'a> {
    weak: bool,
    opaque: &'a str,
}

impl Tag<'_> {
    /// The version it names; one that nothing has where it can be none of ours. A weak tag never matches strongly.
    fn version(&self) -> Version {
        let named = if self.weak { None } else { self.opaque.parse().ok() };
        // Only the one spelling that is given out counts.
        named.filter(|version: &Version| version.to_string() == self.opaque).unwrap_or(Version(Uuid::nil()))
    }
}

fn parse(value: &HeaderValue) -> Option<Tag<'_>> {
    let text = value.to_str().ok()?.trim();
    let (weak, quoted) = text.strip_prefix("W/").map_or((false, text), |rest| (true, rest));
    let opaque = quoted.strip_prefix('"')?.strip_suffix('"')?;
    (!opaque.contains('"')).then_some(Tag { weak, opaque })
}

/// The name and value of the header that carries a version.
pub fn header(version: Version) -> (HeaderName, String) {
    (header::ETAG, of(version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    const TAG: &str = "\"5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47\"";

    fn asked(value: &'static str) -> Result<String, u16> {
        let request = TestRequest::default().insert_header((header::IF_MATCH, value)).to_http_request();
        use actix_web::ResponseError;
        if_match(&request).map(of).map_err(|problem| problem.status_code().as_u16())
    }

    #[test]
    fn a_change_takes_one_strong_tag_as_it_was_read() {
        let nothing = of(Version(Uuid::nil()));
        assert_eq!(asked(TAG), Ok(TAG.to_owned()));
        assert_eq!(asked("W/\"5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47\""), Ok(nothing.clone()));
        assert_eq!(asked("\"5B1F6B1E-58A4-4A6E-9F0E-0D3F6A1C2B47\""), Ok(nothing.clone()));
        assert_eq!(asked("\"something else\""), Ok(nothing));
        assert_eq!(asked("*"), Err(400));
        assert_eq!(asked("5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47"), Err(400));
        assert_eq!(asked("\"a\", \"b\""), Err(400));
    }

    #[test]
    fn a_read_is_spared_where_any_tag_fits() {
        let version: Version = TAG.trim_matches('"').parse().unwrap();
        let has = |value| IfNoneMatch(vec![HeaderValue::from_static(value)]).has(version);
        assert!(has(TAG) && has("*") && has("\"x\", W/\"5b1f6b1e-58a4-4a6e-9f0e-0d3f6a1c2b47\""));
        assert!(!has("\"x\"") && !IfNoneMatch::default().has(version));
    }
}
