//! Verifying a published run: its plan is checked again, and made again.
//!
//! In goes a run; out comes what does not hold of it, which should be nothing. Holds: what is kept of a run is enough to
//! verify it: market, policy and plan with its certificate. No clock ends a plan, so it is made again to the byte.
//! Costs: as the run, without reading the market. Deliberately absent: changes of anything, and a URL, for what a plan
//! holds is for the operator at the machine alone.

use super::{Reader, Refused, StoreError, json};
use crate::{
    domain::{
        ids::RunId,
        policy::Policy,
        principal::{Principal, Role},
    },
    engine::{
        check::check,
        market::Market,
        plan::{Plan, plan},
    },
    store::runs,
};
use serde::Serialize;

/// What a run was made from and what it came to, as it is kept.
pub struct Kept {
    id: RunId,
    policy: String,
    evidence: runs::Evidence,
}

/// What verifying a run found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The run.
    pub id: RunId,
    /// The claims of its plan that do not hold, each in words without anybody's opinion.
    pub breaches: Vec<String>,
    /// Whether the same plan comes out again, to the byte.
    pub is_made_again: bool,
}

impl Verified {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.breaches.is_empty() && self.is_made_again
    }
}

/// Reads what is kept of a published run, for an admin or service at the machine itself.
pub fn kept(reader: &mut Reader<'_>, who: &Principal, id: RunId) -> Result<Kept, Refused> {
    if !matches!(who.role, Role::Admin | Role::Service) {
        return Err(Refused::NotAllowed("what a run went by is for the operator"));
    }
    let run = runs::one(reader, id)?.ok_or(Refused::NotFound("run"))?;
    let evidence = runs::evidence(reader, id)?.ok_or(Refused::NotFound("published run"))?;
    Ok(Kept { id, policy: run.policy, evidence })
}

/// Verifies a run from what is kept of it.
///
/// Errors: what is kept cannot be read, as where another version of the program wrote it.
pub fn verify(kept: &Kept) -> Result<Verified, Refused> {
    let corrupt =
        |what: &str, error: serde_json::Error| StoreError::Corrupt(format!("the {what} of run {}: {error}", kept.id));
    let market: Market = serde_json::from_slice(&kept.evidence.snapshot).map_err(|error| corrupt("market", error))?;
    let policy: Policy = serde_json::from_str(&kept.policy).map_err(|error| corrupt("policy", error))?;
    let found: Plan = serde_json::from_slice(&kept.evidence.plan).map_err(|error| corrupt("plan", error))?;
    let breaches = check(found, &market, &policy).err().unwrap_or_default();
    Ok(Verified {
        id: kept.id,
        breaches: breaches.iter().map(ToString::to_string).collect(),
        is_made_again: json(&plan(&market, &policy)) == kept.evidence.plan,
    })
}
