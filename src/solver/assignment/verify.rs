//! Checks that a set of cycles is the best possible, without knowing how it was found.
//!
//! In: a digraph, what follows each vertex, and potentials. Out: nothing, or the first rule that does not hold and
//! where.
//! Holds: if [`verify_assignment`] accepts, no set of disjoint cycles of the digraph weighs more. Only the types of the
//! digraph and of the potentials are shared with the solver; no code is.
//! Costs: `O(n + m)` time, after finding each chosen arc in its row. Absent: any repair, and any trust in the solver.
//!
//! The rules are those of complementary slackness. For every set `N` of disjoint cycles, `w(N)` is at most the sum of
//! `from[a.from] + to[a.to]` over its arcs `a`, and this at most the sum of all potentials, for those of a vertex that
//! stays add up to nothing or more. For the cycles at hand both are equalities.

use std::error::Error;
use std::fmt;

use super::super::digraph::Digraph;
use super::super::weight::Weight;
use super::Potentials;

/// Checks that disjoint cycles have the largest weight of all in a digraph.
///
/// `next[v]` is the vertex that follows `v` on its cycle; there is one potential of each kind for each vertex.
///
/// Errors: [`AssignmentError`] names the first broken rule and where.
///
/// Cost: `O(m + n log d)`, `d` the largest number of arcs that leave a vertex.
pub fn verify_assignment<W: Weight>(
    digraph: &Digraph<W>,
    next: &[Option<u32>],
    potentials: &Potentials<W>,
) -> Result<(), AssignmentError<W>> {
    check_cycles(digraph, next)?;
    for found in [potentials.from.len(), potentials.to.len()] {
        if found != digraph.vertices() {
            return Err(AssignmentError::PotentialCount { expected: digraph.vertices(), found });
        }
    }
    for from in 0..digraph.vertices() as u32 {
        let follows = next[from as usize];
        check_slack(potentials, from, from, W::ZERO, follows.is_none())?;
        for arc in digraph.successors(from) {
            check_slack(potentials, from, arc.to, arc.weight, follows == Some(arc.to))?;
        }
    }
    Ok(())
}

/// Checks that what follows is joined by an arc, follows one only, and is followed.
pub(super) fn check_cycles<W: Weight>(digraph: &Digraph<W>, next: &[Option<u32>]) -> Result<(), AssignmentError<W>> {
    if next.len() != digraph.vertices() {
        return Err(AssignmentError::NextCount { expected: digraph.vertices(), found: next.len() });
    }
    let mut entered = vec![false; next.len()];
    for (from, &to) in (0u32..).zip(next) {
        let Some(to) = to else { continue };
        if digraph.weight_from(from, to).is_none() {
            return Err(AssignmentError::NextWithoutArc { from, to });
        }
        if next[to as usize].is_none() {
            return Err(AssignmentError::CycleBroken { from, to });
        }
        if std::mem::replace(&mut entered[to as usize], true) {
            return Err(AssignmentError::EnteredTwice { from, to });
        }
    }
    // As many are entered as are left, and all that are entered are left: so all that are left are entered.
    Ok(())
}

/// Checks the slack of one choice, which is none if it is taken.
fn check_slack<W: Weight>(
    potentials: &Potentials<W>,
    from: u32,
    to: u32,
    weight: W,
    taken: bool,
) -> Result<(), AssignmentError<W>> {
    let sum = potentials.from[from as usize].checked_add(potentials.to[to as usize]);
    let slack = sum.and_then(|sum| sum.checked_add(-weight)).ok_or(AssignmentError::SlackOutOfRange { from, to })?;
    if slack < W::ZERO {
        return Err(AssignmentError::NegativeSlack { from, to, slack });
    }
    if taken && slack > W::ZERO {
        return Err(AssignmentError::LooseChoice { from, to, slack });
    }
    Ok(())
}

/// The first rule that cycles or their potentials break. Where `from` and `to` are the same vertex, it is staying that
/// breaks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AssignmentError<W = i64> {
    /// There is not one entry for each vertex.
    NextCount {
        /// The number of vertices.
        expected: usize,
        /// The number of entries.
        found: usize,
    },
    /// A vertex is followed by one to which no arc leads.
    NextWithoutArc {
        /// The vertex.
        from: u32,
        /// What follows it.
        to: u32,
    },
    /// A vertex is followed by one that nothing follows.
    CycleBroken {
        /// The vertex.
        from: u32,
        /// What follows it.
        to: u32,
    },
    /// A vertex is followed by one that follows a smaller vertex, too.
    EnteredTwice {
        /// The vertex.
        from: u32,
        /// What follows it.
        to: u32,
    },
    /// There is not one potential of each kind for each vertex.
    PotentialCount {
        /// The number of vertices.
        expected: usize,
        /// The number of potentials.
        found: usize,
    },
    /// Two potentials and a weight add up to what no number can hold.
    SlackOutOfRange {
        /// The vertex that is left.
        from: u32,
        /// The vertex that is entered.
        to: u32,
    },
    /// A weight is more than the potentials of its ends.
    NegativeSlack {
        /// The vertex that is left.
        from: u32,
        /// The vertex that is entered.
        to: u32,
        /// The potentials less the weight.
        slack: W,
    },
    /// What is chosen weighs less than the potentials of its ends.
    LooseChoice {
        /// The vertex that is left.
        from: u32,
        /// The vertex that is entered.
        to: u32,
        /// The potentials less the weight.
        slack: W,
    },
}

impl<W: Weight> fmt::Display for AssignmentError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NextCount { expected, found } => {
                write!(f, "{found} entries say what follows {expected} vertices")
            }
            Self::NextWithoutArc { from, to } => {
                write!(f, "vertex {from} is followed by {to}, but no arc leads there")
            }
            Self::CycleBroken { from, to } => {
                write!(f, "vertex {from} is followed by {to}, which nothing follows")
            }
            Self::EnteredTwice { from, to } => {
                write!(f, "vertex {from} is followed by {to}, which follows another vertex, too")
            }
            Self::PotentialCount { expected, found } => {
                write!(f, "there are {found} potentials of a kind for {expected} vertices")
            }
            Self::SlackOutOfRange { from, to } => {
                write!(f, "the slack from vertex {from} to {to} is more than a number can hold")
            }
            Self::NegativeSlack { from, to, slack } => {
                write!(f, "the slack from vertex {from} to {to} is {slack:?}, less than nothing")
            }
            Self::LooseChoice { from, to, slack } => {
                write!(f, "vertex {to} follows {from}, but the potentials exceed the weight by {slack:?}")
            }
        }
    }
}

impl<W: Weight> Error for AssignmentError<W> {}
