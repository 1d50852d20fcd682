//! The rules of the steps towards the fairest plan.
//!
//! A step speaks of the vertices that open edges join to one it names. What is best for these alone is then part of
//! what is best for all, for plans are compared by counts that add up. Of them, the *admissible* plans
//! are those with the largest sum of shares; at first shares are zero and every plan is admissible.
//!
//! - [`Step::Drop`]: no chosen edge has an end with a gain above those decided upon and up to `until`; so no
//!   fairest plan has one, and the open edges with such an end close.
//! - [`Step::Solve`]: the digits are the number of served ends, if nothing is decided upon yet, then for
//!   each rank the ends with gains above the rank before and up to its own, then the points, if no open
//!   end has a larger gain. Unless only one gain falls in a rank, no chosen edge may have an end in it. A
//!   digit weighs one more than all later ones can; what ranks can is the number of vertices with an end in
//!   them, what points can is half the sum of the most at each vertex, as often as edges of a plan meet
//!   there. An edge weighs its share, which outweighs all digits, and its digits, ends in ranks counting
//!   against it. The chosen edges must be a plan of the largest weight by the duals. Edges with slack then
//!   close, and the others get their new share: by complementary slackness the plans with the largest sum
//!   of these are the best ones. See `duals`.
//!
//! In the end all open edges must be chosen, or the points decided upon.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::UnprovenPlan;
use super::duals::{Duals, Judged, Weighed};
use crate::solver::assignment::AssignmentError;
use crate::solver::objective::Swap;
use crate::solver::objective::proof::Step;
use crate::solver::rings::refused::ProofError;
use crate::solver::verify::CertificateError;

/// Says that not even the number of served vertices is decided upon.
const NOTHING: i64 = -1;
/// Says that the points are decided upon.
const ALL: i64 = i64::MAX;

/// Checks the steps for chosen pairs of vertices, of the swaps or arcs that count between them.
pub(super) fn verify<D: Duals>(
    vertices: usize,
    swaps: &BTreeMap<(u32, u32), Swap>,
    chosen: &BTreeSet<(u32, u32)>,
    steps: &[Step<D>],
) -> Result<(), UnprovenPlan> {
    let mut open = Open::new(vertices, swaps, chosen);
    for (step, proof) in steps.iter().enumerate() {
        open.check(proof).map_err(|error| UnprovenPlan::Step { step, error })?;
    }
    let undecided = |edge: &&OpenEdge| edge.is_open && !edge.is_chosen && open.decided[edge.ends[0] as usize] != ALL;
    match open.edges.iter().find(undecided) {
        Some(&OpenEdge { ends: [g, h], .. }) => Err(UnprovenPlan::Open { groups: (g, h) }),
        None => Ok(()),
    }
}

#[derive(Clone, Debug)]
struct OpenEdge {
    ends: [u32; 2],
    gains: [i64; 2],
    points: i64,
    share: u32,
    is_chosen: bool,
    is_open: bool,
}

/// What is not yet ruled out.
struct Open {
    edges: Vec<OpenEdge>,
    edges_at: Vec<Vec<u32>>,
    /// The largest gain decided upon at each vertex.
    decided: Vec<i64>,
    /// The number of each vertex in the step being checked, or `u32::MAX`.
    number_of: Vec<u32>,
}

impl Open {
    fn new(vertices: usize, swaps: &BTreeMap<(u32, u32), Swap>, chosen: &BTreeSet<(u32, u32)>) -> Self {
        let mut edges_at = vec![Vec::new(); vertices];
        let mut edges = Vec::with_capacity(swaps.len());
        for (index, (&(u, v), swap)) in (0u32..).zip(swaps) {
            edges_at[u as usize].push(index);
            edges_at[v as usize].push(index);
            edges.push(OpenEdge {
                ends: [u, v],
                gains: swap.gains,
                points: swap.points,
                share: 0,
                is_chosen: chosen.contains(&(u, v)),
                is_open: true,
            });
        }
        Self { edges, edges_at, decided: vec![NOTHING; vertices], number_of: vec![u32::MAX; vertices] }
    }

