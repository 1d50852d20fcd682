//! Checks that swaps are best under an objective, without knowing how they were found.
//!
//! In: the market, the mates, and a [`Proof`]. Out: the points of the plan, or the first rule that does not
//! hold. Holds: shares only types with the solver; the weights are derived again from the market. Costs:
//! linear in the market and the proof, but for logarithms. Absent: any trust in what a proof says of the
//! weights; it only says which digits come next.
//!
//! For fairness the rules of a step are in `steps`, those of a packing in `packed`, rings of any length in `rings`, and
//! moves of any size in `columns`. Before a step, groups that can make one move at most (their
//! cap or their vertices with usable swaps are no more than one), and are joined over usable swaps to
//! such groups only, become single vertices; of the swaps between two of them only the best counts: the
//! fairest gains, then the most points, then the smallest vertices, then the larger gain at the smaller
//! vertex.

mod columns;
mod duals;
mod packed;
mod rings;
mod steps;

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;

pub use self::columns::verify_fairest_columns;
pub use self::rings::verify_fairest_rings;
pub use self::steps::StepError;
use super::proof::{CountedProof, Proof};
use super::{Objective, Swap};
use crate::solver::graph::{Edge, Graph, GraphError};
use crate::solver::verify::{CertificateError, verify_capped};
use crate::solver::weight::Weight;

/// What a proof shows of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The points of the plan.
    pub points: i64,
    /// The groups of whose gains nothing is proven, ascending: those that can make several moves, under
    /// [`Objective::WorstGainFirst`], and those joined to them.
    pub unproven: Vec<u32>,
}

/// Checks that a plan is best under an objective; the other arguments are those of
/// [`best_swaps`](super::best_swaps) and parts of what it returns.
///
/// Errors: [`UnprovenPlan`] names the first broken rule and where.
///
/// Cost: see the module.
pub fn verify_best_swaps(
    vertices: usize,
    swaps: &[Swap],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    objective: Objective,
    mate: &[Option<u32>],
    proof: &Proof,
) -> Result<Verified, UnprovenPlan> {
    check_groups(vertices, group_of, cap_of_group)?;
    let known = |swap: &Swap| (swap.u as usize) < vertices && (swap.v as usize) < vertices && swap.u != swap.v;
    if let Some(index) = swaps.iter().position(|swap| !known(swap)) {
        return Err(UnprovenPlan::NotASwap { index });
    }
    let market = Market { vertices, swaps, group_of, cap_of_group, objective };
    let pairs = market.check_mates(mate)?;
    let points: i128 = pairs.iter().map(|pair| i128::from(pair.points)).sum();
    let points = i64::try_from(points).map_err(|_| UnprovenPlan::TooLarge)?;
    let mut unproven = Vec::new();
    match (objective, proof) {
        (Objective::WorstGainFirst, Proof::Fairest(proof)) => {
            let fair = market.between_single_movers();
            let mut chosen = BTreeSet::new();
            for pair in pairs {
                let groups = market.groups(&pair);
                let Some(best) = fair.best.get(&groups) else {
                    continue;
                };
                if worth(best) != worth(&pair) {
                    return Err(UnprovenPlan::BetterSwap { groups });
                }
                chosen.insert(groups);
            }
            steps::verify(cap_of_group.len(), &fair.best, &chosen, proof)?;
            unproven = fair.others;
        }
        (Objective::Points | Objective::MovesThenPoints, Proof::Counted(proof)) => {
            market.check_counted(mate, proof, |weight| i64::try_from(weight).ok(), UnprovenPlan::Counted)?;
        }
        (Objective::Points | Objective::MovesThenPoints, Proof::CountedWide(proof)) => {
            market.check_counted(mate, proof, Some, UnprovenPlan::CountedWide)?;
        }
        _ => return Err(UnprovenPlan::OtherObjective),
    }
    Ok(Verified { points, unproven })
}

/// Checks that groups fit the vertices and the caps.
fn check_groups(vertices: usize, group_of: &[u32], cap_of_group: &[Option<u32>]) -> Result<(), UnprovenPlan> {
    let fit = group_of.len() == vertices && group_of.iter().all(|&group| (group as usize) < cap_of_group.len());
    if fit { Ok(()) } else { Err(UnprovenPlan::Groups) }
}

