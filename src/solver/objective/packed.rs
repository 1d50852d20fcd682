//! The fairest packing: moves of which each group makes one at most, chosen one rank of gains after the other.
//!
//! In: pieces, each with entries in rows, the gains of vertices it serves, and points. Out: the fairest pieces that
//! fit, and the steps that prove it. Holds: every gain and all points are not negative. Costs: one packing a step,
//! exponential in the worst case; a step decides upon as many ranks as weights of a few bits hold. Absent: gains that
//! add up, which are no longer counts, see `search`; and bounds, where it was stopped.
//!
//! Leximin is a chain of counts, as in `leximin`: serve as many as possible, then have as few ends as possible in
//! the lowest rank, then in the next, and have the most points in the end. What a packing proves is a number and not
//! a face, so what is decided upon is kept by other means: each rank that is used becomes a row whose capacity is its
//! count, pieces with an end in a rank that is not used go, and to serve as many as possible weighs more than all else.
//! As the counts before are the best there are, they are kept exactly.
//!
//! Very many plans are the best in a few digits. So what is beyond them is weighed too, roughly, as a hint that nothing
//! is proven of: it makes a relaxation sooner whole, and its plan one that often is the best in the next digits already.
//!
//! Some pieces may have to fill the rows: then each weighs more than all that could be gained without it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::ObjectiveError;
use crate::solver::rings::packing::{Columns, Packed, Packing, best_packing_from};
use crate::solver::rings::proof::Proof;

/// The bits of the weight by which a piece serves a vertex, as long as that holds a rank: with more, a relaxation would
/// pay for a part of an end in one rank by many in the next, and its floats would see no hints.
const DIGIT_BITS: u32 = 6;

/// What an end is worth at most beyond the digits: few bits, for the same reason.
const HINT: i64 = 1 << 10;

/// What no packing may weigh more than.
const LARGEST_TOTAL: i128 = 1 << 59;

/// What may be taken as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// What it takes in which rows, these ascending; it fills the first, of capacity 1.
    pub entries: Vec<(u32, u32)>,
    /// The vertices it serves, each with what its group gains.
    pub ends: Vec<(u32, i64)>,
    /// Its points.
    pub points: i64,
    /// Whether as many as possible of its kind must be taken.
    pub fills: bool,
}

/// One step towards the fairest packing. The first says, without ranks or points, that as many as possible are served.
/// What others speak of follows from the plan: pieces with an end in a rank not used, below the first that is and is
/// not decided upon, are gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackingStep {
    /// The largest gain of each digit, ascending.
    pub ranks: Vec<i64>,
    /// Whether the points are the last digit.
    pub points: bool,
    /// Proves that no packing weighs more than the plan.
    pub proof: Proof,
}

/// The fairest packing found.
#[derive(Clone, Debug)]
pub(super) struct FairestPacking {
    /// The pieces taken, ascending.
    pub chosen: Vec<u32>,
    /// Whether nothing is fairer.
    pub complete: bool,
    /// What proves it, if so.
    pub steps: Vec<PackingStep>,
}

/// Returns the fairest packing of rows of some capacities; of those equally fair, the one of the most points.
///
/// `start` is one that fills, ascending. `stop` is asked as [`best_packing`] does, and once it says so, the fairest
/// packing so far is returned.
///
/// Errors: [`ObjectiveError::TooLarge`] if a step cannot be weighed.
///
/// Cost: a packing a step, see the module.
pub(super) fn fairest_packing(
    capacity: &[u32],
    pieces: &[Piece],
    start: Vec<u32>,
    stop: &(dyn Fn() -> bool + Sync),
) -> Result<FairestPacking, ObjectiveError> {
    let mut chain = Chain { capacity, pieces, open: (0..pieces.len() as u32).collect(), used: Vec::new(), decided: 0 };
    let mut plan = FairestPacking { chosen: start, complete: false, steps: Vec::new() };
    if pieces.is_empty() {
        plan.complete = true;
        return Ok(plan);
    }
    let Some(proof) = chain.improve(&mut plan.chosen, &Digits::default(), stop)? else {
        return Ok(plan);
    };
    plan.steps.push(PackingStep { ranks: Vec::new(), points: false, proof });
    loop {
        let counts = chain.counts(&plan.chosen);
        chain.drop_unused(&counts);
        let digits = chain.next(&counts);
        if digits == Digits::default() {
            plan.complete = true;
            return Ok(plan);
        }
        let Some(proof) = chain.improve(&mut plan.chosen, &digits, stop)? else {
            return Ok(plan);
        };
        if chain.decide(&plan.chosen, &digits) {
            let ranks = digits.ranks.iter().map(|digit| digit.until).collect();
            plan.steps.push(PackingStep { ranks, points: digits.points.is_some(), proof });
            if digits.points.is_some() {
                plan.complete = true;
                return Ok(plan);
            }
        }
    }
}

/// A number of ends to be made small: those with gains above the digit before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Digit {
    until: i64,
    room: i64,
    /// Whether several ranks share it, in none of which the plan has an end.
    unused: bool,
}

