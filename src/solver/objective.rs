//! What "best" means when it is not the most points, and the plans that are best in that sense.
//!
//! In: swaps with points and with what either side gains, the group of each vertex, the cap of each group,
//! and an [`Objective`]. Out: the chosen swaps and a proof. Holds: the result is a function of
//! the input, whatever the order of the swaps; `verify` accepts its proof. Costs: one matching for
//! [`Objective::Points`] and [`Objective::MovesThenPoints`], a chain of them for
//! [`Objective::WorstGainFirst`] where every group can make one move at most, and else an exhaustive
//! search. Absent: what a point or a gain is worth, and any clock: the caller says when to stop.
//!
//! A swap of negative points is never chosen, and under [`Objective::WorstGainFirst`] none with a
//! negative gain.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `counted` | swaps weighed by number and points |
//! | `columns` | the fairest moves of any size |
//! | `reps` | groups taken for single vertices where they can make one move at most |
//! | `rings` | the fairest rings of any length |
//! | `leximin` | the fairest matching, and the fairest assignment |
//! | `packed` | the fairest packing, where groups make one move each and it is no matching |
//! | `order` | the leximin order itself, for comparing two plans |
//! | `search` | the fairest moves where groups make several |
//! | `proof` | the proofs, as data |
//! | `written` | how the many duals of a proof are written |
//! | `verify` | the check of the proofs, written apart |

mod columns;
mod counted;
mod leximin;
mod order;
mod packed;
mod proof;
mod reps;
mod rings;
mod search;
#[cfg(test)]
mod tests;
mod verify;
mod written;

use std::error::Error;
use std::fmt;

use super::caps::CapError;

pub use columns::{Column, FairestColumns, fairest_columns};
pub use order::leximin;
pub use packed::PackingStep;
pub use proof::{CountedProof, Proof, RingsProof, Step};
pub use rings::{FairestRings, RingArc, fairest_rings};
pub use verify::{StepError, UnprovenPlan, Verified, verify_best_swaps, verify_fairest_columns, verify_fairest_rings};
pub use written::{Alike, Written};

/// What makes one plan better than another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Objective {
    /// More points in all.
    Points,
    /// More vertices served; with equally many, more points.
    MovesThenPoints,
    /// Larger gains of the groups in the leximin order, an unserved group gaining nothing; with the same
    /// gains, more points.
    WorstGainFirst,
}

/// A swap between two vertices that may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swap {
    /// One vertex.
    pub u: u32,
    /// The other vertex.
    pub v: u32,
    /// What the swap is worth.
    pub points: i64,
    /// What the groups of `u` and of `v` gain by it, in this order.
    pub gains: [i64; 2],
}

/// The best swaps under an objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BestSwaps {
    /// The partner of each vertex; mutual, and along the swaps given.
    pub mate: Vec<Option<u32>>,
    /// The points of the chosen swaps.
    pub points: i64,
    /// Whether the plan is known to be best.
    pub optimal: bool,
    /// What proves it.
    pub proof: Proof,
}