/// Returns the groups that can make several moves and those joined to them, over however many others.
fn joined_to_others(pairs: impl Iterator<Item = (u32, u32)>, moves: &[u32]) -> BTreeSet<u32> {
    let mut joined: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for (g, h) in pairs {
        joined.entry(g).or_default().insert(h);
        joined.entry(h).or_default().insert(g);
    }
    let mut others: BTreeSet<u32> = joined.keys().copied().filter(|&group| moves[group as usize] >= 2).collect();
    let mut edge: Vec<u32> = others.iter().copied().collect();
    while let Some(group) = edge.pop() {
        edge.extend(joined[&group].iter().filter(|&&next| others.insert(next)));
    }
    others
}

/// What was asked.
#[derive(Clone, Copy)]
struct Market<'m> {
    vertices: usize,
    swaps: &'m [Swap],
    group_of: &'m [u32],
    cap_of_group: &'m [Option<u32>],
    objective: Objective,
}

/// The swaps that count between groups that make one move at most, by their groups, the smaller first;
/// the gains are turned to that order too.
struct BetweenSingleMovers {
    best: BTreeMap<(u32, u32), Swap>,
    /// The other groups that have a usable swap.
    others: Vec<u32>,
}

/// Returns what two swaps between the same groups are compared by.
fn worth(swap: &Swap) -> (i64, i64, i64) {
    let [a, b] = swap.gains;
    (a.min(b), a.max(b), swap.points)
}