/// What to optimise besides the vertices served, the most significant first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Digits {
    ranks: Vec<Digit>,
    /// The most points a plan could have, if they are to be many.
    points: Option<i64>,
}

/// What is left to decide between.
struct Chain<'p> {
    capacity: &'p [u32],
    pieces: &'p [Piece],
    /// The pieces that a fairest packing may have, ascending.
    open: Vec<u32>,
    /// The ranks decided upon that are used, and how often.
    used: Vec<(i64, u32)>,
    /// The largest gain decided upon.
    decided: i64,
}

impl Chain<'_> {
    fn piece(&self, piece: u32) -> &Piece {
        &self.pieces[piece as usize]
    }

    fn open_pieces(&self) -> impl Iterator<Item = &Piece> {
        self.open.iter().map(|&piece| self.piece(piece))
    }

    /// Returns how many ends a plan has at each gain that is not decided upon.
    fn counts(&self, chosen: &[u32]) -> BTreeMap<i64, u32> {
        let mut counts = BTreeMap::new();
        for &(_, gain) in chosen.iter().flat_map(|&piece| &self.piece(piece).ends) {
            if gain > self.decided {
                *counts.entry(gain).or_default() += 1;
            }
        }
        counts
    }

    /// Drops the pieces with an end below the first rank that is used and not decided upon.
    fn drop_unused(&mut self, counts: &BTreeMap<i64, u32>) {
        let until = counts.first_key_value().map_or(i64::MAX, |(&gain, _)| gain - 1);
        let dropped = |&(_, gain): &(u32, i64)| self.decided < gain && gain <= until;
        let keeps = |&piece: &u32| !self.pieces[piece as usize].ends.iter().any(dropped);
        self.open.retain(keeps);
        self.decided = until;
    }

    /// Says what to optimise next: as many ranks as weights hold, one at least; or the points, where plans with the same
    /// gains may differ in them. Nothing, if all is decided upon.
    fn next(&self, counts: &BTreeMap<i64, u32>) -> Digits {
        if counts.is_empty() {
            let adds_up = |piece: &Piece| piece.points == piece.ends.iter().map(|&(_, gain)| gain).sum::<i64>();
            let points = if self.open_pieces().all(adds_up) { None } else { Some(self.most_points()) };
            return Digits { ranks: Vec::new(), points };
        }
        let mut vertices_at: BTreeMap<i64, BTreeSet<u32>> = BTreeMap::new();
        for &(vertex, gain) in self.open_pieces().flat_map(|piece| &piece.ends) {
            if gain > self.decided {
                vertices_at.entry(gain).or_default().insert(vertex);
            }
        }
        let mut digits = Digits::default();
        let mut product = 1;
        let mut vertices = BTreeSet::new();
        for (until, at_gain) in vertices_at {
            let unused = !counts.contains_key(&until);
            let shared: Option<Digit> = digits.ranks.pop_if(|last| last.unused && unused);
            if shared.is_none() {
                vertices.clear();
            }
            vertices.extend(at_gain);
            let room = vertices.len() as i64;
            let larger = product / (shared.map_or(0, |digit| digit.room) + 1) * (room + 1);
            if larger > 1 << DIGIT_BITS && !digits.ranks.is_empty() {
                digits.ranks.extend(shared);
                break;
            }
            product = larger;
            digits.ranks.push(Digit { until, room, unused });
        }
        digits
    }

    /// Returns what the points of a plan cannot exceed: of each piece a share falls to each vertex it serves.
    fn most_points(&self) -> i64 {
        let mut most: BTreeMap<u32, i64> = BTreeMap::new();
        for piece in self.open_pieces().filter(|piece| piece.points > 0) {
            let share = (piece.points - 1) / piece.ends.len() as i64 + 1;
            for &(vertex, _) in &piece.ends {
                let most = most.entry(vertex).or_default();
                *most = share.max(*most);
            }
        }
        most.into_values().sum()
    }

    /// Makes a plan the best in some digits; returns the proof, or nothing if that was stopped.
    fn improve(
        &self,
        chosen: &mut Vec<u32>,
        digits: &Digits,
        stop: &(dyn Fn() -> bool + Sync),
    ) -> Result<Option<Proof>, ObjectiveError> {
        let weights = self.weights(digits)?;
        let mut capacity = self.capacity.to_vec();
        capacity.extend(self.used.iter().map(|&(_, count)| count));
        let mut columns = Columns::new();
        let (grain, hints) = self.hints(chosen, &weights);
        for ((piece, &weight), hint) in self.open_pieces().zip(&weights).zip(hints) {
            let mut entries = piece.entries.clone();
            for (row, &(gain, _)) in (self.capacity.len() as u32..).zip(&self.used) {
                let ends = piece.ends.iter().filter(|&&(_, other)| other == gain).count();
                entries.extend((ends > 0).then_some((row, ends as u32)));
            }
            columns.push(&entries, weight * grain + hint);
        }
        let packing = Packing::new(capacity, columns).expect("every piece fills a row of its own");
        let at = |piece: u32| self.open.binary_search(&piece).expect("the plan is never dropped");
        let known: Vec<u32> = chosen.iter().map(|&piece| at(piece) as u32).collect();
        let Packed { columns: packed, weight, bound, proof } = best_packing_from(&packing, &known, grain, stop);
        if weight >= chosen.iter().map(|&piece| weights[at(piece)]).sum::<i64>() {
            *chosen = packed.into_iter().map(|column| self.open[column as usize]).collect();
        }
        Ok((weight == bound).then_some(proof))
    }

    /// Returns what each open piece is worth beyond the digits, and what is more than that of any plan.
    ///
    /// The more an end gains the better, and the first points count most.
    fn hints(&self, chosen: &[u32], weights: &[i64]) -> (i64, Vec<i64>) {
        let above = |gain: i64| (gain - self.decided).max(0);
        let gains = || chosen.iter().flat_map(|&piece| &self.piece(piece).ends).map(|&(_, gain)| above(gain));
        let usual = gains().sum::<i64>() / (gains().count() as i64).max(1) + 1;
        let most =
            self.open_pieces().flat_map(|piece| &piece.ends).map(|&(vertex, _)| vertex).collect::<BTreeSet<u32>>();
        let grain = HINT * (most.len() as i64 + 1);
        let heaviest = weights.iter().copied().max().unwrap_or(0);
        let total = i128::from(heaviest) * (most.len() + self.capacity.len()) as i128 * i128::from(grain);
        if total > LARGEST_TOTAL {
            return (1, vec![0; weights.len()]);
        }
        let of_end = |&(_, gain): &(u32, i64)| {
            let above = i128::from(above(gain));
            (i128::from(HINT) * above / (above + i128::from(usual))) as i64
        };
        (grain, self.open_pieces().map(|piece| piece.ends.iter().map(of_end).sum()).collect())
    }

    /// Returns what each open piece weighs: that it fills, the vertices it serves, its ends against it, its points.
    fn weights(&self, digits: &Digits) -> Result<Vec<i64>, ObjectiveError> {
        let mut worth = i128::from(digits.points.unwrap_or(0)) + 1;
        let mut worth_of_rank = vec![0; digits.ranks.len()];
        for (digit, worth_here) in digits.ranks.iter().zip(&mut worth_of_rank).rev() {
            *worth_here = worth;
            worth = worth.saturating_mul(i128::from(digit.room) + 1);
        }
        let served = |piece: &Piece| piece.ends.iter().filter(|&&(_, gain)| gain > 0).count() as i128;
        let vertices = || self.open_pieces().flat_map(|piece| &piece.ends);
        let most_served = vertices().map(|&(vertex, _)| vertex).collect::<BTreeSet<u32>>().len() as i128;
        let worth_of_filling = worth.saturating_mul(most_served + 1);
        let filled = self.open_pieces().filter(|piece| piece.fills).filter_map(|piece| piece.entries.first());
        let most_filling = filled.map(|&(row, _)| row).collect::<BTreeSet<u32>>().len() as i128;
        let total = worth_of_filling.saturating_mul(most_filling + 1);
        if total > LARGEST_TOTAL {
            return Err(ObjectiveError::TooLarge { total: total.unsigned_abs() });
        }
        let weigh = |piece: &Piece| {
            let ranks = piece.ends.iter().filter(|&&(_, gain)| gain > self.decided);
            let against = ranks
                .filter_map(|&(_, gain)| worth_of_rank.get(digits.ranks.partition_point(|digit| digit.until < gain)));
            let filling = if piece.fills { worth_of_filling } else { 0 };
            let points = if digits.points.is_some() { i128::from(piece.points) } else { 0 };
            (filling + worth * served(piece) - against.sum::<i128>() + points) as i64
        };
        Ok(self.open_pieces().map(weigh).collect())
    }

    /// Takes what the digits have decided for the new state. Says whether they have: the plan uses none of the ranks that
    /// share a digit.
    ///
    /// If not, the plan is fairer than the one the digits were made for, and new ones are to be made. So they are if it
    /// uses the first rank no more, which then needs no proof.
    fn decide(&mut self, chosen: &[u32], digits: &Digits) -> bool {
        let counts = self.counts(chosen);
        if digits.ranks.first().is_some_and(|first| !counts.contains_key(&first.until)) {
            return false;
        }
        let mut decided = Vec::new();
        for (&gain, &count) in &counts {
            match digits.ranks.get(digits.ranks.partition_point(|digit| digit.until < gain)) {
                Some(digit) if digit.unused => return false,
                Some(_) => decided.push((gain, count)),
                None => {}
            }
        }
        // In a rank of its own that the plan no longer uses, no end is allowed either.
        self.used.extend(decided);
        let until = digits.ranks.last().map_or(self.decided, |digit| digit.until);
        let unused = |gain: i64| self.decided < gain && gain <= until && !counts.contains_key(&gain);
        let keeps = |&piece: &u32| !self.pieces[piece as usize].ends.iter().any(|&(_, gain)| unused(gain));
        self.open.retain(keeps);
        self.decided = until;
        true
    }
}
