//! The same market gives the same bytes, in whatever order it is written and with however many threads.

use super::program::{plan_of, solve};
use proptest::prelude::*;
use std::fmt::Write;

/// A market of arcs, as a list of lines that may stand in any order.
#[derive(Clone, Debug)]
struct Written {
    offers: Vec<String>,
    arcs: Vec<String>,
}

impl Written {
    fn text(&self, arcs_first: bool) -> String {
        let offers = format!("\"offers\": [{}]", self.offers.join(", "));
        let arcs = format!("\"arcs\": [{}]", self.arcs.join(",\n"));
        let (first, second) = if arcs_first { (&arcs, &offers) } else { (&offers, &arcs) };
        format!("{{{first}, {second}, \"format\": \"exchange/1\"}}")
    }
}

/// Markets of up to a dozen offers of half as many reps, with few different gains, so that plans tie.
fn markets() -> impl Strategy<Value = Written> {
    (2_usize..12).prop_flat_map(|offers| {
        let pairs = prop::collection::btree_map((0..offers, 0..offers), -2_i64..4, 0..offers * 6);
        pairs.prop_map(move |pairs| {
            let rep = |offer: usize| offer % offers.div_ceil(2);
            let arcs = pairs.into_iter().filter(|((give, receive), _)| rep(*give) != rep(*receive));
            let arc = |((give, receive), gain)| {
                format!("{{\"give\": \"o{give}\", \"receive\": \"o{receive}\", \"gain\": {gain}}}")
            };
            let offer = |offer| format!("{{\"id\": \"o{offer}\", \"rep\": \"r{}\"}}", rep(offer));
            Written { offers: (0..offers).map(offer).collect(), arcs: arcs.map(arc).collect() }
        })
    })
}

/// A market and another writing of it.
fn shuffled() -> impl Strategy<Value = (Written, Written)> {
    markets().prop_flat_map(|written| {
        let (offers, arcs) = (written.offers.clone(), written.arcs.clone());
        let other = (Just(offers).prop_shuffle(), Just(arcs).prop_shuffle());
        (Just(written), other.prop_map(|(offers, arcs)| Written { offers, arcs }))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_market_gives_the_same_bytes_in_any_order_and_with_any_threads((one, other) in shuffled()) {
        let fairest = ["--objective", "worst-gain-first", "--max-moves-per-rep", "1", "--max-ring"];
        let fairest = ["3", "unlimited"].map(|longest| [&fairest[..], &[longest]].concat());
        for arguments in [&[][..], &["--max-moves-per-rep", "1"], &["--unfairness", "0.5"], &fairest[0], &fairest[1]] {
            let expected = plan_of(&one.text(false), &[arguments, &["--threads", "1"]].concat());
            prop_assert_eq!(&plan_of(&other.text(true), &[arguments, &["--threads", "2"]].concat()), &expected);
        }
    }
}

#[test]
fn a_graph_gives_the_same_bytes_with_its_lines_turned_round() {
    let (mut one, mut other) = (String::from("p edge 60 90\n"), String::from("p edge 60 90\n"));
    // A deterministic tangle of odd rings.
    let edges: Vec<(u32, u32, u32)> =
        (0..90_u32).map(|edge| (edge % 60 + 1, (edge % 60 + 1 + edge / 60 * 2) % 60 + 1, edge * 7 % 5 + 1)).collect();
    for (u, v, weight) in &edges {
        writeln!(one, "e {u} {v} {weight}").unwrap();
    }
    for (u, v, weight) in edges.iter().rev() {
        writeln!(other, "c turned\r\n\te  {v}\t{u} {weight} \r").unwrap();
    }
    assert_eq!(plan_of(&one, &["--threads", "1"]), plan_of(&other, &["--threads", "2"]));
    assert_eq!(solve(&["--input", "-"], one.as_bytes()).code, Some(0));
}
