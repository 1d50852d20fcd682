//! Checks the bound of rings with caps, without knowing how it was found.
//!
//! In: a digraph, groups and caps, what follows each vertex, a bound, and its proof by cases. Out: nothing, or the first
//! rule that does not hold and where.
//! Holds: if [`verify_capped_assignment`] accepts, the cycles keep the caps, and no set of disjoint cycles that keeps
//! them weighs more than the bound. Only the types of the digraph and of the proof are shared with the solver.
//! Costs: `O(n + m)` time a case. Absent: any repair, and any trust in the solver; and whether the bound is reached,
//! for which one compares it with the weight.
//!
//! The cases cover all: a set that keeps the cap `b` of a group leaves one of any `b + 1` of its vertices where it is.
//! Within a case, in which some vertices stay, let `N` be a set of cycles that keeps the caps. Then `w(N)` is at most
//! the sum over its arcs of both potentials and the price of the group that is left, and this at most all potentials of
//! vertices that may move, and for each group its price as often as the cap says.

use std::error::Error;
use std::fmt;

use super::super::digraph::Digraph;
use super::super::weight::Weight;
use super::verify::{AssignmentError, check_cycles};
use super::{CapStep, Potentials};

/// Checks that disjoint cycles keep the caps of groups, and that none which do weigh more than a bound.
///
/// `next[v]` is the vertex that follows `v` on its cycle; `group_of[v]` is the group of `v` and an index into
/// `cap_of_group`.
///
/// Errors: [`CappedAssignmentError`] names the first broken rule and where.
///
/// Cost: `O(n + m)` for each case of the proof.
pub fn verify_capped_assignment<W: Weight>(
    digraph: &Digraph<W>,
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    next: &[Option<u32>],
    bound: W,
    proof: &[CapStep<W>],
) -> Result<(), CappedAssignmentError<W>> {
    check_cycles(digraph, next).map_err(CappedAssignmentError::Cycles)?;
    check_caps(group_of, cap_of_group, next)?;
    let market = Market { digraph, group_of, cap_of_group, bound };
    // How often each vertex is held in the case at hand, and the splits around it with the case that is open in each.
    let mut held = vec![0u32; digraph.vertices()];
    let mut splits: Vec<(&[u32], usize)> = Vec::new();
    let mut complete = false;
    for (step, content) in proof.iter().enumerate() {
        if complete {
            return Err(CappedAssignmentError::SurplusStep { step });
        }
        match content {
            CapStep::OneStays(vertices) => {
                market.check_split(step, vertices)?;
                held[vertices[0] as usize] += 1;
                splits.push((vertices, 0));
            }
            CapStep::Bound { prices, potentials } => {
                market.check_bound(step, &held, prices, potentials)?;
                complete = !next_case(&mut splits, &mut held);
            }
        }
    }
    if complete { Ok(()) } else { Err(CappedAssignmentError::MissingStep { steps: proof.len() }) }
}

/// Goes on to the next case, out of splits whose cases are all done. Returns false if none is left.
fn next_case(splits: &mut Vec<(&[u32], usize)>, held: &mut [u32]) -> bool {
    while let Some((vertices, open)) = splits.last_mut() {
        held[vertices[*open] as usize] -= 1;
        *open += 1;
        if let Some(&vertex) = vertices.get(*open) {
            held[vertex as usize] += 1;
            return true;
        }
        splits.pop();
    }
    false
}

/// Checks that groups fit and that no more of any move than may.
fn check_caps<W: Weight>(
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    next: &[Option<u32>],
) -> Result<(), CappedAssignmentError<W>> {
    if group_of.len() != next.len() {
        return Err(CappedAssignmentError::GroupCount { expected: next.len(), found: group_of.len() });
    }
    let mut moves = vec![0u32; cap_of_group.len()];
    for ((vertex, &group), next) in (0..).zip(group_of).zip(next) {
        match moves.get_mut(group as usize) {
            Some(moves) => *moves += u32::from(next.is_some()),
            None => return Err(CappedAssignmentError::GroupOutOfRange { vertex, group }),
        }
    }
    for ((group, &found), &cap) in (0..).zip(&moves).zip(cap_of_group) {
        if let Some(cap) = cap
            && found > cap
        {
            return Err(CappedAssignmentError::CapExceeded { group, cap, found });
        }
    }
    Ok(())
}

