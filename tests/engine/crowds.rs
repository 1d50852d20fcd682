//! Crowds: many reps in one place, and places where the globe is odd.

use super::{
    properties::config,
    story::{OfferLine, RepLine, Story},
};
use account_swap::{
    domain::{roster::Rep, travel::straight_line, units::Points},
    engine::{
        check::{Claim, check},
        market::{Market, Offer},
        plan::{Plan, plan},
    },
};
use proptest::{collection::vec, option, prelude::*};
use std::fmt::Write as _;

/// The story of two reps with others added.
fn two_reps() -> Story {
    Story::read(include_str!("markets/two_reps_swap_and_both_gain.toml"))
}

fn checked(story: &Story) -> Plan {
    let (market, policy) = (story.market(), story.policy());
    check(plan(&market, &policy), &market, &policy).unwrap_or_else(|breaches| panic!("{breaches:#?}")).into_plan()
}

fn moved(story: &Story, change: impl Fn((f64, f64)) -> (f64, f64)) -> Story {
    let mut story = story.clone();
    for rep in &mut story.rep {
        rep.at = change(rep.at);
    }
    for offer in &mut story.offer {
        offer.at = change(offer.at);
    }
    for line in &mut story.book {
        line.at = change(line.at);
    }
    story
}

/// How many pairs of an account and another's rep keep the rep's limit, by looking at them all.
fn within_limits(story: &Story) -> usize {
    let (market, policy) = (story.market(), story.policy());
    let usual = policy.scores.travel.max_one_way_minutes;
    let pairs = market.offers.iter().flat_map(|offer| market.reps.iter().map(move |trader| (offer, &trader.rep)));
    let is_near = |(offer, rep): &(&Offer, &Rep)| {
        let limit = rep.max_one_way_minutes.unwrap_or(usual).0 as f64;
        offer.account.owner != rep.id && straight_line(rep.base, offer.account.place).minutes <= limit
    };
    pairs.filter(is_near).count()
}

/// Reps without any words, and offers of theirs, at these places.
fn plain(reps: Vec<((f64, f64), Option<i64>)>, offers: Vec<(f64, f64)>) -> Story {
    let mut story = two_reps();
    let (rep, offer) = (story.rep[0].clone(), story.offer[0].clone());
    let name = |at: usize| format!("rep-{at:05}");
    story.book.clear();
    story.rep = (0..)
        .zip(reps)
        .map(|(nth, (at, max_one_way_minutes))| RepLine { id: name(nth), at, max_one_way_minutes, ..rep.clone() })
        .collect();
    let rep_of = |at: usize| name(at % story.rep.len());
    let offers = (0..).zip(offers);
    story.offer = offers
        .map(|(nth, at)| OfferLine { id: format!("A-{nth:05}"), rep: rep_of(nth), at, ..offer.clone() })
        .collect();
    story
}

/// A place where the globe is odd, or where somebody else is.
fn odd_place() -> impl Strategy<Value = (f64, f64)> {
    prop_oneof![
        (89.5_f64..=90.0, -180.0_f64..=180.0),
        (-90.0_f64..=-89.5, -180.0_f64..=180.0),
        (-60.0_f64..60.0, 179.0_f64..=180.0),
        (-60.0_f64..60.0, -180.0_f64..=-179.0),
        prop::sample::select(&[(90.0, 0.0), (-90.0, 77.0), (10.0, 180.0), (10.0, -180.0), (10.0, 179.99)][..]),
        (39.0_f64..41.0, -76.0_f64..-74.0),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..config() })]

    #[test]
    fn everybody_within_a_limit_is_found_at_the_poles_and_across_the_antimeridian(
        reps in vec((odd_place(), option::weighted(0.3, 0_i64..2_000)), 2..120),
        offers in vec(odd_place(), 1..20),
    ) {
        let story = plain(reps, offers);
        prop_assert_eq!(checked(&story).report.candidates as usize, within_limits(&story));
    }

    #[test]
    fn crowds_in_a_few_places_are_found_to_the_last(
        places in vec(odd_place(), 1..4),
        sizes in vec(1_usize..1_500, 3),
        limit in option::of(1_i64..1_000),
    ) {
        let crowds = places.iter().zip(&sizes).flat_map(|(&place, &size)| vec![(place, limit); size]);
        let story = plain(crowds.collect(), places.clone());
        prop_assert_eq!(checked(&story).report.candidates as usize, within_limits(&story));
    }
}

#[test]
fn five_thousand_reps_in_one_house_are_all_found() {
    let mut story = two_reps();
    let anna = story.rep[0].clone();
    let crowd = (0..5_000).map(|at| RepLine { id: format!("rep-{at:04}"), ..anna.clone() });
    story.rep.extend(crowd);
    let plan = checked(&story);
    assert_eq!(plan.report.candidates, 3 * 5_002);
    assert_eq!(plan.moves.len(), 1);
}

