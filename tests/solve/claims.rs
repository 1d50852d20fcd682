//! `--check` accepts what `solve` found and refuses it with any one claim changed, saying which.

use super::program::solve;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// Two reps with two offers each and one with one: the swaps a1-b1 (9 points), a2-c (6), b1-c (7), and no other.
const MARKET: &str = r#"{"format": "exchange/1",
    "offers": [{"id": "a1", "rep": "anna"}, {"id": "a2", "rep": "anna"}, {"id": "b1", "rep": "ben"},
               {"id": "b2", "rep": "ben"}, {"id": "c"}],
    "arcs": [{"give": "a1", "receive": "b1", "gain": 4}, {"give": "b1", "receive": "a1", "gain": 5},
             {"give": "a2", "receive": "c", "gain": 3}, {"give": "c", "receive": "a2", "gain": 3},
             {"give": "b1", "receive": "c", "gain": 6}, {"give": "c", "receive": "b1", "gain": 1},
             {"give": "b2", "receive": "a2", "gain": 9}]}"#;

/// A market, its plan and its certificate as files.
struct Files {
    folder: TempDir,
    arguments: Vec<&'static str>,
}

impl Files {
    fn new(market: &str, arguments: &[&'static str]) -> Self {
        let files = Self { folder: tempfile::tempdir().expect("a folder"), arguments: arguments.to_vec() };
        fs::write(files.path("market"), market).unwrap();
        let (plan, certificate) = (files.text("plan"), files.text("certificate"));
        let told = files.solve(&["--output", &plan, "--certificate", &certificate]);
        assert_eq!(told.code, Some(0), "{told:?}");
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).into_os_string().into_string().expect("a plain path")
    }

    fn solve(&self, arguments: &[&str]) -> super::program::Told {
        let market = self.text("market");
        solve(&[&["--input", &market], &self.arguments[..], arguments].concat(), b"")
    }

    /// Checks the plan with its certificate; each claim that does not hold is a line.
    fn claims(&self) -> (Option<i32>, String) {
        let (plan, certificate) = (self.text("plan"), self.text("certificate"));
        let told = self.solve(&["--check", &plan, "--certificate", &certificate]);
        (told.code, told.out)
    }

    /// Changes one text of a file, which it must have.
    fn change(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{name} has no {from}: {text}");
        fs::write(self.path(name), text.replacen(from, to, 1)).unwrap();
    }
}

#[test]
fn a_plan_holds_with_its_certificate_and_without() {
    let files = Files::new(MARKET, &[]);
    assert_eq!(files.claims(), (Some(0), "every claim holds; the certificate proves the bound\n".to_owned()));
    let plan = files.text("plan");
    let told = files.solve(&["--check", &plan]);
    let expected = "every claim holds; no certificate was given, so the market was solved again to judge the bound\n";
    assert_eq!((told.code, told.out.as_str()), (Some(0), expected));
    let told = files.solve(&["--check", &plan, "--json"]);
    assert_eq!(
        told.out,
        "{\"failed\":[],\"holds\":true,\"how\":\"no certificate was given, so the market was solved again to judge the bound\"}\n"
    );
}

