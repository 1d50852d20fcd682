//! The demo and the simulated year from outside: the program as a stranger starts it, in an empty folder, with nothing
//! set.
//!
//! In go arguments; out come exit codes and what is printed.
//! Deliberately absent: how convincing the numbers are, which is for eyes; only that there are swaps at all.

use serde_json::Value;
use std::process::{Command, Output};

/// A market that takes a second in a debug build.
const SMALL: [&str; 7] = ["demo", "--reps", "20", "--seed", "3", "--region", "NJ,DE"];

fn program(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_account-swap"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ACCOUNT_SWAP_")) {
        command.env_remove(name);
    }
    let output = command.args(arguments).current_dir(&folder).output().unwrap();
    let left: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(left.is_empty(), "left behind: {left:?}");
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The page without what differs from one start to the next.
fn without_times(page: &str) -> String {
    let differs = |line: &&str| !line.starts_with("  took") && !line.starts_with("  market");
    page.lines().filter(differs).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_demo_prints_every_section_within_a_hundred_columns() {
    let output = program(&SMALL);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    for section in
        ["ACCOUNT-SWAP", "SWAPS PROPOSED", "ALTOGETHER", "UNMATCHED", "WHERE TO LOOK NEXT", "INVENTED", "  1.  "]
    {
        assert!(page.contains(section), "no {section:?} in\n{page}");
    }
    let longest = page.lines().max_by_key(|line| line.chars().count()).unwrap();
    assert!(longest.chars().count() <= 100, "{longest}");
}

#[test]
fn a_seed_gives_the_same_night_and_another_seed_another() {
    let page = |arguments: &[&str]| without_times(&text(&program(arguments).stdout));
    let first = page(&SMALL);
    assert_eq!(first, page(&SMALL));
    assert_ne!(first, page(&["demo", "--reps", "20", "--seed", "4", "--region", "NJ,DE"]));
}

#[test]
fn json_says_the_same_as_the_page() {
    let mut arguments = SMALL.to_vec();
    arguments.push("--json");
    let output = program(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let night: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(night["imported"][0]["rows"], 20);
    assert_eq!(night["regions"], serde_json::json!(["DE", "NJ"]));
    let swaps = night["findings"]["swaps"].as_array().unwrap();
    assert_eq!(night["run"]["report"]["published"].as_u64(), Some(swaps.len() as u64));
    let gains: i64 = swaps
        .iter()
        .flat_map(|swap| swap["sides"].as_array().unwrap())
        .map(|side| side["gain_minutes"].as_i64().unwrap())
        .sum();
    assert_eq!(night["run"]["report"]["gain_minutes"].as_i64(), Some(gains));
    let stayed: u64 =
        night["findings"]["unmatched"].as_array().unwrap().iter().map(|g| g["accounts"].as_u64().unwrap()).sum();
    assert_eq!(night["run"]["report"]["offers"].as_u64(), Some(stayed + 2 * swaps.len() as u64));
}

#[test]
fn the_usual_market_has_enough_to_look_at() {
    let output = program(&["demo", "--json"]);
    let night: Value = serde_json::from_slice(&output.stdout).unwrap();
    let report = &night["run"]["report"];
    let within = |name: &str, least: u64, most: u64| {
        let found = report[name].as_u64().unwrap();
        assert!((least..=most).contains(&found), "{name}: {found}");
    };
    within("offers", 90, 130);
    within("moves", 15, 30);
    assert!(report["travel_minutes_after"].as_i64() < report["travel_minutes_before"].as_i64());
    assert!(report["unmatched_by_rule"].as_object().unwrap().len() >= 5);
}

#[test]
fn an_unknown_region_and_an_impossible_number_are_refused_with_what_there_is() {
    let output = program(&["demo", "--region", "PA,XX"]);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("XX") && message.contains("CT, DE, MA, MD, NJ, NY, OH, PA, VA, WV"), "{message}");
    let output = program(&["demo", "--region", "DE", "--reps", "16"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("from 4 to 15"));
}

#[test]
fn what_is_kept_can_be_run_again_but_not_for_the_same_date() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let kept = kept.to_str().unwrap();
    let output = program(&[&SMALL[..], &["--keep", kept]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for file in ["reps.csv", "accounts.csv", "history.csv", "submissions.csv"] {
        assert!(folder.path().join("kept").join(file).is_file(), "{file}");
    }
    let database = format!("sqlite:{kept}/demo.db");
    let run = |more: &[&str]| program(&[&["run", "--database", &database], more].concat());

    let again = run(&[]);
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("has its run"), "{}", text(&again.stderr));
    let rehearsed = run(&["--dry-run", "--json"]);
    assert_eq!(rehearsed.status.code(), Some(0), "{}", text(&rehearsed.stderr));
    let answer: Value = serde_json::from_slice(&rehearsed.stdout).unwrap();
    assert_eq!(answer["dry_run"], true);
    assert_eq!(answer["report"]["published"], 0);
    let unknown = run(&["--scope", "nobody"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("there is no team nobody"));
    let later = run(&["--date", "2999-01-01"]);
    assert_eq!(later.status.code(), Some(0), "{}", text(&later.stderr));
    let words = text(&later.stdout);
    assert!(words.starts_with("proposed ") && words.contains(" for all on 2999-01-01"), "{words}");

    let refused = program(&[&SMALL[..], &["--keep", kept]].concat());
    assert_eq!(refused.status.code(), Some(2));
}

/// A few weeks under two policies.
const WEEKS: [&str; 11] =
    ["simulate", "--weeks", "4", "--seed", "7", "--ageing", "on", "--unfairness", "0,1", "--max-ring", "2"];

#[test]
fn a_simulated_year_gives_a_line_a_policy_and_the_same_for_the_same_seed() {
    let output = program(&WEEKS);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let page = text(&output.stdout);
    assert!(page.lines().all(|line| line.chars().count() <= 100), "{page}");
    assert_eq!(page.lines().filter(|line| line.starts_with("on ")).count(), 2, "{page}");
    assert!(page.contains("accounts conserved"), "{page}");
    assert_eq!(page, text(&program(&WEEKS).stdout));
}

#[test]
fn a_simulated_year_moves_accounts_and_tells_programs_how_many() {
    let mut arguments = WEEKS.to_vec();
    arguments.push("--json");
    let output = program(&arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let year: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(year["policies"].as_array().unwrap().len(), 2);
    for line in year["policies"].as_array().unwrap() {
        let number = |name: &str| line[name].as_i64().unwrap_or_else(|| panic!("{name} in {line}"));
        assert!(number("submitted") > 0 && number("swaps") > 0, "{line}");
        assert_eq!(number("placed"), 2 * (number("swaps") + number("undone")), "each swap places two accounts: {line}");
    }
}

#[test]
fn a_simulated_year_without_weeks_or_with_a_policy_that_cannot_be_is_refused() {
    for (name, value) in [("--weeks", "0"), ("--unfairness", "2"), ("--max-ring", "5"), ("--ageing", "maybe")] {
        let output = program(&["simulate", name, value]);
        assert_eq!(output.status.code(), Some(2), "{name} {value}");
        assert!(text(&output.stderr).contains(value), "{}", text(&output.stderr));
    }
}
