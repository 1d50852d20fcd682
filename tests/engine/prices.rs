//! The price of a single move.

use super::story::{Story, word};
use account_swap::{
    domain::ids::AccountId,
    engine::{
        check::check,
        plan::{Rule, plan},
        price::{PriceError, price},
    },
};

fn two_reps() -> Story {
    Story::read(include_str!("markets/two_reps_swap_and_both_gain.toml"))
}

fn id(text: &str) -> AccountId {
    word(text)
}

#[test]
fn the_price_of_a_planned_move_is_that_move() {
    let story = two_reps();
    let (market, policy) = (story.market(), story.policy());
    let plan = check(plan(&market, &policy), &market, &policy).unwrap().into_plan();
    assert_eq!(price(&market, &policy, &[&id("A-1"), &id("B-1")]).unwrap(), plan.moves[0]);
    assert_eq!(price(&market, &policy, &[&id("B-1"), &id("A-1")]).unwrap(), plan.moves[0]);
}

#[test]
fn every_broken_rule_is_named_with_the_rep_and_the_account() {
    let mut story = two_reps();
    story.offer[0].frozen = true;
    story.offer[1].conflicts = vec!["anna".to_owned()];
    story.rep[1].max_one_way_minutes = Some(1);
    let refused = price(&story.market(), &story.policy(), &[&id("A-1"), &id("B-1")]).unwrap_err();
    let PriceError::Refused(refusals) = &refused else { panic!("{refused}") };
    let named: Vec<(Rule, &str, &str)> =
        refusals.iter().map(|refusal| (refusal.rule, refusal.rep.as_str(), refusal.account.as_str())).collect();
    assert_eq!(
        named,
        [(Rule::ConflictOfInterest, "anna", "B-1"), (Rule::Frozen, "ben", "A-1"), (Rule::TooFar, "ben", "A-1"),]
    );
    assert_eq!(
        refused.to_string(),
        "the move breaks anna has a conflict of interest; a manager keeps the account where it is; 12 minutes one way, \
         at most 1"
    );
}

#[test]
fn a_small_gain_refuses_a_forced_move_too() {
    let mut story = two_reps();
    story.offer[1].stars = 5.0;
    let refused = price(&story.market(), &story.policy(), &[&id("A-1"), &id("B-1")]).unwrap_err();
    let PriceError::Refused(refusals) = refused else { panic!("{refused}") };
    assert_eq!(refusals.iter().map(|refusal| refusal.rule).collect::<Vec<_>>(), [Rule::GainTooSmall]);
    assert_eq!(refusals[0].detail, "ben would gain less than 300 minutes a year");
}

#[test]
fn what_is_not_offered_or_not_two_reps_has_no_price() {
    let mut story = two_reps();
    story.offer[2].rep = "anna".to_owned();
    let (market, policy) = (story.market(), story.policy());
    assert_eq!(price(&market, &policy, &[&id("A-1"), &id("A-2")]), Err(PriceError::NotOffered(id("A-2"))));
    assert_eq!(price(&market, &policy, &[&id("A-1"), &id("C-1")]), Err(PriceError::SameRep(word("anna"))));
    assert_eq!(price(&market, &policy, &[&id("A-1"), &id("A-1")]), Err(PriceError::SameRep(word("anna"))));
}
