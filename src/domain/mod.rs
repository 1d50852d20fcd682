//! What exists: values that cannot be wrong, and the state machines of the product.
//!
//! In goes text or numbers from outside; out comes a value that keeps its rule for ever, or a [`Wrong`] that says
//! what was expected. Every state machine is one total `next_state(state, action, actor)`.
//! Deliberately absent: clocks, databases, HTTP, randomness.

pub mod abuse;
pub mod approval;
pub mod closed;
pub mod crm;
pub mod decline;
pub mod direct;
pub mod event;
pub mod freeze;
pub mod handover;
pub mod ids;
pub mod invalidation;
pub mod letter;
pub mod meeting;
pub mod money;
pub mod override_review;
pub mod overrides;
pub mod parting;
pub mod pattern;
pub mod person;
pub mod policy;
pub mod principal;
pub mod proposal;
pub mod quarter;
pub mod review;
pub mod roster;
pub mod submission;
pub mod territory;
pub mod travel;
pub mod triage;
pub mod undo;
pub mod units;
pub mod webhook;
pub mod working_time;

/// A value from outside that breaks its type's rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("found {found:?}, expected {expected}")]
pub struct Wrong {
    /// What stood there.
    pub found: String,
    /// What would have been right, in words.
    pub expected: String,
}

impl Wrong {
    /// Says what was found and what was expected.
    pub fn new(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { found: found.into(), expected: expected.into() }
    }
}
