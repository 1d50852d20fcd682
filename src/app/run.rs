//! A matching run: claim the business date, take the snapshot, ask for travel times, plan, check, publish.
//!
//! In go a scope and a business date; out comes the run with its report, and for whoever waited in the pool a proposal.
//! Holds: one run a scope and date; nothing unchecked is saved; all proposals appear in one transaction; a process that
//! was taken over cannot publish. The claim is also the batch boundary: what ended since the last one is revealed to its
//! parties and their accounts go back into the pool, and what all have accepted is concluded. Deliberately absent: when nights are due ([`due_date`] says for a
//! given moment; `serve` asks each minute).

mod reports;
pub mod verify;

pub(super) use reports::KeptReport;
pub use reports::{ReportView, SourceView, TeamsView};

use super::{
    AtMostOne, Page, Reader, Refused, Store, StoreError, Writer, decide, direct,
    life::reveal,
    me::managed,
    pattern,
    propose::propose,
    snapshot::{Snapshot, snapshot},
    sweep::sweep,
    system, travel,
};
use crate::{
    domain::{
        ids::{RunId, TeamId},
        policy::Policy,
        principal::{Principal, Role},
    },
    engine::{
        check::check,
        fairness::{LargestTotal, is_total_only, largest_total},
        market::Market,
        plan::{Plan, plan},
    },
    settings::{Night, Settings},
    store::{
        audit::Change,
        market::Pool,
        proposals, roster,
        runs::{self, Claim, NewRun, Outcome, Run, RunState},
    },
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use reports::teams_of;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// The scope of everybody.
pub const EVERYBODY: &str = "all";

/// Whom a run is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// The whole organisation.
    Everybody,
    /// One team.
    Team(TeamId),
}

impl Scope {
    /// Takes `all` or a team's id.
    pub fn parse(text: &str) -> Result<Self, Refused> {
        if text == EVERYBODY {
            return Ok(Self::Everybody);
        }
        text.parse().map(Self::Team).map_err(|wrong| Refused::Invalid { field: "scope".to_owned(), wrong })
    }

    fn as_str(&self) -> &str {
        match self {
            Self::Everybody => EVERYBODY,
            Self::Team(team) => team.as_str(),
        }
    }

    fn team(&self) -> Option<&TeamId> {
        match self {
            Self::Everybody => None,
            Self::Team(team) => Some(team),
        }
    }
}

/// A stage of a run, for whoever watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The market is being read.
    Snapshot,
    /// Travel times are being asked for.
    Travel,
    /// The best plan is being found.
    Plan,
    /// Every claim of it is being counted again.
    Check,
    /// The proposals are being written.
    Publish,
}

