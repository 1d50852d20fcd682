//! Plans by people's wishes, and the best swaps that take in some accounts.

use super::{
    properties::{config, priced},
    random::{Limits, stories},
    story::{Story, word},
};
use account_swap::{
    domain::{ids::AccountId, meeting::Wish, units::Points},
    engine::{
        check::check,
        guided::{WishError, guided},
        market::Market,
        plan::plan,
        rematch::best_swaps_with,
    },
};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn two_reps() -> Story {
    Story::read(include_str!("markets/two_reps_swap_and_both_gain.toml"))
}

fn account(market: &Market, at: usize) -> AccountId {
    market.offers[at].account.id.clone()
}

#[test]
fn a_pin_that_breaks_a_rule_or_is_worth_nothing_is_refused_by_name() {
    let story = two_reps();
    let (market, policy) = (story.market(), story.policy());
    let pin = |one: &str, other: &str| Wish::Pin { accounts: [word(one), word(other)] };
    assert_eq!(guided(&market, &policy, &[pin("A-1", "B-1")]).unwrap().moves().len(), 1);
    assert!(matches!(guided(&market, &policy, &[pin("A-1", "C-1")]), Err(WishError::Price(_))));
    assert_eq!(guided(&market, &policy, &[pin("A-1", "A-2")]), Err(WishError::NotOffered(word("A-2"))));
    let twice = [pin("A-1", "B-1"), pin("B-1", "A-1")];
    assert_eq!(guided(&market, &policy, &twice), Err(WishError::PinnedTwice(word("B-1"))));
    let struck = [Wish::StrikeAccount { account: word("A-1") }, pin("A-1", "B-1")];
    assert_eq!(guided(&market, &policy, &struck), Err(WishError::NotOffered(word("A-1"))));
    let stranger = [Wish::StrikeCandidate { account: word("A-1"), rep: word("nobody") }];
    assert_eq!(guided(&market, &policy, &stranger), Err(WishError::NoSuchRep(word("nobody"))));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn without_wishes_the_moves_are_the_plans(story in stories(7, Limits::Tight)) {
        let (market, policy) = (story.market(), story.policy());
        let found = check(plan(&market, &policy), &market, &policy).unwrap().into_plan();
        prop_assert_eq!(guided(&market, &policy, &[]).unwrap().into_moves(), found.moves);
    }

    #[test]
    fn wishes_are_kept_in_any_order_and_cost_points(
        story in stories(7, Limits::Tight), pick in 0_usize..100, strike in 0_usize..100, keep in 0_usize..100,
    ) {
        let (market, policy) = (story.market(), story.policy());
        let swaps = priced(&market, &policy);
        if swaps.is_empty() {
            return Ok(());
        }
        let (one, other, _) = swaps[pick % swaps.len()];
        let mut wishes = vec![Wish::Pin { accounts: [account(&market, one), account(&market, other)] }];
        let struck = strike % market.offers.len();
        if struck != one && struck != other {
            wishes.push(Wish::StrikeAccount { account: account(&market, struck) });
        }
        let apart = (keep % market.offers.len(), keep % market.reps.len());
        if apart.0 != one && apart.0 != other && apart.0 != struck {
            let rep = market.reps[apart.1].rep.id.clone();
            wishes.push(Wish::StrikeCandidate { account: account(&market, apart.0), rep });
        }
        let found = match guided(&market, &policy, &wishes) {
            Ok(found) => found,
            Err(WishError::CapReached { .. }) => return Ok(()),
            Err(error) => panic!("{error:?}"),
        };
        let has = |one: usize, legs: &[&AccountId]| legs.contains(&&account(&market, one));
        let moves: Vec<Vec<&AccountId>> =
            found.moves().iter().map(|one| one.legs.iter().map(|leg| &leg.account).collect()).collect();
        prop_assert!(moves.iter().any(|legs| legs.len() == 2 && has(one, legs) && has(other, legs)));
        for wish in &wishes {
            match wish {
                Wish::Pin { .. } => {}
                Wish::StrikeAccount { account } => prop_assert!(!moves.iter().flatten().any(|leg| *leg == account)),
                Wish::StrikeCandidate { account, rep } => {
                    let goes = found.moves().iter().flat_map(|one| &one.legs);
                    prop_assert!(!goes.into_iter().any(|leg| leg.account == *account && leg.to == *rep));
                }
            }
        }
        let points = |moves: &[account_swap::engine::plan::Move]| moves.iter().map(|one| one.points).sum::<Points>();
        prop_assert!(points(found.moves()) <= plan(&market, &policy).report.points);
        wishes.reverse();
        prop_assert_eq!(guided(&market, &policy, &wishes).unwrap(), found);
    }

    #[test]
    fn the_best_swaps_with_some_accounts_serve_as_many_as_can_be(
        story in stories(7, Limits::CapsOnly), asked in proptest::collection::vec(0_usize..7, 1..3),
    ) {
        let (market, policy) = (story.market(), story.policy());
        let asked: BTreeSet<usize> = asked.into_iter().map(|at| at % market.offers.len()).collect();
        let accounts: Vec<AccountId> = asked.iter().map(|&at| account(&market, at)).collect();
        let found = best_swaps_with(&market, &policy, &accounts).unwrap();
        for one in &found {
            prop_assert!(one.legs.len() == 2 && one.legs.iter().any(|leg| accounts.contains(&leg.account)));
        }
        let owner = |at: usize| &market.offers[at].account.owner;
        // Whoever owns one that was asked about gives no other.
        let gives = |at: usize| asked.contains(&at) || !asked.iter().any(|&one| owner(one) == owner(at));
        let swaps: Vec<(usize, usize, Points)> = priced(&market, &policy)
            .into_iter()
            .filter(|&(a, b, _)| (asked.contains(&a) || asked.contains(&b)) && gives(a) && gives(b))
            .collect();
        let cap = |at: usize| {
            let trader = &market.reps[market.rep_index(owner(at)).unwrap()];
            trader.rep.max_moves_per_run.or(policy.rules.max_moves_per_rep).map_or(usize::MAX, |cap| cap as usize)
        };
        let mut best = (0, 0);
        for set in 0_u32..1 << swaps.len().min(16) {
            let chosen: Vec<&(usize, usize, Points)> =
                swaps.iter().take(16).enumerate().filter(|(at, _)| set >> at & 1 == 1).map(|(_, one)| one).collect();
            let taken: Vec<usize> = chosen.iter().flat_map(|&&(a, b, _)| [a, b]).collect();
            let is_once = taken.iter().collect::<BTreeSet<_>>().len() == taken.len();
            let within = taken.iter().all(|&at| taken.iter().filter(|&&other| owner(other) == owner(at)).count() <= cap(at));
            if is_once && within {
                best = best.max((chosen.len(), chosen.iter().map(|one| one.2.0).sum::<i64>()));
            }
        }
        if swaps.len() > 16 {
            return Ok(());
        }
        prop_assert_eq!((found.len(), found.iter().map(|one| one.points.0).sum::<i64>()), best);
    }
}
