//! Who is asking: a signed-in person or service in one role.
//!
//! In goes what a verified token says; out comes the one value every decision is made with.
//! Deliberately absent: tokens (the `api`'s) and permissions (each verb's own).

use super::{closed::closed_list, ids::RepId};
use serde::{Deserialize, Serialize};

closed_list! {
    /// In what capacity somebody asks.
    Role {
        /// Owns a book.
        Rep = "rep",
        /// Manages one or more teams.
        Manager = "manager",
        /// Imports, holds, verifies; sees no opinion.
        Admin = "admin",
        /// Another program: the CRM, the nightly batch.
        Service = "service",
    }
}

/// Somebody in a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Principal {
    /// The token's subject.
    pub id: RepId,
    /// The capacity they ask in.
    pub role: Role,
}
