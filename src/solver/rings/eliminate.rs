//! The elimination of a sparse basis: in which order to pivot, and what is left in the triangles.
//!
//! In: the columns of a square matrix, by position, each a list of `(row, value)`. Out: a [`Factor`].
//! Holds: a column that would make the matrix singular is reported with a row that lacks a pivot, never used.
//! Costs: linear for the part that is triangular up to order, which in packing is nearly all; beyond it, that of
//! elimination by fewest fill-ins (H. Markowitz, "The elimination form of the inverse", 1957).
//! Absent: any claim. These are floats; what is concluded from them is checked in integers elsewhere.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::factor::{Factor, Pivot, Steps, TINY};

/// The smallest pivot taken, against columns whose entries are small whole numbers.
const LEAST_PIVOT: f64 = 1e-9;

/// Stands for "not among what is left".
const NONE: u32 = u32::MAX;

/// A basis that has no inverse: the column at `position` depends on others, and `row` is left without pivot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Singular {
    pub(super) position: u32,
    pub(super) row: u32,
}

/// Factors the matrix whose column at each position `column` gives.
pub(super) fn factor<'a>(size: usize, column: impl Fn(u32) -> &'a [(u32, f64)]) -> Result<Factor, Singular> {
    let mut work = Elimination::new(size, column);
    work.peel_columns();
    work.peel_rows();
    work.eliminate_rest()?;
    Ok(Factor::new(work.steps))
}

/// An elimination under way.
struct Elimination<C> {
    column: C,
    steps: Steps,
    /// The positions of the columns with an entry in a row: those of row `r` begin at `row_first[r]`.
    row_first: Vec<u32>,
    row_positions: Vec<u32>,
    row_done: Vec<bool>,
    column_done: Vec<bool>,
    /// How many rows not done a column has entries in.
    column_count: Vec<u32>,
    /// How many columns not done a row has entries in.
    row_count: Vec<u32>,
}

impl<'a, C: Fn(u32) -> &'a [(u32, f64)]> Elimination<C> {
    fn new(size: usize, column: C) -> Self {
        let mut row_count = vec![0; size];
        let mut column_count = vec![0; size];
        for position in 0..size as u32 {
            let entries = column(position);
            column_count[position as usize] = entries.len() as u32;
            for &(row, _) in entries {
                row_count[row as usize] += 1;
            }
        }
        let mut row_first = Vec::with_capacity(size + 1);
        let mut next = 0;
        row_first.push(0);
        for &count in &row_count {
            next += count;
            row_first.push(next);
        }
        let mut place: Vec<u32> = row_first[..size].to_vec();
        let mut row_positions = vec![0; next as usize];
        for position in 0..size as u32 {
            for &(row, _) in column(position) {
                row_positions[place[row as usize] as usize] = position;
                place[row as usize] += 1;
            }
        }
        Self {
            column,
            steps: Steps { pivots: Vec::with_capacity(size), ..Steps::default() },
            row_first,
            row_positions,
            row_done: vec![false; size],
            column_done: vec![false; size],
            column_count,
            row_count,
        }
    }

    fn size(&self) -> u32 {
        self.row_done.len() as u32
    }

    /// Returns the indices of a row's positions.
    fn indices(&self, row: u32) -> std::ops::Range<usize> {
        self.row_first[row as usize] as usize..self.row_first[row as usize + 1] as usize
    }

    /// Takes the pivot at a row and position; its column is as it was given.
    fn take(&mut self, row: u32, position: u32, value: f64) {
        for &(other, entry) in (self.column)(position) {
            if other == row {
                continue;
            }
            if self.row_done[other as usize] {
                self.steps.upper.push(other, entry);
            } else {
                self.steps.lower.push(other, entry / value);
            }
        }
        self.end_step(Pivot { row, position, value });
    }

    fn end_step(&mut self, pivot: Pivot) {
        self.steps.lower.end();
        self.steps.upper.end();
        self.row_done[pivot.row as usize] = true;
        self.column_done[pivot.position as usize] = true;
        self.steps.pivots.push(pivot);
    }

    /// Pivots on columns that have one row left, as long as there are any.
    fn peel_columns(&mut self) {
        let mut pending: Vec<u32> =
            (0..self.size()).filter(|&position| self.column_count[position as usize] == 1).collect();
        while let Some(position) = pending.pop() {
            if self.column_done[position as usize] || self.column_count[position as usize] != 1 {
                continue;
            }
            let left = (self.column)(position).iter().find(|&&(row, _)| !self.row_done[row as usize]);
            let Some(&(row, value)) = left.filter(|(_, value)| value.abs() >= LEAST_PIVOT) else {
                continue;
            };
            self.take(row, position, value);
            for index in self.indices(row) {
                let other = self.row_positions[index];
                self.column_count[other as usize] -= 1;
                if self.column_count[other as usize] == 1 {
                    pending.push(other);
                }
            }
        }
    }

