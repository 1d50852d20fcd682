//! Which gains are decided upon next, and the weights that do it.
//!
//! In: the ends of a part by ascending gain, and its plan. Out: gains that no fairest plan needs, or the
//! [`Digits`] to optimise, and the weight of each edge. Holds: each digit weighs more than all later
//! ones together can, and the shares more than all digits. Costs: linear in the part. Absent: the solving.
//!
//! A *rank* is the set of ends with one gain. Of two plans that serve equally many reps and have equally
//! many ends in every lower rank, the one with fewer ends in a rank is the fairer, for whoever does not
//! end there ends higher.

use super::part::{Part, PartEdge};
use super::{Choice, Duals};

/// A number of ends to be made small: those with gains above the digit before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digit {
    /// The largest gain that counts.
    pub until: i64,
    /// The number of vertices that could end there.
    pub room: u32,
    /// Whether the part's plan has no end there, so that several ranks may share the digit.
    pub unused: bool,
}

/// What to optimise in a part, the most significant first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Digits {
    /// The most reps that could be served, if their number is to be made large.
    pub served: Option<i128>,
    /// The ranks whose ends are to be few.
    pub ranks: Vec<Digit>,
    /// The most points that a plan could have, if they are to be many.
    pub points: Option<i128>,
}

/// What can be done next with a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The part's plan has no end with a gain up to this one, so no fairest plan has one.
    Drop {
        /// The gain.
        until: i64,
    },
    /// Digits must be optimised.
    Solve(Digits),
}

/// Says what to do next with a part whose plan is not settled.
///
/// Ranks that the plan does not use share a digit, which takes fewer bits; see [`Digits::is_exact`]. As
/// many ranks are taken as the numbers hold.
///
/// Cost: linear in the part.
pub(super) fn next<D: Duals>(part: &Part) -> Next {
    let largest = room_for_digits::<D>(part);
    let mut last_seen = vec![u32::MAX; part.vertices()];
    let mut digits = Digits::default();
    let mut product = 1;
    let mut rest = &part.ends[..];
    while let Some(&first) = rest.first() {
        let until = part.gain(first);
        let (rank, above) = rest.split_at(rest.partition_point(|&end| part.gain(end) == until));
        let unused = !rank.iter().any(|&end| part.uses(end / 2));
        let shared = digits.ranks.pop_if(|last| last.unused && unused);
        let number = digits.ranks.len() as u32;
        let before = shared.map_or(0, |digit| digit.room);
        let mut room = before;
        for &end in rank {
            let seen = &mut last_seen[part.vertex(end) as usize];
            room += u32::from(*seen != number);
            *seen = number;
        }
        let larger = product / (i128::from(before) + 1) * (i128::from(room) + 1);
        if larger > largest {
            digits.ranks.extend(shared);
            break;
        }
        product = larger;
        digits.ranks.push(Digit { until, room, unused });
        rest = above;
    }
    if let Some(&Digit { until, unused: true, .. }) = digits.ranks.first() {
        return Next::Drop { until };
    }
    let points = most_points::<D>(part);
    if rest.is_empty() && product <= largest / (points + 1) {
        digits.points = Some(points);
    }
    Next::Solve(digits)
}

/// Returns the largest number of values that all digits together may have.
fn room_for_digits<D: Duals>(part: &Part) -> i128 {
    let largest_share = part.edges.iter().map(|edge| edge.share).max().unwrap_or(0);
    D::largest_weight(part.vertices()) / (i128::from(largest_share) + 1)
}

/// Returns what the points of a plan cannot exceed: half the sum of the most points at each vertex, as often as
/// edges of a plan meet there.
fn most_points<D: Duals>(part: &Part) -> i128 {
    let mut most = vec![0; part.vertices()];
    for Choice { u, v, points, .. } in part.edges.iter().map(|edge| edge.choice) {
        for vertex in [u, v] {
            most[vertex as usize] = points.max(most[vertex as usize]);
        }
    }
    most.into_iter().map(i128::from).sum::<i128>() * D::EDGES_AT_VERTEX / 2
}

impl Digits {
    /// Optimises nothing but the number of reps served.
    pub fn of_served(part: &Part) -> Self {
        Self { served: Some(part.vertices() as i128), ..Self::default() }
    }

    /// Returns the weight of each edge: its shares, so that only admissible plans are best, its served
    /// ends, less its ends in the ranks, and its points, as far as they are to be optimised.
    pub fn weights(&self, part: &Part) -> Vec<i128> {
        let mut worth = 1 + self.points.unwrap_or(0);
        let mut worth_of_rank = vec![0; self.ranks.len()];
        for (digit, worth_here) in self.ranks.iter().zip(&mut worth_of_rank).rev() {
            *worth_here = worth;
            worth *= i128::from(digit.room) + 1;
        }
        let worth_of_served = if self.served.is_some() { worth } else { 0 };
        worth *= self.served.unwrap_or(0) + 1;
        let worth_of_end = |gain: i64| {
            let served = if gain > 0 { worth_of_served } else { 0 };
            let rank = if gain > part.decided { self.rank(gain) } else { None };
            served - rank.map_or(0, |at| worth_of_rank[at])
        };
        let worth_of_edge = |PartEdge { choice, share }: &PartEdge| {
            let points = if self.points.is_some() { i128::from(choice.points) } else { 0 };
            worth * i128::from(*share) + worth_of_end(choice.gains[0]) + worth_of_end(choice.gains[1]) + points
        };
        part.edges.iter().map(worth_of_edge).collect()
    }

    /// Returns the largest gain that is decided upon with these digits.
    pub fn decided(&self, before: i64) -> i64 {
        self.ranks.last().map_or(before, |digit| digit.until)
    }

    /// Says whether a part's new plan, best in these digits, is the best in each rank: the digits that
    /// ranks share are still zero.
    ///
    /// If not, the plan is fairer than the one the digits were made for: they are zero there, so it must
    /// be a digit before that got better.
    pub fn is_exact(&self, part: &Part) -> bool {
        let decided = self.decided(part.decided);
        let mut ends = part.ends.iter().take_while(|&&end| part.gain(end) <= decided);
        let shared = |end: u32| self.rank(part.gain(end)).is_some_and(|at| self.ranks[at].unused);
        !ends.any(|&end| part.uses(end / 2) && shared(end))
    }

    /// Returns the digit in which a gain counts that is not decided upon, if any.
    fn rank(&self, gain: i64) -> Option<usize> {
        let at = self.ranks.partition_point(|digit| digit.until < gain);
        (at < self.ranks.len()).then_some(at)
    }
}
