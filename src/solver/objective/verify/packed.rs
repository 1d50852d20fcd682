//! Checks that a packing is the fairest, step by step.
//!
//! In: pieces and the capacities of rows, those chosen, and the steps. Out: nothing, or the first rule that does not
//! hold. Holds: written apart from the solver. Costs: a pass over the pieces for each step, and its proof.
//! Absent: where pieces come from, and whether the chosen ones fill what must be filled.
//!
//! Plans are compared by counts: the vertices served, then the ends of each rank, fewer being better, then the points.
//! The first step speaks of all plans, of which none may serve more. After it a rank the plan does not use is as good as
//! can be, so what is below the first one used is decided upon without a proof. A further step speaks of plans that are as good as this one in all that is decided upon: they have no piece with an
//! end in a rank not used, no more ends in each rank used than this one, and serve as many. Of these none may weigh
//! more by the digits of the step.

use std::collections::{BTreeMap, BTreeSet};

use super::StepError;
use super::UnprovenPlan;
use crate::solver::objective::packed::{PackingStep, Piece};
use crate::solver::rings::packing::{Columns, Packing};
use crate::solver::rings::verify::verify_packing;

/// Checks that the chosen pieces, ascending, are the fairest packing of rows of some capacities.
pub(super) fn verify(
    capacity: &[u32],
    pieces: &[Piece],
    chosen: &[u32],
    steps: &[PackingStep],
) -> Result<(), UnprovenPlan> {
    let mut open = Open {
        capacity,
        pieces,
        chosen: chosen.iter().copied().collect(),
        open: (0..pieces.len() as u32).collect(),
        used: Vec::new(),
        decided: 0,
    };
    let mut all_decided = false;
    for (step, proof) in steps.iter().enumerate() {
        let counts_served = proof.ranks.is_empty() && !proof.points;
        if all_decided || counts_served != (step == 0) {
            return Err(UnprovenPlan::Packing { step, error: StepError::OutOfTurn });
        }
        if step > 0 {
            open.close_unused();
        }
        open.check(proof).map_err(|error| UnprovenPlan::Packing { step, error })?;
        all_decided = proof.points;
    }
    if steps.is_empty() && !pieces.is_empty() {
        return Err(UnprovenPlan::OpenServed);
    }
    open.close_unused();
    if let Some((&gain, _)) = open.counts().first_key_value() {
        return Err(UnprovenPlan::OpenGain { gain });
    }
    let adds_up = |&piece: &u32| {
        let piece = &pieces[piece as usize];
        piece.points == piece.ends.iter().map(|&(_, gain)| gain).sum::<i64>()
    };
    if all_decided || open.open.iter().all(adds_up) { Ok(()) } else { Err(UnprovenPlan::OpenPoints) }
}

/// What is not yet ruled out.
struct Open<'p> {
    capacity: &'p [u32],
    pieces: &'p [Piece],
    chosen: BTreeSet<u32>,
    /// The pieces that a plan as good as this one may have.
    open: Vec<u32>,
    /// The ranks decided upon that the plan uses, and how often.
    used: Vec<(i64, u32)>,
    /// The largest gain decided upon.
    decided: i64,
}

/// What a digit counts.
#[derive(Default)]
struct Rank {
    vertices: BTreeSet<u32>,
    gains: BTreeSet<i64>,
    is_used: bool,
}