    fn check<D: Duals>(&mut self, step: &Step<D>) -> Result<(), StepError> {
        let &(Step::Drop { of, .. } | Step::Solve { of, .. }) = step;
        // All that are joined have come equally far, for steps part and never join.
        let decided = *self.decided.get(of as usize).ok_or(StepError::Vertex)?;
        let (vertices, edges) = self.joined_to(of);
        let checked = match step {
            Step::Drop { until, .. } => self.check_drop(&edges, decided, *until),
            Step::Solve { .. } => self.check_solve(vertices.len(), &edges, decided, step),
        };
        for &vertex in &vertices {
            self.number_of[vertex as usize] = u32::MAX;
        }
        let now = checked?;
        for vertex in vertices {
            self.decided[vertex as usize] = now;
        }
        Ok(())
    }

    /// Returns the vertices that open edges join to one, ascending and so numbered, and these edges.
    fn joined_to(&mut self, vertex: u32) -> (Vec<u32>, Vec<u32>) {
        let (mut vertices, mut edges) = (vec![vertex], Vec::new());
        self.number_of[vertex as usize] = 0;
        let mut at = 0;
        while let Some(&vertex) = vertices.get(at) {
            at += 1;
            let edges_at = &mut self.edges_at[vertex as usize];
            edges_at.retain(|&edge| self.edges[edge as usize].is_open);
            for &edge in edges_at.iter() {
                let [u, v] = self.edges[edge as usize].ends;
                let other = if u == vertex { v } else { u };
                if self.number_of[other as usize] == u32::MAX {
                    self.number_of[other as usize] = 0;
                    vertices.push(other);
                }
                if u == vertex {
                    edges.push(edge);
                }
            }
        }
        vertices.sort_unstable();
        for (number, &vertex) in (0u32..).zip(&vertices) {
            self.number_of[vertex as usize] = number;
        }
        (vertices, edges)
    }

    fn check_drop(&mut self, edges: &[u32], decided: i64, until: i64) -> Result<i64, StepError> {
        if decided == NOTHING || decided == ALL || until <= decided || until == ALL {
            return Err(StepError::OutOfTurn);
        }
        for &edge in edges {
            let edge = &mut self.edges[edge as usize];
            if edge.gains.iter().any(|&gain| decided < gain && gain <= until) {
                if edge.is_chosen {
                    return Err(StepError::UsedGain { vertices: edge.ends });
                }
                edge.is_open = false;
            }
        }
        Ok(until)
    }

    fn check_solve<D: Duals>(
        &mut self,
        vertices: usize,
        edges: &[u32],
        decided: i64,
        step: &Step<D>,
    ) -> Result<i64, StepError> {
        let Step::Solve { served, ranks, points, duals, .. } = step else {
            return Err(StepError::OutOfTurn);
        };
        if decided == ALL || *served != (decided == NOTHING) || ranks.last() == Some(&ALL) {
            return Err(StepError::OutOfTurn);
        }
        let decided = decided.max(0);
        let weigh = self.weights::<D>(vertices, edges, decided, (*served, ranks, *points))?;
        let weighed = edges.iter().zip(weigh).map(|(&edge, weight)| {
            let OpenEdge { ends, is_chosen, .. } = self.edges[edge as usize];
            Weighed { ends: ends.map(|vertex| self.number_of[vertex as usize]), weight, is_chosen }
        });
        let weighed: Vec<Weighed> = weighed.collect();
        for (&edge, Judged { is_tight, share }) in edges.iter().zip(duals.judge(vertices, &weighed)?) {
            let edge = &mut self.edges[edge as usize];
            (edge.is_open, edge.share) = (is_tight, share);
            if edge.is_chosen && !edge.is_open {
                return Err(StepError::Worthless { vertices: edge.ends });
            }
        }
        Ok(if *points { ALL } else { ranks.last().copied().unwrap_or(decided) })
    }

