//! Verifying a run that has ended well: its plan is checked again, and its plan and report are made again.
//!
//! In goes a run; out comes what does not hold of it, which should be nothing, and where its result differs first from the
//! one that comes out now. Holds: what is kept of a run is enough to verify it: market, policy, plan with its certificate,
//! and report. No clock ends a plan and nothing in it is random, so it is made again to the byte. How many moves were
//! published is taken as kept: it hangs on what changed while the run worked.
//! Costs: as the run, without reading the market. Deliberately absent: changes of anything, and a URL, for what a plan
//! holds is for the operator at the machine alone.

pub use super::difference::Difference;

use super::{KeptReport, Reader, Refused, StoreError, difference, json, largest, reports::teams_of};
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

/// The parts of a plan, from what it is about to what proves it.
const PARTS: &[&str] = &["moves", "margins", "report", "certificate", "rings_bound", "why_not"];

/// What a run was made from and what it came to, as it is kept.
pub struct Kept {
    id: RunId,
    policy: String,
    solver_version: String,
    report: String,
    evidence: runs::Evidence,
}

/// What verifying a run found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// The run.
    pub id: RunId,
    /// The version of the program that made it.
    pub solver_version: String,
    /// The version of the program that made it again.
    pub this_version: &'static str,
    /// The claims of its plan that do not hold, each in words without anybody's opinion.
    pub breaches: Vec<String>,
    /// Whether the same plan and report come out again, to the byte.
    pub is_made_again: bool,
    /// Where they differ first, if they do.
    pub differs: Option<Difference>,
}

impl Verified {
    /// Whether everything holds.
    pub fn holds(&self) -> bool {
        self.breaches.is_empty() && self.is_made_again
    }
}

/// Reads what is kept of a run that has ended well, for an admin or service at the machine itself.
pub fn kept(reader: &mut Reader<'_>, who: &Principal, id: RunId) -> Result<Kept, Refused> {
    if !matches!(who.role, Role::Admin | Role::Service) {
        return Err(Refused::NotAllowed("what a run went by is for the operator"));
    }
    let run = runs::one(reader, id)?.ok_or(Refused::NotFound("run"))?;
    if let Some(runs::Erased { at, snapshot_sha256, plan_sha256 }) = runs::erased(reader, id)? {
        let what = format!(
            "a person of its market was erased on {}, and with them the market (SHA-256 {snapshot_sha256}) and the plan \
             (SHA-256 {plan_sha256}); what it proposed and its report are kept",
            at.format("%Y-%m-%d")
        );
        return Err(Refused::conflict("erased", what));
    }
    let published = || Refused::NotFound("published run");
    let evidence = runs::evidence(reader, id)?.ok_or_else(published)?;
    let report = run.report.ok_or_else(published)?;
    Ok(Kept { id, policy: run.policy, solver_version: run.solver_version, report, evidence })
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
    let made = plan(&market, &policy);
    let differs = difference::first("/plan", PARTS, &kept.evidence.plan, &json(&made));
    let differs = match differs {
        Some(differs) => Some(differs),
        None => {
            let report = report_again(&KeptReport::read(&kept.report)?, &market, &policy, &made);
            difference::first("/report", &[], kept.report.as_bytes(), report.as_bytes())
        }
    };
    Ok(Verified {
        id: kept.id,
        solver_version: kept.solver_version.clone(),
        this_version: env!("CARGO_PKG_VERSION"),
        breaches: breaches.iter().map(ToString::to_string).collect(),
        is_made_again: differs.is_none(),
        differs,
    })
}

/// The report of a plan made again, as it would be kept.
fn report_again(kept: &KeptReport, market: &Market, policy: &Policy, made: &Plan) -> String {
    let largest = kept.price().map(|_| largest(market, policy, made));
    KeptReport::new(made, kept.published(), teams_of(market, made), largest).text()
}
