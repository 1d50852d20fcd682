//! What a run amounted to: whole, and for each team.
//!
//! In go a plan and its market; out come sums without names. Holds: a sum over opinions stands for a manager only where
//! it covers five people or more. Deliberately absent: anything by person.

use crate::{
    domain::{
        ids::{RepId, TeamId},
        principal::{Principal, Role},
        travel::TravelSource,
        units::{Cents, Minutes},
    },
    engine::{
        fairness::LargestTotal,
        market::Market,
        plan::{Plan, Report, Rule, WhyNot},
        ways::SourceCount,
    },
    store::StoreError,
};
use chrono::NaiveDate;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The least number of people an aggregate of opinions must cover before a manager sees it.
const LEAST_PEOPLE: u32 = 5;

/// What a run amounted to. To a manager, sums over opinions stand only where five people or more are to move.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ReportView {
    /// Reps in the pool.
    pub reps: u32,
    /// Accounts in the pool.
    pub offers: u32,
    /// An account and a rep it may go to.
    pub candidates: u32,
    /// Those of them that were not looked at for more promising ones of the same account.
    pub candidates_dropped: u32,
    /// How many accounts they were candidates of.
    pub offers_with_dropped: u32,
    /// No swap with one of them has more points; absent where there is none.
    pub points_of_dropped_at_most: Option<i64>,
    /// Swaps that break no rule.
    pub possible_moves: u32,
    /// Parts of the market that fall apart.
    pub components: u32,
    /// Moves chosen.
    pub moves: u32,
    /// Moves published; fewer than chosen where something changed meanwhile. Of a shadow, those that would have been.
    pub published: u32,
    /// Points of the plan.
    pub points: Option<i64>,
    /// How many of these are for the nights that submissions have waited.
    pub ageing_points: Option<i64>,
    /// Whether the plan is proven to be the best by the policy's objective; if not, its search took too long.
    pub is_best: bool,
    /// What the points of no plan within the policy exceed, where this one may not be the best.
    pub bound: Option<i64>,
    /// No plan has more points, however long its rings. Neither caps nor the price of unfairness are counted in it.
    pub points_in_any_rings_at_most: Option<i64>,
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
    /// How many of these would have more partners if one rule alone were a step looser, by that rule. A rule that is not
    /// named is never relaxed. To a manager only where accounts of five people or more stayed.
    pub opened_by_rule: Option<BTreeMap<String, u32>>,
    /// Who has told how many driving times, by the source; empty where all are on the straight line.
    pub travel_times: Vec<SourceView>,
}

/// How many driving times of a run a source has told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SourceView {
    /// The source.
    pub source: TravelSource,
    /// The date of its map, where it says so.
    pub map_date: Option<NaiveDate>,
    /// Times it told; of `great_circle`, the straight line, those that nobody else told.
    pub ways: u64,
    /// Times it told that no way leads there.
    pub without_way: u64,
    /// Ways it was asked for while it did not answer.
    pub unanswered: u64,
}

impl From<SourceCount> for SourceView {
    fn from(SourceCount { source, map_date, ways, without_way, unanswered }: SourceCount) -> Self {
        Self { source, map_date, ways, without_way, unanswered }
    }
}

/// What is kept of a plan's report.
#[derive(Debug, Clone, Serialize, serde::Deserialize)]
pub(in crate::app) struct KeptReport {
    plan: Report,
    published: u32,
    moving_reps: u32,
    left: Left,
    teams: BTreeMap<TeamId, TeamReport>,
    /// What the plan with the largest total would gain, where that was counted.
    #[serde(default)]
    largest: Option<LargestTotal>,
}

/// What is kept of the why-nots.
#[derive(Debug, Clone, Default, Serialize, serde::Deserialize)]
struct Left {
    /// Everybody with an account that stayed.
    reps: u32,
    /// Accounts that stayed, by the rule that stopped most of their chances.
    by_rule: BTreeMap<Rule, u32>,
    /// Those of them that a step of a rule would give more partners, by that rule.
    opened: BTreeMap<Rule, u32>,
}

