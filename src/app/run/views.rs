//! Runs, as their readers may see them.
//!
//! In go runs and who asks; out come views: whole for admin and service, of the own teams for a manager, none for a rep.
//! Holds: a shadow is seen as a run is. Deliberately absent: anything by person.

use super::{
    super::{Page, Reader, Refused, StoreError, me::managed},
    EVERYBODY, KeptReport, ReportView, RunMode, TeamsView,
};
use crate::{
    domain::{
        ids::{RunId, TeamId},
        principal::{Principal, Role},
    },
    engine::{market::Market, plan::Plan},
    store::runs::{self, Run, RunState},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// A run, as its reader may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunView {
    /// Its id.
    pub id: RunId,
    /// `all`, or a team's id.
    pub scope: String,
    /// The business date.
    pub business_date: NaiveDate,
    /// `running`, `published`, `shadowed` (a shadow that has ended: nothing came of it but the report) or `failed`.
    pub state: &'static str,
    /// Whether it is a shadow, which proposes nothing; `published` of its report is what it would have proposed.
    pub shadow: bool,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// What it amounted to, once published; of a run of everybody, not to a manager.
    pub report: Option<ReportView>,
    /// To a manager: what a run of everybody amounted to for the reps of the own teams.
    pub own_teams: Option<TeamsView>,
}

/// A run as `who` sees it, who manages `teams`.
fn view(run: Run, who: &Principal, teams: &[TeamId]) -> Result<RunView, Refused> {
    let report = run.report.as_deref().map(KeptReport::read).transpose()?;
    let (report, own_teams) = match report {
        Some(report) if who.role == Role::Manager && run.scope == EVERYBODY => (None, Some(report.of_teams(teams))),
        report => (report.map(|report| report.view(who)), None),
    };
    Ok(RunView {
        id: run.id,
        scope: run.scope,
        business_date: run.business_date,
        state: match (run.mode, run.state) {
            (RunMode::Shadow, RunState::Published) => "shadowed",
            (_, state) => state.as_str(),
        },
        shadow: run.mode == RunMode::Shadow,
        started_at: run.started_at,
        finished_at: run.finished_at,
        report,
        own_teams,
    })
}

/// What a plan that nobody has published would amount to, as `who` may see it.
pub fn preview(plan: &Plan, who: &Principal) -> ReportView {
    KeptReport::new(plan, 0, BTreeMap::new(), None).view(who)
}

/// The market and the plan of a published run, with every opinion in them; for an admin or service at the machine
/// itself, never behind a URL.
pub fn evidence(reader: &mut Reader<'_>, who: &Principal, id: RunId) -> Result<(Market, Plan), Refused> {
    if !matches!(who.role, Role::Admin | Role::Service) {
        return Err(Refused::NotAllowed("what a run went by is for the operator"));
    }
    let kept = runs::evidence(reader, id)?.ok_or(Refused::NotFound("published run"))?;
    let corrupt = |error: serde_json::Error| StoreError::Corrupt(format!("evidence of run {id}: {error}"));
    let market = serde_json::from_slice(&kept.snapshot).map_err(corrupt)?;
    Ok((market, serde_json::from_slice(&kept.plan).map_err(corrupt)?))
}

/// Runs by id: of the teams managed and of everybody for a manager, all for admin and service.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<RunId>) -> Result<Vec<RunView>, Refused> {
    let teams = may_see(reader, who)?;
    let scopes: Vec<&str> = teams.iter().map(TeamId::as_str).chain([EVERYBODY]).collect();
    let scopes = (who.role == Role::Manager).then_some(scopes.as_slice());
    let found = runs::list(reader, scopes, page.after, page.limit)?;
    found.into_iter().map(|run| view(run, who, &teams)).collect()
}

/// One run.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: RunId) -> Result<RunView, Refused> {
    let teams = may_see(reader, who)?;
    let run = runs::one(reader, id)?.ok_or(Refused::NotFound("run"))?;
    let concerns = run.scope == EVERYBODY || teams.iter().any(|team| team.as_str() == run.scope);
    if who.role == Role::Manager && !concerns {
        return Err(Refused::NotFound("run"));
    }
    view(run, who, &teams)
}

/// Refuses reps; gives the teams whose runs a manager sees.
fn may_see(reader: &mut Reader<'_>, who: &Principal) -> Result<Vec<TeamId>, Refused> {
    match who.role {
        Role::Rep => Err(Refused::NotAllowed("runs are for managers and admins")),
        Role::Manager | Role::Admin | Role::Service => managed(reader, who),
    }
}
