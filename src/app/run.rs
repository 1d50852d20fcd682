//! A matching run: claim the business date, take the snapshot, ask for travel times, plan, check, publish.
//!
//! In go a scope and a business date; out comes the run with its report, and for whoever waited in the pool a proposal.
//! Holds: one run a scope and date; nothing unchecked is saved; all proposals appear in one transaction; a process that
//! was taken over cannot publish. The claim is also the batch boundary: what ended since the last one is revealed to its
//! parties and their accounts go back into the pool, and what all have accepted is concluded.
//! While it works, a run shows signs of life. One that shows none for the length of its lease is taken over: whoever takes
//! it over does all of it again, the boundary included, with a snapshot and a policy of its own, for nothing of the first
//! attempt was kept. The run keeps its id; its fence grows, so that a process which only stood still cannot publish.
//! A shadow does the same but for the boundary and the proposals, and stands in no live run's way.
//! Nothing in it is random: a run is made again from its snapshot and policy alone, and there is no seed to keep.
//! Deliberately absent: when a run is due, which [`night`] says.

mod difference;
pub mod night;
mod reports;
pub mod verify;
mod views;

pub use crate::store::runs::RunMode;
pub use night::{business_date, due_date, nightly};
pub(super) use reports::KeptReport;
pub use reports::{ReportView, SourceView, TeamsView};
pub use views::{RunView, evidence, list, one, preview};

use super::{
    AtMostOne, Reader, Refused, Store, StoreError, Writer, decide, direct,
    heartbeat::Heartbeat,
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
    settings::Settings,
    store::{
        audit::Change,
        market::Pool,
        proposals, roster,
        runs::{self, Claim, NewRun, Outcome, RunState},
    },
};
use chrono::{Days, Duration, NaiveDate};
use reports::teams_of;
use serde::Serialize;
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

/// How far back a missed date can be run, and how far ahead a shadow can look.
const DAYS_AWAY: Days = Days::new(31);

/// The business date that somebody asks for, or today; not every day can be run, so that nobody uses up a night to come.
///
/// Errors: a live run is for today or the last 31 days, a shadow for the next 31 as well.
pub fn date_to_run(today: NaiveDate, asked: Option<NaiveDate>, mode: RunMode) -> Result<NaiveDate, Refused> {
    let date = asked.unwrap_or(today);
    let last = match mode {
        RunMode::Live => today,
        RunMode::Shadow => today + DAYS_AWAY,
    };
    let first = today - DAYS_AWAY;
    if (first..=last).contains(&date) {
        return Ok(date);
    }
    Err(Refused::invalid("business_date", date.to_string(), format!("a day from {first} to {last}")))
}

/// What is asked of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Whom it is for.
    pub scope: Scope,
    /// The business date.
    pub date: NaiveDate,
    /// Whether it counts.
    pub mode: RunMode,
}

