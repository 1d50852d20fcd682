//! The cap on candidates: which are kept, and what is said of those dropped.

use super::{
    properties::{config, json, priced, shuffle},
    random::{Limits, stories},
    story::Story,
};
use account_swap::{
    domain::units::Points,
    engine::{
        check::check,
        plan::{Plan, plan},
    },
};
use proptest::prelude::*;

fn with_plan_term(story: &Story, term: &str, value: i64) -> Story {
    let mut changed = story.clone();
    let terms = changed.policy.entry("plan").or_insert_with(|| toml::Table::new().into());
    terms.as_table_mut().unwrap().insert(term.to_owned(), value.into());
    changed
}

fn capped(story: &Story, most: i64) -> Story {
    with_plan_term(story, "max_candidates_per_offer", most)
}

fn planned(story: &Story) -> Plan {
    plan(&story.market(), &story.policy())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn every_plan_of_few_candidates_passes_the_check(
        story in stories(12, Limits::Tight),
        most in 0_i64..3,
        longest in 2_i64..4,
    ) {
        let story = with_plan_term(&capped(&story, most), "max_ring", longest);
        let plan = planned(&story);
        let checked = check(plan.clone(), &story.market(), &story.policy());
        prop_assert_eq!(checked.map(|checked| checked.into_plan()), Ok(plan));
    }

    #[test]
    fn no_swap_with_a_dropped_candidate_has_more_points_than_the_report_says(
        story in stories(12, Limits::Tight),
        most in 0_i64..3,
    ) {
        let report = planned(&capped(&story, most)).report;
        let beyond = |points: Points| report.points_of_dropped_at_most.is_none_or(|most| points > most);
        let swaps = priced(&story.market(), &story.policy());
        let kept = swaps.iter().filter(|&&(_, _, points)| beyond(points)).count();
        prop_assert!(report.possible_moves as usize >= kept, "{} of {} in {:?}", kept, swaps.len(), report);
        prop_assert_eq!(report.candidates, planned(&story).report.candidates);
    }

    #[test]
    fn a_cap_that_no_account_reaches_changes_no_byte(story in stories(12, Limits::Tight)) {
        let most = story.rep.len() as i64;
        prop_assert_eq!(json(&planned(&capped(&story, most))), json(&planned(&story)));
    }

    #[test]
    fn the_order_of_rows_changes_no_byte_of_what_a_cap_keeps(story in stories(9, Limits::Tight), seed in any::<u64>()) {
        let story = capped(&story, 1);
        let market = story.market();
        let mut shuffled = story.clone();
        shuffle(&mut shuffled, seed);
        let mut again = shuffled.market();
        for offer in &mut again.offers {
            offer.submission = market.offers[market.offer_index(&offer.account.id).unwrap()].submission;
        }
        prop_assert_eq!(json(&plan(&again, &story.policy())), json(&planned(&story)));
    }
}
