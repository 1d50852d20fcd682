//! A fairness report in words, for a terminal.
//!
//! In goes a report; out come lines of at most 100 characters. Deliberately absent: colours.

use super::{FairnessReport, Withheld};
use crate::domain::units::Cents;
use std::fmt::Write as _;

/// The longest bar, in characters.
const BAR: u32 = 40;

/// What the report is about, in a few words.
pub fn title(report: &FairnessReport) -> String {
    let whose = report.team.as_ref().map_or_else(|| "everybody".to_owned(), |team| format!("team {team}"));
    match (&report.quarter, report.run) {
        (Some(quarter), _) => format!("Fairness in {quarter}, {whose}"),
        (None, _) => format!("Fairness of the run of {}, {whose}", report.from),
    }
}

/// Why gains are not told, in words.
pub fn reason(withheld: Withheld) -> &'static str {
    match withheld {
        Withheld::FewerThanFive => "not told of fewer than five reps",
        Withheld::OthersFewerThanFive => "not told, for the others are fewer than five reps",
        Withheld::QuarterNotOver => "told when the quarter is over",
        Withheld::SwapsUnderWay => "told when no swap of the quarter is on its way any more",
    }
}

/// Hours of minutes, without a fraction.
pub fn hours(minutes: i64) -> i64 {
    minutes.div_euclid(60)
}

/// An amount of money.
pub fn money(Cents(cents): Cents) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// Thousandths as a percentage.
pub fn percent(thousandths: i64) -> String {
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// A Gini coefficient of thousandths; above 1 where somebody loses.
pub fn gini(thousandths: i64) -> String {
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// The report in words.
pub fn words(report: &FairnessReport) -> String {
    let mut text = title(report);
    let mut line = |name: &str, value: String| {
        write!(text, "\n  {name:<22}{value}").expect("a String takes every text");
    };
    let accounts = &report.accounts;
    line("accounts offered", accounts.offered.to_string());
    let share = |thousandths: u32| percent(thousandths.into());
    line("proposed", format!("{}, {} of these", accounts.proposed, share(accounts.proposed_thousandths)));
    line(
        "accepted by all",
        format!("{}, {} of those proposed", accounts.accepted, share(accounts.accepted_thousandths)),
    );
    line("changed hands", format!("{}, {} went back", accounts.moved, accounts.undone));
    match (&report.gains, report.gains_withheld) {
        (Some(gains), _) => {
            line("reps who gain", gains.reps.to_string());
            line("gain in all", format!("about {} h/year", hours(gains.total_about_minutes)));
            line("smallest gain", format!("at least {} h/year", hours(gains.smallest_at_least_minutes)));
            line("Gini of the gains", gini(gains.gini_thousandths));
            let most = gains.bands.iter().map(|band| band.reps).max().unwrap_or(1).max(1);
            for band in &gains.bands {
                let (from, until) = (hours(band.from_minutes), hours(band.from_minutes + gains.band_minutes));
                let bar = "█".repeat((band.reps * BAR).div_ceil(most) as usize);
                line(&format!("  {from} to {until} h/year"), format!("{bar} {}", band.reps).trim_start().to_owned());
            }
        }
        (None, why) => line("gains", why.map_or("", reason).to_owned()),
    }
    if let Some(price) = &report.price {
        let proven = if price.is_proven { "" } else { ", at least" };
        let what = format!("{} of the largest total{proven}", percent(price.price_thousandths));
        line("price of fairness", what);
    }
    let moved = &report.money;
    line("money moved", format!("{}, between {} reps", money(moved.moved_cents), moved.reps));
    line("net here", format!("{}, quota {}", money(moved.net_cents), money(moved.net_quota_cents)));
    line("largest sum of a rep", money(moved.largest_cents));
    for one in moved.by_rep.iter().flatten() {
        line(&format!("  {}", one.rep), format!("{}, quota {}", money(one.net_cents), money(one.net_quota_cents)));
    }
    text
}
