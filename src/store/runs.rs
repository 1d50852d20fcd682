//! Runs: one live one for each scope and business date, with their immutable snapshot, policy and result; and shadows.
//!
//! In go a claim, signs of life and later a result; out come runs. The claim is a unique row, its owner holds a fence: a
//! process that was taken over can no longer write. Large parts are kept gzipped.
//! Holds: until its result is written a run has neither snapshot nor plan, so who takes it over begins anew; with its
//! result its policy and version stand as well, and nothing of it changes any more.
//! Deliberately absent: when to run, and what a run does.

use super::{
    Reader, StoreError, Writer, exactly_one,
    packed::{pack, unpack},
    schema::runs,
};
use crate::domain::{closed::closed_list, ids::RunId};
use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, Utc};
use diesel::prelude::*;

closed_list! {
    /// Where a run stands.
    RunState {
        /// A process works on it.
        Running = "running",
        /// It has ended well: of a live run the proposals are out, of a shadow the report.
        Published = "published",
        /// It came to nothing; another may take its place.
        Failed = "failed",
    }
}

closed_list! {
    /// Whether a run counts.
    RunMode {
        /// What it finds is proposed.
        Live = "live",
        /// What it finds is reported, and nothing else comes of it.
        Shadow = "shadow",
    }
}

/// A run, without its large parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: RunId,
    /// `all`, or a team's id.
    pub scope: String,
    /// The business date.
    pub business_date: NaiveDate,
    /// Whether it counts.
    pub mode: RunMode,
    /// Where it stands.
    pub state: RunState,
    /// Grows with each takeover.
    pub fence: i64,
    /// Until when its process counts as alive.
    pub lease_until: DateTime<Utc>,
    /// Who asked for it.
    pub started_by: String,
    /// When.
    pub started_at: DateTime<Utc>,
    /// When it was published or failed.
    pub finished_at: Option<DateTime<Utc>>,
    /// The program's version that solved it.
    pub solver_version: String,
    /// The policy it went by, as JSON.
    pub policy: String,
    /// What it amounted to, as JSON, once published.
    pub report: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = runs)]
struct Row {
    id: String,
    scope: String,
    business_date: NaiveDate,
    state: String,
    fence: i64,
    lease_until: NaiveDateTime,
    started_by: String,
    started_at: NaiveDateTime,
    finished_at: Option<NaiveDateTime>,
    solver_version: String,
    policy: String,
    report: Option<String>,
    failure: Option<String>,
    mode: String,
}

impl TryFrom<Row> for Run {
    type Error = StoreError;
    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.parse()?,
            scope: row.scope,
            business_date: row.business_date,
            mode: row.mode.parse()?,
            state: row.state.parse()?,
            fence: row.fence,
            lease_until: row.lease_until.and_utc(),
            started_by: row.started_by,
            started_at: row.started_at.and_utc(),
            finished_at: row.finished_at.map(|at| at.and_utc()),
            solver_version: row.solver_version,
            policy: row.policy,
            report: row.report,
            failure: row.failure,
        })
    }
}

/// What a process holds while it works on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The run.
    pub id: RunId,
    /// The fence that must still stand when the result is written.
    pub fence: i64,
}

impl Claim {
    /// Whether another process held the run before.
    pub fn is_takeover(self) -> bool {
        self.fence > 1
    }
}

/// What a new run is begun with.
#[derive(Debug, Clone)]
pub struct NewRun<'a> {
    /// Its id.
    pub id: RunId,
    /// `all`, or a team's id.
    pub scope: &'a str,
    /// The business date.
    pub business_date: NaiveDate,
    /// Whether it counts.
    pub mode: RunMode,
    /// Who asked for it.
    pub started_by: &'a str,
    /// The program's version.
    pub solver_version: &'a str,
    /// The policy, as JSON.
    pub policy: &'a str,
    /// How long it may go without a sign of life.
    pub lease: Duration,
}