#[test]
fn every_claim_that_is_changed_is_refused_by_name() {
    let whole = "{\"status\":\"optimal\",\"objective\":\"points\",\"points\":15,\"bound\":15,\"moves\":[\n\
        {\"give\":[\"a1\",\"b1\"],\"points\":9,\"gains\":[4,5]},\n\
        {\"give\":[\"a2\",\"c\"],\"points\":6,\"gains\":[3,3]}\n\
        ],\"offers\":5,\"matched\":4,\"reps\":3,\"components\":1,";
    let plan = fs::read_to_string(Files::new(MARKET, &[]).path("plan")).unwrap();
    assert!(plan.starts_with(whole), "{plan}");

    for (from, to, expected) in [
        (
            r#""objective":"points""#,
            r#""objective":"swaps-then-points""#,
            "objective: found swaps-then-points, expected points as asked",
        ),
        (r#""points":15"#, r#""points":14"#, "points: found 14, expected 15, the sum over the moves"),
        (r#""points":15"#, r#""points":15.5"#, "points: found 15.5, expected 15, the sum over the moves"),
        (r#""bound":15"#, r#""bound":14"#, "bound: found 14, expected at least the plan's 15"),
        (r#""bound":15"#, r#""bound":16"#, "status: found optimal with a bound of 16, expected 15, the plan's"),
        (r#""bound":15"#, r#""bound":15.5"#, "bound: found 15.5, expected parts as fine as the unfairness"),
        (
            r#"["a1","b1"]"#,
            r#"["a1","zz"]"#,
            r#"moves[0].give[1]: found "zz", expected an offer with an arc or a move"#,
        ),
        (r#"["a1","b1"]"#, r#"["a1","b2"]"#, r#"moves[0].give: found "b2" after "a1", expected an arc to lead there"#),
        (r#"["a1","b1"]"#, r#"["a1"]"#, "moves[0].give: found 1 offers, expected at least 2 and at most 2"),
        (r#"["a1","b1"]"#, r#"["a1","b1","c"]"#, "moves[0].give: found 3 offers, expected at least 2 and at most 2"),
        (r#"["a1","b1"]"#, "[]", "moves[0].give: found 0 offers, expected at least 2 and at most 2"),
        (r#"["a1","b1"]"#, r#"["b1","a1"]"#, r#"moves[0].give: found "b1" first, expected the first id of the move"#),
        (r#"["a2","c"]"#, r#"["a1","b1"]"#, r#"moves[1].give: found "a1" again, expected it only in moves[0]"#),
        (r#""points":9"#, r#""points":10"#, "moves[0].points: found 10, expected 9"),
        ("[4,5]", "[5,4]", "moves[0].gains: found [5, 4], expected [4, 5]"),
        (r#","gains":[4,5]"#, "", "moves[0].gains: found none, expected [4, 5]"),
        (r#""offers":5"#, r#""offers":6"#, "offers: found 6, expected 5"),
        (r#""matched":4"#, r#""matched":5"#, "matched: found 5, expected 4"),
        (r#""reps":3"#, r#""reps":5"#, "reps: found 5, expected 3"),
        (r#""components":1"#, r#""components":2"#, "components: found 2, expected 1"),
    ] {
        let files = Files::new(MARKET, &[]);
        files.change("plan", from, to);
        let (code, out) = files.claims();
        assert_eq!(code, Some(1), "{from} → {to}: {out}");
        assert!(out.lines().any(|line| line == expected), "{from} → {to}: {out}expected {expected}");
    }
}

#[test]
fn moves_in_another_order_are_refused() {
    let files = Files::new(MARKET, &[]);
    let plan = fs::read_to_string(files.path("plan")).unwrap();
    let mut lines: Vec<String> = plan.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
    lines.swap(1, 2);
    lines[1].push(',');
    *lines.last_mut().unwrap() = plan.lines().last().unwrap().to_owned();
    fs::write(files.path("plan"), lines.join("\n")).unwrap();
    let (code, out) = files.claims();
    assert_eq!((code, out.as_str()), (Some(1), "moves[1]: expected it before moves[0], by the first offers' ids\n"));
}

#[test]
fn a_rep_beyond_the_cap_is_refused() {
    let files = Files::new(MARKET, &[]);
    let (plan, certificate) = (files.text("plan"), files.text("certificate"));
    let told = files.solve(&["--check", &plan, "--certificate", &certificate, "--max-moves-per-rep", "1"]);
    assert_eq!(told.code, Some(1));
    assert!(told.out.contains("moves: found rep \"anna\" in 2 of them, expected at most 1\n"), "{}", told.out);
    assert!(told.out.contains("certificate: "), "{}", told.out);
}

#[test]
fn a_plan_that_is_not_the_best_is_refused_with_any_certificate_and_with_none() {
    let files = Files::new(MARKET, &[]);
    let worse = "{\"status\":\"optimal\",\"objective\":\"points\",\"points\":9,\"bound\":9,\"moves\":[\n\
        {\"give\":[\"a1\",\"b1\"],\"points\":9,\"gains\":[4,5]}\n\
        ],\"offers\":5,\"matched\":2,\"reps\":3,\"components\":1,\"seconds\":{\"read\":0,\"solve\":0,\"check\":0}}";
    fs::write(files.path("plan"), worse).unwrap();
    let (code, out) = files.claims();
    assert!(code == Some(1) && out.starts_with("certificate: "), "{out}");
    let plan = files.text("plan");
    let told = files.solve(&["--check", &plan]);
    assert_eq!((told.code, told.out.as_str()), (Some(1), "bound: found 9, expected at least 15, by solving again\n"));
    assert!(told.err.ends_with(
        "1 claim does not hold (no certificate was given, so the market was solved again to judge the bound)\n"
    ));
}

#[test]
fn a_certificate_with_one_number_changed_is_refused() {
    for (name, from, to) in
        [("certificate", "\"vertex_duals_2x\":[", "\"vertex_duals_2x\":[1"), ("certificate", "]", ",0]")]
    {
        let files = Files::new(MARKET, &["--max-moves-per-rep", "1"]);
        assert_eq!(files.claims().0, Some(0));
        files.change(name, from, to);
        let (code, out) = files.claims();
        assert!(code == Some(1) && out.starts_with("certificate: "), "{from}: {out}");
    }
}

#[test]
fn files_that_are_no_plan_or_certificate_are_unusable() {
    for (name, text) in [("plan", "{\"status\":\"optimal\"}"), ("plan", "plan"), ("certificate", "{}")] {
        let files = Files::new(MARKET, &[]);
        fs::write(files.path(name), text).unwrap();
        let (code, out) = files.claims();
        assert_eq!((code, out.as_str()), (Some(2), ""), "{name}: {text}");
    }
}

#[test]
fn a_plan_in_fractions_is_checked_exactly() {
    let files = Files::new(MARKET, &["--unfairness", "0.125"]);
    assert_eq!(files.claims().0, Some(0));
    files.change("plan", "14.875", "14.874");
    let (code, out) = files.claims();
    assert!(code == Some(1) && out.contains("points: found 14.874, expected 14.875"), "{out}");
}

#[test]
fn a_search_that_is_stopped_ends_with_three_and_a_bound_that_is_proven() {
    let market = fs::read_to_string(super::program::markets().join("a_cap_breaks_the_longest_ring.market")).unwrap();
    let asked = ["--max-ring", "unlimited", "--max-moves-per-rep", "1"];
    let files = Files { folder: tempfile::tempdir().expect("a folder"), arguments: asked.to_vec() };
    fs::write(files.path("market"), market).unwrap();
    let (plan, certificate) = (files.text("plan"), files.text("certificate"));
    let told = files.solve(&["--time-limit", "0", "--output", &plan, "--certificate", &certificate]);
    assert_eq!(told.code, Some(3));
    let [found, bound] =
        ["stopped at the time limit: the best plan found has ", " points, and none has more than 20\n"];
    assert!(told.err.contains(found) && told.err.ends_with(bound), "{}", told.err);
    assert!(fs::read_to_string(&plan).unwrap().starts_with("{\"status\":\"time_limit\""));
    assert_eq!(files.claims().0, Some(0));
    assert_eq!(files.solve(&["--check", &plan]).code, Some(0));
    files.change("plan", "\"bound\":20", "\"bound\":19");
    assert_eq!(files.claims(), (Some(1), "bound: found 19, expected at least 20, by the certificate\n".to_owned()));
}

#[test]
fn a_plan_that_serves_fewer_or_less_fairly_is_refused_though_it_has_more_points() {
    let market = "p edge 4 3\ne 1 2 1\ne 2 3 9\ne 3 4 1\n";
    let files = Files::new(market, &["--objective", "swaps-then-points"]);
    let fewer = "{\"status\":\"optimal\",\"objective\":\"swaps-then-points\",\"points\":9,\"bound\":9,\"moves\":[\
        {\"give\":[\"2\",\"3\"],\"points\":9}],\"offers\":4,\"matched\":2,\"reps\":4,\"components\":1,\
        \"seconds\":{\"read\":0,\"solve\":0,\"check\":0}}";
    fs::write(files.path("plan"), fewer).unwrap();
    let plan = files.text("plan");
    let told = files.solve(&["--check", &plan]);
    let expected = "status: found optimal with 2 offers matched, but solving again matches 4\n";
    assert_eq!((told.code, told.out.as_str()), (Some(1), expected));
    let (code, out) = files.claims();
    assert!(code == Some(1) && out.starts_with("certificate: "), "{out}");

    let market = fs::read_to_string(super::program::markets().join("the_smallest_gain_is_as_large_as_can_be.market"));
    let files = Files::new(&market.unwrap(), &["--objective", "worst-gain-first"]);
    let unfair = "{\"status\":\"optimal\",\"objective\":\"worst-gain-first\",\"points\":182,\"bound\":182,\"moves\":[\
        {\"give\":[\"a\",\"b\"],\"points\":91,\"gains\":[90,1]},{\"give\":[\"c\",\"d\"],\"points\":91,\"gains\":[90,1]}],\
        \"offers\":4,\"matched\":4,\"reps\":4,\"components\":1,\"seconds\":{\"read\":0,\"solve\":0,\"check\":0}}";
    fs::write(files.path("plan"), unfair).unwrap();
    let plan = files.text("plan");
    let told = files.solve(&["--check", &plan]);
    let expected = "status: found optimal, but solving again finds gains that are fairer\n";
    assert_eq!((told.code, told.out.as_str()), (Some(1), expected));
    assert_eq!(files.claims().0, Some(1));
}

#[test]
fn what_takes_no_search_is_found_to_the_end_whatever_the_time_limit() {
    for asked in [&[][..], &["--objective", "swaps-then-points"], &["--max-ring", "unlimited"]] {
        let told = solve(&[&["--input", "-", "--time-limit", "0", "--json"], asked].concat(), MARKET.as_bytes());
        assert!(told.code == Some(0) && told.out.starts_with("{\"status\":\"optimal\""), "{asked:?} {told:?}");
    }
}

#[test]
fn a_search_for_the_fairest_plan_that_is_stopped_proves_its_bound() {
    let market =
        fs::read_to_string(super::program::markets().join("a_rep_with_two_offers_has_the_gains_of_both.market"))
            .unwrap();
    for longest in ["2", "3", "unlimited"] {
        let asked = ["--objective", "worst-gain-first", "--max-ring", longest];
        let files = Files { folder: tempfile::tempdir().expect("a folder"), arguments: asked.to_vec() };
        fs::write(files.path("market"), &market).unwrap();
        let (plan, certificate) = (files.text("plan"), files.text("certificate"));
        let told = files.solve(&["--time-limit", "0", "--output", &plan, "--certificate", &certificate]);
        assert_eq!(told.code, Some(3), "{told:?}");
        assert_eq!(files.claims(), (Some(0), "every claim holds; the certificate proves the bound\n".to_owned()));
        let found: serde_json::Value = serde_json::from_str(&fs::read_to_string(&plan).unwrap()).unwrap();
        let bound = found["bound"].as_i64().unwrap();
        files.change("plan", &format!("\"bound\":{bound}"), &format!("\"bound\":{}", bound - 1));
        let expected = format!("bound: found {}, expected at least {bound}, by the certificate\n", bound - 1);
        assert_eq!(files.claims(), (Some(1), expected));
        files.change("plan", "time_limit", "optimal");
        let (code, out) = files.claims();
        assert!(code == Some(1) && out.contains("it bounds the points, and says nothing of fairness"), "{out}");
    }
}

#[test]
fn a_move_that_no_plan_may_have_is_refused() {
    let plan = |give: &str, points: i64, gains: &str| {
        format!(
            "{{\"status\":\"optimal\",\"objective\":\"points\",\"points\":{points},\"bound\":{points},\"moves\":[\n\
             {{\"give\":[{give}],\"points\":{points}{gains}}}\n\
             ],\"offers\":3,\"matched\":2,\"reps\":3,\"components\":1,\"seconds\":{{\"read\":0,\"solve\":0,\"check\":0}}}}"
        )
    };
    let ready_made = r#"{"format": "exchange/1", "offers": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
        "moves": [{"offers": ["a", "b"], "points": 5}, {"offers": ["b", "c"], "points": -1}]}"#;
    let by_arcs = r#"{"format": "exchange/1", "offers": [{"id": "a"}, {"id": "b"}, {"id": "c"}],
        "arcs": [{"give": "a", "receive": "b", "gain": 7}, {"give": "b", "receive": "a", "gain": -2},
                 {"give": "b", "receive": "c", "gain": 1}, {"give": "c", "receive": "b", "gain": 1}]}"#;
    let fairest = ["--objective", "worst-gain-first"];
    for (market, asked, written, expected) in [
        (
            ready_made,
            &[][..],
            plan(r#""a","c""#, 5, ""),
            r#"moves[0].give: found ["a", "c"], expected a move of the market"#,
        ),
        (
            ready_made,
            &[][..],
            plan(r#""b","c""#, -1, ""),
            "moves[0].points: found -1, expected no move of negative points",
        ),
        (
            by_arcs,
            &fairest[..],
            plan(r#""a","b""#, 5, r#","gains":[7,-2]"#)
                .replace("\"points\",\"points\"", "\"worst-gain-first\",\"points\""),
            "moves[0].gains: found [7, -2], expected none below 0 under worst-gain-first",
        ),
    ] {
        let files = Files::new(market, asked);
        assert_eq!(files.claims().0, Some(0));
        fs::write(files.path("plan"), written).unwrap();
        let (code, out) = files.claims();
        assert!(code == Some(1) && out.lines().any(|line| line == expected), "{out}expected {expected}");
    }
}
