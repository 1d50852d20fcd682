//! The fairest plan: the smallest gain as large as possible, then the next, and so on; then the points.
//!
//! In: edges with a gain at either end, or arcs with one where they begin. Out: the matching, or the disjoint
//! rings, and the steps that prove it. Holds: no plan is larger in the leximin order of the gains of all
//! vertices, one left out gaining nothing, and none that is as fair has more points. Costs: one
//! maximum-weight matching or assignment for each step; a step decides upon as many ranks of gain as fit 128
//! bits, some 15 where a hundred reps could have each gain and 50 where no two gains are equal. Absent: caps,
//! and negative gains.
//!
//! # How
//!
//! Leximin is a sum of weights of which each rank of gain needs a digit of its own: serve as many as
//! possible, then have as few ends as possible in the lowest rank, then in the next. Numbers with all
//! digits would have thousands; here they are looked at a few at a time, as in C. Huang, T. Kavitha,
//! K. Mehlhorn, D. Michail, "Fair matchings and related problems" (2016), who have bipartite graphs and
//! one rank at a time. By complementary slackness with the duals of any best plan, the best ones are those
//! that use only edges without slack and meet all bounds that have a dual. These are again the plans of the
//! largest weight, if an edge weighs one for each such bound it has a part in: its *share* (see `oracle`).
//! So the next digits are optimised among them by shares that outweigh all digits, and the numbers stay
//! short for ever.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `part` | what is left to decide between, narrowed and split |
//! | `levels` | which digits come next, and what they weigh |
//! | `oracle` | matchings and assignments: what is solved, and which plans are best then |
//! | `cover` | what the duals of a matching pay for an edge |

mod cover;
mod levels;
mod oracle;
mod part;

pub(super) use self::oracle::Duals;

use self::levels::{Digits, Next};
use self::part::{ALL, Part, PartEdge};
use super::proof::Step;

/// An edge that may be chosen, or an arc from its first end to its second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Choice {
    /// One end; of an edge, the smaller.
    pub u: u32,
    /// The other end.
    pub v: u32,
    /// What the ends gain, in this order, not negative; of an arc, the second gains nothing by it.
    pub gains: [i64; 2],
    /// The points, not negative.
    pub points: i64,
}

/// A fairest plan, with its proof.
#[derive(Clone, Debug)]
pub(super) struct Fairest<D> {
    /// What the plan joins each vertex to; of an arc, only the first end is joined.
    pub joined_to: Vec<Option<u32>>,
    /// Whether all steps were taken. If not, the plan is the best so far.
    pub complete: bool,
    /// What proves the plan best, if all steps were taken.
    pub steps: Vec<Step<D>>,
}

/// Numbers of 128 bits are too short for a single digit, which takes more than `2^40` points an edge and some
/// ten million vertices at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooManyVertices;

/// Returns a fairest plan: a matching, or for `Potentials` disjoint rings.
///
/// No two choices join the same vertices, in the same direction. `stop` is asked before each solve but the
/// first of each part, and if it says so, the best plan so far is returned.
///
/// Errors: [`TooManyVertices`].
///
/// Cost: one matching or assignment a step, see the module.
pub(super) fn fairest<D: Duals>(
    vertices: usize,
    choices: &[Choice],
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<Fairest<D>, TooManyVertices> {
    let edges = choices.iter().map(|choice| PartEdge { choice: *choice, share: 0 }).collect();
    let mut steps = Vec::new();
    let mut parts = Vec::new();
    for mut part in Part::whole(vertices, edges).split() {
        let digits = Digits::of_served(&part);
        solve(&mut part, &digits, &mut steps)?;
        parts.extend(part.split());
    }
    let mut joined_to = vec![None; vertices];
    let mut complete = true;
    while let Some(mut part) = parts.pop() {
        complete &= part.is_settled() || !stop();
        if part.is_settled() || !complete {
            for (u, v) in part.pairs() {
                joined_to[u as usize] = Some(v);
            }
            continue;
        }
        match levels::next::<D>(&part) {
            Next::Drop { until } => drop_unused(&mut part, until, &mut steps),
            Next::Solve(digits) => solve(&mut part, &digits, &mut steps)?,
        }
        parts.extend(part.split());
    }
    Ok(Fairest { joined_to, complete, steps })
}

/// Drops the edges with an end in a rank, up to some gain, that the part's plan does not use.
fn drop_unused<D>(part: &mut Part, until: i64, steps: &mut Vec<Step<D>>) {
    let dropped = |&gain: &i64| part.decided < gain && gain <= until;
    let keep: Vec<bool> = part.edges.iter().map(|edge| !edge.choice.gains.iter().any(dropped)).collect();
    steps.push(Step::Drop { of: part.names[0], until });
    part.narrow(&keep, until);
}

/// Optimises some digits in a part and narrows it to the plans that are best in them.
///
/// If the digits turn out to leave something open, only the part's plan is changed, to a fairer one.
fn solve<D: Duals>(part: &mut Part, digits: &Digits, steps: &mut Vec<Step<D>>) -> Result<(), TooManyVertices> {
    if *digits == Digits::default() {
        return Err(TooManyVertices);
    }
    let weights = digits.weights(part);
    let edges = part.edges.iter().zip(&weights);
    let weighed: Vec<_> = edges.map(|(PartEdge { choice, .. }, &weight)| (choice.u, choice.v, weight)).collect();
    let (joined_to, duals) = D::solve(&part.joined_to(), weighed.iter().copied()).ok_or(TooManyVertices)?;
    part.adopt(&joined_to);
    if !digits.is_exact(part) {
        return Ok(());
    }
    let paid = duals.pay(weighed.into_iter());
    let keep: Vec<bool> = paid.iter().map(|paid| paid.is_tight).collect();
    for (edge, paid) in part.edges.iter_mut().zip(paid) {
        edge.share = paid.share;
    }
    let decided = if digits.points.is_some() { ALL } else { digits.decided(part.decided) };
    steps.push(Step::Solve {
        of: part.names[0],
        served: digits.served.is_some(),
        ranks: digits.ranks.iter().map(|digit| digit.until).collect(),
        points: digits.points.is_some(),
        duals,
    });
    part.narrow(&keep, decided);
    Ok(())
}