/// Returns the best swaps under an objective, at most `cap_of_group[g]` vertices of group `g` in them.
///
/// `group_of[v]` is the group of vertex `v` and an index into `cap_of_group`; `None` is no cap. Of
/// several swaps between the same vertices the best is taken, by points or, under
/// [`Objective::WorstGainFirst`], by the smaller gain, the larger gain, the points. Only that one asks
/// `stop`, now and then, and once it says so, the best plan so far is returned, with `optimal` false.
///
/// Errors: [`ObjectiveError`] if the input does not fit together or its numbers are too large.
///
/// Cost: see the module.
pub fn best_swaps(
    vertices: usize,
    swaps: &[Swap],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
    objective: Objective,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<BestSwaps, ObjectiveError> {
    check(vertices, swaps, group_of, cap_of_group)?;
    match objective {
        Objective::Points => counted::best(vertices, swaps, group_of, cap_of_group, 0),
        Objective::MovesThenPoints => {
            let worth_of_swap = counted::worth_of_swap(vertices, swaps);
            counted::best(vertices, swaps, group_of, cap_of_group, worth_of_swap)
        }
        Objective::WorstGainFirst => reps::fairest_swaps(vertices, swaps, group_of, cap_of_group, stop),
    }
}

fn check(
    vertices: usize,
    swaps: &[Swap],
    group_of: &[u32],
    cap_of_group: &[Option<u32>],
) -> Result<(), ObjectiveError> {
    check_groups(vertices, group_of, cap_of_group)?;
    for (index, swap) in swaps.iter().enumerate() {
        if swap.u.max(swap.v) as usize >= vertices || swap.u == swap.v {
            return Err(ObjectiveError::NotASwap { index, ends: [swap.u, swap.v] });
        }
    }
    let sides = |swap: &Swap| [(swap.u, swap.gains[0]), (swap.v, swap.gains[1])];
    let numbers = swaps.iter().flat_map(|swap| sides(swap).map(|side| (side, swap.points)));
    check_totals(vertices, numbers.map(|((v, gain), points)| (v, points.unsigned_abs().max(gain.unsigned_abs()))))
}

fn check_groups(vertices: usize, group_of: &[u32], cap_of_group: &[Option<u32>]) -> Result<(), ObjectiveError> {
    if group_of.len() != vertices {
        let found = group_of.len();
        return Err(ObjectiveError::Groups(CapError::GroupCount { expected: vertices, found }));
    }
    for (vertex, &group) in (0u32..).zip(group_of) {
        let groups = cap_of_group.len();
        if group as usize >= groups {
            return Err(ObjectiveError::Groups(CapError::GroupOutOfRange { vertex, group, groups }));
        }
    }
    Ok(())
}

/// Checks that no sum of points or gains, of which each vertex has one of either at most, leaves an `i64`.
fn check_totals(vertices: usize, numbers: impl Iterator<Item = (u32, u64)>) -> Result<(), ObjectiveError> {
    let mut largest = vec![0; vertices];
    for (vertex, number) in numbers {
        let largest = &mut largest[vertex as usize];
        *largest = number.max(*largest);
    }
    let total: u128 = largest.into_iter().map(u128::from).sum();
    if total > LARGEST_TOTAL { Err(ObjectiveError::TooLarge { total }) } else { Ok(()) }
}

/// The largest total of points and gains: the sum over all vertices of the largest number, in either sign,
/// of a swap at each.
pub const LARGEST_TOTAL: u128 = 1 << 60;

/// Why swaps cannot be chosen from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ObjectiveError {
    /// A swap is not between two different vertices that exist.
    NotASwap {
        /// Its index in the list.
        index: usize,
        /// The vertices it names.
        ends: [u32; 2],
    },
    /// A move is not of different vertices that exist, at least two, with a gain for each.
    NotAMove {
        /// Its index in the list.
        index: usize,
    },
    /// The points or gains, or the weights they take, add up to more than [`LARGEST_TOTAL`].
    TooLarge {
        /// The total.
        total: u128,
    },
    /// The groups or caps do not fit the vertices, or the market with them is too large.
    Groups(CapError<i128>),
    /// The market is too large for numbers of 128 bits. Fewer vertices at a time, say a region, may do.
    TooManyVertices {
        /// The number of vertices.
        vertices: usize,
    },
}

impl fmt::Display for ObjectiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASwap { index, ends: [u, v] } => {
                write!(f, "swap {index} is between {u} and {v}, which are not two of the vertices")
            }
            Self::NotAMove { index } => write!(f, "move {index} is not of two or more vertices with a gain for each"),
            Self::TooLarge { total } => {
                write!(
                    f,
                    "the largest numbers at all vertices add up to {total}, beyond {LARGEST_TOTAL}: take coarser points"
                )
            }
            Self::Groups(error) => error.fmt(f),
            Self::TooManyVertices { vertices } => {
                write!(f, "{vertices} vertices are too many at once for numbers of 128 bits: solve regions apart")
            }
        }
    }
}

impl Error for ObjectiveError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Groups(error) => Some(error),
            _ => None,
        }
    }
}
