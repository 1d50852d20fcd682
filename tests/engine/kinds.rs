//! Every kind of plan against all sets of moves there are: rings, and objectives other than points.
//!
//! In go random markets of at most seven offers; what is asserted is that no set of moves is better, that the check
//! agrees, and that nothing depends on the order of rows.

use super::{
    properties::{config, json, shuffle},
    random::{Limits, stories},
    story::Story,
};
use account_swap::{
    domain::{
        ids::AccountId,
        policy::{MaxRing, Objective, Policy},
        units::Minutes,
    },
    engine::{
        check::check,
        market::Market,
        plan::{Plan, plan},
        price::price,
    },
};
use proptest::prelude::*;

/// A move that has a price and points.
struct Priced {
    offers: Vec<usize>,
    gains: Vec<i64>,
    points: i64,
}

/// Every ring of at most `longest` offers, each rep giving once, that has a price and points.
fn priced(market: &Market, policy: &Policy, longest: usize) -> Vec<Priced> {
    let owner = |offer: usize| &market.offers[offer].account.owner;
    let mut found = Vec::new();
    let mut open: Vec<Vec<usize>> = (0..market.offers.len()).map(|first| vec![first]).collect();
    while let Some(ring) = open.pop() {
        let ids: Vec<&AccountId> = ring.iter().map(|&offer| &market.offers[offer].account.id).collect();
        if ring.len() > 1
            && let Ok(one) = price(market, policy, &ids)
            && one.points.0 > 0
        {
            let gains = one.legs.iter().map(|leg| leg.side.gain.0).collect();
            found.push(Priced { offers: ring.clone(), gains, points: one.points.0 });
        }
        if ring.len() < longest {
            let next = (ring[0] + 1..market.offers.len()).filter(|&next| ring.iter().all(|&o| owner(o) != owner(next)));
            open.extend(next.map(|next| ring.iter().copied().chain([next]).collect()));
        }
    }
    found
}

/// The best worth of all sets of these moves that take no offer twice and keep the caps.
fn best<W: Ord>(
    moves: &[Priced],
    owner: &[usize],
    left: &mut [usize],
    taken: &mut Vec<bool>,
    chosen: &mut Vec<usize>,
    worth: &impl Fn(&[usize]) -> W,
) -> W {
    let from = chosen.last().map_or(0, |last| last + 1);
    let mut most = worth(chosen);
    for at in from..moves.len() {
        let offers = &moves[at].offers;
        if offers.iter().any(|&offer| taken[offer] || left[owner[offer]] == 0) {
            continue;
        }
        let mark = |taken: &mut Vec<bool>, left: &mut [usize], now: bool| {
            for &offer in offers {
                taken[offer] = now;
                left[owner[offer]] = if now { left[owner[offer]] - 1 } else { left[owner[offer]] + 1 };
            }
        };
        mark(taken, left, true);
        chosen.push(at);
        most = most.max(best(moves, owner, left, taken, chosen, worth));
        chosen.pop();
        mark(taken, left, false);
    }
    most
}

/// A market and the best worth of all plans; `worth` takes the moves chosen and the number of reps.
fn by_brute_force<W: Ord>(
    market: &Market,
    policy: &Policy,
    most_moves: usize,
    worth: impl Fn(&[&Priced], &[usize], usize) -> W,
) -> W {
    let owner: Vec<usize> = market.offers.iter().map(|offer| market.rep_index(&offer.account.owner).unwrap()).collect();
    let moves = priced(market, policy, policy.plan.max_ring.legs().unwrap_or(market.reps.len()));
    let cap = |asked: Option<u32>| asked.map_or(most_moves, |asked| most_moves.min(asked as usize));
    let asked = market.reps.iter().map(|trader| trader.rep.max_moves_per_run.or(policy.rules.max_moves_per_rep));
    let mut left: Vec<usize> = asked.map(cap).collect();
    let reps = market.reps.len();
    let worth = |chosen: &[usize]| {
        let chosen: Vec<&Priced> = chosen.iter().map(|&at| &moves[at]).collect();
        worth(&chosen, &owner, reps)
    };
    best(&moves, &owner, &mut left, &mut vec![false; owner.len()], &mut Vec::new(), &worth)
}

/// The story under another kind of plan, planned and checked.
fn planned(story: &Story, max_ring: MaxRing, objective: Objective) -> (Market, Policy, Plan) {
    let (market, mut policy) = (story.market(), story.policy());
    policy.plan.max_ring = max_ring;
    policy.plan.objective = objective;
    if max_ring == MaxRing::Unlimited {
        policy.points.unfairness_percent = 0;
    }
    let found = plan(&market, &policy);
    let plan = check(found, &market, &policy).unwrap_or_else(|breaches| panic!("{breaches:#?}")).into_plan();
    (market, policy, plan)
}

