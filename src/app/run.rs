//! A matching run: claim the business date, take the snapshot, plan, check, publish.
//!
//! In go a scope and a business date; out comes the run with its report, and for whoever waited in the pool a proposal.
//! Holds: one run a scope and date; nothing unchecked is saved; all proposals appear in one transaction; a process that
//! was taken over cannot publish. The claim is also the batch boundary: what ended since the last one is revealed to its
//! parties and their accounts go back into the pool. Deliberately absent: when nights are due ([`due_date`] says for a
//! given moment; `serve` asks each minute).

use super::{
    AtMostOne, Page, Reader, Refused, Store, StoreError, Writer, fresh_version,
    life::{advance_submission, reveal},
    me::managed,
    snapshot::{Snapshot, snapshot},
    sweep::sweep,
    system,
};
use crate::{
    domain::{
        ids::{AccountId, ProposalId, RunId, TeamId},
        policy::Policy,
        principal::{Principal, Role},
        proposal::{Answer, Leg, Proposal, ProposalState},
        submission::{SubmissionAction, SubmissionActor, SubmissionState},
    },
    engine::{
        check::check,
        market::Market,
        plan::{Move, Plan, Report, Rule, plan},
    },
    settings::{Night, Settings},
    store::{
        audit::Change,
        market::Pool,
        proposals, roster,
        runs::{self, Claim, NewRun, Outcome, Run, RunState},
        submissions,
    },
};
use chrono::{DateTime, Duration, NaiveDate, Utc};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// The scope of everybody.
pub const EVERYBODY: &str = "all";

/// The least number of people an aggregate of opinions must cover before a manager sees it.
const LEAST_PEOPLE: u32 = 5;

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
    /// What it amounted to, once published.
    pub report: Option<ReportView>,
}

/// What a run amounted to. Sums over opinions stand only where five people or more moved, or for an admin or service
/// whose view has no names.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReportView {
    /// Reps in the pool.
    pub reps: u32,
    /// Accounts in the pool.
    pub offers: u32,
    /// An account and a rep it may go to.
    pub candidates: u32,
    /// Swaps that break no rule.
    pub possible_moves: u32,
    /// Parts of the market that fall apart.
    pub components: u32,
    /// Moves chosen.
    pub moves: u32,
    /// Moves published; fewer than chosen where something changed meanwhile.
    pub published: u32,
    /// Points of the plan.
    pub points: Option<i64>,
    /// Gains in all, in minutes a year.
    pub gain_minutes: Option<i64>,
    /// The smallest gain of anybody who moves.
    pub smallest_gain_minutes: Option<i64>,
    /// Gini coefficient of the gains, in thousandths.
    pub gini_thousandths: Option<i64>,
    /// Driving a year of the moved accounts before, in minutes.
    pub travel_minutes_before: i64,
    /// Driving a year of the moved accounts after, in minutes.
    pub travel_minutes_after: i64,
    /// Sum over moves of the difference in commission.
    pub commission_moved_cents: i64,
    /// How many accounts stayed, by the rule that stopped most of their chances.
    pub unmatched_by_rule: BTreeMap<String, u32>,
}

/// What is kept of a plan's report.
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
struct KeptReport {
    plan: Report,
    published: u32,
    unmatched_by_rule: BTreeMap<Rule, u32>,
}

impl KeptReport {
    fn new(plan: &Plan, published: u32) -> Self {
        let mut unmatched_by_rule = BTreeMap::new();
        for left in &plan.why_not {
            *unmatched_by_rule.entry(left.rule).or_default() += 1;
        }
        Self { plan: plan.report.clone(), published, unmatched_by_rule }
    }

