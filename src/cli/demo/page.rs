//! The page: the operator's view as plain text of at most 100 columns.
//!
//! In go the findings and what was imported; out comes text.
//! Holds: no line is longer than [`WIDTH`]; names that are too long are cut and show it.
//! Deliberately absent: arithmetic beyond turning minutes into hours and cents into dollars.

use super::{
    INVENTING, Night,
    findings::{Findings, Named, Side, Swap, Unmatched},
    roads::Difference,
};
use account_swap::{
    app::import::{ImportKind, ImportReport},
    domain::units::{Cents, Minutes, Stars},
};
use std::fmt::{self, Display};

/// The longest line.
const WIDTH: usize = 100;
/// Columns of a swap's text before its numbers.
const TEXT_WIDTH: usize = 48;
/// Swaps shown unless all are asked for.
const BEST: usize = 40;

/// What is printed.
pub struct Page<'a> {
    /// The night.
    pub night: &'a Night,
    /// Whether every swap is shown.
    pub all: bool,
}

impl Display for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Night { findings, .. } = self.night;
        header(f, self.night)?;
        swaps(f, findings, if self.all { usize::MAX } else { BEST })?;
        totals(f, findings)?;
        if let Some(difference) = &self.night.roads {
            roads(f, difference)?;
        }
        unmatched(f, findings)?;
        next(f)
    }
}

fn title(f: &mut fmt::Formatter<'_>, name: &str, beside: &str) -> fmt::Result {
    writeln!(f, "\n{name}  {beside}\n{}", "─".repeat(WIDTH))
}

fn header(f: &mut fmt::Formatter<'_>, night: &Night) -> fmt::Result {
    let Night { seed, regions, business_date, imported, took, .. } = night;
    title(f, "ACCOUNT-SWAP", "one night on real hospitals with invented reps")?;
    for line in [
        "The hospitals are real (HIFLD, United States government, public domain). The reps, and all that",
        "is said about them and about the hospitals, are INVENTED by a seeded generator: owners, visits,",
        match night.roads {
            None => "money, ratings, reasons. Travel times are estimated from the straight line.",
            Some(_) => "money, ratings, reasons. Roads: © OpenStreetMap contributors, ODbL 1.0.",
        },
    ] {
        writeln!(f, "  {line}")?;
    }
    writeln!(f)?;
    writeln!(f, "  market     {}; seed {seed}; business date {business_date}", regions.join(", "))?;
    let count = |one: &ImportReport| {
        let what = if one.kind == ImportKind::History { "lines of history" } else { one.kind.as_str() };
        format!("{} {what}", thousands(one.rows as i64))
    };
    let counts: Vec<String> = imported.iter().map(count).collect();
    writeln!(f, "  imported   {}", counts.join(", "))?;
    // What the demo does besides is in the sum.
    let stages = took.iter().filter(|(stage, _)| stage != INVENTING);
    let stages: Vec<String> = stages.map(|(stage, seconds)| format!("{stage} {seconds:.2}")).collect();
    let total: f64 = took.iter().map(|(_, seconds)| seconds).sum();
    writeln!(f, "  took       {total:.2} s: {}", stages.join(", "))
}

fn swaps(f: &mut fmt::Formatter<'_>, findings: &Findings, most: usize) -> fmt::Result {
    let all = findings.swaps.len();
    let shown = match all {
        0 => "none: no two reps would both gain enough".to_owned(),
        _ if all <= most => format!("{all}, most points first"),
        _ => format!("the best {most} of {all}, most points first"),
    };
    title(f, "SWAPS PROPOSED", &shown)?;
    if all == 0 {
        return Ok(());
    }
    let heads = |f: &mut fmt::Formatter<'_>, text: &str, heads: [&str; 4]| {
        let [gain, stars, driving, commission] = heads;
        writeln!(f, "{text:TEXT_WIDTH$}{gain:>8}  {stars:>13}  {driving:>13}  {commission:>11}")
    };
    heads(f, "      rep, and the account the rep gives", ["gain", "rapport", "driving", "commission"])?;
    heads(f, "", ["h/year", "stars", "h/year", "$/year"])?;
    for (rank, swap) in findings.swaps.iter().enumerate().take(most) {
        writeln!(f)?;
        one_swap(f, rank + 1, swap)?;
    }
    writeln!(f)?;
    if all > most {
        writeln!(f, "  … and {} more swaps: demo --all shows them.", all - most)?;
    }
    writeln!(f, "  Each pair of numbers is before → after: the account given → the account received in return.")?;
    writeln!(f, "  Rapport counts at its careful end: the own rating a little up, the predicted one well down.")?;
    writeln!(f, "  Gain is rapport less driving and geography, and less the day a handover takes.")
}