    /// Derives the weights of a step's edges.
    fn weights<D: Duals>(
        &self,
        vertices: usize,
        edges: &[u32],
        decided: i64,
        (served, ranks, points): (bool, &[i64], bool),
    ) -> Result<Vec<i128>, StepError> {
        if !ranks.is_sorted_by(|a, b| a < b) || ranks.first().is_some_and(|&first| first <= decided) {
            return Err(StepError::Ranks);
        }
        let mut ends_in = vec![BTreeSet::new(); ranks.len()];
        let mut gains_in = vec![BTreeSet::new(); ranks.len()];
        let mut is_used = vec![false; ranks.len()];
        let mut most = vec![0; vertices];
        let rank_of = |gain: i64| {
            let rank = ranks.partition_point(|&until| until < gain);
            (gain > decided).then_some(rank)
        };
        for edge in edges.iter().map(|&edge| &self.edges[edge as usize]) {
            for (&vertex, &gain) in edge.ends.iter().zip(&edge.gains) {
                let most = &mut most[self.number_of[vertex as usize] as usize];
                *most = edge.points.max(*most);
                match rank_of(gain) {
                    Some(rank) if rank < ranks.len() => {
                        ends_in[rank].insert(vertex);
                        gains_in[rank].insert(gain);
                        is_used[rank] |= edge.is_chosen;
                    }
                    Some(_) if points => return Err(StepError::PointsTooEarly { gain }),
                    _ => {}
                }
            }
        }
        if let Some(rank) = (0..ranks.len()).find(|&rank| is_used[rank] && gains_in[rank].len() > 1) {
            return Err(StepError::MixedRank { until: ranks[rank] });
        }
        let most_points = most.into_iter().map(i128::from).sum::<i128>() * D::EDGES_AT_VERTEX / 2;
        let grown = |weight: i128, most: usize| weight.checked_mul(most as i128 + 1).ok_or(StepError::TooLarge);
        let mut weight: i128 = if points { most_points + 1 } else { 1 };
        let mut weight_of_rank = vec![0; ranks.len()];
        for rank in (0..ranks.len()).rev() {
            weight_of_rank[rank] = weight;
            weight = grown(weight, ends_in[rank].len())?;
        }
        let weight_of_served = if served { weight } else { 0 };
        let weight_of_share = if served { grown(weight, vertices)? } else { weight };
        let weigh = |edge: &OpenEdge| {
            let mut sum = weight_of_share.checked_mul(i128::from(edge.share)).ok_or(StepError::TooLarge)?;
            sum += if points { i128::from(edge.points) } else { 0 };
            for gain in edge.gains {
                let against = rank_of(gain).and_then(|rank| weight_of_rank.get(rank)).copied().unwrap_or(0);
                sum += if gain > 0 { weight_of_served } else { 0 };
                sum -= against;
            }
            Ok(sum)
        };
        edges.iter().map(|&edge| weigh(&self.edges[edge as usize])).collect()
    }
}

/// What is wrong with a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepError {
    /// The vertex it names does not exist.
    Vertex,
    /// The step does not come at this time, or decides upon nothing new.
    OutOfTurn,
    /// The plan has an end with a gain that is to be dropped.
    UsedGain {
        /// The ends of the chosen edge.
        vertices: [u32; 2],
    },
    /// The ranks do not ascend above what is decided upon.
    Ranks,
    /// Several gains fall in a rank in which the plan has an end.
    MixedRank {
        /// The largest gain of the rank.
        until: i64,
    },
    /// The points are asked for before every gain is decided upon.
    PointsTooEarly {
        /// A gain that is not.
        gain: i64,
    },
    /// The weights do not fit 128 bits.
    TooLarge,
    /// A chosen edge has slack, or is worth less than nothing.
    Worthless {
        /// Its ends.
        vertices: [u32; 2],
    },
    /// The duals of a matching do not hold; its vertices are numbered within the step.
    Certificate(CertificateError<i128>),
    /// The potentials of an assignment do not hold; its vertices are numbered within the step.
    Assignment(AssignmentError<i128>),
    /// The proof of a packing does not hold; its rows are those of the step.
    Packing(ProofError),
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vertex => write!(f, "the vertex it names does not exist"),
            Self::OutOfTurn => write!(f, "it does not come at this time, or decides upon nothing new"),
            Self::UsedGain { vertices: [u, v] } => {
                write!(f, "the swap of {u} and {v} is chosen and has a gain that is to be dropped")
            }
            Self::Ranks => write!(f, "the ranks do not ascend above what is decided upon"),
            Self::MixedRank { until } => write!(f, "the rank up to {until} is used and mixes several gains"),
            Self::PointsTooEarly { gain } => write!(f, "points are compared while the gain {gain} is not decided upon"),
            Self::TooLarge => write!(f, "the weights do not fit 128 bits"),
            Self::Worthless { vertices: [u, v] } => {
                write!(f, "the swap of {u} and {v} is chosen and not among the best")
            }
            Self::Certificate(error) => error.fmt(f),
            Self::Assignment(error) => error.fmt(f),
            Self::Packing(error) => error.fmt(f),
        }
    }
}