/// Claims the run of a scope, business date and mode: makes it, or takes it over from a process whose lease ran out.
///
/// A run that is taken over keeps its id and when it was started, and goes by the policy and version of whoever took it.
/// [`StoreError::Twice`] where its process is alive, or a live one is published.
pub fn claim(writer: &mut Writer<'_>, new: &NewRun<'_>) -> Result<Claim, StoreError> {
    let now = writer.now();
    let lease_until = (now + new.lease).naive_utc();
    let abandoned: Option<Row> = runs::table
        .filter(runs::scope.eq(new.scope).and(runs::business_date.eq(new.business_date)))
        .filter(runs::mode.eq(new.mode.as_str()).and(runs::state.eq(RunState::Running.as_str())))
        .filter(runs::lease_until.lt(now.naive_utc()))
        .select(Row::as_select())
        .first(&mut *writer.connection)
        .optional()?;
    if let Some(row) = abandoned {
        let run = Run::try_from(row)?;
        let target = runs::table.filter(runs::id.eq(String::from(run.id)).and(runs::fence.eq(run.fence)));
        exactly_one(
            diesel::update(target)
                .set((
                    runs::fence.eq(run.fence + 1),
                    runs::lease_until.eq(lease_until),
                    runs::started_by.eq(new.started_by),
                    runs::solver_version.eq(new.solver_version),
                    runs::policy.eq(new.policy),
                ))
                .execute(&mut *writer.connection)?,
        )?;
        return Ok(Claim { id: run.id, fence: run.fence + 1 });
    }
    diesel::insert_into(runs::table)
        .values((
            runs::id.eq(String::from(new.id)),
            runs::scope.eq(new.scope),
            runs::business_date.eq(new.business_date),
            runs::mode.eq(new.mode.as_str()),
            runs::state.eq(RunState::Running.as_str()),
            runs::fence.eq(1),
            runs::lease_until.eq(lease_until),
            runs::started_by.eq(new.started_by),
            runs::started_at.eq(now.naive_utc()),
            runs::solver_version.eq(new.solver_version),
            runs::policy.eq(new.policy),
        ))
        .execute(&mut *writer.connection)?;
    Ok(Claim { id: new.id, fence: 1 })
}

/// Shows a sign of life, if the claim still stands; false where it does not.
pub fn renew(writer: &mut Writer<'_>, claim: Claim, lease: Duration) -> Result<bool, StoreError> {
    let until = (writer.now() + lease).naive_utc();
    let renewed = diesel::update(claimed(claim)).set(runs::lease_until.eq(until)).execute(&mut *writer.connection)?;
    Ok(renewed == 1)
}

/// What a finished run leaves for ever, each part as JSON.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The market.
    pub snapshot: Vec<u8>,
    /// The plan.
    pub plan: Vec<u8>,
    /// The report.
    pub report: String,
}

/// Writes the outcome, if the claim still stands; else the run belongs to another process and the race is lost.
pub fn publish(writer: &mut Writer<'_>, claim: Claim, outcome: &Outcome) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    let (snapshot, plan) = (pack(&outcome.snapshot), pack(&outcome.plan));
    exactly_one(
        diesel::update(claimed(claim))
            .set((
                runs::state.eq(RunState::Published.as_str()),
                runs::finished_at.eq(Some(now)),
                runs::snapshot.eq(Some(snapshot)),
                runs::plan.eq(Some(plan)),
                runs::report.eq(Some(&outcome.report)),
            ))
            .execute(&mut *writer.connection)?,
    )
}

/// Writes why the run came to nothing, if the claim still stands.
pub fn fail(writer: &mut Writer<'_>, claim: Claim, why: &str) -> Result<(), StoreError> {
    let now = writer.now().naive_utc();
    exactly_one(
        diesel::update(claimed(claim))
            .set((
                runs::state.eq(RunState::Failed.as_str()),
                runs::finished_at.eq(Some(now)),
                runs::failure.eq(Some(why)),
            ))
            .execute(&mut *writer.connection)?,
    )
}

#[diesel::dsl::auto_type(no_type_alias)]
fn claimed(claim: Claim) -> _ {
    let id: String = claim.id.into();
    let fence: i64 = claim.fence;
    let state: &'static str = RunState::Running.as_str();
    runs::table.filter(runs::id.eq(id).and(runs::fence.eq(fence)).and(runs::state.eq(state)))
}