/// What a proof speaks about.
struct Market<'a, W: Copy> {
    digraph: &'a Digraph<W>,
    group_of: &'a [u32],
    cap_of_group: &'a [Option<u32>],
    bound: W,
}

impl<W: Weight> Market<'_, W> {
    /// Checks that some vertex of a split must stay: they are different, of one group, and one more than its cap.
    fn check_split(&self, step: usize, vertices: &[u32]) -> Result<(), CappedAssignmentError<W>> {
        let mut sorted = vertices.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let group = vertices.first().and_then(|&vertex| self.group_of.get(vertex as usize));
        let of_one_group = vertices.iter().all(|&vertex| self.group_of.get(vertex as usize) == group);
        let cap = group.and_then(|&group| self.cap_of_group[group as usize]);
        let too_many = cap.is_some_and(|cap| sorted.len() > cap as usize);
        if sorted.len() == vertices.len() && of_one_group && too_many {
            Ok(())
        } else {
            Err(CappedAssignmentError::NoneNeedStay { step })
        }
    }

    /// Checks that prices and potentials prove the bound where the held vertices stay.
    fn check_bound(
        &self,
        step: usize,
        held: &[u32],
        prices: &[W],
        potentials: &Potentials<W>,
    ) -> Result<(), CappedAssignmentError<W>> {
        self.check_prices(step, prices)?;
        for found in [potentials.from.len(), potentials.to.len()] {
            if found != held.len() {
                return Err(CappedAssignmentError::PotentialCount { step, expected: held.len(), found });
            }
        }
        let out_of_range = CappedAssignmentError::SumOutOfRange { step };
        let sum = |from: u32, to: u32| potentials.from[from as usize].checked_add(potentials.to[to as usize]);
        let mut total = W::ZERO;
        for from in (0..held.len() as u32).filter(|&vertex| held[vertex as usize] == 0) {
            let staying = sum(from, from).ok_or(out_of_range.clone())?;
            if staying < W::ZERO {
                return Err(CappedAssignmentError::NegativeSlack { step, from, to: from, slack: staying });
            }
            total = total.checked_add(staying).ok_or(out_of_range.clone())?;
            let price = prices[self.group_of[from as usize] as usize];
            for arc in self.digraph.successors(from).iter().filter(|arc| held[arc.to as usize] == 0) {
                let slack = sum(from, arc.to)
                    .and_then(|sum| sum.checked_add(price))
                    .and_then(|sum| sum.checked_add(-arc.weight));
                let slack = slack.ok_or(out_of_range.clone())?;
                if slack < W::ZERO {
                    return Err(CappedAssignmentError::NegativeSlack { step, from, to: arc.to, slack });
                }
            }
        }
        for (&price, cap) in prices.iter().zip(self.cap_of_group) {
            let paid = times(price, cap.unwrap_or(0)).and_then(|paid| total.checked_add(paid));
            total = paid.ok_or(out_of_range.clone())?;
        }
        if total > self.bound {
            return Err(CappedAssignmentError::BoundExceeded { step, total });
        }
        Ok(())
    }

    fn check_prices(&self, step: usize, prices: &[W]) -> Result<(), CappedAssignmentError<W>> {
        if prices.len() != self.cap_of_group.len() {
            return Err(CappedAssignmentError::PriceCount {
                step,
                expected: self.cap_of_group.len(),
                found: prices.len(),
            });
        }
        for ((group, &price), cap) in (0..).zip(prices).zip(self.cap_of_group) {
            if price < W::ZERO || (price > W::ZERO && cap.is_none()) {
                return Err(CappedAssignmentError::UnfitPrice { step, group, price });
            }
        }
        Ok(())
    }
}

/// Returns a number taken so many times, or `None` if that does not fit. It must not be negative.
fn times<W: Weight>(number: W, count: u32) -> Option<W> {
    let mut total = W::ZERO;
    for bit in (0..u32::BITS - count.leading_zeros()).rev() {
        total = total.checked_add(total)?;
        if count & (1 << bit) != 0 {
            total = total.checked_add(number)?;
        }
    }
    Some(total)
}