/// What else is to be written in the transaction that ends a run well, given the run as its asker sees it.
pub type Settle<'a> = &'a dyn Fn(&mut Writer<'_>, &RunView) -> Result<(), Refused>;

/// Runs a scope for a business date and publishes what it finds.
///
/// Errors: as [`carry_out`].
pub fn run(
    store: &Store,
    settings: &Settings,
    who: &Principal,
    scope: &Scope,
    date: NaiveDate,
    watch: &dyn Fn(Stage),
) -> Result<RunView, Refused> {
    let order = Order { scope: scope.clone(), date, mode: RunMode::Live };
    carry_out(store, settings, who, &order, watch, &|_, _| Ok(()))
}

/// Carries an order for a run out.
///
/// Errors: [`Refused::Conflict`] with `run_exists` where that date has its run, or a shadow of it is under way, and with
/// `taken_over` where another process finished it; everything that [`may_start`] refuses.
/// A run that fails is marked so, and another may take its place.
pub fn carry_out(
    store: &Store,
    settings: &Settings,
    who: &Principal,
    order: &Order,
    watch: &dyn Fn(Stage),
    settle: Settle<'_>,
) -> Result<RunView, Refused> {
    store.read(|reader| may_start(reader, who, &order.scope))?;
    if order.mode == RunMode::Live {
        sweep(store)?;
    }
    let claim = store.write(|writer| claim(writer, settings, who, order))?;
    let _heartbeat = heartbeat(store, settings, claim);
    let worked = work(store, settings, order, watch).and_then(|worked| {
        watch(Stage::Publish);
        store.write(|writer| {
            publish(writer, settings, order, claim, &worked)?;
            let view = one(writer, who, claim.id)?;
            settle(writer, &view)?;
            Ok(view)
        })
    });
    if let Err(error) = &worked {
        let why = error.to_string();
        store.write(|writer| fail(writer, who, order, claim, &why))?;
    }
    worked
}

fn lease(settings: &Settings) -> Duration {
    Duration::seconds(settings.night.lease_seconds.into())
}

fn heartbeat(store: &Store, settings: &Settings, claim: Claim) -> Heartbeat {
    let (store, lease) = (store.clone(), lease(settings));
    Heartbeat::start("a run", settings.night.lease_seconds, move || {
        store.write(|writer| runs::renew(writer, claim, lease))
    })
}

fn claim(writer: &mut Writer<'_>, settings: &Settings, who: &Principal, order: &Order) -> Result<Claim, Refused> {
    let policy = serde_json::to_string(&settings.policy).expect("a policy is plain numbers");
    let scope = &order.scope;
    let new = NewRun {
        id: RunId(Uuid::new_v4()),
        scope: scope.as_str(),
        business_date: order.date,
        mode: order.mode,
        started_by: who.id.as_str(),
        solver_version: env!("CARGO_PKG_VERSION"),
        policy: &policy,
        lease: lease(settings),
    };
    let claim = runs::claim(writer, &new).map_err(|error| match (error, order.mode) {
        (StoreError::Twice(AtMostOne::RunOfTheNight), RunMode::Live) => {
            Refused::conflict("run_exists", format!("scope {} has its run of {}", scope.as_str(), order.date))
        }
        (StoreError::Twice(AtMostOne::RunOfTheNight), RunMode::Shadow) => {
            Refused::conflict("run_exists", format!("a shadow of {} of {} is under way", scope.as_str(), order.date))
        }
        (other, _) => other.into(),
    })?;
    if order.mode == RunMode::Live {
        boundary(writer, settings, scope)?;
    }
    let (action, before) = match claim.is_takeover() {
        true => ("take_over", Some(RunState::Running)),
        false => ("start", None),
    };
    record(writer, who, order, claim, action, (before, RunState::Running));
    Ok(claim)
}

/// The batch boundary: shows what ended since the last one, and concludes what all have accepted. Done twice, it finds
/// nothing to do.
fn boundary(writer: &mut Writer<'_>, settings: &Settings, scope: &Scope) -> Result<(), Refused> {
    for ended in proposals::unrevealed(writer, scope.team())? {
        reveal(writer, &ended)?;
    }
    for agreed in proposals::agreed_unseen(writer, scope.team())? {
        decide::conclude(writer, settings, &agreed)?;
    }
    direct::conclude(writer, settings, scope.team())?;
    pattern::tell(writer, settings)
}

fn record(
    writer: &mut Writer<'_>,
    who: &Principal,
    order: &Order,
    claim: Claim,
    action: &'static str,
    (from, to): (Option<RunState>, RunState),
) {
    writer.record(Change {
        actor: who.clone(),
        action,
        // An event of its own, for whoever waits for proposals waits for no shadow.
        subject_kind: match order.mode {
            RunMode::Live => "run",
            RunMode::Shadow => "shadow_run",
        },
        subject_id: claim.id.to_string(),
        from_state: from.map(RunState::as_str),
        to_state: Some(to.as_str()),
    });
}

fn fail(writer: &mut Writer<'_>, who: &Principal, order: &Order, claim: Claim, why: &str) -> Result<(), Refused> {
    match runs::fail(writer, claim, why) {
        // Taken over: it is no longer this process's to fail. Or published, by a transaction whose answer was lost.
        Err(StoreError::Raced) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(()) => {
            record(writer, who, order, claim, "fail", (Some(RunState::Running), RunState::Failed));
            Ok(())
        }
    }
}

/// What a run has found, before it is published.
struct Worked {
    snapshot: Snapshot,
    plan: Plan,
    /// What its price of fairness is counted from.
    largest: Option<LargestTotal>,
    /// The market and the plan as they are kept.
    market_json: Vec<u8>,
    plan_json: Vec<u8>,
}

fn work(store: &Store, settings: &Settings, order: &Order, watch: &dyn Fn(Stage)) -> Result<Worked, Refused> {
    let (snapshot, plan) = rehearse(store, settings, &order.scope, order.date, watch)?;
    let largest = settings.reports.price_of_fairness.then(|| largest(&snapshot.market, &settings.policy, &plan));
    Ok(Worked { market_json: json(&snapshot.market), plan_json: json(&plan), snapshot, plan, largest })
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

fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).expect("engine values have string keys and finite numbers")
}

/// Writes the run's outcome and, of a live one, all its proposals. A move whose accounts, submissions or reps' balances
/// changed meanwhile is left out.
fn publish(
    writer: &mut Writer<'_>,
    settings: &Settings,
    order: &Order,
    claim: Claim,
    worked: &Worked,
) -> Result<(), Refused> {
    let Worked { snapshot: Snapshot { market, ownerships }, plan, largest, market_json, plan_json } = worked;
    let published = match order.mode {
        RunMode::Live => propose(writer, settings, Some(claim.id), &plan.moves, market, ownerships)?.len(),
        RunMode::Shadow => plan.moves.len(),
    };
    let kept = KeptReport::new(plan, u32::try_from(published).unwrap_or(u32::MAX), teams_of(market, plan), *largest);
    let outcome = Outcome { snapshot: market_json.clone(), plan: plan_json.clone(), report: kept.text() };
    runs::publish(writer, claim, &outcome).map_err(|error| match error {
        StoreError::Raced => Refused::conflict("taken_over", "another process has taken this run over"),
        other => other.into(),
    })?;
    let action = match order.mode {
        RunMode::Live => "publish",
        RunMode::Shadow => "report",
    };
    record(writer, &system(), order, claim, action, (Some(RunState::Running), RunState::Published));
    Ok(())
}