impl Market<'_> {
    fn is_usable(&self, swap: &Swap) -> bool {
        let gains_matter = self.objective == Objective::WorstGainFirst;
        swap.points >= 0 && !(gains_matter && swap.gains.iter().any(|&gain| gain < 0))
    }

    fn groups(&self, swap: &Swap) -> (u32, u32) {
        let (g, h) = (self.group_of[swap.u as usize], self.group_of[swap.v as usize]);
        (g.min(h), g.max(h))
    }

    /// Checks that mates are mutual, joined by a usable swap, and within the caps; returns the best swap
    /// between each two.
    fn check_mates(&self, mate: &[Option<u32>]) -> Result<Vec<Swap>, UnprovenPlan> {
        if mate.len() != self.vertices {
            return Err(UnprovenPlan::MateCount { expected: self.vertices, found: mate.len() });
        }
        let mut moves = vec![0u64; self.cap_of_group.len()];
        for (vertex, other) in (0u32..).zip(mate) {
            let Some(other) = *other else {
                continue;
            };
            if mate.get(other as usize) != Some(&Some(vertex)) || other == vertex {
                return Err(UnprovenPlan::NotMutual { vertex });
            }
            moves[self.group_of[vertex as usize] as usize] += 1;
        }
        for (group, (cap, &found)) in (0u32..).zip(self.cap_of_group.iter().zip(&moves)) {
            if cap.is_some_and(|cap| found > u64::from(cap)) {
                return Err(UnprovenPlan::CapExceeded { group });
            }
        }
        let mut best: BTreeMap<u32, Swap> = BTreeMap::new();
        for swap in self.swaps.iter().filter(|swap| self.is_usable(swap) && mate[swap.u as usize] == Some(swap.v)) {
            let better = |kept: &Swap| match self.objective {
                Objective::WorstGainFirst => worth(swap) > worth(kept),
                _ => swap.points > kept.points,
            };
            let vertex = swap.u.min(swap.v);
            if best.get(&vertex).is_none_or(better) {
                best.insert(vertex, *swap);
            }
        }
        for (vertex, other) in (0u32..).zip(mate) {
            if other.is_some_and(|other| vertex < other) && !best.contains_key(&vertex) {
                return Err(UnprovenPlan::NoSwap { vertex });
            }
        }
        Ok(best.into_values().collect())
    }

    /// Checks one certificate over points, or over points and what a swap is worth by itself.
    fn check_counted<W: Weight>(
        &self,
        mate: &[Option<u32>],
        proof: &CountedProof<W>,
        narrow: impl Fn(i128) -> Option<W>,
        refuse: impl Fn(CertificateError<W>) -> UnprovenPlan,
    ) -> Result<(), UnprovenPlan> {
        let mut most: BTreeMap<u32, i64> = BTreeMap::new();
        for swap in self.swaps {
            for vertex in [swap.u, swap.v] {
                let kept = most.entry(vertex).or_default();
                *kept = swap.points.max(*kept);
            }
        }
        let half: i128 = most.values().map(|&points| i128::from(points)).sum::<i128>() / 2;
        let by_itself = if self.objective == Objective::MovesThenPoints { half + 1 } else { 0 };
        let mut edges = Vec::new();
        for swap in self.swaps.iter().filter(|swap| self.is_usable(swap)) {
            let weight = narrow(by_itself + i128::from(swap.points)).ok_or(UnprovenPlan::TooLarge)?;
            edges.push(Edge { u: swap.u, v: swap.v, weight });
        }
        let too_large = |error| refuse(CertificateError::CapsTooLarge(error));
        let graph = Graph::new(self.vertices, edges).map_err(too_large)?;
        // A swap of no weight adds nothing and is no edge of the graph.
        let weighs =
            |(vertex, other): (u32, &Option<u32>)| other.filter(|&v| graph.weight_between(vertex, v).is_some());
        let mate: Vec<Option<u32>> = (0u32..).zip(mate).map(weighs).collect();
        let CountedProof { extra_mates, certificate } = proof;
        verify_capped(&graph, self.group_of, self.cap_of_group, &mate, extra_mates, certificate).map_err(refuse)
    }

    /// Returns what is left of the market when groups that make one move at most become vertices.
    fn between_single_movers(&self) -> BetweenSingleMovers {
        let usable = || self.swaps.iter().filter(|swap| self.is_usable(swap));
        let movers: BTreeSet<(u32, u32)> =
            usable().flat_map(|swap| [swap.u, swap.v]).map(|vertex| (self.group_of[vertex as usize], vertex)).collect();
        let mut moves = vec![0u32; self.cap_of_group.len()];
        for &(group, _) in &movers {
            let moves = &mut moves[group as usize];
            *moves = self.cap_of_group[group as usize].map_or(*moves + 1, |cap| cap.min(*moves + 1));
        }
        let possible = |swap: &&Swap| {
            let (g, h) = self.groups(swap);
            moves[g as usize].min(moves[h as usize]) >= if g == h { 2 } else { 1 }
        };
        let others = joined_to_others(usable().filter(possible).map(|swap| self.groups(swap)), &moves);
        let mut best: BTreeMap<(u32, u32), Swap> = BTreeMap::new();
        for swap in usable().filter(possible).filter(|swap| !others.contains(&self.groups(swap).0)) {
            let groups = self.groups(swap);
            let turned = self.turned(swap);
            let rank = |swap: &Swap| {
                let (u, v) = (swap.u.min(swap.v), swap.u.max(swap.v));
                (worth(swap), std::cmp::Reverse((u, v)), swap.gains[usize::from(swap.u > swap.v)])
            };
            if best.get(&groups).is_none_or(|kept| rank(&turned) > rank(kept)) {
                best.insert(groups, turned);
            }
        }
        BetweenSingleMovers { best, others: others.into_iter().collect() }
    }

    /// Turns a swap so that the smaller group comes first.
    fn turned(&self, swap: &Swap) -> Swap {
        let Swap { u, v, points, gains: [a, b] } = *swap;
        let ascends = self.group_of[u as usize] <= self.group_of[v as usize];
        if ascends { *swap } else { Swap { u: v, v: u, points, gains: [b, a] } }
    }
}

