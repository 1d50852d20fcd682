//! Pages: `?limit=` and `&cursor=` in, `{items, next_cursor}` out.
//!
//! In go the two parameters and the items after a key; out come at most `limit` of them and the cursor of the next page.
//! A cursor is the last item's key with the list's name and a checksum, so that one of another list or one changed by
//! hand is refused and not misread. Holds: the last page has no cursor; a key has one cursor, and no other is taken for it.
//! Cost: one item more than asked is read.
//! Deliberately absent: secrecy and totals. A cursor shows nothing its reader has not seen, and whoever makes one up sees
//! nothing they may not see; a count would tell what others did.

use super::problem::Problem;
use crate::app;
use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Query};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::future::{Ready, ready};
use utoipa::{IntoParams, ToSchema};

/// How many items a page has when the caller does not say.
const DEFAULT_LIMIT: u32 = 50;
/// How many items a page has at most.
const MAX_LIMIT: u32 = 200;

/// Which page of a list is asked for.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many items at most.
    #[param(minimum = 1, maximum = 200, default = 50)]
    pub limit: Option<u32>,
    /// Where the page before ended: its `next_cursor`.
    #[param(max_length = 1000)]
    pub cursor: Option<String>,
}

impl FromRequest for PageQuery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(query(request))
    }
}

/// The parameters of a request, all of them known.
pub fn query<T: DeserializeOwned>(request: &HttpRequest) -> Result<T, Problem> {
    Query::from_query(request.query_string())
        .map(Query::into_inner)
        .map_err(|error| Problem::malformed("query_unusable", error.to_string()))
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items, in the list's order.
    items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last.
    next_cursor: Option<String>,
}

/// The page of a list that is asked for: where it begins and how long it is.
pub struct Wanted<K> {
    list: &'static str,
    limit: u32,
    after: Option<K>,
}

impl PageQuery {
    /// Reads the cursor as one of `list`.
    pub fn of<K: DeserializeOwned + Serialize>(&self, list: &'static str) -> Result<Wanted<K>, Problem> {
        let limit = self.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Problem::malformed("query_unusable", format!("limit: expected 1 to {MAX_LIMIT}")));
        }
        let after = self.cursor.as_deref().map(|cursor| read_cursor(list, cursor)).transpose()?;
        Ok(Wanted { list, limit, after })
    }
}

impl<K: Serialize + Clone> Wanted<K> {
    /// What to ask of the list: one item more than the page has, to know whether there is a next.
    pub fn ask(&self) -> app::Page<K> {
        app::Page { after: self.after.clone(), limit: i64::from(self.limit) + 1 }
    }

    /// The page, from what [`Self::ask`] got.
    pub fn page<T>(&self, mut items: Vec<T>, key: impl Fn(&T) -> K) -> Page<T> {
        let limit = self.limit as usize;
        let more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| more).map(|last| write_cursor(self.list, &key(last)));
        Page { items, next_cursor }
    }
}

/// The bytes of a cursor's checksum.
const CHECK_BYTES: usize = 6;

fn check(list: &str, key: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = Sha256::new().chain_update("cursor 1\n").chain_update(list).chain_update("\n").chain_update(key);
    digest.finalize()[..CHECK_BYTES].try_into().expect("a digest is longer")
}

fn write_cursor<K: Serialize>(list: &str, key: &K) -> String {
    let key = serde_json::to_vec(key).expect("a key is text and numbers");
    let check = check(list, &key);
    check.iter().chain(&key).map(|byte| format!("{byte:02x}")).collect()
}

fn read_cursor<K: DeserializeOwned + Serialize>(list: &str, cursor: &str) -> Result<K, Problem> {
    let bytes = unhex(cursor);
    bytes
        .as_deref()
        .and_then(|bytes| bytes.split_at_checked(CHECK_BYTES))
        .filter(|(found, key)| *found == check(list, key))
        .and_then(|(_, key)| serde_json::from_slice(key).ok())
        // A key can be spelled in several ways, and the list spells it in one.
        .filter(|key| write_cursor(list, key) == cursor)
        .ok_or_else(|| Problem::malformed("cursor_unusable", "The cursor is not one that this list gave out."))
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let value = |digit: u8| char::from(digit).to_digit(16).map(|value| value as u8);
    digits.chunks_exact(2).map(|pair| Some(value(pair[0])? << 4 | value(pair[1])?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(limit: Option<u32>, cursor: Option<String>) -> Result<Wanted<String>, Problem> {
        PageQuery { limit, cursor }.of("letters")
    }

    #[test]
    fn pages_follow_one_another_and_the_last_has_no_cursor() {
        let letters = ["a", "b", "c", "d", "e"].map(str::to_owned);
        let (mut cursor, mut seen) = (None, Vec::new());
        loop {
            let wanted = wanted(Some(2), cursor).unwrap();
            let ask = wanted.ask();
            let after = letters.iter().filter(|letter| ask.after.as_ref().is_none_or(|after| *letter > after));
            let page = wanted.page(after.take(ask.limit as usize).cloned().collect(), String::clone);
            seen.push(page.items.concat());
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, ["ab", "cd", "e"]);
    }

    #[test]
    fn a_cursor_that_was_changed_or_is_of_another_list_is_refused() {
        let cursor = write_cursor("letters", &"b");
        assert!(wanted(None, Some(cursor.clone())).is_ok());
        assert!(wanted(None, Some(write_cursor("numbers", &"b"))).is_err());
        assert!(wanted(None, Some(cursor.replace('2', "3"))).is_err());
        assert!(wanted(None, Some("zz".to_owned())).is_err());
        assert!(wanted(None, Some("é".to_owned())).is_err());
        assert!(wanted(None, Some(String::new())).is_err());
    }

    #[test]
    fn a_cursor_that_the_list_would_have_spelled_otherwise_is_refused() {
        let spelled = |key: &[u8]| -> String {
            check("letters", key).iter().chain(key).map(|byte| format!("{byte:02x}")).collect()
        };
        assert!(wanted(None, Some(spelled(b"\"o\""))).is_ok());
        assert!(wanted(None, Some(spelled(b"\"o\"").to_uppercase())).is_err());
        for key in [&b" \"o\""[..], b"\"\\u006f\"", b"\"o\"\n"] {
            assert!(wanted(None, Some(spelled(key))).is_err(), "{}", String::from_utf8_lossy(key));
        }
    }

    #[test]
    fn a_limit_is_from_one_to_two_hundred() {
        assert!(wanted(Some(0), None).is_err() && wanted(Some(201), None).is_err());
        assert!(wanted(Some(200), None).is_ok());
    }
}