fn one_swap(f: &mut fmt::Formatter<'_>, rank: usize, swap: &Swap) -> fmt::Result {
    for (at, side) in swap.sides.iter().enumerate() {
        let mark = if at == 0 { format!("{rank:>3}.") } else { "   ↔".to_owned() };
        side_lines(f, &mark, side)?;
    }
    Ok(())
}

fn side_lines(f: &mut fmt::Formatter<'_>, mark: &str, side: &Side) -> fmt::Result {
    let who = cut(&format!("{mark}  {}, {}", side.rep.name, side.rep.town), TEXT_WIDTH - 1);
    let stars = before_after(stars(side.stars_before), stars(side.stars_after));
    let driving = before_after(hours(side.driving_minutes_before), hours(side.driving_minutes_after));
    let gain = format!("+{}", hours(side.gain_minutes));
    let commission = signed_dollars(side.commission_change_cents);
    writeln!(f, "{who:TEXT_WIDTH$}{gain:>8}  {stars:>13}  {driving:>13}  {commission:>11}")?;
    writeln!(f, "        gives {}", cut(&place(&side.gives), WIDTH - 14))
}

fn totals(f: &mut fmt::Formatter<'_>, findings: &Findings) -> fmt::Result {
    let report = &findings.report;
    title(f, "ALTOGETHER", "proven best by a certificate that a check written apart has accepted")?;
    let mut line = |name: &str, value: String, beside: String| writeln!(f, "  {name:<20}{value:>17}   {beside}");
    line(
        "swaps",
        report.moves.to_string(),
        format!("of {} possible, from {} accounts of {} reps", report.possible_moves, report.offers, report.reps),
    )?;
    line("points", thousands(report.points.0), "gains in minutes a year, after the price of unfairness".to_owned())?;
    line("time gained", format!("{} h/year", hours(report.gain)), "over all who swap".to_owned())?;
    if let Some(least) = report.smallest_gain {
        line("smallest gain", format!("{} h/year", hours(least)), "nobody who swaps gains less".to_owned())?;
    }
    let gini = format!("{:.3}", report.gini_thousandths as f64 / 1000.0);
    line("Gini of the gains", gini, "0 when all gain the same, 1 when one gains all".to_owned())?;
    if let (Some(before), Some(after)) = (report.mean_stars_before, report.mean_stars_after) {
        line(
            "rapport",
            before_after(stars(before), stars(after)),
            "stars, mean over the accounts that move".to_owned(),
        )?;
    }
    let driving = before_after(hours(report.travel_before), hours(report.travel_after));
    line("driving", driving, "h/year for the accounts that move".to_owned())?;
    let moved = format!("${}", thousands(report.commission_moved_cents.0 / 100));
    line("commission moved", moved, "a year: the differences within the pairs, added up".to_owned())
}