impl Left {
    /// Counts why-nots.
    fn count<'a>(why_nots: impl Iterator<Item = &'a WhyNot>) -> Self {
        let mut left = Self::default();
        let mut reps = BTreeSet::new();
        for why_not in why_nots {
            reps.insert(&why_not.rep);
            *left.by_rule.entry(why_not.rule).or_default() += 1;
            for &(rule, partners) in &why_not.opened {
                *left.opened.entry(rule).or_default() += u32::from(partners > 0);
            }
        }
        left.reps = u32::try_from(reps.len()).unwrap_or(u32::MAX);
        left
    }

    /// Adds what stayed of other reps.
    fn add(&mut self, other: &Self) {
        self.reps += other.reps;
        for (mine, theirs) in [(&mut self.by_rule, &other.by_rule), (&mut self.opened, &other.opened)] {
            for (rule, count) in theirs {
                *mine.entry(*rule).or_default() += count;
            }
        }
    }
}

/// Counts under the names of their rules.
fn named(counts: BTreeMap<Rule, u32>) -> BTreeMap<String, u32> {
    counts.into_iter().map(|(rule, count)| (rule.to_string(), count)).collect()
}

impl KeptReport {
    pub(super) fn new(
        plan: &Plan,
        published: u32,
        teams: BTreeMap<TeamId, TeamReport>,
        largest: Option<LargestTotal>,
    ) -> Self {
        let moving_reps = u32::try_from(moving(plan).len()).unwrap_or(u32::MAX);
        let left = Left::count(plan.why_not.iter());
        Self { plan: plan.report.clone(), published, moving_reps, left, teams, largest }
    }

    /// Reads what is kept of a run.
    pub(in crate::app) fn read(text: &str) -> Result<Self, StoreError> {
        serde_json::from_str(text).map_err(|error| StoreError::Corrupt(format!("report of a run: {error}")))
    }

    /// What is kept, to the byte.
    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).expect("a report is plain numbers")
    }

    /// Moves published.
    pub(super) fn published(&self) -> u32 {
        self.published
    }

    /// Accounts in the pool, of a team or of everybody.
    pub(in crate::app) fn offers(&self, team: Option<&TeamId>) -> usize {
        let offers = match team {
            None => self.plan.offers,
            Some(team) => self.teams.get(team).map_or(0, |report| report.offers),
        };
        offers as usize
    }

    /// What the plan gains, and what the one with the largest total would, where that was counted.
    pub(in crate::app) fn price(&self) -> Option<(Minutes, LargestTotal)> {
        Some((self.plan.gain, self.largest?))
    }

    pub(super) fn view(self, who: &Principal) -> ReportView {
        let plan = self.plan;
        let covers = |people| who.role != Role::Manager || people >= LEAST_PEOPLE;
        let is_told = covers(self.moving_reps);
        ReportView {
            reps: plan.reps,
            offers: plan.offers,
            candidates: plan.candidates,
            candidates_dropped: plan.candidates_dropped,
            offers_with_dropped: plan.offers_with_dropped,
            points_of_dropped_at_most: plan.points_of_dropped_at_most.filter(|_| is_told).map(|points| points.0),
            possible_moves: plan.possible_moves,
            components: plan.components,
            moves: plan.moves,
            published: self.published,
            points: is_told.then_some(plan.points.0),
            ageing_points: is_told.then_some(plan.ageing.0),
            is_best: plan.bound.is_none(),
            bound: plan.bound.filter(|_| is_told).map(|bound| bound.0),
            points_in_any_rings_at_most: is_told.then_some(plan.points_in_any_rings_at_most.0),
            gain_minutes: is_told.then_some(plan.gain.0),
            smallest_gain_minutes: plan.smallest_gain.filter(|_| is_told).map(|gain| gain.0),
            gini_thousandths: is_told.then_some(plan.gini_thousandths),
            travel_minutes_before: plan.travel_before.0,
            travel_minutes_after: plan.travel_after.0,
            commission_moved_cents: plan.commission_moved_cents.0,
            unmatched_by_rule: named(self.left.by_rule),
            opened_by_rule: covers(self.left.reps).then(|| named(self.left.opened)),
            travel_times: plan.ways.into_iter().map(SourceView::from).collect(),
        }
    }

    /// What it amounted to for some teams, taken together.
    pub(super) fn of_teams(self, teams: &[TeamId]) -> TeamsView {
        let mut sum = TeamReport::default();
        for report in teams.iter().filter_map(|team| self.teams.get(team)) {
            sum.add(report);
        }
        TeamsView {
            reps: sum.reps,
            offers: sum.offers,
            moving_reps: sum.moving_reps,
            moving_accounts: sum.moving_accounts,
            gain_minutes: (sum.moving_reps >= LEAST_PEOPLE).then_some(sum.gain.0),
            travel_minutes_before: sum.travel_before.0,
            travel_minutes_after: sum.travel_after.0,
            commission_gained_cents: sum.commission_gained.0,
            opened_by_rule: (sum.left.reps >= LEAST_PEOPLE).then(|| named(sum.left.opened)),
            unmatched_by_rule: named(sum.left.by_rule),
        }
    }
}

