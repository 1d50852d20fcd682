//! Outcome: what a year came to under one policy.
//!
//! In go submissions, gains and the weeks they fell in; out comes the line of a table.
//! Holds: gains are the true ones, not those the engine hoped for; a swap that was undone gained nobody anything.
//! Deliberately absent: judgement. Which policy is the better one is for a manager to say.

use account_swap::{
    app::{Store, StoreError},
    domain::{
        ids::{ProposalId, RepId, SubmissionId},
        submission::SubmissionState,
        units::Cents,
    },
    engine::fairness::gini_thousandths,
    store::submissions,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// A submission on its way.
struct Waiting {
    since: u32,
    honest: bool,
    /// The week in which the account moved.
    placed: Option<u32>,
    ended: bool,
}

/// What is counted while the year passes.
#[derive(Default)]
pub struct Tally {
    submissions: BTreeMap<SubmissionId, Waiting>,
    /// By swap and rep: true gain in minutes a year.
    gains: BTreeMap<(ProposalId, RepId), i64>,
    undone: usize,
    /// Proposals made by the nights.
    pub proposed: usize,
    /// Accounts that were a struggle for their owner before the first week.
    pub struggling_at_first: usize,
}

/// What a year came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Accounts submitted.
    pub submitted: usize,
    /// Of these by reps who game.
    pub submitted_by_gamers: usize,
    /// Those that moved to a colleague.
    pub placed: usize,
    /// Of a hundred submissions of honest reps, those that moved.
    pub placed_percent: usize,
    /// Half of those that moved waited no more weeks than that.
    pub median_weeks: u32,
    /// Nine in ten of those that moved waited no more weeks than that.
    pub ninth_decile_weeks: u32,
    /// The weeks of whoever has waited longest and still does.
    pub longest_waiting_weeks: u32,
    /// Proposals made.
    pub proposed: usize,
    /// Of these, those whose accounts moved.
    pub swaps: usize,
    /// Swaps undone.
    pub undone: usize,
    /// What everybody truly gained, in minutes a year.
    pub true_gain_minutes: i64,
    /// Reps who swapped.
    pub reps_who_swapped: usize,
    /// Reps who swapped and truly lost by all of it.
    pub reps_who_lost: usize,
    /// Who gained least of those who swapped.
    pub least: Option<RepGain>,
    /// Gini coefficient of what those who swapped gained, losses as nothing, in thousandths.
    pub gini_thousandths: i64,
    /// Accounts that were a struggle for their owner at first.
    pub struggling_at_first: usize,
    /// And at the end.
    pub struggling_at_last: usize,
    /// The largest commission balance of any rep in any week, either way.
    pub largest_balance_cents: Cents,
}

/// What one rep gained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RepGain {
    /// Who.
    pub rep: RepId,
    /// Minutes a year.
    pub minutes: i64,
}

impl Tally {
    /// Counts a submission.
    pub fn submitted(&mut self, id: SubmissionId, week: u32, honest: bool) {
        self.submissions.insert(id, Waiting { since: week, honest, placed: None, ended: false });
    }

    /// Counts what a swap truly brought one of its reps.
    pub fn gained(&mut self, rep: &RepId, proposal: ProposalId, minutes: i64) {
        self.gains.insert((proposal, rep.clone()), minutes);
    }

    /// Takes a swap back: nobody gained by it.
    pub fn undone(&mut self, proposal: ProposalId) {
        self.gains.retain(|(one, _), _| *one != proposal);
        self.undone += 1;
    }

    /// Looks what became of those who wait.
    pub fn pass_week(&mut self, store: &Store, week: u32) -> Result<(), StoreError> {
        store.read(|reader| {
            for (id, waiting) in self.submissions.iter_mut().filter(|(_, waiting)| !waiting.ended) {
                let Some(submission) = submissions::one(reader, *id)? else { continue };
                if submission.state == SubmissionState::Swapped {
                    waiting.placed = Some(week);
                }
                waiting.ended = !submission.state.is_live();
            }
            Ok(())
        })
    }

    /// The line of the table.
    pub fn outcome(self, weeks: u32, struggling_at_last: usize, largest_balance_cents: Cents) -> Outcome {
        let mut waits: Vec<u32> = self.placed().map(|(since, placed)| placed - since).collect();
        waits.sort_unstable();
        let quantile = |tenths: usize| waits.get((waits.len() * tenths / 10).min(waits.len().max(1) - 1)).copied();
        let honest = || self.submissions.values().filter(|one| one.honest);
        let still = self.submissions.values().filter(|one| !one.ended).map(|one| weeks - one.since);
        let by_rep = self.gains.iter().fold(BTreeMap::new(), |mut by_rep: BTreeMap<&RepId, i64>, ((_, rep), gain)| {
            *by_rep.entry(rep).or_default() += gain;
            by_rep
        });
        let concluded = self.gains.keys().map(|(proposal, _)| proposal).collect::<BTreeSet<_>>();
        let mut gains: Vec<i64> = by_rep.values().map(|gain| (*gain).max(0)).collect();
        gains.sort_unstable();
        let least = by_rep.iter().min_by_key(|(rep, gain)| (**gain, **rep));
        Outcome {
            submitted: self.submissions.len(),
            submitted_by_gamers: self.submissions.len() - honest().count(),
            placed: waits.len(),
            placed_percent: percent(honest().filter(|one| one.placed.is_some()).count(), honest().count()),
            median_weeks: quantile(5).unwrap_or(0),
            ninth_decile_weeks: quantile(9).unwrap_or(0),
            longest_waiting_weeks: still.max().unwrap_or(0),
            proposed: self.proposed,
            swaps: concluded.len(),
            undone: self.undone,
            true_gain_minutes: by_rep.values().sum(),
            reps_who_swapped: by_rep.len(),
            reps_who_lost: by_rep.values().filter(|gain| **gain < 0).count(),
            least: least.map(|(rep, minutes)| RepGain { rep: (*rep).clone(), minutes: *minutes }),
            gini_thousandths: gini_thousandths(&gains),
            struggling_at_first: self.struggling_at_first,
            struggling_at_last,
            largest_balance_cents,
        }
    }

    fn placed(&self) -> impl Iterator<Item = (u32, u32)> {
        self.submissions.values().filter_map(|one| Some((one.since, one.placed?)))
    }
}

fn percent(part: usize, whole: usize) -> usize {
    (part * 100).checked_div(whole).unwrap_or(0)
}