#[test]
fn three_hundred_accounts_in_one_house_are_all_swapped() {
    let mut story = two_reps();
    let (anna, ben) = (story.rep[0].clone(), story.rep[1].clone());
    let (give, get) = (story.offer[0].clone(), story.offer[1].clone());
    story = Story { rep: Vec::new(), offer: Vec::new(), book: Vec::new(), ..story };
    for at in 0..150 {
        for (rep, offer, name) in [(&anna, &give, "anna"), (&ben, &get, "ben")] {
            let id = format!("{name}-{at:03}");
            story.rep.push(RepLine { id: id.clone(), at: (40.0, -75.0), ..rep.clone() });
            story.offer.push(OfferLine { id: format!("{id}-1"), rep: id, at: (40.1, -75.0), ..offer.clone() });
        }
    }
    let plan = checked(&story);
    assert_eq!((plan.moves.len(), plan.why_not.len()), (150, 0));
}

#[test]
fn margins_are_known_and_counted_again_in_a_part_of_more_than_a_thousand_offers() {
    let mut story = two_reps();
    let (anna, ben) = (story.rep[0].clone(), story.rep[1].clone());
    let (give, get) = (story.offer[0].clone(), story.offer[1].clone());
    story = Story { rep: Vec::new(), offer: Vec::new(), book: Vec::new(), ..story };
    for at in 0..510 {
        let lat = 25.0 + 0.04 * f64::from(at);
        for (rep, offer, name, aside) in [(&anna, &give, "anna", 0.0), (&ben, &get, "ben", 0.05)] {
            let id = format!("{name}-{at:03}");
            let visits = offer.visits + at % 7;
            story.rep.push(RepLine { id: id.clone(), at: (lat, -75.0 - aside), ..rep.clone() });
            story.offer.push(OfferLine {
                id: format!("{id}-1"),
                rep: id,
                at: (lat, -75.05 + aside),
                visits,
                ..offer.clone()
            });
        }
    }
    let plan = checked(&story);
    assert_eq!((plan.report.components, plan.report.offers), (1, 1_020));
    assert!(plan.margins.iter().all(Option::is_some));
    assert!(plan.margins.iter().flatten().any(|margin| margin.0 > 0));
    let mut corrupted = plan;
    let last = corrupted.margins.len() - 1;
    corrupted.margins[last] = corrupted.margins[last].map(|margin| margin + Points(1));
    let breaches = check(corrupted, &story.market(), &story.policy()).unwrap_err();
    assert!(breaches.iter().all(|breach| breach.claim == Claim::Margin) && breaches.len() == 1, "{breaches:#?}");
}

#[test]
fn a_plan_is_the_same_anywhere_along_a_parallel() {
    let here = checked(&two_reps());
    for shift in [-104.95, 254.95, 75.0] {
        let around = |(lat, lon): (f64, f64)| (lat, (lon + shift + 180.0).rem_euclid(360.0) - 180.0);
        let there = checked(&moved(&two_reps(), around));
        assert_eq!((&there.moves, &there.report), (&here.moves, &here.report), "shifted by {shift} degrees");
    }
}

#[test]
fn reps_on_either_side_of_a_pole_are_neighbours() {
    let over_the_pole = |(lat, lon): (f64, f64)| (89.9, if lat > 40.06 { 0.0 } else { 180.0 - (lon + 75.0).abs() });
    let plan = checked(&moved(&two_reps(), over_the_pole));
    assert_eq!(plan.report.candidates, 6);
}

#[test]
fn a_market_that_breaks_its_rules_is_not_read() {
    let market = serde_json::to_value(two_reps().market()).unwrap();
    let refused = |change: fn(&mut serde_json::Value)| {
        let mut changed = market.clone();
        change(&mut changed);
        serde_json::from_value::<Market>(changed).unwrap_err().to_string()
    };
    let mut told = String::new();
    for change in [
        (|market| market["reps"].as_array_mut().unwrap().truncate(1)) as fn(&mut serde_json::Value),
        |market| market["books"][0]["rep"] = 7.into(),
        |market| market["books"].as_array_mut().unwrap().truncate(1),
        |market| market["books"][1]["account"] = "B-2".into(),
        |market| market["offers"][1]["account"]["id"] = "A-1".into(),
        |market| market["offers"][1]["account"]["owner"] = "zoe".into(),
    ] {
        writeln!(told, "{}", refused(change)).unwrap();
    }
    assert_eq!(
        told,
        "book entry B-1 speaks of rep number 1, who is not in the market\n\
         book entry A-1 speaks of rep number 7, who is not in the market\n\
         account B-1 is offered but is not in its owner's book\n\
         book entry B-2 stands twice in the market\n\
         account A-1 is offered but is not in its owner's book\n\
         offer B-1 speaks of zoe, who is not in the market\n"
    );
}