/// What a run of everybody amounted to for the reps of one manager's teams.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeamsView {
    /// Reps of theirs in the pool.
    pub reps: u32,
    /// Accounts of theirs in the pool.
    pub offers: u32,
    /// Reps of theirs who are to swap.
    pub moving_reps: u32,
    /// Accounts their reps are to give, each for another.
    pub moving_accounts: u32,
    /// Their gains in all, in minutes a year; where five or more are to move.
    pub gain_minutes: Option<i64>,
    /// Driving a year of their reps for the accounts they would give, in minutes.
    pub travel_minutes_before: i64,
    /// Driving a year of their reps for the accounts they would get, in minutes.
    pub travel_minutes_after: i64,
    /// Commission a year of the accounts they would get less that of those they would give.
    pub commission_gained_cents: i64,
    /// How many of their accounts stayed, by the rule that stopped most of their chances.
    pub unmatched_by_rule: BTreeMap<String, u32>,
    /// How many of these would have more partners if one rule alone were a step looser, by that rule; where accounts of
    /// five or more stayed.
    pub opened_by_rule: Option<BTreeMap<String, u32>>,
}

/// What is kept of a plan for one team.
#[derive(Debug, Clone, Default, Serialize, serde::Deserialize)]
pub(in crate::app) struct TeamReport {
    reps: u32,
    offers: u32,
    moving_reps: u32,
    moving_accounts: u32,
    gain: Minutes,
    travel_before: Minutes,
    travel_after: Minutes,
    commission_gained: Cents,
    left: Left,
}

impl TeamReport {
    fn add(&mut self, other: &Self) {
        self.reps += other.reps;
        self.offers += other.offers;
        self.moving_reps += other.moving_reps;
        self.moving_accounts += other.moving_accounts;
        self.gain += other.gain;
        self.travel_before += other.travel_before;
        self.travel_after += other.travel_after;
        self.commission_gained += other.commission_gained;
        self.left.add(&other.left);
    }
}

/// Everybody who is to swap, each once.
fn moving(plan: &Plan) -> BTreeSet<&RepId> {
    plan.moves.iter().flat_map(|one| &one.legs).map(|leg| &leg.from).collect()
}

/// Sorts a plan by the teams of its reps.
pub(super) fn teams_of(market: &Market, plan: &Plan) -> BTreeMap<TeamId, TeamReport> {
    let mut teams: BTreeMap<TeamId, TeamReport> = BTreeMap::new();
    for trader in &market.reps {
        teams.entry(trader.rep.team.clone()).or_default().reps += 1;
    }
    let team_of = |rep: &RepId| market.rep_index(rep).map(|at| &market.reps[at].rep.team);
    let mut of = |rep: &RepId, change: &mut dyn FnMut(&mut TeamReport)| {
        if let Some(report) = team_of(rep).and_then(|team| teams.get_mut(team)) {
            change(report);
        }
    };
    for offer in &market.offers {
        of(&offer.account.owner, &mut |team| team.offers += 1);
    }
    for one in &plan.moves {
        let next = one.legs.iter().cycle().skip(1);
        for (given, received) in one.legs.iter().zip(next) {
            of(&given.from, &mut |team| {
                team.moving_accounts += 1;
                team.gain += given.side.gain;
                team.travel_before += given.side.given.travel_minutes;
                team.travel_after += given.side.received.travel_minutes;
                team.commission_gained += received.annual_commission_cents - given.annual_commission_cents;
            });
        }
    }
    for rep in moving(plan) {
        of(rep, &mut |team| team.moving_reps += 1);
    }
    let mut left: BTreeMap<&TeamId, Vec<&WhyNot>> = BTreeMap::new();
    for why_not in &plan.why_not {
        if let Some(team) = team_of(&why_not.rep) {
            left.entry(team).or_default().push(why_not);
        }
    }
    for (team, why_nots) in left {
        if let Some(report) = teams.get_mut(team) {
            report.left = Left::count(why_nots.into_iter());
        }
    }
    teams
}
