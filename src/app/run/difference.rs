//! Where two results differ first.
//!
//! In go two results as bytes of JSON; out comes the first part that differs, with its path and both values, or nothing.
//! Deliberately absent: every further difference. One part that went another way takes the rest along.

use serde::Serialize;
use serde_json::Value;

/// The first part in which what was made again differs from what is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where, as a JSON pointer (RFC 6901).
    pub path: String,
    /// What is kept there; absent where nothing is.
    pub kept: Option<Value>,
    /// What came out there this time; absent where nothing did.
    pub made: Option<Value>,
}

/// The first difference below `path`: of objects by `order` and then by name, of lists by place.
///
/// Cost: reads both to the first difference.
pub(super) fn first(path: &str, order: &[&str], kept: &[u8], made: &[u8]) -> Option<Difference> {
    if kept == made {
        return None;
    }
    let text = |bytes: &[u8]| Value::String(String::from_utf8_lossy(bytes).into_owned());
    let read = |bytes: &[u8]| serde_json::from_slice(bytes).unwrap_or_else(|_| text(bytes));
    let differs = between(path.to_owned(), order, Some(&read(kept)), Some(&read(made)));
    Some(differs.unwrap_or_else(|| {
        // The same values, written in another way: the bytes themselves are what differs.
        let at = kept.iter().zip(made).take_while(|(kept, made)| kept == made).count();
        let from_there = |bytes: &[u8]| Some(text(&bytes[at..bytes.len().min(at + 80)]));
        Difference { path: format!("{path} at byte {at}"), kept: from_there(kept), made: from_there(made) }
    }))
}

fn between(path: String, order: &[&str], kept: Option<&Value>, made: Option<&Value>) -> Option<Difference> {
    match (kept, made) {
        (Some(Value::Object(kept)), Some(Value::Object(made))) => {
            let rest = kept.keys().chain(made.keys()).map(String::as_str).filter(|name| !order.contains(name));
            let mut rest: Vec<&str> = rest.collect();
            rest.sort_unstable();
            rest.dedup();
            order.iter().copied().chain(rest).find_map(|name| {
                let escaped = name.replace('~', "~0").replace('/', "~1");
                between(format!("{path}/{escaped}"), &[], kept.get(name), made.get(name))
            })
        }
        (Some(Value::Array(kept)), Some(Value::Array(made))) => (0..kept.len().max(made.len()))
            .find_map(|place| between(format!("{path}/{place}"), &[], kept.get(place), made.get(place))),
        (kept, made) => (kept != made).then(|| Difference { path, kept: kept.cloned(), made: made.cloned() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn differs(kept: &str, made: &str) -> Option<(String, Option<Value>, Option<Value>)> {
        let found = first("/plan", &["moves"], kept.as_bytes(), made.as_bytes())?;
        Some((found.path, found.kept, found.made))
    }

    #[test]
    fn the_first_part_is_the_one_that_comes_first_and_a_missing_one_is_told() {
        assert_eq!(differs("{\"a\":1}", "{\"a\":1}"), None);
        let kept = r#"{"a": 1, "moves": [{"points": 3}, {"points": 4}]}"#;
        let made = r#"{"a": 2, "moves": [{"points": 3}, {"points": 5}]}"#;
        assert_eq!(differs(kept, made), Some(("/plan/moves/1/points".to_owned(), Some(json!(4)), Some(json!(5)))));
        let shorter = r#"{"a": 1, "moves": [{"points": 3}]}"#;
        assert_eq!(differs(kept, shorter), Some(("/plan/moves/1".to_owned(), Some(json!({"points": 4})), None)));
        assert_eq!(differs("{}", r#"{"b/c~": null}"#), Some(("/plan/b~1c~0".to_owned(), None, Some(json!(null)))));
    }

    #[test]
    fn bytes_that_differ_in_nothing_but_their_writing_differ() {
        let found = differs("{\"a\":1}", "{\"a\": 1}");
        assert_eq!(found, Some(("/plan at byte 5".to_owned(), Some(json!("1}")), Some(json!(" 1}")))));
        assert_eq!(differs("{", "[]"), Some(("/plan".to_owned(), Some(json!("{")), Some(json!([])))));
    }
}