    fn view(self, who: &Principal) -> ReportView {
        let plan = self.plan;
        // Each swap moves two people.
        let is_told = who.role != Role::Manager || 2 * plan.moves >= LEAST_PEOPLE;
        ReportView {
            reps: plan.reps,
            offers: plan.offers,
            candidates: plan.candidates,
            possible_moves: plan.possible_moves,
            components: plan.components,
            moves: plan.moves,
            published: self.published,
            points: is_told.then_some(plan.points.0),
            gain_minutes: is_told.then_some(plan.gain.0),
            smallest_gain_minutes: plan.smallest_gain.filter(|_| is_told).map(|gain| gain.0),
            gini_thousandths: is_told.then_some(plan.gini_thousandths),
            travel_minutes_before: plan.travel_before.0,
            travel_minutes_after: plan.travel_after.0,
            commission_moved_cents: plan.commission_moved_cents.0,
            unmatched_by_rule: self.unmatched_by_rule.into_iter().map(|(rule, n)| (rule.to_string(), n)).collect(),
        }
    }
}

fn view(run: Run, who: &Principal) -> Result<RunView, Refused> {
    let report = run.report.as_deref().map(serde_json::from_str::<KeptReport>).transpose();
    let report = report.map_err(|error| StoreError::Corrupt(format!("report of run {}: {error}", run.id)))?;
    Ok(RunView {
        id: run.id,
        scope: run.scope,
        business_date: run.business_date,
        state: run.state.as_str(),
        started_at: run.started_at,
        finished_at: run.finished_at,
        report: report.map(|report| report.view(who)),
    })
}