fn points(chosen: &[&Priced]) -> i64 {
    chosen.iter().map(|one| one.points).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..config() })]

    #[test]
    fn rings_of_any_length_have_as_many_points_as_the_best_of_all_sets(story in stories(7, Limits::CapsOnly)) {
        let (market, policy, plan) = planned(&story, MaxRing::Unlimited, Objective::Points);
        prop_assert_eq!(plan.report.bound, None);
        let most = by_brute_force(&market, &policy, 1, |chosen, _, _| points(chosen));
        prop_assert_eq!(plan.report.points.0, most);
        prop_assert!(plan.report.points_in_any_rings_at_most.0 >= most);
    }

    #[test]
    fn rings_of_three_and_four_have_as_many_points_as_the_best_of_all_sets(story in stories(7, Limits::CapsOnly)) {
        for longest in [MaxRing::Three, MaxRing::Four] {
            let (market, policy, plan) = planned(&story, longest, Objective::Points);
            prop_assert_eq!(plan.report.bound, None);
            let most = by_brute_force(&market, &policy, usize::MAX, |chosen, _, _| points(chosen));
            prop_assert_eq!(plan.report.points.0, most);
            prop_assert!(plan.report.points_in_any_rings_at_most.0 >= most);
        }
    }

    #[test]
    fn no_plan_moves_more_accounts_or_as_many_and_has_more_points(story in stories(7, Limits::CapsOnly)) {
        for (longest, most_moves) in LENGTHS {
            let (market, mut policy, plan) = planned(&story, longest, Objective::SwapsThenPoints);
            prop_assert_eq!(plan.report.bound, None);
            if longest == MaxRing::Unlimited {
                policy.rules.min_gain_minutes = policy.rules.min_gain_minutes.max(Minutes::ZERO);
            }
            let moved = |chosen: &[&Priced]| chosen.iter().map(|one| one.offers.len()).sum::<usize>();
            let most = by_brute_force(&market, &policy, most_moves, |chosen, _, _| (moved(chosen), points(chosen)));
            let found: usize = plan.moves.iter().map(|one| one.legs.len()).sum();
            prop_assert_eq!((found, plan.report.points.0), most, "{:?}", longest);
        }
    }

    #[test]
    fn no_plan_has_a_larger_smallest_gain_or_the_same_and_a_larger_next_one(story in stories(7, Limits::CapsOnly)) {
        for (longest, _) in LENGTHS {
            let (market, mut policy, plan) = planned(&story, longest, Objective::WorstGainFirst);
            prop_assert_eq!(plan.report.bound, None);
            policy.rules.min_gain_minutes = policy.rules.min_gain_minutes.max(Minutes::ZERO);
            let fairest = by_brute_force(&market, &policy, 1, |chosen, owner, reps| {
                let mut gains = vec![0; reps];
                for one in chosen {
                    one.offers.iter().zip(&one.gains).for_each(|(&offer, gain)| gains[owner[offer]] = *gain);
                }
                gains.sort_unstable();
                (gains, points(chosen))
            });
            let mut gains = vec![0; market.reps.len()];
            for leg in plan.moves.iter().flat_map(|one| &one.legs) {
                gains[market.rep_index(&leg.from).unwrap()] = leg.side.gain.0;
            }
            gains.sort_unstable();
            prop_assert_eq!((gains, plan.report.points.0), fairest, "{:?}", longest);
        }
    }

    #[test]
    fn a_search_that_is_ended_has_a_plan_and_a_bound_that_pass_the_check(story in stories(9, Limits::Tight)) {
        let mut story = story;
        let ended = toml::Table::from_iter([("questions_limit".to_owned(), 0.into())]);
        story.policy.insert("plan".to_owned(), ended.into());
        for (longest, objective) in KINDS {
            let (_, _, plan) = planned(&story, longest, objective);
            prop_assert!(plan.report.bound.is_none_or(|bound| bound >= plan.report.points));
        }
    }

    #[test]
    fn no_kind_of_plan_depends_on_the_order_of_rows(story in stories(9, Limits::Tight), seed in any::<u64>()) {
        for (longest, objective) in KINDS {
            let (market, policy, plan_before) = planned(&story, longest, objective);
            let mut shuffled = story.clone();
            shuffle(&mut shuffled, seed);
            let mut again = shuffled.market();
            for offer in &mut again.offers {
                offer.submission = market.offers[market.offer_index(&offer.account.id).unwrap()].submission;
            }
            let text = json(&plan(&again, &policy));
            prop_assert_eq!(&text, &json(&plan_before));
            let read: Plan = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(read, plan_before);
        }
    }
}

/// Every kind of plan but the ordinary one.
const KINDS: [(MaxRing, Objective); 11] = [
    (MaxRing::Two, Objective::WorstGainFirst),
    (MaxRing::Two, Objective::SwapsThenPoints),
    (MaxRing::Three, Objective::Points),
    (MaxRing::Three, Objective::SwapsThenPoints),
    (MaxRing::Three, Objective::WorstGainFirst),
    (MaxRing::Four, Objective::Points),
    (MaxRing::Four, Objective::SwapsThenPoints),
    (MaxRing::Four, Objective::WorstGainFirst),
    (MaxRing::Unlimited, Objective::Points),
    (MaxRing::Unlimited, Objective::SwapsThenPoints),
    (MaxRing::Unlimited, Objective::WorstGainFirst),
];

/// The longest rings, and how many moves a rep may make.
const LENGTHS: [(MaxRing, usize); 4] =
    [(MaxRing::Two, usize::MAX), (MaxRing::Three, usize::MAX), (MaxRing::Four, usize::MAX), (MaxRing::Unlimited, 1)];
