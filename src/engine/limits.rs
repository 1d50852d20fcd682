//! Limits that are a matter of degree, as they stand and one step looser, and what stands in the way of a move.
//!
//! In goes a policy; out come its [`Limits`] and the same with every step of `policy.steps` taken. From both, each rule
//! of [`BY_DEGREES`] tells whether it is kept, broken by no more than its step, or broken beyond it.
//! Holds: what keeps a limit keeps the looser one.
//! Costs: constant.
//! Deliberately absent: a step for what is no matter of degree: law, safety and consent (a licence, a language, an
//! industry, a conflict of interest, abuse and its exposure), presence, what a manager has decided, and how often a
//! customer is handed on.
//!
//! | rule | its step |
//! | --- | --- |
//! | `gain_too_small` | the smallest gain falls by `steps.min_gain_minutes` |
//! | `commission_gap` | the largest difference grows by `steps.commission_gap_cents` and `steps.commission_gap_percent` |
//! | `ledger_limit` | grows by `steps.ledger_limit_cents` |
//! | `too_far` | everybody's longest drive, own or the policy's, grows by `steps.max_one_way_minutes` |
//! | `over_capacity` | everybody's hours a year grow by `steps.capacity_hours` |
//! | `cool_down` | falls by `steps.cool_down_days` |
//! | `former_owner` | falls by `steps.former_owner_days` |

use super::plan::Rule;
use crate::domain::{
    policy::{MaxRing, Objective, Policy},
    units::{Cents, Minutes},
};

/// The rules that have a step, in the order of [`Rule::ALL`].
pub(crate) const BY_DEGREES: [Rule; 7] = [
    Rule::GainTooSmall,
    Rule::CommissionGap,
    Rule::LedgerLimit,
    Rule::TooFar,
    Rule::OverCapacity,
    Rule::CoolDown,
    Rule::FormerOwner,
];

/// The limits of [`BY_DEGREES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Each rep's smallest gain.
    pub min_gain: Minutes,
    /// The largest difference of two commissions.
    pub commission_gap: Cents,
    /// The same, in percent of the larger one.
    pub commission_gap_percent: i64,
    /// How far a rep's balance of the year may go either way.
    pub ledger: Cents,
    /// What a one-way drive may take beyond the rep's own limit.
    pub beyond_one_way: Minutes,
    /// What a rep may take on beyond their hours, in minutes a year.
    pub beyond_capacity: Minutes,
    /// Days after a change of owner in which an account stays.
    pub cool_down_days: i64,
    /// Days in which an account does not return to a former owner.
    pub former_owner_days: i64,
}

impl Limits {
    /// The limits as the policy has them.
    pub fn of(policy: &Policy) -> Self {
        let rules = &policy.rules;
        Self {
            min_gain: least_gain(policy, rules.min_gain_minutes),
            commission_gap: rules.commission_gap_cents,
            commission_gap_percent: rules.commission_gap_percent,
            ledger: rules.ledger_limit_cents,
            beyond_one_way: Minutes::ZERO,
            beyond_capacity: Minutes::ZERO,
            cool_down_days: rules.cool_down_days,
            former_owner_days: rules.former_owner_days,
        }
    }

    /// Every limit one step looser.
    pub fn a_step_looser(policy: &Policy) -> Self {
        let (limits, steps) = (Self::of(policy), &policy.steps);
        Self {
            min_gain: least_gain(policy, policy.rules.min_gain_minutes - steps.min_gain_minutes),
            commission_gap: limits.commission_gap + steps.commission_gap_cents,
            commission_gap_percent: limits.commission_gap_percent + steps.commission_gap_percent,
            ledger: limits.ledger + steps.ledger_limit_cents,
            beyond_one_way: steps.max_one_way_minutes,
            beyond_capacity: Minutes(60 * steps.capacity_hours),
            cool_down_days: limits.cool_down_days - steps.cool_down_days,
            former_owner_days: limits.former_owner_days - steps.former_owner_days,
        }
    }
}

/// The smallest gain there may be: where the worst gain comes first, an account that stays counts as a gain of nothing,
/// and nobody gains less. Where rings of any length are to move as many accounts as can be, nobody does either: they are
/// found arc by arc, so one of negative points could not be left out.
fn least_gain(policy: &Policy, asked: Minutes) -> Minutes {
    match (policy.plan.objective, policy.plan.max_ring) {
        (Objective::WorstGainFirst, _) | (Objective::SwapsThenPoints, MaxRing::Unlimited) => asked.max(Minutes::ZERO),
        (Objective::Points | Objective::SwapsThenPoints, _) => asked,
    }
}

/// What stands in the way of a move.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// Nothing.
    Nothing,
    /// One rule alone, and one step of it would open the way.
    Step(Rule),
    /// More than one step of one rule would open; the first rule broken.
    Wall(Rule),
}

impl Obstacle {
    /// The first rule broken.
    pub fn rule(self) -> Option<Rule> {
        match self {
            Self::Nothing => None,
            Self::Step(rule) | Self::Wall(rule) => Some(rule),
        }
    }

    /// What stands in the way where `next` does too.
    pub fn then(self, next: Self) -> Self {
        match (self, next) {
            (Self::Nothing, next) => next,
            (here, Self::Nothing) => here,
            (Self::Step(rule), Self::Step(other)) if rule == other => self,
            (Self::Step(rule) | Self::Wall(rule), _) => Self::Wall(rule),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_step_opens_two_obstacles_of_one_rule_and_not_of_two() {
        let (step, other) = (Obstacle::Step(Rule::CoolDown), Obstacle::Step(Rule::TooFar));
        assert_eq!(Obstacle::Nothing.then(step), step);
        assert_eq!(step.then(Obstacle::Nothing), step);
        assert_eq!(step.then(step), step);
        assert_eq!(step.then(other), Obstacle::Wall(Rule::CoolDown));
        assert_eq!(step.then(Obstacle::Wall(Rule::CoolDown)), Obstacle::Wall(Rule::CoolDown));
    }

    #[test]
    fn the_rules_with_a_step_are_in_the_order_of_all_rules() {
        assert!(BY_DEGREES.is_sorted());
    }
}
