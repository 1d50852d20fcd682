//! A cursor, as a caller may send it: changed by hand, of another list, made up, or in a query with other things.
//!
//! In go bytes: the first says which list is asked and how the rest is meant. Holds: what is not refused is, to the byte, the
//! cursor that its list gives out for the key it was read as; the key comes back whole.
//! Deliberately absent: what a list does with a key.

use account_swap::{
    api::page::PageQuery,
    domain::ids::{AccountId, ProposalId, RepId},
};
use actix_web::web::Query;
use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::fmt::Debug;

/// Reads a cursor of one of the lists that are told apart by what their keys are.
pub fn follow(bytes: &[u8]) {
    let Some((&how, rest)) = bytes.split_first() else { return };
    match how % 5 {
        0 => of::<i64>("audit", how / 5, rest),
        1 => of::<i64>("deliveries", how / 5, rest),
        2 => of::<AccountId>("accounts", how / 5, rest),
        3 => of::<RepId>("reps", how / 5, rest),
        _ => of::<ProposalId>("proposals", how / 5, rest),
    }
}

fn of<K: DeserializeOwned + Serialize + Clone + Debug + PartialEq>(list: &'static str, how: u8, rest: &[u8]) {
    let text = || String::from_utf8_lossy(rest).into_owned();
    match how % 4 {
        // As it stands.
        0 => read::<K>(list, PageQuery { limit: Some(1), cursor: Some(text()) }),
        // A whole query.
        1 => {
            if let Ok(Query(query)) = Query::<PageQuery>::from_query(&text()) {
                read::<K>(list, query);
            }
        }
        // With a sum that is right, for whoever can count can make one up.
        2 => read::<K>(list, PageQuery { limit: Some(1), cursor: Some(summed(list, rest)) }),
        // With the sum of another list.
        _ => {
            let query = PageQuery { limit: Some(1), cursor: Some(summed("letters", rest)) };
            assert!(query.of::<K>(list).is_err(), "it is another list's");
        }
    }
}

fn read<K: DeserializeOwned + Serialize + Clone + Debug + PartialEq>(list: &'static str, query: PageQuery) {
    let Ok(wanted) = query.of::<K>(list) else { return };
    let limit = query.limit.unwrap_or(50);
    assert!((1..=200).contains(&limit) && wanted.ask().limit == i64::from(limit) + 1);
    let Some(key) = wanted.ask().after else {
        assert_eq!(query.cursor, None);
        return;
    };
    let page = wanted.page(vec![key.clone(); limit as usize + 1], K::clone);
    let page = serde_json::to_value(&page).expect("a page is JSON");
    let cursor = page["next_cursor"].as_str().expect("there is one item more").to_owned();
    assert_eq!(query.cursor, Some(cursor.clone()), "the cursor was given out");
    let again = PageQuery { limit: None, cursor: Some(cursor) }.of::<K>(list);
    assert_eq!(again.ok().and_then(|again| again.ask().after), Some(key));
}

/// A cursor with `key` as its key and a sum that is right for `list`.
pub fn summed(list: &str, key: &[u8]) -> String {
    let sum =
        Sha256::new().chain_update("cursor 1\n").chain_update(list).chain_update("\n").chain_update(key).finalize();
    sum[..6].iter().chain(key).map(|byte| format!("{byte:02x}")).collect()
}
