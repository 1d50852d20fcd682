//! Who is asking: a signed-in person or service in one role, and what a service's token may be used for.
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

closed_list! {
    /// What a service's token may be used for.
    Scope {
        /// Bring the CRM's data in, and read the roster it made.
        CrmSync = "crm.sync",
        /// Read the changes of owner that wait for the CRM, and say what became of them.
        CrmAck = "crm.ack",
        /// Start runs and read what they amounted to.
        BatchRun = "batch.run",
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
