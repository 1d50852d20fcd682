//! The fairest matching: the smallest gain as large as possible, then the next, and so on; then the points.
//!
//! In: edges with a gain at either end. Out: the matching, and the steps that prove it. Holds: no matching
//! is larger in the leximin order of the gains of all vertices, an unmatched one gaining nothing, and none
//! that is as fair has more points. Costs: one maximum-weight matching for each step; a step decides upon
//! as many ranks of gain as fit 128 bits, some 15 where a hundred reps could have each gain and 50 where
//! no two gains are equal. Absent: caps other than those built into the graph, and negative gains.
//!
//! # How
//!
//! Leximin is a sum of weights of which each rank of gain needs a digit of its own: serve as many as
//! possible, then have as few ends as possible in the lowest rank, then in the next. Numbers with all
//! digits would have thousands; here they are looked at a few at a time, as in C. Huang, T. Kavitha,
//! K. Mehlhorn, D. Michail, "Fair matchings and related problems" (2016), who have bipartite graphs and
//! one rank at a time. By complementary slackness with the duals of any best matching, the best ones are
//! those that use only edges without slack, match every vertex with a dual, and fill every blossom with
//! a dual. These are again the matchings of the largest weight, if an edge weighs one for each such
//! vertex at its ends and one for each such blossom around it: its *share*. So the next digits are
//! optimised among them by shares that outweigh all digits, and the numbers stay short for ever.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `part` | what is left to decide between, narrowed and split |
//! | `levels` | which digits come next, and what they weigh |
//! | `cover` | what the duals pay for an edge |

mod cover;
mod levels;
mod part;

use self::cover::Cover;
use self::levels::{Digits, Next};
use self::part::{ALL, Part, PartEdge};
use super::proof::Step;
use crate::solver::certificate::Certificate;
use crate::solver::graph::{Edge, Graph, GraphError};
use crate::solver::matching::{Matching, maximum_weight_matching};

/// An edge that may be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// The smaller end.
    pub u: u32,
    /// The larger end.
    pub v: u32,
    /// What the ends gain, in this order, not negative.
    pub gains: [i64; 2],
    /// The points, not negative.
    pub points: i64,
}

/// A fairest matching, with its proof.
#[derive(Clone, Debug)]
pub(super) struct Fairest {
    /// The partner of each vertex; mutual, and along the choices.
    pub mate: Vec<Option<u32>>,
    /// Whether all steps were taken. If not, the matching is the best so far.
    pub complete: bool,
    /// What proves the matching best, if all steps were taken.
    pub steps: Vec<Step>,
}

/// Returns a fairest matching among those that match every vertex marked in `must_match`.
///
/// No two choices join the same vertices, and some matching must match all that are marked. `stop` is
/// asked before each solve, and if it says so, the best matching so far is returned.
///
/// Errors: [`GraphError`] if numbers of 128 bits are too short for a single digit, which takes more than
/// `2^40` points an edge and some ten million vertices at once.
///
/// Cost: one matching a step, see the module.
pub(super) fn fairest(
    must_match: &[bool],
    choices: &[Choice],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Fairest, GraphError<i128>> {
    let share = |choice: &Choice| [choice.u, choice.v].map(|v| u32::from(must_match[v as usize])).iter().sum();
    let edges = choices.iter().map(|choice| PartEdge { choice: *choice, share: share(choice) }).collect();
    let mut whole = Part::whole(must_match.len(), edges);
    let mut steps = Vec::new();
    let digits = Digits::of_served(&whole);
    solve(&mut whole, &digits, &mut steps)?;
    let mut parts = whole.split();
    let mut mate = vec![None; must_match.len()];
    let mut complete = true;
    while let Some(mut part) = parts.pop() {
        complete &= part.is_settled() || !stop();
        if part.is_settled() || !complete {
            for (u, v) in part.pairs() {
                mate[u as usize] = Some(v);
                mate[v as usize] = Some(u);
            }
            continue;
        }
        match levels::next(&part) {
            Next::Drop { until } => drop_unused(&mut part, until, &mut steps),
            Next::Solve(digits) => solve(&mut part, &digits, &mut steps)?,
        }
        parts.extend(part.split());
    }
    Ok(Fairest { mate, complete, steps })
}

/// Drops the edges with an end in a rank, up to some gain, that the part's plan does not use.
fn drop_unused(part: &mut Part, until: i64, steps: &mut Vec<Step>) {
    let dropped = |&gain: &i64| part.decided < gain && gain <= until;
    let keep: Vec<bool> = part.edges.iter().map(|edge| !edge.choice.gains.iter().any(dropped)).collect();
    steps.push(Step::Drop { vertices: part.names.clone(), until });
    part.narrow(&keep, until);
}

/// Optimises some digits in a part and narrows it to the plans that are best in them.
///
/// If the digits turn out to leave something open, only the part's plan is changed, to a fairer one.
fn solve(part: &mut Part, digits: &Digits, steps: &mut Vec<Step>) -> Result<(), GraphError<i128>> {
    if *digits == Digits::default() {
        return Err(GraphError::TotalOutOfRange);
    }
    let weights = digits.weights(part);
    let edge = |(&PartEdge { choice: Choice { u, v, .. }, .. }, &weight): (&PartEdge, &i128)| Edge { u, v, weight };
    let graph = Graph::new(part.vertices(), part.edges.iter().zip(&weights).map(edge).collect())?;
    let Matching { mate, certificate, .. } = maximum_weight_matching(&graph);
    part.adopt(&mate);
    if !digits.is_exact(part) {
        return Ok(());
    }
    let keep = pay(part, &weights, &certificate);
    let decided = if digits.points.is_some() { ALL } else { digits.decided(part.decided) };
    steps.push(Step::Solve {
        vertices: part.names.clone(),
        served: digits.served.is_some(),
        ranks: digits.ranks.iter().map(|digit| digit.until).collect(),
        points: digits.points.is_some(),
        certificate,
    });
    part.narrow(&keep, decided);
    Ok(())
}

/// Gives each edge its new share, and says which ones have no slack.
fn pay(part: &mut Part, weights: &[i128], certificate: &Certificate<i128>) -> Vec<bool> {
    let cover = Cover::new(certificate);
    let mut keep = Vec::with_capacity(weights.len());
    for (edge, weight) in part.edges.iter_mut().zip(weights) {
        let paid = cover.paid(edge.choice.u, edge.choice.v);
        keep.push(paid.sum_2x == 2 * weight);
        edge.share = paid.payers;
    }
    keep
}