    /// Pivots on rows that have one column left, as long as there are any.
    fn peel_rows(&mut self) {
        for row in 0..self.size() {
            let waiting = self.indices(row).filter(|&index| !self.column_done[self.row_positions[index] as usize]);
            self.row_count[row as usize] = if self.row_done[row as usize] { 0 } else { waiting.count() as u32 };
        }
        let mut pending: Vec<u32> = (0..self.size()).filter(|&row| self.row_count[row as usize] == 1).collect();
        while let Some(row) = pending.pop() {
            if self.row_done[row as usize] || self.row_count[row as usize] != 1 {
                continue;
            }
            let mut positions = self.indices(row).map(|index| self.row_positions[index]);
            let Some(position) = positions.find(|&position| !self.column_done[position as usize]) else {
                continue;
            };
            let entries = (self.column)(position);
            let value = entries.iter().find(|&&(other, _)| other == row).map_or(0.0, |&(_, value)| value);
            let left = entries.iter().filter(|&&(other, _)| !self.row_done[other as usize]);
            let largest = left.fold(0.0f64, |largest, &(_, value)| largest.max(value.abs()));
            if value.abs() < LEAST_PIVOT || value.abs() < 0.01 * largest {
                continue;
            }
            self.take(row, position, value);
            for &(other, _) in entries {
                if !self.row_done[other as usize] {
                    self.row_count[other as usize] -= 1;
                    if self.row_count[other as usize] == 1 {
                        pending.push(other);
                    }
                }
            }
        }
    }

    /// Eliminates what no peeling reaches: the column of fewest entries first, in it the row of fewest.
    fn eliminate_rest(&mut self) -> Result<(), Singular> {
        let positions: Vec<u32> = (0..self.size()).filter(|&position| !self.column_done[position as usize]).collect();
        let rows: Vec<u32> = (0..self.size()).filter(|&row| !self.row_done[row as usize]).collect();
        let mut local_row = vec![NONE; self.row_done.len()];
        for (local, &row) in (0u32..).zip(&rows) {
            local_row[row as usize] = local;
        }
        // Active parts only, by local numbers; entries in rows already pivoted are part of the upper factor.
        let mut set_aside: Vec<Vec<(u32, f64)>> = Vec::with_capacity(positions.len());
        let mut active: Vec<Vec<(u32, f64)>> = Vec::with_capacity(positions.len());
        let mut active_in_row: Vec<Vec<u32>> = vec![Vec::new(); rows.len()];
        for (local, &position) in (0u32..).zip(&positions) {
            let (mut aside, mut entries) = (Vec::new(), Vec::new());
            for &(row, entry) in (self.column)(position) {
                match local_row[row as usize] {
                    NONE => aside.push((row, entry)),
                    at => {
                        entries.push((at, entry));
                        active_in_row[at as usize].push(local);
                    }
                }
            }
            set_aside.push(aside);
            active.push(entries);
        }
        let mut waiting: BinaryHeap<Reverse<(usize, u32)>> =
            active.iter().zip(0..).map(|(entries, local)| Reverse((entries.len(), local))).collect();
        let mut value_at = vec![0.0f64; rows.len()];
        while let Some(Reverse((count, local))) = waiting.pop() {
            let position = positions[local as usize];
            if self.column_done[position as usize] || active[local as usize].len() != count {
                continue;
            }
            let column = std::mem::take(&mut active[local as usize]);
            let largest = column.iter().fold(0.0f64, |largest, &(_, value)| largest.max(value.abs()));
            if largest < LEAST_PIVOT {
                let row = rows.iter().copied().find(|&row| !self.row_done[row as usize]).unwrap_or(0);
                return Err(Singular { position, row });
            }
            let eligible = column.iter().filter(|&&(_, value)| value.abs() >= 0.1 * largest);
            let &(pivot_row, value) = eligible
                .min_by_key(|&&(row, _)| (active_in_row[row as usize].len(), row))
                .expect("the largest entry is eligible");
            for &(row, _) in &column {
                remove(&mut active_in_row[row as usize], local);
            }
            let below: Vec<(u32, f64)> =
                column.iter().filter(|&&(row, _)| row != pivot_row).map(|&(row, entry)| (row, entry / value)).collect();
            // Every other column with an entry in the pivot row takes the step.
            for other in std::mem::take(&mut active_in_row[pivot_row as usize]) {
                let column = &mut active[other as usize];
                let index = column.iter().position(|&(row, _)| row == pivot_row).expect("rows know their columns");
                let (_, head) = column.swap_remove(index);
                set_aside[other as usize].push((rows[pivot_row as usize], head));
                for &(row, entry) in column.iter() {
                    value_at[row as usize] = entry;
                }
                for &(row, multiplier) in &below {
                    if value_at[row as usize] == 0.0 {
                        column.push((row, 0.0));
                        active_in_row[row as usize].push(other);
                    }
                    value_at[row as usize] -= multiplier * head;
                    if value_at[row as usize] == 0.0 {
                        // Exactly cancelled: kept apart from "absent" until the column is rebuilt.
                        value_at[row as usize] = f64::MIN_POSITIVE;
                    }
                }
                for entry in column.iter_mut() {
                    entry.1 = std::mem::take(&mut value_at[entry.0 as usize]);
                }
                column.retain(|&(row, entry)| {
                    let stays = entry.abs() > TINY;
                    if !stays {
                        remove(&mut active_in_row[row as usize], other);
                    }
                    stays
                });
                waiting.push(Reverse((column.len(), other)));
            }
            for (row, multiplier) in below {
                self.steps.lower.push(rows[row as usize], multiplier);
            }
            for (row, entry) in std::mem::take(&mut set_aside[local as usize]) {
                self.steps.upper.push(row, entry);
            }
            self.end_step(Pivot { row: rows[pivot_row as usize], position, value });
        }
        Ok(())
    }
}

fn remove(list: &mut Vec<u32>, item: u32) {
    if let Some(at) = list.iter().position(|&other| other == item) {
        list.swap_remove(at);
    }
}