/// What a plan that nobody has published would amount to, as `who` may see it.
pub fn preview(plan: &Plan, who: &Principal) -> ReportView {
    KeptReport::new(plan, 0).view(who)
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
    let policy = serde_json::to_string(&settings.policy).expect("a policy is plain numbers");
    let lease = Duration::seconds(settings.night.lease_seconds.into());
    let claim = store.write(|writer| claim(writer, who, scope, date, &policy, lease))?;
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
    who: &Principal,
    scope: &Scope,
    date: NaiveDate,
    policy: &str,
    lease: Duration,
) -> Result<Claim, Refused> {
    let new = NewRun {
        id: RunId(Uuid::new_v4()),
        scope: scope.as_str(),
        business_date: date,
        started_by: who.id.as_str(),
        solver_version: env!("CARGO_PKG_VERSION"),
        policy,
        lease,
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
    let (snapshot, plan) = rehearse(store, &settings.policy, scope, date, watch)?;
    watch(Stage::Publish);
    let parts = Parts { snapshot: json(&snapshot.market), plan: json(&plan) };
    store.write(|writer| publish(writer, settings, claim, &snapshot, &plan, &parts))
}

/// Takes the snapshot, plans and checks; changes nothing. What `--dry-run` shows.
pub fn rehearse(
    store: &Store,
    policy: &Policy,
    scope: &Scope,
    date: NaiveDate,
    watch: &dyn Fn(Stage),
) -> Result<(Snapshot, Plan), Refused> {
    watch(Stage::Snapshot);
    let pool = scope.team().map_or(Pool::Everybody, Pool::Team);
    let snapshot = store.read(|reader| snapshot(reader, pool, date))?;
    watch(Stage::Plan);
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

/// The large parts of a run, as JSON.
struct Parts {
    snapshot: Vec<u8>,
    plan: Vec<u8>,
}

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("engine values have string keys and finite numbers")
}

/// Writes the run's outcome and all its proposals. A move whose accounts or submissions changed meanwhile is left out.
fn publish(
    writer: &mut Writer<'_>,
    settings: &Settings,
    claim: Claim,
    snapshot: &Snapshot,
    plan: &Plan,
    parts: &Parts,
) -> Result<(), Refused> {
    let accounts: Vec<AccountId> =
        plan.moves.iter().flat_map(|one| one.legs.iter().map(|leg| leg.account.clone())).collect();
    let today = roster::ownerships(writer, &accounts)?;
    let now = writer.now();
    let expires_at = now + Duration::hours(settings.proposals.expires_after_hours.into());
    let mut published = Vec::with_capacity(plan.moves.len());
    for one in &plan.moves {
        let ownerships: Option<Vec<i64>> = one
            .legs
            .iter()
            .map(|leg| {
                let (owner, count) = today.get(&leg.account)?;
                (*owner == leg.from && snapshot.ownerships.get(&leg.account) == Some(count)).then_some(*count)
            })
            .collect();
        let Some(ownerships) = ownerships else { continue };
        if reserve(writer, one)? {
            published.push(proposal(Some(claim.id), one, &ownerships, now, expires_at));
        }
    }
    proposals::insert(writer, &published)?;
    for proposal in &published {
        writer.record(Change {
            actor: system(),
            action: "propose",
            subject_kind: "proposal",
            subject_id: proposal.id.to_string(),
            from_state: None,
            to_state: Some(proposal.state.as_str()),
        });
    }
    let kept = KeptReport::new(plan, u32::try_from(published.len()).unwrap_or(u32::MAX));
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

/// Binds the submissions of a move; false where one of them is open no more.
fn reserve(writer: &mut Writer<'_>, one: &Move) -> Result<bool, Refused> {
    let mut open = Vec::with_capacity(one.legs.len());
    for leg in &one.legs {
        match submissions::one(writer, leg.submission)? {
            Some(submission) if submission.state == SubmissionState::Open => open.push(submission),
            _ => return Ok(false),
        }
    }
    for submission in &open {
        advance_submission(writer, &system(), submission, SubmissionAction::Reserve, SubmissionActor::System)?;
    }
    Ok(true)
}

/// The proposal of a move, fresh.
pub(super) fn proposal(
    run: Option<RunId>,
    one: &Move,
    ownerships: &[i64],
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Proposal {
    Proposal {
        id: ProposalId(Uuid::new_v4()),
        run,
        state: ProposalState::Proposed,
        points: one.points,
        created_at: now,
        expires_at,
        agreed_at: None,
        revealed_at: None,
        effective_on: None,
        trial_ends_on: None,
        version: fresh_version(),
        legs: (0..)
            .zip(one.legs.iter().zip(ownerships))
            .map(|(position, (leg, ownership))| Leg {
                position,
                account: leg.account.clone(),
                submission: leg.submission,
                from: leg.from.clone(),
                to: leg.to.clone(),
                ownership: *ownership,
                annual_commission_cents: leg.annual_commission_cents,
                side: leg.side,
                answer: Answer::Pending,
                version: fresh_version(),
            })
            .collect(),
    }
}

/// Runs by id: of the teams managed and of everybody for a manager, all for admin and service.
pub fn list(reader: &mut Reader<'_>, who: &Principal, page: Page<RunId>) -> Result<Vec<RunView>, Refused> {
    let teams = visible_scopes(reader, who)?;
    let scopes: Option<Vec<&str>> = teams.as_ref().map(|teams| teams.iter().map(TeamId::as_str).collect());
    let found = runs::list(reader, scopes.as_deref(), page.after, page.limit)?;
    found.into_iter().map(|run| view(run, who)).collect()
}

/// One run.
pub fn one(reader: &mut Reader<'_>, who: &Principal, id: RunId) -> Result<RunView, Refused> {
    let scopes = visible_scopes(reader, who)?;
    let run = runs::one(reader, id)?.ok_or(Refused::NotFound("run"))?;
    match scopes {
        Some(scopes) if !scopes.iter().any(|scope| scope.as_str() == run.scope) => Err(Refused::NotFound("run")),
        _ => view(run, who),
    }
}

fn visible_scopes(reader: &mut Reader<'_>, who: &Principal) -> Result<Option<Vec<TeamId>>, Refused> {
    match who.role {
        Role::Rep => Err(Refused::NotAllowed("runs are for managers and admins")),
        Role::Manager => Ok(Some(managed(reader, who)?)),
        Role::Admin | Role::Service => Ok(None),
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