impl Open<'_> {
    fn ends(&self) -> impl Iterator<Item = (u32, u32, i64)> {
        let ends_of = |&piece: &u32| self.pieces[piece as usize].ends.iter().map(move |&(v, gain)| (piece, v, gain));
        self.open.iter().flat_map(ends_of)
    }

    /// How many ends the plan has at each gain that is not decided upon.
    fn counts(&self) -> BTreeMap<i64, u32> {
        let mut counts = BTreeMap::new();
        let ends = self.chosen.iter().flat_map(|&piece| &self.pieces[piece as usize].ends);
        for &(_, gain) in ends.filter(|&&(_, gain)| gain > self.decided) {
            *counts.entry(gain).or_default() += 1;
        }
        counts
    }

    /// Decides upon all ranks up to some gain: those the plan uses become rows, and pieces with an end in others close.
    fn decide(&mut self, until: i64) {
        let counts = self.counts();
        let (decided, pieces) = (self.decided, self.pieces);
        let closed = |gain: i64| decided < gain && gain <= until && !counts.contains_key(&gain);
        self.open.retain(|&piece| !pieces[piece as usize].ends.iter().any(|&(_, gain)| closed(gain)));
        self.used.extend(counts.range(..=until).map(|(&gain, &count)| (gain, count)));
        self.decided = until;
    }

    fn close_unused(&mut self) {
        let until = self.counts().first_key_value().map_or(i64::MAX, |(&gain, _)| gain - 1);
        self.decide(until);
    }

    fn check(&mut self, step: &PackingStep) -> Result<(), StepError> {
        let PackingStep { ranks, points, proof } = step;
        if !ranks.is_sorted_by(|a, b| a < b) || ranks.first().is_some_and(|&first| first <= self.decided) {
            return Err(StepError::Ranks);
        }
        let weights = self.weights(ranks, *points)?;
        let mut capacity = self.capacity.to_vec();
        capacity.extend(self.used.iter().map(|&(_, count)| count));
        let (mut columns, mut packed, mut total) = (Columns::new(), Vec::new(), 0i128);
        for (column, (&index, &weight)) in (0u32..).zip(self.open.iter().zip(&weights)) {
            let piece = &self.pieces[index as usize];
            let mut entries = piece.entries.clone();
            for (row, &(gain, _)) in (self.capacity.len() as u32..).zip(&self.used) {
                match piece.ends.iter().filter(|&&(_, other)| other == gain).count() {
                    0 => {}
                    ends => entries.push((row, ends as u32)),
                }
            }
            let weight = i64::try_from(weight).map_err(|_| StepError::TooLarge)?;
            columns.push(&entries, weight);
            // What weighs nothing is in no packing; it changes no sum.
            if weight > 0 && self.chosen.contains(&index) {
                packed.push(column);
                total += i128::from(weight);
            }
        }
        let weight = i64::try_from(total).map_err(|_| StepError::TooLarge)?;
        let packing = Packing::new(capacity, columns).map_err(|_| StepError::OutOfTurn)?;
        verify_packing(&packing, &packed, weight, weight, proof).map_err(StepError::Packing)?;
        if let Some(&until) = ranks.last() {
            self.decide(until);
        }
        Ok(())
    }

    /// Derives the weights of the open pieces.
    fn weights(&self, ranks: &[i64], points: bool) -> Result<Vec<i128>, StepError> {
        let mut digits: Vec<Rank> = ranks.iter().map(|_| Rank::default()).collect();
        let rank_of = |gain: i64| (gain > self.decided).then(|| ranks.partition_point(|&until| until < gain));
        let mut vertices = BTreeSet::new();
        for (piece, vertex, gain) in self.ends() {
            vertices.insert(vertex);
            let Some(at) = rank_of(gain) else { continue };
            match digits.get_mut(at) {
                Some(rank) => {
                    rank.vertices.insert(vertex);
                    rank.gains.insert(gain);
                    rank.is_used |= self.chosen.contains(&piece);
                }
                None if points => return Err(StepError::PointsTooEarly { gain }),
                None => {}
            }
        }
        if let Some(at) = digits.iter().position(|rank| rank.is_used && rank.gains.len() > 1) {
            return Err(StepError::MixedRank { until: ranks[at] });
        }
        let mut worth = if points { self.most_points() + 1 } else { 1 };
        let mut worth_of_rank = vec![0; digits.len()];
        let grown = |worth: i128, most: usize| worth.checked_mul(most as i128 + 1).ok_or(StepError::TooLarge);
        for (rank, worth_here) in digits.iter().zip(&mut worth_of_rank).rev() {
            *worth_here = worth;
            worth = grown(worth, rank.vertices.len())?;
        }
        let worth_of_filling = grown(worth, vertices.len())?;
        let weigh = |&piece: &u32| {
            let piece = &self.pieces[piece as usize];
            let mut weight = if piece.fills { worth_of_filling } else { 0 };
            weight += if points { i128::from(piece.points) } else { 0 };
            for &(_, gain) in &piece.ends {
                weight += if gain > 0 { worth } else { 0 };
                weight -= rank_of(gain).and_then(|at| worth_of_rank.get(at)).copied().unwrap_or(0);
            }
            weight
        };
        Ok(self.open.iter().map(weigh).collect())
    }

    /// What the points of a plan cannot exceed: the sum over the vertices of the largest share of a piece's points that
    /// can fall to each.
    fn most_points(&self) -> i128 {
        let mut most: BTreeMap<u32, i128> = BTreeMap::new();
        for &piece in &self.open {
            let Piece { ends, points, .. } = &self.pieces[piece as usize];
            for &(vertex, _) in ends {
                let share = (i128::from(*points) + ends.len() as i128 - 1) / ends.len() as i128;
                let most = most.entry(vertex).or_default();
                *most = share.max(*most);
            }
        }
        most.into_values().sum()
    }
}
