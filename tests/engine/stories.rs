//! Stories: `markets/<story>.toml` in, `<story>.plan.txt` out, all through [`check`].
//!
//! A story whose plan changed fails with both texts. Setting `ACCOUNT_SWAP_WRITE_STORIES` writes the new plan instead;
//! the difference is then read before it is committed.

use super::story::Story;
use account_swap::{
    domain::{
        proposal::{Geography, Valuation},
        units::{Minutes, Points},
    },
    engine::{
        check::CheckedPlan,
        plan::{Move, Plan, PlannedLeg, WhyNot},
    },
};
use std::{fmt::Write as _, fs, path::PathBuf};

/// Plans the market of a story, has the plan checked, and compares it with what is written beside the story.
#[track_caller]
fn check(story: &str) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/engine/markets");
    let (market, expected) = (folder.join(format!("{story}.toml")), folder.join(format!("{story}.plan.txt")));
    let text = fs::read_to_string(&market).unwrap_or_else(|error| panic!("{}: {error}", market.display()));
    let found = tell(&Story::read(&text));
    if std::env::var_os("ACCOUNT_SWAP_WRITE_STORIES").is_some() {
        fs::write(&expected, &found).unwrap();
    }
    let right = fs::read_to_string(&expected).unwrap_or_default();
    assert!(found == right, "{story} now reads\n\n{found}\n\nand not\n\n{right}");
}

fn tell(story: &Story) -> String {
    let (market, policy) = (story.market(), story.policy());
    let plan = account_swap::engine::plan::plan(&market, &policy);
    let checked = account_swap::engine::check::check(plan, &market, &policy);
    let checked = checked.unwrap_or_else(|breaches| panic!("{breaches:#?}"));
    format!("{}\n\n{}", story.story.trim(), told(&checked))
}

fn told(checked: &CheckedPlan) -> String {
    let Plan { moves, margins, report, why_not, certificate: _, rings_bound: _ } = checked.plan();
    let mut text = String::new();
    for (one, margin) in moves.iter().zip(margins) {
        tell_move(&mut text, one, *margin);
    }
    if moves.is_empty() {
        text.push_str("nothing moves\n");
    }
    text.push('\n');
    for left in why_not {
        tell_why_not(&mut text, left);
    }
    let stars = |stars: Option<_>| {
        stars.map_or_else(|| "-".to_owned(), |stars: account_swap::domain::units::Stars| stars.to_string())
    };
    writeln!(
        text,
        "{} reps, {} offers, {} candidates, {} possible moves in {} parts; {} moves, {} points (rings: at most {}), gain {}",
        report.reps,
        report.offers,
        report.candidates,
        report.possible_moves,
        report.components,
        report.moves,
        report.points,
        report.points_in_any_rings_at_most,
        report.gain
    )
    .unwrap();
    if report.candidates_dropped > 0 {
        let (dropped, offers) = (report.candidates_dropped, report.offers_with_dropped);
        let most = report.points_of_dropped_at_most.map_or_else(|| "-".to_owned(), |points| points.to_string());
        writeln!(text, "{dropped} candidates of {offers} offers dropped, a swap with one has at most {most} points")
            .unwrap();
    }
    writeln!(
        text,
        "smallest gain {}, gini {}, travel {} to {}, {} cents moved, stars {} to {}",
        report.smallest_gain.map_or_else(|| "-".to_owned(), |gain| gain.to_string()),
        report.gini_thousandths,
        report.travel_before,
        report.travel_after,
        report.commission_moved_cents,
        stars(report.mean_stars_before),
        stars(report.mean_stars_after)
    )
    .unwrap();
    text
}

fn tell_move(text: &mut String, one: &Move, margin: Option<Points>) {
    let accounts: Vec<String> = one.legs.iter().map(|leg| format!("{} ({})", leg.account, leg.from)).collect();
    let margin = margin.map_or_else(|| "unknown".to_owned(), |points| points.to_string());
    writeln!(text, "{}: {} points, margin {margin}", accounts.join(" for "), one.points).unwrap();
    for (at, leg) in one.legs.iter().enumerate() {
        let received: &PlannedLeg = &one.legs[(at + 1) % one.legs.len()];
        assert_eq!(received.to, leg.from);
        writeln!(text, "  {} gains {}", leg.from, leg.side.gain).unwrap();
        tell_valuation(text, "gives", leg.account.as_str(), &leg.side.given);
        tell_valuation(text, "gets ", received.account.as_str(), &leg.side.received);
    }
}

