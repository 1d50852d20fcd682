//! Names of things: one type an idea, so that a rep's id is never taken for an account's.
//!
//! Ids of reps, accounts, teams and history entries are the CRM's own ([`RepId`], …): 1 to 64 bytes without control characters
//! or outer white space. Ids of what happens here are random version 4 UUIDs, so that they tell neither order nor
//! count. Deliberately absent: making one; randomness is the `app`'s.

use super::Wrong;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// The longest id taken from a CRM, in bytes.
pub const MAX_ID_BYTES: usize = 64;

fn external(text: &str) -> Result<(), Wrong> {
    let sound =
        !text.is_empty() && text.len() <= MAX_ID_BYTES && text.trim() == text && !text.chars().any(char::is_control);
    if sound {
        Ok(())
    } else {
        Err(Wrong::new(text, "an id of 1 to 64 bytes without control characters or outer white space"))
    }
}

macro_rules! external_id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl FromStr for $name {
            type Err = Wrong;
            fn from_str(text: &str) -> Result<Self, Wrong> { external(text).map(|()| Self(text.to_owned())) }
        }
        impl TryFrom<String> for $name {
            type Error = Wrong;
            fn try_from(text: String) -> Result<Self, Wrong> { external(&text).map(|()| Self(text)) }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String { id.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.pad(&self.0) }
        }
    )+};
}

macro_rules! own_id {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl FromStr for $name {
            type Err = Wrong;
            fn from_str(text: &str) -> Result<Self, Wrong> {
                Uuid::try_parse(text).map(Self).map_err(|_| Wrong::new(text, "a UUID"))
            }
        }
        impl TryFrom<String> for $name {
            type Error = Wrong;
            fn try_from(text: String) -> Result<Self, Wrong> { text.parse() }
        }
        impl From<$name> for String {
            fn from(id: $name) -> String { id.0.to_string() }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
    )+};
}

external_id! {
    /// A sales rep, a manager or another person or service that signs in.
    RepId,
    /// A customer account.
    AccountId,
    /// A team: reps with one manager.
    TeamId,
    /// One line of a pair's history in the CRM.
    HistoryId,
    /// A deal under way with an account.
    DealId,
}

own_id! {
    /// A rep's statement that an account is a struggle.
    SubmissionId,
    /// One matching run.
    RunId,
    /// A move put to its reps.
    ProposalId,
    /// A manager's decision with a reason.
    OverrideId,
    /// A rep's question to a colleague whether the two might swap.
    DirectSwapId,
    /// A plan for one team that its manager shapes.
    MeetingId,
    /// A request to part with a customer.
    PartingId,
    /// An endpoint of another system that is told of events.
    WebhookId,
    /// What the CRM is asked to carry out, once however often it is asked.
    CrmRequestId,
    /// A random version of a row, new at each change: an `ETag` that tells nothing.
    Version,
}