/// A run, as its reader may see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RunView {
    /// Its id.
    pub id: RunId,
    /// `all`, or a team's id.
    pub scope: String,
    /// The business date.
    pub business_date: NaiveDate,
    /// `running`, `published` or `failed`.
    pub state: &'static str,
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
    let report = run.report.as_deref().map(serde_json::from_str::<KeptReport>).transpose();
    let report = report.map_err(|error| StoreError::Corrupt(format!("report of run {}: {error}", run.id)))?;
    let (report, own_teams) = match report {
        Some(report) if who.role == Role::Manager && run.scope == EVERYBODY => (None, Some(report.of_teams(teams))),
        report => (report.map(|report| report.view(who)), None),
    };
    Ok(RunView {
        id: run.id,
        scope: run.scope,
        business_date: run.business_date,
        state: run.state.as_str(),
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

/// Whether `who` may start a run of `scope`: a manager for a team they manage; an admin or service for any.
pub fn may_start(reader: &mut Reader<'_>, who: &Principal, scope: &Scope) -> Result<(), Refused> {
    match (who.role, scope) {
        (Role::Rep, _) => Err(Refused::NotAllowed("runs are started by managers, admins and the nightly service")),
        (Role::Manager, Scope::Everybody) => Err(Refused::NotAllowed("a manager starts runs of the own team")),
        (Role::Manager, Scope::Team(team)) if managed(reader, who)?.contains(team) => Ok(()),
        (Role::Admin | Role::Service, Scope::Team(team)) if roster::team(reader, team)?.is_some() => Ok(()),
        (Role::Admin | Role::Service, Scope::Everybody) => Ok(()),
        (_, Scope::Team(_)) => Err(Refused::NotFound("team")),
    }
}

/// Runs a scope for a business date and publishes what it finds.
///
/// Errors: [`Refused::Conflict`] with `run_exists` where that date has its run; everything that [`may_start`] refuses.
/// A run that fails is marked so, and another may take its place.
pub fn run(
    store: &Store,
    settings: &Settings,
    who: &Principal,
    scope: &Scope,
    date: NaiveDate,
    watch: &dyn Fn(Stage),
) -> Result<RunView, Refused> {
    store.read(|reader| may_start(reader, who, scope))?;
    sweep(store)?;
    let claim = store.write(|writer| claim(writer, settings, who, scope, date))?;
    let worked = work(store, settings, scope, date, claim, watch);
    if let Err(error) = &worked {
        let why = error.to_string();
        store.write(|writer| fail(writer, who, claim, &why))?;
    }
    worked?;
    store.read(|reader| one(reader, who, claim.id))
}

fn claim(
    writer: &mut Writer<'_>,
    settings: &Settings,
    who: &Principal,
    scope: &Scope,
    date: NaiveDate,
) -> Result<Claim, Refused> {
    let policy = serde_json::to_string(&settings.policy).expect("a policy is plain numbers");
    let new = NewRun {
        id: RunId(Uuid::new_v4()),
        scope: scope.as_str(),
        business_date: date,
        started_by: who.id.as_str(),
        solver_version: env!("CARGO_PKG_VERSION"),
        policy: &policy,
        lease: Duration::seconds(settings.night.lease_seconds.into()),
    };
    let claim = runs::claim(writer, &new).map_err(|error| match error {
        StoreError::Twice(AtMostOne::RunOfTheNight) => {
            Refused::conflict("run_exists", format!("scope {} has its run of {date}", scope.as_str()))
        }
        other => other.into(),
    })?;
    for ended in proposals::unrevealed(writer, scope.team())? {
        reveal(writer, &ended)?;
    }
    for agreed in proposals::agreed_unseen(writer, scope.team())? {
        decide::conclude(writer, settings, &agreed)?;
    }
    direct::conclude(writer, settings, scope.team())?;
    pattern::tell(writer, settings)?;
    record(writer, who, claim, "start", None, RunState::Running);
    Ok(claim)
}

fn record(
    writer: &mut Writer<'_>,
    who: &Principal,
    claim: Claim,
    action: &'static str,
    from: Option<RunState>,
    to: RunState,
) {
    writer.record(Change {
        actor: who.clone(),
        action,
        subject_kind: "run",
        subject_id: claim.id.to_string(),
        from_state: from.map(RunState::as_str),
        to_state: Some(to.as_str()),
    });
}

fn fail(writer: &mut Writer<'_>, who: &Principal, claim: Claim, why: &str) -> Result<(), Refused> {
    match runs::fail(writer, claim, why) {
        // Taken over: it is no longer this process's to fail.
        Err(StoreError::Raced) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(()) => {
            record(writer, who, claim, "fail", Some(RunState::Running), RunState::Failed);
            Ok(())
        }
    }
}

fn work(
    store: &Store,
    settings: &Settings,
    scope: &Scope,
    date: NaiveDate,
    claim: Claim,
    watch: &dyn Fn(Stage),
) -> Result<(), Refused> {
    let (snapshot, plan) = rehearse(store, settings, scope, date, watch)?;
    let largest = settings.reports.price_of_fairness.then(|| largest(&snapshot.market, &settings.policy, &plan));
    watch(Stage::Publish);
    let parts = Parts { snapshot: json(&snapshot.market), plan: json(&plan), largest };
    store.write(|writer| publish(writer, settings, claim, &snapshot, &plan, &parts))
}

/// What a plan that looks at nothing but the total would gain; the plan itself where the policy looks at nothing else.
fn largest(market: &Market, policy: &Policy, plan: &Plan) -> LargestTotal {
    if is_total_only(policy) {
        LargestTotal { gain: plan.report.gain, is_proven: plan.report.bound.is_none() }
    } else {
        largest_total(market, policy)
    }
}

/// Takes the snapshot, plans and checks; changes nothing. What `--dry-run` shows.
pub fn rehearse(
    store: &Store,
    settings: &Settings,
    scope: &Scope,
    date: NaiveDate,
    watch: &dyn Fn(Stage),
) -> Result<(Snapshot, Plan), Refused> {
    watch(Stage::Snapshot);
    let pool = scope.team().map_or(Pool::Everybody, Pool::Team);
    let mut snapshot = store.read(|reader| snapshot(reader, pool, date))?;
    watch(Stage::Travel);
    snapshot.market.ways = travel::ways(store, settings, &snapshot.market)?;
    watch(Stage::Plan);
    let policy = &settings.policy;
    let planned = plan(&snapshot.market, policy);
    watch(Stage::Check);
    let plan = checked(planned, &snapshot.market, policy)?;
    Ok((snapshot, plan))
}

fn checked(plan: Plan, market: &Market, policy: &Policy) -> Result<Plan, Refused> {
    check(plan, market, policy).map(|checked| checked.into_plan()).map_err(|breaches| {
        for breach in &breaches {
            tracing::error!(%breach, "the plan does not hold");
        }
        Refused::Store(StoreError::Corrupt(format!("the plan breaks {} of its claims", breaches.len())))
    })
}

/// The large parts of a run, as JSON, and what its price of fairness is counted from.
struct Parts {
    snapshot: Vec<u8>,
    plan: Vec<u8>,
    largest: Option<LargestTotal>,
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("engine values have string keys and finite numbers")
}

/// Writes the run's outcome and all its proposals. A move whose accounts, submissions or reps' balances changed meanwhile
/// is left out.
fn publish(
    writer: &mut Writer<'_>,
    settings: &Settings,
    claim: Claim,
    snapshot: &Snapshot,
    plan: &Plan,
    parts: &Parts,
) -> Result<(), Refused> {
    let published = propose(writer, settings, Some(claim.id), &plan.moves, &snapshot.market, &snapshot.ownerships)?;
    let teams = teams_of(&snapshot.market, plan);
    let kept = KeptReport::new(plan, u32::try_from(published.len()).unwrap_or(u32::MAX), teams, parts.largest);
    let outcome = Outcome {
        snapshot: parts.snapshot.clone(),
        plan: parts.plan.clone(),
        report: serde_json::to_string(&kept).expect("a report is plain numbers"),
    };
    runs::publish(writer, claim, &outcome).map_err(|error| match error {
        StoreError::Raced => Refused::conflict("taken_over", "another process has taken this run over"),
        other => other.into(),
    })?;
    record(writer, &system(), claim, "publish", Some(RunState::Running), RunState::Published);
    Ok(())
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

/// The business date whose window is open at `now`, in the organisation's time zone.
///
/// The local clock may skip or repeat hours; the date of a moment is one all the same, so a night can be due for hours
/// or minutes, but never for two dates.
pub fn due_date(night: &Night, now: DateTime<Utc>) -> Option<NaiveDate> {
    let local = now.with_timezone(&night.time_zone);
    let open = night.opens <= local.time() && local.time() < night.closes;
    open.then(|| local.date_naive())
}

/// Today in the organisation's time zone.
pub fn business_date(night: &Night, now: DateTime<Utc>) -> NaiveDate {
    now.with_timezone(&night.time_zone).date_naive()
}

/// Runs every scope that is due and has no run; what `serve` calls each minute. Says how many runs it published.
pub fn nightly(store: &Store, settings: &Settings) -> Result<usize, Refused> {
    let now = store.read(|reader| Ok::<_, StoreError>(reader.now()))?;
    let Some(date) = due_date(&settings.night, now) else { return Ok(0) };
    let mut published = 0;
    for scope in &settings.night.scopes {
        let scope = Scope::parse(scope)?;
        let present = store.read(|reader| runs::of_night(reader, scope.as_str(), date))?;
        let is_taken = present.is_some_and(|run| run.state == RunState::Published || run.lease_until > now);
        if is_taken {
            continue;
        }
        match run(store, settings, &system(), &scope, date, &|_| {}) {
            Ok(run) => {
                tracing::info!(run = %run.id, scope = run.scope, %date, "the night was run");
                published += 1;
            }
            Err(Refused::Conflict { code: "run_exists" | "taken_over", .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(published)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;

    fn night(zone: &str, opens: &str, closes: &str) -> Night {
        Night {
            time_zone: zone.parse().unwrap(),
            opens: opens.parse().unwrap(),
            closes: closes.parse().unwrap(),
            ..Settings::built_in().night
        }
    }

    fn due(night: &Night, moment: &str) -> Option<String> {
        due_date(night, moment.parse().unwrap()).map(|date| date.to_string())
    }

    #[test]
    fn a_night_is_due_only_in_its_window_of_the_local_day() {
        let berlin = night("Europe/Berlin", "01:00:00", "05:00:00");
        assert_eq!(due(&berlin, "2026-01-09T23:59:59Z"), None);
        assert_eq!(due(&berlin, "2026-01-10T00:00:00Z"), Some("2026-01-10".to_owned()));
        assert_eq!(due(&berlin, "2026-01-10T03:59:59Z"), Some("2026-01-10".to_owned()));
        assert_eq!(due(&berlin, "2026-01-10T04:00:00Z"), None);
    }

    #[test]
    fn an_hour_that_does_not_exist_skips_no_date_that_has_other_hours() {
        // Clocks go from 02:00 to 03:00 on 29 March 2026.
        let berlin = night("Europe/Berlin", "01:30:00", "03:30:00");
        assert_eq!(due(&berlin, "2026-03-29T00:45:00Z"), Some("2026-03-29".to_owned()));
        assert_eq!(due(&berlin, "2026-03-29T01:15:00Z"), Some("2026-03-29".to_owned()));
    }

    #[test]
    fn an_hour_that_exists_twice_is_due_for_one_date() {
        // Clocks go from 03:00 back to 02:00 on 25 October 2026.
        let berlin = night("Europe/Berlin", "02:15:00", "02:45:00");
        for moment in ["2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"] {
            assert_eq!(due(&berlin, moment), Some("2026-10-25".to_owned()));
        }
    }
}
