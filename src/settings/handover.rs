//! `[handover]`: what a handover takes, how long its trial is followed, and when it is given up.
//!
//! In goes the section; out come two checklists and a few numbers that fit together.
//! Deliberately absent: the length of the trial itself, which is `proposals.trial_days`.

use crate::domain::handover::{Phase, StepRule, first_senseless};
use serde::Deserialize;

/// What a handover takes and how it is followed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handover {
    /// The farthest day the parties may agree on, counted from today.
    pub effective_within_days: u32,
    /// Minutes after which a change of owner that nobody has confirmed raises an alarm.
    pub executing_alarm_minutes: u32,
    /// Days from the change of owner on which both reps are asked how it goes; none later than the trial.
    pub check_in_days: Vec<u32>,
    /// Days from the change of owner on which the new owners are asked what became of it.
    pub review_days: Vec<u32>,
    /// Whether a manager decides on every undo; otherwise it is granted as soon as all parties have asked for it.
    pub undo_needs_a_manager: bool,
    /// Days after the trial's last in which a manager may still decide on what was asked in it.
    pub undo_decision_days: u32,
    /// Days in which an account that comes back, or is submitted by its new owner, counts as bounced.
    pub bounce_days: u32,
    /// What is done for each account before it changes hands, in the order it is shown.
    pub checklist: Vec<StepRule>,
    /// The same before it goes back.
    pub undo_checklist: Vec<StepRule>,
}

impl Handover {
    /// What is done for each account in a phase.
    pub fn template(&self, phase: Phase) -> &[StepRule] {
        match phase {
            Phase::Handover => &self.checklist,
            Phase::Undo => &self.undo_checklist,
        }
    }

    /// The first setting that cannot be, with the reason.
    pub(super) fn first_senseless(&self, trial_days: u32) -> Option<(&'static str, String)> {
        let rises = |days: &[u32]| days.windows(2).all(|two| two[0] < two[1]) && days.first() != Some(&0);
        if !rises(&self.check_in_days) || self.check_in_days.last().is_some_and(|last| *last > trial_days) {
            let what = format!("must be rising days from 1 to the trial's {trial_days}");
            return Some(("handover.check_in_days", what));
        }
        if !rises(&self.review_days) || self.review_days.last().is_some_and(|last| *last > 3660) {
            return Some(("handover.review_days", "must be rising days from 1 to 3660".to_owned()));
        }
        if self.effective_within_days > 366 {
            return Some(("handover.effective_within_days", "must be at most 366".to_owned()));
        }
        let checklist = first_senseless(&self.checklist, Phase::Handover).map(|what| ("handover.checklist", what));
        checklist.or_else(|| {
            first_senseless(&self.undo_checklist, Phase::Undo).map(|what| ("handover.undo_checklist", what))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::Settings;

    #[test]
    fn a_handover_that_cannot_be_followed_is_refused_by_name() {
        let sound = Settings::built_in();
        let trial = sound.proposals.trial_days;
        assert_eq!(sound.handover.first_senseless(trial), None);
        let mut wrong = sound.handover.clone();
        wrong.check_in_days = vec![7, trial + 1];
        assert_eq!(wrong.first_senseless(trial).unwrap().0, "handover.check_in_days");
        let mut wrong = sound.handover.clone();
        wrong.review_days = vec![90, 30];
        assert_eq!(wrong.first_senseless(trial).unwrap().0, "handover.review_days");
        let mut wrong = sound.handover.clone();
        wrong.checklist.remove(0);
        assert_eq!(wrong.first_senseless(trial).unwrap().0, "handover.checklist");
        let mut wrong = sound.handover;
        wrong.undo_checklist.clear();
        assert_eq!(wrong.first_senseless(trial).unwrap().0, "handover.undo_checklist");
    }
}