fn tell_valuation(text: &mut String, verb: &str, account: &str, of: &Valuation) {
    writeln!(
        text,
        "    {verb} {account}: {} stars = {}, travel {}{}, geography {}: {} ({} {})",
        of.stars,
        of.rapport_minutes,
        of.travel_minutes,
        if of.left_behind_minutes == Minutes::ZERO {
            String::new()
        } else {
            format!(" after {} left behind", of.left_behind_minutes)
        },
        tell_geography(&of.geography),
        of.value(),
        of.one_way_minutes,
        if of.travel_estimated { "minutes away" } else { "measured minutes away" }
    )
    .unwrap();
}

/// The sum, and where it is not nothing the terms it is made of.
fn tell_geography(of: &Geography) -> String {
    let terms = [
        ("outside territory", of.outside_territory_minutes),
        ("other country", of.other_country_minutes),
        ("time zone", of.time_zone_minutes),
        ("island", of.island_minutes),
    ];
    let told = terms.iter().filter(|(_, minutes)| minutes.0 != 0).map(|(name, minutes)| format!("{name} {minutes}"));
    match of.minutes() {
        Minutes::ZERO => "0".to_owned(),
        sum => format!("{sum} ({})", told.collect::<Vec<_>>().join(", ")),
    }
}

fn tell_why_not(text: &mut String, left: &WhyNot) {
    let stopped: Vec<String> = left.stopped.iter().map(|(rule, count)| format!("{rule} {count}")).collect();
    let stopped = if stopped.is_empty() { "nothing".to_owned() } else { stopped.join(", ") };
    writeln!(
        text,
        "{} ({}) stays, {}: stopped by {stopped}; {} partners",
        left.account, left.rep, left.rule, left.partners
    )
    .unwrap();
    for (rule, count) in left.opened.iter().filter(|(_, count)| *count > 0) {
        writeln!(text, "  a step of {rule} would add {count}").unwrap();
    }
}

macro_rules! stories {
    ($($story:ident),+ $(,)?) => {
        $(#[test] fn $story() { check(stringify!($story)); })+

        #[test]
        fn every_market_in_the_folder_is_told() {
            let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/engine/markets");
            let mut found: Vec<String> = fs::read_dir(folder)
                .unwrap()
                .filter_map(|entry| entry.unwrap().file_name().to_string_lossy().strip_suffix(".toml").map(str::to_owned))
                .collect();
            found.sort();
            let mut told = vec![$(stringify!($story)),+];
            told.sort_unstable();
            assert_eq!(found, told);
        }
    };
}

stories! {
    two_reps_swap_and_both_gain,
    one_step_of_a_rule_opens_a_partner,
    a_river,
    left_behind,
    a_ring_of_three_beats_every_set_of_swaps,
    the_worst_gain_comes_first,
    more_swaps_come_before_more_points,
    five_in_one_ring_of_any_length,
    no_swap_where_only_one_gains,
    commissions_too_far_apart_stay,
    an_account_too_far_away_stays,
    an_account_nobody_can_reach_stays,
    required_words_are_required,
    an_abusive_account_goes_only_to_one_who_opted_in,
    who_bears_a_milder_class_is_not_given_a_harsher_one,
    exposure_of_one_takes_one_abusive_account_a_run,
    what_a_manager_keeps_stays,
    an_account_that_just_moved_stays,
    who_declined_is_not_asked_for_the_same_again,
    an_account_does_not_return_to_its_former_owner,
    conflicts_and_forbidden_pairs_stay_apart,
    a_cap_of_one_lets_one_account_go,
    a_cap_keeps_the_most_promising,
    the_best_plan_is_not_the_greedy_one,
    the_nearest_account_is_the_one_given_away,
    a_family_stays_together,
    who_is_away_or_leaving_takes_no_part,
    hours_that_do_not_suffice,
    a_money_ledger_at_its_limit,
    a_deal_under_way_takes_the_ledger_too_far,
    proposals_under_way_count_both_ways,
    two_moves_within_the_hours_alone_but_not_together,
    two_moves_within_the_ledger_alone_but_not_together,
    without_unfairness_only_the_total_counts,
    with_full_unfairness_the_smaller_gain_counts,
    a_long_wait_decides_between_equals,
    a_wait_counts_so_many_nights_and_no_more,
    past_ratings_outweigh_a_guess,
    geography_that_driving_does_not_show,
    a_drawn_territory_decides_where_no_region_is_known,
    a_measured_way_to_an_approximate_place,
    one_who_drives_across_the_country,
    the_antimeridian_is_no_wall,
    an_empty_pool,
}
