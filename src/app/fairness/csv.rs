//! A fairness report as a table: one row a figure.
//!
//! In goes a report; out comes CSV with the columns `section,figure,value,unit`, RFC 4180 line ends. A figure that would
//! tell too much has an empty value and the reason as its unit. Names that a spreadsheet would take for a formula are
//! neutralised as in every export. Deliberately absent: totals of totals.

use super::FairnessReport;
use crate::app::export::harmless;
use std::fmt::Display;

/// The table.
pub fn table(report: &FairnessReport) -> String {
    let mut rows: Vec<[String; 4]> = Vec::new();
    let mut row = |section: &str, figure: &str, value: &dyn Display, unit: &str| {
        rows.push([section.to_owned(), harmless(figure), value.to_string(), unit.to_owned()]);
    };
    let FairnessReport { run, quarter, team, from, until, accounts, gains, gains_withheld, price, money } = report;
    let team_name = team.as_ref().map_or_else(|| "all".to_owned(), |team| harmless(team.as_str()));
    if let Some(run) = run {
        row("about", "run", run, "id");
    }
    if let Some(quarter) = quarter {
        row("about", "quarter", quarter, "quarter");
    }
    row("about", "team", &team_name, "id");
    row("about", "from", from, "day");
    row("about", "until", until, "day");
    row("accounts", "offered", &accounts.offered, "accounts");
    row("accounts", "proposed", &accounts.proposed, "accounts");
    row("accounts", "accepted", &accounts.accepted, "accounts");
    row("accounts", "moved", &accounts.moved, "accounts");
    row("accounts", "undone", &accounts.undone, "accounts");
    row("accounts", "proposed_of_offered", &accounts.proposed_thousandths, "thousandths");
    row("accounts", "accepted_of_proposed", &accounts.accepted_thousandths, "thousandths");
    match (gains, gains_withheld) {
        (Some(gains), _) => {
            row("gains", "reps", &gains.reps, "reps");
            row("gains", "total_about", &gains.total_about_minutes, "minutes a year");
            row("gains", "smallest_at_least", &gains.smallest_at_least_minutes, "minutes a year");
            row("gains", "gini", &gains.gini_thousandths, "thousandths");
            for band in &gains.bands {
                let until = band.from_minutes + gains.band_minutes;
                let figure = format!("from {} to below {until} minutes a year", band.from_minutes);
                row("bands", &figure, &band.reps, "reps");
            }
        }
        (None, why) => row("gains", "withheld", &"", why.map_or("", |why| why.as_str())),
    }
    if let Some(price) = price {
        row("price_of_fairness", "runs", &price.runs, "runs");
        row("price_of_fairness", "price", &price.price_thousandths, "thousandths");
        row("price_of_fairness", "is_proven", &price.is_proven, "");
    }
    row("money", "reps", &money.reps, "reps");
    row("money", "moved", &money.moved_cents, "cents");
    row("money", "net", &money.net_cents, "cents");
    row("money", "net_quota", &money.net_quota_cents, "cents");
    row("money", "largest", &money.largest_cents, "cents");
    for one in money.by_rep.iter().flatten() {
        row("money_by_rep", one.rep.as_str(), &one.net_cents, "cents");
        row("quota_by_rep", one.rep.as_str(), &one.net_quota_cents, "cents");
    }
    write(&rows)
}

fn write(rows: &[[String; 4]]) -> String {
    let in_memory = "writing to memory does not fail";
    let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    file.write_record(["section", "figure", "value", "unit"]).expect(in_memory);
    for row in rows {
        file.write_record(row).expect(in_memory);
    }
    String::from_utf8(file.into_inner().expect(in_memory)).expect("every field is text")
}