/// The first rule that cycles with caps, or the proof of their bound, break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CappedAssignmentError<W = i64> {
    /// What follows the vertices is not a set of disjoint cycles.
    Cycles(AssignmentError<W>),
    /// There is not one group for each vertex.
    GroupCount {
        /// The number of vertices.
        expected: usize,
        /// The number of groups given.
        found: usize,
    },
    /// A vertex is in a group that has no entry in the caps.
    GroupOutOfRange {
        /// The vertex.
        vertex: u32,
        /// Its group.
        group: u32,
    },
    /// More vertices of a group are on cycles than may be.
    CapExceeded {
        /// The group.
        group: u32,
        /// Its cap.
        cap: u32,
        /// How many are.
        found: u32,
    },
    /// Steps follow when all cases are closed.
    SurplusStep {
        /// The first of them.
        step: usize,
    },
    /// The proof ends before all cases are closed.
    MissingStep {
        /// The number of steps there are.
        steps: usize,
    },
    /// The vertices of a split are not different ones of one group, more than its cap.
    NoneNeedStay {
        /// The step.
        step: usize,
    },
    /// There is not one price for each group.
    PriceCount {
        /// The step.
        step: usize,
        /// The number of groups.
        expected: usize,
        /// The number of prices.
        found: usize,
    },
    /// A price is negative, or there is one for a group without a cap.
    UnfitPrice {
        /// The step.
        step: usize,
        /// The group.
        group: u32,
        /// The price.
        price: W,
    },
    /// There is not one potential of each kind for each vertex.
    PotentialCount {
        /// The step.
        step: usize,
        /// The number of vertices.
        expected: usize,
        /// The number of potentials.
        found: usize,
    },
    /// A sum is more than a number can hold.
    SumOutOfRange {
        /// The step.
        step: usize,
    },
    /// A weight is more than the potentials of its ends and the price; of staying, if both ends are the same.
    NegativeSlack {
        /// The step.
        step: usize,
        /// The vertex that is left.
        from: u32,
        /// The vertex that is entered.
        to: u32,
        /// The potentials and the price less the weight.
        slack: W,
    },
    /// Potentials and prices add up to more than the bound.
    BoundExceeded {
        /// The step.
        step: usize,
        /// Their sum.
        total: W,
    },
}

impl<W: Weight> fmt::Display for CappedAssignmentError<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cycles(error) => error.fmt(f),
            Self::GroupCount { expected, found } => {
                write!(f, "{found} groups are given for {expected} vertices")
            }
            Self::GroupOutOfRange { vertex, group } => {
                write!(f, "vertex {vertex} is in group {group}, which has no cap entry")
            }
            Self::CapExceeded { group, cap, found } => {
                write!(f, "{found} vertices of group {group} are on cycles, but only {cap} may be")
            }
            Self::SurplusStep { step } => {
                write!(f, "step {step} of the proof follows when all cases are closed")
            }
            Self::MissingStep { steps } => {
                write!(f, "the proof ends after {steps} steps with cases open")
            }
            Self::NoneNeedStay { step } => {
                write!(
                    f,
                    "step {step} of the proof splits by vertices that may all move, or are not different ones of a group"
                )
            }
            Self::PriceCount { step, expected, found } => {
                write!(f, "step {step} of the proof has {found} prices for {expected} groups")
            }
            Self::UnfitPrice { step, group, price } => {
                write!(
                    f,
                    "step {step} of the proof has the price {price:?} for group {group}, which is negative or has no cap"
                )
            }
            Self::PotentialCount { step, expected, found } => {
                write!(f, "step {step} of the proof has {found} potentials of a kind for {expected} vertices")
            }
            Self::SumOutOfRange { step } => {
                write!(f, "in step {step} of the proof a sum is more than a number can hold")
            }
            Self::NegativeSlack { step, from, to, slack } => {
                write!(
                    f,
                    "in step {step} of the proof the slack from vertex {from} to {to} is {slack:?}, less than nothing"
                )
            }
            Self::BoundExceeded { step, total } => {
                write!(f, "step {step} of the proof adds up to {total:?}, which is more than the bound")
            }
        }
    }
}

impl<W: Weight> Error for CappedAssignmentError<W> {}
