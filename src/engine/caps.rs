//! Caps: how many accounts each rep may give away in one run.
//!
//! In go the largest effects that giving each account may have; out comes one number a rep.
//! Holds: a rep who makes at most so many moves, whichever they are, keeps the cap they or the policy have set, their
//! money ledger, their hours and their exposure. These limits alone never keep a rep from every possible move.
//! Costs: a sort of each rep's offers.
//! Deliberately absent: combinations. Each single move keeps every limit by itself, but several together might not, and
//! which ones do is no longer a matching. So a rep whose limits some combination would break makes only as many moves
//! in this run as are safe in the worst case; the offers left have their turn in the next run, with the ledger, the
//! hours and the exposure as they are then. A rep makes one move a run where rings of any length are allowed, so that no
//! ring takes two accounts of one rep, and where the worst gain comes first, so that it is one rep's gain of one move.

use super::{
    rules::Loads,
    score::WorstEffects,
    view::{View, index},
};
use crate::domain::policy::{MaxRing, Objective, PlanTerms};

/// The cap of each rep, at most the number of their offers that may move. `worst` has an entry for each offer, absent
/// where it may not.
pub(crate) fn caps(view: &View<'_>, loads: &Loads, worst: &[Option<WorstEffects>]) -> Vec<u32> {
    (0..view.market.reps.len()).map(|rep| cap(view, loads, worst, rep)).collect()
}

fn cap(view: &View<'_>, loads: &Loads, worst: &[Option<WorstEffects>], rep: usize) -> u32 {
    let trader = &view.market.reps[rep];
    let limit = view.policy.rules.ledger_limit_cents;
    let worst: Vec<WorstEffects> = view.offers_of[rep].iter().filter_map(|&offer| worst[offer as usize]).collect();
    let within = |room: i64, effect: fn(&WorstEffects) -> i64| safe_moves(room, worst.iter().map(effect).collect());
    let asked = trader.rep.max_moves_per_run.or(view.policy.rules.max_moves_per_rep).unwrap_or(u32::MAX);
    let asked = if one_move_a_rep(&view.policy.plan) { asked.min(1) } else { asked };
    let exposure_room = i64::from(trader.rep.abusive_accounts_cap) - i64::from(trader.abusive_accounts);
    asked
        .min(within((limit - trader.balance.highest()).0, |worst| worst.ledger_up.0))
        .min(within((limit + trader.balance.lowest()).0, |worst| worst.ledger_down.0))
        .min(loads.spare[rep].map_or(u32::MAX, |spare| within(spare.0, |worst| worst.load_up.0)))
        .min(within(exposure_room, |worst| worst.exposure_up))
}

fn one_move_a_rep(terms: &PlanTerms) -> bool {
    terms.max_ring == MaxRing::Unlimited || terms.objective == Objective::WorstGainFirst
}

/// How many effects, the largest first, fit in `room` together: all where none is above zero.
fn safe_moves(room: i64, mut effects: Vec<i64>) -> u32 {
    effects.sort_unstable_by_key(|&effect| std::cmp::Reverse(effect));
    let mut left = room.max(0);
    let fitting = effects.iter().take_while(|&&effect| {
        left -= effect.max(0);
        left >= 0
    });
    index(fitting.count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_effects_are_counted_first() {
        assert_eq!(safe_moves(11, vec![1, 9, 2]), 2);
        assert_eq!(safe_moves(10, vec![1, 9, 2]), 1);
        assert_eq!(safe_moves(12, vec![1, 9, 2]), 3);
    }

    #[test]
    fn what_takes_nothing_is_never_limited() {
        assert_eq!(safe_moves(-5, vec![0, -3, 0]), 3);
    }
}