/// One run.
pub fn one(reader: &mut Reader<'_>, id: RunId) -> Result<Option<Run>, StoreError> {
    let row =
        runs::table.find(String::from(id)).select(Row::as_select()).get_result(&mut *reader.connection).optional()?;
    row.map(Run::try_from).transpose()
}

/// The run of a scope, business date and mode that has not failed; of several shadows one that has ended, if any has.
pub fn of_night(
    reader: &mut Reader<'_>,
    scope: &str,
    business_date: NaiveDate,
    mode: RunMode,
) -> Result<Option<Run>, StoreError> {
    let row = runs::table
        .filter(runs::scope.eq(scope).and(runs::business_date.eq(business_date)))
        .filter(runs::mode.eq(mode.as_str()).and(runs::state.ne(RunState::Failed.as_str())))
        // The words are in this order.
        .order((runs::state, runs::id))
        .select(Row::as_select())
        .first(&mut *reader.connection)
        .optional()?;
    row.map(Run::try_from).transpose()
}

/// How often the run of a scope, business date and mode has failed, and when last; absent where it never has.
pub fn failures(
    reader: &mut Reader<'_>,
    scope: &str,
    business_date: NaiveDate,
    mode: RunMode,
) -> Result<Option<(u32, DateTime<Utc>)>, StoreError> {
    let (count, last): (i64, Option<NaiveDateTime>) = runs::table
        .filter(runs::scope.eq(scope).and(runs::business_date.eq(business_date)))
        .filter(runs::mode.eq(mode.as_str()).and(runs::state.eq(RunState::Failed.as_str())))
        .select((diesel::dsl::count_star(), diesel::dsl::max(runs::finished_at)))
        .get_result(&mut *reader.connection)?;
    Ok(last.map(|last| (u32::try_from(count).unwrap_or(u32::MAX), last.and_utc())))
}

/// Runs after `after`, by id, at most `limit`; only those of some scopes where asked.
pub fn list(
    reader: &mut Reader<'_>,
    scopes: Option<&[&str]>,
    after: Option<RunId>,
    limit: i64,
) -> Result<Vec<Run>, StoreError> {
    let mut query = runs::table.select(Row::as_select()).order(runs::id).limit(limit).into_boxed();
    if let Some(scopes) = scopes {
        query = query.filter(runs::scope.eq_any(scopes));
    }
    if let Some(after) = after {
        query = query.filter(runs::id.gt(String::from(after)));
    }
    query.load(&mut *reader.connection)?.into_iter().map(Run::try_from).collect()
}

/// What a published run was made from and what it came to, each as JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The market.
    pub snapshot: Vec<u8>,
    /// The plan.
    pub plan: Vec<u8>,
}

/// The evidence of a published run.
pub fn evidence(reader: &mut Reader<'_>, id: RunId) -> Result<Option<Evidence>, StoreError> {
    let kept = runs::table
        .find(String::from(id))
        .select((runs::snapshot, runs::plan))
        .get_result::<(Option<Vec<u8>>, Option<Vec<u8>>)>(&mut *reader.connection)
        .optional()?;
    match kept {
        Some((Some(snapshot), Some(plan))) => Ok(Some(Evidence { snapshot: unpack(&snapshot)?, plan: unpack(&plan)? })),
        _ => Ok(None),
    }
}

/// Why there is no evidence of a run any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// Since when: a person of its market was erased.
    pub at: DateTime<Utc>,
    /// SHA-256 of the market as it was, in hex.
    pub snapshot_sha256: String,
    /// SHA-256 of the plan as it was, in hex.
    pub plan_sha256: String,
}

/// Whether the evidence of a run was erased.
pub fn erased(reader: &mut Reader<'_>, id: RunId) -> Result<Option<Erased>, StoreError> {
    type Columns = (Option<NaiveDateTime>, Option<String>, Option<String>);
    let kept: Option<Columns> = runs::table
        .find(String::from(id))
        .select((runs::erased_at, runs::snapshot_sha256, runs::plan_sha256))
        .get_result(&mut *reader.connection)
        .optional()?;
    Ok(match kept {
        Some((Some(at), Some(snapshot_sha256), Some(plan_sha256))) => {
            Some(Erased { at: at.and_utc(), snapshot_sha256, plan_sha256 })
        }
        _ => None,
    })
}
