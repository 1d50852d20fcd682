//! What happens: one file a verb.
//!
//! In go a [`Reader`] or [`Writer`], the settings, the [`Principal`] who asks and what they ask; out comes a view of
//! what they may see, or [`Refused`]. A verb that changes something takes a [`Writer`], so it is whole or nothing; it
//! asks the domain's `next_state`, does one compare-and-set and puts the change on record in the same transaction.
//! The time is the transaction's. Deliberately absent: HTTP, SQL, and randomness but for new ids and versions
//! and for the moment at which a message is sent again.

pub mod abuse;
mod approval;
pub mod calendar;
pub mod callbacks;
pub mod checkpoints;
pub mod decide;
pub mod deliver;
pub mod direct;
pub mod enrol;
pub mod erase;
pub mod explain;
pub mod export;
pub mod fairness;
pub mod handover;
mod heartbeat;
pub mod idempotent;
pub mod import;
mod invalidate;
pub mod key_file;
mod life;
pub mod me;
pub mod meetings;
pub mod money;
pub mod opt_in;
pub mod outcomes;
pub mod overrides;
pub mod own_data;
pub mod parting;
pub mod pattern;
pub mod people;
pub mod proposals;
mod propose;
mod remind;
pub mod report;
pub mod review;
pub mod roster;
pub mod run;
pub mod snapshot;
pub mod submit;
pub mod sweep;
mod terms;
pub mod travel;
pub mod triage;
mod waiting;
pub mod webhooks;

pub use crate::store::{Alone, AtMostOne, Reader, Store, StoreError, TransactionError, Writer};
use crate::{
    domain::{Wrong, ids::Version, principal::Principal},
    routing::RoutingError,
};
use uuid::Uuid;

/// Why a verb did not do what was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// There is no such thing, or not for this principal; the two cannot be told apart.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The principal's role may never do this, whatever the object.
    #[error("{0}")]
    NotAllowed(&'static str),
    /// The version the caller saw is no longer the present one.
    #[error("it has changed since you read it")]
    Stale,
    /// A change of what exists came without the version it was read at.
    #[error("say which version you have seen")]
    NoPrecondition,
    /// The present state does not allow it. `code` is a stable word, for programs.
    #[error("{detail}")]
    Conflict {
        /// A stable word: a refusal of a state machine, a rule, an "at most one".
        code: &'static str,
        /// The same for people.
        detail: String,
    },
    /// A field does not hold what it must.
    #[error("{field}: {wrong}")]
    Invalid {
        /// A JSON pointer or parameter name.
        field: String,
        /// What was found and expected.
        wrong: Wrong,
    },
    /// A source of travel times is not set up or does not answer, and the policy has nobody else to ask.
    #[error("{0}")]
    NoTravelTimes(String),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Refused {
    /// The present state does not allow it.
    pub fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::Conflict { code, detail: detail.into() }
    }

    /// A field does not hold what it must.
    pub fn invalid(field: impl Into<String>, found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), wrong: Wrong::new(found, expected) }
    }
}

impl From<RoutingError> for Refused {
    fn from(error: RoutingError) -> Self {
        Self::NoTravelTimes(error.to_string())
    }
}

impl TransactionError for Refused {
    fn is_raced(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_raced())
    }
}

/// The program itself, as the author of what no person asked for.
pub fn system() -> Principal {
    Principal { id: "system".parse().expect("a sound id"), role: crate::domain::principal::Role::Service }
}

/// A new random version.
fn fresh_version() -> Version {
    Version(Uuid::new_v4())
}

/// One page of a list: at most `limit` items after `after`.
#[derive(Debug, Clone, Copy)]
pub struct Page<K> {
    /// The key of the last item of the page before.
    pub after: Option<K>,
    /// How many at most.
    pub limit: i64,
}