fn roads(f: &mut fmt::Formatter<'_>, difference: &Difference) -> fmt::Result {
    let date = difference.map.date.map_or_else(String::new, |date| format!(", map of {date}"));
    title(f, "ROADS AND THE STRAIGHT LINE", &format!("what measured times change{date}"))?;
    let mut line = |name: &str, value: String, beside: String| writeln!(f, "  {name:<20}{value:>17}   {beside}");
    let deciminutes = |tenths: i64| format!("{}.{}", tenths / 10, tenths % 10);
    line(
        "ways over roads",
        thousands(difference.measured_ways as i64),
        format!("and {} on the straight line, off the map", thousands(difference.estimated_ways as i64)),
    )?;
    let means = [difference.mean_straight_deciminutes, difference.mean_measured_deciminutes].map(deciminutes);
    let [straight, measured] = means;
    let error = format!("minutes a way, line → roads; off by {} % in the mean", difference.mean_error_percent);
    line("driving time", before_after(straight, measured), error)?;
    let [measured, straight] = difference.largest_difference_minutes.map(|minutes| minutes.to_string());
    line("farthest off", before_after(straight, measured), "minutes of one way, line → roads".to_owned())?;
    line(
        "swaps by the line",
        difference.straight_swaps.to_string(),
        format!(
            "{} of them proposed by roads too; {} break a rule by roads",
            difference.same_swaps, difference.broken_swaps
        ),
    )?;
    let gains = before_after(hours(difference.straight_gain), hours(difference.true_gain));
    line("what they gain", gains, "h/year, as the line has it → by roads, where no rule breaks".to_owned())
}

fn unmatched(f: &mut fmt::Formatter<'_>, findings: &Findings) -> fmt::Result {
    let all: u32 = findings.unmatched.iter().map(|group| group.accounts).sum();
    title(f, "UNMATCHED", &format!("{all} accounts stay, by what stopped most of their chances"))?;
    for Unmatched { accounts, words, example, example_owner, example_words, .. } in &findings.unmatched {
        writeln!(f, "  {accounts:>4}  {}", cut(words, WIDTH - 8))?;
        let example = format!("{}, {}", cut(&example.name, 38), example_owner.name);
        writeln!(f, "        such as {}", cut(&format!("{example}: {example_words}"), WIDTH - 16))?;
    }
    Ok(())
}

fn next(f: &mut fmt::Formatter<'_>) -> fmt::Result {
    title(f, "WHERE TO LOOK NEXT", "(from the source: cargo run --release -- demo --serve)")?;
    for (command, what) in [
        ("account-swap demo --serve", "this night behind its REST interface, with tokens"),
        ("account-swap demo --seed 7 --reps 200", "another market; see also --region, --all, --json"),
        ("account-swap demo --roads", "hospitals around Harrisburg, by times over real roads"),
        ("account-swap demo --keep FOLDER", "leaves the CSV files and the database to look at"),
        ("account-swap import --template accounts", "the columns of your own files: import, then run"),
        ("account-swap serve", "then http://127.0.0.1:8080/api/docs, the reference"),
    ] {
        writeln!(f, "  {command:<42}{what}")?;
    }
    Ok(())
}

fn place(account: &Named) -> String {
    format!("{}, {}", account.name, account.town)
}

fn before_after(before: String, after: String) -> String {
    format!("{before:>5} → {after:>5}")
}

fn stars(stars: Stars) -> String {
    stars.to_string()
}

fn hours(minutes: Minutes) -> String {
    let tenths = (minutes.0 * 10 + 30).div_euclid(60);
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", thousands(tenths.abs() / 10), tenths.abs() % 10)
}

fn signed_dollars(cents: Cents) -> String {
    let sign = if cents < Cents::ZERO { '-' } else { '+' };
    format!("{sign}{}", thousands(cents.abs().0 / 100))
}

/// A number with its thousands apart.
fn thousands(number: i64) -> String {
    let digits = number.abs().to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if number < 0 { format!("-{text}") } else { text }
}

/// At most `most` letters, with an ellipsis where some were cut.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(hours(Minutes(2895)), "48.3");
        assert_eq!(hours(Minutes(-90)), "-1.5");
        assert_eq!(signed_dollars(Cents(-123_456)), "-1,234");
    }

    #[test]
    fn what_is_too_long_is_cut_and_shows_it() {
        assert_eq!(cut("Community Hospital", 11), "Community…");
        assert_eq!(cut("Hospital", 8), "Hospital");
    }
}
