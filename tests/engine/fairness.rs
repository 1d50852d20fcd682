//! What fairness costs: the total that a fair plan forgoes, by known answers.

use super::story::Story;
use account_swap::engine::{
    fairness::{LargestTotal, is_total_only, largest_total, price_thousandths},
    plan::plan,
};

const FAIR: &str = include_str!("markets/with_full_unfairness_the_smaller_gain_counts.toml");
const TOTAL: &str = include_str!("markets/without_unfairness_only_the_total_counts.toml");

#[test]
fn the_largest_total_is_that_of_the_plan_without_unfairness_and_without_ageing() {
    let (fair, total) = (Story::read(FAIR), Story::read(TOTAL));
    let largest = largest_total(&fair.market(), &fair.policy());
    let best = plan(&total.market(), &total.policy()).report.gain;
    assert_eq!(largest, LargestTotal { gain: best, is_proven: true }, "the two stories are of one market");
    let chosen = plan(&fair.market(), &fair.policy()).report.gain;
    assert!(chosen < best && price_thousandths(chosen, best) > 0, "{chosen} of {best}");
    assert!(!is_total_only(&fair.policy()));
}

#[test]
fn a_long_wait_costs_too() {
    let mut story = Story::read(include_str!("markets/a_long_wait_decides_between_equals.toml"));
    // Cora's account, which has waited, is now a little less to Anna than Ben's, which has not.
    let offer = story.offer.iter_mut().find(|offer| offer.id == "C-1").unwrap();
    offer.stars = 1.55;
    let chosen = plan(&story.market(), &story.policy());
    assert_eq!(chosen.moves[0].legs[1].account.as_str(), "C-1");
    assert_eq!(chosen.moves[0].ageing.0, 200, "ten nights at twenty points");
    assert!(largest_total(&story.market(), &story.policy()).gain > chosen.report.gain);
}