/// The first rule that a plan or its proof breaks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnprovenPlan {
    /// The groups do not fit the vertices or the caps.
    Groups,
    /// A swap is not between two different vertices that exist.
    NotASwap {
        /// Its index.
        index: usize,
    },
    /// There is not one mate for each vertex.
    MateCount {
        /// The number of vertices.
        expected: usize,
        /// The number of mates.
        found: usize,
    },
    /// A vertex is matched to one that is not matched to it.
    NotMutual {
        /// The vertex.
        vertex: u32,
    },
    /// A vertex is matched to one, or followed by one, with which no swap or arc is that may be chosen.
    NoSwap {
        /// The vertex.
        vertex: u32,
    },
    /// A vertex is followed by one that nothing follows, or that follows another, too.
    NotARing {
        /// The vertex.
        vertex: u32,
    },
    /// What is named as chosen is no column that may be, or comes too late in the list.
    NotAColumn {
        /// Its index.
        column: u32,
    },
    /// Two chosen columns have a vertex in common.
    TakenTwice {
        /// The vertex.
        vertex: u32,
    },
    /// A group makes more moves than its cap.
    CapExceeded {
        /// The group.
        group: u32,
    },
    /// Between two groups there is a better swap than the one chosen.
    BetterSwap {
        /// The groups.
        groups: (u32, u32),
    },
    /// The proof is one for another objective.
    OtherObjective,
    /// A weight does not fit the numbers of the proof, or the points do not fit 64 bits.
    TooLarge,
    /// The certificate over 64 bits does not hold.
    Counted(CertificateError<i64>),
    /// The certificate over 128 bits does not hold.
    CountedWide(CertificateError<i128>),
    /// A step does not hold.
    Step {
        /// Its index.
        step: usize,
        /// What is wrong with it.
        error: StepError,
    },
    /// A step of a packing does not hold.
    Packing {
        /// Its index.
        step: usize,
        /// What is wrong with it.
        error: StepError,
    },
    /// There is no packing, so that it is open whether more can be served.
    OpenServed,
    /// After the last packing it is still open whether fewer need to gain so little.
    OpenGain {
        /// The gain.
        gain: i64,
    },
    /// After the last packing it is still open whether another plan, as fair, has more points.
    OpenPoints,
    /// After the last step it is still open whether another plan is better.
    Open {
        /// Two groups whose swap is neither chosen nor ruled out.
        groups: (u32, u32),
    },
}

impl fmt::Display for UnprovenPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Groups => write!(f, "the groups do not fit the vertices or the caps"),
            Self::NotASwap { index } => write!(f, "swap {index} is not between two of the vertices"),
            Self::MateCount { expected, found } => write!(f, "{found} mates are given for {expected} vertices"),
            Self::NotMutual { vertex } => write!(f, "vertex {vertex} is not the mate of its mate"),
            Self::NoSwap { vertex } => {
                write!(f, "vertex {vertex} has a mate, but no swap or arc with it may be chosen")
            }
            Self::NotARing { vertex } => {
                write!(f, "what follows vertex {vertex} follows another, too, or is on no ring")
            }
            Self::NotAColumn { column } => write!(f, "column {column} may not be chosen, or does not come in order"),
            Self::TakenTwice { vertex } => write!(f, "vertex {vertex} is in two of the chosen columns"),
            Self::CapExceeded { group } => write!(f, "group {group} makes more moves than its cap"),
            Self::BetterSwap { groups: (g, h) } => {
                write!(f, "between the groups {g} and {h} there is a better swap than the one chosen")
            }
            Self::OtherObjective => write!(f, "the proof is one for another objective"),
            Self::TooLarge => write!(f, "a weight or the points do not fit the numbers of the proof"),
            Self::Counted(error) => error.fmt(f),
            Self::CountedWide(error) => error.fmt(f),
            Self::Step { step, error } => write!(f, "step {step}: {error}"),
            Self::Packing { step, error } => write!(f, "step {step} of the packings: {error}"),
            Self::OpenServed => write!(f, "nothing is proven of how many can be served"),
            Self::OpenGain { gain } => write!(f, "nothing is proven of how many need gain as little as {gain}"),
            Self::OpenPoints => write!(f, "nothing is proven of the points of plans that are as fair"),
            Self::Open { groups: (g, h) } => {
                write!(f, "the swap between the groups {g} and {h} is neither chosen nor ruled out")
            }
        }
    }
}

impl Error for UnprovenPlan {}

impl From<GraphError<i128>> for StepError {
    fn from(error: GraphError<i128>) -> Self {
        Self::Certificate(CertificateError::CapsTooLarge(error))
    }
}

#[cfg(test)]
mod tests;
