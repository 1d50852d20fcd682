//! Every input that is refused, and what is said: where, what was found, and what was expected. Nothing is written.

use super::program::solve;

/// Files in the exchange format, each with one thing wrong.
const EXCHANGE: &[(&str, &str)] = &[
    (r#"{"offers": []}"#, "line 1, column 14: missing field `format`"),
    (r#"{"format": "exchange/1"}"#, "line 1, column 24: missing field `offers`"),
    (
        r#"{"format": "exchange/2", "offers": []}"#,
        r#"line 1, column 24: invalid value: string "exchange/2", expected "exchange/1""#,
    ),
    (r#"{"format": 1, "offers": []}"#, "line 1, column 13: invalid type: integer `1`, expected a string"),
    (
        "{\"format\": \"exchange/1\",\n \"prices\": []}",
        "line 2, column 10: unknown field `prices`, expected one of `format`, `offers`, `reps`, `arcs`, `moves`",
    ),
    (r#"{"format": "exchange/1", "offers": [], "offers": []}"#, "line 1, column 48: duplicate field `offers`"),
    (r#"{"format": "exchange/1", "offers": [], "arcs": [], "arcs": []}"#, "line 1, column 58: duplicate field `arcs`"),
    (
        r#"{"format": "exchange/1", "offers": [], "arcs": [], "moves": []}"#,
        "moves: found both arcs and moves, expected one of them",
    ),
    (
        r#"{"format": "exchange/1", "offers": {}}"#,
        "line 1, column 36: invalid type: map, expected a list, each of it an offer: an object with id and perhaps rep",
    ),
    (
        r#"{"format": "exchange/1", "offers": ["a"]}"#,
        r#"line 1, column 39: invalid type: string "a", expected an offer: an object with id and perhaps rep"#,
    ),
    (r#"{"format": "exchange/1", "offers": [{"rep": "a"}]}"#, "line 1, column 48: missing field `id`"),
    (
        r#"{"format": "exchange/1", "offers": [{"id": 7}]}"#,
        "line 1, column 45: invalid type: integer `7`, expected an id: a text",
    ),
    (
        r#"{"format": "exchange/1", "offers": [{"id": ""}]}"#,
        "line 1, column 45: found an empty id, expected 1 to 200 bytes",
    ),
    (
        r#"{"format": "exchange/1", "offers": [{"id": "a", "rep": ""}]}"#,
        "line 1, column 57: found an empty id, expected 1 to 200 bytes",
    ),
    (
        r#"{"format": "exchange/1", "offers": [{"id": "a", "cap": 2}]}"#,
        "line 1, column 54: unknown field `cap`, expected `id` or `rep`",
    ),
    (
        r#"{"format": "exchange/1", "offers": [{"id": "a"}, {"id": "a"}]}"#,
        r#"line 1, column 60: found offer "a" a second time, expected each id once"#,
    ),
    (
        r#"{"format": "exchange/1", "offers": [{"id": "a"}], "reps": [{"id": "b", "max_moves": 1}]}"#,
        r#"reps[0].id: found "b", expected the rep of an offer"#,
    ),
    (
        r#"{"format": "exchange/1", "offers": [], "reps": [{"id": "b", "max_moves": 1}, {"id": "b", "max_moves": 1}]}"#,
        r#"line 1, column 104: found rep "b" a second time, expected each id once"#,
    ),
    (
        r#"{"format": "exchange/1", "offers": [], "reps": [{"id": "b", "max_moves": -1}]}"#,
        "line 1, column 76: invalid value: integer `-1`, expected an integer from 0 to 4294967295",
    ),
    (
        r#"{"format": "exchange/1", "offers": [], "reps": [{"id": "b"}]}"#,
        "line 1, column 59: missing field `max_moves`",
    ),
];

/// Lists of arcs, each with one thing wrong, among the offers a, b, and c, where b and c are of one rep.
const ARCS: &[(&str, &str)] = &[
    (r#"{"give": "a", "receive": "z", "gain": 1}"#, r#"arcs[0].receive: found "z", expected the id of an offer"#),
    (r#"{"give": "z", "receive": "a", "gain": 1}"#, r#"arcs[0].give: found "z", expected the id of an offer"#),
    (
        r#"{"give": "a", "receive": "b", "gain": 1}, {"give": "a", "receive": "a", "gain": 1}"#,
        r#"arcs[1].receive: found "a" on both sides, expected two different offers"#,
    ),
    (
        r#"{"give": "b", "receive": "c", "gain": 1}"#,
        r#"arcs[0].receive: found "c", which is of rep "ben" as "b" is, expected two reps"#,
    ),
    (
        r#"{"give": "a", "receive": "b", "gain": 1}, {"give": "b", "receive": "a", "gain": 1},
           {"give": "a", "receive": "b", "gain": 1}"#,
        r#"arcs[2]: found "a" and "b" a second time, expected them in arcs[0] only"#,
    ),
    (
        r#"{"give": "a", "receive": "b", "gain": 1.5}"#,
        "line 1, column 52: invalid type: floating point `1.5`, expected an integer from -1099511627776 to 1099511627776",
    ),
    (
        r#"{"give": "a", "receive": "b", "gain": "5"}"#,
        r#"line 1, column 51: invalid type: string "5", expected an integer from -1099511627776 to 1099511627776"#,
    ),
    (
        r#"{"give": "a", "receive": "b", "gain": 1099511627777}"#,
        "line 1, column 62: invalid value: integer `1099511627777`, expected an integer from -1099511627776 to 1099511627776",
    ),
    (
        r#"{"give": "a", "receive": "b", "gain": -1099511627777}"#,
        "line 1, column 63: invalid value: integer `-1099511627777`, expected an integer from -1099511627776 to 1099511627776",
    ),
    (
        r#"{"give": "a", "receive": "b", "gain": 18446744073709551615}"#,
        "invalid value: integer `18446744073709551615`, expected an integer from -1099511627776 to 1099511627776",
    ),
    (r#"{"give": "a", "receive": "b", "gain": 1e400}"#, "number out of range"),
    (r#"{"give": "a", "receive": "b"}"#, "missing field `gain`"),
    (r#"{"give": "a", "gain": 1}"#, "missing field `receive`"),
    (r#"{"receive": "a", "gain": 1}"#, "missing field `give`"),
    (r#"{"give": "a", "give": "b", "receive": "b", "gain": 1}"#, "duplicate field `give`"),
    (
        r#"{"give": "a", "receive": "b", "gain": 1, "points": 2}"#,
        "unknown field `points`, expected one of `give`, `receive`, `gain`",
    ),
    (r#"["a", "b", 1]"#, "invalid type: sequence, expected an arc: an object with give, receive and gain"),
];

/// Lists of ready-made moves, likewise.
const MOVES: &[(&str, &str)] = &[
    (r#"{"offers": ["a"], "points": 1}"#, "invalid length 1, expected a list of exactly two ids"),
    (r#"{"offers": [], "points": 1}"#, "invalid length 0, expected a list of exactly two ids"),
    (r#"{"offers": ["a", "b", "c"], "points": 1}"#, "found more than two offers, expected a list of exactly two ids"),
    (
        r#"{"offers": ["a", "a"], "points": 1}"#,
        r#"moves[0].offers[1]: found "a" on both sides, expected two different offers"#,
    ),
    (r#"{"offers": ["a", "z"], "points": 1}"#, r#"moves[0].offers[1]: found "z", expected the id of an offer"#),
    (
        r#"{"offers": ["b", "c"], "points": 1}"#,
        r#"moves[0].offers[1]: found "c", which is of rep "ben" as "b" is, expected two reps"#,
    ),
    (
        r#"{"offers": ["a", "b"], "points": 1}, {"offers": ["b", "a"], "points": 1}"#,
        r#"moves[1]: found "a" and "b" a second time, expected them in moves[0] only"#,
    ),
    (
        r#"{"offers": ["a", "b"], "points": 2199023255553}"#,
        "invalid value: integer `2199023255553`, expected an integer from -2199023255552 to 2199023255552",
    ),
    (r#"{"offers": ["a", "b"]}"#, "missing field `points`"),
    (r#"{"points": 1}"#, "missing field `offers`"),
];

/// Graphs, each with one thing wrong.
const DIMACS: &[(&str, &str)] = &[
    ("", "line 1: found the end of the file, expected p edge N M"),
    ("c nothing but words\n\n", "line 3: found the end of the file, expected p edge N M"),
    ("hello", "line 1: found \"hello\", expected p edge N M"),
    ("\n\ne 1 2 3\n", "line 3: found \"e\", expected p edge N M"),
    ("p edge 2\n", "line 1: found 3 words, expected p edge N M"),
    ("p edge 2 1 1\n", "line 1: found \"1\" after the last number, expected p edge N M"),
    ("p col 2 1\n", "line 1: found problem \"col\", expected edge"),
    ("p edge -1 0\n", "line 1: found \"-1\", expected the number of offers: an integer from 0 to 2147483648"),
    (
        "p edge 2147483649 0\n",
        "line 1: found \"2147483649\", expected the number of offers: an integer from 0 to 2147483648",
    ),
    ("p edge 2 x\n", "line 1: found \"x\", expected the number of edges: an integer from 0 to 9223372036854775807"),
    ("p edge 2 1\np edge 2 1\n", "line 2: found a second p line, expected only that of line 1"),
    ("p edge 2 1\nc c\n\na 1 2 3\n", "line 4: found \"a\", expected an edge, e U V W, or a comment, c …"),
    ("p edge 2 1\ne 1 2\n", "line 2: found 3 words, expected e U V W"),
    ("p edge 2 1\ne 1 2 3 4\n", "line 2: found \"4\" after the last number, expected e U V W"),
    ("p edge 2 1\ne 0 2 3\n", "line 2: found \"0\", expected an offer: an integer from 1 to 2"),
    ("p edge 2 1\ne 1 3 3\n", "line 2: found \"3\", expected an offer: an integer from 1 to 2"),
    ("p edge 2 1\ne 2 2 3\n", "line 2: found 2 on both sides, expected two different offers"),
    (
        "p edge 2 1\ne 1 2 1.5\n",
        "line 2: found \"1.5\", expected the weight: an integer from -2199023255552 to 2199023255552",
    ),
    (
        "p edge 2 1\ne 1 2 2199023255553\n",
        "line 2: found \"2199023255553\", expected the weight: an integer from -2199023255552 to 2199023255552",
    ),
    (
        "p edge 2 2\ne 1 2 3\nc c\ne 2 1 3\n",
        "line 4: found a second edge between 1 and 2, expected only that of line 2",
    ),
    ("p edge 3 1\ne 1 2 3\ne 2 3 3\n", "line 3: found an edge more, expected 1 as line 1 says"),
    ("p edge 3 2\ne 1 2 3\n", "line 3: found the end after 1 edges, expected 2 as line 1 says"),
    (
        "p edge 2000000000 9000000000000000000\n",
        "line 2: found the end after 0 edges, expected 9000000000000000000 as line 1 says",
    ),
];

/// Bytes that are no text of either format.
const BYTES: &[(&[u8], &str)] = &[
    (b"\xEF\xBB\xBF{}", "line 1, column 1: found a byte order mark, expected UTF-8 without one"),
    (b" \n \xEF\xBB\xBFp edge 0 0", "line 2, column 2: found a byte order mark, expected UTF-8 without one"),
    (b"\xFF\xFE{\0}\0", "line 1: found \"\u{FFFD}\u{FFFD}{\\0}\\0\", expected p edge N M"),
    (
        b"{\"format\": \"exchange/1\", \"offers\": [{\"id\": \"\xFF\"}]}",
        "line 1, column 45: invalid unicode code point",
    ),
    (b"{\"format\": \"exchange/1\", \"offers\": [{\"id\": \"\\ud800\"}]}", "unexpected end of hex escape"),
    (b"{\"format\": \"exchange/1\", \"offers\": []", "line 1, column 37: EOF while parsing an object"),
    (b"{\"format\": \"exchange/1\", \"offers\": [{\"id", "line 1, column 40: EOF while parsing a string"),
    (b"{\"format\": \"exchange/1\", \"offers\": []} {", "line 1, column 40: trailing characters"),
    (b"\n  {\n\"x\"", "line 3, column 3: unknown field `x`"),
    (b"  {]", "line 1, column 4: key must be a string"),
    (b"{\"format\": \"exchange/1\", \"offers\": [], \"arcs\": [[[[[[[[[[", "invalid type: sequence, expected an arc"),
];

/// Runs the program on inputs it must refuse, and tells all that were not refused as expected.
fn refuses<'a>(arguments: &[&str], cases: impl IntoIterator<Item = (&'a [u8], &'a str)>) {
    let mut wrong = Vec::new();
    for (input, message) in cases {
        let told = solve(&[&["--input", "-"], arguments].concat(), input);
        let refused = told.code == Some(2) && told.out.is_empty() && told.err.starts_with("account-swap: -: ");
        if !refused || !told.err.contains(message) {
            let shown: String = String::from_utf8_lossy(input).chars().take(300).collect();
            wrong.push(format!("{shown}\n  expected {message}\n  found {:?} {}", told.code, told.err));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_market_in_json_that_is_not_right_is_told_where_and_why() {
    refuses(&[], EXCHANGE.iter().map(|(market, message)| (market.as_bytes(), *message)));
    let offers = r#""offers": [{"id": "a"}, {"id": "b", "rep": "ben"}, {"id": "c", "rep": "ben"}]"#;
    for (list, cases) in [("arcs", ARCS), ("moves", MOVES)] {
        // The list stands first, so offers are declared after they are spoken of.
        let market =
            |(chances, _): &(&str, _)| format!("{{\"{list}\": [{chances}], {offers}, \"format\": \"exchange/1\"}}");
        let markets: Vec<String> = cases.iter().map(market).collect();
        refuses(&[], markets.iter().zip(cases).map(|(market, (_, message))| (market.as_bytes(), *message)));
    }
    let long = format!(r#"{{"format": "exchange/1", "offers": [{{"id": "{}"}}]}}"#, "x".repeat(201));
    refuses(&[], [(long.as_bytes(), "line 1, column 246: found an id of 201 bytes, expected 1 to 200")]);
    let deep = format!(r#"{{"format": "exchange/1", "offers": {}"#, "[".repeat(1_000_000));
    refuses(&[], [(deep.as_bytes(), "line 1, column 37: invalid type: sequence, expected an offer")]);
}

#[test]
fn a_graph_that_is_not_right_is_told_by_its_line() {
    refuses(&[], DIMACS.iter().map(|(market, message)| (market.as_bytes(), *message)));
    let long = format!("p edge 0 0\nc {}\n", "x".repeat(70_000));
    refuses(&[], [(long.as_bytes(), "line 2: found more than 65536 bytes, expected a shorter line")]);
}

#[test]
fn bytes_that_are_no_text_are_told_where() {
    refuses(&[], BYTES.iter().copied());
}

#[test]
fn a_format_that_is_named_is_the_one_that_is_read() {
    refuses(&["--format", "dimacs"], [(&b"{}"[..], "line 1: found \"{}\", expected p edge N M")]);
    refuses(&["--format", "exchange"], [(&b"p edge 0 0"[..], "line 1, column 1: expected value")]);
}

#[test]
fn a_market_too_large_to_add_up_is_refused_and_not_solved_wrong() {
    // With thousandths each swap counts 2^41 × 1000 parts; an `i64` holds the sum of some four thousand of them.
    let arcs = (0..5_000).flat_map(|pair| [(2 * pair, 2 * pair + 1), (2 * pair + 1, 2 * pair)]);
    let arc = |(give, receive)| format!(r#"{{"give": "{give}", "receive": "{receive}", "gain": 1099511627776}}"#);
    let offers: Vec<String> = (0..10_000).map(|offer| format!(r#"{{"id": "{offer}"}}"#)).collect();
    let (offers, arcs) = (offers.join(","), arcs.map(arc).collect::<Vec<_>>().join(","));
    let market = format!(r#"{{"format": "exchange/1", "offers": [{offers}], "arcs": [{arcs}]}}"#);
    refuses(&["--unfairness", "0.001"], [(market.as_bytes(), "the market is more than the solver takes")]);
}

#[test]
fn arguments_that_make_no_sense_are_told_what_was_expected() {
    let arcs = r#"{"format": "exchange/1", "offers": []}"#;
    let graph = "p edge 0 0";
    let ready = r#"{"format": "exchange/1", "offers": [], "moves": []}"#;
    for (arguments, market, message) in [
        (&["--max-ring", "5"][..], arcs, "expected 2, 3, 4 or unlimited"),
        (&["--max-ring", "1"], arcs, "expected 2, 3, 4 or unlimited"),
        (&["--objective", "most"], arcs, "expected points, swaps-then-points or worst-gain-first"),
        (&["--format", "xml"], arcs, "expected exchange or dimacs"),
        (&["--max-moves-per-rep", "-1"], arcs, "unexpected argument '-1'"),
        (&["--max-moves-per-rep=-1"], arcs, "expected a number from 0, or none"),
        (&["--unfairness", "1.1"], arcs, "expected a decimal from 0 to 1 with at most 3 places"),
        (&["--unfairness", "0.0001"], arcs, "expected a decimal from 0 to 1 with at most 3 places"),
        (&["--threads", "0"], arcs, "number would be zero"),
        (&["--time-limit", "soon"], arcs, "expected a number of seconds from 0"),
        (&["--time-limit=-1"], arcs, "expected a number of seconds from 0"),
        (&["--time-limit", "NaN"], arcs, "expected a number of seconds from 0"),
        (&["--output", "x", "--check", "y"], arcs, "cannot be used with"),
        (&["--check", "/nonexistent"], arcs, "/nonexistent: No such file"),
        (&["--output", "/nonexistent/plan.json"], arcs, "/nonexistent/plan.json: there is no such folder"),
        (&["--certificate", "/"], arcs, "/: it is a folder"),
        (
            &["--max-ring", "3"],
            graph,
            "--max-ring 3: ready-made moves are swaps of two, so only --max-ring 2 can be asked of them",
        ),
        (
            &["--objective", "worst-gain-first"],
            ready,
            "--objective worst-gain-first: ready-made moves have points and no gains",
        ),
        (
            &["--unfairness", "0.5"],
            ready,
            "--unfairness: ready-made moves have points and no gains, so only 0 can be asked of them",
        ),
        (
            &["--max-ring", "unlimited", "--objective", "swaps-then-points"],
            r#"{"format": "exchange/1", "offers": [{"id": "a"}, {"id": "b"}],
                "arcs": [{"give": "a", "receive": "b", "gain": -1}]}"#,
            r#"no gain may be negative, and that of giving "a" for "b" is -1"#,
        ),
        (
            &["--max-ring", "unlimited", "--unfairness", "0.5"],
            arcs,
            "--unfairness: with --max-ring unlimited only 0 can be taken, for the best rings of any length are found arc \
             by arc",
        ),
    ] {
        let told = solve(&[&["--input", "-"], arguments].concat(), market.as_bytes());
        assert_eq!((told.code, told.out.as_str()), (Some(2), ""), "{arguments:?}: {}", told.err);
        assert!(told.err.contains(message), "{arguments:?}: {}", told.err);
    }
    let told = solve(&["--input", "/nonexistent"], b"");
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("/nonexistent: No such file"), "{}", told.err);
    let told = solve(&[], b"");
    assert_eq!(told.code, Some(2));
    assert!(told.err.contains("--input <FILE>"), "{}", told.err);
}
