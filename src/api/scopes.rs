//! What a service's token must be good for, by operation.
//!
//! In goes an operation; out comes the scope that a service needs for it. Holds: what does not stand here no service may do,
//! whatever its token says; a new operation is for people until it is named. A scope limits what the role of a service may
//! do and never widens it. Deliberately absent: people, whose role and relation decide.

use crate::domain::principal::Scope::{self, BatchRun, CrmAck, CrmSync};

/// What an operation asks of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Nothing but a sound token.
    Nothing,
    /// This scope.
    Scope(Scope),
    /// No service may.
    Person,
}

/// The operations that services may call, by method and path.
const OPERATIONS: &[(&str, &str, Demand)] = &[
    ("GET", "/api/v1/me", Demand::Nothing),
    ("POST", "/api/v1/imports/{kind}", Demand::Scope(CrmSync)),
    ("GET", "/api/v1/reps", Demand::Scope(CrmSync)),
    ("GET", "/api/v1/reps/{id}", Demand::Scope(CrmSync)),
    ("GET", "/api/v1/accounts", Demand::Scope(CrmSync)),
    ("GET", "/api/v1/accounts/{id}", Demand::Scope(CrmSync)),
    ("GET", "/api/v1/proposals", Demand::Scope(CrmAck)),
    ("GET", "/api/v1/proposals/{id}", Demand::Scope(CrmAck)),
    ("GET", "/api/v1/handovers", Demand::Scope(CrmAck)),
    ("GET", "/api/v1/handovers/export", Demand::Scope(CrmAck)),
    ("GET", "/api/v1/handovers/{id}", Demand::Scope(CrmAck)),
    ("POST", "/api/v1/handovers/{id}/confirm", Demand::Scope(CrmAck)),
    ("POST", "/api/v1/handovers/{id}/fail", Demand::Scope(CrmAck)),
    ("POST", "/api/v1/runs", Demand::Scope(BatchRun)),
    ("GET", "/api/v1/runs", Demand::Scope(BatchRun)),
    ("GET", "/api/v1/runs/{id}", Demand::Scope(BatchRun)),
    ("GET", "/api/v1/reports/fairness", Demand::Scope(BatchRun)),
    ("GET", "/api/v1/reports/summary", Demand::Scope(BatchRun)),
    ("GET", "/api/v1/reports/outcomes", Demand::Scope(BatchRun)),
];

/// What an operation asks of a service. Cost: one look along a short list.
pub fn demanded(method: &str, path: &str) -> Demand {
    let found = OPERATIONS.iter().find(|(its_method, its_path, _)| *its_method == method && *its_path == path);
    found.map_or(Demand::Person, |(_, _, demand)| *demand)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::openapi;

    #[test]
    fn every_operation_named_here_exists_once() {
        let document: serde_json::Value = serde_json::from_str(openapi::document_text()).unwrap();
        for (index, (method, path, _)) in OPERATIONS.iter().enumerate() {
            let pointer = format!("/paths/{}/{}", path.replace('/', "~1"), method.to_ascii_lowercase());
            assert!(document.pointer(&pointer).is_some(), "{method} {path} is no operation");
            let again = OPERATIONS[..index].iter().any(|(other, at, _)| (other, at) == (method, path));
            assert!(!again, "{method} {path} stands twice");
        }
        assert_eq!(demanded("POST", "/api/v1/overrides"), Demand::Person);
    }
}
