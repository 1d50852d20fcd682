//! A fairness report as a picture: how many reps gain how much, how many accounts were helped, and the figures beside.
//!
//! In goes a report; out comes one SVG 1.1 document without scripts, fonts or anything fetched, readable on paper and by a
//! screen reader: a title, a description, axes with names and units, a number on every bar. Deliberately absent: a
//! drawing library for two charts of bars, and colours that carry meaning.

use super::{FairnessReport, text};
use std::fmt::Write as _;

const WIDTH: u32 = 880;
const HEIGHT: u32 = 400;
/// The area of each chart: its left and right edge, its top and its ground line.
const GAINS: Area = Area { left: 70, right: 430, top: 80, ground: 300 };
const ACCOUNTS: Area = Area { left: 520, right: 860, top: 80, ground: 300 };

/// Where the bars of a chart stand.
struct Area {
    left: u32,
    right: u32,
    top: u32,
    ground: u32,
}

/// A bar: what stands below it and how high it is.
struct Bar {
    label: String,
    height: u32,
}

/// The picture.
pub fn picture(report: &FairnessReport) -> String {
    let title = escaped(&text::title(report));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" \
         height=\"{HEIGHT}\" role=\"img\" aria-labelledby=\"title desc\" font-family=\"sans-serif\" font-size=\"12\" \
         fill=\"#222\">\n<title id=\"title\">{title}</title>\n<desc id=\"desc\">{}</desc>\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n",
        escaped(&text::words(report))
    );
    say(&mut svg, (20, 30), "start", 18, &text::title(report));
    gains(&mut svg, report);
    accounts(&mut svg, report);
    let moved = &report.money;
    let net = format!(
        "Money moved {} between {} reps; net here {}, quota {}.",
        text::money(moved.moved_cents),
        moved.reps,
        text::money(moved.net_cents),
        text::money(moved.net_quota_cents)
    );
    say(&mut svg, (20, HEIGHT - 16), "start", 12, &net);
    svg.push_str("</svg>\n");
    svg
}

fn gains(svg: &mut String, report: &FairnessReport) {
    say(svg, (GAINS.left, 60), "start", 14, "How many reps gain how much");
    let Some(gains) = &report.gains else {
        let why = report.gains_withheld.map_or("", text::reason);
        say(svg, ((GAINS.left + GAINS.right) / 2, 180), "middle", 12, why);
        return;
    };
    let bars: Vec<Bar> = gains
        .bands
        .iter()
        .map(|band| Bar { label: text::hours(band.from_minutes).to_string(), height: band.reps })
        .collect();
    draw(svg, &GAINS, &bars);
    let axis = format!("gain from so many hours a year, {} h to a bar", text::hours(gains.band_minutes));
    say(svg, ((GAINS.left + GAINS.right) / 2, 340), "middle", 12, &axis);
    upright(svg, GAINS.left - 40, (GAINS.top + GAINS.ground) / 2, "reps");
    let price = report
        .price
        .map_or_else(String::new, |price| format!("; price of fairness {}", text::percent(price.price_thousandths)));
    let figures = format!(
        "Smallest gain at least {} h/year; Gini {}{price}.",
        text::hours(gains.smallest_at_least_minutes),
        text::gini(gains.gini_thousandths)
    );
    say(svg, (20, HEIGHT - 34), "start", 12, &figures);
}

fn accounts(svg: &mut String, report: &FairnessReport) {
    say(svg, (ACCOUNTS.left, 60), "start", 14, "How many accounts were helped");
    let of = &report.accounts;
    let bars = [("offered", of.offered), ("proposed", of.proposed), ("accepted", of.accepted), ("moved", of.moved)];
    let bars: Vec<Bar> =
        bars.iter().map(|(label, height)| Bar { label: (*label).to_owned(), height: *height }).collect();
    draw(svg, &ACCOUNTS, &bars);
    say(svg, ((ACCOUNTS.left + ACCOUNTS.right) / 2, 340), "middle", 12, "how far they came");
    upright(svg, ACCOUNTS.left - 40, (ACCOUNTS.top + ACCOUNTS.ground) / 2, "accounts");
}

/// Bars side by side on a ground line, each with its number above and its label below; with many bars, some labels.
fn draw(svg: &mut String, area: &Area, bars: &[Bar]) {
    let Area { left, right, top, ground } = *area;
    let most = bars.iter().map(|bar| bar.height).max().unwrap_or(0).max(1);
    let (room, many) = (right - left, u32::try_from(bars.len()).unwrap_or(u32::MAX).max(1));
    let labelled_every = many.div_ceil(12);
    let at = |bar: u32| left + (u64::from(room) * u64::from(bar) / u64::from(many)) as u32;
    for (number, bar) in (0..).zip(bars) {
        let (from, until) = (at(number), at(number + 1));
        let high = (u64::from(ground - top) * u64::from(bar.height) / u64::from(most)) as u32;
        let (wide, y) = ((until - from).saturating_sub(4).max(1), ground - high);
        writeln!(svg, "<rect x=\"{}\" y=\"{y}\" width=\"{wide}\" height=\"{high}\" fill=\"#4a7\"/>", from + 2)
            .expect("a String takes every text");
        let middle = (from + until) / 2;
        if bar.height > 0 && many <= 24 {
            say(svg, (middle, y - 4), "middle", 11, &bar.height.to_string());
        }
        if number % labelled_every == 0 {
            say(svg, (middle, ground + 16), "middle", 11, &bar.label);
        }
    }
    writeln!(svg, "<path d=\"M{left} {top}V{ground}H{right}\" fill=\"none\" stroke=\"#222\"/>")
        .expect("a String takes every text");
    say(svg, (left - 6, top + 4), "end", 11, &most.to_string());
    say(svg, (left - 6, ground + 4), "end", 11, "0");
}

fn say(svg: &mut String, (x, y): (u32, u32), anchor: &str, size: u32, text: &str) {
    let text = escaped(text);
    writeln!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"{size}\">{text}</text>")
        .expect("a String takes every text");
}

/// The name of an upright axis.
fn upright(svg: &mut String, x: u32, y: u32, text: &str) {
    let text = escaped(text);
    writeln!(svg, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" transform=\"rotate(-90 {x} {y})\">{text}</text>")
        .expect("a String takes every text");
}

/// Text that XML takes for text.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            // XML has no way to write these at all.
            '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            other => safe.push(other),
        }
    }
    safe
}
